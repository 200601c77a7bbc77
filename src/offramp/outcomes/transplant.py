"""Which situation of one game is which of another.

Two games of one scenario that differ in policy, start or numbers meet in different states and
number them differently. A state of one is found in the other by its levels and by what the other
remembers; a history, by the state it began in and by everything that was seen since.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

from offramp.errors import GameError, Problem
from offramp.game import AsIf, Game, Options, StageTable, StateSpace
from offramp.game.states import Field, field_label
from offramp.game.tree import Tree
from offramp.game.tree_game import history_numbers, tree_as_game

__all__ = [
    "Grafted",
    "find_states",
    "find_states_as_if",
    "graft",
    "refuse_longer",
    "refuse_other_grid",
]

SAME_POINT = 1e-12  # of a probability: rounding of priors

NOWHERE = -(2**30)  # stands for a successor that the other game does not have


def find_states(game: Game, source: Game) -> list[Int[np.ndarray, "state"]]:
    """Return, per slot, the number in `source` of each state of `game`; -1 where it has none.

    Raises:
        GameError: `source` remembers what `game` does not.
    """
    return [
        _find(_translated(game.codes[m], game, source, m), source.codes[m])
        for m in range(len(game.codes))
    ]


def find_states_as_if(game: Game, source: Game, as_if: AsIf) -> list[Int[np.ndarray, "state"]]:
    """Return the same where part of the situation is read as if it were otherwise.

    A state that is read as it is: one that `source` does not know as if, and one in which a mover
    could do there nothing of what it can do here.
    """
    mine, theirs = game.space, source.space
    assert isinstance(mine, StateSpace)
    assert isinstance(theirs, StateSpace)
    found = find_states(game, source)
    for slot, codes in enumerate(game.codes[:-1]):
        read = _find(theirs.take(mine, codes, slot, as_if), source.codes[slot])
        known = read >= 0
        for k in range(len(game.table(game.n_periods - 1, slot).movers)):
            known &= _share_an_act(game, source, slot, k, read)
        found[slot] = np.where(known, read, found[slot])
    return found


def _share_an_act(
    game: Game, source: Game, slot: int, mover: int, number: Int[np.ndarray, "state"]
) -> Bool[np.ndarray, "state"]:
    """Return whether a mover of each state has an act that it has in the other state too."""
    mine, theirs = (one.table(one.n_periods - 1, slot).movers[mover] for one in (game, source))
    here, there = _acts_of(mine, mine.names), _acts_of(theirs, mine.names)
    shared = here & there[np.minimum(np.maximum(number, 0), len(there) - 1)]
    return shared.any(axis=1) | ~here.any(axis=1)


def _acts_of(options: Options, names: tuple[str, ...]) -> Bool[np.ndarray, "state action"]:
    """Return which of the named acts are open in each state; a last row for none at all."""
    number = {name: a for a, name in enumerate(names)}
    column = np.array([number.get(name, len(names)) for name in options.names])
    found = np.zeros((len(options.start), len(names) + 1), bool)
    found[_owners(options.start), column[options.action]] = True
    return found[: max(len(options.start) - 1, 1), : len(names)]


def refuse_other_grid(game: Game, source: Game) -> None:
    """Refuse strategies whose beliefs stand on another grid.

    Raises:
        GameError: The grids differ.
    """
    mine, theirs = game.grid.points, source.grid.points
    if mine.shape == theirs.shape and np.allclose(mine, theirs, rtol=0.0, atol=SAME_POINT):
        return
    raise GameError(
        Problem(
            code="G547",
            path="solver.grid",
            message="the strategies to be played were solved on another belief grid.",
            fix="compile both games with the same priors and the same number of grid points.",
        )
    )


def refuse_longer(game: Game, source: Game) -> None:
    """Refuse strategies that end before the game does in which they are to be played.

    Raises:
        GameError: It has more periods than they were solved for.
    """
    if source.forever or (not game.forever and game.n_periods <= source.n_periods):
        return
    raise GameError(
        Problem(
            code="G549",
            path="period.count",
            message=f"the strategies to be played end after {source.n_periods} periods, before the "
            "game does.",
            fix="compile both games with the same number of periods.",
        )
    )


def _find(
    wanted: Int[np.ndarray, "state"], known: Int[np.ndarray, "source_state"]
) -> Int[np.ndarray, "state"]:
    if not len(known):
        return np.full(len(wanted), -1)
    order = np.argsort(known, kind="stable")
    at = np.minimum(np.searchsorted(known[order], wanted), len(known) - 1)
    return np.where(known[order][at] == wanted, order[at], -1)


def _translated(
    codes: Int[np.ndarray, "state"], game: Game, source: Game, slot: int
) -> Int[np.ndarray, "state"]:
    """Return the codes by which `source` would know states of a slot of `game`.

    A `once` clause of the source's policy that this game's policy does not hold counts as not
    carried out yet.
    """
    mine, theirs = game.space, source.space
    assert isinstance(mine, StateSpace)
    assert isinstance(theirs, StateSpace)
    here = mine.decode(codes)
    same_policy = mine.crisis.policy.clauses == theirs.crisis.policy.clauses
    columns = np.zeros((len(theirs.fields), len(codes)), np.int32)
    for row, one in enumerate(theirs.fields):
        if not one.alive[slot] or (one.kind == "once" and not same_policy):
            continue
        at = mine.position.get(("once", one.key) if one.kind == "once" else one.key)
        if at is None or not mine.fields[at].alive[slot]:
            raise _forgotten(one)
        columns[row] = here[at]
    return theirs.encode(columns, slot)


def _forgotten(one: Field) -> GameError:
    return GameError(
        Problem(
            code="G548",
            path="policies",
            message=f"the strategies to be played depend on {field_label(one)}, which nothing in "
            "the game that they are to be played in asks to be remembered.",
            fix="play them under a policy that asks for the same, or solve without theirs.",
        )
    )


# --- histories ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Grafted:
    """A solution on histories laid over the histories of another game.

    Attributes:
        tree: Of the game that is played. belief: reference belief at each of its nodes, by the
            solution's strategies.
        game: The tree as a game.
        source: Per slot, the number in the solution's own game of each state of `game`.
    """

    tree: Tree
    belief: Float[np.ndarray, "node typed type"]
    game: Game
    source: list[Int[np.ndarray, "state"]]


def graft(tree: Tree, source: Tree, belief: Float[np.ndarray, "source_node typed type"]) -> Grafted:
    """Lay strategies and beliefs on the histories `source` over the histories `tree`."""
    node = _match_histories(tree, source)
    held = belief[np.maximum(node, 0)]
    mine, theirs = history_numbers(tree), history_numbers(source)
    numbers = [np.where(node[one] >= 0, theirs.state[node[one]], -1) for one in mine.nodes]
    return Grafted(tree, held, tree_as_game(tree, held), numbers)


def _match_histories(tree: Tree, source: Tree) -> Int[np.ndarray, "node"]:
    """Return the node of `source` that each node of `tree` is; -1 where it has none."""
    states = find_states(tree.game, source.game)
    ended = _find_ended(tree.game, source.game)
    node = np.full(tree.n_nodes, -1)
    roots = slice(int(tree.layer_start[0]), int(tree.layer_start[1]))
    their_root = np.full(len(source.game.codes[0]) + 1, -1)
    their_root[source.state[: source.layer_start[1]]] = np.arange(source.layer_start[1])
    node[roots] = their_root[states[0][tree.state[roots]]]
    for layer in range(tree.n_layers - 1):
        t, m = divmod(layer, tree.n_stages)
        child = np.arange(tree.layer_start[layer + 1], tree.layer_start[layer + 2])
        parent = tree.parent[child]
        signals = tree.branching(t, m).signals
        number = signals.start[tree.state[parent]] + tree.signal[child]
        local = _match_signals(tree, source, t, m, states, ended)[number]
        known = (node[parent] >= 0) & (local >= 0)
        node[child[known]] = source.first_child[node[parent[known]]] + local[known]
    return node


def _find_ended(game: Game, source: Game) -> Int[np.ndarray, "ended"]:
    """Return the number in `source` of each ended state of `game`; -1 where it has none."""
    last = len(game.codes) - 1
    n_endings = max(len(game.endings), 1)
    wanted = _translated(game.ended_codes, game, source, last) * n_endings + game.ended_by
    return _find(wanted, source.ended_codes * n_endings + source.ended_by)


def _match_signals(
    tree: Tree,
    source: Tree,
    t: int,
    m: int,
    states: list[Int[np.ndarray, "state"]],
    ended: Int[np.ndarray, "ended"],
) -> Int[np.ndarray, "signal"]:
    """Return the source's number, within its state, of a stage's signals; -1 if it has none."""
    mine, theirs = tree.branching(t, m), source.branching(t, m)
    successor = mine.signals.successor
    followed = np.full(len(successor), NOWHERE)
    goes_on = successor >= 0
    followed[goes_on] = states[m + 1][successor[goes_on]]
    followed[~goes_on] = -1 - ended[-1 - successor[~goes_on]]
    # a -1 of either map would read as a state of the other kind
    followed[goes_on & (followed < 0)] = NOWHERE
    followed[~goes_on & (followed >= 0)] = NOWHERE
    seen = _renumbered(mine.signals.seen, mine.table, theirs.table)
    state = states[m][_owners(mine.signals.start)]
    wanted = np.column_stack([state, seen, followed, mine.signals.redraw])
    owner = _owners(theirs.signals.start)
    known = np.column_stack(
        [owner, theirs.signals.seen, theirs.signals.successor, theirs.signals.redraw]
    )
    local = np.arange(len(known)) - theirs.signals.start[owner]
    index = dict(zip(map(tuple, known.tolist()), local.tolist(), strict=True))
    return np.array([index.get(tuple(row), -1) for row in wanted.tolist()], np.int64)


def _owners(start: Int[np.ndarray, "group_1"]) -> Int[np.ndarray, "item"]:
    return np.repeat(np.arange(len(start) - 1), np.diff(start))


def _renumbered(
    seen: Int[np.ndarray, "signal mover"], mine: StageTable, theirs: StageTable
) -> Int[np.ndarray, "signal mover"]:
    """Return acts as seen by their numbers in the other game's table."""
    found = seen.copy()
    for k, (one, other) in enumerate(zip(mine.movers, theirs.movers, strict=True)):
        number = [other.names.index(name) if name in other.names else NOWHERE for name in one.names]
        taken = seen[:, k] >= 0
        found[taken, k] = np.array(number)[seen[taken, k]]
    return found
