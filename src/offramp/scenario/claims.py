"""What a claim says, and whether it holds of given measures.

A claim is one or more comparisons, all of which must hold. A comparison of measures carries its
margin in itself, as a number added to one side (`m[a] > m[b] + 0.05`) or as a factor of it
(`m[a] > 1.25 * m[b]`); one of a measure with a number has a band beside it (`band: 0.05`).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Literal

from offramp.errors import raise_problems
from offramp.scenario.expressions import (
    Binary,
    Compare,
    Const,
    Environment,
    Expr,
    MeasureOf,
    Parameter,
    Unary,
    evaluate,
    substitute,
    walk,
)
from offramp.scenario.names import Kind
from offramp.scenario.reading import Notes, Spot
from offramp.scenario.schema import ClaimDecl, Same, Scenario
from offramp.scenario.views import reader_for

__all__ = ["Claim", "Comparison", "Lookup", "Verdict", "judge", "read_claims"]

Verdict = Literal["holds", "fails", "undecided"]
Lookup = Callable[[str, str], float]  # a measure in a case
Form = Literal["more", "level", "ratio", "same"]

LEAST_CHANCE = 1e-6  # of two rare risks, below which their ratio says nothing


@dataclass(frozen=True)
class Comparison:
    """`greater` is said to exceed `lesser`, or (`same`) to differ from it by little.

    Attributes:
        form: `more`: by a margin; `level`: a measure against a number; `ratio`: by a factor;
            `same`: inside half the margin it holds, outside the whole it fails.
        margin: What has to lie between the two sides; of a `level`, the band about the number.
        factor: Of a `ratio`, by which `lesser` is multiplied.
    """

    text: str
    greater: Expr
    lesser: Expr
    form: Form
    margin: float = 0.0
    factor: float = 1.0

    @property
    def cases(self) -> tuple[str, ...]:
        """The cases compared, each once, as they occur."""
        return tuple(dict.fromkeys(node.case for node in self.reads()))

    def reads(self) -> list[MeasureOf]:
        """Return every `measure[case]` that is compared."""
        both = (self.greater, self.lesser)
        return [node for side in both for node in walk(side) if isinstance(node, MeasureOf)]

    def slack(self, lookup: Lookup) -> float:
        """Return by how much the greater side exceeds the lesser; margins are left out.

        Of a ratio it is the logarithm of greater over lesser; of `same`, minus the distance.
        """
        greater, lesser = self.sides(lookup)
        if self.form == "ratio":
            least = min(greater, lesser)
            return math.log(greater / lesser) if least > 0 else math.copysign(math.inf, least)
        gap = greater - lesser
        return -abs(gap) if self.form == "same" else gap

    def clearance(self, lookup: Lookup) -> float:
        """Return by how much the comparison clears what it asks for: it holds where positive."""
        return self.clears_by(self.slack(lookup))

    def clears_by(self, slack: float) -> float:
        """Return the same of a slack that is known already."""
        if self.form == "ratio":
            return slack - math.log(self.factor)
        return slack + self.margin / 2 if self.form == "same" else slack - self.margin

    def sides(self, lookup: Lookup) -> tuple[float, float]:
        """Return the values of both sides."""
        return _value(self.greater, lookup), _value(self.lesser, lookup)

    def verdict(self, lookup: Lookup) -> Verdict:
        """Return whether the comparison holds; what never arises (NaN) is undecided."""
        greater, lesser = self.sides(lookup)
        if math.isnan(greater) or math.isnan(lesser):
            return "undecided"
        if self.form == "ratio":
            return self._of_ratio(greater, lesser)
        gap = greater - lesser
        if self.form == "same":
            inside, outside = abs(gap) <= self.margin / 2, abs(gap) > self.margin
            return "holds" if inside else "fails" if outside else "undecided"
        if self.form == "level":
            return _outside(gap, self.margin)
        if gap > self.margin:
            return "holds"
        return "fails" if gap < -abs(self.margin) else "undecided"

    def _of_ratio(self, greater: float, lesser: float) -> Verdict:
        """Compare by the factor, either way round; what is rarer than can be told is undecided."""
        if min(greater, lesser) < LEAST_CHANCE:
            return "undecided"
        if greater > self.factor * lesser:
            return "holds"
        reverse = max(self.factor, 1 / self.factor)
        return "fails" if lesser > reverse * greater else "undecided"


@dataclass(frozen=True)
class Claim:
    """A claim as declared, and what it compares."""

    name: str
    decl: ClaimDecl
    comparisons: tuple[Comparison, ...]

    @property
    def measures(self) -> tuple[str, ...]:
        """Every measure that it reads."""
        found = (node.measure for one in self.comparisons for node in one.reads())
        return tuple(dict.fromkeys(found))


def read_claims(scenario: Scenario, parameters: Mapping[str, float]) -> tuple[Claim, ...]:
    """Return the claims of a scenario, in listed order.

    Args:
        parameters: Value of every parameter, for claims that name one.

    Raises:
        ScenarioError: A claim that compares nothing, or names what is not there.
    """
    notes = Notes()
    reader = reader_for(scenario, notes)
    found = []
    for name, decl in scenario.claims.items():
        spot = Spot(scenario.document, ("claims", name, "holds"))
        comparisons = []
        if isinstance(decl.holds, Same):
            one, other = (
                reader.expression(text, spot / "same" / i, Kind.CLAIM)
                for i, text in enumerate(decl.holds.same)
            )
            told = f"{decl.holds.same[0]} and {decl.holds.same[1]} within {decl.holds.margin:g}"
            comparisons.append(Comparison(told, one, other, "same", decl.holds.margin))
        else:
            for i, text in enumerate(decl.holds):
                read = reader.expression(text, spot / i, Kind.CLAIM)
                if isinstance(read, Compare):
                    comparisons.append(_comparison(text, _fixed(read, parameters), decl.band))
        found.append(Claim(name, decl, tuple(comparisons)))
    raise_problems(notes.problems)
    return tuple(found)


def judge(verdicts: Iterable[Verdict]) -> Verdict:
    """Return the verdict on a claim: all of its comparisons must hold, and one that fails fails."""
    found = set(verdicts)
    if "fails" in found:
        return "fails"
    return "undecided" if "undecided" in found else "holds"


# --- taking comparisons apart ---------------------------------------------------------------------


def _fixed(read: Compare, parameters: Mapping[str, float]) -> Compare:
    def change(node: Expr) -> Expr | None:
        return Const(parameters[node.name]) if isinstance(node, Parameter) else None

    fixed = substitute(read, change)
    assert isinstance(fixed, Compare)
    return fixed


def _comparison(text: str, read: Compare, band: float) -> Comparison:
    """Bring what is added on each side to one, and what is taken away to the other."""
    left, right = read.operands
    if read.operators[0] in ("<", "<="):
        left, right = right, left
    more: list[Expr] = []
    less: list[Expr] = []
    margin = 0.0
    for term, sign in [*_terms(left, 1), *_terms(right, -1)]:
        if not _reads(term):
            margin -= sign * _value(term, _no_measure)
        else:
            (more if sign > 0 else less).append(term)
    if not less:
        return Comparison(text, _sum(more), Const(margin), "level", band)
    if not more:
        return Comparison(text, Const(-margin), _sum(less), "level", band)
    if len(more) == len(less) == 1 and not margin:
        (over, greater), (under, lesser) = _factor(more[0]), _factor(less[0])
        if over != under:
            return Comparison(text, greater, lesser, "ratio", factor=under / over)
    return Comparison(text, _sum(more), _sum(less), "more", margin)


def _terms(side: Expr, sign: int) -> Iterator[tuple[Expr, int]]:
    """Yield what a sum is made of, each with its sign."""
    match side:
        case Binary("+", left, right):
            yield from _terms(left, sign)
            yield from _terms(right, sign)
        case Binary("-", left, right):
            yield from _terms(left, sign)
            yield from _terms(right, -sign)
        case Unary("-", operand):
            yield from _terms(operand, -sign)
        case _:
            yield side, sign


def _sum(terms: Sequence[Expr]) -> Expr:
    return reduce(lambda one, other: Binary("+", one, other), terms)


def _factor(side: Expr) -> tuple[float, Expr]:
    """Part a product into its number and what reads measures."""
    if isinstance(side, Binary) and side.operator == "*":
        if not _reads(side.left):
            return _value(side.left, _no_measure), side.right
        if not _reads(side.right):
            return _value(side.right, _no_measure), side.left
    return 1.0, side


def _reads(side: Expr) -> bool:
    return any(isinstance(node, MeasureOf) for node in walk(side))


def _no_measure(measure: str, case: str) -> float:
    raise AssertionError(f"{measure}[{case}] is no number of its own")


def _outside(gap: float, band: float) -> Verdict:
    if gap > band:
        return "holds"
    return "fails" if gap < -band else "undecided"


class _Nothing:
    """An environment of nothing: what is left of a claim reads numbers only."""

    def __getattr__(self, name: str) -> Callable[..., float]:
        raise AssertionError(f"a claim reads {name}")


_NOTHING: Environment = _Nothing()


def _value(side: Expr, lookup: Lookup) -> float:
    def change(node: Expr) -> Expr | None:
        return Const(lookup(node.measure, node.case)) if isinstance(node, MeasureOf) else None

    return float(evaluate(substitute(side, change), _NOTHING))
