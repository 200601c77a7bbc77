"""Text in figures is shown as text; colours stand apart for every reader."""

from __future__ import annotations

from itertools import combinations
from xml.etree import ElementTree

import numpy as np
import pytest

from helpers.figures import HOSTILE, LONG, parsed
from offramp.report.figures.palette import (
    COLOURS,
    DARK,
    FLIP,
    LIGHT,
    RUNGS,
    contrast,
    ink_on,
    rung_colour,
    styles,
)
from offramp.report.figures.svg import document, label, resolve_colours, tag
from offramp.report.figures.words import cut, printable, text_width, wrap

GRAPHICS, TEXT = 3.0, 4.5  # contrast ratios that WCAG 2.2 asks for
# linear RGB as readers without red or green cones see it [Vienot1999]
CONES = {
    "all": np.eye(3),
    "no red": np.array([[0.11238, 0.88762, 0], [0.11238, 0.88762, 0], [0.00401, -0.00401, 1]]),
    "no green": np.array([[0.29275, 0.70725, 0], [0.29275, 0.70725, 0], [-0.02234, 0.02234, 1]]),
}
XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])


def lab(colour: str, cones: np.ndarray) -> np.ndarray:
    parts = np.array([int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)])
    linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
    x, y, z = np.cbrt(XYZ @ np.clip(cones @ linear, 1e-3, 1) / [0.9505, 1.0, 1.089])
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


@pytest.mark.parametrize("cones", CONES.values(), ids=CONES)
def test_colours_of_series_differ_for_every_reader(cones):
    distance = [np.linalg.norm(lab(a, cones) - lab(b, cones)) for a, b in combinations(COLOURS, 2)]
    assert min(distance) > 25  # some 2 can just be told apart side by side


@pytest.mark.parametrize("colour", [*COLOURS, FLIP, *RUNGS])
def test_colours_stand_out_on_light_and_on_dark_paper(colour):
    assert contrast(colour, LIGHT["paper"]) >= GRAPHICS
    assert contrast(colour, DARK["paper"]) >= GRAPHICS
    assert contrast(ink_on(colour), colour) >= TEXT


@pytest.mark.parametrize("inks", [LIGHT, DARK])
def test_text_can_be_read_on_its_paper(inks):
    for ink in ("ink", "quiet"):
        assert contrast(inks[ink], inks["paper"]) >= TEXT


def test_contrast_is_that_of_the_standard():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)  # a known example


def test_series_beyond_the_colours_differ_by_dash_or_shape():
    look = styles([str(i) for i in range(30)])
    assert len(set(look.values())) == 30
    assert styles(["a", "b", "a"])["b"] == look["1"]


def test_rungs_beyond_the_palette_keep_its_end():
    assert rung_colour(99) == RUNGS[-1]
    assert rung_colour(None) not in RUNGS


@pytest.mark.parametrize("name", HOSTILE)
def test_names_come_out_of_the_markup_as_they_went_in(name):
    svg = document("toy", 10, 10, name, name, tag("g", name, data_name=name), label(1, 2, name))
    root = parsed(svg)
    group = next(one for one in root.iter() if one.get("data-name"))
    assert group.text == group.get("data-name") == printable(name)


def test_printable_text_keeps_letters_and_drops_what_turns_or_breaks_lines():
    assert printable("a\x00b\u202ec\nd") == "a�b�c d"
    assert printable("=1+1") == "=1+1"
    assert printable("صد ü 漢") == "صد ü 漢"


def test_cut_text_says_so():
    assert cut(LONG, 20) == "long long long long…"
    assert cut("short", 20) == "short"


@pytest.mark.parametrize("text", [*HOSTILE, "x" * 300, "漢字" * 80])
def test_wrapped_lines_fit_and_say_if_they_leave_something_out(text):
    lines = wrap(text, 120, 12, 3)
    assert len(lines) <= 3
    assert all(text_width(line, 12) <= 120 for line in lines)
    whole = printable(text).replace(" ", "")
    kept = "".join(lines).replace(" ", "")
    assert kept == whole or (kept.endswith("…") and whole.startswith(kept[:-1]))


def test_colours_are_the_pages_and_else_a_fallback():
    svg = document("toy", 10, 10, "t", "d", tag("rect", class_="of-ink"))
    assert "var(--ink, #1a1a1a)" in svg
    assert "var(" not in resolve_colours(svg)
    assert ".of-ink{fill:#eee}" in resolve_colours(svg, {"ink": "#eee"})
    ElementTree.fromstring(resolve_colours(svg))
