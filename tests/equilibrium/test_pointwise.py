"""Branches with corners: made-up equations in one score whose solutions are known in advance."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from offramp.equilibrium.pointwise import TURNED, UNCONVERGED, Effort, solve_points

EFFORT = Effort(tolerance=1e-12, acceptable=1e-9, max_steps=400)


class Inverting:
    """What equations of one's own owe the walker besides values and slopes."""

    def inverses(self, matrix):
        return np.linalg.inv(matrix), np.linalg.slogdet(matrix)[0]


class Zigzag(Inverting):
    """The equation x = s g(x), whose solutions run through given corners (x, s).

    From corner to corner s is linear in x, and g(x) = x / s(x).
    """

    width = 1
    equation = SimpleNamespace(precision=np.ones(1))

    def __init__(self, corners):
        self.x, self.s = np.array([(0.0, 0.0), *corners]).T
        self.listed = np.zeros((1, 2), dtype=np.int64)

    def _share(self, score):
        slopes = np.diff(self.s) / np.diff(self.x)
        piece = np.clip(np.searchsorted(self.x, score, side="right") - 1, 0, len(slopes) - 1)
        return self.s[piece] + slopes[piece] * (score - self.x[piece]), slopes[piece]

    def respond(self, which, score, share):
        x = score[:, 0]
        on, slope = self._share(x)
        ratio = np.where(x == 0.0, 1.0 / slope, x / np.where(x == 0.0, 1.0, on))
        response = (share * ratio)[:, None]
        return response, np.abs(response - score)[:, 0], np.zeros_like(score)

    def slopes(self, which, score, share, response):
        x = score[:, 0]
        on, slope = self._share(x)
        change = np.where(x == 0.0, 0.0, 1.0 / np.where(x == 0.0, 1.0, on))
        change -= np.where(x == 0.0, 0.0, x * slope / np.where(x == 0.0, 1.0, on) ** 2)
        return (1.0 - share * change)[:, None, None]


def solved(*corners):
    found_at = []
    points = Zigzag(corners)
    respond = points.respond

    def noted(which, score, share):
        found_at.append(float(score[0, 0]))
        return respond(which, score, share)

    points.respond = noted
    found = solve_points(points, EFFORT, None)
    return found, found_at[-1]


@pytest.mark.parametrize("sharp", [2.0, 0.5, 0.1, 0.03])
def test_branch_is_followed_round_two_corners(sharp):
    found, score = solved((sharp, 0.9), (2 * sharp, 0.2), (4 * sharp, 1.8))
    assert found.status == [TURNED]
    assert score == pytest.approx(3 * sharp)


def test_first_crossing_is_taken_where_a_corner_lies_beyond_it():
    found, score = solved((0.1, 1.1), (0.2, 0.2), (0.3, 1.5))
    assert found.status != [UNCONVERGED]
    assert score == pytest.approx(0.1 / 1.1)


class Fork(Inverting):
    """Two scores; mean u = s (1 + u/2), half difference v = s (2v - v³): v = 0 forks at s = 1/2."""

    width = 2
    equation = SimpleNamespace(precision=np.ones(1))
    listed = np.zeros((1, 2), dtype=np.int64)

    def respond(self, which, score, share):
        u, v = score.sum(axis=1) / 2, (score[:, 0] - score[:, 1]) / 2
        mean, off = share * (1 + u / 2), share * (2 * v - v**3)
        response = np.stack([mean + off, mean - off], axis=1)
        return response, np.abs(response - score).max(axis=1), np.zeros_like(score)

    def slopes(self, which, score, share, response):
        v = (score[:, 0] - score[:, 1]) / 2
        slope = share * (2 - 3 * v**2) / 2
        apart = np.array([[1.0, -1.0], [-1.0, 1.0]])
        return np.eye(2) - slope[:, None, None] * apart - share[:, None, None] / 4


def test_an_arm_is_taken_where_a_branch_forks():
    points = Fork()
    seen = []
    respond = points.respond
    points.respond = lambda which, score, share: seen.append(score) or respond(which, score, share)
    found = solve_points(points, EFFORT, None)
    assert found.status == [TURNED]  # other solutions are near: v = 0, and the other arm
    u, v = seen[-1][0].sum() / 2, (seen[-1][0, 0] - seen[-1][0, 1]) / 2
    assert (u, abs(v)) == pytest.approx((2.0, 1.0))
