"""The benchmark games have the sizes that their files and the docs state."""

from __future__ import annotations

import numpy as np
import pytest
from benchmarks.orientation import draw_game
from benchmarks.solving import axes_of, game_text, named_game, named_scenario

STATED = {
    "duel": {
        "states": 48,
        "beliefs": 21,
        "points": 1_008,
        "profiles": 2,
        "players": 2,
        "stages": 3,
    },
    "strait": {
        "states": 240,
        "beliefs": 441,
        "points": 105_840,
        "profiles": 4,
        "players": 3,
        "stages": 4,
    },
    "alliance": {
        "states": 1_200,
        "beliefs": 819,
        "points": 982_800,
        "profiles": 6,
        "players": 4,
        "stages": 5,
    },
}


@pytest.mark.parametrize("name", list(STATED))
def test_named_game_has_the_size_that_is_stated(name):
    axes = axes_of(named_game(name))
    assert axes | STATED[name] == axes
    assert axes["periods"] == 8
    for size in ("states", "points"):
        assert f"{STATED[name][size]:,}" in game_text(name)


def test_number_of_periods_can_be_changed():
    assert named_scenario("probing", periods=7).period.count == 7


def test_orientation_game_is_as_large_as_stated():
    game = draw_game()
    axes = axes_of(game)
    assert (axes["states"], axes["beliefs"], axes["profiles"]) == (10_800, 17, 2)
    assert (axes["players"], axes["periods"], axes["stages"]) == (3, 8, 3)
    assert axes["entries"] == 3 * 10_800 * 5 * 8


def test_orientation_game_keeps_the_contract_of_a_game():
    game = draw_game(64, 3)
    for table in game.stages[0]:
        rows = table.rows
        mass = np.add.reduceat(rows.chance[:, 0], rows.entry_start[:-1])
        np.testing.assert_allclose(mass, 1.0, atol=1e-12)
        successors = rows.successor.reshape(-1, 8)
        assert all(len(set(row)) == 8 for row in successors)
        assert successors.min() >= 0
        assert successors.max() < 64
