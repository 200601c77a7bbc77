"""What is laid over a scenario wins in a known order, and leaves the scenario as it was."""

from __future__ import annotations

import pytest

from helpers.crises import small
from offramp.errors import ScenarioError
from offramp.scenario import bind, load_scenario, settings_of
from offramp.scenario.expressions import Compare, Const, Level, MeasureCall

VIEWS = {"hawks": {"set": {"toll": 3, "slip": "toll / 10"}, "start": {"rung": "shots"}}}
CASES = {
    "dear": {"set": {"toll": 4}},
    "late": {"policy": "bound", "start": {"rung": "war"}},
    "seen": {"given": "ever(rung == war, by=1)"},
}
POLICIES = {"bound": {"south": {"never": "bear"}}}
SCENARIO = small(views=VIEWS, cases=CASES, policies=POLICIES)


@pytest.mark.parametrize(
    ("arguments", "toll", "slip"),
    [
        ({}, 2.0, 0.25),
        ({"view": "hawks"}, 3.0, 0.3),
        ({"case": "dear"}, 4.0, 0.25),
        ({"view": "hawks", "case": "dear"}, 4.0, 0.4),
        ({"view": "hawks", "case": "dear", "parameters": {"toll": 1}}, 1.0, 0.1),
        ({"view": "hawks", "parameters": {"slip": 0.9}}, 3.0, 0.9),
    ],
)
def test_the_later_layer_wins_and_what_stands_on_it_follows(arguments, toll, slip):
    parameters = bind(SCENARIO, **arguments).parameters
    assert (parameters["toll"], parameters["slip"]) == (toll, pytest.approx(slip))


@pytest.mark.parametrize(
    ("arguments", "level"),
    [
        ({}, 0),
        ({"view": "hawks"}, 1),
        ({"case": "late"}, 2),
        ({"view": "hawks", "case": "late"}, 2),
    ],
)
def test_start_levels_are_laid_over_too(arguments, level):
    assert bind(SCENARIO, **arguments).start.levels["rung"] == ((level, 1.0),)


@pytest.mark.parametrize(
    ("arguments", "policy", "case"),
    [
        ({}, "solved", "solved"),
        ({"case": "bound"}, "bound", "bound"),
        ({"policy": "bound"}, "bound", "bound"),
        ({"case": "late"}, "bound", "late"),
        ({"case": "dear"}, "solved", "dear"),
        ({"case": "dear", "policy": "bound"}, "bound", "dear"),
        ({"case": "solved"}, "solved", "solved"),
    ],
)
def test_every_policy_is_a_case(arguments, policy, case):
    found = bind(SCENARIO, **arguments)
    assert (found.policy.name, found.case, found.start.name) == (policy, case, case)


def test_a_case_may_be_conditioned_on_an_event():
    war = Compare((Level("rung"), Const(2.0)), ("==",))
    assert bind(SCENARIO, case="seen").given == MeasureCall("ever", (war,), (("by", 1.0),))
    assert bind(SCENARIO).given is None


def test_binding_changes_nothing_but_what_it_returns():
    before = bind(SCENARIO)
    bind(SCENARIO, view="hawks", case="late", parameters={"slip": 0.7})
    assert bind(SCENARIO) == before


def test_worlds_share_what_no_number_changes():
    one, other = (bind(SCENARIO, parameters={"toll": toll}) for toll in (1.0, 3.0))
    assert one.stages is other.stages
    assert one.payoffs is other.payoffs


def test_the_hash_tells_worlds_apart_and_nothing_else():
    hashes = {
        bind(SCENARIO, **arguments).scenario_hash
        for arguments in (
            {}, {"view": "hawks"}, {"case": "dear"}, {"case": "late"}, {"case": "seen"},
            {"policy": "bound"}, {"parameters": {"toll": 1}},
        )
    }  # fmt: skip
    assert len(hashes) == 7
    again = small(views=VIEWS, cases=CASES, policies=POLICIES)
    assert bind(again).scenario_hash == bind(SCENARIO).scenario_hash
    renamed = small(views=VIEWS, cases=CASES, policies=POLICIES, title="Other")
    assert bind(renamed).scenario_hash != bind(SCENARIO).scenario_hash


def test_even_leans_to_neither_side_of_what_is_contested():
    scenario = load_scenario("strait-standoff")
    assert settings_of(scenario, "even") == {"gain-provokes": {"asserted": 0.5, "rival": 0.5}}
    assert settings_of(scenario, "doves") == {"gain-provokes": {"asserted": 1.0}}
    assert settings_of(scenario) == {"gain-provokes": {"asserted": 0.5, "rival": 0.5}}
    assert bind(scenario, view="navy-hawks").settings == {"gain-provokes": "rival"}


def test_what_a_mechanism_sets_is_not_overruled():
    library = {"law": {"says": "x", "set": {"slip": "toll / 4"}}}
    scenario = small(mechanisms=[{"use": "law"}], library=library)
    assert bind(scenario, parameters={"slip": 0.9, "toll": 1}).parameters["slip"] == 0.25


def test_what_types_set_cannot_be_given_one_value():
    with pytest.raises(ScenarioError, match="set by the types of north"):
        bind(SCENARIO, parameters={"stake": 1})


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ({"rung": "shots"}, lambda c: c.start.levels["rung"] == ((1, 1.0),)),
        ({"price": 0.7}, lambda c: c.start.levels["price"] == ((7, 1.0),)),
        ({"north.precision": 7}, lambda c: c.players[0].precision == 7.0),
        ({"north.precision": "exact"}, lambda c: c.players[0].precision == float("inf")),
        ({"north.precision": "2 * toll"}, lambda c: c.players[0].precision == 4.0),
        ({"south.discount": 0.5}, lambda c: c.players[1].discount == 0.5),
        (
            {"north.bold.prior": 0.4},
            lambda c: [t.prior for t in c.players[0].types] == pytest.approx([0.4, 0.6]),
        ),
        (
            {"north.bold.prior": 0.4, "north.meek.prior": 0.6},
            lambda c: [t.prior for t in c.players[0].types] == pytest.approx([0.4, 0.6]),
        ),
        ({"north.bold.prior": 1}, lambda c: c.players[0].types[1].prior == 0.0),
    ],
)
def test_all_numbers_and_starts_can_be_given_from_outside(given, found):
    assert found(bind(SCENARIO, case="late", parameters=given))
    assert bind(SCENARIO, parameters=given).scenario_hash != bind(SCENARIO).scenario_hash


def test_other_types_keep_their_proportions():
    weights = {"a": 1, "b": 3, "c": 4}
    types = {name: {"prior": w, "set": {"stake": 1}} for name, w in weights.items()}
    scenario = small(players={"north": {"precision": 1, "types": types}, "south": {"precision": 1}})
    priors = [t.prior for t in bind(scenario, parameters={"north.c.prior": 0.2}).players[0].types]
    assert priors == pytest.approx([0.2, 0.6, 0.2])


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"nroth.precision": 1}, "'nroth' is not a player"),
        ({"north.patience": 1}, "'patience' is not a number of north"),
        ({"north.shy.prior": 1}, "'shy' is not a type of north"),
        ({"north.bold.prior": 1.2}, "chance of north.bold is 1.2"),
        ({"north.bold.prior": 0.6, "north.meek.prior": 0.6}, "chance of north"),
        ({"north.bold.prior": 0.6, "north.meek.prior": 0.3}, "chance of north"),
        ({"rung": "peace"}, "peace"),
        ({"toll": "tol"}, "tol"),
        ({"north.precision": -1}, "precision of north is -1"),
        ({"tolls": 1}, "'tolls' is not a parameter"),
    ],
)
def test_what_is_given_wrongly_from_outside_is_refused(given, message):
    with pytest.raises(ScenarioError, match=message):
        bind(SCENARIO, parameters=given)


def test_the_numbers_of_the_shipped_example_are_those_of_its_file():
    crisis = bind(load_scenario("strait-standoff"))
    friend = crisis.players[2]
    assert [t.prior for t in friend.types] == pytest.approx([0.3, 0.7])
    assert friend.believed_by["coastal"] == pytest.approx((0.7, 0.3))
    assert crisis.n_periods == 8
    assert crisis.period_years == pytest.approx(1 / 12)
    assert [player.name for player in crisis.players] == ["coastal", "navy", "friend"]


def test_forever_has_no_number_of_periods():
    players = {
        "north": {"precision": 1, "discount": 0.9},
        "south": {"precision": 1, "discount": 0.9},
    }
    scenario = small(period={"unit": "bout", "count": "forever", "final_period": 40},
                     players=players, payoffs={})  # fmt: skip
    crisis = bind(scenario)
    assert (crisis.n_periods, crisis.final_period, crisis.period_years) == (None, 40, None)
