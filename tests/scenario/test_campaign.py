"""A campaign is its phases, one after another, as one scenario."""

from __future__ import annotations

from pathlib import Path

import pytest

from offramp.equilibrium import solve
from offramp.errors import ScenarioError
from offramp.game import compile_game
from offramp.outcomes import propagate
from offramp.scenario import load_scenario, parse_scenario

EARLY = """
offramp: 1
name: early
period: {unit: month, count: 3}
variables:
  rung: {levels: [calm, shots, war], start: calm}
  mood: {levels: [low, high], start: high}
players:
  north:
    precision: 2
    types: {bold: {prior: 0.3, set: {zeal: 1}}, meek: {prior: 0.7, set: {zeal: 0}}}
  south: {precision: 2}
stages:
  - name: press
    player: north
    actions: {hold: {}, push: {cost: 1 - zeal, effects: [{move: rung, by: 1, chance: 0.5}]}}
  - {name: reply, player: south, actions: {wait: {}, sulk: {effects: [{move: mood, by: -1}]}}}
payoffs:
  north: {gain: share(rung)}
  south: {loss: "-share(rung) * (0.5 + belief(north.bold))", ease: share(mood)}
"""
LATE = (
    EARLY.replace("name: early", "name: late")
    .replace("gain: share(rung)", "gain: 2 * share(rung)")
    .replace("sulk: {effects", "sulk: {cost: 0.3, effects")
)
BOTH = """
offramp: 1
name: both
count: 5
phases:
  - {scenario: early.yaml, until: rung >= shots, carry: CARRY}
  - {scenario: late.yaml}
policies:
  free: {}
measures:
  climbed: {is: ever(rung == war)}
  late: {is: ever(phase == late)}
  pushes: {is: count(north.push)}
  at_ease: {is: mean(share(mood))}
  of_north: {is: value(north)}
  of_south: {is: value(south)}
  believed: {is: "belief(south, north.bold)"}
"""
# the same written by hand: what differs between the phases reads the phase
BY_HAND = """
offramp: 1
name: both
period: {unit: month, count: 5}
variables:
  phase: {levels: [early, late], start: early}
  rung: {levels: [calm, shots, war], start: calm}
  mood: {levels: [low, high], start: high}
players:
  north:
    precision: 2
    types: {bold: {prior: 0.3, set: {zeal: 1}}, meek: {prior: 0.7, set: {zeal: 0}}}
  south: {precision: 2}
stages:
  - name: change
    effects: [{when: phase == early and rung >= shots, set: phase, to: late, then: [THEN]}]
  - name: press
    player: north
    actions: {hold: {}, push: {cost: 1 - zeal, effects: [{move: rung, by: 1, chance: 0.5}]}}
  - name: reply
    player: south
    actions: {wait: {}, sulk: {cost: 0.3 * (phase == late), effects: [{move: mood, by: -1}]}}
payoffs:
  north: {gain: share(rung) * (1 + (phase == late))}
  south: {loss: "-share(rung) * (0.5 + belief(north.bold))", ease: share(mood)}
"""


def written(folder: Path, carry: str = "[rung, north]", **changed: str) -> Path:
    (folder / "early.yaml").write_text(changed.get("early", EARLY))
    (folder / "late.yaml").write_text(changed.get("late", LATE))
    file = folder / "both.yaml"
    file.write_text(changed.get("both", BOTH).replace("CARRY", carry))
    return file


def measured(scenario):
    return dict(propagate(solve(compile_game(scenario, grid=11))).measures)


@pytest.mark.parametrize(
    ("carry", "then"),
    [
        ("[rung, mood, north]", ""),
        ("[rung, north]", "{set: mood, to: high}"),
        ("[mood, north]", "{set: rung, to: calm}"),
        ("[rung, mood]", "{redraw: north}"),
    ],
)
def test_joined_phases_are_the_scenario_that_one_would_write_by_hand(tmp_path, carry, then):
    joined = measured(load_scenario(written(tmp_path, carry)))
    measures = BOTH[BOTH.index("measures:") :]
    by_hand = measured(parse_scenario(BY_HAND.replace("THEN", then) + measures))
    assert joined == pytest.approx(by_hand, abs=1e-9)
    assert 0.05 < joined["late"] < 0.999


def test_a_stage_that_phases_share_stands_once(tmp_path):
    scenario = load_scenario(written(tmp_path))
    names = [stage.name for stage in scenario.stages]
    assert names == ["after_early", "press", "early_reply", "late_reply"]
    assert list(scenario.payoffs.players["south"]) == ["loss", "ease"]


def test_the_files_own_sections_keep_their_places(tmp_path):
    file = written(tmp_path, both=BOTH.replace("ever(rung == war)", "ever(rung == peace)"))
    with pytest.raises(ScenarioError, match=r"both.yaml:11:30  error S204  measures.climbed.is"):
        load_scenario(file)


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"late": LATE.replace("name: late", "name: early")}, "Two phases are called 'early'"),
        ({"late": LATE.replace("unit: month", "unit: year")}, "'unit' under `period`"),
        ({"late": LATE.replace("mood: {levels: [low", "mood: {levels: [lower")}, "'mood' under"),
        ({"late": LATE.replace("precision: 2}", "precision: 3}")}, "'south' under `players`"),
        (
            {"late": LATE.replace("start: high", "start: {low: 0.5, high: 0.5}")},
            "'mood' is not carried into this phase, and starts there by a lottery",
        ),
    ],
)
def test_phases_that_do_not_fit_together_are_told_apart(tmp_path, changed, told):
    with pytest.raises(ScenarioError) as caught:
        load_scenario(written(tmp_path, **changed))
    assert told in str(caught.value)
    assert {problem.code for problem in caught.value.problems} == {"S337"}
    assert "both.yaml" in str(caught.value)
