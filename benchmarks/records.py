"""What one measured row leaves behind, and the files that keep it.

`results/GROUP.json` holds a list of records, oldest first. A record says what was measured, on
what, and from which commit; a record from a checkout with changes says so and is for trial only.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

__all__ = [
    "RESULTS",
    "Machine",
    "Measurement",
    "Record",
    "append_record",
    "commit_of",
    "is_dirty",
    "read_records",
    "this_machine",
]

ROOT = Path(__file__).resolve().parents[1]
RESULTS = Path(__file__).resolve().parent / "results"
PACKAGES = ("offramp", "numpy", "numba", "llvmlite", "scipy", "pygambit")

Figure = float | int | str | bool


@dataclass(frozen=True)
class Measurement:
    """What a row found out.

    Attributes:
        cpu_seconds: Processor time of all threads (and of children, for whole processes).
        wall_seconds: Of the same work.
        axes: Size of every axis: states, beliefs, profiles, players, periods and so on.
        residual: Largest |strategy - logit reply|; None where nothing is solved.
        not_converged: Share of points that did not converge.
        grid_error: Change of strategies when the grid is refined, from the certificate.
        figures: What else this row is about, by name; units are part of the name.
        peak_mib: Largest resident memory of the process, its libraries included.
        stolen: Processor time that the host kept from this machine meanwhile, per second; None
            where the system does not tell.
    """

    cpu_seconds: float
    wall_seconds: float
    axes: Mapping[str, int] = field(default_factory=dict)
    residual: float | None = None
    not_converged: float | None = None
    grid_error: float | None = None
    figures: Mapping[str, Figure] = field(default_factory=dict)
    peak_mib: float = 0.0
    stolen: float | None = None


@dataclass(frozen=True)
class Machine:
    """Where it was measured."""

    processor: str
    threads: int
    memory_gib: float
    system: str
    versions: Mapping[str, str]


@dataclass(frozen=True)
class Record:
    """One row, measured once."""

    row: str
    group: str
    date: str
    commit: str
    dirty: bool
    machine: Machine
    measured: Measurement

    @staticmethod
    def of(row: str, group: str, measured: Measurement) -> Record:
        """Return the record of a measurement taken just now, on this machine and checkout."""
        return Record(
            row=row,
            group=group,
            date=datetime.now(UTC).isoformat(timespec="seconds"),
            commit=commit_of(),
            dirty=is_dirty(),
            machine=this_machine(),
            measured=measured,
        )


def commit_of() -> str:
    """Return the commit that is checked out."""
    return _git("rev-parse", "HEAD")


def is_dirty() -> bool:
    """Return whether anything but the results themselves differs from the commit."""
    return bool(_git("status", "--porcelain", "--", ".", ":(exclude)benchmarks/results"))


def _git(*words: str) -> str:
    done = subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def this_machine() -> Machine:
    """Describe processor, memory and versions."""
    threads = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return Machine(
        processor=_processor(),
        threads=threads or 1,
        memory_gib=round(_memory_bytes() / 2**30, 1),
        system=f"{platform.system()} {platform.machine()}",
        versions={"python": platform.python_version(), **_versions()},
    )


def _processor() -> str:
    listing = Path("/proc/cpuinfo")
    if listing.exists():
        for line in listing.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _memory_bytes() -> int:
    if hasattr(os, "sysconf") and "SC_PHYS_PAGES" in os.sysconf_names:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return 0


def _versions() -> dict[str, str]:
    found = {}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def append_record(record: Record, folder: Path = RESULTS) -> Path:
    """Add a record to its group's file, which is written whole or not at all."""
    path = folder / f"{record.group}.json"
    records = json.loads(path.read_text(encoding="utf-8")) if path.exists() else []
    records.append(asdict(record))
    folder.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".draft")
    draft.write_text(json.dumps(records, indent=1) + "\n", encoding="utf-8")
    draft.replace(path)
    return path


def read_records(folder: Path = RESULTS) -> list[Record]:
    """Return all records, file by file, oldest first."""
    found = []
    for path in sorted(folder.glob("*.json")):
        for raw in json.loads(path.read_text(encoding="utf-8")):
            machine, measured = Machine(**raw.pop("machine")), Measurement(**raw.pop("measured"))
            found.append(Record(**raw, machine=machine, measured=measured))
    return found
