"""The exported file, read as text: players, chance, information sets, payoffs, names."""

from __future__ import annotations

import io
import re
from fractions import Fraction
from pathlib import Path

import pytest

from offramp.errors import GameError
from offramp.game import Game, compile_game
from offramp.game.gambit import export_gambit
from offramp.scenario import load_scenario

SIGNAL = r"""
offramp: 1
name: signal
title: A "signal" \ more
story: One side signals, the other answers.
period: {unit: month, count: 1, tail: 1}
parameters: {gain: {value: 0.5, unit: payoff, source: judgement}}
variables:
  front: {levels: [lost, held], start: held}
players:
  sender:
    precision: 1
    discount: 0.9
    types: {strong: {prior: 0.3, set: {gain: 1}}, weak: {prior: 0.7}}
  other: {precision: 2, discount: 0.9}
stages:
  - name: signal
    player: sender
    actions:
      wait: {}
      push: {pays: {sender: gain}, effects: [{chance: 0.1, set: front, to: lost}]}
  - name: reply
    player: other
    actions: {bear: {}, hit: {pays: {sender: -2, other: -0.25}}}
payoffs:
  other: {front: share(front)}
"""


@pytest.fixture
def exported(tmp_path: Path):
    """Return a function that exports a scenario's text: the file's lines and its sets."""

    def export(text: str, **options):
        file = tmp_path / "small.yaml"
        file.write_text(text)
        game: Game = compile_game(load_scenario(file), beliefs="history", **options)
        out = io.StringIO()
        sets = export_gambit(game, out)
        return out.getvalue().splitlines(), sets

    return export


def of_kind(lines: list[str], kind: str) -> list[str]:
    return [line for line in lines if line.startswith(f"{kind} ")]


def test_types_are_drawn_by_chance_at_the_root(exported):
    lines, _ = exported(SIGNAL)
    first = of_kind(lines, "c")[0]
    chances = [Fraction(word) for word in re.findall(r"\d+/\d+", first)]
    assert sum(chances) == 1
    assert [float(p) for p in chances] == pytest.approx([0.3, 0.7])
    assert '"strong"' in first


def test_information_sets_hide_the_other_players_type(exported):
    lines, sets = exported(SIGNAL)
    assert list(sets) == [
        "sender|strong|t1 signal",
        "other|t1 reply|wait",
        "other|t1 reply|push>front=held",
        "other|t1 reply|push>front=lost",
        "sender|weak|t1 signal",
    ]
    assert len(of_kind(lines, "p")) == 2 + 2 * 3


def test_terminal_payoffs_add_up_what_the_path_paid(exported):
    lines, _ = exported(SIGNAL)
    paid = [tuple(map(float, re.findall(r"-?\d+\.\d+", line))) for line in of_kind(lines, "t")]
    # strong: wait (bear, hit), push and held (bear, hit), push and lost; a front held counts twice
    assert paid[:6] == [
        (0.0, 2.0),
        (-2.0, 1.75),
        (1.0, 2.0),
        (-1.0, 1.75),
        (1.0, 0.0),
        (-1.0, -0.25),
    ]
    assert paid[6:] == [(a - 0.5 * (i > 1), b) for i, (a, b) in enumerate(paid[:6])]


def test_later_periods_are_discounted_to_the_start(exported):
    text = SIGNAL.replace("count: 1, tail: 1", "count: 2")
    lines, _ = exported(text)
    paid = [tuple(map(float, re.findall(r"-?\d+\.\d+", line))) for line in of_kind(lines, "t")]
    assert paid[0] == pytest.approx((0.0, 1.9))  # wait, bear, wait, bear


def test_covert_acts_share_the_information_set_of_what_they_look_like(exported):
    text = SIGNAL.replace("push: {pays", "push: {covert: wait, pays")
    _, sets = exported(text)
    assert [label for label in sets if label.startswith("other")] == [
        "other|t1 reply|wait>front=held",
        "other|t1 reply|wait>front=lost",
    ]


def test_simultaneous_movers_do_not_see_each_other(exported):
    text = SIGNAL.replace(
        SIGNAL[SIGNAL.index("stages:") : SIGNAL.index("payoffs:\n")],
        """stages:
  - name: clash
    players: [sender, other]
    actions:
      sender: {wait: {}, push: {pays: {sender: gain}}}
      other: {bear: {}, hit: {pays: {sender: -2}}}
""",
    )
    lines, sets = exported(text)
    assert list(sets) == ["sender|strong|t1 clash", "other|t1 clash", "sender|weak|t1 clash"]
    assert len(of_kind(lines, "p")) == 2 + 4


def test_what_a_policy_prescribes_is_chance_or_left_out(exported):
    policies = """policies:
  free: {}
  fixed: {sender: {mix: {wait: 1, push: 3}}}
  sure: {sender: {play: push}}
"""
    _, sets = exported(SIGNAL + policies, case="fixed")
    assert not any(label.startswith("sender") for label in sets)
    _, sets = exported(SIGNAL + policies, case="sure")
    assert sorted(label.split("|")[-1] for label in sets) == ["push>front=held", "push>front=lost"]


def test_names_cannot_break_the_file(exported):
    lines, _ = exported(SIGNAL)
    assert lines[0] == """EFG 2 R "A 'signal' / more" { "sender" "other" }"""


def test_observers_who_disagree_are_refused(exported):
    text = SIGNAL.replace(
        "types: {strong", "believed_by: {other: {strong: 0.5, weak: 0.5}}\n    types: {strong"
    )
    with pytest.raises(GameError, match="other believes otherwise of sender's types"):
        exported(text)


def test_payoffs_that_read_beliefs_are_refused(exported):
    text = SIGNAL.replace(
        "{front: share(front)}", "{front: share(front), trust: belief(sender.weak)}"
    )
    with pytest.raises(GameError, match="payoff reads beliefs"):
        exported(text)


def test_a_path_may_be_given(tmp_path: Path):
    file = tmp_path / "small.yaml"
    file.write_text(SIGNAL)
    export_gambit(compile_game(load_scenario(file), beliefs="history"), tmp_path / "small.efg")
    assert (tmp_path / "small.efg").read_text().startswith("EFG 2 R")
