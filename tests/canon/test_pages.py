"""The pages of the classic models: current, and true by the tables that are stored beside them."""

from __future__ import annotations

import importlib.util
import itertools
from pathlib import Path
from types import ModuleType

import pytest

from offramp.exploration import Laid, sweep
from offramp.scenario import load_scenario
from offramp.scenario.theory import find_models, load_theory

DOCS = Path(__file__).parents[2] / "docs"
MODELS = find_models()
FLAT = 1e-6  # of a stored value: a change below this is none
BUMP = 0.01  # of the whole change: what a finite precision leaves of a slope where there is a step
SAME = 1e-6  # of a stored value: machines round otherwise


@pytest.fixture(scope="module")
def maker() -> ModuleType:
    spec = importlib.util.spec_from_file_location("canon_pages", DOCS / "canon_pages.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_pages_are_current(maker: ModuleType) -> None:
    for path, text in maker.pages().items():
        assert path.read_text(encoding="utf-8") == text, f"run docs/canon_pages.py: {path.name}"
    written = {path.name for path in (DOCS / "canon").glob("*.md")}
    assert written == {path.name for path in maker.pages()}


@pytest.mark.parametrize("name", MODELS)
def test_figures_are_drawn_from_the_stored_tables(maker: ModuleType, name: str) -> None:
    stored = (DOCS / "canon" / "figures" / f"{maker.short(name)}.svg").read_text(encoding="utf-8")
    assert stored == maker.figure_svg(name)


def course(values: list[float]) -> str:
    """Return how values run: what lies below a hundredth of the whole change is no turn."""
    low, high = min(values), max(values)
    nothing = max(FLAT, BUMP * (high - low))
    ways: list[str] = []
    start = values[0]
    for one, other in itertools.pairwise(values):
        way = "rises" if other > one else "falls"
        if abs(other - start) <= nothing:
            continue
        if not ways or ways[-1] != way:
            ways.append(way)
        start = other
    return {0: "flat", 1: "".join(ways), 2: " then ".join(ways)}.get(len(ways), "up and down")


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([0, 1, 2], "rises"), ([2, 1, 0], "falls"), ([1, 1, 1], "flat"),
        ([0, 1, 2, 0], "rises then falls"), ([2, 0, 1], "falls then rises"),
        ([0, 1, 0, 1], "up and down"), ([0, 1, 0.999, 2], "rises"),
    ],
)  # fmt: skip
def test_courses_are_told_apart(values: list[float], expected: str) -> None:
    assert course(values) == expected


@pytest.mark.parametrize("name", MODELS)
def test_sentence_is_borne_out_by_the_table(maker: ModuleType, name: str) -> None:
    rows = maker.rows_of(maker.short(name))
    figure = load_theory(name).figure
    axis = figure.over.split("=")[0]
    points = [float(row[axis]) for row in rows]
    assert points == sorted(points)
    assert len(points) >= 5
    for quantity, expected in figure.shows.items():
        assert course([float(row[quantity]) for row in rows]) == expected, quantity


@pytest.mark.parametrize("name", MODELS)
def test_stored_table_is_what_solving_gives(maker: ModuleType, name: str) -> None:
    rows = maker.rows_of(maker.short(name))
    figure = load_theory(name).figure
    axis = figure.over.split("=")[0]
    for row in (rows[1], rows[-2]):
        found = sweep(
            load_scenario(name),
            [f"{axis}={row[axis]},{rows[0][axis]}"],
            measures=figure.measures,
            cases=[figure.case] if figure.case else [],
            laid=Laid(parameters=figure.set),
        )
        for q, quantity in enumerate(found.quantities):
            assert found.value[0, 0, q] == pytest.approx(float(row[quantity]), abs=SAME)


def test_stored_results_are_those_of_the_data(maker: ModuleType) -> None:
    values, signs = maker.rows_of("values"), maker.rows_of("signs")
    for name in MODELS:
        theory = load_theory(name)
        own = {r["quantity"]: r for r in values if r["model"] == maker.short(name)}
        assert {q: r["published"] for q, r in own.items()} == {
            q: str(v if isinstance(v, str) else float(v)) for q, v in theory.published.items()
        }
        told = [r for r in signs if r["model"] == maker.short(name)]
        assert [(r["quantity"], r["parameter"], r["published"]) for r in told] == [
            (s.of, s.raise_, s.sign) for s in theory.statics
        ]
    assert {row["verdict"] for row in (*values, *signs)} == {"passes"}
