"""Questions about a reply: what they mean, and which are refused."""

from __future__ import annotations

import numpy as np
import pytest

from helpers.scenarios import scenario_from
from offramp.equilibrium.situation import find_choices, find_situation, opinion_at
from offramp.errors import GameError
from offramp.game import Game, compile_game

STRAIT = """
offramp: 1
name: strait
title: A strait
period: {unit: month, count: 2}
variables:
  front: {levels: [lost, held], start: held}
  price: {levels: {from: 0, to: 1, step: 0.5}, start: 0}
players:
  navy:
    precision: 2
    discount: 0.9
    types:
      bold: {prior: 0.25, set: {will: 1}}
      meek: {prior: 0.75, set: {will: 0}}
    believed_by: {coast: {bold: 0.75, meek: 0.25}}
  coast: {precision: 2, discount: 0.9}
  idle: {precision: 2, discount: 0.9}
stages:
  - name: move
    player: navy
    actions: {wait: {}, press: {}, bid: {effects: [{set: price, to: 0.5}]}}
  - name: reply
    player: coast
    when: did(navy.press) or did(navy.bid)
    actions: {bear: {}, cede: {effects: [{set: front, to: lost}]}}
  - name: last
    player: coast
    actions: {rest: {}, arm: {when: front == held}}
payoffs:
  navy: {gain: "will * (front == lost)"}
  coast: {land: "share(front) - share(was(front))", toll: price}
"""


@pytest.fixture(scope="module")
def game() -> Game:
    return compile_game(scenario_from(STRAIT), grid=3)


def state_of(game: Game, stage: int, number: int) -> dict[str, str]:
    return game.space.describe(int(game.codes[stage][number]))


def refused(game: Game, player: str, **question) -> str:
    with pytest.raises(GameError) as caught:
        find_situation(game, player, **{"period": 1, "state": {}} | question)
    return str(caught.value)


def test_question_names_a_state_by_its_levels(game):
    found = find_situation(game, "navy", period=2, state={"front": "held", "price": 0.5})
    assert state_of(game, found.stage, found.state)["price"] == "0.5"
    assert (found.period, found.stage, found.mover, found.own_type) == (1, 0, 0, 0)


def test_stage_is_the_first_at_which_the_player_can_choose(game):
    after_press = find_situation(game, "coast", period=1, state={"did(navy.press)": 1})
    assert game.stage_names[after_press.stage] == "reply"
    lost = find_situation(game, "coast", period=1, state={"front": "lost", "price": 0})
    assert game.stage_names[lost.stage] == "last"


def test_what_is_not_remembered_is_preferred(game):
    found = find_situation(
        game, "coast", period=2, stage="last", state={"front": "lost", "price": "0"}
    )
    assert state_of(game, found.stage, found.state)["front"] == "lost"
    assert "was(front)" not in state_of(game, found.stage, found.state)  # it was lost already


def test_several_states_are_told_apart_by_what_differs(game):
    told = refused(game, "coast", stage="reply")
    assert "error G552" in told
    assert "2 situations fit" in told
    assert "price (0, 0.5)" in told
    assert "front" not in told


def test_number_of_a_state_may_stand_for_its_levels(game):
    choices = find_choices(game, "coast", period=1, stage="reply", state={})
    assert len(choices) == 1
    for number in choices[0].states:
        found = find_situation(game, "coast", period=1, stage="reply", state=int(number))
        assert found.state == number


def test_types_and_beliefs_are_named_as_in_the_file(game):
    state = {"front": "held", "price": 0}
    found = find_situation(
        game, "navy", period=1, state=state, belief={"navy.bold": 0.125}, own_type="meek"
    )
    assert found.own_type == 1
    assert found.belief.tolist() == [[0.125, 0.875]]
    as_list = find_situation(game, "navy", period=1, state=state, belief={"navy": [0.125, 0.875]})
    assert np.array_equal(as_list.belief, found.belief)


def test_belief_is_the_reference_prior_if_nothing_is_said(game):
    found = find_situation(game, "navy", period=1, state={"front": "held", "price": 0})
    assert found.belief.tolist() == [[0.5, 0.5]]


def test_types_that_are_not_named_keep_their_proportions():
    three = STRAIT.replace(
        "meek: {prior: 0.75,", "calm: {prior: 0.5, set: {will: 0.5}}\n      meek: {prior: 0.25,"
    )
    three = three.replace("    believed_by: {coast: {bold: 0.75, meek: 0.25}}\n", "")
    found = find_situation(
        compile_game(scenario_from(three), grid=3),
        "navy",
        period=1,
        state={"front": "held", "price": 0},
        belief={"navy.bold": 0.7},
    )
    assert found.belief[0] == pytest.approx([0.7, 0.2, 0.1])


def test_opinion_is_tilted_from_the_reference(game):
    belief = np.array([[0.5, 0.5]])
    assert opinion_at(game, 1, belief) == pytest.approx([0.75, 0.25])
    assert opinion_at(game, 2, belief) == pytest.approx([0.25, 0.75])
    assert opinion_at(game, 0, belief) == pytest.approx([1, 1])


@pytest.mark.parametrize(
    ("question", "code", "words"),
    [
        ({"period": 3}, "G550", "period 3 is not one of this game's 1 to 2"),
        ({"stage": "moov"}, "G550", "Did you mean 'move'?"),
        ({"own_type": "brave"}, "G550", "'brave' is not a type"),
        ({"state": {"frunt": "held"}}, "G550", "Did you mean 'front'?"),
        ({"state": {"front": "hald"}}, "G550", "Did you mean 'held'?"),
        ({"state": {"price": 0.7}}, "G550", "'0.7' is not a level of price"),
        ({"belief": {"navy.bald": 0.5}}, "G550", "Did you mean 'navy.bold'?"),
        ({"belief": {"navy": [0.5]}}, "G553", "navy has 2 types; 1 probabilities were given"),
        ({"belief": {"navy.bold": 1.5}}, "G553", "they sum to 1.5"),
        ({"belief": {"navy.bold": -0.5}}, "G553", "no probabilities"),
        ({"belief": {"navy": [0.5, 0.4]}}, "G553", "sum to 0.9, not to 1"),
        ({"state": {"front": "lost"}}, "G551", "never chooses in period 1 in state {front: lost}"),
        ({"state": 99}, "G551", "never chooses in period 1 in state 99"),
    ],
)  # fmt: skip
def test_questions_that_mean_nothing_are_refused(game, question, code, words):
    told = refused(game, "navy", **question)
    assert f"error {code}" in told
    assert words in told


def test_player_must_move_at_the_stage(game):
    assert "coast does not move at stage 'move'" in refused(game, "coast", stage="move")
    assert "idle does not move at any stage" in refused(game, "idle")
    assert "'navvy' is not a player" in refused(game, "navvy")


def test_beliefs_cannot_be_asked_about_where_nobody_learns():
    frozen = compile_game(scenario_from(STRAIT), learning=False)
    told = refused(frozen, "navy", belief={"navy.bold": 0.5})
    assert "nobody learns" in told
