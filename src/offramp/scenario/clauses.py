"""Policies: clauses per player, and where play begins."""

from __future__ import annotations

from collections.abc import Iterator

from offramp.scenario.crisis import Clause, Policy, Start, Variable
from offramp.scenario.layers import Given, Layers
from offramp.scenario.parameters import Entry, Numbers
from offramp.scenario.parse import Document
from offramp.scenario.players import normalised
from offramp.scenario.reading import Reader, Spot, level_index
from offramp.scenario.schema import ClauseDecl, Scenario
from offramp.scenario.scope import DEFAULT_POLICY

__all__ = ["read_policy", "read_start"]


def read_policy(scenario: Scenario, name: str | None, numbers: Numbers, reader: Reader) -> Policy:
    """Return a policy with its clauses; without a name, or under `solved`, nobody need be bound."""
    decl = scenario.policies.get(name or DEFAULT_POLICY)
    if decl is None:
        if name not in (None, DEFAULT_POLICY):
            spot = Spot(Document("--policy"), (name,))
            reader.unknown("policy", str(name), scenario.policies, spot, code="S409")
        return Policy(name or DEFAULT_POLICY)
    spot = Spot(scenario.document, ("policies", name or DEFAULT_POLICY))
    clauses: list[Clause] = []
    for player, listed in decl.players.items():
        if player not in reader.scope.players:
            reader.unknown("player", player, reader.scope.players, spot / player, key=True)
            continue
        for i, clause in enumerate(listed):
            clauses.append(_clause(clause, player, spot / player / i, numbers, reader))
    return Policy(name or DEFAULT_POLICY, tuple(clauses), decl.secret)


def _clause(decl: ClauseDecl, player: str, spot: Spot, numbers: Numbers, reader: Reader) -> Clause:
    types = reader.scope.players[player]
    for type_ in decl.type:
        if type_ not in types:
            reader.unknown(f"type of {player}", type_, types, spot / "type")
    play = _acts(decl.play, player, spot / "play", reader) if decl.play else ()
    never = [act for name in decl.never for act in _acts(name, player, spot / "never", reader)]
    return Clause(
        player=player,
        when=reader.condition(decl.when, spot / "when"),
        types=decl.type,
        once=decl.once,
        play=play[0] if len(play) == 1 else None,
        mix=tuple(_mix(decl, play, player, spot, numbers, reader)),
        never=tuple(never),
        path=spot.name,
        where=spot.where,
    )


def _mix(
    decl: ClauseDecl,
    play: tuple[str, ...],
    player: str,
    spot: Spot,
    numbers: Numbers,
    reader: Reader,
) -> Iterator[tuple[str, float]]:
    """Yield acts and weights; a family's weight is spread evenly over its members."""
    if len(play) > 1:
        yield from ((act, 1.0) for act in play)
    weights = []
    for name, amount in decl.mix.items():
        here = spot / "mix" / name
        acts = _acts(name, player, here, reader, key=True)
        weights.append(numbers.of(Entry(amount, here)))
        yield from ((act, weights[-1] / len(acts)) for act in acts)
    normalised(weights, spot / "mix", "mix", reader.notes)


def _acts(
    name: str, player: str, spot: Spot, reader: Reader, *, key: bool = False
) -> tuple[str, ...]:
    """Return the acts that a name stands for; an unknown one is noted."""
    known = reader.scope.actions[player]
    if name not in known:
        reader.unknown(f"action of {player}", name, known, spot, key=key)
        return ()
    return known[name]


# --- start -----------------------------------------------------------------------------------


def read_start(scenario: Scenario, layers: Layers, numbers: Numbers, reader: Reader) -> Start:
    """Return where play begins, for each variable a lottery over level indices."""
    root = Spot(scenario.document, ("variables",))
    levels = {}
    for name, variable in reader.scope.variables.items():
        declared = Given(scenario.variables[name].start, root / name / "start")
        given = layers.start.get(name, declared)
        levels[name] = _lottery(given, variable, numbers, reader)
    known = [*reader.scope.variables, *reader.scope.players]
    for name, given in layers.start.items():
        if name not in known:
            reader.unknown("variable or player", name, known, given.spot, key=True)
    return Start(layers.case, levels)


def _lottery(
    given: Given, variable: Variable, numbers: Numbers, reader: Reader
) -> tuple[tuple[int, float], ...]:
    """Return a lottery over level indices; levels of no weight are left out."""
    indices, weights = [], []
    for level, amount in given.lottery.items():
        index = _start_level(level, variable, given.spot / level, numbers, reader)
        if index is not None:
            indices.append(index)
            weights.append(numbers.of(Entry(amount, given.spot / level)))
    what = f"start of {variable.name}"
    chances = normalised(weights, given.spot, what, reader.notes)
    return tuple((i, chance) for i, chance in zip(indices, chances, strict=True) if chance > 0)


def _start_level(
    level: str, variable: Variable, spot: Spot, numbers: Numbers, reader: Reader
) -> int | None:
    """Return the index that a start level means: a level's name, a number, or parameters."""
    if level in variable.levels:
        return variable.levels.index(level)
    if level.isidentifier() and level not in reader.scope.parameters:
        reader.no_level(level, variable, spot)
        return None
    value = numbers.of(Entry(_number(level), spot))
    index = level_index(variable, value)
    if index is None:
        reader.no_level(f"{value:g}", variable, spot)
    return index


def _number(text: str) -> float | str:
    """Return a number where the text is one; other texts are expressions of parameters."""
    try:
        return float(text)
    except ValueError:
        return text
