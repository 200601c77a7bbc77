"""Replies at a history, what they teach, and how both answer to the logits of the history's movers.

Helpers take the few arrays that they read, not the whole `Board`: a call that passes a tuple of
twenty arrays costs more than the work it does.
"""

from __future__ import annotations

import math

import numpy as np
from jaxtyping import Float, Int

from offramp.equilibrium.kernels.boards import FREE, Record, Records
from offramp.equilibrium.kernels.cache import part

__all__ = [
    "open_evidence",
    "replies_of_rows",
    "reply",
    "shift_child",
    "shift_open",
    "shift_options",
    "shift_source",
    "slope_of_child",
    "teach",
    "weigh",
]


@part
def reply(
    slot: Record,
    theta: int,
    node: Record,
    options: Records,
    logit: Float[np.ndarray, "unknown"],
    strategy: Float[np.ndarray, "entry"],
    log_strategy: Float[np.ndarray, "entry"],
) -> None:
    """Write one mover's reply, as one type: what the policy prescribes, else logit."""
    first, last = slot.first_option, slot.first_option + slot.n_options
    best = -np.inf
    prescribed = False
    for o in range(first, last):
        option = options[o, theta]
        if option.bound >= 0.0:
            prescribed = True
        elif option.bound == FREE:
            best = max(best, logit[node.unknown + option.unknown] if option.unknown >= 0 else 0.0)
    total = 0.0
    for o in range(first, last):
        option = options[o, theta]
        at = node.strategy + option.strategy
        strategy[at] = 0.0
        log_strategy[at] = -np.inf
        if prescribed:
            strategy[at] = max(option.bound, 0.0)
            if strategy[at] > 0.0:
                log_strategy[at] = math.log(strategy[at])
        elif option.bound == FREE:
            x = logit[node.unknown + option.unknown] if option.unknown >= 0 else 0.0
            log_strategy[at] = x - best
            strategy[at] = math.exp(x - best)
            total += strategy[at]
    if not prescribed:
        shift = math.log(total)
        for o in range(first, last):
            at = node.strategy + options[o, theta].strategy
            strategy[at] /= total
            log_strategy[at] -= shift


@part
def weigh(
    node: Record,
    here: Record,
    slots: Records,
    options: Records,
    entry_start: Int[np.ndarray, "row_1"],
    option: Int[np.ndarray, "row slot"],
    child: Int[np.ndarray, "entry"],
    chance: Float[np.ndarray, "entry type"],
    n_types: Int[np.ndarray, "typed"],
    log_strategy: Float[np.ndarray, "entry"],
    share: Float[np.ndarray, "entry type"],
    evidence: Float[np.ndarray, "child typed type"],
) -> None:
    """Write, per child and type of the source, the log chance of all that could have led there.

    Also, per entry, its share of that chance. What is done openly is the same in all rows of a
    signal and is left out: an act that nobody would take must not keep its results from teaching.
    """
    source = here.source
    for c in range(here.n_children):
        for theta in range(n_types[source]):
            evidence[c, source, theta] = -np.inf
    for row in range(here.first_row, here.first_row + here.n_rows):
        for entry in range(entry_start[row], entry_start[row + 1]):
            c = child[entry]
            for theta in range(n_types[source]):
                p = chance[entry, theta if here.reader >= 0 else 0]
                weight = math.log(p) if p > 0.0 and c >= 0 else -np.inf
                for i in range(slots.shape[1]):
                    n_mixed = slots[node.place, i].mixes
                    if n_mixed > 0:
                        taken = options[option[row, i], min(theta, n_mixed - 1)]
                        if taken.hidden or slots[node.place, i].typed >= 0:
                            weight += log_strategy[node.strategy + taken.strategy]
                share[entry - here.first_entry, theta] = weight
                if c >= 0:
                    known = evidence[c, source, theta]
                    more, less = max(known, weight), min(known, weight)
                    if more > -np.inf:
                        evidence[c, source, theta] = more + math.log1p(math.exp(less - more))
    for entry in range(here.n_entries):
        c = child[here.first_entry + entry]
        for theta in range(n_types[source]):
            weight = share[entry, theta]
            share[entry, theta] = (
                math.exp(weight - evidence[c, source, theta]) if weight > -np.inf else 0.0
            )


@part
def open_evidence(
    node: Record,
    here: Record,
    slots: Records,
    options: Records,
    option: Int[np.ndarray, "row slot"],
    signal_row: Int[np.ndarray, "signal"],
    log_strategy: Float[np.ndarray, "entry"],
    evidence: Float[np.ndarray, "child typed type"],
) -> None:
    """Add the log likelihood of what players with types did openly."""
    for i in range(slots.shape[1]):
        slot = slots[node.place, i]
        if slot.open_typed < 0:
            continue
        for c in range(here.n_children):
            o = option[signal_row[here.first_signal + c], i]
            for theta in range(slot.own_types):
                at = node.strategy + options[o, theta].strategy
                evidence[c, slot.open_typed, theta] += log_strategy[at]


@part
def teach(
    parent: int,
    child: int,
    c: int,
    nodes: Records,
    learning: bool,
    n_types: Int[np.ndarray, "typed"],
    evidence: Float[np.ndarray, "child typed type"],
    log_prior: Float[np.ndarray, "typed type"],
    log_belief: Float[np.ndarray, "node typed type"],
    stays: Int[np.ndarray, "node"],
) -> None:
    """Write a child's log belief: Bayes' rule, the prior where a type was drawn afresh."""
    stays[child] = 0
    drawn = nodes[child].drawn
    for j in range(n_types.size):
        best = -np.inf
        for theta in range(n_types[j]):
            best = max(best, log_belief[parent, j, theta] + evidence[c, j, theta])
        for theta in range(n_types[j]):
            if drawn >> j & 1:
                log_belief[child, j, theta] = log_prior[j, theta]
            elif learning and best > -np.inf:
                score = log_belief[parent, j, theta] + evidence[c, j, theta]
                log_belief[child, j, theta] = score - best
            else:
                # nobody still believed possible could have done this: the belief stays
                log_belief[child, j, theta] = log_belief[parent, j, theta]
                stays[child] |= 1 << j


@part
def replies_of_rows(
    node: Record,
    here: Record,
    slots: Records,
    options: Records,
    option: Int[np.ndarray, "row slot"],
    strategy: Float[np.ndarray, "entry"],
    reply: Float[np.ndarray, "row slot type"],
    reply_slope: Float[np.ndarray, "row slot type unknown"],
) -> None:
    """Write, per row, slot and own type, the chance of the act and d log of it / dx."""
    for r in range(here.n_rows):
        for i in range(slots.shape[1]):
            slot = slots[node.place, i]
            for theta in range(slot.own_types):
                taken = options[option[here.first_row + r, i], theta]
                reply[r, i, theta] = strategy[node.strategy + taken.strategy]
                for u in range(here.n_unknown):
                    reply_slope[r, i, theta, u] = 0.0
                for o in range(slot.first_option, slot.first_option + slot.n_options):
                    other = options[o, theta]
                    if other.unknown >= 0:
                        at = node.strategy + other.strategy
                        reply_slope[r, i, theta, other.unknown] = -strategy[at]
                if taken.unknown >= 0:
                    reply_slope[r, i, theta, taken.unknown] += 1.0


@part
def _add_source_slope(
    c: int,
    node: Record,
    here: Record,
    slots: Records,
    entry_start: Int[np.ndarray, "row_1"],
    child: Int[np.ndarray, "entry"],
    n_types: Int[np.ndarray, "typed"],
    share: Float[np.ndarray, "entry type"],
    reply_slope: Float[np.ndarray, "row slot type unknown"],
    raw: Float[np.ndarray, "typed type unknown"],
) -> None:
    """Add how the source's likelihood of a child answers: its rows' answers, by their shares."""
    source = here.source
    for r in range(here.n_rows):
        row = here.first_row + r
        for entry in range(entry_start[row], entry_start[row + 1]):
            if child[entry] != c:
                continue
            for i in range(slots.shape[1]):
                n_mixed = slots[node.place, i].mixes
                if n_mixed == 0:
                    continue
                for theta in range(n_types[source]):
                    weight = share[entry - here.first_entry, theta]
                    for u in range(here.n_unknown):
                        raw[source, theta, u] += (
                            weight * reply_slope[r, i, min(theta, n_mixed - 1), u]
                        )


@part
def slope_of_child(
    c: int,
    fixed: int,
    node: Record,
    here: Record,
    slots: Records,
    entry_start: Int[np.ndarray, "row_1"],
    child: Int[np.ndarray, "entry"],
    signal_row: Int[np.ndarray, "signal"],
    n_types: Int[np.ndarray, "typed"],
    coordinate: Int[np.ndarray, "typed type"],
    share: Float[np.ndarray, "entry type"],
    reply_slope: Float[np.ndarray, "row slot type unknown"],
    raw: Float[np.ndarray, "typed type unknown"],
    slope: Float[np.ndarray, "child coordinate unknown"],
) -> None:
    """Write how a child's log-odds (against first types) answer to the node's logits.

    Args:
        fixed: Bit mask of typed players about whom the way to the child teaches nothing.
    """
    for j in range(n_types.size):
        for theta in range(n_types[j]):
            for u in range(here.n_unknown):
                raw[j, theta, u] = 0.0
    r = signal_row[here.first_signal + c] - here.first_row
    for i in range(slots.shape[1]):
        j = slots[node.place, i].open_typed
        if j >= 0:
            for theta in range(n_types[j]):
                for u in range(here.n_unknown):
                    raw[j, theta, u] += reply_slope[r, i, theta, u]
    if here.source >= 0:
        _add_source_slope(
            c, node, here, slots, entry_start, child, n_types, share, reply_slope, raw
        )
    for j in range(n_types.size):
        for theta in range(1, n_types[j]):
            for u in range(here.n_unknown):
                slope[c, coordinate[j, theta], u] = (
                    0.0 if fixed >> j & 1 else raw[j, theta, u] - raw[j, 0, u]
                )


@part
def shift_options(
    node: Record,
    slots: Records,
    options: Records,
    strategy: Float[np.ndarray, "entry"],
    step: Float[np.ndarray, "two unknown"],
    option_shift: Float[np.ndarray, "slot option type two"],
) -> None:
    """Write how the log of every reply moves with the node's own step."""
    for i in range(slots.shape[1]):
        slot = slots[node.place, i]
        first, last = slot.first_option, slot.first_option + slot.n_options
        for theta in range(slot.own_types):
            for way in range(2):
                mean = 0.0
                for o in range(first, last):
                    option = options[o, theta]
                    if option.unknown >= 0:
                        weight = strategy[node.strategy + option.strategy]
                        mean += weight * step[way, node.unknown + option.unknown]
                for o in range(first, last):
                    u = options[o, theta].unknown
                    moved = step[way, node.unknown + u] if u >= 0 else 0.0
                    option_shift[i, o - first, theta, way] = moved - mean


@part
def shift_open(
    node: Record,
    here: Record,
    slots: Records,
    option: Int[np.ndarray, "row slot"],
    signal_row: Int[np.ndarray, "signal"],
    option_shift: Float[np.ndarray, "slot option type two"],
    evidence_shift: Float[np.ndarray, "child typed type two"],
) -> None:
    """Add how the evidence of open acts moves with the node's own step."""
    for i in range(slots.shape[1]):
        slot = slots[node.place, i]
        if slot.open_typed < 0:
            continue
        for c in range(here.n_children):
            o = option[signal_row[here.first_signal + c], i] - slot.first_option
            for theta in range(slot.own_types):
                for way in range(2):
                    evidence_shift[c, slot.open_typed, theta, way] += option_shift[i, o, theta, way]


@part
def shift_source(
    node: Record,
    here: Record,
    slots: Records,
    entry_start: Int[np.ndarray, "row_1"],
    option: Int[np.ndarray, "row slot"],
    child: Int[np.ndarray, "entry"],
    n_types: Int[np.ndarray, "typed"],
    share: Float[np.ndarray, "entry type"],
    option_shift: Float[np.ndarray, "slot option type two"],
    evidence_shift: Float[np.ndarray, "child typed type two"],
) -> None:
    """Add how the evidence of results and covert acts moves with the node's own step."""
    for row in range(here.first_row, here.first_row + here.n_rows):
        for entry in range(entry_start[row], entry_start[row + 1]):
            c = child[entry]
            for i in range(slots.shape[1] if c >= 0 else 0):
                slot = slots[node.place, i]
                if slot.mixes == 0:
                    continue
                o = option[row, i] - slot.first_option
                for theta in range(n_types[here.source]):
                    weight = share[entry - here.first_entry, theta]
                    own = min(theta, slot.mixes - 1)
                    for way in range(2):
                        evidence_shift[c, here.source, theta, way] += (
                            weight * option_shift[i, o, own, way]
                        )


@part
def shift_child(
    parent: int,
    child: int,
    c: int,
    drawn: int,
    stays: int,
    n_types: Int[np.ndarray, "typed"],
    coordinate: Int[np.ndarray, "typed type"],
    evidence_shift: Float[np.ndarray, "child typed type two"],
    shift: Float[np.ndarray, "node coordinate two"],
) -> None:
    """Write how a child's log-odds move with its parent's and with what the way in teaches."""
    for j in range(n_types.size):
        for theta in range(1, n_types[j]):
            g = coordinate[j, theta]
            for way in range(2):
                gained = evidence_shift[c, j, theta, way] - evidence_shift[c, j, 0, way]
                shift[child, g, way] = shift[parent, g, way] + (0.0 if stays >> j & 1 else gained)
                if drawn >> j & 1:
                    shift[child, g, way] = 0.0
