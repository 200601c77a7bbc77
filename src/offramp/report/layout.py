"""Answers to text: which tables and sentences a command shows, and in which order."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from offramp.report.answers import (
    Answer,
    AuditAnswer,
    BelieveAnswer,
    CanonAnswer,
    CaseAnswer,
    CheckAnswer,
    ClaimsAnswer,
    CruxAnswer,
    DoubtAnswer,
    DriversAnswer,
    EarnedAnswer,
    EssayAnswer,
    EssaysAnswer,
    ExploreAnswer,
    ExportAnswer,
    FlipsAnswer,
    IndexAnswer,
    ListAnswer,
    MechanismAnswer,
    MechanismsAnswer,
    ModelAnswer,
    NewAnswer,
    NewEssayAnswer,
    RatesAnswer,
    ReportAnswer,
    RunAnswer,
    RunHead,
    ScenarioHead,
    SweepAnswer,
    WhyAnswer,
)
from offramp.report.audit_tables import audit_tables
from offramp.report.believe_tables import believe_sentences
from offramp.report.canon_tables import canon_tables
from offramp.report.claim_tables import claim_tables
from offramp.report.crux_tables import crux_sentences, crux_tables
from offramp.report.doubt_tables import doubt_notes, doubt_tables
from offramp.report.driver_tables import drivers_sentences, drivers_tables
from offramp.report.earned_tables import earned_sentences, earned_tables
from offramp.report.essay_layout import write_essay, write_mechanism
from offramp.report.essay_tables import essay_list, mechanism_list
from offramp.report.explore_tables import explore_notes, explore_tables
from offramp.report.flip_tables import flip_sentences, flip_tables
from offramp.report.run_tables import liveliness_table, screen_tables
from offramp.report.sweep_tables import sweep_table
from offramp.report.tables import (
    Kind,
    Table,
    format_miss,
    format_number,
    format_share,
    render,
)
from offramp.report.trust import worst_certificate
from offramp.report.why_tables import why_tables

__all__ = ["STANCE", "write_answer"]

STANCE = (
    "Consequences of stated assumptions, compared: no prophecy, and no recommendation is meant."
)
WIDTH = 100


def write_answer(answer: Answer, width: int = WIDTH) -> str:
    """Write any command's answer as text."""
    return _WRITERS[type(answer)](answer, width)


def _head(head: ScenarioHead) -> str:
    over = [f"view: {head.view}"] if head.view else []
    over += [
        f"{name} = {value if isinstance(value, str) else format_number(value)}"
        for name, value in head.set.items()
    ]
    return "\n".join([f"{head.title} ({head.name}, {head.period})", *over, STANCE])


def _write_run(answer: RunAnswer, width: int) -> str:
    tables = [render(table, width) for table in screen_tables(answer) if table.rows]
    parts = [_head(answer.scenario), *tables, _trust(answer.cases, width)]
    if answer.notes:
        parts.append("\n".join(["To bear in mind", *_wrapped(answer.notes, width)]))
    return "\n\n".join(parts)


def _trust(cases: Sequence[CaseAnswer], width: int) -> str:
    """Say the certificate in words: once if all is well, else for each case that misses it."""
    missing = [one for one in cases if not one.certificate.holds]
    lines = [f"{one.case}: {line}." for one in missing for line in one.certificate.words]
    if not missing:
        together = worst_certificate([one.certificate for one in cases])
        lines = [f"{line[0].upper()}{line[1:]}." for line in together.words]
    return "\n".join(["How far to trust it", *_wrapped(lines, width)])


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


def _write_new_essay(answer: NewEssayAnswer, width: int) -> str:
    return f"Wrote {answer.file}. Next: offramp essay {answer.file}"


def _write_essays(answer: EssaysAnswer, width: int) -> str:
    return render(essay_list(answer), width)


def _write_mechanisms(answer: MechanismsAnswer, width: int) -> str:
    return render(mechanism_list(answer), width)


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
    cases = f" Cases: {', '.join(answer.cases)}." if answer.cases else ""
    found = f"{answer.scenario}: nothing is wrong.{cases}"
    parts = [textwrap.fill(found, width)]
    parts += [render(table, width) for table in (sizes, memory) if table.rows]
    parts.append(f"Profiles of types: {answer.profiles}.")
    parts += answer.notes
    return "\n\n".join(parts)


def _write_canon(answer: CanonAnswer, width: int) -> str:
    parts = [render(table, width) for table in canon_tables(answer) if table.rows]
    notes = [line for model in answer.models for line in _told_of(model)]
    if notes:
        parts.append("\n".join(["To bear in mind", *_wrapped(notes, width)]))
    worst = max(model.residual for model in answer.models)
    n_solved = sum(model.solved for model in answer.models)
    failed = sum(model.not_converged for model in answer.models)
    told = f"{n_solved:,} games were solved; every strategy is a logit reply to within "
    parts.append(
        textwrap.fill(
            f"{told}{format_miss(worst)}."
            + (f" {failed} did not converge." if failed else "")
            + (" Something fails; the tables say what." if _some_fail(answer) else ""),
            width,
        )
    )
    return "\n\n".join(parts)


def _some_fail(answer: CanonAnswer) -> bool:
    verdicts = [row.verdict for m in answer.models for row in m.rows]
    return "fails" in [*verdicts, *(row.verdict for m in answer.models for row in m.statics)]


def _told_of(model: ModelAnswer) -> Iterable[str]:
    """Yield what a model's numbers leave open: conditions, branches, ties."""
    name = model.model.rsplit("/", 1)[-1]
    for one in model.unmet:
        yield f"{name}: {one}."
    if model.other_branch:
        yield (
            f"{name}: the theory speaks of another solution than the principal branch leads to; "
            "--all-branches searches for it."
        )
    elif model.branch != "principal":
        yield (
            f"{name}: values are those of the most mixed of all solutions that were found, not of "
            "the one that the principal branch leads to."
        )
    for row in model.rows:
        if row.verdict == "not compared" and row.as_expected is False:
            yield f"{name}, {row.quantity}: not yet near a limit where the sequence ends."
        if row.tie:
            yield f"{name}, {row.quantity}: a tie decides: {row.tie}."


def _write_claims(answer: ClaimsAnswer, width: int) -> str:
    told = (
        f"Every strategy is a logit reply to the others to within {format_miss(answer.residual)}."
    )
    if answer.not_converged:
        told = f"{answer.not_converged:,} points did not converge."
    tables = [render(table, width) for table in claim_tables(answer) if table.rows]
    return "\n\n".join([_head(answer.scenario), *tables, textwrap.fill(told, width)])


def _write_audit(answer: AuditAnswer, width: int) -> str:
    tables = [render(table, width) for table in audit_tables(answer) if table.rows]
    told = "(d) No player or action could be given another name."
    if answer.relabelled is not None:
        verdict = "changes nothing" if answer.holds else "CHANGES NUMBERS, which is a fault"
        told = (
            f"(d) Giving {answer.renamed} players and actions other names {verdict}: measures "
            f"differ by {format_miss(answer.relabelled)} at most."
        )
    return "\n\n".join([_head(answer.scenario), *tables, textwrap.fill(told, width)])


def _write_crux(answer: CruxAnswer, width: int) -> str:
    told = "\n".join(textwrap.fill(one, width) for one in crux_sentences(answer))
    tables = [render(table, width) for table in crux_tables(answer) if table.rows]
    solved = f"{answer.judged:,} mixtures of the two views were solved."
    return "\n\n".join([_head(answer.scenario), told, *tables, solved])


def _write_earned(answer: EarnedAnswer, width: int) -> str:
    told = "\n".join(textwrap.fill(one, width) for one in earned_sentences(answer))
    tables = [render(table, width) for table in earned_tables(answer) if table.rows]
    return "\n\n".join([_head(answer.scenario), told, *tables])


def _write_flips(answer: FlipsAnswer, width: int) -> str:
    told = "\n".join(textwrap.fill(one, width) for one in flip_sentences(answer))
    tables = [render(table, width) for table in flip_tables(answer) if table.rows]
    trust = f"Every strategy is a logit reply to within {format_miss(answer.residual)}."
    if answer.not_converged:
        trust = f"{answer.not_converged:,} points did not converge."
    worlds = "1 world was" if answer.solved == 1 else f"{answer.solved:,} worlds were"
    return "\n\n".join([_head(answer.scenario), told, *tables, f"{worlds} solved. {trust}"])


def _write_sweep(answer: SweepAnswer, width: int) -> str:
    worst = max(point.residual for point in answer.points)
    failed = sum(point.not_converged > 0 for point in answer.points)
    told = f"Every strategy is a logit reply to the others to within {format_miss(worst)}."
    if failed:
        told = f"At {failed} of {len(answer.points)} points some situations did not converge."
    more = "What holds off the belief grid, `run` tells of a single point."
    parts = [_head(answer.scenario), render(sweep_table(answer), width)]
    return "\n\n".join([*parts, textwrap.fill(f"{told} {more}", width)])


def _write_explore(answer: ExploreAnswer, width: int) -> str:
    tables = [render(table, width) for table in explore_tables(answer) if table.rows]
    notes = [textwrap.fill(note, width) for note in explore_notes(answer)]
    go_on = [f"To go on: {answer.go_on}"] if answer.go_on else []  # one line, to be copied
    return "\n\n".join([_head(answer.scenario), *tables, *notes, *go_on])


def _over_worlds(
    head: RunHead, sentences: Iterable[str], tables: Iterable[Table], width: int
) -> str:
    """Write an answer about the worlds of a run."""
    told = [textwrap.fill(one, width) for one in (head.words, *sentences)]
    shown = [render(table, width) for table in tables if table.rows]
    return "\n\n".join([_head(head.scenario), *told, *shown])


def _write_doubt(answer: DoubtAnswer, width: int) -> str:
    return _over_worlds(answer.run, doubt_notes(answer), doubt_tables(answer), width)


def _write_believe(answer: BelieveAnswer, width: int) -> str:
    return _over_worlds(answer.run, believe_sentences(answer), (), width)


def _write_drivers(answer: DriversAnswer, width: int) -> str:
    return _over_worlds(answer.run, drivers_sentences(answer), drivers_tables(answer), width)


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
    lively = liveliness_table([(answer.case, row) for row in answer.liveliness])
    return "\n\n".join(render(one, width) for one in (table, lively) if one.rows)


def _write_why(answer: WhyAnswer, width: int) -> str:
    who = f"{answer.player} ({answer.type})" if answer.type else answer.player
    where = ", ".join(f"{name} {level}" for name, level in answer.state.items())
    believed = ", ".join(f"{name} {format_share(share)}" for name, share in answer.beliefs.items())
    title = f"Why {who} replies so at {answer.stage}, period {answer.period}, case {answer.case}"
    situation = [f"situation: {where}", f"reference belief: {believed}" if believed else ""]
    parts = ["\n".join([title, *_wrapped(filter(None, situation), width)])]
    parts += [render(table, width) for table in why_tables(answer)]
    if answer.is_bound:
        parts.append("The policy decides here, not the player.")
    switches = [f"It would rather {one.to} if {one.change}." for one in answer.switches]
    if switches and all(one.by == "payment" for one in answer.switches):
        switches.append("No payoff term alone would do it within a factor of three.")
    return "\n\n".join([*parts, *(["\n".join(switches)] if switches else [])])


def _write_export(answer: ExportAnswer, width: int) -> str:
    return (
        f"Wrote {answer.file}: {answer.scenario}, case {answer.case}, "
        f"{answer.information_sets} information sets."
    )


def _write_report(answer: ReportAnswer, width: int) -> str:
    worlds = f", {answer.worlds:,} worlds" if answer.worlds else ""
    size = f"{answer.bytes / 2**20:.1f} MiB, {len(answer.cards)} displays{worlds}"
    brief = f" The brief is {answer.brief}." if answer.brief else ""
    return f"Wrote {answer.file}: {answer.scenario.title} ({size}). Open it in a browser.{brief}"


def _write_index(answer: IndexAnswer, width: int) -> str:
    linked = f", {len(answer.reports)} of them with a report" if answer.reports else ""
    return f"Wrote {answer.file}: {len(answer.essays)} essays{linked}. Open it in a browser."


def _wrapped(lines: Iterable[str], width: int) -> list[str]:
    return [
        textwrap.fill(line, width, initial_indent="  ", subsequent_indent="    ") for line in lines
    ]


_WRITERS: dict[type[Answer], Callable[[Any, int], str]] = {
    AuditAnswer: _write_audit,
    BelieveAnswer: _write_believe,
    CruxAnswer: _write_crux,
    CanonAnswer: _write_canon,
    CheckAnswer: _write_check,
    ClaimsAnswer: _write_claims,
    DoubtAnswer: _write_doubt,
    DriversAnswer: _write_drivers,
    EarnedAnswer: _write_earned,
    EssayAnswer: write_essay,
    EssaysAnswer: _write_essays,
    ExploreAnswer: _write_explore,
    ExportAnswer: _write_export,
    FlipsAnswer: _write_flips,
    IndexAnswer: _write_index,
    ListAnswer: _write_list,
    MechanismAnswer: write_mechanism,
    MechanismsAnswer: _write_mechanisms,
    NewAnswer: _write_new,
    NewEssayAnswer: _write_new_essay,
    RatesAnswer: _write_rates,
    ReportAnswer: _write_report,
    RunAnswer: _write_run,
    SweepAnswer: _write_sweep,
    WhyAnswer: _write_why,
}
