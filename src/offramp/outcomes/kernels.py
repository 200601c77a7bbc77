"""The inner loops of the forward pass: the solver's operators, transposed.

Mass is kept as `mass[pair, state, belief]`, where a *pair* is one column of paths and one profile
of types. `live[pair, state]` says which rows hold anything: rows that are not live are never read
and may hold rubbish, so nothing is cleared between stages and empty situations cost nothing.

Every kernel runs in parallel over the pairs (or the states) that it *writes*, and adds up in a
fixed order within each: the same digits come out whatever the number of threads. What a pair
receives from is listed in *feeds*, sorted by the pair that they go to (`task_out`, `task_start`).

All kernels stand in this file, since numba's cache does not see a change in another one.
"""

from __future__ import annotations

import math

import numpy as np
from jaxtyping import Float, Int, UInt8
from numba import njit, prange

__all__ = [
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


@njit(cache=True)
def _add(
    sent: Float[np.ndarray, "belief"],
    share: float,
    to: int,
    state: int,
    out: Float[np.ndarray, "pair state belief"],
    out_live: UInt8[np.ndarray, "pair state"],
) -> None:
    """Add `share` of the row `sent` to a row of `out`; a row that is not live is written anew."""
    row = out[to, state]
    if out_live[to, state]:
        for b in range(sent.size):
            row[b] += share * sent[b]
    else:
        out_live[to, state] = 1
        for b in range(sent.size):
            row[b] = share * sent[b]


@njit(cache=True)
def _add_mapped(
    sent: Float[np.ndarray, "belief"],
    share: float,
    belief_map: Int[np.ndarray, "belief"],
    to: int,
    state: int,
    out: Float[np.ndarray, "pair state belief"],
    out_live: UInt8[np.ndarray, "pair state"],
) -> None:
    """Do the same where a redraw takes beliefs back to the reference prior."""
    row = out[to, state]
    if not out_live[to, state]:
        out_live[to, state] = 1
        for b in range(sent.size):
            row[b] = 0.0
    for b in range(sent.size):
        row[belief_map[b]] += share * sent[b]


@njit(cache=True, parallel=True)
def write_chances(
    states: Int[np.ndarray, "listed"],
    local_row: Int[np.ndarray, "listed"],
    row_start: Int[np.ndarray, "state_1"],
    option: Int[np.ndarray, "row"],
    log_strategy: Float[np.ndarray, "option type belief"],
    type_of_joint: Int[np.ndarray, "joint"],
    is_first: bool,
    chance: Float[np.ndarray, "local_row joint belief"],
) -> None:
    """Multiply one mover's strategy into the chance of each row (write it if it is the first).

    Args:
        states: The states to work on.
        local_row: Where in `chance` the rows of each listed state begin.
        option: This mover's option in each row, -1 where the stage is passed over.
        type_of_joint: This mover's type in each joint type of the stage's movers.
    """
    n_beliefs = chance.shape[2]
    for i in prange(len(states)):
        s = states[i]
        for r in range(row_start[s], row_start[s + 1]):
            here = local_row[i] + r - row_start[s]
            for q in range(len(type_of_joint)):
                factor = chance[here, q]
                if option[r] < 0:
                    if is_first:
                        for b in range(n_beliefs):
                            factor[b] = 1.0
                    continue
                log_played = log_strategy[option[r], type_of_joint[q]]
                if is_first:
                    for b in range(n_beliefs):
                        factor[b] = math.exp(log_played[b])
                else:
                    for b in range(n_beliefs):
                        factor[b] *= math.exp(log_played[b])


@njit(cache=True, parallel=True)
def weigh_signals(
    states: Int[np.ndarray, "listed"],
    local_signal: Int[np.ndarray, "listed"],
    signal_start: Int[np.ndarray, "state_1"],
    member_start: Int[np.ndarray, "signal_1"],
    member: Int[np.ndarray, "member"],
    row_of_entry: Int[np.ndarray, "entry"],
    option: Int[np.ndarray, "row"],
    log_strategy: Float[np.ndarray, "option type belief"],
    local_row: Int[np.ndarray, "listed"],
    row_start: Int[np.ndarray, "state_1"],
    log_others: Float[np.ndarray, "local_row belief"],
    entry_chance: Float[np.ndarray, "entry reader_type"],
    n_types: int,
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
    n_beliefs = log_likelihood.shape[2]
    for i in prange(len(states)):
        s = states[i]
        for g in range(signal_start[s], signal_start[s + 1]):
            here = local_signal[i] + g - signal_start[s]
            for k in range(n_types):
                reads = k if entry_chance.shape[1] > 1 else 0
                for b in range(n_beliefs):
                    best = -np.inf
                    total = 0.0
                    for e in member[member_start[g] : member_start[g + 1]]:
                        if entry_chance[e, reads] <= 0.0:
                            continue
                        r = row_of_entry[e]
                        term = math.log(entry_chance[e, reads])
                        term += log_others[local_row[i] + r - row_start[s], b]
                        if option[r] >= 0:
                            term += log_strategy[option[r], k, b]
                        if term == -np.inf:
                            continue
                        # a running log-sum, so that rare acts do not underflow
                        if term > best:
                            total = total * math.exp(best - term) + 1.0
                            best = term
                        else:
                            total += math.exp(term - best)
                    log_likelihood[here, k, b] = best + math.log(total) if total > 0.0 else -np.inf


@njit(cache=True)
def _cell(posterior: Float[np.ndarray, "type"], resolution: int) -> int:
    """Return the regular cell that holds a belief (see `SimplexGrid.cell_start`)."""
    if resolution == 0 or posterior.size == 1:
        return 0
    x = posterior[1] * resolution
    i = min(int(x), resolution)
    if posterior.size == 2:
        return i
    y = posterior[2] * resolution
    j = min(int(y), resolution)
    upper = 1 if (x - i) + (y - j) > 1.0 else 0
    return 2 * (i * (resolution + 1) + j) + upper


@njit(cache=True)
def _update(
    prior: Float[np.ndarray, "type"],
    log_likelihood: Float[np.ndarray, "type"],
    posterior: Float[np.ndarray, "type"],
) -> bool:
    """Write the posterior by Bayes' rule in logs; return whether it differs from the prior.

    Where no type that is still believed possible could have done it, the belief stays.
    """
    best = -np.inf
    least = np.inf
    for k in range(prior.size):
        if prior[k] > 0.0:
            best = max(best, log_likelihood[k])
            least = min(least, log_likelihood[k])
    if best == -np.inf or best == least:
        return False
    total = 0.0
    for k in range(prior.size):
        posterior[k] = 0.0
        if prior[k] > 0.0:
            posterior[k] = prior[k] * math.exp(log_likelihood[k] - best)
            total += posterior[k]
    for k in range(prior.size):
        posterior[k] /= total
    return True


@njit(cache=True)
def _locate(
    posterior: Float[np.ndarray, "type"],
    cell: int,
    cell_start: Int[np.ndarray, "cell_1"],
    inverse: Float[np.ndarray, "piece type type"],
    weight: Float[np.ndarray, "type"],
    trial: Float[np.ndarray, "type"],
) -> int:
    """Write the barycentric weights of a belief; return the piece that holds it."""
    found = cell_start[cell]
    highest = -np.inf
    for p in range(cell_start[cell], cell_start[cell + 1]):
        lowest = np.inf
        for v in range(posterior.size):
            trial[v] = 0.0
            for k in range(posterior.size):
                trial[v] += inverse[p, v, k] * posterior[k]
            lowest = min(lowest, trial[v])
        if lowest > highest:
            highest = lowest
            found = p
            for v in range(posterior.size):
                weight[v] = trial[v]
    total = 0.0
    for v in range(posterior.size):
        weight[v] = max(weight[v], 0.0)  # rounding alone makes a weight negative
        total += weight[v]
    for v in range(posterior.size):
        weight[v] /= total
    return found


@njit(cache=True, parallel=True)
def find_lessons(
    states: Int[np.ndarray, "listed"],
    local_lesson: Int[np.ndarray, "listed"],
    lesson_start: Int[np.ndarray, "state_1"],
    source: Int[np.ndarray, "lesson"],
    is_local: bool,
    log_likelihood: Float[np.ndarray, "source type belief"],
    component: Int[np.ndarray, "belief"],
    stride: int,
    points: Float[np.ndarray, "point type"],
    resolution: int,
    cell_start: Int[np.ndarray, "cell_1"],
    piece: Int[np.ndarray, "piece type"],
    inverse: Float[np.ndarray, "piece type type"],
    n_corners: int,
    corner: Int[np.ndarray, "local_lesson belief corner"],
    weight: Float[np.ndarray, "local_lesson belief corner"],
) -> None:
    """Write where each lesson takes each belief, about one learner.

    A posterior is split between the corners of the piece of the grid that holds it, which keeps
    the mean. Learners are taken one after another: `n_corners` corners stand in `corner` already,
    and each is split anew by this learner's (0: this is the first).

    Args:
        source: Index into `log_likelihood` for each lesson, -1 where nothing is learnt; read
            relative to the block if `is_local` (then `source` is not read).
        component: The learner's point of the simplex in each joint belief point.
        stride: What one point of the learner's simplex adds to the joint number.
    """
    n_beliefs = component.size
    n_types = points.shape[1]
    before = max(n_corners, 1)
    for i in prange(len(states)):
        s = states[i]
        likelihood = np.empty(n_types)
        posterior = np.empty(n_types)
        share = np.empty(n_types)
        trial = np.empty(n_types)
        for lesson in range(lesson_start[s], lesson_start[s + 1]):
            here = local_lesson[i] + lesson - lesson_start[s]
            row = here if is_local else source[lesson]
            for b in range(n_beliefs):
                moved = False
                if row >= 0:
                    for k in range(n_types):
                        likelihood[k] = log_likelihood[row, k, b]
                    moved = _update(points[component[b]], likelihood, posterior)
                held = 0
                if moved:
                    cell = _cell(posterior, resolution)
                    held = _locate(posterior, cell, cell_start, inverse, share, trial)
                # backwards, so that corners yet to be split are not overwritten
                for c in range(before - 1, -1, -1):
                    at = corner[here, b, c] if n_corners > 0 else b
                    whole = weight[here, b, c] if n_corners > 0 else 1.0
                    for v in range(n_types - 1, -1, -1):
                        to = c * n_types + v
                        if moved:
                            corner[here, b, to] = at + (piece[held, v] - component[b]) * stride
                            weight[here, b, to] = whole * share[v]
                        else:
                            corner[here, b, to] = at
                            weight[here, b, to] = whole if v == 0 else 0.0


@njit(cache=True)
def _spread(
    mass: Float[np.ndarray, "belief"],
    chance: Float[np.ndarray, "belief"],
    kind: int,
    corner: Int[np.ndarray, "belief corner"],
    weight: Float[np.ndarray, "belief corner"],
    sent: Float[np.ndarray, "belief"],
) -> float:
    """Write what a row of mass sends on, at its new beliefs; return the total."""
    total = 0.0
    if kind == STILL:
        for b in range(mass.size):
            sent[b] = mass[b] * chance[b]
            total += sent[b]
        return total
    for b in range(mass.size):
        sent[b] = 0.0
    for b in range(mass.size):
        flow = mass[b] * chance[b]
        if flow == 0.0:
            continue
        total += flow
        for c in range(corner.shape[1]):
            if weight[b, c] > 0.0:
                sent[corner[b, c]] += flow * weight[b, c]
    return total


@njit(cache=True, parallel=True)
def push_rows(
    states: Int[np.ndarray, "listed"],
    local_row: Int[np.ndarray, "listed"],
    row_start: Int[np.ndarray, "state_1"],
    chance: Float[np.ndarray, "local_row joint belief"],
    entry_start: Int[np.ndarray, "row_1"],
    successor: Int[np.ndarray, "entry"],
    entry_chance: Float[np.ndarray, "entry reader_type"],
    redraw: Int[np.ndarray, "entry"],
    row_class: Int[np.ndarray, "tracker row"],
    kind: int,
    local_lesson: Int[np.ndarray, "listed"],
    signal_of_entry: Int[np.ndarray, "entry"],
    corner: Int[np.ndarray, "local_lesson belief corner"],
    weight: Float[np.ndarray, "local_lesson belief corner"],
    belief_map: Int[np.ndarray, "mask belief"],
    task_out: Int[np.ndarray, "task"],
    task_start: Int[np.ndarray, "task_1"],
    feed_in: Int[np.ndarray, "feed"],
    feed_tracker: Int[np.ndarray, "feed"],
    feed_class: Int[np.ndarray, "feed"],
    feed_joint: Int[np.ndarray, "feed"],
    feed_reader: Int[np.ndarray, "feed"],
    feed_redraw: Int[np.ndarray, "feed"],
    feed_share: Float[np.ndarray, "feed"],
    feed_flow: Int[np.ndarray, "feed"],
    mass: Float[np.ndarray, "pair state belief"],
    live: UInt8[np.ndarray, "pair state"],
    out: Float[np.ndarray, "pair next belief"],
    out_live: UInt8[np.ndarray, "pair next"],
    ended: Float[np.ndarray, "pair ended belief"],
    ended_live: UInt8[np.ndarray, "pair ended"],
    flow: Float[np.ndarray, "profile row"],
) -> None:
    """Push mass through a stage's joint acts and their results.

    Args:
        signal_of_entry: Lesson of each entry, counted within its state; read if `kind` is BY_ENTRY.
        feed_class: Only rows of this class pass, as the tracker numbers them; -1: all.
        feed_redraw: Only entries with this redraw mask pass.
        feed_share: Weight of what passes: 1, or the chance that the redrawn types come out so.
        feed_flow: Row of `flow` that counts what each act is taken with, or -1.
    """
    n_beliefs = mass.shape[2]
    for task in prange(len(task_out)):
        to = task_out[task]
        sent = np.empty(n_beliefs)
        for f in range(task_start[task], task_start[task + 1]):
            source = feed_in[f]
            mask = feed_redraw[f]
            for i in range(len(states)):
                s = states[i]
                if not live[source, s]:
                    continue
                for r in range(row_start[s], row_start[s + 1]):
                    if feed_class[f] >= 0 and row_class[feed_tracker[f], r] != feed_class[f]:
                        continue
                    here = local_row[i] + r - row_start[s]
                    played = chance[here, feed_joint[f]]
                    if kind != BY_ENTRY:
                        lesson = here if kind == BY_ROW else 0
                        total = _spread(
                            mass[source, s], played, kind, corner[lesson], weight[lesson], sent
                        )
                        if total == 0.0:
                            continue
                        if feed_flow[f] >= 0:
                            flow[feed_flow[f], r] = total
                    elif feed_flow[f] >= 0:
                        flow[feed_flow[f], r] = _spread(
                            mass[source, s], played, STILL, corner[0], weight[0], sent
                        )
                    for e in range(entry_start[r], entry_start[r + 1]):
                        share = entry_chance[e, feed_reader[f]] * feed_share[f]
                        if redraw[e] != mask or share == 0.0:
                            continue
                        if kind == BY_ENTRY:
                            lesson = local_lesson[i] + signal_of_entry[e]
                            total = _spread(
                                mass[source, s], played, kind, corner[lesson], weight[lesson], sent
                            )
                            if total == 0.0:
                                continue
                        n = successor[e]
                        if mask:
                            if n >= 0:
                                _add_mapped(sent, share, belief_map[mask], to, n, out, out_live)
                            else:
                                _add_mapped(
                                    sent, share, belief_map[mask], to, -1 - n, ended, ended_live
                                )
                        elif n >= 0:
                            _add(sent, share, to, n, out, out_live)
                        else:
                            _add(sent, share, to, -1 - n, ended, ended_live)


@njit(cache=True)
def _pour(
    poured: Float[np.ndarray, "chunk"],
    share: float,
    to: int,
    first: int,
    work: Float[np.ndarray, "inner chunk"],
    on: UInt8[np.ndarray, "inner"],
    pair: int,
    ended: Float[np.ndarray, "pair ended belief"],
    ended_live: UInt8[np.ndarray, "pair ended"],
) -> None:
    """Add `share` of a row to an inner state, or to an ended state (from belief `first` on)."""
    if to >= 0:
        row = work[to]
        if on[to]:
            for c in range(poured.size):
                row[c] += share * poured[c]
        else:
            on[to] = 1
            for c in range(poured.size):
                row[c] = share * poured[c]
        return
    target = ended[pair, -1 - to]
    if not ended_live[pair, -1 - to]:
        ended_live[pair, -1 - to] = 1
        for b in range(target.size):
            target[b] = 0.0
    for c in range(poured.size):
        target[first + c] += share * poured[c]


@njit(cache=True, parallel=True)
def push_chain(
    pairs: Int[np.ndarray, "active"],
    n_states: int,
    n_inner: int,
    chunk: int,
    enter: Int[np.ndarray, "state"],
    leave: Int[np.ndarray, "inner"],
    step_start: Int[np.ndarray, "step_1"],
    in_place: UInt8[np.ndarray, "step"],
    inner: Int[np.ndarray, "affected"],
    entry_start: Int[np.ndarray, "affected_1"],
    successor: Int[np.ndarray, "entry"],
    chance: Float[np.ndarray, "entry"],
    flow_of: Int[np.ndarray, "affected"],
    mass: Float[np.ndarray, "pair state belief"],
    live: UInt8[np.ndarray, "pair state"],
    out: Float[np.ndarray, "pair next belief"],
    out_live: UInt8[np.ndarray, "pair next"],
    ended: Float[np.ndarray, "pair ended belief"],
    ended_live: UInt8[np.ndarray, "pair ended"],
    flow: Float[np.ndarray, "profile paying"],
) -> None:
    """Push mass through effects applied one after another, in which nobody learns.

    A pair goes through the whole chain a few beliefs at a time, so that its rows stay in the
    processor's cache from the first effect to the last.

    Args:
        chunk: Belief points that go through together.
        in_place: Whether a step's rows may be overwritten one by one: backwards here, since the
            list is ordered for the solver, which goes the other way.
        flow_of: Column of `flow` that counts what passes an affected state, or -1.
    """
    n_beliefs = mass.shape[2]
    n_profiles = flow.shape[0]
    for task in prange(len(pairs)):
        pair = pairs[task]
        work = np.empty((n_inner, chunk))
        held = np.empty((n_inner, chunk))
        on = np.zeros(n_inner, np.uint8)
        was_on = np.zeros(n_inner, np.uint8)
        for first in range(0, n_beliefs, chunk):
            width = min(chunk, n_beliefs - first)
            on[:] = 0
            for s in range(n_states):
                if live[pair, s]:
                    _pour(
                        mass[pair, s, first : first + width], 1.0, enter[s], 0,
                        work[:, :width], on, pair, ended, ended_live,
                    )  # fmt: skip
            for step in range(len(in_place)):
                begin, end = step_start[step], step_start[step + 1]
                if not in_place[step]:
                    for a in range(begin, end):
                        n = inner[a]
                        was_on[n] = on[n]
                        if on[n]:
                            held[n, :width] = work[n, :width]
                            on[n] = 0
                for a in range(end - 1, begin - 1, -1):
                    n = inner[a]
                    if in_place[step]:
                        if not on[n]:
                            continue
                        held[0, :width] = work[n, :width]
                        on[n] = 0
                        row = held[0, :width]
                    else:
                        if not was_on[n]:
                            continue
                        row = held[n, :width]
                    if pair < n_profiles and flow_of[a] >= 0:
                        flow[pair, flow_of[a]] += row.sum()
                    for e in range(entry_start[a], entry_start[a + 1]):
                        _pour(
                            row, chance[e], successor[e], first,
                            work[:, :width], on, pair, ended, ended_live,
                        )  # fmt: skip
            for n in range(n_inner):
                if on[n]:
                    target = out[pair, leave[n]]
                    if not out_live[pair, leave[n]]:
                        out_live[pair, leave[n]] = 1
                        target[:] = 0.0
                    for c in range(width):
                        target[first + c] += work[n, c]


@njit(cache=True, parallel=True)
def push_redraw(
    n_states: int,
    affected_of: Int[np.ndarray, "state"],
    entry_start: Int[np.ndarray, "affected_1"],
    successor: Int[np.ndarray, "entry"],
    chance: Float[np.ndarray, "entry"],
    redraw: Int[np.ndarray, "entry"],
    belief_map: Int[np.ndarray, "mask belief"],
    task_out: Int[np.ndarray, "task"],
    task_start: Int[np.ndarray, "task_1"],
    feed_in: Int[np.ndarray, "feed"],
    feed_redraw: Int[np.ndarray, "feed"],
    feed_share: Float[np.ndarray, "feed"],
    mass: Float[np.ndarray, "pair state belief"],
    live: UInt8[np.ndarray, "pair state"],
    out: Float[np.ndarray, "pair state belief"],
    out_live: UInt8[np.ndarray, "pair state"],
    ended: Float[np.ndarray, "pair ended belief"],
    ended_live: UInt8[np.ndarray, "pair ended"],
) -> None:
    """Push mass through one effect of a chain that draws types afresh (so pairs mix)."""
    for task in prange(len(task_out)):
        to = task_out[task]
        for f in range(task_start[task], task_start[task + 1]):
            source = feed_in[f]
            mask = feed_redraw[f]
            for s in range(n_states):
                if not live[source, s]:
                    continue
                a = affected_of[s]
                if a < 0:
                    if mask == 0:
                        _add(mass[source, s], 1.0, to, s, out, out_live)
                    continue
                for e in range(entry_start[a], entry_start[a + 1]):
                    if redraw[e] != mask:
                        continue
                    share = chance[e] * feed_share[f]
                    n = successor[e]
                    if n >= 0:
                        _add_mapped(mass[source, s], share, belief_map[mask], to, n, out, out_live)
                    else:
                        _add_mapped(
                            mass[source, s], share, belief_map[mask], to, -1 - n, ended, ended_live
                        )


@njit(cache=True, parallel=True)
def scatter_rows(
    n_states: int,
    target: Int[np.ndarray, "state"],
    task_out: Int[np.ndarray, "task"],
    task_start: Int[np.ndarray, "task_1"],
    feed_in: Int[np.ndarray, "feed"],
    mass: Float[np.ndarray, "pair state belief"],
    live: UInt8[np.ndarray, "pair state"],
    out: Float[np.ndarray, "pair next belief"],
    out_live: UInt8[np.ndarray, "pair next"],
) -> None:
    """Carry rows over to other states, as into the next period."""
    for task in prange(len(task_out)):
        for f in range(task_start[task], task_start[task + 1]):
            source = feed_in[f]
            for s in range(n_states):
                if live[source, s]:
                    _add(mass[source, s], 1.0, task_out[task], target[s], out, out_live)


@njit(cache=True, parallel=True)
def move_rows(
    rows: Int[np.ndarray, "listed"],
    where: UInt8[np.ndarray, "profile_or_1 listed belief_or_1"],
    source: int,
    target: int,
    keeps: bool,
    n_profiles: int,
    mass: Float[np.ndarray, "pair state belief"],
    live: UInt8[np.ndarray, "pair state"],
    moved: Float[np.ndarray, "profile"],
) -> None:
    """Move the mass of one column, where a condition holds, to another column (or nowhere).

    Args:
        rows: States at which the condition holds for some profile and belief.
        where: Whether it holds there.
        target: Column that receives, or -1.
        keeps: Copy instead of moving.
        moved: How much was moved, by profile.
    """
    n_beliefs = mass.shape[2]
    for index in prange(n_profiles):
        p = np.int64(index)  # numba's own index is unsigned, and would make sums floats
        pair = source * n_profiles + p
        to = target * n_profiles + p
        q = p if where.shape[0] > 1 else 0
        total = 0.0
        for i in range(len(rows)):
            s = rows[i]
            if not live[pair, s]:
                continue
            whole = where.shape[2] == 1
            if whole and not where[q, i, 0]:
                continue
            if target >= 0 and not live[to, s]:
                live[to, s] = 1
                mass[to, s, :] = 0.0
            for b in range(n_beliefs):
                if whole or where[q, i, b]:
                    amount = mass[pair, s, b]
                    total += amount
                    if target >= 0:
                        mass[to, s, b] += amount
                    if not keeps:
                        mass[pair, s, b] = 0.0
            if whole and not keeps:
                live[pair, s] = 0
        moved[p] = total


@njit(cache=True, parallel=True)
def absorb_rows(
    n_states: int,
    source: int,
    target: int,
    n_profiles: int,
    mass: Float[np.ndarray, "pair state belief"],
    live: UInt8[np.ndarray, "pair state"],
    out: Float[np.ndarray, "pair state belief"],
    out_live: UInt8[np.ndarray, "pair state"],
) -> None:
    """Add the mass of one column of an array to a column of another, and empty the first."""
    for index in prange(n_profiles):
        p = np.int64(index)  # numba's own index is unsigned, and would make sums floats
        pair = source * n_profiles + p
        for s in range(n_states):
            if live[pair, s]:
                _add(mass[pair, s], 1.0, target * n_profiles + p, s, out, out_live)
                live[pair, s] = 0


@njit(cache=True, parallel=True)
def total_states(
    first: int,
    n_states: int,
    mass: Float[np.ndarray, "pair state belief"],
    live: UInt8[np.ndarray, "pair state"],
    total: Float[np.ndarray, "profile state"],
) -> None:
    """Sum mass over beliefs, for as many pairs from `first` on as `total` has rows."""
    for index in prange(total.shape[0]):
        p = np.int64(index)
        for s in range(n_states):
            total[p, s] = 0.0
            if live[first + p, s]:
                total[p, s] = mass[first + p, s].sum()


@njit(cache=True, parallel=True)
def total_beliefs(
    first: int,
    n_states: int,
    mass: Float[np.ndarray, "pair state belief"],
    live: UInt8[np.ndarray, "pair state"],
    total: Float[np.ndarray, "profile belief"],
) -> None:
    """Sum mass over states, for as many pairs from `first` on as `total` has rows."""
    for index in prange(total.shape[0]):
        p = np.int64(index)
        total[p, :] = 0.0
        for s in range(n_states):
            if live[first + p, s]:
                for b in range(total.shape[1]):
                    total[p, b] += mass[first + p, s, b]
