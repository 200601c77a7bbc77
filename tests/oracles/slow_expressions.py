"""Read an expression at one moment of one path, with plain numbers and no arrays.

This is the slow evaluator's own reading of the language: it walks the nodes that the parser made,
but shares no line with the evaluator of the program.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from offramp.scenario.crisis import Variable
from offramp.scenario.expressions import (
    Belief,
    Binary,
    Boolean,
    Call,
    Chose,
    Compare,
    Const,
    Did,
    Expr,
    Level,
    Parameter,
    Period,
    Since,
    Unary,
    Was,
)

__all__ = ["Act", "Moment", "Reader"]

Act = tuple[str, str]
"""Player and action."""


@dataclass(frozen=True)
class Moment:
    """All that a condition may ask about: the levels now, and what went before.

    Attributes:
        period: Running number, from 1.
        levels: Level index of each variable.
        done: Acts of this period so far.
        chosen: The number each player chose last in this period.
        starts: Levels at the start of this and every earlier period, oldest first.
        ends: The moment at the end of every earlier period, oldest first.
    """

    period: int
    levels: Mapping[str, int]
    done: frozenset[Act]
    chosen: Mapping[str, float]
    starts: tuple[Mapping[str, int], ...]
    ends: tuple[Moment, ...]

    def next_period(self) -> Moment:
        """Return the start of the period that follows."""
        return Moment(
            period=self.period + 1,
            levels=self.levels,
            done=frozenset(),
            chosen={},
            starts=(*self.starts, self.levels),
            ends=(*self.ends, self),
        )

    def with_acts(self, acts: Mapping[str, str], chosen: Mapping[str, float]) -> Moment:
        """Return this moment with `acts` (player to action) counted as done."""
        return replace(
            self,
            done=self.done | frozenset(acts.items()),
            chosen={**self.chosen, **chosen},
        )


@dataclass(frozen=True)
class Reader:
    """Reads expressions: the scenario's variables, the parameters of one profile of types.

    Attributes:
        belief: What an observer (None: whoever is paid) believes of a player being of a type.
    """

    variables: Mapping[str, Variable]
    parameters: Mapping[str, float]
    belief: Callable[[str | None, str, str], float] | None = None

    def number(self, expression: Expr, moment: Moment) -> float:
        """Return what `expression` comes to at `moment`; truth counts 1, falsehood 0."""
        read = _READERS[type(expression)]
        return float(read(self, expression, moment))

    def holds(self, expression: Expr | None, moment: Moment) -> bool:
        """Return whether a condition holds; one that is not given always does."""
        return expression is None or self.number(expression, moment) != 0.0

    def level(self, variable: str, index: int, share: bool) -> float:
        """Return what a variable stands for at a level."""
        declared = self.variables[variable]
        return index / (len(declared.levels) - 1) if share else declared.values[index]


def _const(_: Reader, node: Const, __: Moment) -> float:
    return node.value


def _parameter(reader: Reader, node: Parameter, _: Moment) -> float:
    return reader.parameters[node.name]


def _level(reader: Reader, node: Level, moment: Moment) -> float:
    return reader.level(node.variable, moment.levels[node.variable], node.share)


def _was(reader: Reader, node: Was, moment: Moment) -> float:
    begun = moment.starts[max(0, len(moment.starts) - 1 - node.lag)]
    return reader.level(node.variable, begun[node.variable], node.share)


def _did(_: Reader, node: Did, moment: Moment) -> bool:
    if node.lag > len(moment.ends):
        return False
    done = moment.done if node.lag == 0 else moment.ends[-node.lag].done
    return any(act in done for act in node.acts)


def _since(reader: Reader, node: Since, moment: Moment) -> int:
    if reader.holds(node.condition, moment):
        return 0
    for ago, end in enumerate(reversed(moment.ends), start=1):
        if ago < node.bound and reader.holds(node.condition, end):
            return ago
    return node.bound


def _period(_: Reader, __: Period, moment: Moment) -> int:
    return moment.period


def _chose(_: Reader, node: Chose, moment: Moment) -> float:
    return moment.chosen.get(node.player, 0.0)


def _belief(reader: Reader, node: Belief, _: Moment) -> float:
    assert reader.belief is not None, "a belief is read where none may be"
    return reader.belief(node.observer, node.player, node.type)


def _unary(reader: Reader, node: Unary, moment: Moment) -> float:
    operand = reader.number(node.operand, moment)
    return -operand if node.operator == "-" else operand == 0.0


def _binary(reader: Reader, node: Binary, moment: Moment) -> float:
    left, right = reader.number(node.left, moment), reader.number(node.right, moment)
    match node.operator:
        case "+":
            return left + right
        case "-":
            return left - right
        case "*":
            return left * right
        case "/":
            return left / right
        case "%":
            return left % right
    raise AssertionError(node.operator)


def _compare(reader: Reader, node: Compare, moment: Moment) -> bool:
    numbers = [reader.number(operand, moment) for operand in node.operands]
    links = zip(numbers, node.operators, numbers[1:], strict=False)
    return all(_ORDERS[operator](left, right) for left, operator, right in links)


def _boolean(reader: Reader, node: Boolean, moment: Moment) -> bool:
    truths = [reader.holds(operand, moment) for operand in node.operands]
    return all(truths) if node.operator == "and" else any(truths)


def _call(reader: Reader, node: Call, moment: Moment) -> float:
    return _FUNCTIONS[node.function](*(reader.number(a, moment) for a in node.arguments))


_ORDERS: dict[str, Callable[[float, float], bool]] = {
    "==": lambda left, right: left == right,
    "!=": lambda left, right: left != right,
    "<": lambda left, right: left < right,
    "<=": lambda left, right: left <= right,
    ">": lambda left, right: left > right,
    ">=": lambda left, right: left >= right,
}

_FUNCTIONS: dict[str, Callable[..., float]] = {
    "min": min,
    "max": max,
    "abs": abs,
    "exp": math.exp,
    "log": math.log,
    "logistic": lambda x: 1.0 / (1.0 + math.exp(-x)),
}

_READERS: dict[type[Expr], Callable[..., float]] = {
    Const: _const,
    Parameter: _parameter,
    Level: _level,
    Was: _was,
    Did: _did,
    Since: _since,
    Period: _period,
    Chose: _chose,
    Belief: _belief,
    Unary: _unary,
    Binary: _binary,
    Compare: _compare,
    Boolean: _boolean,
    Call: _call,
}
