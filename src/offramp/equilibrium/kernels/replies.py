"""The reply of a single mover without types: no fixed point, since its acts reveal nothing."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, Int

from offramp.equilibrium.kernels.arithmetic import fast_exp, fast_log
from offramp.equilibrium.kernels.cache import builder, kernel, part, spot
from offramp.equilibrium.kernels.expectations import RowTable, expect_options

__all__ = ["SAME_VALUE", "logit_lanes", "play_untyped", "reply_untyped"]

FORBIDDEN = -2.0  # as in game.factored: kernels read no other room's constants
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
def _reply_once(
    s: int,
    first: int,
    n_options: int,
    account: int,
    precision: float,
    bound: Float[np.ndarray, "option one"],
    after: Float[np.ndarray, "option column"],
    log_strategy: Float[np.ndarray, "option one belief"],
    values: Float[np.ndarray, "state column"],
) -> None:
    """Reply freely where there is one belief about one profile: nothing to spread over lanes."""
    best, total = -np.inf, 0.0
    for a in range(n_options):
        if bound[first + a, 0] != FORBIDDEN:
            best = max(best, precision * after[a, account])
    for a in range(n_options):
        if bound[first + a, 0] != FORBIDDEN:
            log_strategy[first + a, 0, 0] = precision * after[a, account] - best
            total += fast_exp(log_strategy[first + a, 0, 0])
    total = fast_log(total)
    for c in range(values.shape[1]):
        values[s, spot(c)] = 0.0
    for a in range(n_options):
        if bound[first + a, 0] == FORBIDDEN:
            log_strategy[first + a, 0, 0] = -np.inf
            continue
        log_strategy[first + a, 0, 0] -= total
        share = fast_exp(log_strategy[first + a, 0, 0])
        for c in range(values.shape[1]):
            values[s, spot(c)] += share * after[a, spot(c)]


@part
def _is_free(first: int, n_options: int, bound: Float[np.ndarray, "option one"]) -> bool:
    """Return whether no policy prescribes with what probability an option is taken."""
    most = -1.0
    for a in range(n_options):
        most = max(most, bound[first + a, 0])
    return most < 0.0


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
    once = n_beliefs == 1 and n_profiles == 1 and precision < np.inf
    for s in range(start, stop):
        first, n_options = option_start[s], option_start[s + 1] - option_start[s]
        if not expect_options(s, n_options, table, n_beliefs, next_values, ended, after, values):
            continue
        if once and _is_free(first, n_options, bound):
            _reply_once(s, first, n_options, account, precision, bound, after, log_strategy, values)
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
