"""Learning: priors on average, certainty under full revelation, nothing where nothing is asked."""

from __future__ import annotations

import pytest

from offramp import compile_game, load_scenario, propagate, solve
from offramp.errors import GameError
from offramp.outcomes.learning import certain_points, find_learning
from offramp.outcomes.likeliest import find_likeliest


@pytest.fixture(scope="module")
def solved():
    return solve(compile_game(load_scenario("pledge"), case="solved"))


def test_points_of_certainty_are_certain(solved):
    points = certain_points(solved.game.grid, 0)
    assert solved.game.grid.points[points, 0].tolist() == [[1, 0], [0, 1]]


def test_beliefs_end_at_the_prior_on_average(solved):
    firm, hollow = find_learning(solved, 4).lessons
    assert (firm.type, hollow.type) == ("firm", "hollow")
    assert 0.3 * firm.end_if_so + 0.7 * firm.end_if_not == pytest.approx(firm.start, abs=1e-3)
    assert firm.end_if_so > firm.start > firm.end_if_not


def test_beliefs_are_nearly_calibrated_and_better_so_on_a_finer_grid(solved):
    coarse = solve(compile_game(load_scenario("pledge"), case="solved", grid=6))
    fine = find_learning(solved, 4).calibration
    assert 0 <= fine < find_learning(coarse, 4).calibration < 0.1


def test_fear_of_a_firm_patron_keeps_the_challenger_from_grabbing(solved):
    (found,) = find_learning(solved, 4).liveliness
    assert (found.player, found.act) == ("challenger", "grab")
    assert (found.least_if, found.most_if) == ("firm", "hollow")
    assert 0 < found.least < found.most < 1


def test_replies_do_not_hang_on_belief_under_a_policy_that_reveals_nothing():
    bound = solve(compile_game(load_scenario("pledge"), case="always-fight"))
    learning = find_learning(bound, 4)
    assert max(one.change for one in learning.liveliness) < 1e-9
    assert {round(one.end_if_so - one.start, 12) for one in learning.lessons} == {0.0}


def test_nothing_is_said_where_nobody_learns():
    frozen = solve(compile_game(load_scenario("pledge"), case="solved", learning=False))
    assert find_learning(frozen, 4) == ((), (), 0.0)


def test_likeliest_situation_is_one_with_a_choice(solved):
    found = find_likeliest(solved, "patron", 1)
    assert found.stage == "reply"
    assert found.state == {"land": "lost", "did(challenger.grab)": "1"}
    grabbed = propagate(solved).acts[0].count[0].sum(axis=0)[1]
    assert found.chance == pytest.approx(grabbed)


def test_who_never_chooses_stands_nowhere(solved):
    with pytest.raises(GameError, match="patron does not move at stage 'test'"):
        find_likeliest(solved, "patron", 1, stage="test")
