"""The tables and sentences of what would change an answer."""

from __future__ import annotations

from collections.abc import Iterator

from offramp.report.answers import (
    FlipRow,
    FlipsAnswer,
    IndicesAnswer,
    MovedRow,
    SwitchedChoiceRow,
)
from offramp.report.tables import Cell, Kind, Table, counted, format_number, format_share

__all__ = ["flip_sentences", "flip_tables"]

NONE_FLIPS = "no value in range"
KIND_WORDS = {"list": "number from a list", "setting": "mechanism", "start": "start level"}
HOW_WORDS = {"crossing": "", "jump": "by a jump", "undefined": "somewhere between"}


def flip_tables(answer: FlipsAnswer) -> list[Table]:
    """Return the numbers moved over their ranges, the other choices tried, and the indices."""
    tables = [_numbers(answer), _switches(answer)]
    return [*tables, _indices(answer.sobol)] if answer.sobol else tables


def _numbers(answer: FlipsAnswer) -> Table:
    columns: tuple[tuple[str, Kind], ...] = (
        ("assumption", "text"), ("stands at", "number"), ("flips at", "text"), ("away", "share"),
        ("low end", "number"), ("there", "text"), ("high end", "number"), ("there ", "text"),
        ("how", "text"),
    )  # fmt: skip
    rows: list[tuple[Cell, ...]] = [
        (
            row.assumption,
            row.base,
            ", ".join(format_number(flip.value) for flip in row.flips) or _none_flips(row),
            row.flips[0].distance if row.flips else None,
            row.low,
            row.at_low,
            row.high,
            row.at_high,
            _how(row),
        )
        for row in answer.numbers
    ]
    note = (
        "`away`: of the nearest place, as a share of the range. Places that come in pairs between "
        "two values\nthat were tried are not seen."
    )
    return Table("numbers", "Numbers, each moved over its range", columns, tuple(rows), note=note)


def _none_flips(row: MovedRow) -> str:
    """Say that no value flips it, as far as it could be asked."""
    return f"{NONE_FLIPS} where it arises" if row.not_arising else NONE_FLIPS


def _how(row: MovedRow) -> str:
    told = [HOW_WORDS[row.flips[0].kind]] if row.flips else []
    if row.not_arising:
        told.append(f"not arising at {row.not_arising} of {row.tried}")
    return ", ".join(filter(None, told))


def _switches(answer: FlipsAnswer) -> Table:
    columns: tuple[tuple[str, Kind], ...] = (
        ("assumption", "text"), ("kind", "text"), ("stands at", "text"), ("instead", "text"),
        ("then", "text"), ("by", "number"), ("flips", "text"),
    )  # fmt: skip
    rows: list[tuple[Cell, ...]] = [
        (
            row.assumption,
            KIND_WORDS[row.kind],
            row.base,
            choice.choice,
            choice.verdict,
            choice.slack,
            "yes" if choice.flips else "",
        )
        for row in answer.switches
        for choice in row.choices
    ]
    title = "Mechanisms, start levels and lists, each set otherwise"
    return Table("switches", title, columns, tuple(rows))


def _indices(sobol: IndicesAnswer) -> Table:
    columns: tuple[tuple[str, Kind], ...] = (
        ("assumption", "text"), ("first", "number"), ("from", "number"), ("to", "number"),
        ("total", "number"), ("from ", "number"), ("to ", "number"),
    )  # fmt: skip
    rows: list[tuple[Cell, ...]] = [
        (
            row.assumption,
            row.first,
            row.first_low,
            row.first_high,
            row.total,
            row.total_low,
            row.total_high,
        )
        for row in sobol.indices
    ]
    title = "Share of the variance over worlds that each assumption accounts for"
    note = (
        "`first`: by itself; `total`: together with others as well; with the ends of bootstrap "
        "intervals."
    )
    return Table("sobol", title, columns, tuple(rows), note=note)


# --- sentences ------------------------------------------------------------------------------------


def flip_sentences(answer: FlipsAnswer) -> list[str]:
    """Return what turns the answer, in words: how many of how many, then the nearest."""
    where = f"Under {answer.scenario.view}" if answer.scenario.view else "In the base world"
    told = [f"Asked: {answer.question}", f"{where} {_verdict(answer)}."]
    if answer.verdict == "does not arise":
        told.append("There is no answer to turn, and no assumption was moved.")
    else:
        told += _turned(answer)
    return [*told, *_sobol(answer.sobol)] if answer.sobol else told


def _verdict(answer: FlipsAnswer) -> str:
    if answer.verdict == "does not arise":
        return "the question does not arise"
    if answer.slack == 0:
        return "it is exactly at the border, which counts as not so"
    words = "it is so" if answer.verdict == "so" else "it is not so"
    return words if answer.slack is None else f"{words}, by {format_number(abs(answer.slack))}"


def _turned(answer: FlipsAnswer) -> Iterator[str]:
    numbers = [row for row in answer.numbers if row.flips]
    switches = [row for row in answer.switches if _turning(row)]
    n_all = len(answer.numbers) + len(answer.switches)
    if not n_all:
        yield "Nothing is in doubt: no number has a range, and no mechanism or start is contested."
        return
    n = len(numbers) + len(switches)
    if not n:
        yield (
            f"No assumption flips that alone, of {n_all} that were moved: no value in range does, "
            "no other setting and no other start level."
        )
    else:
        ranges = "its range" if len(answer.numbers) == 1 else "their ranges"
        yield (
            f"{n} of {counted(n_all, 'assumption')} can flip that alone: {len(numbers)} of "
            f"{counted(len(answer.numbers), 'number')} within {ranges}, {len(switches)} of "
            f"{len(answer.switches)} that can be set otherwise."
        )
    if numbers:
        yield _nearest(numbers[0], numbers[0].flips[0])
    for row in switches:
        told = " or ".join(f"'{choice}'" for choice in _turning(row))
        what = f"{KIND_WORDS[row.kind]} '{row.assumption}' at {told} in place of {row.base}"
        yield f"It flips with {what}."
    yield from _unknown(answer)


def _turning(row: SwitchedChoiceRow) -> list[str]:
    return [choice.choice for choice in row.choices if choice.flips]


def _nearest(row: MovedRow, flip: FlipRow) -> str:
    if flip.kind == "crossing":
        place = f"at {format_number(flip.value)}"
    else:
        place = f"between {format_number(flip.low)} and {format_number(flip.high)}"
    share = f"{format_share(flip.distance)} of its range away"
    return f"The nearest is '{row.assumption}': it flips {place}, {share} from {row.base:g}."


def _unknown(answer: FlipsAnswer) -> Iterator[str]:
    """Yield where nothing can be said, and why."""
    unclear = [row.assumption for row in answer.numbers if row.not_arising]
    unclear += [
        row.assumption
        for row in answer.switches
        if any(choice.verdict == "does not arise" for choice in row.choices)
    ]
    if unclear:
        yield f"At some values of {', '.join(unclear)} the question does not arise."
    reasons = [(row.assumption, row.reason) for row in answer.numbers]
    reasons += [(row.assumption, row.reason) for row in answer.switches]
    for name, reason in reasons:
        if reason:
            yield f"Not everywhere can '{name}' be solved: {reason}"


def _sobol(sobol: IndicesAnswer) -> Iterator[str]:
    rows = f"{sobol.used} of {sobol.rows} rows of the design are whole"
    if not sobol.indices:
        yield f"{rows}: too few for indices."
    else:
        first = sobol.indices[0]
        interval = f"{format_number(first.total_low)} to {format_number(first.total_high)}"
        yield (
            f"Over {sobol.worlds:,} worlds the answer varies most with '{first.assumption}': by "
            f"itself and with others it accounts for {format_number(first.total)} of the variance "
            f"(interval {interval})."
        )
        if sobol.used < sobol.rows:
            yield f"{rows}; in the others the question did not arise everywhere."
    if sobol.reason:
        yield f"{sobol.unsolved:,} of these worlds could not be solved: {sobol.reason}"
