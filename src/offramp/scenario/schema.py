"""What a person writes: pydantic models of a scenario file and of a campaign.

The models say which entries there are and of what form. What names mean, and rules that look at
the whole file, are left to `names.py`, `views.py` and `check.py`. Short forms (one player at a
stage, a policy's `{first: send}`, a single level as a start) are spelled out on the way in, so
that everything behind this module meets one form only.

Numbers stand as written: a number, or the text of an expression of parameters.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import (
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    PrivateAttr,
    SerializerFunctionWrapHandler,
    Tag,
    model_serializer,
    model_validator,
)
from pydantic_core import PydanticCustomError

from offramp.errors import Problem
from offramp.scenario.forms import (
    Amount,
    ByForm,
    Condition,
    Count,
    GridSize,
    LevelName,
    Lottery,
    Mapped,
    Model,
    Names,
    Other,
    Positive,
    Setting,
    SettingOrWeights,
    Size,
    Text,
    as_list,
    none_as_empty,
    one_or_list,
)
from offramp.scenario.parse import Document

__all__ = [
    "ActionDecl",
    "BundleDecl",
    "Campaign",
    "CaseDecl",
    "ClaimDecl",
    "ClauseDecl",
    "Content",
    "Distribution",
    "EffectDecl",
    "EndingDecl",
    "Family",
    "MeasureDecl",
    "MechanismDecl",
    "ParameterDecl",
    "PayoffsDecl",
    "PeriodDecl",
    "PhaseDecl",
    "PlayerDecl",
    "PolicyDecl",
    "Quantiles",
    "RecordDecl",
    "RivalDecl",
    "RoleDecl",
    "Scenario",
    "Setting",
    "SolverDecl",
    "StageDecl",
    "TypeDecl",
    "UseDecl",
    "VariableDecl",
    "ViewDecl",
]


class PeriodDecl(Model):
    """The length of a period, how many there are, and what the last state counts beyond them."""

    unit: Text
    count: Size  # or `forever`
    tail: Amount = 0.0
    final_period: Annotated[int, Field(ge=1, strict=True)] | None = None


def _optional_value(schema: dict[str, Any]) -> None:
    schema["required"].remove("value")  # `one_of` can stand for it


class ParameterDecl(Model):
    """An uncertain number: value, range, unit, source."""

    model_config = ConfigDict(json_schema_extra=_optional_value)

    value: Amount
    range: tuple[Amount, Amount] | None = None
    one_of: dict[float, Amount] | None = None
    scale: Literal["linear", "log"] = "linear"
    unit: Text
    source: Text | None = None
    note: Text | None = None
    label: Text | None = None

    @model_validator(mode="before")
    @classmethod
    def _fill_base_value(cls, raw: Any) -> Any:
        """Take the weighted mean of `one_of` as base value where none is given."""
        if isinstance(raw, dict) and "value" not in raw:
            mean = _mean(raw.get("one_of"))
            return raw if mean is None else {**raw, "value": mean}
        return raw


def _mean(one_of: Any) -> float | None:
    """Return the mean of values by their weights, where all are plain numbers."""
    if not isinstance(one_of, dict):
        return None
    try:
        pairs = [(float(value), float(weight)) for value, weight in one_of.items()]
    except (TypeError, ValueError):
        return None
    total = sum(weight for _, weight in pairs)
    return sum(value * weight for value, weight in pairs) / total if total > 0 else None


class BundleDecl(Model):
    """Parameters that are drawn together, with a rank correlation between each two of them."""

    parameters: Names
    rank_correlation: Annotated[float, Field(ge=-1, le=1)]
    note: Text | None = None


class Family(Model):
    """A range of numbers: levels of a variable, or members of a family of actions."""

    from_: Annotated[Amount, Field(alias="from")]
    to: Amount
    step: Amount = 1.0


class VariableDecl(Model):
    """A public, ordered variable; levels lowest first."""

    label: Text = ""
    levels: Annotated[Annotated[Family, Mapped] | Annotated[tuple[LevelName, ...], Other], ByForm]
    start: Lottery
    note: Text | None = None


class TypeDecl(Model):
    """A private type: its prior weight and the parameters that it sets."""

    prior: Amount = 1.0
    set: dict[str, Amount] = Field(default_factory=dict)
    label: Text = ""


class Distribution(Model):
    """The distribution that types are quantiles of.

    `uniform` between `low` and `high`; `normal` and `lognormal` by `mean` and `sd`, or with `low`
    and `high` as their 5 % and 95 % points.
    """

    distribution: Literal["uniform", "normal", "lognormal"]
    low: Amount | None = None
    high: Amount | None = None
    mean: Amount | None = None
    sd: Amount | None = None


class Quantiles(Model):
    """K equally likely types, q1 to qK, at the middles of K equal parts of a distribution."""

    quantiles: Size
    of: Distribution
    set: str


def _quantiles_or_not(value: Any) -> str:
    is_generated = isinstance(value, Quantiles) or (
        isinstance(value, dict) and "quantiles" in value
    )
    return "quantiles" if is_generated else "listed"


Types: TypeAlias = Annotated[
    Annotated[dict[str, TypeDecl], Tag("listed")] | Annotated[Quantiles, Tag("quantiles")],
    Discriminator(_quantiles_or_not),
]


class PlayerDecl(Model):
    """A strategic actor, or a hidden fact (`nature`: types, no actions)."""

    label: Text = ""
    role: Text | None = None
    precision: Amount | None = None
    discount: Amount = 1.0
    per: Text | None = None
    types: Types = Field(default_factory=dict)
    believed_by: dict[str, dict[str, Amount]] = Field(default_factory=dict)
    note: Text | None = None


class EffectDecl(Model):
    """One declared change; `at` stands only in mechanisms and names the stage it joins."""

    name: Text | None = None
    at: Text | None = None
    when: Condition | None = None
    chance: Amount | None = None
    per: Text | None = None
    move: Text | None = None
    by: Amount | None = None
    set: Text | None = None
    to: Amount | None = None
    redraw: Text | None = None
    pays: dict[str, Amount] = Field(default_factory=dict)
    then: tuple[EffectDecl, ...] = ()
    else_: Annotated[tuple[EffectDecl, ...], Field(alias="else")] = ()

    @model_validator(mode="after")
    def _check_form(self) -> EffectDecl:
        changes = [w for w in ("move", "set", "redraw") if getattr(self, w) is not None]
        if len(changes) > 1:
            raise PydanticCustomError("contradiction", _several(changes))
        for word, partner in (("move", "by"), ("set", "to")):
            if (getattr(self, word) is None) != (getattr(self, partner) is None):
                raise PydanticCustomError(
                    "contradiction", f"`{word}` and `{partner}` belong together; one is missing"
                )
        if self.per is not None and self.chance is None:
            raise PydanticCustomError(
                "contradiction",
                "`per` says how long a chance is meant for; this effect has no `chance`",
            )
        if not changes and not self.pays and not self.then and not self.else_:
            raise PydanticCustomError(
                "contradiction",
                "the effect does nothing: it has none of "
                "`move`, `set`, `redraw`, `pays`, `then`, `else`",
            )
        return self


def _flattened(dumped: dict[str, Any]) -> dict[str, Any]:
    """Put the entries under `players` back beside the others, where a file has them."""
    players = dumped.pop("players", {})
    return {**dumped, **players}


def _several(words: list[str]) -> str:
    listed = " and ".join(f"`{word}`" for word in words)
    return f"{listed} stand in one effect; it takes one of them (write two effects)"


class ActionDecl(Model):
    """What may be done."""

    label: Text = ""
    when: Condition | None = None
    over: (
        Annotated[Annotated[Family, Mapped] | Annotated[tuple[Amount, ...], Other], ByForm] | None
    ) = None
    covert: Text | None = None
    cost: Amount | None = None
    pays: dict[str, Amount] = Field(default_factory=dict)
    ladder: Annotated[
        tuple[Annotated[int, Field(ge=0, le=9, strict=True)], ...],
        BeforeValidator(as_list),
        one_or_list({"type": "integer", "minimum": 0, "maximum": 9}),
    ] = ()
    effects: tuple[EffectDecl, ...] = ()
    note: Text | None = None


Actions: TypeAlias = dict[str, Annotated[ActionDecl, BeforeValidator(none_as_empty)]]


def _one_player(schema: dict[str, Any]) -> None:
    """Tell editors of `player: navy` and of actions that stand directly under `actions`."""
    schema["properties"]["player"] = {"type": "string"}
    schema["properties"]["actions"] = {"type": "object"}


class StageDecl(Model):
    """One place in the order of play; without players it is chance's."""

    model_config = ConfigDict(json_schema_extra=_one_player)

    name: Text | None = None
    players: Names = ()
    when: Condition | None = None
    actions: dict[str, Actions] = Field(default_factory=dict)
    effects: tuple[EffectDecl, ...] = ()

    @model_validator(mode="before")
    @classmethod
    def _spell_out_player(cls, raw: Any) -> Any:
        """Turn `player: navy` with its actions into the form of several players."""
        if not isinstance(raw, dict) or "player" not in raw:
            return raw
        if "players" in raw:
            raise PydanticCustomError(
                "contradiction", "`player` and `players` stand in one stage; use one of them"
            )
        rest = {key: value for key, value in raw.items() if key != "player"}
        player = raw["player"]
        if not isinstance(player, str):
            raise PydanticCustomError(
                "contradiction", "`player` takes the name of one player; use `players` for several"
            )
        actions = rest.get("actions")
        return {
            **rest,
            "players": [player],
            "actions": {} if actions is None else {player: actions},
        }


def _players_beside(schema: dict[str, Any]) -> None:
    """Tell editors that players stand beside the other entries, not under `players`."""
    schema["additionalProperties"] = schema["properties"].pop("players")["additionalProperties"]


class PayoffsDecl(Model):
    """Named terms per player, accruing at the end of each period."""

    model_config = ConfigDict(json_schema_extra=_players_beside)

    per: Text | None = None
    players: dict[str, dict[str, Amount]] = Field(default_factory=dict)

    @model_validator(mode="before")
    @classmethod
    def _split_per(cls, raw: Any) -> Any:
        """Part `per`, which stands beside the players, from the players."""
        if not isinstance(raw, dict):
            return raw
        players = {key: value for key, value in raw.items() if key != "per"}
        return {"per": raw.get("per"), "players": players}

    @model_serializer(mode="wrap")
    def _join_players(self, plain: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return _flattened(plain(self))


class EndingDecl(Model):
    """A condition that stops play.

    `off_ramp` tells readers what kind of way off the ladder it is; no number hangs on it.
    """

    label: Text = ""
    off_ramp: Literal["deterred", "settled", "stopped", "exhausted"] | None = None
    when: Condition
    freeze: Annotated[bool, Field(strict=True)] = True
    pays: dict[str, Amount] = Field(default_factory=dict)


class UseDecl(Model):
    """A mechanism used: how it is set, and what fills its roles."""

    use: Text
    name: Text | None = None
    setting: SettingOrWeights = "asserted"
    base: Setting | None = None
    roles: dict[str, Names] = Field(default_factory=dict)

    @property
    def called(self) -> str:
        """The name that views and settings call it by."""
        return self.name or self.use


class Content(Model):
    """What a mechanism does under one of its settings; all of it may be empty."""

    says: Text
    sources: Names = ()
    note: Text | None = None
    parameters: dict[str, ParameterDecl] = Field(default_factory=dict)
    shift: dict[str, Amount] = Field(default_factory=dict)
    pays: PayoffsDecl = Field(default_factory=PayoffsDecl)
    cost: dict[str, Amount] = Field(default_factory=dict)
    forbid: dict[str, Condition] = Field(default_factory=dict)
    set: dict[str, Amount] = Field(default_factory=dict)
    effects: tuple[EffectDecl, ...] = ()


class RivalDecl(Content):
    """The mechanism that takes the place of another, whole, over the same roles."""

    name: Text


RoleKind: TypeAlias = Literal["player", "variable", "action", "effect", "stage", "parameter"]


def _kind_alone(schema: dict[str, Any]) -> None:
    whole = dict(schema)
    schema.clear()
    schema.update(anyOf=[whole["properties"]["kind"], whole])


class RoleDecl(Model):
    """A place in a mechanism that a scenario fills; a kind alone is its short form.

    Attributes:
        levels: How many levels a variable needs at least, to fill the role.
    """

    model_config = ConfigDict(json_schema_extra=_kind_alone)

    kind: RoleKind
    levels: Annotated[int, Field(ge=2, strict=True)] | None = None
    note: Text | None = None

    @model_validator(mode="before")
    @classmethod
    def _spell_out(cls, raw: Any) -> Any:
        return {"kind": raw} if isinstance(raw, str) else raw


class MechanismDecl(Content):
    """A named cause and effect, its sources, its roles and its rival.

    Attributes:
        where: Paragraphs of essays and steps of counter-essays that assert it.
        ties: Mechanisms that are the same switch, with the setting of theirs that says what this
            one asserts: where they have it, this one adds nothing more.
    """

    where: Names = ()
    ties: dict[str, Literal["asserted", "rival"]] = Field(default_factory=dict)
    roles: dict[str, RoleDecl] = Field(default_factory=dict)
    rival: RivalDecl | None = None


def _short_clauses(schema: dict[str, Any]) -> None:
    for word in ("first", "always"):
        schema["properties"][word] = {"type": "string"}


class ClauseDecl(Model):
    """One clause of a policy: exactly one of `play`, `mix` and `never`."""

    model_config = ConfigDict(json_schema_extra=_short_clauses)

    when: Condition | None = None
    type: Names = ()
    once: Annotated[bool, Field(strict=True)] = False
    play: Text | None = None
    mix: dict[str, Amount] = Field(default_factory=dict)
    never: Names = ()

    @model_validator(mode="before")
    @classmethod
    def _spell_out(cls, raw: Any) -> Any:
        """Turn `first: a` and `always: a` into clauses."""
        if not isinstance(raw, dict):
            return raw
        given = [w for w in ("play", "mix", "never", "first", "always") if w in raw]
        if len(given) != 1:
            raise PydanticCustomError("contradiction", _one_of_clause(given))
        rest = {key: value for key, value in raw.items() if key not in ("first", "always")}
        if "first" in raw:
            return {**rest, "play": raw["first"], "once": True}
        if "always" in raw:
            return {**rest, "play": raw["always"]}
        return raw


def _one_of_clause(given: list[str]) -> str:
    if not given:
        return "the clause needs one of `play`, `mix`, `never`, `first`, `always`"
    listed = " and ".join(f"`{word}`" for word in given)
    return f"{listed} stand in one clause; it takes one of them"


Clauses: TypeAlias = Annotated[
    tuple[ClauseDecl, ...], BeforeValidator(as_list), one_or_list({"type": "object"})
]


class PolicyDecl(Model):
    """A constraint set from outside, as clauses per player."""

    model_config = ConfigDict(json_schema_extra=_players_beside)

    secret: Annotated[bool, Field(strict=True)] = False
    label: Text = ""
    says: Text = ""
    players: dict[str, Clauses] = Field(default_factory=dict)

    @model_validator(mode="before")
    @classmethod
    def _split_players(cls, raw: Any) -> Any:
        """Part the players' clauses from `secret`, `label` and `says`, which stand beside them."""
        if raw is None:
            return {}
        if not isinstance(raw, dict):
            return raw
        own = {key: raw[key] for key in ("secret", "label", "says") if key in raw}
        return {**own, "players": {key: value for key, value in raw.items() if key not in own}}

    @model_serializer(mode="wrap")
    def _join_players(self, plain: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return _flattened(plain(self))


class CaseDecl(Model):
    """What is compared: a policy, and perhaps other numbers, another start, or an event given."""

    policy: Text | None = None
    set: dict[str, Amount] = Field(default_factory=dict)
    start: dict[str, Lottery] = Field(default_factory=dict)
    given: Condition | None = None
    label: Text = ""
    says: Text = ""


class MeasureDecl(Model):
    """A number that cases are judged by."""

    is_: Annotated[Condition, Field(alias="is")]
    better: Literal["lower", "higher"] | None = None
    label: Text = ""
    unit: Text = ""
    note: Text | None = None


class Same(Model):
    """Two values that are to differ by no more than a margin."""

    same: tuple[Text, Text]
    margin: Annotated[float, Field(gt=0)]


class ClaimDecl(Model):
    """A sentence as comparisons over cases, all of which must hold.

    Attributes:
        band: How far from a number that it is compared with a measure must lie, either way.
        share: What the claim says of many worlds: it is true in at least so many of them.
        mirrors: The claim of another scenario that says the same of other players.
    """

    says: Text
    source: Text | None = None
    note: Text | None = None
    holds: Annotated[Annotated[Same, Mapped] | Annotated[tuple[Text, ...], Other], ByForm]
    band: Annotated[float, Field(ge=0)] = 0.0
    share: Annotated[float, Field(gt=0, lt=1)] | None = None
    rests_on: Names = ()
    counter: Text | None = None
    mirrors: Text | None = None


class ViewDecl(Model):
    """One camp's settings of mechanisms, parameters and start."""

    label: Text = ""
    says: Text = ""
    mechanisms: dict[str, SettingOrWeights] = Field(default_factory=dict)
    set: dict[str, Amount] = Field(default_factory=dict)
    start: dict[str, Lottery] = Field(default_factory=dict)


class RecordDecl(Model):
    """How the record's episodes are read: which acts count on which rung, in which situation."""

    responder: Text | None = None
    rungs: dict[int, Names] = Field(default_factory=dict)
    situation: dict[str, Any] = Field(default_factory=dict)
    note: Text | None = None


class SolverDecl(Model):
    """Settings of the solver; what is not given keeps the solver's own default.

    Attributes:
        grid: Points a side of the belief grid, for all typed players or by player.
        tolerance: Largest accepted |strategy - logit reply|.
        memory: What the solver may allocate, in GiB.
    """

    beliefs: Literal["grid", "history"] | None = None
    grid: GridSize | dict[str, GridSize] | None = None
    precision_basis: Literal["current", "present"] | None = None
    learning: Annotated[bool, Field(strict=True)] | None = None
    max_steps: Count | None = None
    tolerance: Positive | None = None
    memory: Positive | None = None
    final_period: Count | None = None
    max_periods: Count | None = None
    seed: Annotated[int, Field(ge=0, strict=True)] | None = None


class Scenario(Model):
    """The crisis as declared in one file."""

    offramp: Literal[1]
    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$")]
    title: Text = ""
    story: Text = ""
    sources: Names = ()
    period: PeriodDecl
    parameters: dict[str, ParameterDecl] = Field(default_factory=dict)
    bundles: tuple[BundleDecl, ...] = ()
    variables: dict[str, VariableDecl] = Field(default_factory=dict)
    players: dict[str, PlayerDecl]
    stages: tuple[StageDecl, ...]
    payoffs: PayoffsDecl = Field(default_factory=PayoffsDecl)
    endings: dict[str, EndingDecl] = Field(default_factory=dict)
    mechanisms: tuple[UseDecl, ...] = ()
    library: dict[str, MechanismDecl] = Field(default_factory=dict)
    policies: dict[str, PolicyDecl] = Field(default_factory=dict)
    cases: dict[str, CaseDecl] = Field(default_factory=dict)
    measures: dict[str, MeasureDecl] = Field(default_factory=dict)
    claims: dict[str, ClaimDecl] = Field(default_factory=dict)
    views: dict[str, ViewDecl] = Field(default_factory=dict)
    record: RecordDecl | None = None
    solver: SolverDecl = Field(default_factory=SolverDecl)

    _document: Document = PrivateAttr(default_factory=Document)
    _ghosts: frozenset[str] = PrivateAttr(default=frozenset())
    _memory: dict[Any, Any] = PrivateAttr(default_factory=dict)
    _warnings: tuple[Problem, ...] = PrivateAttr(default=())

    @property
    def warnings(self) -> tuple[Problem, ...]:
        """What was noted when it was loaded and does not keep it from being solved."""
        return self._warnings

    def noted(self, warnings: Sequence[Problem]) -> Scenario:
        """Return the scenario, knowing its warnings."""
        self._warnings = tuple(warnings)
        return self

    @property
    def document(self) -> Document:
        """The file that it was read from, for the places of its problems."""
        return self._document

    @property
    def ghosts(self) -> frozenset[str]:
        """Names whose declarations are wrong and left out; they are missed by nobody."""
        return self._ghosts

    @property
    def memory(self) -> dict[Any, Any]:
        """What has been worked out from the scenario once and is needed again."""
        return self._memory

    def read_from(self, document: Document, ghosts: frozenset[str] = frozenset()) -> Scenario:
        """Return the scenario, knowing where it stands."""
        self._document, self._ghosts = document, ghosts
        return self

    def measured_by(self, measures: Mapping[str, MeasureDecl]) -> Scenario:
        """Return the scenario with these measures in place of its own, and no claims."""
        return self.model_copy(update={"measures": dict(measures), "claims": {}}).forgetful()

    def forgetful(self) -> Scenario:
        """Return the scenario, remembering nothing of what was worked out before it was changed."""
        self._memory = {}
        return self

    def __eq__(self, other: object) -> bool:
        """Compare what the files say, not where they stand."""
        if not isinstance(other, Scenario):
            return NotImplemented
        return self.__dict__ == other.__dict__

    __hash__ = None  # type: ignore[assignment]


class PhaseDecl(Model):
    """One phase of a campaign: a scenario, when it is over, and what it hands on by name."""

    scenario: Text
    until: Condition | None = None
    carry: Names = ()


class Campaign(Model):
    """Scenarios in phases, solved from the last.

    Attributes:
        count: Periods in all; default: as many as the phases have together.
    """

    offramp: Literal[1]
    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$")]
    title: Text = ""
    story: Text = ""
    sources: Names = ()
    count: Annotated[int, Field(ge=1, strict=True)] | None = None
    phases: Annotated[tuple[PhaseDecl, ...], Field(min_length=1)]
    policies: dict[str, PolicyDecl] = Field(default_factory=dict)
    cases: dict[str, CaseDecl] = Field(default_factory=dict)
    measures: dict[str, MeasureDecl] = Field(default_factory=dict)
    claims: dict[str, ClaimDecl] = Field(default_factory=dict)
    views: dict[str, ViewDecl] = Field(default_factory=dict)
    solver: SolverDecl = Field(default_factory=SolverDecl)

    _document: Document = PrivateAttr(default_factory=Document)
    _scenarios: tuple[Scenario, ...] = PrivateAttr(default=())

    @property
    def document(self) -> Document:
        """The file that it was read from, for the places of its problems."""
        return self._document

    @property
    def scenarios(self) -> tuple[Scenario, ...]:
        """The scenario of each phase."""
        return self._scenarios

    def read_from(self, document: Document, scenarios: tuple[Scenario, ...]) -> Campaign:
        """Return the campaign, knowing where it stands and what its phases are."""
        self._document, self._scenarios = document, scenarios
        return self
