"""Sizes that stand on parameters: how many periods, levels, members of a family, types.

What is read of a scenario afterwards (names of levels, acts and types among it) hangs on them, so
they are filled in first of all: a copy of the scenario is made in which plain numbers stand.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from offramp.scenario.declared import parameter_entries
from offramp.scenario.forms import number_name
from offramp.scenario.names import Scope
from offramp.scenario.parameters import Entry, Numbers
from offramp.scenario.reading import Notes, Reader, Spot
from offramp.scenario.schema import ActionDecl, Family, PlayerDecl, Quantiles, Scenario, StageDecl
from offramp.scenario.schema import VariableDecl as Variable

__all__ = ["FOREVER", "sized"]

FOREVER = "forever"  # a number of periods that no parameter gives
NEARLY = 1e-9  # how far from a whole number rounding may take one
MOST = 10_000  # periods or types; memory refuses long before

Fill = Callable[[Any, Spot], Any]


def sized(scenario: Scenario, given: Mapping[str, Entry], notes: Notes) -> Scenario:
    """Return the scenario with numbers where its sizes are expressions of parameters.

    Args:
        given: Values laid over the parameters, by name; names that are none are left alone.
    """
    memory = scenario.memory
    if "sizes" not in memory:
        memory["sizes"] = _written_sizes(scenario)
    if not memory["sizes"]:
        return scenario
    entries = parameter_entries(scenario)
    entries.update((name, entry) for name, entry in given.items() if name in entries)
    scope = Scope(variables={}, parameters=frozenset(entries), players={}, actions={})
    quiet = Numbers(entries, Reader(scope, Notes(), None))  # told where all numbers are read
    quiet.reader = Reader(scope, notes, None)
    values = {spot.path: quiet.of(Entry(amount, spot)) for amount, spot in memory["sizes"]}
    key = ("sized", tuple(values.values()))
    if key not in memory:
        memory[key] = _filled(scenario, lambda amount, spot: values.get(spot.path, amount), notes)
    found: Scenario = memory[key]
    return found


def _written_sizes(scenario: Scenario) -> list[tuple[str, Spot]]:
    """Return every size that is an expression, and where it stands."""
    found: list[tuple[str, Spot]] = []

    def note(amount: Any, spot: Spot) -> Any:
        if isinstance(amount, str) and amount != FOREVER:
            found.append((amount, spot))
            return 1
        return amount

    _filled(scenario, note, Notes())
    return found


def _filled(scenario: Scenario, fill: Fill, notes: Notes) -> Scenario:
    """Return a copy of the scenario, every size run through `fill`."""
    root = Spot(scenario.document)
    whole = _whole_numbers(fill, notes)
    period = scenario.period
    copy = scenario.model_copy(
        update={
            "period": period.model_copy(
                update={"count": whole(period.count, root / "period" / "count")}
            ),
            "variables": {
                name: _variable(decl, root / "variables" / name / "levels", fill)
                for name, decl in scenario.variables.items()
            },
            "players": {
                name: _player(decl, root / "players" / name / "types" / "quantiles", whole)
                for name, decl in scenario.players.items()
            },
            "stages": tuple(
                _stage(decl, root / "stages" / i / "actions", fill)
                for i, decl in enumerate(scenario.stages)
            ),
        }
    )
    return copy.forgetful()


def _whole_numbers(fill: Fill, notes: Notes) -> Fill:
    def whole(amount: Any, spot: Spot) -> Any:
        value = fill(amount, spot)
        if not isinstance(value, float):
            return value
        if abs(value - round(value)) > NEARLY or not 1 <= value <= MOST:
            notes.add(
                "S336",
                f"'{amount}' comes out as {value:g}, which counts nothing.",
                spot,
                fix=f"let it come out as a whole number from 1 to {MOST:,}.",
            )
            return 1
        return round(value)

    return whole


def _variable(decl: Variable, spot: Spot, fill: Fill) -> Variable:
    if not isinstance(decl.levels, Family):
        return decl
    return decl.model_copy(update={"levels": _family(decl.levels, spot, fill)})


def _family(family: Family, spot: Spot, fill: Fill) -> Family:
    return family.model_copy(
        update={
            "from_": fill(family.from_, spot / "from"),
            "to": fill(family.to, spot / "to"),
            "step": fill(family.step, spot / "step"),
        }
    )


def _player(decl: PlayerDecl, spot: Spot, whole: Fill) -> PlayerDecl:
    if not isinstance(decl.types, Quantiles):
        return decl
    count = whole(decl.types.quantiles, spot)
    return decl.model_copy(update={"types": decl.types.model_copy(update={"quantiles": count})})


def _stage(decl: StageDecl, spot: Spot, fill: Fill) -> StageDecl:
    if not any(action.over for actions in decl.actions.values() for action in actions.values()):
        return decl
    actions = {
        player: {
            name: _action(action, spot / player / name / "over", fill)
            for name, action in declared.items()
        }
        for player, declared in decl.actions.items()
    }
    return decl.model_copy(update={"actions": actions})


def _action(decl: ActionDecl, spot: Spot, fill: Fill) -> ActionDecl:
    if decl.over is None:
        return decl
    if isinstance(decl.over, Family):
        return decl.model_copy(update={"over": _family(decl.over, spot, fill)})
    members = [fill(amount, spot / i) for i, amount in enumerate(decl.over)]
    if any(isinstance(amount, str) for amount in decl.over):
        # what is computed may fall on another member; written numbers are each to stand once
        members = list({number_name(value): value for value in members}.values())
    return decl.model_copy(update={"over": tuple(members)})
