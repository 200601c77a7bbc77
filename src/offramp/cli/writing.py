"""Commands that read and write: scenarios, mechanisms, essays, schemas. Nothing is solved."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from offramp.cli.words import Json, Scenario, app, say

__all__ = ["check", "essay", "list_", "mechanisms", "new", "schema"]


@app.command("list")
def list_(json: Json = False) -> None:
    """List the scenarios that ship with offramp."""
    from offramp.report.catalog import describe_scenarios

    say(describe_scenarios(), json)


@app.command()
def new(
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="Name of the scenario; NAME.yaml is written.")
    ],
    json: Json = False,
) -> None:
    """Write a commented scenario that solves, to start from. Never overwrites a file."""
    from offramp.report.files import write_starter

    say(write_starter(name, Path.cwd()), json)


@app.command()
def check(scenario: Scenario, json: Json = False) -> None:
    """Check a scenario in full without solving it, and say how large it is."""
    from offramp.report.catalog import describe_check

    say(describe_check(scenario), json)


@app.command()
def schema(
    answer: Annotated[
        str | None,
        typer.Option(
            "--answer", metavar="COMMAND", help="The schema of a command's --json instead."
        ),
    ] = None,
    essays: Annotated[
        bool, typer.Option("--essays", help="The schema of essay files instead.")
    ] = False,
    json: Annotated[
        bool, typer.Option("--json", help="Changes nothing: a schema is JSON.")
    ] = False,
) -> None:
    """Print the JSON Schema of scenario files, for editors and validators."""
    from offramp.report.catalog import schema_text

    typer.echo(schema_text(answer, of_essays=essays))


@app.command()
def mechanisms(
    name: Annotated[
        str | None, typer.Argument(metavar="[NAME]", help="One mechanism; all, if not given.")
    ] = None,
    json: Json = False,
) -> None:
    """List the library of mechanisms, or show one beside its rival."""
    from offramp.report.library import describe_mechanism, describe_mechanisms

    say(describe_mechanisms() if name is None else describe_mechanism(name), json)


@app.command()
def essay(
    essay: Annotated[
        str | None,
        typer.Argument(
            metavar="[ID|FILE|new]",
            help="A shipped essay or a file of one's own; `new` starts one; all, if not given.",
        ),
    ] = None,
    file: Annotated[
        str | None, typer.Argument(metavar="[NAME]", help="With `new`: NAME.yaml is written.")
    ] = None,
    about: Annotated[
        str, typer.Option(metavar="NAME|FILE", help="With `new`: the scenario that it argues over.")
    ] = "pledge",
    json: Json = False,
) -> None:
    """Show what an essay argues, its chain, and its claims beside their counter-claims."""
    from offramp.report.essays import describe_essay, describe_essays
    from offramp.report.files import write_essay_starter

    if essay == "new":
        say(write_essay_starter(file, about, Path.cwd()), json)
    elif essay is None:
        say(describe_essays(), json)
    else:
        say(describe_essay(essay), json)
