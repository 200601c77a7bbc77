"""Branchings: what can happen at a stage, results written out jointly, and what the public sees.

The unrolled tree needs two things of a stage table that the grid's solver does without: chance
stages as joint results (the grid applies effects one after another), and the *signals* of each
state, which are the children of every history that has come there.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from offramp.errors import GameError, Problem, TooLargeError
from offramp.game.factored import FORBIDDEN, Chain, Game, Options, Rows, StageTable, Step

if TYPE_CHECKING:
    from jaxtyping import Bool, Float, Int

__all__ = [
    "Branching",
    "Signals",
    "account_discounts",
    "branchings_of",
    "frozen_payoff",
    "own_priors",
    "redraw_average",
]

LARGEST_EXPANSION = 20_000_000  # joint results of one chance stage, all states together


@dataclass(frozen=True)
class Signals:
    """What the public can see happen at a stage: the children of each state.

    State s has signals `start[s]:start[s+1]`, sorted by what was seen.

    Attributes:
        seen: Per mover, the act as it looks (an index into the mover's `names`); -1 if passed over.
        successor: State in the next slot, or `-1 - e` for ended state e.
        redraw: As in `Rows`.
        of_entry: Per entry of the rows, the signal's number *within its state*; -1 for entries that
            no type can bring about under the policy.
    """

    start: Int[np.ndarray, "state_1"]
    seen: Int[np.ndarray, "signal mover"]
    successor: Int[np.ndarray, "signal"]
    redraw: Int[np.ndarray, "signal"]
    of_entry: Int[np.ndarray, "entry"]


@dataclass(frozen=True)
class Branching:
    """A stage's table with its chance as joint results (`table.rows` is given), and its signals."""

    table: StageTable
    rows: Rows
    signals: Signals


def branchings_of(game: Game, limit: int) -> tuple[tuple[Branching, ...], ...]:
    """Return every stage's branching; periods that share a table share it too.

    Raises:
        GameError: The game has no horizon.
        TooLargeError: A chance stage has too many joint results.
    """
    if game.forever:
        raise GameError(
            Problem(
                code="G561",
                message="a game without horizon has no tree of histories.",
                path="period.count",
                fix="give the period a count, or use `beliefs: grid`.",
            )
        )
    known: dict[int, Branching] = {}

    def branch(table: StageTable) -> Branching:
        if id(table) not in known:
            known[id(table)] = _branching(table, game, limit)
        return known[id(table)]

    return tuple(tuple(branch(table) for table in period) for period in game.stages)


def _branching(table: StageTable, game: Game, limit: int) -> Branching:
    rows = table.rows
    if rows is None:
        assert table.chain is not None
        rows = _joint_rows(table.chain, table.name, game, limit)
    return Branching(replace(table, rows=rows, chain=None), rows, _signals(table.movers, rows))


def _signals(movers: tuple[Options, ...], rows: Rows) -> Signals:
    """Find the distinct (acts as seen, successor, redraw) of each state."""
    n_states = len(rows.start) - 1
    row_of_entry = np.repeat(np.arange(len(rows.option)), np.diff(rows.entry_start))
    state_of_row = np.repeat(np.arange(n_states), np.diff(rows.start))
    seen_of_row, possible = _seen_acts(movers, rows)
    keep = possible[row_of_entry] & np.any(rows.chance > 0, axis=1)
    row = row_of_entry[keep]
    key = np.column_stack(
        [state_of_row[row], seen_of_row[row], rows.successor[keep], rows.redraw[keep]]
    )
    distinct, inverse = np.unique(key, axis=0, return_inverse=True)
    start = np.searchsorted(distinct[:, 0], np.arange(n_states + 1)).astype(np.int64)
    of_entry = np.full(len(rows.successor), -1, np.int32)
    of_entry[keep] = inverse.ravel() - start[state_of_row[row]]
    return Signals(start, distinct[:, 1:-2], distinct[:, -2], distinct[:, -1], of_entry)


def _seen_acts(
    movers: tuple[Options, ...], rows: Rows
) -> tuple[Int[np.ndarray, "row mover"], Bool[np.ndarray, "row"]]:
    """Return the acts of each row as they look, and whether some types could take them."""
    seen = np.full(rows.option.shape, -1, np.int64)
    possible = np.ones(len(rows.option), bool)
    for i, options in enumerate(movers):
        option = rows.option[:, i]
        taken = option >= 0
        seen[taken, i] = options.seen_as[option[taken]]
        can = np.any((options.bound != FORBIDDEN) & (options.bound != 0.0), axis=1)
        possible[taken] &= can[option[taken]]
    return seen, possible


@dataclass
class _Results:
    """Joint results of a chance stage while its effects are applied one after another."""

    origin: np.ndarray
    inner: np.ndarray
    redraw: np.ndarray
    chance: np.ndarray


def _joint_rows(chain: Chain, name: str, game: Game, limit: int) -> Rows:
    """Write a chain of small operators out: one row of joint results a state."""
    n_states = len(chain.enter)
    pay = np.zeros((n_states, len(game.profiles), len(game.accounts)))
    results = _Results(
        np.arange(n_states),
        chain.enter.astype(np.int64),
        np.zeros(n_states, np.int64),
        np.ones(n_states),
    )
    for step in chain.steps:
        results = _merged(_apply_step(step, results, chain.n_inner, pay, game))
        _refuse_expansion(len(results.origin), n_states, name, limit)
    alive = results.inner >= 0
    results.inner[alive] = chain.leave[results.inner[alive]]
    results = _merged(results)
    entry_start = np.searchsorted(results.origin, np.arange(n_states + 1))
    return Rows(
        start=np.arange(n_states + 1),
        option=np.full((n_states, 0), -1),
        entry_start=entry_start,
        successor=results.inner,
        chance=results.chance[:, None],
        redraw=results.redraw,
        pay=pay,
    )


def _apply_step(
    step: Step, results: _Results, n_inner: int, pay: np.ndarray, game: Game
) -> _Results:
    """Apply one operator to all results that it affects; enter what it pays."""
    position = np.full(n_inner, -1)
    position[step.inner] = np.arange(len(step.inner))
    at = np.where(results.inner >= 0, position[np.maximum(results.inner, 0)], -1)
    hit = at >= 0
    at = at[hit]
    for mask in np.unique(results.redraw[hit]):
        # a type drawn earlier in this stage is not yet known: what is paid counts on average
        drawn = results.redraw[hit] == mask
        amount = redraw_average(game, step.pay[at[drawn]], int(mask))
        weight = results.chance[hit][drawn][:, None, None]
        np.add.at(pay, results.origin[hit][drawn], weight * amount)
    n_entries = np.diff(step.entry_start)[at]
    last = np.cumsum(n_entries)
    entry = np.arange(last[-1] if len(last) else 0) + np.repeat(
        step.entry_start[at] - last + n_entries, n_entries
    )

    def spread(values: np.ndarray) -> np.ndarray:
        return np.repeat(values[hit], n_entries)

    return _Results(
        np.concatenate([results.origin[~hit], spread(results.origin)]),
        np.concatenate([results.inner[~hit], step.successor[entry]]),
        np.concatenate([results.redraw[~hit], spread(results.redraw) | step.redraw[entry]]),
        np.concatenate([results.chance[~hit], spread(results.chance) * step.chance[entry]]),
    )


def _merged(results: _Results) -> _Results:
    """Add up the chances of results that cannot be told apart."""
    key = np.column_stack([results.origin, results.inner, results.redraw])
    distinct, inverse = np.unique(key, axis=0, return_inverse=True)
    chance = np.bincount(inverse.ravel(), weights=results.chance, minlength=len(distinct))
    return _Results(distinct[:, 0], distinct[:, 1], distinct[:, 2], chance)


def _refuse_expansion(n_results: int, n_states: int, name: str, limit: int) -> None:
    if n_results > max(LARGEST_EXPANSION, limit):
        raise TooLargeError(
            Problem(
                code="G560",
                message=f"the tree of public histories needs the joint results of stage '{name}': "
                f"{n_results:,} in {n_states:,} states.",
                path="solver.beliefs",
                fix="use `beliefs: grid`, which applies effects one after another.",
            )
        )


# --- payoffs that do not depend on the history ----------------------------------------------------


def redraw_average(
    game: Game, amount: Float[np.ndarray, "*any profile account"], mask: int
) -> Float[np.ndarray, "*any profile account"]:
    """Average amounts over types that are drawn afresh, for each account by its player's own prior.

    Args:
        mask: Bit j is set where the type of typed player j is drawn.
    """
    if not mask:
        return amount
    n_types = [len(game.players[i].types) for i in game.typed]
    lead = amount.shape[:-2]
    folded = amount.reshape(*lead, *n_types, len(game.accounts)).copy()
    for j in range(len(n_types)):
        if mask >> j & 1:
            prior = own_priors(game, j)[[account.player for account in game.accounts]]
            axis = len(lead) + j
            moved = np.moveaxis(folded, axis, -1)  # (..., account, type)
            mean = np.sum(moved * prior, axis=-1, keepdims=True)
            folded = np.moveaxis(np.broadcast_to(mean, moved.shape), -1, axis).copy()
    return folded.reshape(amount.shape)


def own_priors(game: Game, j: int) -> Float[np.ndarray, "player type"]:
    """Return every player's own prior over the types of typed player j."""
    n_types = len(game.players[game.typed[j]].types)
    prior = np.zeros((len(game.players), n_types))
    for theta in range(n_types):
        prior[:, theta] = game.opinion[:, game.profiles[:, j] == theta].sum(axis=1)
    return np.asarray(prior / prior.sum(axis=1, keepdims=True))


def account_discounts(game: Game) -> Float[np.ndarray, "account"]:
    """Return the discount that applies to each account: its player's."""
    return np.array([game.players[account.player].discount for account in game.accounts])


def frozen_payoff(game: Game) -> Float[np.ndarray, "period ended profile account belief"]:
    """Return what an ended state still pays from period t's end to the horizon, the tail included.

    In units of period t. The last axis is that of `Game.ended_payoff`.
    """
    last = game.n_periods - 1
    shared = len(game.ended_payoff) == 1
    discount = account_discounts(game)[:, None]
    total = np.zeros((game.n_periods, *game.ended_payoff[0].shape))
    total[last] = (1.0 + game.tail) * game.ended_payoff[0 if shared else last]
    for t in range(last - 1, -1, -1):
        total[t] = game.ended_payoff[0 if shared else t] + discount * total[t + 1]
    return total
