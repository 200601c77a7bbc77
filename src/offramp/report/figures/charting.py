"""What charts have in common: data under names of ours, and scales from the palette."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeAlias

import altair as alt

from offramp.report.figures.palette import styles
from offramp.report.figures.words import cut, printable
from offramp.report.tables import NONE, format_number, format_share

__all__ = [
    "DARK_BLUE",
    "LABEL_WIDTH",
    "Chart",
    "Fields",
    "axis_title",
    "colour_scale",
    "finite",
    "head",
    "inline",
    "shape_scale",
    "told",
    "whole",
]

Chart: TypeAlias = alt.Chart | alt.LayerChart | alt.FacetChart | alt.HConcatChart | alt.VConcatChart
Fields: TypeAlias = dict[str, Any]

DARK_BLUE = 0.7  # of a scale of blues, from which white is easier to read than black
LABEL_WIDTH = 200  # pixels of a label on an axis; what is longer ends in an ellipsis
TITLE = 84  # letters of a title


def inline(rows: Iterable[Mapping[str, Any]]) -> alt.InlineData:
    """Return rows as a chart's data, all text in letters that every page can hold.

    Names of columns are ours and need no escape.
    """
    return alt.InlineData(
        values=[
            {key: whole(value) if isinstance(value, str) else value for key, value in row.items()}
            for row in rows
        ]
    )


def head(title: str, *lines: str, size: int = 14) -> alt.TitleParams:
    """Return a title, cut if it is long, with lines below it."""
    shown = [cut(line, 110) for line in lines if line]
    return alt.TitleParams(
        text=cut(title, TITLE), subtitle=shown or alt.Undefined, anchor="start", fontSize=size
    )


def whole(name: str) -> str:
    """Return a name as data: all of it, in letters that every page can hold."""
    return printable(name)


def finite(value: float) -> float | None:
    """Return a number, or None where there is none."""
    return float(value) if math.isfinite(value) else None


def told(value: float | None, *, is_chance: bool = False) -> str:
    """Return a number as tables write it."""
    if value is None or not math.isfinite(value):
        return NONE
    return format_share(value) if is_chance else format_number(value)


def axis_title(label: str, unit: str = "", better: str | None = None) -> str:
    """Return the title of an axis, which says in words which way is better."""
    way = {"lower": "left is better", "higher": "right is better"}.get(better or "", "")
    return cut(label, 60) + (f" [{cut(unit, 20)}]" if unit else "") + (f" · {way}" if way else "")


def colour_scale(names: Sequence[str]) -> alt.Scale:
    """Return the colours of series, by their place among all of their kind."""
    found = styles([whole(name) for name in names])
    return alt.Scale(domain=list(found), range=[one.colour for one in found.values()])


def shape_scale(names: Sequence[str]) -> alt.Scale:
    """Return the shapes of series, by their place among all of their kind."""
    found = styles([whole(name) for name in names])
    return alt.Scale(domain=list(found), range=[one.shape for one in found.values()])
