"""Classic models beside their theories."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from offramp.report.answers.base import Answer, Record
from offramp.report.answers.runs import BranchAnswer

__all__ = ["CanonAnswer", "ModelAnswer", "QuantityRow", "StaticAnswer"]


class QuantityRow(Record):
    """One quantity that a theory speaks of, as published and as it comes out."""

    quantity: str
    published: float | str | None = Field(description="null: nothing is published for this.")
    value: float | str | None = Field(
        description="What it tends to along the theory's sequence, or a word; null: it has none."
    )
    here: float | str | None = Field(description="The same at the scenario's own precision.")
    difference: float | None = Field(description="Distance from what is published.")
    tolerance: float
    error: float | None = Field(description="Of the extrapolation; null: nothing is extrapolated.")
    rate: Literal["exponential", "reciprocal", "none"] = Field(
        description="How the theory says that the distance to the limit falls."
    )
    order: float | None = Field(
        description="By which power of two it fell at the last doubling; null: below what can be "
        "told, or not asked."
    )
    as_expected: bool | None = Field(
        description="Whether that fits the rate at which the theory expects it to fall; null: no "
        "limit is taken."
    )
    tie: str | None = Field(description="The tie that decides it, and by what rule.")
    verdict: Literal["passes", "fails", "not compared"]


class StaticAnswer(Record):
    """The sign of what raising a parameter does to a quantity."""

    quantity: str
    parameter: str
    low: float
    high: float
    points: int
    sign: Literal["+", "-", "0"] = Field(description="As published.")
    signs: list[str] = Field(description="At each precision; `?`: neither rises nor falls only.")
    precisions: list[float]
    limit: str | None = Field(
        description="In the limit; null where the theory speaks of stated precisions."
    )
    verdict: Literal["passes", "fails"]


class ModelAnswer(Record):
    """A scenario held against the theory beside it."""

    model: str
    title: str
    number: int
    concept: str
    reference: list[str]
    relation: str
    set: dict[str, float | str] = Field(description="Values given by --set.")
    branch: Literal["principal", "mixed"] = Field(description="Which solution was followed.")
    other_branch: bool = Field(
        description="Whether the theory speaks of another solution, which --all-branches finds."
    )
    unmet: list[str] = Field(description="What the theorem needs and the numbers do not give.")
    sequence: list[float] = Field(description="Values of the parameter that the limit is taken in.")
    rows: list[QuantityRow]
    statics: list[StaticAnswer]
    replies: dict[str, dict[str, float]] = Field(
        description="At the scenario's own precision: probability of each act, by information "
        "set; empty where beliefs are not kept on histories."
    )
    endings: dict[str, float] = Field(
        description="Chance of each ending, at the scenario's own precision."
    )
    branches: list[BranchAnswer] = Field(
        description="With --all-branches: every solution found at the scenario's own precision."
    )
    residual: float = Field(description="Largest miss of a logit in anything that was solved.")
    not_converged: int = Field(description="Solves that did not converge.")
    solved: int = Field(description="Games that were solved.")
    seconds: float
    holds: bool = Field(description="Whether nothing fails.")


class CanonAnswer(Answer):
    """Answer of `offramp canon`."""

    command: Literal["canon"] = "canon"
    models: list[ModelAnswer]

    @property
    def holds(self) -> bool:
        """Whether no model fails."""
        return all(model.holds for model in self.models)
