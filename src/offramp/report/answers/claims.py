"""Claims beside their counter-claims."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from offramp.report.answers.base import Answer, Record, ScenarioHead, Share

__all__ = ["ClaimRow", "ClaimsAnswer", "ComparisonRow", "VerdictName"]

VerdictName = Literal["holds", "fails", "undecided"]
LabelName = Literal["assumed", "strategic", "informational", "undecided", "not split"]


class ComparisonRow(Record):
    """One comparison of a claim."""

    text: str
    slack: float | None = Field(
        description="By how much the side that is to be greater exceeds the other; of a ratio, "
        "the logarithm; null where the question does not arise."
    )
    error: float | None = Field(description="Standard error of its mean over drawn settings.")
    label: LabelName
    direct: float | None = Field(description="Slack by the acts alone, replies as they were.")
    strategic: float | None = Field(description="What replies add, with beliefs frozen.")
    informational: float | None = Field(description="What is learnt adds.")


class ClaimRow(Record):
    """A claim and how it stands."""

    claim: str
    says: str
    source: str | None
    counter: str | None = Field(description="The claim that says the contrary.")
    rests_on: list[str]
    base: VerdictName = Field(description="In the base world, or under the view.")
    asserted: VerdictName = Field(description="With every mechanism asserted.")
    rival: VerdictName = Field(description="With every mechanism at its rival.")
    mean: VerdictName | None = Field(
        description="Of the mean measures over drawn settings; null: none were drawn."
    )
    holds_in: Share | None = Field(description="Share of the drawn settings in which it holds.")
    fails_in: Share | None
    label: LabelName = Field(description="What the verdict of the base world stands on.")
    assumed_by: list[str] = Field(
        description="Mechanisms that it rests on and that shift the chance of what it measures."
    )
    comparisons: list[ComparisonRow]


class ClaimsAnswer(Answer):
    """Answer of `offramp claims`."""

    command: Literal["claims"] = "claims"
    scenario: ScenarioHead
    cases: list[str] = Field(description="Cases that the claims compare.")
    draws: int = Field(description="Combinations of asserted and rival mechanisms drawn.")
    exact: bool = Field(description="Whether those are all there are.")
    draw_grid: int | None = Field(
        description="Points a side of the belief grid in the draws and in the split into parts."
    )
    seed: int
    claims: list[ClaimRow] = Field(description="Each followed by its counter-claim.")
    residual: float = Field(description="Largest miss of a logit in anything that was solved.")
    not_converged: int = Field(description="Points that did not converge, in all solves together.")

    @property
    def holds(self) -> bool:
        """Whether everything that was solved converged."""
        return not self.not_converged
