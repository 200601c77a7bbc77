"""The search for states: where play begins, where stages lead, how period follows period."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from offramp.errors import Problem, TooLargeError
from offramp.game.chains import ChainBuilder
from offramp.game.factored import StageTable
from offramp.game.findings import Findings
from offramp.game.frame import Frame, Numbers
from offramp.game.readings import (
    reads_period,
    stage_expressions,
    stage_reader,
    structure_read,
)
from offramp.game.stages import RowsBuilder
from offramp.game.states import Index, StateEnvironment, States, StateSpace
from offramp.scenario import Clause, Start, evaluate
from offramp.scenario.expressions import Did, Since, Was

if TYPE_CHECKING:
    from jaxtyping import Float, Int

__all__ = ["Search", "distribution", "rolled", "start_lottery"]

LARGEST_STATE_COUNT = 20_000_000  # public states of one slot; tables would exceed tens of GiB
Builder = RowsBuilder | ChainBuilder

FOREVER_SWEEPS = 10_000  # periods of search for new states before giving up


def start_lottery(
    space: StateSpace, start: Start
) -> tuple[Int[np.ndarray, "state"], Float[np.ndarray, "state"]]:
    """Return the codes at which play may begin, and their chances."""
    columns = np.zeros((len(space.fields), 1), np.int32)
    weight = np.ones(1)
    for row, variable in enumerate(space.crisis.variables):
        lottery = start.levels[variable.name]
        weight = np.concatenate([weight * chance for _, chance in lottery])
        parts = []
        for level, _ in lottery:
            part = columns.copy()
            part[row] = level
            parts.append(part)
        columns = np.concatenate(parts, axis=1)
    for row, one in enumerate(space.fields):
        if isinstance(one.key, Was):
            columns[row] = columns[space.position[one.key.variable]]
        elif isinstance(one.key, Since):
            columns[row] = one.size - 1
    kept = weight > 0
    return space.encode(columns[:, kept], 0), weight[kept]


def distribution(slot: Index, codes: np.ndarray, weights: np.ndarray) -> Float[np.ndarray, "state"]:
    """Return a lottery over codes as a distribution over a slot's states."""
    return np.bincount(slot.find(codes), weights=weights, minlength=len(slot))


def rolled(
    space: StateSpace, codes: Int[np.ndarray, "state"], period: int
) -> Int[np.ndarray, "state"]:
    """Return the next period's slot-0 code of each state at a period's end."""
    states = States(space, codes)
    after = states
    for row, one in enumerate(space.fields):
        key = one.key
        if isinstance(key, Did):
            source = space.position[Did(key.acts, key.lag - 1)] if key.lag else None
            after = after.put(row, 0 if source is None else states[source])
        elif isinstance(key, Was):
            level = space.position[Was(key.variable, key.lag - 1) if key.lag else key.variable]
            after = after.put(row, states[level])
        elif isinstance(key, Since):
            environment = StateEnvironment(space, states, period=period)
            holds = np.asarray(evaluate(key.condition, environment)) != 0
            after = after.put(row, np.where(holds, 0, np.minimum(states[row] + 1, one.size - 1)))
        elif one.kind == "chose":
            after = after.put(row, 0)
    return space.forget(after.codes, 0)


class Search:
    """Meets states period by period and has each stage's builder table them."""

    def __init__(
        self,
        frame: Frame,
        clauses: Mapping[str, tuple[tuple[int, int, Clause], ...]],
        apart: Collection[int] = (),
    ) -> None:
        """Begin without states; the stages `apart` are tabled for each period by itself."""
        self.frame = frame
        self._clauses = clauses
        crisis = frame.crisis
        self._forever = crisis.n_periods is None
        self.n_periods = 1 if crisis.n_periods is None else crisis.n_periods
        self._n_stages = len(crisis.stages)
        self._dated = [
            m in apart or reads_period(structure_read(crisis, m)) for m in range(self._n_stages)
        ]
        self._builders = [self._builder(m) for m in range(self._n_stages)]
        self._by_period: list[list[Builder]] = []
        self.start_codes: Int[np.ndarray, "start"] = np.zeros(0, np.int64)
        self.roll: Int[np.ndarray, "state"] = np.zeros(0, np.int64)
        self.n_reached: Int[np.ndarray, "period slot"] = np.zeros((0, self._n_stages + 1), np.int64)

    def _builder(self, number: int, period: int | None = None) -> Builder:
        """Return a stage's builder, for all periods, or for one where they lead elsewhere."""
        stage = self.frame.crisis.stages[number]
        reader = stage_reader(stage, self.frame.space)
        dates: Sequence[int] = (1,) if period is None else (period,)
        if period is None and reads_period(stage_expressions(self.frame.crisis, number)):
            dates = range(1, self.n_periods + 1)
        if not stage.movers and reader < 0:
            return ChainBuilder(self.frame, number, dates)
        return RowsBuilder(self.frame, number, reader, self._clauses, dates)

    def meet(self, codes: Sequence[Int[np.ndarray, "state"]]) -> None:
        """Meet states, by slot, as if they could be reached from the first period on."""
        for slot, met in zip(self.frame.slots, codes, strict=True):
            slot.add(met)

    def run(self, start_codes: np.ndarray) -> None:
        """Meet all states, from the start on."""
        slots = self.frame.slots
        slots[0].add(start_codes)
        self.start_codes = np.unique(start_codes)
        self._check_start()
        done = [0] * self._n_stages
        reached: list[list[int]] = []
        for t in range(FOREVER_SWEEPS if self._forever else self.n_periods):
            before = [len(slot) for slot in slots]
            self._by_period.append([self._advance(m, t, done) for m in range(self._n_stages)])
            reached.append([len(slot) for slot in slots])
            self._check_size()
            if self._forever or t < self.n_periods - 1:
                self._roll(t + 1)
            settled = before == reached[-1] and before[0] == len(slots[0])
            if settled and not any(self._dated):
                break
        if self._forever:
            reached = [[len(slot) for slot in slots]]
        reached += [reached[-1]] * (self.n_periods - len(reached))
        self.n_reached = np.array(reached[: self.n_periods], np.int64)
        unrolled = len(slots[-1]) - len(self.roll)
        self.roll = np.concatenate([self.roll, np.full(unrolled, -1, np.int64)])

    def _advance(self, stage: int, t: int, done: list[int]) -> Builder:
        """Table the states of a stage's slot that are new, or all of them where it is dated.

        Return the builder that does so.
        """
        codes = self.frame.slots[stage].codes
        if self._dated[stage]:
            own = self._builder(stage, t + 1)
            own.add(codes, t + 1)
            return own
        new = codes[done[stage] :]
        builder = self._builders[stage]
        if len(new):
            builder.add(new, t + 1)
            done[stage] = len(codes)
        if isinstance(builder, ChainBuilder):
            builder.close_period()
        return builder

    def _roll(self, period: int) -> None:
        new = self.frame.slots[-1].codes[len(self.roll) :]
        codes = rolled(self.frame.space, new, period)
        self.frame.slots[0].add(codes)
        self.roll = np.concatenate([self.roll, self.frame.slots[0].find(codes)]).astype(np.int64)

    def _check_start(self) -> None:
        space, crisis = self.frame.space, self.frame.crisis
        codes = self.frame.slots[0].codes
        for ending in crisis.endings:
            held = space.evaluate(ending.when, codes) != 0
            if held.any():
                told = space.describe(int(codes[int(np.argmax(held))]))
                state = ", ".join(f"{name}: {level}" for name, level in told.items())
                self.frame.findings.add(
                    "G510",
                    f"{ending.path}.when",
                    ending.where,
                    f"play has ended before it begins: '{ending.name}' holds at {{{state}}}.",
                    "change `start`, or the ending's condition.",
                )

    def _check_size(self) -> None:
        largest = max(len(slot) for slot in self.frame.slots)
        if largest > LARGEST_STATE_COUNT:
            sizes = ", ".join(
                f"{one.key if one.kind == 'variable' else one.kind} ({one.size})"
                for one in sorted(self.frame.space.fields, key=lambda f: -f.size)[:4]
            )
            raise TooLargeError(
                Problem(
                    code="G520",
                    message=f"more than {LARGEST_STATE_COUNT:,} public states can be reached; "
                    f"the fields with most levels are {sizes}.",
                    path="variables",
                    fix="use fewer levels or variables, or less memory (was, did, periods_since).",
                )
            )

    @property
    def varying(self) -> frozenset[int]:
        """The stages whose chances are 0, or 1, in some periods only: they must stand apart."""
        stages = zip(self._builders, self._dated, strict=True)
        return frozenset(
            m
            for m, (builder, dated) in enumerate(stages)
            if builder.numbers.odds.varies and not dated
        )

    def numbers(self) -> dict[Builder, Numbers]:
        """Return the numbers of every builder, as they were found."""
        return {one: one.numbers for builders in self._by_period for one in builders}

    def recast(self, space: StateSpace, findings: Findings) -> dict[Builder, Numbers] | None:
        """Return the numbers of another crisis of this structure; None if its draws lead elsewhere.

        Args:
            space: Has the same fields, and the other crisis's parameters.
        """
        found = {}
        for builder, numbers in self.numbers().items():
            other = numbers.recast(space, findings)
            if other is None or findings.problems:
                return None
            found[builder] = other
        return found

    def tables(self, numbers: Mapping[Builder, Numbers]) -> tuple[tuple[StageTable, ...], ...]:
        """Return the stage tables: one list for all periods, or one a period if any differ."""
        made = {builder: _tables(builder, own, self.n_periods) for builder, own in numbers.items()}
        differ = any(self._dated) or any(len(tables) > 1 for tables in made.values())
        last = len(self._by_period) - 1
        return tuple(
            tuple(_of_period(made[one], t) for one in self._by_period[min(t, last)])
            for t in range(self.n_periods if differ else 1)
        )


def _tables(builder: Builder, numbers: Numbers, n_periods: int) -> tuple[StageTable, ...]:
    if isinstance(builder, ChainBuilder):
        return builder.tables(numbers, n_periods)
    return builder.tables(numbers)


def _of_period(tables: Sequence[StageTable], period: int) -> StageTable:
    return tables[period if len(tables) > 1 else 0]
