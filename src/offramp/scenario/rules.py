"""Rules about who may read what, over a scenario bound to one setting of its mechanisms.

They are what keeps beliefs a product over players, one likelihood for all observers, and a past
covert act out of the public state (docs/explanation/conventions.md, *What is seen*).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from offramp.errors import Location, Problem, Severity
from offramp.scenario.crisis import Action, Crisis, Effect, Policy, Stage
from offramp.scenario.expressions import Const, Did, Expr, Parameter, Period, Since, walk
from offramp.scenario.names import Act, Scope

__all__ = ["broken_rules"]


class Reading(NamedTuple):
    """An expression that is read somewhere: what it decides, where, and in which stage.

    Attributes:
        role: `when`, `chance`, `size` (what is moved or set by how much), `pay`, `payoff`, or
            `clause` (the condition of a policy's clause).
    """

    role: str
    expression: Expr
    path: str
    where: Location | None
    stage: str | None = None


class Covert(NamedTuple):
    """An act that looks like another of the same player."""

    player: str
    action: Action
    stage: Stage


def broken_rules(crisis: Crisis, scope: Scope, policies: Iterable[Policy]) -> list[Problem]:
    """Return every rule that the bound scenario, and its policies, break."""
    n_types = {player.name: len(player.types) for player in crisis.players}
    return list(_Rules(crisis, scope, n_types, tuple(policies)).all())


@dataclass(frozen=True)
class _Rules:
    crisis: Crisis
    scope: Scope
    n_types: Mapping[str, int]
    policies: tuple[Policy, ...]

    def all(self) -> Iterator[Problem]:
        readings = list(self.readings())
        yield from self.types_decide_nothing(readings)
        yield from self.one_reader_a_chance(readings)
        yield from self.redraws()
        for stage in self.crisis.stages:
            yield from self.one_reader_a_stage(stage, readings)
            yield from self.exact_replies(stage)
            for covert in coverts_at(stage):
                yield from self.covert_forms(covert)
        yield from self.covert_stays_covert(readings)
        yield from self.counts_what_states_hold(readings)
        if self.crisis.n_periods is None:
            yield from self.endless(readings)

    # --- what is read --------------------------------------------------------------------------

    def readings(self) -> Iterator[Reading]:
        """Yield every expression of the stages, payoffs, endings and policy, with its place."""
        for stage in self.crisis.stages:
            if stage.when is not None:
                yield Reading("when", stage.when, f"{stage.path}.when", stage.where, stage.name)
            for mover in stage.movers:
                for action in mover.actions:
                    yield from self.of_action(action, stage.name)
            for effect in (*stage.effects, *stage.added):
                yield from self.of_effect(effect, stage.name)
        for pay in self.crisis.payoffs:
            yield Reading("payoff", pay.amount, f"payoffs.{pay.player}.{pay.term}", pay.where)
        for ending in self.crisis.endings:
            yield Reading("when", ending.when, f"{ending.path}.when", ending.where)
            for pay in ending.pays:
                yield Reading("payoff", pay.amount, f"{ending.path}.pays.{pay.player}", pay.where)
        for policy in self.policies:
            for clause in policy.clauses:
                if clause.when is not None:
                    yield Reading("clause", clause.when, f"{clause.path}.when", clause.where)

    def of_action(self, action: Action, stage: str) -> Iterator[Reading]:
        for condition in action.conditions:
            yield Reading("when", condition, f"{action.path}.when", action.where, stage)
        for pay in action.pays:
            yield Reading("pay", pay.amount, action.path, pay.where, stage)
        for effect in action.effects:
            yield from self.of_effect(effect, stage)

    def of_effect(self, effect: Effect, stage: str) -> Iterator[Reading]:
        parts = {"when": effect.when, "by": effect.by, "to": effect.to, "chance": effect.chance}
        for word, expression in parts.items():
            if expression is not None:
                role = "size" if word in ("by", "to") else word
                path = f"{effect.path}.{word}"
                yield Reading(role, expression, path, effect.where, stage)
        for shift in effect.shifts:
            yield Reading("chance", shift, effect.path, effect.where, stage)
        for pay in effect.pays:
            yield Reading("pay", pay.amount, effect.path, pay.where, stage)
        for inner in (*effect.then, *effect.otherwise):
            yield from self.of_effect(inner, stage)

    def typed(self, expression: Expr) -> dict[str, str]:
        """Return the players whose types an expression reads, each with a parameter by which."""
        found: dict[str, str] = {}
        for node in walk(expression):
            if isinstance(node, Parameter) and node.name in self.scope.typed:
                found.setdefault(self.scope.typed[node.name], node.name)
        return found

    # --- types ---------------------------------------------------------------------------------

    def types_decide_nothing(self, readings: list[Reading]) -> Iterator[Problem]:
        for reading in readings:
            if reading.role not in ("when", "size", "clause"):
                continue
            for player, parameter in self.typed(reading.expression).items():
                what = "The size of an effect" if reading.role == "size" else "A condition"
                fix = "let a chance or a payoff read it."
                if reading.role == "clause":
                    fix = "name the types that the clause binds under `type:`."
                yield _problem(
                    "S302",
                    f"{what} reads '{parameter}', which the types of {player} set; what may be "
                    "done, and what follows, would give the type away for certain.",
                    reading,
                    fix,
                )

    def redraws(self) -> Iterator[Problem]:
        for stage in self.crisis.stages:
            acts = [act for mover in stage.movers for act in mover.actions]
            effects = [*stage.effects, *stage.added, *(e for act in acts for e in act.effects)]
            for effect in every_effect(effects):
                if effect.redraw is not None and self.n_types[effect.redraw] < 2:
                    yield _problem(
                        "S330",
                        f"{effect.redraw} has no types of which one could be drawn afresh.",
                        Reading("", Const(0.0), f"{effect.path}.redraw", effect.where),
                        "declare `types:` for it.",
                    )

    def one_reader_a_chance(self, readings: list[Reading]) -> Iterator[Problem]:
        """Find chances that read several players' types, by themselves or with their shifts."""
        chances: dict[str, list[Reading]] = {}
        for reading in readings:
            if reading.role == "chance":
                chances.setdefault(reading.path.removesuffix(".chance"), []).append(reading)
        for parts in chances.values():
            players = {p for part in parts for p in self.typed(part.expression)}
            if len(players) > 1:
                yield _problem(
                    "S301",
                    f"This chance reads the types of {_and(players)}; it may read those of one "
                    "player, or beliefs about the two would hang together.",
                    parts[0],
                    "split it into two effects, at two stages.",
                )

    def one_reader_a_stage(self, stage: Stage, readings: list[Reading]) -> Iterator[Problem]:
        here = [r for r in readings if r.role == "chance" and r.stage == stage.name]
        single = [set(players) for r in here if len(players := self.typed(r.expression)) == 1]
        readers = set().union(*single) if single else set()
        at = Reading("", Const(0.0), stage.path, stage.where)
        if len(readers) > 1:
            yield _problem(
                "S304",
                f"At stage '{stage.name}' chances read the types of {_and(readers)}; those of one "
                "player may be read in a stage.",
                at,
                "move one of the effects to a stage of its own.",
            )
        hiding = {c.player for c in coverts_at(stage) if self.n_types[c.player] > 1}
        if len(hiding) > 1:
            yield _problem(
                "S306",
                f"At stage '{stage.name}' {_and(hiding)} can act covertly, and have types; one "
                "such player a stage is possible.",
                at,
                "give one of them a stage of its own.",
            )
        for player in sorted(hiding):
            others = readers - {player}
            if others:
                yield _problem(
                    "S305",
                    f"At stage '{stage.name}' {player}, which has types, can act covertly while a "
                    f"chance reads the types of {_and(others)}.",
                    at,
                    "move the one or the other to a stage of its own.",
                )

    def exact_replies(self, stage: Stage) -> Iterator[Problem]:
        players = {player.name: player for player in self.crisis.players}
        for mover in stage.movers:
            player = players[mover.player]
            if not math.isinf(player.precision):
                continue
            reason = "has types" if len(player.types) > 1 else ""
            reason = reason or ("does not move alone" if len(stage.movers) > 1 else "")
            if reason:
                at = Reading("", Const(0.0), f"players.{player.name}.precision", player.where)
                yield _problem(
                    "S308",
                    f"The precision of {player.name} is exact, but it {reason} at stage "
                    f"'{stage.name}'; such best replies need not exist, nor be found.",
                    at,
                    "give a number; a high one comes near.",
                )

    # --- covert acts ---------------------------------------------------------------------------

    def covert_forms(self, covert: Covert) -> Iterator[Problem]:
        """Check that the act looked like can be taken there, and that something hides this one."""
        action, stage = covert.action, covert.stage
        at = Reading("", Const(0.0), f"{action.path}.covert", action.where)
        mover = next(m for m in stage.movers if m.player == covert.player)
        cover = next((a for a in mover.actions if a.name == action.covert), None)
        if cover is None or cover.covert is not None or cover.name == action.name:
            yield _problem(
                "S331",
                f"'{action.name}' looks like '{action.covert}', which is no open act of "
                f"{covert.player} at this stage.",
                at,
                "name an act of the same player and stage that is not itself covert.",
            )
            return
        shown = {e.variable for e in action.effects if e.variable is not None}
        others = [a for m in stage.movers if m is not mover for a in m.actions]
        hiding = [*cover.effects, *stage.effects, *stage.added]
        hiding += [effect for other in others for effect in other.effects]
        if shown and not shown & {effect.variable for effect in every_effect(hiding)}:
            yield _problem(
                "S307",
                f"Nothing hides '{action.name}': where it moves {_and(shown)}, neither "
                f"'{cover.name}' nor anything else at this stage could have done so.",
                at,
                "let an accident at the same stage move the same variable, or drop `covert`.",
                Severity.WARNING,
            )

    def covert_stays_covert(self, readings: list[Reading]) -> Iterator[Problem]:
        hidden: dict[Act, tuple[str, set[str]]] = {}
        for stage in self.crisis.stages:
            for covert in coverts_at(stage):
                act = (covert.player, covert.action.name)
                cover = covert.action.covert or ""
                hidden.setdefault(act, (cover, set()))[1].add(stage.name)
        for reading in readings if hidden else ():
            yield from self.reads_hidden(reading, hidden)

    def reads_hidden(
        self, reading: Reading, hidden: Mapping[Act, tuple[str, set[str]]]
    ) -> Iterator[Problem]:
        """Report `did(…)` that would tell a covert act from the one it looks like, later on."""
        remembered = [n for n in walk(reading.expression) if isinstance(n, Since)]
        inside = [n for since in remembered for n in walk(since.condition)]
        for node in walk(reading.expression):
            if not isinstance(node, Did):
                continue
            for (player, action), (cover, stages) in hidden.items():
                told_apart = ((player, action) in node.acts) != ((player, cover) in node.acts)
                same_stage = {reading.stage} == stages and not node.lag and node not in inside
                if told_apart and not same_stage:
                    yield _problem(
                        "S303",
                        f"This tells {player}.{action} from {player}.{cover} after their stage; "
                        "others cannot, for the one looks like the other.",
                        reading,
                        "read what the act brought about instead, or read it at its own stage.",
                    )

    # --- memory --------------------------------------------------------------------------------

    def counts_what_states_hold(self, readings: list[Reading]) -> Iterator[Problem]:
        """One state has one successor at the end of every period, whatever the period's number."""
        for reading in readings:
            counted = [n.condition for n in walk(reading.expression) if isinstance(n, Since)]
            if any(isinstance(node, Period) for one in counted for node in walk(one)):
                yield _problem(
                    "S335",
                    "What `periods_since` counts from reads the number of the period, which is no "
                    "part of the public state.",
                    reading,
                    "compare `period` with a number where the count is used, or set a variable in "
                    "that period.",
                )

    # --- forever -------------------------------------------------------------------------------

    def endless(self, readings: list[Reading]) -> Iterator[Problem]:
        for player in self.crisis.players:
            if player.discount >= 1 and not player.is_nature:
                at = Reading("", Const(0.0), f"players.{player.name}.discount", player.where)
                yield _problem(
                    "S309",
                    f"Play goes on forever, and {player.name} discounts nothing: what it gets "
                    "would have no bound.",
                    at,
                    "give a discount below 1.",
                )
        if self.crisis.tail:
            at = Reading("", Const(0.0), "period.tail", None)
            message = "Play goes on forever, so that no last state is left for `tail` to count."
            yield _problem("S310", message, at, "remove `tail`, or give a `count`.")
        for reading in readings:
            if any(isinstance(node, Period) for node in walk(reading.expression)):
                yield _problem(
                    "S310",
                    "This reads the number of the period; where play goes on forever all periods "
                    "are alike.",
                    reading,
                    "count with periods_since(…), or with a variable.",
                )


def coverts_at(stage: Stage) -> Iterator[Covert]:
    """Yield the covert acts of a stage."""
    for mover in stage.movers:
        for action in mover.actions:
            if action.covert is not None:
                yield Covert(mover.player, action, stage)


def every_effect(effects: Iterable[Effect]) -> Iterator[Effect]:
    """Yield effects, and those under their `then` and `else`."""
    for effect in effects:
        yield effect
        yield from every_effect((*effect.then, *effect.otherwise))


def _and(names: set[str]) -> str:
    return " and ".join(f"'{name}'" for name in sorted(names))


def _problem(
    code: str,
    message: str,
    at: Reading,
    fix: str,
    severity: Severity = Severity.ERROR,
) -> Problem:
    return Problem(code, message, at.where, at.path, fix=fix, severity=severity)
