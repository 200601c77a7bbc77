"""Public histories against counts, chances and payoffs worked out by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from offramp.errors import GameError, TooLargeError
from offramp.game import Game, compile_game
from offramp.game.branching import branchings_of, frozen_payoff, redraw_average
from offramp.game.tree import Tree, count_histories, unroll
from offramp.scenario import load_scenario

HEAD = """
offramp: 1
name: small
title: A small crisis
story: Two sides and a line.
"""

LADDER = """
period: {unit: month, count: 3}
variables:
  rung: {levels: [r0, r1, r2, r3, r4], start: r0}
players:
  one: {precision: 1, discount: 0.9}
stages:
  - player: one
    actions:
      stay: {}
      climb: {when: rung < r4, effects: [{move: rung, by: 1}]}
payoffs:
  one: {height: share(rung)}
"""

DUEL = """
period: {unit: month, count: 2}
parameters: {cost: {value: 1, unit: payoff, source: judgement}}
variables:
  front: {levels: [lost, held], start: held}
players:
  attacker:
    precision: 1
    discount: 0.9
    types: {bold: {prior: 0.25, set: {cost: 0.5}}, timid: {prior: 0.75}}
  defender: {precision: 1, discount: 0.5}
stages:
  - name: raid
    player: attacker
    actions:
      hold: {effects: [{chance: 0.1, set: front, to: lost}]}
      raid: {cost: cost, covert: hold, effects: [{chance: 0.6, set: front, to: lost}]}
  - name: answer
    player: defender
    when: front == lost
    actions: {bear: {}, retake: {effects: [{set: front, to: held}]}}
payoffs:
  defender: {front: share(front)}
"""


@pytest.fixture
def compiled(tmp_path: Path):
    """Return a function that compiles the body of a scenario file for exact beliefs."""

    def compile_body(body: str, **options) -> Game:
        file = tmp_path / "small.yaml"
        file.write_text(HEAD + body)
        return compile_game(load_scenario(file), beliefs="history", **options)

    return compile_body


def layer_sizes(tree: Tree) -> list[int]:
    return np.diff(tree.layer_start).tolist()


def told(tree: Tree, node: int) -> dict[str, str]:
    """Return the levels at a node, by variable."""
    game, state = tree.game, int(tree.state[node])
    if state < 0:
        return game.space.describe(int(game.ended_codes[-1 - state]))
    if tree.closing[node] >= 0:
        return game.space.describe(int(game.codes[-1][tree.closing[node]]))
    return game.space.describe(int(game.codes[tree.place(node)[1]][state]))


def test_every_sequence_of_open_acts_is_a_history(compiled):
    assert layer_sizes(unroll(compiled(LADDER))) == [1, 2, 4, 8]


def test_histories_that_lead_to_one_state_stay_apart(compiled):
    tree = unroll(compiled(LADDER))
    last = range(*tree.layer_start[-2:])
    rungs = sorted(told(tree, node)["rung"] for node in last)
    assert rungs == ["r0", "r1", "r1", "r1", "r2", "r2", "r2", "r3"]


def test_chance_results_that_lead_to_one_state_share_a_child(compiled):
    twice = "climb: {effects: [{move: rung, by: 1, chance: 0.5}, {move: rung, by: 1, chance: 0.5}]}"
    body = LADDER.replace("climb: {when: rung < r4, effects: [{move: rung, by: 1}]}", twice)
    tree = unroll(compiled(body.replace("count: 3", "count: 1")))
    assert layer_sizes(tree) == [1, 1 + 3]


def test_a_covert_act_shares_its_children_with_the_act_it_looks_like(compiled):
    tree = unroll(compiled(DUEL))
    assert layer_sizes(tree) == [1, 2, 3, 5, 8]  # what is lost stays so until retaken
    signals = tree.branching(0, 0).signals
    assert set(signals.seen[:, 0].tolist()) == {0}


def test_a_stage_that_is_passed_over_has_one_child(compiled):
    tree = unroll(compiled(DUEL))
    held = next(n for n in range(1, 3) if told(tree, n)["front"] == "held")
    children = np.flatnonzero(tree.parent == held)
    assert children.tolist() == [tree.first_child[held]]


def test_an_act_that_a_policy_keeps_from_all_has_no_history(compiled):
    body = LADDER + "policies: {free: {}, calm: {one: {never: [climb]}}}\n"
    assert layer_sizes(unroll(compiled(body, case="calm"))) == [1, 1, 1, 1]


def test_an_act_that_a_policy_leaves_to_one_type_has_a_history(compiled):
    bound = """policies:
  free: {}
  tied: {attacker: [{type: timid, play: hold}, {type: bold, play: raid}]}
"""
    assert layer_sizes(unroll(compiled(DUEL + bound, case="tied")))[:2] == [1, 2]


def test_ended_play_is_a_leaf_of_the_layer_after_it(compiled):
    body = LADDER + "endings: {top: {when: rung == r1}}\n"
    tree = unroll(compiled(body))
    assert layer_sizes(tree) == [1, 2, 2, 2]
    ended = np.flatnonzero(tree.state < 0)
    assert len(ended) == 3
    assert np.all(tree.first_child[ended] == -1)


def test_a_lottery_at_the_start_has_one_root_a_state(compiled):
    body = LADDER.replace("start: r0", "start: {r0: 1, r2: 3}")
    tree = unroll(compiled(body))
    assert layer_sizes(tree)[0] == 2
    assert sorted(tree.start_chance) == [0.25, 0.75]


def test_a_redraw_is_seen(compiled):
    stage = """  - effects: [{name: election, chance: 0.3, redraw: attacker}]
payoffs:"""
    body = DUEL.replace("payoffs:", stage).replace("count: 2", "count: 1")
    tree = unroll(compiled(body))
    assert layer_sizes(tree) == [1, 2, 3, 6]
    redraw = tree.branching(0, 2).signals.redraw
    assert sorted(set(redraw.tolist())) == [0, 1]


def test_children_know_their_parents_and_roots_have_none(compiled):
    tree = unroll(compiled(DUEL))
    for node in range(tree.n_nodes):
        if tree.parent[node] >= 0:
            assert node == tree.first_child[tree.parent[node]] + tree.signal[node]
    assert tree.history(tree.n_nodes - 1)[0] == 0
    assert len(tree.history(tree.n_nodes - 1)) == tree.n_layers


def test_place_and_layer_agree(compiled):
    tree = unroll(compiled(DUEL))
    for period in range(2):
        for stage in range(2):
            layer = tree.layer(period, stage)
            assert all(tree.place(n) == (period, stage) for n in range(layer.start, layer.stop))


def test_counting_needs_no_tree(compiled):
    game = compiled(DUEL)
    counted = count_histories(game, branchings_of(game, 10), game.start["solved"])
    assert counted.tolist() == layer_sizes(unroll(game))


def test_a_tree_that_is_too_large_is_refused_with_its_count(compiled):
    game = compiled(LADDER.replace("count: 3", "count: 60").replace("when: rung < r4, ", ""))
    with pytest.raises(TooLargeError) as error:
        unroll(game, limit=1000)
    message = str(error.value)
    assert "2.306e+18 nodes; at most 1,000 are kept" in message
    assert "60 periods" in message
    assert "2 different things can have been seen" in message
    assert "at most 8 periods" in message


def test_a_game_without_horizon_is_refused(compiled):
    game = compiled(LADDER.replace("count: 3", "count: forever"))
    with pytest.raises(GameError, match="no tree of histories"):
        unroll(game)


def test_effects_of_a_chance_stage_are_written_out_jointly(compiled):
    body = """
period: {unit: month, count: 1}
variables:
  a: {levels: [x, y], start: x}
  b: {levels: [x, y, z], start: x}
players: {one: {precision: 1, discount: 1}}
stages:
  - player: one
    actions: {wait: {}, go: {}}
  - effects:
      - {chance: 0.2, set: a, to: y, pays: {one: 3}}
      - {when: a == y, chance: 0.5, move: b, by: 2}
      - {when: a == x, chance: 0.1, move: b, by: 1}
payoffs: {one: {b: share(b)}}
"""
    branching = unroll(compiled(body)).branching(0, 1)
    game = compiled(body)
    chance = {
        tuple(game.space.describe(int(game.codes[2][s])).values()): p
        for s, p in zip(branching.rows.successor, branching.rows.chance[:, 0], strict=True)
    }
    assert chance == pytest.approx(
        {("y", "z"): 0.1, ("y", "x"): 0.1, ("x", "y"): 0.08, ("x", "x"): 0.72}
    )
    assert branching.rows.pay[0, 0, 0] == pytest.approx(0.6)


def test_frozen_endings_pay_to_the_horizon_and_the_tail(compiled):
    body = LADDER.replace("count: 3", "count: 3, tail: 2") + "endings: {top: {when: rung == r4}}\n"
    body = body.replace("start: r0", "start: r3")
    paid = frozen_payoff(compiled(body))[:, 0, 0, 0, 0]
    assert paid == pytest.approx([1 + 0.9 + 0.81 * 3, 1 + 0.9 * 3, 3])


def test_types_drawn_afresh_are_averaged_by_each_players_own_prior(compiled):
    body = DUEL.replace(
        "types: {bold", "believed_by: {defender: {bold: 0.5, timid: 0.5}}\n    types: {bold"
    )
    game = compiled(body)
    amount = np.array([[1.0, 10.0], [5.0, 20.0]])  # bold, timid x attacker, defender
    assert redraw_average(game, amount, 1).tolist() == [[4.0, 15.0], [4.0, 15.0]]
    assert redraw_average(game, amount, 0).tolist() == amount.tolist()
