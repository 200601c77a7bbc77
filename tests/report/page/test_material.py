"""What a report is made of, and what it refuses."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace

import pytest

from helpers.commands import as_json
from helpers.planted import PLANTED, explore_planted
from offramp.exploration.ensemble import explore
from offramp.report.page.base_cards import base_cards
from offramp.report.page.material import gather
from offramp.report.page.source_cards import source_cards
from offramp.report.results import describe_run
from offramp.scenario import load_scenario


@pytest.fixture
def folder(offramp):
    Path("planted.yaml").write_text(PLANTED)
    explore_planted(Path("run"), worlds=12)
    offramp("run", "planted.yaml", "--out", "base")
    return Path()


def test_what_was_found_out_is_kept_and_read_again(offramp, folder, monkeypatch):
    code, out, _ = offramp("report", "run", "--out", "one.html", "--json")
    assert code == 0
    assert as_json("report", out)["worlds"] == 12
    kept = sorted(Path("run/answers").iterdir())
    assert kept
    before = {path: path.read_bytes() for path in kept}
    from offramp.report.page import material

    def never(*words, **more):
        raise AssertionError("found out again")

    for name in ("describe_doubt", "describe_believe", "describe_drivers"):
        monkeypatch.setattr(material, name, never)
    assert offramp("report", "run", "--out", "two.html")[0] == 0
    assert {path: path.read_bytes() for path in kept} == before
    assert Path("one.html").read_bytes() == Path("two.html").read_bytes()


def test_a_damaged_answer_is_made_anew(offramp, folder):
    offramp("report", "run", "--out", "one.html")
    damaged = next(Path("run/answers").iterdir())
    whole = damaged.read_bytes()
    damaged.write_bytes(whole[:20])
    assert offramp("report", "run", "--out", "two.html")[0] == 0
    assert damaged.read_bytes() == whole
    assert Path("one.html").read_bytes() == Path("two.html").read_bytes()


def test_the_run_still_goes_on(offramp, folder):
    offramp("report", "run", "--out", "one.html")
    assert offramp("explore", "planted.yaml", "--out", "run", "--resume")[0] == 0


def test_answers_of_the_same_scenario_are_shown(offramp, folder):
    _, why, _ = offramp("why", "planted.yaml", "--player", "ruler", "--json")
    Path("why.json").write_text(why)
    Path("flips.json").write_text(offramp("flips", "planted.yaml", "--claim", "pays", "--json")[1])
    Path("earned.json").write_text(offramp("earned", "run", "--worlds", "2", "--json")[1])
    given = [word for name in ("why", "flips", "earned") for word in ("--with", f"{name}.json")]
    words = ("report", "run", "--base", "base", *given, "--out", "r.html", "--json")
    cards = as_json("report", offramp(*words)[1])["cards"]
    assert {"why-1", "flips-1", "earned-1", "tree"} <= set(cards)
    assert "replies" in cards
    assert "map" in cards


def test_what_belongs_elsewhere_is_refused(offramp, folder):
    Path("other.yaml").write_text(PLANTED.replace("value: 0.3", "value: 0.2"))
    offramp("run", "other.yaml", "--out", "other")
    Path("claims.json").write_text(json.dumps({"command": "claims"}))
    Path("none.json").write_text("none")
    _, why, _ = offramp("why", "pledge", "--player", "patron", "--json")
    Path("why.json").write_text(why)
    for words, code in (
        (("run", "--base", "other"), "R642"),
        (("run", "--base", "run"), "R641"),
        (("run", "--with", "claims.json"), "R640"),
        (("run", "--with", "none.json"), "R640"),
        (("run", "--with", "why.json"), "R642"),
    ):
        left, _, told = offramp("report", *words, "--out", "r.html")
        assert left == 2
        assert code in told
        assert not Path("r.html").exists()


def test_an_unfinished_run_has_a_report_too(offramp, folder):
    offramp("explore", "planted.yaml", "--worlds", "3", "--workers", "1", "--out", "few")
    code, out, _ = offramp("report", "few", "--out", "few.html", "--json")
    assert code == 0
    assert as_json("report", out)["worlds"] == 3


WAY_OFF = "endings: {gone: {when: land == lost, off_ramp: stopped}}\nmeasures:"


def test_ways_off_the_ladder_say_of_what_kind_they_are(offramp):
    text = PLANTED.replace("risk: {eff", "risk: {ladder: 3, eff")
    said = text.replace("measures:", WAY_OFF, 1)
    drawings, hashes = [], []
    for text in (said, said.replace(", off_ramp: stopped", "")):
        Path("planted.yaml").write_text(text)
        answer = describe_run("planted.yaml", moves=["risk"])
        cards = base_cards(answer, load_scenario("planted.yaml"))
        drawings += [card.drawing for card in cards if card.key == "ladder-risk"]
        hashes.append(answer.scenario.hash)
    assert "(off-ramp: stopped)" in drawings[0]
    assert "(off-ramp" not in drawings[1]
    assert hashes[0] == hashes[1]  # a word for readers changes no number


def test_answers_of_other_versions_or_runs_are_refused(offramp, folder):
    """What a card says must be about the page's own file, and its own worlds."""
    explore_planted(Path("few"), worlds=6)
    Path("few.json").write_text(offramp("earned", "few", "--worlds", "2", "--json")[1])
    Path("other.yaml").write_text(PLANTED.replace("value: 0.3", "value: 0.2"))
    Path("other.json").write_text(offramp("flips", "other.yaml", "--claim", "pays", "--json")[1])
    for name in ("few", "other"):
        code, _, told = offramp("report", "run", "--with", f"{name}.json", "--out", "r.html")
        assert (code, "R642" in told) == (2, True), name
    # what an answer laid over the same file is said
    words = ("flips", "planted.yaml", "--claim", "pays", "--set", "x=0.01", "--json")
    Path("laid.json").write_text(offramp(*words)[1])
    offramp("report", "run", "--with", "laid.json", "--with", "laid.json", "--out", "r.html")
    page = Path("r.html").read_text()
    assert "Asked under x set to 0.01." in page
    assert 'id="flips-2"' not in page  # the same twice is one
    assert "--with given-1.json" in page


def test_what_arises_in_few_worlds_costs_a_card_and_not_the_page(offramp):
    """Once at risk, land is lost in the worlds that are drawn so; under `sure` nobody risks it."""
    asked = 'lost_after: {is: "after(did(ruler.risk), land == lost, within=0)", better: lower}'
    claim = 'rare: {says: "It is.", source: judgement, holds: ["lost_after[risk] > 0.5"]}'
    text = PLANTED.replace("measures:\n", f"measures:\n  {asked}\n")
    Path("rare.yaml").write_text(text.replace("claims:\n", f"claims:\n  {claim}\n"))
    code, _, told = offramp(
        "explore", "rare.yaml", "--worlds", "40", "--grid", "2", "--out", "rare"
    )
    assert code == 0, told
    code, _, told = offramp("report", "rare", "--out", "rare.html")
    assert code == 0, told
    assert "Under sure it arises in no world, and has no dots." in Path("rare.html").read_text()


def test_base_world_and_worlds_are_laid_under_the_same(offramp, folder):
    offramp("run", "planted.yaml", "--set", "x=0.2", "--out", "laid")
    code, _, told = offramp("report", "run", "--base", "laid", "--out", "r.html")
    assert (code, "R642" in told) == (2, True)
    assert "'laid' was solved without a view, x set to 0.2" in told
    assert not Path("r.html").exists()


def test_answers_over_other_draws_are_refused(offramp, folder):
    """As many worlds of the same file, drawn with another seed, are another run."""
    words = ("explore", "planted.yaml", "--worlds", "12", "--grid", "2", "--seed", "9")
    offramp(*words, "--out", "seed9")
    Path("seed9.json").write_text(offramp("earned", "seed9", "--worlds", "2", "--json")[1])
    code, _, told = offramp("report", "run", "--with", "seed9.json", "--out", "r.html")
    assert (code, "R642" in told) == (2, True)


def test_numbers_that_are_set_are_listed_as_set(offramp):
    text = PLANTED.replace("shift: {fall: 2}", "parameters: {b_wind: {value: 2, range: [1, 3], "
        "unit: log-odds, source: judgement}}, shift: {fall: b_wind}")  # fmt: skip
    Path("b.yaml").write_text(text)
    words = ("--worlds", "12", "--grid", "2", "--set", "b_wind=3")
    code, _, told = offramp("explore", "b.yaml", *words, "--out", "b")
    assert code == 0, told
    [numbers] = [
        table
        for card in source_cards(gather("b"))
        for table in card.tables
        if table.name == "mechanism-numbers"
    ]
    assert numbers.rows[0][3] == 3.0


def test_numbers_that_types_set_are_listed_without_a_value():
    scenario = load_scenario("strait-standoff")
    head = SimpleNamespace(view=None, set={})
    cards = source_cards(SimpleNamespace(scenario=scenario, run=None, head=head, essays=()))
    [numbers] = [one for card in cards for one in card.tables if one.name == "numbers"]
    value = {row[0]: row[2] for row in numbers.rows}
    assert value["stake_navy"] is None
    assert {name for name, one in value.items() if one is not None}


def test_a_run_without_a_solved_world_has_no_report(offramp):
    Path("planted.yaml").write_text(PLANTED)
    words = ("--worlds", "8", "--grid", "2", "--budget", "0")
    offramp("explore", "planted.yaml", *words, "--out", "none")
    code, _, told = offramp("report", "none", "--out", "none.html")
    assert (code, "R630" in told, "--resume" in told) == (2, True, True)
    assert not Path("none.html").exists()


def test_verdicts_kept_beside_a_file_are_shown(offramp, folder):
    assert offramp("claims", "planted.yaml", "--draws", "0", "--keep")[0] == 0
    offramp("report", "planted.yaml", "--out", "file.html")
    assert "base world: holds" in Path("file.html").read_text()
    offramp("report", "run", "--out", "run.html")  # in whose folder none are kept
    told = Path("run.html").read_text()
    assert "base world: untested" in told
    assert "offramp claims run/scenario.yaml --keep" in told
    assert offramp("claims", "run/scenario.yaml", "--draws", "0", "--keep")[0] == 0
    offramp("report", "run", "--out", "again.html")
    assert "base world: holds" in Path("again.html").read_text()


def test_cases_say_what_they_are_and_an_unfinished_run_how_far_it_is(offramp):
    cases = "cases:\n  lucky: {policy: sure, given: 'ever(land == held)'}\n"
    Path("c.yaml").write_text(PLANTED.replace("cases:\n", cases))
    explore(load_scenario("c.yaml"), "c", worlds=12, grid=2, workers=1, chunk=6)
    sorted(Path("c/chunks").iterdir())[-1].unlink()
    offramp("report", "c", "--out", "c.html")
    told = Path("c.html").read_text()
    assert "risk, y set to 0" in told
    assert "sure, given that ever(land == held)" in told
    assert "Over 6 worlds (of 12 that were drawn), each a draw" in told


def test_essays_are_not_lent_to_a_file_that_only_bears_their_scenarios_name(offramp):
    text = PLANTED.replace("name: planted", "name: cuba-1962")
    Path("cuba-1962.yaml").write_text(text)
    offramp("report", "cuba-1962.yaml", "--out", "r.html")
    page = Path("r.html").read_text()
    assert "Risk pays." in page
    assert "counter-essay" not in page
    assert "cuba-1962</h2>" not in page


def test_a_folder_that_takes_nothing_in_costs_no_card(offramp, folder):
    offramp("report", "run", "--out", "one.html")
    for path in Path("run/answers").iterdir():
        path.unlink()
    Path("run/answers").rmdir()
    Path("run/answers").write_text("a file, where a folder would be made")
    assert offramp("report", "run", "--out", "two.html")[0] == 0
    assert Path("one.html").read_bytes() == Path("two.html").read_bytes()


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("planted.yaml", "--base", "base"), "R647"),
        (("base", "--base", "base"), "R647"),
        (("run", "--brief", "r.html"), "R644"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_written(offramp, folder, words, code):
    left, _, told = offramp("report", *words, "--out", "r.html")
    assert (left, code in told) == (2, True)
    assert not Path("r.html").exists()
