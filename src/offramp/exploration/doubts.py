"""What is in doubt: where each assumption stands in a world, and what else it may be.

A view says where assumptions stand; what it settles is in doubt all the same, over the range that
the file declares. What the caller sets is not.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from offramp.exploration.assumptions import read_assumptions
from offramp.scenario import Crisis, Scenario, bind
from offramp.scenario.worlds import Span

__all__ = ["Doubt", "DoubtKind", "read_doubts"]

DoubtKind = Literal["number", "list", "setting", "start"]


@dataclass(frozen=True)
class Doubt:
    """One assumption.

    Attributes:
        kind: A `number` within a range, or one of a `list`; a mechanism's `setting`; the level
            that a variable `start`s from.
        base: Value, setting or level; of a start that is a lottery its levels, joined by "or".
        span: The range of a number.
        others: What else one of the other kinds may be.
    """

    name: str
    kind: DoubtKind
    base: float | str
    span: Span | None = None
    others: tuple[float | str, ...] = ()

    def distance(self, value: float) -> float:
        """Return how far a value lies from the base, as a share of the range.

        Of a range that is drawn over its logarithm, as a share of that.
        """
        assert self.span is not None
        ends = (float(self.base), value, self.span.low, self.span.high)
        base, place, low, high = map(math.log, ends) if self.span.is_log else ends
        return abs(place - base) / (high - low)


def read_doubts(
    scenario: Scenario,
    view: str | None = None,
    parameters: Mapping[str, float | str] | None = None,
) -> tuple[Doubt, ...]:
    """Return what is in doubt: numbers, then mechanisms' settings, then start levels.

    A setting or start level counts if the file, or the view, gives it a chance.

    Args:
        parameters: Values given from outside, which are in no doubt.

    Raises:
        ScenarioError: An unknown view or name, or a range that is none.
    """
    crisis = bind(scenario, view=view, parameters=parameters)
    whose = [read_assumptions(scenario, one, parameters) for one in dict.fromkeys((None, view))]
    spans: dict[str, Span] = {}
    for one in whose:
        spans |= one.numbers
    bases = {name: _stands_at(name, scenario, crisis) for name in spans}
    found = [_number(name, spans[name], x) for name, x in bases.items() if x is not None]
    for name, settings in _joined(one.mechanisms for one in whose).items():
        found.append(_choice(name, "setting", [crisis.settings[name]], settings))
    names = {variable.name: variable.levels for variable in crisis.variables}
    for name, levels in _joined(one.starts for one in whose).items():
        base = [names[name][level] for level, chance in crisis.start.levels[name] if chance > 0]
        found.append(_choice(name, "start", base, levels))
    return tuple(one for one in found if one.others or (one.span and one.span.low < one.span.high))


def _stands_at(name: str, scenario: Scenario, crisis: Crisis) -> float | None:
    """Return the value of a parameter; None where all types of a player set their own."""
    if name in crisis.parameters:
        return crisis.parameters[name]
    for player in crisis.players:
        declared = scenario.players[player.name].types
        own = {k: one.set for k, one in declared.items()} if isinstance(declared, dict) else {}
        for one in player.types:
            if name in one.parameters and name not in own.get(one.name, one.parameters):
                return one.parameters[name]
    return None


def _joined(whose: Iterable[Mapping[str, Mapping[str, float]]]) -> dict[str, list[str]]:
    """Return all that has a chance for anybody, by name."""
    joined: dict[str, dict[str, None]] = {}
    for chances in whose:
        for name, given in chances.items():
            joined.setdefault(name, {}).update(dict.fromkeys(given))
    return {name: list(choices) for name, choices in joined.items()}


def _number(name: str, span: Span, base: float) -> Doubt:
    if not span.one_of:
        return Doubt(name, "number", base, span)
    others = tuple(value for value, weight in span.one_of if weight > 0 and value != base)
    return Doubt(name, "list", base, others=others)


def _choice(name: str, kind: DoubtKind, base: Sequence[str], choices: Sequence[str]) -> Doubt:
    stands = base[0] if len(base) == 1 else None  # a lottery is none of its levels
    others = tuple(one for one in choices if one != stands)
    return Doubt(name, kind, " or ".join(base), others=others)
