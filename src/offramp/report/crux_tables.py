"""The tables and sentences of a crux."""

from __future__ import annotations

from offramp.report.answers import CruxAnswer, DirectionRow
from offramp.report.tables import Cell, Kind, Table, format_number

__all__ = ["crux_sentences", "crux_tables"]


def crux_tables(answer: CruxAnswer) -> list[Table]:
    """Return the exchanges that turn either camp, and the assumptions that the camps differ on."""
    return [_exchanges(answer), _assumptions(answer)]


def _exchanges(answer: CruxAnswer) -> Table:
    columns: tuple[tuple[str, Kind], ...] = (
        ("view", "text"), ("comes round by exchanging", "text"), ("then clears by", "number"),
        ("smallest", "text"),
    )  # fmt: skip
    rows: list[tuple[Cell, ...]] = [
        (one.view, ", ".join(found.assumptions), found.slack, "yes" if found.smallest else "")
        for one in answer.directions
        for found in one.exchanges
    ]
    note = "`smallest`: no part of the set does it, all having been tried."
    return Table("exchanges", "Exchanges that turn a verdict", columns, tuple(rows), note=note)


def _assumptions(answer: CruxAnswer) -> Table:
    first, second = answer.between
    columns: list[tuple[str, Kind]] = [
        ("assumption", "text"), (first, "text"), (second, "text"),
        (f"alone moves {first}", "number"), (f"alone moves {second}", "number"),
    ]  # fmt: skip
    with_shares = any(row.share is not None for row in answer.assumptions)
    if with_shares:
        columns += [("share of the gap", "number"), ("error", "number")]
    rows: list[tuple[Cell, ...]] = [
        (
            row.assumption,
            row.first,
            row.second,
            row.first_moves,
            row.second_moves,
            *((row.share, row.error) if with_shares else ()),
        )
        for row in answer.assumptions
    ]
    title = "What they settle differently"
    return Table("differing", title, tuple(columns), tuple(rows))


def crux_sentences(answer: CruxAnswer) -> list[str]:
    """Return what divides the camps, in words: first whether anything does, then each way."""
    told = [f"Asked: {answer.question}"]
    for view, slack in zip(answer.between, answer.slack, strict=True):
        told.append(f"Under {view} {_verdict(slack)}.")
    n = len(answer.assumptions)
    if not answer.disputed:
        told.append(
            f"They settle {_count(n)} differently and come to the same verdict: there is nothing "
            "to turn."
        )
        return told
    told.append(f"They settle {_count(n)} differently.")
    told += [_way(one, n) for one in answer.directions]
    return told


def _verdict(slack: float | None) -> str:
    if slack is None:
        return "the question does not arise"
    if slack == 0:
        return "it is exactly at the border"
    so = "it is so" if slack > 0 else "it is not so"
    return f"{so}, by {format_number(abs(slack))}"


def _way(one: DirectionRow, n: int) -> str:
    if not one.exchanges:
        return (
            f"No set that was tried brings {one.view} round: not one of all sets of up to "
            f"{one.tried_up_to}, and no larger one that a climb met."
        )
    size = len(one.exchanges[0].assumptions)
    least = [found for found in one.exchanges if len(found.assumptions) == size]
    names = " and ".join(f"'{name}'" for name in least[0].assumptions)
    told = f"Exchange {names} and {one.view} comes round"
    if len(least) > 1:
        told += f" ({len(least) - 1} other {'set does' if len(least) == 2 else 'sets do'} as well)"
    if not one.rest:
        return told + "."
    if one.rest_turns:
        return f"{told}; so does exchanging the other {one.rest} together."
    return f"{told}; exchanging the other {one.rest} together does not turn it."


def _count(n: int) -> str:
    return "1 assumption" if n == 1 else f"{n} assumptions"
