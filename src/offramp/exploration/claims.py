"""Claims to verdicts: in the base world, under either camp's mechanisms, and over draws of them.

Each claim is also labelled by what its verdict in the base world stands on: *assumed* (the direct
part alone decides it, or one of its own mechanisms shifts the chance of what it measures),
*strategic* (it needs the others' replies) or *informational* (it needs what acts reveal).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import Literal

import numpy as np

from offramp.exploration.cases import Laid
from offramp.exploration.design import spread_settings
from offramp.exploration.measured import Asked, Measured, mean_of, measure_cases, measure_spread
from offramp.exploration.split import Parts, SplitMeasures, split_cases, split_levels
from offramp.scenario import Scenario, bind, case_names
from offramp.scenario.claims import Claim, Comparison, Lookup, Verdict, judge, read_claims
from offramp.scenario.library import find_mechanism
from offramp.scenario.shifts import read_by_measure, shifted_variables

__all__ = [
    "LABELS",
    "ClaimFound",
    "ClaimsFound",
    "Label",
    "SplitComparison",
    "Standing",
    "all_set",
    "asked_by",
    "find_claims",
    "label_claims",
    "wanted_standings",
]

Label = Literal["assumed", "strategic", "informational", "undecided", "not split"]
LABELS: tuple[Label, ...] = ("assumed", "strategic", "informational", "not split")

CONTESTED = {"asserted": 0.5, "rival": 0.5}


@dataclass(frozen=True)
class Standing:
    """How claims stand under some settings of the mechanisms.

    Attributes:
        slacks: By claim, for each of its comparisons: by how much the greater side exceeds the
            lesser.
    """

    name: str
    measured: Measured
    verdicts: Mapping[str, Verdict]
    slacks: Mapping[str, tuple[float, ...]]


@dataclass(frozen=True)
class SplitComparison:
    """What one comparison of a claim stands on, and its parts as slack."""

    label: Label
    parts: Parts | None


@dataclass(frozen=True)
class ClaimFound:
    """A claim, and how it stands.

    Attributes:
        base, asserted, rival: In the base world (or the view's own), with all mechanisms asserted,
            with all at their rivals.
        mean: Of the mean measures over the drawn settings; None if none were drawn.
        shares: Of the drawn settings in which it holds, fails, is undecided.
        error: Standard error of the mean's slack, by comparison.
        assumed_by: Its own mechanisms that shift the chance of what it measures.
    """

    claim: Claim
    base: Verdict
    asserted: Verdict
    rival: Verdict
    mean: Verdict | None
    shares: Mapping[Verdict, float]
    slack: tuple[float, ...]
    error: tuple[float, ...]
    label: Label
    split: tuple[SplitComparison, ...]
    assumed_by: tuple[str, ...]


@dataclass(frozen=True)
class ClaimsFound:
    """Every claim of a scenario, and what was solved to find it."""

    claims: tuple[ClaimFound, ...]
    standings: Mapping[str, Standing]
    n_draws: int
    is_exact: bool
    residual: float
    n_unconverged: int


def all_set(scenario: Scenario, setting: str) -> dict[str, str]:
    """Return one setting for every mechanism in use that has it: some have no rival."""
    return {
        use.called: setting
        for use in scenario.mechanisms
        if setting != "rival" or _has_rival(scenario, use.use)
    }


def _has_rival(scenario: Scenario, mechanism: str) -> bool:
    found = find_mechanism(scenario, mechanism)
    return found is not None and found[0].rival is not None


def find_claims(
    scenario: Scenario,
    laid: Laid,
    *,
    n_draws: int = 64,
    seed: int = 1,
    draw_grid: int | None = None,
    started: Callable[[str], None] = lambda name: None,
) -> ClaimsFound:
    """Judge and label every claim of a scenario.

    Args:
        n_draws: Combinations of asserted and rival mechanisms to take the mean over; all of them
            where they are no more; 0 for none.
        draw_grid: Points a side of the belief grid in those, and where comparisons are split into
            parts; None as elsewhere.
    """
    claims = read_claims(scenario, _parameters(scenario, laid))
    asked = asked_by(scenario, claims)
    standings: dict[str, Standing] = {}
    for name, settings in wanted_standings(scenario, laid).items():
        standings[name] = stand(name, scenario, claims, asked, laid, settings, started)
    standings.setdefault("asserted", replace(standings["base"], name="asserted"))
    coarse = replace(laid, grid=draw_grid or laid.grid)
    whole = standings["base"].measured
    if coarse != laid:
        whole = measure_cases(scenario, asked, coarse, {}, started)
    labels = label_claims(scenario, claims, coarse, {}, whole, started)
    weights = dict.fromkeys(all_set(scenario, "rival"), CONTESTED)
    drawn: tuple[Measured, ...] = ()
    is_exact, shares = True, np.zeros(0)
    if n_draws and weights:
        spread = spread_settings(weights, seed=seed, limit=n_draws)
        drawn = measure_spread(scenario, asked, coarse, spread, started)
        is_exact = spread.is_exact
        shares = np.array([draw.weight for draw in spread.draws])
    found = tuple(_found(claim, standings, drawn, shares, *labels[claim.name]) for claim in claims)
    everything = [*(one.measured for one in standings.values()), *drawn]
    return ClaimsFound(
        found,
        standings,
        len(drawn),
        is_exact,
        max(one.residual for one in everything),
        sum(one.n_unconverged for one in everything),
    )


def wanted_standings(scenario: Scenario, laid: Laid) -> dict[str, dict[str, str]]:
    """Return the settings to be solved, by standing; no `asserted` where the base world is it."""
    found: dict[str, dict[str, str]] = {
        "base": {},
        "asserted": all_set(scenario, "asserted"),
        "rival": all_set(scenario, "rival"),
    }
    base = bind(scenario, view=laid.view, parameters=laid.parameters).settings
    if dict(base) == found["asserted"]:
        del found["asserted"]
    return found


def asked_by(scenario: Scenario, claims: Sequence[Claim]) -> dict[str, tuple[str, ...]]:
    """Return the measures that claims read of each case, cases in the scenario's order."""
    read = {
        (node.case, node.measure)
        for claim in claims
        for one in claim.comparisons
        for node in one.reads()
    }
    return {
        name: measures
        for name in case_names(scenario)
        if (measures := tuple(m for m in scenario.measures if (name, m) in read))
    }


def stand(
    name: str,
    scenario: Scenario,
    claims: Sequence[Claim],
    asked: Asked,
    laid: Laid,
    settings: Mapping[str, str],
    started: Callable[[str], None] = lambda name: None,
) -> Standing:
    """Solve the cases under some settings, and judge every claim there."""
    measured = measure_cases(scenario, asked, laid, settings, started)
    return Standing(name, measured, _verdicts(claims, measured), _slacks(claims, measured))


def _verdicts(claims: Sequence[Claim], lookup: Lookup) -> dict[str, Verdict]:
    return {claim.name: judge(one.verdict(lookup) for one in claim.comparisons) for claim in claims}


def _slacks(claims: Sequence[Claim], lookup: Lookup) -> dict[str, tuple[float, ...]]:
    return {claim.name: tuple(one.slack(lookup) for one in claim.comparisons) for claim in claims}


def _parameters(scenario: Scenario, laid: Laid) -> Mapping[str, float]:
    return bind(scenario, view=laid.view, parameters=laid.parameters).parameters


def _found(
    claim: Claim,
    standings: Mapping[str, Standing],
    drawn: Sequence[Measured],
    shares: np.ndarray,
    label: Label,
    split: tuple[SplitComparison, ...],
    assumed_by: tuple[str, ...],
) -> ClaimFound:
    base = standings["base"]
    verdicts = [judge(one.verdict(world) for one in claim.comparisons) for world in drawn]
    mean = mean_of(drawn, shares.tolist()) if drawn else None
    errors = [_error([one.slack(world) for world in drawn]) for one in claim.comparisons]
    return ClaimFound(
        claim=claim,
        base=base.verdicts[claim.name],
        asserted=standings["asserted"].verdicts[claim.name],
        rival=standings["rival"].verdicts[claim.name],
        mean=None if mean is None else judge(one.verdict(mean) for one in claim.comparisons),
        shares={
            one: float(shares[[found == one for found in verdicts]].sum())
            for one in ("holds", "fails", "undecided")
        }
        if drawn
        else {},
        slack=base.slacks[claim.name],
        error=tuple(errors) if len(drawn) > 1 else (),
        label=label,
        split=split,
        assumed_by=assumed_by,
    )


def _error(slacks: Sequence[float]) -> float:
    """Return the standard error of a mean of slacks, over the worlds in which there is one."""
    told = [slack for slack in slacks if math.isfinite(slack)]
    return float(np.std(told, ddof=1) / math.sqrt(len(told))) if len(told) > 1 else math.nan


# --- assumed or earned ----------------------------------------------------------------------------


def label_claims(
    scenario: Scenario,
    claims: Sequence[Claim],
    laid: Laid,
    settings: Mapping[str, str],
    whole: Measured,
    started: Callable[[str], None] = lambda name: None,
) -> dict[str, tuple[Label, tuple[SplitComparison, ...], tuple[str, ...]]]:
    """Return, for each claim, what its verdict stands on, by comparison and altogether.

    Args:
        whole: The measures of all cases that the claims compare.
    """
    order = {name: k for k, name in enumerate(case_names(scenario))}
    compared: dict[str, set[str]] = {}
    alone: set[str] = set()
    for one in chain.from_iterable(claim.comparisons for claim in claims):
        first, *others = sorted(one.cases, key=order.__getitem__)
        if others:
            compared.setdefault(first, set()).update(others)
        else:
            alone.add(first)
    splits: dict[str | None, SplitMeasures] = {}
    for first, rest in compared.items():
        others = sorted(rest, key=order.__getitem__)
        splits[first] = split_cases(scenario, first, others, laid, settings, whole, started)
    if alone:
        levels = sorted(alone, key=order.__getitem__)
        splits[None] = split_levels(scenario, levels, laid, settings, whole, started)
    shifted, read = shifted_variables(scenario), read_by_measure(scenario)
    found = {}
    for claim in claims:
        split = tuple(_split(one, splits, order, whole) for one in claim.comparisons)
        reads = frozenset().union(*(read[measure] for measure in claim.measures))
        by = tuple(name for name in claim.decl.rests_on if shifted.get(name, frozenset()) & reads)
        found[claim.name] = (_altogether(claim, split, whole, by), split, by)
    return found


def _split(
    one: Comparison,
    splits: Mapping[str | None, SplitMeasures],
    order: Mapping[str, int],
    whole: Measured,
) -> SplitComparison:
    """Return the first part at which a comparison's verdict is reached."""
    first = min(one.cases, key=order.__getitem__)
    split = splits[first if len(one.cases) > 1 else None]
    if any(case not in split.direct for case in one.cases):
        return SplitComparison("not split", None)

    def direct(measure: str, case: str) -> float:
        return split.direct[case][measure]

    def earned(measure: str, case: str) -> float:
        return split.earned[case][measure]

    slack = one.slack(direct), one.slack(earned), one.slack(whole)
    parts = Parts(slack[0], slack[1] - slack[0], slack[2] - slack[1])
    verdict = one.verdict(whole)
    if verdict == "undecided":
        return SplitComparison("undecided", parts)
    if one.verdict(direct) == verdict:
        return SplitComparison("assumed", parts)
    return SplitComparison(
        "strategic" if one.verdict(earned) == verdict else "informational", parts
    )


def _altogether(
    claim: Claim, split: Sequence[SplitComparison], whole: Measured, assumed_by: Sequence[str]
) -> Label:
    """Return a claim's label: what holds needs all its comparisons, what fails any that fails."""
    verdicts = [one.verdict(whole) for one in claim.comparisons]
    verdict = judge(verdicts)
    if verdict == "undecided":
        return "undecided"
    if assumed_by:
        return "assumed"
    deciding = [
        LABELS.index(part.label)
        for part, one in zip(split, verdicts, strict=True)
        if one == verdict
    ]
    return LABELS[max(deciding) if verdict == "holds" else min(deciding)]
