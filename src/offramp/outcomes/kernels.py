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
from jaxtyping import Float, Int, UInt8

from offramp.equilibrium.kernels.arithmetic import fast_exp, fast_log
from offramp.equilibrium.kernels.cache import kernel

__all__ = [
    "BY_ENTRY",
    "BY_ROW",
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
    "find_lessons",
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


class Store(NamedTuple):
    """Mass by pair, state and belief, and which rows of it hold anything."""

    mass: Float[np.ndarray, "pair state belief"]
    live: UInt8[np.ndarray, "pair state"]


class RowTable(NamedTuple):
    """Joint acts of a stage and where they lead, as `game.Rows` holds them."""

    start: Int[np.ndarray, "state_1"]
    entry_start: Int[np.ndarray, "row_1"]
    successor: Int[np.ndarray, "entry"]
    chance: Float[np.ndarray, "entry reader_type"]
    redraw: Int[np.ndarray, "entry"]


class Part(NamedTuple):
    """States that are worked on together.

    Attributes:
        local_row, local_lesson: Where the rows and lessons of each begin in scratch arrays.
    """

    states: Int[np.ndarray, "listed"]
    local_row: Int[np.ndarray, "listed"]
    local_lesson: Int[np.ndarray, "listed"]


class Simplex(NamedTuple):
    """One learner's belief grid, and its axis of the joint one.

    Attributes:
        prior: Its belief at each joint point.
        component: Its point of the simplex at each joint point.
        stride: What one point of the simplex adds to the joint number.
    """

    prior: Float[np.ndarray, "type belief"]
    component: Int[np.ndarray, "belief"]
    stride: int
    resolution: int
    cell_start: Int[np.ndarray, "cell_1"]
    piece: Int[np.ndarray, "piece type"]
    inverse: Float[np.ndarray, "piece type type"]


class Likelihood(NamedTuple):
    """Log-likelihoods by a learner's type, and which of them each lesson reads.

    Attributes:
        source: First index of `log` for each lesson; -1 where nothing is learnt.
        is_local: `log` is a scratch array, indexed as lessons are in a part; `source` is not read.
    """

    log: Float[np.ndarray, "source type belief"]
    source: Int[np.ndarray, "lesson"]
    is_local: bool


class Lessons(NamedTuple):
    """Where what is seen takes each belief: grid points and weights.

    Attributes:
        kind: `STILL`, `BY_ROW` or `BY_ENTRY`.
        of_entry: Lesson of each entry, counted within its state, if `kind` is `BY_ENTRY`.
        moves: Whether the lesson moves any belief at all.
    """

    kind: int
    of_entry: Int[np.ndarray, "entry"]
    moves: UInt8[np.ndarray, "local_lesson"]
    corner: Int[np.ndarray, "local_lesson belief corner"]
    weight: Float[np.ndarray, "local_lesson belief corner"]


class Feeds(NamedTuple):
    """What pairs receive, sorted by the pair; task k has feeds `start[k]:start[k + 1]`.

    Attributes:
        target: Pair that each task writes.
        update: Only rows of this class pass, as the tracker numbers them; -1: all.
        joint: Joint type of the stage's movers in the source's profile; `reader`: its column of
            chances.
        redraw: Only entries with this redraw mask pass.
        share: Weight of what passes: 1, or the chance that the redrawn types come out so.
        flow: Row of the flows that counts what each act is taken with, or -1.
    """

    target: Int[np.ndarray, "task"]
    start: Int[np.ndarray, "task_1"]
    source: Int[np.ndarray, "feed"]
    tracker: Int[np.ndarray, "feed"]
    update: Int[np.ndarray, "feed"]
    joint: Int[np.ndarray, "feed"]
    reader: Int[np.ndarray, "feed"]
    redraw: Int[np.ndarray, "feed"]
    share: Float[np.ndarray, "feed"]
    flow: Int[np.ndarray, "feed"]


class ChainSteps(NamedTuple):
    """Effects one after another: step k has affected states `step_start[k]:step_start[k + 1]`.

    Attributes:
        in_place: Whether a step's rows may be overwritten one by one: backwards here, since the
            list is ordered for the solver, which goes the other way.
        flow_of: Column of the flows that counts what passes an affected state, or -1.
    """

    step_start: Int[np.ndarray, "step_1"]
    in_place: UInt8[np.ndarray, "step"]
    inner: Int[np.ndarray, "affected"]
    entry_start: Int[np.ndarray, "affected_1"]
    successor: Int[np.ndarray, "entry"]
    chance: Float[np.ndarray, "entry"]
    flow_of: Int[np.ndarray, "affected"]


# --- how likely acts are, and what they teach ---------------------------------------------------


@kernel
def write_chances(
    first: int,
    stop: int,
    part: Part,
    row_start: Int[np.ndarray, "state_1"],
    option: Int[np.ndarray, "row"],
    log_strategy: Float[np.ndarray, "option type belief"],
    type_of_joint: Int[np.ndarray, "joint"],
    is_first: bool,
    chance: Float[np.ndarray, "local_row joint belief"],
) -> None:
    """Multiply one mover's strategy into the chance of each row (write it if it is the first).

    Args:
        option: This mover's option in each row, -1 where the stage is passed over.
        type_of_joint: This mover's type in each joint type of the stage's movers.
    """
    n_beliefs = chance.shape[2]
    for i in range(first, stop):
        s = part.states[i]
        here = part.local_row[i]
        for r in range(row_start[s], row_start[s + 1]):
            o = option[r]
            for q in range(type_of_joint.size):
                k = type_of_joint[q]
                if o < 0:
                    if is_first:
                        for b in range(n_beliefs):
                            chance[here, q, b] = 1.0
                elif is_first:
                    for b in range(n_beliefs):
                        chance[here, q, b] = fast_exp(log_strategy[o, k, b])
                else:
                    for b in range(n_beliefs):
                        chance[here, q, b] *= fast_exp(log_strategy[o, k, b])
            here += 1


@kernel
def weigh_signals(
    first: int,
    stop: int,
    part: Part,
    signal_start: Int[np.ndarray, "state_1"],
    member_start: Int[np.ndarray, "signal_1"],
    member: Int[np.ndarray, "member"],
    row_of_entry: Int[np.ndarray, "entry"],
    option: Int[np.ndarray, "row"],
    log_strategy: Float[np.ndarray, "option type belief"],
    row_start: Int[np.ndarray, "state_1"],
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


@kernel
def _update(
    row: int,
    log_likelihood: Float[np.ndarray, "source type belief"],
    prior: Float[np.ndarray, "type belief"],
    posterior: Float[np.ndarray, "type belief"],
    moved: UInt8[np.ndarray, "belief"],
) -> bool:
    """Write posteriors by Bayes' rule in logs, and which differ; return whether any does.

    Where no type that is still believed possible could have done it, the belief stays.
    """
    n_types, n_beliefs = prior.shape
    anything = False
    for b in range(n_beliefs):
        best, least = -np.inf, np.inf
        for k in range(n_types):
            if prior[k, b] > 0.0:
                best = max(best, log_likelihood[row, k, b])
                least = min(least, log_likelihood[row, k, b])
        moved[b] = best > least and best > -np.inf
        anything = anything or moved[b] != 0
        if moved[b]:
            total = 0.0
            for k in range(n_types):
                weight = 0.0
                if prior[k, b] > 0.0:
                    weight = prior[k, b] * fast_exp(log_likelihood[row, k, b] - best)
                posterior[k, b] = weight
                total += weight
            for k in range(n_types):
                posterior[k, b] /= total
    return anything


@kernel
def _cell(b: int, posterior: Float[np.ndarray, "type belief"], resolution: int) -> int:
    """Return the regular cell that holds a belief (see `SimplexGrid.cell_start`)."""
    if resolution == 0 or posterior.shape[0] == 1:
        return 0
    x = posterior[1, b] * resolution
    i = min(int(x), resolution)
    if posterior.shape[0] == 2:
        return i
    y = posterior[2, b] * resolution
    j = min(int(y), resolution)
    upper = 1 if (x - i) + (y - j) > 1.0 else 0
    return 2 * (i * (resolution + 1) + j) + upper


@kernel
def _locate(
    b: int,
    posterior: Float[np.ndarray, "type belief"],
    simplex: Simplex,
    weight: Float[np.ndarray, "type"],
    trial: Float[np.ndarray, "type"],
) -> int:
    """Write the barycentric weights of a belief; return the piece that holds it."""
    cell = _cell(b, posterior, simplex.resolution)
    n_types = posterior.shape[0]
    found = simplex.cell_start[cell]
    highest = -np.inf
    for p in range(simplex.cell_start[cell], simplex.cell_start[cell + 1]):
        lowest = np.inf
        for v in range(n_types):
            trial[v] = 0.0
            for k in range(n_types):
                trial[v] += simplex.inverse[p, v, k] * posterior[k, b]
            lowest = min(lowest, trial[v])
        if lowest > highest:
            highest = lowest
            found = p
            for v in range(n_types):
                weight[v] = trial[v]
    total = 0.0
    for v in range(n_types):
        weight[v] = max(weight[v], 0.0)  # rounding alone makes a weight negative
        total += weight[v]
    for v in range(n_types):
        weight[v] /= total
    return found


@kernel
def find_lessons(
    first: int,
    stop: int,
    part: Part,
    lesson_start: Int[np.ndarray, "state_1"],
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
    n_types, n_beliefs = simplex.prior.shape
    posterior = np.empty((n_types, n_beliefs))
    moved = np.empty(n_beliefs, np.uint8)
    share, trial = np.empty(n_types), np.empty(n_types)
    corner, weight = lessons.corner, lessons.weight
    for i in range(first, stop):
        s = part.states[i]
        here = part.local_lesson[i] - 1
        for lesson in range(lesson_start[s], lesson_start[s + 1]):
            here += 1
            row = here if likelihood.is_local else likelihood.source[lesson]
            anything = row >= 0 and _update(row, likelihood.log, simplex.prior, posterior, moved)
            if n_corners == 0:
                lessons.moves[here] = anything
            elif anything and not lessons.moves[here]:
                lessons.moves[here] = True
                for b in range(n_beliefs):  # earlier learners have left their corners unwritten
                    for c in range(n_corners):
                        corner[here, b, c] = b
                        weight[here, b, c] = 1.0 if c == 0 else 0.0
            if not lessons.moves[here]:
                continue
            for b in range(n_beliefs):
                moves = anything and moved[b] != 0
                held = _locate(b, posterior, simplex, share, trial) if moves else 0
                # backwards, so that corners yet to be split are not overwritten
                for c in range(max(n_corners, 1) - 1, -1, -1):
                    at = corner[here, b, c] if n_corners > 0 else b
                    whole = weight[here, b, c] if n_corners > 0 else 1.0
                    for v in range(n_types):
                        to = c * n_types + v
                        step = simplex.piece[held, v] - simplex.component[b] if moves else 0
                        corner[here, b, to] = at + step * simplex.stride
                        weight[here, b, to] = whole * (share[v] if moves else v == 0)


# --- pushing mass -------------------------------------------------------------------------------


@kernel
def _add(
    share: float,
    sent: Float[np.ndarray, "slot belief"],
    x: int,
    belief_map: Int[np.ndarray, "mask belief"],
    mask: int,
    to: int,
    n: int,
    out: Store,
) -> None:
    """Add `share` of row x of `sent` to a row of `out`, beliefs redrawn by the mask."""
    mass = out.mass
    fresh = out.live[to, n] == 0
    out.live[to, n] = 1
    if mask:
        if fresh:
            for b in range(sent.shape[1]):
                mass[to, n, b] = 0.0
        for b in range(sent.shape[1]):
            mass[to, n, belief_map[mask, b]] += share * sent[x, b]
    elif fresh:
        for b in range(sent.shape[1]):
            mass[to, n, b] = share * sent[x, b]
    else:
        for b in range(sent.shape[1]):
            mass[to, n, b] += share * sent[x, b]


@kernel
def _send(
    source: int,
    s: int,
    inflow: Store,
    here: int,
    joint: int,
    chance: Float[np.ndarray, "local_row joint belief"],
    lesson: int,
    lessons: Lessons,
    x: int,
    sent: Float[np.ndarray, "slot belief"],
) -> None:
    """Write into row x of `sent` what a row of mass sends on, at its new beliefs."""
    mass = inflow.mass
    n_beliefs = mass.shape[2]
    if lesson < 0 or not lessons.moves[lesson]:
        for b in range(n_beliefs):
            sent[x, b] = mass[source, s, b] * chance[here, joint, b]
        return
    corner, weight = lessons.corner, lessons.weight
    for b in range(n_beliefs):
        sent[x, b] = 0.0
    for b in range(n_beliefs):
        flow = mass[source, s, b] * chance[here, joint, b]
        if flow != 0.0:
            for c in range(corner.shape[2]):
                sent[x, corner[lesson, b, c]] += flow * weight[lesson, b, c]


@kernel
def _possible(here: int, joint: int, chance: Float[np.ndarray, "local_row joint belief"]) -> bool:
    for b in range(chance.shape[2]):
        if chance[here, joint, b] > 0.0:
            return True
    return False


@kernel
def push_rows(
    first: int,
    stop: int,
    part: Part,
    table: RowTable,
    chance: Float[np.ndarray, "local_row joint belief"],
    lessons: Lessons,
    row_class: Int[np.ndarray, "tracker row"],
    belief_map: Int[np.ndarray, "mask belief"],
    feeds: Feeds,
    inflow: Store,
    out: Store,
    ended: Store,
    flow: Float[np.ndarray, "profile row"],
) -> None:
    """Push mass through a stage's joint acts and their results, into the pairs of some tasks.

    States come outermost, so that what an act's chance is and teaches is fetched once for all
    pairs; where an act leads is looked up once for all pairs, too.
    """
    n_beliefs = inflow.mass.shape[2]
    widest = feeds.start[stop] - feeds.start[first]
    sent = np.empty((max(widest, 1), n_beliefs))
    passing = np.empty(max(widest, 1), np.int64)
    target = np.empty(max(widest, 1), np.int64)
    by_entry = lessons.kind == BY_ENTRY
    for i in range(part.states.size):
        s = part.states[i]
        for r in range(table.start[s], table.start[s + 1]):
            here = part.local_row[i] + r - table.start[s]
            lesson = -1
            if lessons.kind == BY_ROW:
                lesson = part.local_lesson[i] + r - table.start[s]
            n_passing = 0
            for task in range(first, stop):
                for f in range(feeds.start[task], feeds.start[task + 1]):
                    source = feeds.source[f]
                    if not inflow.live[source, s]:
                        continue
                    wanted = feeds.update[f]
                    if wanted >= 0 and row_class[feeds.tracker[f], r] != wanted:
                        continue
                    joint = feeds.joint[f]
                    if not _possible(here, joint, chance):
                        continue
                    passing[n_passing] = f
                    target[n_passing] = feeds.target[task]
                    if not by_entry or feeds.flow[f] >= 0:
                        _send(
                            source, s, inflow, here, joint, chance, lesson, lessons, n_passing, sent
                        )
                    if feeds.flow[f] >= 0:
                        total = 0.0
                        for b in range(n_beliefs):
                            total += sent[n_passing, b]
                        flow[feeds.flow[f], r] = total
                    n_passing += 1
            if n_passing == 0:
                continue
            for e in range(table.entry_start[r], table.entry_start[r + 1]):
                n = table.successor[e]
                mask = table.redraw[e]
                for x in range(n_passing):
                    f = passing[x]
                    share = table.chance[e, feeds.reader[f]] * feeds.share[f]
                    if feeds.redraw[f] != mask or share == 0.0:
                        continue
                    if by_entry:
                        lesson = part.local_lesson[i] + lessons.of_entry[e]
                        _send(
                            feeds.source[f], s, inflow, here, feeds.joint[f], chance, lesson,
                            lessons, x, sent,
                        )  # fmt: skip
                    if n >= 0:
                        _add(share, sent, x, belief_map, mask, target[x], n, out)
                    else:
                        _add(share, sent, x, belief_map, mask, target[x], -1 - n, ended)


@kernel
def _pour(
    share: float,
    held: Float[np.ndarray, "inner chunk"],
    x: int,
    width: int,
    to: int,
    begin: int,
    work: Float[np.ndarray, "inner chunk"],
    on: UInt8[np.ndarray, "inner"],
    pair: int,
    ended: Store,
) -> None:
    """Add `share` of row x of `held` to an inner state, or to an ended state from `begin` on."""
    if to >= 0:
        if on[to]:
            for c in range(width):
                work[to, c] += share * held[x, c]
        else:
            on[to] = 1
            for c in range(width):
                work[to, c] = share * held[x, c]
        return
    mass = ended.mass
    n = -1 - to
    if not ended.live[pair, n]:
        ended.live[pair, n] = 1
        for b in range(mass.shape[2]):
            mass[pair, n, b] = 0.0
    for c in range(width):
        mass[pair, n, begin + c] += share * held[x, c]


@kernel
def push_chain(
    first: int,
    stop: int,
    pairs: Int[np.ndarray, "active"],
    n_states: int,
    n_inner: int,
    chunk: int,
    enter: Int[np.ndarray, "state"],
    leave: Int[np.ndarray, "inner"],
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
    n_beliefs = inflow.mass.shape[2]
    source, target = inflow.mass, out.mass
    work = np.empty((n_inner, chunk))
    held = np.empty((n_inner, chunk))
    on = np.zeros(n_inner, np.uint8)
    was_on = np.zeros(n_inner, np.uint8)
    for task in range(first, stop):
        pair = pairs[task]
        for begin in range(0, n_beliefs, chunk):
            width = min(chunk, n_beliefs - begin)
            on[:] = 0
            for s in range(n_states):
                if inflow.live[pair, s]:
                    to = enter[s]
                    if on[to]:
                        for c in range(width):
                            work[to, c] += source[pair, s, begin + c]
                    else:
                        on[to] = 1
                        for c in range(width):
                            work[to, c] = source[pair, s, begin + c]
            for step in range(steps.in_place.size):
                _take_step(step, width, begin, steps, work, held, on, was_on, pair, ended, flow)
            for n in range(n_inner):
                if on[n]:
                    to = leave[n]
                    if not out.live[pair, to]:
                        out.live[pair, to] = 1
                        for b in range(n_beliefs):
                            target[pair, to, b] = 0.0
                    for c in range(width):
                        target[pair, to, begin + c] += work[n, c]


@kernel
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
    ended: Store,
    flow: Float[np.ndarray, "profile paying"],
) -> None:
    """Push some beliefs of one pair through one effect."""
    in_place = steps.in_place[step] != 0
    start, end = steps.step_start[step], steps.step_start[step + 1]
    if not in_place:
        for a in range(start, end):
            n = steps.inner[a]
            was_on[n] = on[n]
            if on[n]:
                on[n] = 0
                for c in range(width):
                    held[n, c] = work[n, c]
    for a in range(end - 1, start - 1, -1):
        n = steps.inner[a]
        if not (on[n] if in_place else was_on[n]):
            continue
        x = 0 if in_place else n
        if in_place:
            on[n] = 0
            for c in range(width):
                held[0, c] = work[n, c]
        column = steps.flow_of[a]
        if column >= 0 and pair < flow.shape[0]:
            total = 0.0
            for c in range(width):
                total += held[x, c]
            flow[pair, column] += total
        for e in range(steps.entry_start[a], steps.entry_start[a + 1]):
            _pour(steps.chance[e], held, x, width, steps.successor[e], begin, work, on, pair, ended)


@kernel
def push_redraw(
    first: int,
    stop: int,
    n_states: int,
    affected_of: Int[np.ndarray, "state"],
    table: RowTable,
    belief_map: Int[np.ndarray, "mask belief"],
    feeds: Feeds,
    inflow: Store,
    out: Store,
    ended: Store,
) -> None:
    """Push mass through one effect of a chain that draws types afresh (so pairs mix).

    Args:
        affected_of: Row of `table` of each inner state, -1 where the effect does nothing.
    """
    n_beliefs = inflow.mass.shape[2]
    sent = np.empty((1, n_beliefs))
    for task in range(first, stop):
        to = feeds.target[task]
        for f in range(feeds.start[task], feeds.start[task + 1]):
            source, mask = feeds.source[f], feeds.redraw[f]
            for s in range(n_states):
                if not inflow.live[source, s]:
                    continue
                for b in range(n_beliefs):
                    sent[0, b] = inflow.mass[source, s, b]
                a = affected_of[s]
                if a < 0:
                    if mask == 0:
                        _add(1.0, sent, 0, belief_map, 0, to, s, out)
                    continue
                for e in range(table.entry_start[a], table.entry_start[a + 1]):
                    if table.redraw[e] != mask:
                        continue
                    share = table.chance[e, 0] * feeds.share[f]
                    n = table.successor[e]
                    if n >= 0:
                        _add(share, sent, 0, belief_map, mask, to, n, out)
                    else:
                        _add(share, sent, 0, belief_map, mask, to, -1 - n, ended)


@kernel
def _merge(source: int, s: int, inflow: Store, to: int, n: int, out: Store) -> None:
    """Add one row of mass to another."""
    mass, into = inflow.mass, out.mass
    if out.live[to, n]:
        for b in range(mass.shape[2]):
            into[to, n, b] += mass[source, s, b]
    else:
        out.live[to, n] = 1
        for b in range(mass.shape[2]):
            into[to, n, b] = mass[source, s, b]


@kernel
def scatter_rows(
    first: int,
    stop: int,
    n_states: int,
    target: Int[np.ndarray, "state"],
    feeds: Feeds,
    inflow: Store,
    out: Store,
) -> None:
    """Carry rows over to other states, as into the next period."""
    for task in range(first, stop):
        for f in range(feeds.start[task], feeds.start[task + 1]):
            source = feeds.source[f]
            for s in range(n_states):
                if inflow.live[source, s]:
                    _merge(source, s, inflow, feeds.target[task], target[s], out)


# --- moving mass between columns ----------------------------------------------------------------


@kernel
def move_rows(
    first: int,
    stop: int,
    rows: Int[np.ndarray, "listed"],
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
    mass = store.mass
    for p in range(first, stop):
        total = 0.0
        for i in range(rows.size):
            s = rows[i]
            if not store.live[source + p, s]:
                continue
            for b in range(mass.shape[2]):
                total += mass[source + p, s, b]
            if target >= 0:
                _merge(source + p, s, store, target + p, s, store)
            if not keeps:
                store.live[source + p, s] = 0
        moved[p] = total


@kernel
def absorb_rows(n_states: int, n_pairs: int, inflow: Store, out: Store) -> None:
    """Add the first pairs of one store to those of another, and empty the former."""
    for pair in range(n_pairs):
        for s in range(n_states):
            if inflow.live[pair, s]:
                _merge(pair, s, inflow, pair, s, out)
                inflow.live[pair, s] = 0


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
