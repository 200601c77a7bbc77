"""Sparse expectations over successors, with the profile-account-belief block innermost.

A *column* numbers one profile, account and belief; a row of `values` holds all columns of a state,
`column = (profile * n_accounts + account) * n_beliefs + belief`. Payments do not depend on belief
and have one number per profile and account: `pay[row, column // n_beliefs]`.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

from offramp.equilibrium.kernels.cache import kernel, part, spot

__all__ = [
    "TILE",
    "ChainTable",
    "RowTable",
    "accrue",
    "expect_options",
    "expect_row",
    "redraw_row",
    "redraw_step",
    "run_chain",
]

TILE = 8  # columns of one chain task, a cache line: the inner states' tiles stay in cache


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
                values[s, spot(column + b)] = weight * payoff[s, pa, b if varies else 0]
            if goes_on:
                row = roll[s]
                for b in range(n_beliefs):
                    values[s, spot(column + b)] += factor * next_values[row, spot(column + b)]


@part
def expect_row(
    row: int,
    table: RowTable,
    n_beliefs: int,
    values: Float[np.ndarray, "state column"],
    ended: Float[np.ndarray, "ended column"],
    at: int,
    expected: Float[np.ndarray, "place column"],
) -> None:
    """Write what a row of a table pays and leads to at `expected[at]`.

    Chances must read no type (one column) and no type may be drawn afresh.
    """
    entry_start, successor, chance, pay = (
        table.entry_start,
        table.successor,
        table.chance,
        table.pay,
    )
    for pa in range(pay.shape[1]):
        for c in range(pa * n_beliefs, (pa + 1) * n_beliefs):
            expected[at, spot(c)] = pay[row, pa]
    for e in range(entry_start[row], entry_start[row + 1]):
        share, to = chance[e, 0], successor[e]
        if to >= 0:
            for c in range(values.shape[1]):
                expected[at, c] += share * values[to, c]
        else:
            for c in range(values.shape[1]):
                expected[at, c] += share * ended[-1 - to, c]


@part
def expect_options(
    s: int,
    n_options: int,
    table: RowTable,
    n_beliefs: int,
    next_values: Float[np.ndarray, "next_state column"],
    ended: Float[np.ndarray, "ended column"],
    after: Float[np.ndarray, "option column"],
    values: Float[np.ndarray, "state column"],
) -> bool:
    """Write what each option of a state pays and leads to; say whether there is any.

    A state without options has one row, which is passed over to its value.
    """
    row = table.start[s]
    if n_options == 0:
        expect_row(row, table, n_beliefs, next_values, ended, s, values)
        return False
    for a in range(n_options):
        expect_row(row + a, table, n_beliefs, next_values, ended, a, after)
    return True


@part
def _load_tile(
    source: Float[np.ndarray, "state column"],
    rows: Int[np.ndarray, "inner"],
    n_rows: int,
    first_column: int,
    width: int,
    origin: int,
    work: Float[np.ndarray, "inner_tile"],
) -> None:
    """Copy some columns of the given rows; few instructions, so that many loads are under way."""
    for x in range(n_rows):
        at, row = (origin + x) * TILE, rows[x]
        if row >= 0 and width == TILE:
            for c in range(TILE):
                work[spot(at + c)] = source[spot(row), spot(first_column + c)]
        else:
            for c in range(TILE):
                within = row >= 0 and c < width
                work[spot(at + c)] = source[spot(row), spot(first_column + c)] if within else 0.0


@part
def _store_tile(
    work: Float[np.ndarray, "inner_tile"],
    rows: Int[np.ndarray, "state"],
    origin: int,
    first_column: int,
    width: int,
    target: Float[np.ndarray, "state column"],
) -> None:
    for s in range(rows.size):
        at = (origin + rows[s]) * TILE
        if width == TILE:
            for c in range(TILE):
                target[s, spot(first_column + c)] = work[spot(at + c)]
        else:
            for c in range(width):
                target[s, spot(first_column + c)] = work[spot(at + c)]


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
    widest = 1
    for k in range(steps[0], steps[1]):
        widest = max(widest, table.step_start[k + 1] - table.step_start[k])
    # ended states stand before the inner ones, the last first: entry s is row n_ended + s
    work = np.empty((n_ended + n_inner) * TILE)
    buffer = np.empty(widest * TILE)
    pay_column = np.zeros(TILE, dtype=np.int64)
    backwards = np.arange(n_ended - 1, -1, -1)
    for tile in range(start, stop):
        first_column = tile * TILE
        width = min(TILE, n_columns - first_column)
        for c in range(width):
            pay_column[c] = (first_column + c) // n_beliefs
        _load_tile(ended, backwards, n_ended, first_column, width, 0, work)
        _load_tile(source, leave, n_inner, first_column, width, n_ended, work)
        for k in range(steps[1] - 1, steps[0] - 1, -1):
            _run_step(k, table, n_inner, n_ended, pay_column, buffer, work)
        _store_tile(work, enter, n_ended, first_column, width, target)


@part
def _run_step(
    k: int,
    table: ChainTable,
    n_inner: int,
    n_ended: int,
    pay_column: Int[np.ndarray, "tile"],
    buffer: Float[np.ndarray, "affected_tile"],
    work: Float[np.ndarray, "row_tile"],
) -> None:
    """Take one step: in place where its order allows, else by way of the buffer."""
    first, last = table.step_start[k], table.step_start[k + 1]
    inner, in_place = table.inner, table.in_place[k] == 1
    _expect_tiles(
        first,
        last,
        in_place,
        table.inner,
        table.entry_start,
        table.successor,
        table.chance,
        table.pay_row,
        table.pay,
        pay_column,
        n_inner,
        n_ended,
        work,
        work if in_place else buffer,
    )
    if not in_place:
        for i in range(first, last):
            if inner[i] < n_inner:
                at = (n_ended + inner[i]) * TILE
                for c in range(TILE):
                    work[at + c] = buffer[(i - first) * TILE + c]


@part
def _expect_tiles(
    first: int,
    last: int,
    in_place: bool,
    inner: Int[np.ndarray, "affected"],
    entry_start: Int[np.ndarray, "affected_1"],
    successor: Int[np.ndarray, "entry"],
    chance: Float[np.ndarray, "entry"],
    pay_row: Int[np.ndarray, "affected"],
    pay: Float[np.ndarray, "paying profile_account"],
    pay_column: Int[np.ndarray, "tile"],
    n_inner: int,
    n_ended: int,
    work: Float[np.ndarray, "row_tile"],
    result: Float[np.ndarray, "row_tile"],
) -> None:
    """Write the expectations of affected states `first:last`, `TILE` columns in registers."""
    for i in range(first, last):
        x = inner[spot(i)]
        if x >= n_inner:
            continue
        s0 = s1 = s2 = s3 = s4 = s5 = s6 = s7 = 0.0
        paid = pay_row[spot(i)]
        if paid >= 0:
            s0, s1 = pay[spot(paid), spot(pay_column[0])], pay[spot(paid), spot(pay_column[1])]
            s2, s3 = pay[spot(paid), spot(pay_column[2])], pay[spot(paid), spot(pay_column[3])]
            s4, s5 = pay[spot(paid), spot(pay_column[4])], pay[spot(paid), spot(pay_column[5])]
            s6, s7 = pay[spot(paid), spot(pay_column[6])], pay[spot(paid), spot(pay_column[7])]
        for e in range(entry_start[spot(i)], entry_start[spot(i + 1)]):
            share, at = chance[spot(e)], (n_ended + successor[spot(e)]) * TILE
            s0 += share * work[spot(at)]
            s1 += share * work[spot(at + 1)]
            s2 += share * work[spot(at + 2)]
            s3 += share * work[spot(at + 3)]
            s4 += share * work[spot(at + 4)]
            s5 += share * work[spot(at + 5)]
            s6 += share * work[spot(at + 6)]
            s7 += share * work[spot(at + 7)]
        to = (n_ended + x if in_place else i - first) * TILE
        result[spot(to)] = s0
        result[spot(to + 1)] = s1
        result[spot(to + 2)] = s2
        result[spot(to + 3)] = s3
        result[spot(to + 4)] = s4
        result[spot(to + 5)] = s5
        result[spot(to + 6)] = s6
        result[spot(to + 7)] = s7


@part
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
                        target[spot(to + b)] += share * source[spot(at + landing[b])]


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
