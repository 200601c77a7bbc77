"""Histories drawn from an equilibrium, with beliefs updated exactly and not on the grid."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

from offramp.equilibrium.solution import Equilibrium
from offramp.game import Chain, Game, Options, StageTable
from offramp.game.beliefs import locate, update_belief

__all__ = ["Step", "Visit", "draw_history", "interpolated", "visits_along"]

EXPLORING = 0.5  # share of acts drawn evenly, so that rare histories are visited too
FOLLOWED = 20  # periods of a game without end


class Visit(NamedTuple):
    """A point at which somebody chooses, on a drawn history; period and stage from 0."""

    period: int
    stage: int
    state: int
    belief: Float[np.ndarray, "typed type"]


class Step(NamedTuple):
    """What happened at one stage of a history.

    Attributes:
        row: Of the stage's table; -1 at a chain of effects.
        state, after: Before and after it.
        drawn: Mask of the types that were drawn afresh.
    """

    period: int
    stage: int
    state: int
    row: int
    after: int
    drawn: int


def draw_history(
    equilibrium: Equilibrium, start: str, generator: np.random.Generator
) -> tuple[Step, ...]:
    """Draw one history, acts partly at random so that rare ones come up too."""
    game = equilibrium.game
    n_periods = game.n_periods if not game.forever else FOLLOWED
    state = int(generator.choice(len(game.start[start]), p=game.start[start]))
    profile = game.profiles[generator.choice(len(game.prior), p=game.prior)].copy()
    belief = game.grid.points[game.grid.reference].copy()
    history: list[Step] = []
    for period in range(n_periods):
        for stage in range(len(game.stage_names)):
            step = _take(equilibrium, Visit(period, stage, state, belief), profile, generator)
            _learn_from(equilibrium, step, belief)
            _redraw(game, step.drawn, profile, generator)
            history.append(step)
            state = step.after
            if state < 0:
                return tuple(history)
        if period < n_periods - 1:
            state = int(game.roll[state])
    return tuple(history)


def visits_along(equilibrium: Equilibrium, history: Iterable[Step]) -> Iterator[Visit]:
    """Yield the points of a history at which somebody chooses, with beliefs by these strategies."""
    game = equilibrium.game
    belief = game.grid.points[game.grid.reference].copy()
    for step in history:
        table = game.table(0 if game.forever else step.period, step.stage)
        if table.chain is None and _has_choice(table, step.state):
            yield Visit(step.period, step.stage, step.state, belief.copy())
        _learn_from(equilibrium, step, belief)


def _has_choice(table: StageTable, state: int) -> bool:
    return any(options.start[state + 1] - options.start[state] > 1 for options in table.movers)


def interpolated(
    equilibrium: Equilibrium, visit: Visit, mover: int
) -> Float[np.ndarray, "option type"]:
    """Return a mover's strategy at an exact belief, interpolated in log σ between grid points."""
    game = equilibrium.game
    stencils = [
        locate(simplex, visit.belief[j, : simplex.points.shape[1]])
        for j, simplex in enumerate(game.grid.simplexes)
    ]
    points, weights = np.zeros(1, np.int64), np.ones(1)
    for simplex, stencil in zip(game.grid.simplexes, stencils, strict=True):
        points = (points[:, None] * len(simplex.points) + stencil.points).ravel()
        weights = (weights[:, None] * stencil.weights).ravel()
    row = 0 if game.forever else visit.period
    options = game.table(row, visit.stage).movers[mover]
    span = slice(int(options.start[visit.state]), int(options.start[visit.state + 1]))
    kept = weights > 0
    log_strategy = equilibrium.log_strategy(visit.period, visit.stage, mover)[span][
        :, :, points[kept]
    ]
    strategy = np.exp(log_strategy @ weights[kept])
    return np.asarray(strategy / strategy.sum(axis=0))


def _take(
    equilibrium: Equilibrium,
    visit: Visit,
    profile: Int[np.ndarray, "typed"],
    generator: np.random.Generator,
) -> Step:
    """Draw acts and what they bring about."""
    game, (period, stage, state, _) = equilibrium.game, visit
    table = game.table(0 if game.forever else period, stage)
    if table.chain is not None:
        after, drawn = _follow_chain(table.chain, state, generator)
        return Step(period, stage, state, -1, after, drawn)
    rows = table.rows
    assert rows is not None
    chosen = [
        _draw(interpolated(equilibrium, visit, k)[:, _own_type(game, options, profile)], generator)
        for k, options in enumerate(table.movers)
    ]
    span = range(int(rows.start[state]), int(rows.start[state + 1]))
    numbers = [
        options.start[state] + pick for options, pick in zip(table.movers, chosen, strict=True)
    ]
    passed = rows.option[span[0], 0] < 0 if table.movers else True
    row = span[0] if passed else next(r for r in span if np.all(rows.option[r] == numbers))
    entries = slice(int(rows.entry_start[row]), int(rows.entry_start[row + 1]))
    reader_type = int(profile[table.reader]) if table.reader >= 0 else 0
    entry = entries.start + _draw(rows.chance[entries, reader_type], generator, explore=False)
    return Step(period, stage, state, row, int(rows.successor[entry]), int(rows.redraw[entry]))


def _draw(
    chances: Float[np.ndarray, "outcome"], generator: np.random.Generator, *, explore: bool = True
) -> int:
    if not len(chances):
        return 0
    if explore and generator.random() < EXPLORING:
        return int(generator.choice(np.flatnonzero(chances > 0)))
    return int(generator.choice(len(chances), p=chances / chances.sum()))


def _own_type(game: Game, options: Options, profile: Int[np.ndarray, "typed"]) -> int:
    typed = game.players[options.player].typed
    return int(profile[typed]) if typed >= 0 else 0


def _learn_from(
    equilibrium: Equilibrium, step: Step, belief: Float[np.ndarray, "typed type"]
) -> None:
    """Update beliefs in place, by what was done and seen and by types drawn afresh."""
    game = equilibrium.game
    table = game.table(0 if game.forever else step.period, step.stage)
    learners: dict[int, int] = {}
    if table.chain is None and game.learning:
        learners = {game.players[o.player].typed: k for k, o in enumerate(table.movers)}
        if table.reader >= 0:
            learners.setdefault(table.reader, -1)
    updated = {}
    if any(j >= 0 for j in learners):
        visit = Visit(step.period, step.stage, step.state, belief)
        strategies = [interpolated(equilibrium, visit, k) for k in range(len(table.movers))]
        for j, k in learners.items():
            if j >= 0:
                n_types = game.grid.simplexes[j].points.shape[1]
                likelihood = _likelihood(game, table, step, strategies, belief, j, k)
                with np.errstate(divide="ignore"):
                    updated[j] = update_belief(belief[j, :n_types], np.log(likelihood))
    for j, posterior in updated.items():
        belief[j, : len(posterior)] = posterior
    for j in range(len(game.typed)):
        if step.drawn >> j & 1:
            belief[j] = game.grid.points[game.grid.reference, j]


def _likelihood(
    game: Game,
    table: StageTable,
    step: Step,
    strategies: list[Float[np.ndarray, "option type"]],
    belief: Float[np.ndarray, "typed type"],
    j: int,
    mover: int,
) -> Float[np.ndarray, "type"]:
    """Return the chance of what was seen, for each type of typed player j (`mover` or reader)."""
    rows = table.rows
    if rows is None:
        raise ValueError("a chance stage kept as a chain teaches nothing")
    n_types = game.grid.simplexes[j].points.shape[1]
    likelihood = np.zeros(n_types)
    seen, state = _seen(table, step.row), step.state
    by_result = table.hides or table.reader >= 0
    for r in range(int(rows.start[state]), int(rows.start[state + 1])):
        if _seen(table, r) != seen:
            continue
        weight = np.ones(n_types)
        for k, (options, strategy) in enumerate(zip(table.movers, strategies, strict=True)):
            if rows.option[r, k] >= 0:
                played = strategy[rows.option[r, k] - options.start[state]]
                weight = weight * (
                    played if k == mover else _average(game, options, played, belief)
                )
        likelihood += weight * (_result_chance(table, r, step, belief, j) if by_result else 1.0)
    return likelihood


def _seen(table: StageTable, row: int) -> tuple[int, ...]:
    if table.rows is None:
        return ()
    return tuple(
        int(options.seen_as[number]) if number >= 0 else -1
        for options, number in zip(table.movers, table.rows.option[row], strict=True)
    )


def _average(
    game: Game,
    options: Options,
    played: Float[np.ndarray, "type"],
    belief: Float[np.ndarray, "typed type"],
) -> float:
    typed = game.players[options.player].typed
    return float(played[0] if typed < 0 else played @ belief[typed, : len(played)])


def _result_chance(
    table: StageTable,
    row: int,
    step: Step,
    belief: Float[np.ndarray, "typed type"],
    j: int,
) -> Float[np.ndarray, "type"] | float:
    rows = table.rows
    if rows is None:
        return 1.0
    entries = slice(int(rows.entry_start[row]), int(rows.entry_start[row + 1]))
    same = (rows.successor[entries] == step.after) & (rows.redraw[entries] == step.drawn)
    chance = rows.chance[entries][same].sum(axis=0)
    if table.reader < 0:
        return float(chance[0])
    if table.reader == j:
        return np.asarray(chance)
    return float(chance @ belief[table.reader, : len(chance)])


def _follow_chain(chain: Chain, state: int, generator: np.random.Generator) -> tuple[int, int]:
    inner, drawn = int(chain.enter[state]), 0
    for step in chain.steps:
        at = np.flatnonzero(step.inner == inner)
        if len(at):
            entries = slice(int(step.entry_start[at[0]]), int(step.entry_start[at[0] + 1]))
            entry = entries.start + _draw(step.chance[entries], generator, explore=False)
            drawn |= int(step.redraw[entry])
            inner = int(step.successor[entry])
            if inner < 0:
                return inner, drawn
    return int(chain.leave[inner]), drawn


def _redraw(
    game: Game, drawn: int, profile: Int[np.ndarray, "typed"], generator: np.random.Generator
) -> None:
    for j in range(len(game.typed)):
        if drawn >> j & 1:
            prior = _marginal(game, j)
            profile[j] = generator.choice(len(prior), p=prior)


def _marginal(game: Game, j: int) -> Float[np.ndarray, "type"]:
    return np.bincount(game.profiles[:, j], weights=game.prior)
