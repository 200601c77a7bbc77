"""Parameters may stand on each other in any order; numbers come out finite or are told."""

from __future__ import annotations

import pytest

from helpers.crises import SMALL, small
from offramp.errors import ScenarioError
from offramp.scenario import bind
from offramp.scenario.worlds import spans_of


def parameter(value, **entries):
    return {"value": value, "unit": "payoff", "source": "judgement", **entries}


def values(**parameters):
    return bind(small(parameters={**SMALL["parameters"], **parameters})).parameters


def test_a_parameter_may_be_declared_after_what_stands_on_it():
    found = values(total=parameter("2 * part + toll"), part=parameter("toll / 4"))
    assert (found["part"], found["total"]) == (0.5, 3.0)


def test_a_long_chain_of_parameters_is_followed_to_its_end():
    chain = {f"p{k}": parameter(f"p{k + 1} + 1") for k in range(1_500)}
    assert values(**chain, p1500=parameter(0))["p0"] == 1500.0


def test_a_circle_hides_no_other_problem():
    with pytest.raises(ScenarioError) as caught:
        values(a=parameter("b"), b=parameter("a"), c=parameter("1 / (toll - 2)"), d=parameter("a"))
    assert [problem.code for problem in caught.value.problems if problem.is_error] == [
        "S315",
        "S322",
    ]


def test_the_base_value_of_a_list_is_its_mean_if_none_is_given():
    listed = {"one_of": {0: 1, 1: 3}, "unit": "payoff", "source": "judgement"}
    assert values(fate=listed)["fate"] == 0.75
    assert values(fate={**listed, "value": 0.2})["fate"] == 0.2


@pytest.mark.parametrize("word", ["min", "max"])
def test_functions_of_several_values_take_them_all(word):
    assert values(x=parameter(f"{word}(3, toll, 2.5)"))["x"] == {"min": 2.0, "max": 3.0}[word]


def test_worlds_draw_from_ranges_that_may_be_expressions():
    scenario = small(parameters={
        **SMALL["parameters"],
        "wide": parameter(2, range=["toll / 2", "4 * toll"], scale="log"),
        "fate": {"one_of": {0: 1, 1: "toll"}, "value": 0.5, "unit": "x", "source": "judgement"},
    })  # fmt: skip
    spans = spans_of(scenario)
    assert (spans["wide"].low, spans["wide"].high, spans["wide"].is_log) == (1.0, 8.0, True)
    assert spans["fate"].one_of == ((0.0, 1.0), (1.0, 2.0))
    assert "slip" not in spans  # without a range it is what it is
