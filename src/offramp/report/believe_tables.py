"""The sentences of what one must believe for each policy to be best."""

from __future__ import annotations

from collections.abc import Iterator

from offramp.report.answers import BelieveAnswer, BelievedPolicy, ConditionRow
from offramp.report.tables import format_share

__all__ = ["believe_sentences"]


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
            f"{one.case}: of the conjunctions of up to three assumptions that were tried in one "
            f"half of the worlds, the other half bore none out. {counted}."
        )
    ways = "; or that ".join(_condition(each) for each in one.conditions)
    return f"{one.case}: you must believe that {ways}. {counted}."


def _condition(one: ConditionRow) -> str:
    told = " and ".join(limit.words for limit in one.limits)
    return (
        f"{told} (best in {one.best:,} of {one.worlds:,} such worlds; "
        f"{one.tried_best:,} of {one.tried:,} not searched)"
    )
