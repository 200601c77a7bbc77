"""What games of one structure share is found by none whose structure is another."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

from offramp.equilibrium import solve
from offramp.game import Game, Moulds, compile_game
from offramp.game.structure import Structure
from offramp.outcomes import propagate
from offramp.scenario import parse_scenario

RAID = """
offramp: 1
name: raid
period: {unit: month, count: 4}
parameters:
  odds: {value: 0.4, range: [0, 1], unit: probability, source: judgement}
  slip: {value: 0.3, range: [0, 1], unit: probability, source: judgement}
  price: {value: 0.2, range: [0, 1], unit: payoff once, source: judgement}
  fine: {value: 0.1, range: [0, 1], unit: payoff once, source: judgement}
  sharp: {value: 2, range: [0, 5000], unit: none, source: judgement}
  greed: {value: 1, range: [0, 2], unit: none, source: judgement}
  bold: {value: 0.3, range: [0, 1], unit: probability, source: judgement}
variables:
  rung: {levels: [0, 1, 2, 3], start: 0}
  guard: {levels: [down, up], start: down}
players:
  one: {precision: sharp, discount: 0.9, TYPES}
  two: {precision: sharp, discount: 0.8}
stages:
  - player: one
    actions:
      stay: {}
      climb: {cost: price, effects: [{move: rung, by: 1, chance: odds}]}
  - player: two
    when: rung > 0
    actions:
      watch: {}
      raise: {cost: 0.1, effects: [{set: guard, to: up}]}
  - effects:
      - {move: rung, by: -1, chance: slip, pays: {one: 0 - fine}}
      - {set: guard, to: down, chance: odds / 2}
payoffs:
  one: {height: share(rung) * greed - 0.5 * share(guard)}
  two: {calm: 0 - share(rung)}
endings:
  top: {when: rung == 3, pays: {two: 0 - price}}
policies:
  free: {}
  meek: {one: [{never: climb}]}
measures:
  high: {is: "ever(rung >= 2)", better: lower}
  climbs: {is: "count(one.climb)", better: lower}
  guarded: {is: "sum(share(guard))", better: lower}
  cost: {is: value(two), better: higher}
"""
PLAIN = RAID.replace(", TYPES", "")
TYPED = RAID.replace(
    "TYPES",
    "types: {bold: {prior: bold, set: {greed: 1.5}}, shy: {prior: 1 - bold, set: {greed: 0.5}}}",
)

# chances of 0 and 1, nothing to pay, replies so sharp that acts are never taken, a certain type
WORLDS: tuple[dict[str, float], ...] = (
    {"odds": 0.4, "price": 0.0, "fine": 0.0},
    {"odds": 0.7, "price": 0.5, "fine": 0.3, "sharp": 5000.0},
    {"odds": 0.0},
    {"odds": 1.0, "slip": 1.0},
    {"odds": 0.2, "slip": 0.9, "bold": 0.6, "sharp": 5000.0, "price": 0.01},
    {"odds": 0.2, "slip": 0.9, "bold": 1.0, "sharp": 1.0},
    {"odds": 0.4, "price": 0.3, "fine": 0.2, "sharp": 0.0},
)


def digits_of(game: Game) -> list[np.ndarray]:
    """Solve and play a game; return what is found, every period's strategies and values first."""
    solution = solve(game)
    found = propagate(solution)
    strategies = [
        solution.log_strategy(period, stage, 0)
        for period in range(game.n_periods)
        for stage in range(2)
    ]
    values = [solution.value(period) for period in range(game.n_periods)]
    acts = [part for one in found.acts for part in (one.count, one.bound)]
    asked = np.array(list(found.measures.values()))
    tables = [found.levels, found.ended, found.beliefs, found.value, found.own_value, asked]
    return [*strategies, *values, *acts, *tables]


@pytest.mark.parametrize("case", ["free", "meek"])
@pytest.mark.parametrize("text", [PLAIN, TYPED], ids=["without types", "with types"])
def test_worlds_of_one_structure_have_the_digits_of_each_by_itself(text, case):
    scenario = parse_scenario(text)
    moulds = Moulds()
    n_cast, before = 0, None
    for world in (*WORLDS, *reversed(WORLDS)):
        shared = compile_game(scenario, case=case, grid=3, parameters=world, moulds=moulds)
        n_cast += before is not None and shared.structure is before
        before = shared.structure
        alone = compile_game(scenario, case=case, grid=3, parameters=world)
        assert alone.structure is not shared.structure
        for found, expected in zip(digits_of(shared), digits_of(alone), strict=True):
            np.testing.assert_array_equal(found, expected)
    assert n_cast >= 4  # else nothing was shared that could have been wrong


@pytest.mark.parametrize("text", [PLAIN, TYPED], ids=["without types", "with types"])
def test_further_worlds_add_nothing_to_what_is_kept(text):
    scenario = parse_scenario(text)
    moulds = Moulds()
    kept = []
    for odds in (0.3, 0.4, 0.5):
        game = compile_game(scenario, grid=3, parameters={"odds": odds}, moulds=moulds)
        digits_of(game)
        kept.append(len(game.structure))
    assert kept[0] == kept[1] == kept[2] > 0


def test_equal_arrays_are_not_the_same_source():
    structure = Structure()
    one, other = np.zeros(2), np.zeros(2)
    assert structure.once("length", (one,), lambda: "of one") == "of one"
    assert structure.once("length", (other,), lambda: "of the other") == "of the other"
    assert structure.once("length", (one,), lambda: "anew") == "of one"
    assert structure.once("length", (one, 1000), lambda: "of one and a number") != "of one"
    assert structure.once("length", (one, int("1000")), lambda: "anew") == "of one and a number"
    assert structure.once("width", (one,), lambda: "another thing") == "another thing"


def test_sources_are_kept_so_that_nothing_takes_their_place():
    structure = Structure()
    for number in range(50):  # each array might else be laid where the last one was
        assert structure.once("number", (np.zeros(3),), lambda number=number: number) == number


def test_structure_arrives_empty_in_another_process():
    structure = Structure()
    structure.once("length", (np.zeros(2),), lambda: 2)
    assert len(pickle.loads(pickle.dumps(structure))) == 0
