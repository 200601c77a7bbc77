"""What can only be seen once states are counted: what never happens, what memory costs.

The check compiles each set of numbers once, without a policy and from all starts together, which
reaches every state that any policy could reach; and once more for a policy that asks for memory of
its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np

from offramp.errors import GameError, Problem
from offramp.game.compiler import Reached, reach_states, same_but_for_start
from offramp.game.policies import bind_options
from offramp.game.readings import clause_readings, reads_period, stage_expressions
from offramp.game.states import StateEnvironment, States, distinct, field_label, memory_fields
from offramp.scenario import Clause, Crisis, Mover, Policy, Scenario, Start, bind, evaluate, walk
from offramp.scenario.expressions import Expr, Parameter

__all__ = ["GameReport", "check_game"]

FREE_POLICY = Policy("no policy")
N = TypeVar("N", int, float)
AT_ONCE = 1000  # states in which a clause is tried; most clauses bind among the first


@dataclass(frozen=True)
class GameReport:
    """What a check of states found.

    Attributes:
        problems: In the order in which they were found.
        n_states: Number of public states per slot (by stage name, then `end`), all starts together;
            the largest where numbers, or memory that a policy asks for, make it differ.
        memory_cost: For each remembered quantity, how many times more states it makes.
    """

    problems: tuple[Problem, ...]
    n_states: Mapping[str, int]
    memory_cost: Mapping[str, float]


def check_game(scenario: Scenario, *, view: str | None = None) -> GameReport:
    """Compile a scenario as `check` does and report what no single state shows."""
    names: list[str | None] = [*scenario.policies, *scenario.cases]
    names = names or [None]
    bound = [bind(scenario, view=view, case=name) for name in names]
    crises = {name or "": crisis for name, crisis in zip(names, bound, strict=True)}
    problems: list[Problem] = []
    games: list[Reached] = []
    for group in _groups(crises):
        free = replace(crises[group[0]], policy=FREE_POLICY)
        starts = {n: crises[n].start for n in group}
        policies = {crises[n].policy.name: crises[n].policy for n in group}
        try:
            for game, answered in _games(free, starts, policies.values()):
                games.append(game)
                problems += _idle_clauses(game, answered)
        except GameError as error:
            problems += error.problems
    if games:
        problems += [*_never_taken(games), *_never_reached(games)]
    return GameReport(
        tuple({(p.code, p.path): p for p in problems}.values()),
        _most(_state_counts(game) for game in games),
        _most(memory_cost(game) for game in games),
    )


def _games(
    free: Crisis, starts: Mapping[str, Start], policies: Iterable[Policy]
) -> list[tuple[Reached, list[Policy]]]:
    """Return what play can reach without a policy, and which policies' clauses its states answer.

    Clauses may ask for memory that nothing else asks for. The states are then searched again for
    their policy: were they to remember what all policies ask, they could be too many.
    """
    games: list[tuple[Reached, list[Policy]]] = [(reach_states(free, starts), [])]
    for policy in policies:
        readings = clause_readings(free, policy)
        asked = memory_fields(free, readings)
        answered = next((mine for game, mine in games if game.space.holds(asked)), None)
        if answered is None:
            games.append((reach_states(free, starts, readings), [policy]))
        else:
            answered.append(policy)
    return games


def _most(counts: Iterable[Mapping[str, N]]) -> dict[str, N]:
    """Return the largest count under each name."""
    most: dict[str, N] = {}
    for count in counts:
        for name, number in count.items():
            most[name] = max(number, most.get(name, number))
    return most


def _groups(crises: Mapping[str, Crisis]) -> list[list[str]]:
    """Return names of crises that have the same states and payments, wherever they start."""
    groups: list[list[str]] = []
    known: dict[int, frozenset[str]] = {}
    bare = {name: _bare(crisis, known) for name, crisis in crises.items()}
    for name in crises:
        for group in groups:
            if same_but_for_start(bare[group[0]], bare[name]):
                group.append(name)
                break
        else:
            groups.append([name])
    return groups


def _parameters_read(expression: Expr, known: dict[int, frozenset[str]]) -> frozenset[str]:
    """Return the parameters that an expression reads, from `known` where it was read before."""
    if id(expression) not in known:
        nodes = walk(expression)
        known[id(expression)] = frozenset(n.name for n in nodes if isinstance(n, Parameter))
    return known[id(expression)]


def _bare(crisis: Crisis, known: dict[int, frozenset[str]]) -> Crisis:
    """Return a crisis without what its states and payments do not depend on.

    Args:
        known: Parameters read, by the identity of an expression, many of which crises share.
            Added to.
    """
    numbers = range(len(crisis.stages))
    expressions = [e for number in numbers for e in stage_expressions(crisis, number)]
    expressions += [pay.amount for pay in crisis.payoffs]
    read = frozenset().union(*(_parameters_read(one, known) for one in expressions))
    players = tuple(
        replace(
            player,
            precision=1.0,
            discount=1.0,
            believed_by={},
            types=tuple(replace(one, prior=0.0) for one in player.types),
        )
        for player in crisis.players
    )
    parameters = {name: value for name, value in crisis.parameters.items() if name in read}
    return replace(crisis, policy=FREE_POLICY, players=players, parameters=parameters)


def _state_counts(game: Reached) -> dict[str, int]:
    names = [*(stage.name for stage in game.crisis.stages), "end"]
    return dict(zip(names, map(len, game.codes), strict=True))


def memory_cost(game: Reached) -> dict[str, float]:
    """Return for each remembered quantity how many times more states there are because of it."""
    slots = [States(game.space, codes) for codes in game.codes]
    total = sum(map(len, slots))
    costs = {}
    for row, one in enumerate(game.space.fields):
        if one.kind != "variable":
            without = sum(
                len(distinct(states.put(row, 0).codes)) if is_alive else len(states)
                for states, is_alive in zip(slots, one.alive, strict=True)
            )
            costs[field_label(one)] = total / without
    return costs


def _never_taken(games: list[Reached]) -> list[Problem]:
    possible = {key for game in games for key in game.usage.actions}
    # members of a family share their place in the file: one that can be taken speaks for all
    families = {
        (number, mover.player, action.path)
        for number, stage in enumerate(games[0].crisis.stages)
        for mover in stage.movers
        for action in mover.actions
        if action.value is not None and (number, mover.player, action.name) in possible
    }
    problems = []
    crisis = games[0].crisis
    for number, stage in enumerate(crisis.stages):
        for mover in stage.movers:
            for action in mover.actions:
                never = (number, mover.player, action.name) not in possible
                if never and (number, mover.player, action.path) not in families:
                    problems.append(
                        Problem(
                            code="G505",
                            message=f"{mover.player} can never take '{action.name}': its condition "
                            "holds in no state that play can reach.",
                            where=action.where,
                            path=action.path,
                            fix="correct its `when`, or remove the action.",
                        )
                    )
    return problems


def _never_reached(games: list[Reached]) -> list[Problem]:
    reached = {number for game in games for number in game.usage.endings}
    crisis = games[0].crisis
    return [
        Problem(
            code="G506",
            message=f"the ending '{ending.name}' can never be reached.",
            where=ending.where,
            path=ending.path,
            fix="correct its `when`, or remove it.",
        )
        for number, ending in enumerate(crisis.endings)
        if number not in reached
    ]


def _idle_clauses(game: Reached, policies: Iterable[Policy]) -> list[Problem]:
    """Report clauses that bind in no state that play could reach without a policy."""
    problems = []
    for policy in policies:
        for clause in policy.clauses:
            if not _binds_somewhere(game, clause):
                problems.append(
                    Problem(
                        code="G508",
                        message=f"a clause of policy '{policy.name}' for {clause.player} can be "
                        "carried out in no state that play can reach.",
                        where=clause.where,
                        path=clause.path,
                        fix="correct its `when` or its action, or remove the clause.",
                    )
                )
    return problems


def _binds_somewhere(game: Reached, clause: Clause) -> bool:
    crisis = game.crisis
    types = next(tuple(t.name for t in p.types) for p in crisis.players if p.name == clause.player)
    for number, stage in enumerate(crisis.stages):
        for mover in stage.movers:
            if mover.player == clause.player and _binds_at(game, clause, number, mover, types):
                return True
    return False


def _binds_at(
    game: Reached, clause: Clause, number: int, mover: Mover, types: tuple[str, ...]
) -> bool:
    """Return whether a clause binds at a stage, in any period in which it may read differently."""
    stage = game.crisis.stages[number]
    conditions = [c for action in mover.actions for c in action.conditions]
    read = [c for c in (stage.when, clause.when, *conditions) if c is not None]
    for period in range(1, game.n_periods + 1 if reads_period(read) else 2):
        states = States(game.space, game.codes[number])
        for condition in (stage.when, clause.when):
            states = _where(condition, states, period)
        for first in range(0, len(states), AT_ONCE):
            if _binds_among(
                states.take(slice(first, first + AT_ONCE)), clause, mover, types, period
            ):
                return True
    return False


def _where(condition: Expr | None, states: States, period: int) -> States:
    """Return the states in which a condition holds."""
    if condition is None:
        return states
    value = evaluate(condition, StateEnvironment(states.space, states, period=period))
    return states.take(np.broadcast_to(value != 0, (len(states),)))


def _binds_among(
    states: States, clause: Clause, mover: Mover, types: tuple[str, ...], period: int
) -> bool:
    environment = StateEnvironment(states.space, states, period=period)
    available = np.ones((len(states), len(mover.actions)), bool)
    for a, action in enumerate(mover.actions):
        for condition in action.conditions:
            available[:, a] &= evaluate(condition, environment) != 0
    alone = ((0, -1, replace(clause, once=False)),)
    return bool(bind_options(mover, alone, available, states, types, period).effective)
