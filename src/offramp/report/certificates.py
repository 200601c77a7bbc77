"""How far a result can be trusted: from a solved case to the numbers that say so."""

from __future__ import annotations

from typing import NamedTuple

from offramp.equilibrium import Equilibrium
from offramp.equilibrium.histories import HistoryEquilibrium
from offramp.exploration import SolvedCase
from offramp.report.answers import CertificateAnswer
from offramp.report.trust import CHANCE_ERROR, certificate_words

__all__ = ["describe_certificate"]

ACCEPTABLE = 1e-8  # of a residual, where the solver states no own


class _Points(NamedTuple):
    """How the points of a solution were reached."""

    asked: int
    failed: int
    turned: int


def describe_certificate(solved: SolvedCase, calibration: float) -> CertificateAnswer:
    """Return the certificate of a case that has been solved, checked and played forward."""
    solution, checked = solved.equilibrium, solved.checked
    points = _points(solution)
    settled = solution.residual <= ACCEPTABLE and points.failed == 0
    chance_error = solved.outcomes.mass_error
    found = CertificateAnswer(
        residual=solution.residual,
        loss=solution.loss,
        off_grid=checked.off_grid if checked else None,
        off_grid_loss=checked.off_grid_loss if checked else None,
        refinement=checked.refinement if checked else None,
        calibration=calibration if checked else None,
        not_converged=points.failed,
        branched=points.turned / max(1, points.asked),
        chance_error=chance_error,
        holds=settled and chance_error <= CHANCE_ERROR,
        words=[],
    )
    return found.model_copy(update={"words": certificate_words(found)})


def _points(solution: Equilibrium | HistoryEquilibrium) -> _Points:
    if isinstance(solution, HistoryEquilibrium):
        return _Points(1, int(not solution.converged), int(bool(solution.turns)))
    statuses = [status for row in solution.statuses for status in row]
    return _Points(
        sum(one.n_points for one in statuses),
        sum(one.unconverged for one in statuses),
        sum(one.turned + one.jumped for one in statuses),
    )
