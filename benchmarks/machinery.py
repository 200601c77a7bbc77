"""What a run of worlds costs beyond solving them: draws, rows, chunks on disk, the index.

The lead case's assumptions are drawn and its results kept as in any run, by one process; only
solving and following a world is replaced by nothing at all.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import numpy as np

from benchmarks.records import Measurement
from benchmarks.solving import axes_of
from benchmarks.stopwatch import Timed, best_of
from offramp.exploration import jobs
from offramp.exploration.ensemble import explore
from offramp.exploration.runs import Run
from offramp.game import compile_game
from offramp.scenario import Scenario, case_names, load_scenario

__all__ = ["measure_machinery"]

WORLDS = 1000
CASES = 5
TRIAL_GRID = 2  # of the game whose axes are told; it is not solved


def measure_machinery(name: str, *, trial: bool) -> Measurement:
    """Explore a scenario whose worlds are solved in no time, and then twice as many worlds."""
    scenario = load_scenario(name)
    n_worlds = 20 if trial else WORLDS
    _explored(scenario, 1, trial=True)  # imports what drawing needs, reads the mechanisms
    once, run = _explored(scenario, n_worlds, trial=trial)
    twice, _ = _explored(scenario, 2 * n_worlds, trial=trial)
    game = compile_game(scenario, case=run.cases[0], grid=TRIAL_GRID)
    return Measurement(
        cpu_seconds=once.cpu,
        wall_seconds=once.wall,
        axes={**axes_of(game), "worlds": n_worlds, "cases": len(run.cases)},
        residual=float(run.residual.max()),
        not_converged=float(run.not_converged.max()),
        figures={
            "assumptions_drawn": len(run.assumptions),
            "milliseconds_a_world": 1000 * once.wall / n_worlds,
            "times_as_long_for_twice_the_worlds": twice.wall / once.wall,
        },
    )


def _explored(scenario: Scenario, n_worlds: int, *, trial: bool) -> tuple[Timed, Run]:
    measures = dict.fromkeys(scenario.measures, 0.5)
    found = SimpleNamespace(measures=measures, value=np.zeros(len(scenario.players)))
    solved = (SimpleNamespace(residual=0.0, n_unconverged=0), None)

    def work() -> Run:
        with tempfile.TemporaryDirectory() as folder:
            return explore(
                scenario,
                Path(folder) / "run",
                worlds=n_worlds,
                cases=case_names(scenario)[:CASES],
                workers=1,
            )

    def nothing(*words: Any, **more: Any) -> Any:
        return solved

    def outcome(*words: Any, **more: Any) -> Any:
        return found

    with patch.object(jobs, "solve_one", nothing), patch.object(jobs, "propagate", outcome):
        return best_of(work, seconds=0.0 if trial else 5.0)
