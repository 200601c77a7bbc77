"""What a scenario declares, its mechanisms' parameters among it, each with its place."""

from __future__ import annotations

from collections.abc import Iterator

from offramp.scenario.library import find_mechanism
from offramp.scenario.parameters import Entry
from offramp.scenario.reading import Spot
from offramp.scenario.schema import MechanismDecl, ParameterDecl, Scenario

__all__ = [
    "Declared",
    "declared_parameters",
    "mechanisms_used",
    "numbers_of_mechanism",
    "parameter_entries",
]

Declared = tuple[str, ParameterDecl, Spot]


def parameter_entries(scenario: Scenario) -> dict[str, Entry]:
    """Return the base value of every parameter, as written, and where; the caller may change it."""
    memory = scenario.memory
    if "entries" not in memory:
        memory["entries"] = {}
        for name, decl, spot in declared_parameters(scenario):
            memory["entries"].setdefault(name, Entry(decl.value, spot / "value"))
    return dict(memory["entries"])


def declared_parameters(scenario: Scenario) -> Iterator[Declared]:
    """Yield every parameter: the scenario's own, then those of its mechanisms and their rivals."""
    root = Spot(scenario.document)
    for name, decl in scenario.parameters.items():
        yield name, decl, root / "parameters" / name
    for mechanism, spot in mechanisms_used(scenario):
        for name, decl in mechanism.parameters.items():
            yield name, decl, spot / "parameters" / name
        for name, decl in (mechanism.rival.parameters if mechanism.rival else {}).items():
            yield name, decl, spot / "rival" / "parameters" / name


def mechanisms_used(scenario: Scenario) -> Iterator[tuple[MechanismDecl, Spot]]:
    """Yield every mechanism that a scenario uses and the library has, once each."""
    for name in dict.fromkeys(use.use for use in scenario.mechanisms):
        found = find_mechanism(scenario, name)
        if found is not None:
            yield found


def numbers_of_mechanism(scenario: Scenario, called: str) -> tuple[str, ...]:
    """Return the parameters that a mechanism in use declares, its rival's among them."""
    names = [use.use for use in scenario.mechanisms if use.called == called]
    found = find_mechanism(scenario, names[0]) if names else None
    if found is None:
        return ()
    decl = found[0]
    return (*decl.parameters, *(decl.rival.parameters if decl.rival else ()))
