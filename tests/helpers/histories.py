"""Match the slow evaluator's public histories with the program's own, by what was seen."""

from __future__ import annotations

from collections.abc import Iterator

from offramp.game import Game
from offramp.game.tree import Tree as GameTree
from oracles.slow_tree import Node, Signal, Tree

__all__ = ["match_histories"]


def match_histories(slow: Tree, tree: GameTree) -> dict[int, int]:
    """Return the program's node number of each slow node, by identity.

    Period ends are no nodes of their own there, and carry the number of what follows.

    Raises:
        AssertionError: The two trees do not hold the same public histories.
    """
    return _Matcher(slow, tree).match()


class _Matcher:
    def __init__(self, slow: Tree, tree: GameTree) -> None:
        self.slow = slow
        self.tree = tree
        self.game: Game = tree.game
        self.names = [v.name for v in slow.crisis.variables]
        self.found: dict[int, int] = {}

    def match(self) -> dict[int, int]:
        roots = {
            self.levels(0, int(self.tree.state[node])): node
            for node in range(len(self.tree.start_chance))
        }
        assert len(roots) == len(self.slow.roots)
        for _, root in self.slow.roots:
            self.pair(root, roots[tuple(root.moment.levels.values())])
        return self.found

    def levels(self, slot: int, state: int) -> tuple[int, ...]:
        code = self.game.ended_codes[-1 - state] if state < 0 else self.game.codes[slot][state]
        column = self.game.space.decode(code[None])[:, 0]
        return tuple(int(level) for level in column[: len(self.names)])

    def pair(self, node: Node, number: int) -> None:
        self.found[id(node)] = number
        if node.ending is not None:
            return
        if node.following is not None:
            self.pair(node.following, number)
        if not node.branches:
            return
        slow = {branch.signal: branch.child for branch in node.branches}
        listed = list(self.children(node, number))
        ours = dict(listed)
        assert len(ours) == len(listed), "two of the program's histories look alike"
        assert set(slow) == set(ours), (node.history, set(slow) ^ set(ours))
        for signal, child in slow.items():
            self.pair(child, ours[signal])

    def children(self, node: Node, number: int) -> Iterator[tuple[Signal, int]]:
        branching = self.tree.branching(node.period - 1, node.stage)
        signals, state = branching.signals, int(self.tree.state[number])
        first = int(self.tree.first_child[number])
        for k in range(int(signals.start[state]), int(signals.start[state + 1])):
            successor = int(signals.successor[k])
            acts = tuple(
                (self.game.players[mover.player].name, mover.names[seen])
                for mover, seen in zip(branching.table.movers, signals.seen[k], strict=True)
                if seen >= 0
            )
            mask = int(signals.redraw[k])
            redrawn = sorted(
                self.game.players[player].name
                for j, player in enumerate(self.game.typed)
                if mask >> j & 1
            )
            ending = (
                self.game.endings[self.game.ended_by[-1 - successor]] if successor < 0 else None
            )
            seen = Signal(acts, self.levels(node.stage + 1, successor), tuple(redrawn), ending)
            yield seen, first + k - int(signals.start[state])
