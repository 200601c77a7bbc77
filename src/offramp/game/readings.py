"""What each stage of a crisis reads: which expressions, whose types."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from offramp.errors import GameError, Problem
from offramp.game.states import Reading, StateSpace
from offramp.scenario import Crisis, Effect, Pay, Policy, Stage, walk
from offramp.scenario.expressions import Expr, Period, Since

__all__ = [
    "clause_readings",
    "readings_of",
    "reads_period",
    "stage_expressions",
    "stage_reader",
    "structure_read",
]


def _pays(pays: Iterable[Pay]) -> Iterator[Expr]:
    for pay in pays:
        yield pay.amount


def _effects(effects: Iterable[Effect]) -> Iterator[Expr]:
    for effect in effects:
        yield from (e for e in (effect.when, effect.chance, effect.by, effect.to) if e is not None)
        yield from effect.shifts
        yield from _pays(effect.pays)
        yield from _effects(effect.then)
        yield from _effects(effect.otherwise)


def _turns(effects: Iterable[Effect]) -> Iterator[Expr]:
    """Yield what decides whether effects are looked at, and where they lead if they happen."""
    for effect in effects:
        yield from (e for e in (effect.when, effect.by, effect.to) if e is not None)
        yield from _turns(effect.then)
        yield from _turns(effect.otherwise)


def _all_effects(stage: Stage) -> list[Effect]:
    of_acts = [effect for m in stage.movers for a in m.actions for effect in a.effects]
    return [*of_acts, *stage.effects, *stage.added]


def _clauses(policy: Policy, stage: Stage) -> list[Expr]:
    movers = {mover.player for mover in stage.movers}
    return [c.when for c in policy.clauses if c.player in movers and c.when is not None]


def stage_expressions(crisis: Crisis, number: int) -> list[Expr]:
    """Return every expression read at a stage, policy clauses and endings included."""
    stage = crisis.stages[number]
    found = [stage.when] if stage.when is not None else []
    for mover in stage.movers:
        for action in mover.actions:
            found += [*action.conditions, *_pays(action.pays)]
    found += _effects(_all_effects(stage))
    found += _clauses(crisis.policy, stage)
    for ending in crisis.endings:
        found += [ending.when, *_pays(ending.pays)]
    return found


def structure_read(crisis: Crisis, number: int) -> list[Expr]:
    """Return what is read at a stage to find where play leads: all but chances and payments."""
    stage = crisis.stages[number]
    found = [stage.when] if stage.when is not None else []
    found += [one for m in stage.movers for a in m.actions for one in a.conditions]
    found += _turns(_all_effects(stage))
    found += _clauses(crisis.policy, stage)
    found += [ending.when for ending in crisis.endings]
    return found


def readings_of(crisis: Crisis) -> list[Reading]:
    """Return what is read stage by stage, and at the period's end (counters included)."""
    n_stages = len(crisis.stages)
    readings = [Reading(m, tuple(stage_expressions(crisis, m))) for m in range(n_stages)]
    return _and_counted([*readings, Reading(n_stages, tuple(_pays(crisis.payoffs)))], n_stages)


def clause_readings(crisis: Crisis, policy: Policy) -> list[Reading]:
    """Return what the clauses of a policy read: stage by stage, and what they have counted."""
    stages = enumerate(crisis.stages)
    readings = [Reading(m, tuple(_clauses(policy, stage))) for m, stage in stages]
    return _and_counted(readings, len(crisis.stages))


def _and_counted(readings: list[Reading], end: int) -> list[Reading]:
    """Return readings, and at the period's end the conditions that their counters count from."""
    nodes = (n for reading in readings for e in reading.expressions for n in walk(e))
    counted = tuple(node.condition for node in nodes if isinstance(node, Since))
    return [*readings, Reading(end, counted)]


def stage_reader(stage: Stage, space: StateSpace) -> int:
    """Return the typed player whose type the stage's chances read, or -1.

    Raises:
        GameError: They read the types of more than one.
    """
    readers: set[int] = set()

    def look(effects: Iterable[Effect]) -> None:
        for effect in effects:
            for expression in (effect.chance, *effect.shifts):
                readers.update(space.reads_types(expression))
            look(effect.then)
            look(effect.otherwise)

    look(_all_effects(stage))
    if len(readers) > 1:
        names = ", ".join(space.crisis.players[space.typed[j]].name for j in sorted(readers))
        problem = Problem(
            code="S304",
            path=stage.path,
            where=stage.where,
            message=f"chances of stage '{stage.name}' read types of several players ({names}).",
            fix="split the stage, so that the chances of each read one player's types.",
        )
        raise GameError([problem])
    return next(iter(readers), -1)


def reads_period(expressions: Iterable[Expr]) -> bool:
    """Return whether any expression reads the running number of the period."""
    return any(isinstance(node, Period) for one in expressions for node in walk(one))
