"""Sobol' indices of an answer whose variance is known by hand, and designs that cannot be."""

from __future__ import annotations

import numpy as np
import pytest

from helpers.arms import PRODUCT
from offramp.errors import RunError
from offramp.exploration.assumptions import place_worlds, read_assumptions
from offramp.exploration.cases import Laid
from offramp.exploration.indices import drawn_independently, weigh_assumptions
from offramp.exploration.questions import Wording
from offramp.exploration.saltelli import estimate_indices, saltelli_points
from offramp.scenario import parse_scenario

POLICIES = Wording(policies=("arm", "stay"))


def weighed(text=PRODUCT, wording=POLICIES, n_rows=64, seed=3, **laid):
    scenario, over = parse_scenario(text), Laid(**laid)
    drawn = drawn_independently(scenario, over, n_rows)
    return weigh_assumptions(scenario, wording, over, drawn, n_rows, seed)


def test_indices_are_those_of_the_closed_form():
    found = weighed()
    assert found.names == ("x", "y", "idle")
    assert found.n_worlds == 64 * 5
    assert found.indices.first == pytest.approx([3 / 7, 3 / 7, 0], abs=0.1)
    assert found.indices.total == pytest.approx([4 / 7, 4 / 7, 0], abs=0.1)
    assert found.indices.first[2] == found.indices.total[2] == 0
    assert (found.indices.total_low <= found.indices.total).all()
    assert (found.indices.total <= found.indices.total_high).all()
    assert (found.indices.n_points, found.n_unsolved) == (64, 0)


def test_answers_are_those_of_the_points_in_their_order():
    generator = np.random.default_rng(3)
    points = saltelli_points(8, 3, generator)
    by_hand = estimate_indices(points[:, 0] * points[:, 1], 3, generator)
    found = weighed(n_rows=8).indices
    assert found.first == pytest.approx(by_hand.first, abs=1e-9)
    assert found.total_high == pytest.approx(by_hand.total_high, abs=1e-9)


def test_same_seed_gives_the_same_digits():
    one, other = weighed(n_rows=8), weighed(n_rows=8)
    assert one.indices is not None
    assert repr(one) == repr(other)
    assert repr(weighed(n_rows=8, seed=99)) != repr(one)


@pytest.mark.parametrize(
    "wording", [Wording(claim="likelier"), Wording(policies=("arm", "stay"), measure="moved")]
)
def test_question_without_finite_slack_has_no_indices(wording):
    found = weighed(wording=wording, n_rows=2)  # infinite as a ratio; after what never happens
    assert found.indices is None
    assert (found.n_rows, found.n_worlds) == (2, 10)


@pytest.mark.parametrize(
    ("text", "n_rows", "given", "code"),
    [
        (PRODUCT, 12, {}, "R615"),
        (PRODUCT, 1, {}, "R615"),
        (PRODUCT, 4, {"x": 0.1, "y": 0.1, "idle": 0.1}, "R620"),
        (PRODUCT + "bundles: [{parameters: [x, y], rank_correlation: 0.5}]\n", 4, {}, "R620"),
    ],
)
def test_design_that_cannot_be_is_refused(text, n_rows, given, code):
    with pytest.raises(RunError) as caught:
        drawn_independently(parse_scenario(text), Laid(parameters=given), n_rows)
    assert [one.code for one in caught.value.problems] == [code]


def test_bundle_of_which_one_is_left_is_no_bundle():
    text = PRODUCT + "bundles: [{parameters: [x, y], rank_correlation: 0.5}]\n"
    drawn = drawn_independently(parse_scenario(text), Laid(parameters={"x": 0.3}), 4)
    assert list(drawn.numbers) == ["y", "idle"]


def test_points_are_placed_along_each_assumption():
    drawn = read_assumptions(parse_scenario(PRODUCT))
    worlds = place_worlds(drawn, np.array([[0.0, 0.25, 0.5], [0.75, 0.5, 1.0]]))
    assert worlds.drawn(1, drawn) == {"x": 0.75, "y": 0.5, "idle": 1.0}
    assert worlds.weight.tolist() == [0.5, 0.5]
