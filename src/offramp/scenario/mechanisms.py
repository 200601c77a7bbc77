"""Mechanisms: found in the library, set, their roles bound, and woven into what they touch.

A mechanism never shifts a choice, only what the choice costs, brings or risks. Its content may add
log-odds to chances (`shift`), payoff terms and costs (`pays`, `cost`), conditions on acts
(`forbid`), numbers (`set`) and effects (`effects`). Shifts and payoffs add, forbids join, and two
mechanisms that set one thing are an error; so the order in which mechanisms are listed never
matters, and they are woven in by name, to the last digit.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace

from offramp.scenario.body import read_effect, read_payments, read_payoffs
from offramp.scenario.crisis import Action, Effect, Mover, Pay, Stage
from offramp.scenario.expressions import Const, Expr, Unary
from offramp.scenario.names import Binding, Scope
from offramp.scenario.parameters import Entry
from offramp.scenario.reading import Notes, Reader, Spot
from offramp.scenario.schema import (
    Content,
    EffectDecl,
    MechanismDecl,
    PayoffsDecl,
    RivalDecl,
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

Act = tuple[str, str]


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


def in_force(
    scenario: Scenario,
    settings: Mapping[str, str],
    scope: Scope,
    notes: Notes,
    find: Callable[[str], tuple[MechanismDecl, Spot] | None],
) -> list[InForce]:
    """Return the mechanisms in use, as set and bound, by name; problems are noted."""
    found = []
    for i, use in enumerate(scenario.mechanisms):
        spot = Spot(scenario.document, ("mechanisms", i))
        known = find(use.use)
        if known is None:
            _note_unknown(use, scenario, spot, notes)
            continue
        decl, where = known
        roles = bind_roles(use, decl, spot, scope, notes)
        setting = settings.get(use.called, base_setting(use))
        content: Content | None = None
        if setting == "asserted":
            content = decl
        elif setting == "rival":
            content, where = decl.rival, where / "rival"
            if content is None:
                notes.add(
                    "S406",
                    f"The mechanism '{use.use}' has no rival.",
                    spot / "setting",
                    fix="set it to asserted or absent, or write its rival.",
                )
        found.append(InForce(use.called, setting, content, where, roles))
    return sorted(found, key=lambda mechanism: mechanism.called)


def _note_unknown(use: UseDecl, scenario: Scenario, spot: Spot, notes: Notes) -> None:
    from offramp.errors import closest

    found = closest(use.use, scenario.library)
    notes.add(
        "S401",
        f"No mechanism '{use.use}' is in this scenario's `library:` or in the shipped one.",
        spot / "use",
        hint=f"Did you mean '{found}'?" if found else "",
        fix="correct the name, or write the mechanism under `library:`.",
    )


# --- roles -----------------------------------------------------------------------------------------


def bind_roles(
    use: UseDecl, decl: MechanismDecl, spot: Spot, scope: Scope, notes: Notes
) -> dict[str, Binding]:
    """Return what fills each role; roles unbound, unknown or of the wrong kind are noted."""
    bound = {}
    for role, kind in decl.roles.items():
        if role not in use.roles:
            notes.add(
                "S402",
                f"The role '{role}' of mechanism '{use.use}' is not bound.",
                spot / "roles",
                hint=f"It takes {_an(kind)}, or a list.",
                fix=f"write {role}: NAME under `roles:`.",
            )
            bound[role] = Binding(kind, ())
            continue
        values = tuple(
            _filling(name, kind, use, role, spot / "roles" / role, scope, notes)
            for name in use.roles[role]
        )
        bound[role] = Binding(kind, tuple(value for value in values if value is not None))
    for role in use.roles.keys() - decl.roles.keys():
        listed = ", ".join(decl.roles) or "none"
        notes.add(
            "S403",
            f"The mechanism '{use.use}' has no role '{role}'.",
            spot / "roles" / role,
            key=True,
            hint=f"Its roles: {listed}.",
            fix="correct the name, or leave it out.",
        )
    return bound


def _filling(
    name: str, kind: str, use: UseDecl, role: str, spot: Spot, scope: Scope, notes: Notes
) -> str | Act | None:
    """Return what a name stands for if it is of the kind that a role takes."""
    kinds: dict[str, Iterable[str]] = {
        "player": scope.players,
        "variable": scope.variables,
        "effect": scope.effects,
        "stage": scope.stages,
        "action": [f"{p}.{a}" for p, acts in scope.actions.items() for a in acts],
    }
    if name in kinds[kind]:
        player, _, action = name.partition(".")
        return (player, action) if kind == "action" else name
    if name in scope.ghosts or name.rpartition(".")[2] in scope.ghosts:
        return None
    other = [k for k, names in kinds.items() if k != kind and name in names]
    told = f"'{name}' is {_an(other[0])}" if other else f"'{name}' is no {kind} of this scenario"
    notes.add(
        "S404",
        f"{told}; the role '{role}' of '{use.use}' takes {_an(kind)}.",
        spot,
        hint=scope.hint(name, kinds[kind]),
        fix=f"name {_an(kind)}.",
    )
    return None


def _an(kind: str) -> str:
    return f"an {kind}" if kind[0] in "aeiou" else f"a {kind}"


# --- content ---------------------------------------------------------------------------------------


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
    known = [f"{p}.{a}" for p, acts in scope.actions.items() for a in acts]
    reader.unknown("action", name, known, spot, key=True)
    return ()


# --- weaving ---------------------------------------------------------------------------------------


def weave(stages: Iterable[Stage], additions: Additions) -> tuple[Stage, ...]:
    """Return the stages with everything that mechanisms add to them."""
    return tuple(_woven(stage, additions) for stage in stages)


def _woven(stage: Stage, additions: Additions) -> Stage:
    added = tuple(additions.effects.get(stage.name, ()))
    return replace(
        stage,
        movers=tuple(
            Mover(
                mover.player,
                tuple(_woven_action(mover.player, a, additions) for a in mover.actions),
            )
            for mover in stage.movers
        ),
        effects=_shifted(stage.effects, additions),
        added=_shifted(added, additions),
    )


def _woven_action(player: str, action: Action, additions: Additions) -> Action:
    act = (player, action.name)
    return replace(
        action,
        conditions=(*action.conditions, *additions.forbids.get(act, ())),
        pays=(*action.pays, *additions.act_pays.get(act, ())),
        effects=_shifted(action.effects, additions),
    )


def _shifted(effects: tuple[Effect, ...], additions: Additions) -> tuple[Effect, ...]:
    """Return effects with the shifts of their names added, those under `then` and `else` too."""
    return tuple(
        replace(
            effect,
            shifts=tuple(additions.shifts.get(effect.name or "", ())),
            then=_shifted(effect.then, additions),
            otherwise=_shifted(effect.otherwise, additions),
        )
        for effect in effects
    )


# --- numbers ---------------------------------------------------------------------------------------


def set_numbers(mechanisms: Iterable[InForce], scope: Scope, notes: Notes) -> dict[str, Entry]:
    """Return the numbers that mechanisms set: parameters, `player.precision`, `player.discount`,
    `player.type.prior`; two that set one thing are noted.
    """
    found: dict[str, Entry] = {}
    owner: dict[str, str] = {}
    for mechanism in mechanisms:
        if mechanism.content is None:
            continue
        for name, amount in mechanism.content.set.items():
            spot = mechanism.spot / "set" / name
            for target in _targets(name, mechanism.roles):
                if target in found:
                    notes.add(
                        "S405",
                        f"'{target}' is set by two mechanisms: '{owner[target]}' and "
                        f"'{mechanism.called}'.",
                        spot,
                        key=True,
                        fix="set one of the two mechanisms to absent, or let one add instead.",
                    )
                elif not _may_be_set(target, scope):
                    notes.add(
                        "S412",
                        f"'{target}' is no number that a mechanism can set.",
                        spot,
                        key=True,
                        hint=scope.hint(target, scope.parameters),
                        fix="name a parameter, player.precision, player.discount or "
                        "player.type.prior.",
                    )
                else:
                    found[target], owner[target] = Entry(amount, spot), mechanism.called
    return found


def _targets(name: str, roles: Mapping[str, Binding]) -> list[str]:
    """Return what a key of `set:` stands for, once for every player that fills its role."""
    first, dot, rest = name.partition(".")
    role = roles.get(first)
    if role is None or role.kind != "player":
        return [name]
    return [f"{player}{dot}{rest}" for player in role.values]


def _may_be_set(target: str, scope: Scope) -> bool:
    player, _, rest = target.partition(".")
    if not rest:
        return (target in scope.parameters and target not in scope.typed) or target in scope.ghosts
    types = scope.players.get(player)
    if types is None:
        return player in scope.ghosts
    return rest in ("precision", "discount") or any(rest == f"{type_}.prior" for type_ in types)


def is_certain(effect: Effect) -> bool:
    """Whether an effect's chance is written as 0 or 1, or not at all."""
    return effect.chance is None or effect.chance in (Const(0.0), Const(1.0))
