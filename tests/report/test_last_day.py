"""Acts that pay only because nothing follows are told, with what to do about them."""

from __future__ import annotations

import math

import pytest

from offramp.report.results import describe_run

GRAB = """\
offramp: 1
name: grab
period: {{unit: month, count: {count}, tail: {tail}}}
variables: {{peace: {{levels: [kept, broken], start: kept}}}}
players: {{north: {{precision: 4}}}}
stages:
  - name: move
    player: north
    actions:
      hold: {{}}
      grab:
        when: peace == kept
        pays: {{north: 2}}
        effects: [{{name: break, set: peace, to: broken}}]
payoffs: {{north: {{loss: -1.5 * (peace == broken)}}}}
"""


@pytest.fixture
def notes(tmp_path):
    def run(count: int, tail: int) -> list[str]:
        file = tmp_path / "grab.yaml"
        file.write_text(GRAB.format(count=count, tail=tail))
        return describe_run(str(file)).notes

    return run


def test_act_that_pays_only_on_the_last_day_is_told(notes):
    last = 1 / (1 + math.exp(-4 * 0.5))  # 2 at once, 1.5 lost in the one period that is left
    before = 1 / (1 + math.exp(4 * (1 + last * 0.5)))  # two periods' loss, and the chance is gone
    (note,) = notes(3, 0)
    assert f"'grab' at move with {last:.0%}".replace("%", " %") in note
    assert f"at most {before:.2%}".replace("%", " %") in note
    assert "tail" in note


def test_no_act_is_told_where_what_lies_beyond_counts(notes):
    assert notes(3, 4) == []


def test_two_periods_are_too_few_to_tell(notes):
    assert notes(2, 0) == []
