"""What the stages of one compilation share: numbering, branches, merged entries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from offramp.game.dynamics import Bundle, Setting
from offramp.game.findings import Findings
from offramp.game.ledger import Ledger
from offramp.game.states import Index, States, StateSpace, distinct
from offramp.scenario import Crisis

if TYPE_CHECKING:
    from jaxtyping import Float, Int

__all__ = ["Endings", "Entries", "Frame", "Usage", "fresh", "joined", "merge", "starts"]


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

    def ledger(self, n_rows: int) -> Ledger:
        """Return an empty ledger."""
        return Ledger(n_rows, self.profiles, self.accounts, self.n_accounts)

    def setting(self, period: int, reader: int, ledger: Ledger) -> Setting:
        """Return what stays the same while effects of one stage resolve."""
        n_types = len(self.crisis.players[self.space.typed[reader]].types) if reader >= 0 else 1
        return Setting(
            self.space,
            period,
            reader,
            n_types,
            self.crisis.endings,
            tuple(self.space.levels_read(ending.when) for ending in self.crisis.endings),
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


def fresh(states: States, rows: np.ndarray, n_reader_types: int) -> Bundle:
    """Return branches that begin: certain, nothing redrawn, play going on."""
    n = len(rows)
    return Bundle(
        states,
        rows,
        np.ones((n, n_reader_types)),
        np.zeros(n, np.int64),
        np.full(n, -1, np.int64),
    )


@dataclass(frozen=True)
class Entries:
    """Merged branches: where each row leads, sorted by row."""

    row: Int[np.ndarray, "entry"]
    successor: Int[np.ndarray, "entry"]
    chance: Float[np.ndarray, "entry reader_type"]
    redraw: Int[np.ndarray, "entry"]


def merge(rows: np.ndarray, successor: np.ndarray, bundle: Bundle) -> Entries:
    """Add up branches of one row that lead to the same place."""
    order = np.lexsort((bundle.redraw, successor, rows))
    rows, successor, redraw = rows[order], successor[order], bundle.redraw[order]
    new = np.ones(len(rows), bool)
    new[1:] = (
        (rows[1:] != rows[:-1]) | (successor[1:] != successor[:-1]) | (redraw[1:] != redraw[:-1])
    )
    first = np.flatnonzero(new)
    chance = np.add.reduceat(bundle.chance[order], first, axis=0) if len(rows) else bundle.chance
    return Entries(rows[first], successor[first], chance, redraw[first])


def starts(counts: np.ndarray) -> Int[np.ndarray, "count_1"]:
    """Return where each run of the given lengths begins; the total stands last."""
    return np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)


def joined(parts: Sequence[np.ndarray], empty_shape: tuple[int, ...], dtype: type) -> np.ndarray:
    """Return parts as one contiguous array, empty in the given shape where there are none."""
    if not parts:
        return np.zeros(empty_shape, dtype)
    return np.ascontiguousarray(np.concatenate(parts).astype(dtype, copy=False))
