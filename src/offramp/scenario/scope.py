"""The name space of a scenario, gathered from its declarations and its mechanisms'."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from offramp.scenario.body import family_members, stage_name, steps
from offramp.scenario.crisis import Variable
from offramp.scenario.declared import mechanisms_used, parameter_entries
from offramp.scenario.forms import number, number_name
from offramp.scenario.names import Scope
from offramp.scenario.reading import Notes, Spot
from offramp.scenario.schema import (
    EffectDecl,
    Family,
    PlayerDecl,
    Quantiles,
    Scenario,
    VariableDecl,
)
from offramp.scenario.sizes import sized

__all__ = [
    "DEFAULT_POLICY",
    "case_names",
    "scope_of",
]

DEFAULT_POLICY = "solved"  # where no policy of this name is declared, it binds nobody


def case_names(scenario: Scenario) -> tuple[str, ...]:
    """Return all cases: the policies in listed order, then what the file calls cases."""
    return tuple(dict.fromkeys((*scenario.policies, *scenario.cases)))


def scope_of(scenario: Scenario) -> Scope:
    """Return the name space of a scenario and of all mechanisms that it uses."""
    memory = scenario.memory
    if "scope" not in memory:
        memory["scope"] = _gather(sized(scenario, {}, Notes()))
    scope: Scope = memory["scope"]
    return scope


def _gather(scenario: Scenario) -> Scope:
    typed = {p: name for name, player in scenario.players.items() for p in set_by_types(player)}
    return Scope(
        variables={n: _variable(n, decl, scenario) for n, decl in scenario.variables.items()},
        parameters=frozenset((*parameter_entries(scenario), *typed)),
        players={name: type_names(player) for name, player in scenario.players.items()},
        actions=_actions(scenario),
        families=frozenset(_choosers(scenario)),
        typed=typed,
        measures=frozenset(scenario.measures),
        cases=frozenset((*case_names(scenario), DEFAULT_POLICY)),
        effects=frozenset(_effect_names(scenario)),
        stages=frozenset(stage_name(decl, i) for i, decl in enumerate(scenario.stages)),
        ghosts=scenario.ghosts,
        lines=_lines(scenario),
    )


def set_by_types(player: PlayerDecl) -> list[str]:
    """Return the parameters that a player's types set."""
    if isinstance(player.types, Quantiles):
        return [player.types.set]
    return list(dict.fromkeys(name for type_ in player.types.values() for name in type_.set))


def type_names(player: PlayerDecl) -> tuple[str, ...]:
    """Return the names of a player's types; q1 to qK for quantiles."""
    if isinstance(player.types, Quantiles):
        return tuple(f"q{k + 1}" for k in range(int(number(player.types.quantiles))))
    return tuple(player.types)


def is_nature(scenario: Scenario, name: str) -> bool:
    """Return whether a player is a hidden fact: it has types, but never acts and is never paid.

    One that is named `nature`, or has that role, is meant as one whatever else it has.
    """
    player = scenario.players[name]
    if "nature" in (name, player.role):
        return True
    acts = any(name in stage.players for stage in scenario.stages)
    return bool(type_names(player)) and not acts and name not in scenario.payoffs.players


# --- variables, acts, effects ----------------------------------------------------------------


def _variable(name: str, decl: VariableDecl, scenario: Scenario) -> Variable:
    """Return a variable with its levels and what it stands for at each."""
    levels = steps(decl.levels) if isinstance(decl.levels, Family) else decl.levels
    where = Spot(scenario.document, ("variables", name)).key
    named = tuple(level if isinstance(level, str) else number_name(level) for level in levels)
    values = tuple(float(level) for level in levels if not isinstance(level, str))
    if len(values) != len(levels):
        values = tuple(map(float, range(len(levels))))
    return Variable(name, decl.label or name, named, values, where)


def _actions(scenario: Scenario) -> dict[str, dict[str, tuple[str, ...]]]:
    """Return each player's acts, and the members that a family's name stands for."""
    found: dict[str, dict[str, tuple[str, ...]]] = {name: {} for name in scenario.players}
    for stage in scenario.stages:
        for player, actions in stage.actions.items():
            names = found.setdefault(player, {})
            for name, decl in actions.items():
                members = tuple(f"{name}_{number_name(value)}" for value in family_members(decl))
                names[name] = members or (name,)
                names.update({member: (member,) for member in members})
    return found


def _choosers(scenario: Scenario) -> Iterator[str]:
    """Yield the players that have a family of actions."""
    for stage in scenario.stages:
        for player, actions in stage.actions.items():
            if any(action.over is not None for action in actions.values()):
                yield player


def _effect_names(scenario: Scenario) -> Iterator[str]:
    """Yield the names of all effects of the scenario and of its mechanisms."""
    for stage in scenario.stages:
        yield from named_effects(stage.effects)
        for actions in stage.actions.values():
            for action in actions.values():
                yield from named_effects(action.effects)
    for mechanism, _ in mechanisms_used(scenario):
        yield from named_effects(mechanism.effects)
        yield from named_effects(mechanism.rival.effects if mechanism.rival else ())


def named_effects(effects: Iterable[EffectDecl]) -> Iterator[str]:
    """Yield the names of effects and of those that follow them."""
    for effect in effects:
        if effect.name is not None:
            yield effect.name
        yield from named_effects((*effect.then, *effect.else_))


def _lines(scenario: Scenario) -> dict[str, int]:
    """Return the line of declaration of players, variables, parameters and measures."""
    found = {}
    for section in ("measures", "players", "variables", "parameters"):
        for name in getattr(scenario, section):
            where = scenario.document.locate((section, name), key=True)
            if where is not None:
                found[name] = where.line
    return found
