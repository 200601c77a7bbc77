"""Thresholds: every flip is found, bracketed and called what it is, and few values are asked for."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from offramp.exploration.thresholds import find_thresholds


class Counted:
    """A slack that keeps what it was asked."""

    def __init__(self, slack):
        self.slack = slack
        self.batches = []

    def __call__(self, values):
        self.batches.append(list(values))
        return [self.slack(value) for value in values]


def test_single_crossing_is_found_to_the_tolerance():
    slack = Counted(lambda x: x**3 - 2)
    found = find_thresholds(slack, 0, 3, tolerance=1e-6)
    [flip] = found.flips
    assert flip.value == pytest.approx(2 ** (1 / 3), abs=3e-6)
    assert flip.low <= 2 ** (1 / 3) <= flip.high
    assert flip.high - flip.low <= 3.1e-6
    assert (flip.kind, flip.stands_above) == ("crossing", True)
    assert not found.is_settled
    asked = [value for batch in slack.batches for value in batch]
    assert found.n_evaluations == len(asked) == len(set(asked))
    assert len(slack.batches[0]) == 9  # the grid in one batch
    assert len(asked) < 9 + 15


def test_no_value_in_range_turns_what_always_stands():
    found = find_thresholds(Counted(lambda x: 1 + x * x), -1, 1)
    assert found.flips == ()
    assert found.is_settled
    assert found.n_evaluations == 9


def test_two_flips_between_ends_of_one_verdict_are_both_seen():
    found = find_thresholds(Counted(lambda x: (x - 0.3) * (x - 0.7)), 0, 1)
    assert [flip.value for flip in found.flips] == pytest.approx([0.3, 0.7], abs=1e-4)
    assert [flip.stands_above for flip in found.flips] == [False, True]


@given(st.floats(0.01, 0.99), st.floats(0.01, 5), st.floats(0.01, 5))
def test_jump_is_bracketed_and_called_one(place, below, above):
    found = find_thresholds(Counted(lambda x: above if x > place else -below), 0, 1)
    [flip] = found.flips
    assert flip.kind == "jump"
    assert flip.low <= place <= flip.high
    assert flip.high - flip.low <= 1.1e-4
    assert (flip.slack_low, flip.slack_high) == (-below, above)


@given(st.floats(0.01, 0.99), st.floats(0.2, 30))
def test_steep_crossing_is_no_jump(place, slope):
    [flip] = find_thresholds(Counted(lambda x: math.tanh(slope * (x - place))), 0, 1).flips
    assert flip.kind == "crossing"
    assert flip.value == pytest.approx(place, abs=1.1e-4)


def test_log_range_is_searched_by_ratio():
    slack = Counted(lambda x: math.log10(x) - 0.25)
    found = find_thresholds(slack, 0.01, 100, is_log=True, n_inner=3)
    assert found.value == pytest.approx([0.01, 0.1, 1, 10, 100])
    assert [flip.value for flip in found.flips] == pytest.approx([10**0.25], rel=1e-3)


def test_infinite_slack_counts_by_its_sign():
    found = find_thresholds(Counted(lambda x: math.inf if x > 0.4 else -math.inf), 0, 1)
    [flip] = found.flips
    assert flip.low <= 0.4 <= flip.high
    assert flip.high - flip.low <= 1.1e-4
    assert flip.kind == "jump"


def test_slack_of_zero_at_a_value_tried_is_a_flip_there():
    [flip] = find_thresholds(Counted(lambda x: x - 0.5), 0, 1).flips  # 0.5 is on the grid
    assert (flip.value, flip.low, flip.high, flip.kind) == (0.5, 0.5, 0.5, "crossing")
    assert find_thresholds(Counted(lambda x: -abs(x - 0.5)), 0, 1).flips == ()


def test_slack_that_leaves_zero_between_two_values_tried_flips_where_it_leaves():
    [flip] = find_thresholds(Counted(lambda x: max(0.0, x - 0.3)), 0, 1).flips
    assert flip.value == pytest.approx(0.3, abs=1.1e-4)
    assert (flip.kind, flip.stands_above) == ("crossing", True)
    [flip] = find_thresholds(Counted(lambda x: 0.0 if x > 0.7 else 1.0), 0, 1).flips
    assert flip.low <= 0.7 <= flip.high
    assert flip.high - flip.low <= 1.1e-4
    assert (flip.kind, flip.stands_above) == ("jump", False)


def test_question_that_does_not_arise_is_said():
    never = find_thresholds(Counted(lambda x: math.nan), 0, 1)
    assert never.flips == ()
    assert not never.is_settled
    part = find_thresholds(Counted(lambda x: math.nan if 0.3 < x < 0.6 else x - 0.5), 0, 1)
    [flip] = part.flips
    assert flip.kind == "undefined"
    assert flip.low <= 0.3
    assert flip.high >= 0.6
    hidden = find_thresholds(Counted(lambda x: math.nan if 0.29 < x < 0.31 else x - 0.3), 0, 1)
    [flip] = hidden.flips
    assert flip.kind == "undefined"
    assert (flip.low, flip.high) == (0.25, 0.375)


@pytest.mark.parametrize(("low", "high"), [(0.0, 0.97), (0.05, 1.0)])
def test_verdict_that_turns_beside_where_it_does_not_arise_is_seen(low, high):
    turn = 0.95 if low == 0.0 else 0.07  # between an end and the closest value of the grid
    found = find_thresholds(Counted(lambda x: x - turn if low <= x <= high else math.nan), 0, 1)
    [flip] = found.flips
    assert flip.value == pytest.approx(turn, abs=1.1e-4)
    assert flip.kind == "crossing"


def test_further_values_join_the_grid_if_within_the_range():
    found = find_thresholds(Counted(lambda x: 1.0), 0, 1, n_inner=1, also=[0.3, 0.5, 7])
    assert found.value.tolist() == [0, 0.3, 0.5, 1]


@pytest.mark.parametrize(
    ("low", "high", "is_log"), [(1, 1, False), (2, 1, False), (0, 1, True), (0, np.inf, False)]
)
def test_range_that_is_none_is_refused(low, high, is_log):
    with pytest.raises(ValueError, match="between"):
        find_thresholds(lambda values: values, low, high, is_log=is_log)
