"""Commands that write pages to read: the report, and the front page over all essays."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from offramp.cli.words import Json, app, say

__all__ = ["index", "report"]


@app.command()
def report(
    target: Annotated[
        str,
        typer.Argument(
            metavar="RUN|NAME|FILE",
            help="A folder of `explore --out` or `run --out`; or a scenario, whose base world is "
            "then solved.",
        ),
    ],
    out: Annotated[Path, typer.Option(metavar="FILE.html", help="The page to write.")],
    base: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR", help="With worlds: the folder of `run --out`, for the base world."
        ),
    ] = None,
    with_: Annotated[
        list[Path] | None,
        typer.Option(
            "--with",
            metavar="ANSWER.json",
            help="Show this answer of `crux`, `why`, `flips` or `earned` --json too. May be "
            "repeated.",
        ),
    ] = None,
    brief: Annotated[
        Path | None,
        typer.Option(metavar="FILE.pdf", help="Write a brief of two pages as well."),
    ] = None,
    json: Json = False,
) -> None:
    """Write a page that can be read in a minute, doubted in five, and sent."""
    from offramp.report.page.write import write_report

    say(write_report(target, out, base=base, further=with_ or [], brief=brief), json)


@app.command()
def index(
    out: Annotated[Path, typer.Option(metavar="FILE.html", help="The page to write.")],
    reports: Annotated[
        list[Path] | None,
        typer.Argument(metavar="[NAME.html]...", help="Reports to link, named by their scenario."),
    ] = None,
    json: Json = False,
) -> None:
    """Write the front page over all essays that ship with offramp."""
    from offramp.report.page.front import write_index

    say(write_index(out, reports or []), json)
