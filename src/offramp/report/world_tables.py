"""The tables and sentences of what a run of worlds says: doubt, drivers, what one must believe."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from offramp.report.answers import (
    BelieveAnswer,
    BelievedPolicy,
    BoxRow,
    ConditionRow,
    DoubtAnswer,
    DriversAnswer,
    LimitRow,
    RunHead,
)
from offramp.report.tables import Cell, Chance, Kind, Table, format_number, format_share

__all__ = [
    "believe_sentences",
    "doubt_notes",
    "doubt_tables",
    "drivers_sentences",
    "drivers_tables",
    "worlds_words",
]

DENSE = 0.8  # share of a box's worlds that are alike
MOST_WORTH = 8  # assumptions that a screen shows by their worth or importance; JSON has all


def worlds_words(head: RunHead) -> str:
    """Return which worlds are meant."""
    there = f"{head.worlds:,}" if head.worlds == head.of else f"{head.worlds:,} of {head.of:,}"
    return f"{there} worlds of {head.folder}, drawn with seed {head.seed}."


def and_words(limits: Sequence[LimitRow]) -> str:
    """Return restrictions as one condition."""
    return " and ".join(one.words for one in limits)


# --- doubt ----------------------------------------------------------------------------------------


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


def _policies(answer: DoubtAnswer) -> Table:
    def own(value: float) -> float:
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
    note = "`unbeaten`: no other is as good in every measure and better in one: "
    told = f"{note}{', '.join(answer.frontier)}." if len(answer.frontier) > 1 else ""
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
    rows = tuple((row.one, row.other, row.conflict) for row in answer.conflicts if row.conflict)
    return Table("conflicts", "Where two measures conflict", columns, rows, n_keys=2)


def _worth(answer: DoubtAnswer) -> Table:
    columns: tuple[tuple[str, Kind], ...] = (
        ("assumption", "text"),
        ("worth", "number"),
        ("cautious", "number"),
        ("by chance", "number"),
        ("stands out", "text"),
    )
    rows = tuple(
        (row.assumption, row.estimate, row.cautious, row.chance_high, _yes(row.stands_out))
        for row in answer.worth[:MOST_WORTH]
    )
    title = f"What it would be worth to know one assumption before choosing, in {answer.by}"
    note = (
        f"Unknowing, one chooses {answer.chosen}; to know the whole world would be worth "
        f"{format_number(answer.everything)}.\n`cautious`: what rules found in some worlds bring "
        "in others."
    )
    return Table("worth", title, columns, rows, note=note)


def _yes(is_so: bool) -> str:
    return "yes" if is_so else ""


# --- what one must believe ------------------------------------------------------------------------


def believe_sentences(answer: BelieveAnswer) -> Iterator[str]:
    """Yield for each policy what one must believe to find it best."""
    for one in answer.policies:
        yield _believed(one, answer.purity)
    near = ", give or take ties" if answer.margin < 1e-6 else f" or within {answer.margin:g} of it"
    yield (
        f"Best by {answer.by} ({answer.better}){near}. A condition is sought in one half of the "
        f"worlds and tried in the other; best in {format_share(answer.purity)} of the worlds that "
        "satisfy it is asked for."
    )
    if answer.left_out:
        told = ", ".join(answer.left_out)
        yield f"Not compared, being other worlds rather than choices, or not named: {told}."


def _believed(one: BelievedPolicy, purity: float) -> str:
    counted = f"It is best in {one.best:,} of {one.worlds:,} worlds"
    if one.answer == "everywhere":
        return f"{one.case}: whatever you believe. {counted}."
    if one.answer == "nowhere":
        return f"{one.case}: there is nothing to believe. {counted}."
    if one.answer == "none found":
        return (
            f"{one.case}: no conjunction of up to three assumptions that was tried makes it best. "
            f"{counted}."
        )
    ways = "; or that ".join(_condition(each) for each in one.conditions)
    return f"{one.case}: you must believe that {ways}. {counted}."


def _condition(one: ConditionRow) -> str:
    return (
        f"{and_words(one.limits)} (best in {one.best:,} of {one.worlds:,} such worlds; "
        f"{one.tried_best:,} of {one.tried:,} not searched)"
    )


# --- drivers --------------------------------------------------------------------------------------


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
            yield from (_box_words(box, whole) for box in boxes)
        elif 0 < whole < DENSE * worlds:  # else all worlds are such a box
            yield f"No box was found in which it {of} in four worlds of five."
    if answer.switched:
        most = answer.switched[0]
        least = answer.switch_worlds
        told = f"it turns the answer in {most.turned:,} of {least:,} worlds solved anew"
        yield (
            f"The mechanism whose switch turns it most often is {most.mechanism}: {told}."
            if most.turned
            else f"No mechanism's switch turns it in any of {least:,} worlds solved anew."
        )


def _box_words(box: BoxRow, whole: int) -> str:
    return (
        f"It {box.of} where {and_words(box.limits)}: in {box.such:,} of the {box.worlds:,} worlds "
        f"there, which are {format_share(box.coverage)} of the {whole:,} in which it {box.of} "
        f"(density {format_share(box.density)}, mass {format_share(box.mass)})."
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
            _yes(row.stands_out),
        )
        for row in answer.drivers[:MOST_WORTH]
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
    rows = tuple((row.assumption, row.setting, row.holds, row.worlds) for row in answer.settings)
    return Table("settings", "By setting, all else as drawn", columns, rows, n_keys=2)


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
    title = f"Mechanisms switched in {answer.switch_worlds:,} worlds, all else as drawn"
    return Table("switches", title, columns, rows)
