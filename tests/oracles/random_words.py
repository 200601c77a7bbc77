"""Conditions, numbers and chances for random scenarios: the words they are written with.

`Dice` hides who rolls: hypothesis, so that a failing game shrinks, or a seeded generator. Every
roll's zero is the plainest choice. `Words` knows the names of a scenario as it grows and writes
expressions over them, noting each form of the language that it uses.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from hypothesis import strategies as st

__all__ = ["Dice", "Typed", "Variable", "Words", "hypothesis_dice", "seeded_dice"]

T = TypeVar("T")


@dataclass(frozen=True)
class Dice:
    """Draws; `roll(n)` gives a whole number from 0 to n."""

    roll: Callable[[int], int]

    def chance(self, percent: int) -> bool:
        """Return true this often; false is plainer."""
        return self.roll(99) >= 100 - percent

    def pick(self, choices: Sequence[T]) -> T:
        """Return one of the choices; the first is plainest."""
        return choices[self.roll(len(choices) - 1)]

    def number(self, low: float, high: float) -> float:
        """Return a number with three decimals."""
        return round(low + (high - low) * self.roll(997) / 997.0, 3)

    def some(self, choices: Sequence[T], percent: int) -> list[T]:
        """Return each choice with this chance, in listed order."""
        return [choice for choice in choices if self.chance(percent)]


def hypothesis_dice(draw: Callable[[st.SearchStrategy[int]], int]) -> Dice:
    """Return dice that hypothesis rolls."""
    return Dice(lambda top: draw(st.integers(0, top)))


def seeded_dice(seed: int) -> Dice:
    """Return dice that a generator of its own rolls."""
    generator = random.Random(seed)
    return Dice(lambda top: generator.randint(0, top))


@dataclass
class Variable:
    """A variable as drawn: its levels by name, or numbers, and where it may start."""

    name: str
    levels: list[str] | list[float]
    starts: list[object]

    @property
    def numeric(self) -> bool:
        """Whether the levels are numbers."""
        return not isinstance(self.levels[0], str)


@dataclass
class Typed:
    """A player with types, and the parameters that they set."""

    player: str
    types: list[str]
    cost: str
    luck: str


@dataclass
class Words:
    """Writes expressions over what has been declared so far.

    Attributes:
        open_acts: Acts that everybody sees for what they are, or that others look like.
        families: Players with a family of actions, whose number may be read.
        used: Names of the features that have been used.
        n_periods: How many periods are played.
    """

    dice: Dice
    variables: list[Variable] = field(default_factory=list)
    parameters: dict[str, dict[str, object]] = field(default_factory=dict)
    typed: list[Typed] = field(default_factory=list)
    open_acts: list[str] = field(default_factory=list)
    families: list[str] = field(default_factory=list)
    used: set[str] = field(default_factory=set)
    n_periods: int = 1

    # --- numbers --------------------------------------------------------------------------------

    def parameter(self, low: float, high: float, unit: str = "payoff") -> str:
        """Declare a parameter and return its name."""
        name = f"x{len(self.parameters)}"
        value = self.dice.number(low, high)
        self.parameters[name] = {
            "value": value,
            "range": [min(low, value), max(high, value)],
            "unit": unit,
            "source": "judgement",
        }
        self.used.add("parameters")
        return name

    def constant(self, low: float, high: float, unit: str = "payoff") -> str:
        """Return a number between two others: bare, a parameter, or a calculation."""
        form = self.dice.pick(["bare", "bare", "parameter", "calculation"])
        if form == "bare":
            return f"{self.dice.number(low, high):g}"
        if form == "parameter":
            return self.parameter(low, high, unit)
        return f"({low:g} + {high - low:g} * logistic({self.dice.number(-2, 2):g}))"

    def share(self) -> str:
        """Return something between 0 and 1 that the public state tells."""
        variable = self.dice.pick(self.variables)
        forms = [f"share({variable.name})", f"({self.condition()})"]
        if self.n_periods > 1:
            forms.append(f"share({self.was(variable)})")
        return self.dice.pick(forms)

    def was(self, variable: Variable) -> str:
        """Return an earlier level of a variable."""
        if self.n_periods > 2 and self.dice.chance(40):
            self.used.add("was with a lag")
            return f"was({variable.name}, 1)"
        self.used.add("was")
        return f"was({variable.name})"

    def amount(self, size: float = 1.0) -> str:
        """Return an expression in the public state, of about this size."""
        scale = self.constant(-size, size)
        forms = [lambda: f"{scale} * {self.share()}", lambda: f"{scale}", self.calculation]
        if self.families:
            forms.append(self.chosen)
        return self.dice.pick(forms)()

    def calculation(self) -> str:
        """Return a number by way of a listed function."""
        self.used.add("functions")
        left, right = self.share(), self.constant(0.1, 1)
        return self.dice.pick(
            [
                f"max({left}, {right})",
                f"min({left} + {right}, 1)",
                f"abs({left} - {right})",
                f"exp(-{left} / {right})",
                f"log(1 + {left})",
                f"logistic({left} - {right})",
                f"(3 * {left} + 1) % 2",
            ]
        )

    def chosen(self) -> str:
        """Return something with the number that a player chose."""
        self.used.add("chose")
        return f"{self.constant(-1, 1)} * chose({self.dice.pick(self.families)})"

    # --- conditions -----------------------------------------------------------------------------

    def condition(self, deep: bool = True) -> str:
        """Return a condition on the public state."""
        forms = [self.level]
        if self.open_acts:
            forms.append(self.did)
        if self.n_periods > 1:
            forms += [self.since, lambda: f"period >= {self.dice.pick([2, self.n_periods])}"]
            forms.append(self.rose)
        if deep:
            forms += [self.level, self.joined]
        return self.dice.pick(forms)()

    def level(self) -> str:
        """Return a comparison of a variable with one of its levels."""
        variable = self.dice.pick(self.variables)
        level = self.dice.pick(variable.levels)
        if self.dice.chance(15):
            self.used.add("chained comparison")
            low, high = variable.levels[0], variable.levels[-1]
            return f"{_text(low)} <= {variable.name} < {_text(high)}"
        operator = self.dice.pick(["==", ">=", "<", "!=", "<=", ">"])
        return f"{variable.name} {operator} {_text(level)}"

    def news(self) -> str:
        """Return a condition that does not hold before play."""
        forms = [
            f"{variable.name} == {_text(level)}"
            for variable in self.variables
            for level in variable.levels
            if level not in variable.starts
        ]
        forms += [f"did({act})" for act in self.open_acts]
        if not forms:
            return "period >= 2"
        form = self.dice.pick(forms)
        return form if self.dice.chance(60) else f"{form} and {self.condition(deep=False)}"

    def did(self) -> str:
        """Return whether an act was taken, in this period or an earlier one."""
        act = self.dice.pick(self.open_acts)
        if self.n_periods > 1 and self.dice.chance(40):
            self.used.add("did with a lag")
            return f"did({act}, {self.dice.pick([1, 1, 2])})"
        self.used.add("did")
        return f"did({act})"

    def rose(self) -> str:
        """Return whether a variable is higher than it was."""
        variable = self.dice.pick(self.variables)
        return f"{variable.name} {self.dice.pick(['>', '<', '=='])} {self.was(variable)}"

    def since(self) -> str:
        """Return how long ago something last held, compared with a bound."""
        self.used.add("periods_since")
        bound = self.dice.pick([2, 3])
        inner = self.did_now() if self.open_acts and self.dice.chance(40) else self.level()
        return f"periods_since({inner}, {bound}) {self.dice.pick(['<', '>='])} {bound - 1}"

    def did_now(self) -> str:
        """Return whether an act was taken in this period."""
        self.used.add("did")
        return f"did({self.dice.pick(self.open_acts)})"

    def joined(self) -> str:
        """Return two conditions joined, or one turned round."""
        self.used.add("and or not")
        left, right = self.condition(deep=False), self.condition(deep=False)
        return self.dice.pick([f"{left} or {right}", f"{left} and {right}", f"not ({left})"])

    # --- chances --------------------------------------------------------------------------------

    def chance(self, reader: Typed | None) -> str:
        """Return an expression between 0 and 1; it may read the types of `reader`."""
        forms = [lambda: f"{self.dice.number(0.1, 0.9):g}", self.logistic]
        forms.append(lambda: self.parameter(0.1, 0.9, "probability"))
        if reader is not None:
            forms = [lambda: self.read_type(reader)]
        return self.dice.pick(forms)()

    def logistic(self) -> str:
        """Return a chance that the state moves."""
        return f"logistic({self.constant(-1, 1, 'log-odds')} + {self.amount(1.5)})"

    def read_type(self, reader: Typed) -> str:
        """Return a chance that depends on a type."""
        self.used.add("chance reads a type")
        return self.dice.pick([reader.luck, f"logistic(2 * {reader.luck} - {self.share()})"])


def _text(level: str | float) -> str:
    return level if isinstance(level, str) else f"{level:g}"
