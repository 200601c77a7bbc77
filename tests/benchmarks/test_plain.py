"""The yardstick multiplies as scipy does, and useful work is counted as it is defined."""

from __future__ import annotations

import numpy as np
import scipy.sparse
from benchmarks.plain import Sparse, count_useful, multiply, sparse_blocks
from benchmarks.solving import named_game

from offramp.equilibrium.plan import GamePlan


def test_plain_product_is_the_product():
    rng = np.random.default_rng(3)
    matrix = scipy.sparse.random(30, 20, density=0.2, format="lil", random_state=4)
    matrix[:, 0] = 1.0  # no row is empty
    compressed = matrix.tocsr()
    ours = Sparse(
        compressed.indptr.astype(np.int64), compressed.indices.astype(np.int64), compressed.data
    )
    dense = rng.normal(size=(20, 7))
    product = np.full((30, 7), np.nan)
    multiply(0, 30, ours, dense, product)
    np.testing.assert_allclose(product, compressed @ dense, atol=1e-13)


def test_useful_work_counts_entries_of_reached_states_times_columns():
    game = named_game("duel", trial=True)
    columns = len(game.profiles) * len(game.accounts) * len(game.grid.points)
    entries = 0
    for period in range(game.n_periods):
        for number, table in enumerate(game.stages[0]):
            if table.rows is not None:
                reached = game.n_reached[period, number]
                entries += table.rows.entry_start[table.rows.start[reached]]
            else:
                inner = table.chain.n_inner_reached[period]
                for step in table.chain.steps:
                    sizes = np.diff(step.entry_start)
                    entries += sizes[step.inner < inner].sum()
    assert count_useful(game) == entries * columns


def test_matrices_of_a_stage_hold_its_chances():
    plan = GamePlan(named_game("strait", trial=True))
    for number in range(4):
        for block in sparse_blocks(plan.stage(1, number), 240):
            mass = np.add.reduceat(block.value, block.row_start[:-1])
            np.testing.assert_allclose(mass, 1.0, atol=1e-12)
            assert block.column.min() >= 0
