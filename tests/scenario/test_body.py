"""What stands at stages, in payoffs and endings is spelled out for the compiler."""

from __future__ import annotations

import pytest

from helpers.crises import action_of, effect_of, small_crisis, stage_of
from offramp.scenario.expressions import Binary, Chose, Compare, Const, Level, Parameter, Unary

HOLD = {"player": "north", "actions": {"hold": {}}}
PLAIN = {"payoffs": {"north": {"gain": "stake"}}, "measures": {}}


def test_a_cost_is_a_payment_by_the_mover():
    pays = action_of(small_crisis(), "north", "push").pays
    assert [(p.player, p.term, p.amount) for p in pays] == [
        ("north", "push cost", Unary("-", Parameter("toll")))
    ]


def test_payments_are_called_by_what_pays_them():
    stages = [
        {
            "name": "press",
            "player": "north",
            "actions": {
                "push": {
                    "pays": {"south": 1},
                    "effects": [
                        {"pays": {"north": 2}},
                        {
                            "name": "climb",
                            "pays": {"north": 3},
                            "then": [{"pays": {"north": 4}}],
                            "else": [{"name": "fall", "pays": {"north": 5}}],
                        },
                    ],
                }
            },
            "effects": [{"pays": {"south": 6}}],
        }
    ]
    endings = {"rout": {"when": "rung == war", "pays": {"south": 7}}}
    crisis = small_crisis(stages=stages, endings=endings, **PLAIN)
    push = action_of(crisis, "north", "push")
    climb = effect_of(crisis, "climb")
    terms = {p.amount.value: p.term for p in (*push.pays, *climb.pays, *crisis.endings[0].pays)}
    terms |= {e.pays[0].amount.value: e.pays[0].term
              for e in (push.effects[0], *climb.then, *climb.otherwise,
                        *stage_of(crisis, "press").effects)}  # fmt: skip
    assert terms == {1: "push", 2: "push effect 1", 3: "climb", 4: "climb then 1", 5: "fall",
                     6: "press effect 1", 7: "rout"}  # fmt: skip


def test_a_family_becomes_one_action_for_each_number():
    crisis = small_crisis()
    answers = stage_of(crisis, "answer").movers[0].actions
    assert [(a.name, a.value) for a in answers] == [
        ("bear", None), ("bid_0", 0.0), ("bid_0.25", 0.25), ("bid_0.5", 0.5),
    ]  # fmt: skip


def test_a_member_of_a_family_knows_its_number():
    bid = action_of(small_crisis(), "south", "bid_0.5")
    assert bid.conditions == (Compare((Const(0.5), Const(0.25)), ("<=",)),)
    assert bid.pays[0].amount == Const(0.5)
    assert bid.pays[0].term == "bid"


def test_another_players_number_stays_open():
    stages = [
        {
            "player": "north",
            "actions": {"ask": {"over": [1, 2], "pays": {"north": "chose(south)"}}},
        },
        {
            "player": "south",
            "actions": {"bid": {"over": [1, 2], "pays": {"south": "chose(north)"}}},
        },
    ]
    crisis = small_crisis(stages=stages, **PLAIN)
    assert action_of(crisis, "south", "bid_2").pays[0].amount == Chose("north")


def test_numeric_levels_are_the_numbers_that_a_person_writes():
    price = small_crisis().variables[1]
    assert price.values[:4] == (0.0, 0.1, 0.2, 0.3)
    assert price.levels[3] == "0.3"
    assert len(price.levels) == 11


def test_levels_with_names_stand_for_their_index():
    rung = small_crisis().variables[0]
    assert (rung.levels, rung.values) == (("calm", "shots", "war"), (0.0, 1.0, 2.0))


@pytest.mark.parametrize(
    ("variable", "to", "meant"),
    [
        ("rung", "shots", Const(1.0)),
        ("rung", 2, Const(2.0)),
        ("price", 0.7, Const(0.7)),
        ("price", "0.7", Const(0.7)),
        ("rung", "rung - 1", Binary("-", Level("rung"), Const(1.0))),
        ("price", "slip", Parameter("slip")),
    ],
)
def test_a_setting_is_a_level_or_an_expression(variable, to, meant):
    stages = [HOLD, {"effects": [{"name": "jump", "set": variable, "to": to}]}]
    assert effect_of(small_crisis(stages=stages, **PLAIN), "jump").to == meant


@pytest.mark.parametrize(
    ("unit", "per", "exponent"),
    [
        ("half-year", "quarter", 2.0),
        ("month", "year", 1 / 12),
        ("quarter", "month", 3.0),
        ("week", "2 weeks", 0.5),
        ("year", "years", 1.0),
        ("6 months", "year", 0.5),
    ],
)
def test_a_chance_is_converted_from_the_length_it_is_meant_for(unit, per, exponent):
    effects = [{"name": "drift", "move": "rung", "by": 1, "chance": 0.1, "per": per}]
    crisis = small_crisis(period={"unit": unit, "count": 2}, stages=[HOLD, {"effects": effects}],
                          **PLAIN)  # fmt: skip
    assert effect_of(crisis, "drift").exponent == pytest.approx(exponent)


def test_payoffs_per_year_are_converted_to_the_period():
    payoffs = {"per": "year", "north": {"gain": "stake"}}
    crisis = small_crisis(payoffs=payoffs, period={"unit": "quarter", "count": 2})
    assert crisis.payoffs[0].amount == Binary("*", Const(0.25), Parameter("stake"))


def test_one_player_and_several_are_written_alike_underneath():
    actions = {"north": {"hold": None}, "south": {"bear": {}}}
    crisis = small_crisis(stages=[{"players": ["north", "south"], "actions": actions}], **PLAIN)
    assert [mover.player for mover in crisis.stages[0].movers] == ["north", "south"]
    assert crisis.stages[0].name == "stage 1"


def test_a_ladder_holds_one_rung_or_several():
    stages = [{"player": "north", "actions": {"hold": {"ladder": 1}, "push": {"ladder": [3, 5]}}}]
    crisis = small_crisis(stages=stages, **PLAIN)
    assert [a.ladder for a in crisis.stages[0].movers[0].actions] == [(1,), (3, 5)]


def test_paths_and_places_lead_back_to_the_file():
    push = action_of(small_crisis(), "north", "push")
    assert push.path == "stages[press].actions.push"
    assert push.effects[0].path == "stages[press].actions.push.effects[climb]"
    assert push.effects[1].path == "stages[press].actions.push.effects[2]"
    assert push.where is not None
    assert '"push"' in push.where.text
