"""Prior predictive check: how often the main events happen when nobody does anything new.

Rates are found in the base world, with every precision at the low and at the high end of its
range, and over drawn worlds, before any policy is compared [Gabry2019]. They are held against wide
reference ranges; nothing is fitted to them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Literal

import numpy as np
from jaxtyping import Float

from offramp.equilibrium import solve
from offramp.exploration.design import World, draw_worlds
from offramp.exploration.sharing import share_out
from offramp.game import compile_game
from offramp.outcomes import propagate
from offramp.scenario import Scenario, settings_of
from offramp.scenario.rates import RatesDecl, asking
from offramp.scenario.worlds import precision_parameters, spans_of

__all__ = ["ABSURD_FACTOR", "FAIR_FACTOR", "RatesFound", "Verdict", "find_rates", "judge_rate"]

Verdict = Literal["in range", "passes", "misses", "absurd", "never happens"]

FAIR_FACTOR = 3.0  # a rate outside its range by no more than this passes
ABSURD_FACTOR = 30.0  # by more than this it is absurd


@dataclass(frozen=True)
class RatesFound:
    """Rate of each event; NaN where what it is a share of never happens."""

    base: Float[np.ndarray, "event"]
    low_precision: Float[np.ndarray, "event"]
    high_precision: Float[np.ndarray, "event"]
    drawn: Float[np.ndarray, "world event"]


def find_rates(
    scenario: Scenario,
    rates: RatesDecl,
    *,
    n_worlds: int,
    seed: int,
    grid: int | None = None,
    draw_grid: int | None = None,
    done: Callable[[str], None] = lambda name: None,
) -> RatesFound:
    """Return the rates of all events, under the case that the rates name.

    Args:
        grid: Points a side of the belief grid, None for the scenario's own.
        draw_grid: The same in the drawn worlds, None as elsewhere.
        done: Told the name of each world that has been solved.
    """
    asked = asking(scenario, rates)
    spans = spans_of(scenario)
    bundles = [(one.parameters, one.rank_correlation) for one in scenario.bundles]
    generator = np.random.default_rng(seed)
    named = {
        "the base world": World({}, {}),
        "low precision": World(_ends(scenario, "low"), {}),
        "high precision": World(_ends(scenario, "high"), {}),
    }
    drawn = draw_worlds(spans, settings_of(scenario), bundles, n_worlds, generator)
    items = [(name, world, grid) for name, world in named.items()]
    items += [(f"world {k}", world, draw_grid or grid) for k, world in enumerate(drawn, 1)]
    found = share_out(partial(_rates_in, asked, rates), items, lambda item: done(item[0]))
    return RatesFound(found[0], found[1], found[2], np.array(found[3:]))


def judge_rate(rate: float, low: float, high: float) -> Verdict:
    """Return how a rate stands to its reference range."""
    if np.isnan(rate):
        return "never happens"
    if low <= rate <= high:
        return "in range"
    if low / FAIR_FACTOR <= rate <= high * FAIR_FACTOR:
        return "passes"
    if low / ABSURD_FACTOR <= rate <= high * ABSURD_FACTOR:
        return "misses"
    return "absurd"


def _ends(scenario: Scenario, end: Literal["low", "high"]) -> dict[str, float]:
    spans = spans_of(scenario)
    return {name: getattr(spans[name], end) for name in precision_parameters(scenario)}


def _rates_in(
    asked: Scenario, rates: RatesDecl, item: tuple[str, World, int | None]
) -> Float[np.ndarray, "event"]:
    _, world, grid = item
    game = compile_game(
        asked, case=rates.case, parameters=world.parameters, settings=world.settings, grid=grid
    )
    found = propagate(solve(game), measures=tuple(asked.measures)).measures
    return np.array([_rate(found, k) for k in range(len(rates.rates))])


def _rate(values: Mapping[str, float], event: int) -> float:
    counted = values[f"rate_{event}"]
    base = values.get(f"over_{event}", 1.0)
    return counted / base if base > 0 else float("nan")
