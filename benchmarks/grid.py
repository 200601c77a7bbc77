"""The grid error of a solution, as its certificate gives it."""

from __future__ import annotations

from offramp.equilibrium import Equilibrium

__all__ = ["grid_error"]


def grid_error(equilibrium: Equilibrium) -> float | None:
    return None
