"""Stored answers belong to the scenarios as they are, and pages to the stored answers."""

from __future__ import annotations

import importlib.util
import re
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

from offramp.report.library import describe_mechanisms
from offramp.scenario import bind, load_scenario
from offramp.scenario.library import list_mechanisms

DOCS = Path(__file__).parents[2] / "docs"


@cache
def pages():
    spec = importlib.util.spec_from_file_location("scenario_pages", DOCS / "scenario_pages.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


NAMES = pages().SHIPPED

# Why no scenario uses them: docs/scenarios/guarantee-2025.md, "Left out".
IN_NO_SCENARIO = {"aggression-moves-on", "insecurity-proliferation"}


@cache
def hash_of(name):
    return bind(load_scenario(name)).scenario_hash


@pytest.mark.parametrize("name", NAMES)
def test_rates_are_those_of_the_scenario_as_it_is(name):
    stored = pages().load(name, "rates")
    assert stored is not None, "python docs/scenario_pages.py --rates NAME"
    assert stored["scenario"]["hash"] == hash_of(name)
    assert not [row["event"] for row in stored["rates"] if row["verdict"] == "absurd"]


@pytest.mark.parametrize("name", NAMES)
def test_verdicts_are_those_of_the_scenario_as_it_is(name):
    answer = pages().kept(name)
    assert answer is not None, "python docs/scenario_pages.py --claims NAME"
    assert answer.scenario.hash == hash_of(name)
    assert {row.claim for row in answer.claims} == set(load_scenario(name).claims)


def test_the_library_says_which_scenarios_use_a_mechanism():
    used = {name: {use.use for use in load_scenario(name).mechanisms} for name in NAMES}
    told = {one.name: set(one.used_by) & set(NAMES) for one in describe_mechanisms().mechanisms}
    assert told == {one: {name for name in NAMES if one in used[name]} for one in list_mechanisms()}
    assert {one for one, by in told.items() if not by} == IN_NO_SCENARIO


def test_every_mechanism_moves_a_measure_in_a_scenario_that_uses_it():
    module = pages()
    largest = dict.fromkeys(set(list_mechanisms()) - IN_NO_SCENARIO, 0.0)
    for name in NAMES:
        stored = module.load(name, "effects")
        assert stored is not None, "python docs/scenario_pages.py --effects NAME"
        assert stored["hash"] == hash_of(name), name
        for mechanism, best in stored["mechanisms"].items():
            if mechanism in largest:
                largest[mechanism] = max(largest[mechanism], abs(best["change"]))
    assert not [name for name, change in largest.items() if change <= module.LEAST]


@pytest.mark.parametrize("name", NAMES)
def test_the_prior_predictive_page_is_current(name):
    page = DOCS / "scenarios" / f"{name}-rates.md"
    assert page.read_text(encoding="utf-8") == pages().rates_page(name)


@pytest.mark.parametrize("page", ["claims", "mechanisms", "sizes"])
def test_the_tables_of_all_scenarios_are_current(page):
    text = (DOCS / "scenarios" / f"{page}.md").read_text(encoding="utf-8")
    assert text == getattr(pages(), f"{page}_page")()


def test_the_readme_states_the_share_that_is_assumed():
    module = pages()
    kept = {name: answer for name in NAMES if (answer := module.kept(name)) is not None}
    rows = [row for answer in kept.values() for row in answer.claims]
    decided = [one.label for one in rows if one.base in ("holds", "fails")]
    counts = Counter(decided)
    text = " ".join((DOCS.parent / "README.md").read_text(encoding="utf-8").split())
    told = re.search(
        r"\[(\d+) claims and counter-claims\]\S+ (\d+) are decided in the base world: (\d+) are merely assumed, "
        r"(\d+) are earned through replies, (\d+) through what is learnt",
        text,
    )
    assert told is not None
    labels = ("assumed", "strategic", "informational")
    n_labelled = sum(counts[label] for label in labels)
    assert [int(n) for n in told.groups()] == [
        len(rows),
        n_labelled,
        *(counts[one] for one in labels),
    ]
