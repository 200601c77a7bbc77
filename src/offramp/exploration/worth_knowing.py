r"""What it would be worth to know one assumption before a policy is chosen.

With nothing known, the policy of the best mean is chosen. Whoever knew assumption x could choose by
it, and gain $E_x[\max_p E[v_p \mid x]] - \max_p E[v_p]$, the expected value of partial perfect
information. It is estimated from given worlds, cut into classes of x [StrongOakley2014].

The estimate counts as knowledge what sets a class apart by chance, and so is too large where it is
clear what to choose with nothing known; where that is a close call, the same error in its own value
works against it. Of few worlds the classes are coarse, and what differs within one is not counted:
the estimate is then too small.

Two checks stand beside it. *Cautious* chooses each class's policy by some of the worlds and counts
what it brings in the others: what a rule found in so few worlds is worth, rather than the best
rule. *Chance* is what the estimate comes to after the classes were dealt out anew at random, and
nothing can be known.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

from offramp.exploration.drawn import Drawn, class_count, class_worlds
from offramp.exploration.robustness import Better
from offramp.exploration.weighing import effective_worlds, even_out

__all__ = ["Worth", "find_worth"]

N_FOLDS = 5
HIGH_SHARE = 0.95  # of the random deals, that the estimate has to exceed
ROUNDING = 1e-12  # of a mean, relative to the largest value


@dataclass(frozen=True)
class Worth:
    """Value of knowing each assumption, in units of the value; none is below 0 but `cautious`.

    Attributes:
        chosen: Policy of the best mean with nothing known, by index; the first of equals.
        estimate: By the classes' means in all worlds.
        cautious: By rules found in some worlds and tried in others.
        chance, chance_high: Mean of the estimate if nothing can be known, and what it then
            exceeds in one of twenty deals.
        everything: Value of knowing the world itself.
    """

    names: tuple[str, ...]
    chosen: int
    estimate: Float[np.ndarray, "assumption"]
    cautious: Float[np.ndarray, "assumption"]
    chance: Float[np.ndarray, "assumption"]
    chance_high: Float[np.ndarray, "assumption"]
    everything: float
    n_worlds: int

    def stands_out(self) -> Bool[np.ndarray, "assumption"]:
        """Return which assumptions are worth more than chance would make them."""
        return self.estimate > self.chance_high


def find_worth(
    assumptions: Drawn,
    value: Float[np.ndarray, "world policy"],
    generator: np.random.Generator,
    *,
    better: Better = "higher",
    weights: Float[np.ndarray, "world"] | None = None,
    n_deals: int = 100,
) -> Worth:
    """Return what knowing each assumption is worth to one who chooses by `value`.

    Args:
        value: A player's, or a measure; a world where it is NaN for any policy is left out.
        better: Direction of `value`.
        generator: Deals classes and folds.
        n_deals: Random deals of the classes.

    Raises:
        ValueError: Weights that do not fit, or fewer worlds than folds.
    """
    told = ~np.isnan(value).any(axis=1)
    n_worlds = int(told.sum())
    if n_worlds < N_FOLDS:
        raise ValueError(f"worth needs {N_FOLDS} worlds in which every policy has a value")
    good = (value if better == "higher" else -value)[told]
    weight = even_out(even_out(weights, told.size)[told], n_worlds)
    mean = weight @ good
    nothing = ROUNDING * float(np.abs(good).max())
    n_classes = class_count(round(effective_worlds(weight)))
    fold = generator.permutation(n_worlds) % N_FOLDS
    deals = [generator.permutation(n_worlds) for _ in range(n_deals)]
    estimate, cautious, chance, high = (np.zeros(len(assumptions.names)) for _ in range(4))
    for k, settings in enumerate(assumptions.settings):
        in_class = class_worlds(assumptions.value[told, k], bool(settings), n_classes, weight)
        estimate[k] = _gain(good, in_class, weight, nothing)
        cautious[k] = _cross_fitted(good, in_class, weight, fold)
        dealt = [_gain(good, in_class[deal], weight, nothing) for deal in deals]
        chance[k] = np.mean(dealt) if dealt else np.nan
        high[k] = np.quantile(dealt, HIGH_SHARE) if dealt else np.nan
    return Worth(
        assumptions.names,
        int(mean.argmax()),
        estimate,
        cautious,
        chance,
        high,
        max(float(weight @ good.max(axis=1) - mean.max()), 0.0),  # below 0 by rounding only
        n_worlds,
    )


def _sums(
    good: Float[np.ndarray, "world policy"],
    in_class: Int[np.ndarray, "world"],
    weight: Float[np.ndarray, "world"],
    n_classes: int,
) -> Float[np.ndarray, "class policy"]:
    return np.column_stack(
        [np.bincount(in_class, weight * column, minlength=n_classes) for column in good.T]
    )


def _gain(good: np.ndarray, in_class: np.ndarray, weight: np.ndarray, nothing: float) -> float:
    """Return the gain of the best policy of each class over the best for all; 0 if by rounding."""
    sums = _sums(good, in_class, weight, int(in_class.max()) + 1)
    gain = float(sums.max(axis=1).sum() - sums.sum(axis=0).max())
    return gain if gain > nothing else 0.0


def _cross_fitted(
    good: np.ndarray, in_class: np.ndarray, weight: np.ndarray, fold: np.ndarray
) -> float:
    """Return the gain of policies chosen by class over one chosen for all, in worlds held out."""
    n_classes = int(in_class.max()) + 1
    gain = 0.0
    for held in range(N_FOLDS):
        out, within = fold == held, fold != held
        sums = _sums(good[within], in_class[within], weight[within], n_classes)
        for_all = int(sums.sum(axis=0).argmax())
        # of equals, as in a class that was not seen, what would be chosen anyway
        gains = sums - sums[:, [for_all]]
        by_class = np.where(gains.max(axis=1) > 0, gains.argmax(axis=1), for_all)
        chosen = good[out, by_class[in_class[out]]]
        gain += float(weight[out] @ (chosen - good[out, for_all]))
    return gain
