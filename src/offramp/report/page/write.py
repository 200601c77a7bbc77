"""The page itself: cards laid out in one file that needs no network.

Scripts are allowed by their hashes and nothing else is: the page can neither load nor send.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from altair.utils.schemapi import debug_mode

from offramp import __version__
from offramp.errors import Problem, RunError
from offramp.exploration.runs import Run
from offramp.report.answers import ReportAnswer
from offramp.report.figures.palette import DARK, LIGHT, vega_config
from offramp.report.files import new_file, refuse_existing
from offramp.report.layout import STANCE
from offramp.report.page.base_cards import base_cards
from offramp.report.page.brief import write_brief
from offramp.report.page.cards import Card
from offramp.report.page.given_cards import (
    crux_cards,
    earned_cards,
    flip_cards,
    reason_cards,
)
from offramp.report.page.ledger import ledger_table, sides, summary
from offramp.report.page.material import Given, Material, gather
from offramp.report.page.source_cards import chain_cards, source_cards
from offramp.report.page.template import asset, digest, render
from offramp.report.page.trusting import trust_lines
from offramp.report.page.weighing_data import claim_extremes, shown_dials, worlds_data
from offramp.report.page.world_cards import world_cards
from offramp.report.tables import format_share
from offramp.scenario import list_scenarios
from offramp.scenario.library import find_mechanism

VERDICT_WORDS = (
    "The base world takes every number as it stands and every mechanism as the scenario sets it. "
    "A verdict is assumed if the acts of the policies alone decide it, or a mechanism that is put "
    "in, and earned if it takes the other side's replies or what is learnt. Which assumption turns "
    "it by itself, `offramp flips` finds out by solving."
)
OVER_WORLDS = (
    "Over the worlds, in which all of that is drawn, a claim holds or fails if it does so in nine "
    "of ten; it is seldom decided if, by the margin that it asks for, it does neither in most of "
    "them; else it depends."
)

__all__ = ["render_report", "write_report"]


def write_report(
    target: str,
    out: Path,
    *,
    base: Path | None = None,
    further: Sequence[Path] = (),
    brief: Path | None = None,
) -> ReportAnswer:
    """Write the report of a scenario or a run.

    Args:
        target, base, further: As in `gather`.
        brief: Where a brief of two pages is written as well.

    Raises:
        OfframpError: Something named is not there or wrong, or the file cannot be written.
    """
    for path in filter(None, (out, brief)):
        refuse_existing(path)
    if brief is not None and brief.resolve() == out.resolve():
        raise RunError(
            Problem(
                code="R644",
                path="--brief",
                message=f"'{brief}' is where the report is to be written.",
                fix="give the brief a name of its own, such as brief.pdf.",
            )
        )
    with new_file(out) as path:
        material = gather(target, base=base, further=further)
        page, cards = render_report(material)
        path.write_text(page, encoding="utf-8")
        size = path.stat().st_size
        if brief is not None:
            write_brief(material, brief, out)
    return ReportAnswer(
        offramp=__version__,
        scenario=material.head,
        file=str(out),
        brief=None if brief is None else str(brief),
        bytes=size,
        worlds=0 if material.run is None else len(material.run.world),
        cards=[card.key for card in cards],
    )


@debug_mode(False)  # charts are held against the schema in tests, which takes as long as all else
def render_report(material: Material) -> tuple[str, list[Card]]:
    """Return the page and the cards that it shows."""
    run, given = material.run, material.further
    cards = list(world_cards(material))
    beliefs = [card for card in cards if card.key.startswith("believe-")]
    doubts = [card for card in cards if not card.key.startswith("believe-")]
    base = [] if material.base is None else list(base_cards(material.base, material.scenario))
    base += reason_cards(given.reasons)
    chains = list(chain_cards(material))
    cruxes = list(crux_cards(given.cruxes))
    doubts += [*flip_cards(given.flips), *earned_cards(given.earned)]
    sources = list(source_cards(material))
    ledger = _ledger_card(material) if material.scenario.claims else None
    dials = shown_dials(material) if material.judged else ()
    scripts = [asset("vega.js"), asset("page.js")]
    page = render(
        "report.html.j2",
        head=material.head,
        version=__version__,
        seed=run.manifest.seed if run is not None else None,
        stance=STANCE,
        scenario_word=_scenario_word(material),
        camps=_camps(material),
        story=material.scenario.story,
        cast=_cast(material),
        summary=summary(material),
        verdict_words=VERDICT_WORDS if run is None else f"{VERDICT_WORDS} {OVER_WORLDS}",
        sides=sides(material),
        ledger=ledger,
        chains=chains,
        cruxes=cruxes,
        beliefs=beliefs,
        base=base,
        worlds_cards=doubts,
        assumptions=sources,
        contents=_contents(cruxes, beliefs, dials, base, doubts),
        trust=trust_lines(material),
        commands=_commands(material),
        configs={"light": vega_config(LIGHT), "dark": vega_config(DARK)},
        scripts=scripts,
        script_hashes=" ".join(f"'sha256-{digest(one)}'" for one in scripts),
        **_weighing(material, dials),
    )
    shown = [*chains, *cruxes, *beliefs, *base, *doubts, *sources]
    return page, shown if ledger is None else [ledger, *shown]


def _cast(material: Material) -> str:
    """Say who takes part, and by which names tables call them."""
    told = [
        f"{player.label or name}{f' ({name})' if player.label else ''}"
        + (f": {player.role}" if player.role else "")
        for name, player in material.scenario.players.items()
    ]
    return f"Who takes part: {'; '.join(told)}." if told else ""


def _ledger_card(material: Material) -> Card:
    over = ", counted over the worlds of the run" if material.run is not None else ""
    return Card(
        "ledger",
        "Every claim beside its counter-claim",
        ("A verdict is worth what it stands on: an assumed one repeats what was put in.",),
        f"`offramp claims {material.scenario.name}`{over}.",
        tables=(ledger_table(material),),
    )


def _weighing(material: Material, dials: tuple[Any, ...]) -> dict[str, Any]:
    """Return what the template needs for the sliders."""
    if not dials:
        return {"dials": [], "weighed": [], "worlds": {}}
    worlds = worlds_data(material, dials)
    rows = [
        {
            "name": name,
            "says": material.scenario.claims[name].says,
            "low": found.low,
            "high": found.high,
            "range": f"{format_share(found.low)} to {format_share(found.high)}",
        }
        for name, found in claim_extremes(material, dials).items()
    ]
    return {
        "dials": [
            {
                "name": dial.name,
                "drawn": dial.drawn,
                "says": f"{dial.name.partition('.')[2] or dial.name} is {dial.setting}",
                "means": _dial_means(material, dial.name),
                "percent": f"{round(100 * dial.drawn)} %",
            }
            for dial in dials
        ],
        "weighed": rows,
        "worlds": worlds,
        "fewest": int(worlds["fewest"]),
        "regret_measures": [one["name"] for one in worlds["measures"]],
        "regret_cases": worlds["cases"] if worlds["measures"] else [],
    }


def _dial_means(material: Material, name: str) -> str:
    """Return what a slider's mechanism says and what its rival does; empty for anything else."""
    kind, _, called = name.partition(".")
    uses = [use for use in material.scenario.mechanisms if use.called == called]
    found = find_mechanism(material.scenario, uses[0].use) if kind == "setting" and uses else None
    if found is None:
        return ""
    rival = found[0].rival
    return found[0].says + ("" if rival is None else f" Or else: {rival.says}")


def _contents(
    cruxes: list[Card],
    beliefs: list[Card],
    dials: tuple[Any, ...],
    base: list[Card],
    doubts: list[Card],
) -> list[tuple[str, str]]:
    shown = [
        ("argument", "The argument", True),
        ("crux", "The crux", bool(cruxes)),
        ("believe", "What you must believe", bool(beliefs)),
        ("weigh", "Weigh it yourself", bool(dials)),
        ("base", "The base world", bool(base)),
        ("doubt", "Under doubt", bool(doubts)),
        ("assumptions", "What is assumed", True),
        ("trust", "How far to trust it", True),
        ("again", "How to reproduce it", True),
    ]
    return [(key, name) for key, name, there in shown if there]


def _commands(material: Material) -> list[str]:
    name, run = _scenario_word(material), material.run
    lines = []
    if material.claims is not None:
        points = material.claims.draw_grid
        coarse = f" --draw-grid {points}" if points else ""
        lines.append(f"offramp claims {name} --draws {material.claims.draws}{coarse}")
    if material.base is not None:
        lines.append(f"offramp run {name}{_laid(material)} --out base")
    if run is not None:
        under = run.manifest
        grid = f" --grid {under.asked_grid}" if under.asked_grid else ""
        lines.append(
            f"offramp explore {name} --worlds {under.worlds} --policies {','.join(run.cases)}"
            f"{_laid(material)}{grid} --design {under.design} --seed {under.seed} "
            f"--out {_folder_name(run)}"
        )
    target = _folder_name(run) if run is not None else "base"
    along = " --base base" if run is not None and material.base is not None else ""
    further = material.further
    given: list[Given] = [*further.cruxes, *further.reasons, *further.flips, *further.earned]
    for number, one in enumerate(given, 1):
        lines.append(f"offramp {one.command} … --json > given-{number}.json  # {_asked(one)}")
        along += f" --with given-{number}.json"
    return [*lines, f"offramp report {target}{along} --out report.html"]


def _folder_name(run: Run) -> str:
    """Return what the folder of a run is called, wherever it lies; commands on the page say so."""
    return run.folder.resolve().name if run.folder is not None else "worlds"


def _camps(material: Material) -> str:
    """Return two views between which a crux can be sought, if there are two."""
    views = list(material.scenario.views)[:2]
    return " ".join(views) if len(views) > 1 else ""


def _asked(one: Given) -> str:
    """Say what an answer that was given along is about."""
    laid = [f"view {one.scenario.view}"] if one.scenario.view else []
    laid += [f"{name}={value}" for name, value in one.scenario.set.items()]
    question = getattr(one, "question", "") or getattr(one, "player", "") or "all claims"
    return f"{question} {', '.join(laid)}".strip()


def _scenario_word(material: Material) -> str:
    """Return how commands name the scenario: by its file, where none of that name ships."""
    name = material.scenario.name
    return name if name in list_scenarios() else f"{name}.yaml"


def _laid(material: Material) -> str:
    view = f" --view {material.head.view}" if material.head.view else ""
    return view + "".join(f" --set {name}={value}" for name, value in material.head.set.items())
