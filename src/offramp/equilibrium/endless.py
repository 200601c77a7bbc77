"""Games without end: lengthened a period at a time until what is played and worth repeats.

Strategies may settle long before values do, so both are watched. A change d of values in one
period leaves at most δ/(1-δ) d to come, δ being the largest discount: that is what must be small.
Strategies may also come to repeat every n periods; then all is compared with what it was n periods
on.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from offramp.equilibrium.solution import PeriodAnswer

__all__ = ["Settled", "lengthen", "value_change_to_come"]

MOST_LENGTHENED = 20_000  # periods after which a game is said not to settle
LONGEST_CYCLE = 12  # periods looked back on for a cycle
APART = 1e3  # a cycle differs from one period to the next by so many times what counts as settled

_Columns = Float[np.ndarray, "state column"]


class Settled(NamedTuple):
    """The end of lengthening.

    Attributes:
        answers: One period, or all periods of a cycle, the earliest first.
        change: Of strategies, and of values relative to the largest, that is still to come.
        periods: How many were solved.
    """

    answers: tuple[PeriodAnswer, ...]
    change: float
    periods: int


def lengthen(
    solve_back: Callable[[PeriodAnswer | None], PeriodAnswer],
    discount: float,
    aim: float,
    progress: Callable[[float], None] | None = None,
) -> Settled:
    """Solve periods back from nothing until they repeat within `aim`, or the limit is reached."""
    recent: list[PeriodAnswer] = []
    change = np.inf
    for number in range(1, MOST_LENGTHENED + 1):
        recent.append(solve_back(recent[-1] if recent else None))
        del recent[: -2 * LONGEST_CYCLE - 1]
        length, change = _find_cycle(recent, discount, aim)
        if progress and 0.0 < change < 1.0:
            progress(min(1.0, float(np.log(change) / np.log(aim))))
        if length > 0:
            return Settled(tuple(recent[: -length - 1 : -1]), change, number)
    return Settled((recent[-1],), change, MOST_LENGTHENED)


def value_change_to_come(one: _Columns, other: _Columns, discount: float) -> float:
    """Bound how far values still are from where they settle, relative to the largest value."""
    scale = max(1.0, float(np.abs(one).max(initial=0.0)))
    change = float(np.abs(one - other).max(initial=0.0))
    return discount / (1.0 - discount) * change / scale


def _find_cycle(recent: Sequence[PeriodAnswer], discount: float, aim: float) -> tuple[int, float]:
    """Return the number of periods after which all repeats, or 0, and the change over them.

    A slow approach that swings looks like a cycle of two that is hardly one: a longer cycle counts
    only where one period to the next is clearly different.
    """
    changes = [
        _change(recent[-1], recent[-1 - n], discount**n) for n in range(1, len(recent) // 2 + 1)
    ]
    if not changes:
        return 0, np.inf
    for n, change in enumerate(changes, start=1):
        if change < aim and (n == 1 or min(changes[: n - 1]) > APART * aim):
            return n, change
    return 0, changes[0]


def _change(one: PeriodAnswer, other: PeriodAnswer, discount: float) -> float:
    pairs = zip(one.strategies, other.strategies, strict=True)
    played = max(
        (float(np.abs(np.exp(a) - np.exp(b)).max(initial=0.0)) for a, b in pairs), default=0.0
    )
    return max(played, value_change_to_come(one.values, other.values, discount))
