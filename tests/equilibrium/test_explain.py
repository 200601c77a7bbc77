"""Explanations against games that can be worked out by hand, and against the solver itself."""

from __future__ import annotations

import functools
import math

import numpy as np
import pytest

from helpers.scenarios import scenario_from
from offramp.equilibrium import Equilibrium, solve
from offramp.equilibrium.explain import Explanation, why
from offramp.errors import GameError
from offramp.game import compile_game

HEAD = "offramp: 1\nname: small\ntitle: A small game\n"
SUM = 1e-10  # of an act's parts and its worth: the promise of the page
SOLVED = 1e-8  # on probabilities: what the solver accepts

CHOICE = """
period: {unit: year, count: 1}
variables: {hill: {levels: [low, top], start: low}}
players: {climber: {precision: 2, discount: 0.9}}
stages:
  - player: climber
    actions:
      stay: {}
      climb: {cost: 0.3, effects: [{set: hill, to: top}]}
payoffs: {climber: {view: "0.5 * (hill == top)", air: "0.05 * (hill == top)"}}
"""

SIGNAL = """
period: {unit: year, count: 1}
parameters:
  gift_rest: {value: 0, range: [-5, 5], unit: payoff, source: judgement}
  gift_show: {value: 0, range: [-5, 5], unit: payoff, source: judgement}
  weight: {value: 1, range: [0, 9], unit: factor, source: judgement}
  dear: {value: 1, range: [0, 9], unit: factor, source: judgement}
variables: {line: {levels: [held, crossed], start: held}}
players:
  sender:
    precision: 3
    discount: 0.9
    types:
      strong: {prior: 0.4, set: {price: 0.1, fight: 1.2}}
      weak: {prior: 0.6, set: {price: 0.6, fight: 0.1}}
  receiver: {precision: 5, discount: 0.9}
stages:
  - name: speak
    player: sender
    actions: {rest: {cost: -gift_rest}, show: {cost: dear * price - gift_show}}
  - name: answer
    player: receiver
    actions: {back: {}, press: {pays: {receiver: 0.5 - fight}, effects: [{set: line, to: crossed}]}}
payoffs: {sender: {loss: "-weight * (line == crossed)"}}
"""

CABLES = """
period: {unit: month, count: 2}
variables: {cable: {levels: [cut, whole], start: whole}, anger: {levels: [calm, high], start: calm}}
players:
  raider:
    precision: 4
    discount: 0.9
    types:
      bold: {prior: 0.3, set: {gain: 1}}
      shy: {prior: 0.7, set: {gain: 0.2}}
  guard: {precision: 4, discount: 0.9}
stages:
  - name: sea
    player: raider
    actions:
      hold: {effects: [{name: mishap, move: cable, by: -1, chance: 0.1}]}
      sever: {covert: hold, cost: 0.05, effects: [{name: snag, move: cable, by: -1, chance: 0.6}]}
      shout: {cost: 0.1, effects: [{set: anger, to: high}]}
  - name: land
    player: guard
    actions:
      wait: {}
      strike: {pays: {raider: -0.4, guard: gain - 0.5}, effects: [{set: cable, to: whole}]}
payoffs:
  raider: {harm: "gain * (cable == cut)", mood: "-0.1 * (anger == high)"}
  guard: {service: "cable == whole"}
"""

MEETING = """
period: {unit: month, count: 3}
variables: {front: {levels: [low, middle, high], start: middle}}
players:
  one:
    precision: 3
    discount: 0.9
    types:
      hard: {prior: 0.5, set: {will: 1}}
      soft: {prior: 0.5, set: {will: 0.3}}
    believed_by: {two: {hard: 0.7, soft: 0.3}}
  two: {precision: 3, discount: 0.8}
stages:
  - name: meeting
    players: [one, two]
    actions:
      one: {stand: {}, push: {cost: 0.2, effects: [{move: front, by: 1}]}}
      two: {stand: {}, push: {cost: 0.2, effects: [{move: front, by: -1, chance: 0.6}]}}
  - name: turn
    effects: [{name: election, redraw: one, chance: 0.2}, {move: front, by: -1, chance: 0.1}]
  - name: battle
    player: two
    actions:
      pause: {}
      test: {cost: 0.1, effects: [{move: front, by: -1, chance: logistic(0.5 - 2 * will)}]}
payoffs:
  one: {ground: "will * share(front)", calm: "0.1 * (front == middle)"}
  two: {ground: 1 - share(front)}
endings: {rout: {when: front == low, pays: {one: -will}}}
"""


@functools.cache
def solved(body: str, grid: int = 3, policy: str | None = None, **parameters: float) -> Equilibrium:
    scenario = scenario_from(HEAD + body)
    return solve(compile_game(scenario, policy=policy, grid=grid, parameters=parameters))


def logistic(x: float) -> float:
    return 1.0 / (1.0 + math.exp(-x))


def assert_parts_sum(found: Explanation) -> None:
    parts = (found.paid + found.later + found.learnt).sum(axis=0)
    assert np.abs(parts - found.value).max() < SUM
    assert np.abs(found.worth.sum(axis=0) + found.reveals - found.value).max() < SUM


# --- one choice -----------------------------------------------------------------------------------


@pytest.fixture
def choice() -> Explanation:
    return why(solved(CHOICE), "climber", period=1, state={"hill": "low"})


def test_terms_are_what_acts_pay_and_bring(choice):
    assert choice.acts == ("stay", "climb")
    assert choice.terms == ("view", "air", "climb cost")
    assert choice.paid == pytest.approx(np.array([[0, 0], [0, 0], [0, -0.3]]))
    assert choice.later == pytest.approx(np.array([[0, 0.5], [0, 0.05], [0, 0]]))
    assert choice.value == pytest.approx([0, 0.25])
    assert choice.probability == pytest.approx([logistic(-0.5), logistic(0.5)])


def test_acts_of_a_player_without_types_reveal_nothing(choice):
    assert np.all(choice.learnt == 0.0)
    assert choice.belief_after.shape == (0, 1, 2)
    assert choice.type is None


def test_smallest_payment_is_the_gap_where_nothing_is_revealed(choice):
    assert choice.payment.act == "stay"
    assert choice.payment.amount == pytest.approx(0.25)
    assert choice.payment.words == "'stay' were worth 0.25 more, this once"


def test_switching_term_is_the_one_that_must_change_least(choice):
    # the view would have to halve; the cost need only be 0.55 / 0.3 of what it is
    assert choice.term.term == "climb cost"
    assert choice.term.factor == pytest.approx(0.55 / 0.3)
    assert choice.term.act == "stay"
    assert choice.term.words == "'climb cost' counted 1.8 times as much from here on"


def test_no_term_is_named_where_none_within_a_factor_of_three_would_do():
    steep = CHOICE.replace("cost: 0.3", "cost: 0.1")
    assert why(solved(steep), "climber", period=1, state={"hill": "low"}).term is None


def test_nothing_switches_a_player_that_does_not_listen():
    deaf = CHOICE.replace("precision: 2", "precision: 0")
    found = why(solved(deaf), "climber", period=1, state={"hill": "low"})
    assert (found.payment, found.term) == (None, None)
    assert found.probability == pytest.approx([0.5, 0.5])


def test_exact_replies_are_explained_too():
    sharp = CHOICE.replace("precision: 2", "precision: exact")
    found = why(solved(sharp), "climber", period=1, state={"hill": "low"})
    assert found.probability.tolist() == [0, 1]
    assert found.payment.amount == pytest.approx(0.25)


def test_what_a_policy_decides_is_not_the_players_choice():
    bound = CHOICE + "policies: {free: {}, rest: {climber: {always: stay}}}\n"
    found = why(solved(bound, policy="rest"), "climber", period=1, state={"hill": "low"})
    assert found.is_bound
    assert found.payment is None
    assert dict(zip(found.acts, found.probability, strict=True))["stay"] == 1.0


# --- signals --------------------------------------------------------------------------------------

POINTS = np.array([0.0, 0.4, 0.5, 1.0])  # of the grid of three points and the prior, in P(strong)


def pressed(strong: float) -> float:
    """Return the chance that the receiver presses, as the grid holds it."""
    gain = [0.5 - 1.2 * p - 0.1 * (1 - p) for p in POINTS]
    return float(np.interp(strong, POINTS, [logistic(5 * g) for g in gain]))


def signal_by_hand(strong: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return P(show | type), Q(type, act) and P(strong | act) of the first stage."""
    price, show = np.array([0.1, 0.6]), np.array([0.5, 0.5])
    prior = np.array([strong, 1 - strong])
    for _ in range(2000):
        taken = np.stack([1 - show, show])
        after = (taken * prior)[:, 0] / (taken * prior).sum(axis=1)
        value = np.array(
            [[-pressed(b) - cost for b, cost in zip(after, (0, c), strict=True)] for c in price]
        )
        reply = 1 / (1 + np.exp(-3 * (value[:, 1] - value[:, 0])))
        show = 0.5 * show + 0.5 * reply
    return show, value, after


@pytest.mark.parametrize("belief", [0.4, 0.27, 0.83, 0.5])
@pytest.mark.parametrize("own_type", ["strong", "weak"])
def test_signals_are_explained_as_worked_out_by_hand(belief, own_type):
    show, value, after = signal_by_hand(belief)
    found = why(
        solved(SIGNAL),
        "sender",
        period=1,
        state={},
        belief={"sender.strong": belief},
        type=own_type,
    )
    k = ("strong", "weak").index(own_type)
    assert found.probability == pytest.approx([1 - show[k], show[k]], abs=SOLVED)
    assert found.value == pytest.approx(value[k], abs=SOLVED)
    loss = found.terms.index("loss")
    assert found.later[loss] == pytest.approx([-pressed(belief)] * 2)
    assert found.learnt[loss] == pytest.approx(
        pressed(belief) - np.array([pressed(b) for b in after])
    )
    assert found.believed == ("sender.strong", "sender.weak")
    receiver = found.observers.index("receiver")
    assert found.belief_before[0, receiver] == pytest.approx(belief)
    assert found.belief_after[0, receiver] == pytest.approx(after, abs=SOLVED)
    assert np.all(np.isnan(found.belief_after[:, found.observers.index("sender")]))
    assert_parts_sum(found)


@pytest.mark.parametrize("belief", [0.4, 0.27, 0.83])
@pytest.mark.parametrize("own_type", ["strong", "weak"])
@pytest.mark.parametrize(("share", "switches"), [(1 - 1e-6, False), (1 + 1e-6, True)])
def test_payment_written_into_the_file_switches_the_reply(belief, own_type, share, switches):
    asked = {"period": 1, "state": {}, "belief": {"sender.strong": belief}, "type": own_type}
    before = why(solved(SIGNAL), "sender", **asked)
    gift = {f"gift_{before.payment.act}": share * before.payment.amount}
    after = why(solved(SIGNAL, **gift), "sender", **asked)
    assert after.likeliest == (before.payment.act if switches else before.likeliest)


def test_term_counted_in_the_file_switches_the_reply():
    written = {"loss": "weight", "show cost": "dear"}
    switched = 0
    for belief in (0.4, 0.27, 0.83, 0.6, 0.12):
        for own_type in ("strong", "weak"):
            asked = {
                "period": 1,
                "state": {},
                "belief": {"sender.strong": belief},
                "type": own_type,
            }
            found = why(solved(SIGNAL), "sender", **asked)
            if found.term is None:
                continue
            for power, expected in ((1 - 1e-5, found.likeliest), (1 + 1e-5, found.term.act)):
                counted = {written[found.term.term]: found.term.factor**power}
                assert why(solved(SIGNAL, **counted), "sender", **asked).likeliest == expected
            switched += 1
    assert switched > 0


def test_payment_reckons_with_what_it_makes_the_act_reveal():
    found = why(solved(SIGNAL), "sender", period=1, state={}, type="strong")
    gap = abs(found.value[1] - found.value[0])
    assert abs(found.payment.amount - gap) > 0.01


# --- acts that look alike -------------------------------------------------------------------------


def test_covert_act_is_judged_by_what_is_seen():
    game = solved(CABLES)
    asked = {
        "period": 1,
        "stage": "sea",
        "state": {"cable": "whole"},
        "belief": {"raider.bold": 0.35},
    }
    bold, shy = (why(game, "raider", type=t, **asked) for t in ("bold", "shy"))
    assert bold.acts == ("hold", "sever", "shout")
    prior = np.array([0.35, 0.65])
    sigma = np.array([bold.probability, shy.probability])
    chance = np.array([0.1, 0.6])  # that the cable is cut, after hold and after sever
    cut = prior * (sigma[:, :2] @ chance)
    whole = prior * (sigma[:, :2] @ (1 - chance))
    if_cut, if_whole = cut[0] / cut.sum(), whole[0] / whole.sum()
    expected = [c * if_cut + (1 - c) * if_whole for c in chance]
    shout = prior * sigma[:, 2]
    guard = bold.observers.index("guard")
    assert bold.belief_after[0, guard] == pytest.approx(
        [*expected, shout[0] / shout.sum()], abs=SOLVED
    )
    assert expected[1] > expected[0]
    for one in (bold, shy):
        assert_parts_sum(one)


# --- several movers, redraws, disagreement, chances that read a type ------------------------------


@pytest.mark.parametrize("player", ["one", "two"])
@pytest.mark.parametrize("belief", [0.6, 0.123])
@pytest.mark.parametrize("stage", ["meeting", "battle"])
def test_parts_sum_wherever_somebody_chooses(player, belief, stage):
    if (player, stage) == ("one", "battle"):
        return
    for period in (1, 2, 3):
        found = why(
            solved(MEETING), player, period=period, stage=stage,
            state={"front": "middle"}, belief={"one.hard": belief},
        )  # fmt: skip
        assert_parts_sum(found)
        assert np.abs(found.learnt).max() > 1e-6 or period == 3


def test_observers_start_from_their_own_priors():
    found = why(solved(MEETING), "two", period=1, state={"front": "middle"})
    two, one = found.observers.index("two"), found.observers.index("one")
    assert found.belief["one.hard"] == pytest.approx(0.6)  # the even mixture of 0.5 and 0.7
    assert found.belief_before[0, two] == pytest.approx(0.7)
    assert math.isnan(found.belief_before[0, one])


def test_result_that_reads_a_type_teaches_by_the_state_it_leads_to():
    found = why(
        solved(MEETING), "two", period=1, stage="battle",
        state={"front": "middle"}, belief={"one.hard": 0.6},
    )  # fmt: skip
    two = found.observers.index("two")
    # what is expected of a test before it is made is what is believed: beliefs are a martingale
    assert found.belief_after[0, two] == pytest.approx([0.7, 0.7])
    assert np.abs(found.learnt[:, 1]).max() > 1e-6
    assert np.abs(found.learnt[:, 0]).max() < 1e-14  # the rounding of interpolation weights


def test_game_without_end_is_explained_by_values_that_have_settled():
    endless = MEETING.replace("count: 3", "count: forever")
    game = solved(endless)
    found = why(game, "one", period=7, state={"front": "middle"}, belief={"one.hard": 0.3})
    assert_parts_sum(found)
    again = why(game, "one", period=60, state={"front": "middle"}, belief={"one.hard": 0.3})
    assert again.value == pytest.approx(found.value, abs=1e-9)


def test_frozen_beliefs_reveal_nothing():
    scenario = scenario_from(HEAD + SIGNAL)
    game = solve(compile_game(scenario, grid=3, learning=False))
    found = why(game, "sender", period=1, state={})
    assert np.all(found.learnt == 0.0)
    assert_parts_sum(found)


def test_solution_on_histories_is_refused_with_what_would_do():
    exact = solve(compile_game(scenario_from(HEAD + CHOICE + "solver: {beliefs: history}\n")))
    with pytest.raises(GameError, match="G554"):
        why(exact, "climber", period=1, state={})


# --- tables ---------------------------------------------------------------------------------------


def test_tables_name_every_axis(choice):
    tables = choice.to_pandas()
    assert tables["acts"].loc["climb", "value"] == pytest.approx(0.25)
    assert tables["terms"].loc[("climb cost", "climb"), "paid"] == pytest.approx(-0.3)
    signal = why(solved(SIGNAL), "sender", period=1, state={}).to_pandas()["beliefs"]
    assert set(signal["observer"]) == {"receiver"}
    assert len(signal) == 4
