"""What a theory's quantities are in one solved world: replies, worths, beliefs, thresholds."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import partial

import numpy as np
from scipy.optimize import brentq

from offramp.equilibrium.histories import HistoryEquilibrium
from offramp.equilibrium.information_sets import InformationSet, Sought, information_sets
from offramp.errors import Problem, RunError, closest
from offramp.exploration.canon.formulas import (
    amounts,
    evaluate_expression,
    filled,
    first_word,
    mentions,
)
from offramp.exploration.canon.laboratory import Laboratory, Point
from offramp.exploration.quantities import ask
from offramp.scenario.theory import QuantityDecl

__all__ = ["Values", "read_all"]

ROOT = 1e-14  # of a threshold's span

Values = dict[str, float | str]


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
            needed.update(other for other in declared if mentions(texts, other))
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
            return {filled(name, parameters): evaluate_expression(decl.is_ or 0.0, known)}
        return {name: first_word(decl.first, known)}
    laid = {**numbers, **amounts(decl.set, parameters)}
    if decl.form == "levels":
        outcomes = lab.at(decl.case, laid).outcomes
        pairs = lab.by_levels(decl)
        return {f"{name}.{which}": lab.asked[word].read(outcomes) for which, word in pairs}
    named = filled(name, parameters)
    if decl.form == "threshold":
        return {named: _threshold(lab, decl, laid, known)}
    return {named: _read_at(lab, decl, lab.at(decl.case, laid), parameters)}


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
    if decl.period is not None and _is_reply(word):
        reply, _, place = word.partition("@")
        who, _, act = reply.rpartition(".")
        return _acts(point, f"{who}@{place}", decl.period)[act]
    if word not in lab.asked:
        [lab.asked[word]] = ask(lab.scenario, [word]).quantities
    return lab.asked[word].read(point.outcomes)


def _is_reply(word: str) -> bool:
    return "(" not in word and "." in word


def _mean_reply(sets: Sequence[InformationSet], act: str) -> float:
    """Return the chance of an act at one public history, types weighed by what is believed."""
    # a type that nobody thinks possible replies all the same
    weights = [one.chance for one in sets] if any(one.chance for one in sets) else [1.0] * len(sets)
    total = sum(weights)
    chances = [
        weight * math.exp(one.log_probability[one.acts.index(act)]) if act in one.acts else 0.0
        for weight, one in zip(weights, sets, strict=True)
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
    if not weight:
        return math.nan
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
