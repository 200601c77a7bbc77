"""The games on which offramp and Gambit are compared, with any numbers, and Gambit's answers."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pygambit

from offramp.game import Game, compile_game
from offramp.game.gambit import InformationSet, export_gambit
from offramp.game.tree import Tree
from offramp.scenario import Scenario, load_scenario

__all__ = ["FAMILIES", "Family", "gambit_answers", "our_answers", "random_numbers"]

SCENARIOS = Path(__file__).parent / "scenarios"

LAMBDA_ERROR = 1e-6  # Gambit stops this near to the precision asked for, and mostly far nearer


@dataclass(frozen=True)
class Family:
    """One family of games: its scenario, and numbers to draw anew with their ranges."""

    file: str
    ranges: dict[str, tuple[float, float]]

    def compile(
        self, precision: float, numbers: dict[str, float], n_periods: int | None, folder: Path
    ) -> tuple[Scenario, Game]:
        """Return the scenario with these numbers and its game on histories."""
        text = (SCENARIOS / self.file).read_text(encoding="utf-8")
        if n_periods is not None:
            declared = next(part for part in text.split("{") if part.startswith("unit"))
            count = declared.split("count: ")[1].split("}")[0].split(",")[0]
            text = text.replace(f"count: {count}", f"count: {n_periods}", 1)
        file = folder / self.file
        file.write_text(text, encoding="utf-8")
        scenario = load_scenario(file)
        parameters = {"care": precision, **numbers}
        return scenario, compile_game(scenario, parameters=parameters, beliefs="history")


FAMILIES = {
    "crisis signalling": Family(
        "crisis-signalling.yaml",
        {
            "alpha": (0.05, 0.6), "beta": (0.05, 0.6), "va": (0.5, 1.5), "back": (-1.0, -0.1),
            "vb": (0.5, 1.5), "wa": (-2.0, -0.5), "wah": (0.0, 0.5), "wb": (-2.0, -0.3),
            "wbh": (0.05, 0.6), "cb": (-0.2, 0.0),
        },
    ),
    "guarantee": Family(
        "guarantee.yaml",
        {
            "p_greedy": (0.1, 0.8), "p_firm": (0.1, 0.8), "prize": (0.0, 0.6), "delta": (0.7, 1.0),
            "prize_greedy": (0.6, 1.6), "fight": (0.6, 1.8), "fight_firm": (-0.2, 0.6),
            "arms_cost": (0.0, 0.4), "loss": (0.5, 2.5), "beaten": (0.2, 1.6),
            "credit": (0.0, 1.0), "share_ally": (0.1, 0.8), "tail": (0.0, 3.0),
        },
    ),
    "probing": Family(
        "probing.yaml",
        {
            "p_bold": (0.1, 0.9), "p_firm": (0.1, 0.9), "gain": (0.1, 0.7), "gain_bold": (0.5, 1.6),
            "pain": (0.1, 0.9), "pain_firm": (0.7, 2.0), "effort": (0.0, 0.3), "stand": (0.0, 0.6),
            "p_war": (0.05, 0.5), "war_c": (0.5, 3.0), "war_d": (0.5, 3.0), "delta_c": (0.6, 1.0),
            "delta_d": (0.6, 1.0),
        },
    ),
    "probing a hidden red line": Family(
        "probing-red-line.yaml",
        {
            "p_bold": (0.1, 0.9), "p_firm": (0.1, 0.9), "p_near": (0.1, 0.9), "gain": (0.1, 0.7),
            "gain_bold": (0.5, 1.6), "pain": (0.1, 0.9), "pain_firm": (0.7, 2.0),
            "effort": (0.0, 0.3), "stand": (0.0, 0.6), "slip": (0.02, 0.3), "war_c": (0.5, 3.0),
            "war_d": (0.5, 3.0), "delta": (0.6, 1.0),
        },
    ),
}  # fmt: skip


def random_numbers(family: Family, seed: int) -> dict[str, float]:
    """Return other numbers for a family, each drawn evenly over its range."""
    draws = np.random.default_rng(seed)
    return {name: float(draws.uniform(*span)) for name, span in family.ranges.items()}


Plays = dict[tuple[str, str], float]
"""What is played, by information set (its label) and action."""


def gambit_answers(game: Game, precision: float) -> tuple[Plays, dict[str, InformationSet]]:
    """Export a game, solve it with Gambit, and read its answer off by our labels."""
    file = io.StringIO()
    sets = export_gambit(game, file)
    tree = pygambit.read_efg(io.StringIO(file.getvalue()))
    (found,) = pygambit.qre.logit_solve_lambda(tree, [precision])
    assert abs(found.lam - precision) < LAMBDA_ERROR
    plays: Plays = {}
    for player in tree.players:
        labels = [label for label in sets if label.split("|")[0] == player]
        histories = list(tree.get_infosets(player))
        assert len(labels) == len(histories)
        for label, history in zip(labels, histories, strict=True):
            mix = dict(found.profile[pygambit.gambit.H.path(*history.actions)])
            assert tuple(mix) == sets[label].actions
            plays |= {(label, act): float(p) for act, p in mix.items()}
    return plays, sets


def our_answers(
    tree: Tree, reply: Callable[[int, int], np.ndarray], sets: dict[str, InformationSet]
) -> Plays:
    """Read a solution, given as probabilities by (node, mover), at an export's sets."""
    plays: Plays = {}
    for label, where in sets.items():
        options = tree.branching(where.period, where.stage).table.movers[where.mover]
        state = tree.state[where.node]
        span = slice(options.start[state], options.start[state + 1])
        names = [options.names[act] for act in options.action[span]]
        mix = reply(where.node, where.mover)[:, where.type]
        plays |= {(label, act): float(mix[names.index(act)]) for act in where.actions}
    return plays
