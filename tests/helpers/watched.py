"""A scenario whose differences are direct, strategic or informational, each by itself, as is asked."""

from __future__ import annotations

__all__ = ["WATCHED"]

# A sender may arm a friend. Arming moves the line by itself; a watcher may climb, which it likes
# better against an armed friend; and only a sender that means it would arm if it were free.
WATCHED = """
offramp: 1
name: toy
period: {{unit: year, count: 2}}
parameters:
  pull: {{value: {pull}, unit: payoff, source: judgement}}
  guess: {{value: {guess}, unit: payoff, source: judgement}}
variables:
  arms: {{levels: [none, some], start: none}}
  line: {{levels: [held, better], start: held}}
  rung: {{levels: [low, high], start: low}}
players:
  sender:
    precision: 3
    types: {{firm: {{prior: 0.5, set: {{zeal: 1}}}}, slack: {{prior: 0.5, set: {{zeal: -1}}}}}}
  watcher: {{precision: 4}}
stages:
  - name: send
    player: sender
    actions:
      hold: {{}}
      arm: {{cost: -zeal, effects: [{{set: arms, to: some}}]}}
  - name: look
    player: watcher
    actions:
      wait: {{}}
      climb:
        when: rung == low
        pays: {{watcher: "pull * (arms == some) - 0.2"}}
        effects: [{{set: rung, to: high}}]
  - name: drift
    effects: [{{name: gain, when: arms == some and line == held, move: line, by: 1, chance: 0.4}}]
payoffs:
  watcher: {{worry: "guess * (belief(sender.firm) - 0.5) * (rung == high)"}}
policies:
  stay: {{sender: {{always: hold}}}}
  send: {{sender: {{type: firm, always: arm}}}}
  arm: {{sender: {{always: arm}}}}
measures:
  better: {{is: final(line == better)}}
  climbed: {{is: ever(rung == high)}}
claims:
  line-moves: {{says: Arms move the line., holds: ["better[arm] > better[stay] + 0.05"]}}
  they-climb: {{says: Arms bring a climb., holds: ["climbed[arm] > climbed[stay] + 0.05"]}}
  they-learn: {{says: What firm ones do is read., holds: ["climbed[send] > climbed[stay] + 0.02"]}}
  mostly: {{says: The watcher mostly climbs., holds: ["climbed[arm] > 0.9"], band: 0.02}}
"""
