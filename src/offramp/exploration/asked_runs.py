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
from offramp.exploration.questions import Question, does_it_hold
from offramp.exploration.runs import Run
from offramp.exploration.shares import FAILS, HOLDS, UNDECIDED
from offramp.exploration.verdicts import claims_by_world, judge_claim

__all__ = [
    "AskedWorlds",
    "ask_claim",
    "ask_worlds",
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
        KeyError: The scenario has no such claim.
    """
    claims = claims_by_world(run)

    def question(place: int) -> Question:
        claim = claims(place)[name]
        return does_it_hold(claim, asked_by(run.scenario, [claim]))

    one = judge_claim(run, name)
    return AskedWorlds(one.claim.decl.says, one.verdict, one.clearance, question)


def ask_worlds(run: Run, question: Question) -> AskedWorlds:
    """Ask the same of every world: which of two cases is better, or whether one keeps a limit."""
    slack = np.array([question.slack(run.lookup(place)) for place in range(len(run.world))])
    is_so = np.array([question.is_so(one) for one in slack])
    open_ = np.isnan(slack) | ((slack == 0) & ~is_so)
    verdict = np.where(is_so, HOLDS, np.where(open_, UNDECIDED, FAILS))
    return AskedWorlds(question.says, verdict, slack, lambda place: question)
