"""How a game is played: its agent logit quantal response equilibrium, and how far to trust it."""

from __future__ import annotations

from offramp.equilibrium.backward_induction import evaluate_strategies, solve, solve_on_grid
from offramp.equilibrium.solution import Equilibrium, Settings
from offramp.equilibrium.stage_game import StageStatus

__all__ = [
    "Equilibrium",
    "Settings",
    "StageStatus",
    "evaluate_strategies",
    "solve",
    "solve_on_grid",
]
