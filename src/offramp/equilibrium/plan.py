"""A game's tables as kernels take them: contiguous, of fixed types, with accounts resolved.

Built once per solve and shared by all periods. No array layout or type that reaches a kernel
depends on the scenario, so that a changed scenario compiles nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum
from functools import cached_property

import numpy as np
from jaxtyping import Float, Int, Shaped, UInt32

from offramp.equilibrium.kernels.expectations import TILE, ChainTable, RowTable
from offramp.equilibrium.kernels.lanes import SPLIT, Simplex
from offramp.equilibrium.kernels.points import Beliefs, JointTable
from offramp.equilibrium.kernels.signalling import Mover
from offramp.game.beliefs import SimplexGrid
from offramp.game.factored import Chain, Game, Options, Rows, StageTable

__all__ = ["ChainPlan", "GamePlan", "Kind", "StagePlan", "kernel_array"]

MOST_LANE_TYPES = 3  # Newton's step of the typed reply is written out for two and three types


class Kind(Enum):
    """Which kernel solves a stage."""

    CHAIN = "chain"
    UNTYPED = "untyped"
    TYPED = "typed"
    JOINT = "joint"


@dataclass(frozen=True)
class ChainPlan:
    """A chance stage as effects applied one after another; redraws split it into segments."""

    table: ChainTable
    enter: Int[np.ndarray, "state"]
    leave: Int[np.ndarray, "inner"]
    n_inner_reached: Int[np.ndarray, "period"]
    redraws: tuple[int, ...]


@dataclass(frozen=True)
class StagePlan:
    """One stage table, ready for kernels.

    Attributes:
        kind: Which kernel solves it.
        most_options: Largest number of options that one mover has in one state.
    """

    game: GamePlan
    source: StageTable
    kind: Kind
    most_options: int

    @property
    def options(self) -> tuple[Options, ...]:
        """The movers' options, in the table's order."""
        return self.source.movers

    @property
    def rows(self) -> Rows:
        """The joint acts of a stage that is not a chain."""
        if self.source.rows is None:
            raise ValueError(f"stage {self.source.name} is a chain and has no rows")
        return self.source.rows

    @cached_property
    def row_table(self) -> RowTable:
        """The rows, for kernels."""
        rows = self.rows
        return RowTable(
            start=kernel_array(rows.start, np.int64),
            entry_start=kernel_array(rows.entry_start, np.int64),
            successor=kernel_array(rows.successor, np.int64),
            chance=kernel_array(rows.chance, np.float64),
            redraw=kernel_array(rows.redraw, np.int64),
            pay=kernel_array(
                rows.pay.reshape(len(rows.pay), int(np.prod(rows.pay.shape[1:]))), np.float64
            ),
        )

    @cached_property
    def option_start(self) -> Int[np.ndarray, "mover state_1"]:
        """Where each mover's options begin, state by state."""
        starts = [mover.start for mover in self.options]
        n_states = len(self.rows.start)
        return kernel_array(np.array(starts).reshape(len(starts), n_states), np.int64)

    @cached_property
    def bound(self) -> Float[np.ndarray, "option type"]:
        """The only mover's bounds (of a stage that is not joint)."""
        return kernel_array(self.options[0].bound, np.float64)

    @cached_property
    def chain(self) -> ChainPlan:
        """The effects of a chance stage, end to end."""
        if self.source.chain is None:
            raise ValueError(f"stage {self.source.name} has rows and is no chain")
        return _plan_chain(self.source.chain)

    @cached_property
    def joint(self) -> JointTable:
        """Rows, movers and signals for the general solver."""
        return _join(self)

    @cached_property
    def most_signals(self) -> int:
        """Largest number of signals in one state."""
        return int(self.joint.n_signals.max(initial=1))

    @cached_property
    def most_cells(self) -> int:
        """Largest number of options, times own types, of all movers in one state."""
        counts = np.diff(self.option_start, axis=1)
        widths = [self.n_types(k) for k in range(len(self.options))]
        return int((np.array(widths, np.int64) @ counts).max(initial=0))

    def n_choosing(self, n_states: int) -> int:
        """Return in how many of the first states somebody has options."""
        return int(self._choosing[n_states])

    @cached_property
    def _choosing(self) -> Int[np.ndarray, "state_1"]:
        return self.game.game.structure.once(
            "states in which somebody chooses",
            (self.options, self.rows.start),
            lambda: np.append(0, np.cumsum((np.diff(self.option_start, axis=1) > 0).any(axis=0))),
        )

    def n_types(self, mover: int) -> int:
        """Types by which a mover's strategy can differ: its own, or one."""
        return self.options[mover].bound.shape[1]


@dataclass(frozen=True)
class GamePlan:
    """What all stages share."""

    game: Game
    _stages: dict[int, StagePlan] = field(default_factory=dict, repr=False)

    @cached_property
    def n_profiles(self) -> int:
        """Joint types."""
        return len(self.game.profiles)

    @cached_property
    def n_accounts(self) -> int:
        """Recipients of payoffs."""
        return len(self.game.accounts)

    @cached_property
    def n_beliefs(self) -> int:
        """Joint points of the grid."""
        return len(self.game.grid.points)

    @property
    def n_columns(self) -> int:
        """Numbers kept per state."""
        return self.n_profiles * self.n_accounts * self.n_beliefs

    @property
    def n_tiles(self) -> int:
        """Tiles of columns that a chain is cut into."""
        return -(-self.n_columns // TILE)

    @cached_property
    def account_of(self) -> tuple[int, ...]:
        """Account of each player as a whole; -1 where the game keeps none."""
        whole = {a.player: n for n, a in enumerate(self.game.accounts) if a.term is None}
        return tuple(whole.get(player, -1) for player in range(len(self.game.players)))

    @cached_property
    def discount(self) -> Float[np.ndarray, "account"]:
        """Discount of each account's owner, per period."""
        owners = [self.game.players[account.player] for account in self.game.accounts]
        return np.array([owner.discount for owner in owners], dtype=np.float64)

    @property
    def patience(self) -> float:
        """The largest discount."""
        return float(self.discount.max(initial=0.0))

    @cached_property
    def opinion(self) -> tuple[Float[np.ndarray, "profile belief"], ...]:
        """Per player, its belief over profiles at each joint point."""
        return tuple(kernel_array(rows, np.float64) for rows in self.game.grid.opinion)

    @cached_property
    def beliefs(self) -> Beliefs:
        """The joint grid, for the general solver."""
        return _lay_out_beliefs(self)

    @cached_property
    def points(self) -> Float[np.ndarray, "belief typed type"]:
        """Reference beliefs at each joint point."""
        return kernel_array(self.game.grid.points, np.float64)

    @cached_property
    def belief_index(self) -> Int[np.ndarray, "belief typed"]:
        """Each joint point's number on every typed player's own grid."""
        beliefs, numbers = self.beliefs, np.arange(self.n_beliefs)
        return kernel_array(numbers[:, None] // beliefs.stride % beliefs.n_points, np.int64)

    @cached_property
    def landing(self) -> Int[np.ndarray, "mask belief"]:
        """Joint belief to which each belief returns when the types in a mask are drawn afresh."""
        beliefs, numbers = self.beliefs, np.arange(self.n_beliefs)
        landing = np.tile(numbers, (2 ** len(self.game.typed), 1))
        for mask in range(len(landing)):
            for j in range(len(self.game.typed)):
                if mask >> j & 1:
                    point = numbers // beliefs.stride[j] % beliefs.n_points[j]
                    landing[mask] += (beliefs.reference[j] - point) * beliefs.stride[j]
        return landing

    def stage(self, period: int, stage: int) -> StagePlan:
        """Return the plan of a stage's table; tables shared by periods share it."""
        table = self.game.table(period, stage)
        if id(table) not in self._stages:  # the game keeps its tables alive, so ids stay theirs
            self._stages[id(table)] = _plan_stage(self, table)
        return self._stages[id(table)]

    def simplex(self, typed: int) -> Simplex:
        """Return a typed player's own grid with points and pieces innermost."""
        grid = self.game.grid.simplexes[typed]
        return Simplex(
            belief=kernel_array(grid.points.T, np.float64),
            resolution=int(grid.resolution),
            cell_piece=_cell_pieces(grid),
            cell_start=kernel_array(grid.cell_start, np.int64),
            piece=kernel_array(grid.piece.T, np.uint32),
            inverse=kernel_array(grid.inverse.transpose(1, 2, 0), np.float64),
            learning=int(self.game.learning),
        )

    def mover(self, player: int) -> Mover:
        """Return where a typed player's types and beliefs stand among the joint ones."""
        sizes = [int(n) for n in self.game.profiles.max(axis=0, initial=0) + 1]
        typed = self.game.players[player].typed
        points = [len(grid.points) for grid in self.game.grid.simplexes]
        return Mover(
            account=self.account_of[player],
            n_types=sizes[typed],
            n_accounts=self.n_accounts,
            profile_high=int(np.prod(sizes[:typed])),
            profile_low=int(np.prod(sizes[typed + 1 :])),
            belief_high=int(np.prod(points[:typed])),
            belief_low=int(np.prod(points[typed + 1 :])),
        )


_Number = type[np.int64] | type[np.uint32] | type[np.float64]


def kernel_array(
    array: Shaped[np.ndarray, "..."], dtype: _Number | None = None
) -> Shaped[np.ndarray, "..."]:
    """Return the array as kernels were compiled for it: contiguous, aligned, writeable."""
    return np.require(array, dtype, ["C", "A", "W"])


def _cell_pieces(grid: SimplexGrid) -> UInt32[np.ndarray, "cell"]:
    """Return the first piece of each cell, marked where there are others."""
    split = np.diff(grid.cell_start) > 1
    return (grid.cell_start[:-1] + split * SPLIT).astype(np.uint32)


def _plan_stage(game: GamePlan, table: StageTable) -> StagePlan:
    kind, most_options = game.game.structure.once(
        "kind of a stage",
        (
            table.movers,
            table.rows.redraw if table.rows is not None else None,
            table.reader,
            table.hides,
        ),
        lambda: (
            _kind(table),
            max((int(np.diff(mover.start).max(initial=0)) for mover in table.movers), default=0),
        ),
    )
    return StagePlan(game, table, kind, most_options)


def _kind(table: StageTable) -> Kind:
    if table.rows is None:
        return Kind.CHAIN
    alone = len(table.movers) == 1 and not table.hides and table.reader < 0
    if not alone or table.rows.redraw.any():
        return Kind.JOINT
    n_types = table.movers[0].bound.shape[1]
    if n_types == 1:
        return Kind.UNTYPED
    return Kind.TYPED if n_types <= MOST_LANE_TYPES else Kind.JOINT


def _plan_chain(chain: Chain) -> ChainPlan:
    steps = chain.steps
    counts = [len(step.inner) for step in steps]
    paying = [step.pay.reshape(len(step.pay), -1) for step in steps]
    rows = np.concatenate(paying) if steps else np.zeros((0, 1))
    pays = rows.any(axis=1)
    return ChainPlan(
        table=ChainTable(
            step_start=np.cumsum([0, *counts]).astype(np.int64),
            inner=_joined([step.inner for step in steps], np.int64),
            entry_start=_joined_starts([step.entry_start for step in steps]),
            successor=_joined([step.successor for step in steps], np.int64),
            chance=_joined([step.chance for step in steps], np.float64),
            redraw=_joined([step.redraw for step in steps], np.int64),
            in_place=np.array([step.in_place for step in steps], dtype=np.int64),
            pay_row=np.where(pays, np.cumsum(pays) - 1, -1).astype(np.int64),
            pay=kernel_array(rows[pays], np.float64),
        ),
        enter=kernel_array(chain.enter, np.int64),
        leave=kernel_array(chain.leave, np.int64),
        n_inner_reached=chain.n_inner_reached,
        redraws=tuple(k for k, step in enumerate(steps) if step.redraw.any()),
    )


def _joined(
    parts: list[Shaped[np.ndarray, "entry"]], dtype: _Number
) -> Shaped[np.ndarray, "entry"]:
    return np.concatenate([np.zeros(0, dtype), *parts]).astype(dtype)


def _joined_starts(parts: list[Int[np.ndarray, "affected_1"]]) -> Int[np.ndarray, "affected_1"]:
    counts = [np.diff(part) for part in parts]
    return np.cumsum(np.concatenate([np.zeros(1, np.int64), *counts])).astype(np.int64)


def _join(plan: StagePlan) -> JointTable:
    game, rows, table = plan.game.game, plan.rows, plan.source
    widths = [plan.n_types(k) for k in range(len(plan.options))]
    counts = [len(mover.action) for mover in plan.options]
    bound = np.zeros((sum(counts), max(widths, default=1)))
    for k, mover in enumerate(plan.options):
        at = sum(counts[:k])
        bound[at : at + counts[k], : widths[k]] = mover.bound
    signal, n_signals = _number_signals(plan)
    players = [mover.player for mover in plan.options]
    typed = [game.players[player].typed for player in players]
    informative = [j in typed or j == table.reader for j in range(len(game.typed))]
    common = plan.row_table
    return JointTable(
        mover_typed=np.array(typed, dtype=np.int64),
        mover_types=np.array(widths, dtype=np.int64),
        mover_account=np.array([plan.game.account_of[p] for p in players], dtype=np.int64),
        option_start=plan.option_start,
        bound_at=np.cumsum([0, *counts]).astype(np.int64)[:-1],
        bound=bound,
        start=common.start,
        option=kernel_array(rows.option.reshape(len(rows.pay), len(players)), np.int64),
        entry_start=common.entry_start,
        successor=common.successor,
        chance=common.chance,
        redraw=common.redraw,
        pay=common.pay,
        signal=signal,
        n_signals=n_signals,
        reader=int(table.reader),
        informative=np.array(informative, dtype=np.int64),
    )


def _number_signals(
    plan: StagePlan,
) -> tuple[Int[np.ndarray, "entry"], Int[np.ndarray, "state"]]:
    """Return a number, within its state, for what all see of each entry; and their count."""
    rows, table = plan.rows, plan.source
    row = np.repeat(np.arange(len(rows.pay)), np.diff(rows.entry_start))
    state = np.repeat(np.arange(len(rows.start) - 1), np.diff(rows.start))[row]
    seen = [
        np.where(rows.option[row, k] >= 0, mover.seen_as[rows.option[row, k]], -1)
        for k, mover in enumerate(plan.options)
        if len(mover.seen_as)
    ]
    results = [rows.successor] if table.hides or table.reader >= 0 else []
    number = _number_alike([state, *seen, *results, rows.redraw])
    first = np.full(len(rows.start) - 1, len(number), dtype=np.int64)
    last = np.full(len(rows.start) - 1, -1, dtype=np.int64)
    np.minimum.at(first, state, number)
    np.maximum.at(last, state, number)
    return number - first[state], np.maximum(last - first + 1, 0)


def _number_alike(columns: Sequence[Int[np.ndarray, "entry"]]) -> Int[np.ndarray, "entry"]:
    """Return a number for each combination of what the columns hold, in their order."""
    number = np.zeros(len(columns[0]), np.int64)
    for column in columns:
        # numbered anew after each column, so that no combination outgrows its integer
        least, most = column.min(initial=0), column.max(initial=0)
        if most > least:
            number = number * (most - least + 1) + (column - least)
            number = np.unique(number, return_inverse=True)[1].reshape(-1)
    return number


def _lay_out_beliefs(plan: GamePlan) -> Beliefs:
    game, grids = plan.game, plan.game.grid.simplexes
    widest = max((grid.points.shape[1] for grid in grids), default=1)
    n_points = [len(grid.points) for grid in grids]
    pieces = [_padded(grid.piece, widest) for grid in grids]
    inverses = [_padded_squares(grid.inverse, widest) for grid in grids]
    return Beliefs(
        n_types=np.array([grid.points.shape[1] for grid in grids], dtype=np.int64),
        n_points=np.array(n_points, dtype=np.int64),
        stride=np.array([np.prod(n_points[j + 1 :]) for j in range(len(grids))], dtype=np.int64),
        resolution=np.array([grid.resolution for grid in grids], dtype=np.int64),
        reference=np.array([grid.reference for grid in grids], dtype=np.int64),
        cell_at=np.cumsum([0, *(len(grid.cell_start) for grid in grids)]).astype(np.int64)[:-1],
        piece_at=np.cumsum([0, *(len(grid.piece) for grid in grids)]).astype(np.int64)[:-1],
        cell_start=_joined([grid.cell_start for grid in grids], np.int64),
        piece=np.concatenate([np.zeros((0, widest), np.int64), *pieces]),
        inverse=np.concatenate([np.zeros((0, widest, widest)), *inverses]),
        profiles=kernel_array(game.profiles, np.int64),
        draw=_redraw_chances(game),
        n_beliefs=plan.n_beliefs,
        n_accounts=plan.n_accounts,
        learning=int(game.learning),
    )


def _padded(piece: Int[np.ndarray, "piece type"], widest: int) -> Int[np.ndarray, "piece type_2"]:
    return np.pad(piece, ((0, 0), (0, widest - piece.shape[1])))


def _padded_squares(
    inverse: Float[np.ndarray, "piece type type"], widest: int
) -> Float[np.ndarray, "piece type_2 type_2"]:
    missing = widest - inverse.shape[1]
    return np.pad(inverse, ((0, 0), (0, missing), (0, missing)))


def _redraw_chances(game: Game) -> Float[np.ndarray, "mask account profile profile_2"]:
    """Return the chance that a profile becomes another when the types in a mask are redrawn."""
    n_profiles, n_typed = len(game.profiles), len(game.typed)
    draw = np.ones((2**n_typed, len(game.accounts), n_profiles, n_profiles))
    for j in range(n_typed):
        types = game.profiles[:, j]
        same = types[:, None] == types[None, :]
        for mask in range(2**n_typed):
            for number, account in enumerate(game.accounts):
                if mask >> j & 1:
                    draw[mask, number] *= _own_prior(game, account.player, j)[types][None, :]
                else:
                    draw[mask, number] *= same
    return draw


def _own_prior(game: Game, player: int, typed: int) -> Float[np.ndarray, "type"]:
    grid = game.grid.simplexes[typed]
    reference = grid.points[grid.reference]
    prior = game.grid.tilt[player, typed, : len(reference)] * reference
    return np.asarray(prior / prior.sum())
