"""The name space of a scenario: what every name in an expression may stand for.

Players, variables, parameters and measures share one name space. Levels and actions are looked up
beside their owner. Inside a mechanism the names of its roles come before all others.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import NamedTuple

from offramp.errors import closest
from offramp.scenario.crisis import Variable

__all__ = ["Act", "Binding", "Kind", "Scope", "an", "suggest"]

Act = tuple[str, str]  # player, action


class Kind(Enum):
    """What an expression may read, by where it stands."""

    NUMBER = "a number that holds for the whole game"
    STATE = "a condition, chance, cost or payment"
    PAYOFF = "a payoff of a period"
    MEASURE = "a measure"
    CLAIM = "a claim"


class Binding(NamedTuple):
    """What fills a role of a mechanism: names, or (player, action) pairs."""

    kind: str
    values: tuple[str | Act, ...]

    @property
    def only(self) -> str | None:
        """The one name that fills the role, or None where there are several."""
        return str(self.values[0]) if len(self.values) == 1 else None


@dataclass(frozen=True)
class Scope:
    """Every name that an expression of a scenario may use.

    Attributes:
        players: Types of each player.
        actions: Acts of each player, by the name that stands for them: an action stands for
            itself, a family for all its members.
        families: Players that choose numbers.
        typed: Parameters that types set, with the player whose types do.
        measures, cases: What claims compare.
        effects, stages: What roles of mechanisms may be filled with, besides.
        roles: Of the mechanism in which the expression stands.
        ghosts: Names whose declaration is itself wrong and has been reported.
        lines: Line of declaration, for hints.
    """

    variables: Mapping[str, Variable]
    parameters: frozenset[str]
    players: Mapping[str, tuple[str, ...]]
    actions: Mapping[str, Mapping[str, tuple[str, ...]]]
    families: frozenset[str] = frozenset()
    typed: Mapping[str, str] = field(default_factory=dict)
    measures: frozenset[str] = frozenset()
    cases: frozenset[str] = frozenset()
    effects: frozenset[str] = frozenset()
    stages: frozenset[str] = frozenset()
    roles: Mapping[str, Binding] = field(default_factory=dict)
    ghosts: frozenset[str] = frozenset()
    lines: Mapping[str, int] = field(default_factory=dict)

    def hint(self, name: str, known: Iterable[str]) -> str:
        """Return `Did you mean …?` with the line of declaration, or nothing."""
        return suggest(name, known, self.lines)

    def acts(self, player: str, action: str) -> tuple[Act, ...]:
        """Return the (player, action) pairs that a name of an action stands for."""
        return tuple((player, member) for member in self.actions[player].get(action, ()))

    def act_names(self) -> list[str]:
        """Return every action as `player.action`."""
        return [f"{player}.{name}" for player, acts in self.actions.items() for name in acts]

    def owners(self, level: str) -> list[str]:
        """Return the variables that have a level of this name."""
        return [v.name for v in self.variables.values() if level in v.levels]


def suggest(name: str, known: Iterable[str], lines: Mapping[str, int] | None = None) -> str:
    """Return `Did you mean …?`, or nothing where no known name is near."""
    found = closest(name, known)
    if found is None:
        return ""
    line = (lines or {}).get(found)
    return f"Did you mean '{found}'{f' (line {line})' if line else ''}?"


def an(kind: str) -> str:
    """Return a noun with its article."""
    return f"an {kind}" if kind[0] in "aeiou" else f"a {kind}"
