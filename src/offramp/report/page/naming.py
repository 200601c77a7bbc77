"""What assumptions are called in words, and where on the page each is listed with its source."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from offramp.report.page.template import row_anchor
from offramp.scenario import Scenario
from offramp.scenario.library import find_mechanism
from offramp.scenario.schema import MechanismDecl, ParameterDecl

__all__ = ["MechanismNumber", "Named", "mechanism_numbers", "named"]


@dataclass(frozen=True)
class Named:
    """An assumption as a reader meets it.

    Attributes:
        words: What it is; empty where the file does not say.
        row: Anchor of the row that gives its source; empty where there is none.
    """

    name: str
    words: str
    row: str


@dataclass(frozen=True)
class MechanismNumber:
    """A number that a mechanism or its rival brings along.

    Attributes:
        belongs_to: The mechanism, and whether it is the rival's.
    """

    name: str
    belongs_to: str
    decl: ParameterDecl


def named(scenario: Scenario, assumption: str) -> Named:
    """Return an assumption of a run's worlds in words."""
    kind, _, of = assumption.partition(".")
    if kind == "setting":
        return Named(of, "the mechanism", row_anchor("mechanisms", of))
    own = scenario.parameters.get(assumption)
    if own is not None:
        return Named(assumption, own.label or own.note or "", row_anchor("numbers", assumption))
    for one in mechanism_numbers(scenario):
        if one.name == assumption:
            row = row_anchor("mechanism-numbers", assumption)
            return Named(assumption, f"of {one.belongs_to}", row)
    return Named(assumption, "", "")


def mechanism_numbers(scenario: Scenario) -> Iterator[MechanismNumber]:
    """Yield the numbers of all mechanisms that a scenario uses, and of their rivals."""
    for use in scenario.mechanisms:
        found = find_mechanism(scenario, use.use)
        if found is None:
            continue
        yield from _numbers_of(use.called, found[0])


def _numbers_of(called: str, decl: MechanismDecl) -> Iterator[MechanismNumber]:
    for name, one in decl.parameters.items():
        yield MechanismNumber(name, called, one)
    if decl.rival is not None:
        for name, one in decl.rival.parameters.items():
            if name not in decl.parameters:
                yield MechanismNumber(name, f"{decl.rival.name}, rival of {called}", one)
