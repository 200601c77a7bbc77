r"""Conjunctions of few assumptions in which a policy is nearly always best.

The counterpart of PRIM [FriedmanFisher1999] with another aim: of all conjunctions of so many
assumptions that reach a stated purity, the one of most weight. Single assumptions are searched
exactly. For pairs, numbers are cut into tenths, all pairs of intervals and subsets are tried, and
the ends are then moved out as far as purity allows. Larger conjunctions grow from the most telling
smaller ones; of these some may be missed.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float

from offramp.exploration.boxes import Box, whole_box, worlds_in
from offramp.exploration.drawn import Drawn, class_worlds

__all__ = ["SearchedWorlds", "conjunctions_by_size", "widest_restriction"]

N_CELLS = 10  # of a number, in the search for pairs
MOST_SUBSETS = 8  # settings of which all subsets are tried; of more, only the purest so many
MOST_GROWN = 24  # smaller conjunctions that larger ones grow from
ROUNDING = 1e-12  # of sums of weights


@dataclass(frozen=True)
class SearchedWorlds:
    """Worlds that are searched, and what is asked of a conjunction there.

    Attributes:
        best: Where the policy is best; in some of the worlds, and not in all.
        weight: Sums to one.
        purity: Share of the weight inside in which the policy must be best.
        least_mass: Weight that must lie inside.
    """

    worlds: Drawn
    best: Bool[np.ndarray, "world"]
    weight: Float[np.ndarray, "world"]
    purity: float
    least_mass: float

    @property
    def excess(self) -> Float[np.ndarray, "world"]:
        """Weight of each world where the policy is best, less what purity asks for."""
        return self.weight * (self.best - self.purity)

    def telling(self, mass: np.ndarray, hit: np.ndarray) -> np.ndarray:
        """Return how much a conjunction tells that the policy is best: weight times divergence."""
        share = self.weight @ self.best
        found = np.divide(hit, mass, out=np.full_like(mass, share), where=mass > 0)
        inner = np.clip(found, 1e-9, 1 - 1e-9)
        told = inner * np.log(inner / share) + (1 - inner) * np.log((1 - inner) / (1 - share))
        enough = (mass >= self.least_mass - ROUNDING) & (found > share)
        return np.where(enough, mass * told, -np.inf)


def conjunctions_by_size(searched: SearchedWorlds) -> Iterator[list[Box]]:
    """Yield the conditions of one assumption, of two, and so on; one a set of assumptions."""
    n = len(searched.worlds.names)
    start = whole_box(searched.worlds)
    everywhere = np.ones(searched.worlds.n_worlds, dtype=bool)
    single = [widest_restriction(searched, everywhere, start, k) for k in range(n)]
    yield [box for box in single if box is not None]
    grown: list[tuple[float, Box]] = []
    found = []
    for one, other in itertools.combinations(range(n), 2):
        fits, box, told = _best_pair(searched, start, one, other)
        if box is None:
            continue
        grown.append((told, box))
        if fits is not None:
            found.append(_moved_out(searched, fits))
    yield found
    for _ in range(2, n):
        found, grown = _grow(searched, [box for _, box in _most_telling(grown)])
        yield found


def _most_telling(grown: list[tuple[float, Box]]) -> list[tuple[float, Box]]:
    return sorted(grown, key=lambda one: -one[0])[:MOST_GROWN]


def _grow(
    searched: SearchedWorlds, smaller: list[Box]
) -> tuple[list[Box], list[tuple[float, Box]]]:
    """Return the conditions of one assumption more, and the conjunctions to grow further from."""
    found: dict[tuple[int, ...], Box] = {}
    grown: dict[tuple[int, ...], tuple[float, Box]] = {}
    for box in smaller:
        inside = worlds_in(box, searched.worlds)
        taken = np.flatnonzero(box.restricted()).tolist()
        for k in sorted(set(range(len(searched.worlds.names))) - set(taken)):
            about = tuple(sorted([*taken, k]))
            wide = widest_restriction(searched, inside, box, k)
            if wide is not None and about not in found:
                found[about] = _moved_out(searched, wide)
            told, larger = _most_told(searched, inside, box, k)
            if larger is not None and told > grown.get(about, (-np.inf, box))[0]:
                grown[about] = (told, larger)
    return list(found.values()), list(grown.values())


def widest_restriction(
    searched: SearchedWorlds, inside: np.ndarray, box: Box, k: int
) -> Box | None:
    """Return the box with the restriction of one assumption that suffices and weighs most."""
    free = box.without(k)
    settings = searched.worlds.settings[k]
    if not settings:
        return _widest_interval(searched, inside, free, k)
    column = searched.worlds.value[:, k].astype(np.int64)
    mass = np.bincount(column[inside], searched.weight[inside], minlength=len(settings))
    excess = np.bincount(column[inside], searched.excess[inside], minlength=len(settings))
    subsets = _subsets(mass, excess)
    weighs, over = subsets @ mass, subsets @ excess
    fits = (over >= -ROUNDING) & (weighs >= searched.least_mass - ROUNDING)
    if not fits.any():
        return None
    return _with_settings(free, k, subsets[np.argmax(np.where(fits, weighs, -1.0))])


def _widest_interval(searched: SearchedWorlds, inside: np.ndarray, free: Box, k: int) -> Box | None:
    """Return the heaviest interval whose excess is not below zero, ends between two worlds."""
    values, place = np.unique(searched.worlds.value[inside, k], return_inverse=True)
    if not values.size:
        return None
    excess = np.concatenate([[0.0], np.cumsum(np.bincount(place, searched.excess[inside]))])
    mass = np.concatenate([[0.0], np.cumsum(np.bincount(place, searched.weight[inside]))])
    # for each end the first start from which the excess has not fallen: the least so far fell
    # below the end's at the place where the running minimum first did
    least = np.minimum.accumulate(excess)
    first = np.searchsorted(-least, -(excess + ROUNDING))
    weighs = mass - mass[np.minimum(first, np.arange(mass.size))]
    last = int(np.argmax(weighs))
    if weighs[last] < searched.least_mass - ROUNDING:
        return None
    return _with_interval(free, k, values, int(first[last]), last)


def _with_interval(free: Box, k: int, values: np.ndarray, first: int, last: int) -> Box:
    """Return the box restricted to values[first:last], limits halfway to the next ones."""
    low, high = free.low.copy(), free.high.copy()
    low[k] = (values[first - 1] + values[first]) / 2 if first > 0 else -np.inf
    high[k] = (values[last - 1] + values[last]) / 2 if last < values.size else np.inf
    return replace(free, low=low, high=high)


def _with_settings(free: Box, k: int, chosen: np.ndarray) -> Box:
    kept = free.kept.copy()
    kept[k, : chosen.size] = chosen
    return replace(free, kept=kept)


def _subsets(mass: np.ndarray, excess: np.ndarray) -> Bool[np.ndarray, "subset setting"]:
    """Return the subsets of settings to try, neither none nor all."""
    n = mass.size
    if n <= MOST_SUBSETS:
        codes = np.arange(1, 2**n - 1)
        return (codes[:, None] >> np.arange(n)) & 1 > 0
    share = np.divide(excess, mass, out=np.full(n, -np.inf), where=mass > 0)
    rank = np.argsort(np.argsort(-share, kind="stable"))
    return rank[None, :] < np.arange(1, n)[:, None]


def _moved_out(searched: SearchedWorlds, box: Box) -> Box:
    """Return the box with each restriction widened, given the others, as far as purity allows."""
    mass = -1.0
    while (
        weighs := float(searched.weight[worlds_in(box, searched.worlds)].sum())
    ) > mass + ROUNDING:
        mass = weighs
        for k in np.flatnonzero(box.restricted()):
            wide = widest_restriction(
                searched, worlds_in(box.without(int(k)), searched.worlds), box, int(k)
            )
            box = box if wide is None else wide
    return box


# --- on cells -------------------------------------------------------------------------------------


class _Cells(NamedTuple):
    """The cells that worlds fall into by one assumption, and the ranges of cells to try."""

    place: np.ndarray
    ranges: Bool[np.ndarray, "range cell"]


def _cells(searched: SearchedWorlds, inside: np.ndarray, k: int) -> _Cells:
    column = searched.worlds.value[:, k]
    if searched.worlds.settings[k]:
        place = column.astype(np.int64)
        n = len(searched.worlds.settings[k])
        mass = np.bincount(place[inside], searched.weight[inside], minlength=n)
        excess = np.bincount(place[inside], searched.excess[inside], minlength=n)
        return _Cells(place, _subsets(mass, excess))
    place = class_worlds(column, False, N_CELLS, searched.weight)
    n = int(place.max()) + 1
    edges = [(i, j) for i in range(n) for j in range(i + 1, n + 1) if j - i < n]
    cell = np.arange(n)
    found = np.array([(cell >= i) & (cell < j) for i, j in edges], dtype=bool)
    return _Cells(place, found.reshape(len(edges), n))


def _restricted(searched: SearchedWorlds, box: Box, k: int, cells: _Cells, chosen: int) -> Box:
    """Return the box restricted to one range of cells."""
    within = cells.ranges[chosen]
    if searched.worlds.settings[k]:
        return _with_settings(box, k, within)
    values = np.unique(searched.worlds.value[:, k])
    member = searched.worlds.value[within[cells.place], k]
    first, last = np.searchsorted(values, [member.min(), member.max()])
    return _with_interval(box, k, values, int(first), int(last) + 1)


def _best_pair(
    searched: SearchedWorlds, start: Box, one: int, other: int
) -> tuple[Box | None, Box | None, float]:
    """Return the heaviest sufficient pair of ranges, the most telling one, and what it tells."""
    everywhere = np.ones(searched.worlds.n_worlds, dtype=bool)
    cells = _cells(searched, everywhere, one), _cells(searched, everywhere, other)
    if not all(len(each.ranges) for each in cells):
        return None, None, -np.inf
    shape = cells[0].ranges.shape[1], cells[1].ranges.shape[1]
    place = cells[0].place * shape[1] + cells[1].place

    def over_ranges(summed: np.ndarray) -> np.ndarray:
        table = np.bincount(place, summed, minlength=shape[0] * shape[1]).reshape(shape)
        return cells[0].ranges @ table @ cells[1].ranges.T

    def box_at(flat: int) -> Box:
        i, j = np.unravel_index(flat, mass.shape)
        box = _restricted(searched, start, one, cells[0], int(i))
        return _restricted(searched, box, other, cells[1], int(j))

    mass, hit = over_ranges(searched.weight), over_ranges(searched.weight * searched.best)
    told = searched.telling(mass, hit)
    best = int(np.argmax(told))
    if told.flat[best] == -np.inf:
        return None, None, -np.inf
    fits = (hit >= searched.purity * mass - ROUNDING) & (mass >= searched.least_mass - ROUNDING)
    heaviest = box_at(int(np.argmax(np.where(fits, mass, -1.0)))) if fits.any() else None
    return heaviest, box_at(best), float(told.flat[best])


def _most_told(
    searched: SearchedWorlds, inside: np.ndarray, box: Box, k: int
) -> tuple[float, Box | None]:
    """Return what the most telling range of one more assumption tells, and the box with it."""
    cells = _cells(searched, inside, k)
    if not len(cells.ranges):
        return -np.inf, None
    n = cells.ranges.shape[1]
    mass, hit = (
        cells.ranges @ np.bincount(cells.place[inside], summed[inside], minlength=n)
        for summed in (searched.weight, searched.weight * searched.best)
    )
    told = searched.telling(mass, hit)
    best = int(np.argmax(told))
    if told[best] == -np.inf:
        return -np.inf, None
    return float(told[best]), _restricted(searched, box, k, cells, best)
