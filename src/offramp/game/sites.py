"""Situations that are alike in what an expression reads: numbered once, read once.

A *site* is one draw, or one payment, in all situations in which whatever its expression reads is
the same. Many states share one, so that there are few, and numbers are found once for each: for
every period in which they differ, and again for every world that differs in its numbers only.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from offramp.game.readings import reads_period
from offramp.game.states import Index, States, StateSpace
from offramp.scenario.expressions import Expr

if TYPE_CHECKING:
    from jaxtyping import Float, Int

__all__ = ["Dated", "fill_dates"]


class _Sites:
    """Numbers the situations that differ in what some expressions read."""

    def __init__(self, space: StateSpace, expressions: Sequence[Expr]) -> None:
        self._rows = space.fields_read(expressions)
        sizes = [space.fields[row].size for row in self._rows]
        self._strides = np.cumprod([1, *sizes])[:-1]
        self._index = Index(int(np.prod(sizes, dtype=np.int64)))
        self._space = space
        self.codes = np.empty(0, np.int64)  # of one state at each site

    def number(self, states: States) -> Int[np.ndarray, "branch"]:
        """Return the number of the site at which each branch stands, new sites last."""
        keys = np.zeros(len(states), np.int64)
        for row, stride in zip(self._rows, self._strides, strict=True):
            keys += states[row] * stride
        n_known = len(self._index)
        self._index.add(keys)
        found = self._index.find(keys).astype(np.int64)
        if len(self._index) > n_known:
            one = np.empty(len(self._index), np.int64)
            one[found] = states.codes
            self.codes = np.concatenate([self.codes, one[n_known:]])
        return found


class Dated:
    """The sites of a number that may differ from period to period.

    Attributes:
        dates: Periods (from 1) in which it is wanted; one where it does not read the period.
        place: Of each site's numbers, among those of a whole stage.
        since: Period in which each site was first met.
    """

    def __init__(self, space: StateSpace, read: Sequence[Expr], dates: Sequence[int]) -> None:
        self._sites = _Sites(space, read)
        self.dates = tuple(dates) if reads_period(read) else (dates[0],)
        self.place: Int[np.ndarray, "site"] = np.empty(0, np.int64)
        self.since: Int[np.ndarray, "site"] = np.empty(0, np.int64)

    def new(self, states: States, place: int, period: int) -> tuple[Int[np.ndarray, "branch"], int]:
        """Return where the number of each branch stands, and how many sites were known before.

        Args:
            place: Where the numbers of new sites will stand, from there on.
            period: The running one (from 1).
        """
        found = self._sites.number(states)
        n_known = len(self.place)
        n_new = len(self._sites.codes) - n_known
        self.place = np.concatenate([self.place, place + np.arange(n_new)])
        self.since = np.concatenate([self.since, np.full(n_new, period)])
        return self.place[found], n_known

    def asked(self, first: int) -> Iterator[tuple[int, int, Int[np.ndarray, "asked"]]]:
        """Yield each date, its place, and which of the sites from `first` on have a number then.

        A site that is first met in a later period may have none.
        """
        since = self.since[first:]
        for k, date in enumerate(self.dates):
            yield date, k, np.flatnonzero((since <= date) | (len(self.dates) == 1))

    def states(self, space: StateSpace, sites: Int[np.ndarray, "asked"]) -> States:
        """Return a state at each of some sites, read in a space that has the same fields."""
        return States(space, self._sites.codes[sites])


def fill_dates(numbers: Float[np.ndarray, "site column date"], n_dates: int) -> None:
    """Give every date a number: the one there is, or where it is not asked for, the next."""
    if n_dates == 1:
        numbers[:] = numbers[:, :, :1]
    for k in reversed(range(numbers.shape[2] - 1)):
        missing = np.isnan(numbers[:, 0, k])
        numbers[missing, :, k] = numbers[missing, :, k + 1]
