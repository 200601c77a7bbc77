"""Cards of answers that were given along: cruxes, reasons, flips, and what verdicts stand on."""

from __future__ import annotations

from collections.abc import Iterator

from offramp.report.answers import (
    CruxAnswer,
    EarnedAnswer,
    FlipsAnswer,
    ScenarioHead,
    WhyAnswer,
)
from offramp.report.crux_tables import crux_sentences, crux_tables
from offramp.report.earned_tables import earned_sentences, earned_tables
from offramp.report.figures.flips import flips_chart
from offramp.report.figures.why import why_waterfall
from offramp.report.flip_tables import flip_sentences, flip_tables
from offramp.report.page.cards import Card, specification
from offramp.report.why_tables import why_tables

__all__ = ["crux_cards", "earned_cards", "flip_cards", "reason_cards"]


def crux_cards(answers: tuple[CruxAnswer, ...]) -> Iterator[Card]:
    """Yield what divides two camps."""
    for number, one in enumerate(answers, 1):
        first, second = one.between
        yield Card(
            f"crux-{number}",
            f"What divides {first} and {second}: {one.question}",
            (*_laid(one.scenario), *crux_sentences(one)),
            f"`offramp crux {one.scenario.name} --between {first} {second} …`: {one.judged:,} "
            "mixtures of the two views were solved.",
            tables=tuple(table for table in crux_tables(one) if table.rows),
        )


def flip_cards(answers: tuple[FlipsAnswer, ...]) -> Iterator[Card]:
    """Yield which assumption, changed by itself, turns an answer over."""
    for number, one in enumerate(answers, 1):
        chart = flips_chart(one)
        yield Card(
            f"flips-{number}",
            f"What would change the answer: {one.question}",
            (*_laid(one.scenario), *flip_sentences(one)),
            f"`offramp flips {one.scenario.name} …`: every assumption is moved by itself, each "
            f"trial solved anew, {one.solved:,} in all; where the answer turns, the place is "
            "narrowed down by root-finding.",
            chart=specification(chart),
            tables=tuple(table for table in flip_tables(one) if table.rows),
        )


def earned_cards(answers: tuple[EarnedAnswer, ...]) -> Iterator[Card]:
    """Yield in how many worlds verdicts are assumed, and in how many earned."""
    for number, one in enumerate(answers, 1):
        yield Card(
            f"earned-{number}",
            "Assumed or earned: what do the verdicts stand on, world by world?",
            tuple(earned_sentences(one)),
            "`offramp earned RUN`: in each world others are made to reply as they would to the "
            "other policy, and to learn what they would have learnt.",
            tables=tuple(table for table in earned_tables(one) if table.rows),
        )


def reason_cards(answers: tuple[WhyAnswer, ...]) -> Iterator[Card]:
    """Yield why players reply as they do."""
    for number, one in enumerate(answers, 1):
        who = f"{one.player} ({one.type})" if one.type else one.player
        switches = tuple(f"It would rather {each.to} if {each.change}." for each in one.switches)
        yield Card(
            f"why-{number}",
            f"Why does {who} reply so at {one.stage} under {one.case}?",
            (
                *_laid(one.scenario),
                *(switches or ("No small change of one payoff would make it do otherwise.",)),
            ),
            f"`offramp why {one.scenario.name} --player {one.player} --case {one.case}`: what each "
            "act is worth, term by term, at the likeliest state.",
            chart=specification(why_waterfall(one)),
            tables=tuple(why_tables(one)),
        )


def _laid(head: ScenarioHead) -> Iterator[str]:
    """Yield what an answer laid over the file, which the page need not."""
    told = [f"the view {head.view}"] if head.view else []
    told += [f"{name} set to {value}" for name, value in head.set.items()]
    told += [f"{head.grid} belief points a side"] if head.grid else []
    if told:
        yield f"Asked under {', '.join(told)}."
