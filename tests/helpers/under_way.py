"""Scenarios that are not complete yet: what is asked of a complete one is skipped, and says so.

Take a name out when its claims are written and its answers stored; remove this file with the last.
"""

from __future__ import annotations

import pytest

__all__ = ["UNDER_WAY", "skip_under_way"]

UNDER_WAY = frozenset(
    {
        "campaign-2014-2026",
    }
)


def skip_under_way(*names: str) -> None:
    """Skip a test that asks for what is not there yet."""
    waiting = sorted(set(names) & UNDER_WAY)
    if waiting:
        pytest.skip(f"under way: {', '.join(waiting)}")
