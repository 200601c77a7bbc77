"""Trees of words to expressions: every name resolved against the scope it stands in.

A word that stands in a comparison with a variable is a level of that variable first
(`front >= static`), an action follows its player (`friend.send`). Every fault is reported with the
columns of the word that it means, and a zero stands in for the faulty part, so that one pass finds
all faults of an expression.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

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
    Parameter,
    Period,
    Since,
    Unary,
    Was,
)
from offramp.scenario.names import Act, Binding, Kind, Scope, an
from offramp.scenario.syntax import Fault, Word

__all__ = ["MEASURE_FORMS", "ZERO", "Resolver", "combine"]

ZERO = Const(0.0)  # stands in for what is faulty
STATE_FUNCTIONS = ("share", "was", "did", "chose", "period", "periods_since", "belief")
MEASURE_FORMS = {
    "ever": "one condition",
    "time_to": "one condition",
    "start": "one expression",
    "final": "one expression",
    "change": "one expression",
    "mean": "one expression",
    "sum": "one expression",
    "peak": "one variable",
    "count": "one player.action",
    "after": "an event and a condition",
    "belief": "an observer and player.type",
    "value": "one player",
    "own_value": "one player",
}
_TAKES = {
    "min": (2, 99, "two or more values"),
    "max": (2, 99, "two or more values"),
    "abs": (1, 1, "one value"),
    "exp": (1, 1, "one value"),
    "log": (1, 1, "one value"),
    "logistic": (1, 1, "one value"),
    "period": (0, 0, "nothing"),
    "share": (1, 1, "one variable"),
    "was": (1, 2, "a variable, and how many periods back"),
    "did": (1, 2, "player.action, and how many periods back"),
    "chose": (1, 1, "one player"),
    "periods_since": (2, 2, "a condition and a bound"),
    "belief": (1, 2, "player.type, perhaps with an observer before it"),
}


class Resolver:
    """Reads the words of one expression, of what changes from state to state."""

    def __init__(self, scope: Scope, kind: Kind, report: Callable[[Fault], None]) -> None:
        self.scope = scope
        self.kind = kind
        self.report = report

    def read(self, word: Word) -> Expr:
        """Return what a word and everything below it mean."""
        match word.kind:
            case "name":
                return self.name(word)
            case "compare":
                return self.compare(word)
            case "call":
                return self.call(word)
            case "dotted" | "index":
                return self.misplaced(word)
            case _:
                return combine(word, self.read)

    # --- names ---------------------------------------------------------------------------------

    def name(self, word: Word) -> Expr:
        """Return what a name by itself means."""
        name = str(word.value)
        role = self.scope.roles.get(name)
        if role is not None:
            return self.role_value(word, name, role)
        if name in self.scope.parameters:
            return self.parameter(word, name)
        if name in self.scope.variables:
            return Level(name) if self.may_read_state(word, name) else ZERO
        if name == "period":
            return Period() if self.may_read_state(word, name) else ZERO
        return ZERO if name in self.scope.ghosts else self.unknown(word, name)

    def parameter(self, word: Word, name: str) -> Expr:
        """Return a parameter, unless it differs by type where one number is wanted."""
        player = self.scope.typed.get(name)
        if player is None or self.kind in (Kind.STATE, Kind.PAYOFF):
            return Parameter(name)
        return self.fault(
            word,
            "S317",
            f"'{name}' is set by the types of {player}, so it is no one number here.",
            fix="use a parameter that no type sets.",
        )

    def may_read_state(self, word: Word, what: str) -> bool:
        """Whether what changes during play may stand here; if not, it is reported."""
        if self.kind is not Kind.NUMBER:
            return True
        self.fault(
            word,
            "S218",
            f"'{what}' changes during play; here stands {Kind.NUMBER.value}.",
            fix="use numbers and parameters only.",
        )
        return False

    def role_value(self, word: Word, name: str, role: Binding) -> Expr:
        """Return what the variable or the parameter that fills a role stands for."""
        if role.kind == "parameter" and role.only is not None:
            return self.parameter(word, role.only)
        if role.kind not in ("variable", "parameter"):
            return self.fault(
                word,
                "S404",
                f"The role '{name}' is filled by {an(role.kind)}, which has no value of its own.",
                fix="use did(…) for an action, share(…) or a comparison for a variable.",
            )
        if role.only is None:
            return self.fault(
                word,
                "S404",
                f"The role '{name}' is filled by {len(role.values)} {role.kind}s; an expression "
                "reads one.",
                fix=f"bind one {role.kind}, or let the effect that moves the role read it.",
            )
        return Level(role.only) if self.may_read_state(word, name) else ZERO

    def unknown(self, word: Word, name: str) -> Expr:
        """Report a name that means nothing where it stands."""
        owners = self.scope.owners(name)
        if owners and self.kind is not Kind.NUMBER:
            listed = " and ".join(f"'{owner}'" for owner in owners[:3])
            return self.fault(
                word,
                "S211",
                f"'{name}' is a level of {listed}, and means something only in a comparison "
                "with it.",
                fix=f"write {owners[0]} == {name}, or the like.",
            )
        if name in self.scope.players:
            return self.fault(
                word,
                "S213",
                f"'{name}' is a player, and stands for no number.",
                fix="write did(player.action), chose(player) or belief(player.type).",
            )
        if self.kind is Kind.NUMBER:
            return self.fault(
                word,
                "S204",
                f"'{name}' is not a parameter of this scenario.",
                self.scope.hint(name, self.scope.parameters),
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

    def misplaced(self, word: Word) -> Expr:
        """Report `player.action` or `measure[case]` where a value is wanted."""
        assert isinstance(word.value, tuple)
        first, second = word.value
        if word.kind == "index":
            message, fix = f"'{first}[{second}]' belongs to claims.", "compare cases in `claims:`."
        else:
            message = f"'{first}.{second}' stands for no number by itself."
            fix = "write did(player.action) or belief(player.type)."
        return self.fault(word, "S213", message, fix=fix)

    # --- comparisons ---------------------------------------------------------------------------

    def compare(self, word: Word) -> Expr:
        """Return a chain of comparisons; bare names are levels of the variables beside them."""
        operands = word.children
        near = [self.variables_beside(operands, i) for i in range(len(operands))]
        read = tuple(
            self.beside(operand, variables)
            if operand.kind == "name" and variables
            else self.read(operand)
            for operand, variables in zip(operands, near, strict=True)
        )
        assert isinstance(word.value, tuple)
        return Compare(read, word.value)

    def variables_beside(self, operands: tuple[Word, ...], i: int) -> list[Variable]:
        """Return the variables that stand, bare or under `was`, next to operand i of a chain."""
        beside = [operands[j] for j in (i - 1, i + 1) if 0 <= j < len(operands)]
        names = [self.bare_variable(operand) for operand in beside]
        return [self.scope.variables[name] for name in names if name is not None]

    def bare_variable(self, word: Word) -> str | None:
        """Return the variable that a word stands for as a level: `x`, `was(x)`, or a role."""
        if word.kind == "call" and word.value == "was" and word.children:
            word = word.children[0]
        if word.kind != "name":
            return None
        name = str(word.value)
        role = self.scope.roles.get(name)
        if role is not None:
            return role.only if role.kind == "variable" else None
        return name if name in self.scope.variables else None

    def beside(self, word: Word, variables: list[Variable]) -> Expr:
        """Return what a bare name means beside variables: a level of theirs first."""
        name = str(word.value)
        for variable in variables:
            if name in variable.levels:
                return Const(variable.values[variable.levels.index(name)])
        scope = self.scope
        known = (scope.parameters, scope.variables, scope.roles, scope.ghosts, ("period",))
        if any(name in names for names in known):
            return self.name(word)
        return self.no_level(word, name, variables[0])

    def no_level(self, word: Word, name: str, variable: Variable) -> Expr:
        """Report a name that is no level of the variable beside it."""
        owners = self.scope.owners(name)
        listed = f"Levels of '{variable.name}': {', '.join(variable.levels[:12])}."
        if owners:
            return self.fault(
                word,
                "S211",
                f"'{name}' is a level of '{owners[0]}', not of '{variable.name}'.",
                listed,
                "name a level of the variable beside it.",
            )
        known = {*variable.levels, *self.scope.parameters, *self.scope.variables}
        return self.fault(
            word,
            "S204",
            f"'{name}' is not a level of '{variable.name}', nor a variable or parameter of this "
            "scenario.",
            self.scope.hint(name, known) or listed,
            "correct the name.",
        )

    # --- calls ---------------------------------------------------------------------------------

    def call(self, word: Word) -> Expr:
        """Return a call of a listed function."""
        function = str(word.value)
        if function not in _TAKES or (self.kind is Kind.NUMBER and function not in FUNCTIONS):
            return self.unlisted(word, function)
        for name, value in word.options:
            self.no_option(value, function, name)
        low, high, wanted = _TAKES[function]
        if not low <= len(word.children) <= high:
            return self.arity(word, function, wanted)
        if function in FUNCTIONS:
            return Call(function, tuple(map(self.read, word.children)))
        return self.state_call(word, function)

    def unlisted(self, word: Word, function: str) -> Expr:
        """Report a call of what is no function here."""
        listed = [*FUNCTIONS] if self.kind is Kind.NUMBER else [*FUNCTIONS, *STATE_FUNCTIONS]
        message = f"'{function}' is not a function of the language."
        if function in MEASURE_FORMS or function in STATE_FUNCTIONS:
            message = f"{function}(…) cannot stand in {self.kind.value}."
            if self.kind is Kind.MEASURE:
                message = f"{function}(…) cannot stand inside another measure."
        return self.fault(
            word._replace(end=word.start + len(function)),
            "S208",
            message,
            self.scope.hint(function, listed) if message.startswith("'") else "",
            f"use one of: {' '.join(listed)}.",
        )

    def state_call(self, word: Word, function: str) -> Expr:
        """Return a call that reads the state, the past, or a belief."""
        match function:
            case "period":
                return Period()
            case "share":
                return self.share(word)
            case "was":
                return self.was(word)
            case "did":
                acts = self.acts(word.children[0])
                lag = self.lag(word)
                return Did(acts, lag) if acts else ZERO
            case "chose":
                return self.chose(word)
            case "periods_since":
                bound = self.whole(word.children[1], function)
                return Since(self.read(word.children[0]), max(1, bound))
            case _:
                return self.belief(word)

    def share(self, word: Word) -> Expr:
        """Return `share(x)` or `share(was(x))`."""
        inner = word.children[0]
        if inner.kind == "call" and inner.value == "was":
            was = self.call(inner)
            return Was(was.variable, was.lag, share=True) if isinstance(was, Was) else ZERO
        name = self.variable(inner)
        return Level(name, share=True) if name else ZERO

    def was(self, word: Word) -> Expr:
        """Return `was(x)` or `was(x, k)`."""
        name = self.variable(word.children[0])
        lag = self.lag(word)
        return Was(name, lag) if name else ZERO

    def lag(self, word: Word) -> int:
        """Return how many periods back a call looks: its second argument."""
        return self.whole(word.children[1], str(word.value)) if len(word.children) == 2 else 0

    def chose(self, word: Word) -> Expr:
        """Return the number that a player chose."""
        player = self.player(word.children[0])
        if player is None or player in self.scope.families:
            return Chose(player) if player else ZERO
        return self.fault(
            word,
            "S213",
            f"'{player}' has no family of actions, so it never chooses a number.",
            fix="give one of its actions `over: {from, to, step}`.",
        )

    def belief(self, word: Word) -> Expr:
        """Return what a payoff reads of a belief."""
        if self.kind is not Kind.PAYOFF:
            return self.fault(
                word,
                "S318",
                f"A belief cannot be read in {self.kind.value}.",
                "What happens in a public state is the same whatever is believed there.",
                "read it under `payoffs:`, or as a measure of its own.",
            )
        observer = self.player(word.children[0]) if len(word.children) == 2 else None
        pair = self.player_type(word.children[-1])
        return Belief(observer, *pair) if pair else ZERO

    # --- names inside calls --------------------------------------------------------------------

    def variable(self, word: Word) -> str | None:
        """Return the variable that a word names; None, and reported, if it names none."""
        name = str(word.value)
        if word.kind != "name":
            self.fault(word, "S213", "A variable is wanted here.", fix="name a variable.")
            return None
        role = self.scope.roles.get(name)
        if role is not None:
            found = self.role_value(word, name, role)
            return found.variable if isinstance(found, Level) else None
        if name in self.scope.variables:
            return name
        known = {*self.scope.parameters, *self.scope.players, *self.scope.measures}
        if name in known or self.scope.owners(name):
            self.fault(word, "S213", f"'{name}' is not a variable.", fix="name a variable.")
        elif name not in self.scope.ghosts:
            self.unknown(word, name)
        return None

    def player(self, word: Word) -> str | None:
        """Return the player that a word names; None, and reported, if it names none."""
        name = str(word.value)
        role = self.scope.roles.get(name)
        if word.kind == "name" and role is not None and role.kind == "player" and role.only:
            return role.only
        if word.kind == "name" and name in self.scope.players:
            return name
        if name not in self.scope.ghosts:
            shown = f"'{name}' is not a player" if word.kind == "name" else "This is not a player"
            hint = self.scope.hint(name, self.scope.players) if word.kind == "name" else ""
            self.fault(word, "S204", f"{shown} of this scenario.", hint, "name a player.")
        return None

    def owner(self, word: Word) -> str | None:
        """Return the player named before the dot."""
        assert isinstance(word.value, tuple)
        first = word.value[0]
        return self.player(Word("name", first, (), word.start, word.start + len(first)))

    def acts(self, word: Word) -> tuple[Act, ...]:
        """Return the acts that `player.action`, or a role, stands for."""
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
        player, action = self.owner(word), word.value[1]
        if player is None:
            return ()
        found = self.scope.acts(player, action)
        if not found and action not in self.scope.ghosts:
            known = self.scope.actions[player]
            self.fault(
                word._replace(start=word.end - len(action)),
                "S204",
                f"'{action}' is not an action of {player}.",
                self.scope.hint(action, known) or _listed("Its actions", known),
                "correct the name, or declare the action at a stage.",
            )
        return found

    def acts_by_role(self, word: Word) -> tuple[Act, ...]:
        """Return the acts that fill a role."""
        name = str(word.value)
        role = self.scope.roles.get(name)
        if role is not None and role.kind == "action":
            pairs = [value for value in role.values if isinstance(value, tuple)]
            return tuple(act for pair in pairs for act in self.scope.acts(*pair))
        if role is not None:
            self.fault(
                word,
                "S404",
                f"The role '{name}' is filled by {an(role.kind)}, not an action.",
                fix="name a role of kind action.",
            )
            return ()
        owners = [full for full in self.scope.act_names() if full.endswith(f".{name}")]
        self.fault(
            word,
            "S204",
            f"'{name}' is not an act; an act is named by its player.",
            f"Did you mean '{owners[0]}'?" if owners else "",
            "write player.action.",
        )
        return ()

    def player_type(self, word: Word) -> tuple[str, str] | None:
        """Return the player and type that `player.type` names."""
        if word.kind != "dotted":
            self.fault(
                word,
                "S213",
                "A type is named by its player: player.type.",
                fix="write belief(player.type).",
            )
            return None
        assert isinstance(word.value, tuple)
        player, type_ = self.owner(word), word.value[1]
        if player is None:
            return None
        types = self.scope.players[player]
        if type_ in types:
            return player, type_
        if type_ not in self.scope.ghosts:
            self.fault(
                word._replace(start=word.end - len(type_)),
                "S204",
                f"'{type_}' is not a type of {player}.",
                self.scope.hint(type_, types) or _listed("Its types", types),
                "correct the name.",
            )
        return None

    def whole(self, word: Word, function: str) -> int:
        """Return a whole number of periods."""
        value = word.value
        if word.kind == "number" and isinstance(value, float) and value >= 0 and not value % 1:
            return int(value)
        self.fault(
            word,
            "S209",
            f"{function}(…) counts periods in whole numbers from 0.",
            fix="write a whole number.",
        )
        return 0

    # --- faults --------------------------------------------------------------------------------

    def arity(self, word: Word, function: str, wanted: str) -> Expr:
        """Report a call with too many or too few arguments."""
        return self.fault(
            word, "S209", f"{function}(…) takes {wanted}.", fix="correct what the brackets hold."
        )

    def no_option(self, word: Word, function: str, name: str) -> Expr:
        """Report an option that a function does not have."""
        return self.fault(
            word, "S209", f"{function}(…) has no option '{name}'.", fix="leave it out."
        )

    def fault(self, word: Word, code: str, message: str, hint: str = "", fix: str = "") -> Expr:
        """Report a fault of a word and return what stands in for it."""
        self.report(Fault(code, message, word.start, word.end, hint, fix))
        return ZERO


def combine(word: Word, read: Callable[[Word], Expr]) -> Expr:
    """Return a number, or an operator over what `read` makes of its operands."""
    if word.kind == "number":
        assert isinstance(word.value, float)
        return Const(word.value)
    operands = tuple(map(read, word.children))
    if word.kind == "unary":
        return Unary(str(word.value), operands[0])
    if word.kind == "binary":
        return Binary(str(word.value), *operands)
    if word.kind == "boolean":
        return Boolean(str(word.value), operands)
    assert isinstance(word.value, tuple)
    return Compare(operands, word.value)


def _listed(what: str, names: Iterable[str]) -> str:
    listed = ", ".join(names)
    return f"{what}: {listed}." if listed else ""
