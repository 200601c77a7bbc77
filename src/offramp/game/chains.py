"""Chance stages to chains: effects applied one after another to inner states."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from offramp.game.dynamics import Setting, apply_in_turn, join
from offramp.game.factored import Chain, StageTable, Step
from offramp.game.frame import Chances, Entries, Frame, Numbers, fresh, joined, merge, starts
from offramp.game.ledger import Ledger
from offramp.game.states import Index, States, distinct
from offramp.scenario import Effect
from offramp.scenario.expressions import Expr

if TYPE_CHECKING:
    from jaxtyping import Int

__all__ = ["ChainBuilder"]


@dataclass
class _StepLists:
    name: str
    effects: tuple[Effect, ...]
    joins: bool
    ledger: Ledger
    known: np.ndarray = field(default_factory=lambda: np.zeros(0, bool))
    inner: list[np.ndarray] = field(default_factory=list)
    counts: list[np.ndarray] = field(default_factory=list)
    entries: list[Entries] = field(default_factory=list)


class ChainBuilder:
    """Builds the table of a chance stage as effects applied one after another.

    Inner states are numbered by code; where the stage's condition fails, by a code of their own, so
    that they pass through untouched.
    """

    def __init__(self, frame: Frame, number: int, dates: Sequence[int]) -> None:
        """Begin without states; `dates` are the periods (from 1) whose numbers are wanted."""
        self._frame = frame
        self.numbers = frame.numbers(-1, dates)
        self._number = number
        self._stage = frame.crisis.stages[number]
        self._bypass = frame.space.n_codes
        self._inner = Index(2 * frame.space.n_codes)
        self._steps = [
            _StepLists(effect.name or effect.path, (effect,), False, frame.ledger(self.numbers))
            for effect in self._stage.effects
        ]
        if self._stage.added:
            names = ", ".join(effect.name or effect.path for effect in self._stage.added)
            self._steps.append(
                _StepLists(names, self._stage.added, True, frame.ledger(self.numbers))
            )
        self._enter: list[np.ndarray] = []
        self._leaving = np.zeros(0, bool)
        self._leave = np.zeros(0, np.int64)
        self._reached: list[int] = []

    def add(self, codes: Int[np.ndarray, "state"], period: int) -> None:
        """Append states of the stage's slot (period from 1)."""
        setting = self._frame.setting(period, self.numbers, self._frame.ledger(self.numbers))
        active = setting.holds(self._stage.when, States(self._frame.space, codes))
        keys = codes + np.where(active, 0, self._bypass)
        self._inner.add(keys)
        frontier = self._inner.find(keys).astype(np.int64)
        self._enter.append(frontier)
        for step in self._steps:
            frontier = self._advance(step, distinct(frontier), setting)
        self._depart(distinct(frontier))

    def _advance(self, step: _StepLists, arrived: np.ndarray, setting: Setting) -> np.ndarray:
        """Apply a step to inner states that are new to it; return where they go."""
        step.known = _grown(step.known, len(self._inner))
        new = arrived[~step.known[arrived]]
        step.known[new] = True
        keys = self._inner.codes[new]
        states = self._states(new)
        here = setting.holds(self._condition(step), states) & (keys < self._bypass)
        setting = replace(setting, ledger=step.ledger)
        bundle = fresh(states.take(here), np.arange(int(here.sum())))
        bundle = (join if step.joins else apply_in_turn)(step.effects, bundle, setting)
        live = bundle.ended < 0
        codes = bundle.states.codes[live]
        self._inner.add(codes)
        successor = np.empty(len(bundle), np.int64)
        successor[live] = self._inner.find(codes)
        successor[~live] = -1 - self._frame.ended_numbers(bundle.take(~live))
        if self._frame.tabled:
            entries = merge([bundle], [successor])
            step.inner.append(new[here])
            step.counts.append(np.bincount(entries.row, minlength=int(here.sum())))
            step.entries.append(entries)
            step.ledger.first_row += int(here.sum())
        return np.concatenate([new[~here], successor[live]])

    def _states(self, inner: Int[np.ndarray, "inner"]) -> States:
        """Return the states that inner states are, passed over or not."""
        keys = self._inner.codes[inner]
        return States(self._frame.space, np.where(keys < self._bypass, keys, keys - self._bypass))

    def _condition(self, step: _StepLists) -> Expr | None:
        """Return a condition outside of which the step does nothing."""
        return step.effects[0].when if len(step.effects) == 1 else None

    def _depart(self, arrived: np.ndarray) -> None:
        self._leaving = _grown(self._leaving, len(self._inner))
        self._leave = np.concatenate(
            [self._leave, np.full(len(self._inner) - len(self._leave), -1, np.int64)]
        )
        new = arrived[~self._leaving[arrived]]
        self._leaving[new] = True
        bundle = fresh(self._states(new), np.arange(len(new)))
        self._leave[new] = self._frame.arrivals(bundle, self._number + 1)

    def close_period(self) -> None:
        """Note how many inner states have been reached by the end of a period."""
        self._reached.append(len(self._inner))

    def tables(self, numbers: Numbers, n_periods: int) -> tuple[StageTable, ...]:
        """Return the stage's table over all states, for every date of some numbers of the stage.

        To be asked for once all states have been added. Tables share what does not differ.
        """
        chain, steps = self._structure
        reached = self._reached + [len(self._inner)] * (n_periods - len(self._reached))
        chain = replace(
            chain, n_inner_reached=self._closed(np.array(reached[:n_periods], np.int64))
        )
        return tuple(
            StageTable(
                self._stage.name,
                (),
                None,
                replace(chain, steps=tuple(one.at(numbers, date) for one in steps)),
                -1,
                False,
            )
            for date in range(numbers.n_dates)
        )

    @cached_property
    def _structure(self) -> tuple[Chain, tuple[_Prepared, ...]]:
        """The chain, its steps left out, and its steps without numbers."""
        chain = Chain(
            n_inner=len(self._inner),
            n_inner_reached=np.empty(0, np.int64),
            enter=joined(self._enter, (0,), np.int64),
            leave=self._leave.astype(np.int64),
            steps=(),
        )
        used = (one for one in self._steps if any(map(len, one.inner)))
        return chain, tuple(_prepare(one, len(self._inner)) for one in used)

    def _closed(self, n_reached: Int[np.ndarray, "period"]) -> Int[np.ndarray, "period"]:
        """Return prefixes of inner states that no step leads out of.

        An inner state that a late step has led to may come to an earlier one in a later period, and
        go on from there to inner states that only then are numbered.
        """
        farthest = np.arange(len(self._inner))
        for step in self._steps:
            for inner, entries in zip(step.inner, step.entries, strict=True):
                np.maximum.at(farthest, inner[entries.row], entries.successor)
        farthest = np.maximum.accumulate(farthest)
        while len(farthest):
            closed = farthest[np.maximum(n_reached - 1, 0)] + 1
            if (closed <= n_reached).all():
                break
            n_reached = np.maximum(n_reached, closed)
        return n_reached


class _Prepared(NamedTuple):
    """A step without numbers, and where they come from.

    Attributes:
        order: Of the rows, as they were added. entry_order: of their entries.
    """

    step: Step
    chances: Chances
    ledger: Ledger
    order: Int[np.ndarray, "affected"]
    entry_order: Int[np.ndarray, "entry"]

    def at(self, numbers: Numbers, date: int) -> Step:
        """Return the step with its numbers at a date."""
        pay = self.ledger.table(len(self.order), *numbers, date)
        return replace(
            self.step,
            chance=self.chances.values(numbers.odds, date)[self.entry_order, 0],
            pay=pay[self.order],
        )


def _prepare(lists: _StepLists, n_inner: int) -> _Prepared:
    inner = joined(lists.inner, (0,), np.int64)
    counts = joined(lists.counts, (0,), np.int64)
    offsets = starts(np.array([len(part) for part in lists.inner], np.int64))
    row = joined([e.row + o for e, o in zip(lists.entries, offsets, strict=False)], (0,), np.int64)
    successor = joined([e.successor for e in lists.entries], (0,), np.int64)
    order, in_place = _overwriting_order(inner, row, successor, n_inner)
    bounds = starts(counts)
    ordered = starts(counts[order])
    entry_order = np.arange(bounds[-1]) + np.repeat(bounds[order] - ordered[:-1], counts[order])
    step = Step(
        name=lists.name,
        inner=inner[order],
        entry_start=ordered,
        successor=successor[entry_order],
        chance=np.empty(0),
        redraw=joined([e.redraw for e in lists.entries], (0,), np.int64)[entry_order],
        pay=np.empty((0, 1, 1)),
        in_place=in_place,
    )
    return _Prepared(step, Chances.joined(lists.entries), lists.ledger, order, entry_order)


def _grown(flags: np.ndarray, size: int) -> np.ndarray:
    return np.concatenate([flags, np.zeros(size - len(flags), bool)])


LONGEST_DEPENDENCE = 64


def _overwriting_order(
    inner: np.ndarray, row: np.ndarray, successor: np.ndarray, n_inner: int
) -> tuple[np.ndarray, bool]:
    """Order rows so that none reads a row before it in the list; say whether that can be.

    A row's depth is the longest chain of rows that lead to it; rows are sorted by depth.
    """
    position = np.full(n_inner, -1, np.int64)
    position[inner] = np.arange(len(inner))
    target = np.where(successor >= 0, position[np.maximum(successor, 0)], -1)
    edge = (target >= 0) & (target != row)
    source, target = row[edge], target[edge]
    depth = np.zeros(len(inner), np.int64)
    for _ in range(LONGEST_DEPENDENCE):
        deeper = depth[source] + 1 > depth[target]
        if not deeper.any():
            return np.argsort(depth, kind="stable"), True
        np.maximum.at(depth, target[deeper], depth[source[deeper]] + 1)
    return np.arange(len(inner)), False
