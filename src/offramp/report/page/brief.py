"""The brief: the argument of a report on two pages of PDF, with a line to cite it by."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from offramp import __version__
from offramp.outcomes import optional_library
from offramp.report.believe_tables import believe_sentences
from offramp.report.crux_tables import crux_sentences
from offramp.report.files import new_file
from offramp.report.layout import STANCE
from offramp.report.page.ledger import LedgerRow, Side, sides, summary
from offramp.report.page.material import Material
from offramp.report.page.template import asset
from offramp.report.page.trusting import trust_lines

__all__ = ["brief_data", "write_brief"]

MOST_ROWS = (14, 11, 8, 5)  # claims of a side, the most that leave it two pages; the report has all
PAGES = 2
MOST_LINES = 9  # of what one must believe
LONGEST = 220  # letters of a sentence


def write_brief(material: Material, out: Path, also: Path) -> int:
    """Write the brief of a report, and return its size in bytes.

    Args:
        also: Where the whole report stands.

    Raises:
        RunError: The extra `pdf` is not installed, or the file cannot be written.
    """
    typst = optional_library("typst", "pdf")
    template = asset("brief.typ").encode("utf-8")
    for most in MOST_ROWS:
        filled = {"data": json.dumps(brief_data(material, also.name, most))}
        drawn = typst.compile(template, format="svg", sys_inputs=filled)
        if not isinstance(drawn, list) or len(drawn) <= PAGES:
            break
    made: bytes = typst.compile(template, format="pdf", sys_inputs=filled)
    with new_file(out) as path:
        path.write_bytes(made)
    return len(made)


def brief_data(material: Material, report: str, most: int) -> dict[str, Any]:
    """Return what the brief says, as data.

    Args:
        report: Name of the file of the whole report.
        most: Claims of a side.
    """
    head = material.head
    parts = [
        {"heading": f"What divides {' and '.join(one.between)}", "lines": crux_sentences(one)}
        for one in material.further.cruxes[:1]
    ]
    parts += [
        {
            "heading": f"What you must believe, judged by {one.by}",
            "lines": [_cut(line) for line in believe_sentences(one)][:MOST_LINES],
        }
        for one in material.found.beliefs[:1]
    ]
    parts.append({"heading": "How far to trust it", "lines": trust_lines(material)})
    hash_ = head.hash[:16]
    return {
        "title": head.title,
        "subtitle": f"{head.name}, {head.period}. The whole report: {report}.",
        "version": __version__,
        "summary": summary(material),
        "stance": STANCE,
        "pairs": [[_side(one, most), _side(other, most)] for one, other in sides(material)[:1]],
        "parts": parts,
        "citation": f"offramp {__version__}, {head.name}, scenario {hash_}",
    }


def _side(side: Side, most: int) -> dict[str, Any]:
    decided = sorted(side.rows, key=lambda row: row.verdict in ("undecided", "untested"))
    left = len(decided) - most
    return {
        "heading": side.heading,
        "who": ", ".join(filter(None, (side.kind, side.author, side.date))),
        "thesis": _cut(side.thesis),
        "rows": [_row(row) for row in decided[:most]],
        "more": f"And {left} more in the report." if left > 0 else "",
    }


def _row(row: LedgerRow) -> dict[str, str]:
    over = f"; over worlds: {row.over} ({row.worlds})" if row.over else ""
    return {
        "says": _cut(row.says),
        "verdict": f"base world: {row.verdict}{over}",
        "standing": row.standing,
        "since": f"Since then: {_cut(row.since)}" if row.since else "",
    }


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else text[: LONGEST - 1].rstrip() + "…"
