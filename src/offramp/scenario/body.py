"""What happens in a scenario, spelled out: stages, acts, effects, payoffs, endings, measures.

From the declarations to the records of `crisis.py`: names are resolved, families of actions
become single actions, `cost` becomes a payment, and every payment gets the name under which
explanations show it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from offramp.scenario.crisis import Action, Effect, Ending, Measure, Mover, Pay, Stage
from offramp.scenario.expressions import Belief, Binary, Chose, Const, Expr, Unary, substitute, walk
from offramp.scenario.forms import number, number_name
from offramp.scenario.names import Binding, Kind
from offramp.scenario.reading import Reader, Spot
from offramp.scenario.schema import (
    ActionDecl,
    EffectDecl,
    EndingDecl,
    Family,
    MeasureDecl,
    PayoffsDecl,
    Scenario,
    StageDecl,
)

__all__ = [
    "family_members",
    "payees",
    "read_effect",
    "read_effects",
    "read_endings",
    "read_measures",
    "read_payments",
    "read_payoffs",
    "read_stages",
    "stage_name",
]


def stage_name(decl: StageDecl, position: int) -> str:
    """Return a stage's name: its own, or its number from 1."""
    return decl.name or f"stage {position + 1}"


def family_members(decl: ActionDecl) -> tuple[float, ...]:
    """Return the numbers of a family of actions; none for an ordinary action."""
    if decl.over is None:
        return ()
    return tuple(map(number, decl.over)) if isinstance(decl.over, tuple) else steps(decl.over)


def steps(family: Family, most: int = 10_000) -> tuple[float, ...]:
    """Return the numbers from `from` to `to`; the last is `to` if the steps meet it."""
    first, last, step = number(family.from_), number(family.to), number(family.step)
    count = int((last - first) / step + 1e-9) + 1 if step > 0 else 0
    # rounded so that 0.1 + 0.2 is the number that a person writes as 0.3
    return tuple(round(first + i * step, 12) for i in range(max(0, min(count, most))))


def read_stages(scenario: Scenario, spot: Spot, reader: Reader) -> tuple[Stage, ...]:
    """Return the stages of a period in order of play, without what mechanisms add."""
    return tuple(
        _stage(decl, stage_name(decl, i), spot / i, reader)
        for i, decl in enumerate(scenario.stages)
    )


def _stage(decl: StageDecl, name: str, spot: Spot, reader: Reader) -> Stage:
    movers = []
    for player in decl.players:
        if player not in reader.scope.players:
            continue  # noted where declarations are checked
        here = spot / "actions"
        if player in decl.actions:
            here = here / player
        declared = decl.actions.get(player, {})
        actions = [a for n, d in declared.items() for a in _actions(n, d, player, here / n, reader)]
        movers.append(Mover(player, tuple(actions)))
    return Stage(
        name,
        reader.condition(decl.when, spot / "when"),
        tuple(movers),
        read_effects(decl.effects, spot / "effects", name, reader),
        path=spot.name,
        where=spot.where,
    )


def _actions(
    name: str, decl: ActionDecl, player: str, spot: Spot, reader: Reader
) -> Iterable[Action]:
    """Return the action, or every member of the family that it declares."""
    when = reader.condition(decl.when, spot / "when")
    pays = read_payments(decl.pays, name, spot / "pays", reader)
    if decl.cost is not None:
        cost = reader.expression(decl.cost, spot / "cost")
        pays = (Pay(player, f"{name} cost", Unary("-", cost), (spot / "cost").where), *pays)
    action = Action(
        name,
        () if when is None else (when,),
        _looks_like(decl, player, spot / "covert", reader),
        None,
        pays,
        read_effects(decl.effects, spot / "effects", name, reader),
        decl.ladder,
        spot.name,
        spot.key,
    )
    if decl.over is None:
        return (action,)
    return [_member(action, player, value) for value in family_members(decl)]


def _looks_like(decl: ActionDecl, player: str, spot: Spot, reader: Reader) -> str | None:
    if decl.covert is None:
        return None
    known = reader.scope.actions[player]
    if decl.covert not in known:
        reader.unknown(f"action of {player}", decl.covert, known, spot)
        return None
    return known[decl.covert][0]


def _member(action: Action, player: str, value: float) -> Action:
    """Return the member of a family that stands for one number, known wherever it is read."""

    def fill(node: Expr) -> Expr | None:
        return Const(value) if node == Chose(player) else None

    return replace(
        action,
        name=f"{action.name}_{number_name(value)}",
        value=value,
        conditions=tuple(substitute(c, fill) for c in action.conditions),
        pays=tuple(replace(p, amount=substitute(p.amount, fill)) for p in action.pays),
        effects=tuple(_filled(e, fill) for e in action.effects),
    )


def _filled(effect: Effect, fill: object) -> Effect:
    assert callable(fill)

    def put(node: Expr | None) -> Expr | None:
        return None if node is None else substitute(node, fill)

    return replace(
        effect,
        when=put(effect.when),
        chance=put(effect.chance),
        by=put(effect.by),
        to=put(effect.to),
        pays=tuple(replace(p, amount=substitute(p.amount, fill)) for p in effect.pays),
        then=tuple(_filled(e, fill) for e in effect.then),
        otherwise=tuple(_filled(e, fill) for e in effect.otherwise),
    )


# --- effects ---------------------------------------------------------------------------------


def read_effects(
    decls: Sequence[EffectDecl], spot: Spot, owner: str, reader: Reader, word: str = "effect"
) -> tuple[Effect, ...]:
    """Return effects in listed order; payments of a nameless one are shown as `OWNER effect 1`."""
    return tuple(
        effect
        for i, decl in enumerate(decls)
        for effect in read_effect(decl, f"{owner} {word} {i + 1}", spot / i, reader)
    )


def read_effect(decl: EffectDecl, term: str, spot: Spot, reader: Reader) -> tuple[Effect, ...]:
    """Return the effect declared at a place; on a role of several variables, one for each."""
    return tuple(_effect(decl, decl.name or term, spot, inside) for inside in _each(decl, reader))


def _each(decl: EffectDecl, reader: Reader) -> list[Reader]:
    """Return one reader per variable or player that the effect's role is filled with."""
    target = decl.move or decl.set or decl.redraw
    role = reader.scope.roles.get(target) if target else None
    if role is None or target is None or len(role.values) == 1:
        return [reader]
    roles = dict(reader.scope.roles)
    return [reader.inside({**roles, target: Binding(role.kind, (value,))}) for value in role.values]


def _effect(decl: EffectDecl, term: str, spot: Spot, reader: Reader) -> Effect:
    word = "move" if decl.move is not None else "set"
    variable = _target(decl.move or decl.set, "variable", spot / word, reader)
    redraw = _target(decl.redraw, "player", spot / "redraw", reader)
    chance, by = decl.chance, decl.by
    to = None
    if decl.to is not None and variable is not None:
        to = reader.setting(decl.to, variable, spot / "to")
    return Effect(
        decl.name,
        reader.condition(decl.when, spot / "when"),
        None if chance is None else reader.expression(chance, spot / "chance"),
        (),
        reader.exponent(decl.per, spot / "per"),
        variable,
        None if by is None else reader.expression(by, spot / "by"),
        to,
        redraw,
        read_payments(decl.pays, term, spot / "pays", reader),
        read_effects(decl.then, spot / "then", term, reader, "then"),
        read_effects(decl.else_, spot / "else", term, reader, "else"),
        spot.name,
        spot.where,
    )


def _target(name: str | None, kind: str, spot: Spot, reader: Reader) -> str | None:
    """Return the variable or player that a name, or a role, stands for."""
    if name is None:
        return None
    role = reader.scope.roles.get(name)
    if role is not None:
        if role.kind == kind:
            return str(role.values[0])
        reader.notes.add(
            "S404",
            f"The role '{name}' is of kind {role.kind}, not {kind}.",
            spot,
            fix=f"name a role of kind {kind}.",
        )
        return None
    known = reader.scope.variables if kind == "variable" else reader.scope.players
    if name in known:
        return name
    reader.unknown(kind, name, known, spot)
    return None


def read_payments(
    decls: Mapping[str, float | str], term: str, spot: Spot, reader: Reader
) -> tuple[Pay, ...]:
    """Return single payments by player (or by a role of players), all under one term."""
    found = []
    for name, amount in decls.items():
        players = payees(name, spot / name, reader)
        if players:
            value = reader.expression(amount, spot / name)
            found += [Pay(player, term, value, (spot / name).where) for player in players]
    return tuple(found)


def payees(name: str, spot: Spot, reader: Reader) -> tuple[str, ...]:
    """Return the players that a name, or a role, stands for."""
    role = reader.scope.roles.get(name)
    if role is not None and role.kind == "player":
        return tuple(str(value) for value in role.values)
    if role is not None:
        reader.notes.add(
            "S404",
            f"The role '{name}' is of kind {role.kind}; payments go to players.",
            spot,
            key=True,
            fix="name a role of kind player.",
        )
        return ()
    if name in reader.scope.players:
        return (name,)
    reader.unknown("player", name, reader.scope.players, spot, key=True)
    return ()


# --- payoffs, endings, measures --------------------------------------------------------------


def read_payoffs(decl: PayoffsDecl, spot: Spot, reader: Reader) -> tuple[Pay, ...]:
    """Return the named terms that accrue each period, converted from the length in `per`."""
    factor = reader.exponent(decl.per, spot / "per")
    found = []
    for name, terms in decl.players.items():
        for player in payees(name, spot / name, reader):
            found += [
                _payoff(player, term, amount, factor, spot / name / term, reader)
                for term, amount in terms.items()
            ]
    return tuple(found)


def _payoff(
    player: str, term: str, amount: float | str, factor: float, spot: Spot, reader: Reader
) -> Pay:
    value = reader.expression(amount, spot, Kind.PAYOFF)
    for node in walk(value):
        if isinstance(node, Belief):
            _check_own_belief(node, player, spot, reader)
    if factor != 1.0:
        value = Binary("*", Const(factor), value)
    return Pay(player, term, value, spot.where)


def _check_own_belief(node: Belief, player: str, spot: Spot, reader: Reader) -> None:
    """Note a payoff that reads anything but what the paid player believes of others."""
    if node.observer not in (None, player):
        reader.notes.add(
            "S319",
            f"A payoff of {player} reads what {node.observer} believes.",
            spot,
            fix=f"write belief({node.player}.{node.type}): what {player} itself believes.",
        )
    elif node.player == player:
        reader.notes.add(
            "S319",
            f"A payoff of {player} reads a belief about {player}, which knows its own type.",
            spot,
            fix="let the types set a parameter, and read that.",
        )


def read_endings(decls: Mapping[str, EndingDecl], spot: Spot, reader: Reader) -> tuple[Ending, ...]:
    """Return the endings in listed order."""
    return tuple(
        Ending(
            name,
            reader.expression(decl.when, spot / name / "when"),
            decl.freeze,
            read_payments(decl.pays, name, spot / name / "pays", reader),
            (spot / name).name,
            (spot / name).key,
        )
        for name, decl in decls.items()
    )


def read_measures(
    decls: Mapping[str, MeasureDecl], spot: Spot, reader: Reader
) -> tuple[Measure, ...]:
    """Return the measures in listed order."""
    return tuple(
        Measure(
            name,
            reader.expression(decl.is_, spot / name / "is", Kind.MEASURE),
            decl.better,
            decl.label,
            decl.unit,
        )
        for name, decl in decls.items()
    )
