"""Everything on the lists that the case began with ships, or is out of scope for a stated reason."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from offramp.scenario import case_names, load_scenario
from offramp.scenario.essays import claim_register, scenario_claims, shipped_essays
from offramp.scenario.library import list_mechanisms

ROOT = Path(__file__).parents[2]
LISTS = YAML(typ="safe").load((Path(__file__).parent / "lists.yaml").read_text(encoding="utf-8"))
SOURCE = ROOT.parent / "shared" / "case"
PAGE = ROOT / "docs" / "scenarios" / "out-of-scope.md"


@cache
def out_of_scope():
    """Return the reason by (scenario, id), as the page's tables give it."""
    found, scenario = {}, ""
    for line in PAGE.read_text(encoding="utf-8").splitlines():
        heading = re.match(r"## `(.*)`", line)
        scenario = heading[1] if heading else scenario
        row = re.match(r"\| `([^`]+)` \| (.+) \|$", line)
        if row:
            found[scenario, row[1]] = row[2].strip()
    return found


@cache
def scenario_of(name):
    return load_scenario(name)


def missing(name, wanted, there):
    """Return what is neither there nor listed with a reason of a few words at least."""
    reasons = out_of_scope()
    return [one for one in wanted if one not in there and len(reasons.get((name, one), "")) < 12]


def test_every_mechanism_of_the_lists_is_in_the_library():
    wanted = [*LISTS["mechanisms"], *LISTS["further_mechanisms"]]
    assert len(wanted) == 68 + 23
    assert sorted(wanted) == list_mechanisms()


def test_every_claim_and_counter_claim_is_in_an_essay():
    wanted = [*LISTS["claims"], *LISTS["counter_claims"]]
    assert len(wanted) == 63 + 53
    assert sorted(wanted) == sorted(claim_register())


@pytest.mark.parametrize("essay", LISTS["paragraphs"])
def test_every_paragraph_step_and_assumption_of_an_essay_is_there(essay):
    shipped = shipped_essays()[essay]
    assert list(shipped.paragraphs) == LISTS["paragraphs"][essay]
    assert len(shipped.steps) == LISTS["steps"][essay]
    assert list(shipped.assumptions) == LISTS["assumptions"][essay]
    assert all(paragraph.is_disposed for paragraph in shipped.paragraphs.values())


@pytest.mark.parametrize("name", LISTS["scenarios"])
def test_every_policy_of_a_scenario_is_there_or_out_of_scope(name):
    wanted = LISTS["scenarios"][name]["policies"]
    assert wanted
    assert not missing(name, wanted, case_names(scenario_of(name)))


@pytest.mark.parametrize("name", LISTS["scenarios"])
def test_every_variable_of_a_scenario_is_there_or_out_of_scope(name):
    assert not missing(name, LISTS["scenarios"][name]["variables"], scenario_of(name).variables)


@pytest.mark.parametrize("name", LISTS["scenarios"])
def test_every_mechanism_of_a_scenario_is_used_or_out_of_scope(name):
    wanted = LISTS["scenarios"][name]["mechanisms"]
    if name.startswith("campaign"):
        wanted = LISTS["mechanisms"]  # all of them
    assert not missing(name, wanted, {use.use for use in scenario_of(name).mechanisms})


@pytest.mark.parametrize("name", LISTS["scenarios"])
def test_every_claim_of_a_scenario_is_tested_or_out_of_scope(name):
    scenario = scenario_of(name)
    wanted = LISTS["scenarios"][name]["claims"]
    assert wanted
    assert not missing(name, wanted, [c for c in wanted if scenario_claims(scenario, c)])


def test_what_is_out_of_scope_is_not_there_after_all():
    for (name, one), _ in out_of_scope().items():
        scenario = scenario_of(name)
        there = {*case_names(scenario), *scenario.variables}
        there |= {use.use for use in scenario.mechanisms}
        assert one not in there, (name, one)
        assert not scenario_claims(scenario, one), (name, one)


@pytest.mark.skipif(not SOURCE.is_dir(), reason="the lists themselves are not beside the project")
def test_the_lists_are_those_that_the_case_began_with():
    text = {name: (SOURCE / name).read_text(encoding="utf-8") for name in
            ("mechanisms.md", "claims.md", "counter_essays.md", "essays.md")}  # fmt: skip
    heads = r"^### ([a-z][a-z0-9-]+)$"
    further = text["counter_essays.md"].split("## 7. Further mechanisms")[1]
    assert re.findall(heads, text["mechanisms.md"], re.MULTILINE) == LISTS["mechanisms"]
    assert re.findall(heads, further, re.MULTILINE) == LISTS["further_mechanisms"]
    assert re.findall(r"^### (c\d\d) ", text["claims.md"], re.MULTILINE) == LISTS["claims"]
    found = re.findall(r"^### (k\d\d) ", text["counter_essays.md"], re.MULTILINE)
    assert found == LISTS["counter_claims"]
    for essay, paragraphs in LISTS["paragraphs"].items():
        if essay[0] == "K":
            found = re.findall(rf"^\| ({essay}\d+) \|", text["counter_essays.md"], re.MULTILINE)
        else:
            section = text["essays.md"].split(f"## {essay} - ")[1].split("\n## ")[0]
            found = re.findall(r"^\| (P\d+) \|", section, re.MULTILINE)
        assert found == paragraphs


PLACES = re.compile(
    r"afghan|america|beijing|berlin|britain|china|chinese|crimea|cuba|donbas|europe|france|german|"
    r"hanoi|havana|kyiv|minsk|moscow|nato|paris|peking|poland|putin|russia|saigon|soviet|turkey|"
    r"ukrain|vietnam|warsaw|washington",
)


def names_in(data, *, inside=""):
    """Yield what a scenario gives names to: keys, levels, and what policies play."""
    if isinstance(data, dict):
        for key, value in data.items():
            if inside != "claims":  # claims keep the ids of the record of claims
                yield str(key)
            if key not in TEXTS:
                yield from names_in(value, inside=key)
    elif isinstance(data, list | tuple):
        for value in data:
            yield from names_in(value, inside=inside)
    elif isinstance(data, str) and inside in ("levels", "play", "never", "counter"):
        yield data


TEXTS = ("label", "says", "source", "note", "story", "title", "name", "counter", "rests_on")


@pytest.mark.parametrize("name", [*LISTS["scenarios"], "hanoi-1965", "cuba-1962"])
def test_names_of_places_stand_in_labels_only(name):
    found = {one for one in names_in(scenario_of(name).plain()) if PLACES.search(one.lower())}
    assert not found - {"european-only-force"}  # the record's own id of a policy


def test_names_of_places_are_found():
    data = {"players": {"patron": {"label": "Paris"}}, "variables": {"front": {"levels": ["kyiv"]}}}
    assert [one for one in names_in(data) if PLACES.search(one)] == ["kyiv"]
