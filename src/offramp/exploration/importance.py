r"""How important each assumption is for an answer, from worlds that were drawn anyway.

Two indices, both estimated by cutting the worlds into classes of one assumption [Plischke2013]:

- *first-order*: the share of the answer's variance that the means of the classes account for,
  $\mathrm{Var}(E[y \mid x]) / \mathrm{Var}(y)$. It misses what shows only in interaction.
- *delta*: half the mean distance between the answer's density and its density within a class,
  $\delta = \tfrac12 E_x \int |f(y) - f(y \mid x)|\,dy$ [Borgonovo2007]. It is zero only where the
  answer does not depend on the assumption at all. An answer of few values (a verdict) has masses
  in place of densities.

Both estimates are too large, since classes differ by chance. The bootstrap repeats that error, so
twice the estimate less the mean of the resamples is nearly free of it [Plischke2013], and the
interval is reflected alike. A *dummy*, drawn at random and without effect, goes through the same
mill: what does not exceed it may be nothing.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int
from scipy.stats import rankdata

from offramp.exploration.density_kernels import add_gaussians
from offramp.exploration.drawn import Drawn, class_count, class_worlds
from offramp.exploration.weighing import effective_worlds, even_out

__all__ = [
    "Importance",
    "Index",
    "delta_index",
    "first_order_index",
    "rank_correlation",
    "weigh_importance",
]

N_POINTS = 100  # at which densities are compared
FEW_VALUES = 10  # an answer of no more values than this has masses in place of densities


class Index(NamedTuple):
    """An index of each assumption, and the ends of its bootstrap interval."""

    value: Float[np.ndarray, "assumption"]
    low: Float[np.ndarray, "assumption"]
    high: Float[np.ndarray, "assumption"]


@dataclass(frozen=True)
class Importance:
    """Importance of each assumption for one answer.

    Attributes:
        names: Of the assumptions, in the order of the indices; the dummy stands last.
        n_worlds: Worlds in which the question arises; the others were left out.
        first_order, delta: Between 0 and 1, but for the correction of their bias, which may take
            them a little below 0.
    """

    names: tuple[str, ...]
    n_worlds: int
    first_order: Index
    delta: Index
    confidence: float

    def stands_out(self) -> np.ndarray:
        """Return, for each assumption, whether its delta is clearly above the dummy's."""
        return self.delta.low[:-1] > self.delta.high[-1]


def weigh_importance(
    assumptions: Drawn,
    answer: Float[np.ndarray, "world"],
    generator: np.random.Generator,
    *,
    weights: Float[np.ndarray, "world"] | None = None,
    n_resamples: int = 100,
    confidence: float = 0.95,
) -> Importance:
    """Return how important each assumption is for an answer.

    Args:
        answer: A measure, a claim's slack, or a verdict as 0 and 1. NaN where the question does
            not arise; those worlds are left out.
        generator: Draws the dummy and the resamples.

    Raises:
        ValueError: An infinite answer, or fewer than two worlds in which the question arises.
    """
    told = ~np.isnan(answer)
    n_worlds = int(told.sum())
    if n_worlds < 2:
        raise ValueError("importance needs two worlds in which the question arises")
    if np.isinf(answer).any():
        raise ValueError("importance needs a finite answer")
    weight = even_out(None if weights is None else weights[told], n_worlds)
    columns = np.column_stack([assumptions.value[told], generator.random(n_worlds)])
    is_setting = [bool(names) for names in assumptions.settings] + [False]
    n_classes = class_count(round(effective_worlds(weight)))
    found = _indices(columns, is_setting, answer[told], weight, n_classes)
    again = np.empty((n_resamples, *found.shape))
    for k in range(n_resamples):
        drawn = generator.integers(n_worlds, size=n_worlds)
        if weight[drawn].sum() <= 0:  # all drawn worlds are of weight zero
            again[k] = found
            continue
        again[k] = _indices(
            columns[drawn],
            is_setting,
            answer[told][drawn],
            even_out(weight[drawn], n_worlds),
            n_classes,
        )
    first, delta = (_reflect(found[i], again[:, i], confidence) for i in range(2))
    return Importance((*assumptions.names, "dummy"), n_worlds, first, delta, confidence)


def first_order_index(
    answer: Float[np.ndarray, "world"],
    in_class: Int[np.ndarray, "world"],
    weights: Float[np.ndarray, "world"],
) -> float:
    """Return the share of the variance that lies between classes, bias and all [Plischke2013].

    Args:
        weights: Sum to one.
    """
    mean = weights @ answer
    variance = weights @ (answer - mean) ** 2
    if variance <= 0:
        return 0.0
    mass = np.bincount(in_class, weights)
    sums = np.bincount(in_class, weights * (answer - mean))
    between = np.divide(sums**2, mass, out=np.zeros_like(mass), where=mass > 0).sum()
    return float(between / variance)


def delta_index(
    answer: Float[np.ndarray, "world"],
    in_class: Int[np.ndarray, "world"],
    weights: Float[np.ndarray, "world"],
) -> float:
    """Return the moment-independent index, bias and all [Borgonovo2007; Plischke2013].

    Args:
        weights: Sum to one.
    """
    return _delta(in_class, weights, _Spread.of(answer, weights))


def rank_correlation(
    assumptions: Drawn,
    answer: Float[np.ndarray, "world"],
    weights: Float[np.ndarray, "world"] | None = None,
) -> Float[np.ndarray, "assumption"]:
    """Return whether an answer rises or falls with each number [Spearman1904].

    It is NaN for settings, which have no order, and where either does not vary. Worlds in which the
    question does not arise are left out.

    Raises:
        ValueError: Weights that do not fit.
    """
    told = ~np.isnan(answer)
    weight = even_out(even_out(weights, told.size)[told], int(told.sum()))
    spread = np.sqrt(weight)
    ranks = rankdata(np.column_stack([assumptions.value[told], answer[told]]), axis=0)
    centred = (ranks - weight @ ranks) * spread[:, None]
    length = np.sqrt((centred**2).sum(axis=0))
    scale = length[:-1] * length[-1]
    named = np.array([bool(settings) for settings in assumptions.settings])
    arises = ~named & (scale > 0)
    return np.divide(
        centred[:, :-1].T @ centred[:, -1], scale, out=np.full(scale.size, np.nan), where=arises
    )


def _indices(
    columns: Float[np.ndarray, "world column"],
    is_setting: list[bool],
    answer: Float[np.ndarray, "world"],
    weights: Float[np.ndarray, "world"],
    n_classes: int,
) -> Float[np.ndarray, "index column"]:
    spread = _Spread.of(answer, weights)
    found = np.empty((2, len(is_setting)))
    for k, named in enumerate(is_setting):
        in_class = class_worlds(columns[:, k], named, n_classes, weights)
        found[0, k] = first_order_index(answer, in_class, weights)
        found[1, k] = _delta(in_class, weights, spread)
    return found


def _reflect(
    found: Float[np.ndarray, "column"],
    again: Float[np.ndarray, "resample column"],
    confidence: float,
) -> Index:
    tail = (1 - confidence) / 2
    low, high = np.quantile(again, [tail, 1 - tail], axis=0)
    return Index(2 * found - again.mean(axis=0), 2 * found - high, 2 * found - low)


# --- densities ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Spread:
    """An answer, where its densities are compared, and its density over all worlds.

    Attributes:
        points: Of an answer of few values those values, else evenly spaced.
    """

    answer: Float[np.ndarray, "world"]
    points: Float[np.ndarray, "point"]
    is_few: bool
    whole: Float[np.ndarray, "point"]

    @classmethod
    def of(cls, answer: np.ndarray, weights: np.ndarray) -> _Spread:
        values = np.unique(answer)
        is_few = values.size <= FEW_VALUES
        points = values if is_few else np.linspace(values[0], values[-1], N_POINTS)
        return cls(answer, points, is_few, _density(answer, weights, points, is_few))


def _delta(
    in_class: Int[np.ndarray, "world"], weights: Float[np.ndarray, "world"], spread: _Spread
) -> float:
    total = 0.0
    order = np.argsort(in_class, kind="stable")
    for worlds in np.split(order, np.cumsum(np.bincount(in_class))[:-1]):
        mass = weights[worlds].sum()
        if mass <= 0:
            continue
        within = weights[worlds] / mass
        density = _density(spread.answer[worlds], within, spread.points, spread.is_few)
        distance = np.abs(spread.whole - density)
        total += mass / 2 * (distance.sum() if spread.is_few else _area(distance, spread.points))
    return float(total)


def _area(height: Float[np.ndarray, "point"], points: Float[np.ndarray, "point"]) -> float:
    return float((height[1:] + height[:-1]).sum() / 2 * (points[1] - points[0]))


def _density(
    answer: np.ndarray, weights: np.ndarray, points: np.ndarray, is_few: bool
) -> Float[np.ndarray, "point"]:
    """Return masses at the points, or a Gaussian kernel density of Silverman's bandwidth."""
    if is_few:
        return np.bincount(np.searchsorted(points, answer), weights, minlength=points.size)
    n_worlds = effective_worlds(weights)
    mean = weights @ answer
    # the variance of a sample: a class of one world has none
    variance = weights @ (answer - mean) ** 2 / max(1 - 1 / n_worlds, 1 / n_worlds)
    width = math.sqrt(variance) * (n_worlds * 3 / 4) ** -0.2
    # narrower than the spacing of the points, a kernel would fall between them
    width = max(width, points[1] - points[0])
    height = np.zeros(points.size)
    add_gaussians(answer, weights, width, points[0], points[1] - points[0], height)
    return height / (width * math.sqrt(2 * math.pi))
