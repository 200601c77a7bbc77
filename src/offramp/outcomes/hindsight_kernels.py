"""Compiled loops of the backward pass: what places are worth, from what those after them are.

They go the other way through the forward pass's own tables: what its kernels send from a place to
others, these read from the others. A *lane* is a profile of types together with a status of the
event whose chance is asked.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int16, Int32

from offramp.equilibrium.kernels.cache import kernel, part, spot
from offramp.outcomes.kernels import ChainSteps, RowTable
from offramp.outcomes.kernels import Store as Mass
from offramp.outcomes.lesson_kernels import BY_ENTRY, BY_ROW, Lessons, Part

__all__ = ["Ways", "look_back_rows", "look_back_run", "weigh_run"]


class Ways(NamedTuple):
    """How all paths go through a stage with acts, from lane to lane.

    Attributes:
        update: Only rows of this class pass, as the tracker numbers them; -1: all.
        joint: Joint type of the stage's movers in the source's profile; `reader`: its column of
            chances.
        redraw: Only entries with this redraw mask pass.
        share: Weight of what passes: 1, or the chance that the redrawn types come out so.
    """

    source: Int32[np.ndarray, "way"]
    target: Int32[np.ndarray, "way"]
    tracker: Int32[np.ndarray, "way"]
    update: Int32[np.ndarray, "way"]
    joint: Int32[np.ndarray, "way"]
    reader: Int32[np.ndarray, "way"]
    redraw: Int32[np.ndarray, "way"]
    share: Float[np.ndarray, "way"]


@part
def _read_on(
    lane: int,
    n: int,
    mask: int,
    belief_map: Int32[np.ndarray, "mask belief"],
    after: Float[np.ndarray, "lane state belief"],
    frozen: Float[np.ndarray, "lane ended"],
    read: Float[np.ndarray, "belief"],
) -> None:
    """Write what a result leads to is worth, by the belief before types are drawn afresh."""
    if n < 0:
        for b in range(read.size):
            read[b] = frozen[lane, -1 - n]
    elif mask:
        for b in range(read.size):
            read[b] = after[lane, n, spot(belief_map[mask, b])]
    else:
        for b in range(read.size):
            read[b] = after[lane, n, b]


@part
def _unlearn(
    lesson: int,
    lessons: Lessons,
    share: float,
    read: Float[np.ndarray, "belief"],
    total: Float[np.ndarray, "belief"],
) -> None:
    """Add worth by the belief before a lesson, from that by the belief after it."""
    corner, weight = lessons.corner, lessons.weight
    for b in range(read.size):
        mean = 0.0
        for c in range(corner.shape[2]):
            mean += weight[lesson, b, c] * read[spot(corner[lesson, b, c])]
        total[b] += share * mean


@kernel
def look_back_rows(
    first: int,
    stop: int,
    part: Part,
    table: RowTable,
    chance: Float[np.ndarray, "local_row joint belief"],
    lessons: Lessons,
    row_class: Int16[np.ndarray, "tracker row"],
    belief_map: Int32[np.ndarray, "mask belief"],
    ways: Ways,
    after: Float[np.ndarray, "lane state belief"],
    frozen: Float[np.ndarray, "lane ended"],
    mass: Mass,
    weighs: bool,
    worth: Float[np.ndarray, "lane state belief"],
    flow: Float[np.ndarray, "profile row"],
) -> None:
    """Add what some states before a stage are worth, or what passes each joint act by its worth.

    Args:
        first, stop: Of the part's states.
        weighs: Fill `flow`, from the mass before the stage; else `worth`.
    """
    n_beliefs, n_profiles = after.shape[2], mass.mass.shape[2] // after.shape[2]
    read, total, known = np.empty(n_beliefs), np.empty(n_beliefs), np.empty(n_beliefs)
    for i in range(first, stop):
        s = part.states[i]
        for r in range(table.start[s], table.start[s + 1]):
            here = part.local_row[i] + r - table.start[s]
            for f in range(ways.source.size):
                lane, mask = ways.source[f], ways.redraw[f]
                status, p = lane // n_profiles, lane % n_profiles
                if weighs and not mass.live[status, s]:
                    continue
                if ways.update[f] >= 0 and row_class[ways.tracker[f], r] != ways.update[f]:
                    continue
                for b in range(n_beliefs):
                    total[b] = 0.0
                for e in range(table.entry_start[r], table.entry_start[r + 1]):
                    share = table.chance[e, ways.reader[f]] * ways.share[f]
                    if table.redraw[e] != mask or share == 0.0:
                        continue
                    _read_on(
                        ways.target[f], table.successor[e], mask, belief_map, after, frozen, read
                    )
                    lesson = here
                    if lessons.kind == BY_ENTRY:
                        lesson = part.local_lesson[i] + lessons.of_entry[e]
                    if lessons.kind == BY_ENTRY and lessons.moves[lesson]:
                        _unlearn(lesson, lessons, share, read, total)
                    else:
                        for b in range(n_beliefs):
                            total[b] += share * read[b]
                lesson = part.local_lesson[i] + r - table.start[s]
                if lessons.kind == BY_ROW and lessons.moves[lesson]:
                    for b in range(n_beliefs):
                        known[b] = total[b]
                        total[b] = 0.0
                    _unlearn(lesson, lessons, 1.0, known, total)
                joint = ways.joint[f]
                if weighs:
                    passing = 0.0
                    for b in range(n_beliefs):
                        held = mass.mass[status, s, p * n_beliefs + b]
                        passing += held * chance[here, joint, b] * total[b]
                    flow[p, r] += passing
                else:
                    for b in range(n_beliefs):
                        worth[lane, s, b] += chance[here, joint, b] * total[b]


@kernel
def look_back_run(
    first: int,
    stop: int,
    leave: Int32[np.ndarray, "inner"],
    steps: ChainSteps,
    after: Float[np.ndarray, "lane state belief"],
    frozen: Float[np.ndarray, "lane ended"],
    inside: Float[np.ndarray, "lane inner belief"],
    paying: Float[np.ndarray, "lane paying belief"],
) -> None:
    """Write what places inside a run of effects are worth before it, for some lanes.

    Args:
        paying: Overwritten where an effect pays: what its places are worth before it.
    """
    n_beliefs = after.shape[2]
    largest = 1
    for k in range(steps.in_place.size):
        largest = max(largest, steps.step_start[k + 1] - steps.step_start[k])
    before = np.empty((largest, n_beliefs))
    for lane in range(first, stop):
        for n in range(leave.size):
            # what no period has reached yet is never passed: any worth will do there
            to = min(leave[n], after.shape[1] - 1)
            for b in range(n_beliefs):
                inside[lane, n, b] = after[lane, to, b] if to >= 0 else 0.0
        for k in range(steps.in_place.size - 1, -1, -1):
            begin, end = steps.step_start[k], steps.step_start[k + 1]
            for a in range(begin, end):
                for b in range(n_beliefs):
                    before[a - begin, b] = 0.0
                for e in range(steps.entry_start[a], steps.entry_start[a + 1]):
                    n, share = steps.successor[e], steps.chance[e]
                    for b in range(n_beliefs):
                        read = inside[lane, n, b] if n >= 0 else frozen[lane, -1 - n]
                        before[a - begin, b] += share * read
            for a in range(begin, end):
                for b in range(n_beliefs):
                    inside[lane, steps.inner[a], b] = before[a - begin, b]
                    if steps.flow_of[a] >= 0:
                        paying[lane, steps.flow_of[a], b] = before[a - begin, b]


@kernel
def weigh_run(
    first: int,
    stop: int,
    steps: ChainSteps,
    paying: Float[np.ndarray, "lane paying belief"],
    held: Float[np.ndarray, "lane inner belief"],
    flow: Float[np.ndarray, "lane paying"],
) -> None:
    """Push mass through a run of effects, in place; count what passes payments by its worth."""
    n_beliefs = held.shape[2]
    largest = 1
    for k in range(steps.in_place.size):
        largest = max(largest, steps.step_start[k + 1] - steps.step_start[k])
    passing = np.empty((largest, n_beliefs))
    for lane in range(first, stop):
        for k in range(steps.in_place.size):
            begin, end = steps.step_start[k], steps.step_start[k + 1]
            for a in range(begin, end):
                number = steps.flow_of[a]
                for b in range(n_beliefs):
                    passing[a - begin, b] = held[lane, steps.inner[a], b]
                    held[lane, steps.inner[a], b] = 0.0
                    if number >= 0:
                        flow[lane, number] += passing[a - begin, b] * paying[lane, number, b]
            for a in range(begin, end):
                for e in range(steps.entry_start[a], steps.entry_start[a + 1]):
                    if steps.successor[e] < 0:
                        continue
                    for b in range(n_beliefs):
                        share = steps.chance[e] * passing[a - begin, b]
                        held[lane, steps.successor[e], b] += share
