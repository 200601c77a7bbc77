"""The table of several solutions of one game."""

from __future__ import annotations

from collections.abc import Sequence

from offramp.report.answers import BranchAnswer
from offramp.report.tables import Cell, Kind, Table

__all__ = ["branch_table"]


def branch_table(named: Sequence[tuple[str, Sequence[BranchAnswer]]], what: str) -> Table:
    """Return the table of the games that have several solutions; `what` heads their names."""
    several = [(name, rows) for name, rows in named if len(rows) > 1]
    endings = list(dict.fromkeys(e for _, rows in several for one in rows for e in one.endings))
    columns: list[tuple[str, Kind]] = [(what, "text"), ("solution", "text")]
    columns += [(name, "share") for name in endings]
    found: list[tuple[Cell, ...]] = [
        (
            name,
            "principal" if one.principal else f"other {k}",
            *(one.endings.get(ending) for ending in endings),
        )
        for name, rows in several
        for k, one in enumerate(rows)
    ]
    return Table("branches", "Several solutions", tuple(columns), tuple(found), n_keys=2)
