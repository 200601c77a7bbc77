"""Worlds weighed by belief, against worlds counted by hand and shares in closed form."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from helpers.planted import PLANTED
from offramp.exploration.ensemble import explore
from offramp.exploration.reweighting import Dial, find_dials, find_extremes, weigh_by
from offramp.scenario import parse_scenario


def dials_of(table, names="abcdefgh"):
    """Dials of columns of true and false."""
    columns = np.array(table, dtype=bool).T
    return tuple(
        Dial(name, "asserted", ("rival",), column, float(column.mean()))
        for name, column in zip(names, columns, strict=False)
    )


def test_beliefs_make_the_shares_that_they_say():
    generator = np.random.default_rng(1)
    dials = dials_of(generator.random((4000, 3)) < [0.5, 0.3, 0.8])
    even = np.full(4000, 1 / 4000)
    weight = weigh_by(even, dials, {"b": 0.9})
    assert weight.sum() == pytest.approx(1)
    assert weight[dials[1].has].sum() == pytest.approx(0.9, abs=1e-12)
    # columns were drawn apart, so that one belief leaves the others nearly as they were
    assert weight[dials[0].has].sum() == pytest.approx(dials[0].drawn, abs=0.03)


def test_a_full_factorial_has_the_shares_of_independent_chances():
    table = list(itertools.product([True, False], repeat=3))
    dials = dials_of(table)
    beliefs = {"a": 0.7, "b": 0.2, "c": 0.6}
    weight = weigh_by(np.full(8, 1 / 8), dials, beliefs)
    for row, found in zip(table, weight, strict=True):
        chances = [p if has else 1 - p for p, has in zip((0.7, 0.2, 0.6), row, strict=True)]
        assert found == pytest.approx(np.prod(chances), abs=1e-15)


def test_extremes_are_those_of_the_corners():
    table = np.array(list(itertools.product([True, False], repeat=3)) * 200)
    dials = dials_of(table)
    a, b, c = table.T
    found = find_extremes(np.full(len(table), 1.0), dials, (a & b) | (a & c))
    # P(a and (b or c)) is greatest where all are believed most, least where all least
    assert found.high == pytest.approx(0.9 * (1 - 0.1**2), abs=1e-9)
    assert found.low == pytest.approx(0.1 * (1 - 0.9**2), abs=1e-9)
    assert min(found.n_low, found.n_high) >= 50


def test_extremes_never_rest_on_fewer_than_fifty_worlds():
    generator = np.random.default_rng(2)
    table = generator.random((300, 8)) < 0.5
    found = find_extremes(np.ones(300), dials_of(table), table.sum(axis=1) >= 5)
    assert found.n_low >= 50 - 1e-6
    assert found.n_high >= 50 - 1e-6
    assert found.low < (table.sum(axis=1) >= 5).mean() < found.high


def test_a_belief_that_is_none_is_refused():
    dials = dials_of([[True], [False]])
    even = np.full(2, 0.5)
    for beliefs in ({"x": 0.5}, {"a": 1.5}):
        with pytest.raises(ValueError, match="beliefs are chances of"):
            weigh_by(even, dials, beliefs)


def test_dials_of_a_run_are_what_has_few_settings():
    run = explore(parse_scenario(PLANTED, "planted.yaml"), worlds=8, grid=2, workers=1)
    [dial] = find_dials(run)
    assert (dial.name, dial.setting, dial.others) == ("setting.wind", "asserted", ("rival",))
    assert dial.drawn == pytest.approx(dial.has.mean())
