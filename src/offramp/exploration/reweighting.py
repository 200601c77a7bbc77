r"""Worlds weighed by belief: how far one believes each contested assumption, and what follows.

A *dial* is an assumption of few settings, such as a mechanism that is asserted or rival. To believe
its first setting with chance p weighs a world by p / q where it has that setting and by
(1 - p) / (1 - q) where it has another, with q the share that was drawn. What was drawn need not be
solved again.

The share of worlds in which a claim holds is a ratio of sums that are linear in each p by itself,
and so it rises or falls with each from end to end.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

from offramp.exploration.runs import Run
from offramp.exploration.weighing import effective_worlds

__all__ = ["FEWEST_EFFECTIVE", "Dial", "Extremes", "find_dials", "find_extremes", "weigh_by"]

FEWEST_EFFECTIVE = 50.0  # worlds of equal weight, below which no answer is given
LEAST_BELIEF, MOST_BELIEF = 0.1, 0.9  # of a dial, when the extremes of a share are sought
MOST_SETTINGS = 6  # of a number that is a dial
LEAST_GAIN = 1e-12  # of a share, that a further step must bring
STEPS = 24  # halvings by which the last belief that leaves enough worlds is closed in on
MOST_ROUNDS = 20  # over all dials


@dataclass(frozen=True)
class Dial:
    """An assumption that can be believed more or less.

    Attributes:
        name: As the run's columns name it.
        setting: That which is believed; the others share the rest as they were drawn.
        others: The other settings.
        has: Whether each world has the setting.
        drawn: Share of the weight that has.
    """

    name: str
    setting: str
    others: tuple[str, ...]
    has: Bool[np.ndarray, "world"]
    drawn: float

    def factor(self, belief: float) -> Float[np.ndarray, "world"]:
        """Return what a belief multiplies the weight of each world by."""
        return np.where(self.has, belief / self.drawn, (1 - belief) / (1 - self.drawn))


@dataclass(frozen=True)
class Extremes:
    """The least and the greatest share that beliefs between 0.1 and 0.9 were found to give.

    Attributes:
        n_low, n_high: Worlds of equal weight that tell as much as those so weighed.
    """

    low: float
    high: float
    n_low: float
    n_high: float


def find_dials(run: Run) -> tuple[Dial, ...]:
    """Return the dials of a run: mechanisms first, then start levels and numbers of few values."""
    drawn = run.drawn()
    order = sorted(drawn, key=lambda name: not name.startswith("setting."))
    found = []
    for name in order:
        column = np.array([one if isinstance(one, str) else f"{one:g}" for one in drawn[name]])
        settings, counts = np.unique(column, return_counts=True)
        if not 1 < len(settings) <= MOST_SETTINGS:
            continue
        first = "asserted" if "asserted" in settings else str(settings[np.argmax(counts)])
        has = column == first
        others = tuple(str(one) for one in settings if one != first)
        found.append(Dial(name, first, others, has, float(run.weight[has].sum())))
    return tuple(found)


def weigh_by(
    weights: Float[np.ndarray, "world"], dials: tuple[Dial, ...], beliefs: Mapping[str, float]
) -> Float[np.ndarray, "world"]:
    """Return the weights of worlds under beliefs; they sum to one.

    Args:
        beliefs: Chance of each dial's setting; dials that are not named stay as drawn.

    Raises:
        ValueError: A name is no dial's, a chance is none, or all weight would be gone.
    """
    known = {dial.name: dial for dial in dials}
    unknown = sorted(set(beliefs) - set(known))
    if unknown or any(not 0 <= one <= 1 for one in beliefs.values()):
        raise ValueError(f"beliefs are chances of {sorted(known)}, not {dict(beliefs)}")
    weight = np.array(weights, dtype=float)
    for name, belief in beliefs.items():
        weight *= known[name].factor(belief)
    if not weight.sum() > 0:
        raise ValueError("no world is left under these beliefs")
    return weight / weight.sum()


def find_extremes(
    weights: Float[np.ndarray, "world"], dials: tuple[Dial, ...], holds: Bool[np.ndarray, "world"]
) -> Extremes:
    """Return the least and the greatest share of worlds that beliefs can give.

    Beliefs are moved one dial at a time, to the end that helps, as far as enough worlds are left
    to tell; the share cannot be worse than what is found, but might be more extreme where dials are
    moved together.
    """
    low, n_low = _climb(weights, dials, ~holds)
    high, n_high = _climb(weights, dials, holds)
    return Extremes(1 - low, high, n_low, n_high)


def _climb(weights: np.ndarray, dials: tuple[Dial, ...], wanted: np.ndarray) -> tuple[float, float]:
    """Return the greatest share of the wanted worlds that was found, and the worlds it rests on."""
    weight = weights / weights.sum()
    beliefs = [dial.drawn for dial in dials]
    has = np.array([dial.has for dial in dials], dtype=float).reshape(len(dials), len(weight))
    for _ in range(MOST_ROUNDS):
        # of all weight, of wanted weight and of squares: what has each setting, and what has not
        columns = np.column_stack([weight, weight * wanted, weight**2])
        inside = has @ columns
        parts = np.stack([inside, columns.sum(axis=0) - inside], axis=2)
        steps = [(*_moved(parts[k], beliefs[k]), k) for k in range(len(dials))]
        best = max(steps, key=lambda one: one[0], default=None)
        if best is None or best[0] <= float(weight @ wanted) + LEAST_GAIN:
            break
        _, belief, k = best
        weight = weight * dials[k].factor(belief) / dials[k].factor(beliefs[k])
        weight /= weight.sum()
        beliefs[k] = belief
    return float(weight @ wanted), effective_worlds(weight)


def _moved(parts: Float[np.ndarray, "3 2"], now: float) -> tuple[float, float]:
    """Return the best share that one dial can give, and the belief that gives it.

    Args:
        parts: Weight, wanted weight and squared weight of the worlds that have the setting, and of
            those that have not.
    """
    best = (float(parts[1].sum() / parts[0].sum()), now)
    for end in (LEAST_BELIEF, MOST_BELIEF):
        belief = _furthest(parts, now, end)
        factor = np.array([belief / now, (1 - belief) / (1 - now)])
        best = max(best, (float(parts[1] @ factor / (parts[0] @ factor)), belief))
    return best


def _furthest(parts: Float[np.ndarray, "3 2"], now: float, end: float) -> float:
    """Return the belief nearest to an end that leaves enough worlds to tell."""

    def is_enough(belief: float) -> bool:
        factor = np.array([belief / now, (1 - belief) / (1 - now)])
        return float((parts[0] @ factor) ** 2 / (parts[2] @ factor**2)) >= FEWEST_EFFECTIVE

    if is_enough(end):
        return end
    inner, outer = now, end
    for _ in range(STEPS):
        middle = (inner + outer) / 2
        inner, outer = (middle, outer) if is_enough(middle) else (inner, middle)
    return inner
