"""Audits, reported as they come out."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from offramp import __version__
from offramp.exploration.audit import Mirrored, audit, audit_mirror
from offramp.exploration.cases import Laid
from offramp.report.answers import (
    AuditAnswer,
    AuditedClaim,
    CommonRow,
    MirroredRow,
    MovedStartRow,
    SwitchedRow,
)
from offramp.report.catalog import sound_scenario
from offramp.report.claims import refuse_without_claims
from offramp.report.progress import Progress
from offramp.report.results import scenario_head
from offramp.scenario import list_scenarios, load_scenario

__all__ = ["describe_audit"]


def describe_audit(
    name_or_path: str,
    *,
    views: Sequence[str] = (),
    view: str | None = None,
    parameters: Mapping[str, float | str] | None = None,
    grid: int | None = None,
    mirror: str | None = None,
) -> AuditAnswer:
    """Return what of a scenario's claims still holds when its assumptions are taken away.

    Args:
        views: Views whose own settings are tried; default: all that the file declares.
        view: Laid over everything else.
        mirror: A scenario whose claims mirror this one's; default: a shipped one that does.

    Raises:
        OfframpError: The scenario is wrong, or claims nothing.
    """
    scenario = sound_scenario(name_or_path)
    refuse_without_claims(scenario, name_or_path)
    laid = Laid(view, parameters or None, grid)
    tried = list(views) or [name for name in scenario.views if name != "even"]
    mirror = mirror or _mirror_of(scenario.name, list(scenario.claims))
    with Progress("solving", 0) as progress:

        def started(name: str) -> None:
            progress.start(name)
            progress.done()

        found = audit(scenario, laid, tried, started)
        mirrored: tuple[Mirrored, ...] = ()
        if mirror is not None:
            other = sound_scenario(mirror)
            mirrored = audit_mirror(found.base.verdicts, scenario, other, Laid(grid=grid), started)
    everywhere = found.everywhere()
    return AuditAnswer(
        offramp=__version__,
        scenario=scenario_head(scenario, laid),
        common=[CommonRow(**row._asdict()) for row in found.common],
        claims=[
            AuditedClaim(
                claim=claim.name,
                verdicts={name: one.verdicts[claim.name] for name, one in found.standings.items()},
                everywhere=claim.name in everywhere,
            )
            for claim in found.claims
        ],
        needed=[
            SwitchedRow(view=name, **switch._asdict())
            for name, switches in found.needed.items()
            for switch in switches
        ],
        relabelled=None if math.isnan(found.relabelled) else found.relabelled,
        renamed=found.n_relabelled,
        moved=[
            MovedStartRow(variable=one.variable, level=one.level, changed=dict(one.changed))
            for one in found.moved
        ],
        mirror=mirror if mirrored else None,
        mirrored=[MirroredRow(**row._asdict()) for row in mirrored],
        holds=found.holds,
    )


def _mirror_of(name: str, claims: Sequence[str]) -> str | None:
    """Return a shipped scenario with claims that mirror some of these."""
    for other in list_scenarios():
        if "/" in other or other == name:
            continue
        mirrors = {claim.mirrors for claim in load_scenario(other).claims.values()} - {None}
        if any(claim.startswith(str(one)) for claim in claims for one in mirrors):
            return other
    return None
