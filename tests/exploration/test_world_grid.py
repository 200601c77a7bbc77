"""The world grid is the coarsest whose effect stays below a tenth of every margin."""

from __future__ import annotations

import math

import numpy as np
import pytest

from helpers.scenarios import scenario_from
from helpers.toys import TOY, TOY_CLAIMS
from offramp.equilibrium import solve
from offramp.exploration import ensemble, world_grid
from offramp.exploration.ensemble import explore
from offramp.exploration.runs import open_run
from offramp.exploration.store import FAILED, SOLVED
from offramp.exploration.world_grid import Margin, effects_of
from offramp.game import compile_game
from offramp.outcomes import propagate

# a long game in which what the patron does is remembered, so that the grid matters; its own is 11
LEARNING = TOY_CLAIMS.replace("count: 2", "count: 4") + "solver: {grid: 11}\n"


def results(measure, state=SOLVED):
    """Return results of one world as a job gives them, with some measures by case."""
    array = np.array([measure], float)
    return {"measure": array, "state": np.full(array.shape[:2], state)}


def test_effect_is_the_largest_over_worlds_and_cases():
    pairs = [
        (results([[0.5], [0.2]]), results([[0.52], [0.2]])),
        (results([[0.4], [0.3]]), results([[0.4], [0.27]])),
    ]
    (found,) = effects_of([Margin("lost", False, 0.1)], ["lost"], pairs)
    assert found.effect == pytest.approx(0.03)


def test_effect_on_a_rare_risk_is_that_of_its_logarithm():
    pairs = [(results([[0.001], [1e-9]]), results([[0.0011], [1e-7]]))]
    (found,) = effects_of([Margin("war", True, math.log(1.25))], ["war"], pairs)
    assert found.effect == pytest.approx(math.log(1.1))  # both too rare to compare: no effect


def test_question_that_arises_on_one_grid_only_is_an_effect_without_number():
    nan = float("nan")
    both = [(results([[nan]]), results([[nan]]))]
    assert effects_of([Margin("lost", False, 0.1)], ["lost"], both)[0].effect == 0.0
    one = [(results([[nan]]), results([[0.5]]))]
    assert effects_of([Margin("lost", False, 0.1)], ["lost"], one)[0].effect is None


def test_world_that_cannot_be_solved_on_the_fine_grid_says_nothing():
    nan = float("nan")
    pairs = [(results([[nan]], FAILED), results([[0.5]]))]
    assert effects_of([Margin("lost", False, 0.1)], ["lost"], pairs)[0].effect == 0.0


@pytest.fixture(scope="module")
def chosen(tmp_path_factory):
    folder = tmp_path_factory.mktemp("grid") / "run"
    scenario = scenario_from(LEARNING)
    return explore(
        scenario, folder, worlds=5, grid="auto", workers=1, cases=["solved", "always-fight"]
    )


def test_margins_are_those_of_the_claims_that_read_the_measure(chosen):
    effects = {one.measure: one for one in chosen.manifest.grid_choice.effects}
    assert effects["lost"].margin == pytest.approx(0.1)
    assert not effects["lost"].is_ratio
    assert effects["grabbed"].margin == pytest.approx(math.log(1.25))
    assert effects["grabbed"].is_ratio
    assert effects["begins"].margin == world_grid.MARGIN_UNREAD


def test_coarsest_grid_that_changes_little_is_chosen(chosen):
    choice = chosen.manifest.grid_choice
    assert choice.default == 11
    assert choice.worlds == 5
    assert chosen.manifest.grid == choice.grid
    *refused, taken = choice.trials
    assert taken.grid == choice.grid
    assert taken.share < 0.1
    assert [one.grid for one in choice.trials] == sorted(one.grid for one in choice.trials)
    assert refused  # else this scenario says nothing about the choice
    assert all(one.share is None or one.share >= 0.1 for one in refused)


def test_effect_is_what_solving_both_ways_gives(chosen):
    drawn = chosen.drawn()
    scenario = chosen.scenario
    largest = {"lost": 0.0, "grabbed": 0.0}
    for world in range(5):
        given = {name: drawn[name][world] for name in ("gain", "toll", "care", "p_firm")}
        given |= {"mood": drawn["start.mood"][world]}
        settings = {"pride": drawn["setting.pride"][world]}
        for case in chosen.cases:
            fine, coarse = (
                propagate(
                    solve(
                        compile_game(
                            scenario, case=case, parameters=given, settings=settings, grid=grid
                        )
                    )
                ).measures
                for grid in (11, chosen.manifest.grid)
            )
            largest["lost"] = max(largest["lost"], abs(fine["lost"] - coarse["lost"]))
            ratio = abs(math.log(fine["grabbed"] / coarse["grabbed"]))
            largest["grabbed"] = max(largest["grabbed"], ratio)
    found = {one.measure: one.effect for one in chosen.manifest.grid_choice.effects}
    assert found["lost"] == pytest.approx(largest["lost"], abs=1e-7)
    assert found["grabbed"] == pytest.approx(largest["grabbed"], abs=1e-7)


def test_choice_is_kept_with_the_run_and_not_made_again(chosen, monkeypatch):
    assert open_run(chosen.folder).manifest == chosen.manifest
    monkeypatch.setattr(ensemble, "choose_grid", None)
    assert explore(chosen.scenario, chosen.folder, resume=True).manifest == chosen.manifest


def test_scenario_keeps_its_own_grid_where_no_coarser_one_will_do():
    strict = LEARNING.replace("+ 0.1", "+ 1e-9").replace("- 0.1", "- 1e-9")
    choice = explore(
        scenario_from(strict), worlds=2, grid="auto", workers=1, cases=["solved"]
    ).manifest.grid_choice
    assert choice.grid is None
    assert [one.grid for one in choice.trials] == [2, 3, 4, 5, 6, 8]
    assert choice.effects == ()


def test_game_without_private_types_has_no_grid_to_choose():
    lines = TOY.replace(
        "patron: {precision: 4, types: {firm: {prior: p_firm, set: {price: 0.2}}, "
        "hollow: {prior: 1 - p_firm, set: {price: 1.2}}}}",
        "patron: {precision: 4}",
    ).replace("cost: price", "cost: 0.3 * p_firm")
    choice = explore(scenario_from(lines), worlds=2, grid="auto", workers=1).manifest.grid_choice
    assert (choice.default, choice.grid, choice.trials) == (1, None, ())


def test_margin_of_a_comparison_without_one_is_not_used():
    claims = LEARNING.replace("+ 0.1", "").replace("- 0.1", "")
    run = explore(scenario_from(claims), worlds=1, grid="auto", workers=1, cases=["solved"])
    effects = {one.measure: one.margin for one in run.manifest.grid_choice.effects}
    assert effects.get("lost", world_grid.MARGIN_UNREAD) == world_grid.MARGIN_UNREAD
