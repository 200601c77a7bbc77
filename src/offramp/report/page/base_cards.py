"""Cards of the base world: who moves when, who replies how, and how it climbs."""

from __future__ import annotations

from collections.abc import Iterator

from offramp.equilibrium.histories import solve_histories
from offramp.errors import TooLargeError
from offramp.game import compile_game
from offramp.report.answers import CaseAnswer, RunAnswer
from offramp.report.figures.ladder import ladder_svg
from offramp.report.figures.replies import reply_matrix
from offramp.report.figures.tree import grow_tree, tree_svg
from offramp.report.page.cards import Card, specification
from offramp.report.run_tables import run_tables
from offramp.report.tables import Table, format_share
from offramp.scenario import Scenario, bind

__all__ = ["base_cards"]

HORIZON = "horizon"  # the ending of play that goes on
MOST_NAMED = 2  # acts by which a rung is called
MOST_LADDERS = 4  # policies whose climb is drawn; the tables have all
MOST_STAGES = 12  # of all periods together: beyond that no tree could be read, and none is tried


def base_cards(answer: RunAnswer, scenario: Scenario) -> Iterator[Card]:
    """Yield the displays of the base world."""
    yield from _tree_cards(answer, scenario)
    tables = {table.name: table for table in run_tables(answer)}
    yield Card(
        "replies",
        "What will each do under each policy?",
        ("How often each player takes each act when it moves, in the base world.",),
        f"`offramp run {scenario.name}`: every side's reply to the others' is solved for, then "
        "play is followed forward over all paths; shares are of a player's choices at a stage.",
        chart=specification(reply_matrix(answer.replies)),
        tables=tuple(table for name, table in tables.items() if name.startswith("replies")),
    )
    rungs = {rung: " or ".join(acts) for rung, acts in _acts_by_rung(scenario).items()}
    for case in [one for one in answer.cases if one.moves][:MOST_LADDERS]:
        yield Card(
            f"ladder-{case.case}",
            f"How does it climb under {case.case}, and where are the ways off?",
            (_climb_words(case),),
            f"`offramp run {scenario.name} --case {case.case}`: the highest rung that anybody acts "
            "on in a period, and the chances with which play moves between rungs or ends.",
            drawing=ladder_svg(case, rungs=rungs, off_ramps=_off_ramps(scenario)),
        )
    yield Card(
        "endings",
        "How does it end?",
        ("Chances of every ending and every measure, by policy.",),
        f"`offramp run {scenario.name}`: exact sums over all paths, no simulation.",
        tables=_some(tables, "endings", "measures"),
    )


def _tree_cards(answer: RunAnswer, scenario: Scenario) -> Iterator[Card]:
    """Yield the game as a tree, if it is one that can be read."""
    crisis = bind(scenario)
    if crisis.n_periods is None or len(crisis.stages) * crisis.n_periods > MOST_STAGES:
        return
    case, under = answer.cases[0].case, answer.scenario
    try:
        game = compile_game(scenario, case=case, view=under.view, parameters=under.set or None)
        drawing = tree_svg(grow_tree(game, solved=None if game.typed else solve_histories(game)))
    except TooLargeError:
        return
    yield Card(
        "tree",
        f"Who moves when, and what have they seen by then, under {case}?",
        ("Every way that play can take, from left to right.",),
        f"`offramp export {scenario.name} --gambit FILE.efg` writes the same tree for other "
        "programs.",
        drawing=drawing,
    )


def _some(tables: dict[str, Table], *names: str) -> tuple[Table, ...]:
    return tuple(tables[name] for name in names if name in tables and tables[name].rows)


def _off_ramps(scenario: Scenario) -> dict[str, str]:
    """Return what kind of way off the ladder an ending is, where the scenario says so."""
    return {
        name: f"off-ramp: {one.off_ramp}" for name, one in scenario.endings.items() if one.off_ramp
    }


def _acts_by_rung(scenario: Scenario) -> dict[int, list[str]]:
    """Return the first acts on each rung of the ladder."""
    found: dict[int, list[str]] = {}
    for stage in bind(scenario).stages:
        for mover in stage.movers:
            for action in mover.actions:
                named = found.setdefault(max(action.ladder), []) if action.ladder else []
                if action.name not in named:
                    named.append(action.name)
    return {rung: acts[:MOST_NAMED] for rung, acts in sorted(found.items())}


def _climb_words(case: CaseAnswer) -> str:
    likeliest = max(case.endings, key=lambda one: one.chance, default=None)
    if likeliest is None:
        return "Play goes on to the horizon."
    if likeliest.ending == HORIZON:
        return f"In {format_share(likeliest.chance)} of all play it goes on to the last day."
    told = format_share(likeliest.chance)
    return f"The likeliest way that it ends is {likeliest.ending}, with a chance of {told}."
