"""Policies: clauses to what each player may still do, and what that teaches.

A clause that prescribes (`play`, `mix`) gives each type it binds its probabilities; a clause that
forbids (`never`) takes options away. What is prescribed for all types teaches nothing, what is
prescribed for some teaches by Bayes' rule: the solver reads both from `Options.bound`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from offramp.game.factored import FORBIDDEN, FREE
from offramp.game.states import StateEnvironment, States
from offramp.scenario import Clause, Mover, evaluate

if TYPE_CHECKING:
    from jaxtyping import Bool, Float

__all__ = ["BoundOptions", "bind_options"]


@dataclass(frozen=True)
class BoundOptions:
    """What a mover may do in each of many states.

    Attributes:
        bound: As `Options.bound`, over all of the mover's actions; `FORBIDDEN` where an action
            is not available either.
        exists: Whether at least one type may take the action.
        spends: For each `once` clause of this mover (by its number), where taking an action
            spends it.
        effective: Numbers of the clauses that bound somewhere.
    """

    bound: Float[np.ndarray, "state action type"]
    exists: Bool[np.ndarray, "state action"]
    spends: dict[int, Bool[np.ndarray, "state action"]]
    effective: set[int]


def bind_options(
    mover: Mover,
    clauses: tuple[tuple[int, int, Clause], ...],
    available: Bool[np.ndarray, "state action"],
    states: States,
    types: tuple[str, ...],
    period: int,
) -> BoundOptions:
    """Apply the clauses of a policy to the actions that are available.

    Args:
        clauses: The mover's clauses in order: number of the clause, number among the `once`
            clauses (or -1), clause.
        types: Names of the mover's types.
    """
    n_states = len(available)
    names = [action.name for action in mover.actions]
    bound = np.where(available[:, :, None], FREE, FORBIDDEN) * np.ones(len(types))
    decided = np.zeros((n_states, len(types)), bool)
    spends: dict[int, Bool[np.ndarray, "state action"]] = {}
    effective: set[int] = set()
    for number, once, clause in clauses:
        applies = _applies(clause, once, states, types, period) & ~decided
        if clause.never:
            changed = _forbid(clause, names, bound, applies)
        else:
            weights = _weights(clause, names)
            acted: np.ndarray = _prescribe(weights, bound, applies)
            changed = bool(acted.any())
            decided |= acted
            if once >= 0:
                spent = np.outer(acted.max(axis=1), weights > 0)
                spends[once] = np.logical_or(spends.get(once, False), spent)
        if changed:
            effective.add(number)
    exists = np.any((bound == FREE) | (bound > 0), axis=2)
    return BoundOptions(bound, exists, spends, effective)


def _applies(
    clause: Clause,
    once: int,
    states: States,
    types: tuple[str, ...],
    period: int,
) -> Bool[np.ndarray, "state type"]:
    n_states = len(states)
    applies = np.ones(n_states, bool)
    if clause.when is not None:
        value = evaluate(clause.when, StateEnvironment(states.space, states, period=period))
        applies = np.broadcast_to(np.asarray(value) != 0, (n_states,))
    if once >= 0:
        applies = applies & (states[states.space.position["once", once]] == 0)
    of_type = np.array([not clause.types or name in clause.types for name in types])
    return applies[:, None] & of_type


def _forbid(clause: Clause, names: list[str], bound: np.ndarray, applies: np.ndarray) -> bool:
    """Take the clause's actions away where another remains; return whether any was taken."""
    named = np.array([name in clause.never for name in names])
    free = bound == FREE
    remains = np.any(free & ~named[:, None], axis=1)
    taken = free & named[:, None] & (applies & remains)[:, None, :]
    bound[taken] = FORBIDDEN
    return bool(taken.any())


def _weights(clause: Clause, names: list[str]) -> Float[np.ndarray, "action"]:
    mix = dict(clause.mix) if clause.mix else {clause.play: 1.0}
    return np.array([mix.get(name, 0.0) for name in names])


def _prescribe(
    weights: np.ndarray, bound: np.ndarray, applies: np.ndarray
) -> Bool[np.ndarray, "state type"]:
    """Prescribe probabilities where an action with weight remains; return where that was done."""
    possible = np.where(bound == FREE, weights[:, None], 0.0)
    total = possible.sum(axis=1)
    acted = applies & (total > 0)
    share = possible / np.where(total > 0, total, 1.0)[:, None, :]
    np.copyto(bound, share, where=acted[:, None, :])
    return acted
