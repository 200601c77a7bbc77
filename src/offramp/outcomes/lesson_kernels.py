"""Compiled loops that find how likely acts are, and what they teach.

A *lesson* is what all see of a stage: who did what, and where it led. It takes each belief to
others, by Bayes' rule and mean-preserving interpolation between points of the grid. Kernels write
for some states only, which are worked on together, into scratch arrays.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int32, UInt8

from offramp.equilibrium.kernels.arithmetic import fast_exp, fast_log
from offramp.equilibrium.kernels.cache import kernel, part

__all__ = [
    "BY_ENTRY",
    "BY_ROW",
    "NO_LESSONS",
    "STILL",
    "Lessons",
    "Likelihood",
    "Part",
    "Simplex",
    "find_lessons",
    "lay_block",
    "weigh_signals",
    "write_chances",
]

STILL = 0  # nobody learns at the stage: beliefs stay where they are
BY_ROW = 1  # the acts as seen are all there is to learn from: one lesson per row
BY_ENTRY = 2  # results teach too: one lesson per signal


class Part(NamedTuple):
    """States that are worked on together.

    Attributes:
        local_row, local_lesson: Where the rows and lessons of each begin in scratch arrays.
    """

    states: Int32[np.ndarray, "listed"]
    local_row: Int32[np.ndarray, "listed"]
    local_lesson: Int32[np.ndarray, "listed"]


class Simplex(NamedTuple):
    """One learner's belief grid, and its axis of the joint one.

    Attributes:
        prior: Its belief at each joint point.
        component: Its point of the simplex at each joint point.
        stride: What one point of the simplex adds to the joint number.
    """

    prior: Float[np.ndarray, "type belief"]
    component: Int32[np.ndarray, "belief"]
    stride: int
    resolution: int
    cell_start: Int32[np.ndarray, "cell_1"]
    piece: Int32[np.ndarray, "piece type"]
    inverse: Float[np.ndarray, "piece type type"]


class Likelihood(NamedTuple):
    """Log-likelihoods by a learner's type, and which of them each lesson reads.

    Attributes:
        source: First index of `log` for each lesson; -1 where nothing is learnt.
        is_local: `log` is a scratch array, indexed as lessons are in a part; `source` is not read.
    """

    log: Float[np.ndarray, "source type belief"]
    source: Int32[np.ndarray, "lesson"]
    is_local: bool


class Lessons(NamedTuple):
    """Where what is seen takes each belief: grid points and weights.

    Attributes:
        kind: `STILL`, `BY_ROW` or `BY_ENTRY`.
        of_entry: Lesson of each entry, counted within its state, if `kind` is `BY_ENTRY`.
        moves: Whether the lesson moves any belief at all.
    """

    kind: int
    of_entry: Int32[np.ndarray, "entry"]
    moves: UInt8[np.ndarray, "local_lesson"]
    corner: Int32[np.ndarray, "local_lesson belief corner"]
    weight: Float[np.ndarray, "local_lesson belief corner"]


_NONE = np.zeros(0, np.int32)
NO_LESSONS = Lessons(
    STILL, _NONE, np.zeros(0, np.uint8), _NONE.reshape(0, 0, 0), np.zeros((0, 0, 0))
)


@kernel
def lay_block(
    begin: int,
    states: Int32[np.ndarray, "listed"],
    row_start: Int32[np.ndarray, "state_1"],
    lesson_start: Int32[np.ndarray, "state_1"],
    per_row: int,
    per_lesson: int,
    cost: int,
    most: int,
    local_row: Int32[np.ndarray, "listed"],
    local_lesson: Int32[np.ndarray, "listed"],
) -> tuple[int, int, int, int]:
    """Write where rows and lessons of the states from `begin` on begin in scratch, till it is full.

    Args:
        per_row, per_lesson: Bytes of scratch.
        cost: Bytes of all states before `begin`; a block ends where the sum passes a multiple of
            `most`.

    Returns:
        Where the next block begins, the block's rows and lessons, and the bytes before the next.
    """
    n_rows, n_lessons = 0, 0
    for i in range(begin, states.size):
        s = states[i]
        rows, lessons = row_start[s + 1] - row_start[s], lesson_start[s + 1] - lesson_start[s]
        after = cost + rows * per_row + lessons * per_lesson
        if i > begin and after // most > cost // most:
            return i, n_rows, n_lessons, cost
        local_row[i], local_lesson[i] = n_rows, n_lessons
        n_rows += rows
        n_lessons += lessons
        cost = after
    return states.size, n_rows, n_lessons, cost


@kernel
def write_chances(
    first: int,
    stop: int,
    part: Part,
    row_start: Int32[np.ndarray, "state_1"],
    option: Int32[np.ndarray, "row"],
    log_strategy: Float[np.ndarray, "option type belief"],
    type_of_joint: Int32[np.ndarray, "joint"],
    is_first: bool,
    chance: Float[np.ndarray, "local_row joint belief"],
) -> None:
    """Multiply one mover's strategy into the chance of each row (write it if it is the first).

    Args:
        option: This mover's option in each row, -1 where the stage is passed over.
        type_of_joint: This mover's type in each joint type of the stage's movers.
    """
    n_beliefs = chance.shape[2]
    begin, here = part.local_row[first], part.local_row[first]
    for i in range(first, stop):
        s = part.states[i]
        for r in range(row_start[s], row_start[s + 1]):
            o = option[r]
            for q in range(type_of_joint.size):
                k = type_of_joint[q]
                if is_first:
                    for b in range(n_beliefs):
                        chance[here, q, b] = log_strategy[o, k, b] if o >= 0 else 0.0
                elif o >= 0:
                    for b in range(n_beliefs):
                        chance[here, q, b] *= fast_exp(log_strategy[o, k, b])
            here += 1
    if is_first:
        # all in one straight loop, which vectorises however few beliefs there are
        written = chance[begin:here].reshape(-1)
        for x in range(written.size):
            written[x] = fast_exp(written[x])


@kernel
def weigh_signals(
    first: int,
    stop: int,
    part: Part,
    signal_start: Int32[np.ndarray, "state_1"],
    member_start: Int32[np.ndarray, "signal_1"],
    member: Int32[np.ndarray, "member"],
    row_of_entry: Int32[np.ndarray, "entry"],
    option: Int32[np.ndarray, "row"],
    log_strategy: Float[np.ndarray, "option type belief"],
    row_start: Int32[np.ndarray, "state_1"],
    log_others: Float[np.ndarray, "local_row belief"],
    entry_chance: Float[np.ndarray, "entry reader_type"],
    log_likelihood: Float[np.ndarray, "local_signal type belief"],
) -> None:
    """Write the log-likelihood of each signal by the learner's type.

    A signal is what the public sees of a stage: the acts as they look, the state they lead to, and
    whose types were drawn afresh. Its likelihood sums over the entries that look so: chance of the
    learner's act, times that of the other movers' (`log_others`), times that of the result.

    Args:
        member: Entries of each signal, `member_start[g]:member_start[g + 1]`.
        option: The learner's option in each row; -1 throughout if it does not move here.
    """
    _, n_types, n_beliefs = log_likelihood.shape
    for i in range(first, stop):
        s = part.states[i]
        for g in range(signal_start[s], signal_start[s + 1]):
            here = part.local_lesson[i] + g - signal_start[s]
            for k in range(n_types):
                reads = k if entry_chance.shape[1] > 1 else 0
                for b in range(n_beliefs):
                    best = -np.inf
                    total = 0.0
                    for x in range(member_start[g], member_start[g + 1]):
                        e = member[x]
                        if entry_chance[e, reads] <= 0.0:
                            continue
                        r = row_of_entry[e]
                        term = fast_log(entry_chance[e, reads])
                        term += log_others[part.local_row[i] + r - row_start[s], b]
                        if option[r] >= 0:
                            term += log_strategy[option[r], k, b]
                        # a running log-sum, so that rare acts do not underflow
                        if term > best:
                            total = total * fast_exp(best - term) + 1.0
                            best = term
                        elif term > -np.inf:
                            total += fast_exp(term - best)
                    log_likelihood[here, k, b] = best + fast_log(total) if total > 0.0 else -np.inf


@part
def _update(
    row: int,
    log_likelihood: Float[np.ndarray, "source type belief"],
    prior: Float[np.ndarray, "type belief"],
    work: Float[np.ndarray, "3 belief"],
    posterior: Float[np.ndarray, "type belief"],
    moved: UInt8[np.ndarray, "belief"],
) -> bool:
    """Write posteriors by Bayes' rule in logs, and which differ; return whether any does.

    Where no type that is still believed possible could have done it, the belief stays. The loops
    over beliefs are straight, so that they vectorise; what they write where nothing moves is
    never read.
    """
    n_types, n_beliefs = prior.shape
    for b in range(n_beliefs):
        work[0, b], work[1, b], work[2, b] = -np.inf, np.inf, 0.0
    for k in range(n_types):
        for b in range(n_beliefs):
            seen = log_likelihood[row, k, b]
            high = seen if prior[k, b] > 0.0 else -np.inf
            low = seen if prior[k, b] > 0.0 else np.inf
            work[0, b] = high if high > work[0, b] else work[0, b]
            work[1, b] = low if low < work[1, b] else work[1, b]
    n_moved = 0
    for b in range(n_beliefs):
        moved[b] = work[0, b] > work[1, b] and work[0, b] > -np.inf
        n_moved += moved[b]
    if n_moved == 0:
        return False
    for k in range(n_types):
        for b in range(n_beliefs):
            gap = log_likelihood[row, k, b] - work[0, b]
            posterior[k, b] = prior[k, b] * fast_exp(gap if gap < 0.0 else 0.0)
            work[2, b] += posterior[k, b]
    for k in range(n_types):
        for b in range(n_beliefs):
            posterior[k, b] /= work[2, b]
    return True


@part
def _locate(
    b: int,
    posterior: Float[np.ndarray, "type belief"],
    resolution: int,
    cell_start: Int32[np.ndarray, "cell_1"],
    inverse: Float[np.ndarray, "piece type type"],
) -> tuple[int, float, float, float]:
    """Return the piece that holds a belief over two or three types, and its barycentric weights.

    The regular cell is found as `SimplexGrid.cell_start` says; of the pieces that reach into it, it
    is that in which the smallest weight is largest. Written out number by number: loops this short
    would cost several times what they do.
    """
    p0, p1 = posterior[0, b], posterior[1, b]
    cell = min(int(p1 * resolution), resolution)
    found, lowest = -1, -np.inf
    w0, w1, w2 = 0.0, 0.0, 0.0
    if posterior.shape[0] == 2:
        for p in range(cell_start[cell], cell_start[cell + 1]):
            t0 = inverse[p, 0, 0] * p0 + inverse[p, 0, 1] * p1
            t1 = inverse[p, 1, 0] * p0 + inverse[p, 1, 1] * p1
            least = t0 if t0 < t1 else t1
            if found < 0 or least > lowest:
                found, lowest, w0, w1 = p, least, t0, t1
    else:
        p2 = posterior[2, b]
        j = min(int(p2 * resolution), resolution)
        upper = 1 if (p1 * resolution - cell) + (p2 * resolution - j) > 1.0 else 0
        cell = 2 * (cell * (resolution + 1) + j) + upper
        for p in range(cell_start[cell], cell_start[cell + 1]):
            t0 = inverse[p, 0, 0] * p0 + inverse[p, 0, 1] * p1 + inverse[p, 0, 2] * p2
            t1 = inverse[p, 1, 0] * p0 + inverse[p, 1, 1] * p1 + inverse[p, 1, 2] * p2
            t2 = inverse[p, 2, 0] * p0 + inverse[p, 2, 1] * p1 + inverse[p, 2, 2] * p2
            least = t0 if t0 < t1 else t1
            least = t2 if t2 < least else least
            if found < 0 or least > lowest:
                found, lowest, w0, w1, w2 = p, least, t0, t1, t2
    # rounding alone makes a weight negative
    w0 = w0 if w0 > 0.0 else 0.0
    w1 = w1 if w1 > 0.0 else 0.0
    w2 = w2 if w2 > 0.0 else 0.0
    scale = 1.0 / (w0 + w1 + w2)
    return found, w0 * scale, w1 * scale, w2 * scale


@kernel
def find_lessons(
    first: int,
    stop: int,
    part: Part,
    lesson_start: Int32[np.ndarray, "state_1"],
    likelihood: Likelihood,
    simplex: Simplex,
    n_corners: int,
    lessons: Lessons,
) -> None:
    """Write where each lesson takes each belief, about one learner.

    A posterior is split between the corners of the piece of the grid that holds it, which keeps
    the mean. Learners are taken one after another: `n_corners` corners stand in `lessons` already,
    and each is split anew by this learner's (0: this is the first).
    """
    log, source = likelihood.log, likelihood.source
    prior, component, stride = simplex.prior, simplex.component, simplex.stride
    resolution, cell_start = simplex.resolution, simplex.cell_start
    piece, inverse = simplex.piece, simplex.inverse
    moves, corner, weight = lessons.moves, lessons.corner, lessons.weight
    states, local_lesson = part.states, part.local_lesson
    n_types, n_beliefs = prior.shape
    posterior, work = np.empty((n_types, n_beliefs)), np.empty((3, n_beliefs))
    share = np.empty(3)
    moved = np.zeros(n_beliefs, np.uint8)
    for i in range(first, stop):
        s = states[i]
        for here in range(local_lesson[i], local_lesson[i] + lesson_start[s + 1] - lesson_start[s]):
            row = here
            if not likelihood.is_local:
                row = source[lesson_start[s] + here - local_lesson[i]]
            anything = row >= 0 and _update(row, log, prior, work, posterior, moved)
            if n_corners == 0:
                moves[here] = anything
            elif anything and not moves[here]:
                moves[here] = True
                _stay(here, n_corners, corner, weight)
            if not moves[here]:
                continue
            for b in range(n_beliefs):
                held = -1
                if anything and moved[b]:
                    held, share[0], share[1], share[2] = _locate(
                        b, posterior, resolution, cell_start, inverse
                    )
                if n_corners > 0:
                    _split(
                        here, b, held, n_corners, piece, component, stride, share, corner, weight
                    )
                    continue
                for v in range(n_types):
                    corner[here, b, v] = b
                    weight[here, b, v] = 1.0 if v == 0 else 0.0
                    if held >= 0:
                        corner[here, b, v] += (piece[held, v] - component[b]) * stride
                        weight[here, b, v] = share[v]


@part
def _stay(
    here: int,
    n_corners: int,
    corner: Int32[np.ndarray, "local_lesson belief corner"],
    weight: Float[np.ndarray, "local_lesson belief corner"],
) -> None:
    """Write that earlier learners' beliefs stay, which had been left unwritten."""
    for b in range(corner.shape[1]):
        for c in range(n_corners):
            corner[here, b, c] = b
            weight[here, b, c] = 1.0 if c == 0 else 0.0


@part
def _split(
    here: int,
    b: int,
    held: int,
    n_corners: int,
    piece: Int32[np.ndarray, "piece type"],
    component: Int32[np.ndarray, "belief"],
    stride: int,
    share: Float[np.ndarray, "3"],
    corner: Int32[np.ndarray, "local_lesson belief corner"],
    weight: Float[np.ndarray, "local_lesson belief corner"],
) -> None:
    """Split the corners that earlier learners left for a belief by those of a further one."""
    n_types = piece.shape[1]
    # backwards, so that corners yet to be split are not overwritten
    for c in range(n_corners - 1, -1, -1):
        at, whole = corner[here, b, c], weight[here, b, c]
        for v in range(n_types):
            to = c * n_types + v
            corner[here, b, to] = at
            weight[here, b, to] = whole if v == 0 else 0.0
            if held >= 0:
                corner[here, b, to] += (piece[held, v] - component[b]) * stride
                weight[here, b, to] = whole * share[v]
