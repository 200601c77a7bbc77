"""Hand the program's solutions to the slow evaluator as strategies by name."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from helpers.histories import match_histories
from offramp.equilibrium import Equilibrium
from offramp.equilibrium.histories import HistoryEquilibrium
from offramp.game import Options
from offramp.game.tree import unroll
from oracles.evaluator import Beliefs, Mix, Strategy
from oracles.slow_tree import Node, Tree

__all__ = ["history_strategy", "state_strategy"]


def history_strategy(equilibrium: HistoryEquilibrium, found: Mapping[int, int]) -> Strategy:
    """Return what a solution of the tree plays at the histories that `found` numbers."""
    tree = equilibrium.tree
    players = {player.name: player for player in tree.game.players}

    def strategy(node: Node, beliefs: Beliefs, player: str, type_name: str) -> Mix:
        number = found[id(node)]
        movers = tree.branching(node.period - 1, node.stage).table.movers
        seat = [tree.game.players[mover.player].name for mover in movers].index(player)
        state, options = int(tree.state[number]), movers[seat]
        played = equilibrium.reply(number, seat)[:, players[player].types.index(type_name)]
        return dict(zip(option_names(options, state), played.tolist(), strict=True))

    return strategy


def state_strategy(equilibrium: Equilibrium, slow: Tree) -> Strategy:
    """Return what a solution on a grid of one belief plays, by the public state alone."""
    game = equilibrium.game
    assert len(game.grid.points) == 1, "what is played depends on beliefs"
    tree = unroll(game)
    found = match_histories(slow, tree)

    def strategy(node: Node, beliefs: Beliefs, player: str, type_name: str) -> Mix:
        movers = game.table(node.period - 1, node.stage).movers
        seat = [game.players[mover.player].name for mover in movers].index(player)
        options, state = movers[seat], int(tree.state[found[id(node)]])
        log_played = equilibrium.log_strategy(node.period - 1, node.stage, seat)
        own = game.players[options.player].types.index(type_name)
        played = np.exp(log_played[options.start[state] : options.start[state + 1], own, 0])
        return dict(zip(option_names(options, state), played.tolist(), strict=True))

    return strategy


def option_names(options: Options, state: int) -> list[str]:
    """Return the names of the actions that are possible in a state."""
    here = slice(options.start[state], options.start[state + 1])
    return [options.names[action] for action in options.action[here]]
