"""What would change an answer, one assumption at a time."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from offramp.report.answers.base import Answer, Record, ScenarioHead, Share

__all__ = [
    "ChoiceRow",
    "FlipRow",
    "FlipsAnswer",
    "IndicesAnswer",
    "MovedRow",
    "SobolRow",
    "SwitchedChoiceRow",
    "YesNo",
]

YesNo = Literal["so", "not so", "does not arise"]


class FlipRow(Record):
    """A place in a number's range at which the answer turns."""

    value: float = Field(description="Of the number; of a jump the middle of the bracket.")
    low: float = Field(description="The closest values tried, between which it turns.")
    high: float
    kind: Literal["crossing", "jump", "undefined"] = Field(
        description="The slack passes through zero, leaps over it, or does not arise in between."
    )
    so_above: bool = Field(description="Whether it is so above the place, and not below.")
    distance: float = Field(
        description="From where the number stands, as a share of its range (of the range's "
        "logarithm if it is drawn so)."
    )


class MovedRow(Record):
    """A number, moved over its range by itself."""

    assumption: str
    base: float
    low: float
    high: float
    log: bool = Field(description="Whether it is drawn and tried over the logarithm.")
    at_low: YesNo
    at_high: YesNo
    slack_low: float | None = Field(description="Null where infinite or where there is none.")
    slack_high: float | None
    flips: list[FlipRow] = Field(description="Nearest first; none is an answer.")
    tried: int = Field(description="Values that were tried.")
    not_arising: int = Field(description="Of them, where the question did not arise.")
    unsolved: int = Field(description="Of those, where nothing could be solved.")
    reason: str | None = Field(description="Why the first of these could not be.")


class ChoiceRow(Record):
    """Another choice of an assumption, tried by itself."""

    choice: str
    verdict: YesNo
    slack: float | None
    flips: bool = Field(description="Whether it turns the answer.")


class SwitchedChoiceRow(Record):
    """A mechanism, a start level or a number from a list."""

    assumption: str
    kind: Literal["list", "setting", "start"]
    base: str = Field(description="Where it stands; of a start lottery all its levels.")
    choices: list[ChoiceRow]
    unsolved: int = Field(description="Of them, where nothing could be solved.")
    reason: str | None = Field(description="Why the first of these could not be.")


class SobolRow(Record):
    """Share of the slack's variance over worlds that an assumption accounts for."""

    assumption: str
    first: float = Field(description="By itself.")
    first_low: float = Field(description="Bootstrap interval.")
    first_high: float
    total: float = Field(description="By itself and with others together.")
    total_low: float
    total_high: float


class IndicesAnswer(Record):
    """Sobol' indices of the slack, by a Saltelli design."""

    rows: int = Field(description="Of the design.")
    used: int = Field(description="Rows in all of whose worlds there is a finite slack.")
    worlds: int = Field(description="Solved for it.")
    confidence: Share | None = Field(description="Of the intervals; null: no indices.")
    seed: int
    indices: list[SobolRow] = Field(description="Largest total first; none if under eight rows.")
    unsolved: int = Field(description="Worlds that could not be solved.")
    reason: str | None = Field(description="Why the first of these could not be.")


class FlipsAnswer(Answer):
    """Answer of `offramp flips`."""

    command: Literal["flips"] = "flips"
    scenario: ScenarioHead
    question: str
    verdict: YesNo = Field(description="In the base world, or under the view.")
    slack: float | None = Field(
        description="By how much it is so there; negative where it is not; null where infinite or "
        "where there is none."
    )
    numbers: list[MovedRow] = Field(description="Nearest flip first.")
    switches: list[SwitchedChoiceRow] = Field(description="Those that turn the answer first.")
    sobol: IndicesAnswer | None
    solved: int = Field(description="Worlds solved, the base world among them.")
    residual: float = Field(description="Largest miss of a logit in anything that was solved.")
    not_converged: int = Field(description="Points that did not converge, in all solves together.")

    @property
    def holds(self) -> bool:
        """Whether everything that was solved converged."""
        return not self.not_converged
