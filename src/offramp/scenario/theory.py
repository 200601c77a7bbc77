"""What a theory says of a scenario: published values, and how each is read from a solution.

A theory stands beside the scenario that it is about, as `NAME.theory.yaml`. It names the
conditions under which it holds, the quantities that it speaks of, their published values at the
scenario's base numbers, and the signs of its comparative statics.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from offramp.errors import Location, Problem, ScenarioError, closest
from offramp.scenario.beside import read_beside, stands_beside
from offramp.scenario.forms import Amount, Condition, Model, Names, Positive, Text
from offramp.scenario.library import list_scenarios
from offramp.scenario.validate import validate

__all__ = [
    "FORMS",
    "Concept",
    "Course",
    "FigureDecl",
    "LimitDecl",
    "NeedDecl",
    "QuantityDecl",
    "Rate",
    "StaticDecl",
    "Theory",
    "find_models",
    "has_theory",
    "load_theory",
]

CANON = "canon/"  # where the shipped scenarios that have a theory stand

MISSING = Problem(
    "S121",
    "There is no theory beside the scenario.",
    fix="write conditions, quantities and published values in this file "
    "(docs/how-to/hold-against-a-theory.md).",
)

Concept = Literal[
    "equilibrium",
    "subgame_perfect",
    "mixed_equilibrium",
    "closed_form",
    "continuous_closed_form",
    "aqre",
]
Course = Literal["rises", "falls", "flat", "rises then falls", "falls then rises", "up and down"]
Rate = Literal["exponential", "reciprocal", "none"]

FORMS = ("read", "worth", "belief", "chosen", "likeliest", "threshold", "is_", "first", "levels")


class LimitDecl(Model):
    """The sequence whose limit the theory speaks of: a parameter, doubled five times.

    Attributes:
        rate: How the distance to the limit falls in it: exponentially, as one over it, or `none`
            where every value is the limit.
    """

    in_: Annotated[Text, Field(alias="in")]
    from_: Annotated[Positive, Field(alias="from")]
    rate: Rate


class NeedDecl(Model):
    """A condition of the theorem, and what it means."""

    holds: Condition
    says: Text


class QuantityDecl(Model):
    """How a quantity is read from a solution: exactly one of `FORMS`, and where.

    Attributes:
        read: A measure, an ending, or a reply `PLAYER[.TYPE].ACTION[@STAGE[|ACT…]]`.
        worth: A reply, whose expected payoff is meant.
        belief: `PLAYER.TYPE`, as it is believed `at` a stage.
        chosen: `PLAYER[.TYPE][@STAGE…]`: the mean of the numbers chosen there from a family.
        likeliest: The same form: the name of the act that is most likely taken.
        threshold: A parameter: its value `between` two numbers at which two acts are `even`.
        is_: An expression of parameters and other quantities.
        first: The first word whose condition on other quantities holds.
        levels: Variables, whose final levels together name one quantity each.
        case: Default: the scenario's first policy or case.
        set: Other values of parameters, for this quantity only.
        period: From 1; where a stage comes round more than once.
        rate: Where it differs from the theory's. tolerance: where it is another than all have.
        tie: The tie that decides it, and by what rule.
    """

    read: Text | None = None
    worth: Text | None = None
    belief: Text | None = None
    at: Text | None = None
    chosen: Text | None = None
    likeliest: Text | None = None
    threshold: Text | None = None
    even: tuple[Text, Text] | None = None
    between: tuple[Amount, Amount] | None = None
    is_: Annotated[Condition | None, Field(alias="is")] = None
    first: dict[str, Condition] = Field(default_factory=dict)
    levels: Names = ()
    case: Text | None = None
    set: dict[str, Amount] = Field(default_factory=dict)
    period: Annotated[int, Field(ge=1, strict=True)] | None = None
    rate: Rate | None = None
    tolerance: Positive | None = None
    tie: Text | None = None

    @property
    def form(self) -> str:
        """Which of `FORMS` it has."""
        return next(form for form in FORMS if getattr(self, form) not in (None, (), {}))

    @model_validator(mode="before")
    @classmethod
    def _spell_out(cls, raw: Any) -> Any:
        """Let a text stand for what is simply read."""
        return {"read": raw} if isinstance(raw, str) else raw

    @model_validator(mode="after")
    def _check_form(self) -> QuantityDecl:
        given = [form for form in FORMS if getattr(self, form) not in (None, (), {})]
        if len(given) != 1:
            listed = ", ".join(f"`{form.rstrip('_')}`" for form in FORMS)
            raise PydanticCustomError("contradiction", f"a quantity takes exactly one of {listed}")
        for form, partners in (("threshold", ("even", "between")), ("belief", ("at",))):
            missing = [p for p in partners if getattr(self, p) is None]
            if given == [form] and missing:
                raise PydanticCustomError(
                    "contradiction", f"`{form}` needs `{missing[0]}` beside it"
                )
        return self


class StaticDecl(Model):
    """The sign of what raising a parameter does to a quantity, over a range of the parameter.

    Attributes:
        at: Precisions at which the sign is told; default: the last of the theory's sequence.
    """

    of: Text
    raise_: Annotated[Text, Field(alias="raise")]
    over: tuple[Amount, Amount]
    sign: Literal["+", "-", "0"]
    points: Annotated[int, Field(ge=5, le=50, strict=True)] = 5
    at: tuple[Positive, ...] = ()
    set: dict[str, Amount] = Field(default_factory=dict)


class FigureDecl(Model):
    """The figure of a model's page: a sweep, what it shows, and what the page says of it.

    Attributes:
        over: As `sweep --over` takes it. measures: as `sweep --measure` takes them.
        says: The sentence beside the figure.
        shows: What the sweep's table must bear out: a column, and how it runs along the axis.
    """

    over: Text
    measures: Names
    case: Text | None = None
    set: dict[str, Amount] = Field(default_factory=dict)
    says: Text
    shows: dict[str, Course] = Field(min_length=1)


class Theory(Model):
    """What a theory says of the scenario beside it.

    Attributes:
        number: Its place in the canon.
        relation: Whether the scenario is the published model, a finite version of it or our own
            reduced form.
        tolerance: Of what is not a limit.
        branch: `mixed` where the theory speaks of the solution in which every act stays possible
            at every information set, which the principal branch need not lead to.
        published: Value, or word, of each quantity at the scenario's base numbers.
    """

    offramp: Literal[1]
    number: Annotated[int, Field(ge=1, strict=True)]
    concept: Concept
    reference: Names
    relation: Text
    theorem: Names
    tolerance: Positive
    limit: LimitDecl | None = None
    branch: Literal["principal", "mixed"] = "principal"
    needs: tuple[NeedDecl, ...] = ()
    quantities: dict[str, QuantityDecl]
    published: dict[str, float | str]
    statics: tuple[StaticDecl, ...] = ()
    figure: FigureDecl


def load_theory(name_or_path: str | Path) -> Theory:
    """Return the theory that stands beside a scenario.

    Raises:
        ScenarioError: There is none, or its file is wrong.
    """
    return validate(Theory, read_beside(name_or_path, "theory", MISSING))


def has_theory(name_or_path: str | Path) -> bool:
    """Return whether a theory stands beside a scenario."""
    return stands_beside(name_or_path, "theory")


def find_models(word: str | None = None) -> list[str]:
    """Return the shipped scenarios that have a theory, in the order of the canon.

    Args:
        word: A name, with or without `canon/`, a number, or both as in `02-crisis-signalling`; or
            a file. Default: all.

    Raises:
        ScenarioError: Nothing goes by this word.
    """
    if word is not None and Path(word).is_file():
        return [word]
    numbers = {name: load_theory(name).number for name in list_scenarios() if CANON in name}
    models = sorted(numbers, key=lambda name: (numbers[name], name))
    if word is None:
        return models
    bare = word.removeprefix(CANON)
    first, _, rest = bare.partition("-")
    if first.isdigit():
        found = [name for name in models if numbers[name] == int(first)]
        # `03-NAME` is every version of the model
        found = [n for n in found if not rest or f"{n}-".startswith(f"{CANON}{rest}-")]
    else:
        found = [name for name in models if name == CANON + bare]
    if not found:
        raise ScenarioError(_no_model(word, models))
    return found


def _no_model(word: str, models: list[str]) -> Problem:
    names = [name.removeprefix(CANON) for name in models]
    near = closest(word, names)
    return Problem(
        "S121",
        f"There is no classic model '{word}'.",
        Location(word, 0, 0),
        hint=f"Did you mean '{near}'?" if near else f"There are: {', '.join(names)}.",
        fix="give its name or number, or a file with a theory beside it.",
    )
