"""The regret heat map: which policy holds up if we are wrong."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import altair as alt
import numpy as np

from offramp.report.figures.charting import (
    DARK_BLUE,
    LABEL_WIDTH,
    Chart,
    Fields,
    finite,
    head,
    inline,
    told,
    whole,
)
from offramp.report.tables import ROUNDING

if TYPE_CHECKING:
    from jaxtyping import Float

__all__ = ["regret_heatmap"]

CELL, LOW = 62, 30  # pixels: width and height of a cell
SHARE = 130  # width of the bars beside it


def regret_heatmap(
    policies: Sequence[str],
    worlds: Sequence[str],
    regret: Float[np.ndarray, "policy world"],
    best: Float[np.ndarray, "policy"],
    *,
    label: str,
    is_chance: bool = False,
) -> Chart:
    """Return each policy's regret in each named world, and how often it is best in all worlds.

    Args:
        regret: How much worse than the best policy of the same world; NaN where it is not known.
        best: Share of all worlds in which a policy is best, as `best_share` tells it.
        label: Of the measure that is regretted.

    Raises:
        ValueError: Names that do not fit the numbers.
    """
    if regret.shape != (len(policies), len(worlds)) or best.shape != (len(policies),):
        raise ValueError("regret needs one row a policy and one column a world")
    rows = list(_cells(policies, worlds, regret, is_chance))
    greatest = float(np.nanmax(regret, initial=0.0))
    order = [whole(name) for name in policies]
    y = alt.Y("policy:N", sort=order, title=None, axis=alt.Axis(labelLimit=LABEL_WIDTH))
    x = alt.X(
        "world:N",
        sort=[whole(name) for name in worlds],
        title="world",
        axis=alt.Axis(labelAngle=-35, labelLimit=150, orient="bottom"),
    )
    height = LOW * len(policies)
    base = alt.Chart(width=CELL * len(worlds), height=height).encode(x=x, y=y)
    cells = base.mark_rect().encode(
        color=alt.Color(
            "regret:Q",
            title="regret (lighter is better)",
            scale=alt.Scale(scheme="blues", domain=[0.0, greatest or 1.0]),
            legend=alt.Legend(orient="bottom", format=".0%" if is_chance else ".3~g"),
        ),
        tooltip=[alt.Tooltip(f"{name}:N") for name in ("policy", "world", "told")],
    )
    is_dark = f"datum.regret > {DARK_BLUE * greatest!r}"
    words = base.mark_text(fontSize=11).encode(
        text="shown:N", color=alt.condition(is_dark, alt.value("#ffffff"), alt.value("#000000"))
    )
    heat = alt.layer(cells, words, data=inline(rows))
    return alt.hconcat(heat, _shares(order, best, height), spacing=18).properties(
        title=head(
            f"Regret: {label}",
            "How much worse than the best policy of the same world; “best” marks that one.",
        )
    )


def _cells(
    policies: Sequence[str],
    worlds: Sequence[str],
    regret: Float[np.ndarray, "policy world"],
    is_chance: bool,
) -> Iterator[Fields]:
    for p, policy in enumerate(policies):
        for w, world in enumerate(worlds):
            value = finite(regret[p, w])
            written = told(value, is_chance=is_chance)
            is_best = value is not None and value <= ROUNDING
            yield {
                "policy": whole(policy), "world": whole(world), "regret": value, "told": written,
                "shown": "best" if is_best else written,
            }  # fmt: skip


def _shares(order: Sequence[str], best: np.ndarray, height: int) -> Chart:
    """Return how often each policy is best, as bars with their numbers."""
    rows = [
        {"policy": name, "best": float(share), "told": told(float(share), is_chance=True)}
        for name, share in zip(order, best, strict=True)
    ]
    y = alt.Y("policy:N", sort=list(order), axis=None)
    x = alt.X(
        "best:Q",
        title="best in so many worlds",
        scale=alt.Scale(domain=[0, 1.25], nice=False),
        axis=alt.Axis(format="%", values=[0, 0.5, 1]),
    )
    base = alt.Chart(inline(rows), width=SHARE, height=height).encode(x=x, y=y)
    bars = base.mark_bar(height=12, color="#0090ff")
    words = base.mark_text(align="left", dx=4, fontSize=11).encode(text="told:N")
    return alt.layer(bars, words)
