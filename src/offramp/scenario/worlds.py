"""What a world draws: the span of every uncertain number, and which of them move together."""

from __future__ import annotations

from dataclasses import dataclass

from offramp.errors import raise_problems
from offramp.scenario.declared import declared_parameters
from offramp.scenario.layers import lay
from offramp.scenario.parameters import Entry, Numbers
from offramp.scenario.reading import Notes, Spot
from offramp.scenario.schema import ParameterDecl, Scenario
from offramp.scenario.views import numbers_of, reader_for

__all__ = ["Span", "precision_parameters", "spans_of"]


@dataclass(frozen=True)
class Span:
    """What one parameter may be: a range, drawn evenly (or over its logarithm), or a list.

    Attributes:
        one_of: Values and their weights, in place of a range.
    """

    low: float
    high: float
    is_log: bool = False
    one_of: tuple[tuple[float, float], ...] = ()


def spans_of(scenario: Scenario, view: str | None = None) -> dict[str, Span]:
    """Return the span of every parameter that a world draws.

    What a view sets is settled and not drawn; a parameter without a range is what it is.

    Raises:
        ScenarioError: A range that has no finite value, or is turned round.
    """
    notes = Notes()
    layers = lay(scenario, notes, view=view)
    numbers = numbers_of(scenario, layers, {}, reader_for(scenario, notes))
    found: dict[str, Span] = {}
    for name, decl, spot in declared_parameters(scenario):
        if name not in layers.sets and name not in found and (decl.range or decl.one_of):
            found[name] = _span(decl, numbers, spot)
    raise_problems(notes.problems)
    return found


def precision_parameters(scenario: Scenario) -> tuple[str, ...]:
    """Return the parameters that stand for a player's precision by themselves."""
    named = [str(player.precision) for player in scenario.players.values()]
    return tuple(dict.fromkeys(name for name in named if name in scenario.parameters))


def _span(decl: ParameterDecl, numbers: Numbers, spot: Spot) -> Span:
    if decl.one_of:
        weights = [
            (value, numbers.of(Entry(weight, spot / "one_of" / value)))
            for value, weight in decl.one_of.items()
        ]
        values = [value for value, _ in weights]
        return Span(min(values), max(values), one_of=tuple(weights))
    low, high = decl.range or (0.0, 0.0)
    return Span(
        numbers.of(Entry(low, spot / "range" / 0)),
        numbers.of(Entry(high, spot / "range" / 1)),
        decl.scale == "log",
    )
