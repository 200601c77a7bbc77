"""An expression has the value that arithmetic gives it, and warns nobody."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from offramp.scenario.expressions import (
    Belief,
    Binary,
    Boolean,
    Call,
    Chose,
    Compare,
    Const,
    Did,
    Level,
    MeasureCall,
    Parameter,
    Period,
    Since,
    Unary,
    Was,
    children,
    evaluate,
    substitute,
    walk,
)
from offramp.scenario.names import Kind, Scope
from offramp.scenario.parse import Document
from offramp.scenario.reading import Notes, Reader, Spot

NOWHERE = Spot(Document())


class States:
    """Three states, answered by array; every other answer by number."""

    def parameter(self, name):
        return {"half": 0.5, "three": 3.0}[name]

    def level(self, variable, share):
        return np.array([0.0, 0.5, 1.0]) if share else np.array([0.0, 1.0, 2.0])

    def was(self, variable, lag, share):
        return np.array([2.0, 1.0, 0.0]) - lag

    def did(self, acts, lag):
        return np.array([True, False, True])

    def since(self, node):
        return float(node.bound)

    def period(self):
        return 4

    def chose(self, player):
        return 0.25

    def belief(self, observer, player, type):
        return 0.75


RUNG = Level("rung")


@pytest.mark.parametrize(
    ("node", "value"),
    [
        (Const(2.0), 2.0),
        (Parameter("half"), 0.5),
        (Level("rung", share=True), [0.0, 0.5, 1.0]),
        (Was("rung", 1), [1.0, 0.0, -1.0]),
        (Did((("a", "b"),)), [1.0, 0.0, 1.0]),
        (Since(Const(1.0), 6), 6.0),
        (Period(), 4.0),
        (Chose("a"), 0.25),
        (Belief(None, "a", "b"), 0.75),
        (Unary("-", RUNG), [0.0, -1.0, -2.0]),
        (Unary("not", RUNG), [1.0, 0.0, 0.0]),
        (Binary("%", Const(-1.0), Const(3.0)), 2.0),
        (Compare((Const(0.0), RUNG, Const(2.0)), ("<", "<")), [0.0, 1.0, 0.0]),
        (Compare((RUNG, Const(1.0)), ("!=",)), [1.0, 0.0, 1.0]),
        (Boolean("and", (RUNG, Did((("a", "b"),)))), [0.0, 0.0, 1.0]),
        (Boolean("or", (RUNG, Did((("a", "b"),)))), [1.0, 1.0, 1.0]),
        (Call("min", (RUNG, Const(1.5), Parameter("three"))), [0.0, 1.0, 1.5]),
        (Call("max", (RUNG, Const(0.5))), [0.5, 1.0, 2.0]),
    ],
)
def test_nodes_have_the_values_of_their_states(node, value):
    found = evaluate(node, States())
    assert found.dtype == float
    np.testing.assert_array_equal(found, value)


@pytest.mark.parametrize(
    ("node", "value"),
    [
        (Binary("/", Const(1.0), Const(0.0)), math.inf),
        (Binary("/", Const(0.0), Const(0.0)), math.nan),
        (Binary("%", Const(1.0), Const(0.0)), math.nan),
        (Call("log", (Const(-1.0),)), math.nan),
        (Call("exp", (Const(1e4),)), math.inf),
    ],
)
def test_what_has_no_value_is_left_to_be_found_without_a_warning(node, value):
    np.testing.assert_equal(float(evaluate(node, States())), value)


@pytest.mark.parametrize("x", [-1e6, -700.0, -1.0, 0.0, 0.3, 40.0, 1e6])
def test_the_logistic_function_overflows_nowhere(x):
    exact = 1 / (1 + math.exp(-x)) if x > -700 else 0.0
    assert float(evaluate(Call("logistic", (Const(x),)), States())) == pytest.approx(
        exact, abs=1e-15
    )


def test_measures_are_not_evaluated_on_states():
    with pytest.raises(TypeError, match="MeasureCall"):
        evaluate(MeasureCall("final", (RUNG,)), States())


@pytest.mark.parametrize(("operator", "left"), [("and", 0.0), ("or", 1.0)])
def test_what_a_number_on_the_left_settles_is_not_evaluated(operator, left):
    refused = MeasureCall("final", (RUNG,))
    assert float(evaluate(Boolean(operator, (Const(left), refused)), States())) == left
    with pytest.raises(TypeError, match="MeasureCall"):
        evaluate(Boolean(operator, (Const(1.0 - left), refused)), States())
    with pytest.raises(TypeError, match="MeasureCall"):  # what differs by state settles nothing
        evaluate(Boolean(operator, (RUNG, refused)), States())


def read(text: str) -> object:
    notes = Notes()
    scope = Scope({}, frozenset({"half", "three"}), {}, {})
    found = Reader(scope, notes, None).expression(text, NOWHERE, Kind.NUMBER)
    assert not notes.problems
    return found


ARITHMETIC = st.recursive(
    st.sampled_from(["0.5", "2", "3.25", "half", "three", "1e1"]),
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(["+", "-", "*", "/", "%"]), inner).map(" ".join),
        st.tuples(inner, st.sampled_from(["<", "<=", ">", ">=", "==", "!="]), inner).map(" ".join),
        st.tuples(inner, st.sampled_from(["and", "or"]), inner).map(" ".join),
        inner.map("({})".format),
        inner.map("-{}".format),
        inner.map("not {}".format),
        inner.map("abs({})".format),
        st.tuples(inner, inner).map(lambda pair: f"max({pair[0]}, {pair[1]})"),
    ),
    max_leaves=8,
)


def by_python(text: str) -> float:
    """Evaluate with Python's own grammar, where booleans count and divisions by zero do not."""
    names = {"half": 0.5, "three": 3.0, "abs": abs, "max": max, "__builtins__": {}}
    return float(eval(text, names))  # the text is ours


@given(ARITHMETIC)
def test_precedence_and_grouping_are_those_of_python(text):
    if " and " in text or " or " in text:
        text = text.replace(" and ", " * ").replace(" or ", " + ")  # Python returns an operand
    try:
        expected = by_python(text)
    except SyntaxError:  # `1 < not 2`, which both refuse
        return
    except ZeroDivisionError:
        return
    assert float(evaluate(read(text), States())) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1 or 0 and 0", 1.0),
        ("not 1 or 1", 1.0),
        ("not (1 or 1)", 0.0),
        ("2 and 3", 1.0),
        ("1 < 2 and 2 < 3 < 4", 1.0),
        ("--2", 2.0),
        ("+2 - -1", 3.0),
        ("2 - 3 - 4", -5.0),
        ("8 / 2 / 2", 2.0),
        ("-2 % 3", 1.0),
        ("1 == 1 == 1", 1.0),
    ],
)
def test_words_bind_as_one_reads_them(text, value):
    assert float(evaluate(read(text), States())) == value


TREE = Binary("+", Compare((RUNG, Const(1.0)), ("<",)), Since(Did((("a", "b"),)), 3))


def test_walking_meets_every_node_parents_first():
    met = list(walk(TREE))
    assert [type(node) for node in met] == [Binary, Compare, Level, Const, Since, Did]
    for node in met:
        for child in children(node):
            assert met.index(node) < met.index(child)


def test_substitution_replaces_wherever_a_node_stands():
    def change(node):
        return Const(9.0) if node in (RUNG, Did((("a", "b"),))) else None

    assert substitute(TREE, change) == Binary(
        "+", Compare((Const(9.0), Const(1.0)), ("<",)), Since(Const(9.0), 3)
    )
    assert substitute(TREE, lambda node: None) == TREE
