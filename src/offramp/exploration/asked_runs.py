"""Questions put to the worlds of a run, and the answer in every world.

A choice is a case that somebody could choose: a policy, or a case that names one and nothing else.
A case that sets numbers or a start is another world, and one that is given an event is a part of
the paths of another case; neither is compared with the rest unless it is named.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from offramp.exploration.claims import asked_by
from offramp.exploration.questions import Question, does_it_hold, is_it_better, is_it_kept
from offramp.exploration.robustness import Better
from offramp.exploration.runs import Run
from offramp.exploration.shares import FAILS, HOLDS, UNDECIDED
from offramp.exploration.verdicts import claims_by_world, judge_worlds

__all__ = [
    "AskedWorlds",
    "ask_claim",
    "ask_lead",
    "ask_limit",
    "choices",
    "has_own_units",
    "measure_of",
    "value_of",
]


@dataclass(frozen=True)
class AskedWorlds:
    """A question and its answer in every world.

    Attributes:
        says: The question as a sentence that may hold.
        verdict: `HOLDS`, `FAILS` or `UNDECIDED`; undecided too where a case was not solved.
        slack: Positive where it holds, and by how much; NaN where it does not arise.
        question: The same question, to be put to a world that is solved anew; by its place.
    """

    says: str
    verdict: Int[np.ndarray, "world"]
    slack: Float[np.ndarray, "world"]
    question: Callable[[int], Question]


def choices(run: Run) -> tuple[str, ...]:
    """Return the cases of a run that somebody could choose."""
    declared = run.scenario.cases
    return tuple(
        name
        for name in run.cases
        if name not in declared
        or not (declared[name].set or declared[name].start or declared[name].given)
    )


def has_own_units(run: Run, case: str) -> bool:
    """Return whether a case sets numbers, so that its payoffs may be in units of its own."""
    declared = run.scenario.cases.get(case)
    return declared is not None and bool(declared.set)


def measure_of(run: Run, measure: str, cases: Sequence[str]) -> Float[np.ndarray, "world case"]:
    """Return a measure in some of the cases, NaN where it does not arise."""
    return np.column_stack([run.of(measure, case) for case in cases])


def value_of(run: Run, player: str, cases: Sequence[str]) -> Float[np.ndarray, "world case"]:
    """Return a player's expected payoff in some of the cases, NaN where they were not solved."""
    places = [run.cases.index(case) for case in cases]
    return run.value[:, places, run.players.index(player)]


def ask_claim(run: Run, name: str) -> AskedWorlds:
    """Ask whether a claim holds: the slack is what its weakest comparison clears.

    Raises:
        ValueError: The scenario has no such claim, or the run lacks a case that it compares.
    """
    claims = claims_by_world(run)
    for one in judge_worlds(run):
        if one.claim.name == name:

            def question(place: int) -> Question:
                claim = claims(place)[name]
                return does_it_hold(claim, asked_by(run.scenario, [claim]))

            return AskedWorlds(one.claim.decl.says, one.verdict, one.clearance, question)
    raise ValueError(f"no claim '{name}' can be judged in this run")


def ask_lead(run: Run, measure: str, one: str, other: str, better: Better) -> AskedWorlds:
    """Ask whether one case is better than another by a measure."""
    lower = better == "lower"
    lead = (run.of(measure, other) - run.of(measure, one)) * (1.0 if lower else -1.0)
    verdict = np.where(lead > 0, HOLDS, np.where(lead < 0, FAILS, UNDECIDED))
    asked = is_it_better(measure, one, other, lower=lower)
    return AskedWorlds(asked.says, verdict, lead, lambda place: asked)


def ask_limit(run: Run, measure: str, case: str, limit: float, better: Better) -> AskedWorlds:
    """Ask whether a case keeps a measure within a limit; at the limit it does."""
    lower = better == "lower"
    room = (limit - run.of(measure, case)) * (1.0 if lower else -1.0)
    verdict = np.where(room >= 0, HOLDS, np.where(np.isnan(room), UNDECIDED, FAILS))
    asked = is_it_kept(measure, case, limit, lower=lower)
    return AskedWorlds(asked.says, verdict, room, lambda place: asked)
