"""Play conditioned on an event: paths apart by what is known of it, places by what they are worth.

Every column is split by *status*, what is known of the event on a path so far. Before the forward
pass, the backward one (`hindsight.py`) finds the chance that the event comes true from each place;
whatever is then read of a place counts by it. The start is scaled up by the chance of the event as
a whole, so that all that is read is an expectation over the paths on which it comes true.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple, Protocol

import numpy as np
from jaxtyping import Bool, Float, Int

from offramp.errors import Problem, TooLargeError
from offramp.game import StageTable
from offramp.outcomes import hindsight, hindsight_kernels
from offramp.outcomes.conditions import row_updates
from offramp.outcomes.hindsight import Move
from offramp.outcomes.hindsight_kernels import Ways
from offramp.outcomes.lesson_kernels import Lessons, Part
from offramp.outcomes.operators import ChainPlan, RowsPlan

if TYPE_CHECKING:
    from offramp.outcomes.forward import Sweep

__all__ = ["Conditioned", "Event", "Step"]

LEAST_STATES = 64  # of one task
LARGEST_WORTH = 8 << 30  # bytes of what all places of all periods are worth

Worth = Float[np.ndarray, "status profile state belief"]


class Step(NamedTuple):
    """How acts with a given update lead from one status of an event to another."""

    old: int
    update: int
    new: int


class Event(Protocol):
    """What play is conditioned on; periods and stages count from 0.

    Moves of one list happen at once: what has just arrived in a status does not move on.
    """

    @property
    def n_statuses(self) -> int:
        """Return how many statuses there are; paths begin with the first."""
        ...

    @property
    def updates(self) -> Sequence[Int[np.ndarray, "*joint"] | None]:
        """Return, per stage, the number of the update of each combination of actions."""
        ...

    def n_updates(self, stage: int) -> int:
        """Return how many updates a stage's acts can make."""
        ...

    def begun(self, period: int) -> Sequence[Move]:
        """Return the moves as a period begins."""
        ...

    def steps(self, period: int, stage: int) -> Sequence[Step]:
        """Return how acts lead from status to status, for every status that a path may have."""
        ...

    def arrived(self, period: int, slot: int) -> Sequence[Move]:
        """Return the moves on arrival in a slot."""
        ...

    def closed(self, period: int) -> Sequence[Move]:
        """Return the moves at a period's end."""
        ...

    def fulfilled(self) -> Bool[np.ndarray, "status state"]:
        """Return where the event has come true, at the end of the last period."""
        ...

    def frozen(self, period: int) -> Bool[np.ndarray, "status ended"]:
        """Return where the event comes true if play ends in a period."""
        ...


class Conditioned:
    """An event that play is conditioned on, and what is known of it in a sweep.

    Attributes:
        chance: That the event comes true; where it is zero, the sweep does not begin.
        start_share: How likely each profile is at the start, given the event.
    """

    def __init__(self, event: Event) -> None:
        self.event = event
        self.chance = 0.0
        self.start_share = np.zeros(0)
        self._worth: dict[tuple[int, int], np.ndarray] = {}
        self._is_over = False

    # --- before the sweep -----------------------------------------------------------------------

    def foresee(self, sweep: Sweep, start: Float[np.ndarray, "state"], n_periods: int) -> None:
        """Find how likely the event is from every place on, last period first."""
        last = len(sweep.game.stage_names)
        later = np.zeros(0)
        for sweep.period in reversed(range(n_periods)):
            sweep.slot = last
            if sweep.period == n_periods - 1:
                true = self.event.fulfilled()[:, None, : sweep.n_states, None]
                shape = (sweep.n_statuses, sweep.n_profiles, sweep.n_states, sweep.n_beliefs)
                worth = np.array(np.broadcast_to(true, shape), np.float64)
            else:
                rolled = later[:, :, sweep.game.roll[: sweep.n_states]]
                worth = hindsight.unsort(self.event.closed(sweep.period), rolled)
            self._worth[sweep.period, last] = worth
            for stage in reversed(range(last)):
                sweep.slot = stage
                worth = self._look_back(sweep, stage)
                self._worth[sweep.period, stage] = worth
            later = hindsight.unsort(self.event.begun(sweep.period), worth)
            self._refuse_too_much(sweep)
        sweep.period = sweep.slot = 0
        states = np.flatnonzero(start)
        share = sweep.prior * (later[0][:, states, sweep.game.grid.reference] @ start[states])
        self.chance = float(share.sum())
        self.start_share = share / self.chance if self.chance > 0.0 else share

    def _refuse_too_much(self, sweep: Sweep) -> None:
        if sum(one.nbytes for one in self._worth.values()) > LARGEST_WORTH:
            raise _too_large(sweep)

    def _look_back(self, sweep: Sweep, stage: int) -> Worth:
        """Return what each place before a stage is worth, from what those after it are."""
        plan = sweep.plan(stage)
        if isinstance(plan, ChainPlan):
            found = self._chain_worth(sweep, plan, stage).entering
            return self._by_status(sweep, found)
        shape = (sweep.n_statuses, sweep.n_profiles, sweep.n_states, sweep.n_beliefs)
        found = np.zeros(shape)
        played, believed = sweep.strategies(plan, stage)
        for block in sweep.blocks(plan, np.arange(sweep.n_states, dtype=np.int32)):
            chance = sweep.chances(plan, block, played)
            lessons = sweep.lessons(plan, block, believed)
            into = _by_lane(found)
            self._pass_rows(sweep, plan, stage, block.part, chance, lessons, worth=into)
        return found

    @staticmethod
    def _by_status(sweep: Sweep, worth: Float[np.ndarray, "lane state belief"]) -> Worth:
        n_states = worth.shape[1]  # none, in periods before which all play has ended
        return worth.reshape(sweep.n_statuses, sweep.n_profiles, n_states, sweep.n_beliefs)

    def _pass_rows(
        self,
        sweep: Sweep,
        plan: RowsPlan,
        stage: int,
        part: Part,
        chance: Float[np.ndarray, "local_row joint belief"],
        lessons: Lessons,
        *,
        worth: Float[np.ndarray, "lane state belief"] | None = None,
        flow: Float[np.ndarray, "profile row"] | None = None,
    ) -> None:
        """Fill in what states are worth, or what passes their joint acts by its worth."""
        ways = self._ways(sweep, plan, stage)
        classes = sweep.row_classes(plan.table, stage)
        ahead = self._ahead(sweep, stage)
        into = (
            np.zeros((0, 0, sweep.n_beliefs)) if worth is None else worth,
            np.zeros((sweep.n_profiles, 0)) if flow is None else flow,
        )

        def look(first: int, stop: int) -> None:
            hindsight_kernels.look_back_rows(
                first, stop, part, plan.rows, chance, lessons, classes, sweep.redraws.belief, ways,
                ahead.worth, ahead.frozen, sweep.store, flow is not None, *into,
            )  # fmt: skip

        sweep.crew.run(look, len(part.states), LEAST_STATES)

    @staticmethod
    def _ways(sweep: Sweep, plan: RowsPlan, stage: int) -> Ways:
        """Spell out how all paths go through a stage, by status, redraw mask and profile."""
        n = sweep.n_profiles
        rows = [
            (old * n + p, new * n + q, tracker, update, plan.joint_of_profile[p],
             plan.reader_type[p], mask, sweep.redraws.chance[mask, q, p])
            for old, tracker, update, new in sweep.main_passages(stage)
            for mask in plan.masks
            for q, p in np.argwhere(sweep.redraws.chance[mask] > 0.0)
        ]  # fmt: skip
        *integer, share = np.array(rows).T
        return Ways(  # type: ignore[call-arg]
            *(one.astype(np.int32) for one in integer), share.astype(np.float64)
        )

    def _chain_worth(self, sweep: Sweep, plan: ChainPlan, stage: int) -> hindsight.ChainWorth:
        ahead = self._ahead(sweep, stage)
        return hindsight.worth_of_chain(
            plan, sweep.n_states, ahead, sweep.redraws.chance, sweep.crew
        )

    def _ahead(self, sweep: Sweep, stage: int) -> hindsight.Ahead:
        """Return what places after a stage are worth by the status with which play comes there."""
        worth = self._worth[sweep.period, stage + 1]
        after = hindsight.unsort(self.event.arrived(sweep.period, stage + 1), worth)
        frozen = self.event.frozen(sweep.period).astype(np.float64)
        return hindsight.Ahead(
            _by_lane(after),
            np.repeat(frozen, sweep.n_profiles, axis=0),
            sweep.redraws.belief,
        )

    # --- while it runs --------------------------------------------------------------------------

    def begin_period(self, sweep: Sweep) -> None:
        """Sort what begins a period by status."""
        self._sort(sweep, self.event.begun(sweep.period))
        self._drop_hopeless(sweep)

    def arrive(self, sweep: Sweep) -> None:
        """Sort what has come to a slot, and leave out what has ended without the event."""
        self._sort(sweep, self.event.arrived(sweep.period, sweep.slot))
        self._drop_hopeless(sweep)
        n_ended = sweep.ended.live.shape[1]
        live = sweep.ended.live.reshape(sweep.n_columns, sweep.n_statuses, n_ended)
        live *= self.event.frozen(sweep.period)

    def end_period(self, sweep: Sweep) -> None:
        """Sort by status as a period closes; after the last, all that is left fulfils the event."""
        if (sweep.period + 1, 0) in self._worth:
            self._sort(sweep, self.event.closed(sweep.period))
        else:
            self._is_over = True

    def _sort(self, sweep: Sweep, moves: Sequence[Move]) -> None:
        """Take mass of all columns over to other statuses, all moves at once."""
        mass, live = sweep.store.mass, sweep.store.live
        firsts = np.arange(sweep.n_columns) * sweep.n_statuses
        taken = []
        for move in moves:
            rows = move.rows[move.rows < sweep.n_states]
            column, row = np.nonzero(live[np.ix_(firsts + move.old, rows)])
            source, state = firsts[column] + move.old, rows[row]
            live[source, state] = 0
            taken.append((firsts[column] + move.new, state, mass[source, state]))
        for target, state, moved in taken:
            there = live[target, state] != 0
            mass[target[there], state[there]] += moved[there]
            mass[target[~there], state[~there]] = moved[~there]
            live[target, state] = 1

    def _drop_hopeless(self, sweep: Sweep) -> None:
        """Follow nothing on from where the event cannot come true any more."""
        hopeful = self._worth[sweep.period, sweep.slot].any(axis=(1, 3))
        live = sweep.store.live[:, : sweep.n_states]
        live *= np.tile(hopeful, (sweep.n_columns, 1))

    def add_classes(
        self, table: StageTable, stage: int, classes: Int[np.ndarray, "tracker row"]
    ) -> Int[np.ndarray, "owner row"]:
        """Add the classes of rows by the event's updates, alone and with each tracker's."""
        updates = self.event.updates[stage]
        own = np.zeros(classes.shape[1], classes.dtype)
        if updates is not None:
            own = row_updates(table, updates).astype(classes.dtype)
        return np.concatenate([classes, own[None], classes * self.event.n_updates(stage) + own])

    # --- what is read ---------------------------------------------------------------------------

    def weigh(
        self,
        sweep: Sweep,
        mass: Float[np.ndarray, "status state profile belief"],
        live: Bool[np.ndarray, "status state"],
    ) -> tuple[Float[np.ndarray, "state profile belief"], Bool[np.ndarray, "state"]]:
        """Return a column's mass by the chance that the event comes true."""
        worth: float | np.ndarray = 1.0
        if not self._is_over:
            worth = self._worth[sweep.period, sweep.slot].swapaxes(1, 2)
        counted = np.zeros(mass.shape)
        np.multiply(mass, worth, out=counted, where=live[:, :, None, None])
        return counted.sum(axis=0), live.max(axis=0)

    def weigh_states(self, sweep: Sweep, column: int, rows: Int[np.ndarray, "listed"]) -> float:
        """Return a column's mass in some states, by the chance that the event comes true."""
        rows, own = rows[rows < sweep.n_states], sweep.strands(column)
        status, row = np.nonzero(sweep.store.live[own][:, rows])
        mass = sweep.by_cell(sweep.store.mass[own][status, rows[row]])
        worth = self._worth[sweep.period, sweep.slot].swapaxes(1, 2)
        return float((mass * worth[status, rows[row]]).sum())

    def weigh_rows(
        self,
        sweep: Sweep,
        plan: RowsPlan,
        stage: int,
        part: Part,
        chance: Float[np.ndarray, "local_row joint belief"],
        lessons: Lessons,
    ) -> Float[np.ndarray, "profile row"]:
        """Return what passes each joint act, by the chance that the event comes true afterwards."""
        flow = np.zeros((sweep.n_profiles, plan.n_rows))
        self._pass_rows(sweep, plan, stage, part, chance, lessons, flow=flow)
        return flow

    def weigh_chain(
        self, sweep: Sweep, plan: ChainPlan, stage: int
    ) -> Float[np.ndarray, "profile paying"]:
        """Return what passes each payment of a chance stage, by the same chance."""
        if not len(plan.pay):
            return np.zeros((sweep.n_profiles, 1))
        worth = self._chain_worth(sweep, plan, stage)
        own = sweep.strands(0)  # of the main column
        live = sweep.store.live[own, : sweep.n_states, None] != 0
        mass = sweep.by_cell(np.where(live, sweep.store.mass[own, : sweep.n_states], 0.0))
        redraws = sweep.redraws
        passing = hindsight.weigh_chain(
            plan, _by_lane(mass.swapaxes(1, 2)), worth, redraws.belief, redraws.chance, sweep.crew
        )
        return np.asarray(passing.reshape(sweep.n_statuses, sweep.n_profiles, -1).sum(axis=0))


def _by_lane(
    values: Float[np.ndarray, "status profile state belief"],
) -> Float[np.ndarray, "lane state belief"]:
    """Join statuses and profiles to one axis; what is in one piece is not copied."""
    n_statuses, n_profiles, *places = values.shape
    return values.reshape(n_statuses * n_profiles, *places)


def _too_large(sweep: Sweep) -> TooLargeError:
    return TooLargeError(
        Problem(
            code="G543",
            path="cases",
            message=f"following play given an event would need more than {LARGEST_WORTH >> 30} "
            f"GiB.\nWhat makes it large: {sweep.n_statuses} statuses of the event, "
            f"{sweep.n_profiles} joint types, {sweep.n_states:,} states, {sweep.n_beliefs} belief "
            "points.",
            fix="ask for a simpler event, a coarser grid, or fewer levels.",
        )
    )
