"""What was publicly seen on the way into a node of the unrolled tree, in words."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from offramp.game.tree import Tree

__all__ = ["words_into"]


def words_into(tree: Tree, node: int) -> str:
    """Return what was seen on the way into a node: acts, and what they do not tell."""
    parent = int(tree.parent[node])
    if parent < 0:
        roots = range(len(tree.start_chance))
        return _result_words(tree, node, roots) if len(roots) > 1 else ""
    t, m = tree.place(parent)
    branching = tree.branching(t, m)
    signals, state = branching.signals, tree.state[parent]
    siblings = slice(signals.start[state], signals.start[state + 1])
    own = signals.start[state] + tree.signal[node]
    acts = "+".join(
        mover.names[act]
        for mover, act in zip(branching.table.movers, signals.seen[own], strict=True)
        if act >= 0
    )
    alike = np.flatnonzero((signals.seen[siblings] == signals.seen[own]).all(axis=1))
    if len(alike) == 1:
        return acts
    result = _result_words(tree, node, [int(tree.first_child[parent] + i) for i in alike])
    return f"{acts}>{result}" if acts else result


def _result_words(tree: Tree, node: int, alike: Sequence[int]) -> str:
    """Return what tells a node from those that the same acts may lead to."""
    told = [_levels(tree, other) for other in alike]
    names = dict.fromkeys(name for levels in told for name in levels)
    differ = [name for name in names if len({levels.get(name) for levels in told}) > 1]
    own = told[alike.index(node)]
    return " ".join(f"{name}={own.get(name, 'no')}" for name in differ)


def _levels(tree: Tree, node: int) -> dict[str, str]:
    """Return what is publicly known at a node: levels, how play ended, who was drawn afresh."""
    state, closing = int(tree.state[node]), int(tree.closing[node])
    if state < 0:
        code = tree.game.ended_codes[-1 - state]
        told = {"end": tree.game.endings[tree.game.ended_by[-1 - state]]}
    else:
        slot = len(tree.game.stage_names) if closing >= 0 else tree.place(node)[1]
        code = tree.game.codes[slot][closing if closing >= 0 else state]
        told = {}
    for j, player in enumerate(tree.game.typed):
        if _redrawn(tree, node) >> j & 1:
            told[f"new {tree.game.players[player].name}"] = "yes"
    return {**tree.game.space.describe(int(code)), **told}


def _redrawn(tree: Tree, node: int) -> int:
    parent = int(tree.parent[node])
    if parent < 0:
        return 0
    signals = tree.branching(*tree.place(parent)).signals
    first = signals.start[tree.state[parent]]
    return int(signals.redraw[first + tree.signal[node]])
