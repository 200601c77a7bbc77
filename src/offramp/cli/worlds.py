"""Commands over many worlds."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from offramp.cli.words import FAILED, Json, Scenario, Set, View, amounts, app, say

__all__ = ["earned", "explore"]


@app.command()
def explore(
    scenario: Scenario,
    worlds: Annotated[
        int | None, typer.Option(metavar="N", help="How many worlds; 1,000, if not given.", min=1)
    ] = None,
    policies: Annotated[
        list[str] | None,
        typer.Option(
            metavar="P,…", help="Only these policies and cases; all, if not given. May be repeated."
        ),
    ] = None,
    view: View = None,
    set_: Set = None,
    seed: Annotated[
        int | None, typer.Option(metavar="S", help="Seed of the draws; 1, if not given.", min=0)
    ] = None,
    design: Annotated[
        str | None,
        typer.Option(
            metavar="sobol|lhs",
            help="Scrambled Sobol points (if not given), or a Latin hypercube.",
        ),
    ] = None,
    grid: Annotated[
        str | None,
        typer.Option(
            metavar="N|auto",
            help="Belief points a side in the worlds; auto: the coarsest that changes little.",
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Keep the run here; without it, nothing is kept."),
    ] = None,
    resume: Annotated[
        bool,
        typer.Option(
            "--resume", help="Go on with the run in DIR; what is not named is as it was there."
        ),
    ] = False,
    budget: Annotated[
        float | None,
        typer.Option(metavar="MINUTES", help="Begin nothing new after so long.", min=0.0),
    ] = None,
    workers: Annotated[
        int | None,
        typer.Option(metavar="N", help="Processes; as many as processors, if not given.", min=1),
    ] = None,
    json: Json = False,
) -> None:
    """Solve every policy in many worlds, each a draw of every assumption that is in doubt."""
    from offramp.report.explore import describe_explore

    if resume and out is None:
        raise typer.BadParameter("--resume needs --out: the folder of the run to go on with.")
    answer = describe_explore(
        scenario,
        out,
        worlds=worlds,
        cases=[name.strip() for one in policies or [] for name in one.split(",")],
        view=view,
        seed=seed,
        design=design,  # type: ignore[arg-type]  # checked where all that is asked is
        grid=int(grid) if grid is not None and grid.isdecimal() else grid,  # type: ignore[arg-type]
        parameters=amounts(set_),
        resume=resume,
        budget=budget,
        workers=workers,
    )
    say(answer, json)
    if not answer.holds:
        raise typer.Exit(FAILED)


@app.command()
def earned(
    run: Annotated[
        Path, typer.Argument(metavar="DIR", help="Folder of a run, as explore --out made it.")
    ],
    worlds: Annotated[
        int, typer.Option(metavar="N", help="Split the claims in its first N worlds.", min=1)
    ] = 32,
    claim: Annotated[
        list[str] | None,
        typer.Option(metavar="C", help="Only this claim; all, if not given. May be repeated."),
    ] = None,
    json: Json = False,
) -> None:
    """Say in how many of a run's worlds each claim's verdict is assumed, and in how many earned."""
    from offramp.report.earned import describe_earned

    answer = describe_earned(run, worlds=worlds, claims=claim or [])
    say(answer, json)
    if not answer.holds:
        raise typer.Exit(FAILED)
