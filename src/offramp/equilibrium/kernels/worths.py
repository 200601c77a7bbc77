"""What acts are worth at a history, and how that answers to its logits and to what is believed."""

from __future__ import annotations

import math

import numpy as np
from jaxtyping import Float, Int

from offramp.equilibrium.kernels.boards import FREE, Record, Records
from offramp.equilibrium.kernels.cache import part

__all__ = [
    "action_values",
    "acts_of_rows",
    "add_worths",
    "arrive",
    "believe",
    "draw_afresh",
    "eliminate",
    "equations",
    "mix",
    "pay_beliefs",
    "settle_exact",
    "tilt",
    "worth_of_rows",
]

SMALLEST_PIVOT = 1e-300  # stands for a pivot of exactly zero, so that a singular node is passed
SAME_VALUE = 1e-12  # relative; action values closer than this are equals, of which the first wins


@part
def believe(
    number: int,
    n_types: Int[np.ndarray, "typed"],
    log_belief: Float[np.ndarray, "node typed type"],
    belief: Float[np.ndarray, "typed type"],
) -> None:
    """Write the reference belief at a node, normalised."""
    for j in range(n_types.size):
        total = 0.0
        for theta in range(n_types[j]):
            belief[j, theta] = math.exp(log_belief[number, j, theta])
            total += belief[j, theta]
        for theta in range(n_types[j]):
            belief[j, theta] /= total


@part
def tilt(
    active: int,
    n_types: Int[np.ndarray, "typed"],
    belief: Float[np.ndarray, "typed type"],
    tilt: Float[np.ndarray, "active typed type"],
    opinion: Float[np.ndarray, "typed type"],
) -> None:
    """Write what an observer believes; the public belief where it excludes all that is possible."""
    for j in range(n_types.size):
        total = 0.0
        for theta in range(n_types[j]):
            opinion[j, theta] = belief[j, theta] * tilt[active, j, theta]
            total += opinion[j, theta]
        for theta in range(n_types[j]):
            opinion[j, theta] = opinion[j, theta] / total if total > 0.0 else belief[j, theta]


@part
def acts_of_rows(
    node: Record,
    here: Record,
    slots: Records,
    profiles: Int[np.ndarray, "profile typed"],
    reply: Float[np.ndarray, "row slot type"],
    reply_slope: Float[np.ndarray, "row slot type unknown"],
    act: Float[np.ndarray, "row profile"],
    act_slope: Float[np.ndarray, "row profile unknown"],
) -> None:
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


@part
def _add_entry(
    r: int,
    c: int,
    p: float,
    profile: int,
    child: int,
    drawn: int,
    a: int,
    n_unknown: int,
    n_types: Int[np.ndarray, "typed"],
    coordinate: Int[np.ndarray, "typed type"],
    value: Float[np.ndarray, "node profile active"],
    answer: Float[np.ndarray, "answer profile active given"],
    slope: Float[np.ndarray, "child coordinate unknown"],
    worth: Float[np.ndarray, "row profile active"],
    worth_slope: Float[np.ndarray, "row profile active direction"],
) -> None:
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


@part
def worth_of_rows(
    node: Record,
    here: Record,
    nodes: Records,
    entry_start: Int[np.ndarray, "row_1"],
    child: Int[np.ndarray, "entry"],
    chance: Float[np.ndarray, "entry type"],
    pay: Float[np.ndarray, "row profile active"],
    n_types: Int[np.ndarray, "typed"],
    coordinate: Int[np.ndarray, "typed type"],
    profiles: Int[np.ndarray, "profile typed"],
    value: Float[np.ndarray, "node profile active"],
    answer: Float[np.ndarray, "answer profile active given"],
    slope: Float[np.ndarray, "child coordinate unknown"],
    worth: Float[np.ndarray, "row profile active"],
    worth_slope: Float[np.ndarray, "row profile active direction"],
) -> None:
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
                    r,
                    c,
                    chance[entry, of_type],
                    profile,
                    node.first_child + c,
                    below.drawn,
                    below.answer,
                    here.n_unknown,
                    n_types,
                    coordinate,
                    value,
                    answer,
                    slope,
                    worth,
                    worth_slope,
                )


@part
def _others_chance(
    r: int,
    i: int,
    place: int,
    profile: int,
    slots: Records,
    profiles: Int[np.ndarray, "profile typed"],
    reply: Float[np.ndarray, "row slot type"],
) -> float:
    """Return the chance that all movers but the i-th act as in a row."""
    chance = 1.0
    for other in range(slots.shape[1]):
        slot = slots[place, other]
        if other != i and slot.own_types > 0:
            chance *= reply[r, other, profiles[profile, slot.typed] if slot.typed >= 0 else 0]
    return chance


@part
def _add_gain_slopes(
    r: int,
    i: int,
    gain: float,
    profile: int,
    at: Float[np.ndarray, "direction"],
    node: Record,
    here: Record,
    slots: Records,
    profiles: Int[np.ndarray, "profile typed"],
    n_types: Int[np.ndarray, "typed"],
    coordinate: Int[np.ndarray, "typed type"],
    opinion: Float[np.ndarray, "typed type"],
    reply_slope: Float[np.ndarray, "row slot type unknown"],
) -> None:
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


@part
def action_values(
    i: int,
    node: Record,
    here: Record,
    slots: Records,
    option: Int[np.ndarray, "row slot"],
    n_types: Int[np.ndarray, "typed"],
    coordinate: Int[np.ndarray, "typed type"],
    profiles: Int[np.ndarray, "profile typed"],
    opinion: Float[np.ndarray, "typed type"],
    reply: Float[np.ndarray, "row slot type"],
    reply_slope: Float[np.ndarray, "row slot type unknown"],
    worth: Float[np.ndarray, "row profile active"],
    worth_slope: Float[np.ndarray, "row profile active direction"],
    value: Float[np.ndarray, "slot type option"],
    slope: Float[np.ndarray, "slot type option direction"],
) -> None:
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
                r,
                i,
                gain,
                profile,
                slope[i, theta, o],
                node,
                here,
                slots,
                profiles,
                n_types,
                coordinate,
                opinion,
                reply_slope,
            )


@part
def settle_exact(
    i: int,
    slot: Record,
    node: Record,
    options: Records,
    action_value: Float[np.ndarray, "slot type option"],
    strategy: Float[np.ndarray, "entry"],
    log_strategy: Float[np.ndarray, "entry"],
) -> bool:
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


@part
def equations(
    i: int,
    slot: Record,
    node: Record,
    n_unknown: int,
    n_given: int,
    rate: float,
    tau: float,
    options: Records,
    logit: Float[np.ndarray, "unknown"],
    action_value: Float[np.ndarray, "slot type option"],
    action_slope: Float[np.ndarray, "slot type option direction"],
    matrix: Float[np.ndarray, "unknown direction"],
    residual: Float[np.ndarray, "unknown"],
) -> None:
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


@part
def eliminate(
    matrix: Float[np.ndarray, "unknown direction"], n_unknown: int, n_given: int
) -> float:
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


@part
def mix(
    here: Record,
    a: int,
    n_given: int,
    act: Float[np.ndarray, "row profile"],
    act_slope: Float[np.ndarray, "row profile unknown"],
    worth: Float[np.ndarray, "row profile active"],
    worth_slope: Float[np.ndarray, "row profile active direction"],
    matrix: Float[np.ndarray, "unknown direction"],
    value_slope: Float[np.ndarray, "direction"],
    value: Float[np.ndarray, "profile active"],
    answer: Float[np.ndarray, "answer profile active given"],
) -> None:
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


@part
def arrive(
    number: int,
    node: Record,
    discount: Float[np.ndarray, "active"],
    arrival_pay: Float[np.ndarray, "arrival profile active one_or_constant_and_belief"],
    worth: Float[np.ndarray, "profile active"],
    value: Float[np.ndarray, "node profile active"],
    answer: Float[np.ndarray, "answer profile active given"],
) -> None:
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


@part
def pay_beliefs(
    number: int,
    node: Record,
    n_types: Int[np.ndarray, "typed"],
    coordinate: Int[np.ndarray, "typed type"],
    opinion: Float[np.ndarray, "typed type"],
    k: int,
    arrival_pay: Float[np.ndarray, "arrival profile active one_or_constant_and_belief"],
    value: Float[np.ndarray, "node profile active"],
    answer: Float[np.ndarray, "answer profile active given"],
) -> None:
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


@part
def draw_afresh(
    number: int,
    node: Record,
    average: Float[np.ndarray, "mask active profile profile"],
    value: Float[np.ndarray, "node profile active"],
    answer: Float[np.ndarray, "answer profile active given"],
    mixed: Float[np.ndarray, "profile active"],
) -> None:
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


@part
def add_worths(
    node: Record,
    here: Record,
    entry_start: Int[np.ndarray, "row_1"],
    child: Int[np.ndarray, "entry"],
    chance: Float[np.ndarray, "entry type"],
    pay: Float[np.ndarray, "row profile account"],
    profiles: Int[np.ndarray, "profile typed"],
    act: Float[np.ndarray, "row profile"],
    value: Float[np.ndarray, "node profile account"],
    total: Float[np.ndarray, "profile account"],
) -> None:
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
