"""The tables of essays and mechanisms."""

from __future__ import annotations

from offramp.report.answers import (
    EssayAnswer,
    EssaysAnswer,
    MechanismAnswer,
    MechanismsAnswer,
    MechanismSide,
    TestedClaim,
)
from offramp.report.tables import Cell, Kind, Table

__all__ = [
    "claims_of_essay",
    "essay_list",
    "mechanism_list",
    "paragraph_table",
    "parameter_table",
    "role_table",
]


def essay_list(answer: EssaysAnswer) -> Table:
    """Return the shipped essays, a line each."""
    columns: tuple[tuple[str, Kind], ...] = (
        ("id", "text"), ("about", "text"), ("heading", "text"), ("answers", "text"),
    )  # fmt: skip
    rows = tuple((one.id, one.about, one.heading, one.answers) for one in answer.essays)
    return Table("essays", "Essays and counter-essays, by date", columns, rows)


def claims_of_essay(answer: EssayAnswer) -> Table:
    """Return an essay's claims, each with its verdict beside the counter-claim's."""
    columns: tuple[tuple[str, Kind], ...] = (
        ("claim", "text"), ("verdict", "text"), ("stands on", "text"),
        ("its counter-claim", "text"), ("stands on it", "text"), ("since then", "text"),
    )  # fmt: skip
    rows: list[tuple[Cell, ...]] = []
    for one in answer.claims:
        rows.append(
            (
                one.claim, _verdicts(one.tested), _labels(one.tested), _verdicts(one.counter),
                _labels(one.counter), ", ".join(one.fate) or None,
            )
        )  # fmt: skip
    return Table("claims", "Claims beside their counter-claims", columns, tuple(rows))


def _verdicts(tested: list[TestedClaim]) -> str | None:
    if not tested:
        return "not tested here"
    return ", ".join(one.verdict or "not computed" for one in tested)


def _labels(tested: list[TestedClaim]) -> str | None:
    return ", ".join(one.label or "-" for one in tested) or None


def paragraph_table(answer: EssayAnswer) -> Table:
    """Return what became of each paragraph."""
    columns: tuple[tuple[str, Kind], ...] = (
        ("paragraph", "text"), ("claims", "text"), ("mechanisms", "text"), ("out of scope", "text"),
    )  # fmt: skip
    rows = tuple(
        (
            one.paragraph, ", ".join(one.claims) or None, ", ".join(one.mechanisms) or None,
            one.out_of_scope,
        )
        for one in answer.paragraphs
    )  # fmt: skip
    return Table("paragraphs", "What became of each paragraph", columns, rows)


def mechanism_list(answer: MechanismsAnswer) -> Table:
    """Return the library, a line each."""
    columns: tuple[tuple[str, Kind], ...] = (
        ("mechanism", "text"), ("rival", "text"), ("asserted in", "text"), ("used by", "text"),
    )  # fmt: skip
    rows = tuple(
        (one.name, one.rival, ", ".join(one.where), ", ".join(one.used_by) or None)
        for one in answer.mechanisms
    )
    return Table("mechanisms", "Mechanisms and their rivals", columns, rows)


def role_table(answer: MechanismAnswer) -> Table:
    """Return the roles of a mechanism."""
    columns: tuple[tuple[str, Kind], ...] = (("role", "text"), ("takes", "text"), ("which", "text"))
    rows = tuple(
        (one.role, one.kind + (f" of {one.levels} levels or more" if one.levels else ""), one.note)
        for one in answer.roles
    )
    return Table("roles", "What a scenario binds", columns, rows)


def parameter_table(side: MechanismSide) -> Table:
    """Return the numbers of a mechanism under one setting."""
    columns: tuple[tuple[str, Kind], ...] = (
        ("parameter", "text"), ("value", "text"), ("from", "text"), ("to", "text"),
        ("unit", "text"), ("source", "text"),
    )  # fmt: skip
    rows = tuple(
        (one.parameter, *(_told(n) for n in (one.value, one.low, one.high)), one.unit, one.source)
        for one in side.parameters
    )
    return Table("parameters", "Numbers", columns, rows)


def _told(amount: float | str | None) -> str | None:
    return f"{amount:g}" if isinstance(amount, (int, float)) else amount
