"""What flips an answer, where it is known by hand: numbers, lists, mechanisms, start levels."""

from __future__ import annotations

import math

import pytest

from helpers.arms import FLIPS
from offramp.errors import RunError
from offramp.exploration import sharing
from offramp.exploration.cases import Laid
from offramp.exploration.doubts import read_doubts
from offramp.exploration.flips import find_flips
from offramp.exploration.measured import Measured, measure_cases
from offramp.exploration.questions import Wording, is_it_better, judge_world, read_question
from offramp.scenario import parse_scenario

CLAIM = Wording(claim="arms-help")


def moved(wording=CLAIM, laid=None, text=FLIPS):
    scenario, laid = parse_scenario(text), laid or Laid()
    question = read_question(scenario, wording, laid)
    base = question.slack(measure_cases(scenario, question.asked, laid, {}))
    doubts = read_doubts(scenario, laid.view, laid.parameters)
    return base, {one.doubt.name: one for one in find_flips(scenario, wording, laid, doubts, base)}


@pytest.fixture(scope="module")
def found():
    return moved()


def skilled(p: float) -> float:
    return 1 / (1 + math.exp(-math.log(p / (1 - p)) - 2))


def test_base_verdict_is_that_worked_by_hand(found):
    assert found[0] == pytest.approx(0.75 * 0.2 + 0.25 * 0.4 - 0.3)


@pytest.mark.parametrize(
    ("name", "place", "above"),
    # 0.15 + x / 2 = 0.3;  0.25 = 0.3 k;  0.25 = 0.3 + bar;  0.25 + big = 0.3
    [("x", 0.3, True), ("k", 0.25 / 0.3, False), ("bar", -0.05, False), ("big", 0.05, True)],
)
def test_threshold_of_a_number_is_that_of_the_closed_form(found, name, place, above):
    [flip] = found[1][name].flips
    assert flip.value == pytest.approx(place, abs=1e-4)
    assert (flip.kind, flip.stands_above) == ("crossing", above)


def test_leap_is_bracketed_and_called_one(found):
    [flip] = found[1]["leap"].flips
    assert flip.kind == "jump"
    assert flip.low <= 0.55 <= flip.high
    assert flip.high - flip.low <= 1.1e-4


@pytest.mark.parametrize("name", ["idle", "b_skill", "pride"])
def test_what_no_measure_hangs_on_flips_nothing(found, name):
    assert not found[1][name].turns


def test_distance_is_a_share_of_the_range_over_its_own_scale(found):
    at = found[1]["x"]
    assert at.doubt.distance(at.flips[0].value) == pytest.approx(0.1, abs=2e-4)
    at = found[1]["k"]
    assert pytest.approx(math.sqrt(0.01 * 3)) in at.thresholds.value.tolist()  # tried by ratio
    share = math.log(1.2) / math.log(300)
    assert at.doubt.distance(at.flips[0].value) == pytest.approx(share, abs=2e-4)


def test_choices_are_tried_one_by_one(found):
    def tried(name):
        return {one.choice: one.slack for one in found[1][name].tried}

    assert tried("many") == pytest.approx({0.0: -0.1, 5.0: 0.15})
    assert tried("mood") == pytest.approx({"calm": -0.1, "tense": 0.1})
    with_skill = 0.75 * skilled(0.2) + 0.25 * skilled(0.4) - 0.3
    assert tried("skill") == pytest.approx({"asserted": with_skill})
    turning = {name: [t.choice for t in one.turning] for name, one in found[1].items()}
    assert turning["many"] == [5.0]
    assert turning["mood"] == ["tense"]
    assert turning["skill"] == ["asserted"]


def test_value_that_cannot_be_solved_is_told_and_stops_nothing(found):
    one = found[1]["big"]
    assert one.thresholds.n_undefined > 0  # where a chance comes to more than 1
    assert one.n_unsolved == one.thresholds.n_undefined
    assert "chances lie between 0 and 1" in one.reason
    assert not any(other.n_unsolved for name, other in found[1].items() if name != "big")


def test_what_a_view_settles_is_moved_from_where_it_stands():
    base, found = moved(laid=Laid(view="hopeful"))
    assert base == pytest.approx(skilled(0.1 + 0.15 + 0.2) - 0.3)
    assert found["x"].doubt.base == 0.3
    assert [one.choice for one in found["mood"].tried] == ["calm"]
    assert [one.choice for one in found["skill"].tried] == ["rival"]
    # skilled hands hold up against luck until 0.3 k reaches what they make of 0.45
    [flip] = found["k"].flips
    assert flip.value == pytest.approx(skilled(0.45) / 0.3, abs=1e-3)


def test_what_the_caller_sets_is_in_no_doubt():
    scenario = parse_scenario(FLIPS)
    given = read_doubts(scenario, None, {"x": 0.3, "mood": "calm"})
    assert [one.name for one in given] == [
        "k", "leap", "bar", "big", "many", "idle", "b_skill", "skill", "pride",
    ]  # fmt: skip


def test_number_that_every_type_sets_for_itself_stands_nowhere():
    def doubts(other):
        text = FLIPS.replace(
            "sender: {precision: 3}",
            f"sender: {{precision: 3, types: {{one: {{prior: 1, set: {{idle: 1}}}}, {other}}}}}",
        )
        return {one.name: one.base for one in read_doubts(parse_scenario(text))}

    assert "idle" not in doubts("two: {prior: 1, set: {idle: 2}}")
    assert doubts("two: {prior: 1}")["idle"] == 0.5


def test_processes_find_what_this_one_finds(found, monkeypatch):
    monkeypatch.setattr(sharing, "WORTH_SHARING", 0.0)
    monkeypatch.setattr(sharing, "default_threads", lambda: 2)
    shared = moved()[1]
    assert list(shared) == list(found[1])
    for name, one in found[1].items():
        for what in ("doubt", "flips", "tried", "n_solved", "reason"):
            assert getattr(shared[name], what) == getattr(one, what)


def test_claim_of_which_one_comparison_does_not_arise_is_open():
    text = FLIPS.replace(
        '"better[arm] > better[stay] + bar"',
        '"better[arm] > better[stay] - 1", "later[arm] > later[stay]"',
    )
    for order in (text, text.replace('- 1", "later[arm] > later[stay]"', '- 1"')):
        slack = judge_world(parse_scenario(order), CLAIM, Laid(), {}).slack
        assert math.isnan(slack) == (order is text)


def test_difference_that_is_only_rounding_is_none():
    question = is_it_better("better", "one", "other", lower=False)
    measured = Measured({"one": {"better": 0.1 + 0.2}, "other": {"better": 0.3}}, 0.0, 0)
    assert measured("better", "one") > measured("better", "other")
    assert question.slack(measured) == 0.0


def test_question_must_be_one_thing_that_is_there():
    scenario = parse_scenario(FLIPS)
    for wording, code in (
        (Wording(), "R618"),
        (Wording("arms-help", ("arm", "stay")), "R618"),
        (Wording("arms-hurt"), "R619"),
        (Wording(policies=("arm", "sit")), "R619"),
        (Wording(policies=("arm", "stay"), measure="beter"), "R619"),
    ):
        with pytest.raises(RunError) as caught:
            read_question(scenario, wording, Laid())
        assert [one.code for one in caught.value.problems] == [code]
