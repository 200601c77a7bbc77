"""Rows (b): the probing game, solved by offramp and by Gambit in one process.

Both follow the logit branch of the same unrolled tree at the same precision. offramp also solves
the game on its belief grid, whose work grows with the periods and not with the histories.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from benchmarks.grid import grid_figures
from benchmarks.records import Measurement
from benchmarks.solving import TRIAL_POINTS, axes_of, named_scenario, share_not_converged
from benchmarks.stopwatch import Timed, best_of, timed
from offramp.equilibrium import solve
from offramp.equilibrium.histories import HistoryEquilibrium, solve_histories
from offramp.game import Game, compile_game
from offramp.game.gambit import InformationSet, export_gambit

__all__ = ["PRECISION", "largest_difference", "measure_against_gambit", "measure_long"]

PRECISION = 5.0  # of both players, as the file declares it
GAMBIT_SECONDS = 1.0  # Gambit is run again only where it is quicker than this


def measure_against_gambit(periods: int, *, with_gambit: bool = True, trial: bool) -> Measurement:
    """Solve so many periods on histories, on the grid, and by Gambit."""
    scenario = named_scenario("probing", periods=min(periods, 2) if trial else periods)
    exact = compile_game(scenario, beliefs="history")
    grid = compile_game(scenario, grid=TRIAL_POINTS if trial else None)
    seconds = 0.0 if trial else 1.0
    solve_exactly(exact)  # loads the kernels
    took, histories = best_of(lambda: solve_exactly(exact), seconds=seconds)
    solve(grid)
    grid_took, on_grid = best_of(lambda: solve(grid), seconds=seconds)
    certified = grid_figures(on_grid)
    figures: dict[str, float | int | str | bool] = {
        "precision": PRECISION,
        "histories": histories.tree.n_nodes,
        "branch_steps": histories.n_steps,
        "grid_wall_seconds": grid_took.wall,
        "grid_cpu_seconds": grid_took.cpu,
        "grid_residual": on_grid.residual,
        **certified.others,
    }
    if with_gambit:
        gambit_took, largest = race_gambit(exact, histories, seconds)
        figures |= {
            "gambit_wall_seconds": gambit_took.wall,
            "gambit_cpu_seconds": gambit_took.cpu,
            "times_quicker_than_gambit": gambit_took.wall / took.wall,
            "largest_difference_from_gambit": largest,
        }
    return Measurement(
        cpu_seconds=took.cpu,
        wall_seconds=took.wall,
        axes=axes_of(grid),
        residual=histories.residual,
        not_converged=0.0 if histories.converged else 1.0,
        grid_error=certified.error,
        figures=figures,
    )


def measure_long(periods: int, *, trial: bool) -> Measurement:
    """Solve a long probing game on the grid, warm: on histories it would have 3**periods ends."""
    scenario = named_scenario("probing", periods=2 if trial else periods)
    game = compile_game(scenario, grid=TRIAL_POINTS if trial else None)
    first, _ = timed(lambda: solve(game))
    took, equilibrium = best_of(lambda: solve(game), seconds=0.0 if trial else 3.0)
    certified = grid_figures(equilibrium)
    return Measurement(
        cpu_seconds=took.cpu,
        wall_seconds=took.wall,
        axes=axes_of(game),
        residual=equilibrium.residual,
        not_converged=share_not_converged(equilibrium),
        grid_error=certified.error,
        figures={"first_solve_of_process_wall_seconds": first.wall, **certified.others},
    )


def solve_exactly(game: Game) -> HistoryEquilibrium:
    """Solve the whole tree with exact beliefs, λ acting on payoffs discounted to the start."""
    return solve_histories(game, precision_basis="present")


def race_gambit(game: Game, histories: HistoryEquilibrium, seconds: float) -> tuple[Timed, float]:
    """Let Gambit solve the exported tree; return its time and the largest difference."""
    from pygambit import qre, read_efg

    text = io.StringIO()
    places = export_gambit(game, text)
    tree = read_efg(io.BytesIO(text.getvalue().encode()))
    took, solved = best_of(
        lambda: qre.logit_solve_lambda(tree, [PRECISION]), seconds=min(seconds, GAMBIT_SECONDS)
    )
    theirs = {
        player: [dict(chances) for _, chances in solved[0].profile[player]]
        for player in tree.players
    }
    return took, largest_difference(histories, places.values(), theirs)


def largest_difference(
    histories: HistoryEquilibrium,
    places: Iterable[InformationSet],
    theirs: Mapping[str, Sequence[Mapping[str, float]]],
) -> float:
    """Return the largest |σ - σ'| over all actions at all information sets.

    Args:
        places: Information sets in the order of the file.
        theirs: Per player, chances of the actions of each of its sets, in the same order.
    """
    game = histories.tree.game
    waiting = {player: iter(sets) for player, sets in theirs.items()}
    worst = 0.0
    for at in places:
        mover = game.table(0, at.stage).movers[at.mover].player
        chances = next(waiting[game.players[mover].name])
        assert tuple(chances) == at.actions
        ours = histories.reply(at.node, at.mover)[:, at.type]
        worst = max(worst, float(np.abs(ours - np.array(list(chances.values()))).max()))
    return worst
