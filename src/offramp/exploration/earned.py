r"""Assumed or earned, over worlds: what each claim's verdicts stand on in the worlds of a run.

In each of a run's first worlds every comparison is split in its direct, strategic and informational
part, as it is in the base world (`claims.py`). The first worlds are a fair sample: of Sobol' points
they are a shorter design of the same kind, and in a Latin hypercube the order is random.

A part's mean over worlds has Student's interval $\bar x \pm t\, s / \sqrt n$ [Student1908]. Worlds
that are drawn in strata vary less than independent ones, so that it errs on the wide side.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from jaxtyping import Float
from scipy.special import stdtrit

from offramp.errors import OfframpError, Problem, RunError
from offramp.exploration.cases import Laid
from offramp.exploration.claims import Label, SplitComparison, asked_by, label_claims
from offramp.exploration.jobs import reason_of
from offramp.exploration.measured import Measured
from offramp.exploration.questions import refuse_unknown
from offramp.exploration.runs import Run
from offramp.exploration.sharing import share_out
from offramp.scenario import Scenario, bind
from offramp.scenario.claims import Claim, Verdict, judge, read_claims

__all__ = ["Earned", "EarnedClaim", "Mean", "find_earned", "mean_over_worlds"]


class Mean(NamedTuple):
    """A mean over worlds and the ends of its interval, which are NaN for less than two worlds."""

    mean: float
    low: float
    high: float


class _InWorld(NamedTuple):
    """A claim in one world.

    Attributes:
        slack: Of each comparison, as the run has it.
    """

    verdict: Verdict
    label: Label
    split: tuple[SplitComparison, ...]
    slack: tuple[float, ...]
    assumed_by: tuple[str, ...]


@dataclass(frozen=True)
class EarnedClaim:
    """What a claim's verdicts stand on.

    Attributes:
        verdict, label: In each world that was split for it.
        comparison_label: Of each comparison by its parts alone, whatever its claim is assumed by.
        parts: Of each comparison: direct, strategic, informational; NaN where it cannot be split.
        whole: Slack of each comparison in the run.
        assumed_by: Its own mechanisms that shift the chance of what it measures.
    """

    claim: Claim
    verdict: tuple[Verdict, ...]
    label: tuple[Label, ...]
    comparison_label: tuple[tuple[Label, ...], ...]
    parts: Float[np.ndarray, "comparison world part"]
    whole: Float[np.ndarray, "comparison world"]
    assumed_by: tuple[str, ...]

    @property
    def miss(self) -> float:
        """Largest distance between the sum of the parts and the whole, in any world."""
        gap = np.abs(self.parts.sum(axis=2) - self.whole)
        return float(np.max(gap[np.isfinite(gap)], initial=0.0))


@dataclass(frozen=True)
class Earned:
    """What claims stand on over a sample of worlds.

    Attributes:
        worlds: Numbers of the worlds that were sampled.
        left_out: Claims that compare a case which the run has not.
        n_unsolved: Sampled worlds that could not be split, or in which the run could not solve a
            case of some claim. reason: why the first of them could not be; empty without one.
    """

    claims: tuple[EarnedClaim, ...]
    worlds: tuple[int, ...]
    left_out: tuple[str, ...]
    n_unsolved: int
    reason: str


def find_earned(
    run: Run,
    n_worlds: int,
    wanted: Sequence[str] = (),
    done: Callable[[object], None] = lambda item: None,
) -> Earned:
    """Split the claims of a run's scenario in its first worlds.

    Args:
        n_worlds: How many; all that there are, where there are fewer.
        wanted: Claims by name; all whose cases the run has, if none is named.
        done: Told of each world that is split.

    Raises:
        RunError: A claim that is not declared, or that compares cases which the run has not; or
            the run has no world.
    """
    laid = Laid(run.manifest.view, run.manifest.set or None, run.manifest.grid)
    names, left_out = _claims_of(run, laid, wanted)
    items = [_world(run, laid, line, names) for line in range(min(n_worlds, len(run.world)))]
    found = share_out(_Splitting(run.scenario, laid), items, done)
    reasons = [one.reason for one in found if one.reason]
    return Earned(
        tuple(_gathered(name, run, laid, [one.claims for one in found]) for name in names),
        tuple(int(world) for world in run.world[: len(items)]),
        left_out,
        len(reasons),
        next(iter(reasons), ""),
    )


def mean_over_worlds(values: Float[np.ndarray, "world"], confidence: float = 0.95) -> Mean:
    """Return the mean of what is finite, with Student's interval."""
    told = values[np.isfinite(values)]
    if not told.size:
        return Mean(math.nan, math.nan, math.nan)
    mean = float(told.mean())
    if told.size < 2:
        return Mean(mean, math.nan, math.nan)
    error = float(told.std(ddof=1)) / math.sqrt(told.size)
    half = float(stdtrit(told.size - 1, 0.5 + confidence / 2)) * error
    return Mean(mean, mean - half, mean + half)


# --- which claims, in which worlds ----------------------------------------------------------------


class _World(NamedTuple):
    """A world of a run as it is sent to whoever splits it.

    Attributes:
        values: By case, then by measure, as the run has them.
        claims: Those all of whose cases were solved there. reason: why others were not.
    """

    drawn: Mapping[str, float | str]
    settings: Mapping[str, str]
    values: Mapping[str, Mapping[str, float]]
    claims: tuple[str, ...]
    reason: str


class _Labelled(NamedTuple):
    claims: dict[str, _InWorld]
    reason: str


def _claims_of(
    run: Run, laid: Laid, wanted: Sequence[str]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the claims that are split, and those that cannot be for want of a case."""
    scenario = run.scenario
    for name in wanted:
        refuse_unknown("claim", name, list(scenario.claims), "--claim")
    cases = {one.name: _cases(one) for one in _read(scenario, laid, wanted)}
    lacking = {name: [c for c in those if c not in run.cases] for name, those in cases.items()}
    there = tuple(name for name, lacks in lacking.items() if not lacks)
    left_out = tuple(name for name in cases if name not in there)
    if left_out and (wanted or not there):
        cases_told = ", ".join(dict.fromkeys(c for lacks in lacking.values() for c in lacks))
        fix = "explore with these cases too, or name other claims."
        message = f"{', '.join(left_out)}: the run has not solved {cases_told}."
        raise RunError(Problem(code="R621", path="--claim", message=message, fix=fix))
    if not len(run.world):
        fix = "go on with it: offramp explore … --resume."
        message = "No world of this run has been solved."
        raise RunError(Problem(code="R621", message=message, fix=fix))
    return there, left_out


def _read(scenario: Scenario, laid: Laid, names: Sequence[str]) -> list[Claim]:
    """Return claims (all, if none is named), numbers in them read as they are laid."""
    crisis = bind(scenario, view=laid.view, parameters=laid.parameters, drawn=laid.drawn)
    claims = read_claims(scenario, crisis.parameters)
    return [one for one in claims if not names or one.name in names]


def _cases(claim: Claim) -> tuple[str, ...]:
    return tuple(dict.fromkeys(case for one in claim.comparisons for case in one.cases))


def _world(run: Run, laid: Laid, line: int, names: Sequence[str]) -> _World:
    claims = _read(run.scenario, laid, names)
    unsolved = {case for case, fine in zip(run.cases, run.solved[line], strict=True) if not fine}
    there = [one for one in claims if not unsolved & set(_cases(one))]
    values = {
        case: {name: float(run.of(name, case)[line]) for name in measures}
        for case, measures in asked_by(run.scenario, there).items()
    }
    lost = [run.reasons[int(run.world[line]), case] for case in run.cases if case in unsolved]
    return _World(
        run.worlds.drawn(line, run.assumptions),
        run.worlds.settings(line, run.assumptions),
        values,
        tuple(one.name for one in there),
        lost[0] if len(there) < len(claims) else "",
    )


# --- splitting them -------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Splitting:
    """Splits claims in one world after another; can be sent to another process."""

    scenario: Scenario
    laid: Laid

    def __call__(self, world: _World) -> _Labelled:
        laid = replace(self.laid, drawn=world.drawn)
        if not world.claims:
            return _Labelled({}, world.reason)
        claims = _read(self.scenario, laid, world.claims)
        whole = Measured(world.values, 0.0, 0)
        try:
            labels = label_claims(self.scenario, claims, laid, world.settings, whole)
        except OfframpError as error:
            return _Labelled({}, reason_of(error))
        found = {
            one.name: _InWorld(
                judge(comparison.verdict(whole) for comparison in one.comparisons),
                *labels[one.name][:2],
                tuple(comparison.slack(whole) for comparison in one.comparisons),
                labels[one.name][2],
            )
            for one in claims
        }
        return _Labelled(found, world.reason)


def _gathered(
    name: str, run: Run, laid: Laid, found: Sequence[Mapping[str, _InWorld]]
) -> EarnedClaim:
    [claim] = _read(run.scenario, laid, [name])
    worlds = [one[name] for one in found if name in one]
    shape = (len(claim.comparisons), len(worlds))
    parts, whole = np.full((*shape, 3), np.nan), np.full(shape, np.nan)
    for w, one in enumerate(worlds):
        whole[:, w] = one.slack
        for k, split in enumerate(one.split):
            parts[k, w] = split.parts or (math.nan,) * 3
    return EarnedClaim(
        claim,
        tuple(one.verdict for one in worlds),
        tuple(one.label for one in worlds),
        tuple(tuple(one.split[k].label for one in worlds) for k in range(len(claim.comparisons))),
        parts,
        whole,
        worlds[0].assumed_by if worlds else (),
    )
