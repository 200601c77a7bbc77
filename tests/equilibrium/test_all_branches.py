"""Other solutions than the one that the principal branch leads to."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from scipy.optimize import brentq

from offramp.equilibrium import solve
from offramp.equilibrium.all_branches import all_branches, most_mixed
from offramp.equilibrium.histories import HistoryEquilibrium
from offramp.equilibrium.information_sets import Sought, information_sets
from offramp.game import compile_game
from offramp.scenario import load_scenario

V0, V1, COST, PRECISION = 1.0, 2.0, 0.5, 20.0


def reply(quits: float, stake: float) -> float:
    """Return how often a side quits once, if the other does so with this chance."""
    stay = quits * stake - (1 - quits) * COST
    return 1 / (1 + math.exp(PRECISION * stay))


def by_hand() -> list[tuple[float, float]]:
    """Return every pair of replies of the game of one round, from a fine scan."""

    def miss(quits: float) -> float:
        return reply(reply(quits, V1), V0) - quits

    grid = np.concatenate(
        [np.geomspace(1e-12, 0.5, 4000), 1 - np.geomspace(1e-12, 0.5, 4000)[::-1]]
    )
    grid = np.unique(grid)
    ends = [(a, b) for a, b in itertools.pairwise(grid) if miss(a) * miss(b) < 0]
    roots = [float(brentq(miss, a, b, xtol=1e-15)) for a, b in ends]
    return [(root, reply(root, V1)) for root in roots]


@pytest.fixture(scope="module")
def attrition() -> HistoryEquilibrium:
    numbers = {"Tn": 1, "lambda": PRECISION, "v0": V0, "v1": V1, "c0": COST, "c1": COST}
    found = solve(compile_game(load_scenario("canon/war-of-attrition"), parameters=numbers))
    assert isinstance(found, HistoryEquilibrium)
    return found


def quits(equilibrium: HistoryEquilibrium) -> tuple[float, float]:
    found = []
    for player in ("S0", "S1"):
        [one] = information_sets(equilibrium, Sought(player=player))
        found.append(math.exp(one.log_probability[one.acts.index("quit")]))
    return found[0], found[1]


def test_all_solutions_of_one_round_are_found(attrition: HistoryEquilibrium) -> None:
    expected = sorted(by_hand())
    assert len(expected) == 3
    found = sorted(quits(one.solution) for one in all_branches(attrition))
    assert np.array(found) == pytest.approx(np.array(expected), abs=1e-9)


def test_the_principal_one_comes_first_and_the_mixed_one_is_another(
    attrition: HistoryEquilibrium,
) -> None:
    first, *others = all_branches(attrition)
    assert first.is_principal
    assert not any(one.is_principal for one in others)
    # with unequal stakes the side with the smaller one quits at once
    assert quits(first.solution)[0] > 0.9
    mixed = most_mixed(attrition)
    assert quits(mixed) == pytest.approx(sorted(by_hand())[1], abs=1e-9)


def test_a_game_with_one_solution_has_one() -> None:
    found = solve(compile_game(load_scenario("canon/coercion-rally")))
    assert isinstance(found, HistoryEquilibrium)
    assert len(all_branches(found)) == 1
