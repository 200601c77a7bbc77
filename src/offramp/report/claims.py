"""Claims and counter-claims, side by side: how they stand, and on what."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence

from offramp import __version__
from offramp.errors import Problem, RunError
from offramp.exploration.cases import Laid, group_cases
from offramp.exploration.claims import (
    ClaimFound,
    ClaimsFound,
    asked_by,
    find_claims,
    wanted_standings,
)
from offramp.report.answers import ClaimRow, ClaimsAnswer, ComparisonRow
from offramp.report.catalog import sound_scenario
from offramp.report.progress import Progress
from offramp.report.results import scenario_head
from offramp.scenario import Scenario, bind
from offramp.scenario.claims import read_claims

__all__ = ["describe_claims", "in_pairs", "refuse_without_claims"]

LABEL_SOLVES = 4  # about as many solves a group of cases as labelling takes


def describe_claims(
    name_or_path: str,
    *,
    view: str | None = None,
    parameters: Mapping[str, float | str] | None = None,
    grid: int | None = None,
    draws: int = 64,
    draw_grid: int | None = None,
    seed: int = 1,
) -> ClaimsAnswer:
    """Return every claim of a scenario beside its counter-claim, with what both stand on.

    Raises:
        OfframpError: The scenario is wrong, or claims nothing.
    """
    scenario = sound_scenario(name_or_path)
    refuse_without_claims(scenario, name_or_path)
    laid = Laid(view, parameters or None, grid)
    claims = read_claims(scenario, bind(scenario, view=view, parameters=parameters).parameters)
    cases = list(asked_by(scenario, claims))
    n_groups = len(group_cases(scenario, cases, laid, {}))
    n_solves = len(wanted_standings(scenario, laid)) + draws + LABEL_SOLVES
    with Progress("solving", n_groups * n_solves) as progress:

        def started(name: str) -> None:
            progress.start(name)
            progress.done()

        found = find_claims(
            scenario, laid, n_draws=draws, seed=seed, draw_grid=draw_grid, started=started
        )
    return ClaimsAnswer(
        offramp=__version__,
        scenario=scenario_head(scenario, laid),
        cases=cases,
        draws=found.n_draws,
        exact=found.is_exact,
        draw_grid=draw_grid or grid,
        seed=seed,
        claims=[_row(one, found) for one in in_pairs(found.claims, scenario)],
        residual=found.residual,
        not_converged=found.n_unconverged,
    )


def refuse_without_claims(scenario: Scenario, told: str) -> None:
    """Raise if a scenario claims nothing.

    Raises:
        RunError: It does not.
    """
    if not scenario.claims:
        raise RunError(
            Problem(
                code="R608",
                path="claims",
                message=f"'{told}' claims nothing.",
                fix="declare `claims:`, comparisons over measure[case] with the sentence that they "
                "test.",
            )
        )


def in_pairs(claims: Sequence[ClaimFound], scenario: Scenario) -> list[ClaimFound]:
    """Return claims in listed order, each followed by its counter-claim."""
    by_name = {one.claim.name: one for one in claims}
    return [by_name[name] for name in paired(by_name, scenario)]


def paired(names: Iterable[str], scenario: Scenario) -> list[str]:
    """Return names of claims in their order, each followed by its counter-claim's if it is one."""
    known = list(names)
    ordered: dict[str, None] = {}
    for name in known:
        counter = scenario.claims[name].counter
        ordered |= dict.fromkeys([name, *([counter] if counter in known else [])])
    return list(ordered)


def _row(one: ClaimFound, found: ClaimsFound) -> ClaimRow:
    decl = one.claim.decl
    return ClaimRow(
        claim=one.claim.name,
        says=decl.says,
        source=decl.source,
        counter=decl.counter,
        rests_on=list(decl.rests_on),
        base=one.base,
        asserted=one.asserted,
        rival=one.rival,
        mean=one.mean,
        holds_in=one.shares.get("holds"),
        fails_in=one.shares.get("fails"),
        label=one.label,
        assumed_by=list(one.assumed_by),
        comparisons=[_comparison(one, k, found) for k in range(len(one.claim.comparisons))],
    )


def _comparison(one: ClaimFound, k: int, found: ClaimsFound) -> ComparisonRow:
    split = one.split[k]
    parts = split.parts or (None, None, None)
    return ComparisonRow(
        text=one.claim.comparisons[k].text,
        slack=_told(one.slack[k]),
        error=_told(one.error[k]) if found.n_draws > 1 and not found.is_exact else None,
        label=split.label,
        direct=_told(parts[0]),
        strategic=_told(parts[1]),
        informational=_told(parts[2]),
    )


def _told(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None
