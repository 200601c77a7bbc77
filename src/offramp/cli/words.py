"""The words that commands share: options, how pairs are read, how answers are said."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from offramp.report.answers import Answer

__all__ = [
    "BAD_INPUT",
    "FAILED",
    "OK",
    "STOPPED",
    "AllBranches",
    "By",
    "Claim",
    "DrawGrid",
    "Grid",
    "Json",
    "Measure",
    "Policies",
    "Run",
    "Scenario",
    "Set",
    "TwoPolicies",
    "View",
    "amounts",
    "app",
    "finite",
    "listed",
    "pairs",
    "say",
    "words",
]

OK, FAILED, BAD_INPUT, STOPPED = 0, 1, 2, 130

app = typer.Typer(
    name="offramp",
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="Write a crisis down, solve how every side replies, see how it ends under each policy. "
    "It compares consequences of stated assumptions; it neither prophesies nor recommends.",
)

Scenario = Annotated[
    str, typer.Argument(metavar="NAME|FILE", help="A scenario that ships with offramp, or a file.")
]
Run = Annotated[
    Path, typer.Argument(metavar="RUN", help="The folder of a run, as `explore --out` makes it.")
]
Policies = Annotated[
    list[str] | None,
    typer.Option(
        metavar="P,…", help="Only these policies and cases; all, if not given. May be repeated."
    ),
]
TwoPolicies = Annotated[
    tuple[str, str] | None,
    typer.Option(metavar="A B", help="Ask whether the first of two is better."),
]
Claim = Annotated[str | None, typer.Option(metavar="C", help="Ask whether this claim holds.")]
Measure = Annotated[
    str | None,
    typer.Option(metavar="M", help="By this measure; the first with a direction if not given."),
]
By = Annotated[
    str | None,
    typer.Option(
        metavar="M|value(P)",
        help="Judge by this measure, or by a player's value; by the first measure with a "
        "direction, if not given.",
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print the answer as JSON.")]
View = Annotated[
    str | None, typer.Option(metavar="V", help="One camp's settings of all assumptions.")
]
Set = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="NAME=VALUE",
        help="Give another value to a parameter, a variable's start, PLAYER.precision, "
        "PLAYER.discount or PLAYER.TYPE.prior. May be repeated.",
    ),
]
AllBranches = Annotated[
    bool,
    typer.Option(
        "--all-branches", help="Search for other solutions than the principal branch leads to."
    ),
]
Grid = Annotated[int | None, typer.Option(metavar="N", help="Belief points a side.", min=2)]
DrawGrid = Annotated[
    int | None, typer.Option(metavar="N", help="Belief points a side in what is drawn.", min=2)
]


def finite(value: float | None) -> float | None:
    """Refuse numbers that are none, or without end."""
    if value is not None and not math.isfinite(value):
        raise typer.BadParameter(f"{value} is no number that could be compared with another.")
    return value


def say(answer: Answer, as_json: bool) -> None:
    """Print an answer, as text or as JSON."""
    from offramp.report.layout import write_answer

    typer.echo(answer.model_dump_json(indent=2) if as_json else write_answer(answer))


def listed(policies: list[str] | None) -> list[str]:
    """Split names that are given one by one, or several with commas between."""
    return [name.strip() for one in policies or [] for name in one.split(",")]


def words(pairs: list[str] | None) -> dict[str, str]:
    """Split `name=value` words."""
    split = [pair.partition("=") for pair in pairs or []]
    for name, equals, value in split:
        if not (name and equals and value):
            raise typer.BadParameter(f"'{name}{equals}{value}' is not of the form name=value.")
    return {name.strip(): value.strip() for name, _, value in split}


def amounts(pairs: list[str] | None) -> dict[str, float | str]:
    """Split `name=value` words; what is no number is a level, or an expression of parameters."""
    found: dict[str, float | str] = {}
    for name, value in words(pairs).items():
        try:
            found[name] = float(value)
        except ValueError:
            found[name] = value
    return found


def pairs(pairs: list[str] | None) -> dict[str, float]:
    """Split `name=number` words."""
    found = {}
    for name, value in words(pairs).items():
        try:
            found[name] = float(value)
        except ValueError:
            raise typer.BadParameter(f"'{name}={value}': '{value}' is not a number.") from None
    return found
