"""How far a report can be trusted: certificates in words, and what was left out."""

from __future__ import annotations

from offramp.report.page.material import Material
from offramp.report.tables import counted, format_miss
from offramp.report.trust import worst_certificate

__all__ = ["trust_lines"]


def trust_lines(material: Material) -> list[str]:
    """Return how far the numbers of a report can be trusted, in sentences."""
    lines = []
    if material.base is not None:
        together = worst_certificate([one.certificate for one in material.base.cases])
        lines += [f"Base world: {line}." for line in together.words]
    run = material.run
    if run is not None and run.solved.any():
        residual = float(run.residual[run.solved].max())
        failed = int(run.not_converged.sum())
        lines.append(
            "Worlds: every strategy is the noisy best reply to the others that it claims to be, to "
            f"within {format_miss(residual)}; {failed:,} situations did not converge."
        )
        unsolved = int((~run.solved).any(axis=1).sum())
        if unsolved:
            lines.append(
                f"In {counted(unsolved, 'world')} some case could not be solved: what reads it "
                "leaves them out."
            )
    if material.claims is not None:
        drawn = f", over {material.claims.draws} draws" if material.claims.draws else ""
        lines.append(f"Verdicts of claims: base world{drawn}, offramp {material.claims.offramp}.")
    lines.append(
        "No number here is a forecast: each says what follows from the assumptions that are listed."
    )
    return lines
