"""What the stages of one compilation share: numbering, branches, merged entries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from offramp.game.dynamics import Bundle, Setting
from offramp.game.findings import Findings
from offramp.game.ledger import Amounts, Ledger
from offramp.game.odds import CERTAIN, Odds
from offramp.game.states import Index, States, StateSpace, distinct
from offramp.scenario import Crisis

if TYPE_CHECKING:
    from jaxtyping import Float, Int

__all__ = [
    "Chances",
    "Endings",
    "Entries",
    "Frame",
    "Numbers",
    "Usage",
    "fresh",
    "joined",
    "merge",
    "starts",
]


@dataclass
class Usage:
    """What was possible somewhere: actions by (stage, player, action), endings, clauses."""

    actions: set[tuple[int, str, str]] = field(default_factory=set)
    endings: set[int] = field(default_factory=set)
    clauses: set[int] = field(default_factory=set)


class Endings:
    """Numbers the ended states."""

    def __init__(self, n_endings: int, n_codes: int) -> None:
        self._n = max(n_endings, 1)
        self._index = Index(n_codes * self._n)

    def number(self, codes: np.ndarray, ended: np.ndarray) -> np.ndarray:
        """Return the ended state's number for each code and ending, numbering new ones."""
        keys = codes * self._n + ended
        self._index.add(keys)
        return self._index.find(keys)

    @property
    def codes(self) -> Int[np.ndarray, "ended"]:
        """Code of each ended state."""
        return self._index.codes // self._n

    @property
    def by(self) -> Int[np.ndarray, "ended"]:
        """Index of the ending of each ended state."""
        return self._index.codes % self._n


class Numbers(NamedTuple):
    """What a stage's draws and payments come to."""

    odds: Odds
    amounts: Amounts

    @property
    def n_dates(self) -> int:
        """In how many periods they differ; 1 where they do not."""
        return len(self.odds.dates)

    def recast(self, space: StateSpace, findings: Findings) -> Numbers | None:
        """Return the numbers of another crisis; None if its draws lead elsewhere."""
        odds = self.odds.recast(space, findings)
        return None if odds is None else Numbers(odds, self.amounts.recast(space, findings))


@dataclass(frozen=True)
class Frame:
    """What all stages of a compilation share.

    Attributes:
        tabled: Whether stages keep what they find for their tables, or states are only met.
    """

    crisis: Crisis
    space: StateSpace
    profiles: Int[np.ndarray, "profile typed"]
    accounts: Mapping[tuple[str, str | None], int]
    n_accounts: int
    tabled: bool
    findings: Findings
    usage: Usage
    ended: Endings
    slots: tuple[Index, ...]

    def numbers(self, reader: int, dates: Sequence[int]) -> Numbers:
        """Return a stage's numbers, without draws or payments.

        Args:
            dates: The periods (from 1) in which they differ.
        """
        n_types = len(self.crisis.players[self.space.typed[reader]].types) if reader >= 0 else 1
        return Numbers(
            Odds(self.space, reader, n_types, dates, self.findings, multiplies=self.tabled),
            Amounts(self.space, self.profiles, dates, self.findings),
        )

    def ledger(self, numbers: Numbers) -> Ledger:
        """Return an empty ledger."""
        return Ledger(numbers.amounts, self.accounts, self.n_accounts if self.tabled else 0)

    @cached_property
    def _watched(self) -> tuple[frozenset[int] | None, ...]:
        return tuple(self.space.levels_read(ending.when) for ending in self.crisis.endings)

    def setting(self, period: int, numbers: Numbers, ledger: Ledger) -> Setting:
        """Return what stays the same while effects of one stage resolve."""
        return Setting(
            self.space,
            period,
            self.crisis.endings,
            self._watched,
            numbers.odds,
            ledger,
            self.findings,
        )

    def arrivals(self, bundle: Bundle, slot: int) -> Int[np.ndarray, "branch"]:
        """Return each branch's successor in a slot, numbering new states and ended states."""
        successor = np.empty(len(bundle), np.int64)
        live = bundle.ended < 0
        codes = self.space.forget(bundle.states.codes[live], slot)
        self.slots[slot].add(codes)
        successor[live] = self.slots[slot].find(codes)
        successor[~live] = -1 - self.ended_numbers(bundle.take(~live))
        return successor

    def ended_numbers(self, bundle: Bundle) -> Int[np.ndarray, "branch"]:
        """Return the ended state of each branch on which play has ended."""
        self.usage.endings.update(distinct(bundle.ended).tolist())
        codes = self.space.forget(bundle.states.codes, self.space.n_slots - 1)
        return self.ended.number(codes, bundle.ended)


def fresh(states: States, rows: np.ndarray) -> Bundle:
    """Return branches that begin: certain, nothing redrawn, play going on."""
    n = len(rows)
    return Bundle(
        states,
        rows,
        np.full(n, CERTAIN),
        np.zeros(n, np.int64),
        np.full(n, -1, np.int64),
    )


@dataclass(frozen=True)
class Entries:
    """Merged branches: where each row leads, sorted by row.

    Attributes:
        node: Of each branch, in the order of the entries that they make up.
        first: Of each entry, among the branches.
    """

    row: Int[np.ndarray, "entry"]
    successor: Int[np.ndarray, "entry"]
    redraw: Int[np.ndarray, "entry"]
    node: Int[np.ndarray, "branch"]
    first: Int[np.ndarray, "entry"]


def merge(bundles: Sequence[Bundle], successors: Sequence[np.ndarray]) -> Entries:
    """Put branches of one row that lead to the same place together."""
    rows = np.concatenate([b.row for b in bundles])
    redraw = np.concatenate([b.redraw for b in bundles])
    node = np.concatenate([b.node for b in bundles])
    successor = np.concatenate(successors)
    order = np.lexsort((redraw, successor, rows))
    rows, successor, redraw = rows[order], successor[order], redraw[order]
    new = np.ones(len(rows), bool)
    new[1:] = (
        (rows[1:] != rows[:-1]) | (successor[1:] != successor[:-1]) | (redraw[1:] != redraw[:-1])
    )
    first = np.flatnonzero(new)
    return Entries(rows[first], successor[first], redraw[first], node[order], first)


@dataclass(frozen=True)
class Chances:
    """The branches of many entries, whose nodes' probabilities add up to the entries' chances."""

    node: Int[np.ndarray, "branch"]
    first: Int[np.ndarray, "entry"]

    @classmethod
    def joined(cls, parts: Sequence[Entries]) -> Chances:
        """Put the entries of several batches together."""
        offsets = starts(np.array([len(part.node) for part in parts], np.int64))
        first = [part.first + offset for part, offset in zip(parts, offsets, strict=False)]
        node = joined([part.node for part in parts], (0,), np.int64)
        return cls(node, joined(first, (0,), np.int64))

    def values(self, odds: Odds, date: int) -> Float[np.ndarray, "entry reader_type"]:
        """Return the chance of every entry at a date, by its place."""
        chance = odds.values(date)[self.node]
        if len(self.first) in (0, len(self.node)):
            return chance
        added: Float[np.ndarray, "entry reader_type"] = np.add.reduceat(chance, self.first, axis=0)
        return added


def starts(counts: np.ndarray) -> Int[np.ndarray, "count_1"]:
    """Return where each run of the given lengths begins; the total stands last."""
    return np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)


def joined(parts: Sequence[np.ndarray], empty_shape: tuple[int, ...], dtype: type) -> np.ndarray:
    """Return parts as one contiguous array, empty in the given shape where there are none."""
    if not parts:
        return np.zeros(empty_shape, dtype)
    return np.ascontiguousarray(np.concatenate(parts).astype(dtype, copy=False))
