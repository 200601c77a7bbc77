"""Rules about what is declared: names, parameters, variables, players, stages, endings."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable

from offramp.scenario.body import stage_name
from offramp.scenario.declared import declared_parameters, mechanisms_used
from offramp.scenario.forms import number
from offramp.scenario.layers import Layers, lay
from offramp.scenario.parameters import Entry, Numbers
from offramp.scenario.reading import Notes, Reader, Spot
from offramp.scenario.schema import (
    ActionDecl,
    EffectDecl,
    Family,
    ParameterDecl,
    Quantiles,
    Scenario,
    StageDecl,
)
from offramp.scenario.scope import is_nature, set_by_types, type_names
from offramp.scenario.views import numbers_of, reader_for

__all__ = ["check_declarations"]

RESERVED = {"and", "or", "not", "period", "per"}
HORIZON = "horizon"  # the ending reached by no other
MAX_LEVELS = 1_000  # of a variable, or members of a family


def check_declarations(scenario: Scenario, notes: Notes) -> None:
    """Note every problem of what is declared."""
    reader = reader_for(scenario, notes)
    root = Spot(scenario.document)
    _check_names(scenario, root, notes)
    quiet = Reader(reader.scope, Notes(), None)
    numbers = numbers_of(scenario, Layers(), {}, quiet)
    for name, decl, spot in declared_parameters(scenario):
        _check_parameter(name, decl, spot, numbers, notes)
    _check_views(scenario, quiet, notes)
    _check_bundles(scenario, root / "bundles", reader)
    _check_variables(scenario, root / "variables", notes)
    _check_players(scenario, root / "players", reader)
    _check_stages(scenario, root / "stages", reader)
    _check_rest(scenario, root, reader)


# --- names -----------------------------------------------------------------------------------


def _check_names(scenario: Scenario, root: Spot, notes: Notes) -> None:
    """Note names that stand twice in the name space of players, variables, parameters, measures."""
    taken: dict[str, str] = {}
    for section in ("players", "variables", "parameters", "measures"):
        for name in getattr(scenario, section):
            spot = root / section / name
            _check_word(name, section[:-1], spot, notes)
            if name in taken:
                notes.add(
                    "S205",
                    f"'{name}' names a {section[:-1]} and a {taken[name]}; they share one name "
                    "space.",
                    spot,
                    key=True,
                    fix="rename one of them.",
                )
            taken.setdefault(name, section[:-1])
    _check_mechanism_parameters(scenario, taken, notes)
    used = [use.called for use in scenario.mechanisms]
    for i, name in enumerate(used):
        if name in used[:i]:
            fix = "give one of them a `name:` of its own."
            spot = root / "mechanisms" / i
            notes.add("S205", f"Two mechanisms are called '{name}'.", spot, fix=fix)


def _check_mechanism_parameters(scenario: Scenario, taken: dict[str, str], notes: Notes) -> None:
    own = dict(taken)
    for name, _, spot in declared_parameters(scenario):
        if spot.path[:1] == ("parameters",):
            continue
        _check_word(name, "parameter", spot, notes)
        if name in own:
            notes.add(
                "S205",
                f"'{name}' names a parameter of this mechanism and a {own[name]}; they share one "
                "name space.",
                spot,
                key=True,
                fix="rename one of them.",
            )
        own.setdefault(name, "parameter of another mechanism or setting")


def _check_word(name: str, what: str, spot: Spot, notes: Notes) -> None:
    """Note a name that expressions could not use as one word."""
    if name in RESERVED or not name.isidentifier():
        told = "is a word of the language" if name in RESERVED else "is not one word"
        fix = "use letters, digits and `_`, not starting with a digit."
        message = f"'{name}' {told}; it cannot name {_article(what)}."
        notes.add("S210", message, spot, key=True, fix=fix)


def _article(what: str) -> str:
    return f"an {what}" if what[0] in "aeiou" else f"a {what}"


# --- parameters ------------------------------------------------------------------------------


def _check_parameter(
    name: str, decl: ParameterDecl, spot: Spot, numbers: Numbers, notes: Notes
) -> None:
    if not decl.source:
        notes.add(
            "S312",
            f"The parameter '{name}' has no source.",
            spot,
            key=True,
            fix="add `source:`; `judgement` where no source settles it.",
        )
    if decl.one_of is not None:
        _check_one_of(decl, spot / "one_of", numbers, notes)
    low, high = _ends(decl, spot, numbers)
    if low > high or (decl.range is not None and decl.scale == "log" and low <= 0):
        told = "runs downwards" if low > high else "reaches 0 or below, where logarithms end"
        message = f"The range of '{name}', {low:g} to {high:g}, {told}."
        fix = "give the lower end first; both above 0 with `scale: log`."
        notes.add("S321", message, spot / "range", fix=fix)
    elif name in numbers.values:
        _check_within(name, numbers.values[name], (low, high), spot / "value", notes)


def _ends(decl: ParameterDecl, spot: Spot, numbers: Numbers) -> tuple[float, float]:
    """Return the least and the most that a parameter may be; without a range, any number."""
    if decl.range is not None:
        low, high = (numbers.of(Entry(end, spot / "range" / i)) for i, end in enumerate(decl.range))
        return low, high
    values = decl.one_of or {}
    return min(values, default=-math.inf), max(values, default=math.inf)


def _check_within(
    name: str, value: float, ends: tuple[float, float], spot: Spot, notes: Notes
) -> None:
    low, high = ends
    if not low <= value <= high:
        message = f"The value of '{name}', {value:g}, lies outside its range, {low:g} to {high:g}."
        notes.add("S313", message, spot, fix="widen the range, or move the value.")


def _check_views(scenario: Scenario, quiet: Reader, notes: Notes) -> None:
    """Note where what a view says of a parameter lies outside the parameter's range."""
    declared = {name: (decl, spot) for name, decl, spot in declared_parameters(scenario)}
    for view in scenario.views:
        layers = lay(scenario, Notes(), view=view)
        numbers = numbers_of(scenario, layers, {}, quiet)
        for name, entry in layers.sets.items():
            if name in declared:
                low, high = _ends(*declared[name], numbers)
                if low <= high:  # else that is told already
                    _check_within(name, numbers.values[name], (low, high), entry.spot, notes)


def _check_one_of(decl: ParameterDecl, spot: Spot, numbers: Numbers, notes: Notes) -> None:
    listed = decl.one_of or {}
    weights = [numbers.of(Entry(amount, spot / value)) for value, amount in listed.items()]
    if not weights or min(weights) < 0 or sum(weights) <= 0:
        fix = "give weights of at least 0, not all of them 0."
        notes.add("S314", "These weights are negative, or all of them zero.", spot, fix=fix)


def _check_bundles(scenario: Scenario, spot: Spot, reader: Reader) -> None:
    known = [name for name, _, _ in declared_parameters(scenario)]
    for i, bundle in enumerate(scenario.bundles):
        for j, name in enumerate(bundle.parameters):
            if name not in known:
                reader.unknown("parameter", name, known, spot / i / "parameters" / j)
        n = len(set(bundle.parameters))
        message = "A bundle takes two parameters or more."
        if n > 1:
            message = (
                f"{n} parameters cannot each have a rank correlation of "
                f"{bundle.rank_correlation:g} with all others; it lies above {-1 / (n - 1):g}."
            )
        if n < 2 or bundle.rank_correlation < -1 / (n - 1):
            fix = "name more parameters, or a correlation that can be."
            reader.notes.add("S333", message, spot / i, fix=fix)


# --- variables, players, stages --------------------------------------------------------------


def _check_variables(scenario: Scenario, root: Spot, notes: Notes) -> None:
    for name, decl in scenario.variables.items():
        spot = root / name / "levels"
        if isinstance(decl.levels, Family):
            _check_family(decl.levels, spot, notes)
            continue
        repeated = [str(k) for k, n in Counter(map(str, decl.levels)).items() if n > 1]
        if not decl.levels:
            notes.add("S334", f"'{name}' has no levels.", spot, fix="list one at least.")
        if repeated:
            message = f"'{name}' has the level '{repeated[0]}' twice."
            notes.add("S205", message, spot, fix="name each level once, lowest first.")
        for level in decl.levels:
            if isinstance(level, str):
                _check_word(level, "level", spot, notes)


def _check_family(family: Family, spot: Spot, notes: Notes) -> None:
    first, last, step = number(family.from_), number(family.to), number(family.step)
    if step <= 0 or not 0 <= (last - first) / step <= MAX_LEVELS:
        message = f"From {first:g} to {last:g} by {step:g} makes no usable list."
        fix = f"let `to` lie above `from`, at most {MAX_LEVELS:,} steps away."
        notes.add("S334", message, spot, fix=fix)


def _check_players(scenario: Scenario, root: Spot, reader: Reader) -> None:
    notes = reader.notes
    owner: dict[str, str] = {}
    movers = {player for stage in scenario.stages for player in stage.players}
    for name, decl in scenario.players.items():
        spot = root / name
        for parameter in set_by_types(decl):
            if parameter in owner:
                told = f"'{parameter}' is set by the types of {owner[parameter]} and of {name}."
                fix = "give each player a parameter of its own."
                notes.add("S320", told, spot / "types", key=True, fix=fix)
            owner.setdefault(parameter, name)
        if name in movers and is_nature(scenario, name):
            message = f"{name} is a hidden fact and cannot act."
            fix = "let its chances stand in a stage without a player."
            notes.add("S328", message, spot, key=True, fix=fix)
        elif name in movers and decl.precision is None and "precision" not in reader.scope.ghosts:
            message = f"{name} acts, but has no precision."
            fix = "add `precision:`; how it is read stands in the glossary."
            notes.add("S329", message, spot, key=True, fix=fix)
        if decl.believed_by and not type_names(decl):
            message = f"{name} has no types of which anything could be believed."
            notes.add("S330", message, spot / "believed_by", key=True, fix="declare `types:`.")
        if name in decl.believed_by:
            message = f"{name} knows its own type."
            fix = "name other players as observers."
            notes.add("S330", message, spot / "believed_by" / name, key=True, fix=fix)
        if isinstance(decl.types, Quantiles) and decl.types.set in scenario.variables:
            reader.unknown("parameter", decl.types.set, (), spot / "types" / "set")


def _check_stages(scenario: Scenario, root: Spot, reader: Reader) -> None:
    names = [stage_name(decl, i) for i, decl in enumerate(scenario.stages)]
    for i, decl in enumerate(scenario.stages):
        spot = root / i
        if names[i] in names[:i]:
            message, fix = f"Two stages are named '{names[i]}'.", "rename one of them."
            reader.notes.add("S205", message, spot, fix=fix)
        _check_movers(decl, scenario, spot, reader)
        _no_place_for_at(decl.effects, spot / "effects", reader.notes)
        for player, actions in decl.actions.items():
            here = spot / "actions" / player
            for name, action in actions.items():
                _check_action(name, action, here / name, reader.notes)


def _check_movers(decl: StageDecl, scenario: Scenario, spot: Spot, reader: Reader) -> None:
    for player in decl.players:
        if player not in scenario.players:
            here = spot / ("players" if len(decl.players) > 1 else "player")
            reader.unknown("player", player, scenario.players, here)
        elif not decl.actions.get(player):
            message = f"{player} moves at this stage, but has no actions there."
            fix = "list its actions, or take it from the stage."
            if not reader.scope.ghosts:  # else they may stand in what was wrong in form
                reader.notes.add("S219", message, spot, fix=fix)
    for player in decl.actions:
        if player not in decl.players:
            message = f"'{player}' has actions here, but does not move at this stage."
            fix = "name it under `player:` or `players:`."
            reader.notes.add("S219", message, spot / "actions" / player, key=True, fix=fix)


def _check_action(name: str, decl: ActionDecl, spot: Spot, notes: Notes) -> None:
    _check_word(name, "action", spot, notes)
    if isinstance(decl.over, Family):
        _check_family(decl.over, spot / "over", notes)
    elif decl.over is not None and len(set(decl.over)) < max(1, len(decl.over)):
        notes.add("S334", "A family needs numbers, each once.", spot / "over", fix="list them.")
    _no_place_for_at(decl.effects, spot / "effects", notes)


def _no_place_for_at(effects: Iterable[EffectDecl], spot: Spot, notes: Notes) -> None:
    """Note `at` outside of mechanisms, where an effect happens at the stage it stands in."""
    for i, effect in enumerate(effects):
        if effect.at is not None:
            message = "`at` belongs to mechanisms; this effect happens where it stands."
            notes.add("S417", message, spot / i / "at", key=True, fix="remove `at`.")
        _no_place_for_at(effect.then, spot / i / "then", notes)
        _no_place_for_at(effect.else_, spot / i / "else", notes)


# --- the rest --------------------------------------------------------------------------------


def _check_rest(scenario: Scenario, root: Spot, reader: Reader) -> None:
    notes = reader.notes
    if HORIZON in scenario.endings:
        message = "`horizon` is the ending that is reached by no other; it cannot be declared."
        notes.add("S210", message, root / "endings" / HORIZON, key=True, fix="rename it.")
    for name in scenario.payoffs.players:
        if name in scenario.players and is_nature(scenario, name):
            message = f"{name} is a hidden fact; nothing can be paid to it."
            spot = root / "payoffs" / name
            notes.add("S328", message, spot, key=True, fix="leave it out.")
    grid = scenario.solver.grid
    if isinstance(grid, dict):
        for name in grid:
            if name not in scenario.players:
                spot = root / "solver" / "grid" / name
                reader.unknown("player", name, scenario.players, spot, key=True)
    for mechanism, spot in mechanisms_used(scenario):
        _check_following(mechanism.effects, spot / "effects", notes)
        if mechanism.rival is not None:
            _check_following(mechanism.rival.effects, spot / "rival" / "effects", notes)


def _check_following(effects: Iterable[EffectDecl], spot: Spot, notes: Notes) -> None:
    """Note `at` on what follows from a mechanism's effect: it stands on the effect itself."""
    for i, effect in enumerate(effects):
        _no_place_for_at(effect.then, spot / i / "then", notes)
        _no_place_for_at(effect.else_, spot / i / "else", notes)
