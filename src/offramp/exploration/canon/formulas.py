"""Expressions of parameters and quantities, and names that a parameter's value stands in."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping

from offramp.errors import raise_problems
from offramp.scenario.names import Scope
from offramp.scenario.parameters import Entry, Numbers
from offramp.scenario.parse import Document
from offramp.scenario.reading import Notes, Reader, Spot
from offramp.scenario.theory import Theory

__all__ = [
    "amounts",
    "evaluate_expression",
    "filled",
    "first_word",
    "mentions",
    "unmet_needs",
]


NO_NUMBER = "S322"  # as of a division by zero, where a quantity does not arise


def mentions(text: float | str | None, name: str) -> bool:
    """Return whether a text reads a name."""
    return re.search(rf"\b{re.escape(name)}\b", str(text)) is not None


def filled(text: str, parameters: Mapping[str, float]) -> str:
    """Return a text with `{parameter}` filled in, as in the name of a family's member."""
    if "{" not in text:
        return text
    known = {name: f"{value:.12g}" for name, value in parameters.items()}
    return re.sub(r"\{(\w+)\}", lambda match: known.get(match[1], match[0]), text)


def amounts(
    amounts: Mapping[str, float | str], parameters: Mapping[str, float]
) -> dict[str, float | str]:
    """Return numbers that a quantity sets; a word that is no expression (`exact`) stays one."""
    found: dict[str, float | str] = {}
    for name, amount in amounts.items():
        is_word = isinstance(amount, str) and amount.isalpha() and amount not in parameters
        found[name] = amount if is_word else evaluate_expression(amount, parameters)
    return found


def evaluate_expression(text: float | str, names: Mapping[str, float]) -> float:
    """Return the value of an expression of these names; NaN where it has none.

    Raises:
        ScenarioError: The text is no such expression.
    """
    unknown = [name for name, value in names.items() if not math.isfinite(value)]
    if any(mentions(text, name) for name in unknown):
        return math.nan
    names = {name: value for name, value in names.items() if name not in unknown}
    notes = Notes()
    scope = Scope(variables={}, parameters=frozenset(names), players={}, actions={})
    spot = Spot(Document("theory"), ("quantities",))
    entries = {name: Entry(value, spot) for name, value in names.items()}
    value = Numbers(entries, Reader(scope, notes, None)).of(Entry(text, spot))
    if [problem.code for problem in notes.problems] == [NO_NUMBER]:
        return math.nan
    raise_problems(notes.problems)
    return value


def unmet_needs(theory: Theory, parameters: Mapping[str, float]) -> tuple[str, ...]:
    """Return what a theorem needs and these parameters do not give, in words."""
    return tuple(
        f"the theorem needs that {need.says} ({need.holds}); with these numbers it says nothing"
        for need in theory.needs
        if not evaluate_expression(need.holds, parameters)
    )


def first_word(words: Mapping[str, float | str], known: Mapping[str, float]) -> str:
    """Return the first word whose condition holds."""
    for word, condition in words.items():
        if evaluate_expression(condition, known):
            return word
    return "none of these"
