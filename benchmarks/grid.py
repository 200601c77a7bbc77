"""How far a solution can be trusted off its belief grid, as its certificate says."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from benchmarks.stopwatch import timed
from offramp.equilibrium import Equilibrium
from offramp.equilibrium.certify import certify

__all__ = ["GridFigures", "grid_figures"]

WALKS = 16  # histories that are drawn and compared
SEED = 1


class GridFigures(NamedTuple):
    """The certificate's figures that a record keeps.

    Attributes:
        error: Largest change of a reply over the last refinement of the grid.
        others: The rest, by name.
    """

    error: float
    others: dict[str, float | int | str | bool]


def grid_figures(equilibrium: Equilibrium) -> GridFigures:
    """Certify a solution on drawn histories and coarser grids; time it too."""
    generator = np.random.default_rng(SEED)
    took, found = timed(lambda: certify(equilibrium, generator, n_walks=WALKS))
    others: dict[str, float | int | str | bool] = {
        "off_grid": found.off_grid,
        "certified_points": found.n_points,
        "certify_cpu_seconds": took.cpu,
        "certify_wall_seconds": took.wall,
    }
    if not math.isnan(found.rate):  # nothing changed, so at no rate
        others["refinement_rate"] = found.rate
    return GridFigures(found.refinement, others)
