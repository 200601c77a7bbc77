"""What answers about the worlds of a run share: its head, what is asked of it, boxes in words."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from offramp.errors import Problem, RunError
from offramp.exploration import Laid
from offramp.exploration.asked_runs import choices, has_own_units, measure_of, value_of
from offramp.exploration.boxes import Box
from offramp.exploration.drawn import Drawn, gather_assumptions
from offramp.exploration.questions import refuse_unknown
from offramp.exploration.robustness import Better
from offramp.exploration.runs import Run, open_run
from offramp.report.answers import LimitRow, RunHead
from offramp.report.results import is_chance, scenario_head
from offramp.report.tables import counted, format_number
from offramp.scenario import bind

__all__ = [
    "Yardstick",
    "directed_measures",
    "limit_rows",
    "open_worlds",
    "read_choices",
    "read_yardstick",
    "refuse_too_few",
    "run_head",
]

VALUE = re.compile(r"value\((\w+)\)")
FEWEST = 5  # worlds, from which on there is anything to estimate


class Yardstick(NamedTuple):
    """By what policies are judged."""

    name: str
    better: Better
    is_chance: bool
    player: str | None

    def of(self, run: Run, cases: Sequence[str]) -> np.ndarray:
        """Return it in some cases of a run, `[world, case]`."""
        if self.player is None:
            return measure_of(run, self.name, cases)
        return value_of(run, self.player, cases)


def open_worlds(folder: str | Path) -> tuple[Run, Drawn]:
    """Return a run and what its worlds assume.

    Raises:
        RunError: The folder holds no sound run, or one of few worlds, or nothing is drawn in it.
    """
    run = open_run(folder)
    drawn = run.drawn()
    if len(run.world) < FEWEST or not drawn:
        found = counted(len(run.world), "world") if drawn else "no assumption that is drawn"
        fix = "give numbers ranges."
        if drawn:
            fix = "go on with it: `offramp explore … --resume`."
            if run.is_finished:
                fix = "explore more worlds, into another folder."
        message = f"the run in '{folder}' has {found}; estimates need at least {FEWEST} worlds."
        if not drawn:
            message = f"the run in '{folder}' has {found}; there is nothing to estimate."
        raise RunError(Problem(code="R630", message=message, fix=fix))
    return run, gather_assumptions(drawn)


def refuse_too_few(n_worlds: int, where: str) -> None:
    """Raise RunError unless there are worlds enough to estimate anything from.

    Args:
        where: What they have in common, as a clause.
    """
    if n_worlds < FEWEST:
        raise RunError(
            Problem(
                code="R633",
                message=f"there are {n_worlds:,} worlds in which {where}; estimates need at least "
                f"{FEWEST}.",
                fix="ask about another measure or fewer policies, or explore more worlds.",
            )
        )


def run_head(run: Run) -> RunHead:
    """Return which worlds an answer is about."""
    under = run.manifest
    return RunHead(
        scenario=scenario_head(run.scenario, Laid(under.view, under.set or None, under.grid)),
        folder=str(run.folder),
        worlds=len(run.world),
        of=under.worlds,
        seed=under.seed,
    )


def directed_measures(run: Run) -> dict[str, Better]:
    """Return the direction of each measure that has one."""
    declared = run.scenario.measures
    return {name: one.better for name, one in declared.items() if one.better is not None}


def read_yardstick(run: Run, word: str | None) -> Yardstick:
    """Return by what policies are judged: a measure, or value(PLAYER).

    Args:
        word: None for the first measure with a direction.

    Raises:
        RunError: It is neither, or the scenario has no measure with a direction.
    """
    asked = VALUE.fullmatch(word) if word else None
    if asked:
        refuse_unknown("player", asked[1], run.players, "--by")
        return Yardstick(asked[0], "higher", False, asked[1])
    directed = directed_measures(run)
    name = word or next(iter(directed), "")
    values = [f"value({player})" for player in run.players]
    refuse_unknown(
        "measure with a direction, nor value(PLAYER)", name, [*directed, *values], "--by"
    )
    chances = {one.name: is_chance(one.is_) for one in bind(run.scenario).measures}
    return Yardstick(name, directed[name], chances[name], None)


def read_choices(run: Run, named: Sequence[str], by: Yardstick) -> tuple[str, ...]:
    """Return the cases that are compared: those named, or all that somebody could choose.

    Raises:
        RunError: A name is no case of the run, fewer than two are left, or a player's value would
            be compared over cases that may pay in other units.
    """
    for name in named:
        refuse_unknown("case", name, run.cases, "--policies")
    found = tuple(dict.fromkeys(named)) or choices(run)
    if len(found) < 2:
        told = ", ".join(found) or "none"
        raise RunError(
            Problem(
                code="R631",
                path="--policies",
                message=f"at least two policies are compared; there is {told}.",
                fix=f"name two or more of: {', '.join(run.cases)}.",
            )
        )
    odd = [name for name in found if by.player is not None and has_own_units(run, name)]
    if odd:
        raise RunError(
            Problem(
                code="R632",
                path="--policies",
                message=f"{', '.join(odd)} set numbers of their own, perhaps payoffs: {by.name} is "
                "not the same yardstick there.",
                fix="leave them out, or compare by a measure.",
            )
        )
    return found


def limit_rows(box: Box, assumptions: Drawn, quasi_p: np.ndarray | None = None) -> list[LimitRow]:
    """Return the restrictions of a box, with the quasi-p-value of each assumption if given."""
    rows = []
    for k in np.flatnonzero(box.restricted()):
        named = assumptions.settings[k]
        allowed = [one for one, kept in zip(named, box.kept[k], strict=False) if kept]
        low, high = (float(end[k]) if np.isfinite(end[k]) else None for end in (box.low, box.high))
        rows.append(
            LimitRow(
                assumption=assumptions.names[k],
                low=low,
                high=high,
                settings=allowed,
                quasi_p=None if quasi_p is None else float(quasi_p[k]),
                rule=_rule(low, high, allowed),
            )
        )
    return rows


def _rule(low: float | None, high: float | None, allowed: list[str]) -> str:
    if allowed:
        return f"is {' or '.join(allowed)}"
    if low is not None and high is not None:
        return f"is from {format_number(low)} to {format_number(high)}"
    if low is not None:
        return f"is at least {format_number(low)}"
    return f"is at most {format_number(high or 0.0)}"
