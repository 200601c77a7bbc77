"""What the grid gets wrong where no regular refinement changes it: between a prior and a point."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from helpers.grids import halve_cells, halved_cells
from helpers.trials import GRID_FLOOR, SUM_TOLERANCE, Trial
from offramp.game.beliefs import build_simplex, locate, reference_prior
from offramp.outcomes import propagate
from oracles.random_scenarios import RandomScenario

# the reference prior of soft is 0.386; to wait leads to a belief between that and 0.4
CLOSE: dict[str, Any] = {
    "offramp": 1,
    "name": "close",
    "period": {"unit": "month", "count": 1},
    "variables": {"front": {"levels": ["low", "high"], "start": "low"}},
    "players": {
        "north": {
            "precision": 1.687,
            "types": {
                "soft": {"prior": 0.2, "set": {"price": -0.182}},
                "hard": {"prior": 0.532, "set": {"price": -0.206}},
            },
            "believed_by": {"south": {"soft": 1.91, "hard": 1.924}},
        },
        "south": {"precision": 1.5},
    },
    "stages": [
        {"player": "north", "actions": {"wait": {}, "push": {"cost": "price", "effects": [
            {"redraw": "north"}]}}},
    ],
    "payoffs": {"north": {"ground": "share(front)"}, "south": {"ground": "share(front)"}},
    "policies": {"solved": {}},
    "measures": {"trust": {"is": "belief(south, north.hard)"}},
}  # fmt: skip


@pytest.fixture(name="trial")
def _trial() -> Trial:
    return Trial(RandomScenario(CLOSE, "solved", frozenset(), True, None))


def misses(trial: Trial) -> list[float]:
    """Return by how much each of the three grids misses the measure."""
    exact = trial.result.measures["trust"]
    assert exact is not None
    return [propagate(trial.on_grid(n)).measures["trust"] - exact for n in range(3)]


def test_cell_beside_a_prior_errs_alike_on_all_grids_until_it_is_halved(trial: Trial) -> None:
    first, *others = misses(trial)
    assert abs(first) > 5.0 * GRID_FLOOR
    assert others == pytest.approx([first, first], abs=SUM_TOLERANCE)
    with halved_cells():
        assert abs(misses(trial)[2]) < 0.6 * abs(first)


def test_error_of_a_cell_that_all_grids_share_is_put_down_to_the_grid(trial: Trial) -> None:
    assert not list(trial.differences_on_grid())


def test_wrong_answer_is_noticed_where_all_grids_share_a_cell(trial: Trial) -> None:
    (exact,) = trial.result.measures.values()
    assert exact is not None
    trial.__dict__["result"] = replace(trial.result, measures={"trust": exact + 1e-4})
    (difference,) = trial.differences_on_grid()
    assert "trust" in difference


@pytest.mark.parametrize("n_types", [2, 3])
def test_halved_cells_hold_every_belief_and_keep_its_mean(n_types: int) -> None:
    draws = np.random.default_rng(1)
    priors = draws.dirichlet(np.ones(n_types), size=2)
    grid = build_simplex(n_types, 4, priors, reference_prior(priors))
    halved = halve_cells(grid)
    for belief in [*np.eye(n_types), *priors]:
        stencil = locate(halved, belief)
        assert stencil.weights @ halved.points[stencil.points] == pytest.approx(belief, abs=1e-12)
    for belief in draws.dirichlet(np.ones(n_types), size=200):
        before, after = locate(grid, belief), locate(halved, belief)
        assert after.weights @ halved.points[after.points] == pytest.approx(belief, abs=1e-12)
        assert width(halved.points[after.points]) == pytest.approx(
            0.5 * width(grid.points[before.points]), abs=1e-12
        )


def width(corners: np.ndarray) -> float:
    """Return the longest edge of a piece."""
    return float(np.abs(corners[:, None] - corners[None]).max())
