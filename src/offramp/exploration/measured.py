"""Measures of many cases at once, under one setting of the mechanisms or as a mean over many."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from offramp.exploration.cases import Laid, Solve, group_cases, solve_one
from offramp.exploration.design import Spread
from offramp.exploration.sharing import share_out
from offramp.game import Moulds
from offramp.outcomes import propagate
from offramp.scenario import Scenario

__all__ = ["Asked", "Measured", "mean_of", "measure_cases", "measure_spread"]

Asked = Mapping[str, Sequence[str] | None]
"""The measures that are wanted of each case; None is all of them."""


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
    asked: Asked,
    laid: Laid,
    settings: Mapping[str, str],
    started: Callable[[str], None] = lambda name: None,
    moulds: Moulds | None = None,
) -> Measured:
    """Solve cases under given settings of the mechanisms, and measure how they end.

    Args:
        moulds: As in `compile_game`; calls that share them must have the same settings.
    """
    values: dict[str, dict[str, float]] = {}
    residual, n_unconverged = 0.0, 0
    for group in group_cases(scenario, list(asked), laid, settings):
        started(group[0])
        equilibrium, policy_game = solve_one(scenario, Solve(group, 1.0, settings), laid, moulds)
        residual = max(residual, equilibrium.residual)
        n_unconverged += equilibrium.n_unconverged
        for name in group:
            found = propagate(
                equilibrium, start=name, policy_game=policy_game, measures=asked[name]
            )
            values[name] = dict(found.measures)
        del equilibrium, policy_game  # else two would be in memory at a time
    return Measured({name: values[name] for name in asked}, residual, n_unconverged)


def measure_spread(
    scenario: Scenario,
    asked: Asked,
    laid: Laid,
    spread: Spread,
    started: Callable[[str], None] = lambda name: None,
) -> tuple[Measured, ...]:
    """Measure the cases under every combination of settings of a spread, in its order."""
    chosen = [draw.chosen for draw in spread.draws]
    names = [group[0] for group in group_cases(scenario, list(asked), laid, chosen[0])]

    def done(_: Mapping[str, str]) -> None:
        for name in names:
            started(name)

    return tuple(share_out(partial(measure_cases, scenario, asked, laid), chosen, done))


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
