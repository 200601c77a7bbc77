"""The report of 2,000 worlds: how long it takes to write, how large it is, when it is first seen.

Few worlds are solved, and repeated as if they had all been drawn: a page does not know.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import numpy as np

from benchmarks.records import Measurement
from benchmarks.solving import axes_of
from offramp.exploration.ensemble import explore
from offramp.exploration.verdicts import judge_worlds
from offramp.game import compile_game
from offramp.report.page.material import Material, gather
from offramp.report.page.write import render_report
from offramp.scenario import load_scenario

__all__ = ["many_worlds", "measure_report_page"]

WORLDS = 2000
SOLVED = 60  # worlds
FLAGS = ("--headless", "--no-sandbox", "--disable-gpu")


def measure_report_page(name: str, cases: tuple[str, ...], *, trial: bool) -> Measurement:
    """Write the page of 2,000 worlds of a scenario, and open it in Debian's Chromium.

    Raises:
        RuntimeError: There is no Chromium.
    """
    scenario = load_scenario(name)
    with tempfile.TemporaryDirectory() as folder:
        run = explore(
            scenario, Path(folder) / "run", worlds=6 if trial else SOLVED, cases=cases, grid=2
        )
        material = many_worlds(gather(str(run.folder)), WORLDS)
        cpu, wall = time.process_time(), time.perf_counter()
        page, _ = render_report(material)
        path = Path(folder) / "report.html"
        path.write_text(page, encoding="utf-8")
        cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
        first_paint = _first_paint(path)
        size = os.stat(path).st_size
    return Measurement(
        cpu_seconds=cpu,
        wall_seconds=wall,
        axes={**axes_of(compile_game(scenario, case=cases[0])), "worlds": WORLDS},
        residual=float(np.nanmax(run.residual)),
        not_converged=float(run.not_converged.mean()),
        figures={
            "write_wall_seconds": wall,
            "megabytes": size / 1e6,
            "first_paint_seconds": first_paint,
            "claims": len(material.judged),
            "cases": len(cases),
        },
    )


def many_worlds(material: Material, n_worlds: int) -> Material:
    """Return material whose worlds are repeated until there are so many."""
    run, drawn = material.run, material.drawn
    assert run is not None
    many = np.resize(np.arange(len(run.world)), n_worlds)
    worlds = replace(
        run.worlds,
        number=run.worlds.number[many],
        setting=run.worlds.setting[many],
        start=run.worlds.start[many],
        weight=np.full(n_worlds, 1 / n_worlds),
    )
    large = replace(
        run,
        world=np.arange(n_worlds),
        worlds=worlds,
        measure=run.measure[many],
        value=run.value[many],
        residual=run.residual[many],
        not_converged=run.not_converged[many],
        state=run.state[many],
    )
    judged = {one.claim.name: one for one in judge_worlds(large)}
    more = None if drawn is None else drawn.of_worlds(many)
    return replace(material, run=large, judged=judged, drawn=more)


def _first_paint(path: Path) -> float:
    """Return the seconds until anything of a page is seen."""
    from playwright.sync_api import sync_playwright

    chromium = shutil.which("chromium")
    if chromium is None:
        raise RuntimeError("Debian's chromium is not installed")
    with sync_playwright() as program:
        browser = program.chromium.launch(executable_path=chromium, args=list(FLAGS))
        try:
            page = browser.new_page()
            page.goto(path.as_uri())
            painted = page.evaluate(
                "performance.getEntriesByName('first-contentful-paint')[0].startTime"
            )
        finally:
            browser.close()
    return float(painted) / 1000.0
