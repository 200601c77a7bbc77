"""What divides two camps."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from offramp.report.answers.base import Answer, Record, ScenarioHead

__all__ = ["CruxAnswer", "DirectionRow", "DividingRow", "ExchangeRow"]


class ExchangeRow(Record):
    """Drawn whose exchange turns a camp's verdict."""

    assumptions: list[str]
    slack: float
    smallest: bool = Field(description="Whether no proper subset does it, all having been tried.")


class DirectionRow(Record):
    """What it takes for one camp to come to the other's verdict."""

    view: str = Field(description="The camp that gives way.")
    exchanges: list[ExchangeRow] = Field(description="Smallest first.")
    tried_up_to: int = Field(description="All sets of up to so many assumptions were tried.")
    rest: int = Field(description="Differing assumptions that are in none of them.")
    rest_slack: float | None = Field(description="With all those exchanged together.")
    rest_turns: bool


class DividingRow(Record):
    """An assumption that the camps settle differently."""

    assumption: str
    first: str = Field(description="As the first view has it, numbers that go along included.")
    second: str
    first_moves: float | None = Field(
        description="By how much its exchange alone moves the slack under the first view."
    )
    second_moves: float | None
    share: float | None = Field(description="Its Shapley share of the gap, if asked for.")
    error: float | None = Field(description="Standard error of that; 0 where exact.")


class CruxAnswer(Answer):
    """Answer of `offramp crux`."""

    command: Literal["crux"] = "crux"
    scenario: ScenarioHead
    question: str
    between: list[str] = Field(description="The two views.")
    slack: list[float | None] = Field(
        description="By how much it is so under each of them; negative where it is not."
    )
    disputed: bool
    assumptions: list[DividingRow]
    directions: list[DirectionRow]
    orders: int = Field(description="Drawn for the shares, reverses included; 0 if exact or none.")
    judged: int = Field(description="Mixtures of the two views that were solved.")
