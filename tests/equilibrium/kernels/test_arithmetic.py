"""The exponential and the logarithm of the inner loops, held against the library's."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from offramp.equilibrium.kernels.arithmetic import fast_exp, fast_log

ULP = 2.3e-16  # one unit in the last place, relative, of a double


@given(st.floats(-707.9, 709.0))
def test_exponential_is_exact_to_the_last_place(x):
    assert fast_exp(x) == pytest.approx(math.exp(x), rel=2 * ULP, abs=0.0)


@given(st.floats(1e-300, 1e300))
def test_logarithm_is_exact_to_the_last_places(x):
    assert fast_log(x) == pytest.approx(math.log(x), rel=3 * ULP, abs=0.0)


@given(st.floats(-1e-6, 1e-6))
def test_logarithm_keeps_its_digits_near_one(x):
    assert fast_log(1.0 + x) == pytest.approx(math.log(1.0 + x), rel=3 * ULP, abs=0.0)


@pytest.mark.parametrize("x", [-708.5, -1e4, -1e300, -np.inf])
def test_exponential_of_what_would_be_subnormal_is_zero(x):
    assert fast_exp(x) == 0.0


def test_certain_acts_have_log_probability_zero_exactly():
    assert fast_exp(0.0) == 1.0
    assert fast_log(1.0) == 0.0


def test_compilation_changes_no_digit():
    for x in np.linspace(-40.0, 0.0, 17):
        assert fast_exp(x) == pytest.approx(fast_exp.py_func(np.float64(x)), rel=2 * ULP)
