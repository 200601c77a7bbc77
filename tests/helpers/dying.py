"""Explore the toy in a process that kills itself on the way: `python dying.py PLACE FOLDER`.

What is replaced here to die is what the program calls at that moment; the program knows nothing
of it.
"""

from __future__ import annotations

import os
import signal
import sqlite3
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from helpers.scenarios import scenario_from
from helpers.toys import ASKED, TOY
from offramp.exploration import ensemble, jobs, store

__all__ = ["PLACES"]


def die(*_: object, **__: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def after(count, real):
    """Return a stand-in that does as the real one does `count` times, and then dies."""
    calls = []

    def stand_in(*words, **more):
        calls.append(None)
        if len(calls) > count:
            die()
        return real(*words, **more)

    return stand_in


def at_draw():
    ensemble.draw = die


def at_solve():
    jobs.solve_one = after(5, jobs.solve_one)


def while_moving(name):
    real = os.replace

    def replace(source, target):
        if Path(target).name == name:
            die()
        real(source, target)

    os.replace = replace


def in_half_a_chunk():
    real = os.fdopen

    class Half:
        """A file of which half gets written."""

        def __init__(self, file):
            self.file = file

        def __enter__(self):
            return self

        def __exit__(self, *_):
            self.file.close()

        def write(self, content):
            if b"reasons.npy" in content:
                self.file.write(content[: len(content) // 2])
                self.file.flush()
                os.fsync(self.file.fileno())
                die()
            self.file.write(content)

        def flush(self):
            self.file.flush()

        def fileno(self):
            return self.file.fileno()

    os.fdopen = lambda *words: Half(real(*words))


def at_commit(number):
    """Die with everything written to the index but not committed."""
    commits = []

    class Dying(sqlite3.Connection):
        def commit(self):
            commits.append(None)
            if len(commits) == number:
                die()
            super().commit()

    real = sqlite3.connect
    sqlite3.connect = lambda place: real(place, factory=Dying)


PLACES = {
    "draw": at_draw,
    "worlds": lambda: while_moving("worlds.npz"),
    "first index": lambda: at_commit(1),
    "manifest": lambda: while_moving("manifest.json"),
    "solve": at_solve,
    "half a chunk": in_half_a_chunk,
    "chunk not moved": lambda: while_moving("000001.npz"),
    "chunk not indexed": lambda: setattr(store, "record_chunk", after(1, store.record_chunk)),
    "index": lambda: at_commit(3),
}

if __name__ == "__main__":
    PLACES[sys.argv[1]]()
    ensemble.explore(scenario_from(TOY), sys.argv[2], workers=1, **ASKED)
