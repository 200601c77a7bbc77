"""The command line: what it says, how it leaves, and that its JSON is what its schema says."""

from __future__ import annotations

import csv
import json
import math
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import jsonschema
import pytest

from helpers.commands import as_json
from offramp.cli import app
from offramp.report.answers import ANSWERS

COMMANDS = (
    "list", "new", "check", "schema", "mechanisms", "essay", "rates", "run", "sweep",
    "explore", "earned", "doubt", "believe", "drivers", "report", "index", "claims", "audit", "crux", "flips", "canon",
    "why", "export",
)  # fmt: skip
MAIN = [sys.executable, "-c", "from offramp.cli import main; main()"]


def test_commands_are_those_promised():
    names = {one.name or one.callback.__name__ for one in app.registered_commands}
    assert names == set(COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_takes_json_and_explains_itself(command, offramp):
    code, out, _ = offramp(command, "--help")
    assert code == 0
    assert "--json" in out
    for line in out.split("Options:")[1].splitlines():
        if line.strip().startswith("--"):
            assert len(line.split("  ", 2)[-1].split()) >= 2, f"no help for {line}"


def test_help_waits_for_no_heavy_library():
    done = subprocess.run(
        [sys.executable, "-c", "import sys, offramp.cli; offramp.cli.run(['--help']); "
         "print(*sorted({name.split('.')[0] for name in sys.modules}))"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    loaded = set(done.stdout.splitlines()[-1].split())
    assert "offramp" in loaded
    assert not loaded & {"numba", "numpy", "pandas", "pydantic", "ruamel", "scipy"}


def test_version_is_printed(offramp):
    code, out, _ = offramp("--version")
    assert (code, out) == (0, "offramp 0.1.0\n")


# --- list, new, schema, check ---------------------------------------------------------------------


def test_list_names_every_shipped_scenario(offramp):
    from offramp import list_scenarios

    code, out, _ = offramp("list")
    assert code == 0
    assert all(f"  {name} " in out for name in list_scenarios())


def test_list_as_json_names_cases_and_views(offramp):
    _, out, _ = offramp("list", "--json")
    listed = {one["name"]: one for one in as_json("list", out)["scenarios"]}
    assert listed["pledge"]["cases"] == ["solved", "always-fight", "never-fight"]
    assert listed["pledge"]["period"] == "4 periods of a year"


def test_new_scenario_checks_and_solves(offramp):
    assert offramp("new", "mine")[0] == 0
    code, out, err = offramp("check", "mine.yaml")
    assert (code, err) == (0, "")
    assert "mine: nothing is wrong. Cases: solved, promise, abstain, tense." in out
    assert offramp("run", "mine.yaml")[0] == 0


def test_new_does_not_overwrite(offramp):
    assert offramp("new", "mine")[0] == 0
    Path("mine.yaml").write_text("precious", encoding="utf-8")
    code, out, err = offramp("new", "mine", "--json")
    assert code == 2
    assert "nothing is overwritten" in err
    assert as_json("problems", out)["problems"][0]["code"] == "R602"
    assert Path("mine.yaml").read_text(encoding="utf-8") == "precious"


def test_schema_accepts_the_shipped_scenarios(offramp):
    import offramp as package
    from offramp.scenario.parse import parse_yaml

    _, out, _ = offramp("schema")
    schema = json.loads(out)
    for name in package.list_scenarios():
        path = Path(package.__file__).parent / "scenarios" / f"{name}.yaml"
        jsonschema.validate(parse_yaml(path.read_bytes(), name).data, schema)


@pytest.mark.parametrize("name", list(ANSWERS))
def test_schema_of_every_answer_is_a_schema(name, offramp):
    code, out, _ = offramp("schema", "--answer", name)
    assert code == 0
    jsonschema.validators.validator_for(json.loads(out)).check_schema(json.loads(out))


def test_schema_accepts_the_shipped_essays(offramp):
    import offramp as package
    from offramp.scenario.parse import parse_yaml

    _, out, _ = offramp("schema", "--essays")
    schema = json.loads(out)
    for path in Path(package.__file__).parent.joinpath("essays").glob("*.yaml"):
        jsonschema.validate(parse_yaml(path.read_bytes(), path.name).data, schema)


def test_schema_of_an_unknown_answer_is_refused(offramp):
    code, out, err = offramp("schema", "--answer", "prophecy")
    assert (code, out) == (2, "")
    assert "R601" in err


def test_check_says_sizes_and_what_memory_costs(offramp):
    code, out, _ = offramp("check", "strait-standoff", "--json")
    answer = as_json("check", out)
    assert code == 0
    assert all(row["states"] >= 1 for row in answer["sizes"])
    assert any("did" in row["use"] and row["factor"] >= 1 for row in answer["memory"])
    assert answer["profiles"] == 4


def test_check_tells_every_problem_at_once_and_writes_nothing(offramp):
    text = (
        "offramp: 1\nname: broken\nperiod: {unit: year, count: 2}\nplayers: {a: {precision: 1}}\n"
        "stages:\n  - {player: a, actions: {go: {cost: priec}, stay: {when: boarder > 0}}}\n"
    )
    Path("broken.yaml").write_text(text, encoding="utf-8")
    code, out, err = offramp("check", "broken.yaml", "--json")
    assert code == 2
    problems = as_json("problems", out)["problems"]
    assert {row["line"] for row in problems} == {6}
    assert "priec" in err
    assert "boarder" in err
    assert [p.name for p in Path().iterdir()] == ["broken.yaml"]


@pytest.mark.parametrize("command", ["check", "run", "rates"])
def test_missing_scenario_is_bad_input(command, offramp):
    code, out, err = offramp(command, "pledgee")
    assert (code, out) == (2, "")
    assert "pledge" in err


# --- run ------------------------------------------------------------------------------------------


def test_run_says_replies_endings_climb_and_certificate(offramp):
    code, out, _ = offramp("run", "pledge")
    assert code == 0
    for words in (
        "How sharply they choose",
        "a gain of 0.25 is taken 73 times in 100",
        "How patron replies at reply",
        "How it ends",
        "What the cases are judged by",
        "How it climbs",
        "What they come to believe",
        "How much beliefs matter",
        "How far to trust it",
        "no prophecy, and no recommendation is meant",
    ):
        assert words in out
    assert "nan" not in out.lower()
    assert max(map(len, out.splitlines())) <= 120


def test_run_solves_only_what_is_asked(offramp):
    _, out, _ = offramp("run", "pledge", "--policy", "always-fight", "--case", "solved", "--json")
    answer = as_json("run", out)
    assert [one["case"] for one in answer["cases"]] == ["always-fight", "solved"]


def test_shares_of_acts_sum_to_one(offramp):
    _, out, _ = offramp("run", "pledge", "--json")
    for one in as_json("run", out)["cases"]:
        total: dict = {}
        for row in one["replies"]:
            key = (row["stage"], row["player"], row["type"])
            total[key] = total.get(key, 0.0) + row["share"]
        assert all(abs(share - 1) < 1e-9 for share in total.values())
        assert sum(row["chance"] for row in one["endings"]) == pytest.approx(1, abs=1e-9)
        for period in {row["period"] for row in one["climb"]}:
            chances = [row["chance"] for row in one["climb"] if row["period"] == period]
            assert sum(chances) <= 1 + 1e-9


def test_policy_binds_every_choice_that_it_decides(offramp):
    _, out, _ = offramp("run", "pledge", "--policy", "always-fight", "--json")
    (one,) = as_json("run", out)["cases"]
    fights = [r for r in one["replies"] if r["player"] == "patron" and r["act"] == "fight"]
    assert [row["share"] for row in fights] == [1.0, 1.0]
    assert [row["bound"] for row in fights] == [1.0, 1.0]


def test_set_changes_the_answer(offramp):
    def grabbed(*words: str) -> float:
        _, out, _ = offramp("run", "pledge", "--case", "solved", "--json", *words)
        (one,) = as_json("run", out)["cases"]
        return next(row["value"] for row in one["measures"] if row["measure"] == "grabbed")

    assert grabbed("--set", "p_firm=0.6") < grabbed() < grabbed("--set", "p_firm=0.1")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--set", "p_frim=0.5"], "p_firm"),
        (["--set", "p_firm=much"], "'much' is not a parameter"),
        (["--set", "p_firm"], "not of the form name=value"),
        (["--case", "solvd"], "solved"),
        (["--policy", "never-figth"], "never-fight"),
        (["--view", "hawks"], "hawks"),
        (["--grid", "1"], "2"),
        (["--set", "p_firm=1.5"], "prior"),
    ],
)
def test_bad_words_are_bad_input(words, told, offramp):
    code, out, err = offramp("run", "pledge", *words)
    assert (code, out) == (2, "")
    assert told in err


def test_out_writes_tables_answer_and_manifest(offramp):
    assert offramp("run", "pledge", "--out", "result")[0] == 0
    manifest = json.loads(Path("result/manifest.json").read_text(encoding="utf-8"))
    written = {path.name for path in Path("result").iterdir()}
    assert written == {*manifest["files"], "manifest.json"}
    assert len(manifest["scenario"]["hash"]) == 64
    as_json("run", Path("result/answer.json").read_text(encoding="utf-8"))
    with Path("result/endings.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [row["case"] for row in rows] == ["solved", "always-fight", "never-fight"]


def test_out_refuses_a_folder_that_is_there_before_it_solves(offramp):
    Path("result").mkdir()
    code, _, err = offramp("run", "guarantee-2025", "--out", "result")
    assert code == 2
    assert "nothing is overwritten" in err
    assert "solving" not in err
    assert list(Path("result").iterdir()) == []


def test_even_view_is_the_mean_over_its_settings(offramp):
    _, out, _ = offramp("run", "strait-standoff", "--case", "stay-out", "--view", "even", "--json")
    (mean,) = as_json("run", out)["cases"]
    assert mean["settings"] == 2


# --- why, export, rates ---------------------------------------------------------------------------


def test_why_terms_sum_to_the_worth_of_each_act(offramp):
    code, out, _ = offramp("why", "pledge", "--player", "challenger", "--json")
    assert code == 0
    answer = as_json("why", out)
    assert sum(act["chance"] for act in answer["acts"]) == pytest.approx(1)
    for act in answer["acts"]:
        parts = [term[part] for term in act["terms"] for part in ("paid", "later", "learnt")]
        assert sum(parts) == pytest.approx(act["worth"], abs=1e-9)
        learnt = [term["learnt"] for term in act["terms"]]
        assert sum(learnt) == pytest.approx(act["reveals"], abs=1e-9)


def test_why_says_the_change_that_would_switch_the_reply(offramp):
    code, out, _ = offramp("why", "pledge", "--player", "challenger")
    assert code == 0
    assert "It would rather wait if 'wait' were worth" in out


def test_why_takes_the_likeliest_situation_and_what_is_said_of_it(offramp):
    _, out, _ = offramp("why", "pledge", "--player", "patron", "--type", "hollow", "--json")
    answer = as_json("why", out)
    assert (answer["stage"], answer["type"]) == ("reply", "hollow")
    assert answer["state"] == {"land": "lost", "did(challenger.grab)": "1"}
    words = ("--belief", "patron.firm=0.9", "--period", "2")
    _, out, _ = offramp("why", "pledge", "--player", "patron", *words, "--json")
    answer = as_json("why", out)
    assert answer["period"] == 2
    assert answer["beliefs"] == pytest.approx({"patron.firm": 0.9, "patron.hollow": 0.1})


def test_why_of_an_unknown_player_is_bad_input(offramp):
    code, out, err = offramp("why", "pledge", "--player", "patrn")
    assert (code, out) == (2, "")
    assert "patron" in err


def test_export_writes_a_tree_that_gambit_reads(offramp):
    pygambit = pytest.importorskip("pygambit")
    code, out, _ = offramp("export", "pledge", "--gambit", "pledge.efg", "--json")
    assert code == 0
    answer = as_json("export", out)
    game = pygambit.read_efg("pledge.efg")
    assert list(game.players) == ["challenger", "patron"]
    found = sum(len(list(game.get_infosets(player))) for player in game.players)
    assert answer["information_sets"] == found


def test_export_does_not_overwrite(offramp):
    Path("tree.efg").write_text("precious", encoding="utf-8")
    assert offramp("export", "pledge", "--gambit", "tree.efg")[0] == 2
    assert Path("tree.efg").read_text(encoding="utf-8") == "precious"


# --- leaving --------------------------------------------------------------------------------------


@pytest.mark.skipif(os.name == "nt", reason="signals differ")
def test_ctrl_c_ends_cleanly(tmp_path):
    words = [*MAIN, "run", "guarantee-2025", "--out", "result"]
    process = subprocess.Popen(
        words, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    time.sleep(1.5)  # in the middle of loading, compiling or solving: wherever, it must be clean
    process.send_signal(signal.SIGINT)
    try:
        out, err = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == 130
    assert out == ""
    assert "Stopped." in err
    assert "Traceback" not in err
    assert list(tmp_path.iterdir()) == []


def test_closed_pipe_is_no_error(tmp_path):
    done = subprocess.run(
        f"{sys.executable} -c 'from offramp.cli import main; main()' schema | head -n 1",
        shell=True, cwd=tmp_path, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert done.stderr == ""


OVER_AT_ONCE = """\
offramp: 1
name: over
period: {unit: month, count: 3}
parameters: {toll: {value: 0, unit: payoff, source: judgement}}
variables: {front: {levels: [calm, over], start: calm}}
players:
  north:
    precision: 2
    types: {soft: {prior: 1, set: {toll: 0.3}}, hard: {prior: 1, set: {toll: -0.2}}}
stages:
  - name: move
    player: north
    actions:
      wait: {effects: [{name: drift, set: front, to: over}]}
      push: {cost: toll, effects: [{name: drive, set: front, to: over}]}
endings: {done: {when: front == over}}
solver: {beliefs: BELIEFS}
"""


@pytest.mark.parametrize("beliefs", ["grid", "history"])
def test_a_crisis_that_is_over_at_once_leaves_periods_without_states(offramp, beliefs):
    Path("over.yaml").write_text(OVER_AT_ONCE.replace("BELIEFS", beliefs))
    assert offramp("check", "over.yaml")[0] == 0
    code, out, _ = offramp("run", "over.yaml", "--json")
    assert code == 0
    (case,) = as_json("run", out)["cases"]
    pushed = {row["type"]: row["share"] for row in case["replies"] if row["act"] == "push"}
    assert pushed["soft"] == pytest.approx(1 / (1 + math.exp(2 * 0.3)), abs=1e-9)
    assert pushed["hard"] == pytest.approx(1 / (1 + math.exp(-2 * 0.2)), abs=1e-9)
    assert {row["ending"]: row["chance"] for row in case["endings"]}["done"] == pytest.approx(1.0)


SELECTED = """\
policies: {solved: {}}
cases:
  pushed: {policy: solved, given: "ever(did(north.push))"}
  calm: {policy: solved, given: "final(front == calm)"}
measures: {waits: {is: "count(north.wait)"}, ends: {is: "ever(front == over)"}}
"""


@pytest.mark.parametrize("beliefs", ["grid", "history"])
def test_a_case_that_selects_paths_says_so_and_how_likely_they_are(offramp, beliefs):
    Path("over.yaml").write_text(OVER_AT_ONCE.replace("BELIEFS", beliefs) + SELECTED)
    code, out, _ = offramp("run", "over.yaml", "--json")
    assert code == 0
    answer = as_json("run", out)
    solved, pushed, calm = answer["cases"]
    assert solved["given"] is None
    chance = 1 - solved["measures"][0]["value"]
    told = {"event": "ever(did(north.push))", "chance": pytest.approx(chance, abs=1e-9)}
    assert pushed["given"] == told
    assert [row["value"] for row in pushed["measures"]] == pytest.approx([0, 1], abs=1e-9)
    assert {row["share"] for row in pushed["replies"] if row["act"] == "push"} == {1.0}
    assert calm["given"]["chance"] == 0
    assert [row["value"] for row in calm["measures"]] == [None, None]
    assert "pushed, calm: an event selects paths" in " ".join(answer["notes"])
    _, out, _ = offramp("run", "over.yaml")
    assert "Cases that look only at paths of an event" in out
    assert "nan" not in out.lower()


def test_no_command_solves_what_check_refuses(offramp):
    stage = "  - {name: later, player: north, actions: {rest: {}, stir: {}}}\nendings"
    text = OVER_AT_ONCE.replace("BELIEFS", "grid").replace("endings", stage)
    Path("over.yaml").write_text(text)
    code, _, told = offramp("check", "over.yaml")
    assert code == 2
    assert told.count("error G505") == 2
    words = {
        "run": [],
        "sweep": ["--over", "toll=0:1:2"],
        "rates": [],
        "why": ["--player", "north"],
        "export": ["--gambit", "a.efg"],
    }
    for command, more in words.items():
        assert offramp(command, "over.yaml", *more)[::2] == (2, told)
    assert os.listdir() == ["over.yaml"]


# what a chart's page may not do: fetch anything
FETCHES = re.compile(r"""(src|href)\s*=\s*["']?(https?:)?//|@import|url\(\s*["']?https?:""")


def test_sweep_writes_table_charts_and_answer(offramp):
    words = ["pledge", "--over", "p_firm=0.2,0.6", "--over", "challenger.precision=2:8:2:log"]
    asked = ["--measure", "grabbed", "--measure", "patron.firm.fight", "--grid", "5"]
    code, out, _ = offramp("sweep", *words, *asked, "--out", "result")
    assert code == 0
    assert "patron.firm.fight" in out
    names = {path.name for path in Path("result").iterdir()}
    charts = {f"chart.{kind}" for kind in ("svg", "png", "html")}
    assert names == charts | {"sweep.csv", "answer.json", "answer.txt", "manifest.json"}
    answer = as_json("sweep", Path("result/answer.json").read_text(encoding="utf-8"))
    table = Path("result/sweep.csv").read_text(encoding="utf-8")
    rows = list(csv.DictReader(table.splitlines()))
    for row, point in zip(rows, answer["points"], strict=True):
        assert [float(row["p_firm"]), float(row["challenger.precision"])] == point["at"]
        assert [float(row["grabbed"]), float(row["patron.firm.fight"])] == point["values"]
    assert Path("result/chart.png").read_bytes().startswith(b"\x89PNG")
    svg = Path("result/chart.svg").read_text(encoding="utf-8")
    assert all(word in svg for word in ("p_firm", "challenger.precision", "lower is better"))
    html = Path("result/chart.html").read_text(encoding="utf-8")
    assert not FETCHES.search(html)
    assert offramp("sweep", *words, *asked, "--out", "result")[0] == 2


def test_payments_of_acts_and_endings_are_a_scale_where_nothing_else_is(offramp):
    _, out, _ = offramp("run", "canon/extended-deterrence", "--json")
    ranges = {row["player"]: row["payoff_range"] for row in as_json("run", out)["precision"]}
    # the challenger gets 1 by a concession and loses 0.6 in a war; the defender keeps up to 2
    assert ranges == pytest.approx({"C": 1.6, "D": 2.0})


def test_sweep_of_one_number_draws_a_line_for_each_case(offramp):
    words = ["pledge", "--over", "p_firm=0.2,0.6", "--grid", "5", "--out", "result"]
    assert offramp("sweep", *words, "--case", "solved", "--policy", "never-fight")[0] == 0
    svg = Path("result/chart.svg").read_text(encoding="utf-8")
    assert "never-fight" in svg
    assert "stroke-dasharray" in svg
    table = Path("result/sweep.csv").read_text(encoding="utf-8").splitlines()
    assert table[0] == "p_firm,case,grabbed,lost"
    assert len(table) == 5
