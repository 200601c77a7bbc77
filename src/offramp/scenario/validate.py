"""What does not fit the models of the file format, as problems with place and repair."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple, TypeVar, get_args

from pydantic import BaseModel, ValidationError

from offramp.errors import Location, Problem, ScenarioError, closest
from offramp.scenario.names import suggest
from offramp.scenario.parse import Document, Path

__all__ = ["Misfit", "misfits", "validate"]

M = TypeVar("M", bound=BaseModel)
SHOWN = 60  # characters of a wrong value that are shown

_NUMBER, _WHOLE, _LIST = "a number", "a whole number", "a list"
_TRUTH, _MAPPING = "true or false", "a mapping (`name: value` pairs)"
_EXPECTED = {
    "string_type": "text",
    "int_type": _WHOLE,
    "int_parsing": _WHOLE,
    "int_from_float": _WHOLE,
    "float_type": _NUMBER,
    "float_parsing": _NUMBER,
    "bool_type": _TRUTH,
    "bool_parsing": _TRUTH,
    "dict_type": _MAPPING,
    "model_type": _MAPPING,
    "model_attributes_type": _MAPPING,
    "list_type": _LIST,
    "tuple_type": _LIST,
}


class Misfit(NamedTuple):
    """A problem of form, and the part of the data that has it."""

    problem: Problem
    path: Path


def validate(model: type[M], document: Document) -> M:
    """Return the model of a document.

    Raises:
        ScenarioError: with everything that does not fit.
    """
    found, wrong = misfits(model, document.data, document)
    if found is None:
        raise ScenarioError([misfit.problem for misfit in wrong])
    return found


def misfits(model: type[M], data: Any, document: Document) -> tuple[M | None, list[Misfit]]:
    """Return the model of `data` (the document's, or what is left of it), or what does not fit."""
    if not isinstance(data, dict):
        return None, [Misfit(_no_mapping(data, document), ())]
    try:
        return model.model_validate(data), []
    except ValidationError as error:
        return None, list(_misfits(error.errors(include_url=False), model, document))


def _no_mapping(data: Any, document: Document) -> Problem:
    return Problem(
        "S113",
        f"The file holds {_shown(data)}, not a mapping.",
        document.locate(()) or Location(document.file, 1, 1),
        fix="start with `offramp: 1`, `name:`, `period:`, `players:`, `stages:`.",
    )


def _misfits(errors: list[Any], model: type[BaseModel], document: Document) -> Iterator[Misfit]:
    """Yield one misfit per place: a union reports each of its forms, of which one is enough."""
    seen: set[tuple[Path, bool]] = set()
    for error in errors:
        kind = error["type"]
        # what is missing from the data may still stand in the document it was cut from
        steps = error["loc"][:-1] if kind == "missing" else error["loc"]
        path = document.real(tuple(steps))
        told = (*path, error["loc"][-1]) if kind == "missing" else path
        if (told, kind == "missing") not in seen:
            seen.add((told, kind == "missing"))
            yield Misfit(_problem(error, told, model, document), path)


def _problem(error: Any, path: Path, model: type[BaseModel], document: Document) -> Problem:
    name, where, given = document.name(path), document.locate(path), _shown(error["input"])
    match error["type"]:
        case "missing":
            message, fix = f"'{path[-1]}' is missing here.", f"add `{path[-1]}:`."
            return Problem("S201", message, where, name, fix=fix)
        case "extra_forbidden":
            return _unknown_entry(path, model, document)
        case "literal_error":
            return _unknown_word(error, path, document)
        case "contradiction":
            fix = "give the entry one meaning."
            return Problem("S215", _sentence(error["msg"]), where, name, fix=fix)
        case "string_pattern_mismatch":
            fix = "use small letters, digits and hyphens."
            return Problem("S210", f"{given} cannot be a name here.", where, name, fix=fix)
    return Problem(
        "S203",
        f"{_sentence(given, stop=False)} stands here; {_expected(error)} was expected.",
        where,
        name,
        fix="correct the value, or quote it if it is meant as text.",
    )


def _expected(error: Any) -> str:
    if error["type"] in _EXPECTED:
        return _EXPECTED[error["type"]]
    told = str(error["msg"]).removeprefix("Input should be ")
    return f"a number {told}" if told.startswith(("greater", "less")) else told


def _unknown_word(error: Any, path: Path, document: Document) -> Problem:
    expected = error["ctx"]["expected"].replace(" or ", ", ").replace("'", "")
    return Problem(
        "S214",
        f"{_shown(error['input'])} is not one of the words allowed here.",
        document.locate(path),
        document.name(path),
        suggest(str(error["input"]), expected.split(", ")) or f"Allowed: {expected}.",
        "use one of them.",
    )


def _unknown_entry(path: Path, model: type[BaseModel], document: Document) -> Problem:
    name, known = str(path[-1]), _fields(path, model)
    found = closest(name, known)
    hint = f"Did you mean '{found}'?" if found else f"Entries here: {', '.join(known)}."
    where = document.locate(path, key=True)
    message, fix = f"'{name}' is not an entry of this place.", "correct the name, or remove it."
    return Problem("S202", message, where, document.name(path), hint, fix)


def _fields(path: Path, model: type[BaseModel]) -> list[str]:
    """Return the entries that a place of the file may have, following the models along its path."""
    models: set[type[BaseModel]] = {model}
    for step in path[:-1]:
        inner = {
            found
            for candidate in models
            for name, info in candidate.model_fields.items()
            if step in (name, info.alias)
            for found in _models_in(info.annotation)
        }
        models = inner or models
    ordered = sorted(models, key=lambda found: found.__name__)
    fields = (field for found in ordered for field in found.model_fields.items())
    return list(dict.fromkeys(info.alias or name for name, info in fields))


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    """Yield every model that a type annotation mentions."""
    stack = [annotation]
    while stack:
        part = stack.pop()
        if isinstance(part, type) and issubclass(part, BaseModel):
            yield part
        stack.extend(get_args(part))


def _shown(value: Any) -> str:
    """Return a value from the file in words."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "'true'" if value else "'false'"
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, (list, tuple)):
        return "a list"
    text = str(value)
    return f"'{text if len(text) <= SHOWN else text[: SHOWN - 1] + '…'}'"


def _sentence(message: str, *, stop: bool = True) -> str:
    return message[0].upper() + message[1:] + ("." if stop else "")
