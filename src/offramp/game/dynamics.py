"""Effects to transitions: what acts and chance do to many states at once.

A *bundle* holds branches: each one a state on its way through a stage, with the row (joint act in a
state) that it came from, its probability so far and whether play has ended on it. Effects split
branches in those on which they happen and those on which they do not. At the end, branches of one
row that lead to the same place are merged.

Probabilities have one column, or one per type of the player whose type the stage's chances read.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from offramp.game.findings import Findings
from offramp.game.ledger import Ledger
from offramp.game.states import StateEnvironment, States, StateSpace
from offramp.scenario import Effect, Ending, evaluate
from offramp.scenario.expressions import Expr

if TYPE_CHECKING:
    from jaxtyping import Bool, Float, Int

__all__ = ["Bundle", "Setting", "apply_in_turn", "join", "mark_endings"]

CERTAIN_GAP = 1e-12  # a chance this close to 0 or 1 counts as 0 or 1 when it is shifted


@dataclass(frozen=True)
class Bundle:
    """Branches of a stage, one entry each.

    Attributes:
        row: The row that a branch belongs to.
        ended: Index of the ending that holds, or -1.
        redraw: Bit j is set where typed player j's type has been drawn afresh.
    """

    states: States
    row: Int[np.ndarray, "branch"]
    chance: Float[np.ndarray, "branch reader_type"]
    redraw: Int[np.ndarray, "branch"]
    ended: Int[np.ndarray, "branch"]

    def take(self, which: np.ndarray) -> Bundle:
        """Return the branches picked by a mask or by numbers."""
        which = np.flatnonzero(which) if which.dtype == bool else which
        return Bundle(
            self.states.take(which),
            self.row[which],
            self.chance[which],
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
        np.concatenate([b.chance for b in bundles]),
        np.concatenate([b.redraw for b in bundles]),
        np.concatenate([b.ended for b in bundles]),
    )


@dataclass(frozen=True)
class Setting:
    """What stays the same while a stage's effects resolve.

    Attributes:
        period: Running number of the period, from 1.
        reader: Typed player whose type chances read, or -1.
        n_reader_types: 1 without a reader.
        watched: For each ending, the fields that it reads; None where it reads more than levels.
        ledger: Where payments are entered.
        findings: Where problems are collected.
    """

    space: StateSpace
    period: int
    reader: int
    n_reader_types: int
    endings: tuple[Ending, ...]
    watched: tuple[frozenset[int] | None, ...]
    ledger: Ledger
    findings: Findings

    def holds(self, condition: Expr | None, states: States) -> Bool[np.ndarray, "branch"]:
        """Return where a condition (which reads no type) holds."""
        if condition is None:
            return np.ones(len(states), bool)
        value = evaluate(condition, StateEnvironment(self.space, states, period=self.period))
        return np.not_equal(value, 0.0, out=np.empty(len(states), bool))

    def number(self, expression: Expr, states: States, reader_type: int) -> np.ndarray:
        """Return a number on every branch, for one type of the reader."""
        types = {self.reader: reader_type} if self.reader >= 0 else {}
        environment = StateEnvironment(self.space, states, period=self.period, types=types)
        return np.broadcast_to(
            np.asarray(evaluate(expression, environment), np.float64), (len(states),)
        )


def happens_chance(
    effect: Effect, states: States, setting: Setting
) -> Float[np.ndarray, "branch reader_type"]:
    """Return the chance that an effect happens where its condition holds: shifted, then converted.

    Chances outside 0–1 and shifts of chances that are 0 or 1 are entered in the findings, and
    replaced by something harmless so that all problems can be shown at once.
    """
    n = len(states)
    if effect.chance is None:
        if effect.shifts:
            setting.findings.shift_of_certain(effect, states)
        return np.ones((n, setting.n_reader_types))
    chances = np.empty((n, setting.n_reader_types))
    for reader_type in range(setting.n_reader_types):
        p = setting.number(effect.chance, states, reader_type)
        p = setting.findings.checked_chance(effect, p, states)
        if effect.shifts:
            p = _shifted(effect, p, states, setting, reader_type)
        chances[:, reader_type] = (
            p
            if effect.exponent == 1.0
            else -np.expm1(effect.exponent * np.log1p(-np.minimum(p, 1.0 - 1e-300)))
        )
    return chances


def _shifted(
    effect: Effect, p: np.ndarray, states: States, setting: Setting, reader_type: int
) -> np.ndarray:
    shift = sum(setting.number(one, states, reader_type) for one in effect.shifts)
    certain = (p < CERTAIN_GAP) | (p > 1.0 - CERTAIN_GAP)
    if certain.any():
        setting.findings.shift_of_certain(effect, states.take(certain))
        p = np.where(certain, 0.5, p)
    return 1.0 / (1.0 + (1.0 - p) / p * np.exp(-shift))


def _split(
    effect: Effect, bundle: Bundle, setting: Setting
) -> tuple[Bool[np.ndarray, "branch"], Float[np.ndarray, "branch reader_type"]]:
    """Return where the effect's condition holds, and its chance there (zero elsewhere)."""
    holds = setting.holds(effect.when, bundle.states) & (bundle.ended < 0)
    if holds.all():
        return holds, happens_chance(effect, bundle.states, setting)
    chance = np.zeros((len(bundle), setting.n_reader_types))
    if holds.any():
        chance[holds] = happens_chance(effect, bundle.states.take(holds), setting)
    return holds, chance


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
    holds, chance = _split(effect, bundle, setting)
    if not holds.any():
        return bundle
    parts = []
    if not holds.all():
        parts.append(bundle.take(~holds))
    may_miss = holds & (chance < 1.0).any(axis=1)
    if may_miss.any():
        missed = bundle.take(may_miss)
        missed = replace(missed, chance=missed.chance * (1.0 - chance[may_miss]))
        for follower in effect.otherwise:
            missed = _apply(follower, missed, setting)
        parts.append(missed)
    may_hit = holds & (chance > 0.0).any(axis=1)
    if may_hit.any():
        hit = bundle.take(may_hit)
        hit = replace(hit, chance=hit.chance * chance[may_hit])
        hit = _carry_out(effect, hit, setting)
        for follower in effect.then:
            hit = _apply(follower, hit, setting)
        parts.append(hit)
    return _concatenate(parts)


def _carry_out(effect: Effect, hit: Bundle, setting: Setting) -> Bundle:
    setting.ledger.enter(effect.pays, hit.states, hit.row, hit.chance, setting)
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
    return np.rint(setting.number(by, states, 0)).astype(np.int64)


def _moved(level: np.ndarray, steps: np.ndarray, row: int, setting: Setting) -> np.ndarray:
    return np.clip(level + steps, 0, setting.space.fields[row].size - 1)


def _level_set(effect: Effect, states: States, row: int, setting: Setting) -> np.ndarray:
    """Return the level that an effect sets, found among the variable's values."""
    if effect.to is None:  # neither moved nor set
        return states[row]
    target = setting.number(effect.to, states, 0)
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
    bundle = pending.bundle
    holds, chance = _split(effect, bundle, setting)
    if not holds.any():
        return pending
    parts = []
    if not holds.all():
        parts.append(pending.take(~holds))
    may_miss = holds & (chance < 1.0).any(axis=1)
    if may_miss.any():
        missed = _weighed(pending.take(may_miss), 1.0 - chance[may_miss])
        for follower in effect.otherwise:
            missed = _join_one(follower, missed, setting)
        parts.append(missed)
    may_hit = holds & (chance > 0.0).any(axis=1)
    if may_hit.any():
        hit = _noted(effect, _weighed(pending.take(may_hit), chance[may_hit]), setting)
        for follower in effect.then:
            hit = _join_one(follower, hit, setting)
        parts.append(hit)
    return _Pending(
        _concatenate([p.bundle for p in parts]),
        pending.rows,
        np.concatenate([p.set_to for p in parts], axis=1),
        np.concatenate([p.moves for p in parts], axis=1),
    )


def _weighed(pending: _Pending, chance: np.ndarray) -> _Pending:
    bundle = replace(pending.bundle, chance=pending.bundle.chance * chance)
    return replace(pending, bundle=bundle)


def _noted(effect: Effect, pending: _Pending, setting: Setting) -> _Pending:
    """Note an effect that happens: pay, and let its move or setting wait."""
    bundle = pending.bundle
    setting.ledger.enter(effect.pays, bundle.states, bundle.row, bundle.chance, setting)
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
                part = bundle.take(reached)
                setting.ledger.enter(ending.pays, part.states, part.row, part.chance, setting)
    return bundle if ended is bundle.ended else replace(bundle, ended=ended)
