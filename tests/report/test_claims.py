"""`offramp claims` and `offramp audit`: verdicts beside their contraries."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from helpers.commands import as_json
from helpers.toys import TOY_CLAIMS

# one mechanism, two policies, two views; solves in a blink
CRISIS = """
offramp: 1
name: tiny
title: A tiny crisis
period: {unit: year, count: 2}
parameters:
  pull: {value: 1.5, range: [0, 3], unit: payoff, source: judgement}
variables:
  arms: {levels: [none, some], start: none}
  rung: {levels: [low, high], start: low}
players:
  sender: {precision: 3}
  watcher: {precision: 4}
stages:
  - {name: send, player: sender, actions: {hold: {}, arm: {effects: [{set: arms, to: some}]}}}
  - name: look
    player: watcher
    actions:
      wait: {}
      climb: {when: rung == low, cost: 0.8, effects: [{name: up, set: rung, to: high}]}
payoffs:
  watcher: {proud: 0.1 * share(rung)}
policies:
  stay: {sender: {always: hold}}
  arm: {sender: {always: arm}}
measures:
  climbed: {is: ever(rung == high)}
  armed: {is: final(share(arms))}
claims:
  k1-climbs:
    says: Arms bring a climb.
    holds: ["climbed[arm] > climbed[stay] + 0.05"]
    rests_on: [provoked]
    counter: k1-calm
  k2-arms: {says: Arms are there., holds: ["armed[arm] > armed[stay] + 0.5"]}
  k1-calm:
    says: Arms bring no climb.
    holds: ["climbed[arm] < climbed[stay] + 0.05"]
    rests_on: [provoked]
    counter: k1-climbs
mechanisms:
  - {use: provoked, setting: {asserted: 0.5, rival: 0.5}, base: asserted, roles: {watcher: watcher, aid: arms, climb: watcher.climb}}
library:
  provoked:
    says: Arms provoke.
    roles: {watcher: player, aid: variable, climb: action}
    pays: {climb: {watcher: pull * share(aid)}}
    rival: {name: awed, says: Arms awe., pays: {climb: {watcher: -pull * share(aid)}}}
views:
  hawk: {mechanisms: {provoked: rival}}
  dove: {mechanisms: {provoked: asserted}}
"""


@pytest.fixture
def tiny(offramp):
    Path("tiny.yaml").write_text(CRISIS, encoding="utf-8")
    return offramp


def test_claims_stand_beside_their_counter_claims(tiny):
    code, out, _ = tiny("claims", "tiny.yaml", "--json")
    answer = as_json("claims", out)
    assert code == 0
    assert (answer["draws"], answer["exact"]) == (2, True)
    assert [row["claim"] for row in answer["claims"]] == ["k1-climbs", "k1-calm", "k2-arms"]
    climbs, calm, arms = answer["claims"]
    assert [climbs[k] for k in ("base", "asserted", "rival")] == ["holds", "holds", "fails"]
    assert [calm[k] for k in ("base", "asserted", "rival")] == ["fails", "fails", "holds"]
    assert (climbs["holds_in"], climbs["fails_in"]) == (0.5, 0.5)
    assert (climbs["label"], arms["label"]) == ("strategic", "assumed")
    [parts] = climbs["comparisons"]
    whole = parts["direct"] + parts["strategic"] + parts["informational"]
    assert whole == pytest.approx(parts["slack"], abs=1e-9)


def test_a_view_takes_the_place_of_the_base_world(tiny):
    _, out, _ = tiny("claims", "tiny.yaml", "--view", "hawk", "--draws", "0", "--json")
    answer = as_json("claims", out)
    assert answer["claims"][0]["base"] == "fails"
    assert answer["claims"][0]["mean"] is None


def test_verdicts_are_said_in_tables(tiny):
    _, out, _ = tiny("claims", "tiny.yaml")
    assert "mean of all settings" in out
    assert "k1-climbs  holds       holds         fails" in out
    assert "By how much the side that is to be greater exceeds the other" in out


def test_kept_verdicts_are_shown_with_an_essay_until_the_scenario_changes(tiny):
    tiny("essay", "new", "mine", "--about", "tiny.yaml")
    essay = Path("mine.yaml")
    essay.write_text(essay.read_text().replace("# claims: [NAME]", "claims: [k1]"))
    essay.write_text(essay.read_text().replace("claims: [k1]", "claims: [k1-climbs]"))
    code, out, _ = tiny("essay", "mine.yaml")
    assert code == 0
    assert "No verdicts are kept of tiny.yaml" in out
    tiny("claims", "tiny.yaml", "--keep", "--draws", "0")
    _, out, _ = tiny("essay", "mine.yaml", "--json")
    [claim] = as_json("essay", out)["claims"]
    assert [one["verdict"] for one in claim["tested"]] == ["holds"]
    assert [one["verdict"] for one in claim["counter"]] == ["fails"]
    Path("tiny.yaml").write_text(CRISIS.replace("value: 1.5", "value: 1.6"), encoding="utf-8")
    _, out, _ = tiny("essay", "mine.yaml")
    assert "belong to an earlier version" in " ".join(out.split())
    Path("tiny.claims.json").write_text("{}", encoding="utf-8")
    _, out, _ = tiny("essay", "mine.yaml")
    assert "cannot be read" in " ".join(out.split())


def test_an_audit_takes_assumptions_away(tiny):
    mirror = CRISIS.replace("name: tiny", "name: mirror").replace("counter: k1-calm", "mirrors: k1")
    Path("mirror.yaml").write_text(mirror.replace("    counter: k1-climbs\n", ""), encoding="utf-8")
    code, out, _ = tiny("audit", "tiny.yaml", "--mirror", "mirror.yaml", "--json")
    answer = as_json("audit", out)
    assert code == 0
    assert answer["relabelled"] < 1e-9
    assert answer["renamed"] >= 6
    assert [row["measure"] for row in answer["common"]] == ["armed"]
    verdicts = {row["claim"]: row for row in answer["claims"]}
    assert list(verdicts["k1-climbs"]["verdicts"]) == ["all absent", "all rival", "hawk", "dove"]
    assert verdicts["k1-climbs"]["verdicts"]["dove"] == "holds"
    assert [name for name, row in verdicts.items() if row["everywhere"]] == ["k2-arms"]
    needed = {(r["view"], r["claim"], r["setting"]) for r in answer["needed"]}
    assert ("hawk", "k1-climbs", "asserted") in needed
    assert ("dove", "k1-calm", "rival") in needed
    moved = {(row["variable"], row["level"]) for row in answer["moved"]}
    assert moved == {("arms", "some"), ("rung", "high")}
    assert {"claim": "k1-climbs", "here": "holds", "mirror": "k1-climbs", "there": "holds"} in (
        answer["mirrored"]
    )


def test_an_audit_is_said_in_tables(tiny):
    _, out, _ = tiny("audit", "tiny.yaml")
    assert "(a) Common ground" in out
    assert "(d) Giving" in out
    assert "changes nothing" in out


@pytest.mark.parametrize("command", ["claims", "audit"])
def test_a_scenario_that_claims_nothing_is_told(command, offramp):
    code, out, err = offramp(command, "pledge", "--json")
    assert code == 2
    [problem] = json.loads(out or err)["problems"]
    assert problem["code"] == "R608"


def test_a_case_that_goes_on_for_longer_is_not_split(offramp):
    longer = (
        TOY_CLAIMS.replace("count: 2}", "count: years}")
        .replace(
            "parameters:\n", "parameters:\n  years: {value: 2, unit: years, source: judgement}\n"
        )
        .replace("cases:\n", "cases:\n  long: {policy: solved, set: {years: 4}}\n")
    )
    longer += (
        '  lasts: {says: "It lasts.", source: judgement, '
        'holds: ["lost[long] > lost[solved] + 0.001"]}\n'
    )
    Path("longer.yaml").write_text(longer)
    code, out, told = offramp("claims", "longer.yaml", "--draws", "0", "--grid", "2", "--json")
    assert code == 0, told
    rows = {row["claim"]: row for row in as_json("claims", out)["claims"]}
    assert rows["lasts"]["label"] == "not split"
    assert rows["deters"]["label"] != "not split"
