"""What a solve keeps: windows, refusals, games without end."""

from __future__ import annotations

import numpy as np
import pytest

from equilibrium.games import Move, Player, build_game, build_stage, straight
from equilibrium.test_backward_induction import probing, three_types
from offramp.equilibrium import Settings, evaluate_strategies, solve_on_grid
from offramp.equilibrium.memory import GIB, period_bytes, plan_windows
from offramp.equilibrium.plan import GamePlan
from offramp.errors import TooLargeError


def solve(game, **settings):
    return solve_on_grid(game, Settings(**settings), threads=1)


def memory_for(game, periods):
    """GiB in which so many periods' answers fit, and no more."""
    return (periods + 0.5) * period_bytes(GamePlan(game), 0) / GIB


def test_windows_give_the_same_digits():
    game = three_types(n_periods=12)
    whole = solve(game)
    memory = memory_for(game, 10)
    assert len(plan_windows(GamePlan(game), memory)) > 2
    cut = solve(game, memory=memory)
    for period in (11, 3, 0, 7):
        assert np.array_equal(cut.value(period), whole.value(period))
        for stage in range(2):
            assert np.array_equal(
                cut.log_strategy(period, stage), whole.log_strategy(period, stage)
            )


def test_what_fits_is_one_window():
    game = probing(n_periods=4)
    assert plan_windows(GamePlan(game), 1.0) == (0, 4)


def test_what_would_not_fit_is_refused_with_its_size():
    game = probing(n_periods=4)
    with pytest.raises(TooLargeError) as refusal:
        solve(game, memory=memory_for(game, 0.5))
    text = str(refusal.value)
    assert "G543" in text
    assert "2 public states x 2 profiles of types x 2 accounts x 9 beliefs" in text
    assert "lower the grid" in text


def test_period_and_mover_that_do_not_exist_are_index_errors():
    equilibrium = solve(probing(n_periods=2))
    with pytest.raises(IndexError):
        equilibrium.log_strategy(0, 0, 1)


def test_warm_start_from_another_world_finds_the_same_replies():
    game = three_types(n_periods=3)
    other = solve(three_types(precision=2.7, n_periods=3))
    warm = solve_on_grid(game, Settings(), warm=other, threads=1)
    cold = solve(game)
    assert warm.value(0) == pytest.approx(cold.value(0), abs=1e-8)


def test_game_without_end_is_worth_its_payoff_over_one_minus_discount():
    players = (Player("only", precision=1.0, discount=0.9),)
    stage = build_stage(players, ["only"], [[Move(("stay",))]], lambda s, a: straight(0))
    game = build_game(players, [stage], [1, 1], forever=True, payoff=lambda s, types, n: 1.0)
    equilibrium = solve(game)
    assert equilibrium.n_periods == 1
    assert equilibrium.value(0)[0, 0, 0, 0] == pytest.approx(10.0, rel=1e-6)


def test_strategies_of_a_game_without_end_settle():
    game = probing(forever=True, n_periods=1)
    equilibrium = solve(game)
    assert equilibrium.settled < 1e-8
    long = solve(probing(n_periods=250))
    assert np.exp(equilibrium.log_strategy(0, 1)) == pytest.approx(
        np.exp(long.log_strategy(0, 1)), abs=1e-7
    )


def test_strategies_of_a_game_without_end_are_valued_without_end():
    game = probing(forever=True, n_periods=1)
    equilibrium = solve(game)
    (values,) = evaluate_strategies(game, equilibrium, threads=1)
    assert values == pytest.approx(equilibrium.value(0), abs=1e-6)


def test_loss_is_bounded_by_the_residual():
    equilibrium = solve(three_types())
    assert 0.0 <= equilibrium.total_loss <= 2 * equilibrium.loss
    assert equilibrium.loss <= 2 * equilibrium.residual**2 / 3.0 + 1e-300
