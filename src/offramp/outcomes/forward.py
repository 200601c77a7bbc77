"""The forward pass: where play stands, with which beliefs, how likely, for each profile of types.

The joint distribution over (state, belief point) starts at a case's lottery, the prior and the
reference belief, and is pushed through the solver's operators, transposed: acts by the strategies,
beliefs by Bayes' rule and mean-preserving interpolation, chance by its chains. Nothing is sampled,
so the payoffs collected on the way equal the solver's values to rounding.

Beside the main column, which holds all paths, further *columns* of mass may run along: paths on
which something has not happened yet, or has and waits to be followed. Trackers own them: they say
what each column receives from at every stage, and move mass between columns afterwards.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple, Protocol

import numpy as np
from jaxtyping import Float, Int

from offramp.game import Game, StageTable
from offramp.outcomes import kernels
from offramp.outcomes.conditions import Condition, row_updates
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

__all__ = ["ALL", "MAIN", "Feed", "Play", "Sweep", "Tracker"]

MAIN = 0  # the column of all paths
ALL = -1  # in Feed.update: acts of every kind pass

SCRATCH = 4_000_000  # bytes of likelihoods and weights that are worked on at a time: half a cache
CHUNK = 12  # beliefs that go through a chain together


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


class Tracker(Protocol):
    """Owner of some columns.

    Attributes:
        updates: Per stage, the number of the update of each combination of actions, one axis per
            mover; None for a chance stage.
    """

    updates: Sequence[Int[np.ndarray, "*joint"] | None]

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
    """Rows of some states that are worked on together."""

    states: np.ndarray
    local_row: np.ndarray
    local_lesson: np.ndarray
    n_rows: int
    n_lessons: int


class _Tasks(NamedTuple):
    """Feeds sorted by the pair that receives, as the kernels want them."""

    out: np.ndarray
    start: np.ndarray
    source: np.ndarray
    tracker: np.ndarray
    update: np.ndarray
    profile: np.ndarray
    redraw: np.ndarray
    share: np.ndarray
    flow: np.ndarray


class Sweep:
    """One forward pass through a game.

    Attributes:
        period, slot: Where it stands (from 0); slot m is just before stage m.
        mass, live: The columns' mass at the slot, by pair (column times profiles), state, belief.
        ended, ended_live: What has reached ended states at the latest stage.
        settled: Mass of the main column that ended at earlier stages.
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
        self.period = self.slot = 0
        self._maps = belief_maps(self.types)
        self._redraw_chance = {m: self.types.redraw_chance(m) for m in range(len(self._maps))}
        self._plans: dict[int, RowsPlan | ChainPlan] = {}
        self._row_class: dict[int, np.ndarray] = {}
        self._allocate()

    def _allocate(self) -> None:
        n_pairs = self.n_columns * self.n_profiles
        widest = max(len(codes) for codes in self.game.codes)
        self.mass = np.empty((n_pairs, widest, self.n_beliefs))
        self.live = np.zeros((n_pairs, widest), np.uint8)
        self._out = np.empty_like(self.mass)
        self._out_live = np.zeros_like(self.live)
        n_ended = max(len(self.game.ended_codes), 1)
        self.ended = np.empty((n_pairs, n_ended, self.n_beliefs))
        self.ended_live = np.zeros((n_pairs, n_ended), np.uint8)
        self.settled = np.empty((self.n_profiles, n_ended, self.n_beliefs))
        self.settled_live = np.zeros((self.n_profiles, n_ended), np.uint8)

    # --- the sweep ------------------------------------------------------------------------------

    def run(
        self,
        start: Float[np.ndarray, "state"],
        witness: Witness,
        n_periods: int,
        progress: Callable[[int, int], None] | None = None,
    ) -> None:
        """Push the start through all periods."""
        self._begin(start)
        for self.period in range(n_periods):
            self.slot = 0
            for tracker in self.trackers:
                tracker.begin_period(self)
            for stage in range(len(self.game.stage_names)):
                self._stage(stage, witness)
            for tracker in self.trackers:
                tracker.end_period(self)
            witness.at_end(self)
            if progress is not None:
                progress(self.period + 1, n_periods)
            if self.period < n_periods - 1:
                self._roll()

    def _begin(self, start: Float[np.ndarray, "state"]) -> None:
        states = np.flatnonzero(start)
        self.live[:, :] = 0
        reference = self.game.grid.reference
        for p in range(self.n_profiles):
            self.mass[p, states] = 0.0
            self.mass[p, states, reference] = start[states] * self.prior[p]
            self.live[p, states] = self.prior[p] > 0.0

    def _stage(self, stage: int, witness: Witness) -> None:
        for tracker in self.trackers:
            tracker.before_stage(self)
        plan = self.plan(stage)
        self._out_live[:, :] = 0
        self.ended_live[:, :] = 0
        if isinstance(plan, RowsPlan):
            flow = self._push_rows(plan, stage)
        else:
            flow = self._push_chain(plan, stage)
        witness.at_stage(self, stage, flow)
        self._swap()
        self.slot = stage + 1
        witness.at_arrival(self)
        for tracker in self.trackers:
            tracker.after_stage(self)
        self._settle()

    def _swap(self) -> None:
        self.mass, self._out = self._out, self.mass
        self.live, self._out_live = self._out_live, self.live

    def _settle(self) -> None:
        """Add what the main column has just brought to ended states to what ended before."""
        if len(self.game.ended_codes):
            kernels.absorb_rows(
                len(self.game.ended_codes), MAIN, MAIN, self.n_profiles,
                self.ended, self.ended_live, self.settled, self.settled_live,
            )  # fmt: skip

    def _roll(self) -> None:
        feeds = [Feed(MAIN, MAIN), *(f for tracker in self.trackers for f in tracker.rolls())]
        tasks = self._tasks([(f, 0) for f in feeds], (0,))
        self._out_live[:, :] = 0
        kernels.scatter_rows(
            self.n_states, self.game.roll.astype(np.int32), tasks.out, tasks.start, tasks.source,
            self.mass, self.live, self._out, self._out_live,
        )  # fmt: skip
        self._swap()

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
                plan_chain(table)
                if table.rows is None
                else plan_rows(table, self.game, self.types, learns=self.learns)
            )
        return self._plans[id(table)]

    def _stage_feeds(self, stage: int) -> list[tuple[Feed, int]]:
        feeds = [(Feed(MAIN, MAIN), 0)]
        for number, tracker in enumerate(self.trackers):
            feeds += [(feed, number) for feed in tracker.feeds(stage)]
        return feeds

    def _tasks(self, feeds: Sequence[tuple[Feed, int]], masks: Sequence[int]) -> _Tasks:
        """Spell feeds out by profile and redraw mask, sorted by the pair that receives."""
        n = self.n_profiles
        found = []
        for feed, tracker in feeds:
            for mask in masks:
                for q, p in np.argwhere(self._redraw_chance[mask] > 0.0):
                    share = self._redraw_chance[mask][q, p]
                    counts = feed.target == MAIN and mask == 0
                    found.append(
                        (feed.target * n + q, feed.source * n + p, tracker, feed.update, p, mask,
                         share, p if counts else -1)
                    )  # fmt: skip
        found.sort(key=lambda one: one[0])
        columns = list(zip(*found, strict=True))
        out, first = np.unique(np.array(columns[0]), return_index=True)
        integer = [np.array(column, np.int32) for column in columns]
        return _Tasks(
            out=out.astype(np.int32),
            start=np.append(first, len(found)).astype(np.int32),
            source=integer[1],
            tracker=integer[2],
            update=integer[3],
            profile=integer[4],
            redraw=integer[5],
            share=np.array(columns[6], np.float64),
            flow=integer[7],
        )

    def _push_rows(self, plan: RowsPlan, stage: int) -> Float[np.ndarray, "profile row"]:
        tasks = self._tasks(self._stage_feeds(stage), plan.masks)
        flow = np.zeros((self.n_profiles, plan.n_rows))
        movers = range(len(plan.seats))
        played = [self.play.log_played(self.period, stage, k) for k in movers]
        believed = played
        if plan.learners:
            believed = [self.play.log_believed(self.period, stage, k) for k in movers]
        row_class = self._row_classes(plan.table, stage)
        for block in self._blocks(plan):
            chance = self._chances(plan, block, played)
            corner, weight = self._lessons(plan, block, believed)
            kernels.push_rows(
                block.states, block.local_row, plan.row_start, chance, plan.entry_start,
                plan.successor, plan.chance, plan.redraw, row_class, plan.kind,
                block.local_lesson, plan.signal_of_entry, corner, weight, self._maps,
                tasks.out, tasks.start, tasks.source, tasks.tracker, tasks.update,
                plan.joint_of_profile[tasks.profile], plan.reader_type[tasks.profile],
                tasks.redraw, tasks.share, tasks.flow, self.mass, self.live,
                self._out, self._out_live, self.ended, self.ended_live, flow,
            )  # fmt: skip
        return flow

    def _row_classes(self, table: StageTable, stage: int) -> Int[np.ndarray, "tracker row"]:
        if id(table) not in self._row_class:
            assert table.rows is not None
            classes = np.zeros((max(len(self.trackers), 1), len(table.rows.option)), np.int8)
            for number, tracker in enumerate(self.trackers):
                updates = tracker.updates[stage]
                if updates is not None:
                    classes[number] = row_updates(table, updates)
            self._row_class[id(table)] = classes
        return self._row_class[id(table)]

    def _blocks(self, plan: RowsPlan) -> Iterable[_Block]:
        """Cut the states that hold any mass into blocks whose scratch stays in the cache."""
        states = np.flatnonzero(self.live[:, : self.n_states].any(axis=0)).astype(np.int32)
        if not len(states):
            return
        n_corners = int(np.prod([self.types.n_types[one.typed] for one in plan.learners]))
        per_row = 8 * self.n_beliefs * plan.n_joint
        per_lesson = 12 * self.n_beliefs * n_corners if plan.learners else 0
        rows = _counts(plan.row_start, states)
        lessons = _counts(plan.lesson_start, states)
        cost = np.cumsum(rows * per_row + lessons * per_lesson)
        cuts = np.flatnonzero(np.diff(cost // SCRATCH, prepend=0))
        for part, n_row, n_lesson in zip(
            np.split(states, cuts), np.split(rows, cuts), np.split(lessons, cuts), strict=True
        ):
            if len(part):
                yield _Block(
                    part, _offsets(n_row), _offsets(n_lesson), int(n_row.sum()), int(n_lesson.sum())
                )

    def _chances(
        self, plan: RowsPlan, block: _Block, played: Sequence[np.ndarray]
    ) -> Float[np.ndarray, "local_row joint belief"]:
        """Return the chance of each row of a block: the product of its movers' strategies."""
        shape = (block.n_rows, plan.n_joint, self.n_beliefs)
        chance = np.empty(shape) if plan.seats else np.ones(shape)
        for k, seat in enumerate(plan.seats):
            kernels.write_chances(
                block.states, block.local_row, plan.row_start, seat.option, played[k],
                seat.type_of_joint, k == 0, chance,
            )  # fmt: skip
        return chance

    def _lessons(
        self, plan: RowsPlan, block: _Block, believed: Sequence[np.ndarray]
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return where each lesson of a block takes each belief: grid points and weights."""
        n_corners = int(np.prod([self.types.n_types[one.typed] for one in plan.learners]))
        n_lessons = block.n_lessons if plan.learners else 1
        corner = np.empty((n_lessons, self.n_beliefs, n_corners), np.int32)
        weight = np.empty((n_lessons, self.n_beliefs, n_corners))
        done = 0
        for learner in plan.learners:
            simplex = self.types.simplexes[learner.typed]
            log_likelihood = self._likelihood(plan, block, learner, believed)
            kernels.find_lessons(
                block.states, block.local_lesson, plan.lesson_start, learner.source,
                learner.by_signal, log_likelihood, self.types.component(learner.typed),
                self.types.stride[learner.typed], simplex.points, simplex.resolution,
                simplex.cell_start, simplex.piece, simplex.inverse, done, corner, weight,
            )  # fmt: skip
            done = max(done, 1) * self.types.n_types[learner.typed]
        return corner, weight

    def _likelihood(
        self, plan: RowsPlan, block: _Block, learner: Learner, believed: Sequence[np.ndarray]
    ) -> Float[np.ndarray, "source type belief"]:
        """Return log-likelihoods: the mover's own strategy, or sums over what looks alike."""
        if not learner.by_signal:
            return believed[learner.mover]
        others = self._log_others(plan, block, learner, believed)
        n_types = self.types.n_types[learner.typed]
        log_likelihood = np.empty((block.n_lessons, n_types, self.n_beliefs))
        own = believed[learner.mover] if learner.mover >= 0 else np.empty((0, 1, self.n_beliefs))
        reads_own = plan.table.reader == learner.typed
        kernels.weigh_signals(
            block.states, block.local_lesson, plan.lesson_start, plan.member_start, plan.member,
            plan.row_of_entry, learner.option, own, block.local_row, plan.row_start, others,
            plan.chance if reads_own else np.ascontiguousarray(plan.chance[:, :1]), n_types,
            log_likelihood,
        )  # fmt: skip
        return log_likelihood

    def _log_others(
        self, plan: RowsPlan, block: _Block, learner: Learner, believed: Sequence[np.ndarray]
    ) -> Float[np.ndarray, "local_row belief"]:
        """Return the log chance of the acts of movers without types.

        Those of other movers with types are the same for all that looks alike, since only one of
        a stage's movers with types may act covertly.
        """
        chance = np.ones((block.n_rows, 1, self.n_beliefs))
        first = True
        for k, seat in enumerate(plan.seats):
            if k != learner.mover and not seat.is_typed:
                kernels.write_chances(
                    block.states, block.local_row, plan.row_start, seat.option, believed[k],
                    np.zeros(1, np.int32), first, chance,
                )  # fmt: skip
                first = False
        with np.errstate(divide="ignore"):
            return np.log(chance[:, 0])

    def _push_chain(self, plan: ChainPlan, stage: int) -> Float[np.ndarray, "profile paying"]:
        flow = np.zeros((self.n_profiles, max(len(plan.pay), 1)))
        columns = sorted({feed.target for feed, _ in self._stage_feeds(stage)})
        pairs = np.array(
            [c * self.n_profiles + p for c in columns for p in range(self.n_profiles)], np.int32
        )
        mass, live, n_states = self.mass, self.live, self.n_states
        for number, part in enumerate(plan.parts):
            is_last = number == len(plan.parts) - 1
            out, out_live = (
                (self._out, self._out_live) if is_last else self._inner_arrays(plan, pairs)
            )
            if isinstance(part, ChainRun):
                kernels.push_chain(
                    pairs, n_states, plan.n_inner, min(CHUNK, self.n_beliefs), part.enter,
                    part.leave, part.step_start, part.in_place, part.inner, part.entry_start,
                    part.successor, part.chance, part.flow_of, mass, live, out, out_live,
                    self.ended, self.ended_live, flow,
                )  # fmt: skip
            else:
                self._redraw(part, plan, columns, mass, live, out, out_live, flow)
            mass, live, n_states = out, out_live, plan.n_inner
        return flow

    def _inner_arrays(self, plan: ChainPlan, pairs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        n_pairs = int(pairs.max()) + 1
        return (
            np.empty((n_pairs, plan.n_inner, self.n_beliefs)),
            np.zeros((n_pairs, plan.n_inner), np.uint8),
        )

    def _redraw(
        self,
        part: Redraw,
        plan: ChainPlan,
        columns: Sequence[int],
        mass: np.ndarray,
        live: np.ndarray,
        out: np.ndarray,
        out_live: np.ndarray,
        flow: np.ndarray,
    ) -> None:
        """Push inner states through an effect that draws types afresh."""
        own = slice(part.flow_start, part.flow_start + len(part.inner))
        here = live[: self.n_profiles, part.inner] != 0
        passing = mass[: self.n_profiles, part.inner].sum(axis=2, where=here[:, :, None])
        flow[:, own] = passing
        tasks = self._tasks([(Feed(c, c), 0) for c in columns], part.masks)
        kernels.push_redraw(
            plan.n_inner, part.affected_of, part.entry_start, part.successor, part.chance,
            part.redraw, self._maps, tasks.out, tasks.start, tasks.source, tasks.redraw,
            tasks.share, mass, live, out, out_live, self.ended, self.ended_live,
        )  # fmt: skip

    # --- what trackers and witnesses may ask ----------------------------------------------------

    def move(
        self, source: int, condition: Condition, target: int = -1, *, keeps: bool = False
    ) -> Float[np.ndarray, "profile"]:
        """Move a column's mass where a condition holds (to nowhere, if no target is given)."""
        moved = np.zeros(self.n_profiles)
        if not condition.nowhere:
            kernels.move_rows(
                condition.rows, condition.where, source, target, keeps, self.n_profiles,
                self.mass, self.live, moved,
            )  # fmt: skip
        return moved

    def clear(self, column: int) -> None:
        """Empty a column."""
        self.live[self.pairs(column)] = 0

    def pairs(self, column: int) -> slice:
        """Return the pairs of a column."""
        return slice(column * self.n_profiles, (column + 1) * self.n_profiles)

    def state_totals(self, column: int) -> Float[np.ndarray, "profile state"]:
        """Return a column's mass by profile and state of the slot."""
        total = np.empty((self.n_profiles, self.n_states))
        kernels.total_states(column * self.n_profiles, self.n_states, self.mass, self.live, total)
        return total

    def belief_totals(self, column: int) -> Float[np.ndarray, "profile belief"]:
        """Return a column's mass by profile and belief point."""
        total = np.empty((self.n_profiles, self.n_beliefs))
        kernels.total_beliefs(column * self.n_profiles, self.n_states, self.mass, self.live, total)
        return total

    def expect(
        self, column: int, values: Float[np.ndarray, "profile_or_1 state belief_or_1"]
    ) -> float:
        """Return the sum of a column's mass times a function of profile, state and belief."""
        if values.shape[2] == 1:
            return float(np.sum(self.state_totals(column) * values[:, : self.n_states, 0]))
        mass = self.mass[self.pairs(column), : self.n_states]
        live = self.live[self.pairs(column), : self.n_states] != 0
        return float(np.sum(mass * values[:, : self.n_states], where=live[:, :, None]))

    def just_ended(
        self, column: int
    ) -> tuple[Int[np.ndarray, "listed"], Float[np.ndarray, "profile listed belief"]]:
        """Return the ended states that a column has just reached, and its mass there."""
        live = self.ended_live[self.pairs(column)] != 0
        rows = np.flatnonzero(live.any(axis=0))
        mass = self.ended[self.pairs(column)][:, rows]
        return rows, np.where(live[:, rows, None], mass, 0.0)


def weigh_ended(
    rows: Int[np.ndarray, "listed"],
    mass: Float[np.ndarray, "profile listed belief"],
    condition: Condition,
) -> Float[np.ndarray, "profile listed belief"]:
    """Return the part of ended mass at which a condition on ended states holds."""
    held = np.zeros((condition.where.shape[0], len(rows), condition.where.shape[2]))
    _, here, there = np.intersect1d(rows, condition.rows, assume_unique=True, return_indices=True)
    held[:, here] = condition.where[:, there]
    return mass * held


def _counts(start: np.ndarray, states: np.ndarray) -> np.ndarray:
    return start[states + 1] - start[states]


def _offsets(counts: np.ndarray) -> np.ndarray:
    return (np.cumsum(counts) - counts).astype(np.int32)
