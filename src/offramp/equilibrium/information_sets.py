"""What a solution of the whole tree says at each information set, by name.

An information set is where a player, of one type, moves: a stage of a period after one public
history. Its name is `STAGE`, then the type, then what was seen on the way, as far as these are
needed to tell it from others: `B|weak`, `reply|soft|advance|probe`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from offramp.equilibrium.histories import HistoryEquilibrium
from offramp.equilibrium.situation import opinion_at
from offramp.game import FORBIDDEN
from offramp.game.beliefs import observer_belief

__all__ = ["InformationSet", "Sought", "information_sets", "set_names"]


class InformationSet(NamedTuple):
    """Where a player of one type chooses, and what it does there.

    Attributes:
        period: From 1.
        type: None where the player has no types.
        seen: Acts that led here, as they looked, from the first on.
        acts: What can be chosen.
        value: Expected payoff Q of each, in the period's units; NaN where the precision is zero or
            exact, from which replies say nothing of it.
        chance: Probability of the type, as everybody else sees it.
        belief: What the mover believes of others, by `player.type`.
    """

    period: int
    stage: str
    player: str
    type: str | None
    seen: tuple[str, ...]
    acts: tuple[str, ...]
    log_probability: Float[np.ndarray, "action"]
    value: Float[np.ndarray, "action"]
    chance: float
    belief: dict[str, float]


class Sought(NamedTuple):
    """Which information sets are wanted; None stands for any, `seen` for acts in this order."""

    stage: str | None = None
    player: str | None = None
    type: str | None = None
    seen: tuple[str, ...] = ()
    period: int | None = None


ANY = Sought()


def information_sets(
    equilibrium: HistoryEquilibrium, sought: Sought = ANY
) -> tuple[InformationSet, ...]:
    """Return the information sets at which there is a choice, in order of play."""
    return tuple(_walk(equilibrium, sought))


def _walk(equilibrium: HistoryEquilibrium, sought: Sought) -> Iterator[InformationSet]:
    tree, game = equilibrium.tree, equilibrium.tree.game
    for m, name in enumerate(game.stage_names):
        if sought.stage not in (None, name):
            continue
        for period in range(game.n_periods):
            if sought.period not in (None, period + 1):
                continue
            layer = tree.layer(period, m)
            nodes = np.arange(layer.start, layer.stop)
            for node in nodes[tree.first_child[nodes] >= 0]:
                yield from _at_node(equilibrium, _Moment(int(node), period, m), sought)


class _Moment(NamedTuple):
    """A public history: its node, and where that stands."""

    node: int
    period: int
    stage: int


def _at_node(
    equilibrium: HistoryEquilibrium, at: _Moment, sought: Sought
) -> Iterator[InformationSet]:
    tree, game = equilibrium.tree, equilibrium.tree.game
    seen = _seen(equilibrium, at.node)
    if not _in_order(sought.seen, seen):
        return
    for mover, options in enumerate(tree.branching(at.period, at.stage).table.movers):
        player = game.players[options.player]
        if sought.player not in (None, player.name):
            continue
        state = tree.state[at.node]
        own = slice(options.start[state], options.start[state + 1])
        acts = [options.names[k] for k in options.action[own]]
        if len(acts) < 2:
            continue
        for theta, own_type in enumerate(player.types):
            if sought.type not in (None, own_type):
                continue
            log_reply = equilibrium.log_reply(at.node, mover)[:, theta]
            can = options.bound[own, theta] != FORBIDDEN
            yield InformationSet(
                period=at.period + 1,
                stage=game.stage_names[at.stage],
                player=player.name,
                type=own_type if player.typed >= 0 else None,
                seen=seen,
                acts=tuple(act for act, open_to in zip(acts, can, strict=True) if open_to),
                log_probability=log_reply[can],
                value=_value(equilibrium, at, options.player, theta, log_reply[can]),
                chance=_chance(equilibrium, at.node, player.typed, theta),
                belief=_belief(equilibrium, at.node, options.player),
            )


def _in_order(wanted: Sequence[str], seen: Sequence[str]) -> bool:
    rest = iter(seen)
    return all(act in rest for act in wanted)


def _seen(equilibrium: HistoryEquilibrium, node: int) -> tuple[str, ...]:
    """Return the acts on the way to a node, as they looked."""
    tree = equilibrium.tree
    found: list[str] = []
    for child in tree.history(node)[1:]:
        parent = int(tree.parent[child])
        branching = tree.branching(*tree.place(parent))
        signals = branching.signals
        seen = signals.seen[signals.start[tree.state[parent]] + tree.signal[child]]
        found += [
            mover.names[act]
            for mover, act in zip(branching.table.movers, seen, strict=True)
            if act >= 0
        ]
    return tuple(found)


def _chance(equilibrium: HistoryEquilibrium, node: int, typed: int, theta: int) -> float:
    return 1.0 if typed < 0 else float(equilibrium.belief[node, typed, theta])


def _belief(equilibrium: HistoryEquilibrium, node: int, observer: int) -> dict[str, float]:
    game = equilibrium.tree.game
    found: dict[str, float] = {}
    for j, about in enumerate(game.typed):
        if about != observer:
            player = game.players[about]
            held = observer_belief(equilibrium.belief[node, j], game.grid.tilt[observer, j])
            found |= {f"{player.name}.{t}": float(held[k]) for k, t in enumerate(player.types)}
    return found


def _value(
    equilibrium: HistoryEquilibrium,
    at: _Moment,
    player: int,
    theta: int,
    log_reply: Float[np.ndarray, "action"],
) -> Float[np.ndarray, "action"]:
    """Return what each act is worth to a type.

    The worth of the node, by what the type believes of others, is the mean of what the acts are
    worth, and a logit reply says by how much they differ: log σ(a) - log σ(b) = λ (Q(a) - Q(b)).
    """
    game = equilibrium.tree.game
    precision = equilibrium.precision[at.period, player]
    if not 0.0 < precision < np.inf:
        return np.full(len(log_reply), np.nan)
    typed = game.players[player].typed
    own = game.profiles[:, typed] == theta if typed >= 0 else np.ones(len(game.profiles))
    weight = opinion_at(game, player, equilibrium.belief[at.node]) * own
    account = next(
        i for i, one in enumerate(game.accounts) if one.player == player and one.term is None
    )
    worth = float(weight @ equilibrium.values[at.node, :, account])
    mean = float(np.exp(log_reply) @ log_reply)
    return np.asarray(worth + (log_reply - mean) / precision)


def set_names(sets: Sequence[InformationSet]) -> list[str]:
    """Return a name for each information set: stage, type, and what else tells it from others.

    At a stage of several players the player's name stands for the stage's. Acts that were seen on
    the way to all sets of a stage and type are left out.
    """
    alike: dict[tuple[int, str, str, str | None], list[InformationSet]] = {}
    for one in sets:
        alike.setdefault(one[:4], []).append(one)
    players = {stage: {one.player for one in sets if one.stage == stage} for _, stage, *_ in alike}
    several_periods = len({one.period for one in sets}) > 1
    told = {id(one): acts for group in alike.values() for one, acts in _told_apart(group)}
    found = []
    for one in sets:
        place = one.player if len(players[one.stage]) > 1 else one.stage
        place = f"{place} {one.period}" if several_periods else place
        found.append("|".join([place, *([one.type] if one.type else []), *told[id(one)]]))
    count = Counter(found)
    number = {name: iter(range(1, n + 1)) for name, n in count.items()}
    # what chance did, and nobody's act shows, is told by a number only
    return [f"{name} #{next(number[name])}" if count[name] > 1 else name for name in found]


def _told_apart(
    group: Sequence[InformationSet],
) -> Iterator[tuple[InformationSet, tuple[str, ...]]]:
    """Yield sets of one place and type with the last acts that tell one from the others."""
    common = set(group[0].seen).intersection(*(one.seen for one in group))
    short = [tuple(act for act in one.seen if act not in common) for one in group]
    longest = max(map(len, short))
    for n in range(longest + 1):
        last = [acts[len(acts) - n :] if n < len(acts) else acts for acts in short]
        if len(set(last)) == len(group):
            break
    else:  # what was left out is what tells them apart
        last = [one.seen for one in group]
    yield from zip(group, last, strict=True)
