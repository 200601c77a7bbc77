"""Solve a scenario on its histories and name every strategy by what was seen."""

from __future__ import annotations

from typing import Any, NamedTuple

from helpers.answers import history_strategy
from helpers.histories import match_histories
from helpers.scenarios import crisis_from
from offramp.equilibrium.histories import HistoryEquilibrium, solve_histories
from offramp.game import compile_crisis
from offramp.outcomes import Outcomes, propagate
from oracles.evaluator import Evaluation, evaluate
from oracles.slow_tree import Signal, Tree, grow

__all__ = ["Place", "Solved", "largest_gap", "solve_named"]


class Place(NamedTuple):
    """An information set in words that survive a change of order."""

    history: tuple[frozenset[tuple[str, str]] | tuple[tuple[str, int], ...], ...]
    player: str
    type: str


class Solved(NamedTuple):
    """A scenario solved on its histories."""

    tree: Tree
    equilibrium: HistoryEquilibrium
    evaluation: Evaluation
    replies: dict[Place, dict[str, float]]
    outcomes: Outcomes


def solve_named(data: dict[str, Any], case: str, limit: int) -> Solved:
    """Solve a case of a scenario; strategies come by name.

    Raises:
        TooLarge: More than `limit` terminal histories.
    """
    crisis = crisis_from(data, case)
    tree = grow(crisis, limit)
    equilibrium = solve_histories(compile_crisis(crisis, exact_beliefs=True))
    strategy = history_strategy(equilibrium, match_histories(tree, equilibrium.tree))
    evaluation = evaluate(tree, strategy)
    variables = [variable.name for variable in crisis.variables]
    replies = {
        Place(_named(place.history, variables), place.player, place.type): dict(mix)
        for place, mix in evaluation.strategies.items()
    }
    assert len(replies) == len(evaluation.strategies), "two places go by one name"
    return Solved(tree, equilibrium, evaluation, replies, propagate(equilibrium))


def _named(history: tuple[Signal, ...], variables: list[str]) -> tuple[Any, ...]:
    return tuple(
        part
        for signal in history
        for part in (
            frozenset((*signal.acts, *((player, "redrawn") for player in signal.redrawn))),
            tuple(sorted(zip(variables, signal.levels, strict=True))),
        )
    )


def largest_gap(one: dict[Place, dict[str, float]], other: dict[Place, dict[str, float]]) -> float:
    """Return the largest difference between two solutions of the same information sets."""
    assert set(one) == set(other)
    gaps = (abs(one[place][act] - other[place][act]) for place in one for act in one[place])
    return max(gaps, default=0.0)
