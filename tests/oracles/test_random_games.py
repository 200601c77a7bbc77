"""Random small scenarios, solved by the program and walked in full by the slow evaluator.

At every information set the strategy must be the logit of the action values that exact Bayes and
plain sums give; values, beliefs, measures and chances of endings must agree.
"""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import Phase, given, reject, seed, settings

from helpers.trials import Trial
from oracles.random_scenarios import FEATURES, RandomScenario, plain_scenarios, scenarios
from oracles.slow_tree import TooLarge

N_GAMES = 200
N_DEEP = 5_000
HALVES = (1, 2)  # seeds; the two are drawn and checked side by side
LEAST_USES = 20  # of each feature of the language, in so many games
SMALL = 1_500  # terminal histories; the deep run goes up to 5,000
LARGE = 5_000


def check(drawn: RandomScenario, limit: int) -> None:
    """Fail with every difference between the program and the slow evaluator."""
    trial = Trial(drawn, limit)
    try:
        assert trial.tree.n_terminal <= limit
        assert trial.equilibrium.converged
        found = [
            *trial.differences(),
            *trial.differences_on_grid(),
            *trial.borrowed_differences(),
        ]
    except TooLarge:
        reject()
    assert not found, "\n".join(found[:20])


@pytest.mark.parametrize("half", HALVES)
def test_random_games_agree_with_exact_enumeration(half: int) -> None:
    uses: Counter[str] = Counter()

    # a game that fails is shown as drawn: to shrink it would take minutes
    @seed(half)
    @settings(max_examples=N_GAMES // len(HALVES), phases=[Phase.generate])
    @given(plain_scenarios())
    def each(drawn: RandomScenario) -> None:
        check(drawn, SMALL)
        uses.update(drawn.features)

    each()
    least = LEAST_USES // len(HALVES)
    rare = {feature: uses[feature] for feature in FEATURES if uses[feature] < least}
    assert not rare


@pytest.mark.slow
@pytest.mark.parametrize("half", HALVES)
def test_five_thousand_games_agree_with_exact_enumeration(half: int) -> None:
    @seed(half)
    @settings(max_examples=N_DEEP // len(HALVES), phases=[Phase.generate])
    @given(scenarios())
    def each(drawn: RandomScenario) -> None:
        check(drawn, LARGE)

    each()
