"""Importance: which assumptions move an answer, beside one that cannot."""

from __future__ import annotations

from collections.abc import Sequence

import altair as alt

from offramp.report.answers import DriverRow, DriversAnswer
from offramp.report.figures.charting import LABEL_WIDTH, Chart, head, inline, told, whole
from offramp.report.figures.palette import COLOURS, FLIP, LIGHT

__all__ = ["drivers_chart", "importance_bars"]

WIDTH, ROW = 360, 24
FEWEST_BARS = 8
FURTHER = 3  # bars beside those that stand out
CLEAR, UNCLEAR = "clearly above the dummy", "not clearly above it"


def drivers_chart(answer: DriversAnswer, *, asked: str) -> Chart | None:
    """Return the bars of what stands out and a few more; None without an estimate.

    Args:
        asked: What is asked, in few words.
    """
    if answer.dummy is None:
        return None
    clear = [k for k, row in enumerate(answer.drivers) if row.stands_out]
    shown = [*clear, *(k for k in range(len(answer.drivers)) if k not in clear)]
    shown = sorted(shown[: max(len(clear) + FURTHER, FEWEST_BARS)])
    return importance_bars(
        [answer.drivers[k] for k in shown],
        answer.dummy.high,
        answer=asked,
        n_worlds=answer.told,
        left_out=len(answer.drivers) - len(shown),
    )


def importance_bars(
    drivers: Sequence[DriverRow], dummy: float, *, answer: str, n_worlds: int, left_out: int = 0
) -> Chart:
    """Return a bar with its interval per assumption, in the order given.

    The dashed line is the upper end of the dummy's interval: a number drawn without any meaning
    reaches as far by chance.

    Args:
        dummy: That upper end.
        answer: What is asked, such as "the land is lost".
        n_worlds: From which the indices were estimated.
        left_out: Assumptions that are not drawn; none of them stands out.
    """
    rows = [
        {
            "name": whole(row.assumption), "value": row.delta.value,
            "low": row.delta.low, "high": row.delta.high, "told": told(row.delta.value),
            "interval": f"{told(row.delta.low)} to {told(row.delta.high)}",
            "stands": CLEAR if row.stands_out else UNCLEAR, "zero": 0.0,
        }
        for row in drivers
    ]  # fmt: skip
    y = alt.Y("name:N", sort=[whole(row.assumption) for row in drivers], title=None,
              axis=alt.Axis(labelLimit=LABEL_WIDTH))  # fmt: skip
    title = "importance (delta) · further right moves the answer more"
    base = alt.Chart(inline(rows)).encode(y=y)
    bars = base.mark_bar(height=ROW - 10, strokeWidth=1.5).encode(
        x=alt.X("zero:Q", title=title, axis=alt.Axis(tickCount=6)),
        x2="value:Q",
        fill=alt.Fill("stands:N", title=None, legend=alt.Legend(orient="bottom", labelLimit=300),
                      scale=alt.Scale(domain=[CLEAR, UNCLEAR],
                                      range=[COLOURS[0], LIGHT["rule"]])),
        tooltip=[
            alt.Tooltip("name:N", title="assumption"),
            alt.Tooltip("told:N", title="index"),
            alt.Tooltip("interval:N", title="95 % interval"),
            alt.Tooltip("stands:N", title="it stands"),
        ],
    )  # fmt: skip
    # dark with a light core, to be seen on bars and on pages of any colour
    whiskers = [
        base.mark_rule(strokeWidth=width, color=ink).encode(x=alt.X("low:Q"), x2="high:Q")
        for width, ink in ((4, "#1a1a1a"), (1.6, "#ffffff"))
    ]
    words = base.mark_text(align="left", dx=6, fontSize=11).encode(x=alt.X("high:Q"), text="told:N")
    at = alt.Chart(inline([{"at": dummy, "word": "dummy"}])).encode(x=alt.X("at:Q"), y=alt.value(0))
    line = [
        at.mark_rule(color=FLIP, strokeDash=[5, 3], strokeWidth=1.6).encode(y2=alt.value("height")),
        at.mark_text(baseline="bottom", dy=-3, fontSize=11).encode(text="word:N"),
    ]
    n_clear = sum(row.stands_out for row in drivers)
    return alt.layer(bars, *whiskers, words, *line, width=WIDTH, height=ROW * len(rows)).properties(
        title=head(
            f"What moves the answer: {answer}",
            f"{n_clear} of {len(rows) + left_out} assumptions are clearly above the dashed line, "
            "which a meaningless number reaches.",
            f"Thin lines: 95 % intervals, over {n_worlds:,} worlds."
            + (f" {left_out} more are not drawn." if left_out else ""),
        )
    )
