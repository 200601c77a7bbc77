r"""Limits: what a sequence at λ₀·2^k tends to, and how fast.

Where the distance to the limit has an expansion in powers of 1/λ, as near a mixed equilibrium,
Neville's scheme removes one power after another [Richardson1911]. Where it falls exponentially,
the last value is the limit. What is expected never enters.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from offramp.scenario.theory import Rate

__all__ = ["N_RUNGS", "Limit", "extrapolate"]

N_RUNGS = 6  # λ₀·2^k for k = 0…5
SETTLED = 1e-9  # a distance below which rounding and the solver's tolerance rule
LEAST_ORDER = {"reciprocal": 0.8, "exponential": 2.0, "none": -np.inf}
"""Least fall of the distance per doubling, as a power of two, that fits a rate."""


class Limit(NamedTuple):
    """What a sequence tends to.

    Attributes:
        error: Difference between the two best estimates.
        order: log2 of how much smaller the distance to the limit became at the last doubling;
            infinite where it is below what can be told.
        as_expected: Whether the order fits the rate.
    """

    value: float
    error: float
    order: float
    as_expected: bool


def extrapolate(sequence: Float[np.ndarray, "rung"], rate: Rate) -> Limit:
    """Return the limit of a sequence whose parameter doubles from one entry to the next."""
    if rate == "reciprocal":
        value, error = _neville(sequence)
        if sequence.min() >= 0.0 > value >= -error:  # a chance of nothing, extrapolated
            value = 0.0
    else:
        value = float(sequence[-1])
        error = abs(float(sequence[-1] - sequence[-2]))
    order = _order(sequence)
    return Limit(value, error, order, bool(order >= LEAST_ORDER[rate]))


def _neville(sequence: Float[np.ndarray, "rung"]) -> tuple[float, float]:
    """Return the limit of a polynomial in 1/λ, at the degree that changes least, and that change.

    Of polynomials through the last values; what is not polynomial (exponentially small parts at
    the first rungs) shows as a larger change at higher degrees.
    """
    row = sequence.astype(np.float64)
    estimates = [row[-1]]
    for degree in range(1, len(sequence)):
        row = (2.0**degree * row[1:] - row[:-1]) / (2.0**degree - 1.0)
        estimates.append(row[-1])
    changes = np.abs(np.diff(estimates))
    best = int(np.argmin(changes))
    return float(estimates[best + 1]), float(changes[best])


def _order(sequence: Float[np.ndarray, "rung"]) -> float:
    """Return by which power of two the distance to the limit falls per doubling, at the end.

    Distances between neighbours fall as those to the limit do, and need no limit to be known.
    """
    earlier, later = abs(sequence[-3] - sequence[-2]), abs(sequence[-2] - sequence[-1])
    if later <= SETTLED:
        return float("inf")
    return float(np.log2(earlier / later)) if earlier > 0 else float("-inf")
