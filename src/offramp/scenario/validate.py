"""What pydantic finds, as problems: each with its place, what was found, what was expected."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ValidationError

from offramp.errors import Location, Problem, closest
from offramp.scenario.parse import Document, Path

__all__ = ["validate"]

M = TypeVar("M", bound=BaseModel)
SHOWN = 60  # characters of a wrong value that are shown

_EXPECTED = {
    "string_type": "text",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "dict_type": "a mapping (`name: value` pairs)",
    "model_type": "a mapping (`name: value` pairs)",
    "model_attributes_type": "a mapping (`name: value` pairs)",
    "list_type": "a list",
    "tuple_type": "a list",
}


def validate(model: type[M], document: Document) -> tuple[M | None, list[Problem]]:
    """Return the document as a model, or None and every problem that keeps it from being one."""
    if not isinstance(document.data, dict):
        found = _shown(document.data)
        where = document.locate(()) or Location(document.file, 1, 1)
        return None, [
            Problem(
                "S113",
                f"The file holds {found}, not a mapping.",
                where,
                fix="start with `offramp: 1`, `name:`, `period:`, `players:`, `stages:`.",
            )
        ]
    try:
        return model.model_validate(document.data), []
    except ValidationError as error:
        listed = error.errors(include_url=False)
        return None, list(_problems(listed, model, document))


def _problems(errors: list[Any], model: type[BaseModel], document: Document) -> Iterator[Problem]:
    """Yield one problem per place: a union reports each of its forms, of which one is enough."""
    seen: set[Path] = set()
    for error in errors:
        path = _steps(error, document)
        if path in seen and error["type"] not in ("missing", "extra_forbidden"):
            continue
        seen.add(path)
        yield _problem(error, path, model, document)


def _steps(error: Any, document: Document) -> Path:
    """Return the path that the file has of an error's location."""
    path = document.real(tuple(error["loc"]))
    return (*path, error["loc"][-1]) if error["type"] == "missing" else path


def _problem(error: Any, path: Path, model: type[BaseModel], document: Document) -> Problem:
    kind = error["type"]
    name = document.name(path)
    where = document.locate(path)
    if kind == "missing":
        return Problem(
            "S201", f"'{path[-1]}' is missing here.", where, name, fix=f"add `{path[-1]}:`."
        )
    if kind == "extra_forbidden":
        return _unknown_entry(path, model, document)
    if kind in ("literal_error", "enum"):
        expected = error["ctx"]["expected"].replace(" or ", ", ").replace("'", "")
        found = closest(str(error["input"]), expected.split(", "))
        return Problem(
            "S214",
            f"{_shown(error['input'])} is not one of the words allowed here.",
            where,
            name,
            f"Did you mean '{found}'?" if found else f"Allowed: {expected}.",
            "use one of them.",
        )
    if kind == "contradiction":
        return Problem(
            "S215",
            f"{_sentence(error['msg'])}",
            where,
            name,
            fix="keep one meaning for this entry.",
        )
    if kind == "string_pattern_mismatch":
        return Problem(
            "S210",
            f"{_shown(error['input'])} cannot be a name here.",
            where,
            name,
            fix="use small letters, digits and hyphens.",
        )
    return Problem(
        "S203",
        f"{_shown(error['input'])} stands here; {_expected(error)} was expected.",
        where,
        name,
        fix="correct the value, or quote it if it is meant as text.",
    )


def _expected(error: Any) -> str:
    kind = error["type"]
    if kind in ("amount", "condition"):
        return str(error["msg"])
    if kind in _EXPECTED:
        return _EXPECTED[kind]
    return str(error["msg"]).removeprefix("Input should be ").lower()


def _unknown_entry(path: Path, model: type[BaseModel], document: Document) -> Problem:
    name = str(path[-1])
    known = _fields(path, model)
    found = closest(name, known)
    hint = f"Did you mean '{found}'?" if found else ""
    if not hint and known:
        hint = f"Entries here: {', '.join(known)}."
    return Problem(
        "S202",
        f"'{name}' is not an entry of this place.",
        document.locate(path, key=True),
        document.name(path),
        hint,
        "correct the name, or remove the entry.",
    )


def _fields(path: Path, model: type[BaseModel]) -> list[str]:
    """Return the entries that a place of the file may have, following the models along its path."""
    models: set[type[BaseModel]] = {model}
    for step in path[:-1]:
        inner: set[type[BaseModel]] = set()
        for candidate in models:
            for field_name, info in candidate.model_fields.items():
                if step in (field_name, info.alias):
                    inner.update(_models_in(info.annotation))
        models = inner or models
    return list(
        dict.fromkeys(
            info.alias or name for found in models for name, info in found.model_fields.items()
        )
    )


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    """Yield every model that a type annotation mentions."""
    stack = [annotation]
    while stack:
        part = stack.pop()
        if isinstance(part, type) and issubclass(part, BaseModel):
            yield part
        stack.extend(get_args(part))


def _shown(value: Any) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, (list, tuple)):
        return "a list"
    if isinstance(value, bool):
        return "true" if value else "false"
    text = str(value)
    text = text if len(text) <= SHOWN else text[: SHOWN - 1] + "…"
    return f"'{text}'"


def _sentence(message: str) -> str:
    return message[0].upper() + message[1:] + "."
