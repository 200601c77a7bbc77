"""Belief grids of which every cell is halved, also those that a finer regular grid would not cut.

A regular grid of half the step leaves a cell between a declared prior and a point close to it as
it is: where beliefs stay in such a cell, all regular grids err alike, and their changes are zero.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import combinations
from unittest.mock import patch

import numpy as np

from offramp.game.beliefs import SimplexGrid, build_simplex

__all__ = ["halve_cells", "halved_cells"]

Piece = tuple[int, ...]


@contextmanager
def halved_cells() -> Iterator[None]:
    """Let every belief grid that is laid within have its cells halved."""
    with patch("offramp.game.beliefs.build_simplex", lambda *of: halve_cells(build_simplex(*of))):
        yield


def halve_cells(grid: SimplexGrid) -> SimplexGrid:
    """Cut every piece at the middles of its edges: in two, or a triangle in four."""
    if grid.resolution == 0:
        return grid
    points = list(grid.points)
    middles: dict[Piece, int] = {}

    def middle(a: int, b: int) -> int:
        edge = (min(a, b), max(a, b))
        if edge not in middles:
            middles[edge] = len(points)
            points.append(0.5 * (points[a] + points[b]))
        return middles[edge]

    def parts(piece: Piece) -> list[Piece]:
        corners = [tuple(a if a == b else middle(a, b) for b in piece) for a in piece]
        if len(piece) == 2:
            return corners
        return [*corners, tuple(middle(a, b) for a, b in combinations(piece, 2))]

    pieces = np.array([part for piece in grid.piece.tolist() for part in parts(tuple(piece))])
    table = np.array(points)
    return replace(
        grid,
        points=table,
        cell_start=grid.cell_start * (len(pieces) // len(grid.piece)),
        piece=pieces,
        inverse=np.ascontiguousarray(np.linalg.inv(table[pieces].transpose(0, 2, 1))),
    )
