"""Rules over a whole scenario file that no single entry shows. They return problems.

`check_scenario` binds the scenario to every policy, case and view, and to its mechanisms all
asserted and all set to their rivals, so that every expression of the file is read once at least.
What can be seen only once states are counted is left to the compiler.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from offramp.errors import Problem, Severity, in_file_order
from offramp.scenario.clauses import read_policy
from offramp.scenario.crisis import Crisis, Policy
from offramp.scenario.declarations import check_declarations
from offramp.scenario.declared import declared_parameters, mechanisms_used
from offramp.scenario.expressions import Compare, MeasureOf, walk
from offramp.scenario.layers import Layers, lay
from offramp.scenario.library import find_mechanism
from offramp.scenario.names import Kind
from offramp.scenario.parse import Document
from offramp.scenario.reading import Notes, Reader, Spot
from offramp.scenario.rules import broken_rules
from offramp.scenario.schema import Campaign, ClaimDecl, Same, Scenario
from offramp.scenario.scope import scope_of
from offramp.scenario.sizes import sized
from offramp.scenario.views import bind_layers, numbers_of, read_settings, reader_for

__all__ = ["check_campaign", "check_scenario"]

PROSE = {"says", "sources", "source", "note", "title", "story", "unit", "label", "name"}
_NAME = re.compile(r"[^\W\d]\w*")


def check_scenario(scenario: Scenario) -> list[Problem]:
    """Return every problem that can be seen without counting states, in file order."""
    notes = Notes()
    as_written, scenario = scenario, sized(scenario, {}, notes)
    check_declarations(scenario, notes)
    policies = _check_policies(scenario, notes)
    rules = _check_worlds(scenario, policies, notes)
    for view in (None, *scenario.views):
        read_settings(scenario, notes, view)
    _check_cases(as_written, notes)
    _check_claims(scenario, notes)
    _check_record(scenario, notes)
    _check_use(as_written, notes)
    return in_file_order(_each_once([*notes.problems, *_placed(rules, scenario)]))


def _each_once(problems: list[Problem]) -> Iterator[Problem]:
    """Yield each problem once, though several worlds have it."""
    seen = set()
    for problem in problems:
        key = (problem.code, problem.where, problem.message, problem.path)
        if key not in seen:
            seen.add(key)
            yield problem


def _placed(problems: list[Problem], scenario: Scenario) -> Iterator[Problem]:
    """Yield problems that know their path only by name, each pointing at the entry itself."""
    documents = [scenario.document, *(spot.document for _, spot in mechanisms_used(scenario))]
    files = {document.file: document for document in documents}
    for problem in problems:
        document: Document = scenario.document
        if problem.where is not None:
            document = files.get(problem.where.file, document)
        yield replace(problem, where=document.find(problem.path) or problem.where)


# --- worlds, views, cases --------------------------------------------------------------------


def _check_policies(scenario: Scenario, notes: Notes) -> list[Policy]:
    """Read every policy."""
    reader = reader_for(scenario, notes)
    numbers = numbers_of(scenario, Layers(), {}, reader)
    return [read_policy(scenario, name, numbers, reader) for name in scenario.policies]


def _check_worlds(scenario: Scenario, policies: list[Policy], notes: Notes) -> list[Problem]:
    """Bind the base world and both extremes; return the rules that they break."""
    uses = scenario.mechanisms
    worlds = [
        Layers().chosen(uses),
        {use.called: "asserted" for use in uses},
        {use.called: _rival_or_absent(scenario, use.use) for use in uses},
    ]
    rules: list[Problem] = []
    for i, settings in enumerate(worlds):
        if settings in worlds[:i]:
            continue
        found = Notes()
        crisis = bind_layers(scenario, Layers(settings=dict(settings)), found)
        notes.problems += [*found.problems, *_paid_twice(crisis)]
        rules += broken_rules(crisis, scope_of(scenario), policies)
    return rules


def _paid_twice(crisis: Crisis) -> Iterator[Problem]:
    """Yield a warning for a term that a player is paid under one name more than once."""
    seen: set[tuple[str, str]] = set()
    for pay in crisis.payoffs:
        if (pay.player, pay.term) in seen:
            yield Problem(
                "S418",
                f"'{pay.player}' is paid '{pay.term}' twice, by a mechanism besides: both count.",
                pay.where,
                f"payoffs.{pay.player}.{pay.term}",
                fix="remove one, or give it another name if both are meant.",
                severity=Severity.WARNING,
            )
        seen.add((pay.player, pay.term))


def _rival_or_absent(scenario: Scenario, name: str) -> str:
    known = find_mechanism(scenario, name)
    return "rival" if known is not None and known[0].rival is not None else "absent"


def _check_cases(scenario: Scenario, notes: Notes) -> None:
    """Bind every case and view."""
    reader = reader_for(scenario, notes)
    for name, case in scenario.cases.items():
        if case.policy is not None and case.policy not in scenario.policies:
            spot = Spot(scenario.document, ("cases", name, "policy"))
            reader.unknown("policy", case.policy, scenario.policies, spot, code="S409")
            continue
        bind_layers(scenario, lay(scenario, notes, case=name), notes)
    called = [use.called for use in scenario.mechanisms]
    for name, view in scenario.views.items():
        for mechanism in view.mechanisms:
            if mechanism not in called:
                spot = Spot(scenario.document, ("views", name, "mechanisms", mechanism))
                reader.unknown("mechanism", mechanism, called, spot, key=True, code="S401")
        bind_layers(scenario, lay(scenario, notes, view=name), notes)


# --- claims ----------------------------------------------------------------------------------


def _check_claims(scenario: Scenario, notes: Notes) -> None:
    reader = reader_for(scenario, notes)
    called = [use.called for use in scenario.mechanisms]
    for name, claim in scenario.claims.items():
        spot = Spot(scenario.document, ("claims", name))
        _check_comparisons(claim, spot, reader)
        for i, mechanism in enumerate(claim.rests_on):
            if mechanism not in called:
                here = spot / "rests_on" / i
                reader.unknown("mechanism", mechanism, called, here, code="S401")
        _check_counter(name, claim, scenario, spot, reader)


def _check_comparisons(claim: ClaimDecl, spot: Spot, reader: Reader) -> None:
    if isinstance(claim.holds, Same):
        for i, text in enumerate(claim.holds.same):
            reader.expression(text, spot / "holds" / "same" / i, Kind.CLAIM)
        return
    for i, text in enumerate(claim.holds):
        here = spot / "holds" / i
        n_before = len(reader.notes.problems)
        found = reader.expression(text, here, Kind.CLAIM)
        compares = isinstance(found, Compare) and len(found.operators) == 1
        reads = any(isinstance(node, MeasureOf) for node in walk(found))
        if len(reader.notes.problems) == n_before and not (compares and reads):
            reader.notes.add(
                "S323",
                "A claim compares two values, at least one of them a measure of a case.",
                here,
                fix="write measure[case] > measure[other case], or the like.",
            )


def _check_counter(
    name: str, claim: ClaimDecl, scenario: Scenario, spot: Spot, reader: Reader
) -> None:
    if claim.counter is None:
        return
    other = scenario.claims.get(claim.counter)
    if other is None:
        reader.unknown("claim", claim.counter, scenario.claims, spot / "counter")
    elif other.counter != name:
        reader.notes.add(
            "S324",
            f"The counter-claim '{claim.counter}' does not name '{name}' as its own counter-claim.",
            spot / "counter",
            fix=f"write `counter: {name}` there, so that both are shown as one pair.",
            severity=Severity.WARNING,
        )


# --- record, unused --------------------------------------------------------------------------


def _check_record(scenario: Scenario, notes: Notes) -> None:
    record = scenario.record
    if record is None:
        return
    reader = reader_for(scenario, notes)
    scope = reader.scope
    spot = Spot(scenario.document, ("record",))
    if record.responder is not None and record.responder not in scope.players:
        reader.unknown("player", record.responder, scope.players, spot / "responder")
    known = scope.act_names()
    for rung, acts in record.rungs.items():
        for i, act in enumerate(acts):
            if act not in known:
                reader.unknown("action", act, known, spot / "rungs" / rung / i)


def _check_use(scenario: Scenario, notes: Notes) -> None:
    """Warn of parameters that nothing reads."""
    if scenario.ghosts:
        return  # what reads them may stand in what was wrong in form
    read = _names_read(scenario.plain())
    for mechanism, _ in mechanisms_used(scenario):
        read |= _names_read(mechanism.plain())
    for name, _, spot in declared_parameters(scenario):
        if name not in read and name not in scope_of(scenario).typed:
            notes.add(
                "S311",
                f"Nothing reads the parameter '{name}'.",
                spot,
                key=True,
                fix="use it, or remove it.",
                severity=Severity.WARNING,
            )


def _names_read(plain: Any) -> set[str]:
    """Return the names that occur in any value (not key) of plain data, prose left out."""
    found: set[str] = set()
    stack = [plain]
    while stack:
        part = stack.pop()
        if isinstance(part, dict):
            stack.extend(value for key, value in part.items() if key not in PROSE)
        elif isinstance(part, list):
            stack.extend(part)
        elif isinstance(part, str):
            found.update(_NAME.findall(part))
    return found


# --- campaigns -------------------------------------------------------------------------------


def check_campaign(campaign: Campaign) -> list[Problem]:
    """Return every problem of how a campaign's phases follow one another."""
    notes = Notes()
    last = len(campaign.phases) - 1
    for i, (phase, scenario) in enumerate(zip(campaign.phases, campaign.scenarios, strict=True)):
        spot = Spot(campaign.document, ("phases", i))
        reader = reader_for(scenario, notes)
        if phase.until is not None:
            reader.expression(phase.until, spot / "until")
        if i < last:
            following = reader_for(campaign.scenarios[i + 1], notes)
            _check_carried(phase.carry, spot / "carry", reader, following)
        elif phase.carry:
            fix = "remove `carry`, or add a phase."
            notes.add("S332", "Nothing follows the last phase.", spot / "carry", fix=fix)
    return in_file_order(notes.problems)


def _check_carried(names: tuple[str, ...], spot: Spot, reader: Reader, following: Reader) -> None:
    """Check that what is handed on is there in both phases, and alike."""
    before, after = reader.scope, following.scope
    for i, name in enumerate(names):
        if name not in before.variables and name not in before.players:
            known = [*before.variables, *before.players]
            reader.unknown("variable or player", name, known, spot / i)
            continue
        alike = before.players.get(name) == after.players.get(name)
        if name in before.variables:
            there = after.variables.get(name)
            alike = there is not None and there.levels == before.variables[name].levels
        if not alike:
            reader.notes.add(
                "S332",
                f"'{name}' is not the same in the next phase (levels, or types).",
                spot / i,
                fix="declare it alike in both, or do not carry it.",
            )
