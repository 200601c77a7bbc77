"""The tornado: which assumption drives a verdict, and which one alone can turn it over."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import altair as alt

from offramp.report.answers import FlipsAnswer
from offramp.report.figures.charting import LABEL_WIDTH, Chart, Fields, head, inline, told, whole
from offramp.report.figures.palette import COLOURS, FLIP
from offramp.report.figures.words import cut

__all__ = ["Swing", "flips_chart", "swings_of", "tornado"]

Align = Literal["left", "right"]

WIDTH, ROW = 440, 34
LOW_END, HIGH_END = "towards its low end", "towards its high end"


@dataclass(frozen=True)
class Swing:
    """What one assumption, moved over its range by itself, does to the slack of a claim.

    Attributes:
        low, high: The ends of its range, as they are to be written.
        slack_low, slack_high: There.
        flips: Values at which the verdict turns, as they are to be written.
    """

    name: str
    low: str
    high: str
    slack_low: float
    slack_high: float
    flips: tuple[str, ...] = ()


def swings_of(answer: FlipsAnswer) -> list[Swing]:
    """Return the swings of the numbers of an answer; where the slack has no end, there is none."""
    return [
        Swing(
            row.assumption,
            told(row.low),
            told(row.high),
            row.slack_low,
            row.slack_high,
            tuple(told(flip.value) for flip in row.flips),
        )
        for row in answer.numbers
        if row.slack_low is not None and row.slack_high is not None
    ]


def flips_chart(answer: FlipsAnswer) -> Chart | None:
    """Return the tornado of an answer; None where the base world or every number has no slack."""
    swings = swings_of(answer)
    if not swings or answer.slack is None:
        return None
    return tornado(swings, answer.slack, claim=answer.question)


def tornado(swings: Sequence[Swing], base: float, *, claim: str) -> Chart:
    """Return one bar per assumption, widest first, about the slack of the base world.

    Args:
        base: Slack of the claim in the base world; above zero it holds.
    """
    ranked = sorted(swings, key=lambda one: -_reach(one, base))
    rows = [row for one in ranked for row in _ends(one, base)]
    order = [whole(one.name) for one in ranked]
    values = [base, 0.0, *(row["stop"] for row in rows)]
    room = 0.16 * ((max(values) - min(values)) or 1.0)
    x = alt.X(
        "base:Q",
        title="slack of the claim · left of 0 it fails, right of 0 it holds",
        scale=alt.Scale(domain=[min(values) - room, max(values) + room], nice=False),
    )
    y = alt.Y("name:N", sort=order, title=None, axis=alt.Axis(labelLimit=LABEL_WIDTH))
    offset = alt.YOffset("end:N", sort=[LOW_END, HIGH_END])
    bars = alt.Chart().mark_bar(height=12).encode(
        x=x, x2="stop:Q", y=y, yOffset=offset,
        color=alt.Color(
            "end:N", title="moved", sort=[LOW_END, HIGH_END],
            scale=alt.Scale(domain=[LOW_END, HIGH_END], range=[COLOURS[0], COLOURS[1]]),
            legend=alt.Legend(orient="bottom"),
        ),
        tooltip=[alt.Tooltip(f"{key}:N", title=title) for key, title in (
            ("name", "assumption"), ("end", "moved"), ("value", "to"), ("told", "slack there"),
            ("flips", "verdict turns at"))],
    )  # fmt: skip
    layers: list[alt.Chart] = [bars]
    sides: tuple[tuple[str, Align, int], ...] = (("right", "left", 5), ("left", "right", -5))
    for side, align, dx in sides:
        ends = alt.Chart().transform_filter(f"datum.side === '{side}'")
        layers.append(
            ends.mark_text(align=align, dx=dx, fontSize=11).encode(
                x=alt.X("stop:Q"), y=y, yOffset=offset, text="shown:N"
            )
        )
    layers += [*_lines(base), _turns(ranked, base, y, offset)]
    note = "Bars show where each assumption alone, moved to the ends of its range, takes the slack."
    n_flips = sum(bool(one.flips) for one in ranked)
    turning = f"{n_flips} of {len(ranked)} can turn the verdict alone."
    return alt.layer(
        *layers, data=inline(rows), width=WIDTH, height=ROW * len(ranked)
    ).properties(title=head(f"What drives the verdict: {claim}", note, turning))  # fmt: skip


def _reach(one: Swing, base: float) -> float:
    values = (one.slack_low, one.slack_high, base)
    return max(values) - min(values)


def _ends(one: Swing, base: float) -> Iterator[Fields]:
    for end, value, slack in (
        (LOW_END, one.low, one.slack_low),
        (HIGH_END, one.high, one.slack_high),
    ):
        yield {
            "name": whole(one.name), "end": end, "value": whole(value),
            "shown": cut(value, 16), "base": base,
            "stop": slack, "told": told(slack), "side": "right" if slack >= base else "left",
            "flips": ", ".join(map(whole, one.flips)) or "no value of its range",
        }  # fmt: skip


def _lines(base: float) -> list[alt.Chart]:
    """Return the line at which the verdict turns, and the base world's."""
    found = []
    for place, word, side, look in (
        (0.0, "verdict turns", base >= 0, {"color": FLIP, "strokeDash": [5, 3], "strokeWidth": 2}),
        (base, "base world", base < 0, {"strokeWidth": 1.2}),
    ):
        mark = alt.Chart(inline([{"at": place, "word": word}])).encode(
            x=alt.X("at:Q"), y=alt.value(0)
        )
        found += [
            mark.mark_rule(**look).encode(y2=alt.value("height")),
            mark.mark_text(
                baseline="bottom", dy=-4, fontSize=11, align="right" if side else "left"
            ).encode(text="word:N"),
        ]
    return found


def _turns(ranked: Sequence[Swing], base: float, y: alt.Y, offset: alt.YOffset) -> alt.Chart:
    """Return the values at which the verdict turns, on the far side of the line from the base."""
    rows = [
        {
            "name": whole(one.name), "at": 0.0,
            "turns": "turns at " + " and ".join(cut(flip, 16) for flip in one.flips),
            # beside the end that stays on the base's side, where no bar is in the way
            "end": LOW_END if (one.slack_low > one.slack_high) == (base >= 0) else HIGH_END,
        }
        for one in ranked
        if one.flips
    ]  # fmt: skip
    align: Align = "right" if base >= 0 else "left"
    return (
        alt.Chart(inline(rows))
        .mark_text(align=align, dx=-5 if base >= 0 else 5, fontSize=11, fontStyle="italic")
        .encode(x=alt.X("at:Q"), y=y, yOffset=offset, text="turns:N")
    )
