"""The difference between two cases is parted by what brings it about."""

from __future__ import annotations

import math

import pytest

from helpers.watched import WATCHED
from offramp.exploration.cases import Laid
from offramp.exploration.claims import find_claims, label_claims
from offramp.exploration.measured import measure_cases
from offramp.exploration.split import split_cases
from offramp.scenario import parse_scenario
from offramp.scenario.claims import read_claims


def toy(pull, guess):
    return parse_scenario(WATCHED.format(pull=pull, guess=guess))


def labels(scenario, grid=9):
    laid = Laid(grid=grid)
    claims = read_claims(scenario, {})
    cases = ("stay", "send", "arm")
    whole = measure_cases(scenario, dict.fromkeys(cases), laid, {})
    found = label_claims(scenario, claims, laid, {}, whole)
    return {name: label for name, (label, _, _) in found.items()}


def parts_of(scenario, case, measure):
    laid = Laid(grid=9)
    whole = measure_cases(scenario, dict.fromkeys(("stay", case)), laid, {})
    split = split_cases(scenario, "stay", [case], laid, {}, whole)
    return split.parts(measure, case), whole(measure, case) - whole(measure, "stay")


def test_what_arms_do_by_themselves_is_direct():
    parts, whole = parts_of(toy(1.0, 0.0), "arm", "better")
    assert parts.direct == pytest.approx(1 - 0.6**2)  # two years with a chance of 0.4 each
    assert parts.strategic == pytest.approx(0.0, abs=1e-9)
    assert parts.informational == pytest.approx(0.0, abs=1e-9)
    assert parts.total == pytest.approx(whole, abs=1e-9)


def test_a_reply_to_the_act_is_strategic():
    """The watcher's reply is logit in what climbing brings: -0.2 unarmed, 0.8 armed."""
    parts, whole = parts_of(toy(1.0, 0.0), "arm", "climbed")

    def climbs(gain):  # in either of two years, the second of which is worth as much as the first
        last = 1 / (1 + math.exp(-4 * gain))
        waiting = last * gain  # what climbing later is worth on average
        first = 1 / (1 + math.exp(-4 * (gain - waiting)))
        return 1 - (1 - first) * (1 - last)

    assert parts.direct == pytest.approx(0.0, abs=1e-9)
    assert parts.strategic == pytest.approx(climbs(0.8) - climbs(-0.2), abs=1e-6)
    assert parts.informational == pytest.approx(0.0, abs=1e-9)
    assert parts.total == pytest.approx(whole, abs=1e-9)


def test_what_acts_of_some_types_reveal_is_informational():
    parts, whole = parts_of(toy(0.0, 4.0), "send", "climbed")
    assert parts.direct == pytest.approx(0.0, abs=1e-9)
    assert parts.strategic == pytest.approx(0.0, abs=1e-9)
    assert abs(parts.informational) > 0.02
    assert parts.total == pytest.approx(whole, abs=1e-9)


def test_labels_say_on_which_part_a_verdict_stands():
    found = labels(toy(1.0, 0.0))
    assert found["line-moves"] == "assumed"
    assert found["they-climb"] == "strategic"
    assert found["mostly"] == "strategic"
    assert labels(toy(0.0, 4.0))["they-learn"] == "informational"


def test_a_claim_is_assumed_by_the_mechanism_that_shifts_what_it_measures():
    text = (
        WATCHED.format(pull=1.0, guess=0.0)
        .replace(
            "claims:",
            "mechanisms: [{use: help, roles: {rise: gain}}]\n"
            "library:\n"
            "  help:\n"
            "    says: Arms help.\n"
            "    roles: {rise: effect}\n"
            "    parameters: {b_help: {value: 1, unit: log-odds, source: judgement}}\n"
            "    shift: {rise: b_help}\n"
            "    rival: {name: vain, says: They do not., note: nothing moves}\n"
            "claims:",
        )
        .replace('better[stay] + 0.05"]', 'better[stay] + 0.05"], rests_on: [help]')
    )
    found = find_claims(parse_scenario(text), Laid(grid=5), n_draws=0)
    by_name = {one.claim.name: one for one in found.claims}
    assert by_name["line-moves"].assumed_by == ("help",)
    assert by_name["line-moves"].label == "assumed"
    assert by_name["they-climb"].assumed_by == ()


def test_the_mean_over_settings_is_the_mean_of_what_each_gives():
    text = WATCHED.format(pull=1.0, guess=0.0).replace(
        "claims:",
        "mechanisms: [{use: help, roles: {rise: gain}}]\n"
        "library:\n"
        "  help:\n"
        "    says: Arms help.\n"
        "    roles: {rise: effect}\n"
        "    parameters: {b_help: {value: 1, unit: log-odds, source: judgement}}\n"
        "    shift: {rise: b_help}\n"
        "    rival: {name: vain, says: They do not., note: nothing moves}\n"
        "claims:",
    )
    found = find_claims(parse_scenario(text), Laid(grid=5), n_draws=64)
    assert (found.n_draws, found.is_exact) == (2, True)
    helped = 1 / (1 + math.exp(-(math.log(0.4 / 0.6) + 1)))
    expected = {"asserted": 1 - (1 - helped) ** 2, "rival": 1 - 0.6**2}
    for name, value in expected.items():
        assert found.standings[name].measured("better", "arm") == pytest.approx(value)
    line = next(one for one in found.claims if one.claim.name == "line-moves")
    assert line.shares == {"holds": 1.0, "fails": 0.0, "undecided": 0.0}


OPEN = """
offramp: 1
name: open-choice
period: {unit: year, count: 2}
variables:
  aid: {levels: [none, some], start: none}
players:
  giver: {precision: 2}
stages:
  - player: giver
    actions:
      talk: {}
      keep: {when: aid == some, cost: 0.3}
      cut: {when: aid == some, effects: [{set: aid, to: none}]}
      send: {when: aid == none, effects: [{set: aid, to: some}]}
payoffs:
  giver: {use: "0.7 * (aid == some)"}
policies:
  talk: {giver: {always: talk}}
  send: {giver: [{when: aid == none, play: send}, {never: talk}]}
measures:
  kept: {is: count(giver.keep)}
"""


def test_a_choice_that_only_one_case_leaves_open_is_that_cases_act():
    scenario = parse_scenario(OPEN)
    whole = measure_cases(scenario, {"talk": None, "send": None}, Laid(), {})
    # after sending in the first year, keep or cut in the second: a logit choice of two
    keep, cut = 0.7 - 0.3, 0.0
    chance = 1 / (1 + math.exp(2 * (cut - keep)))
    assert whole("kept", "send") == pytest.approx(chance, abs=1e-12)
    found = split_cases(scenario, "talk", ["send"], Laid(), {}, whole)
    # nobody replies to anything here: all of it is direct
    assert found.parts("kept", "send") == pytest.approx((chance, 0.0, 0.0), abs=1e-12)
