r"""Weights of worlds, and what they do to counts, means and quantiles.

Weights need not be normalised. Unequal ones make a sample worth less than its size: it tells as
much about a share as $(\sum w)^2 / \sum w^2$ worlds of equal weight would [Kish1965].
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

__all__ = ["effective_worlds", "even_out", "weighted_quantile"]

ROUNDING = 1e-12  # of summed weights, which are of order one


def even_out(
    weights: Float[np.ndarray, "world"] | None, n_worlds: int
) -> Float[np.ndarray, "world"]:
    """Return weights that sum to one; equal ones if none are given.

    Raises:
        ValueError: Not one weight a world, a negative or infinite one, or none above zero.
    """
    if weights is None:
        if n_worlds < 1:
            raise ValueError("there are no worlds")
        return np.full(n_worlds, 1 / n_worlds)
    found = np.asarray(weights, dtype=float)
    if found.shape != (n_worlds,):
        raise ValueError(f"{n_worlds} worlds have weights of shape {found.shape}")
    total = found.sum()
    if not np.isfinite(total) or (found < 0).any() or total <= 0:
        raise ValueError("weights must be finite, none negative and one of them above zero")
    return found / total


def effective_worlds(weights: Float[np.ndarray, "world"]) -> float:
    """Return how many worlds of equal weight tell as much [Kish1965]."""
    return float(weights.sum() ** 2 / (weights**2).sum())


def weighted_quantile(
    values: Float[np.ndarray, "world"], share: float, weights: Float[np.ndarray, "world"]
) -> float:
    """Return the least value that at least `share` of the weight does not exceed.

    This is the inverse of the weighted distribution function: always a value that occurred, never
    one between two.

    Args:
        share: Between 0 and 1.
        weights: Sum to one.
    """
    order = np.argsort(values, kind="stable")
    order = order[weights[order] > 0]
    summed = np.cumsum(weights[order])
    # sums of weights miss the share by rounding, and would then name the next value
    place = int(np.searchsorted(summed, share - ROUNDING))
    return float(values[order[min(place, order.size - 1)]])
