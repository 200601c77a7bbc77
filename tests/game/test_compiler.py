"""States, rows and chains against counts and chances worked out by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from offramp.errors import GameError
from offramp.game import FORBIDDEN, FREE, Game, check_game, compile_game
from offramp.scenario import load_scenario

HEAD = """
offramp: 1
name: small
title: A small crisis
story: Two sides and a line.
"""


@pytest.fixture
def compiled(tmp_path: Path):
    """Return a function that compiles the body of a scenario file."""

    def compile_body(body: str, **options) -> Game:
        file = tmp_path / "small.yaml"
        file.write_text(HEAD + body)
        return compile_game(load_scenario(file), **options)

    return compile_body


LADDER = """
period: {unit: month, count: 5}
variables:
  rung: {levels: [r0, r1, r2, r3, r4], start: r0}
players:
  one: {precision: 1, discount: 0.9}
stages:
  - player: one
    actions:
      stay: {}
      climb: {when: rung < r4, effects: [{move: rung, by: 1}]}
payoffs:
  one: {height: share(rung)}
"""


def row_of(game: Game, stage: int, state: int, action: str) -> int:
    """Return the row of an action in a state of a one-mover stage."""
    options = game.table(0, stage).movers[0]
    for option in range(options.start[state], options.start[state + 1]):
        if options.names[options.action[option]] == action:
            return option
    raise AssertionError(action)


def leads_to(game: Game, stage: int, row: int) -> dict[str, float]:
    """Return the chance of each successor, told by its levels, for one row."""
    rows = game.table(0, stage).rows
    told = {}
    for entry in range(rows.entry_start[row], rows.entry_start[row + 1]):
        successor = rows.successor[entry]
        code = (
            game.codes[stage + 1][successor] if successor >= 0 else game.ended_codes[-1 - successor]
        )
        name = " ".join(game.space.describe(int(code)).values())
        told[name + ("" if successor >= 0 else " (ended)")] = float(rows.chance[entry, 0])
    return told


def state_number(game: Game, slot: int, **levels: str) -> int:
    """Return the number of the state of a slot with the given levels."""
    for number, code in enumerate(game.codes[slot]):
        described = game.space.describe(int(code))
        if all(described.get(name) == level for name, level in levels.items()):
            return number
    raise AssertionError(levels)


def test_states_are_counted_as_they_are_reached(compiled):
    game = compiled(LADDER)
    assert game.n_reached[:, 0].tolist() == [1, 2, 3, 4, 5]
    assert game.n_reached[:, 1].tolist() == [2, 3, 4, 5, 5]


def test_a_policy_that_binds_the_only_mover_removes_the_variable(compiled):
    body = LADDER + "policies: {free: {}, frozen: {one: {never: [climb]}}}\n"
    assert compiled(body, case="frozen").n_reached[:, 1].tolist() == [1] * 5
    assert compiled(body, case="free").n_reached[-1, 1] == 5


def test_effects_see_what_earlier_ones_left(compiled):
    body = LADDER.replace(
        "effects: [{move: rung, by: 1}]",
        "effects: [{move: rung, by: 1}, {when: rung == r1, move: rung, by: 2, chance: 0.25}]",
    )
    game = compiled(body)
    start = int(np.argmax(game.start[next(iter(game.start))]))
    assert leads_to(game, 0, row_of(game, 0, start, "climb")) == {"r1": 0.75, "r3": 0.25}


def test_then_and_else_follow_what_happened(compiled):
    effect = (
        "{chance: 0.4, move: rung, by: 1, then: [{move: rung, by: 1}], else: [{set: rung, to: r4}]}"
    )
    game = compiled(LADDER.replace("{move: rung, by: 1}", effect))
    start = int(np.argmax(game.start[next(iter(game.start))]))
    assert leads_to(game, 0, row_of(game, 0, start, "climb")) == pytest.approx(
        {"r2": 0.4, "r4": 0.6}
    )


def test_chances_are_converted_to_the_period(compiled):
    effect = "{move: rung, by: 1, chance: 0.2, per: quarter}"
    body = LADDER.replace("unit: month", "unit: half-year").replace("{move: rung, by: 1}", effect)
    game = compiled(body)
    start = int(np.argmax(game.start[next(iter(game.start))]))
    expected = {"r0": 0.8**2, "r1": 1 - 0.8**2}
    assert leads_to(game, 0, row_of(game, 0, start, "climb")) == pytest.approx(expected)


PAIR = """
period: {unit: month, count: 2}
variables:
  front: {levels: [a, b, c, d, e], start: c}
players:
  left: {precision: 1, discount: 0.9}
  right: {precision: 1, discount: 0.9}
stages:
  - players: [left, right]
    actions:
      left:  {push: {effects: [{move: front, by: 2}]}, cede: {effects: [{set: front, to: a}]}}
      right: {push: {effects: [{move: front, by: -1}]}, cede: {effects: [RIGHT]}}
payoffs:
  left: {ground: share(front)}
"""


def joint_row(game: Game, left: str, right: str) -> int:
    table = game.table(0, 0)
    for row in range(table.rows.start[0], table.rows.start[1]):
        names = [
            options.names[options.action[table.rows.option[row, k]]]
            for k, options in enumerate(table.movers)
        ]
        if names == [left, right]:
            return row
    raise AssertionError((left, right))


def test_simultaneous_settings_come_first_and_moves_add(compiled):
    game = compiled(PAIR.replace("RIGHT", "{move: front, by: 9}"))
    assert leads_to(game, 0, joint_row(game, "push", "push")) == {"d": 1.0}
    assert leads_to(game, 0, joint_row(game, "cede", "push")) == {"a": 1.0}
    assert leads_to(game, 0, joint_row(game, "cede", "cede")) == {"e": 1.0}


def test_two_settings_of_one_variable_at_once_are_refused(compiled):
    with pytest.raises(GameError) as caught:
        compiled(PAIR.replace("RIGHT", "{set: front, to: e}"))
    assert [problem.code for problem in caught.value.problems] == ["G507"]


def test_the_first_listed_ending_wins_and_pays_once(compiled):
    body = LADDER + (
        "endings:\n"
        "  high: {when: rung >= r1, pays: {one: 7}}\n"
        "  also: {when: rung >= r1, pays: {one: 100}}\n"
    )
    game = compiled(body)
    row = row_of(game, 0, 0, "climb")
    assert leads_to(game, 0, row) == {"r1 (ended)": 1.0}
    assert game.table(0, 0).rows.pay[row, 0, 0] == 7
    assert game.ended_by.tolist() == [0]
    assert game.ended_payoff[0][0, 0, 0, 0] == 0.25  # share(r1): the frozen state goes on paying


def test_an_act_is_remembered_as_long_as_something_asks(compiled):
    stage = "  - effects: [{move: rung, by: -1, when: did(one.climb), chance: 0.5}]\n"
    body = LADDER.replace("payoffs:", stage + "payoffs:")
    game = compiled(body)
    # after the first stage: r1 climbed to, and r0 stayed at; at the end nothing asks any more
    assert game.n_reached[0].tolist() == [1, 2, 2]
    assert sorted(len(game.space.describe(int(c))) for c in game.codes[1][:2]) == [1, 2]
    assert all(len(game.space.describe(int(c))) == 1 for c in game.codes[2])


def test_levels_of_earlier_periods_are_kept_when_asked_for(compiled):
    body = LADDER.replace("height: share(rung)", "gain: 'share(rung) - share(was(rung, 1))'")
    game = compiled(body)
    end = {tuple(game.space.describe(int(code)).items()) for code in game.codes[1]}
    assert (("rung", "r2"), ("was(rung)", "1")) in end  # the period before began at r0 (told as 0)
    assert game.roll.max() < len(game.codes[0])


def test_counters_start_at_never_and_stop_at_their_bound(compiled):
    body = LADDER.replace("height: share(rung)", "calm: 'periods_since(did(one.climb), 3)'")
    game = compiled(body)
    values = sorted(set(game.payoff[0][:, 0, 0, 0].tolist()))
    assert values == [0.0, 1.0, 2.0, 3.0]
    start = game.space.describe(int(game.codes[0][0]))
    assert start["periods_since"] == "3"


def test_clauses_bind_by_type(compiled):
    body = (
        LADDER.replace(
            "one: {precision: 1, discount: 0.9}",
            "one: {precision: 1, discount: 0.9, types: {bold: {prior: 0.5, set: {x: 1}}, "
            "shy: {prior: 0.5, set: {x: 0}}}}",
        )
        + "policies: {free: {}, tied: {one: [{type: bold, play: climb}, "
        "{type: shy, never: [climb]}]}}\n"
    )
    options = compiled(body, case="tied").table(0, 0).movers[0]
    by_name = {
        options.names[options.action[o]]: options.bound[o].tolist()
        for o in range(options.start[0], options.start[1])
    }
    assert by_name == {"stay": [0.0, FREE], "climb": [1.0, FORBIDDEN]}


def test_a_covert_act_makes_no_state_of_its_own(compiled):
    body = """
period: {unit: month, count: 1}
variables:
  calm: {levels: [broken, whole], start: whole}
  seen: {levels: [no, yes], start: no}
players:
  one: {precision: 1, discount: 0.9}
  two: {precision: 1, discount: 0.9}
stages:
  - player: one
    actions:
      wait: {effects: [{move: calm, by: -1, chance: 0.1}]}
      cut: {covert: wait, effects: [{move: calm, by: -1, chance: 0.6}]}
      shout: {}
  - player: two
    actions:
      look: {effects: [{when: did(one.shout), set: seen, to: yes}]}
payoffs:
  two: {order: share(calm)}
"""
    game = compiled(body)
    # whole and broken after what looks like waiting, whole after shouting: three states, not four
    assert game.n_reached[0, 1] == 3
    options = game.table(0, 0).movers[0]
    assert options.seen_as[options.names.index("cut")] == options.names.index("wait")


def test_a_chain_composes_effects_in_order(compiled):
    body = LADDER.replace(
        "payoffs:",
        "  - effects:\n"
        "      - {name: slip, when: rung > r0, move: rung, by: -1, chance: 0.5}\n"
        "      - {name: fall, when: rung == r1, set: rung, to: r0, chance: 0.2}\n"
        "payoffs:",
    )
    game = compiled(body)
    chain = game.table(0, 1).chain
    mass = np.zeros(chain.n_inner)
    mass[chain.enter[state_number(game, 1, rung="r2")]] = 1.0
    for step in chain.steps:
        before = mass.copy()
        for i, inner in enumerate(step.inner):
            mass[inner] -= before[inner]
            for entry in range(step.entry_start[i], step.entry_start[i + 1]):
                mass[step.successor[entry]] += before[inner] * step.chance[entry]
    ends = {}
    for inner in np.flatnonzero(mass > 0):
        ends[game.space.describe(int(game.codes[2][chain.leave[inner]]))["rung"]] = mass[inner]
    assert ends == pytest.approx({"r2": 0.5, "r1": 0.5 * 0.8, "r0": 0.5 * 0.2})


def test_steps_are_in_an_order_that_may_be_overwritten(compiled):
    body = LADDER.replace(
        "payoffs:", "  - effects: [{when: rung > r0, move: rung, by: -1, chance: 0.5}]\npayoffs:"
    )
    step = compiled(body).table(0, 1).chain.steps[0]
    assert step.in_place
    position = {int(inner): i for i, inner in enumerate(step.inner)}
    for i in range(len(step.inner)):
        for entry in range(step.entry_start[i], step.entry_start[i + 1]):
            read = int(step.successor[entry])
            assert read == step.inner[i] or position.get(read, len(position)) > i


def test_no_step_leads_out_of_the_inner_states_that_matter_by_a_period(compiled):
    # where a late step leads in one period, an earlier step goes on from in the next
    body = LADDER.replace(
        "payoffs:",
        "  - effects:\n"
        "      - {name: on, when: rung > r0, move: rung, by: 1, chance: 0.5}\n"
        "      - {name: first, when: rung == r0, set: rung, to: r1, chance: 0.5}\n"
        "payoffs:",
    )
    game = compiled(body)
    chain = game.table(0, 1).chain
    n_steps_out = 0
    for period in range(game.n_periods):
        reached = chain.n_inner_reached[period]
        for step in chain.steps:
            for i, inner in enumerate(step.inner):
                leads_to = step.successor[step.entry_start[i] : step.entry_start[i + 1]]
                n_steps_out += int(inner < reached and (leads_to >= reached).any())
    assert n_steps_out == 0
    assert game.n_periods > 1


@pytest.mark.parametrize(
    ("effect", "code"),
    [
        ("{move: rung, by: 1, chance: '0.4 + rung'}", "G501"),
        ("{move: rung, by: 1, chance: '0 * log(rung - 1)'}", "G502"),
        ("{move: rung, by: 1, chance: '0.1 / (rung - 1)'}", "G503"),
        ("{set: rung, to: 'rung + 0.5'}", "G511"),
    ],
)
def test_numbers_that_cannot_be_are_found_in_a_state(compiled, effect, code):
    with pytest.raises(GameError) as caught:
        compiled(LADDER.replace("{move: rung, by: 1}", effect))
    assert code in {problem.code for problem in caught.value.problems}


def test_check_finds_what_never_happens(tmp_path):
    body = LADDER.replace("stay: {}", "stay: {}\n      leap: {when: rung > r3 and rung < r3}")
    body += "endings: {never: {when: rung > r4}}\n"
    body += "policies: {idle: {one: [{when: rung > r4, play: stay}]}}\n"
    file = tmp_path / "small.yaml"
    file.write_text(HEAD + body)
    report = check_game(load_scenario(file))
    assert sorted(problem.code for problem in report.problems) == ["G505", "G506", "G508"]
    assert report.n_states["end"] == 5


def test_empty_action_sets_are_refused(compiled):
    with pytest.raises(GameError) as caught:
        compiled(LADDER.replace("stay: {}", "stay: {when: rung < r2}"))
    assert [problem.code for problem in caught.value.problems] == ["G504"]
