"""Rows (e): commands as whole processes, and when kernels compile.

A whole process is what a user waits for: interpreter, imports and all. Cold start means a cache
folder that holds nothing, as on a new machine; a kernel that is compiled leaves a file there.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from benchmarks.records import Measurement
from benchmarks.solving import TRIAL_POINTS, game_text
from benchmarks.stopwatch import Timed

__all__ = ["measure_cold_start", "measure_command", "measure_warm_start"]

REPEATS = 7
TRIAL_GRID = ("--grid", str(TRIAL_POINTS))  # the grid does not matter to what is compiled
OFFRAMP = (sys.executable, "-c", "from offramp.cli import main; main()")
SOURCE = Path(__file__).resolve().parents[1] / "src"


def measure_command(words: Sequence[str], *, trial: bool) -> Measurement:
    """Run a command as a whole process several times; the quickest counts."""
    runs = [run_offramp(words) for _ in range(1 if trial else REPEATS)]
    best = min(runs, key=lambda one: one.wall)
    return Measurement(
        cpu_seconds=best.cpu,
        wall_seconds=best.wall,
        figures={"command": "offramp " + " ".join(words), "runs": len(runs)},
    )


def measure_cold_start() -> Measurement:
    """Run the smallest game on an empty kernel cache, as a new machine does; then changed games.

    Those are one with other numbers and states, and some with features that the first has not:
    several movers at once and covert acts, three types, exact beliefs.
    """
    with tempfile.TemporaryDirectory() as folder:
        run = _runner(Path(folder))
        cold, compiled = run("duel.yaml")
        _, again = run("duel.yaml")
        changed = {
            "other_numbers": run("changed.yaml")[1],
            "other_features": run("strait-standoff")[1],
            "more_types": run("alliance.yaml")[1],
            "exact_beliefs": run("exact.yaml")[1],
        }
    return Measurement(
        cpu_seconds=cold.cpu,
        wall_seconds=cold.wall,
        figures={
            "kernels_compiled": compiled,
            "kernels_compiled_again": again,
            **{f"kernels_compiled_by_{what}": count for what, count in changed.items()},
        },
    )


def measure_warm_start(*, trial: bool) -> Measurement:
    """Run the smallest game with its kernels in the cache, as every time after the first."""
    with tempfile.TemporaryDirectory() as folder:
        _write_games(Path(folder))
        words = ("run", "duel.yaml", *TRIAL_GRID)
        run_offramp(words, folder=Path(folder))  # fills the cache if nothing has yet
        runs = [run_offramp(words, folder=Path(folder)) for _ in range(1 if trial else REPEATS)]
    best = min(runs, key=lambda one: one.wall)
    return Measurement(
        cpu_seconds=best.cpu,
        wall_seconds=best.wall,
        figures={"command": "offramp " + " ".join(words), "runs": len(runs)},
    )


def _write_games(folder: Path) -> None:
    duel = game_text("duel", periods=2)
    changed = duel.replace("levels: [low, middle, high]", "levels: [low, some, middle, high]")
    changed = changed.replace("start: middle", "start: some").replace("chance: 0.4", "chance: 0.45")
    assert changed != duel
    (folder / "duel.yaml").write_text(duel, encoding="utf-8")
    (folder / "changed.yaml").write_text(changed, encoding="utf-8")
    exact = duel.replace("solver: {grid: 21}", "solver: {beliefs: history}")
    assert exact != duel
    (folder / "exact.yaml").write_text(exact, encoding="utf-8")
    (folder / "alliance.yaml").write_text(game_text("alliance", periods=2), encoding="utf-8")


def _runner(folder: Path) -> Callable[[str], tuple[Timed, int]]:
    """Return what runs a scenario on a cache in `folder` and counts the kernels it compiled."""
    cache = folder / "cache"
    environment = {"NUMBA_CACHE_DIR": str(cache)}
    _write_games(folder)

    def run(scenario: str) -> tuple[Timed, int]:
        before = sum(1 for _ in cache.rglob("*.nbc"))
        took = run_offramp(("run", scenario, *TRIAL_GRID), folder=folder, environment=environment)
        return took, sum(1 for _ in cache.rglob("*.nbc")) - before

    return run


def run_offramp(
    words: Sequence[str],
    *,
    folder: Path | None = None,
    environment: Mapping[str, str] | None = None,
) -> Timed:
    """Run offramp as a process of its own and return what it took.

    Raises:
        RuntimeError: It could not read what it was given. (Exit code 1, a check that failed, is
            no reason not to time it.)
    """
    paths = os.pathsep.join([str(SOURCE), os.environ.get("PYTHONPATH", "")])
    given = {**os.environ, "PYTHONPATH": paths, **(environment or {})}
    cpu, wall = _children_cpu(), time.perf_counter()
    done = subprocess.run([*OFFRAMP, *words], cwd=folder, env=given, capture_output=True, text=True)
    took = Timed(_children_cpu() - cpu, time.perf_counter() - wall)
    if done.returncode not in (0, 1):
        raise RuntimeError(f"offramp {' '.join(words)}: {done.stderr}")
    return took


def _children_cpu() -> float:
    times = os.times()
    return times.children_user + times.children_system
