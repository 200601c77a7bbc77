"""What is written to disk: a starter scenario, the results of a run or sweep, a game tree.

Nothing is ever overwritten but verdicts kept of an earlier version, and nothing stands there
half-written: files are made under a temporary name beside their place and moved there when they are
complete.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path

from offramp import __version__
from offramp.errors import Problem, RunError
from offramp.report.answers import (
    ClaimsAnswer,
    NewAnswer,
    NewEssayAnswer,
    RunAnswer,
    SweepAnswer,
)
from offramp.report.layout import write_answer
from offramp.report.run_tables import run_tables
from offramp.report.sweep_tables import sweep_table
from offramp.report.tables import Table, to_csv
from offramp.scenario import load_scenario, scenario_text
from offramp.scenario.library import shipped_scenario

__all__ = [
    "SCENARIO",
    "keep_claims",
    "new_file",
    "new_folder",
    "write_essay_starter",
    "write_results",
    "write_starter",
    "write_sweep",
]

SCENARIO = "scenario.yaml"  # as it was read, in the folder of a run
NAME = re.compile(r"[a-z0-9][a-z0-9-]*")


def write_starter(name: str, folder: Path) -> NewAnswer:
    """Write a commented scenario that solves, as NAME.yaml.

    Raises:
        RunError: The name cannot be one, or the file is there already.
    """
    if not NAME.fullmatch(name):
        raise RunError(_bad_name(name))
    template = files("offramp") / "templates" / "starter.yaml"
    text = template.read_text(encoding="utf-8").replace("name: starter ", f"name: {name} ", 1)
    with new_file(folder / f"{name}.yaml") as path:
        path.write_text(text, encoding="utf-8")
    return NewAnswer(offramp=__version__, file=f"{name}.yaml")


def write_essay_starter(name: str | None, about: str, folder: Path) -> NewEssayAnswer:
    """Write a commented essay over a scenario, as NAME.yaml.

    Raises:
        OfframpError: The name cannot be one, the file is there already, or there is no such
            scenario.
    """
    if name is None or not NAME.fullmatch(name):
        raise RunError(_bad_name(name or ""))
    load_scenario(about)
    text = (files("offramp") / "templates" / "essay.yaml").read_text(encoding="utf-8")
    text = text.replace("id: starter", f"id: {name}", 1)
    text = text.replace("about: pledge  ", f"about: {about}  ", 1)
    with new_file(folder / f"{name}.yaml") as path:
        path.write_text(text, encoding="utf-8")
    return NewEssayAnswer(offramp=__version__, file=f"{name}.yaml")


def keep_claims(answer: ClaimsAnswer, name_or_path: str) -> None:
    """Write verdicts beside the scenario that they belong to, over those of an earlier version."""
    path = Path(name_or_path)
    if not path.is_file():
        path = Path(str(shipped_scenario(name_or_path)))
    beside = path.with_suffix(".claims.json")
    with _temporary_folder(beside) as folder:
        made = folder / beside.name
        made.write_text(answer.model_dump_json(indent=1) + "\n", encoding="utf-8")
        os.replace(made, beside)


def write_results(answer: RunAnswer, name_or_path: str, folder: Path) -> None:
    """Write an answer as CSV tables, JSON, text, its scenario, and a manifest of what made it.

    Raises:
        RunError: The folder is there already, or cannot be made.
    """
    text = scenario_text(load_scenario(name_or_path))
    with new_folder(folder) as place:
        (place / SCENARIO).write_text(text, encoding="utf-8")
        _write_all(answer, run_tables(answer), [one.case for one in answer.cases], place)


def write_sweep(answer: SweepAnswer, folder: Path) -> None:
    """Write an answer as a CSV table, charts (SVG, PNG, HTML), JSON, text, and a manifest.

    Raises:
        RunError: The folder is there already, or cannot be made.
    """
    from offramp.report.figures.files import write_chart
    from offramp.report.figures.sweep import sweep_chart

    with new_folder(folder) as place:
        write_chart(sweep_chart(answer), place)
        cases = list(dict.fromkeys(point.case for point in answer.points))
        _write_all(answer, [sweep_table(answer)], cases, place)


def _write_all(
    answer: RunAnswer | SweepAnswer, tables: Iterable[Table], cases: Sequence[str], place: Path
) -> None:
    """Write tables, the answer and, last, a manifest of what made them."""
    for table in tables:
        (place / f"{table.name}.csv").write_text(to_csv(table), encoding="utf-8")
    (place / "answer.json").write_text(answer.model_dump_json(indent=2), encoding="utf-8")
    (place / "answer.txt").write_text(write_answer(answer) + "\n", encoding="utf-8")
    manifest = {
        "offramp": answer.offramp,
        "scenario": answer.scenario.model_dump(),
        "cases": list(cases),
        "seconds": answer.seconds,
        "files": sorted(path.name for path in place.iterdir()),
    }
    (place / "manifest.json").write_text(json.dumps(manifest, indent=2), encoding="utf-8")


@contextmanager
def new_file(path: Path) -> Iterator[Path]:
    """Hand out a temporary path that becomes `path` if all goes well, and vanishes if not."""
    refuse_existing(path)
    with _temporary_folder(path) as folder:
        made = folder / path.name
        yield made
        refuse_existing(path)
        os.replace(made, path)


@contextmanager
def new_folder(path: Path) -> Iterator[Path]:
    """Hand out a temporary folder that becomes `path` if all goes well, and vanishes if not."""
    refuse_existing(path)
    with _temporary_folder(path) as folder:
        made = folder / "made"
        made.mkdir()
        yield made
        refuse_existing(path)
        os.replace(made, path)


def refuse_existing(path: Path) -> None:
    """Raise if something stands at a path: nothing is overwritten.

    Raises:
        RunError: Something does.
    """
    if path.exists():
        message = f"'{path}' is there already; nothing is overwritten."
        raise RunError(Problem(code="R602", message=message, fix="name another, or remove it."))


@contextmanager
def _temporary_folder(path: Path) -> Iterator[Path]:
    """Make a folder beside `path`, so that moving out of it is one step on one disk."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(prefix=".offramp-", dir=path.parent))
    except OSError as error:
        raise RunError(_cannot_write(path, error)) from None
    try:
        yield folder
    except OSError as error:
        raise RunError(_cannot_write(path, error)) from None
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _bad_name(name: str) -> Problem:
    return Problem(
        code="R603",
        message=f"'{name}' cannot be the name of a scenario.",
        fix="use small letters, digits and hyphens, beginning with a letter or digit.",
    )


def _cannot_write(path: Path, error: OSError) -> Problem:
    reason = error.strerror or str(error)
    return Problem(
        code="R604",
        message=f"'{path}' cannot be written: {reason}.",
        fix="name another place, or free it.",
    )
