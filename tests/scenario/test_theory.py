"""Theories: where they stand, by what names, and what is wrong with them."""

from __future__ import annotations

from pathlib import Path

import pytest

from offramp.errors import ScenarioError
from offramp.scenario.theory import find_models, load_theory

GOOD = """
offramp: 1
number: 1
concept: equilibrium
reference: nobody
relation: our own
theorem: [nothing]
tolerance: 1.0e-6
limit: {in: lambda, from: 20, rate: exponential}
quantities:
  war: war
published: {war: 0.5}
figure: {over: "x=0:1:5", measures: [war], says: nothing, shows: {war: rises}}
"""


def beside(folder: Path, text: str) -> str:
    (folder / "mine.yaml").write_text("offramp: 1\n", encoding="utf-8")
    (folder / "mine.theory.yaml").write_text(text, encoding="utf-8")
    return str(folder / "mine.yaml")


@pytest.mark.parametrize(
    "word", ["brinkmanship", "canon/brinkmanship", "4", "04", "04-brinkmanship"]
)
def test_a_model_goes_by_name_and_number(word: str) -> None:
    assert find_models(word) == ["canon/brinkmanship"]


def test_models_come_in_the_order_of_the_canon() -> None:
    names = find_models()
    numbers = [load_theory(name).number for name in names]
    assert numbers == sorted(numbers)
    assert find_models("3") == ["canon/audience-costs", "canon/audience-costs-continuous"]


def test_a_name_that_no_model_has_is_told_with_the_nearest() -> None:
    with pytest.raises(ScenarioError) as caught:
        find_models("brinkmanshp")
    assert str(caught.value) == (
        "brinkmanshp  error S121\n"
        "  There is no classic model 'brinkmanshp'.\n"
        "  Did you mean 'brinkmanship'?\n"
        "  Fix: give its name or number, or a file with a theory beside it.\n"
        "1 problem; nothing was solved."
    )
    with pytest.raises(ScenarioError):
        find_models("05-brinkmanship")


def test_a_theory_stands_beside_its_scenario(tmp_path: Path) -> None:
    file = beside(tmp_path, GOOD)
    assert find_models(file) == [file]
    assert load_theory(file).published == {"war": 0.5}
    assert load_theory(file).quantities["war"].read == "war"


def test_a_missing_theory_is_told_with_the_file_that_is_missing(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text("offramp: 1\n", encoding="utf-8")
    with pytest.raises(ScenarioError) as caught:
        load_theory(tmp_path / "mine.yaml")
    assert "There is no theory beside the scenario." in str(caught.value)
    assert "mine.theory.yaml" in str(caught.value)
    with pytest.raises(ScenarioError, match=r"pledge\.theory\.yaml"):
        load_theory("pledge")


@pytest.mark.parametrize(
    ("entry", "told"),
    [
        ("war: {read: war, worth: C.attack}", "exactly one of"),
        ("war: {case: solved}", "exactly one of"),
        ("war: {threshold: x, between: [0, 1]}", "`threshold` needs `even` beside it"),
        ("war: {belief: A.hard}", "`belief` needs `at` beside it"),
        ("war: {red: war}", "Did you mean 'read'"),
    ],
)
def test_a_quantity_says_in_one_way_how_it_is_read(entry: str, told: str, tmp_path: Path) -> None:
    file = beside(tmp_path, GOOD.replace("war: war\n", f"{entry}\n", 1))
    with pytest.raises(ScenarioError) as caught:
        load_theory(file)
    assert told in str(caught.value)
    assert "mine.theory.yaml:11" in str(caught.value)
