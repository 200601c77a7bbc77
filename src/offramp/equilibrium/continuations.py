"""Values inside a period: what follows a stage, where somebody asks for it.

A solution keeps what states are worth at the start of each period. What they are worth after a
stage, or to the named terms of one player, is evaluated on demand: backward, under the solution's
strategies, letting go of all but the rows that were asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from offramp.equilibrium.backward_induction import replay_period
from offramp.equilibrium.local_stage import CutOut, Worth
from offramp.equilibrium.plan import GamePlan
from offramp.equilibrium.solution import Equilibrium, PeriodAnswer

__all__ = ["Place", "gather_worth"]

SETTLED = 1e-14  # change in one cycle of a game without end, relative to the largest value
MOST_CYCLES = 100_000  # a discount of 0.9997 settles within so many periods

_Columns = Float[np.ndarray, "state column"]


class Place(NamedTuple):
    """A stage of a solved period, in one public state; period and stage from 0."""

    period: int
    stage: int
    state: int


def gather_worth(
    plan: GamePlan, equilibrium: Equilibrium, asked: Mapping[Place, CutOut]
) -> dict[Place, Worth]:
    """Return what the accounts of a game get at and after the stages asked for.

    Args:
        plan: Of the game that was solved, or of one with other accounts and the same states.
    """
    found: dict[Place, Worth] = {}

    def replay(period: int, after: PeriodAnswer | None) -> PeriodAnswer:
        here = {place: cut for place, cut in asked.items() if place.period == period}

        def watch(stage: int, values: _Columns, ended: _Columns) -> None:
            for place, cut in here.items():
                if place.stage == stage:
                    found[place] = _worth(plan, place, cut, values, ended)

        return replay_period(plan, period, after, equilibrium, watch=watch if here else None)

    periods = {place.period for place in asked}
    if plan.game.forever:
        _go_around(equilibrium.n_periods, replay)
    elif plan.game is equilibrium.game:
        for period in periods:
            is_last = period == equilibrium.n_periods - 1
            replay(period, None if is_last else equilibrium.store.period(period + 1))
    else:
        after: PeriodAnswer | None = None
        for period in range(equilibrium.n_periods - 1, min(periods) - 1, -1):
            after = replay(period, after)
    return found


def _worth(
    plan: GamePlan,
    place: Place,
    cut: CutOut,
    values: _Columns,
    ended: _Columns,
) -> Worth:
    shape = (plan.n_profiles, plan.n_accounts, plan.n_beliefs)
    return Worth(
        pay=plan.stage(place.period, place.stage).rows.pay[cut.rows],
        live=values[cut.live].reshape(-1, *shape),
        ended=ended[cut.ended].reshape(-1, *shape),
    )


def _go_around(n_periods: int, replay: Callable[[int, PeriodAnswer | None], PeriodAnswer]) -> None:
    """Go back through the cycle of a game without end until values repeat."""
    after: PeriodAnswer | None = None
    for _ in range(MOST_CYCLES):
        before = after
        for period in range(n_periods - 1, -1, -1):
            after = replay(period, after)
        if before is not None and after is not None and _has_settled(before, after):
            return


def _has_settled(before: PeriodAnswer, after: PeriodAnswer) -> bool:
    pairs = ((before.values, after.values), (before.ended, after.ended))
    return all(
        float(np.abs(new - old).max(initial=0.0)) <= SETTLED * float(np.abs(new).max(initial=0.0))
        for old, new in pairs
    )
