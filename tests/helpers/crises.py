"""A small scenario that tests of the language vary, and how to look into what it becomes."""

from __future__ import annotations

import copy
from typing import Any

from helpers.scenarios import scenario_from
from offramp.scenario import Action, Crisis, Effect, Scenario, Stage, bind

__all__ = ["action_of", "effect_of", "small", "small_crisis", "stage_of"]

SMALL: dict[str, Any] = {
    "offramp": 1,
    "name": "small",
    "period": {"unit": "month", "count": 2},
    "parameters": {
        "toll": {"value": 2, "range": [1, 4], "unit": "payoff", "source": "judgement"},
        "slip": {"value": 0.25, "unit": "probability", "source": "judgement"},
    },
    "variables": {
        "rung": {"levels": ["calm", "shots", "war"], "start": "calm"},
        "price": {"levels": {"from": 0, "to": 1, "step": 0.1}, "start": 0.3},
    },
    "players": {
        "north": {
            "precision": 3,
            "types": {
                "bold": {"prior": 1, "set": {"stake": 2}},
                "meek": {"prior": 3, "set": {"stake": 0.5}},
            },
        },
        "south": {"precision": 2, "discount": 0.9},
    },
    "stages": [
        {
            "name": "press",
            "player": "north",
            "actions": {
                "hold": {},
                "push": {
                    "cost": "toll",
                    "effects": [
                        {"name": "climb", "move": "rung", "by": 1, "chance": "slip"},
                        {"set": "price", "to": 0.5, "pays": {"south": 1}},
                    ],
                },
            },
        },
        {
            "name": "answer",
            "player": "south",
            "actions": {
                "bear": {},
                "bid": {
                    "over": {"from": 0, "to": 0.5, "step": 0.25},
                    "when": "chose(south) <= 0.25",
                    "pays": {"north": "chose(south)"},
                },
            },
        },
    ],
    "payoffs": {"north": {"gain": "stake * share(rung)"}, "south": {"loss": "-share(rung)"}},
    "measures": {"wars": {"is": "ever(rung == war)"}},
}


def small(**sections: Any) -> Scenario:
    """Return the small scenario with whole sections replaced or added."""
    return scenario_from({**copy.deepcopy(SMALL), **sections})


def small_crisis(case: str | None = None, **sections: Any) -> Crisis:
    """Return the small scenario, with sections replaced or added, bound to a case."""
    return bind(small(**sections), case=case)


def stage_of(crisis: Crisis, name: str) -> Stage:
    """Return a stage by its name."""
    return next(stage for stage in crisis.stages if stage.name == name)


def action_of(crisis: Crisis, player: str, name: str) -> Action:
    """Return an action by its player and name."""
    movers = [m for stage in crisis.stages for m in stage.movers if m.player == player]
    return next(action for mover in movers for action in mover.actions if action.name == name)


def effect_of(crisis: Crisis, name: str) -> Effect:
    """Return a named effect, wherever it stands."""
    stack: list[Effect] = []
    for stage in crisis.stages:
        stack += [*stage.effects, *stage.added]
        stack += [e for mover in stage.movers for act in mover.actions for e in act.effects]
    while stack:
        effect = stack.pop()
        if effect.name == name:
            return effect
        stack += [*effect.then, *effect.otherwise]
    raise LookupError(name)
