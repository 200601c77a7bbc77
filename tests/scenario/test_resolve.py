"""Names mean what stands beside them."""

from __future__ import annotations

import pytest

from helpers.crises import small, small_crisis
from offramp.errors import ScenarioError
from offramp.scenario import parse_claim
from offramp.scenario.expressions import (
    Belief,
    Binary,
    Call,
    Chose,
    Compare,
    Const,
    Did,
    Level,
    MeasureCall,
    MeasureOf,
    Parameter,
    Period,
    Since,
    Was,
)

RUNG = Level("rung")
SHARE = Level("rung", share=True)


def payoff(text):
    crisis = small_crisis(payoffs={"north": {"gain": "stake"}, "south": {"loss": text}})
    return next(pay.amount for pay in crisis.payoffs if pay.term == "loss")


def measure(text):
    return small_crisis(measures={"asked": {"is": text}}).measures[0].is_


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("rung", RUNG),
        ("share(rung)", SHARE),
        ("was(rung)", Was("rung", 0)),
        ("was(rung, 2)", Was("rung", 2)),
        ("share(was(rung, 1))", Was("rung", 1, share=True)),
        ("toll", Parameter("toll")),
        ("period", Period()),
        ("period()", Period()),
        ("chose(south)", Chose("south")),
        ("did(north.push)", Did((("north", "push"),), 0)),
        ("did(north.push, 1)", Did((("north", "push"),), 1)),
        ("did(south.bid_0.25)", Did((("south", "bid_0.25"),), 0)),
        ("did(south.bid)", Did((("south", "bid_0"), ("south", "bid_0.25"), ("south", "bid_0.5")))),
        ("periods_since(rung == war, 4)", Since(Compare((RUNG, Const(2.0)), ("==",)), 4)),
        ("belief(north.bold)", Belief(None, "north", "bold")),
        ("belief(south, north.bold)", Belief("south", "north", "bold")),
        ("logistic(toll)", Call("logistic", (Parameter("toll"),))),
    ],
)
def test_words_of_the_state(text, meant):
    assert payoff(text) == meant


@pytest.mark.parametrize(
    ("text", "operands"),
    [
        ("rung >= shots", (RUNG, Const(1.0))),
        ("shots <= rung", (Const(1.0), RUNG)),
        ("calm < rung < war", (Const(0.0), RUNG, Const(2.0))),
        ("was(rung, 1) == war", (Was("rung", 1), Const(2.0))),
        ("(rung) == (war)", (RUNG, Const(2.0))),
        ("rung > toll", (RUNG, Parameter("toll"))),
        ("price >= 0.3", (Level("price"), Const(0.3))),
        ("rung == was(rung)", (RUNG, Was("rung", 0))),
        ("share(rung) > 0.5", (SHARE, Const(0.5))),
    ],
)
def test_a_name_beside_a_variable_is_a_level_of_it_first(text, operands):
    found = payoff(text)
    assert isinstance(found, Compare)
    assert found.operands == operands


def test_a_level_wins_over_a_parameter_of_its_name():
    parameters = {"war": {"value": 7, "unit": "payoff", "source": "judgement"}}
    crisis = small_crisis(
        parameters={**PARAMETERS, **parameters},
        payoffs={"north": {"gain": "stake"}, "south": {"loss": "war * (rung == war)"}},
    )
    amount = next(pay.amount for pay in crisis.payoffs if pay.term == "loss")
    assert amount == Binary("*", Parameter("war"), Compare((RUNG, Const(2.0)), ("==",)))


PARAMETERS = {
    "toll": {"value": 2, "unit": "payoff", "source": "judgement"},
    "slip": {"value": 0.25, "unit": "probability", "source": "judgement"},
}


def test_words_that_programs_reserve_are_names_here():
    stages = [
        {"player": "north", "actions": {"yield": {}, "pass": {"when": "not did(north.yield, 1)"}}},
        {"player": "south", "actions": {"class": {}, "None": {}}},
    ]
    crisis = small_crisis(stages=stages, measures={"asked": {"is": "count(south.None)"}},
                          payoffs={"north": {"gain": "stake"}})  # fmt: skip
    assert crisis.measures[0].is_ == MeasureCall("count", (), (), ("south", "None"))


WAR = Compare((RUNG, Const(2.0)), ("==",))


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("ever(rung == war)", MeasureCall("ever", (WAR,))),
        ("ever(rung == war, by=2)", MeasureCall("ever", (WAR,), (("by", 2.0),))),
        ("time_to(rung == war)", MeasureCall("time_to", (WAR,))),
        ("final(share(rung))", MeasureCall("final", (SHARE,))),
        ("start(rung)", MeasureCall("start", (RUNG,))),
        ("change(rung)", MeasureCall("change", (RUNG,))),
        ("mean(rung)", MeasureCall("mean", (RUNG,))),
        ("sum(toll * rung)", MeasureCall("sum", (Binary("*", Parameter("toll"), RUNG),))),
        ("peak(rung)", MeasureCall("peak", (), (), ("rung",))),
        ("count(north.push)", MeasureCall("count", (), (), ("north", "push"))),
        (
            "after(did(north.push), rung == war, within=1)",
            MeasureCall("after", (Did((("north", "push"),)), WAR), (("within", 1.0),)),
        ),
        ("belief(south, north.meek)", MeasureCall("belief", (), (), ("south", "north", "meek"))),
        ("value(north)", MeasureCall("value", (), (), ("north",))),
        ("own_value(south)", MeasureCall("own_value", (), (), ("south",))),
        (
            "2 * value(north) - toll",
            Binary(
                "-",
                Binary("*", Const(2.0), MeasureCall("value", (), (), ("north",))),
                Parameter("toll"),
            ),
        ),
        (
            "max(value(north), 0)",
            Call("max", (MeasureCall("value", (), (), ("north",)), Const(0.0))),
        ),
    ],
)
def test_words_of_measures(text, meant):
    assert measure(text) == meant


def test_a_family_is_counted_together():
    counts = [MeasureCall("count", (), (), ("south", f"bid_{x}")) for x in ("0", "0.25", "0.5")]
    assert measure("count(south.bid)") == Binary("+", Binary("+", counts[0], counts[1]), counts[2])


def test_a_claim_compares_measures_of_cases_with_hyphens_in_their_names():
    scenario = small(policies={"send-now": {}, "stay-out": {}})
    assert parse_claim("wars[send-now] > 1.25 * wars[stay-out]", scenario) == Compare(
        (
            MeasureOf("wars", "send-now"),
            Binary("*", Const(1.25), MeasureOf("wars", "stay-out")),
        ),
        (">",),
    )


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("wars[never] > 0", "S204"),
        ("war[solved] > 0", "S204"),
        ("wars > 0", "S326"),
        ("rung == war", "S326"),
        ("ever(rung == war)", "S208"),
        ("wars[solved", "S206"),
    ],
)
def test_a_claim_about_something_else_is_refused(text, code):
    with pytest.raises(ScenarioError) as caught:
        parse_claim(text, small())
    assert caught.value.problems[0].code == code


def test_every_fault_of_an_expression_is_found_at_once():
    with pytest.raises(ScenarioError) as caught:
        payoff("share(rugn) + tol * (rung == clam) + did(north.pusj)")
    assert [problem.code for problem in caught.value.problems] == ["S204"] * 4
    meant = [problem.hint.split("'")[1] for problem in caught.value.problems]
    assert meant == ["rung", "toll", "calm", "push"]


@pytest.mark.parametrize("place", ["precision", "discount"])
def test_numbers_of_a_player_may_be_expressions_of_parameters(place):
    crisis = small_crisis(players={
        "north": {"precision": 3, "types": {"bold": {"set": {"stake": 2}}}},
        "south": {"precision": 1, place: "slip * toll"},
    })  # fmt: skip
    assert getattr(crisis.players[1], place) == 0.5
