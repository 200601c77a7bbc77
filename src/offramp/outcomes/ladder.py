"""How it climbs: the highest rung of the ladder on which anybody acts, period by period."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import product

import numpy as np

from offramp.outcomes.columns import Columns
from offramp.outcomes.conditions import Reader
from offramp.outcomes.forward import ALL, MAIN, Feed, Sweep

__all__ = ["Ladder", "possible_rungs"]

NONE = -1  # no act with a rung has been taken yet in the period


class Ladder:
    """Splits all paths by the highest rung so far, from a period's first act to its end.

    Some or all of them are split by the highest rung of the period before, too: how play moves
    between rungs. An act with several rungs counts at the highest of them. Wherever an axis says
    `rung_1`, its first entry stands for paths on which no act with a rung is taken.

    Attributes:
        rungs: The rungs that acts stand on, lowest first.
        climb: Chance of each rung to be the highest in each period; paths on which no act has a
            rung in the period (play has ended, say) count nowhere.
        flow: Chance of a rung in the period before (rung_1) and one in this period (rung_1),
            while play goes on. Before the first period, nobody has acted.
        exit: Chance that play ends in a period, by its highest rung (rung_1) and the ending; the
            last ending is the horizon.
    """

    def __init__(
        self,
        reader: Reader,
        columns: Columns,
        n_periods: int,
        follow: Sequence[int] | None = None,
    ) -> None:
        """Take columns; `follow` gives the places on axis `rung_1` that `flow` is wanted from."""
        game = reader.game
        self._stages = reader.space.crisis.stages
        self.rungs = _rungs_of(reader)
        self._read_acts()
        n = len(self.rungs)
        self.climb = np.zeros((n_periods, n))
        self.flow = np.zeros((n_periods, n + 1, n + 1))
        self.exit = np.zeros((n_periods, n + 1, len(game.endings) + 1))
        self._ended_by = game.ended_by
        wanted = range(n + 1) if follow is None else follow
        every = sorted({rung for at in self._at for rung in at})
        self._column = {rung: columns.take() for rung in every if self._at[-1] != [NONE]}
        self._after = {
            before: {rung: columns.take() for rung in every}
            for before in self._at[-1]
            if before + 1 in wanted
        }
        self._starts = NONE + 1 in wanted

    def _read_acts(self) -> None:
        """Give what each stage's acts do a number; list the highest rungs so far by slot."""
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
        self._at = [[NONE]]
        for reached in self._reached:
            self._at.append(sorted({max(old, new) for old in self._at[-1] for new in reached}))

    def begin_period(self, sweep: Sweep) -> None:
        """All paths begin the period without a rung."""

    def before_stage(self, sweep: Sweep) -> None:
        """Nothing is to be prepared."""

    def feeds(self, stage: int) -> Iterable[Feed]:
        """Return what the column of each rung receives."""
        yield from self._rising(stage, self._column, from_main=True)
        for column in self._after.values():
            yield from self._rising(stage, column)

    def _rising(
        self, stage: int, column: dict[int, int], *, from_main: bool = False
    ) -> Iterator[Feed]:
        """Yield what a stage's acts do to paths that are split by the highest rung so far."""
        for old in self._at[stage]:
            source = self._main_at(stage, old) if from_main else column[old]
            if self._reached[stage] == [NONE]:
                if source != MAIN:
                    yield Feed(source, source, ALL)
                continue
            for new in self._reached[stage]:
                yield Feed(column[max(old, new)], source, new + 1)

    def _main_at(self, slot: int, rung: int) -> int:
        """Return where all paths of a rung are; none are split off before the first act."""
        return MAIN if self._at[slot] == [NONE] else self._column[rung]

    def after_stage(self, sweep: Sweep) -> None:
        """Count what has ended."""
        t = sweep.period
        for rung in self._at[sweep.slot]:
            rows, mass = sweep.just_ended(self._main_at(sweep.slot, rung))
            self._count(t, rung, mass.sum())
            np.add.at(self.exit[t, rung + 1], self._ended_by[rows], mass)
            for before, column in self._after.items():
                self.flow[t, before + 1, rung + 1] += sweep.just_ended(column[rung])[1].sum()

    def end_period(self, sweep: Sweep) -> None:
        """Count what goes on; that is all there is to be read of the last period."""
        t = sweep.period
        for rung in self._at[sweep.slot]:
            mass = sweep.state_totals(self._main_at(sweep.slot, rung)).sum()
            self._count(t, rung, mass)
            if t == len(self.climb) - 1:
                self.exit[t, rung + 1, -1] += mass
            for before, column in self._after.items():
                self.flow[t, before + 1, rung + 1] += sweep.state_totals(column[rung]).sum()

    def _count(self, period: int, rung: int, mass: float) -> None:
        if rung != NONE:
            self.climb[period, rung] += mass
        if period == 0 and self._starts:
            self.flow[0, NONE + 1, rung + 1] += mass

    def rolls(self) -> Iterable[Feed]:
        """Split the next period's paths by the rung of this one."""
        for before, column in self._after.items():
            yield Feed(column[NONE], self._main_at(-1, before))


def possible_rungs(reader: Reader) -> int:
    """Return how long the axis `rung_1` is."""
    return len(_rungs_of(reader)) + 1


def _rungs_of(reader: Reader) -> tuple[int, ...]:
    acts = [a for s in reader.space.crisis.stages for m in s.movers for a in m.actions]
    return tuple(sorted({max(a.ladder) for a in acts if a.ladder}))
