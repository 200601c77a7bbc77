"""Trackers: columns of mass that learn what a state does not tell of the path.

`Ever` follows the paths on which a condition has not held yet; `Seen` splits all paths by what an
expression asks to be remembered. Columns carry a *label* (what is remembered), are kept only as
long as what they tell apart can still matter, and are given up where the state tells it anyway.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from jaxtyping import Float

from offramp.game.language import Expr, Period
from offramp.outcomes.columns import Columns, Labels, Split
from offramp.outcomes.conditions import ENDED, Condition, Label, Reader, reads, weigh_ended
from offramp.outcomes.forward import MAIN, Feed, Sweep

__all__ = ["Ever", "Seen"]


class Seen:
    """Reads expressions at the start and at each period's end.

    Where they ask for more than the state tells, all paths are split by what is remembered: the
    columns of all labels sum to the main one.

    Attributes:
        starts: Per expression: expected value before the first stage.
        totals: Per expression and period: expected value at the period's end, ended play included.
    """

    def __init__(
        self,
        expressions: Sequence[Expr],
        reader: Reader,
        columns: Columns,
        n_periods: int,
        name: str,
    ) -> None:
        self.expressions = list(expressions)
        self.reader = reader
        self.memory = reader.memory(*expressions)
        self._labels = Labels(reader, self.memory, name)
        self.updates = self._labels.updates
        self._split = Split(self._labels, columns) if self.memory.atoms else None
        self.starts = np.zeros(len(self.expressions))
        self.totals = np.zeros((len(self.expressions), n_periods))
        self._frozen: dict[Label, Float[np.ndarray, "ended"]] = {}

    def _columns(self, slot: int) -> list[tuple[Label, int]]:
        return [((), MAIN)] if self._split is None else self._split.at(slot)

    def begin_period(self, sweep: Sweep) -> None:
        """Split the start by what is remembered, and read it."""
        if self._split is not None:
            self._split.begin(sweep)
        if sweep.period == 0:
            self.starts += self._expected(sweep)

    def before_stage(self, sweep: Sweep) -> None:
        """Nothing is to be prepared."""

    def feeds(self, stage: int) -> Iterable[Feed]:
        """Every label's column passes through the stage."""
        return self._split.feeds(stage) if self._split is not None else ()

    def after_stage(self, sweep: Sweep) -> None:
        """Keep what has ended: it is read at every later period's end."""
        for label, column in self._columns(sweep.slot):
            rows, mass = sweep.just_ended(column)
            if len(rows):
                kept = self._frozen.setdefault(label, np.zeros(len(sweep.game.ended_codes)))
                kept[rows] += mass

    def end_period(self, sweep: Sweep) -> None:
        """Read every expression."""
        self.totals[:, sweep.period] = self._expected(sweep)
        for label, mass in self._frozen.items():
            self.totals[:, sweep.period] += self._read(mass, ENDED, sweep.period + 1, label)
        if self._split is not None:
            self._split.look(sweep)

    def _expected(self, sweep: Sweep) -> Float[np.ndarray, "expression"]:
        """Return what expressions come to in the slot, over all paths on which play goes on."""
        total = np.zeros(len(self.expressions))
        for label, column in self._columns(sweep.slot):
            mass = sweep.state_totals(column).sum(axis=0)
            total += self._read(mass, sweep.slot, sweep.period + 1, label)
        return total

    def _read(
        self, mass: Float[np.ndarray, "state"], slot: int, period: int, label: Label
    ) -> Float[np.ndarray, "expression"]:
        read = [
            self.reader.values(expression, slot, period, self.memory, label)
            for expression in self.expressions
        ]
        # no BLAS: it would share long products out among threads, and these would wait for a
        # processor that another process has, with digits that depend on how many there are
        return np.array([np.einsum("s,s->", mass, values[: len(mass)]) for values in read])

    def rolls(self) -> Iterable[Feed]:
        """Labels of one kind join."""
        return self._split.rolls() if self._split is not None else ()


class Ever:
    """Follows the paths on which a condition has not held yet.

    Attributes:
        at_start: Chance that it holds before the first stage (counted if `looks_at_start`).
        hits: Chance that it first holds in each period.
    """

    def __init__(
        self,
        condition: Expr,
        reader: Reader,
        columns: Columns,
        n_periods: int,
        name: str = "",
        *,
        until: int | None = None,
        looks_at_start: bool = False,
    ) -> None:
        self.condition = condition
        self.reader = reader
        self.memory = reader.memory(condition)
        self.n_periods = n_periods
        self.until = n_periods if until is None else min(until, n_periods)
        self.looks_at_start = looks_at_start
        self.at_start = 0.0
        self.hits = np.zeros(n_periods)
        self._labels = Labels(reader, self.memory, name)
        self.updates = self._labels.updates
        self._needs_no_column = self._holds_only_ended() and not looks_at_start
        self._split = None if self._needs_no_column else Split(self._labels, columns)
        self._active = True

    def _holds_only_ended(self) -> bool:
        """Return whether no state in which play goes on fulfils the condition."""
        if self.memory.atoms or reads(self.condition, Period):
            return False
        slots = range(1, len(self.reader.game.stage_names) + 1)
        return all(self._where(slot, (), 1).nowhere for slot in slots)

    def _where(self, slot: int, label: Label, period: int) -> Condition:
        return self.reader.condition(self.condition, slot, period, self.memory, label)

    def begin_period(self, sweep: Sweep) -> None:
        """Take up all paths at the start; give up when nothing later counts."""
        if self._split is None:
            return
        if sweep.period >= self.until:
            self._active = False
            return
        self._split.begin(sweep)
        if sweep.period == 0 and self.looks_at_start:
            for label, column in self._split.at(0):
                self.at_start += sweep.move(column, self._where(0, label, 1))

    def before_stage(self, sweep: Sweep) -> None:
        """Nothing is to be prepared."""

    def feeds(self, stage: int) -> Iterable[Feed]:
        """Take the paths still followed through the stage."""
        return self._split.feeds(stage) if self._split is not None and self._active else ()

    def after_stage(self, sweep: Sweep) -> None:
        """Take out the paths on which the condition now holds."""
        if self._split is None:
            self._count_ended(sweep, MAIN, ())
        elif self._active:
            for label, column in self._split.at(sweep.slot):
                here = self._where(sweep.slot, label, sweep.period + 1)
                self.hits[sweep.period] += sweep.move(column, here)
                self._count_ended(sweep, column, label)

    def _count_ended(self, sweep: Sweep, column: int, label: Label) -> None:
        """Count ended paths in the first period in which the frozen state fulfils the condition."""
        rows, mass = sweep.just_ended(column)
        if not len(rows):
            return
        last = self.n_periods if reads(self.condition, Period) else sweep.period + 1
        for period in range(sweep.period, last):
            held = weigh_ended(rows, mass, self._where(ENDED, label, period + 1))
            self.hits[period] += float(held.sum())
            mass = mass - held

    def end_period(self, sweep: Sweep) -> None:
        """Let counters look."""
        if self._split is not None and self._active:
            self._split.look(sweep)

    def rolls(self) -> Iterable[Feed]:
        """Take the paths still followed into the next period."""
        return self._split.rolls() if self._split is not None and self._active else ()

    def chance(self, by: int | None = None) -> float:
        """Return the chance that the condition has held by the end of a period (from 1)."""
        return self.at_start + float(self.hits[: self.n_periods if by is None else by].sum())
