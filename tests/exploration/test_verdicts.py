"""Claims are judged world by world as single solves judge them, and counted."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from helpers.scenarios import scenario_from
from helpers.toys import ASKED, TOY_CLAIMS
from offramp.equilibrium import solve
from offramp.exploration.ensemble import explore
from offramp.exploration.shares import FAILS, HOLDS, UNDECIDED
from offramp.exploration.store import FAILED
from offramp.exploration.verdicts import judge_worlds
from offramp.game import compile_game
from offramp.outcomes import propagate
from offramp.scenario.claims import judge, read_claims

CODES = {"holds": HOLDS, "fails": FAILS, "undecided": UNDECIDED}
# one claim names a number that is drawn, so that it asks for another margin in every world
TEXT = (
    TOY_CLAIMS
    + """
  dear: {says: "It is lost more often than the toll is high.", holds: ["lost[solved] > 0.5 * toll + 0.02"]}
"""
)
SCENARIO = scenario_from(TEXT)


@pytest.fixture(scope="module")
def run():
    return explore(SCENARIO, workers=1, **ASKED)


def test_every_world_is_judged_as_if_solved_by_itself(run):
    judged = judge_worlds(run)
    assert [one.claim.name for one in judged] == list(SCENARIO.claims)
    drawn = run.drawn()
    for world in range(len(run.world)):
        numbers = {name: drawn[name][world] for name in run.assumptions.numbers}
        settings = {name: drawn[f"setting.{name}"][world] for name in run.assumptions.mechanisms}
        level = {name: drawn[f"start.{name}"][world] for name in run.assumptions.starts}
        assert list(level) == ["mood"]
        scenario = scenario_from(
            TEXT.replace("start: {calm: 0.75, tense: 0.25}", f"start: {level['mood']}")
        )

        def measured(measure, case, scenario=scenario, numbers=numbers, settings=settings):
            game = compile_game(
                scenario, case=case, parameters=numbers, settings=settings, grid=ASKED["grid"]
            )
            return propagate(solve(game), start=case).measures[measure]

        for one, claim in zip(judged, read_claims(scenario, numbers), strict=True):
            expected = judge(each.verdict(measured) for each in claim.comparisons)
            assert one.verdict[world] == CODES[expected], claim.name


def test_worlds_that_were_not_solved_are_left_out_and_counted(run):
    whole = judge_worlds(run)[0]
    state = run.state.copy()
    state[2, :] = FAILED
    part = judge_worlds(dataclasses.replace(run, state=state))[0]
    assert part.is_solved.tolist() == [k != 2 for k in range(len(run.world))]
    assert part.shares.count.sum() == len(run.world) - 1
    kept = np.arange(len(run.world)) != 2
    np.testing.assert_array_equal(part.verdict[kept], whole.verdict[kept])


def test_claims_about_cases_that_the_run_has_not_are_left_out(run):
    few = explore(SCENARIO, workers=1, cases=[run.cases[0]], **ASKED)
    named = {one.claim.name for one in judge_worlds(few)}
    for claim in read_claims(SCENARIO, dict.fromkeys(SCENARIO.parameters, 1.0)):
        cases = {case for one in claim.comparisons for case in one.cases}
        assert (claim.name in named) == (cases <= {run.cases[0]})
