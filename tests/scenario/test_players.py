"""Types, priors and what observers believe come out as the numbers that the file means."""

from __future__ import annotations

import math

import pytest

from helpers.crises import small, small_crisis
from offramp.scenario import bind

SOUTH = {"precision": 2}


def north(**entries):
    return {"north": {"precision": 3, **entries}, "south": SOUTH}


TYPES = {
    "bold": {"prior": 1, "set": {"stake": 2}},
    "meek": {"prior": "toll", "set": {"stake": "1 - slip"}},
    "torn": {"prior": 1, "set": {"stake": 0}},
}


def test_priors_are_weights_and_are_normalised():
    player = small_crisis(players=north(types=TYPES)).players[0]
    assert [t.prior for t in player.types] == [0.25, 0.5, 0.25]
    assert [dict(t.parameters) for t in player.types] == [
        {"stake": 2.0}, {"stake": 0.75}, {"stake": 0.0},
    ]  # fmt: skip


def test_an_observer_names_only_the_weights_that_differ():
    players = north(types=TYPES, believed_by={"south": {"bold": 5}})
    believed = small_crisis(players=players).players[0].believed_by
    assert believed == {"south": pytest.approx((5 / 8, 2 / 8, 1 / 8))}


def test_an_observers_weights_stand_beside_the_analysts_as_written():
    # the others' weights are those written (1, 2, 1), not the normalised 1/4, 1/2, 1/4
    players = north(types=TYPES, believed_by={"south": {"torn": "2 * toll"}})
    believed = small_crisis(players=players).players[0].believed_by
    assert believed["south"] == pytest.approx((1 / 7, 2 / 7, 4 / 7))


def test_a_player_without_types_has_one_without_a_name():
    player = small_crisis().players[1]
    assert [(t.name, t.prior) for t in player.types] == [("", 1.0)]


def test_a_parameter_that_some_types_leave_unset_keeps_its_own_value():
    types = {"bold": {"set": {"toll": 9}}, "meek": {}}
    payoffs = {"north": {"gain": "toll"}}
    crisis = small_crisis(players=north(types=types), payoffs=payoffs)
    assert [t.parameters["toll"] for t in crisis.players[0].types] == [9.0, 2.0]
    assert "toll" not in crisis.parameters


def quantiles(count, **of):
    types = {"quantiles": count, "of": of, "set": "stake"}
    found = small_crisis(players=north(types=types)).players[0].types
    assert [t.prior for t in found] == [pytest.approx(1 / count)] * count
    assert [t.name for t in found] == [f"q{k + 1}" for k in range(count)]
    return [t.parameters["stake"] for t in found]


def test_quantiles_of_a_uniform_distribution_are_the_middles_of_equal_parts():
    found = quantiles(4, distribution="uniform", low=0, high=2)
    assert found == pytest.approx([0.25, 0.75, 1.25, 1.75])


def test_the_middle_quantile_of_a_normal_distribution_is_its_mean():
    found = quantiles(3, distribution="normal", mean=1, sd=0.5)
    # the points below which 1/6 and 5/6 of a standard normal lie are -0.9674 and 0.9674
    assert found == pytest.approx([1 - 0.5 * 0.967422, 1, 1 + 0.5 * 0.967422], abs=1e-5)


def test_low_and_high_are_the_points_of_five_and_ninety_five_percent():
    by_ends = quantiles(10, distribution="normal", low=-1.6448536, high=1.6448536)
    # the 5 % point is the first of ten middles
    assert by_ends[0] == pytest.approx(-1.6448536, abs=1e-6)
    assert by_ends == pytest.approx(quantiles(10, distribution="normal", mean=0, sd=1), abs=1e-6)


def test_a_lognormal_distribution_has_the_mean_that_was_given():
    found = quantiles(50, distribution="lognormal", mean=2, sd=0.5)
    mean = sum(found) / 50
    assert mean == pytest.approx(2, rel=0.01)
    assert math.sqrt(sum((x - mean) ** 2 for x in found) / 50) == pytest.approx(0.5, rel=0.05)


def test_a_lognormal_distribution_by_its_ends_has_their_geometric_mean_in_the_middle():
    assert quantiles(5, distribution="lognormal", low=1, high=4)[2] == pytest.approx(2)


def test_a_discount_per_year_is_converted_to_the_period():
    players = {"north": {"precision": 3, "types": TYPES, "discount": 0.5, "per": "year"},
               "south": {"precision": 2, "discount": 0.8, "per": "2 weeks"}}  # fmt: skip
    crisis = small_crisis(players=players, period={"unit": "half-year", "count": 2})
    assert crisis.players[0].discount == pytest.approx(math.sqrt(0.5))
    assert crisis.players[1].discount == pytest.approx(0.8 ** (0.5 / (14 / 365.25)))


def test_exact_precision_is_infinite():
    players = {"north": {"precision": "exact"}, "south": SOUTH}
    crisis = small_crisis(players=players, payoffs={"north": {"gain": 1}})
    assert math.isinf(crisis.players[0].precision)


@pytest.mark.parametrize("name", ["nature", "weather"])
def test_a_player_with_types_that_never_acts_is_a_hidden_fact(name):
    hidden = {name: {"types": {"dry": {"set": {"luck": 1}}, "wet": {"set": {"luck": 0}}}}}
    stages = [{"player": "north", "actions": {"hold": {}}},
              {"effects": [{"move": "rung", "by": 1, "chance": "luck / 2"}]}]  # fmt: skip
    crisis = small_crisis(players={**north(types=TYPES), **hidden}, stages=stages,
                          measures={"asked": {"is": "final(rung)"}})  # fmt: skip
    assert [player.is_nature for player in crisis.players] == [False, False, True]


def test_a_case_may_start_from_other_priors():
    scenario = small(cases={"feared": {"start": {"north": {"bold": 9}}}})
    assert [t.prior for t in bind(scenario, case="feared").players[0].types] == [0.75, 0.25]
    assert [t.prior for t in bind(scenario).players[0].types] == [0.25, 0.75]
