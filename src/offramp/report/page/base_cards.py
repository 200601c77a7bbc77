"""Cards of the base world: who replies how, how it climbs, and why."""

from __future__ import annotations

from collections.abc import Iterator

from offramp.report.answers import CaseAnswer, RunAnswer, WhyAnswer
from offramp.report.figures.ladder import ladder_svg
from offramp.report.figures.replies import reply_matrix
from offramp.report.figures.why import why_waterfall
from offramp.report.page.cards import Card
from offramp.report.run_tables import run_tables
from offramp.report.tables import Table, format_share
from offramp.report.why_tables import why_tables
from offramp.scenario import Scenario, bind

__all__ = ["base_cards", "reason_cards"]

HORIZON = "horizon"  # the ending of play that goes on
MOST_NAMED = 2  # acts by which a rung is called
MOST_LADDERS = 4  # policies whose climb is drawn; the tables have all


def base_cards(answer: RunAnswer, scenario: Scenario) -> Iterator[Card]:
    """Yield the displays of the base world."""
    tables = {table.name: table for table in run_tables(answer)}
    yield Card(
        "replies",
        "What will each do under each policy?",
        ("How often each player takes each act when it moves, in the base world.",),
        f"`offramp run {scenario.name}`: every side's reply to the others' is solved for, then "
        "play is followed forward over all paths; shares are of a player's choices at a stage.",
        chart=reply_matrix(answer).to_dict(),
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
            drawing=ladder_svg(case, rungs=rungs),
        )
    yield Card(
        "endings",
        "How does it end?",
        ("Chances of every ending and every measure, by policy.",),
        f"`offramp run {scenario.name}`: exact sums over all paths, no simulation.",
        tables=_some(tables, "endings", "measures"),
    )


def reason_cards(answers: tuple[WhyAnswer, ...]) -> Iterator[Card]:
    """Yield why players reply as they do."""
    for number, one in enumerate(answers, 1):
        who = f"{one.player} ({one.type})" if one.type else one.player
        switches = tuple(f"It would rather {each.to} if {each.change}." for each in one.switches)
        yield Card(
            f"why-{number}",
            f"Why does {who} reply so at {one.stage} under {one.case}?",
            switches or ("No small change of one payoff would make it do otherwise.",),
            f"`offramp why {one.scenario.name} --player {one.player} --case {one.case}`: what each "
            "act is worth, term by term, at the likeliest state.",
            chart=why_waterfall(one).to_dict(),
            tables=tuple(why_tables(one)),
        )


def _some(tables: dict[str, Table], *names: str) -> tuple[Table, ...]:
    return tuple(tables[name] for name in names if name in tables and tables[name].rows)


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
