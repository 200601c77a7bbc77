"""Worlds of the lead case under the policies that are argued over, at its world grid.

The time of a thousand worlds is that of a few, multiplied: time is linear in worlds, which another
row measures (`worlds-cores`).
"""

from __future__ import annotations

import os
import tempfile
import time
from pathlib import Path

from benchmarks.lead_case import LEAD
from benchmarks.records import Measurement
from benchmarks.solving import axes_of
from offramp.exploration.ensemble import explore
from offramp.game import compile_game
from offramp.scenario import load_scenario

__all__ = ["measure_lead_worlds"]

POLICIES = ("solved", "nothing", "hold-pledge", "hold-and-arm", "snap-back")
WORLDS = 8
PROCESSES = 2


def measure_lead_worlds(*, trial: bool) -> Measurement:
    """Choose the world grid over a few worlds, and solve these worlds on it by two processes."""
    scenario = load_scenario(LEAD)
    policies, n_worlds = (POLICIES[1:2], 1) if trial else (POLICIES, WORLDS)
    with tempfile.TemporaryDirectory() as folder:
        chosen = explore(
            scenario, Path(folder) / "grid", worlds=n_worlds, cases=policies,
            grid=2 if trial else "auto", workers=PROCESSES,
        ).manifest  # fmt: skip
        used, begun = os.times(), time.perf_counter()
        run = explore(
            scenario, Path(folder) / "run", worlds=n_worlds, cases=policies, grid=chosen.grid,
            workers=PROCESSES, chunk=1,
        )  # fmt: skip
        wall, now = time.perf_counter() - begun, os.times()
    cpu = sum(now[:4]) - sum(used[:4])
    choice = chosen.grid_choice
    trials = () if choice is None else choice.trials
    return Measurement(
        cpu_seconds=cpu,
        wall_seconds=wall,
        axes={
            **axes_of(compile_game(scenario, case=policies[0], grid=chosen.grid)),
            "worlds": n_worlds,
            "cases": len(policies),
        },
        residual=float(run.residual.max()),
        not_converged=float(run.not_converged.mean()),
        figures={
            "minutes_for_1000_worlds": wall / n_worlds * 1000 / 60,
            "cpu_seconds_for_a_world": cpu / n_worlds,
            "points_a_side": chosen.grid or (choice.default if choice else 0),
            **{
                f"grid_{one.grid}_effect_in_margins": one.share
                for one in trials
                if one.share is not None
            },
        },
    )
