"""What must not change when a scenario is written otherwise."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, reject, settings

from helpers.replies import Place, Solved, largest_gap, solve_named
from helpers.rewrites import (
    add_to_payoffs,
    freeze_endings,
    rename,
    reverse_orders,
    scale_payoffs,
    set_precisions,
    spell_out_mechanism,
    without_mechanisms,
)
from helpers.scenarios import scenario_from
from offramp.scenario import dump_scenario
from offramp.scenario.load import parse_scenario
from oracles.random_scenarios import RandomScenario, plain_scenarios
from oracles.slow_tree import TooLarge

SMALL = 300  # terminal histories
SAME = 1e-8  # of a probability: both solutions are within the solver's tolerance
N_GAMES = 15

some_games = settings(max_examples=N_GAMES)


def is_open(drawn: RandomScenario) -> bool:
    # of a secret policy the strategies know nothing
    return not drawn.data["policies"][drawn.case].get("secret")


def has_mechanism(drawn: RandomScenario) -> bool:
    return is_open(drawn) and "mechanisms" in drawn.data


def has_mechanism_to_spell_out(drawn: RandomScenario) -> bool:
    one = len(drawn.data.get("mechanisms", ())) == 1
    return is_open(drawn) and one and "per" not in drawn.data["payoffs"]


def has_types_that_observers_agree_on(drawn: RandomScenario) -> bool:
    disturbed = {"redraw", "believed_by", "secret"} & drawn.features
    return is_open(drawn) and "types" in drawn.features and not disturbed


def solve(data: dict[str, Any], drawn: RandomScenario) -> Solved:
    try:
        return solve_named(data, drawn.case, SMALL)
    except TooLarge:
        reject()


@some_games
@given(plain_scenarios(is_open))
def test_names_and_orders_do_not_matter(drawn: RandomScenario) -> None:
    names = {"north": "south", "south": "north", "act0a": "act1b", "act1b": "act0a",
             "low": "meagre", "high": "ample", "soft": "hard", "hard": "soft"}  # fmt: skip
    before = solve(drawn.data, drawn)
    after = solve(reverse_orders(rename(drawn.data, names)), drawn)
    expected = {renamed(place, names): {names.get(a, a): p for a, p in mix.items()}
                for place, mix in before.replies.items()}  # fmt: skip
    assert largest_gap(expected, after.replies) < SAME
    for name, value in before.outcomes.measures.items():
        assert after.outcomes.measures[name] == pytest.approx(value, abs=SAME, nan_ok=True)


def renamed(place: Place, names: dict[str, str]) -> Place:
    history = tuple(
        frozenset((names.get(p, p), names.get(a, a)) for p, a in part)
        if isinstance(part, frozenset)
        else part
        for part in place.history
    )
    player, type_name = names.get(place.player, place.player), names.get(place.type, place.type)
    return Place(history, player, type_name)


@some_games
@given(plain_scenarios(is_open))
def test_constant_paid_in_every_period_changes_no_strategy(drawn: RandomScenario) -> None:
    data = freeze_endings(drawn.data)
    before = solve(data, drawn)
    after = solve(add_to_payoffs(data, "north", 0.7), drawn)
    assert largest_gap(before.replies, after.replies) < SAME


@some_games
@given(plain_scenarios(is_open))
def test_payoffs_times_a_factor_with_precision_divided_by_it_change_no_strategy(
    drawn: RandomScenario,
) -> None:
    before = solve(drawn.data, drawn)
    after = solve(scale_payoffs(drawn.data, 2.5), drawn)
    assert largest_gap(before.replies, after.replies) < SAME
    values = 2.5 * before.outcomes.value
    assert after.outcomes.value == pytest.approx(values, abs=SAME)


@some_games
@given(plain_scenarios(is_open))
def test_precision_zero_plays_evenly_over_what_is_available(drawn: RandomScenario) -> None:
    solved = solve(set_precisions(drawn.data, 0.0), drawn)
    for mix in solved.replies.values():
        assert mix == pytest.approx(dict.fromkeys(mix, 1.0 / len(mix)), abs=1e-12)


@some_games
@given(plain_scenarios(has_types_that_observers_agree_on))
def test_expected_posterior_is_the_prior_while_observers_agree(drawn: RandomScenario) -> None:
    # exact beliefs: on the grid a posterior is shared between points, each of which then holds
    # types in the proportions of that posterior and not in its own, a second-order bias
    beliefs = solve(drawn.data, drawn).outcomes.beliefs
    assert beliefs == pytest.approx(np.broadcast_to(beliefs[0], beliefs.shape), abs=1e-10)


@some_games
@given(plain_scenarios(is_open))
def test_chances_of_all_that_can_happen_sum_to_one(drawn: RandomScenario) -> None:
    outcomes = solve(drawn.data, drawn).outcomes
    assert outcomes.mass_error < 1e-12
    assert sum(outcomes.ending_chance().values()) == pytest.approx(1.0, abs=1e-12)
    assert outcomes.levels.sum(axis=-1) == pytest.approx(1.0, abs=1e-12)


@some_games
@given(plain_scenarios(has_mechanism))
def test_absent_mechanism_equals_removed_mechanism(drawn: RandomScenario) -> None:
    absent = {
        **drawn.data,
        "mechanisms": [{**use, "setting": "absent"} for use in drawn.data["mechanisms"]],
    }
    before = solve(absent, drawn)
    after = solve(without_mechanisms(drawn.data), drawn)
    assert largest_gap(before.replies, after.replies) == 0.0
    assert before.outcomes.value == pytest.approx(after.outcomes.value, abs=0.0)


@some_games
@given(plain_scenarios(has_mechanism_to_spell_out))
def test_mechanism_in_force_equals_its_content_written_in_place(drawn: RandomScenario) -> None:
    before = solve(drawn.data, drawn)
    after = solve(spell_out_mechanism(drawn.data), drawn)
    assert largest_gap(before.replies, after.replies) < SAME
    assert before.outcomes.value == pytest.approx(after.outcomes.value, abs=SAME)


@settings(max_examples=60)
@given(plain_scenarios())
def test_loading_what_was_written_gives_the_same_scenario(drawn: RandomScenario) -> None:
    scenario = scenario_from(drawn.data)
    assert parse_scenario(dump_scenario(scenario)) == scenario
