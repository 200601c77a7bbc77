"""Scenarios in which one chance decides whether arms help, so that what flips it is worked by hand."""

from __future__ import annotations

__all__ = ["FLIPS", "PRODUCT"]

# Arms move the line with a chance of 0.1 + x / 2 and some more; without arms it is 0.3 k. Half of
# what is in doubt can flip the answer, at places that are worked out below; the rest cannot.
FLIPS = """
offramp: 1
name: flips
title: Do arms help?
period: {unit: year, count: 1}
parameters:
  x: {value: 0.2, range: [0, 1], unit: none, source: judgement}
  k: {value: 1, range: [0.01, 3], scale: log, unit: none, source: judgement}
  leap: {value: 0.2, range: [0, 1], unit: none, source: judgement}
  bar: {value: 0, range: [-0.2, 0.2], unit: none, source: judgement}
  big: {value: 0, range: [0, 2], unit: none, source: judgement}
  many: {value: 1, one_of: {0: 1, 1: 1, 5: 1}, unit: none, source: judgement}
  idle: {value: 0.5, range: [0, 1], unit: none, source: judgement}
  fixed: {value: 0.5, unit: none, source: judgement}
variables:
  arms: {levels: [none, some], start: none}
  line: {levels: [held, better], start: held}
  mood: {levels: [calm, tense], start: {calm: 0.75, tense: 0.25}}
players:
  sender: {precision: 3}
stages:
  - player: sender
    actions:
      hold: {}
      arm: {effects: [{set: arms, to: some}]}
  - name: drift
    effects:
      - name: gain
        when: arms == some
        chance: "0.1 + x / 2 + 0.2 * (mood == tense) + 0.3 * (leap > 0.55) + 0.05 * (many - 1) + big"
        set: line
        to: better
      - {name: luck, when: arms == none, chance: 0.3 * k, set: line, to: better}
payoffs: {sender: {gain: "(line == better) + idle + fixed"}}
library:
  skill:
    says: Skilled hands make more of arms.
    roles: {rise: effect}
    parameters: {b_skill: {value: 2, range: [0, 3], unit: log-odds, source: judgement}}
    shift: {rise: b_skill}
    rival: {name: no-skill, says: They do not., note: nothing moves}
  pride:
    says: Arms make proud.
    sources: [judgement]
    pays: {sender: {pride: arms == some}}
    rival: {name: no-pride, says: They do not., note: nothing moves}
mechanisms:
  - {use: skill, setting: {asserted: 0.5, rival: 0.5}, base: rival, roles: {rise: gain}}
  - {use: pride, setting: {asserted: 0.5, rival: 0.5}}
policies:
  stay: {sender: {always: hold}}
  arm: {sender: {always: arm}}
measures:
  better: {is: final(line == better), better: higher}
  later: {is: "after(did(sender.hold), line == better, within=1)", better: higher}
claims:
  arms-help: {says: Arms help., holds: ["better[arm] > better[stay] + bar"]}
views:
  hopeful: {set: {x: 0.3}, mechanisms: {skill: asserted}, start: {mood: tense}}
"""

# Arms move the line with a chance of x y, and no arms do not: the slack is x y. Over x and y even
# between 0 and 1 its variance is 1/9 - 1/16 = 7/144, of which either alone accounts for 1/48.
PRODUCT = """
offramp: 1
name: product
period: {unit: year, count: 1}
parameters:
  x: {value: 0.5, range: [0, 1], unit: none, source: judgement}
  y: {value: 0.5, range: [0, 1], unit: none, source: judgement}
  idle: {value: 0.5, range: [0, 1], unit: none, source: judgement}
variables:
  arms: {levels: [none, some], start: none}
  line: {levels: [held, better], start: held}
players:
  sender: {precision: 3}
stages:
  - player: sender
    actions:
      hold: {}
      arm: {effects: [{set: arms, to: some}]}
  - effects: [{when: arms == some, chance: x * y, set: line, to: better}]
payoffs: {sender: {gain: "(line == better) + idle"}}
policies:
  stay: {sender: {always: hold}}
  arm: {sender: {always: arm}}
measures:
  better: {is: final(line == better), better: higher}
  moved: {is: "after(did(sender.arm), line == better, within=1)", better: higher}
claims:
  likelier: {says: Arms help., holds: ["better[arm] > 2 * better[stay]"]}
"""
