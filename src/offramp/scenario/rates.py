"""Reference rates: how often a scenario's events happen in history, in a file beside it.

`NAME.rates.yaml` names the case in which nobody does anything new, and for each event a measure,
the range of plausible rates and its source. Nothing is fitted to them.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from offramp.errors import Problem
from offramp.scenario.beside import read_beside
from offramp.scenario.forms import Model
from offramp.scenario.schema import MeasureDecl, Scenario
from offramp.scenario.validate import validate

__all__ = ["RateDecl", "RatesDecl", "asking", "load_rates"]

Share = Annotated[float, Field(ge=0, le=1)]

MISSING = Problem(
    code="S120",
    message="There are no reference rates beside the scenario.",
    fix="name events, ranges and sources in this file (docs/how-to/check-the-rates.md).",
)


class RateDecl(Model):
    """One event: what counts it, what it is a share of, and what history suggests."""

    is_: Annotated[str, Field(alias="is")]
    over: str | None = None
    per: Literal["period", "ever", "event"]
    range: tuple[Share, Share]
    source: str


class RatesDecl(Model):
    """The events of a scenario, and the case in which they are counted."""

    case: str | None = None
    rates: Annotated[dict[str, RateDecl], Field(min_length=1)]


def load_rates(name_or_path: str | Path) -> RatesDecl:
    """Return the reference rates that stand beside a scenario.

    Raises:
        ScenarioError: There are none, or their file is wrong.
    """
    return validate(RatesDecl, read_beside(name_or_path, "rates", MISSING))


def asking(scenario: Scenario, rates: RatesDecl) -> Scenario:
    """Return the scenario with the rates' measures in place of its own, and no claims.

    The measure of the k-th event is `rate_k`, what it is a share of is `over_k`.
    """
    measures = {}
    for k, rate in enumerate(rates.rates.values()):
        measures[f"rate_{k}"] = MeasureDecl(is_=rate.is_)
        if rate.over is not None:
            measures[f"over_{k}"] = MeasureDecl(is_=rate.over)
    return scenario.measured_by(measures)
