"""Sweeps: from solved points to an answer."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence

import numpy as np

from offramp import __version__
from offramp.exploration import Laid, Quantity, Sweep, ask, read_axis, sweep, wanted_cases
from offramp.report.answers import SweepAnswer, SweptAxis, SweptPoint, SweptQuantity
from offramp.report.catalog import sound_scenario
from offramp.report.progress import Progress
from offramp.report.results import is_chance, scenario_head
from offramp.scenario import Scenario, bind

__all__ = ["describe_sweep", "swept_points"]


def describe_sweep(
    name_or_path: str,
    over: Sequence[str],
    *,
    measures: Sequence[str] = (),
    cases: Sequence[str] = (),
    parameters: Mapping[str, float | str] | None = None,
    grid: int | None = None,
    view: str | None = None,
) -> SweepAnswer:
    """Solve a scenario at every point of one or two axes and say what came out.

    Raises:
        OfframpError: With every problem of the scenario, or of what is asked or moved.
    """
    scenario = sound_scenario(name_or_path)
    axes = [read_axis(text, scenario) for text in over]
    cases = tuple(cases) or wanted_cases(scenario)[:1]
    laid = Laid(view, parameters, grid)
    begun = time.monotonic()
    n_points = int(np.prod([len(axis.values) for axis in axes]))
    with Progress("solving", n_points) as progress:
        found = sweep(
            scenario,
            axes,
            measures=measures,
            cases=cases,
            laid=laid,
            started=progress.start,
            finished=progress.done,
        )
    return SweepAnswer(
        offramp=__version__,
        scenario=scenario_head(scenario, laid),
        axes=[SweptAxis(name=axis.name, log=axis.is_log) for axis in axes],
        quantities=_quantities(scenario, measures),
        points=swept_points(found),
        seconds=time.monotonic() - begun,
    )


def _quantities(scenario: Scenario, words: Sequence[str]) -> list[SweptQuantity]:
    asked = ask(scenario, words)
    declared = {measure.name: measure for measure in bind(asked.scenario).measures}

    def described(one: Quantity) -> SweptQuantity:
        measure = declared.get(one.measure or "")
        return SweptQuantity(
            name=one.name,
            label=measure.label if measure and measure.label else one.name,
            unit=measure.unit if measure else "",
            better=measure.better if measure else None,  # type: ignore[arg-type]  # see MeasureRow
            is_chance=is_chance(measure.is_) if measure else True,
        )

    return [described(one) for one in asked.quantities]


def swept_points(found: Sweep) -> list[SweptPoint]:
    """Return what a sweep found, a row for each point and case."""
    return [
        SweptPoint(
            at=list(point),
            case=case,
            values=[None if np.isnan(x) else float(x) for x in found.value[k, c]],
            residual=float(found.residual[k, c]),
            not_converged=int(found.not_converged[k, c]),
        )
        for k, point in enumerate(found.points)
        for c, case in enumerate(found.cases)
    ]
