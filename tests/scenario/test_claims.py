"""A claim holds, fails or is undecided by what it compares."""

from __future__ import annotations

import math

import pytest

from helpers.crises import small
from offramp.scenario.claims import judge, read_claims

CASES = {"policies": {"a": {}, "b": {}}}
MEASURES = {"measures": {"m": {"is": "ever(rung == war)"}, "n": {"is": "final(share(rung))"}}}


def verdict(holds, values, **more):
    scenario = small(**CASES, **MEASURES, claims={"c": {"says": "So.", "holds": holds, **more}})
    (claim,) = read_claims(scenario, {"slip": 0.2})
    return judge(one.verdict(lambda m, c: values[m, c]) for one in claim.comparisons)


@pytest.mark.parametrize(
    ("gap", "told"),
    [(0.06, "holds"), (0.04, "undecided"), (-0.04, "undecided"), (-0.06, "fails")],
)
@pytest.mark.parametrize("text", ["m[a] > m[b] + 0.05", "m[b] < m[a] - 0.05", "0.05 < m[a] - m[b]"])
def test_a_margin_has_to_be_passed_either_way(text, gap, told):
    assert verdict([text], {("m", "a"): 0.5 + gap, ("m", "b"): 0.5}) == told


@pytest.mark.parametrize(("gap", "told"), [(0.0, "holds"), (-0.02, "holds"), (-0.04, "fails")])
def test_no_worse_than_by_a_margin_fails_beyond_it(gap, told):
    values = {("m", "a"): 0.5 + gap, ("m", "b"): 0.5}
    assert verdict(["m[a] >= m[b] - 0.03"], values) == told


@pytest.mark.parametrize(
    ("a", "b", "told"),
    [
        (0.13, 0.1, "holds"), (0.11, 0.1, "undecided"), (0.1, 0.12, "undecided"),
        (0.1, 0.13, "fails"), (1e-8, 1e-9, "undecided"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("text", ["m[a] > 1.25 * m[b]", "m[b] * 1.25 < m[a]", "0.8 * m[a] > m[b]"])
def test_rare_risks_are_compared_by_their_ratio(text, a, b, told):
    assert verdict([text], {("m", "a"): a, ("m", "b"): b}) == told


@pytest.mark.parametrize(("a", "told"), [(0.56, "holds"), (0.52, "undecided"), (0.44, "fails")])
@pytest.mark.parametrize("text", ["m[a] > 0.5", "0.5 < m[a]", "m[a] - 0.5 > 0"])
def test_a_number_is_passed_by_its_band(text, a, told):
    assert verdict([text], {("m", "a"): a}, band=0.05) == told


@pytest.mark.parametrize(
    ("gap", "told"), [(0.01, "holds"), (-0.02, "undecided"), (0.04, "fails"), (-0.04, "fails")]
)
def test_what_is_to_be_the_same_holds_inside_half_the_margin(gap, told):
    values = {("m", "a"): 0.5 + gap, ("m", "b"): 0.5}
    assert verdict({"same": ["m[a]", "m[b]"], "margin": 0.03}, values) == told


def test_all_comparisons_must_hold_and_one_that_fails_fails():
    values = {("m", "a"): 0.6, ("m", "b"): 0.5, ("n", "a"): 0.5, ("n", "b"): 0.5}
    assert verdict(["m[a] > m[b] + 0.05", "n[a] > n[b] + 0.05"], values) == "undecided"
    values["n", "a"] = 0.4
    assert verdict(["m[a] > m[b] + 0.05", "n[a] > n[b] + 0.05"], values) == "fails"


def test_parameters_of_the_scenario_may_be_margins():
    assert verdict(["m[a] > m[b] + slip"], {("m", "a"): 0.8, ("m", "b"): 0.5}) == "holds"
    assert verdict(["m[a] > m[b] + slip"], {("m", "a"): 0.6, ("m", "b"): 0.5}) == "undecided"


def test_the_better_of_two_cases_may_be_compared():
    values = {("m", "a"): 0.7, ("m", "b"): 0.5}
    assert verdict(["max(m[a], m[b]) > m[b] + 0.1"], values) == "holds"


def test_what_never_arises_is_undecided():
    assert verdict(["m[a] > m[b]"], {("m", "a"): math.nan, ("m", "b"): 0.5}) == "undecided"
