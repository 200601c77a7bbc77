"""YAML becomes plain data with the place of everything in it."""

from __future__ import annotations

import builtins
import math

import pytest

from offramp.errors import Location, ScenarioError
from offramp.scenario.parse import Document, parse_yaml

TEXT = """\
head: {plain: a + b, quoted: "c + d", 'single': 'e'}
list:
  - name: first
    inner: [1, {deep: x}]
  - use: second
  - plain
escaped: "a\\tb"
long: >
  two
  lines
"""


def parse(text: str) -> Document:
    return parse_yaml(text.encode(), "file.yaml")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("no", "no"), ("on", "on"), ("yes", "yes"), ("off", "off"), ("12:30", "12:30"),
        ("0x10", "0x10"), ("1_000", "1_000"), ("2025-12-16", "2025-12-16"), ("1.2.3", "1.2.3"),
        ("+", "+"), (".", "."), ("e3", "e3"), ("1e", "1e"),
        ("7", 7), ("-7", -7), ("+7", 7), ("007", 7), ("1.5", 1.5), (".5", 0.5), ("5.", 5.0),
        ("1e-3", 0.001), ("-1.5E+2", -150.0), (".inf", math.inf), ("-.inf", -math.inf),
        ("true", True), ("False", False), ("~", None), ("null", None), ("", None),
        ('"7"', "7"), ("'true'", "true"), ('"~"', "~"),
    ],
)  # fmt: skip
def test_scalars_follow_the_core_schema_of_yaml_1_2(text, value):
    found = parse(f"key: {text}").data["key"]
    assert found == value
    assert type(found) is type(value)


def test_a_number_too_long_for_a_number_stays_text():
    assert isinstance(parse("key: " + "9" * 5_000).data["key"], str)


def test_not_a_number_is_one_of_the_scalars():
    assert math.isnan(parse("key: .nan").data["key"])


def test_data_is_built_as_written():
    assert parse(TEXT).data == {
        "head": {"plain": "a + b", "quoted": "c + d", "single": "e"},
        "list": [{"name": "first", "inner": [1, {"deep": "x"}]}, {"use": "second"}, "plain"],
        "escaped": "a\tb",
        "long": "two lines\n",
    }


@pytest.mark.parametrize(
    ("path", "line", "column"),
    [
        (("head",), 1, 7),
        (("head", "plain"), 1, 15),
        (("head", "quoted"), 1, 30),
        (("list", 0), 3, 5),
        (("list", 0, "inner", 1, "deep"), 4, 23),
        (("list", 2), 6, 5),
    ],
)
def test_every_value_has_a_place(path, line, column):
    assert parse(TEXT).locate(path) == Location("file.yaml", line, column)


def test_every_key_has_a_place_and_a_width():
    found = parse(TEXT).locate(("head", "quoted"), key=True)
    assert found == Location("file.yaml", 1, 22)
    assert found.width == 6


@pytest.mark.parametrize(
    ("path", "column"),
    [
        (("head", "plain"), 15 + 4),
        (("head", "quoted"), 31 + 4),
        (("escaped",), 10),  # columns after an escape cannot be told: the value is shown
    ],
)
def test_a_word_inside_a_text_has_a_place(path, column):
    assert parse(TEXT).locate_text(path, 4, 5).column == column


def test_steps_that_the_file_does_not_have_lead_to_what_holds_them():
    document = parse(TEXT)
    assert document.locate(("head", "players", "plain")) == document.locate(("head", "plain"))
    assert document.locate(("list", 7, "name")) == document.locate(("list",))


@pytest.mark.parametrize(
    ("path", "name"),
    [
        (("head", "plain"), "head.plain"),
        (("list", 0, "inner", 1, "deep"), "list[first].inner[2].deep"),
        (("list", 1, "use"), "list[second].use"),
        (("list", 2), "list[3]"),
        (("head", "players", "plain"), "head.plain"),
        (("head", "missing"), "head.missing"),
    ],
)
def test_paths_read_as_words(path, name):
    document = parse(TEXT)
    assert document.name(path) == name
    if path in document.places:
        assert document.find(name) == document.locate(path)


def test_values_under_an_alias_are_at_the_alias():
    document = parse("a: &x {b: 1}\nc: *x\n")
    assert document.data == {"a": {"b": 1}, "c": {"b": 1}}
    assert document.locate(("c", "b")) == Location("file.yaml", 2, 4)


def test_a_byte_order_mark_is_no_text():
    assert parse_yaml(b"\xef\xbb\xbfkey: 1", "file.yaml").data == {"key": 1}


def test_keys_may_be_numbers_and_old_words():
    assert parse("{0.25: 1, 3: 2, no: 3, ~: 4, true: 5}").data == {
        0.25: 1, 3: 2, "no": 3, "~": 4, "true": 5,
    }  # fmt: skip


def test_a_merge_key_is_a_key_like_any_other():
    assert "<<" in parse("base: &b {x: 1}\nother:\n  <<: *b\n").data["other"]


def test_an_alias_may_not_hold_itself():
    with pytest.raises(ScenarioError, match="S106"):
        parse("a: &x [*y]\n")
    document = parse("a: &x [1]\nb: [*x, *x]\n")
    assert document.data["b"] == [[1], [1]]


def test_documents_are_equal_wherever_they_were_read():
    assert parse("a: 1") == parse("b: 2")


@pytest.mark.parametrize("text", [TEXT, "{0.25: 1, b: [x, 'y']}", "a: [1", "\tb: 1"])
def test_both_yaml_parsers_read_the_same(text, monkeypatch):
    def read() -> object:
        try:
            document = parse(text)
        except ScenarioError as error:
            return [problem.code for problem in error.problems]
        return document.data, document.places

    with_libyaml = read()
    real_import = builtins.__import__

    def without_libyaml(name, *rest):
        if name == "_ruamel_yaml":
            raise ImportError(name)
        return real_import(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without_libyaml)
    assert read() == with_libyaml
