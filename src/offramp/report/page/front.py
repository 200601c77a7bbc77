"""The front page: every shipped essay beside its counter-essay, by date, with links to reports."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from offramp import __version__
from offramp.errors import Problem, RunError
from offramp.report.answers import EssayAnswer, IndexAnswer, TestedClaim
from offramp.report.files import new_file
from offramp.report.layout import STANCE
from offramp.report.page.material import essay_pairs
from offramp.report.page.template import render
from offramp.scenario import load_scenario
from offramp.scenario.essays import shipped_essays

__all__ = ["write_index"]


def write_index(out: Path, reports: Sequence[Path] = ()) -> IndexAnswer:
    """Write the front page over all shipped essays.

    Args:
        reports: Reports to link, by the name of their scenario: FOLDER/NAME.html.

    Raises:
        RunError: The file is there already, or cannot be written; a report is not there, or its
            name is that of no scenario that an essay is about.
    """
    _refuse_unlinked(reports, out)
    linked = {path.stem: _link(path, out) for path in reports}
    pairs = list(_pairs(linked))
    with new_file(out) as path:
        path.write_text(
            render("index.html.j2", pairs=pairs, stance=STANCE, version=__version__),
            encoding="utf-8",
        )
    return IndexAnswer(
        offramp=__version__,
        file=str(out),
        essays=[card["id"] for pair in pairs for card in pair["cards"]],
        reports={pair["scenario"]: pair["report"] for pair in pairs if pair["report"]},
    )


def _refuse_unlinked(reports: Sequence[Path], out: Path) -> None:
    """Raise RunError with every report that the front page could not link."""
    about = sorted({one.about for one in shipped_essays().values()})
    problems = []
    for path in reports:
        message = ""
        if path.resolve() == out.resolve():
            message = f"'{path}' is where the front page is to be written."
        elif not path.is_file() or path.suffix != ".html":
            message = f"'{path}' is no report that is there."
        elif path.stem not in about:
            message = f"'{path}' is named by no scenario that an essay is about."
        if message:
            fix = f"give reports named NAME.html, where NAME is one of {', '.join(about)}."
            problems.append(Problem(code="R648", path=str(path), message=message, fix=fix))
    if problems:
        raise RunError(problems)


def _link(report: Path, out: Path) -> str:
    """Return how the front page names a report: by the way from its own folder."""
    return Path(os.path.relpath(report.resolve(), out.resolve().parent)).as_posix()


def _pairs(linked: dict[str, str]) -> Iterator[dict[str, Any]]:
    for essay, counter in essay_pairs():
        about = essay.essay.about
        yield {
            "scenario": about,
            "title": load_scenario(about).title,
            "verdicts": essay.verdicts,
            "report": linked.get(about),
            "cards": [_card(one) for one in (essay, counter) if one is not None],
        }


def _card(essay: EssayAnswer) -> dict[str, Any]:
    tested = [one for claim in essay.claims for one in claim.tested]
    decided = [one for one in tested if one.verdict in ("holds", "fails")]
    return {
        "id": essay.essay.id,
        "kind": essay.essay.kind,
        "title": essay.essay.heading,
        "author": essay.essay.author,
        "date": essay.essay.date,
        "thesis": essay.thesis,
        "holds": _count(tested, "holds"),
        "fails": _count(tested, "fails"),
        "undecided": _count(tested, "undecided"),
        "untested": sum(not claim.tested for claim in essay.claims)
        + sum(one.verdict is None for one in tested),
        "decided": len(decided),
        "assumed": sum(one.label == "assumed" for one in decided),
    }


def _count(tested: Sequence[TestedClaim], verdict: str) -> int:
    return sum(one.verdict == verdict for one in tested)
