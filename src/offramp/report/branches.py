"""Several solutions of one game, where they are asked for."""

from __future__ import annotations

from typing import cast

from offramp.equilibrium.all_branches import LARGEST_SEARCH, all_branches
from offramp.equilibrium.histories import HistoryEquilibrium
from offramp.outcomes import Solution, propagate
from offramp.report.answers import BranchAnswer

__all__ = ["SEARCHED", "branch_rows"]

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
