"""The index of a run: an SQLite file that says which chunks are done and how their worlds went.

It is for quick look-up only. Everything in it but how long a chunk took can be found out from the
chunks again, so that an index that is lost or damaged costs nothing.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from offramp.errors import RunError
from offramp.exploration.files import cannot_write

__all__ = ["ChunkRow", "WorldRow", "create_index", "read_index", "record_chunk"]

TABLES = """
CREATE TABLE chunk (
    chunk INTEGER PRIMARY KEY, state TEXT NOT NULL, sha256 TEXT, seconds REAL
);
CREATE TABLE world (
    world INTEGER PRIMARY KEY, chunk INTEGER NOT NULL, line INTEGER NOT NULL,
    solved INTEGER NOT NULL, residual REAL, not_converged INTEGER NOT NULL, reason TEXT
);
"""


# a killed process leaves the index as it was or as it shall be; a power cut may damage it, which
# costs less than waiting for the disk at every chunk
UNFLUSHED = "PRAGMA synchronous = OFF"


class ChunkRow(NamedTuple):
    """One chunk that is done.

    Attributes:
        sha256: Of its file.
        seconds: That it took to solve, None where that is no longer known.
    """

    chunk: int
    sha256: str
    seconds: float | None


class WorldRow(NamedTuple):
    """One world that is done.

    Attributes:
        line: Its place in the chunk, from 0.
        solved: Cases that could be solved in it.
        residual: Largest of its cases.
        reason: Why the first case that could not be solved could not.
    """

    world: int
    chunk: int
    line: int
    solved: int
    residual: float | None
    not_converged: int
    reason: str | None


def create_index(path: Path, n_chunks: int) -> None:
    """Make an index of a run of which nothing is done, in place of any other.

    Raises:
        RunError: It cannot be written.
    """
    beside = path.with_name(f".writing-{path.name}")
    try:
        beside.unlink(missing_ok=True)
        with closing(sqlite3.connect(beside)) as index:
            index.execute(UNFLUSHED)
            index.executescript(TABLES)
            rows = ((chunk, "missing") for chunk in range(n_chunks))
            index.executemany("INSERT INTO chunk (chunk, state) VALUES (?, ?)", rows)
            index.commit()
        path.with_name(f"{path.name}-journal").unlink(missing_ok=True)  # of what is replaced
        beside.replace(path)
    except (OSError, sqlite3.Error) as error:
        raise RunError(cannot_write(path, error)) from None


def record_chunk(path: Path, row: ChunkRow, worlds: Iterable[WorldRow]) -> None:
    """Note that a chunk is done, in one step.

    Raises:
        RunError: It cannot be written.
    """
    try:
        with closing(sqlite3.connect(path)) as index:
            index.execute(UNFLUSHED)
            index.execute(
                "INSERT OR REPLACE INTO chunk (chunk, state, sha256, seconds) "
                "VALUES (?, 'done', ?, ?)",
                row,
            )
            index.executemany("INSERT OR REPLACE INTO world VALUES (?, ?, ?, ?, ?, ?, ?)", worlds)
            index.commit()
    except (OSError, sqlite3.Error) as error:
        raise RunError(cannot_write(path, error)) from None


def read_index(path: Path) -> dict[int, ChunkRow] | None:
    """Return the chunks that are done, by number; None where the index is lost or damaged."""
    if not path.is_file():
        return None
    try:
        with closing(sqlite3.connect(path)) as index:
            found = index.execute("SELECT chunk, sha256, seconds FROM chunk WHERE state = 'done'")
            return {row[0]: ChunkRow(*row) for row in found}
    except sqlite3.Error:
        return None
