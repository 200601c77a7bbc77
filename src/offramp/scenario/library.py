"""What ships with the program: scenarios, and the library of mechanisms."""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import files
from importlib.resources.abc import Traversable

from offramp.scenario.parse import parse_yaml
from offramp.scenario.reading import Spot
from offramp.scenario.schema import MechanismDecl, Scenario
from offramp.scenario.validate import validate

__all__ = [
    "find_mechanism",
    "list_mechanisms",
    "list_scenarios",
    "shipped_file",
    "shipped_files",
    "shipped_scenario",
]

SUFFIX = ".yaml"


def list_scenarios() -> list[str]:
    """Return the names of the shipped scenarios; those in a folder (`canon`) as `folder/NAME`."""
    root = _shipped("scenarios")
    folders = sorted(entry.name for entry in root.iterdir() if entry.is_dir())
    deeper = [f"{folder}/{name}" for folder in folders for name in sorted(_names(root / folder))]
    return sorted(_names(root)) + deeper


def list_mechanisms() -> list[str]:
    """Return the names of the mechanisms in the shipped library."""
    return sorted(_names(_shipped("mechanisms")))


def shipped_scenario(name: str) -> Traversable:
    """Return the file of a shipped scenario."""
    return _shipped("scenarios") / f"{name}{SUFFIX}"


def shipped_file(name: str) -> Traversable:
    """Return a file of the shipped scenarios by its name with ending."""
    return _shipped("scenarios") / name


def shipped_files(folder: str) -> dict[str, Traversable]:
    """Return the YAML files of a shipped folder by name without ending."""
    root = _shipped(folder)
    return {name: root / f"{name}{SUFFIX}" for name in sorted(_names(root))}


def find_mechanism(scenario: Scenario, name: str) -> tuple[MechanismDecl, Spot] | None:
    """Return a mechanism of the scenario's own library, else of the shipped one, and its place."""
    if name in scenario.library:
        return scenario.library[name], Spot(scenario.document, ("library", name))
    return _shipped_mechanism(name)


def shipped_mechanism(name: str) -> MechanismDecl:
    """Return a mechanism of the shipped library, which has it."""
    found = _shipped_mechanism(name)
    assert found is not None, name
    return found[0]


@lru_cache(maxsize=256)
def _shipped_mechanism(name: str) -> tuple[MechanismDecl, Spot] | None:
    if name not in list_mechanisms():
        return None
    source = _shipped("mechanisms") / f"{name}{SUFFIX}"
    document = parse_yaml(source.read_bytes(), f"mechanisms/{name}{SUFFIX}")
    return validate(MechanismDecl, document), Spot(document)


def _shipped(folder: str) -> Traversable:
    return files("offramp") / folder


def _names(folder: Traversable) -> list[str]:
    if not folder.is_dir():
        return []
    names = [e.name.removesuffix(SUFFIX) for e in folder.iterdir() if e.name.endswith(SUFFIX)]
    return [name for name in names if "." not in name]  # NAME.rates.yaml stands beside NAME.yaml
