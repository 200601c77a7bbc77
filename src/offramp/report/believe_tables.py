"""The sentences of what one must believe for each policy to be best."""

from __future__ import annotations

from collections.abc import Iterator

from offramp.report.answers import BelieveAnswer, BelievedPolicy, ConditionRow
from offramp.report.tables import format_share

__all__ = ["believe_sentences"]


def believe_sentences(answer: BelieveAnswer) -> Iterator[str]:
    """Yield for each policy what one must believe to find it best."""
    for one in answer.policies:
        if one.answer in ("everywhere", "found"):
            yield _believed(one)
    if found := [one for one in answer.policies if one.answer == "none found"]:
        told = ", ".join(f"{one.case} ({one.best:,})" for one in found)
        yield (
            "No simple condition, of up to three assumptions, was found under which one could rely "
            f"on these, which are best in so many of {found[0].worlds:,} worlds: {told}."
        )
    if never := [one.case for one in answer.policies if one.answer == "nowhere"]:
        yield f"Best in no world, so that there is nothing to believe: {', '.join(never)}."
    near = ", give or take ties" if answer.margin < 1e-6 else f" or within {answer.margin:g} of it"
    yield (
        f"Best by {answer.by} ({answer.better}){near}. A condition is sought in one half of the "
        f"worlds and tried in the other; best in {format_share(answer.purity)} of the worlds that "
        "satisfy it is asked for."
    )
    if answer.left_out:
        told = ", ".join(answer.left_out)
        yield f"Not compared, being other worlds rather than choices, or not named: {told}."


def _believed(one: BelievedPolicy) -> str:
    counted = f"It is best in {one.best:,} of {one.worlds:,} worlds"
    if one.answer == "everywhere":
        return f"{one.case}: whatever you believe. {counted}."
    ways = "; or that ".join(_condition(each) for each in one.conditions)
    return f"{one.case}: you must believe that {ways}. {counted}."


def _condition(one: ConditionRow) -> str:
    told = " and ".join(limit.words for limit in one.limits)
    return (
        f"{told} (best in {one.best:,} of {one.worlds:,} such worlds; "
        f"{one.tried_best:,} of {one.tried:,} not searched)"
    )
