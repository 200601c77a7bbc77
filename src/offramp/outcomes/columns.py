"""Columns of mass, and what sets them apart: a label each, for what is remembered of the path."""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool

from offramp.errors import Problem, TooLargeError
from offramp.game.language import Since, Was
from offramp.outcomes.conditions import Condition, Label, Memory, Reader
from offramp.outcomes.forward import ALL, MAIN, Feed, Sweep

__all__ = ["Columns", "Labels", "Split"]

MOST_LABELS = 200  # of one measure: beyond that, what it asks to be remembered is refused


class Columns:
    """Hands out column numbers; the first is that of all paths."""

    def __init__(self) -> None:
        self.count = MAIN + 1

    def take(self) -> int:
        """Return a new column."""
        self.count += 1
        return self.count - 1


class Labels:
    """The labels that a memory can take at each slot, and how acts and periods change them."""

    def __init__(
        self, reader: Reader, memory: Memory, asked_by: str, whole: Labels | None = None
    ) -> None:
        """List labels; with `whole`, acts are numbered as in that larger memory."""
        self.reader = reader
        self.memory = memory
        self.n_stages = len(reader.game.stage_names)
        self.distinct: list[list[Label]] = []
        self.updates: list[np.ndarray | None] = []
        for m in range(self.n_stages):
            if whole is not None:
                distinct = [whole.memory.part(one, memory) for one in whole.distinct[m]]
                numbers = whole.updates[m]
            elif reader.game.table(0, m).rows is None:
                distinct, numbers = [(-1,) * len(memory.atoms)], None
            else:
                distinct, numbers = reader.updates(memory, m)
            self.distinct.append(distinct)
            self.updates.append(numbers)
        self.at_slot = self._reach(asked_by)

    def _reach(self, asked_by: str) -> list[list[Label]]:
        """Return all labels by slot, whatever the period."""
        starts = dict.fromkeys(self.starts())
        while True:
            slots = [list(starts)]
            for m in range(self.n_stages):
                slots.append(
                    list(dict.fromkeys(new for old in slots[m] for _, new in self.steps(old, m)))
                )
            grown = dict.fromkeys([*starts, *(n for o in slots[-1] for n in self.rolled(o))])
            if max(map(len, [*slots, grown])) > MOST_LABELS:
                raise _too_much_memory(asked_by, len(grown))
            if len(grown) == len(starts):
                return slots
            starts = grown

    def steps(self, label: Label, stage: int) -> list[tuple[int, Label]]:
        """Return (number of the update, label after it) for each update of a stage.

        Where nothing that a stage's acts could do changes the label, they pass together.
        """
        after = [self.memory.updated(label, update) for update in self.distinct[stage]]
        if all(new == label for new in after):
            return [(ALL, label)]
        return list(enumerate(after))

    def starts(self) -> list[Label]:
        """Return the labels at the start of play: levels remembered are those of the start."""
        labels = [self.memory.blank()]
        variables = dict.fromkeys(a.variable for a in self.memory.atoms if isinstance(a, Was))
        for variable in variables:
            n_levels = range(self.reader.n_levels(variable))
            labels = [self.with_levels(one, variable, n) for one in labels for n in n_levels]
        return labels

    def with_levels(self, label: Label, variable: str, level: int) -> Label:
        """Return a label in which a variable has had one level all along."""
        atoms = self.memory.atoms
        return tuple(
            level if isinstance(a, Was) and a.variable == variable else old
            for a, old in zip(atoms, label, strict=True)
        )

    def rolled(self, label: Label) -> list[Label]:
        """Return every label that may follow in the next period."""
        return [new for middle in self.at_end(label) for new in self.at_start(middle)]

    def at_end(self, label: Label) -> list[Label]:
        """Return the labels after counters have looked at the period's end."""
        labels = [self.memory.rolled(label)]
        for position, atom in enumerate(self.memory.atoms):
            if isinstance(atom, Since):
                labels += [_replaced(one, position, 1) for one in labels]
        return list(dict.fromkeys(labels))

    def at_start(self, label: Label) -> list[Label]:
        """Return the labels after the levels at a period's start have been noted."""
        labels = [label]
        for position, atom in enumerate(self.memory.atoms):
            if isinstance(atom, Was) and atom.lag == 0:
                n_levels = range(self.reader.n_levels(atom.variable))
                labels = [_replaced(one, position, n) for one in labels for n in n_levels]
        return labels

    # --- what the state decides -----------------------------------------------------------------

    def begins_with(self, label: Label) -> Bool[np.ndarray, "state"]:
        """Return the states that have the levels which a label remembers of its period's start."""
        holds = np.ones(self.reader.n_states(0), bool)
        for atom, level in zip(self.memory.atoms, label, strict=True):
            if isinstance(atom, Was) and atom.lag == 0:
                position = self.reader.space.position[atom.variable]
                holds &= self.reader.columns(0)[position] == level
        return holds

    def looks(self, label: Label, slot: int, period: int) -> list[tuple[Label, Condition]]:
        """Return how a label goes on from a period's end, and where (`period` from 0)."""
        parts = [(self.memory.rolled(label), np.ones(self.reader.n_states(slot), bool))]
        for position, atom in enumerate(self.memory.atoms):
            if isinstance(atom, Since):
                held = self.reader.values(atom.condition, slot, period + 1, self.memory, label)
                parts = [
                    part
                    for one, holds in parts
                    for part in (
                        (_replaced(one, position, 1), holds & (held != 0.0)),
                        (one, holds & (held == 0.0)),
                    )
                ]
        joined: dict[Label, np.ndarray] = {}
        for one, holds in parts:
            joined[one] = joined[one] | holds if one in joined else holds
        return [(one, Condition.of(holds)) for one, holds in joined.items()]


class Split:
    """Columns by label, one for each, kept through all periods."""

    def __init__(self, labels: Labels, columns: Columns) -> None:
        self.labels = labels
        every = dict.fromkeys(label for slot in labels.at_slot for label in slot)
        middle = dict.fromkeys(m for label in labels.at_slot[-1] for m in labels.at_end(label))
        self.column = {label: columns.take() for label in every}
        # labels between the end of a period and the start of the next: counters have looked
        self._middle = {label: columns.take() for label in middle} if self._moves else {}

    @property
    def _moves(self) -> bool:
        """Whether the state decides how labels go on into the next period."""
        return any(isinstance(a, Since | Was) for a in self.labels.memory.atoms)

    def at(self, slot: int) -> list[tuple[Label, int]]:
        """Return the labels at a slot and their columns."""
        return [(label, self.column[label]) for label in self.labels.at_slot[slot]]

    def feeds(self, stage: int) -> list[Feed]:
        """Return what each label receives at a stage."""
        return [
            Feed(self.column[new], self.column[old], update)
            for old in self.labels.at_slot[stage]
            for update, new in self.labels.steps(old, stage)
        ]

    def begin(self, sweep: Sweep) -> None:
        """Set the columns up at the start of a period."""
        if sweep.period == 0:
            self.fill(sweep)
        else:
            self.note_levels(sweep)

    def fill(self, sweep: Sweep) -> None:
        """Copy the start of play, level by level where levels are remembered."""
        for label in self.labels.starts():
            here = Condition.of(self.labels.begins_with(label))
            sweep.move(MAIN, here, self.column[label], keeps=True)

    def note_levels(self, sweep: Sweep) -> None:
        """Note the levels with which a period begins, where they are remembered."""
        for middle, source in self._middle.items():
            for label in self.labels.at_start(middle):
                here = Condition.of(self.labels.begins_with(label))
                sweep.move(source, here, self.column[label])

    def look(self, sweep: Sweep) -> None:
        """Let counters look at the period's end, where there are any."""
        if not self._moves:
            return
        for column in self._middle.values():
            sweep.clear(column)
        for label, column in self.at(sweep.slot):
            for middle, condition in self.labels.looks(label, sweep.slot, sweep.period):
                sweep.move(column, condition, self._middle[middle])

    def rolls(self, onto: Split | None = None) -> list[Feed]:
        """Return what the columns (or those of another split) receive when a period begins."""
        into = self if onto is None else onto
        if self._moves:
            return [Feed(into._middle[label], column) for label, column in self._middle.items()]
        return [
            Feed(into.column[new], self.column[old])
            for old in self.labels.at_slot[-1]
            for new in self.labels.rolled(old)
        ]


def _replaced(label: Label, position: int, value: int) -> Label:
    return (*label[:position], value, *label[position + 1 :])


def _too_much_memory(asked_by: str, n_labels: int) -> TooLargeError:
    return TooLargeError(
        Problem(
            code="G543",
            path=asked_by if "." in asked_by else f"measures.{asked_by}".rstrip("."),
            message=f"what is asked here to be remembered can take more than {MOST_LABELS} "
            f"combinations ({n_labels} and more).",
            fix="ask for fewer acts, levels and counters in one condition, or less far back.",
        )
    )
