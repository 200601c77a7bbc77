"""The tree as a game: a `Game` whose public states are histories.

Under given strategies nobody has anything left to learn at a history, so the belief grid is a
single point, and whatever runs on a game (the forward pass and its measures) runs on a tree. One
table serves all periods, since every history belongs to one.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from offramp.game.beliefs import build_grid, observer_belief
from offramp.game.branching import own_priors
from offramp.game.factored import Game, Options, Rows, StageTable
from offramp.game.tree import Tree

if TYPE_CHECKING:
    from jaxtyping import Float, Int

__all__ = ["history_numbers", "tree_as_game"]


class HistoryNumbers(NamedTuple):
    """How the nodes of a tree are numbered as states.

    Attributes:
        nodes: Per slot, the node of each state, in order of play; the last slot holds the ends of
            periods.
        state: Number of each node in its stage's slot, or `-1 - e` for the e-th end of play by an
            ending; for ends of play at the horizon, in the last slot.
        ended: Nodes where an ending has ended play.
    """

    nodes: tuple[Int[np.ndarray, "state"], ...]
    state: Int[np.ndarray, "node"]
    ended: Int[np.ndarray, "ended"]


def history_numbers(tree: Tree) -> HistoryNumbers:
    """Give the nodes of a tree their numbers as states of a game."""
    layer = np.repeat(np.arange(tree.n_layers), np.diff(tree.layer_start))
    stage = np.where(layer == tree.n_layers - 1, tree.n_stages, layer % tree.n_stages)
    alive = tree.state >= 0
    state = np.full(tree.n_nodes, -1, np.int64)
    nodes = []
    for m in range(tree.n_stages):
        nodes.append(np.flatnonzero(alive & (stage == m)))
        state[nodes[m]] = np.arange(len(nodes[m]))
    closing = np.flatnonzero(tree.closing >= 0)
    at_horizon = stage == tree.n_stages
    number = np.full(tree.n_nodes, -1, np.int64)
    number[closing] = np.arange(len(closing))
    state[at_horizon] = number[at_horizon]
    ended = np.flatnonzero(~alive)
    state[ended] = -1 - np.arange(len(ended))
    return HistoryNumbers((*nodes, closing), state, ended)


def tree_as_game(tree: Tree, belief: Float[np.ndarray, "node typed type"]) -> Game:
    """Return the game on histories.

    Args:
        belief: Reference belief at each node; payoffs that read beliefs become numbers.
    """
    game = tree.game
    numbers = history_numbers(tree)
    closing = numbers.nodes[-1]
    last_slot = np.full(tree.n_nodes, -1, np.int64)
    last_slot[closing] = np.arange(len(closing))
    roll = np.where(numbers.state[closing] >= 0, numbers.state[closing], -1)
    roll[closing >= tree.layer_start[-2]] = -1
    roots = np.zeros(len(numbers.nodes[0]))
    roots[: len(tree.start_chance)] = tree.start_chance
    return replace(
        game,
        stages=(tuple(_table(tree, m, numbers, last_slot) for m in range(tree.n_stages)),),
        n_reached=_reached(tree, numbers),
        codes=tuple(
            game.codes[m][tree.closing[nodes] if m == tree.n_stages else tree.state[nodes]]
            for m, nodes in enumerate(numbers.nodes)
        ),
        roll=roll,
        payoff=tuple(
            _paid(game, one, tree.closing[closing], belief[closing]) for one in game.payoff
        ),
        ended_payoff=tuple(
            _paid(game, one, -1 - tree.state[numbers.ended], belief[numbers.ended])
            for one in game.ended_payoff
        ),
        ended_codes=game.ended_codes[-1 - tree.state[numbers.ended]],
        ended_by=game.ended_by[-1 - tree.state[numbers.ended]],
        start={tree.case: roots},
        grid=build_grid(
            len(game.players),
            [own_priors(game, j) for j in range(len(game.typed))],
            [np.bincount(game.profiles[:, j], weights=game.prior) for j in range(len(game.typed))],
            game.typed,
            game.profiles,
            [0] * len(game.typed),
        ),
        learning=False,
    )


def _reached(tree: Tree, numbers: HistoryNumbers) -> Int[np.ndarray, "period slot"]:
    """Return how many histories of each slot belong to period t or earlier."""
    n_periods = tree.game.n_periods
    reached = np.zeros((n_periods, tree.n_stages + 1), np.int64)
    for t in range(n_periods):
        for m, nodes in enumerate(numbers.nodes):
            layer = (t + 1) * tree.n_stages if m == tree.n_stages else t * tree.n_stages + m
            reached[t, m] = np.searchsorted(nodes, tree.layer_start[layer + 1])
    return reached


def _paid(
    game: Game,
    table: Float[np.ndarray, "state profile account one_or_constant_and_belief"],
    states: Int[np.ndarray, "history"],
    belief: Float[np.ndarray, "history typed type"],
) -> Float[np.ndarray, "history profile account one"]:
    """Return the payoffs of histories; those that read beliefs at the beliefs held there."""
    paid = table[states]
    total: np.ndarray = paid[..., :1].copy()
    at = 1
    for j in range(len(game.typed) if paid.shape[3] > 1 else 0):
        n_types = len(game.players[game.typed[j]].types)
        for a, account in enumerate(game.accounts):
            tilt = game.grid.tilt[account.player, j, :n_types]
            opinion = observer_belief(belief[:, j, :n_types], tilt)
            slopes = paid[:, :, a, at : at + n_types]
            total[:, :, a, 0] += np.einsum("hpt,ht->hp", slopes, opinion)
        at += n_types
    return total


# --- tables ---------------------------------------------------------------------------------------


class _Span(NamedTuple):
    """Items of chosen groups: `start` of each group's own, and the `source` of every item."""

    start: Int[np.ndarray, "group_1"]
    source: Int[np.ndarray, "item"]
    group: Int[np.ndarray, "item"]


def _span(starts: Int[np.ndarray, "state_1"], which: Int[np.ndarray, "group"]) -> _Span:
    count = starts[which + 1] - starts[which]
    start = np.concatenate([[0], np.cumsum(count)]).astype(np.int64)
    group = np.repeat(np.arange(len(which)), count)
    return _Span(start, starts[which][group] + np.arange(start[-1]) - start[group], group)


def _table(
    tree: Tree, m: int, numbers: HistoryNumbers, last_slot: Int[np.ndarray, "node"]
) -> StageTable:
    """Return one stage's table over the histories of all periods."""
    pieces = []
    for t in range(tree.game.n_periods):
        nodes = numbers.nodes[m]
        layer = tree.layer(t, m)
        pieces.append(_piece(tree, t, m, nodes[(nodes >= layer.start) & (nodes < layer.stop)]))
    successor = np.concatenate([piece.child for piece in pieces])
    into = last_slot if m == tree.n_stages - 1 else numbers.state
    followed = np.where(tree.state[successor] >= 0, into[successor], numbers.state[successor])
    table = tree.branching(0, m).table
    return replace(
        table,
        movers=tuple(
            _joined_options([piece.movers[i] for piece in pieces]) for i in range(len(table.movers))
        ),
        rows=_joined_rows([piece.rows for piece in pieces], followed),
    )


class _Piece(NamedTuple):
    """One layer's part of a table; successors are nodes (`child`), option numbers its own."""

    movers: tuple[Options, ...]
    rows: Rows
    child: Int[np.ndarray, "entry"]


def _piece(tree: Tree, t: int, m: int, nodes: Int[np.ndarray, "history"]) -> _Piece:
    branching = tree.branching(t, m)
    rows, state = branching.rows, tree.state[nodes]
    row = _span(rows.start, state)
    movers, option = [], np.full((len(row.source), len(branching.table.movers)), -1, np.int64)
    for i, mover in enumerate(branching.table.movers):
        own = _span(mover.start, state)
        movers.append(
            replace(
                mover,
                start=own.start,
                action=mover.action[own.source],
                seen_as=mover.seen_as[own.source],
                bound=mover.bound[own.source],
            )
        )
        old = rows.option[row.source, i]
        moved = old - mover.start[state][row.group] + own.start[:-1][row.group]
        option[:, i] = np.where(old >= 0, moved, -1)
    entry = _span(rows.entry_start, row.source)
    signal = branching.signals.of_entry[entry.source]
    possible = signal >= 0
    kept = entry.source[possible]
    n_kept = np.concatenate([[0], np.cumsum(possible)])
    child = tree.first_child[nodes[row.group[entry.group[possible]]]] + signal[possible]
    pieces = Rows(
        start=row.start,
        option=option,
        entry_start=n_kept[entry.start],
        successor=child,
        chance=rows.chance[kept],
        redraw=rows.redraw[kept],
        pay=rows.pay[row.source],
    )
    return _Piece(tuple(movers), pieces, child)


def _chained(starts: list[Int[np.ndarray, "group_1"]]) -> Int[np.ndarray, "group_1"]:
    """Join arrays of starts, each counting on from where the one before ended."""
    total, parts = 0, [np.zeros(1, np.int64)]
    for start in starts:
        parts.append(start[1:] + total)
        total += int(start[-1])
    return np.concatenate(parts)


def _joined_options(parts: list[Options]) -> Options:
    return replace(
        parts[0],
        start=_chained([part.start for part in parts]),
        action=np.concatenate([part.action for part in parts]),
        seen_as=np.concatenate([part.seen_as for part in parts]),
        bound=np.concatenate([part.bound for part in parts]),
    )


def _joined_rows(parts: list[Rows], successor: Int[np.ndarray, "entry"]) -> Rows:
    before = np.zeros(parts[0].option.shape[1], np.int64)
    option = []
    for part in parts:
        option.append(np.where(part.option >= 0, part.option + before, -1))
        before = np.maximum(before, option[-1].max(axis=0, initial=-1) + 1)
    return Rows(
        start=_chained([part.start for part in parts]),
        option=np.concatenate(option),
        entry_start=_chained([part.entry_start for part in parts]),
        successor=successor,
        chance=np.concatenate([part.chance for part in parts]),
        redraw=np.concatenate([part.redraw for part in parts]),
        pay=np.concatenate([part.pay for part in parts]),
    )
