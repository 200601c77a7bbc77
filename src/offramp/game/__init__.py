"""What a scenario means, as arrays: compile a scenario into a `Game`."""

from __future__ import annotations

from offramp.game.beliefs import BeliefGrid, SimplexGrid
from offramp.game.check import GameReport, check_game
from offramp.game.compiler import compile_crisis, compile_game, regrid, same_but_for_start
from offramp.game.factored import (
    FORBIDDEN,
    FREE,
    Account,
    Chain,
    Game,
    Options,
    PlayerAxis,
    Rows,
    StageTable,
    Step,
)
from offramp.game.layout import plain_points
from offramp.game.mould import Moulds
from offramp.game.states import AsIf, Field, StateSpace

__all__ = [
    "FORBIDDEN",
    "FREE",
    "Account",
    "AsIf",
    "BeliefGrid",
    "Chain",
    "Field",
    "Game",
    "GameReport",
    "Moulds",
    "Options",
    "PlayerAxis",
    "Rows",
    "SimplexGrid",
    "StageTable",
    "StateSpace",
    "Step",
    "check_game",
    "compile_crisis",
    "compile_game",
    "plain_points",
    "regrid",
    "same_but_for_start",
]
