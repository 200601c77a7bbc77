"""Why a player replies as it does."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from offramp.report.answers.base import Answer, Record, ScenarioHead, Share

__all__ = ["SwitchRow", "WhyAct", "WhyAnswer", "WhyBelief", "WhyTerm"]


class WhyTerm(Record):
    """What one payoff term makes an act worth; all parts of all terms sum to the act's worth."""

    term: str
    paid: float = Field(description="At once, in payoff units of the period.")
    later: float = Field(description="From then on, if nobody learnt anything from the act.")
    learnt: float = Field(description="More or less than that, because of what others learn.")


class WhyAct(Record):
    """One act that is open to the player."""

    act: str
    chance: Share
    worth: float = Field(description="Action value Q, in payoff units of the period.")
    terms: list[WhyTerm]
    reveals: float = Field(description="The part of the worth that comes through what is learnt.")


class WhyBelief(Record):
    """What an observer is expected to believe after an act."""

    act: str
    observer: str
    believed: str = Field(description="A type, as player.type.")
    before: Share
    after: Share


class SwitchRow(Record):
    """A smallest change that would make another act the likeliest."""

    by: Literal["payment", "term"] = Field(description="What would have to change.")
    change: str = Field(description="In words, to follow an 'if'.")
    to: str = Field(description="The act that would then be the likeliest.")


class WhyAnswer(Answer):
    """Answer of `offramp why`."""

    command: Literal["why"] = "why"
    scenario: ScenarioHead
    case: str
    player: str
    type: str | None = Field(description="null where the player has no types.")
    period: int = Field(description="From 1.")
    stage: str
    state: dict[str, str] = Field(description="Levels of the variables, and what is remembered.")
    beliefs: dict[str, Share] = Field(description="Reference belief, by player.type.")
    is_bound: bool = Field(description="Whether the policy decides, not the player.")
    acts: list[WhyAct]
    after: list[WhyBelief]
    switches: list[SwitchRow]
