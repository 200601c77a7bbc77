"""What a place of play is worth: the chance that an event comes true from there on.

The backward pass under given strategies through chance stages and between statuses, in the forward
pass's own tables; stages with acts are left to a kernel. A *lane* is a profile of types together
with a status of the event.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

from offramp.equilibrium.tasks import Crew
from offramp.outcomes import hindsight_kernels
from offramp.outcomes.operators import ChainPlan, ChainRun, Redraw

__all__ = [
    "Ahead",
    "ChainWorth",
    "Move",
    "unsort",
    "weigh_chain",
    "worth_of_chain",
]


class Move(NamedTuple):
    """States of a slot in which a path goes over from one status of an event to another."""

    old: int
    new: int
    rows: Int[np.ndarray, "listed"]


class Ahead(NamedTuple):
    """What is known of the places after a stage.

    Attributes:
        worth: Of each place in which play goes on; `frozen`: of each ended state, 0 or 1.
        maps: Where each redraw mask takes each belief point.
    """

    worth: Float[np.ndarray, "lane state belief"]
    frozen: Float[np.ndarray, "lane ended"]
    maps: Int[np.ndarray, "mask belief"]

    def read(
        self, lane: int, successor: Int[np.ndarray, "entry"], mask: int
    ) -> Float[np.ndarray, "entry belief"]:
        """Return what successors are worth by the belief before types are drawn afresh."""
        # what no period has reached yet is never passed: any worth will do there
        at = np.clip(successor, 0, self.worth.shape[1] - 1)
        found = self.worth[lane][at][:, self.maps[mask]] if mask else self.worth[lane][at]
        ended = successor < 0
        found[ended] = self.frozen[lane][-1 - successor[ended]][:, None]
        return found


def unsort(
    moves: Sequence[Move], worth: Float[np.ndarray, "status profile state belief"]
) -> Float[np.ndarray, "status profile state belief"]:
    """Return what places are worth by the status before moves, from that after them."""
    found = worth.copy()
    for move in moves:
        rows = move.rows[move.rows < worth.shape[2]]
        found[move.old][:, rows] = worth[move.new][:, rows]
    return found


def sum_by(
    values: Float[np.ndarray, "listed *rest"], key: Int[np.ndarray, "listed"], n: int
) -> Float[np.ndarray, "key *rest"]:
    """Sum values by a key that never falls."""
    total = np.zeros((n, *values.shape[1:]))
    first = np.flatnonzero(np.diff(key, prepend=-1))
    if len(first):
        total[key[first]] = np.add.reduceat(values, first, axis=0)
    return total


# --- chance stages ------------------------------------------------------------------------------


class ChainWorth(NamedTuple):
    """What places before a chance stage are worth, and those before each of its payments."""

    entering: Float[np.ndarray, "lane state belief"]
    paying: Float[np.ndarray, "lane paying belief"]


def worth_of_chain(
    plan: ChainPlan,
    n_states: int,
    ahead: Ahead,
    redraw_chance: Float[np.ndarray, "mask profile profile"],
    crew: Crew,
) -> ChainWorth:
    """Return what places before a chance stage are worth, its last effect first."""
    n_lanes, _, n_beliefs = ahead.worth.shape
    paying = np.zeros((n_lanes, len(plan.pay), n_beliefs))
    worth = ahead.worth
    for part in reversed(plan.parts):
        if isinstance(part, Redraw):
            worth = worth.copy()
            for lane, before in enumerate(_before_redraw(part, worth, ahead, redraw_chance)):
                worth[lane, part.inner] = before
                _note_paying(paying[lane], part, before)
            continue
        inside = np.empty((n_lanes, plan.n_inner, n_beliefs))
        _run_back(part, ahead._replace(worth=worth), crew, inside, paying)
        enter = part.enter[:n_states] if part is plan.parts[0] else part.enter
        worth = np.ascontiguousarray(inside[:, enter])
    return ChainWorth(worth, paying)


def _note_paying(
    paying: Float[np.ndarray, "paying belief"], part: Redraw, before: np.ndarray
) -> None:
    stop = part.flow_start + len(part.inner)
    if stop <= len(paying):
        paying[part.flow_start : stop] = before


def _run_back(
    run: ChainRun,
    ahead: Ahead,
    crew: Crew,
    inside: Float[np.ndarray, "lane inner belief"],
    paying: Float[np.ndarray, "lane paying belief"],
) -> None:
    """Take worth back through a run of effects."""

    def back(first: int, stop: int) -> None:
        hindsight_kernels.look_back_run(
            first, stop, run.leave, run.steps, ahead.worth, ahead.frozen, inside, paying
        )

    crew.run(back, len(inside), 1)


def _before_redraw(
    part: Redraw,
    worth: Float[np.ndarray, "lane inner belief"],
    ahead: Ahead,
    redraw_chance: Float[np.ndarray, "mask profile profile"],
) -> Iterator[Float[np.ndarray, "affected belief"]]:
    """Yield, lane by lane, what affected places are worth before types are drawn afresh."""
    after = ahead._replace(worth=worth.copy())
    n_profiles = len(redraw_chance[0])
    counts = np.diff(part.table.entry_start)
    row = np.repeat(np.arange(len(counts)), counts)
    for lane in range(len(worth)):
        status, p = divmod(lane, n_profiles)
        before = np.zeros((len(counts), worth.shape[2]))
        for mask in part.masks:
            drawn = np.flatnonzero(part.table.redraw == mask)
            share = part.table.chance[drawn, 0]
            for q in np.flatnonzero(redraw_chance[mask][:, p]):
                to = status * n_profiles + int(q)
                found = after.read(to, part.table.successor[drawn], mask)
                found *= (share * redraw_chance[mask][q, p])[:, None]
                before += sum_by(found, row[drawn], len(counts))
        yield before


def weigh_chain(
    plan: ChainPlan,
    mass: Float[np.ndarray, "lane state belief"],
    worth: ChainWorth,
    maps: Int[np.ndarray, "mask belief"],
    redraw_chance: Float[np.ndarray, "mask profile profile"],
    crew: Crew,
) -> Float[np.ndarray, "lane paying"]:
    """Return what passes each payment of a chance stage, by what it is worth there."""
    n_lanes, n_states, n_beliefs = mass.shape
    flow = np.zeros((n_lanes, len(plan.pay)))
    held = np.zeros((n_lanes, plan.n_inner, n_beliefs))
    enter = plan.parts[0].enter  # type: ignore[union-attr]  # the first part is a run
    for lane in range(n_lanes):
        np.add.at(held[lane], enter[:n_states], mass[lane])
    for part in plan.parts:
        if isinstance(part, Redraw):
            passing = _taken(part, held, worth, flow)
            _draw(part, passing, held, maps, redraw_chance)
        else:

            def run_on(first: int, stop: int, part: ChainRun = part) -> None:
                hindsight_kernels.weigh_run(first, stop, part.steps, worth.paying, held, flow)

            crew.run(run_on, n_lanes, 1)
    return flow


def _taken(
    part: Redraw,
    held: Float[np.ndarray, "lane inner belief"],
    worth: ChainWorth,
    flow: Float[np.ndarray, "lane paying"],
) -> Float[np.ndarray, "lane affected belief"]:
    """Take mass out where types are drawn afresh, and count what it pays for."""
    passing = held[:, part.inner]
    held[:, part.inner] = 0.0
    own = slice(part.flow_start, part.flow_start + len(part.inner))
    if own.stop <= flow.shape[1]:
        flow[:, own] += (passing * worth.paying[:, own]).sum(axis=2)
    return passing


def _draw(
    part: Redraw,
    passing: Float[np.ndarray, "lane affected belief"],
    held: Float[np.ndarray, "lane inner belief"],
    maps: Int[np.ndarray, "mask belief"],
    redraw_chance: Float[np.ndarray, "mask profile profile"],
) -> None:
    """Send mass on from where types are drawn afresh."""
    table, n_profiles = part.table, len(redraw_chance[0])
    row = np.repeat(np.arange(len(part.inner)), np.diff(table.entry_start))
    for mask in part.masks:
        drawn = np.flatnonzero((table.redraw == mask) & (table.successor >= 0))
        place = (table.successor[drawn][:, None], maps[mask][None, :])
        for lane in range(len(held)):
            status, p = divmod(lane, n_profiles)
            sent = passing[lane, row[drawn]] * table.chance[drawn, 0][:, None]
            for q in np.flatnonzero(redraw_chance[mask][:, p]):
                np.add.at(
                    held[status * n_profiles + int(q)], place, sent * redraw_chance[mask][q, p]
                )
