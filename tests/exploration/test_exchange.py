"""The crux: planted singles, pairs and triples are found both ways, and none where there is none."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from offramp.exploration.exchange import Mixtures, find_crux


class Counted:
    """A judge of a function of the set of names at 1; keeps what it was asked."""

    def __init__(self, slack):
        self.slack = slack
        self.asked = []
        self.batches = 0

    def __call__(self, many):
        self.batches += 1
        self.asked += [frozenset(name for name, value in one.items() if value == 1) for one in many]
        return [self.slack(frozenset(n for n, value in one.items() if value == 1)) for one in many]


def camps(n: int):
    names = [f"x{k}" for k in range(n)]
    return dict.fromkeys(names, 0.0), dict.fromkeys(names, 1.0)


def crux_of(n, slack, **options):
    judge = Counted(slack)
    found = find_crux(Mixtures(*camps(n), judge), **options)
    assert len(judge.asked) == len(set(judge.asked)) == found.n_judged  # each mixture once
    return found, judge


def sets_of(direction):
    return [one.names for one in direction.turning]


def test_single_that_decides_is_found_both_ways():
    found, judge = crux_of(6, lambda s: 1.0 if "x3" in s else -1.0)
    assert found.is_disputed
    assert sets_of(found.first_gives_way) == [("x3",)]
    assert sets_of(found.second_gives_way) == [("x3",)]
    assert found.first_gives_way.rest == ("x0", "x1", "x2", "x4", "x5")
    assert not found.first_gives_way.rest_turns
    assert found.first_gives_way.rest_slack == -1
    assert found.first_gives_way.idle().tolist() == [True, True, True, False, True, True]
    assert judge.batches < 10


def test_pair_is_found_where_either_alone_does_nothing():
    # 22 assumptions; the second camp's verdict needs both: either one given back undoes it
    found, _ = crux_of(22, lambda s: 1.0 if {"x4", "x17"} <= s else -1.0)
    assert sets_of(found.first_gives_way) == [("x4", "x17")]
    assert found.first_gives_way.turning[0].is_smallest
    assert sets_of(found.second_gives_way) == [("x4",), ("x17",)]
    assert len(found.first_gives_way.rest) == 20
    assert not found.first_gives_way.rest_turns
    # both camps, singles and pairs either way, the pairs of 20 in the second, and the two rests
    assert found.n_judged <= 2 + 2 * 22 + 2 * 231 + 2


def test_triple_is_found_and_is_the_smallest_of_its_subsets():
    def slack(s):
        return len(s & {"x1", "x5", "x6"}) - 2.5 + 0.01 * len(s & {"x2", "x3"})

    found, _ = crux_of(9, slack)
    [only] = found.first_gives_way.turning
    assert only.names == ("x1", "x5", "x6")
    assert only.slack == pytest.approx(0.5)
    assert only.is_smallest
    assert found.first_gives_way.tried_up_to == 2


def test_greedy_set_is_thinned_to_one_that_has_no_turning_part():
    # the climb takes the lure first, which the four that turn do not need
    def slack(s):
        four = len(s & {"x0", "x1", "x2", "x3"})
        return four - 3.5 + 0.3 * ("x4" in s) * (four < 4) + 2 * ("x4" in s and four == 0)

    found, judge = crux_of(7, slack)
    [only] = found.first_gives_way.turning
    assert only.names == ("x0", "x1", "x2", "x3")
    assert only.is_smallest
    parts = itertools.chain.from_iterable(itertools.combinations(only.names, k) for k in range(4))
    assert all(slack(frozenset(part)) < 0 for part in parts)
    assert {frozenset(part) for part in itertools.combinations(only.names, 3)} <= set(judge.asked)


def test_none_is_said_where_no_set_within_the_limit_turns():
    found, _ = crux_of(9, lambda s: 1.0 if len(s) == 9 else -1.0, largest=5)
    assert found.is_disputed
    assert found.first_gives_way.turning == ()
    assert len(found.first_gives_way.rest) == 9
    assert np.isnan(found.first_gives_way.rest_slack)
    assert len(found.second_gives_way.turning) == 9  # any single one undoes it


def test_whole_exchange_is_found_where_all_are_needed():
    found, _ = crux_of(5, lambda s: len(s) - 4.5)
    assert sets_of(found.first_gives_way) == [("x0", "x1", "x2", "x3", "x4")]


def test_camps_that_agree_have_no_crux():
    found, _ = crux_of(4, lambda s: 1.0 + len(s))
    assert not found.is_disputed
    assert found.first_gives_way.turning == ()
    assert found.first_gives_way.alone.tolist() == [2, 2, 2, 2]


@pytest.mark.parametrize("slack", [0.0, np.nan])
def test_verdict_of_no_sign_is_disputed_by_nobody(slack):
    found, _ = crux_of(3, lambda s: slack if len(s) == 3 else -1.0)
    assert not found.is_disputed


def test_what_does_not_arise_turns_nothing():
    found, _ = crux_of(4, lambda s: np.nan if s == {"x0"} else 1.0 if "x1" in s else -1.0)
    assert sets_of(found.first_gives_way) == [("x1",)]


def test_assumptions_settled_alike_are_not_exchanged():
    first = {"a": 0.0, "m": "asserted", "same": 3.0}
    second = {"same": 3.0, "m": "rival", "a": 1.0}
    mixtures = Mixtures(
        first, second, lambda many: [1.0 if x["m"] == "rival" else -1.0 for x in many]
    )
    assert mixtures.differing == ("a", "m")
    assert sets_of(find_crux(mixtures).first_gives_way) == [("m",)]
    with pytest.raises(ValueError, match="only one camp settles b"):
        Mixtures(first, {**second, "b": 1.0}, lambda many: many)


@given(st.lists(st.floats(-2, 2), min_size=2, max_size=6), st.floats(0.1, 3))
def test_singles_and_pairs_are_those_that_trying_everything_finds(parts, distance):
    size = dict(zip(camps(len(parts))[0], parts, strict=True))

    def slack(s):
        return sum(size[name] for name in s) - distance

    found, _ = crux_of(len(parts), slack)
    if not found.is_disputed:
        assert slack(size) <= 0
        return
    smallest = []
    for k in (1, 2):
        for one in itertools.combinations(size, k):
            if slack(one) > 0 and not any(set(x) <= set(one) for x in smallest):
                smallest.append(one)
    if smallest:
        assert sets_of(found.first_gives_way) == smallest
    for turning in found.first_gives_way.turning:
        assert turning.slack > 0
        for k in range(1, len(turning.names)):
            assert all(slack(part) <= 0 for part in itertools.combinations(turning.names, k))


@given(st.integers(3, 6), st.integers(0, 2**16))
def test_swapped_camps_swap_the_directions(n, seed):
    generator = np.random.default_rng(seed)
    table = {
        frozenset(one): generator.normal()
        for k in range(n + 1)
        for one in itertools.combinations(camps(n)[0], k)
    }
    first, second = camps(n)
    one = find_crux(Mixtures(first, second, Counted(table.__getitem__)))
    other = find_crux(Mixtures(second, first, Counted(table.__getitem__)))
    assert sets_of(one.first_gives_way) == sets_of(other.second_gives_way)
    assert sets_of(one.second_gives_way) == sets_of(other.first_gives_way)
