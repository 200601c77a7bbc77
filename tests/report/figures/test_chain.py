"""Argument chains: steps in layers, claims with their verdicts, what is unstated."""

from __future__ import annotations

import pytest

from helpers.figures import HOSTILE, claim_row, essay, of_class, parsed, step, titles, words
from offramp.report.essays import describe_essay
from offramp.report.figures.chain import chain_svg, chains_svg
from offramp.report.figures.words import printable
from offramp.scenario.essays import list_essays

STEPS = [
    step("no sale", ["c3"], ["c1", "c2", "c9"]),
    step("weak arms", ["c1"], through=["too-late"]),
    step("anger", ["c2"], ["c4"], stated=False),
    step("pride", ["c4"]),
    step("the same", ["c3"], stated=False),
]
CLAIMS = [
    claim_row("c1", "holds"),
    claim_row("c2", "fails"),
    claim_row("c3", "undecided"),
    claim_row("c4", None),
]
SHOWN = essay(STEPS, CLAIMS)


def left(node) -> float:
    return float(next(one for one in node if one.tag.endswith("rect")).get("x"))


def test_steps_stand_right_of_what_they_rest_on():
    root = parsed(chain_svg(SHOWN))
    place = {int(one.get("data-step")): left(one) for one in of_class(root, "of-step")}
    columns = sorted(set(place.values()))
    assert [columns.index(place[i]) for i in range(5)] == [2, 0, 1, 0, 2]


def test_arrows_are_the_answers_reasons():
    root = parsed(chain_svg(SHOWN))
    arrows = {
        (one.get("data-claim"), int(one.get("data-from")), int(one.get("data-to")))
        for one in of_class(root, "of-because")
    }
    assert arrows == {("c1", 1, 0), ("c2", 2, 0), ("c4", 3, 2)}
    assert "because of c9" in words(root)  # a reason that no step holds


def test_unstated_steps_are_dashed_and_say_so():
    root = parsed(chain_svg(SHOWN))
    for node, told in zip(of_class(root, "of-step"), STEPS, strict=True):
        box = next(one for one in node if one.tag.endswith("rect"))
        assert (box.get("stroke-dasharray") is None) == told.stated
        assert node.get("data-stated") == str(told.stated).lower()
    assert words(root).count("(unstated)") == 2


def test_claims_say_how_they_stand():
    root = parsed(chain_svg(SHOWN))
    stand = {one.get("data-claim"): one.get("data-verdict") for one in of_class(root, "of-claim")}
    assert stand == {
        "c1": "(holds, assumed)",
        "c2": "(fails, undecided)",
        "c3": "(undecided)",
        "c4": "(not tested)",
    }
    assert "● c1 (holds, assumed)" in words(root)


def test_chains_stand_beside_each_other_where_both_fit():
    short = essay(STEPS[:2], CLAIMS, "A reply")
    beside = parsed(chains_svg(short, short))
    below = parsed(chains_svg(SHOWN, SHOWN))
    assert float(beside.get("width")) > float(beside.get("height"))
    assert float(below.get("width")) == float(parsed(chain_svg(SHOWN)).get("width"))
    assert len(of_class(below, "of-argument")) == 2


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_texts_are_shown_as_text(name):
    told = essay([step(name, [name], through=[name])], [claim_row(name, "holds", name)], name)
    root = parsed(chain_svg(told))
    assert printable(name) in titles(root)
    assert of_class(root, "of-claim")[0].get("data-claim") == printable(name)


@pytest.mark.parametrize("name", list_essays())
def test_shipped_essays_can_be_drawn(name):
    answer = describe_essay(name)
    root = parsed(chain_svg(answer))
    assert len(of_class(root, "of-step")) == len(answer.steps)
