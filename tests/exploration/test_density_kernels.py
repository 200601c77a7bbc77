"""Kernel densities by products: those of their formula, wherever the numbers and points lie."""

from __future__ import annotations

import numpy as np
import pytest

from offramp.exploration.density_kernels import add_gaussians


@pytest.mark.parametrize("widths", [1.0, 3.7, 40.0, 1000.0])  # in spacings of the points
@pytest.mark.parametrize("n_points", [2, 3, 100])
def test_sums_are_those_of_the_formula(widths, n_points):
    generator = np.random.default_rng(n_points)
    points = np.linspace(-3.0, 8.0, n_points)
    at = np.append(generator.uniform(-3.0, 8.0, 300), [-3.0, 8.0, points[1]])
    weight = generator.random(at.size)
    width = widths * (points[1] - points[0])
    height = np.zeros(n_points)
    add_gaussians(at, weight, width, points[0], points[1] - points[0], height)
    wanted = [sum(weight * np.exp(-0.5 * ((one - at) / width) ** 2)) for one in points]
    assert height == pytest.approx(wanted, rel=1e-11)


def test_each_number_is_added_to_what_is_there():
    height = np.ones(5)
    add_gaussians(np.array([2.0]), np.array([3.0]), 1.0, 0.0, 1.0, height)
    assert height == pytest.approx(1.0 + 3.0 * np.exp([-2.0, -0.5, 0.0, -0.5, -2.0]), rel=1e-14)
