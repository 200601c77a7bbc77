"""Games cast in the structure of another: the same, to the last bit, as if compiled by themselves."""

from __future__ import annotations

import dataclasses
import pickle

import numpy as np
import pytest

from offramp.errors import GameError
from offramp.exploration.design import draw_worlds
from offramp.game import Game, Moulds, compile_game
from offramp.scenario import load_scenario, parse_scenario
from offramp.scenario.worlds import spans_of

CLIMB = """
offramp: 1
name: climb
period: {unit: month, count: 4}
parameters:
  odds: {value: 0.4, range: [0, 1], unit: probability, source: judgement}
  price: {value: 0.2, range: [0, 1], unit: payoff once, source: judgement}
  line: {value: 2, range: [0, 4], unit: level, source: judgement}
variables:
  rung: {levels: [0, 1, 2, 3], start: 0}
players:
  one: {precision: 2, discount: 0.9}
stages:
  - player: one
    actions:
      stay: {}
      climb: {when: rung < line, cost: price * period, effects: [{move: rung, by: 1, chance: odds / period}]}
  - effects: [{move: rung, by: -1, chance: odds / 4}]
payoffs:
  one: {height: share(rung) - price}
"""


def arrays_of(game: Game) -> list[np.ndarray]:
    """Return every array of numbers and of structure, in one order."""

    def walk(thing: object) -> list[np.ndarray]:
        if isinstance(thing, np.ndarray):
            return [thing]
        if isinstance(thing, tuple | list):
            return [array for one in thing for array in walk(one)]
        if isinstance(thing, dict):
            return walk(list(thing.values()))
        if dataclasses.is_dataclass(thing):
            names = [one.name for one in dataclasses.fields(thing)]
            left_out = {"crisis", "space", "usage", "given"}
            return walk([getattr(thing, name) for name in names if name not in left_out])
        return [np.array([thing])] if isinstance(thing, float | int) else []

    return walk(game)


@pytest.mark.parametrize(
    ("name", "case"),
    [("cuba-1962", "nothing"), ("strait-standoff", None), ("guarantee-2025", "nothing")],
)
def test_cast_world_is_the_compiled_one(name, case):
    scenario = load_scenario(name)
    case = case or next(iter(scenario.policies))
    moulds = Moulds()
    first = compile_game(scenario, case=case, grid=2, moulds=moulds)
    spans = spans_of(scenario)
    for world in draw_worlds(spans, {}, [], 3, np.random.default_rng(5)):
        cast = compile_game(scenario, case=case, grid=2, parameters=world.parameters, moulds=moulds)
        alone = compile_game(scenario, case=case, grid=2, parameters=world.parameters)
        assert cast.stages[0][0].movers is first.stages[0][0].movers
        found, expected = arrays_of(cast), arrays_of(alone)
        assert len(found) == len(expected) > 50
        for one, other in zip(found, expected, strict=True):
            np.testing.assert_array_equal(one, other)
    assert len(moulds) == 1


@pytest.mark.parametrize(
    ("changed", "is_cast"),
    [
        ({"odds": 0.7, "price": 0.5}, True),
        ({"odds": 0.0}, False),  # nobody gets up: other states are reached
        ({"odds": 1.0}, False),  # the first climb is sure to succeed
        ({"line": 3.0}, False),  # the act is on offer elsewhere
        ({"rung": 1}, False),  # it starts where it came to before, and meets states in other order
    ],
)
def test_what_leads_elsewhere_is_compiled_by_itself(changed, is_cast):
    scenario = parse_scenario(CLIMB)
    moulds = Moulds()
    first = compile_game(scenario, moulds=moulds)
    found = compile_game(scenario, parameters=changed, moulds=moulds)
    shared = found.stages[0][0].movers[0].action is first.stages[0][0].movers[0].action
    assert shared == is_cast
    expected = compile_game(scenario, parameters=changed)
    for one, other in zip(arrays_of(found), arrays_of(expected), strict=True):
        np.testing.assert_array_equal(one, other)


def test_numbers_unfit_to_be_played_are_told_as_ever():
    scenario = parse_scenario(CLIMB)
    moulds = Moulds()
    compile_game(scenario, moulds=moulds)
    with pytest.raises(GameError, match="G501"):
        compile_game(scenario, parameters={"odds": 1.5}, moulds=moulds)


def test_moulds_arrive_empty_in_another_process():
    moulds = Moulds()
    compile_game(parse_scenario(CLIMB), moulds=moulds)
    assert len(moulds) == 1
    assert len(pickle.loads(pickle.dumps(moulds))) == 0
