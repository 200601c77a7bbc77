"""Shares of worlds: intervals hold the truth as often as they say, and verdicts are not won cheaply."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from offramp.exploration.shares import (
    FAILS,
    HOLDS,
    UNDECIDED,
    judge_shares,
    share_worlds,
    wilson_interval,
)


@pytest.mark.parametrize(("k", "n"), [(0, 10), (3, 10), (10, 10), (620, 1000), (1, 1)])
@pytest.mark.parametrize("confidence", [0.8, 0.95])
def test_interval_is_wilsons(k, n, confidence):
    theirs = binomtest(k, n).proportion_ci(confidence, method="wilson")
    ours = wilson_interval(k / n, n, confidence)
    assert ours == pytest.approx((theirs.low, theirs.high), abs=1e-12)


def test_counts_and_weighted_shares():
    verdict = np.array([HOLDS, HOLDS, FAILS, UNDECIDED, HOLDS])
    found = share_worlds(verdict, np.array([2.0, 1.0, 4.0, 1.0, 0.0]))
    assert found.count.tolist() == [2, 1, 1]
    assert found.share.tolist() == pytest.approx([3 / 8, 4 / 8, 1 / 8])
    assert found.n_effective == pytest.approx(64 / 22)


def test_weights_in_whole_numbers_share_like_that_many_worlds():
    verdict = np.array([HOLDS, FAILS, UNDECIDED])
    weighted = share_worlds(verdict, np.array([5.0, 3.0, 2.0]))
    repeated = share_worlds(np.repeat(verdict, [5, 3, 2]))
    assert weighted.share == pytest.approx(repeated.share)
    assert (weighted.low < repeated.low).all()  # three worlds tell less than ten


def weights_without_regard(generator, x):
    return generator.exponential(size=x.shape)


def weights_that_favour(generator, x):
    return generator.exponential(size=x.shape) * np.where(x, 3.0, 1.0)


def weights_that_disfavour(generator, x):
    return generator.exponential(size=x.shape) * np.where(x, 1.0, 3.0)


@pytest.mark.parametrize(
    ("weigh", "factor", "least"),
    [
        (lambda generator, x: np.ones(x.shape), 1.0, 0.925),
        (weights_without_regard, 1.0, 0.925),
        # few worlds of great weight: no interval from the worlds themselves does much better
        (weights_that_favour, 3.0, 0.87),
        (weights_that_disfavour, 1 / 3, 0.91),
    ],
)
@pytest.mark.parametrize("chance", [0.03, 0.3, 0.9])
def test_intervals_cover_the_true_share(weigh, factor, least, chance):
    generator = np.random.default_rng(7)
    n_samples, n_worlds = 1000, 200
    true = chance * factor / (chance * factor + 1 - chance)
    held = generator.random((n_samples, n_worlds)) < chance
    covered = 0
    for x in held:
        found = share_worlds(np.where(x, HOLDS, FAILS), weigh(generator, x))
        covered += found.low[HOLDS] <= true <= found.high[HOLDS]
    # a nominal 0.95; three standard errors of 1,000 samples are 0.02
    assert covered / n_samples > least
    if factor == 1:
        assert covered / n_samples < 0.99  # and not for being needlessly wide


def test_verdict_needs_nine_tenths_of_the_weight_and_a_near_end_above_four_fifths():
    def over(n_holds: int, n_fails: int) -> str:
        return judge_shares(share_worlds(np.repeat([HOLDS, FAILS], [n_holds, n_fails])))

    assert over(90, 10) == "holds"
    assert over(89, 11) == "depends"
    assert over(10, 90) == "fails"
    assert over(9, 1) == "depends"  # too few worlds: the interval reaches down to 0.6
    assert over(15, 0) == "depends"
    assert over(16, 0) == "holds"


@pytest.mark.parametrize(
    ("n_holds", "told"),
    [
        (700, "holds"),
        (615, "depends"),
        (585, "depends"),
        (500, "fails"),
    ],  # of 1,000, give or take 31
)
def test_a_claim_about_a_share_of_worlds_is_held_against_that_share(n_holds, told):
    shares = share_worlds(np.repeat([HOLDS, FAILS], [n_holds, 1000 - n_holds]))
    assert judge_shares(shares, 0.6) == told


def test_undecided_worlds_count_for_neither():
    found = share_worlds(np.repeat([HOLDS, UNDECIDED], [85, 15]))
    assert judge_shares(found) == "depends"


@given(st.integers(0, 60), st.integers(0, 60), st.integers(0, 20))
def test_one_more_failing_world_never_turns_a_verdict_to_holds(n_holds, n_fails, n_undecided):
    counts = np.array([n_holds, n_fails, n_undecided])
    if not counts.sum():
        return
    codes = [HOLDS, FAILS, UNDECIDED]
    before = judge_shares(share_worlds(np.repeat(codes, counts)))
    after = judge_shares(share_worlds(np.repeat(codes, counts + np.array([0, 1, 0]))))
    assert after != "holds" or before == "holds"


@given(st.lists(st.tuples(st.sampled_from([0, 1, 2]), st.floats(0.01, 100)), min_size=1))
def test_shares_sum_to_one_and_lie_in_their_intervals(worlds):
    verdict, weights = (np.array(column) for column in zip(*worlds, strict=True))
    found = share_worlds(verdict, weights)
    assert found.share.sum() == pytest.approx(1)
    assert (found.low <= found.share + 1e-12).all()
    assert (found.high >= found.share - 1e-12).all()
    # multiplying all weights changes nothing
    assert share_worlds(verdict, weights * 7).share == pytest.approx(found.share)


def test_unknown_verdict_is_refused():
    with pytest.raises(ValueError, match="coded"):
        share_worlds(np.array([0, 3]))
