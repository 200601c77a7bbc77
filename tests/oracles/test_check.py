"""Random small scenarios: what the check calls impossible happens in none of their games."""

from __future__ import annotations

from hypothesis import Phase, given, settings

from helpers.scenarios import scenario_from
from offramp.game import check_game, compile_game
from oracles.random_scenarios import RandomScenario, scenarios


@settings(max_examples=40, phases=[Phase.generate])
@given(scenarios())
def test_nothing_that_happens_is_called_impossible(drawn: RandomScenario) -> None:
    scenario = scenario_from(drawn.data)
    found = {(problem.code, problem.path) for problem in check_game(scenario).problems}
    for name in scenario.policies:
        game = compile_game(scenario, case=name)
        crisis, usage = game.crisis, game.usage
        happens = {("G508", crisis.policy.clauses[number].path) for number in usage.clauses}
        happens |= {("G506", crisis.endings[number].path) for number in usage.endings}
        for number, stage in enumerate(crisis.stages):
            happens |= {
                ("G505", action.path)
                for mover in stage.movers
                for action in mover.actions
                if (number, mover.player, action.name) in usage.actions
            }
        assert not found & happens
