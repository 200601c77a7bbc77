"""Beliefs at period ends: what observers expect, and how often they are right."""

from __future__ import annotations

import numpy as np
import pytest

from offramp.equilibrium.histories import solve_histories
from offramp.outcomes import propagate
from outcomes.games import COVERT, PROBE, Drawn, compiled
from outcomes.walker import Walker

ROUNDING = 1e-12
PLAIN = {', fear: "-0.1 * belief(guard.firm)"': ""}


@pytest.mark.parametrize("text", [PROBE, COVERT])
def test_expected_beliefs_are_those_of_all_paths(text):
    game = compiled(text)
    solution = Drawn(game, 3)
    outcomes = propagate(solution)
    walker = Walker(game, solution)
    paths = walker.walk()
    for t in range(game.n_periods):
        for k, observer in enumerate(outcomes.observers):
            for number, (player, own) in enumerate(outcomes.believed):
                expected = sum(
                    path.chance
                    * walker.believed_by(observer, player, own, path.looks[t][-1].belief)
                    for path in paths
                )
                found = outcomes.beliefs[t + 1, k, number]
                assert found == pytest.approx(expected, abs=ROUNDING)


def test_beliefs_begin_at_each_observers_prior():
    outcomes = propagate(Drawn(compiled(PROBE)))
    prober, guard = outcomes.observers.index("prober"), outcomes.observers.index("guard")
    assert outcomes.beliefs[0, prober].tolist() == pytest.approx([0.5, 0.5])
    assert outcomes.beliefs[0, guard].tolist() == pytest.approx([0.3, 0.7])


def test_exact_beliefs_are_calibrated():
    game = compiled(PROBE, replace=PLAIN, beliefs="history")
    calibration = propagate(solve_histories(game)).calibration
    assert calibration.error < 1e-10
    told = calibration.reach > 0
    np.testing.assert_allclose(calibration.belief[told], calibration.frequency[told], atol=1e-10)


def test_miscalibration_on_the_grid_is_the_gap_between_belief_and_truth():
    game = compiled(PROBE)
    solution = Drawn(game, 3)
    calibration = propagate(solution).calibration
    walker = Walker(game, solution)
    paths = walker.walk()
    gaps = []
    for t in range(game.n_periods):
        stated, true = np.zeros(len(game.grid.points)), np.zeros(len(game.grid.points))
        for path in paths:
            at = path.looks[t][-1].belief
            point = game.grid.points[at, 0]
            tilted = point * [0.3, 0.7] / game.grid.points[game.grid.reference, 0]
            stated[at] += path.chance * tilted[0] / tilted.sum()
            true[at] += path.chance * (game.profiles[path.profile, 0] == 0)
        gaps.append(np.abs(stated - true).sum())
    assert calibration.error == pytest.approx(max(gaps), abs=ROUNDING)
    np.testing.assert_allclose(calibration.reach.sum(axis=1), 1.0)


def test_expected_belief_of_an_observer_with_the_analysts_prior_stays_at_it():
    game = compiled(
        PROBE, replace={"believed_by: {prober: {firm: 0.5, weak: 0.5}}": "believed_by: {}"}
    )
    beliefs = propagate(Drawn(game, 4)).beliefs
    np.testing.assert_allclose(beliefs[:, 0, 0], 0.3, atol=1e-2)  # on a grid of three points
    exact = solve_histories(
        compiled(
            PROBE,
            replace={**PLAIN, "believed_by: {prober: {firm: 0.5, weak: 0.5}}": "believed_by: {}"},
            beliefs="history",
        )
    )
    np.testing.assert_allclose(propagate(exact).beliefs[:, 0, 0], 0.3, atol=1e-10)
