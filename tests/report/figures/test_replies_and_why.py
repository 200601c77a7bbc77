"""Charts of answers: replies and reasons say what the answer says."""

from __future__ import annotations

import pytest

from helpers.figures import HOSTILE, act, case_answer, compiled, rows, run_answer, texts
from offramp.report.answers import ScenarioHead, SwitchRow, WhyAct, WhyAnswer, WhyTerm
from offramp.report.figures.replies import reply_matrix
from offramp.report.figures.why import REVEALS, WORTH, why_waterfall
from offramp.report.figures.words import printable


def test_bars_are_the_answers_shares():
    solved = case_answer(
        "solved",
        replies=[act(0.25, "yield", type="firm"), act(0.75, "fight", type="firm"),
                 act(0.6, "yield", type="hollow"), act(0.4, "fight", type="hollow"),
                 act(1.0, "grab", player="challenger", stage="test")],
    )  # fmt: skip
    bound = case_answer("bound", replies=[act(1.0, "fight", type="firm", bound=1.0)])
    found = [
        row
        for row in rows(compiled(reply_matrix(run_answer(solved, bound).replies)))
        if "act" in row
    ]
    told = {(r["case"], r["player"], r["stage"], r["type"], r["act"]): r["share"] for r in found}
    assert told == {
        (case.case, r.player, r.stage, r.type or "", r.act): r.share
        for case in (solved, bound)
        for r in case.replies
    }
    bar = [r for r in found if (r["case"], r["type"]) == ("solved", "firm")]
    assert [(r["start"], round(r["stop"], 2)) for r in bar] == [(0.0, 0.25), (0.25, 1.0)]
    policy = {r["case"]: r["policy"] for r in found if r["policy"]}
    assert policy == {"bound": "100 % by policy"}


def test_acts_are_named_in_their_bars_as_far_as_they_fit():
    case = case_answer(replies=[act(0.9, "negotiate"), act(0.1, "retaliate")])
    found = {
        row["act"]: row["label"] for row in rows(compiled(reply_matrix(run_answer(case).replies)))
    }
    assert found["negotiate"] == "negotiate"
    assert found["retaliate"] in ("", "re…", "ret…")


def why(*acts: WhyAct, **changes) -> WhyAnswer:
    head = ScenarioHead(name="toy", title="A toy", period="", hash="", view=None, set={}, grid=None)
    told = {
        "offramp": "0", "scenario": head, "case": "solved", "player": "patron", "type": "hollow",
        "period": 1, "stage": "reply", "state": {}, "beliefs": {}, "is_bound": False,
        "acts": list(acts), "after": [], "switches": [],
    }  # fmt: skip
    return WhyAnswer(**{**told, **changes})


FIGHT = WhyAct(
    act="fight", chance=0.3, worth=-0.25, reveals=0.5,
    terms=[WhyTerm(term="order", paid=0.25, later=0.5, learnt=0.25),
           WhyTerm(term="fight cost", paid=-1.5, later=0.0, learnt=0.25)],
)  # fmt: skip
YIELD = WhyAct(act="yield", chance=0.7, worth=0.0, reveals=0.0, terms=[])


def test_steps_lead_from_nothing_to_the_worth():
    found = [row for row in rows(compiled(why_waterfall(why(FIGHT, YIELD)))) if "term" in row]
    steps = [row for row in found if row["act"] == "fight"]
    assert [(row["term"], row["value"]) for row in steps] == [
        ("order", 0.75),
        ("fight cost", -1.5),
        (REVEALS, 0.5),
        (WORTH, -0.25),
    ]
    ends = [0.0, *(row["stop"] for row in steps)]
    assert [row["start"] for row in steps[:-1]] == ends[:-2]
    assert ends[-2] == steps[-1]["stop"] == FIGHT.worth
    assert [row["told"] for row in steps] == ["+0.750", "-1.50", "+0.500", "-0.250"]
    assert [row["value"] for row in found if row["act"] == "yield"] == [0.0]


def test_small_terms_are_added_up_where_there_are_many():
    terms = [WhyTerm(term=f"t{i}", paid=2.0**-i, later=0.0, learnt=0.0) for i in range(12)]
    many = WhyAct(act="go", chance=1.0, worth=2 - 2.0**-11, reveals=0.0, terms=terms)
    found = [row for row in rows(compiled(why_waterfall(why(many)))) if "term" in row]
    assert len(found) == 9
    rest = found[-2]
    assert rest["term"] == "5 smaller terms"
    assert rest["value"] == sum(2.0**-i for i in range(7, 12))
    assert rest["stop"] == pytest.approx(many.worth)


def test_two_steps_of_one_name_have_a_line_each():
    terms = [WhyTerm(term=name, paid=0.5, later=0.0, learnt=0.0) for name in (WORTH, "a")]
    one = WhyAct(act="go", chance=1.0, worth=1.0, reveals=0.0, terms=terms)
    found = [row for row in rows(compiled(why_waterfall(why(one)))) if "term" in row]
    assert [row["key"] for row in found] == [WORTH, "a", f"{WORTH} (2)"]


def test_what_switches_the_reply_and_who_decides_is_said():
    switch = SwitchRow(by="payment", change="'fight' were worth 0.4 more", to="fight")
    told = texts(compiled(why_waterfall(why(FIGHT, switches=[switch], is_bound=True))))
    assert "It would rather fight if 'fight' were worth 0.4 more." in told
    assert "The policy decides here, not the player." in told
    assert "right is better" in told


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_are_data(name):
    case = case_answer(name, replies=[act(0.5, name, player=name, stage=name, type=name),
                                      act(0.5, "b", player=name, stage=name, type=name)])  # fmt: skip
    found = rows(compiled(reply_matrix(run_answer(case).replies)))
    assert {row["act"] for row in found} == {printable(name), "b"}
    one = WhyAct(act=name, chance=1.0, worth=1.0, reveals=0.0,
                 terms=[WhyTerm(term=name, paid=1.0, later=0.0, learnt=0.0)])  # fmt: skip
    asked = why(one, player=name, stage=name, type=name, case=name)
    found = rows(compiled(why_waterfall(asked)))
    assert printable(name) in {row.get("term") for row in found}
