"""Observers who disagree, against exact Bayes from each one's own prior; and what is refused."""

from __future__ import annotations

import pytest

from helpers.answers import history_strategy
from helpers.histories import match_histories
from helpers.scenarios import crisis_from
from helpers.trials import REPLY_TOLERANCE, SUM_TOLERANCE, differing_outcomes
from offramp.equilibrium.histories import solve_histories
from offramp.errors import OfframpError
from offramp.game import compile_crisis
from offramp.outcomes import propagate
from oracles.evaluator import evaluate
from oracles.slow_measures import play_out
from oracles.slow_tree import grow

THREE = """
offramp: 1
name: three-observers
period: {unit: month, count: 2}
parameters: {trust: {value: 0.8, range: [0.1, 0.9], unit: probability, source: judgement}}
variables: {front: {levels: [low, mid, high], start: mid}}
players:
  patron:
    precision: 3
    discount: 0.9
    types:
      firm:   {prior: 0.2, set: {price: 0.1, luck: 0.8}}
      fickle: {prior: 0.5, set: {price: 0.5, luck: 0.5}}
      false:  {prior: 0.3, set: {price: 1.2, luck: 0.2}}
    believed_by:
      hopeful: {firm: trust, fickle: 0.1, false: 0.1}
      wary:    {firm: 0.05, fickle: 0.15, false: 0.8}
      odd:     {fickle: 2}
  hopeful: {precision: 4, discount: 0.9}
  wary:    {precision: 2}
  odd:     {precision: 5, discount: 0.5}
stages:
  - player: wary
    actions: {wait: {}, probe: {cost: 0.1, effects: [{move: front, by: -1, chance: 0.5}]}}
  - player: patron
    when: did(wary.probe)
    actions:
      ignore: {}
      fight: {cost: price, pays: {wary: -1}, effects: [{move: front, by: 1, chance: luck}]}
  - players: [hopeful, odd]
    actions:
      hopeful: {stay: {}, leave: {pays: {hopeful: 0.3}, effects: [{move: front, by: -1}]}}
      odd: {watch: {}, join: {cost: 0.2, effects: [{move: front, by: 1, chance: 0.6}]}}
payoffs:
  patron:  {ground: "share(front)"}
  hopeful: {ground: "share(front)", faith: "0.5 * belief(patron.firm)"}
  wary:    {ground: "1 - share(front)"}
  odd:     {ground: "share(front)", stake: "-price * (front == low)"}
measures:
  hope:  {is: "belief(hopeful, patron.firm)"}
  fear:  {is: "belief(wary, patron.false)"}
  doubt: {is: "belief(odd, patron.fickle)"}
  lost:  {is: "ever(front == low)"}
  own:   {is: "own_value(hopeful) - value(hopeful)"}
"""


def test_three_observers_learn_from_their_own_priors_as_in_the_exact_tree() -> None:
    crisis = crisis_from(THREE)
    slow = grow(crisis)
    equilibrium = solve_histories(compile_crisis(crisis, exact_beliefs=True))
    found = match_histories(slow, equilibrium.tree)
    evaluation = evaluate(slow, history_strategy(equilibrium, found))
    for place, played, reply in evaluation.replies():
        assert played == pytest.approx(reply, abs=REPLY_TOLERANCE), place
    assert not list(differing_outcomes(play_out(evaluation), propagate(equilibrium)))


def test_reference_belief_tilted_is_each_observers_own() -> None:
    crisis = crisis_from(THREE)
    slow = grow(crisis)
    equilibrium = solve_histories(compile_crisis(crisis, exact_beliefs=True))
    found = match_histories(slow, equilibrium.tree)
    evaluation = evaluate(slow, history_strategy(equilibrium, found))
    game = equilibrium.tree.game
    for node in slow.nodes():
        reference = equilibrium.belief[found[id(node)], 0]
        for k, observer in enumerate(game.players):
            tilted = reference * game.grid.tilt[k, 0]
            exact = list(evaluation.beliefs[id(node)][observer.name]["patron"].values())
            assert tilted / tilted.sum() == pytest.approx(exact, abs=SUM_TOLERANCE)


REFUSED = {
    "a chance that reads two players' types": (
        ("chance: luck}", "chance: luck * mood}"),
        ("odd:     {precision: 5, discount: 0.5}",
         "odd: {precision: 5, types: {a: {set: {mood: 0.5}}, b: {set: {mood: 0.9}}}}"),
        "This chance reads the types of",
    ),
    "a condition that reads a type": (("when: did(wary.probe)", "when: price > 0.3"), "type"),
    "a prior below zero": (("firm:   {prior: 0.2", "firm:   {prior: -0.2"), "prior"),
    "priors that are all zero": (
        ("prior: 0.2", "prior: 0"), ("prior: 0.5", "prior: 0"), ("prior: 0.3", "prior: 0"), "zero",
    ),
    "a belief about a type that is not there": (("odd:     {fickle", "odd: {frail"), "frail"),
    "an exact player with types": (("precision: 3", "precision: exact"), "types"),
    "a redraw of a player without types": (
        ("{move: front, by: 1, chance: 0.6}", "{redraw: wary}"), "types",
    ),
    "a chance above one": (("chance: 0.5}", "chance: 1.5}"), "chance"),
}  # fmt: skip


@pytest.mark.parametrize("what", REFUSED)
def test_what_breaks_the_conditions_of_one_reference_belief_is_refused(what: str) -> None:
    *changes, reason = REFUSED[what]
    text = THREE
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    with pytest.raises(OfframpError) as refusal:
        compile_crisis(crisis_from(text))
    assert reason in str(refusal.value)
