"""The verdict map: how far the base case is from where another policy would be best."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import altair as alt

from offramp.report.figures.charting import (
    LABEL_WIDTH,
    Chart,
    Fields,
    colour_scale,
    head,
    inline,
    shape_scale,
    told,
    whole,
)
from offramp.report.figures.words import cut

__all__ = ["Axis", "verdict_map"]

SIDE, ROW = 380, 22
EQUAL = "several are equally good"
GOLDEN = 0.6180339887498949  # steps of this share spread neighbours evenly, and alike every time


@dataclass(frozen=True)
class Axis:
    """One assumption: its name, its value in each world, and in the base case.

    Values are numbers, or names of settings. The base case has none where it draws a lot.
    """

    name: str
    values: Sequence[float] | Sequence[str]
    base: float | str | None
    unit: str = ""
    is_log: bool = False


def verdict_map(
    x: Axis, y: Axis, best: Sequence[str | None], policies: Sequence[str], *, label: str
) -> Chart:
    """Return a mark per world, whose colour and shape are the policy that is best there.

    A part of the map can be drawn around; the bars below count the worlds in it.

    Args:
        best: By world; None where several policies are equally good.
        policies: All of them, in the order that gives each its colour and shape everywhere.
        label: What policies are judged by.

    Raises:
        ValueError: Columns of unequal length.
    """
    if not len(x.values) == len(y.values) == len(best):
        raise ValueError("a map needs both assumptions and the best policy of every world")
    rows = [
        {
            "x": _value(x.values[i]), "y": _value(y.values[i]),
            "aside": i * GOLDEN % 1, "above": i * GOLDEN * GOLDEN * 7 % 1,
            "best": EQUAL if one is None else whole(one),
            "x_told": _told(x.values[i]), "y_told": _told(y.values[i]), "world": i,
        }
        for i, one in enumerate(best)
    ]  # fmt: skip
    named = [whole(name) for name in policies]
    listed = [*named, EQUAL] if None in best else named
    colour, shape = colour_scale(named), shape_scale(named)
    if None in best:
        colour = alt.Scale(domain=listed, range=[*colour.range, "#8a8a8a"])
        shape = alt.Scale(domain=listed, range=[*shape.range, "triangle-left"])
    legend = alt.Legend(orient="bottom", columns=2, labelLimit=2 * LABEL_WIDTH, symbolSize=90)
    brush = alt.selection_interval(name="part")
    # colour and shape share one legend: same title, same domain
    told_best = "best policy in a world"
    marks = (
        alt.Chart(inline(rows))
        .mark_point(size=46, filled=True)
        .encode(
            **_places(x, y),
            opacity=alt.condition(brush, alt.value(0.85), alt.value(0.12)),
            color=alt.Color("best:N", title=told_best, scale=colour, legend=legend),
            shape=alt.Shape("best:N", title=told_best, scale=shape, legend=legend),
            tooltip=[
                alt.Tooltip("x_told:N", title=cut(x.name, 60)),
                alt.Tooltip("y_told:N", title=cut(y.name, 60)),
                alt.Tooltip("best:N", title=told_best),
                alt.Tooltip("world:Q", title="world"),
            ],
        )
        .add_params(brush)
    )
    drawn = alt.layer(marks, *_base_case(x, y), width=SIDE, height=SIDE)
    title = head(
        f"Which policy is best: {label}",
        "One mark per world."
        if x.base is None or y.base is None
        else "One mark per world; the ringed dot is the base case.",
        "Drag over a part of the map to count the worlds in it.",
    )
    both = alt.vconcat(drawn, _counts(rows, listed, brush, colour), spacing=14, title=title)
    # else the legend of shapes would be lifted out of the map, and stand apart from its colours
    return both.resolve_scale(color="independent", shape="independent")


def _counts(
    rows: Sequence[Fields], listed: Sequence[str], brush: alt.Parameter, colour: alt.Scale
) -> Chart:
    """Return how many worlds of the part that is drawn around each policy is best in."""
    base = (
        alt.Chart(inline(rows), width=SIDE, height=ROW * len(listed))
        .transform_filter(brush)
        .encode(y=alt.Y("best:N", title=None, scale=alt.Scale(domain=listed),
                        axis=alt.Axis(labelLimit=LABEL_WIDTH)))
    )  # fmt: skip
    bars = base.mark_bar(height=ROW - 8).encode(
        x=alt.X(
            "count():Q",
            title="worlds in the part of the map that is drawn around, or in all",
            scale=alt.Scale(domain=[0, 1.12 * len(rows)], nice=False),
        ),
        color=alt.Color("best:N", scale=colour, legend=None),
    )
    words = base.mark_text(align="left", dx=4, fontSize=11).encode(
        x=alt.X("count():Q"), text=alt.Text("count():Q", format=",")
    )
    return alt.layer(bars, words)


def _value(value: float | str) -> float | str:
    return whole(value) if isinstance(value, str) else float(value)


def _told(value: float | str) -> str:
    return whole(value) if isinstance(value, str) else told(float(value))


def _is_named(axis: Axis) -> bool:
    return any(isinstance(value, str) for value in axis.values)


def _places(x: Axis, y: Axis) -> Fields:
    """Return where marks stand; those of one setting are spread over its band."""
    found: Fields = {"x": _channel(alt.X, "x", x), "y": _channel(alt.Y, "y", y)}
    spread = alt.Scale(domain=[-0.15, 1.15])
    if _is_named(x):
        found["xOffset"] = alt.XOffset("aside:Q", scale=spread)
    if _is_named(y):
        found["yOffset"] = alt.YOffset("above:Q", scale=spread)
    return found


def _channel(channel: type, field: str, axis: Axis) -> alt.X | alt.Y:
    title = cut(axis.name, 60) + (f" [{cut(axis.unit, 20)}]" if axis.unit else "")
    if _is_named(axis):
        shown = alt.Axis(labelAngle=0, labelLimit=110)
        return channel(f"{field}:N", title=title, sort=None, axis=shown)
    scale = alt.Scale(type="log" if axis.is_log else "linear", zero=False, nice=not axis.is_log)
    return channel(f"{field}:Q", title=title, scale=scale)


def _base_case(x: Axis, y: Axis) -> list[alt.Chart]:
    """Return the ring around the base case; none if it has no place on the map."""
    if x.base is None or y.base is None:
        return []
    row = {"x": _value(x.base), "y": _value(y.base), "aside": 0.5, "above": 0.5,
           "word": "base case"}  # fmt: skip
    base = alt.Chart(inline([row])).encode(**_places(x, y))
    return [
        base.mark_point(shape="circle", size=240, filled=True, color="#ffffff", opacity=1),
        base.mark_point(shape="circle", size=240, filled=False, color="#000000", strokeWidth=2.5,
                        opacity=1),
        base.mark_point(shape="circle", size=60, filled=True, color="#000000", opacity=1),
        base.mark_text(dy=-17, fontSize=12, fontWeight="bold").encode(text="word:N"),
    ]  # fmt: skip
