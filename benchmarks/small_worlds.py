"""Worlds of a small game without types: here, and by a plain model that the EMA Workbench drives.

The plain model is written in numpy from the rules of the game alone, whole tables at a time, as an
analyst would write it for the workbench. It is the yardstick of time and of the digits.
"""

from __future__ import annotations

import logging
import os
import tempfile
import time
import warnings
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np

from benchmarks.records import Measurement
from benchmarks.solving import axes_of
from offramp.exploration.ensemble import explore
from offramp.exploration.runs import Run
from offramp.game import compile_game
from offramp.scenario import Scenario, load_scenario

__all__ = ["measure_cores", "measure_small_worlds", "plain_measures"]

FILE = Path(__file__).parent / "games" / "small-worlds.yaml"
WORLDS = 1000
EMA_WORLDS = 100  # that the workbench solves; its time per world does not depend on their number
SIZES = (5, 5, 5, 4, 4)
START = (1, 2, 2, 1, 2)
PERIODS, DISCOUNT = 8, 0.9
ACTS = ("hold", "raise", "lower", "shift")
# what each player's acts move: variable and direction, by act; none holds
MOVES = (
    {"raise": (0, 1), "lower": (0, -1), "shift": (1, 1)},
    {"raise": (1, 1), "lower": (1, -1), "shift": (2, -1)},
    {"raise": (3, 1), "lower": (3, -1), "shift": (4, -1)},
)
DRIFT = ((2, 1), (4, 1), (0, -1))
BOUND: dict[str, tuple[int, tuple[str, ...]]] = {  # who may do what only
    "free": (0, ACTS),
    "calm": (0, ("hold", "lower", "shift")),
    "firm": (0, ("raise",)),
    "meek": (0, ("hold",)),
    "rash": (1, ("raise",)),
}


def measure_small_worlds(*, trial: bool) -> Measurement:
    """Explore 1,000 worlds under 5 policies by one process, and let the workbench do the same."""
    scenario = load_scenario(FILE)
    n_worlds, n_ema = (8, 2) if trial else (WORLDS, EMA_WORLDS)
    _explored(scenario, 2, workers=1)  # compiles what is not in the cache
    cpu, wall = _children_and_self(), time.perf_counter()
    run = _explored(scenario, n_worlds, workers=1)
    cpu, wall = _children_and_self() - cpu, time.perf_counter() - wall
    ema_seconds = _by_workbench(n_ema) / n_ema
    return Measurement(
        cpu_seconds=cpu,
        wall_seconds=wall,
        axes={
            **axes_of(compile_game(scenario, case="free")),
            "worlds": n_worlds,
            "cases": len(BOUND),
        },
        residual=float(run.residual.max()),
        not_converged=float(run.not_converged.mean()),
        figures={
            "cpu_seconds_for_1000_worlds": 1000 * cpu / n_worlds,
            "workbench_cpu_seconds_for_1000_worlds": 1000 * ema_seconds,
            "times_quicker_than_the_workbench": ema_seconds * n_worlds / cpu,
            "largest_difference_from_the_plain_model": _largest_difference(run, min(n_worlds, 8)),
        },
    )


def measure_cores(*, trial: bool) -> Measurement:
    """Explore the same worlds with one process and with two, and twice as many with two."""
    scenario = load_scenario(FILE)
    n_worlds = 8 if trial else WORLDS // 2
    _explored(scenario, 2, workers=1)
    seconds = []
    for worlds, workers in ((n_worlds, 1), (n_worlds, 2), (2 * n_worlds, 2)):
        wall = time.perf_counter()
        run = _explored(scenario, worlds, workers=workers)
        seconds.append(time.perf_counter() - wall)
    one, two, twice = seconds
    return Measurement(
        cpu_seconds=_children_and_self(),
        wall_seconds=sum(seconds),
        axes={**axes_of(compile_game(scenario, case="free")), "worlds": n_worlds},
        residual=float(run.residual.max()),
        not_converged=float(run.not_converged.mean()),
        figures={
            "times_quicker_with_two_processes": one / two,
            "times_as_long_for_twice_the_worlds": twice / two,
        },
    )


def _explored(scenario: Scenario, n_worlds: int, *, workers: int) -> Run:
    with tempfile.TemporaryDirectory() as folder:
        return explore(scenario, Path(folder) / "run", worlds=n_worlds, workers=workers)


def _children_and_self() -> float:
    used = os.times()
    return used.user + used.system + used.children_user + used.children_system


def _by_workbench(n_worlds: int) -> float:
    """Return the processor time of so many worlds under all policies."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns on import
        from ema_workbench import (
            IntegerParameter,
            Model,
            Policy,
            RealParameter,
            ScalarOutcome,
            perform_experiments,
        )
        from ema_workbench.em_framework import SequentialEvaluator

        logging.getLogger("EMA").setLevel(logging.ERROR)
        policies = list(BOUND)

        def solved(which: int = 0, **numbers: float) -> dict[str, float]:
            return plain_measures(numbers, policies[int(which)])

        model = Model("small", function=solved)
        spans = {name: one.range for name, one in load_scenario(FILE).parameters.items()}
        model.uncertainties = [
            RealParameter(name, *map(float, span)) for name, span in spans.items() if span
        ]
        model.levers = [IntegerParameter("which", 0, len(policies) - 1)]
        model.outcomes = [ScalarOutcome(name) for name in ("high", "end1", "end2", "total")]
        chosen = [Policy(name, which=k) for k, name in enumerate(policies)]
        begun = time.process_time()
        with SequentialEvaluator(model) as evaluator:
            perform_experiments(model, n_worlds, chosen, evaluator=evaluator)
        return time.process_time() - begun


def _largest_difference(run: Run, n_worlds: int) -> float:
    drawn = run.drawn()
    worst = 0.0
    for world in range(n_worlds):
        numbers = {name: column[world] for name, column in drawn.items()}
        for case in run.cases:
            for name, value in plain_measures(numbers, case).items():
                worst = max(worst, abs(value - float(run.of(name, case)[world])))
    return worst


# --- the plain model ------------------------------------------------------------------------------


def plain_measures(numbers: Mapping[str, float], policy: str) -> dict[str, float]:
    """Return the measures of the game under a policy, by whole tables over all 2,000 states."""
    chance = {"raise": numbers["p_up"], "lower": numbers["p_down"], "shift": numbers["p_up"]}
    play = list(_strategies(numbers, chance, policy))[::-1]
    mass = np.zeros(SIZES)
    mass[START] = 1.0
    below = mass.copy()  # of paths on which v1 has not been at its top
    total = 0.0
    share = _shares()
    for period in play:
        for player in range(3):
            mass, below = (_acted(one, period[player], player, chance) for one in (mass, below))
            below[-1] = 0.0
        for variable, by in DRIFT:
            mass, below = (_pushed(one, variable, by, numbers["p_drift"]) for one in (mass, below))
            below[-1] = 0.0
        total += float((mass * share[2]).sum())
    return {
        "high": 1.0 - float(below.sum()),
        "end1": float((mass * share[0]).sum()),
        "end2": float((mass * share[1]).sum()),
        "total": total,
    }


def _strategies(
    numbers: Mapping[str, float], chance: Mapping[str, float], policy: str
) -> Iterator[list[np.ndarray]]:
    """Yield each player's strategy `[act, *state]` of a period, the last period first."""
    share = _shares()
    paid = [
        numbers["gain_a"] * share[0] - share[1],
        numbers["gain_b"] * share[1] - share[3],
        share[3] - 0.5 * share[2] + 0.5 * share[4],
    ]
    paid = [np.broadcast_to(one, SIZES).astype(float) for one in paid]
    value = [np.zeros(SIZES) for _ in paid]
    bound_player, allowed = BOUND[policy]
    for _ in range(PERIODS):
        value = [pay + DISCOUNT * later for pay, later in zip(paid, value, strict=True)]
        for variable, by in reversed(DRIFT):
            value = [_expected(one, variable, by, numbers["p_drift"]) for one in value]
        period: list[np.ndarray] = []
        for player in reversed(range(3)):
            cost = numbers[("cost_a", "cost_b", "cost_c")[player]]
            after = [_after(value, player, act, chance) for act in ACTS]
            worth = np.stack(
                [
                    after[k][player] - (cost if act in ("raise", "shift") else 0.0)
                    for k, act in enumerate(ACTS)
                ]
            )
            open_ = np.array([player != bound_player or act in allowed for act in ACTS])
            logit = np.where(
                open_[:, None, None, None, None, None], numbers["lam"] * worth, -np.inf
            )
            odds = np.exp(logit - logit.max(axis=0))
            strategy = odds / odds.sum(axis=0)
            own = (strategy * np.where(np.isfinite(logit), worth, 0.0)).sum(axis=0)
            value = [
                own if other == player
                else sum(strategy[k] * after[k][other] for k in range(len(ACTS)))
                for other in range(3)
            ]  # fmt: skip
            period.insert(0, strategy)
        yield period


def _shares() -> list[np.ndarray]:
    """Return each variable's level as a share of its span, to be broadcast over states."""
    return [
        (np.arange(n) / (n - 1)).reshape([n if k == at else 1 for k in range(len(SIZES))])
        for at, n in enumerate(SIZES)
    ]


def _after(
    value: list[np.ndarray], player: int, act: str, chance: Mapping[str, float]
) -> list[np.ndarray]:
    if act not in MOVES[player]:
        return value
    return [_expected(one, *MOVES[player][act], chance[act]) for one in value]


def _expected(value: np.ndarray, variable: int, by: int, chance: float) -> np.ndarray:
    """Return what is expected before a move that happens by chance and stops at the ends."""
    n = value.shape[variable]
    moved = np.take(value, np.clip(np.arange(n) + by, 0, n - 1), axis=variable)
    return chance * moved + (1 - chance) * value


def _pushed(mass: np.ndarray, variable: int, by: int, chance: float) -> np.ndarray:
    """Return where mass is after such a move."""
    n = mass.shape[variable]
    moved = (1 - chance) * mass
    for level in range(n):
        into = [slice(None)] * mass.ndim
        into[variable] = min(max(level + by, 0), n - 1)
        moved[tuple(into)] += chance * np.take(mass, level, axis=variable)
    return moved


def _acted(
    mass: np.ndarray, strategy: np.ndarray, player: int, chance: Mapping[str, float]
) -> np.ndarray:
    found = np.zeros_like(mass)
    for k, act in enumerate(ACTS):
        part = mass * strategy[k]
        found += _pushed(part, *MOVES[player][act], chance[act]) if act in MOVES[player] else part
    return found
