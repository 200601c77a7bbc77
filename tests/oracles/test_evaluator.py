"""The slow evaluator itself, against numbers worked out by hand."""

from __future__ import annotations

import math

import pytest

from helpers.scenarios import crisis_from
from oracles.evaluator import ANALYST, Evaluation, evaluate, logit
from oracles.slow_measures import play_out
from oracles.slow_tree import Node, TooLarge, grow

SENDER = """
offramp: 1
name: sender
period: {unit: month, count: 1}
variables: {front: {levels: [low, high], start: low}}
players:
  sender:
    precision: 2
    types: {soft: {prior: 0.6, set: {price: 1}}, hard: {prior: 0.4, set: {price: 0.5}}}
    believed_by: {second: {soft: 0.2, hard: 0.8}}
  second: {precision: 3}
stages:
  - {player: sender, actions: {keep: {}, push: {cost: price, pays: {second: 2}}}}
  - {player: second, actions: {sit: {}, move: {pays: {sender: 1}, effects: [{set: front, to: high}]}}}
payoffs: {sender: {ground: "share(front)"}, second: {fear: "-1 * belief(sender.hard)"}}
measures: {moved: {is: "ever(front == high)"}, trust: {is: "belief(second, sender.hard)"}}
"""

PUSHES = {"soft": 0.25, "hard": 0.75}


def plays(node: Node, beliefs: object, player: str, type_name: str) -> dict[str, float]:
    """The sender pushes by its type, the second moves half the time."""
    if player == "sender":
        return {"keep": 1 - PUSHES[type_name], "push": PUSHES[type_name]}
    return {"sit": 0.5, "move": 0.5}


@pytest.fixture(name="sent")
def _sent() -> Evaluation:
    return evaluate(grow(crisis_from(SENDER)), plays)


def after(evaluation: Evaluation, *acts: str) -> Node:
    """The node reached when these acts are seen, one a stage."""
    (_, node), *_ = evaluation.tree.roots
    for act in acts:
        node = next(b.child for b in node.branches if act in dict(b.signal.acts).values())
    return node


def test_posterior_follows_bayes_rule_from_each_observers_prior(sent: Evaluation) -> None:
    beliefs = sent.beliefs[id(after(sent, "push"))]
    assert beliefs[ANALYST]["sender"]["hard"] == pytest.approx(0.3 / 0.45)
    assert beliefs["second"]["sender"]["hard"] == pytest.approx(0.6 / 0.65)


def test_action_value_adds_the_cost_and_what_follows(sent: Evaluation) -> None:
    values = {(p.player, p.type): v for p, v in sent.action_values.items() if p.stage == 0}
    # half the time the second moves: a payment of 1 and ground worth 1
    assert values["sender", "soft"] == pytest.approx({"keep": 1.0, "push": 0.0})
    assert values["sender", "hard"] == pytest.approx({"keep": 1.0, "push": 0.5})


def test_second_fears_what_it_believes(sent: Evaluation) -> None:
    places = {p.history: v for p, v in sent.action_values.items() if p.player == "second"}
    pushed = next(v for h, v in places.items() if ("sender", "push") in h[-1].acts)
    assert pushed == pytest.approx({"sit": -0.6 / 0.65, "move": -0.6 / 0.65})


def test_values_and_measures_weigh_types_by_the_right_prior(sent: Evaluation) -> None:
    result = play_out(sent)
    assert result.measures["moved"] == pytest.approx(0.5)
    # soft: 1 - 0.25 * 1; hard: 1 - 0.75 * 0.5
    assert result.values["sender"] == pytest.approx(0.6 * 0.75 + 0.4 * 0.625)
    # the second is paid 2 for a push and fears the hard type
    assert result.own_values["second"] == pytest.approx(2 * 0.65 - 0.8)
    push, keep = 0.45, 0.55
    trust = push * (0.6 / 0.65) + keep * (0.2 / 0.35)
    assert result.measures["trust"] == pytest.approx(trust)
    assert sum(result.outcomes.values()) == pytest.approx(1.0)


def test_logit_weighs_by_the_exponential_of_value() -> None:
    assert logit({"a": 0.0, "b": 1.0}, 2.0)["b"] == pytest.approx(1 / (1 + math.exp(-2.0)))
    assert logit({"a": 1.0, "b": 1.0, "c": 0.0}, math.inf) == {"a": 1.0, "b": 0.0, "c": 0.0}


HIDDEN = """
offramp: 1
name: hidden
period: {unit: month, count: 1}
variables: {front: {levels: [low, high], start: high}}
players:
  saboteur:
    precision: 1
    types: {calm: {prior: 0.5, set: {price: 1}}, wild: {prior: 0.5, set: {price: 0}}}
  watcher: {precision: 1}
stages:
  - player: saboteur
    actions:
      wait: {effects: [{name: accident, move: front, by: -1, chance: 0.2}]}
      strike: {covert: wait, cost: price, effects: [{name: blow, move: front, by: -1, chance: 0.6}]}
  - {player: watcher, actions: {sit: {}, stand: {}}}
payoffs: {watcher: {ground: "share(front)"}}
measures: {strikes: {is: "count(saboteur.strike)"}, lost: {is: "final(front == low)"}}
"""


def test_covert_act_is_learnt_of_only_by_what_it_brings_about() -> None:
    strikes = {"calm": 0.1, "wild": 0.9}

    def strategy(node: Node, beliefs: object, player: str, type_name: str) -> dict[str, float]:
        if player == "saboteur":
            return {"wait": 1 - strikes[type_name], "strike": strikes[type_name]}
        return {"sit": 1.0, "stand": 0.0}

    evaluation = evaluate(grow(crisis_from(HIDDEN)), strategy)
    ((_, root),) = evaluation.tree.roots
    low = {t: 0.2 * (1 - p) + 0.6 * p for t, p in strikes.items()}
    for branch in root.branches:
        chance = (
            low if branch.child.moment.levels["front"] == 0 else {t: 1 - p for t, p in low.items()}
        )
        expected = chance["wild"] / (chance["wild"] + chance["calm"])
        believed = evaluation.beliefs[id(branch.child)]["watcher"]["saboteur"]["wild"]
        assert believed == pytest.approx(expected)
        assert branch.child.moment.done == {("saboteur", "wait")}
    result = play_out(evaluation)
    assert result.measures["strikes"] == pytest.approx(0.5)
    assert result.measures["lost"] == pytest.approx(0.4)
    assert len(result.paths) == 4  # the watcher never stands


LONG = """
offramp: 1
name: long
period: {unit: month, count: 3, tail: 2}
variables: {front: {levels: [low, mid, high], start: low}}
players: {climber: {precision: 1, discount: 0.5}}
stages:
  - player: climber
    actions: {wait: {}, climb: {cost: 1, effects: [{move: front, by: 1}]}}
payoffs: {climber: {height: front}}
endings: {summit: {when: front == high, pays: {climber: 10}}}
policies: {solved: {}, up: {climber: {always: climb}}, first: {climber: {first: climb}}}
measures:
  rose: {is: "after(did(climber.climb), front == high, within=0)"}
  rose_later: {is: "after(did(climber.climb), front == high, within=1)"}
  when: {is: "time_to(front == high)"}
  early: {is: "ever(front == high, by=1)"}
  average: {is: "mean(front)"}
  lag: {is: "sum(did(climber.climb, 1))"}
  since: {is: "final(periods_since(front == low, 3))"}
"""


def follow_orders(node: Node, beliefs: object, player: str, type_name: str) -> dict[str, float]:
    """Wait unless bound to do otherwise."""
    free = node.free[player, type_name]
    return {act: float(act == free[0]) for act in free}


def test_frozen_ending_pays_to_the_horizon_and_beyond() -> None:
    result = play_out(evaluate(grow(crisis_from(LONG, case="up")), follow_orders))
    # period 1: climb (-1), then height 1; period 2: climb (-1), the summit (10), height 2;
    # period 3: frozen, height 2, counted thrice
    assert result.values["climber"] == pytest.approx(0 + 0.5 * (-1 + 10 + 2) + 0.25 * 2 * 3)
    assert result.outcomes == pytest.approx({"summit": 1.0})


def test_measures_of_a_certain_path() -> None:
    measures = play_out(evaluate(grow(crisis_from(LONG, case="up")), follow_orders)).measures
    assert measures["rose"] == pytest.approx(
        1 / 2
    )  # the second climb reaches the top, not the first
    assert measures["rose_later"] == pytest.approx(1.0)
    assert measures["when"] == 2
    assert measures["early"] == 0
    assert measures["average"] == pytest.approx((1 + 2 + 2) / 3)
    # in periods 2 and 3 (frozen as of period 2) the period before had a climb
    assert measures["lag"] == 2
    assert measures["since"] == 3


def test_clause_that_applies_once_binds_the_first_time_only() -> None:
    result = play_out(evaluate(grow(crisis_from(LONG, case="first")), follow_orders))
    assert result.outcomes == pytest.approx({"horizon": 1.0})
    # climbs once (-1), height 1 in three periods, the last counted thrice
    assert result.values["climber"] == pytest.approx(-1 + 1 + 0.5 * 1 + 0.25 * 1 * 3)


def test_too_many_histories_are_refused_before_they_are_walked() -> None:
    with pytest.raises(TooLarge):
        grow(crisis_from(LONG), limit=3)
