"""The small whitelisted language of payoffs, chances, conditions, measures and claims.

An expression is text in a scenario file. It is parsed (never executed), its names are resolved
against the scenario, and the result is a tree of the frozen nodes below. `evaluate` walks the
tree over numpy arrays: one entry per public state, or whatever shape the environment hands out.

Resolved nodes hold no level names: `grip >= contested` has become `Compare(Level("grip"), …,
Const(1.0))`, and `front >= 0.3` on a variable with numeric levels compares the number itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Any, Protocol

import numpy as np

__all__ = ["Belief", "Binary", "Boolean", "Call", "Chose", "Compare", "Const", "Did", "Environment",
           "Expr", "Level", "MeasureCall", "MeasureOf", "Parameter", "Period", "Since", "Unary",
           "Was", "evaluate", "walk"]


class Expr:
    """Base of all nodes."""

    __slots__ = ()


@dataclass(frozen=True)
class Const(Expr):
    """A number; booleans count as 0 and 1."""

    value: float


@dataclass(frozen=True)
class Parameter(Expr):
    """A parameter, whether fixed by the scenario or set by a type."""

    name: str


@dataclass(frozen=True)
class Level(Expr):
    """What a variable stands for now: its level's index, or the number itself.

    With `share` it is index / (levels - 1) instead, as in `share(front)`.
    """

    variable: str
    share: bool = False


@dataclass(frozen=True)
class Was(Expr):
    """The level when the period began; `lag` periods further back. `share(was(x))` sets `share`."""

    variable: str
    lag: int = 0
    share: bool = False


@dataclass(frozen=True)
class Did(Expr):
    """Whether any of the `acts` (player, action) was taken in this period, or `lag` periods ago."""

    acts: tuple[tuple[str, str], ...]
    lag: int = 0


@dataclass(frozen=True)
class Since(Expr):
    """0 if `condition` holds now, else periods since one at whose end it held, up to `bound`."""

    condition: Expr
    bound: int


@dataclass(frozen=True)
class Period(Expr):
    """The running number of the period, from 1."""


@dataclass(frozen=True)
class Chose(Expr):
    """The number that `player` last chose in this period from a family of actions; 0 before."""

    player: str


@dataclass(frozen=True)
class Belief(Expr):
    """What `observer` believes of `player` being `type`; without observer: whoever is paid."""

    observer: str | None
    player: str
    type: str


@dataclass(frozen=True)
class Unary(Expr):
    """`-x` or `not x`."""

    operator: str
    operand: Expr


@dataclass(frozen=True)
class Binary(Expr):
    """`+ - * / %`."""

    operator: str
    left: Expr
    right: Expr


@dataclass(frozen=True)
class Compare(Expr):
    """A chain of comparisons: `operands[0] operators[0] operands[1] …`."""

    operands: tuple[Expr, ...]
    operators: tuple[str, ...]


@dataclass(frozen=True)
class Boolean(Expr):
    """`and` or `or` over two or more operands."""

    operator: str
    operands: tuple[Expr, ...]


@dataclass(frozen=True)
class Call(Expr):
    """`min max abs exp log logistic`, over numbers."""

    function: str
    arguments: tuple[Expr, ...]


@dataclass(frozen=True)
class MeasureCall(Expr):
    """A function of the measure language: `ever time_to start final change mean sum peak count
    after belief value own_value`, with positional arguments and `by=` / `within=` / `at=`."""

    function: str
    arguments: tuple[Expr, ...]
    options: tuple[tuple[str, float], ...] = ()
    names: tuple[str, ...] = ()  # player/action/type names for count, belief, value, own_value, peak


@dataclass(frozen=True)
class MeasureOf(Expr):
    """`measure[case]` in a claim."""

    measure: str
    case: str
