"""What moves with one or two numbers: lines and heat maps."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import altair as alt

from offramp.report.answers import SweepAnswer, SweptAxis, SweptQuantity
from offramp.report.figures.charting import DARK_BLUE, inline
from offramp.report.figures.words import printable
from offramp.report.tables import NONE, format_number, format_share

__all__ = ["sweep_chart"]

WIDTH, HEIGHT = 360, 220
MOST_LABELLED = 15  # columns of a heat map whose cells carry their number


def sweep_chart(answer: SweepAnswer) -> alt.Chart | alt.LayerChart | alt.VConcatChart:
    """Return lines over one axis, or heat maps over two: a panel for each quantity."""
    one = _lines if len(answer.axes) == 1 else _heat
    panels = [one(answer, number) for number in range(len(answer.quantities))]
    title = printable(f"{answer.scenario.title}: what moves with {_moved(answer)}")
    return alt.vconcat(*panels, title=title).resolve_scale(
        color="independent", strokeDash="independent"
    )


def _moved(answer: SweepAnswer) -> str:
    return " and ".join(axis.name for axis in answer.axes)


def _rows(answer: SweepAnswer, number: int) -> Iterator[dict[str, Any]]:
    """Yield points under names that need no escape; `told` is the value as tables write it."""
    write = format_share if answer.quantities[number].is_chance else format_number
    for point in answer.points:
        value = point.values[number]
        at = dict(zip(("x", "y"), point.at, strict=False))
        told = NONE if value is None else write(value)
        yield {**at, "case": point.case, "value": value, "told": told}


def _title(quantity: SweptQuantity) -> str:
    unit = f" [{quantity.unit}]" if quantity.unit else ""
    better = f" ({quantity.better} is better)" if quantity.better else ""
    return printable(f"{quantity.label}{unit}{better}")


def _axis(axis: SweptAxis, values: list[Any], shorthand: str, *, ordinal: bool) -> dict[str, Any]:
    """Return how an axis of the sweep is drawn."""
    named = any(isinstance(value, str) for value in values)
    if ordinal or named:
        told = {} if named else {"axis": alt.Axis(format=".3~g")}
        return {"shorthand": f"{shorthand}:O", "title": axis.name, "sort": None, **told}
    scale = alt.Scale(type="log" if axis.log else "linear", zero=False, nice=False)
    return {"shorthand": f"{shorthand}:Q", "title": axis.name, "scale": scale}


def _lines(answer: SweepAnswer, number: int) -> alt.Chart:
    quantity = answer.quantities[number]
    values = [point.at[0] for point in answer.points]
    data = inline(_rows(answer, number))
    several = len({point.case for point in answer.points}) > 1
    percent = "%" if quantity.is_chance else ""
    encoded: dict[str, Any] = {
        "x": alt.X(**_axis(answer.axes[0], values, "x", ordinal=False)),
        "y": alt.Y(
            "value:Q",
            title=_title(quantity),
            axis=alt.Axis(format=percent) if percent else alt.Axis(),
            scale=alt.Scale(zero=quantity.is_chance),
        ),
    }
    if several:
        encoded["color"] = alt.Color("case:N", title="case", sort=None)
        encoded["strokeDash"] = alt.StrokeDash("case:N", title="case", sort=None)
    return alt.Chart(data, width=WIDTH, height=HEIGHT).mark_line(point=True).encode(**encoded)


def _heat(answer: SweepAnswer, number: int) -> alt.LayerChart | alt.FacetChart:
    quantity = answer.quantities[number]
    columns = [[point.at[k] for point in answer.points] for k in (0, 1)]
    rows = list(_rows(answer, number))
    found = [row["value"] for row in rows if row["value"] is not None]
    low, high = min(found, default=0.0), max(found, default=1.0)
    form = ".0%" if quantity.is_chance else ".3~g"
    x = alt.X(**_axis(answer.axes[0], columns[0], "x", ordinal=True))
    y_axis = _axis(answer.axes[1], columns[1], "y", ordinal=True)
    y = alt.Y(**{**y_axis, "sort": "descending"} if _is_number(columns[1]) else y_axis)
    base = alt.Chart(width=WIDTH, height=WIDTH).encode(x=x, y=y)
    cells = base.mark_rect().encode(
        color=alt.Color(
            "value:Q",
            title=_title(quantity),
            scale=alt.Scale(scheme="blues", domain=[low, high]),
            legend=alt.Legend(format=form),
        )
    )
    layers: list[alt.Chart] = [cells]
    if max(len(set(column)) for column in columns) <= MOST_LABELLED:
        white = f"datum.value > {low + DARK_BLUE * (high - low)!r}"
        layers.append(
            base.mark_text().encode(
                text=alt.Text("told:N"),
                color=alt.condition(white, alt.value("white"), alt.value("black")),
            )
        )
    layered = alt.layer(*layers, data=inline(rows))
    if len({point.case for point in answer.points}) > 1:
        return layered.facet(column=alt.Column("case:N", sort=None))
    return layered


def _is_number(column: list[Any]) -> bool:
    return not any(isinstance(value, str) for value in column)
