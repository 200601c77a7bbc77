"""Where worlds lie: points of the unit cube, and what they mean along a range or a list of choices.

Two designs. In a *Latin hypercube* of n worlds each parameter falls once into each nth part of its
range [McKayBeckmanConover1979], and each setting of a mechanism is met as often as its weight says,
to within one world; another n makes other worlds. *Scrambled Sobol* points [Owen1998] fill the cube
evenly in several dimensions at once, best where n is a power of two; the first n of a longer design
are the same worlds. All randomness comes from one seed.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple

import numpy as np
from jaxtyping import Float, Int

from offramp.scenario.worlds import Span

__all__ = [
    "DESIGNS",
    "LARGEST_EXACT",
    "DesignName",
    "Draw",
    "Spread",
    "World",
    "choose",
    "choose_weighted",
    "correlate",
    "couple",
    "draw_points",
    "draw_worlds",
    "latin_hypercube",
    "place",
    "sobol",
    "spread_settings",
]

DesignName = Literal["sobol", "lhs"]
DESIGNS: tuple[DesignName, ...] = ("sobol", "lhs")

SOBOL_BITS = 30  # of a coordinate: more worlds than 2**30 nobody solves
LARGEST_EXACT = 64  # combinations of settings up to this many are all taken; else so many drawn


class Draw(NamedTuple):
    """One combination of settings, by mechanism, and its weight."""

    weight: float
    chosen: dict[str, str]


class Spread(NamedTuple):
    """Combinations of settings whose weights sum to one, and whether they are all there are."""

    draws: tuple[Draw, ...]
    is_exact: bool


def spread_settings(
    weights: Mapping[str, Mapping[str, float]], *, seed: int, limit: int = LARGEST_EXACT
) -> Spread:
    """Return the combinations of mechanisms' settings, all up to `limit`, else that many drawn.

    Args:
        weights: Weight of each setting, by mechanism; need not be normalised. Settings of weight
            zero are left out.
    """
    open_ = {
        name: {setting: weight for setting, weight in given.items() if weight > 0}
        for name, given in weights.items()
    }
    if math.prod(map(len, open_.values())) <= limit:
        return Spread(tuple(_all_combinations(open_)), True)
    generator = np.random.default_rng(seed)
    points = latin_hypercube(limit, len(open_), generator)
    columns = [choose_weighted(given, points[:, k]) for k, given in enumerate(open_.values())]
    drawn = (dict(zip(open_, row, strict=True)) for row in zip(*columns, strict=True))
    return Spread(tuple(Draw(1 / limit, chosen) for chosen in drawn), False)


def latin_hypercube(
    n_points: int, n_columns: int, generator: np.random.Generator
) -> Float[np.ndarray, "point column"]:
    """Return points in the unit cube, each column with one point in each nth part."""
    strata = np.argsort(generator.random((n_points, n_columns)), axis=0)
    return (strata + generator.random((n_points, n_columns))) / n_points


def sobol(n_points: int, n_columns: int, seed: int) -> Float[np.ndarray, "point column"]:
    """Return scrambled Sobol points strictly inside the unit cube [Owen1998].

    The first n of more points are the same; another number of columns makes other points.
    """
    from scipy.stats import qmc  # slow to import, and only drawing needs it

    if not n_columns:
        return np.zeros((n_points, 0))
    engine = qmc.Sobol(n_columns, scramble=True, bits=SOBOL_BITS, rng=seed)
    drawn = engine.random_base2(max(n_points - 1, 0).bit_length())[:n_points]
    middle = 2.0 ** -(SOBOL_BITS + 1)  # of a coordinate's last cell: no point lies on an edge
    return np.asarray(drawn + middle)


def draw_points(
    design: DesignName,
    n_points: int,
    n_columns: int,
    bundles: Sequence[tuple[Sequence[int], float]],
    seed: int,
) -> Float[np.ndarray, "point column"]:
    """Return the points of a design, with bundled columns correlated.

    Args:
        bundles: Columns that are drawn together, and the rank correlation of each two.
    """
    if design == "sobol":
        points = sobol(n_points, n_columns, seed)
        for columns, correlation in bundles:
            points[:, columns] = couple(points[:, columns], correlation)
        return points
    generator = np.random.default_rng(seed)
    points = latin_hypercube(n_points, n_columns, generator)
    for columns, correlation in bundles:
        points[:, columns] = correlate(points[:, columns], correlation, generator)
    return points


def choose(
    weights: Sequence[float], points: Float[np.ndarray, "point"]
) -> Int[np.ndarray, "point"]:
    """Return the number of the choice that each point in [0, 1) falls on, along summed weights."""
    edges = np.cumsum(weights)
    found = np.searchsorted(edges / edges[-1], points, side="right")
    return np.minimum(found, len(edges) - 1)


def choose_weighted(weights: Mapping[str, float], points: Float[np.ndarray, "point"]) -> list[str]:
    """Return the choice that each point in [0, 1) falls on, along the choices' summed weights."""
    names = list(weights)
    return [names[k] for k in choose(list(weights.values()), points)]


def _all_combinations(open_: Mapping[str, Mapping[str, float]]) -> Sequence[Draw]:
    draws = []
    for row in itertools.product(*(given.items() for given in open_.values())):
        weight = math.prod(
            chance / sum(given.values())
            for (_, chance), given in zip(row, open_.values(), strict=True)
        )
        chosen = dict(zip(open_, (setting for setting, _ in row), strict=True))
        draws.append(Draw(weight, chosen))
    return draws


# --- worlds ---------------------------------------------------------------------------------------


class World(NamedTuple):
    """One draw of every assumption."""

    parameters: dict[str, float]
    settings: dict[str, str]


def draw_worlds(
    spans: Mapping[str, Span],
    weights: Mapping[str, Mapping[str, float]],
    bundles: Sequence[tuple[Sequence[str], float]],
    n_worlds: int,
    generator: np.random.Generator,
) -> tuple[World, ...]:
    """Draw worlds.

    Args:
        spans: What each parameter may be.
        weights: Weight of each setting, by mechanism.
        bundles: Parameters that are drawn together, and the rank correlation of each two.
    """
    names = [*spans, *weights]
    points = latin_hypercube(n_worlds, len(names), generator)
    for members, correlation in bundles:
        columns = [names.index(name) for name in members if name in spans]
        points[:, columns] = correlate(points[:, columns], correlation, generator)
    columns_of = dict(zip(names, points.T, strict=True))
    values = {name: place(span, columns_of[name]) for name, span in spans.items()}
    settings = {name: choose_weighted(given, columns_of[name]) for name, given in weights.items()}
    return tuple(
        World(
            {name: float(drawn[w]) for name, drawn in values.items()},
            {name: drawn[w] for name, drawn in settings.items()},
        )
        for w in range(n_worlds)
    )


def place(span: Span, points: Float[np.ndarray, "point"]) -> Float[np.ndarray, "point"]:
    """Return the parameter's value at each point of [0, 1), along its span."""
    if span.one_of:
        values = np.array([value for value, _ in span.one_of])
        return values[choose([weight for _, weight in span.one_of], points)]
    if span.is_log:
        return span.low * (span.high / span.low) ** points
    return span.low + (span.high - span.low) * points


def correlate(
    points: Float[np.ndarray, "point member"], correlation: float, generator: np.random.Generator
) -> Float[np.ndarray, "point member"]:
    """Reorder each column so that ranks correlate; every column keeps its values.

    The order is that of normal draws whose correlation gives the rank correlation asked for:
    r = 2 sin(π ρ / 6) [ImanConover1982].
    """
    n_points, n_members = points.shape
    if n_members < 2:
        return points
    drawn = generator.standard_normal((n_points, n_members)) @ _root(n_members, correlation).T
    ranks = np.argsort(np.argsort(drawn, axis=0), axis=0)
    return np.take_along_axis(np.sort(points, axis=0), ranks, axis=0)


def couple(
    points: Float[np.ndarray, "point member"], correlation: float
) -> Float[np.ndarray, "point member"]:
    """Move points inside the unit cube, each by itself, so that ranks correlate.

    A Gaussian copula: coordinates become normal, are mixed, and become even again. Its rank
    correlation is that of `correlate`, and no point hangs on how many there are.
    """
    from scipy.special import ndtr, ndtri  # as in `sobol`

    n_members = points.shape[1]
    if n_members < 2:
        return points
    root = _root(n_members, correlation)
    root /= np.linalg.norm(root, axis=1, keepdims=True)  # so that every coordinate stays even
    return np.asarray(ndtr(ndtri(points) @ root.T))


def _root(n_members: int, correlation: float) -> Float[np.ndarray, "member member"]:
    """Return a root of the normal correlation that has this rank correlation."""
    shared = 2 * math.sin(math.pi * correlation / 6)
    matrix = np.full((n_members, n_members), shared) + (1 - shared) * np.eye(n_members)
    values, vectors = np.linalg.eigh(matrix)
    # not positive where members disagree too much
    return np.asarray(vectors * np.sqrt(np.maximum(values, 0)))
