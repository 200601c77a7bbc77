"""Players bound to numbers: precision, discount, types, and what everyone believes of them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from statistics import NormalDist

from offramp.scenario.crisis import Player, PlayerType
from offramp.scenario.forms import number
from offramp.scenario.layers import Layers
from offramp.scenario.parameters import Entry, Numbers
from offramp.scenario.reading import Notes, Reader, Spot
from offramp.scenario.schema import Distribution, PlayerDecl, Quantiles, Scenario
from offramp.scenario.scope import is_nature

__all__ = ["normalised", "read_players"]

ROUNDING = 1e-9  # by which chances of types may miss one
UPPER_POINT = 0.95  # `high` is this point of a normal distribution, `low` the one opposite


def read_players(
    scenario: Scenario,
    layers: Layers,
    numbers: Numbers,
    overlay: Mapping[str, Entry],
    reader: Reader,
) -> tuple[Player, ...]:
    """Return the players; `overlay` holds what mechanisms set of them (`player.precision` …)."""
    root = Spot(scenario.document, ("players",))
    return tuple(
        _Seat(
            name, decl, root / name, is_nature(scenario, name), layers, numbers, overlay, reader
        ).player()
        for name, decl in scenario.players.items()
    )


@dataclass(frozen=True)
class _Seat:
    """One player as declared, with all that is laid over it."""

    name: str
    decl: PlayerDecl
    spot: Spot
    is_nature: bool
    layers: Layers
    numbers: Numbers
    overlay: Mapping[str, Entry]
    reader: Reader

    def player(self) -> Player:
        weights, sets = self.types()
        self.lay_priors(weights)
        self.lay_chances(weights)
        what = f"types of {self.name}"
        prior = normalised(list(weights.values()), self.spot / "types", what, self.reader.notes)
        types = [PlayerType(t, p, sets[t]) for t, p in zip(weights, prior, strict=True)]
        return Player(
            name=self.name,
            label=self.decl.label or self.name,
            role=self.decl.role,
            precision=self.precision(),
            discount=self.discount(),
            types=tuple(types) or (PlayerType("", 1.0),),
            believed_by=self.opinions(weights),
            is_nature=self.is_nature,
            where=self.spot.key,
        )

    # --- care ----------------------------------------------------------------------------------

    def precision(self) -> float:
        """Return the logit precision; `inf` for an exact best reply, 0 for who never acts."""
        entry = self.overlay.get(f"{self.name}.precision")
        if entry is None:
            if self.decl.precision is None:
                return 0.0
            entry = Entry(self.decl.precision, self.spot / "precision")
        if entry.amount == "exact":
            return math.inf
        value = self.numbers.of(entry)
        return value if value >= 0 else self.out_of_bounds("precision", value, "0 or more", entry)

    def discount(self) -> float:
        """Return the discount per period of the scenario, after any `per`."""
        declared = Entry(self.decl.discount, self.spot / "discount")
        entry = self.overlay.get(f"{self.name}.discount", declared)
        value = self.numbers.of(entry)
        if not 0 < value <= 1:
            return self.out_of_bounds("discount", value, "above 0 and at most 1", entry)
        return float(value ** self.reader.exponent(self.decl.per, self.spot / "per"))

    def out_of_bounds(self, what: str, value: float, wanted: str, entry: Entry) -> float:
        self.reader.out_of_bounds(f"{what} of {self.name}", value, wanted, entry.spot)
        return 1.0

    # --- types ---------------------------------------------------------------------------------

    def types(self) -> tuple[dict[str, float], dict[str, dict[str, float]]]:
        """Return each type's prior weight, and the parameters that it sets."""
        declared = self.decl.types
        spot = self.spot / "types"
        if isinstance(declared, Quantiles):
            values = self.quantiles(declared, spot / "of")
            sets = {f"q{k + 1}": {declared.set: value} for k, value in enumerate(values)}
            return dict.fromkeys(sets, 1.0), sets
        weights = {}
        for type_, decl in declared.items():
            own = Entry(decl.prior, spot / type_ / "prior")
            weights[type_] = self.numbers.of(self.overlay.get(f"{self.name}.{type_}.prior", own))
        return weights, {type_: self.parameters_of(type_, spot / type_) for type_ in declared}

    def parameters_of(self, type_: str, spot: Spot) -> dict[str, float]:
        """Return every parameter that this player's types set, as this type has it."""
        assert isinstance(self.decl.types, dict)
        own = self.decl.types[type_].set
        typed = [p for p, owner in self.reader.scope.typed.items() if owner == self.name]
        return {
            name: self.numbers.of(Entry(own[name], spot / "set" / name))
            if name in own
            else self.left_unset(name, type_, spot)
            for name in typed
        }

    def left_unset(self, parameter: str, type_: str, spot: Spot) -> float:
        """Return the base value of a parameter that only the player's other types set."""
        if parameter in self.numbers.values:
            return self.numbers.values[parameter]
        self.reader.notes.add(
            "S316",
            f"The type '{type_}' of {self.name} sets no '{parameter}', which other types set and "
            "which has no value of its own.",
            spot,
            key=True,
            fix=f"set '{parameter}' here, or declare it under `parameters:`.",
        )
        return 0.0

    def quantiles(self, decl: Quantiles, spot: Spot) -> list[float]:
        """Return the middles of K equally likely parts of a distribution."""
        n_types = int(number(decl.quantiles))
        middles = [(k + 0.5) / n_types for k in range(n_types)]
        given = {
            word: self.numbers.of(Entry(amount, spot / word))
            for word in ("low", "high", "mean", "sd")
            if (amount := getattr(decl.of, word)) is not None
        }
        points = _points(decl.of, given, middles)
        if points is None:
            self.reader.notes.add(
                "S215",
                f"This does not describe a {decl.of.distribution} distribution.",
                spot,
                hint="A uniform one has `low` and `high`; the others `mean` and `sd`, or `low` and "
                "`high` as their 5 % and 95 % points.",
                fix="give one pair, with `low` below `high`, `sd` above 0, and all above 0 where "
                "it is lognormal.",
            )
            return [0.0] * n_types
        return points

    # --- beliefs -------------------------------------------------------------------------------

    def lay_priors(self, weights: dict[str, float]) -> None:
        """Lay the priors that a view or case starts from over those of the file."""
        given = self.layers.start.get(self.name)
        for type_, amount in given.lottery.items() if given else ():
            spot = given.spot / type_ if given else self.spot
            if type_ in weights:
                weights[type_] = self.numbers.of(Entry(amount, spot))
            else:
                self.reader.unknown(f"type of {self.name}", type_, weights, spot, key=True)

    def lay_chances(self, weights: dict[str, float]) -> None:
        """Lay chances of types that the caller gives; the others keep their proportions."""
        given = self.layers.chances.get(self.name, {})
        for type_, entry in given.items():
            if type_ not in weights:
                self.reader.unknown(f"type of {self.name}", type_, weights, entry.spot, key=True)
        fixed = {t: self.numbers.of(entry) for t, entry in given.items() if t in weights}
        others = sum(weight for t, weight in weights.items() if t not in fixed)
        rest = 1.0 - sum(fixed.values())
        for type_, chance in fixed.items():
            if not 0.0 <= chance <= 1.0 or rest < -ROUNDING or (rest > ROUNDING and not others):
                wanted = "from 0 to 1, and with the others' 1"
                what = f"chance of {self.name}.{type_}"
                self.reader.out_of_bounds(what, chance, wanted, given[type_].spot)
                return
        for type_ in weights:
            if type_ in fixed:
                weights[type_] = fixed[type_]
            elif fixed:
                weights[type_] *= max(rest, 0.0) / others if others else 0.0

    def opinions(self, weights: Mapping[str, float]) -> dict[str, tuple[float, ...]]:
        """Return the prior of every observer that is named."""
        found = {}
        for observer, given in self.decl.believed_by.items():
            spot = self.spot / "believed_by" / observer
            if observer not in self.reader.scope.players:
                self.reader.unknown("player", observer, self.reader.scope.players, spot, key=True)
                continue
            what = f"types of {self.name} as {observer} sees them"
            own = self.opinion(given, weights, spot)
            found[observer] = normalised(own, spot, what, self.reader.notes)
        return found

    def opinion(
        self, given: Mapping[str, float | str], weights: Mapping[str, float], spot: Spot
    ) -> list[float]:
        """Return an observer's weights: the analyst's, with those that differ in their place."""
        own = dict(weights)
        for type_, amount in given.items():
            if type_ in own:
                own[type_] = self.numbers.of(Entry(amount, spot / type_))
            elif own:
                self.reader.unknown(f"type of {self.name}", type_, own, spot / type_, key=True)
        return list(own.values())


def _points(
    decl: Distribution, given: Mapping[str, float], chances: list[float]
) -> list[float] | None:
    """Return the points of a distribution below which these chances lie, or None."""
    if decl.distribution == "uniform":
        if given.keys() != {"low", "high"} or given["low"] >= given["high"]:
            return None
        return [given["low"] + (given["high"] - given["low"]) * chance for chance in chances]
    is_log = decl.distribution == "lognormal"
    if is_log and min(given.values(), default=0.0) <= 0:
        return None
    normal = _normal_by_ends(given, is_log) or _normal_by_moments(given, is_log)
    if normal is None:
        return None
    points = [normal.inv_cdf(chance) for chance in chances]
    return [math.exp(point) for point in points] if is_log else points


def _normal_by_ends(given: Mapping[str, float], is_log: bool) -> NormalDist | None:
    if given.keys() != {"low", "high"} or given["low"] >= given["high"]:
        return None
    low, high = given["low"], given["high"]
    if is_log:
        low, high = math.log(low), math.log(high)
    return NormalDist((low + high) / 2, (high - low) / (2 * NormalDist().inv_cdf(UPPER_POINT)))


def _normal_by_moments(given: Mapping[str, float], is_log: bool) -> NormalDist | None:
    """Return the normal distribution; of the logarithm, by the moments of the quantity itself."""
    if given.keys() != {"mean", "sd"} or given["sd"] <= 0:
        return None
    mean, sd = given["mean"], given["sd"]
    if not is_log:
        return NormalDist(mean, sd)
    variance = math.log1p((sd / mean) ** 2)
    return NormalDist(math.log(mean) - variance / 2, math.sqrt(variance))


def normalised(weights: list[float], spot: Spot, what: str, notes: Notes) -> tuple[float, ...]:
    """Return weights made to sum to one; negative or all-zero weights are noted."""
    total = sum(weights)
    negative = any(weight < 0 for weight in weights)
    if not negative and (total > 0 or not weights):
        return tuple(weight / total for weight in weights)
    told = ", ".join(f"{weight:g}" for weight in weights)
    fault = "one is negative" if negative else "all are zero"
    notes.add(
        "S314",
        f"The weights of the {what} are {told}: {fault}.",
        spot,
        fix="give weights of at least 0, not all of them 0.",
    )
    return tuple(1.0 / len(weights) for _ in weights)
