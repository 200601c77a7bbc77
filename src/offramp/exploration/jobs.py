"""The work of a run: every case in every world of a chunk, solved and measured.

What does not change from world to world is found out once: which cases share a solve, which
measures are asked for. A world then costs one binding and one solve per group of cases.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np

from offramp.errors import OfframpError
from offramp.exploration.assumptions import Assumptions, Worlds
from offramp.exploration.cases import Laid, Solve, solve_one
from offramp.exploration.store import BEYOND, FAILED, SOLVED
from offramp.game import Moulds
from offramp.outcomes import propagate
from offramp.scenario import Scenario

__all__ = ["Done", "Job", "reason_of", "shared_solves"]

LONGEST_REASON = 500  # characters that are kept of why a world could not be solved


class Done(NamedTuple):
    """The results of a chunk, and the seconds that it took."""

    results: dict[str, np.ndarray]
    seconds: float


@dataclass(frozen=True)
class Job:
    """Everything that solving a chunk of worlds takes; can be sent to another process.

    Attributes:
        groups: Cases that share a solve.
        size: Worlds in a chunk; chunk k holds worlds k * size to (k + 1) * size - 1.
        moulds: Structures of games, where worlds differ in numbers only. Mechanisms that are drawn
            give each world a structure of its own.
    """

    scenario: Scenario
    cases: tuple[str, ...]
    groups: tuple[tuple[str, ...], ...]
    measures: tuple[str, ...]
    players: tuple[str, ...]
    laid: Laid
    assumptions: Assumptions
    worlds: Worlds
    size: int
    moulds: Moulds = field(default_factory=Moulds, compare=False, repr=False)

    def __call__(self, chunk: int) -> Done:
        """Solve a chunk.

        Returns:
            `measure[world, case, measure]` and `value[world, case, player]`, NaN where a case
            could not be solved (or the question does not arise); `residual` and `not_converged`
            `[world, case]` of the solve that a case shares; `state[world, case]`; and
            `reason[world, case]`, which points into the texts `reasons`, -1 for none.
        """
        begun = time.perf_counter()
        shape = (self.size, len(self.cases))
        results = {
            "measure": np.full((*shape, len(self.measures)), np.nan),
            "value": np.full((*shape, len(self.players)), np.nan),
            "residual": np.full(shape, np.nan),
            "not_converged": np.zeros(shape, np.int64),
            "state": np.full(shape, BEYOND, np.int8),
            "reason": np.full(shape, -1, np.int16),
        }
        reasons: dict[str, int] = {}
        first = chunk * self.size
        for line, world in enumerate(range(first, min(first + self.size, len(self.worlds)))):
            self._solve_world(world, {name: one[line] for name, one in results.items()}, reasons)
        results["reasons"] = np.array(list(reasons), np.str_)
        return Done(results, time.perf_counter() - begun)

    def _solve_world(
        self, world: int, row: Mapping[str, np.ndarray], reasons: dict[str, int]
    ) -> None:
        """Fill one world's row of every array."""
        laid = replace(self.laid, drawn=self.worlds.drawn(world, self.assumptions))
        settings = self.worlds.settings(world, self.assumptions)
        for group in self.groups:
            places = [self.cases.index(name) for name in group]
            try:
                self._solve_group(Solve(group, 1.0, settings), places, laid, row)
            except Exception as error:  # whatever it is, the other worlds are worth having
                number = reasons.setdefault(reason_of(error), len(reasons))
                for name in ("measure", "value", "residual"):
                    row[name][places] = np.nan
                row["not_converged"][places] = 0
                row["state"][places] = FAILED
                row["reason"][places] = number

    def _solve_group(
        self, one: Solve, places: Sequence[int], laid: Laid, row: Mapping[str, np.ndarray]
    ) -> None:
        moulds = None if self.assumptions.mechanisms else self.moulds
        equilibrium, policy_game = solve_one(self.scenario, one, laid, moulds)
        for case, place in zip(one.cases, places, strict=True):
            found = propagate(
                equilibrium, start=case, policy_game=policy_game, measures=self.measures
            )
            row["measure"][place] = [found.measures[name] for name in self.measures]
            row["value"][place] = found.value
            row["residual"][place] = equilibrium.residual
            row["not_converged"][place] = equilibrium.n_unconverged
            row["state"][place] = SOLVED


def shared_solves(scenario: Scenario, cases: Sequence[str]) -> tuple[tuple[str, ...], ...]:
    """Group cases that differ in every world only in where they start or what they are given.

    They are told apart by what is written, not by what it comes to: two cases may happen to agree
    in one world and not in another.
    """
    if scenario.solver.beliefs == "history":  # a tree has one start
        return tuple((name,) for name in cases)
    groups: dict[str, list[str]] = {}
    for name in cases:
        decl = scenario.cases.get(name)
        policy = (decl.policy if decl else name) or ""
        bound = scenario.policies.get(policy)
        clauses = (bound.players, bound.secret) if bound else ({}, False)
        priors = {k: v for k, v in decl.start.items() if k in scenario.players} if decl else {}
        written = repr((clauses, sorted(decl.set.items()) if decl else [], priors))
        groups.setdefault(written, []).append(name)
    return tuple(map(tuple, groups.values()))


def reason_of(error: Exception) -> str:
    """Say in one line why a world could not be solved."""
    if isinstance(error, OfframpError):
        text = "; ".join(f"{one.code} {' '.join(one.message.split())}" for one in error.problems)
    else:
        text = " ".join(f"{type(error).__name__}: {error}".split())
    return text[:LONGEST_REASON]
