"""Answers to text: which tables and sentences a command shows, and in which order.

Rows are cases wherever cases are compared, so that one glance down a column compares them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from offramp.report.answers import (
    Answer,
    CaseAnswer,
    CheckAnswer,
    ExportAnswer,
    ListAnswer,
    LivelinessRow,
    MeasureRow,
    NewAnswer,
    RatesAnswer,
    RunAnswer,
    WhyAnswer,
)
from offramp.report.tables import (
    Cell,
    Chance,
    Kind,
    Table,
    format_number,
    format_share,
    render,
)

__all__ = ["STANCE", "run_tables", "write_answer"]

STANCE = (
    "Consequences of stated assumptions, compared: no prophecy, and no recommendation is meant."
)
WIDTH = 100


def write_answer(answer: Answer, width: int = WIDTH) -> str:
    """Write any command's answer as text."""
    return _WRITERS[type(answer)](answer, width)


def run_tables(answer: RunAnswer) -> list[Table]:
    """Return the tables of a run in reading order; `--out` writes each to a file."""
    return [
        _precision_table(answer),
        *_reply_tables(answer.cases),
        _ending_table(answer.cases),
        _measure_table(answer.cases),
        _climb_table(answer.cases),
        _belief_table(answer.cases),
        _liveliness_table([(one.case, row) for one in answer.cases for row in one.liveliness]),
        _certificate_table(answer.cases),
    ]


def _write_run(answer: RunAnswer, width: int) -> str:
    tables = [render(table, width) for table in run_tables(answer) if table.rows]
    words = [f"{one.case}: {line}" for one in answer.cases for line in one.certificate.words]
    if len({line for one in answer.cases for line in one.certificate.words}) == 1:
        words = [f"every case: {answer.cases[0].certificate.words[0]}"]
    head = answer.scenario
    title = f"{head.title} ({head.name}, {head.period})"
    over = [f"view: {head.view}"] if head.view else []
    over += [f"{name} = {format_number(value)}" for name, value in head.set.items()]
    parts = [
        "\n".join([title, *over, STANCE]),
        *tables,
        "\n".join(["How far to trust it", *_indent(words)]),
    ]
    if answer.notes:
        parts.append("\n".join(["To bear in mind", *_indent(answer.notes)]))
    return "\n\n".join(parts)


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
    columns += [("choices", "number"), ("bound", "share")]
    title = f"How {player} replies at {stage} (share of its choices there, over all paths)"
    name = f"replies-{stage}-{player}".replace(" ", "-")
    return Table(name, title, tuple(columns), tuple(rows), n_keys=len(keys))


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


def _belief_table(cases: Sequence[CaseAnswer]) -> Table:
    rows = [
        (one.case, row.observer, f"{row.player} is {row.type}", row.start, row.end)
        for one in cases
        for row in one.beliefs
    ]
    columns: tuple[tuple[str, Kind], ...] = (
        ("case", "text"),
        ("who", "text"),
        ("believes", "text"),
        ("at the start", "share"),
        ("at the end", "share"),
    )
    return Table(
        "beliefs", "What they come to believe (on average)", columns, tuple(rows), n_keys=3
    )


def _liveliness_table(found: Iterable[tuple[str, LivelinessRow]]) -> Table:
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
                sure.residual,
                sure.loss,
                sure.off_grid,
                sure.refinement,
                sure.calibration,
                sure.not_converged,
                sure.branched,
            )
        )
    return Table("certificate", "The certificate", columns, tuple(rows))


def _write_list(answer: ListAnswer, width: int) -> str:
    rows = [(one.name, one.title, one.period, ", ".join(one.players)) for one in answer.scenarios]
    columns: tuple[tuple[str, Kind], ...] = (
        ("name", "text"),
        ("title", "text"),
        ("length", "text"),
        ("players", "text"),
    )
    return render(
        Table("scenarios", "Scenarios that ship with offramp", columns, tuple(rows)), width
    )


def _write_new(answer: NewAnswer, width: int) -> str:
    return f"Wrote {answer.file}. Next: offramp check {answer.file}"


def _write_check(answer: CheckAnswer, width: int) -> str:
    sizes = Table(
        "sizes",
        "Public states before each stage",
        (("stage", "text"), ("states", "number")),
        tuple((row.stage, row.states) for row in answer.sizes),
    )
    memory = Table(
        "memory",
        "What is remembered, and what it costs",
        (("use", "text"), ("times more states", "number")),
        tuple((row.use, row.factor) for row in answer.memory),
    )
    parts = [f"{answer.scenario}: nothing is wrong. Cases: {', '.join(answer.cases)}."]
    parts += [render(table, width) for table in (sizes, memory) if table.rows]
    parts.append(f"Profiles of types: {answer.profiles}.")
    parts += answer.notes
    return "\n\n".join(parts)


def _write_rates(answer: RatesAnswer, width: int) -> str:
    columns: tuple[tuple[str, Kind], ...] = (
        ("event", "text"),
        ("per", "text"),
        ("history", "text"),
        ("base", "share"),
        ("low precision", "share"),
        ("high precision", "share"),
        ("10 %", "share"),
        ("50 %", "share"),
        ("90 %", "share"),
        ("verdict", "text"),
    )
    rows = [
        (
            row.event,
            row.per,
            f"{format_share(row.low)} to {format_share(row.high)}",
            row.base,
            row.low_precision,
            row.high_precision,
            row.p10,
            row.p50,
            row.p90,
            row.verdict,
        )
        for row in answer.rates
    ]
    title = (
        f"{answer.scenario.title}: rates under {answer.case}, {answer.worlds} worlds drawn with "
        f"seed {answer.seed}"
    )
    note = (
        "The median of the worlds passes within a factor of three of history's range and is "
        "absurd beyond thirty.\nNothing is fitted to these ranges, and no policy is compared."
    )
    table = Table("rates", title, columns, tuple(rows), n_keys=2, note=note)
    lively = _liveliness_table([(answer.case, row) for row in answer.liveliness])
    return "\n\n".join(render(one, width) for one in (table, lively) if one.rows)


def _write_why(answer: WhyAnswer, width: int) -> str:
    who = f"{answer.player} ({answer.type})" if answer.type else answer.player
    where = ", ".join(f"{name} {level}" for name, level in answer.state.items())
    believed = ", ".join(f"{name} {format_share(share)}" for name, share in answer.beliefs.items())
    title = f"Why {who} replies so at {answer.stage}, period {answer.period}, case {answer.case}"
    terms = list(dict.fromkeys(term.term for act in answer.acts for term in act.terms))
    rows: list[tuple[Cell, ...]] = []
    for act in answer.acts:
        worth = {term.term: term.worth for term in act.terms}
        rows.append(
            (act.act, act.chance, act.worth, *(worth.get(term) for term in terms), act.reveals)
        )
    columns: list[tuple[str, Kind]] = [("act", "text"), ("chance", "share"), ("worth", "number")]
    columns += [(term, "number") for term in (*terms, "of it: reveals")]
    lines = [title, f"  situation: {where}", f"  beliefs: {believed}" if believed else ""]
    table = Table(
        "why",
        "What each act is worth, and through which terms",
        tuple(columns),
        tuple(rows),
        n_keys=1,
    )
    parts = ["\n".join(filter(None, lines)), render(table, width)]
    if answer.switch:
        parts.append(f"It would switch to {answer.switch.to} if {answer.switch.change}.")
    return "\n\n".join(parts)


def _write_export(answer: ExportAnswer, width: int) -> str:
    return (
        f"Wrote {answer.file}: {answer.scenario}, case {answer.case}, "
        f"{answer.information_sets} information sets."
    )


def _indent(lines: Iterable[str]) -> list[str]:
    return [f"  {line}" for line in lines]


_WRITERS: dict[type[Answer], Callable[[Any, int], str]] = {
    CheckAnswer: _write_check,
    ExportAnswer: _write_export,
    ListAnswer: _write_list,
    NewAnswer: _write_new,
    RatesAnswer: _write_rates,
    RunAnswer: _write_run,
    WhyAnswer: _write_why,
}
