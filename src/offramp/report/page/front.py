"""The front page: every shipped essay beside its counter-essay, by date, with links to reports."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from offramp import __version__
from offramp.report.answers import EssayAnswer, IndexAnswer, TestedClaim
from offramp.report.files import new_file
from offramp.report.layout import STANCE
from offramp.report.page.material import essay_pairs
from offramp.report.page.template import render
from offramp.scenario import load_scenario

__all__ = ["write_index"]


def write_index(out: Path, reports: Sequence[Path] = ()) -> IndexAnswer:
    """Write the front page over all shipped essays.

    Args:
        reports: Reports to link, by the name of their scenario: FOLDER/NAME.html.

    Raises:
        RunError: The file is there already, or cannot be written.
    """
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


def _link(report: Path, out: Path) -> str:
    """Return how the front page names a report: beside it if it can, else by its whole path."""
    report, folder = report.resolve(), out.resolve().parent
    if report.is_relative_to(folder):
        return report.relative_to(folder).as_posix()
    return report.as_uri()


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
