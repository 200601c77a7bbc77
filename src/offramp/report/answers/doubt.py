"""Policies under doubt."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from offramp.report.answers.base import Answer, Record, RunHead, Share

__all__ = ["ConflictRow", "DoubtAnswer", "DoubtedPolicy", "GainRow", "WorthRow"]


class DoubtedPolicy(Record):
    """How one policy fares over the worlds."""

    case: str
    mean: float
    best: Share = Field(description="Share of the weight in which it is best; equals share.")
    mean_regret: float = Field(description="How much worse than the best of the same world.")
    high_regret: float = Field(description="Exceeded in at most a tenth of the weight.")
    greatest_regret: float
    worst: float
    worst_world: int = Field(description="Number of the world in which the worst occurs.")
    seldom_worse: float = Field(description="In nine tenths of the weight it is no worse.")
    satisfices: Share | None = Field(description="Share that reaches the threshold, if one is set.")
    undominated: Share | None = Field(
        description="Share in which no other policy beats it in all measures of the frontier; "
        "null: fewer than two measures have a direction."
    )
    on_frontier: bool | None = Field(description="The same of the means over all worlds.")


class GainRow(Record):
    """What a policy brings a player, against the reference policy."""

    case: str
    player: str
    gains: Share = Field(description="Share of the weight in which the player's value rises.")
    loses: Share
    mean: float = Field(description="Mean change, in the player's payoff units.")


class ConflictRow(Record):
    """Two measures, and how often one choice is not best by both."""

    one: str
    other: str
    conflict: Share = Field(description="Share in which no policy is best by both.")


class WorthRow(Record):
    """What it would be worth to know one assumption before choosing."""

    assumption: str
    estimate: float = Field(description="In units of what policies are judged by.")
    cautious: float = Field(description="By rules found in some worlds and tried in others.")
    chance_high: float = Field(description="What the estimate seldom exceeds by chance.")
    stands_out: bool


class DoubtAnswer(Answer):
    """Answer of `offramp doubt`."""

    command: Literal["doubt"] = "doubt"
    run: RunHead
    by: str = Field(description="A measure, or value(PLAYER).")
    is_chance: bool = Field(description="Whether it is a probability by its form.")
    better: Literal["lower", "higher"]
    threshold: float | None
    compared: int = Field(description="Worlds in which every policy has a value.")
    policies: list[DoubtedPolicy]
    left_out: list[str] = Field(description="Cases of the run that are no choices.")
    reference: str = Field(description="Policy that gains and losses are counted from.")
    gains: list[GainRow]
    not_gauged: list[str] = Field(description="Cases whose payoffs are in units of their own.")
    frontier: list[str] = Field(description="Measures of the frontier.")
    conflicts: list[ConflictRow]
    chosen: str = Field(description="Policy of the best mean: what one would choose unknowing.")
    worth: list[WorthRow] = Field(description="Most first.")
    everything: float = Field(description="Worth of knowing the world itself.")
