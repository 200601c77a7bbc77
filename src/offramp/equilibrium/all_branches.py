"""Other solutions of a whole tree than the one that the principal branch leads to.

Newton's method, its steps bounded, is started at the full precisions from even play and from many
random strategies, mixed and nearly pure; what it finds is kept once each. That finds solutions, and
does not prove that there are no more.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from offramp.equilibrium.branch import Branch, polish
from offramp.equilibrium.histories import TOLERANCE, HistoryEquilibrium, HistorySystem

__all__ = ["LARGEST_SEARCH", "N_STARTS", "Branching", "all_branches", "most_mixed"]

N_STARTS = 64
SEED = 1913  # of the random starts; any number would do
SPREADS = (0.5, 2.0, 8.0)  # of the starting logits: from well mixed to nearly pure
LARGEST_STEP = 2.0  # of Newton's method, in logits: further off, its prediction means nothing
MAX_STEPS = 80
SAME = 1e-6  # of probabilities: solutions closer than this are one
GOOD = 1e-8  # of a residual
LARGEST_SEARCH = 100  # logits; each start costs some fifty linear solves of the whole tree


class Branching(NamedTuple):
    """One solution.

    Attributes:
        is_principal: Whether the principal branch leads to it.
        least: Log probability of the least likely act at any information set.
    """

    solution: HistoryEquilibrium
    is_principal: bool
    least: float


def all_branches(
    equilibrium: HistoryEquilibrium, n_starts: int = N_STARTS
) -> tuple[Branching, ...]:
    """Return the solution itself, then all others that are found, the most mixed ones first.

    Where a player chooses exactly, or the tree has more than `LARGEST_SEARCH` logits, only the
    solution itself.
    """
    first = Branching(equilibrium, True, _least(equilibrium))
    found = [equilibrium]
    system = HistorySystem(equilibrium.tree, equilibrium.basis)
    if system.has_exact or not 0 < system.n_unknown <= LARGEST_SEARCH:
        return (first,)
    system.settle = True
    system.linearise(np.zeros(system.n_unknown), 0.0)
    system.settle = False
    generator = np.random.default_rng(SEED)
    for k in range(n_starts):
        spread = SPREADS[k % len(SPREADS)] if k else 0.0
        start = spread * generator.standard_normal(system.n_unknown)
        other = _solve_from(system, start)
        if other is not None and not any(_same(other, one) for one in found):
            found.append(other)
    others = [Branching(one, False, _least(one)) for one in found[1:]]
    return (first, *sorted(others, key=lambda one: one.least, reverse=True))


def most_mixed(equilibrium: HistoryEquilibrium) -> HistoryEquilibrium:
    """Return the solution in which the least likely act at any information set is likeliest."""
    return max(all_branches(equilibrium), key=lambda one: one.least).solution


def _solve_from(
    system: HistorySystem, x: Float[np.ndarray, "unknown"]
) -> HistoryEquilibrium | None:
    """Return the solution that Newton's method leads to, or None where it leads nowhere."""
    for _ in range(MAX_STEPS):
        at = system.linearise(x, 1.0)
        size = float(np.abs(at.step).max())
        if not np.isfinite(size):
            return None
        x = x + at.step * min(1.0, LARGEST_STEP / max(size, LARGEST_STEP))
        if size < LARGEST_STEP * 1e-3:
            break
    polished = polish(system, x, TOLERANCE)
    if not np.isfinite(polished.residual):
        return None
    found = system.conclude(Branch(polished.x, tau=1.0), polished, True)
    return found if found.residual <= GOOD else None


def _same(one: HistoryEquilibrium, other: HistoryEquilibrium) -> bool:
    return bool(np.abs(one.strategy - other.strategy).max() < SAME)


def _least(equilibrium: HistoryEquilibrium) -> float:
    """Return the log probability of the least likely act of all."""
    chosen = equilibrium.log_strategy_entries
    return float(chosen[np.isfinite(chosen)].min())
