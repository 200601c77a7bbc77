"""Period payoffs of states at a period's end, and of states in which play has ended."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from offramp.game.beliefs import BeliefGrid
from offramp.game.frame import Frame
from offramp.game.ledger import amounts
from offramp.game.readings import reads_period
from offramp.scenario import Crisis, Pay, walk
from offramp.scenario.expressions import Belief

__all__ = ["payoff_tables"]

LINEAR_TOLERANCE = 1e-9  # of the payoff's size: rounding in a sum of a few terms


def payoff_tables(
    frame: Frame, n_periods: int, grid: BeliefGrid, *, exact_beliefs: bool
) -> tuple[tuple[np.ndarray, ...], tuple[np.ndarray, ...]]:
    """Return payoffs of last-slot states and of ended states, per period or once.

    Where payoffs read beliefs, the belief axis runs over the grid's points; with exact beliefs it
    holds the constant and then the slope in each own belief (typed player by typed player, type by
    type), since there payoffs must be linear in beliefs.
    """
    crisis = frame.crisis
    dated = reads_period([pay.amount for pay in crisis.payoffs])
    freezes = np.array([ending.freeze for ending in crisis.endings] or [True])
    live, ended = [], []
    for t in range(n_periods if dated else 1):
        live.append(_payoff(frame, frame.slots[-1].codes, grid, t + 1, exact_beliefs))
        frozen = _payoff(frame, frame.ended.codes, grid, t + 1, exact_beliefs)
        ended.append(frozen * freezes[frame.ended.by][:, None, None, None])
    return tuple(live), tuple(ended)


def _payoff(
    frame: Frame, codes: np.ndarray, grid: BeliefGrid, period: int, exact_beliefs: bool
) -> Float[np.ndarray, "state profile account belief"]:
    crisis, space = frame.crisis, frame.space
    columns = space.decode(codes)
    reads = [_beliefs_read(pay) for pay in crisis.payoffs]
    n_slopes = sum(len(crisis.players[j].types) for j in space.typed)
    n_belief = (1 + n_slopes if exact_beliefs else len(grid.points)) if any(reads) else 1
    total = np.zeros((len(codes), len(frame.profiles), frame.n_accounts, n_belief))
    names = [p.name for p in crisis.players]
    ledger = frame.ledger(0)
    for pay, read in zip(crisis.payoffs, reads, strict=True):
        beliefs = None
        if read:
            observer = names.index(pay.player)
            beliefs = (
                probes(crisis, space.typed)
                if exact_beliefs
                else observed(crisis, grid, observer, space.typed)
            )
        by_profile = amounts(pay, columns, space, frame.profiles, period, beliefs)
        frame.findings.checked_amount(pay, by_profile, columns, space)
        account = ledger.account(pay)
        if account is None:
            continue
        for number, amount in enumerate(by_profile):
            if read and exact_beliefs:
                total[:, number, account] += _slopes(
                    frame, pay, np.broadcast_to(amount, (len(codes), n_slopes + 2))
                )
            elif amount.ndim == 2:
                total[:, number, account] += amount
            else:
                total[:, number, account, slice(0, 1 if exact_beliefs else None)] += (
                    np.broadcast_to(amount, columns.shape[1:])[:, None]
                )
    return total


def _beliefs_read(pay: Pay) -> bool:
    return any(isinstance(node, Belief) for node in walk(pay.amount))


def observed(
    crisis: Crisis, grid: BeliefGrid, observer: int, typed: Sequence[int]
) -> dict[tuple[str, str], np.ndarray]:
    """Return what an observer believes at every grid point, by player and type."""
    beliefs = {}
    for j, player in enumerate(typed):
        one = crisis.players[player]
        tilted = grid.points[:, j, : len(one.types)] * grid.tilt[observer, j, : len(one.types)]
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
    frame: Frame, pay: Pay, at_probes: Float[np.ndarray, "state probe"]
) -> Float[np.ndarray, "state constant_and_slopes"]:
    constant = at_probes[:, :1]
    slopes = at_probes[:, 1:-1] - constant
    last = 1.0 / (2.0 + np.arange(slopes.shape[1]))
    predicted = constant[:, 0] + slopes @ last
    scale = 1.0 + np.abs(at_probes).max(initial=0.0)
    if np.any(np.abs(predicted - at_probes[:, -1]) > LINEAR_TOLERANCE * scale):
        frame.findings.add(
            "G522",
            f"payoffs.{pay.player}.{pay.term}",
            pay.where,
            "with `beliefs: history` a payoff must be linear in beliefs, and this one is not.",
            "make it linear, or use `solver: {beliefs: grid}`.",
        )
    return np.concatenate([constant, slopes], axis=1)
