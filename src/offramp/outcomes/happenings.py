"""`After`: of all times that an event happens, how often something follows within some periods."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from jaxtyping import Float

from offramp.game.language import Expr, Period, Since, Was
from offramp.outcomes.columns import Columns, Labels, Split
from offramp.outcomes.conditions import ENDED, Condition, Label, Reader, reads, weigh_ended
from offramp.outcomes.forward import MAIN, Feed, Sweep

__all__ = ["After"]


class After:
    """Follows the happenings of an event until its sequel holds, or its time is over.

    An event happens when it becomes true. The paths on which it was false before a stage go through
    the stage beside the main column (`fresh`); where it is true afterwards it has happened; they
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
        self._holds: dict[tuple[int, Label], bool] = {}
        self._event_memory = reader.memory(event)
        self._labels = Labels(reader, self.memory, name)
        self.updates = self._labels.updates
        waiting = Labels(reader, reader.memory(sequel), name, self._labels)
        self._pending = [Split(waiting, columns) for _ in range(self.within + 1)]
        self._dated = reads(event, Period) or reads(sequel, Period)
        self._dates = range(1, n_periods + 1) if reads(event, Period) else (1,)
        self._outlives = len(self._dates) > 1 and self._can_hold_at_ends()
        self._reborn = Split(self._labels, columns) if self._can_be_reborn() else None
        self._base = Split(self._labels, columns) if self._needs_base() else None
        self._fresh = {label: columns.take() for label in self._happening_labels()}
        self._sources: dict[Label, int] = {}
        self._idle = self._idle_periods()
        self._is_idle = False

    # --- what can happen at all -----------------------------------------------------------------

    def _event_at(self, slot: int, label: Label, period: int) -> Condition:
        return self.reader.condition(self.event, slot, period, self.memory, label)

    def _can_be_reborn(self) -> bool:
        """Return whether the event may be false at a period's end and true as the next begins."""
        starts = self._labels.at_slot[0]
        changes = bool(self._event_memory.atoms) or reads(self.event, Period, Since, Was)
        return changes and any(self._holds_somewhere(0, label) for label in starts)

    def _holds_somewhere(self, slot: int, label: Label) -> bool:
        """Return whether the event can hold, in some period; asked for very often."""
        if (slot, label) not in self._holds:
            self._holds[slot, label] = any(
                not self._event_at(slot, label, date).nowhere for date in self._dates
            )
        return self._holds[slot, label]

    def _everywhere(self, slot: int, label: Label) -> bool:
        return not self._dated and self._event_at(slot, label, 1).everywhere

    def _somewhere(self, slot: int, label: Label) -> bool:
        """Return whether the event can hold on arrival in a slot or at an end of play."""
        return any(self._holds_somewhere(place, label) for place in (slot, ENDED))

    def _can_happen(self, stage: int, before: Label, after: Label) -> bool:
        """Return whether the event can become true at a stage that leads to a label."""
        if self._everywhere(stage, before) and not (stage == 0 and self._reborn):
            return False
        if not self._somewhere(stage + 1, after):
            return False
        part = self.memory.part
        changed = part(before, self._event_memory) != part(after, self._event_memory)
        return changed or stage == 0 or self.reader.may_change(self.event, stage)

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
        if self._reborn or self._outlives or not self.memory.begins_anew:
            return True
        if slot == self._labels.n_stages:
            return False
        return any(
            self._can_happen(slot, label, new) or self._still_matters(slot + 1, new)
            for _, new in self._labels.steps(label, slot)
        )

    def _can_hold_at_ends(self) -> bool:
        """Return whether the event can hold, in some period, where play has ended."""
        labels = dict.fromkeys(label for found in self._labels.at_slot for label in found)
        return any(self._holds_somewhere(ENDED, label) for label in labels)

    def _idle_periods(self) -> frozenset[int]:
        """Return the periods (from 0) in which nobody need be watched: the event cannot happen."""
        if self._reborn or self._outlives or len(self._dates) == 1:
            return frozenset()
        if not self.memory.begins_anew:
            return frozenset()
        places = [(m, label) for m, found in enumerate(self._labels.at_slot) for label in found]
        return frozenset(
            date - 1
            for date in self._dates
            if all(self._event_at(slot, label, date).nowhere for slot, label in places)
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
        """Split all paths by what is remembered, where that is anything."""
        self._is_idle = sweep.period in self._idle
        if self._base is not None and not self.memory.begins_anew:
            self._base.begin(sweep)
        elif self._base is not None and not self.memory.resets and not self._is_idle:
            self._base.fill(sweep)
        if sweep.period > 0:
            for split in [*self._pending, *([self._reborn] if self._reborn else [])]:
                split.note_levels(sweep)

    def before_stage(self, sweep: Sweep) -> None:
        """Find the paths on which the event was false before the stage."""
        self._sources = {}
        stage = sweep.slot
        if self._is_idle:
            return
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
        sweep.move(column, held.opposite(), fresh, keeps=True)
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
        found: list[Feed] = []
        if self._is_idle:
            return found
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
        if self._outlives:
            self._count_later_happenings(sweep)

    def _count_happenings(self, sweep: Sweep, label: Label) -> None:
        fresh = self._fresh[label]
        waiting = self.memory.part(label, self._pending[0].labels.memory)
        held = self._event_at(sweep.slot, label, sweep.period + 1)
        self.happened += sweep.move(fresh, held, self._pending[0].column[waiting])
        sweep.clear(fresh)
        rows, mass = sweep.just_ended(fresh)
        if len(rows):
            ended = weigh_ended(rows, mass, self._event_at(ENDED, label, sweep.period + 1))
            self.happened += float(ended.sum())
            self._follow_ended(rows, ended, waiting, sweep.period, self.within)

    def _count_sequels(self, sweep: Sweep, age: int, label: Label, column: int) -> None:
        memory = self._pending[0].labels.memory
        held = self.reader.condition(self.sequel, sweep.slot, sweep.period + 1, memory, label)
        self.followed += sweep.move(column, held)
        rows, mass = sweep.just_ended(column)
        if len(rows):
            self._follow_ended(rows, mass, label, sweep.period, self.within - age)
        if age == self.within and not self._can_follow(sweep.slot, label):
            sweep.clear(column)

    def _follow_ended(
        self,
        rows: np.ndarray,
        mass: Float[np.ndarray, "listed"],
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
                    absent = held.opposite()
                    sweep.move(column, absent, target, keeps=True)
            self._reborn.look(sweep)
        if self._base is not None and not self.memory.begins_anew:
            self._base.look(sweep)
        for split in self._pending:
            split.look(sweep)

    def rolls(self) -> Iterable[Feed]:
        """Let waiting paths grow a period older; the oldest have waited long enough."""
        found: list[Feed] = []
        for young, old in zip(self._pending, self._pending[1:], strict=False):
            found += young.rolls(old)
        if self._reborn is not None:
            found += self._reborn.rolls()
        if self._base is not None and not self.memory.begins_anew:
            found += self._base.rolls()
        return found

    def share(self) -> float:
        """Return the share of happenings that are followed; NaN if the event never happens."""
        return self.followed / self.happened if self.happened > 0.0 else float("nan")
