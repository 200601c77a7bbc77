"""From a name or a path to a scenario, and back to text; what ships with the program."""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from offramp.errors import Location, Problem, ScenarioError, closest
from offramp.scenario.parse import Document, parse_yaml
from offramp.scenario.reading import Spot
from offramp.scenario.schema import Campaign, MechanismDecl, Model, Scenario
from offramp.scenario.validate import validate

__all__ = [
    "dump_scenario",
    "find_mechanism",
    "json_schema",
    "list_scenarios",
    "load_campaign",
    "load_scenario",
]

SUFFIXES = (".yaml", ".yml")


def load_scenario(name_or_path: str | Path) -> Scenario:
    """Return the scenario in a file, or the shipped one of that name.

    Raises:
        ScenarioError: with every problem of the file's form (S1xx, S2xx).
    """
    return read_scenario(_read(name_or_path))


def read_scenario(document: Document) -> Scenario:
    """Return the scenario that a parsed document holds."""
    scenario, problems = validate(Scenario, document)
    if scenario is None:
        raise ScenarioError(problems)
    scenario._document = document
    return scenario


def load_campaign(name_or_path: str | Path) -> Campaign:
    """Return the campaign in a file.

    Raises:
        ScenarioError: with every problem of the file's form.
    """
    document = _read(name_or_path)
    campaign, problems = validate(Campaign, document)
    if campaign is None:
        raise ScenarioError(problems)
    campaign._document = document
    return campaign


# --- finding files ---------------------------------------------------------------------------------


def list_scenarios() -> list[str]:
    """Return the names of the shipped scenarios; classic models as `canon/NAME`."""
    root = _shipped("scenarios")
    return sorted(_names(root)) + sorted(f"canon/{name}" for name in _names(root / "canon"))


def _names(folder: Traversable) -> list[str]:
    if not folder.is_dir():
        return []
    names = [entry.name[:-5] for entry in folder.iterdir() if entry.name.endswith(".yaml")]
    return [name for name in names if "." not in name]  # NAME.rates.yaml stands beside NAME.yaml


def _shipped(folder: str) -> Traversable:
    return files("offramp") / folder


def _read(name_or_path: str | Path) -> Document:
    text = str(name_or_path)
    path = Path(name_or_path)
    if not path.exists() and isinstance(name_or_path, str) and text in list_scenarios():
        source = _shipped("scenarios") / f"{text}.yaml"
        return parse_yaml(source.read_bytes(), f"{text.rpartition('/')[2]}.yaml")
    return parse_yaml(_bytes(path, text), path.name)


def _bytes(path: Path, told: str) -> bytes:
    """Return what a file holds."""
    where = Location(told, 0, 0)
    if path.is_dir():
        raise ScenarioError(
            Problem("S102", "This is a folder, not a file.", where, fix="name a file inside it.")
        )
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise ScenarioError(_missing(told, where)) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise ScenarioError(
            Problem(
                "S117",
                f"The file cannot be read: {reason}.",
                where,
                fix="check its name and its permissions.",
            )
        ) from None


def _missing(told: str, where: Location) -> Problem:
    known = list_scenarios()
    if told.endswith(SUFFIXES) or "/" in told:
        return Problem("S101", "There is no such file.", where, fix="correct the path.")
    found = closest(told, known)
    hint = f"Did you mean '{found}'?" if found else f"Shipped: {', '.join(known)}."
    return Problem(
        "S101",
        f"There is no file and no shipped scenario '{told}'.",
        where,
        hint=hint,
        fix="`offramp list` shows what ships; a file is named with its path.",
    )


@lru_cache(maxsize=1)
def _mechanism_files() -> dict[str, Traversable]:
    folder = _shipped("mechanisms")
    return {name: folder / f"{name}.yaml" for name in _names(folder)}


@lru_cache(maxsize=256)
def _shipped_mechanism(name: str) -> tuple[MechanismDecl, Spot] | None:
    source = _mechanism_files().get(name)
    if source is None:
        return None
    document = parse_yaml(source.read_bytes(), f"mechanisms/{name}.yaml")
    decl, problems = validate(MechanismDecl, document)
    if decl is None:
        raise ScenarioError(problems)
    return decl, Spot(document)


def find_mechanism(scenario: Scenario, name: str) -> tuple[MechanismDecl, Spot] | None:
    """Return a mechanism of the scenario's own library, else of the shipped one."""
    if name in scenario.library:
        return scenario.library[name], Spot(scenario.document, ("library", name))
    return _shipped_mechanism(name)


# --- writing ---------------------------------------------------------------------------------------


def dump_scenario(scenario: Scenario) -> str:
    """Return a scenario as YAML text; loading it gives an equal scenario."""
    from ruamel.yaml import YAML
    from ruamel.yaml.compat import StringIO

    yaml = YAML(typ="safe", pure=True)
    yaml.default_flow_style = False
    yaml.width = 100
    yaml.sort_base_mapping_type_on_output = False
    out = StringIO()
    yaml.dump(plain(scenario), out)
    return str(out.getvalue())


def plain(model: Model) -> Any:
    """Return what a model says as plain data, without what was left at its default."""
    return model.model_dump(mode="json", by_alias=True, exclude_defaults=True)


def json_schema() -> dict[str, Any]:
    """Return the JSON schema of scenario files, for editors."""
    return Scenario.model_json_schema(by_alias=True)
