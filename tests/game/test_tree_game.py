"""The tree as a game keeps the contract of a game, and tells the same story as the tree."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from offramp.game import Game, compile_game
from offramp.game.tree import Tree, unroll
from offramp.game.tree_game import history_numbers, tree_as_game
from offramp.scenario import load_scenario

SCENARIOS = Path(__file__).parents[1] / "oracles" / "scenarios"


@pytest.fixture(params=["crisis-signalling", "guarantee", "probing", "probing-red-line"])
def tree(request) -> Tree:
    scenario = load_scenario(SCENARIOS / f"{request.param}.yaml")
    return unroll(compile_game(scenario, beliefs="history"))


def as_game(tree: Tree) -> Game:
    grid = tree.game.grid
    prior = grid.points[grid.reference]
    return tree_as_game(tree, np.broadcast_to(prior, (tree.n_nodes, *prior.shape)))


def test_every_node_is_a_state_once(tree):
    numbers = history_numbers(tree)
    choosing = np.concatenate(numbers.nodes[:-1])
    horizon = np.arange(*tree.layer_start[-2:])
    horizon = horizon[tree.state[horizon] >= 0]
    every = np.sort(np.concatenate([choosing, horizon, numbers.ended]))
    assert every.tolist() == list(range(tree.n_nodes))


def test_chances_of_every_row_sum_to_one(tree):
    for table in as_game(tree).stages[0]:
        total = np.add.reduceat(table.rows.chance, table.rows.entry_start[:-1], axis=0)
        assert total[:, : table.rows.chance.shape[1]] == pytest.approx(1.0)


def test_states_keep_their_codes(tree):
    game, numbers = as_game(tree), history_numbers(tree)
    for m in range(tree.n_stages):
        assert len(game.codes[m]) == len(numbers.nodes[m])
        at = numbers.nodes[m]
        assert game.codes[m].tolist() == tree.game.codes[m][tree.state[at]].tolist()


def test_rows_lead_to_the_nodes_children(tree):
    game, numbers = as_game(tree), history_numbers(tree)
    for m, table in enumerate(game.stages[0]):
        rows = table.rows
        for state, node in enumerate(numbers.nodes[m]):
            entries = slice(
                rows.entry_start[rows.start[state]], rows.entry_start[rows.start[state + 1]]
            )
            children = set(np.flatnonzero(tree.parent == node).tolist())
            assert {_node(tree, numbers, m, s) for s in rows.successor[entries]} == children


def _node(tree, numbers, stage, successor) -> int:
    if successor < 0:
        return int(numbers.ended[-1 - successor])
    return int(numbers.nodes[stage + 1][successor])


def test_periods_follow_each_other(tree):
    game, numbers = as_game(tree), history_numbers(tree)
    for closing, opening in zip(numbers.nodes[-1], game.roll, strict=True):
        at_horizon = closing >= tree.layer_start[-2]
        assert (opening < 0) == at_horizon
        if not at_horizon:
            assert numbers.nodes[0][opening] == closing


def test_what_is_reached_by_a_period_is_a_prefix(tree):
    game, numbers = as_game(tree), history_numbers(tree)
    for t in range(game.n_periods):
        for m in range(tree.n_stages):
            reached = numbers.nodes[m][: game.n_reached[t, m]]
            assert all(tree.place(int(n))[0] <= t for n in reached)
    assert game.n_reached[-1].tolist() == [len(nodes) for nodes in numbers.nodes]
