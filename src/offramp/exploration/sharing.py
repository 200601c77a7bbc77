"""Work shared out among processes: who does what changes no digit and no order."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import TypeVar

from offramp.equilibrium.tasks import default_threads, limit_threads

__all__ = ["share_out"]

WORTH_SHARING = 20.0  # seconds of work left, from which on other processes are started

Item = TypeVar("Item")
Found = TypeVar("Found")


def share_out(
    work: Callable[[Item], Found],
    items: Sequence[Item],
    done: Callable[[Item], None] = lambda item: None,
) -> list[Found]:
    """Return what work makes of each item, in their order.

    The first is worked on here. If the others would take long, they are shared out among processes
    of one thread each, which are spawned and never forked.

    Args:
        work: Takes and returns what can be sent to another process.
        done: Told each item once it is worked on.
    """
    begun = time.monotonic()
    found: list[Found] = []

    def take_in(item: Item, result: Found) -> None:
        found.append(result)
        done(item)

    for item in items[:1]:
        take_in(item, work(item))
    rest = items[1:]
    n_workers = min(default_threads(), len(rest))
    if n_workers < 2 or (time.monotonic() - begun) * len(rest) < WORTH_SHARING:
        for item in rest:
            take_in(item, work(item))
        return found
    with ProcessPoolExecutor(n_workers, get_context("spawn"), _begin_work) as workers:
        for item, result in zip(rest, workers.map(work, rest), strict=True):
            take_in(item, result)
    return found


def _begin_work() -> None:
    """Prepare a process that others start: one thread, and quiet death at Ctrl-C."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    limit_threads(1)
