"""When a row passes, and how signs are told."""

from __future__ import annotations

import numpy as np
import pytest

from offramp.exploration.canon import reproduce
from offramp.exploration.canon.reproduce import _sign
from offramp.scenario import load_scenario
from offramp.scenario.theory import Theory, load_theory

NAME = "canon/coercion-rally"


def held(theory: Theory) -> dict[str, bool | None]:
    found = reproduce(NAME, load_scenario(NAME), theory, with_statics=False)
    return {row.name: row.passes for row in found.rows}


def test_a_wrong_published_value_fails_and_the_others_pass() -> None:
    theory = load_theory(NAME)
    wrong = theory.model_copy(
        update={"published": {**theory.published, "slope": 0.1001, "choice.denial": 0.99}}
    )
    found = held(wrong)
    assert {name for name, passes in found.items() if passes is False} == {"slope", "choice.denial"}
    assert not reproduce(NAME, load_scenario(NAME), wrong, with_statics=False).passes


def test_a_wrong_rate_fails_though_the_value_is_near() -> None:
    name = "canon/fighting-learning"
    theory = load_theory(name)
    assert theory.limit is not None
    hasty = theory.model_copy(
        update={"limit": theory.limit.model_copy(update={"rate": "exponential", "from_": 8000.0})}
    )
    found = reproduce(name, load_scenario(name), hasty, with_statics=False)
    rows = {row.name: row for row in found.rows}
    assert rows["war"].difference is not None
    assert rows["war"].difference < 1e-3
    assert rows["war"].passes is False


def test_the_published_value_never_enters() -> None:
    theory = load_theory("canon/brinkmanship")
    other = theory.model_copy(update={"published": dict.fromkeys(theory.published, 0.123)})
    scenario = load_scenario("canon/brinkmanship")
    one = reproduce("x", scenario, theory, with_statics=False)
    two = reproduce("x", scenario, other, with_statics=False)
    assert [row.value for row in one.rows] == [row.value for row in two.rows]


@pytest.mark.parametrize(
    ("values", "sign"),
    [([0, 1, 2], "+"), ([2, 1, 0], "-"), ([1, 1, 1], "0"), ([0, 1, 0], "?"), ([0, 1, 0.995], "+"),
     ([0, 1e-9, 0], "0")],
)  # fmt: skip
def test_signs_are_told(values: list[float], sign: str) -> None:
    assert _sign(np.array(values, float), 1e-8) == sign
