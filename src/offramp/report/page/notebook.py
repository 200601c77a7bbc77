"""Results in a notebook: static tables and a static figure, whoever asks for them."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from offramp import __version__
from offramp.equilibrium import Equilibrium
from offramp.equilibrium.explain import Explanation
from offramp.errors import OfframpError, Problem
from offramp.exploration.runs import Run
from offramp.exploration.sweeps import Sweep
from offramp.outcomes import Outcomes
from offramp.report.answers import (
    Answer,
    DriversAnswer,
    FlipsAnswer,
    RunAnswer,
    ScenarioHead,
    SweepAnswer,
    SweptAxis,
    SweptQuantity,
    WhyAnswer,
)
from offramp.report.explore import describe_worlds
from offramp.report.figures.charting import Chart
from offramp.report.figures.files import chart_svg
from offramp.report.figures.flips import flips_chart
from offramp.report.figures.importance import drivers_chart
from offramp.report.figures.quantiles import quantile_dots
from offramp.report.figures.replies import reply_matrix
from offramp.report.figures.sweep import sweep_chart
from offramp.report.figures.why import why_waterfall
from offramp.report.layout import lay_out
from offramp.report.page.template import render
from offramp.report.parts import Lines, Part
from offramp.report.reasons import why_answer
from offramp.report.results import act_rows
from offramp.report.stored_runs import directed_measures
from offramp.report.sweeps import swept_points
from offramp.report.tables import Cell, Kind, Table, format_miss

__all__ = ["draw", "show"]


def show(result: object) -> str:
    """Return a result as HTML: its tables, then its figure as a picture."""
    found = _as_answer(result)
    parts = list(lay_out(found) if isinstance(found, Answer) else _PARTS[type(found)](found))
    chart = _chart_of(found)
    picture = "" if chart is None else base64.b64encode(chart_svg(chart).encode()).decode("ascii")
    shown = [part for part in parts if not isinstance(part, Table) or part.rows]
    return render("notebook.html.j2", parts=shown, figure_svg=picture)


def draw(result: object) -> Chart:
    """Return the figure of a result.

    Raises:
        OfframpError: There is none.
    """
    chart = _chart_of(_as_answer(result))
    if chart is None:
        raise OfframpError(
            Problem(
                code="R643",
                message=f"there is no figure of {type(result).__name__} with what it holds.",
                fix="`offramp report` draws more; tables are shown without a figure.",
            )
        )
    return chart


def _chart_of(found: object) -> Chart | None:
    maker = _CHARTS.get(type(found))
    return None if maker is None else maker(found)


def _as_answer(result: object) -> object:
    """Return a sweep, a run or an explanation as the answer that says it."""
    if isinstance(result, Sweep):
        return _sweep_answer(result)
    if isinstance(result, Explanation):
        return why_answer(result, _bare_head("", ""), "solved")
    return result


def _bare_head(name: str, scenario_hash: str) -> ScenarioHead:
    return ScenarioHead(
        name=name, title=name, period="", hash=scenario_hash, view=None, set={}, grid=None
    )


def _sweep_answer(found: Sweep) -> SweepAnswer:
    return SweepAnswer(
        offramp=__version__,
        scenario=_bare_head(found.name, found.scenario_hash),
        axes=[SweptAxis(name=axis.name, log=axis.is_log) for axis in found.axes],
        quantities=[
            SweptQuantity(name=name, label=name, unit="", better=None, is_chance=False)
            for name in found.quantities
        ],
        points=swept_points(found),
        seconds=0.0,
    )


# --- what is no answer of a command ---------------------------------------------------------------


def _run_parts(run: Run) -> Iterable[Part]:
    return lay_out(describe_worlds(run))


def _outcome_parts(found: Outcomes) -> Iterator[Part]:
    yield Lines((f"How {found.name} ends, case {found.case}, over all paths.",))
    tables = found.tables()
    for name, title in (
        ("measures", "What it is judged by"),
        ("endings", "How it ends"),
        ("acts", "Who does what how often"),
        ("values", "What players expect at the start"),
    ):
        yield _long_table(name, title, tables[name])
    yield Lines((f"All chances sum to one to within {format_miss(found.mass_error)}.",))


def _long_table(name: str, title: str, columns: Mapping[str, list[Any]]) -> Table:
    """Return columns of a long table as a table to be shown."""
    numeric = [all(isinstance(x, int | float) for x in column) for column in columns.values()]
    told: list[tuple[str, Kind]] = [
        (key, "number" if is_numeric else "text")
        for key, is_numeric in zip(columns, numeric, strict=True)
    ]
    rows: list[tuple[Cell, ...]] = list(zip(*columns.values(), strict=True))
    return Table(name, title, tuple(told), tuple(rows))


def _equilibrium_parts(found: Equilibrium) -> Iterator[Part]:
    statuses = [status for row in found.statuses for status in row]
    failed = sum(one.unconverged for one in statuses)
    points = f"{sum(one.n_points for one in statuses):,}"
    met = f"{failed:,} of them did not converge" if failed else "all of them converged"
    yield Lines(
        (
            f"{found.game.crisis.title}: replies solved over {found.n_periods} periods.",
            f"At {points} points, of which {met}; every strategy is a logit reply to the others "
            f"to within {format_miss(found.residual)}.",
            "`propagate` says how it ends, `why` why a player replies so.",
        )
    )


_PARTS: dict[type, Callable[[Any], Iterable[Part]]] = {
    Equilibrium: _equilibrium_parts,
    Outcomes: _outcome_parts,
    Run: _run_parts,
}

# --- figures --------------------------------------------------------------------------------------


def _outcome_chart(found: Outcomes) -> Chart:
    return reply_matrix({found.case: [row for acts in found.acts for row in act_rows(acts)]})


def _run_chart(run: Run) -> Chart | None:
    """Return the spread of the first measure with a direction that arises anywhere."""
    for name, better in directed_measures(run).items():
        columns = {case: run.of(name, case) for case in run.cases}
        if not all((column != column).all() for column in columns.values()):
            label = run.scenario.measures[name].label or name
            return quantile_dots(columns, run.weight, label=label, better=better)
    return None


_CHARTS: dict[type, Callable[[Any], Chart | None]] = {
    DriversAnswer: lambda answer: drivers_chart(answer, asked=answer.question),
    FlipsAnswer: flips_chart,
    Outcomes: _outcome_chart,
    Run: _run_chart,
    RunAnswer: lambda answer: reply_matrix(answer.replies),
    SweepAnswer: sweep_chart,
    WhyAnswer: why_waterfall,
}
