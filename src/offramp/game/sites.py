"""Situations that are alike in what an expression reads: numbered once, read once.

A *site* is one draw, or one payment, in all situations in which whatever its expression reads is
the same. Many states share one, so that there are few, and numbers are found once for each: for
every period in which they differ, and again for every world that differs in its numbers only.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from offramp.game.readings import reads_period
from offramp.game.states import Index, States, StateSpace
from offramp.scenario.expressions import Expr

if TYPE_CHECKING:
    from jaxtyping import Int

__all__ = ["Dated"]


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
    """

    def __init__(self, space: StateSpace, read: Sequence[Expr], dates: Sequence[int]) -> None:
        self._sites = _Sites(space, read)
        self.dates = tuple(dates) if reads_period(read) else (dates[0],)
        self.place: Int[np.ndarray, "site"] = np.empty(0, np.int64)

    def new(self, states: States, place: int) -> tuple[Int[np.ndarray, "branch"], States]:
        """Return where the number of each branch stands, and a state of each site that is new.

        Args:
            place: Where the new ones will stand, from there on.
        """
        found = self._sites.number(states)
        fresh = self._sites.codes[len(self.place) :]
        self.place = np.concatenate([self.place, place + np.arange(len(fresh))])
        return self.place[found], States(states.space, fresh)

    def wanted(self, period: int) -> list[int]:
        """Return the dates, by their place, that sites first met in a period are asked for."""
        is_dated = len(self.dates) > 1
        return [k for k, date in enumerate(self.dates) if date >= period or not is_dated]
