"""What is noted of the main column on its way: acts, levels, endings, beliefs, payoffs."""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool, Float

from offramp.game import Game
from offramp.outcomes import kernels
from offramp.outcomes.beliefs import BeliefRecord
from offramp.outcomes.conditions import ENDED, Reader
from offramp.outcomes.forward import MAIN, Sweep
from offramp.outcomes.operators import RowsPlan

__all__ = ["Record"]


class Record:
    """Adds up what the main column does.

    Attributes:
        acts: Per stage and mover: expected number of times each action is taken, by period and
            type, and of these how often a policy prescribed it (`bound`).
        levels: Chance of each level of each variable after every stage, ended play included.
        ended: Chance that play ends in a period, by ending.
        beliefs: What is believed at period ends.
        mass: Total mass at each period's end.
    """

    def __init__(self, game: Game, reader: Reader, n_periods: int, solution: object = None) -> None:
        self.game = game
        self.reader = reader
        n_stages = len(game.stage_names)
        variables = reader.space.crisis.variables
        widest = max((len(v.levels) for v in variables), default=1)
        self.acts: dict[tuple[int, int], np.ndarray] = {}
        self.bound: dict[tuple[int, int], np.ndarray] = {}
        for m in range(n_stages):
            for k, mover in enumerate(game.table(0, m).movers):
                shape = (n_periods, len(game.players[mover.player].types), len(mover.names))
                self.acts[m, k] = np.zeros(shape)
                self.bound[m, k] = np.zeros(shape)
        self.levels = np.zeros((n_periods, n_stages, len(variables), widest))
        self.ended = np.zeros((n_periods, max(len(game.endings), 1)))
        self.beliefs = BeliefRecord(game, solution, n_periods)
        self.mass = np.zeros(n_periods)
        self._left = 0.0
        self._ended_states = np.zeros(len(game.ended_codes))
        self._flows: dict[int, tuple[np.ndarray, dict[float, np.ndarray]]] = {}
        self._discounts = np.array([game.players[one.player].discount for one in game.accounts])
        self._collected = np.zeros((len(game.profiles), len(game.accounts)))

    # --- while the pass runs --------------------------------------------------------------------

    def at_stage(self, sweep: Sweep, stage: int, flow: Float[np.ndarray, "profile row"]) -> None:
        """Note which acts were taken and what passed what pays."""
        plan = sweep.plan(stage)
        pay = plan.table.rows.pay if plan.table.rows is not None else plan.pay  # type: ignore[union-attr]
        self._note_flow(pay, flow, sweep.period)
        if isinstance(plan, RowsPlan):
            self._note_acts(plan, flow, sweep.period, stage)

    def _note_flow(self, pay: np.ndarray, flow: np.ndarray, period: int) -> None:
        """Keep flows, discounted, until the end: payments are then contracted once per table."""
        if not len(pay):
            return
        if id(pay) not in self._flows:
            discounts = dict.fromkeys(self._discounts.tolist())
            self._flows[id(pay)] = (pay, {d: np.zeros_like(flow) for d in discounts})
        for discount, total in self._flows[id(pay)][1].items():
            total += discount**period * flow

    def _note_acts(self, plan: RowsPlan, flow: np.ndarray, period: int, stage: int) -> None:
        for k, mover in enumerate(plan.table.movers):
            typed = self.game.players[mover.player].typed
            for p in range(len(flow)):
                own = int(self.game.profiles[p, typed]) if typed >= 0 else 0
                kernels.count_acts(
                    plan.seats[k].option, mover.action, mover.bound, own, flow[p],
                    self.acts[stage, k][period], self.bound[stage, k][period],
                )  # fmt: skip

    def at_arrival(self, sweep: Sweep) -> None:
        """Note the levels after a stage, and what has just ended."""
        rows, mass = sweep.just_ended(MAIN)
        self._ended_states[rows] += mass
        if len(rows):
            self.ended[sweep.period] += np.bincount(
                self.game.ended_by[rows], mass, minlength=self.ended.shape[1]
            )
        states = sweep.state_totals(MAIN).sum(axis=0)
        self._left = states.sum()
        levels = self.levels[sweep.period, sweep.slot - 1]
        kernels.count_levels(self.reader.columns(sweep.slot), states, levels)
        if len(self._ended_states):
            frozen = np.empty_like(levels)
            kernels.count_levels(self.reader.columns(ENDED), self._ended_states, frozen)
            levels += frozen

    def at_end(self, sweep: Sweep) -> None:
        """Note beliefs and payoffs at a period's end."""
        self.beliefs.note(sweep)
        self.mass[sweep.period] = self._left + self._ended_states.sum()
        is_last = sweep.period == self.game.n_periods - 1 and not self.game.forever
        times = self._discounts**sweep.period * (1.0 + self.game.tail * is_last)
        self._collected += times * self._accrued(sweep)

    def _accrued(self, sweep: Sweep) -> Float[np.ndarray, "profile account"]:
        """Return the period's payoffs, by profile."""
        mass, live = sweep.held(MAIN)
        t = sweep.period
        total = _expected_payoff(mass, live, _of_period(self.game.payoff, t)[: sweep.n_states])
        if len(self.game.ended_codes):
            frozen = _of_period(self.game.ended_payoff, t)
            total = total + _expected_payoff(*sweep.settled_mass(), frozen)
        return total

    # --- afterwards -----------------------------------------------------------------------------

    def values(self) -> Float[np.ndarray, "profile account"]:
        """Return expected discounted payoffs; they sum over profiles to the value of the start."""
        total = self._collected.copy()
        for pay, flows in self._flows.values():
            for discount, flow in flows.items():
                mine = np.flatnonzero(self._discounts == discount)
                for p in range(len(flow)):
                    total[p, mine] += np.einsum("r,ra->a", flow[p, : len(pay)], pay[:, p, mine])
        return total

    @property
    def ended_states(self) -> Float[np.ndarray, "ended"]:
        """Chance of each ended state so far."""
        return self._ended_states

    def going_on(
        self, sweep: Sweep, value: Float[np.ndarray, "state profile account belief"]
    ) -> Float[np.ndarray, "profile account"]:
        """Return what follows the last period of a game without horizon, from the next one's start.

        Args:
            value: Of the states there, in units of that period, all playing on as before.
        """
        n_states = min(len(value), sweep.store.live.shape[1])
        mass, live = sweep.held(MAIN, n_states)
        total = _expected_payoff(mass, live, value[:n_states])
        if len(self.game.ended_codes):
            frozen = _expected_payoff(*sweep.settled_mass(), self.game.ended_payoff[0])
            total += frozen / (1.0 - self._discounts)
        return self._discounts ** (sweep.period + 1) * total

    def action_count(self, player: str, action: str) -> float:
        """Return how often an act is expected to be taken."""
        total = 0.0
        for (m, k), acts in self.acts.items():
            mover = self.game.table(0, m).movers[k]
            if self.game.players[mover.player].name == player and action in mover.names:
                total += float(acts[:, :, mover.names.index(action)].sum())
        return total


def _of_period(tables: tuple[np.ndarray, ...], period: int) -> np.ndarray:
    return tables[period if len(tables) > 1 else 0]


def _expected_payoff(
    mass: Float[np.ndarray, "state profile belief"],
    live: Bool[np.ndarray, "state"],
    payoff: Float[np.ndarray, "state profile account belief_or_1"],
) -> Float[np.ndarray, "profile account"]:
    """Return mass times payoff, summed over states and beliefs; rows not live are not read.

    Without BLAS, for the reason that `Seen` gives.
    """
    rows = np.flatnonzero(live)
    held, paid = mass[rows], payoff[rows]
    if payoff.shape[3] == 1:
        return np.einsum("sp,spa->pa", held.sum(axis=2), paid[..., 0])
    return np.einsum("spb,spab->pa", held, paid)
