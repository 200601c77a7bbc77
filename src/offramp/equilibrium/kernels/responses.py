r"""The equation of a stage in full generality, evaluated at many points at once.

The unknowns of a point are the *scores* x = λ Q of all cells, centred per mover and type; the
equation is x = F(x, s) = s λ C(Q(σ(x))) with s = 1, where C centres and σ is the logit reply. Its
numerics stand in `pointwise.py`; here are the loops over points: F, its slopes, and values.

A point is a row (state, site) of `listed`; a site is a belief, on the grid or off it. Rows of
scores are as wide as the widest point; what a point does not need is left at zero.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

from offramp.equilibrium.kernels.alone import lone_values, lone_worth
from offramp.equilibrium.kernels.cache import builder, kernel, part
from offramp.equilibrium.kernels.points import (
    SAME_VALUE,
    Beliefs,
    JointTable,
    Point,
    Scratch,
    action_values,
    logit_cells,
    new_scratch,
    open_point,
    point_values,
)

__all__ = [
    "Equation",
    "Sites",
    "invert_listed",
    "play_listed",
    "respond_listed",
    "slope_listed",
    "value_listed",
]

FORBIDDEN = -2.0  # as in game.factored: kernels read no other room's constants
_DIFFERENCE = 1e-7  # step of the finite differences, relative to scores of order one


class Sites(NamedTuple):
    """Beliefs at which a stage is looked at.

    `at[b, j]` is the grid point of player j's belief, or -1 where it lies between points.
    """

    at: Int[np.ndarray, "site typed"]
    belief: Float[np.ndarray, "site typed type"]
    opinion: Float[np.ndarray, "site mover profile"]


class Equation(NamedTuple):
    """What the equations of all points of a stage share.

    `apart` is 1 where one mover acts alone and openly: what an option then brings depends on how
    likely its types are to take that very option, and on nothing else that is chosen. All options
    are then valued beforehand at every belief of the mover's grid (`alone.py`).
    """

    table: JointTable
    beliefs: Beliefs
    sites: Sites
    precision: Float[np.ndarray, "mover"]
    next_values: Float[np.ndarray, "next_state column"]
    ended: Float[np.ndarray, "ended column"]
    most_options: int
    most_signals: int
    apart: int


@builder
def _open(equation: Equation, state: int, site: int, scratch: Scratch) -> tuple[Point, int]:
    """Return a point and its number of cells."""
    sites = equation.sites
    point = Point(state, sites.at[site], sites.belief[site], sites.opinion[site])
    return point, open_point(equation.table, equation.beliefs, point, scratch)


@part
def _centre(
    table: JointTable,
    state: int,
    precision: Float[np.ndarray, "mover"],
    cell_start: Int[np.ndarray, "mover_1"],
    score: Float[np.ndarray, "cell"],
) -> None:
    """Subtract each mover's and type's mean over its free options; zero all that is not free."""
    for k in range(table.mover_typed.size):
        n_types = table.mover_types[k]
        first, stop = cell_start[k], cell_start[k + 1]
        bound = table.bound_at[k] + table.option_start[k, state]
        for th in range(n_types):
            total, free = 0.0, 0
            for a in range((stop - first) // n_types):
                kind = table.bound[bound + a, th]
                if kind < 0.0 and kind != FORBIDDEN:
                    total += score[first + a * n_types + th]
                    free += 1
            mean = total / max(free, 1) if precision[k] < np.inf else 0.0
            for a in range((stop - first) // n_types):
                kind = table.bound[bound + a, th]
                cell = first + a * n_types + th
                score[cell] = score[cell] - mean if kind < 0.0 and kind != FORBIDDEN else 0.0


@part
def _residual(
    table: JointTable,
    state: int,
    precision: Float[np.ndarray, "mover"],
    cell_start: Int[np.ndarray, "mover_1"],
    log_strategy: Float[np.ndarray, "cell"],
    score: Float[np.ndarray, "cell"],
    response: Float[np.ndarray, "cell"],
) -> float:
    """Return the bound on the residual of the strategies that reply to `score`.

    Replies to scores that differ by d differ by at most (max d - min d) / 4. Where precision is
    infinite the residual is one if the reply would change.
    """
    worst = 0.0
    for k in range(table.mover_typed.size):
        n_types = table.mover_types[k]
        bound = table.bound_at[k] + table.option_start[k, state]
        for th in range(n_types):
            low, high, best, now = np.inf, -np.inf, -np.inf, -np.inf
            first = cell_start[k] + th
            for a in range((cell_start[k + 1] - cell_start[k]) // n_types):
                cell = first + a * n_types
                kind = table.bound[bound + a, th]
                if kind < 0.0 and kind != FORBIDDEN:
                    change = response[cell] - score[cell]
                    low, high = min(low, change), max(high, change)
                    best = max(best, response[cell])
                    if log_strategy[cell] > -np.inf:
                        now = max(now, response[cell])
            if low == np.inf:
                continue
            if precision[k] < np.inf:
                worst = max(worst, 0.25 * (high - low))
            elif best > now + SAME_VALUE * (1.0 + abs(now)):
                worst = max(worst, 1.0)
    return worst


@part
def _respond(
    equation: Equation,
    point: Point,
    scratch: Scratch,
    score: Float[np.ndarray, "cell"],
    s: float,
    worth: Float[np.ndarray, "cell vertex"],
    log_strategy: Float[np.ndarray, "cell"],
    response: Float[np.ndarray, "cell"],
) -> float:
    """Write the reply to `score` and F; return the bound on the residual."""
    table, precision, cells = equation.table, equation.precision, scratch.cell_start
    logit_cells(table, point.state, precision, score, cells, log_strategy)
    if equation.apart == 1:
        lone_values(table, equation.beliefs, point, log_strategy, worth, scratch, response)
    else:
        action_values(
            table,
            equation.beliefs,
            point,
            log_strategy,
            equation.next_values,
            equation.ended,
            scratch,
            response,
        )
    for k in range(precision.size):
        scale = s * precision[k] if precision[k] < np.inf else 1.0
        for cell in range(cells[k], cells[k + 1]):
            response[cell] *= scale
    _centre(table, point.state, precision, cells, response)
    return _residual(table, point.state, precision, cells, log_strategy, score, response)


@kernel
def value_listed(
    start: int,
    stop: int,
    listed: Int[np.ndarray, "listed two"],
    equation: Equation,
    worth: Float[np.ndarray, "listed cell vertex"],
) -> None:
    """Value every option of one mover that acts alone, at each belief of the mover's grid."""
    table, beliefs = equation.table, equation.beliefs
    scratch = new_scratch(table, beliefs, equation.most_options, equation.most_signals)
    for i in range(start, stop):
        point, _ = _open(equation, listed[i, 0], listed[i, 1], scratch)
        lone_worth(table, beliefs, point, equation.next_values, equation.ended, scratch, worth[i])


@kernel
def respond_listed(
    start: int,
    stop: int,
    which: Int[np.ndarray, "asked"],
    listed: Int[np.ndarray, "listed two"],
    equation: Equation,
    worth: Float[np.ndarray, "kept cell vertex"],
    share: Float[np.ndarray, "asked"],
    score: Float[np.ndarray, "asked cell"],
    log_strategy: Float[np.ndarray, "asked cell"],
    response: Float[np.ndarray, "asked cell"],
    residual: Float[np.ndarray, "asked"],
) -> None:
    """Evaluate F(score, share) at the points `which[start:stop]`; centre what is handed in."""
    table = equation.table
    scratch = new_scratch(table, equation.beliefs, equation.most_options, equation.most_signals)
    for i in range(start, stop):
        number = which[i]
        state = listed[number, 0]
        point, n = _open(equation, state, listed[number, 1], scratch)
        own, options = score[i, :n], worth[number if equation.apart == 1 else 0]
        _centre(table, state, equation.precision, scratch.cell_start, own)
        residual[i] = _respond(
            equation, point, scratch, own, share[i], options, log_strategy[i, :n], response[i, :n]
        )


@part
def _slopes_together(
    equation: Equation,
    point: Point,
    scratch: Scratch,
    score: Float[np.ndarray, "cell"],
    s: float,
    worth: Float[np.ndarray, "cell vertex"],
    log_strategy: Float[np.ndarray, "cell"],
    moved: Float[np.ndarray, "cell"],
    response: Float[np.ndarray, "cell"],
    matrix: Float[np.ndarray, "cell cell_2"],
) -> None:
    """Subtract dF/d(score) from a matrix, by a difference per cell."""
    for c in range(score.size):
        own = score[c]
        score[c] = own + _DIFFERENCE
        _respond(equation, point, scratch, score, s, worth, log_strategy, moved)
        score[c] = own
        for r in range(score.size):
            matrix[r, c] -= (moved[r] - response[r]) / _DIFFERENCE


@part
def _slopes_apart(
    equation: Equation,
    point: Point,
    scratch: Scratch,
    score: Float[np.ndarray, "cell"],
    s: float,
    worth: Float[np.ndarray, "cell vertex"],
    log_strategy: Float[np.ndarray, "cell"],
    column: Float[np.ndarray, "cell"],
    change: Float[np.ndarray, "type cell"],
    matrix: Float[np.ndarray, "cell cell_2"],
) -> None:
    """Do the same for one mover that acts alone and openly, by a difference per type.

    With ℓ = log σ, an option's value Q(a, ·) depends on ℓ(a, ·) only. So one difference, in which
    a type takes every option more often by the same factor, gives dQ(a, θ')/dℓ(a, θ) for all a at
    once; and dℓ(a, θ)/dx(c, θ) = [a = c] - σ(c, θ).
    """
    table, beliefs, precision = equation.table, equation.beliefs, equation.precision
    n, n_types, cells = score.size, table.mover_types[0], scratch.cell_start
    logit_cells(table, point.state, precision, score, cells, log_strategy)
    lone_values(table, beliefs, point, log_strategy, worth, scratch, column)
    for th in range(n_types):
        for cell in range(th, n, n_types):
            log_strategy[cell] += _DIFFERENCE
        lone_values(table, beliefs, point, log_strategy, worth, scratch, change[th])
        for cell in range(th, n, n_types):
            log_strategy[cell] -= _DIFFERENCE
        for cell in range(n):
            change[th, cell] = (change[th, cell] - column[cell]) / _DIFFERENCE
    bound = table.bound_at[0] + table.option_start[0, point.state]
    for c in range(n):
        th = c % n_types
        kind = table.bound[bound + c // n_types, th]
        if kind >= 0.0 or kind == FORBIDDEN:
            continue
        taken = math.exp(log_strategy[c])
        for r in range(n):
            same = 1.0 if r // n_types == c // n_types else 0.0
            column[r] = s * precision[0] * change[th, r] * (same - taken)
        _centre(table, point.state, precision, cells, column)
        for r in range(n):
            matrix[r, c] -= column[r]


@kernel
def slope_listed(
    start: int,
    stop: int,
    which: Int[np.ndarray, "asked"],
    listed: Int[np.ndarray, "listed two"],
    equation: Equation,
    worth: Float[np.ndarray, "kept cell vertex"],
    share: Float[np.ndarray, "asked"],
    score: Float[np.ndarray, "asked cell"],
    response: Float[np.ndarray, "asked cell"],
    matrix: Float[np.ndarray, "asked cell cell_2"],
) -> None:
    """Write d(score - F)/d(score); `response` is F at `score`."""
    table = equation.table
    scratch = new_scratch(table, equation.beliefs, equation.most_options, equation.most_signals)
    width = score.shape[1]
    log_strategy, moved, here = np.empty(width), np.empty(width), np.empty(width)
    change = np.empty((equation.beliefs.piece.shape[1], width))
    for i in range(start, stop):
        number = which[i]
        point, n = _open(equation, listed[number, 0], listed[number, 1], scratch)
        options = worth[number if equation.apart == 1 else 0]
        for c in range(width):
            for r in range(width):
                matrix[i, r, c] = 1.0 if r == c else 0.0
        here[:n] = score[i, :n]
        if equation.apart == 1:
            _slopes_apart(
                equation,
                point,
                scratch,
                here[:n],
                share[i],
                options,
                log_strategy[:n],
                moved[:n],
                change[:, :n],
                matrix[i],
            )
        else:
            _slopes_together(
                equation,
                point,
                scratch,
                here[:n],
                share[i],
                options,
                log_strategy[:n],
                moved[:n],
                response[i, :n],
                matrix[i],
            )


@kernel
def play_listed(
    start: int,
    stop: int,
    listed: Int[np.ndarray, "listed two"],
    equation: Equation,
    log_strategy: Float[np.ndarray, "listed cell"],
    values: Float[np.ndarray, "state column"],
) -> None:
    """Write what all play is worth at the points `listed[start:stop]`, sites on the grid."""
    beliefs = equation.beliefs
    scratch = new_scratch(equation.table, beliefs, equation.most_options, equation.most_signals)
    worth = np.empty(beliefs.profiles.shape[0] * beliefs.n_accounts)
    for i in range(start, stop):
        state, site = listed[i, 0], listed[i, 1]
        point, n = _open(equation, state, site, scratch)
        point_values(
            equation.table,
            beliefs,
            point,
            log_strategy[i, :n],
            equation.next_values,
            equation.ended,
            scratch,
            worth,
        )
        for pa in range(worth.size):
            values[state, pa * beliefs.n_beliefs + site] = worth[pa]


@kernel
def invert_listed(
    start: int,
    stop: int,
    matrix: Float[np.ndarray, "listed row column"],
    inverse: Float[np.ndarray, "listed row column"],
    sign: Float[np.ndarray, "listed"],
) -> None:
    """Invert the matrices `start` to `stop` in their places, and write their determinants' signs.

    Rows are exchanged for the largest pivot. The inverse of a singular matrix is infinite, and its
    sign is zero; that of one with an entry that is not a number is not a number either.
    """
    n = matrix.shape[1]
    for i in range(start, stop):
        rest, found = matrix[i], inverse[i]
        for r in range(n):
            for c in range(n):
                found[r, c] = 1.0 if r == c else 0.0
        sign[i] = 1.0
        for k in range(n):
            top = k
            for r in range(k + 1, n):
                if abs(rest[r, k]) > abs(rest[top, k]):
                    top = r
            pivot = rest[top, k]
            if pivot == 0.0:
                found[:, :] = np.inf
                sign[i] = 0.0
                break
            if top != k:
                for c in range(n):
                    rest[k, c], rest[top, c] = rest[top, c], rest[k, c]
                    found[k, c], found[top, c] = found[top, c], found[k, c]
                sign[i] = -sign[i]
            if pivot < 0.0:
                sign[i] = -sign[i]
            for c in range(n):
                rest[k, c] /= pivot
                found[k, c] /= pivot
            for r in range(n):
                share = rest[r, k]
                if r != k and share != 0.0:
                    for c in range(n):
                        rest[r, c] -= share * rest[k, c]
                        found[r, c] -= share * found[k, c]
