"""`offramp flips`: the answer, its words, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from helpers.arms import FLIPS, PRODUCT
from helpers.commands import as_json
from offramp.report.answers import FlipsAnswer
from offramp.report.layout import write_answer

ASKED = ("flips.yaml", "--claim", "arms-help")


@pytest.fixture
def flips(offramp):
    Path("flips.yaml").write_text(FLIPS)
    Path("product.yaml").write_text(PRODUCT)
    return lambda *words: offramp("flips", *words)


def test_answer_puts_the_nearest_flip_first(flips):
    code, out, _ = flips(*ASKED, "--json")
    assert code == 0
    answer = as_json("flips", out)
    assert (answer["verdict"], answer["slack"]) == ("not so", pytest.approx(-0.05))
    rows = {row["assumption"]: row for row in answer["numbers"]}
    # as a share of the range: big 0.05 of 2, log k log 1.2 of log 300, x 0.1 of 1, bar 0.05 of 0.4
    assert list(rows) == ["big", "k", "x", "bar", "leap", "idle", "b_skill"]
    (flip,) = rows["x"]["flips"]
    assert flip["value"] == pytest.approx(0.3, abs=1e-4)
    assert flip["distance"] == pytest.approx(0.1, abs=1e-4)
    assert (rows["x"]["at_low"], rows["x"]["at_high"]) == ("not so", "so")
    assert rows["x"]["slack_high"] == pytest.approx(0.35)
    assert rows["big"]["at_high"] == "does not arise"
    assert rows["big"]["slack_high"] is None
    assert rows["idle"]["flips"] == []
    switches = {row["assumption"]: row for row in answer["switches"]}
    assert list(switches) == ["many", "skill", "mood", "pride"]
    assert switches["mood"]["base"] == "calm or tense"
    assert [c["choice"] for c in switches["many"]["choices"] if c["flips"]] == ["5"]
    assert answer["sobol"] is None


def test_words_count_what_flips_and_name_the_nearest(flips):
    code, out, _ = flips(*ASKED)
    assert code == 0
    told = " ".join(out.split())
    assert "In the base world it is not so, by 0.0500." in told
    assert "8 of 11 assumptions can flip that alone: 5 of 7 numbers within their ranges" in told
    assert "3 of 4 that can be set otherwise." in told
    assert "The nearest is 'big': it flips at 0.0500, 2.5 % of its range away from 0." in told
    assert "It flips with mechanism 'skill' at 'asserted' in place of rival." in told
    assert "It flips with start level 'mood' at 'tense' in place of calm or tense." in told
    assert "At some values of big the question does not arise." in told
    assert "Not everywhere can 'big' be solved: G501" in told
    assert "no value in range" in told
    assert max(map(len, out.splitlines())) <= 120


def test_no_flip_is_an_answer(flips):
    code, out, _ = flips("product.yaml", "--policies", "arm", "stay", "--set", "x=0.5")
    assert code == 0
    told = " ".join(out.split())
    assert "Asked: arm is better than stay by better (higher)." in told
    assert "x = 0.500" in told
    # y = 0 is where arms do nothing, the very end of the range: not above zero there
    assert "1 of 2 assumptions can flip that alone" in told
    code, out, _ = flips(
        "product.yaml", "--policies", "arm", "stay", "--set", "y=0.5", "--set", "x=1"
    )
    assert "No assumption flips that alone, of 1 that were moved" in " ".join(out.split())


def test_base_verdict_that_does_not_arise_is_said(flips):
    words = ("product.yaml", "--policies", "arm", "stay", "--measure", "moved")
    code, out, _ = flips(*words, "--json")
    assert code == 0
    answer = as_json("flips", out)
    assert (answer["verdict"], answer["slack"], answer["solved"]) == ("does not arise", None, 1)
    assert answer["numbers"] == answer["switches"] == []
    told = " ".join(write_answer(FlipsAnswer(**answer)).split())
    assert "In the base world the question does not arise. There is no answer to turn" in told


def test_indices_stand_beside_when_asked_for(flips):
    code, out, _ = flips("product.yaml", "--policies", "arm", "stay", "--sobol", "8", "--json")
    assert code == 0
    answer = as_json("flips", out)
    sobol = answer["sobol"]
    assert (sobol["rows"], sobol["used"], sobol["worlds"]) == (8, 8, 40)
    assert sobol["indices"][-1]["assumption"] == "idle"
    assert answer["solved"] >= 41
    text = write_answer(FlipsAnswer(**answer))
    assert "Over 40 worlds the answer varies most with" in " ".join(text.split())
    assert "Share of the variance over worlds" in text


def test_indices_that_there_are_none_of_are_said(flips):
    _, out, _ = flips("product.yaml", "--claim", "likelier", "--sobol", "2")
    assert "0 of 2 rows of the design are whole: too few for indices." in " ".join(out.split())


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--claim", "arms-hurt"), "R619"),
        ((), "R618"),
        ((*ASKED[1:], "--sobol", "12"), "There is no Saltelli design of 12 rows."),
        ((*ASKED[1:], "--view", "hopefull"), "hopeful"),
        ((*ASKED[1:], "--set", "xx=1"), "xx"),
    ],
)
def test_bad_words_are_bad_input(flips, words, told):
    code, out, err = flips("flips.yaml", *words)
    assert (code, out) == (2, "")
    assert told in err
