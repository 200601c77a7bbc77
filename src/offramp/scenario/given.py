"""The event that a case is conditioned on: true or not on each path, and told apart on the way."""

from __future__ import annotations

from offramp.scenario.expressions import (
    Boolean,
    Compare,
    Did,
    Expr,
    MeasureCall,
    Unary,
    walk,
)
from offramp.scenario.names import Kind
from offramp.scenario.reading import Reader, Spot

__all__ = ["read_given"]

TOLD_APART = ("ever", "start", "final", "change")
INSTEAD = {
    "time_to": "write ever(…, by=n).",
    "peak": "write ever(variable >= level).",
    "count": "write ever(did(player.action)).",
    "after": "write ever(…) of what shall have happened, with did(…, 1) for the period before.",
}


def read_given(value: float | str, spot: Spot, reader: Reader) -> Expr:
    """Return the event of a case; what is none is noted.

    Only what is true or false on a single path selects paths, and only what can be told while play
    goes on can be followed: a sum, say, would split paths by every number that it can take.
    """
    before = len(reader.notes.problems)
    event = reader.expression(value, spot, Kind.MEASURE)
    if len(reader.notes.problems) > before or reader.scope.ghosts:
        return event  # what is wrong has been told
    calls = [node for node in walk(event) if isinstance(node, MeasureCall)]
    unfit = [call.function for call in calls if call.function not in TOLD_APART]
    if unfit:
        reader.notes.add(
            "S420",
            f"{unfit[0]}(…) stands in an event that a case is given; paths can be told apart by "
            f"{', '.join(f'{name}(…)' for name in TOLD_APART[:-1])} and {TOLD_APART[-1]}(…) only.",
            spot,
            fix=INSTEAD.get(unfit[0], "name an event by what happens or holds on the path."),
        )
    elif not calls or not _is_truth(event):
        reader.notes.add(
            "S419",
            f"'{value}' is a number on each path; an event that a case is given is true or false.",
            spot,
            fix="write a condition: ever(…), final(variable >= level), or a comparison of what "
            "such functions return.",
        )
    return event


def _is_truth(node: Expr) -> bool:
    """Return whether an expression is true or false by its form, and no amount."""
    match node:
        case Boolean(_, operands):
            return all(map(_is_truth, operands))
        case Unary("not", operand):
            return _is_truth(operand)
        case MeasureCall("start" | "final", (asked,)):
            return _is_truth(asked)
        case MeasureCall(function):
            return function == "ever"
        case _:
            return isinstance(node, Compare | Did)
