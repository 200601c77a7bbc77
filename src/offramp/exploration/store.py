"""A run on disk: one folder that says by itself what was solved, and what came of it.

    manifest.json    everything that the worlds depend on; written last when a run begins
    scenario.yaml    the scenario as it was read
    worlds.npz       every draw
    chunks/*.npz     results, so many worlds each, all of one shape
    index.sqlite     which chunks are done; can be made anew from them

Every file is whole or not there, and but for the index nothing in it depends on when, where or in
how many goes the run was solved. docs/reference/runs.md describes the files for other programs.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from offramp.errors import Problem, RunError
from offramp.exploration.assumptions import Worlds
from offramp.exploration.files import (
    cannot_write,
    pack_arrays,
    sweep_leftovers,
    unpack_arrays,
    write_whole,
)
from offramp.exploration.index import (
    ChunkRow,
    WorldRow,
    create_index,
    read_index,
    record_chunk,
)
from offramp.exploration.manifest import Manifest

__all__ = [
    "BEYOND",
    "FAILED",
    "SOLVED",
    "Store",
    "Survey",
    "begin_run",
    "chunks_damaged",
    "find_run",
    "sums_of",
]

BEYOND, SOLVED, FAILED = 0, 1, 2  # the state of a case in a world; BEYOND fills the last chunk up
FILES = frozenset({"manifest.json", "scenario.yaml", "worlds.npz", "chunks", "index.sqlite"})

Chunk = dict[str, np.ndarray]


class Survey(NamedTuple):
    """What of a run is there: its sound chunks, and the numbers of those that are damaged."""

    done: dict[int, Chunk]
    damaged: tuple[int, ...]


@dataclass(frozen=True)
class Store:
    """The folder of a run that has begun.

    Attributes:
        key: What ties chunks to the manifest: a chunk of another run is not taken in.
    """

    folder: Path
    manifest: Manifest
    key: str

    @property
    def index(self) -> Path:
        """Where the index stands."""
        return self.folder / "index.sqlite"

    def chunk_path(self, chunk: int) -> Path:
        """Return where a chunk stands."""
        return self.folder / "chunks" / f"{chunk:06d}.npz"

    def worlds(self) -> Worlds:
        """Return the draws.

        Raises:
            RunError: The file is lost or damaged.
        """
        path = self.folder / "worlds.npz"
        try:
            content = path.read_bytes()
            if _sha256(content) == self.manifest.worlds_sha256:
                return Worlds(**unpack_arrays(content))
        except (OSError, ValueError):
            pass
        raise RunError(_damaged(path))

    def scenario_text(self) -> str:
        """Return the scenario as it was read.

        Raises:
            RunError: The file is lost or damaged.
        """
        path = self.folder / "scenario.yaml"
        try:
            content = path.read_bytes()
        except OSError:
            content = b""
        if _sha256(content) != self.manifest.scenario_sha256:
            raise RunError(_damaged(path))
        return content.decode()

    def survey(self) -> Survey:
        """Read every chunk that is there, each checked."""
        known = read_index(self.index) or {}
        done, damaged = {}, []
        for chunk in range(self.manifest.n_chunks):
            path = self.chunk_path(chunk)
            if path.exists():
                row = known.get(chunk)
                try:
                    done[chunk] = self._read(chunk, row.sha256 if row else None)
                except (OSError, ValueError):
                    damaged.append(chunk)
        return Survey(done, tuple(damaged))

    def put(self, chunk: int, results: Chunk, seconds: float | None) -> None:
        """Keep the results of a chunk, and note them in the index.

        Raises:
            RunError: The folder cannot be written to.
        """
        content = pack_arrays({**results, "chunk": np.array(chunk), "run": np.array(self.key)})
        write_whole(self.chunk_path(chunk), content)
        self._record(chunk, results, _sha256(content), seconds)

    def mend(self, worlds: Worlds, text: str) -> Survey:
        """Bring a run that was broken off in order; return what of it is there.

        What is lost or damaged beside the chunks is written again, and the index if it misses
        anything.

        Raises:
            RunError: The folder cannot be written to.
        """
        sweep_leftovers(self.folder)
        sweep_leftovers(self.folder / "chunks")
        for name, content, wanted in (
            ("worlds.npz", pack_arrays(vars(worlds)), self.manifest.worlds_sha256),
            ("scenario.yaml", text.encode(), self.manifest.scenario_sha256),
        ):
            path = self.folder / name
            is_sound = path.is_file() and _sha256(path.read_bytes()) == wanted
            if not is_sound and _sha256(content) == wanted:
                write_whole(path, content)
        found = self.survey()
        known = read_index(self.index)
        if known is None:
            create_index(self.index, self.manifest.n_chunks)
        for chunk, results in found.done.items():
            if known is None or chunk not in known:
                content = self.chunk_path(chunk).read_bytes()
                self._record(chunk, results, _sha256(content), None)
        return found

    def _read(self, chunk: int, sha256: str | None) -> Chunk:
        content = self.chunk_path(chunk).read_bytes()
        if sha256 is not None and _sha256(content) != sha256:
            raise ValueError("other bytes than were written")
        found = unpack_arrays(content)
        if str(found.pop("run", "")) != self.key or int(found.pop("chunk", -1)) != chunk:
            raise ValueError("of another run")
        return found

    def _record(self, chunk: int, results: Chunk, sha256: str, seconds: float | None) -> None:
        record_chunk(
            self.index,
            ChunkRow(chunk, sha256, seconds),
            _world_rows(chunk, self.manifest.chunk, results),
        )


def begin_run(folder: Path, manifest: Manifest, worlds: Worlds, text: str) -> Store:
    """Make the folder of a new run.

    Raises:
        RunError: It cannot be written to.
    """
    try:
        (folder / "chunks").mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise RunError(cannot_write(folder, error)) from None
    sweep_leftovers(folder)
    write_whole(folder / "worlds.npz", pack_arrays(vars(worlds)))
    write_whole(folder / "scenario.yaml", text.encode())
    create_index(folder / "index.sqlite", manifest.n_chunks)
    content = manifest.to_json().encode()
    write_whole(folder / "manifest.json", content)
    return Store(folder, manifest, _key(content))


def find_run(folder: Path) -> Store | None:
    """Return the run in a folder; None where one had hardly begun, or nothing is there.

    Raises:
        RunError: What is there is no run of this program.
    """
    path = folder / "manifest.json"
    try:
        content = path.read_bytes()
        return Store(folder, Manifest.from_json(content.decode()), _key(content))
    except FileNotFoundError:
        if not folder.exists():
            return None
        others = {one.name for one in folder.iterdir() if not one.name.startswith(".writing-")}
        if others - FILES:
            raise RunError(_no_run(folder, "it holds other files, and no manifest")) from None
        if any(folder.glob("chunks/[0-9]*")):
            raise RunError(_no_run(folder, "it holds results, and no manifest")) from None
        return None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise RunError(_no_run(folder, f"its manifest cannot be read ({error})")) from None


def sums_of(worlds: Worlds, text: str) -> tuple[str, str]:
    """Return the SHA-256 of the files that draws and scenario text become."""
    return _sha256(pack_arrays(vars(worlds))), _sha256(text.encode())


def _world_rows(chunk: int, size: int, results: Chunk) -> Iterator[WorldRow]:
    states, reasons = results["state"], results["reasons"]
    lines = np.flatnonzero(states[:, 0] != BEYOND)
    solved = (states == SOLVED).sum(axis=1).tolist()
    residual = np.where(states == SOLVED, results["residual"], -np.inf).max(axis=1).tolist()
    missed = results["not_converged"].sum(axis=1).tolist()
    for line in lines.tolist():
        numbers = [int(k) for k in results["reason"][line] if k >= 0]
        yield WorldRow(
            world=chunk * size + line,
            chunk=chunk,
            line=line,
            solved=solved[line],
            residual=residual[line] if solved[line] else None,
            not_converged=missed[line],
            reason=str(reasons[numbers[0]]) if numbers else None,
        )


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _key(manifest: bytes) -> str:
    return _sha256(manifest)[:16]


def _damaged(path: Path) -> Problem:
    return Problem(
        code="R613",
        message=f"'{path}' is lost or damaged: its bytes are not those that were written.",
        fix="explore again into the same folder with --resume: it is made anew, the rest is kept.",
    )


def chunks_damaged(store: Store, chunks: Sequence[int]) -> RunError:
    """Return the error that names damaged chunks."""
    return RunError([_damaged(store.chunk_path(chunk)) for chunk in chunks])


def _no_run(folder: Path, why: str) -> Problem:
    return Problem(
        code="R612",
        message=f"'{folder}' is not the folder of a run: {why}.",
        fix="name the folder that `offramp explore --out` was given, or another for a new run.",
    )
