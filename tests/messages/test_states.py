"""Every problem that is seen once states are counted has a broken scenario and its full text."""

from __future__ import annotations

from pathlib import Path

import pytest

from offramp.errors import OfframpError, render_problems
from offramp.game import check_game, compile_game
from offramp.scenario import load_scenario

HERE = Path(__file__).parent / "states"
BROKEN = sorted(HERE.glob("G*.yaml"))


def told_of(name: str) -> str:
    """Return what counting the states of a file's scenario says."""
    try:
        scenario = load_scenario(name)
        problems = check_game(scenario).problems
        if not problems:
            compile_game(scenario)
        return render_problems(problems) + "\n"
    except OfframpError as error:
        return f"{error}\n"


@pytest.mark.parametrize("path", BROKEN, ids=lambda path: path.stem)
def test_what_counting_states_finds_is_told_as_written_beside_it(path, monkeypatch):
    monkeypatch.chdir(HERE)
    told = told_of(path.name)
    assert told == path.with_suffix(".txt").read_text(encoding="utf-8")
    assert path.stem in told
