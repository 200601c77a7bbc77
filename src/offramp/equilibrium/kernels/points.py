r"""One stage at one state and one belief, in full generality.

Several movers at once, covert acts, chances that read a type, types drawn afresh. The *signal* g
of a stage is what all see of it. With σ̄ the strategy averaged over the public belief, the
likelihood of g for type θ of player j is
$$L_j(g \mid \theta) = \sum_{r,e \to g} \sigma_j(a_j(r) \mid \theta)
  \prod_{k \ne j} \bar\sigma_k(a_k(r))\; P(e \mid \theta \text{ if } j \text{ is the reader}),$$
all in logs. Posteriors are a product over players (the compiler refuses what would break that), so
the value at a posterior is interpolated by the product of the players' stencils.

*Cells* number the strategies at one state: `cell_start[k] + option * n_types(k) + type` for mover
k, with one type for a mover without.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

from offramp.equilibrium.kernels.cache import inner, kernel, part

__all__ = [
    "TINY",
    "Beliefs",
    "JointTable",
    "Point",
    "Scratch",
    "action_values",
    "join_stencils",
    "locate_point",
    "logit_cells",
    "new_scratch",
    "number_cells",
    "open_point",
    "point_values",
    "row_worth",
    "value_point",
]

TINY = 1e-280  # a likelihood below this has lost digits to underflow and is redone in logs
SAME_VALUE = 1e-12  # relative; action values closer than this are equals, of which the first wins

FORBIDDEN = -2.0  # as in game.factored: kernels read no other room's constants


class Beliefs(NamedTuple):
    """The joint grid, all typed players' tables end to end (padded to the most types).

    `cell_at[j]` and `piece_at[j]` are where player j's cells and pieces begin; `cell_start` counts
    pieces within the player. `draw[mask, account, p, p']` is the chance, by the prior of the
    account's owner, that profile p becomes p' when the types in `mask` are drawn afresh.
    """

    n_types: Int[np.ndarray, "typed"]
    n_points: Int[np.ndarray, "typed"]
    stride: Int[np.ndarray, "typed"]
    resolution: Int[np.ndarray, "typed"]
    reference: Int[np.ndarray, "typed"]
    cell_at: Int[np.ndarray, "typed"]
    piece_at: Int[np.ndarray, "typed"]
    cell_start: Int[np.ndarray, "cell"]
    piece: Int[np.ndarray, "piece type"]
    inverse: Float[np.ndarray, "piece type type"]
    profiles: Int[np.ndarray, "profile typed"]
    draw: Float[np.ndarray, "mask account profile profile_2"]
    n_beliefs: int
    n_accounts: int
    learning: int


class JointTable(NamedTuple):
    """A stage's rows, movers and signals.

    `option_start[k, s]` begins mover k's options in state s, and `bound[bound_at[k] + option]`
    binds them. `signal[e]` is the number, within the state, of what all see if entry e comes
    true. `informative[j]` is 1 where player j's likelihood can differ between types.
    """

    mover_typed: Int[np.ndarray, "mover"]
    mover_types: Int[np.ndarray, "mover"]
    mover_account: Int[np.ndarray, "mover"]
    option_start: Int[np.ndarray, "mover state_1"]
    bound_at: Int[np.ndarray, "mover"]
    bound: Float[np.ndarray, "option type"]
    start: Int[np.ndarray, "state_1"]
    option: Int[np.ndarray, "row mover"]
    entry_start: Int[np.ndarray, "row_1"]
    successor: Int[np.ndarray, "entry"]
    chance: Float[np.ndarray, "entry reader_type"]
    redraw: Int[np.ndarray, "entry"]
    pay: Float[np.ndarray, "row profile_account"]
    signal: Int[np.ndarray, "entry"]
    n_signals: Int[np.ndarray, "state"]
    reader: int
    informative: Int[np.ndarray, "typed"]


class Point(NamedTuple):
    """Where a stage is looked at: the state and the exact belief.

    `at[j]` is the grid point of player j's belief, or -1 where it lies between points.
    """

    state: int
    at: Int[np.ndarray, "typed"]
    belief: Float[np.ndarray, "typed type"]
    opinion: Float[np.ndarray, "mover profile"]


class Scratch(NamedTuple):
    """Working arrays of one task, large enough for any state of the table."""

    cell_start: Int[np.ndarray, "mover_1"]
    chance: Float[np.ndarray, "cell"]
    mean: Float[np.ndarray, "mover option"]
    likelihood: Float[np.ndarray, "signal type"]
    posterior: Float[np.ndarray, "typed signal type"]
    vertex: Int[np.ndarray, "typed signal type"]
    weight: Float[np.ndarray, "typed signal type"]
    home_vertex: Int[np.ndarray, "typed type"]
    home_weight: Float[np.ndarray, "typed type"]
    n_stencil: Int[np.ndarray, "signal"]
    stencil: Int[np.ndarray, "signal vertex"]
    stencil_weight: Float[np.ndarray, "signal vertex"]


@kernel
def new_scratch(
    table: JointTable, beliefs: Beliefs, most_options: int, most_signals: int
) -> Scratch:
    """Allocate what one task needs."""
    n_movers, n_typed = table.mover_typed.size, beliefs.n_types.size
    types = beliefs.piece.shape[1]
    corners = 1
    for j in range(n_typed):
        corners *= beliefs.n_types[j]
    signals = max(most_signals, 1)
    return Scratch(
        np.zeros(n_movers + 1, dtype=np.int64),
        np.zeros(max(n_movers, 1) * max(most_options, 1) * types),
        np.zeros((max(n_movers, 1), max(most_options, 1))),
        np.zeros((signals, types)),
        np.zeros((n_typed, signals, types)),
        np.zeros((n_typed, signals, types), dtype=np.int64),
        np.zeros((n_typed, signals, types)),
        np.zeros((n_typed, types), dtype=np.int64),
        np.zeros((n_typed, types)),
        np.zeros(signals, dtype=np.int64),
        np.zeros((signals, corners), dtype=np.int64),
        np.zeros((signals, corners)),
    )


@inner
def number_cells(table: JointTable, state: int, cell_start: Int[np.ndarray, "mover_1"]) -> int:
    """Write where each mover's cells begin at a state; return how many there are."""
    total = 0
    for k in range(table.mover_typed.size):
        cell_start[k] = total
        n_options = table.option_start[k, state + 1] - table.option_start[k, state]
        total += n_options * table.mover_types[k]
    cell_start[table.mover_typed.size] = total
    return total


@inner
def _own_type(table: JointTable, beliefs: Beliefs, k: int, profile: int) -> int:
    j = table.mover_typed[k]
    return beliefs.profiles[profile, j] if j >= 0 and table.mover_types[k] > 1 else 0


@inner
def _average_strategies(
    table: JointTable,
    point: Point,
    log_strategy: Float[np.ndarray, "cell"],
    scratch: Scratch,
) -> None:
    """Write every cell's chance, and every option's, averaged over the public belief."""
    for cell in range(scratch.cell_start[table.mover_typed.size]):
        scratch.chance[cell] = math.exp(log_strategy[cell])
    for k in range(table.mover_typed.size):
        n_types = table.mover_types[k]
        n_options = (scratch.cell_start[k + 1] - scratch.cell_start[k]) // n_types
        for a in range(n_options):
            at = scratch.cell_start[k] + a * n_types
            scratch.mean[k, a] = scratch.chance[at]
            if n_types > 1:
                scratch.mean[k, a] = 0.0
                for th in range(n_types):
                    weight = point.belief[table.mover_typed[k], th]
                    scratch.mean[k, a] += weight * scratch.chance[at + th]


@inner
def _mean_chance(table: JointTable, point: Point, entry: int) -> float:
    """Return the chance of an entry, averaged over the public belief about its reader."""
    if table.chance.shape[1] == 1:
        return table.chance[entry, 0]
    total = 0.0
    for th in range(table.chance.shape[1]):
        total += point.belief[table.reader, th] * table.chance[entry, th]
    return total


@part
def _update_player(
    j: int,
    table: JointTable,
    beliefs: Beliefs,
    point: Point,
    log_strategy: Float[np.ndarray, "cell"],
    scratch: Scratch,
) -> None:
    """Write player j's posterior after every signal, in logs where chances underflow."""
    state, n_types, likelihood = point.state, beliefs.n_types[j], scratch.likelihood
    for g in range(table.n_signals[state]):
        for th in range(n_types):
            likelihood[g, th] = 0.0
    for row in range(table.start[state], table.start[state + 1]):
        others, own = 1.0, -1
        for k in range(table.mover_typed.size):
            if table.option[row, k] >= 0:
                a = table.option[row, k] - table.option_start[k, state]
                if table.mover_typed[k] == j and table.mover_types[k] > 1:
                    own = scratch.cell_start[k] + a * table.mover_types[k]
                else:
                    others *= scratch.mean[k, a]
        for e in range(table.entry_start[row], table.entry_start[row + 1]):
            g = table.signal[e]
            reads = table.reader == j and table.chance.shape[1] > 1
            weight = others if reads else others * _mean_chance(table, point, e)
            for th in range(n_types):
                acts = scratch.chance[own + th] if own >= 0 else 1.0
                result = table.chance[e, th] if reads else 1.0
                likelihood[g, th] += weight * acts * result
    for g in range(table.n_signals[state]):
        total = 0.0
        for th in range(n_types):
            scratch.posterior[j, g, th] = point.belief[j, th] * likelihood[g, th]
            total += scratch.posterior[j, g, th]
        if total >= TINY:
            for th in range(n_types):
                scratch.posterior[j, g, th] /= total
        else:
            _update_in_logs(j, g, table, beliefs, point, log_strategy, scratch)


@part
def _log_contribution(
    row: int,
    entry: int,
    j: int,
    th: int,
    table: JointTable,
    point: Point,
    log_strategy: Float[np.ndarray, "cell"],
    scratch: Scratch,
) -> float:
    """Return the log-chance of a row and entry if player j is of type th."""
    total = 0.0
    for k in range(table.mover_typed.size):
        if table.option[row, k] < 0:
            continue
        a = table.option[row, k] - table.option_start[k, point.state]
        at = scratch.cell_start[k] + a * table.mover_types[k]
        if table.mover_types[k] == 1:
            total += log_strategy[at]
        elif table.mover_typed[k] == j:
            total += log_strategy[at + th]
        else:
            total += _log_mean(k, at, table, point, log_strategy)
    reads = table.reader == j and table.chance.shape[1] > 1
    chance = table.chance[entry, th] if reads else _mean_chance(table, point, entry)
    return total + math.log(chance) if chance > 0.0 else -np.inf


@part
def _log_mean(
    k: int,
    at: int,
    table: JointTable,
    point: Point,
    log_strategy: Float[np.ndarray, "cell"],
) -> float:
    """Return the log of an option's chance, averaged over the public belief about its mover."""
    best, total = -np.inf, 0.0
    for th in range(table.mover_types[k]):
        if point.belief[table.mover_typed[k], th] > 0.0:
            best = max(best, log_strategy[at + th])
    if best == -np.inf:
        return best
    for th in range(table.mover_types[k]):
        weight = point.belief[table.mover_typed[k], th]
        if weight > 0.0:
            total += weight * math.exp(log_strategy[at + th] - best)
    return best + math.log(total)


@part
def _update_in_logs(
    j: int,
    g: int,
    table: JointTable,
    beliefs: Beliefs,
    point: Point,
    log_strategy: Float[np.ndarray, "cell"],
    scratch: Scratch,
) -> None:
    """Write player j's posterior after one signal; it stays if nobody could have given it."""
    n_types, belief, score = beliefs.n_types[j], point.belief[j], scratch.likelihood[g]
    best = -np.inf
    for th in range(n_types):
        top, total = -np.inf, 0.0
        for sweep in range(2):
            for row in range(table.start[point.state], table.start[point.state + 1]):
                for e in range(table.entry_start[row], table.entry_start[row + 1]):
                    if table.signal[e] == g and belief[th] > 0.0:
                        term = _log_contribution(row, e, j, th, table, point, log_strategy, scratch)
                        if sweep == 0:
                            top = max(top, term)
                        elif term > -np.inf:
                            total += math.exp(term - top)
        score[th] = math.log(belief[th]) + top + math.log(total) if total > 0.0 else -np.inf
        best = max(best, score[th])
    total = 0.0
    for th in range(n_types):
        scratch.posterior[j, g, th] = math.exp(score[th] - best) if best > -np.inf else belief[th]
        total += scratch.posterior[j, g, th]
    for th in range(n_types):
        scratch.posterior[j, g, th] /= total


@inner
def locate_point(
    beliefs: Beliefs,
    j: int,
    belief: Float[np.ndarray, "type"],
    vertex: Int[np.ndarray, "type"],
    weight: Float[np.ndarray, "type"],
) -> None:
    """Write the stencil of a belief about player j on its own grid."""
    n, n_types = beliefs.resolution[j], beliefs.n_types[j]
    cell = 0
    if n > 0 and n_types == 2:
        cell = min(int(belief[1] * n), n)
    elif n > 0 and n_types == 3:
        x, y = belief[1] * n, belief[2] * n
        i, i2 = min(int(x), n), min(int(y), n)
        cell = 2 * (i * (n + 1) + i2) + (1 if (x - i) + (y - i2) > 1.0 else 0)
    at = beliefs.piece_at[j]
    first = at + beliefs.cell_start[beliefs.cell_at[j] + cell]
    stop = at + beliefs.cell_start[beliefs.cell_at[j] + cell + 1]
    chosen, most = first, -np.inf
    for k in range(first, stop):
        least = np.inf
        for v in range(n_types):
            total = 0.0
            for th in range(n_types):
                total += beliefs.inverse[k, v, th] * belief[th]
            least = min(least, total)
        if least > most:
            chosen, most = k, least
    for v in range(n_types):
        vertex[v] = beliefs.piece[chosen, v]
        weight[v] = 0.0
        for th in range(n_types):
            weight[v] += beliefs.inverse[chosen, v, th] * belief[th]


@inner
def _home_stencils(beliefs: Beliefs, point: Point, scratch: Scratch) -> None:
    for j in range(beliefs.n_types.size):
        if point.at[j] >= 0:
            for v in range(beliefs.n_types[j]):
                scratch.home_vertex[j, v] = point.at[j]
                scratch.home_weight[j, v] = 1.0 if v == 0 else 0.0
        else:
            locate_point(
                beliefs, j, point.belief[j], scratch.home_vertex[j], scratch.home_weight[j]
            )


@inner
def _learn(
    table: JointTable,
    beliefs: Beliefs,
    point: Point,
    log_strategy: Float[np.ndarray, "cell"],
    scratch: Scratch,
) -> None:
    """Write posterior and stencil of every player after every signal."""
    n_signals = table.n_signals[point.state]
    for j in range(beliefs.n_types.size):
        learns = beliefs.learning == 1 and table.informative[j] == 1
        if learns:
            _update_player(j, table, beliefs, point, log_strategy, scratch)
        for g in range(n_signals):
            if learns:
                locate_point(
                    beliefs, j, scratch.posterior[j, g], scratch.vertex[j, g], scratch.weight[j, g]
                )
            else:
                for th in range(beliefs.n_types[j]):
                    scratch.posterior[j, g, th] = point.belief[j, th]
                    scratch.vertex[j, g, th] = scratch.home_vertex[j, th]
                    scratch.weight[j, g, th] = scratch.home_weight[j, th]


@inner
def join_stencils(table: JointTable, beliefs: Beliefs, point: Point, scratch: Scratch) -> None:
    """Write the product of the players' stencils for every signal.

    A player whose type is drawn afresh is believed to be what its reference prior says.
    """
    for row in range(table.start[point.state], table.start[point.state + 1]):
        for e in range(table.entry_start[row], table.entry_start[row + 1]):
            scratch.n_stencil[table.signal[e]] = -1 - table.redraw[e]
    for g in range(table.n_signals[point.state]):
        mask = -1 - scratch.n_stencil[g]
        scratch.stencil[g, 0], scratch.stencil_weight[g, 0] = 0, 1.0
        count = 1
        for j in range(beliefs.n_types.size):
            if mask >> j & 1:
                for c in range(count):
                    scratch.stencil[g, c] += beliefs.reference[j] * beliefs.stride[j]
                continue
            grown = 0
            for v in range(beliefs.n_types[j] - 1, -1, -1):
                weight = scratch.weight[j, g, v]
                if weight == 0.0 and v > 0:
                    continue
                shift = scratch.vertex[j, g, v] * beliefs.stride[j]
                # vertex 0 comes last and takes the place of the stencil it multiplies
                to = (grown + 1) * count if v > 0 else 0
                for c in range(count):
                    scratch.stencil[g, to + c] = scratch.stencil[g, c] + shift
                    scratch.stencil_weight[g, to + c] = scratch.stencil_weight[g, c] * weight
                grown += 1 if v > 0 else 0
            count *= grown + 1
        scratch.n_stencil[g] = count


@inner
def _continuation(
    entry: int,
    profile: int,
    account: int,
    table: JointTable,
    beliefs: Beliefs,
    scratch: Scratch,
    next_values: Float[np.ndarray, "next_state column"],
    ended: Float[np.ndarray, "ended column"],
) -> float:
    """Return what an account is worth after an entry, at what is then believed."""
    successor, mask = table.successor[entry], table.redraw[entry]
    values = next_values[successor] if successor >= 0 else ended[-1 - successor]
    g = table.signal[entry]
    n_profiles = beliefs.profiles.shape[0]
    total = 0.0
    for drawn in range(n_profiles):
        share = 1.0 if drawn == profile else 0.0
        if mask != 0:
            share = beliefs.draw[mask, account, profile, drawn]
        if share == 0.0:
            continue
        at = (drawn * beliefs.n_accounts + account) * beliefs.n_beliefs
        worth = 0.0
        for c in range(scratch.n_stencil[g]):
            worth += scratch.stencil_weight[g, c] * values[at + scratch.stencil[g, c]]
        total += share * worth
    return total


@inner
def row_worth(
    row: int,
    profile: int,
    account: int,
    table: JointTable,
    beliefs: Beliefs,
    scratch: Scratch,
    next_values: Float[np.ndarray, "next_state column"],
    ended: Float[np.ndarray, "ended column"],
) -> float:
    """Return what an account gets from a row of joint acts, chance averaged."""
    total = table.pay[row, profile * beliefs.n_accounts + account]
    for e in range(table.entry_start[row], table.entry_start[row + 1]):
        chance = table.chance[e, 0]
        if table.chance.shape[1] > 1:
            chance = table.chance[e, beliefs.profiles[profile, table.reader]]
        if chance > 0.0:
            worth = _continuation(e, profile, account, table, beliefs, scratch, next_values, ended)
            total += chance * worth
    return total


@inner
def _chance_of_others(
    row: int,
    profile: int,
    besides: int,
    table: JointTable,
    beliefs: Beliefs,
    point: Point,
    scratch: Scratch,
) -> float:
    """Return the chance that all movers but one act as the row says, types as in the profile."""
    chance = 1.0
    for k in range(table.mover_typed.size):
        option = table.option[row, k]
        if k != besides and option >= 0:
            a = option - table.option_start[k, point.state]
            at = scratch.cell_start[k] + a * table.mover_types[k]
            chance *= scratch.chance[at + _own_type(table, beliefs, k, profile)]
    return chance


@part
def open_point(table: JointTable, beliefs: Beliefs, point: Point, scratch: Scratch) -> int:
    """Prepare the scratch for a point; return its number of cells."""
    _home_stencils(beliefs, point, scratch)
    return number_cells(table, point.state, scratch.cell_start)


@part
def action_values(
    table: JointTable,
    beliefs: Beliefs,
    point: Point,
    log_strategy: Float[np.ndarray, "cell"],
    next_values: Float[np.ndarray, "next_state column"],
    ended: Float[np.ndarray, "ended column"],
    scratch: Scratch,
    values: Float[np.ndarray, "cell"],
) -> None:
    """Write every mover's expected payoff of each option, by own type, if all play as given.

    The options of a type are valued whether or not it may take them.
    """
    _average_strategies(table, point, log_strategy, scratch)
    _learn(table, beliefs, point, log_strategy, scratch)
    join_stencils(table, beliefs, point, scratch)
    for c in range(values.size):
        values[c] = 0.0
    for row in range(table.start[point.state], table.start[point.state + 1]):
        for k in range(table.mover_typed.size):
            option = table.option[row, k]
            if option < 0:
                continue
            a = option - table.option_start[k, point.state]
            at = scratch.cell_start[k] + a * table.mover_types[k]
            for p in range(beliefs.profiles.shape[0]):
                weight = point.opinion[k, p]
                if weight == 0.0:
                    continue
                weight *= _chance_of_others(row, p, k, table, beliefs, point, scratch)
                if weight == 0.0:
                    continue
                worth = row_worth(
                    row, p, table.mover_account[k], table, beliefs, scratch, next_values, ended
                )
                values[at + _own_type(table, beliefs, k, p)] += weight * worth


@kernel
def value_point(
    table: JointTable,
    beliefs: Beliefs,
    point: Point,
    log_strategy: Float[np.ndarray, "cell"],
    next_values: Float[np.ndarray, "next_state column"],
    ended: Float[np.ndarray, "ended column"],
    scratch: Scratch,
    values: Float[np.ndarray, "cell"],
) -> None:
    """Open a point and value its options; leave in `scratch` what all signals teach."""
    open_point(table, beliefs, point, scratch)
    action_values(table, beliefs, point, log_strategy, next_values, ended, scratch, values)


@part
def point_values(
    table: JointTable,
    beliefs: Beliefs,
    point: Point,
    log_strategy: Float[np.ndarray, "cell"],
    next_values: Float[np.ndarray, "next_state column"],
    ended: Float[np.ndarray, "ended column"],
    scratch: Scratch,
    values: Float[np.ndarray, "profile_account"],
) -> None:
    """Write what every profile and account is worth at a point if all play as given."""
    _average_strategies(table, point, log_strategy, scratch)
    _learn(table, beliefs, point, log_strategy, scratch)
    join_stencils(table, beliefs, point, scratch)
    for c in range(values.size):
        values[c] = 0.0
    for row in range(table.start[point.state], table.start[point.state + 1]):
        for p in range(beliefs.profiles.shape[0]):
            chance = _chance_of_others(row, p, -1, table, beliefs, point, scratch)
            if chance == 0.0:
                continue
            for account in range(beliefs.n_accounts):
                worth = row_worth(row, p, account, table, beliefs, scratch, next_values, ended)
                values[p * beliefs.n_accounts + account] += chance * worth


@part
def _reply_type(
    first: int,
    n_types: int,
    bound: Float[np.ndarray, "option"],
    score: Float[np.ndarray, "cell"],
    exact: bool,
    log_strategy: Float[np.ndarray, "cell"],
) -> None:
    """Write one type's reply to its scores; its cells are `first`, `first + n_types` and so on."""
    best, total = -1, 0.0
    for a in range(bound.size):
        cell = first + a * n_types
        log_strategy[cell] = -np.inf
        if bound[a] >= 0.0:
            if bound[a] > 0.0:
                log_strategy[cell] = math.log(bound[a])
        elif bound[a] != FORBIDDEN:
            margin = SAME_VALUE * (1.0 + abs(score[best])) if exact and best >= 0 else 0.0
            if best < 0 or score[cell] > score[best] + margin:
                best = cell
    if best < 0:
        return
    if exact:
        log_strategy[best] = 0.0
        return
    for a in range(bound.size):
        if bound[a] != FORBIDDEN:
            total += math.exp(score[first + a * n_types] - score[best])
    for a in range(bound.size):
        if bound[a] != FORBIDDEN:
            cell = first + a * n_types
            log_strategy[cell] = score[cell] - score[best] - math.log(total)


@part
def logit_cells(
    table: JointTable,
    state: int,
    precision: Float[np.ndarray, "mover"],
    score: Float[np.ndarray, "cell"],
    cell_start: Int[np.ndarray, "mover_1"],
    log_strategy: Float[np.ndarray, "cell"],
) -> None:
    """Write all movers' replies to their scores, policies' bounds respected.

    A score is precision times action value; of movers with infinite precision it is the value.
    """
    for k in range(table.mover_typed.size):
        first_option = table.bound_at[k] + table.option_start[k, state]
        last_option = table.bound_at[k] + table.option_start[k, state + 1]
        for th in range(table.mover_types[k]):
            _reply_type(
                cell_start[k] + th,
                table.mover_types[k],
                table.bound[first_option:last_option, th],
                score,
                precision[k] == np.inf,
                log_strategy,
            )
