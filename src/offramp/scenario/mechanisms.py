"""Mechanisms: found in the library, set, their roles bound, and woven into what they touch.

A mechanism never shifts a choice, only what the choice costs, brings or risks. Its content may add
log-odds to chances (`shift`), payoff terms and costs (`pays`, `cost`), conditions on acts
(`forbid`), numbers (`set`) and effects (`effects`). Shifts and payoffs add, forbids join, and two
mechanisms that set one thing are an error; so the order in which mechanisms are listed never
matters, and they are woven in by name, to the last digit.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from offramp.errors import Problem
from offramp.scenario.body import read_effect, read_payments, read_payoffs
from offramp.scenario.crisis import Action, Effect, Pay, Stage
from offramp.scenario.expressions import Const, Expr, Unary
from offramp.scenario.library import find_mechanism, list_mechanisms
from offramp.scenario.names import Act, Binding, an, suggest
from offramp.scenario.parameters import Entry
from offramp.scenario.reading import Notes, Reader, Spot
from offramp.scenario.schema import (
    Content,
    EffectDecl,
    MechanismDecl,
    PayoffsDecl,
    RivalDecl,
    RoleDecl,
    Scenario,
    Setting,
    UseDecl,
)

__all__ = [
    "Additions",
    "InForce",
    "base_setting",
    "collect_additions",
    "in_force",
    "set_numbers",
    "weave",
]


@dataclass(frozen=True)
class InForce:
    """A mechanism as it is set: its content (None if absent or empty), its roles filled."""

    called: str
    setting: str
    content: Content | None
    spot: Spot
    roles: dict[str, Binding]


@dataclass
class Additions:
    """What mechanisms add, by what they add it to."""

    shifts: dict[str, list[Expr]] = field(default_factory=lambda: defaultdict(list))
    payoffs: list[Pay] = field(default_factory=list)
    act_pays: dict[Act, list[Pay]] = field(default_factory=lambda: defaultdict(list))
    forbids: dict[Act, list[Expr]] = field(default_factory=lambda: defaultdict(list))
    effects: dict[str, list[Effect]] = field(default_factory=lambda: defaultdict(list))


def base_setting(use: UseDecl) -> Setting:
    """Return the setting of a mechanism in the base world."""
    if use.base is not None:
        return use.base
    return use.setting if isinstance(use.setting, str) else "asserted"


def in_force(scenario: Scenario, settings: Mapping[str, str], reader: Reader) -> list[InForce]:
    """Return the mechanisms in use, as set and bound, by name; problems are noted."""
    found = []
    for i, use in enumerate(scenario.mechanisms):
        spot = Spot(scenario.document, ("mechanisms", i))
        known = find_mechanism(scenario, use.use)
        if known is None:
            names = [*scenario.library, *list_mechanisms()]
            reader.unknown("mechanism", use.use, names, spot / "use", code="S401")
            continue
        decl, where = known
        roles = bind_roles(use, decl, spot, reader)
        setting = settings[use.called]
        content, where = _content(decl, setting, where)
        if setting == "asserted" and _said_already(decl, scenario, settings):
            content = None
        if setting == "rival" and decl.rival is None:
            reader.notes.add(
                "S406",
                f"The mechanism '{use.use}' has no rival to be set to.",
                spot / "setting",
                fix="set it to asserted or absent, or write its rival.",
            )
        found.append(InForce(use.called, setting, content, where, roles))
    return sorted(found, key=lambda mechanism: mechanism.called)


def _content(decl: MechanismDecl, setting: str, where: Spot) -> tuple[Content | None, Spot]:
    """Return what a mechanism does under a setting, and where that stands."""
    if setting == "asserted":
        return decl, where
    if setting == "rival":
        return decl.rival, where / "rival"
    return None, where


def _said_already(decl: MechanismDecl, scenario: Scenario, settings: Mapping[str, str]) -> bool:
    """Whether a mechanism in use is the same switch and set so that it says the same."""
    return any(decl.ties.get(use.use) == settings[use.called] for use in scenario.mechanisms)


# --- roles -----------------------------------------------------------------------------------


def bind_roles(use: UseDecl, decl: MechanismDecl, spot: Spot, reader: Reader) -> dict[str, Binding]:
    """Return what fills each role; roles unbound, unknown or of the wrong kind are noted."""
    bound = {}
    for role, asked in decl.roles.items():
        if not use.roles.get(role):
            reader.notes.add(
                "S402",
                f"The role '{role}' of mechanism '{use.use}' is not bound.",
                spot / "roles",
                hint=f"It takes {an(asked.kind)}, or a list.",
                fix=f"write `{role}: NAME` under `roles:`.",
            )
        here = spot / "roles" / role
        fillings = [_filling(n, asked, role, here, reader) for n in use.roles.get(role, ())]
        bound[role] = Binding(asked.kind, tuple(value for value in fillings if value is not None))
    _check_players(bound, use, spot, reader)
    for role in use.roles:
        if role not in decl.roles:
            reader.notes.add(
                "S403",
                f"The mechanism '{use.use}' has no role '{role}'.",
                spot / "roles" / role,
                key=True,
                hint=suggest(role, decl.roles) or f"Its roles: {', '.join(decl.roles) or 'none'}.",
                fix="correct the name, or leave it out.",
            )
    return bound


def _check_players(bound: Mapping[str, Binding], use: UseDecl, spot: Spot, reader: Reader) -> None:
    """Note a player that fills two roles: nobody is its own rival, guarantor or client."""
    filled: dict[str | Act, str] = {}
    for role, binding in bound.items():
        for player in binding.values if binding.kind == "player" else ():
            if player in filled:
                reader.notes.add(
                    "S410",
                    f"'{player}' fills two roles of mechanism '{use.use}': '{filled[player]}' and "
                    f"'{role}'.",
                    spot / "roles" / role,
                    fix="bind another player to one of them.",
                )
            filled[player] = role


def _filling(name: str, asked: RoleDecl, role: str, spot: Spot, reader: Reader) -> str | Act | None:
    """Return what a name stands for if it is of the kind that a role takes."""
    scope, kind = reader.scope, asked.kind
    kinds: dict[str, Iterable[str]] = {
        "player": scope.players,
        "variable": scope.variables,
        "effect": scope.effects,
        "stage": scope.stages,
        "action": scope.act_names(),
        "parameter": scope.parameters,
    }
    if name in kinds[kind]:
        if kind == "variable":
            _check_levels(name, asked, role, spot, reader)
        player, _, action = name.partition(".")
        return (player, action) if kind == "action" else name
    if name in scope.ghosts or name.rpartition(".")[2] in scope.ghosts:
        return None
    other = [k for k, names in kinds.items() if k != kind and name in names]
    told = an(other[0]) if other else f"no {kind} of this scenario"
    reader.notes.add(
        "S404",
        f"'{name}' is {told}; the role '{role}' takes {an(kind)}.",
        spot,
        hint=scope.hint(name, kinds[kind]),
        fix=f"name {an(kind)}.",
    )
    return None


def _check_levels(name: str, asked: RoleDecl, role: str, spot: Spot, reader: Reader) -> None:
    levels = reader.scope.variables[name].levels
    if asked.levels is not None and len(levels) < asked.levels:
        reader.notes.add(
            "S411",
            f"'{name}' has {len(levels)} levels; the role '{role}' takes a variable with at least "
            f"{asked.levels}.",
            spot,
            hint=f"Its levels: {', '.join(levels)}.",
            fix="give the variable more levels, or bind another one.",
        )


# --- content ---------------------------------------------------------------------------------


def collect_additions(mechanisms: Iterable[InForce], reader: Reader) -> Additions:
    """Return all that the mechanisms add, in order of their names."""
    additions = Additions()
    for mechanism in mechanisms:
        if mechanism.content is not None and all(b.values for b in mechanism.roles.values()):
            _collect(mechanism.content, mechanism, reader.inside(mechanism.roles), additions)
    return additions


def _collect(content: Content, mechanism: InForce, reader: Reader, additions: Additions) -> None:
    spot = mechanism.spot
    term = content.name if isinstance(content, RivalDecl) else mechanism.called
    for name, amount in content.shift.items():
        here = spot / "shift" / name
        for effect in _effects_named(name, here, reader):
            additions.shifts[effect].append(reader.expression(amount, here))
    _collect_pays(content.pays, term, spot / "pays", reader, additions)
    for name, amount in content.cost.items():
        here = spot / "cost" / name
        for player, action in _acts_named(name, here, reader):
            cost = Unary("-", reader.expression(amount, here))
            additions.act_pays[player, action].append(Pay(player, term, cost, here.where))
    for name, condition in content.forbid.items():
        here = spot / "forbid" / name
        for act in _acts_named(name, here, reader):
            additions.forbids[act].append(Unary("not", reader.expression(condition, here)))
    for i, decl in enumerate(content.effects):
        _collect_effect(decl, term, spot / "effects" / i, reader, additions)


def _collect_pays(
    pays: PayoffsDecl, term: str, spot: Spot, reader: Reader, additions: Additions
) -> None:
    """Part payoffs of a period (by player) from payments for an act (by action)."""
    roles = reader.scope.roles
    lasting = {}
    for name, terms in pays.players.items():
        if "." in name or (name in roles and roles[name].kind == "action"):
            payments = read_payments(terms, term, spot / name, reader)
            for act in _acts_named(name, spot / name, reader):
                additions.act_pays[act].extend(payments)
        else:
            lasting[name] = terms
    additions.payoffs.extend(
        read_payoffs(PayoffsDecl.model_construct(per=pays.per, players=lasting), spot, reader)
    )


def _collect_effect(
    decl: EffectDecl, term: str, here: Spot, reader: Reader, additions: Additions
) -> None:
    if decl.at is None:
        reader.notes.add(
            "S416",
            "An effect of a mechanism has to say at which stage it happens.",
            here,
            fix="add `at:` with a role of kind stage.",
        )
        return
    role = reader.scope.roles.get(decl.at)
    if role is not None and role.kind != "stage":
        reader.notes.add(
            "S404",
            f"The role '{decl.at}' is of kind {role.kind}, not stage.",
            here / "at",
            fix="name a role of kind stage.",
        )
        return
    stages = role.values if role is not None else (decl.at,)
    if role is None and decl.at not in reader.scope.stages:
        reader.unknown("stage", decl.at, reader.scope.stages, here / "at")
        return
    effects = read_effect(decl, term, here, reader)
    for stage in stages:
        additions.effects[str(stage)].extend(effects)


def _effects_named(name: str, spot: Spot, reader: Reader) -> tuple[str, ...]:
    role = reader.scope.roles.get(name)
    if role is not None and role.kind == "effect":
        return tuple(str(value) for value in role.values)
    if role is not None:
        reader.notes.add(
            "S404",
            f"The role '{name}' is of kind {role.kind}; a shift needs an effect.",
            spot,
            key=True,
            fix="name a role of kind effect.",
        )
        return ()
    if name in reader.scope.effects:
        return (name,)
    reader.unknown("effect", name, reader.scope.effects, spot, key=True)
    return ()


def _acts_named(name: str, spot: Spot, reader: Reader) -> tuple[Act, ...]:
    scope = reader.scope
    role = scope.roles.get(name)
    if role is not None and role.kind == "action":
        pairs = [value for value in role.values if isinstance(value, tuple)]
        return tuple(act for pair in pairs for act in scope.acts(*pair))
    if role is not None:
        reader.notes.add(
            "S404",
            f"The role '{name}' is of kind {role.kind}, not action.",
            spot,
            key=True,
            fix="name a role of kind action.",
        )
        return ()
    player, _, action = name.partition(".")
    if player in scope.players and action in scope.actions[player]:
        return scope.acts(player, action)
    reader.unknown("action", name, scope.act_names(), spot, key=True)
    return ()


# --- weaving ---------------------------------------------------------------------------------


def weave(stages: Iterable[Stage], additions: Additions, notes: Notes) -> tuple[Stage, ...]:
    """Return the stages with everything that mechanisms add to them."""
    return tuple(_woven(stage, additions, notes) for stage in stages)


def _woven(stage: Stage, additions: Additions, notes: Notes) -> Stage:
    movers = [
        replace(
            mover,
            actions=tuple(_woven_act(mover.player, a, additions, notes) for a in mover.actions),
        )
        for mover in stage.movers
    ]
    added = tuple(additions.effects.get(stage.name, ()))
    return replace(
        stage,
        movers=tuple(movers),
        effects=_shifted(stage.effects, additions, notes),
        added=_shifted(added, additions, notes),
    )


def _woven_act(player: str, action: Action, additions: Additions, notes: Notes) -> Action:
    act = (player, action.name)
    return replace(
        action,
        conditions=(*action.conditions, *additions.forbids.get(act, ())),
        pays=(*action.pays, *additions.act_pays.get(act, ())),
        effects=_shifted(action.effects, additions, notes),
    )


def _shifted(effects: tuple[Effect, ...], additions: Additions, notes: Notes) -> tuple[Effect, ...]:
    """Return effects with the shifts of their names added, those under `then` and `else` too."""
    return tuple(
        replace(
            effect,
            shifts=_shifts(effect, additions, notes),
            then=_shifted(effect.then, additions, notes),
            otherwise=_shifted(effect.otherwise, additions, notes),
        )
        for effect in effects
    )


def _shifts(effect: Effect, additions: Additions, notes: Notes) -> tuple[Expr, ...]:
    shifts = additions.shifts.get(effect.name or "", [])
    if shifts and effect.chance in (None, Const(0.0), Const(1.0)):
        told = "always happens" if effect.chance is None else "has a chance of 0 or 1"
        notes.problems.append(
            Problem(
                "S415",
                f"A mechanism shifts the effect '{effect.name}', which {told}: nothing can be "
                "added in log-odds.",
                effect.where,
                effect.path,
                fix="give the effect a chance between 0 and 1.",
            )
        )
        return ()
    return tuple(shifts)


# --- numbers ---------------------------------------------------------------------------------


def set_numbers(mechanisms: Iterable[InForce], reader: Reader) -> dict[str, Entry]:
    """Return the numbers that mechanisms set; two that set one thing are noted.

    Keys are parameters, `player.precision`, `player.discount` and `player.type.prior`.
    """
    found: dict[str, Entry] = {}
    setter: dict[str, str] = {}
    for mechanism in mechanisms:
        for name, amount in mechanism.content.set.items() if mechanism.content else ():
            spot = mechanism.spot / "set" / name
            for target in _targets(name, mechanism.roles):
                if target in found:
                    told = f"'{setter[target]}' and '{mechanism.called}'"
                    reader.notes.add(
                        "S405",
                        f"'{target}' is set by two mechanisms: {told}.",
                        spot,
                        key=True,
                        fix="set one of them to absent, or let one add instead of setting.",
                    )
                elif _may_be_set(target, spot, reader):
                    found[target], setter[target] = Entry(amount, spot), mechanism.called
    return found


def _targets(name: str, roles: Mapping[str, Binding]) -> list[str]:
    """Return what a key of `set:` stands for, once for everything that fills its role."""
    first, dot, rest = name.partition(".")
    role = roles.get(first)
    if role is None or role.kind not in ("player", "parameter"):
        return [name]
    return [f"{value}{dot}{rest}" for value in role.values]


def _may_be_set(target: str, spot: Spot, reader: Reader) -> bool:
    """Whether a mechanism may set this; if not, it is noted."""
    scope = reader.scope
    player, _, rest = target.partition(".")
    types = scope.players.get(player, ())
    if rest in ("precision", "discount") or any(rest == f"{type_}.prior" for type_ in types):
        if player in scope.players:
            return True
    elif target in scope.parameters or {target, player} & scope.ghosts:
        return True
    reader.notes.add(
        "S412",
        f"'{target}' is no number that a mechanism can set.",
        spot,
        key=True,
        hint=scope.hint(target, scope.parameters),
        fix="name a parameter, player.precision, player.discount or player.type.prior.",
    )
    return False
