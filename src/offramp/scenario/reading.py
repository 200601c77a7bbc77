"""Reading what stands at a place of a file: expressions, levels, lengths of time, references.

A `Spot` is a place inside a file that can be pointed at; a `Reader` turns what stands there into
resolved expressions and notes every problem with its place.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from offramp.errors import Location, Problem, Severity
from offramp.scenario.crisis import Variable
from offramp.scenario.expressions import Const, Expr
from offramp.scenario.measures import read_path_word
from offramp.scenario.names import Binding, Kind, Scope, an
from offramp.scenario.parse import Document, Path, Step
from offramp.scenario.resolve import Resolver
from offramp.scenario.syntax import Fault, FaultError, parse_text

__all__ = ["LENGTHS", "Notes", "Reader", "Spot", "level_index", "years_of"]

LENGTHS = {
    "day": 1 / 365.25,
    "week": 7 / 365.25,
    "month": 1 / 12,
    "quarter": 1 / 4,
    "half-year": 1 / 2,
    "year": 1.0,
    "decade": 10.0,
}
_LENGTH = re.compile(r"(?:(?P<count>[0-9]+(?:\.[0-9]+)?) +)?(?P<unit>[a-z-]+?)s?\Z")
EVEN_STEP = 1e-9  # in levels; how far a computed start or setting may lie from a level


@dataclass(frozen=True)
class Spot:
    """A place inside a file, by its path."""

    document: Document
    path: Path = ()

    def __truediv__(self, step: Step) -> Spot:
        """Return the place one step further in."""
        return Spot(self.document, (*self.path, step))

    @property
    def name(self) -> str:
        """The path in words."""
        return self.document.name(self.path)

    @property
    def where(self) -> Location | None:
        """Where the value stands."""
        return self.document.locate(self.path)

    @property
    def key(self) -> Location | None:
        """Where the key of the value stands."""
        return self.document.locate(self.path, key=True)


@dataclass
class Notes:
    """The problems found so far."""

    problems: list[Problem] = field(default_factory=list)

    def add(
        self,
        code: str,
        message: str,
        spot: Spot,
        *,
        hint: str = "",
        fix: str = "",
        span: tuple[int, int] | None = None,
        key: bool = False,
        severity: Severity = Severity.ERROR,
    ) -> None:
        """Note a problem at a place; `span` are columns inside the text that stands there."""
        where = spot.key if key else spot.where
        if span is not None:
            where = spot.document.locate_text(spot.path, *span)
        if where is None and spot.document.file:
            where = Location(spot.document.file, 0, 0)
        self.problems.append(Problem(code, message, where, spot.name, hint, fix, severity))


@dataclass(frozen=True)
class Reader:
    """Reads expressions in a scope, noting every problem with its place.

    Attributes:
        period_years: Length of the scenario's period in years, or None.
    """

    scope: Scope
    notes: Notes
    period_years: float | None

    def inside(self, roles: dict[str, Binding]) -> Reader:
        """Return the reader for a mechanism with these roles."""
        return replace(self, scope=replace(self.scope, roles=roles))

    def expression(self, value: float | str, spot: Spot, kind: Kind = Kind.STATE) -> Expr:
        """Return what stands at a place as an expression."""
        if not isinstance(value, str):
            return self.constant(value, spot)

        def report(fault: Fault) -> None:
            self.notes.add(
                fault.code,
                fault.message,
                spot,
                hint=fault.hint,
                fix=fault.fix,
                span=(fault.start, fault.end),
            )

        try:
            word = parse_text(value)
        except FaultError as error:
            report(error.fault)
            return Const(0.0)
        resolver = Resolver(self.scope, kind, report)
        if kind in (Kind.MEASURE, Kind.CLAIM):
            return read_path_word(word, resolver)
        return resolver.read(word)

    def constant(self, value: float, spot: Spot) -> Expr:
        """Return a number, which has to be one."""
        if value - value != 0.0:
            self.notes.add(
                "S322",
                f"{value} is not a finite number.",
                spot,
                fix="write a number; `precision: exact` stands for an infinite precision.",
            )
            return Const(0.0)
        return Const(float(value))

    def condition(self, value: float | str | None, spot: Spot) -> Expr | None:
        """Return a condition, or None where none stands."""
        return None if value is None else self.expression(value, spot)

    def setting(self, value: float | str, variable: str, spot: Spot) -> Expr:
        """Return the value that `to:` means: a level by name, else an expression."""
        declared = self.scope.variables[variable]
        if isinstance(value, str) and value in declared.levels:
            return Const(declared.values[declared.levels.index(value)])
        if isinstance(value, str) and value.isidentifier() and not self.knows(value):
            self.no_level(value, declared, spot)
            return Const(0.0)
        expression = self.expression(value, spot)
        if isinstance(expression, Const) and level_index(declared, expression.value) is None:
            self.no_level(f"{expression.value:g}", declared, spot)
            return Const(0.0)
        return expression

    def knows(self, name: str) -> bool:
        """Whether a name can stand for a number by itself."""
        scope = self.scope
        return (
            name in scope.parameters
            or name in scope.variables
            or name in scope.roles
            or name in scope.ghosts
            or name == "period"
        )

    def no_level(self, name: str, variable: Variable, spot: Spot) -> None:
        """Note that a name is no level of a variable."""
        if not variable.levels:
            return  # which is the problem, and told as one
        owners = self.scope.owners(name)
        levels = f"Levels of '{variable.name}': {', '.join(variable.levels[:12])}."
        message = f"'{name}' is not a level of '{variable.name}'."
        if owners:
            message = f"'{name}' is a level of '{owners[0]}', not of '{variable.name}'."
        hint = self.scope.hint(name, variable.levels) or levels
        self.notes.add(
            "S211" if owners else "S212",
            message,
            spot,
            hint=hint,
            fix=f"name a level of '{variable.name}'.",
        )

    def exponent(self, per: str | None, spot: Spot) -> float:
        """Return how many of the lengths named by `per` one period of the scenario is."""
        if per is None:
            return 1.0
        years = years_of(per)
        if years is None:
            self.unknown("length of time", per, LENGTHS, spot)
            return 1.0
        if self.period_years is None:
            self.notes.add(
                "S327",
                f"A number per {per} cannot be converted: the scenario's period is "
                "no length of time.",
                spot,
                fix=f"let `period.unit` be one of: {', '.join(LENGTHS)}.",
            )
            return 1.0
        return self.period_years / years

    def unknown(
        self,
        what: str,
        name: str,
        known: Iterable[str],
        spot: Spot,
        *,
        key: bool = False,
        code: str = "S204",
    ) -> None:
        """Note a name that refers to nothing of its kind."""
        if name in self.scope.ghosts:
            return
        listed = list(known)
        hint = self.scope.hint(name, listed)
        if not hint and listed:
            hint = f"There {'is' if len(listed) == 1 else 'are'}: {', '.join(listed[:12])}."
        message = f"'{name}' is not {an(what)} of this scenario."
        if " of " in what:
            message = f"'{name}' is not {an(what)}."
        fix = f"correct the name, or declare the {what}."
        self.notes.add(code, message, spot, hint=hint, fix=fix, key=key)

    def out_of_bounds(self, what: str, value: float, wanted: str, spot: Spot) -> None:
        """Note a number outside its bounds."""
        message = f"The {what} is {value:g}; it has to be {wanted}."
        fix = "correct the number, or the parameters that it is made of."
        self.notes.add("S325", message, spot, fix=fix)

    def set_by_types(self, name: str, spot: Spot) -> None:
        """Note a number given to what each type sets for itself."""
        player = self.scope.typed[name]
        self.notes.add(
            "S317",
            f"'{name}' is set by the types of {player}, so it cannot be given one value.",
            spot,
            key=True,
            fix="give a value to the parameters that the types set it to.",
        )


def years_of(length: str) -> float | None:
    """Return a length of time such as `month` or `6 weeks` in years; None where it is none."""
    found = _LENGTH.match(length)
    if found is None or found["unit"] not in LENGTHS:
        return None
    years = float(found["count"] or 1) * LENGTHS[found["unit"]]
    return years if years > 0 else None


def level_index(variable: Variable, value: float) -> int | None:
    """Return the index of the level that a value stands for, or None."""
    for index, known in enumerate(variable.values):
        if abs(known - value) <= EVEN_STEP * max(1.0, abs(known)):
            return index
    return None
