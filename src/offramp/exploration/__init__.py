"""What if: the cases of a scenario side by side, and the worlds that its assumptions span."""

from __future__ import annotations

from offramp.exploration.cases import (
    Laid,
    Solve,
    SolvedCase,
    plan_solves,
    solve_cases,
    solve_one,
    view_spread,
    wanted_cases,
)
from offramp.exploration.design import Draw, Spread, spread_settings

__all__ = [
    "Draw",
    "Laid",
    "Solve",
    "SolvedCase",
    "Spread",
    "plan_solves",
    "solve_cases",
    "solve_one",
    "spread_settings",
    "view_spread",
    "wanted_cases",
]
