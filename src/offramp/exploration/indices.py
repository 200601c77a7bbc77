"""Which assumptions an answer hangs on over all worlds: Sobol' indices of a question's slack.

The worlds are those of a Saltelli design over everything that worlds draw (`saltelli.py`), not
those of a run. Indices ask for assumptions that are drawn independently of each other.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from offramp.errors import Problem, RunError
from offramp.exploration.assumptions import Assumptions, place_worlds, read_assumptions
from offramp.exploration.cases import Laid
from offramp.exploration.questions import Judged, Wording, judge_world
from offramp.exploration.saltelli import SobolIndices, estimate_indices, saltelli_points
from offramp.exploration.sharing import share_out
from offramp.game import Moulds
from offramp.scenario import Scenario

__all__ = ["Weighed", "drawn_independently", "weigh_assumptions"]

FEWEST_ROWS = 8  # that are whole, from which on indices are estimated


@dataclass(frozen=True)
class Weighed:
    """What share of a slack's variance each assumption accounts for.

    Attributes:
        names: Of the assumptions, along the indices' axis.
        indices: None where fewer than eight rows of the design are whole.
        n_rows: Of the design. n_whole: of them, those that count: a row in one of whose worlds the
            question does not arise, the slack is infinite, or nothing could be solved, is left out.
        n_worlds: Solved, or tried to. n_unsolved: of them, those that could not be.
        reason: Why the first of those could not be; empty where there are none.
        residual, n_unconverged: Of all their solves.
    """

    names: tuple[str, ...]
    indices: SobolIndices | None
    n_rows: int
    n_whole: int
    n_worlds: int
    n_unsolved: int
    reason: str
    residual: float
    n_unconverged: int


def drawn_independently(scenario: Scenario, laid: Laid, n_rows: int) -> Assumptions:
    """Return what worlds draw, where a Saltelli design of so many rows can be laid over it.

    Raises:
        RunError: Some of it is drawn together, nothing is drawn, or the rows are no power of two.
        ScenarioError: As `read_assumptions`.
    """
    found = read_assumptions(scenario, laid.view, laid.parameters)
    problems = []
    if n_rows < 2 or n_rows & (n_rows - 1):
        message = f"There is no Saltelli design of {n_rows} rows."
        fix = "ask for a power of two, such as 64."
        problems.append(Problem(code="R615", path="--sobol", message=message, fix=fix))
    if not len(found):
        message = "Worlds draw nothing here, so that no assumption has an index."
        fix = "leave --sobol away, or give parameters ranges that the view leaves open."
        problems.append(Problem(code="R620", path="--sobol", message=message, fix=fix))
    bundles = [[name for name in names if name in found.numbers] for names, _ in found.bundles]
    for names in bundles:
        if len(names) > 1:
            message = f"{', '.join(names)} are drawn together: they have no indices of their own."
            fix = f"settle all but one of them, as by --set {names[0]}=VALUE."
            problems.append(Problem(code="R620", path="bundles", message=message, fix=fix))
    if problems:
        raise RunError(problems)
    return found


def weigh_assumptions(
    scenario: Scenario,
    wording: Wording,
    laid: Laid,
    assumptions: Assumptions,
    n_rows: int,
    seed: int,
    done: Callable[[object], None] = lambda item: None,
) -> Weighed:
    """Solve a Saltelli design and return the indices of a question's slack.

    Args:
        assumptions: As `drawn_independently` returns them.
        done: Told of each world that is solved.
    """
    generator = np.random.default_rng(seed)
    points = saltelli_points(n_rows, len(assumptions), generator)
    worlds = place_worlds(assumptions, points)
    judge = _Judge(scenario, wording, laid, is_of_numbers=not assumptions.mechanisms)
    items = [
        (worlds.drawn(w, assumptions), worlds.settings(w, assumptions)) for w in range(len(worlds))
    ]
    found: Sequence[Judged] = share_out(judge, items, done)
    slack = np.array([one.slack for one in found])
    slack[np.isinf(slack)] = np.nan
    is_whole = ~np.isnan(slack.reshape(-1, n_rows)).any(axis=0)
    reasons = [one.reason for one in found if one.reason]
    indices = None
    if is_whole.sum() >= FEWEST_ROWS:
        indices = estimate_indices(slack, len(assumptions), generator)
    return Weighed(
        (*assumptions.numbers, *assumptions.mechanisms, *assumptions.starts),
        indices,
        n_rows,
        int(is_whole.sum()),
        len(worlds),
        len(reasons),
        next(iter(reasons), ""),
        max(one.residual for one in found),
        sum(one.n_unconverged for one in found),
    )


@dataclass(frozen=True)
class _Judge:
    """Answers a question in one world after another; can be sent to another process."""

    scenario: Scenario
    wording: Wording
    laid: Laid
    is_of_numbers: bool
    moulds: Moulds = field(default_factory=Moulds, compare=False, repr=False)

    def __call__(self, world: tuple[dict[str, float | str], dict[str, str]]) -> Judged:
        drawn, settings = world
        laid = replace(self.laid, drawn=drawn)
        # mechanisms that are drawn give each world a structure of its own
        moulds = self.moulds if self.is_of_numbers else None
        return judge_world(self.scenario, self.wording, laid, settings, moulds)
