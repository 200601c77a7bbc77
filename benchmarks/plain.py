"""The yardstick: a plain sparse-times-dense product, and the solver's expectation beside it.

Both work on the very same tables: every joint act of a stage is a row, every effect of a chance
stage a block of rows, and all numbers kept per state (profile, player, belief) are the columns. A
*useful* multiply-add is one entry of a table times one column; zeros, copies and payments are not
counted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

import numba
import numpy as np
from jaxtyping import Float, Int

from benchmarks.stopwatch import Timed, best_of
from offramp.equilibrium.kernels.expectations import RowTable, expect_row, run_chain
from offramp.equilibrium.plan import GamePlan, Kind, StagePlan
from offramp.equilibrium.stage_game import LEAST_STATES, LEAST_TILES
from offramp.equilibrium.tasks import Crew
from offramp.game import Game

__all__ = [
    "Rates",
    "Sparse",
    "compare_rates",
    "count_useful",
    "expectation_time",
    "multiply",
    "sparse_blocks",
]

THREADS = 2

# as the solver's kernels are compiled, but never kept: one kept from before a change of the solver
# would be timed in place of the one that stands there now
_uncached = numba.njit(nogil=True, error_model="numpy", fastmath={"contract"})


class Sparse(NamedTuple):
    """A sparse matrix in compressed rows."""

    row_start: Int[np.ndarray, "row_1"]
    column: Int[np.ndarray, "entry"]
    value: Float[np.ndarray, "entry"]


class Rates(NamedTuple):
    """Useful multiply-adds a second on two threads."""

    solver: float
    plain: float


@_uncached
def multiply(
    start: int,
    stop: int,
    matrix: Sparse,
    dense: Float[np.ndarray, "state column"],
    product: Float[np.ndarray, "row column"],
) -> None:
    """Write rows `start:stop` of matrix times dense; no row may be empty."""
    n_columns = dense.shape[1]
    for row in range(start, stop):
        first = matrix.row_start[row]
        for e in range(first, matrix.row_start[row + 1]):
            value, source = matrix.value[e], dense[matrix.column[e]]
            if e == first:
                for c in range(n_columns):
                    product[row, c] = value * source[c]
            else:
                for c in range(n_columns):
                    product[row, c] += value * source[c]


@_uncached
def expect_states(
    start: int,
    stop: int,
    table: RowTable,
    most_rows: int,
    n_beliefs: int,
    values: Float[np.ndarray, "state column"],
    ended: Float[np.ndarray, "ended column"],
    seen: Float[np.ndarray, "state"],
) -> None:
    """Take the solver's expectations of all acts at states `start:stop`, as its stages do."""
    after = np.empty((most_rows, values.shape[1]))
    for s in range(start, stop):
        first = table.start[s]
        for row in range(first, table.start[s + 1]):
            expect_row(row, table, n_beliefs, values, ended, row - first, after)
        seen[s] = after[0, 0]


def count_useful(game: Game) -> int:
    """Return the useful multiply-adds of one backward pass over all periods of a game."""
    plan = GamePlan(game)
    stages = range(len(game.stage_names))
    return sum(_useful(plan, t, m) for t in range(game.n_periods) for m in stages)


def _useful(plan: GamePlan, period: int, number: int) -> int:
    """Count table entries that matter by this period, times columns."""
    stage = plan.stage(period, number)
    if stage.kind is Kind.CHAIN:
        chain = stage.chain
        n_inner = chain.n_inner_reached[min(period, len(chain.n_inner_reached) - 1)]
        counts = np.diff(chain.table.entry_start)[chain.table.inner < n_inner]
        return int(counts.sum()) * plan.n_columns
    n_states = plan.game.n_reached[period, number]
    return int(stage.rows.entry_start[stage.rows.start[n_states]]) * plan.n_columns


def sparse_blocks(stage: StagePlan, n_next: int) -> Iterator[Sparse]:
    """Yield a stage's tables as matrices; ended states stand after the states of the next slot."""
    if stage.kind is Kind.CHAIN:
        table, n_inner = stage.chain.table, int(stage.chain.n_inner_reached[-1])
        for k in range(len(table.in_place)):
            rows = table.entry_start[table.step_start[k] : table.step_start[k + 1] + 1]
            part = slice(rows[0], rows[-1])
            yield _sparse(rows - rows[0], table.successor[part], table.chance[part], n_inner)
    else:
        whole = stage.rows
        yield _sparse(whole.entry_start, whole.successor, whole.chance[:, 0], n_next)


def _sparse(
    row_start: Int[np.ndarray, "row_1"],
    successor: Int[np.ndarray, "entry"],
    chance: Float[np.ndarray, "entry"],
    n_states: int,
) -> Sparse:
    column = np.where(successor >= 0, successor, n_states - 1 - successor)
    return Sparse(
        np.ascontiguousarray(row_start, np.int64),
        np.ascontiguousarray(column, np.int64),
        np.ascontiguousarray(chance, np.float64),
    )


def compare_rates(game: Game, *, seconds: float) -> Rates:
    """Run both sides over every stage of the last period, in one process; each about `seconds`."""
    race = _Race(game)
    useful = sum(_useful(race.plan, race.period, m) for m in range(len(race.stages)))
    with Crew(THREADS) as crew:
        solver = race.solver(crew, seconds)
        plain = race.product(crew, seconds)
    return Rates(useful / solver.wall, useful / plain.wall)


def expectation_time(game: Game, *, seconds: float) -> Timed:
    """Return what the solver's expectations take in all periods, each as the last one."""
    with Crew(THREADS) as crew:
        one = _Race(game).solver(crew, seconds)
    return Timed(one.cpu * game.n_periods, one.wall * game.n_periods)


class _Race:
    """The tables of a game's last period, and numbers to multiply them with."""

    def __init__(self, game: Game) -> None:
        self.plan = GamePlan(game)
        self.period = game.n_periods - 1
        self.stages = [self.plan.stage(self.period, m) for m in range(len(game.stage_names))]
        rng = np.random.default_rng(1)
        n_columns = self.plan.n_columns
        self.ended = rng.normal(size=(len(game.ended_codes), n_columns))
        self.after = [rng.normal(size=(len(codes), n_columns)) for codes in game.codes[1:]]

    def solver(self, crew: Crew, seconds: float) -> Timed:
        """Time the solver's kernels, stage by stage."""
        each = seconds / len(self.stages)
        works = [
            self._chain(stage, values, crew)
            if stage.kind is Kind.CHAIN
            else self._rows(stage, values, crew)
            for stage, values in zip(self.stages, self.after, strict=True)
        ]
        return _sum(best_of(work, seconds=each)[0] for work in works)

    def product(self, crew: Crew, seconds: float) -> Timed:
        """Time the plain product with the same tables."""
        each = seconds / len(self.stages)
        works = [
            self._product(stage, values, crew)
            for stage, values in zip(self.stages, self.after, strict=True)
        ]
        return _sum(best_of(work, seconds=each)[0] for work in works)

    def _rows(
        self, stage: StagePlan, values: Float[np.ndarray, "next_state column"], crew: Crew
    ) -> Callable[[], object]:
        table = stage.row_table
        most_rows = int(np.diff(table.start).max())
        seen = np.empty(len(table.start) - 1)

        def work(start: int, stop: int) -> None:
            expect_states(
                start, stop, table, most_rows, self.plan.n_beliefs, values, self.ended, seen
            )

        work(0, 0)  # compiles
        return lambda: crew.run(work, len(seen), LEAST_STATES)

    def _chain(
        self, stage: StagePlan, values: Float[np.ndarray, "next_state column"], crew: Crew
    ) -> Callable[[], object]:
        chain, plan = stage.chain, self.plan
        steps, n_inner = (0, len(chain.table.in_place)), int(chain.n_inner_reached[-1])
        target = np.empty((len(chain.enter), plan.n_columns))

        def work(start: int, stop: int) -> None:
            run_chain(
                start,
                stop,
                steps,
                chain.table,
                n_inner,
                plan.n_beliefs,
                values,
                chain.leave,
                self.ended,
                chain.enter,
                target,
            )

        work(0, 0)
        return lambda: crew.run(work, plan.n_tiles, LEAST_TILES)

    def _product(
        self, stage: StagePlan, values: Float[np.ndarray, "next_state column"], crew: Crew
    ) -> Callable[[], object]:
        blocks = list(sparse_blocks(stage, len(values)))
        n_states = max(int(block.column.max(initial=0)) + 1 for block in blocks)
        dense = np.resize(np.concatenate([values, self.ended]), (n_states, values.shape[1]))
        most = max(len(block.row_start) - 1 for block in blocks)
        product = np.empty((most, values.shape[1]))

        def work() -> None:
            for block in blocks:
                crew.run(part(block), len(block.row_start) - 1, LEAST_STATES)

        def part(block: Sparse) -> Callable[[int, int], object]:
            return lambda start, stop: multiply(start, stop, block, dense, product)

        multiply(0, 0, blocks[0], dense, product)
        return work


def _sum(times: Iterable[Timed]) -> Timed:
    listed = list(times)
    return Timed(sum(one.cpu for one in listed), sum(one.wall for one in listed))
