"""Measures of many cases at once, under one setting of the mechanisms or as a mean over many."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from offramp.exploration.cases import Laid, Solve, group_cases, solve_one
from offramp.exploration.design import Spread
from offramp.outcomes import propagate
from offramp.scenario import Scenario

__all__ = ["Measured", "mean_of", "measure_cases", "measure_spread"]


@dataclass(frozen=True)
class Measured:
    """Every measure in every case, and how far it can be trusted.

    Attributes:
        values: By case, then by measure; NaN where the question does not arise.
        residual: Largest |strategy - logit reply| of all solves.
        n_unconverged: Points that did not converge, in all solves together.
    """

    values: Mapping[str, Mapping[str, float]]
    residual: float
    n_unconverged: int

    def __call__(self, measure: str, case: str) -> float:
        """Return a measure in a case."""
        return self.values[case][measure]


def measure_cases(
    scenario: Scenario,
    cases: Sequence[str],
    laid: Laid,
    settings: Mapping[str, str],
    measures: Sequence[str] | None = None,
    started: Callable[[str], None] = lambda name: None,
) -> Measured:
    """Solve cases under given settings of the mechanisms, and measure how they end."""
    values: dict[str, dict[str, float]] = {}
    residual, n_unconverged = 0.0, 0
    for group in group_cases(scenario, cases, laid, settings):
        started(group[0])
        equilibrium, policy_game = solve_one(scenario, Solve(group, 1.0, settings), laid)
        residual = max(residual, equilibrium.residual)
        n_unconverged += equilibrium.n_unconverged
        for name in group:
            found = propagate(equilibrium, start=name, policy_game=policy_game, measures=measures)
            values[name] = dict(found.measures)
    return Measured({name: values[name] for name in cases}, residual, n_unconverged)


def measure_spread(
    scenario: Scenario,
    cases: Sequence[str],
    laid: Laid,
    spread: Spread,
    measures: Sequence[str] | None = None,
    started: Callable[[str], None] = lambda name: None,
) -> tuple[Measured, ...]:
    """Measure the cases under every combination of settings of a spread, in its order."""
    return tuple(
        measure_cases(scenario, cases, laid, draw.chosen, measures, started)
        for draw in spread.draws
    )


def mean_of(each: Sequence[Measured], weights: Sequence[float]) -> Measured:
    """Return the weighted mean of measures; what arises in some only is the mean over those."""
    values = {
        case: {
            measure: _mean([one.values[case][measure] for one in each], weights)
            for measure in each[0].values[case]
        }
        for case in each[0].values
    }
    return Measured(
        values, max(one.residual for one in each), sum(one.n_unconverged for one in each)
    )


def _mean(values: Sequence[float], weights: Sequence[float]) -> float:
    told = np.array(values)
    shares = np.where(np.isnan(told), 0.0, weights)
    if not shares.sum():
        return float("nan")
    return float(np.nansum(told * shares) / shares.sum())
