r"""Loops over the unrolled tree: replies and beliefs downwards, values and Newton's step upwards.

The unknowns are the logits x of every (node, mover, type) with more than one free option, relative
to the first of them; the equations are x = τ λ ΔQ(x). A node meets the rest of the tree only
through what is believed on entering it (ℓ, the log-odds of the reference belief against each
player's first type) and what it is worth (V, by profile and player). A Newton step is therefore
solved exactly in one sweep up and one down: going up, every node turns the answers of its children,
δV = S (δℓ, δτ, 1), into its own by eliminating its few logits; going down, δℓ is known and gives
δx. The work is linear in the number of nodes, and the signs of the pivots give that of the
Jacobian's determinant.
"""

from __future__ import annotations

import math

import numpy as np
from jaxtyping import Float, Int

from offramp.equilibrium.kernels.boards import Board, Record, Records, Scratch
from offramp.equilibrium.kernels.cache import kernel, part
from offramp.equilibrium.kernels.lessons import (
    open_evidence,
    replies_of_rows,
    reply,
    shift_child,
    shift_open,
    shift_options,
    shift_source,
    slope_of_child,
    teach,
    weigh,
)
from offramp.equilibrium.kernels.worths import (
    action_values,
    acts_of_rows,
    add_worths,
    arrive,
    believe,
    draw_afresh,
    eliminate,
    equations,
    mix,
    pay_beliefs,
    settle_exact,
    tilt,
    worth_of_rows,
)

__all__ = ["advance", "compare_replies", "evaluate_up", "step_down", "sweep_up"]


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
                    reply(slot, theta, node, options, logit, strategy, log_strategy)
        for c in range(here.n_children):
            for j in range(n_types.size):
                for theta in range(n_types[j]):
                    evidence[c, j, theta] = 0.0
        if here.source >= 0:
            weigh(
                node,
                here,
                slots,
                options,
                board.entry_start,
                option,
                board.child,
                board.chance,
                n_types,
                log_strategy,
                scratch.share,
                evidence,
            )
        open_evidence(node, here, slots, options, option, board.signal_row, log_strategy, evidence)
        for c in range(here.n_children):
            teach(
                number,
                node.first_child + c,
                c,
                nodes,
                board.learning,
                n_types,
                evidence,
                board.log_prior,
                log_belief,
                stays,
            )


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
            believe(number, n_types, log_belief, scratch.belief)
            replies_of_rows(node, here, slots, options, board.option, strategy, reply, reply_slope)
            if here.n_unknown > 0:
                if here.source >= 0:
                    weigh(
                        node,
                        here,
                        slots,
                        options,
                        board.entry_start,
                        board.option,
                        board.child,
                        board.chance,
                        n_types,
                        log_strategy,
                        scratch.share,
                        scratch.evidence,
                    )
                for c in range(here.n_children):
                    child = node.first_child + c
                    slope_of_child(
                        c,
                        stays[child] | nodes[child].drawn,
                        node,
                        here,
                        slots,
                        board.entry_start,
                        board.child,
                        board.signal_row,
                        n_types,
                        coordinate,
                        scratch.share,
                        reply_slope,
                        scratch.raw_slope,
                        scratch.slope,
                    )
            worth_of_rows(
                node,
                here,
                nodes,
                board.entry_start,
                board.child,
                board.chance,
                board.pay,
                n_types,
                coordinate,
                profiles,
                value,
                answer,
                scratch.slope,
                worth,
                worth_slope,
            )
            for exact in range(1, -1, -1):  # the others' equations read what exact movers choose
                for i in range(slots.shape[1]):
                    slot = slots[node.place, i]
                    if slot.own_types == 0 or slot.exact != exact or (exact and not settle):
                        continue
                    tilt(slot.mover, n_types, scratch.belief, board.tilt, scratch.opinion)
                    action_values(
                        i,
                        node,
                        here,
                        slots,
                        board.option,
                        n_types,
                        coordinate,
                        profiles,
                        scratch.opinion,
                        reply,
                        reply_slope,
                        worth,
                        worth_slope,
                        scratch.action_value,
                        scratch.action_slope,
                    )
                    if exact == 0:
                        equations(
                            i,
                            slot,
                            node,
                            here.n_unknown,
                            n_given,
                            precision[node.period, slot.mover],
                            tau,
                            options,
                            logit,
                            scratch.action_value,
                            scratch.action_slope,
                            matrix,
                            residual,
                        )
                    elif settle_exact(
                        i, slot, node, options, scratch.action_value, strategy, log_strategy
                    ):
                        n_changed += 1
                        replies_of_rows(
                            node, here, slots, options, board.option, strategy, reply, reply_slope
                        )
            sign *= eliminate(matrix, here.n_unknown, n_given)
            for u in range(here.n_unknown):
                for d in range(n_given):
                    logit_answer[node.unknown + u, d] = matrix[u, here.n_unknown + d]
            acts_of_rows(
                node, here, slots, profiles, reply, reply_slope, scratch.act, scratch.act_slope
            )
            mix(
                here,
                node.answer,
                n_given,
                scratch.act,
                scratch.act_slope,
                worth,
                worth_slope,
                matrix,
                scratch.value_slope,
                scratch.value,
                answer,
            )
        arrive(number, node, board.discount, board.arrival_pay, scratch.value, value, answer)
        if node.arrival >= 0 and board.arrival_pay.shape[3] > 1:
            believe(number, n_types, log_belief, scratch.belief)
            for k in range(value.shape[2]):
                tilt(k, n_types, scratch.belief, board.tilt, scratch.opinion)
                pay_beliefs(
                    number,
                    node,
                    n_types,
                    coordinate,
                    scratch.opinion,
                    k,
                    board.arrival_pay,
                    value,
                    answer,
                )
        if node.averaging >= 0:
            draw_afresh(number, node, board.average, value, answer, scratch.mixed)
    return sign, n_changed


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
        shift_options(node, slots, options, strategy, step, scratch.option_shift)
        evidence_shift[: here.n_children] = 0.0
        shift_open(
            node, here, slots, board.option, board.signal_row, scratch.option_shift, evidence_shift
        )
        if here.source >= 0 and here.n_unknown > 0:
            weigh(
                node,
                here,
                slots,
                options,
                board.entry_start,
                board.option,
                board.child,
                board.chance,
                n_types,
                log_strategy,
                scratch.share,
                scratch.evidence,
            )
            shift_source(
                node,
                here,
                slots,
                board.entry_start,
                board.option,
                board.child,
                n_types,
                scratch.share,
                scratch.option_shift,
                evidence_shift,
            )
        for c in range(here.n_children):
            child = node.first_child + c
            shift_child(
                number,
                child,
                c,
                nodes[child].drawn,
                stays[child],
                n_types,
                board.coordinate,
                evidence_shift,
                shift,
            )


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


@part
def _compare_reply(
    slot: Record,
    theta: int,
    start: int,
    options: Records,
    logit: Float[np.ndarray, "unknown"],
    residual: Float[np.ndarray, "unknown"],
) -> tuple[float, float]:
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
            replies_of_rows(
                node,
                here,
                slots,
                options,
                board.option,
                strategy,
                scratch.reply,
                scratch.reply_slope,
            )
            acts_of_rows(
                node,
                here,
                slots,
                board.profiles,
                scratch.reply,
                scratch.reply_slope,
                scratch.act,
                scratch.act_slope,
            )
            add_worths(
                node,
                here,
                board.entry_start,
                board.child,
                board.chance,
                board.pay,
                board.profiles,
                scratch.act,
                value,
                scratch.value,
            )
        worth[number] = scratch.value
        arrive(number, node, board.discount, board.arrival_pay, scratch.value, value, nobody)
        if node.arrival >= 0 and board.arrival_pay.shape[3] > 1:
            believe(number, n_types, log_belief, scratch.belief)
            for k in range(value.shape[2]):
                tilt(k, n_types, scratch.belief, board.tilt, scratch.opinion)
                pay_beliefs(
                    number,
                    node,
                    n_types,
                    board.coordinate,
                    scratch.opinion,
                    k,
                    board.arrival_pay,
                    value,
                    nobody,
                )
        if node.averaging >= 0:
            draw_afresh(number, node, board.average, value, nobody, scratch.mixed)
