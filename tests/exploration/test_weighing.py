"""Weights: refused where they mean nothing, and equal ones change nothing."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from offramp.exploration.weighing import effective_worlds, even_out, weighted_quantile


@pytest.mark.parametrize(
    "weights", [[1.0, -1.0], [0.0, 0.0], [1.0, np.nan], [1.0, np.inf], [1.0, 1.0, 1.0]]
)
def test_weights_that_mean_nothing_are_refused(weights):
    with pytest.raises(ValueError, match="weights"):
        even_out(np.array(weights), 2)


def test_no_worlds_are_refused():
    with pytest.raises(ValueError, match="no worlds"):
        even_out(None, 0)


def test_equal_weights_are_as_many_worlds_and_one_heavy_world_is_one():
    assert effective_worlds(np.ones(40)) == pytest.approx(40)
    assert effective_worlds(np.array([1e9, 1.0, 1.0])) == pytest.approx(1)


@given(st.lists(st.integers(-5, 5), min_size=1, max_size=30), st.floats(0, 1))
def test_quantile_is_the_inverse_of_the_distribution_function(values, share):
    given_ = np.array(values, dtype=float)
    found = weighted_quantile(given_, share, even_out(None, given_.size))
    assert found == np.quantile(given_, share, method="inverted_cdf")


def test_world_of_weight_zero_is_no_quantile():
    values = np.array([0.0, 1.0, 2.0])
    assert weighted_quantile(values, 0.0, np.array([0.0, 0.5, 0.5])) == 1
    assert weighted_quantile(values, 1.0, np.array([0.5, 0.5, 0.0])) == 1
