"""Essays: what each argues, its chain, its claims beside their counter-claims, and its opponents.

Verdicts are not computed here. They are kept beside the scenario that an essay is about
(`NAME.claims.json`, written by `offramp claims NAME --keep`), and shown only as long as they belong
to the scenario as it is.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from pydantic import ValidationError

from offramp import __version__
from offramp.report.answers import (
    AssumptionRow,
    ClaimsAnswer,
    DisagreementRow,
    EssayAnswer,
    EssayClaimRow,
    EssaysAnswer,
    ListedEssay,
    ParagraphRow,
    StepRow,
    TestedClaim,
)
from offramp.scenario import Scenario, bind, load_scenario
from offramp.scenario.beside import find_beside
from offramp.scenario.essays import (
    EssayClaim,
    EssayDecl,
    claim_register,
    list_essays,
    load_essay,
    rival_of,
    scenario_claims,
    shipped_essays,
)

__all__ = ["Kept", "describe_essay", "describe_essays", "kept_verdicts"]

KEPT = "claims.json"  # what stands beside a scenario once its claims have been judged


class Kept(NamedTuple):
    """Verdicts that stand beside a scenario, and what is to be said of them."""

    answer: ClaimsAnswer | None
    told: str


def describe_essays() -> EssaysAnswer:
    """Return all shipped essays, by date, each before its counter-essay."""
    essays = shipped_essays()
    return EssaysAnswer(
        offramp=__version__, essays=[_listed(essays[name]) for name in list_essays()]
    )


def describe_essay(id_or_path: str) -> EssayAnswer:
    """Return what an essay argues, and how its claims stand.

    Raises:
        ScenarioError: There is no such essay, or its file is wrong.
    """
    essay = load_essay(id_or_path)
    scenario = load_scenario(essay.about)
    kept = kept_verdicts(essay.about, scenario)
    register = {**claim_register(), **essay.claims}
    return EssayAnswer(
        offramp=__version__,
        essay=_listed(essay),
        outlet=essay.outlet,
        title=essay.title,
        thesis=essay.thesis,
        abstract=essay.abstract,
        paragraphs=[
            ParagraphRow(
                paragraph=name,
                says=one.says,
                claims=list(one.claims),
                mechanisms=list(one.mechanisms),
                out_of_scope=one.out_of_scope,
            )
            for name, one in essay.paragraphs.items()
        ],
        steps=[
            StepRow(
                says=step.says,
                holds=list(step.holds),
                because=list(step.because),
                through=list(step.through),
                needs=list(step.needs),
                stated=step.stated,
            )
            for step in essay.steps
        ],
        assumptions=[
            AssumptionRow(
                id=name,
                says=one.says,
                stated=one.stated,
                if_false=one.if_false,
                carries_weight=name in essay.weight,
            )
            for name, one in essay.assumptions.items()
        ],
        claims=[
            _claim_row(name, register.get(name), scenario, kept.answer)
            for name in essay.claims_named()
        ],
        verdicts=kept.told,
        disagreements=_disagreements(essay, register),
    )


def kept_verdicts(about: str, scenario: Scenario, where: Path | None = None) -> Kept:
    """Return the verdicts that are kept beside a scenario, if they belong to it as it is.

    Args:
        about: The scenario by name or file, as a command would have it.
        where: Its file, if that is somewhere else.
    """
    again = f"`offramp claims {about} --keep` computes them"
    text = find_beside(where or about, KEPT)
    if text is None:
        return Kept(None, f"No verdicts are kept of {about}: {again}.")
    try:
        answer = ClaimsAnswer.model_validate_json(text)
    except ValidationError:
        return Kept(None, f"The verdicts kept of {about} cannot be read: {again} anew.")
    if answer.scenario.hash != bind(scenario).scenario_hash:
        told = f"The verdicts kept of {about} belong to an earlier version of it: {again} anew."
        return Kept(None, told)
    draws = f", {answer.draws} draws" if answer.draws else ""
    return Kept(answer, f"Verdicts: {about}, base world{draws}, offramp {answer.offramp}.")


def _listed(essay: EssayDecl) -> ListedEssay:
    return ListedEssay(
        id=essay.id,
        kind=essay.kind,
        answers=essay.answers,
        about=essay.about,
        heading=essay.heading,
        author=essay.author,
        date=essay.date,
    )


def _claim_row(
    name: str, told: EssayClaim | None, scenario: Scenario, kept: ClaimsAnswer | None
) -> EssayClaimRow:
    mine = scenario_claims(scenario, name)
    tested = [one for one in mine if not _answers_another(one, mine, scenario)]
    counters = [scenario.claims[one].counter for one in tested]
    if told is None:  # a claim of the scenario itself, named by a reader's own essay
        decl = scenario.claims[name]
        comparison = decl.holds if isinstance(decl.holds, tuple) else ("the same, within a margin",)
        return EssayClaimRow(
            claim=name,
            says=decl.says,
            test=" and ".join(comparison),
            tested=[_tested(one, scenario, kept) for one in tested],
            against=scenario.claims[decl.counter].says if decl.counter else "",
            counter=[_tested(one, scenario, kept) for one in counters if one],
            fate=[],
            since="",
            why_untested=None,
        )
    return EssayClaimRow(
        claim=name,
        says=told.says,
        test=told.test,
        tested=[_tested(one, scenario, kept) for one in tested],
        against=told.against,
        counter=[_tested(one, scenario, kept) for one in dict.fromkeys(counters) if one],
        fate=list(told.record.fate),
        since=told.record.says,
        why_untested=told.untested if not tested else None,
    )


def _answers_another(name: str, mine: tuple[str, ...], scenario: Scenario) -> bool:
    """Whether a claim of the same id is the counter-claim of one listed before it."""
    before = mine[: mine.index(name)]
    return any(scenario.claims[one].counter == name for one in before)


def _tested(name: str, scenario: Scenario, kept: ClaimsAnswer | None) -> TestedClaim:
    row = next((one for one in kept.claims if one.claim == name), None) if kept else None
    return TestedClaim(
        claim=name,
        says=scenario.claims[name].says,
        verdict=row.base if row else None,
        label=row.label if row else None,
    )


def _disagreements(essay: EssayDecl, register: dict[str, EssayClaim]) -> list[DisagreementRow]:
    """Return, for every shipped essay, what it sees otherwise than this one."""
    mine = essay.mechanisms_named()
    answers = {
        other for name in essay.claims_named() if name in register
        for other in register[name].answered_by
    }  # fmt: skip
    found = []
    for name in list_essays():
        if name == essay.id:
            continue
        other = shipped_essays()[name]
        theirs = other.mechanisms_named()
        mechanisms = [one for one in mine if _contrary(one) in theirs]
        claims = [claim for claim in other.claims if claim in answers]
        if mechanisms or claims:
            found.append(DisagreementRow(other=name, mechanisms=mechanisms, claims=claims))
    return found


def _contrary(name: str) -> str:
    bare, is_rival = rival_of(name)
    return bare if is_rival else f"~{bare}"
