"""What a world draws, by name, and the worlds that were drawn, as arrays.

A world fixes every number that has a range or a list of values, the setting of every contested
mechanism, and the level of every variable whose start is a lottery. What a view or the caller sets
is settled, and so is a number without a range: neither is drawn.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from offramp.exploration.design import DesignName, choose, draw_points, place
from offramp.scenario import Scenario, bind, settings_of
from offramp.scenario.worlds import Span, spans_of, start_weights

__all__ = ["Assumptions", "Worlds", "draw", "place_worlds", "read_assumptions"]


@dataclass(frozen=True)
class Assumptions:
    """What is drawn, and what is not.

    Attributes:
        numbers: Span of each parameter that is drawn.
        mechanisms: Chances of the settings of each contested mechanism.
        starts: Chances of the levels that each uncertain variable may start from.
        bundles: Parameters that are drawn together, and the rank correlation of each two.
        settled: Value of each parameter that is not drawn; settled_mechanisms: likewise.
    """

    numbers: Mapping[str, Span]
    mechanisms: Mapping[str, Mapping[str, float]]
    starts: Mapping[str, Mapping[str, float]]
    bundles: tuple[tuple[tuple[str, ...], float], ...]
    settled: Mapping[str, float]
    settled_mechanisms: Mapping[str, str]

    def __len__(self) -> int:
        """Return how many assumptions are drawn."""
        return len(self.numbers) + len(self.mechanisms) + len(self.starts)


@dataclass(frozen=True)
class Worlds:
    """Draws of all assumptions; columns are in the order of `Assumptions`.

    Attributes:
        number: Value of each parameter, in its own unit.
        setting, start: Number of the setting or level, in the order of their chances.
        weight: Of each world; they sum to one.
    """

    number: Float[np.ndarray, "world parameter"]
    setting: Int[np.ndarray, "world mechanism"]
    start: Int[np.ndarray, "world variable"]
    weight: Float[np.ndarray, "world"]

    def __len__(self) -> int:
        """Return how many worlds there are."""
        return len(self.weight)

    def drawn(self, world: int, of: Assumptions) -> dict[str, float | str]:
        """Return the values and start levels of a world, as `bind` takes them."""
        numbers = dict(zip(of.numbers, self.number[world].tolist(), strict=True))
        levels = {
            name: list(chances)[k]
            for (name, chances), k in zip(of.starts.items(), self.start[world], strict=True)
        }
        return {**numbers, **levels}

    def settings(self, world: int, of: Assumptions) -> dict[str, str]:
        """Return the setting of every mechanism in a world."""
        drawn = {
            name: list(chances)[k]
            for (name, chances), k in zip(of.mechanisms.items(), self.setting[world], strict=True)
        }
        return {**of.settled_mechanisms, **drawn}


def read_assumptions(
    scenario: Scenario,
    view: str | None = None,
    parameters: Mapping[str, float | str] | None = None,
) -> Assumptions:
    """Return what a world of a scenario draws.

    Args:
        view: What it sets is settled; where it gives weights, settings are drawn by these.
        parameters: Values given from outside, which are settled.

    Raises:
        ScenarioError: An unknown view or name, or a range that is none.
    """
    given = parameters or {}
    spans = {name: span for name, span in spans_of(scenario, view).items() if name not in given}
    weights = settings_of(scenario, view)
    possible = {
        name: {setting: weight for setting, weight in one.items() if weight > 0}
        for name, one in weights.items()
    }
    values = bind(scenario, view=view, parameters=parameters).parameters
    return Assumptions(
        numbers=spans,
        mechanisms={name: one for name, one in possible.items() if len(one) > 1},
        starts=start_weights(scenario, view, parameters),
        bundles=tuple((tuple(b.parameters), b.rank_correlation) for b in scenario.bundles),
        settled={name: value for name, value in values.items() if name not in spans},
        settled_mechanisms={n: next(iter(one)) for n, one in possible.items() if len(one) == 1},
    )


def draw(assumptions: Assumptions, n_worlds: int, design: DesignName, seed: int) -> Worlds:
    """Draw worlds, all of one weight.

    A world depends on what is drawn, the design, the seed and (in a Latin hypercube) how many
    worlds there are, and on nothing else.
    """
    names = list(assumptions.numbers)
    bundles = [
        ([names.index(name) for name in members if name in names], correlation)
        for members, correlation in assumptions.bundles
    ]
    return place_worlds(assumptions, draw_points(design, n_worlds, len(assumptions), bundles, seed))


def place_worlds(assumptions: Assumptions, points: Float[np.ndarray, "world assumption"]) -> Worlds:
    """Return the worlds, all of one weight, that lie at points of the unit cube."""
    n_worlds, columns = len(points), iter(points.T)
    numbers = [place(span, next(columns)) for span in assumptions.numbers.values()]
    settings = [choose(list(o.values()), next(columns)) for o in assumptions.mechanisms.values()]
    starts = [choose(list(one.values()), next(columns)) for one in assumptions.starts.values()]
    return Worlds(
        number=_table(numbers, n_worlds, np.float64),
        setting=_table(settings, n_worlds, np.int16),
        start=_table(starts, n_worlds, np.int16),
        weight=np.full(n_worlds, 1 / n_worlds),
    )


def _table(columns: list[np.ndarray], n_worlds: int, kind: type) -> np.ndarray:
    """Put columns side by side, of which there may be none."""
    return np.array(columns, dtype=kind).reshape(len(columns), n_worlds).T.copy()
