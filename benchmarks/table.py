"""Records as a table in Markdown, and one record in a few lines."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from benchmarks.catalogue import Bound
from benchmarks.records import ROOT, Machine, Record

__all__ = ["PAGE", "describe_record", "figure_of", "latest_records", "page_with", "write_table"]

PAGE = ROOT / "docs" / "explanation" / "speed.md"
FIRST = "<!-- results: written by `python -m benchmarks table --write` -->\n"
LAST = "<!-- end of results -->\n"
GROUPS = ("named-games", "probing", "orientation", "lead-case", "worlds", "report", "commands",
          "digits")  # fmt: skip

COLUMNS = (
    "row",
    "CPU s",
    "wall s",
    "stolen",
    "peak MiB",
    "size",
    "residual",
    "not converged",
    "grid error",
    "commit",
)


def figure_of(record: Record, name: str) -> float:
    """Return a measured number by name, whether common to all rows or a row's own."""
    found = record.measured.figures.get(name, getattr(record.measured, name, None))
    return float("nan") if found is None else float(found)


def describe_record(record: Record, bounds: Sequence[Bound]) -> str:
    """Say what was measured, and each bound with whether it holds."""
    found = record.measured
    lines = [
        f"{record.row}: {found.cpu_seconds:.3f} CPU s, {found.wall_seconds:.3f} s, "
        f"{found.peak_mib:.0f} MiB"
        + (f", {found.stolen:.2f} processors stolen by the host" if found.stolen else "")
    ]
    lines += [f"  {name}: {_short(value)}" for name, value in found.figures.items()]
    for bound in bounds:
        value = figure_of(record, bound.figure)
        word = "holds" if bound.holds(value) else "FAILS"
        lines.append(f"  {word}: {bound}, measured {_short(value)}")
    return "\n".join(lines)


def latest_records(records: Sequence[Record]) -> list[Record]:
    """Return the last record of every row, in the order of the rows' first ones."""
    return list({record.row: record for record in records}.values())


def write_table(records: Sequence[Record]) -> str:
    """Write the latest record of every row: one Markdown table a group, its figures below it."""
    latest = sorted(latest_records(records), key=lambda one: GROUPS.index(one.group))
    parts = [_group(name, list(rows)) for name, rows in groupby(latest, lambda one: one.group)]
    machines = dict.fromkeys(_machine(record.machine) for record in latest)
    return "\n\n".join([*machines, *parts]) + "\n"


def page_with(table: str, page: str) -> str:
    """Return the page with a table between its two marks."""
    head, _, rest = page.partition(FIRST)
    _, _, tail = rest.partition(LAST)
    return f"{head}{FIRST}\n{table}\n{LAST}{tail}"


def _machine(machine: Machine) -> str:
    versions = ", ".join(f"{name} {number}" for name, number in machine.versions.items())
    return (
        f"{machine.processor}, {machine.threads} threads, {machine.memory_gib:g} GiB, "
        f"{machine.system}; {versions}."
    )


def _group(name: str, rows: Sequence[Record]) -> str:
    lines = [f"### {name}", "", _line(COLUMNS), _line(["---"] * len(COLUMNS)), *map(_row, rows), ""]
    return "\n".join([*lines, *map(_figures, rows)])


def _row(record: Record) -> str:
    found = record.measured
    size = f"{found.axes['states']} x {found.axes['beliefs']}" if found.axes else ""
    return _line(
        [
            record.row,
            f"{found.cpu_seconds:.3g}",
            f"{found.wall_seconds:.3g}",
            "" if found.stolen is None else f"{found.stolen:.2f}",
            f"{found.peak_mib:.0f}",
            size,
            _short(found.residual),
            _short(found.not_converged),
            _short(found.grid_error),
            record.commit[:9] + (" (changed)" if record.dirty else ""),
        ]
    )


def _figures(record: Record) -> str:
    told = (f"{name} {_short(value)}" for name, value in record.measured.figures.items())
    return f"- {record.row}: " + ", ".join(told)


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def _short(value: float | int | str | bool | None) -> str:
    if value is None:
        return ""
    return f"{value:.4g}" if isinstance(value, float) else str(value)
