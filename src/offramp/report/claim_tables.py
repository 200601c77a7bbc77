"""The tables of claims: how they stand, and what each comparison stands on."""

from __future__ import annotations

from offramp.report.answers import ClaimRow, ClaimsAnswer
from offramp.report.tables import Cell, Kind, Table

__all__ = ["claim_tables"]


def claim_tables(answer: ClaimsAnswer) -> list[Table]:
    """Return the verdicts, claim and counter-claim in turn, and the parts behind them."""
    return [_verdict_table(answer), _parts_table(answer)]


def _verdict_table(answer: ClaimsAnswer) -> Table:
    drawn = "all settings" if answer.exact else f"{answer.draws} draws"
    first: tuple[tuple[str, Kind], ...] = (
        ("claim", "text"), (answer.scenario.view or "base world", "text"),
        ("all asserted", "text"), ("all rival", "text"),
    )  # fmt: skip
    spread: tuple[tuple[str, Kind], ...] = (
        (f"mean of {drawn}", "text"), ("holds in", "share"), ("fails in", "share"),
    )  # fmt: skip
    columns = (*first, *(spread if answer.draws else ()), ("stands on", "text"))
    rows = tuple(
        (
            row.claim, row.base, row.asserted, row.rival,
            *((row.mean, row.holds_in, row.fails_in) if answer.draws else ()),
            _standing(row),
        )
        for row in answer.claims
    )  # fmt: skip
    note = (
        "`assumed`: by the acts alone, or by a mechanism that shifts what is measured; "
        "`strategic`: through replies;\n`informational`: through what is learnt."
    )
    return Table("claims", "Claims and counter-claims", columns, rows, note=note)


def _standing(row: ClaimRow) -> str:
    if row.label == "assumed" and row.assumed_by:
        return f"assumed by {', '.join(row.assumed_by)}"
    return row.label


def _parts_table(answer: ClaimsAnswer) -> Table:
    columns: tuple[tuple[str, Kind], ...] = (
        ("claim", "text"), ("comparison", "text"), ("whole", "number"), ("direct", "number"),
        ("strategic", "number"), ("informational", "number"), ("error of the mean", "number"),
    )  # fmt: skip
    rows: list[tuple[Cell, ...]] = [
        (row.claim, one.text, one.slack, one.direct, one.strategic, one.informational, one.error)
        for row in answer.claims
        for one in row.comparisons
    ]
    note = "By how much the side that is to be greater exceeds the other, margins left out."
    return Table("parts", "What the comparisons stand on", columns, tuple(rows), 2, note)
