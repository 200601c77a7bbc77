"""The world grid: the coarsest belief grid that changes no answer worth telling.

Sampled worlds are solved on the scenario's own grid and on coarser ones, coarsest first. The first
is taken on which no measure moves, in any world and case, by a tenth of the smallest margin of the
claims that read it. The margin of a comparison is what it asks one side to exceed the other by; of
a comparison by a factor, the logarithm of that factor, against which the measure's logarithm is
held. Measures that no claim reads, or only claims without a margin, are held to a fixed one.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float

from offramp.exploration.executor import Executor
from offramp.exploration.jobs import Job
from offramp.exploration.manifest import GridChoice, GridTrial, MeasureEffect
from offramp.exploration.store import SOLVED
from offramp.game import Game, compile_game
from offramp.scenario import Scenario, bind
from offramp.scenario.claims import LEAST_CHANCE, Claim, read_claims

__all__ = ["Margin", "choose_grid", "effects_of", "margins_of"]

SAMPLED = 50  # worlds in which the effect is measured, the first of the run
ALLOWED = 0.1  # of a margin, that an effect stays below
MARGIN_UNREAD = 0.05  # of a measure that no claim reads, in its unit: what claims mostly ask
COARSE = (2, 3, 4, 5, 6, 8, 11, 16, 21, 31, 41, 81)  # points a side that are tried

Told = Callable[[str, int, int], None]


class Margin(NamedTuple):
    """A margin that a measure is held to: in its unit, or of its logarithm."""

    measure: str
    is_ratio: bool
    size: float


def choose_grid(job: Job, executor: Executor, told: Told) -> GridChoice:
    """Return the coarsest grid whose effect is small enough, and how large it is.

    Args:
        job: The run's own, on the scenario's grid.
        told: Told a step, how many of its worlds are done, and of how many.
    """
    scenario, n_worlds = job.scenario, min(SAMPLED, len(job.worlds))
    default = _own_points(scenario, job)
    margins = margins_of(scenario, job)
    choice = GridChoice(default, None, n_worlds, (), (), MARGIN_UNREAD)
    if default < 2:
        return choice
    job = replace(job, size=1)
    finest = dict(_solved(job, executor, n_worlds, told, "its own grid"))
    trials = []
    for grid in (points for points in COARSE if points < default):
        coarse = replace(job, laid=replace(job.laid, grid=grid))
        pairs = []
        for world, found in _solved(coarse, executor, n_worlds, told, f"grid {grid}"):
            pairs.append((finest[world], found))
            if not _share(effects_of(margins, job.measures, pairs[-1:])) < ALLOWED:
                break  # one world is enough to know
        effects = effects_of(margins, job.measures, pairs)
        share = _share(effects)
        trials.append(GridTrial(grid, share if math.isfinite(share) else None))
        if share < ALLOWED:
            return replace(choice, grid=grid, trials=tuple(trials), effects=effects)
    return replace(choice, trials=tuple(trials))


def margins_of(scenario: Scenario, job: Job) -> tuple[Margin, ...]:
    """Return the smallest margins that each measure is held to, by difference and by ratio."""
    laid = job.laid
    claims = read_claims(
        scenario, bind(scenario, view=laid.view, parameters=laid.parameters).parameters
    )
    found: dict[tuple[str, bool], float] = {}
    for measure, is_ratio, size in _claimed(claims):
        key = (measure, is_ratio)
        found[key] = min(size, found.get(key, math.inf))
    read = {measure for measure, _ in found}
    unread = {(name, False): MARGIN_UNREAD for name in job.measures if name not in read}
    return tuple(
        Margin(measure, is_ratio, size)
        for (measure, is_ratio), size in {**found, **unread}.items()
        if measure in job.measures
    )


def effects_of(
    margins: Sequence[Margin],
    measures: Sequence[str],
    pairs: Sequence[tuple[Mapping[str, np.ndarray], Mapping[str, np.ndarray]]],
) -> tuple[MeasureEffect, ...]:
    """Return the largest effect on each measure over pairs of results, fine and coarse.

    What could not be solved on the fine grid says nothing; what could not on the coarse one only,
    or exists on one only, is an effect without number.
    """
    fine, coarse = (np.concatenate([pair[k]["measure"] for pair in pairs]) for k in (0, 1))
    usable = np.concatenate([pair[0]["state"] for pair in pairs]) == SOLVED
    found = []
    for margin in margins:
        number = measures.index(margin.measure)
        gap = _gap(fine[..., number], coarse[..., number], usable, is_ratio=margin.is_ratio)
        effect = gap if math.isfinite(gap) else None
        found.append(MeasureEffect(margin.measure, margin.is_ratio, margin.size, effect))
    return tuple(found)


def _gap(
    fine: Float[np.ndarray, "world case"],
    coarse: Float[np.ndarray, "world case"],
    usable: Bool[np.ndarray, "world case"],
    *,
    is_ratio: bool,
) -> float:
    fine, coarse = fine[usable], coarse[usable]
    if (np.isnan(fine) != np.isnan(coarse)).any():
        return math.inf
    there = ~np.isnan(fine)
    fine, coarse = fine[there], coarse[there]
    if is_ratio:  # what is rarer than can be compared counts as equally rare
        fine, coarse = (np.log(np.maximum(one, LEAST_CHANCE)) for one in (fine, coarse))
    return float(np.max(np.abs(fine - coarse), initial=0.0))


def _share(effects: Sequence[MeasureEffect]) -> float:
    """Return the largest effect as a share of its margin."""
    shares = (math.inf if one.effect is None else one.effect / one.margin for one in effects)
    return max(shares, default=0.0)


def _claimed(claims: Sequence[Claim]) -> Iterable[tuple[str, bool, float]]:
    """Yield what claims read with a margin: the measure, whether by ratio, and the margin."""
    for one in (comparison for claim in claims for comparison in claim.comparisons):
        is_ratio = one.form == "ratio"
        size = abs(math.log(one.factor)) if is_ratio else abs(one.margin)
        if size > 0:
            yield from ((node.measure, is_ratio, size) for node in one.reads())


def _own_points(scenario: Scenario, job: Job) -> int:
    """Return the points a side of the scenario's own grid, 1 where beliefs stand on none."""
    if scenario.solver.beliefs == "history":
        return 1
    laid = job.laid
    game: Game = compile_game(
        scenario, case=job.cases[0], view=laid.view, parameters=laid.parameters
    )
    return max((one.resolution + 1 for one in game.grid.simplexes), default=1)


def _solved(
    job: Job, executor: Executor, n_worlds: int, told: Told, step: str
) -> Iterable[tuple[int, dict[str, np.ndarray]]]:
    """Yield the results of the first worlds, one a chunk, as they come."""
    told(step, 0, n_worlds)
    for done, (world, found) in enumerate(executor.map(job, range(n_worlds)), 1):
        told(step, done, n_worlds)
        yield world, found.results
