"""What a place of play is worth: the chance that an event comes true from there on.

The backward pass under given strategies, stage by stage, in the forward pass's own tables and
feeds. A *lane* is a profile of types together with a status of the event. Only cases that are
conditioned on an event come here, with few columns: arrays suffice, no kernel is compiled for it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

from offramp.outcomes.kernels import BY_ENTRY, STILL, Feeds, Lessons, Part
from offramp.outcomes.operators import ChainPlan, ChainRun, Redraw, RowsPlan

__all__ = [
    "Ahead",
    "ChainWorth",
    "Move",
    "ranges",
    "sum_by",
    "unsort",
    "weigh_chain",
    "worth_of_chain",
    "worth_of_rows",
]

PIECE = 32_000_000  # bytes of results, split by belief, that are looked at together


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


def ranges(
    start: Int[np.ndarray, "listed"], count: Int[np.ndarray, "listed"]
) -> Int[np.ndarray, "all"]:
    """Return the numbers `start … start + count - 1` of each, one after another."""
    offset = np.cumsum(count) - count
    return np.arange(int(count.sum())) + np.repeat(start - offset, count)


def sum_by(
    values: Float[np.ndarray, "listed *rest"], key: Int[np.ndarray, "listed"], n: int
) -> Float[np.ndarray, "key *rest"]:
    """Sum values by a key that never falls."""
    total = np.zeros((n, *values.shape[1:]))
    first = np.flatnonzero(np.diff(key, prepend=-1))
    if len(first):
        total[key[first]] = np.add.reduceat(values, first, axis=0)
    return total


# --- stages with movers, or whose results teach -------------------------------------------------


def worth_of_rows(
    plan: RowsPlan,
    part: Part,
    chance: Float[np.ndarray, "local_row joint belief"],
    lessons: Lessons,
    row_class: Int[np.ndarray, "tracker row"],
    feeds: Feeds,
    ahead: Ahead,
) -> Iterator[tuple[int, Float[np.ndarray, "local_row belief"]]]:
    """Yield, for each lane, the chance that each joint act is taken and the event comes true."""
    table, states = plan.rows, part.states
    n_rows = table.start[states + 1] - table.start[states]
    rows = ranges(table.start[states], n_rows)
    n_entries = table.entry_start[rows + 1] - table.entry_start[rows]
    entries = ranges(table.entry_start[rows], n_entries)
    row_of = np.repeat(np.arange(len(rows)), n_entries)
    lesson = row_of
    if lessons.kind == BY_ENTRY:
        first = np.repeat(part.local_lesson, n_rows)
        lesson = first[row_of] + lessons.of_entry[entries]
    found: dict[int, np.ndarray] = {}
    joint: dict[int, int] = {}
    for f in range(len(feeds.source)):
        lane = int(feeds.source[f])
        share = table.chance[entries, feeds.reader[f]] * feeds.share[f]
        share = share * (table.redraw[entries] == feeds.redraw[f])
        if feeds.update[f] >= 0:
            share = share * (row_class[feeds.tracker[f], rows] == feeds.update[f])[row_of]
        if lane not in found:
            found[lane] = np.zeros((len(rows), chance.shape[2]))
            joint[lane] = int(feeds.joint[f])
        for some in _pieces(np.flatnonzero(share), lessons):
            worth = ahead.read(
                int(feeds.target[f]), table.successor[entries[some]], int(feeds.redraw[f])
            )
            if lessons.kind != STILL:
                _unlearn(lessons, lesson[some], worth)
            worth *= share[some, None]
            found[lane] += sum_by(worth, row_of[some], len(rows))
    for lane, worth in found.items():
        yield lane, worth * chance[:, joint[lane]]


def _pieces(listed: Int[np.ndarray, "listed"], lessons: Lessons) -> list[np.ndarray]:
    _, n_beliefs, n_corners = lessons.corner.shape
    size = max(PIECE // (8 * n_beliefs * (n_corners + 2)), 1)
    return np.split(listed, np.arange(size, len(listed), size)) if len(listed) else []


def _unlearn(
    lessons: Lessons, lesson: Int[np.ndarray, "entry"], worth: Float[np.ndarray, "entry belief"]
) -> None:
    """Replace worth by the belief afterwards with that by the belief before."""
    moved = np.flatnonzero(lessons.moves[lesson])
    if not len(moved):
        return
    at = lesson[moved]
    corner = lessons.corner[at]
    flat = corner.reshape(len(at), -1)
    read = np.take_along_axis(worth[moved], flat, axis=1).reshape(corner.shape)
    worth[moved] = (read * lessons.weight[at]).sum(axis=2)


# --- chance stages ------------------------------------------------------------------------------


class ChainWorth(NamedTuple):
    """What places before a chance stage are worth, and those before each of its payments."""

    entering: Float[np.ndarray, "lane state belief"]
    paying: Float[np.ndarray, "lane paying belief"]


def worth_of_chain(
    plan: ChainPlan,
    n_states: int,
    ahead: Ahead,
    redraw_chance: Mapping[int, Float[np.ndarray, "profile profile"]],
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
        leave = np.minimum(part.leave, worth.shape[1] - 1)
        worth = worth[:, leave]
        for lane in range(n_lanes):
            _run_back(part, ahead._replace(worth=worth), lane, paying[lane])
        enter = part.enter[:n_states] if part is plan.parts[0] else part.enter
        worth = worth[:, enter]
    return ChainWorth(worth, paying)


def _note_paying(
    paying: Float[np.ndarray, "paying belief"], part: Redraw, before: np.ndarray
) -> None:
    stop = part.flow_start + len(part.inner)
    if stop <= len(paying):
        paying[part.flow_start : stop] = before


def _run_back(
    run: ChainRun, inside: Ahead, lane: int, paying: Float[np.ndarray, "paying belief"]
) -> None:
    """Take worth back through a run of effects, in place."""
    steps = run.steps
    for k in reversed(range(len(steps.in_place))):
        own = slice(int(steps.step_start[k]), int(steps.step_start[k + 1]))
        counts = np.diff(steps.entry_start[own.start : own.stop + 1])
        entries = slice(int(steps.entry_start[own.start]), int(steps.entry_start[own.stop]))
        ahead = inside.read(lane, steps.successor[entries], 0)
        ahead *= steps.chance[entries, None]
        before = sum_by(ahead, np.repeat(np.arange(len(counts)), counts), len(counts))
        inside.worth[lane, steps.inner[own]] = before
        pays = steps.flow_of[own] >= 0
        paying[steps.flow_of[own][pays]] = before[pays]


def _before_redraw(
    part: Redraw,
    worth: Float[np.ndarray, "lane inner belief"],
    ahead: Ahead,
    redraw_chance: Mapping[int, Float[np.ndarray, "profile profile"]],
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
    redraw_chance: Mapping[int, Float[np.ndarray, "profile profile"]],
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
            own = np.arange(part.flow_start, part.flow_start + len(part.inner))
            passing = _taken(held, part.inner, own, worth, flow)
            _draw(part, passing, held, maps, redraw_chance)
        else:
            _run_on(part, held, worth, flow)
    return flow


def _taken(
    held: Float[np.ndarray, "lane inner belief"],
    inner: Int[np.ndarray, "affected"],
    number: Int[np.ndarray, "affected"],
    worth: ChainWorth,
    flow: Float[np.ndarray, "lane paying"],
) -> Float[np.ndarray, "lane affected belief"]:
    """Take mass out where an effect comes, and count what it pays for."""
    passing = held[:, inner]
    held[:, inner] = 0.0
    pays = (number >= 0) & (number < flow.shape[1])
    at = number[pays]
    flow[:, at] += (passing[:, pays] * worth.paying[:, at]).sum(axis=2)
    return passing


def _run_on(
    run: ChainRun,
    held: Float[np.ndarray, "lane inner belief"],
    worth: ChainWorth,
    flow: Float[np.ndarray, "lane paying"],
) -> None:
    steps = run.steps
    for k in range(len(steps.in_place)):
        own = slice(int(steps.step_start[k]), int(steps.step_start[k + 1]))
        passing = _taken(held, steps.inner[own], steps.flow_of[own], worth, flow)
        counts = np.diff(steps.entry_start[own.start : own.stop + 1])
        entries = slice(int(steps.entry_start[own.start]), int(steps.entry_start[own.stop]))
        row = np.repeat(np.arange(len(counts)), counts)
        goes = steps.successor[entries] >= 0
        sent = passing[:, row[goes]] * steps.chance[entries][goes][:, None]
        for lane in range(len(held)):
            np.add.at(held[lane], steps.successor[entries][goes], sent[lane])


def _draw(
    part: Redraw,
    passing: Float[np.ndarray, "lane affected belief"],
    held: Float[np.ndarray, "lane inner belief"],
    maps: Int[np.ndarray, "mask belief"],
    redraw_chance: Mapping[int, Float[np.ndarray, "profile profile"]],
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
