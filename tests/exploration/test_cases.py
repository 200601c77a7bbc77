"""Cases: which share a solve, which settings a view spreads, what is asked by name."""

from __future__ import annotations

import pytest

from offramp.errors import ScenarioError
from offramp.exploration import Laid, plan_solves, view_spread, wanted_cases
from offramp.scenario import case_names, load_scenario


@pytest.fixture(scope="module")
def lead():
    return load_scenario("guarantee-2025")


def test_cases_that_differ_only_in_their_start_share_a_solve(lead):
    plan = plan_solves(lead, wanted_cases(lead), Laid())
    groups = {frozenset(one.cases) for one in plan}
    assert frozenset({"hold-pledge", "ambiguous-pledge", "explicit-pledge-with-force"}) in groups
    assert frozenset({"one-belief"}) in groups
    assert frozenset({"hopeful-protege"}) in groups
    solved = [case for one in plan for case in one.cases]
    assert sorted(solved) == sorted(case_names(lead))


def test_named_cases_are_solved_once_in_the_order_asked(lead):
    wanted = wanted_cases(lead, ["solved", "nothing", "solved"])
    assert wanted == ("solved", "nothing")


def test_name_that_is_no_case_is_refused_with_the_likely_one(lead):
    with pytest.raises(ScenarioError, match="hold-pledge"):
        plan_solves(lead, wanted_cases(lead, ["hold-plegde"]), Laid())


def test_view_of_even_weights_is_spread_and_others_are_not(lead):
    assert view_spread(lead, None).draws == ((1.0, {}),)
    assert view_spread(lead, "essay").draws == ((1.0, {}),)
    even = view_spread(lead, "even")
    assert len(even.draws) == 64
    assert not even.is_exact
    assert {len(draw.chosen) for draw in even.draws} == {len(lead.mechanisms)}


def test_even_view_of_one_mechanism_is_exact():
    spread = view_spread(load_scenario("strait-standoff"), "even")
    assert spread.is_exact
    assert [draw.weight for draw in spread.draws] == [0.5, 0.5]


def test_parameters_from_outside_reach_every_case(lead):
    plan = plan_solves(lead, ["nothing", "unpledged-ignore"], Laid(parameters={"hope": 1.2}))
    assert [one.cases for one in plan] == [("nothing",), ("unpledged-ignore",)]


def test_scenario_solved_on_histories_shares_nothing():
    scenario = load_scenario("pledge")
    solver = scenario.solver.model_copy(update={"beliefs": "history"})
    asked = scenario.model_copy(update={"solver": solver})
    assert len(plan_solves(asked, wanted_cases(asked), Laid())) == 3
