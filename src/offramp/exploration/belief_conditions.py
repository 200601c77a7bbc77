r"""What one must believe: the fewest assumptions under which a policy is best.

A *condition* is a conjunction of intervals and of subsets of settings such that in nearly all
worlds that satisfy it the policy is best. Fewer assumptions come first, then more weight.

Among so many candidates some are pure by chance. So each half of the worlds is searched by itself,
and a condition counts only if the other half bears it out: purity there must be above the policy's
share in all worlds, by more than the best of as many candidates would be by chance, and not clearly
below what was asked for, which both halves together must reach. Of few worlds, or where the policy
is best in most anyway, the honest answer is therefore often that none was found.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
from jaxtyping import Bool, Float

from offramp.exploration.boxes import Box, worlds_in
from offramp.exploration.conjunctions import SearchedWorlds, conjunctions_by_size
from offramp.exploration.drawn import Drawn
from offramp.exploration.shares import FAILS, HOLDS, share_worlds
from offramp.exploration.weighing import even_out

__all__ = ["Condition", "MustBelieve", "find_conditions"]

ROUNDING = 1e-12  # of sums of weights
SURE = 0.95  # confidence of the intervals by which a condition is borne out

Answer = Literal["found", "none found", "everywhere", "nowhere"]


class Condition(NamedTuple):
    """A condition and how it fares.

    Attributes:
        n_worlds, n_best: Of all worlds, how many satisfy it, and in how many of these the policy
            is best; whatever they weigh.
        mass, purity: The same as shares: of the weight of all worlds, of that of these.
        n_tried, n_tried_best: The counts among the worlds that the search had not seen.
    """

    box: Box
    n_worlds: int
    n_best: int
    mass: float
    purity: float
    n_tried: int
    n_tried_best: int


@dataclass(frozen=True)
class MustBelieve:
    """What one must believe for a policy to be best.

    Attributes:
        answer: `everywhere`: it is best in nearly all worlds, whatever one believes. `nowhere`: it
            is best in none. `none found`: in some, but none that was tried is borne out.
        conditions: Of one size, most weight first, each about other assumptions.
        n_worlds, n_best: Of all worlds, whatever they weigh.
        share: Of the weight in which the policy is best.
    """

    answer: Answer
    conditions: tuple[Condition, ...]
    n_worlds: int
    n_best: int
    share: float


def find_conditions(
    assumptions: Drawn,
    best: Bool[np.ndarray, "world"],
    generator: np.random.Generator,
    *,
    weights: Float[np.ndarray, "world"] | None = None,
    purity: float = 0.9,
    least_mass: float = 0.05,
    most_assumptions: int = 3,
    most: int = 3,
) -> MustBelieve:
    """Return the smallest conditions under which a policy is best.

    Args:
        best: In which worlds the policy is best.
        generator: Halves the worlds.
        purity: Share of the satisfying weight in which the policy must be best.
        least_mass: Share of all weight that must satisfy a condition.
        most_assumptions: In a condition.
        most: Conditions to return.

    Raises:
        ValueError: `best` or weights that do not fit the worlds, or fewer than four worlds.
    """
    if best.shape != (assumptions.n_worlds,) or best.size < 4:
        raise ValueError(f"{assumptions.n_worlds} worlds, but {best.size} said to be best or not")
    weight = even_out(weights, best.size)
    share = float(weight @ best)

    def answered(answer: Answer, found: tuple[Condition, ...] = ()) -> MustBelieve:
        return MustBelieve(answer, found, best.size, int(best.sum()), share)

    if share <= 0:
        return answered("nowhere")
    if share >= purity - ROUNDING:
        return answered("everywhere")
    one_half = np.zeros(best.size, dtype=bool)
    one_half[generator.permutation(best.size)[: best.size // 2]] = True
    halves = [half for half in (one_half, ~one_half) if _can_tell(best, weight, half)]
    searches = [
        conjunctions_by_size(
            SearchedWorlds(
                assumptions.of_worlds(half),
                best[half],
                even_out(weight[half], int(half.sum())),
                purity,
                least_mass,
            )
        )
        for half in halves
    ]
    for found in itertools.islice(zip(*searches, strict=True), most_assumptions):
        tried = [
            (_judge(box, assumptions, best, weight, half), half)
            for half, boxes in zip(halves, found, strict=True)
            for box in boxes
        ]
        tried.sort(key=lambda one: -one[0].mass)
        held: dict[tuple[bool, ...], Condition] = {}
        for one, half in tried:
            about = tuple(one.box.restricted().tolist())
            unseen = worlds_in(one.box, assumptions) & ~half
            there = np.where(best, HOLDS, FAILS)[unseen], weight[unseen]
            is_pure = one.purity >= purity - ROUNDING
            if is_pure and about not in held and _bears_out(*there, share, purity, len(tried)):
                held[about] = one
        if held:
            return answered("found", tuple(held.values())[:most])
    return answered("none found")


def _can_tell(best: np.ndarray, weight: np.ndarray, searched: np.ndarray) -> bool:
    """Return whether searched worlds have both answers, and the others any weight."""
    told = weight[searched & best].sum(), weight[searched & ~best].sum()
    return bool(min(*told, weight[~searched].sum()) > 0)


def _judge(
    box: Box, worlds: Drawn, best: np.ndarray, weight: np.ndarray, searched: np.ndarray
) -> Condition:
    inside = worlds_in(box, worlds)
    mass = float(weight[inside].sum())
    hit = float(weight[inside & best].sum())
    tried = inside & ~searched
    return Condition(
        box,
        int(inside.sum()),
        int((inside & best).sum()),
        mass,
        hit / mass if mass > 0 else 0.0,
        int(tried.sum()),
        int((tried & best).sum()),
    )


def _bears_out(
    verdict: np.ndarray, weight: np.ndarray, share: float, purity: float, n_tried: int
) -> bool:
    """Return whether worlds that were not searched bear a condition out, one of so many tried."""
    if not weight.any():
        return False
    by_itself = share_worlds(verdict, weight, SURE)
    among_all = share_worlds(verdict, weight, 1 - (1 - SURE) / n_tried)
    return bool(by_itself.high[HOLDS] >= purity and among_all.low[HOLDS] > share)
