"""Essays and mechanisms as text."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable

from offramp.report.answers import EssayAnswer, MechanismAnswer, MechanismSide, StepRow
from offramp.report.essay_tables import (
    claims_of_essay,
    paragraph_table,
    parameter_table,
    role_table,
)
from offramp.report.tables import render

__all__ = ["write_essay", "write_mechanism"]


def write_essay(answer: EssayAnswer, width: int) -> str:
    """Write what an essay argues, its chain, its claims and its opponents."""
    essay = answer.essay
    who = "; ".join([essay.author, f"outlet: {answer.outlet}", f"title: {answer.title}"])
    against = f" It answers {essay.answers}." if essay.answers else ""
    parts = [
        "\n".join(
            [
                f"{essay.id}: {essay.heading}",
                *_filled([f"{who}; date: {essay.date}.{against}"], width),
            ]
        ),
        "\n".join(
            ["What it argues", *_filled([answer.thesis, answer.abstract, _core(answer)], width)]
        ),
        "\n".join(["The chain (? marks what it needs and leaves unsaid)", *_chain(answer, width)]),
        render(claims_of_essay(answer), width),
        "\n".join(_filled([answer.verdicts], width)),
        "\n".join(["What happened since", *_since(answer, width)]),
        "\n".join(["Where it disagrees with the others", *_others(answer, width)]),
        render(paragraph_table(answer), width),
    ]
    return "\n\n".join(parts)


def _core(answer: EssayAnswer) -> str:
    """Say which assumptions carry most of an essay."""
    carried = [f"{one.id} ({one.says})" for one in answer.assumptions if one.carries_weight]
    return f"Most rests on: {'; '.join(carried)}." if carried else "No assumption stands out."


def _chain(answer: EssayAnswer, width: int) -> Iterable[str]:
    said = {one.id: one for one in answer.assumptions}
    for step in answer.steps:
        yield from _filled([_step(step)], width)
        for name in step.needs:
            one = said[name]
            mark = "" if one.stated == "yes" or one.stated.startswith("stated") else "? "
            yield from _filled([f"{mark}{name}: {one.says}. If false: {one.if_false}."], width, 6)


def _step(step: StepRow) -> str:
    held = ", ".join(step.holds)
    head = f"{held}: {step.says}" if held else step.says
    because = ", ".join([*step.because, *step.through])
    mark = "" if step.stated else "? "
    return f"{mark}{head}" + (f", because of {because}" if because else "")


def _since(answer: EssayAnswer, width: int) -> Iterable[str]:
    for one in answer.claims:
        if one.since:
            yield from _filled([f"{one.claim} {one.says} {one.since}"], width)
        if one.why_untested:
            yield from _filled([f"{one.claim} is not tested: {one.why_untested}"], width)


def _others(answer: EssayAnswer, width: int) -> Iterable[str]:
    for row in answer.disagreements:
        parts = []
        if row.mechanisms:
            parts.append(f"on {', '.join(row.mechanisms)}")
        if row.claims:
            parts.append(f"whose {', '.join(row.claims)} answer it")
        yield from _filled([f"{row.other}: {'; '.join(parts)}."], width)
    if not answer.disagreements:
        yield "  No other essay asserts the contrary of what it asserts."


def write_mechanism(answer: MechanismAnswer, width: int) -> str:
    """Write a mechanism beside its rival."""
    one = answer.mechanism
    used = ", ".join(one.used_by) or "no shipped scenario"
    where = ", ".join(one.where) or "no essay"
    parts = [
        "\n".join([one.name, *_filled([f"Asserted in {where}. Used by {used}."], width)]),
        render(role_table(answer), width),
        _side("asserted", answer.asserted, width),
    ]
    if answer.rival is not None:
        parts.append(_side("rival", answer.rival, width))
    if answer.ties:
        tied = ", ".join(f"{name} set to {setting}" for name, setting in answer.ties.items())
        parts.append("\n".join(_filled([f"The same switch as {tied}; counted once."], width)))
    return "\n\n".join(parts)


def _side(setting: str, side: MechanismSide, width: int) -> str:
    lines = [f"{setting}: {side.name}", *_filled([side.says, *side.does], width)]
    if side.note:
        lines += _filled([side.note], width)
    lines += _filled([f"Sources: {', '.join(side.sources) or 'judgement'}."], width)
    if side.parameters:
        lines += ["", render(parameter_table(side), width)]
    return "\n".join(lines)


def _filled(lines: Iterable[str], width: int, indent: int = 2) -> list[str]:
    return [
        textwrap.fill(
            line, width, initial_indent=" " * indent, subsequent_indent=" " * (indent + 2)
        )
        for line in lines
    ]
