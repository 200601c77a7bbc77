"""The tables and sentences of what claims stand on over worlds."""

from __future__ import annotations

from collections.abc import Iterator

from offramp.report.answers import EarnedAnswer, EarnedClaimRow, MeanRow
from offramp.report.tables import Cell, Kind, Table, counted, format_miss, format_number

__all__ = ["earned_sentences", "earned_tables"]


def earned_tables(answer: EarnedAnswer) -> list[Table]:
    """Return what verdicts stand on, counted over worlds, and the mean parts behind them."""
    return [_label_table(answer), _parts_table(answer)]


def _label_table(answer: EarnedAnswer) -> Table:
    columns: tuple[tuple[str, Kind], ...] = (
        ("claim", "text"), ("worlds", "number"), ("holds", "number"), ("fails", "number"),
        ("assumed", "number"), ("strategic", "number"), ("informational", "number"),
        ("not split", "number"), ("by", "text"),
    )  # fmt: skip
    rows: list[tuple[Cell, ...]] = [
        (
            row.claim,
            row.worlds,
            row.holds,
            row.fails,
            row.labels.assumed,
            row.labels.strategic,
            row.labels.informational,
            row.labels.not_split,
            ", ".join(row.assumed_by),
        )
        for row in answer.claims
    ]
    note = (
        "`assumed`: by the acts alone, or `by` a mechanism that shifts what is measured; "
        "`strategic`: through\nreplies; `informational`: through what is learnt. In the worlds "
        "that are left it is undecided."
    )
    title = "What the verdicts stand on, in how many worlds"
    return Table("labels", title, columns, tuple(rows), note=note)


def _parts_table(answer: EarnedAnswer) -> Table:
    columns: tuple[tuple[str, Kind], ...] = (
        ("claim", "text"), ("whole", "text"), ("direct", "text"), ("strategic", "text"),
        ("informational", "text"),
    )  # fmt: skip
    rows: list[tuple[Cell, ...]] = [
        (
            row.claim if len(row.comparisons) == 1 else f"{row.claim} ({k})",
            *(_told(mean) for mean in (one.whole, one.direct, one.strategic, one.informational)),
        )
        for row in answer.claims
        for k, one in enumerate(row.comparisons, 1)
    ]
    note = (
        "Means over worlds with their sampling intervals, of the slack: by how much the side that "
        "is to be\ngreater exceeds the other, margins left out."
    )
    title = "The parts that make up each comparison"
    return Table("parts", title, columns, tuple(rows), note=note)


def _told(mean: MeanRow) -> str | None:
    if mean.mean is None:
        return None
    told = format_number(mean.mean)
    if mean.low is None or mean.high is None:
        return told
    return f"{told} ({format_number(mean.low)} to {format_number(mean.high)})"


def earned_sentences(answer: EarnedAnswer) -> Iterator[str]:
    """Yield which worlds were split, and what verdicts stand on in them."""
    n = len(answer.worlds)
    if n == answer.there:
        yield f"Split in {counted(n, 'world')}: all that the run holds."
    else:
        first = counted(n, "world")
        yield f"Split in the first {first} of the {answer.there:,} that the run holds."
    for row in answer.claims:
        yield f"{row.claim}: {_standing(row)}"
    if answer.left_out:
        names = ", ".join(answer.left_out)
        yield f"Left out, since the run lacks a case that they compare: {names}."
    if answer.reason:
        yield f"In {counted(answer.unsolved, 'world')} not all could be split: {answer.reason}"
    yield (
        "The informational part is the rest of the whole, of which the three miss "
        f"{format_miss(answer.miss)} at most. Counts of worlds say how the assumptions were drawn, "
        "not how likely anything is."
    )


def _standing(row: EarnedClaimRow) -> str:
    decided = row.holds + row.fails
    if not decided:
        return f"undecided in {counted(row.worlds, 'world')}."
    told = f"it holds in {row.holds} and fails in {row.fails} of {counted(row.worlds, 'world')}"
    if row.assumed_by:
        return f"{told}; assumed by {', '.join(row.assumed_by)}."
    earned = row.labels.strategic + row.labels.informational
    return f"{told}; of these verdicts {row.labels.assumed} are assumed, {earned} earned."
