"""Views, cases and `--set`, laid over a scenario: from a `Scenario` to a `Crisis`.

What is laid over what, the later winning: the file, the view, what a world draws, the case, what
the caller gives. A number that a mechanism in force sets is what the mechanism says, whatever is
laid over it.

What depends on the settings of mechanisms only (stages, payoffs, endings, measures) is read once
and remembered with the scenario, so that binding thousands of worlds costs their numbers only.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import NamedTuple

from offramp.errors import ScenarioError, raise_problems
from offramp.scenario.body import read_endings, read_measures, read_payoffs, read_stages
from offramp.scenario.clauses import read_policy, read_start
from offramp.scenario.crisis import Crisis, Ending, Measure, Pay, Stage
from offramp.scenario.declared import mechanisms_used, parameter_entries
from offramp.scenario.expressions import Expr
from offramp.scenario.given import read_given
from offramp.scenario.layers import EVEN, Layers, lay
from offramp.scenario.mechanisms import (
    InForce,
    collect_additions,
    in_force,
    set_numbers,
    weave,
)
from offramp.scenario.names import Kind
from offramp.scenario.parameters import Entry, Numbers
from offramp.scenario.parse import Document
from offramp.scenario.players import normalised, read_players
from offramp.scenario.reading import Notes, Reader, Spot, years_of
from offramp.scenario.schema import Scenario
from offramp.scenario.scope import case_names, scope_of
from offramp.scenario.sizes import sized

__all__ = [
    "EVEN",
    "bind",
    "bind_layers",
    "case_names",
    "numbers_of",
    "parse_claim",
    "read_settings",
    "reader_for",
    "settings_of",
]


def bind(
    scenario: Scenario,
    *,
    view: str | None = None,
    case: str | None = None,
    policy: str | None = None,
    parameters: Mapping[str, float | str] | None = None,
    settings: Mapping[str, str] | None = None,
    drawn: Mapping[str, float | str] | None = None,
) -> Crisis:
    """Return a scenario bound to one view, one case and one set of numbers.

    Args:
        view: A view of the file, or `even`. Without one: base values and base settings.
        case: A case, or a policy by its name. Without one, nobody is bound.
        policy: A policy; in place of the case's own where both are given.
        parameters: Values laid over everything else (`--set`): by parameter; by variable, a level
            to start from; `player.precision`, `player.discount`; `player.type.prior`, its chance.
        settings: Settings of mechanisms, by the name that each is called by.
        drawn: What a world draws, under what the case says: values of parameters, and levels that
            variables start from.

    Raises:
        ScenarioError: with every problem that binding finds.
    """
    notes = Notes()
    layers = lay(
        scenario,
        notes,
        view=view,
        case=case,
        policy=policy,
        parameters=parameters,
        settings=settings,
        drawn=drawn,
    )
    crisis = bind_layers(scenario, layers, notes)
    raise_problems(notes.problems, ScenarioError)
    return crisis


def bind_layers(scenario: Scenario, layers: Layers, notes: Notes) -> Crisis:
    """Return the crisis under what is laid over a scenario; problems are noted."""
    scenario = sized(scenario, {**layers.sets, **layers.outside}, notes)
    reader = reader_for(scenario, notes)
    settings = layers.chosen(scenario.mechanisms)
    body = _body(scenario, settings, reader)
    numbers = numbers_of(scenario, layers, body.overlay, reader)
    period = scenario.period
    return Crisis(
        name=scenario.name,
        title=scenario.title or scenario.name,
        period_unit=period.unit,
        period_years=reader.period_years,
        n_periods=period.count if isinstance(period.count, int) else None,
        tail=_tail(scenario, numbers, reader),
        final_period=period.final_period or scenario.solver.final_period,
        parameters={n: v for n, v in numbers.values.items() if n not in reader.scope.typed},
        variables=tuple(reader.scope.variables.values()),
        players=read_players(scenario, layers, numbers, {**layers.outside, **body.overlay}, reader),
        stages=body.stages,
        payoffs=body.payoffs,
        endings=body.endings,
        policy=read_policy(scenario, layers.policy, numbers, reader),
        start=read_start(scenario, layers, numbers, reader),
        measures=body.measures,
        solver=scenario.solver.model_dump(exclude_none=True),
        scenario_hash=_fingerprint(scenario, layers, settings),
        case=layers.case,
        given=read_given(*layers.given, reader) if layers.given else None,
        settings=settings,
    )


def settings_of(scenario: Scenario, view: str | None = None) -> dict[str, dict[str, float]]:
    """Return the weights of each mechanism's settings under a view; they sum to one.

    Raises:
        ScenarioError: An unknown view, or weights that are none.
    """
    notes = Notes()
    found = read_settings(scenario, notes, view)
    raise_problems(notes.problems)
    return found


def read_settings(
    scenario: Scenario, notes: Notes, view: str | None = None
) -> dict[str, dict[str, float]]:
    """Return what `settings_of` does; what is wrong is noted."""
    layers = lay(scenario, notes, view=view)
    numbers = numbers_of(scenario, layers, {}, reader_for(scenario, notes))
    found = {}
    for i, use in enumerate(scenario.mechanisms):
        weights = use.setting
        spot = Spot(scenario.document, ("mechanisms", i, "setting"))
        if use.called in layers.weights:
            weights = layers.weights[use.called]
            spot = Spot(scenario.document, ("views", str(view), "mechanisms", use.called))
        if isinstance(weights, str):
            found[use.called] = {str(weights): 1.0}
            continue
        amounts = [numbers.of(Entry(amount, spot / name)) for name, amount in weights.items()]
        shares = normalised(amounts, spot, f"settings of {use.called}", notes)
        found[use.called] = dict(zip(map(str, weights), shares, strict=True))
    return found


def parse_claim(text: str, scenario: Scenario) -> Expr:
    """Return a comparison over `measure[case]`, checked against the measures and cases there are.

    Raises:
        ScenarioError: where the text is not such an expression.
    """
    notes = Notes()
    reader = reader_for(scenario, notes)
    found = reader.expression(text, Spot(Document("claim", text, [text])), Kind.CLAIM)
    raise_problems(notes.problems)
    return found


def reader_for(scenario: Scenario, notes: Notes) -> Reader:
    """Return the reader of a scenario's expressions."""
    return Reader(scope_of(scenario), notes, years_of(scenario.period.unit))


def numbers_of(
    scenario: Scenario, layers: Layers, overlay: Mapping[str, Entry], reader: Reader
) -> Numbers:
    """Return all parameters under what is laid over them."""
    entries = parameter_entries(scenario)
    for name, entry in {**layers.sets, **layers.outside, **overlay}.items():
        if name in entries:
            entries[name] = entry
        elif name in reader.scope.typed:
            reader.set_by_types(name, entry.spot)
        elif "." not in name and name not in overlay:
            reader.unknown("parameter", name, entries, entry.spot, key=True)
    return Numbers(entries, reader)


class _Body(NamedTuple):
    """What depends on no number, only on the settings of mechanisms.

    Attributes:
        overlay: Numbers that mechanisms in force set, laid over everything else.
    """

    overlay: Mapping[str, Entry]
    stages: tuple[Stage, ...]
    payoffs: tuple[Pay, ...]
    endings: tuple[Ending, ...]
    measures: tuple[Measure, ...]


def _body(scenario: Scenario, settings: Mapping[str, str], reader: Reader) -> _Body:
    key = ("body", tuple(sorted(settings.items())))
    if key not in scenario.memory:
        n_before = len(reader.notes.problems)
        body = _read_body(scenario, in_force(scenario, settings, reader), reader)
        if len(reader.notes.problems) > n_before:
            return body  # not remembered, so that its problems are told every time
        scenario.memory[key] = body
    found: _Body = scenario.memory[key]
    return found


def _read_body(scenario: Scenario, mechanisms: list[InForce], reader: Reader) -> _Body:
    root = Spot(scenario.document)
    overlay = set_numbers(mechanisms, reader)
    additions = collect_additions(mechanisms, reader)
    stages = read_stages(scenario, root / "stages", reader)
    payoffs = read_payoffs(scenario.payoffs, root / "payoffs", reader)
    return _Body(
        overlay,
        weave(stages, additions, reader.notes),
        (*payoffs, *additions.payoffs),
        read_endings(scenario.endings, root / "endings", reader),
        read_measures(scenario.measures, root / "measures", reader),
    )


def _tail(scenario: Scenario, numbers: Numbers, reader: Reader) -> float:
    """Return how many periods more the last state counts."""
    spot = Spot(scenario.document, ("period", "tail"))
    tail = numbers.of(Entry(scenario.period.tail, spot))
    if tail < 0:
        reader.out_of_bounds("tail", tail, "0 or more", spot)
        return 0.0
    return tail


def _fingerprint(scenario: Scenario, layers: Layers, settings: Mapping[str, str]) -> str:
    """Return a hash of what the file says and of everything laid over it."""
    memory = scenario.memory
    if "text" not in memory:
        library = [mechanism.plain() for mechanism, _ in mechanisms_used(scenario)]
        told = scenario.plain()
        for ending in told.get("endings", {}).values():
            ending.pop("off_ramp", None)  # a word for readers
        memory["text"] = json.dumps([told, library], sort_keys=True)
    laid = {
        "sets": {name: entry.amount for name, entry in layers.sets.items()},
        "outside": {name: entry.amount for name, entry in layers.outside.items()},
        "chances": {
            player: {name: entry.amount for name, entry in chances.items()}
            for player, chances in layers.chances.items()
        },
        "start": {name: dict(given.lottery) for name, given in layers.start.items()},
        "policy": layers.policy,
        "given": layers.given.amount if layers.given else None,
        "settings": dict(settings),
    }
    text = memory["text"] + json.dumps(laid, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()
