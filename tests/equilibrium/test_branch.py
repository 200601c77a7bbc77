"""Curves with known shapes: turns, bifurcations, jumps, and ends that are not reached."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from offramp.equilibrium.branch import Linearised, follow, polish


class Curve:
    """One equation x = F(x, τ), given by F and its two slopes."""

    n_unknown = 1

    def __init__(
        self,
        value: Callable[[float, float], float],
        by_x: Callable[[float, float], float],
        by_tau: Callable[[float, float], float],
    ) -> None:
        self.value, self.by_x, self.by_tau = value, by_x, by_tau

    def linearise(self, x: np.ndarray, tau: float) -> Linearised:
        slope = 1.0 - self.by_x(x[0], tau)
        residual = x - self.value(x[0], tau)
        along = np.array([self.by_tau(x[0], tau) / slope])
        return Linearised(residual, along, -residual / slope, float(np.sign(slope)))


def coordination(push: float, strength: float = 12.0) -> Curve:
    """Two who gain by doing alike: x = τ (strength tanh(x/2)/2 + push), x the common log-odds."""
    return Curve(
        lambda x, tau: tau * (0.5 * strength * np.tanh(0.5 * x) + push),
        lambda x, tau: tau * 0.25 * strength / np.cosh(0.5 * x) ** 2,
        lambda x, tau: 0.5 * strength * np.tanh(0.5 * x) + push,
    )


def s_shape(height: float = 0.25) -> Curve:
    """The curve τ = height (u - 2.2 u² + 1.4 u³) with u = x / 30, which turns back and forth."""

    def slope(x: float) -> float:
        u = x / 30.0
        return height * (1.0 - 4.4 * u + 4.2 * u**2) / 30.0

    # written as x = x + 120 (τ - τ(x)), so that the determinant has the sign of dτ/dx
    return Curve(
        lambda x, tau: x + 120.0 * (tau - s_shaped(x, height)),
        lambda x, _: 1.0 - 120.0 * slope(x),
        lambda _, __: 120.0,
    )


def s_shaped(x: float, height: float = 0.25) -> float:
    u = x / 30.0
    return height * (u - 2.2 * u**2 + 1.4 * u**3)


def test_curve_without_turns_ends_where_the_equation_holds() -> None:
    system = coordination(push=0.8)
    branch = follow(system)
    assert branch.tau == 1.0
    assert branch.turns == []
    found = polish(system, branch.x, 1e-13)
    assert found.residual < 1e-13
    assert found.x[0] == pytest.approx(6.0 * np.tanh(0.5 * found.x[0]) + 0.8, abs=1e-12)
    assert found.x[0] > 0.0


def test_push_decides_which_of_two_conventions_is_reached() -> None:
    up, down = (follow(coordination(push)).x[0] for push in (0.3, -0.3))
    assert up == pytest.approx(-down, abs=1e-2)
    assert up > 5.0


def test_curve_is_followed_around_its_turns() -> None:
    branch = follow(s_shape())
    assert branch.tau == 1.0
    assert len(branch.turns) == 2
    tops = [s_shaped(30.0 * u) for u in ((4.4 - 1.6) / 8.4, (4.4 + 1.6) / 8.4)]
    assert branch.turns == pytest.approx(tops, abs=2e-3)
    assert s_shaped(polish(s_shape(), branch.x, 1e-12).x[0]) == pytest.approx(1.0, abs=1e-10)


@pytest.mark.parametrize(("push", "strength"), [(2.9, 1.0), (2.3, 2.0), (0.5, 3.0)])
def test_step_that_is_corrected_beyond_the_end_is_taken_shorter(
    push: float, strength: float
) -> None:
    assert follow(coordination(push, strength)).tau == 1.0


def test_curve_that_turns_just_beyond_the_end_is_left_at_the_end() -> None:
    first_top = 30.0 * (4.4 - 1.6) / 8.4
    height = 1.00001 / s_shaped(first_top, 1.0)
    branch = follow(s_shape(height))
    assert branch.tau == 1.0
    assert branch.x[0] < first_top
    assert branch.turns == []


def test_symmetric_curve_goes_straight_through_its_bifurcation() -> None:
    branch = follow(coordination(push=0.0))
    assert branch.tau == 1.0
    assert branch.x[0] == pytest.approx(0.0, abs=1e-12)
    assert len(branch.crossings) == 1
    assert branch.crossings[0] == pytest.approx(1.0 / 3.0, abs=0.05)


def test_steep_curve_is_not_left_for_a_nearby_one() -> None:
    # the other convention is a solution from τ = 1/3 on; the curve that starts at 0 is this one
    system = coordination(push=0.02, strength=40.0)
    branch = follow(system)
    assert branch.x[0] > 15.0


def test_too_few_steps_are_reported_as_such() -> None:
    branch = follow(coordination(push=0.8), max_steps=2)
    assert branch.n_steps == 2
    assert branch.tau < 1.0


def test_without_unknowns_the_end_is_there_at_once() -> None:
    class Nothing:
        n_unknown = 0

        def linearise(self, x: np.ndarray, tau: float) -> Linearised:
            return Linearised(x, x, x, 1.0)

    assert follow(Nothing()).tau == 1.0
    assert polish(Nothing(), np.zeros(0), 1e-12).residual == 0.0
