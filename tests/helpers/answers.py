"""Hand the program's solutions to the slow evaluator as strategies by name."""

from __future__ import annotations

from collections.abc import Mapping

from offramp.equilibrium.histories import HistoryEquilibrium
from oracles.evaluator import Beliefs, Mix, Strategy
from oracles.slow_tree import Node

__all__ = ["history_strategy"]


def history_strategy(equilibrium: HistoryEquilibrium, found: Mapping[int, int]) -> Strategy:
    """Return what a solution of the tree plays at the histories that `found` numbers."""
    tree = equilibrium.tree
    players = {player.name: player for player in tree.game.players}

    def strategy(node: Node, beliefs: Beliefs, player: str, type_name: str) -> Mix:
        number = found[id(node)]
        movers = tree.branching(node.period - 1, node.stage).table.movers
        seat = [tree.game.players[mover.player].name for mover in movers].index(player)
        state, options = int(tree.state[number]), movers[seat]
        names = [
            options.names[action]
            for action in options.action[options.start[state] : options.start[state + 1]]
        ]
        played = equilibrium.reply(number, seat)[:, players[player].types.index(type_name)]
        return dict(zip(names, played.tolist(), strict=True))

    return strategy
