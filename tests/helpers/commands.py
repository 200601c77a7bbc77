"""What commands print as JSON, held against its schema."""

from __future__ import annotations

import json

import jsonschema
import pytest

from offramp.report.answers import ANSWERS

__all__ = ["as_json"]


def as_json(name: str, text: str) -> dict:
    answer = json.loads(text, parse_constant=lambda word: pytest.fail(f"{word} is no JSON"))
    jsonschema.validate(answer, ANSWERS[name].model_json_schema())
    assert answer["command"] == name
    return answer
