"""What a solution says at its information sets."""

from __future__ import annotations

import math

import pytest

from offramp.equilibrium import solve
from offramp.equilibrium.histories import HistoryEquilibrium, solve_histories
from offramp.equilibrium.information_sets import Sought, information_sets, set_names
from offramp.game import compile_game
from offramp.scenario import load_scenario, parse_scenario


@pytest.fixture(scope="module")
def signalling() -> HistoryEquilibrium:
    found = solve(compile_game(load_scenario("canon/crisis-signalling")))
    assert isinstance(found, HistoryEquilibrium)
    return found


def test_names_are_those_of_the_literature(signalling: HistoryEquilibrium) -> None:
    assert set_names(information_sets(signalling)) == [
        "A1|resolved", "A1|irresolute", "B|tough", "B|weak", "A2|resolved", "A2|irresolute",
    ]  # fmt: skip


def test_action_values_are_what_the_outcomes_pay(signalling: HistoryEquilibrium) -> None:
    for own_type, war in (("resolved", 0.2), ("irresolute", -1.0)):
        [last] = information_sets(signalling, Sought("A2", type=own_type))
        assert last.seen == ("challenge", "resist")
        assert dict(zip(last.acts, last.value, strict=True)) == pytest.approx(
            {"back_down": -0.4, "stand_firm": war}, abs=1e-10
        )


def test_values_beliefs_and_replies_hang_together(signalling: HistoryEquilibrium) -> None:
    sets = {one.type: one for one in information_sets(signalling, Sought("A1"))}
    [weak] = information_sets(signalling, Sought("B", type="weak"))
    challenge = {t: math.exp(one.log_probability[one.acts.index("challenge")])
                 for t, one in sets.items()}  # fmt: skip
    resolved = 0.2 * challenge["resolved"]
    belief = resolved / (resolved + 0.8 * challenge["irresolute"])
    assert weak.belief == pytest.approx({"A.resolved": belief, "A.irresolute": 1 - belief})
    # what resisting is worth to a weak B, from what A does next
    firm = {}
    for own_type in ("resolved", "irresolute"):
        [last] = information_sets(signalling, Sought("A2", type=own_type))
        firm[own_type] = math.exp(last.log_probability[last.acts.index("stand_firm")])
    war = belief * firm["resolved"] + (1 - belief) * firm["irresolute"]
    resist = weak.value[weak.acts.index("resist")]
    assert resist == pytest.approx(-war + (1 - war), abs=1e-10)
    assert weak.value[weak.acts.index("concede")] == pytest.approx(0.0, abs=1e-10)


def test_a_place_is_found_by_what_was_seen_on_the_way() -> None:
    game = compile_game(load_scenario("canon/ambiguous-alliance"))
    found = solve(game)
    assert isinstance(found, HistoryEquilibrium)
    assert len(information_sets(found, Sought("T"))) == 5
    [one] = information_sets(found, Sought("T", seen=("pi_0.5",)))
    assert one.seen == ("pi_0.5", "hold")
    names = set_names(information_sets(found))
    assert "T|pi_0.5" in names  # the client's `hold` goes before in any case
    assert len(set(names)) == len(names)


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        ("asymmetric-escalation", {"C1|hard", "D1|SS", "C2|hard|limited", "C2|soft|escalate", "D2|HH"}),
        ("reassurance", {"S1a|trustworthy", "S2|gesture", "S2|none", "S1b|expansionist|none"}),
        ("provocation-spoilers", {"X", "G|violence", "G|calm", "G|refrain"}),
        ("reputation", {"E1", "E2|fight", "M1|weak", "M2|strong|out"}),
        ("war-of-attrition", {"S0 1", "S1 3"}),
        ("gambling-resurrection", {"L|able", "V|settled", "V|victory", "V|defeat"}),
        ("coercion-rally", {"C", "T|none", "T|punish", "T|denial"}),
        ("limited-war-risk", {"C1", "D|resolute|p_0.4", "C2|p_0.8"}),
    ],
)  # fmt: skip
def test_acts_tell_apart_what_would_have_one_name(model: str, expected: set[str]) -> None:
    found = solve(compile_game(load_scenario(f"canon/{model}")))
    assert isinstance(found, HistoryEquilibrium)
    names = set_names(information_sets(found))
    assert expected <= set(names)
    assert len(set(names)) == len(names)


def test_what_chance_did_is_told_by_a_number() -> None:
    text = """
offramp: 1
name: after-chance
period: {unit: round, count: 1}
variables: {sky: {levels: [dry, wet], start: {dry: 0.5, wet: 0.5}}}
players: {north: {precision: 1}}
stages:
  - name: out
    player: north
    actions: {stay: {}, go: {cost: share(sky)}}
solver: {beliefs: history}
"""
    crisis = parse_scenario(text)
    found = solve_histories(compile_game(crisis, beliefs="history"))
    assert set_names(information_sets(found)) == ["out #1", "out #2"]
