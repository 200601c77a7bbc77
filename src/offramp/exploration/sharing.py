"""Work shared out among processes, if it would take long: who does what changes no digit."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import TypeVar

from offramp.equilibrium.tasks import default_threads
from offramp.exploration.executor import Local

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

    The first is worked on here. If the others would take long, they are shared out among processes.

    Args:
        work: Takes and returns what can be sent to another process.
        done: Told each item once it is worked on.

    Raises:
        RunError: A worker died.
    """
    begun = time.monotonic()
    found: dict[int, Found] = {}

    def take_in(number: int, result: Found) -> None:
        found[number] = result
        done(items[number])

    if items:
        take_in(0, work(items[0]))
    rest = range(1, len(items))
    n_workers = min(default_threads(), len(rest))
    if n_workers < 2 or (time.monotonic() - begun) * len(rest) < WORTH_SHARING:
        for number in rest:
            take_in(number, work(items[number]))
    else:
        for number, result in Local(n_workers).map(partial(_nth, work, items), rest):
            take_in(number, result)
    return [found[number] for number in range(len(items))]


def _nth(work: Callable[[Item], Found], items: Sequence[Item], number: int) -> Found:
    return work(items[number])
