"""Tables of a game in the form in which the forward pass reads them.

Built once per table (stages that do not read the period share one table, and so one plan): who
learns what from what, which entries are one signal, a chain's steps in one run of arrays.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

from offramp.game import Chain, Game, Rows, SimplexGrid, StageTable, Step
from offramp.outcomes.kernels import ChainSteps, RowTable
from offramp.outcomes.lesson_kernels import BY_ENTRY, BY_ROW, STILL, Simplex

__all__ = [
    "ChainPlan",
    "ChainRun",
    "Learner",
    "Redraw",
    "RowsPlan",
    "Seat",
    "Types",
    "belief_maps",
    "plan_chain",
    "plan_rows",
]


@dataclass(frozen=True)
class Types:
    """Who has types, and where each stands on the axes of profiles and beliefs.

    Attributes:
        n_types: Per typed player.
        prior: Per typed player, the distribution from which a redraw takes its type.
        stride: Per typed player, what one point of its simplex adds to the joint belief number.
    """

    profiles: Int[np.ndarray, "profile typed"]
    n_types: tuple[int, ...]
    prior: tuple[Float[np.ndarray, "type"], ...]
    simplexes: tuple[SimplexGrid, ...]
    stride: tuple[int, ...]
    n_beliefs: int

    @classmethod
    def of(cls, game: Game, profile_prior: Float[np.ndarray, "profile"]) -> Types:
        """Read the axes off a game; `profile_prior` is whose prior a redraw draws from."""
        n_types = tuple(len(game.players[i].types) for i in game.typed)
        prior = tuple(
            np.bincount(game.profiles[:, j], weights=profile_prior, minlength=n)
            / profile_prior.sum()
            for j, n in enumerate(n_types)
        )
        sizes = [len(simplex.points) for simplex in game.grid.simplexes]
        stride = tuple(int(np.prod(sizes[j + 1 :])) for j in range(len(sizes)))
        n_beliefs = len(game.grid.points)
        return cls(game.profiles, n_types, prior, game.grid.simplexes, stride, n_beliefs)

    def simplex(self, j: int) -> Simplex:
        """Return typed player j's grid as the kernels want it."""
        grid = self.simplexes[j]
        component = self.component(j)
        return Simplex(
            prior=np.ascontiguousarray(grid.points[component].T),
            component=component,
            stride=self.stride[j],
            resolution=grid.resolution,
            cell_start=_int32(grid.cell_start),
            piece=_int32(grid.piece),
            inverse=np.ascontiguousarray(grid.inverse),
        )

    def component(self, j: int) -> Int[np.ndarray, "belief"]:
        """Return typed player j's point of its simplex in each joint belief point."""
        n_points = len(self.simplexes[j].points)
        return (np.arange(self.n_beliefs) // self.stride[j] % n_points).astype(np.int32)

    def redraw_chance(self, mask: int) -> Float[np.ndarray, "profile profile"]:
        """Return the chance that profile q (row) comes out where p (column) was, under a mask."""
        chance = np.ones((len(self.profiles), len(self.profiles)))
        for j, prior in enumerate(self.prior):
            new, old = self.profiles[:, None, j], self.profiles[None, :, j]
            chance *= prior[new] if mask >> j & 1 else (new == old)
        return chance


def belief_maps(types: Types) -> Int[np.ndarray, "mask belief"]:
    """Return where each redraw mask takes each joint belief point."""
    maps = np.tile(np.arange(types.n_beliefs), (1 << len(types.n_types), 1))
    for mask in range(len(maps)):
        for j, simplex in enumerate(types.simplexes):
            if mask >> j & 1:
                maps[mask] += (simplex.reference - types.component(j)) * types.stride[j]
    return maps.astype(np.int32)


# --- stages with movers, or whose results teach -------------------------------------------------


@dataclass(frozen=True)
class Seat:
    """One mover of a stage: its option in each row, its type in each joint type of the movers."""

    option: Int[np.ndarray, "row"]
    type_of_joint: Int[np.ndarray, "joint"]
    is_typed: bool


@dataclass(frozen=True)
class Learner:
    """A typed player about whom a stage teaches.

    Attributes:
        typed: Position among the typed players.
        mover: Its seat, or -1 where only a chance reads its type.
        by_signal: Its likelihood sums over all that look alike; else it is its act's alone.
        option: Its option in each row, or -1.
        source: For a learner whose act alone teaches: its option by lesson.
    """

    typed: int
    mover: int
    by_signal: bool
    option: Int[np.ndarray, "row"]
    source: Int[np.ndarray, "lesson"]


@dataclass(frozen=True)
class RowsPlan:
    """A stage's joint acts, ready for the kernels.

    Attributes:
        kind: `STILL`, `BY_ROW` or `BY_ENTRY`.
        lesson_start: Lessons of each state: its rows or its signals.
        signal_of_entry: Lesson of each entry, counted within its state.
        member, member_start: Entries of each signal.
        joint_of_profile: Joint type of the movers in each profile.
        reader_type: Column of `chance` that each profile reads.
        masks: Redraw masks that occur; 0 stands first.
    """

    table: StageTable
    seats: tuple[Seat, ...]
    learners: tuple[Learner, ...]
    kind: int
    rows: RowTable
    row_of_entry: Int[np.ndarray, "entry"]
    lesson_start: Int[np.ndarray, "state_1"]
    signal_of_entry: Int[np.ndarray, "entry"]
    member: Int[np.ndarray, "member"]
    member_start: Int[np.ndarray, "signal_1"]
    joint_of_profile: Int[np.ndarray, "profile"]
    reader_type: Int[np.ndarray, "profile"]
    masks: tuple[int, ...]

    @property
    def n_joint(self) -> int:
        """Joint types of the stage's movers."""
        return int(self.joint_of_profile.max()) + 1

    @property
    def n_rows(self) -> int:
        """Joint acts of all states."""
        return len(self.rows.entry_start) - 1

    def with_numbers(self, table: StageTable) -> RowsPlan:
        """Return the plan of a table of the same structure, with its own chances and payments."""
        assert table.rows is not None
        chance = np.require(table.rows.chance, np.float64, ["C", "A", "W"])
        return replace(self, table=table, rows=self.rows._replace(chance=chance))


class _Signals(NamedTuple):
    lesson_start: np.ndarray
    signal_of_entry: np.ndarray
    member: np.ndarray
    member_start: np.ndarray


def plan_rows(table: StageTable, game: Game, *, learns: bool) -> RowsPlan:
    """Prepare a stage with rows; with `learns` false beliefs stay where they are."""
    assert table.rows is not None
    rows = table.rows
    learners = _learners(table, game) if learns else ()
    by_entry = bool(learners) and (table.hides or table.reader >= 0)
    row_of_entry = np.repeat(np.arange(len(rows.option)), np.diff(rows.entry_start))
    signals = _group_signals(table, rows, row_of_entry) if by_entry else _no_signals(rows)
    sources = (
        rows.option[row_of_entry[signals.member[signals.member_start[:-1]]]]
        if by_entry
        else rows.option
    )
    joint, type_of_joint = _joint_types(table, game)
    return RowsPlan(
        table=table,
        seats=tuple(
            Seat(_int32(rows.option[:, k]), type_of_joint[k], game.players[mover.player].typed >= 0)
            for k, mover in enumerate(table.movers)
        ),
        learners=tuple(_seated(learner, sources, rows) for learner in learners),
        kind=BY_ENTRY if by_entry else BY_ROW if learners else STILL,
        rows=RowTable(
            _int32(rows.start),
            _int32(rows.entry_start),
            _int32(rows.successor),
            np.array(rows.chance, np.float64, order="C"),
            _int32(rows.redraw),
        ),
        row_of_entry=_int32(row_of_entry),
        lesson_start=signals.lesson_start,
        signal_of_entry=signals.signal_of_entry,
        member=signals.member,
        member_start=signals.member_start,
        joint_of_profile=joint,
        reader_type=_reader_types(table, game),
        masks=(0, *sorted({int(mask) for mask in np.unique(rows.redraw)} - {0})),
    )


class _Place(NamedTuple):
    typed: int
    mover: int
    by_signal: bool


def _learners(table: StageTable, game: Game) -> tuple[_Place, ...]:
    """Find the typed players about whom the stage teaches, and how."""
    places = []
    for k, mover in enumerate(table.movers):
        typed = game.players[mover.player].typed
        if typed >= 0:
            covert = bool(np.any(mover.seen_as != mover.action))
            places.append(_Place(typed, k, covert or table.reader == typed))
    if table.reader >= 0 and all(place.typed != table.reader for place in places):
        places.append(_Place(table.reader, -1, True))
    return tuple(places)


def _seated(place: _Place, sources: np.ndarray, rows: Rows) -> Learner:
    if place.mover < 0:
        none = np.full(len(rows.option), -1, np.int32)
        return Learner(place.typed, -1, True, none, np.zeros(0, np.int32))
    option = _int32(rows.option[:, place.mover])
    source = _int32(sources[:, place.mover])
    return Learner(place.typed, place.mover, place.by_signal, option, source)


def _no_signals(rows: Rows) -> _Signals:
    none = np.zeros(0, np.int32)
    return _Signals(_int32(rows.start), none, none, np.zeros(1, np.int32))


def _group_signals(table: StageTable, rows: Rows, row_of_entry: np.ndarray) -> _Signals:
    """Group each state's entries by what is seen: acts as they look, successor, redraw."""
    state_of_row = np.repeat(np.arange(len(rows.start) - 1), np.diff(rows.start))
    keys = [rows.redraw, rows.successor]
    for k, mover in enumerate(table.movers):
        option = rows.option[:, k]
        keys.append(np.append(mover.seen_as, -1)[option][row_of_entry])
    keys.append(state_of_row[row_of_entry])
    order = np.lexsort(keys)
    is_new = np.zeros(len(order), bool)
    is_new[:1] = True
    for key in keys:
        is_new[1:] |= key[order][1:] != key[order][:-1]
    state_of_signal = keys[-1][order][is_new]
    lesson_start = np.searchsorted(state_of_signal, np.arange(len(rows.start)))
    signal = np.empty(len(order), np.int64)
    signal[order] = np.cumsum(is_new) - 1
    return _Signals(
        _int32(lesson_start),
        _int32(signal - lesson_start[keys[-1]]),
        _int32(order),
        _int32(np.append(np.flatnonzero(is_new), len(order))),
    )


def _joint_types(
    table: StageTable, game: Game
) -> tuple[Int[np.ndarray, "profile"], list[Int[np.ndarray, "joint"]]]:
    """Return the movers' joint type in each profile, and each mover's own type in it."""
    typed = [game.players[mover.player].typed for mover in table.movers]
    sizes = [len(game.players[mover.player].types) for mover in table.movers]
    joint = np.zeros(len(game.profiles), np.int32)
    for j, size in zip(typed, sizes, strict=True):
        if j >= 0:
            joint = joint * size + game.profiles[:, j].astype(np.int32)
    n_joint = int(np.prod([size for j, size in zip(typed, sizes, strict=True) if j >= 0]))
    own, stride = [], n_joint
    for j, size in zip(typed, sizes, strict=True):
        if j < 0:
            own.append(np.zeros(n_joint, np.int32))
            continue
        stride //= size
        own.append((np.arange(n_joint) // stride % size).astype(np.int32))
    return joint, own


def _reader_types(table: StageTable, game: Game) -> Int[np.ndarray, "profile"]:
    if table.reader < 0:
        return np.zeros(len(game.profiles), np.int32)
    return _int32(game.profiles[:, table.reader])


# --- chance stages ------------------------------------------------------------------------------


@dataclass(frozen=True)
class ChainRun:
    """Consecutive steps of a chain without redraws, in one run of arrays.

    Attributes:
        enter: Inner state of each state that comes in.
        leave: State that each inner state leads to.
        steps: Of affected states, `flow_of` gives the number among the chain's paying ones.
    """

    enter: Int[np.ndarray, "state"]
    leave: Int[np.ndarray, "inner"]
    steps: ChainSteps


@dataclass(frozen=True)
class Redraw:
    """A step of a chain that draws types afresh, from inner states to inner states."""

    affected_of: Int[np.ndarray, "inner"]
    inner: Int[np.ndarray, "affected"]
    table: RowTable
    masks: tuple[int, ...]
    flow_start: int


@dataclass(frozen=True)
class ChainPlan:
    """A chance stage as runs of steps and redraws, in order.

    Attributes:
        pay: What is paid where mass passes, by number of the paying affected state.
    """

    table: StageTable
    n_inner: int
    parts: tuple[ChainRun | Redraw, ...]
    pay: Float[np.ndarray, "paying profile account"]


def plan_chain(table: StageTable) -> ChainPlan:
    """Prepare a chance stage: cut its chain at the steps that draw types afresh."""
    assert table.chain is not None
    chain = table.chain
    inside = np.arange(chain.n_inner, dtype=np.int32)
    parts: list[ChainRun | Redraw] = []
    pay: list[np.ndarray] = []
    waiting: list[Step] = []
    enter = _int32(chain.enter)
    n_paying = 0
    for step in chain.steps:
        if not np.any(step.redraw):
            waiting.append(step)
            continue
        run, n_paying = _run(waiting, enter, inside, n_paying, pay)
        parts += [run, _redraw(step, chain, n_paying)]
        pay.append(step.pay)
        n_paying += len(step.inner)
        waiting, enter = [], inside
    run, n_paying = _run(waiting, enter, _int32(chain.leave), n_paying, pay)
    parts.append(run)
    return ChainPlan(table, chain.n_inner, tuple(parts), _joined_pay(pay, chain))


def _run(
    steps: Sequence[Step],
    enter: np.ndarray,
    leave: np.ndarray,
    n_paying: int,
    pay: list[np.ndarray],
) -> tuple[ChainRun, int]:
    flow_of: list[np.ndarray] = []
    for step in steps:
        pays = bool(np.any(step.pay))
        numbers = n_paying + np.arange(len(step.inner))
        flow_of.append(numbers if pays else np.full(len(step.inner), -1))
        if pays:
            pay.append(step.pay)
            n_paying += len(step.inner)
    entries = np.concatenate([[0], np.cumsum([len(step.successor) for step in steps])])
    starts = [
        step.entry_start[:-1] + first for step, first in zip(steps, entries[:-1], strict=True)
    ]
    sizes = [len(step.inner) for step in steps]
    steps_table = ChainSteps(
        step_start=_int32(np.concatenate([[0], np.cumsum(sizes)])),
        in_place=np.array([step.in_place for step in steps], np.uint8),
        inner=_int32(_concatenated([step.inner for step in steps])),
        entry_start=_int32(_concatenated([*starts, entries[-1:]])),
        successor=_int32(_concatenated([step.successor for step in steps])),
        chance=_concatenated([step.chance for step in steps]).astype(np.float64),
        flow_of=_int32(_concatenated(flow_of)),
    )
    return ChainRun(enter, leave, steps_table), n_paying


def _redraw(step: Step, chain: Chain, flow_start: int) -> Redraw:
    affected_of = np.full(chain.n_inner, -1, np.int32)
    affected_of[step.inner] = np.arange(len(step.inner))
    return Redraw(
        affected_of=affected_of,
        inner=_int32(step.inner),
        table=RowTable(
            np.arange(len(step.inner) + 1, dtype=np.int32),
            _int32(step.entry_start),
            _int32(step.successor),
            np.array(step.chance, np.float64)[:, None],
            _int32(step.redraw),
        ),
        masks=(0, *sorted({int(mask) for mask in np.unique(step.redraw)} - {0})),
        flow_start=flow_start,
    )


def _joined_pay(pay: Sequence[np.ndarray], chain: Chain) -> np.ndarray:
    if pay:
        return np.concatenate(pay)
    shape = chain.steps[0].pay.shape[1:] if chain.steps else (1, 1)
    return np.zeros((0, *shape))


def _concatenated(parts: Sequence[np.ndarray]) -> np.ndarray:
    return np.concatenate(parts) if parts else np.zeros(0, np.int64)


def _int32(values: np.ndarray) -> np.ndarray:
    """Copy to 32-bit integers: half the traffic, and one array type for every kernel call."""
    return np.array(values, np.int32, order="C")
