r"""Boxes: where, among all assumptions, the worlds of interest lie (a policy fails, a claim falls).

PRIM, the patient rule induction method [FriedmanFisher1999]: from all worlds, peel off again and
again a thin slice at the end of one number, or one setting, whichever raises the share of interest
most per weight removed; then paste back what still raises it. Each step trades *coverage* (how much
of all that is of interest lies inside) for *density* (how much of what lies inside is of interest).
The next box is sought among the worlds that the first leaves.

A restriction's quasi-p-value is the chance to see at least as many worlds of interest if it were
lifted and its worlds were taken at random [BryantLempert2010]. It is no test: the restriction was
chosen by the same worlds.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int
from scipy.stats import binom

from offramp.exploration.drawn import Drawn
from offramp.exploration.weighing import even_out

__all__ = [
    "Box",
    "BoxFound",
    "Trajectory",
    "find_boxes",
    "peel_box",
    "quasi_p_values",
    "whole_box",
    "worlds_in",
]

End = Literal["low", "high"]
ENDS: tuple[End, End] = ("high", "low")

MOST_RESTRICTED = 5
ROUNDING = 1e-12  # of summed weights, as a share of the sum
TIE = 1e-9  # of two gains, relative to the greater


@dataclass(frozen=True)
class Box:
    """A conjunction of intervals and of subsets of settings.

    Attributes:
        low, high: Ends that still belong to the box; infinite where not restricted.
        kept: Whether each setting is allowed. All true of numbers, and beyond an assumption's
            last setting.
    """

    low: Float[np.ndarray, "assumption"]
    high: Float[np.ndarray, "assumption"]
    kept: Bool[np.ndarray, "assumption setting"]

    def restricted(self) -> Bool[np.ndarray, "assumption"]:
        """Return which assumptions the box restricts."""
        return np.isfinite(self.low) | np.isfinite(self.high) | ~self.kept.all(axis=1)

    def without(self, assumption: int) -> Box:
        """Return the box with all restrictions of one assumption lifted."""
        box = Box(self.low.copy(), self.high.copy(), self.kept.copy())
        box.low[assumption], box.high[assumption] = -np.inf, np.inf
        box.kept[assumption] = True
        return box


@dataclass(frozen=True)
class Trajectory:
    """Boxes from all worlds down to the last, and from there what was pasted back.

    Attributes:
        coverage: Weight of interest inside, of all weight of interest.
        density: Weight of interest inside, of the weight inside.
        mass: Weight inside, of all weight.
        n_restricted: Drawn that the box restricts.
        n_worlds, n_interest: Inside, whatever they weigh.
        first_paste: Index of the first box that was pasted; the number of boxes if none was.
    """

    boxes: tuple[Box, ...]
    coverage: Float[np.ndarray, "box"]
    density: Float[np.ndarray, "box"]
    mass: Float[np.ndarray, "box"]
    n_restricted: Int[np.ndarray, "box"]
    n_worlds: Int[np.ndarray, "box"]
    n_interest: Int[np.ndarray, "box"]
    first_paste: int


class BoxFound(NamedTuple):
    """A chosen box, the trajectory it was chosen from, and its quasi-p-values.

    `chosen` is the place in the trajectory of the box from which it was lifted. `at` has one entry,
    of the box itself; shares are of all worlds, those of earlier boxes included.
    """

    box: Box
    chosen: int
    at: Trajectory
    quasi_p: Float[np.ndarray, "assumption"]
    trajectory: Trajectory


@dataclass(frozen=True)
class _Sample:
    """Worlds and what they weigh; `free` are those that earlier boxes left."""

    worlds: Drawn
    interest: Bool[np.ndarray, "world"]
    weight: Float[np.ndarray, "world"]
    free: Bool[np.ndarray, "world"]

    @classmethod
    def of(
        cls,
        worlds: Drawn,
        interest: np.ndarray,
        weights: np.ndarray | None,
        free: np.ndarray | None = None,
    ) -> _Sample:
        if interest.shape != (worlds.n_worlds,):
            raise ValueError(
                f"{worlds.n_worlds} worlds, but {interest.size} said to be of interest"
            )
        everywhere = np.ones(worlds.n_worlds, dtype=bool)
        return cls(
            worlds,
            interest.astype(bool),
            even_out(weights, worlds.n_worlds),
            everywhere if free is None else free,
        )

    def density(self, inside: np.ndarray) -> float:
        mass = self.weight[inside].sum()
        return float(self.weight[inside & self.interest].sum() / mass) if mass > 0 else 0.0


def whole_box(assumptions: Drawn) -> Box:
    """Return the box that restricts nothing."""
    n = len(assumptions.names)
    most = max([1, *map(len, assumptions.settings)])
    return Box(np.full(n, -np.inf), np.full(n, np.inf), np.ones((n, most), dtype=bool))


def worlds_in(box: Box, assumptions: Drawn) -> Bool[np.ndarray, "world"]:
    """Return which worlds lie in a box."""
    inside = np.ones(assumptions.n_worlds, dtype=bool)
    for k in np.flatnonzero(box.restricted()):
        inside &= _meets(box, assumptions, int(k))
    return inside


def _meets(box: Box, assumptions: Drawn, k: int) -> Bool[np.ndarray, "world"]:
    column = assumptions.value[:, k]
    if assumptions.settings[k]:
        return box.kept[k][column.astype(np.int64)]
    return (column >= box.low[k]) & (column <= box.high[k])


# --- peeling and pasting --------------------------------------------------------------------------


def peel_box(
    assumptions: Drawn,
    interest: Bool[np.ndarray, "world"],
    *,
    weights: Float[np.ndarray, "world"] | None = None,
    free: Bool[np.ndarray, "world"] | None = None,
    peel: float = 0.05,
    paste: float = 0.05,
    least_mass: float = 0.05,
) -> Trajectory:
    """Return the boxes of one run of PRIM.

    Of equally good slices the one that restricts fewer assumptions is taken, then the first.

    Args:
        interest: Which worlds are of interest.
        free: Worlds that belong to no earlier box; None for all.
        peel, paste: Share of the box's weight that a step takes off or adds.
        least_mass: Of all weight, below which no box is peeled.

    Raises:
        ValueError: `interest` or weights that do not fit the worlds.
    """
    sample = _Sample.of(assumptions, interest, weights, free)
    boxes = [whole_box(assumptions)]
    inside = sample.free.copy()
    while (step := _best(sample, inside, boxes[-1], _peels(sample, inside, boxes[-1], peel))) and (
        sample.weight[step.inside].sum() >= least_mass - ROUNDING
    ):
        boxes.append(step.box)
        inside = step.inside
    first_paste = len(boxes)
    while step := _best(sample, inside, boxes[-1], _pastes(sample, inside, boxes[-1], paste)):
        boxes.append(step.box)
        inside = step.inside
    return _trajectory(sample, boxes, first_paste)


class _Step(NamedTuple):
    box: Box
    inside: Bool[np.ndarray, "world"]


def _best(sample: _Sample, inside: np.ndarray, box: Box, steps: Iterator[_Step]) -> _Step | None:
    """Return the step that raises density most per weight moved, if any raises it."""
    before, mass = sample.density(inside), sample.weight[inside].sum()
    best, fewest = 0.0, 0
    found: _Step | None = None
    for step in steps:
        moved = abs(sample.weight[step.inside].sum() - mass)
        if moved <= 0 or not step.inside.any():
            continue
        gain = (sample.density(step.inside) - before) / moved
        n_restricted = int(step.box.restricted().sum())
        # steps that move as many worlds are equally good often; rounding must not choose
        is_equal = abs(gain - best) <= TIE * best
        if gain > 0 and (n_restricted < fewest if is_equal else gain > best):
            best, fewest, found = gain, n_restricted, step
    return found


def _peels(sample: _Sample, inside: np.ndarray, box: Box, share: float) -> Iterator[_Step]:
    worlds = sample.worlds
    for k, settings in enumerate(worlds.settings):
        if settings:
            present = [s for s in range(len(settings)) if box.kept[k, s]]
            if len(present) > 1:
                for s in present:
                    yield _narrow(worlds, inside, _switched(box, k, s), k)
            continue
        for end in ENDS:
            cut = _cut(worlds.value[inside, k], sample.weight[inside], share, end)
            if cut is not None:
                yield _narrow(worlds, inside, _moved(box, k, end, cut), k)


def _cut(column: np.ndarray, weight: np.ndarray, share: float, end: End) -> float | None:
    """Return the limit that takes `share` of the weight off one end, ties with it."""
    sign = 1 if end == "low" else -1
    order = np.argsort(sign * column, kind="stable")
    sorted_, summed = column[order], np.cumsum(weight[order])
    last = int(np.searchsorted(summed, share * summed[-1] * (1 - ROUNDING)))
    rest = np.flatnonzero(sign * sorted_ > sign * sorted_[min(last, order.size - 1)])
    if not rest.size:
        return None
    return float((sorted_[rest[0] - 1] + sorted_[rest[0]]) / 2)


def _narrow(worlds: Drawn, inside: np.ndarray, box: Box, k: int) -> _Step:
    return _Step(box, inside & _meets(box, worlds, k))


def _switched(box: Box, k: int, setting: int) -> Box:
    kept = box.kept.copy()
    kept[k, setting] = not kept[k, setting]
    return replace(box, kept=kept)


def _moved(box: Box, k: int, end: End, limit: float) -> Box:
    low, high = box.low.copy(), box.high.copy()
    (low if end == "low" else high)[k] = limit
    return replace(box, low=low, high=high)


def _pastes(sample: _Sample, inside: np.ndarray, box: Box, share: float) -> Iterator[_Step]:
    worlds, weight = sample.worlds, sample.weight
    wanted = share * weight[inside].sum()
    for k in np.flatnonzero(box.restricted()):
        around = worlds_in(box.without(int(k)), worlds) & sample.free
        for changed in _widened(worlds, weight, around, box, int(k), wanted):
            yield _Step(changed, around & _meets(changed, worlds, int(k)))


def _widened(
    worlds: Drawn,
    weight: np.ndarray,
    around: np.ndarray,
    box: Box,
    k: int,
    wanted: float,
) -> Iterator[Box]:
    """Yield the box with one more setting, or with either end moved out by the wanted weight."""
    if worlds.settings[k]:
        for s in np.flatnonzero(~box.kept[k]):
            yield _switched(box, k, int(s))
        return
    column = worlds.value[:, k]
    for end in ENDS:
        sign, limit = (1, box.high[k]) if end == "high" else (-1, box.low[k])
        beyond = np.flatnonzero(around & (sign * column > sign * limit))
        if not np.isfinite(limit) or not beyond.size:
            continue
        order = beyond[np.argsort(sign * column[beyond], kind="stable")]
        summed = np.cumsum(weight[order])
        last = min(int(np.searchsorted(summed, wanted * (1 - ROUNDING))), order.size - 1)
        further = order[sign * column[order] > sign * column[order[last]]]
        # halfway to the next world, and no limit at all beyond the last one
        at = (column[order[last]] + column[further[0]]) / 2 if further.size else sign * np.inf
        yield _moved(box, k, end, float(at))


def _trajectory(sample: _Sample, boxes: list[Box], first_paste: int) -> Trajectory:
    inside = [worlds_in(box, sample.worlds) & sample.free for box in boxes]
    weight, interest = sample.weight, sample.interest
    mass = np.array([weight[one].sum() for one in inside])
    hit = np.array([weight[one & interest].sum() for one in inside])
    total = weight[interest].sum()
    return Trajectory(
        tuple(boxes),
        hit / total if total > 0 else np.zeros(len(boxes)),
        np.divide(hit, mass, out=np.zeros_like(hit), where=mass > 0),
        mass,
        np.array([int(box.restricted().sum()) for box in boxes]),
        np.array([int(one.sum()) for one in inside]),
        np.array([int((one & interest).sum()) for one in inside]),
        first_paste,
    )


# --- judging and choosing -------------------------------------------------------------------------


def quasi_p_values(
    box: Box,
    assumptions: Drawn,
    interest: Bool[np.ndarray, "world"],
    free: Bool[np.ndarray, "world"] | None = None,
) -> Float[np.ndarray, "assumption"]:
    """Return each restriction's quasi-p-value [BryantLempert2010]; NaN where there is none.

    It counts worlds, whatever they weigh. An interval's two ends are lifted together.
    """
    within = np.ones(assumptions.n_worlds, dtype=bool) if free is None else free
    inside = worlds_in(box, assumptions) & within
    n_worlds, n_interest = int(inside.sum()), int((inside & interest).sum())
    found = np.full(len(assumptions.names), np.nan)
    for k in np.flatnonzero(box.restricted()):
        wider = worlds_in(box.without(int(k)), assumptions) & within
        if wider.any():
            chance = (wider & interest).sum() / wider.sum()
            found[k] = binom.sf(n_interest - 1, n_worlds, chance)
    return found


def _lift(box: Box, sample: _Sample, least_density: float) -> Box:
    """Return the box less all restrictions that it is dense enough without, cheapest first."""
    while (restricted := np.flatnonzero(box.restricted())).size:
        broken = np.array([~_meets(box, sample.worlds, int(k)) for k in restricted])
        n_broken = broken.sum(axis=0)
        without = sample.free & ((n_broken == 0) | ((n_broken == 1) & broken))
        dense = [sample.density(inside) for inside in without]
        cheapest = int(np.argmax(dense))
        if dense[cheapest] < least_density:
            break
        box = box.without(int(restricted[cheapest]))
    return box


def find_boxes(
    assumptions: Drawn,
    interest: Bool[np.ndarray, "world"],
    *,
    weights: Float[np.ndarray, "world"] | None = None,
    most: int = 3,
    most_restricted: int = MOST_RESTRICTED,
    least_density: float = 0.8,
    peel: float = 0.05,
    least_mass: float = 0.05,
) -> tuple[BoxFound, ...]:
    """Return boxes that hold the worlds of interest, each found among what the last ones left.

    From every box of a run of PRIM that is dense enough, all restrictions are lifted that it stays
    dense enough without. Of what is left by few restrictions, that of most coverage is taken; of
    equals the one with fewer restrictions, then the denser. The search ends where there is none.

    Args:
        most: Boxes to look for.
        most_restricted: Assumptions that a box may restrict: one of many explains nothing.
        least_density: Of a box; where most worlds are of interest anyway, it must be at least half
            way from their share to all.

    Raises:
        ValueError: `interest` or weights that do not fit the worlds.
    """
    sample = _Sample.of(assumptions, interest, weights)
    least_density = max(least_density, (1 + sample.density(sample.free)) / 2)
    found: list[BoxFound] = []
    while len(found) < most and (sample.free & interest).any():
        trajectory = peel_box(
            assumptions,
            interest,
            weights=weights,
            free=sample.free,
            peel=peel,
            least_mass=least_mass,
        )
        dense = np.flatnonzero(trajectory.density >= least_density)
        lifted = [_lift(trajectory.boxes[k], sample, least_density) for k in dense]
        at = _trajectory(sample, lifted, len(lifted))
        told = (at.n_restricted > 0) & (at.n_restricted <= most_restricted)
        if not told.any():
            break
        order = np.lexsort((-at.density, at.n_restricted, -at.coverage, ~told))
        box = lifted[order[0]]
        p_values = quasi_p_values(box, assumptions, interest, sample.free)
        at = _trajectory(sample, [box], 1)
        found.append(BoxFound(box, int(dense[order[0]]), at, p_values, trajectory))
        sample = replace(sample, free=sample.free & ~worlds_in(box, assumptions))
    return tuple(found)
