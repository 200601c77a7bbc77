"""Essays: every paragraph disposed of, every name known, steps that lead nowhere in circles."""

from __future__ import annotations

import shutil
from importlib.resources import files

import pytest

from offramp.errors import ScenarioError
from offramp.scenario.essays import (
    claim_register,
    list_essays,
    load_essay,
    rival_of,
    scenario_claims,
    shipped_essays,
)
from offramp.scenario.load import load_scenario

ESSAY = """
offramp: 1
id: mine
about: strait-standoff
heading: a strait
author: nobody
outlet: none
title: none
date: today
sorted_by: "2026-11"
thesis: Presence provokes.
abstract: It does.
paragraphs:
  P1: {says: Ships were sent., background: a reported fact}
  P2: {says: They provoke., claims: [presence-provokes], mechanisms: [security-dilemma-spiral]}
steps:
  - {says: keep away, because: [presence-provokes], through: [~denial-deterrence], needs: [a1]}
assumptions:
  a1: {says: they are seen, stated: "no", sets: start, if_false: nothing follows}
weight: [a1]
"""


def written(tmp_path, text):
    file = tmp_path / "mine.yaml"
    file.write_text(text, encoding="utf-8")
    return file


def told(tmp_path, text):
    with pytest.raises(ScenarioError) as caught:
        load_essay(written(tmp_path, text))
    return str(caught.value).replace(f"{tmp_path}/", "")


def test_a_readers_own_essay_is_read_like_any_other(tmp_path):
    essay = load_essay(written(tmp_path, ESSAY))
    assert essay.claims_named() == ("presence-provokes",)
    assert essay.mechanisms_named() == ("security-dilemma-spiral",)
    assert essay.assumptions["a1"].is_unstated


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "claims: [presence-provokes]",
            "claims: [presence-provoke]",
            """mine.yaml:15:38  error S601  paragraphs.P2.claims[1]
   15 |   P2: {says: They provoke., claims: [presence-provoke], mechanisms: [security-dilemma-spiral]}
      |                                      ^^^^^^^^^^^^^^^^
  'presence-provoke' is no claim that is known here.
  Did you mean 'presence-provokes'?
  Fix: correct the name, or declare it under `claims:` of the essay.
1 problem; nothing was solved.""",
        ),
        (
            "[~denial-deterrence]",
            "[~denial]",
            "'~denial' is no mechanism that is known here.",
        ),
        ("needs: [a1]", "needs: [a2]", "'a2' is no assumption that is known here."),
        ("about: strait-standoff", "about: strait", "'strait' is no scenario that is known here."),
        (
            ", background: a reported fact",
            "",
            "error S602  paragraphs.P1",
        ),
        (
            "because: [presence-provokes], through",
            "holds: [presence-provokes], because: [presence-provokes], through",
            "'presence-provokes' is held because of itself.",
        ),
    ],
)
def test_what_an_essay_names_has_to_be_there(tmp_path, old, new, message):
    assert old in ESSAY
    found = told(tmp_path, ESSAY.replace(old, new))
    assert message in found


def test_all_problems_are_told_at_once(tmp_path):
    text = ESSAY.replace("[presence-provokes], m", "[never], m").replace(
        "weight: [a1]", "weight: [a9]"
    )
    assert told(tmp_path, text).endswith("2 problems; nothing was solved.")


def test_an_essay_that_is_not_there_is_told(tmp_path):
    with pytest.raises(ScenarioError, match="There is no essay '01'"):
        load_essay("01")


def test_the_starter_is_a_sound_essay(tmp_path):
    starter = files("offramp") / "templates" / "essay.yaml"
    with starter.open("rb") as source, (tmp_path / "own.yaml").open("wb") as target:
        shutil.copyfileobj(source, target)
    assert load_essay(tmp_path / "own.yaml").about == "pledge"


@pytest.mark.parametrize("name", list_essays())
def test_a_shipped_essay_names_only_what_there_is(name):
    essay = load_essay(name)
    opponent = shipped_essays()[essay.answers]
    assert opponent.answers == essay.id
    assert opponent.about == essay.about
    assert opponent.kind != essay.kind


@pytest.mark.parametrize("name", list_essays())
def test_every_claim_of_an_essay_is_tested_or_says_why_not(name):
    essay = shipped_essays()[name]
    scenario = load_scenario(essay.about)
    for claim, decl in essay.claims.items():
        assert scenario_claims(scenario, claim) or decl.untested, claim


def test_essays_stand_by_date_each_before_its_opponent():
    ids = list_essays()
    assert len(ids) == 10
    essays = shipped_essays()
    dates = [essays[name].sorted_by for name in ids]
    assert dates == sorted(dates)
    assert all(essays[one].answers == other for one, other in zip(ids[::2], ids[1::2], strict=True))


def test_every_claim_is_made_first_in_one_essay():
    essays = shipped_essays().values()
    assert sum(len(essay.claims) for essay in essays) == len(claim_register()) == 116


def test_a_tilde_stands_for_the_rival():
    assert rival_of("~talks-spoiling") == ("talks-spoiling", True)
    assert rival_of("talks-spoiling") == ("talks-spoiling", False)
