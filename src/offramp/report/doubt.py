"""Policies under doubt: how each holds up over the worlds of a run, and for whom."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from offramp import __version__
from offramp.exploration.asked_runs import has_own_units, measure_of, value_of
from offramp.exploration.questions import refuse_unknown
from offramp.exploration.robustness import (
    Better,
    are_best,
    best_share,
    find_frontier,
    find_gains,
    find_regret,
    frontier_share,
    satisficing_share,
    worst_case,
)
from offramp.exploration.runs import Run
from offramp.exploration.weighing import even_out
from offramp.exploration.worth_knowing import Worth, find_worth
from offramp.report.answers import ConflictRow, DoubtAnswer, DoubtedPolicy, GainRow, WorthRow
from offramp.report.stored_runs import (
    Yardstick,
    directed_measures,
    open_worlds,
    read_choices,
    read_yardstick,
    refuse_too_few,
    run_head,
)

__all__ = ["describe_doubt"]


def describe_doubt(
    folder: str | Path,
    *,
    by: str | None = None,
    policies: Sequence[str] = (),
    reference: str | None = None,
    threshold: float | None = None,
    frontier: Sequence[str] = (),
    seed: int = 1,
) -> DoubtAnswer:
    """Return how policies fare over the worlds of a run.

    Args:
        by: What policies are judged by: a measure with a direction, or value(PLAYER).
        policies: Cases to compare; all that somebody could choose, if none are named.
        reference: Policy that gains and losses are counted from; the first of those compared.
        threshold: Of `by`, that is good enough.
        frontier: Measures that may conflict; all with a direction, if none are named.
        seed: Of the random deals that the worth of knowing is held against.

    Raises:
        RunError: The folder holds no sound run, or something named is not in it.
    """
    run, assumptions = open_worlds(folder)
    yardstick = read_yardstick(run, by)
    cases = read_choices(run, policies, yardstick)
    than = reference or cases[0]
    refuse_unknown("policy that is compared", than, cases, "--than")
    directed = directed_measures(run)
    for name in frontier:
        refuse_unknown("measure with a direction", name, list(directed), "--frontier")
    measures = {name: directed[name] for name in frontier or directed}
    table = yardstick.of(run, cases)
    told = ~np.isnan(table).any(axis=1)
    refuse_too_few(int(told.sum()), f"{yardstick.name} arises under every policy")
    worth = find_worth(
        assumptions,
        table,
        np.random.default_rng(seed),
        better=yardstick.better,
        weights=run.weight,
    )
    gauged = [case for case in cases if not has_own_units(run, case)]
    return DoubtAnswer(
        offramp=__version__,
        run=run_head(run),
        by=yardstick.name,
        is_chance=yardstick.is_chance,
        better=yardstick.better,
        threshold=threshold,
        compared=int(told.sum()),
        policies=list(_policies(run, cases, yardstick, threshold, measures)),
        left_out=[case for case in run.cases if case not in cases],
        reference=than,
        gains=list(_gains(run, gauged, than)) if than in gauged else [],
        not_gauged=[case for case in cases if case not in gauged],
        frontier=list(measures),
        conflicts=list(_conflicts(run, cases, measures)),
        chosen=cases[worth.chosen],
        worth=list(_worth(worth)),
        everything=worth.everything,
    )


def _worth(worth: Worth) -> Iterator[WorthRow]:
    """Yield assumptions, first what it would be worth most to know."""
    stands_out = worth.stands_out()
    for k in np.argsort(-worth.estimate, kind="stable"):
        yield WorthRow(
            assumption=worth.names[k],
            estimate=float(worth.estimate[k]),
            cautious=float(worth.cautious[k]),
            chance_high=float(worth.chance_high[k]),
            stands_out=bool(stands_out[k]),
        )


def _policies(
    run: Run,
    cases: Sequence[str],
    by: Yardstick,
    threshold: float | None,
    measures: dict[str, Better],
) -> Iterator[DoubtedPolicy]:
    table, weight = by.of(run, cases), run.weight
    regret = find_regret(table, by.better, weight)
    best = best_share(table, by.better, weight)
    worst = worst_case(table, by.better, weight)
    enough = None if threshold is None else satisficing_share(table, threshold, by.better, weight)
    told = ~np.isnan(table).any(axis=1)
    mean = even_out(weight[told], int(told.sum())) @ table[told]
    undominated, on_frontier = _frontier(run, cases, measures)
    for k, case in enumerate(cases):
        yield DoubtedPolicy(
            case=case,
            mean=float(mean[k]),
            best=float(best[k]),
            mean_regret=float(regret.mean[k]),
            high_regret=float(regret.high[k]),
            greatest_regret=float(regret.greatest[k]),
            worst=float(worst.value[k]),
            worst_world=int(run.world[worst.world[k]]),
            seldom_worse=float(worst.seldom_worse[k]),
            satisfices=None if enough is None else float(enough[k]),
            undominated=None if undominated is None else float(undominated[k]),
            on_frontier=None if on_frontier is None else bool(on_frontier[k]),
        )


def _frontier(
    run: Run, cases: Sequence[str], measures: dict[str, Better]
) -> tuple[np.ndarray | None, np.ndarray | None]:
    """Return the share in which each case is unbeaten, and whether its means are."""
    if len(measures) < 2:
        return None, None
    table = np.stack([measure_of(run, name, cases) for name in measures], axis=2)
    told = ~np.isnan(table).any(axis=(1, 2))
    if not told.any():
        return None, None
    better = tuple(measures.values())
    mean = np.tensordot(even_out(run.weight[told], int(told.sum())), table[told], axes=1)
    return frontier_share(table, better, run.weight), find_frontier(mean, better)


def _gains(run: Run, cases: Sequence[str], than: str) -> Iterator[GainRow]:
    value = np.stack([value_of(run, player, cases) for player in run.players], axis=2)
    if np.isnan(value).any(axis=(1, 2)).all():
        return
    found = find_gains(value, list(cases).index(than), weights=run.weight)
    for k, case in enumerate(cases):
        for p, player in enumerate(run.players):
            if case != than:
                yield GainRow(
                    case=case,
                    player=player,
                    gains=float(found.gain[k, p]),
                    loses=float(found.loss[k, p]),
                    mean=float(found.mean[k, p]),
                )


def _conflicts(
    run: Run, cases: Sequence[str], measures: dict[str, Better]
) -> Iterator[ConflictRow]:
    """Yield every two measures by how often no policy is best by both."""
    best = {name: are_best(measure_of(run, name, cases), way) for name, way in measures.items()}
    for one, other in itertools.combinations(measures, 2):
        told = best[one].any(axis=1) & best[other].any(axis=1)
        if told.any():
            weight = even_out(run.weight[told], int(told.sum()))
            both = (best[one] & best[other])[told].any(axis=1)
            yield ConflictRow(one=one, other=other, conflict=float(weight @ ~both))
