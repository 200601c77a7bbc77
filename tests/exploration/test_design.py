"""Draws: every combination where there are few, balanced and repeatable where there are many."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from offramp.exploration.design import (
    choose_weighted,
    correlate,
    draw_worlds,
    latin_hypercube,
    place,
    spread_settings,
)
from offramp.scenario.worlds import Span

EVEN = {"asserted": 0.5, "rival": 0.5}


def test_no_open_mechanism_is_one_draw_of_full_weight():
    assert spread_settings({}, seed=1) == (((1.0, {}),), True)


def test_few_mechanisms_are_all_combined_with_their_weights():
    spread = spread_settings({"a": {"asserted": 3, "rival": 1}, "b": EVEN}, seed=1)
    assert spread.is_exact
    found = {(d.chosen["a"], d.chosen["b"]): d.weight for d in spread.draws}
    assert found == {
        ("asserted", "asserted"): 0.375,
        ("asserted", "rival"): 0.375,
        ("rival", "asserted"): 0.125,
        ("rival", "rival"): 0.125,
    }


def test_setting_of_weight_zero_is_left_out():
    spread = spread_settings({"a": {"asserted": 1, "absent": 0}}, seed=1)
    assert [d.chosen for d in spread.draws] == [{"a": "asserted"}]


def test_six_mechanisms_are_exact_and_seven_are_drawn():
    six = {f"m{k}": EVEN for k in range(6)}
    assert len(spread_settings(six, seed=1).draws) == 64
    assert spread_settings(six, seed=1).is_exact
    seven = spread_settings({**six, "m6": EVEN}, seed=1)
    assert len(seven.draws) == 64
    assert not seven.is_exact


def test_drawn_settings_meet_each_setting_as_often_as_its_weight():
    weights = {f"m{k}": {"asserted": 0.75, "rival": 0.25} for k in range(9)}
    draws = spread_settings(weights, seed=3).draws
    for name in weights:
        assert Counter(d.chosen[name] for d in draws) == {"asserted": 48, "rival": 16}
    assert sum(d.weight for d in draws) == pytest.approx(1)


def test_same_seed_draws_the_same_and_another_seed_other_settings():
    weights = {f"m{k}": EVEN for k in range(9)}
    assert spread_settings(weights, seed=3) == spread_settings(weights, seed=3)
    assert spread_settings(weights, seed=3) != spread_settings(weights, seed=4)


def test_each_stratum_of_each_column_holds_one_point():
    points = latin_hypercube(20, 5, np.random.default_rng(1))
    strata = np.sort(np.floor(points * 20).astype(int), axis=0)
    assert (strata == np.arange(20)[:, None]).all()


def test_choice_follows_summed_weights():
    points = np.array([0.0, 0.24, 0.26, 0.999999])
    assert choose_weighted({"a": 1, "b": 3}, points) == ["a", "a", "b", "b"]


def test_log_span_is_drawn_evenly_over_its_logarithm():
    span = Span(0.01, 100, is_log=True)
    assert place(span, np.array([0.0, 0.25, 0.5])) == pytest.approx([0.01, 0.1, 1.0])


def test_listed_values_are_drawn_by_their_weights():
    span = Span(0.25, 1, one_of=((0.25, 0.6), (1, 0.4)))
    assert place(span, np.array([0.0, 0.59, 0.61, 0.99])).tolist() == [0.25, 0.25, 1, 1]


@pytest.mark.parametrize("wanted", [-0.8, 0.0, 0.5, 0.9])
def test_bundle_has_the_rank_correlation_asked_for(wanted):
    generator = np.random.default_rng(5)
    points = correlate(generator.random((4000, 2)), wanted, generator)
    ranks = points.argsort(axis=0).argsort(axis=0)
    assert np.corrcoef(ranks.T)[0, 1] == pytest.approx(wanted, abs=0.04)


def test_correlating_keeps_every_value_of_every_column():
    generator = np.random.default_rng(5)
    points = generator.random((50, 3))
    moved = correlate(points, 0.7, generator)
    assert (np.sort(moved, axis=0) == np.sort(points, axis=0)).all()


def test_worlds_stay_within_their_spans_and_repeat_with_their_seed():
    spans = {"a": Span(1, 2), "b": Span(0.1, 10, is_log=True)}
    weights = {"m": {"asserted": 1.0, "rival": 1.0}}
    bundles = [(("a", "b"), 0.6)]

    def draw(seed: int) -> tuple:
        return draw_worlds(spans, weights, bundles, 40, np.random.default_rng(seed))

    worlds = draw(2)
    assert all(1 <= w.parameters["a"] < 2 and 0.1 <= w.parameters["b"] < 10 for w in worlds)
    assert Counter(w.settings["m"] for w in worlds) == {"asserted": 20, "rival": 20}
    assert worlds == draw(2)
    assert worlds != draw(3)
