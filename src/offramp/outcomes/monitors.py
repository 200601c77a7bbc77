"""Trackers: columns of mass that learn what a state does not tell of the path.

`Ever` follows the paths on which a condition has not held yet; `After` those on which an event has
happened and is not followed yet; `Seen` splits all paths by what an expression asks to be
remembered. Columns carry a *label* (what is remembered), are kept only as long as what they tell
apart can still matter, and are given up where the state tells it anyway.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from jaxtyping import Float

from offramp.errors import Problem, TooLargeError
from offramp.outcomes.conditions import ENDED, Condition, Label, Memory, Reader, reads
from offramp.outcomes.forward import ALL, MAIN, Feed, Sweep, weigh_ended
from offramp.scenario.expressions import Expr, Period, Since, Was

__all__ = ["After", "Columns", "Ever", "Seen"]

MOST_LABELS = 200  # of one measure: beyond that, what it asks to be remembered is refused


class Columns:
    """Hands out column numbers; the first is that of all paths."""

    def __init__(self) -> None:
        self.count = MAIN + 1

    def take(self) -> int:
        """Return a new column."""
        self.count += 1
        return self.count - 1


class _Labels:
    """The labels that a memory can take at each slot, and how acts and periods change them."""

    def __init__(
        self, reader: Reader, memory: Memory, asked_by: str, whole: _Labels | None = None
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


def _replaced(label: Label, position: int, value: int) -> Label:
    return (*label[:position], value, *label[position + 1 :])


def _too_much_memory(asked_by: str, n_labels: int) -> TooLargeError:
    return TooLargeError(
        Problem(
            code="G543",
            path=f"measures.{asked_by}" if asked_by else "measures",
            message=f"what this measure asks to be remembered can take more than {MOST_LABELS} "
            f"combinations ({n_labels} and more).",
            fix="ask for fewer acts, levels and counters in one condition, or for fewer periods back.",
        )
    )


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
        self._labels = _Labels(reader, self.memory, name)
        self.updates = self._labels.updates
        self._split = _Split(self._labels, columns) if self.memory.atoms else None
        self.starts = np.zeros(len(self.expressions))
        self.totals = np.zeros((len(self.expressions), n_periods))
        self._frozen: dict[Label, Float[np.ndarray, "profile ended belief"]] = {}

    def _columns(self, slot: int) -> list[tuple[Label, int]]:
        return [((), MAIN)] if self._split is None else self._split.at(slot)

    def begin_period(self, sweep: Sweep) -> None:
        """Split the start by what is remembered, and read it."""
        if self._split is not None:
            _begin(self._split, sweep)
        if sweep.period == 0:
            self.starts += [self._expected(expression, sweep) for expression in self.expressions]

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
                if label not in self._frozen:
                    shape = (sweep.n_profiles, len(sweep.game.ended_codes), sweep.n_beliefs)
                    self._frozen[label] = np.zeros(shape)
                self._frozen[label][:, rows] += mass

    def end_period(self, sweep: Sweep) -> None:
        """Read every expression."""
        for number, expression in enumerate(self.expressions):
            live = self._expected(expression, sweep)
            self.totals[number, sweep.period] = live + self._expected_frozen(expression, sweep)
        if self._split is not None:
            self._split.look(sweep)

    def _expected(self, expression: Expr, sweep: Sweep) -> float:
        """Return what an expression comes to in the slot, over all paths on which play goes on."""
        return sum(
            sweep.expect(
                column,
                self.reader.values(expression, sweep.slot, sweep.period + 1, self.memory, label),
            )
            for label, column in self._columns(sweep.slot)
        )

    def _expected_frozen(self, expression: Expr, sweep: Sweep) -> float:
        period = sweep.period + 1
        return sum(
            float(np.sum(mass * self.reader.values(expression, ENDED, period, self.memory, label)))
            for label, mass in self._frozen.items()
        )

    def rolls(self) -> Iterable[Feed]:
        """Labels of one kind join."""
        return self._split.rolls() if self._split is not None else ()


class _Split:
    """Columns by label, one for each, kept through all periods."""

    def __init__(self, labels: _Labels, columns: Columns) -> None:
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

    def fill(self, sweep: Sweep) -> None:
        """Copy the start of play, level by level where levels are remembered."""
        reader = self.labels.reader
        variables = [a.variable for a in self.labels.memory.atoms if isinstance(a, Was)]
        for label in self.labels.starts():
            holds = np.ones((1, reader.n_states(0), 1), bool)
            for variable in dict.fromkeys(variables):
                level = label[self.labels.memory.at(Was(variable))]
                row = reader.space.position[variable]
                holds &= (reader.columns(0)[row] == level)[None, :, None]
            sweep.move(MAIN, Condition.of(holds), self.column[label], keeps=True)

    def note_levels(self, sweep: Sweep) -> None:
        """Note the levels with which a period begins, where they are remembered."""
        reader = self.labels.reader
        for middle, source in self._middle.items():
            for label in self.labels.at_start(middle):
                holds = np.ones((1, reader.n_states(0), 1), bool)
                for atom, level in zip(self.labels.memory.atoms, label, strict=True):
                    if isinstance(atom, Was) and atom.lag == 0:
                        row = reader.space.position[atom.variable]
                        holds &= (reader.columns(0)[row] == level)[None, :, None]
                sweep.move(source, Condition.of(holds), self.column[label])

    def look(self, sweep: Sweep) -> None:
        """Let counters look at the period's end, where there are any."""
        if not self._moves:
            return
        for column in self._middle.values():
            sweep.clear(column)
        for label, column in self.at(sweep.slot):
            for middle, condition in self._looks(sweep, label):
                sweep.move(column, condition, self._middle[middle])

    def _looks(self, sweep: Sweep, label: Label) -> list[tuple[Label, Condition]]:
        """Return where each label of the next period's start comes from."""
        reader, memory = self.labels.reader, self.labels.memory
        n_states = reader.n_states(sweep.slot)
        parts = [(memory.rolled(label), np.ones((1, n_states, 1), bool))]
        for position, atom in enumerate(memory.atoms):
            if isinstance(atom, Since):
                period = sweep.period + 1
                held = reader.values(atom.condition, sweep.slot, period, memory, label) != 0.0
                parts = [
                    part
                    for one, holds in parts
                    for part in ((_replaced(one, position, 1), holds & held), (one, holds & ~held))
                ]
        joined: dict[Label, np.ndarray] = {}
        for one, holds in parts:
            joined[one] = joined[one] | holds if one in joined else holds
        return [(one, Condition.of(holds)) for one, holds in joined.items()]

    def rolls(self, onto: _Split | None = None) -> list[Feed]:
        """Return what the columns (or those of another split) receive when a period begins."""
        into = self if onto is None else onto
        if self._moves:
            return [Feed(into._middle[label], column) for label, column in self._middle.items()]
        return [
            Feed(into.column[new], self.column[old])
            for old in self.labels.at_slot[-1]
            for new in self.labels.rolled(old)
        ]


def _begin(split: _Split, sweep: Sweep) -> None:
    if sweep.period == 0:
        split.fill(sweep)
    else:
        split.note_levels(sweep)


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
        self._labels = _Labels(reader, self.memory, name)
        self.updates = self._labels.updates
        self._needs_no_column = self._holds_only_ended() and not looks_at_start
        self._split = None if self._needs_no_column else _Split(self._labels, columns)
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
        _begin(self._split, sweep)
        if sweep.period == 0 and self.looks_at_start:
            for label, column in self._split.at(0):
                self.at_start += float(sweep.move(column, self._where(0, label, 1)).sum())

    def before_stage(self, sweep: Sweep) -> None:
        """Nothing is to be prepared."""

    def feeds(self, stage: int) -> Iterable[Feed]:
        """The paths still followed pass through the stage."""
        return self._split.feeds(stage) if self._split is not None and self._active else ()

    def after_stage(self, sweep: Sweep) -> None:
        """Take out the paths on which the condition now holds."""
        if self._split is None:
            self._count_ended(sweep, MAIN, ())
        elif self._active:
            for label, column in self._split.at(sweep.slot):
                here = self._where(sweep.slot, label, sweep.period + 1)
                self.hits[sweep.period] += float(sweep.move(column, here).sum())
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
        """The paths still followed go on."""
        return self._split.rolls() if self._split is not None and self._active else ()

    def chance(self, by: int | None = None) -> float:
        """Return the chance that the condition has held by the end of a period (from 1)."""
        return self.at_start + float(self.hits[: self.n_periods if by is None else by].sum())


class After:
    """Follows the happenings of an event until its sequel holds, or the time for it is over.

    An event happens when it becomes true. The paths on which it was false before a stage go through
    the stage beside the main column (`fresh`); where it is true afterwards it has happened, and they
    wait (`pending`, by age in periods) until the sequel holds. No column is spent on paths on which
    the event cannot become true any more in a period: in the next they are all paths again.

    Attributes:
        happened: Expected number of happenings.
        followed: Expected number of happenings that are followed in time.
    """

    def __init__(
        self,
        event: Expr,
        sequel: Expr,
        within: int,
        reader: Reader,
        columns: Columns,
        n_periods: int,
        name: str = "",
    ) -> None:
        self.event = event
        self.sequel = sequel
        self.within = min(within, n_periods)
        self.reader = reader
        self.n_periods = n_periods
        self.happened = self.followed = 0.0
        self.memory = reader.memory(event, sequel)
        self._event_memory = reader.memory(event)
        self._labels = _Labels(reader, self.memory, name)
        self.updates = self._labels.updates
        waiting = _Labels(reader, reader.memory(sequel), name, self._labels)
        self._pending = [_Split(waiting, columns) for _ in range(self.within + 1)]
        self._dated = reads(event, Period) or reads(sequel, Period)
        self._reborn = _Split(self._labels, columns) if self._can_be_reborn() else None
        self._base = _Split(self._labels, columns) if self._needs_base() else None
        self._fresh = {label: columns.take() for label in self._happening_labels()}
        self._sources: dict[Label, int] = {}

    # --- what can happen at all -----------------------------------------------------------------

    def _event_at(self, slot: int, label: Label, period: int) -> Condition:
        return self.reader.condition(self.event, slot, period, self.memory, label)

    def _can_be_reborn(self) -> bool:
        """Return whether the event may be false at a period's end and true as the next begins."""
        if reads(self.event, Period, Since, Was):
            return True
        starts = self._labels.at_slot[0]
        holds = any(not self._event_at(0, label, 1).nowhere for label in starts)
        return bool(self._event_memory.atoms) and holds

    def _everywhere(self, slot: int, label: Label) -> bool:
        return not self._dated and self._event_at(slot, label, 1).everywhere

    def _somewhere(self, slot: int, label: Label) -> bool:
        """Return whether the event can hold on arrival in a slot or at an end of play."""
        if self._dated:
            return True
        return not all(self._event_at(place, label, 1).nowhere for place in (slot, ENDED))

    def _can_happen(self, stage: int, before: Label, after: Label) -> bool:
        """Return whether the event can become true at a stage that leads to a label."""
        if self._everywhere(stage, before) and not (stage == 0 and self._reborn):
            return False
        if not self._somewhere(stage + 1, after):
            return False
        part = self.memory.part
        changed = part(before, self._event_memory) != part(after, self._event_memory)
        return changed or stage == 0 or self._dated or self.reader.may_change(self.event, stage)

    def _happening_labels(self) -> list[Label]:
        found: dict[Label, None] = {}
        for stage in range(self._labels.n_stages):
            for before in self._labels.at_slot[stage]:
                for _, after in self._labels.steps(before, stage):
                    if self._can_happen(stage, before, after):
                        found |= {before: None, after: None}
        return list(found)

    def _still_matters(self, slot: int, label: Label) -> bool:
        """Return whether the event can become true in this period on paths with a label."""
        if self._reborn or self._dated or not self.memory.resets:
            return True
        if slot == self._labels.n_stages:
            return False
        return any(
            self._can_happen(slot, label, new) or self._still_matters(slot + 1, new)
            for _, new in self._labels.steps(label, slot)
        )

    def _is_main(self, slot: int) -> bool:
        """Return whether all paths carry one label at a slot, so that they are the main column."""
        return self.memory.resets and len(self._labels.at_slot[slot]) == 1

    def _needs_base(self) -> bool:
        return any(
            not self._is_main(slot) and self._still_matters(slot, label)
            for slot, labels in enumerate(self._labels.at_slot)
            for label in labels
        )

    def _column(self, slot: int, label: Label) -> int | None:
        """Return the column of all paths with a label, None where it no longer matters."""
        if self._is_main(slot):
            return MAIN
        if self._base is None or not self._still_matters(slot, label):
            return None
        return self._base.column[label]

    # --- the sweep ------------------------------------------------------------------------------

    def begin_period(self, sweep: Sweep) -> None:
        """Split all paths by what is remembered, where it outlasts a period."""
        if self._base is not None and not self.memory.resets:
            _begin(self._base, sweep)
        if sweep.period > 0:
            for split in [*self._pending, *([self._reborn] if self._reborn else [])]:
                split.note_levels(sweep)

    def before_stage(self, sweep: Sweep) -> None:
        """Find the paths on which the event was false before the stage."""
        self._sources = {}
        stage = sweep.slot
        for label in self._labels.at_slot[stage]:
            column = self._column(stage, label)
            steps = self._labels.steps(label, stage)
            if column is None or not any(self._can_happen(stage, label, new) for _, new in steps):
                continue
            self._sources[label] = self._not_yet(sweep, label, column)
        if stage == 0 and self._reborn is not None:
            for _, column in self._reborn.at(0):
                sweep.clear(column)

    def _not_yet(self, sweep: Sweep, label: Label, column: int) -> int:
        """Return a column of the paths on which the event was false after the stage before."""
        stage = sweep.slot
        held = self._event_at(stage, label, sweep.period + 1)
        if held.nowhere and self.reader.game.table(0, stage).rows is not None:
            return column
        fresh = self._fresh[label]
        sweep.clear(fresh)
        sweep.move(column, held.opposite(self.reader.n_states(stage)), fresh, keeps=True)
        if stage == 0 and self._reborn is not None:
            sweep.move(self._reborn.column[label], held, fresh)
        return fresh

    def feeds(self, stage: int) -> Iterable[Feed]:
        """Return what fresh, waiting and further followed paths receive."""
        found: list[Feed] = []
        for label, source in self._sources.items():
            found += [
                Feed(self._fresh[new], source, update)
                for update, new in self._labels.steps(label, stage)
                if self._can_happen(stage, label, new)
            ]
        for split in self._pending:
            found += split.feeds(stage)
        return [*found, *self._base_feeds(stage)]

    def _base_feeds(self, stage: int) -> list[Feed]:
        found = []
        for label in self._labels.at_slot[stage]:
            source = self._column(stage, label)
            for update, new in self._labels.steps(label, stage):
                target = self._column(stage + 1, new)
                if source is not None and target not in (None, MAIN):
                    found.append(Feed(target, source, update))
        return found

    def after_stage(self, sweep: Sweep) -> None:
        """Count what has happened and what is followed."""
        stage = sweep.slot - 1
        arrived = {
            new
            for label in self._sources
            for _, new in self._labels.steps(label, stage)
            if self._can_happen(stage, label, new)
        }
        for label in sorted(arrived):
            self._count_happenings(sweep, label)
        for age, split in enumerate(self._pending):
            for label, column in split.at(sweep.slot):
                self._count_sequels(sweep, age, label, column)
        if self._dated:
            self._count_later_happenings(sweep)

    def _count_happenings(self, sweep: Sweep, label: Label) -> None:
        fresh = self._fresh[label]
        waiting = self.memory.part(label, self._pending[0].labels.memory)
        held = self._event_at(sweep.slot, label, sweep.period + 1)
        self.happened += float(sweep.move(fresh, held, self._pending[0].column[waiting]).sum())
        sweep.clear(fresh)
        rows, mass = sweep.just_ended(fresh)
        if len(rows):
            ended = weigh_ended(rows, mass, self._event_at(ENDED, label, sweep.period + 1))
            self.happened += float(ended.sum())
            self._follow_ended(rows, ended, waiting, sweep.period, self.within)

    def _count_sequels(self, sweep: Sweep, age: int, label: Label, column: int) -> None:
        memory = self._pending[0].labels.memory
        held = self.reader.condition(self.sequel, sweep.slot, sweep.period + 1, memory, label)
        self.followed += float(sweep.move(column, held).sum())
        rows, mass = sweep.just_ended(column)
        if len(rows):
            self._follow_ended(rows, mass, label, sweep.period, self.within - age)
        if age == self.within and not self._can_follow(sweep.slot, label):
            sweep.clear(column)

    def _follow_ended(
        self,
        rows: np.ndarray,
        mass: Float[np.ndarray, "profile listed belief"],
        label: Label,
        period: int,
        left: int,
    ) -> None:
        """Count waiting paths that have ended, if the frozen state fulfils the sequel in time."""
        memory = self._pending[0].labels.memory
        last = min(period + left, self.n_periods - 1) if self._dated else period
        for t in range(period, last + 1):
            held = self.reader.condition(self.sequel, ENDED, t + 1, memory, label)
            now = weigh_ended(rows, mass, held)
            self.followed += float(now.sum())
            mass = mass - now

    def _can_follow(self, slot: int, label: Label) -> bool:
        """Return whether the sequel can still become true in this period."""
        waiting = self._pending[0].labels
        if self._dated:
            return True
        for stage in range(slot, waiting.n_stages):
            if self.reader.may_change(self.sequel, stage):
                return True
            if any(new != label for _, new in waiting.steps(label, stage)):
                return True
        return False

    def _count_later_happenings(self, sweep: Sweep) -> None:
        """Count happenings after play has ended: only the running period moves then."""
        for label in self._labels.at_slot[sweep.slot]:
            column = self._column(sweep.slot, label)
            if column is None:
                continue
            rows, mass = sweep.just_ended(column)
            if not len(rows):
                continue
            waiting = self.memory.part(label, self._pending[0].labels.memory)
            for t in range(sweep.period + 1, self.n_periods):
                before = weigh_ended(rows, mass, self._event_at(ENDED, label, t))
                now = weigh_ended(rows, mass - before, self._event_at(ENDED, label, t + 1))
                self.happened += float(now.sum())
                self._follow_ended(rows, now, waiting, t, self.within)

    def end_period(self, sweep: Sweep) -> None:
        """Note on which paths the event is false at the period's end, where that may matter."""
        slot = sweep.slot
        if self._reborn is not None:
            for label, target in self._reborn.at(slot):
                sweep.clear(target)
                column = self._column(slot, label)
                held = self._event_at(slot, label, sweep.period + 1)
                if column is not None:
                    absent = held.opposite(self.reader.n_states(slot))
                    sweep.move(column, absent, target, keeps=True)
            self._reborn.look(sweep)
        if self._base is not None and not self.memory.resets:
            self._base.look(sweep)
        for split in self._pending:
            split.look(sweep)

    def rolls(self) -> Iterable[Feed]:
        """Waiting paths grow a period older; the oldest have waited long enough."""
        found: list[Feed] = []
        for young, old in zip(self._pending, self._pending[1:], strict=False):
            found += young.rolls(old)
        if self._reborn is not None:
            found += self._reborn.rolls()
        if self._base is not None and not self.memory.resets:
            found += self._base.rolls()
        return found

    def share(self) -> float:
        """Return the share of happenings that are followed; NaN if the event never happens."""
        return self.followed / self.happened if self.happened > 0.0 else float("nan")
