"""The tables of a reply explained: what each act is worth, and what would be believed after it."""

from __future__ import annotations

from offramp.report.answers import WhyAnswer
from offramp.report.tables import Cell, Kind, Table

__all__ = ["why_tables"]


def why_tables(answer: WhyAnswer) -> list[Table]:
    """Return what acts are worth and, where anybody learns, what would be believed after each."""
    return [_worth_table(answer), *([_after_table(answer)] if answer.after else [])]


def _worth_table(answer: WhyAnswer) -> Table:
    """One line an act: chance, worth, and the terms and what it reveals, which sum to the worth."""
    terms = [term.term for term in answer.acts[0].terms]
    rows: list[tuple[Cell, ...]] = [
        (act.act, act.chance, act.worth, *(t.paid + t.later for t in act.terms), act.reveals)
        for act in answer.acts
    ]
    columns: list[tuple[str, Kind]] = [("act", "text"), ("chance", "share"), ("worth", "number")]
    columns += [(term, "number") for term in (*terms, "what it reveals")]
    note = "The columns after `worth` sum to it."
    title = "What each act is worth, and through what"
    return Table("why", title, tuple(columns), tuple(rows), note=note)


def _after_table(answer: WhyAnswer) -> Table:
    """One line per observer and type: belief before, and after each act."""
    acts = list(dict.fromkeys(row.act for row in answer.after))
    found = {(row.observer, row.believed, row.act): row for row in answer.after}
    rows: list[tuple[Cell, ...]] = []
    for observer, believed in dict.fromkeys((r.observer, r.believed) for r in answer.after):
        told = [found[observer, believed, act] for act in acts]
        rows.append((observer, believed, told[0].before, *(row.after for row in told)))
    columns: list[tuple[str, Kind]] = [("who", "text"), ("believes", "text"), ("now", "share")]
    columns += [(f"after {act}", "share") for act in acts]
    return Table("after", "What would be believed", tuple(columns), tuple(rows), n_keys=2)
