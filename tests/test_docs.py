"""What the pages show is true: commands run, scenarios solve, generated pages are current."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", *sorted(DOCS.rglob("*.md"))]
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
ERRORS = DOCS / "reference" / "errors.md"  # its examples are broken on purpose; tests/messages


class Block(NamedTuple):
    page: Path
    language: str
    text: str
    line: int

    def __str__(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.line}"


def blocks(*languages: str) -> list[Block]:
    found = []
    for page in PAGES:
        if page == ERRORS or "_build" in page.parts:
            continue
        text = page.read_text(encoding="utf-8")
        for match in BLOCK.finditer(text):
            line = text.count("\n", 0, match.start()) + 1
            found.append(Block(page, match[1], match[2], line))
    return [one for one in found if one.language in languages]


def offramp(words: str, folder: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "from offramp.cli import main; main()", *words.split()]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120)


def sessions(text: str) -> Iterator[tuple[str, list[str]]]:
    """Yield each command of a console block with the output that stands below it."""
    command, shown = "", []
    for line in text.splitlines():
        if line.startswith("$ "):
            if command:
                yield command, shown
            command, shown = line[2:], []
        else:
            shown.append(line)
    yield command, shown


def fits(shown: list[str], printed: list[str]) -> bool:
    """Whether output is as shown, where a line `...` stands for any lines (or none)."""
    if not shown:
        return not printed
    if shown[0] == "...":
        return any(fits(shown[1:], printed[k:]) for k in range(len(printed) + 1))
    return bool(printed) and shown[0] == printed[0].rstrip() and fits(shown[1:], printed[1:])


def page_blocks() -> list[tuple[Path, list[Block]]]:
    by_page: dict[Path, list[Block]] = {}
    for one in blocks("console"):
        by_page.setdefault(one.page, []).append(one)
    return list(by_page.items())


@pytest.mark.parametrize(
    ("page", "shown"), page_blocks(), ids=lambda v: v.name if isinstance(v, Path) else ""
)
def test_commands_print_what_the_page_shows(page, shown, tmp_path):
    for block in shown:
        for command, expected in sessions(block.text):
            words = command.removeprefix("offramp ")
            assert words != command, f"{block}: only offramp commands are shown as console blocks"
            done = offramp(words, tmp_path)
            assert done.returncode == 0, f"{block}: {command}\n{done.stderr}"
            assert fits(expected, done.stdout.splitlines()), f"{block}: {command}\n{done.stdout}"


@pytest.mark.parametrize("block", blocks("python"), ids=str)
def test_python_runs(block, tmp_path):
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", block.text],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    "block", [one for one in blocks("yaml") if "offramp: 1" in one.text], ids=str
)
def test_scenarios_solve(block, tmp_path):
    (tmp_path / "shown.yaml").write_text(block.text, encoding="utf-8")
    done = offramp("run shown.yaml", tmp_path)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("block", blocks("yaml"), ids=str)
def test_fragments_are_yaml(block):
    from ruamel.yaml import YAML

    assert YAML(typ="safe").load(block.text)


def test_readme_scenario_is_the_one_that_ships():
    shown = [one.text for one in blocks("yaml") if one.page.name == "README.md"]
    shipped = (ROOT / "src/offramp/scenarios/pledge.yaml").read_text(encoding="utf-8")
    assert shown == [shipped]
    assert len(shipped.splitlines()) == 15


def test_readme_has_at_most_500_words():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    prose = BLOCK.sub("", text)
    assert len(re.findall(r"\b[A-Za-z][\w'-]*\b", prose)) <= 500


def generator():
    spec = importlib.util.spec_from_file_location("generate", DOCS / "generate.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", ["cli.md", "json.md"])
def test_generated_pages_are_current(name):
    page = (DOCS / "reference" / name).read_text(encoding="utf-8")
    assert page == generator().PAGES[name](), "run: python docs/generate.py"


def test_every_command_has_help_and_a_section():
    from offramp.cli import app

    page = (DOCS / "reference" / "cli.md").read_text(encoding="utf-8")
    for command in app.registered_commands:
        name = command.name or command.callback.__name__
        assert command.callback.__doc__
        assert f"## `offramp {name}`" in page


def test_every_key_of_the_scenario_format_is_documented():
    from pydantic import BaseModel

    from offramp.scenario import schema

    page = (DOCS / "reference" / "scenario.md").read_text(encoding="utf-8")
    names = set(re.findall(r"`([^`]+)`", BLOCK.sub("", page)))
    words = {word for name in names for word in re.findall(r"[a-z_]+", name)}
    for value in vars(schema).values():
        if isinstance(value, type) and issubclass(value, BaseModel):
            for key, info in value.model_fields.items():
                assert (info.alias or key) in words, f"{value.__name__}.{key}"


def test_every_cited_work_is_in_the_references():
    entries = (DOCS / "references.bib").read_text(encoding="utf-8")
    known = set(re.findall(r"@\w+\{(\w+),", entries))
    cited = set()
    for path in (ROOT / "src").rglob("*.py"):
        cited |= set(
            re.findall(r"\[([A-Z][A-Za-z]+\d{4}[a-z]?)\]", path.read_text(encoding="utf-8"))
        )
    for page in DOCS.rglob("*.md"):
        for keys in re.findall(r"\{cite\}`([^`]+)`", page.read_text(encoding="utf-8")):
            cited |= set(keys.split(","))
    assert cited - known == set()


def test_links_between_pages_lead_somewhere():
    bad = []
    for page in PAGES:
        text = BLOCK.sub("", page.read_text(encoding="utf-8"))
        for target in re.findall(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)", text):
            if not (page.parent / target).exists():
                bad.append(f"{page.relative_to(ROOT)}: {target}")
    assert bad == []


def test_figures_are_drawn_from_what_is_solved_now():
    spec = importlib.util.spec_from_file_location("figures", DOCS / "figures.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    for name, draw in module.FIGURES.items():
        shown = (DOCS / "figures" / name).read_text(encoding="utf-8")
        assert shown == draw(), "run: python docs/figures.py"
