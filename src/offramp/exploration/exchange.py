r"""The crux: which few assumptions, exchanged, turn one camp's verdict into the other's.

Two camps settle every assumption; some they settle alike. An *exchange* replaces some of a camp's
settings by the other's. In each direction by itself we look for the smallest exchanges that turn
the verdict: single assumptions and pairs by trying all, larger sets by a greedy climb whose result
is then thinned out until no proper subset of it does the same. A larger set is thus minimal, but
there may be others that are no larger.

A verdict is the sign of a slack; a slack of zero, or one that does not arise (NaN), is no camp's
verdict. Each mixture of the camps is judged once, however often it is asked for.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float

__all__ = [
    "Crux",
    "Direction",
    "Exchange",
    "Judge",
    "Mixtures",
    "Setting",
    "find_crux",
]

Setting = float | str
Judge = Callable[[Sequence[Mapping[str, Setting]]], Sequence[float]]
"""The slack under each of several complete settings of the assumptions."""

MOST_TO_THIN = 10  # assumptions in a set whose every proper subset is tried


class Exchange(NamedTuple):
    """Drawn exchanged together, and the slack that results.

    Attributes:
        is_smallest: Whether no proper subset of it turns the verdict, all having been tried; if
            not, none that lacks just one of them does.
    """

    names: tuple[str, ...]
    slack: float
    is_smallest: bool


@dataclass(frozen=True)
class Direction:
    """Exchanges that turn one camp's verdict into the other's.

    Attributes:
        start, target: Slack of the camp that gives way, and of the one that wins it over.
        turning: Smallest first; no set contains another. Empty if none was found, or if there is
            nothing to turn.
        tried_up_to: All sets of up to so many assumptions were tried.
        alone: Slack after the exchange of each differing assumption by itself.
        rest: The differing assumptions that are in no turning set.
        rest_slack: Slack after the exchange of all those together; NaN if there are none.
        rest_turns: Whether that turns the verdict too.
    """

    start: float
    target: float
    turning: tuple[Exchange, ...]
    tried_up_to: int
    alone: Float[np.ndarray, "assumption"]
    rest: tuple[str, ...]
    rest_slack: float
    rest_turns: bool

    def idle(self, tolerance: float = 0.0) -> Bool[np.ndarray, "assumption"]:
        """Return which assumptions, exchanged alone, move the slack by no more than this."""
        return np.abs(self.alone - self.start) <= tolerance


@dataclass(frozen=True)
class Crux:
    """What divides two camps.

    Attributes:
        differing: Drawn that they settle differently, in the first camp's order.
        is_disputed: Whether their verdicts differ in sign, neither being zero or NaN.
        first_gives_way, second_gives_way: The exchanges that turn either camp's verdict.
        n_judged: Mixtures that were judged.
    """

    differing: tuple[str, ...]
    is_disputed: bool
    first_gives_way: Direction
    second_gives_way: Direction
    n_judged: int


class Mixtures:
    """Mixtures of two camps' settings, each judged once.

    A mixture is named by the set of assumptions, by index in `differing`, that the second camp
    settles; all others are the first camp's.

    Raises:
        ValueError: The camps do not settle the same assumptions.
    """

    def __init__(
        self, first: Mapping[str, Setting], second: Mapping[str, Setting], judge: Judge
    ) -> None:
        if set(first) != set(second):
            apart = sorted(set(first) ^ set(second))
            raise ValueError(f"only one camp settles {', '.join(apart)}")
        self.differing = tuple(name for name in first if first[name] != second[name])
        self._first, self._second, self._judge = dict(first), dict(second), judge
        self._known: dict[frozenset[int], float] = {}

    @property
    def whole(self) -> frozenset[int]:
        """The mixture in which the second camp settles everything."""
        return frozenset(range(len(self.differing)))

    @property
    def n_judged(self) -> int:
        """How many mixtures have been judged."""
        return len(self._known)

    def slacks(self, mixtures: Iterable[frozenset[int]]) -> list[float]:
        """Return the slack of each mixture; those not yet known are judged in one batch."""
        asked = list(mixtures)
        new = [one for one in dict.fromkeys(asked) if one not in self._known]
        if new:
            found = self._judge([self._settings(one) for one in new])
            self._known.update(zip(new, map(float, found), strict=True))
        return [self._known[one] for one in asked]

    def _settings(self, mixture: frozenset[int]) -> dict[str, Setting]:
        theirs = {self.differing[k] for k in mixture}
        return {
            name: (self._second if name in theirs else self._first)[name] for name in self._first
        }


def find_crux(mixtures: Mixtures, *, exact_up_to: int = 2, largest: int = 8) -> Crux:
    """Return the smallest exchanges that turn either camp's verdict into the other's.

    Args:
        exact_up_to: All sets up to this size are tried, those aside that contain a turning one.
        largest: Drawn in a set that is sought greedily, where no smaller one turns.
    """
    first, second = mixtures.slacks([frozenset(), mixtures.whole])
    is_disputed = _sign(first) * _sign(second) < 0
    limits = (exact_up_to, largest) if is_disputed else (0, 0)
    one = _direction(mixtures, first, second, frozenset(), limits)
    other = _direction(mixtures, second, first, mixtures.whole, limits)
    return Crux(mixtures.differing, is_disputed, one, other, mixtures.n_judged)


def _sign(slack: float) -> int:
    return (slack > 0) - (slack < 0)


def _direction(
    mixtures: Mixtures,
    start: float,
    target: float,
    base: frozenset[int],
    limits: tuple[int, int],
) -> Direction:
    """Look for turning sets from one camp's settings, `base` being its own mixture."""
    exact_up_to, largest = limits
    n = len(mixtures.differing)

    def exchanged(sets: Iterable[frozenset[int]]) -> list[float]:
        return mixtures.slacks([base ^ one for one in sets])

    def turns(slack: float) -> bool:
        return _sign(slack) == _sign(target)

    alone = exchanged(frozenset([k]) for k in range(n))
    found: list[tuple[frozenset[int], float, bool]] = []
    for size in range(1, min(exact_up_to, n) + 1):
        # a set that contains a turning one is not smallest
        tried = [
            one
            for one in map(frozenset, itertools.combinations(range(n), size))
            if not any(smaller <= one for smaller, _, _ in found)
        ]
        slacks = exchanged(tried)
        found += [(one, x, True) for one, x in zip(tried, slacks, strict=True) if turns(x)]
    if not found and largest > exact_up_to:
        found = _larger(exchanged, turns, n, (exact_up_to, largest), target)
    used = frozenset().union(*(one for one, _, _ in found))
    rest = frozenset(range(n)) - used
    [rest_slack] = exchanged([rest]) if rest and found else [math.nan]
    turning = tuple(
        Exchange(tuple(mixtures.differing[k] for k in sorted(one)), slack, is_smallest)
        for one, slack, is_smallest in found
    )
    return Direction(
        start,
        target,
        turning,
        min(exact_up_to, n),
        np.array(alone),
        tuple(mixtures.differing[k] for k in sorted(rest)),
        rest_slack,
        turns(rest_slack),
    )


# --- larger sets ----------------------------------------------------------------------------------

Exchanged = Callable[[Iterable[frozenset[int]]], list[float]]
Turns = Callable[[float], bool]


def _larger(
    exchanged: Exchanged, turns: Turns, n: int, limits: tuple[int, int], target: float
) -> list[tuple[frozenset[int], float, bool]]:
    """Return turning sets that a climb from nothing and one from the best pair meet, thinned."""
    exact_up_to, largest = limits
    starts = [frozenset[int]()]
    if exact_up_to >= 2:
        pairs = [frozenset(pair) for pair in itertools.combinations(range(n), 2)]
        starts += [pairs[_nearest(exchanged(pairs), target)]] if pairs else []
    met: dict[frozenset[int], tuple[float, bool]] = {}
    for start in starts:
        reached = _climb(exchanged, turns, n, start, largest, target)
        if reached is not None:
            thinned, is_smallest = _thin(exchanged, turns, reached, exact_up_to)
            [slack] = exchanged([thinned])
            met[thinned] = (slack, is_smallest)
    sets = sorted(met, key=lambda one: (len(one), sorted(one)))
    kept = [one for one in sets if not any(other < one for other in sets)]
    return [(one, *met[one]) for one in kept]


def _nearest(slacks: Sequence[float], target: float) -> int:
    """Return the index of the slack that has gone furthest towards the target's sign."""
    towards = [_sign(target) * slack if slack == slack else -math.inf for slack in slacks]
    return towards.index(max(towards))


def _climb(
    exchanged: Exchanged, turns: Turns, n: int, start: frozenset[int], largest: int, target: float
) -> frozenset[int] | None:
    """Add one assumption after another, the one that brings the slack furthest, until it turns."""
    reached = start
    while len(reached) < min(largest, n):
        wider = [reached | {k} for k in range(n) if k not in reached]
        slacks = exchanged(wider)
        best = _nearest(slacks, target)
        reached = wider[best]
        if turns(slacks[best]):
            return reached
    return None


def _thin(
    exchanged: Exchanged, turns: Turns, reached: frozenset[int], tried_up_to: int
) -> tuple[frozenset[int], bool]:
    """Return a turning subset of which no proper subset turns, and whether all were tried."""
    while True:
        every = len(reached) <= MOST_TO_THIN
        sizes = range(tried_up_to + 1, len(reached)) if every else [len(reached) - 1]
        smaller = next(
            (one for size in sizes for one in _turning(exchanged, turns, reached, size)),
            None,
        )
        if smaller is None:
            return reached, every
        reached = smaller


def _turning(
    exchanged: Exchanged, turns: Turns, reached: frozenset[int], size: int
) -> list[frozenset[int]]:
    subsets = [frozenset(one) for one in itertools.combinations(sorted(reached), size)]
    slacks = exchanged(subsets)
    return [one for one, slack in zip(subsets, slacks, strict=True) if turns(slack)]
