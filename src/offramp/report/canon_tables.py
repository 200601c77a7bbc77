"""The tables of classic models: values, signs, and several solutions."""

from __future__ import annotations

from offramp.report.answers import CanonAnswer, ModelAnswer
from offramp.report.tables import Cell, Kind, Table

__all__ = ["canon_tables"]


def canon_tables(answer: CanonAnswer) -> list[Table]:
    """Return what is published beside what came out, signs, and branches."""
    return [_value_table(answer), _sign_table(answer), _branch_table(answer)]


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


def _branch_table(answer: CanonAnswer) -> Table:
    endings = list(dict.fromkeys(e for m in answer.models for b in m.branches for e in b.endings))
    columns: list[tuple[str, Kind]] = [("model", "text"), ("solution", "text")]
    columns += [(name, "share") for name in endings]
    rows: list[tuple[Cell, ...]] = [
        (
            _short(model),
            "principal" if one.principal else f"other {k}",
            *(one.endings.get(name) for name in endings),
        )
        for model in answer.models
        if len(model.branches) > 1
        for k, one in enumerate(model.branches)
    ]
    title = "Several solutions at the scenario's own precision"
    return Table("branches", title, tuple(columns), tuple(rows), n_keys=2)
