"""What one must believe: for each policy the fewest assumptions under which it is best."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from offramp import __version__
from offramp.exploration.belief_conditions import find_conditions
from offramp.exploration.robustness import TIE, are_best
from offramp.report.answers import BelieveAnswer, BelievedPolicy, ConditionRow
from offramp.report.stored_runs import (
    limit_rows,
    open_worlds,
    read_choices,
    read_yardstick,
    refuse_too_few,
    run_head,
)

__all__ = ["describe_believe"]


def describe_believe(
    folder: str | Path,
    *,
    by: str | None = None,
    policies: Sequence[str] = (),
    purity: float = 0.9,
    margin: float = TIE,
    seed: int = 1,
) -> BelieveAnswer:
    """Return the smallest conditions under which each policy is best.

    Args:
        by: What is best by: a measure with a direction, or value(PLAYER).
        policies: Cases to compare; all that somebody could choose, if none are named.
        purity: Share of the satisfying worlds in which the policy must be best.
        margin: A policy counts as best that is no worse than the best by more than this.
        seed: Of the halving of the worlds.

    Raises:
        RunError: The folder holds no sound run, or something named is not in it.
    """
    run, assumptions = open_worlds(folder)
    yardstick = read_yardstick(run, by)
    cases = read_choices(run, policies, yardstick)
    table = yardstick.of(run, cases)
    told = ~np.isnan(table).any(axis=1)
    refuse_too_few(int(told.sum()), f"{yardstick.name} arises under every policy")
    best = are_best(table[told], yardstick.better, margin)
    worlds = assumptions.of_worlds(told)
    rows = []
    for k, case in enumerate(cases):
        found = find_conditions(
            worlds,
            best[:, k],
            np.random.default_rng(seed),  # the same halves for every policy
            weights=run.weight[told],
            purity=purity,
        )
        conditions = [
            ConditionRow(
                limits=limit_rows(one.box, assumptions),
                worlds=one.n_worlds,
                best=one.n_best,
                tried=one.n_tried,
                tried_best=one.n_tried_best,
            )
            for one in found.conditions
        ]
        rows.append(
            BelievedPolicy(
                case=case,
                answer=found.answer,
                worlds=found.n_worlds,
                best=found.n_best,
                conditions=conditions,
            )
        )
    return BelieveAnswer(
        offramp=__version__,
        run=run_head(run),
        by=yardstick.name,
        better=yardstick.better,
        purity=purity,
        margin=margin,
        policies=rows,
        left_out=[case for case in run.cases if case not in cases],
    )
