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

One evaluation of the equation, for all beliefs of the mover at once, stands in `lanes.py`; here it
is iterated, followed from λ = 0 where need be, and turned into strategies and values.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int, UInt32

from offramp.equilibrium.kernels.arithmetic import fast_log
from offramp.equilibrium.kernels.cache import builder, inner, kernel, part, spot
from offramp.equilibrium.kernels.expectations import RowTable, expect_options
from offramp.equilibrium.kernels.lanes import (
    BELIEF,
    BEST,
    DET,
    ERROR,
    LANES,
    OPTION,
    POST,
    SIGMA,
    STENCIL,
    VALUE,
    WHOLE,
    WINDOW,
    Simplex,
    evaluate,
    learn_all,
    respond,
    step,
)

__all__ = ["Mover", "Rules", "play_typed", "reply_typed"]

FORBIDDEN = -2.0  # as in game.factored: kernels read no other room's constants
_VECTOR = 8  # lanes are rounded up to so many, that loops need no remainder
_NEWTON_COLD = 0.05  # residual from which Newton's step is trusted
_NEWTON_WARM = 0.2  # the same where the guess is a neighbouring solution
_CONTRACTS = 0.9  # a plain round that shrinks the residual by less is not taken to converge
_IMPROVES = 0.5  # a Newton step that leaves more of the residual went over a kink: halve the next
_MOST_ROUNDS = 30  # after so many, the branch is followed from λ = 0
_FOLLOWS = 0.2  # residual, one stride further on, up to which Newton's steps keep to the branch
_CLOSE = 1e-6  # residual at which a stride on the way is content
_STRIDE_ROUNDS = 8
_LONGEST_STRIDE, _SHORTEST_STRIDE = 1.0 / 8.0, 1.0 / 64.0  # of the precision


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


class Work(NamedTuple):
    """Working rows of one state; see `lanes.py` for those of `rows` and `window`.

    A lane is `hard` where it was given up; `before` is its error in the round before, `short`
    scales its next Newton step (zero: plain rounds); `vertex` holds the joint beliefs at the
    corners of its piece; `lane` says where lanes that were set aside came from.
    """

    rows: Float[np.ndarray, "option row_lane"]
    window: Float[np.ndarray, "row_lane"]
    place: UInt32[np.ndarray, "option lane"]
    vertex: UInt32[np.ndarray, "vertex lane"]
    before: Float[np.ndarray, "lane"]
    hard: Float[np.ndarray, "lane"]
    short: Float[np.ndarray, "lane"]
    spare: Float[np.ndarray, "lane"]
    lane: Int[np.ndarray, "lane"]


class Block(NamedTuple):
    """Some of the mover's own grid points, others' beliefs as they stand.

    `origin` is the joint belief of the first own point of all, `first` the first point of the
    block; `count` points are real, `lanes` are worked on.
    """

    origin: int
    first: int
    count: int  # type: ignore[assignment]
    lanes: int


@builder
def _new_work(n_options: int) -> Work:
    n = max(n_options, 1)
    return Work(
        np.zeros((n, OPTION)),
        np.zeros(WINDOW),
        np.zeros((n, LANES), dtype=np.uint32),
        np.zeros((3, LANES), dtype=np.uint32),
        np.zeros(LANES),
        np.zeros(LANES),
        np.zeros(LANES),
        np.zeros(LANES),
        np.zeros(LANES, dtype=np.int64),
    )


@inner
def _block(origin: int, first: int, n_points: int) -> Block:
    count = min(LANES, n_points - first)
    return Block(origin, first, count, (count + _VECTOR - 1) // _VECTOR * _VECTOR)


@inner
def _joint(block: Block, step_size: int, lane: int) -> int:
    """Return the joint belief of a lane; those beyond the last point repeat it."""
    return block.origin + (block.first + min(lane, block.count - 1)) * step_size


@part
def _load_beliefs(
    belief: Float[np.ndarray, "type point"], block: Block, window: Float[np.ndarray, "row_lane"]
) -> None:
    for th in range(belief.shape[0]):
        for lane in range(block.lanes):
            point = block.first + min(lane, block.count - 1)
            window[spot(BELIEF + th * LANES + lane)] = belief[th, spot(point)]


@part
def _expect_own(
    mover: Mover,
    opinion: Float[np.ndarray, "profile belief"],
    after: Float[np.ndarray, "column"],
    origin: int,
    expected: Float[np.ndarray, "type point"],
) -> None:
    """Write what an act is worth to each own type at each own grid point, others' types averaged.

    `origin` is the joint belief of the first own point, others' beliefs as they stand.
    """
    step_size, n_beliefs = mover.belief_low, opinion.shape[1]
    for th in range(mover.n_types):
        row = expected[th]
        for b in range(row.size):
            row[b] = 0.0
        for high in range(mover.profile_high):
            for low in range(mover.profile_low):
                p = (high * mover.n_types + th) * mover.profile_low + low
                at = (p * mover.n_accounts + mover.account) * n_beliefs + origin
                for b in range(row.size):
                    row[b] += (
                        opinion[p, spot(origin + b * step_size)] * after[spot(at + b * step_size)]
                    )


@part
def _tabulate_pieces(
    a: int,
    piece: UInt32[np.ndarray, "type piece"],
    inverse: Float[np.ndarray, "type type piece"],
    expected: Float[np.ndarray, "type point"],
    corner: Float[np.ndarray, "type piece"],
    pieces: Float[np.ndarray, "option type_type piece"],
) -> None:
    """Write the linear form of the expected value on every piece, `pieces[a, θ K + θ']`."""
    n_types, n_pieces = piece.shape
    for th in range(n_types):
        for v in range(n_types):
            for k in range(n_pieces):
                corner[v, k] = expected[th, piece[v, k]]
        for other in range(n_types):
            form = th * n_types + other
            if n_types == 2:
                for k in range(n_pieces):
                    pieces[a, form, k] = (
                        corner[0, k] * inverse[0, other, k] + corner[1, k] * inverse[1, other, k]
                    )
            else:
                for k in range(n_pieces):
                    pieces[a, form, k] = (
                        corner[0, k] * inverse[0, other, k]
                        + corner[1, k] * inverse[1, other, k]
                        + corner[2, k] * inverse[2, other, k]
                    )


@part
def _load_guess(
    first: int,
    n_options: int,
    log_strategy: Float[np.ndarray, "option type belief"],
    scale: float,
    block: Block,
    step_size: int,
    rows: Float[np.ndarray, "option row_lane"],
) -> None:
    """Read action values, up to a constant per type, off a strategy that replies to them."""
    for a in range(n_options):
        for th in range(log_strategy.shape[1]):
            for lane in range(block.lanes):
                guess = log_strategy[first + a, th, spot(_joint(block, step_size, lane))]
                value = guess * scale if guess > -np.inf else 0.0
                rows[a, spot(VALUE + th * LANES + lane)] = value


@part
def _forget_values(n_options: int, rows: Float[np.ndarray, "option row_lane"]) -> None:
    for a in range(n_options):
        for k in range(VALUE, POST):
            rows[a, k] = 0.0


@part
def _judge(
    rounds: int,
    rules: Rules,
    lanes: int,
    trust: float,
    window: Float[np.ndarray, "row_lane"],
    before: Float[np.ndarray, "lane"],
    hard: Float[np.ndarray, "lane"],
    short: Float[np.ndarray, "lane"],
) -> int:
    """Mark hard lanes and scale the next steps; return how many lanes still need one.

    A lane is *hard*, and its branch is followed from λ = 0, where it has left the branch (the
    Jacobian changes sign) or where there is no sure sign that it converges. Where Newton's steps
    go back and forth over a kink, they are first shortened, then given up for plain rounds.
    """
    open_lanes = 0
    spent, early = rounds >= _MOST_ROUNDS, rounds <= 1
    aim = rules.acceptable if spent else rules.tolerance
    for lane in range(lanes):
        error, last, scale = window[ERROR + lane], before[lane], short[lane]
        before[lane] = error
        plain = last >= trust or scale == 0.0
        slow = not early and plain and error > _CONTRACTS * last
        done = error <= aim
        lost = not window[DET + lane] > 0.0 if done else slow or spent or not error < np.inf
        hard[lane] = 1.0 if lost else hard[lane]
        overshot = not plain and error > _IMPROVES * last
        shorter = 0.5 if scale == 1.0 else 0.0
        short[lane] = shorter if overshot else (0.0 if scale == 0.0 else 1.0)
        open_lanes += 0 if done or hard[lane] > 0.0 else 1
    return open_lanes


@part
def _iterate(
    rounds: int,
    fewest: int,
    simplex: Simplex,
    bound: Float[np.ndarray, "option type"],
    rules: Rules,
    trust: float,
    lanes: int,
    pieces: Float[np.ndarray, "option type_type piece"],
    work: Work,
) -> int:
    """Go on from a round until no more than `fewest` lanes are open; return the rounds.

    Lanes that are left open have taken their last step.
    """
    n_options, n_types = bound.shape
    rows, place, window = work.rows, work.place, work.window
    before, hard, short = work.before, work.hard, work.short
    while True:
        evaluate(bound, rules.precision, lanes, simplex, pieces, rows, place, window)
        open_lanes = _judge(rounds, rules, lanes, trust, window, before, hard, short)
        rounds += 1
        if open_lanes > 0:
            step(n_options, n_types, lanes, rules.tolerance, trust, short, window, rows)
        if open_lanes <= fewest:
            return rounds


@part
def _settle(
    simplex: Simplex,
    bound: Float[np.ndarray, "option type"],
    precision: float,
    aim: float,
    lanes: int,
    pieces: Float[np.ndarray, "option type_type piece"],
    work: Work,
) -> int:
    """Take Newton's steps at one precision; return how many lanes have lost the branch.

    Lanes that are hard are not looked at. A lane that is lost has a negative error.
    """
    n_options, n_types = bound.shape
    rows, window, hard, short = work.rows, work.window, work.hard, work.short
    for lane in range(lanes):
        short[lane] = 1.0
    for rounds in range(_STRIDE_ROUNDS):
        evaluate(bound, precision, lanes, simplex, pieces, rows, work.place, window)
        worst, lost = 0.0, 0
        for lane in range(lanes):
            if hard[lane] == 0.0:
                error = window[ERROR + lane]
                unsure = not window[DET + lane] > 0.0 or not error < _FOLLOWS
                if unsure or (rounds == _STRIDE_ROUNDS - 1 and error > aim):
                    window[ERROR + lane] = -1.0
                    lost += 1
                else:
                    worst = max(worst, error)
        if lost > 0 or worst <= aim:
            return lost
        step(n_options, n_types, lanes, 0.0, np.inf, short, window, rows)
    return 0


@part
def _copy_values(
    n_options: int,
    source: Float[np.ndarray, "option row_lane"],
    target: Float[np.ndarray, "option row_lane"],
) -> None:
    for a in range(n_options):
        for k in range(VALUE, POST):
            target[a, k] = source[a, k]


@builder
def _follow(
    simplex: Simplex,
    bound: Float[np.ndarray, "option type"],
    rules: Rules,
    lanes: int,
    pieces: Float[np.ndarray, "option type_type piece"],
    work: Work,
) -> None:
    """Raise the precision from zero in strides, keeping every lane on its branch.

    A lane whose branch turns back, or cannot be followed at the shortest stride, is hard.
    """
    n_options = bound.shape[0]
    kept = np.zeros((n_options, POST))
    _forget_values(n_options, work.rows)
    for lane in range(lanes):
        work.hard[lane] = 0.0
    share, stride = 0.0, _LONGEST_STRIDE
    while share < 1.0:
        target = min(1.0, share + stride)
        aim = rules.tolerance if target == 1.0 else _CLOSE
        if _settle(simplex, bound, rules.precision * target, aim, lanes, pieces, work) == 0:
            _copy_values(n_options, work.rows, kept)
            share, stride = target, min(2.0 * stride, _LONGEST_STRIDE)
            continue
        if stride > _SHORTEST_STRIDE:
            stride *= 0.5
        else:
            for lane in range(lanes):
                if work.window[ERROR + lane] < 0.0:
                    work.hard[lane] = 1.0
        _copy_values(n_options, kept, work.rows)


@part
def _set_aside(
    chosen: int, lanes: int, aim: float, n_options: int, n_types: int, work: Work, aside: Work
) -> int:
    """Copy the lanes that are open (`chosen` 0) or hard (1) to the first lanes of `aside`.

    Returns their number; their own numbers are left in `aside.lane`. The rest of the last vector
    repeats the first of them, so that what is worked on is always a lane.
    """
    count = 0
    for lane in range(lanes):
        hard = work.hard[lane] > 0.0
        if hard if chosen == 1 else not hard and work.window[ERROR + lane] > aim:
            aside.lane[count] = lane
            count += 1
    for to in range((count + _VECTOR - 1) // _VECTOR * _VECTOR):
        lane = aside.lane[to if to < count else 0]
        for th in range(n_types):
            row = th * LANES
            aside.window[BELIEF + row + to] = work.window[BELIEF + row + lane]
            for a in range(n_options):
                aside.rows[a, VALUE + row + to] = work.rows[a, VALUE + row + lane]
        aside.before[to], aside.hard[to] = work.before[lane], 0.0
        aside.short[to] = work.short[lane]
    return count


@part
def _bring_back(count: int, n_options: int, n_types: int, aside: Work, work: Work) -> None:
    """Copy solved lanes back to where they came from."""
    for at in range(count):
        lane = aside.lane[at]
        work.hard[lane] = aside.hard[at]
        work.window[ERROR + lane] = aside.window[ERROR + at]
        for th in range(n_types):
            row = th * LANES
            work.window[BEST + row + lane] = aside.window[BEST + row + at]
            work.window[WHOLE + row + lane] = aside.window[WHOLE + row + at]
        for a in range(n_options):
            work.place[a, lane] = aside.place[a, at]
            for th in range(n_types):
                row = th * LANES
                work.rows[a, VALUE + row + lane] = aside.rows[a, VALUE + row + at]
                work.rows[a, SIGMA + row + lane] = aside.rows[a, SIGMA + row + at]
                work.rows[a, POST + row + lane] = aside.rows[a, POST + row + at]


@part
def _solve_block(
    simplex: Simplex,
    bound: Float[np.ndarray, "option type"],
    rules: Rules,
    warm: bool,
    block: Block,
    pieces: Float[np.ndarray, "option type_type piece"],
    work: Work,
    aside: Work,
) -> int:
    """Solve the beliefs of a block together; then the few that are left, set aside.

    Returns the rounds taken. Lanes that are hard even after following them from λ = 0 are marked.
    """
    (n_options, n_types), lanes = bound.shape, block.lanes
    trust = _NEWTON_WARM if warm else _NEWTON_COLD
    for lane in range(lanes):
        work.hard[lane], work.before[lane], work.short[lane] = 0.0, np.inf, 1.0
    few = lanes // 2 if lanes > _VECTOR else 0
    rounds = _iterate(0, few, simplex, bound, rules, trust, lanes, pieces, work)
    count = _set_aside(0, lanes, rules.tolerance, n_options, n_types, work, aside)
    if count > 0:
        packed = (count + _VECTOR - 1) // _VECTOR * _VECTOR
        rounds = _iterate(rounds, 0, simplex, bound, rules, trust, packed, pieces, aside)
        _bring_back(count, n_options, n_types, aside, work)
    count = _set_aside(1, lanes, rules.tolerance, n_options, n_types, work, aside)
    if count > 0:
        packed = (count + _VECTOR - 1) // _VECTOR * _VECTOR
        _follow(simplex, bound, rules, packed, pieces, aside)
        _bring_back(count, n_options, n_types, aside, work)
    return rounds


@part
def _store_replies(
    first: int,
    bound: Float[np.ndarray, "option type"],
    precision: float,
    block: Block,
    step_size: int,
    rows: Float[np.ndarray, "option row_lane"],
    window: Float[np.ndarray, "row_lane"],
    spare: Float[np.ndarray, "lane"],
    log_strategy: Float[np.ndarray, "option type belief"],
) -> None:
    """Write log σ of every free type as the action values have it, of others as it is bound."""
    start = block.origin + block.first * step_size
    for th in range(bound.shape[1]):
        best, whole, value = BEST + th * LANES, WHOLE + th * LANES, VALUE + th * LANES
        for lane in range(block.lanes):
            spare[lane] = precision * window[spot(best + lane)] + fast_log(
                window[spot(whole + lane)]
            )
        for a in range(bound.shape[0]):
            if bound[a, th] >= 0.0 or bound[a, th] == FORBIDDEN:
                fixed = np.log(max(bound[a, th], 0.0))
                for lane in range(block.count):
                    log_strategy[first + a, th, spot(start + lane * step_size)] = fixed
            elif step_size == 1:
                for lane in range(block.count):
                    log_strategy[first + a, th, spot(start + lane)] = (
                        precision * rows[a, spot(value + lane)] - spare[lane]
                    )
            else:
                for lane in range(block.count):
                    log_strategy[first + a, th, spot(start + lane * step_size)] = (
                        precision * rows[a, spot(value + lane)] - spare[lane]
                    )


@part
def _weigh(
    a: int,
    inverse: Float[np.ndarray, "type type piece"],
    lanes: int,
    place: UInt32[np.ndarray, "option lane"],
    spare: Float[np.ndarray, "lane"],
    rows: Float[np.ndarray, "option row_lane"],
) -> None:
    """Write an option's strategy times interpolation weight, by type and vertex."""
    n_types = inverse.shape[0]
    for v in range(n_types):
        for lane in range(lanes):
            spare[lane] = 0.0
        for th in range(n_types):
            for lane in range(lanes):
                spare[lane] += (
                    inverse[v, th, place[a, lane]] * rows[a, spot(POST + th * LANES + lane)]
                )
        for th in range(n_types):
            row, sigma = STENCIL + (3 * th + v) * LANES, SIGMA + th * LANES
            for lane in range(lanes):
                rows[a, spot(row + lane)] = rows[a, spot(sigma + lane)] * spare[lane]


@part
def _store_values(
    s: int,
    n_options: int,
    mover: Mover,
    simplex: Simplex,
    block: Block,
    n_beliefs: int,
    after: Float[np.ndarray, "option column"],
    work: Work,
    values: Float[np.ndarray, "state column"],
) -> None:
    """Write what every profile and account is worth if the strategy in `work` is played."""
    n_types, low, size = mover.n_types, mover.profile_low, mover.belief_low
    n_accounts = mover.n_accounts
    n_profiles = mover.profile_high * n_types * low
    first = block.origin + block.first * size
    vertex, piece, place, rows, spare = (
        work.vertex,
        simplex.piece,
        work.place,
        work.rows,
        work.spare,
    )
    for a in range(n_options):
        _weigh(a, simplex.inverse, block.lanes, place, spare, rows)
        for v in range(n_types):
            for lane in range(block.count):
                vertex[v, lane] = block.origin + piece[v, place[a, lane]] * size
        for p in range(n_profiles):
            row = STENCIL + 3 * (p // low % n_types) * LANES
            for account in range(n_accounts):
                at = (p * n_accounts + account) * n_beliefs
                _interpolate(a, row, n_types, block.count, at, vertex, rows, after, spare)
                if a == 0:
                    for lane in range(block.count):
                        values[s, spot(at + first + lane * size)] = spare[lane]
                else:
                    for lane in range(block.count):
                        values[s, spot(at + first + lane * size)] += spare[lane]


@inner
def _interpolate(
    a: int,
    row: int,
    n_types: int,
    count: int,
    at: int,
    vertex: UInt32[np.ndarray, "vertex lane"],
    rows: Float[np.ndarray, "option row_lane"],
    after: Float[np.ndarray, "option column"],
    total: Float[np.ndarray, "lane"],
) -> None:
    """Write the weighed value after an option, one profile and account from column `at` on."""
    if n_types == 2:
        for lane in range(count):
            total[lane] = (
                rows[a, spot(row + lane)] * after[a, spot(at + vertex[0, lane])]
                + rows[a, spot(row + LANES + lane)] * after[a, spot(at + vertex[1, lane])]
            )
    else:
        for lane in range(count):
            total[lane] = (
                rows[a, spot(row + lane)] * after[a, spot(at + vertex[0, lane])]
                + rows[a, spot(row + LANES + lane)] * after[a, spot(at + vertex[1, lane])]
                + rows[a, spot(row + 2 * LANES + lane)] * after[a, spot(at + vertex[2, lane])]
            )


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
    n_beliefs, (n_types, n_points) = opinion.shape[1], simplex.belief.shape
    n_pieces, most_options = simplex.piece.shape[1], max(widest, 1)
    after = np.empty((most_options, next_values.shape[1]))
    expected, corner = np.empty((n_types, n_points)), np.empty((n_types, n_pieces))
    pieces = np.empty((most_options, n_types * n_types, n_pieces))
    work, aside = _new_work(widest), _new_work(widest)
    most = 0
    for s in range(start, stop):
        first, last = option_start[s], option_start[s + 1]
        if not expect_options(s, last - first, table, n_beliefs, next_values, ended, after, values):
            error[s] = 0.0
            continue
        rounds = _reply_at(
            s,
            first,
            bound[first:last],
            mover,
            simplex,
            rules,
            opinion,
            after,
            guess,
            expected,
            corner,
            pieces,
            work,
            aside,
            log_strategy,
            error,
            values,
        )
        most = max(most, rounds)
    return most


@part
def _reply_at(
    s: int,
    first: int,
    bound: Float[np.ndarray, "option type"],
    mover: Mover,
    simplex: Simplex,
    rules: Rules,
    opinion: Float[np.ndarray, "profile belief"],
    after: Float[np.ndarray, "option column"],
    guess: Float[np.ndarray, "option type belief"],
    expected: Float[np.ndarray, "type point"],
    corner: Float[np.ndarray, "type piece"],
    pieces: Float[np.ndarray, "option type_type piece"],
    work: Work,
    aside: Work,
    log_strategy: Float[np.ndarray, "option type belief"],
    error: Float[np.ndarray, "state belief"],
    values: Float[np.ndarray, "state column"],
) -> int:
    """Solve one state, block by block of the mover's beliefs; return the most rounds taken."""
    n_options, n_points, size = bound.shape[0], simplex.belief.shape[1], mover.belief_low
    warm = rules.warm == 1 and first + n_options <= guess.shape[0] and rules.precision > 0.0
    most = 0
    for other in range(mover.belief_high * mover.belief_low):
        origin = other // size * n_points * size + other % size
        for a in range(n_options):
            _expect_own(mover, opinion, after[a], origin, expected)
            _tabulate_pieces(a, simplex.piece, simplex.inverse, expected, corner, pieces)
        for begin in range(0, n_points, LANES):
            block = _block(origin, begin, n_points)
            _load_beliefs(simplex.belief, block, work.window)
            if warm:
                scale = 1.0 / rules.precision
                _load_guess(first, n_options, guess, scale, block, size, work.rows)
            else:
                _forget_values(n_options, work.rows)
            rounds = _solve_block(simplex, bound, rules, warm, block, pieces, work, aside)
            most = max(most, rounds)
            _store_replies(
                first,
                bound,
                rules.precision,
                block,
                size,
                work.rows,
                work.window,
                work.spare,
                log_strategy,
            )
            _store_values(
                s, n_options, mover, simplex, block, opinion.shape[1], after, work, values
            )
            for lane in range(block.count):
                hard = work.hard[lane] != 0.0
                error[s, _joint(block, size, lane)] = -1.0 if hard else work.window[ERROR + lane]
    return most


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
    size = mover.belief_low
    after = np.empty((max(widest, 1), next_values.shape[1]))
    work = _new_work(widest)
    free = np.full((max(widest, 1), n_types), -1.0)
    for s in range(start, stop):
        first, n_options = option_start[s], option_start[s + 1] - option_start[s]
        if not expect_options(s, n_options, table, n_beliefs, next_values, ended, after, values):
            continue
        replies, unbound = log_strategy[first : first + n_options], free[:n_options]
        for other in range(mover.belief_high * mover.belief_low):
            origin = other // size * n_points * size + other % size
            for begin in range(0, n_points, LANES):
                block = _block(origin, begin, n_points)
                _load_beliefs(simplex.belief, block, work.window)
                _load_play(replies, block, size, work.rows)
                respond(unbound, 1.0, block.lanes, work.rows, work.window)
                learn_all(unbound, 1.0, block.lanes, simplex, work.rows, work.place, work.window)
                _store_values(s, n_options, mover, simplex, block, n_beliefs, after, work, values)


@part
def _load_play(
    log_strategy: Float[np.ndarray, "option type belief"],
    block: Block,
    step_size: int,
    rows: Float[np.ndarray, "option row_lane"],
) -> None:
    """Take log-probabilities as action values: at precision one, they reply to themselves."""
    for a in range(log_strategy.shape[0]):
        for th in range(log_strategy.shape[1]):
            for lane in range(block.lanes):
                rows[a, VALUE + th * LANES + lane] = log_strategy[
                    a, th, _joint(block, step_size, lane)
                ]
