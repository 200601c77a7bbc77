"""Rules over the whole file: what is refused, what is only said, and what is allowed."""

from __future__ import annotations

import copy

import pytest

from helpers.crises import SMALL, small
from offramp.errors import ScenarioError
from offramp.scenario import check_scenario, list_scenarios, load_scenario

SOUTH_TYPES = {"firm": {"set": {"nerve": 0.8}}, "soft": {"set": {"nerve": 0.2}}}
TWO_TYPED = {
    "north": SMALL["players"]["north"],
    "south": {"precision": 2, "types": SOUTH_TYPES},
}


def codes(**sections):
    """Return the codes of what is wrong with the small scenario so changed, warnings included."""
    try:
        return [problem.code for problem in check_scenario(small(**sections))]
    except ScenarioError as error:
        return [problem.code for problem in error.problems]


def stages(**push):
    """Return the small scenario's stages with its act `push` changed."""
    changed = copy.deepcopy(SMALL["stages"])
    changed[0]["actions"]["push"].update(push)
    return changed


COVERT = {"covert": "hold"}
ACCIDENT = {"name": "accident", "move": "rung", "by": 1, "chance": 0.1}


def covert_stages(**entries):
    changed = stages(**COVERT)
    changed[0]["effects"] = [ACCIDENT]
    changed[1].update(entries)
    return changed


@pytest.mark.parametrize("name", list_scenarios())
def test_nothing_is_wrong_with_what_ships(name):
    assert check_scenario(load_scenario(name)) == []


def test_the_small_scenario_is_sound():
    assert codes() == []


# --- types -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "sections",
    [
        {"stages": stages(when="stake > 1")},
        {"endings": {"rout": {"when": "stake > 1 and rung == war"}}},
        {"stages": stages(effects=[{"move": "rung", "by": "stake", "chance": "slip"}])},
        {"stages": stages(effects=[{"set": "price", "to": "stake / 4", "chance": "slip"}])},
        {"stages": stages(effects=[{"move": "rung", "by": "slip", "when": "stake > 1"}])},
        {"policies": {"bound": {"north": {"when": "stake > 1", "play": "hold"}}}},
    ],
    ids=["action", "ending", "move", "set", "effect", "clause"],
)
def test_no_condition_and_no_size_reads_a_type(sections):
    assert codes(**sections) == ["S302"]


def test_chances_costs_and_payoffs_may_read_a_type():
    effects = [{"name": "climb", "move": "rung", "by": 1, "chance": "logistic(stake)"}]
    assert codes(stages=stages(cost="stake * toll", effects=effects), parameters={
        "toll": SMALL["parameters"]["toll"],
    }) == []  # fmt: skip


def test_a_shift_by_a_mechanism_counts_among_what_a_chance_reads():
    library = {
        "nerves": {
            "says": "Nerves show.",
            "roles": {"slide": "effect"},
            "shift": {"slide": "nerve"},
        }
    }
    uses = [{"use": "nerves", "roles": {"slide": "climb"}}]
    effects = [{"name": "climb", "move": "rung", "by": 1, "chance": "slip * stake"}]
    found = codes(
        players=TWO_TYPED, stages=stages(effects=effects), mechanisms=uses, library=library
    )
    assert found == ["S304", "S301"]


def test_a_rivals_content_is_checked_though_it_is_not_in_force():
    library = {
        "calm": {
            "says": "x",
            "roles": {"here": "stage"},
            "rival": {
                "name": "storm",
                "says": "y",
                "effects": [{"at": "here", "move": "rung", "by": 1, "when": "stake > 1"}],
            },
        }
    }
    uses = [{"use": "calm", "roles": {"here": "press"}}]
    assert codes(mechanisms=uses, library=library) == ["S302"]


def test_only_what_has_types_can_be_drawn_afresh():
    effects = [{"name": "vote", "redraw": "south"}]
    assert codes(stages=[*SMALL["stages"], {"effects": effects}]) == ["S330"]
    effects = [{"name": "vote", "redraw": "north", "chance": 0.1}]
    assert codes(stages=[*SMALL["stages"], {"effects": effects}]) == []


# --- covert acts -----------------------------------------------------------------------------


def test_a_covert_act_may_be_read_at_its_own_stage_and_by_measures():
    changed = covert_stages()
    changed[0]["effects"] = [{**ACCIDENT, "when": "not did(north.push)"}]
    measures = {"pushes": {"is": "count(north.push)"}, "ever": {"is": "ever(did(north.push))"}}
    assert codes(stages=changed, measures=measures) == []


@pytest.mark.parametrize("condition", [
    "did(north.push)", "not did(north.hold)", "did(north.push, 1)",
    "periods_since(did(north.push), 3) < 2",
])  # fmt: skip
def test_no_later_condition_tells_a_covert_act_from_its_look(condition):
    assert codes(stages=covert_stages(when=condition)) == ["S303"]


def test_payoffs_and_policies_are_later_than_any_act():
    payoffs = {"north": {"gain": "stake * did(north.push)"}}
    assert codes(stages=covert_stages(), payoffs=payoffs) == ["S303"]
    policies = {"bound": {"south": {"when": "did(north.push)", "play": "bear"}}}
    assert codes(stages=covert_stages(), policies=policies) == ["S303"]


def test_what_does_not_tell_the_two_apart_may_be_read():
    library = {
        "talk": {
            "says": "x",
            "roles": {"acts": "action", "here": "stage"},
            "effects": [{"at": "here", "move": "rung", "by": -1, "when": "did(acts)"}],
        }
    }
    roles = {"acts": ["north.push", "north.hold"], "here": "answer"}
    uses = [{"use": "talk", "roles": roles}]
    assert codes(stages=covert_stages(), mechanisms=uses, library=library) == []


def test_an_act_that_nothing_hides_is_said():
    assert codes(stages=stages(**COVERT)) == ["S307"]
    assert codes(stages=covert_stages()) == []


def test_the_look_of_a_covert_act_has_to_be_open_and_at_hand():
    changed = covert_stages()
    changed[1]["actions"]["bear"] = {"covert": "bid_0"}
    assert codes(stages=changed) == []
    changed[0]["actions"]["hold"] = {"covert": "push"}
    assert codes(stages=changed) == ["S331", "S331"]


# --- precision, horizon ----------------------------------------------------------------------


def test_exact_replies_need_a_mover_alone_and_without_types():
    alone = {"north": SMALL["players"]["north"], "south": {"precision": "exact"}}
    assert codes(players=alone) == []
    together = [{"players": ["north", "south"],
                 "actions": {"north": {"hold": {}}, "south": {"bear": {}}}}]  # fmt: skip
    sections = {"stages": together, "parameters": {}, "measures": {}}
    assert codes(players=alone, **sections) == ["S308"]


def test_hidden_facts_need_no_discount_for_play_without_end():
    players = {
        "north": {"precision": 1, "discount": 0.9},
        "south": {"precision": 1, "discount": 0.9},
        "nature": {"types": {"dry": {}, "wet": {}}},
    }
    period = {"unit": "month", "count": "forever"}
    assert codes(players=players, period=period, payoffs={}) == []
    del players["south"]["discount"]
    assert codes(players=players, period=period, payoffs={}) == ["S309"]


# --- views, claims, record -------------------------------------------------------------------


def test_views_and_cases_name_what_there_is():
    views = {"hawks": {"mechanisms": {"pride": "rival"}, "set": {"tol": 1}}}
    cases = {"odd": {"policy": "none", "start": {"rung": "calm"}}, "far": {"start": {"rugn": 1}}}
    assert sorted(codes(views=views, cases=cases)) == ["S204", "S204", "S401", "S409"]


def test_weights_of_settings_are_read_in_the_file_and_in_every_view():
    library = {"law": {"says": "x", "set": {"slip": "toll / 4"}}}
    uses = [{"use": "law", "setting": {"asserted": "toll - 3", "absent": 1}}]
    views = {
        "lenient": {"mechanisms": {"law": {"asserted": 0, "absent": 0}}},
        "strict": {"mechanisms": {"law": "asserted"}},
    }
    with pytest.raises(ScenarioError) as caught:
        check_scenario(small(library=library, mechanisms=uses, views=views))
    assert [(one.code, one.path) for one in caught.value.problems] == [
        ("S314", "mechanisms[law].setting"),
        ("S314", "views.lenient.mechanisms.law"),
    ]
    uses[0]["setting"] = {"asserted": "tol", "absent": 1}
    assert codes(library=library, mechanisms=uses) == ["S204"]


def test_the_record_names_players_and_acts():
    record = {"responder": "north", "rungs": {1: ["north.hold"], 5: ["north.push"]}}
    assert codes(record=record) == []
    assert codes(record={"responder": "nobody", "rungs": {1: ["north.rest"]}}) == ["S204", "S204"]


def test_claims_come_in_pairs_that_name_each_other():
    claim = {"says": "x", "holds": ["wars[solved] > 0.1"]}
    both = {"one": {**claim, "counter": "two"}, "two": {**claim, "counter": "one"}}
    assert codes(claims=both) == []
    del both["two"]["counter"]
    assert codes(claims=both) == ["S324"]


def test_a_parameter_that_only_a_mechanism_reads_is_read():
    parameters = {**SMALL["parameters"],
                  "faith": {"value": 1, "unit": "payoff", "source": "judgement"}}  # fmt: skip
    assert codes(parameters=parameters) == ["S311"]
    library = {
        "hope": {"says": "x", "roles": {"who": "player"}, "pays": {"who": {"hope": "faith"}}}
    }
    uses = [{"use": "hope", "roles": {"who": "south"}}]
    assert codes(parameters=parameters, mechanisms=uses, library=library) == []


def test_a_problem_of_a_rule_points_at_the_entry():
    with pytest.raises(ScenarioError) as caught:
        small(stages=stages(when="stake > 1"))
    (problem,) = caught.value.problems
    assert problem.path == "stages[press].actions.push.when"
    assert problem.where is not None
    assert problem.where.text.strip() == '"when": "stake > 1"'
