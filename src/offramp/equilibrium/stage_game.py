"""One stage of one period: the values before it from the values after it, and the replies in it.

Four kinds of stage, one function each: chance's own chain of effects; a mover without types; a
mover with types whose acts alone are seen; everything else, solved point by point. The strategies
of a stage stand in one array, `cells belief`: the movers' options one below the other, one row per
option and own type.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

from offramp.equilibrium.kernels.expectations import redraw_step, run_chain
from offramp.equilibrium.kernels.replies import play_untyped, reply_untyped
from offramp.equilibrium.kernels.responses import Equation, Sites
from offramp.equilibrium.kernels.signalling import Rules, play_typed, reply_typed
from offramp.equilibrium.plan import ChainPlan, GamePlan, Kind, StagePlan, kernel_array
from offramp.equilibrium.pointwise import (
    CONTINUED,
    CONVERGED,
    JUMPED,
    TURNED,
    UNCONVERGED,
    Effort,
    Found,
    Points,
    solve_points,
)
from offramp.equilibrium.tasks import Crew

__all__ = [
    "Marked",
    "StageStatus",
    "StageTask",
    "play_stage",
    "precision_of",
    "solve_stage",
    "strategy_rows",
]

LEAST_STATES = 32  # states of one task: below, handing a task to a thread costs more than it
LEAST_TILES = 4
BATCH = 8192  # points that are solved together in general: their slopes fill a few megabytes
MOST_MARKED = 1000  # points of one stage that are kept by name; all are counted


class Marked(NamedTuple):
    """Points that plain iteration did not settle, one entry each.

    `status` is one of the codes of `pointwise`; `reached` is the share of the precision to
    which the branch from zero was followed.
    """

    state: Int[np.ndarray, "marked"]
    belief: Int[np.ndarray, "marked"]
    status: Int[np.ndarray, "marked"]
    residual: Float[np.ndarray, "marked"]
    reached: Float[np.ndarray, "marked"]


@dataclass(frozen=True)
class StageStatus:
    """How well one stage of one period was solved.

    Attributes:
        n_points: State and belief points at which somebody chooses.
        rounds: Most rounds that a point took.
        residual: Largest bound on |σ - logit(Q)|.
        loss: Largest bound on KL(σ‖logit Q)/λ, in payoff of the period.
        continued: Points solved by following the branch from λ = 0.
        turned: Of those, points whose branch turned back on the way.
        jumped: Points where the branch could not be followed and another solution was taken.
        unconverged: Points without a solution.
        marked: The first of all these points, by state and belief.
    """

    n_points: int = 0
    rounds: int = 0
    residual: float = 0.0
    loss: float = 0.0
    continued: int = 0
    turned: int = 0
    jumped: int = 0
    unconverged: int = 0
    marked: Marked | None = None


@dataclass(frozen=True)
class StageTask:
    """What is needed to take one stage of one period backward.

    Attributes:
        period: From 0.
        n_states: States of the stage's slot that are reached by this period.
        values: Overwritten: values in the stage's slot.
    """

    plan: StagePlan
    period: int
    n_states: int
    next_values: Float[np.ndarray, "next_state column"]
    ended: Float[np.ndarray, "ended column"]
    values: Float[np.ndarray, "state column"]
    crew: Crew

    @property
    def game(self) -> GamePlan:
        """What all stages share."""
        return self.plan.game


def precision_of(game: GamePlan, player: int, period: int, present: bool) -> float:
    """Return a player's precision on current payoffs, under `precision_basis: present` or not."""
    axis = game.game.players[player]
    return float(axis.precision * axis.discount**period if present else axis.precision)


def strategy_rows(plan: StagePlan, n_states: int) -> Int[np.ndarray, "mover_1"]:
    """Return where each mover's strategies begin in the array of a stage's first states."""
    if plan.kind is Kind.CHAIN:
        return np.zeros(1, dtype=np.int64)
    counts = [int(m.start[n_states]) * plan.n_types(k) for k, m in enumerate(plan.options)]
    return np.array([0, *accumulate(counts)], np.int64)


def solve_stage(
    task: StageTask,
    effort: Effort,
    present: bool,
    guess: Float[np.ndarray, "cell belief"] | None,
    guess_rows: Int[np.ndarray, "mover_1"] | None,
) -> tuple[Float[np.ndarray, "cell belief"], StageStatus]:
    """Solve a stage; write the values before it and return its log-strategies.

    Args:
        task: The stage.
        effort: Tolerances.
        present: Whether precision acts on payoffs discounted to the start.
        guess: Log-strategies of the same table in the next period, to start from.
        guess_rows: Where each mover's begin there.
    """
    plan = task.plan
    if plan.kind is Kind.CHAIN:
        _run_chain(task)
        return np.zeros((0, task.game.n_beliefs)), StageStatus()
    rows = strategy_rows(plan, task.n_states)
    strategies = np.empty((rows[-1], task.game.n_beliefs))
    precision = np.array(
        [precision_of(task.game, m.player, task.period, present) for m in plan.options]
    )
    if plan.kind is Kind.UNTYPED:
        return strategies, _reply_untyped(task, float(precision[0]), strategies)
    start = _Start(guess, guess_rows) if guess is not None and guess_rows is not None else None
    if plan.kind is Kind.TYPED:
        return strategies, _reply_typed(task, effort, float(precision[0]), start, strategies)
    return strategies, _solve_jointly(task, effort, precision, start, strategies)


def play_stage(task: StageTask, strategies: Float[np.ndarray, "cell belief"]) -> None:
    """Write the values before a stage if all play the given log-strategies."""
    plan, game = task.plan, task.game
    if plan.kind is Kind.CHAIN:
        _run_chain(task)
    elif plan.kind is Kind.UNTYPED:
        replies = strategies[:, None, :]

        def play(start: int, stop: int) -> None:
            play_untyped(
                start,
                stop,
                plan.row_table,
                plan.option_start[0],
                plan.most_options,
                game.n_beliefs,
                task.next_values,
                task.ended,
                replies,
                task.values,
            )

        task.crew.run(play, task.n_states, LEAST_STATES)
    elif plan.kind is Kind.TYPED:
        _play_typed(task, strategies)
    else:
        _play_jointly(task, strategies)


class _Start(NamedTuple):
    guess: Float[np.ndarray, "cell belief"]
    rows: Int[np.ndarray, "mover_1"]


def _run_chain(task: StageTask) -> None:
    """Take values back through a chance stage: tile by tile, redraws state by state."""
    chain = task.plan.chain
    n_inner = int(chain.n_inner_reached[task.period if len(chain.n_inner_reached) > 1 else 0])
    enter = chain.enter[: task.n_states]
    n_steps = len(chain.table.in_place)
    # some inner states are left only in later periods, for states that are not reached yet
    leave = chain.leave[:n_inner]
    leave = np.where(leave < len(task.next_values), leave, -1)
    if not chain.redraws:
        segment = (0, n_steps)
        _run_segment(task, chain, segment, n_inner, task.next_values, leave, enter, task.values)
        return
    inner_values = np.empty((n_inner, task.game.n_columns))
    same = np.arange(n_inner)
    source = task.next_values
    stop = n_steps
    for k in reversed(chain.redraws):
        segment = (k + 1, stop)
        _run_segment(task, chain, segment, n_inner, source, leave, same, inner_values)
        _redraw(task, chain, k, inner_values)
        source, leave, stop = inner_values, same, k
    _run_segment(task, chain, (0, stop), n_inner, source, leave, enter, task.values)


def _run_segment(
    task: StageTask,
    chain: ChainPlan,
    segment: tuple[int, int],
    n_inner: int,
    source: Float[np.ndarray, "next_state column"],
    leave: Int[np.ndarray, "inner"],
    enter: Int[np.ndarray, "state"],
    target: Float[np.ndarray, "state column"],
) -> None:
    def run(start: int, stop: int) -> None:
        run_chain(
            start,
            stop,
            segment,
            chain.table,
            n_inner,
            task.game.n_beliefs,
            source,
            leave,
            task.ended,
            enter,
            target,
        )

    task.crew.run(run, task.game.n_tiles, LEAST_TILES)


def _redraw(
    task: StageTask, chain: ChainPlan, k: int, inner_values: Float[np.ndarray, "inner column"]
) -> None:
    table, game = chain.table, task.game
    affected = table.inner[table.step_start[k] : table.step_start[k + 1]]
    result = np.empty((len(affected), game.n_columns))

    def run(start: int, stop: int) -> None:
        redraw_step(
            start, stop, k, table, game.beliefs.draw, game.landing, inner_values, task.ended, result
        )

    task.crew.run(run, len(affected), LEAST_STATES)
    within = affected < len(inner_values)
    inner_values[affected[within]] = result[within]


def _reply_untyped(
    task: StageTask, precision: float, strategies: Float[np.ndarray, "option belief"]
) -> StageStatus:
    plan, game = task.plan, task.game
    player = plan.options[0].player
    replies = strategies[:, None, :]

    def reply(start: int, stop: int) -> None:
        reply_untyped(
            start,
            stop,
            plan.row_table,
            plan.option_start[0],
            plan.bound,
            plan.most_options,
            game.account_of[player],
            precision,
            game.opinion[player],
            task.next_values,
            task.ended,
            replies,
            task.values,
        )

    task.crew.run(reply, task.n_states, LEAST_STATES)
    return StageStatus(n_points=plan.n_choosing(task.n_states) * game.n_beliefs, rounds=1)


def _reply_typed(
    task: StageTask,
    effort: Effort,
    precision: float,
    start_from: _Start | None,
    strategies: Float[np.ndarray, "cell belief"],
) -> StageStatus:
    plan, game = task.plan, task.game
    player = plan.options[0].player
    shape = (-1, plan.n_types(0), game.n_beliefs)
    warm = start_from is not None
    guess = (start_from.guess if start_from else strategies[:0]).reshape(shape)
    rules = Rules(precision, effort.tolerance, effort.acceptable, int(warm))
    mover, simplex = game.mover(player), game.simplex(game.game.players[player].typed)
    replies = strategies.reshape(shape)
    error = np.empty((task.n_states, game.n_beliefs))

    def reply(start: int, stop: int) -> int:
        rounds: int = reply_typed(
            start,
            stop,
            plan.row_table,
            plan.option_start[0],
            plan.bound,
            plan.most_options,
            mover,
            simplex,
            rules,
            game.opinion[player],
            task.next_values,
            task.ended,
            guess,
            replies,
            error,
            task.values,
        )
        return rounds

    rounds = max(task.crew.run(reply, task.n_states, LEAST_STATES), default=0)
    hard = np.ascontiguousarray(np.argwhere(error < 0.0))
    found = _solve_points(task, effort, np.array([precision]), None, strategies, hard)
    residual = max(float(error.max(initial=0.0)), float(found.residual.max(initial=0.0)))
    return _summarise(task, np.array([precision]), max(rounds, found.rounds), residual, hard, found)


def _solve_jointly(
    task: StageTask,
    effort: Effort,
    precision: Float[np.ndarray, "mover"],
    start_from: _Start | None,
    strategies: Float[np.ndarray, "cell belief"],
) -> StageStatus:
    listed = _every_point(task)
    found = _solve_points(task, effort, precision, start_from, strategies, listed)
    residual = float(found.residual.max(initial=0.0))
    return _summarise(task, precision, found.rounds, residual, listed, found)


def _every_point(task: StageTask) -> Int[np.ndarray, "listed two"]:
    return np.ascontiguousarray(np.indices((task.n_states, task.game.n_beliefs)).reshape(2, -1).T)


def _solve_points(
    task: StageTask,
    effort: Effort,
    precision: Float[np.ndarray, "mover"],
    start_from: _Start | None,
    strategies: Float[np.ndarray, "cell belief"],
    listed: Int[np.ndarray, "listed two"],
) -> Found:
    """Solve the listed (state, belief) points in general; write strategies and values there."""
    batches = []
    for start in range(0, max(len(listed), 1), BATCH):
        some = listed[start : start + BATCH]
        points = _points(task, precision, some)
        guess = None
        if start_from is not None:
            guess = _gather(task, some, points.width, start_from.guess, start_from.rows)
        found = solve_points(points, effort, guess)
        rows, cells = _cell_rows(task, some)
        strategies[rows, some[cells[0], 1]] = found.log_strategy[cells]
        points.play(found.log_strategy, task.values)
        batches.append(found)
    return Found(
        batches[0].log_strategy[:0],
        np.concatenate([one.residual for one in batches]),
        np.concatenate([one.status for one in batches]),
        np.concatenate([one.reached for one in batches]),
        max(one.rounds for one in batches),
    )


def _points(
    task: StageTask, precision: Float[np.ndarray, "mover"], listed: Int[np.ndarray, "listed two"]
) -> Points:
    plan, game = task.plan, task.game
    sites = Sites(game.belief_index, game.points, _opinions(plan))
    equation = Equation(
        plan.joint,
        game.beliefs,
        sites,
        precision,
        task.next_values,
        task.ended,
        plan.most_options,
        plan.most_signals,
        int(plan.kind is Kind.TYPED),
    )
    return Points(equation, listed, plan.most_cells, task.crew)


def _opinions(plan: StagePlan) -> Float[np.ndarray, "belief mover profile"]:
    game = plan.game
    held = [game.opinion[mover.player] for mover in plan.options]
    shape = (len(held), game.n_profiles, game.n_beliefs)
    return kernel_array(np.array(held).reshape(shape).transpose(2, 0, 1), np.float64)


def _cell_rows(
    task: StageTask, listed: Int[np.ndarray, "listed two"]
) -> tuple[Int[np.ndarray, "cell"], tuple[Int[np.ndarray, "cell"], Int[np.ndarray, "cell"]]]:
    """Return the rows of a stage's strategies that belong to points, with (point, cell) of each."""
    plan, states = task.plan, listed[:, 0]
    begins = strategy_rows(plan, task.n_states)
    nothing = np.zeros(0, dtype=np.int64)
    point, cell, row = [nothing], [nothing], [nothing]
    offset = np.zeros(len(listed), dtype=np.int64)
    for k in range(len(plan.options)):
        first = plan.option_start[k, states] * plan.n_types(k)
        count = plan.option_start[k, states + 1] * plan.n_types(k) - first
        number = np.repeat(np.arange(len(listed)), count)
        within = np.arange(len(number)) - np.repeat(np.cumsum(count) - count, count)
        point.append(number)
        cell.append(offset[number] + within)
        row.append(begins[k] + first[number] + within)
        offset += count
    return np.concatenate(row), (np.concatenate(point), np.concatenate(cell))


def _gather(
    task: StageTask,
    listed: Int[np.ndarray, "listed two"],
    width: int,
    strategies: Float[np.ndarray, "cell belief"],
    begins: Int[np.ndarray, "mover_1"],
) -> Float[np.ndarray, "point cell"]:
    """Read guesses out of another period's strategies; zero where they do not reach so far."""
    own = strategy_rows(task.plan, task.n_states)
    rows, cells = _cell_rows(task, listed)
    mover = np.searchsorted(own, rows, side="right") - 1
    theirs = rows - own[mover] + begins[mover]
    known = theirs < begins[mover + 1]
    guess = np.zeros((len(listed), width))
    guess[cells[0][known], cells[1][known]] = strategies[theirs[known], listed[cells[0][known], 1]]
    return guess


def _summarise(
    task: StageTask,
    precision: Float[np.ndarray, "mover"],
    rounds: int,
    residual: float,
    listed: Int[np.ndarray, "listed two"],
    found: Found,
) -> StageStatus:
    counts = np.bincount(found.status, minlength=UNCONVERGED + 1)
    unsettled = np.flatnonzero(found.status != CONVERGED)[:MOST_MARKED]
    marked = Marked(
        listed[unsettled, 0],
        listed[unsettled, 1],
        found.status[unsettled],
        found.residual[unsettled],
        found.reached[unsettled],
    )
    finite = precision[(precision > 0.0) & np.isfinite(precision)]
    return StageStatus(
        n_points=task.plan.n_choosing(task.n_states) * task.game.n_beliefs,
        rounds=rounds,
        residual=min(residual, 1.0),
        loss=float((2.0 * residual**2 / finite).max(initial=0.0)),
        continued=int(counts[CONTINUED] + counts[TURNED]),
        turned=int(counts[TURNED]),
        jumped=int(counts[JUMPED]),
        unconverged=int(counts[UNCONVERGED]),
        marked=marked if len(unsettled) else None,
    )


def _play_typed(task: StageTask, strategies: Float[np.ndarray, "cell belief"]) -> None:
    plan, game = task.plan, task.game
    player = plan.options[0].player
    mover, simplex = game.mover(player), game.simplex(game.game.players[player].typed)
    replies = strategies.reshape(-1, plan.n_types(0), game.n_beliefs)

    def play(start: int, stop: int) -> None:
        play_typed(
            start,
            stop,
            plan.row_table,
            plan.option_start[0],
            plan.most_options,
            mover,
            simplex,
            game.n_beliefs,
            task.next_values,
            task.ended,
            replies,
            task.values,
        )

    task.crew.run(play, task.n_states, LEAST_STATES)


def _play_jointly(task: StageTask, strategies: Float[np.ndarray, "cell belief"]) -> None:
    listed = _every_point(task)
    precision = np.ones(len(task.plan.options))
    for start in range(0, len(listed), BATCH):
        some = listed[start : start + BATCH]
        points = _points(task, precision, some)
        rows, cells = _cell_rows(task, some)
        log_strategy = np.zeros((len(some), points.width))
        log_strategy[cells] = strategies[rows, some[cells[0], 1]]
        points.play(log_strategy, task.values)
