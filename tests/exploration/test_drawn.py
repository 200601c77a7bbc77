"""Drawn as columns, and worlds in classes of one of them."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import rankdata

from offramp.exploration.drawn import class_count, class_worlds, gather_assumptions


def test_settings_are_numbered_alphabetically_and_numbers_stay():
    found = gather_assumptions({"x": [0.5, 2.0, 1.0], "m": ["rival", "asserted", "rival"]})
    assert found.names == ("x", "m")
    assert found.settings == ((), ("asserted", "rival"))
    assert found.value.tolist() == [[0.5, 1], [2, 0], [1, 1]]
    assert found.of_worlds(np.array([True, False, True])).value.tolist() == [[0.5, 1], [1, 1]]


@pytest.mark.parametrize("columns", [{}, {"x": [1.0], "y": [1.0, 2.0]}, {"x": [1.0, np.nan]}])
def test_columns_that_are_none_are_refused(columns):
    with pytest.raises(ValueError, match=r"columns|finite"):
        gather_assumptions(columns)


def test_classes_of_numbers_are_of_equal_weight():
    column = np.random.default_rng(1).normal(size=1000)
    even = class_worlds(column, False, 8, np.full(1000, 1 / 1000))
    assert np.bincount(even).tolist() == [125] * 8
    assert (np.diff(even[np.argsort(column)]) >= 0).all()
    weights = np.where(column > 0, 3.0, 1.0)
    weights /= weights.sum()
    uneven = class_worlds(column, False, 8, weights)
    assert np.bincount(uneven, weights) == pytest.approx([1 / 8] * 8, abs=4 / 1000)


def test_settings_and_few_values_are_their_own_classes():
    column = np.array([0.25, 1.0, 0.25, 4.0])
    assert class_worlds(column, False, 3, np.full(4, 1 / 4)).tolist() == [0, 1, 0, 2]
    assert class_worlds(column, True, 2, np.full(4, 1 / 4)).tolist() == [0, 1, 0, 2]


@pytest.mark.parametrize("n_worlds", [20, 137, 500, 1500, 10_000])
def test_classes_are_those_of_salib(n_worlds):
    exponent = 2.0 / (7.0 + np.tanh((1500.0 - n_worlds) / 500.0))
    n_classes = int(np.round(min(int(np.ceil(n_worlds**exponent)), 48)))
    assert class_count(n_worlds) == n_classes
    column = np.random.default_rng(n_worlds).random(n_worlds)
    edges = np.linspace(0, n_worlds, n_classes + 1)
    rank = rankdata(column, method="ordinal")
    theirs = np.searchsorted(edges, rank, side="left") - 1  # (edge, next edge]
    ours = class_worlds(column, False, n_classes, np.full(n_worlds, 1 / n_worlds))
    assert (ours == theirs).all()
