"""The tree solved whole: against closed forms, an independent evaluator, and its own promises."""

from __future__ import annotations

import math
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from scipy.optimize import brentq

from offramp.equilibrium.histories import HistoryEquilibrium, HistorySystem, solve_histories
from offramp.equilibrium.kernels.histories import advance, evaluate_up, step_down, sweep_up
from offramp.errors import TooLargeError
from offramp.game import Game, compile_game
from offramp.game.tree import unroll
from offramp.outcomes import propagate
from offramp.scenario import load_scenario

SCENARIOS = Path(__file__).parents[1] / "oracles" / "scenarios"

HEAD = """
offramp: 1
name: small
title: A small crisis
story: Two sides and a line.
"""

SIGNAL = """
period: {unit: month, count: 1}
parameters: {gain: {value: 0.4, unit: payoff, source: judgement}}
variables: {front: {levels: [lost, held], start: held}}
players:
  sender:
    precision: 3
    discount: 0.9
    types: {strong: {prior: 0.3, set: {gain: 1}}, weak: {prior: 0.7}}
  other: {precision: 2, discount: 0.9}
stages:
  - name: signal
    player: sender
    actions: {wait: {}, push: {pays: {sender: gain}}}
  - name: reply
    player: other
    when: did(sender.push)
    actions: {bear: {pays: {other: -0.5}}, hit: {pays: {sender: -1, other: "-2 * gain + 0.4"}}}
measures:
  hits: {is: "count(other.hit)"}
"""


@pytest.fixture
def compiled(tmp_path: Path):
    """Return a function that compiles the body of a scenario file for exact beliefs."""

    def compile_body(body: str, **options) -> Game:
        file = tmp_path / "small.yaml"
        file.write_text(HEAD + body)
        return compile_game(load_scenario(file), beliefs="history", **options)

    return compile_body


def shipped(name: str, **parameters: float) -> Game:
    scenario = load_scenario(SCENARIOS / f"{name}.yaml")
    return compile_game(scenario, parameters=parameters, beliefs="history")


def logistic(x: float) -> float:
    return 1.0 / (1.0 + math.exp(-x))


# --- closed forms ---------------------------------------------------------------------------------


def test_single_choice_is_logit(compiled):
    body = """
period: {unit: month, count: 1}
variables: {front: {levels: [lost, held], start: held}}
players: {one: {precision: 2, discount: 1}}
stages:
  - player: one
    actions: {a: {}, b: {pays: {one: 0.7}}, c: {cost: 0.2}}
"""
    reply = solve_histories(compiled(body)).reply(0, 0)[:, 0]
    weights = np.exp([0.0, 1.4, -0.4])
    assert reply == pytest.approx(weights / weights.sum(), abs=1e-14)


def signalling_fixed_point() -> tuple[float, float, float]:
    """Solve SIGNAL by hand: the chance of a hit, and of a push by strong and weak."""

    def pushes(hit: float) -> tuple[float, float]:
        return logistic(3.0 * (1.0 - hit)), logistic(3.0 * (0.4 - hit))

    def hit_wanted(hit: float) -> float:
        strong, weak = pushes(hit)
        b = 0.3 * strong / (0.3 * strong + 0.7 * weak)
        # hitting a strong one costs 1.6, a weak one 0.4; bearing costs 0.5
        return logistic(2.0 * (b * -1.6 + (1.0 - b) * -0.4 + 0.5))

    hit = brentq(lambda h: h - hit_wanted(h), 0.0, 1.0, xtol=1e-15)
    return hit, *pushes(hit)


def test_what_an_act_reveals_and_who_takes_it_fit_together(compiled):
    solution = solve_histories(compiled(SIGNAL))
    hit, strong, weak = signalling_fixed_point()
    pushed = int(solution.tree.first_child[0]) + 1
    assert solution.reply(0, 0)[1] == pytest.approx([strong, weak], abs=1e-12)
    assert solution.reply(pushed, 0)[1, 0] == pytest.approx(hit, abs=1e-12)
    b = 0.3 * strong / (0.3 * strong + 0.7 * weak)
    assert solution.belief[pushed, 0] == pytest.approx([b, 1.0 - b], abs=1e-12)
    value = solution.values[0]
    assert value[0, 0] == pytest.approx(strong * (1.0 - hit), abs=1e-12)
    assert value[1, 1] == pytest.approx(weak * (-0.5 * (1 - hit) - 0.4 * hit), abs=1e-12)


def test_measures_can_be_read_off_the_tree(compiled):
    outcomes = propagate(solve_histories(compiled(SIGNAL)))
    hit, strong, weak = signalling_fixed_point()
    assert outcomes.measures["hits"] == pytest.approx((0.3 * strong + 0.7 * weak) * hit, abs=1e-12)


def test_frozen_beliefs_stay_at_the_prior(compiled):
    solution = solve_histories(compiled(SIGNAL, learning=False))
    pushed = int(solution.tree.first_child[0]) + 1
    assert solution.belief[pushed, 0] == pytest.approx([0.3, 0.7])
    assert solution.reply(pushed, 0)[1, 0] == pytest.approx(logistic(2.0 * (-0.76 + 0.5)))


def test_observer_replies_by_its_own_prior(compiled):
    body = SIGNAL.replace(
        "types: {strong", "believed_by: {other: {strong: 0.9, weak: 0.1}}\n    types: {strong"
    )
    solution = solve_histories(compiled(body))
    pushed = int(solution.tree.first_child[0]) + 1
    strong, weak = solution.reply(0, 0)[1]
    b = 0.9 * strong / (0.9 * strong + 0.1 * weak)
    expected = logistic(2.0 * (b * -1.6 + (1.0 - b) * -0.4 + 0.5))
    assert solution.reply(pushed, 0)[1, 0] == pytest.approx(expected, abs=1e-12)


def test_exact_mover_takes_the_first_of_its_best_acts(compiled):
    body = SIGNAL.replace("other: {precision: 2", "other: {precision: exact")
    solution = solve_histories(compiled(body))
    pushed = int(solution.tree.first_child[0]) + 1
    assert solution.converged
    assert solution.reply(pushed, 0)[:, 0].tolist() == [1.0, 0.0]
    tied = body.replace("bear: {pays: {other: -0.5}}", "bear: {pays: {other: 0}}")
    tied = tied.replace('hit: {pays: {sender: -1, other: "-2 * gain + 0.4"}}', "hit: {}")
    assert solve_histories(compiled(tied)).reply(pushed, 0)[:, 0].tolist() == [1.0, 0.0]


def test_bound_type_teaches_by_bayes_rule(compiled):
    policies = """policies:
  free: {}
  tied: {sender: [{type: weak, play: wait}]}
"""
    solution = solve_histories(compiled(SIGNAL + policies, case="tied"))
    waited, pushed = (int(solution.tree.first_child[0]) + i for i in (0, 1))
    assert solution.belief[pushed, 0].tolist() == [1.0, 0.0]
    strong = solution.reply(0, 0)[1, 0]
    kept = 0.3 * (1 - strong)
    assert solution.belief[waited, 0] == pytest.approx([kept / (kept + 0.7), 0.7 / (kept + 0.7)])


def test_present_basis_discounts_precision(compiled):
    body = """
period: {unit: month, count: 2}
variables: {front: {levels: [lost, held], start: held}}
players: {one: {precision: 2, discount: 0.5}}
stages:
  - player: one
    actions: {a: {}, b: {pays: {one: 1}}}
"""
    game = compiled(body)
    for basis, second in (("current", 2.0), ("present", 1.0)):
        solution = solve_histories(game, precision_basis=basis)
        assert solution.reply(0, 0)[1, 0] == pytest.approx(logistic(2.0))
        assert solution.reply(1, 0)[1, 0] == pytest.approx(logistic(second))


def test_payoff_that_reads_a_belief_is_paid_at_the_belief_held(compiled):
    body = SIGNAL + 'payoffs: {other: {trust: "3 * belief(sender.strong)"}}\n'
    plain, trusting = solve_histories(compiled(SIGNAL)), solve_histories(compiled(body))
    waited, pushed = (int(plain.tree.first_child[0]) + i for i in (0, 1))
    b = trusting.belief[:, 0, 0]
    push = trusting.reply(0, 0)[1]
    extra = trusting.values[0] - plain.values[0]
    expected = 3.0 * (push * b[pushed] + (1.0 - push) * b[waited])
    assert extra[:, 1] == pytest.approx(expected, abs=1e-12)
    assert extra[:, 0] == pytest.approx([0.0, 0.0], abs=1e-12)
    leaves = trusting.tree.closing >= 0
    assert trusting.game.payoff[0][:, 0, 1, 0] == pytest.approx(3.0 * b[leaves])


# --- what it promises -----------------------------------------------------------------------------


@pytest.mark.parametrize("precision", [1.0, 20.0, 100.0])
@pytest.mark.parametrize("name", ["crisis-signalling", "guarantee", "probing", "probing-red-line"])
def test_residual_is_at_rounding(name: str, precision: float) -> None:
    solution = solve_histories(shipped(name, care=precision))
    assert solution.converged
    assert solution.residual < 1e-12
    assert solution.loss < 1e-12


def test_newton_step_solves_the_linear_system() -> None:
    system = HistorySystem(unroll(shipped("probing-red-line", care=8.0)), "current")
    draws = np.random.default_rng(4)
    x = draws.normal(scale=0.5, size=system.n_unknown)
    tau, h = 0.8, 1e-6
    at = system.linearise(x, tau)
    residual, step, along = at.residual.copy(), at.step.copy(), at.along.copy()
    ahead = system.linearise(x + h * step, tau).residual
    behind = system.linearise(x - h * step, tau).residual
    assert (ahead - behind) / (2.0 * h) == pytest.approx(-residual, abs=1e-7)
    ahead = system.linearise(x + h * along, tau + h).residual
    behind = system.linearise(x - h * along, tau - h).residual
    assert (ahead - behind) / (2.0 * h) == pytest.approx(np.zeros(len(x)), abs=1e-7)


def test_a_second_game_compiles_nothing() -> None:
    solve_histories(shipped("crisis-signalling")).values  # both kernels of the accounts too
    kernels = (advance, sweep_up, step_down, evaluate_up)
    before = [len(getattr(one, "signatures", [])) for one in kernels]
    solve_histories(shipped("probing-red-line")).values  # evaluates all accounts
    assert [len(getattr(one, "signatures", [])) for one in kernels] == before


def test_too_large_a_tree_is_refused_before_it_is_solved() -> None:
    with pytest.raises(TooLargeError, match="public histories"):
        solve_histories(shipped("probing"), limit=100)


def as_played(solution: HistoryEquilibrium) -> list[float]:
    return [float(p) for p in solution.strategy]


def test_kernels_give_the_same_answer_without_compilation() -> None:
    program = f"""
import sys
sys.path.insert(0, {str(Path(__file__).parents[2] / "src")!r})
from offramp.equilibrium.histories import solve_histories
from offramp.game import compile_game
from offramp.scenario import load_scenario
game = compile_game(load_scenario({str(SCENARIOS / "crisis-signalling.yaml")!r}), beliefs="history")
print(*(repr(float(p)) for p in solve_histories(game).strategy))
"""
    environment = {**os.environ, "NUMBA_DISABLE_JIT": "1"}
    ran = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True
    )
    plain = [float(word) for word in ran.stdout.split()]
    assert plain == pytest.approx(
        as_played(solve_histories(shipped("crisis-signalling"))), abs=1e-12
    )
