"""The cases of a scenario side by side: each solved, those that differ only in their start once.

A view may give weights to the settings of mechanisms. A case is then solved once per setting, and
whoever shows it takes the mean over them.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import numpy as np

from offramp.equilibrium import Equilibrium, solve
from offramp.equilibrium.certify import GridCertificate, certify
from offramp.exploration.design import Spread, spread_settings
from offramp.game import Game, Moulds, compile_game, same_but_for_start
from offramp.outcomes import Outcomes, propagate
from offramp.scenario import Scenario, bind, case_names, settings_of

__all__ = [
    "Laid",
    "Solve",
    "Solved",
    "SolvedCase",
    "check_grid",
    "plan_solves",
    "solve_cases",
    "solve_one",
    "view_spread",
    "wanted_cases",
]

CERTIFICATE_SEED = 20251216  # of the histories drawn to certify; any number would do
LARGE_GAME = 200_000  # states times belief points, from which on a replay of a period takes long
UNBOUND = "solved"  # the case of a scenario that names none: everybody chooses


@dataclass(frozen=True)
class Laid:
    """What is laid over a scenario for a whole run.

    Attributes:
        parameters: Values given from outside, by name; they win over the view's.
        grid: Points a side of the belief grid, None for the scenario's own.
        learning: False keeps beliefs at the priors, None is as the scenario says.
        drawn: What a world draws: values of parameters and levels that variables start from. A
            case may set some of it otherwise.
    """

    view: str | None = None
    parameters: Mapping[str, float | str] | None = None
    grid: int | None = None
    learning: bool | None = None
    drawn: Mapping[str, float | str] | None = None


@dataclass(frozen=True)
class Solve:
    """One solve: a game, and the cases that share it.

    Attributes:
        weight: Of the mechanisms' settings, among those of the view.
        settings: Setting of each mechanism that the view leaves open.
    """

    cases: tuple[str, ...]
    weight: float
    settings: Mapping[str, str]


class Solved(NamedTuple):
    """A solution, and the game whose secret policy is played in it, if there is one."""

    equilibrium: Equilibrium
    policy_game: Game | None


@dataclass(frozen=True)
class SolvedCase:
    """One case under one setting of the mechanisms, solved, checked and played forward.

    Attributes:
        checked: What holds off the grid, from the first start that the solve serves; None where
            beliefs are exact anyway, or where nobody asked.
    """

    case: str
    policy: str
    weight: float
    equilibrium: Equilibrium
    outcomes: Outcomes
    checked: GridCertificate | None


def wanted_cases(scenario: Scenario, wanted: Sequence[str] = ()) -> tuple[str, ...]:
    """Return the cases asked for, each once; all of them if none is named.

    A name that is no case is found out when the case is bound.
    """
    return tuple(dict.fromkeys(wanted)) or case_names(scenario) or (UNBOUND,)


def plan_solves(scenario: Scenario, cases: Sequence[str], laid: Laid) -> tuple[Solve, ...]:
    """Group cases that differ only in their start, once per setting that the view leaves open."""
    spread = view_spread(scenario, laid.view)
    return tuple(
        Solve(group, draw.weight, draw.chosen)
        for draw in spread.draws
        for group in group_cases(scenario, cases, laid, draw.chosen)
    )


def view_spread(scenario: Scenario, view: str | None) -> Spread:
    """Return the settings of mechanisms that a view leaves open, with their weights.

    What a view does not name keeps its base setting; only the view's own weights are spread.
    """
    if view is None:
        return spread_settings({}, seed=0)
    weights = settings_of(scenario, view)
    declared = scenario.views.get(view)
    if declared is not None:
        weights = {name: given for name, given in weights.items() if name in declared.mechanisms}
    open_ = {name: given for name, given in weights.items() if len(given) > 1}
    return spread_settings(open_, seed=scenario.solver.seed or 0)


def solve_one(scenario: Scenario, one: Solve, laid: Laid, moulds: Moulds | None = None) -> Solved:
    """Compile and solve the game that some cases share; `moulds` as in `compile_game`."""
    compiled = partial(
        compile_game,
        scenario,
        case=one.cases[0],
        starts=one.cases[1:],
        view=laid.view,
        parameters=laid.parameters,
        settings=one.settings,
        drawn=laid.drawn,
        grid=laid.grid,
        learning=laid.learning,
        moulds=moulds,
    )
    game = compiled()
    # others reply to, and learn from, the game without a secret policy
    secret = game.crisis.policy.secret
    solution: Equilibrium = solve(compiled(without_policy=True) if secret else game)
    return Solved(solution, game if secret else None)


def solve_cases(
    scenario: Scenario,
    plan: Sequence[Solve],
    laid: Laid,
    started: Callable[[str], None] = lambda name: None,
    *,
    checked: bool = True,
    moves: Collection[str] = (),
) -> Iterator[SolvedCase]:
    """Solve what is planned, check it and play every case forward, one after another.

    What has been handed on is not kept, so that memory holds one equilibrium at a time.

    Args:
        started: Told the name of each case before work on it begins.
        checked: Whether to find out what holds off the grid, which takes about as long again.
        moves: Cases in which to follow how play moves between rungs, as in `propagate`.
    """
    for one in plan:
        started(one.cases[0])
        equilibrium, policy_game = solve_one(scenario, one, laid)
        found = check_grid(equilibrium) if checked else None
        for name in one.cases:
            started(name)
            outcomes = propagate(
                equilibrium, start=name, policy_game=policy_game, moves=name in moves
            )
            policy = _policy_of(scenario, name)
            yield SolvedCase(name, policy, one.weight, equilibrium, outcomes, found)


def check_grid(equilibrium: object) -> GridCertificate | None:
    """Certify a solution on the grid; of a large game, at a few periods only."""
    if not isinstance(equilibrium, Equilibrium) or not equilibrium.game.typed:
        return None
    game = equilibrium.game
    n_points = max(len(codes) for codes in game.codes) * len(game.grid.points)
    large = n_points > LARGE_GAME
    return certify(
        equilibrium,
        np.random.default_rng(CERTIFICATE_SEED),
        n_walks=16 if large else 64,
        periods=(1, game.n_periods // 2, game.n_periods - 1) if large else None,
    )


def _policy_of(scenario: Scenario, case: str) -> str:
    declared = scenario.cases.get(case)
    return declared.policy or case if declared else case


def group_cases(
    scenario: Scenario, cases: Sequence[str], laid: Laid, settings: Mapping[str, str]
) -> list[tuple[str, ...]]:
    if scenario.solver.beliefs == "history":  # a tree has one start
        return [(name,) for name in cases]
    bound = {
        name: bind(
            scenario,
            case=name,
            view=laid.view,
            parameters=laid.parameters,
            settings=settings,
            drawn=laid.drawn,
        )
        for name in cases
    }
    groups: list[list[str]] = []
    for name in cases:
        for group in groups:
            if same_but_for_start(bound[group[0]], bound[name]):
                group.append(name)
                break
        else:
            groups.append([name])
    return [tuple(group) for group in groups]
