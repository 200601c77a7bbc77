"""Importance from given worlds: as SALib has it, true where the truth is known, blind to a dummy."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm

from offramp.exploration.drawn import Drawn, class_count, class_worlds
from offramp.exploration.importance import delta_index, first_order_index, weigh_importance
from offramp.exploration.weighing import even_out


def ishigami(x):
    return np.sin(x[:, 0]) + 7 * np.sin(x[:, 1]) ** 2 + 0.1 * x[:, 2] ** 4 * np.sin(x[:, 0])


# closed form with a = 7, b = 0.1
ISHIGAMI_PARTS = np.array([0.5 * (1 + 0.1 * np.pi**4 / 5) ** 2, 49 / 8, 0.0])
ISHIGAMI_FIRST = ISHIGAMI_PARTS / (
    49 / 8 + 0.1 * np.pi**4 / 5 + 0.01 * np.pi**8 / 18 + 0.5
)  # fmt: skip


def drawn(n_worlds: int, seed: int) -> Drawn:
    value = np.random.default_rng(seed).uniform(-np.pi, np.pi, (n_worlds, 3))
    return Drawn(("a", "b", "c"), ((), (), ()), value)


def single_classes(column):
    weights = even_out(None, column.size)
    return class_worlds(column, False, class_count(column.size), weights), weights


@pytest.mark.parametrize("n_worlds", [200, 1000])
def test_both_indices_are_those_of_salib(n_worlds):
    delta = pytest.importorskip("SALib.analyze.delta", reason="SALib is not installed")
    worlds = drawn(n_worlds, 3)
    answer = ishigami(worlds.value)
    points = np.linspace(answer.min(), answer.max(), 100)
    edges = np.linspace(0, n_worlds, class_count(n_worlds) + 1)
    for column in worlds.value.T:
        in_class, weights = single_classes(column)
        first = first_order_index(answer, in_class, weights)
        assert first == pytest.approx(delta.sobol_first(answer, column, edges), abs=1e-12)
        moment_free = delta_index(answer, in_class, weights)
        assert moment_free == pytest.approx(
            delta.calc_delta(answer, points, column, edges), abs=1e-9
        )


def test_first_order_of_ishigami_lies_within_its_intervals():
    worlds = drawn(2000, 5)
    found = weigh_importance(
        worlds, ishigami(worlds.value), np.random.default_rng(1), n_resamples=60
    )
    assert found.names == ("a", "b", "c", "dummy")
    assert found.first_order.value[:3] == pytest.approx(ISHIGAMI_FIRST, abs=0.05)
    assert found.first_order.value[3] == pytest.approx(0, abs=0.02)
    # the third acts through the first only: no variance of its own, and yet it matters
    assert found.stands_out().tolist() == [True, True, True]


def test_intervals_of_the_first_order_index_cover_it():
    # four classes whose means have variance 1, and noise of variance 3: a quarter of the whole
    generator = np.random.default_rng(11)
    covered, n_samples = 0, 150
    for _ in range(n_samples):
        x = generator.normal(size=(300, 1))
        worlds = Drawn(("x",), ((),), np.floor(norm.cdf(x) * 4))
        means = np.array([-1.0, 1.0, -1.0, 1.0])[worlds.value[:, 0].astype(int)]
        answer = means + np.sqrt(3) * generator.choice([-1.0, 1.0], 300)
        found = weigh_importance(worlds, answer, generator, n_resamples=80)
        covered += found.first_order.low[0] <= 0.25 <= found.first_order.high[0]
    assert covered / n_samples > 0.88  # nominally 0.95; four standard errors below


def test_delta_of_a_sum_of_normals_is_near_its_integral():
    # x, z standard normal, y = x + z: f is N(0, 2), f given x is N(x, 1)
    grid = np.linspace(-9, 9, 1801)
    at = norm.ppf((np.arange(400) + 0.5) / 400)
    gaps = np.abs(norm.pdf(grid, 0, np.sqrt(2))[:, None] - norm.pdf(grid[:, None], at, 1))
    true = gaps.mean(axis=1).sum() * (grid[1] - grid[0]) / 2
    x = np.random.default_rng(2).normal(size=(4000, 2))
    worlds = Drawn(("x", "z"), ((), ()), x)
    found = weigh_importance(worlds, x.sum(axis=1), np.random.default_rng(1), n_resamples=10)
    assert found.delta.value[:2] == pytest.approx([true, true], abs=0.04)
    assert found.delta.value[2] == pytest.approx(0, abs=0.03)


def test_delta_of_a_verdict_that_follows_a_setting_in_part():
    # holds in 0.9 of the worlds of one setting and in 0.3 of the other, each half of the worlds:
    # delta is the distance of each from 0.6
    setting = np.repeat([0.0, 1.0], 1000)[:, None]
    verdict = np.concatenate([np.arange(1000) < 900, np.arange(1000) < 300]).astype(float)
    in_class = setting[:, 0].astype(int)
    weights = even_out(None, 2000)
    assert delta_index(verdict, in_class, weights) == pytest.approx(0.3)
    # and of the variance 0.24, the means account for 0.09
    assert first_order_index(verdict, in_class, weights) == pytest.approx(0.09 / 0.24)


def test_weights_in_whole_numbers_count_like_that_many_worlds():
    generator = np.random.default_rng(4)
    in_class = np.repeat([0, 1, 2], 20)
    answer = generator.normal(size=60) + in_class
    times = generator.integers(1, 4, 60)
    repeated = even_out(None, times.sum())
    weighted = first_order_index(answer, in_class, times / times.sum())
    assert weighted == pytest.approx(
        first_order_index(np.repeat(answer, times), np.repeat(in_class, times), repeated)
    )
    verdict = (answer > 1).astype(float)
    assert delta_index(verdict, in_class, times / times.sum()) == pytest.approx(
        delta_index(np.repeat(verdict, times), np.repeat(in_class, times), repeated)
    )


def test_nothing_stands_out_where_nothing_matters():
    worlds = drawn(400, 8)
    answer = np.random.default_rng(9).normal(size=400)
    found = weigh_importance(worlds, answer, np.random.default_rng(1), n_resamples=60)
    assert not found.stands_out().any()
    assert found.first_order.value == pytest.approx(np.zeros(4), abs=0.05)


def test_answer_that_never_changes_has_no_importance():
    worlds = drawn(50, 8)
    found = weigh_importance(worlds, np.ones(50), np.random.default_rng(1), n_resamples=5)
    assert (found.first_order.value == 0).all()
    assert found.delta.value == pytest.approx(np.zeros(4), abs=1e-12)


def test_worlds_without_an_answer_are_left_out():
    worlds = drawn(300, 8)
    answer = ishigami(worlds.value)
    answer[::3] = np.nan
    told = ~np.isnan(answer)
    whole = weigh_importance(worlds, answer, np.random.default_rng(1), n_resamples=5)
    part = weigh_importance(
        worlds.of_worlds(told), answer[told], np.random.default_rng(1), n_resamples=5
    )
    assert whole.n_worlds == 200
    assert whole.delta.value.tolist() == part.delta.value.tolist()


def test_same_seed_gives_the_same_and_another_seed_another_interval():
    worlds = drawn(200, 8)
    answer = ishigami(worlds.value)

    def low(seed: int) -> list[float]:
        return weigh_importance(
            worlds, answer, np.random.default_rng(seed), n_resamples=10
        ).delta.low.tolist()

    assert low(1) == low(1)
    assert low(1) != low(2)


def test_infinite_answer_is_refused():
    with pytest.raises(ValueError, match="finite"):
        weigh_importance(drawn(3, 1), np.array([1.0, np.inf, 0.0]), np.random.default_rng(1))
