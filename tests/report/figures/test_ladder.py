"""The ladder flow conserves chance, and draws what the answer says."""

from __future__ import annotations

import re
from collections import defaultdict
from itertools import pairwise

import pytest

from helpers.figures import HOSTILE, case_answer, climbing, of_class, parsed, titles, words
from offramp.report.answers import EndingRow
from offramp.report.figures.ladder import LATER, ROW, ladder_svg
from offramp.report.figures.words import printable

TOLERANCE = 1e-12


def flows(root):
    """Return chances by what enters and what leaves each bar, and the bars' own."""
    enters, leaves, bars = defaultdict(float), defaultdict(float), {}
    for one in of_class(root, "of-node"):
        bars[int(one.get("data-period")), one.get("data-rung")] = float(one.get("data-chance"))
    for one in of_class(root, "of-ribbon"):
        t, chance = int(one.get("data-period")), float(one.get("data-chance"))
        enters[t, one.get("data-rung")] += chance
        leaves[t - 1, one.get("data-before")] += chance
    for one in of_class(root, "of-exit"):
        place = (int(one.get("data-period")), one.get("data-rung"))
        leaves[place] += float(one.get("data-chance"))
    return enters, leaves, bars


@pytest.mark.parametrize("n_periods", [1, 3, 30])
def test_what_enters_a_bar_leaves_it(n_periods):
    enters, leaves, bars = flows(parsed(ladder_svg(climbing(n_periods))))
    assert set(leaves) == set(bars)
    for (t, rung), chance in bars.items():
        assert leaves[t, rung] == pytest.approx(chance, abs=TOLERANCE)
        if t > 1:
            assert enters[t, rung] == pytest.approx(chance, abs=TOLERANCE)
    assert sum(chance for (t, _), chance in bars.items() if t == 1) == pytest.approx(1.0)


def test_numbers_are_the_answers():
    case = climbing()
    root = parsed(ladder_svg(case))
    drawn = {
        (int(r.get("data-period")), r.get("data-before"), r.get("data-rung")): float(
            r.get("data-chance")
        )
        for r in of_class(root, "of-ribbon")
    }
    spelt = {None: "none", 2: "2", 5: "5"}
    assert drawn == {
        (m.period, spelt[m.before], spelt[m.rung]): m.chance for m in case.moves if m.period > 1
    }
    exits = [
        (int(r.get("data-period")), r.get("data-rung"), r.get("data-ending"),
         float(r.get("data-chance")))
        for r in of_class(root, "of-exit")
    ]  # fmt: skip
    assert sorted(exits) == sorted(
        (e.period, spelt[e.rung], e.ending, e.chance) for e in case.exits
    )
    bars = flows(root)[2]
    for row in case.climb:
        assert bars[row.period, str(row.rung)] == pytest.approx(row.chance)


def test_heights_are_chances():
    root = parsed(ladder_svg(climbing()))
    for node in of_class(root, "of-node"):
        bar = next(one for one in node if one.tag.endswith("rect"))
        assert float(bar.get("height")) == pytest.approx(
            ROW * float(node.get("data-chance")), abs=0.06
        )


def test_ribbons_lie_edge_to_edge_on_their_bars():
    """Those that leave fill a bar from its top to its foot; so do those that enter."""
    root = parsed(ladder_svg(climbing()))
    bars, leaving, entering = {}, defaultdict(list), defaultdict(list)
    for node in of_class(root, "of-node"):
        bar = next(one for one in node if one.tag.endswith("rect"))
        bars[node.get("data-period"), node.get("data-rung")] = float(bar.get("y"))
    for one in [*of_class(root, "of-ribbon"), *of_class(root, "of-exit")]:
        outline = next(part for part in one if part.tag.endswith("path")).get("d")
        numbers = [float(n) for n in re.findall(r"-?[\d.]+", outline)]
        height, chance = numbers[15] - numbers[1], float(one.get("data-chance"))
        assert height == pytest.approx(ROW * chance, abs=0.02)
        t, rung = int(one.get("data-period")), one.get("data-rung")
        if one.get("class") == "of-exit":
            leaving[str(t), rung].append((numbers[1], numbers[15]))
        else:
            leaving[str(t - 1), one.get("data-before")].append((numbers[1], numbers[15]))
            entering[str(t), rung].append((numbers[7], numbers[9]))
    for place, edges in [*leaving.items(), *entering.items()]:
        ends = sorted(edges)
        assert ends[0][0] == pytest.approx(bars[place], abs=0.06)
        for (_, foot), (top, _) in pairwise(ends):
            assert top == pytest.approx(foot, abs=0.02)


def test_periods_beyond_the_drawing_leave_it_together():
    case = climbing(30)
    root = parsed(ladder_svg(case))
    beyond = sum(m.chance for m in case.moves if m.period == 25)
    later = [one for one in of_class(root, "of-exit") if one.get("data-ending") == LATER]
    assert sum(float(one.get("data-chance")) for one in later) == pytest.approx(beyond)
    assert {one.get("data-period") for one in later} == {"24"}


def test_every_end_is_named_with_its_chance_and_its_kind():
    case = climbing()
    root = parsed(ladder_svg(case, rungs={5: "shots are fired"}, off_ramps={"accord": "settled"}))
    told = words(root)
    assert "accord (settled)" in told
    assert "goes on to the last day" in told
    assert "shots are fired" in told
    whole = sum(e.chance for e in case.exits if e.ending == "accord")
    assert f"{100 * whole:.0f} %" in told


def test_an_ending_has_one_mark_in_every_case():
    declared = [EndingRow(ending=name, chance=0.0) for name in ("war", "accord", "horizon")]
    told = words(parsed(ladder_svg(climbing().model_copy(update={"endings": declared}))))
    assert "■ accord" in told  # the second that is declared, though the first that is reached
    assert "▶ goes on" in told


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_are_shown_as_text(name):
    case = climbing(ending=name)
    root = parsed(ladder_svg(case, rungs={2: name}, off_ramps={name: name}))
    exits = {one.get("data-ending") for one in of_class(root, "of-exit")}
    assert exits == {printable(name), "horizon"}
    assert any(printable(name) in one for one in titles(root))


def test_a_case_without_paths_says_why():
    assert "never happens" in words(parsed(ladder_svg(case_answer())))
