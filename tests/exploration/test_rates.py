"""Rates: judged by factors of the reference range, whatever the world."""

from __future__ import annotations

import pytest

from offramp.exploration.rates import judge_rate


@pytest.mark.parametrize(
    ("rate", "verdict"),
    [
        (0.01, "in range"),
        (0.08, "in range"),
        (0.0034, "passes"),
        (0.23, "passes"),
        (0.0032, "misses"),
        (0.9, "misses"),
        (0.0003, "absurd"),
        (0.0, "absurd"),
        (float("nan"), "never happens"),
    ],
)
def test_rate_is_judged_by_its_distance_from_the_range(rate, verdict):
    assert judge_rate(rate, 0.01, 0.08) == verdict
