"""The unrolled tree: every public history of a game as a node of its own.

A node is what has been seen up to a stage: the acts as they look, the public states they led to,
and whose types were drawn afresh. Chance results that lead to the same state teach nothing and
share a child. A period's end is no node: its payoffs accrue on the way into the first stage of the
next period, so nodes stand in layers, one per (period, stage), and a last layer for the end of
play.

Children of a node are numbered in sequence, one per *signal* of its state, so a tree is little more
than a few integers a node; chances, options and payments stay in the tables of the game, once per
state.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from offramp.errors import Problem, TooLargeError
from offramp.game.branching import Branching, branchings_of
from offramp.game.factored import Game

if TYPE_CHECKING:
    from jaxtyping import Float, Int

__all__ = ["LARGEST_TREE", "Tree", "count_histories", "unroll"]

LARGEST_TREE = 2_000_000  # nodes; two players of two types take about a gigabyte for so many


@dataclass(frozen=True)
class Tree:
    """All public histories of a game from one start, in order of play.

    Layer `t * n_stages + m` holds nodes `layer_start[i]:layer_start[i+1]`; the last layer holds the
    ends of play at the horizon. Nodes of ended play stand in the layer after the stage that ended
    it.

    Attributes:
        branchings: `branchings[t or 0][m]`, shared like `Game.stages`.
        state: State in the layer's slot, or `-1 - e` where play has ended. In the last layer:
            state of the period's end.
        closing: State of the period's end on which payoffs accrued on the way into this node; -1
            where no period ended.
        parent: -1 for roots.
        signal: Number of the parent's signal that leads here (within its state); for roots the
            slot-0 state.
        first_child: Node of the first signal; -1 where play is over.
        start_chance: Chance of each root.
    """

    game: Game
    case: str
    branchings: tuple[tuple[Branching, ...], ...]
    layer_start: Int[np.ndarray, "layer_1"]
    state: Int[np.ndarray, "node"]
    closing: Int[np.ndarray, "node"]
    parent: Int[np.ndarray, "node"]
    signal: Int[np.ndarray, "node"]
    first_child: Int[np.ndarray, "node"]
    start_chance: Float[np.ndarray, "root"]

    @property
    def n_nodes(self) -> int:
        """Number of nodes, ends of play included."""
        return len(self.state)

    @property
    def n_stages(self) -> int:
        """Stages in a period."""
        return len(self.branchings[0])

    @property
    def n_layers(self) -> int:
        """Number of layers, the last one (ends of play) included."""
        return len(self.layer_start) - 1

    def layer(self, period: int, stage: int) -> slice:
        """Return the nodes that stand before a stage of a period (both from 0)."""
        i = period * self.n_stages + stage
        return slice(int(self.layer_start[i]), int(self.layer_start[i + 1]))

    def branching(self, period: int, stage: int) -> Branching:
        """Return the stage's table and signals in a period (both from 0)."""
        return self.branchings[period if len(self.branchings) > 1 else 0][stage]

    def place(self, node: int) -> tuple[int, int]:
        """Return (period, stage) of a node, from 0; the end of play is (n_periods, 0)."""
        i = int(np.searchsorted(self.layer_start, node, side="right")) - 1
        return divmod(i, self.n_stages)

    def history(self, node: int) -> list[int]:
        """Return the nodes from a root to `node`, both included."""
        path = [node]
        while (up := int(self.parent[path[-1]])) >= 0:
            path.append(up)
        return path[::-1]


def unroll(game: Game, start: str | None = None, *, limit: int = LARGEST_TREE) -> Tree:
    """Unroll a game into its public histories, from a case's start (the first one if not given).

    Raises:
        GameError: The game has no horizon.
        TooLargeError: There are more than `limit` histories; nothing has been allocated for them.
    """
    case = next(iter(game.start)) if start is None else start
    branchings = branchings_of(game, limit)
    layer_sizes = count_histories(game, branchings, game.start[case])
    _refuse_beyond(limit, layer_sizes, game)
    layers = [_roots(game.start[case])]
    for t in range(game.n_periods):
        for m in range(len(game.stage_names)):
            branching = branchings[t if len(branchings) > 1 else 0][m]
            layers.append(_grow(layers[-1], branching, game, t, m))
    return _assemble(game, case, branchings, layers)


@dataclass
class _Layer:
    """One layer while the tree grows; parents are numbered from the first node of all."""

    first: int
    state: np.ndarray
    closing: np.ndarray
    parent: np.ndarray
    signal: np.ndarray
    first_child: np.ndarray


def _roots(chance: Float[np.ndarray, "state"]) -> _Layer:
    state = np.flatnonzero(chance > 0).astype(np.int32)
    none = np.full(len(state), -1, np.int32)
    return _Layer(0, state, none, none.copy(), state.copy(), none.copy())


def _grow(above: _Layer, branching: Branching, game: Game, t: int, m: int) -> _Layer:
    """Return the layer of all children of `above`, whose `first_child` is filled in."""
    signals = branching.signals
    alive = above.state >= 0
    state = above.state[alive]
    n_children = signals.start[state + 1] - signals.start[state]
    first = above.first + len(above.state)
    offset = np.concatenate([[0], np.cumsum(n_children)])
    above.first_child[alive] = first + offset[:-1]
    local = np.arange(offset[-1]) - np.repeat(offset[:-1], n_children)
    parent = np.repeat(above.first + np.flatnonzero(alive), n_children).astype(np.int32)
    successor = signals.successor[np.repeat(signals.start[state], n_children) + local]
    closing = np.full(len(successor), -1, np.int32)
    if m == len(game.stage_names) - 1:
        goes_on = successor >= 0
        closing[goes_on] = successor[goes_on]
        if t < game.n_periods - 1:
            successor[goes_on] = game.roll[successor[goes_on]]
    none = np.full(len(successor), -1, np.int32)
    return _Layer(first, successor.astype(np.int32), closing, parent, local.astype(np.int32), none)


def _assemble(
    game: Game, case: str, branchings: tuple[tuple[Branching, ...], ...], layers: list[_Layer]
) -> Tree:
    chance = game.start[case]
    return Tree(
        game=game,
        case=case,
        branchings=branchings,
        layer_start=np.concatenate([[0], np.cumsum([len(layer.state) for layer in layers])]),
        state=np.concatenate([layer.state for layer in layers]),
        closing=np.concatenate([layer.closing for layer in layers]),
        parent=np.concatenate([layer.parent for layer in layers]),
        signal=np.concatenate([layer.signal for layer in layers]),
        first_child=np.concatenate([layer.first_child for layer in layers]),
        start_chance=chance[chance > 0] / chance.sum(),
    )


# --- counting -------------------------------------------------------------------------------------


def count_histories(
    game: Game,
    branchings: Sequence[Sequence[Branching]],
    start: Float[np.ndarray, "state"],
) -> Float[np.ndarray, "layer"]:
    """Return how many nodes each layer will have, from how many histories lead to each state.

    Counts are floats, so that a tree beyond all bounds is counted too.
    """
    count: np.ndarray = (start > 0).astype(np.float64)
    sizes = [count.sum()]
    for t in range(game.n_periods):
        for m in range(len(game.stage_names)):
            signals = branchings[t if len(branchings) > 1 else 0][m].signals
            of_signal = np.repeat(count[: len(signals.start) - 1], np.diff(signals.start))
            sizes.append(of_signal.sum())
            alive = (signals.successor >= 0) & (of_signal > 0)
            into = signals.successor[alive]
            if m == len(game.stage_names) - 1:
                if t == game.n_periods - 1:
                    break  # at the horizon, nothing follows (and states first met there never roll)
                into = game.roll[into]
            n_next = len(game.codes[(m + 1) % len(game.stage_names)])
            count = np.bincount(into, weights=of_signal[alive], minlength=n_next)
    return np.array(sizes)


def _refuse_beyond(limit: int, layer_sizes: Float[np.ndarray, "layer"], game: Game) -> None:
    total = layer_sizes.sum()
    if total <= limit:
        return
    n_stages = len(game.stage_names)
    by_stage = np.array([layer_sizes[m + 1 :: n_stages].sum() for m in range(n_stages)])
    fan = by_stage / np.array([layer_sizes[m:-1:n_stages].sum() for m in range(n_stages)])
    widest = int(np.argmax(fan))
    ends = np.cumsum(layer_sizes)[n_stages::n_stages]
    n_fitting = int(np.sum(ends <= limit))
    raise TooLargeError(
        Problem(
            code="G560",
            message=f"the tree of public histories has {total:.4g} nodes; at most {limit:,} are "
            f"kept.\nWhat makes it large: {game.n_periods} periods, and stage "
            f"'{game.stage_names[widest]}', after which {fan[widest]:.3g} different things can "
            "have been seen on average.",
            path="solver.beliefs",
            fix="use `beliefs: grid`, or "
            + (f"at most {n_fitting} periods." if n_fitting else "a game with fewer public acts."),
        )
    )
