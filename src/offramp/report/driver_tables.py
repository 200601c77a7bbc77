"""The tables and sentences of what drives an answer over worlds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from offramp.report.answers import BoxRow, DriversAnswer, SettingRow
from offramp.report.tables import Cell, Kind, Table, counted, format_share

__all__ = ["drivers_sentences", "drivers_tables"]

MOST_SHOWN = 8  # assumptions that a table shows on a screen; JSON has all


def drivers_sentences(answer: DriversAnswer) -> Iterator[str]:
    """Yield what was asked and on what the answer hangs."""
    worlds = answer.holds + answer.fails + answer.undecided
    yield (
        f"Asked: {answer.question} It holds in {answer.holds:,} of {worlds:,} worlds and fails in "
        f"{answer.fails:,}; in {answer.undecided:,} it is undecided or does not arise."
    )
    for of, whole in (("fails", answer.fails), ("holds", answer.holds)):
        boxes = [box for box in answer.boxes if box.of == of]
        if boxes:
            yield from (_box_words(box, whole, k) for k, box in enumerate(boxes))
        elif 0 < whole < worlds:
            yield (
                f"No region bounded by a few assumptions was found in which it {of} clearly more "
                "often than elsewhere."
            )
    if answer.switched:
        most = answer.switched[0]
        least = answer.switch_worlds
        told = f"it turns the answer in {most.turned:,} of {least:,} worlds solved anew"
        yield (
            f"The mechanism whose switch turns it most often is {most.mechanism}: {told}."
            if most.turned
            else f"No mechanism's switch turns it in any of {least:,} worlds solved anew."
        )


def _box_words(box: BoxRow, whole: int, before: int) -> str:
    """Say what a box holds; one found after others is counted without what they hold."""
    beyond = ", those above left out," if before else ","
    told = " and ".join(limit.words for limit in box.limits)
    return (
        f"It {box.of} where {told}: in {box.such:,} of the {box.worlds:,} worlds "
        f"there{beyond} which are {format_share(box.coverage)} of the {whole:,} in which it "
        f"{box.of} (density {format_share(box.density)}, mass {format_share(box.mass)})."
    )


def drivers_tables(answer: DriversAnswer) -> list[Table]:
    """Return the indices of importance, answers by setting, and what switches turn."""
    return [_indices(answer), _settings(answer), _switches(answer)]


def _indices(answer: DriversAnswer) -> Table:
    columns: tuple[tuple[str, Kind], ...] = (
        ("assumption", "text"),
        ("importance", "number"),
        ("from", "number"),
        ("to", "number"),
        ("by itself", "number"),
        ("rises with it", "number"),
        ("stands out", "text"),
    )
    rows: list[tuple[Cell, ...]] = [
        (
            row.assumption,
            row.delta.value,
            row.delta.low,
            row.delta.high,
            row.first.value,
            row.rank_correlation,
            "yes" if row.stands_out else "",
        )
        for row in answer.drivers[:MOST_SHOWN]
    ]
    if answer.dummy:
        dummy = answer.dummy
        rows.append(("(a dummy)", dummy.value, dummy.low, dummy.high, None, None, ""))
    note = (
        "`importance`: half the distance between the answer's distribution and that given the "
        "assumption;\n`by itself`: share of the variance; what does not exceed the dummy may be "
        "nothing."
    )
    title = f"What the {answer.indices_of} hangs on, in {answer.told:,} worlds"
    return Table("drivers", title, columns, tuple(rows), note=note)


def _settings(answer: DriversAnswer) -> Table:
    columns: tuple[tuple[str, Kind], ...] = (
        ("assumption", "text"),
        ("setting", "text"),
        ("holds in", "number"),
        ("of worlds", "number"),
    )
    by_name: dict[str, list[SettingRow]] = {}
    for row in answer.settings:
        by_name.setdefault(row.assumption, []).append(row)
    told = sorted(by_name.values(), key=_spread, reverse=True)[:MOST_SHOWN]
    rows = tuple(
        (row.assumption, row.setting, row.holds, row.worlds) for rows in told for row in rows
    )
    note = ""
    if len(by_name) > MOST_SHOWN:
        note = f"The {MOST_SHOWN} assumptions whose settings differ most, of {len(by_name)}."
    return Table("settings", "By setting, all else as drawn", columns, rows, note=note, n_keys=2)


def _spread(rows: Sequence[SettingRow]) -> float:
    """Return by how much the share in which it holds differs between settings."""
    shares = [row.holds / row.worlds for row in rows if row.worlds]
    return max(shares, default=0.0) - min(shares, default=0.0)


def _switches(answer: DriversAnswer) -> Table:
    columns: tuple[tuple[str, Kind], ...] = (
        ("mechanism", "text"),
        ("turns it in", "number"),
        ("share", "text"),
    )
    rows = tuple(
        (row.mechanism, row.turned, f"{format_share(row.low)} to {format_share(row.high)}")
        for row in answer.switched
    )
    worlds = counted(answer.switch_worlds, "world")
    title = f"Mechanisms switched in {worlds}, all else as drawn"
    return Table("switches", title, columns, rows)
