"""Mechanisms are woven in where their roles are bound, in whatever order they are listed."""

from __future__ import annotations

import itertools

import pytest

from helpers.crises import action_of, effect_of, small, stage_of
from offramp.errors import ScenarioError
from offramp.scenario import bind
from offramp.scenario.expressions import Binary, Compare, Const, Did, Level, Parameter, Unary, Was


def number(value):
    return {"value": value, "unit": "payoff", "source": "judgement"}


LIBRARY = {
    "pride": {
        "says": "Holding out is worth something.",
        "roles": {"who": "player", "act": "action", "here": "stage", "front": "variable",
                  "slide": "effect"},
        "parameters": {"glory": number(1), "b_slide": number(0.5)},
        "shift": {"slide": "b_slide * (share(front) > share(was(front, 1)))"},
        "pays": {"who": {"glory": "glory * share(front)"}, "act": {"who": "glory"}},
        "cost": {"act": "glory / 2"},
        "forbid": {"act": "front == war"},
        "set": {"slip": 0.5, "who.precision": 7},
        "effects": [{"name": "echo", "at": "here", "when": "did(act)", "move": "front", "by": -1}],
        "rival": {
            "name": "shame",
            "says": "It is embarrassing.",
            "parameters": {"blush": number(2)},
            "pays": {"who": {"blush": "-blush"}},
        },
    },
    "thrift": {
        "says": "Means are short.",
        "roles": {"act": "action", "slide": "effect"},
        "parameters": {"strain": number(0.2)},
        "shift": {"slide": "strain"},
        "cost": {"act": "strain"},
    },
}  # fmt: skip
ROLES = {"who": "south", "act": "north.push", "here": "answer", "front": "rung", "slide": "climb"}
PRIDE = {"use": "pride", "roles": ROLES}
THRIFT = {"use": "thrift", "roles": {"act": "north.push", "slide": "climb"}}


def crisis(*uses, **settings):
    return bind(small(mechanisms=list(uses), library=LIBRARY), settings=settings)


def test_content_takes_hold_where_its_roles_are_bound():
    found = crisis(PRIDE)
    push = action_of(found, "north", "push")
    rung = Level("rung")
    assert effect_of(found, "climb").shifts == (
        Binary("*", Parameter("b_slide"),
               Compare((Level("rung", share=True), Was("rung", 1, share=True)), (">",))),
    )  # fmt: skip
    assert [(p.player, p.term) for p in push.pays] == [
        ("north", "push cost"), ("south", "pride"), ("north", "pride"),
    ]  # fmt: skip
    assert push.conditions == (Unary("not", Compare((rung, Const(2.0)), ("==",))),)
    echo = stage_of(found, "answer").added[0]
    assert (echo.name, echo.variable, echo.by) == ("echo", "rung", Const(-1.0))
    assert echo.when == Did((("north", "push"),))
    assert found.parameters["slip"] == 0.5
    assert found.players[1].precision == 7.0
    glory = next(pay for pay in found.payoffs if pay.term == "glory")
    assert (glory.player, glory.amount) == (
        "south", Binary("*", Parameter("glory"), Level("rung", share=True)),
    )  # fmt: skip


def test_absent_is_as_if_it_were_not_there():
    absent, removed = crisis(PRIDE, pride="absent"), crisis()
    assert absent.stages == removed.stages
    assert absent.payoffs == removed.payoffs
    assert absent.players == removed.players
    assert {k: absent.parameters[k] for k in removed.parameters} == removed.parameters


def test_a_rival_takes_the_place_whole():
    found = crisis(PRIDE, pride="rival")
    assert found.stages == crisis().stages
    assert [pay.term for pay in found.payoffs] == ["gain", "loss", "blush"]
    assert found.settings == {"pride": "rival"}


def test_order_never_matters():
    worlds = [crisis(*uses) for uses in itertools.permutations([PRIDE, THRIFT])]
    assert worlds[0].stages == worlds[1].stages
    assert worlds[0].payoffs == worlds[1].payoffs
    assert len(effect_of(worlds[0], "climb").shifts) == 2


def test_a_role_of_several_stands_for_each():
    library = {
        "wave": {
            "says": "All move together.",
            "roles": {"fronts": "variable", "who": "player", "acts": "action", "here": "stage"},
            "pays": {"who": {"calm": 1}, "acts": {"who": 2}},
            "effects": [
                {"name": "swell", "at": "here", "when": "did(acts)", "move": "fronts",
                 "by": "1 - share(fronts)"},
            ],
        }
    }  # fmt: skip
    roles = {"fronts": ["rung", "price"], "who": ["north", "south"],
             "acts": ["north.push", "south.bid"], "here": ["press", "answer"]}  # fmt: skip
    found = bind(small(mechanisms=[{"use": "wave", "roles": roles}], library=library))
    for name in ("press", "answer"):
        added = stage_of(found, name).added
        assert [effect.variable for effect in added] == ["rung", "price"]
        assert [effect.by for effect in added] == [
            Binary("-", Const(1.0), Level(variable, share=True)) for variable in ("rung", "price")
        ]
        assert len(added[0].when.acts) == 4  # push, and the three members of bid
    assert [p.player for p in found.payoffs if p.term == "calm"] == ["north", "south"]
    paid = [p.player for p in action_of(found, "south", "bid_0.25").pays if p.term == "wave"]
    assert paid == ["north", "south"]


def test_a_redraw_may_fill_a_role():
    library = {
        "forget": {
            "says": "Each crisis is judged anew.",
            "roles": {"who": "player", "here": "stage"},
            "effects": [{"name": "anew", "at": "here", "redraw": "who"}],
        }
    }
    uses = [{"use": "forget", "roles": {"who": "north", "here": "answer"}}]
    assert effect_of(bind(small(mechanisms=uses, library=library)), "anew").redraw == "north"


def test_a_mechanism_may_be_used_twice_under_two_names():
    first = {**THRIFT, "name": "thrift-one"}
    second = {"use": "thrift", "name": "thrift-two", "setting": "absent",
              "roles": {"act": "south.bear", "slide": "climb"}}  # fmt: skip
    found = crisis(first, second)
    assert found.settings == {"thrift-one": "asserted", "thrift-two": "absent"}
    assert len(effect_of(found, "climb").shifts) == 1


@pytest.mark.parametrize(
    ("use", "setting"),
    [
        ({}, "asserted"),
        ({"setting": "rival"}, "rival"),
        ({"setting": {"asserted": 0.5, "rival": 0.5}}, "asserted"),
        ({"setting": {"asserted": 0.5, "rival": 0.5}, "base": "rival"}, "rival"),
        ({"base": "absent"}, "absent"),
    ],
)
def test_the_base_world_uses_the_base_setting(use, setting):
    assert crisis({**PRIDE, **use}).settings == {"pride": setting}


def test_two_mechanisms_may_set_one_thing_in_different_worlds():
    library = {
        name: {"says": "x", "set": {"slip": value}, "rival": {"name": f"no-{name}", "says": "y"}}
        for name, value in (("a", 0.1), ("b", 0.2))
    }
    scenario_uses = [{"use": "a", "base": "rival"}, {"use": "b", "base": "rival"}]
    with pytest.raises(ScenarioError, match="set by two mechanisms"):
        small(mechanisms=scenario_uses, library=library)  # all asserted is a world, too


def test_every_shipped_mechanism_fits_the_format():
    from offramp.scenario.library import _shipped_mechanism, list_mechanisms

    for name in list_mechanisms():
        assert _shipped_mechanism(name) is not None


TIED = {
    "says": "Holding out is worth something, and this says it too.",
    "roles": {"who": "player"},
    "ties": {"pride": "rival"},
    "pays": {"who": {"blush_too": 1}},
    "rival": {"name": "other", "says": "It is not.", "note": "nothing is paid"},
}
SAME = {"use": "same", "roles": {"who": "south"}}


@pytest.mark.parametrize(("setting", "counts"), [("asserted", True), ("rival", False)])
def test_what_a_tied_mechanism_says_already_counts_once(setting, counts):
    library = {**LIBRARY, "same": TIED}
    found = bind(small(mechanisms=[PRIDE, SAME], library=library), settings={"pride": setting})
    assert ("blush_too" in {pay.term for pay in found.payoffs}) is counts


def test_a_role_may_stand_for_a_number_of_the_scenario():
    mechanism = {
        "says": "The toll is felt.",
        "roles": {"who": "player", "price": "parameter"},
        "parameters": {"felt": number(2)},
        "pays": {"who": {"felt_toll": "-felt * price"}},
        "set": {"price": 3},
        "rival": {"name": "numb", "says": "It is not.", "note": "nothing is paid"},
    }
    use = {"use": "felt-toll", "roles": {"who": "south", "price": "toll"}}
    found = bind(small(mechanisms=[use], library={"felt-toll": mechanism}))
    [pay] = [pay for pay in found.payoffs if pay.term == "felt_toll"]
    assert pay.amount == Binary("*", Unary("-", Parameter("felt")), Parameter("toll"))
    assert found.parameters["toll"] == 3
