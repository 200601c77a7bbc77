"""What each stage of a crisis reads: which expressions, whose types."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from offramp.errors import GameError, Problem
from offramp.game.states import Reading, StateSpace
from offramp.scenario import Crisis, Effect, Pay, Stage, walk
from offramp.scenario.expressions import Expr, Period, Since

__all__ = ["readings_of", "reads_period", "stage_expressions", "stage_reader"]


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


def _all_effects(stage: Stage) -> list[Effect]:
    of_acts = [effect for m in stage.movers for a in m.actions for effect in a.effects]
    return [*of_acts, *stage.effects, *stage.added]


def stage_expressions(crisis: Crisis, number: int) -> list[Expr]:
    """Return every expression read at a stage, policy clauses and endings included."""
    stage = crisis.stages[number]
    found = [stage.when] if stage.when is not None else []
    for mover in stage.movers:
        for action in mover.actions:
            found += [*action.conditions, *_pays(action.pays)]
    found += _effects(_all_effects(stage))
    movers = {mover.player for mover in stage.movers}
    found += [c.when for c in crisis.policy.clauses if c.player in movers and c.when is not None]
    for ending in crisis.endings:
        found += [ending.when, *_pays(ending.pays)]
    return found


def readings_of(crisis: Crisis) -> list[Reading]:
    """Return what is read stage by stage, and at the period's end (counters included)."""
    n_stages = len(crisis.stages)
    readings = [Reading(m, tuple(stage_expressions(crisis, m))) for m in range(n_stages)]
    everything = [e for reading in readings for e in reading.expressions]
    end = list(_pays(crisis.payoffs))
    counters = [n for e in [*everything, *end] for n in walk(e) if isinstance(n, Since)]
    end += [counter.condition for counter in counters]
    return [*readings, Reading(n_stages, tuple(end))]


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
