"""Where a player most likely stands when it chooses, for questions that name no situation."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from offramp.outcomes.forward import Sweep
from offramp.outcomes.play import OwnPlay, Solution

__all__ = ["Likeliest", "find_likeliest"]

MAIN_ONLY = 1  # columns of a sweep that follows nothing but where play stands


class Likeliest(NamedTuple):
    """A stage and a public state in words, and how likely play comes there in the period."""

    stage: str
    state: dict[str, str]
    chance: float


def find_likeliest(
    solution: Solution,
    player: str,
    period: int,
    *,
    stage: str | None = None,
    start: str | None = None,
) -> Likeliest | None:
    """Return the likeliest situation in which a player chooses between acts in a period, from 1.

    None if it chooses nowhere (or not at the stage that is named).
    """
    game = solution.game
    case = start if start is not None else next(iter(game.start))
    looked = _Looked(solution, player, period - 1, stage)
    Sweep(game, OwnPlay(solution), [], MAIN_ONLY).run(game.start[case], looked, period)
    return looked.found


class _Looked:
    """Keeps the likeliest state at which the player has a choice."""

    def __init__(self, solution: Solution, player: str, period: int, stage: str | None) -> None:
        self._game = solution.game
        self._player = [one.name for one in self._game.players].index(player)
        self._period = period
        self._stage = stage
        self.found: Likeliest | None = None

    def at_stage(self, sweep: Sweep, stage: int, flow: Float[np.ndarray, "profile row"]) -> None:
        """Look at a stage of the period that is asked about."""
        name = self._game.stage_names[stage]
        table = self._game.table(sweep.period if not self._game.forever else 0, stage)
        if sweep.period != self._period or self._stage not in (None, name) or table.rows is None:
            return
        for options in table.movers:
            if options.player == self._player:
                state_of_row = np.repeat(
                    np.arange(len(table.rows.start) - 1), np.diff(table.rows.start)
                )
                passing = np.bincount(state_of_row, flow.sum(axis=0), len(options.start) - 1)
                self._look(stage, passing * (np.diff(options.start) > 1))

    def at_arrival(self, sweep: Sweep) -> None:
        """Nothing is looked at between stages."""

    def at_end(self, sweep: Sweep) -> None:
        """Nothing is looked at when a period ends."""

    def _look(self, stage: int, chance: Float[np.ndarray, "state"]) -> None:
        best = int(np.argmax(chance))
        if chance[best] > (self.found.chance if self.found is not None else 0.0):
            state = self._game.space.describe(int(self._game.codes[stage][best]))
            name = self._game.stage_names[stage]
            self.found = Likeliest(name, state, float(chance[best]))
