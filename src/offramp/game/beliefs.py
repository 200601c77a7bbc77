"""Beliefs: the grid on each simplex, Bayes' rule, interpolation that keeps the mean.

All observers see the same things, so one *reference* belief b per typed player is enough: observer
k believes w_k(θ) b(θ) / Σ w_k b, with w_k = prior_k / reference prior, and the reference prior is
the even mixture of the distinct declared priors.

A simplex grid is the regular one with every declared prior added as a vertex: the regular cell (or
an earlier piece of it) that holds the new point is split there. A belief is located by its regular
cell and, in a split cell, by trying its pieces; its weights are its barycentric coordinates, so
they are non-negative, sum to one and keep the mean.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

__all__ = ["BeliefGrid", "SimplexGrid"]


@dataclass(frozen=True)
class SimplexGrid:
    """A triangulated grid on the simplex over one player's types (1, 2 or 3 of them).

    Attributes:
        points: Grid points; each sums to one.
        resolution: The regular grid has `resolution + 1` points a side.
        cell_start: Pieces of regular cell c are `cell_start[c]:cell_start[c+1]`. For two types
            cell c is [c, c+1] / resolution of the *second* coordinate. For three types, with
            x = b[1] n, y = b[2] n, i = floor(x), j = floor(y): cell 2 (i (n+1) + j) where
            (x - i) + (y - j) <= 1, else that + 1.
        piece: Vertex numbers of each piece.
        inverse: Barycentric coordinates of b in the piece are `inverse[piece] @ b`.
        reference: Point number of the reference prior.
    """

    points: Float[np.ndarray, "point type"]
    resolution: int
    cell_start: Int[np.ndarray, "cell_1"]
    piece: Int[np.ndarray, "piece type"]
    inverse: Float[np.ndarray, "piece type type"]
    reference: int


@dataclass(frozen=True)
class BeliefGrid:
    """The product of the typed players' simplex grids; joint points are row-major.

    Attributes:
        tilt: `tilt[k, j, θ]`: observer k's weight w_k(θ) for typed player j (padded with zeros to
            the largest number of types).
        opinion: `opinion[k, profile, belief]`: what player k, knowing its own type, believes of
            the *others'* types in that profile (its own type counts 1).
        reference: Joint point number of the reference priors.
    """

    simplexes: tuple[SimplexGrid, ...]
    points: Float[np.ndarray, "belief typed type"]
    tilt: Float[np.ndarray, "player typed type"]
    opinion: Float[np.ndarray, "player profile belief"]
    reference: int
