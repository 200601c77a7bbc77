"""Walk every public history with a solution of the belief grid, beliefs updated exactly."""

from __future__ import annotations

import numpy as np

from offramp.equilibrium import Equilibrium
from offramp.equilibrium.certify import replies_at
from offramp.equilibrium.walks import Visit
from offramp.game.tree import Tree

__all__ = ["replies_of_histories"]

Reply = np.ndarray


def replies_of_histories(equilibrium: Equilibrium, tree: Tree) -> dict[tuple[int, int], Reply]:
    """Return what the grid's solution plays at every node of `tree`, by node and mover.

    Each reply is solved at the exact belief, which follows from the replies before it.
    """
    grid = equilibrium.game.grid
    beliefs = {root: grid.points[grid.reference].copy() for root in range(len(tree.start_chance))}
    found: dict[tuple[int, int], Reply] = {}
    for period in range(tree.game.n_periods):
        for stage in range(tree.n_stages):
            layer = tree.layer(period, stage)
            nodes = [n for n in range(layer.start, layer.stop) if tree.first_child[n] >= 0]
            choosing = [n for n in nodes if _has_choice(tree, n)]
            visits = [Visit(period, stage, int(tree.state[n]), beliefs[n]) for n in choosing]
            for node, reply in zip(choosing, replies_at(equilibrium, visits), strict=True):
                found |= {(node, mover): one for mover, one in enumerate(reply)}
            for node in nodes:
                _teach(tree, node, found, beliefs)
    return found


def _has_choice(tree: Tree, node: int) -> bool:
    state = tree.state[node]
    movers = tree.branching(*tree.place(node)).table.movers
    return any(mover.start[state + 1] > mover.start[state] for mover in movers)


def _teach(
    tree: Tree,
    node: int,
    found: dict[tuple[int, int], Reply],
    beliefs: dict[int, np.ndarray],
) -> None:
    """Write the beliefs at a node's children, for open acts and results that read a type."""
    branching, state = tree.branching(*tree.place(node)), tree.state[node]
    rows, table = branching.rows, branching.table
    for row in range(rows.start[state], rows.start[state + 1]):
        for entry in range(rows.entry_start[row], rows.entry_start[row + 1]):
            belief = beliefs[node].copy()
            for i, mover in enumerate(table.movers):
                j = tree.game.players[mover.player].typed
                if j >= 0 and rows.option[row, i] >= 0:
                    reply = found[node, i][rows.option[row, i] - mover.start[state]]
                    belief[j, : len(reply)] *= reply
            if table.reader >= 0:
                chance = rows.chance[entry]
                belief[table.reader, : len(chance)] *= chance
            child = int(tree.first_child[node]) + int(branching.signals.of_entry[entry])
            beliefs[child] = belief / belief.sum(axis=1, keepdims=True)
