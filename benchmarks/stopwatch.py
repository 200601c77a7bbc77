"""Processor time, wall time and peak memory of a piece of work."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple, TypeVar

__all__ = ["Timed", "best_of", "peak_mib", "stolen_seconds", "timed"]

_Result = TypeVar("_Result")

STEAL = 8  # its place in the first line of Linux's /proc/stat, the line's name counted


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


def stolen_seconds() -> float | None:
    """Return the processor time that the host has kept from this machine since it started.

    A virtual machine's clock on the wall runs on while its host serves others: a row during which
    much was stolen says little about wall time. None where the system does not tell.
    """
    try:
        total = Path("/proc/stat").read_text(encoding="ascii").splitlines()[0].split()
        return int(total[STEAL]) / os.sysconf("SC_CLK_TCK")
    except (OSError, IndexError, ValueError):
        return None
