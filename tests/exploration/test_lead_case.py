"""The lead case lives: policies matter, and every act is taken somewhere.

Beliefs stand on a coarse grid: whether a thing moves at all does not hang on the last digits. That
every mechanism matters is held to stored answers (`tests/case/test_stored.py`).
"""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from offramp import compile_game, load_scenario, propagate, solve
from offramp.equilibrium import Equilibrium
from offramp.equilibrium.walks import draw_history, interpolated, visits_along

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("memory")]

GRID = 3  # points a side
SOMEWHERE = 0.02  # chance with which a type, asked in a period, takes an act
N_HISTORIES = 60  # drawn with acts partly at random; each can happen
MOVES = 1e-4  # of a measure: a thousand times what residuals of 1e-8 add up to over 16 periods


@cache
def scenario():
    return load_scenario("guarantee-2025")


def solved(case: str) -> Equilibrium:
    equilibrium = solve(compile_game(scenario(), case=case, grid=GRID))
    assert equilibrium.n_unconverged == 0
    return equilibrium


def measures(case: str) -> dict[str, float]:
    return dict(propagate(solved(case)).measures)


def test_no_measure_is_the_same_under_all_policies():
    every = [measures(policy) for policy in scenario().policies]
    for name in scenario().measures:
        values = [one[name] for one in every]
        assert np.nanmax(values) - np.nanmin(values) > MOVES, name


def test_every_act_is_taken_somewhere_on_the_path():
    most: dict[tuple[str, str], float] = {}
    equilibrium = solved("solved")
    game, draws = equilibrium.game, np.random.default_rng(1)
    for _ in range(N_HISTORIES):
        history = draw_history(equilibrium, "solved", draws)
        for visit in visits_along(equilibrium, history):
            for number, options in enumerate(game.table(visit.period, visit.stage).movers):
                reply = interpolated(equilibrium, visit, number).max(axis=1)
                first = options.start[visit.state]
                for option, chance in enumerate(reply):
                    name = options.names[options.action[first + option]]
                    key = (game.players[options.player].name, name)
                    most[key] = max(most.get(key, 0.0), float(chance))
    declared = {
        (game.players[options.player].name, name)
        for stage in game.stages[0]
        for options in stage.movers
        for name in options.names
    }
    assert most.keys() == declared
    assert {key: chance for key, chance in most.items() if chance <= SOMEWHERE} == {}
