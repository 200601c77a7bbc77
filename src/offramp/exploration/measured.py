"""Measures of many cases at once, under one setting of the mechanisms or as a mean over many."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context

import numpy as np

from offramp.equilibrium.tasks import default_threads, limit_threads
from offramp.exploration.cases import Laid, Solve, group_cases, solve_one
from offramp.exploration.design import Spread
from offramp.outcomes import propagate
from offramp.scenario import Scenario

__all__ = ["Asked", "Measured", "mean_of", "measure_cases", "measure_spread"]

WORTH_SHARING = 20.0  # seconds of work left, from which on other processes are started

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
) -> Measured:
    """Solve cases under given settings of the mechanisms, and measure how they end."""
    values: dict[str, dict[str, float]] = {}
    residual, n_unconverged = 0.0, 0
    for group in group_cases(scenario, list(asked), laid, settings):
        started(group[0])
        equilibrium, policy_game = solve_one(scenario, Solve(group, 1.0, settings), laid)
        residual = max(residual, equilibrium.residual)
        n_unconverged += equilibrium.n_unconverged
        for name in group:
            found = propagate(
                equilibrium, start=name, policy_game=policy_game, measures=asked[name]
            )
            values[name] = dict(found.measures)
    return Measured({name: values[name] for name in asked}, residual, n_unconverged)


def measure_spread(
    scenario: Scenario,
    asked: Asked,
    laid: Laid,
    spread: Spread,
    started: Callable[[str], None] = lambda name: None,
) -> tuple[Measured, ...]:
    """Measure the cases under every combination of settings of a spread, in its order.

    What would take long here is shared out among processes of one thread each. Who solves what
    changes no digit.
    """
    first, *rest = [draw.chosen for draw in spread.draws]
    begun = time.monotonic()
    found = [measure_cases(scenario, asked, laid, first, started)]
    n_workers = min(default_threads(), len(rest))
    if n_workers < 2 or (time.monotonic() - begun) * len(rest) < WORTH_SHARING:
        found += [measure_cases(scenario, asked, laid, one, started) for one in rest]
        return tuple(found)
    names = [group[0] for group in group_cases(scenario, list(asked), laid, first)]
    with ProcessPoolExecutor(n_workers, get_context("spawn"), _begin_work) as workers:
        for one in workers.map(partial(measure_cases, scenario, asked, laid), rest):
            found.append(one)
            for name in names:
                started(name)
    return tuple(found)


def _begin_work() -> None:
    """Prepare a process that others start: one thread, and quiet death at Ctrl-C."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    limit_threads(1)


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
