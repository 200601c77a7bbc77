"""Other solutions of a whole tree than the one that the principal branch leads to.

Newton's method, its steps bounded, is started at the full precisions from even play and from many
random strategies, mixed and nearly pure; what it finds is kept once each. That finds solutions, and
does not prove that there are no more.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from offramp.equilibrium.branch import Branch, polish
from offramp.equilibrium.histories import TOLERANCE, HistoryEquilibrium, HistorySystem

__all__ = ["N_STARTS", "all_branches", "most_mixed"]

N_STARTS = 64
SEED = 1913  # of the random starts; any number would do
SPREADS = (0.5, 2.0, 8.0)  # of the starting logits: from well mixed to nearly pure
LARGEST_STEP = 2.0  # of Newton's method, in logits: further off, its prediction means nothing
MAX_STEPS = 80
SAME = 1e-6  # of probabilities: solutions closer than this are one
GOOD = 1e-8  # of a residual


def all_branches(
    equilibrium: HistoryEquilibrium, n_starts: int = N_STARTS
) -> tuple[HistoryEquilibrium, ...]:
    """Return the solution itself, then all others that are found, the most mixed ones first."""
    found = [equilibrium]
    system = HistorySystem(equilibrium.tree, equilibrium.basis)
    if system.has_exact or not system.n_unknown:
        return (equilibrium,)
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
    return (equilibrium, *sorted(found[1:], key=_surest, reverse=True))


def most_mixed(equilibrium: HistoryEquilibrium) -> HistoryEquilibrium:
    """Return the solution in which the least likely act of any information set is likeliest."""
    return max(all_branches(equilibrium), key=_surest)


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


def _surest(equilibrium: HistoryEquilibrium) -> float:
    """Return the log probability of the least likely act of all."""
    chosen = equilibrium.log_strategy_entries
    return float(chosen[np.isfinite(chosen)].min())
