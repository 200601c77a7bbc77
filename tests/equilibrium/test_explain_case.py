"""Explanations of the lead case, in random situations, against a reply worked out here.

The reply is worked out in plain Python from the tables of the game and the values after the stage:
Bayes' rule, interpolation and the logit, iterated from uniform play.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pytest

from offramp.equilibrium import Equilibrium, solve
from offramp.equilibrium.backward_induction import replay_period
from offramp.equilibrium.explain import Explanation, explain
from offramp.equilibrium.plan import GamePlan
from offramp.equilibrium.situation import Situation, opinion_at
from offramp.game import Game, Options, compile_game
from offramp.game.beliefs import locate, update_belief
from offramp.scenario import load_scenario

N_POINTS = 100
SUM = 1e-10  # of an act's parts and its worth
AGREES = 1e-7  # between two ways to the same reply: what the solver accepts, with a margin
BEYOND = 1e-5  # relative, past or short of the payment that switches
ROUNDS = 3000
RAISED = 100  # rounds in which precision is raised from zero, to stay on the branch from there
SETTLED = 1e-12


@dataclass
class Asked:
    """A random situation, its explanation, and the values of the states after the stage."""

    game: Game
    situation: Situation
    found: Explanation
    after: dict[int, np.ndarray]

    def reply(self, gifts: dict[int, float] | None = None) -> tuple[np.ndarray, np.ndarray]:
        """Return strategy and action value of every option and type, options paid extra."""
        bound = self.mover.bound[self.options]
        precision = self.game.players[self.situation.player].precision
        expected = self._expected(gifts or {})
        if self.game.players[self.situation.player].typed < 0:
            value = self._value(None, expected)
            return _reply(value, bound, precision), value
        strategy = _reply(np.zeros(bound.shape), bound, 0.0)
        value = self._value(strategy, expected)
        for n in range(ROUNDS):
            share = min(1.0, (n + 1) / RAISED)
            reply = _reply(value, bound, share * precision)
            if share == 1.0 and np.abs(reply - strategy).max() < SETTLED:
                break
            strategy = 0.5 * strategy + 0.5 * reply
            value = self._value(strategy, expected)
        return strategy, value

    @property
    def mover(self) -> Options:
        return self.game.table(self.situation.period, self.situation.stage).movers[0]

    @property
    def options(self) -> slice:
        start = self.mover.start
        return slice(start[self.situation.state], start[self.situation.state + 1])

    def _expected(self, gifts: dict[int, float]) -> list[np.ndarray]:
        """Return what each option is worth by own type, at every grid point of belief after it."""
        game, one = self.game, self.situation
        rows = game.table(one.period, one.stage).rows
        opinion = opinion_at(game, one.player, one.belief)
        typed = game.players[one.player].typed
        own = game.profiles[:, typed] if typed >= 0 else np.zeros(len(opinion), int)
        found = []
        for a, row in enumerate(range(rows.start[one.state], rows.start[one.state + 1])):
            worth = rows.pay[row, :, one.player, None] + gifts.get(a, 0.0)
            for e in range(rows.entry_start[row], rows.entry_start[row + 1]):
                values = self.after[int(rows.successor[e])][:, one.player]
                worth = worth + rows.chance[e, 0] * values
            n_types = self.mover.bound.shape[1]
            found.append(np.array([opinion[own == k] @ worth[own == k] for k in range(n_types)]))
        return found

    def _value(self, strategy: np.ndarray | None, expected: list[np.ndarray]) -> np.ndarray:
        value = []
        for a, worth in enumerate(expected):
            belief = self.situation.belief[0]
            if strategy is not None:
                with np.errstate(divide="ignore"):
                    belief = update_belief(belief, np.log(strategy[a]))
            stencil = locate(self.game.grid.simplexes[0], belief)
            value.append(worth[:, stencil.points] @ stencil.weights)
        return np.array(value)


def _reply(value: np.ndarray, bound: np.ndarray, precision: float) -> np.ndarray:
    free = np.where(bound == -1.0, np.exp(precision * (value - value.max(axis=0))), 0.0)
    prescribed = bound.max(axis=0) >= 0.0
    total = np.where(prescribed, 1.0, free.sum(axis=0))
    return np.where(prescribed, np.maximum(bound, 0.0), free / total)


def draw_situations(game: Game, n: int, seed: int) -> list[Situation]:
    """Draw decision points at random: period, stage, state, belief, type."""
    rng = np.random.default_rng(seed)
    stages = [m for m, stage in enumerate(game.stages[0]) if stage.movers]
    found = []
    while len(found) < n:
        period, stage = int(rng.integers(game.n_periods)), int(rng.choice(stages))
        mover = game.table(period, stage).movers[0]
        n_options = np.diff(mover.start[: game.n_reached[period, stage] + 1])
        open_states = np.flatnonzero(n_options > 1)
        if not len(open_states):
            continue
        state = int(rng.choice(open_states))
        n_types = len(game.players[mover.player].types)
        belief = rng.dirichlet(np.ones(game.grid.points.shape[2]), size=len(game.typed))
        own_type = int(rng.integers(n_types))
        found.append(Situation(mover.player, period, stage, 0, state, own_type, belief))
    return found


def ask(equilibrium: Equilibrium, situations: list[Situation]) -> list[Asked]:
    game = equilibrium.game
    explained: dict[int, Explanation] = {}
    for k, player in enumerate(game.players):
        mine = [n for n, one in enumerate(situations) if one.player == k]
        answers = explain(equilibrium, player.name, [situations[n] for n in mine])
        explained |= dict(zip(mine, answers, strict=True))
    after = values_after(equilibrium, situations)
    return [Asked(game, one, explained[n], after[n]) for n, one in enumerate(situations)]


def values_after(
    equilibrium: Equilibrium, situations: Iterable[Situation]
) -> dict[int, dict[int, np.ndarray]]:
    """Return the values of the states to which each situation can lead, by state."""
    game = equilibrium.game
    plan = GamePlan(game)
    shape = (len(game.profiles), len(game.accounts), len(game.grid.points))
    numbered = list(enumerate(situations))
    found: dict[int, dict[int, np.ndarray]] = {}
    after = None
    for period in range(game.n_periods - 1, -1, -1):

        def watch(stage, values, ended, period=period):
            for n, one in numbered:
                if (one.period, one.stage) == (period, stage):
                    rows = game.table(period, stage).rows
                    first, last = rows.entry_start[rows.start[[one.state, one.state + 1]]]
                    reached = {int(s) for s in rows.successor[first:last]}
                    found[n] = {
                        s: (values[s] if s >= 0 else ended[-1 - s]).reshape(shape) for s in reached
                    }

        after = replay_period(plan, period, after, equilibrium, watch=watch)
    return found


def check(asked: list[Asked]) -> None:
    switched = 0
    for one in asked:
        found, own = one.found, one.situation.own_type
        parts = (found.paid + found.later + found.learnt).sum(axis=0)
        assert np.abs(parts - found.value).max() < SUM
        strategy, value = one.reply()
        open_to = np.flatnonzero(one.mover.bound[one.options][:, own] != -2.0)
        assert found.probability == pytest.approx(strategy[open_to, own], abs=AGREES)
        assert found.value == pytest.approx(value[open_to, own], abs=AGREES)
        if found.payment is None:
            assert found.is_bound or len(found.acts) == 1
            continue
        option = int(open_to[found.acts.index(found.payment.act)])
        margin = BEYOND * max(found.payment.amount, 1e-3)
        for amount, expected in [
            (found.payment.amount - margin, found.likeliest),
            (found.payment.amount + margin, found.payment.act),
        ]:
            paid, _ = one.reply({option: amount})
            assert found.acts[int(np.argmax(paid[open_to, own]))] == expected
        switched += 1
    assert switched > len(asked) // 2


def test_hundred_random_replies_are_explained_and_switched():
    game = compile_game(load_scenario("guarantee-2025"), policy="nothing", grid=3)
    check(ask(solve(game), draw_situations(game, N_POINTS, seed=20251216)))


@pytest.mark.slow
@pytest.mark.xdist_group("memory")  # up to 16 GB: nothing else that is large beside it
@pytest.mark.parametrize("policy", ["nothing", "solved"])
def test_the_same_holds_on_the_default_grid(policy):
    game = compile_game(load_scenario("guarantee-2025"), policy=policy)
    check(ask(solve(game), draw_situations(game, N_POINTS, seed=1)))
