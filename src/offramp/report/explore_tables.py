"""The tables and sentences of an exploration."""

from __future__ import annotations

from collections.abc import Iterator

from offramp.report.answers import ExploreAnswer, WorldsRow, WorldVerdictRow
from offramp.report.tables import Cell, Kind, Table, format_miss, format_number, format_share

__all__ = ["SELDOM", "explore_notes", "explore_tables"]

SELDOM = "seldom decided"  # over worlds: it holds or fails in less than half of them

DESIGN_WORDS = {"sobol": "scrambled Sobol points", "lhs": "a Latin hypercube"}
KIND_WORDS = {"number": "number", "setting": "mechanism", "start": "start level"}


def explore_tables(answer: ExploreAnswer) -> list[Table]:
    """Return how quantities spread, what claims come to, the world grid, and what went wrong."""
    return [
        _spread_table(answer),
        _verdict_table(answer),
        _grid_table(answer),
        _unsolved_table(answer),
    ]


def explore_notes(answer: ExploreAnswer) -> Iterator[str]:
    """Yield what there is to say: what was drawn, how far it came, how far to trust it."""
    yield _drawn_words(answer)
    if answer.mended:
        chunks = ", ".join(map(str, answer.mended))
        yield f"Damaged, and computed again: chunk {chunks}."
    if answer.verdicts:
        yield (
            "Verdicts count the worlds that we drew, over ranges that somebody judged. No count is "
            "the probability that a claim is true."
        )
    yield _grid_words(answer)
    yield _trust_words(answer)
    if answer.folder and not answer.finished:
        yield f"Stopped when time was up, after {answer.done:,} of {answer.worlds:,} worlds."
    elif answer.folder and answer.already == answer.worlds:
        yield f"The run in {answer.folder} was finished; nothing was left to do."
    elif answer.folder:
        yield f"The run is kept in {answer.folder}."


def _spread_table(answer: ExploreAnswer) -> Table:
    """Return quantities by case; whichever are more stand below each other."""
    down = list(dict.fromkeys(row.quantity for row in answer.rows))
    along = list(dict.fromkeys(row.case for row in answer.rows))
    cells = {(row.quantity, row.case): _spread(row) for row in answer.rows}
    corner = "quantity"
    if len(along) > len(down):
        down, along, corner = along, down, "case"
        cells = {(case, quantity): cell for (quantity, case), cell in cells.items()}
    columns: list[tuple[str, Kind]] = [(corner, "text"), *((name, "text") for name in along)]
    rows: list[tuple[Cell, ...]] = [(one, *(cells[one, other] for other in along)) for one in down]
    several = "s" * (answer.done > 1)
    title = f"Over {answer.done:,} world{several}: median, and 10 % to 90 %"
    note = "A share of worlds says how the assumptions were drawn, not how likely anything is."
    return Table("worlds", title, tuple(columns), tuple(rows) if answer.done else (), note=note)


def _spread(row: WorldsRow) -> str | None:
    if row.p10 is None or row.p50 is None or row.p90 is None:
        return None
    write = format_share if row.is_chance else format_number
    return f"{write(row.p50)} ({write(row.p10)} to {write(row.p90)})"


def _verdict_table(answer: ExploreAnswer) -> Table:
    columns: tuple[tuple[str, Kind], ...] = (
        ("claim", "text"),
        ("holds in", "text"),
        ("fails in", "number"),
        ("undecided in", "number"),
        ("share that holds", "text"),
        ("over worlds", "text"),
    )
    rows = tuple(
        (
            row.claim,
            f"{row.holds:,} of {row.worlds:,}",
            row.fails,
            row.undecided,
            f"{format_share(row.low)} to {format_share(row.high)}",
            SELDOM if _is_seldom_decided(row) else row.verdict,
        )
        for row in answer.verdicts
    )
    note = (
        "`over worlds`: at 90 % of the weight, the interval's near end above 80 %; else it "
        f"depends,\nor is {SELDOM}: by the margin that it asks for, it does neither in most worlds."
    )
    return Table("verdicts", "Claims over these worlds", columns, rows, note=note)


def _is_seldom_decided(row: WorldVerdictRow) -> bool:
    return row.verdict == "depends" and 2 * row.undecided > row.worlds


def _grid_table(answer: ExploreAnswer) -> Table:
    effects = answer.world_grid.effects if answer.world_grid else []
    columns: tuple[tuple[str, Kind], ...] = (
        ("measure", "text"),
        ("largest effect", "number"),
        ("margin", "number"),
        ("of its", "text"),
    )
    rows = tuple(
        (row.measure, row.effect, row.margin, "logarithm" if row.by_ratio else "value")
        for row in effects
    )
    title = f"What {answer.grid} belief points a side change"
    return Table("grid", title, columns, rows)


def _unsolved_table(answer: ExploreAnswer) -> Table:
    columns: tuple[tuple[str, Kind], ...] = (
        ("worlds", "number"),
        ("first", "number"),
        ("cases", "text"),
        ("reason", "text"),
    )
    rows = tuple(
        (len(row.worlds), row.worlds[0], ", ".join(row.cases), row.reason)
        for row in answer.unsolved
    )
    return Table("unsolved", "Could not be solved", columns, rows)


def _drawn_words(answer: ExploreAnswer) -> str:
    counts = {kind: sum(row.kind == kind for row in answer.drawn) for kind in KIND_WORDS}
    told = [f"{n} {KIND_WORDS[kind]}{'s' * (n > 1)}" for kind, n in counts.items() if n]
    drawn = ", ".join(told) or "nothing, so that all worlds are one"
    more = f" Not drawn: {', '.join(answer.not_drawn)}." if answer.not_drawn else ""
    return (
        f"Drawn as {DESIGN_WORDS[answer.design]} with seed {answer.seed}: {drawn}.{more} "
        "Numbers that stand in the file by themselves, and chances of types that are no "
        "parameters, are not drawn either."
    )


def _grid_words(answer: ExploreAnswer) -> str:
    choice = answer.world_grid
    if choice is None:
        asked = f"{answer.grid} points a side" if answer.grid else "that of the scenario"
        return f"Belief grid: {asked}."
    if choice.default < 2:
        return "No belief grid: there is nothing to make coarser."
    if answer.grid is None:
        return (
            f"Belief grid: that of the scenario, {choice.default} points a side; every coarser one "
            f"moves a measure by a tenth of its margin or more in {choice.worlds} worlds."
        )
    return (
        f"Belief grid: {answer.grid} points a side in place of {choice.default}, the coarsest that "
        f"moves no measure by a tenth of its margin in {choice.worlds} worlds. Measures that no "
        f"claim reads are held to a margin of {format_number(choice.margin_unread)}."
    )


def _trust_words(answer: ExploreAnswer) -> str:
    if answer.residual is None:
        return "Nothing is solved yet." if not answer.done else "Nothing could be solved."
    if answer.not_converged:
        return (
            f"{answer.not_converged:,} points in {answer.worlds_not_converged:,} worlds did not "
            f"converge; the largest miss of a logit reply is {format_miss(answer.residual)}."
        )
    return (
        f"Every strategy is a logit reply to the others to within {format_miss(answer.residual)}."
    )
