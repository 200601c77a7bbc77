"""Importance: which assumptions move an answer, beside one that cannot."""

from __future__ import annotations

from typing import Literal

import altair as alt

from offramp.exploration.importance import Importance
from offramp.report.figures.charting import LABEL_WIDTH, Chart, head, inline, told, whole
from offramp.report.figures.palette import COLOURS, FLIP, LIGHT

__all__ = ["importance_bars"]

WIDTH, ROW = 360, 24
INDICES = {
    "delta": "importance (delta) · further right moves the answer more",
    "first_order": "share of the variance (first order) · further right moves the answer more",
}
CLEAR, UNCLEAR = "clearly above the dummy", "not clearly above it"


def importance_bars(
    found: Importance, *, answer: str, index: Literal["delta", "first_order"] = "delta"
) -> Chart:
    """Return a bar with its interval per assumption, most important first.

    The dashed line is the upper end of the dummy's interval: a number drawn without any meaning
    reaches as far by chance.

    Args:
        answer: What is asked, such as "the land is lost".
    """
    of = found.delta if index == "delta" else found.first_order
    line = float(of.high[-1])
    order = sorted(range(len(found.names) - 1), key=lambda k: -float(of.value[k]))
    rows = [
        {
            "name": whole(found.names[k]), "value": float(of.value[k]),
            "low": float(of.low[k]), "high": float(of.high[k]), "told": told(float(of.value[k])),
            "interval": f"{told(float(of.low[k]))} to {told(float(of.high[k]))}",
            "stands": CLEAR if of.low[k] > line else UNCLEAR, "zero": 0.0,
        }
        for k in order
    ]  # fmt: skip
    y = alt.Y("name:N", sort=[whole(found.names[k]) for k in order], title=None,
              axis=alt.Axis(labelLimit=LABEL_WIDTH))  # fmt: skip
    base = alt.Chart(inline(rows)).encode(y=y)
    bars = base.mark_bar(height=ROW - 10, strokeWidth=1.5).encode(
        x=alt.X("zero:Q", title=INDICES[index], axis=alt.Axis(tickCount=6)),
        x2="value:Q",
        fill=alt.Fill("stands:N", title=None, legend=alt.Legend(orient="bottom", labelLimit=300),
                      scale=alt.Scale(domain=[CLEAR, UNCLEAR],
                                      range=[COLOURS[0], LIGHT["rule"]])),
        tooltip=[
            alt.Tooltip("name:N", title="assumption"),
            alt.Tooltip("told:N", title="index"),
            alt.Tooltip("interval:N", title=f"{found.confidence:.0%} interval"),
            alt.Tooltip("stands:N", title="it stands"),
        ],
    )  # fmt: skip
    # dark with a light core, to be seen on bars and on pages of any colour
    whiskers = [
        base.mark_rule(strokeWidth=width, color=ink).encode(x=alt.X("low:Q"), x2="high:Q")
        for width, ink in ((4, "#1a1a1a"), (1.6, "#ffffff"))
    ]
    words = base.mark_text(align="left", dx=6, fontSize=11).encode(x=alt.X("high:Q"), text="told:N")
    at = alt.Chart(inline([{"at": line, "word": "dummy"}])).encode(x=alt.X("at:Q"), y=alt.value(0))
    dummy = [
        at.mark_rule(color=FLIP, strokeDash=[5, 3], strokeWidth=1.6).encode(y2=alt.value("height")),
        at.mark_text(baseline="bottom", dy=-3, fontSize=11).encode(text="word:N"),
    ]
    n_clear = sum(row["stands"] == CLEAR for row in rows)
    return alt.layer(
        bars, *whiskers, words, *dummy, width=WIDTH, height=ROW * len(rows)
    ).properties(
        title=head(
            f"What moves the answer: {answer}",
            f"{n_clear} of {len(rows)} assumptions are clearly above the dashed line, which a "
            "meaningless number reaches.",
            f"Thin lines: {found.confidence:.0%} intervals, over {found.n_worlds:,} worlds.",
        )
    )
