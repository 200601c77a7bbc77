"""Parameters and the numbers made of them.

Wherever a number stands, an expression of parameters may. Parameters may stand on each other in
any order, as long as no circle closes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from typing import NamedTuple

from offramp.scenario.expressions import Const, Expr, Parameter, evaluate, walk
from offramp.scenario.names import Kind
from offramp.scenario.reading import Reader, Spot

__all__ = ["Entry", "Numbers"]


class Entry(NamedTuple):
    """An amount as written, and where."""

    amount: float | str
    spot: Spot


@dataclass(frozen=True)
class _Values:
    """The environment of expressions that read parameters only."""

    parameters: Mapping[str, float]

    def parameter(self, name: str) -> float:
        return self.parameters.get(name, 0.0)


class Numbers:
    """The value of every parameter, and of any amount made of them."""

    def __init__(self, entries: Mapping[str, Entry], reader: Reader) -> None:
        self.reader = reader
        parsed = {name: self._parse(entry) for name, entry in entries.items()}
        self.values = {n: e.value for n, e in parsed.items() if isinstance(e, Const)}
        composed = {n: e for n, e in parsed.items() if not isinstance(e, Const)}
        for name in self._order(composed, entries):
            self.values[name] = self._evaluate(composed[name], entries[name])

    def of(self, entry: Entry) -> float:
        """Return the value of an amount."""
        return self._evaluate(self._parse(entry), entry)

    def _parse(self, entry: Entry) -> Expr:
        return self.reader.expression(entry.amount, entry.spot, Kind.NUMBER)

    def _evaluate(self, expression: Expr, entry: Entry) -> float:
        if isinstance(expression, Const):
            return expression.value
        value = float(evaluate(expression, _Values(self.values)))  # type: ignore[arg-type]
        if value - value != 0.0:
            self.reader.notes.add(
                "S322",
                f"'{entry.amount}' has no finite value; it comes out as {value}.",
                entry.spot,
                fix="look for a division by zero, or a logarithm of what is not positive.",
            )
            return 0.0
        return value

    def _order(self, parsed: Mapping[str, Expr], entries: Mapping[str, Entry]) -> list[str]:
        """Return the parameters, each after those it reads; circles are noted and left out."""
        reads: dict[str, set[str]] = {
            name: {
                n.name for n in walk(expression) if isinstance(n, Parameter) and n.name in parsed
            }
            for name, expression in parsed.items()
        }
        while True:
            try:
                return list(TopologicalSorter(reads).static_order())
            except CycleError as error:
                circle: list[str] = error.args[1]
                self._note_circle(circle, entries)
                for name in set(circle):
                    del reads[name]
                    self.values[name] = 0.0
                reads = {name: found - set(circle) for name, found in reads.items()}

    def _note_circle(self, circle: list[str], entries: Mapping[str, Entry]) -> None:
        first = min(circle, key=list(entries).index)
        told = " -> ".join(reversed(circle))
        self.reader.notes.add(
            "S315",
            f"These parameters stand on each other in a circle: {told}.",
            entries[first].spot,
            fix="give one of them a number.",
        )
