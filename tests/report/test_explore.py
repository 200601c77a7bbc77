"""`offramp explore`: what it says, keeps and refuses."""

from __future__ import annotations

import json
import re
import sqlite3
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from helpers.commands import as_json
from helpers.toys import TOY, TOY_CLAIMS
from offramp.exploration import jobs
from offramp.exploration.runs import open_run
from offramp.report.answers import ExploreAnswer
from offramp.report.explore_tables import explore_tables
from offramp.report.tables import format_number, format_share

ASKED = ("--worlds", "5", "--grid", "2", "--workers", "1")
PAGE = Path(__file__).parents[2] / "docs" / "reference" / "runs.md"


@pytest.fixture
def explored(offramp):
    Path("toy.yaml").write_text(TOY_CLAIMS)
    return lambda *words: offramp("explore", "toy.yaml", *words)


def test_answer_tells_spread_draws_and_trust(explored):
    code, out, _ = explored(*ASKED, "--out", "run", "--json")
    assert code == 0
    answer = as_json("explore", out)
    run = open_run("run")
    assert (answer["worlds"], answer["done"], answer["already"]) == (5, 5, 0)
    rows = {(row["case"], row["quantity"]): row for row in answer["rows"]}
    assert len(rows) == 4 * (3 + 2)
    lost = run.of("lost", "cheap")
    assert rows["cheap", "lost"]["p50"] == np.sort(lost)[2]
    assert rows["cheap", "lost"]["mean"] == pytest.approx(sum(lost) / 5)
    assert rows["hot", "value(patron)"]["p50"] == np.sort(run.value[:, 3, 1])[2]
    drawn = {row["name"]: (row["kind"], row["among"]) for row in answer["drawn"]}
    assert drawn == {
        "gain": ("number", "0.500 to 2"),
        "toll": ("number", "0.100 to 1, over the logarithm"),
        "care": ("number", "2 50 %, 4 50 %"),
        "p_firm": ("number", "0.100 to 0.600"),
        "pride": ("setting", "asserted 75 %, rival 25 %"),
        "mood": ("start", "calm 75 %, tense 25 %"),
    }
    assert answer["not_drawn"] == ["fixed"]
    assert answer["residual"] <= 1e-8


def test_text_says_what_was_drawn_and_what_was_not(explored):
    code, out, _ = explored(*ASKED, "--policies", "solved, hot", "--view", "dove")
    assert code == 0
    assert "4 numbers, 1 mechanism, 1 start level. Not drawn: fixed." in " ".join(out.split())
    assert "view: dove" in out
    assert re.search(r"^  quantity +solved +hot$", out, re.MULTILINE)
    code, out, _ = explored(*ASKED, "--policies", "solved", "--view", "dove")
    assert re.search(r"^  lost +\S", out, re.MULTILINE)
    assert "always-fight" not in out
    assert not list(Path().glob("*run*"))


def test_whichever_are_more_stand_below_each_other(explored):
    answer = ExploreAnswer.model_validate_json(explored(*ASKED, "--json")[1])
    for rows, corner, first in (
        (answer.rows, "quantity", answer.rows[0].quantity),
        (
            [one for one in answer.rows if one.quantity in {"lost", "value(patron)"}],
            "case",
            "solved",
        ),
    ):
        table = explore_tables(answer.model_copy(update={"rows": rows}))[0]
        assert table.columns[0][0] == corner
        assert table.rows[0][0] == first
        names = [name for name, _ in table.columns[1:]]
        for row in rows:
            down, along = (row.quantity, row.case)[:: 1 if corner == "quantity" else -1]
            [line] = [one for one in table.rows if one[0] == down]
            cell = line[1 + names.index(along)]
            assert (format_share if row.is_chance else format_number)(row.p50) in cell


def test_claims_that_most_worlds_leave_open_are_seldom_decided(explored):
    answer = ExploreAnswer.model_validate_json(explored(*ASKED, "--json")[1])
    first = answer.verdicts[0]
    for undecided, verdict, told in (
        (60, "depends", "seldom decided"),
        (50, "depends", "depends"),
        (60, "holds", "holds"),
    ):
        row = {"worlds": 100, "undecided": undecided, "verdict": verdict}
        verdicts = [first.model_copy(update=row)]
        table = explore_tables(answer.model_copy(update={"verdicts": verdicts}))[1]
        assert table.rows[0][-1] == told


def test_budget_resume_and_finished_run_say_so(explored):
    code, out, _ = explored(*ASKED, "--out", "run", "--budget", "0")
    assert code == 0
    assert "Stopped when time was up, after 0 of 5 worlds." in out
    assert out.endswith("\n\nTo go on: offramp explore toy.yaml --out run --resume\n")
    code, out, _ = explored("--out", "run", "--resume", "--workers", "1")
    assert code == 0
    assert out.endswith("The run is kept in run.\n")
    code, out, _ = explored("--out", "run", "--resume")
    assert code == 0
    assert out.endswith("The run in run was finished; nothing was left to do.\n")


def test_existing_folder_and_lonely_resume_are_refused(explored):
    Path("run").mkdir()
    code, out, told = explored(*ASKED, "--out", "run")
    assert (code, out) == (2, "")
    assert "'run' is there already; nothing is overwritten." in told
    code, _, told = explored("--resume")
    assert code == 2
    assert "--resume needs --out" in told
    for words, message in (
        (("--design", "dice"), "There is no design 'dice'."),
        (("--grid", "fine"), "There is no grid 'fine'."),
        (("--policies", "sovled"), "'sovled' is not a policy or case of this scenario."),
        (("--view", "hawkish"), "'hawkish' is not a view of this scenario."),
    ):
        code, _, told = explored(*words)
        assert code == 2
        assert message in told


def test_unsolved_worlds_are_told_and_fail_the_command(explored, monkeypatch):
    real = jobs.solve_one

    def fails(scenario, one, laid, *words):
        if laid.drawn["care"] == 2.0:
            raise MemoryError(f"far too large by {laid.drawn['gain']} GiB")
        return real(scenario, one, laid, *words)

    monkeypatch.setattr(jobs, "solve_one", fails)
    code, out, _ = explored(*ASKED, "--policies", "solved,cheap", "--json", "--out", "run")
    assert code == 1
    (row,) = as_json("explore", out)["unsolved"]
    drawn = open_run("run").drawn()
    worlds = [k for k in range(5) if drawn["care"][k] == 2.0]
    assert len(worlds) > 1  # one reason, though it names another number in each
    assert row == {
        "reason": f"MemoryError: far too large by {drawn['gain'][worlds[0]]} GiB",
        "cases": ["solved", "cheap"],
        "worlds": worlds,
    }
    code, out, _ = explored("--resume", "--out", "run")
    assert code == 1
    assert "Could not be solved" in out
    assert "MemoryError: far too large" in out


def test_damaged_chunk_is_named(explored):
    explored(*ASKED, "--out", "run")
    Path("run/chunks/000003.npz").write_bytes(b"")
    code, out, _ = explored("--out", "run", "--resume", "--workers", "1")
    assert code == 0
    assert "Damaged, and computed again: chunk 3." in out


def test_grid_that_is_chosen_is_shown_with_its_effect(explored):
    asked = ("--worlds", "2", "--grid", "auto", "--workers", "1", "--policies", "solved")
    code, out, _ = explored(*asked)
    assert code == 0
    assert re.search(r"Belief grid: \d+ points a side in place of 161", out)
    assert re.search(r"^  lost +\S+ +0\.100  value$", out, re.MULTILINE)
    code, out, _ = explored(*asked, "--json")
    chosen = as_json("explore", out)["world_grid"]
    assert chosen["worlds"] == 2
    assert {one["measure"] for one in chosen["effects"]} == {"lost", "grabbed", "begins"}


def test_folder_can_be_read_as_its_page_says(explored):
    explored(*ASKED, "--out", "worlds")
    (code,) = re.findall(r"```text\n(import.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    shown = subprocess.run(
        [sys.executable, "-c", f"{code}\nprint(json.dumps(values.tolist()))"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(shown.stdout) == open_run("worlds").of("lost", "solved").tolist()


def test_page_names_everything_in_the_folder(explored):
    explored(*ASKED, "--out", "worlds")
    page = PAGE.read_text(encoding="utf-8")
    named = set(re.findall(r"`([^`]+)`", page))
    assert set(json.loads(Path("worlds/manifest.json").read_text())) <= named
    for path in ("worlds/worlds.npz", "worlds/chunks/000000.npz"):
        with np.load(path) as found:
            assert set(found.files) <= named
    index = sqlite3.connect("worlds/index.sqlite")
    for table in ("chunk", "world"):
        rows = index.execute(f"SELECT name FROM pragma_table_info('{table}')")
        assert {name for (name,) in rows} <= named
    rows = index.execute("SELECT world, chunk, line, solved FROM world ORDER BY world").fetchall()
    index.close()
    assert rows == [(k, k, 0, 4) for k in range(5)]


def test_long_table_has_one_row_per_world_and_case(explored):
    explored(*ASKED, "--out", "run")
    run = open_run("run")
    frame = run.to_pandas()
    assert len(frame) == 5 * 4
    row = frame[(frame.world == 3) & (frame.case == "cheap")].iloc[0]
    assert row["lost"] == run.of("lost", "cheap")[3]
    assert row["value.patron"] == run.value[3, 2, 1]
    assert row["gain"] == run.worlds.number[3, 0]
    assert row["start.mood"] in ("calm", "tense")
    assert row["setting.pride"] == ["asserted", "rival"][run.worlds.setting[3, 0]]


def test_plain_toy_has_no_claims_and_can_be_explored_all_the_same(offramp):
    Path("plain.yaml").write_text(TOY)
    assert offramp("explore", "plain.yaml", *ASKED, "--design", "lhs")[0] == 0


def test_claims_are_counted_over_the_worlds(offramp, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "claims.yaml").write_text(TOY_CLAIMS)
    words = ("claims.yaml", "--worlds", "16", "--grid", "2", "--out", "run")
    code, out, _ = offramp("explore", *words, "--json")
    assert code == 0
    rows = {row["claim"]: row for row in as_json("explore", out)["verdicts"]}
    assert list(rows) == ["deters", "lures", "often", "seldom"]
    run = open_run(tmp_path / "run")
    gap = run.of("lost", "solved") - run.of("lost", "always-fight")
    counted = int((gap > 0.1).sum()), int((gap < -0.1).sum())
    assert (rows["deters"]["holds"], rows["deters"]["fails"]) == counted
    assert (rows["lures"]["fails"], rows["lures"]["holds"]) == counted
    assert rows["deters"]["undecided"] == 16 - sum(counted)
    assert rows["deters"]["low"] < counted[0] / 16 <= rows["deters"]["high"]
    code, text, _ = offramp("explore", *words, "--resume")
    assert code == 0
    assert f"{counted[0]} of 16" in text
    assert "No count is the probability that a claim is true" in " ".join(text.split())
