"""How far a result can be trusted, in sentences, and of several results together."""

from __future__ import annotations

from collections.abc import Sequence

from offramp.report.answers import CertificateAnswer
from offramp.report.tables import format_miss, format_share

__all__ = ["CHANCE_ERROR", "certificate_words", "worst_certificate"]

CHANCE_ERROR = 1e-9  # mass that rounding may lose over all stages


def worst_certificate(parts: Sequence[CertificateAnswer]) -> CertificateAnswer:
    """Return the certificate of several solutions together: the worst of each number."""
    worst = max(parts, key=lambda one: (not one.holds, one.not_converged, one.residual))

    def largest(name: str) -> float | None:
        told = [value for one in parts if (value := getattr(one, name)) is not None]
        return max(told, key=abs, default=None)

    names = (
        "residual",
        "loss",
        "off_grid",
        "off_grid_loss",
        "refinement",
        "calibration",
        "branched",
    )
    together = worst.model_copy(
        update={
            **{name: largest(name) for name in (*names, "chance_error")},
            "not_converged": sum(one.not_converged for one in parts),
            "holds": all(one.holds for one in parts),
        }
    )
    return together.model_copy(update={"words": certificate_words(together)})


def certificate_words(found: CertificateAnswer) -> list[str]:
    """Say in sentences what the numbers mean."""
    told = [
        f"every strategy is a logit reply to the others to within {_size(found.residual)}, and "
        f"playing it loses at most {_size(found.loss)} in payoff"
    ]
    if found.off_grid is not None and found.refinement is not None:
        told.append(
            f"between the grid's points, with exact beliefs, replies differ by at most "
            f"{_size(found.off_grid)}; the last refinement of the grid changed them by at most "
            f"{_size(found.refinement)}"
        )
    if found.not_converged:
        n = found.not_converged
        told.append(f"{n} situation{'s' * (n > 1)} did not converge")
    if found.branched:
        share = format_share(found.branched)
        told.append(f"in {share} of the situations the branch turned: other solutions may be near")
    if found.chance_error > CHANCE_ERROR:
        told.append(f"chances miss one by at most {_size(found.chance_error)}")
    return told


def _size(size: float) -> str:
    return format_miss(size).removeprefix("<")  # "at most" is said before it
