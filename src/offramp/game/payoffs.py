"""Period payoffs of states at a period's end, and of states in which play has ended."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from offramp.game.beliefs import BeliefGrid
from offramp.game.factored import Account
from offramp.game.findings import Findings
from offramp.game.ledger import account_numbers, account_of, amounts
from offramp.game.readings import reads_period
from offramp.game.states import States, StateSpace
from offramp.scenario import Crisis, Pay, walk
from offramp.scenario.expressions import Belief

if TYPE_CHECKING:
    from jaxtyping import Float, Int

__all__ = ["Terminals", "payoff_tables", "reads_beliefs"]

LINEAR_TOLERANCE = 1e-9  # of the payoff's size: rounding in a sum of a few terms


@dataclass(frozen=True)
class Terminals:
    """The states at which payoffs accrue, and to whom.

    Attributes:
        codes: States at a period's end. ended_codes, ended_by: states in which play has ended,
            and the ending that ended it.
    """

    space: StateSpace
    codes: Int[np.ndarray, "state"]
    ended_codes: Int[np.ndarray, "ended"]
    ended_by: Int[np.ndarray, "ended"]
    profiles: Int[np.ndarray, "profile typed"]
    accounts: tuple[Account, ...]
    findings: Findings


def payoff_tables(
    terminals: Terminals, n_periods: int, grid: BeliefGrid, *, exact_beliefs: bool
) -> tuple[tuple[np.ndarray, ...], tuple[np.ndarray, ...]]:
    """Return payoffs of last-slot states and of ended states, per period or once.

    Where payoffs read beliefs, the belief axis runs over the grid's points; with exact beliefs it
    holds the constant and then the slope in each own belief (typed player by typed player, type by
    type), since there payoffs must be linear in beliefs.
    """
    crisis = terminals.space.crisis
    dated = reads_period([pay.amount for pay in crisis.payoffs])
    freezes = np.array([ending.freeze for ending in crisis.endings] or [True])
    live, ended = [], []
    for t in range(n_periods if dated else 1):
        live.append(_payoff(terminals, terminals.codes, grid, t + 1, exact_beliefs))
        frozen = _payoff(terminals, terminals.ended_codes, grid, t + 1, exact_beliefs)
        ended.append(frozen * freezes[terminals.ended_by][:, None, None, None])
    return tuple(live), tuple(ended)


def reads_beliefs(crisis: Crisis) -> bool:
    """Return whether any period payoff reads a belief."""
    return any(_beliefs_read(pay) for pay in crisis.payoffs)


def _payoff(
    terminals: Terminals, codes: np.ndarray, grid: BeliefGrid, period: int, exact_beliefs: bool
) -> Float[np.ndarray, "state profile account belief"]:
    space = terminals.space
    crisis = space.crisis
    states = States(space, codes)
    n_slopes = sum(len(crisis.players[j].types) for j in space.typed)
    n_belief = 1
    if reads_beliefs(crisis):
        n_belief = 1 + n_slopes if exact_beliefs else len(grid.points)
    total = np.zeros((len(codes), len(terminals.profiles), len(terminals.accounts), n_belief))
    for pay in crisis.payoffs:
        beliefs = None
        if _beliefs_read(pay):
            beliefs = (
                probes(crisis, space.typed)
                if exact_beliefs
                else observed(crisis, grid, pay.player, space.typed)
            )
        by_profile = amounts(pay, states, terminals.profiles, period, beliefs)
        terminals.findings.checked_amount(pay, by_profile, states)
        account = account_of(
            pay, account_numbers(terminals.accounts, [p.name for p in crisis.players])
        )
        if account is None:
            continue
        for number, amount in enumerate(by_profile):
            if beliefs is not None and exact_beliefs:
                at_probes = np.broadcast_to(amount, (len(codes), n_slopes + 2))
                total[:, number, account] += _slopes(terminals.findings, pay, at_probes)
            elif beliefs is not None:
                total[:, number, account] += amount
            else:
                constant = np.broadcast_to(amount, (len(codes),))[:, None]
                total[:, number, account, : 1 if exact_beliefs else None] += constant
    return total


def _beliefs_read(pay: Pay) -> bool:
    return any(isinstance(node, Belief) for node in walk(pay.amount))


def observed(
    crisis: Crisis, grid: BeliefGrid, observer: str, typed: Sequence[int]
) -> dict[tuple[str, str], np.ndarray]:
    """Return what an observer believes at every grid point, by player and type."""
    beliefs = {}
    watching = [player.name for player in crisis.players].index(observer)
    for j, player in enumerate(typed):
        one = crisis.players[player]
        tilted = grid.points[:, j, : len(one.types)] * grid.tilt[watching, j, : len(one.types)]
        total = tilted.sum(axis=1, keepdims=True)
        excluded = total <= 0  # the observer rules out all that is still believed possible
        tilted = np.where(
            excluded, grid.points[:, j, : len(one.types)], tilted / np.where(excluded, 1, total)
        )
        for k, of_type in enumerate(one.types):
            beliefs[one.name, of_type.name] = tilted[None, :, k]
    return beliefs


def probes(crisis: Crisis, typed: Sequence[int]) -> dict[tuple[str, str], np.ndarray]:
    """Return points at which a payoff shows its constant, its slopes and whether it is linear.

    The first has all beliefs zero, the next raise one belief each to 1; the last has a different
    number for each.
    """
    keys = [(crisis.players[j].name, one.name) for j in typed for one in crisis.players[j].types]
    points = np.zeros((len(keys) + 2, len(keys)))
    points[1:-1] = np.eye(len(keys))
    points[-1] = 1.0 / (2.0 + np.arange(len(keys)))
    return {key: points[None, :, k] for k, key in enumerate(keys)}


def _slopes(
    findings: Findings, pay: Pay, at_probes: Float[np.ndarray, "state probe"]
) -> Float[np.ndarray, "state constant_and_slopes"]:
    constant = at_probes[:, :1]
    slopes = at_probes[:, 1:-1] - constant
    last = 1.0 / (2.0 + np.arange(slopes.shape[1]))
    predicted = constant[:, 0] + slopes @ last
    scale = 1.0 + np.abs(at_probes).max(initial=0.0)
    if np.any(np.abs(predicted - at_probes[:, -1]) > LINEAR_TOLERANCE * scale):
        findings.add(
            "G522",
            f"payoffs.{pay.player}.{pay.term}",
            pay.where,
            "with `beliefs: history` a payoff must be linear in beliefs, and this one is not.",
            "make it linear, or use `solver: {beliefs: grid}`.",
        )
    return np.concatenate([constant, slopes], axis=1)
