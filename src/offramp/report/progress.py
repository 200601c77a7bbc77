"""Progress on whatever takes longer than a second: a bar on a terminal, plain lines otherwise.

A job whose steps take about equally long also says how much time is left. It goes to standard
error, so that what a command says on standard output can be piped. A thread of its own keeps the
seconds running while a single step is under way.
"""

from __future__ import annotations

import sys
import threading
import time
from types import TracebackType
from typing import TextIO

__all__ = ["Progress"]

QUIET_SECONDS = 1.0  # nothing is said about what is done before
TERMINAL_SECONDS = 0.5  # between two redrawings of the bar
PLAIN_SECONDS = 15.0  # between two plain lines
BAR_WIDTH = 24


class Progress:
    """Tell how far a job of `total` steps has come, as a context manager.

    A total of 0 stands for a number of steps that is not known beforehand.

    >>> with Progress("solving", 2) as progress:
    ...     progress.start("solved")
    ...     progress.done()
    """

    def __init__(self, verb: str, total: int, stream: TextIO | None = None) -> None:
        self._verb = verb
        self._total = total
        self._stream = stream or sys.stderr
        self._terminal = self._stream.isatty()
        self._finished = 0
        self._step = ""
        self._begun = time.monotonic()
        self._shown = False
        self._first: tuple[float, int] | None = None  # when steps were first told, and how many
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Progress:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop.set()
        self._thread.join()
        if self._shown and self._terminal:
            self._stream.write("\r\x1b[K")
            self._stream.flush()

    def start(self, step: str) -> None:
        """Name the step that begins."""
        self._step = step

    def done(self, count: int = 1) -> None:
        """Count steps that are finished."""
        self._finished += count

    def tell(self, step: str, done: int, total: int) -> None:
        """Say how far a job of equal steps has come; the first word of a step begins its clock."""
        if step != self._step:
            self._first = (time.monotonic(), done)
        self._step, self._finished, self._total = step, done, total

    def line(self) -> str:
        """Return what is shown now."""
        seconds = time.monotonic() - self._begun
        step = f" {self._step}" if self._step else ""
        of = f" of {self._total}" if self._total else ""
        counted = f"{self._finished}{of} done, " if self._total or self._finished else ""
        told = f"{self._verb}{step}: {counted}{seconds:.0f} s"
        left = self._left()
        return told if left is None else f"{told}, about {_span(left)} left"

    def _left(self) -> float | None:
        """Return the seconds that the rest takes if it goes on as since the first word."""
        if self._first is None or self._finished <= self._first[1]:
            return None
        took = time.monotonic() - self._first[0]
        return took / (self._finished - self._first[1]) * (self._total - self._finished)

    def _watch(self) -> None:
        pause = QUIET_SECONDS
        while not self._stop.wait(pause):
            pause = TERMINAL_SECONDS if self._terminal else PLAIN_SECONDS
            self._shown = True
            self._stream.write(self._bar() if self._terminal else f"{self.line()}\n")
            self._stream.flush()

    def _bar(self) -> str:
        filled = BAR_WIDTH * self._finished // max(1, self._total)
        return f"\r\x1b[K[{'#' * filled}{'.' * (BAR_WIDTH - filled)}] {self.line()}"


def _span(seconds: float) -> str:
    """Write a length of time for reading."""
    if seconds < 120:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 120 else f"{minutes // 60} h {minutes % 60} min"
