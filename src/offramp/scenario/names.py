"""What names mean: the scenario's name space, and trees of words resolved against it.

Players, variables, parameters and measures share one name space. Levels and actions are looked up
beside their owner: a word that stands in a comparison with a variable is a level of that variable
first (`front >= static`), an action follows its player (`friend.send`). Inside a mechanism the
names of its roles come before all others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import NamedTuple

from offramp.errors import closest
from offramp.scenario.crisis import Variable
from offramp.scenario.expressions import (
    FUNCTIONS,
    Belief,
    Binary,
    Boolean,
    Call,
    Chose,
    Compare,
    Const,
    Did,
    Expr,
    Level,
    MeasureCall,
    MeasureOf,
    Parameter,
    Period,
    Since,
    Unary,
    Was,
)
from offramp.scenario.syntax import Fault, Word

__all__ = ["Binding", "Kind", "Scope", "resolve"]

MEASURE_FUNCTIONS = (
    "ever",
    "time_to",
    "start",
    "final",
    "change",
    "mean",
    "sum",
    "peak",
    "count",
    "after",
    "belief",
    "value",
    "own_value",
)
STATE_FUNCTIONS = ("share", "was", "did", "chose", "period", "periods_since", "belief")
OPTIONS = {"ever": ("by",), "after": ("within",), "final": ("at",)}
_ARITY = {
    "abs": (1, 1),
    "exp": (1, 1),
    "log": (1, 1),
    "logistic": (1, 1),
    "min": (2, 99),
    "max": (2, 99),
}


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
    values: tuple[str | tuple[str, str], ...]


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
        found = closest(name, known)
        if found is None:
            return ""
        line = self.lines.get(found)
        return f"Did you mean '{found}'{f' (line {line})' if line else ''}?"

    def acts(self, player: str, action: str) -> tuple[tuple[str, str], ...]:
        """Return the (player, action) pairs that a name of an action stands for."""
        return tuple((player, member) for member in self.actions[player].get(action, ()))


def resolve(word: Word, scope: Scope, kind: Kind, report: Callable[[Fault], None]) -> Expr:
    """Return the expression that a tree of words means; faults go to `report`, each with a stand-in."""
    return _Resolver(scope, kind, report).read(word)


class _Resolver:
    """Reads one expression. Every fault is reported, and 0 stands in for the faulty part."""

    def __init__(self, scope: Scope, kind: Kind, report: Callable[[Fault], None]) -> None:
        self.scope = scope
        self.kind = kind
        self.report = report
        self.in_measure = False

    # --- nodes ---------------------------------------------------------------------------------

    def read(self, word: Word) -> Expr:
        match word.kind:
            case "number":
                assert isinstance(word.value, float)
                return Const(word.value)
            case "name":
                return self.name(word)
            case "unary":
                return Unary(str(word.value), self.read(word.children[0]))
            case "binary":
                left, right = word.children
                return Binary(str(word.value), self.read(left), self.read(right))
            case "boolean":
                return Boolean(str(word.value), tuple(map(self.read, word.children)))
            case "compare":
                return self.compare(word)
            case "call":
                return self.call(word)
            case "index":
                return self.index(word)
            case _:
                return self.dotted(word)

    def name(self, word: Word) -> Expr:
        name = str(word.value)
        role = self.scope.roles.get(name)
        if role is not None:
            return self.role_value(word, name, role)
        if name in self.scope.parameters:
            return self.parameter(word, name)
        if name in self.scope.variables:
            return self.level(word, name, share=False)
        if name == "period":
            return self.clock(word)
        return self.unknown(word, name)

    def parameter(self, word: Word, name: str) -> Expr:
        player = self.scope.typed.get(name)
        if player is not None and self.kind is Kind.NUMBER:
            return self.fault(
                word,
                "S317",
                f"'{name}' is set by the types of {player}, so it is no one number here.",
                fix="use a parameter that no type sets.",
            )
        return Parameter(name)

    def level(self, word: Word, name: str, share: bool) -> Expr:
        if not self.may_read_state(word, name):
            return Const(0.0)
        return Level(name, share)

    def may_read_state(self, word: Word, what: str) -> bool:
        if self.kind is Kind.NUMBER:
            self.fault(
                word,
                "S218",
                f"'{what}' changes during play; here stands {Kind.NUMBER.value}.",
                fix="use numbers and parameters only.",
            )
            return False
        if self.kind is Kind.CLAIM:
            self.fault(
                word,
                "S218",
                f"'{what}' is no measure; a claim compares measures of cases.",
                fix="write measure[case].",
            )
            return False
        if self.kind is Kind.MEASURE and not self.in_measure:
            self.fault(
                word,
                "S326",
                f"'{what}' has no one value over a path of play.",
                fix="say when it is read: final(…), mean(…), ever(…), and the like.",
            )
            return False
        return True

    def role_value(self, word: Word, name: str, role: Binding) -> Expr:
        if role.kind != "variable":
            return self.fault(
                word,
                "S404",
                f"The role '{name}' is filled by {_a(role.kind)}, which has no value of its own.",
                fix="use did(…) for an action, share(…) or a comparison for a variable.",
            )
        if len(role.values) != 1:
            return self.fault(
                word,
                "S404",
                f"The role '{name}' is filled by {len(role.values)} "
                "variables; an expression reads one.",
                fix="bind one variable, or let the effect that moves the role read it.",
            )
        return self.level(word, str(role.values[0]), share=False)

    def clock(self, word: Word) -> Expr:
        return Period() if self.may_read_state(word, "period") else Const(0.0)

    def unknown(self, word: Word, name: str) -> Expr:
        if name in self.scope.ghosts:
            return Const(0.0)
        owners = [v.name for v in self.scope.variables.values() if name in v.levels]
        if owners and self.kind is not Kind.NUMBER:
            listed = " and ".join(f"'{owner}'" for owner in owners[:3])
            return self.fault(
                word,
                "S211",
                f"'{name}' is a level of {listed}, and means something only "
                "in a comparison with it.",
                fix=f"write {owners[0]} == {name}, or the like.",
            )
        if name in self.scope.players:
            return self.fault(
                word,
                "S213",
                f"'{name}' is a player, and stands for no number.",
                fix="write did(player.action), chose(player) or belief(player.type).",
            )
        if self.kind is Kind.CLAIM:
            hint = self.scope.hint(name, self.scope.measures | self.scope.parameters)
            return self.fault(
                word,
                "S204",
                f"'{name}' is not a parameter, and a measure needs its case beside it.",
                hint,
                "write measure[case].",
            )
        if self.kind is Kind.NUMBER:
            hint = self.scope.hint(name, self.scope.parameters)
            return self.fault(
                word,
                "S204",
                f"'{name}' is not a parameter of this scenario.",
                hint,
                "correct the name, or declare it under `parameters:`.",
            )
        known = {*self.scope.parameters, *self.scope.variables, *self.scope.roles}
        known.update(level for v in self.scope.variables.values() for level in v.levels)
        return self.fault(
            word,
            "S204",
            f"'{name}' is not a variable, parameter or level of this scenario.",
            self.scope.hint(name, known),
            "correct the name, or declare it under `variables:` or `parameters:`.",
        )

    # --- comparisons ---------------------------------------------------------------------------

    def compare(self, word: Word) -> Expr:
        operands = word.children
        read: list[Expr | None] = [None if o.kind == "name" else self.read(o) for o in operands]
        for i, operand in enumerate(operands):
            if read[i] is None and not self.is_level_only(operand, read, i, operands):
                read[i] = self.read(operand)
        result = [
            self.beside(operand, self.neighbours(operands, read, i)) if part is None else part
            for i, (operand, part) in enumerate(zip(operands, read, strict=True))
        ]
        assert isinstance(word.value, tuple)
        return Compare(tuple(result), word.value)

    def is_level_only(
        self, operand: Word, read: list[Expr | None], i: int, operands: tuple[Word, ...]
    ) -> bool:
        """Whether a bare name is to be read as a level of a variable beside it."""
        name = str(operand.value)
        near = self.neighbours(operands, read, i)
        if any(name in variable.levels for variable in near):
            return True
        known = (
            name in self.scope.parameters
            or name in self.scope.variables
            or name in self.scope.roles
            or name == "period"
        )
        return bool(near) and not known

    def neighbours(
        self, operands: tuple[Word, ...], read: list[Expr | None], i: int
    ) -> list[Variable]:
        """Return the variables that stand (bare, or under `was`) next to operand i of a chain."""
        found = []
        for j in (i - 1, i + 1):
            if not 0 <= j < len(operands):
                continue
            part = read[j]
            name: str | None = None
            if isinstance(part, (Level, Was)) and not part.share:
                name = part.variable
            elif part is None:
                name = self.variable_named(str(operands[j].value))
            if name is not None:
                found.append(self.scope.variables[name])
        return found

    def variable_named(self, name: str) -> str | None:
        role = self.scope.roles.get(name)
        if role is not None:
            return (
                str(role.values[0]) if role.kind == "variable" and len(role.values) == 1 else None
            )
        return name if name in self.scope.variables else None

    def beside(self, operand: Word, near: list[Variable]) -> Expr:
        """Return the level that a name means beside a variable."""
        name = str(operand.value)
        for variable in near:
            if name in variable.levels:
                return Const(variable.values[variable.levels.index(name)])
        if name in self.scope.ghosts or not near:
            return self.name(operand)
        return self.no_level(operand, name, near[0])

    def no_level(self, word: Word, name: str, variable: Variable) -> Expr:
        owners = [v.name for v in self.scope.variables.values() if name in v.levels]
        levels = ", ".join(variable.levels[:8])
        if owners:
            return self.fault(
                word,
                "S211",
                f"'{name}' is a level of '{owners[0]}', not of '{variable.name}'.",
                f"Levels of '{variable.name}': {levels}.",
                "name a level of the variable beside it.",
            )
        known = {*variable.levels, *self.scope.parameters, *self.scope.variables}
        hint = self.scope.hint(name, known) or f"Levels of '{variable.name}': {levels}."
        return self.fault(
            word,
            "S204",
            f"'{name}' is not a level of '{variable.name}', nor a variable "
            "or parameter of this scenario.",
            hint,
            "correct the name.",
        )

    # --- calls ---------------------------------------------------------------------------------

    def call(self, word: Word) -> Expr:
        function = str(word.value)
        if word.options and function not in OPTIONS:
            name, value = word.options[0]
            self.fault(value, "S209", f"{function}() has no option '{name}'.", fix="leave it out.")
        if self.kind is Kind.MEASURE and not self.in_measure and function in MEASURE_FUNCTIONS:
            return self.measure(word, function)
        if function in FUNCTIONS:
            low, high = _ARITY[function]
            if not low <= len(word.children) <= high:
                return self.arity(
                    word, function, "one value" if high == 1 else "two or more values"
                )
            return Call(function, tuple(map(self.read, word.children)))
        if function in STATE_FUNCTIONS:
            return self.state_call(word, function)
        return self.unlisted(word, function)

    def unlisted(self, word: Word, function: str) -> Expr:
        listed = list(FUNCTIONS)
        if self.kind is Kind.MEASURE and not self.in_measure:
            listed += MEASURE_FUNCTIONS
        elif self.kind not in (Kind.NUMBER, Kind.CLAIM):
            listed += STATE_FUNCTIONS
        if function in MEASURE_FUNCTIONS:
            message = f"{function}() belongs to measures; it cannot stand in {self.kind.value}."
            if self.in_measure:
                message = f"{function}() cannot stand inside another measure."
        else:
            message = f"'{function}' is not a function of the language."
        hint = self.scope.hint(function, listed)
        name = word._replace(end=word.start + len(function))
        return self.fault(name, "S208", message, hint, f"use one of: {' '.join(listed)}.")

    def state_call(self, word: Word, function: str) -> Expr:
        if function == "period":
            return self.clock(word) if not word.children else self.arity(word, function, "nothing")
        if not self.may_read_state(word, f"{function}(…)"):
            return Const(0.0)
        match function:
            case "share":
                return self.share(word)
            case "was":
                return self.was(word)
            case "did":
                return self.did(word)
            case "chose":
                return self.chose(word)
            case "periods_since":
                return self.since(word)
            case _:
                return self.belief_of_payoff(word)

    def share(self, word: Word) -> Expr:
        if len(word.children) != 1:
            return self.arity(word, "share", "one variable")
        inner = word.children[0]
        if inner.kind == "call" and inner.value == "was":
            was = self.was(inner)
            return Was(was.variable, was.lag, share=True) if isinstance(was, Was) else was
        name = self.variable(inner)
        return Level(name, share=True) if name else Const(0.0)

    def was(self, word: Word) -> Expr:
        if not 1 <= len(word.children) <= 2:
            return self.arity(word, "was", "a variable, and how many periods back")
        name = self.variable(word.children[0])
        lag = self.whole(word.children[1], "was") if len(word.children) == 2 else 0
        return Was(name, lag) if name else Const(0.0)

    def did(self, word: Word) -> Expr:
        if not 1 <= len(word.children) <= 2:
            return self.arity(word, "did", "player.action, and how many periods back")
        acts = self.acts(word.children[0])
        lag = self.whole(word.children[1], "did") if len(word.children) == 2 else 0
        return Did(acts, lag) if acts else Const(0.0)

    def chose(self, word: Word) -> Expr:
        if len(word.children) != 1:
            return self.arity(word, "chose", "one player")
        player = self.player(word.children[0])
        if player is None:
            return Const(0.0)
        if player not in self.scope.families:
            return self.fault(
                word,
                "S213",
                f"'{player}' has no family of actions, so it never chooses a number.",
                fix="give one of its actions `over: {from, to, step}`.",
            )
        return Chose(player)

    def since(self, word: Word) -> Expr:
        if len(word.children) != 2:
            return self.arity(word, "periods_since", "a condition and a bound")
        bound = self.whole(word.children[1], "periods_since")
        return Since(self.read(word.children[0]), max(1, bound))

    def belief_of_payoff(self, word: Word) -> Expr:
        if not 1 <= len(word.children) <= 2:
            return self.arity(word, "belief", "player.type, perhaps with an observer before it")
        if self.kind is not Kind.PAYOFF:
            return self.fault(
                word,
                "S318",
                f"A belief cannot be read in {self.kind.value}: what happens "
                "in a public state is the same whatever is believed there.",
                fix="read it in `payoffs:` or in a measure.",
            )
        observer = self.player(word.children[0]) if len(word.children) == 2 else None
        pair = self.player_type(word.children[-1])
        return Belief(observer, *pair) if pair else Const(0.0)

    # --- measures and claims -------------------------------------------------------------------

    def measure(self, word: Word, function: str) -> Expr:
        self.in_measure = True
        try:
            return self.measure_call(word, function)
        finally:
            self.in_measure = False

    def measure_call(self, word: Word, function: str) -> Expr:
        wanted = {"after": 2, "belief": 2}.get(function, 1)
        if len(word.children) != wanted:
            return self.arity(word, function, _MEASURE_FORMS[function])
        options = self.options(word, function)
        if function == "count":
            acts = self.acts(word.children[0])
            calls = [MeasureCall("count", (), (), act) for act in acts]
            return _sum(calls) if calls else Const(0.0)
        names: tuple[str, ...] | None = ()
        if function == "peak":
            variable = self.variable(word.children[0])
            names = (variable,) if variable else None
        elif function in ("value", "own_value"):
            player = self.player(word.children[0])
            names = (player,) if player else None
        elif function == "belief":
            observer, pair = self.player(word.children[0]), self.player_type(word.children[1])
            names = (observer, *pair) if observer and pair else None
        if names is None:
            return Const(0.0)
        arguments = () if names else tuple(map(self.read, word.children))
        return MeasureCall(function, arguments, options, names)

    def options(self, word: Word, function: str) -> tuple[tuple[str, float], ...]:
        found = []
        for name, value in word.options:
            if name not in OPTIONS.get(function, ()):
                self.fault(
                    value,
                    "S209",
                    f"{function}() has no option '{name}'.",
                    self.scope.hint(name, OPTIONS.get(function, ())),
                    "leave it out.",
                )
                continue
            found.append((name, float(self.whole(value, function))))
        if function == "after" and "within" not in dict(found):
            self.fault(
                word,
                "S209",
                "after(…) needs the number of periods within which it looks.",
                fix="add within=n; 0 is the same period.",
            )
        return tuple(found)

    def index(self, word: Word) -> Expr:
        assert isinstance(word.value, tuple)
        measure, case = word.value
        if self.kind is not Kind.CLAIM:
            return self.fault(
                word,
                "S218",
                f"'{measure}[{case}]' belongs to claims.",
                fix="compare cases under `claims:`.",
            )
        if measure not in self.scope.measures and measure not in self.scope.ghosts:
            at = word._replace(end=word.start + len(measure))
            return self.fault(
                at,
                "S204",
                f"'{measure}' is not a measure of this scenario.",
                self.scope.hint(measure, self.scope.measures),
                "correct the name, or declare it under `measures:`.",
            )
        if case not in self.scope.cases and case not in self.scope.ghosts:
            at = word._replace(start=word.end - 1 - len(case), end=word.end - 1)
            return self.fault(
                at,
                "S204",
                f"'{case}' is not a policy or case of this scenario.",
                self.scope.hint(case, self.scope.cases),
                "correct the name, or declare it under `policies:` or `cases:`.",
            )
        return MeasureOf(measure, case)

    # --- names inside calls --------------------------------------------------------------------

    def variable(self, word: Word) -> str | None:
        name = str(word.value)
        if word.kind == "name":
            role = self.scope.roles.get(name)
            if role is not None:
                found = self.role_value(word, name, role)
                return found.variable if isinstance(found, Level) else None
            if name in self.scope.variables:
                return name
            if name in self.scope.ghosts:
                return None
        hint = self.scope.hint(name, self.scope.variables) if word.kind == "name" else ""
        shown = f"'{name}'" if word.kind == "name" else "This"
        code = "S204" if word.kind == "name" and name not in self.scope.parameters else "S213"
        self.fault(
            word, code, f"{shown} is not a variable of this scenario.", hint, "name a variable."
        )
        return None

    def player(self, word: Word) -> str | None:
        name = str(word.value)
        if word.kind == "name":
            role = self.scope.roles.get(name)
            if role is not None and role.kind == "player" and len(role.values) == 1:
                return str(role.values[0])
            if name in self.scope.players or name in self.scope.ghosts:
                return name if name in self.scope.players else None
        hint = self.scope.hint(name, self.scope.players) if word.kind == "name" else ""
        shown = f"'{name}'" if word.kind == "name" else "This"
        self.fault(
            word, "S204", f"{shown} is not a player of this scenario.", hint, "name a player."
        )
        return None

    def owner(self, word: Word, name: str) -> str | None:
        """Return the player that the part before a dot names."""
        return self.player(Word("name", name, (), word.start, word.start + len(name)))

    def acts(self, word: Word) -> tuple[tuple[str, str], ...]:
        if word.kind == "name":
            return self.acts_by_role(word)
        if word.kind != "dotted":
            self.fault(
                word,
                "S213",
                "An act is named by its player: player.action.",
                fix="write did(player.action).",
            )
            return ()
        assert isinstance(word.value, tuple)
        first, action = word.value
        player = self.owner(word, first)
        if player is None:
            return ()
        found = self.scope.acts(player, action)
        if not found and action not in self.scope.ghosts:
            at = word._replace(start=word.end - len(action))
            known = self.scope.actions[player]
            self.fault(
                at,
                "S204",
                f"'{action}' is not an action of {player}.",
                self.scope.hint(action, known) or f"Its actions: {', '.join(known)}.",
                "correct the name, or declare the action at a stage.",
            )
        return found

    def acts_by_role(self, word: Word) -> tuple[tuple[str, str], ...]:
        name = str(word.value)
        role = self.scope.roles.get(name)
        if role is not None and role.kind == "action":
            pairs = [value for value in role.values if isinstance(value, tuple)]
            return tuple(act for pair in pairs for act in self.scope.acts(*pair))
        if role is not None:
            self.fault(
                word,
                "S404",
                f"The role '{name}' is filled by {_a(role.kind)}, not an action.",
                fix="name a role of kind action.",
            )
            return ()
        owners = [f"{player}.{name}" for player, acts in self.scope.actions.items() if name in acts]
        hint = f"Did you mean '{owners[0]}'?" if owners else ""
        self.fault(
            word,
            "S204",
            f"'{name}' is not an act; an act is named by its player.",
            hint,
            "write player.action.",
        )
        return ()

    def player_type(self, word: Word) -> tuple[str, str] | None:
        if word.kind != "dotted":
            self.fault(
                word,
                "S213",
                "A type is named by its player: player.type.",
                fix="write belief(player.type).",
            )
            return None
        assert isinstance(word.value, tuple)
        first, type_ = word.value
        player = self.owner(word, first)
        if player is None:
            return None
        types = self.scope.players[player]
        if type_ not in types:
            at = word._replace(start=word.end - len(type_))
            has = f"Its types: {', '.join(types)}." if types else "It has no types."
            if type_ not in self.scope.ghosts:
                self.fault(
                    at,
                    "S204",
                    f"'{type_}' is not a type of {player}.",
                    self.scope.hint(type_, types) or has,
                    "correct the name.",
                )
            return None
        return player, type_

    def whole(self, word: Word, function: str) -> int:
        value = word.value
        if word.kind != "number" or not isinstance(value, float) or value < 0 or value % 1:
            self.fault(
                word,
                "S209",
                f"{function}() counts periods in whole numbers from 0; this is none.",
                fix="write a whole number.",
            )
            return 0
        return int(value)

    # --- faults --------------------------------------------------------------------------------

    def arity(self, word: Word, function: str, wanted: str) -> Expr:
        return self.fault(
            word,
            "S209",
            f"{function}() takes {wanted}.",
            fix="correct what stands in the brackets.",
        )

    def fault(self, word: Word, code: str, message: str, hint: str = "", fix: str = "") -> Expr:
        self.report(Fault(code, message, word.start, word.end, hint, fix))
        return Const(0.0)


_MEASURE_FORMS = {
    "after": "an event and a condition",
    "belief": "an observer and player.type",
    "count": "one player.action",
    "peak": "one variable",
    "value": "one player",
    "own_value": "one player",
    "ever": "one condition",
    "time_to": "one condition",
    "start": "one expression",
    "final": "one expression",
    "change": "one expression",
    "mean": "one expression",
    "sum": "one expression",
}


def _sum(parts: list[MeasureCall]) -> Expr:
    total: Expr = parts[0]
    for part in parts[1:]:
        total = Binary("+", total, part)
    return total


def _a(kind: str) -> str:
    return f"an {kind}" if kind[0] in "aeiou" else f"a {kind}"
