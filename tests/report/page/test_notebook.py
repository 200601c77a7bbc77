"""Results show themselves in notebooks: tables whose numbers are theirs, a picture, no script."""

from __future__ import annotations

import base64
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

import offramp
from helpers.planted import PLANTED, explore_planted
from offramp.errors import OfframpError
from offramp.exploration.runs import open_run
from offramp.report.claims import describe_claims
from offramp.report.drivers import describe_drivers
from offramp.report.flips import describe_flips
from offramp.report.reasons import describe_why
from offramp.report.results import describe_run

HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(1)>"


class Reader(HTMLParser):
    """The elements of a piece of HTML, which must be well nested, and the numbers in its cells."""

    VOID = ("img",)

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open, self.seen, self.numbers, self.attributes = [], [], [], []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.seen.append(tag)
        self.attributes += [name for name, _ in attrs]
        self.numbers += [float(value) for name, value in attrs if name == "data-value"]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def shown(result) -> Reader:
    found = Reader(result._repr_html_())
    assert "script" not in found.seen
    assert not [name for name in found.attributes if name.startswith("on")]
    return found


def picture(result) -> str:
    [data] = re.findall(r"base64,([A-Za-z0-9+/=]+)", result._repr_html_())
    return base64.b64decode(data).decode("utf-8")


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("notebook")
    (folder / "planted.yaml").write_text(PLANTED)
    explore_planted(folder / "run", worlds=40)
    return folder


@pytest.fixture(scope="module")
def file(folder) -> str:
    return str(folder / "planted.yaml")


def test_outcomes_show_measures_and_replies(file):
    solved = offramp.solve(offramp.compile_game(offramp.load_scenario(file), case="sure"))
    outcomes = offramp.propagate(solved)
    found = shown(outcomes)
    assert outcomes.measures["lost"] in found.numbers
    assert picture(outcomes).startswith("<svg")
    assert outcomes.chart().to_dict()["vconcat"]
    assert "Planted: replies solved" in solved._repr_html_()
    with pytest.raises(OfframpError, match=r"R643(.|\n)*no figure of Equilibrium"):
        solved.chart()


def test_an_explanation_shows_every_term(file):
    solved = offramp.solve(offramp.compile_game(offramp.load_scenario(file)))
    found = offramp.why(solved, "ruler", period=1, state={"land": "held"})
    for value in found.value:
        assert float(value) in shown(found).numbers
    assert picture(found).startswith("<svg")


def test_a_sweep_shows_its_points_and_lines(file):
    found = offramp.sweep(offramp.load_scenario(file), ["x=0.1:0.9:5"], measures=["lost"])
    values = [float(x) for x in found.value.ravel()]
    assert set(values) <= set(shown(found).numbers)
    assert found.chart().to_dict()["data"]


def test_a_run_shows_its_spread(folder):
    run = open_run(folder / "run")
    found = shown(run)
    assert "table" in found.seen
    assert any(row.get("dot") is not None for row in _rows(run.chart()))
    assert picture(run).startswith("<svg")


def _rows(chart) -> list[dict]:
    return [row for values in chart.to_dict()["datasets"].values() for row in values]


def test_answers_show_what_commands_print(folder, file):
    run = describe_run(file)
    assert run.cases[0].measures[0].value in shown(run).numbers
    assert picture(run).startswith("<svg")
    why = describe_why(file, player="ruler")
    assert why.acts[0].worth in shown(why).numbers
    drivers = describe_drivers(folder / "run", claim="pays")
    assert drivers.drivers[0].delta.value in shown(drivers).numbers
    assert {row["name"] for row in _rows(drivers.chart()) if "name" in row} == {
        one.assumption for one in drivers.drivers
    }
    flips = describe_flips(file, claim="pays")
    assert flips.numbers[0].base in shown(flips).numbers
    assert flips.chart().to_dict()
    claims = describe_claims(file, draws=0)
    assert claims.claims[0].comparisons[0].direct in shown(claims).numbers
    with pytest.raises(OfframpError, match="R643"):
        claims.chart()


def test_hostile_names_are_text(tmp_path):
    text = PLANTED.replace("title: Planted", f"title: {HOSTILE!r}")
    text = text.replace("better: lower}", f"better: lower, label: {HOSTILE!r}}}", 1)
    (tmp_path / "hostile.yaml").write_text(text)
    run = describe_run(str(tmp_path / "hostile.yaml"))
    found = shown(run)
    assert found.seen.count("img") == 1  # the figure
    assert "&lt;script&gt;" in run._repr_html_()
