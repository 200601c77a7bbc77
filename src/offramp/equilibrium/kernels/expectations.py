"""Sparse expectations over successors, with the profile-account-belief block innermost.

A *column* numbers one profile, account and belief; a row of `values` holds all columns of a state,
`column = (profile * n_accounts + account) * n_beliefs + belief`. Payments do not depend on belief
and have one number per profile and account: `pay[row, column // n_beliefs]`.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

from offramp.equilibrium.kernels.cache import kernel

__all__ = [
    "TILE",
    "ChainTable",
    "RowTable",
    "accrue",
    "add_pay",
    "expect_row",
    "redraw_row",
    "redraw_step",
    "run_chain",
]

TILE = 8  # columns of one chain task: a cache line wide, so that all inner states stay in cache


class RowTable(NamedTuple):
    """Joint acts of a stage and where they lead, as `game.Rows` holds them."""

    start: Int[np.ndarray, "state_1"]
    entry_start: Int[np.ndarray, "row_1"]
    successor: Int[np.ndarray, "entry"]
    chance: Float[np.ndarray, "entry reader_type"]
    redraw: Int[np.ndarray, "entry"]
    pay: Float[np.ndarray, "row profile_account"]


class ChainTable(NamedTuple):
    """Effects one after another: step k has affected states `step_start[k]:step_start[k+1]`.

    `pay_row` is the row of `pay` of an affected state, -1 where nothing is paid.
    """

    step_start: Int[np.ndarray, "step_1"]
    inner: Int[np.ndarray, "affected"]
    entry_start: Int[np.ndarray, "affected_1"]
    successor: Int[np.ndarray, "entry"]
    chance: Float[np.ndarray, "entry"]
    redraw: Int[np.ndarray, "entry"]
    in_place: Int[np.ndarray, "step"]
    pay_row: Int[np.ndarray, "affected"]
    pay: Float[np.ndarray, "paying profile_account"]


@kernel
def accrue(
    start: int,
    stop: int,
    payoff: Float[np.ndarray, "state profile_account belief_or_1"],
    weight: float,
    discount: Float[np.ndarray, "account"],
    next_values: Float[np.ndarray, "next_state column"],
    roll: Int[np.ndarray, "state"],
    n_beliefs: int,
    values: Float[np.ndarray, "state column"],
) -> None:
    """Write weight * payoff + discount * next value for states `start:stop`.

    `roll` leads to a row of `next_values`; with no rows there is no next period.
    """
    goes_on = next_values.shape[0] > 0
    varies = payoff.shape[2] > 1
    n_accounts = discount.size
    for s in range(start, stop):
        for pa in range(payoff.shape[1]):
            column = pa * n_beliefs
            factor = discount[pa % n_accounts]
            for b in range(n_beliefs):
                values[s, column + b] = weight * payoff[s, pa, b if varies else 0]
            if goes_on:
                row = roll[s]
                for b in range(n_beliefs):
                    values[s, column + b] += factor * next_values[row, column + b]


@kernel
def expect_row(
    row: int,
    table: RowTable,
    values: Float[np.ndarray, "state column"],
    ended: Float[np.ndarray, "ended column"],
    expected: Float[np.ndarray, "column"],
) -> None:
    """Write the expected value after a row of the table, without what it pays.

    Chances must read no type (one column) and no type may be drawn afresh.
    """
    first = table.entry_start[row]
    for e in range(first, table.entry_start[row + 1]):
        chance = table.chance[e, 0]
        successor = table.successor[e]
        source = values[successor] if successor >= 0 else ended[-1 - successor]
        if e == first:
            for c in range(expected.size):
                expected[c] = chance * source[c]
        else:
            for c in range(expected.size):
                expected[c] += chance * source[c]


@kernel
def add_pay(
    row: int, table: RowTable, n_beliefs: int, expected: Float[np.ndarray, "column"]
) -> None:
    """Add what a row of the table pays."""
    for pa in range(table.pay.shape[1]):
        paid = table.pay[row, pa]
        if paid != 0.0:
            for c in range(pa * n_beliefs, (pa + 1) * n_beliefs):
                expected[c] += paid


@kernel
def _load_tile(
    source: Float[np.ndarray, "state column"],
    rows: Int[np.ndarray, "inner"],
    n_rows: int,
    first_column: int,
    width: int,
    work: Float[np.ndarray, "inner_tile"],
) -> None:
    for x in range(n_rows):
        row = rows[x]
        for c in range(TILE):
            work[x * TILE + c] = 0.0
        if row >= 0:
            for c in range(width):
                work[x * TILE + c] = source[row, first_column + c]


@kernel
def _expect_tile(
    i: int,
    table: ChainTable,
    pay_column: Int[np.ndarray, "tile"],
    work: Float[np.ndarray, "inner_tile"],
    ended: Float[np.ndarray, "ended_tile"],
    at: int,
    result: Float[np.ndarray, "tile"],
) -> None:
    """Write the expectation of affected state number i at `result[at:at + TILE]`."""
    sums = result[at : at + TILE]
    paid = table.pay_row[i]
    for c in range(TILE):
        sums[c] = table.pay[paid, pay_column[c]] if paid >= 0 else 0.0
    for e in range(table.entry_start[i], table.entry_start[i + 1]):
        chance = table.chance[e]
        successor = table.successor[e]
        if successor >= 0:
            source = work[successor * TILE : successor * TILE + TILE]
        else:
            source = ended[(-1 - successor) * TILE : (-1 - successor) * TILE + TILE]
        for c in range(TILE):
            sums[c] += chance * source[c]


@kernel
def run_chain(
    start: int,
    stop: int,
    steps: tuple[int, int],
    table: ChainTable,
    n_inner: int,
    n_beliefs: int,
    source: Float[np.ndarray, "next_state column"],
    leave: Int[np.ndarray, "inner"],
    ended: Float[np.ndarray, "ended column"],
    enter: Int[np.ndarray, "state"],
    target: Float[np.ndarray, "state column"],
) -> None:
    """Take tiles `start:stop` of the columns backward through steps `steps[0]:steps[1]`.

    Inner state x starts from row `leave[x]` of `source`; row s of `target` receives inner state
    `enter[s]`. `source` and `target` may be one array. Only the first `n_inner` inner states are
    looked at.
    """
    n_ended, n_columns = ended.shape
    widest = 0
    for k in range(steps[0], steps[1]):
        widest = max(widest, table.step_start[k + 1] - table.step_start[k])
    work = np.empty(n_inner * TILE)
    work_ended = np.empty(n_ended * TILE)
    buffer = np.empty(max(widest, 1) * TILE)
    pay_column = np.zeros(TILE, dtype=np.int64)
    every_ended = np.arange(n_ended)
    for tile in range(start, stop):
        first_column = tile * TILE
        width = min(TILE, n_columns - first_column)
        for c in range(width):
            pay_column[c] = (first_column + c) // n_beliefs
        _load_tile(source, leave, n_inner, first_column, width, work)
        _load_tile(ended, every_ended, n_ended, first_column, width, work_ended)
        for k in range(steps[1] - 1, steps[0] - 1, -1):
            _run_step(k, table, n_inner, pay_column, work_ended, buffer, work)
        for s in range(enter.size):
            x = enter[s] * TILE
            for c in range(width):
                target[s, first_column + c] = work[x + c]


@kernel
def _run_step(
    k: int,
    table: ChainTable,
    n_inner: int,
    pay_column: Int[np.ndarray, "tile"],
    ended: Float[np.ndarray, "ended_tile"],
    buffer: Float[np.ndarray, "affected_tile"],
    work: Float[np.ndarray, "inner_tile"],
) -> None:
    first, last = table.step_start[k], table.step_start[k + 1]
    in_place = table.in_place[k] == 1
    for i in range(first, last):
        x = table.inner[i]
        if x < n_inner:
            at = 0 if in_place else (i - first) * TILE
            _expect_tile(i, table, pay_column, work, ended, at, buffer)
            if in_place:
                for c in range(TILE):
                    work[x * TILE + c] = buffer[c]
    if not in_place:
        for i in range(first, last):
            x = table.inner[i]
            if x < n_inner:
                for c in range(TILE):
                    work[x * TILE + c] = buffer[(i - first) * TILE + c]


@kernel
def redraw_row(
    source: Float[np.ndarray, "column"],
    draw: Float[np.ndarray, "account profile profile_2"],
    landing: Int[np.ndarray, "belief"],
    chance: float,
    target: Float[np.ndarray, "column"],
) -> None:
    """Add `chance` times what a state is worth once types have been drawn afresh.

    Args:
        source: Values of the state that is reached.
        draw: Chance, by the prior of each account's owner, that profile p becomes profile p'.
        landing: Joint belief point to which each belief returns.
        chance: Chance of the entry.
        target: Added to.
    """
    n_accounts, n_profiles, _ = draw.shape
    n_beliefs = landing.size
    for p in range(n_profiles):
        for a in range(n_accounts):
            to = (p * n_accounts + a) * n_beliefs
            for drawn in range(n_profiles):
                share = chance * draw[a, p, drawn]
                if share != 0.0:
                    at = (drawn * n_accounts + a) * n_beliefs
                    for b in range(n_beliefs):
                        target[to + b] += share * source[at + landing[b]]


@kernel
def redraw_step(
    start: int,
    stop: int,
    k: int,
    table: ChainTable,
    draw: Float[np.ndarray, "mask account profile profile_2"],
    landing: Int[np.ndarray, "mask belief"],
    inner_values: Float[np.ndarray, "inner column"],
    ended: Float[np.ndarray, "ended column"],
    result: Float[np.ndarray, "affected column"],
) -> None:
    """Write the expectations of affected states `start:stop` of step k, types drawn included."""
    n_beliefs = landing.shape[1]
    for i in range(start, stop):
        n = table.step_start[k] + i
        if table.inner[n] >= inner_values.shape[0]:
            continue
        target = result[i]
        for c in range(target.size):
            paid = table.pay_row[n]
            target[c] = table.pay[paid, c // n_beliefs] if paid >= 0 else 0.0
        for e in range(table.entry_start[n], table.entry_start[n + 1]):
            successor = table.successor[e]
            source = inner_values[successor] if successor >= 0 else ended[-1 - successor]
            mask = table.redraw[e]
            if mask == 0 or successor < 0:
                for c in range(target.size):
                    target[c] += table.chance[e] * source[c]
            else:
                redraw_row(source, draw[mask], landing[mask], table.chance[e], target)
