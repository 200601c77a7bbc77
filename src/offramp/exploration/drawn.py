"""What the worlds assume, as columns of numbers and of settings; names only at the edge.

A column of settings (a mechanism's, a start level by name) holds the index of each setting. Worlds
fall into *classes* by one column: those of one setting, or of neighbouring numbers. Estimators
from given data compare what happens in the classes [Plischke2013].
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

__all__ = ["Drawn", "class_count", "class_worlds", "gather_assumptions"]

MOST_CLASSES = 48  # so many suffice for any number of worlds [Plischke2013]
ROUNDING = 1e-9  # of summed weights in classes; a world on an edge belongs to the lower class


@dataclass(frozen=True)
class Drawn:
    """One column an assumption, one row a world.

    Attributes:
        settings: Names of each assumption's settings; empty for a number.
        value: A number, or the index of a setting.
    """

    names: tuple[str, ...]
    settings: tuple[tuple[str, ...], ...]
    value: Float[np.ndarray, "world assumption"]

    @property
    def n_worlds(self) -> int:
        """How many worlds there are."""
        return self.value.shape[0]

    def of_worlds(self, chosen: np.ndarray) -> Drawn:
        """Return the same of some worlds only, by index or by mask."""
        return Drawn(self.names, self.settings, self.value[chosen])


def gather_assumptions(columns: Mapping[str, Sequence[float] | Sequence[str]]) -> Drawn:
    """Return columns of numbers and of names of settings as one array.

    Settings are numbered in alphabetical order, so that the same worlds in another order are
    numbered alike.

    Raises:
        ValueError: Columns of unequal length, a number that is not finite, or no column.
    """
    if not columns or len({len(column) for column in columns.values()}) != 1:
        raise ValueError("assumptions need columns of one length")
    settings: list[tuple[str, ...]] = []
    values = []
    for name, column in columns.items():
        if isinstance(column[0], str):
            named = tuple(sorted({str(one) for one in column}))
            place = {one: k for k, one in enumerate(named)}
            values.append(np.array([place[str(one)] for one in column], dtype=float))
        else:
            named = ()
            values.append(np.asarray(column, dtype=float))
        if not np.isfinite(values[-1]).all():
            raise ValueError(f"'{name}' is not finite in every world")
        settings.append(named)
    return Drawn(tuple(columns), tuple(settings), np.column_stack(values))


def class_count(n_worlds: int) -> int:
    """Return how many classes of equal size serve so many worlds best [Plischke2013].

    Args:
        n_worlds: Of unequal weight, the effective number of them.
    """
    exponent = 2 / (7 + math.tanh((1500 - n_worlds) / 500))
    return min(math.ceil(n_worlds**exponent), MOST_CLASSES)


def class_worlds(
    column: Float[np.ndarray, "world"],
    is_setting: bool,
    n_classes: int,
    weights: Float[np.ndarray, "world"],
) -> Int[np.ndarray, "world"]:
    """Return the class of each world, counted from zero without gaps.

    Settings, and numbers that take no more than `n_classes` values, are classes as they are; other
    numbers are cut into classes of equal weight, ties in the order of the worlds.

    Args:
        weights: Sum to one.
    """
    distinct, found = np.unique(column, return_inverse=True)
    if is_setting or distinct.size <= n_classes:
        return found
    order = np.argsort(column, kind="stable")
    summed = np.cumsum(weights[order]) * n_classes
    place = np.empty(column.size, dtype=np.int64)
    place[order] = np.clip(np.ceil(summed - ROUNDING).astype(np.int64) - 1, 0, n_classes - 1)
    return np.unique(place, return_inverse=True)[1]
