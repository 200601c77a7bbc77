"""What can go wrong, and how it is told.

A problem names its place (file, line, column, path inside the scenario), what was found, what was
expected and the repair. Validators *return* problems; `raise_problems` is the one place that turns
a list of them into an exception. Kernels never raise: they record, and whoever shows the result
tells it in names.

    OfframpError                what every problem of ours derives from; carries `problems`
    ├── ScenarioError           the file is wrong (S1xx file, S2xx names, S3xx rules, S4xx use)
    ├── GameError               the game that the file describes is wrong (G5xx)
    │   └── TooLargeError       it would not fit in memory
    └── RunError                a run could not be read, written or resumed (R6xx)

Each code has a paragraph in docs/reference/errors.md.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

__all__ = [
    "GameError",
    "Location",
    "OfframpError",
    "Problem",
    "RunError",
    "ScenarioError",
    "Severity",
    "TooLargeError",
    "closest",
    "in_file_order",
    "raise_problems",
    "render_problem",
    "render_problems",
]

SHOWN_WIDTH = (
    160  # characters of a source line that are shown; longer ones are cut around the caret
)


class Severity(StrEnum):
    """Whether a problem stops the work or is only said."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True)
class Location:
    """Where something stands in a file. Lines and columns count from 1.

    Attributes:
        text: The source line, for the caret; empty where there is none to show.
        width: How many characters the caret underlines.
    """

    file: str
    line: int
    column: int
    text: str = field(default="", compare=False, repr=False)
    width: int = field(default=1, compare=False, repr=False)


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong, told as place, cause and fix.

    Attributes:
        code: `S204` and the like; the first letter says which part of the program found it.
        message: What was found, and why that is wrong. May hold several lines.
        path: Inside the scenario, as in `payoffs.navy.danger`.
        hint: What was expected or probably meant.
        fix: The repair, without the word `Fix:`.
    """

    code: str
    message: str
    where: Location | None = None
    path: str = ""
    hint: str = ""
    fix: str = ""
    severity: Severity = Severity.ERROR

    @property
    def is_error(self) -> bool:
        """Whether the problem stops the work."""
        return self.severity is Severity.ERROR


class OfframpError(Exception):
    """Base of all errors that a user can repair. `str(error)` is the full text."""

    def __init__(self, problems: Problem | Iterable[Problem]) -> None:
        listed = [problems] if isinstance(problems, Problem) else list(problems)
        self.problems: tuple[Problem, ...] = tuple(in_file_order(listed))
        super().__init__(self.problems)

    def __str__(self) -> str:
        return render_problems(self.problems)


class ScenarioError(OfframpError):
    """The scenario file, or what is laid over it, is wrong."""


class GameError(OfframpError):
    """The file is well formed, but the game it describes cannot be played as written."""


class TooLargeError(GameError):
    """The game, or a result asked for, would not fit in memory."""


class RunError(OfframpError):
    """A stored run could not be read, written or resumed."""


def raise_problems(
    problems: Iterable[Problem], error: type[OfframpError] = ScenarioError
) -> tuple[Problem, ...]:
    """Raise `error` with all problems if any of them is an error; else return the warnings."""
    listed = tuple(problems)
    if any(problem.is_error for problem in listed):
        raise error(listed)
    return listed


def in_file_order(problems: Iterable[Problem]) -> list[Problem]:
    """Return the problems sorted by file, line and column, each once; placeless ones come first."""

    def position(problem: Problem) -> tuple[str, int, int]:
        where = problem.where
        return (where.file, where.line, where.column) if where else ("", 0, 0)

    return sorted(dict.fromkeys(problems), key=position)


def render_problem(problem: Problem) -> str:
    """Return one problem as text: place, source line with caret, cause, hint, fix."""
    where = problem.where
    head = f"{where.file}:{where.line}:{where.column}  " if where and where.line else ""
    if where and not where.line:
        head = f"{where.file}  "
    lines = [f"{head}{problem.severity} {problem.code}  {problem.path}".rstrip()]
    if where and where.text.strip():
        lines += _excerpt(where)
    lines += [f"  {line}" for line in problem.message.splitlines()]
    if problem.hint:
        lines.append(f"  {problem.hint}")
    if problem.fix:
        lines.append(f"  Fix: {problem.fix}")
    return "\n".join(lines)


def render_problems(problems: Sequence[Problem]) -> str:
    """Return all problems in file order, with a last line that counts them."""
    ordered = in_file_order(problems)
    if not ordered:
        return "no problems"
    return "\n".join([*map(render_problem, ordered), _count_line(ordered)])


def closest(name: str, known: Iterable[str]) -> str | None:
    """Return the known name that `name` was probably meant to be, or None."""
    found = difflib.get_close_matches(name, sorted(set(known)), n=1, cutoff=0.6)
    return found[0] if found else None


def _count_line(problems: Sequence[Problem]) -> str:
    n_errors = sum(problem.is_error for problem in problems)
    n_warnings = len(problems) - n_errors
    if not n_errors:
        return f"{n_warnings} warning{'s' * (n_warnings != 1)}."
    counted = f"{n_errors} problem{'s' * (n_errors != 1)}"
    if n_warnings:
        counted += f" and {n_warnings} warning{'s' * (n_warnings != 1)}"
    return f"{counted}; nothing was solved."


def _excerpt(where: Location) -> list[str]:
    """Return the source line and a line with carets; long lines are cut on both sides."""
    text = where.text.rstrip().expandtabs(1)
    first = max(0, min(where.column - 1 - SHOWN_WIDTH // 2, len(text) - SHOWN_WIDTH))
    shown = text[first : first + SHOWN_WIDTH]
    indent = where.column - 1 - first
    carets = "^" * max(1, min(where.width, len(shown) - indent))
    return [f"{where.line:>5} | {shown}", f"      | {' ' * indent}{carets}"]
