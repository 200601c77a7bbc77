"""Compiled loop of kernel densities, which importance asks for tens of thousands of times."""

from __future__ import annotations

import math

import numpy as np
from jaxtyping import Float

from offramp.equilibrium.kernels.cache import kernel

__all__ = ["add_gaussians"]


@kernel
def add_gaussians(
    at: Float[np.ndarray, "world"],
    weight: Float[np.ndarray, "world"],
    width: float,
    first: float,
    step: float,
    height: Float[np.ndarray, "point"],
) -> None:
    """Add a Gaussian of some width and of height `weight` around each number, at even points.

    From the nearest point outwards one value follows from the last by two products, since the
    logarithms fall by an arithmetic progression: three exponentials a number in place of one a
    point. After a hundred points that is exact to some 1e-12.
    """
    n = height.size
    h = step / width
    fall = math.exp(-h * h)
    for i in range(at.size):
        nearest = min(max(int((at[i] - first) / step + 0.5), 0), n - 1)
        d = (first + nearest * step - at[i]) / width
        up = down = weight[i] * math.exp(-0.5 * d * d)
        height[nearest] += up
        ratio_up, ratio_down = math.exp(-h * (d + 0.5 * h)), math.exp(h * (d - 0.5 * h))
        for k in range(1, max(n - nearest, nearest + 1)):
            up *= ratio_up
            down *= ratio_down
            ratio_up *= fall
            ratio_down *= fall
            if nearest + k < n:
                height[nearest + k] += up
            if nearest - k >= 0:
                height[nearest - k] += down
