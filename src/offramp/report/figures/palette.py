"""Colours, dashes and shapes of all figures: one per player, rung or policy, everywhere.

Every colour of a series stands out by 3 : 1 on white paper and on dark, and any two of the six
differ for readers without red or green cones, too; beyond six they repeat, with another dash and
another shape. Whatever a colour says, a dash, a shape, a place or a word says as well.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

__all__ = [
    "COLOURS",
    "DARK",
    "DASHES",
    "FLIP",
    "LIGHT",
    "SHAPES",
    "Style",
    "contrast",
    "ink_on",
    "rung_colour",
    "styles",
    "vega_config",
]

COLOURS = ("#0090ff", "#cc8402", "#00a47a", "#b40cbc", "#9b5324", "#c746a2")
DASHES: tuple[tuple[int, ...], ...] = ((1, 0), (7, 3), (2, 2), (10, 3, 2, 3), (4, 4, 1, 4))
SHAPES = ("circle", "square", "triangle-up", "diamond", "cross", "triangle-down", "triangle-right")
FLIP = "#c0392b"  # the line beyond which a verdict turns; it is dashed and labelled, too

# from calm to war; lower is bluer, and every rung is labelled where it stands
RUNGS = ("#3f8fd2", "#4f8fb0", "#5f8e92", "#788a6c", "#948247", "#b07a2a", "#c46e1e", "#cf5f1d",
         "#d04f22", "#cc3d2a")  # fmt: skip

LIGHT = {"ink": "#1a1a1a", "quiet": "#595959", "rule": "#8a8a8a", "grid": "#e3e3e3",
         "paper": "#ffffff"}  # fmt: skip
DARK = {"ink": "#e9eaec", "quiet": "#a9adb5", "rule": "#7d838d", "grid": "#343840",
        "paper": "#15171c"}  # fmt: skip


class Style(NamedTuple):
    """How one series is drawn."""

    colour: str
    dash: tuple[int, ...]
    shape: str


def styles(names: Sequence[str]) -> dict[str, Style]:
    """Return how each of several series is drawn, by its place among all of its kind."""
    return {
        name: Style(COLOURS[i % len(COLOURS)], DASHES[i % len(DASHES)], SHAPES[i % len(SHAPES)])
        for i, name in enumerate(dict.fromkeys(names))
    }


def rung_colour(rung: int | None) -> str:
    """Return the colour of a rung of the ladder, from 0; None: nobody acts on any."""
    return LIGHT["rule"] if rung is None else RUNGS[min(max(rung, 0), len(RUNGS) - 1)]


def ink_on(colour: str) -> str:
    """Return black or white, whichever is easier to read on a colour."""
    return max(("#000000", "#ffffff"), key=lambda ink: contrast(ink, colour))


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of two colours, from 1 to 21 (WCAG 2.2)."""
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


def _luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def vega_config(inks: dict[str, str] = LIGHT) -> dict[str, Any]:
    """Return the Vega-Lite configuration that goes with a page of these inks.

    Charts name no ink of their own, so that a page may swap `LIGHT` for `DARK`.
    """
    ink, quiet, rule, grid = inks["ink"], inks["quiet"], inks["rule"], inks["grid"]
    lines = {"domainColor": rule, "gridColor": grid, "tickColor": rule}
    return {
        "background": "transparent",
        "font": "system-ui, 'DejaVu Sans', sans-serif",
        "axis": {**lines, "labelColor": ink, "titleColor": ink, "labelFontSize": 12,
                 "titleFontSize": 12, "titleFontWeight": "normal", "labelLimit": 220},
        "header": {"labelColor": ink, "titleColor": ink, "labelFontSize": 12,
                   "labelFontWeight": "bold", "labelLimit": 260},
        "legend": {"labelColor": ink, "titleColor": ink, "labelFontSize": 12,
                   "titleFontSize": 12, "labelLimit": 220},
        "title": {"color": ink, "subtitleColor": quiet, "anchor": "start", "fontSize": 14,
                  "subtitleFontSize": 12, "subtitlePadding": 4, "offset": 10},
        "text": {"color": ink, "fontSize": 12},
        "rule": {"color": rule},
        "view": {"stroke": None},
    }  # fmt: skip
