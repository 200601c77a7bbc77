"""Quantile dots: fifty equally likely values of a measure, to be counted rather than guessed.

Readers who count dots judge chances better than those who read a density [Fernandes2018].
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import altair as alt
import numpy as np

from offramp.exploration.weighing import even_out, weighted_quantile
from offramp.report.figures.charting import (
    Chart,
    Fields,
    axis_title,
    head,
    inline,
    told,
    whole,
)
from offramp.report.figures.palette import FLIP, styles
from offramp.report.figures.words import cut

if TYPE_CHECKING:
    from jaxtyping import Float

__all__ = ["quantile_dots"]

N_DOTS = 50
WIDTH, TALLEST = 460.0, 150.0  # pixels; the second of one policy's dots
ROUNDING = 1e-9  # of the width of a column: a value on an end stays on its side
COLUMNS = (32, 44, 60, 84, 118, 150)  # of dots: the first that no stack outgrows


def quantile_dots(
    values: Mapping[str, Float[np.ndarray, "world"]],
    weights: Float[np.ndarray, "world"] | None = None,
    *,
    label: str,
    unit: str = "",
    better: Literal["lower", "higher"] | None = None,
    is_chance: bool = False,
    threshold: float | None = None,
) -> Chart:
    """Return fifty dots per policy, each standing for a fiftieth of the weight of all worlds.

    Args:
        values: Of one measure, by policy; NaN where it does not arise, which the policy's heading
            says. A policy under which it never does has no dots.
        threshold: Beyond it a value is bad, in the direction that `better` says; dots there are
            hollow, and counted.

    Raises:
        ValueError: A threshold where no direction is better, or no world in which it arises.
    """
    if threshold is not None and better is None:
        raise ValueError("a threshold needs a direction that is better")
    quantiles = {
        name: _quantiles(found, weights)
        for name, found in values.items()
        if not np.isnan(found).all()
    }
    if not quantiles:
        raise ValueError("there is no world in which it arises")
    columns = _columns(quantiles, threshold, better)
    look = styles([whole(name) for name in values])
    panels: list[Chart] = []
    for name, found in quantiles.items():
        colour = look[whole(name)].colour
        rows = list(_dots(name, found, columns, threshold, better, is_chance))
        for row in rows:
            row["filled"] = "transparent" if row["is_bad"] else colour
        title = _heading(name, found, values[name], weights, threshold, better)
        is_last = len(panels) == len(quantiles) - 1
        x = alt.X(
            "place:Q",
            title=axis_title(label, unit, better) if is_last else None,
            scale=alt.Scale(domain=[columns.low, columns.high], nice=False, zero=False),
            axis=alt.Axis(format=".0%" if is_chance else ".3~g", tickCount=8, labels=is_last),
        )
        panels.append(
            _panel(rows, x, colour, columns, threshold).properties(title=head(title, size=12))
        )
    lines = [f"Each of {N_DOTS} dots stands for an equal share of the worlds."]
    if threshold is not None:
        way = "below" if better == "higher" else "above"
        lines.append(
            f"Dashed line: {told(threshold, is_chance=is_chance)}; hollow dots lie {way} it, where "
            "it is worse."
        )
    above = head(f"{'How often' if is_chance else 'How much'}: {label}", *lines)
    return alt.vconcat(*panels, spacing=8, title=above)


@dataclass(frozen=True)
class _Columns:
    """Where dots are stacked.

    Attributes:
        closed_above: Whether a column holds its upper end, and not its lower one.
    """

    low: float
    high: float
    n: int
    closed_above: bool

    def of(self, values: np.ndarray) -> np.ndarray:
        """Return the column of each value."""
        places = (values - self.low) / (self.high - self.low) * self.n
        found = np.ceil(places - ROUNDING) - 1 if self.closed_above else np.floor(places + ROUNDING)
        return np.clip(found, 0, self.n - 1).astype(np.int64)

    def tallest(self, quantiles: Iterable[np.ndarray]) -> int:
        """Return the height of the tallest stack."""
        return max(int(np.bincount(self.of(found)).max()) for found in quantiles)

    @property
    def size(self) -> float:
        """Width of a column, in pixels, as far as dots use it."""
        return min(WIDTH / self.n, 12.0)


def _columns(
    quantiles: Mapping[str, np.ndarray], threshold: float | None, better: str | None
) -> _Columns:
    """Return the widest columns in which no stack is too tall; none lies across the threshold."""
    every = np.concatenate([*quantiles.values(), [] if threshold is None else [threshold]])
    low, high = float(every.min()), float(every.max())
    if low == high:
        low, high = low - 0.5, high + 0.5
    for wanted in COLUMNS:
        width = (high - low) / wanted
        first, n = low - width, wanted + 2
        if threshold is not None:
            first = threshold - math.ceil((threshold - low) / width + 1) * width
            n = math.ceil((high - first) / width + 1)
        columns = _Columns(first, first + n * width, n, better == "lower")
        if columns.tallest(quantiles.values()) * columns.size <= TALLEST:
            break
    return columns


def _panel(
    rows: Sequence[Fields], x: alt.X, colour: str, columns: _Columns, threshold: float | None
) -> Chart:
    tallest = max(row["height"] for row in rows)
    dots = (
        alt.Chart(inline(rows))
        .mark_point(size=0.7 * columns.size**2, shape="circle", strokeWidth=1.4, opacity=1,
                    stroke=colour)
        .encode(
            x=x,
            y=alt.Y(
                "height:Q", axis=None, scale=alt.Scale(domain=[0.4, tallest + 0.6], nice=False)
            ),
            fill=alt.Fill("filled:N", scale=None),
            tooltip=[
                alt.Tooltip("policy:N", title="policy"),
                alt.Tooltip("told:N", title="value"),
                alt.Tooltip("dot:Q", title=f"dot, of {N_DOTS}"),
            ],
        )
    )  # fmt: skip
    layers: list[alt.Chart] = [dots]
    if threshold is not None:
        rule = alt.Chart(inline([{"place": threshold}])).mark_rule(
            color=FLIP, strokeDash=[5, 3], strokeWidth=1.5
        )
        layers.append(rule.encode(x=alt.X("place:Q")))
    height = max(tallest * columns.size + 6, 24)
    return alt.layer(*layers, width=WIDTH, height=height)


def _quantiles(
    found: Float[np.ndarray, "world"], weights: Float[np.ndarray, "world"] | None
) -> Float[np.ndarray, "dot"]:
    arises = ~np.isnan(found)
    if not arises.any():
        raise ValueError("there is no world in which the measure arises")
    weight = even_out(None if weights is None else weights[arises], int(arises.sum()))
    places = (np.arange(N_DOTS) + 0.5) / N_DOTS
    return np.array([weighted_quantile(found[arises], place, weight) for place in places])


def _is_bad(value: float, threshold: float | None, better: str | None) -> bool:
    if threshold is None:
        return False
    return value < threshold if better == "higher" else value > threshold


def _dots(
    name: str,
    found: np.ndarray,
    columns: _Columns,
    threshold: float | None,
    better: str | None,
    is_chance: bool,
) -> Iterator[Fields]:
    """Yield the dots of a policy; equal ones are stacked, at the middle of their column."""
    width = (columns.high - columns.low) / columns.n
    stacked: Counter[int] = Counter()
    for dot, (value, column) in enumerate(zip(found, columns.of(found), strict=True), 1):
        stacked[int(column)] += 1
        yield {
            "policy": whole(name), "value": float(value), "dot": dot,
            "told": told(float(value), is_chance=is_chance),
            "place": columns.low + (int(column) + 0.5) * width,
            "height": stacked[int(column)],
            "is_bad": _is_bad(float(value), threshold, better),
        }  # fmt: skip


def _heading(
    name: str,
    found: np.ndarray,
    values: np.ndarray,
    weights: np.ndarray | None,
    threshold: float | None,
    better: str | None,
) -> str:
    parts = [cut(name, 44)]
    if threshold is not None:
        n_bad = sum(_is_bad(float(value), threshold, better) for value in found)
        parts.append(f"{n_bad} of {N_DOTS} beyond the line")
    silent = np.isnan(values)
    if silent.any():
        share = float(even_out(weights, values.size)[silent].sum())
        parts.append(f"does not arise in {told(share, is_chance=True)} of the worlds")
    return " · ".join(parts)
