"""Hand-made games solved on the grid, held against the definitions in plain Python."""

from __future__ import annotations

import numpy as np
import pytest

from equilibrium.games import (
    Act,
    Move,
    Player,
    build_game,
    build_stage,
    chance_chain,
    check_equilibrium,
    straight,
)
from offramp.equilibrium import Settings, evaluate_strategies, solve_on_grid

CHALLENGER = Player("challenger", precision=3.0)
DEFENDER = Player(
    "defender", prior=(0.3, 0.7), precision=4.0, believed_by={"challenger": (0.5, 0.5)}
)
PATRON = Player("patron", prior=(0.5, 0.3, 0.2), precision=3.0)


def solve(game, **settings):
    return solve_on_grid(game, Settings(**settings), threads=1)


def fight_cost(types, account):
    return {"defender": [0.4, -1.1][types["defender"]], "challenger": -0.6}.get(account, 0.0)


def probing(resist=CHALLENGER, defender=DEFENDER, bound=None, **options):
    """A challenger probes or waits; the defender, whose type is hidden, fights or yields."""
    players = (resist, defender)
    press = build_stage(
        players,
        ["challenger"],
        [[Move(("wait", "probe"))]],
        lambda s, a: straight(0) if a == "wait" else straight(1, {"challenger": 0.3}),
    )
    answer = build_stage(
        players,
        ["defender"],
        [[], [Move(("yield", "fight"), bound=bound)]],
        lambda s, a=None: (
            straight(s)
            if a is None
            else straight(0, {"challenger": 0.8, "defender": -0.7})
            if a == "yield"
            else Act(fight_cost, ((1, 0.75, 0), (0, 0.25, 0)))
        ),
    )
    options = {"payoff": lambda s, types, n: 0.1 * s * (n == "defender"), **options}
    return build_game(players, [press, answer], [1, 2, 2], roll=[0, 0], **options)


def three_types(precision=3.0, **options):
    """Three types and an untyped audience that minds what is believed of them."""
    players = (Player("patron", (0.5, 0.3, 0.2), precision), Player("rival", precision=4.0))
    pledge = build_stage(
        players,
        ["patron"],
        [[Move(("keep", "raise", "drop"))]],
        lambda s, a: Act(
            lambda types, n: (
                {"keep": 0.0, "raise": -0.2 + 0.25 * types["patron"], "drop": 0.1}[a]
                * (n == "patron")
            ),
            (({"keep": 0, "raise": 1, "drop": 2}[a], 1.0, 0),),
        ),
    )
    test = build_stage(
        players,
        ["rival"],
        [[Move(("abide", "attack"))]] * 3,
        lambda s, a: Act(
            lambda types, n: (
                0.0
                if a == "abide"
                else {"rival": 0.6 - 0.7 * types["patron"], "patron": -0.9 + 0.2 * s}[n]
            ),
            ((s, 1.0, 0),),
        ),
    )
    return build_game(players, [pledge, test], [1, 3, 3], roll=[0, 0, 0], **options)


def simultaneous(**options):
    """Both sides, one with types, choose at once and unseen."""
    players = (CHALLENGER, DEFENDER)
    stage = build_stage(
        players,
        ["challenger", "defender"],
        [[Move(("wait", "press")), Move(("calm", "alert", "fight"))]],
        lambda s, a, d: Act(
            lambda types, n: (
                (0.5 * (a == "press") - 0.8 * (a == "press") * (d == "fight"))
                if n == "challenger"
                else -0.5 * (a == "press") * (d == "calm")
                - (d == "fight") * [0.1, 0.6][types["defender"]]
            ),
            ((0, 1.0, 0),),
        ),
    )
    return build_game(players, [stage], [1, 1], **options)


def covert_with_redraw(**options):
    """A typed saboteur hides behind an accident; now and then a new one comes in."""
    players = (Player("saboteur", (0.4, 0.6), 3.0), Player("victim", precision=3.0))
    hide = build_stage(
        players,
        ["saboteur"],
        [[Move(("hold", "cut", "strike"), seen_as={"cut": "hold"})]],
        lambda s, a: Act(
            lambda types, n: (
                (n == "saboteur")
                * {"hold": 0.0, "cut": [-0.3, 0.1][types["saboteur"]], "strike": -0.2}[a]
            ),
            {
                "hold": ((0, 0.7, 0), (1, 0.2, 0), (0, 0.1, 1)),
                "cut": ((0, 0.3, 0), (1, 0.7, 0)),
                "strike": ((1, 0.9, 0), (1, 0.1, 1)),
            }[a],
        ),
        hides=True,
    )
    answer = build_stage(
        players,
        ["victim"],
        [[Move(("bear", "hit"))]] * 2,
        lambda s, a: Act(
            lambda types, n: (
                (a == "hit")
                * (
                    {"victim": -0.4, "saboteur": -0.8}[n]
                    + 0.9 * (n == "victim") * types["saboteur"]
                )
            ),
            ((s, 1.0, 0),),
        ),
    )
    return build_game(
        players,
        [hide, answer],
        [1, 2, 2],
        roll=[0, 0],
        payoff=lambda s, types, n: s * (0.6 if n == "saboteur" else -0.5),
        **options,
    )


def battle_reads_type(**options):
    """The chance of winning depends on a hidden strength: the result teaches."""
    players = (Player("strong", (0.5, 0.5), 3.0), Player("weak", (0.6, 0.4), 3.0))
    fight = build_stage(
        players,
        ["strong"],
        [[Move(("wait", "fight"))], [Move(("wait", "fight"))]],
        lambda s, a: Act(
            lambda types, n: -0.1 * (a == "fight") * (n == "strong"),
            ((s, (1.0, 1.0), 0),)
            if a == "wait"
            else ((0, (0.7, 0.3), 0), (1, (0.2, 0.6), 0), (-1, (0.1, 0.1), 0)),
        ),
        reader=0,
    )
    yield_ = build_stage(
        players,
        ["weak"],
        [[Move(("stand", "leave"))]] * 2,
        lambda s, a: Act(
            lambda types, n: (
                (a == "leave") * {"weak": -0.3 - 0.2 * types["weak"], "strong": 0.5}[n]
            ),
            ((s, 1.0, 0),) if a == "stand" else ((0, 1.0, 0),),
        ),
    )
    return build_game(
        players,
        [fight, yield_],
        [2, 2, 2],
        roll=[0, 1],
        payoff=lambda s, types, n: s * (0.4 if n == "strong" else -0.4),
        ended=[{"strong": 0.2, "weak": -0.9}],
        resolution=4,
        **options,
    )


def two_sided(**options):
    """Both sides have types; chance with a redraw of either stands between."""
    players = (
        Player("left", (0.5, 0.5), 3.0, believed_by={"right": (0.3, 0.7)}),
        Player("right", (0.4, 0.6), 3.0),
    )

    def act(mover, other):
        return lambda s, a: Act(
            lambda types, n: (
                (a == "press")
                * (
                    (-0.2 + 0.5 * types[mover] if n == mover else -0.4)
                    + 0.3 * (n == other) * types[other]
                )
            ),
            ((1 if a == "press" else s, 1.0, 0),),
        )

    stages = [
        build_stage(players, ["left"], [[Move(("hold", "press"))]] * 2, act("left", "right")),
        build_stage(players, ["right"], [[Move(("hold", "press"))]] * 2, act("right", "left")),
        chance_chain(
            2,
            [
                ({1: [(0, 0.3, 0), (1, 0.7, 0)]}, True),
                ({0: [(0, 0.9, 0), (1, 0.1, 1)], 1: [(1, 0.8, 2), (-1, 0.2, 0)]}, False),
                ({0: [(1, 0.4, 0), (0, 0.6, 0)], 1: [(0, 0.5, 0), (1, 0.5, 0)]}, False),
            ],
            4,
            2,
        ),
    ]
    return build_game(
        players,
        stages,
        [2, 2, 2, 2],
        roll=[0, 1],
        payoff=lambda s, types, n: 0.2 * s * (types["left"] - types["right"]),
        ended=[{"left": -0.3, "right": 0.1}],
        resolution=4,
        **options,
    )


GAMES = {
    "two types": probing,
    "three types": three_types,
    "simultaneous": simultaneous,
    "covert act and redraw": covert_with_redraw,
    "chance reads a type": battle_reads_type,
    "two informed players": two_sided,
}


@pytest.mark.parametrize("name", GAMES)
def test_replies_are_logit_and_values_add_up(name):
    game = GAMES[name](n_periods=3, tail=0.5)
    equilibrium = solve(game)
    assert equilibrium.n_unconverged == 0
    assert equilibrium.residual <= 1e-8
    check_equilibrium(game, equilibrium)


@pytest.mark.parametrize("name", GAMES)
def test_strategies_valued_afresh_give_the_solved_values(name):
    game = GAMES[name](n_periods=3)
    equilibrium = solve(game)
    for period, values in enumerate(evaluate_strategies(game, equilibrium, threads=1)):
        assert values == pytest.approx(equilibrium.value(period), abs=1e-8)


@pytest.mark.parametrize("name", GAMES)
def test_digits_do_not_depend_on_threads(name):
    game = GAMES[name](n_periods=2)
    one, two = (solve_on_grid(game, Settings(), threads=n) for n in (1, 2))
    for stage, table in enumerate(game.stages[0]):
        for mover in range(len(table.movers)):
            first, second = (e.log_strategy(0, stage, mover) for e in (one, two))
            assert np.array_equal(first, second)
    assert np.array_equal(one.value(0), two.value(0))


def test_a_stage_that_no_play_reaches_has_nothing_to_solve():
    closing = build_stage(
        (DEFENDER,), ["defender"], [[Move(("yield", "fight"))]], lambda s, a: straight(-1)
    )
    never = build_stage((DEFENDER,), ["defender"], [], lambda s, a: straight(0))
    game = build_game((DEFENDER,), [closing, never], [1, 0, 0], ended=[{}])
    equilibrium = solve(game)
    assert np.exp(equilibrium.log_strategy(0, 0)) == pytest.approx(0.5)
    assert equilibrium.log_strategy(0, 1).size == 0
    assert equilibrium.residual == 0.0
