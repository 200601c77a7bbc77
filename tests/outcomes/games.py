"""Small games for the forward pass, and strategies drawn at random."""

from __future__ import annotations

import numpy as np

from helpers.scenarios import scenario_from
from offramp.game import FREE, Game, compile_game

PROBE = """
offramp: 1
name: probe
title: A test of a guarantor
story: One probes, the other may answer; what it would cost the guarantor is hidden.
period: {unit: month, count: 2}
parameters:
  strong: {value: 0.3, unit: probability, source: judgement}
  price: {value: 0.5, unit: payoff, source: judgement}
variables:
  front: {label: Front, levels: [lost, held, safe], start: {held: 0.7, safe: 0.3}}
  mood: {label: Mood, levels: [calm, tense], start: calm}
players:
  prober: {label: Prober, precision: 2, discount: 0.9}
  guard:
    label: Guard
    precision: 2
    discount: 0.8
    types:
      firm: {prior: strong, set: {price: 0.2}}
      weak: {prior: 1 - strong}
    believed_by: {prober: {firm: 0.5, weak: 0.5}}
stages:
  - name: move
    player: prober
    actions:
      wait: {ladder: 1}
      probe: {cost: 0.1, ladder: 3, effects: [{name: slip, move: front, by: -1, chance: 0.4}]}
  - name: answer
    player: guard
    when: did(prober.probe)
    actions:
      pass: {}
      fight: {cost: price, ladder: 5, effects: [{move: mood, by: 1}, {move: front, by: 1, chance: 0.3}]}
  - name: drift
    effects:
      - {name: relax, move: mood, by: -1, chance: 0.5, when: mood == tense}
      - {name: fray, move: front, by: -1, chance: 0.1, when: mood == tense, pays: {guard: -0.05}}
payoffs:
  prober: {gain: "1 - share(front)", fear: "-0.1 * belief(guard.firm)"}
  guard: {hold: share(front)}
endings:
  fall: {when: front == lost and mood == tense, pays: {guard: -1}}
policies: {solved: {}}
measures: {}
"""

COVERT = """
offramp: 1
name: covert
title: A deniable act
story: One may sabotage under cover of waiting; accidents look the same.
period: {unit: month, count: 2}
parameters:
  nerve: {value: 0.1, unit: payoff, source: judgement}
variables:
  damage: {label: Damage, levels: [none, some, much], start: none}
players:
  spy:
    label: Spy
    precision: 1
    discount: 0.9
    types: {bold: {prior: 0.4, set: {nerve: 0.5}}, shy: {prior: 0.6}}
    believed_by: {victim: {bold: 0.7, shy: 0.3}}
  victim: {label: Victim, precision: 1, discount: 0.9}
stages:
  - name: night
    player: spy
    actions:
      wait: {effects: [{name: mishap, move: damage, by: 1, chance: 0.1}]}
      strike: {covert: wait, cost: nerve, effects: [{name: blast, move: damage, by: 1, chance: 0.6}]}
      leave: {cost: 0.1}
  - name: vote
    effects:
      - {name: decay, move: damage, by: 1, chance: 0.2, pays: {victim: -0.1, spy: nerve}}
      - {name: election, redraw: spy, chance: 0.3}
      - {name: luck, move: damage, by: -1, chance: 0.1, pays: {spy: nerve}}
payoffs:
  spy: {harm: share(damage)}
  victim: {harm: -share(damage)}
endings:
  ruin: {when: damage == much, freeze: false, pays: {victim: -2}}
policies: {solved: {}}
measures: {}
"""

HIDDEN = """
offramp: 1
name: hidden
title: A hidden fact
story: Two act at once; how well one of them does teaches a fact that neither knows.
period: {unit: month, count: 2}
parameters:
  nerve: {value: 0.1, unit: payoff, source: judgement}
  skill: {value: 0.3, unit: probability, source: judgement}
variables:
  damage: {label: Damage, levels: [none, some, much], start: some}
players:
  spy:
    label: Spy
    precision: 1
    discount: 0.9
    types: {bold: {prior: 0.4, set: {nerve: 0.5}}, shy: {prior: 0.6}}
  fact:
    label: Hidden fact
    role: nature
    types: {easy: {prior: 0.5, set: {skill: 0.8}}, hard: {prior: 0.5}}
  victim: {label: Victim, precision: 1, discount: 0.9}
stages:
  - name: day
    players: [victim, spy]
    actions:
      victim:
        bear: {}
        mend: {cost: 0.1, effects: [{name: repair, move: damage, by: -1, chance: skill}]}
      spy:
        rest: {}
        boast: {cost: nerve, effects: [{name: dare, move: damage, by: 1, chance: 0.5}]}
payoffs:
  spy: {harm: share(damage)}
  victim: {harm: -share(damage), hope: "0.1 * belief(fact.easy)"}
endings:
  ruin: {when: damage == much, pays: {victim: -2}}
policies: {solved: {}}
measures: {}
"""

FAMILY = """
offramp: 1
name: family
title: Offers
story: One offers a share, the other takes or leaves it.
period: {unit: month, count: 3}
parameters: {pie: {value: 1, unit: payoff, source: judgement}}
variables:
  deal: {label: Deal, levels: [none, struck], start: none}
  heat: {label: Heat, levels: {from: 0, to: 1, step: 0.5}, start: 0.5}
players:
  seller: {label: Seller, precision: 1, discount: 0.9}
  buyer: {label: Buyer, precision: 1, discount: 0.8}
stages:
  - name: bid
    player: seller
    actions:
      offer: {over: {from: 0, to: 1, step: 0.5}}
      wait: {effects: [{move: heat, by: 1, chance: 0.5}]}
  - name: reply
    player: buyer
    actions:
      take: {when: "chose(seller) > 0", pays: {buyer: "pie * chose(seller)"}, effects: [{set: deal, to: struck}]}
      leave: {effects: [{move: heat, by: -1, chance: 0.5}]}
payoffs:
  seller: {calm: -heat}
endings:
  closed: {when: deal == struck}
policies: {solved: {}}
measures: {}
"""


def compiled(text: str, *, grid: int | None = 3, **changes) -> Game:
    """Compile a scenario; `measures` are added, `replace` swaps pieces of its text."""
    for old, new in changes.pop("replace", {}).items():
        assert old in text
        text = text.replace(old, new)
    measures = changes.pop("measures", None)
    if measures is not None:
        listed = "".join(f'  m{i}: {{is: "{one}"}}\n' for i, one in enumerate(measures))
        text = text.replace("measures: {}\n", "measures:\n" + listed)
    return compile_game(scenario_from(text), grid=grid, **changes)


class Drawn:
    """Strategies drawn at random, within what policies leave open."""

    def __init__(self, game: Game, seed: int = 0, scale: float = 1.0) -> None:
        self.game = game
        self._log: dict[tuple[int, int], np.ndarray] = {}
        rng = np.random.default_rng(seed)
        for t in range(game.n_periods):
            for m in range(len(game.stage_names)):
                for k, mover in enumerate(game.table(t, m).movers):
                    key = (id(game.table(t, m)), k)
                    if key not in self._log:
                        self._log[key] = self._draw(mover, rng, scale)

    def _draw(self, mover, rng, scale) -> np.ndarray:
        n_types = len(self.game.players[mover.player].types)
        shape = (len(mover.action), n_types, len(self.game.grid.points))
        bound = mover.bound[:, :, None]
        weight = np.where(bound == FREE, np.exp(scale * rng.normal(size=shape)), 0.0)
        share = np.zeros(shape)
        for s in range(len(mover.start) - 1):
            own = slice(mover.start[s], mover.start[s + 1])
            total = weight[own].sum(axis=0)
            share[own] = weight[own] / np.where(total > 0, total, 1.0)
        with np.errstate(divide="ignore"):
            return np.log(np.where(bound >= 0.0, bound, share))

    def log_strategy(self, t: int, m: int, mover: int) -> np.ndarray:
        table = self.game.table(t, m)
        reached = self.game.n_reached[t, m]
        return self._log[id(table), mover][: table.movers[mover].start[reached]]
