"""Shapley shares: closed forms, the axioms, and drawn orders that agree within their errors."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from offramp.exploration.exchange import Mixtures
from offramp.exploration.shapley import shapley_shares


def mixtures_of(n, slack):
    names = [f"x{k}" for k in range(n)]

    def judge(many):
        return [
            slack(frozenset(int(x[1:]) for x, value in one.items() if value == 1)) for one in many
        ]

    return Mixtures(dict.fromkeys(names, 0), dict.fromkeys(names, 1), judge)


def shares_of(n, slack, seed=1, **options):
    return shapley_shares(mixtures_of(n, slack), np.random.default_rng(seed), **options)


def test_sum_shares_out_as_its_parts():
    parts = [1.5, -2.0, 0.0, 4.0]
    found = shares_of(4, lambda s: 7 + sum(parts[k] for k in s))
    assert found.share == pytest.approx(parts)
    assert found.is_exact
    assert (found.error == 0).all()


def test_glove_game_has_its_known_shares():
    # one left glove (0), two right ones: a pair is worth 1
    found = shares_of(3, lambda s: float(0 in s and len(s) > 1))
    assert found.share == pytest.approx([2 / 3, 1 / 6, 1 / 6])


def test_airport_game_has_its_known_shares():
    # who needs the longest runway pays for it: cost of a set is its greatest member's
    cost = [1.0, 4.0, 6.0, 10.0]
    found = shares_of(4, lambda s: max((cost[k] for k in s), default=0.0))
    assert found.share == pytest.approx([1 / 4, 1 / 4 + 1, 1 / 4 + 1 + 1, 1 / 4 + 1 + 1 + 4])


def random_table(n, seed):
    generator = np.random.default_rng(seed)
    return {
        frozenset(one): float(generator.normal())
        for k in range(n + 1)
        for one in itertools.combinations(range(n), k)
    }


@given(st.integers(1, 6), st.integers(0, 2**16))
def test_shares_are_the_mean_over_all_orders_and_sum_to_the_gap(n, seed):
    table = random_table(n, seed)
    found = shares_of(n, table.__getitem__)
    orders = list(itertools.permutations(range(n)))
    for k in range(n):
        moved = [
            table[frozenset(order[: order.index(k) + 1])]
            - table[frozenset(order[: order.index(k)])]
            for order in orders
        ]
        assert found.share[k] == pytest.approx(math.fsum(moved) / len(orders), abs=1e-12)
    assert abs(found.share.sum() - found.gap) < 1e-9
    assert found.gap == pytest.approx(table[frozenset(range(n))] - table[frozenset()])


def test_ten_exact_shares_sum_to_the_gap():
    found = shares_of(10, random_table(10, 3).__getitem__)
    assert found.is_exact
    assert abs(found.share.sum() - found.gap) < 1e-9


def test_drawn_shares_lie_within_their_errors_and_sum_to_the_gap():
    n = 7
    table = random_table(n, 5)
    exact = shares_of(n, table.__getitem__).share
    misses = []
    for seed in range(40):
        drawn = shares_of(n, table.__getitem__, seed=seed, n_pairs=40, exact_up_to=0)
        assert drawn.n_orders == 80
        assert abs(drawn.share.sum() - drawn.gap) < 1e-9
        misses.append((drawn.share - exact) / drawn.error)
    # unit variance, if the errors are right: 280 values, though not independent
    assert np.sqrt(np.mean(np.square(misses))) == pytest.approx(1, abs=0.2)


def test_reverses_make_shares_of_pairwise_effects_exact():
    # with effects of singles and pairs only, an order and its reverse cancel
    generator = np.random.default_rng(2)
    effect = generator.normal(size=(12, 12))

    def slack(s):
        chosen = sorted(s)
        return float(effect[np.ix_(chosen, chosen)].sum())

    drawn = shares_of(12, slack, n_pairs=2)
    assert not drawn.is_exact
    both = effect + effect.T
    assert drawn.share == pytest.approx(both.sum(axis=0) / 2)
    assert drawn.error == pytest.approx(np.zeros(12), abs=1e-12)


def test_same_seed_draws_the_same_orders():
    table = random_table(6, 5)

    def share(seed: int) -> list[float]:
        return shares_of(6, table.__getitem__, seed=seed, n_pairs=3, exact_up_to=0).share.tolist()

    assert share(1) == share(1)
    assert share(1) != share(2)


def test_slack_that_does_not_arise_leaves_no_share():
    found = shares_of(3, lambda s: math.inf if s == {0} else float(len(s)))
    assert np.isnan(found.share).all()


def test_camps_that_agree_in_everything_have_no_shares():
    found = shares_of(0, lambda s: 1.0)
    assert found.share.size == 0
    assert found.gap == 0
