"""Against Gambit's logit solver, on the unrolled tree of three families of games.

Gambit follows the same branch by other means: its unknowns are all log probabilities and λ of the
extensive game, its beliefs are ratios of reach probabilities. It stops at a λ that misses the one
asked for by up to 1e-8 or so, and says at which; our solution is taken there.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from offramp.equilibrium.histories import solve_histories
from oracles.gambit_games import FAMILIES, gambit_answers, our_answers, random_numbers

AGREEMENT = 1e-8  # of a probability, at every information set

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
    _, at_theirs = FAMILIES[family].compile(theirs.precision, numbers, n_periods, folder)
    solution = solve_histories(at_theirs, precision_basis="present")
    assert solution.converged
    ours = our_answers(solution, sets, theirs.precision)
    assert ours.plays.keys() == theirs.plays.keys()
    return max(abs(p - theirs.plays[act]) for act, p in ours.plays.items())


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


@pytest.mark.slow
@pytest.mark.xfail(strict=False, reason="not yet run alone on a quiet machine")
@pytest.mark.parametrize("seed", range(3, 28))
@pytest.mark.parametrize("precision", [1.0, 5.0, 20.0])
@pytest.mark.parametrize(("family", "n_periods"), [(f, n) for f, n in GAMES if n in (None, 3)])
def test_both_play_alike_with_many_other_numbers(
    family: str, n_periods: int | None, precision: float, seed: int, tmp_path: Path
) -> None:
    assert largest_difference(family, precision, n_periods, tmp_path, seed) < AGREEMENT
