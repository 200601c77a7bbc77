"""Hold a compiled game's tables against the slow evaluator's branches, history by history."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from offramp.game import Game
from offramp.game.tree import Branching
from offramp.game.tree import Tree as GameTree
from oracles.slow_tree import Node, Profile, Tree, profiles_of

__all__ = ["Difference", "compare_tables"]


class Difference(NamedTuple):
    """Where a table disagrees, and by how much."""

    what: str
    node: Node
    acts: tuple[tuple[str, str], ...]
    size: float


class _Row(NamedTuple):
    """What a joint act brings, by profile of types: chance of each child, mean payment."""

    chance: dict[int, np.ndarray]
    pay: np.ndarray


def compare_tables(slow: Tree, tree: GameTree, found: dict[int, int]) -> Iterator[Difference]:
    """Yield the largest difference in chance and in payment at every node and joint act."""
    profiles = profiles_of(slow.crisis)
    for node in slow.nodes():
        if node.branches:
            ours = _our_rows(node, tree, found[id(node)])
            theirs = _slow_rows(node, tree.game, profiles, found)
            assert set(ours) == set(theirs), (node.history, set(ours) ^ set(theirs))
            for acts, row in theirs.items():
                children = set(row.chance) | set(ours[acts].chance)
                nothing = np.zeros(len(profiles))
                gap = max(
                    np.abs(row.chance.get(c, nothing) - ours[acts].chance.get(c, nothing)).max()
                    for c in children
                )
                yield Difference("chance", node, acts, float(gap))
                yield Difference("pay", node, acts, float(np.abs(row.pay - ours[acts].pay).max()))


def _slow_rows(
    node: Node, game: Game, profiles: list[Profile], found: dict[int, int]
) -> dict[tuple[tuple[str, str], ...], _Row]:
    rows: dict[tuple[tuple[str, str], ...], _Row] = {}
    for branch in node.branches:
        acts = tuple(branch.acts.items())
        if acts not in rows:
            chance: dict[int, np.ndarray] = defaultdict(lambda: np.zeros(len(profiles)))
            rows[acts] = _Row(chance, np.zeros((len(profiles), len(game.players))))
        for number, profile in enumerate(profiles):
            if profile not in branch.chance:
                continue
            rows[acts].chance[found[id(branch.child)]][number] += branch.chance[profile]
            for k, player in enumerate(game.players):
                amount = branch.pays[profile].get(player.name, 0.0)
                rows[acts].pay[number, k] += branch.chance[profile] * amount
    return rows


def _our_rows(node: Node, tree: GameTree, number: int) -> dict[tuple[tuple[str, str], ...], _Row]:
    branching = tree.branching(node.period - 1, node.stage)
    state = int(tree.state[number])
    rows = branching.rows
    return {
        _acts(tree.game, branching, row): _our_row(tree, branching, number, row)
        for row in range(int(rows.start[state]), int(rows.start[state + 1]))
    }


def _acts(game: Game, branching: Branching, row: int) -> tuple[tuple[str, str], ...]:
    named = []
    for k, mover in enumerate(branching.table.movers):
        option = int(branching.rows.option[row, k])
        if option >= 0:
            named.append((game.players[mover.player].name, mover.names[mover.action[option]]))
    return tuple(named)


def _our_row(tree: GameTree, branching: Branching, number: int, row: int) -> _Row:
    game, rows = tree.game, branching.rows
    reader = branching.table.reader
    column = game.profiles[:, reader] if reader >= 0 else np.zeros(len(game.profiles), int)
    chance: dict[int, np.ndarray] = defaultdict(lambda: np.zeros(len(game.profiles)))
    for entry in range(int(rows.entry_start[row]), int(rows.entry_start[row + 1])):
        signal = int(branching.signals.of_entry[entry])
        if signal >= 0:
            child = int(tree.first_child[number]) + signal
            chance[child] += rows.chance[entry][column]
    return _Row(chance, rows.pay[row])
