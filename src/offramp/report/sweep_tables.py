"""The table of a sweep, as it is shown and as it is written to a file."""

from __future__ import annotations

from offramp.report.answers import SweepAnswer
from offramp.report.tables import Cell, Chance, Kind, Table

__all__ = ["sweep_table"]


def sweep_table(answer: SweepAnswer) -> Table:
    """Return one row per point and case; the case is left out where there is but one."""
    several = len({point.case for point in answer.points}) > 1
    columns: list[tuple[str, Kind]] = [(axis.name, "number") for axis in answer.axes]
    columns += [("case", "text")] if several else []
    n_keys = len(columns)
    columns += [(one.name, "number") for one in answer.quantities]
    chances = [one.is_chance for one in answer.quantities]
    rows: list[tuple[Cell, ...]] = []
    for point in answer.points:
        values = [
            Chance(value) if is_chance and value is not None else value
            for value, is_chance in zip(point.values, chances, strict=True)
        ]
        rows.append((*point.at, *([point.case] if several else []), *values))
    moved = " and ".join(axis.name for axis in answer.axes)
    return Table("sweep", f"What moves with {moved}", tuple(columns), tuple(rows), n_keys=n_keys)
