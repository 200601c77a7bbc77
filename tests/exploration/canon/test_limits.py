"""Limits of sequences that are known."""

from __future__ import annotations

import numpy as np
import pytest

from offramp.exploration.canon.limits import N_RUNGS, extrapolate

STEPS = 20.0 * 2.0 ** np.arange(N_RUNGS)


def test_powers_of_one_over_precision_are_removed() -> None:
    sequence = 0.3 + 2 / STEPS - 4 / STEPS**2 + 5 / STEPS**3
    limit = extrapolate(sequence, "reciprocal")
    assert limit.value == pytest.approx(0.3, abs=1e-12)
    assert limit.as_expected
    assert limit.order == pytest.approx(1.0, abs=0.1)


def test_an_exponentially_small_part_at_the_first_steps_does_no_harm() -> None:
    sequence = 0.3 + 2 / STEPS + np.exp(-STEPS / 10)
    assert extrapolate(sequence, "reciprocal").value == pytest.approx(0.3, abs=1e-6)


def test_the_last_value_is_the_limit_where_the_distance_falls_exponentially() -> None:
    limit = extrapolate(1.0 - np.exp(-STEPS), "exponential")
    assert limit.value == 1.0
    assert limit.as_expected
    assert limit.order == np.inf


@pytest.mark.parametrize(
    ("sequence", "rate"),
    [
        (0.3 + STEPS**-0.5, "reciprocal"),  # falls more slowly than the theory says
        (0.3 + 1 / STEPS, "exponential"),
        (0.3 + np.log(STEPS) * 0.1, "reciprocal"),  # does not fall at all
    ],
)
def test_another_rate_than_the_theory_gives_is_told(sequence: np.ndarray, rate: str) -> None:
    assert not extrapolate(sequence, rate).as_expected  # type: ignore[arg-type]


def test_a_chance_of_nothing_is_not_extrapolated_below_nothing() -> None:
    sequence = 1e-3 * np.exp(-STEPS)
    assert extrapolate(sequence, "reciprocal").value >= 0.0
