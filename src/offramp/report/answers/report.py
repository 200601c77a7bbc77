"""A report that was written."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from offramp.report.answers.base import Answer, ScenarioHead

__all__ = ["IndexAnswer", "ReportAnswer"]


class ReportAnswer(Answer):
    """Answer of `offramp report`."""

    command: Literal["report"] = "report"
    scenario: ScenarioHead
    file: str = Field(description="The page that was written.")
    brief: str | None = Field(description="The brief that was written along, if one was asked for.")
    bytes: int = Field(description="Size of the page.")
    worlds: int = Field(description="Worlds that it holds; 0 for none.")
    cards: list[str] = Field(description="Displays that it holds, in their order.")


class IndexAnswer(Answer):
    """Answer of `offramp index`."""

    command: Literal["index"] = "index"
    file: str = Field(description="The page that was written.")
    essays: list[str] = Field(description="Essays that it shows, each before its counter-essay.")
    reports: dict[str, str] = Field(description="Reports that it links, by scenario.")
