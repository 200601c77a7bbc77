"""One or two numbers moved over a range, and what becomes of the answers.

Every point is solved from λ = 0 as a single run would be, so that a point's answer does not hang
on where the sweep came from.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Float, Int

from offramp.errors import Problem, RunError
from offramp.exploration.cases import Laid, plan_solves, solve_cases, wanted_cases
from offramp.exploration.quantities import ask
from offramp.notebook import Shown
from offramp.outcomes import optional_library
from offramp.scenario import Scenario, bind

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

__all__ = ["Axis", "Sweep", "read_axis", "sweep"]

MOST_AXES = 2
MOST_POINTS = 10_000  # of a sweep; more would not be looked at one by one


@dataclass(frozen=True)
class Axis:
    """What is moved, and where to.

    Attributes:
        name: As `--set` takes it: a parameter, a variable (its start), `player.precision`,
            `player.discount` or `player.type.prior`.
        values: Numbers, or names of levels.
        is_log: Whether neighbours have equal ratios instead of equal differences.
    """

    name: str
    values: tuple[float | str, ...]
    is_log: bool = False


@dataclass(frozen=True)
class Sweep(Shown):
    """Answers at every point of one or two axes.

    Attributes:
        points: Value of each axis, the last axis running fastest.
        value: NaN where a question does not arise, as after an event that never happens.
        residual: Largest miss of a logit, of the case's solve there.
        not_converged: Situations that did not converge there.
        scenario_hash: Of the file and what is laid over it, before anything is moved.
    """

    name: str
    axes: tuple[Axis, ...]
    points: tuple[tuple[float | str, ...], ...]
    cases: tuple[str, ...]
    quantities: tuple[str, ...]
    value: Float[np.ndarray, "point case quantity"]
    residual: Float[np.ndarray, "point case"]
    not_converged: Int[np.ndarray, "point case"]
    scenario_hash: str

    def columns(self) -> dict[str, list[Any]]:
        """Return a long table: one row per point and case."""
        names = [axis.name for axis in self.axes]
        rows = [(*point, case) for point in self.points for case in self.cases]
        table: dict[str, list[Any]] = {
            name: [row[k] for row in rows] for k, name in enumerate([*names, "case"])
        }
        flat = self.value.reshape(len(rows), len(self.quantities))
        table |= {name: flat[:, q].tolist() for q, name in enumerate(self.quantities)}
        table["residual"] = self.residual.ravel().tolist()
        table["not_converged"] = self.not_converged.ravel().tolist()
        return table

    def to_pandas(self) -> pd.DataFrame:
        """Return the long table as a data frame (needs the extra `data`)."""
        return optional_library("pandas").DataFrame(self.columns())

    def to_xarray(self) -> xr.Dataset:
        """Return one variable a quantity over the axes and `case` (needs the extra `data`)."""
        library = optional_library("xarray")
        names = [axis.name for axis in self.axes]
        sizes = [len(axis.values) for axis in self.axes]
        dims = (*names, "case")
        columns = np.moveaxis(self.value, -1, 0)
        return library.Dataset(
            {
                name: (dims, column.reshape(*sizes, len(self.cases)))
                for name, column in zip(self.quantities, columns, strict=True)
            },
            coords={
                **{axis.name: list(axis.values) for axis in self.axes},
                "case": list(self.cases),
            },
        )


def read_axis(text: str, scenario: Scenario) -> Axis:
    """Return the axis that `NAME=LOW:HIGH:N`, `NAME=LOW:HIGH:N:log` or `NAME=A,B,…` describes.

    Of a variable with named levels, `NAME=FIRST:LAST` are all levels between.

    Raises:
        RunError: The text is none of these.
    """
    name, equals, given = text.partition("=")
    name, given = name.strip(), given.strip()
    variable = next((v for v in bind(scenario).variables if v.name == name), None)
    values: Sequence[float | str] | None = None
    is_log = given.endswith(":log")
    if equals and name:
        levels = variable.levels if variable is not None else ()
        values = _between_levels(given, levels) or _spaced(given) or _listed(given, levels)
    if not values:
        raise RunError(_no_axis(text))
    return Axis(name, tuple(values), is_log)


def _between_levels(given: str, levels: Sequence[str]) -> list[float | str] | None:
    first, colon, last = given.partition(":")
    if not colon or first not in levels or last not in levels:
        return None
    one, other = levels.index(first), levels.index(last)
    step = 1 if one <= other else -1
    return [levels[i] for i in range(one, other + step, step)]


def _spaced(given: str) -> list[float | str] | None:
    """Return equally spaced numbers; of equal ratio if `log` stands at the end."""
    words = given.split(":")
    is_log = words[-1] == "log"
    try:
        low, high, n = float(words[0]), float(words[1]), int(words[2])
    except (ValueError, IndexError):
        return None
    fits = len(words) == 3 + is_log and n >= 2 and math.isfinite(low) and math.isfinite(high)
    if not fits or low == high or n > MOST_POINTS or (is_log and not (low > 0 and high > 0)):
        return None
    found = np.geomspace(low, high, n) if is_log else np.linspace(low, high, n)
    return [round(float(x), 12) for x in found]  # 0.3, not 0.30000000000000004


def _listed(given: str, levels: Sequence[str]) -> list[float | str] | None:
    words = [word.strip() for word in given.split(",")]
    if len(words) < 2 or len(set(words)) < len(words):
        return None
    found: list[float | str] = []
    for word in words:
        try:
            found.append(float(word))
        except ValueError:
            if word not in levels:
                return None
            found.append(word)
    return found


def _no_axis(text: str) -> Problem:
    return Problem(
        code="R606",
        message=f"'{text}' does not say what is moved where.",
        fix="write NAME=LOW:HIGH:N with N of 2 or more, NAME=LOW:HIGH:N:log for equal ratios, "
        "NAME=A,B,… for single values, or NAME=FIRST:LAST for the levels of a variable.",
    )


def sweep(
    scenario: Scenario,
    over: Sequence[Axis | str],
    *,
    measures: Sequence[str] = (),
    cases: Sequence[str] = (),
    laid: Laid | None = None,
    started: Callable[[str], None] = lambda point: None,
    finished: Callable[[], None] = lambda: None,
) -> Sweep:
    """Solve some cases of a scenario at every point of one or two axes.

    Args:
        over: Axes, or texts as `read_axis` reads them.
        measures: What is asked, as `quantities.ask` reads it; without any, all measures.
        cases: Default: the first policy or case.
        laid: What is laid over the scenario at all points.
        started: Told each point before work on it begins; `finished`: called after it.

    Raises:
        RunError: More than two axes, or two of one name; too many points; an unknown measure.
        ScenarioError: What is moved does not exist, or not so far; all ends are tried first.
    """
    laid = laid or Laid()
    axes = [read_axis(one, scenario) if isinstance(one, str) else one for one in over]
    _refuse_axes(axes)
    wanted = tuple(cases) or wanted_cases(scenario)[:1]
    asked = ask(scenario, measures)
    points = tuple(itertools.product(*(axis.values for axis in axes)))
    names = [axis.name for axis in axes]
    at = [
        replace(laid, parameters={**(laid.parameters or {}), **dict(zip(names, p, strict=True))})
        for p in points
    ]
    for one in at:  # no hour is spent before all points are known to be sound
        for case in wanted:
            bind(scenario, case=case, view=one.view, parameters=one.parameters)
    value = np.zeros((len(points), len(wanted), len(asked.quantities)))
    residual = np.zeros((len(points), len(wanted)))
    not_converged = np.zeros((len(points), len(wanted)), np.int64)
    for k, (point, one) in enumerate(zip(points, at, strict=True)):
        started(", ".join(f"{n} = {_short(x)}" for n, x in zip(names, point, strict=True)))
        plan = plan_solves(asked.scenario, wanted, one)
        for solved in solve_cases(asked.scenario, plan, one, checked=False):
            c = wanted.index(solved.case)
            found = [quantity.read(solved.outcomes) for quantity in asked.quantities]
            value[k, c] += solved.weight * np.array(found)
            residual[k, c] = max(residual[k, c], solved.equilibrium.residual)
            not_converged[k, c] += solved.equilibrium.n_unconverged
        finished()
    return Sweep(
        name=scenario.name,
        axes=tuple(axes),
        points=points,
        cases=wanted,
        quantities=tuple(one.name for one in asked.quantities),
        value=value,
        residual=residual,
        not_converged=not_converged,
        scenario_hash=bind(scenario, view=laid.view, parameters=laid.parameters).scenario_hash,
    )


def _refuse_axes(over: Sequence[Axis]) -> None:
    names = [axis.name for axis in over]
    n_points = math.prod(len(axis.values) for axis in over)
    if not 1 <= len(over) <= MOST_AXES or len(set(names)) < len(names):
        message = f"A sweep moves one or two different things, not {', '.join(names) or 'none'}."
        raise RunError(Problem(code="R607", message=message, fix="name one or two with --over."))
    if n_points > MOST_POINTS:
        message = f"{n_points:,} points are more than the {MOST_POINTS:,} that a sweep may have."
        raise RunError(Problem(code="R607", message=message, fix="ask for fewer."))


def _short(value: float | str) -> str:
    return value if isinstance(value, str) else f"{value:g}"
