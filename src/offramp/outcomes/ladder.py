"""How high it climbs: the highest rung of the ladder on which anybody acts in a period."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import product

import numpy as np

from offramp.outcomes.columns import Columns
from offramp.outcomes.conditions import Reader
from offramp.outcomes.forward import ALL, MAIN, Feed, Sweep

__all__ = ["Ladder"]

NONE = -1  # no act with a rung has been taken yet in the period


class Ladder:
    """Splits all paths by the highest rung so far, from a period's first act to its last.

    An act with several rungs counts at the highest of them.

    Attributes:
        rungs: The rungs that acts stand on, lowest first.
        climb: Chance of each rung to be the highest in each period; paths on which no act has a
            rung in the period (play has ended, say) count nowhere.
    """

    def __init__(self, reader: Reader, columns: Columns, n_periods: int) -> None:
        self._stages = reader.space.crisis.stages
        acts = [a for s in self._stages for m in s.movers for a in m.actions]
        self.rungs = tuple(sorted({max(a.ladder) for a in acts if a.ladder}))
        self.climb = np.zeros((n_periods, len(self.rungs)))
        self.updates: list[np.ndarray | None] = []
        self._reached: list[list[int]] = []
        for stage in self._stages:
            sizes = tuple(len(mover.actions) for mover in stage.movers)
            numbers = np.zeros(sizes, np.int32)
            for joint in product(*map(range, sizes)):
                taken = [m.actions[a] for m, a in zip(stage.movers, joint, strict=True)]
                found = [self.rungs.index(max(a.ladder)) for a in taken if a.ladder]
                numbers[joint] = max(found, default=NONE) + 1
            self.updates.append(numbers if stage.movers else None)
            self._reached.append(sorted({int(n) - 1 for n in np.unique(numbers)} | {NONE}))
        self._last = max((m for m, r in enumerate(self._reached) if r != [NONE]), default=-1)
        self._at = self._levels()
        every = {rung for at in self._at[1:] for rung in at}
        self._column = {rung: columns.take() for rung in sorted(every)}

    def _levels(self) -> list[list[int]]:
        """Return the highest rungs so far that are possible at each slot."""
        slots = [[NONE]]
        for reached in self._reached[: self._last + 1]:
            slots.append(sorted({max(old, new) for old in slots[-1] for new in reached}))
        return slots

    def begin_period(self, sweep: Sweep) -> None:
        """All paths begin the period without a rung."""

    def before_stage(self, sweep: Sweep) -> None:
        """Nothing is to be prepared."""

    def feeds(self, stage: int) -> Iterable[Feed]:
        """Return what the column of each rung receives."""
        if stage > self._last:
            return
        for old in self._at[stage]:
            source = MAIN if self._at[stage] == [NONE] else self._column[old]
            if self.updates[stage] is None:
                if source != MAIN:
                    yield Feed(source, source, ALL)
                continue
            for new in self._reached[stage]:
                yield Feed(self._column[max(old, new)], source, new + 1)

    def after_stage(self, sweep: Sweep) -> None:
        """Count what has ended, and after the last act all the rest."""
        stage = sweep.slot - 1
        if stage > self._last or self._at[sweep.slot] == [NONE]:
            return
        for rung in self._at[sweep.slot]:
            if rung == NONE:
                continue
            column = self._column[rung]
            _, mass = sweep.just_ended(column)
            self.climb[sweep.period, rung] += mass.sum()
            if stage == self._last:
                self.climb[sweep.period, rung] += sweep.state_totals(column).sum()

    def end_period(self, sweep: Sweep) -> None:
        """Nothing is left to be read."""

    def rolls(self) -> Iterable[Feed]:
        """Nothing outlasts a period."""
        return ()
