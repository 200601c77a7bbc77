"""Sampled paths: they follow the rules, learn by Bayes' rule, and agree with the exact answer."""

from __future__ import annotations

import numpy as np
import pytest

from offramp.equilibrium.histories import solve_histories
from offramp.outcomes import propagate, sample_paths
from outcomes.games import COVERT, FAMILY, HIDDEN, PROBE, Drawn, compiled

PLAIN = {', fear: "-0.1 * belief(guard.firm)"': ""}
SIGMAS = 4.5  # standard errors: one draw in a hundred thousand lies beyond


def assert_within_error(sample, exact):
    spread = np.std(sample, ddof=1) / np.sqrt(len(sample))
    assert abs(np.mean(sample) - exact) <= SIGMAS * spread + 1e-12


@pytest.mark.parametrize("tail", [0, 2.5])
def test_samples_agree_with_the_exact_answer_where_nobody_has_types(tail):
    game = compiled(FAMILY, replace={"count: 3}": f"count: 3, tail: {tail}}}"})
    solution = Drawn(game, 2)
    outcomes = propagate(solution)
    stories = sample_paths(solution, 1500, np.random.default_rng(1))
    for k in range(len(game.players)):
        assert_within_error([story.payoff[k] for story in stories], outcomes.value[k])
    for ending, chance in outcomes.ending_chance().items():
        assert_within_error([story.ending == ending for story in stories], chance)


@pytest.mark.parametrize("text", [PROBE, COVERT, HIDDEN])
def test_samples_agree_with_the_exact_answer_on_histories(text):
    game = compiled(text, replace=PLAIN if text == PROBE else {}, beliefs="history")
    solution = solve_histories(game)
    outcomes = propagate(solution)
    stories = sample_paths(solution, 1500, np.random.default_rng(1))
    for k in range(len(game.players)):
        assert_within_error([story.payoff[k] for story in stories], outcomes.value[k])
    for ending, chance in outcomes.ending_chance().items():
        assert_within_error([story.ending == ending for story in stories], chance)


def test_same_seed_same_stories():
    solution = Drawn(compiled(PROBE), 2)
    one, two = (sample_paths(solution, 5, np.random.default_rng(3)) for _ in range(2))
    assert [[m.acts for m in s.moments] for s in one] == [[m.acts for m in s.moments] for s in two]


class Constant:
    """The guard fights with chance 0.8 if firm, 0.3 if weak, whatever is believed."""

    def __init__(self, game) -> None:
        self.game = game

    def log_strategy(self, t, m, mover):
        options = self.game.table(t, m).movers[mover]
        n = options.start[self.game.n_reached[t, m]]
        share = np.full((n, options.bound.shape[1], len(self.game.grid.points)), 0.5)
        if options.names == ("pass", "fight"):
            fights = options.action[:n] == 1
            share[fights] = np.array([0.8, 0.3])[None, :, None]
            share[~fights] = np.array([0.2, 0.7])[None, :, None]
        return np.log(share)


def test_beliefs_follow_bayes_rule_exactly_between_grid_points():
    game = compiled(PROBE)
    reference = game.grid.points[game.grid.reference, 0, 0]
    answered = 0
    for story in sample_paths(Constant(game), 60, np.random.default_rng(5)):
        odds = reference / (1 - reference)
        for moment in story.moments:
            if moment.stage == "answer" and moment.acts:
                odds *= 0.8 / 0.3 if moment.acts["guard"] == "fight" else 0.2 / 0.7
                answered += 1
            assert moment.belief[0, 0] == pytest.approx(odds / (1 + odds), abs=1e-12)
    assert answered > 30


def test_a_redrawn_type_is_believed_what_the_prior_says():
    game = compiled(COVERT)
    stories = sample_paths(Drawn(game, 2), 200, np.random.default_rng(5))
    drawn = [m for story in stories for m in story.moments if m.drawn]
    assert drawn
    for moment in drawn:
        assert moment.drawn == ("spy",)
        np.testing.assert_allclose(moment.belief[0], game.grid.points[game.grid.reference, 0])


def test_a_story_tells_states_and_what_was_paid():
    game = compiled(FAMILY)
    story = sample_paths(Drawn(game, 2), 1, np.random.default_rng(0))[0]
    assert story.start == {"deal": "none", "heat": "0.5"}
    paid = sum(
        [0.9, 0.8] ** np.array(moment.period - 1.0) * moment.paid for moment in story.moments
    )
    if story.ending == "horizon":
        np.testing.assert_allclose(paid, story.payoff)
    assert {moment.stage for moment in story.moments} <= {"bid", "reply"}
