"""Beliefs: the grid on each simplex, Bayes' rule, interpolation that keeps the mean.

All observers see the same things, so one *reference* belief b per typed player is enough: observer
k believes w_k(θ) b(θ) / Σ w_k b, with w_k = prior_k / reference prior, and the reference prior is
the even mixture of the distinct declared priors.

A simplex grid is the regular one with every declared prior added as a vertex, triangulated after
Delaunay (D. F. Watson, The Computer Journal 24, 1981): without flat pieces, on which interpolated
values would be steep for no reason of the game. A belief is located by its regular cell and, where
that is no piece itself, by trying the pieces that reach into it; its weights are its barycentric
coordinates, so they are non-negative, sum to one and keep the mean.

A grid of a *single* point (learning switched off) is written with the same tables: its one piece
repeats the point, and its "inverse" sums the belief, so that every belief gets weight one there.
No reader of the tables needs to know.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from jaxtyping import Float, Int

    _Points: TypeAlias = Float[np.ndarray, "point type"]
    _Pieces: TypeAlias = Int[np.ndarray, "piece type"]

__all__ = [
    "BeliefGrid",
    "SimplexGrid",
    "Stencil",
    "build_grid",
    "build_simplex",
    "locate",
    "observer_belief",
    "reference_prior",
    "update_belief",
]

SAME_POINT = 1e-12  # beliefs closer than this in every coordinate are one point: rounding of priors
MAX_GRID_TYPES = 3  # simplexes are triangulated in one and two dimensions only


@dataclass(frozen=True)
class SimplexGrid:
    """A triangulated grid on the simplex over one player's types (1, 2 or 3 of them).

    Attributes:
        points: Grid points; each sums to one.
        resolution: The regular grid has `resolution + 1` points a side; 0 is the single point
            of a grid on which nobody learns.
        cell_start: Pieces that reach into regular cell c are `cell_start[c]:cell_start[c+1]`; a
            piece is repeated for every cell it reaches into. For two types
            cell c is [c, c+1] / resolution of the *second* coordinate. For three types, with
            x = b[1] n, y = b[2] n, i = floor(x), j = floor(y): cell 2 (i (n+1) + j) where
            (x - i) + (y - j) <= 1, else that + 1. Cells beyond the simplex, which only rounding
            can reach, repeat the pieces of the neighbour within.
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


class Stencil(NamedTuple):
    """Grid points that stand for a belief, and their weights (non-negative, summing to one)."""

    points: Int[np.ndarray, "vertex"]
    weights: Float[np.ndarray, "vertex"]


def reference_prior(declared: Float[np.ndarray, "observer type"]) -> Float[np.ndarray, "type"]:
    """Return the even mixture of the distinct rows of `declared`."""
    distinct: list[np.ndarray] = []
    for prior in declared:
        if not any(np.abs(prior - other).max() < SAME_POINT for other in distinct):
            distinct.append(prior)
    return np.asarray(np.mean(distinct, axis=0))


def build_simplex(
    n_types: int,
    resolution: int,
    priors: Float[np.ndarray, "prior type"],
    reference: Float[np.ndarray, "type"],
) -> SimplexGrid:
    """Triangulate the simplex regularly and add `reference` and every prior as a vertex.

    With `resolution` 0 or a single type the grid is the point `reference` alone.
    """
    if resolution == 0 or n_types == 1:
        return _single_point(reference)
    if n_types > MAX_GRID_TYPES:
        raise ValueError(f"a belief grid holds at most {MAX_GRID_TYPES} types, not {n_types}")
    points, cells = _regular_segment(resolution) if n_types == 2 else _regular_triangle(resolution)
    table, mesh = _triangulated(points, cells, [reference, *priors])
    candidates = _reaching_into(cells, table, mesh)
    pieces = np.concatenate(candidates)
    return SimplexGrid(
        points=table,
        resolution=resolution,
        cell_start=np.cumsum([0, *(len(found) for found in candidates)]).astype(np.int64),
        piece=pieces,
        inverse=_inverses(table, pieces),
        reference=_nearest(table, np.asarray(reference)),
    )


def build_grid(
    n_players: int,
    priors: Sequence[Float[np.ndarray, "player type"]],
    analyst: Sequence[Float[np.ndarray, "type"]],
    typed: Sequence[int],
    profiles: Int[np.ndarray, "profile typed"],
    resolution: Sequence[int],
) -> BeliefGrid:
    """Build the joint grid of all typed players.

    Where nobody has types the lists are empty and the grid is one point.

    Args:
        n_players: Observers, those without types included.
        priors: Per typed player, every player's normalised prior over its types (the analyst's
            where a player holds no other).
        analyst: Per typed player, the analyst's prior.
        typed: Player index of each typed player.
        profiles: Type index of each typed player, per profile.
        resolution: Per typed player, `resolution + 1` points a side; 0 where nobody learns.
    """
    declared = [np.vstack([own[None, :], rows]) for own, rows in zip(analyst, priors, strict=True)]
    references = [reference_prior(rows) for rows in declared]
    simplexes = tuple(
        build_simplex(rows.shape[1], n, rows, reference)
        for rows, n, reference in zip(declared, resolution, references, strict=True)
    )
    tilt = _tilts(n_players, priors, references)
    points = _joint_points(simplexes, tilt.shape[2])
    return BeliefGrid(
        simplexes=simplexes,
        points=points,
        tilt=tilt,
        opinion=_opinions(points, tilt, typed, profiles),
        reference=_row_major([grid.reference for grid in simplexes], simplexes),
    )


def locate(grid: SimplexGrid, belief: Float[np.ndarray, "type"]) -> Stencil:
    """Return the vertices and weights by which `grid` represents a belief."""
    cell = _cell_of(grid, belief)
    start, stop = grid.cell_start[cell], grid.cell_start[cell + 1]
    weights = grid.inverse[start:stop] @ belief
    best = int(np.argmax(weights.min(axis=1)))
    inside = np.maximum(weights[best], 0.0)  # rounding alone makes a weight negative
    return Stencil(grid.piece[start + best], inside / inside.sum())


def update_belief(
    belief: Float[np.ndarray, "type"], log_likelihood: Float[np.ndarray, "type"]
) -> Float[np.ndarray, "type"]:
    """Apply Bayes' rule in logs; where no type believed possible could have done it, stay."""
    with np.errstate(divide="ignore"):
        score = np.log(belief) + log_likelihood
    best = score.max()
    if best == -np.inf:
        return belief.copy()
    weight = np.exp(score - best)
    return np.asarray(weight / weight.sum())


def observer_belief(
    belief: Float[np.ndarray, "... type"], tilt: Float[np.ndarray, "type"]
) -> Float[np.ndarray, "... type"]:
    """Return w(θ) b(θ) / Σ w b; the reference belief itself where its observer excludes it all.

    An observer whose prior gives no weight to any type that the reference belief still holds
    possible has no belief of its own by Bayes' rule; it then takes the public one.
    """
    weighed = belief * tilt
    total = weighed.sum(axis=-1, keepdims=True)
    return np.where(total > 0.0, weighed / np.where(total > 0.0, total, 1.0), belief)


def _single_point(reference: Float[np.ndarray, "type"]) -> SimplexGrid:
    n_types = len(reference)
    inverse = np.zeros((1, n_types, n_types))
    inverse[0, 0, :] = 1.0
    return SimplexGrid(
        points=np.array(reference, dtype=np.float64)[None, :],
        resolution=0,
        cell_start=np.array([0, 1], dtype=np.int64),
        piece=np.zeros((1, n_types), dtype=np.int64),
        inverse=inverse,
        reference=0,
    )


def _regular_segment(n: int) -> tuple[_Points, _Pieces]:
    """Return the points and, per cell, its piece; certainty of the second type is a cell too."""
    first = np.minimum(np.arange(n + 1), n - 1)
    second = np.arange(n + 1) / n
    return np.stack([1.0 - second, second], axis=1), np.stack([first, first + 1], axis=1)


def _regular_triangle(n: int) -> tuple[_Points, _Pieces]:
    """Return the points and, per cell, its piece."""
    inside = [(i, j) for i in range(n + 1) for j in range(n + 1 - i)]
    number = {ij: k for k, ij in enumerate(inside)}
    points = np.array([(n - i - j, i, j) for i, j in inside]) / n
    cells = []
    for i in range(n + 1):
        for j in range(n + 1):
            p, q = _inward(i, j, n - 1)
            lower = (number[p, q], number[p + 1, q], number[p, q + 1])
            cells.append(lower)
            p, q = _inward(i, j, n - 2)
            upper = (number[p + 1, q], number[p, q + 1], number[p + 1, q + 1]) if n > 1 else lower
            cells.append(upper if i + j <= n - 2 else lower)
    return points, np.array(cells)


def _inward(i: int, j: int, most: int) -> tuple[int, int]:
    """Pull a cell's corner back until i + j <= most, the larger coordinate first."""
    while i + j > max(most, 0):
        i, j = (i - 1, j) if i >= j else (i, j - 1)
    return i, j


def _triangulated(
    points: _Points, cells: _Pieces, added: Sequence[Float[np.ndarray, "type"]]
) -> tuple[_Points, _Pieces]:
    """Return the regular grid's points and the added ones, and a Delaunay triangulation of them."""
    mesh = np.unique(np.sort(cells, axis=1), axis=0)
    for new in added:
        if np.abs(points - new).max(axis=1).min() >= SAME_POINT:
            points, mesh = np.vstack([points, new]), _with_vertex(points, mesh, new)
    return points, mesh


def _with_vertex(points: _Points, mesh: _Pieces, new: Float[np.ndarray, "type"]) -> _Pieces:
    """Fill the cavity of all pieces whose circumscribed circle holds `new` with a fan from it.

    With w the barycentric coordinates of `new` in a piece with corners v, `new` lies within the
    circle where |new|^2 < sum_i w_i |v_i|^2. Beliefs in their own coordinates are equilateral.
    """
    corners = points[mesh]
    weights = _inverses(points, mesh) @ new
    height = (weights * (corners**2).sum(axis=2)).sum(axis=1)
    # the piece that holds the point is one of them, however near to a corner the point lies
    cavity = (height - new @ new > SAME_POINT) | (weights.min(axis=1) >= -SAME_POINT)
    facets: dict[tuple[int, ...], float] = {}
    for piece, weight in zip(mesh[cavity], weights[cavity], strict=True):
        for v in range(len(piece)):
            facet = (*piece[:v], *piece[v + 1 :])
            if facets.pop(facet, None) is None:  # a facet that two of them share lies inside
                facets[facet] = weight[v]
    # a facet on the simplex' own side on which the point lies has no height over it
    fan = [(*facet, len(points)) for facet, above in facets.items() if above > SAME_POINT]
    return np.concatenate([mesh[~cavity], np.array(fan)])


def _reaching_into(cells: _Pieces, points: _Points, mesh: _Pieces) -> list[_Pieces]:
    """Return, per regular cell, the pieces that share more than a side with it."""
    kept = {tuple(piece) for piece in mesh}
    regular = {tuple(cell) for cell in np.sort(cells, axis=1)}
    others = np.array([piece for piece in mesh if tuple(piece) not in regular], dtype=np.int64)
    others = others.reshape(-1, cells.shape[1])
    inverses = _inverses(points, others)
    found = []
    for cell in np.sort(cells, axis=1):
        if tuple(cell) in kept:
            found.append(cell[None, :])
            continue
        # two convex figures are apart where a side of one has the other wholly beyond it
        own = np.linalg.inv(points[cell].T)
        of_cell = (inverses @ points[cell].T).max(axis=2).min(axis=1)
        of_piece = (own @ points[others].transpose(0, 2, 1)).max(axis=2).min(axis=1)
        found.append(others[(of_cell > SAME_POINT) & (of_piece > SAME_POINT)])
    return found


def _inverses(points: _Points, pieces: _Pieces) -> Float[np.ndarray, "piece type type"]:
    """Return per piece the matrix that turns a belief into its barycentric coordinates."""
    return np.ascontiguousarray(np.linalg.inv(points[pieces].transpose(0, 2, 1)))


def _nearest(points: Float[np.ndarray, "point type"], belief: Float[np.ndarray, "type"]) -> int:
    return int(np.argmin(np.abs(points - belief).max(axis=1)))


def _cell_of(grid: SimplexGrid, belief: Float[np.ndarray, "type"]) -> int:
    n = grid.resolution
    if n == 0 or len(belief) == 1:
        return 0
    x = float(belief[1]) * n
    i = min(int(x), n)
    if len(belief) == 2:
        return i
    y = float(belief[2]) * n
    j = min(int(y), n)
    return 2 * (i * (n + 1) + j) + int((x - i) + (y - j) > 1.0)


def _tilts(
    n_players: int,
    priors: Sequence[Float[np.ndarray, "player type"]],
    references: Sequence[Float[np.ndarray, "type"]],
) -> Float[np.ndarray, "player typed type"]:
    widest = max((len(reference) for reference in references), default=1)
    tilt = np.zeros((n_players, len(references), widest))
    for j, (rows, reference) in enumerate(zip(priors, references, strict=True)):
        known = reference > 0.0
        tilt[:, j, : len(reference)][:, known] = rows[:, known] / reference[known]
    return tilt


def _joint_points(
    simplexes: tuple[SimplexGrid, ...], widest: int
) -> Float[np.ndarray, "belief typed type"]:
    sizes = [len(grid.points) for grid in simplexes]
    n_joint = int(np.prod(sizes))
    joint = np.zeros((n_joint, len(sizes), widest))
    for j, index in enumerate(np.indices(sizes).reshape(len(sizes), n_joint)):
        joint[:, j, : simplexes[j].points.shape[1]] = simplexes[j].points[index]
    return joint


def _opinions(
    points: Float[np.ndarray, "belief typed type"],
    tilt: Float[np.ndarray, "player typed type"],
    typed: Sequence[int],
    profiles: Int[np.ndarray, "profile typed"],
) -> Float[np.ndarray, "player profile belief"]:
    opinion = np.ones((len(tilt), len(profiles), len(points)))
    for k in range(len(tilt)):
        for j, player in enumerate(typed):
            if player != k:
                held = observer_belief(points[:, j, :], tilt[k, j])
                opinion[k] *= held[:, profiles[:, j]].T
    return opinion


def _row_major(index: Sequence[int], simplexes: tuple[SimplexGrid, ...]) -> int:
    number = 0
    for i, grid in zip(index, simplexes, strict=True):
        number = number * len(grid.points) + i
    return number
