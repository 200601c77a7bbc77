"""The check of states finds what never happens, and nothing else."""

from __future__ import annotations

import pytest

from offramp.errors import TooLargeError
from offramp.game import GameReport, check_game, compile_game
from offramp.scenario import parse_scenario

LADDER = """
offramp: 1
name: small
period: {unit: month, count: 4}
variables:
  rung: {levels: [r0, r1, r2], start: r0}
players:
  one: {precision: 1, discount: 0.9}
  two: {precision: 1, discount: 0.9}
stages:
  - name: climb
    player: one
    actions:
      stay: {}
      climb: {when: rung < r2, effects: [{move: rung, by: 1}]}
      bid: {over: [1, 2]}
  - name: answer
    player: two
    actions:
      bear: {}
      yield: {effects: [{set: rung, to: r0}]}
payoffs:
  one: {height: share(rung)}
"""

MATRIX = """
offramp: 1
name: matrix
period: {unit: month, count: 1}
players:
  one: {precision: 1, discount: 0.9}
  two: {precision: 1, discount: 0.9}
stages:
  - players: [one, two]
    actions:
      one: {swerve: {}, drive: {pays: {one: 1 - 2 * did(two.drive)}}}
      two: {swerve: {}, drive: {pays: {two: 1}}}
"""


def checked(rest: str = "", text: str = LADDER) -> GameReport:
    return check_game(parse_scenario(text + rest))


def codes(report: GameReport) -> list[str]:
    return [problem.code for problem in report.problems]


def policy(player: str, when: str) -> str:
    act = {"one": "stay", "two": "bear"}[player]
    return f"{player}: [{{when: '{when}', play: {act}}}]"


# --- memory that only a clause of a policy asks for ------------------------------------------


@pytest.mark.parametrize(
    ("player", "when"),
    [
        ("two", "periods_since(rung == r1, 3) > 1"),
        ("two", "periods_since(did(one.climb), 3) == 2"),
        ("one", "periods_since(was(rung) == r1, 3) == 1"),
        ("two", "was(rung) == r1"),
        ("one", "share(was(rung, 1)) > 0"),
        ("two", "did(one.climb)"),
        ("one", "did(one.climb, 1)"),
        ("two", "chose(one) == 2"),
    ],
)
def test_a_clause_may_alone_ask_for_memory(player, when):
    text = LADDER + f"policies: {{bound: {{{policy(player, when)}}}}}\n"
    assert codes(checked(text=text)) == []
    assert compile_game(parse_scenario(text), case="bound").usage.clauses == {0}


def test_a_clause_that_remembers_what_cannot_have_happened_is_found():
    never = policy("one", "did(one.climb)")  # its own act, before it moves
    undone = policy("two", "did(two.yield, 1) and was(rung) == r1")  # who yields is back at r0
    report = checked(f"policies: {{early: {{{never}}}, undone: {{{undone}}}}}\n")
    assert [(problem.code, problem.path) for problem in report.problems] == [
        ("G508", "policies.early.one[1]"),
        ("G508", "policies.undone.two[1]"),
    ]


def test_what_a_policy_has_remembered_is_counted_among_the_costs():
    when = policy("two", "periods_since(rung == r1, 3) > 1")
    free, bound = checked(), checked(f"policies: {{free: {{}}, bound: {{{when}}}}}\n")
    assert free.memory_cost == {}
    assert bound.memory_cost["periods_since"] == pytest.approx(
        sum(bound.n_states.values()) / sum(free.n_states.values())
    )


def test_policies_do_not_pay_for_what_others_have_remembered():
    waits = [policy("two", f"periods_since(rung == r{level}, 1000) > 2") for level in (0, 1, 2)]
    waits += [policy("two", f"periods_since(did({act}), 1000) > 2")
              for act in ("one.climb", "two.yield", "one.stay")]  # fmt: skip
    policies = ", ".join(f"wait{number}: {{{wait}}}" for number, wait in enumerate(waits))
    assert codes(checked(f"policies: {{{policies}}}\n")) == []  # all together: 10**18 codes


# --- the last period -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "rest",
    [
        "endings: {over: {when: period == 4 and rung == r2, pays: {one: 1}}}",
        "endings: {over: {when: period == 4 and did(two.yield), pays: {two: 1}}}",
        "policies: {late: {two: [{when: period == 4 and rung == r2, play: yield}]}}",
        "policies: {late: {two: [{when: 'period == 4 and was(rung, 1) == r1', play: yield}]}}",
    ],
)
def test_what_happens_only_on_the_last_day_happens(rest):
    assert codes(checked(rest)) == []


def test_an_act_of_the_last_day_can_be_taken():
    late = LADDER.replace("bear: {}", "bear: {}\n      grab: {when: period == 4, pays: {two: 8}}")
    after = late.replace("period == 4", "period == 5")
    assert codes(checked(text=late)) == []
    assert codes(checked(text=after)) == ["G505"]


# --- no variables ----------------------------------------------------------------------------


@pytest.mark.parametrize("worth", ["1", "1 - 2 * did(two.drive)"])
def test_a_crisis_may_have_no_variables(worth):
    report = checked(text=MATRIX.replace("1 - 2 * did(two.drive)", worth))
    assert codes(report) == []
    assert set(report.n_states.values()) == {1}


def test_memory_alone_can_be_too_much():
    counted = " + ".join(f"periods_since(did(one.drive, {lag}), 1000)" for lag in range(6))
    text = MATRIX + f'payoffs: {{one: {{wait: "{counted}"}}}}\n'
    assert codes(checked(text=text)) == ["G520"]
    with pytest.raises(TooLargeError, match=r"the widest: periods_since \(1000 levels\)"):
        compile_game(parse_scenario(text))


def test_a_family_may_have_members_that_are_never_taken() -> None:
    text = """
offramp: 1
name: family
period: {unit: bid, count: 2}
variables: {bid: {levels: {from: 0, to: 2}, start: 1}}
players: {north: {precision: 1}}
stages:
  - player: north
    actions:
      pass: {}
      raise: {over: {from: 1, to: 2}, when: WHEN, effects: [{set: bid, to: chose(north)}]}
payoffs: {north: {prize: bid}}
"""
    some = parse_scenario(text.replace("WHEN", "chose(north) > bid"))
    assert not [p for p in check_game(some).problems if p.code == "G505"]
    none = parse_scenario(text.replace("WHEN", "chose(north) > bid + 2"))
    assert [p.path for p in check_game(none).problems if p.code == "G505"]
