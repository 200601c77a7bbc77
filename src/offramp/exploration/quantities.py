"""What may be asked of a solved case by a word: a measure, an ending, a player's reply.

| word | reads |
| --- | --- |
| `war` | a declared measure, or the chance of an ending |
| `adversary.attack` | how often a player, when it moves, takes an action |
| `adversary.resolute.attack` | the same of one type |
| `adversary.attack@press` | the same at one stage |
| `ever(front == lost, by=3)` | an expression of the measure language |
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from offramp.errors import Problem, RunError, closest
from offramp.outcomes import Acts, Outcomes
from offramp.scenario import Crisis, Scenario, bind
from offramp.scenario.schema import MeasureDecl

__all__ = ["Asked", "Quantity", "ask"]

HORIZON = "horizon"


class Reply(NamedTuple):
    """An action of a player, of one type and at one stage where these are named."""

    player: str
    own_type: str | None
    act: str
    stage: str | None


class Quantity(NamedTuple):
    """One thing asked.

    Attributes:
        name: As it was asked.
        measure: The measure that answers it, if one does.
        ending: The ending whose chance answers it.
        reply: The reply whose share answers it.
    """

    name: str
    measure: str | None = None
    ending: str | None = None
    reply: Reply | None = None

    def read(self, outcomes: Outcomes) -> float:
        """Return the answer in one case; NaN where the question does not arise."""
        if self.measure is not None:
            return float(outcomes.measures[self.measure])
        if self.ending is not None:
            return outcomes.ending_chance()[self.ending]
        assert self.reply is not None
        return _share(outcomes.acts, self.reply)


class Asked(NamedTuple):
    """Quantities, and the scenario whose measures answer them."""

    scenario: Scenario
    quantities: tuple[Quantity, ...]


def ask(scenario: Scenario, words: Sequence[str] = ()) -> Asked:
    """Return what the words ask for; without words all measures, or all endings if there are none.

    Raises:
        RunError: A word names nothing; all such words are told.
        ScenarioError: An expression of the measure language is wrong.
    """
    endings = (*scenario.endings, HORIZON)
    replies = _replies(bind(scenario))
    asked = tuple(dict.fromkeys(words)) or tuple(scenario.measures) or endings
    expressions: dict[str, MeasureDecl] = {}
    found, unknown = [], []
    for word in asked:
        if word in scenario.measures:
            found.append(Quantity(word, measure=word))
        elif word in endings:
            found.append(Quantity(word, ending=word))
        elif word in replies:
            found.append(Quantity(word, reply=replies[word]))
        elif "(" in word:
            name = f"asked_{len(expressions) + 1}"
            expressions[name] = MeasureDecl(is_=word)
            found.append(Quantity(word, measure=name))
        else:
            unknown.append(_unknown(word, [*scenario.measures, *endings, *replies]))
    if unknown:
        raise RunError(unknown)
    if expressions:
        scenario = scenario.measured_by({**scenario.measures, **expressions})
    return Asked(scenario, tuple(found))


def _replies(crisis: Crisis) -> dict[str, Reply]:
    """Return every reply that can be asked for, by its word; the shorter ones come first."""
    types = {player.name: [one.name for one in player.types] for player in crisis.players}
    found: dict[str, Reply] = {}
    taken = [
        (stage.name, mover.player, action.name)
        for stage in crisis.stages
        for mover in stage.movers
        for action in mover.actions
    ]
    for stage, player, act in taken:
        for own_type in [None, *(name for name in types[player] if name)]:
            word = ".".join([player, own_type, act] if own_type else [player, act])
            found.setdefault(word, Reply(player, own_type, act, None))
            found[f"{word}@{stage}"] = Reply(player, own_type, act, stage)
    return found


def _unknown(word: str, known: Sequence[str]) -> Problem:
    near = closest(word, known)
    return Problem(
        code="R605",
        message=f"'{word}' is no measure, ending or reply of this scenario.",
        hint=f"Did you mean '{near}'?" if near else "",
        fix="name a measure, an ending, or a reply as PLAYER.ACTION, PLAYER.TYPE.ACTION, either "
        "with @STAGE; or write an expression of the measure language.",
    )


def _share(acts: Sequence[Acts], reply: Reply) -> float:
    """Return how often the action is taken, of all choices at the stages at which it is declared.

    Types are weighed by how often each moves there.
    """
    taken = choices = 0.0
    for one in acts:
        at = reply.stage in (None, one.stage) and reply.act in one.actions
        if one.player != reply.player or not at:
            continue
        rows = [k for k, name in enumerate(one.types) if reply.own_type in (None, name)]
        count = one.count.sum(axis=0)[rows]
        taken += float(count[:, one.actions.index(reply.act)].sum())
        choices += float(count.sum())
    return taken / choices if choices > 0.0 else float("nan")
