"""Run a kernel over ranges of states or columns, in as many threads as were asked for.

Kernels release the interpreter's lock. A task writes only its own rows or columns and reads what
earlier stages left, so neither the number of threads nor the cut of the ranges changes a digit.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from types import TracebackType
from typing import TypeVar

__all__ = ["Crew", "default_threads", "limit_threads", "limited_threads"]

_Result = TypeVar("_Result")

TASKS_PER_THREAD = 8  # ranges are cut finer than threads, since states differ in work


_limit: list[int] = []


def limit_threads(threads: int) -> None:
    """Use so many threads in this process from now on, where no number is asked for."""
    _limit[:] = [threads]


@contextmanager
def limited_threads(threads: int) -> Iterator[None]:
    """Use so many threads in this process for a while."""
    before = list(_limit)
    limit_threads(threads)
    try:
        yield
    finally:
        _limit[:] = before


def default_threads() -> int:
    """Return the number of processors that this process may use, or what it was limited to."""
    if _limit:
        return _limit[-1]
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class Crew:
    """A pool of threads. Small jobs run where they are asked for: a handover costs more."""

    def __init__(self, threads: int | None = None) -> None:
        self.threads = threads or default_threads()
        self._pool = ThreadPoolExecutor(self.threads) if self.threads > 1 else None

    def __enter__(self) -> Crew:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)

    def run(self, work: Callable[[int, int], _Result], count: int, least: int) -> list[_Result]:
        """Call `work(start, stop)` over ranges that cover `count` items, `least` or more each.

        A single thread takes them all at once: there is nobody to share the work with.
        """
        if self._pool is None:
            return [work(0, count)] if count else []
        size = max(least, -(-count // (self.threads * TASKS_PER_THREAD)))
        ranges = [(start, min(start + size, count)) for start in range(0, count, size)]
        if len(ranges) < 2:
            return [work(start, stop) for start, stop in ranges]
        futures = [self._pool.submit(work, start, stop) for start, stop in ranges]
        try:
            return [future.result() for future in futures]
        except BaseException:
            for future in futures:
                future.cancel()
            raise
