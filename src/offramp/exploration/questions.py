"""What a scenario is asked: whether a claim holds, or which of two cases is better.

The answer in one world is a *slack*: positive where it is so, negative where it is not, NaN where
the question does not arise.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import numpy as np

from offramp.errors import OfframpError, Problem, RunError, closest
from offramp.exploration.cases import Laid
from offramp.exploration.claims import asked_by
from offramp.exploration.jobs import reason_of
from offramp.exploration.measured import Asked, measure_cases
from offramp.game import Moulds
from offramp.scenario import Scenario, bind
from offramp.scenario.claims import Claim, Comparison, read_claims

__all__ = [
    "Judged",
    "Question",
    "Wording",
    "clears",
    "does_it_hold",
    "is_it_better",
    "is_it_kept",
    "judge_world",
    "read_question",
    "refuse_needless",
    "refuse_same",
    "refuse_unknown",
]

LEAST_SLACK = 1e-9  # nearer to zero is zero: two solves agree no better, and rounding has a sign

Lookup = Callable[[str, str], float]
"""A measure in a case."""

Slack = Callable[[Lookup], float]


@dataclass(frozen=True)
class Question:
    """What is asked.

    Attributes:
        asked: The measures that have to be known.
        slack: Positive where it is so, negative where it is not, zero where a difference is within
            what solving leaves. Must be fit to be sent to other processes.
        says: The same as a sentence.
        at_zero: Whether a slack of zero is so, as where a limit is kept that is just reached.
    """

    asked: Asked
    slack: Slack
    says: str
    at_zero: bool = False

    def is_so(self, slack: float) -> bool:
        """Return whether a slack says yes; what does not arise (NaN) does not."""
        return slack > 0 or (self.at_zero and slack == 0)


class Wording(NamedTuple):
    """A question by name: one claim, or two cases compared by a measure.

    Attributes:
        measure: None is the first that has a direction.
    """

    claim: str | None = None
    policies: tuple[str, str] | None = None
    measure: str | None = None


class Judged(NamedTuple):
    """The answer in one world, and how far it can be trusted.

    Attributes:
        slack: NaN where the question does not arise, or where the world could not be solved.
        residual: Largest |strategy - logit reply| of its solves.
        n_unconverged: Points that did not converge, in all of them.
        reason: Why it could not be solved; empty where it was.
    """

    slack: float
    residual: float
    n_unconverged: int
    reason: str = ""


def does_it_hold(claim: Claim, asked: Asked) -> Question:
    """Ask whether a claim holds: by how much its weakest comparison clears what it asks for."""
    return Question(asked, partial(clears, claim.comparisons), claim.decl.says)


def clears(comparisons: Sequence[Comparison], measured: Lookup) -> float:
    """Return by how much the weakest comparison clears what it asks for; NaN where one is open."""
    # one that does not arise leaves the claim open, in whatever order they stand
    return _told(float(np.min([one.clearance(measured) for one in comparisons])))


def is_it_better(measure: str, one: str, other: str, *, lower: bool) -> Question:
    """Ask whether one case is better than another by a measure, and by how much."""
    asked = dict.fromkeys((one, other), (measure,))
    direction = "lower" if lower else "higher"
    says = f"{one} is better than {other} by {measure} ({direction})."
    return Question(asked, partial(_lead, measure, one, other, -1.0 if lower else 1.0), says)


def _lead(measure: str, one: str, other: str, sign: float, measured: Lookup) -> float:
    return _told(sign * (measured(measure, one) - measured(measure, other)))


def _told(slack: float) -> float:
    return 0.0 if abs(slack) < LEAST_SLACK else slack


def is_it_kept(measure: str, case: str, limit: float, *, lower: bool) -> Question:
    """Ask whether a case keeps a measure within a limit, and what room is left; at it, it does."""
    sign = -1.0 if lower else 1.0
    says = f"{case} keeps {measure} at {'most' if lower else 'least'} {limit:g}."
    return Question({case: (measure,)}, partial(_room, measure, case, limit, sign), says, True)


def _room(measure: str, case: str, limit: float, sign: float, measured: Lookup) -> float:
    return _told(sign * (measured(measure, case) - limit))


def read_question(scenario: Scenario, wording: Wording, laid: Laid) -> Question:
    """Return what is asked by name; numbers in a claim are read as they are laid.

    Raises:
        RunError: A claim, case or measure is not declared, or it is not clear what is asked.
    """
    claim, policies, measure = wording
    if (claim is None) == (policies is None):
        raise RunError(
            Problem(
                code="R618",
                path="--claim",
                message="one thing must be asked: a claim, or two policies.",
                fix="give --claim NAME, or --policies A B (and --measure M).",
            )
        )
    if claim is not None:
        refuse_needless(measure)
        refuse_unknown("claim", claim, list(scenario.claims), "--claim")
        values = bind(scenario, view=laid.view, parameters=laid.parameters, drawn=laid.drawn)
        [found] = [one for one in read_claims(scenario, values.parameters) if one.name == claim]
        return does_it_hold(found, asked_by(scenario, [found]))
    assert policies is not None
    directed = {name: decl for name, decl in scenario.measures.items() if decl.better}
    name = measure or next(iter(directed), "")
    refuse_unknown("measure with a direction", name, list(directed), "--measure")
    for case in policies:
        refuse_unknown("case", case, [*scenario.policies, *scenario.cases], "--policies")
    refuse_same(policies)
    return is_it_better(name, *policies, lower=directed[name].better == "lower")


def refuse_same(policies: tuple[str, str]) -> None:
    """Raise RunError if a case is to be compared with itself."""
    if policies[0] == policies[1]:
        raise RunError(
            Problem(
                code="R645",
                path="--policies",
                message=f"'{policies[0]}' is compared with itself.",
                fix="name two.",
            )
        )


def refuse_needless(measure: str | None) -> None:
    """Raise RunError if a measure is given beside a claim, which names its own."""
    if measure is not None:
        raise RunError(
            Problem(
                code="R646",
                path="--measure",
                message=f"'{measure}' is given beside a claim, which says itself what it compares.",
                fix="leave one of the two away.",
            )
        )


def refuse_unknown(kind: str, name: str, known: Sequence[str], path: str) -> None:
    """Raise if a name stands for nothing that is known.

    Args:
        path: The word of the command line where it was given.

    Raises:
        RunError: It does not.
    """
    if name not in known:
        near = closest(name, known)
        fix = f"write '{near}'." if near else f"there are: {', '.join(known)}."
        raise RunError(
            Problem(
                code="R619",
                path=path,
                message=f"'{name}' is no {kind}." if name else f"there is no {kind}.",
                fix=fix if known else f"ask something that needs no {kind}, or declare one.",
            )
        )


def judge_world(
    scenario: Scenario,
    wording: Wording,
    laid: Laid,
    settings: Mapping[str, str],
    moulds: Moulds | None = None,
) -> Judged:
    """Solve what a question compares in one world, and answer it there.

    A world that cannot be solved, as where a chance comes to more than one, has its reason.

    Args:
        laid: What the world draws stands in its `drawn`.
        settings: Of mechanisms; those left out have their base setting.
        moulds: As in `compile_game`; worlds that share them must have the same settings.
    """
    try:
        question = read_question(scenario, wording, laid)
        measured = measure_cases(scenario, question.asked, laid, settings, moulds=moulds)
    except OfframpError as error:
        return Judged(float("nan"), 0.0, 0, reason_of(error))
    return Judged(question.slack(measured), measured.residual, measured.n_unconverged)
