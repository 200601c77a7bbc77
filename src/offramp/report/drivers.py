"""What drives a verdict over the worlds of a run."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import numpy as np

from offramp import __version__
from offramp.errors import Problem, RunError
from offramp.exploration.asked_runs import AskedWorlds, ask_claim, ask_worlds
from offramp.exploration.boxes import BoxFound, find_boxes
from offramp.exploration.drawn import Drawn
from offramp.exploration.importance import Index, rank_correlation, weigh_importance
from offramp.exploration.questions import (
    is_it_better,
    is_it_kept,
    refuse_needless,
    refuse_same,
    refuse_unknown,
)
from offramp.exploration.runs import Run
from offramp.exploration.shares import FAILS, HOLDS, UNDECIDED, wilson_interval
from offramp.exploration.switching import Switches, switch_mechanisms
from offramp.exploration.verdicts import claims_to_judge
from offramp.report.answers import (
    BoxRow,
    DriverRow,
    DriversAnswer,
    IndexRow,
    PeelRow,
    SettingRow,
    SwitchedMechanism,
)
from offramp.report.progress import Progress
from offramp.report.stored_runs import (
    directed_measures,
    limit_rows,
    open_worlds,
    refuse_too_few,
    run_head,
)

__all__ = ["describe_drivers"]

CODES: dict[Literal["fails", "holds"], int] = {"fails": FAILS, "holds": HOLDS}


def describe_drivers(
    folder: str | Path,
    *,
    claim: str | None = None,
    policies: tuple[str, str] | None = None,
    policy: str | None = None,
    measure: str | None = None,
    limit: float | None = None,
    switch: int = 0,
    resamples: int = 100,
    seed: int = 1,
) -> DriversAnswer:
    """Return on what a verdict hangs, over the worlds of a run.

    What is asked is one of three: whether a claim holds, whether the first of two policies is
    better, or whether a policy keeps a measure within a limit.

    Args:
        measure: By which policies are judged; the first with a direction, if not given.
        switch: Worlds to solve anew with each mechanism switched.
        resamples: For the intervals of the indices.
        seed: Of the dummy and the resamples.

    Raises:
        RunError: The folder holds no sound run, something named is not in it, or it is not clear
            what is asked.
    """
    run, assumptions = open_worlds(folder)
    asked = _asked(run, claim, policies, policy, measure, limit)
    told = ~np.isnan(asked.slack)
    refuse_too_few(int(told.sum()), "the question arises")
    drivers, dummy = _drivers(run, assumptions, asked, resamples, seed)
    switches = None
    if switch and run.scenario.mechanisms:
        with Progress("switching mechanisms", min(switch, len(run.world))) as progress:
            switches = switch_mechanisms(run, asked.question, switch, lambda item: progress.done())
    counted = [int((asked.verdict == code).sum()) for code in (HOLDS, FAILS, UNDECIDED)]
    return DriversAnswer(
        offramp=__version__,
        run=run_head(run),
        question=asked.says,
        holds=counted[0],
        fails=counted[1],
        undecided=counted[2],
        indices_of="verdict" if np.isinf(asked.slack).any() else "slack",
        told=int(told.sum()),
        drivers=drivers,
        dummy=dummy,
        settings=list(_settings(assumptions, asked)),
        boxes=list(_boxes(run, assumptions, asked)),
        switch_worlds=0 if switches is None else len(switches.world),
        switched=[] if switches is None else _switched(switches),
    )


def _asked(
    run: Run,
    claim: str | None,
    policies: tuple[str, str] | None,
    policy: str | None,
    measure: str | None,
    limit: float | None,
) -> AskedWorlds:
    if sum(one is not None for one in (claim, policies, policy)) != 1 or (
        (policy is None) != (limit is None)
    ):
        raise RunError(
            Problem(
                code="R634",
                path="--claim",
                message="worlds must be asked one thing.",
                fix="give --claim NAME; or --policies A B; or --policy P and --limit X (the last "
                "two with --measure M, if not the first is meant).",
            )
        )
    if claim is not None:
        refuse_needless(measure)
        refuse_unknown("claim that this run can judge", claim, claims_to_judge(run), "--claim")
        return ask_claim(run, claim)
    directed = directed_measures(run)
    name = measure or next(iter(directed), "")
    refuse_unknown("measure with a direction", name, list(directed), "--measure")
    for case in policies or (policy,):
        refuse_unknown("case", str(case), run.cases, "--policies" if policies else "--policy")
    lower = directed[name] == "lower"
    if policies is not None:
        refuse_same(policies)
        return ask_worlds(run, is_it_better(name, *policies, lower=lower))
    assert policy is not None
    assert limit is not None
    return ask_worlds(run, is_it_kept(name, policy, limit, lower=lower))


def _drivers(
    run: Run, assumptions: Drawn, asked: AskedWorlds, resamples: int, seed: int
) -> tuple[list[DriverRow], IndexRow]:
    """Return each assumption's row, most important first, and the dummy's delta."""
    answer = asked.slack
    if np.isinf(answer).any():
        answer = np.where(np.isnan(answer), np.nan, asked.verdict == HOLDS)
    found = weigh_importance(
        assumptions,
        answer,
        np.random.default_rng(seed),
        weights=run.weight,
        n_resamples=resamples,
    )
    rises = rank_correlation(assumptions, answer, run.weight)
    stands_out = found.stands_out()
    rows = [
        DriverRow(
            assumption=name,
            delta=_index(found.delta, k),
            first=_index(found.first_order, k),
            rank_correlation=None if np.isnan(rises[k]) else float(rises[k]),
            stands_out=bool(stands_out[k]),
        )
        for k, name in enumerate(assumptions.names)
    ]
    return sorted(rows, key=lambda row: -row.delta.value), _index(found.delta, -1)


def _index(of: Index, k: int) -> IndexRow:
    return IndexRow(value=float(of.value[k]), low=float(of.low[k]), high=float(of.high[k]))


def _settings(assumptions: Drawn, asked: AskedWorlds) -> Iterator[SettingRow]:
    told = ~np.isnan(asked.slack)
    for k, settings in enumerate(assumptions.settings):
        for code, setting in enumerate(settings):
            within = told & (assumptions.value[:, k] == code)
            yield SettingRow(
                assumption=assumptions.names[k],
                setting=setting,
                worlds=int(within.sum()),
                holds=int((asked.verdict[within] == HOLDS).sum()),
            )


def _boxes(run: Run, assumptions: Drawn, asked: AskedWorlds) -> Iterator[BoxRow]:
    """Yield the boxes in which it fails, then those in which it holds."""
    told = ~np.isnan(asked.slack)
    worlds, weight = assumptions.of_worlds(told), run.weight[told]
    for of, code in CODES.items():
        such = asked.verdict[told] == code
        if such.any() and not such.all():
            for one in find_boxes(worlds, such, weights=weight):
                yield _box(of, one, assumptions)


def _box(of: Literal["fails", "holds"], found: BoxFound, assumptions: Drawn) -> BoxRow:
    at, curve = found.at, found.trajectory
    return BoxRow(
        of=of,
        limits=limit_rows(found.box, assumptions, found.quasi_p),
        coverage=float(at.coverage[0]),
        density=float(at.density[0]),
        mass=float(at.mass[0]),
        worlds=int(at.n_worlds[0]),
        such=int(at.n_interest[0]),
        curve=[
            PeelRow(
                coverage=float(curve.coverage[k]),
                density=float(curve.density[k]),
                mass=float(curve.mass[k]),
                restricted=int(curve.n_restricted[k]),
            )
            for k in range(len(curve.boxes))
        ],
        chosen=found.chosen,
    )


def _switched(switches: Switches) -> list[SwitchedMechanism]:
    n_worlds = len(switches.world)
    rows = []
    for k, name in enumerate(switches.mechanisms):
        turned = int(switches.turned[:, k].sum())
        interval = wilson_interval(turned / n_worlds, n_worlds)
        rows.append(
            SwitchedMechanism(mechanism=name, turned=turned, low=interval.low, high=interval.high)
        )
    return sorted(rows, key=lambda row: -row.turned)
