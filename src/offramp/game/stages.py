"""Stages to rows: joint acts, state by state, and where they lead.

States arrive in batches, period by period, as they are first reached; the builder appends each
batch to its lists and hands out the whole as a `StageTable` at the end.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from offramp.game.dynamics import Bundle, Setting, apply_in_turn, join, mark_endings
from offramp.game.factored import Options, Rows, StageTable
from offramp.game.frame import Chances, Entries, Frame, Numbers, fresh, joined, merge, starts
from offramp.game.policies import BoundOptions, bind_options
from offramp.game.states import States, distinct
from offramp.scenario import Action, Clause, Mover, Stage
from offramp.scenario.expressions import Chose, Did

if TYPE_CHECKING:
    from jaxtyping import Bool, Int

__all__ = ["RowsBuilder"]


@dataclass
class _OptionLists:
    mover: Mover
    counts: list[np.ndarray] = field(default_factory=list)
    action: list[np.ndarray] = field(default_factory=list)
    bound: list[np.ndarray] = field(default_factory=list)
    total: int = 0


class RowsBuilder:
    """Builds the table of a stage as rows: joint acts and where they lead."""

    def __init__(
        self,
        frame: Frame,
        number: int,
        reader: int,
        clauses: Mapping[str, tuple[tuple[int, int, Clause], ...]],
        dates: Sequence[int],
    ) -> None:
        """Begin without states; `dates` are the periods (from 1) whose numbers are wanted."""
        self._frame = frame
        self._number = number
        self.numbers = frame.numbers(reader, dates)
        self._ledger = frame.ledger(self.numbers)
        self._stage: Stage = frame.crisis.stages[number]
        self._reader = reader
        self._clauses = clauses
        self._players = {p.name: i for i, p in enumerate(frame.crisis.players)}
        self._options = [_OptionLists(mover) for mover in self._stage.movers]
        self._row_counts: list[np.ndarray] = []
        self._row_options: list[np.ndarray] = []
        self._entry_counts: list[np.ndarray] = []
        self._entries: list[Entries] = []

    def add(self, codes: Int[np.ndarray, "state"], period: int) -> None:
        """Append states of the stage's slot (period from 1)."""
        states = States(self._frame.space, codes)
        setting = self._frame.setting(period, self.numbers, self._ledger)
        active = setting.holds(self._stage.when, states)
        bounds = [self._bind(one.mover, states, active, setting) for one in self._options]
        allowed = self._joint(bounds, active)
        state, joint = np.nonzero(allowed)
        outcomes = [
            self._resolve(int(j), states, np.flatnonzero(joint == j), bounds, state, setting)
            for j in distinct(joint)
        ]
        if self._frame.tabled:
            self._row_counts.append(allowed.sum(axis=1))
            self._append_options(bounds, state, joint)
            self._append_entries(outcomes, len(state))
            self._ledger.first_row += len(state)

    def _bind(
        self, mover: Mover, states: States, active: np.ndarray, setting: Setting
    ) -> BoundOptions:
        available = np.empty((len(active), len(mover.actions)), bool)
        for a, action in enumerate(mover.actions):
            available[:, a] = active
            for condition in action.conditions:
                available[:, a] &= setting.holds(condition, states)
            if available[:, a].any():
                self._frame.usage.actions.add((self._number, mover.player, action.name))
        empty = active & ~available.any(axis=1)
        if empty.any():
            self._report_empty(mover, states.take(empty))
        player = self._frame.crisis.players[self._players[mover.player]]
        names = tuple(one.name for one in player.types)
        clauses = self._clauses.get(mover.player, ())
        bound = bind_options(mover, clauses, available, states, names, setting.period)
        self._frame.usage.clauses |= bound.effective
        return bound

    def _report_empty(self, mover: Mover, states: States) -> None:
        state = self._frame.space.describe(int(states.codes[0]))
        told = ", ".join(f"{name}: {level}" for name, level in state.items())
        self._frame.findings.add(
            "G504",
            self._stage.path,
            self._stage.where,
            f"{mover.player} has no action at stage '{self._stage.name}' in state {{{told}}}.",
            "add an action that is always possible, or give the stage a `when`.",
        )

    def _joint(
        self, bounds: list[BoundOptions], active: np.ndarray
    ) -> Bool[np.ndarray, "state joint"]:
        """Return which joint acts exist; the last column is the stage passed over."""
        joint = active[:, None].copy()
        for one in bounds:
            pairs = joint[:, :, None] & one.exists[:, None, :]
            joint = pairs.reshape(len(active), joint.shape[1] * one.exists.shape[1])
        stuck = active & ~joint.any(axis=1)
        return np.concatenate([joint, (~active | stuck)[:, None]], axis=1)

    def _acts(self, joint: int) -> tuple[int, ...] | None:
        """Return the action number of each mover, None where the stage is passed over."""
        sizes = tuple(len(one.mover.actions) for one in self._options)
        if joint == int(np.prod(sizes)):
            return None
        return tuple(int(i) for i in np.unravel_index(joint, sizes)) if sizes else ()

    def _append_options(
        self, bounds: list[BoundOptions], state: np.ndarray, joint: np.ndarray
    ) -> None:
        sizes = tuple(len(one.mover.actions) for one in self._options)
        passed = joint == int(np.prod(sizes))
        acts = np.unravel_index(np.where(passed, 0, joint), sizes) if sizes else ()
        numbers = np.full((len(state), len(sizes)), -1, np.int64)
        for k, (lists, one) in enumerate(zip(self._options, bounds, strict=True)):
            at_state, action = np.nonzero(one.exists)
            number_of = np.full(one.exists.shape, -1, np.int64)
            number_of[at_state, action] = lists.total + np.arange(len(action))
            numbers[:, k] = np.where(passed, -1, number_of[state, acts[k]])
            lists.counts.append(one.exists.sum(axis=1))
            lists.action.append(action)
            lists.bound.append(one.bound[at_state, action])
            lists.total += len(action)
        self._row_options.append(numbers)

    def _resolve(
        self,
        joint: int,
        states: States,
        rows: np.ndarray,
        bounds: list[BoundOptions],
        state: np.ndarray,
        setting: Setting,
    ) -> tuple[np.ndarray, Bundle]:
        """Resolve one joint act in all states where it exists; return successors and branches."""
        acts = self._acts(joint)
        bundle = fresh(states.take(state[rows]), rows)
        if acts is None:
            return self._frame.arrivals(bundle, self._number + 1), bundle
        taken = [one.mover.actions[a] for one, a in zip(self._options, acts, strict=True)]
        movers = [one.mover.player for one in self._options]
        marked = self._remember(bundle.states, movers, [action.name for action in taken])
        marked = self._choose(marked, movers, taken)
        for one, bound, a in zip(self._options, bounds, acts, strict=True):
            marked = self._spend(marked, bound, _alike(one.mover, a), state[rows])
        bundle = replace(bundle, states=marked)
        for action in taken:
            setting.enter(action.pays, bundle)
        bundle = mark_endings(_played(taken, self._stage, bundle, setting), setting)
        return self._frame.arrivals(bundle, self._number + 1), bundle

    def _remember(self, states: States, players: Sequence[str], actions: Sequence[str]) -> States:
        """Mark the acts as done, wherever something asks about them."""
        done = set(zip(players, actions, strict=True))
        for row, one in enumerate(self._frame.space.fields):
            if isinstance(one.key, Did) and one.key.lag == 0 and done & set(one.key.acts):
                states = states.put(row, 1)
        return states

    def _choose(self, states: States, players: Sequence[str], actions: Sequence[Action]) -> States:
        for player, action in zip(players, actions, strict=True):
            row = self._frame.space.position.get(Chose(player))
            if row is not None:
                values = self._frame.space.fields[row].values
                chosen = values.index(action.value if action.value is not None else 0.0)
                states = states.put(row, chosen)
        return states

    def _spend(
        self, states: States, bound: BoundOptions, alike: list[int], state: np.ndarray
    ) -> States:
        """Mark clauses as carried out by what was seen: no flag may give a covert act away."""
        for once, spent in bound.spends.items():
            row = self._frame.space.position["once", once]
            states = states.put(row, states[row] | spent[state][:, alike].any(axis=1))
        return states

    def _append_entries(self, outcomes: list[tuple[np.ndarray, Bundle]], n_rows: int) -> None:
        if outcomes:
            entries = merge([b for _, b in outcomes], [s for s, _ in outcomes])
            self._entries.append(entries)
            self._entry_counts.append(np.bincount(entries.row, minlength=n_rows))

    def tables(self, numbers: Numbers) -> tuple[StageTable, ...]:
        """Return the stage's table over all states, for every date of some numbers of the stage.

        To be asked for once all states have been added. Tables share what does not differ.
        """
        table, rows, chances = self._structure
        n_rows = len(rows.option)
        return tuple(
            replace(
                table,
                rows=replace(
                    rows,
                    chance=chances.values(numbers.odds, date),
                    pay=self._ledger.table(n_rows, *numbers, date),
                ),
            )
            for date in range(numbers.n_dates)
        )

    @cached_property
    def _structure(self) -> tuple[StageTable, Rows, Chances]:
        """The stage's table, its rows without numbers, and the branches that entries stand for."""
        movers = tuple(self._mover_options(one) for one in self._options)
        rows = Rows(
            start=starts(joined(self._row_counts, (0,), np.int64)),
            option=joined(self._row_options, (0, len(movers)), np.int64),
            entry_start=starts(joined(self._entry_counts, (0,), np.int64)),
            successor=joined([e.successor for e in self._entries], (0,), np.int64),
            chance=np.empty((0, 1)),
            redraw=joined([e.redraw for e in self._entries], (0,), np.int64),
            pay=np.empty((0, 1, 1)),
        )
        table = StageTable(self._stage.name, movers, rows, None, self._reader, self._hides)
        return table, rows, Chances.joined(self._entries)

    @property
    def _hides(self) -> bool:
        typed = set(self._frame.space.typed)
        return any(
            self._players[one.mover.player] in typed and any(a.covert for a in one.mover.actions)
            for one in self._options
        )

    def _mover_options(self, one: _OptionLists) -> Options:
        names = tuple(action.name for action in one.mover.actions)
        seen = np.array([names.index(a.covert or a.name) for a in one.mover.actions], np.int64)
        player = self._players[one.mover.player]
        action = joined(one.action, (0,), np.int64)
        n_types = len(self._frame.crisis.players[player].types)
        return Options(
            player=player,
            names=names,
            start=starts(joined(one.counts, (0,), np.int64)),
            action=action,
            seen_as=seen[action],
            bound=joined(one.bound, (0, n_types), np.float64),
        )


def _alike(mover: Mover, action: int) -> list[int]:
    """Return the numbers of the actions that look like one, itself included."""
    looks = [one.covert or one.name for one in mover.actions]
    return [a for a, look in enumerate(looks) if look == looks[action]]


def _played(taken: Sequence[Action], stage: Stage, bundle: Bundle, setting: Setting) -> Bundle:
    """Resolve what acts and a stage bring about."""
    if len(taken) > 1:
        bundle = join([effect for action in taken for effect in action.effects], bundle, setting)
    else:
        for action in taken:
            bundle = apply_in_turn(action.effects, bundle, setting)
    bundle = apply_in_turn(stage.effects, bundle, setting)
    return join(stage.added, bundle, setting)
