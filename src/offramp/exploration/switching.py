"""Mechanisms switched in worlds that were solved: whose switch turns a verdict, and how often.

A share of worlds by setting compares worlds that differ in everything else as well. Here a world is
solved anew with one mechanism switched, and nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np
from jaxtyping import Bool, Int

from offramp.errors import OfframpError
from offramp.exploration.cases import Laid
from offramp.exploration.claims import all_set
from offramp.exploration.measured import measure_cases
from offramp.exploration.questions import Question
from offramp.exploration.runs import Run
from offramp.exploration.sharing import share_out

__all__ = ["Switches", "spread_evenly", "switch_mechanisms"]


@dataclass(frozen=True)
class Switches:
    """What becomes of an answer where one mechanism is switched.

    Attributes:
        world: Number of each world that was tried.
        mechanisms: By the name under which the scenario uses each.
        holds: Whether it holds as the world was drawn.
        turned: Whether the switch turns that. A world in which the question does not arise, before
            or after, is not turned, nor is one that cannot be solved so.
    """

    world: Int[np.ndarray, "world"]
    mechanisms: tuple[str, ...]
    holds: Bool[np.ndarray, "world"]
    turned: Bool[np.ndarray, "world mechanism"]


def spread_evenly(n_worlds: int, n_wanted: int) -> Int[np.ndarray, "world"]:
    """Return the places of so many worlds, evenly spread; of all, if there are no more."""
    return np.unique(np.linspace(0, n_worlds - 1, min(n_wanted, n_worlds)).astype(np.int64))


def switch_mechanisms(
    run: Run,
    question: Callable[[int], Question],
    n_worlds: int,
    done: Callable[[object], None] = lambda item: None,
) -> Switches:
    """Solve some worlds of a run anew, once with each mechanism switched.

    What is asserted becomes rival, or absent if it has none; what is rival or absent becomes
    asserted.

    Args:
        question: What is asked in a world, by its place in the run.
        n_worlds: How many worlds are tried, evenly spread over the run.
        done: Told of each world that is solved.

    Raises:
        RunError: A worker died.
    """
    places = spread_evenly(len(run.world), n_worlds)
    against = {**all_set(run.scenario, "absent"), **all_set(run.scenario, "rival")}
    names = tuple(against)
    asked = [(int(place), question(int(place))) for place in places]
    found = np.array(share_out(partial(_turned_by, run, against), asked, done))
    slack = found.reshape(len(asked), 1 + len(names))
    told = zip(asked, slack, strict=True)
    is_so = np.array([[question.is_so(one) for one in row] for (_, question), row in told])
    arises = ~np.isnan(slack[:, :1]) & ~np.isnan(slack[:, 1:])
    return Switches(run.world[places], names, is_so[:, 0], arises & (is_so[:, :1] != is_so[:, 1:]))


def _turned_by(run: Run, against: Mapping[str, str], asked: tuple[int, Question]) -> list[float]:
    """Return the slack in a world as drawn, and with each mechanism switched."""
    place, question = asked
    of, under = run.assumptions, run.manifest
    laid = Laid(under.view, under.set or None, under.grid, drawn=run.worlds.drawn(place, of))
    drawn = run.worlds.settings(place, of)
    switched = (
        {**drawn, name: other if drawn[name] == "asserted" else "asserted"}
        for name, other in against.items()
    )
    return [_slack(run, question, laid, settings) for settings in (drawn, *switched)]


def _slack(run: Run, question: Question, laid: Laid, settings: Mapping[str, str]) -> float:
    """Return the slack under some settings, NaN where they cannot be solved."""
    try:
        return question.slack(measure_cases(run.scenario, question.asked, laid, settings))
    except OfframpError:
        return float("nan")
