"""What solving hands on: strategies, values, and how far each stage was solved.

Strategies of every period are kept where they fit in the memory that was allowed. Where they do
not, they are recomputed a *window* of periods at a time, from the values and strategies that stand
at the window's far end; the computation is the same as the first one, so the digits are too.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

import numpy as np
from jaxtyping import Float

from offramp.equilibrium.stage_game import StageStatus
from offramp.game.factored import Game
from offramp.notebook import Shown

__all__ = ["Equilibrium", "PeriodAnswer", "Settings", "StrategyStore", "Windows"]

KEPT_WINDOWS = (
    2  # a forward pass reads one window after the other; a second one serves turning back
)


@dataclass(frozen=True)
class Settings:
    """How a game is solved.

    Attributes:
        tolerance: Residual |σ - logit(Q)| aimed at.
        acceptable: Residual that counts as converged where rounding keeps the aim away.
        max_steps: Steps along a branch, and rounds of best replies, after which a point is given
            up and marked.
        precision_basis: `current`: λ acts on current payoffs; `present`: on payoffs discounted
            to the start, as in a solver of the unrolled tree.
        memory: GiB that strategies and values may take.
    """

    tolerance: float = 1e-10
    acceptable: float = 1e-8
    max_steps: int = 400
    precision_basis: str = "current"
    memory: float = 4.0


class PeriodAnswer(NamedTuple):
    """One period solved: values at its start, and per stage strategies and status."""

    values: Float[np.ndarray, "state column"]
    ended: Float[np.ndarray, "ended column"]
    strategies: tuple[Float[np.ndarray, "cell belief"], ...]
    statuses: tuple[StageStatus, ...]


class StrategyStore(Protocol):
    """Where solved periods are found."""

    def period(self, period: int) -> PeriodAnswer:
        """Return a period's answer, from 0."""
        ...


class Windows:
    """Periods solved again in windows, the last few of which are kept.

    Args:
        kept: Answers at the far ends: those of the first period *after* each window.
        solve_back: Solves one period from the answer of the period after it.
        bounds: First period of each window, and the number of periods.
    """

    def __init__(
        self,
        kept: dict[int, PeriodAnswer],
        solve_back: Callable[[int, PeriodAnswer | None], PeriodAnswer],
        bounds: tuple[int, ...],
    ) -> None:
        self._kept = kept
        self._solve_back = solve_back
        self._bounds = bounds
        self._recent: OrderedDict[int, dict[int, PeriodAnswer]] = OrderedDict()

    def keep(self, number: int, answers: dict[int, PeriodAnswer]) -> None:
        """Keep the answers of a window that has just been solved."""
        self._recent[number] = answers

    def period(self, period: int) -> PeriodAnswer:
        """Return a period's answer, solving its window again where it was let go."""
        number = int(np.searchsorted(self._bounds, period, side="right")) - 1
        if number not in self._recent:
            while len(self._recent) >= KEPT_WINDOWS:
                self._recent.popitem(last=False)
            self._recent[number] = self._solve_window(number)
        self._recent.move_to_end(number)
        return self._recent[number][period]

    def _solve_window(self, number: int) -> dict[int, PeriodAnswer]:
        first, stop = self._bounds[number], self._bounds[number + 1]
        after = self._kept.get(stop)
        answers: dict[int, PeriodAnswer] = {}
        for period in range(stop - 1, first - 1, -1):
            after = self._solve_back(period, after)
            answers[period] = after
        return answers


@dataclass(frozen=True)
class Equilibrium(Shown):
    """The agent logit quantal response equilibrium of a game on the belief grid.

    Attributes:
        statuses: How well each stage of each period was solved: `statuses[period][stage]`.
        n_periods: Periods solved; of a game without end, the length of the cycle into which its
            strategies settle (1 where they settle on one).
        settled: Change of the strategies in the last period computed, for a game without end;
            zero otherwise.
        rounds_back: Periods through which a game without end was taken back.
    """

    game: Game
    settings: Settings
    statuses: tuple[tuple[StageStatus, ...], ...]
    n_periods: int
    settled: float = 0.0
    rounds_back: int = 0
    store: StrategyStore = field(repr=False, default_factory=lambda: Windows({}, _never, (0,)))

    def log_strategy(
        self, period: int, stage: int, mover: int = 0
    ) -> Float[np.ndarray, "option type belief"]:
        """Return log σ of one mover of a stage, for the states reached by that period.

        Options are numbered as in the stage's table, states that come later left out. A mover
        without types has one. Minus infinity where a policy keeps a type from an option.
        """
        kept = self._answer(period).strategies[stage]
        table = self.game.table(self._row(period), stage)
        n_states = int(self.game.n_reached[self._row(period), stage])
        at = 0
        for number, options in enumerate(table.movers):
            n_types = options.bound.shape[1]
            count = int(options.start[n_states]) * n_types
            if number == mover:
                return kept[at : at + count].reshape(-1, n_types, kept.shape[1])
            at += count
        raise IndexError(f"stage {stage} has {len(table.movers)} movers, not {mover + 1}")

    def value(self, period: int) -> Float[np.ndarray, "state profile account belief"]:
        """Return what each account expects from the start of a period on, in its units."""
        values = self._answer(period).values
        shape = (len(self.game.profiles), len(self.game.accounts), len(self.game.grid.points))
        return values.reshape(len(values), *shape)

    @property
    def residual(self) -> float:
        """Largest bound on |σ - logit(Q)| of any stage and point."""
        return max((s.residual for row in self.statuses for s in row), default=0.0)

    @property
    def loss(self) -> float:
        """Largest bound on KL(σ‖logit Q)/λ of any stage and point, in payoff of its period."""
        return max((s.loss for row in self.statuses for s in row), default=0.0)

    @property
    def total_loss(self) -> float:
        """Sum over periods of each period's largest loss, discounted by the most patient player."""
        patience = max((player.discount for player in self.game.players), default=1.0)
        worst = [max((s.loss for s in row), default=0.0) for row in self.statuses]
        return float(sum(loss * patience**t for t, loss in enumerate(worst)))

    @property
    def n_unconverged(self) -> int:
        """Points without a solution."""
        return sum(s.unconverged for row in self.statuses for s in row)

    def _row(self, period: int) -> int:
        return 0 if self.game.forever else period

    def _answer(self, period: int) -> PeriodAnswer:
        # far from the end of a game without end, cycles are counted back from period 0
        return self.store.period(period % self.n_periods if self.game.forever else period)


def _never(period: int, after: PeriodAnswer | None) -> PeriodAnswer:
    raise IndexError("this equilibrium holds no periods")
