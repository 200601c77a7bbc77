r"""Where one assumption, moved over its range by itself, turns a verdict over.

The slack of a claim is looked at on a grid over the range, all of it in one batch; wherever its
sign changes between neighbours the place is found by Brent's method [Brent1973]. Flips that come in
pairs between two neighbours of the grid are not seen. Where the question stops arising between two
neighbours, the edge is bisected: the verdict may turn just before it.

A verdict *stands* where the slack is above zero. A sign may also change in a jump, as where a
player's reply switches: the method then closes in on the jump, and says so.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Float
from scipy.optimize import brentq

__all__ = ["Flip", "Slacks", "Thresholds", "find_thresholds"]

_Scale = tuple[Callable[[float], float], Callable[[float], float]]  # to places on it, and back
Slacks = Callable[[Sequence[float]], Sequence[float]]
"""The slack at each of several values of the assumption; NaN where the question does not arise."""

JUMP_SHARE = 0.01  # of the change between neighbours of the grid, left within the tolerance
EDGE_STEPS = 5  # halvings between a value at which the question arises and one at which it does not
MOST_STEPS = 100  # of Brent's method; bisection alone needs 40 for 1e-12 of the range


@dataclass(frozen=True)
class Flip:
    """One place at which the verdict turns.

    Attributes:
        value: Of the assumption; of a jump the middle of the bracket.
        low, high: Closest values tried at which the verdict differs; equal ones where the slack
            is zero at a value tried.
        slack_low, slack_high: There.
        kind: `crossing`: the slack passes through zero. `jump`: it leaps over it. `undefined`:
            between the two it does not arise, so that the place is known no closer.
        stands_above: Whether the verdict stands above the place, and not below.
    """

    value: float
    low: float
    high: float
    slack_low: float
    slack_high: float
    kind: Literal["crossing", "jump", "undefined"]
    stands_above: bool


@dataclass(frozen=True)
class Thresholds:
    """Every place in a range at which the verdict turns; none is an answer.

    Attributes:
        value, slack: Of the grid; slack is NaN where the question does not arise.
        n_evaluations: Values at which the slack was asked for, each once.
        n_undefined: Of them, where it does not arise.
    """

    flips: tuple[Flip, ...]
    value: Float[np.ndarray, "point"]
    slack: Float[np.ndarray, "point"]
    n_evaluations: int
    n_undefined: int

    @property
    def is_settled(self) -> bool:
        """Whether no value tried turns the verdict and the question arises at all of them."""
        return not self.flips and not self.n_undefined


class _UndefinedError(Exception):
    """The slack does not arise at a value that Brent's method asked for."""


class _Asked:
    """Slacks by value, each asked for once."""

    def __init__(self, slacks: Slacks) -> None:
        self._slacks = slacks
        self.known: dict[float, float] = {}

    def ask(self, values: Sequence[float]) -> list[float]:
        new = [value for value in dict.fromkeys(values) if value not in self.known]
        if new:
            self.known.update(zip(new, map(float, self._slacks(new)), strict=True))
        return [self.known[value] for value in values]


def find_thresholds(
    slacks: Slacks,
    low: float,
    high: float,
    *,
    n_inner: int = 7,
    is_log: bool = False,
    also: Sequence[float] = (),
    tolerance: float = 1e-4,
) -> Thresholds:
    """Return where the verdict turns between two values of an assumption.

    Args:
        slacks: Asked for the whole grid at once, then for one value at a time.
        n_inner: Values tried between the ends, evenly spaced; by ratio if `is_log`.
        also: Further values for the grid, such as the base value; those outside are left out.
        tolerance: Width of a bracket, as a share of the range (of its logarithm if `is_log`).

    Raises:
        ValueError: A range that is empty or infinite, or reaches zero on a log scale.
    """
    if not (math.isfinite(low) and math.isfinite(high) and low < high) or (is_log and low <= 0):
        raise ValueError(f"no thresholds can be sought between {low} and {high}")

    def to_place(value: float) -> float:
        return math.log(value) if is_log else value

    def to_value(place: float) -> float:
        # the ends themselves, not what exp(log(x)) makes of them
        return min(max(math.exp(place) if is_log else place, low), high)

    first, last = to_place(low), to_place(high)
    inner = [to_value(place) for place in np.linspace(first, last, n_inner + 2)[1:-1]]
    grid = sorted({low, high, *map(float, inner), *(x for x in also if low <= x <= high)})
    asked = _Asked(slacks)
    found = asked.ask(grid)
    _find_edges(asked, grid, (to_place, to_value))
    told = sorted((value, slack) for value, slack in asked.known.items() if slack == slack)
    flips = []
    for (one, below), (other, above) in itertools.pairwise(told):
        if (below > 0) == (above > 0):
            continue
        width = tolerance * (last - first)
        flips.append(_close_in(asked, one, other, (to_place, to_value), width))
    n_undefined = sum(slack != slack for slack in asked.known.values())
    return Thresholds(tuple(flips), np.array(grid), np.array(found), len(asked.known), n_undefined)


def _find_edges(asked: _Asked, grid: Sequence[float], scale: _Scale) -> None:
    """Ask closer and closer to where the question stops arising."""
    to_place, to_value = scale
    for pair in itertools.pairwise(grid):
        arises, silent = sorted(pair, key=lambda value: math.isnan(asked.known[value]))
        if math.isnan(asked.known[arises]) or not math.isnan(asked.known[silent]):
            continue
        for _ in range(EDGE_STEPS):
            middle = to_value((to_place(arises) + to_place(silent)) / 2)
            [slack] = asked.ask([middle])
            arises, silent = (arises, middle) if math.isnan(slack) else (middle, silent)


def _close_in(
    asked: _Asked,
    one: float,
    other: float,
    scale: _Scale,
    width: float,
) -> Flip:
    """Return the flip between two values whose verdicts differ."""
    to_place, to_value = scale
    ends = asked.ask([one, other])
    largest = max([1.0, *(abs(slack) for slack in ends if math.isfinite(slack))])

    def slack_at(place: float) -> float:
        [slack] = asked.ask([min(max(to_value(place), one), other)])
        if math.isnan(slack):
            raise _UndefinedError
        if slack == 0.0:  # no root: the verdict turns where the slack leaves zero
            return -math.ulp(0.0)
        # of an infinite slack only the sign can be used
        return slack if math.isfinite(slack) else math.copysign(largest, slack)

    is_defined = True
    try:
        brentq(slack_at, to_place(one), to_place(other), xtol=width, maxiter=MOST_STEPS)
    except _UndefinedError:
        is_defined = False
    tried = sorted((x, y) for x, y in asked.known.items() if one <= x <= other and y == y)
    (x, below), (y, above) = min(
        (pair for pair in itertools.pairwise(tried) if _differ(*pair)),
        key=lambda pair: to_place(pair[1][0]) - to_place(pair[0][0]),
    )
    if not is_defined:
        return _flip(x, y, below, above, "undefined")
    left = abs(above - below)
    if math.isinf(left) or left > JUMP_SHARE * abs(ends[1] - ends[0]):
        return _flip(x, y, below, above, "jump")
    if 0.0 in (below, above):
        zero = x if below == 0.0 else y
        return Flip(zero, zero, zero, 0.0, 0.0, "crossing", above > 0)
    return _flip(x, y, below, above, "crossing")


def _differ(one: tuple[float, float], other: tuple[float, float]) -> bool:
    return (one[1] > 0) != (other[1] > 0)


def _flip(
    low: float,
    high: float,
    below: float,
    above: float,
    kind: Literal["crossing", "jump", "undefined"],
) -> Flip:
    value = (low + high) / 2
    if kind == "crossing":  # where the straight line between both passes through zero
        value = low + (high - low) * below / (below - above)
    return Flip(value, low, high, below, above, kind, above > 0)
