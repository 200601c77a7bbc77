"""One player's payoffs, kept apart by named term: the same game with other accounts."""

from __future__ import annotations

import numpy as np

from offramp.game.compiler import compile_crisis
from offramp.game.factored import Game
from offramp.scenario import Start

__all__ = ["compile_terms"]


def compile_terms(game: Game, player: str) -> Game:
    """Compile a game again with one account for each payoff term of a player, and no others.

    States, options and the belief grid are numbered as in `game`, so its strategies apply.

    Raises:
        ValueError: The crisis does not compile to the game's states (it was put together by hand).
    """
    names = [one.name for one in game.players]
    points = {
        names[player]: simplex.resolution + 1
        for player, simplex in zip(game.typed, game.grid.simplexes, strict=True)
    }
    terms = compile_crisis(
        game.crisis,
        {name: _start(game, name) for name in game.start},
        grid=points,
        learning=game.learning,
        terms_of=player,
    )
    slots = zip(game.codes, terms.codes, strict=True)
    if not all(np.array_equal(one, other) for one, other in slots):
        raise ValueError(f"the crisis of {game.name} does not compile to this game's states")
    return terms


def _start(game: Game, name: str) -> Start:
    """Return the lottery over levels that a distribution over states came from."""
    chance = game.start[name]
    states = np.flatnonzero(chance)
    columns = game.space.decode(game.codes[0][states])
    levels = {}
    for row, variable in enumerate(game.crisis.variables):
        weight = np.bincount(columns[row], chance[states], minlength=len(variable.levels))
        levels[variable.name] = tuple((int(i), float(weight[i])) for i in np.flatnonzero(weight))
    return Start(name, levels)
