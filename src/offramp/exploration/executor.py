"""Who works: one small protocol, and processes of this machine that obey it.

An executor takes work and the things to be done, and hands each result on as it comes, in any
order. Work is sent to a worker once, so that what it remembers serves all things done there. Who
does what changes no digit.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from itertools import islice
from multiprocessing import get_context, parent_process
from threading import Thread
from typing import Any, Protocol, TypeVar

from offramp.equilibrium.tasks import default_threads, limit_threads, limited_threads
from offramp.errors import Problem, RunError

__all__ = ["Executor", "Local"]

Item = TypeVar("Item")
Found = TypeVar("Found")


class Executor(Protocol):
    """Whoever can do work on things, here or elsewhere."""

    def map(
        self, work: Callable[[Item], Found], items: Iterable[Item]
    ) -> Iterator[tuple[Item, Found]]:
        """Yield each thing with what work makes of it, as it is done.

        A thing is taken from `items` only when somebody is free to begin with it, so that whoever
        hands them out can stop.

        Raises:
            RunError: A worker died.
        """
        ...


@dataclass(frozen=True)
class Local:
    """Spawned processes of this machine (never forked), one thread each; one works right here.

    Attributes:
        workers: How many; None is as many as there are processors for this process.
    """

    workers: int | None = None

    def map(
        self, work: Callable[[Item], Found], items: Iterable[Item]
    ) -> Iterator[tuple[Item, Found]]:
        """Yield each thing with what work makes of it, as `Executor` says."""
        n_workers = self.workers or default_threads()
        if n_workers == 1:
            for item in items:
                with limited_threads(1):
                    found = work(item)
                yield item, found
            return
        waiting = iter(items)
        pool = ProcessPoolExecutor(n_workers, get_context("spawn"), _begin, (work,))
        try:
            running: dict[Future[Any], Item] = {
                pool.submit(_do, item): item for item in islice(waiting, n_workers)
            }
            while running:
                for future in wait(running, return_when=FIRST_COMPLETED).done:
                    item, result = running.pop(future), future.result()
                    running.update((pool.submit(_do, new), new) for new in islice(waiting, 1))
                    yield item, result
        except BrokenProcessPool:
            raise RunError(_worker_died()) from None
        finally:
            pool.shutdown(cancel_futures=True)


_work: list[Callable[[Any], Any]] = []


def _begin(work: Callable[[Any], Any]) -> None:
    """Prepare a process that others start: one thread, quiet death at Ctrl-C and with its parent.

    Without the last, a worker whose parent was killed would wait for ever.
    """
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    limit_threads(1)
    Thread(target=_leave_with_parent, daemon=True).start()
    _work[:] = [work]


def _leave_with_parent() -> None:
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _do(item: Any) -> Any:
    return _work[0](item)


def _worker_died() -> Problem:
    return Problem(
        code="R611",
        message="A worker process was killed, by the system or by somebody; most often it is "
        "because memory ran out. What was finished before is kept.",
        hint='A script of one\'s own must start its work under `if __name__ == "__main__":`, since '
        "workers read the script too.",
        fix="ask for fewer --workers or a coarser --grid; a stored run goes on with --resume.",
    )
