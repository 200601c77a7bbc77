"""Two views are mixed assumption by assumption: a planted crux is found, none is made up."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from offramp.errors import RunError
from offramp.exploration.camps import find_camps, mix
from offramp.exploration.cases import Laid
from offramp.exploration.claims import asked_by
from offramp.exploration.exchange import find_crux
from offramp.exploration.questions import does_it_hold, is_it_better
from offramp.exploration.shapley import shapley_shares
from offramp.report.crux import describe_crux
from offramp.scenario import parse_scenario
from offramp.scenario.claims import read_claims

# Arms move the line with a chance of 0.1 + 0.2 (x + y + z), and without arms it moves with 0.4:
# arms help where two of three numbers are 1. The number `z` belongs to a mechanism, which at its
# rival does nothing; `w` is read by nobody.
THREE = """
offramp: 1
name: three
period: {unit: year, count: 1}
parameters:
  x: {value: 0, range: [0, 1], unit: none, source: judgement}
  y: {value: 0, range: [0, 1], unit: none, source: judgement}
  w: {value: 0, range: [0, 1], unit: none, source: judgement}
variables:
  arms: {levels: [none, some], start: none}
  line: {levels: [held, better], start: held}
players:
  sender: {precision: 3}
stages:
  - player: sender
    actions:
      hold: {}
      arm: {effects: [{set: arms, to: some}]}
  - name: drift
    effects:
      - {name: gain, when: arms == some, chance: "0.1 + 0.2 * (x + y)", set: line, to: better}
      - {name: luck, when: arms == none, chance: 0.4, set: line, to: better}
library:
  skill:
    says: Skilled hands make more of arms.
    roles: {rise: effect}
    parameters: {b_skill: {value: 1, unit: log-odds, source: judgement}}
    shift: {rise: b_skill}
    rival: {name: no-skill, says: They do not., note: nothing moves}
mechanisms: [{use: skill, roles: {rise: gain}}]
payoffs: {sender: {gain: line == better}}
policies:
  stay: {sender: {always: hold}}
  arm: {sender: {always: arm}}
measures:
  better: {is: final(line == better), better: higher}
claims:
  arms-help: {says: Arms help., holds: ["better[arm] > better[stay]"]}
views:
  essay: {mechanisms: {skill: asserted}, set: {x: 1, y: 1, w: 1, b_skill: 2}}
  critic: {mechanisms: {skill: rival}, set: {x: 0, y: 0, w: 0, b_skill: 1}}
  open: {mechanisms: {skill: {asserted: 0.5, rival: 0.5}}}
"""


def logit(p: float) -> float:
    return math.log(p / (1 - p))


def chance(x: int, y: int, skilled: bool) -> float:
    """Return by hand how likely arms move the line."""
    p = 0.1 + 0.2 * (x + y)
    return 1 / (1 + math.exp(-logit(p) - 2 * skilled))


def mixtures_of(text: str, first="essay", second="critic"):
    scenario = parse_scenario(text)
    [claim] = read_claims(scenario, {})
    question = does_it_hold(claim, asked_by(scenario, [claim]))
    return mix(scenario, find_camps(scenario, first, second), question, Laid())


def test_a_mixture_is_judged_as_worked_by_hand():
    mixtures = mixtures_of(THREE)
    assert mixtures.differing == ("skill", "x", "y", "w")
    for theirs in (set(), {0}, {1}, {0, 2}, {1, 2}, {3}, {0, 1, 2, 3}):
        x, y, skilled = 1 not in theirs, 2 not in theirs, 0 not in theirs
        [slack] = mixtures.slacks([frozenset(theirs)])
        assert slack == pytest.approx(chance(x, y, skilled) - 0.4, abs=1e-12)


def test_planted_crux_is_found_and_the_idle_assumption_named():
    # by hand: 0.5 + 2 in log-odds is far above 0.4; without skill 0.5, still above; with x or y
    # gone and skill kept, still above; skill and one of x, y gone: 0.3, below
    found = find_crux(mixtures_of(THREE))
    assert found.is_disputed
    turning = {frozenset(one.names) for one in found.first_gives_way.turning}
    assert turning == {frozenset({"skill", "x"}), frozenset({"skill", "y"})}
    back = {frozenset(one.names) for one in found.second_gives_way.turning}
    assert back == {frozenset({"skill"}), frozenset({"x", "y"})} - (
        {frozenset({"skill"})} if chance(0, 0, True) < 0.4 else set()
    )
    assert found.first_gives_way.rest == ("w",)
    assert not found.first_gives_way.rest_turns


def test_shares_sum_to_the_gap_and_the_idle_one_carries_nothing():
    mixtures = mixtures_of(THREE)
    shares = shapley_shares(mixtures, None)
    assert shares.is_exact
    gap = chance(0, 0, False) - chance(1, 1, True)
    assert shares.share.sum() == pytest.approx(gap, abs=1e-12)
    assert shares.share[mixtures.differing.index("w")] == pytest.approx(0.0, abs=1e-12)


def test_camps_that_agree_have_no_crux():
    agreeing = THREE.replace(
        "set: {x: 0, y: 0, w: 0, b_skill: 1}", "set: {x: 1, y: 1, w: 0, b_skill: 1}"
    )
    found = find_crux(mixtures_of(agreeing))
    assert not found.is_disputed
    assert found.first_gives_way.turning == found.second_gives_way.turning == ()


def test_numbers_of_a_mechanism_go_along_with_it():
    camps = find_camps(parse_scenario(THREE), "essay", "critic")
    assert camps.along == {"skill": ("b_skill",)}
    whose = dict.fromkeys(camps.assumptions, "second")
    assert camps.settings(whose) == {"skill": "rival", "b_skill": 1.0, "x": 0, "y": 0, "w": 0}


def test_better_by_a_measure_is_the_lead_in_its_direction():
    scenario = parse_scenario(THREE)
    camps = find_camps(scenario, "essay", "critic")
    for lower, sign in ((False, 1), (True, -1)):
        question = is_it_better("better", "arm", "stay", lower=lower)
        [slack] = mix(scenario, camps, question, Laid()).slacks([frozenset()])
        assert slack == pytest.approx(sign * (chance(1, 1, True) - 0.4), abs=1e-12)


def test_views_that_stand_for_many_worlds_or_starts_are_refused():
    started = THREE + "  early: {start: {line: better}}\n"
    with pytest.raises(RunError) as caught:
        mixtures_of(started, "open", "early")
    assert [one.code for one in caught.value.problems] == ["R616", "R617"]


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({}, "R618"),
        ({"claim": "arms-help", "policies": ("arm", "stay")}, "R618"),
        ({"claim": "arms-hurt"}, "R619"),
        ({"policies": ("arm", "sit")}, "R619"),
        ({"policies": ("arm", "stay"), "measure": "bettr"}, "R619"),
    ],
)
def test_what_is_asked_must_be_one_thing_that_is_there(tmp_path: Path, asked, code):
    file = tmp_path / "three.yaml"
    file.write_text(THREE)
    with pytest.raises(RunError) as caught:
        describe_crux(str(file), **asked)
    assert [one.code for one in caught.value.problems] == [code]


def test_the_answer_says_in_words_what_divides_them(tmp_path: Path):
    from offramp.report.crux_tables import crux_sentences

    file = tmp_path / "three.yaml"
    file.write_text(THREE)
    answer = describe_crux(str(file), claim="arms-help", orders=4)
    told = " ".join(crux_sentences(answer))
    assert "They settle 4 assumptions differently." in told
    assert "Exchange 'skill' and 'x' and essay comes round (1 other set does as well)" in told
    assert "exchanging the other 1 together does not turn it" in told
    assert sum(row.share for row in answer.assumptions) == pytest.approx(
        answer.slack[1] - answer.slack[0], abs=1e-9
    )
