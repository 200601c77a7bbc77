"""How quantities are read, and what is said where they cannot be."""

from __future__ import annotations

import math

import pytest

from offramp.errors import RunError, ScenarioError
from offramp.exploration.canon.formulas import evaluate_expression, filled, first_word
from offramp.exploration.canon.laboratory import Laboratory
from offramp.exploration.canon.readings import read_all
from offramp.scenario import load_scenario
from offramp.scenario.theory import QuantityDecl, Theory, load_theory


def asked(name: str, **quantities: object) -> Laboratory:
    theory = load_theory(f"canon/{name}")
    declared = {q: QuantityDecl.model_validate(form) for q, form in quantities.items()}
    return Laboratory(
        load_scenario(f"canon/{name}"), theory.model_copy(update={"quantities": declared})
    )


def test_a_laboratory_solves_each_world_once() -> None:
    lab = asked("coercion-rally", one="concession", other="C.denial", third={"read": "resistance"})
    values = read_all(lab, {"x": 0.5})
    assert lab.n_solved == 1
    assert float(values["one"]) + float(values["third"]) == pytest.approx(1.0)
    read_all(lab, {"x": 0.6})
    assert lab.n_solved == 2


def test_replies_of_one_place_are_read_there_and_means_over_types_weigh_beliefs() -> None:
    lab = asked("crisis-signalling", R="B.resist", weak="B.weak.resist", tough="B.tough.resist")
    found = {name: float(value) for name, value in read_all(lab, {}).items()}
    assert found["R"] == pytest.approx(0.1 * found["tough"] + 0.9 * found["weak"], abs=1e-12)


def test_a_family_has_a_mean_and_a_likeliest_member() -> None:
    lab = asked("limited-war-risk", force={"chosen": "C@C1"}, act={"likeliest": "D.resolute@D"})
    values = read_all(lab, {"lambda": 1000})
    assert values == {"force": pytest.approx(0.6, abs=1e-9), "act": "fight"}


def test_levels_give_one_quantity_for_every_combination() -> None:
    lab = asked("reputation", dist={"levels": ["first", "second", "third"]})
    values = read_all(lab, {})
    assert len(values) == 27
    assert sum(map(float, values.values())) == pytest.approx(1.0)


def test_a_threshold_that_is_not_there_is_no_number() -> None:
    even = ["C.attack", "C.hold"]
    lab = asked(
        "extended-deterrence",
        there={"threshold": "phi", "between": [0, 1], "even": even},
        not_there={"threshold": "phi", "between": [0, 0.5], "even": even},
        twice={"is": "2 * not_there"},
    )
    values = read_all(lab, {"lambda": 100})
    assert values["there"] == pytest.approx(0.625, abs=1e-9)
    assert math.isnan(float(values["not_there"]))
    assert math.isnan(float(values["twice"]))


def test_only_what_is_wanted_is_read_with_its_parts() -> None:
    theory: Theory = load_theory("canon/coercion-rally")
    lab = Laboratory(load_scenario("canon/coercion-rally"), theory)
    assert set(read_all(lab, {}, ["slope"])) == {"slope", "at_more", "at_less"}


@pytest.mark.parametrize("word", ["C.assault", "C.attack@D", "C.attack@C|hold", "E.attack"])
def test_what_names_nothing_is_told(word: str) -> None:
    with pytest.raises(RunError, match="R605"):
        read_all(asked("extended-deterrence", one={"worth": word}), {})
    with pytest.raises(RunError, match="R605"):
        read_all(asked("extended-deterrence", one=word), {})


def test_expressions_are_of_names_that_are_known() -> None:
    assert evaluate_expression("2 * a + min(b, 1)", {"a": 1.5, "b": 4.0}) == 4.0
    assert math.isnan(evaluate_expression("a + b", {"a": 1.0, "b": math.nan}))
    assert math.isnan(evaluate_expression("a / (a - 1)", {"a": 1.0}))
    with pytest.raises(ScenarioError, match="S204"):
        evaluate_expression("a + c", {"a": 1.0})


def test_names_take_the_value_of_a_parameter() -> None:
    assert filled("pi_{given}", {"given": 0.25}) == "pi_0.25"
    assert filled("pi_{other}", {"given": 0.25}) == "pi_{other}"


def test_the_first_word_that_holds_is_the_answer() -> None:
    words = {"low": "x < 0.1", "high": "x > 0.9", "mixed": "x > 0"}
    assert [first_word(words, {"x": x}) for x in (0.05, 0.95, 0.5)] == ["low", "high", "mixed"]
    assert first_word({"low": "x < 0.1"}, {"x": 0.5}) == "none of these"
