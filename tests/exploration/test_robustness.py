"""Policies under doubt: by hand on a table, and what must hold of any table."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from offramp.exploration.robustness import (
    best_share,
    find_frontier,
    find_gains,
    find_regret,
    frontier_share,
    satisficing_share,
    worst_case,
)

# four worlds, three policies; lower is better
RISK = np.array([[0.1, 0.2, 0.2], [0.4, 0.2, 0.3], [0.3, 0.3, 0.9], [0.5, 0.4, 0.1]])
WEIGHT = np.array([4.0, 3.0, 2.0, 1.0])

tables = arrays(
    float, st.tuples(st.integers(1, 12), st.integers(1, 4)), elements=st.integers(-3, 3).map(float)
)


def test_regret_by_hand():
    found = find_regret(RISK, "lower", WEIGHT)
    assert found.in_world == pytest.approx(
        np.array([[0, 0.1, 0.1], [0.2, 0, 0.1], [0, 0, 0.6], [0.4, 0.3, 0]])
    )
    assert found.mean == pytest.approx([0.1, 0.07, 0.19])
    assert found.high == pytest.approx([0.2, 0.1, 0.6])
    assert found.greatest == pytest.approx([0.4, 0.3, 0.6])


def test_satisficing_share_by_hand():
    assert satisficing_share(RISK, 0.3, "lower", WEIGHT) == pytest.approx([0.6, 0.9, 0.8])
    assert satisficing_share(RISK, 0.3, "higher", WEIGHT) == pytest.approx([0.6, 0.3, 0.5])


def test_worst_case_by_hand():
    found = worst_case(RISK, "lower", WEIGHT)
    assert found.value == pytest.approx([0.5, 0.4, 0.9])
    assert found.world.tolist() == [3, 3, 2]
    assert worst_case(RISK, "lower", WEIGHT, share=0.3).seldom_worse == pytest.approx(
        [0.4, 0.3, 0.3]
    )
    assert worst_case(RISK, "higher", WEIGHT).value == pytest.approx([0.1, 0.2, 0.1])


def test_equally_good_policies_share_a_world():
    assert best_share(RISK, "lower", WEIGHT) == pytest.approx([0.4 + 0.1, 0.3 + 0.1, 0.1])


def test_gains_and_losses_are_each_players_own():
    value = np.zeros((4, 2, 2))
    value[:, 1, 0] = [1, 2, -1, 0.5]
    value[:, 1, 1] = [-1, -0.2, 0, 0]
    found = find_gains(value, 0, 0.5, WEIGHT)
    assert found.gain[1] == pytest.approx([0.7, 0])
    assert found.loss[1] == pytest.approx([0.2, 0.4])
    assert found.mean[1] == pytest.approx([0.85, -0.46])
    assert (found.gain[0] == 0).all()
    assert (found.loss[0] == 0).all()
    each = find_gains(value, 0, np.array([0.5, 0.1]), WEIGHT)
    assert each.loss[1] == pytest.approx([0.2, 0.7])


def test_frontier_by_hand():
    # risk (lower) and value (higher): the third is beaten by the first, the last equals the second
    means = np.array([[0.1, 1.0], [0.3, 2.0], [0.2, 1.0], [0.3, 2.0]])
    assert find_frontier(means, ("lower", "higher")).tolist() == [True, True, False, True]
    worlds = np.stack([means, means[[2, 1, 0, 3]]])
    share = frontier_share(worlds, ("lower", "higher"), np.array([3.0, 1.0]))
    assert share == pytest.approx([0.75, 1, 0.25, 1])


def test_worlds_without_a_measure_are_left_out_for_all_policies():
    holed = np.vstack([RISK, [0.0, np.nan, 0.0]])
    weight = np.append(WEIGHT, 50.0)
    assert find_regret(holed, "lower", weight).mean == pytest.approx(
        find_regret(RISK, "lower", WEIGHT).mean
    )
    assert np.isnan(find_regret(holed, "lower", weight).in_world[4]).all()
    assert find_regret(holed, "lower", weight).n_worlds == 4
    assert best_share(holed, "lower", weight) == pytest.approx(best_share(RISK, "lower", WEIGHT))
    first = worst_case(np.vstack([[np.nan] * 3, RISK]), "lower")
    assert first.world.tolist() == [4, 4, 3]  # among all worlds, not among those left
    with pytest.raises(ValueError, match="no world"):
        find_regret(np.full((2, 2), np.nan), "lower")


def test_world_of_weight_zero_is_neither_worst_nor_regretted():
    weight = np.array([1.0, 1.0, 0.0, 0.0])
    assert worst_case(RISK, "lower", weight).value == pytest.approx([0.4, 0.2, 0.3])
    assert find_regret(RISK, "lower", weight).greatest == pytest.approx([0.2, 0.1, 0.1])


@given(tables)
def test_somebody_has_no_regret_in_every_world(table):
    found = find_regret(table, "lower")
    assert (found.in_world >= 0).all()
    assert (found.in_world.min(axis=1) == 0).all()
    assert best_share(table, "lower").sum() == pytest.approx(1)
    # the same table turned over
    turned = find_regret(-table, "higher")
    assert turned.in_world.tolist() == found.in_world.tolist()


@given(tables, st.randoms())
def test_relabelled_policies_are_judged_alike(table, random):
    order = list(range(table.shape[1]))
    random.shuffle(order)
    assert find_regret(table[:, order], "lower").mean == pytest.approx(
        find_regret(table, "lower").mean[order]
    )
    assert best_share(table[:, order], "lower") == pytest.approx(best_share(table, "lower")[order])


@given(
    arrays(float, st.tuples(st.integers(1, 6), st.just(2)), elements=st.integers(0, 3).map(float))
)
def test_frontier_is_what_plain_comparison_finds(points):
    found = find_frontier(points, ("lower", "higher"))
    for k, (x, y) in enumerate(points):
        beaten = any((a <= x and b >= y) and (a < x or b > y) for a, b in points)
        assert found[k] == (not beaten)
    assert found.any()
