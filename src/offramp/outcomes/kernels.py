"""The inner loops of the forward pass: the solver's operators, transposed.

Mass is kept as `mass[strand, state, cell]`. A *strand* is one column of paths (of one status of
the event that play is conditioned on); a *cell* is a profile of types and a belief point, beliefs
running fastest, so that what acts and chance do to all of them alike is one straight loop.
`live[strand, state]` says which rows hold anything: rows that are not live are never read and may
hold rubbish, so nothing is cleared between stages and empty situations cost nothing.

Kernels are run by plain threads, each over the strands (or the states) that it alone *writes*, and
add up in a fixed order within each: the same digits come out whatever the number of threads. What
a strand receives from is listed in *feeds*, sorted by the strand that they go to.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int, Int16, Int32, UInt8

from offramp.equilibrium.kernels.cache import builder, inner, kernel, part, spot
from offramp.outcomes.lesson_kernels import BY_ENTRY, BY_ROW, Lessons, Part

__all__ = [
    "ChainSteps",
    "Feeds",
    "Profiles",
    "Redraws",
    "RowTable",
    "Store",
    "absorb_rows",
    "count_acts",
    "count_levels",
    "list_live",
    "move_rows",
    "push_chain",
    "push_redraw",
    "push_rows",
    "scatter_rows",
    "total_beliefs",
    "total_states",
]

VECTOR = 8  # rows that learn together are rounded up to so many, that loops need no remainder
FEW = 8  # rows at a stage: below, the detour by which all learn together costs more than it saves


class Store(NamedTuple):
    """Mass by strand, state and cell, and which rows of it hold anything."""

    mass: Float[np.ndarray, "strand state cell"]
    live: UInt8[np.ndarray, "strand state"]


class RowTable(NamedTuple):
    """Joint acts of a stage and where they lead, as `game.Rows` holds them."""

    start: Int32[np.ndarray, "state_1"]
    entry_start: Int32[np.ndarray, "row_1"]
    successor: Int32[np.ndarray, "entry"]
    chance: Float[np.ndarray, "entry reader_type"]
    redraw: Int32[np.ndarray, "entry"]


class Feeds(NamedTuple):
    """What strands receive, sorted by the strand; task k has feeds `start[k]:start[k + 1]`.

    Attributes:
        target: Strand that receives: the same throughout a task, another in every task.
        update: Only rows of this class pass, as the tracker numbers them; -1: all.
        counts: Whether what each act is taken with is to be counted.
    """

    start: Int32[np.ndarray, "task_1"]
    target: Int32[np.ndarray, "feed"]
    source: Int32[np.ndarray, "feed"]
    tracker: Int32[np.ndarray, "feed"]
    update: Int32[np.ndarray, "feed"]
    counts: UInt8[np.ndarray, "feed"]


class Profiles(NamedTuple):
    """What a stage's tables have for each profile of types.

    Attributes:
        joint: Joint type of the stage's movers; `reader`: the profile's column of chances.
    """

    joint: Int32[np.ndarray, "profile"]
    reader: Int32[np.ndarray, "profile"]


class Redraws(NamedTuple):
    """What drawing types afresh does, by whose are drawn (the mask).

    Attributes:
        chance: That profile q (second axis) comes out where p (third) was.
        belief: Where beliefs are afterwards.
    """

    chance: Float[np.ndarray, "mask profile profile"]
    belief: Int32[np.ndarray, "mask belief"]


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


@kernel
def list_live(live: UInt8[np.ndarray, "strand state"], states: Int32[np.ndarray, "listed"]) -> int:
    """Write which of as many states as there is room for hold any mass; return how many do."""
    n = 0
    for s in range(states.size):
        for strand in range(live.shape[0]):
            if live[strand, s]:
                states[n] = s
                n += 1
                break
    return n


# --- pushing mass -------------------------------------------------------------------------------


@inner
def _add(
    share: float,
    sent: Float[np.ndarray, "slot cell"],
    x: int,
    to: int,
    n: int,
    out: Float[np.ndarray, "strand state cell"],
    out_live: UInt8[np.ndarray, "strand state"],
) -> None:
    """Add `share` of row x of `sent` to a row of `out`."""
    strand, place, slot = spot(to), spot(n), spot(x)
    if out_live[strand, place]:
        for c in range(sent.shape[1]):
            out[strand, place, spot(c)] += share * sent[slot, spot(c)]
    else:
        out_live[strand, place] = 1
        for c in range(sent.shape[1]):
            out[strand, place, spot(c)] = share * sent[slot, spot(c)]


@part
def _add_by_profile(
    mask: int,
    share: Float[np.ndarray, "profile"],
    sent: Float[np.ndarray, "slot cell"],
    passing: Int[np.ndarray, "slot"],
    n_passing: int,
    target: Int32[np.ndarray, "feed"],
    drawn: Float[np.ndarray, "mask profile profile"],
    belief_map: Int32[np.ndarray, "mask belief"],
    n: int,
    out: Float[np.ndarray, "strand state cell"],
    out_live: UInt8[np.ndarray, "strand state"],
) -> None:
    """Add what passes to rows of `out`, where the share is each profile's own or types are drawn.

    Args:
        passing: Feed of each row of `sent`, which gives the strand that it goes to.
    """
    n_beliefs = belief_map.shape[1]
    for x in range(n_passing):
        to = target[passing[x]]
        if not out_live[to, n]:
            out_live[to, n] = 1
            for c in range(sent.shape[1]):
                out[to, n, c] = 0.0
        for q in range(share.size):
            for p in range(share.size):
                weight = share[p] * drawn[mask, q, p]
                if weight > 0.0:
                    for b in range(n_beliefs):
                        moved = weight * sent[x, p * n_beliefs + b]
                        out[to, n, q * n_beliefs + spot(belief_map[mask, b])] += moved


@inner
def _add_number(
    share: float,
    sent: float,
    to: int,
    n: int,
    out: Float[np.ndarray, "strand state cell"],
    out_live: UInt8[np.ndarray, "strand state"],
) -> None:
    """Add `share` of a number to a place of `out`, where there is one cell."""
    strand, place = spot(to), spot(n)
    if out_live[strand, place]:
        out[strand, place, 0] += share * sent
    else:
        out_live[strand, place] = 1
        out[strand, place, 0] = share * sent


@part
def _learn(
    lesson: int,
    n_passing: int,
    together: bool,
    corner: Int32[np.ndarray, "local_lesson belief corner"],
    weight: Float[np.ndarray, "local_lesson belief corner"],
    flow: Float[np.ndarray, "belief row"],
    landed: Float[np.ndarray, "belief row"],
    sent: Float[np.ndarray, "row belief"],
) -> None:
    """Take what passes to its new beliefs; a row is one strand's mass of one profile.

    Where a stage has many feeds, all rows go together, so that the innermost loop runs over rows
    and vectorises. (What decides is their number at the stage, not in a task, so that the digits
    do not depend on how many threads share the work.)
    """
    n_beliefs, n_corners = corner.shape[1], corner.shape[2]
    # whole vectors of rows: the few beyond the last carry nothing
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
    feed_tracker, feed_counts = feeds.tracker, feeds.counts
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
                if feed_counts[x]:
                    flow[0, spot(r)] = sent
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
    profiles: Profiles,
    redraws: Redraws,
    feeds: Feeds,
    inflow: Store,
    out: Store,
    ended: Store,
    flow: Float[np.ndarray, "profile row"],
) -> None:
    """Push mass through a stage's joint acts and their results, into the strands of some tasks.

    States come outermost, so that what an act's chance is and teaches is fetched once for all
    strands, and where it leads is looked up once. Arrays are taken out of their records beforehand:
    inside the loops that would cost more than the sums do.
    """
    mass, live, new, new_live = inflow.mass, inflow.live, out.mass, out.live
    n_profiles, n_cells = flow.shape[0], mass.shape[2]
    if n_cells == 1:
        _push_untyped(
            first, stop, part, table, chance, row_class, feeds, inflow, out, ended, flow
        )  # fmt: skip
        return
    n_beliefs = n_cells // n_profiles
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
    joint, reader = profiles.joint, profiles.reader
    drawn, belief_map = redraws.chance, redraws.belief
    feed_source, feed_target, feed_update = feeds.source, feeds.target, feeds.update
    feed_tracker, feed_counts = feeds.tracker, feeds.counts
    begin, end = feeds.start[first], feeds.start[stop]
    n_feeds = end - begin
    # the same numbers twice: by feed and cell, and by feed and profile, and belief
    sent = np.empty((n_feeds, n_cells))
    plain = np.empty((n_feeds, n_cells))
    by_profile = sent.reshape((n_feeds * n_profiles, n_beliefs))
    n_wide = (n_feeds * n_profiles + VECTOR - 1) // VECTOR * VECTOR
    wide, landed = np.empty((n_beliefs, n_wide)), np.empty((n_beliefs, n_wide))
    passing, awake = np.empty(n_feeds, np.int64), np.empty(n_feeds, np.int64)
    likely, share = np.empty(n_cells), np.empty(n_profiles)
    together = feed_source.size * n_profiles >= FEW
    # whether an entry's chance is the same for all profiles
    is_common = entry_chance.shape[1] == 1
    for i in range(states.size):
        s = spot(states[i])
        n_awake = 0
        for f in range(begin, end):
            if live[spot(feed_source[f]), s]:
                awake[n_awake] = f
                n_awake += 1
        if n_awake == 0:
            continue
        for r in range(row_start[s], row_start[s + spot(1)]):
            here = spot(local_row[i] + r - row_start[s])
            total = 0.0
            for p in range(n_profiles):
                own, at = spot(joint[spot(p)]), spot(p * n_beliefs)
                for b in range(n_beliefs):
                    likely[at + spot(b)] = chance[here, own, spot(b)]
                    total += chance[here, own, spot(b)]
            if total <= 0.0:  # a policy may keep everybody from the act
                continue
            n_passing = 0
            for y in range(n_awake):
                feed = spot(awake[spot(y)])
                update = feed_update[feed]
                if update >= 0 and row_class[spot(feed_tracker[feed]), spot(r)] != update:
                    continue
                source, slot = spot(feed_source[feed]), spot(n_passing)
                for c in range(n_cells):
                    sent[slot, spot(c)] = mass[source, s, spot(c)] * likely[spot(c)]
                passing[slot] = feed
                n_passing += 1
                if feed_counts[feed]:
                    for p in range(n_profiles):
                        total = 0.0
                        for b in range(n_beliefs):
                            total += sent[slot, spot(p * n_beliefs + b)]
                        flow[p, r] = total
            if n_passing == 0:
                continue
            n_rows = n_passing * n_profiles
            if lessons.kind == BY_ROW:
                lesson = local_lesson[i] + r - row_start[s]
                if moves[lesson]:
                    _learn(lesson, n_rows, together, corner, weight, wide, landed, by_profile)
            elif lessons.kind == BY_ENTRY:
                for x in range(n_passing):
                    for c in range(n_cells):
                        plain[x, c] = sent[x, c]
            for e in range(entry_start[spot(r)], entry_start[spot(r + 1)]):
                n, mask = successor[spot(e)], redraw[spot(e)]
                if lessons.kind == BY_ENTRY:
                    for x in range(n_passing):
                        for c in range(n_cells):
                            sent[x, c] = plain[x, c]
                    lesson = local_lesson[i] + of_entry[e]
                    if moves[lesson]:
                        _learn(lesson, n_rows, together, corner, weight, wide, landed, by_profile)
                if is_common and mask == 0:
                    common = entry_chance[spot(e), spot(0)]
                    if common == 0.0:
                        continue
                    for x in range(n_passing):
                        to = feed_target[spot(passing[spot(x)])]
                        if n < 0:
                            _add(common, sent, x, to, -1 - n, over, over_live)
                        else:
                            _add(common, sent, x, to, n, new, new_live)
                    continue
                total = 0.0
                for p in range(n_profiles):
                    share[p] = entry_chance[e, reader[p]]
                    total += share[p]
                if total == 0.0:
                    continue
                if n < 0:
                    _add_by_profile(
                        mask, share, sent, passing, n_passing, feed_target, drawn, belief_map,
                        -1 - n, over, over_live,
                    )  # fmt: skip
                else:
                    _add_by_profile(
                        mask, share, sent, passing, n_passing, feed_target, drawn, belief_map,
                        n, new, new_live,
                    )  # fmt: skip


@part
def _pour_ended(
    share: float,
    held: Float[np.ndarray, "inner chunk"],
    x: int,
    width: int,
    n: int,
    begin: int,
    strand: int,
    mass: Float[np.ndarray, "strand ended cell"],
    live: UInt8[np.ndarray, "strand ended"],
) -> None:
    """Add `share` of some cells of a row to an ended state."""
    if not live[strand, n]:
        live[strand, n] = 1
        for c in range(mass.shape[2]):
            mass[strand, n, c] = 0.0
    for c in range(width):
        mass[strand, n, spot(begin + c)] += share * held[x, c]


@kernel
def push_chain(
    first: int,
    stop: int,
    strands: Int32[np.ndarray, "active"],
    n_states: int,
    n_inner: int,
    chunk: int,
    enter: Int32[np.ndarray, "state"],
    leave: Int32[np.ndarray, "inner"],
    steps: ChainSteps,
    inflow: Store,
    out: Store,
    ended: Store,
    counts: bool,
    flow: Float[np.ndarray, "profile paying"],
) -> None:
    """Push the mass of some strands through effects one after another, in which nobody learns.

    A strand goes through the whole chain a few cells at a time (`chunk`), so that its rows stay in
    the processor's cache from the first effect to the last.

    Args:
        counts: Whether what passes payments in the first strand is to be counted in `flow`.
    """
    mass, live, new, new_live = inflow.mass, inflow.live, out.mass, out.live
    n_cells = mass.shape[2]
    work, held = np.empty((n_inner, chunk)), np.empty((n_inner, chunk))
    on, was_on = np.zeros(n_inner, np.uint8), np.zeros(n_inner, np.uint8)
    for task in range(first, stop):
        strand = spot(strands[task])
        for begin in range(0, n_cells, chunk):
            width = min(chunk, n_cells - begin)
            on[:] = 0
            for s in range(n_states):
                if live[strand, spot(s)]:
                    to = spot(enter[spot(s)])
                    if on[to]:
                        for c in range(width):
                            work[to, spot(c)] += mass[strand, spot(s), spot(begin + c)]
                    else:
                        on[to] = 1
                        for c in range(width):
                            work[to, spot(c)] = mass[strand, spot(s), spot(begin + c)]
            for step in range(steps.in_place.size):
                if not steps.in_place[step]:
                    _set_aside(step, width, steps.step_start, steps.inner, work, held, on, was_on)
                _take_step(
                    step, width, begin, steps, work, held, on, was_on, strands[task], ended.mass,
                    ended.live, counts and strands[task] == 0, flow,
                )  # fmt: skip
            for n in range(n_inner):
                if on[n]:
                    to = spot(leave[n])
                    if not new_live[strand, to]:
                        new_live[strand, to] = 1
                        for c in range(n_cells):
                            new[strand, to, spot(c)] = 0.0
                    for c in range(width):
                        new[strand, to, spot(begin + c)] += work[spot(n), spot(c)]


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
    strand: int,
    over: Float[np.ndarray, "strand ended cell"],
    over_live: UInt8[np.ndarray, "strand ended"],
    counts: bool,
    flow: Float[np.ndarray, "profile paying"],
) -> None:
    """Push some cells of one strand through one effect."""
    inner, entry_start, successor = steps.inner, steps.entry_start, steps.successor
    chance, flow_of = steps.chance, steps.flow_of
    in_place = steps.in_place[step] != 0
    n_beliefs = over.shape[2] // flow.shape[0]
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
                held[0, spot(c)] = work[spot(n), spot(c)]
        elif not was_on[n]:
            continue
        if counts and flow_of[a] >= 0:
            for c in range(width):
                flow[(begin + c) // n_beliefs, flow_of[a]] += held[x, c]
        for e in range(entry_start[a], entry_start[a + 1]):
            to, share = successor[e], chance[e]
            if to < 0:
                _pour_ended(share, held, x, width, -1 - to, begin, strand, over, over_live)
            elif on[to]:
                for c in range(width):
                    work[spot(to), spot(c)] += share * held[spot(x), spot(c)]
            else:
                on[to] = 1
                for c in range(width):
                    work[spot(to), spot(c)] = share * held[spot(x), spot(c)]


@kernel
def push_redraw(
    first: int,
    stop: int,
    strands: Int32[np.ndarray, "active"],
    n_states: int,
    affected_of: Int32[np.ndarray, "state"],
    table: RowTable,
    redraws: Redraws,
    inflow: Store,
    out: Store,
    ended: Store,
) -> None:
    """Push mass through one effect of a chain that draws types afresh (so profiles mix).

    Args:
        affected_of: Row of `table` of each inner state, -1 where the effect does nothing.
    """
    mass, live, new, new_live = inflow.mass, inflow.live, out.mass, out.live
    over, over_live = ended.mass, ended.live
    entry_start, successor, chance, redraw = (
        table.entry_start, table.successor, table.chance, table.redraw
    )  # fmt: skip
    drawn, belief_map = redraws.chance, redraws.belief
    n_profiles, n_cells = drawn.shape[1], mass.shape[2]
    sent, share = np.empty((1, n_cells)), np.empty(n_profiles)
    passing = np.empty(1, np.int64)
    for task in range(first, stop):
        strand, passing[0] = strands[task], task
        for s in range(n_states):
            if not live[strand, s]:
                continue
            for c in range(n_cells):
                sent[0, spot(c)] = mass[spot(strand), spot(s), spot(c)]
            a = affected_of[s]
            if a < 0:
                _add(1.0, sent, 0, strand, s, new, new_live)
                continue
            for e in range(entry_start[a], entry_start[a + 1]):
                common, n, mask = chance[e, 0], successor[e], redraw[e]
                if mask:
                    for p in range(n_profiles):
                        share[p] = common
                    if n < 0:
                        _add_by_profile(
                            mask, share, sent, passing, 1, strands, drawn, belief_map, -1 - n,
                            over, over_live,
                        )  # fmt: skip
                    else:
                        _add_by_profile(
                            mask, share, sent, passing, 1, strands, drawn, belief_map, n, new,
                            new_live,
                        )  # fmt: skip
                elif n < 0:
                    _add(common, sent, 0, strand, -1 - n, over, over_live)
                else:
                    _add(common, sent, 0, strand, n, new, new_live)


@part
def _merge(
    source: int,
    s: int,
    mass: Float[np.ndarray, "strand state cell"],
    to: int,
    n: int,
    out: Float[np.ndarray, "strand state cell"],
    out_live: UInt8[np.ndarray, "strand state"],
) -> None:
    """Add one row of mass to another."""
    strand, place, new, here = spot(source), spot(s), spot(to), spot(n)
    if out_live[new, here]:
        for c in range(mass.shape[2]):
            out[new, here, spot(c)] += mass[strand, place, spot(c)]
    else:
        out_live[new, here] = 1
        for c in range(mass.shape[2]):
            out[new, here, spot(c)] = mass[strand, place, spot(c)]


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
    rows: Int32[np.ndarray, "listed"],
    source: int,
    target: int,
    keeps: bool,
    store: Store,
) -> float:
    """Move rows of mass of one strand to another (or nowhere).

    Args:
        rows: States to move.
        target: Strand that receives, or -1.
        keeps: Copy instead of moving.

    Returns:
        How much was moved.
    """
    mass, live = store.mass, store.live
    total = 0.0
    for i in range(rows.size):
        s = rows[i]
        if not live[source, s]:
            continue
        for c in range(mass.shape[2]):
            total += mass[source, s, c]
        if target >= 0:
            _merge(source, s, mass, target, s, mass, live)
        if not keeps:
            live[source, s] = 0
    return total


@kernel
def absorb_rows(first: int, stop: int, n_states: int, inflow: Store, out: Store) -> None:
    """Add some strands of one store to the only one of another, and empty the former."""
    mass, live, new, new_live = inflow.mass, inflow.live, out.mass, out.live
    for strand in range(first, stop):
        for s in range(n_states):
            if live[strand, s]:
                _merge(strand, s, mass, 0, s, new, new_live)
                live[strand, s] = 0


@kernel
def total_states(
    strand: int,
    n_states: int,
    mass: Float[np.ndarray, "strand state cell"],
    live: UInt8[np.ndarray, "strand state"],
    total: Float[np.ndarray, "profile state"],
) -> None:
    """Add a strand's mass, summed over beliefs, by profile and state."""
    n_beliefs = mass.shape[2] // total.shape[0]
    for s in range(n_states):
        if live[strand, s]:
            for p in range(total.shape[0]):
                summed = 0.0
                for b in range(n_beliefs):
                    summed += mass[strand, s, p * n_beliefs + b]
                total[p, s] += summed


@kernel
def total_beliefs(
    strand: int,
    n_states: int,
    mass: Float[np.ndarray, "strand state cell"],
    live: UInt8[np.ndarray, "strand state"],
    total: Float[np.ndarray, "cell"],
) -> None:
    """Add a strand's mass, summed over states, by cell."""
    for s in range(n_states):
        if live[strand, s]:
            for c in range(total.size):
                total[c] += mass[strand, s, c]


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
