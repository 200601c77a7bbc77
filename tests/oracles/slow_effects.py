"""How one stage can go, given the acts: effects resolved one draw of chance after another.

Everything is a list of `Outcome`s with their chances; no two are merged before the stage is over.
Types are read as they are when the stage begins: a redraw takes hold when it is over.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from offramp.scenario.crisis import Crisis, Effect, Ending, Pay, Stage
from oracles.slow_expressions import Moment, Reader

__all__ = ["Outcome", "resolve_stage", "shifted_chance"]

Payments = Mapping[str, float]


@dataclass(frozen=True)
class Outcome:
    """One way a stage can go: where it leads, who is paid what, whose types are drawn afresh."""

    chance: float
    moment: Moment
    pays: Payments = field(default_factory=dict)
    redrawn: frozenset[str] = frozenset()
    ending: str | None = None


@dataclass(frozen=True)
class _Changes:
    """What one draw of chance adds to a group of effects that join."""

    chance: float = 1.0
    settings: tuple[tuple[str, int], ...] = ()
    moves: tuple[tuple[str, int], ...] = ()
    pays: Payments = field(default_factory=dict)
    redrawn: frozenset[str] = frozenset()

    def plus(self, other: _Changes) -> _Changes:
        return _Changes(
            self.chance * other.chance,
            self.settings + other.settings,
            self.moves + other.moves,
            add_payments(self.pays, other.pays),
            self.redrawn | other.redrawn,
        )


def resolve_stage(
    crisis: Crisis, stage: Stage, acts: Mapping[str, str], before: Moment, reader: Reader
) -> list[Outcome]:
    """Return every way `stage` can go from `before` once `acts` (player to action) are taken."""
    actions = [
        next(action for action in mover.actions if action.name == acts[mover.player])
        for mover in stage.movers
    ]
    numbers = {m.player: a.value or 0.0 for m, a in zip(stage.movers, actions, strict=True)}
    moment = before.with_acts(acts, numbers)
    pays = _paid((pay for action in actions for pay in action.pays), moment, reader)
    ways = [Outcome(1.0, moment, pays)]
    together = tuple(effect for action in actions for effect in action.effects)
    if len(actions) > 1 and together:
        ways = _then(ways, lambda way: _join(crisis, together, way, reader))
    for action in actions if len(actions) == 1 else ():
        ways = _in_order(crisis, action.effects, ways, reader)
    ways = _in_order(crisis, stage.effects, ways, reader)
    if stage.added:
        ways = _then(ways, lambda way: _join(crisis, stage.added, way, reader))
    return _then(ways, lambda way: [_look_for_ending(crisis, way, reader)])


def shifted_chance(effect: Effect, moment: Moment, reader: Reader) -> float:
    """Return the chance of an effect: shifts in log-odds first, then the length of time."""
    if effect.chance is None:
        return 1.0
    chance = reader.number(effect.chance, moment)
    shift = sum(reader.number(s, moment) for s in effect.shifts)
    if effect.shifts and 0.0 < chance < 1.0:
        chance = 1.0 / (1.0 + math.exp(-(math.log(chance / (1.0 - chance)) + shift)))
    return float(1.0 - (1.0 - chance) ** effect.exponent)


def add_payments(left: Payments, right: Payments) -> Payments:
    """Return the sum of two sets of payments, player by player."""
    total: dict[str, float] = defaultdict(float, left)
    for player, amount in right.items():
        total[player] += amount
    return dict(total)


def _paid(pays: Iterable[Pay], moment: Moment, reader: Reader) -> Payments:
    total: dict[str, float] = defaultdict(float)
    for pay in pays:
        total[pay.player] += reader.number(pay.amount, moment)
    return dict(total)


def _then(ways: list[Outcome], step) -> list[Outcome]:  # type: ignore[no-untyped-def]
    """Carry every way that play has not ended through `step`."""
    after: list[Outcome] = []
    for way in ways:
        after.extend([way] if way.ending is not None else step(way))
    return after


def _in_order(
    crisis: Crisis, effects: tuple[Effect, ...], ways: list[Outcome], reader: Reader
) -> list[Outcome]:
    """Resolve effects in listed order, looking for an ending after each."""
    for effect in effects:
        ways = _then(
            ways,
            lambda way, effect=effect: [
                _look_for_ending(crisis, result, reader) for result in _one(effect, way, reader)
            ],
        )
    return ways


def _look_for_ending(crisis: Crisis, way: Outcome, reader: Reader) -> Outcome:
    ending = _ending_at(crisis, way.moment, reader)
    if ending is None:
        return way
    pays = add_payments(way.pays, _paid(ending.pays, way.moment, reader))
    return replace(way, pays=pays, ending=ending.name)


def _ending_at(crisis: Crisis, moment: Moment, reader: Reader) -> Ending | None:
    return next((e for e in crisis.endings if reader.holds(e.when, moment)), None)


def _one(effect: Effect, way: Outcome, reader: Reader) -> Iterator[Outcome]:
    """Resolve one effect with what follows it, each part seeing what the earlier left."""
    if not reader.holds(effect.when, way.moment):
        yield way
        return
    chance = shifted_chance(effect, way.moment, reader)
    if chance > 0.0:
        pays = add_payments(way.pays, _paid(effect.pays, way.moment, reader))
        yield from _follow(
            effect.then,
            Outcome(
                way.chance * chance,
                replace(way.moment, levels=_changed(effect, way.moment, reader)),
                pays,
                way.redrawn | _redraws(effect),
            ),
            reader,
        )
    if chance < 1.0:
        missed = replace(way, chance=way.chance * (1.0 - chance))
        yield from _follow(effect.otherwise, missed, reader)


def _follow(effects: tuple[Effect, ...], way: Outcome, reader: Reader) -> list[Outcome]:
    ways = [way]
    for effect in effects:
        ways = [result for each in ways for result in _one(effect, each, reader)]
    return ways


def _redraws(effect: Effect) -> frozenset[str]:
    return frozenset() if effect.redraw is None else frozenset({effect.redraw})


def _changed(effect: Effect, moment: Moment, reader: Reader) -> Mapping[str, int]:
    change = _change(effect, moment, reader)
    return (
        _settle(moment.levels, [change], reader)
        if change.settings or change.moves
        else (moment.levels)
    )


def _change(effect: Effect, moment: Moment, reader: Reader) -> _Changes:
    """Return the single setting or move of one effect that happens."""
    if effect.variable is None:
        return _Changes()
    if effect.by is not None:
        return _Changes(moves=((effect.variable, round(reader.number(effect.by, moment))),))
    assert effect.to is not None
    wanted = reader.number(effect.to, moment)
    values = reader.variables[effect.variable].values
    level = min(range(len(values)), key=lambda index: abs(values[index] - wanted))
    return _Changes(settings=((effect.variable, level),))


def _settle(
    levels: Mapping[str, int], changes: Iterable[_Changes], reader: Reader
) -> Mapping[str, int]:
    """Apply settings, then the sum of moves, then the ends of the scale."""
    changes = list(changes)
    after = dict(levels)
    for variable, level in (setting for change in changes for setting in change.settings):
        after[variable] = level
    for variable, by in (move for change in changes for move in change.moves):
        after[variable] += by
    for variable, level in after.items():
        top = len(reader.variables[variable].levels) - 1
        after[variable] = min(max(level, 0), top)
    return after


def _join(
    crisis: Crisis, effects: tuple[Effect, ...], way: Outcome, reader: Reader
) -> list[Outcome]:
    """Resolve effects that all read the same moment, and add what they do."""
    draws = _joint(effects, way.moment, reader)
    results = []
    for draw in draws:
        _refuse_conflict(draw)
        joined = Outcome(
            way.chance * draw.chance,
            replace(way.moment, levels=_settle(way.moment.levels, [draw], reader)),
            add_payments(way.pays, draw.pays),
            way.redrawn | draw.redrawn,
        )
        results.append(_look_for_ending(crisis, joined, reader))
    return results


def _refuse_conflict(draw: _Changes) -> None:
    levels: dict[str, int] = {}
    for variable, level in draw.settings:
        if levels.setdefault(variable, level) != level:
            raise ValueError(f"two settings of {variable} in one draw of chance")


def _joint(effects: tuple[Effect, ...], moment: Moment, reader: Reader) -> list[_Changes]:
    draws = [_Changes()]
    for effect in effects:
        ways = list(_draws(effect, moment, reader))
        draws = [draw.plus(way) for draw in draws for way in ways]
    return draws


def _draws(effect: Effect, moment: Moment, reader: Reader) -> Iterator[_Changes]:
    """Return what one effect can add; nested effects read the same moment as it does."""
    if not reader.holds(effect.when, moment):
        yield _Changes()
        return
    chance = shifted_chance(effect, moment, reader)
    if chance > 0.0:
        happened = replace(
            _change(effect, moment, reader),
            chance=chance,
            pays=_paid(effect.pays, moment, reader),
            redrawn=_redraws(effect),
        )
        for nested in _joint(effect.then, moment, reader):
            yield happened.plus(nested)
    if chance < 1.0:
        for nested in _joint(effect.otherwise, moment, reader):
            yield _Changes(chance=1.0 - chance).plus(nested)
