"""Mechanisms switched in worlds that were solved."""

from __future__ import annotations

import numpy as np
import pytest

from helpers.planted import PLANTED, explore_planted, planted_loss
from offramp.errors import GameError, Problem
from offramp.exploration import switching
from offramp.exploration.cases import Laid
from offramp.exploration.claims import all_set, find_claims
from offramp.exploration.ensemble import explore
from offramp.exploration.questions import clears, does_it_hold
from offramp.exploration.runs import open_run
from offramp.exploration.switching import switch_mechanisms
from offramp.exploration.verdicts import claims_by_world
from offramp.scenario import parse_scenario
from offramp.scenario.claims import Comparison
from offramp.scenario.expressions import MeasureOf


def test_a_world_that_cannot_be_solved_is_not_turned_and_stops_nothing(tmp_path, monkeypatch):
    explore_planted(tmp_path / "run", worlds=8)
    run, solve = open_run(tmp_path / "run"), switching.measure_cases
    claims = claims_by_world(run)

    def ask(place):
        claim = claims(place)["pays"]
        return does_it_hold(claim, dict.fromkeys(("risk", "sure"), ("lost",)))

    def never_without_wind(scenario, asked, laid, settings):
        if settings["wind"] == "rival":
            raise GameError(Problem(code="G501", message="A chance comes to more than one."))
        return solve(scenario, asked, laid, settings)

    monkeypatch.setattr(switching, "share_out", lambda work, items, done: [work(i) for i in items])
    whole = switch_mechanisms(run, ask, 8)
    assert whole.turned.any()
    monkeypatch.setattr(switching, "measure_cases", never_without_wind)
    assert not switch_mechanisms(run, ask, 8).turned.any()


def _with_sun() -> str:
    """Add a mechanism without a rival, in whose light risk nearly always pays."""
    sun = "  sun: {says: It shines., sources: [judgement], shift: {fall: -9}}\n"
    text = PLANTED.replace("library:\n", f"library:\n{sun}")
    return text.replace("  - {use: wind,", "  - {use: sun}\n  - {use: wind,")


def test_what_has_no_rival_is_switched_off(tmp_path, monkeypatch):
    explore(parse_scenario(_with_sun()), tmp_path / "run", worlds=8, grid=2, workers=1, seed=3)
    run = open_run(tmp_path / "run")
    claims = claims_by_world(run)
    asked = dict.fromkeys(("risk", "sure"), ("lost",))
    monkeypatch.setattr(switching, "share_out", lambda work, items, done: [work(i) for i in items])
    found = switch_mechanisms(run, lambda place: does_it_hold(claims(place)["pays"], asked), 8)
    assert found.holds.all()
    x, wind = (np.array(run.drawn()[name]) for name in ("x", "setting.wind"))
    loses = planted_loss(x.astype(float), wind == "asserted") > 0.4
    assert found.turned[:, found.mechanisms.index("sun")].tolist() == loses.tolist()
    assert loses.any()


def test_claims_are_judged_where_a_mechanism_has_no_rival():
    scenario = parse_scenario(_with_sun())
    assert all_set(scenario, "rival") == {"wind": "rival"}
    assert all_set(scenario, "asserted") == {"sun": "asserted", "wind": "asserted"}
    found = find_claims(scenario, Laid(grid=2), n_draws=64)
    assert found.n_draws == 2


@pytest.mark.parametrize("order", [("a", "b"), ("b", "a")])
def test_a_comparison_that_never_arises_leaves_its_claim_open(order):
    value = {"a": float("nan"), "b": 0.4, "none": 0.0}
    comparisons = [
        Comparison("", MeasureOf("m", case), MeasureOf("m", "none"), "more") for case in order
    ]
    found = clears(comparisons, lambda measure, case: value[case])
    assert found != found
