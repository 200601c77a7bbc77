"""What drives a verdict over the worlds."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from offramp.report.answers.base import Answer, LimitRow, Record, RunHead, Share

__all__ = [
    "BoxRow",
    "DriverRow",
    "DriversAnswer",
    "IndexRow",
    "PeelRow",
    "SettingRow",
    "SwitchedMechanism",
]


class IndexRow(Record):
    """An index of importance and its bootstrap interval."""

    value: float
    low: float
    high: float


class DriverRow(Record):
    """How much the answer hangs on one assumption."""

    assumption: str
    delta: IndexRow = Field(description="Moment-independent index: 0 only where nothing hangs.")
    first: IndexRow = Field(description="Share of the variance that it accounts for by itself.")
    rank_correlation: float | None = Field(
        description="Whether higher values go with yes (above 0) or no; null for settings."
    )
    stands_out: bool = Field(description="Whether its delta is clearly above the dummy's.")


class SettingRow(Record):
    """How the answer comes out in the worlds of one setting."""

    assumption: str
    setting: str
    worlds: int
    holds: int = Field(description="Of them, in which it holds.")


class PeelRow(Record):
    """One step of the search for a box."""

    coverage: Share
    density: Share
    mass: Share
    restricted: int = Field(description="Assumptions that the box restricts.")


class BoxRow(Record):
    """A region of the assumptions in which the answer is nearly always the same."""

    of: Literal["fails", "holds"]
    limits: list[LimitRow]
    coverage: Share = Field(description="Of all such worlds, the share inside.")
    density: Share = Field(description="Of what lies inside, the share of such worlds.")
    mass: Share = Field(description="Of all worlds, the share inside.")
    worlds: int = Field(description="Inside.")
    such: int = Field(description="Of these, such worlds.")
    curve: list[PeelRow] = Field(description="From all worlds to the last box, peels then pastes.")
    chosen: int = Field(
        description="The box's place in the curve, before what does not matter was lifted."
    )


class SwitchedMechanism(Record):
    """What switching one mechanism does, all else being as it was drawn."""

    mechanism: str
    turned: int = Field(description="Worlds in which the switch turns the answer.")
    low: Share = Field(description="Sampling interval of their share.")
    high: Share


class DriversAnswer(Answer):
    """Answer of `offramp drivers`."""

    command: Literal["drivers"] = "drivers"
    run: RunHead
    question: str = Field(description="A sentence that holds or fails in each world.")
    holds: int
    fails: int
    undecided: int = Field(description="Or it does not arise, or was not solved.")
    indices_of: Literal["slack", "verdict"] = Field(
        description="verdict: the slack is infinite in some world."
    )
    told: int = Field(description="Worlds from which indices were estimated.")
    drivers: list[DriverRow] = Field(description="Most important first.")
    dummy: IndexRow | None = Field(description="Delta of an assumption without effect.")
    settings: list[SettingRow]
    boxes: list[BoxRow]
    switch_worlds: int = Field(description="Worlds in which each mechanism was switched.")
    switched: list[SwitchedMechanism] = Field(description="Most turns first.")
