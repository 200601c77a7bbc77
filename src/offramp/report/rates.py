"""The prior predictive page: rates beside history's, and whether beliefs do any work."""

from __future__ import annotations

import numpy as np

from offramp import __version__
from offramp.exploration import Laid, plan_solves, solve_cases, wanted_cases
from offramp.exploration.rates import RatesFound, find_rates, judge_rate
from offramp.outcomes.learning import find_learning
from offramp.report.answers import LivelinessRow, RateRow, RatesAnswer
from offramp.report.catalog import sound_scenario
from offramp.report.progress import Progress
from offramp.report.results import liveliness_row, scenario_head
from offramp.scenario import Scenario
from offramp.scenario.rates import RateDecl, load_rates

__all__ = ["describe_rates"]

PERCENTILES = (10, 50, 90)
FURTHER_SOLVES = 4  # besides the drawn worlds: base, both ends of precision, liveliness


def describe_rates(
    name_or_path: str,
    *,
    worlds: int,
    seed: int,
    grid: int | None = None,
    draw_grid: int | None = None,
) -> RatesAnswer:
    """Return the rates of a scenario's main events beside those of history.

    Args:
        grid: Points a side of the belief grid, None for the scenario's own.
        draw_grid: The same in the drawn worlds, None as elsewhere.

    Raises:
        OfframpError: The scenario or its file of rates is wrong or missing.
    """
    scenario = sound_scenario(name_or_path)
    rates = load_rates(name_or_path)
    (case,) = wanted_cases(scenario, [rates.case] if rates.case else ())[:1]
    with Progress("solving", worlds + FURTHER_SOLVES) as progress:
        progress.start("worlds")
        found = find_rates(
            scenario,
            rates,
            n_worlds=worlds,
            seed=seed,
            grid=grid,
            draw_grid=draw_grid,
            done=lambda name: progress.done(),
        )
        lively = _liveliness(scenario, case, Laid(grid=grid))
    rows = [_rate_row(name, rate, found, k) for k, (name, rate) in enumerate(rates.rates.items())]
    return RatesAnswer(
        offramp=__version__,
        scenario=scenario_head(scenario, Laid(grid=grid)),
        case=case,
        worlds=worlds,
        draw_grid=draw_grid or grid,
        seed=seed,
        rates=rows,
        liveliness=lively,
    )


def _liveliness(scenario: Scenario, case: str, laid: Laid) -> list[LivelinessRow]:
    plan = plan_solves(scenario, [case], laid)
    return [
        liveliness_row(found)
        for solved in solve_cases(scenario, plan, laid, checked=False)
        for found in find_learning(solved.equilibrium, solved.outcomes.n_periods).liveliness
    ]


def _rate_row(name: str, rate: RateDecl, found: RatesFound, event: int) -> RateRow:
    low, high = rate.range
    p10, p50, p90 = _percentiles(found.drawn[:, event])
    return RateRow(
        event=name,
        per=rate.per,
        low=low,
        high=high,
        source=rate.source,
        base=_told(found.base[event]),
        low_precision=_told(found.low_precision[event]),
        high_precision=_told(found.high_precision[event]),
        p10=p10,
        p50=p50,
        p90=p90,
        verdict=judge_rate(float("nan") if p50 is None else p50, low, high),
    )


def _percentiles(drawn: np.ndarray) -> list[float | None]:
    """Return percentiles over the worlds (one entry each) in which the question arises."""
    told = drawn[~np.isnan(drawn)]
    if not len(told):
        return [None] * len(PERCENTILES)
    return [float(value) for value in np.percentile(told, PERCENTILES)]


def _told(rate: float) -> float | None:
    return None if np.isnan(rate) else float(rate)
