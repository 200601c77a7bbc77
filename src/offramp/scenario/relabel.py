"""A scenario with other names for its players and actions, which has to mean the same."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from offramp.scenario.load import json_schema, parse_scenario
from offramp.scenario.schema import Scenario

__all__ = ["relabel"]

Plain = dict[str, Any]
_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def relabel(scenario: Scenario) -> tuple[Scenario, dict[str, str]]:
    """Return the scenario with new names for players and actions, and new names by old.

    Names that are words of the file format too keep them. So does a scenario's own `library:`,
    which speaks of roles; where it speaks of players by name, nothing is renamed at all.
    """
    plain = scenario.plain()
    names = [*scenario.players, *_actions(scenario)]
    keywords = _keywords()
    free = [name for name in dict.fromkeys(names) if name not in keywords]
    if set(free) & set(_words(plain.get("library", {}), free)):
        free = []
    new = {name: f"z{len(free) - k}_{name}" for k, name in enumerate(free)}
    changed = {
        section: content if section == "library" else _renamed(content, new, section)
        for section, content in plain.items()
        if section not in ("name", "title", "story")
    }
    text = json.dumps({**{key: plain[key] for key in ("name",)}, **changed})
    return parse_scenario(text, f"{scenario.name}, relabelled"), new


def _actions(scenario: Scenario) -> Iterator[str]:
    for stage in scenario.stages:
        for actions in stage.actions.values():
            # members of a family are named after their numbers
            yield from (name for name, action in actions.items() if action.over is None)


def _keywords(node: object = None) -> frozenset[str]:
    """Return every key of the file format."""
    node = json_schema() if node is None else node
    below = list(node.values()) if isinstance(node, dict) else node
    found: set[str] = set()
    if isinstance(node, dict):
        found.update(node.get("properties", ()))
    for part in below if isinstance(below, list) else ():
        if isinstance(part, (dict, list)) and part:
            found |= _keywords(part)
    return frozenset(found)


def _words(content: object, names: list[str]) -> Iterator[str]:
    """Yield every word of expressions below: values of a library, roles and prose apart."""
    if isinstance(content, dict):
        for key, value in content.items():
            if key not in ("roles", "says", "note", "sources", "where", "parameters"):
                yield from _words(value, names)
    elif isinstance(content, list):
        for value in content:
            yield from _words(value, names)
    elif isinstance(content, str):
        dotted = re.findall(r"[A-Za-z_][A-Za-z0-9_]*\.[A-Za-z_][A-Za-z0-9_]*", content)
        yield from (part for name in dotted for part in name.split("."))


def _renamed(content: Any, new: Mapping[str, str], section: str) -> Any:
    """Return a section with whole words replaced; keys of `roles` are the mechanism's own."""

    def word(match: re.Match[str]) -> str:
        return new.get(match[0], match[0])

    def walk(node: Any, below_roles: bool = False) -> Any:
        if isinstance(node, dict):
            return {
                key if below_roles else _WORD.sub(word, str(key)): walk(value, key == "roles")
                for key, value in node.items()
            }
        if isinstance(node, (list, tuple)):
            return [walk(value) for value in node]
        return _WORD.sub(word, node) if isinstance(node, str) else node

    return walk(content) if section != "offramp" else content
