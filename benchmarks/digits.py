"""Rows (f): the same digits with one thread and with two."""

from __future__ import annotations

import hashlib

from benchmarks.records import Measurement
from benchmarks.solving import axes_of, named_game, share_not_converged
from benchmarks.stopwatch import timed
from offramp.equilibrium import Equilibrium, solve
from offramp.game import Game, compile_game
from offramp.scenario import load_scenario

__all__ = ["hash_strategies", "measure_digits"]


def measure_digits(name: str, *, trial: bool) -> Measurement:
    """Solve a benchmark game, or a shipped scenario, with one thread and with two."""
    game = _game(name, trial=trial)
    solve(game)  # loads the kernels
    one, alone = timed(lambda: solve(game, threads=1))
    two, together = timed(lambda: solve(game, threads=2))
    first, second = hash_strategies(alone), hash_strategies(together)
    return Measurement(
        cpu_seconds=two.cpu,
        wall_seconds=two.wall,
        axes=axes_of(game),
        residual=together.residual,
        not_converged=share_not_converged(together),
        figures={
            "same_digits": first == second,
            "one_thread_cpu_seconds": one.cpu,
            "one_thread_wall_seconds": one.wall,
            "strategies_sha256": second,
        },
    )


def _game(name: str, *, trial: bool) -> Game:
    if name == "strait-standoff":
        return compile_game(load_scenario(name), grid=3 if trial else None)
    return named_game(name, trial=trial)


def hash_strategies(equilibrium: Equilibrium) -> str:
    """Return a hash of all log-strategies and values, bit for bit."""
    digest = hashlib.sha256()
    for period in range(equilibrium.n_periods):
        for stage, table in enumerate(equilibrium.game.stages[0]):
            for mover in range(len(table.movers)):
                digest.update(equilibrium.log_strategy(period, stage, mover).tobytes())
        digest.update(equilibrium.value(period).tobytes())
    return digest.hexdigest()
