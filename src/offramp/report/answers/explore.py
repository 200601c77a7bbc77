"""Policies in many worlds."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from offramp.report.answers.base import Answer, Record, ScenarioHead

__all__ = [
    "DrawnRow",
    "ExploreAnswer",
    "GridEffectRow",
    "GridTrialRow",
    "UnsolvedRow",
    "WorldGridAnswer",
    "WorldVerdictRow",
    "WorldsRow",
]


class DrawnRow(Record):
    """One assumption that worlds draw."""

    name: str
    kind: Literal["number", "setting", "start"]
    among: str = Field(description="The range, or the choices with their chances.")


class WorldsRow(Record):
    """A measure of one case, or a player's value, over the worlds in which it arises."""

    case: str
    quantity: str = Field(description="A measure, or value(PLAYER).")
    is_chance: bool = Field(description="Whether the value is a probability by its form.")
    p10: float | None = Field(description="In a tenth of the worlds it is lower; null: never.")
    p50: float | None
    p90: float | None
    mean: float | None


class WorldVerdictRow(Record):
    """A claim over the worlds in which every case that it compares was solved."""

    claim: str
    says: str
    counter: str | None
    worlds: int = Field(description="In which it could be judged.")
    holds: int = Field(description="Of them.")
    fails: int
    undecided: int
    low: float = Field(description="Sampling interval of the share in which it holds.")
    high: float
    verdict: Literal["holds", "fails", "depends"] = Field(
        description="At 90 % of the weight, with the interval's near end above 80 %."
    )


class UnsolvedRow(Record):
    """Worlds that could not be solved, for one reason but for the numbers that it names."""

    reason: str = Field(description="In the first of them.")
    cases: list[str]
    worlds: list[int] = Field(description="Numbers of the worlds, from 0.")


class GridTrialRow(Record):
    """A belief grid that was tried for the worlds."""

    grid: int = Field(description="Points a side.")
    share: float | None = Field(
        description="Largest effect on a measure, as a share of its margin; null: a measure arises "
        "on one grid only."
    )


class GridEffectRow(Record):
    """What the world grid does to a measure in the sampled worlds."""

    measure: str
    by_ratio: bool = Field(description="Whether effect and margin are of the logarithm.")
    margin: float = Field(description="Smallest of the claims that read it.")
    effect: float | None = Field(description="Largest, in any world and case.")


class WorldGridAnswer(Record):
    """How the belief grid of the worlds was chosen."""

    default: int = Field(description="Points a side of the scenario's own grid.")
    worlds: int = Field(description="Worlds in which the effect was measured.")
    trials: list[GridTrialRow]
    effects: list[GridEffectRow] = Field(description="None where the scenario's own grid is kept.")
    margin_unread: float = Field(description="Margin of measures that no claim reads.")


class ExploreAnswer(Answer):
    """Answer of `offramp explore`."""

    command: Literal["explore"] = "explore"
    scenario: ScenarioHead
    folder: str | None = Field(description="Where the run is kept; null: nowhere.")
    go_on: str | None = Field(description="The command that goes on; null where nothing is left.")
    worlds: int = Field(description="Worlds of the design.")
    done: int = Field(description="Worlds that are there now.")
    already: int = Field(description="Worlds that were there before.")
    mended: list[int] = Field(description="Chunks that were damaged and have been computed again.")
    design: Literal["sobol", "lhs"]
    seed: int
    grid: int | None = Field(description="Belief points a side; null: the scenario's own.")
    world_grid: WorldGridAnswer | None = Field(description="How it was chosen, by --grid auto.")
    drawn: list[DrawnRow]
    not_drawn: list[str] = Field(description="Parameters without a range, or that are settled.")
    rows: list[WorldsRow]
    verdicts: list[WorldVerdictRow] = Field(description="Each followed by its counter-claim.")
    unsolved: list[UnsolvedRow]
    residual: float | None = Field(description="Largest |strategy - logit reply|.")
    not_converged: int = Field(description="Points that did not converge, in all solves.")
    worlds_not_converged: int = Field(description="Worlds that have such points.")
    seconds: float = Field(description="Wall time, in seconds.")

    @property
    def finished(self) -> bool:
        """Whether all worlds are there."""
        return self.done == self.worlds

    @property
    def holds(self) -> bool:
        """Whether everything that was begun was solved and converged."""
        return not self.unsolved and not self.not_converged
