"""Progress on whatever takes longer than a second: a bar on a terminal, plain lines otherwise.

It goes to standard error, so that what a command says on standard output can be piped. A thread
of its own keeps the seconds running while a single step is under way.
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

    def line(self) -> str:
        """Return what is shown now."""
        seconds = time.monotonic() - self._begun
        step = f" {self._step}" if self._step else ""
        of = f" of {self._total}" if self._total else ""
        return f"{self._verb}{step}: {self._finished}{of} done, {seconds:.0f} s"

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
