"""Pages of explored scenarios: written from stored answers, which belong to the files as they are."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path

import pytest

from helpers.planted import PLANTED, explore_planted
from offramp.report.believe import describe_believe
from offramp.scenario import bind, load_scenario

DOCS = Path(__file__).parents[2] / "docs"


@pytest.fixture
def pages():
    spec = importlib.util.spec_from_file_location("world_pages", DOCS / "world_pages.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_a_page_says_what_the_answers_say(pages, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    file = "planted.yaml"
    Path(file).write_text(PLANTED)
    explore_planted(Path("elsewhere"), worlds=96)
    monkeypatch.setattr(pages, "STORED", tmp_path)
    monkeypatch.setattr(pages, "PLANS", {file: pages.Plan(file, "worlds", ("pays",), (), 2, 2)})
    pages.store(file, Path("elsewhere"))
    stored = Path(f"{file}.worlds.json").read_text()
    assert "elsewhere" not in stored  # where it was made is nobody's business
    page = pages.page(file)
    for heading in ("Which policy holds up", "What one must believe", "On what a verdict hangs"):
        assert f"## {heading}" in page
    believed = describe_believe(Path("elsewhere"), by="lost")
    [sure] = [one for one in believed.policies if one.case == "sure"]
    assert f"It is best in {sure.best} of {sure.worlds} worlds" in page
    assert "| policy | mean | best in |" in page


def test_what_is_stored_belongs_to_the_scenarios_as_they_are(pages):
    for path in sorted((DOCS / "scenarios" / "stored").glob("*.worlds.json")):
        name = path.name.removesuffix(".worlds.json")
        plain = bind(load_scenario(pages.PLANS[name].scenario)).scenario_hash
        heads = [
            one["answer"].get("scenario") or one["answer"]["run"]["scenario"]
            for one in json.loads(path.read_text())
        ]
        assert {head["hash"] for head in heads if not head["view"] and not head["set"]} == {plain}
        page = DOCS / "scenarios" / f"{name}-worlds.md"
        assert page.read_text(encoding="utf-8") == pages.page(name)
