"""Rows (a): three named games, and how close the solver's expectation comes to a plain product."""

from __future__ import annotations

from benchmarks.grid import grid_figures
from benchmarks.plain import compare_rates, count_useful
from benchmarks.records import Measurement
from benchmarks.solving import axes_of, most_rounds, named_game, share_not_converged
from benchmarks.stopwatch import best_of
from offramp.equilibrium import solve
from offramp.game import Game

__all__ = ["measure_game", "measure_named"]


def measure_named(name: str, *, trial: bool) -> Measurement:
    """Solve a named game, and race its expectations against a plain product of the same shape."""
    return measure_game(named_game(name, trial=trial), trial=trial)


def measure_game(game: Game, *, trial: bool) -> Measurement:
    """Measure one game: whole solve, useful work, and the rates of both kernels."""
    solve(game)  # loads the kernels
    took, equilibrium = best_of(lambda: solve(game), seconds=0.0 if trial else 3.0)
    rates = compare_rates(game, seconds=0.01 if trial else 3.0)
    useful = count_useful(game)
    grid = grid_figures(equilibrium)
    return Measurement(
        cpu_seconds=took.cpu,
        wall_seconds=took.wall,
        axes=axes_of(game),
        residual=equilibrium.residual,
        not_converged=share_not_converged(equilibrium),
        grid_error=grid.error,
        figures={
            "useful_multiply_adds": useful,
            "expectation_per_second": rates.solver,
            "plain_product_per_second": rates.plain,
            "expectation_share_of_plain": rates.solver / rates.plain,
            "whole_solve_per_second": useful / took.wall,
            "whole_solve_share_of_plain": useful / took.wall / rates.plain,
            "most_rounds": most_rounds(equilibrium),
            **grid.others,
        },
    )
