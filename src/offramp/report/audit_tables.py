"""The tables of an audit."""

from __future__ import annotations

from offramp.report.answers import AuditAnswer
from offramp.report.tables import Cell, Kind, Table

__all__ = ["audit_tables"]


def audit_tables(answer: AuditAnswer) -> list[Table]:
    """Return common ground, verdicts, switches, moved starts and the mirror, in this order."""
    return [
        _common(answer),
        _verdicts(answer),
        _switches(answer),
        _moved(answer),
        _mirror(answer),
    ]


def _common(answer: AuditAnswer) -> Table:
    columns: tuple[tuple[str, Kind], ...] = (
        ("measure", "text"), ("lowest in", "text"), ("there", "number"), ("highest in", "text"),
        ("there it is", "number"),
    )  # fmt: skip
    rows = tuple((r.measure, r.lowest, r.low, r.highest, r.high) for r in answer.common)
    title = "(a) Common ground: what differs between cases with every mechanism absent"
    return Table("common", title, columns, rows)


def _verdicts(answer: AuditAnswer) -> Table:
    names = list(answer.claims[0].verdicts) if answer.claims else []
    columns: tuple[tuple[str, Kind], ...] = (
        ("claim", "text"), *((name, "text") for name in names), ("by structure", "text"),
    )  # fmt: skip
    rows: list[tuple[Cell, ...]] = [
        (r.claim, *(r.verdicts[name] for name in names), "yes" if r.everywhere else "")
        for r in answer.claims
    ]
    title = "(a) to (c) Claims with mechanisms absent, at their rivals, and under each view"
    note = "`by structure`: it holds whatever the mechanisms are set to."
    return Table("audited", title, columns, tuple(rows), note=note)


def _switches(answer: AuditAnswer) -> Table:
    columns: tuple[tuple[str, Kind], ...] = (
        ("view", "text"), ("claim", "text"), ("would hold with", "text"), ("set to", "text"),
    )  # fmt: skip
    rows = tuple((r.view, r.claim, r.mechanism, r.setting) for r in answer.needed)
    title = "(c) Single switches that make a claim hold which does not under a view"
    return Table("needed", title, columns, rows, n_keys=2)


def _moved(answer: AuditAnswer) -> Table:
    columns: tuple[tuple[str, Kind], ...] = (
        ("start", "text"), ("level", "text"), ("verdicts that it changes", "text"),
    )  # fmt: skip
    rows = tuple(
        (
            r.variable, r.level,
            ", ".join(f"{claim} {verdict}" for claim, verdict in r.changed.items()) or "none",
        )
        for r in answer.moved
    )  # fmt: skip
    return Table("moved", "(e) Start levels moved by one", columns, rows, n_keys=2)


def _mirror(answer: AuditAnswer) -> Table:
    columns: tuple[tuple[str, Kind], ...] = (
        ("claim", "text"), ("here", "text"), ("mirror", "text"), ("there", "text"),
    )  # fmt: skip
    rows = tuple((r.claim, r.here, r.mirror, r.there) for r in answer.mirrored)
    title = f"(f) The mirror case {answer.mirror}: the same mechanisms, other players"
    return Table("mirror", title, columns, rows)
