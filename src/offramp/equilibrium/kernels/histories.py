r"""Loops over the unrolled tree: replies and beliefs downwards, values and Newton's step upwards.

The unknowns are the logits x of every (node, mover, type) with more than one free option, relative
to the first of them; the equations are x = τ λ ΔQ(x). A node meets the rest of the tree only
through what is believed on entering it (ℓ, the log-odds of the reference belief against each
player's first type) and what it is worth (V, by profile and player). A Newton step is therefore
solved exactly in one sweep up and one down: going up, every node turns the answers of its children,
δV = S (δℓ, δτ, 1), into its own by eliminating its few logits; going down, δℓ is known and gives
δx. The work is linear in the number of nodes, and the signs of the pivots give that of the
Jacobian's determinant.

*Directions* are the columns of such a linear answer: the node's own logits (while they are
eliminated), then ℓ, then τ, then the constant. A *slot* is one of the movers of a stage.

Helpers take the few arrays they read, not the whole `Board`: a call that passes a tuple of forty
arrays costs more than the work it does.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

from offramp.equilibrium.kernels.cache import kernel

__all__ = [
    "NODE",
    "OPTION",
    "PLACE",
    "SLOT",
    "Board",
    "Scratch",
    "advance",
    "compare_replies",
    "evaluate_up",
    "step_down",
    "sweep_up",
]

FREE = -1.0  # as in game.factored: kernels read no other room's constants
SMALLEST_PIVOT = 1e-300  # stands for a pivot of exactly zero, so that a singular node is passed
SAME_VALUE = 1e-12  # relative; action values closer than this are equals, of which the first wins


NODE = np.dtype(
    [
        ("place", np.int64),  # -1 where play is over
        ("first_child", np.int64),
        ("period", np.int64),
        ("answer", np.int64),  # row of the node's linear answer; -1 where it has none
        ("arrival", np.int64),  # row of `arrival_pay`; -1 where nothing is paid on the way in
        ("drawn", np.int64),  # bit mask of types drawn afresh on the way in
        ("averaging", np.int64),  # row of `average`; -1 where nothing is drawn
        ("strategy", np.int64),  # where the node's strategies begin
        ("unknown", np.int64),  # where the node's logits begin
    ]
)
PLACE = np.dtype(
    [
        ("first_row", np.int64),
        ("n_rows", np.int64),
        ("first_entry", np.int64),
        ("n_entries", np.int64),
        ("first_signal", np.int64),
        ("n_children", np.int64),
        ("reader", np.int64),
        ("source", np.int64),  # typed player about whom results and covert acts teach, or -1
        ("n_unknown", np.int64),
    ]
)
SLOT = np.dtype(
    [
        ("first_option", np.int64),
        ("n_options", np.int64),
        ("mover", np.int64),  # active player
        ("exact", np.int64),  # 1 where the mover's precision is infinite
        ("own_types", np.int64),  # how many the mover has; 0 where nobody moves
        ("typed", np.int64),  # the mover's axis of profiles, or -1
        ("open_typed", np.int64),  # the same if its acts are seen; else -1
        ("mixes", np.int64),  # its number of types if its acts may be hidden, 1 without types
    ]
)
OPTION = np.dtype(
    [
        ("bound", np.float64),
        ("unknown", np.int64),  # within the node; -1 where not free, or the first that is
        ("strategy", np.int64),  # within the node
    ]
)


class Board(NamedTuple):
    """A tree and its tables as flat arrays. A *place* is a state of one of the stage tables.

    Players are those who choose somewhere (`active`); a *coordinate* is one of ℓ.
    """

    nodes: np.recarray  # NODE
    places: np.recarray  # PLACE
    slots: np.recarray  # SLOT: place, slot
    options: np.recarray  # OPTION: option, type
    entry_start: Int[np.ndarray, "row_1"]
    option: Int[np.ndarray, "row slot"]
    pay: Float[np.ndarray, "row profile active"]
    child: Int[np.ndarray, "entry"]  # within the node; -1 where nothing leads there
    chance: Float[np.ndarray, "entry type"]
    signal_row: Int[np.ndarray, "signal"]  # a row that gives the signal
    discount: Float[np.ndarray, "active"]
    n_types: Int[np.ndarray, "typed"]
    profiles: Int[np.ndarray, "profile typed"]
    coordinate: Int[np.ndarray, "typed type"]  # -1 for each first type
    log_prior: Float[np.ndarray, "typed type"]
    tilt: Float[np.ndarray, "active typed type"]
    arrival_pay: Float[np.ndarray, "arrival profile active one_or_constant_and_belief"]
    average: Float[np.ndarray, "mask active profile profile"]
    n_coordinates: int
    learning: bool


class Scratch(NamedTuple):
    """Working arrays of the largest node, reused by all."""

    reply: Float[np.ndarray, "row slot type"]
    reply_slope: Float[np.ndarray, "row slot type unknown"]
    act: Float[np.ndarray, "row profile"]
    act_slope: Float[np.ndarray, "row profile unknown"]
    share: Float[np.ndarray, "entry type"]
    evidence: Float[np.ndarray, "child typed type"]
    raw_slope: Float[np.ndarray, "typed type unknown"]
    slope: Float[np.ndarray, "child coordinate unknown"]
    worth: Float[np.ndarray, "row profile active"]
    worth_slope: Float[np.ndarray, "row profile active direction"]
    belief: Float[np.ndarray, "typed type"]
    opinion: Float[np.ndarray, "typed type"]
    value: Float[np.ndarray, "profile active"]
    value_slope: Float[np.ndarray, "direction"]
    action_value: Float[np.ndarray, "slot type option"]
    action_slope: Float[np.ndarray, "slot type option direction"]
    matrix: Float[np.ndarray, "unknown unknown_direction"]
    mixed: Float[np.ndarray, "profile active"]
    option_shift: Float[np.ndarray, "slot option type two"]
    evidence_shift: Float[np.ndarray, "child typed type two"]


# --- replies and what they teach ------------------------------------------------------------------


@kernel
def _reply(slot, theta, node, options, logit, strategy, log_strategy):
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


@kernel
def _weigh(
    node, here, slots, options, entry_start, option, child, chance, n_types, log_strategy, share,
    evidence,
):
    """Write, per child and type of the source, the log chance of all that could have led there.

    Also, per entry, its share of that chance. What players with types do openly is the same in all
    rows of a signal and is left out.
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
                        at = options[option[row, i], min(theta, n_mixed - 1)].strategy
                        weight += log_strategy[node.strategy + at]
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


@kernel
def _open_evidence(node, here, slots, options, option, signal_row, log_strategy, evidence):
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


@kernel
def _teach(parent, child, c, nodes, learning, n_types, evidence, log_prior, log_belief, stays):
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


@kernel
def advance(
    board: Board,
    scratch: Scratch,
    fresh: bool,
    logit: Float[np.ndarray, "unknown"],
    strategy: Float[np.ndarray, "entry"],
    log_strategy: Float[np.ndarray, "entry"],
    log_belief: Float[np.ndarray, "node typed type"],
    stays: Int[np.ndarray, "node"],
) -> None:
    """Write all replies and, from the roots down, the (unnormalised) log belief at every node.

    Args:
        fresh: Replies of exact movers begin as even; else they are read, as `sweep_up` found them.
        stays: Bit mask, per node, of typed players about whom the way in taught nothing because
            nobody still believed possible could have acted so.
    """
    nodes, places, slots, options = board.nodes, board.places, board.slots, board.options
    option, n_types, evidence = board.option, board.n_types, scratch.evidence
    for number in range(nodes.size):
        node = nodes[number]
        if node.place < 0:
            continue
        here = places[node.place]
        for i in range(slots.shape[1]):
            slot = slots[node.place, i]
            if fresh or slot.exact == 0:
                for theta in range(slot.own_types):
                    _reply(slot, theta, node, options, logit, strategy, log_strategy)
        for c in range(here.n_children):
            for j in range(n_types.size):
                for theta in range(n_types[j]):
                    evidence[c, j, theta] = 0.0
        if here.source >= 0:
            _weigh(
                node, here, slots, options, board.entry_start, option, board.child, board.chance,
                n_types, log_strategy, scratch.share, evidence,
            )
        _open_evidence(node, here, slots, options, option, board.signal_row, log_strategy, evidence)
        for c in range(here.n_children):
            _teach(
                number, node.first_child + c, c, nodes, board.learning, n_types, evidence,
                board.log_prior, log_belief, stays,
            )


# --- what acts are worth, and how that answers to logits and beliefs ------------------------------


@kernel
def _believe(number, n_types, log_belief, belief):
    """Write the reference belief at a node, normalised."""
    for j in range(n_types.size):
        total = 0.0
        for theta in range(n_types[j]):
            belief[j, theta] = math.exp(log_belief[number, j, theta])
            total += belief[j, theta]
        for theta in range(n_types[j]):
            belief[j, theta] /= total


@kernel
def _tilt(active, n_types, belief, tilt, opinion):
    """Write what an observer believes; the public belief where it excludes all that is possible."""
    for j in range(n_types.size):
        total = 0.0
        for theta in range(n_types[j]):
            opinion[j, theta] = belief[j, theta] * tilt[active, j, theta]
            total += opinion[j, theta]
        for theta in range(n_types[j]):
            opinion[j, theta] = opinion[j, theta] / total if total > 0.0 else belief[j, theta]


@kernel
def _replies_of_rows(node, here, slots, options, option, strategy, reply, reply_slope):
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


@kernel
def _acts_of_rows(node, here, slots, profiles, reply, reply_slope, act, act_slope):
    """Write, per row and profile, the chance of the joint act and d log of it / dx."""
    for r in range(here.n_rows):
        for profile in range(profiles.shape[0]):
            act[r, profile] = 1.0
            for u in range(here.n_unknown):
                act_slope[r, profile, u] = 0.0
            for i in range(slots.shape[1]):
                slot = slots[node.place, i]
                if slot.own_types == 0:
                    continue
                theta = profiles[profile, slot.typed] if slot.typed >= 0 else 0
                act[r, profile] *= reply[r, i, theta]
                for u in range(here.n_unknown):
                    act_slope[r, profile, u] += reply_slope[r, i, theta, u]


@kernel
def _add_source_slope(c, node, here, slots, entry_start, child, n_types, share, reply_slope, raw):
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


@kernel
def _slope_of_child(
    c, fixed, node, here, slots, entry_start, child, signal_row, n_types, coordinate, share,
    reply_slope, raw, slope,
):
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


@kernel
def _add_entry(
    r, c, p, profile, child, drawn, a, n_unknown, n_types, coordinate, value, answer, slope, worth,
    worth_slope,
):
    """Add what one result of a joint act is worth in one profile, and how that answers."""
    n_given = answer.shape[3]
    for k in range(value.shape[2]):
        worth[r, profile, k] += p * value[child, profile, k]
        if a < 0:
            continue
        for j in range(n_types.size):
            if drawn >> j & 1:
                continue
            for theta in range(1, n_types[j]):
                g = coordinate[j, theta]
                weight = p * answer[a, profile, k, g]
                worth_slope[r, profile, k, n_unknown + g] += weight
                for u in range(n_unknown):
                    worth_slope[r, profile, k, u] += weight * slope[c, g, u]
        for d in range(n_given - 2, n_given):
            worth_slope[r, profile, k, n_unknown + d] += p * answer[a, profile, k, d]


@kernel
def _worth_of_rows(
    node, here, nodes, entry_start, child, chance, pay, n_types, coordinate, profiles, value,
    answer, slope, worth, worth_slope,
):
    """Write what every joint act is worth, by profile and player, and how that answers."""
    n_directions = here.n_unknown + answer.shape[3]
    for r in range(here.n_rows):
        row = here.first_row + r
        for profile in range(pay.shape[1]):
            for k in range(pay.shape[2]):
                worth[r, profile, k] = pay[row, profile, k]
                for d in range(n_directions):
                    worth_slope[r, profile, k, d] = 0.0
        for entry in range(entry_start[row], entry_start[row + 1]):
            c = child[entry]
            if c < 0:
                continue
            below = nodes[node.first_child + c]
            for profile in range(pay.shape[1]):
                of_type = profiles[profile, here.reader] if here.reader >= 0 else 0
                _add_entry(
                    r, c, chance[entry, of_type], profile, node.first_child + c, below.drawn,
                    below.answer, here.n_unknown, n_types, coordinate, value, answer, slope, worth,
                    worth_slope,
                )


@kernel
def _others_chance(r, i, place, profile, slots, profiles, reply):
    """Return the chance that all movers but the i-th act as in a row."""
    chance = 1.0
    for other in range(slots.shape[1]):
        slot = slots[place, other]
        if other != i and slot.own_types > 0:
            chance *= reply[r, other, profiles[profile, slot.typed] if slot.typed >= 0 else 0]
    return chance


@kernel
def _add_gain_slopes(
    r, i, gain, profile, at, node, here, slots, profiles, n_types, coordinate, opinion, reply_slope,
):
    """Add how a row's part in an action value answers through the others' acts and opinions."""
    for other in range(slots.shape[1]):
        slot = slots[node.place, other]
        if other != i and slot.own_types > 0:
            theta = profiles[profile, slot.typed] if slot.typed >= 0 else 0
            for u in range(here.n_unknown):
                at[u] += gain * reply_slope[r, other, theta, u]
    for j in range(n_types.size):
        if j != slots[node.place, i].typed:
            for theta in range(1, n_types[j]):
                is_it = 1.0 if profiles[profile, j] == theta else 0.0
                at[here.n_unknown + coordinate[j, theta]] += gain * (is_it - opinion[j, theta])


@kernel
def _action_values(
    i, node, here, slots, option, n_types, coordinate, profiles, opinion, reply, reply_slope,
    worth, worth_slope, value, slope,
):
    """Write one mover's action values by type, and how they answer."""
    slot = slots[node.place, i]
    n_directions = here.n_unknown + slope.shape[3] - reply_slope.shape[3]
    for theta in range(slot.own_types):
        for o in range(slot.n_options):
            value[i, theta, o] = 0.0
            for d in range(n_directions):
                slope[i, theta, o, d] = 0.0
    for profile in range(profiles.shape[0]):
        believed = 1.0
        for j in range(n_types.size):
            if j != slot.typed:
                believed *= opinion[j, profiles[profile, j]]
        if believed == 0.0:
            continue
        theta = profiles[profile, slot.typed] if slot.typed >= 0 else 0
        for r in range(here.n_rows):
            o = option[here.first_row + r, i] - slot.first_option
            chance = believed * _others_chance(r, i, node.place, profile, slots, profiles, reply)
            gain = chance * worth[r, profile, slot.mover]
            value[i, theta, o] += gain
            for d in range(n_directions):
                slope[i, theta, o, d] += chance * worth_slope[r, profile, slot.mover, d]
            _add_gain_slopes(
                r, i, gain, profile, slope[i, theta, o], node, here, slots, profiles, n_types,
                coordinate, opinion, reply_slope,
            )


@kernel
def _settle_exact(i, slot, node, options, action_value, strategy, log_strategy):
    """Let an exact mover take the first listed of its best free options; return if it changed."""
    best = -1
    for o in range(slot.n_options):
        if options[slot.first_option + o, 0].bound == FREE:
            worth = action_value[i, 0, o]
            if best < 0 or worth > action_value[i, 0, best] + SAME_VALUE * (1.0 + abs(worth)):
                best = o
    changed = False
    for o in range(slot.n_options):
        if best >= 0:
            at = node.strategy + options[slot.first_option + o, 0].strategy
            chosen = 1.0 if o == best else 0.0
            changed = changed or strategy[at] != chosen
            strategy[at] = chosen
            log_strategy[at] = 0.0 if o == best else -np.inf
    return changed


@kernel
def _equations(
    i, slot, node, n_unknown, n_given, rate, tau, options, logit, action_value, action_slope,
    matrix, residual,
):
    """Write a mover's rows of the node's linear system, and its residuals."""
    for theta in range(slot.own_types):
        free = -1
        for o in range(slot.n_options):
            option = options[slot.first_option + o, theta]
            if free < 0 and option.bound == FREE:
                free = o
            u = option.unknown
            if u < 0:
                continue
            gain = action_value[i, theta, o] - action_value[i, theta, free]
            missing = logit[node.unknown + u] - tau * rate * gain
            residual[node.unknown + u] = missing
            for d in range(n_unknown + n_given):
                slope = action_slope[i, theta, o, d] - action_slope[i, theta, free, d]
                matrix[u, d] = -tau * rate * slope if d < n_unknown else tau * rate * slope
            matrix[u, u] += 1.0
            matrix[u, n_unknown + n_given - 2] += rate * gain
            matrix[u, n_unknown + n_given - 1] -= missing


@kernel
def _eliminate(matrix, n_unknown, n_given):
    """Solve in place for the columns behind the square block; return the determinant's sign."""
    sign = 1.0
    width = n_unknown + n_given
    for u in range(n_unknown):
        pivot = u
        for v in range(u + 1, n_unknown):
            if abs(matrix[v, u]) > abs(matrix[pivot, u]):
                pivot = v
        if pivot != u:
            sign = -sign
            for d in range(u, width):
                matrix[u, d], matrix[pivot, d] = matrix[pivot, d], matrix[u, d]
        head = matrix[u, u] if matrix[u, u] != 0.0 else SMALLEST_PIVOT
        if head < 0.0:
            sign = -sign
        for d in range(u + 1, width):
            matrix[u, d] /= head
        for v in range(n_unknown):
            factor = matrix[v, u]
            if v != u and factor != 0.0:
                for d in range(u + 1, width):
                    matrix[v, d] -= factor * matrix[u, d]
    return sign


@kernel
def _mix(here, a, n_given, act, act_slope, worth, worth_slope, matrix, value_slope, value, answer):
    """Write what the node is worth, and how that answers once its own logits are eliminated."""
    n_unknown = here.n_unknown
    for profile in range(act.shape[1]):
        for k in range(worth.shape[2]):
            value[profile, k] = 0.0
            for d in range(n_unknown + n_given):
                value_slope[d] = 0.0
            for r in range(here.n_rows):
                chance = act[r, profile]
                gain = chance * worth[r, profile, k]
                value[profile, k] += gain
                for d in range(n_unknown + n_given):
                    value_slope[d] += chance * worth_slope[r, profile, k, d]
                for u in range(n_unknown):
                    value_slope[u] += gain * act_slope[r, profile, u]
            for d in range(n_given if a >= 0 else 0):
                total = value_slope[n_unknown + d]
                for u in range(n_unknown):
                    total += value_slope[u] * matrix[u, n_unknown + d]
                answer[a, profile, k, d] = total


@kernel
def _arrive(number, node, discount, arrival_pay, worth, value, answer):
    """Turn a node's worth into what it is worth on the way in, where a period ends on the way.

    Nodes where play is over are worth what is paid on the way in.
    """
    is_over, row, a = node.place < 0, node.arrival, node.answer
    for profile in range(value.shape[1]):
        for k in range(value.shape[2]):
            total = 0.0 if is_over else worth[profile, k]
            if row >= 0:
                total = arrival_pay[row, profile, k, 0] + discount[k] * total
            value[number, profile, k] = total
            if row >= 0 and a >= 0:
                for d in range(answer.shape[3]):
                    answer[a, profile, k, d] *= 0.0 if is_over else discount[k]


@kernel
def _pay_beliefs(number, node, n_types, coordinate, opinion, k, arrival_pay, value, answer):
    """Add what a period's end pays one player for its beliefs, and how that answers to them."""
    row, a = node.arrival, node.answer
    for profile in range(value.shape[1]):
        at = 1
        for j in range(n_types.size):
            mean = 0.0
            for theta in range(n_types[j]):
                mean += arrival_pay[row, profile, k, at + theta] * opinion[j, theta]
            value[number, profile, k] += mean
            for theta in range(1, n_types[j] if a >= 0 else 0):
                answer[a, profile, k, coordinate[j, theta]] += opinion[j, theta] * (
                    arrival_pay[row, profile, k, at + theta] - mean
                )
            at += n_types[j]


@kernel
def _draw_afresh(number, node, average, value, answer, mixed):
    """Average a node's worth and answer over types that are drawn on the way in."""
    n_profiles, n_active = mixed.shape
    a = node.answer
    for d in range(-1, answer.shape[3] if a >= 0 else 0):
        for profile in range(n_profiles):
            for k in range(n_active):
                mixed[profile, k] = 0.0
                for other in range(n_profiles):
                    amount = value[number, other, k] if d < 0 else answer[a, other, k, d]
                    mixed[profile, k] += average[node.averaging, k, profile, other] * amount
        for profile in range(n_profiles):
            for k in range(n_active):
                if d < 0:
                    value[number, profile, k] = mixed[profile, k]
                else:
                    answer[a, profile, k, d] = mixed[profile, k]


@kernel
def sweep_up(
    board: Board,
    scratch: Scratch,
    precision: Float[np.ndarray, "period active"],
    tau: float,
    settle: bool,
    logit: Float[np.ndarray, "unknown"],
    log_belief: Float[np.ndarray, "node typed type"],
    stays: Int[np.ndarray, "node"],
    strategy: Float[np.ndarray, "entry"],
    log_strategy: Float[np.ndarray, "entry"],
    value: Float[np.ndarray, "node profile active"],
    answer: Float[np.ndarray, "answer profile active given"],
    logit_answer: Float[np.ndarray, "unknown given"],
    residual: Float[np.ndarray, "unknown"],
) -> tuple[float, int]:
    """Write values, residuals and linear answers from the ends of play up.

    Args:
        tau: Share of the precisions that is in force.
        settle: Let exact movers change their choice (it is kept fixed within Newton's method).

    Returns:
        Sign of the Jacobian's determinant; number of exact choices that changed.
    """
    nodes, places, slots, options = board.nodes, board.places, board.slots, board.options
    n_types, coordinate, profiles = board.n_types, board.coordinate, board.profiles
    reply, reply_slope, matrix = scratch.reply, scratch.reply_slope, scratch.matrix
    worth, worth_slope = scratch.worth, scratch.worth_slope
    n_given = board.n_coordinates + 2
    sign, n_changed = 1.0, 0
    for number in range(nodes.size - 1, -1, -1):
        node = nodes[number]
        if node.place >= 0:
            here = places[node.place]
            _believe(number, n_types, log_belief, scratch.belief)
            _replies_of_rows(
                node, here, slots, options, board.option, strategy, reply, reply_slope
            )
            if here.n_unknown > 0:
                if here.source >= 0:
                    _weigh(
                        node, here, slots, options, board.entry_start, board.option, board.child,
                        board.chance, n_types, log_strategy, scratch.share, scratch.evidence,
                    )
                for c in range(here.n_children):
                    child = node.first_child + c
                    _slope_of_child(
                        c, stays[child] | nodes[child].drawn, node, here, slots, board.entry_start,
                        board.child, board.signal_row, n_types, coordinate, scratch.share,
                        reply_slope, scratch.raw_slope, scratch.slope,
                    )
            _worth_of_rows(
                node, here, nodes, board.entry_start, board.child, board.chance, board.pay,
                n_types, coordinate, profiles, value, answer, scratch.slope, worth, worth_slope,
            )
            for exact in range(1, -1, -1):  # the others' equations read what exact movers choose
                for i in range(slots.shape[1]):
                    slot = slots[node.place, i]
                    if slot.own_types == 0 or slot.exact != exact or (exact and not settle):
                        continue
                    _tilt(slot.mover, n_types, scratch.belief, board.tilt, scratch.opinion)
                    _action_values(
                        i, node, here, slots, board.option, n_types, coordinate, profiles,
                        scratch.opinion, reply, reply_slope, worth, worth_slope,
                        scratch.action_value, scratch.action_slope,
                    )
                    if exact == 0:
                        _equations(
                            i, slot, node, here.n_unknown, n_given,
                            precision[node.period, slot.mover], tau, options, logit,
                            scratch.action_value, scratch.action_slope, matrix, residual,
                        )
                    elif _settle_exact(
                        i, slot, node, options, scratch.action_value, strategy, log_strategy
                    ):
                        n_changed += 1
                        _replies_of_rows(
                            node, here, slots, options, board.option, strategy, reply, reply_slope
                        )
            sign *= _eliminate(matrix, here.n_unknown, n_given)
            for u in range(here.n_unknown):
                for d in range(n_given):
                    logit_answer[node.unknown + u, d] = matrix[u, here.n_unknown + d]
            _acts_of_rows(
                node, here, slots, profiles, reply, reply_slope, scratch.act, scratch.act_slope
            )
            _mix(
                here, node.answer, n_given, scratch.act, scratch.act_slope, worth, worth_slope,
                matrix, scratch.value_slope, scratch.value, answer,
            )
        _arrive(number, node, board.discount, board.arrival_pay, scratch.value, value, answer)
        if node.arrival >= 0 and board.arrival_pay.shape[3] > 1:
            _believe(number, n_types, log_belief, scratch.belief)
            for k in range(value.shape[2]):
                _tilt(k, n_types, scratch.belief, board.tilt, scratch.opinion)
                _pay_beliefs(
                    number, node, n_types, coordinate, scratch.opinion, k, board.arrival_pay,
                    value, answer,
                )
        if node.averaging >= 0:
            _draw_afresh(number, node, board.average, value, answer, scratch.mixed)
    return sign, n_changed


# --- Newton's step, from the roots down -----------------------------------------------------------


@kernel
def _shift_options(node, slots, options, strategy, step, option_shift):
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


@kernel
def _shift_open(node, here, slots, option, signal_row, option_shift, evidence_shift):
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


@kernel
def _shift_source(
    node, here, slots, entry_start, option, child, n_types, share, option_shift, evidence_shift
):
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


@kernel
def _shift_child(parent, child, c, drawn, stays, n_types, coordinate, evidence_shift, shift):
    """Write how a child's log-odds move with its parent's and with what the way in teaches."""
    for j in range(n_types.size):
        for theta in range(1, n_types[j]):
            g = coordinate[j, theta]
            for way in range(2):
                gained = evidence_shift[c, j, theta, way] - evidence_shift[c, j, 0, way]
                shift[child, g, way] = shift[parent, g, way] + (0.0 if stays >> j & 1 else gained)
                if drawn >> j & 1:
                    shift[child, g, way] = 0.0


@kernel
def step_down(
    board: Board,
    scratch: Scratch,
    stays: Int[np.ndarray, "node"],
    strategy: Float[np.ndarray, "entry"],
    log_strategy: Float[np.ndarray, "entry"],
    logit_answer: Float[np.ndarray, "unknown given"],
    shift: Float[np.ndarray, "node coordinate two"],
    step: Float[np.ndarray, "two unknown"],
) -> None:
    """Write dx/dτ along the branch (row 0) and Newton's step at fixed τ (row 1), roots first.

    `shift` is working space: how ℓ moves at each node.
    """
    nodes, places, slots, options = board.nodes, board.places, board.slots, board.options
    n_types, evidence_shift = board.n_types, scratch.evidence_shift
    for number in range(nodes.size):
        node = nodes[number]
        if node.place < 0:
            continue
        here = places[node.place]
        for u in range(node.unknown, node.unknown + here.n_unknown):
            for way in range(2):
                step[way, u] = logit_answer[u, board.n_coordinates + way]
                for g in range(board.n_coordinates):
                    step[way, u] += logit_answer[u, g] * shift[number, g, way]
        _shift_options(node, slots, options, strategy, step, scratch.option_shift)
        evidence_shift[: here.n_children] = 0.0
        _shift_open(
            node, here, slots, board.option, board.signal_row, scratch.option_shift, evidence_shift
        )
        if here.source >= 0 and here.n_unknown > 0:
            _weigh(
                node, here, slots, options, board.entry_start, board.option, board.child,
                board.chance, n_types, log_strategy, scratch.share, scratch.evidence,
            )
            _shift_source(
                node, here, slots, board.entry_start, board.option, board.child, n_types,
                scratch.share, scratch.option_shift, evidence_shift,
            )
        for c in range(here.n_children):
            child = node.first_child + c
            _shift_child(
                number, child, c, nodes[child].drawn, stays[child], n_types, board.coordinate,
                evidence_shift, shift,
            )


# --- when the solution is known -------------------------------------------------------------------


@kernel
def compare_replies(
    board: Board,
    precision: Float[np.ndarray, "period active"],
    logit: Float[np.ndarray, "unknown"],
    residual: Float[np.ndarray, "unknown"],
    miss: Float[np.ndarray, "node"],
    loss: Float[np.ndarray, "node"],
) -> None:
    """Write, per node, the largest |σ - logit(Q)| and the largest KL(σ‖logit Q)/λ.

    The logits of `logit(Q)` are those of σ less the residuals.
    """
    for number in range(board.nodes.size):
        node = board.nodes[number]
        miss[number] = loss[number] = 0.0
        for i in range(board.slots.shape[1] if node.place >= 0 else 0):
            slot = board.slots[node.place, i]
            rate = precision[node.period, slot.mover] if slot.own_types > 0 else 0.0
            for theta in range(slot.own_types):
                most, divergence = _compare_reply(
                    slot, theta, node.unknown, board.options, logit, residual
                )
                miss[number] = max(miss[number], most)
                if rate > 0.0:
                    loss[number] = max(loss[number], divergence / rate)


@kernel
def _compare_reply(slot, theta, start, options, logit, residual):
    """Return max |σ - p| and KL(σ‖p) of one type's reply, p having the logits less residuals."""
    top, top_target, n_free = 0.0, 0.0, 0
    for o in range(slot.first_option, slot.first_option + slot.n_options):
        u = options[o, theta].unknown
        if u >= 0:
            n_free += 1
            top = max(top, logit[start + u])
            top_target = max(top_target, logit[start + u] - residual[start + u])
    if n_free == 0:
        return 0.0, 0.0
    # the first free option has logit 0 in both
    total, total_target = math.exp(-top), math.exp(-top_target)
    for o in range(slot.first_option, slot.first_option + slot.n_options):
        u = options[o, theta].unknown
        if u >= 0:
            total += math.exp(logit[start + u] - top)
            total_target += math.exp(logit[start + u] - residual[start + u] - top_target)
    shift = top + math.log(total)
    shift_target = top_target + math.log(total_target)
    most = abs(math.exp(-shift) - math.exp(-shift_target))
    divergence = math.exp(-shift) * (shift_target - shift)
    for o in range(slot.first_option, slot.first_option + slot.n_options):
        u = options[o, theta].unknown
        if u >= 0:
            x, y = logit[start + u] - shift, logit[start + u] - residual[start + u] - shift_target
            most = max(most, abs(math.exp(x) - math.exp(y)))
            divergence += math.exp(x) * (x - y)
    return most, max(divergence, 0.0)


@kernel
def evaluate_up(
    board: Board,
    scratch: Scratch,
    strategy: Float[np.ndarray, "entry"],
    log_belief: Float[np.ndarray, "node typed type"],
    value: Float[np.ndarray, "node profile account"],
    worth: Float[np.ndarray, "node profile account"],
) -> None:
    """Write what every node is worth under given strategies, ends of play first.

    `board` may hold other accounts than those who choose.

    Args:
        value: Overwritten: worth on the way in, payoffs of the period that ends there included.
        worth: Overwritten: worth before play at the node; zero where play is over.
    """
    nodes, places, slots, options = board.nodes, board.places, board.slots, board.options
    n_types, nobody = board.n_types, np.zeros((0, 0, 0, board.n_coordinates + 2))
    for number in range(nodes.size - 1, -1, -1):
        node = nodes[number]
        scratch.value[:] = 0.0
        if node.place >= 0:
            here = places[node.place]
            _replies_of_rows(
                node, here, slots, options, board.option, strategy, scratch.reply,
                scratch.reply_slope,
            )
            _acts_of_rows(
                node, here, slots, board.profiles, scratch.reply, scratch.reply_slope, scratch.act,
                scratch.act_slope,
            )
            _add_worths(
                node, here, board.entry_start, board.child, board.chance, board.pay,
                board.profiles, scratch.act, value, scratch.value,
            )
        worth[number] = scratch.value
        _arrive(number, node, board.discount, board.arrival_pay, scratch.value, value, nobody)
        if node.arrival >= 0 and board.arrival_pay.shape[3] > 1:
            _believe(number, n_types, log_belief, scratch.belief)
            for k in range(value.shape[2]):
                _tilt(k, n_types, scratch.belief, board.tilt, scratch.opinion)
                _pay_beliefs(
                    number, node, n_types, board.coordinate, scratch.opinion, k,
                    board.arrival_pay, value, nobody,
                )
        if node.averaging >= 0:
            _draw_afresh(number, node, board.average, value, nobody, scratch.mixed)


@kernel
def _add_worths(node, here, entry_start, child, chance, pay, profiles, act, value, total):
    """Add what a node's joint acts pay and lead to, by profile and account."""
    for r in range(here.n_rows):
        row = here.first_row + r
        for profile in range(pay.shape[1]):
            weight = act[r, profile]
            for k in range(pay.shape[2]):
                total[profile, k] += weight * pay[row, profile, k]
            of_type = profiles[profile, here.reader] if here.reader >= 0 else 0
            for entry in range(entry_start[row], entry_start[row + 1]):
                if child[entry] >= 0:
                    p = weight * chance[entry, of_type]
                    for k in range(pay.shape[2]):
                        total[profile, k] += p * value[node.first_child + child[entry], profile, k]
