"""Assumed or earned, over the worlds of a run."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from offramp import __version__
from offramp.exploration.cases import Laid
from offramp.exploration.claims import Label
from offramp.exploration.earned import EarnedClaim, Mean, find_earned, mean_over_worlds
from offramp.exploration.runs import open_run
from offramp.report.answers import (
    EarnedAnswer,
    EarnedClaimRow,
    EarnedComparisonRow,
    LabelCounts,
    MeanRow,
)
from offramp.report.claims import paired, refuse_without_claims
from offramp.report.progress import Progress
from offramp.report.results import scenario_head

__all__ = ["describe_earned"]


def describe_earned(
    folder: Path | str, *, worlds: int = 32, claims: Sequence[str] = ()
) -> EarnedAnswer:
    """Return what the claims of a run's scenario stand on in its first worlds.

    Args:
        worlds: How many of them.
        claims: Only these; all, if none is named.

    Raises:
        OfframpError: The folder holds no run, its scenario claims nothing, or a claim that is
            named cannot be split.
    """
    run = open_run(folder)
    scenario, manifest = run.scenario, run.manifest
    refuse_without_claims(scenario, str(folder))
    total = min(worlds, len(run.world))
    with Progress("splitting", total) as progress:
        found = find_earned(run, worlds, claims, lambda item: progress.done())
    by_name = {one.claim.name: one for one in found.claims}
    return EarnedAnswer(
        offramp=__version__,
        scenario=scenario_head(scenario, Laid(manifest.view, manifest.set, manifest.grid)),
        folder=str(folder),
        there=len(run.world),
        draws=manifest.worlds_sha256,
        worlds=list(found.worlds),
        claims=[_row(by_name[name]) for name in paired(by_name, scenario)],
        left_out=list(found.left_out),
        miss=max((one.miss for one in found.claims), default=0.0),
        unsolved=found.n_unsolved,
        reason=found.reason or None,
    )


def _row(one: EarnedClaim) -> EarnedClaimRow:
    decl, verdicts = one.claim.decl, Counter(one.verdict)
    return EarnedClaimRow(
        claim=one.claim.name,
        says=decl.says,
        counter=decl.counter,
        worlds=len(one.verdict),
        holds=verdicts["holds"],
        fails=verdicts["fails"],
        labels=_counts(one.label),
        assumed_by=list(one.assumed_by),
        comparisons=[_comparison(one, k) for k in range(len(one.claim.comparisons))],
    )


def _comparison(one: EarnedClaim, k: int) -> EarnedComparisonRow:
    there = np.isfinite(one.parts[k]).all(axis=1) & np.isfinite(one.whole[k])
    direct, strategic, informational = one.parts[k][there].T
    return EarnedComparisonRow(
        text=one.claim.comparisons[k].text,
        worlds=int(there.sum()),
        whole=_mean(mean_over_worlds(one.whole[k][there])),
        direct=_mean(mean_over_worlds(direct)),
        strategic=_mean(mean_over_worlds(strategic)),
        informational=_mean(mean_over_worlds(informational)),
        labels=_counts(one.comparison_label[k]),
    )


def _counts(labels: Sequence[Label]) -> LabelCounts:
    count = Counter(labels)
    return LabelCounts(
        assumed=count["assumed"],
        strategic=count["strategic"],
        informational=count["informational"],
        undecided=count["undecided"],
        not_split=count["not split"],
    )


def _mean(found: Mean) -> MeanRow:
    mean, low, high = (value if math.isfinite(value) else None for value in found)
    return MeanRow(mean=mean, low=low, high=high)
