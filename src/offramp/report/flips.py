"""What would change an answer: each assumption moved by itself, and what each accounts for."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Literal, cast

from offramp import __version__
from offramp.exploration.assumptions import Assumptions
from offramp.exploration.cases import Laid
from offramp.exploration.doubts import read_doubts
from offramp.exploration.flips import Moved, find_flips
from offramp.exploration.indices import Weighed, drawn_independently, weigh_assumptions
from offramp.exploration.measured import measure_cases
from offramp.exploration.questions import Wording, read_question
from offramp.exploration.thresholds import Flip
from offramp.report.answers import (
    ChoiceRow,
    FlipRow,
    FlipsAnswer,
    IndicesAnswer,
    MovedRow,
    SobolRow,
    SwitchedChoiceRow,
    YesNo,
)
from offramp.report.catalog import sound_scenario
from offramp.report.progress import Progress
from offramp.report.results import scenario_head
from offramp.report.tables import format_number
from offramp.scenario import Scenario

__all__ = ["describe_flips"]


def describe_flips(
    name_or_path: str,
    *,
    claim: str | None = None,
    policies: tuple[str, str] | None = None,
    measure: str | None = None,
    view: str | None = None,
    parameters: Mapping[str, float | str] | None = None,
    grid: int | None = None,
    sobol: int = 0,
    seed: int = 1,
) -> FlipsAnswer:
    """Return which assumptions turn an answer over by themselves, and where.

    Args:
        policies: Two cases, compared by `measure` (default: the first with a direction).
        view: Where assumptions stand before one of them is moved.
        parameters: Values that are held.
        sobol: Rows of a Saltelli design over all that worlds draw; 0 for none.

    Raises:
        OfframpError: The scenario is wrong, something named is not there, or the design cannot be.
    """
    scenario = sound_scenario(name_or_path)
    laid = Laid(view, parameters or None, grid)
    wording = Wording(claim, policies, measure)
    question = read_question(scenario, wording, laid)
    drawn = drawn_independently(scenario, laid, sobol) if sobol else None
    doubts = read_doubts(scenario, view, parameters)
    with Progress("solving", 0) as progress:
        base = measure_cases(scenario, question.asked, laid, {}, progress.start)
        slack = question.slack(base)
        if math.isnan(slack):
            doubts = ()
        counted = _Counted(progress, "assumptions", len(doubts))
        found = find_flips(scenario, wording, laid, doubts, slack, counted)
        weighed = None
        if drawn is not None:
            counted = _Counted(progress, "worlds", sobol * (len(drawn) + 2))
            weighed = _weighed(scenario, wording, laid, drawn, sobol, seed, counted)
    solves: list[Moved | Weighed] = [*found, *([weighed[0]] if weighed else [])]
    return FlipsAnswer(
        offramp=__version__,
        scenario=scenario_head(scenario, laid),
        question=question.says,
        verdict=_verdict(slack),
        slack=_finite(slack),
        numbers=sorted(
            (_moved(one) for one in found if one.thresholds is not None),
            key=lambda row: row.flips[0].distance if row.flips else math.inf,
        ),
        switches=sorted(
            (_switched(one) for one in found if one.thresholds is None),
            key=lambda row: not any(choice.flips for choice in row.choices),
        ),
        sobol=weighed[1] if weighed else None,
        solved=1 + sum(one.n_solved for one in found) + (weighed[0].n_worlds if weighed else 0),
        residual=max(base.residual, *(one.residual for one in solves), 0.0),
        not_converged=base.n_unconverged + sum(one.n_unconverged for one in solves),
    )


class _Counted:
    """Tells progress of things that are done one after another."""

    def __init__(self, progress: Progress, step: str, total: int) -> None:
        self._progress, self._step, self._total = progress, step, total
        self._done = 0
        progress.tell(step, 0, total)

    def __call__(self, item: object) -> None:
        self._done += 1
        self._progress.tell(self._step, self._done, self._total)


def _verdict(slack: float) -> YesNo:
    if math.isnan(slack):
        return "does not arise"
    return "so" if slack > 0 else "not so"


def _moved(one: Moved) -> MovedRow:
    doubt, found = one.doubt, one.thresholds
    assert doubt.span is not None
    assert found is not None
    first, last = float(found.slack[0]), float(found.slack[-1])
    return MovedRow(
        assumption=doubt.name,
        base=float(doubt.base),
        low=doubt.span.low,
        high=doubt.span.high,
        log=doubt.span.is_log,
        at_low=_verdict(first),
        at_high=_verdict(last),
        slack_low=_finite(first),
        slack_high=_finite(last),
        flips=[_flip(one, flip) for flip in one.flips],
        tried=found.n_evaluations,
        not_arising=found.n_undefined,
        unsolved=one.n_unsolved,
        reason=one.reason or None,
    )


def _flip(one: Moved, flip: Flip) -> FlipRow:
    return FlipRow(
        value=flip.value,
        low=flip.low,
        high=flip.high,
        kind=flip.kind,
        so_above=flip.stands_above,
        distance=one.doubt.distance(flip.value),
    )


def _switched(one: Moved) -> SwitchedChoiceRow:
    return SwitchedChoiceRow(
        assumption=one.doubt.name,
        kind=cast(Literal["list", "setting", "start"], one.doubt.kind),
        base=_told(one.doubt.base),
        choices=[
            ChoiceRow(
                choice=_told(tried.choice),
                verdict=_verdict(tried.slack),
                slack=_finite(tried.slack),
                flips=tried in one.turning,
            )
            for tried in one.tried
        ],
        unsolved=one.n_unsolved,
        reason=one.reason or None,
    )


def _weighed(
    scenario: Scenario,
    wording: Wording,
    laid: Laid,
    drawn: Assumptions,
    n_rows: int,
    seed: int,
    done: _Counted,
) -> tuple[Weighed, IndicesAnswer]:
    found = weigh_assumptions(scenario, wording, laid, drawn, n_rows, seed, done)
    rows, indices = [], found.indices
    if indices is not None:
        columns = ("first", "first_low", "first_high", "total", "total_low", "total_high")
        for k, name in enumerate(found.names):
            values = {column: float(getattr(indices, column)[k]) for column in columns}
            rows.append(SobolRow(assumption=name, **values))
    return found, IndicesAnswer(
        rows=n_rows,
        used=found.n_whole,
        worlds=found.n_worlds,
        confidence=indices.confidence if indices is not None else None,
        seed=seed,
        indices=sorted(rows, key=lambda row: -row.total),
        unsolved=found.n_unsolved,
        reason=found.reason or None,
    )


def _told(value: float | str) -> str:
    return value if isinstance(value, str) else format_number(value)


def _finite(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None
