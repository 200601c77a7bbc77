"""A scenario that is solved in a moment and has one assumption of each kind to draw."""

from __future__ import annotations

__all__ = ["ASKED", "TOY", "TOY_CLAIMS"]

ASKED = {"worlds": 7, "chunk": 3, "grid": 2, "seed": 4}  # small, with a last chunk to fill up

TOY = """
offramp: 1
name: toy
title: A toy
period: {unit: year, count: 2}
parameters:
  gain: {value: 1, range: [0.5, 2], unit: payoff, source: judgement}
  toll: {value: 0.5, range: [0.1, 1], scale: log, unit: payoff, source: judgement}
  care: {value: 3, one_of: {2: 1, 4: 1}, unit: per payoff, source: judgement}
  p_firm: {value: 0.3, range: [0.1, 0.6], unit: probability, source: judgement}
  fixed: {value: 0.2, unit: payoff, source: judgement}
variables:
  land: {levels: [lost, held], start: held}
  mood: {levels: [calm, tense, hot], start: {calm: 0.75, tense: 0.25}}
players:
  challenger: {precision: care}
  patron: {precision: 4, types: {firm: {prior: p_firm, set: {price: 0.2}}, hollow: {prior: 1 - p_firm, set: {price: 1.2}}}}
stages:
  - name: test
    player: challenger
    when: land == held
    actions: {wait: {}, grab: {cost: toll, effects: [{set: land, to: lost}]}}
  - name: reply
    player: patron
    when: did(challenger.grab)
    actions: {yield: {}, fight: {cost: price, effects: [{set: land, to: held}]}}
payoffs:
  challenger: {gain: "gain * (land == lost)", mood: "0.1 * share(mood)", fixed: fixed}
  patron: {order: "0.4 * (land == held)"}
library:
  pride: {says: "Pride makes yielding dear.", sources: [judgement], pays: {patron: {pride: "0.5 * (land == held)"}},
    rival: {name: no-pride, says: "Pride does nothing.", sources: [judgement]}}
mechanisms:
  - {use: pride, setting: {asserted: 0.75, rival: 0.25}}
policies: {solved: {}, always-fight: {patron: {always: fight}}}
cases:
  cheap: {policy: solved, set: {toll: 0.1}}
  hot: {policy: solved, start: {mood: hot}}
measures:
  grabbed: {is: "ever(did(challenger.grab))", better: lower}
  lost: {is: "final(land == lost)", better: lower}
  begins: {is: "start(mood)"}
views:
  hawk: {set: {gain: 2}, mechanisms: {pride: asserted}, start: {mood: tense}}
  dove: {mechanisms: {pride: {asserted: 0.1, rival: 0.9}}}
"""

TOY_CLAIMS = (
    TOY
    + """
claims:
  deters: {says: "Fighting deters.", source: judgement, counter: lures, holds: ["lost[solved] > lost[always-fight] + 0.1"]}
  lures: {says: "Fighting lures.", source: judgement, counter: deters, holds: ["lost[solved] < lost[always-fight] - 0.1"]}
  often: {says: "It is grabbed.", source: judgement, counter: seldom, holds: ["grabbed[solved] > 1.25 * grabbed[always-fight]"]}
  seldom: {says: "It is not.", source: judgement, counter: often, holds: ["grabbed[always-fight] > 1.25 * grabbed[solved]"]}
"""
)
