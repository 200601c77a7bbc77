"""How far a result can be trusted, as numbers and in sentences."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from offramp.equilibrium import Equilibrium
from offramp.equilibrium.certify import GridCertificate
from offramp.equilibrium.histories import HistoryEquilibrium
from offramp.outcomes import Outcomes
from offramp.report.answers import CertificateAnswer
from offramp.report.tables import format_miss, format_share

__all__ = ["describe_certificate", "worst_certificate"]

ACCEPTABLE = 1e-8  # of a residual, where the solver states no own
CHANCE_ERROR = 1e-9  # mass that rounding may lose over all stages


class _Points(NamedTuple):
    """How the points of a solution were reached."""

    asked: int
    failed: int
    turned: int


def describe_certificate(
    solution: Equilibrium | HistoryEquilibrium,
    outcomes: Outcomes,
    checked: GridCertificate | None = None,
) -> CertificateAnswer:
    """Return the certificate of a solution that has been played forward."""
    points = _points(solution)
    settled = solution.residual <= ACCEPTABLE and points.failed == 0
    found = CertificateAnswer(
        residual=solution.residual,
        loss=solution.loss,
        off_grid=checked.off_grid if checked else None,
        refinement=checked.refinement if checked else None,
        calibration=None,
        not_converged=points.failed,
        branched=points.turned / max(1, points.asked),
        chance_error=outcomes.mass_error,
        holds=settled and outcomes.mass_error <= CHANCE_ERROR,
        words=[],
    )
    return found.model_copy(update={"words": _words(found, points)})


def worst_certificate(parts: Sequence[CertificateAnswer]) -> CertificateAnswer:
    """Return the certificate of several settings together: the worst of each number."""
    worst = max(parts, key=lambda one: (not one.holds, one.not_converged, one.residual))

    def largest(name: str) -> float | None:
        told = [value for one in parts if (value := getattr(one, name)) is not None]
        return max(told, key=abs, default=None)

    names = ("residual", "loss", "off_grid", "refinement", "calibration", "branched")
    return worst.model_copy(
        update={
            **{name: largest(name) for name in (*names, "chance_error")},
            "not_converged": sum(one.not_converged for one in parts),
            "holds": all(one.holds for one in parts),
        }
    )


def _points(solution: Equilibrium | HistoryEquilibrium) -> _Points:
    if isinstance(solution, HistoryEquilibrium):
        return _Points(1, int(not solution.converged), int(bool(solution.turns)))
    statuses = [status for row in solution.statuses for status in row]
    return _Points(
        sum(one.n_points for one in statuses),
        sum(one.unconverged for one in statuses),
        sum(one.turned + one.jumped for one in statuses),
    )


def _words(found: CertificateAnswer, points: _Points) -> list[str]:
    """Say in sentences what the numbers mean."""
    gap = format_miss(found.residual)
    loss = format_miss(found.loss)
    told = [
        f"every strategy is a logit reply to the others to within {gap}, and playing it loses at "
        f"most {loss} in payoff"
    ]
    if points.failed:
        told.append(f"{points.failed} of {points.asked} situations did not converge")
    if points.turned:
        share = format_share(found.branched)
        told.append(f"in {share} of the situations the branch turned: other solutions may be near")
    if found.chance_error > CHANCE_ERROR:
        told.append(f"chances miss one by {format_miss(found.chance_error)}")
    return told
