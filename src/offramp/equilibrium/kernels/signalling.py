r"""The reply of a single mover with two or three types, whose acts reveal what it is.

At a state, with the others' beliefs held, the mover of type θ plays
$\sigma(a|\theta) \propto \exp(\lambda Q(a,\theta))$ with
$Q(a,\theta) = \sum_{\theta'} G_a[\theta,\theta']\, b'_a(\theta')$, where
$b'_a \propto b(\theta)\sigma(a|\theta)$ and $G_a$ is the linear piece of the value after act a
(expected over the others' types) on which $b'_a$ lies. Expectation and interpolation commute, so
only the state's own block of values is touched.

**Newton's step in closed form.** With $H_a[\theta,\theta'] = \lambda_{\theta'} b'_a(\theta')
(G_a[\theta,\theta'] - Q_{new}(a,\theta))$, the residual R = Q_new - Q changes the action values by
$\delta_a = P_a (R_a - m) + m$ with $P_a = (1 - H_a)^{-1}$ and
$(\sum_a D_a P_a)\, m = \sum_a D_a P_a R_a$, where $D_a = \mathrm{diag}\,\sigma(a|\cdot)$: one small
inverse per act and one more. Within a linear piece it converges quadratically. The product of all
determinants has the sign of the Jacobian's, positive on the branch from λ = 0 until it turns.

**What counts as converged.** Replies to action values that differ by R differ by at most
$\frac14 \lambda (\max_a R - \min_a R)$, and the loss of playing one instead of the other is at
most $\frac18 \lambda (\max_a R - \min_a R)^2$ (Hoeffding's lemma): these bounds are reported.

All beliefs of the mover are *lanes*, in rows `LANES` numbers wide. One option at a time is worked
on a window whose rows stand at constant offsets; that is what lets the loops vectorise.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

from offramp.equilibrium.kernels.arithmetic import fast_exp, fast_log
from offramp.equilibrium.kernels.cache import kernel
from offramp.equilibrium.kernels.expectations import RowTable, add_pay, expect_row

__all__ = ["Mover", "Rules", "Simplex", "play_typed", "reply_typed"]

FORBIDDEN = -2.0  # as in game.factored: kernels read no other room's constants
LANES = 40  # beliefs handled together: a multiple of one vector, and the usual triangle has 39
_VECTOR = 8
_TINY = 1e-280  # a likelihood below this has lost digits to underflow and is redone in logs
_NEWTON_BELOW = 0.05  # residual from which a Newton step is trusted
_CONTRACTS = 0.9  # a plain round that shrinks the residual by less is not taken to converge
_MOST_ROUNDS = 30  # after so many, the branch is followed from λ = 0
_FOLLOWS = 0.2  # residual, one stride further on, up to which Newton's steps keep to the branch
_CLOSE = 1e-6  # residual at which a stride on the way is content
_NEWTON_ROUNDS = 8
_LONGEST_STRIDE, _SHORTEST_STRIDE = 1.0 / 8.0, 1.0 / 512.0  # of the precision

_1, _2, _3, _4, _5, _6, _7, _8 = (n * LANES for n in range(1, 9))
# rows of one option: action value, strategy, posterior, residual (by type), stencil (type, vertex)
_Q, _SIGMA, _POST, _RES, _STENCIL, _OPTION = (n * LANES for n in (0, 3, 6, 9, 12, 21))
# rows shared by the options
_BELIEF, _BEST, _SUM, _LOW, _HIGH = (n * LANES for n in (0, 3, 6, 9, 12))
_ERROR, _BEFORE, _HARD, _SHARED = (n * LANES for n in (15, 16, 17, 18))
# rows of the window
_W_BELIEF, _W_SIGMA, _W_POST, _W_RES, _W_Q, _W_G = (n * LANES for n in (0, 3, 6, 9, 12, 15))
_W_TOTAL, _W_LEARNS, _W_DET, _W_MATRIX, _W_VECTOR, _W_MEAN, _WINDOW = (
    n * LANES for n in (24, 25, 26, 27, 36, 39, 42)
)


class Simplex(NamedTuple):
    """The mover's own simplex grid, with points and pieces innermost.

    `inverse[vertex, type, piece]`; `learning` is 0 where nobody learns.
    """

    belief: Float[np.ndarray, "type point"]
    resolution: int
    cell_start: Int[np.ndarray, "cell_1"]
    piece: Int[np.ndarray, "type piece"]
    inverse: Float[np.ndarray, "type type piece"]
    learning: int


class Mover(NamedTuple):
    """Where the mover's types and beliefs stand among profiles and joint beliefs.

    A profile is `(high * n_types + type) * profile_low + low`, a joint belief
    `(high * n_points + point) * belief_low + low`.
    """

    account: int
    n_types: int
    n_accounts: int
    profile_high: int
    profile_low: int
    belief_high: int
    belief_low: int


class Rules(NamedTuple):
    """How long a point is worked on.

    The residual aimed at is `tolerance`; where rounding keeps it away, `acceptable` will do.
    `warm` is 1 where the guess is a neighbouring solution.
    """

    precision: float
    tolerance: float
    acceptable: float
    warm: int


@kernel
def _load_beliefs(
    simplex: Simplex, first: int, lanes: int, work: Float[np.ndarray, "row_lane"]
) -> None:
    last = simplex.belief.shape[1] - 1
    for th in range(simplex.belief.shape[0]):
        at = _BELIEF + th * LANES
        for lane in range(lanes):
            work[at + lane] = simplex.belief[th, min(first + lane, last)]


@kernel
def _expect_own(
    mover: Mover,
    opinion: Float[np.ndarray, "profile belief"],
    after: Float[np.ndarray, "column"],
    origin: int,
    n_beliefs: int,
    expected: Float[np.ndarray, "type point"],
) -> None:
    """Write what an act is worth to each own type at each own grid point, others' types averaged.

    `origin` is the joint belief of the first own point, others' beliefs as they stand.
    """
    step = mover.belief_low
    for th in range(mover.n_types):
        for b in range(expected.shape[1]):
            expected[th, b] = 0.0
        for high in range(mover.profile_high):
            for low in range(mover.profile_low):
                p = (high * mover.n_types + th) * mover.profile_low + low
                at = (p * mover.n_accounts + mover.account) * n_beliefs + origin
                for b in range(expected.shape[1]):
                    weight = opinion[p, origin + b * step]
                    expected[th, b] += weight * after[at + b * step]


@kernel
def _tabulate_pieces(
    simplex: Simplex,
    expected: Float[np.ndarray, "type point"],
    corner: Float[np.ndarray, "type piece"],
    pieces: Float[np.ndarray, "type_type piece"],
) -> None:
    """Write the linear form of the expected value on every piece, `pieces[θ K + θ']`."""
    n_types, n_pieces = simplex.piece.shape
    for th in range(n_types):
        for v in range(n_types):
            for k in range(n_pieces):
                corner[v, k] = expected[th, simplex.piece[v, k]]
        for other in range(n_types):
            form = pieces[th * n_types + other]
            for k in range(n_pieces):
                form[k] = corner[0, k] * simplex.inverse[0, other, k]
            for v in range(1, n_types):
                for k in range(n_pieces):
                    form[k] += corner[v, k] * simplex.inverse[v, other, k]


@kernel
def _load_guess(
    log_strategy: Float[np.ndarray, "option type belief"],
    bound: Float[np.ndarray, "option type"],
    scale: float,
    joint: Int[np.ndarray, "lane"],
    lanes: int,
    work: Float[np.ndarray, "row_lane"],
) -> None:
    """Read action values, up to a constant per type, off a strategy that replies to them."""
    for a in range(bound.shape[0]):
        for th in range(bound.shape[1]):
            at = _SHARED + a * _OPTION + _Q + th * LANES
            for lane in range(lanes):
                guess = log_strategy[a, th, joint[lane]]
                work[at + lane] = guess * scale if guess > -np.inf else 0.0


@kernel
def _softmax(
    bound: Float[np.ndarray, "option type"],
    precision: float,
    lanes: int,
    work: Float[np.ndarray, "row_lane"],
) -> None:
    """Write every type's reply to the action values in `work`."""
    n_options, n_types = bound.shape
    for th in range(n_types):
        best, total = _BEST + th * LANES, _SUM + th * LANES
        for lane in range(lanes):
            work[best + lane] = -np.inf
            work[total + lane] = 0.0
        for a in range(n_options):
            q = _SHARED + a * _OPTION + _Q + th * LANES
            if bound[a, th] != FORBIDDEN:
                for lane in range(lanes):
                    work[best + lane] = max(work[best + lane], work[q + lane])
        for a in range(n_options):
            q = _SHARED + a * _OPTION + _Q + th * LANES
            sigma = _SHARED + a * _OPTION + _SIGMA + th * LANES
            if bound[a, th] >= 0.0:
                for lane in range(lanes):
                    work[sigma + lane] = bound[a, th]
                    work[total + lane] = 1.0
            elif bound[a, th] == FORBIDDEN:
                for lane in range(lanes):
                    work[sigma + lane] = 0.0
            else:
                for lane in range(lanes):
                    work[sigma + lane] = fast_exp(precision * (work[q + lane] - work[best + lane]))
                for lane in range(lanes):
                    work[total + lane] += work[sigma + lane]
        for a in range(n_options):
            sigma = _SHARED + a * _OPTION + _SIGMA + th * LANES
            for lane in range(lanes):
                work[sigma + lane] /= work[total + lane]


@kernel
def _open_window(
    a: int,
    n_types: int,
    lanes: int,
    work: Float[np.ndarray, "row_lane"],
    window: Float[np.ndarray, "row_lane"],
) -> None:
    """Copy an option's rows and the beliefs to where they stand at constant offsets."""
    option = _SHARED + a * _OPTION
    for th in range(n_types):
        row = th * LANES
        for lane in range(lanes):
            window[_W_BELIEF + row + lane] = work[_BELIEF + row + lane]
        for lane in range(lanes):
            window[_W_SIGMA + row + lane] = work[option + _SIGMA + row + lane]
        for lane in range(lanes):
            window[_W_Q + row + lane] = work[option + _Q + row + lane]


@kernel
def _update(n_types: int, lanes: int, window: Float[np.ndarray, "row_lane"]) -> float:
    """Write the posterior after the option in the window; return the smallest likelihood."""
    for lane in range(lanes):
        total = 0.0
        for th in range(n_types):
            total += window[_W_BELIEF + th * LANES + lane] * window[_W_SIGMA + th * LANES + lane]
        window[_W_TOTAL + lane] = total
        window[_W_LEARNS + lane] = 1.0
    for th in range(n_types):
        row = th * LANES
        for lane in range(lanes):
            window[_W_POST + row + lane] = (
                window[_W_BELIEF + row + lane]
                * window[_W_SIGMA + row + lane]
                / window[_W_TOTAL + lane]
            )
    least = window[_W_TOTAL]
    for lane in range(lanes):
        least = min(least, window[_W_TOTAL + lane])
    return least


@kernel
def _update_in_logs(
    a: int,
    bound: Float[np.ndarray, "option type"],
    precision: float,
    lanes: int,
    work: Float[np.ndarray, "row_lane"],
    window: Float[np.ndarray, "row_lane"],
) -> None:
    """Redo in logs the posteriors whose likelihood underflows.

    Where no type that is still believed possible could have taken the option, belief stays.
    """
    n_types = bound.shape[1]
    q = _SHARED + a * _OPTION + _Q
    for lane in range(lanes):
        if window[_W_TOTAL + lane] >= _TINY:
            continue
        best = -np.inf
        for th in range(n_types):
            row = th * LANES + lane
            score = -np.inf
            if window[_W_BELIEF + row] > 0.0 and bound[a, th] != FORBIDDEN:
                if bound[a, th] >= 0.0:
                    score = math.log(bound[a, th]) if bound[a, th] > 0.0 else -np.inf
                else:
                    score = precision * (work[q + row] - work[_BEST + row])
                    score -= math.log(work[_SUM + row])
                score += math.log(window[_W_BELIEF + row])
            window[_W_POST + row] = score
            best = max(best, score)
        total = 0.0
        for th in range(n_types):
            row = th * LANES + lane
            if best == -np.inf:
                window[_W_POST + row] = window[_W_BELIEF + row]
                window[_W_LEARNS + lane] = 0.0
            else:
                window[_W_POST + row] = math.exp(window[_W_POST + row] - best)
            total += window[_W_POST + row]
        for th in range(n_types):
            window[_W_POST + th * LANES + lane] /= total


@kernel
def _keep_belief(n_types: int, lanes: int, window: Float[np.ndarray, "row_lane"]) -> None:
    for th in range(n_types):
        for lane in range(lanes):
            window[_W_POST + th * LANES + lane] = window[_W_BELIEF + th * LANES + lane]
    for lane in range(lanes):
        window[_W_LEARNS + lane] = 0.0


@kernel
def _find_cells(
    simplex: Simplex,
    lanes: int,
    window: Float[np.ndarray, "row_lane"],
    place: Int[np.ndarray, "lane"],
) -> None:
    """Write the number of the piece that holds each posterior."""
    n = simplex.resolution
    if simplex.piece.shape[0] == 2:
        for lane in range(lanes):
            place[lane] = min(max(np.int64(window[_W_POST + _1 + lane] * n), 0), n)
    else:
        for lane in range(lanes):
            x, y = window[_W_POST + _1 + lane] * n, window[_W_POST + _2 + lane] * n
            i, j = min(max(np.int64(x), 0), n), min(max(np.int64(y), 0), n)
            upper = np.int64(1) if (x - i) + (y - j) > 1.0 else np.int64(0)
            place[lane] = 2 * (i * (n + 1) + j) + upper
    for lane in range(lanes):
        cell = place[lane]
        first = simplex.cell_start[cell]
        place[lane] = first
        if simplex.cell_start[cell + 1] - first > 1:
            place[lane] = _best_piece(simplex, first, simplex.cell_start[cell + 1], window, lane)


@kernel
def _best_piece(
    simplex: Simplex, first: int, stop: int, window: Float[np.ndarray, "row_lane"], lane: int
) -> int:
    """Return the piece of a split cell in which the smallest coordinate is largest."""
    n_types = simplex.piece.shape[0]
    chosen, most = first, -np.inf
    for k in range(first, stop):
        least = np.inf
        for v in range(n_types):
            weight = 0.0
            for th in range(n_types):
                weight += simplex.inverse[v, th, k] * window[_W_POST + th * LANES + lane]
            least = min(least, weight)
        if least > most:
            chosen, most = k, least
    return chosen


@kernel
def _compare(
    n_types: int,
    lanes: int,
    pieces: Float[np.ndarray, "type_type piece"],
    place: Int[np.ndarray, "lane"],
    window: Float[np.ndarray, "row_lane"],
) -> None:
    """Gather each lane's linear form and write the residual, new minus old action value."""
    for k in range(n_types * n_types):
        at = _W_G + (k // n_types * 3 + k % n_types) * LANES
        form = pieces[k]
        for lane in range(lanes):
            window[at + lane] = form[place[lane]]
    for th in range(n_types):
        at = _W_G + 3 * th * LANES
        res = _W_RES + th * LANES
        for lane in range(lanes):
            window[res + lane] = -window[_W_Q + th * LANES + lane]
        for other in range(n_types):
            for lane in range(lanes):
                window[res + lane] += (
                    window[at + other * LANES + lane] * window[_W_POST + other * LANES + lane]
                )


@kernel
def _measure(
    a: int,
    bound: Float[np.ndarray, "option type"],
    lanes: int,
    window: Float[np.ndarray, "row_lane"],
    work: Float[np.ndarray, "row_lane"],
) -> None:
    """Widen each free type's range of residuals by those in the window."""
    for th in range(bound.shape[1]):
        row = th * LANES
        if a == 0:
            for lane in range(lanes):
                work[_LOW + row + lane] = np.inf
                work[_HIGH + row + lane] = -np.inf
        if bound[a, th] < 0.0 and bound[a, th] != FORBIDDEN:
            for lane in range(lanes):
                work[_LOW + row + lane] = min(work[_LOW + row + lane], window[_W_RES + row + lane])
            for lane in range(lanes):
                work[_HIGH + row + lane] = max(
                    work[_HIGH + row + lane], window[_W_RES + row + lane]
                )


@kernel
def _invert_two(
    free0: float, free1: float, lanes: int, window: Float[np.ndarray, "row_lane"]
) -> None:
    """Replace the linear forms by P of the window's option and add to the sums over options."""
    for lane in range(lanes):
        learns = window[_W_LEARNS + lane]
        b0 = learns * free0 * window[_W_POST + lane]
        b1 = learns * free1 * window[_W_POST + _1 + lane]
        r0, r1 = window[_W_RES + lane], window[_W_RES + _1 + lane]
        q0, q1 = window[_W_Q + lane] + r0, window[_W_Q + _1 + lane] + r1
        m00 = 1.0 - b0 * (window[_W_G + lane] - q0)
        m01 = -b1 * (window[_W_G + _1 + lane] - q0)
        m10 = -b0 * (window[_W_G + _3 + lane] - q1)
        m11 = 1.0 - b1 * (window[_W_G + _4 + lane] - q1)
        det = m00 * m11 - m01 * m10
        p00, p01, p10, p11 = m11 / det, -m01 / det, -m10 / det, m00 / det
        window[_W_G + lane], window[_W_G + _1 + lane] = p00, p01
        window[_W_G + _3 + lane], window[_W_G + _4 + lane] = p10, p11
        window[_W_DET + lane] *= det
        s0, s1 = window[_W_SIGMA + lane], window[_W_SIGMA + _1 + lane]
        window[_W_MATRIX + lane] += s0 * p00
        window[_W_MATRIX + _1 + lane] += s0 * p01
        window[_W_MATRIX + _3 + lane] += s1 * p10
        window[_W_MATRIX + _4 + lane] += s1 * p11
        window[_W_VECTOR + lane] += s0 * (p00 * r0 + p01 * r1)
        window[_W_VECTOR + _1 + lane] += s1 * (p10 * r0 + p11 * r1)


@kernel
def _invert_three(
    free0: float, free1: float, free2: float, lanes: int, window: Float[np.ndarray, "row_lane"]
) -> None:
    """Replace the linear forms by P of the window's option and add to the sums over options."""
    for lane in range(lanes):
        learns = window[_W_LEARNS + lane]
        b0 = learns * free0 * window[_W_POST + lane]
        b1 = learns * free1 * window[_W_POST + _1 + lane]
        b2 = learns * free2 * window[_W_POST + _2 + lane]
        r0, r1 = window[_W_RES + lane], window[_W_RES + _1 + lane]
        r2 = window[_W_RES + _2 + lane]
        q0, q1 = window[_W_Q + lane] + r0, window[_W_Q + _1 + lane] + r1
        q2 = window[_W_Q + _2 + lane] + r2
        m00 = 1.0 - b0 * (window[_W_G + lane] - q0)
        m01 = -b1 * (window[_W_G + _1 + lane] - q0)
        m02 = -b2 * (window[_W_G + _2 + lane] - q0)
        m10 = -b0 * (window[_W_G + _3 + lane] - q1)
        m11 = 1.0 - b1 * (window[_W_G + _4 + lane] - q1)
        m12 = -b2 * (window[_W_G + _5 + lane] - q1)
        m20 = -b0 * (window[_W_G + _6 + lane] - q2)
        m21 = -b1 * (window[_W_G + _7 + lane] - q2)
        m22 = 1.0 - b2 * (window[_W_G + _8 + lane] - q2)
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
        window[_W_G + lane], window[_W_G + _1 + lane] = p00, p01
        window[_W_G + _2 + lane], window[_W_G + _3 + lane] = p02, p10
        window[_W_G + _4 + lane], window[_W_G + _5 + lane] = p11, p12
        window[_W_G + _6 + lane], window[_W_G + _7 + lane] = p20, p21
        window[_W_G + _8 + lane] = p22
        window[_W_DET + lane] *= det
        s0, s1 = window[_W_SIGMA + lane], window[_W_SIGMA + _1 + lane]
        s2 = window[_W_SIGMA + _2 + lane]
        window[_W_MATRIX + lane] += s0 * p00
        window[_W_MATRIX + _1 + lane] += s0 * p01
        window[_W_MATRIX + _2 + lane] += s0 * p02
        window[_W_MATRIX + _3 + lane] += s1 * p10
        window[_W_MATRIX + _4 + lane] += s1 * p11
        window[_W_MATRIX + _5 + lane] += s1 * p12
        window[_W_MATRIX + _6 + lane] += s2 * p20
        window[_W_MATRIX + _7 + lane] += s2 * p21
        window[_W_MATRIX + _8 + lane] += s2 * p22
        window[_W_VECTOR + lane] += s0 * (p00 * r0 + p01 * r1 + p02 * r2)
        window[_W_VECTOR + _1 + lane] += s1 * (p10 * r0 + p11 * r1 + p12 * r2)
        window[_W_VECTOR + _2 + lane] += s2 * (p20 * r0 + p21 * r1 + p22 * r2)


@kernel
def _solve_means(n_types: int, lanes: int, window: Float[np.ndarray, "row_lane"]) -> None:
    """Solve for m, the mean change of each type's action values, and finish the determinant."""
    if n_types == 2:
        for lane in range(lanes):
            m00, m01 = window[_W_MATRIX + lane], window[_W_MATRIX + _1 + lane]
            m10, m11 = window[_W_MATRIX + _3 + lane], window[_W_MATRIX + _4 + lane]
            v0, v1 = window[_W_VECTOR + lane], window[_W_VECTOR + _1 + lane]
            det = m00 * m11 - m01 * m10
            window[_W_MEAN + lane] = (m11 * v0 - m01 * v1) / det
            window[_W_MEAN + _1 + lane] = (m00 * v1 - m10 * v0) / det
            window[_W_DET + lane] *= det
        return
    for lane in range(lanes):
        m00, m01 = window[_W_MATRIX + lane], window[_W_MATRIX + _1 + lane]
        m02, m10 = window[_W_MATRIX + _2 + lane], window[_W_MATRIX + _3 + lane]
        m11, m12 = window[_W_MATRIX + _4 + lane], window[_W_MATRIX + _5 + lane]
        m20, m21 = window[_W_MATRIX + _6 + lane], window[_W_MATRIX + _7 + lane]
        m22 = window[_W_MATRIX + _8 + lane]
        v0, v1 = window[_W_VECTOR + lane], window[_W_VECTOR + _1 + lane]
        v2 = window[_W_VECTOR + _2 + lane]
        c00, c10, c20 = m11 * m22 - m12 * m21, m12 * m20 - m10 * m22, m10 * m21 - m11 * m20
        det = m00 * c00 + m01 * c10 + m02 * c20
        inverse = 1.0 / det
        window[_W_MEAN + lane] = inverse * (
            c00 * v0 + (m02 * m21 - m01 * m22) * v1 + (m01 * m12 - m02 * m11) * v2
        )
        window[_W_MEAN + _1 + lane] = inverse * (
            c10 * v0 + (m00 * m22 - m02 * m20) * v1 + (m02 * m10 - m00 * m12) * v2
        )
        window[_W_MEAN + _2 + lane] = inverse * (
            c20 * v0 + (m01 * m20 - m00 * m21) * v1 + (m00 * m11 - m01 * m10) * v2
        )
        window[_W_DET + lane] *= det


@kernel
def _step(
    n_options: int,
    n_types: int,
    lanes: int,
    trust: float,
    window: Float[np.ndarray, "row_lane"],
    work: Float[np.ndarray, "row_lane"],
) -> None:
    """Move every action value by Newton's step where the error is below `trust`.

    Elsewhere it moves to its new value.
    """
    for a in range(n_options):
        option = _SHARED + a * _OPTION
        for th in range(n_types):
            row = th * LANES
            for lane in range(lanes):
                window[_W_TOTAL + lane] = window[_W_MEAN + row + lane]
            for other in range(n_types):
                stencil = option + _STENCIL + (3 * th + other) * LANES
                res = option + _RES + other * LANES
                mean = _W_MEAN + other * LANES
                for lane in range(lanes):
                    window[_W_TOTAL + lane] += work[stencil + lane] * (
                        work[res + lane] - window[mean + lane]
                    )
            for lane in range(lanes):
                plain = work[option + _RES + row + lane]
                newton = window[_W_TOTAL + lane]
                trusted = work[_ERROR + lane] < trust and abs(newton) < np.inf
                work[option + _Q + row + lane] += newton if trusted else plain


@kernel
def _round(
    simplex: Simplex,
    bound: Float[np.ndarray, "option type"],
    precision: float,
    lanes: int,
    pieces: Float[np.ndarray, "option type_type piece"],
    place: Int[np.ndarray, "option lane"],
    window: Float[np.ndarray, "row_lane"],
    work: Float[np.ndarray, "row_lane"],
) -> None:
    """Reply, learn, and value what is learnt: one evaluation of the fixed point's equation.

    Leaves strategy, posterior, residual and P of every option in `work`, the sums over options
    and the determinant in `window`.
    """
    n_options, n_types = bound.shape
    _softmax(bound, precision, lanes, work)
    for lane in range(lanes):
        window[_W_DET + lane] = 1.0
    for k in range(9):
        for lane in range(lanes):
            window[_W_MATRIX + k * LANES + lane] = 0.0
    for k in range(3):
        for lane in range(lanes):
            window[_W_VECTOR + k * LANES + lane] = 0.0
    for a in range(n_options):
        _open_window(a, n_types, lanes, work, window)
        if simplex.learning == 0:
            _keep_belief(n_types, lanes, window)
        elif _update(n_types, lanes, window) < _TINY:
            _update_in_logs(a, bound, precision, lanes, work, window)
        _find_cells(simplex, lanes, window, place[a])
        _compare(n_types, lanes, pieces[a], place[a], window)
        _measure(a, bound, lanes, window, work)
        free0 = precision if bound[0, 0] < 0.0 else 0.0
        free1 = precision if bound[0, 1] < 0.0 else 0.0
        if n_types == 2:
            _invert_two(free0, free1, lanes, window)
        else:
            free2 = precision if bound[0, 2] < 0.0 else 0.0
            _invert_three(free0, free1, free2, lanes, window)
        _close_window(a, n_types, lanes, window, work)


@kernel
def _close_window(
    a: int,
    n_types: int,
    lanes: int,
    window: Float[np.ndarray, "row_lane"],
    work: Float[np.ndarray, "row_lane"],
) -> None:
    option = _SHARED + a * _OPTION
    for th in range(n_types):
        row = th * LANES
        for lane in range(lanes):
            work[option + _POST + row + lane] = window[_W_POST + row + lane]
        for lane in range(lanes):
            work[option + _RES + row + lane] = window[_W_RES + row + lane]
        for other in range(n_types):
            at = (3 * th + other) * LANES
            for lane in range(lanes):
                work[option + _STENCIL + at + lane] = window[_W_G + at + lane]


@kernel
def _judge(
    rounds: int,
    rules: Rules,
    n_types: int,
    lanes: int,
    window: Float[np.ndarray, "row_lane"],
    work: Float[np.ndarray, "row_lane"],
) -> int:
    """Update each lane's error; return how many lanes still need a step.

    A lane is *hard*, and left for continuation, where it leaves the branch from λ = 0 (the
    determinant changes sign) or where there is no sure sign that it converges.
    """
    open_lanes = 0
    for lane in range(lanes):
        widest = 0.0
        for th in range(n_types):
            widest = max(widest, work[_HIGH + th * LANES + lane] - work[_LOW + th * LANES + lane])
        before = work[_ERROR + lane]
        error = 0.25 * rules.precision * widest
        work[_BEFORE + lane] = before
        work[_ERROR + lane] = error
        if work[_HARD + lane] != 0.0:
            continue
        spent = rounds >= _MOST_ROUNDS
        if error <= (rules.acceptable if spent else rules.tolerance):
            if not window[_W_DET + lane] > 0.0:
                work[_HARD + lane] = 1.0
            continue
        slow = rounds > 1 and before >= _NEWTON_BELOW and error > _CONTRACTS * before
        if slow or spent or not error < np.inf:
            work[_HARD + lane] = 1.0
        else:
            open_lanes += 1
    return open_lanes


@kernel
def _store_replies(
    bound: Float[np.ndarray, "option type"],
    precision: float,
    joint: Int[np.ndarray, "lane"],
    lanes: int,
    work: Float[np.ndarray, "row_lane"],
    log_strategy: Float[np.ndarray, "option type belief"],
) -> None:
    for th in range(bound.shape[1]):
        row = th * LANES
        for lane in range(lanes):
            work[_LOW + lane] = fast_log(work[_SUM + row + lane])
        for a in range(bound.shape[0]):
            q = _SHARED + a * _OPTION + _Q + row
            for lane in range(lanes):
                if bound[a, th] >= 0.0:
                    reply = np.log(bound[a, th])
                elif bound[a, th] == FORBIDDEN:
                    reply = -np.inf
                else:
                    reply = precision * (work[q + lane] - work[_BEST + row + lane])
                    reply -= work[_LOW + lane]
                log_strategy[a, th, joint[lane]] = reply


@kernel
def _weigh(
    n_options: int,
    simplex: Simplex,
    place: Int[np.ndarray, "option lane"],
    lanes: int,
    work: Float[np.ndarray, "row_lane"],
) -> None:
    """Write strategy times interpolation weight per option, type and vertex over the P rows."""
    n_types = simplex.piece.shape[0]
    for a in range(n_options):
        option = _SHARED + a * _OPTION
        for v in range(n_types):
            for lane in range(lanes):
                weight = 0.0
                for th in range(n_types):
                    posterior = work[option + _POST + th * LANES + lane]
                    weight += simplex.inverse[v, th, place[a, lane]] * posterior
                for th in range(n_types):
                    at = (3 * th + v) * LANES + lane
                    sigma = work[option + _SIGMA + th * LANES + lane]
                    work[option + _STENCIL + at] = sigma * weight


@kernel
def _store_values(
    n_options: int,
    mover: Mover,
    simplex: Simplex,
    place: Int[np.ndarray, "option lane"],
    joint: Int[np.ndarray, "lane"],
    origin: int,
    n_beliefs: int,
    count: int,
    after: Float[np.ndarray, "option column"],
    work: Float[np.ndarray, "row_lane"],
    values: Float[np.ndarray, "column"],
) -> None:
    """Write the value of playing the strategy, at every profile and account."""
    n_profiles = mover.profile_high * mover.n_types * mover.profile_low
    for a in range(n_options):
        option = _SHARED + a * _OPTION
        for v in range(mover.n_types):
            for lane in range(count):
                vertex = simplex.piece[v, place[a, lane]]
                place[n_options + v, lane] = origin + vertex * mover.belief_low
        for p in range(n_profiles):
            th = p // mover.profile_low % mover.n_types
            for account in range(mover.n_accounts):
                at = (p * mover.n_accounts + account) * n_beliefs
                for lane in range(count):
                    total = 0.0
                    for v in range(mover.n_types):
                        weight = work[option + _STENCIL + (3 * th + v) * LANES + lane]
                        total += weight * after[a, at + place[n_options + v, lane]]
                    if a == 0:
                        values[at + joint[lane]] = total
                    else:
                        values[at + joint[lane]] += total


@kernel
def _locate_lanes(
    first: int, lanes: int, origin: int, n_points: int, step: int, joint: Int[np.ndarray, "lane"]
) -> None:
    for lane in range(lanes):
        joint[lane] = origin + min(first + lane, n_points - 1) * step


@kernel
def reply_typed(
    start: int,
    stop: int,
    table: RowTable,
    option_start: Int[np.ndarray, "state_1"],
    bound: Float[np.ndarray, "option type"],
    widest: int,
    mover: Mover,
    simplex: Simplex,
    rules: Rules,
    opinion: Float[np.ndarray, "profile belief"],
    next_values: Float[np.ndarray, "next_state column"],
    ended: Float[np.ndarray, "ended column"],
    guess: Float[np.ndarray, "option type belief"],
    log_strategy: Float[np.ndarray, "option type belief"],
    error: Float[np.ndarray, "state belief"],
    values: Float[np.ndarray, "state column"],
) -> int:
    """Solve a stage whose one mover has two or three types; return the most rounds taken.

    Args:
        start: First state.
        stop: One past the last state.
        table: Rows coincide with options; a state without options has one row, passed over.
        option_start: Options of state s are `option_start[s]:option_start[s + 1]`.
        bound: Per option and type, as in `game.Options`.
        widest: Largest number of options of a state.
        mover: Layout of the mover's types and beliefs.
        simplex: Its grid.
        rules: Precision in this period, tolerance, whether `guess` is a neighbouring solution.
        opinion: The mover's belief over profiles (its own type counts one).
        next_values: Values in the next slot.
        ended: Values of ended states in this period.
        guess: Log-strategies to start from; read where they exist, that is for a prefix of the
            options.
        log_strategy: Overwritten.
        error: Overwritten with the bound on the residual; negative where the point is *hard* and
            must be solved by continuation.
        values: Overwritten.
    """
    n_columns, n_beliefs = next_values.shape[1], opinion.shape[1]
    n_types, n_points = simplex.belief.shape
    n_pieces = simplex.piece.shape[1]
    after = np.empty((max(widest, 1), n_columns))
    expected = np.empty((n_types, n_points))
    corner = np.empty((n_types, n_pieces))
    pieces = np.empty((max(widest, 1), n_types * n_types, n_pieces))
    place = np.zeros((max(widest, 1) + n_types, LANES), dtype=np.int64)
    joint = np.zeros(LANES, dtype=np.int64)
    window = np.zeros(_WINDOW)
    work = np.zeros(_SHARED + max(widest, 1) * _OPTION)
    most = 0
    for s in range(start, stop):
        first, n_options = option_start[s], option_start[s + 1] - option_start[s]
        row = table.start[s]
        if n_options == 0:
            expect_row(row, table, next_values, ended, values[s])
            add_pay(row, table, n_beliefs, values[s])
            for b in range(n_beliefs):
                error[s, b] = 0.0
            continue
        for a in range(n_options):
            expect_row(row + a, table, next_values, ended, after[a])
            add_pay(row + a, table, n_beliefs, after[a])
        own = bound[first : first + n_options]
        warm = rules.warm == 1 and first + n_options <= guess.shape[0]
        for high in range(mover.belief_high):
            for low in range(mover.belief_low):
                origin = high * n_points * mover.belief_low + low
                for a in range(n_options):
                    _expect_own(mover, opinion, after[a], origin, n_beliefs, expected)
                    _tabulate_pieces(simplex, expected, corner, pieces[a])
                for block in range(0, n_points, LANES):
                    count = min(LANES, n_points - block)
                    lanes = (count + _VECTOR - 1) // _VECTOR * _VECTOR
                    _load_beliefs(simplex, block, lanes, work)
                    _locate_lanes(block, lanes, origin, n_points, mover.belief_low, joint)
                    if warm and rules.precision > 0.0:
                        replies = guess[first : first + n_options]
                        _load_guess(replies, own, 1.0 / rules.precision, joint, lanes, work)
                    else:
                        _forget_values(n_options, work)
                    rounds = _iterate(simplex, own, rules, lanes, pieces, place, window, work)
                    most = max(most, rounds)
                    if _n_hard(lanes, work) > 0:
                        _follow(simplex, own, rules, lanes, pieces, place, window, work)
                    replies = log_strategy[first : first + n_options]
                    _store_replies(own, rules.precision, joint, lanes, work, replies)
                    _weigh(n_options, simplex, place, lanes, work)
                    _store_values(
                        n_options,
                        mover,
                        simplex,
                        place,
                        joint,
                        origin,
                        n_beliefs,
                        count,
                        after,
                        work,
                        values[s],
                    )
                    for lane in range(count):
                        hard = work[_HARD + lane] != 0.0
                        error[s, joint[lane]] = -1.0 if hard else work[_ERROR + lane]
    return most


@kernel
def _forget_values(n_options: int, work: Float[np.ndarray, "row_lane"]) -> None:
    for a in range(n_options):
        for k in range(3 * LANES):
            work[_SHARED + a * _OPTION + _Q + k] = 0.0


@kernel
def _settle(
    simplex: Simplex,
    bound: Float[np.ndarray, "option type"],
    precision: float,
    aim: float,
    lanes: int,
    pieces: Float[np.ndarray, "option type_type piece"],
    place: Int[np.ndarray, "option lane"],
    window: Float[np.ndarray, "row_lane"],
    work: Float[np.ndarray, "row_lane"],
) -> int:
    """Take Newton's steps at one precision; return how many lanes have lost the branch.

    Lanes that are hard are not looked at. A lane that is lost has a negative error.
    """
    n_options, n_types = bound.shape
    for rounds in range(_NEWTON_ROUNDS):
        _round(simplex, bound, precision, lanes, pieces, place, window, work)
        _solve_means(n_types, lanes, window)
        worst, lost = 0.0, 0
        for lane in range(lanes):
            widest = 0.0
            for th in range(n_types):
                row = th * LANES + lane
                widest = max(widest, work[_HIGH + row] - work[_LOW + row])
            error = 0.25 * precision * widest
            work[_ERROR + lane] = error
            if work[_HARD + lane] == 0.0:
                unsure = not window[_W_DET + lane] > 0.0 or not error < _FOLLOWS
                if unsure or (rounds == _NEWTON_ROUNDS - 1 and error > aim):
                    work[_ERROR + lane] = -1.0
                    lost += 1
                else:
                    worst = max(worst, error)
        if lost > 0 or worst <= aim:
            return lost
        _step(n_options, n_types, lanes, np.inf, window, work)
    return 0


@kernel
def _follow(
    simplex: Simplex,
    bound: Float[np.ndarray, "option type"],
    rules: Rules,
    lanes: int,
    pieces: Float[np.ndarray, "option type_type piece"],
    place: Int[np.ndarray, "option lane"],
    window: Float[np.ndarray, "row_lane"],
    work: Float[np.ndarray, "row_lane"],
) -> None:
    """Raise the precision from zero in steps, keeping every lane on its branch.

    A lane whose branch turns back, or cannot be followed at the shortest step, is hard.
    """
    n_options = bound.shape[0]
    kept = np.zeros((n_options, 3 * LANES))
    _forget_values(n_options, work)
    for lane in range(lanes):
        work[_HARD + lane] = 0.0
    share, stride = 0.0, _LONGEST_STRIDE
    while share < 1.0:
        target = min(1.0, share + stride)
        aim = rules.tolerance if target == 1.0 else _CLOSE
        lost = _settle(
            simplex, bound, rules.precision * target, aim, lanes, pieces, place, window, work
        )
        if lost == 0:
            for a in range(n_options):
                for k in range(3 * LANES):
                    kept[a, k] = work[_SHARED + a * _OPTION + _Q + k]
            share, stride = target, min(2.0 * stride, _LONGEST_STRIDE)
            continue
        if stride > _SHORTEST_STRIDE:
            stride *= 0.5
        else:
            for lane in range(lanes):
                if work[_ERROR + lane] < 0.0:
                    work[_HARD + lane] = 1.0
        for a in range(n_options):
            for k in range(3 * LANES):
                work[_SHARED + a * _OPTION + _Q + k] = kept[a, k]


@kernel
def _n_hard(lanes: int, work: Float[np.ndarray, "row_lane"]) -> int:
    count = 0
    for lane in range(lanes):
        if work[_HARD + lane] != 0.0:
            count += 1
    return count


@kernel
def _iterate(
    simplex: Simplex,
    bound: Float[np.ndarray, "option type"],
    rules: Rules,
    lanes: int,
    pieces: Float[np.ndarray, "option type_type piece"],
    place: Int[np.ndarray, "option lane"],
    window: Float[np.ndarray, "row_lane"],
    work: Float[np.ndarray, "row_lane"],
) -> int:
    """Repeat rounds until every lane has converged or is hard; return their number."""
    n_options, n_types = bound.shape
    for lane in range(lanes):
        work[_HARD + lane] = 0.0
        work[_ERROR + lane] = np.inf
    rounds = 0
    while True:
        _round(simplex, bound, rules.precision, lanes, pieces, place, window, work)
        _solve_means(n_types, lanes, window)
        if _judge(rounds, rules, n_types, lanes, window, work) == 0:
            return rounds + 1
        _step(n_options, n_types, lanes, _NEWTON_BELOW, window, work)
        rounds += 1


@kernel
def play_typed(
    start: int,
    stop: int,
    table: RowTable,
    option_start: Int[np.ndarray, "state_1"],
    widest: int,
    mover: Mover,
    simplex: Simplex,
    n_beliefs: int,
    next_values: Float[np.ndarray, "next_state column"],
    ended: Float[np.ndarray, "ended column"],
    log_strategy: Float[np.ndarray, "option type belief"],
    values: Float[np.ndarray, "state column"],
) -> None:
    """Value a given strategy of a single mover with types, for states `start:stop`."""
    n_types, n_points = simplex.belief.shape
    after = np.empty((max(widest, 1), next_values.shape[1]))
    place = np.zeros((max(widest, 1) + n_types, LANES), dtype=np.int64)
    joint = np.zeros(LANES, dtype=np.int64)
    window = np.zeros(_WINDOW)
    work = np.zeros(_SHARED + max(widest, 1) * _OPTION)
    free = np.full((max(widest, 1), n_types), -1.0)
    for s in range(start, stop):
        first, n_options = option_start[s], option_start[s + 1] - option_start[s]
        row = table.start[s]
        if n_options == 0:
            expect_row(row, table, next_values, ended, values[s])
            add_pay(row, table, n_beliefs, values[s])
            continue
        for a in range(n_options):
            expect_row(row + a, table, next_values, ended, after[a])
            add_pay(row + a, table, n_beliefs, after[a])
        replies = log_strategy[first : first + n_options]
        for high in range(mover.belief_high):
            for low in range(mover.belief_low):
                origin = high * n_points * mover.belief_low + low
                for block in range(0, n_points, LANES):
                    count = min(LANES, n_points - block)
                    lanes = (count + _VECTOR - 1) // _VECTOR * _VECTOR
                    _load_beliefs(simplex, block, lanes, work)
                    _locate_lanes(block, lanes, origin, n_points, mover.belief_low, joint)
                    _load_play(replies, joint, lanes, work)
                    _learn(simplex, free[:n_options], lanes, place, window, work)
                    _weigh(n_options, simplex, place, lanes, work)
                    _store_values(
                        n_options,
                        mover,
                        simplex,
                        place,
                        joint,
                        origin,
                        n_beliefs,
                        count,
                        after,
                        work,
                        values[s],
                    )


@kernel
def _load_play(
    log_strategy: Float[np.ndarray, "option type belief"],
    joint: Int[np.ndarray, "lane"],
    lanes: int,
    work: Float[np.ndarray, "row_lane"],
) -> None:
    """Take log-probabilities as action values: at precision one, they reply to themselves."""
    for a in range(log_strategy.shape[0]):
        for th in range(log_strategy.shape[1]):
            at = _SHARED + a * _OPTION + _Q + th * LANES
            for lane in range(lanes):
                work[at + lane] = log_strategy[a, th, joint[lane]]


@kernel
def _learn(
    simplex: Simplex,
    free: Float[np.ndarray, "option type"],
    lanes: int,
    place: Int[np.ndarray, "option lane"],
    window: Float[np.ndarray, "row_lane"],
    work: Float[np.ndarray, "row_lane"],
) -> None:
    """Write the strategy in `work` as probabilities, and what each option teaches."""
    n_options, n_types = free.shape
    _softmax(free, 1.0, lanes, work)
    for a in range(n_options):
        _open_window(a, n_types, lanes, work, window)
        if simplex.learning == 0:
            _keep_belief(n_types, lanes, window)
        elif _update(n_types, lanes, window) < _TINY:
            _update_in_logs(a, free, 1.0, lanes, work, window)
        _find_cells(simplex, lanes, window, place[a])
        option = _SHARED + a * _OPTION
        for th in range(n_types):
            for lane in range(lanes):
                work[option + _POST + th * LANES + lane] = window[_W_POST + th * LANES + lane]
