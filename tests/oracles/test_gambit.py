"""Against Gambit's logit solver, on the unrolled tree of three families of games.

Gambit follows the same branch by other means: its unknowns are all log probabilities and λ of the
extensive game, its beliefs are ratios of reach probabilities.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from offramp.equilibrium import solve
from offramp.equilibrium.certify import certify
from offramp.equilibrium.histories import solve_histories
from offramp.game import compile_game
from offramp.game.tree import unroll
from oracles.gambit_games import FAMILIES, gambit_answers, our_answers, random_numbers
from oracles.grid_walk import replies_of_histories

AGREEMENT = 1e-8  # of a probability, at every information set
GRID_AGREEMENT = {1.0: 1e-4, 5.0: 1e-4, 20.0: 5e-3}  # the same on the belief grid, by precision

GAMES = [
    ("crisis signalling", None),
    ("guarantee", None),
    *[("probing", n) for n in (1, 2, 3, 4)],
    *[("probing a hidden red line", n) for n in (1, 2, 3)],
]


def largest_difference(
    family: str, precision: float, n_periods: int | None, folder: Path, seed: int | None = None
) -> float:
    numbers = {} if seed is None else random_numbers(FAMILIES[family], seed)
    _, game = FAMILIES[family].compile(precision, numbers, n_periods, folder)
    theirs, sets = gambit_answers(game, precision)
    solution = solve_histories(game, precision_basis="present")
    assert solution.converged
    ours = our_answers(solution.tree, solution.reply, sets)
    assert ours.keys() == theirs.keys()
    return max(abs(p - theirs[act]) for act, p in ours.items())


@pytest.mark.parametrize("precision", [1.0, 5.0, 20.0])
@pytest.mark.parametrize(("family", "n_periods"), GAMES)
def test_both_play_alike_at_every_information_set(
    family: str, n_periods: int | None, precision: float, tmp_path: Path
) -> None:
    assert largest_difference(family, precision, n_periods, tmp_path) < AGREEMENT


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("family", list(FAMILIES))
def test_both_play_alike_with_other_numbers(family: str, seed: int, tmp_path: Path) -> None:
    n_periods = 2 if family.startswith("probing") else None
    assert largest_difference(family, 20.0, n_periods, tmp_path, seed) < AGREEMENT


@pytest.mark.parametrize(("family", "seed"), [("probing", 5), ("probing a hidden red line", 13)])
def test_both_play_alike_where_the_last_step_is_corrected_beyond_the_end(
    family: str, seed: int, tmp_path: Path
) -> None:
    assert largest_difference(family, 5.0, 3, tmp_path, seed) < AGREEMENT


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3, 28))
@pytest.mark.parametrize("precision", [1.0, 5.0, 20.0])
@pytest.mark.parametrize(("family", "n_periods"), [(f, n) for f, n in GAMES if n in (None, 3)])
def test_both_play_alike_with_many_other_numbers(
    family: str, n_periods: int | None, precision: float, seed: int, tmp_path: Path
) -> None:
    assert largest_difference(family, precision, n_periods, tmp_path, seed) < AGREEMENT


@pytest.mark.parametrize("precision", [1.0, 5.0, 20.0])
@pytest.mark.parametrize(("family", "n_periods"), GAMES)
def test_grid_plays_nearly_alike_and_knows_how_nearly(
    family: str, n_periods: int | None, precision: float, tmp_path: Path
) -> None:
    scenario, game = FAMILIES[family].compile(precision, {}, n_periods, tmp_path)
    theirs, sets = gambit_answers(game, precision)
    on_grid = compile_game(scenario, parameters={"care": precision}, beliefs="grid")
    equilibrium = solve(on_grid, precision_basis="present")
    tree = unroll(game)
    found = replies_of_histories(equilibrium, tree)
    ours = our_answers(tree, lambda node, mover: found[node, mover], sets)
    error = max(abs(p - theirs[act]) for act, p in ours.items())
    assert error < GRID_AGREEMENT[precision]
    certificate = certify(equilibrium, np.random.default_rng(1))
    assert certificate.refinement >= error - AGREEMENT
