"""How it ends: exact distributions over outcomes and time, and the measures read off them."""

from __future__ import annotations

from offramp.outcomes.play import Solution
from offramp.outcomes.propagate import propagate
from offramp.outcomes.result import Acts, Outcomes

__all__ = ["Acts", "Outcomes", "Solution", "propagate"]
