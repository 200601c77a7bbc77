"""How it ends: exact distributions over outcomes and time, and the measures read off them."""

from __future__ import annotations

from offramp.outcomes.beliefs import Calibration
from offramp.outcomes.paths import Moment, Story, sample_paths
from offramp.outcomes.play import Solution
from offramp.outcomes.propagate import propagate
from offramp.outcomes.result import Acts, Outcomes, optional_library

__all__ = [
    "Acts",
    "Calibration",
    "Moment",
    "Outcomes",
    "Solution",
    "Story",
    "optional_library",
    "propagate",
    "sample_paths",
]
