"""Boxes: the region in which a policy fails, and how it was peeled out of all worlds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import altair as alt

from offramp.exploration.drawn import Drawn
from offramp.report.answers import LimitRow, PeelRow
from offramp.report.figures.charting import LABEL_WIDTH, Chart, Fields, head, inline, told, whole
from offramp.report.figures.palette import COLOURS, FLIP

__all__ = ["Restriction", "box_card", "peeling_curve", "restrictions_of"]

WIDTH, ROW = 320, 44
SIDE = 300  # of the curve
APART = 0.04  # of an axis: figures that stand closer would overlap
BAR, BOXED = "#8a8a8a", COLOURS[1]


@dataclass(frozen=True)
class Restriction:
    """What a box asks of one assumption, beside all that it could be.

    Attributes:
        rule: The restriction in plain words.
        low, high: Ends that still belong to the box.
        least, most: Ends of the whole range.
        kept, settings: Of an assumption with settings: those in the box, and all. The numbers are
            then not read.
    """

    name: str
    rule: str
    low: float = 0.0
    high: float = 1.0
    least: float = 0.0
    most: float = 1.0
    kept: tuple[str, ...] = ()
    settings: tuple[str, ...] = ()


def restrictions_of(limits: Iterable[LimitRow], assumptions: Drawn) -> tuple[Restriction, ...]:
    """Return what a box asks, beside what the worlds drew."""
    found = []
    for limit in limits:
        k = assumptions.names.index(limit.assumption)
        settings, column = assumptions.settings[k], assumptions.value[:, k]
        if settings:
            kept = tuple(limit.settings)
            found.append(Restriction(limit.assumption, limit.rule, kept=kept, settings=settings))
            continue
        least, most = float(column.min()), float(column.max())
        low = least if limit.low is None else max(limit.low, least)
        high = most if limit.high is None else min(limit.high, most)
        found.append(Restriction(limit.assumption, limit.rule, low, high, least, most))
    return tuple(found)


def box_card(
    restrictions: Sequence[Restriction],
    *,
    coverage: float,
    density: float,
    mass: float,
    what: str,
) -> Chart:
    """Return a box: the part of each restricted assumption's range that lies inside.

    Args:
        coverage, density, mass: As a `Trajectory` has them.
        what: What is of interest, such as "the pledge fails", to follow "where".

    Raises:
        ValueError: A box that restricts nothing.
    """
    if not restrictions:
        raise ValueError("a box that restricts nothing cannot be drawn")
    order = [whole(one.name) for one in restrictions]
    parts = [row for one in restrictions for row in _parts(one)]
    names = [
        {
            "name": whole(one.name), "rule": whole(one.rule),
            "least": "" if one.settings else told(one.least),
            "most": "" if one.settings else told(one.most),
        }
        for one in restrictions
    ]  # fmt: skip
    y = alt.Y("name:N", sort=order, title=None,
              axis=alt.Axis(labelLimit=LABEL_WIDTH, ticks=False, domain=False))  # fmt: skip
    x = alt.X("start:Q", axis=None, scale=alt.Scale(domain=[-0.02, 1.02], nice=False))
    bars = alt.Chart(inline(parts)).mark_bar(cornerRadius=2).encode(
        x=x, x2="stop:Q", y=y,
        color=alt.Color("inside:N", title=None, legend=alt.Legend(orient="bottom"), scale=alt.Scale(
            domain=["in the box", "the rest of its range"], range=[BOXED, BAR])),
        size=alt.Size("thick:Q", scale=None, legend=None),
        tooltip=[alt.Tooltip("name:N", title="assumption"), alt.Tooltip("rule:N", title="rule")],
    )  # fmt: skip
    base = alt.Chart(inline(names)).encode(y=y)
    words = [
        base.mark_text(dy=-14, fontSize=12, fontWeight="bold", align="left", limit=WIDTH).encode(
            x=alt.datum(0.0), text="rule:N"
        ),
        base.mark_text(dy=14, fontSize=10, align="left").encode(x=alt.datum(0.0), text="least:N"),
        base.mark_text(dy=14, fontSize=10, align="right").encode(x=alt.datum(1.0), text="most:N"),
    ]
    settings = alt.Chart(inline([row for row in parts if row["setting"]]))
    inside = settings.mark_text(fontSize=10, dy=14, limit=WIDTH / 3).encode(
        x=alt.X("middle:Q"), y=y, text="setting:N"
    )
    return alt.layer(bars, inside, *words, width=WIDTH, height=ROW * len(order)).properties(
        title=head(
            f"Where {what}",
            f"{told(density, is_chance=True)} of the worlds inside are such (density); "
            f"{told(coverage, is_chance=True)} of all such worlds lie inside (coverage).",
            f"The box holds {told(mass, is_chance=True)} of all worlds (mass). All rules must hold "
            "at once.",
        )
    )


def _parts(one: Restriction) -> Iterator[Fields]:
    """Yield the parts of a bar, from 0 to 1 over the whole range."""
    shared = {"name": whole(one.name), "rule": whole(one.rule)}
    if one.settings:
        step = 1 / len(one.settings)
        for i, setting in enumerate(one.settings):
            yield {
                **shared, **_inside(setting in one.kept), "start": i * step + 0.004,
                "stop": (i + 1) * step - 0.004, "middle": (i + 0.5) * step,
                "setting": whole(setting), "low": None, "high": None,
            }  # fmt: skip
        return
    span = (one.most - one.least) or 1.0
    start, stop = (one.low - one.least) / span, (one.high - one.least) / span
    plain = {**shared, "setting": "", "middle": 0.5}
    yield {**plain, **_inside(False), "start": 0.0, "stop": 1.0, "low": one.least, "high": one.most}
    yield {**plain, **_inside(True), "start": start, "stop": stop, "low": one.low, "high": one.high}


def _inside(is_inside: bool) -> Fields:
    word = "in the box" if is_inside else "the rest of its range"
    return {"inside": word, "thick": 12 if is_inside else 5}


def peeling_curve(curve: Sequence[PeelRow], chosen: int, *, what: str) -> Chart:
    """Return coverage against density of every box that was peeled, the chosen one marked.

    Args:
        chosen: Index of a box of the curve.
        what: What is of interest, to follow "where".
    """
    labelled = _labelled(curve)
    rows = [
        {
            "coverage": row.coverage, "density": row.density,
            "mass": told(row.mass, is_chance=True), "step": i, "restricted": row.restricted,
            "is_chosen": i == chosen, "is_new": i in labelled,
        }
        for i, row in enumerate(curve)
    ]  # fmt: skip
    percent = alt.Axis(format="%")
    x = alt.X("coverage:Q", title="coverage · right is better: more of all such worlds inside",
              scale=alt.Scale(domain=[0, 1.05], nice=False), axis=percent)  # fmt: skip
    y = alt.Y("density:Q", title="density · up is better: fewer others inside",
              scale=alt.Scale(domain=[0, 1.05], nice=False), axis=percent)  # fmt: skip
    base = alt.Chart().encode(x=x, y=y)
    line = base.mark_line(strokeWidth=1, color=BAR).encode(order="step:Q")
    dots = base.mark_point(size=26, filled=True, opacity=1, color=COLOURS[0]).encode(
        tooltip=[alt.Tooltip("coverage:Q", format=".1%"), alt.Tooltip("density:Q", format=".1%"),
                 alt.Tooltip("mass:N"), alt.Tooltip("restricted:Q", title="assumptions")],
    )  # fmt: skip
    figures = base.transform_filter("datum.is_new").mark_text(dx=8, align="left", fontSize=11)
    here = base.transform_filter("datum.is_chosen")
    ring = here.mark_point(shape="circle", size=220, strokeWidth=2, color=FLIP, filled=False)
    words = here.mark_text(dx=-13, align="right", fontSize=12, fontWeight="bold").encode(
        text=alt.value("chosen")
    )
    figures = figures.encode(text="restricted:Q")
    return alt.layer(
        line, dots, figures, ring, words, data=inline(rows), width=SIDE, height=SIDE
    ).properties(
        title=head(
            f"Peeling: where {what}",
            "From all worlds inwards; a figure: how many assumptions boxes restrict from there on.",
        )
    )


def _labelled(curve: Sequence[PeelRow]) -> set[int]:
    """Return where the number of restrictions changes, as far as its figures do not overlap."""
    found: list[int] = []
    for i, row in enumerate(curve):
        if found:
            last = curve[found[-1]]
            near = abs(row.coverage - last.coverage) < APART
            if row.restricted == last.restricted or (
                near and abs(row.density - last.density) < APART
            ):
                continue
        found.append(i)
    return set(found)
