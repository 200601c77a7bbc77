"""Play one random scenario by both roads and say where they part."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from helpers.answers import history_strategy, state_strategy
from helpers.grids import halved_cells
from helpers.histories import match_histories
from helpers.scenarios import scenario_from
from offramp.equilibrium import Equilibrium, solve
from offramp.equilibrium.histories import HistoryEquilibrium, solve_histories
from offramp.game import compile_crisis
from offramp.outcomes import Outcomes, propagate
from offramp.scenario import Crisis, bind
from oracles.evaluator import Evaluation, Mix, evaluate
from oracles.random_scenarios import RandomScenario
from oracles.slow_measures import Result, play_out
from oracles.slow_tree import Tree, grow

__all__ = ["REPLY_TOLERANCE", "SUM_TOLERANCE", "Trial"]

REPLY_TOLERANCE = 1e-8
"""Of a probability: what the certificate promises."""

GRIDS = {2: (6, 11, 21), 3: (3, 5, 9)}
"""Points a side of three grids, each of half the step of the one before, by number of types."""

UNSETTLED = 5.0
"""By how much errors may exceed changes of grids so coarse that these do not shrink yet."""

GRID_FLOOR = 1e-6
"""Below this a grid's refinement says nothing: its errors may cancel."""

SUM_TOLERANCE = 1e-9
"""Of values, measures, chances and beliefs: rounding in sums over some thousand histories."""


@dataclass(frozen=True)
class Trial:
    """A random scenario, compiled and solved on histories, and walked by the slow evaluator.

    Attributes:
        limit: Most terminal histories; more raise `TooLarge`.
    """

    drawn: RandomScenario
    limit: int = 5_000

    @cached_property
    def crisis(self) -> Crisis:
        return bind(scenario_from(self.drawn.data), case=self.solved_case)

    @property
    def solved_case(self) -> str:
        """The case whose game is solved: a secret policy is unknown to those who reply."""
        return "solved" if self.is_secret else self.drawn.case

    @property
    def is_secret(self) -> bool:
        return bool(self.drawn.data["policies"][self.drawn.case].get("secret"))

    @cached_property
    def tree(self) -> Tree:
        return grow(self.crisis, self.limit)

    @cached_property
    def equilibrium(self) -> HistoryEquilibrium:
        return solve_histories(
            compile_crisis(self.crisis, exact_beliefs=True, learning=self.drawn.learning)
        )

    @cached_property
    def numbers(self) -> dict[int, int]:
        """The program's number of every public history."""
        return match_histories(self.tree, self.equilibrium.tree)

    @cached_property
    def evaluation(self) -> Evaluation:
        strategy = history_strategy(self.equilibrium, self.numbers)
        return evaluate(self.tree, strategy, learning=self.drawn.learning)

    @cached_property
    def result(self) -> Result:
        return play_out(self.evaluation)

    @cached_property
    def outcomes(self) -> Outcomes:
        return propagate(self.equilibrium)

    # --- on the belief grid ---------------------------------------------------------------------

    def on_grid(self, halvings: int) -> Equilibrium:
        """Solve the same case on the belief grid, its step halved so often."""
        points = {
            p.name: GRIDS[len(p.types)][halvings] for p in self.crisis.players if len(p.types) > 1
        }
        game = compile_crisis(self.crisis, learning=self.drawn.learning, grid=points)
        found: Equilibrium = solve(game)
        return found

    @property
    def is_exact_on_grid(self) -> bool:
        """Whether play never leaves the grid's points: nobody has types, or nothing is learnt."""
        return not self.equilibrium.tree.game.typed or not self.drawn.learning

    def differences_on_grid(self) -> Iterator[str]:
        """Yield what the grid gets wrong by more than its own refinement says."""
        equilibrium = self.on_grid(0)
        if self.is_exact_on_grid:
            strategy = state_strategy(equilibrium, self.tree)
            evaluation = evaluate(self.tree, strategy, learning=False)
            yield from self.replies(evaluation)
            yield from differing_outcomes(play_out(evaluation), propagate(equilibrium))
            return
        coarse, middle, fine = (
            propagate(equilibrium), propagate(self.on_grid(1)), propagate(self.on_grid(2))
        )  # fmt: skip
        # a belief may lie near a point of two grids by chance: then the change before counts
        last, before = largest_change(middle, fine), largest_change(coarse, middle)
        error = grid_error(last, before)
        found = list(differing_outcomes(self.result, fine, error))
        if found:  # beliefs may stay in cells that all three grids share
            with halved_cells():
                halved = propagate(self.on_grid(2))
            error = max(error, grid_error(largest_change(fine, halved), last))
            found = list(differing_outcomes(self.result, halved, error))
        yield from found

    def borrowed_differences(self) -> Iterator[str]:
        """Yield differences where one case is played with the strategies of the case `solved`.

        Beliefs stay at the priors, so that the grid is exact.
        """
        if not self.drawn.strategies_from and not self.is_secret:
            return
        scenario = scenario_from(self.drawn.data)
        free, bound = (bind(scenario, case=case) for case in ("solved", self.drawn.case))
        equilibrium = solve(compile_crisis(free, learning=False))
        orders = replace(bound, policy=replace(bound.policy, secret=True))
        slow = grow(orders, self.limit)
        evaluation = evaluate(slow, state_strategy(equilibrium, slow), learning=False)
        played = propagate(equilibrium, policy_game=compile_crisis(bound, learning=False))
        yield from differing_outcomes(play_out(evaluation), played)

    # --- where the two roads part ---------------------------------------------------------------

    def differences(self) -> Iterator[str]:
        """Yield a sentence for everything in which program and evaluator disagree."""
        yield from self.replies(self.evaluation)
        yield from self.beliefs()
        yield from self.values()
        yield from differing_outcomes(self.result, self.outcomes)

    def replies(self, evaluation: Evaluation) -> Iterator[str]:
        """Yield information sets whose strategy is not the logit of its action values."""
        precision = {player.name: player.precision for player in self.crisis.players}
        for place, played, reply in evaluation.replies():
            gap = max(abs(played[act] - reply[act]) for act in reply)
            worth = evaluation.action_values[place]
            is_tie = math.isinf(precision[place.player]) and is_best(played, worth)
            if gap > REPLY_TOLERANCE and not is_tie:
                yield f"at {place}: played {played}, logit {reply}, worth {worth}"

    def beliefs(self) -> Iterator[str]:
        """Yield public histories after which reference beliefs or observers' beliefs differ."""
        game = self.equilibrium.tree.game
        for node in self.tree.nodes():
            believed = self.evaluation.beliefs[id(node)]
            reference = self.equilibrium.belief[self.numbers[id(node)]]
            for j, number in enumerate(game.typed):
                about = game.players[number]
                for k, observer in enumerate(game.players):
                    tilted = reference[j] * game.grid.tilt[k, j]
                    for theta, type_name in enumerate(about.types):
                        ours = tilted[theta] / tilted.sum()
                        slow = believed[observer.name][about.name][type_name]
                        if abs(ours - slow) > SUM_TOLERANCE:
                            yield (
                                f"{observer.name} believes {about.name} {type_name} {ours}, "
                                f"by Bayes' rule {slow}, after {node.history}"
                            )

    def values(self) -> Iterator[str]:
        """Yield public histories whose worth to some player and profile of types differs."""
        for node in self.tree.nodes():
            if not node.branches:
                continue
            ours = self.equilibrium.values[self.numbers[id(node)]]
            slow = self.evaluation.values[id(node)].values()
            for row, by_player in zip(ours, slow, strict=True):
                for value, (player, expected) in zip(row, by_player.items(), strict=True):
                    if abs(value - expected) > SUM_TOLERANCE * (1.0 + abs(expected)):
                        yield f"{player} is worth {value}, slowly {expected}, at {node.history}"


def is_best(played: Mix, worth: Mapping[str, float]) -> bool:
    """Return whether a pure choice is among the best: of equals, rounding may say which is first."""
    chosen = max(played, key=played.__getitem__)
    return played[chosen] == 1.0 and worth[chosen] > max(worth.values()) - SUM_TOLERANCE


def grid_error(last: float, before: float) -> float:
    """Return how far off a grid may be, by what its last refinement changed and the one before.

    Where changes do not shrink, not even by first order, they are no bound, only a scale. (A game
    in which halving all cells changed ten times as much as the refinement before was off by 1.2
    times that change; on finer grids it went to the exact number.)
    """
    return max(last, before) * (UNSETTLED if last > 0.5 * before else 1.0)


def largest_change(coarse: Outcomes, fine: Outcomes) -> float:
    """Return by how much refining the grid moved any measure, payoff or chance."""
    changes = [
        np.abs(np.subtract(list(coarse.measures.values()), list(fine.measures.values()))),
        np.abs(coarse.value - fine.value),
        np.abs(coarse.own_value - fine.own_value),
        np.abs(coarse.ended - fine.ended).ravel(),
    ]
    return GRID_FLOOR + float(np.nanmax(np.concatenate(changes)))


def differing_outcomes(
    slow: Result, ours: Outcomes, tolerance: float = SUM_TOLERANCE
) -> Iterator[str]:
    """Yield measures, payoffs and chances of endings that differ by more than a tolerance."""
    for name, expected in slow.measures.items():
        value = ours.measures[name]
        if expected is None:
            if not math.isnan(value):
                yield f"measure {name} is {value}, but what it asks about never happens"
        elif not abs(value - expected) <= tolerance * (1.0 + abs(expected)):
            yield f"measure {name} is {value}, slowly {expected}"
    for which, slowly, values in (
        ("value", slow.values, ours.value),
        ("own value", slow.own_values, ours.own_value),
    ):
        for player, value in zip(ours.players, values, strict=True):
            if abs(value - slowly[player]) > tolerance * (1.0 + abs(slowly[player])):
                yield f"{which} of {player} is {value}, slowly {slowly[player]}"
    for ending, chance in ours.ending_chance().items():
        if abs(chance - slow.outcomes.get(ending, 0.0)) > tolerance:
            yield f"ending {ending} has {chance}, slowly {slow.outcomes.get(ending, 0.0)}"
