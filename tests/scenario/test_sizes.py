"""Sizes that stand on parameters."""

from __future__ import annotations

import pytest

from offramp.errors import ScenarioError
from offramp.game import compile_game
from offramp.scenario import bind
from offramp.scenario.load import parse_scenario
from offramp.scenario.schema import Scenario

TEXT = """
offramp: 1
name: sized
period: {unit: round, count: n}
parameters:
  n: {value: 2, unit: rounds, source: judgement}
  top: {value: 3, unit: units, source: judgement}
  near: {value: 0.5, unit: units, source: judgement}
  kinds: {value: 4, unit: types, source: judgement}
variables:
  stock: {levels: {from: 0, to: top}, start: 0}
players:
  north: {precision: 1}
  nature: {types: {quantiles: kinds, of: {distribution: uniform, low: 0, high: 1}, set: luck}}
stages:
  - player: north
    actions:
      send: {over: {from: 0, to: n}, pays: {north: -chose(north)}}
      name: {over: [0, near, 2 * near, 1]}
  - effects: [{move: stock, by: 1, chance: luck}]
payoffs:
  north: {stock: stock}
policies:
  solved: {}
cases:
  longer: {set: {n: 5}}
"""


@pytest.fixture(scope="module")
def scenario() -> Scenario:
    return parse_scenario(TEXT)


def test_sizes_are_what_their_parameters_come_to(scenario: Scenario) -> None:
    crisis = bind(scenario)
    assert crisis.n_periods == 2
    assert crisis.variables[0].levels == ("0", "1", "2", "3")
    assert [t.parameters["luck"] for t in crisis.players[1].types] == [0.125, 0.375, 0.625, 0.875]


def test_a_case_and_the_caller_change_sizes(scenario: Scenario) -> None:
    longer = bind(scenario, case="longer", parameters={"top": 1})
    assert longer.n_periods == 5
    assert longer.variables[0].values == (0.0, 1.0)
    assert [a.name for a in longer.stages[0].movers[0].actions][:6] == [
        f"send_{k}" for k in range(6)
    ]
    assert bind(scenario).n_periods == 2  # nothing of it is remembered
    assert compile_game(scenario, parameters={"n": 3, "kinds": 2}).n_periods == 3


def test_a_computed_member_that_falls_on_another_stands_once(scenario: Scenario) -> None:
    names = [action.name for action in bind(scenario).stages[0].movers[0].actions]
    assert names[3:] == ["name_0", "name_0.5", "name_1"]


def test_what_counts_nothing_is_refused_with_its_place(scenario: Scenario) -> None:
    with pytest.raises(ScenarioError) as caught:
        bind(scenario, parameters={"kinds": 0.5})
    assert "comes out as 0.5" in str(caught.value)
    assert "players.nature.types.quantiles" in str(caught.value)
