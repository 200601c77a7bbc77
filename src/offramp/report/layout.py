"""Answers laid out: which tables and sentences a command shows, and in which order."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
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
from offramp.report.essay_layout import essay_parts, mechanism_parts
from offramp.report.essay_tables import essay_list, mechanism_list
from offramp.report.explore_tables import explore_notes, explore_tables
from offramp.report.figures.words import visible
from offramp.report.flip_tables import flip_sentences, flip_tables
from offramp.report.parts import Lines, Part, as_text
from offramp.report.run_tables import liveliness_table, screen_tables
from offramp.report.sweep_tables import sweep_table
from offramp.report.tables import (
    Kind,
    Table,
    counted,
    format_miss,
    format_number,
    format_share,
)
from offramp.report.trust import worst_certificate
from offramp.report.why_tables import why_tables

__all__ = ["STANCE", "lay_out", "write_answer"]

STANCE = (
    "Consequences of stated assumptions, compared: no prophecy, and no recommendation is meant."
)
WIDTH = 100


def write_answer(answer: Answer, width: int = WIDTH) -> str:
    """Write any command's answer as text."""
    return visible(as_text(lay_out(answer), width))


def lay_out(answer: Answer) -> tuple[Part, ...]:
    """Return any command's answer as tables and lines, in reading order."""
    return tuple(_LAYOUTS[type(answer)](answer))


def _head(head: ScenarioHead) -> Lines:
    over = [f"view: {head.view}"] if head.view else []
    over += [
        f"{name} = {value if isinstance(value, str) else format_number(value)}"
        for name, value in head.set.items()
    ]
    told = f"{head.title} ({head.name}, {head.period})" if head.period else head.title
    return Lines((told, *over, STANCE), whole=True)


def _run(answer: RunAnswer) -> Iterator[Part]:
    yield _head(answer.scenario)
    yield from screen_tables(answer)
    yield _trust(answer.cases)
    if answer.notes:
        yield Lines.below("To bear in mind", answer.notes)


def _trust(cases: Sequence[CaseAnswer]) -> Lines:
    """Say the certificate in words: once if all is well, else for each case that misses it."""
    missing = [one for one in cases if not one.certificate.holds]
    lines = [f"{one.case}: {line}." for one in missing for line in one.certificate.words]
    if not missing:
        together = worst_certificate([one.certificate for one in cases])
        lines = [f"{line[0].upper()}{line[1:]}." for line in together.words]
    return Lines.below("How far to trust it", lines)


def _list(answer: ListAnswer) -> Iterator[Part]:
    rows = [(one.name, one.title, one.period, ", ".join(one.players)) for one in answer.scenarios]
    columns: tuple[tuple[str, Kind], ...] = (
        ("name", "text"),
        ("title", "text"),
        ("length", "text"),
        ("players", "text"),
    )
    yield Table("scenarios", "Scenarios that ship with offramp", columns, tuple(rows))


def _new(answer: NewAnswer) -> Iterator[Part]:
    yield _whole(f"Wrote {answer.file}. Next: offramp check {answer.file}")


def _new_essay(answer: NewEssayAnswer) -> Iterator[Part]:
    yield _whole(f"Wrote {answer.file}. Next: offramp essay {answer.file}")


def _essays(answer: EssaysAnswer) -> Iterator[Part]:
    yield essay_list(answer)


def _mechanisms(answer: MechanismsAnswer) -> Iterator[Part]:
    yield mechanism_list(answer)


def _check(answer: CheckAnswer) -> Iterator[Part]:
    cases = f" Cases: {', '.join(answer.cases)}." if answer.cases else ""
    yield Lines.of(f"{answer.scenario}: nothing is wrong.{cases}")
    yield Table(
        "sizes",
        "Public states before each stage",
        (("stage", "text"), ("states", "number")),
        tuple((row.stage, row.states) for row in answer.sizes),
    )
    yield Table(
        "memory",
        "What is remembered, and what it costs",
        (("use", "text"), ("times more states", "number")),
        tuple((row.use, row.factor) for row in answer.memory),
    )
    yield Lines.of(f"Profiles of types: {answer.profiles}.")
    yield from (_whole(note) for note in answer.notes)


def _canon(answer: CanonAnswer) -> Iterator[Part]:
    yield from canon_tables(answer)
    notes = [line for model in answer.models for line in _told_of(model)]
    if notes:
        yield Lines.below("To bear in mind", notes)
    worst = max(model.residual for model in answer.models)
    n_solved = sum(model.solved for model in answer.models)
    failed = sum(model.not_converged for model in answer.models)
    told = f"{n_solved:,} games were solved; every strategy is a logit reply to within "
    yield Lines.of(
        f"{told}{format_miss(worst)}."
        + (f" {failed} did not converge." if failed else "")
        + (" Something fails; the tables say what." if _some_fail(answer) else "")
    )


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


def _claims(answer: ClaimsAnswer) -> Iterator[Part]:
    yield _head(answer.scenario)
    yield from claim_tables(answer)
    told = (
        f"Every strategy is a logit reply to the others to within {format_miss(answer.residual)}."
    )
    if answer.not_converged:
        told = f"{answer.not_converged:,} points did not converge."
    yield Lines.of(told)


def _audit(answer: AuditAnswer) -> Iterator[Part]:
    yield _head(answer.scenario)
    yield from audit_tables(answer)
    told = "(d) No player or action could be given another name."
    if answer.relabelled is not None:
        verdict = "changes nothing" if answer.holds else "CHANGES NUMBERS, which is a fault"
        told = (
            f"(d) Giving {answer.renamed} players and actions other names {verdict}: measures "
            f"differ by {format_miss(answer.relabelled)} at most."
        )
    yield Lines.of(told)


def _crux(answer: CruxAnswer) -> Iterator[Part]:
    yield _head(answer.scenario)
    yield Lines(tuple(crux_sentences(answer)))
    yield from crux_tables(answer)
    yield Lines.of(f"{answer.judged:,} mixtures of the two views were solved.")


def _earned(answer: EarnedAnswer) -> Iterator[Part]:
    yield _head(answer.scenario)
    yield Lines(tuple(earned_sentences(answer)))
    yield from earned_tables(answer)


def _flips(answer: FlipsAnswer) -> Iterator[Part]:
    yield _head(answer.scenario)
    yield Lines(tuple(flip_sentences(answer)))
    yield from flip_tables(answer)
    worlds = "1 world was" if answer.solved == 1 else f"{answer.solved:,} worlds were"
    trust = f"Every strategy is a logit reply to within {format_miss(answer.residual)}."
    if answer.not_converged:
        trust = f"{answer.not_converged:,} points did not converge."
    yield Lines.of(f"{worlds} solved. {trust}")


def _sweep(answer: SweepAnswer) -> Iterator[Part]:
    yield _head(answer.scenario)
    yield sweep_table(answer)
    worst = max(point.residual for point in answer.points)
    failed = sum(point.not_converged > 0 for point in answer.points)
    told = f"Every strategy is a logit reply to the others to within {format_miss(worst)}."
    if failed:
        told = f"At {failed} of {len(answer.points)} points some situations did not converge."
    yield Lines.of(f"{told} What holds off the belief grid, `run` tells of a single point.")


def _explore(answer: ExploreAnswer) -> Iterator[Part]:
    yield _head(answer.scenario)
    yield from explore_tables(answer)
    yield from (Lines.of(note) for note in explore_notes(answer))
    if answer.go_on:
        yield _whole(f"To go on: {answer.go_on}")


def _over_worlds(
    head: RunHead, sentences: Iterable[str], tables: Iterable[Table]
) -> Iterator[Part]:
    """Lay out an answer about the worlds of a run."""
    yield _head(head.scenario)
    yield from (Lines.of(one) for one in (head.words, *sentences))
    yield from tables


def _doubt(answer: DoubtAnswer) -> Iterator[Part]:
    return _over_worlds(answer.run, doubt_notes(answer), doubt_tables(answer))


def _believe(answer: BelieveAnswer) -> Iterator[Part]:
    return _over_worlds(answer.run, believe_sentences(answer), ())


def _drivers(answer: DriversAnswer) -> Iterator[Part]:
    return _over_worlds(answer.run, drivers_sentences(answer), drivers_tables(answer))


def _rates(answer: RatesAnswer) -> Iterator[Part]:
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
    yield table
    yield lively


def _why(answer: WhyAnswer) -> Iterator[Part]:
    who = f"{answer.player} ({answer.type})" if answer.type else answer.player
    where = ", ".join(f"{name} {level}" for name, level in answer.state.items())
    believed = ", ".join(f"{name} {format_share(share)}" for name, share in answer.beliefs.items())
    title = f"Why {who} replies so at {answer.stage}, period {answer.period}, case {answer.case}"
    situation = [f"situation: {where}", f"reference belief: {believed}" if believed else ""]
    yield Lines.below(title, filter(None, situation))
    yield from why_tables(answer)
    if answer.is_bound:
        yield Lines.of("The policy decides here, not the player.")
    switches = [f"It would rather {one.to} if {one.change}." for one in answer.switches]
    if switches and all(one.by == "payment" for one in answer.switches):
        switches.append("No payoff term alone would do it within a factor of three.")
    yield Lines(tuple(switches))


def _export(answer: ExportAnswer) -> Iterator[Part]:
    yield _whole(
        f"Wrote {answer.file}: {answer.scenario}, case {answer.case}, "
        f"{answer.information_sets} information sets."
    )


def _report(answer: ReportAnswer) -> Iterator[Part]:
    worlds = f", {counted(answer.worlds, 'world')}" if answer.worlds else ""
    size = f"{answer.bytes / 2**20:.1f} MiB, {len(answer.cards)} displays{worlds}"
    brief = f" The brief is {answer.brief}." if answer.brief else ""
    told = f"Wrote {answer.file}: {answer.scenario.title} ({size}). Open it in a browser.{brief}"
    yield _whole(told)


def _index(answer: IndexAnswer) -> Iterator[Part]:
    linked = f", {len(answer.reports)} of them with a report" if answer.reports else ""
    told = f"Wrote {answer.file}: {len(answer.essays)} essays{linked}. Open it in a browser."
    yield _whole(told)


def _whole(line: str) -> Lines:
    return Lines((line,), whole=True)


_LAYOUTS: dict[type[Answer], Callable[[Any], Iterable[Part]]] = {
    AuditAnswer: _audit,
    BelieveAnswer: _believe,
    CruxAnswer: _crux,
    CanonAnswer: _canon,
    CheckAnswer: _check,
    ClaimsAnswer: _claims,
    DoubtAnswer: _doubt,
    DriversAnswer: _drivers,
    EarnedAnswer: _earned,
    EssayAnswer: essay_parts,
    EssaysAnswer: _essays,
    ExploreAnswer: _explore,
    ExportAnswer: _export,
    FlipsAnswer: _flips,
    IndexAnswer: _index,
    ListAnswer: _list,
    MechanismAnswer: mechanism_parts,
    MechanismsAnswer: _mechanisms,
    NewAnswer: _new,
    NewEssayAnswer: _new_essay,
    RatesAnswer: _rates,
    ReportAnswer: _report,
    RunAnswer: _run,
    SweepAnswer: _sweep,
    WhyAnswer: _why,
}
