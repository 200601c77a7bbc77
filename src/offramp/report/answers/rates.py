"""Rates of events beside history's."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from offramp.report.answers.base import Answer, Record, ScenarioHead, Share
from offramp.report.answers.runs import LivelinessRow

__all__ = ["RateRow", "RatesAnswer"]


class RateRow(Record):
    """One event beside what history suggests."""

    event: str
    per: Literal["period", "ever", "event"] = Field(description="What the rate is a share of.")
    low: Share = Field(description="Lower end of the reference range.")
    high: Share = Field(description="Upper end of the reference range.")
    source: str
    base: float | None = Field(description="In the base world.")
    low_precision: float | None = Field(description="With every precision at its low end.")
    high_precision: float | None = Field(description="With every precision at its high end.")
    p10: float | None = Field(description="10 % of the drawn worlds lie below.")
    p50: float | None
    p90: float | None
    verdict: Literal["in range", "passes", "misses", "absurd", "never happens"]


class RatesAnswer(Answer):
    """Answer of `offramp rates`."""

    command: Literal["rates"] = "rates"
    scenario: ScenarioHead
    case: str
    worlds: int
    draw_grid: int | None = Field(
        default=None, description="Points a side of the belief grid in the drawn worlds."
    )
    seed: int
    rates: list[RateRow]
    liveliness: list[LivelinessRow]
