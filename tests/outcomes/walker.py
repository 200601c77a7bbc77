"""Every path of a small game, written out: tables read row by row, one profile and belief at a time.

Slow, plain, and by another road than the forward pass: no mass, no columns, no kernels. A posterior
between grid points is a lottery over the corners of its piece, as in the solver. Measures are read
off the finished paths by their definitions.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from offramp.game import Game
from offramp.game.beliefs import locate, observer_belief, update_belief
from offramp.scenario.expressions import (
    Belief,
    Binary,
    Boolean,
    Call,
    Chose,
    Compare,
    Const,
    Did,
    Expr,
    Level,
    MeasureCall,
    Parameter,
    Period,
    Since,
    Unary,
    Was,
)

NOTHING = frozenset[tuple[str, str]]()


@dataclass(frozen=True)
class Look:
    """All that a condition may ask about, once a stage is over (or before the first)."""

    period: int
    levels: tuple[int, ...]
    done: frozenset[tuple[str, str]] = NOTHING
    chosen: Mapping[str, float] = field(default_factory=dict)
    starts: tuple[tuple[int, ...], ...] = ()  # levels as each period began, oldest first
    ends: tuple[Look, ...] = ()  # the ends of earlier periods, oldest first
    belief: int = 0


@dataclass(frozen=True)
class Path:
    """One way the game can go."""

    chance: float
    start: Look
    begins: tuple[Look, ...]
    looks: tuple[tuple[Look, ...], ...]  # by period and stage, frozen ones included
    acts: tuple[tuple[int, int, str, str], ...]  # period, stage, player, action
    pay: np.ndarray  # discounted, by account
    ending: str
    profile: int


@dataclass(frozen=True)
class _Trace:
    chance: float
    look: Look
    start: Look
    begins: tuple[Look, ...]
    looks: tuple[tuple[Look, ...], ...] = ()
    now: tuple[Look, ...] = ()
    acts: tuple[tuple[int, int, str, str], ...] = ()
    pay: np.ndarray = field(default_factory=lambda: np.zeros(0))


class Walker:
    """Walks all paths of a game under given strategies."""

    def __init__(self, game: Game, solution, *, believed=None, learns: bool = True) -> None:
        self.game = game
        self.solution = solution
        self.believed = believed or solution
        self.learns = learns and len(game.grid.points) > 1
        self.sizes = [len(simplex.points) for simplex in game.grid.simplexes]
        self.discount = np.array([game.players[a.player].discount for a in game.accounts])
        self.paths: list[Path] = []

    def walk(self, start: str | None = None, prior: np.ndarray | None = None) -> list[Path]:
        game = self.game
        weights = game.prior if prior is None else prior
        lottery = game.start[start or next(iter(game.start))]
        self.draw = [
            np.bincount(game.profiles[:, j], weights, minlength=len(game.players[i].types))
            for j, i in enumerate(game.typed)
        ]
        for state in np.flatnonzero(lottery):
            for profile in np.flatnonzero(weights):
                levels = self.levels(game.codes[0][state])
                look = Look(1, levels, starts=(levels,), belief=game.grid.reference)
                chance = lottery[state] * weights[profile]
                pay = np.zeros(len(game.accounts))
                self.stage(0, 0, state, profile, _Trace(chance, look, look, (look,), pay=pay))
        return self.paths

    def levels(self, code) -> tuple[int, ...]:
        n = self.game.space.n_variables
        return tuple(int(x) for x in self.game.space.decode(np.array([code]))[:n, 0])

    # --- play -----------------------------------------------------------------------------------

    def stage(self, t: int, m: int, state: int, profile: int, trace: _Trace) -> None:
        if m == len(self.game.stage_names):
            self.end_period(t, state, profile, trace)
            return
        table = self.game.table(t, m)
        if table.rows is None:
            self.chain(t, m, 0, table.chain.enter[state], profile, trace)
            return
        rows = table.rows
        for row in range(rows.start[state], rows.start[state + 1]):
            share = self.row_chance(t, m, row, profile, trace.look.belief)
            if share > 0.0:
                self.row(t, m, state, row, profile, share, trace)

    def row_chance(self, t, m, row, profile, belief, solution=None, types=None) -> float:
        table = self.game.table(t, m)
        chance = 1.0
        for k, mover in enumerate(table.movers):
            option = table.rows.option[row, k]
            if option >= 0:
                typed = self.game.players[mover.player].typed
                own = self.game.profiles[profile, typed] if typed >= 0 else 0
                if types is not None and typed in types:
                    own = types[typed]
                log = (solution or self.solution).log_strategy(t, m, k)
                chance *= np.exp(log[option, own, belief])
        return chance

    def row(self, t, m, state, row, profile, share, trace) -> None:
        table = self.game.table(t, m)
        rows = table.rows
        acts, numbers = [], {}
        for k, mover in enumerate(table.movers):
            option = rows.option[row, k]
            if option >= 0:
                name = self.game.players[mover.player].name
                action = mover.names[mover.action[option]]
                acts.append((t, m, name, action))
                declared = self.game.crisis.stages[m].movers[k].actions[mover.action[option]]
                numbers[name] = declared.value or 0.0
        done = trace.look.done | {(name, action) for _, _, name, action in acts}
        pay = trace.pay + self.discount**t * rows.pay[row, profile]
        for entry in range(rows.entry_start[row], rows.entry_start[row + 1]):
            reads = self.game.profiles[profile, table.reader] if table.reader >= 0 else 0
            chance = rows.chance[entry, reads]
            if chance == 0.0:
                continue
            for belief, weight in self.lessons(t, m, state, row, entry, profile, trace):
                look = Look(
                    trace.look.period, trace.look.levels, done, {**trace.look.chosen, **numbers},
                    trace.look.starts, trace.look.ends, belief,
                )  # fmt: skip
                after = _Trace(
                    trace.chance * share * chance * weight, look, trace.start, trace.begins,
                    trace.looks, trace.now, (*trace.acts, *acts), pay,
                )  # fmt: skip
                successor, mask = int(rows.successor[entry]), int(rows.redraw[entry])
                self.redraw(t, m, successor, mask, profile, after)

    def redraw(self, t, m, successor, mask, profile, trace) -> None:
        for new, chance, belief in self.redrawn(mask, profile, trace.look.belief):
            look = Look(**{**trace.look.__dict__, "belief": belief})
            after = _Trace(**{**trace.__dict__, "chance": trace.chance * chance, "look": look})
            self.arrive(t, m, successor, new, after)

    def redrawn(self, mask, profile, belief) -> Iterator[tuple[int, float, int]]:
        parts = list(np.unravel_index(belief, self.sizes)) if self.sizes else []
        for j, simplex in enumerate(self.game.grid.simplexes):
            if mask >> j & 1:
                parts[j] = simplex.reference
        back = int(np.ravel_multi_index(parts, self.sizes)) if parts else belief
        for new, types in enumerate(self.game.profiles):
            chance = 1.0
            for j, own in enumerate(types):
                same = own == self.game.profiles[profile, j]
                chance *= self.draw[j][own] if mask >> j & 1 else float(same)
            if chance > 0.0:
                yield new, chance, back

    def arrive(self, t, m, successor, profile, trace) -> None:
        code = (
            self.game.codes[m + 1][successor]
            if successor >= 0
            else self.game.ended_codes[-1 - successor]
        )
        look = Look(**{**trace.look.__dict__, "levels": self.levels(code)})
        after = _Trace(**{**trace.__dict__, "look": look, "now": (*trace.now, look)})
        if successor >= 0:
            self.stage(t, m + 1, successor, profile, after)
        else:
            self.freeze(t, -1 - successor, profile, after)

    def chain(self, t, m, step, inner, profile, trace) -> None:
        chain = self.game.table(t, m).chain
        if inner < 0:
            self.arrive(t, m, inner, profile, trace)
            return
        if step == len(chain.steps):
            self.arrive(t, m, int(chain.leave[inner]), profile, trace)
            return
        here = np.flatnonzero(chain.steps[step].inner == inner)
        if not len(here):
            self.chain(t, m, step + 1, inner, profile, trace)
            return
        one, row = chain.steps[step], here[0]
        pay = trace.pay + self.discount**t * one.pay[row, profile]
        for entry in range(one.entry_start[row], one.entry_start[row + 1]):
            for new, chance, belief in self.redrawn(
                int(one.redraw[entry]), profile, trace.look.belief
            ):
                look = Look(**{**trace.look.__dict__, "belief": belief})
                whole = trace.chance * one.chance[entry] * chance
                if whole > 0.0:
                    after = _Trace(**{**trace.__dict__, "chance": whole, "look": look, "pay": pay})
                    self.chain(t, m, step + 1, int(one.successor[entry]), new, after)

    # --- learning -------------------------------------------------------------------------------

    def lessons(self, t, m, state, row, entry, profile, trace) -> Iterator[tuple[int, float]]:
        """Yield belief points and weights after what the public has seen."""
        table = self.game.table(t, m)
        belief = trace.look.belief
        learners = {self.game.players[o.player].typed for o in table.movers} - {-1}
        if table.reader >= 0:
            learners.add(table.reader)
        if not self.learns or not learners:
            yield belief, 1.0
            return
        parts = list(np.unravel_index(belief, self.sizes))
        stencils = []
        for j, simplex in enumerate(self.game.grid.simplexes):
            prior = simplex.points[parts[j]]
            if j not in learners:
                stencils.append([(parts[j], 1.0)])
                continue
            likelihood = np.array(
                [
                    self.signal_chance(t, m, state, row, entry, j, k, belief, profile)
                    for k in range(len(prior))
                ]
            )
            if np.all(likelihood[prior > 0] == likelihood[prior > 0][0]):
                stencils.append([(parts[j], 1.0)])
                continue
            with np.errstate(divide="ignore"):
                posterior = update_belief(prior, np.log(likelihood))
            found = locate(simplex, posterior)
            stencils.append(list(zip(found.points.tolist(), found.weights.tolist(), strict=True)))
        for combination in _product(stencils):
            weight = float(np.prod([w for _, w in combination]))
            if weight > 0.0:
                yield int(np.ravel_multi_index([p for p, _ in combination], self.sizes)), weight

    def signal_chance(self, t, m, state, row, entry, j, k, belief, profile) -> float:
        """Return how likely type k of typed player j makes what was seen."""
        table = self.game.table(t, m)
        rows = table.rows
        total = 0.0
        for other in range(rows.start[state], rows.start[state + 1]):
            if self.seen(table, other) != self.seen(table, row):
                continue
            share = self.row_chance(t, m, other, profile, belief, self.believed, {j: k})
            if not table.hides and table.reader < 0:
                total += share
                continue
            for e in range(rows.entry_start[other], rows.entry_start[other + 1]):
                if (rows.successor[e], rows.redraw[e]) == (
                    rows.successor[entry],
                    rows.redraw[entry],
                ):
                    own = k if table.reader == j else self.game.profiles[profile, table.reader]
                    total += share * rows.chance[e, own if table.reader >= 0 else 0]
        return total

    @staticmethod
    def seen(table, row) -> tuple[int, ...]:
        options = table.rows.option[row]
        return tuple(
            int(mover.seen_as[o]) if o >= 0 else -1
            for mover, o in zip(table.movers, options, strict=True)
        )

    # --- ends -----------------------------------------------------------------------------------

    def end_period(self, t, state, profile, trace) -> None:
        last = t == self.game.n_periods - 1
        payoff = self.game.payoff[t if len(self.game.payoff) > 1 else 0][state, profile]
        at = trace.look.belief if payoff.shape[1] > 1 else 0
        times = self.discount**t * (1.0 + self.game.tail * last)
        pay = trace.pay + times * payoff[:, at]
        looks = (*trace.looks, trace.now)
        if last:
            self.finish(trace, looks, pay, "horizon", profile)
            return
        levels = trace.look.levels
        look = Look(
            t + 2, levels, starts=(*trace.look.starts, levels), ends=(*trace.look.ends, trace.look),
            belief=trace.look.belief,
        )  # fmt: skip
        after = _Trace(
            trace.chance, look, trace.start, (*trace.begins, look), looks, (), trace.acts, pay
        )
        self.stage(t + 1, 0, int(self.game.roll[state]), profile, after)

    def freeze(self, t, ended, profile, trace) -> None:
        n_stages = len(self.game.stage_names)
        looks = [*trace.looks, (*trace.now, *[trace.look] * (n_stages - len(trace.now)))]
        pay = trace.pay
        for s in range(t, self.game.n_periods):
            table = self.game.ended_payoff[s if len(self.game.ended_payoff) > 1 else 0]
            payoff = table[ended, profile]
            at = trace.look.belief if payoff.shape[1] > 1 else 0
            tail = self.game.tail * (s == self.game.n_periods - 1)
            pay = pay + self.discount**s * (1.0 + tail) * payoff[:, at]
            if s > t:
                look = Look(**{**trace.look.__dict__, "period": s + 1})
                looks.append((look,) * n_stages)
        ending = self.game.endings[self.game.ended_by[ended]]
        self.finish(trace, tuple(looks), pay, ending, profile)

    def finish(self, trace, looks, pay, ending, profile) -> None:
        self.paths.append(
            Path(trace.chance, trace.start, trace.begins, looks, trace.acts, pay, ending, profile)
        )

    # --- an event -------------------------------------------------------------------------------

    def keep(self, event: Expr) -> float:
        """Keep only the paths on which an event comes true, as all there are; return its chance."""
        kept = [path for path in self.paths if self.happens(path, event) != 0]
        chance = sum(path.chance for path in kept)
        self.paths = [replace(path, chance=path.chance / chance) for path in kept]
        return chance

    def happens(self, path: Path, node: Expr) -> float:
        """Read an event on one path, by the definition of each of its functions."""
        inside = lambda one: self.happens(path, one)
        match node:
            case MeasureCall("ever", (condition,), options):
                by = dict(options).get("by", self.game.n_periods)
                return float(self.first(path, condition) <= by)
            case MeasureCall("start", (asked,)):
                return self.read(asked, path.start)
            case MeasureCall("final", (asked,)):
                return self.read(asked, path.looks[-1][-1])
            case MeasureCall("change", (asked,)):
                return self.read(asked, path.looks[-1][-1]) - self.read(asked, path.start)
            case Boolean(operator, operands):
                return float((all if operator == "and" else any)(map(inside, operands)))
            case Unary("not", operand):
                return float(inside(operand) == 0)
            case Compare((left, right), (operator,)):
                return float(_compare(operator, inside(left), inside(right)))
            case Binary("+", left, right):
                return inside(left) + inside(right)
        return self.read(node, path.start)

    # --- measures -------------------------------------------------------------------------------

    def mean(self, quantity) -> float:
        return float(sum(path.chance * quantity(path) for path in self.paths))

    def measure(self, node: Expr) -> float:
        if isinstance(node, MeasureCall):
            return self.call(node)
        if isinstance(node, Binary):
            left, right = self.measure(node.left), self.measure(node.right)
            return {"+": left + right, "-": left - right, "*": left * right}.get(
                node.operator, left / right if node.operator == "/" else np.nan
            )
        return float(self.read(node, self.paths[0].start))

    def call(self, node: MeasureCall) -> float:
        game, options = self.game, dict(node.options)
        horizon = game.n_periods
        argument = node.arguments[0] if node.arguments else None
        match node.function:
            case "ever":
                by = options.get("by", horizon)
                return self.mean(lambda p: self.first(p, argument) <= by)
            case "time_to":
                return self.mean(lambda p: min(self.first(p, argument), horizon))
            case "start":
                return self.mean(lambda p: self.read(argument, p.start))
            case "final":
                return self.mean(lambda p: self.read(argument, p.looks[-1][-1]))
            case "change":
                return self.mean(
                    lambda p: self.read(argument, p.looks[-1][-1]) - self.read(argument, p.start)
                )
            case "mean":
                return self.mean(lambda p: np.mean([self.read(argument, x[-1]) for x in p.looks]))
            case "sum":
                return self.mean(lambda p: sum(self.read(argument, x[-1]) for x in p.looks))
            case "peak":
                return self.mean(lambda p: self.peak(p, node.names[0]))
            case "count":
                return self.mean(lambda p: sum(act[2:] == tuple(node.names) for act in p.acts))
            case "belief":
                look = Belief(*node.names)
                return self.mean(lambda p: self.read(look, p.looks[-1][-1]))
            case "after":
                return self.after(*node.arguments, int(options["within"]))
            case "value":
                k = [p.name for p in game.players].index(node.names[0])
                return self.mean(lambda p: p.pay[k])
        raise AssertionError(node.function)

    def first(self, path: Path, condition: Expr) -> int:
        for period, looks in enumerate(path.looks, start=1):
            if any(self.read(condition, look) != 0 for look in looks):
                return period
        return len(path.looks) + 1

    def peak(self, path: Path, variable: str) -> float:
        v = self.game.space.position[variable]
        every = [path.start, *(look for looks in path.looks for look in looks)]
        return max(x.levels[v] for x in every) / (self.game.space.fields[v].size - 1)

    def after(self, event: Expr, sequel: Expr, within: int) -> float:
        happened = followed = 0.0
        for path in self.paths:
            before = True
            for t, looks in enumerate(path.looks):
                if t < len(path.begins):
                    before = before and self.read(event, path.begins[t]) != 0
                for m, look in enumerate(looks):
                    now = self.read(event, look) != 0
                    if now and not before:
                        happened += path.chance
                        window = [
                            *looks[m:],
                            *(x for y in path.looks[t + 1 : t + within + 1] for x in y),
                        ]
                        followed += path.chance * any(self.read(sequel, x) != 0 for x in window)
                    before = now
        return followed / happened if happened else float("nan")

    def read(self, node: Expr, look: Look) -> float:
        read = lambda one: self.read(one, look)
        space, crisis = self.game.space, self.game.crisis
        match node:
            case Const(value):
                return value
            case Parameter(name):
                return crisis.parameters[name]
            case Level(variable, share):
                return self.level(variable, look.levels, share)
            case Was(variable, lag, share):
                return self.level(variable, look.starts[max(0, len(look.starts) - 1 - lag)], share)
            case Did(acts, lag):
                if lag > len(look.ends):
                    return 0.0
                done = look.ends[-lag].done if lag else look.done
                return float(any(act in done for act in acts))
            case Since(condition, bound):
                if self.read(condition, look) != 0:
                    return 0.0
                for ago, end in enumerate(reversed(look.ends), start=1):
                    if ago < bound and self.read(condition, end) != 0:
                        return ago
                return bound
            case Period():
                return look.period
            case Chose(player):
                return look.chosen.get(player, 0.0)
            case Belief(observer, player, type_name):
                return self.believed_by(observer, player, type_name, look.belief)
            case Unary("-", operand):
                return -read(operand)
            case Unary(_, operand):
                return float(read(operand) == 0)
            case Binary(op, left, right):
                a, b = read(left), read(right)
                return a + b if op == "+" else a - b if op == "-" else a * b if op == "*" else a / b
            case Boolean(op, operands):
                return float((all if op == "and" else any)(read(x) != 0 for x in operands))
            case Compare(operands, operators):
                values = [read(x) for x in operands]
                return float(
                    all(
                        _compare(o, a, b)
                        for o, a, b in zip(operators, values, values[1:], strict=False)
                    )
                )
            case Call(function, arguments):
                return {"min": min, "max": max, "abs": abs}[function](*map(read, arguments))
        raise AssertionError(node)

    def level(self, variable: str, levels, share: bool) -> float:
        v = self.game.space.position[variable]
        one = self.game.space.fields[v]
        return levels[v] / (one.size - 1) if share else one.values[levels[v]]

    def believed_by(self, observer, player, type_name, belief) -> float:
        names = [p.name for p in self.game.players]
        about = self.game.players[names.index(player)]
        point = self.game.grid.points[belief, about.typed, : len(about.types)]
        if observer is not None:
            tilt = self.game.grid.tilt[names.index(observer), about.typed, : len(about.types)]
            point = observer_belief(point, tilt)
        return float(point[about.types.index(type_name)])

    def outcomes(self) -> dict[str, float]:
        chances: dict[str, float] = defaultdict(float)
        for path in self.paths:
            chances[path.ending] += path.chance
        return dict(chances)


def _compare(operator: str, a: float, b: float) -> bool:
    return {
        "<": a < b, "<=": a <= b, ">": a > b, ">=": a >= b, "==": a == b, "!=": a != b,
    }[operator]  # fmt: skip


def _product(stencils):
    if not stencils:
        yield []
        return
    for first in stencils[0]:
        for rest in _product(stencils[1:]):
            yield [first, *rest]
