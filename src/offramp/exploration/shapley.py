r"""Shapley shares: how much of the gap between two camps each assumption carries.

An assumption's share is by how much its exchange moves the slack, on average over all orders in
which the differing assumptions may be exchanged [Shapley1953]. The shares sum to the gap. Up to
about ten assumptions all mixtures are judged and the shares are exact; beyond, orders are drawn,
each together with its reverse, which cancels much of the error [SongNelsonStaum2016].
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from offramp.exploration.exchange import Mixtures

__all__ = ["LARGEST_EXACT", "ShapleyShares", "shapley_shares"]

LARGEST_EXACT = 10  # differing assumptions: 1,024 mixtures


@dataclass(frozen=True)
class ShapleyShares:
    """What each differing assumption carries of the way from the first camp to the second.

    Attributes:
        share: In units of the slack; they sum to `gap`. NaN where a mixture has no finite slack.
        error: Standard errors; zero if exact, NaN with a single pair of orders.
        gap: Slack of the second camp less that of the first.
        n_orders: Drawn, reverses included; 0 if exact.
    """

    names: tuple[str, ...]
    share: Float[np.ndarray, "assumption"]
    error: Float[np.ndarray, "assumption"]
    gap: float
    n_orders: int

    @property
    def is_exact(self) -> bool:
        """Whether all mixtures were judged."""
        return not self.n_orders


def shapley_shares(
    mixtures: Mixtures,
    generator: np.random.Generator,
    *,
    n_pairs: int = 32,
    exact_up_to: int = LARGEST_EXACT,
) -> ShapleyShares:
    """Return each differing assumption's share of the gap [Shapley1953].

    Args:
        generator: Draws the orders; not used where the shares are exact.
        n_pairs: Orders to draw, each with its reverse.
        exact_up_to: Differing assumptions up to which all mixtures are judged.
    """
    n = len(mixtures.differing)
    first, second = mixtures.slacks([frozenset(), mixtures.whole])
    if n <= exact_up_to:
        share, error, n_orders = _exact(mixtures, n), np.zeros(n), 0
    else:
        share, error = _drawn(mixtures, n, n_pairs, generator)
        n_orders = 2 * n_pairs
    return ShapleyShares(mixtures.differing, share, error, second - first, n_orders)


def _exact(mixtures: Mixtures, n: int) -> Float[np.ndarray, "assumption"]:
    r"""Return $\sum_S \frac{|S|!\,(n-|S|-1)!}{n!} (v(S \cup k) - v(S))$."""
    sets = [
        frozenset(one) for size in range(n + 1) for one in itertools.combinations(range(n), size)
    ]
    slack = dict(zip(sets, _finite(mixtures.slacks(sets)), strict=True))
    share = np.zeros(n)
    for k in range(n):
        without = [one for one in sets if k not in one]
        share[k] = math.fsum(
            (slack[one | {k}] - slack[one]) / (n * math.comb(n - 1, len(one))) for one in without
        )
    return share


def _drawn(
    mixtures: Mixtures, n: int, n_pairs: int, generator: np.random.Generator
) -> tuple[Float[np.ndarray, "assumption"], Float[np.ndarray, "assumption"]]:
    drawn = [generator.permutation(n) for _ in range(n_pairs)]
    orders = [order for one in drawn for order in (one, one[::-1])]
    steps = [frozenset(order[:m].tolist()) for order in orders for m in range(n + 1)]
    slack = np.array(_finite(mixtures.slacks(steps))).reshape(len(orders), n + 1)
    moved = np.empty((len(orders), n))
    for row, order in enumerate(orders):
        moved[row, order] = np.diff(slack[row])
    pairs = moved.reshape(n_pairs, 2, n).mean(axis=1)
    error = np.full(n, np.nan)
    if n_pairs > 1:
        error = pairs.std(axis=0, ddof=1) / math.sqrt(n_pairs)
    return pairs.mean(axis=0), error


def _finite(slacks: list[float]) -> list[float]:
    return [slack if math.isfinite(slack) else math.nan for slack in slacks]
