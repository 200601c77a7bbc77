"""Every problem of the language has a broken scenario, and its full text stands beside it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import offramp
from offramp.errors import OfframpError, ScenarioError, render_problems
from offramp.scenario import bind, check_scenario, load_scenario, parse_scenario

HERE = Path(__file__).parent / "scenarios"
SOURCE = Path(offramp.__file__).parent
DOCS = SOURCE.parents[1] / "docs" / "reference" / "errors.md"
BROKEN = sorted(HERE.glob("S*.yaml"))
# told of what stands in no scenario file: paths, arguments, campaigns; they have tests of their own
OUTSIDE = {
    "S101",
    "S102",
    "S110",
    "S117",
    "S120",
    "S121",
    "S332",
    "S337",
    "S407",
    "S408",
    "S601",
    "S602",
    "S603",
    "S604",
}
CODE = re.compile(r'"([SGR][0-9]{3})"')


def told_of(name: str) -> str:
    """Return what loading and checking a file says."""
    try:
        return render_problems(check_scenario(load_scenario(name))) + "\n"
    except ScenarioError as error:
        return f"{error}\n"


@pytest.mark.parametrize("path", BROKEN, ids=lambda path: path.stem)
def test_a_broken_scenario_is_told_as_written_beside_it(path, monkeypatch):
    monkeypatch.chdir(HERE)
    told = told_of(path.name)
    assert told == path.with_suffix(".txt").read_text(encoding="utf-8")
    assert path.stem in told


def codes_in_source(pattern: str) -> set[str]:
    """Return all codes in string literals of the modules that match."""
    found: set[str] = set()
    for path in SOURCE.glob(pattern):
        found |= set(CODE.findall(path.read_text(encoding="utf-8")))
    return found


def test_every_code_of_the_language_has_a_broken_scenario():
    codes = {code for code in codes_in_source("scenario/**/*.py") if code[0] == "S"}
    assert codes - OUTSIDE == {path.stem for path in BROKEN}


def test_every_code_has_a_paragraph_and_every_paragraph_a_code():
    page = DOCS.read_text(encoding="utf-8")
    paragraphs = re.findall(r"^### ([SGR][0-9]{3})\n(?=\S)", page, flags=re.MULTILINE)
    assert len(paragraphs) == len(set(paragraphs))
    assert set(paragraphs) == codes_in_source("**/*.py")


def test_the_example_of_the_page_is_what_the_program_says(tmp_path, monkeypatch):
    shipped = (SOURCE / "scenarios" / "strait-standoff.yaml").read_text(encoding="utf-8")
    (tmp_path / "strait-standoff.yaml").write_text(
        shipped.replace("navy:    {control: \"stake_navy * (1 - share(grip))\", "
                        'danger: "-0.3 * share(rung)"}',
                        "navy:    {control: \"stake_navy * (1 - share(grip))\", "
                        'danger: "-0.3 * share(rugn)"}'),
        encoding="utf-8",
    )  # fmt: skip
    monkeypatch.chdir(tmp_path)
    example = DOCS.read_text(encoding="utf-8").split("```text\n")[1].split("```")[0]
    assert told_of("./strait-standoff.yaml").replace("./", "") == example


# --- what stands in no scenario file ---------------------------------------------------------


def said(call) -> str:
    with pytest.raises(OfframpError) as caught:
        call()
    return str(caught.value)


def test_a_missing_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert said(lambda: load_scenario("nowhere/crisis.yaml")) == (
        "nowhere/crisis.yaml  error S101\n"
        "  There is no such file.\n"
        "  Fix: correct the path.\n"
        "1 problem; nothing was solved."
    )


def test_an_unknown_shipped_scenario():
    assert said(lambda: load_scenario("strait-standof")) == (
        "strait-standof  error S101\n"
        "  There is no file and no shipped scenario 'strait-standof'.\n"
        "  Did you mean 'strait-standoff'?\n"
        "  Fix: `offramp list` shows what ships; a file is named with its path.\n"
        "1 problem; nothing was solved."
    )


def test_a_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "crises").mkdir()
    assert said(lambda: load_scenario("crises")) == (
        "crises  error S102\n"
        "  This is a folder, not a file.\n"
        "  Fix: name a file inside it.\n"
        "1 problem; nothing was solved."
    )


def test_a_file_that_is_too_large(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "large.yaml").write_bytes(b"# padding\n" * 500_000)
    assert said(lambda: load_scenario("large.yaml")) == (
        "large.yaml  error S110\n"
        "  The file has 5.0 MB; a scenario may have 4 MB.\n"
        "  Fix: keep bulk data in a CSV file beside the scenario.\n"
        "1 problem; nothing was solved."
    )


def test_a_name_that_no_file_can_have():
    told = said(lambda: load_scenario("a\0b"))
    assert "error S117" in told
    assert "The file cannot be read" in told


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (
            {"view": "dove"},
            "--view  error S407  dove\n"
            "  'dove' is not a view of this scenario.\n"
            "  Did you mean 'doves'?\n"
            "  Fix: correct the name.\n",
        ),
        (
            {"case": "after-los"},
            "--case  error S408  after-los\n"
            "  'after-los' is not a policy or case of this scenario.\n"
            "  Did you mean 'after-loss'?\n"
            "  Fix: correct the name.\n",
        ),
        (
            {"policy": "stay-in"},
            "--policy  error S409  stay-in\n"
            "  'stay-in' is not a policy of this scenario.\n"
            "  Did you mean 'stay-out'?\n"
            "  Fix: correct the name, or declare the policy.\n",
        ),
        (
            {"parameters": {"p_bald": 0.2}},
            "--set  error S204  p_bald\n"
            "  'p_bald' is not a parameter of this scenario.\n"
            "  Did you mean 'p_bold' (line 17)?\n"
            "  Fix: correct the name, or declare the parameter.\n",
        ),
        (
            {"parameters": {"friend_cost": float("nan")}},
            "--set  error S322  friend_cost\n"
            "  nan is not a finite number.\n"
            "  Fix: write a number; `precision: exact` stands for an infinite precision.\n",
        ),
        (
            {"settings": {"gain-provoke": "rival"}},
            "settings  error S401  gain-provoke\n"
            "  'gain-provoke' is not a mechanism of this scenario.\n"
            "  Did you mean 'gain-provokes'?\n"
            "  Fix: correct the name.\n",
        ),
        (
            {"settings": {"gain-provokes": "off"}},
            "settings  error S406  gain-provokes\n"
            "  'off' is not a setting of this scenario.\n"
            "  There are: asserted, rival, absent.\n"
            "  Fix: correct the name.\n",
        ),
    ],
)
def test_unknown_names_from_outside(arguments, text):
    scenario = load_scenario("strait-standoff")
    told = said(lambda: bind(scenario, **arguments))
    assert told == text + "1 problem; nothing was solved."


# --- all at once, and hostile files ----------------------------------------------------------


def test_problems_of_form_names_and_rules_are_told_together():
    text = (HERE / "S204.yaml").read_text(encoding="utf-8")
    text = text.replace("count: 2", "count: [2]").replace("value: 1,", "value: 3,")
    with pytest.raises(ScenarioError) as caught:
        parse_scenario(text.replace("cost: cost", "costs: cost"))
    assert [problem.code for problem in caught.value.problems] == ["S203", "S313", "S202", "S204"]
    assert str(caught.value).endswith("\n4 problems; nothing was solved.")


def test_what_was_cut_out_is_missed_by_nobody():
    text = (HERE / "S311.yaml").read_text(encoding="utf-8")
    with pytest.raises(ScenarioError) as caught:
        parse_scenario(text.replace("cost: {value: 1,", "cost: {value: [1],"))
    assert [problem.code for problem in caught.value.problems] == ["S203"]


def deep(opening: str, closing: str) -> str:
    return "offramp: 1\nname: deep\nstory: " + opening * 100_000 + closing * 100_000


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (deep("[", "]"), "S108"),
        (deep("{a: ", "}"), "S108"),
        ("\n".join("  " * depth + f"k{depth}:" for depth in range(1_000)), "S108"),
        (deep("- ", ""), "S106"),
    ],
    ids=["flow lists", "flow mappings", "block mappings", "not even YAML"],
)
def test_nesting_without_end_is_refused(text, code):
    with pytest.raises(ScenarioError) as caught:
        parse_scenario(text)
    assert [problem.code for problem in caught.value.problems] == [code]


@pytest.mark.parametrize("text", ["(" * 100_000 + "1" + ")" * 100_000, "-" * 100_000 + "1",
                                  "1" + "+1" * 1_900, "not " * 900 + "1", "abs(" * 500 + "1",
                                  "1" + " and 1" * 600])  # fmt: skip
def test_expressions_without_end_are_refused(text):
    whole = (HERE / "S204.yaml").read_text(encoding="utf-8")
    if text.endswith("and 1"):
        parse_scenario(whole.replace("-share(rugn)", f'"{text}"'))  # long, but not deep
        return
    with pytest.raises(ScenarioError) as caught:
        parse_scenario(whole.replace("-share(rugn)", f'"{text}"'))
    assert [problem.code for problem in caught.value.problems] == ["S207"]


@pytest.mark.parametrize(
    "text",
    ["x.__class__", "().__class__", "__import__('os')", "lambda: 1", "[1][0]", "1 if 1 else 2",
     "f'{1}'", "open(rung)", "eval(rung)", "rung := 1", "rung; rung", "1_000", "0x10", "1j",
     "north.hold.x", "a@b", "~1", "rung == 'war'"],
)  # fmt: skip
def test_nothing_but_the_language_is_read(text):
    whole = (HERE / "S204.yaml").read_text(encoding="utf-8")
    quoted = text.replace('"', '\\"')
    with pytest.raises(ScenarioError) as caught:
        parse_scenario(whole.replace("-share(rugn)", f'"{quoted}"'))
    codes = {problem.code for problem in caught.value.problems}
    assert codes <= {"S204", "S206", "S208", "S211", "S213"}


def test_the_yaml_words_of_old_stay_text():
    text = (HERE / "S204.yaml").read_text(encoding="utf-8").replace("rugn", "rung")
    text = text.replace("[calm, shots, war], start: calm", "[no, on, yes], start: no")
    scenario = parse_scenario(text.replace("to: calm", "to: off").replace("yes]", "off]"))
    assert scenario.variables["rung"].levels == ("no", "on", "off")
