"""Cards: one display each, with its sentence, its figure, its tables and how it was computed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import altair as alt

from offramp.report.tables import Table

__all__ = ["Card", "specification"]


def specification(chart: alt.TopLevelMixin | None) -> dict[str, Any] | None:
    """Return a chart's Vega-Lite specification, not held against the schema (tests do that)."""
    return None if chart is None else chart.to_dict(validate=False)


@dataclass(frozen=True)
class Card:
    """One display.

    Attributes:
        key: Its place on the page, as an anchor.
        question: What it answers, as its heading.
        sentences: What it says, in words.
        chart: Vega-Lite specification, None for no chart.
        drawing: Our own SVG, empty for none.
        tables: The same as numbers.
        how: How it is computed, and by which command.
        is_source: Whether other parts of the page point to the rows of its tables.
    """

    key: str
    question: str
    sentences: tuple[str, ...]
    how: str
    chart: dict[str, Any] | None = None
    drawing: str = ""
    tables: tuple[Table, ...] = ()
    is_source: bool = False
