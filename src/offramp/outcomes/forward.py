"""The forward pass: where play stands, with which beliefs, how likely, for each profile of types.

The joint distribution over (state, belief point) starts at a case's lottery, the prior and the
reference belief, and is pushed through the solver's operators, transposed: acts by the strategies,
beliefs by Bayes' rule and mean-preserving interpolation, chance by its chains. Nothing is sampled,
so the payoffs collected on the way equal the solver's values to rounding.

Beside the main column, which holds all paths, further *columns* of mass may run along: paths on
which something has not happened yet, or has and waits to be followed. Trackers own them: they say
what each column receives from at every stage, and move mass between columns afterwards.

Where a case is conditioned on an event, every column is split once more, by what is known of the
event on each path (its *status*), and whatever is read of a place counts by the chance that the
event comes true from there (`hindsight.py`). The start is scaled up by the chance of the event, so
that everything that is read is an expectation over the paths on which it comes true.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from typing import NamedTuple, Protocol

import numpy as np
from jaxtyping import Bool, Float, Int

from offramp.equilibrium.tasks import Crew
from offramp.errors import Problem, TooLargeError
from offramp.game import Game, StageTable
from offramp.outcomes import kernels, lesson_kernels
from offramp.outcomes.conditioned import Conditioned, Event
from offramp.outcomes.conditions import Condition, row_updates
from offramp.outcomes.kernels import Feeds, Profiles, Redraws, Store
from offramp.outcomes.lesson_kernels import Lessons, Likelihood, Part
from offramp.outcomes.operators import (
    ChainPlan,
    ChainRun,
    Learner,
    Redraw,
    RowsPlan,
    Types,
    belief_maps,
    plan_chain,
    plan_rows,
)

__all__ = ["ALL", "ALL_MEASURES", "MAIN", "Feed", "Play", "Sweep", "Tracker"]

MAIN = 0  # the column of all paths
ALL = -1  # in Feed.update: acts of every kind pass

SCRATCH = 64_000_000  # bytes of chances and lessons that are kept at a time
# bytes of inner states that a strand takes through a chain at a time: less would stay nearer to the
# processor, but makes rows so short that the loops over them cost more than the cache spares
TILE = 12_000_000
TASKS = 3  # ranges of strands per thread: each reads all lessons, so few, but uneven in work
ALL_MEASURES = "measures"  # the place of what they take together: fewer at a time take less
LARGEST_STORE = 12 << 30  # bytes of mass; most of it is never touched
LEAST_STATES = 64  # of one task that writes chances or lessons


class Feed(NamedTuple):
    """What a column receives at a stage: mass of `source`, by acts with a given update."""

    target: int
    source: int
    update: int = ALL


class Play(Protocol):
    """How everybody plays, and by which strategies everybody learns."""

    def log_played(
        self, period: int, stage: int, mover: int
    ) -> Float[np.ndarray, "option type belief"]:
        """Return log probabilities with which acts are taken (period and stage from 0)."""

    def log_believed(
        self, period: int, stage: int, mover: int
    ) -> Float[np.ndarray, "option type belief"]:
        """Return log probabilities with which others expect them."""
        ...

    def refuse_silence(
        self, period: int, stage: int, reached: Callable[[], Bool[np.ndarray, "state"]]
    ) -> None:
        """Raise if nothing is said about a free choice in a state that has been reached.

        Args:
            reached: Finds out where there is any mass.
        """


class Tracker(Protocol):
    """Owner of some columns."""

    @property
    def updates(self) -> Sequence[Int[np.ndarray, "*joint"] | None]:
        """Return, per stage, the number of the update of each combination of actions.

        One axis per mover; None for a chance stage.
        """
        ...

    def begin_period(self, sweep: Sweep) -> None:
        """Set columns up at the start of a period (at slot 0, after the roll)."""

    def before_stage(self, sweep: Sweep) -> None:
        """Prepare columns; the sweep stands before stage `sweep.slot`."""

    def feeds(self, stage: int) -> Iterable[Feed]:
        """Return what the columns receive at a stage; at a chance stage each from itself."""

    def after_stage(self, sweep: Sweep) -> None:
        """Read and move what has arrived (also in ended states, which are emptied afterwards)."""

    def end_period(self, sweep: Sweep) -> None:
        """Read the period's end, before the roll."""

    def rolls(self) -> Iterable[Feed]:
        """Return what the columns receive when the next period begins."""


class Witness(Protocol):
    """Records the main column."""

    def at_stage(self, sweep: Sweep, stage: int, flow: Float[np.ndarray, "profile row"]) -> None:
        """Record a stage: what passed each row (or each paying state of a chain)."""

    def at_arrival(self, sweep: Sweep) -> None:
        """Record where mass has arrived after a stage, ended states of this stage included."""

    def at_end(self, sweep: Sweep) -> None:
        """Record a period's end."""


class _Block(NamedTuple):
    """States whose chances and lessons fit into scratch together."""

    part: Part
    n_rows: int
    n_lessons: int


class Sweep:
    """One forward pass through a game.

    Attributes:
        period, slot: Where it stands (from 0); slot m is just before stage m.
        store: The columns' mass at the slot, by strand (column and status), state and cell (profile
            and belief).
        ended: What has reached ended states at the latest stage.
        settled: Mass of the main column that has ended so far.
        conditioned: The event that play is conditioned on, and what is known of it; None: on none.
    """

    def __init__(
        self,
        game: Game,
        play: Play,
        trackers: Sequence[Tracker],
        n_columns: int,
        *,
        profile_prior: Float[np.ndarray, "profile"] | None = None,
        learns: bool = True,
        event: Event | None = None,
        threads: int | None = None,
    ) -> None:
        self.game = game
        self.play = play
        self.trackers = trackers
        self.prior = game.prior if profile_prior is None else profile_prior
        self.types = Types.of(game, self.prior)
        self.learns = learns
        self.n_columns = n_columns
        self.n_profiles = len(game.profiles)
        self.n_beliefs = self.types.n_beliefs
        self.conditioned = Conditioned(event) if event is not None else None
        self.n_statuses = event.n_statuses if event is not None else 1
        self.n_cells = self.n_profiles * self.n_beliefs
        self.period = self.slot = 0
        self.crew = Crew(threads)
        maps = belief_maps(self.types)
        drawn = np.stack([self.types.redraw_chance(mask) for mask in range(len(maps))])
        self.redraws = Redraws(drawn, maps)
        self._plans: dict[int, RowsPlan | ChainPlan] = {}
        self._row_class: dict[int, np.ndarray] = {}
        self._spelt: dict[tuple[object, ...], Feeds] = {}
        self._allocate()

    def _allocate(self) -> None:
        n_strands = self.n_columns * self.n_statuses
        widest = max(len(codes) for codes in self.game.codes)
        n_ended = len(self.game.ended_codes)
        if 8 * n_strands * (2 * widest + n_ended) * self.n_cells > LARGEST_STORE:
            n_apart = self.n_statuses * self.n_profiles
            raise _too_large(self.n_columns, n_apart, widest, self.n_beliefs)
        self.store = new_store(n_strands, widest, self.n_cells)
        self._out = new_store(n_strands, widest, self.n_cells)
        self.ended = new_store(n_strands, n_ended, self.n_cells)
        self.settled = new_store(1, n_ended, self.n_cells)

    # --- the sweep ------------------------------------------------------------------------------

    def run(
        self,
        start: Float[np.ndarray, "state"],
        witness: Witness,
        n_periods: int,
        progress: Callable[[int, int], None] | None = None,
    ) -> None:
        """Push the start through all periods."""
        with self.crew:
            if self.conditioned is not None:
                self.conditioned.foresee(self, start, n_periods)
                if self.conditioned.chance == 0.0:
                    return
            self._begin(start)
            for self.period in range(n_periods):
                self.slot = 0
                if self.conditioned is not None:
                    self.conditioned.begin_period(self)
                for tracker in self.trackers:
                    tracker.begin_period(self)
                for stage in range(len(self.game.stage_names)):
                    self._stage(stage, witness)
                for tracker in self.trackers:
                    tracker.end_period(self)
                witness.at_end(self)
                if progress is not None:
                    progress(self.period + 1, n_periods)
                if self.period < n_periods - 1 or self.game.forever:
                    self._roll()

    def _begin(self, start: Float[np.ndarray, "state"]) -> None:
        states = np.flatnonzero(start)
        share = self.prior if self.conditioned is None else self.prior / self.conditioned.chance
        at_start = self.by_cell(np.zeros((len(states), self.n_cells)))
        at_start[:, :, self.game.grid.reference] = start[states][:, None] * share
        self.store.live[:, :] = 0
        self.store.live[MAIN, states] = 1
        self.store.mass[MAIN, states] = at_start.reshape(len(states), self.n_cells)

    def _stage(self, stage: int, witness: Witness) -> None:
        for tracker in self.trackers:
            tracker.before_stage(self)
        plan = self.plan(stage)
        self._out.live[:, :] = 0
        self.ended.live[:, :] = 0
        if isinstance(plan, RowsPlan):
            flow = self._push_rows(plan, stage)
        else:
            flow = self._push_chain(plan, stage)
        witness.at_stage(self, stage, flow)
        self.store, self._out = self._out, self.store
        self.slot = stage + 1
        if self.conditioned is not None:
            self.conditioned.arrive(self)
        witness.at_arrival(self)
        for tracker in self.trackers:
            tracker.after_stage(self)
        if not len(self.game.ended_codes):
            return
        # what all paths have just brought to ended states joins what ended before
        own, n_ended = self.strands(MAIN), len(self.game.ended_codes)
        kernels.absorb_rows(own.start, own.stop, n_ended, self.ended, self.settled)

    def _roll(self) -> None:
        """Take mass from a period's end into the next period."""
        if self.conditioned is not None:
            self.conditioned.end_period(self)
        found = (Feed(MAIN, MAIN), *(f for tracker in self.trackers for f in tracker.rolls()))
        if found not in self._spelt:
            self._spelt[found] = self._spell_out([(feed, 0) for feed in found])
        feeds = self._spelt[found]
        self._out.live[:, :] = 0

        def roll(first: int, stop: int) -> None:
            kernels.scatter_rows(
                first, stop, self.n_states, self._rolled, feeds, self.store, self._out
            )

        self.crew.run(roll, len(feeds.start) - 1, 1)
        self.store, self._out = self._out, self.store

    @cached_property
    def _rolled(self) -> Int[np.ndarray, "state"]:
        return self.game.roll.astype(np.int32)

    # --- what a stage does ----------------------------------------------------------------------

    @property
    def n_states(self) -> int:
        """States of the slot that can have been reached by this period."""
        row = min(self.period, len(self.game.n_reached) - 1)
        return int(self.game.n_reached[row, self.slot])

    def plan(self, stage: int) -> RowsPlan | ChainPlan:
        """Return the prepared table of a stage in this period."""
        table = self.game.table(self.period, stage)
        if id(table) not in self._plans:
            self._plans[id(table)] = (
                plan_chain(table) if table.rows is None else self._plan_rows(table)
            )
        return self._plans[id(table)]

    def _plan_rows(self, table: StageTable) -> RowsPlan:
        """Return a prepared table: all but its chances is shared by games of one structure."""
        assert table.rows is not None
        learns = self.learns and self.n_beliefs > 1
        sources = (table.movers, table.rows.successor, table.reader, table.hides)
        shared = self.game.structure.once(
            "rows that are pushed",
            (*sources, self.game.profiles, learns),
            lambda: plan_rows(table, self.game, learns=learns),
        )
        return shared.with_numbers(table)

    def _stage_feeds(self, stage: int) -> list[tuple[Feed, int]]:
        feeds = [(Feed(MAIN, MAIN), 0)]
        for number, tracker in enumerate(self.trackers):
            feeds += [(feed, number) for feed in tracker.feeds(stage)]
        return feeds

    def _feeds(self, plan: RowsPlan, stage: int) -> Feeds:
        """Return what all columns receive at a stage, spelt out when it is first asked for."""
        found = self._stage_feeds(stage)
        # what passes from status to status depends on the period
        key = (stage, self.period if self.conditioned is not None else 0, id(plan), *found)
        if key not in self._spelt:
            self._spelt[key] = self._spell_out(found, stage)
        return self._spelt[key]

    def _spell_out(self, found: Sequence[tuple[Feed, int]], stage: int = -1) -> Feeds:
        """Spell feeds out by status, sorted by the strand that receives.

        Args:
            stage: Whose acts lead from one status of the event to another; none: all keep theirs.
        """
        n = self.n_statuses
        counts = self.conditioned is None
        rows = [
            (feed.target * n + new, feed.source * n + old, tracker, update,
             counts and feed.target == MAIN)
            for feed, owner in found
            for old, tracker, update, new in self._passages(feed, owner, stage)
        ]  # fmt: skip
        rows.sort(key=lambda row: row[0])
        target, source, tracker, update, counted = np.array(rows, np.int32).T
        start = np.append(np.unique(target, return_index=True)[1], len(rows))
        return Feeds(  # type: ignore[call-arg]
            *(np.array(one, np.int32) for one in (start, target, source, tracker, update)),
            counted.astype(np.uint8),
        )

    def _passages(self, feed: Feed, owner: int, stage: int) -> list[tuple[int, int, int, int]]:
        """Return (old status, row of the classes and class that pass, new status) of a feed."""
        if self.conditioned is None:
            return [(0, owner, feed.update, 0)]
        if stage < 0:
            return [(status, owner, feed.update, status) for status in range(self.n_statuses)]
        event = self.conditioned.event
        n_owners = max(len(self.trackers), 1)
        found = []
        for old, update, new in event.steps(self.period, stage):
            if update == ALL:
                found.append((old, owner, feed.update, new))
            elif feed.update == ALL:
                found.append((old, n_owners, update, new))
            else:
                both = feed.update * event.n_updates(stage) + update
                found.append((old, n_owners + 1 + owner, both, new))
        return found

    def main_passages(self, stage: int) -> list[tuple[int, int, int, int]]:
        """Return how all paths pass a stage: old status, tracker and class of acts, new status."""
        return self._passages(Feed(MAIN, MAIN), 0, stage)

    def strategies(self, plan: RowsPlan, stage: int) -> tuple[list[np.ndarray], list[np.ndarray]]:
        """Return how the movers of a stage play, and are expected to."""
        movers = range(len(plan.seats))
        played = [self.play.log_played(self.period, stage, k) for k in movers]
        if not plan.learners:
            return played, played
        return played, [self.play.log_believed(self.period, stage, k) for k in movers]

    def _push_rows(self, plan: RowsPlan, stage: int) -> Float[np.ndarray, "profile row"]:
        feeds = self._feeds(plan, stage)
        profiles = Profiles(plan.joint_of_profile, plan.reader_type)
        flow = np.zeros((self.n_profiles, plan.n_rows))
        self.play.refuse_silence(self.period, stage, self._reached)
        played, believed = self.strategies(plan, stage)
        row_class = self.row_classes(plan.table, stage)
        for block in self.blocks(plan, self._live_states()):
            chance = self.chances(plan, block, played)
            lessons = self.lessons(plan, block, believed)

            def push(
                first: int,
                stop: int,
                block: _Block = block,
                chance: np.ndarray = chance,
                lessons: Lessons = lessons,
            ) -> None:
                kernels.push_rows(
                    first, stop, block.part, plan.rows, chance, lessons, row_class, profiles,
                    self.redraws, feeds, self.store, self._out, self.ended, flow,
                )  # fmt: skip

            n_tasks = len(feeds.start) - 1
            self.crew.run(push, n_tasks, -(-n_tasks // (TASKS * self.crew.threads)))
            if self.conditioned is not None:
                flow[:] += self.conditioned.weigh_rows(
                    self, plan, stage, block.part, chance, lessons
                )
        return flow

    def _reached(self) -> Bool[np.ndarray, "state"]:
        """Return where there is any mass."""
        return self.state_totals(MAIN).max(axis=0) > 0.0

    def row_classes(self, table: StageTable, stage: int) -> Int[np.ndarray, "tracker row"]:
        """Return the number of the update of each row, as each tracker numbers them."""
        if id(table) not in self._row_class:
            assert table.rows is not None
            classes = np.zeros((max(len(self.trackers), 1), len(table.rows.option)), np.int16)
            for number, tracker in enumerate(self.trackers):
                updates = tracker.updates[stage]
                if updates is not None and updates.any():
                    classes[number] = row_updates(table, updates)
            if self.conditioned is not None:
                classes = self.conditioned.add_classes(table, stage, classes)
            self._row_class[id(table)] = classes
        return self._row_class[id(table)]

    def _live_states(self) -> Int[np.ndarray, "listed"]:
        """Return the states that hold any mass."""
        states = np.empty(self.n_states, np.int32)
        return states[: kernels.list_live(self.store.live, states)]

    def blocks(self, plan: RowsPlan, states: Int[np.ndarray, "listed"]) -> Iterable[_Block]:
        """Cut states into blocks whose chances and lessons fit in scratch."""
        per_row = 8 * self.n_beliefs * plan.n_joint
        per_lesson = 12 * self.n_beliefs * self._n_corners(plan)
        local_row, local_lesson = np.empty_like(states), np.empty_like(states)
        begin, cost = 0, 0
        while begin < len(states):
            end, n_rows, n_lessons, cost = lesson_kernels.lay_block(
                begin, states, plan.rows.start, plan.lesson_start, per_row, per_lesson, cost,
                SCRATCH, local_row, local_lesson,
            )  # fmt: skip
            own = slice(begin, end)
            yield _Block(Part(states[own], local_row[own], local_lesson[own]), n_rows, n_lessons)
            begin = end

    def _n_corners(self, plan: RowsPlan) -> int:
        return math.prod(self.types.n_types[one.typed] for one in plan.learners)

    def chances(
        self, plan: RowsPlan, block: _Block, played: Sequence[np.ndarray]
    ) -> Float[np.ndarray, "local_row joint belief"]:
        """Return the chance of each row of a block: the product of its movers' strategies."""
        chance = np.empty((block.n_rows, plan.n_joint, self.n_beliefs))
        if not plan.seats:
            chance[:] = 1.0
        for k, seat in enumerate(plan.seats):
            self._write_chances(plan, block, k, played[k], seat.type_of_joint, k == 0, chance)
        return chance

    def _write_chances(
        self,
        plan: RowsPlan,
        block: _Block,
        mover: int,
        log_strategy: np.ndarray,
        type_of_joint: np.ndarray,
        is_first: bool,
        chance: np.ndarray,
    ) -> None:
        option = plan.seats[mover].option

        def write(first: int, stop: int) -> None:
            lesson_kernels.write_chances(
                first, stop, block.part, plan.rows.start, option, log_strategy, type_of_joint,
                is_first, chance,
            )  # fmt: skip

        self.crew.run(write, len(block.part.states), LEAST_STATES)

    def lessons(self, plan: RowsPlan, block: _Block, believed: Sequence[np.ndarray]) -> Lessons:
        """Return where what is seen in a block takes each belief."""
        if not plan.learners:
            return lesson_kernels.NO_LESSONS
        shape = (block.n_lessons, self.n_beliefs, self._n_corners(plan))
        lessons = Lessons(
            plan.kind,
            plan.signal_of_entry,
            np.zeros(block.n_lessons, np.uint8),
            np.empty(shape, np.int32),
            np.empty(shape),
        )
        done = 0
        for learner in plan.learners:
            likelihood = self._likelihood(plan, block, learner, believed)
            simplex = self.types.simplex(learner.typed)

            def find(
                first: int,
                stop: int,
                likelihood: Likelihood = likelihood,
                simplex: lesson_kernels.Simplex = simplex,
                done: int = done,
            ) -> None:
                lesson_kernels.find_lessons(
                    first, stop, block.part, plan.lesson_start, likelihood, simplex, done, lessons
                )

            self.crew.run(find, len(block.part.states), LEAST_STATES)
            done = max(done, 1) * self.types.n_types[learner.typed]
        return lessons

    def _likelihood(
        self, plan: RowsPlan, block: _Block, learner: Learner, believed: Sequence[np.ndarray]
    ) -> Likelihood:
        """Return log-likelihoods: the mover's own strategy, or sums over what looks alike."""
        if not learner.by_signal:
            return Likelihood(believed[learner.mover], learner.source, False)
        others = self._log_others(plan, block, learner, believed)
        n_types = self.types.n_types[learner.typed]
        log = np.empty((block.n_lessons, n_types, self.n_beliefs))
        own = believed[learner.mover] if learner.mover >= 0 else np.empty((0, 1, self.n_beliefs))
        reads_own = plan.table.reader == learner.typed
        chance = plan.rows.chance if reads_own else np.ascontiguousarray(plan.rows.chance[:, :1])

        def weigh(first: int, stop: int) -> None:
            lesson_kernels.weigh_signals(
                first, stop, block.part, plan.lesson_start, plan.member_start, plan.member,
                plan.row_of_entry, learner.option, own, plan.rows.start, others, chance, log,
            )  # fmt: skip

        self.crew.run(weigh, len(block.part.states), LEAST_STATES)
        return Likelihood(log, learner.source, True)

    def _log_others(
        self, plan: RowsPlan, block: _Block, learner: Learner, believed: Sequence[np.ndarray]
    ) -> Float[np.ndarray, "local_row belief"]:
        """Return the log chance of the acts of movers without types.

        Those of other movers with types are the same for all that looks alike, since only one of
        a stage's movers with types may act covertly.
        """
        chance = np.ones((block.n_rows, 1, self.n_beliefs))
        others = [k for k, one in enumerate(plan.seats) if k != learner.mover and not one.is_typed]
        for k in others:
            first = k == others[0]
            self._write_chances(plan, block, k, believed[k], np.zeros(1, np.int32), first, chance)
        with np.errstate(divide="ignore"):
            return np.log(chance[:, 0])

    def _push_chain(self, plan: ChainPlan, stage: int) -> Float[np.ndarray, "profile paying"]:
        flow = np.zeros((self.n_profiles, max(len(plan.pay), 1)))
        if self.conditioned is not None:
            flow = self.conditioned.weigh_chain(self, plan, stage)
        columns = sorted({feed.target for feed, _ in self._stage_feeds(stage)})
        strands = np.array([k for c in columns for k in self._numbers(c)], np.int32)
        inflow, n_states = self.store, self.n_states
        for number, part in enumerate(plan.parts):
            is_last = number == len(plan.parts) - 1
            n_strands = int(strands[-1]) + 1
            out = self._out if is_last else new_store(n_strands, plan.n_inner, self.n_cells)
            if isinstance(part, ChainRun):
                self._take_run(part, plan, strands, n_states, inflow, out, flow)
            else:
                self._redraw(part, plan, strands, inflow, out, flow)
            inflow, n_states = out, plan.n_inner
        return flow

    def _take_run(
        self,
        run: ChainRun,
        plan: ChainPlan,
        strands: Int[np.ndarray, "active"],
        n_states: int,
        inflow: Store,
        out: Store,
        flow: Float[np.ndarray, "profile paying"],
    ) -> None:
        """Push all columns through a run of effects, strand by strand."""
        counts = self.conditioned is None  # with an event, flows are weighed elsewhere
        fitting = max(TILE // (8 * max(plan.n_inner, 1)), 8)
        n_chunks = -(-self.n_cells // fitting)
        chunk = -(-self.n_cells // n_chunks)

        def push(first: int, stop: int) -> None:
            kernels.push_chain(
                first, stop, strands, n_states, plan.n_inner, chunk, run.enter, run.leave,
                run.steps, inflow, out, self.ended, counts, flow,
            )  # fmt: skip

        self.crew.run(push, len(strands), 1)

    def _redraw(
        self,
        redraw: Redraw,
        plan: ChainPlan,
        strands: Int[np.ndarray, "active"],
        inflow: Store,
        out: Store,
        flow: Float[np.ndarray, "profile paying"],
    ) -> None:
        """Push inner states through an effect that draws types afresh."""
        if self.conditioned is None:
            own = slice(redraw.flow_start, redraw.flow_start + len(redraw.inner))
            here = inflow.live[MAIN, redraw.inner] != 0
            passing = self.by_cell(inflow.mass[MAIN, redraw.inner[here]])
            flow[:, own][:, here] = passing.sum(axis=2).T

        def push(first: int, stop: int) -> None:
            kernels.push_redraw(
                first, stop, strands, plan.n_inner, redraw.affected_of, redraw.table, self.redraws,
                inflow, out, self.ended,
            )  # fmt: skip

        self.crew.run(push, len(strands), 1)

    # --- what trackers and witnesses may ask ----------------------------------------------------

    def move(
        self, source: int, condition: Condition, target: int = -1, *, keeps: bool = False
    ) -> float:
        """Move a column's mass where a condition holds (to nowhere, if no target is given).

        Returns:
            How much was moved (or, with `keeps`, copied).
        """
        if condition.nowhere:
            return 0.0
        moved = weighed = 0.0
        if self.conditioned is not None:
            weighed = self.conditioned.weigh_states(self, source, condition.rows)
        for status, strand in enumerate(self._numbers(source)):
            to = self._numbers(target)[status] if target >= 0 else -1
            moved += kernels.move_rows(condition.rows, strand, to, keeps, self.store)
        return moved if self.conditioned is None else weighed

    def clear(self, column: int) -> None:
        """Empty a column."""
        self.store.live[self.strands(column)] = 0

    def strands(self, column: int) -> slice:
        """Return the strands of a column, status by status."""
        return slice(column * self.n_statuses, (column + 1) * self.n_statuses)

    def _numbers(self, column: int) -> range:
        own = self.strands(column)
        return range(own.start, own.stop)

    def by_cell(
        self, mass: Float[np.ndarray, "*places cell"]
    ) -> Float[np.ndarray, "*places profile belief"]:
        """Return mass by profile and belief, without copying it."""
        return mass.reshape(*mass.shape[:-1], self.n_profiles, self.n_beliefs)

    def held(
        self, column: int, n_states: int | None = None
    ) -> tuple[Float[np.ndarray, "state profile belief"], Bool[np.ndarray, "state"]]:
        """Return a column's mass, and where there is any: elsewhere it may be anything.

        With an event, each place counts by the chance that it comes true from there.

        Args:
            n_states: How many states of the slot are wanted; default: those reached by now.
        """
        n = self.n_states if n_states is None else n_states
        mass = self.by_cell(self.store.mass[self.strands(column), :n])
        live = self.store.live[self.strands(column), :n] != 0
        return (
            (mass[0], live[0])
            if self.conditioned is None
            else self.conditioned.weigh(self, mass, live)
        )

    def state_totals(self, column: int) -> Float[np.ndarray, "profile state"]:
        """Return a column's mass by profile and state of the slot."""
        if self.conditioned is not None:
            return np.asarray(self.held(column)[0].sum(axis=2).T)
        total = np.zeros((self.n_profiles, self.n_states))
        kernels.total_states(column, self.n_states, self.store.mass, self.store.live, total)
        return total

    def belief_totals(self, column: int) -> Float[np.ndarray, "profile belief"]:
        """Return a column's mass by profile and belief point."""
        if self.conditioned is not None:
            return np.asarray(self.held(column)[0].sum(axis=0))
        total = np.zeros(self.n_cells)
        kernels.total_beliefs(column, self.n_states, self.store.mass, self.store.live, total)
        return self.by_cell(total)

    def settled_states(self) -> Float[np.ndarray, "profile ended"]:
        """Return the mass of play that has ended so far by profile and ended state."""
        n_ended = self.settled.live.shape[1]
        total = np.zeros((self.n_profiles, n_ended))
        kernels.total_states(0, n_ended, self.settled.mass, self.settled.live, total)
        return total

    def settled_beliefs(self) -> Float[np.ndarray, "profile belief"]:
        """Return the mass of play that has ended so far by profile and belief point."""
        total = np.zeros(self.n_cells)
        n_ended = self.settled.live.shape[1]
        kernels.total_beliefs(0, n_ended, self.settled.mass, self.settled.live, total)
        return self.by_cell(total)

    def settled_mass(
        self,
    ) -> tuple[Float[np.ndarray, "ended profile belief"], Bool[np.ndarray, "ended"]]:
        """Return the mass of play that has ended so far, and where there is any."""
        return self.by_cell(self.settled.mass[0]), self.settled.live[0] != 0

    def just_ended(
        self, column: int
    ) -> tuple[Int[np.ndarray, "listed"], Float[np.ndarray, "listed"]]:
        """Return the ended states that a column has reached at this stage, and its mass there."""
        n_ended = len(self.game.ended_codes)
        if not n_ended:
            return np.zeros(0, np.int64), np.zeros(0)
        total = np.zeros((self.n_profiles, n_ended))
        for strand in self._numbers(column):
            kernels.total_states(strand, n_ended, self.ended.mass, self.ended.live, total)
        mass = total.sum(axis=0)
        rows = np.flatnonzero(mass)
        return rows, mass[rows]


def new_store(n_strands: int, n_states: int, n_cells: int) -> Store:
    """Return an empty store. Its mass is not cleared: rows that are not live are never read."""
    return Store(
        np.empty((n_strands, n_states, n_cells)), np.zeros((n_strands, n_states), np.uint8)
    )


def _too_large(n_columns: int, n_profiles: int, n_states: int, n_beliefs: int) -> TooLargeError:
    return TooLargeError(
        Problem(
            code="G543",
            path=ALL_MEASURES,
            message=f"following play would need more than {LARGEST_STORE >> 30} GiB.\n"
            f"What makes it large: {n_columns} columns of paths that the measures keep apart, "
            f"{n_profiles} joint types, {n_states:,} states, {n_beliefs} belief points.",
            fix="ask for fewer measures at a time (`measures=`), a coarser grid, or fewer levels.",
        )
    )
