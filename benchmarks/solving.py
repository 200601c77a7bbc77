"""What the rows share: the games, at full size or for trial, and what is read off solutions."""

from __future__ import annotations

import re
from pathlib import Path

from offramp.equilibrium import Equilibrium
from offramp.game import Game, compile_game
from offramp.scenario import Scenario, parse_scenario

__all__ = [
    "axes_of",
    "game_text",
    "most_rounds",
    "named_game",
    "named_scenario",
    "share_not_converged",
]

GAMES = Path(__file__).resolve().parent / "games"
TRIAL_POINTS = 3  # belief points a side in a trial, which only shows that a row can be produced
TRIAL_PERIODS = 2


def game_text(name: str, *, periods: int | None = None) -> str:
    """Return the scenario file of a benchmark game, with another number of periods if wanted."""
    text = (GAMES / f"{name}.yaml").read_text(encoding="utf-8")
    return text if periods is None else re.sub(r"count: \d+", f"count: {periods}", text, count=1)


def named_scenario(name: str, *, periods: int | None = None) -> Scenario:
    """Load a benchmark game's scenario."""
    return parse_scenario(game_text(name, periods=periods), f"{name}.yaml")


def named_game(name: str, *, trial: bool = False) -> Game:
    """Compile a benchmark game, small if for trial."""
    if trial:
        return compile_game(named_scenario(name, periods=TRIAL_PERIODS), grid=TRIAL_POINTS)
    return compile_game(named_scenario(name))


def axes_of(game: Game) -> dict[str, int]:
    """Return the size of every axis of a game."""
    tables = game.stages[0]
    return {
        "states": int(game.n_reached[:, 0].max()),
        "widest_slot": max(len(codes) for codes in game.codes),
        "beliefs": len(game.grid.points),
        "points": int(game.n_reached[:, 0].max()) * len(game.grid.points),
        "profiles": len(game.profiles),
        "players": len(game.players),
        "periods": game.n_periods,
        "stages": len(tables),
        "options": sum(len(mover.action) for table in tables for mover in table.movers),
        "entries": sum(_entries(game, m) for m in range(len(tables))),
    }


def _entries(game: Game, stage: int) -> int:
    table = game.stages[0][stage]
    if table.rows is not None:
        return len(table.rows.successor)
    return sum(len(step.successor) for step in table.chain.steps) if table.chain else 0


def share_not_converged(equilibrium: Equilibrium) -> float:
    """Return the share of all state, belief and period points left without a solution."""
    points = sum(status.n_points for row in equilibrium.statuses for status in row)
    return equilibrium.n_unconverged / points if points else 0.0


def most_rounds(equilibrium: Equilibrium) -> int:
    """Return the most rounds that any point took."""
    return max(status.rounds for row in equilibrium.statuses for status in row)
