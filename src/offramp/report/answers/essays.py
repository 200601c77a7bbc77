"""Essays and their claims; mechanisms and where they are used."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from offramp.report.answers.base import Answer, Record
from offramp.report.answers.claims import LabelName, VerdictName

__all__ = [
    "AssumptionRow",
    "DisagreementRow",
    "EssayAnswer",
    "EssayClaimRow",
    "EssaysAnswer",
    "ListedEssay",
    "ListedMechanism",
    "MechanismAnswer",
    "MechanismParameter",
    "MechanismSide",
    "MechanismsAnswer",
    "NewEssayAnswer",
    "ParagraphRow",
    "RoleRow",
    "StepRow",
    "TestedClaim",
]


class ListedEssay(Record):
    """One essay that ships with offramp."""

    id: str
    kind: Literal["essay", "counter-essay"]
    answers: str | None
    about: str = Field(description="The scenario that tests it.")
    heading: str
    author: str
    date: str


class EssaysAnswer(Answer):
    """Answer of `offramp essay` without an id."""

    command: Literal["essays"] = "essays"
    essays: list[ListedEssay] = Field(description="By date, each before its counter-essay.")


class NewEssayAnswer(Answer):
    """Answer of `offramp essay new`."""

    command: Literal["essay new"] = "essay new"
    file: str = Field(description="The file that was written.")


class ParagraphRow(Record):
    """A paragraph and what became of it."""

    paragraph: str
    says: str
    claims: list[str]
    mechanisms: list[str] = Field(description="`~name`: the mechanism's rival.")
    out_of_scope: str | None


class StepRow(Record):
    """One step of the argument."""

    says: str
    holds: list[str]
    because: list[str]
    through: list[str]
    needs: list[str] = Field(description="Drawn.")
    stated: bool


class AssumptionRow(Record):
    """What the argument takes for granted."""

    id: str
    says: str
    stated: str
    if_false: str
    carries_weight: bool


class TestedClaim(Record):
    """A claim of a scenario and its verdict."""

    claim: str
    says: str
    verdict: VerdictName | None = Field(description="In the base world; null: not computed.")
    label: LabelName | None = Field(description="What the verdict stands on.")


class EssayClaimRow(Record):
    """A claim of an essay, as tested, beside its counter-claim."""

    claim: str
    says: str
    test: str = Field(description="The comparison in words.")
    tested: list[TestedClaim] = Field(description="In the scenario that the essay is about.")
    against: str = Field(description="The same as the other side would state it.")
    counter: list[TestedClaim]
    fate: list[str] = Field(description="What happened since, in a word or two.")
    since: str = Field(description="What happened since.")
    why_untested: str | None


class DisagreementRow(Record):
    """What two essays see otherwise."""

    other: str
    mechanisms: list[str] = Field(description="Asserted by one, and their rival by the other.")
    claims: list[str] = Field(description="Claims of the other that answer claims of this one.")


class EssayAnswer(Answer):
    """Answer of `offramp essay ID`."""

    command: Literal["essay"] = "essay"
    essay: ListedEssay
    outlet: str
    title: str
    thesis: str
    abstract: str
    paragraphs: list[ParagraphRow]
    steps: list[StepRow]
    assumptions: list[AssumptionRow]
    claims: list[EssayClaimRow]
    verdicts: str = Field(description="Where the verdicts come from, or why there are none.")
    disagreements: list[DisagreementRow]


class ListedMechanism(Record):
    """One mechanism of the library."""

    name: str
    says: str
    rival: str | None
    where: list[str] = Field(description="Paragraphs of essays that assert it.")
    used_by: list[str] = Field(description="Shipped scenarios that use it.")


class MechanismsAnswer(Answer):
    """Answer of `offramp mechanisms` without a name."""

    command: Literal["mechanisms"] = "mechanisms"
    mechanisms: list[ListedMechanism]


class RoleRow(Record):
    """A place that a scenario fills."""

    role: str
    kind: str
    levels: int | None = Field(description="Levels that a variable needs at least.")
    note: str | None


class MechanismParameter(Record):
    """A number of a mechanism."""

    parameter: str
    value: float | str | None
    low: float | str | None
    high: float | str | None
    unit: str
    source: str | None


class MechanismSide(Record):
    """A mechanism under one setting."""

    name: str
    says: str
    sources: list[str]
    note: str | None
    parameters: list[MechanismParameter]
    does: list[str] = Field(description="What it shifts, pays, forbids, sets or adds, in words.")


class MechanismAnswer(Answer):
    """Answer of `offramp mechanisms NAME`."""

    command: Literal["mechanism"] = "mechanism"
    mechanism: ListedMechanism
    roles: list[RoleRow]
    ties: dict[str, str] = Field(description="Mechanisms that are the same switch.")
    asserted: MechanismSide
    rival: MechanismSide | None
