"""Files that stand beside a scenario: `NAME.rates.yaml`, `NAME.theory.yaml`."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from offramp.errors import Location, Problem, ScenarioError
from offramp.scenario.library import list_scenarios, shipped_file, shipped_scenario
from offramp.scenario.parse import Document, parse_yaml

__all__ = ["find_beside", "read_beside", "stands_beside"]


def read_beside(name_or_path: str | Path, kind: str, missing: Problem) -> Document:
    """Return the document `NAME.kind.yaml` beside a scenario.

    Args:
        missing: What to say if there is none; its place is filled in.

    Raises:
        ScenarioError: There is none, or it is no YAML.
    """
    told, path = str(name_or_path), Path(name_or_path)
    if path.is_file():
        beside = path.with_suffix(f".{kind}.yaml")
        if not beside.exists():
            raise ScenarioError(replace(missing, where=Location(str(beside), 0, 0)))
        return parse_yaml(beside.read_bytes(), beside.name)
    file = f"{told}.{kind}.yaml"
    if not stands_beside(told, kind):
        raise ScenarioError(replace(missing, where=Location(file, 0, 0)))
    return parse_yaml(shipped_scenario(f"{told}.{kind}").read_bytes(), file)


def find_beside(name_or_path: str | Path, ending: str) -> bytes | None:
    """Return what a file `NAME.ending` beside a scenario holds, or None."""
    told, path = str(name_or_path), Path(name_or_path)
    if path.is_file():
        beside = path.with_suffix(f".{ending}")
        return beside.read_bytes() if beside.is_file() else None
    if told not in list_scenarios():
        return None
    shipped = shipped_file(f"{told}.{ending}")
    return shipped.read_bytes() if shipped.is_file() else None


def stands_beside(name_or_path: str | Path, kind: str) -> bool:
    """Return whether a file of that kind stands beside a scenario."""
    told, path = str(name_or_path), Path(name_or_path)
    if path.is_file():
        return path.with_suffix(f".{kind}.yaml").exists()
    return told in list_scenarios() and shipped_scenario(f"{told}.{kind}").is_file()
