"""Chances, kept apart from where they lead.

The probability of a branch is a product of single draws. A *node* is such a product: the node
before it, and the site of a draw that came out one way or the other. Many branches share one.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from offramp.game.findings import Findings
from offramp.game.sites import Dated, fill_dates
from offramp.game.states import Index, StateEnvironment, States, StateSpace
from offramp.scenario import Effect, evaluate
from offramp.scenario.expressions import Expr

if TYPE_CHECKING:
    from jaxtyping import Bool, Float, Int

__all__ = ["CERTAIN", "Odds"]

CERTAIN_GAP = 1e-12  # a chance this close to 0 or 1 counts as 0 or 1 when it is shifted
CERTAIN = 0  # the node of what happens anyway
MOST_SITES = 1 << 31


class Odds:
    """The draws of a stage, and the products of them that its branches come with.

    Attributes:
        reader: Typed player whose type chances read, or -1.
        n_types: Of that player; 1 without a reader.
        dates: Periods (from 1) whose numbers differ; one where none does.
        may_hit, may_miss: By site: whether the chance is above 0, below 1, for some type.
        varies: Whether a chance is 0, or 1, in some of the periods only: then the periods do not
            lead to the same places.
    """

    def __init__(
        self,
        space: StateSpace,
        reader: int,
        n_types: int,
        dates: Sequence[int],
        findings: Findings,
        *,
        multiplies: bool = True,
    ) -> None:
        """Begin without draws; `multiplies` is false where nobody asks for products of them."""
        self._space = space
        self._multiplies = multiplies
        self.reader = reader
        self.n_types = n_types
        self.dates = tuple(dates)
        self._findings = findings
        self._draws: dict[int, tuple[Effect, Dated]] = {}
        self._chance = np.empty((0, n_types, len(dates)))
        self.may_hit: Bool[np.ndarray, "site"] = np.empty(0, bool)
        self.may_miss: Bool[np.ndarray, "site"] = np.empty(0, bool)
        self.varies = False
        self._pairs = Index(1 << 62)
        self._depth = np.zeros(1, np.int64)
        self._values: dict[int, np.ndarray] = {}  # asked for when all branches are known

    # --- draws ----------------------------------------------------------------------------------

    def draw(self, effect: Effect, states: States, period: int) -> Int[np.ndarray, "branch"] | None:
        """Return the site of an effect's draw on each branch, None where it happens anyway.

        Chances outside 0–1 and shifts of chances that are 0 or 1 are entered in the findings, and
        replaced by something harmless so that all problems can be shown at once.
        """
        if effect.chance is None:
            if effect.shifts:
                self._findings.shift_of_certain(effect, states)
            return None
        if id(effect) not in self._draws:
            read = (effect.chance, *effect.shifts)
            self._draws[id(effect)] = (effect, Dated(self._space, read, self.dates))
        dated = self._draws[id(effect)][1]
        found, n_known = dated.new(states, len(self._chance), period)
        if len(dated.place) > n_known:
            self._note(self._chances(effect, dated, n_known))
        return found

    def _note(self, chance: Float[np.ndarray, "site reader_type date"]) -> None:
        hits, misses = np.any(chance > 0.0, axis=1), np.any(chance < 1.0, axis=1)
        self.varies |= bool((hits != hits[:, :1]).any() or (misses != misses[:, :1]).any())
        self.may_hit = np.concatenate([self.may_hit, hits[:, 0]])
        self.may_miss = np.concatenate([self.may_miss, misses[:, 0]])
        self._chance = np.concatenate([self._chance, chance])

    def _chances(
        self, effect: Effect, dated: Dated, first: int
    ) -> Float[np.ndarray, "site reader_type date"]:
        """Return the chances at the sites of an effect, from the `first` on."""
        shape = (len(dated.place) - first, self.n_types, len(self.dates))
        chance = np.full(shape, np.nan)
        for date, k, which in dated.asked(first):
            states = dated.states(self._space, first + which)
            for reader_type in range(self.n_types):
                chance[which, reader_type, k] = self._chance_at(effect, states, date, reader_type)
        fill_dates(chance, len(dated.dates))
        return chance

    def _chance_at(
        self, effect: Effect, states: States, period: int, reader_type: int
    ) -> Float[np.ndarray, "site"]:
        types = {self.reader: reader_type} if self.reader >= 0 else {}
        environment = StateEnvironment(self._space, states, period=period, types=types)
        assert effect.chance is not None
        p = _at_each(effect.chance, environment, states)
        p = self._findings.checked_chance(effect, p, states)
        if effect.shifts:
            shift = sum(_at_each(one, environment, states) for one in effect.shifts)
            certain = (p < CERTAIN_GAP) | (p > 1.0 - CERTAIN_GAP)
            if certain.any():
                self._findings.shift_of_certain(effect, states.take(certain))
                p = np.where(certain, 0.5, p)
            p = 1.0 / (1.0 + (1.0 - p) / p * np.exp(-shift))
        if effect.exponent == 1.0:
            return p
        return -np.expm1(effect.exponent * np.log1p(-np.minimum(p, 1.0 - 1e-300)))

    def recast(self, space: StateSpace, findings: Findings) -> Odds | None:
        """Return the same draws with the numbers of another crisis.

        None if they lead elsewhere there: a chance is 0 or 1 in one of the two only.
        """
        other = copy.copy(self)
        other._space, other._findings, other._values = space, findings, {}
        other._chance = np.empty_like(self._chance)
        for effect, dated in self._draws.values():
            other._chance[dated.place] = other._chances(effect, dated, 0)
        hits, misses = np.any(other._chance > 0.0, axis=1), np.any(other._chance < 1.0, axis=1)
        same = (hits == self.may_hit[:, None]).all() and (misses == self.may_miss[:, None]).all()
        return other if same else None

    # --- products of draws ----------------------------------------------------------------------

    def after(
        self,
        node: Int[np.ndarray, "branch"],
        site: Int[np.ndarray, "branch"] | None,
        *,
        hit: bool,
    ) -> Int[np.ndarray, "branch"]:
        """Return the node of each branch once a draw has come out one way."""
        if site is None or not self._multiplies:
            return node
        pairs = (node * 2 + hit) * MOST_SITES + site
        new = self._pairs.add(pairs)
        if len(new):
            before = new // (2 * MOST_SITES)
            self._depth = np.concatenate([self._depth, self._depth[before] + 1])
        return self._pairs.find(pairs).astype(np.int64) + 1

    def values(self, date: int) -> Float[np.ndarray, "node reader_type"]:
        """Return the probability of every node at a date (by its place among `dates`)."""
        if date not in self._values:
            self._values[date] = self._products(date)
        return self._values[date]

    def _products(self, date: int) -> Float[np.ndarray, "node reader_type"]:
        pairs = self._pairs.codes
        before, hit = pairs // (2 * MOST_SITES), pairs // MOST_SITES % 2 == 1
        chance = self._chance[pairs % MOST_SITES, :, date]
        factor = np.where(hit[:, None], chance, 1.0 - chance)
        value = np.ones((len(self._depth), self.n_types))
        for depth in range(1, int(self._depth.max()) + 1):
            nodes = np.flatnonzero(self._depth == depth)
            value[nodes] = value[before[nodes - 1]] * factor[nodes - 1]
        return value


def _at_each(
    expression: Expr, environment: StateEnvironment, states: States
) -> Float[np.ndarray, "site"]:
    return np.broadcast_to(np.asarray(evaluate(expression, environment)), (len(states),))
