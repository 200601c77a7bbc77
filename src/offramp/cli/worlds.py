"""Commands over many worlds."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from offramp.cli.words import (
    FAILED,
    By,
    Claim,
    Json,
    Measure,
    Policies,
    Run,
    Scenario,
    Set,
    TwoPolicies,
    View,
    amounts,
    app,
    finite,
    listed,
    say,
)

__all__ = ["believe", "doubt", "drivers", "earned", "explore"]

MOST_WORLDS = 10_000_000  # beyond that their draws alone fill a memory


@app.command()
def explore(
    scenario: Scenario,
    worlds: Annotated[
        int | None,
        typer.Option(
            metavar="N", help="How many worlds; 1,000, if not given.", min=1, max=MOST_WORLDS
        ),
    ] = None,
    policies: Policies = None,
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
        typer.Option(
            metavar="MINUTES", help="Begin nothing new after so long.", min=0.0, callback=finite
        ),
    ] = None,
    workers: Annotated[
        int | None,
        typer.Option(metavar="N", help="Processes; as many as processors, if not given.", min=1),
    ] = None,
    json: Json = False,
) -> None:
    """Solve every policy in many worlds, each a draw of every assumption that is in doubt."""
    from offramp.report.explore import describe_explore, resume_words

    if resume and out is None:
        raise typer.BadParameter("--resume needs --out: the folder of the run to go on with.")
    try:
        answer = describe_explore(
            scenario,
            out,
            worlds=worlds,
            cases=listed(policies),
            view=view,
            seed=seed,
            design=design,  # type: ignore[arg-type]  # checked where all that is asked is
            grid=int(grid) if grid is not None and grid.isdecimal() else grid,  # type: ignore[arg-type]
            parameters=amounts(set_),
            resume=resume,
            budget=budget,
            workers=workers,
        )
    except SystemExit:  # stopped at the keyboard; whole chunks are kept
        if out is not None and (out / "manifest.json").exists():
            typer.echo(f"To go on: {resume_words(scenario, out)}", err=True)
        raise
    say(answer, json)
    if not answer.holds:
        raise typer.Exit(FAILED)


@app.command()
def earned(
    run: Run,
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


@app.command()
def doubt(
    run: Run,
    by: By = None,
    policies: Policies = None,
    than: Annotated[
        str | None,
        typer.Option(metavar="P", help="Count gains and losses from this one; or from the first."),
    ] = None,
    threshold: Annotated[
        float | None,
        typer.Option(metavar="X", help="Good enough is what reaches this.", callback=finite),
    ] = None,
    frontier: Annotated[
        list[str] | None,
        typer.Option(
            metavar="M", help="Measures that may conflict; all, if not given. May be repeated."
        ),
    ] = None,
    seed: Annotated[int, typer.Option(metavar="S", help="Seed of the random deals.", min=0)] = 1,
    json: Json = False,
) -> None:
    """Say how policies hold up over the worlds of a run: regret, the worst, who gains."""
    from offramp.report.doubt import describe_doubt

    answer = describe_doubt(
        run,
        by=by,
        policies=listed(policies),
        reference=than,
        threshold=threshold,
        frontier=listed(frontier),
        seed=seed,
    )
    say(answer, json)


@app.command()
def believe(
    run: Run,
    by: By = None,
    policies: Policies = None,
    purity: Annotated[
        float,
        typer.Option(
            metavar="X", help="Best in this share of the worlds that satisfy it.", min=0.5, max=1.0
        ),
    ] = 0.9,
    margin: Annotated[
        float,
        typer.Option(
            metavar="X",
            help="No worse than the best by more than this.",
            min=0.0,
            callback=finite,
        ),
    ] = 1e-9,
    seed: Annotated[int, typer.Option(metavar="S", help="Seed of the halving.", min=0)] = 1,
    json: Json = False,
) -> None:
    """Say what one must believe for each policy to be best: the fewest assumptions."""
    from offramp.report.believe import describe_believe

    answer = describe_believe(
        run, by=by, policies=listed(policies), purity=purity, margin=margin, seed=seed
    )
    say(answer, json)


@app.command()
def drivers(
    run: Run,
    claim: Claim = None,
    policies: TwoPolicies = None,
    policy: Annotated[
        str | None, typer.Option(metavar="P", help="Ask whether this one keeps the limit.")
    ] = None,
    measure: Measure = None,
    limit: Annotated[
        float | None,
        typer.Option(metavar="X", help="With --policy: of the measure.", callback=finite),
    ] = None,
    switch: Annotated[
        int,
        typer.Option(
            metavar="N", help="Solve N worlds anew with each mechanism switched by itself.", min=0
        ),
    ] = 0,
    resamples: Annotated[
        int, typer.Option(metavar="N", help="For the intervals of the indices.", min=2)
    ] = 100,
    seed: Annotated[
        int, typer.Option(metavar="S", help="Seed of the dummy and the resamples.", min=0)
    ] = 1,
    json: Json = False,
) -> None:
    """Say on what a verdict hangs over the worlds of a run, and in which region it falls."""
    from offramp.report.drivers import describe_drivers

    answer = describe_drivers(
        run,
        claim=claim,
        policies=policies,
        policy=policy,
        measure=measure,
        limit=limit,
        switch=switch,
        resamples=resamples,
        seed=seed,
    )
    say(answer, json)
