"""The forms that entries of a file take: texts, numbers or expressions, lists, lotteries.

Each says what a person may write (which editors are told too) and what the models then hold.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeAlias

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
    WithJsonSchema,
)
from pydantic_core import PydanticCustomError

__all__ = [
    "Amount",
    "ByForm",
    "Condition",
    "Count",
    "GridSize",
    "LevelName",
    "Lottery",
    "Mapped",
    "Model",
    "Names",
    "Other",
    "Positive",
    "Setting",
    "SettingOrWeights",
    "Size",
    "Text",
    "Weights",
    "as_list",
    "none_as_empty",
    "number",
    "number_name",
    "one_or_list",
    "written",
]


def number_name(value: float) -> str:
    """Return the name of a level, or of a family's member, that stands for a number."""
    return f"{value:.12g}"


def number(amount: float | str) -> float:
    """Return a size, once expressions of parameters have been replaced by what they come to."""
    assert not isinstance(amount, str), amount
    return float(amount)


def _check_amount(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        raise PydanticCustomError("amount", "a number or an expression of parameters")
    return value


def _check_level(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        raise PydanticCustomError("amount", "the name of a level, or a number")
    return value


def _check_condition(value: Any) -> Any:
    if not isinstance(value, (bool, int, float, str)):
        raise PydanticCustomError("condition", "a condition, such as `rung > calm`")
    return value if isinstance(value, str) else float(value)


def _check_text(value: Any) -> Any:
    """Let a number stand where text is meant: `source: 1997`, or the level 0.25 of a start."""
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return number_name(value) if is_number else value


def as_list(value: Any) -> Any:
    """Let one entry stand for a list of one."""
    return value if isinstance(value, (list, tuple)) else [value]


def _as_lottery(start: Any) -> Any:
    if isinstance(start, bool) or not isinstance(start, (str, int, float, dict)):
        raise PydanticCustomError("amount", "a level, or levels with their weights")
    return start if isinstance(start, dict) else {start: 1.0}


def none_as_empty(value: Any) -> Any:
    """Let nothing stand for an empty mapping: `bear:` for `bear: {}`."""
    return {} if value is None else value


def written(*kinds: str) -> WithJsonSchema:
    """Say to editors what may be written where the model holds one form only."""
    return WithJsonSchema({"type": list(kinds)})


def one_or_list(kind: dict[str, Any]) -> WithJsonSchema:
    """Say to editors that one entry may stand for a list of one."""
    return WithJsonSchema({"anyOf": [kind, {"type": "array", "items": kind}]})


WRITTEN_TEXT = {"type": ["string", "number"]}
Text: TypeAlias = Annotated[str, BeforeValidator(_check_text), WithJsonSchema(WRITTEN_TEXT)]
Amount: TypeAlias = Annotated[
    float | str, BeforeValidator(_check_amount), written("number", "string")
]
Condition: TypeAlias = Annotated[
    float | str, BeforeValidator(_check_condition), written("string", "number", "boolean")
]
Names: TypeAlias = Annotated[tuple[Text, ...], BeforeValidator(as_list), one_or_list(WRITTEN_TEXT)]


def mapping_or_not(value: Any) -> str:
    """Tell the forms of an entry apart, so that only the one that is meant is complained of."""
    return "mapping" if isinstance(value, (dict, BaseModel)) else "other"


Mapped, Other = Tag("mapping"), Tag("other")
ByForm = Discriminator(mapping_or_not)
Setting: TypeAlias = Literal["asserted", "rival", "absent"]
Weights: TypeAlias = dict[Setting, Amount]
SettingOrWeights: TypeAlias = Annotated[
    Annotated[Setting, Other] | Annotated[Weights, Mapped], ByForm
]
LevelName: TypeAlias = Annotated[float | str, BeforeValidator(_check_level)]
Lottery: TypeAlias = Annotated[
    dict[Text, Amount], BeforeValidator(_as_lottery), written("string", "number", "object")
]


Positive: TypeAlias = Annotated[float, Field(gt=0)]
Count: TypeAlias = Annotated[int, Field(ge=1, strict=True)]


def _text_or_not(value: Any) -> str:
    return "text" if isinstance(value, str) else "number"


Size: TypeAlias = Annotated[
    Annotated[Count, Tag("number")] | Annotated[str, Tag("text")],
    Discriminator(_text_or_not),
    written("integer", "string"),
]
"""A whole number, 1 or more, or an expression of parameters that has such a value."""
GridSize: TypeAlias = Annotated[int, Field(ge=2, le=1001, strict=True)]


class Model(BaseModel):
    """Base of all models: closed, immutable, and strict about whole numbers and truth values."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True, defer_build=True)

    def plain(self) -> dict[str, Any]:
        """Return what the model says as plain data, without what was left at its default."""
        return self.model_dump(mode="json", by_alias=True, exclude_defaults=True)
