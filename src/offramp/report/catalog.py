"""What can be said without solving: what ships, what a file holds, what is wrong with it."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence

from offramp import __version__
from offramp.errors import OfframpError, Problem, RunError, raise_problems, render_problem
from offramp.game import GameReport, check_game
from offramp.report.answers import (
    ANSWERS,
    CheckAnswer,
    ListAnswer,
    ListedScenario,
    MemoryRow,
    ProblemAnswer,
    ProblemRow,
    SizeRow,
)
from offramp.scenario import (
    Crisis,
    Scenario,
    bind,
    case_names,
    json_schema,
    list_scenarios,
    load_scenario,
)
from offramp.scenario.essays import EssayDecl

__all__ = [
    "describe_check",
    "describe_problems",
    "describe_scenarios",
    "period_words",
    "schema_text",
    "sound_scenario",
]


def describe_scenarios() -> ListAnswer:
    """Return what ships with the program."""
    listed = [_listed(name, load_scenario(name)) for name in list_scenarios()]
    return ListAnswer(offramp=__version__, scenarios=listed)


def describe_check(name_or_path: str) -> CheckAnswer:
    """Check a scenario in full without solving it.

    Raises:
        OfframpError: With every problem of the file and of the game that it describes.
    """
    scenario, report, found = _checked(name_or_path)
    warnings = [*scenario.warnings, *found]
    crisis = bind(scenario)
    return CheckAnswer(
        offramp=__version__,
        scenario=scenario.name,
        file=name_or_path,
        cases=list(case_names(scenario)),
        sizes=[SizeRow(stage=stage, states=n) for stage, n in report.n_states.items()],
        profiles=math.prod(len(player.types) for player in crisis.players),
        memory=[MemoryRow(use=use, factor=factor) for use, factor in report.memory_cost.items()],
        notes=[render_problem(warning) for warning in warnings],
    )


def sound_scenario(name_or_path: str) -> Scenario:
    """Return a scenario in which `check` finds no error, so that no command solves what it refuses.

    Raises:
        OfframpError: With every problem of the file and of the game that it describes.
    """
    return _checked(name_or_path)[0]


def _checked(name_or_path: str) -> tuple[Scenario, GameReport, tuple[Problem, ...]]:
    scenario = load_scenario(name_or_path)
    report = check_game(scenario)
    return scenario, report, raise_problems(report.problems)


def describe_problems(error: OfframpError) -> ProblemAnswer:
    """Return the problems that an error carries."""
    return ProblemAnswer(offramp=__version__, problems=[_problem_row(p) for p in error.problems])


def schema_text(answer: str | None = None, *, of_essays: bool = False) -> str:
    """Return the JSON Schema of scenario files, of essays, or of a command's `--json` answer.

    Raises:
        RunError: There is no answer of that name.
    """
    if of_essays:
        return json.dumps(EssayDecl.model_json_schema(by_alias=True), indent=2)
    if answer is None:
        return json.dumps(json_schema(), indent=2)
    if answer not in ANSWERS:
        raise RunError(_unknown_answer(answer, list(ANSWERS)))
    return json.dumps(ANSWERS[answer].model_json_schema(), indent=2)


def period_words(crisis: Crisis) -> str:
    """Return the length and number of periods in words, such as `16 periods of a half-year`."""
    n_periods, unit = crisis.n_periods, crisis.period_unit
    if not unit[:1].isdigit():  # not so with `2 days`
        unit = f"{'an' if unit[:1].lower() in 'aeiou' else 'a'} {unit}"
    if n_periods is None:
        return f"periods without end of {unit}"
    return f"{n_periods} period{'s' if n_periods > 1 else ''} of {unit}"


def _listed(name: str, scenario: Scenario) -> ListedScenario:
    return ListedScenario(
        name=name,
        title=scenario.title,
        period=period_words(bind(scenario)),
        players=list(scenario.players),
        cases=list(case_names(scenario)),
        views=list(scenario.views),
    )


def _problem_row(problem: Problem) -> ProblemRow:
    where = problem.where
    return ProblemRow(
        code=problem.code,
        severity=problem.severity.value,
        file=where.file if where else None,
        line=where.line if where else None,
        column=where.column if where else None,
        path=problem.path,
        found=problem.message,
        hint=problem.hint,
        fix=problem.fix,
    )


def _unknown_answer(answer: str, known: Sequence[str]) -> Problem:
    return Problem(
        code="R601",
        message=f"No command answers under the name '{answer}'.",
        fix=f"use one of: {', '.join(known)}.",
    )
