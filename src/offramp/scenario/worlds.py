"""What a world draws: the spans of uncertain numbers, and the levels that play may start from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from offramp.errors import raise_problems
from offramp.scenario.declared import declared_parameters
from offramp.scenario.layers import Given, lay
from offramp.scenario.parameters import Entry, Numbers
from offramp.scenario.players import normalised
from offramp.scenario.reading import Notes, Spot
from offramp.scenario.schema import ParameterDecl, Scenario
from offramp.scenario.views import numbers_of, reader_for

__all__ = ["Span", "precision_parameters", "spans_of", "start_weights"]


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


def start_weights(
    scenario: Scenario,
    view: str | None = None,
    parameters: Mapping[str, float | str] | None = None,
) -> dict[str, dict[str, float]]:
    """Return the chances of the levels that variables may start from, where there are several.

    A start lottery is what the analyst does not know; the players see where they start. A world
    therefore fixes one level. Chances that are expressions are read at the base values.
    """
    notes = Notes()
    layers = lay(scenario, notes, view=view, parameters=parameters)
    numbers = numbers_of(scenario, layers, {}, reader_for(scenario, notes))
    found = {}
    for name, decl in scenario.variables.items():
        declared = Given(decl.start, Spot(scenario.document, ("variables", name, "start")))
        given = layers.start.get(name, declared)
        amounts = [numbers.of(Entry(a, given.spot / level)) for level, a in given.lottery.items()]
        chances = normalised(amounts, given.spot, f"start of {name}", notes)
        open_ = {
            level: chance
            for level, chance in zip(given.lottery, chances, strict=True)
            if chance > 0
        }
        if len(open_) > 1:
            found[name] = open_
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
