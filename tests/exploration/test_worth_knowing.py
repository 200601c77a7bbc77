"""What knowing is worth: closed forms lie between the two estimates, and nothing is worth nothing."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm

from offramp.exploration.drawn import Drawn
from offramp.exploration.worth_knowing import find_worth


def risky_or_safe(n_worlds: int, seed: int, mean: float = 0.5):
    """Safe is worth 0; risky is worth x, or 1 or -1 by a setting, with noise."""
    generator = np.random.default_rng(seed)
    x, other = generator.normal(mean, 1, n_worlds), generator.random(n_worlds)
    setting = (generator.random(n_worlds) < 0.3).astype(float)
    worlds = Drawn(
        ("x", "other", "m"), ((), (), ("asserted", "rival")), np.column_stack([x, other, setting])
    )
    return worlds, generator


def test_worth_of_a_normal_number_is_that_of_the_closed_form():
    worlds, generator = risky_or_safe(6000, 1)
    value = np.column_stack([np.zeros(6000), worlds.value[:, 0] + generator.normal(size=6000)])
    true = norm.pdf(0.5) + 0.5 * norm.cdf(0.5) - 0.5  # E max(x, 0) less the mean
    found = find_worth(worlds, value, np.random.default_rng(1), n_deals=40)
    assert found.chosen == 1
    assert found.estimate[0] == pytest.approx(true, abs=0.03)
    assert found.cautious[0] == pytest.approx(true, abs=0.03)
    assert found.stands_out().tolist() == [True, False, False]
    # of the sum of x and its noise, all known: normal with variance 2
    whole = np.sqrt(2) * norm.pdf(0.5 / np.sqrt(2)) + 0.5 * norm.cdf(0.5 / np.sqrt(2)) - 0.5
    assert found.everything == pytest.approx(whole, abs=0.03)


def test_worth_of_a_setting_is_that_of_the_closed_form():
    # asserted in 0.7 of the worlds: risky is worth 1 there, else -1; on average 0.4
    worlds, generator = risky_or_safe(6000, 2)
    gain = np.where(worlds.value[:, 2] == 0, 1.0, -1.0) + generator.normal(size=6000)
    found = find_worth(
        worlds, np.column_stack([np.zeros(6000), gain]), np.random.default_rng(1), n_deals=40
    )
    assert found.estimate[2] == pytest.approx(0.7 - 0.4, abs=0.04)
    assert found.stands_out().tolist() == [False, False, True]


def test_true_worth_lies_between_both_estimates_where_the_first_choice_is_clear():
    true = norm.pdf(0.5) + 0.5 * norm.cdf(0.5) - 0.5
    estimates, cautious = [], []
    for seed in range(80):
        worlds, generator = risky_or_safe(300, seed)
        value = np.column_stack(
            [np.zeros(300), worlds.value[:, 0] + 2 * generator.normal(size=300)]
        )
        found = find_worth(worlds, value, np.random.default_rng(1), n_deals=1)
        estimates.append(found.estimate[0])
        cautious.append(found.cautious[0])
    assert np.mean(cautious) < true < np.mean(estimates)


def test_nothing_stands_out_where_nothing_can_be_known():
    outstanding = 0
    for seed in range(20):
        worlds, generator = risky_or_safe(200, seed)
        value = generator.normal(size=(200, 3))
        found = find_worth(worlds, value, np.random.default_rng(1), n_deals=60)
        outstanding += int(found.stands_out().sum())
        assert found.chance == pytest.approx(found.estimate, abs=0.25)
    assert outstanding <= 9  # of 60, each with a chance of a twentieth


@pytest.mark.parametrize("seed", range(8))
def test_assumption_that_never_changes_the_choice_is_worth_exactly_nothing(seed):
    worlds, generator = risky_or_safe(2000, seed)
    value = np.column_stack([worlds.value[:, 1], worlds.value[:, 1] + 0.1])
    weights = generator.random(2000)
    found = find_worth(worlds, value, np.random.default_rng(1), weights=weights, n_deals=5)
    assert (found.estimate == 0).all()
    assert not found.stands_out().any()
    assert found.cautious == pytest.approx(np.zeros(3))
    assert found.everything == pytest.approx(0)


@given(st.integers(0, 2**16))
def test_worth_lies_between_nothing_and_everything(seed):
    generator = np.random.default_rng(seed)
    worlds, _ = risky_or_safe(60, seed)
    value = generator.normal(size=(60, 3))
    weights = generator.random(60)
    found = find_worth(worlds, value, np.random.default_rng(1), weights=weights, n_deals=2)
    assert (found.estimate >= 0).all()
    assert (found.estimate <= found.everything + 1e-12).all()
    turned = find_worth(
        worlds, -value, np.random.default_rng(1), better="lower", weights=weights, n_deals=2
    )
    assert turned.estimate.tolist() == found.estimate.tolist()


def test_worlds_without_a_value_are_left_out_and_the_rest_refused_if_too_few():
    worlds, generator = risky_or_safe(50, 4)
    value = generator.normal(size=(50, 2))
    value[10:, 1] = np.nan
    few = find_worth(worlds, value, np.random.default_rng(1), n_deals=2)
    part = find_worth(
        worlds.of_worlds(np.arange(10)), value[:10], np.random.default_rng(1), n_deals=2
    )
    assert few.n_worlds == 10
    assert few.estimate.tolist() == part.estimate.tolist()
    with pytest.raises(ValueError, match="worlds"):
        find_worth(worlds, np.full((50, 2), np.nan), np.random.default_rng(1))
