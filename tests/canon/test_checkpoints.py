"""Every classic model against the published result beside it, and against its theorem elsewhere."""

from __future__ import annotations

import inspect
import re
from functools import cache
from pathlib import Path

import pytest

import offramp
from canon.closed_forms import OTHER_NUMBERS, THEOREMS
from offramp.exploration.canon import Reproduction, reproduce, unmet_needs
from offramp.scenario import load_scenario
from offramp.scenario.theory import find_models, load_theory
from offramp.scenario.views import bind

MODELS = [name.removeprefix("canon/") for name in find_models()]
LONG = {
    "bargaining-range-uniform",
    "red-line-probing",
    "burden-sharing",
    "security-dilemma",
    "audience-costs-continuous",
}
LONG_STATICS = LONG | {"shifting-power", "war-of-attrition", "ambiguous-alliance"}
ANYWHERE = 1e-3  # of a limit, with numbers for which nothing is published
ROOT = Path(offramp.__file__).parents[2]
SPECIFICATION = ROOT.parent / "shared" / "canon"


def held(name: str, numbers: dict[str, float] | None = None, statics: bool = False) -> Reproduction:
    theory = load_theory(f"canon/{name}")
    return reproduce(
        name,
        load_scenario(f"canon/{name}"),
        theory,
        numbers,
        branch=theory.branch,
        with_statics=statics,
    )


def test_there_are_twenty_two_models() -> None:
    assert {load_theory(f"canon/{name}").number for name in MODELS} == set(range(1, 23))


@pytest.mark.parametrize("name", MODELS)
def test_published_values_come_out(name: str) -> None:
    found = held(name)
    assert not found.n_unconverged
    assert found.residual <= 1e-8
    assert not found.unmet
    compared = {row.name: row for row in found.rows if row.published is not None}
    assert set(compared) == set(found.theory.published)
    assert all(row.passes for row in compared.values()), compared
    for row in compared.values():  # in any case, and whatever a scenario file says of tolerance
        if isinstance(row.value, float):
            assert row.difference is not None
            assert row.difference < (0.03 if row.name.startswith("game.") else ANYWHERE)


def statics_cases() -> list[object]:
    with_statics = [name for name in MODELS if load_theory(f"canon/{name}").statics]
    return [
        pytest.param(n, marks=pytest.mark.slow) if n in LONG_STATICS else n for n in with_statics
    ]


@pytest.mark.parametrize("name", statics_cases())
def test_signs_of_comparative_statics_come_out(name: str) -> None:
    found = held(name, statics=True)
    for row in found.statics:
        assert len(row.points) >= 5
        assert len(row.signs) == 3
        assert row.passes, row
    assert not found.n_unconverged


def elsewhere() -> list[object]:
    return [
        pytest.param(name, numbers, marks=pytest.mark.slow if name in LONG else ())
        for name, listed in OTHER_NUMBERS.items()
        for numbers in listed
    ]


@pytest.mark.parametrize(("name", "numbers"), elsewhere())
def test_theorem_holds_with_other_numbers(name: str, numbers: dict[str, float]) -> None:
    parameters = bind(load_scenario(f"canon/{name}"), parameters=numbers).parameters
    theorem = THEOREMS[name]
    names = inspect.signature(theorem).parameters
    whole = {"Tn", "A", "B", "rmax", "s", "b", "Nst"}
    expected = theorem(**{
        n: int(parameters[n]) if n in whole and float(parameters[n]).is_integer() else parameters[n]
        for n in names
    })  # fmt: skip
    found = {row.name: row.value for row in held(name, numbers).rows}
    missing = set(expected) - set(found)
    assert not missing
    for quantity, value in expected.items():
        if isinstance(value, str):
            assert found[quantity] == value
        else:
            assert found[quantity] == pytest.approx(value, abs=ANYWHERE), quantity


OUTSIDE = {
    "extended-deterrence": {"vlo": 0.9}, "crisis-signalling": {"alpha": 0.6},
    "audience-costs": {"mu0": 0.2},
    "brinkmanship": {"r4": 0.1}, "asymmetric-escalation": {"rho": 0.2}, "reassurance": {"t": 0.8},
    "reassurance-at-once": {"tempted": 0.9}, "red-line-probing": {"gamma": 0.5},
    "ambiguous-alliance": {"cT": 0.2}, "provocation-spoilers": {"sU": 0.1},
    "reputation": {"a": 0.9}, "burden-sharing": {"w2": 1.0}, "bargaining-range": {"clo": 0.45},
    "bargaining-range-uniform": {"cA": 0.6}, "shifting-power": {"P2": 0.1},
    "fighting-learning": {"s": 0.7}, "fighting-learning-battle": {"ths": 0.2},
    "war-of-attrition": {"c0": 0.0}, "lanchester-reinforcement": {"a": 0.0},
    "gambling-resurrection": {"qh": 0.45}, "coercion-rally": {"den": 0.7},
    "face-saving-offramp": {"ar": 0.5}, "limited-war-risk": {"e2": 0.2},
    "security-dilemma": {"mu": 0.6}, "dollar-auction": {"b": 3},
}  # fmt: skip


@pytest.mark.parametrize("name", OUTSIDE)
def test_numbers_outside_a_theorem_are_told_with_what_it_needs(name: str) -> None:
    theory, scenario = load_theory(f"canon/{name}"), load_scenario(f"canon/{name}")
    assert not unmet_needs(theory, bind(scenario).parameters)
    told = unmet_needs(theory, bind(scenario, parameters=OUTSIDE[name]).parameters)
    assert len(told) == 1
    assert told[0].startswith("the theorem needs that ")


@cache
def specified(name: str) -> str:
    if not SPECIFICATION.is_dir():
        pytest.skip("the specification of the classic models is not beside the project")
    files = list(SPECIFICATION.glob(f"*-{name.removesuffix('-continuous')}.md"))
    if not files:
        pytest.skip("a further version of a model, whose numbers are our own")
    [file] = files
    return file.read_text(encoding="utf-8")


def table(text: str, head: str) -> dict[str, str]:
    lines = text[text.index(f"| {head} |") :].split("\n\n")[0].splitlines()[2:]
    cells = [[cell.strip().strip("`") for cell in line.strip("|").split("|")] for line in lines]
    return {row[0]: row[1] for row in cells}


@pytest.mark.parametrize("name", MODELS)
def test_data_are_those_of_the_specification(name: str) -> None:
    theory = load_theory(f"canon/{name}")
    text = specified(name)
    assert f"# {theory.number:02d}:" in text
    if name == "audience-costs":  # the checkpoint is of the continuous version
        return
    parameters = bind(load_scenario(f"canon/{name}")).parameters
    for parameter, value in table(text, "parameter | value").items():
        if value.startswith("["):
            listed = [float(part) for part in value.strip("[]").split(",")]
            assert [parameters[f"{parameter}_{k + 1}"] for k in range(len(listed))] == listed
        else:
            assert parameters[parameter] == float(value)
    for quantity, expected in table(text, "quantity | expected").items():
        published = theory.published[quantity]
        assert str(published) == expected or float(published) == float(expected), quantity
    signs = re.findall(r"^\| `([^`]+)` \| `(\w+)`[^|]*\| ([-+0]) \|$", text, re.MULTILINE)
    declared = [(s.of, s.raise_, s.sign) for s in theory.statics]
    for quantity, parameter, sign in signs:
        named = re.sub(r"\.0\.8$", ".{grid_3}", quantity).removesuffix(" (lambda=5)")
        wanted = {(named, parameter, sign), (f"game.{named}", parameter, sign)}
        assert wanted & set(declared), (quantity, parameter, sign)


def test_no_model_is_named_in_the_program() -> None:
    for path in (ROOT / "src").rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        for name in MODELS:
            words = name.replace("-", "[-_ ]")
            # `02-crisis-signalling` stands in a docstring as an example of how names are written
            found = re.findall(rf"(?<!\d-)\b{words}\b", text)
            assert not found or name in ("reputation", "reassurance"), f"{path}: {name}"
