r"""First and total Sobol' indices by Saltelli's design: which worlds to solve, and what they say.

The design has two tables of n points, A and B, and for each assumption a copy of A with that
assumption's column from B: n (k + 2) worlds for k assumptions. The caller solves them; the
estimate follows in a second call [Saltelli2010]. Drawn must be independent of each other: a
declared bundle has no such indices.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from scipy.stats import qmc

__all__ = ["SobolIndices", "estimate_indices", "saltelli_points"]


@dataclass(frozen=True)
class SobolIndices:
    """Share of an answer's variance by assumption, with bootstrap intervals.

    Attributes:
        first: What the assumption accounts for by itself.
        total: What it accounts for by itself and with others together.
        n_points: Rows of each table in which all worlds of the row have an answer.
    """

    first: Float[np.ndarray, "assumption"]
    first_low: Float[np.ndarray, "assumption"]
    first_high: Float[np.ndarray, "assumption"]
    total: Float[np.ndarray, "assumption"]
    total_low: Float[np.ndarray, "assumption"]
    total_high: Float[np.ndarray, "assumption"]
    n_points: int
    confidence: float


def saltelli_points(
    n_points: int, n_assumptions: int, generator: np.random.Generator
) -> Float[np.ndarray, "world assumption"]:
    """Return the design's worlds in the unit cube: A, then B, then A with one column of B each.

    A and B are the halves of one scrambled Sobol' sequence, which is better spread than two.

    Raises:
        ValueError: `n_points` is no power of two, which would unbalance the sequence.
    """
    if n_points < 2 or n_points & (n_points - 1):
        raise ValueError(f"n_points must be a power of two, not {n_points}")
    drawn = qmc.Sobol(2 * n_assumptions, bits=64, rng=generator).random(n_points)
    one, other = drawn[:, :n_assumptions], drawn[:, n_assumptions:]
    mixed = np.tile(one, (n_assumptions, 1, 1))
    for k in range(n_assumptions):
        mixed[k, :, k] = other[:, k]
    return np.concatenate([one, other, mixed.reshape(-1, n_assumptions)])


def estimate_indices(
    answer: Float[np.ndarray, "world"],
    n_assumptions: int,
    generator: np.random.Generator,
    *,
    n_resamples: int = 200,
    confidence: float = 0.95,
) -> SobolIndices:
    """Return the indices that the answers in the design's worlds give.

    Args:
        answer: In the order of `saltelli_points`. A row that lacks an answer (NaN) in one of its
            worlds is left out whole.
        generator: Draws the resamples.

    Raises:
        ValueError: The number of answers fits no design, an answer is infinite, or no two rows
            are whole.
    """
    n_blocks = n_assumptions + 2
    if answer.size % n_blocks:
        raise ValueError(f"{answer.size} answers do not make {n_blocks} blocks of one size")
    if np.isinf(answer).any():
        raise ValueError("the indices need finite answers")
    block = answer.reshape(n_blocks, -1)
    block = block[:, ~np.isnan(block).any(axis=0)]
    n_rows = block.shape[1]
    if n_rows < 2:
        raise ValueError("the indices need two rows of worlds that all have an answer")
    found = _indices(block)
    again = np.array(
        [_indices(block[:, generator.integers(n_rows, size=n_rows)]) for _ in range(n_resamples)]
    )
    tail = (1 - confidence) / 2
    low, high = np.quantile(again, [tail, 1 - tail], axis=0)
    return SobolIndices(found[0], low[0], high[0], found[1], low[1], high[1], n_rows, confidence)


def _indices(block: Float[np.ndarray, "block row"]) -> Float[np.ndarray, "index assumption"]:
    """Return first and total indices: table 2 (b) and (f) of [Saltelli2010]."""
    one, other, mixed = block[0], block[1], block[2:]
    variance = block[:2].var()
    if variance <= 0:
        return np.zeros((2, mixed.shape[0]))
    centre = block[:2].mean()  # the first estimator is better for a mean of zero
    first = ((other - centre) * (mixed - one)).mean(axis=1)
    total = ((one - mixed) ** 2).mean(axis=1) / 2
    return np.array([first, total]) / variance
