"""`offramp earned`: what it says of a run, and what it refuses."""

from __future__ import annotations

from pathlib import Path

import pytest

from helpers.commands import as_json
from helpers.watched import WATCHED
from offramp.report.answers import EarnedAnswer
from offramp.report.layout import write_answer

TEXT = WATCHED.format(pull=1.0, guess=0.0).replace(
    "pull: {value: 1.0,", "pull: {value: 1.0, range: [0.9, 1.1],"
)
ASKED = ("--worlds", "5", "--grid", "5", "--workers", "1", "--out", "run")


@pytest.fixture
def earned(offramp):
    Path("toy.yaml").write_text(TEXT)
    assert offramp("explore", "toy.yaml", *ASKED)[0] == 0
    return lambda *words: offramp("earned", *words)


def test_answer_counts_worlds_and_means_parts(earned):
    code, out, _ = earned("run", "--worlds", "4", "--json")
    assert code == 0
    answer = as_json("earned", out)
    assert (answer["there"], answer["worlds"]) == (5, [0, 1, 2, 3])
    assert answer["scenario"]["grid"] == 5
    rows = {row["claim"]: row for row in answer["claims"]}
    line, climb = rows["line-moves"], rows["they-climb"]
    none = dict.fromkeys(("assumed", "strategic", "informational", "undecided", "not_split"), 0)
    assert line["labels"] == {**none, "assumed": 4}
    assert climb["labels"] == {**none, "strategic": 4}
    assert (line["worlds"], line["holds"], line["fails"]) == (4, 4, 0)
    (comparison,) = line["comparisons"]
    assert comparison["direct"]["mean"] == pytest.approx(1 - 0.6**2)
    assert comparison["direct"]["low"] == pytest.approx(1 - 0.6**2)
    (comparison,) = climb["comparisons"]
    parts = [comparison[part]["mean"] for part in ("direct", "strategic", "informational")]
    assert sum(parts) == pytest.approx(comparison["whole"]["mean"], abs=1e-9)
    assert comparison["strategic"]["low"] < parts[1] < comparison["strategic"]["high"]
    assert answer["miss"] < 1e-9


def test_words_say_which_worlds_and_what_verdicts_stand_on(earned):
    code, out, _ = earned("run", "--worlds", "4", "--claim", "line-moves", "--claim", "they-climb")
    assert code == 0
    told = " ".join(out.split())
    assert "Split in the first 4 worlds of the 5 that the run holds." in told
    words = "it holds in 4 and fails in 0 of 4 worlds; of these verdicts"
    assert f"line-moves: {words} 4 are assumed, 0 earned." in told
    assert f"they-climb: {words} 0 are assumed, 4 earned." in told
    assert "they-learn" not in told
    assert "0.640 (0.640 to 0.640)" in told
    assert max(map(len, out.splitlines())) <= 120
    _, out, _ = earned("run")
    assert "Split in 5 worlds: all that the run holds." in out


def test_one_world_has_means_without_intervals(earned):
    _, out, _ = earned("run", "--worlds", "1", "--claim", "line-moves", "--json")
    answer = as_json("earned", out)
    assert answer["claims"][0]["comparisons"][0]["direct"]["low"] is None
    assert "nan" not in write_answer(EarnedAnswer(**answer)).lower()


def test_verdicts_by_a_mechanism_are_assumed_by_it(offramp):
    text = TEXT.replace('better[stay] + 0.05"]', 'better[stay] + 0.05"], rests_on: [help]')
    text = text.replace(
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
    Path("toy.yaml").write_text(text)
    assert offramp("explore", "toy.yaml", *ASKED)[0] == 0
    _, out, _ = offramp("earned", "run", "--worlds", "2", "--claim", "line-moves")
    assert "line-moves: it holds in 2 and fails in 0 of 2 worlds; assumed by help." in out


def test_what_is_no_run_or_claims_nothing_is_refused(earned, offramp):
    assert "R612" in earned("nowhere")[2]
    code, out, told = earned("run", "--claim", "line-move", "--json")
    assert code == 2
    assert as_json("problems", out)["problems"][0]["code"] == "R619"
    assert "line-moves" in told
    words = ("--worlds", "1", "--grid", "2", "--workers", "1", "--out")
    assert offramp("explore", "pledge", *words, "silent")[0] == 0
    assert "R608" in earned("silent")[2]
    assert offramp("explore", "toy.yaml", *words, "begun", "--budget", "0")[0] == 0
    assert "No world of this run has been solved." in earned("begun")[2]
