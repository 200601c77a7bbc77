r"""One evaluation of the signalling fixed point, for all beliefs of a mover at once.

See `signalling.py` for the equations. All beliefs of the mover are *lanes*, in rows `LANES` numbers
wide, over which the inner loops run. Each option has its rows in `rows[option]`. It is worked on a
*window*, a flat array that begins with a copy of those rows and goes on with rows that all options
share: there every row stands at a constant offset, and only so can the compiler see that the many
rows never overlap, and use vector instructions.

Where an offset is not constant, `spot` keeps numba from testing every number for being negative.

Functions take the few arrays that they read: handing over a tuple of arrays counts references to
all of them, which would cost more than the work.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int, UInt32

from offramp.equilibrium.kernels.arithmetic import fast_exp
from offramp.equilibrium.kernels.cache import inner, part, spot

__all__ = [
    "BELIEF",
    "BEST",
    "DET",
    "ERROR",
    "LANES",
    "OPTION",
    "POST",
    "SIGMA",
    "SPLIT",
    "STENCIL",
    "VALUE",
    "WHOLE",
    "WINDOW",
    "Simplex",
    "evaluate",
    "learn_all",
    "respond",
    "step",
]

FORBIDDEN = -2.0  # as in game.factored: kernels read no other room's constants
LANES = 40  # beliefs handled together: a multiple of one vector, and the usual triangle has 39
SPLIT = 1 << 31  # marks a cell of the grid that several pieces reach into
_TINY = 1e-280  # a likelihood below this has lost digits to underflow and is redone in logs

_1, _2, _3, _4, _5, _6, _7, _8 = (n * LANES for n in range(1, 9))
# rows of an option: strategy, the action value it replies to, posterior, residual (the new action
# value minus the old), each by type; and by type and type the linear form of the value, which P
# replaces, and in the end strategy times interpolation weight
SIGMA, VALUE, POST, RES, STENCIL, OPTION = (n * LANES for n in (0, 3, 6, 9, 12, 21))
# rows of the window beyond: belief; likelihood, whether the belief moves; determinant; sums over
# options; range of residuals; mean change; error; best and sum of weights of each type's reply
BELIEF, _LIKELY, _LEARNS, DET, _MATRIX, _VECTOR = (n * LANES for n in (21, 24, 25, 26, 27, 36))
_LOW, _HIGH, _MEAN, ERROR, BEST, WHOLE, WINDOW = (n * LANES for n in (39, 42, 45, 48, 49, 52, 55))


class Simplex(NamedTuple):
    """The mover's own simplex grid, with points and pieces innermost.

    Attributes:
        cell_piece: First piece of each regular cell, plus `SPLIT` where there are others; unsigned,
            as `cache.spot` says why.
        inverse: By vertex, type and piece.
        learning: 0 where nobody learns.
    """

    belief: Float[np.ndarray, "type point"]
    resolution: int
    cell_piece: UInt32[np.ndarray, "cell"]
    cell_start: Int[np.ndarray, "cell_1"]
    piece: UInt32[np.ndarray, "type piece"]
    inverse: Float[np.ndarray, "type type piece"]
    learning: int


@part
def respond(
    bound: Float[np.ndarray, "option type"],
    precision: float,
    lanes: int,
    rows: Float[np.ndarray, "option row_lane"],
    window: Float[np.ndarray, "row_lane"],
) -> None:
    """Write every type's logit reply to its action values, policies' bounds respected."""
    n_options, n_types = bound.shape
    for th in range(n_types):
        value, sigma = VALUE + th * LANES, SIGMA + th * LANES
        best, whole = BEST + th * LANES, WHOLE + th * LANES
        for lane in range(lanes):
            window[spot(best + lane)] = -np.inf
            window[spot(whole + lane)] = 0.0
        for a in range(n_options):
            if bound[a, th] != FORBIDDEN:
                for lane in range(lanes):
                    worth, most = rows[a, spot(value + lane)], window[spot(best + lane)]
                    window[spot(best + lane)] = worth if worth > most else most
        for a in range(n_options):
            if bound[a, th] == FORBIDDEN:
                for lane in range(lanes):
                    rows[a, spot(sigma + lane)] = 0.0
            elif bound[a, th] >= 0.0:
                for lane in range(lanes):
                    rows[a, spot(sigma + lane)] = bound[a, th]
                    window[spot(whole + lane)] = 1.0
            else:
                for lane in range(lanes):
                    weight = fast_exp(
                        precision * (rows[a, spot(value + lane)] - window[spot(best + lane)])
                    )
                    rows[a, spot(sigma + lane)] = weight
                    window[spot(whole + lane)] += weight
        for lane in range(lanes):
            window[_LIKELY + lane] = 1.0 / window[spot(whole + lane)]
        for a in range(n_options):
            for lane in range(lanes):
                rows[a, spot(sigma + lane)] *= window[_LIKELY + lane]


@inner
def _update(n_types: int, lanes: int, window: Float[np.ndarray, "row_lane"]) -> float:
    """Write the posterior after the option in the window; return the smallest likelihood."""
    if n_types == 2:
        for lane in range(lanes):
            joint0 = window[BELIEF + lane] * window[SIGMA + lane]
            joint1 = window[BELIEF + _1 + lane] * window[SIGMA + _1 + lane]
            likely = joint0 + joint1
            window[_LIKELY + lane] = likely
            window[_LEARNS + lane] = 1.0
            inverse = 1.0 / likely
            window[POST + lane] = joint0 * inverse
            window[POST + _1 + lane] = joint1 * inverse
    else:
        for lane in range(lanes):
            joint0 = window[BELIEF + lane] * window[SIGMA + lane]
            joint1 = window[BELIEF + _1 + lane] * window[SIGMA + _1 + lane]
            joint2 = window[BELIEF + _2 + lane] * window[SIGMA + _2 + lane]
            likely = joint0 + joint1 + joint2
            window[_LIKELY + lane] = likely
            window[_LEARNS + lane] = 1.0
            inverse = 1.0 / likely
            window[POST + lane] = joint0 * inverse
            window[POST + _1 + lane] = joint1 * inverse
            window[POST + _2 + lane] = joint2 * inverse
    least = window[_LIKELY]
    for lane in range(lanes):
        least = min(least, window[_LIKELY + lane])
    return least


@part
def _update_in_logs(
    a: int,
    bound: Float[np.ndarray, "option type"],
    precision: float,
    lanes: int,
    window: Float[np.ndarray, "row_lane"],
) -> None:
    """Redo in logs the posteriors whose likelihood underflows.

    Where no type that is still believed possible could have taken the option, belief stays.
    """
    n_types = bound.shape[1]
    for lane in range(lanes):
        if window[_LIKELY + lane] >= _TINY:
            continue
        top = -np.inf
        for th in range(n_types):
            row = th * LANES + lane
            score = -np.inf
            if window[BELIEF + row] > 0.0 and bound[a, th] != FORBIDDEN and bound[a, th] != 0.0:
                if bound[a, th] > 0.0:
                    score = math.log(bound[a, th])
                else:
                    score = precision * (window[VALUE + row] - window[BEST + row])
                    score -= math.log(window[WHOLE + row])
                score += math.log(window[BELIEF + row])
            window[POST + row] = score
            top = max(top, score)
        whole = 0.0
        for th in range(n_types):
            row = th * LANES + lane
            if top == -np.inf:
                window[POST + row] = window[BELIEF + row]
                window[_LEARNS + lane] = 0.0
            else:
                window[POST + row] = math.exp(window[POST + row] - top)
            whole += window[POST + row]
        for th in range(n_types):
            window[POST + th * LANES + lane] /= whole


@inner
def _keep_belief(n_types: int, lanes: int, window: Float[np.ndarray, "row_lane"]) -> None:
    for k in range(n_types * LANES):
        window[POST + k] = window[BELIEF + k]
    for lane in range(lanes):
        window[_LEARNS + lane] = 0.0


@inner
def _find_cells(
    a: int,
    resolution: int,
    cell_piece: UInt32[np.ndarray, "cell"],
    cell_start: Int[np.ndarray, "cell_1"],
    inverse: Float[np.ndarray, "type type piece"],
    lanes: int,
    window: Float[np.ndarray, "row_lane"],
    place: UInt32[np.ndarray, "option lane"],
) -> None:
    """Write the number of the piece that holds each posterior."""
    n = resolution
    if inverse.shape[0] == 2:
        for lane in range(lanes):
            place[a, lane] = min(max(np.int64(window[POST + _1 + lane] * n), 0), n)
    else:
        for lane in range(lanes):
            x, y = window[POST + _1 + lane] * n, window[POST + _2 + lane] * n
            i, j = min(max(np.int64(x), 0), n), min(max(np.int64(y), 0), n)
            upper = np.int64(1) if (x - i) + (y - j) > 1.0 else np.int64(0)
            place[a, lane] = 2 * (i * (n + 1) + j) + upper  # type: ignore[operator]
    for lane in range(lanes):
        cell = place[a, lane]
        found = cell_piece[cell]
        if found >= SPLIT:
            found = _best_piece(inverse, cell_start[cell], cell_start[cell + 1], window, lane)
        place[a, lane] = found


@part
def _best_piece(
    inverse: Float[np.ndarray, "type type piece"],
    first: int,
    stop: int,
    window: Float[np.ndarray, "row_lane"],
    lane: int,
) -> int:
    """Return that piece of a cell in which the smallest coordinate is largest."""
    n_types = inverse.shape[0]
    p0, p1 = window[spot(POST + lane)], window[spot(POST + _1 + lane)]
    p2 = window[spot(POST + _2 + lane)] if n_types > 2 else 0.0
    chosen, most = first, -np.inf
    for k in range(first, stop):
        least = np.inf
        for v in range(n_types):
            weight = inverse[v, 0, spot(k)] * p0 + inverse[v, 1, spot(k)] * p1
            if n_types > 2:
                weight += inverse[v, 2, spot(k)] * p2
            least = min(least, weight)
        if least > most:
            chosen, most = k, least
    return np.uint32(chosen)  # type: ignore[return-value]


@inner
def _compare(
    a: int,
    n_types: int,
    lanes: int,
    pieces: Float[np.ndarray, "option type_type piece"],
    place: UInt32[np.ndarray, "option lane"],
    window: Float[np.ndarray, "row_lane"],
) -> None:
    """Gather each lane's linear form and write the residual, new minus old action value."""
    for k in range(n_types * n_types):
        at = STENCIL + (k // n_types * 3 + k % n_types) * LANES
        for lane in range(lanes):
            window[spot(at + lane)] = pieces[a, k, place[a, lane]]
    if n_types == 2:
        for lane in range(lanes):
            p0, p1 = window[POST + lane], window[POST + _1 + lane]
            new0 = window[STENCIL + lane] * p0 + window[STENCIL + _1 + lane] * p1
            new1 = window[STENCIL + _3 + lane] * p0 + window[STENCIL + _4 + lane] * p1
            window[RES + lane] = new0 - window[VALUE + lane]
            window[RES + _1 + lane] = new1 - window[VALUE + _1 + lane]
        return
    for lane in range(lanes):
        p0, p1 = window[POST + lane], window[POST + _1 + lane]
        p2 = window[POST + _2 + lane]
        new0 = window[STENCIL + lane] * p0 + window[STENCIL + _1 + lane] * p1
        new1 = window[STENCIL + _3 + lane] * p0 + window[STENCIL + _4 + lane] * p1
        new2 = window[STENCIL + _6 + lane] * p0 + window[STENCIL + _7 + lane] * p1
        new0 += window[STENCIL + _2 + lane] * p2
        new1 += window[STENCIL + _5 + lane] * p2
        new2 += window[STENCIL + _8 + lane] * p2
        window[RES + lane] = new0 - window[VALUE + lane]
        window[RES + _1 + lane] = new1 - window[VALUE + _1 + lane]
        window[RES + _2 + lane] = new2 - window[VALUE + _2 + lane]


@inner
def _widen(th: int, lanes: int, window: Float[np.ndarray, "row_lane"]) -> None:
    """Widen a type's range of residuals by those of the option in the window."""
    row = th * LANES
    for lane in range(lanes):
        change = window[spot(RES + row + lane)]
        low, high = window[spot(_LOW + row + lane)], window[spot(_HIGH + row + lane)]
        window[spot(_LOW + row + lane)] = change if change < low else low
        window[spot(_HIGH + row + lane)] = change if change > high else high


@part
def _invert_two(
    free0: float, free1: float, lanes: int, window: Float[np.ndarray, "row_lane"]
) -> None:
    """Replace the linear forms by P of the window's option and add to the sums over options."""
    for lane in range(lanes):
        learns = window[_LEARNS + lane]
        b0 = learns * free0 * window[POST + lane]
        b1 = learns * free1 * window[POST + _1 + lane]
        r0, r1 = window[RES + lane], window[RES + _1 + lane]
        q0, q1 = window[VALUE + lane] + r0, window[VALUE + _1 + lane] + r1
        m00 = 1.0 - b0 * (window[STENCIL + lane] - q0)
        m01 = -b1 * (window[STENCIL + _1 + lane] - q0)
        m10 = -b0 * (window[STENCIL + _3 + lane] - q1)
        m11 = 1.0 - b1 * (window[STENCIL + _4 + lane] - q1)
        det = m00 * m11 - m01 * m10
        p00, p01, p10, p11 = m11 / det, -m01 / det, -m10 / det, m00 / det
        window[STENCIL + lane], window[STENCIL + _1 + lane] = p00, p01
        window[STENCIL + _3 + lane], window[STENCIL + _4 + lane] = p10, p11
        window[DET + lane] *= det
        s0, s1 = window[SIGMA + lane], window[SIGMA + _1 + lane]
        window[_MATRIX + lane] += s0 * p00
        window[_MATRIX + _1 + lane] += s0 * p01
        window[_MATRIX + _3 + lane] += s1 * p10
        window[_MATRIX + _4 + lane] += s1 * p11
        window[_VECTOR + lane] += s0 * (p00 * r0 + p01 * r1)
        window[_VECTOR + _1 + lane] += s1 * (p10 * r0 + p11 * r1)


@part
def _invert_three(
    free0: float, free1: float, free2: float, lanes: int, window: Float[np.ndarray, "row_lane"]
) -> None:
    """Replace the linear forms by P of the window's option and add to the sums over options."""
    for lane in range(lanes):
        learns = window[_LEARNS + lane]
        b0 = learns * free0 * window[POST + lane]
        b1 = learns * free1 * window[POST + _1 + lane]
        b2 = learns * free2 * window[POST + _2 + lane]
        r0, r1 = window[RES + lane], window[RES + _1 + lane]
        r2 = window[RES + _2 + lane]
        q0, q1 = window[VALUE + lane] + r0, window[VALUE + _1 + lane] + r1
        q2 = window[VALUE + _2 + lane] + r2
        m00 = 1.0 - b0 * (window[STENCIL + lane] - q0)
        m01 = -b1 * (window[STENCIL + _1 + lane] - q0)
        m02 = -b2 * (window[STENCIL + _2 + lane] - q0)
        m10 = -b0 * (window[STENCIL + _3 + lane] - q1)
        m11 = 1.0 - b1 * (window[STENCIL + _4 + lane] - q1)
        m12 = -b2 * (window[STENCIL + _5 + lane] - q1)
        m20 = -b0 * (window[STENCIL + _6 + lane] - q2)
        m21 = -b1 * (window[STENCIL + _7 + lane] - q2)
        m22 = 1.0 - b2 * (window[STENCIL + _8 + lane] - q2)
        c00, c10, c20 = m11 * m22 - m12 * m21, m12 * m20 - m10 * m22, m10 * m21 - m11 * m20
        det = m00 * c00 + m01 * c10 + m02 * c20
        inverse = 1.0 / det
        p00, p10, p20 = c00 * inverse, c10 * inverse, c20 * inverse
        p01 = (m02 * m21 - m01 * m22) * inverse
        p02 = (m01 * m12 - m02 * m11) * inverse
        p11 = (m00 * m22 - m02 * m20) * inverse
        p12 = (m02 * m10 - m00 * m12) * inverse
        p21 = (m01 * m20 - m00 * m21) * inverse
        p22 = (m00 * m11 - m01 * m10) * inverse
        window[STENCIL + lane], window[STENCIL + _1 + lane] = p00, p01
        window[STENCIL + _2 + lane], window[STENCIL + _3 + lane] = p02, p10
        window[STENCIL + _4 + lane], window[STENCIL + _5 + lane] = p11, p12
        window[STENCIL + _6 + lane], window[STENCIL + _7 + lane] = p20, p21
        window[STENCIL + _8 + lane] = p22
        window[DET + lane] *= det
        s0, s1 = window[SIGMA + lane], window[SIGMA + _1 + lane]
        s2 = window[SIGMA + _2 + lane]
        window[_MATRIX + lane] += s0 * p00
        window[_MATRIX + _1 + lane] += s0 * p01
        window[_MATRIX + _2 + lane] += s0 * p02
        window[_MATRIX + _3 + lane] += s1 * p10
        window[_MATRIX + _4 + lane] += s1 * p11
        window[_MATRIX + _5 + lane] += s1 * p12
        window[_MATRIX + _6 + lane] += s2 * p20
        window[_MATRIX + _7 + lane] += s2 * p21
        window[_MATRIX + _8 + lane] += s2 * p22
        window[_VECTOR + lane] += s0 * (p00 * r0 + p01 * r1 + p02 * r2)
        window[_VECTOR + _1 + lane] += s1 * (p10 * r0 + p11 * r1 + p12 * r2)
        window[_VECTOR + _2 + lane] += s2 * (p20 * r0 + p21 * r1 + p22 * r2)


@part
def _solve_means(n_types: int, lanes: int, window: Float[np.ndarray, "row_lane"]) -> None:
    """Solve for m, the mean change of each type's action values, and finish the determinant."""
    if n_types == 2:
        for lane in range(lanes):
            m00, m01 = window[_MATRIX + lane], window[_MATRIX + _1 + lane]
            m10, m11 = window[_MATRIX + _3 + lane], window[_MATRIX + _4 + lane]
            v0, v1 = window[_VECTOR + lane], window[_VECTOR + _1 + lane]
            det = m00 * m11 - m01 * m10
            window[_MEAN + lane] = (m11 * v0 - m01 * v1) / det
            window[_MEAN + _1 + lane] = (m00 * v1 - m10 * v0) / det
            window[DET + lane] *= det
        return
    for lane in range(lanes):
        m00, m01 = window[_MATRIX + lane], window[_MATRIX + _1 + lane]
        m02, m10 = window[_MATRIX + _2 + lane], window[_MATRIX + _3 + lane]
        m11, m12 = window[_MATRIX + _4 + lane], window[_MATRIX + _5 + lane]
        m20, m21 = window[_MATRIX + _6 + lane], window[_MATRIX + _7 + lane]
        m22 = window[_MATRIX + _8 + lane]
        v0, v1 = window[_VECTOR + lane], window[_VECTOR + _1 + lane]
        v2 = window[_VECTOR + _2 + lane]
        c00, c10, c20 = m11 * m22 - m12 * m21, m12 * m20 - m10 * m22, m10 * m21 - m11 * m20
        det = m00 * c00 + m01 * c10 + m02 * c20
        inverse = 1.0 / det
        window[_MEAN + lane] = inverse * (
            c00 * v0 + (m02 * m21 - m01 * m22) * v1 + (m01 * m12 - m02 * m11) * v2
        )
        window[_MEAN + _1 + lane] = inverse * (
            c10 * v0 + (m00 * m22 - m02 * m20) * v1 + (m02 * m10 - m00 * m12) * v2
        )
        window[_MEAN + _2 + lane] = inverse * (
            c20 * v0 + (m01 * m20 - m00 * m21) * v1 + (m00 * m11 - m01 * m10) * v2
        )
        window[DET + lane] *= det


@inner
def _open_window(
    a: int, rows: Float[np.ndarray, "option row_lane"], window: Float[np.ndarray, "row_lane"]
) -> None:
    for k in range(POST):
        window[k] = rows[a, k]


@inner
def _close_window(
    a: int,
    stop: int,
    window: Float[np.ndarray, "row_lane"],
    rows: Float[np.ndarray, "option row_lane"],
) -> None:
    for k in range(POST, stop):
        rows[a, k] = window[k]


@part
def learn_all(
    bound: Float[np.ndarray, "option type"],
    precision: float,
    lanes: int,
    simplex: Simplex,
    rows: Float[np.ndarray, "option row_lane"],
    place: UInt32[np.ndarray, "option lane"],
    window: Float[np.ndarray, "row_lane"],
) -> None:
    """Write the posterior after every option, and the piece of the grid on which it lies."""
    n_types = bound.shape[1]
    for a in range(bound.shape[0]):
        _open_window(a, rows, window)
        if simplex.learning == 0:
            _keep_belief(n_types, lanes, window)
        elif _update(n_types, lanes, window) < _TINY:
            _update_in_logs(a, bound, precision, lanes, window)
        _find_cells(
            a,
            simplex.resolution,
            simplex.cell_piece,
            simplex.cell_start,
            simplex.inverse,
            lanes,
            window,
            place,
        )
        _close_window(a, RES, window, rows)


@part
def evaluate(
    bound: Float[np.ndarray, "option type"],
    precision: float,
    lanes: int,
    simplex: Simplex,
    pieces: Float[np.ndarray, "option type_type piece"],
    rows: Float[np.ndarray, "option row_lane"],
    place: UInt32[np.ndarray, "option lane"],
    window: Float[np.ndarray, "row_lane"],
) -> None:
    """Reply, learn, and value what is learnt: one evaluation of the fixed point's equation.

    Leaves strategy, posterior, residual and P of every option in `rows`, and in the window each
    lane's error, the mean m of Newton's step and the determinant of the Jacobian.
    """
    n_options, n_types = bound.shape
    resolution, learning = simplex.resolution, simplex.learning
    cell_piece, cell_start, inverse = simplex.cell_piece, simplex.cell_start, simplex.inverse
    respond(bound, precision, lanes, rows, window)
    for k in range(_MATRIX, _LOW):
        window[k] = 0.0
    for k in range(_LOW, _HIGH):
        window[k], window[k + _3] = np.inf, -np.inf
    for lane in range(lanes):
        window[DET + lane] = 1.0
    free0 = precision if bound[0, 0] < 0.0 else 0.0
    free1 = precision if bound[0, 1] < 0.0 else 0.0
    free2 = precision if bound[0, n_types - 1] < 0.0 else 0.0
    for a in range(n_options):
        _open_window(a, rows, window)
        if learning == 0:
            _keep_belief(n_types, lanes, window)
        elif _update(n_types, lanes, window) < _TINY:
            _update_in_logs(a, bound, precision, lanes, window)
        _find_cells(a, resolution, cell_piece, cell_start, inverse, lanes, window, place)
        _compare(a, n_types, lanes, pieces, place, window)
        for th in range(n_types):
            if bound[a, th] < 0.0 and bound[a, th] != FORBIDDEN:
                _widen(th, lanes, window)
        if n_types == 2:
            _invert_two(free0, free1, lanes, window)
        else:
            _invert_three(free0, free1, free2, lanes, window)
        _close_window(a, OPTION, window, rows)
    _solve_means(n_types, lanes, window)
    for lane in range(lanes):
        window[ERROR + lane] = 0.0
    for th in range(n_types):
        for lane in range(lanes):
            row = th * LANES + lane
            # a type without free options leaves the range empty, and its error negative
            change = 0.25 * precision * (window[spot(_HIGH + row)] - window[spot(_LOW + row)])
            error = window[ERROR + lane]
            window[ERROR + lane] = change if change > error else error


@part
def step(
    n_options: int,
    n_types: int,
    lanes: int,
    aim: float,
    trust: float,
    short: Float[np.ndarray, "lane"],
    window: Float[np.ndarray, "row_lane"],
    rows: Float[np.ndarray, "option row_lane"],
) -> None:
    """Move the action values of every lane whose error exceeds `aim` by Newton's step.

    The step is scaled by `short`. Where that is zero, or the error not below `trust`, values move
    to the new ones instead. Lanes that have converged stay: what they hold does not depend on
    their neighbours.
    """
    for a in range(n_options):
        for th in range(n_types):
            row = STENCIL + 3 * th * LANES
            if n_types == 2:
                for lane in range(lanes):
                    window[_LIKELY + lane] = (
                        window[spot(_MEAN + th * LANES + lane)]
                        + rows[a, spot(row + lane)] * (rows[a, RES + lane] - window[_MEAN + lane])
                        + rows[a, spot(row + _1 + lane)]
                        * (rows[a, RES + _1 + lane] - window[_MEAN + _1 + lane])
                    )
            else:
                for lane in range(lanes):
                    window[_LIKELY + lane] = (
                        window[spot(_MEAN + th * LANES + lane)]
                        + rows[a, spot(row + lane)] * (rows[a, RES + lane] - window[_MEAN + lane])
                        + rows[a, spot(row + _1 + lane)]
                        * (rows[a, RES + _1 + lane] - window[_MEAN + _1 + lane])
                        + rows[a, spot(row + _2 + lane)]
                        * (rows[a, RES + _2 + lane] - window[_MEAN + _2 + lane])
                    )
            value, plain = VALUE + th * LANES, RES + th * LANES
            for lane in range(lanes):
                newton, error = short[lane] * window[_LIKELY + lane], window[ERROR + lane]
                trusted = error < trust and short[lane] > 0.0 and abs(newton) < np.inf
                change = newton if trusted else rows[a, spot(plain + lane)]
                rows[a, spot(value + lane)] += change if error > aim else 0.0
