"""Single stages: replies computed by hand, bounds of policies, and two roads to one answer."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from equilibrium.games import (
    Act,
    Move,
    Player,
    build_game,
    build_stage,
    check_equilibrium,
    renamed,
    straight,
)
from equilibrium.test_backward_induction import DEFENDER, probing, three_types
from offramp.equilibrium import Settings, solve_on_grid
from offramp.equilibrium.plan import GamePlan, Kind
from offramp.game.factored import FORBIDDEN


def solve(game, **settings):
    return solve_on_grid(game, Settings(**settings), threads=1)


def choice(*payoffs, precision=1.0, n_periods=1, **options):
    """One player, one state, one act per payoff."""
    names = tuple(f"act{n}" for n in range(len(payoffs)))
    players = (Player("chooser", precision=precision),)
    stage = build_stage(
        players,
        ["chooser"],
        [[Move(names)]],
        lambda s, a: straight(0, {"chooser": payoffs[names.index(a)]}),
    )
    return build_game(players, [stage], [1, 1], n_periods=n_periods, **options)


def played(game, mover=0, stage=0, period=0, **settings):
    return np.exp(solve(game, **settings).log_strategy(period, stage, mover))


def test_quarter_more_is_taken_seventy_three_times_in_a_hundred_at_precision_four():
    # the odds of an act worth 0.25 more are exp(4 * 0.25) = e to 1
    assert played(choice(0.0, 0.25, precision=4.0))[1, 0, 0] == pytest.approx(0.7310585786300049)


def test_value_is_the_mean_payoff_of_the_reply():
    odds = math.exp(2.0 * 0.3)
    expected = 0.3 * odds / (1.0 + odds)
    assert solve(choice(0.0, 0.3, precision=2.0)).value(0)[0, 0, 0, 0] == pytest.approx(expected)


def test_zero_precision_plays_all_acts_alike():
    assert played(choice(0.0, 5.0, -3.0, precision=0.0))[:, 0, 0] == pytest.approx([1 / 3] * 3)


def test_exact_player_takes_the_first_listed_among_equals():
    reply = played(choice(0.1, 0.3, 0.1 + 0.2, 0.2, precision=math.inf))[:, 0, 0]
    assert reply == pytest.approx([0.0, 1.0, 0.0, 0.0])


def test_huge_stakes_do_not_overflow():
    replies = solve(choice(0.0, 5000.0, precision=20.0)).log_strategy(0, 0, 0)[:, 0, 0]
    assert replies == pytest.approx([-1e5, 0.0])


def test_present_basis_discounts_precision():
    game = choice(0.0, 0.5, precision=4.0, n_periods=3)
    later = played(game, period=2, precision_basis="present")[1, 0, 0]
    scale = 4.0 * 0.9**2
    assert later == pytest.approx(1.0 / (1.0 + math.exp(-0.5 * scale)))
    assert played(game, period=2)[1, 0, 0] == pytest.approx(1.0 / (1.0 + math.exp(-0.5 * 4.0)))


def test_tail_multiplies_the_last_periods_payoffs():
    game = choice(0.0, n_periods=2, tail=1.5, payoff=lambda s, types, n: 1.0)
    assert solve(game).value(0)[0, 0, 0, 0] == pytest.approx(1.0 + 0.9 * 2.5)
    assert solve(game).value(1)[0, 0, 0, 0] == pytest.approx(2.5)


def prescribed(**bound):
    return probing(bound={("fight", 0): bound["first"], ("yield", 0): 1.0 - bound["first"]})


def test_policy_binds_one_type_and_leaves_the_other_its_reply():
    game = prescribed(first=0.8)
    equilibrium = solve(game)
    assert np.exp(equilibrium.log_strategy(0, 1)[1, 0]) == pytest.approx(0.8)
    check_equilibrium(game, equilibrium)


def test_act_that_no_type_still_believed_possible_may_take_leaves_belief():
    game = prescribed(first=0.0)
    equilibrium = solve(game)
    certain = np.flatnonzero(game.grid.points[:, 0, 0] == 1.0)[0]
    assert equilibrium.log_strategy(0, 1)[1, 0, certain] == -np.inf
    check_equilibrium(game, equilibrium)


def test_forbidden_act_is_not_taken_and_the_rest_is_a_logit_reply():
    game = three_types()
    table = game.stages[0][0]
    mover = table.movers[0]
    bound = mover.bound.copy()
    bound[1, :2] = FORBIDDEN
    bounded = replace(table, movers=(replace(mover, bound=bound),))
    game = renamed(game, stages=((bounded, game.stages[0][1]),))
    equilibrium = solve(game)
    assert np.all(equilibrium.log_strategy(0, 0)[1, :2] == -np.inf)
    check_equilibrium(game, equilibrium)


def generally(game):
    """The same game, its stages declared such that only the general solver takes them."""
    stages = tuple(replace(table, hides=True) for table in game.stages[0])
    return renamed(game, stages=(stages,))


@pytest.mark.parametrize(
    "game",
    [probing(n_periods=3), three_types(n_periods=2), prescribed(first=0.8)],
    ids=["two types", "three types", "bound"],
)
def test_quick_and_general_solver_agree(game):
    assert Kind.TYPED in {GamePlan(game).stage(0, m).kind for m in range(2)}
    assert GamePlan(generally(game)).stage(0, 0).kind is Kind.JOINT
    quick, general = solve(game), solve(generally(game))
    for stage in range(2):
        assert np.exp(quick.log_strategy(0, stage)) == pytest.approx(
            np.exp(general.log_strategy(0, stage)), abs=1e-9
        )
    assert quick.value(0) == pytest.approx(general.value(0), abs=1e-9)


def test_nobody_learns_when_learning_is_off():
    game = probing(resolution=0)
    equilibrium = solve(game)
    assert equilibrium.value(0).shape[-1] == 1
    check_equilibrium(game, equilibrium)


def test_beliefs_stay_on_a_full_grid_when_learning_is_off():
    frozen = solve(renamed(probing(n_periods=1), learning=False))
    single = solve(probing(n_periods=1, resolution=0))
    at = probing().grid.reference
    assert frozen.value(0)[..., at] == pytest.approx(single.value(0)[..., 0], abs=1e-9)


def test_informative_act_moves_the_untyped_players_reply():
    game = three_types(n_periods=1)
    attack = np.exp(solve(game).log_strategy(0, 1)[:, 0])
    strong = np.flatnonzero(game.grid.points[:, 0, 2] == 1.0)[0]
    weak = np.flatnonzero(game.grid.points[:, 0, 0] == 1.0)[0]
    assert attack[1, weak] > attack[1, strong] + 0.1


def test_observer_replies_to_its_own_belief_not_to_the_reference():
    alike = replace(DEFENDER, believed_by={"challenger": DEFENDER.prior})
    disagreeing, agreeing = probing(n_periods=1), probing(defender=alike, n_periods=1)
    one = np.exp(solve(disagreeing).log_strategy(0, 0)[1, 0, disagreeing.grid.reference])
    other = np.exp(solve(agreeing).log_strategy(0, 0)[1, 0, agreeing.grid.reference])
    assert abs(one - other) > 1e-3


@pytest.mark.parametrize("precision", [20.0, 60.0])
def test_high_precision_is_solved_or_said_not_to_be(precision):
    game = three_types(precision, n_periods=2)
    equilibrium = solve(game)
    assert equilibrium.n_unconverged == 0
    check_equilibrium(game, equilibrium, tolerance=1e-7)


def test_underflowing_likelihoods_still_teach():
    # both acts' chances underflow for the middle belief's types, but their ratio does not
    players = (Player("mover", (0.5, 0.5), 400.0), Player("other", precision=1.0))
    stage = build_stage(
        players,
        ["mover"],
        [[Move(("usual", "mad"))]],
        lambda s, a: Act(
            lambda types, n: -2.0 - 0.001 * types["mover"] if (a, n) == ("mad", "mover") else 0.0,
            ((0 if a == "usual" else 1, 1.0, 0),),
        ),
    )
    bet = build_stage(
        players,
        ["other"],
        [[Move(("pass", "bet"))]] * 2,
        lambda s, a: Act(
            lambda types, n: (a == "bet") * (n == "other") * (1.0 - 2.0 * types["mover"]),
            ((s, 1.0, 0),),
        ),
    )
    game = build_game(players, [stage, bet], [1, 2, 2], roll=[0, 0], n_periods=1)
    equilibrium = solve(game)
    assert equilibrium.log_strategy(0, 0)[1].max() < -745.0
    check_equilibrium(game, equilibrium)


def test_two_exact_players_who_chase_each_other_are_marked():
    players = (Player("even", precision=math.inf), Player("odd", precision=math.inf))
    stage = build_stage(
        players,
        ["even", "odd"],
        [[Move(("heads", "tails")), Move(("heads", "tails"))]],
        lambda s, a, b: straight(0, {"even": float(a == b), "odd": float(a != b)}),
    )
    equilibrium = solve(build_game(players, [stage], [1, 1], n_periods=1))
    assert equilibrium.n_unconverged == 1
    assert equilibrium.statuses[0][0].marked.state.tolist() == [0]


def test_matching_pennies_is_played_evenly_at_any_precision():
    players = (Player("even", precision=50.0), Player("odd", precision=50.0))
    stage = build_stage(
        players,
        ["even", "odd"],
        [[Move(("heads", "tails")), Move(("heads", "tails"))]],
        lambda s, a, b: straight(0, {"even": float(a == b), "odd": float(a != b)}),
    )
    equilibrium = solve(build_game(players, [stage], [1, 1], n_periods=1))
    for mover in range(2):
        assert np.exp(equilibrium.log_strategy(0, 0, mover)) == pytest.approx(
            np.full((2, 1, 1), 0.5)
        )


def coordination(precision):
    """Two players who want to meet, the first place a little better: several solutions."""
    players = (Player("one", precision=precision), Player("two", precision=precision))
    stage = build_stage(
        players,
        ["one", "two"],
        [[Move(("here", "there")), Move(("here", "there"))]],
        lambda s, a, b: straight(
            0, dict.fromkeys(("one", "two"), 0.0 if a != b else 1.1 if a == "here" else 1.0)
        ),
    )
    return build_game(players, [stage], [1, 1], n_periods=1)


def test_branch_from_zero_leads_to_the_risk_dominant_meeting():
    # McKelvey and Palfrey 1995: the principal branch of a symmetric 2 x 2 game selects it
    equilibrium = solve(coordination(30.0))
    assert equilibrium.residual < 1e-8
    assert np.exp(equilibrium.log_strategy(0, 0, 0))[0, 0, 0] > 0.99
