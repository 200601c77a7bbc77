"""What the page needs to weigh worlds by itself: each world's settings, verdicts and measures."""

from __future__ import annotations

from typing import Any

import numpy as np

from offramp.exploration.asked_runs import choices, measure_of
from offramp.exploration.reweighting import (
    FEWEST_EFFECTIVE,
    Dial,
    Extremes,
    find_dials,
    find_extremes,
)
from offramp.exploration.runs import Run
from offramp.exploration.shares import HOLDS
from offramp.exploration.verdicts import JudgedClaim
from offramp.report.page.material import Material
from offramp.report.stored_runs import directed_measures

__all__ = ["claim_extremes", "shown_dials", "worlds_data"]

DIGITS = 9  # significant ones of a measure on the page
MOST_MEASURES = 6  # by which the page tells regret


def shown_dials(material: Material) -> tuple[Dial, ...]:
    """Return the dials of the page; none without worlds enough to weigh."""
    run = material.run
    return () if run is None or len(run.world) < FEWEST_EFFECTIVE else find_dials(run)


def claim_extremes(material: Material, dials: tuple[Dial, ...]) -> dict[str, Extremes]:
    """Return the least and greatest share of worlds in which each claim can be made to hold."""
    assert material.run is not None
    found = {}
    for name, one in _told(material).items():
        solved = np.flatnonzero(one.is_solved)
        some = tuple(
            Dial(
                dial.name,
                dial.setting,
                dial.others,
                dial.has[solved],
                dial.drawn,
            )
            for dial in dials
        )
        weight = material.run.weight[solved]
        found[name] = find_extremes(weight, some, one.verdict[solved] == HOLDS)
    return found


def worlds_data(material: Material, dials: tuple[Dial, ...]) -> dict[str, Any]:
    """Return the worlds of a run as the page embeds them."""
    run = material.run
    assert run is not None
    cases = choices(run)
    directed = list(directed_measures(run).items())[:MOST_MEASURES]
    return {
        "fewest": FEWEST_EFFECTIVE,
        "weight": run.weight.tolist(),
        "dials": [
            {"name": dial.name, "drawn": dial.drawn, "has": "".join(map(str, dial.has.astype(int)))}
            for dial in dials
        ],
        "claims": [
            {"name": name, "verdicts": _codes(one), "claimed": one.claim.decl.share}
            for name, one in _told(material).items()
        ],
        "cases": list(cases),
        "measures": [
            {"name": name, "better": better, "values": _columns(run, name, cases)}
            for name, better in directed
            if _arises(run, name, cases)
        ],
    }


def _told(material: Material) -> dict[str, JudgedClaim]:
    return {name: one for name, one in material.judged.items() if one.shares is not None}


def _codes(one: JudgedClaim) -> str:
    return "".join(
        str(code) if solved else "-"
        for code, solved in zip(one.verdict, one.is_solved, strict=True)
    )


def _columns(run: Run, measure: str, cases: tuple[str, ...]) -> list[list[float | None]]:
    return [
        [
            None if np.isnan(value) else float(f"{value:.{DIGITS}g}")
            for value in run.of(measure, case)
        ]
        for case in cases
    ]


def _arises(run: Run, measure: str, cases: tuple[str, ...]) -> bool:
    return bool((~np.isnan(measure_of(run, measure, cases)).any(axis=1)).any())
