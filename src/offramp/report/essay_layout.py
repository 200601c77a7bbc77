"""Essays and mechanisms laid out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from offramp.report.answers import EssayAnswer, MechanismAnswer, MechanismSide, StepRow
from offramp.report.essay_tables import (
    claims_of_essay,
    paragraph_table,
    parameter_table,
    role_table,
)
from offramp.report.parts import Lines, Part

__all__ = ["essay_parts", "mechanism_parts"]


def essay_parts(answer: EssayAnswer) -> Iterator[Part]:
    """Yield what an essay argues, its chain, its claims and its opponents."""
    essay = answer.essay
    who = "; ".join([essay.author, f"outlet: {answer.outlet}", f"title: {answer.title}"])
    against = f" It answers {essay.answers}." if essay.answers else ""
    yield Lines.below(f"{essay.id}: {essay.heading}", [f"{who}; date: {essay.date}.{against}"])
    yield Lines.below("What it argues", [answer.thesis, answer.abstract, _core(answer)])
    yield Lines.below("The chain (? marks what it needs and leaves unsaid)", _chain(answer))
    yield claims_of_essay(answer)
    yield Lines.of(f"  {answer.verdicts}")
    yield Lines.below("What happened since", _since(answer))
    yield Lines.below("Where it disagrees with the others", _others(answer))
    yield paragraph_table(answer)


def _core(answer: EssayAnswer) -> str:
    """Say which assumptions carry most of an essay."""
    carried = [f"{one.id} ({one.says})" for one in answer.assumptions if one.carries_weight]
    return f"Most rests on: {'; '.join(carried)}." if carried else "No assumption stands out."


def _chain(answer: EssayAnswer) -> Iterable[str]:
    said = {one.id: one for one in answer.assumptions}
    for step in answer.steps:
        yield _step(step)
        for name in step.needs:
            one = said[name]
            mark = "" if one.stated == "yes" or one.stated.startswith("stated") else "? "
            yield f"    {mark}{name}: {one.says}. If false: {one.if_false}."


def _step(step: StepRow) -> str:
    held = ", ".join(step.holds)
    head = f"{held}: {step.says}" if held else step.says
    because = ", ".join([*step.because, *step.through])
    mark = "" if step.stated else "? "
    return f"{mark}{head}" + (f", because of {because}" if because else "")


def _since(answer: EssayAnswer) -> Iterable[str]:
    for one in answer.claims:
        if one.since:
            yield f"{one.claim} {one.says} {one.since}"
        if one.why_untested:
            yield f"{one.claim} is not tested: {one.why_untested}"


def _others(answer: EssayAnswer) -> Iterable[str]:
    for row in answer.disagreements:
        parts = []
        if row.mechanisms:
            parts.append(f"on {', '.join(row.mechanisms)}")
        if row.claims:
            parts.append(f"whose {', '.join(row.claims)} answer it")
        yield f"{row.other}: {'; '.join(parts)}."
    if not answer.disagreements:
        yield "No other essay asserts the contrary of what it asserts."


def mechanism_parts(answer: MechanismAnswer) -> Iterator[Part]:
    """Yield a mechanism beside its rival."""
    one = answer.mechanism
    used = ", ".join(one.used_by) or "no shipped scenario"
    where = ", ".join(one.where) or "no essay"
    yield Lines.below(one.name, [f"Asserted in {where}. Used by {used}."])
    yield role_table(answer)
    yield from _side("asserted", answer.asserted)
    if answer.rival is not None:
        yield from _side("rival", answer.rival)
    if answer.ties:
        tied = ", ".join(f"{name} set to {setting}" for name, setting in answer.ties.items())
        yield Lines.of(f"  The same switch as {tied}; counted once.")


def _side(setting: str, side: MechanismSide) -> Iterator[Part]:
    lines = [side.says, *side.does, *([side.note] if side.note else [])]
    sources = f"Sources: {', '.join(side.sources) or 'judgement'}."
    yield Lines.below(f"{setting}: {side.name}", [*lines, sources])
    yield parameter_table(side)
