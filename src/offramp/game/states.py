"""Public states: what they are made of, what is remembered in them, how they are numbered.

A state is a column of small integers, one per *field*: the level of each variable, and whatever the
file asks to be remembered (an act of this period, a level of an earlier one, a counter, whether a
`once` clause of the policy is spent). A field that nothing can still ask about is kept at zero, so
that it costs no states. The code of a state is its column read as a mixed-radix number.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import numpy as np

from offramp.errors import GameError, Location, Problem, TooLargeError
from offramp.scenario import Crisis, evaluate, walk
from offramp.scenario.expressions import (
    Belief,
    Chose,
    Did,
    Expr,
    Level,
    Parameter,
    Period,
    Since,
    Was,
)

if TYPE_CHECKING:
    from jaxtyping import Float, Int

    Columns: TypeAlias = Int[np.ndarray, "field state"]

__all__ = [
    "AsIf",
    "Field",
    "Index",
    "StateEnvironment",
    "StateSpace",
    "States",
    "build_space",
    "distinct",
    "memory_fields",
]

LARGEST_CODE = 2**56  # codes are signed 64-bit; some bits are kept for keys built from them
LARGEST_TABLE = 2**24  # a code space up to this size is indexed by a plain table (64 MiB at most)


@dataclass(frozen=True)
class Field:
    """One remembered or current quantity of a state.

    Attributes:
        kind: `variable`, `did`, `was`, `since`, `chose` or `once`.
        key: What it is about: a variable's name, a `Did`, `Was`, `Since` or `Chose` node, or the
            number of a policy's clause.
        values: What each level stands for.
        alive: Per slot, whether the field is kept there.
    """

    kind: str
    key: object
    values: tuple[float, ...]
    alive: tuple[bool, ...]

    @property
    def size(self) -> int:
        """Number of levels."""
        return len(self.values)


def distinct(values: Int[np.ndarray, "value"]) -> Int[np.ndarray, "distinct"]:
    """Return the distinct values in ascending order.

    `np.unique` hashes them before it sorts, which takes many times longer.
    """
    ordered = np.sort(values)
    return ordered[np.concatenate([[True], ordered[1:] != ordered[:-1]])[: len(ordered)]]


class Index:
    """Numbers codes in the order in which they are first met.

    A plain table where the code space is small, a sorted list otherwise.
    """

    def __init__(self, n_codes: int) -> None:
        self.codes: Int[np.ndarray, "state"] = np.empty(0, np.int64)
        # one more than the number: of a table of zeros, only the pages that are used take memory
        self._table = np.zeros(n_codes, np.int32) if n_codes <= LARGEST_TABLE else None
        self._sorted = np.empty(0, np.int64)
        self._order = np.empty(0, np.int32)

    def __len__(self) -> int:
        return len(self.codes)

    def find(self, codes: Int[np.ndarray, "code"]) -> Int[np.ndarray, "code"]:
        """Return the number of each code, -1 where it has none."""
        if self._table is not None:
            return self._table[codes] - 1
        if not len(self._sorted):
            return np.full(len(codes), -1, np.int32)
        at = np.minimum(np.searchsorted(self._sorted, codes), len(self._sorted) - 1)
        return np.where(self._sorted[at] == codes, self._order[at], -1)

    def add(self, codes: Int[np.ndarray, "code"]) -> Int[np.ndarray, "new"]:
        """Give numbers to codes that have none yet, in ascending order; return those codes."""
        new = distinct(codes[self.find(codes) < 0])
        if self._table is not None:
            self._table[new] = np.arange(len(self.codes) + 1, len(self.codes) + len(new) + 1)
        self.codes = np.concatenate([self.codes, new])
        if self._table is None and len(new):
            self._order = np.argsort(self.codes, kind="stable").astype(np.int32)
            self._sorted = self.codes[self._order]
        return new


class AsIf(NamedTuple):
    """Part of a situation read as if it were another: variables at levels, acts not taken."""

    levels: Mapping[str, int]
    acts: frozenset[tuple[str, str]]

    def level(self, one: Field) -> int | None:
        """Return the level at which a field is read; None: as it is."""
        if one.kind == "variable":
            return self.levels.get(str(one.key))
        hidden = isinstance(one.key, Did) and set(one.key.acts) <= self.acts
        return 0 if hidden else None


@dataclass(frozen=True)
class StateSpace:
    """The fields of a game's states, and how to read a code.

    Attributes:
        fields: Variables first, in the scenario's order.
        n_slots: Stages and the period's end.
        strides: Weight of each field in the code.
        type_parameters: For each parameter that types set: the typed player's position, and the
            value for each of its types (the scenario's value where a type does not set it).
    """

    crisis: Crisis
    fields: tuple[Field, ...]
    n_slots: int
    strides: Int[np.ndarray, "field"]
    typed: tuple[int, ...]
    type_parameters: Mapping[str, tuple[int, tuple[float, ...]]]
    position: Mapping[object, int] = field(repr=False)

    @property
    def n_codes(self) -> int:
        """Size of the code space."""
        return math.prod(one.size for one in self.fields)

    @property
    def n_variables(self) -> int:
        """Number of variables; their fields stand first."""
        return len(self.crisis.variables)

    def holds(self, fields: Iterable[Field]) -> bool:
        """Return whether states keep these fields wherever those ask for it."""
        kept = {one.key: one.alive for one in self.fields}
        nowhere = (False,) * self.n_slots
        asked = [zip(one.alive, kept.get(one.key, nowhere), strict=True) for one in fields]
        return all(here or not wanted for slots in asked for wanted, here in slots)

    def encode(self, columns: Columns, slot: int | None = None) -> Int[np.ndarray, "state"]:
        """Return the code of each column; with a slot, forget what is dead there."""
        code = np.zeros(columns.shape[1], np.int64)
        for row, (one, stride) in enumerate(zip(self.fields, self.strides, strict=True)):
            if slot is None or one.alive[slot]:
                code += columns[row] * stride
        return code

    def forget(self, codes: Int[np.ndarray, "state"], slot: int) -> Int[np.ndarray, "state"]:
        """Return codes without what is dead in a slot."""
        for is_alive, run in groupby(enumerate(self.fields), lambda one: one[1].alive[slot]):
            if not is_alive:
                dead = list(run)  # side by side, so read as one field
                stride, size = self.strides[dead[0][0]], math.prod(one.size for _, one in dead)
                above = codes // stride
                codes = codes - (above - above // size * size) * stride
        return codes

    def decode(self, codes: Int[np.ndarray, "state"]) -> Columns:
        """Return one column of levels per code."""
        states = States(self, codes)
        levels = np.array([states[row] for row in range(len(self.fields))], np.int32)
        return levels.reshape(len(self.fields), len(codes))  # also where there are no fields

    def take(
        self,
        other: StateSpace,
        codes: Int[np.ndarray, "state"],
        slot: int,
        as_if: AsIf | None = None,
    ) -> Int[np.ndarray, "state"]:
        """Return the code of each of another space's states of a slot; what it lacks is 0."""
        theirs = other.decode(codes)
        columns = np.zeros((len(self.fields), len(codes)), np.int32)
        for row, one in enumerate(self.fields):
            at = other.position.get(one.key)
            if at is not None and other.fields[at].alive[slot]:
                columns[row] = theirs[at]
            level = as_if.level(one) if as_if is not None else None
            if level is not None:
                columns[row] = level
        return self.encode(columns, slot)

    def describe(self, code: int) -> dict[str, str]:
        """Return variable → level name of one state, what is remembered included."""
        column = self.decode(np.array([code]))[:, 0]
        told = {v.name: v.levels[column[i]] for i, v in enumerate(self.crisis.variables)}
        for i, one in enumerate(self.fields[self.n_variables :], self.n_variables):
            if column[i]:
                told[field_label(one)] = f"{one.values[column[i]]:g}"
        return told

    def evaluate(
        self,
        expression: Expr,
        codes: Int[np.ndarray, "state"],
        *,
        period: int = 1,
        types: Mapping[int, int] | None = None,
        did: Mapping[tuple[str, str], bool] | None = None,
    ) -> Float[np.ndarray, "state"]:
        """Evaluate an expression on states.

        Args:
            period: The running number of the period, from 1.
            types: Type of each typed player (by position) whose parameters are read.
            did: Acts known to have been taken in this period, where the states do not tell.
        """
        environment = StateEnvironment(
            self, States(self, codes), period=period, types=types, did=did
        )
        return np.broadcast_to(evaluate(expression, environment), codes.shape).astype(np.float64)

    def with_numbers(self, crisis: Crisis) -> StateSpace:
        """Return the same space, in which the parameters of another crisis are read."""
        return replace(self, crisis=crisis, type_parameters=_type_parameters(crisis, self.typed))

    def fields_read(self, expressions: Sequence[Expr]) -> tuple[int, ...]:
        """Return the fields that expressions read, in the order of the fields."""
        found: set[int] = set()
        for node in (node for expression in expressions for node in walk(expression)):
            match node:
                case Level(variable):
                    found.add(self.position[variable])
                case Was(variable, lag):
                    found.add(self.position[Was(variable, lag)])
                case Did() | Chose() | Since() if node in self.position:  # else: none is taken
                    found.add(self.position[node])
        return tuple(sorted(found))

    def levels_read(self, expression: Expr) -> frozenset[int] | None:
        """Return the variables' fields that an expression reads, None if it reads anything else."""
        nodes = list(walk(expression))
        if any(isinstance(node, (Was, Did, Since, Period, Chose, Belief)) for node in nodes):
            return None
        return frozenset(self.position[node.variable] for node in nodes if isinstance(node, Level))

    def reads_types(self, expression: Expr | None) -> set[int]:
        """Return the positions of the typed players whose parameters an expression reads."""
        if expression is None:
            return set()
        names = {node.name for node in walk(expression) if isinstance(node, Parameter)}
        return {self.type_parameters[n][0] for n in names if n in self.type_parameters}


class States:
    """Many states by their codes; what level a field has is read off when it is asked for.

    Nothing is written to: what is put into a field makes new states.
    """

    def __init__(
        self,
        space: StateSpace,
        codes: Int[np.ndarray, "state"],
        known: Mapping[int, Int[np.ndarray, "state"]] | None = None,
    ) -> None:
        self.space = space
        self.codes = codes
        self._levels = dict(known or {})

    def __len__(self) -> int:
        return len(self.codes)

    def __getitem__(self, row: int) -> Int[np.ndarray, "state"]:
        """Return the level of a field in each state."""
        if row not in self._levels:
            size = self.space.fields[row].size
            above = self.codes // self.space.strides[row]
            self._levels[row] = above - above // size * size  # faster than a remainder
        return self._levels[row]

    def take(self, which: np.ndarray | slice) -> States:
        """Return the states picked by a mask, by numbers or as a slice."""
        return States(self.space, self.codes[which])

    def put(self, row: int, level: Int[np.ndarray, "state"] | int) -> States:
        """Return the states with a field at another level."""
        codes = self.codes + (level - self[row]) * self.space.strides[row]
        kept = {other: known for other, known in self._levels.items() if other != row}
        return States(self.space, codes, kept)


class StateEnvironment:
    """What an expression reads: states as columns, the period, types, acts of the running stage."""

    def __init__(
        self,
        space: StateSpace,
        columns: Columns | States,
        *,
        period: int = 1,
        types: Mapping[int, int] | None = None,
        did: Mapping[tuple[str, str], bool] | None = None,
        beliefs: Mapping[tuple[str, str], Float[np.ndarray, "1 belief"]] | None = None,
    ) -> None:
        self._space = space
        self._columns = columns
        self._period = period
        self._types = types or {}
        self._did = did or {}
        self._beliefs = beliefs

    def _field(self, key: object) -> np.ndarray:
        row = self._space.position[key]
        values = self._columns[row]
        return values[:, None] if self._beliefs is not None else values

    def parameter(self, name: str) -> float:
        """Return a parameter's value, for the types at hand."""
        of_type = self._space.type_parameters.get(name)
        if of_type is not None:
            return of_type[1][self._types.get(of_type[0], 0)]
        return self._space.crisis.parameters[name]

    def _scaled(self, key: object, row: int, share: bool) -> np.ndarray:
        one = self._space.fields[row]
        level = self._field(key)
        if share:
            return level / max(one.size - 1, 1)
        if one.values == tuple(range(one.size)):
            return level
        return np.asarray(one.values)[level]

    def level(self, variable: str, share: bool) -> np.ndarray:
        """Return what the variable stands for, or its level's share of the scale."""
        return self._scaled(variable, self._space.position[variable], share)

    def was(self, variable: str, lag: int, share: bool) -> np.ndarray:
        """Return the variable as it was at the start of the `lag`-th period before this one."""
        key = Was(variable, lag)
        return self._scaled(key, self._space.position[key], share)

    def did(self, acts: tuple[tuple[str, str], ...], lag: int) -> np.ndarray | float:
        """Return 1 where one of the acts was taken."""
        if lag == 0 and any(self._did.get(act, False) for act in acts):
            return 1.0
        key = Did(acts, lag)
        return self._field(key) if key in self._space.position else 0.0

    def since(self, node: Since) -> np.ndarray:
        """Return the number of periods since the condition last held at a period's end."""
        holds = evaluate(node.condition, self) != 0
        return np.where(holds, 0, self._field(_since_key(node)) + 1)

    def period(self) -> float:
        """Return the running number of the period."""
        return float(self._period)

    def chose(self, player: str) -> np.ndarray | float:
        """Return the number that the player last chose in this period."""
        key = Chose(player)
        if key not in self._space.position:
            return 0.0
        row = self._space.position[key]
        return np.asarray(self._space.fields[row].values)[self._field(key)]

    def belief(self, observer: str | None, player: str, type: str) -> np.ndarray:
        """Return what is believed, over the grid's points."""
        if self._beliefs is None:
            msg = "a belief is read where only period payoffs may read one"
            raise ValueError(msg)
        return self._beliefs[player, type]


def _since_key(node: Since) -> Since:
    return node


def field_label(one: Field) -> str:
    key = one.key
    if isinstance(key, Did):
        acts = ", ".join(f"{player}.{action}" for player, action in key.acts)
        return f"did({acts}{f', {key.lag}' if key.lag else ''})"
    if isinstance(key, Was):
        return f"was({key.variable}{f', {key.lag}' if key.lag else ''})"
    if isinstance(key, Chose):
        return f"chose({key.player})"
    if isinstance(key, Since):
        return "periods_since"
    if one.kind == "variable":
        return str(key)
    return f"clause {key} spent"


# --- what a scenario asks to be remembered -------------------------------------------------------


@dataclass(frozen=True)
class Reading:
    """Expressions read at one place: a stage (its endings' conditions included) or the end."""

    slot: int
    expressions: tuple[Expr, ...]


def _flatten(expressions: Iterable[Expr]) -> list[Expr]:
    return [node for expression in expressions for node in walk(expression)]


def _deepest(nodes: Sequence[Expr]) -> dict[object, int]:
    """Return, for each act, level or choice asked about, how many periods back it is asked."""
    depth: dict[object, int] = {}
    for node in nodes:
        if isinstance(node, Did):
            depth[Did(node.acts)] = max(depth.get(Did(node.acts), 0), node.lag)
        elif isinstance(node, Was):
            key = Was(node.variable)
            depth[key] = max(depth.get(key, 0), node.lag)
    return depth


class _Lifetimes:
    """When each remembered quantity can still be asked about, slot by slot."""

    def __init__(self, readings: Sequence[Reading], n_slots: int) -> None:
        self.n_slots = n_slots
        self._last: dict[object, int] = {}
        for reading in readings:
            for node in _flatten(reading.expressions):
                if isinstance(node, Was):  # one memory, however it is scaled
                    node = Was(node.variable, node.lag)
                self._last[node] = max(self._last.get(node, -1), reading.slot)

    def until(self, key: object, *, first: int = 0, chained: bool = False) -> tuple[bool, ...]:
        """Return whether `key` is kept per slot: from `first` on, as long as something asks."""
        last = self.n_slots - 1 if chained else self._last.get(key, -1)
        return tuple(first <= slot <= last for slot in range(self.n_slots))


def build_space(
    crisis: Crisis, readings: Sequence[Reading], n_once: int, typed: tuple[int, ...]
) -> StateSpace:
    """Lay out the fields of a crisis's states.

    Args:
        readings: What is read at each stage and at the period's end.
        n_once: Number of `once` clauses of the policy.
        typed: Players with more than one type, by index.

    Raises:
        TooLargeError: The code space exceeds 64-bit numbers.
    """
    n_slots = len(crisis.stages) + 1
    always = (True,) * n_slots
    fields = [Field("variable", v.name, v.values, always) for v in crisis.variables]
    fields += memory_fields(crisis, readings)
    fields += [Field("once", number, (0.0, 1.0), always) for number in range(n_once)]
    sizes = [one.size for one in fields]
    n_codes = 1
    for size in sizes:
        n_codes *= size
    if n_codes > LARGEST_CODE:
        widest = sorted(fields, key=lambda one: -one.size)[:3]
        told = ", ".join(f"{field_label(one)} ({one.size} levels)" for one in widest)
        where = next((v.where for v in crisis.variables if v.name == widest[0].key), None)
        raise TooLargeError(
            Problem(
                code="G520",
                message=f"{n_codes:.2g} combinations of levels are too many; the widest: {told}.",
                path="variables",
                where=where,
                fix="use fewer levels, fewer variables, or less memory (was, did, periods_since).",
            )
        )
    strides = np.cumprod(np.array([1, *sizes], np.int64))[:-1]
    position = {
        one.key if one.kind != "once" else ("once", one.key): i for i, one in enumerate(fields)
    }
    return StateSpace(
        crisis, tuple(fields), n_slots, strides, typed, _type_parameters(crisis, typed), position
    )


def memory_fields(crisis: Crisis, readings: Sequence[Reading]) -> list[Field]:
    """Return what states remember beside the variables, so that all that is read has an answer."""
    nodes = _flatten(e for reading in readings for e in reading.expressions)
    lifetimes = _Lifetimes(readings, len(crisis.stages) + 1)
    fields: list[Field] = []
    values_of = {v.name: v.values for v in crisis.variables}
    for key, depth in _deepest(nodes).items():
        for lag in range(depth + 1):
            chained = lag < depth
            if isinstance(key, Did):
                node: Expr = Did(key.acts, lag)
                first = _first_slot_after(crisis, {p for p, _ in key.acts}) if lag == 0 else 0
                fields.append(
                    Field(
                        "did", node, (0.0, 1.0), lifetimes.until(node, first=first, chained=chained)
                    )
                )
            elif isinstance(key, Was):
                node = Was(key.variable, lag)
                fields.append(
                    Field(
                        "was", node, values_of[key.variable], lifetimes.until(node, chained=chained)
                    )
                )
    for node in dict.fromkeys(n for n in nodes if isinstance(n, Since)):
        counts = tuple(float(k + 1) for k in range(node.bound))
        fields.append(Field("since", node, counts, (True,) * lifetimes.n_slots))
    for node in dict.fromkeys(n for n in nodes if isinstance(n, Chose)):
        first = _first_slot_after(crisis, {node.player})
        fields.append(
            Field("chose", node, _choices(crisis, node.player), lifetimes.until(node, first=first))
        )
    return fields


def _first_slot_after(crisis: Crisis, players: set[str]) -> int:
    """Return the first slot at which one of the players may have moved in the period."""
    for number, stage in enumerate(crisis.stages):
        if any(mover.player in players for mover in stage.movers):
            return number + 1
    return len(crisis.stages) + 1


def _choices(crisis: Crisis, player: str) -> tuple[float, ...]:
    """Return the numbers that a player may have chosen; 0 (nothing chosen yet) first."""
    numbers = {
        action.value
        for stage in crisis.stages
        for mover in stage.movers
        if mover.player == player
        for action in mover.actions
        if action.value is not None
    }
    return (0.0, *sorted(numbers - {0.0}))


def _type_parameters(
    crisis: Crisis, typed: tuple[int, ...]
) -> dict[str, tuple[int, tuple[float, ...]]]:
    found: dict[str, tuple[int, tuple[float, ...]]] = {}
    problems = []
    for position, player_index in enumerate(typed):
        player = crisis.players[player_index]
        for name in dict.fromkeys(n for one in player.types for n in one.parameters):
            if name in found:
                other = crisis.players[typed[found[name][0]]].name
                problems.append(_set_twice(name, other, player.name, player.where))
            base = crisis.parameters.get(name, np.nan)
            found[name] = (position, tuple(one.parameters.get(name, base) for one in player.types))
    if problems:
        raise GameError(problems)
    return found


def _set_twice(name: str, one: str, other: str, where: Location | None) -> Problem:
    return Problem(
        code="S330",
        path=f"players.{other}.types",
        where=where,
        message=f"'{name}' is set by types of {one} and of {other}.",
        fix="give each player a parameter of its own.",
    )
