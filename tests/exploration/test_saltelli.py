"""Sobol' indices: closed forms of Ishigami and Sobol's G, SALib's and SciPy's estimators."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import sobol_indices

from offramp.exploration.saltelli import estimate_indices, saltelli_points

G_FACTORS = np.array([0.0, 1.0, 4.5, 9.0, 99.0])


def ishigami(points):
    x = (2 * points - 1) * np.pi
    return np.sin(x[:, 0]) + 7 * np.sin(x[:, 1]) ** 2 + 0.1 * x[:, 2] ** 4 * np.sin(x[:, 0])


def sobol_g(points):
    return np.prod((np.abs(4 * points - 2) + G_FACTORS) / (1 + G_FACTORS), axis=1)


def ishigami_indices():
    one = 0.5 * (1 + 0.1 * np.pi**4 / 5) ** 2
    two, both = 49 / 8, 0.01 * np.pi**8 * (1 / 18 - 1 / 50)
    first = np.array([one, two, 0])
    return first / (one + two + both), np.array([one + both, two, both]) / (one + two + both)


def g_indices():
    parts = 1 / (3 * (1 + G_FACTORS) ** 2)
    variance = np.prod(1 + parts) - 1
    rest = np.prod(1 + parts) / (1 + parts)
    return parts / variance, parts * rest / variance


CASES = [(ishigami, ishigami_indices(), 3), (sobol_g, g_indices(), 5)]


@pytest.mark.parametrize(("model", "true", "k"), CASES, ids=["Ishigami", "Sobol G"])
def test_indices_are_those_of_the_closed_form(model, true, k):
    points = saltelli_points(4096, k, np.random.default_rng(3))
    found = estimate_indices(model(points), k, np.random.default_rng(4), n_resamples=50)
    assert found.first == pytest.approx(true[0], abs=0.02)
    assert found.total == pytest.approx(true[1], abs=0.02)
    assert (found.first_low <= found.first).all()
    assert (found.first <= found.first_high).all()
    # the draws are better spread than the resamples take them for: the truth lies well inside
    assert (found.first_low - 0.01 <= true[0]).all()
    assert (true[0] <= found.first_high + 0.01).all()
    assert (found.total_low - 0.01 <= true[1]).all()
    assert (true[1] <= found.total_high + 0.01).all()


@pytest.mark.parametrize(("model", "true", "k"), CASES, ids=["Ishigami", "Sobol G"])
def test_estimates_are_those_of_scipy(model, true, k):
    n = 256
    answer = model(saltelli_points(n, k, np.random.default_rng(3)))
    block = answer.reshape(k + 2, n)
    theirs = sobol_indices(
        func={"f_A": block[:1], "f_B": block[1:2], "f_AB": block[2:, None, :]}, n=n
    )
    ours = estimate_indices(answer, k, np.random.default_rng(1), n_resamples=2)
    assert ours.first == pytest.approx(theirs.first_order, abs=1e-12)
    assert ours.total == pytest.approx(theirs.total_order, abs=1e-12)


def test_estimates_are_those_of_salib_on_the_same_worlds():
    sobol = pytest.importorskip("SALib.analyze.sobol", reason="SALib is not installed")
    n, k = 512, 3
    block = ishigami(saltelli_points(n, k, np.random.default_rng(3))).reshape(k + 2, n)
    problem = {"num_vars": k, "names": ["a", "b", "c"], "bounds": [[0, 1]] * k}
    # SALib takes row by row: A, its mixtures, B
    theirs = sobol.analyze(
        problem, np.concatenate([block[:1], block[2:], block[1:2]]).T.ravel(),
        calc_second_order=False, num_resamples=10, seed=1,
    )  # fmt: skip
    ours = estimate_indices(block.ravel(), k, np.random.default_rng(1), n_resamples=2)
    assert ours.first == pytest.approx(theirs["S1"], abs=0.01)  # they scale, and centre otherwise
    assert ours.total == pytest.approx(theirs["ST"], abs=1e-9)


def test_design_is_two_tables_and_their_mixtures():
    points = saltelli_points(8, 3, np.random.default_rng(1)).reshape(5, 8, 3)
    for k in range(3):
        others = [c for c in range(3) if c != k]
        assert (points[2 + k][:, others] == points[0][:, others]).all()
        assert (points[2 + k][:, k] == points[1][:, k]).all()
    assert (points[0] != points[1]).all()
    # each column of either table has one point in each eighth
    assert (np.sort(np.floor(points[:2] * 8), axis=1) == np.arange(8)[None, :, None]).all()


def test_rows_that_lack_an_answer_are_left_out_whole():
    n, k = 64, 3
    block = ishigami(saltelli_points(n, k, np.random.default_rng(3))).reshape(k + 2, n)
    holed = block.copy()
    holed[3, 5] = holed[0, 9] = np.nan
    found = estimate_indices(holed.ravel(), k, np.random.default_rng(1), n_resamples=2)
    whole = np.delete(block, [5, 9], axis=1)
    wanted = estimate_indices(whole.ravel(), k, np.random.default_rng(1), n_resamples=2)
    assert found.n_points == 62
    assert found.first.tolist() == wanted.first.tolist()


def test_constant_answer_has_no_importance():
    found = estimate_indices(np.full(40, 2.5), 3, np.random.default_rng(1), n_resamples=2)
    assert (found.first == 0).all()
    assert (found.total == 0).all()


@pytest.mark.parametrize(
    ("n_points", "answer"), [(6, None), (0, None), (None, np.zeros(7)), (None, np.full(10, np.inf))]
)
def test_what_fits_no_design_is_refused(n_points, answer):
    with pytest.raises(ValueError, match=r"power of two|blocks|finite"):
        if answer is None:
            saltelli_points(n_points, 3, np.random.default_rng(1))
        else:
            estimate_indices(answer, 3, np.random.default_rng(1))
