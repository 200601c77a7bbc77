"""Chance stages to chains: effects applied one after another to inner states."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from offramp.game.dynamics import Setting, apply_in_turn, join
from offramp.game.factored import Chain, StageTable, Step
from offramp.game.frame import Entries, Frame, fresh, joined, merge, starts
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
    known: np.ndarray = field(default_factory=lambda: np.zeros(0, bool))
    inner: list[np.ndarray] = field(default_factory=list)
    counts: list[np.ndarray] = field(default_factory=list)
    entries: list[Entries] = field(default_factory=list)
    pay: list[np.ndarray] = field(default_factory=list)


class ChainBuilder:
    """Builds the table of a chance stage as effects applied one after another.

    Inner states are numbered by code; where the stage's condition fails, by a code of their own, so
    that they pass through untouched.
    """

    def __init__(self, frame: Frame, number: int) -> None:
        self._frame = frame
        self._number = number
        self._stage = frame.crisis.stages[number]
        self._bypass = frame.space.n_codes
        self._inner = Index(2 * frame.space.n_codes)
        self._steps = [
            _StepLists(effect.name or effect.path, (effect,), False)
            for effect in self._stage.effects
        ]
        if self._stage.added:
            names = ", ".join(effect.name or effect.path for effect in self._stage.added)
            self._steps.append(_StepLists(names, self._stage.added, True))
        self._enter: list[np.ndarray] = []
        self._leaving = np.zeros(0, bool)
        self._leave = np.zeros(0, np.int64)
        self._reached: list[int] = []

    def add(self, codes: Int[np.ndarray, "state"], period: int) -> None:
        """Append states of the stage's slot (period from 1)."""
        setting = self._frame.setting(period, -1, self._frame.ledger(0))
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
        ledger = self._frame.ledger(int(here.sum()))
        setting = replace(setting, ledger=ledger)
        bundle = fresh(states.take(here), np.arange(int(here.sum())), 1)
        bundle = (join if step.joins else apply_in_turn)(step.effects, bundle, setting)
        live = bundle.ended < 0
        codes = bundle.states.codes[live]
        self._inner.add(codes)
        successor = np.empty(len(bundle), np.int64)
        successor[live] = self._inner.find(codes)
        successor[~live] = -1 - self._frame.ended_numbers(bundle.take(~live))
        if self._frame.tabled:
            entries = merge(bundle.row, successor, bundle)
            step.inner.append(new[here])
            step.counts.append(np.bincount(entries.row, minlength=int(here.sum())))
            step.entries.append(entries)
            step.pay.append(ledger.pay)
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
        bundle = fresh(self._states(new), np.arange(len(new)), 1)
        self._leave[new] = self._frame.arrivals(bundle, self._number + 1)

    def close_period(self) -> None:
        """Note how many inner states have been reached by the end of a period."""
        self._reached.append(len(self._inner))

    def table(self, n_periods: int) -> StageTable:
        """Return the stage's table over all states added so far."""
        reached = self._reached + [len(self._inner)] * (n_periods - len(self._reached))
        chain = Chain(
            n_inner=len(self._inner),
            n_inner_reached=np.array(reached[:n_periods], np.int64),
            enter=joined(self._enter, (0,), np.int64),
            leave=self._leave.astype(np.int64),
            steps=tuple(self._step(one) for one in self._steps if any(map(len, one.inner))),
        )
        return StageTable(self._stage.name, (), None, chain, -1, False)

    def _step(self, lists: _StepLists) -> Step:
        inner = joined(lists.inner, (0,), np.int64)
        counts = joined(lists.counts, (0,), np.int64)
        offsets = starts(np.array([len(part) for part in lists.inner], np.int64))
        row = joined(
            [e.row + o for e, o in zip(lists.entries, offsets, strict=False)], (0,), np.int64
        )
        successor = joined([e.successor for e in lists.entries], (0,), np.int64)
        order, in_place = _overwriting_order(inner, row, successor, len(self._inner))
        bounds = starts(counts)
        ordered = starts(counts[order])
        entry_order = np.arange(bounds[-1]) + np.repeat(bounds[order] - ordered[:-1], counts[order])
        shape = (0, len(self._frame.profiles), self._frame.n_accounts)
        return Step(
            name=lists.name,
            inner=inner[order],
            entry_start=ordered,
            successor=successor[entry_order],
            chance=joined([e.chance[:, 0] for e in lists.entries], (0,), np.float64)[entry_order],
            redraw=joined([e.redraw for e in lists.entries], (0,), np.int64)[entry_order],
            pay=joined(lists.pay, shape, np.float64)[order],
            in_place=in_place,
        )


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
