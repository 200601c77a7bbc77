"""Whatever a file holds, it is read or refused with problems; what was read can be written."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from helpers.crises import small
from offramp.errors import Problem, ScenarioError
from offramp.scenario import (
    Scenario,
    bind,
    dump_scenario,
    json_schema,
    list_scenarios,
    load_campaign,
    load_scenario,
    parse_scenario,
)
from offramp.scenario.library import shipped_scenario
from offramp.scenario.parse import parse_yaml

SHIPPED = list_scenarios()
SMALLEST = small()
ODD: list[Any] = [None, True, -1, 0, 1.5, "", "calm", "x + ", "no such name", [], {}, [1], {"a": 1},
                  "1/0", "did(x)", "share(rung)", "period", [[]], {"a": {"a": {}}}]  # fmt: skip


def plain_data(name: str) -> Any:
    return parse_yaml(shipped_scenario(name).read_bytes(), name).data


def containers(node: Any) -> list[Any]:
    """Return every mapping and list of plain data that holds something."""
    found, stack = [], [node]
    while stack:
        part = stack.pop()
        if isinstance(part, (dict, list)) and part:
            found.append(part)
            stack.extend(part.values() if isinstance(part, dict) else part)
    return found


def spoil(data: Any, dice: random.Random) -> None:
    """Change one entry at random: remove it, rename it, or put something odd in its place."""
    node = dice.choice(containers(data))
    key = dice.choice(list(node) if isinstance(node, dict) else range(len(node)))
    action = dice.choice(["replace", "replace", "remove", "rename"])
    if action == "remove":
        del node[key]
    elif action == "rename" and isinstance(node, dict):
        node[f"{key}x"] = node.pop(key)
    else:
        node[key] = dice.choice(ODD)


def problems_of(text: str) -> tuple[Problem, ...]:
    """Return what is wrong with a scenario; one that is read can be bound."""
    try:
        scenario = parse_scenario(text)
    except ScenarioError as error:
        return error.problems
    bind(scenario)
    return ()


@pytest.mark.parametrize("seed", range(150))
def test_a_spoilt_file_is_read_or_refused_with_problems(seed):
    dice = random.Random(seed)
    data = json.loads(json.dumps(plain_data("strait-standoff")))
    for _ in range(dice.choice([1, 1, 2, 4])):
        spoil(data, dice)
    problems = problems_of(json.dumps(data, indent=1))
    assert all(problem.code.startswith("S") for problem in problems)
    assert all(problem.message and problem.fix for problem in problems)


@pytest.mark.parametrize("name", SHIPPED)
def test_writing_and_reading_again_changes_nothing(name):
    scenario = load_scenario(name)
    again = parse_scenario(dump_scenario(scenario))
    assert again == scenario
    assert dump_scenario(again) == dump_scenario(scenario)
    assert bind(again).scenario_hash == bind(scenario).scenario_hash


@given(st.text(min_size=1) | st.from_regex(r"[-+.0-9eExo_:~]{1,8}", fullmatch=True))
@example("5.")
@example("no")
@example("~")
@example("0x1F")
@example("2025-12-16")
@example("<<")
def test_every_text_survives_writing_and_reading(text):
    scenario = SMALLEST.model_copy(update={"title": text, "story": f"{text}\n{text}"})
    written = dump_scenario(scenario).encode()
    assert Scenario.model_validate(parse_yaml(written, "written.yaml").data) == scenario


@pytest.mark.parametrize("name", SHIPPED)
def test_editors_accept_what_ships(name):
    jsonschema.validate(json.loads(json.dumps(plain_data(name))), json_schema())


def test_editors_refuse_what_the_program_refuses():
    data = plain_data("strait-standoff")
    data["stages"][0]["actions"]["harass"]["costs"] = 1
    data["solver"] = {"belief": "grid"}
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(json.loads(json.dumps(data)), json_schema())


def test_a_scenario_does_not_depend_on_where_it_was_read_from(tmp_path):
    text = shipped_scenario("strait-standoff").read_text(encoding="utf-8")
    (tmp_path / "copy.yaml").write_text("# moved down by a line\n" + text, encoding="utf-8")
    assert load_scenario(tmp_path / "copy.yaml") == load_scenario("strait-standoff")


def test_a_scenario_cannot_be_changed():
    scenario = load_scenario("strait-standoff")
    with pytest.raises(ValueError, match="frozen"):
        scenario.title = "other"  # type: ignore[misc]


PHASE = """
offramp: 1
name: {name}
period: {{unit: month, count: 2}}
variables:
  rung: {{levels: [calm, {middle}, war], start: calm}}
players:
  north: {{precision: 2, types: {{bold: {{}}, meek: {{}}}}}}
stages:
  - player: north
    actions: {{hold: {{}}, push: {{effects: [{{move: rung, by: 1}}]}}}}
"""


def write_campaign(folder: Path, carry: str, middle: str = "shots") -> Path:
    (folder / "one.yaml").write_text(PHASE.format(name="one", middle="shots"))
    (folder / "two.yaml").write_text(PHASE.format(name="two", middle=middle))
    file = folder / "both.yaml"
    file.write_text(
        "offramp: 1\nname: both\nphases:\n"
        f"  - {{scenario: one.yaml, until: rung == war, carry: {carry}}}\n"
        "  - {scenario: two.yaml}\n"
    )
    return file


def test_a_campaign_brings_its_scenarios(tmp_path):
    campaign = load_campaign(write_campaign(tmp_path, "[rung, north]"))
    assert [scenario.name for scenario in campaign.scenarios] == ["one", "two"]


@pytest.mark.parametrize(
    ("carry", "middle", "code"),
    [("[rung]", "shooting", "S332"), ("[front]", "shots", "S204")],
)
def test_a_campaign_hands_on_only_what_both_phases_have(tmp_path, carry, middle, code):
    with pytest.raises(ScenarioError) as caught:
        load_campaign(write_campaign(tmp_path, carry, middle))
    assert [problem.code for problem in caught.value.problems] == [code]


def test_the_until_of_a_phase_speaks_of_its_own_scenario(tmp_path):
    file = write_campaign(tmp_path, "[rung]")
    file.write_text(file.read_text().replace("rung == war", "rung == peace"))
    with pytest.raises(ScenarioError, match="'peace' is not a level of 'rung'"):
        load_campaign(file)
