"""The slow evaluator: exact Bayes, action values and values on every history of a small game.

It takes strategies as given and says what they imply: what every observer believes after every
public history, what each act is worth to each type there, and what a logit reply to that would
be. Nothing here comes from the program under test but the records of the bound scenario.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import product

from offramp.scenario.crisis import Crisis, Player
from oracles.slow_expressions import Moment, Reader
from oracles.slow_tree import Branch, Node, Profile, Signal, Tree, profiles_of, reader_of

__all__ = [
    "ANALYST",
    "Beliefs",
    "Evaluation",
    "InformationSet",
    "Mix",
    "Strategy",
    "evaluate",
    "logit",
]

ANALYST = "the analyst"
"""The observer whose prior weighs outcomes."""

Mix = Mapping[str, float]
"""Probability of each action."""

Beliefs = Mapping[str, Mapping[str, Mapping[str, float]]]
"""For each observer and player: the probability of each of the player's types."""

Strategy = Callable[[Node, Beliefs, str, str], Mix]
"""What a player of a type plays at a public history, given what is believed there."""


@dataclass(frozen=True)
class InformationSet:
    """What a mover knows: the public history and its own type."""

    history: tuple[Signal, ...]
    period: int
    stage: int
    player: str
    type: str


@dataclass
class Evaluation:
    """What strategies imply.

    Attributes:
        beliefs: After each public history, by the node's identity.
        reach: Chance of each public history under the analyst's prior and the strategies.
        action_values: At each information set, the worth of each action that it may choose.
        strategies: At each information set where the type is free to choose, what it plays.
        values: At each public history, for each profile of types and player.
    """

    tree: Tree
    beliefs: dict[int, Beliefs] = field(default_factory=dict)
    reach: dict[int, float] = field(default_factory=dict)
    plays: dict[tuple[int, str, str], Mix] = field(default_factory=dict)
    action_values: dict[InformationSet, dict[str, float]] = field(default_factory=dict)
    strategies: dict[InformationSet, Mix] = field(default_factory=dict)
    values: dict[int, dict[Profile, dict[str, float]]] = field(default_factory=dict)

    def replies(self) -> Iterator[tuple[InformationSet, Mix, Mix]]:
        """Yield every free information set with its strategy and the logit of its values."""
        for place, mix in self.strategies.items():
            precision = precision_at(self.tree.crisis, place.player, place.period)
            yield place, mix, logit(self.action_values[place], precision)


def logit(values: Mapping[str, float], precision: float) -> dict[str, float]:
    """Return probabilities in proportion to exp(precision * value); exact: first of the best."""
    best = max(values.values())
    if math.isinf(precision):
        winner = next(act for act, value in values.items() if value == best)
        return {act: float(act == winner) for act in values}
    weights = {act: math.exp(precision * (value - best)) for act, value in values.items()}
    total = sum(weights.values())
    return {act: weight / total for act, weight in weights.items()}


def precision_at(crisis: Crisis, player: str, period: int) -> float:
    """Return the precision that acts on a period's current values."""
    declared = next(p for p in crisis.players if p.name == player)
    if crisis.solver.get("precision_basis") != "present":
        return declared.precision
    return declared.precision * declared.discount ** (period - 1)


def evaluate(tree: Tree, strategy: Strategy, learning: bool = True) -> Evaluation:
    """Follow `strategy` through the tree: beliefs on the way down, values on the way up."""
    walk = _Walk(tree, strategy, learning)
    for chance, root in tree.roots:
        walk.descend(root, walk.priors(), chance)
    return walk.found


class _Walk:
    """One walk through a tree; holds what every step needs."""

    def __init__(self, tree: Tree, strategy: Strategy, learning: bool) -> None:
        self.crisis = tree.crisis
        self.strategy = strategy
        self.learning = learning
        self.found = Evaluation(tree)
        self.players = {p.name: p for p in self.crisis.players}
        self.seat = {p.name: number for number, p in enumerate(self.crisis.players)}
        self.profiles = profiles_of(self.crisis)
        self.readers = {profile: reader_of(self.crisis, profile) for profile in self.profiles}

    def priors(self) -> Beliefs:
        """Return what everybody believes before play."""
        observers = (ANALYST, *self.players)
        return {
            observer: {name: prior_of(player, observer) for name, player in self.players.items()}
            for observer in observers
        }

    # --- down: strategies and beliefs ---------------------------------------------------------

    def descend(self, node: Node, beliefs: Beliefs, reach: float) -> None:
        """Record beliefs and strategies here and below, then values."""
        self.found.beliefs[id(node)] = beliefs
        self.found.reach[id(node)] = reach
        if node.following is not None:
            self.descend(node.following, beliefs, reach)
        for player in node.movers:
            for each in self.players[player].types:
                self.record(node, beliefs, player, each.name)
        for signal, branches in by_signal(node).items():
            child = branches[0].child
            after = self.update(node, beliefs, signal, branches) if self.learning else beliefs
            self.descend(child, after, reach * self.chance_of(node, beliefs[ANALYST], branches))
        self.ascend(node, beliefs)

    def record(self, node: Node, beliefs: Beliefs, player: str, type_name: str) -> None:
        """Ask for the strategy of one type, and hold it to what the type may do."""
        bound = node.bound[player, type_name]
        if bound:
            self.found.plays[id(node), player, type_name] = bound
            return
        free = node.free[player, type_name]
        mix = self.strategy(node, beliefs, player, type_name)
        assert {act for act, p in mix.items() if p > 0.0} <= set(free), (node, player, mix)
        assert abs(sum(mix.values()) - 1.0) < 1e-9, (node, player, mix)
        self.found.plays[id(node), player, type_name] = mix
        place = InformationSet(node.history, node.period, node.stage, player, type_name)
        self.found.strategies[place] = {act: mix.get(act, 0.0) for act in free}

    def played(self, node: Node, player: str, type_name: str, act: str) -> float:
        return self.found.plays[id(node), player, type_name].get(act, 0.0)

    def joint(self, node: Node, profile: Profile, acts: Mapping[str, str]) -> float:
        """Return the chance that the movers, being of these types, take these acts."""
        chance = 1.0
        for player, act in acts.items():
            chance *= self.played(node, player, profile[self.seat[player]], act)
        return chance

    def chance_of(self, node: Node, believed: Mapping[str, Mix], branches: list[Branch]) -> float:
        return sum(
            self.weight(believed, profile) * self.joint(node, profile, b.acts) * p
            for b in branches
            for profile, p in b.chance.items()
        )

    def weight(self, believed: Mapping[str, Mix], profile: Profile) -> float:
        """Return the probability of a profile: types are independent across players."""
        chance = 1.0
        for name, type_name in zip(self.players, profile, strict=True):
            chance *= believed[name][type_name]
        return chance

    def update(
        self, node: Node, beliefs: Beliefs, signal: Signal, branches: list[Branch]
    ) -> Beliefs:
        """Apply Bayes' rule to what all saw, for every observer and player."""
        after: dict[str, dict[str, Mix]] = {observer: {} for observer in beliefs}
        for name, player in self.players.items():
            likelihood = self.likelihood(node, player, branches)
            for observer, believed in beliefs.items():
                if name in signal.redrawn:
                    after[observer][name] = prior_of(player, observer)
                else:
                    after[observer][name] = bayes(believed[name], likelihood)
        return after

    def likelihood(self, node: Node, player: Player, branches: list[Branch]) -> Mix:
        """Return, up to a factor, how likely each type of `player` makes what was seen.

        Another player's act that was seen for what it is says nothing of this player's type and
        is left out, so that an act which no believed type would take spoils nobody else's update.
        """
        types = [each.name for each in player.types]
        acts = branches[0].acts
        hidden = [name for name in node.movers if self.hides(node, name, branches[0])]
        if player.name == node.reader or player.name in hidden:
            return {t: sum(self.given(node, player, t, hidden, b) for b in branches) for t in types}
        if player.name in acts:
            return {t: self.played(node, player.name, t, acts[player.name]) for t in types}
        return dict.fromkeys(types, 1.0)

    def given(
        self, node: Node, player: Player, type_name: str, hidden: list[str], branch: Branch
    ) -> float:
        """Return the chance of one way to a signal, results included, for one type."""
        like = next(p for p in self.profiles if p[self.seat[player.name]] == type_name)
        chance = branch.chance.get(like, 0.0)
        for name in node.movers:
            if name == player.name:
                chance *= self.played(node, name, type_name, branch.acts[name])
            elif name in hidden:
                (only,) = self.players[name].types  # two hidden facts in one signal are refused
                chance *= self.played(node, name, only.name, branch.acts[name])
        return chance

    def hides(self, node: Node, name: str, branch: Branch) -> bool:
        """Return whether what was seen of a mover could have been more than one act.

        An act that is not open to it here, or that a policy known to all rules out, is none that
        was seen: what alone looks so is seen for what it is, whatever it is called.
        """
        looks = node.looks[name]
        possible = {one.acts[name] for one in node.branches}
        return [looks[act] for act in possible].count(looks[branch.acts[name]]) > 1

    # --- up: values -----------------------------------------------------------------------------

    def ascend(self, node: Node, beliefs: Beliefs) -> None:
        """Record what play from here is worth, and what each act is worth to each free type."""
        self.found.values[id(node)] = {p: self.value(node, p) for p in self.profiles}
        for player in node.movers:
            for each in self.players[player].types:
                if not node.bound[player, each.name]:
                    place = InformationSet(node.history, node.period, node.stage, player, each.name)
                    self.found.action_values[place] = {
                        act: self.action_value(node, beliefs[player], player, each.name, act)
                        for act in node.free[player, each.name]
                    }

    def value(self, node: Node, profile: Profile) -> dict[str, float]:
        if node.ending is not None:
            return self.frozen_value(node, profile)
        if node.stage == len(self.crisis.stages):
            return self.end_of_period(node, profile)
        total = dict.fromkeys(self.players, 0.0)
        for branch in node.branches:
            chance = self.joint(node, profile, branch.acts) * branch.chance.get(profile, 0.0)
            if chance > 0.0:
                for name in self.players:
                    total[name] += chance * self.worth(branch, profile, name)
        return total

    def worth(self, branch: Branch, profile: Profile, player: str) -> float:
        """Return what a branch pays `player` at once and later, types drawn afresh included."""
        redrawn = [
            self.players[name].types
            if name in branch.signal.redrawn
            else [t for t in self.players[name].types if t.name == profile[seat]]
            for name, seat in self.seat.items()
        ]
        later = 0.0
        for types in product(*redrawn):
            chance = 1.0
            for each, (name, declared) in zip(types, self.players.items(), strict=True):
                if name in branch.signal.redrawn:
                    chance *= prior_of(declared, player)[each.name]
            following = self.found.values[id(branch.child)][tuple(t.name for t in types)]
            later += chance * following[player]
        return branch.pays[profile].get(player, 0.0) + later

    def action_value(
        self, node: Node, believed: Mapping[str, Mix], player: str, type_name: str, act: str
    ) -> float:
        """Return what an act is worth to a type, over others' types as the player believes."""
        knowing = {**believed, player: {t.name: 0.0 for t in self.players[player].types}}
        knowing[player] = {**knowing[player], type_name: 1.0}
        total = 0.0
        for profile in self.profiles:
            weight = self.weight(knowing, profile)
            if weight == 0.0:
                continue
            for branch in node.branches:
                if branch.acts[player] != act or profile not in branch.chance:
                    continue
                others = {name: a for name, a in branch.acts.items() if name != player}
                chance = weight * self.joint(node, profile, others) * branch.chance[profile]
                if chance > 0.0:
                    total += chance * self.worth(branch, profile, player)
        return total

    def end_of_period(self, node: Node, profile: Profile) -> dict[str, float]:
        last = node.period == self.crisis.n_periods
        accrued = self.accrual(node, node.moment, profile)
        value = {name: amount * (1.0 + self.crisis.tail * last) for name, amount in accrued.items()}
        if node.following is not None:
            later = self.found.values[id(node.following)][profile]
            for name, player in self.players.items():
                value[name] += player.discount * later[name]
        return value

    def frozen_value(self, node: Node, profile: Profile) -> dict[str, float]:
        """Return what accrues on the state at which play ended, from its period on."""
        value = dict.fromkeys(self.players, 0.0)
        ending = next(e for e in self.crisis.endings if e.name == node.ending)
        if not ending.freeze:
            return value
        for moment, times in frozen_periods(self.crisis, node.moment):
            accrued = self.accrual(node, moment, profile)
            for name, player in self.players.items():
                discount = player.discount ** (moment.period - node.period)
                value[name] += discount * times * accrued[name]
        return value

    def accrual(self, node: Node, moment: Moment, profile: Profile) -> dict[str, float]:
        """Return what each player's payoff terms come to at a period's end."""
        return accrued(self.crisis, self.readers[profile], moment, self.found.beliefs[id(node)])


def accrued(crisis: Crisis, reader: Reader, moment: Moment, beliefs: Beliefs) -> dict[str, float]:
    """Return each player's period payoff, reading its own beliefs where a term does."""
    total = {player.name: 0.0 for player in crisis.players}
    for pay in crisis.payoffs:

        def believed(observer: str | None, player: str, type_name: str, paid: str = pay.player):
            return beliefs[observer or paid][player][type_name]

        total[pay.player] += replace(reader, belief=believed).number(pay.amount, moment)
    return total


def frozen_periods(crisis: Crisis, moment: Moment) -> Iterator[tuple[Moment, float]]:
    """Yield the frozen moment in each period to the horizon, and how often it counts."""
    assert crisis.n_periods is not None
    for period in range(moment.period, crisis.n_periods + 1):
        times = 1.0 + crisis.tail if period == crisis.n_periods else 1.0
        yield replace(moment, period=period), times


def prior_of(player: Player, observer: str) -> dict[str, float]:
    """Return what an observer believes of a player before play, or after a redraw."""
    own = player.believed_by.get(observer)
    weights = [t.prior for t in player.types] if own is None else own
    return {t.name: weight for t, weight in zip(player.types, weights, strict=True)}


def bayes(prior: Mix, likelihood: Mix) -> Mix:
    """Return the posterior; what no believed type could have done teaches nothing."""
    joint = {name: weight * likelihood[name] for name, weight in prior.items()}
    total = sum(joint.values())
    return {name: weight / total for name, weight in joint.items()} if total > 0.0 else prior


def by_signal(node: Node) -> dict[Signal, list[Branch]]:
    """Return a node's branches, those that look alike together."""
    groups: dict[Signal, list[Branch]] = {}
    for branch in node.branches:
        groups.setdefault(branch.signal, []).append(branch)
    return groups
