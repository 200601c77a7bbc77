"""What is laid over a scenario: a view, a case, and what the caller gives; the later wins."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from offramp.scenario.forms import Setting, Weights
from offramp.scenario.mechanisms import base_setting
from offramp.scenario.names import suggest
from offramp.scenario.parameters import Entry
from offramp.scenario.parse import Document
from offramp.scenario.reading import Notes, Spot
from offramp.scenario.schema import Scenario, UseDecl
from offramp.scenario.scope import DEFAULT_POLICY, case_names

__all__ = ["EVEN", "Given", "Layers", "lay"]

EVEN = "even"  # the view that leans to neither side; every scenario has it
SETTINGS = ("asserted", "rival", "absent")


class Given(NamedTuple):
    """A lottery over levels, or weights of types, as written, and where."""

    lottery: Mapping[str, float | str]
    spot: Spot


@dataclass
class Layers:
    """What lies over a file.

    Attributes:
        case: Name of the case; `solved` where none is asked for.
        sets: Parameters with another value.
        start: By variable or by player: another start, other priors.
        weights: Setting of each mechanism that a view names, or weights over its settings.
        settings: Settings that the caller gives.
        outside: Numbers that the caller gives: parameters, `player.precision`, `player.discount`.
            Only what a mechanism sets wins over them.
        chances: Chances of types that the caller gives, by player and type; the other types keep
            their proportions.
    """

    case: str = DEFAULT_POLICY
    policy: str | None = None
    sets: dict[str, Entry] = field(default_factory=dict)
    start: dict[str, Given] = field(default_factory=dict)
    weights: dict[str, Setting | Weights] = field(default_factory=dict)
    settings: dict[str, str] = field(default_factory=dict)
    outside: dict[str, Entry] = field(default_factory=dict)
    chances: dict[str, dict[str, Entry]] = field(default_factory=dict)
    given: Entry | None = None

    def chosen(self, uses: Iterable[UseDecl]) -> dict[str, str]:
        """Return the setting of each mechanism in this world."""
        found: dict[str, str] = {}
        for use in uses:
            weights = self.weights.get(use.called)
            found[use.called] = weights if isinstance(weights, str) else base_setting(use)
        return {**found, **self.settings}

    def add(
        self,
        sets: Mapping[str, float | str],
        start: Mapping[str, Mapping[str, float | str]],
        spot: Spot,
    ) -> None:
        """Lay other numbers and another start over what lies there."""
        for name, amount in sets.items():
            self.sets[name] = Entry(amount, spot / "set" / name)
        for name, lottery in start.items():
            self.start[name] = Given(lottery, spot / "start" / name)


def lay(
    scenario: Scenario,
    notes: Notes,
    *,
    view: str | None = None,
    case: str | None = None,
    policy: str | None = None,
    parameters: Mapping[str, float | str] | None = None,
    settings: Mapping[str, str] | None = None,
    drawn: Mapping[str, float | str] | None = None,
) -> Layers:
    """Return what lies over a scenario; unknown names are noted.

    Args:
        drawn: What a world draws: values of parameters, levels that variables start from. It lies
            over the view and under the case, which may set some of it otherwise.
    """
    layers = Layers()
    if view is not None:
        _lay_view(scenario, view, layers, notes)
    for name, value in (drawn or {}).items():
        _lay_drawn(scenario, name, value, layers)
    if case is not None:
        _lay_case(scenario, case, layers, notes)
    if policy is not None:
        layers.policy = policy
        layers.case = layers.case if case is not None else policy
    for name, value in (parameters or {}).items():
        _lay_number(scenario, name, value, layers, notes)
    for name, setting in (settings or {}).items():
        _lay_setting(scenario, name, setting, layers, notes)
    return layers


def _lay_view(scenario: Scenario, view: str, layers: Layers, notes: Notes) -> None:
    decl = scenario.views.get(view)
    if decl is not None:
        layers.weights.update(decl.mechanisms)
        layers.add(decl.set, decl.start, Spot(scenario.document, ("views", view)))
    elif view == EVEN:
        for use in scenario.mechanisms:
            if not isinstance(use.setting, str):  # only what is contested
                layers.weights[use.called] = {"asserted": 0.5, "rival": 0.5}
    else:
        _unknown("S407", "view", view, [*scenario.views, EVEN], _outside("--view", view), notes)


def _lay_case(scenario: Scenario, case: str, layers: Layers, notes: Notes) -> None:
    layers.case = case
    decl = scenario.cases.get(case)
    if decl is not None:
        spot = Spot(scenario.document, ("cases", case))
        layers.policy = decl.policy
        layers.add(decl.set, decl.start, spot)
        if decl.given is not None:
            layers.given = Entry(decl.given, spot / "given")
    elif case in scenario.policies:
        layers.policy = case
    elif case != DEFAULT_POLICY:
        known = case_names(scenario)
        _unknown("S408", "policy or case", case, known, _outside("--case", case), notes)


def _lay_drawn(scenario: Scenario, name: str, value: float | str, layers: Layers) -> None:
    spot = _outside("drawn", name)
    if name in scenario.variables:
        layers.start[name] = Given({str(value): 1.0}, spot)
    else:
        layers.sets[name] = Entry(value, spot)


def _lay_number(
    scenario: Scenario, name: str, value: float | str, layers: Layers, notes: Notes
) -> None:
    """Lay what `--set` says: a parameter, a start level, or a number of a player."""
    spot = _outside("--set", name)
    if name in scenario.variables:
        level = value if isinstance(value, str) else f"{value:g}"
        layers.start[name] = Given({level: 1.0}, spot)
        return
    player, _, what = name.partition(".")
    type_, dot, word = what.rpartition(".")
    if what and player not in scenario.players:
        _unknown("S401", "player", player, scenario.players, spot, notes)
    elif dot and word == "prior":
        layers.chances.setdefault(player, {})[type_] = Entry(value, spot)
    elif what and what not in ("precision", "discount"):
        numbers = ["precision", "discount", "TYPE.prior"]
        _unknown("S401", f"number of {player}", what, numbers, spot, notes)
    else:
        layers.outside[name] = Entry(value, spot)


def _lay_setting(scenario: Scenario, name: str, setting: str, layers: Layers, notes: Notes) -> None:
    known = [use.called for use in scenario.mechanisms]
    spot = _outside("settings", name)
    if name not in known:
        _unknown("S401", "mechanism", name, known, spot, notes)
    elif setting not in SETTINGS:
        _unknown("S406", "setting", setting, SETTINGS, spot, notes)
    else:
        layers.settings[name] = setting


def _outside(word: str, name: str) -> Spot:
    """Return a place that stands in no file: a word of the command line or an argument."""
    return Spot(Document(word), (name,))


def _unknown(
    code: str, what: str, name: str, known: Iterable[str], spot: Spot, notes: Notes
) -> None:
    listed = list(known)
    hint = suggest(name, listed)
    if not hint and listed:
        hint = f"There {'is' if len(listed) == 1 else 'are'}: {', '.join(listed)}."
    notes.add(
        code,
        f"'{name}' is not a {what} of this scenario.",
        spot,
        hint=hint,
        fix="correct the name.",
    )
