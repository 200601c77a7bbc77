"""Processor time, wall time and peak memory of a piece of work."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import NamedTuple, TypeVar

__all__ = ["Timed", "best_of", "peak_mib", "timed"]

_Result = TypeVar("_Result")


class Timed(NamedTuple):
    """How long a piece of work took: all threads' processor time, and time on the wall."""

    cpu: float
    wall: float


def timed(work: Callable[[], _Result]) -> tuple[Timed, _Result]:
    """Do the work once and return how long it took, and what it returned."""
    cpu, wall = time.process_time(), time.perf_counter()
    result = work()
    return Timed(time.process_time() - cpu, time.perf_counter() - wall), result


def best_of(
    work: Callable[[], _Result], *, seconds: float = 1.0, most: int = 20
) -> tuple[Timed, _Result]:
    """Do the work again and again for about so many seconds; return the least disturbed time.

    What disturbs a measurement only ever adds to it, so the quickest run is the truest.
    """
    best, result = timed(work)
    spent, runs = best.wall, 1
    while spent + best.wall < seconds and runs < most:
        once, result = timed(work)
        spent, runs = spent + once.wall, runs + 1
        best = min(best, once, key=lambda one: one.wall)
    return best, result


def peak_mib(*, children: bool = False) -> float:
    """Return the largest resident memory of this process so far, or of its children, in MiB."""
    try:
        import resource
    except ImportError:  # no such count on Windows
        return 0.0
    who = resource.RUSAGE_CHILDREN if children else resource.RUSAGE_SELF
    return resource.getrusage(who).ru_maxrss / 1024
