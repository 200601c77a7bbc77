"""The reply of a single mover without types: no fixed point, since its acts reveal nothing."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, Int

from offramp.equilibrium.kernels.arithmetic import fast_exp, fast_log
from offramp.equilibrium.kernels.cache import builder, kernel, part, spot
from offramp.equilibrium.kernels.expectations import RowTable, expect_options, expect_row

__all__ = ["SAME_VALUE", "logit_lanes", "play_untyped", "reply_untyped"]

FORBIDDEN = -2.0  # as in game.factored: kernels read no other room's constants
ABREAST = 64  # states whose options' numbers fill a few kilobytes: they stay in the nearest cache
SAME_VALUE = 1e-12  # relative; action values closer than this are equals, of which the first wins


@part
def _exact_lanes(
    action_value: Float[np.ndarray, "option belief"],
    bound: Float[np.ndarray, "option"],
    log_strategy: Float[np.ndarray, "option belief"],
) -> None:
    """Write the log of an exact best reply: the first listed among equals."""
    n_options, n_beliefs = action_value.shape
    for b in range(n_beliefs):
        best = -1
        for a in range(n_options):
            log_strategy[a, b] = -np.inf
            if bound[a] != FORBIDDEN:
                if best < 0:
                    best = a
                else:
                    lead = action_value[a, b] - action_value[best, b]
                    if lead > SAME_VALUE * (1.0 + abs(action_value[best, b])):
                        best = a
        if best >= 0:
            log_strategy[best, b] = 0.0


@builder
def logit_lanes(
    action_value: Float[np.ndarray, "option belief"],
    bound: Float[np.ndarray, "option"],
    precision: float,
    log_strategy: Float[np.ndarray, "option belief"],
) -> None:
    """Write the log of a logit reply for one type at every belief.

    Args:
        action_value: Expected payoff of each option; that of forbidden ones is not read.
        bound: Per option `FREE`, `FORBIDDEN`, or the probability that a policy prescribes.
        precision: Per payoff unit; infinite precision plays the first listed best option.
        log_strategy: Overwritten; minus infinity where an option is not taken.
    """
    n_options, n_beliefs = action_value.shape
    prescribed = False
    for a in range(n_options):
        if bound[a] >= 0.0:
            prescribed = True
            for b in range(n_beliefs):
                log_strategy[a, b] = np.log(bound[a])
    if prescribed:
        for a in range(n_options):
            if bound[a] < 0.0:
                for b in range(n_beliefs):
                    log_strategy[a, b] = -np.inf
        return
    if precision == np.inf:
        _exact_lanes(action_value, bound, log_strategy)
        return
    best = np.full(n_beliefs, -np.inf)
    total = np.zeros(n_beliefs)
    for a in range(n_options):
        if bound[a] != FORBIDDEN:
            for b in range(n_beliefs):
                best[b] = max(best[b], precision * action_value[a, b])
    for a in range(n_options):
        if bound[a] != FORBIDDEN:
            for b in range(n_beliefs):
                log_strategy[a, b] = precision * action_value[a, b] - best[b]
            for b in range(n_beliefs):
                total[b] += fast_exp(log_strategy[a, b])
    for b in range(n_beliefs):
        total[b] = fast_log(total[b])
    for a in range(n_options):
        for b in range(n_beliefs):
            if bound[a] == FORBIDDEN:
                log_strategy[a, b] = -np.inf
            else:
                log_strategy[a, b] -= total[b]


@part
def _mix(
    s: int,
    n_options: int,
    n_rows: int,
    after: Float[np.ndarray, "option column"],
    log_strategy: Float[np.ndarray, "option belief"],
    strategy: Float[np.ndarray, "belief"],
    values: Float[np.ndarray, "state column"],
) -> None:
    """Write the mean of `after` over options, weighed by the mover's strategy at each belief."""
    n_beliefs = strategy.size
    for a in range(n_options):
        for b in range(n_beliefs):
            strategy[b] = fast_exp(log_strategy[a, b])
        for pa in range(n_rows):
            at = pa * n_beliefs
            if a == 0:
                for b in range(n_beliefs):
                    values[s, spot(at + b)] = strategy[b] * after[a, spot(at + b)]
            else:
                for b in range(n_beliefs):
                    values[s, spot(at + b)] += strategy[b] * after[a, spot(at + b)]


@part
def _expect_each(
    first: int,
    n_options: int,
    row: int,
    table: RowTable,
    next_values: Float[np.ndarray, "next_state column"],
    ended: Float[np.ndarray, "ended column"],
    after: Float[np.ndarray, "place column"],
) -> None:
    """Write what options pay and lead to, from `after[first]` on, where there is one belief.

    Four columns at a time are summed up before they are written: with so few, going through memory
    at every entry would take longer than the sums. Where there are no four, the last stands for
    those that are missing.
    """
    entry_start, successor, chance, pay = (
        table.entry_start, table.successor, table.chance, table.pay
    )  # fmt: skip
    last = after.shape[1] - 1
    for a in range(n_options):
        r, at = spot(row + a), spot(first + a)
        for c in range(0, last + 1, 4):
            c0, c1, c2, c3 = (
                spot(c), spot(min(c + 1, last)), spot(min(c + 2, last)), spot(min(c + 3, last))
            )  # fmt: skip
            s0, s1, s2, s3 = pay[r, c0], pay[r, c1], pay[r, c2], pay[r, c3]
            for e in range(entry_start[r], entry_start[r + spot(1)]):
                share, to = chance[spot(e), 0], successor[spot(e)]
                if to >= 0:
                    n = spot(to)
                    s0 += share * next_values[n, c0]
                    s1 += share * next_values[n, c1]
                    s2 += share * next_values[n, c2]
                    s3 += share * next_values[n, c3]
                else:
                    n = spot(-1 - to)
                    s0 += share * ended[n, c0]
                    s1 += share * ended[n, c1]
                    s2 += share * ended[n, c2]
                    s3 += share * ended[n, c3]
            after[at, c0], after[at, c1], after[at, c2], after[at, c3] = s0, s1, s2, s3


@part
def _write_logits(
    first: int,
    n_options: int,
    at: int,
    account: int,
    precision: float,
    bound: Float[np.ndarray, "option one"],
    after: Float[np.ndarray, "place column"],
    logit: Float[np.ndarray, "place"],
) -> bool:
    """Write a state's logits relative to the best, or the logs of what is prescribed.

    Returns:
        Whether the mover is free, so that they are still to be normalised.
    """
    best, most = -np.inf, -1.0
    for a in range(n_options):
        most = max(most, bound[first + a, 0])
        if bound[first + a, 0] != FORBIDDEN:
            best = max(best, precision * after[at + a, account])
    for a in range(n_options):
        logit[at + a] = -np.inf
        if most >= 0.0:
            if bound[first + a, 0] >= 0.0:
                logit[at + a] = np.log(bound[first + a, 0])
        elif bound[first + a, 0] != FORBIDDEN:
            logit[at + a] = precision * after[at + a, account] - best
    return most < 0.0


@builder
def _reply_abreast(
    start: int,
    stop: int,
    table: RowTable,
    option_start: Int[np.ndarray, "state_1"],
    bound: Float[np.ndarray, "option one"],
    widest: int,
    account: int,
    precision: float,
    next_values: Float[np.ndarray, "next_state column"],
    ended: Float[np.ndarray, "ended column"],
    log_strategy: Float[np.ndarray, "option one belief"],
    values: Float[np.ndarray, "state column"],
) -> None:
    """Reply where there is one belief about one profile, in many states abreast.

    There is nothing in a state to spread over vector lanes then, so the options of `ABREAST` states
    stand side by side. The sums are those of one state after another, in the same order.
    """
    n_columns = values.shape[1]
    after = np.empty((ABREAST * max(widest, 1), n_columns))
    logit, share = np.empty(after.shape[0]), np.empty(after.shape[0])
    scale = np.empty(ABREAST)
    for begin in range(start, stop, ABREAST):
        end = min(begin + ABREAST, stop)
        origin = option_start[begin]
        n_places = option_start[end] - origin
        for s in range(begin, end):
            first, n_options = option_start[s], option_start[s + 1] - option_start[s]
            scale[s - begin] = 1.0
            if n_options == 0:
                expect_row(table.start[s], table, 1, next_values, ended, s, values)
                continue
            at = first - origin
            _expect_each(at, n_options, table.start[s], table, next_values, ended, after)
            if _write_logits(first, n_options, at, account, precision, bound, after, logit):
                scale[s - begin] = 0.0
        for i in range(n_places):
            share[i] = fast_exp(logit[i])
        for s in range(begin, end):
            if scale[s - begin] == 0.0:
                for i in range(option_start[s] - origin, option_start[s + 1] - origin):
                    scale[s - begin] += share[i]
        for x in range(end - begin):
            scale[x] = fast_log(scale[x])
        for s in range(begin, end):
            for i in range(option_start[s] - origin, option_start[s + 1] - origin):
                logit[i] -= scale[s - begin]
                log_strategy[origin + i, 0, 0] = logit[i]
        for i in range(n_places):
            share[i] = fast_exp(logit[i])
        for s in range(begin, end):
            if option_start[s] == option_start[s + 1]:
                continue
            for c in range(n_columns):
                total = 0.0
                for i in range(option_start[s] - origin, option_start[s + 1] - origin):
                    if share[i] > 0.0:
                        total += share[i] * after[i, c]
                values[s, c] = total


@kernel
def reply_untyped(
    start: int,
    stop: int,
    table: RowTable,
    option_start: Int[np.ndarray, "state_1"],
    bound: Float[np.ndarray, "option one"],
    widest: int,
    account: int,
    precision: float,
    opinion: Float[np.ndarray, "profile belief"],
    next_values: Float[np.ndarray, "next_state column"],
    ended: Float[np.ndarray, "ended column"],
    log_strategy: Float[np.ndarray, "option one belief"],
    values: Float[np.ndarray, "state column"],
) -> None:
    """Solve a stage whose one mover has no types, for states `start:stop`.

    Args:
        start: First state.
        stop: One past the last state.
        table: Rows coincide with options; a state without options has one row and is passed over.
        option_start: Options of state s are `option_start[s]:option_start[s + 1]`.
        bound: Per option, as in `game.Options`.
        widest: Largest number of options of a state.
        account: The mover's account.
        precision: The mover's, in this period.
        opinion: The mover's belief over profiles at each belief point.
        next_values: Values in the next slot.
        ended: Values of ended states in this period.
        log_strategy: Overwritten for the options of these states.
        values: Overwritten for these states.
    """
    n_profiles, n_beliefs = opinion.shape
    n_rows = next_values.shape[1] // n_beliefs
    n_accounts = n_rows // n_profiles
    after = np.empty((max(widest, 1), next_values.shape[1]))
    action_value = np.empty((max(widest, 1), n_beliefs))
    strategy = np.empty(n_beliefs)
    if n_beliefs == 1 and n_profiles == 1 and precision < np.inf:
        _reply_abreast(
            start, stop, table, option_start, bound, widest, account, precision, next_values, ended,
            log_strategy, values,
        )  # fmt: skip
        return
    for s in range(start, stop):
        first, n_options = option_start[s], option_start[s + 1] - option_start[s]
        if not expect_options(s, n_options, table, n_beliefs, next_values, ended, after, values):
            continue
        for a in range(n_options):
            for b in range(n_beliefs):
                action_value[a, b] = 0.0
            for p in range(n_profiles):
                at = (p * n_accounts + account) * n_beliefs
                for b in range(n_beliefs):
                    action_value[a, b] += opinion[p, b] * after[a, spot(at + b)]
        replies = log_strategy[first : first + n_options, 0]
        logit_lanes(
            action_value[:n_options], bound[first : first + n_options, 0], precision, replies
        )
        _mix(s, n_options, n_rows, after, replies, strategy, values)


@kernel
def play_untyped(
    start: int,
    stop: int,
    table: RowTable,
    option_start: Int[np.ndarray, "state_1"],
    widest: int,
    n_beliefs: int,
    next_values: Float[np.ndarray, "next_state column"],
    ended: Float[np.ndarray, "ended column"],
    log_strategy: Float[np.ndarray, "option one belief"],
    values: Float[np.ndarray, "state column"],
) -> None:
    """Value a given strategy of a single mover without types, for states `start:stop`."""
    n_columns = next_values.shape[1]
    after = np.empty((max(widest, 1), n_columns))
    strategy = np.empty(n_beliefs)
    for s in range(start, stop):
        first, n_options = option_start[s], option_start[s + 1] - option_start[s]
        if not expect_options(s, n_options, table, n_beliefs, next_values, ended, after, values):
            continue
        replies = log_strategy[first : first + n_options, 0]
        _mix(s, n_options, n_columns // n_beliefs, after, replies, strategy, values)
