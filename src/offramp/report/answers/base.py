"""What every answer is made of, and what a wrong file is answered with."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from offramp.notebook import Shown

__all__ = [
    "Answer",
    "LimitRow",
    "ProblemAnswer",
    "ProblemRow",
    "Record",
    "RunHead",
    "ScenarioHead",
    "Share",
]

Share = float  # a probability in [0, 1]


class Record(BaseModel):
    """Base of all parts of an answer: fixed once made, no key that is not declared."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


class Answer(Record, Shown):
    """What every answer carries."""

    offramp: str = Field(description="Version of offramp that gave the answer.")


class ProblemRow(Record):
    """One problem of a file."""

    code: str = Field(description="Code of the problem; docs/reference/errors.md has its text.")
    severity: Literal["error", "warning"]
    file: str | None = Field(description="File, if the problem stands in one.")
    line: int | None = Field(description="Line, from 1.")
    column: int | None = Field(description="Column, from 1.")
    path: str = Field(description="Path inside the scenario, such as payoffs.navy.danger.")
    found: str = Field(description="What is wrong.")
    hint: str = Field(description="What was probably meant, or nothing.")
    fix: str = Field(description="How to mend it.")


class ProblemAnswer(Answer):
    """Given by every command when its input is bad (exit code 2)."""

    command: Literal["problems"] = "problems"
    problems: list[ProblemRow] = Field(description="Every problem found, in file order.")


class ScenarioHead(Record):
    """Which scenario was solved, and with what laid over it."""

    name: str
    title: str
    period: str
    hash: str = Field(description="Hash of the file and of everything laid over it.")
    view: str | None
    set: dict[str, float | str] = Field(description="Values given by --set.")
    grid: int | None = Field(description="Belief points a side, if given by --grid.")


class RunHead(Record):
    """Which worlds an answer is about."""

    scenario: ScenarioHead
    folder: str
    worlds: int = Field(description="Worlds that are there.")
    of: int = Field(description="Worlds of the design.")
    seed: int

    @property
    def words(self) -> str:
        """Which worlds are meant, as a sentence would say it."""
        there = f"{self.worlds:,}" if self.worlds == self.of else f"{self.worlds:,} of {self.of:,}"
        what = "world" if self.of == 1 else "worlds"
        return f"{there} {what} of {self.folder}, drawn with seed {self.seed}."


class LimitRow(Record):
    """A restriction of one assumption; of a number, ends that still belong to it."""

    assumption: str
    low: float | None = Field(description="null: not restricted below, or no number.")
    high: float | None
    settings: list[str] = Field(description="Those allowed; empty for a number.")
    quasi_p: float | None = Field(
        default=None, description="Chance to see as many such worlds without the restriction."
    )
    rule: str = Field(description="The restriction as it would be said of the assumption.")

    @property
    def words(self) -> str:
        """The restriction as a sentence would have it."""
        return f"{self.assumption} {self.rule}"
