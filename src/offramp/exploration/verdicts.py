"""Claims over the worlds of a run: in which they hold, fail, are undecided, and the verdict on all.

A world in which a case that a claim compares could not be solved says nothing about the claim and
is left out of its shares; it is counted.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

from offramp.exploration.questions import clears
from offramp.exploration.runs import Run
from offramp.exploration.shares import (
    FAILS,
    HOLDS,
    UNDECIDED,
    OverWorlds,
    Shares,
    judge_shares,
    share_worlds,
)
from offramp.scenario import bind
from offramp.scenario.claims import Claim, judge, read_claims

__all__ = ["JudgedClaim", "claims_by_world", "claims_to_judge", "judge_claim", "judge_worlds"]

CODE = {"holds": HOLDS, "fails": FAILS, "undecided": UNDECIDED}


@dataclass(frozen=True)
class JudgedClaim:
    """A claim over worlds.

    Attributes:
        verdict: `HOLDS`, `FAILS` or `UNDECIDED` in each world.
        clearance: By how much its weakest comparison clears what it asks for; NaN where a measure
            does not arise or was not solved.
        is_solved: Whether every case that it compares was solved.
        shares: Of the worlds in which it was; None if it was in none.
    """

    claim: Claim
    verdict: Int[np.ndarray, "world"]
    clearance: Float[np.ndarray, "world"]
    is_solved: Bool[np.ndarray, "world"]
    shares: Shares | None

    @property
    def over_worlds(self) -> OverWorlds:
        """The verdict over all worlds; it depends where none was solved."""
        return (
            "depends" if self.shares is None else judge_shares(self.shares, self.claim.decl.share)
        )


def judge_worlds(run: Run, confidence: float = 0.95) -> tuple[JudgedClaim, ...]:
    """Judge every claim of a run's scenario whose cases the run has, in the scenario's order."""
    claims = claims_by_world(run)
    return tuple(_judged(run, name, claims, confidence) for name in claims_to_judge(run))


def judge_claim(run: Run, name: str, confidence: float = 0.95) -> JudgedClaim:
    """Judge one claim, whose cases the run must have."""
    return _judged(run, name, claims_by_world(run), confidence)


def claims_to_judge(run: Run) -> tuple[str, ...]:
    """Return the claims of a run's scenario whose cases the run has, in the scenario's order."""
    return tuple(
        name
        for name, claim in claims_by_world(run)(0).items()
        if all(case in run.cases for one in claim.comparisons for case in one.cases)
    )


def claims_by_world(run: Run) -> Callable[[int], Mapping[str, Claim]]:
    """Return what reads the claims in a world, by its place in the run.

    They are read anew only where one of them names a number that is drawn.
    """
    scenario = run.scenario
    base = bind(scenario, view=run.manifest.view, parameters=run.manifest.set or None).parameters
    told = " ".join(str(decl.holds) for decl in scenario.claims.values())
    drawn = [
        (k, name)
        for k, name in enumerate(run.assumptions.numbers)
        if re.search(rf"\b{re.escape(name)}\b", told)
    ]
    known = {one.name: one for one in read_claims(scenario, base)}

    def claims(world: int) -> Mapping[str, Claim]:
        if not drawn:
            return known
        numbers = {name: float(run.worlds.number[world, k]) for k, name in drawn}
        return {one.name: one for one in read_claims(scenario, {**base, **numbers})}

    return claims


def _judged(
    run: Run, name: str, claims: Callable[[int], Mapping[str, Claim]], confidence: float
) -> JudgedClaim:
    n_worlds = len(run.world)
    verdict, clearance = np.full(n_worlds, UNDECIDED), np.full(n_worlds, np.nan)
    first = claims(0)[name]
    cases = {case for one in first.comparisons for case in one.cases}
    column = [run.cases.index(case) for case in sorted(cases)]
    is_solved = np.all(run.solved[:, column], axis=1)
    for world in np.flatnonzero(is_solved):
        claim = claims(int(world))[name]
        lookup = run.lookup(int(world))
        verdict[world] = CODE[judge(one.verdict(lookup) for one in claim.comparisons)]
        clearance[world] = clears(claim.comparisons, lookup)
    shares = None
    if is_solved.any():
        shares = share_worlds(verdict[is_solved], run.weight[is_solved], confidence)
    return JudgedClaim(first, verdict, clearance, is_solved, shares)
