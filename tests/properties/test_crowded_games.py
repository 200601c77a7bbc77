"""Five players, two of them informed and of three types each, covert acts, one period."""

from __future__ import annotations

from hypothesis import assume, given, reject, settings

from helpers.trials import Trial
from oracles.random_scenarios import RandomScenario, scenarios
from oracles.slow_tree import TooLarge

SMALL = 400  # terminal histories; nine profiles of types walk each of them


@settings(max_examples=12)
@given(scenarios(crowded=True))
def test_crowded_games_agree_with_exact_enumeration(drawn: RandomScenario) -> None:
    assume("covert" in drawn.features)
    trial = Trial(drawn, SMALL)
    try:
        assert len(trial.tree.crisis.players) == 5
    except TooLarge:
        reject()
    found = list(trial.differences())
    assert not found, "\n".join(found[:20])
