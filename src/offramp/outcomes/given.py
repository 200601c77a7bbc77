"""The event that a case is conditioned on, and what of a path tells whether it comes true.

Each path carries a *status*: which of the event's `ever(…)` have held so far, what its conditions
ask to be remembered, and what was read at the start. Statuses change with acts, as labels do, and
with the states that play comes to: those changes are listed as *moves*, from one status to another
in some states. Which statuses can occur at all is found out beforehand, period by period.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float

from offramp.errors import Problem, TooLargeError
from offramp.game.language import Expr, MeasureCall, Parameter, Period, evaluate, substitute, walk
from offramp.outcomes.columns import Labels
from offramp.outcomes.conditioned import Step
from offramp.outcomes.conditions import ENDED, Label, Memory, Reader, reads
from offramp.outcomes.forward import ALL
from offramp.outcomes.hindsight import Move

__all__ = ["Given"]

MOST_STATUSES = 200  # of one event: beyond that, what it asks to be told apart is refused
UNREAD = Memory(())


class _Status(NamedTuple):
    """What is known of a path.

    Attributes:
        label: What its conditions ask to be remembered; None where none of them reads it any more.
        held: Of each `ever(…)`, whether it has held.
        starts: Of each expression that is read at the start, what it came to.
    """

    label: Label | None
    held: tuple[bool, ...]
    starts: tuple[float, ...]


_Parts = list[tuple[_Status, np.ndarray]]  # where in a slot's states a status goes on as another


class Given:
    """An event on the path, told apart as play goes on.

    Attributes:
        updates: Per stage, the number of the update of each combination of actions.
    """

    def __init__(self, event: Expr, reader: Reader, n_periods: int, case: str) -> None:
        self._event = event
        self._reader = reader
        self._n_periods = n_periods
        self._case = case
        calls = dict.fromkeys(node for node in walk(event) if isinstance(node, MeasureCall))
        self._names = {call: f"call {number}" for number, call in enumerate(calls)}
        self._evers = [call for call in calls if call.function == "ever"]
        self._by = [int(dict(call.options).get("by", n_periods)) for call in self._evers]
        self._at_start = [c for c in calls if c.function in ("start", "change")]
        self._at_end = [c for c in calls if c.function in ("final", "change")]
        self._memory = reader.memory(*(call.arguments[0] for call in calls))
        self._labels = Labels(reader, self._memory, f"cases.{case}.given")
        self.updates = self._labels.updates
        self._numbers: dict[_Status, int] = {}
        self._known: dict[object, _Parts] = {}
        self._begun: list[list[Move]] = []
        self._steps: list[list[list[Step]]] = []
        self._arrived: list[list[list[Move]]] = []
        self._closed: list[list[Move]] = []
        self._explore()

    @property
    def n_statuses(self) -> int:
        """How many statuses there are; the first is that of a path before its start."""
        return len(self._numbers)

    # --- what the sweep asks (periods and stages from 0) ----------------------------------------

    def n_updates(self, stage: int) -> int:
        """Return how many updates a stage's acts can make."""
        return len(self._labels.distinct[stage])

    def begun(self, period: int) -> list[Move]:
        """Return the moves as a period begins."""
        return self._begun[period]

    def steps(self, period: int, stage: int) -> list[Step]:
        """Return how acts lead from status to status."""
        return self._steps[period][stage]

    def arrived(self, period: int, slot: int) -> list[Move]:
        """Return the moves on arrival in a slot."""
        return self._arrived[period][slot - 1]

    def closed(self, period: int) -> list[Move]:
        """Return the moves at a period's end."""
        return self._closed[period]

    def fulfilled(self) -> Bool[np.ndarray, "status state"]:
        """Return where the event has come true, at the end of the last period."""
        slot = self._labels.n_stages
        return np.array(
            [self._truth(one, [np.array(h) for h in one.held], slot) for one in self._numbers]
        )

    def frozen(self, period: int) -> Bool[np.ndarray, "status ended"]:
        """Return where the event comes true if play ends in a period, and its state is read on."""
        return np.array([self._truth_ended(one, period) for one in self._numbers])

    # --- which statuses there are ---------------------------------------------------------------

    def _explore(self) -> None:
        """Follow statuses through all periods, whatever the state that a move asks for."""
        label = self._memory.blank() if self._memory.atoms else None
        here = [_Status(label, (False,) * len(self._evers), ())]
        self._number(here)
        for t in range(self._n_periods):
            ask = self._start if t == 0 else self._note
            here = self._moved(here, self._begun, lambda one, ask=ask: ask(one))  # type: ignore[misc]
            steps: list[list[Step]] = []
            arrived: list[list[Move]] = []
            for m in range(self._labels.n_stages):
                here = self._stepped(here, steps, m)
                here = self._moved(here, arrived, lambda one, m=m, t=t: self._look(one, m + 1, t))  # type: ignore[misc]
            self._steps.append(steps)
            self._arrived.append(arrived)
            here = self._moved(here, self._closed, lambda one, t=t: self._close(one, t))  # type: ignore[misc]

    def _number(self, found: Iterable[_Status]) -> None:
        for one in found:
            self._numbers.setdefault(one, len(self._numbers))
        if len(self._numbers) > MOST_STATUSES:
            raise _too_many_statuses(self._case)

    def _moved(
        self,
        here: Sequence[_Status],
        noted: list[list[Move]],
        parts: Callable[[_Status], _Parts],
    ) -> list[_Status]:
        """Note the moves of some statuses; return those that they lead to."""
        found: dict[_Status, None] = {}
        moves = []
        for old in here:
            for new, rows in parts(old):
                self._number([new])
                found[new] = None
                if new != old:
                    moves.append(Move(self._numbers[old], self._numbers[new], _rows(rows)))
        noted.append(moves)
        return list(found) or list(here)  # no state is left to play on in: nothing moves

    def _stepped(
        self, here: Sequence[_Status], noted: list[list[Step]], stage: int
    ) -> list[_Status]:
        found: dict[_Status, None] = {}
        steps = []
        for old in here:
            after = [(ALL, old.label)]
            if old.label is not None:
                after = list(self._labels.steps(old.label, stage))
            for update, label in after:
                new = old._replace(label=label)
                self._number([new])
                found[new] = None
                steps.append(Step(self._numbers[old], update, self._numbers[new]))
        noted.append(steps)
        return list(found)

    # --- how statuses change with states --------------------------------------------------------

    def _remembered(self, status: _Status) -> tuple[Memory, Label]:
        return (UNREAD, ()) if status.label is None else (self._memory, status.label)

    def _is_open(self, status: _Status, number: int, period: int) -> bool:
        """Return whether an `ever(…)` that has not held yet can still hold in a period."""
        return not status.held[number] and period < self._by[number]

    def _bare(self, status: _Status, period: int) -> _Status:
        """Forget what nothing reads any more from a period on."""
        left = [c for i, c in enumerate(self._evers) if self._is_open(status, i, period)]
        asked = self._reader.memory(*(call.arguments[0] for call in [*left, *self._at_end]))
        return status if asked.atoms else status._replace(label=None)

    def _start(self, status: _Status) -> _Parts:
        """Return the statuses at the start of play."""
        parts = []
        labels: list[Label | None] = [None]
        if status.label is not None:
            labels = list(self._labels.starts())
        for label in labels:
            one = status._replace(label=label)
            here = np.ones(self._reader.n_states(0), bool)
            if label is not None:
                here = self._labels.begins_with(label)
            for starts, rows in self._read_start(one):
                parts.append((self._bare(one._replace(starts=starts), 0), rows & here))
        return _joined(parts)

    def _read_start(self, status: _Status) -> list[tuple[tuple[float, ...], np.ndarray]]:
        """Return what is read at the start comes to, and where."""
        memory, label = self._remembered(status)
        read = [
            self._reader.values(call.arguments[0], 0, 1, memory, label) for call in self._at_start
        ]
        if not read:
            return [((), np.ones(self._reader.n_states(0), bool))]
        found, where = np.unique(np.array(read), axis=1, return_inverse=True)
        return [
            (tuple(one.tolist()), where.ravel() == number) for number, one in enumerate(found.T)
        ]

    def _note(self, status: _Status) -> _Parts:
        """Note the levels with which a period begins, where they are remembered."""
        if status.label is None:
            return [(status, np.zeros(0, np.int32))]
        return self._once(("note", status), lambda: self._note_levels(status))

    def _note_levels(self, status: _Status) -> _Parts:
        assert status.label is not None
        return [
            (status._replace(label=label), self._labels.begins_with(label))
            for label in self._labels.at_start(status.label)
        ]

    def _look(self, status: _Status, slot: int, period: int) -> _Parts:
        """Return which of the event's conditions hold on arrival."""
        left = [i for i in range(len(self._evers)) if self._is_open(status, i, period)]
        conditions = [self._evers[i].arguments[0] for i in left]
        dated = any(reads(one, Period) for one in conditions)
        key = (slot, status, tuple(left), period if dated else -1)
        return self._once(key, lambda: self._look_at(status, slot, period, left))

    def _look_at(self, status: _Status, slot: int, period: int, left: Sequence[int]) -> _Parts:
        memory, label = self._remembered(status)
        parts = [(status.held, np.ones(self._reader.n_states(slot), bool))]
        for i in left:
            condition = self._evers[i].arguments[0]
            holds = self._reader.condition(condition, slot, period + 1, memory, label).holds()
            parts = [
                (now, where & there)
                for held, where in parts
                for now, there in ((_with(held, i), holds), (held, ~holds))
            ]
        found = [(self._bare(status._replace(held=held), period), rows) for held, rows in parts]
        return _joined(found)

    def _close(self, status: _Status, period: int) -> _Parts:
        """Let counters look at the period's end; what was done in it is over."""
        after = self._bare(status, period + 1)
        if after.label is None:
            return [(after, np.arange(self._reader.n_states(self._labels.n_stages)))]
        dated = any(reads(one, Period) for one in self._memory.atoms)
        key = ("close", after, period if dated else -1)
        return self._once(key, lambda: self._look_back(after, period))

    def _look_back(self, status: _Status, period: int) -> _Parts:
        assert status.label is not None
        return _joined(
            [
                (status._replace(label=label), condition.holds())
                for label, condition in self._labels.looks(
                    status.label, self._labels.n_stages, period
                )
            ]
        )

    def _once(self, key: object, work: Callable[[], _Parts]) -> _Parts:
        """Do what costs time once: most periods are like any other."""
        if key not in self._known:
            self._known[key] = [(one, _rows(rows)) for one, rows in work()]
        return self._known[key]

    # --- whether the event has come true --------------------------------------------------------

    def _truth(
        self, status: _Status, held: Sequence[Bool[np.ndarray, "*state"]], slot: int
    ) -> Bool[np.ndarray, "state"]:
        memory, label = self._remembered(status)
        if not self._can_end(status):
            return np.zeros(self._reader.n_states(slot), bool)
        known: dict[str, np.ndarray] = {}
        for call, truth in zip(self._evers, held, strict=True):
            known[self._names[call]] = truth.astype(float)
        for call, value in zip(self._at_start, status.starts, strict=True):
            known[self._names[call]] = np.array(value)
        for call in self._at_end:
            final = self._reader.values(call.arguments[0], slot, self._n_periods, memory, label)
            before = known[self._names[call]] if call.function == "change" else 0.0
            known[self._names[call]] = final - before
        event = substitute(self._event, self._by_name)
        truth = evaluate(event, _Known(self._reader, known)) != 0.0  # type: ignore[arg-type]
        return np.array(np.broadcast_to(truth, self._reader.n_states(slot)))

    def _can_end(self, status: _Status) -> bool:
        """Return whether a path can end with a status: its start has been read."""
        asked = self._reader.memory(*(call.arguments[0] for call in self._at_end))
        is_read = status.label is not None or not asked.atoms
        return is_read and len(status.starts) == len(self._at_start)

    def _by_name(self, node: Expr) -> Expr | None:
        return Parameter(self._names[node]) if isinstance(node, MeasureCall) else None

    def _truth_ended(self, status: _Status, period: int) -> Bool[np.ndarray, "ended"]:
        memory, label = self._remembered(status)
        held = [np.full(self._reader.n_states(ENDED), one) for one in status.held]
        for i, call in enumerate(self._evers):
            if not self._is_open(status, i, period):
                continue
            condition = call.arguments[0]
            if status.label is None and self._reader.memory(condition).atoms:
                continue  # a status that no path has while this can still hold
            last = self._by[i] if reads(condition, Period) else period + 1
            for t in range(period, min(last, self._n_periods)):
                there = self._reader.condition(condition, ENDED, t + 1, memory, label)
                held[i] |= there.holds()
        return self._truth(status, held, ENDED)


class _Known:
    """What is read of a path that is over: its calls by name, and parameters."""

    def __init__(self, reader: Reader, known: Mapping[str, Float[np.ndarray, "*state"]]) -> None:
        self._crisis = reader.space.crisis
        self._known = known

    def parameter(self, name: str) -> float | np.ndarray:
        return self._known[name] if name in self._known else self._crisis.parameters[name]


def _with(held: tuple[bool, ...], number: int) -> tuple[bool, ...]:
    return (*held[:number], True, *held[number + 1 :])


def _joined(parts: _Parts) -> _Parts:
    """Join the places at which one status begins, and leave out what begins nowhere."""
    found: dict[_Status, np.ndarray] = {}
    for one, holds in parts:
        found[one] = found[one] | holds if one in found else holds
    return [(one, holds) for one, holds in found.items() if holds.any()]


def _rows(holds: np.ndarray) -> np.ndarray:
    return np.flatnonzero(holds) if holds.dtype == bool else holds


def _too_many_statuses(case: str) -> TooLargeError:
    return TooLargeError(
        Problem(
            code="G543",
            path=f"cases.{case}.given",
            message=f"what this event asks to be told apart of a path takes more than "
            f"{MOST_STATUSES} combinations.",
            fix="ask for fewer conditions, acts, levels and counters in one event, "
            "or less far back.",
        )
    )
