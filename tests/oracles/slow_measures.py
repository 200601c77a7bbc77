"""Measures by their plainest definition: every path written out, every measure read off it.

A path keeps every look at the game, stage by stage, with the acts as they were taken. Endings
freeze the last look until the horizon. Sums run over all paths with their chances.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from offramp.scenario.crisis import Crisis
from offramp.scenario.expressions import Binary, Call, Const, Did, Expr, MeasureCall, Unary
from oracles.evaluator import ANALYST, Evaluation, accrued, frozen_periods, prior_of
from oracles.slow_expressions import Moment, Reader
from oracles.slow_tree import Branch, Node, Profile, profiles_of, reader_of

__all__ = ["HORIZON", "Path", "Result", "play_out"]

HORIZON = "horizon"

NEVER_HAPPENS = None
"""The value of `after` where its event never happens."""


@dataclass(frozen=True)
class Path:
    """One way the game can go, from the start to the horizon.

    Attributes:
        chance: Under the analyst's prior.
        start: Before the first stage.
        looks: After every stage of every period, frozen ones included: `looks[period][stage]`.
        begins: At the start of each period that was played.
        acts: Every act taken, in order.
        node: Where it ended, for what is believed there.
        payments: To each player, discounted; mean over types as the analyst weighs them.
    """

    chance: float
    start: Moment
    looks: tuple[tuple[Moment, ...], ...]
    begins: tuple[Moment, ...]
    acts: tuple[tuple[str, str], ...]
    node: Node

    @property
    def ends(self) -> tuple[Moment, ...]:
        """Return the look at each period's end."""
        return tuple(period[-1] for period in self.looks)


@dataclass(frozen=True)
class Result:
    """What strategies lead to: chances of endings, measures, payoffs."""

    outcomes: dict[str, float]
    measures: dict[str, float | None]
    values: dict[str, float]
    own_values: dict[str, float]
    paths: list[Path]


@dataclass(frozen=True)
class _Trace:
    """A path as far as it has gone; weights are kept for each observer's prior."""

    weights: Mapping[str, Mapping[Profile, float]]
    moment: Moment  # acts as taken, not as seen
    looks: tuple[tuple[Moment, ...], ...] = ()
    now: tuple[Moment, ...] = ()
    begins: tuple[Moment, ...] = ()
    acts: tuple[tuple[str, str], ...] = ()


def play_out(evaluation: Evaluation) -> Result:
    """Follow every path of the strategies in `evaluation` and read all measures off them."""
    return _Player(evaluation).result()


class _Player:
    """Follows paths; holds what every step needs."""

    def __init__(self, evaluation: Evaluation) -> None:
        self.evaluation = evaluation
        self.crisis = evaluation.tree.crisis
        self.players = {p.name: p for p in self.crisis.players}
        self.seat = {p.name: number for number, p in enumerate(self.crisis.players)}
        self.readers = {p: reader_of(self.crisis, p) for p in profiles_of(self.crisis)}
        self.received: dict[str, dict[str, float]] = {
            observer: defaultdict(float) for observer in (ANALYST, *self.players)
        }
        self.paths: list[Path] = []

    def result(self) -> Result:
        for chance, root in self.evaluation.tree.roots:
            weights = {
                observer: {p: chance * self.prior(observer, p) for p in self.readers}
                for observer in self.received
            }
            moment = root.moment
            self.follow(root, _Trace(weights, moment, begins=(moment,)))
        outcomes: dict[str, float] = defaultdict(float)
        for path in self.paths:
            outcomes[path.node.ending or HORIZON] += path.chance
        values = {p: self.received[ANALYST][p] for p in self.players}
        own_values = {p: self.received[p][p] for p in self.players}
        read = MeasureReader(self.crisis, self.evaluation, self.paths, values, own_values)
        measures = {m.name: read.measure(m.is_) for m in self.crisis.measures}
        return Result(dict(outcomes), measures, values, own_values, self.paths)

    def prior(self, observer: str, profile: Profile) -> float:
        chance = 1.0
        for name, type_name in zip(self.players, profile, strict=True):
            chance *= prior_of(self.players[name], observer)[type_name]
        return chance

    # --- paths ----------------------------------------------------------------------------------

    def follow(self, node: Node, trace: _Trace) -> None:
        if node.ending is not None:
            self.freeze(node, trace)
        elif node.stage == len(self.crisis.stages):
            self.end_period(node, trace)
        else:
            for branch in node.branches:
                self.branch(node, branch, trace)

    def branch(self, node: Node, branch: Branch, trace: _Trace) -> None:
        weights = {
            observer: {
                profile: weight
                * self.joint(node, profile, branch)
                * branch.chance.get(profile, 0.0)
                for profile, weight in each.items()
            }
            for observer, each in trace.weights.items()
        }
        if not any(weight > 0.0 for each in weights.values() for weight in each.values()):
            return
        for profile, pays in branch.pays.items():
            self.receive(weights, profile, pays, node.period)
        numbers = {p: branch.child.moment.chosen.get(p, 0.0) for p in branch.acts}
        acted = trace.moment.with_acts(branch.acts, numbers)
        moment = replace(acted, levels=branch.child.moment.levels)
        after = replace(
            trace,
            weights=self.redraw(weights, branch.signal.redrawn),
            moment=moment,
            now=(*trace.now, moment),
            acts=(*trace.acts, *branch.acts.items()),
        )
        self.follow(branch.child, after)

    def joint(self, node: Node, profile: Profile, branch: Branch) -> float:
        chance = 1.0
        for player, act in branch.acts.items():
            chance *= self.plays(node, player, profile[self.seat[player]]).get(act, 0.0)
        return chance

    def plays(self, node: Node, player: str, type_name: str) -> Mapping[str, float]:
        """Return what is played, secret orders included."""
        solved = self.evaluation.plays[id(node), player, type_name]
        if (player, type_name) not in node.orders:
            return solved
        left, prescribed = node.orders[player, type_name]
        if prescribed:
            return prescribed
        total = sum(solved.get(act, 0.0) for act in left)
        return {act: solved.get(act, 0.0) / total for act in left}

    def redraw(
        self, weights: Mapping[str, Mapping[Profile, float]], redrawn: tuple[str, ...]
    ) -> Mapping[str, Mapping[Profile, float]]:
        for name in redrawn:
            weights = {o: self.redraw_one(o, each, name) for o, each in weights.items()}
        return weights

    def redraw_one(
        self, observer: str, weights: Mapping[Profile, float], name: str
    ) -> Mapping[Profile, float]:
        after: dict[Profile, float] = defaultdict(float)
        seat = self.seat[name]
        for profile, weight in weights.items():
            for type_name, chance in prior_of(self.players[name], observer).items():
                after[(*profile[:seat], type_name, *profile[seat + 1 :])] += weight * chance
        return after

    def end_period(self, node: Node, trace: _Trace) -> None:
        last = node.following is None
        self.accrue(node, node.moment, trace, node.period, 1.0 + self.crisis.tail * last)
        looks = (*trace.looks, trace.now)
        if node.following is None:
            self.arrive(node, replace(trace, looks=looks, now=()))
            return
        start = trace.moment.next_period()
        begins = (*trace.begins, start)
        after = replace(trace, moment=start, looks=looks, now=(), begins=begins)
        self.follow(node.following, after)

    def freeze(self, node: Node, trace: _Trace) -> None:
        ending = next(e for e in self.crisis.endings if e.name == node.ending)
        n_stages = len(self.crisis.stages)
        now = trace.now + (trace.moment,) * (n_stages - len(trace.now))
        looks = [*trace.looks, now]
        for moment, times in frozen_periods(self.crisis, trace.moment):
            if moment.period > node.period:
                looks.append((moment,) * n_stages)
            if ending.freeze:
                public = replace(node.moment, period=moment.period)
                self.accrue(node, public, trace, moment.period, times)
        self.arrive(node, replace(trace, looks=tuple(looks), now=()))

    def accrue(self, node: Node, moment: Moment, trace: _Trace, period: int, times: float) -> None:
        beliefs = self.evaluation.beliefs[id(node)]
        for profile, reader in self.readers.items():
            amounts = accrued(self.crisis, reader, moment, beliefs)
            self.receive(trace.weights, profile, {p: a * times for p, a in amounts.items()}, period)

    def receive(
        self,
        weights: Mapping[str, Mapping[Profile, float]],
        profile: Profile,
        pays: Mapping[str, float],
        period: int,
    ) -> None:
        for observer, each in weights.items():
            for player, amount in pays.items():
                discount = self.players[player].discount ** (period - 1)
                self.received[observer][player] += each.get(profile, 0.0) * discount * amount

    def arrive(self, node: Node, trace: _Trace) -> None:
        chance = sum(trace.weights[ANALYST].values())
        start = self.paths_start(trace)
        self.paths.append(Path(chance, start, trace.looks, trace.begins, trace.acts, node))

    def paths_start(self, trace: _Trace) -> Moment:
        return trace.begins[0]


@dataclass(frozen=True)
class MeasureReader:
    """Reads measures off a list of paths."""

    crisis: Crisis
    evaluation: Evaluation
    paths: list[Path]
    values: Mapping[str, float]
    own_values: Mapping[str, float]

    def measure(self, expression: Expr) -> float | None:
        """Return what a measure comes to, or None where what it asks of never happens."""
        match expression:
            case MeasureCall():
                return self.call(expression)
            case Const():
                return expression.value
            case Unary(operator="-"):
                part = self.measure(expression.operand)
                return None if part is None else -part
            case Binary() | Call():
                return self.combine(expression)
        return self.plain(expression)

    def plain(self, expression: Expr) -> float:
        """Read what holds no measure (a parameter, say): it is the same on every path."""
        return self.reader.number(expression, self.paths[0].start)

    def combine(self, expression: Binary | Call) -> float | None:
        arguments = (
            (expression.left, expression.right)
            if isinstance(expression, Binary)
            else expression.arguments
        )
        parts = [self.measure(argument) for argument in arguments]
        if None in parts:
            return None
        numbers = tuple(Const(part) for part in parts if part is not None)
        whole = (
            replace(expression, left=numbers[0], right=numbers[1])
            if isinstance(expression, Binary)
            else replace(expression, arguments=numbers)
        )
        return self.plain(whole)

    @property
    def reader(self) -> Reader:
        return reader_of(self.crisis, profiles_of(self.crisis)[0])

    def mean(self, quantity) -> float:  # type: ignore[no-untyped-def]
        """Return the mean of a path's quantity over all paths."""
        return float(sum(path.chance * quantity(path) for path in self.paths))

    def call(self, node: MeasureCall) -> float | None:
        options = dict(node.options)
        match node.function:
            case "ever":
                by = int(options.get("by", self.horizon))
                return self.mean(lambda path: self.first(path, node.arguments[0]) <= by)
            case "time_to":
                return self.mean(
                    lambda path: min(self.first(path, node.arguments[0]), self.horizon)
                )
            case "start":
                return self.mean(lambda path: self.at(path.start, node))
            case "final":
                return self.mean(lambda path: self.at(path.ends[-1], node))
            case "change":
                return self.mean(
                    lambda path: self.at(path.ends[-1], node) - self.at(path.start, node)
                )
            case "mean":
                return self.mean(lambda path: self.total(path, node) / len(path.ends))
            case "sum":
                return self.mean(lambda path: self.total(path, node))
            case "peak":
                return self.mean(lambda path: self.peak(path, node))
            case "count":
                return self.mean(lambda path: self.count(path, node))
            case "after":
                return self.after(node, int(options.get("within", self.horizon)))
            case "belief":
                return self.mean(lambda path: self.believed(path, node))
            case "value":
                return self.values[node.names[0]]
            case "own_value":
                return self.own_values[node.names[0]]
        raise AssertionError(node.function)

    @property
    def horizon(self) -> int:
        assert self.crisis.n_periods is not None
        return self.crisis.n_periods

    def at(self, moment: Moment, node: MeasureCall) -> float:
        return self.reader.number(node.arguments[0], moment)

    def total(self, path: Path, node: MeasureCall) -> float:
        return sum(self.at(moment, node) for moment in path.ends)

    def first(self, path: Path, condition: Expr) -> int:
        """Return the period in which a condition first holds; beyond the horizon if never."""
        for period, looks in enumerate(path.looks, start=1):
            if any(self.reader.holds(condition, look) for look in looks):
                return period
        return self.horizon + 1

    def peak(self, path: Path, node: MeasureCall) -> float:
        name = node.names[0]
        seen = [path.start.levels[name]]
        seen.extend(look.levels[name] for looks in path.looks for look in looks)
        return self.reader.level(name, max(seen), share=True)

    def count(self, path: Path, node: MeasureCall) -> int:
        counted = counted_acts(node)
        return sum(act in counted for act in path.acts)

    def believed(self, path: Path, node: MeasureCall) -> float:
        observer, player, type_name = node.names
        return self.evaluation.beliefs[id(path.node)][observer][player][type_name]

    def after(self, node: MeasureCall, within: int) -> float | None:
        """Return expected happenings that are followed over expected happenings."""
        event, condition = node.arguments
        happened = followed = 0.0
        for path in self.paths:
            for period, stage in self.happenings(path, event):
                happened += path.chance
                window = list(looks_between(path, period, stage, period + within))
                held = any(self.reader.holds(condition, look) for look in window)
                followed += path.chance * held
        return followed / happened if happened > 0.0 else NEVER_HAPPENS

    def happenings(self, path: Path, event: Expr) -> Iterator[tuple[int, int]]:
        """Yield period and stage (from 0) at which the event becomes true."""
        before = True
        for period, looks in enumerate(path.looks):
            if period < len(path.begins):
                begun = self.reader.holds(event, path.begins[period])
                before = before and begun
            for stage, look in enumerate(looks):
                now = self.reader.holds(event, look)
                if now and not before:
                    yield period, stage
                before = now


def looks_between(path: Path, period: int, stage: int, last: int) -> Iterator[Moment]:
    """Yield looks from one stage's end to the end of period `last` (from 0)."""
    yield from path.looks[period][stage:]
    for looks in path.looks[period + 1 : last + 1]:
        yield from looks


def counted_acts(node: MeasureCall) -> tuple[tuple[str, str], ...]:
    """Return the acts that `count` counts: one, or all members of a family."""
    if node.arguments and isinstance(node.arguments[0], Did):
        return node.arguments[0].acts
    return (tuple(node.names),)  # type: ignore[return-value]
