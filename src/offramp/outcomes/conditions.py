"""What conditions and expressions come to on states, given what is remembered of the path.

A measure may ask for more than a state tells: whether an act was taken in this period, a level of
an earlier one. What the game itself remembers is read from the state; the rest is a *memory* of
the measure, whose value is known for each column of mass.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int

from offramp.game import Game, StageTable, StateSpace
from offramp.game.language import (
    Chose,
    Compare,
    Const,
    Did,
    Effect,
    Expr,
    Level,
    Period,
    Since,
    Was,
    evaluate,
    walk,
)
from offramp.game.states import StateEnvironment

__all__ = ["ENDED", "Condition", "Label", "Memory", "Reader", "reads", "weigh_ended"]

ENDED = -1  # stands for a slot: the states in which play has ended

Label = tuple[int, ...]  # one number per atom of a memory


def reads(expression: Expr, *kinds: type[Expr]) -> bool:
    """Return whether an expression holds a node of one of the kinds."""
    return any(isinstance(node, kinds) for node in walk(expression))


class Condition(NamedTuple):
    """Where a condition holds.

    Attributes:
        rows: States at which it holds.
        n_states: How many states there are.
    """

    rows: Int[np.ndarray, "listed"]
    n_states: int

    @property
    def nowhere(self) -> bool:
        """Whether it holds in no state."""
        return len(self.rows) == 0

    @property
    def everywhere(self) -> bool:
        """Whether it holds in every state."""
        return len(self.rows) == self.n_states

    @classmethod
    def of(cls, holds: Bool[np.ndarray, "state"]) -> Condition:
        """Make one from truth by state."""
        return cls(np.flatnonzero(holds).astype(np.int32), len(holds))

    def holds(self) -> Bool[np.ndarray, "state"]:
        """Return truth by state."""
        truth = np.zeros(self.n_states, bool)
        truth[self.rows] = True
        return truth

    def opposite(self) -> Condition:
        """Return where it does not hold."""
        return Condition.of(~self.holds())


def weigh_ended(
    rows: Int[np.ndarray, "listed"], mass: Float[np.ndarray, "listed"], condition: Condition
) -> Float[np.ndarray, "listed"]:
    """Return the part of ended mass at which a condition on ended states holds."""
    return mass * condition.holds()[rows]


@dataclass(frozen=True)
class Memory:
    """What a measure must remember of a path beyond the state, as a tuple of atoms.

    A *label* gives each atom a number: 0 or 1 for an act, a position among the numbers that may
    have been chosen, a level, a count of periods.
    """

    atoms: tuple[Expr, ...]

    @property
    def resets(self) -> bool:
        """Whether every period begins with nothing remembered."""
        return all(isinstance(a, Chose) or (isinstance(a, Did) and a.lag == 0) for a in self.atoms)

    @property
    def begins_anew(self) -> bool:
        """Whether what is remembered as a period begins can be read off the state."""
        return all(
            isinstance(a, Chose) or (isinstance(a, Did | Was) and a.lag == 0) for a in self.atoms
        )

    def at(self, atom: Expr) -> int:
        """Return the position of an atom."""
        return self.atoms.index(atom)

    def blank(self) -> Label:
        """Return the label of a path that has not begun (levels are filled in at the start)."""
        return tuple(a.bound if isinstance(a, Since) else 0 for a in self.atoms)

    def rolled(self, label: Label) -> Label:
        """Return the label at the start of the next period, what the state decides left open."""
        return tuple(self._rolled(atom, label) for atom in self.atoms)

    def _rolled(self, atom: Expr, label: Label) -> int:
        if isinstance(atom, Did) and atom.lag:
            return label[self.at(Did(atom.acts, atom.lag - 1))]
        if isinstance(atom, Was) and atom.lag:
            return label[self.at(Was(atom.variable, atom.lag - 1))]
        if isinstance(atom, Since):
            return min(label[self.at(atom)] + 1, atom.bound)
        return 0

    def updated(self, label: Label, update: Label) -> Label:
        """Return the label after acts; an update of -1 leaves an atom as it was."""
        return tuple(old if new < 0 else new for old, new in zip(label, update, strict=True))

    def part(self, label: Label, memory: Memory) -> Label:
        """Return the part of a label that a smaller memory keeps."""
        return tuple(label[self.at(atom)] for atom in memory.atoms)


class _Needs(NamedTuple):
    """What the value of an expression depends on, beside the state.

    Attributes:
        number: Of the expression and of what it asks of a memory.
        dated: Whether it reads the running period.
        positions: Of the atoms that it reads, in a label.
        told: The expression and the atoms of the memory; kept, since they are known by identity.
    """

    number: int
    dated: bool
    positions: tuple[int, ...]
    told: tuple[Expr, tuple[Expr, ...]]


class Reader:
    """Reads expressions on the states of a game, slot by slot, and remembers what it has read."""

    def __init__(self, game: Game) -> None:
        assert isinstance(game.space, StateSpace)
        self.game = game
        self.space: StateSpace = game.space
        self._columns: dict[int, np.ndarray] = {}
        self._values: dict[Any, np.ndarray] = {}
        self._conditions: dict[Any, Condition] = {}
        self._needs: dict[tuple[int, int], _Needs] = {}
        self._numbers: dict[tuple[Expr, tuple[Expr, ...]], int] = {}
        self._levels = {v.name: v.values for v in self.space.crisis.variables}

    def n_states(self, slot: int) -> int:
        """Return how many states a slot has."""
        return len(self._codes(slot))

    def _codes(self, slot: int) -> np.ndarray:
        return self.game.ended_codes if slot == ENDED else self.game.codes[slot]

    def columns(self, slot: int) -> Int[np.ndarray, "field state"]:
        """Return the levels of a slot's states."""
        if slot not in self._columns:
            codes = self._codes(slot)
            self._columns[slot] = self.game.structure.once(
                "levels of states", (codes,), lambda: self.space.decode(codes)
            )
        return self._columns[slot]

    def condition(
        self, expression: Expr, slot: int, period: int, memory: Memory, label: Label
    ) -> Condition:
        """Return where an expression is true (not zero); `period` counts from 1."""
        key = self._key(expression, slot, period, memory, label)
        if key not in self._conditions:
            value = self._read(expression, slot, period, memory, label)
            holds = np.broadcast_to(value != 0.0, self.n_states(slot))
            self._conditions[key] = Condition.of(holds)
        return self._conditions[key]

    def values(
        self, expression: Expr, slot: int, period: int, memory: Memory, label: Label
    ) -> Float[np.ndarray, "state"]:
        """Return what an expression comes to on the states of a slot."""
        key = self._key(expression, slot, period, memory, label)
        if key not in self._values:
            value = self._read(expression, slot, period, memory, label)
            self._values[key] = np.broadcast_to(value, self.n_states(slot)).astype(np.float64)
        return self._values[key]

    def _key(
        self, expression: Expr, slot: int, period: int, memory: Memory, label: Label
    ) -> tuple[Any, ...]:
        needs = self._needs.get((id(expression), id(memory.atoms)))
        if needs is None:
            needs = self._find_needs(expression, memory)
        part = tuple([label[position] for position in needs.positions])
        return needs.number, slot, period if needs.dated else 0, part

    def _find_needs(self, expression: Expr, memory: Memory) -> _Needs:
        """Find what an expression depends on; it is asked for very often, and hashes slowly."""
        kept = set(memory.atoms)
        atoms = tuple(atom for atom in self.memory(expression).atoms if atom in kept)
        needs = _Needs(
            self._numbers.setdefault((expression, atoms), len(self._numbers)),
            reads(expression, Period),
            tuple(memory.at(atom) for atom in atoms),
            (expression, memory.atoms),
        )
        self._needs[id(expression), id(memory.atoms)] = needs
        return needs

    def _read(
        self, expression: Expr, slot: int, period: int, memory: Memory, label: Label
    ) -> np.ndarray:
        """Return what an expression comes to, of no axes where that does not depend on states."""
        known = dict(zip(memory.atoms, label, strict=True))
        inner = StateEnvironment(self.space, self.columns(slot), period=period)
        return evaluate(expression, _Environment(self, inner, known))

    def level(self, variable: str, index: int, share: bool) -> float:
        """Return what a variable stands for at a level."""
        values = self._levels[variable]
        return index / max(len(values) - 1, 1) if share else values[index]

    def n_levels(self, variable: str) -> int:
        """Return how many levels a variable has."""
        return len(self._levels[variable])

    def level_condition(self, variable: str, index: int) -> Expr:
        """Return the condition that a variable stands at a level."""
        return Compare((Level(variable), Const(self._levels[variable][index])), ("==",))

    def choices(self, player: str) -> tuple[float, ...]:
        """Return the numbers that a player may have chosen, 0 (none yet) first."""
        numbers = {
            action.value
            for stage in self.space.crisis.stages
            for mover in stage.movers
            if mover.player == player
            for action in mover.actions
            if action.value is not None
        }
        return (0.0, *sorted(numbers - {0.0}))

    # --- what a stage can change ----------------------------------------------------------------

    def moved(self, stage: int) -> frozenset[str]:
        """Return the variables that effects of a stage can move."""
        declared = self.space.crisis.stages[stage]
        acts = [action for mover in declared.movers for action in mover.actions]
        effects = [*declared.effects, *declared.added, *(e for act in acts for e in act.effects)]
        return frozenset(_moved(effects))

    def may_change(self, expression: Expr, stage: int) -> bool:
        """Return whether a stage can move a variable whose present level an expression reads."""
        read = {node.variable for node in walk(expression) if isinstance(node, Level)}
        return not read.isdisjoint(self.moved(stage))

    # --- memories -------------------------------------------------------------------------------

    def memory(self, *expressions: Expr) -> Memory:
        """Return what must be remembered beyond the state to read the expressions."""
        atoms: dict[Expr, None] = {}
        for expression in expressions:
            for node in walk(expression):
                chain = _chain(node)
                if not all(self._is_kept(atom) for atom in chain):
                    atoms |= dict.fromkeys(chain)
        return Memory(tuple(atoms))

    def _is_kept(self, atom: Expr) -> bool:
        """Return whether the game remembers an atom in every slot in which a measure may read it.

        Acts are always kept apart by the measure: the game forgets them as soon as it can.
        """
        if isinstance(atom, Did | Chose):
            return False
        row = self.space.position.get(atom)
        return row is not None and all(self.space.fields[row].alive)

    def updates(self, memory: Memory, stage: int) -> tuple[list[Label], Int[np.ndarray, "*joint"]]:
        """Return what a stage's joint acts do to a memory.

        Returns:
            The distinct updates (-1: left as it was), and the number of the update of each
            combination of actions, one axis per mover.
        """
        movers = self.space.crisis.stages[stage].movers
        sizes = tuple(len(mover.actions) for mover in movers)
        distinct: dict[Label, int] = {(-1,) * len(memory.atoms): 0}
        numbers = np.zeros(sizes, np.int32)
        for joint in product(*map(range, sizes)):
            taken = {mover.player: mover.actions[a] for mover, a in zip(movers, joint, strict=True)}
            update = tuple(self._update(atom, taken) for atom in memory.atoms)
            numbers[joint] = distinct.setdefault(update, len(distinct))
        return list(distinct), numbers

    def _update(self, atom: Expr, taken: Mapping[str, Any]) -> int:
        if isinstance(atom, Did) and not atom.lag:
            done = any(p in taken and taken[p].name == a for p, a in atom.acts)
            return 1 if done else -1
        if isinstance(atom, Chose) and atom.player in taken:
            return self.choices(atom.player).index(taken[atom.player].value or 0.0)
        return -1


class _Environment:
    """Reads what is remembered from a label, everything else from the states."""

    def __init__(self, reader: Reader, inner: StateEnvironment, known: Mapping[Expr, int]) -> None:
        self._reader = reader
        self._inner = inner
        self._known = known

    def parameter(self, name: str) -> float:
        return self._inner.parameter(name)

    def level(self, variable: str, share: bool) -> np.ndarray:
        return self._inner.level(variable, share)

    def period(self) -> float:
        return self._inner.period()

    def was(self, variable: str, lag: int, share: bool) -> np.ndarray | float:
        index = self._known.get(Was(variable, lag))
        if index is None:
            return self._inner.was(variable, lag, share)
        return self._reader.level(variable, index, share)

    def did(self, acts: tuple[tuple[str, str], ...], lag: int) -> np.ndarray | float:
        return float(self._known[Did(acts, lag)])

    def since(self, node: Since) -> np.ndarray:
        if node not in self._known:
            return self._inner.since(node)
        holds = np.asarray(evaluate(node.condition, self)) != 0
        return np.where(holds, 0, self._known[node])

    def chose(self, player: str) -> float:
        return self._reader.choices(player)[self._known[Chose(player)]]

    def belief(self, observer: str | None, player: str, type: str) -> float:
        msg = "the language keeps beliefs out of conditions; the measure belief() reads them"
        raise TypeError(msg)


def _moved(effects: Sequence[Effect]) -> Iterator[str]:
    for effect in effects:
        if effect.variable is not None:
            yield effect.variable
        yield from _moved(effect.then)
        yield from _moved(effect.otherwise)


def _chain(node: Expr) -> list[Expr]:
    """Return the atoms that reading a node needs: itself, and what it is handed on from."""
    if isinstance(node, Did):
        return [Did(node.acts, lag) for lag in range(node.lag + 1)]
    if isinstance(node, Was):
        return [Was(node.variable, lag) for lag in range(node.lag + 1)]
    if isinstance(node, Since | Chose):
        return [node]
    return []


def row_updates(table: StageTable, numbers: Int[np.ndarray, "*joint"]) -> Int[np.ndarray, "row"]:
    """Return the number of the update of each row of a stage's table; 0 where it is passed over."""
    assert table.rows is not None
    if not table.movers:
        return np.zeros(len(table.rows.option), np.int32)
    option = table.rows.option
    acts = tuple(
        np.append(mover.action, 0)[option[:, k]] for k, mover in enumerate(table.movers)
    )  # -1, nobody's option, reads the last
    return np.where(option[:, 0] >= 0, numbers[acts], 0).astype(np.int32)
