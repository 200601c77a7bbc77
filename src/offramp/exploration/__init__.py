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
from offramp.exploration.quantities import Asked, Quantity, ask
from offramp.exploration.sweeps import Axis, Sweep, read_axis, sweep

__all__ = [
    "Asked",
    "Axis",
    "Draw",
    "Laid",
    "Quantity",
    "Solve",
    "SolvedCase",
    "Spread",
    "Sweep",
    "ask",
    "plan_solves",
    "read_axis",
    "solve_cases",
    "solve_one",
    "spread_settings",
    "sweep",
    "view_spread",
    "wanted_cases",
]
