"""The words of measures and claims: what is asked of a whole path of play.

A measure is ordinary arithmetic around calls such as `ever(…)` and `final(…)`, each of which says
when the state inside it is read. A claim is a comparison around `measure[case]`.
"""

from __future__ import annotations

from offramp.scenario.expressions import (
    FUNCTIONS,
    Binary,
    Call,
    Expr,
    MeasureCall,
    MeasureOf,
)
from offramp.scenario.names import Kind
from offramp.scenario.resolve import (
    MEASURE_FORMS,
    STATE_FUNCTIONS,
    ZERO,
    Resolver,
    combine,
)
from offramp.scenario.syntax import Word

__all__ = ["read_path_word"]

_TWO = ("after", "belief")  # all others take one argument
_OPTIONS = {"ever": ("by",), "after": ("within",)}


def read_path_word(word: Word, inside: Resolver) -> Expr:
    """Return what a word of a measure or claim means; `inside` reads what a call encloses."""
    match word.kind:
        case "call":
            return _call(word, inside)
        case "name":
            return _name(word, inside)
        case "index" if inside.kind is Kind.CLAIM:
            return _measure_of(word, inside)
        case "dotted" | "index":
            return inside.misplaced(word)
        case _:
            return combine(word, lambda child: read_path_word(child, inside))


def _call(word: Word, inside: Resolver) -> Expr:
    function = str(word.value)
    if function in FUNCTIONS:
        low = 2 if function in ("min", "max") else 1
        if len(word.children) < low or (low == 1 and len(word.children) > 1):
            return inside.arity(word, function, "two or more values" if low == 2 else "one value")
        arguments = tuple(read_path_word(child, inside) for child in word.children)
        return Call(function, arguments)
    if function in MEASURE_FORMS and inside.kind is Kind.MEASURE:
        return _measure(word, function, inside)
    if function in STATE_FUNCTIONS and inside.kind is Kind.MEASURE:
        return _no_one_value(word, f"{function}(…)", inside)
    listed = [*FUNCTIONS, *(MEASURE_FORMS if inside.kind is Kind.MEASURE else ())]
    return inside.fault(
        word._replace(end=word.start + len(function)),
        "S208",
        f"{function}(…) cannot stand in {inside.kind.value} by itself.",
        inside.scope.hint(function, listed),
        f"use one of: {' '.join(listed)}.",
    )


def _name(word: Word, inside: Resolver) -> Expr:
    """Return a parameter; what changes during play has no one value over a path."""
    name = str(word.value)
    scope = inside.scope
    if name in scope.parameters:
        return inside.parameter(word, name)
    if name in scope.ghosts:
        return ZERO
    if inside.kind is Kind.CLAIM and name in scope.measures:
        message, fix = f"'{name}' has a value in each case.", f"write {name}[case]."
        return inside.fault(word, "S326", message, fix=fix)
    if name in scope.variables or name == "period":
        return _no_one_value(word, f"'{name}'", inside)
    known = scope.parameters | (scope.measures if inside.kind is Kind.CLAIM else frozenset())
    return inside.fault(
        word,
        "S204",
        f"'{name}' is not a parameter of this scenario.",
        scope.hint(name, known),
        "correct the name.",
    )


def _no_one_value(word: Word, shown: str, inside: Resolver) -> Expr:
    fix = "say when it is read: final(…), mean(…), ever(…), and the like."
    if inside.kind is Kind.CLAIM:
        fix = "declare a measure of it, and write measure[case]."
    message = f"{shown} has no one value over a path of play."
    return inside.fault(word, "S326", message, fix=fix)


def _measure(word: Word, function: str, inside: Resolver) -> Expr:
    if len(word.children) != (2 if function in _TWO else 1):
        return inside.arity(word, function, MEASURE_FORMS[function])
    options = _options(word, function, inside)
    if function in ("peak", "count", "belief", "value", "own_value"):
        return _of_names(word, function, options, inside)
    arguments = tuple(inside.read(child) for child in word.children)
    return MeasureCall(function, arguments, options)


def _of_names(
    word: Word, function: str, options: tuple[tuple[str, float], ...], inside: Resolver
) -> Expr:
    """Return a measure of named things: a variable, an act, a player, a belief."""
    first = word.children[0]
    if function == "count":
        return _count(first, inside)
    names: tuple[str | None, ...]
    if function == "peak":
        names = (inside.variable(first),)
    elif function == "belief":
        names = (inside.player(first), *(inside.player_type(word.children[1]) or (None,)))
    else:
        names = (inside.player(first),)
    known = tuple(name for name in names if name is not None)
    return MeasureCall(function, (), options, known) if len(known) == len(names) else ZERO


def _count(word: Word, inside: Resolver) -> Expr:
    """Return how often an act was taken; a family's members are counted together."""
    calls = [MeasureCall("count", (), (), act) for act in inside.acts(word)]
    if not calls:
        return ZERO
    total: Expr = calls[0]
    for call in calls[1:]:
        total = Binary("+", total, call)
    return total


def _options(word: Word, function: str, inside: Resolver) -> tuple[tuple[str, float], ...]:
    found = []
    for name, value in word.options:
        if name in _OPTIONS.get(function, ()):
            found.append((name, float(inside.whole(value, function))))
        else:
            inside.no_option(value, function, name)
    if function == "after" and "within" not in dict(word.options):
        inside.fault(
            word,
            "S209",
            "after(…) needs the number of periods within which it looks.",
            fix="add within=n; 0 is the same period.",
        )
    return tuple(found)


def _measure_of(word: Word, inside: Resolver) -> Expr:
    assert isinstance(word.value, tuple)
    measure, case = word.value
    scope = inside.scope
    if measure not in scope.measures | scope.ghosts:
        return inside.fault(
            word._replace(end=word.start + len(measure)),
            "S204",
            f"'{measure}' is not a measure of this scenario.",
            scope.hint(measure, scope.measures),
            "correct the name, or declare it under `measures:`.",
        )
    if case not in scope.cases | scope.ghosts:
        return inside.fault(
            word._replace(start=word.end - 1 - len(case), end=word.end - 1),
            "S204",
            f"'{case}' is not a policy or case of this scenario.",
            scope.hint(case, scope.cases),
            "correct the name, or declare it under `policies:` or `cases:`.",
        )
    return MeasureOf(measure, case)
