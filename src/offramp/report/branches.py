"""Several solutions of one game, where they are asked for: rows of an answer, and their table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from offramp.equilibrium.all_branches import LARGEST_SEARCH, all_branches
from offramp.equilibrium.histories import HistoryEquilibrium
from offramp.outcomes import Solution, propagate
from offramp.report.answers import BranchAnswer
from offramp.report.tables import Cell, Kind, Table

__all__ = ["SEARCHED", "branch_rows", "branch_table"]

SEARCHED = (
    "Other solutions were searched for from many random strategies, where beliefs are kept on "
    f"histories (`solver: {{beliefs: history}}`) and there are at most {LARGEST_SEARCH} logits to "
    "be found; that none is shown does not prove that there is none."
)


def branch_rows(equilibrium: object, case: str) -> list[BranchAnswer]:
    """Return every solution that is found beside one; none where none are searched for."""
    if not isinstance(equilibrium, HistoryEquilibrium):
        return []
    return [
        BranchAnswer(
            principal=one.is_principal,
            least=one.least,
            endings=propagate(cast(Solution, one.solution), start=case).ending_chance(),
        )
        for one in all_branches(equilibrium)
    ]


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
