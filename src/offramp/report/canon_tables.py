"""The tables of classic models: values, signs, and several solutions."""

from __future__ import annotations

from offramp.report.answers import CanonAnswer, ModelAnswer
from offramp.report.branch_tables import branch_table
from offramp.report.tables import Cell, Kind, Table

__all__ = ["canon_tables"]


def canon_tables(answer: CanonAnswer) -> list[Table]:
    """Return what is published beside what came out, signs, and branches."""
    branches = [(_short(model), model.branches) for model in answer.models]
    return [_value_table(answer), _sign_table(answer), branch_table(branches, "model")]


def _short(model: ModelAnswer) -> str:
    return f"{model.number:02d} {model.model.rsplit('/', 1)[-1]}"


def _value_table(answer: CanonAnswer) -> Table:
    columns: tuple[tuple[str, Kind], ...] = (
        ("model", "text"), ("quantity", "text"), ("published", "number"), ("ours", "number"),
        ("difference", "number"), ("falls with power", "number"), ("verdict", "text"),
    )  # fmt: skip
    rows: list[tuple[Cell, ...]] = [
        (_short(model), r.quantity, r.published, r.value, r.difference, r.order, r.verdict)
        for model in answer.models
        for r in model.rows
        if r.published is not None or len(answer.models) == 1
    ]
    return Table("values", "As published, and as it comes out", columns, tuple(rows), n_keys=2)


def _sign_table(answer: CanonAnswer) -> Table:
    columns: tuple[tuple[str, Kind], ...] = (
        ("model", "text"), ("quantity", "text"), ("raised", "text"), ("published", "text"),
        ("at three precisions", "text"), ("limit", "text"), ("verdict", "text"),
    )  # fmt: skip
    rows: list[tuple[Cell, ...]] = [
        (
            _short(model), s.quantity, f"{s.parameter} {s.low:g} to {s.high:g}", s.sign,
            " ".join(s.signs), s.limit, s.verdict,
        )
        for model in answer.models
        for s in model.statics
    ]  # fmt: skip
    return Table("signs", "What raising a number does", columns, tuple(rows), n_keys=2)
