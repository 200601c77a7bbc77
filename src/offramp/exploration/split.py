"""Assumed or earned: the difference between two cases, parted by what brings it about.

Against a case A, a measure m of a case B differs by

    m(B) - m(A) = direct + strategic + informational

- *direct*: B's acts, and everybody else's strategies as under A, in the situation as it is under A:
  what B itself sets (its start, and what its acts are sure to move) is read as it begins in A, or
  else strategies that say what would be done *if* would count as having been done anyway. Where B
  leaves a choice open that A's policy never does, it is made as under B: that is B's act too;
- *strategic*: the others reply anew, with beliefs frozen at the priors. It is measured where
  beliefs are frozen throughout, as what replying adds to B's acts there;
- *informational*: the rest, which is what acts reveal.

A measure of one case alone has no case to differ from: there, *direct* is what is left when nobody
who is free to choose minds what it brings (every precision 0).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import NamedTuple

from offramp.equilibrium import solve
from offramp.errors import GameError
from offramp.exploration.cases import Laid
from offramp.exploration.measured import Asked, Measured, measure_cases
from offramp.game import AsIf, Game, compile_game, plain_points
from offramp.outcomes import propagate
from offramp.scenario import Scenario, bind

__all__ = ["Parts", "SplitMeasures", "split_cases", "split_levels"]

OTHER_SITUATIONS = frozenset(
    {"G547", "G548", "G549"}
)  # strategies that say nothing of the other game
OPEN_CHOICE = "G544"  # they say nothing about a choice that it leaves open


class Parts(NamedTuple):
    """What a measure would be by the direct part alone, and what the others add to it."""

    direct: float
    strategic: float
    informational: float

    @property
    def total(self) -> float:
        """The whole difference."""
        return self.direct + self.strategic + self.informational


@dataclass(frozen=True)
class SplitMeasures:
    """Measures of cases, as they are and as they come about.

    Attributes:
        reference: The case that all others differ from; None where every case stands by itself.
        whole: As solved.
        direct: By the direct part alone. earned: direct and strategic part together.
    """

    reference: str | None
    whole: Mapping[str, Mapping[str, float]]
    direct: Mapping[str, Mapping[str, float]]
    earned: Mapping[str, Mapping[str, float]]

    def parts(self, measure: str, case: str) -> Parts:
        """Return the parts of a measure's difference from the reference case."""
        start = self.whole[self.reference][measure] if self.reference else 0.0
        direct, both = self.direct[case][measure], self.earned[case][measure]
        return Parts(direct - start, both - direct, self.whole[case][measure] - both)


def split_cases(
    scenario: Scenario,
    reference: str,
    others: Sequence[str],
    laid: Laid,
    settings: Mapping[str, str],
    whole: Measured,
    started: Callable[[str], None] = lambda name: None,
) -> SplitMeasures:
    """Split the measures of cases against a reference case.

    A case that the reference's strategies say nothing about (other priors, more periods, or a
    memory that its policy does not keep) is left out.

    Args:
        whole: The cases' measures as solved, the reference's among them.
    """
    frozen = replace(laid, learning=False)
    direct = {reference: dict(whole.values[reference])}
    earned = {reference: dict(whole.values[reference])}
    asked = {case: tuple(whole.values[case]) for case in others}
    unseen = {case: set_by(scenario, reference, case, laid, settings) for case in others}
    played = _played_as(scenario, reference, unseen, asked, laid, settings, started)
    unmoved = _played_as(scenario, reference, unseen, asked, frozen, settings, started)
    for case in others:
        if case not in played or case not in unmoved:
            continue
        replied = measure_cases(scenario, {case: asked[case]}, frozen, settings).values[case]
        direct[case] = played[case]
        earned[case] = {
            name: value + replied[name] - unmoved[case][name]
            for name, value in played[case].items()
        }
    return SplitMeasures(reference, whole.values, direct, earned)


def split_levels(
    scenario: Scenario,
    cases: Sequence[str],
    laid: Laid,
    settings: Mapping[str, str],
    whole: Measured,
    started: Callable[[str], None] = lambda name: None,
) -> SplitMeasures:
    """Split measures of cases that are compared with nothing but a number."""
    heedless = {f"{name}.precision": 0.0 for name in scenario.players}
    careless = replace(laid, parameters={**(laid.parameters or {}), **heedless})
    asked = {case: tuple(whole.values[case]) for case in cases}
    direct = measure_cases(scenario, asked, careless, settings, started)
    frozen = replace(laid, learning=False)
    earned = measure_cases(scenario, asked, frozen, settings, started)
    return SplitMeasures(None, whole.values, direct.values, earned.values)


def set_by(
    scenario: Scenario, reference: str, case: str, laid: Laid, settings: Mapping[str, str]
) -> AsIf:
    """Return what a case itself sets otherwise than a reference case, as it begins there.

    That is what starts otherwise, and what the acts named by differing clauses of the two policies
    are sure to move; those acts count as not having been taken.
    """
    mine, theirs = (
        bind(
            scenario,
            case=name,
            view=laid.view,
            parameters=laid.parameters,
            settings=settings,
            drawn=laid.drawn,
        )
        for name in (case, reference)
    )
    acts = {
        (clause.player, act)
        for one, other in ((mine, theirs), (theirs, mine))
        for clause in set(one.policy.clauses) - set(other.policy.clauses)
        for act in (clause.play, *clause.never, *(name for name, _ in clause.mix))
        if act is not None
    }
    moved = {
        effect.variable
        for stage in mine.stages
        for mover in stage.movers
        for action in mover.actions
        if (mover.player, action.name) in acts
        for effect in action.effects
        if effect.chance is None and effect.variable is not None
    }
    levels = {}
    for name, lottery in theirs.start.levels.items():
        if name in moved or lottery != mine.start.levels[name]:
            levels[name] = max(lottery, key=lambda entry: entry[1])[0]
    return AsIf(levels, frozenset(acts))


def _played_as(
    scenario: Scenario,
    reference: str,
    others: Mapping[str, AsIf],
    asked: Asked,
    laid: Laid,
    settings: Mapping[str, str],
    started: Callable[[str], None],
) -> dict[str, dict[str, float]]:
    """Return the measures of cases in which everybody else plays as in the reference case."""
    started(reference)
    compiled: Callable[..., Game] = partial(
        compile_game,
        scenario,
        view=laid.view,
        parameters=laid.parameters,
        settings=settings,
        drawn=laid.drawn,
        grid=laid.grid or plain_points(bind(scenario, case=reference, view=laid.view)),
        learning=laid.learning,
    )
    equilibrium = solve(compiled(case=reference, meeting=others))
    found = {}
    for case, as_if in others.items():
        game = compiled(case=case)
        play = partial(
            propagate,
            equilibrium,
            start=case,
            policy_game=game,
            as_if=as_if,
            measures=asked[case],
        )
        try:
            outcomes = play()
        except GameError as error:
            codes = {one.code for one in error.problems}
            if codes <= OTHER_SITUATIONS:
                continue
            if codes != {OPEN_CHOICE}:
                raise
            outcomes = play(otherwise=solve(game))
        found[case] = dict(outcomes.measures)
    return found
