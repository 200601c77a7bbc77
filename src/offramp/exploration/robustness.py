r"""Policies under doubt: what each may cost, and whom, over all worlds.

No rule is the right one. Regret compares each policy with the best one of the same world
[Savage1951]; the satisficing share asks how often a policy is good enough; the worst case asks
nothing but the worst [Lempert2003]. Each player's value stands apart: there is no sum over players.

A world in which the measure of any policy does not arise (NaN) is left out of all of them, so that
policies are compared in the same worlds.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Bool, Float

from offramp.exploration.weighing import even_out, weighted_quantile

__all__ = [
    "Better",
    "Gains",
    "Regret",
    "WorstCase",
    "are_best",
    "best_share",
    "find_frontier",
    "find_gains",
    "find_regret",
    "frontier_share",
    "satisficing_share",
    "worst_case",
]

Better = Literal["lower", "higher"]

TIE = 1e-9  # of a measure: policies that differ by no more are equally good
HIGH_SHARE = 0.9  # of the worlds, for the regret that is seldom exceeded
LOW_SHARE = 0.1  # of the worlds, for what is seldom fallen short of


@dataclass(frozen=True)
class Regret:
    """How much worse each policy is than the best one of the same world; never below 0.

    Attributes:
        in_world: NaN in worlds that were left out.
        high: What is exceeded in at most a tenth of the weight.
        n_worlds: Compared.
    """

    in_world: Float[np.ndarray, "world policy"]
    mean: Float[np.ndarray, "policy"]
    high: Float[np.ndarray, "policy"]
    greatest: Float[np.ndarray, "policy"]
    n_worlds: int


@dataclass(frozen=True)
class WorstCase:
    """The worst value of each policy, and the one that a tenth of the weight does not better.

    Attributes:
        world: In which the worst occurs, by index among all worlds; the first of equals.
    """

    value: Float[np.ndarray, "policy"]
    world: np.ndarray
    seldom_worse: Float[np.ndarray, "policy"]
    n_worlds: int


@dataclass(frozen=True)
class Gains:
    """What a policy brings each player, against a reference policy.

    Attributes:
        gain, loss: Share of the weight in which the player's value rises or falls by more than
            the margin.
        mean: Of the change, in the player's payoff units.
        n_worlds: In which the player's value is known for every policy.
    """

    gain: Float[np.ndarray, "policy player"]
    loss: Float[np.ndarray, "policy player"]
    mean: Float[np.ndarray, "policy player"]
    n_worlds: np.ndarray


def find_regret(
    measure: Float[np.ndarray, "world policy"],
    better: Better,
    weights: Float[np.ndarray, "world"] | None = None,
) -> Regret:
    """Return each policy's regret [Savage1951].

    Raises:
        ValueError: Weights that do not fit, or no world with all measures.
    """
    told, good, weight = _comparable(measure, better, weights)
    regret = good.max(axis=1, keepdims=True) - good
    regret[regret <= TIE] = 0.0  # the same but for the order of sums
    in_world = np.full(measure.shape, np.nan)
    in_world[told] = regret
    counted = regret[weight > 0]
    return Regret(
        in_world,
        weight @ regret,
        np.array([weighted_quantile(column, HIGH_SHARE, weight) for column in regret.T]),
        counted.max(axis=0),
        counted.shape[0],
    )


def satisficing_share(
    measure: Float[np.ndarray, "world policy"],
    threshold: float,
    better: Better,
    weights: Float[np.ndarray, "world"] | None = None,
) -> Float[np.ndarray, "policy"]:
    """Return the share of the weight in which each policy reaches the threshold or better it.

    Raises:
        ValueError: Weights that do not fit, or no world with all measures.
    """
    _, good, weight = _comparable(measure, better, weights)
    return weight @ (good >= _sign(better) * threshold - TIE)


def worst_case(
    measure: Float[np.ndarray, "world policy"],
    better: Better,
    weights: Float[np.ndarray, "world"] | None = None,
    share: float = LOW_SHARE,
) -> WorstCase:
    """Return the worst value of each policy, and that which `share` of the worlds do not better.

    Raises:
        ValueError: Weights that do not fit, or no world with all measures.
    """
    told, good, weight = _comparable(measure, better, weights)
    counted = np.flatnonzero(weight > 0)
    worst = counted[good[counted].argmin(axis=0)]
    seldom = np.array([weighted_quantile(column, share, weight) for column in good.T])
    sign = _sign(better)
    return WorstCase(
        sign * good[worst, np.arange(good.shape[1])],
        np.flatnonzero(told)[worst],
        sign * seldom,
        counted.size,
    )


def are_best(
    measure: Float[np.ndarray, "world policy"], better: Better, tie: float = TIE
) -> Bool[np.ndarray, "world policy"]:
    """Return where each policy is best, equals included; nowhere in worlds that lack a measure."""
    good = _sign(better) * measure
    return good >= good.max(axis=1, keepdims=True) - tie  # NaN compares as false


def best_share(
    measure: Float[np.ndarray, "world policy"],
    better: Better,
    weights: Float[np.ndarray, "world"] | None = None,
    tie: float = TIE,
) -> Float[np.ndarray, "policy"]:
    """Return the share of the weight in which each policy is best; equals share a world.

    Raises:
        ValueError: Weights that do not fit, or no world with all measures.
    """
    told, _, weight = _comparable(measure, better, weights)
    best = are_best(measure[told], better, tie)
    return weight @ (best / best.sum(axis=1, keepdims=True))


def find_gains(
    value: Float[np.ndarray, "world policy player"],
    reference: int,
    margin: float | Float[np.ndarray, "player"] = 0.0,
    weights: Float[np.ndarray, "world"] | None = None,
) -> Gains:
    """Return who gains and who loses by each policy, each player by itself.

    Args:
        value: Of each player, more being better.
        reference: Index of the policy compared with.
        margin: In payoff units, which a change must exceed to count; one for all or one a player.

    Raises:
        ValueError: Weights that do not fit, or no world with all of a player's values.
    """
    _, n_policies, n_players = value.shape
    margins = np.broadcast_to(np.asarray(margin, dtype=float), n_players)
    gain, loss, mean = (np.empty((n_policies, n_players)) for _ in range(3))
    n_worlds = np.empty(n_players, dtype=np.int64)
    for i in range(n_players):
        _, good, weight = _comparable(value[:, :, i], "higher", weights)
        change = good - good[:, [reference]]
        # a change of just the margin must not count through rounding
        gain[:, i] = weight @ (change > margins[i] + TIE)
        loss[:, i] = weight @ (change < -margins[i] - TIE)
        mean[:, i] = weight @ change
        n_worlds[i] = int((weight > 0).sum())
    return Gains(gain, loss, mean, n_worlds)


def find_frontier(
    measures: Float[np.ndarray, "*world policy measure"], better: tuple[Better, ...]
) -> Bool[np.ndarray, "*world policy"]:
    """Return which policies no other beats: as good in every measure and better in one.

    Args:
        measures: Means over worlds, or those of each world.
        better: Direction of each measure.
    """
    good = measures * np.array([_sign(one) for one in better])
    one, other = good[..., :, None, :], good[..., None, :, :]
    beaten = (other >= one - TIE).all(axis=-1) & (other > one + TIE).any(axis=-1)
    return ~beaten.any(axis=-1) & ~np.isnan(measures).any(axis=-1)


def frontier_share(
    measures: Float[np.ndarray, "world policy measure"],
    better: tuple[Better, ...],
    weights: Float[np.ndarray, "world"] | None = None,
) -> Float[np.ndarray, "policy"]:
    """Return the share of the weight in which no other policy beats each in all measures.

    Raises:
        ValueError: Weights that do not fit, or no world with all measures.
    """
    told = ~np.isnan(measures).any(axis=(1, 2))
    weight = _told_weights(told, weights)
    return weight @ find_frontier(measures[told], better)


def _sign(better: Better) -> float:
    return 1.0 if better == "higher" else -1.0


def _comparable(
    measure: Float[np.ndarray, "world policy"],
    better: Better,
    weights: Float[np.ndarray, "world"] | None,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return which worlds count, their measures with more being better, and their weights."""
    told = ~np.isnan(measure).any(axis=1)
    return told, _sign(better) * measure[told], _told_weights(told, weights)


def _told_weights(told: np.ndarray, weights: np.ndarray | None) -> np.ndarray:
    if not told.any():
        raise ValueError("there is no world in which the measure arises for every policy")
    whole = even_out(weights, told.size)
    return even_out(whole[told], int(told.sum()))
