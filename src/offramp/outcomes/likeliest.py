"""Where a player most likely stands when it chooses, if a question leaves the situation open."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from offramp.equilibrium.situation import find_choices
from offramp.outcomes.forward import Sweep
from offramp.outcomes.play import OwnPlay, Solution

__all__ = ["Likeliest", "find_likeliest"]

MAIN_ONLY = 1  # columns of a sweep that follows nothing but where play stands


class Likeliest(NamedTuple):
    """A stage and a public state, and how likely play comes there in the period.

    `state` has the state in words, `number` its number in the stage's slot.
    """

    stage: str
    number: int
    state: dict[str, str]
    chance: float


def find_likeliest(
    solution: Solution,
    player: str,
    period: int,
    *,
    stage: str | None = None,
    state: Mapping[str, str | float] | None = None,
    start: str | None = None,
) -> Likeliest | None:
    """Return the likeliest situation in which a player chooses between acts in a period, from 1.

    None if it chooses nowhere (or not at the stage that is named, or not in such a state).

    Args:
        state: Levels, and numbers of what is remembered, that the situation must have.

    Raises:
        GameError: A name is not known.
    """
    game = solution.game
    choices = find_choices(game, player, period=period, stage=stage, state=state or {})
    fitting = {(choice.stage, choice.mover): choice.states for choice in choices}
    case = start if start is not None else next(iter(game.start))
    looked = _Looked(solution, period - 1, fitting)
    Sweep(game, OwnPlay(solution), [], MAIN_ONLY).run(game.start[case], looked, period)
    return looked.found


class _Looked:
    """Keeps the likeliest state that fits and leaves a choice.

    `fitting` has, by stage and mover, the states that fit.
    """

    def __init__(
        self, solution: Solution, period: int, fitting: Mapping[tuple[int, int], np.ndarray]
    ) -> None:
        self._game = solution.game
        self._period = period
        self._fitting = fitting
        self.found: Likeliest | None = None

    def at_stage(self, sweep: Sweep, stage: int, flow: Float[np.ndarray, "profile row"]) -> None:
        """Look at a stage of the period that is asked about."""
        table = self._game.table(sweep.period if not self._game.forever else 0, stage)
        if sweep.period != self._period or table.rows is None:
            return
        state_of_row = np.repeat(np.arange(len(table.rows.start) - 1), np.diff(table.rows.start))
        for k, options in enumerate(table.movers):
            states = self._fitting.get((stage, k), np.zeros(0, dtype=np.int64))
            passing = np.bincount(state_of_row, flow.sum(axis=0), len(options.start) - 1)
            chance = np.zeros_like(passing)
            chance[states] = (passing * (np.diff(options.start) > 1))[states]
            self._look(stage, chance)

    def at_arrival(self, sweep: Sweep) -> None:
        """Nothing is looked at between stages."""

    def at_end(self, sweep: Sweep) -> None:
        """Nothing is looked at when a period ends."""

    def _look(self, stage: int, chance: Float[np.ndarray, "state"]) -> None:
        best = int(np.argmax(chance))
        if chance[best] > (self.found.chance if self.found is not None else 0.0):
            state = self._game.space.describe(int(self._game.codes[stage][best]))
            name = self._game.stage_names[stage]
            self.found = Likeliest(name, best, state, float(chance[best]))
