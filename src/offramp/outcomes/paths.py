"""Stories: single paths drawn at random, with beliefs updated exactly and not on the grid.

They illustrate an answer and check it; nothing that is reported is estimated from them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

from offramp.equilibrium.walks import Visit, interpolated
from offramp.game import Chain, Game, Options, StageTable, StateSpace
from offramp.game.beliefs import locate, update_belief
from offramp.game.tree_game import history_numbers
from offramp.outcomes.beliefs import OnHistories
from offramp.outcomes.play import Solution

__all__ = ["Moment", "Story", "sample_paths"]


@dataclass(frozen=True)
class Moment:
    """What happened at one stage.

    Attributes:
        period: From 1.
        acts: By player, as taken (a covert act under its own name).
        drawn: Players whose type was drawn afresh.
        state: Level by variable, and what is remembered, afterwards.
        belief: Reference belief over each typed player's types, afterwards.
        paid: To each account, in units of the period; a period's payoffs come with its last stage.
    """

    period: int
    stage: str
    acts: Mapping[str, str]
    drawn: tuple[str, ...]
    state: Mapping[str, str]
    belief: Float[np.ndarray, "typed type"]
    paid: Float[np.ndarray, "account"]


@dataclass(frozen=True)
class Story:
    """One path.

    Attributes:
        types: At the start, by player.
        ending: Name of the ending; `horizon` if none was reached.
        payoff: Of each account, discounted to the start, frozen play to the horizon included.
    """

    types: Mapping[str, str]
    start: Mapping[str, str]
    moments: tuple[Moment, ...]
    ending: str
    payoff: Float[np.ndarray, "account"]


def sample_paths(
    solution: Solution,
    n_paths: int,
    generator: np.random.Generator,
    *,
    start: str | None = None,
    n_periods: int | None = None,
) -> list[Story]:
    """Draw paths from a solution.

    Args:
        start: The case from whose start play begins; default: the first.
        n_periods: How far a game without horizon is followed; what comes after pays nothing here.
    """
    game = solution.game
    last = game.n_periods if not game.forever else (n_periods or 1)
    case = start if start is not None else next(iter(game.start))
    held = _beliefs_held(solution) if isinstance(solution, OnHistories) else None
    return [_Walk(solution, case, last, generator, held).story() for _ in range(n_paths)]


class _Held(NamedTuple):
    """Beliefs of a solution on histories, by slot and state, and at ends of play."""

    live: list[Float[np.ndarray, "state typed type"]]
    ended: Float[np.ndarray, "ended typed type"]


def _beliefs_held(solution: OnHistories) -> _Held:
    numbers = history_numbers(solution.tree)
    return _Held(
        [solution.belief[nodes] for nodes in numbers.nodes], solution.belief[numbers.ended]
    )


@dataclass
class _Walk:
    """One path under way.

    Attributes:
        profile: Present type of each typed player.
        state: In the present slot; `-1 - e` once play has ended.
    """

    solution: Solution
    case: str
    n_periods: int
    generator: np.random.Generator
    held: _Held | None
    period: int = 0
    stage: int = 0
    state: int = 0
    profile: Int[np.ndarray, "typed"] = field(init=False)
    belief: Float[np.ndarray, "typed type"] = field(init=False)
    payoff: Float[np.ndarray, "account"] = field(init=False)

    def __post_init__(self) -> None:
        game = self.game
        self.state = self._draw(game.start[self.case])
        self.profile = game.profiles[self._draw(game.prior)].copy()
        self.belief = game.grid.points[game.grid.reference].copy()
        self._look_up_belief(0)
        self.payoff = np.zeros(len(game.accounts))
        self._discount = np.array([game.players[one.player].discount for one in game.accounts])

    @property
    def game(self) -> Game:
        return self.solution.game

    def story(self) -> Story:
        """Follow the path to its end."""
        game = self.game
        types = {
            game.players[i].name: game.players[i].types[k]
            for i, k in zip(game.typed, self.profile, strict=True)
        }
        start = self._describe(int(game.codes[0][self.state]))
        moments: list[Moment] = []
        while self.period < self.n_periods and self.state >= 0:
            for self.stage in range(len(game.stage_names)):
                moments.append(self._moment())
                if self.state < 0:
                    break
            if self.state >= 0:
                self._turn_period()
        ending = "horizon"
        if self.state < 0:
            ending = game.endings[game.ended_by[-1 - self.state]]
            self._freeze()
        return Story(types, start, tuple(moments), ending, self.payoff)

    def _draw(self, chances: Float[np.ndarray, "outcome"]) -> int:
        return int(self.generator.choice(len(chances), p=chances / chances.sum()))

    def _describe(self, code: int) -> dict[str, str]:
        assert isinstance(self.game.space, StateSpace)
        return self.game.space.describe(code)

    def _look_up_belief(self, slot: int) -> None:
        """Take the belief that a history holds, where beliefs are kept on histories."""
        if self.held is not None:
            held = self.held.live[slot] if self.state >= 0 else self.held.ended
            self.belief = held[self.state if self.state >= 0 else -1 - self.state].copy()

    def _profile_number(self) -> int:
        return int(np.flatnonzero((self.game.profiles == self.profile).all(axis=1))[0])

    # --- one stage ------------------------------------------------------------------------------

    def _moment(self) -> Moment:
        game = self.game
        table = game.table(0 if game.forever else self.period, self.stage)
        acts: dict[str, str] = {}
        if table.chain is not None:
            paid, drawn = self._follow(table.chain)
        else:
            paid, drawn = self._act(table, acts)
        is_last = self.stage == len(game.stage_names) - 1
        self._look_up_belief(self.stage + 1)
        code = game.codes[self.stage + 1][self.state] if self.state >= 0 else None
        self.payoff += self._discount**self.period * paid
        if is_last and self.state >= 0:
            accrued = self._accrued()
            self.payoff += self._discount**self.period * accrued
            paid = paid + accrued
        return Moment(
            period=self.period + 1,
            stage=game.stage_names[self.stage],
            acts=acts,
            drawn=tuple(game.players[i].name for j, i in enumerate(game.typed) if drawn >> j & 1),
            state=self._describe(int(game.ended_codes[-1 - self.state] if code is None else code)),
            belief=self.belief.copy(),
            paid=paid,
        )

    def _act(
        self, table: StageTable, acts: dict[str, str]
    ) -> tuple[Float[np.ndarray, "account"], int]:
        """Draw acts and results, learn from them; return what is paid and who is redrawn."""
        rows = table.rows
        assert rows is not None
        first, stop = int(rows.start[self.state]), int(rows.start[self.state + 1])
        row, strategies = first, []
        if table.movers and rows.option[first, 0] >= 0:
            visit = Visit(self.period, self.stage, self.state, self.belief)
            strategies = [
                interpolated(self.solution, visit, k)  # type: ignore[arg-type]
                for k in range(len(table.movers))
            ]
            row = self._choose(table, strategies, acts)
        entries = slice(int(rows.entry_start[row]), int(rows.entry_start[row + 1]))
        reads = int(self.profile[table.reader]) if table.reader >= 0 else 0
        entry = entries.start + self._draw(rows.chance[entries, reads])
        paid = rows.pay[row, self._profile_number()]
        if self.game.learning and first < stop:
            self._learn(table, strategies, row, entry)
        self.state = int(rows.successor[entry])
        self._redraw(int(rows.redraw[entry]))
        return paid, int(rows.redraw[entry])

    def _choose(
        self,
        table: StageTable,
        strategies: list[Float[np.ndarray, "option type"]],
        acts: dict[str, str],
    ) -> int:
        """Draw one option per mover; return the row that they make together."""
        assert table.rows is not None
        row = int(table.rows.start[self.state])
        stride = int(table.rows.start[self.state + 1]) - row
        for options, strategy in zip(table.movers, strategies, strict=True):
            pick = self._draw(strategy[:, self._own_type(options)])
            stride //= len(strategy)
            row += pick * stride
            player = self.game.players[options.player]
            acts[player.name] = options.names[options.action[options.start[self.state] + pick]]
        return row

    def _own_type(self, options: Options) -> int:
        typed = self.game.players[options.player].typed
        return int(self.profile[typed]) if typed >= 0 else 0

    def _follow(self, chain: Chain) -> tuple[Float[np.ndarray, "account"], int]:
        """Draw the effects of a chance stage one after another."""
        inner, drawn = int(chain.enter[self.state]), 0
        paid = np.zeros(len(self.game.accounts))
        for step in chain.steps:
            at = np.flatnonzero(step.inner == inner)
            if not len(at):
                continue
            paid = paid + step.pay[at[0], self._profile_number()]
            entries = slice(int(step.entry_start[at[0]]), int(step.entry_start[at[0] + 1]))
            entry = entries.start + self._draw(step.chance[entries])
            self._redraw(int(step.redraw[entry]))
            drawn |= int(step.redraw[entry])
            inner = int(step.successor[entry])
            if inner < 0:
                break
        self.state = int(chain.leave[inner]) if inner >= 0 else inner
        return paid, drawn

    def _redraw(self, mask: int) -> None:
        game = self.game
        for j in range(len(game.typed)):
            if mask >> j & 1:
                self.profile[j] = self._draw(np.bincount(game.profiles[:, j], weights=game.prior))
                self.belief[j] = game.grid.points[game.grid.reference, j]

    # --- learning -------------------------------------------------------------------------------

    def _learn(
        self,
        table: StageTable,
        strategies: list[Float[np.ndarray, "option type"]],
        row: int,
        entry: int,
    ) -> None:
        """Apply Bayes' rule to everybody who moved, or whose type a chance read."""
        movers = {self.game.players[one.player].typed: k for k, one in enumerate(table.movers)}
        if not strategies:
            movers = {}
        if table.reader >= 0:
            movers.setdefault(table.reader, -1)
        belief = self.belief.copy()
        for j, k in movers.items():
            if j >= 0:
                n_types = len(self.game.players[self.game.typed[j]].types)
                seen = self._likelihood(table, strategies, row, entry, j, k)
                with np.errstate(divide="ignore"):
                    posterior = update_belief(belief[j, :n_types], np.log(seen))
                self.belief[j, :n_types] = posterior

    def _likelihood(
        self,
        table: StageTable,
        strategies: list[Float[np.ndarray, "option type"]],
        row: int,
        entry: int,
        j: int,
        mover: int,
    ) -> Float[np.ndarray, "type"]:
        """Return how likely each type of typed player j makes what was seen.

        Acts of others with types are taken at the types that they are: whatever factor they
        contribute is the same for all that looks alike.
        """
        rows = table.rows
        assert rows is not None
        by_result = table.hides or table.reader >= 0
        total = np.zeros(len(self.game.players[self.game.typed[j]].types))
        for r in range(int(rows.start[self.state]), int(rows.start[self.state + 1])):
            if _seen(table, r) != _seen(table, row):
                continue
            weight = np.ones(len(total))
            for k, (options, strategy) in enumerate(zip(table.movers, strategies, strict=True)):
                played = strategy[rows.option[r, k] - options.start[self.state]]
                weight = weight * (played if k == mover else played[self._own_type(options)])
            total += weight * (self._result_chance(table, r, entry, j) if by_result else 1.0)
        return total

    def _result_chance(
        self, table: StageTable, row: int, entry: int, j: int
    ) -> Float[np.ndarray, "type"] | float:
        """Return the chance that a row leads to the same result, by type if j's type is read."""
        rows = table.rows
        assert rows is not None
        entries = slice(int(rows.entry_start[row]), int(rows.entry_start[row + 1]))
        same = (rows.successor[entries] == rows.successor[entry]) & (
            rows.redraw[entries] == rows.redraw[entry]
        )
        chance = rows.chance[entries][same].sum(axis=0)
        if table.reader == j:
            return np.asarray(chance)
        return float(chance[self.profile[table.reader] if table.reader >= 0 else 0])

    # --- periods --------------------------------------------------------------------------------

    def _turn_period(self) -> None:
        self.period += 1
        if self.period < self.n_periods:
            self.state = int(self.game.roll[self.state])

    def _accrued(self) -> Float[np.ndarray, "account"]:
        """Return the payoffs of a period's end, at the exact belief."""
        game = self.game
        payoff = game.payoff[self.period if len(game.payoff) > 1 else 0]
        here = payoff[self.state, self._profile_number()]
        return self._tail(self.period) * self._at_belief(here)

    def _freeze(self) -> None:
        """Add what the frozen state pays to the horizon, from the present period on."""
        game = self.game
        for t in range(self.period, self.n_periods):
            payoff = game.ended_payoff[t if len(game.ended_payoff) > 1 else 0]
            here = self._at_belief(payoff[-1 - self.state, self._profile_number()])
            self.payoff += self._discount**t * self._tail(t) * here

    def _tail(self, period: int) -> float:
        is_last = period == self.game.n_periods - 1 and not self.game.forever
        return 1.0 + self.game.tail * is_last

    def _at_belief(
        self, payoff: Float[np.ndarray, "account belief_or_1"]
    ) -> Float[np.ndarray, "account"]:
        """Return payoffs at the exact belief, between grid points by interpolation."""
        if payoff.shape[1] == 1:
            return payoff[:, 0]
        points, weights = np.zeros(1, np.int64), np.ones(1)
        for j, simplex in enumerate(self.game.grid.simplexes):
            found = locate(simplex, self.belief[j, : simplex.points.shape[1]])
            points = (points[:, None] * len(simplex.points) + found.points).ravel()
            weights = (weights[:, None] * found.weights).ravel()
        return np.asarray(payoff[:, points] @ weights)


def _seen(table: StageTable, row: int) -> tuple[int, ...]:
    assert table.rows is not None
    return tuple(
        int(options.seen_as[number]) if number >= 0 else -1
        for options, number in zip(table.movers, table.rows.option[row], strict=True)
    )
