"""The belief grid: it contains the priors, keeps the mean, and Bayes' rule is Bayes' rule."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from offramp.game.beliefs import (
    build_grid,
    build_simplex,
    locate,
    observer_belief,
    reference_prior,
    update_belief,
)

ANALYST = np.array([0.45, 0.40, 0.15])
TRUSTING = np.array([0.40, 0.35, 0.25])
REFERENCE = (ANALYST + TRUSTING) / 2
ON_AN_EDGE = np.array([0.3, 0.7, 0.0])


def triangle(resolution=7):
    return build_simplex(3, resolution, np.array([ANALYST, TRUSTING, ON_AN_EDGE]), REFERENCE)


def segment(resolution=20):
    return build_simplex(2, resolution, np.array([[0.27, 0.73], [0.5, 0.5]]), np.array([0.4, 0.6]))


@pytest.mark.parametrize("prior", [ANALYST, TRUSTING, REFERENCE, ON_AN_EDGE])
def test_every_declared_prior_is_a_grid_point(prior):
    stencil = locate(triangle(), prior)
    point = stencil.points[np.argmax(stencil.weights)]
    assert triangle().points[point] == pytest.approx(prior, abs=1e-15)
    assert stencil.weights.max() == pytest.approx(1.0, abs=1e-12)


def test_default_triangle_has_eight_points_a_side_and_the_priors():
    assert len(triangle().points) == 36 + 4


def test_prior_that_is_a_regular_point_is_not_added_twice():
    assert len(segment().points) == 21 + 1


def test_reference_point_is_the_reference_prior():
    grid = triangle()
    assert grid.points[grid.reference] == pytest.approx(REFERENCE)


TRIANGLE = triangle()


@given(st.tuples(*[st.floats(0.0, 1.0)] * 3).filter(lambda w: sum(w) > 1e-3))
def test_interpolation_keeps_the_mean_in_the_triangle(weights):
    belief = np.array(weights) / sum(weights)
    stencil = locate(TRIANGLE, belief)
    assert stencil.weights.min() >= 0.0
    assert stencil.weights @ TRIANGLE.points[stencil.points] == pytest.approx(belief, abs=1e-12)


@given(st.floats(0.0, 1.0))
def test_interpolation_keeps_the_mean_on_the_segment(share):
    belief = np.array([1.0 - share, share])
    stencil = locate(segment(), belief)
    assert stencil.weights @ segment().points[stencil.points] == pytest.approx(belief, abs=1e-12)


@given(st.integers(1, 6), st.lists(st.tuples(*[st.integers(0, 5)] * 3), max_size=4))
def test_every_grid_point_represents_itself_whatever_priors_are_added(resolution, raw):
    priors = [np.array(w) / sum(w) for w in raw if sum(w)]
    grid = build_simplex(3, resolution, np.array(priors).reshape(-1, 3), np.full(3, 1 / 3))
    for point in grid.points:
        stencil = locate(grid, point)
        assert stencil.weights.max() == pytest.approx(1.0, abs=1e-9)
        assert stencil.weights @ grid.points[stencil.points] == pytest.approx(point, abs=1e-12)


def test_pieces_of_a_split_cell_fill_it():
    grid = triangle()
    inside = [p for p in grid.piece if p.max() >= 36]
    assert len(inside) >= 9  # three interior points and one on an edge
    corners = grid.points[grid.piece]
    areas = np.abs(np.linalg.det(corners))
    unique = {tuple(sorted(p)): a for p, a in zip(grid.piece, areas, strict=True)}
    assert sum(unique.values()) == pytest.approx(1.0)


CORNERS = np.array([[0.0, 0.0], [1.0, 0.0], [0.5, np.sqrt(0.75)]])  # of an equilateral triangle
BELIEFS = st.tuples(*[st.floats(0.0, 1.0)] * 3).filter(lambda w: sum(w) > 1e-3)


def circumscribed(corners):
    """Return the centre and radius of the circle through three points of the plane."""
    first, *others = corners
    sides = np.array([other - first for other in others])
    centre = first + np.linalg.solve(sides, (sides**2).sum(axis=1) / 2.0)
    return centre, np.linalg.norm(centre - first)


@given(st.integers(1, 7), st.lists(BELIEFS, max_size=4), BELIEFS)
def test_no_point_lies_in_the_circle_round_a_piece_whatever_priors_are_added(n, raw, belief):
    priors = np.array([np.array(w) / sum(w) for w in raw]).reshape(-1, 3)
    grid = build_simplex(3, n, priors, np.full(3, 1 / 3))
    flat = grid.points @ CORNERS
    pieces = {tuple(sorted(piece)) for piece in grid.piece}
    assert sum(abs(np.linalg.det(grid.points[list(p)])) for p in pieces) == pytest.approx(1.0)
    for piece in pieces:
        centre, radius = circumscribed(flat[list(piece)])
        assert np.linalg.norm(flat - centre, axis=1).min() > radius * (1.0 - 1e-7)
    inside = np.array(belief) / sum(belief)
    stencil = locate(grid, inside)
    assert stencil.weights @ grid.points[stencil.points] == pytest.approx(inside, abs=1e-9)


def test_prior_close_to_a_cells_side_makes_no_flat_pieces():
    """Split on its own, the cell would hold a piece with a height of 0.00005."""
    prior = np.array([3.0003, 2.667, 1.3327]) / 7.0
    grid = build_simplex(3, 7, prior[None, :], prior)
    heights = 1.0 / np.abs(grid.inverse).max(axis=(1, 2))
    assert heights.min() > 0.03


def test_single_point_represents_every_belief():
    grid = build_simplex(3, 0, np.array([ANALYST]), REFERENCE)
    stencil = locate(grid, np.array([0.1, 0.2, 0.7]))
    assert grid.points[stencil.points[0]] == pytest.approx(REFERENCE)
    assert stencil.weights == pytest.approx([1.0, 0.0, 0.0])


def test_reference_prior_counts_equal_priors_once():
    declared = np.array([[0.2, 0.8], [0.2, 0.8], [0.6, 0.4]])
    assert reference_prior(declared) == pytest.approx([0.4, 0.6])


def test_bayes_rule_in_logs_survives_underflow():
    posterior = update_belief(np.array([0.5, 0.5]), np.array([-2000.0, -2000.0 + np.log(3.0)]))
    assert posterior == pytest.approx([0.25, 0.75])


def test_impossible_act_leaves_belief():
    posterior = update_belief(np.array([0.0, 1.0]), np.array([0.0, -np.inf]))
    assert posterior == pytest.approx([0.0, 1.0])


def test_uninformative_act_leaves_belief():
    assert update_belief(ANALYST, np.full(3, -7.0)) == pytest.approx(ANALYST)


def disagreeing_grid():
    priors = np.array([[0.5, 0.5], [0.8, 0.2], [0.5, 0.5]])
    return build_grid(3, [priors], [priors[0]], [0], np.array([[0], [1]]), [20])


def test_observers_tilt_turns_the_reference_prior_into_its_own():
    grid = disagreeing_grid()
    believed = observer_belief(grid.points[grid.reference, 0], grid.tilt[1, 0])
    assert believed == pytest.approx([0.8, 0.2])
    assert grid.opinion[1, :, grid.reference] == pytest.approx([0.8, 0.2])


def test_own_type_counts_one_in_an_opinion():
    assert np.all(disagreeing_grid().opinion[0] == 1.0)


def test_opinion_multiplies_over_the_others():
    even = np.array([[0.5, 0.5]] * 3)
    profiles = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
    grid = build_grid(3, [even, even], [even[0], even[0]], [0, 1], profiles, [2, 4])
    belief = 1 * 5 + 3  # P(second type) = 0.5 for the first player, 0.75 for the other
    assert grid.opinion[2, :, belief] == pytest.approx([0.125, 0.375, 0.125, 0.375])
    assert grid.opinion[0, :, belief] == pytest.approx([0.25, 0.75, 0.25, 0.75])


def test_observer_who_excluded_what_turned_out_takes_the_public_belief():
    assert observer_belief(np.array([0.0, 1.0]), np.array([2.0, 0.0])) == pytest.approx([0.0, 1.0])


def test_without_types_the_grid_is_one_point():
    grid = build_grid(2, [], [], [], np.zeros((1, 0), dtype=np.int64), [])
    assert grid.points.shape[0] == 1
    assert grid.opinion == pytest.approx(np.ones((2, 1, 1)))


def test_four_types_do_not_fit_a_grid():
    with pytest.raises(ValueError, match="at most 3 types"):
        build_simplex(4, 5, np.zeros((0, 4)), np.full(4, 0.25))
