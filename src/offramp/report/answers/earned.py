"""What claims stand on over the worlds of a run."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from offramp.report.answers.base import Answer, Record, ScenarioHead

__all__ = ["EarnedAnswer", "EarnedClaimRow", "EarnedComparisonRow", "LabelCounts", "MeanRow"]


class LabelCounts(Record):
    """In how many worlds a verdict stands on what."""

    assumed: int = Field(description="By the acts alone, or by a mechanism.")
    strategic: int = Field(description="It needs the others' replies.")
    informational: int = Field(description="It needs what acts reveal.")
    undecided: int = Field(description="There is no verdict.")
    not_split: int = Field(description="The cases are too different to be parted.")


class MeanRow(Record):
    """A mean over worlds."""

    mean: float | None = Field(description="Null where it arises in no world.")
    low: float | None = Field(description="Sampling interval; null for less than two worlds.")
    high: float | None


class EarnedComparisonRow(Record):
    """One comparison of a claim over worlds."""

    text: str
    worlds: int = Field(description="In which it is finite and could be split: those of the means.")
    whole: MeanRow = Field(description="Slack: by how much one side exceeds the other.")
    direct: MeanRow
    strategic: MeanRow
    informational: MeanRow
    labels: LabelCounts = Field(description="By its parts alone.")


class EarnedClaimRow(Record):
    """A claim over worlds."""

    claim: str
    says: str
    counter: str | None
    worlds: int = Field(description="In which it was split.")
    holds: int = Field(description="Of them.")
    fails: int
    labels: LabelCounts
    assumed_by: list[str] = Field(
        description="Mechanisms that it rests on and that shift the chance of what it measures; "
        "by them all its verdicts are assumed."
    )
    comparisons: list[EarnedComparisonRow]


class EarnedAnswer(Answer):
    """Answer of `offramp earned`."""

    command: Literal["earned"] = "earned"
    scenario: ScenarioHead
    folder: str
    there: int = Field(description="Worlds that the run holds.")
    draws: str | None = Field(default=None, description="Checksum of the run's draws.")
    worlds: list[int] = Field(description="Numbers of those that were split: its first ones.")
    claims: list[EarnedClaimRow] = Field(description="Each followed by its counter-claim.")
    left_out: list[str] = Field(description="Claims that compare a case which the run has not.")
    miss: float = Field(description="Largest miss of the parts' sum from the whole, in any world.")
    unsolved: int = Field(description="Worlds in which some claim could not be split.")
    reason: str | None = Field(description="Why, in the first of these.")

    @property
    def holds(self) -> bool:
        """Whether everything could be split."""
        return not self.unsolved
