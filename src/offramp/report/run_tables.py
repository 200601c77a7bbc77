"""The tables of a run: cases stand down the side wherever they are compared.

`run_tables` is everything, for files; `screen_tables` is what fits a screen.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from offramp.report.answers import (
    BeliefRow,
    CaseAnswer,
    LivelinessRow,
    MeasureRow,
    RunAnswer,
)
from offramp.report.branch_tables import branch_table
from offramp.report.tables import ROUNDING, Cell, Chance, Kind, Miss, Table, format_number

__all__ = ["liveliness_table", "run_tables", "screen_tables"]

FEW_CASES = 5  # up to so many stand side by side as columns


def run_tables(answer: RunAnswer) -> list[Table]:
    """Return the tables of a run in reading order, complete; `--out` writes each to a file."""
    return [
        *_common_tables(answer),
        _measure_table(answer.cases),
        _climb_table(answer.cases),
        _belief_table(answer.cases),
        liveliness_table([(one.case, row) for one in answer.cases for row in one.liveliness]),
        _certificate_table(answer.cases),
    ]


def screen_tables(answer: RunAnswer) -> list[Table]:
    """Return the tables that are shown: the climb in one line a case, measures as they fit."""
    few = len(answer.cases) <= FEW_CASES
    measures = [_measure_table(answer.cases)] if few else _measure_tables_turned(answer.cases)
    return [
        *_common_tables(answer),
        *measures,
        _climb_summary(answer.cases),
        _belief_table(answer.cases),
        liveliness_table([(one.case, row) for one in answer.cases for row in one.liveliness]),
        _certificate_table(answer.cases),
    ]


def _common_tables(answer: RunAnswer) -> list[Table]:
    return [
        _precision_table(answer),
        *_given_tables(answer.cases),
        *_reply_tables(answer.cases),
        _ending_table(answer.cases),
        branch_table([(one.case, one.branches) for one in answer.cases], "case"),
    ]


def _precision_table(answer: RunAnswer) -> Table:
    rows = [
        (
            row.player,
            "exact" if row.precision is None else format_number(row.precision),
            row.payoff_range,
            row.product,
            f"a gain of 0.25 is taken {round(100 * row.taken)} times in 100",
        )
        for row in answer.precision
    ]
    columns: tuple[tuple[str, Kind], ...] = (
        ("player", "text"),
        ("precision", "text"),
        ("payoff range", "number"),
        ("product", "number"),
        ("which means", "text"),
    )
    return Table("precision", "How sharply they choose", columns, tuple(rows))


def _given_tables(cases: Sequence[CaseAnswer]) -> list[Table]:
    """Say which cases look at some paths only, and how likely those are."""
    rows = [(one.case, one.given.event, one.given.chance) for one in cases if one.given]
    if not rows:
        return []
    columns: tuple[tuple[str, Kind], ...] = (
        ("case", "text"),
        ("given", "text"),
        ("chance", "share"),
    )
    return [Table("given", "Cases that look only at paths of an event", columns, tuple(rows))]


def _reply_tables(cases: Sequence[CaseAnswer]) -> list[Table]:
    """One table per stage and player: acts across, cases and types down."""
    places = dict.fromkeys((row.stage, row.player) for one in cases for row in one.replies)
    return [_reply_table(cases, stage, player) for stage, player in places]


def _reply_table(cases: Sequence[CaseAnswer], stage: str, player: str) -> Table:
    mine = [
        (one.case, row)
        for one in cases
        for row in one.replies
        if row.stage == stage and row.player == player
    ]
    acts = tuple(dict.fromkeys(row.act for _, row in mine))
    typed = any(row.type for _, row in mine)
    shares = {(case, row.type, row.act): row.share for case, row in mine}
    rows = []
    for case, own_type in dict.fromkeys((case, row.type) for case, row in mine):
        first = next(row for name, row in mine if name == case and row.type == own_type)
        key = (case, own_type or "") if typed else (case,)
        told = [shares.get((case, own_type, act)) for act in acts]
        rows.append((*key, *told, first.choices, first.bound))
    keys: tuple[tuple[str, Kind], ...] = (("case", "text"),)
    if typed:
        keys += (("type", "text"),)
    columns: list[tuple[str, Kind]] = [*keys, *((act, "share") for act in acts)]
    columns.append(("choices", "number"))
    if any(row.bound for _, row in mine):
        columns.append(("bound", "share"))
    title = f"How {player} replies at {stage} (share of its choices there, over all paths)"
    name = f"replies-{stage}-{player}".replace(" ", "-")
    shown = tuple(row[: len(columns)] for row in rows)
    return Table(name, title, tuple(columns), shown, n_keys=len(keys))


def _ending_table(cases: Sequence[CaseAnswer]) -> Table:
    endings = tuple(dict.fromkeys(row.ending for one in cases for row in one.endings))
    rows: list[tuple[Cell, ...]] = []
    for one in cases:
        chances = {row.ending: row.chance for row in one.endings}
        rows.append((one.case, *(chances.get(ending) for ending in endings)))
    columns: list[tuple[str, Kind]] = [("case", "text")]
    columns += [(ending, "share") for ending in endings]
    return Table("endings", "How it ends", tuple(columns), tuple(rows))


def _measure_table(cases: Sequence[CaseAnswer]) -> Table:
    """Cases across, measures down; a measure says which way is better, if any is meant."""
    found = {(one.case, row.measure): row for one in cases for row in one.measures}
    names = dict.fromkeys(row.measure for one in cases for row in one.measures)
    rows: list[tuple[Cell, ...]] = []
    for name in names:
        told = [found[one.case, name] for one in cases]
        rows.append((name, _meaning(told[0]), *map(_measured, told)))
    columns: list[tuple[str, Kind]] = [("measure", "text"), ("meaning", "text")]
    columns += [(one.case, "number") for one in cases]
    return Table("measures", "What the cases are judged by", tuple(columns), tuple(rows))


def _measure_tables_turned(cases: Sequence[CaseAnswer]) -> list[Table]:
    """Measures across, cases down, and before it what the measures mean."""
    meanings = tuple((row.measure, _meaning(row)) for row in cases[0].measures)
    columns: list[tuple[str, Kind]] = [("case", "text")]
    columns += [(row.measure, "number") for row in cases[0].measures]
    rows = tuple((one.case, *map(_measured, one.measures)) for one in cases)
    text: tuple[tuple[str, Kind], ...] = (("measure", "text"), ("meaning", "text"))
    return [
        Table("meanings", "What the cases are judged by", text, meanings),
        Table("measures", "Measures by case", tuple(columns), rows),
    ]


def _meaning(row: MeasureRow) -> str:
    label = row.label if row.label != row.measure else ""
    unit = f"in {row.unit}" if row.unit else ""
    better = f"{row.better} is better" if row.better else ""
    return ", ".join(filter(None, [label, unit, better]))


def _measured(row: MeasureRow) -> Cell:
    """Chances are written as per cent, so that they are not read as amounts."""
    if row.value is None:
        return "never happens"
    return Chance(row.value) if row.is_chance else row.value


def _climb_table(cases: Sequence[CaseAnswer]) -> Table:
    """Chance that each rung is the highest that anybody acts on in each period."""
    rows: list[tuple[Cell, ...]] = []
    periods = sorted({row.period for one in cases for row in one.climb})
    for one in cases:
        chances = {(row.rung, row.period): row.chance for row in one.climb}
        for rung in sorted({rung for rung, _ in chances}):
            told = [chances.get((rung, period), 0.0) for period in periods]
            rows.append((one.case, str(rung), *told))
    columns: list[tuple[str, Kind]] = [("case", "text"), ("rung", "text")]
    columns += [(f"period {period}", "share") for period in periods]
    title = "How it climbs (chance that a rung is the highest anybody acts on in a period)"
    return Table("climb", title, tuple(columns), tuple(rows), n_keys=2)


def _climb_summary(cases: Sequence[CaseAnswer]) -> Table:
    """One line a case: the median path's highest rung, and that of the highest one in ten."""
    rows: list[tuple[Cell, ...]] = []
    periods = sorted({row.period for one in cases for row in one.climb})
    for one in cases:
        by_period = [
            sorted((row.rung, row.chance) for row in one.climb if row.period == period)
            for period in periods
        ]
        summary = [f"{_quantile(r, 0.5)}/{_quantile(r, 0.9)}" for r in by_period]
        if summary:  # no act has a rung, else
            rows.append((one.case, *summary))
    columns: list[tuple[str, Kind]] = [("case", "text")]
    columns += [(str(period), "text") for period in periods]
    title = "How it climbs (highest rung acted on in a period: middle path/one path in ten)"
    return Table("climb", title, tuple(columns), tuple(rows))


def _quantile(chances: Sequence[tuple[int, float]], share: float) -> str:
    """Return the rung that a share of all paths do not climb beyond; `-`: no act has a rung."""
    below = 1.0 - sum(chance for _, chance in chances)
    if below >= share:
        return "-"
    for rung, chance in chances:
        below += chance
        if below >= share - ROUNDING:
            return str(rung)
    return str(chances[-1][0])


def _belief_table(cases: Sequence[CaseAnswer]) -> Table:
    """Of a player with two types one is told: the other's chance is the rest."""
    rows = [
        (one.case, row.observer, f"{row.player} is {row.type}", row.start, row.end_if_so,
         row.end_if_not)
        for one in cases
        for row in _telling(one.beliefs)
    ]  # fmt: skip
    columns: tuple[tuple[str, Kind], ...] = (
        ("case", "text"),
        ("who", "text"),
        ("believes", "text"),
        ("at the start", "share"),
        ("at the end, if so", "share"),
        ("at the end, if not", "share"),
    )
    title = "What they come to believe (on average over paths)"
    return Table("beliefs", title, columns, tuple(rows), n_keys=3)


def _telling(beliefs: Sequence[BeliefRow]) -> list[BeliefRow]:
    """Return the rows that say more than others do."""
    types: dict[str, list[str]] = {}
    for row in beliefs:
        if row.type not in types.setdefault(row.player, []):
            types[row.player].append(row.type)
    spare = {(player, listed[-1]) for player, listed in types.items() if len(listed) == 2}
    return [row for row in beliefs if (row.player, row.type) not in spare]


def liveliness_table(found: Iterable[tuple[str, LivelinessRow]]) -> Table:
    """Lay out which acts hang most on belief; each row comes with the name of its case."""
    rows = [
        (case, row.player, row.act, row.least, _certain(row, row.least_if), row.most,
         _certain(row, row.most_if))
        for case, row in found
    ]  # fmt: skip
    columns: tuple[tuple[str, Kind], ...] = (
        ("case", "text"),
        ("who", "text"),
        ("act", "text"),
        ("at least", "share"),
        ("if certain that", "text"),
        ("at most", "share"),
        ("if certain that ", "text"),
    )
    note = "Where replies hardly change, beliefs do no work."
    title = "How much beliefs matter (the act that hangs most on them)"
    return Table("liveliness", title, columns, tuple(rows), n_keys=3, note=note)


def _certain(row: LivelinessRow, own_type: str) -> str:
    return f"{row.about} is {own_type}"


def _certificate_table(cases: Sequence[CaseAnswer]) -> Table:
    columns: tuple[tuple[str, Kind], ...] = (
        ("case", "text"),
        ("residual", "number"),
        ("loss", "number"),
        ("off the grid", "number"),
        ("refinement", "number"),
        ("calibration", "number"),
        ("not converged", "number"),
        ("turned", "share"),
    )
    rows = []
    for one in cases:
        sure = one.certificate
        rows.append(
            (
                one.case,
                Miss(sure.residual),
                Miss(sure.loss),
                _miss(sure.off_grid),
                _miss(sure.refinement),
                _miss(sure.calibration),
                sure.not_converged,
                sure.branched,
            )
        )
    return Table("certificate", "The certificate", columns, tuple(rows))


def _miss(size: float | None) -> Cell:
    return None if size is None else Miss(size)
