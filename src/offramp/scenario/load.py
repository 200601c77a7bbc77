"""From a name or a path to a scenario, and back to text.

All problems of a file are told at once. What is wrong in form is cut out of the data, so that the
rest can still be read and checked; names declared in what was cut are *ghosts*, whose absence is
not a second problem.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable
from io import BytesIO
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from offramp.errors import Location, OfframpError, Problem, ScenarioError, closest, raise_problems
from offramp.scenario.campaign import join_phases
from offramp.scenario.check import check_campaign, check_scenario
from offramp.scenario.library import list_scenarios, shipped_scenario
from offramp.scenario.parse import Document, parse_yaml
from offramp.scenario.parse import Path as Steps
from offramp.scenario.reading import Notes
from offramp.scenario.schema import Campaign, Scenario
from offramp.scenario.validate import Misfit, misfits, validate

__all__ = [
    "dump_scenario",
    "json_schema",
    "load_campaign",
    "load_scenario",
    "parse_scenario",
    "scenario_text",
]

SUFFIXES = (".yaml", ".yml")
# what stands in for a wrong head; without players or stages nothing could be read further
STAND_IN = {"offramp": 1, "name": "unnamed", "period": {"unit": "month", "count": 1}}
MAX_ROUNDS = 8  # of cutting out what is wrong; each round may bring other faults to light


def load_scenario(name_or_path: str | Path) -> Scenario:
    """Return the scenario in a file, or the shipped one of that name; a campaign as one scenario.

    Raises:
        ScenarioError: with every problem of the file, its warnings included.
    """
    document = _read(name_or_path)
    if isinstance(document.data, dict) and "phases" in document.data:
        return _joined(_campaign(document, _folder(name_or_path)))
    return _scenario(document)


def parse_scenario(text: str, file: str = "scenario.yaml") -> Scenario:
    """Return the scenario that a text holds; `file` is what messages call it.

    Raises:
        ScenarioError: as `load_scenario`.
    """
    return _scenario(parse_yaml(text.encode(), file))


def load_campaign(name_or_path: str | Path) -> Campaign:
    """Return the campaign in a file, its phases' scenarios loaded from beside it.

    Raises:
        ScenarioError: with every problem of the campaign, or else those of its scenarios.
    """
    return _campaign(_read(name_or_path), _folder(name_or_path))


def _campaign(document: Document, folder: Path | None) -> Campaign:
    campaign = validate(Campaign, document)
    campaign.read_from(document, tuple(_phase(p.scenario, folder) for p in campaign.phases))
    raise_problems(check_campaign(campaign))
    return campaign


def _joined(campaign: Campaign) -> Scenario:
    """Return a campaign as one scenario, its own sections placed in its file."""
    notes = Notes()
    plain = join_phases(campaign, notes)
    raise_problems(notes.problems)
    own = campaign.document
    return _scenario(Document(own.file, plain, own.lines, own.places))


def _folder(name_or_path: str | Path) -> Path | None:
    """Return the folder of a file; None for a shipped name."""
    path = Path(name_or_path)
    return path.parent if path.exists() else None


def _phase(name: str, folder: Path | None) -> Scenario:
    beside = folder / name if folder is not None else None
    return load_scenario(beside if beside is not None and beside.is_file() else name)


def _scenario(document: Document) -> Scenario:
    """Return the scenario that a document holds, checked as a whole."""
    found, wrong = misfits(Scenario, document.data, document)
    problems = [misfit.problem for misfit in wrong]
    if found is None:
        found = _salvage(document, wrong, problems)
    else:
        found.read_from(document)
    if found is not None:
        problems += check_scenario(found)
    if found is None or any(problem.is_error for problem in problems):
        raise ScenarioError(problems)
    return found.noted(problems)


def _salvage(document: Document, wrong: list[Misfit], problems: list[Problem]) -> Scenario | None:
    """Return the scenario without what is wrong in form, or None where too little is left."""
    data = copy.deepcopy(document.data)
    ghosts: set[str] = set()
    for _ in range(MAX_ROUNDS):
        if not isinstance(data, dict):
            return None
        for misfit in wrong:
            _cut(data, misfit.path, ghosts)
        data = {**STAND_IN, **data}
        if not {"players", "stages"} <= data.keys():
            return None
        found, wrong = misfits(Scenario, data, document)
        if found is not None:
            return found.read_from(document, frozenset(ghosts))
        # what is missing now has been cut out; other faults were hidden by those before them
        problems += [m.problem for m in wrong if m.problem.code != "S201"]
    return None


def _cut(data: Any, path: Steps, ghosts: set[str]) -> None:
    """Remove the innermost entry of a mapping that holds `path`, if it is still there.

    Entries of lists stay, so that the places of their neighbours do not move: the list goes whole.
    """
    while path and not isinstance(path[-1], str):
        path = path[:-1]
    node = data
    for step in path[:-1]:
        try:
            node = node[step]
        except (KeyError, IndexError, TypeError):
            return  # it went with something larger
    if path and isinstance(node, dict) and path[-1] in node:
        ghosts.add(str(path[-1]))
        ghosts.update(_words(node.pop(path[-1])))


def _words(node: Any) -> Iterable[str]:
    """Yield all keys, and the texts under `name`, of what is cut out."""
    stack = [node]
    while stack:
        part = stack.pop()
        if isinstance(part, dict):
            yield from map(str, part)
            if isinstance(part.get("name"), str):
                yield part["name"]
            stack.extend(part.values())
        elif isinstance(part, list):
            yield from (entry for entry in part if isinstance(entry, str))
            stack.extend(part)


# --- finding files ---------------------------------------------------------------------------


def _read(name_or_path: str | Path) -> Document:
    """Return the document in a file, or in the shipped one of that name."""
    told, path = str(name_or_path), Path(name_or_path)
    if isinstance(name_or_path, str) and not path.exists() and told in list_scenarios():
        return parse_yaml(shipped_scenario(told).read_bytes(), f"{path.name}.yaml")
    return parse_yaml(_bytes(path, told), told)


def _bytes(path: Path, told: str) -> bytes:
    """Return what a file holds."""
    where = Location(told, 0, 0)
    try:
        if path.is_dir():
            fix = "name a file inside it."
            raise ScenarioError(Problem("S102", "This is a folder, not a file.", where, fix=fix))
        return path.read_bytes()
    except FileNotFoundError:
        raise ScenarioError(_missing(told, where)) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        message, fix = f"The file cannot be read: {reason}.", "check its name and permissions."
        raise ScenarioError(Problem("S117", message, where, fix=fix)) from None


def _missing(told: str, where: Location) -> Problem:
    if told.endswith(SUFFIXES):
        return Problem("S101", "There is no such file.", where, fix="correct the path.")
    known = list_scenarios()
    found = closest(told, known)
    listed = [name for name in known if "/" not in name]
    return Problem(
        "S101",
        f"There is no file and no shipped scenario '{told}'.",
        where,
        hint=f"Did you mean '{found}'?" if found else f"Shipped: {', '.join(listed)}.",
        fix="`offramp list` shows what ships; a file is named with its path.",
    )


# --- writing ---------------------------------------------------------------------------------


def scenario_text(scenario: Scenario) -> str:
    """Return the scenario's file as it was read; a campaign, or one made in memory, as one file."""
    text = "\n".join(scenario.document.lines) + "\n"
    try:
        if parse_scenario(text).plain() == scenario.plain():
            return text
    except OfframpError:
        pass
    return dump_scenario(scenario)


def dump_scenario(scenario: Scenario) -> str:
    """Return a scenario as YAML text; loading it gives an equal scenario."""
    from ruamel.yaml import YAML

    yaml = YAML(typ="safe")
    yaml.default_flow_style = False
    yaml.allow_unicode = True
    yaml.width = 100
    yaml.sort_base_mapping_type_on_output = False  # type: ignore[assignment]
    out = BytesIO()
    yaml.dump(scenario.plain(), out)
    return out.getvalue().decode()


def json_schema() -> dict[str, Any]:
    """Return the JSON schema of scenario files and campaigns, for editors."""
    adapter: TypeAdapter[Scenario | Campaign] = TypeAdapter(Scenario | Campaign)
    return adapter.json_schema(by_alias=True)
