"""Answers: what each command says, as records with documented keys.

A command computes its answer once; `--json` prints it, `layout.py` writes it as tables and
sentences, `files.py` as CSV. The JSON Schema of an answer comes from these models, so that what is
documented, what is validated and what is printed cannot part ways.
"""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

__all__ = [
    "ANSWERS",
    "ActShare",
    "Answer",
    "BeliefRow",
    "BranchAnswer",
    "CanonAnswer",
    "CaseAnswer",
    "CertificateAnswer",
    "CheckAnswer",
    "EndingRow",
    "ExportAnswer",
    "ListAnswer",
    "ListedScenario",
    "LivelinessRow",
    "MeasureRow",
    "MemoryRow",
    "ModelAnswer",
    "NewAnswer",
    "PrecisionRow",
    "ProblemAnswer",
    "ProblemRow",
    "QuantityRow",
    "RateRow",
    "RatesAnswer",
    "RunAnswer",
    "RungRow",
    "ScenarioHead",
    "SizeRow",
    "StaticAnswer",
    "SweepAnswer",
    "SweptAxis",
    "SweptPoint",
    "SweptQuantity",
    "SwitchRow",
    "WhyAct",
    "WhyAnswer",
    "WhyBelief",
    "WhyTerm",
]

Share = float  # a probability in [0, 1]


class Record(BaseModel):
    """Base of all parts of an answer: fixed once made, no key that is not declared."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


class Answer(Record):
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


class ScenarioHead(Record):
    """Which scenario was solved, and with what laid over it."""

    name: str
    title: str
    period: str
    hash: str = Field(description="Hash of the file and of everything laid over it.")
    view: str | None
    set: dict[str, float | str] = Field(description="Values given by --set.")
    grid: int | None = Field(description="Belief points a side, if given by --grid.")


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


class CaseAnswer(Record):
    """One case, solved and played forward."""

    case: str
    policy: str
    settings: int = Field(description="Settings of the mechanisms that the case is the mean of.")
    replies: list[ActShare]
    endings: list[EndingRow]
    measures: list[MeasureRow]
    climb: list[RungRow]
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
    limit: str = Field(description="In the limit.")
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


class RateRow(Record):
    """One event beside what history suggests."""

    event: str
    per: Literal["period", "ever", "event"] = Field(description="What the rate is a share of.")
    low: Share = Field(description="Lower end of the reference range.")
    high: Share = Field(description="Upper end of the reference range.")
    source: str
    base: float | None = Field(description="In the base world.")
    low_precision: float | None = Field(description="With every precision at its low end.")
    high_precision: float | None = Field(description="With every precision at its high end.")
    p10: float | None = Field(description="10 % of the drawn worlds lie below.")
    p50: float | None
    p90: float | None
    verdict: Literal["in range", "passes", "misses", "absurd", "never happens"]


class RatesAnswer(Answer):
    """Answer of `offramp rates`."""

    command: Literal["rates"] = "rates"
    scenario: ScenarioHead
    case: str
    worlds: int
    seed: int
    rates: list[RateRow]
    liveliness: list[LivelinessRow]


class WhyTerm(Record):
    """What one payoff term makes an act worth; all parts of all terms sum to the act's worth."""

    term: str
    paid: float = Field(description="At once, in payoff units of the period.")
    later: float = Field(description="From then on, if nobody learnt anything from the act.")
    learnt: float = Field(description="More or less than that, because of what others learn.")


class WhyAct(Record):
    """One act that is open to the player."""

    act: str
    chance: Share
    worth: float = Field(description="Action value Q, in payoff units of the period.")
    terms: list[WhyTerm]
    reveals: float = Field(description="The part of the worth that comes through what is learnt.")


class WhyBelief(Record):
    """What an observer is expected to believe after an act."""

    act: str
    observer: str
    believed: str = Field(description="A type, as player.type.")
    before: Share
    after: Share


class SwitchRow(Record):
    """A smallest change that would make another act the likeliest."""

    by: Literal["payment", "term"] = Field(description="What would have to change.")
    change: str = Field(description="In words, to follow an 'if'.")
    to: str = Field(description="The act that would then be the likeliest.")


class WhyAnswer(Answer):
    """Answer of `offramp why`."""

    command: Literal["why"] = "why"
    scenario: ScenarioHead
    case: str
    player: str
    type: str | None = Field(description="null where the player has no types.")
    period: int = Field(description="From 1.")
    stage: str
    state: dict[str, str] = Field(description="Levels of the variables, and what is remembered.")
    beliefs: dict[str, Share] = Field(description="Reference belief, by player.type.")
    is_bound: bool = Field(description="Whether the policy decides, not the player.")
    acts: list[WhyAct]
    after: list[WhyBelief]
    switches: list[SwitchRow]


class ExportAnswer(Answer):
    """Answer of `offramp export`."""

    command: Literal["export"] = "export"
    scenario: str
    case: str
    file: str
    information_sets: int


ANSWERS: dict[str, type[Answer]] = {
    "canon": CanonAnswer,
    "check": CheckAnswer,
    "export": ExportAnswer,
    "list": ListAnswer,
    "new": NewAnswer,
    "problems": ProblemAnswer,
    "rates": RatesAnswer,
    "run": RunAnswer,
    "sweep": SweepAnswer,
    "why": WhyAnswer,
}
