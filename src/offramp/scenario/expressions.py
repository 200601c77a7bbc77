"""The small whitelisted language of payoffs, chances, conditions, measures and claims.

An expression is text in a scenario file. It is parsed (never executed), its names are resolved
against the scenario, and the result is a tree of the frozen nodes below. `evaluate` walks the
tree over numpy arrays: one entry per public state, or whatever shape the environment hands out.

Resolved nodes hold no level names: `grip >= contested` has become `Compare(Level("grip"), …,
Const(1.0))`, and `front >= 0.3` on a variable with numeric levels compares the number itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import reduce
from typing import TYPE_CHECKING, Protocol, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from jaxtyping import Float

__all__ = [
    "FUNCTIONS",
    "Belief",
    "Binary",
    "Boolean",
    "Call",
    "Chose",
    "Compare",
    "Const",
    "Did",
    "Environment",
    "Expr",
    "Level",
    "MeasureCall",
    "MeasureOf",
    "Parameter",
    "Period",
    "Since",
    "Unary",
    "Was",
    "children",
    "evaluate",
    "substitute",
    "walk",
]

Values: TypeAlias = (
    "Float[np.ndarray, '...']"  # one entry per state, or whatever the reader asks for
)


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
    """A function of the measure language, with its arguments and `by=` / `within=`.

    One of `ever time_to start final change mean sum peak count after belief value own_value`.

    Attributes:
        names: What is named instead of evaluated, for `count` (player, action), `belief`
            (observer, player, type), `value` and `own_value` (player), `peak` (variable).
    """

    function: str
    arguments: tuple[Expr, ...]
    options: tuple[tuple[str, float], ...] = ()
    names: tuple[
        str, ...
    ] = ()  # player/action/type names for count, belief, value, own_value, peak


@dataclass(frozen=True)
class MeasureOf(Expr):
    """`measure[case]` in a claim."""

    measure: str
    case: str


class Environment(Protocol):
    """What an expression reads. Every answer is a number or an array; answers broadcast."""

    def parameter(self, name: str) -> Values | float:
        """Return the value of a parameter."""

    def level(self, variable: str, share: bool) -> Values | float:
        """Return what a variable stands for now, or its index / (levels - 1)."""

    def was(self, variable: str, lag: int, share: bool) -> Values | float:
        """Return the same at the start of the period `lag` periods before this one."""

    def did(self, acts: tuple[tuple[str, str], ...], lag: int) -> Values | float:
        """Return 1 where any of the acts was taken `lag` periods before this one, else 0."""

    def since(self, node: Since) -> Values | float:
        """Return the number of periods since a condition last held at a period's end."""

    def period(self) -> Values | float:
        """Return the running number of the period, from 1."""

    def chose(self, player: str) -> Values | float:
        """Return the number that the player last chose in this period."""

    def belief(self, observer: str | None, player: str, type: str) -> Values | float:
        """Return an observer's belief; without observer, that of whoever is paid."""


FUNCTIONS: dict[str, Callable[..., Values]] = {
    "min": lambda *values: reduce(np.minimum, values),
    "max": lambda *values: reduce(np.maximum, values),
    "abs": np.abs,
    "exp": np.exp,
    "log": np.log,
    # by tanh, which overflows nowhere
    "logistic": lambda x: 0.5 * (1.0 + np.tanh(0.5 * x)),
}

_BINARY: dict[str, Callable[[Values, Values], Values]] = {
    "+": np.add,
    "-": np.subtract,
    "*": np.multiply,
    "/": np.divide,
    "%": np.mod,
}

_COMPARISONS: dict[str, Callable[[Values, Values], Values]] = {
    "<": np.less,
    "<=": np.less_equal,
    ">": np.greater,
    ">=": np.greater_equal,
    "==": np.equal,
    "!=": np.not_equal,
}


def evaluate(expression: Expr, environment: Environment) -> Values:
    """Return the value of an expression as a float array (of no axes where nothing has any).

    What stands right of an `and` or `or` is not evaluated where the left side, a number, settles
    it. Division by zero, overflow and the like warn nobody: they leave `nan` or `inf`, which the
    compiler finds and reports with their place.

    Raises:
        TypeError: for the nodes of the measure language, which `outcomes` evaluates.
    """
    with np.errstate(all="ignore"):
        return np.asarray(_value(expression, environment), dtype=float)


def _value(node: Expr, env: Environment) -> Values | float:
    match node:
        case Const(value):
            return value
        case Parameter(name):
            return env.parameter(name)
        case Level(variable, share):
            return env.level(variable, share)
        case Binary(operator, left, right):
            return _BINARY[operator](np.asarray(_value(left, env)), np.asarray(_value(right, env)))
        case Compare(operands, operators):
            return _chain([np.asarray(_value(part, env)) for part in operands], operators)
        case Boolean(operator, operands):
            return _junction(operator, operands, env)
        case Unary("-", operand):
            return -np.asarray(_value(operand, env))
        case Unary(_, operand):
            return np.equal(_value(operand, env), 0.0) * 1.0
        case Call(function, arguments):
            return FUNCTIONS[function](*(np.asarray(_value(part, env)) for part in arguments))
        case _:
            return _remembered(node, env)


def _remembered(node: Expr, env: Environment) -> Values | float:
    """Return the value of a node that reads the past, the clock or a belief."""
    match node:
        case Was(variable, lag, share):
            return env.was(variable, lag, share)
        case Did(acts, lag):
            return env.did(acts, lag)
        case Since():
            return env.since(node)
        case Period():
            return env.period()
        case Chose(player):
            return env.chose(player)
        case Belief(observer, player, type_):
            return env.belief(observer, player, type_)
        case _:
            raise TypeError(f"{type(node).__name__} belongs to measures and claims")


def _junction(operator: str, operands: tuple[Expr, ...], env: Environment) -> Values | float:
    """Return 1 where all (or any) of the operands are true, else 0."""
    joined = np.logical_and if operator == "and" else np.logical_or
    settled = operator == "or"  # the truth of one operand that settles it
    truth: Values = np.asarray(not settled)
    for part in operands:
        truth = joined(truth, np.not_equal(_value(part, env), 0.0))
        if truth.ndim == 0 and bool(truth) == settled:
            break
    return truth * 1.0


def _chain(values: list[Values], operators: tuple[str, ...]) -> Values:
    """Return 1 where every link of `a < b <= c` holds, else 0."""
    links = [
        _COMPARISONS[operator](left, right)
        for operator, left, right in zip(operators, values, values[1:], strict=False)
    ]
    return reduce(np.logical_and, links) * 1.0


def children(node: Expr) -> tuple[Expr, ...]:
    """Return the nodes directly below a node."""
    match node:
        case Unary(_, operand):
            return (operand,)
        case Binary(_, left, right):
            return (left, right)
        case Compare(operands, _) | Boolean(_, operands):
            return operands
        case Call(_, arguments) | MeasureCall(_, arguments, _, _):
            return arguments
        case Since(condition, _):
            return (condition,)
        case _:
            return ()


def walk(expression: Expr) -> Iterator[Expr]:
    """Yield an expression and every node below it, each before what is below it."""
    stack = [expression]
    while stack:
        node = stack.pop()
        yield node
        stack.extend(reversed(children(node)))


def substitute(expression: Expr, change: Callable[[Expr], Expr | None]) -> Expr:
    """Return the expression with every node that `change` answers for replaced by its answer."""
    found = change(expression)
    if found is not None:
        return found
    below = tuple(substitute(child, change) for child in children(expression))
    match expression:
        case Unary():
            return replace(expression, operand=below[0])
        case Binary():
            return replace(expression, left=below[0], right=below[1])
        case Compare() | Boolean():
            return replace(expression, operands=below)
        case Call() | MeasureCall():
            return replace(expression, arguments=below)
        case Since():
            return replace(expression, condition=below[0])
        case _:
            return expression
