"""What one must believe."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from offramp.report.answers.base import Answer, LimitRow, Record, RunHead, Share

__all__ = ["BelieveAnswer", "BelievedPolicy", "ConditionRow"]


class ConditionRow(Record):
    """A conjunction of assumptions under which a policy is nearly always best."""

    limits: list[LimitRow]
    worlds: int = Field(description="Of all worlds, how many satisfy it.")
    best: int = Field(description="Of these, in how many the policy is best.")
    tried: int = Field(description="Of them, worlds that the search had not seen.")
    tried_best: int


class BelievedPolicy(Record):
    """What one must believe for one policy to be best."""

    case: str
    answer: Literal["found", "none found", "everywhere", "nowhere"] = Field(
        description="everywhere: best in nearly all worlds. nowhere: in none. none found: in some, "
        "but no conjunction that was tried is borne out."
    )
    worlds: int = Field(description="In which the question arises.")
    best: int = Field(description="Of these, in which it is best.")
    conditions: list[ConditionRow]


class BelieveAnswer(Answer):
    """Answer of `offramp believe`."""

    command: Literal["believe"] = "believe"
    run: RunHead
    by: str = Field(description="A measure, or value(PLAYER).")
    better: Literal["lower", "higher"]
    purity: Share = Field(description="Share of the satisfying worlds that must be best.")
    margin: float = Field(description="By which a policy must be no worse than the best.")
    policies: list[BelievedPolicy]
    left_out: list[str] = Field(description="Cases of the run that are no choices.")
