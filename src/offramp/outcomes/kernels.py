"""The inner loops of the forward pass: the solver's operators, transposed.

Mass is kept as `mass[pair, state, belief]`, where a *pair* is one column of paths and one profile
of types. `live[pair, state]` says which rows hold anything: rows that are not live are never read
and may hold rubbish, so nothing is cleared between stages and empty situations cost nothing.

Kernels are run by plain threads, each over the pairs (or the states) that it alone *writes*, and
add up in a fixed order within each: the same digits come out whatever the number of threads. What
a pair receives from is listed in *feeds*, sorted by the pair that they go to.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int, Int16, Int32, UInt8

from offramp.equilibrium.kernels.arithmetic import fast_exp, fast_log
from offramp.equilibrium.kernels.cache import builder, inner, kernel, part, spot

__all__ = [
    "BY_ENTRY",
    "BY_ROW",
    "NO_LESSONS",
    "STILL",
    "ChainSteps",
    "Feeds",
    "Lessons",
    "Likelihood",
    "Part",
    "RowTable",
    "Simplex",
    "Store",
    "absorb_rows",
    "count_acts",
    "count_levels",
    "find_lessons",
    "lay_block",
    "list_live",
    "move_rows",
    "push_chain",
    "push_redraw",
    "push_rows",
    "scatter_rows",
    "total_beliefs",
    "total_states",
    "weigh_signals",
    "write_chances",
]

STILL = 0  # nobody learns at the stage: beliefs stay where they are
BY_ROW = 1  # the acts as seen are all there is to learn from: one lesson per row
BY_ENTRY = 2  # results teach too: one lesson per signal

VECTOR = 8  # pairs that learn together are rounded up to so many, that loops need no remainder
FEW = 8  # feeds of a stage: below, the detour by which all learn together costs more than it saves


class Store(NamedTuple):
    """Mass by pair, state and belief, and which rows of it hold anything."""

    mass: Float[np.ndarray, "pair state belief"]
    live: UInt8[np.ndarray, "pair state"]


class RowTable(NamedTuple):
    """Joint acts of a stage and where they lead, as `game.Rows` holds them."""

    start: Int32[np.ndarray, "state_1"]
    entry_start: Int32[np.ndarray, "row_1"]
    successor: Int32[np.ndarray, "entry"]
    chance: Float[np.ndarray, "entry reader_type"]
    redraw: Int32[np.ndarray, "entry"]


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


class Feeds(NamedTuple):
    """What pairs receive, sorted by the pair; task k has feeds `start[k]:start[k + 1]`.

    Attributes:
        target: Pair that receives: the same throughout a task, another in every task.
        update: Only rows of this class pass, as the tracker numbers them; -1: all.
        joint: Joint type of the stage's movers in the source's profile; `reader`: its column of
            chances.
        redraw: Only entries with this redraw mask pass.
        share: Weight of what passes: 1, or the chance that the redrawn types come out so.
        flow: Row of the flows that counts what each act is taken with, or -1.
    """

    start: Int32[np.ndarray, "task_1"]
    target: Int32[np.ndarray, "feed"]
    source: Int32[np.ndarray, "feed"]
    tracker: Int32[np.ndarray, "feed"]
    update: Int32[np.ndarray, "feed"]
    joint: Int32[np.ndarray, "feed"]
    reader: Int32[np.ndarray, "feed"]
    redraw: Int32[np.ndarray, "feed"]
    share: Float[np.ndarray, "feed"]
    flow: Int32[np.ndarray, "feed"]


class ChainSteps(NamedTuple):
    """Effects one after another: step k has affected states `step_start[k]:step_start[k + 1]`.

    Attributes:
        in_place: Whether a step's rows may be overwritten one by one: backwards here, since the
            list is ordered for the solver, which goes the other way.
        flow_of: Column of the flows that counts what passes an affected state, or -1.
    """

    step_start: Int32[np.ndarray, "step_1"]
    in_place: UInt8[np.ndarray, "step"]
    inner: Int32[np.ndarray, "affected"]
    entry_start: Int32[np.ndarray, "affected_1"]
    successor: Int32[np.ndarray, "entry"]
    chance: Float[np.ndarray, "entry"]
    flow_of: Int32[np.ndarray, "affected"]


# --- which states are worked on together --------------------------------------------------------


@kernel
def list_live(live: UInt8[np.ndarray, "pair state"], states: Int32[np.ndarray, "listed"]) -> int:
    """Write which of as many states as there is room for hold any mass; return how many do."""
    n = 0
    for s in range(states.size):
        for pair in range(live.shape[0]):
            if live[pair, s]:
                states[n] = s
                n += 1
                break
    return n


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


# --- how likely acts are, and what they teach ---------------------------------------------------


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


# --- pushing mass -------------------------------------------------------------------------------


@inner
def _add(
    share: float,
    sent: Float[np.ndarray, "slot belief"],
    x: int,
    belief_map: Int32[np.ndarray, "mask belief"],
    mask: int,
    to: int,
    n: int,
    out: Float[np.ndarray, "pair state belief"],
    out_live: UInt8[np.ndarray, "pair state"],
) -> None:
    """Add `share` of row x of `sent` to a row of `out`, beliefs redrawn by the mask."""
    pair, place, slot = spot(to), spot(n), spot(x)
    n_beliefs = sent.shape[1]
    if mask:
        if not out_live[pair, place]:
            for b in range(n_beliefs):
                out[pair, place, spot(b)] = 0.0
        for b in range(n_beliefs):
            out[pair, place, spot(belief_map[mask, b])] += share * sent[slot, spot(b)]
    elif out_live[pair, place]:
        for b in range(n_beliefs):
            out[pair, place, spot(b)] += share * sent[slot, spot(b)]
    else:
        for b in range(n_beliefs):
            out[pair, place, spot(b)] = share * sent[slot, spot(b)]
    out_live[pair, place] = 1


@inner
def _add_number(
    share: float,
    sent: float,
    to: int,
    n: int,
    out: Float[np.ndarray, "pair state belief"],
    out_live: UInt8[np.ndarray, "pair state"],
) -> None:
    """Add `share` of a number to a place of `out`, where there is one belief."""
    pair, place = spot(to), spot(n)
    if out_live[pair, place]:
        out[pair, place, 0] += share * sent
    else:
        out_live[pair, place] = 1
        out[pair, place, 0] = share * sent


@part
def _learn(
    lesson: int,
    n_passing: int,
    together: bool,
    corner: Int32[np.ndarray, "local_lesson belief corner"],
    weight: Float[np.ndarray, "local_lesson belief corner"],
    flow: Float[np.ndarray, "belief slot"],
    landed: Float[np.ndarray, "belief slot"],
    sent: Float[np.ndarray, "slot belief"],
) -> None:
    """Take what passes to its new beliefs.

    Where a stage has many feeds, all pairs go together, so that the innermost loop runs over pairs
    and vectorises. (What decides is their number at the stage, not in a task, so that the digits
    do not depend on how many threads share the work.)
    """
    n_beliefs, n_corners = corner.shape[1], corner.shape[2]
    # whole vectors of pairs: the few beyond the last carry nothing
    n_wide = (n_passing + VECTOR - 1) // VECTOR * VECTOR
    for b in range(n_beliefs):
        for x in range(n_wide):
            flow[b, x] = 0.0
            landed[b, x] = 0.0
        for x in range(n_passing):
            flow[b, x] = sent[x, b]
            sent[x, b] = 0.0
    for b in range(n_beliefs):
        for c in range(n_corners):
            w, to = weight[lesson, b, c], spot(corner[lesson, b, c])
            if together:
                for x in range(n_wide):
                    landed[to, x] += w * flow[b, x]
            else:
                for x in range(n_passing):
                    sent[x, to] += w * flow[b, x]
    if together:
        for x in range(n_passing):
            for b in range(n_beliefs):
                sent[x, b] = landed[b, x]


@builder
def _push_untyped(
    first: int,
    stop: int,
    part: Part,
    table: RowTable,
    chance: Float[np.ndarray, "local_row joint belief"],
    row_class: Int16[np.ndarray, "tracker row"],
    feeds: Feeds,
    inflow: Store,
    out: Store,
    ended: Store,
    flow: Float[np.ndarray, "profile row"],
) -> None:
    """Push mass as `push_rows` does, where nobody has types: one number in every place."""
    mass, live, new, new_live = inflow.mass, inflow.live, out.mass, out.live
    over, over_live = ended.mass, ended.live
    row_start, entry_start, successor = table.start, table.entry_start, table.successor
    entry_chance = table.chance
    begin, end = feeds.start[first], feeds.start[stop]
    feed_source, feed_target, feed_update = feeds.source, feeds.target, feeds.update
    feed_tracker, feed_flow = feeds.tracker, feeds.flow
    held, awake = np.empty(end - begin), np.empty(end - begin, np.int64)
    for i in range(part.states.size):
        s = spot(part.states[i])
        n_awake = 0
        for f in range(begin, end):
            source = spot(feed_source[f])
            if live[source, s]:
                awake[n_awake], held[n_awake] = f, mass[source, s, 0]
                n_awake += 1
        if n_awake == 0:
            continue
        here = part.local_row[i]
        for r in range(row_start[s], row_start[s + spot(1)]):
            likely = chance[spot(here), 0, 0]
            here += 1
            if likely <= 0.0:
                continue
            for y in range(n_awake):
                x = spot(awake[y])
                update = feed_update[x]
                if update >= 0 and row_class[spot(feed_tracker[x]), spot(r)] != update:
                    continue
                sent = held[y] * likely
                if feed_flow[x] >= 0:
                    flow[spot(feed_flow[x]), spot(r)] = sent
                for e in range(entry_start[spot(r)], entry_start[spot(r + 1)]):
                    share, n = entry_chance[spot(e), 0], successor[spot(e)]
                    if share == 0.0:
                        continue
                    if n < 0:
                        _add_number(share, sent, feed_target[x], -1 - n, over, over_live)
                    else:
                        _add_number(share, sent, feed_target[x], n, new, new_live)


@kernel
def push_rows(
    first: int,
    stop: int,
    part: Part,
    table: RowTable,
    chance: Float[np.ndarray, "local_row joint belief"],
    lessons: Lessons,
    row_class: Int16[np.ndarray, "tracker row"],
    belief_map: Int32[np.ndarray, "mask belief"],
    feeds: Feeds,
    inflow: Store,
    out: Store,
    ended: Store,
    flow: Float[np.ndarray, "profile row"],
) -> None:
    """Push mass through a stage's joint acts and their results, into the pairs of some tasks.

    States come outermost, so that what an act's chance is and teaches is fetched once for all
    pairs, and where it leads is looked up once. Arrays are taken out of their records beforehand:
    inside the loops that would cost more than the sums do.
    """
    if flow.shape[0] == 1 and inflow.mass.shape[2] == 1:
        _push_untyped(
            first, stop, part, table, chance, row_class, feeds, inflow, out, ended, flow
        )  # fmt: skip
        return
    mass, live, new, new_live = inflow.mass, inflow.live, out.mass, out.live
    over, over_live = ended.mass, ended.live
    states, local_row, local_lesson = part.states, part.local_row, part.local_lesson
    row_start, entry_start, successor = table.start, table.entry_start, table.successor
    entry_chance, redraw = table.chance, table.redraw
    moves, corner, weight, of_entry = (
        lessons.moves,
        lessons.corner,
        lessons.weight,
        lessons.of_entry,
    )
    begin, end = feeds.start[first], feeds.start[stop]
    feed_source, feed_target, feed_update = feeds.source, feeds.target, feeds.update
    feed_tracker, feed_joint, feed_reader = feeds.tracker, feeds.joint, feeds.reader
    feed_redraw, feed_share, feed_flow = feeds.redraw, feeds.share, feeds.flow
    n_beliefs = mass.shape[2]
    sent, plain = np.empty((end - begin, n_beliefs)), np.empty((end - begin, n_beliefs))
    n_wide = (end - begin + VECTOR - 1) // VECTOR * VECTOR
    wide, landed = np.empty((n_beliefs, n_wide)), np.empty((n_beliefs, n_wide))
    passing, awake = np.empty(end - begin, np.int64), np.empty(end - begin, np.int64)
    together = feed_source.size >= FEW
    for i in range(states.size):
        s = states[i]
        n_awake = 0
        for f in range(begin, end):
            if live[feed_source[f], s]:
                awake[n_awake] = f
                n_awake += 1
        if n_awake == 0:
            continue
        for r in range(row_start[s], row_start[s + 1]):
            here = local_row[i] + r - row_start[s]
            n_passing = 0
            for y in range(n_awake):
                feed = spot(awake[spot(y)])
                update = feed_update[feed]
                if update >= 0 and row_class[spot(feed_tracker[feed]), spot(r)] != update:
                    continue
                source, joint = spot(feed_source[feed]), spot(feed_joint[feed])
                total = 0.0
                for b in range(n_beliefs):
                    likely = chance[spot(here), joint, spot(b)]
                    total += likely
                    sent[spot(n_passing), spot(b)] = mass[source, spot(s), spot(b)] * likely
                # a policy may keep this type from the act
                if total > 0.0:
                    passing[spot(n_passing)] = feed
                    n_passing += 1
            for x in range(n_passing):
                if feed_flow[passing[x]] >= 0:
                    total = 0.0
                    for b in range(n_beliefs):
                        total += sent[x, b]
                    flow[feed_flow[passing[x]], r] = total
            if n_passing == 0:
                continue
            if lessons.kind == BY_ROW:
                lesson = local_lesson[i] + r - row_start[s]
                if moves[lesson]:
                    _learn(lesson, n_passing, together, corner, weight, wide, landed, sent)
            elif lessons.kind == BY_ENTRY:
                for x in range(n_passing):
                    for b in range(n_beliefs):
                        plain[x, b] = sent[x, b]
            for e in range(entry_start[r], entry_start[r + 1]):
                n, mask = successor[e], redraw[e]
                if lessons.kind == BY_ENTRY:
                    for x in range(n_passing):
                        for b in range(n_beliefs):
                            sent[x, b] = plain[x, b]
                    lesson = local_lesson[i] + of_entry[e]
                    if moves[lesson]:
                        _learn(lesson, n_passing, together, corner, weight, wide, landed, sent)
                for x in range(n_passing):
                    feed = spot(passing[spot(x)])
                    share = entry_chance[spot(e), spot(feed_reader[feed])] * feed_share[feed]
                    if feed_redraw[feed] != mask or share == 0.0:
                        continue
                    to = feed_target[feed]
                    if n < 0:
                        _add(share, sent, x, belief_map, mask, to, -1 - n, over, over_live)
                    else:
                        _add(share, sent, x, belief_map, mask, to, n, new, new_live)


@part
def _pour_ended(
    share: float,
    held: Float[np.ndarray, "inner chunk"],
    x: int,
    width: int,
    n: int,
    begin: int,
    pair: int,
    mass: Float[np.ndarray, "pair ended belief"],
    live: UInt8[np.ndarray, "pair ended"],
) -> None:
    """Add `share` of some beliefs of a row to an ended state."""
    if not live[pair, n]:
        live[pair, n] = 1
        for b in range(mass.shape[2]):
            mass[pair, n, b] = 0.0
    for c in range(width):
        mass[pair, n, spot(begin + c)] += share * held[x, c]


@kernel
def push_chain(
    first: int,
    stop: int,
    pairs: Int32[np.ndarray, "active"],
    n_states: int,
    n_inner: int,
    chunk: int,
    enter: Int32[np.ndarray, "state"],
    leave: Int32[np.ndarray, "inner"],
    steps: ChainSteps,
    inflow: Store,
    out: Store,
    ended: Store,
    flow: Float[np.ndarray, "profile paying"],
) -> None:
    """Push the mass of some pairs through effects one after another, in which nobody learns.

    A pair goes through the whole chain a few beliefs at a time (`chunk`), so that its rows stay in
    the processor's cache from the first effect to the last.
    """
    mass, live, new, new_live = inflow.mass, inflow.live, out.mass, out.live
    n_beliefs = mass.shape[2]
    work, held = np.empty((n_inner, chunk)), np.empty((n_inner, chunk))
    on, was_on = np.zeros(n_inner, np.uint8), np.zeros(n_inner, np.uint8)
    for task in range(first, stop):
        pair = pairs[task]
        for begin in range(0, n_beliefs, chunk):
            width = min(chunk, n_beliefs - begin)
            on[:] = 0
            for s in range(n_states):
                if live[pair, s]:
                    to = enter[s]
                    if not on[to]:
                        on[to] = 1
                        for c in range(width):
                            work[to, c] = 0.0
                    for c in range(width):
                        work[to, c] += mass[pair, s, spot(begin + c)]
            for step in range(steps.in_place.size):
                if not steps.in_place[step]:
                    _set_aside(step, width, steps.step_start, steps.inner, work, held, on, was_on)
                _take_step(
                    step, width, begin, steps, work, held, on, was_on, pair, ended.mass, ended.live,
                    flow,
                )  # fmt: skip
            for n in range(n_inner):
                if on[n]:
                    to = leave[n]
                    if not new_live[pair, to]:
                        new_live[pair, to] = 1
                        for b in range(n_beliefs):
                            new[pair, to, b] = 0.0
                    for c in range(width):
                        new[pair, to, spot(begin + c)] += work[n, c]


@part
def _set_aside(
    step: int,
    width: int,
    step_start: Int32[np.ndarray, "step_1"],
    inner: Int32[np.ndarray, "affected"],
    work: Float[np.ndarray, "inner chunk"],
    held: Float[np.ndarray, "inner chunk"],
    on: UInt8[np.ndarray, "inner"],
    was_on: UInt8[np.ndarray, "inner"],
) -> None:
    """Take all rows that an effect moves out of the way, where it cannot work in place."""
    for a in range(step_start[step], step_start[step + 1]):
        n = inner[a]
        was_on[n] = on[n]
        if on[n]:
            on[n] = 0
            for c in range(width):
                held[n, c] = work[n, c]


@part
def _take_step(
    step: int,
    width: int,
    begin: int,
    steps: ChainSteps,
    work: Float[np.ndarray, "inner chunk"],
    held: Float[np.ndarray, "inner chunk"],
    on: UInt8[np.ndarray, "inner"],
    was_on: UInt8[np.ndarray, "inner"],
    pair: int,
    over: Float[np.ndarray, "pair ended belief"],
    over_live: UInt8[np.ndarray, "pair ended"],
    flow: Float[np.ndarray, "profile paying"],
) -> None:
    """Push some beliefs of one pair through one effect."""
    inner, entry_start, successor = steps.inner, steps.entry_start, steps.successor
    chance, flow_of = steps.chance, steps.flow_of
    in_place = steps.in_place[step] != 0
    counts = pair < flow.shape[0]
    start, end = steps.step_start[step], steps.step_start[step + 1]
    for a in range(end - 1, start - 1, -1):
        n = inner[a]
        x = n
        if in_place:
            if not on[n]:
                continue
            on[n] = 0
            x = 0
            for c in range(width):
                held[0, c] = work[n, c]
        elif not was_on[n]:
            continue
        if counts and flow_of[a] >= 0:
            total = 0.0
            for c in range(width):
                total += held[x, c]
            flow[pair, flow_of[a]] += total
        for e in range(entry_start[a], entry_start[a + 1]):
            to, share = successor[e], chance[e]
            if to < 0:
                _pour_ended(share, held, x, width, -1 - to, begin, pair, over, over_live)
            elif on[to]:
                for c in range(width):
                    work[to, c] += share * held[x, c]
            else:
                on[to] = 1
                for c in range(width):
                    work[to, c] = share * held[x, c]


@kernel
def push_redraw(
    first: int,
    stop: int,
    n_states: int,
    affected_of: Int32[np.ndarray, "state"],
    table: RowTable,
    belief_map: Int32[np.ndarray, "mask belief"],
    feeds: Feeds,
    inflow: Store,
    out: Store,
    ended: Store,
) -> None:
    """Push mass through one effect of a chain that draws types afresh (so pairs mix).

    Args:
        affected_of: Row of `table` of each inner state, -1 where the effect does nothing.
    """
    mass, live, new, new_live = inflow.mass, inflow.live, out.mass, out.live
    over, over_live = ended.mass, ended.live
    entry_start, successor, chance, redraw = (
        table.entry_start, table.successor, table.chance, table.redraw
    )  # fmt: skip
    n_beliefs = mass.shape[2]
    sent = np.empty((1, n_beliefs))
    for f in range(feeds.start[first], feeds.start[stop]):
        to, source, mask, whole = feeds.target[f], feeds.source[f], feeds.redraw[f], feeds.share[f]
        for s in range(n_states):
            if not live[source, s]:
                continue
            for b in range(n_beliefs):
                sent[0, b] = mass[source, s, b]
            a = affected_of[s]
            if a < 0:
                if mask == 0:
                    _add(1.0, sent, 0, belief_map, 0, to, s, new, new_live)
                continue
            for e in range(entry_start[a], entry_start[a + 1]):
                if redraw[e] != mask:
                    continue
                share, n = chance[e, 0] * whole, successor[e]
                if n >= 0:
                    _add(share, sent, 0, belief_map, mask, to, n, new, new_live)
                else:
                    _add(share, sent, 0, belief_map, mask, to, -1 - n, over, over_live)


@part
def _merge(
    source: int,
    s: int,
    mass: Float[np.ndarray, "pair state belief"],
    to: int,
    n: int,
    out: Float[np.ndarray, "pair state belief"],
    out_live: UInt8[np.ndarray, "pair state"],
) -> None:
    """Add one row of mass to another."""
    if out_live[to, n]:
        for b in range(mass.shape[2]):
            out[to, n, b] += mass[source, s, b]
    else:
        out_live[to, n] = 1
        for b in range(mass.shape[2]):
            out[to, n, b] = mass[source, s, b]


@kernel
def scatter_rows(
    first: int,
    stop: int,
    n_states: int,
    target: Int32[np.ndarray, "state"],
    feeds: Feeds,
    inflow: Store,
    out: Store,
) -> None:
    """Carry rows over to other states, as into the next period."""
    mass, live, new, new_live = inflow.mass, inflow.live, out.mass, out.live
    for f in range(feeds.start[first], feeds.start[stop]):
        source, to = feeds.source[f], feeds.target[f]
        for s in range(n_states):
            if live[source, s]:
                _merge(source, s, mass, to, target[s], new, new_live)


# --- moving mass between columns ----------------------------------------------------------------


@kernel
def move_rows(
    first: int,
    stop: int,
    rows: Int32[np.ndarray, "listed"],
    source: int,
    target: int,
    keeps: bool,
    store: Store,
    moved: Float[np.ndarray, "profile"],
) -> None:
    """Move rows of mass of one column to another (or nowhere), for some profiles.

    Args:
        rows: States to move.
        target: First pair of the column that receives, or -1; `source` likewise.
        keeps: Copy instead of moving.
        moved: How much was moved, by profile.
    """
    mass, live = store.mass, store.live
    for p in range(first, stop):
        total = 0.0
        for i in range(rows.size):
            s = rows[i]
            if not live[source + p, s]:
                continue
            for b in range(mass.shape[2]):
                total += mass[source + p, s, b]
            if target >= 0:
                _merge(source + p, s, mass, target + p, s, mass, live)
            if not keeps:
                live[source + p, s] = 0
        moved[p] = total


@kernel
def absorb_rows(n_states: int, n_pairs: int, inflow: Store, out: Store) -> None:
    """Add the first pairs of one store to those of another, and empty the former."""
    mass, live, new, new_live = inflow.mass, inflow.live, out.mass, out.live
    for pair in range(n_pairs):
        for s in range(n_states):
            if live[pair, s]:
                _merge(pair, s, mass, pair, s, new, new_live)
                live[pair, s] = 0


@kernel
def total_states(
    first: int,
    n_states: int,
    mass: Float[np.ndarray, "pair state belief"],
    live: UInt8[np.ndarray, "pair state"],
    total: Float[np.ndarray, "profile state"],
) -> None:
    """Sum mass over beliefs, for as many pairs from `first` on as `total` has rows."""
    for p in range(total.shape[0]):
        for s in range(n_states):
            summed = 0.0
            if live[first + p, s]:
                for b in range(mass.shape[2]):
                    summed += mass[first + p, s, b]
            total[p, s] = summed


@kernel
def total_beliefs(
    first: int,
    n_states: int,
    mass: Float[np.ndarray, "pair state belief"],
    live: UInt8[np.ndarray, "pair state"],
    total: Float[np.ndarray, "profile belief"],
) -> None:
    """Sum mass over states, for as many pairs from `first` on as `total` has rows."""
    for p in range(total.shape[0]):
        for b in range(total.shape[1]):
            total[p, b] = 0.0
        for s in range(n_states):
            if live[first + p, s]:
                for b in range(total.shape[1]):
                    total[p, b] += mass[first + p, s, b]


@kernel
def count_acts(
    option: Int32[np.ndarray, "row"],
    action: Int[np.ndarray, "option"],
    bound: Float[np.ndarray, "option type"],
    own: int,
    flow: Float[np.ndarray, "row"],
    acts: Float[np.ndarray, "type action"],
    prescribed: Float[np.ndarray, "type action"],
) -> None:
    """Add how often a mover of one type takes each action, and how often by prescription.

    Args:
        option: The mover's, -1 where the stage is passed over.
        bound: As in `game.Options`.
        own: The mover's type.
        flow: What passes each row.
    """
    taken = np.zeros(action.size)
    for r in range(option.size):
        if option[r] >= 0:
            taken[option[r]] += flow[r]
    sums = np.zeros((2, acts.shape[1]))
    for o in range(action.size):
        sums[0, action[o]] += taken[o]
        if bound[o, own] >= 0.0:
            sums[1, action[o]] += taken[o]
    for a in range(acts.shape[1]):
        acts[own, a] += sums[0, a]
        prescribed[own, a] += sums[1, a]


@kernel
def count_levels(
    level: Int32[np.ndarray, "field state"],
    mass: Float[np.ndarray, "reached"],
    levels: Float[np.ndarray, "variable level"],
) -> None:
    """Write how much of the mass of the first states stands at each level of each variable."""
    for v in range(levels.shape[0]):
        for n in range(levels.shape[1]):
            levels[v, n] = 0.0
        for s in range(mass.size):
            levels[v, level[v, s]] += mass[s]
