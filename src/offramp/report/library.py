"""The library of mechanisms: what each says and does, beside its rival, and who uses it."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from offramp import __version__
from offramp.errors import Location, Problem, ScenarioError, closest
from offramp.report.answers import (
    ListedMechanism,
    MechanismAnswer,
    MechanismParameter,
    MechanismsAnswer,
    MechanismSide,
    RoleRow,
)
from offramp.scenario.library import (
    list_mechanisms,
    list_scenarios,
    shipped_mechanism,
    shipped_scenario,
)
from offramp.scenario.parse import parse_yaml
from offramp.scenario.schema import Content, EffectDecl, MechanismDecl

__all__ = ["describe_mechanism", "describe_mechanisms"]


def describe_mechanisms() -> MechanismsAnswer:
    """Return every mechanism of the library, by name."""
    listed = [_listed(name, shipped_mechanism(name)) for name in list_mechanisms()]
    return MechanismsAnswer(offramp=__version__, mechanisms=listed)


def describe_mechanism(name: str) -> MechanismAnswer:
    """Return one mechanism, its rival beside it.

    Raises:
        ScenarioError: The library has none of that name.
    """
    if name not in list_mechanisms():
        raise ScenarioError(_no_mechanism(name))
    decl = shipped_mechanism(name)
    return MechanismAnswer(
        offramp=__version__,
        mechanism=_listed(name, decl),
        roles=[
            RoleRow(role=role, kind=one.kind, levels=one.levels, note=one.note)
            for role, one in decl.roles.items()
        ],
        ties=dict(decl.ties),
        asserted=_side(name, decl),
        rival=_side(decl.rival.name, decl.rival) if decl.rival is not None else None,
    )


def _listed(name: str, decl: MechanismDecl) -> ListedMechanism:
    return ListedMechanism(
        name=name,
        says=decl.says,
        rival=decl.rival.name if decl.rival is not None else None,
        where=list(decl.where),
        used_by=[scenario for scenario, used in _uses().items() if name in used],
    )


@lru_cache(maxsize=1)
def _uses() -> dict[str, frozenset[str]]:
    """Return the library's mechanisms that each shipped scenario uses."""
    return {
        name: frozenset(_used(name))
        for name in list_scenarios()
        if "/" not in name  # classic models carry their own
    }


def _used(name: str) -> Iterator[str]:
    """Yield the mechanisms that a shipped scenario or one of its phases uses, read as data."""
    data = parse_yaml(shipped_scenario(name).read_bytes(), name).data
    if isinstance(data, dict):
        yield from (str(use["use"]) for use in data.get("mechanisms", ()) if isinstance(use, dict))
        for phase in data.get("phases", ()):
            yield from _used(str(phase["scenario"]))


def _side(name: str, content: Content) -> MechanismSide:
    return MechanismSide(
        name=name,
        says=content.says,
        sources=list(content.sources),
        note=content.note,
        parameters=[
            MechanismParameter(
                parameter=parameter,
                value=one.value,
                low=one.range[0] if one.range else None,
                high=one.range[1] if one.range else None,
                unit=one.unit,
                source=one.source,
            )
            for parameter, one in content.parameters.items()
        ],
        does=list(_deeds(content)) or ["nothing: it equals absent"],
    )


def _deeds(content: Content) -> Iterator[str]:
    """Yield what a mechanism does, a line each."""
    for name, amount in content.shift.items():
        yield f"shifts the chance of {name} by {amount} in log-odds"
    per = f" a {content.pays.per}" if content.pays.per else ""
    for who, terms in content.pays.players.items():
        for term, amount in terms.items():
            yield f"pays {who}, {term}: {amount}{per}"
    for act, amount in content.cost.items():
        yield f"makes {act} cost {amount} more"
    for act, condition in content.forbid.items():
        yield f"forbids {act} where {condition}"
    for what, amount in content.set.items():
        yield f"sets {what} to {amount}"
    for effect in content.effects:
        yield f"adds at {effect.at}: {_effect(effect)}"


def _effect(effect: EffectDecl) -> str:
    """Return an effect in words."""
    parts = [f"{effect.name}:"] if effect.name else []
    if effect.when is not None:
        parts.append(f"where {effect.when},")
    if effect.move is not None:
        parts.append(f"{effect.move} moves by {effect.by}")
    if effect.set is not None:
        parts.append(f"{effect.set} becomes {effect.to}")
    if effect.redraw is not None:
        parts.append(f"the type of {effect.redraw} is drawn anew")
    if effect.pays:
        parts.append("pays " + ", ".join(f"{who} {amount}" for who, amount in effect.pays.items()))
    if effect.chance is not None:
        per = f" a {effect.per}" if effect.per else ""
        parts.append(f"with chance {effect.chance}{per}")
    for word, more in (("then", effect.then), ("else", effect.else_)):
        parts += [f"{word} {_effect(one)}" for one in more]
    return " ".join(parts)


def _no_mechanism(name: str) -> Problem:
    near = closest(name, list_mechanisms())
    return Problem(
        "S401",
        f"The library has no mechanism '{name}'.",
        Location(name, 0, 0),
        hint=f"Did you mean '{near}'?" if near else "",
        fix="`offramp mechanisms` lists them.",
    )
