"""`offramp essay` and `offramp mechanisms`."""

from __future__ import annotations

from pathlib import Path

from helpers.commands import as_json
from offramp.scenario.essays import list_essays
from offramp.scenario.library import list_mechanisms


def test_all_essays_are_listed_by_date_each_before_its_opponent(offramp):
    code, out, _ = offramp("essay", "--json")
    answer = as_json("essays", out)
    assert code == 0
    assert [one["id"] for one in answer["essays"]] == list(list_essays())


def test_an_essay_is_shown_with_its_chain_its_claims_and_its_opponents(offramp):
    code, out, _ = offramp("essay", "003")
    assert code == 0
    for told in (
        "What it argues",
        "The chain (? marks what it needs and leaves unsaid)",
        "Claims beside their counter-claims",
        "What happened since",
        "Where it disagrees with the others",
        "What became of each paragraph",
    ):
        assert told in out


def test_an_essay_and_its_opponent_are_told_alike(offramp):
    answers = []
    for name in ("003", "KE"):
        _, out, _ = offramp("essay", name, "--json")
        answers.append(as_json("essay", out))
    essay, counter = answers
    assert set(essay) == set(counter)
    assert "KE" in {row["other"] for row in essay["disagreements"]}
    assert "003" in {row["other"] for row in counter["disagreements"]}


def test_a_new_essay_is_sound_and_overwrites_nothing(offramp):
    code, _, _ = offramp("essay", "new", "mine", "--about", "pledge")
    assert code == 0
    assert "id: mine" in Path("mine.yaml").read_text(encoding="utf-8")
    assert offramp("essay", "mine.yaml")[0] == 0
    code, _, err = offramp("essay", "new", "mine")
    assert code == 2
    assert "there already" in err


def test_a_new_essay_needs_a_name_and_a_scenario_that_is_there(offramp):
    assert offramp("essay", "new")[0] == 2
    assert offramp("essay", "new", "mine", "--about", "nowhere")[0] == 2
    assert not list(Path().iterdir())


def test_the_library_is_listed(offramp):
    code, out, _ = offramp("mechanisms", "--json")
    answer = as_json("mechanisms", out)
    assert code == 0
    assert [one["name"] for one in answer["mechanisms"]] == list_mechanisms()
    assert all(one["rival"] for one in answer["mechanisms"])


def test_a_mechanism_is_shown_beside_its_rival(offramp):
    code, out, _ = offramp("mechanisms", "denial-deterrence", "--json")
    answer = as_json("mechanism", out)
    assert code == 0
    assert answer["ties"]
    assert answer["rival"]["does"] == ["nothing: it equals absent"]
    _, out, _ = offramp("mechanisms", "denial-deterrence")
    assert "The same switch as" in out


def test_a_mechanism_that_is_not_there_is_told(offramp):
    code, _, err = offramp("mechanisms", "denial")
    assert code == 2
    assert "The library has no mechanism 'denial'" in err
