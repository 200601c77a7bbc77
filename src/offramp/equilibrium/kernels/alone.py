r"""One mover with types that acts alone and openly: its options, valued before anybody plays.

What an option a is worth to type θ depends on the play through the belief b' that it leads to,
and on nothing else: $Q(a, θ) = W(a, θ, b')$. On the mover's grid W is worked out once per point;
between its vertices it is interpolated, as everywhere. Solving a point asks for Q a hundred times.
"""

from __future__ import annotations

import math

import numpy as np
from jaxtyping import Float

from offramp.equilibrium.kernels.cache import part
from offramp.equilibrium.kernels.points import (
    TINY,
    Beliefs,
    JointTable,
    Point,
    Scratch,
    join_stencils,
    locate_point,
    row_worth,
)

__all__ = ["lone_values", "lone_worth"]


@part
def lone_worth(
    table: JointTable,
    beliefs: Beliefs,
    point: Point,
    next_values: Float[np.ndarray, "next_state column"],
    ended: Float[np.ndarray, "ended column"],
    scratch: Scratch,
    worth: Float[np.ndarray, "cell vertex"],
) -> None:
    """Write W of every option and type at each vertex of the mover's grid; others stay at home."""
    mover, n_types, account = table.mover_typed[0], table.mover_types[0], table.mover_account[0]
    for vertex in range(beliefs.n_points[mover]):
        for g in range(table.n_signals[point.state]):
            for j in range(beliefs.n_types.size):
                for v in range(beliefs.n_types[j]):
                    scratch.vertex[j, g, v] = scratch.home_vertex[j, v]
                    scratch.weight[j, g, v] = scratch.home_weight[j, v]
                    if j == mover:
                        scratch.vertex[j, g, v] = vertex
                        scratch.weight[j, g, v] = 1.0 if v == 0 else 0.0
        join_stencils(table, beliefs, point, scratch)
        for cell in range(scratch.cell_start[1]):
            worth[cell, vertex] = 0.0
        for row in range(table.start[point.state], table.start[point.state + 1]):
            option = table.option[row, 0]
            if option < 0:
                continue
            first = (option - table.option_start[0, point.state]) * n_types
            for p in range(beliefs.profiles.shape[0]):
                weight = point.opinion[0, p]
                if weight > 0.0:
                    cell = first + beliefs.profiles[p, mover]
                    worth[cell, vertex] += weight * row_worth(
                        row, p, account, table, beliefs, scratch, next_values, ended
                    )


@part
def _believe(
    option: int,
    table: JointTable,
    beliefs: Beliefs,
    point: Point,
    log_strategy: Float[np.ndarray, "cell"],
    posterior: Float[np.ndarray, "type"],
) -> None:
    """Write what is believed of the mover after an option; nothing new if nobody could take it."""
    mover, n_types = table.mover_typed[0], table.mover_types[0]
    first, total = option * n_types, 0.0
    for th in range(n_types):
        posterior[th] = point.belief[mover, th] * math.exp(log_strategy[first + th])
        total += posterior[th]
    if total < TINY:
        best = -np.inf
        for th in range(n_types):
            if point.belief[mover, th] > 0.0:
                best = max(best, log_strategy[first + th])
        total = 0.0
        for th in range(n_types):
            posterior[th] = point.belief[mover, th]
            if best > -np.inf:
                posterior[th] *= math.exp(log_strategy[first + th] - best)
            total += posterior[th]
    for th in range(n_types):
        posterior[th] /= total


@part
def lone_values(
    table: JointTable,
    beliefs: Beliefs,
    point: Point,
    log_strategy: Float[np.ndarray, "cell"],
    worth: Float[np.ndarray, "cell vertex"],
    scratch: Scratch,
    values: Float[np.ndarray, "cell"],
) -> None:
    """Write the mover's expected payoff of each option, by own type, if it plays as given."""
    mover, n_types = table.mover_typed[0], table.mover_types[0]
    learns = beliefs.learning == 1 and table.informative[mover] == 1
    vertex, weight = scratch.vertex[mover, 0], scratch.weight[mover, 0]
    if not learns:
        vertex, weight = scratch.home_vertex[mover], scratch.home_weight[mover]
    for a in range(values.size // n_types):
        if learns:
            posterior = scratch.posterior[mover, 0]
            _believe(a, table, beliefs, point, log_strategy, posterior)
            locate_point(beliefs, mover, posterior, vertex, weight)
        for cell in range(a * n_types, (a + 1) * n_types):
            values[cell] = 0.0
            for v in range(n_types):
                if weight[v] != 0.0:
                    values[cell] += weight[v] * worth[cell, vertex[v]]
