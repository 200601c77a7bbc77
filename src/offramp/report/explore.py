"""Worlds: from a run to an answer."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from shlex import quote
from typing import Literal

import numpy as np

from offramp import __version__
from offramp.exploration import Laid
from offramp.exploration.design import DesignName
from offramp.exploration.ensemble import explore
from offramp.exploration.manifest import GridChoice
from offramp.exploration.runs import Run
from offramp.exploration.shares import HOLDS
from offramp.exploration.verdicts import judge_worlds
from offramp.report.answers import (
    DrawnRow,
    ExploreAnswer,
    GridEffectRow,
    GridTrialRow,
    UnsolvedRow,
    WorldGridAnswer,
    WorldsRow,
    WorldVerdictRow,
)
from offramp.report.catalog import sound_scenario
from offramp.report.claims import paired
from offramp.report.progress import Progress
from offramp.report.results import is_chance, scenario_head
from offramp.report.tables import format_number
from offramp.scenario import Scenario, bind
from offramp.scenario.worlds import Span

__all__ = ["describe_explore", "describe_worlds", "resume_words"]

PERCENTILES = (10, 50, 90)
NUMBER = re.compile(r"(?<![\w.])-?\d[\d.,]*(e[+-]?\d+)?")  # no part of a name


def describe_explore(
    name_or_path: str,
    folder: Path | None = None,
    *,
    worlds: int | None = None,
    cases: Sequence[str] = (),
    view: str | None = None,
    seed: int | None = None,
    design: DesignName | None = None,
    grid: int | Literal["auto"] | None = None,
    parameters: Mapping[str, float | str] | None = None,
    resume: bool = False,
    budget: float | None = None,
    workers: int | None = None,
) -> ExploreAnswer:
    """Solve a scenario in many worlds, and say how its measures spread over them.

    Raises:
        OfframpError: As `explore`, or with every problem of the scenario.
    """
    scenario = sound_scenario(name_or_path)
    begun = time.monotonic()
    with Progress("solving", worlds or 0) as progress:
        run = explore(
            scenario,
            folder,
            worlds=worlds,
            cases=tuple(cases) or None,
            view=view,
            seed=seed,
            design=design,
            grid=grid,
            parameters=parameters or None,
            resume=resume,
            budget=budget,
            workers=workers,
            told=progress.tell,
        )
    seconds = time.monotonic() - begun
    go_on = _go_on(name_or_path, run)
    return describe_worlds(run).model_copy(update={"go_on": go_on, "seconds": seconds})


def describe_worlds(run: Run) -> ExploreAnswer:
    """Return what is in a run, which took no time to be opened."""
    scenario, manifest = run.scenario, run.manifest
    return ExploreAnswer(
        offramp=__version__,
        scenario=scenario_head(scenario, Laid(manifest.view, manifest.set)),
        folder=None if run.folder is None else str(run.folder),
        go_on=None,
        worlds=manifest.worlds,
        done=len(run.world),
        already=run.already,
        mended=list(run.mended),
        design=manifest.design,
        seed=manifest.seed,
        grid=manifest.grid,
        world_grid=_world_grid(manifest.grid_choice) if manifest.grid_choice else None,
        drawn=list(_drawn(run)),
        not_drawn=list(run.assumptions.settled),
        rows=list(_rows(run, scenario)),
        verdicts=list(_verdicts(run)),
        unsolved=_unsolved(run),
        residual=float(np.nanmax(run.residual)) if run.solved.any() else None,
        not_converged=int(run.not_converged.sum()),
        worlds_not_converged=int((run.not_converged.sum(axis=1) > 0).sum()),
        seconds=0.0,
    )


def _go_on(name_or_path: str, run: Run) -> str | None:
    if run.is_finished or run.folder is None:
        return None
    return resume_words(name_or_path, run.folder)


def resume_words(name_or_path: str, folder: Path) -> str:
    """Return the command that goes on with a run, fit to be copied."""
    return f"offramp explore {quote(name_or_path)} --out {quote(str(folder))} --resume"


def _drawn(run: Run) -> Iterator[DrawnRow]:
    found = run.assumptions
    for name, span in found.numbers.items():
        yield DrawnRow(name=name, kind="number", among=_span_words(span))
    for name, chances in found.mechanisms.items():
        yield DrawnRow(name=name, kind="setting", among=_choice_words(chances.items()))
    for name, chances in found.starts.items():
        yield DrawnRow(name=name, kind="start", among=_choice_words(chances.items()))


def _span_words(span: Span) -> str:
    if span.one_of:
        total = sum(weight for _, weight in span.one_of)
        return _choice_words((format_number(value), w / total) for value, w in span.one_of)
    told = f"{format_number(span.low)} to {format_number(span.high)}"
    return f"{told}, over the logarithm" if span.is_log else told


def _choice_words(chances: Iterable[tuple[str, float]]) -> str:
    return ", ".join(f"{name} {chance:.0%}".replace("%", " %") for name, chance in chances)


def _rows(run: Run, scenario: Scenario) -> Iterator[WorldsRow]:
    chances = {one.name: is_chance(one.is_) for one in bind(scenario).measures}
    for c, case in enumerate(run.cases):
        for m, measure in enumerate(run.measures):
            yield _row(case, measure, run.measure[:, c, m], chance=chances[measure])
        for p, player in enumerate(run.players):
            yield _row(case, f"value({player})", run.value[:, c, p], chance=False)


def _row(case: str, quantity: str, values: np.ndarray, *, chance: bool) -> WorldsRow:
    """Return how a quantity spreads over the worlds (one entry each) in which it arises."""
    told = values[~np.isnan(values)]
    p10, p50, p90 = np.percentile(told, PERCENTILES).tolist() if len(told) else [None] * 3
    return WorldsRow(
        case=case,
        quantity=quantity,
        is_chance=chance,
        p10=p10,
        p50=p50,
        p90=p90,
        mean=float(told.mean()) if len(told) else None,
    )


def _verdicts(run: Run) -> Iterator[WorldVerdictRow]:
    """Yield what the worlds say of each claim, each followed by its counter-claim."""
    judged = {one.claim.name: one for one in judge_worlds(run)}
    for name in paired(judged, run.scenario):
        one = judged[name]
        if one.shares is not None:
            holds, fails, undecided = (int(count) for count in one.shares.count)
            yield WorldVerdictRow(
                claim=name,
                says=one.claim.decl.says,
                counter=one.claim.decl.counter,
                worlds=holds + fails + undecided,
                holds=holds,
                fails=fails,
                undecided=undecided,
                low=float(one.shares.low[HOLDS]),
                high=float(one.shares.high[HOLDS]),
                verdict=one.over_worlds,
            )


def _unsolved(run: Run) -> list[UnsolvedRow]:
    """Return what could not be solved, by reason; one reason may name other numbers in each."""
    found: dict[str, list[tuple[int, str]]] = {}
    for place, reason in run.reasons.items():
        found.setdefault(NUMBER.sub("", reason), []).append(place)
    return [
        UnsolvedRow(
            reason=run.reasons[places[0]],
            cases=list(dict.fromkeys(case for _, case in places)),
            worlds=list(dict.fromkeys(world for world, _ in places)),
        )
        for places in found.values()
    ]


def _world_grid(choice: GridChoice) -> WorldGridAnswer:
    return WorldGridAnswer(
        default=choice.default,
        worlds=choice.worlds,
        trials=[GridTrialRow(grid=one.grid, share=one.share) for one in choice.trials],
        effects=[
            GridEffectRow(
                measure=one.measure, by_ratio=one.is_ratio, margin=one.margin, effect=one.effect
            )
            for one in choice.effects
        ],
        margin_unread=choice.margin_unread,
    )
