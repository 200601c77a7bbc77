"""How cases end, and how far that can be trusted."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from offramp.report.answers.base import Answer, Record, ScenarioHead, Share

__all__ = [
    "ActShare",
    "BeliefRow",
    "BranchAnswer",
    "CaseAnswer",
    "CertificateAnswer",
    "EndingRow",
    "GivenAnswer",
    "LivelinessRow",
    "MeasureRow",
    "PrecisionRow",
    "RunAnswer",
    "RungExitRow",
    "RungMoveRow",
    "RungRow",
]


class PrecisionRow(Record):
    """How sharply a player chooses: precision and the scale of payoffs mean something together."""

    player: str
    label: str
    precision: float | None = Field(description="Logit precision per payoff unit; null: exact.")
    payoff_range: float = Field(
        description="Highest less lowest payoff of a period, over all situations; where only acts "
        "and endings pay, of what one of them pays."
    )
    product: float | None = Field(description="Precision times payoff range.")
    taken: Share = Field(description="Chance to take the better of two acts that differ by 0.25.")


class ActShare(Record):
    """How often a player, of one type, takes an act when it moves at a stage."""

    stage: str
    player: str
    type: str | None = Field(description="null where the player has no types.")
    act: str
    share: Share = Field(description="Share of the player's choices at this stage, over all paths.")
    choices: float = Field(description="Expected number of choices at this stage.")
    bound: Share = Field(description="Share of these choices that the policy decided.")


class EndingRow(Record):
    """How likely play ends in one way."""

    ending: str
    chance: Share


class MeasureRow(Record):
    """One measure in one case."""

    measure: str
    label: str
    unit: str
    better: Literal["lower", "higher"] | None
    is_chance: bool = Field(description="Whether the value is a probability by its form.")
    value: float | None = Field(description="null: the event that it asks about never happens.")
    never: Share | None = Field(description="For time_to: chance that it never happens.")


class RungRow(Record):
    """How high it climbs in a period."""

    period: int
    rung: int
    chance: Share = Field(description="Chance that this is the highest rung anybody acts on then.")


class RungMoveRow(Record):
    """How play moves between rungs; rows with no chance are left out."""

    period: int
    before: int | None = Field(
        description="Highest rung acted on in the period before; null: on none, as before play."
    )
    rung: int | None = Field(description="Highest rung acted on in this period; null: on none.")
    chance: Share = Field(description="Chance of both.")


class RungExitRow(Record):
    """From where and how play ends; rows with no chance are left out."""

    period: int
    rung: int | None = Field(description="Highest rung acted on in that period; null: on none.")
    ending: str
    chance: Share = Field(description="Chance that play ends in that period and in this way.")


class BeliefRow(Record):
    """What one player believes of another being of a type."""

    observer: str
    player: str
    type: str
    start: Share = Field(description="Before play.")
    end_if_so: Share = Field(description="At the end, on average over paths on which it is so.")
    end_if_not: Share = Field(description="At the end, on average over the other paths.")


class LivelinessRow(Record):
    """The act of a player that hangs most on what is believed of another."""

    player: str = Field(description="Who replies.")
    about: str = Field(description="Whose type is believed.")
    stage: str
    act: str
    least: Share = Field(description="Share of its choices in which the act is taken, at least.")
    least_if: str = Field(description="The type of which everybody is then certain.")
    most: Share = Field(description="Share of its choices in which the act is taken, at most.")
    most_if: str = Field(description="The type of which everybody is then certain.")
    change: float = Field(description="`most` less `least`.")


class CertificateAnswer(Record):
    """How far an equilibrium can be trusted."""

    residual: float = Field(description="Largest |strategy - logit reply|.")
    loss: float = Field(
        description="Largest payoff lost at a point by the strategy, in payoff units."
    )
    off_grid: float | None = Field(
        description="Largest difference of a strategy from the reply with exact beliefs; null: "
        "beliefs are exact."
    )
    off_grid_loss: float | None = Field(description="What that loses at most, in payoff units.")
    refinement: float | None = Field(
        description="Largest change of a reply over the last refinement of the grid."
    )
    calibration: float | None = Field(
        description="At the end: share of a type less belief in it, weighed by reach; the largest."
    )
    not_converged: int = Field(description="Points that did not converge.")
    branched: Share = Field(description="Share of points where the branch in precision turned.")
    chance_error: float = Field(description="Largest |sum of chances - 1|.")
    holds: bool = Field(description="Whether all of it is within the solver's tolerances.")
    words: list[str] = Field(description="The same, in sentences.")


class BranchAnswer(Record):
    """One solution of a game that may have several."""

    principal: bool
    least: float = Field(description="Log probability of the least likely act of all.")
    endings: dict[str, float] = Field(description="Chance of each ending.")


class GivenAnswer(Record):
    """The event that selects a case's paths; nobody who plays knows that it is asked for."""

    event: str
    chance: Share = Field(description="Chance of the event, over all paths.")


class CaseAnswer(Record):
    """One case, solved and played forward.

    Where it is `given` an event, replies, endings, measures and the climb are those of the paths on
    which the event comes true; beliefs, liveliness and the certificate are those of all paths.
    """

    case: str
    policy: str
    given: GivenAnswer | None = Field(
        default=None, description="The event that the case is conditioned on; null: on none."
    )
    settings: int = Field(description="Settings of the mechanisms that the case is the mean of.")
    replies: list[ActShare]
    endings: list[EndingRow]
    measures: list[MeasureRow]
    climb: list[RungRow]
    moves: list[RungMoveRow] = Field(
        description="What enters a rung in a period leaves it in the next, or by an exit; empty "
        "where that was not followed."
    )
    exits: list[RungExitRow]
    beliefs: list[BeliefRow]
    liveliness: list[LivelinessRow]
    branches: list[BranchAnswer] = Field(
        description="With --all-branches: every solution found, the principal one first; empty "
        "where none were searched for, and in a mean over settings."
    )
    certificate: CertificateAnswer


class RunAnswer(Answer):
    """Answer of `offramp run`."""

    command: Literal["run"] = "run"
    scenario: ScenarioHead
    precision: list[PrecisionRow]
    cases: list[CaseAnswer]
    notes: list[str]
    seconds: float = Field(description="Wall time of solving, in seconds.")

    @property
    def replies(self) -> dict[str, list[ActShare]]:
        """What players do in each case."""
        return {one.case: one.replies for one in self.cases}
