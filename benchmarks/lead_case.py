"""Rows (d): the lead case at its default grid, one row per solve."""

from __future__ import annotations

from functools import cache

from benchmarks.grid import grid_figures
from benchmarks.plain import count_useful
from benchmarks.records import Measurement
from benchmarks.solving import TRIAL_PERIODS, axes_of, most_rounds, share_not_converged
from benchmarks.stopwatch import Timed, best_of, timed
from offramp.equilibrium import solve
from offramp.exploration.cases import Laid, Solve, plan_solves, wanted_cases
from offramp.game import compile_game
from offramp.outcomes import propagate
from offramp.scenario import Scenario, load_scenario

__all__ = ["LEAD", "lead_solves", "measure_lead"]

LEAD = "guarantee-2025"


@cache
def _lead() -> Scenario:
    return load_scenario(LEAD)


def lead_solves() -> dict[str, Solve]:
    """Return the solves of the lead case, by the first of the cases that share each."""
    scenario = _lead()
    plan = plan_solves(scenario, wanted_cases(scenario), Laid())
    return {one.cases[0]: one for one in plan}


def shortened(scenario: Scenario) -> Scenario:
    """Return a scenario with few periods, for trial."""
    period = scenario.period.model_copy(update={"count": TRIAL_PERIODS})
    return scenario.model_copy(update={"period": period})


def measure_lead(case: str, *, trial: bool) -> Measurement:
    """Compile and solve one game of the lead case, and play all cases forward that share it."""
    shared = lead_solves()[case]
    scenario, points = (shortened(_lead()), 2) if trial else (_lead(), None)
    compiled, game = timed(
        lambda: compile_game(scenario, case=case, starts=shared.cases[1:], grid=points)
    )
    seconds = 0.0 if trial else 1.0
    first, _ = timed(lambda: solve(game))  # loads the kernels
    solved, equilibrium = best_of(lambda: solve(game), seconds=seconds)
    propagate(equilibrium, start=case)
    forward, _ = timed(lambda: [propagate(equilibrium, start=one) for one in shared.cases])
    grid = grid_figures(equilibrium)
    both = Timed(solved.cpu + forward.cpu, solved.wall + forward.wall)
    return Measurement(
        cpu_seconds=both.cpu,
        wall_seconds=both.wall,
        axes=axes_of(game),
        residual=equilibrium.residual,
        not_converged=share_not_converged(equilibrium),
        grid_error=grid.error,
        figures={
            "cases": len(shared.cases),
            "compile_cpu_seconds": compiled.cpu,
            "compile_wall_seconds": compiled.wall,
            "solve_cpu_seconds": solved.cpu,
            "solve_wall_seconds": solved.wall,
            "first_solve_of_process_wall_seconds": first.wall,
            "forward_cpu_seconds": forward.cpu,
            "forward_wall_seconds": forward.wall,
            "useful_multiply_adds": count_useful(game),
            "most_rounds": most_rounds(equilibrium),
            **grid.others,
        },
    )
