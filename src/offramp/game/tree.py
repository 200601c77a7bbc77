"""The unrolled tree: every public history of a game as a node of its own.

A node is what has been seen up to a stage: the acts as they look, the public states they led to, and
whose types were drawn afresh. Chance results that lead to the same state teach nothing and share a
child. A period's end is no node: its payoffs accrue on the way into the first stage of the next
period, so nodes stand in layers, one per (period, stage), and a last layer for the end of play.

Children of a node are numbered in sequence, one per *signal* of its state, so a tree is little more than
three integers a node; chances, options and payments stay in the tables of the game, once per state.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Bool, Float, Int

from offramp.errors import GameError, Problem, TooLargeError
from offramp.game.factored import FORBIDDEN, Chain, Game, Options, Rows, StageTable, Step

__all__ = [
    "LARGEST_TREE",
    "Branching",
    "Signals",
    "Tree",
    "count_histories",
    "frozen_payoff",
    "redraw_average",
    "unroll",
]

LARGEST_TREE = (
    2_000_000  # nodes; about a gigabyte of beliefs and values for two players of two types
)
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
    """A stage's table, chance written out as joint results (`table.rows` is given), and its signals."""

    table: StageTable
    rows: Rows
    signals: Signals


@dataclass(frozen=True)
class Tree:
    """All public histories of a game from one start, in order of play.

    Layer `t * n_stages + m` holds nodes `layer_start[i]:layer_start[i+1]`; the last layer holds the ends
    of play at the horizon. Nodes of ended play stand in the layer after the stage that ended it.

    Attributes:
        branchings: `branchings[t or 0][m]`, shared like `Game.stages`.
        state: State in the layer's slot, or `-1 - e` where play has ended. In the last layer: state of
            the period's end.
        closing: State of the period's end on which payoffs accrued on the way into this node; -1
            where no period ended.
        parent: -1 for roots.
        signal: Number of the parent's signal that leads here (within its state); for roots the
            slot-0 state.
        first_child: Node of the first signal; -1 where play is over.
        start_chance: Chance of each root.
    """

    game: Game
    case: str
    branchings: tuple[tuple[Branching, ...], ...]
    layer_start: Int[np.ndarray, "layer_1"]
    state: Int[np.ndarray, "node"]
    closing: Int[np.ndarray, "node"]
    parent: Int[np.ndarray, "node"]
    signal: Int[np.ndarray, "node"]
    first_child: Int[np.ndarray, "node"]
    start_chance: Float[np.ndarray, "root"]

    @property
    def n_nodes(self) -> int:
        """Number of nodes, ends of play included."""
        return len(self.state)

    @property
    def n_stages(self) -> int:
        """Stages in a period."""
        return len(self.branchings[0])

    @property
    def n_layers(self) -> int:
        """Number of layers, the last one (ends of play) included."""
        return len(self.layer_start) - 1

    def layer(self, period: int, stage: int) -> slice:
        """Return the nodes that stand before a stage of a period (both from 0)."""
        i = period * self.n_stages + stage
        return slice(int(self.layer_start[i]), int(self.layer_start[i + 1]))

    def branching(self, period: int, stage: int) -> Branching:
        """Return the stage's table and signals in a period (both from 0)."""
        return self.branchings[period if len(self.branchings) > 1 else 0][stage]

    def place(self, node: int) -> tuple[int, int]:
        """Return (period, stage) of a node, from 0; the end of play is (n_periods, 0)."""
        i = int(np.searchsorted(self.layer_start, node, side="right")) - 1
        return divmod(i, self.n_stages)

    def history(self, node: int) -> list[int]:
        """Return the nodes from a root to `node`, both included."""
        path = [node]
        while (up := int(self.parent[path[-1]])) >= 0:
            path.append(up)
        return path[::-1]


def unroll(game: Game, start: str | None = None, *, limit: int = LARGEST_TREE) -> Tree:
    """Unroll a game into its public histories, from a case's start (the first one if not given).

    Raises:
        GameError: The game has no horizon.
        TooLargeError: There are more than `limit` histories; nothing has been allocated for them.
    """
    case = next(iter(game.start)) if start is None else start
    branchings = _branchings(game, limit)
    layer_sizes = count_histories(game, branchings, game.start[case])
    _refuse_beyond(limit, layer_sizes, game)
    layers = [_roots(game.start[case])]
    for t in range(game.n_periods):
        for m in range(len(game.stage_names)):
            branching = branchings[t if len(branchings) > 1 else 0][m]
            layers.append(_grow(layers[-1], branching, game, t, m))
    return _assemble(game, case, branchings, layers)


@dataclass
class _Layer:
    """One layer while the tree grows; parents are numbered from the first node of all."""

    first: int
    state: np.ndarray
    closing: np.ndarray
    parent: np.ndarray
    signal: np.ndarray
    first_child: np.ndarray


def _roots(chance: Float[np.ndarray, "state"]) -> _Layer:
    state = np.flatnonzero(chance > 0).astype(np.int32)
    none = np.full(len(state), -1, np.int32)
    return _Layer(0, state, none, none.copy(), state.copy(), none.copy())


def _grow(above: _Layer, branching: Branching, game: Game, t: int, m: int) -> _Layer:
    """Return the layer of all children of `above`, whose `first_child` is filled in."""
    signals = branching.signals
    alive = above.state >= 0
    state = above.state[alive]
    n_children = signals.start[state + 1] - signals.start[state]
    first = above.first + len(above.state)
    offset = np.concatenate([[0], np.cumsum(n_children)])
    above.first_child[alive] = first + offset[:-1]
    local = np.arange(offset[-1]) - np.repeat(offset[:-1], n_children)
    parent = np.repeat(above.first + np.flatnonzero(alive), n_children).astype(np.int32)
    successor = signals.successor[np.repeat(signals.start[state], n_children) + local]
    closing = np.full(len(successor), -1, np.int32)
    if m == len(game.stage_names) - 1:
        goes_on = successor >= 0
        closing[goes_on] = successor[goes_on]
        if t < game.n_periods - 1:
            successor[goes_on] = game.roll[successor[goes_on]]
    none = np.full(len(successor), -1, np.int32)
    return _Layer(first, successor.astype(np.int32), closing, parent, local.astype(np.int32), none)


def _assemble(
    game: Game, case: str, branchings: tuple[tuple[Branching, ...], ...], layers: list[_Layer]
) -> Tree:
    chance = game.start[case]
    return Tree(
        game=game,
        case=case,
        branchings=branchings,
        layer_start=np.concatenate([[0], np.cumsum([len(layer.state) for layer in layers])]),
        state=np.concatenate([layer.state for layer in layers]),
        closing=np.concatenate([layer.closing for layer in layers]),
        parent=np.concatenate([layer.parent for layer in layers]),
        signal=np.concatenate([layer.signal for layer in layers]),
        first_child=np.concatenate([layer.first_child for layer in layers]),
        start_chance=chance[chance > 0] / chance.sum(),
    )


# --- counting --------------------------------------------------------------------------------------------


def count_histories(
    game: Game,
    branchings: Sequence[Sequence[Branching]],
    start: Float[np.ndarray, "state"],
) -> Float[np.ndarray, "layer"]:
    """Return how many nodes each layer will have, from how many histories lead to each state.

    Counts are floats, so that a tree beyond all bounds is counted too.
    """
    count = (start > 0).astype(np.float64)
    sizes = [count.sum()]
    for t in range(game.n_periods):
        for m in range(len(game.stage_names)):
            signals = branchings[t if len(branchings) > 1 else 0][m].signals
            of_signal = np.repeat(count[: len(signals.start) - 1], np.diff(signals.start))
            sizes.append(of_signal.sum())
            alive = (signals.successor >= 0) & (of_signal > 0)
            into = signals.successor[alive]
            if m == len(game.stage_names) - 1:
                if t == game.n_periods - 1:
                    break  # at the horizon, nothing follows (and states first met there never roll)
                into = game.roll[into]
            n_next = len(game.codes[(m + 1) % len(game.stage_names)])
            count = np.bincount(into, weights=of_signal[alive], minlength=n_next)
    return np.array(sizes)


def _refuse_beyond(limit: int, layer_sizes: Float[np.ndarray, "layer"], game: Game) -> None:
    total = layer_sizes.sum()
    if total <= limit:
        return
    n_stages = len(game.stage_names)
    by_stage = np.array([layer_sizes[m + 1 :: n_stages].sum() for m in range(n_stages)])
    fan = by_stage / np.array([layer_sizes[m:-1:n_stages].sum() for m in range(n_stages)])
    widest = int(np.argmax(fan))
    ends = np.cumsum(layer_sizes)[n_stages::n_stages]
    n_fitting = int(np.sum(ends <= limit))
    raise TooLargeError(
        Problem(
            code="G541",
            message=f"the tree of public histories has {total:.4g} nodes; at most {limit:,} are "
            f"kept.\nWhat makes it large: {game.n_periods} periods, and stage "
            f"'{game.stage_names[widest]}', after which {fan[widest]:.3g} different things can "
            "have been seen on average.",
            path="solver.beliefs",
            fix="use `beliefs: grid`, or "
            + (f"at most {n_fitting} periods." if n_fitting else "a game with fewer public acts."),
        )
    )


# --- the tables with their signals -----------------------------------------------------------------------


def _branchings(game: Game, limit: int) -> tuple[tuple[Branching, ...], ...]:
    """Return every stage's branching; periods that share a table share it too."""
    if game.forever:
        raise GameError(
            Problem(
                code="G542",
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
    """Write a chain of small operators out as one row of joint results a state."""
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
                code="G541",
                message=f"the tree of public histories needs the joint results of stage '{name}': "
                f"{n_results:,} in {n_states:,} states.",
                path="solver.beliefs",
                fix="use `beliefs: grid`, which applies effects one after another.",
            )
        )


# --- payoffs that do not depend on the history -----------------------------------------------------------


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
    return prior / prior.sum(axis=1, keepdims=True)


def account_discounts(game: Game) -> Float[np.ndarray, "account"]:
    """Return the discount that applies to each account: its player's."""
    return np.array([game.players[account.player].discount for account in game.accounts])


def frozen_payoff(game: Game) -> Float[np.ndarray, "period ended profile account belief"]:
    """Return what an ended state still pays from period t's end to the horizon, in units of period t.

    The tail is included. Belief-dependent payoffs are given at the points of the belief grid.
    """
    last = game.n_periods - 1
    shared = len(game.ended_payoff) == 1
    discount = account_discounts(game)[:, None]
    total = np.zeros((game.n_periods, *game.ended_payoff[0].shape))
    total[last] = (1.0 + game.tail) * game.ended_payoff[0 if shared else last]
    for t in range(last - 1, -1, -1):
        total[t] = game.ended_payoff[0 if shared else t] + discount * total[t + 1]
    return total
