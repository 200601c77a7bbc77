"""Public states by their codes: what is read off, put, forgotten and numbered."""

from __future__ import annotations

import numpy as np
import pytest

from offramp.game import compile_game
from offramp.game import states as module
from offramp.game.compiler import reach_states
from offramp.game.states import Index, States, distinct
from offramp.scenario import bind, list_scenarios, load_scenario
from offramp.scenario.expressions import Compare, Const, Did, Level

SMALL = ("pledge", "strait-standoff", "cuba-1962")


@pytest.fixture(scope="module")
def game():
    return compile_game(load_scenario("strait-standoff"))


@pytest.fixture
def anywhere(game):
    """States of all codes there are, remembered acts included."""
    codes = np.random.default_rng(1).integers(0, game.space.n_codes, 500)
    return States(game.space, codes)


def test_levels_read_off_a_code_are_those_it_was_made_of(game, anywhere):
    columns = np.array([anywhere[row] for row in range(len(game.space.fields))])
    assert np.array_equal(game.space.encode(columns), anywhere.codes)
    assert np.array_equal(game.space.decode(anywhere.codes), columns)


def test_putting_a_level_changes_no_other_field(game, anywhere):
    before = game.space.decode(anywhere.codes)
    for row, one in enumerate(game.space.fields):
        after = anywhere.put(row, one.size - 1)
        assert np.all(after[row] == one.size - 1)
        others = np.arange(len(before)) != row
        assert np.array_equal(game.space.decode(after.codes)[others], before[others])


def test_forgetting_leaves_what_is_alive(game, anywhere):
    columns = game.space.decode(anywhere.codes)
    for slot in range(game.space.n_slots):
        kept = game.space.encode(columns, slot)
        assert np.array_equal(game.space.forget(anywhere.codes, slot), kept)


@pytest.mark.parametrize("values", [[], [3], [2, 2, 2], [5, 1, 5, -4, 1]])
def test_distinct_values_are_those_of_numpy(values):
    array = np.array(values, np.int64)
    assert np.array_equal(distinct(array), np.unique(array))


def test_a_table_and_a_sorted_list_number_codes_alike(monkeypatch):
    batches = np.random.default_rng(2).integers(0, 300, (6, 40))
    table = Index(300)
    monkeypatch.setattr(module, "LARGEST_TABLE", 10)
    listed = Index(300)
    for batch in batches:
        assert np.array_equal(table.add(batch), listed.add(batch))
        assert np.array_equal(table.codes, listed.codes)
        assert np.array_equal(table.find(np.arange(300)), listed.find(np.arange(300)))


def test_only_levels_can_be_told_to_have_stayed(game):
    variable = game.crisis.variables[1].name
    level = Compare((Level(variable), Const(0.0)), (">",))
    assert game.space.levels_read(level) == {1}
    assert game.space.levels_read(Compare((level, Did((("a", "b"),))), ("==",))) is None


def marked(name):
    """Return a scenario's name; slow where its tables take seconds."""
    is_small = name in SMALL or name.startswith("canon/")
    return name if is_small else pytest.param(name, marks=pytest.mark.slow)


@pytest.mark.parametrize("name", [marked(name) for name in list_scenarios()])
def test_states_are_reached_alike_with_and_without_tables(name):
    scenario = load_scenario(name)
    crisis = bind(scenario)
    game, reached = compile_game(scenario), reach_states(crisis, {"": crisis.start})
    assert all(np.array_equal(*both) for both in zip(game.codes, reached.codes, strict=True))
    assert (game.usage, game.n_periods) == (reached.usage, reached.n_periods)
