"""Solve a game on the belief grid: from its last period back, from each period's last stage back.

At the end of period t the value of a state is what the period pays plus the discounted value of
the state to which it rolls over. Each stage turns the values after it into those before it
(`stage_game.py`), starting from the strategies of the same stage in the next period. A game
without end is lengthened a period at a time until its strategies repeat.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from jaxtyping import Float

from offramp.equilibrium.endless import lengthen, value_change_to_come
from offramp.equilibrium.kernels.compilation import prepare_kernels
from offramp.equilibrium.kernels.expectations import accrue
from offramp.equilibrium.memory import check_memory, plan_windows
from offramp.equilibrium.plan import GamePlan, Kind, kernel_array
from offramp.equilibrium.pointwise import Effort
from offramp.equilibrium.solution import (
    Equilibrium,
    PeriodAnswer,
    Settings,
    Windows,
)
from offramp.equilibrium.stage_game import (
    StageStatus,
    StageTask,
    play_stage,
    solve_stage,
    strategy_rows,
)
from offramp.equilibrium.tasks import Crew
from offramp.game.factored import Game

__all__ = ["evaluate_strategies", "replay_period", "solve", "solve_on_grid"]

LEAST_ACCRUING = 256  # states of one task of the end of a period
EVALUATED = 1e-12  # change of values still to come, relative, at which a valuation is done

Progress = Callable[[float], None]
"""Called with the share of the work that is done."""

Watch = Callable[
    [int, Float[np.ndarray, "next_state column"], Float[np.ndarray, "ended column"]], None
]
"""Called with a stage's number, the values after it and those of ended states."""


class Strategies(Protocol):
    """Whatever gives log-strategies by period, stage and mover: an `Equilibrium`, for one.

    In a game without end the strategies repeat after `n_periods`.
    """

    @property
    def n_periods(self) -> int:
        """Number of periods that have strategies of their own."""
        ...

    def log_strategy(
        self, period: int, stage: int, mover: int = 0
    ) -> Float[np.ndarray, "option type belief"]:
        """Return log σ for the states reached by that period."""
        ...


def solve(
    game: Game,
    *,
    memory: float | None = None,
    tolerance: float | None = None,
    max_steps: int | None = None,
    precision_basis: str | None = None,
    warm: Equilibrium | None = None,
    threads: int | None = None,
    progress: Progress | None = None,
) -> Any:
    """Solve a game as its `solver:` settings say, arguments before settings.

    Args:
        game: As compiled.
        memory: GiB that strategies and values may take.
        tolerance: Residual |σ - logit(Q)| aimed at.
        max_steps: Steps after which a point is given up and marked.
        precision_basis: `current` or `present`.
        warm: A solution of a game of the same structure (another world), to start from.
        threads: As many as there are processors if not given; the digits do not depend on it.
        progress: Called with the share of the work that is done.

    Returns:
        An `Equilibrium`, or with `beliefs: history` what `solve_histories` returns.
    """
    declared = dict(getattr(game.crisis, "solver", None) or {})
    given = {
        "memory": memory,
        "tolerance": tolerance,
        "max_steps": max_steps,
        "precision_basis": precision_basis,
    }
    settings = _settings(declared, given)
    if declared.get("beliefs", "grid") == "history":
        from offramp.equilibrium.histories import solve_histories

        return solve_histories(
            game,
            tolerance=settings.tolerance,
            max_steps=settings.max_steps,
            precision_basis=settings.precision_basis,
        )
    return solve_on_grid(game, settings, warm=warm, threads=threads, progress=progress)


def solve_on_grid(
    game: Game,
    settings: Settings,
    *,
    warm: Equilibrium | None = None,
    threads: int | None = None,
    progress: Progress | None = None,
) -> Equilibrium:
    """Solve a game on its belief grid; see `solve`."""
    prepare_kernels()
    plan = GamePlan(game)
    check_memory(plan, settings.memory)
    solver = _Backward(plan, settings, threads, warm)
    if game.forever:
        return _solve_forever(solver, progress)
    return _solve_finite(solver, progress)


def evaluate_strategies(
    game: Game,
    strategies: Strategies,
    *,
    threads: int | None = None,
) -> tuple[Float[np.ndarray, "state profile account belief"], ...]:
    """Return what every account of `game` is worth at the start of each period, all playing so.

    `game` may have other accounts than the game that was solved (named terms, say), but must
    have its states, stages and grid. Beliefs follow the strategies played.
    """
    plan = GamePlan(game)
    solver = _Backward(plan, Settings(), threads, None)
    n_periods = strategies.n_periods
    values: dict[int, Float[np.ndarray, "state column"]] = {}
    after: PeriodAnswer | None = None
    to_come = np.inf
    while to_come > EVALUATED:
        before = values.get(0)
        for period in range(n_periods - 1, -1, -1):
            after = solver.play_period(period, after, strategies)
            values[period] = after.values
        to_come = 0.0
        if game.forever:
            known = np.zeros_like(values[0]) if before is None else before
            to_come = value_change_to_come(values[0], known, plan.patience**n_periods)
    shape = (-1, plan.n_profiles, plan.n_accounts, plan.n_beliefs)
    return tuple(values[period].reshape(shape) for period in range(n_periods))


def replay_period(
    plan: GamePlan,
    period: int,
    after: PeriodAnswer | None,
    strategies: Strategies,
    *,
    watch: Watch | None = None,
    threads: int | None = None,
) -> PeriodAnswer:
    """Value one period in which all play as given, from the answer of the period after it.

    Args:
        watch: Called at every stage, from the last to the first, with the stage's number, the
            values after it and those of ended states.
    """
    solver = _Backward(plan, Settings(), threads, None)
    return solver.play_period(period, after, strategies, watch)


def _settings(declared: dict[str, Any], given: dict[str, Any]) -> Settings:
    names = Settings.__dataclass_fields__
    chosen = {name: value for name, value in declared.items() if name in names}
    chosen |= {name: value for name, value in given.items() if value is not None}
    settings = Settings(**chosen)
    if settings.precision_basis not in ("current", "present"):
        raise ValueError(
            f"precision_basis is {settings.precision_basis!r}, not 'current' or 'present'"
        )
    return settings


@dataclass(frozen=True)
class _Backward:
    """Takes one period back at a time."""

    plan: GamePlan
    settings: Settings
    threads: int | None
    warm: Equilibrium | None

    @property
    def effort(self) -> Effort:
        chosen = self.settings
        return Effort(chosen.tolerance, max(chosen.acceptable, chosen.tolerance), chosen.max_steps)

    def solve_period(self, period: int, after: PeriodAnswer | None) -> PeriodAnswer:
        """Solve a period from the answer of the next one."""
        strategies: list[Float[np.ndarray, "cell belief"]] = []
        statuses: list[StageStatus] = []

        def settle(task: StageTask, stage: int) -> None:
            guess, rows = self._guess(period, stage, after)
            present = self.settings.precision_basis == "present"
            replies, status = solve_stage(task, self.effort, present, guess, rows)
            strategies.append(replies)
            statuses.append(status)

        values, ended = self._take_back(period, after, settle)
        return PeriodAnswer(values, ended, tuple(reversed(strategies)), tuple(reversed(statuses)))

    def play_period(
        self,
        period: int,
        after: PeriodAnswer | None,
        strategies: Strategies,
        watch: Watch | None = None,
    ) -> PeriodAnswer:
        """Value a period in which all play as given."""

        def settle(task: StageTask, stage: int) -> None:
            if watch is not None:
                watch(stage, task.next_values, task.ended)
            n_movers = len(task.plan.options)
            parts = [
                strategies.log_strategy(period, stage, k).reshape(-1, self.plan.n_beliefs)
                for k in range(n_movers)
            ]
            joined = np.concatenate(parts) if parts else np.zeros((0, self.plan.n_beliefs))
            play_stage(task, kernel_array(joined, np.float64))

        values, ended = self._take_back(period, after, settle)
        return PeriodAnswer(values, ended, (), ())

    def _take_back(
        self,
        period: int,
        after: PeriodAnswer | None,
        settle: Callable[[StageTask, int], None],
    ) -> tuple[Float[np.ndarray, "state column"], Float[np.ndarray, "ended column"]]:
        """Take values back from the end of a period to its start, `settle` at every stage."""
        game, n_stages = self.plan.game, len(self.plan.game.stage_names)
        reached = game.n_reached[0 if game.forever else period]
        with Crew(self.threads) as crew:
            ended = self._ended_values(period, after)
            values = self._end_values(period, after, int(reached[n_stages]), crew)
            for stage in range(n_stages - 1, -1, -1):
                before = np.empty((int(reached[stage]), self.plan.n_columns))
                task = StageTask(
                    self.plan.stage(period, stage),
                    period,
                    len(before),
                    values,
                    ended,
                    before,
                    crew,
                )
                settle(task, stage)
                values = before
        return values, ended

    def _weight(self, period: int) -> float:
        game = self.plan.game
        last = not game.forever and period == game.n_periods - 1
        return 1.0 + game.tail if last else 1.0

    def _end_values(
        self, period: int, after: PeriodAnswer | None, n_states: int, crew: Crew
    ) -> Float[np.ndarray, "state column"]:
        """Return values at the end of a period, before its payoffs accrue."""
        plan, game = self.plan, self.plan.game
        payoff = game.payoff[period if len(game.payoff) > 1 else 0]
        table = _payoff_table(payoff)
        roll = kernel_array(game.roll, np.int64)
        values = np.empty((n_states, plan.n_columns))
        next_values = after.values if after else np.empty((0, plan.n_columns))
        weight = self._weight(period)

        def run(start: int, stop: int) -> None:
            accrue(
                start,
                stop,
                table,
                weight,
                plan.discount,
                next_values,
                roll,
                plan.n_beliefs,
                values,
            )

        crew.run(run, n_states, LEAST_ACCRUING)
        return values

    def _ended_values(
        self, period: int, after: PeriodAnswer | None
    ) -> Float[np.ndarray, "ended column"]:
        plan, game = self.plan, self.plan.game
        payoff = game.ended_payoff[period if len(game.ended_payoff) > 1 else 0]
        table = _payoff_table(payoff)
        values = np.empty((len(payoff), plan.n_columns))
        next_values = after.ended if after else np.empty((0, plan.n_columns))
        same = np.arange(len(payoff))
        weight = self._weight(period)
        accrue(
            0, len(payoff), table, weight, plan.discount, next_values, same, plan.n_beliefs, values
        )
        return values

    def _guess(
        self, period: int, stage: int, after: PeriodAnswer | None
    ) -> tuple[Float[np.ndarray, "cell belief"] | None, np.ndarray | None]:
        """Return strategies to start from, and where each mover's begin, if there are any."""
        game = self.plan.game
        if self.plan.stage(period, stage).kind in (Kind.CHAIN, Kind.UNTYPED):
            return None, None  # nothing is searched for there
        if self.warm is not None:
            source, at = self.warm.store.period(period), period
        elif after is not None:
            source, at = after, period + 1
        else:
            return None, None
        if not game.forever and not _same_options(self.plan, period, at, stage):
            return None, None
        row = 0 if game.forever else at
        table = self.plan.stage(row, stage)
        rows = strategy_rows(table, int(game.n_reached[row, stage]))
        return source.strategies[stage], rows


def _payoff_table(
    payoff: Float[np.ndarray, "state profile account belief_or_1"],
) -> Float[np.ndarray, "state profile_account belief_or_1"]:
    n_states, n_profiles, n_accounts, n_beliefs = payoff.shape
    return kernel_array(payoff.reshape(n_states, n_profiles * n_accounts, n_beliefs), np.float64)


def _same_options(plan: GamePlan, period: int, other: int, stage: int) -> bool:
    """Whether a stage's tables in two periods number the same options."""
    here, there = plan.game.table(period, stage), plan.game.table(other, stage)
    if here is there:
        return True
    return all(
        len(a.start) == len(b.start) and bool((a.start == b.start).all())
        for a, b in zip(here.movers, there.movers, strict=True)
    )


def _solve_finite(solver: _Backward, progress: Progress | None) -> Equilibrium:
    game = solver.plan.game
    bounds = plan_windows(solver.plan, solver.settings.memory)
    kept: dict[int, PeriodAnswer] = {}
    first_window: dict[int, PeriodAnswer] = {}
    statuses: list[tuple[StageStatus, ...]] = []
    after: PeriodAnswer | None = None
    for period in range(game.n_periods - 1, -1, -1):
        after = solver.solve_period(period, after)
        statuses.append(after.statuses)
        if period < bounds[1]:
            first_window[period] = after
        elif period in bounds:
            kept[period] = after
        if progress:
            progress(1.0 - period / game.n_periods)
    windows = Windows(kept, solver.solve_period, bounds)
    windows.keep(0, first_window)
    return Equilibrium(
        game=game,
        settings=solver.settings,
        statuses=tuple(reversed(statuses)),
        n_periods=game.n_periods,
        store=windows,
    )


def _solve_forever(solver: _Backward, progress: Progress | None) -> Equilibrium:
    game = solver.plan.game
    settled = lengthen(
        lambda after: solver.solve_period(0, after),
        solver.plan.patience,
        solver.settings.acceptable,
        progress,
    )
    length = len(settled.answers)
    windows = Windows({}, solver.solve_period, (0, length))
    windows.keep(0, dict(enumerate(settled.answers)))
    return Equilibrium(
        game=game,
        settings=solver.settings,
        statuses=tuple(answer.statuses for answer in settled.answers),
        n_periods=length,
        settled=settled.change,
        rounds_back=settled.periods,
        store=windows,
    )
