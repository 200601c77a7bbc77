"""What mechanisms move by assumption: the variables behind the chances that they shift."""

from __future__ import annotations

from collections.abc import Iterator

from offramp.scenario.expressions import Level, MeasureCall, Was, walk
from offramp.scenario.library import find_mechanism
from offramp.scenario.names import Kind
from offramp.scenario.reading import Notes, Spot
from offramp.scenario.schema import EffectDecl, Scenario
from offramp.scenario.views import reader_for

__all__ = ["read_by_measure", "shifted_variables"]


def shifted_variables(scenario: Scenario) -> dict[str, frozenset[str]]:
    """Return, for each mechanism in use, the variables that effects move whose chance it shifts.

    The asserted content and the rival's count alike: an assumption either way is one.
    """
    moved = _moved_by_effect(scenario)
    found = {}
    for use in scenario.mechanisms:
        known = find_mechanism(scenario, use.use)
        if known is None:
            continue
        decl, _ = known
        shifted: set[str] = set()
        for content in (decl, decl.rival):
            for name in content.shift if content is not None else ():
                for effect in use.roles.get(name, (name,)):
                    shifted |= moved.get(effect, set())
        found[use.called] = frozenset(shifted)
    return found


def read_by_measure(scenario: Scenario) -> dict[str, frozenset[str]]:
    """Return the variables that each measure reads."""
    reader = reader_for(scenario, Notes())
    found = {}
    for name, decl in scenario.measures.items():
        spot = Spot(scenario.document, ("measures", name, "is"))
        read = reader.expression(decl.is_, spot, Kind.MEASURE)
        levels = {node.variable for node in walk(read) if isinstance(node, (Level, Was))}
        peaks = [
            node.names[0]
            for node in walk(read)
            if isinstance(node, MeasureCall) and node.function == "peak"
        ]
        found[name] = frozenset(levels.union(peaks))
    return found


def _moved_by_effect(scenario: Scenario) -> dict[str, set[str]]:
    """Return the variables that each named effect of the scenario itself moves or sets."""
    moved: dict[str, set[str]] = {}
    for effect in _effects(scenario):
        if effect.name is not None:
            moved.setdefault(effect.name, set()).update(_touched(effect))
    return moved


def _effects(scenario: Scenario) -> Iterator[EffectDecl]:
    for stage in scenario.stages:
        yield from _with_followers(stage.effects)
        for actions in stage.actions.values():
            for action in actions.values():
                yield from _with_followers(action.effects)


def _with_followers(effects: tuple[EffectDecl, ...]) -> Iterator[EffectDecl]:
    for effect in effects:
        yield effect
        yield from _with_followers((*effect.then, *effect.else_))


def _touched(effect: EffectDecl) -> set[str]:
    """Return what an effect and all that follows it moves or sets."""
    named = {one.move or one.set for one in _with_followers((effect,))}
    return {name for name in named if name is not None}
