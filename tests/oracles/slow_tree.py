"""Every public history of a small scenario, and what each act can lead to.

The tree holds what does not depend on strategies: who may do what (policies included), and for
every joint act and profile of types the chances and payments of each branch. Where a covert act
looks like another, or payments differ that nobody else sees, branches that lead to one signal
share the node that follows.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from itertools import product

from offramp.scenario.crisis import Action, Clause, Crisis, Mover, Player, Stage
from offramp.scenario.expressions import Expr, Parameter
from oracles.slow_effects import Outcome, add_payments, resolve_stage
from oracles.slow_expressions import Moment, Reader

__all__ = [
    "Branch",
    "Node",
    "Profile",
    "Signal",
    "TooLarge",
    "Tree",
    "count_paths",
    "grow",
    "parameters_of",
    "profiles_of",
    "reader_of",
]

Profile = tuple[str, ...]
"""One type name per player, in the players' order; the nameless type where none is declared."""


Orders = tuple[tuple[str, ...], dict[str, float]]
"""The acts that a policy leaves a type, and what it prescribes (empty where it does not)."""


class TooLarge(Exception):
    """The scenario has more terminal histories than were allowed."""


@dataclass(frozen=True)
class Signal:
    """What everybody sees of a stage."""

    acts: tuple[tuple[str, str], ...]  # player and act as seen
    levels: tuple[int, ...]
    redrawn: tuple[str, ...] = ()
    ending: str | None = None


@dataclass
class Branch:
    """True acts that lead to a signal: chance and expected payments for each profile of types."""

    acts: Mapping[str, str]
    signal: Signal
    child: Node
    chance: dict[Profile, float] = field(default_factory=dict)
    pays: dict[Profile, Mapping[str, float]] = field(default_factory=dict)


@dataclass
class Node:
    """A public history: what was seen so far, and what may be done next.

    Attributes:
        stage: Index; the number of stages at a period's end.
        free: For each mover and type, what it chooses among (empty where a policy decides).
        bound: For each mover and type, what a policy prescribes (empty where it does not).
        orders: Under a secret policy, which `free` and `bound` know nothing of: for each mover
            and type, the acts that its clauses leave and what they prescribe.
        looks: For each mover, what the others see of each act.
        reader: The player whose type a chance of this stage reads, if any.
        carried: Clauses that applied once and have been carried out.
        branches: By joint act as taken, in the movers' order.
    """

    period: int
    stage: int
    moment: Moment
    history: tuple[Signal, ...]
    carried: frozenset[int] = frozenset()
    ending: str | None = None
    free: dict[tuple[str, str], tuple[str, ...]] = field(default_factory=dict)
    bound: dict[tuple[str, str], dict[str, float]] = field(default_factory=dict)
    orders: dict[tuple[str, str], Orders] = field(default_factory=dict)
    looks: dict[str, dict[str, str]] = field(default_factory=dict)
    reader: str | None = None
    branches: list[Branch] = field(default_factory=list)
    following: Node | None = None

    @property
    def movers(self) -> tuple[str, ...]:
        """Return who moves here."""
        return tuple(self.looks)


@dataclass
class Tree:
    """A scenario's public histories, from each start that its lottery may draw."""

    crisis: Crisis
    roots: list[tuple[float, Node]]
    n_terminal: int

    def nodes(self) -> Iterator[Node]:
        """Yield every node, parents first."""
        waiting = [root for _, root in self.roots]
        while waiting:
            node = waiting.pop()
            yield node
            seen: dict[int, Node] = {id(b.child): b.child for b in node.branches}
            waiting.extend(seen.values())
            if node.following is not None:
                waiting.append(node.following)


def profiles_of(crisis: Crisis) -> list[Profile]:
    """Return every joint assignment of types."""
    return list(product(*([t.name for t in p.types] for p in crisis.players)))


def parameters_of(crisis: Crisis, profile: Profile) -> dict[str, float]:
    """Return the parameters as the types in `profile` set them."""
    parameters = dict(crisis.parameters)
    for player, type_name in zip(crisis.players, profile, strict=True):
        chosen = next(t for t in player.types if t.name == type_name)
        parameters.update(chosen.parameters)
    return parameters


def reader_of(crisis: Crisis, profile: Profile) -> Reader:
    """Return a reader of expressions under one profile of types."""
    variables = {v.name: v for v in crisis.variables}
    return Reader(variables, parameters_of(crisis, profile))


def chance_reader(crisis: Crisis, stage: Stage) -> str | None:
    """Return the player whose type a chance of `stage` reads, if any."""
    names = {name for expression in _chances(stage) for name in parameters_in(expression)}
    readers = [p.name for p in crisis.players if names & _set_by_types(p)]
    assert len(readers) <= 1, f"chances of {stage.name} read the types of {readers}"
    return readers[0] if readers else None


def grow(crisis: Crisis, limit: int = 5_000) -> Tree:
    """Return the tree of public histories.

    Raises:
        TooLarge: More than `limit` terminal histories (acts as taken and chance; types apart).
    """
    return _Grower(crisis, limit).grow()


def count_paths(node: Node) -> int:
    """Return how many ways play can go from a node, hidden acts told apart."""
    if node.following is not None:
        return count_paths(node.following)
    paths: dict[int, int] = {}
    for branch in node.branches:
        if id(branch.child) not in paths:
            paths[id(branch.child)] = count_paths(branch.child)
    return sum(paths[id(branch.child)] for branch in node.branches) or 1


def parameters_in(part: object) -> Iterator[str]:
    """Yield the parameters that an expression, or anything that holds some, reads."""
    if isinstance(part, Parameter):
        yield part.name
    elif isinstance(part, tuple):
        for each in part:
            yield from parameters_in(each)
    elif is_dataclass(part):
        for entry in fields(part):
            yield from parameters_in(getattr(part, entry.name))


def _set_by_types(player: Player) -> set[str]:
    return {name for t in player.types for name in t.parameters}


def _chances(stage: Stage) -> Iterator[Expr]:
    waiting = [*stage.effects, *stage.added]
    waiting.extend(e for m in stage.movers for a in m.actions for e in a.effects)
    while waiting:
        effect = waiting.pop()
        if effect.chance is not None:
            yield effect.chance
            yield from effect.shifts
        waiting.extend((*effect.then, *effect.otherwise))


class _Grower:
    """Grows a tree; holds what every step needs."""

    def __init__(self, crisis: Crisis, limit: int) -> None:
        assert crisis.n_periods is not None, "an endless game has no tree"
        self.crisis = crisis
        self.limit = limit
        self.n_branches = 0
        self.readers = {profile: reader_of(crisis, profile) for profile in profiles_of(crisis)}
        # conditions and policies read no types, so any reader serves
        self.reader = next(iter(self.readers.values()))
        self.chance_readers = [chance_reader(crisis, stage) for stage in crisis.stages]
        by_types = {name for player in crisis.players for name in _set_by_types(player)}
        # profiles that agree in what a stage reads share its results
        self.type_numbers = [
            sorted(by_types & set(parameters_in((stage, crisis.endings))))
            for stage in crisis.stages
        ]

    def grow(self) -> Tree:
        names = [v.name for v in self.crisis.variables]
        lotteries = [self.crisis.start.levels[name] for name in names]
        roots = []
        for draw in product(*lotteries):
            chance = 1.0
            for _, weight in draw:
                chance *= weight
            if chance == 0.0:
                continue
            levels = {name: level for name, (level, _) in zip(names, draw, strict=True)}
            moment = Moment(1, levels, frozenset(), {}, (levels,), ())
            seen = (Signal((), tuple(levels.values())),)
            roots.append((chance, self.node(1, 0, moment, seen, frozenset(), None)))
        n_terminal = sum(count_paths(root) for _, root in roots)
        if n_terminal > self.limit:
            raise TooLarge(f"{n_terminal} terminal histories, more than {self.limit}")
        return Tree(self.crisis, roots, n_terminal)

    def node(
        self,
        period: int,
        stage: int,
        moment: Moment,
        history: tuple[Signal, ...],
        carried: frozenset[int],
        ending: str | None,
    ) -> Node:
        node = Node(period, stage, moment, history, carried, ending)
        if ending is not None:
            return node
        if stage == len(self.crisis.stages):
            if period == self.crisis.n_periods:
                return node
            start = moment.next_period()
            node.following = self.node(period + 1, 0, start, history, carried, None)
        elif self.reader.holds(self.crisis.stages[stage].when, moment):
            self.play(node)
        else:
            self.pass_over(node)
        return node

    def pass_over(self, node: Node) -> None:
        """Nobody moves and nothing happens; everybody sees that."""
        signal = Signal((), tuple(node.moment.levels.values()))
        child = self.node(
            node.period, node.stage + 1, node.moment, (*node.history, signal), node.carried, None
        )
        everyone = dict.fromkeys(self.readers, 1.0)
        node.branches.append(Branch({}, signal, child, everyone, {p: {} for p in self.readers}))

    def play(self, node: Node) -> None:
        stage = self.crisis.stages[node.stage]
        node.reader = self.chance_readers[node.stage]
        deciding: dict[int, set[str]] = {}
        for mover in stage.movers:
            node.looks[mover.player] = {a.name: a.covert or a.name for a in mover.actions}
            self.offer(node, mover, deciding)
        names = [self.takeable(node, mover.player) for mover in stage.movers]
        children: dict[Signal, Node] = {}
        for joint in product(*names):
            acts = dict(zip(node.movers, joint, strict=True))
            for branch in self.branch(node, stage, acts, deciding, children):
                node.branches.append(branch)

    def offer(self, node: Node, mover: Mover, deciding: dict[int, set[str]]) -> None:
        """Say what each type of a mover may do, and which clauses this stage carries out."""
        player = next(p for p in self.crisis.players if p.name == mover.player)
        available = tuple(
            action.name
            for action in mover.actions
            if all(self.reader.holds(c, node.moment) for c in action.conditions)
        )
        assert available, f"{mover.player} has nothing to do in {node.moment}"
        for each in player.types:
            key = (mover.player, each.name)
            left, bound, clauses = self.constrain(node, mover.player, each.name, available)
            for clause, acts in clauses.items():
                seen = node.looks[mover.player]
                deciding.setdefault(clause, set()).update(seen[a] for a in acts if a in seen)
            if self.crisis.policy.secret:
                node.orders[key] = (left, bound)
                left, bound = available, {}
            node.free[key] = () if bound else left
            node.bound[key] = bound

    def constrain(
        self, node: Node, player: str, type_name: str, available: tuple[str, ...]
    ) -> tuple[tuple[str, ...], dict[str, float], dict[int, tuple[str, ...]]]:
        """Apply the policy's clauses in order.

        Returns what is left, what is prescribed, and the acts by which each clause that did
        something here is carried out.
        """
        left = available
        used: dict[int, tuple[str, ...]] = {}
        for number, clause in enumerate(self.crisis.policy.clauses):
            if not self.applies(node, number, clause, player, type_name):
                continue
            if clause.never:
                kept = tuple(act for act in left if act not in clause.never)
                if kept and kept != left:
                    left, used[number] = kept, kept
                continue
            wanted = dict(clause.mix) if clause.mix else {clause.play or "": 1.0}
            total = sum(weight for act, weight in wanted.items() if act in left)
            if total > 0.0:
                bound = {a: w / total for a, w in wanted.items() if a in left and w > 0.0}
                named = tuple(act for act, weight in wanted.items() if weight > 0.0)
                return left, bound, {**used, number: named}
        return left, {}, used

    def applies(self, node: Node, number: int, clause: Clause, player: str, type_name: str) -> bool:
        return (
            clause.player == player
            and (not clause.types or type_name in clause.types)
            and not (clause.once and number in node.carried)
            and self.reader.holds(clause.when, node.moment)
        )

    def takeable(self, node: Node, player: str) -> list[str]:
        """Return the acts that some type may take, in listed order."""
        allowed: set[str] = set()
        for (mover, _), acts in node.free.items():
            allowed |= set(acts) if mover == player else set()
        for (mover, _), mix in node.bound.items():
            allowed |= set(mix) if mover == player else set()
        return [name for name in node.looks[player] if name in allowed]

    def branch(
        self,
        node: Node,
        stage: Stage,
        acts: Mapping[str, str],
        deciding: Mapping[int, set[str]],
        children: dict[Signal, Node],
    ) -> list[Branch]:
        """Return one branch for each signal that `acts` can give."""
        branches: dict[Signal, Branch] = {}
        known: dict[tuple[float, ...], list[Outcome]] = {}
        for profile, reader in self.readers.items():
            key = tuple(reader.parameters[name] for name in self.type_numbers[node.stage])
            if key not in known:
                known[key] = resolve_stage(self.crisis, stage, acts, node.moment, reader)
            for outcome in known[key]:
                signal = self.signal(node, acts, outcome)
                if signal not in children:
                    children[signal] = self.child(node, stage, signal, outcome, deciding)
                branch = branches.get(signal)
                if branch is None:
                    self.count()
                    branch = branches[signal] = Branch(acts, signal, children[signal])
                _merge(branch, profile, outcome)
        return list(branches.values())

    def count(self) -> None:
        self.n_branches += 1
        if self.n_branches > 2 * self.limit:
            raise TooLarge(f"more than {2 * self.limit} branches")

    def signal(self, node: Node, acts: Mapping[str, str], outcome: Outcome) -> Signal:
        seen = tuple((player, node.looks[player][act]) for player, act in acts.items())
        levels = tuple(outcome.moment.levels.values())
        return Signal(seen, levels, tuple(sorted(outcome.redrawn)), outcome.ending)

    def child(
        self,
        node: Node,
        stage: Stage,
        signal: Signal,
        outcome: Outcome,
        deciding: Mapping[int, set[str]],
    ) -> Node:
        """Return the node after a signal; acts are remembered as they looked."""
        seen = dict(signal.acts)
        numbers = {m.player: _number(m.actions, seen[m.player]) for m in stage.movers}
        moment = Moment(
            node.period,
            outcome.moment.levels,
            node.moment.done | frozenset(signal.acts),
            {**node.moment.chosen, **numbers},
            node.moment.starts,
            node.moment.ends,
        )
        clauses = self.crisis.policy.clauses
        carried = frozenset(
            number
            for number, looks in deciding.items()
            if clauses[number].once and seen[clauses[number].player] in looks
        )
        return self.node(
            node.period,
            node.stage + 1,
            moment,
            (*node.history, signal),
            node.carried | carried,
            outcome.ending,
        )


def _number(actions: tuple[Action, ...], name: str) -> float:
    return next(action.value for action in actions if action.name == name) or 0.0


def _merge(branch: Branch, profile: Profile, outcome: Outcome) -> None:
    """Add a way to get to a branch's signal; payments are kept as their mean."""
    before = branch.chance.get(profile, 0.0)
    total = before + outcome.chance
    old = {p: x * before / total for p, x in branch.pays.get(profile, {}).items()}
    new = {p: x * outcome.chance / total for p, x in outcome.pays.items()}
    branch.chance[profile] = total
    branch.pays[profile] = add_payments(old, new)
