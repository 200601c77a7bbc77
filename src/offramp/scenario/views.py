"""Views, cases and `--set`, laid over a scenario: from a `Scenario` to a `Crisis`.

What is laid over what, the later winning: the file, the view, the case, what the caller gives.
A number that a mechanism in force sets is what the mechanism says, whatever is laid over it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from statistics import NormalDist
from typing import Any, NamedTuple

import numpy as np

from offramp.errors import ScenarioError, raise_problems
from offramp.scenario.body import (
    family_members,
    read_endings,
    read_measures,
    read_payoffs,
    read_stages,
    stage_name,
    steps,
)
from offramp.scenario.crisis import (
    Clause,
    Crisis,
    Ending,
    Measure,
    Pay,
    Player,
    PlayerType,
    Policy,
    Stage,
    Start,
    Variable,
)
from offramp.scenario.expressions import Expr
from offramp.scenario.load import find_mechanism, plain
from offramp.scenario.mechanisms import (
    InForce,
    base_setting,
    collect_additions,
    in_force,
    set_numbers,
    weave,
)
from offramp.scenario.names import Kind, Scope
from offramp.scenario.parameters import Entry, Numbers
from offramp.scenario.parse import Document
from offramp.scenario.reading import YEARS, Notes, Reader, Spot, level_index
from offramp.scenario.schema import (
    ClauseDecl,
    Family,
    PlayerDecl,
    PolicyDecl,
    Quantiles,
    Scenario,
    VariableDecl,
)

__all__ = ["bind", "case_names", "parse_claim", "scope_of", "settings_of"]

DEFAULT_POLICY = "solved"
EVEN = "even"


def bind(
    scenario: Scenario,
    *,
    view: str | None = None,
    case: str | None = None,
    policy: str | None = None,
    parameters: Mapping[str, float] | None = None,
    settings: Mapping[str, str] | None = None,
) -> Crisis:
    """Return a scenario bound to one view, one case and one set of numbers.

    Args:
        view: A view of the file, or `even`. Without one, base values and base settings.
        case: A case, or a policy by its name.
        policy: A policy; in place of the case's own where both are given.
        parameters: Values laid over everything else (`--set`).
        settings: Settings of mechanisms, by the name they are called by.

    Raises:
        ScenarioError: with every problem that binding finds.
    """
    notes = Notes()
    crisis = Binder(scenario, notes).bind(
        Layers(scenario, view, case, policy, parameters or {}, settings or {}, notes)
    )
    raise_problems(notes.problems, ScenarioError)
    return crisis


def case_names(scenario: Scenario) -> tuple[str, ...]:
    """Return all cases: the policies in listed order, then what the file calls cases."""
    return tuple(dict.fromkeys((*scenario.policies, *scenario.cases)))


def settings_of(scenario: Scenario, view: str | None = None) -> dict[str, dict[str, float]]:
    """Return the weights of each mechanism's settings under a view; they sum to one."""
    notes = Notes()
    layers = Layers(scenario, view, None, None, {}, {}, notes)
    binder = Binder(scenario, notes)
    numbers = binder.numbers(layers, ())
    found = {}
    for i, use in enumerate(scenario.mechanisms):
        spot = Spot(scenario.document, ("mechanisms", i, "setting"))
        weights = layers.weights.get(use.called, use.setting)
        if isinstance(weights, str):
            found[use.called] = {weights: 1.0}
            continue
        amounts = {name: numbers.of(Entry(w, spot / name)) for name, w in weights.items()}
        total = sum(amounts.values())
        found[use.called] = {name: amount / total for name, amount in amounts.items()}
    raise_problems(notes.problems)
    return found


def parse_claim(text: str, scenario: Scenario) -> Expr:
    """Return a comparison over `measure[case]`, checked against the measures and cases there are.

    Raises:
        ScenarioError: where the text is not such a comparison.
    """
    notes = Notes()
    reader = Reader(scope_of(scenario), notes, None)
    found = reader.expression(text, Spot(Document(data=text, lines=[text])), Kind.CLAIM)
    raise_problems(notes.problems)
    return found


# --- what is laid over the file --------------------------------------------------------------------


class Given(NamedTuple):
    """A lottery over levels or types, as written, and where."""

    lottery: Mapping[str, float | str]
    spot: Spot


@dataclass
class Layers:
    """What a view, a case and the caller lay over the file; unknown names are noted."""

    scenario: Scenario
    view: str | None
    case: str | None
    policy: str | None
    parameters: Mapping[str, float]
    settings: Mapping[str, str]
    notes: Notes
    sets: dict[str, Entry] = field(default_factory=dict)
    start: dict[str, Given] = field(default_factory=dict)
    weights: dict[str, Any] = field(default_factory=dict)
    given: Entry | None = None

    def __post_init__(self) -> None:
        self._lay_view()
        self._lay_case()
        outside = Spot(Document("--set"))
        for name, value in self.parameters.items():
            self.sets[name] = Entry(float(value), outside / name)

    def chosen(self) -> dict[str, str]:
        """Return the setting of each mechanism in this world."""
        found: dict[str, str] = {}
        for use in self.scenario.mechanisms:
            weights = self.weights.get(use.called)
            found[use.called] = weights if isinstance(weights, str) else base_setting(use)
        for name, setting in self.settings.items():
            if name not in found:
                self._unknown(
                    "mechanism", name, list(found), Spot(Document("settings"), (name,)), "S401"
                )
            elif setting not in ("asserted", "rival", "absent"):
                self._unknown(
                    "setting",
                    setting,
                    ["asserted", "rival", "absent"],
                    Spot(Document("settings"), (name,)),
                    "S406",
                )
            else:
                found[name] = setting
        return found

    def _lay_view(self) -> None:
        if self.view is None:
            return
        decl = self.scenario.views.get(self.view)
        if decl is None:
            if self.view == EVEN:
                for use in self.scenario.mechanisms:
                    if not isinstance(use.setting, str):
                        self.weights[use.called] = {"asserted": 0.5, "rival": 0.5}
                return
            self._unknown(
                "view",
                self.view,
                [*self.scenario.views, EVEN],
                Spot(Document("--view"), (self.view,)),
                "S407",
            )
            return
        spot = Spot(self.scenario.document, ("views", self.view))
        self.weights.update(decl.mechanisms)
        self._lay(decl.set, decl.start, spot)

    def _lay_case(self) -> None:
        if self.case is not None and self.case not in self.scenario.cases:
            if self.case in self.scenario.policies:
                self.policy = self.policy or self.case
            elif self.case != DEFAULT_POLICY:
                self._unknown(
                    "policy or case",
                    self.case,
                    case_names(self.scenario),
                    Spot(Document("--case"), (self.case,)),
                    "S408",
                )
            return
        if self.case is None:
            return
        decl = self.scenario.cases[self.case]
        spot = Spot(self.scenario.document, ("cases", self.case))
        self.policy = self.policy or decl.policy
        self._lay(decl.set, decl.start, spot)
        if decl.given is not None:
            self.given = Entry(decl.given, spot / "given")

    def _lay(self, sets: Mapping[str, float | str], start: Mapping[str, Any], spot: Spot) -> None:
        for name, amount in sets.items():
            self.sets[name] = Entry(amount, spot / "set" / name)
        for name, lottery in start.items():
            self.start[name] = Given(lottery, spot / "start" / name)

    def _unknown(self, what: str, name: str, known: Any, spot: Spot, code: str) -> None:
        hint = Scope({}, frozenset(), {}, {}).hint(name, known)
        listed = ", ".join(known)
        self.notes.add(
            code,
            f"'{name}' is not a {what} of this scenario.",
            spot,
            hint=hint or (f"There are: {listed}." if listed else ""),
            fix="correct the name.",
        )


# --- binding ---------------------------------------------------------------------------------------


class Body(NamedTuple):
    """What does not depend on numbers, only on the settings of mechanisms."""

    stages: tuple[Stage, ...]
    payoffs: tuple[Pay, ...]
    endings: tuple[Ending, ...]
    measures: tuple[Measure, ...]


class Binder:
    """Binds one scenario; every method notes the problems of its part."""

    def __init__(self, scenario: Scenario, notes: Notes) -> None:
        self.scenario = scenario
        self.notes = notes
        self.root = Spot(scenario.document)
        self.scope = scope_of(scenario)
        self.years = YEARS.get(scenario.period.unit)
        self.reader = Reader(self.scope, notes, self.years)

    def bind(self, layers: Layers) -> Crisis:
        """Return the crisis under what is laid over the file."""
        settings = layers.chosen()
        mechanisms = self.mechanisms(settings)
        numbers = self.numbers(layers, mechanisms)
        overlay = set_numbers(mechanisms, self.scope, Notes())
        body = self.body(settings, mechanisms)
        period = self.scenario.period
        case = layers.case or layers.policy or DEFAULT_POLICY
        given = layers.given
        return Crisis(
            name=self.scenario.name,
            title=self.scenario.title or self.scenario.name,
            period_unit=period.unit,
            period_years=self.years,
            n_periods=period.count if isinstance(period.count, int) else None,
            tail=self.tail(numbers),
            final_period=period.final_period,
            parameters={n: v for n, v in numbers.values.items() if n not in self.scope.typed},
            variables=tuple(self.scope.variables.values()),
            players=self.players(layers, numbers, overlay),
            stages=body.stages,
            payoffs=body.payoffs,
            endings=body.endings,
            policy=self.policy(layers.policy, numbers),
            start=self.start(case, layers, numbers),
            measures=body.measures,
            solver=self.scenario.solver.model_dump(exclude_none=True),
            scenario_hash=self.fingerprint(layers, settings),
            case=case,
            given=None if given is None else self.reader.expression(*given, Kind.MEASURE),
            settings=settings,
        )

    def mechanisms(self, settings: Mapping[str, str]) -> list[InForce]:
        """Return the mechanisms in force under these settings."""

        def find(name: str) -> Any:
            return find_mechanism(self.scenario, name)

        return in_force(self.scenario, settings, self.scope, self.notes, find)

    def body(self, settings: Mapping[str, str], mechanisms: list[InForce]) -> Body:
        """Return stages, payoffs, endings and measures; remembered per setting of mechanisms."""
        key = ("body", tuple(sorted(settings.items())))
        memory = self.scenario._memory
        if key not in memory:
            before = len(self.notes.problems)
            body = self._body(mechanisms)
            if len(self.notes.problems) > before:
                return body  # a faulty body is read again, so that it is reported again
            memory[key] = body
        found: Body = memory[key]
        return found

    def _body(self, mechanisms: list[InForce]) -> Body:
        scenario, root, reader = self.scenario, self.root, self.reader
        additions = collect_additions(mechanisms, reader)
        stages = read_stages(scenario, root / "stages", reader)
        payoffs = read_payoffs(scenario.payoffs, root / "payoffs", reader)
        return Body(
            weave(stages, additions),
            (*payoffs, *additions.payoffs),
            read_endings(scenario.endings, root / "endings", reader),
            read_measures(scenario.measures, root / "measures", reader),
        )

    # --- numbers -------------------------------------------------------------------------------

    def numbers(self, layers: Layers, mechanisms: Any) -> Numbers:
        """Return all parameters under what is laid over them."""
        entries = parameter_entries(self.scenario)
        for name, entry in layers.sets.items():
            if name in entries:
                entries[name] = entry
            elif name not in self.scope.ghosts:
                self.reader.unknown("parameter", name, entries, entry.spot, key=True)
        for name, entry in set_numbers(mechanisms, self.scope, self.notes).items():
            if name in entries:
                entries[name] = entry
        return Numbers(entries, self.reader)

    def tail(self, numbers: Numbers) -> float:
        """Return how many periods the last state counts beyond the horizon."""
        spot = self.root / "period" / "tail"
        tail = numbers.of(Entry(self.scenario.period.tail, spot))
        if tail < 0:
            self.bounds("tail", tail, "0 or more", spot)
            return 0.0
        return tail

    def bounds(self, what: str, value: float, wanted: str, spot: Spot) -> None:
        """Note a number outside its bounds."""
        self.notes.add(
            "S325",
            f"The {what} is {value:g}; it has to be {wanted}.",
            spot,
            fix="correct the number, or the parameters that it is made of.",
        )

    # --- players -------------------------------------------------------------------------------

    def players(
        self, layers: Layers, numbers: Numbers, overlay: Mapping[str, Entry]
    ) -> tuple[Player, ...]:
        """Return the players with their types, priors and observers' priors."""
        return tuple(
            self.player(name, decl, layers, numbers, overlay)
            for name, decl in self.scenario.players.items()
        )

    def player(
        self,
        name: str,
        decl: PlayerDecl,
        layers: Layers,
        numbers: Numbers,
        overlay: Mapping[str, Entry],
    ) -> Player:
        """Return one player."""
        spot = self.root / "players" / name
        is_nature = name == "nature" or decl.role == "nature"
        weights, sets = self.types(name, decl, spot, numbers, overlay)
        self.lay_priors(name, weights, layers, numbers)
        prior = self.normalised(list(weights.values()), spot / "types", f"types of {name}")
        believed = {
            observer: self.opinion(
                observer, given, weights, spot / "believed_by" / observer, numbers
            )
            for observer, given in decl.believed_by.items()
        }
        types = tuple(
            PlayerType(type_, p, sets[type_]) for type_, p in zip(weights, prior, strict=True)
        )
        return Player(
            name,
            decl.label or name,
            decl.role,
            self.precision(name, decl, spot, numbers, overlay),
            self.discount(name, decl, spot, numbers, overlay),
            types or (PlayerType("", 1.0),),
            {observer: opinion for observer, opinion in believed.items() if opinion},
            is_nature,
            spot.key,
        )

    def precision(
        self,
        name: str,
        decl: PlayerDecl,
        spot: Spot,
        numbers: Numbers,
        overlay: Mapping[str, Entry],
    ) -> float:
        """Return the logit precision; `inf` for an exact best reply."""
        entry = overlay.get(f"{name}.precision")
        if entry is None and decl.precision is None:
            return 0.0
        entry = entry or Entry(decl.precision or 0.0, spot / "precision")
        if entry.amount == "exact":
            return float("inf")
        value = numbers.of(entry)
        if value < 0:
            self.bounds("precision", value, "0 or more", entry.spot)
            return 0.0
        return value

    def discount(
        self,
        name: str,
        decl: PlayerDecl,
        spot: Spot,
        numbers: Numbers,
        overlay: Mapping[str, Entry],
    ) -> float:
        """Return the discount per period of the scenario, after any `per`."""
        entry = overlay.get(f"{name}.discount") or Entry(decl.discount, spot / "discount")
        value = numbers.of(entry)
        if not 0 < value <= 1:
            self.bounds("discount", value, "above 0 and at most 1", entry.spot)
            return 1.0
        return float(value ** self.reader.exponent(decl.per, spot / "per"))

    def types(
        self,
        name: str,
        decl: PlayerDecl,
        spot: Spot,
        numbers: Numbers,
        overlay: Mapping[str, Entry],
    ) -> tuple[dict[str, float], dict[str, dict[str, float]]]:
        """Return each type's prior weight and the parameters that it sets."""
        if isinstance(decl.types, Quantiles):
            values = self.quantiles(decl.types, spot / "types" / "of", numbers)
            sets = {f"q{k + 1}": {decl.types.set: v} for k, v in enumerate(values)}
            return dict.fromkeys(sets, 1.0), sets
        weights, sets = {}, {}
        typed = [p for p, owner in self.scope.typed.items() if owner == name]
        for type_, declared in decl.types.items():
            here = spot / "types" / type_
            prior = overlay.get(f"{name}.{type_}.prior") or Entry(declared.prior, here / "prior")
            weights[type_] = numbers.of(prior)
            sets[type_] = {
                p: numbers.of(Entry(declared.set[p], here / "set" / p))
                if p in declared.set
                else self.left_unset(p, name, type_, numbers, here)
                for p in typed
            }
        return weights, sets

    def left_unset(
        self, parameter: str, player: str, type_: str, numbers: Numbers, spot: Spot
    ) -> float:
        """Return the base value of a parameter that only the player's other types set."""
        if parameter not in numbers.values:
            self.notes.add(
                "S316",
                f"The type '{type_}' of {player} sets no '{parameter}', which other "
                "types set and which has no value of its own.",
                spot,
                key=True,
                fix=f"set '{parameter}' here, or declare it under `parameters:`.",
            )
            return 0.0
        return numbers.values[parameter]

    def quantiles(self, decl: Quantiles, spot: Spot, numbers: Numbers) -> list[float]:
        """Return the middles of K equally likely parts of a distribution."""
        given = {
            word: numbers.of(Entry(amount, spot / word))
            for word in ("low", "high", "mean", "sd")
            if (amount := getattr(decl.of, word)) is not None
        }
        middles = [(k + 0.5) / decl.quantiles for k in range(decl.quantiles)]
        low, high, kind = given.get("low"), given.get("high"), decl.of.distribution
        if (
            kind == "uniform"
            and given.keys() == {"low", "high"}
            and low is not None
            and high is not None
        ):
            return [low + (high - low) * p for p in middles]
        normal = self.normal(kind, given, spot)
        if normal is None:
            return [0.0] * decl.quantiles
        points = [normal.inv_cdf(p) for p in middles]
        return [float(np.exp(x)) for x in points] if kind == "lognormal" else points

    def normal(self, kind: str, given: Mapping[str, float], spot: Spot) -> NormalDist | None:
        """Return the normal distribution meant; of the logarithm where the kind is lognormal."""
        if kind == "uniform":
            self.notes.add(
                "S215",
                "A uniform distribution is given by its ends.",
                spot,
                fix="give `low` and `high`.",
            )
            return None
        if given.keys() == {"mean", "sd"} and given["sd"] > 0:
            mean, sd = given["mean"], given["sd"]
            if kind == "normal":
                return NormalDist(mean, sd)
            if mean > 0:
                spread = float(np.log1p((sd / mean) ** 2))
                return NormalDist(float(np.log(mean)) - spread / 2, spread**0.5)
        if given.keys() == {"low", "high"} and given["low"] < given["high"]:
            low, high = given["low"], given["high"]
            if kind == "lognormal" and low > 0:
                low, high = float(np.log(low)), float(np.log(high))
            if kind == "normal" or given["low"] > 0:
                return NormalDist((low + high) / 2, (high - low) / (2 * NormalDist().inv_cdf(0.95)))
        self.notes.add(
            "S215",
            f"This does not describe a {kind} distribution.",
            spot,
            fix="give `mean` and a positive `sd`, or `low` below `high` (its 5 % and 95 % "
            "points), all positive where it is lognormal.",
        )
        return None

    def lay_priors(
        self, name: str, weights: dict[str, float], layers: Layers, numbers: Numbers
    ) -> None:
        """Lay the priors that a view or case starts from over those of the file."""
        given = layers.start.get(name)
        if given is None:
            return
        for type_, amount in given.lottery.items():
            if type_ in weights:
                weights[type_] = numbers.of(Entry(amount, given.spot / type_))
            else:
                self.reader.unknown(f"type of {name}", type_, weights, given.spot / type_, key=True)

    def opinion(
        self,
        observer: str,
        given: Mapping[str, float | str],
        weights: Mapping[str, float],
        spot: Spot,
        numbers: Numbers,
    ) -> tuple[float, ...]:
        """Return an observer's own prior: the analyst's weights, with the factors that differ."""
        if observer not in self.scope.players:
            self.reader.unknown("player", observer, self.scope.players, spot, key=True)
        own = dict(weights)
        for type_, amount in given.items():
            if type_ in own:
                own[type_] = numbers.of(Entry(amount, spot / type_))
            else:
                self.reader.unknown("type of this player", type_, own, spot / type_, key=True)
        return self.normalised(list(own.values()), spot, f"types, as {observer} sees them")

    def normalised(self, weights: list[float], spot: Spot, what: str) -> tuple[float, ...]:
        """Return weights made to sum to one; negative or all-zero weights are noted."""
        total = sum(weights)
        if any(w < 0 for w in weights) or (weights and total <= 0):
            told = ", ".join(f"{w:g}" for w in weights)
            fault = (
                "a weight is negative" if any(w < 0 for w in weights) else "all weights are zero"
            )
            self.notes.add(
                "S314",
                f"The weights of the {what} are {told}: {fault}.",
                spot,
                fix="give weights of at least 0, not all of them 0.",
            )
            return tuple(1.0 / len(weights) for _ in weights)
        return tuple(w / total for w in weights)

    # --- start ---------------------------------------------------------------------------------

    def start(self, case: str, layers: Layers, numbers: Numbers) -> Start:
        """Return where play begins."""
        levels = {}
        for name, variable in self.scope.variables.items():
            decl = self.scenario.variables[name]
            given = layers.start.get(name) or Given(
                decl.start, self.root / "variables" / name / "start"
            )
            levels[name] = self.lottery(given, variable, numbers)
        for name, given in layers.start.items():
            if name not in levels and name not in self.scope.players:
                known = [*self.scope.variables, *self.scope.players]
                self.reader.unknown("variable or player", name, known, given.spot, key=True)
        return Start(case, levels)

    def lottery(
        self, given: Given, variable: Variable, numbers: Numbers
    ) -> tuple[tuple[int, float], ...]:
        """Return a lottery over level indices; levels of no weight are left out."""
        indices, weights = [], []
        for level, amount in given.lottery.items():
            spot = given.spot / level
            index = self.start_level(level, variable, spot, numbers)
            if index is not None:
                indices.append(index)
                weights.append(numbers.of(Entry(amount, spot)))
        chances = self.normalised(weights, given.spot, f"start of {variable.name}")
        return tuple((i, c) for i, c in zip(indices, chances, strict=True) if c > 0)

    def start_level(
        self, level: str, variable: Variable, spot: Spot, numbers: Numbers
    ) -> int | None:
        """Return the index that a start level means: a name, a number, or parameters."""
        if level in variable.levels:
            return variable.levels.index(level)
        if level.isidentifier() and level not in self.scope.parameters:
            self.reader.no_level(level, variable, spot)
            return None
        amount: float | str = level
        try:
            amount = float(level)
        except ValueError:
            pass
        value = numbers.of(Entry(amount, spot))
        index = level_index(variable, value)
        if index is None:
            self.reader.no_level(f"{value:g}", variable, spot)
        return index

    # --- policies ------------------------------------------------------------------------------

    def policy(self, name: str | None, numbers: Numbers) -> Policy:
        """Return the policy in force; without one, nobody is bound."""
        if name is None:
            name = DEFAULT_POLICY
        decl = self.scenario.policies.get(name)
        if decl is None:
            if name != DEFAULT_POLICY:
                self.reader.unknown(
                    "policy", name, self.scenario.policies, Spot(Document("--policy"), (name,))
                )
            return Policy(name)
        return self.read_policy(name, decl, numbers)

    def read_policy(self, name: str, decl: PolicyDecl, numbers: Numbers) -> Policy:
        """Return a policy's clauses, per player in listed order."""
        spot = self.root / "policies" / name
        clauses: list[Clause] = []
        for player, listed in decl.players.items():
            here = spot / player
            if player not in self.scope.players:
                self.reader.unknown("player", player, self.scope.players, here, key=True)
                continue
            for i, clause in enumerate(listed):
                clauses.append(self.clause(clause, player, here / i, numbers))
        return Policy(name, tuple(clauses), decl.secret)

    def clause(self, decl: ClauseDecl, player: str, spot: Spot, numbers: Numbers) -> Clause:
        """Return one clause; a family stands for all its members under `never`."""
        types = self.scope.players[player]
        for type_ in decl.type:
            if type_ not in types:
                self.reader.unknown(f"type of {player}", type_, types, spot / "type")
        play = self.act(decl.play, player, spot / "play") if decl.play else ()
        weights = {
            act: numbers.of(Entry(amount, spot / "mix" / name)) / len(acts)
            for name, amount in decl.mix.items()
            for acts in [self.act(name, player, spot / "mix" / name)]
            for act in acts
        }
        if any(weight < 0 for weight in weights.values()) or (
            weights and not sum(weights.values())
        ):
            self.normalised(list(weights.values()), spot / "mix", "mix")
        return Clause(
            player,
            self.reader.condition(decl.when, spot / "when"),
            tuple(decl.type),
            decl.once,
            play[0] if play else None,
            tuple(weights.items()),
            tuple(act for name in decl.never for act in self.act(name, player, spot / "never")),
            spot.name,
            spot.where,
        )

    def act(self, name: str, player: str, spot: Spot) -> tuple[str, ...]:
        """Return the acts that a name stands for; an unknown one is noted."""
        known = self.scope.actions[player]
        if name not in known:
            self.reader.unknown(f"action of {player}", name, known, spot)
            return ()
        return known[name]

    # --- provenance ----------------------------------------------------------------------------

    def fingerprint(self, layers: Layers, settings: Mapping[str, str]) -> str:
        """Return a hash of the file's content and everything laid over it."""
        memory = self.scenario._memory
        if "plain" not in memory:
            memory["plain"] = json.dumps(plain(self.scenario), sort_keys=True)
        laid = {
            "sets": {name: entry.amount for name, entry in layers.sets.items()},
            "start": {name: dict(given.lottery) for name, given in layers.start.items()},
            "policy": layers.policy,
            "given": layers.given.amount if layers.given else None,
            "settings": dict(settings),
        }
        text = memory["plain"] + json.dumps(laid, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()


# --- the name space --------------------------------------------------------------------------------


def scope_of(scenario: Scenario) -> Scope:
    """Return the name space of a scenario and of all mechanisms it uses."""
    memory = scenario._memory
    if "scope" not in memory:
        memory["scope"] = _scope(scenario)
    scope: Scope = memory["scope"]
    return scope


def _scope(scenario: Scenario) -> Scope:
    typed = {
        parameter: name
        for name, player in scenario.players.items()
        for parameter in set_by_types(player)
    }
    return Scope(
        {name: read_variable(name, decl, scenario) for name, decl in scenario.variables.items()},
        frozenset((*parameter_entries(scenario), *typed)),
        {name: type_names(player) for name, player in scenario.players.items()},
        _actions(scenario),
        frozenset(
            p
            for s in scenario.stages
            for p, acts in s.actions.items()
            if any(a.over is not None for a in acts.values())
        ),
        typed,
        frozenset(scenario.measures),
        frozenset((*case_names(scenario), DEFAULT_POLICY)),
        frozenset(_effect_names(scenario)),
        frozenset(stage_name(decl, i) for i, decl in enumerate(scenario.stages)),
        lines=_lines(scenario),
    )


def parameter_entries(scenario: Scenario) -> dict[str, Entry]:
    """Return every declared parameter: the scenario's own, and those of its mechanisms' settings."""
    root = Spot(scenario.document)
    entries = {
        name: Entry(decl.value, root / "parameters" / name / "value")
        for name, decl in scenario.parameters.items()
    }
    for use in scenario.mechanisms:
        found = find_mechanism(scenario, use.use)
        if found is None:
            continue
        decl, spot = found
        for name, parameter in decl.parameters.items():
            entries.setdefault(name, Entry(parameter.value, spot / "parameters" / name / "value"))
        for name, parameter in (decl.rival.parameters if decl.rival else {}).items():
            here = spot / "rival" / "parameters" / name / "value"
            entries.setdefault(name, Entry(parameter.value, here))
    return entries


def set_by_types(player: PlayerDecl) -> list[str]:
    """Return the parameters that a player's types set."""
    if isinstance(player.types, Quantiles):
        return [player.types.set]
    return list(dict.fromkeys(name for type_ in player.types.values() for name in type_.set))


def type_names(player: PlayerDecl) -> tuple[str, ...]:
    """Return the names of a player's types; q1 to qK for quantiles."""
    if isinstance(player.types, Quantiles):
        return tuple(f"q{k + 1}" for k in range(player.types.quantiles))
    return tuple(player.types)


def read_variable(name: str, decl: VariableDecl, scenario: Scenario) -> Variable:
    """Return a variable with its levels and what it stands for at each."""
    levels = steps(decl.levels) if isinstance(decl.levels, Family) else decl.levels
    where = Spot(scenario.document, ("variables", name)).key
    numbers = [float(level) for level in levels if not isinstance(level, str)]
    if len(numbers) == len(levels):
        named = tuple(f"{value:g}" for value in numbers)
        return Variable(name, decl.label or name, named, tuple(numbers), where)
    named = tuple(level if isinstance(level, str) else f"{level:g}" for level in levels)
    return Variable(name, decl.label or name, named, tuple(map(float, range(len(named)))), where)


def _actions(scenario: Scenario) -> dict[str, dict[str, tuple[str, ...]]]:
    found: dict[str, dict[str, tuple[str, ...]]] = {name: {} for name in scenario.players}
    for stage in scenario.stages:
        for player, actions in stage.actions.items():
            names = found.setdefault(player, {})
            for name, decl in actions.items():
                members = tuple(f"{name}_{value:g}" for value in family_members(decl))
                names[name] = members or (name,)
                names.update({member: (member,) for member in members})
    return found


def _effect_names(scenario: Scenario) -> set[str]:
    """Return the names of all effects of the scenario and of its mechanisms."""
    stack = [e for stage in scenario.stages for e in stage.effects]
    stack += [
        e
        for s in scenario.stages
        for acts in s.actions.values()
        for action in acts.values()
        for e in action.effects
    ]
    for use in scenario.mechanisms:
        found = find_mechanism(scenario, use.use)
        if found is not None:
            stack += found[0].effects
            stack += found[0].rival.effects if found[0].rival else ()
    names = set()
    while stack:
        effect = stack.pop()
        if effect.name:
            names.add(effect.name)
        stack += [*effect.then, *effect.else_]
    return names


def _lines(scenario: Scenario) -> dict[str, int]:
    """Return the line of declaration of players, variables, parameters and measures."""
    found = {}
    for section in ("measures", "players", "variables", "parameters"):
        for name in getattr(scenario, section):
            where = scenario.document.locate((section, name), key=True)
            if where is not None:
                found[name] = where.line
    return found
