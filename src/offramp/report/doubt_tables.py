"""The tables and notes of how policies hold up under doubt."""

from __future__ import annotations

from collections.abc import Iterator

from offramp.report.answers import DoubtAnswer
from offramp.report.tables import Cell, Chance, Kind, Table, format_number

__all__ = ["doubt_notes", "doubt_tables"]

ROUNDING = 1e-12
MOST_CONFLICTS = 12  # pairs of measures that a screen shows; JSON has all
MOST_WORTH = 8  # assumptions that a screen shows by their worth; JSON has all


def doubt_tables(answer: DoubtAnswer) -> list[Table]:
    """Return how policies fare, who gains, where measures conflict, and what knowing is worth."""
    return [_policies(answer), _gains(answer), _conflicts(answer), _worth(answer)]


def doubt_notes(answer: DoubtAnswer) -> Iterator[str]:
    """Yield what has to be said of the tables."""
    better = "less" if answer.better == "lower" else "more"
    yield (
        f"Judged by {answer.by} ({better} is better), in the {answer.compared:,} worlds in which "
        "it arises under every policy. No rule is the right one; no sum is taken over players."
    )
    if answer.left_out:
        told = ", ".join(answer.left_out)
        yield f"Not compared, being other worlds rather than choices, or not named: {told}."
    if answer.not_gauged:
        told = ", ".join(answer.not_gauged)
        yield f"No gains are told of {told}: payoffs may be in other units there."
    if not any(row.estimate > 0.0 for row in answer.worth):
        yield f"{_unknowing(answer)} To know one assumption would change no choice."


def _policies(answer: DoubtAnswer) -> Table:
    def own(value: float) -> float:
        value = 0.0 if abs(value) < ROUNDING else value  # what subtraction leaves is no regret
        return Chance(value) if answer.is_chance else value

    columns: list[tuple[str, Kind]] = [
        ("policy", "text"), ("mean", "number"), ("best in", "share"), ("mean regret", "number"),
        ("regret, 90 %", "number"), ("greatest", "number"), ("worst", "number"),
        ("in world", "number"), ("worst but 10 %", "number"),
    ]  # fmt: skip
    if answer.threshold is not None:
        columns.append((f"reaches {format_number(answer.threshold)}", "share"))
    if any(row.undominated is not None for row in answer.policies):
        columns += [("unbeaten in", "share"), ("means unbeaten", "text")]
    rows = []
    for row in answer.policies:
        cells: list[Cell] = [
            row.case, own(row.mean), row.best, own(row.mean_regret), own(row.high_regret),
            own(row.greatest_regret), own(row.worst), row.worst_world, own(row.seldom_worse),
        ]  # fmt: skip
        if answer.threshold is not None:
            cells.append(row.satisfices)
        if len(columns) > len(cells):
            cells += [row.undominated, "yes" if row.on_frontier else "no"]
        rows.append(tuple(cells))
    told = "`best in`: policies that are best alike share the world."
    if len(answer.frontier) > 1:
        told += (
            "\n`unbeaten`: no other is as good in every measure and better in one: "
            f"{', '.join(answer.frontier)}."
        )
    return Table("doubt", f"Policies by {answer.by}", tuple(columns), tuple(rows), note=told)


def _gains(answer: DoubtAnswer) -> Table:
    columns: tuple[tuple[str, Kind], ...] = (
        ("policy", "text"),
        ("player", "text"),
        ("gains in", "share"),
        ("loses in", "share"),
        ("mean change", "number"),
    )
    rows = tuple((row.case, row.player, row.gains, row.loses, row.mean) for row in answer.gains)
    title = f"Who gains and who loses, against {answer.reference}"
    return Table("gains", title, columns, rows, n_keys=2)


def _conflicts(answer: DoubtAnswer) -> Table:
    columns: tuple[tuple[str, Kind], ...] = (
        ("measure", "text"),
        ("and", "text"),
        ("no policy is best by both in", "share"),
    )
    told = sorted((row for row in answer.conflicts if row.conflict), key=lambda row: -row.conflict)
    rows = tuple((row.one, row.other, row.conflict) for row in told[:MOST_CONFLICTS])
    note = ""
    if len(told) > MOST_CONFLICTS:
        note = f"The {MOST_CONFLICTS} that conflict most, of {len(told)} pairs that do."
    return Table("conflicts", "Where two measures conflict", columns, rows, note=note, n_keys=2)


def _worth(answer: DoubtAnswer) -> Table:
    columns: tuple[tuple[str, Kind], ...] = (
        ("assumption", "text"),
        ("worth", "number"),
        ("cautious", "number"),
        ("by chance", "number"),
        ("stands out", "text"),
    )
    rows = tuple(
        (
            row.assumption,
            row.estimate,
            row.cautious,
            row.chance_high,
            "yes" if row.stands_out else "",
        )
        for row in answer.worth[:MOST_WORTH]
        if row.estimate > 0.0
    )
    title = f"What it would be worth to know one assumption before choosing, in {answer.by}"
    note = f"{_unknowing(answer)}\n`cautious`: what rules found in some worlds bring in others."
    return Table("worth", title, columns, rows, note=note)


def _unknowing(answer: DoubtAnswer) -> str:
    return (
        f"Unknowing, {answer.chosen} is best on average; to know the whole world would be worth "
        f"{format_number(answer.everything)}."
    )
