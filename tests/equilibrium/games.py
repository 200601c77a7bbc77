"""Build small games from plain Python, and play them back by the definitions, slowly.

`SlowStage` knows nothing of the solver's kernels: it loops over rows, entries, profiles and types
in plain Python, applies Bayes' rule as `game.beliefs` has it, and interpolates by `locate`.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from offramp.game.beliefs import build_grid, locate, update_belief
from offramp.game.factored import (
    FORBIDDEN,
    FREE,
    Account,
    Chain,
    Game,
    Options,
    PlayerAxis,
    Rows,
    StageTable,
    Step,
)
from offramp.game.frame import Usage


@dataclass(frozen=True)
class Player:
    """A player of a hand-made game."""

    name: str
    prior: tuple[float, ...] = ()
    precision: float = 2.0
    discount: float = 0.9
    believed_by: Mapping[str, tuple[float, ...]] = None  # type: ignore[assignment]


Entry = tuple[int, float | Sequence[float], int]  # successor, chance (by reader's type), redraw


@dataclass(frozen=True)
class Act:
    """What an act (or joint act) pays and where it leads."""

    pay: Callable[[dict[str, int], str], float] = lambda types, account: 0.0
    entries: tuple[Entry, ...] = ()


def straight(successor: int, pay: Mapping[str, float] | None = None) -> Act:
    """An act that leads somewhere for sure and pays every type alike."""
    amounts = pay or {}
    return Act(lambda types, account: amounts.get(account, 0.0), ((successor, 1.0, 0),))


@dataclass(frozen=True)
class Move:
    """One mover's actions in one state: names, what they look like, who is bound."""

    actions: tuple[str, ...]
    seen_as: Mapping[str, str] = None  # type: ignore[assignment]
    bound: Mapping[tuple[str, int], float] = None  # type: ignore[assignment]


def build_game(
    players: Sequence[Player],
    stages: Sequence[StageTable | Callable[[tuple], StageTable]],
    n_states: Sequence[int],
    payoff: Callable[[int, dict[str, int], str], float] = lambda state, types, account: 0.0,
    n_periods: int = 2,
    roll: Sequence[int] | None = None,
    ended: Sequence[Mapping[str, float]] = (),
    resolution: int = 6,
    forever: bool = False,
    tail: float = 0.0,
) -> Game:
    """Return a game in which every period has the same stages and all states are reached."""
    names = [p.name for p in players]
    typed = [i for i, p in enumerate(players) if p.prior]
    sizes = [len(players[i].prior) for i in typed]
    profiles = np.array(list(itertools.product(*map(range, sizes))), dtype=np.int64)
    profiles = profiles.reshape(max(1, int(np.prod(sizes))), len(typed))
    priors = [
        np.array([(players[i].believed_by or {}).get(k, players[i].prior) for k in names])
        for i in typed
    ]
    axes = tuple(
        PlayerAxis(
            name=p.name,
            label=p.name,
            role=None,
            typed=typed.index(i) if i in typed else -1,
            types=tuple(f"type{n}" for n in range(len(p.prior))) or ("",),
            precision=p.precision,
            discount=p.discount,
            is_nature=False,
        )
        for i, p in enumerate(players)
    )
    own = [np.array(players[i].prior) for i in typed]
    grid = build_grid(len(players), priors, own, typed, profiles, [resolution] * len(typed))
    types_of = [{names[i]: int(t) for i, t in zip(typed, row, strict=True)} for row in profiles]
    last = n_states[-1]
    table = np.array(
        [[[payoff(s, types, n) for n in names] for types in types_of] for s in range(last)]
    ).reshape(last, len(profiles), len(names), 1)
    closed = np.array(
        [[[pays.get(n, 0.0) for n in names] for _ in types_of] for pays in ended]
    ).reshape(len(ended), len(profiles), len(names), 1)
    prior = np.array([np.prod([own[j][t] for j, t in enumerate(row)]) for row in profiles])
    return Game(
        name="hand-made",
        players=axes,
        typed=tuple(typed),
        accounts=tuple(Account(i) for i in range(len(players))),
        profiles=profiles,
        n_periods=1 if forever else n_periods,
        forever=forever,
        tail=tail,
        stage_names=tuple(table.name for table in stages),
        stages=(tuple(stages),),
        n_reached=np.tile(np.array(n_states), (n_periods + 1, 1)),
        codes=tuple(np.arange(n) for n in n_states),
        roll=np.zeros(last, np.int64) if roll is None else np.array(roll, dtype=np.int64),
        payoff=(table,),
        ended_payoff=(closed,),
        ended_codes=np.arange(len(ended)),
        ended_by=np.zeros(len(ended), np.int64),
        endings=("over",),
        start={"start": np.eye(n_states[0])[0]},
        prior=prior,
        opinion=grid.opinion[:, :, grid.reference],
        grid=grid,
        learning=resolution > 0,
        usage=Usage(),
        space=None,  # type: ignore[arg-type]  # nothing here reads codes or names
        crisis=None,  # type: ignore[arg-type]
    )


def build_stage(
    players: Sequence[Player],
    movers: Sequence[str],
    moves: Sequence[Sequence[Move]],
    acts: Callable[..., Act],
    reader: int = -1,
    hides: bool = False,
    name: str = "stage",
) -> StageTable:
    """Return a stage table.

    `moves[state][mover]` says what a mover may do; `acts(state, *names)` what follows. A state
    with an empty list of moves is passed over: `acts(state)`.
    """
    names = [p.name for p in players]
    sizes = [max(1, len(p.prior)) for p in players]
    typed = [i for i, p in enumerate(players) if p.prior]
    profiles = list(itertools.product(*[range(sizes[i]) for i in typed]))
    options = [
        _options(names.index(m), k, moves, sizes[names.index(m)]) for k, m in enumerate(movers)
    ]
    starts, entry_starts = [0], [0]
    option_rows: list[list[int]] = []
    entries: list[Entry] = []
    pays: list[list[list[float]]] = []
    for state, able in enumerate(moves):
        first = [int(o.start[state]) for o in options]
        joint = itertools.product(*[range(len(move.actions)) for move in able]) if able else [()]
        for numbers in joint:
            act = acts(state, *[move.actions[n] for move, n in zip(able, numbers, strict=True)])
            option_rows.append(
                [f + n for f, n in zip(first, numbers, strict=True)] if able else [-1] * len(movers)
            )
            pays.append(
                [
                    [
                        act.pay({names[i]: t for i, t in zip(typed, types, strict=True)}, n)
                        for n in names
                    ]
                    for types in profiles
                ]
            )
            entries += act.entries
            entry_starts.append(len(entries))
        starts.append(len(option_rows))
    width = 1 if reader < 0 else sizes[typed[reader]]
    chance = np.array([np.broadcast_to(np.asarray(c, float), width) for _, c, _ in entries])
    return StageTable(
        name=name,
        movers=tuple(options),
        rows=Rows(
            start=np.array(starts),
            option=np.array(option_rows, dtype=np.int64).reshape(len(option_rows), len(movers)),
            entry_start=np.array(entry_starts),
            successor=np.array([e[0] for e in entries], dtype=np.int64),
            chance=chance.reshape(len(entries), width),
            redraw=np.array([e[2] for e in entries], dtype=np.int64),
            pay=np.array(pays, dtype=np.float64).reshape(len(pays), len(profiles), len(names)),
        ),
        chain=None,
        reader=reader,
        hides=hides,
    )


def _options(player: int, k: int, moves: Sequence[Sequence[Move]], n_types: int) -> Options:
    names = tuple(dict.fromkeys(a for able in moves if able for a in able[k].actions))
    starts, action, seen, bound = [0], [], [], []
    for able in moves:
        for act in able[k].actions if able else ():
            action.append(names.index(act))
            seen.append(names.index((able[k].seen_as or {}).get(act, act)))
            bound.append([(able[k].bound or {}).get((act, th), FREE) for th in range(n_types)])
        starts.append(len(action))
    return Options(
        player=player,
        names=names,
        start=np.array(starts),
        action=np.array(action, dtype=np.int64),
        seen_as=np.array(seen, dtype=np.int64),
        bound=np.array(bound, dtype=np.float64).reshape(len(bound), n_types),
    )


def chance_chain(
    n_states: int,
    steps: Sequence[tuple[Mapping[int, Sequence[Entry]], bool]],
    n_profiles: int,
    n_accounts: int,
    name: str = "chance",
) -> StageTable:
    """Return a chance stage; each step maps an affected state to its entries, and may be in place."""
    made = []
    for number, (affected, in_place) in enumerate(steps):
        entries = [e for listed in affected.values() for e in listed]
        made.append(
            Step(
                name=f"step {number}",
                inner=np.array(list(affected), dtype=np.int64),
                entry_start=np.cumsum([0, *(len(listed) for listed in affected.values())]),
                successor=np.array([e[0] for e in entries], dtype=np.int64),
                chance=np.array([e[1] for e in entries], dtype=np.float64),
                redraw=np.array([e[2] for e in entries], dtype=np.int64),
                pay=np.full((len(affected), n_profiles, n_accounts), 0.25 * number),
                in_place=in_place,
            )
        )
    chain = Chain(
        n_states, np.array([n_states]), np.arange(n_states), np.arange(n_states), tuple(made)
    )
    return StageTable(name, (), None, chain, -1, False)


Values = Callable[[int, int, int, Sequence[np.ndarray]], float]
"""What (state, profile, account) is worth at exact beliefs, one vector per typed player."""


def interpolated(game: Game, values: np.ndarray) -> Values:
    """Return values on the grid, `[state, profile, account, belief]`, as a function of beliefs."""

    def at(state: int, profile: int, account: int, beliefs: Sequence[np.ndarray]) -> float:
        grids = game.grid.simplexes
        stencils = [locate(grid, b) for grid, b in zip(grids, beliefs, strict=True)]
        total = 0.0
        for corner in itertools.product(*[range(len(st.points)) for st in stencils]):
            index, weight = 0, 1.0
            for grid, stencil, c in zip(grids, stencils, corner, strict=True):
                index = index * len(grid.points) + int(stencil.points[c])
                weight *= stencil.weights[c]
            total += weight * values[state, profile, account, index]
        return total

    return at


class SlowStage:
    """One stage by the definitions: `strategies[mover][option - first, type]` of one state."""

    def __init__(
        self, game: Game, table: StageTable, after: Values, ended: Values, learning: bool = True
    ) -> None:
        self.game, self.table, self.after, self.ended = game, table, after, ended
        self.learning = learning

    def signals(self, state: int) -> list[tuple[int, int, tuple]]:
        """All (row, entry, what is seen of it)."""
        rows, found = self.table.rows, []
        results = self.table.hides or self.table.reader >= 0
        for r in range(rows.start[state], rows.start[state + 1]):
            seen = tuple(
                int(m.seen_as[o]) if o >= 0 else -1
                for m, o in zip(self.table.movers, rows.option[r], strict=True)
            )
            for e in range(rows.entry_start[r], rows.entry_start[r + 1]):
                result = int(rows.successor[e]) if results else None
                found.append((r, e, (seen, result, int(rows.redraw[e]))))
        return found

    def _chance(self, entry: int, types: Sequence[int]) -> float:
        chance = self.table.rows.chance[entry]
        return float(chance[types[self.table.reader]] if len(chance) > 1 else chance[0])

    def _act(self, state: int, row: int, mover: int, types: Sequence[int], strategies) -> float:
        options = self.table.movers[mover]
        option = self.table.rows.option[row, mover]
        if option < 0:
            return 1.0
        j = self.game.players[options.player].typed
        own = types[j] if j >= 0 else 0
        return float(strategies[mover][option - options.start[state], own])

    def posteriors(self, state: int, beliefs, strategies) -> dict[tuple, list[np.ndarray]]:
        """Bayes' rule over full profiles, one typed player at a time."""
        likelihood: dict[tuple, list[np.ndarray]] = {}
        sizes = [len(b) for b in beliefs]
        for r, e, g in self.signals(state):
            held = likelihood.setdefault(g, [np.zeros(n) for n in sizes])
            for types in itertools.product(*map(range, sizes)):
                chance = self._chance(e, types)
                for k in range(len(self.table.movers)):
                    chance *= self._act(state, r, k, types, strategies)
                for j, own in enumerate(types):
                    others = [beliefs[i][t] for i, t in enumerate(types) if i != j]
                    held[j][own] += chance * float(np.prod(others))
        if not self.learning:
            return {g: list(beliefs) for g in likelihood}
        with np.errstate(divide="ignore"):
            return {
                g: [update_belief(b, np.log(x)) for b, x in zip(beliefs, held, strict=True)]
                for g, held in likelihood.items()
            }

    def _redrawn(self, mask: int, profile: int, player: int) -> list[tuple[float, int]]:
        """Profiles that a profile may become, by the prior of `player`."""
        outcomes = []
        for p, types in enumerate(self.game.profiles):
            weight = 1.0
            for j, own in enumerate(types):
                grid = self.game.grid.simplexes[j]
                if mask >> j & 1:
                    prior = (
                        grid.points[grid.reference]
                        * self.game.grid.tilt[player, j, : len(grid.points[0])]
                    )
                    weight *= prior[own] / prior.sum()
                else:
                    weight *= float(own == self.game.profiles[profile, j])
            outcomes.append((weight, p))
        return outcomes

    def _worth(self, entry: int, g: tuple, profile: int, account: int, posterior) -> float:
        mask = g[2]
        held = list(posterior[g])
        for j, grid in enumerate(self.game.grid.simplexes):
            if mask >> j & 1:
                held[j] = grid.points[grid.reference]
        successor = int(self.table.rows.successor[entry])
        owner = self.game.accounts[account].player
        total = 0.0
        for weight, p in self._redrawn(mask, profile, owner) if mask else [(1.0, profile)]:
            if weight and successor >= 0:
                total += weight * self.after(successor, p, account, held)
            elif weight:
                total += weight * self.ended(-1 - successor, p, account, held)
        return total

    def values(self, state: int, beliefs, strategies) -> np.ndarray:
        """Value by profile and account."""
        posterior = self.posteriors(state, beliefs, strategies)
        rows, n_accounts = self.table.rows, len(self.game.accounts)
        result = np.zeros((len(self.game.profiles), n_accounts))
        for p, types in enumerate(self.game.profiles):
            for r in range(rows.start[state], rows.start[state + 1]):
                chance = np.prod(
                    [
                        self._act(state, r, k, types, strategies)
                        for k in range(len(self.table.movers))
                    ]
                )
                for a in range(n_accounts):
                    result[p, a] += chance * self._row(r, state, p, a, posterior)
        return result

    def _row(self, row: int, state: int, profile: int, account: int, posterior) -> float:
        types = self.game.profiles[profile]
        total = float(self.table.rows.pay[row, profile, account])
        for r, e, g in self.signals(state):
            if r == row:
                total += self._chance(e, types) * self._worth(e, g, profile, account, posterior)
        return total

    def action_values(self, state: int, beliefs, opinions, strategies) -> list[np.ndarray]:
        """Q by mover: [option, own type]; `opinions[mover]` over profiles."""
        posterior = self.posteriors(state, beliefs, strategies)
        rows, found = self.table.rows, []
        for k, mover in enumerate(self.table.movers):
            j = self.game.players[mover.player].typed
            count = mover.start[state + 1] - mover.start[state]
            q = np.zeros((count, mover.bound.shape[1]))
            for r in range(rows.start[state], rows.start[state + 1]):
                if rows.option[r, k] < 0:
                    continue
                for p, types in enumerate(self.game.profiles):
                    weight = opinions[k][p]
                    for other in range(len(self.table.movers)):
                        if other != k:
                            weight *= self._act(state, r, other, types, strategies)
                    own = types[j] if j >= 0 else 0
                    worth = self._row(r, state, p, mover.player, posterior)
                    q[rows.option[r, k] - mover.start[state], own] += weight * worth
            found.append(q)
        return found

    def replies(self, state: int, action_values: Sequence[np.ndarray]) -> list[np.ndarray]:
        """Logit replies to action values, bounds respected."""
        replies = []
        for mover, q in zip(self.table.movers, action_values, strict=True):
            precision = self.game.players[mover.player].precision
            bound = mover.bound[mover.start[state] : mover.start[state + 1]]
            reply = np.zeros_like(q)
            for th in range(q.shape[1]):
                if (bound[:, th] >= 0).any():
                    reply[:, th] = np.maximum(bound[:, th], 0.0)
                    continue
                free = bound[:, th] != FORBIDDEN
                if np.isinf(precision):
                    reply[np.flatnonzero(free)[np.argmax(q[free, th])], th] = 1.0
                    continue
                weight = np.where(free, np.exp(precision * (q[:, th] - q[free, th].max())), 0.0)
                reply[:, th] = weight / weight.sum()
            replies.append(reply)
        return replies


def check_equilibrium(game: Game, equilibrium, tolerance: float = 1e-8) -> float:
    """Walk a solved game back by the definitions; return the largest |σ - logit(Q)| and V error."""
    n_types = [grid.points.shape[1] for grid in game.grid.simplexes]
    worst = 0.0
    after, ended_after = None, None
    for period in range(game.n_periods - 1, -1, -1):
        last = period == game.n_periods - 1
        weight = 1.0 + game.tail if last else 1.0
        ended = _end(game.ended_payoff, period, weight, game, ended_after, None)
        values = _end(game.payoff, period, weight, game, after, game.roll)
        for stage in range(len(game.stage_names) - 1, -1, -1):
            table = game.table(period, stage)
            values, error = _back(game, table, equilibrium, period, stage, values, ended, n_types)
            worst = max(worst, error)
        worst = max(worst, float(np.abs(values - equilibrium.value(period)).max()))
        after, ended_after = values, ended
    assert worst < tolerance, worst
    return worst


def _end(payoff, period, weight, game, after, roll) -> np.ndarray:
    table = payoff[period if len(payoff) > 1 else 0]
    values = weight * np.broadcast_to(table, (*table.shape[:3], len(game.grid.points))).copy()
    if after is not None:
        discount = np.array([game.players[a.player].discount for a in game.accounts])
        values += discount[None, None, :, None] * (after if roll is None else after[roll])
    return values


def _back(game, table, equilibrium, period, stage, values, ended, n_types):
    if table.chain is not None:
        return _chain_back(game, table.chain, values, ended), 0.0
    slow = SlowStage(game, table, interpolated(game, values), interpolated(game, ended))
    n_states = len(table.rows.start) - 1
    before = np.zeros((n_states, *values.shape[1:]))
    worst = 0.0
    for state in range(n_states):
        for b in range(values.shape[3]):
            beliefs = [game.grid.points[b, j, :n] for j, n in enumerate(n_types)]
            strategies = [
                np.exp(equilibrium.log_strategy(period, stage, k))[
                    m.start[state] : m.start[state + 1], :, b
                ]
                for k, m in enumerate(table.movers)
            ]
            before[state, :, :, b] = slow.values(state, beliefs, strategies)
            if any(len(s) for s in strategies):
                opinions = [game.grid.opinion[m.player, :, b] for m in table.movers]
                q = slow.action_values(state, beliefs, opinions, strategies)
                for played, reply in zip(strategies, slow.replies(state, q), strict=True):
                    worst = max(worst, float(np.abs(played - reply).max()))
    return before, worst


def _chain_back(game, chain, values, ended) -> np.ndarray:
    inner = values[chain.leave]
    for step in reversed(chain.steps):
        updated = inner.copy()
        for i, x in enumerate(step.inner):
            total = np.repeat(step.pay[i][:, :, None], inner.shape[3], axis=2)
            for e in range(step.entry_start[i], step.entry_start[i + 1]):
                s = step.successor[e]
                source = inner[s] if s >= 0 else ended[-1 - s]
                total = total + step.chance[e] * _redraw(game, source, int(step.redraw[e]))
            updated[x] = total
        inner = updated
    return inner[chain.enter]


def _redraw(game, source, mask) -> np.ndarray:
    if mask == 0:
        return source
    slow = SlowStage(game, None, None, None)  # type: ignore[arg-type]
    sizes = [len(grid.points) for grid in game.grid.simplexes]
    result = np.zeros_like(source)
    for b in range(source.shape[2]):
        index = list(np.unravel_index(b, sizes))
        for j, grid in enumerate(game.grid.simplexes):
            if mask >> j & 1:
                index[j] = grid.reference
        landed = int(np.ravel_multi_index(index, sizes))
        for a, account in enumerate(game.accounts):
            for p in range(len(source)):
                result[p, a, b] = sum(
                    w * source[q, a, landed] for w, q in slow._redrawn(mask, p, account.player)
                )
    return result


def renamed(game: Game, **changes) -> Game:
    """Return the game with some fields changed."""
    return replace(game, **changes)
