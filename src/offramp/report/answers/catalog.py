"""What can be said without solving."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from offramp.report.answers.base import Answer, Record

__all__ = [
    "CheckAnswer",
    "ExportAnswer",
    "ListAnswer",
    "ListedScenario",
    "MemoryRow",
    "NewAnswer",
    "SizeRow",
]


class ListedScenario(Record):
    """One scenario that ships with offramp."""

    name: str
    title: str
    period: str = Field(description="Length and number of periods, in words.")
    players: list[str]
    cases: list[str] = Field(description="What `run` compares: every policy is a case.")
    views: list[str]


class ListAnswer(Answer):
    """Answer of `offramp list`."""

    command: Literal["list"] = "list"
    scenarios: list[ListedScenario]


class NewAnswer(Answer):
    """Answer of `offramp new`."""

    command: Literal["new"] = "new"
    file: str = Field(description="The file that was written.")


class SizeRow(Record):
    """How many public states stand before one stage."""

    stage: str
    states: int


class MemoryRow(Record):
    """What one use of memory costs."""

    use: str = Field(description="What is remembered, such as was(front) or did(friend.send, 1).")
    factor: float = Field(description="How many times more states there are because of it.")


class CheckAnswer(Answer):
    """Answer of `offramp check` when nothing is wrong."""

    command: Literal["check"] = "check"
    scenario: str
    file: str
    cases: list[str]
    sizes: list[SizeRow] = Field(
        description="Public states before each stage and at a period's end, in all cases together."
    )
    profiles: int = Field(description="Joint types of all players.")
    memory: list[MemoryRow]
    notes: list[str] = Field(description="What is no error, but worth knowing.")


class ExportAnswer(Answer):
    """Answer of `offramp export`."""

    command: Literal["export"] = "export"
    scenario: str
    case: str
    file: str
    information_sets: int
