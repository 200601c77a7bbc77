"""Every classic model whose tree is small, exported and solved by Gambit."""

from __future__ import annotations

import pytest

from offramp.equilibrium.histories import solve_histories
from offramp.game import compile_game
from offramp.scenario import load_scenario
from oracles.gambit_games import gambit_answers, our_answers

AGREEMENT = 1e-8  # of a probability, at every information set

# what is made smaller, where a model's own size is too much for Gambit to follow in seconds
SMALL: dict[str, dict[str, float]] = {
    "extended-deterrence": {},
    "crisis-signalling": {},
    "audience-costs": {"mu0": 0.1, "mu1": 0.2},
    "audience-costs-continuous": {"K": 3, "steps": 3, "dt": 1},
    "brinkmanship": {},
    "asymmetric-escalation": {},
    "reassurance": {},
    "red-line-probing": {"K": 4},
    "ambiguous-alliance": {},
    "provocation-spoilers": {},
    "reputation": {"Nst": 2},
    "burden-sharing": {"K": 4},
    "bargaining-range": {"K": 5, "inside": 0.01},
    "shifting-power": {"K": 3, "inside": 0.01},
    "fighting-learning": {},
    "war-of-attrition": {"Tn": 2},
    "bargaining-range-uniform": {"K": 4, "cbar": 0.5},
    "fighting-learning-battle": {},
    "reassurance-at-once": {},
    "lanchester-reinforcement": {"A": 2, "B": 1, "rmax": 2},
    "gambling-resurrection": {},
    "coercion-rally": {},
    "face-saving-offramp": {},
    "limited-war-risk": {},
    "security-dilemma": {"K": 4},
}


@pytest.mark.parametrize("precision", [1.0, 5.0, 20.0])
@pytest.mark.parametrize("name", SMALL)
def test_both_play_alike_at_every_information_set(name: str, precision: float) -> None:
    numbers = {**SMALL[name], "lambda": precision}
    scenario = load_scenario(f"canon/{name}")
    for player, declared in scenario.players.items():  # Gambit has one precision for all
        if declared.precision is not None:
            numbers[f"{player}.precision"] = precision
    game = compile_game(scenario, parameters=numbers, beliefs="history")
    solution = solve_histories(game, precision_basis="present")
    assert solution.converged
    theirs, sets = gambit_answers(game, precision)
    ours = our_answers(solution.tree, solution.reply, sets)
    assert ours.keys() == theirs.keys()
    assert max(abs(p - theirs[act]) for act, p in ours.items()) < AGREEMENT
