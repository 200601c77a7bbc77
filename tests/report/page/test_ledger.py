"""What stands on a claim's card beside its verdict."""

from types import SimpleNamespace

import numpy as np
import pytest

from offramp.report.answers import (
    BoxRow,
    ChoiceRow,
    ClaimRow,
    FlipRow,
    FlipsAnswer,
    LimitRow,
    MovedRow,
    SwitchedChoiceRow,
)
from offramp.report.page.ledger import sides, summary
from offramp.report.page.world_cards import base_among
from offramp.scenario import load_scenario
from offramp.scenario.claims import Comparison
from offramp.scenario.expressions import Const

CLAIM = "trade-was-needed"  # of a scenario in which `tail` stands at 3.2


@pytest.fixture(scope="module")
def scenario():
    return load_scenario("cuba-1962")


def _row(base="fails", label="assumed", assumed_by=()):
    comparison = SimpleNamespace(text="war[a] < war[b]", slack=-0.25)
    return ClaimRow.model_construct(
        claim=CLAIM, says="It was needed.", base=base, rival="holds", label=label, rests_on=[],
        assumed_by=list(assumed_by), comparisons=[comparison], holds_in=None, fails_in=None,
    )  # fmt: skip


LESS = Comparison("", Const(1.0), Const(0.0), "more", margin=0.05)


def _material(scenario, row, *, judged=(), flips=(), asked=LESS):
    return SimpleNamespace(
        scenario=scenario, essays=(), claims=SimpleNamespace(claims=[row]), no_claims="",
        run=SimpleNamespace(
            world=range(10), assumptions=SimpleNamespace(numbers="x", mechanisms="", starts=""),
            manifest=SimpleNamespace(worlds=12),
        ),
        tested=lambda name: row if name == CLAIM else None,
        comparisons={CLAIM: [asked]}, judged=dict(judged), found=SimpleNamespace(drivers={}),
        further=SimpleNamespace(flips=flips),
    )  # fmt: skip


def _judged(holds, fails, undecided, over="depends"):
    count = np.array([holds, fails, undecided])
    share = count / count.sum()
    shares = SimpleNamespace(count=count, share=share, low=share / 2, high=2 * share)
    claim = SimpleNamespace(decl=SimpleNamespace(share=None))
    return SimpleNamespace(over_worlds=over, shares=shares, claim=claim)


def _card(material):
    rows = [row for pair in sides(material) for side in pair for row in side.rows]
    return next(row for row in rows if row.key == CLAIM)


@pytest.mark.parametrize(
    ("assumed_by", "told"),
    [
        ((), "assumed: the acts alone decide it"),
        (("tripwire",), "assumed: tripwire puts it in"),
        (("tripwire", "bluff"), "assumed: tripwire and bluff put it in"),
    ],
)
def test_what_assumes_a_verdict_is_named(scenario, assumed_by, told):
    assert _card(_material(scenario, _row(assumed_by=assumed_by))).standing == told


def test_a_claim_says_how_it_is_counted_and_by_how_much_it_is_missed(scenario):
    [told] = _card(_material(scenario, _row())).counted_as
    assert told == ("war[a] < war[b]", "missed by 0.300")


@pytest.mark.parametrize(
    ("form", "slack", "told"),
    [
        ({"form": "more", "margin": 0.05}, 0.04, "missed by 0.0100"),
        ({"form": "more", "margin": -0.05}, -0.04, "met by 0.0100"),
        ({"form": "same", "margin": 0.1}, -0.04, "met by 0.0100"),
        ({"form": "same", "margin": 0.1}, -0.06, "missed by 0.0100"),
        ({"form": "level", "margin": 0.02}, 0.03, "met by 0.0100"),
        ({"form": "ratio", "factor": 2.0}, 0.5, "missed by 0.193 in logarithms"),
        ({"form": "more"}, None, "it cannot be told"),
    ],
)
def test_what_is_missing_is_counted_from_the_margin(scenario, form, slack, told):
    row = _row()
    row.comparisons[0].slack = slack
    asked = Comparison("", Const(1.0), Const(0.0), **form)
    assert _card(_material(scenario, row, asked=asked)).counted_as[0][1] == told


@pytest.mark.parametrize(
    ("shares", "told"),
    [
        ((None, None), "not by all mechanisms together"),
        ((0.0, 1.0), "not by the mechanisms: in all"),
        ((0.2, 0.7), "in 30 % of the settings"),
    ],
)
def test_mechanisms_turn_nothing_only_if_no_setting_does(scenario, shares, told):
    row = _row(base="fails").model_copy(
        update={"rival": "fails", "holds_in": shares[0], "fails_in": shares[1]}
    )
    assert told in _card(_material(scenario, row)).turns_on[0]


def test_a_claim_that_is_mostly_undecided_depends_on_nothing(scenario):
    judged = {CLAIM: _judged(2, 3, 5), "strike-brings-war": _judged(2, 2, 6)}
    material = _material(scenario, _row(), judged=judged.items())
    assert _card(material).over == "depends"  # one half is not most
    told = " ".join(summary(material))
    assert "Over 10 worlds (of 12 that were drawn), each" in told
    assert "1 depend on what one assumes, and 1 are seldom decided either way" in told
    fewer = _material(scenario, _row(), judged=judged.items())
    fewer.run.world = range(15)
    assert "of the 10 worlds of 15 in which its cases were solved" in _card(fewer).worlds
    card = _card(_material(scenario, _row(base="holds"), judged=judged.items()))
    assert "holds in 2 of the 10 worlds we drew" in card.worlds
    assert "(20 %; by the luck of the draw 10 % to 40 %) and fails in 3; in 5" in card.worlds
    assert card.worlds.endswith("Unlike in the base world, it fails in most worlds that decide it")


def test_what_turns_a_verdict_by_itself_is_told_where_it_was_sought(scenario):
    flip = FlipRow(value=2.5, low=2.4, high=2.6, kind="crossing", so_above=True, distance=0.1)
    moved = [
        MovedRow.model_construct(assumption="tail", base=3.2, flips=[flip]),
        MovedRow.model_construct(assumption="care", base=4.9, flips=[]),
    ]
    choice = ChoiceRow(choice="rival", verdict="not so", slack=-1.0, flips=True)
    switched = [
        SwitchedChoiceRow.model_construct(assumption="setting.nuclear-shadow", choices=[choice])
    ]
    found = FlipsAnswer.model_construct(
        question="It was needed.", verdict="so", numbers=moved, switches=switched,
        scenario=SimpleNamespace(view=None, set={}),
    )  # fmt: skip
    told = _card(_material(scenario, _row(), flips=(found,))).turns_on
    assert told[-1] == (
        "any one of these by itself: tail (worth of the last state) from 3.20 to 2.50; "
        "nuclear-shadow (the mechanism) set otherwise. Then it no longer holds"
    )
    none = found.model_copy(update={"numbers": moved[1:], "switches": []})
    told = _card(_material(scenario, _row(), flips=(none,))).turns_on
    assert told[-1].startswith("no single assumption: each of 1")
    for change in (
        {"question": "Something else."},
        {"scenario": SimpleNamespace(view="hawks", set={})},
        {"scenario": SimpleNamespace(view=None, set={"tail": 2.0})},
    ):
        other = found.model_copy(update=change)
        assert len(_card(_material(scenario, _row(), flips=(other,))).turns_on) == 1


@pytest.mark.parametrize(
    ("limit", "base", "told"),
    [
        ({"low": None, "high": 3.85}, "fails", "is an exception: it fails"),
        ({"low": None, "high": 3.85}, "undecided", "is an exception: it is undecided"),
        ({"low": 3.0, "high": None}, "holds", "is one of those worlds"),
        ({"low": None, "high": 3.0}, "fails", ""),
        ({"low": 3.5, "high": None}, "fails", ""),
    ],
)
def test_a_rule_says_whether_the_base_world_keeps_it(scenario, limit, base, told):
    rule = LimitRow(assumption="tail", settings=[], rule="", **limit)
    box = BoxRow.model_construct(of="holds", limits=[rule])
    found = " ".join(base_among(_material(scenario, _row(base=base)), CLAIM, [box]))
    assert told in found
    assert bool(found) == bool(told)


def test_a_rule_about_a_mechanism_reads_its_setting(scenario):
    for setting, is_in in (("asserted", True), ("rival", False)):
        rule = LimitRow(
            assumption="setting.nuclear-shadow", low=None, high=None, settings=[setting], rule=""
        )
        box = BoxRow.model_construct(of="fails", limits=[rule])
        assert bool([*base_among(_material(scenario, _row()), CLAIM, [box])]) == is_in
