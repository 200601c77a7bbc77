"""Effects to transitions: what acts and chance do to many states at once.

A *bundle* holds branches: each one a state on its way through a stage, with the row (joint act in a
state) that it came from, its probability so far and whether play has ended on it. Effects split
branches in those on which they happen and those on which they do not. At the end, branches of one
row that lead to the same place are merged.

Probabilities are not numbers here but products of draws (`odds.py`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from offramp.game.findings import Findings
from offramp.game.ledger import Ledger
from offramp.game.odds import Odds
from offramp.game.states import StateEnvironment, States, StateSpace
from offramp.scenario import Effect, Ending, Pay, evaluate
from offramp.scenario.expressions import Expr

if TYPE_CHECKING:
    from jaxtyping import Bool, Float, Int

__all__ = ["Bundle", "Setting", "apply_in_turn", "join", "mark_endings"]


@dataclass(frozen=True)
class Bundle:
    """Branches of a stage, one entry each.

    Attributes:
        row: The row that a branch belongs to.
        ended: Index of the ending that holds, or -1.
        node: The product of draws by which it is reached.
        redraw: Bit j is set where typed player j's type has been drawn afresh.
    """

    states: States
    row: Int[np.ndarray, "branch"]
    node: Int[np.ndarray, "branch"]
    redraw: Int[np.ndarray, "branch"]
    ended: Int[np.ndarray, "branch"]

    def take(self, which: np.ndarray) -> Bundle:
        """Return the branches picked by a mask or by numbers."""
        which = np.flatnonzero(which) if which.dtype == bool else which
        return Bundle(
            self.states.take(which),
            self.row[which],
            self.node[which],
            self.redraw[which],
            self.ended[which],
        )

    def __len__(self) -> int:
        return len(self.row)


def _concatenate(bundles: Sequence[Bundle]) -> Bundle:
    if len(bundles) == 1:
        return bundles[0]
    return Bundle(
        States(bundles[0].states.space, np.concatenate([b.states.codes for b in bundles])),
        np.concatenate([b.row for b in bundles]),
        np.concatenate([b.node for b in bundles]),
        np.concatenate([b.redraw for b in bundles]),
        np.concatenate([b.ended for b in bundles]),
    )


@dataclass(frozen=True)
class Setting:
    """What stays the same while a stage's effects resolve.

    Attributes:
        period: Running number of the period, from 1.
        watched: For each ending, the fields that it reads; None where it reads more than levels.
        odds: Where draws are entered. ledger: where payments are.
        findings: Where problems are collected.
    """

    space: StateSpace
    period: int
    endings: tuple[Ending, ...]
    watched: tuple[frozenset[int] | None, ...]
    odds: Odds
    ledger: Ledger
    findings: Findings

    def holds(self, condition: Expr | None, states: States) -> Bool[np.ndarray, "branch"]:
        """Return where a condition (which reads no type) holds."""
        if condition is None:
            return np.ones(len(states), bool)
        value = evaluate(condition, StateEnvironment(self.space, states, period=self.period))
        return np.not_equal(value, 0.0, out=np.empty(len(states), bool))

    def number(self, expression: Expr, states: States) -> Float[np.ndarray, "branch"]:
        """Return what an expression that reads no type comes to on every branch."""
        environment = StateEnvironment(self.space, states, period=self.period)
        return np.broadcast_to(
            np.asarray(evaluate(expression, environment), np.float64), (len(states),)
        )

    def enter(self, pays: Sequence[Pay], bundle: Bundle) -> None:
        """Enter payments that are made on every branch."""
        self.ledger.enter(pays, bundle.states, bundle.row, bundle.node, self.period)


class _Split(NamedTuple):
    """Where an effect's condition holds; where it may happen, and where not; its draw's sites."""

    holds: Bool[np.ndarray, "branch"]
    hit: Bool[np.ndarray, "branch"]
    missed: Bool[np.ndarray, "branch"]
    site: Int[np.ndarray, "branch"] | None

    def node(
        self, node: Int[np.ndarray, "branch"], odds: Odds, *, hit: bool
    ) -> Int[np.ndarray, "picked"]:
        """Return the nodes of the branches on which the draw comes out one way."""
        which = self.hit if hit else self.missed
        return odds.after(node[which], None if self.site is None else self.site[which], hit=hit)


def _split(effect: Effect, bundle: Bundle, setting: Setting) -> _Split | None:
    """Return how an effect splits branches; None if its condition holds nowhere."""
    holds = setting.holds(effect.when, bundle.states) & (bundle.ended < 0)
    if not holds.any():
        return None
    everywhere = bool(holds.all())
    states = bundle.states if everywhere else bundle.states.take(holds)
    found = setting.odds.draw(effect, states, setting.period)
    if found is None:
        return _Split(holds, holds, np.zeros(len(holds), bool), None)
    site = found
    if not everywhere:
        site = np.zeros(len(holds), np.int64)
        site[holds] = found
    odds = setting.odds
    return _Split(holds, holds & odds.may_hit[site], holds & odds.may_miss[site], site)


def _affected(effects: Iterable[Effect], space: StateSpace) -> set[int]:
    """Return the fields that effects may move or set."""
    rows: set[int] = set()
    for effect in effects:
        if effect.variable is not None:
            rows.add(space.position[effect.variable])
        rows |= _affected((*effect.then, *effect.otherwise), space)
    return rows


# --- effects one after another -------------------------------------------------------------------


def apply_in_turn(effects: Sequence[Effect], bundle: Bundle, setting: Setting) -> Bundle:
    """Resolve effects in listed order, looking at the endings after each."""
    for effect in effects:
        moved = _affected((effect,), setting.space)
        bundle = mark_endings(_apply(effect, bundle, setting), setting, moved)
    return bundle


def _apply(effect: Effect, bundle: Bundle, setting: Setting) -> Bundle:
    split = _split(effect, bundle, setting)
    if split is None:
        return bundle
    parts = []
    if not split.holds.all():
        parts.append(bundle.take(~split.holds))
    if split.missed.any():
        missed = replace(
            bundle.take(split.missed), node=split.node(bundle.node, setting.odds, hit=False)
        )
        for follower in effect.otherwise:
            missed = _apply(follower, missed, setting)
        parts.append(missed)
    if split.hit.any():
        hit = replace(bundle.take(split.hit), node=split.node(bundle.node, setting.odds, hit=True))
        hit = _carry_out(effect, hit, setting)
        for follower in effect.then:
            hit = _apply(follower, hit, setting)
        parts.append(hit)
    return _concatenate(parts)


def _carry_out(effect: Effect, hit: Bundle, setting: Setting) -> Bundle:
    setting.enter(effect.pays, hit)
    if effect.redraw is not None:
        bit = 1 << _typed_position(setting.space, effect.redraw)
        hit = replace(hit, redraw=hit.redraw | bit)
    if effect.variable is None:
        return hit
    row = setting.space.position[effect.variable]
    if effect.by is not None:
        steps = _steps(effect.by, hit.states, setting)
        level = _moved(hit.states[row], steps, row, setting)
    else:
        level = _level_set(effect, hit.states, row, setting)
    return replace(hit, states=hit.states.put(row, level))


def _typed_position(space: StateSpace, player: str) -> int:
    names = [space.crisis.players[i].name for i in space.typed]
    return names.index(player)


def _steps(by: Expr, states: States, setting: Setting) -> np.ndarray:
    return np.rint(setting.number(by, states)).astype(np.int64)


def _moved(level: np.ndarray, steps: np.ndarray, row: int, setting: Setting) -> np.ndarray:
    return np.clip(level + steps, 0, setting.space.fields[row].size - 1)


def _level_set(effect: Effect, states: States, row: int, setting: Setting) -> np.ndarray:
    """Return the level that an effect sets, found among the variable's values."""
    if effect.to is None:  # neither moved nor set
        return states[row]
    target = setting.number(effect.to, states)
    values = np.asarray(setting.space.fields[row].values)
    nearest = np.searchsorted((values[1:] + values[:-1]) / 2.0, target)
    setting.findings.checked_level(effect, target, values[nearest], states)
    return np.broadcast_to(nearest, (len(states),))


# --- effects that join ---------------------------------------------------------------------------

UNSET = -1


@dataclass(frozen=True)
class _Pending:
    """Branches whose moves and settings wait until all that join have been read.

    Attributes:
        rows: The fields that any of the effects may move or set.
    """

    bundle: Bundle
    rows: tuple[int, ...]
    set_to: Int[np.ndarray, "row branch"]
    moves: Int[np.ndarray, "row branch"]

    def take(self, which: np.ndarray) -> _Pending:
        set_to, moves = self.set_to[:, which], self.moves[:, which]
        return _Pending(self.bundle.take(which), self.rows, set_to, moves)

    def at(self, which: np.ndarray, node: Int[np.ndarray, "picked"]) -> _Pending:
        """Return the branches picked by a mask, reached by other nodes."""
        picked = self.take(which)
        return replace(picked, bundle=replace(picked.bundle, node=node))


def join(effects: Sequence[Effect], bundle: Bundle, setting: Setting) -> Bundle:
    """Resolve effects that all read the present state: settings first, then the sum of moves.

    Two settings of one variable to different levels in one draw are entered in the findings.
    """
    if not effects:
        return bundle
    rows = tuple(sorted(_affected(effects, setting.space)))
    shape = (len(rows), len(bundle))
    pending = _Pending(bundle, rows, np.full(shape, UNSET), np.zeros(shape, np.int64))
    for effect in effects:
        pending = _join_one(effect, pending, setting)
    states = pending.bundle.states
    for row, set_to, moves in zip(rows, pending.set_to, pending.moves, strict=True):
        level = np.where(set_to != UNSET, set_to, states[row])
        states = states.put(row, _moved(level, moves, row, setting))
    return mark_endings(replace(pending.bundle, states=states), setting, rows)


def _join_one(effect: Effect, pending: _Pending, setting: Setting) -> _Pending:
    split = _split(effect, pending.bundle, setting)
    if split is None:
        return pending
    node = pending.bundle.node
    parts = []
    if not split.holds.all():
        parts.append(pending.take(~split.holds))
    if split.missed.any():
        missed = pending.at(split.missed, split.node(node, setting.odds, hit=False))
        for follower in effect.otherwise:
            missed = _join_one(follower, missed, setting)
        parts.append(missed)
    if split.hit.any():
        hit = pending.at(split.hit, split.node(node, setting.odds, hit=True))
        hit = _noted(effect, hit, setting)
        for follower in effect.then:
            hit = _join_one(follower, hit, setting)
        parts.append(hit)
    return _Pending(
        _concatenate([p.bundle for p in parts]),
        pending.rows,
        np.concatenate([p.set_to for p in parts], axis=1),
        np.concatenate([p.moves for p in parts], axis=1),
    )


def _noted(effect: Effect, pending: _Pending, setting: Setting) -> _Pending:
    """Note an effect that happens: pay, and let its move or setting wait."""
    bundle = pending.bundle
    setting.enter(effect.pays, bundle)
    if effect.redraw is not None:
        bit = 1 << _typed_position(setting.space, effect.redraw)
        pending = replace(pending, bundle=replace(bundle, redraw=bundle.redraw | bit))
    if effect.variable is None:
        return pending
    row = setting.space.position[effect.variable]
    k = pending.rows.index(row)
    if effect.by is not None:
        moves = pending.moves.copy()
        moves[k] += _steps(effect.by, bundle.states, setting)
        return replace(pending, moves=moves)
    level = _level_set(effect, bundle.states, row, setting)
    clash = (pending.set_to[k] != UNSET) & (pending.set_to[k] != level)
    if clash.any():
        setting.findings.conflicting_settings(effect, bundle.states.take(clash))
    set_to = pending.set_to.copy()
    set_to[k] = level
    return replace(pending, set_to=set_to)


# --- endings -------------------------------------------------------------------------------------


def mark_endings(bundle: Bundle, setting: Setting, moved: Iterable[int] = ()) -> Bundle:
    """Mark the branches on which an ending now holds (the first listed wins); pay what it pays.

    Endings that read levels only are looked at where one of these may have moved: play does not
    begin where an ending holds, and what moves a level looks at the endings afterwards.

    Args:
        moved: Fields of variables that may have another level than when last looked at.
    """
    ended = bundle.ended
    for number, (ending, read) in enumerate(zip(setting.endings, setting.watched, strict=True)):
        if read is not None and read.isdisjoint(moved):
            continue
        reached = setting.holds(ending.when, bundle.states) & (ended < 0)
        if reached.any():
            ended = np.where(reached, number, ended)
            if ending.pays:
                setting.enter(ending.pays, bundle.take(reached))
    return bundle if ended is bundle.ended else replace(bundle, ended=ended)
