"""What still holds when assumptions are taken away."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from offramp.report.answers.base import Answer, Record, ScenarioHead
from offramp.report.answers.claims import VerdictName

__all__ = [
    "AuditAnswer",
    "AuditedClaim",
    "CommonRow",
    "MirroredRow",
    "MovedStartRow",
    "SwitchedRow",
]


class CommonRow(Record):
    """A measure that differs between cases though no mechanism is in force."""

    measure: str
    lowest: str = Field(description="The case in which it is lowest.")
    low: float
    highest: str
    high: float


class AuditedClaim(Record):
    """A claim with assumptions taken away."""

    claim: str
    verdicts: dict[str, VerdictName] = Field(
        description="All absent, all rival, and under each view's own settings."
    )
    everywhere: bool = Field(description="Whether it holds in all of them: by structure.")


class SwitchedRow(Record):
    """A single mechanism set otherwise, that makes a claim hold under a view."""

    view: str
    claim: str
    mechanism: str
    setting: str


class MovedStartRow(Record):
    """A start level moved by one."""

    variable: str
    level: str
    changed: dict[str, VerdictName] = Field(description="Claims whose verdict it changes.")


class MirroredRow(Record):
    """A claim and its mirror."""

    claim: str
    here: VerdictName
    mirror: str
    there: VerdictName


class AuditAnswer(Answer):
    """Answer of `offramp audit`."""

    command: Literal["audit"] = "audit"
    scenario: ScenarioHead
    common: list[CommonRow] = Field(description="(a) Granted by both camps.")
    claims: list[AuditedClaim] = Field(description="(a), (b), (c).")
    needed: list[SwitchedRow] = Field(description="(c) What a view's claim would need besides.")
    relabelled: float | None = Field(
        description="(d) Largest change of a measure under other names; null: nothing was renamed."
    )
    renamed: int = Field(description="Players and actions that were given other names.")
    moved: list[MovedStartRow] = Field(description="(e) Start levels moved by one.")
    mirror: str | None = Field(description="(f) The mirror case, if there is one.")
    mirrored: list[MirroredRow]
    holds: bool = Field(description="Whether other names change no number, all that can fail.")
