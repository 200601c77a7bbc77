"""Charts over worlds: dots, regret, flips, boxes, borders and importance hold the arrays' numbers."""

from __future__ import annotations

import numpy as np
import pytest

from helpers.figures import HOSTILE, LONG, compiled, rows, texts
from offramp.exploration.boxes import Box, whole_box
from offramp.exploration.drawn import gather_assumptions
from offramp.report.answers import DriverRow, FlipRow, FlipsAnswer, IndexRow, MovedRow, PeelRow
from offramp.report.figures.borders import EQUAL, Axis, verdict_map
from offramp.report.figures.boxes import Restriction, box_card, peeling_curve, restrictions_of
from offramp.report.figures.flips import HIGH_END, LOW_END, Swing, swings_of, tornado
from offramp.report.figures.importance import importance_bars
from offramp.report.figures.quantiles import quantile_dots
from offramp.report.figures.regret import regret_heatmap
from offramp.report.figures.words import cut, printable
from offramp.report.stored_runs import limit_rows

RNG = np.random.default_rng(3)
VALUES = {"pledge": RNG.beta(2, 8, 400), "none": RNG.beta(4, 4, 400)}


def dots(chart) -> dict[str, list[dict]]:
    found: dict[str, list[dict]] = {}
    for row in rows(compiled(chart)):
        if "dot" in row:
            found.setdefault(row["policy"], []).append(row)
    return found


def test_dots_are_fifty_quantiles():
    for name, found in dots(quantile_dots(VALUES, label="loss")).items():
        expected = np.quantile(VALUES[name], np.arange(0.01, 1, 0.02), method="inverted_cdf")
        np.testing.assert_allclose([row["value"] for row in found], expected)


def test_dots_count_worlds_by_their_weight():
    values, weights = np.repeat([1.0, 2.0, 3.0], 10), np.repeat([6.0, 3.0, 1.0], 10)
    found = dots(quantile_dots({"a": values}, weights, label="loss"))["a"]
    assert [sum(row["value"] == v for row in found) for v in (1, 2, 3)] == [30, 15, 5]


@pytest.mark.parametrize("better", ["lower", "higher"])
def test_dots_beyond_the_threshold_are_hollow_on_its_far_side_and_counted(better):
    chart = quantile_dots(VALUES, label="loss", better=better, threshold=0.3, is_chance=True)
    spec = texts(compiled(chart))
    for name, found in dots(chart).items():
        bad = [row["value"] > 0.3 if better == "lower" else row["value"] < 0.3 for row in found]
        assert [row["filled"] == "transparent" for row in found] == bad
        side = [row["place"] > 0.3 if better == "lower" else row["place"] < 0.3 for row in found]
        assert side == bad  # none is drawn on the wrong side of the line
        assert f"{name} · {sum(bad)} of 50 beyond the line" in spec
    assert ("left is better" if better == "lower" else "right is better") in spec


def test_a_dot_on_the_threshold_is_not_beyond_it():
    values = {"a": np.array([0.2, 0.3, 0.4])}
    for better, place in (("lower", -1), ("higher", 1)):
        found = dots(quantile_dots(values, label="x", better=better, threshold=0.3))["a"]
        on = [row for row in found if row["value"] == 0.3]
        assert not any(row["is_bad"] for row in on)
        assert all((row["place"] - 0.3) * place > 0 for row in on)


def test_stacks_hold_each_dot_once():
    for found in dots(quantile_dots(VALUES, label="loss")).values():
        places = [(row["place"], row["height"]) for row in found]
        assert len(set(places)) == 50
    same = dots(quantile_dots({"a": np.ones(9)}, label="loss"))["a"]
    assert sorted(row["height"] for row in same) == list(range(1, 51))


def test_worlds_in_which_nothing_arises_are_told():
    values = {"a": np.array([0.1, np.nan, 0.3, 0.4])}
    chart = quantile_dots(values, label="loss")
    assert "does not arise in 25 % of the worlds" in texts(compiled(chart))
    assert {row["value"] for row in dots(chart)["a"]} == {0.1, 0.3, 0.4}


def test_threshold_without_direction_and_empty_measures_are_refused():
    with pytest.raises(ValueError, match="direction"):
        quantile_dots(VALUES, label="x", threshold=1.0)
    with pytest.raises(ValueError, match="no world"):
        quantile_dots({"a": np.array([np.nan])}, label="x")


def test_a_policy_under_which_nothing_arises_has_no_dots():
    values = {"a": np.full(4, np.nan), "b": np.array([0.1, 0.2, 0.3, 0.4])}
    assert list(dots(quantile_dots(values, label="loss"))) == ["b"]


# --- regret ---------------------------------------------------------------------------------------

REGRET = np.array([[0.0, 0.2, np.nan], [0.4, 0.0, 0.1]])
BEST = np.array([0.75, 0.25])


def test_cells_are_the_regrets_and_the_best_say_so():
    chart = regret_heatmap(["a", "b"], ["w1", "w2", "w3"], REGRET, BEST, label="loss")
    found = rows(compiled(chart))
    cells = {(r["policy"], r["world"]): (r["regret"], r["shown"]) for r in found if "world" in r}
    assert cells == {
        ("a", "w1"): (0.0, "best"), ("a", "w2"): (0.2, "0.200"), ("a", "w3"): (None, "-"),
        ("b", "w1"): (0.4, "0.400"), ("b", "w2"): (0.0, "best"), ("b", "w3"): (0.1, "0.100"),
    }  # fmt: skip
    assert {r["policy"]: r["best"] for r in found if "best" in r} == {"a": 0.75, "b": 0.25}


def test_text_turns_white_on_dark_cells():
    spec = compiled(regret_heatmap(["a", "b"], ["w1", "w2", "w3"], REGRET, BEST, label="loss"))
    words = next(one for one in spec["hconcat"][0]["layer"] if one["mark"]["type"] == "text")
    assert words["encoding"]["color"]["condition"] == {
        "test": f"datum.regret > {0.7 * 0.4!r}", "value": "#ffffff",
    }  # fmt: skip
    assert "lighter is better" in texts(spec)


def test_names_that_do_not_fit_the_numbers_are_refused():
    with pytest.raises(ValueError, match="one row a policy"):
        regret_heatmap(["a"], ["w1", "w2", "w3"], REGRET, BEST, label="loss")


# --- flips ----------------------------------------------------------------------------------------


def test_tornado_ranks_by_width_and_keeps_the_numbers():
    swings = [Swing("narrow", "0", "1", 0.05, 0.15), Swing("wide", "2", "5", 0.3, -0.2, ("4",))]
    found = rows(compiled(tornado(swings, 0.1, claim="It deters.")))
    bars = [(r["name"], r["end"], r["stop"]) for r in found if "stop" in r]
    assert bars == [
        ("wide", LOW_END, 0.3), ("wide", HIGH_END, -0.2),
        ("narrow", LOW_END, 0.05), ("narrow", HIGH_END, 0.15),
    ]  # fmt: skip
    assert [(r["name"], r["turns"], r["at"]) for r in found if "turns" in r] == [
        ("wide", "turns at 4", 0.0)
    ]
    lines = {r["word"]: r["at"] for r in found if "word" in r}
    assert lines == {"verdict turns": 0.0, "base world": 0.1}


def moved(name: str, slack_low: float | None, slack_high: float | None, *flips: float) -> MovedRow:
    found = [
        FlipRow(value=at, low=at, high=at, kind="crossing", so_above=False, distance=0.1)
        for at in flips
    ]
    return MovedRow(
        assumption=name, base=0.5, low=0.0, high=0.875, log=False, at_low="so", at_high="not so",
        slack_low=slack_low, slack_high=slack_high, flips=found, tried=9, not_arising=0,
        unsolved=0, reason=None,
    )  # fmt: skip


def test_swings_are_the_numbers_that_have_a_slack_at_both_ends():
    rows = [moved("x", 0.3, -0.575, 0.3), moved("open", None, 0.1), moved("y", 0.2, 0.1)]
    answer = FlipsAnswer.model_construct(numbers=rows)
    assert swings_of(answer) == [
        Swing("x", "0", "0.875", 0.3, -0.575, ("0.300",)), Swing("y", "0", "0.875", 0.2, 0.1),
    ]  # fmt: skip


# --- boxes ----------------------------------------------------------------------------------------


def test_restrictions_say_what_a_box_asks_in_words():
    worlds = gather_assumptions(
        {"n": [0.0, 1.0, 4.0], "m": [1.0, 2.0, 3.0], "s": ["on", "off", "rival"], "free": [1.0] * 3}
    )
    box = whole_box(worlds)
    low, high, kept = box.low.copy(), box.high.copy(), box.kept.copy()
    low[0], high[0], high[1] = 0.5, 3.0, 2.5
    kept[2] = [True, False, True]  # in alphabetical order: off, on, rival
    found = restrictions_of(limit_rows(Box(low, high, kept), worlds), worlds)
    assert [(one.name, one.rule) for one in found] == [
        ("n", "is from 0.500 to 3"), ("m", "is at most 2.50"), ("s", "is off or rival"),
    ]  # fmt: skip
    assert (found[0].low, found[0].high) == (0.5, 3.0)
    assert (found[0].least, found[0].most) == (0.0, 4.0)
    assert (found[1].low, found[1].high) == (1.0, 2.5)  # an open end is that of the range
    assert (found[2].kept, found[2].settings) == (("off", "rival"), ("off", "on", "rival"))


def test_box_card_draws_the_part_of_each_range():
    asked = [
        Restriction("n", "from 1 to 3", 1.0, 3.0, 0.0, 4.0),
        Restriction("s", "is off", kept=("off",), settings=("off", "on")),
    ]
    spec = compiled(box_card(asked, coverage=0.8, density=0.9, mass=0.25, what="it fails"))
    found = [row for row in rows(spec) if row.get("inside")]
    inside = [r for r in found if r["inside"] == "in the box"]
    assert (inside[0]["name"], inside[0]["start"], inside[0]["stop"]) == ("n", 0.25, 0.75)
    assert [(r["setting"], r["inside"]) for r in found if r["setting"]][:2] == [
        ("off", "in the box"), ("on", "the rest of its range"),
    ]  # fmt: skip
    told = texts(spec)
    for words in ("90 % of the worlds inside", "80 % of all such worlds", "25 % of all worlds"):
        assert words in told
    with pytest.raises(ValueError, match="restricts nothing"):
        box_card([], coverage=1, density=1, mass=1, what="x")


def test_curve_has_every_box_that_was_peeled():
    peeled = [(1.0, 0.4, 1.0, 0), (1.0, 0.5, 0.8, 1), (0.9, 0.52, 0.7, 2), (0.6, 0.9, 0.3, 2)]
    curve = [PeelRow(coverage=c, density=d, mass=m, restricted=n) for c, d, m, n in peeled]
    found = rows(compiled(peeling_curve(curve, 3, what="it fails")))
    assert [(r["coverage"], r["density"], r["restricted"]) for r in found] == [
        (c, d, n) for c, d, _, n in peeled
    ]
    assert [i for i, r in enumerate(found) if r["is_chosen"]] == [3]
    # figures stand where the number of restrictions changes
    assert [i for i, r in enumerate(found) if r["is_new"]] == [0, 1, 2]


# --- borders and importance -----------------------------------------------------------------------


def test_map_has_a_mark_per_world_and_the_base_case():
    x = Axis("price", [0.1, 0.5, 0.9], 0.4, "payoff")
    y = Axis("link", ["on", "off", "on"], "on")
    spec = compiled(verdict_map(x, y, ["b", None, "a"], ["a", "b"], label="loss"))
    found = rows(spec)
    worlds = [(r["x"], r["y"], r["best"]) for r in found if "best" in r]
    assert worlds == [(0.1, "on", "b"), (0.5, "off", EQUAL), (0.9, "on", "a")]
    assert {(r["x"], r["y"]) for r in found if "word" in r} == {(0.4, "on")}
    marks = spec["vconcat"][0]["layer"][0]["encoding"]
    assert marks["color"]["scale"]["domain"] == marks["shape"]["scale"]["domain"]
    assert len(set(marks["shape"]["scale"]["range"])) == 3
    lottery = Axis("link", ["on", "off", "on"], None)
    spec = compiled(verdict_map(x, lottery, ["b", None, "a"], ["a", "b"], label="loss"))
    assert not [r for r in rows(spec) if "word" in r]
    assert "ringed" not in texts(spec)
    with pytest.raises(ValueError, match="every world"):
        verdict_map(x, y, ["a"], ["a"], label="loss")


def driver(name: str, value: float, low: float, high: float) -> DriverRow:
    index = IndexRow(value=value, low=low, high=high)
    return DriverRow(
        assumption=name, delta=index, first=index, rank_correlation=None, stands_out=low > 0.08
    )


def test_importance_is_held_against_the_dummy():
    found = [driver("strong", 0.5, 0.4, 0.6), driver("weak", 0.1, 0.02, 0.2)]
    told = rows(compiled(importance_bars(found, 0.08, answer="loss", n_worlds=1000)))
    bars = [(r["name"], r["value"], r["low"], r["high"], r["stands"]) for r in told if "value" in r]
    assert bars == [
        ("strong", 0.5, 0.4, 0.6, "clearly above the dummy"),
        ("weak", 0.1, 0.02, 0.2, "not clearly above it"),
    ]
    assert [r["at"] for r in told if r.get("word") == "dummy"] == [0.08]


# --- names ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_are_data(name):
    shown = printable(name)
    assert set(dots(quantile_dots({name: VALUES["none"]}, label=name, unit=name))) == {shown}
    heat = regret_heatmap([name, "b"], [name, "x", "y"], REGRET, BEST, label=name)
    assert {r["policy"] for r in rows(compiled(heat))} == {shown, "b"}
    bars = tornado([Swing(name, name, "1", -1.0, 1.0, (name,))], 0.5, claim=name)
    found = rows(compiled(bars))
    assert {r["name"] for r in found if "stop" in r} == {shown}
    assert [r["turns"] for r in found if "turns" in r] == [f"turns at {cut(name, 16)}"]
    asked = Restriction(name, name, kept=(name,), settings=(name, "b"))
    card = box_card([asked], coverage=1, density=1, mass=1, what=name)
    assert shown in {r.get("setting") for r in rows(compiled(card))}
    axes = Axis(name, [name, "b"], name, name), Axis(name, [0.5, 1.0], 1.0, name)
    found = rows(compiled(verdict_map(*axes, [name, "b"], [name, "b"], label=name)))
    assert shown in {r.get("best") for r in found}
    bars = importance_bars([driver(name, 0.5, 0.4, 0.6)], 0.1, answer=name, n_worlds=9)
    assert shown in {r.get("name") for r in rows(compiled(bars))}


def test_long_titles_are_cut_and_say_so():
    spec = compiled(quantile_dots({LONG: VALUES["none"]}, label=LONG))
    assert spec["title"]["text"].endswith("…")
    assert len(spec["title"]["text"]) < 90
