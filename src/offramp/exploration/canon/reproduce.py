"""A scenario held against the theory beside it: values, rates of convergence, signs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from offramp.exploration.canon.formulas import (
    evaluate_expression,
    filled,
    first_word,
    unmet_needs,
)
from offramp.exploration.canon.laboratory import Laboratory, Point
from offramp.exploration.canon.limits import N_RUNGS, Limit, extrapolate
from offramp.exploration.canon.readings import Values, read_all
from offramp.scenario import Scenario
from offramp.scenario.theory import QuantityDecl, Rate, StaticDecl, Theory

__all__ = ["Reproduction", "Row", "StaticRow", "reproduce"]

LIMIT_TOLERANCE = 1e-3  # of an extrapolated value
N_PRECISIONS = 3  # at which signs are told: the last of the sequence
REVERSAL = 0.01  # of the whole change: on a step, a finite precision leaves so much of a slope
SMALLEST = 1e-12  # of a solver's error: what rounding leaves of a residual of zero
NOTHING = 10.0  # times the solver's error: a change below this is none


class Row(NamedTuple):
    """One quantity.

    Attributes:
        published: None where nothing is published for these numbers.
        value: What the sequence tends to, or the word that its end gives.
        here: The same at the scenario's own precision.
        limit: None for words and for what is no limit.
        passes: None where nothing is published.
    """

    name: str
    published: float | str | None
    value: float | str
    here: float | str
    limit: Limit | None
    rate: Rate
    tolerance: float
    tie: str | None
    passes: bool | None

    @property
    def difference(self) -> float | None:
        """Distance from what is published."""
        if not isinstance(self.published, float) or not isinstance(self.value, float):
            return None
        return abs(self.value - self.published)


class StaticRow(NamedTuple):
    """The sign of one comparative static.

    Attributes:
        points: Values of the parameter. values: of the quantity, by precision and point.
        signs: At each precision. limit_sign: of the limit; None where the theory speaks of none.
    """

    decl: StaticDecl
    points: tuple[float, ...]
    precisions: tuple[float, ...]
    values: tuple[tuple[float, ...], ...]
    signs: tuple[str, ...]
    limit_sign: str | None
    passes: bool


@dataclass(frozen=True)
class Reproduction:
    """A scenario held against its theory.

    Attributes:
        unmet: What the theorem needs and the numbers do not give, in words.
        sequence: Values of the parameter along which the limit is taken.
        own: The scenario solved with its own precision.
    """

    name: str
    scenario: Scenario
    theory: Theory
    numbers: dict[str, float | str]
    unmet: tuple[str, ...]
    sequence: tuple[float, ...]
    rows: tuple[Row, ...]
    statics: tuple[StaticRow, ...]
    own: Point
    residual: float
    n_unconverged: int
    n_solved: int

    @property
    def passes(self) -> bool:
        """Whether nothing that is published fails, and every solve converged."""
        rows = all(row.passes is not False for row in self.rows)
        return rows and all(row.passes for row in self.statics) and not self.n_unconverged


def reproduce(
    name: str,
    scenario: Scenario,
    theory: Theory,
    numbers: Mapping[str, float | str] | None = None,
    *,
    branch: str = "principal",
    with_statics: bool = True,
    started: Callable[[str], None] = lambda what: None,
) -> Reproduction:
    """Solve a scenario along a sequence of precisions and hold the limits against a theory.

    Args:
        numbers: Values of parameters other than the scenario's own; what the theory has published
            then says nothing.
        branch: `mixed`: the solution in which every act stays most possible.
        started: Told what is worked on.
    """
    numbers = dict(numbers or {})
    expected = {} if numbers else theory.published
    lab = Laboratory(scenario, theory, branch)
    rungs = sequence_of(theory)
    started("at the scenario's own precision")
    own = lab.at(None, numbers)
    here = read_all(lab, numbers)
    limits = [n for n, decl in theory.quantities.items() if _rate(theory, decl) != "none"]
    found = []
    for rung in rungs if limits else ():
        started(f"{theory.limit.in_} = {rung:g}" if theory.limit else "")
        found.append(read_all(lab, _on_rung(theory, numbers, rung), limits))
        lab.forget()
    rows = _rows(lab, lab.parameters(numbers), here, found, expected)
    statics = []
    if with_statics and not numbers:
        for decl in theory.statics:
            started(f"{decl.of} as {decl.raise_} rises")
            statics.append(_static(lab, decl, decl.at or rungs[-N_PRECISIONS:]))
            lab.forget()
    return Reproduction(
        name=name,
        scenario=scenario,
        theory=theory,
        numbers=numbers,
        unmet=unmet_needs(theory, lab.parameters(numbers)),
        sequence=rungs,
        rows=rows,
        statics=tuple(statics),
        own=own,
        residual=lab.residual,
        n_unconverged=lab.n_unconverged,
        n_solved=lab.n_solved,
    )


def sequence_of(theory: Theory) -> tuple[float, ...]:
    """Return the values along which the theory's limit is taken; none where it takes none."""
    if theory.limit is None:
        return ()
    return tuple(theory.limit.from_ * 2.0**k for k in range(N_RUNGS))


def _on_rung(
    theory: Theory, numbers: Mapping[str, float | str], rung: float
) -> dict[str, float | str]:
    return {**numbers, theory.limit.in_: rung} if theory.limit else dict(numbers)


def _rate(theory: Theory, decl: QuantityDecl) -> Rate:
    return decl.rate or (theory.limit.rate if theory.limit else "none")


# --- values -----------------------------------------------------------------------------------


def _rows(
    lab: Laboratory,
    parameters: Mapping[str, float],
    here: Values,
    found: list[Values],
    expected: Mapping[str, float | str],
) -> tuple[Row, ...]:
    rows = []
    known = dict(parameters)
    for name, value in here.items():
        decl = lab.declared[name]
        rate = _rate(lab.theory, decl)
        limit = None
        at_end = found[-1].get(name, value) if found else value
        if decl.form == "first":
            at_end = first_word(decl.first, known)
        elif isinstance(value, float) and rate != "none":
            limit = extrapolate(np.array([one[name] for one in found], np.float64), rate)
            at_end = limit.value
        elif isinstance(value, float):
            at_end = value
        if isinstance(at_end, float):
            known[name] = at_end
        rows.append(_row(lab, name, Found(value, at_end, limit, rate), expected.get(name)))
    return tuple(rows)


class Found(NamedTuple):
    """What was found of a quantity."""

    here: float | str
    value: float | str
    limit: Limit | None
    rate: Rate


def _row(lab: Laboratory, name: str, found: Found, published: float | str | None) -> Row:
    theory = lab.theory
    tolerance = theory.tolerance
    if found.limit is not None:
        tolerance = max(tolerance, LIMIT_TOLERANCE)
    tolerance = lab.declared[name].tolerance or tolerance
    passes: bool | None = None
    if isinstance(published, str):
        passes = found.value == published
    elif published is not None:
        published = float(published)
        near = isinstance(found.value, float) and abs(found.value - published) <= tolerance
        passes = near and (found.limit is None or found.limit.as_expected)
    return Row(
        name=name,
        published=published,
        value=found.value,
        here=found.here,
        limit=found.limit,
        rate=found.rate,
        tolerance=tolerance,
        tie=lab.declared[name].tie,
        passes=passes,
    )


# --- comparative statics ----------------------------------------------------------------------


def _static(lab: Laboratory, decl: StaticDecl, precisions: tuple[float, ...]) -> StaticRow:
    """Return the sign of a quantity's change at each precision, and in the limit."""
    low, high = (evaluate_expression(end, lab.parameters(decl.set)) for end in decl.over)
    points = _points(low, high, decl)
    rate = _rate(lab.theory, lab.theory.quantities[decl.of])
    values = np.zeros((len(precisions), len(points)))
    for i, precision in enumerate(precisions):
        for j, point in enumerate(points):
            laid = _on_rung(lab.theory, {**decl.set, decl.raise_: point}, precision)
            name = filled(decl.of, lab.parameters(laid))
            values[i, j] = float(read_all(lab, laid, [decl.of])[name])
    limits = [extrapolate(values[:, j], rate) for j in range(len(points))]
    noise = max(lab.residual, *(limit.error for limit in limits))
    signs = tuple(_sign(row, NOTHING * max(lab.residual, SMALLEST)) for row in values)
    at_end = _sign(np.array([limit.value for limit in limits]), NOTHING * noise)
    # what has no effect in the limit has some at a finite precision
    nothing = decl.sign == "0" and not decl.at
    passes = nothing or all(sign == decl.sign for sign in signs)
    # where the theory speaks of stated precisions, it speaks of no limit
    limit_sign = None if decl.at else at_end
    return StaticRow(
        decl=decl,
        points=points,
        precisions=precisions,
        values=tuple(map(tuple, values.tolist())),
        signs=signs,
        limit_sign=limit_sign,
        passes=passes and limit_sign in (decl.sign, None),
    )


def _points(low: float, high: float, decl: StaticDecl) -> tuple[float, ...]:
    found = np.linspace(low, high, decl.points)
    return tuple(round(float(x), 12) for x in found)


def _sign(values: np.ndarray, nothing: float) -> str:
    """Return how values run: up, down, not at all (`0`), or one way and then another (`?`)."""
    change = np.diff(values)
    nothing = max(nothing, REVERSAL * float(np.ptp(values)))
    rises, falls = bool(np.any(change > nothing)), bool(np.any(change < -nothing))
    return {(True, False): "+", (False, True): "-", (False, False): "0"}.get((rises, falls), "?")
