"""From a tree to the flat arrays of its kernels."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int

from offramp.equilibrium.kernels.boards import NODE, OPTION, PLACE, SLOT, Board, Records, Scratch
from offramp.equilibrium.plan import kernel_array
from offramp.game.branching import (
    Branching,
    account_discounts,
    branchings_of,
    frozen_payoff,
    redraw_average,
)
from offramp.game.factored import FORBIDDEN, FREE, Game, Options
from offramp.game.tree import LARGEST_TREE, Tree

__all__ = ["Layout", "all_accounts", "lay_out", "new_scratch"]


class Layout(NamedTuple):
    """A board and what is needed to read it.

    Attributes:
        active: Players (numbers in the game) who choose somewhere, in the board's order.
        n_unknown: Number of logits to be found.
        n_strategy: Length of the strategy arrays.
        n_answer: Number of nodes with a linear answer.
    """

    board: Board
    active: Int[np.ndarray, "active"]
    n_unknown: int
    n_strategy: int
    n_answer: int


class _Stack(NamedTuple):
    """The tree's distinct branchings, and where each one's parts begin in the joined arrays."""

    parts: tuple[Branching, ...]
    place: list[int]
    row: list[int]
    entry: list[int]
    signal: list[int]
    option: list[list[int]]  # by branching and mover
    n_movers: int  # the most at any stage


def lay_out(tree: Tree) -> Layout:
    """Join the tree's tables into one set of arrays, with an index for every node."""
    game = tree.game
    stack = _stack(tree)
    active = np.array(sorted({o.player for b in stack.parts for o in b.table.movers}), np.int64)
    options, n_strategy, n_unknown = _options(stack, game)
    places = _places(stack, n_unknown)
    nodes = _nodes(tree, stack, n_strategy, n_unknown)
    alive = nodes.place[nodes.place >= 0]
    board = Board(
        nodes=nodes,
        places=places,
        slots=_slots(stack, places, active, game),
        options=options,
        **_row_arrays(stack, active, game),
        **_player_arrays(tree, active),
        arrival_pay=_arrival_pay(game)[:, :, active],
        n_coordinates=sum(len(game.players[i].types) - 1 for i in game.typed),
        learning=game.learning,
    )
    return Layout(
        board=_for_kernels(board),
        active=active,
        n_unknown=int(n_unknown[alive].sum()),
        n_strategy=int(n_strategy[alive].sum()),
        n_answer=int(nodes.answer.max()) + 1,
    )


def all_accounts(board: Board, tree: Tree, game: Game) -> Board:
    """Return the board with all accounts of `game` in place of the players who choose.

    It serves evaluation only: its nodes have no linear answers.
    """
    players = np.array([account.player for account in game.accounts], np.int64)
    branchings = tree.branchings if game is tree.game else branchings_of(game, LARGEST_TREE)
    parts = {id(part): part for period in branchings for part in period}.values()
    nodes = board.nodes.copy()
    nodes.answer = -1
    accounts = board._replace(
        nodes=nodes,
        pay=np.concatenate([part.rows.pay for part in parts]),
        discount=account_discounts(game),
        tilt=game.grid.tilt[players],
        arrival_pay=_arrival_pay(game),
        average=_averages(tree, game),
    )
    return _for_kernels(accounts)


def _for_kernels(board: Board) -> Board:
    """Return the board with its arrays laid out as kernels were compiled for."""
    arrays: dict[str, Any] = {
        name: kernel_array(one)
        for name, one in board._asdict().items()
        if isinstance(one, np.ndarray)
    }
    return board._replace(**arrays)


def new_scratch(board: Board) -> Scratch:
    """Allocate working arrays that hold the largest node."""
    n_profiles, n_active = board.pay.shape[1:]
    n_typed, n_types = board.log_prior.shape
    n_rows = int(board.places.n_rows.max(initial=1))
    n_entries = int(board.places.n_entries.max(initial=1))
    n_children = int(board.places.n_children.max(initial=1))
    n_unknown = int(board.places.n_unknown.max(initial=0))
    n_directions = n_unknown + board.n_coordinates + 2
    n_slots = board.slots.shape[1]
    n_options = int(board.slots.n_options.max(initial=1))
    widest = board.options.shape[1]
    return Scratch(
        reply=np.zeros((n_rows, n_slots, widest)),
        reply_slope=np.zeros((n_rows, n_slots, widest, n_unknown)),
        act=np.zeros((n_rows, n_profiles)),
        act_slope=np.zeros((n_rows, n_profiles, n_unknown)),
        share=np.zeros((n_entries, n_types)),
        evidence=np.zeros((n_children, n_typed, n_types)),
        raw_slope=np.zeros((n_typed, n_types, n_unknown)),
        slope=np.zeros((n_children, board.n_coordinates, n_unknown)),
        worth=np.zeros((n_rows, n_profiles, n_active)),
        worth_slope=np.zeros((n_rows, n_profiles, n_active, n_directions)),
        belief=np.zeros((n_typed, n_types)),
        opinion=np.zeros((n_typed, n_types)),
        value=np.zeros((n_profiles, n_active)),
        value_slope=np.zeros(n_directions),
        action_value=np.zeros((n_slots, widest, n_options)),
        action_slope=np.zeros((n_slots, widest, n_options, n_directions)),
        matrix=np.zeros((n_unknown, n_directions)),
        mixed=np.zeros((n_profiles, n_active)),
        option_shift=np.zeros((n_slots, n_options, widest, 2)),
        evidence_shift=np.zeros((n_children, n_typed, n_types, 2)),
    )


def _stack(tree: Tree) -> _Stack:
    parts = tuple({id(b): b for period in tree.branchings for b in period}.values())

    def starts(sizes: list[int]) -> list[int]:
        return [0, *np.cumsum(sizes).tolist()]

    option: list[list[int]] = []
    n_options = 0
    for part in parts:
        option.append([])
        for mover in part.table.movers:
            option[-1].append(n_options)
            n_options += len(mover.action)
    return _Stack(
        parts,
        place=starts([len(part.rows.start) - 1 for part in parts]),
        row=starts([len(part.rows.option) for part in parts]),
        entry=starts([len(part.rows.successor) for part in parts]),
        signal=starts([len(part.signals.successor) for part in parts]),
        option=option,
        n_movers=max(1, *(len(part.table.movers) for part in parts)),
    )


def _joined(starts: list[np.ndarray], offsets: list[int]) -> Int[np.ndarray, "place_1"]:
    """Join arrays of starts, each without its last element, and close with the total."""
    shifted = [one[:-1] + offset for one, offset in zip(starts, offsets, strict=False)]
    return np.concatenate([*shifted, [offsets[-1]]]).astype(np.int64)


# --- per state, row and option --------------------------------------------------------------------


def _places(stack: _Stack, n_unknown: Int[np.ndarray, "place"]) -> Records:
    places: Records = np.zeros(stack.place[-1], PLACE).view(np.recarray)
    places.n_unknown = n_unknown
    for b, part in enumerate(stack.parts):
        here: Records = places[stack.place[b] : stack.place[b + 1]]
        rows, signals = part.rows, part.signals
        entry = rows.entry_start[rows.start]
        here.first_row = rows.start[:-1] + stack.row[b]
        here.n_rows = np.diff(rows.start)
        here.first_entry = entry[:-1] + stack.entry[b]
        here.n_entries = np.diff(entry)
        here.first_signal = signals.start[:-1] + stack.signal[b]
        here.n_children = np.diff(signals.start)
        here.reader = here.source = part.table.reader
    return places


def _slots(
    stack: _Stack, places: Records, active: Int[np.ndarray, "active"], game: Game
) -> Records:
    """Return the movers of every place; a typed mover with covert acts becomes its source."""
    slots: Records = np.zeros((len(places), stack.n_movers), SLOT).view(np.recarray)
    slots.typed = slots.open_typed = -1
    for b, part in enumerate(stack.parts):
        first, last = stack.place[b], stack.place[b + 1]
        for i, options in enumerate(part.table.movers):
            here = slots[first:last, i]
            player = game.players[options.player]
            here.first_option = options.start[:-1] + stack.option[b][i]
            here.n_options = np.diff(options.start)
            here.mover = np.searchsorted(active, options.player)
            here.exact = np.isinf(player.precision)
            here.own_types = np.where(here.n_options > 0, len(player.types), 0)
            here.typed = player.typed
            if np.any(options.seen_as != options.action):
                here.mixes = here.own_types
                if player.typed >= 0:
                    places.source[first:last] = player.typed
            elif player.typed >= 0:
                # what is done openly is the same in all rows of a signal, so only its own type is
                # learnt of by it: a best reply that is never played must not hide what follows it
                here.open_typed = np.where(here.n_options > 0, player.typed, -1)
    return slots


def _row_arrays(
    stack: _Stack, active: Int[np.ndarray, "active"], game: Game
) -> dict[str, np.ndarray]:
    widest = _widest(game)
    option = np.full((stack.row[-1], stack.n_movers), -1, np.int64)
    chance = np.zeros((stack.entry[-1], widest))
    signal_row = np.zeros(stack.signal[-1], np.int64)
    for b, part in enumerate(stack.parts):
        rows = slice(stack.row[b], stack.row[b + 1])
        for i in range(len(part.table.movers)):
            own = part.rows.option[:, i]
            option[rows, i] = np.where(own >= 0, own + stack.option[b][i], -1)
        n_columns = part.rows.chance.shape[1]
        chance[stack.entry[b] : stack.entry[b + 1], :n_columns] = part.rows.chance
        signal_row[stack.signal[b] : stack.signal[b + 1]] = stack.row[b] + _giving_rows(part)
    return {
        "entry_start": _joined([part.rows.entry_start for part in stack.parts], stack.entry),
        "option": option,
        "pay": np.concatenate([part.rows.pay[:, :, active] for part in stack.parts]),
        "child": np.concatenate([part.signals.of_entry for part in stack.parts]).astype(np.int64),
        "chance": chance,
        "signal_row": signal_row,
    }


def _giving_rows(part: Branching) -> Int[np.ndarray, "signal"]:
    """Return, per signal, the first row that can give it."""
    rows, signals = part.rows, part.signals
    row_of_entry = np.repeat(np.arange(len(rows.option)), np.diff(rows.entry_start))
    state_of_row = np.repeat(np.arange(len(rows.start) - 1), np.diff(rows.start))
    given = np.flatnonzero(signals.of_entry >= 0)[::-1]
    row = row_of_entry[given]
    first = np.zeros(len(signals.successor), np.int64)
    first[signals.start[state_of_row[row]] + signals.of_entry[given]] = row
    return first


def _options(
    stack: _Stack, game: Game
) -> tuple[Records, Int[np.ndarray, "place"], Int[np.ndarray, "place"]]:
    """Return all options, and how many strategy entries and logits each place has."""
    n_options = sum(len(o.action) for part in stack.parts for o in part.table.movers)
    joined: Records = np.zeros((n_options, _widest(game)), OPTION).view(np.recarray)
    joined.bound = FORBIDDEN
    joined.unknown = joined.strategy = -1
    n_strategy = np.zeros(stack.place[-1], np.int64)
    n_unknown = np.zeros(stack.place[-1], np.int64)
    for b, part in enumerate(stack.parts):
        places = slice(stack.place[b], stack.place[b + 1])
        for i, options in enumerate(part.table.movers):
            first = stack.option[b][i]
            here = joined[first : first + len(options.action), : options.bound.shape[1]]
            here.bound = options.bound
            is_exact = np.isinf(game.players[options.player].precision)
            free = _chosen(options) & (not is_exact)
            here.unknown, count = _number_within(free, options.start, n_unknown[places])
            n_unknown[places] += count
            here.hidden = _looks_like_another(options)[:, None]
            every = np.ones_like(free)
            here.strategy, count = _number_within(every, options.start, n_strategy[places])
            n_strategy[places] += count
    return joined, n_strategy, n_unknown


def _chosen(options: Options) -> Bool[np.ndarray, "option type"]:
    """Return where a logit is to be found: at free options that are not their state's first."""
    free = options.bound == FREE
    before = np.concatenate([np.zeros((1, free.shape[1]), np.int64), np.cumsum(free, axis=0)])
    state = np.repeat(np.arange(len(options.start) - 1), np.diff(options.start))
    earlier = before[:-1] - before[options.start[:-1]][state]
    return np.asarray(free & (earlier > 0))


def _looks_like_another(options: Options) -> Bool[np.ndarray, "option"]:
    """Return where another option of the same state looks the same."""
    state = np.repeat(np.arange(len(options.start) - 1), np.diff(options.start))
    look = state * len(options.names) + options.seen_as
    _, which, count = np.unique(look, return_inverse=True, return_counts=True)
    return np.asarray(count[which] > 1)


def _number_within(
    flag: Bool[np.ndarray, "option type"],
    start: Int[np.ndarray, "state_1"],
    base: Int[np.ndarray, "state"],
) -> tuple[Int[np.ndarray, "option type"], Int[np.ndarray, "state"]]:
    """Return numbers, from `base` on in each state, of what is flagged (else -1); and counts."""
    n_types = flag.shape[1]
    running = np.concatenate([[0], np.cumsum(flag.ravel())])
    state = np.repeat(np.arange(len(start) - 1), np.diff(start) * n_types)
    first = running[start[:-1] * n_types]
    number = running[:-1] - first[state] + base[state]
    count = running[start[1:] * n_types] - first
    return np.where(flag.ravel(), number, -1).reshape(flag.shape), count


def _widest(game: Game) -> int:
    return max((len(player.types) for player in game.players), default=1)


# --- per node -------------------------------------------------------------------------------------


def _nodes(
    tree: Tree,
    stack: _Stack,
    n_strategy: Int[np.ndarray, "place"],
    n_unknown: Int[np.ndarray, "place"],
) -> Records:
    nodes: Records = np.zeros(tree.n_nodes, NODE).view(np.recarray)
    nodes.place = -1
    number = {id(part): b for b, part in enumerate(stack.parts)}
    for i in range(tree.n_layers - 1):
        part = tree.branching(*divmod(i, tree.n_stages))
        layer = np.arange(tree.layer_start[i], tree.layer_start[i + 1])
        layer = layer[tree.state[layer] >= 0]
        nodes.place[layer] = tree.state[layer] + stack.place[number[id(part)]]
        below = np.arange(tree.layer_start[i + 1], tree.layer_start[i + 2])
        signal = part.signals.start[tree.state[tree.parent[below]]] + tree.signal[below]
        nodes.drawn[below] = part.signals.redraw[signal]
    alive = nodes.place >= 0
    # where payoffs read beliefs, ends of play answer to them too
    pays_beliefs = tree.game.payoff[0].shape[3] > 1
    needs_answer = (alive | pays_beliefs) & (tree.parent >= 0)
    layer = np.repeat(np.arange(tree.n_layers), np.diff(tree.layer_start))
    masks = np.unique(nodes.drawn[nodes.drawn > 0])
    nodes.first_child = tree.first_child
    nodes.period = layer // tree.n_stages
    nodes.answer = np.where(needs_answer, np.cumsum(needs_answer) - 1, -1)
    nodes.arrival = _arrival_rows(tree, layer)
    nodes.averaging = np.where(nodes.drawn > 0, np.searchsorted(masks, nodes.drawn), -1)
    for name, size in (("strategy", n_strategy), ("unknown", n_unknown)):
        sizes = np.where(alive, size[np.maximum(nodes.place, 0)], 0)
        nodes[name] = np.cumsum(sizes) - sizes
    return nodes


def _arrival_rows(tree: Tree, layer: Int[np.ndarray, "node"]) -> Int[np.ndarray, "node"]:
    """Return which row of `_arrival_pay` is paid on the way into each node, or -1."""
    game = tree.game
    n_closing, n_ended = len(game.codes[-1]), len(game.ended_codes)
    # a node stands in the layer after the stage that led to it
    period = np.maximum(layer - 1, 0) // tree.n_stages
    closes = tree.closing >= 0
    is_ended = (tree.first_child < 0) & ~closes
    ended = game.n_periods * n_closing + period * n_ended - 1 - tree.state
    return np.where(
        closes, period * n_closing + tree.closing, np.where(is_ended, ended, -1)
    ).astype(np.int64)


def _arrival_pay(
    game: Game,
) -> Float[np.ndarray, "arrival profile account one_or_constant_and_belief"]:
    """Return payoffs of closing states by period, then what ended states pay to the horizon."""
    shared = len(game.payoff) == 1
    live = []
    for t in range(game.n_periods):
        scale = 1.0 + game.tail if t == game.n_periods - 1 else 1.0
        live.append(scale * game.payoff[0 if shared else t])
    frozen = frozen_payoff(game)
    return np.concatenate([*live, frozen.reshape(-1, *frozen.shape[2:])])


# --- per player -----------------------------------------------------------------------------------


def _player_arrays(tree: Tree, active: Int[np.ndarray, "active"]) -> dict[str, np.ndarray]:
    game = tree.game
    n_types = np.array([len(game.players[i].types) for i in game.typed], np.int64)
    prior = game.grid.points[game.grid.reference]
    coordinate = np.full(prior.shape, -1, np.int64)
    number = 0
    for j, n in enumerate(n_types):
        coordinate[j, 1:n] = number + np.arange(n - 1)
        number += n - 1
    with np.errstate(divide="ignore"):
        log_prior = np.log(prior)
    return {
        "discount": np.array([game.players[i].discount for i in active], np.float64),
        "n_types": n_types,
        "profiles": game.profiles.astype(np.int64),
        "coordinate": coordinate,
        "log_prior": log_prior,
        "tilt": game.grid.tilt[active],
        "average": _averages(tree, game)[:, active],
    }


def _averages(tree: Tree, game: Game) -> Float[np.ndarray, "mask account profile profile"]:
    """Return, per set of types drawn afresh, each account's mean over profiles as a matrix."""
    parts = {id(b): b for period in tree.branchings for b in period}.values()
    masks = np.unique(np.concatenate([part.signals.redraw for part in parts]))
    masks = masks[masks > 0]
    n_profiles, n_accounts = len(game.profiles), len(game.accounts)
    average = np.zeros((len(masks), n_accounts, n_profiles, n_profiles))
    for i, mask in enumerate(masks):
        for other in range(n_profiles):
            amount = np.zeros((n_profiles, n_accounts))
            amount[other] = 1.0
            average[i, :, :, other] = redraw_average(game, amount, int(mask)).T
    return average
