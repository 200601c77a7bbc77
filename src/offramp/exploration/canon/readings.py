"""What a theory's quantities are in one solved world: replies, worths, beliefs, thresholds.

A `Laboratory` solves a scenario under one set of numbers after another and remembers what it has
solved; quantities are read from it one by one.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from itertools import product
from typing import cast

import numpy as np
from scipy.optimize import brentq

from offramp.equilibrium import Equilibrium, solve
from offramp.equilibrium.all_branches import most_mixed
from offramp.equilibrium.histories import HistoryEquilibrium
from offramp.equilibrium.information_sets import InformationSet, Sought, information_sets
from offramp.errors import Problem, RunError, closest
from offramp.exploration.cases import wanted_cases
from offramp.exploration.quantities import ask
from offramp.game import compile_game
from offramp.outcomes import Outcomes, Solution, propagate
from offramp.scenario import Scenario, bind
from offramp.scenario.names import Scope
from offramp.scenario.parameters import Entry, Numbers
from offramp.scenario.reading import Notes, Reader, Spot
from offramp.scenario.theory import QuantityDecl, Theory

__all__ = [
    "Laboratory",
    "Point",
    "Values",
    "evaluate_expression",
    "filled",
    "first_word",
    "read_all",
]

ROOT = 1e-14  # relative, of a threshold

Values = dict[str, float | str]


@dataclass(frozen=True)
class Point:
    """A scenario solved in one case under one set of numbers; played forward if that is asked."""

    case: str
    equilibrium: Equilibrium | HistoryEquilibrium

    @cached_property
    def outcomes(self) -> Outcomes:
        """How it ends."""
        return propagate(cast(Solution, self.equilibrium), start=self.case)


@dataclass
class Laboratory:
    """Solves a scenario where it is asked to, once each.

    Attributes:
        branch: Which solution is meant; see `Theory`.
        declared: The declaration behind every name of a quantity that was read.
        residual: Largest miss of a logit in anything that was solved. n_unconverged: solves that
            did not converge. n_solved: all solves.
    """

    scenario: Scenario
    theory: Theory
    branch: str = "principal"
    residual: float = 0.0
    n_unconverged: int = 0
    n_solved: int = 0
    declared: dict[str, QuantityDecl] = field(default_factory=dict)
    _known: dict[tuple[str, tuple[tuple[str, float | str], ...]], Point] = field(
        default_factory=dict
    )

    def __post_init__(self) -> None:
        """Add what is asked of whole paths to the scenario's measures."""
        declared = self.theory.quantities
        words = [d.read for d in declared.values() if d.read and "(" in d.read]
        for decl in declared.values():
            words += [word for _, word in self._by_levels(decl)]
        asked = ask(self.scenario, words) if words else None
        self.asked = {one.name: one for one in asked.quantities} if asked else {}
        self.scenario = asked.scenario if asked else self.scenario

    def _by_levels(self, decl: QuantityDecl) -> list[tuple[str, str]]:
        """Return every combination of levels but those at the start: its name, and what asks it."""
        variables = {one.name: one for one in bind(self.scenario).variables}
        start = {name: decl.start for name, decl in self.scenario.variables.items()}
        levels = [
            [level for level in variables[name].levels if level not in start[name]]
            for name in decl.levels
        ]
        found = []
        for one in product(*levels) if levels else ():
            pairs = zip(decl.levels, one, strict=True)
            found.append(("".join(one), f"final({' and '.join(f'{n} == {v}' for n, v in pairs)})"))
        return found

    @cached_property
    def first_case(self) -> str:
        """The case that is meant where none is named."""
        return wanted_cases(self.scenario)[0]

    def at(self, case: str | None, numbers: Mapping[str, float | str]) -> Point:
        """Return the scenario solved in a case, with these numbers laid over it."""
        case = case or self.first_case
        key = (case, tuple(sorted(numbers.items())))
        if key not in self._known:
            self._known[key] = self._solve(case, numbers)
        return self._known[key]

    def forget(self) -> None:
        """Drop what was solved, so that memory holds one sequence at a time."""
        self._known.clear()

    def _solve(self, case: str, numbers: Mapping[str, float | str]) -> Point:
        game = compile_game(self.scenario, case=case, parameters=numbers)
        found: Equilibrium | HistoryEquilibrium = solve(game)
        if self.branch == "mixed":
            assert isinstance(found, HistoryEquilibrium)
            found = most_mixed(found)
        self.n_solved += 1
        self.residual = max(self.residual, found.residual)
        self.n_unconverged += found.n_unconverged
        return Point(case, found)

    def parameters(self, numbers: Mapping[str, float | str]) -> dict[str, float]:
        """Return all parameters under what is laid over them."""
        return dict(bind(self.scenario, parameters=numbers).parameters)


def read_all(
    lab: Laboratory, numbers: Mapping[str, float | str], wanted: Sequence[str] | None = None
) -> Values:
    """Return the quantities that have a value at finite precision, under one set of numbers.

    Args:
        wanted: Names of quantities; default: all. What they are made of is read as well.
    """
    found: Values = {}
    declared = lab.theory.quantities
    for name in declared if wanted is None else _with_parts(declared, wanted):
        values = _read(lab, name, declared[name], dict(numbers), found)
        lab.declared.update(dict.fromkeys(values, declared[name]))
        found.update(values)
    return found


def _with_parts(declared: Mapping[str, QuantityDecl], wanted: Sequence[str]) -> list[str]:
    """Return the wanted quantities and those that their expressions read, in listed order."""
    needed = set(wanted)
    for name, decl in reversed(list(declared.items())):
        texts = " ".join(map(str, (decl.is_, *decl.first.values(), *(decl.between or ()))))
        if name in needed:
            needed.update(other for other in declared if re.search(rf"\b{other}\b", texts))
    return [name for name in declared if name in needed]


def _read(
    lab: Laboratory,
    name: str,
    decl: QuantityDecl,
    numbers: dict[str, float | str],
    found: Mapping[str, float | str],
) -> Values:
    parameters = lab.parameters(numbers)
    known = {**parameters, **{k: v for k, v in found.items() if isinstance(v, float)}}
    if decl.form in ("is_", "first"):
        if decl.form == "is_":
            return {name: evaluate_expression(decl.is_ or 0.0, known)}
        return {name: first_word(decl.first, known)}
    laid = {**numbers, **_amounts(decl.set, parameters)}
    if decl.form == "levels":
        outcomes = lab.at(decl.case, laid).outcomes
        pairs = lab._by_levels(decl)
        return {f"{name}.{which}": lab.asked[word].read(outcomes) for which, word in pairs}
    named = filled(name, parameters)
    if decl.form == "threshold":
        return {named: _threshold(lab, decl, laid, known)}
    return {named: _read_at(lab, decl, lab.at(decl.case, laid), parameters)}


def filled(text: str, parameters: Mapping[str, float]) -> str:
    """Return a text with `{parameter}` filled in, as in the name of a family's member."""
    if "{" not in text:
        return text
    known = {name: f"{value:.12g}" for name, value in parameters.items()}
    return re.sub(r"\{(\w+)\}", lambda match: known.get(match[1], match[0]), text)


def _amounts(
    amounts: Mapping[str, float | str], parameters: Mapping[str, float]
) -> dict[str, float | str]:
    """Return numbers that a quantity sets; a word that is no expression (`exact`) stays one."""
    found: dict[str, float | str] = {}
    for name, amount in amounts.items():
        is_word = isinstance(amount, str) and amount.isalpha() and amount not in parameters
        found[name] = amount if is_word else evaluate_expression(amount, parameters)
    return found


def evaluate_expression(text: float | str, names: Mapping[str, float]) -> float:
    """Return the value of an expression of these names.

    Raises:
        ScenarioError: The text is no such expression.
    """
    from offramp.errors import raise_problems
    from offramp.scenario.parse import Document

    unknown = [name for name, value in names.items() if not math.isfinite(value)]
    if any(re.search(rf"\b{re.escape(name)}\b", str(text)) for name in unknown):
        return math.nan
    names = {name: value for name, value in names.items() if name not in unknown}
    notes = Notes()
    scope = Scope(variables={}, parameters=frozenset(names), players={}, actions={})
    spot = Spot(Document("theory"), ("quantities",))
    entries = {name: Entry(value, spot) for name, value in names.items()}
    value = Numbers(entries, Reader(scope, notes, None)).of(Entry(text, spot))
    raise_problems(notes.problems)
    return value


def first_word(words: Mapping[str, float | str], known: Mapping[str, float]) -> str:
    """Return the first word whose condition holds."""
    for word, condition in words.items():
        if evaluate_expression(condition, known):
            return word
    return "none of these"


# --- one solved point -------------------------------------------------------------------------


def _read_at(
    lab: Laboratory, decl: QuantityDecl, point: Point, parameters: Mapping[str, float]
) -> float | str:
    """Return a quantity that one solved point answers."""
    word = filled(getattr(decl, decl.form), parameters)
    if decl.form == "belief":
        player, _, own_type = word.partition(".")
        [one, *_] = _sets(point, f"@{filled(decl.at or '', parameters)}", decl.period)
        return one.belief[f"{player}.{own_type}"]
    if decl.form in ("chosen", "likeliest"):
        return _choice(point, word, decl)
    if decl.form == "worth":
        one, k = _reply(lab, point, word, decl.period)
        return float(one.value[k])
    if isinstance(point.equilibrium, HistoryEquilibrium) and _is_reply(word):
        sets, act = _matching(lab, point, word, decl.period)
        nodes = {s.seen for s in sets}
        if len(nodes) == 1:  # read at the place itself, which may be reached with chance nought
            return _mean_reply(sets, act)
    if word not in lab.asked:
        [lab.asked[word]] = ask(lab.scenario, [word]).quantities
    return lab.asked[word].read(point.outcomes)


def _is_reply(word: str) -> bool:
    return "(" not in word and "." in word


def _mean_reply(sets: Sequence[InformationSet], act: str) -> float:
    """Return the chance of an act at one public history, types weighed by what is believed."""
    total = sum(one.chance for one in sets)
    chances = [
        one.chance * math.exp(one.log_probability[one.acts.index(act)]) if act in one.acts else 0.0
        for one in sets
    ]
    return sum(chances) / total


def _matching(
    lab: Laboratory, point: Point, word: str, period: int | None
) -> tuple[list[InformationSet], str]:
    """Return the information sets that a reply's word names, and its act."""
    reply, _, place = word.partition("@")
    player, _, act = reply.partition(".")
    types = [t for p in point.equilibrium.game.players if p.name == player for t in p.types]
    # the name of an act may hold a point, as of a family's member that stands for 0.5
    own_type = next((t for t in types if t and act.startswith(f"{t}.")), "")
    act = act.removeprefix(f"{own_type}.") if own_type else act
    who = f"{player}.{own_type}" if own_type else player
    sets = [s for s in _sets(point, f"{who}@{place}", period) if act in s.acts]
    if not sets:
        raise RunError(_nothing(word, point))
    return sets, act


def _sets(point: Point, word: str, period: int | None) -> list[InformationSet]:
    """Return the information sets of `PLAYER[.TYPE]@[STAGE][|ACT…]`."""
    assert isinstance(point.equilibrium, HistoryEquilibrium), "needs `beliefs: history`"
    who, _, place = word.partition("@")
    player, _, own_type = who.partition(".")
    stages = point.equilibrium.tree.game.stage_names
    # a stage's name may itself hold the bar that parts it from acts
    stage = max((s for s in stages if place == s or place.startswith(f"{s}|")), key=len, default="")
    seen = tuple(act for act in place.removeprefix(stage).split("|") if act)
    sought = Sought(stage or None, player or None, own_type or None, seen, period)
    sets = list(information_sets(point.equilibrium, sought))
    if not sets:
        raise RunError(_nothing(word, point))
    return sets


def _nothing(word: str, point: Point) -> Problem:
    names = list(point.equilibrium.game.stage_names)
    near = closest(word, names)
    return Problem(
        code="R605",
        message=f"'{word}' is no information set of this scenario.",
        hint=f"Did you mean '{near}'?" if near else "",
        fix="name a reply as PLAYER[.TYPE].ACTION, with @STAGE and |ACT… where it takes more.",
    )


def _reply(
    lab: Laboratory, point: Point, word: str, period: int | None
) -> tuple[InformationSet, int]:
    """Return the information set that a reply's word names, and the position of its act."""
    sets, act = _matching(lab, point, word, period)
    return sets[0], sets[0].acts.index(act)


def _choice(point: Point, word: str, decl: QuantityDecl) -> float | str:
    """Return the mean of the numbers chosen, or the act most likely taken."""
    acts = _acts(point, word, decl.period)
    if decl.form == "likeliest":
        return max(acts, key=lambda act: acts[act])
    numbers = {
        action.name: action.value
        for stage in point.equilibrium.game.crisis.stages
        for mover in stage.movers
        for action in mover.actions
    }
    in_family = {act: p for act, p in acts.items() if numbers[act] is not None}
    weight = sum(in_family.values())
    return sum(p * float(numbers[act] or 0.0) for act, p in in_family.items()) / weight


def _acts(point: Point, word: str, period: int | None) -> dict[str, float]:
    """Return the chance of each act at `PLAYER[.TYPE]@STAGE[|ACT…]`."""
    if isinstance(point.equilibrium, HistoryEquilibrium):
        sets = _sets(point, word, period)
        nodes = {one.seen for one in sets}
        if len(nodes) == 1:
            acts = dict.fromkeys(act for one in sets for act in one.acts)
            return {act: _mean_reply(sets, act) for act in acts}
    who, _, stage = word.partition("@")
    player, _, own_type = who.partition(".")
    for one in point.outcomes.acts:
        if one.player == player and stage in ("", one.stage):
            rows = [k for k, name in enumerate(one.types) if own_type in ("", name)]
            count = one.count[:, rows] if period is None else one.count[period - 1 : period, rows]
            taken = count.sum(axis=(0, 1))
            return dict(zip(one.actions, (taken / taken.sum()).tolist(), strict=True))
    raise RunError(_nothing(word, point))


# --- thresholds -------------------------------------------------------------------------------


def _threshold(
    lab: Laboratory,
    decl: QuantityDecl,
    numbers: dict[str, float | str],
    known: Mapping[str, float],
) -> float:
    """Return the value of a parameter at which two acts are equally likely; NaN if none is."""
    assert decl.between is not None
    low, high = (evaluate_expression(end, known) for end in decl.between)
    gap = partial(_gap, lab, decl, numbers)
    at_low, at_high = gap(low), gap(high)
    if not at_low * at_high < 0:
        return float("nan")
    return float(brentq(gap, low, high, xtol=ROOT * (high - low), rtol=4 * np.finfo(float).eps))


def _gap(
    lab: Laboratory, decl: QuantityDecl, numbers: Mapping[str, float | str], value: float
) -> float:
    """Return by how much one act is likelier than the other, in logs."""
    assert decl.threshold is not None
    assert decl.even is not None
    laid = {**numbers, decl.threshold: float(value)}
    parameters = lab.parameters(laid)
    point = lab.at(decl.case, laid)
    logs = []
    for word in decl.even:
        one, k = _reply(lab, point, filled(word, parameters), decl.period)
        logs.append(float(one.log_probability[k]))
    return logs[0] - logs[1]
