"""A scenario whose worlds are known in closed form, and a run of it.

Under `risk` land is lost with chance x, or with log-odds raised by 2 where the wind blows; under
`sure` with chance 0.4. So risk is best where x is low, the lower the more it blows; y does nothing.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from offramp.exploration.ensemble import explore
from offramp.scenario import parse_scenario

__all__ = ["PLANTED", "explore_planted", "planted_loss"]

PLANTED = """
offramp: 1
name: planted
title: Planted
period: {unit: year, count: 1}
parameters:
  x: {value: 0.3, range: [0.05, 0.95], unit: probability, source: judgement}
  y: {value: 0.5, range: [0, 1], unit: payoff, source: judgement}
variables:
  land: {levels: [lost, held], start: held}
players:
  ruler: {precision: 1}
  heir: {precision: 1}
stages:
  - name: choose
    player: ruler
    actions:
      risk: {effects: [{name: fall, set: land, to: lost, chance: x}]}
      sure: {effects: [{set: land, to: lost, chance: 0.4}]}
payoffs:
  ruler: {land: "2 * (land == held)", calm: y}
  heir: {land: "1 * (land == lost)"}
library:
  wind: {says: "Wind makes risk worse.", sources: [judgement], shift: {fall: 2},
    rival: {name: lull, says: "There is no wind.", sources: [judgement]}}
mechanisms:
  - {use: wind, setting: {asserted: 0.5, rival: 0.5}}
policies: {risk: {ruler: {always: risk}}, sure: {ruler: {always: sure}}}
cases:
  stakes: {policy: risk, set: {y: 0}}
measures:
  lost: {is: "final(land == lost)", better: lower}
  kept: {is: "final(land == held)", better: higher}
claims:
  pays: {says: "Risk pays.", source: judgement, counter: costs, holds: ["lost[sure] > lost[risk]"]}
  mostly: {says: "Risk mostly costs.", source: judgement, counter: pays, share: 0.6, holds: ["lost[risk] > lost[sure]"]}
  costs: {says: "Risk costs.", source: judgement, counter: pays, holds: ["lost[risk] > lost[sure]"]}
"""


def explore_planted(folder: Path, worlds: int = 64) -> None:
    """Write a run of the scenario."""
    scenario = parse_scenario(PLANTED, "planted.yaml")
    explore(scenario, folder, worlds=worlds, grid=2, workers=1, seed=3)


def planted_loss(x: np.ndarray, wind: np.ndarray) -> np.ndarray:
    """Return the chance of loss under `risk`, by its formula."""
    odds = x / (1 - x) * np.where(wind, np.exp(2.0), 1.0)
    return odds / (1 + odds)
