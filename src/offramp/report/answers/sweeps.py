"""One or two numbers moved over a range."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from offramp.report.answers.base import Answer, Record, ScenarioHead

__all__ = ["SweepAnswer", "SweptAxis", "SweptPoint", "SweptQuantity"]


class SweptAxis(Record):
    """What a sweep moves."""

    name: str
    log: bool = Field(description="Whether neighbours have equal ratios.")


class SweptQuantity(Record):
    """What a sweep asks at every point."""

    name: str
    label: str
    unit: str
    better: Literal["lower", "higher"] | None
    is_chance: bool = Field(description="Whether the value is a probability by its form.")


class SweptPoint(Record):
    """One case, solved at one point."""

    at: list[float | str] = Field(description="Where each axis stands, in the axes' order.")
    case: str
    values: list[float | None] = Field(
        description="One per quantity, in their order; null: the question does not arise."
    )
    residual: float = Field(description="Largest |strategy - logit reply|.")
    not_converged: int = Field(description="Points that did not converge.")


class SweepAnswer(Answer):
    """Answer of `offramp sweep`."""

    command: Literal["sweep"] = "sweep"
    scenario: ScenarioHead
    axes: list[SweptAxis]
    quantities: list[SweptQuantity]
    points: list[SweptPoint]
    seconds: float = Field(description="Wall time of solving, in seconds.")

    @property
    def holds(self) -> bool:
        """Whether every point converged."""
        return all(point.not_converged == 0 for point in self.points)
