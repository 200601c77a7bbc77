"""Commands that solve a scenario, and show what was solved."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from offramp.cli.words import (
    FAILED,
    AllBranches,
    Grid,
    Json,
    Scenario,
    Set,
    View,
    amounts,
    app,
    pairs,
    say,
    words,
)

__all__ = ["canon", "export", "run_", "sweep", "why"]


@app.command("run")
def run_(
    scenario: Scenario,
    policy: Annotated[
        list[str] | None, typer.Option(metavar="P", help="Only this policy. May be repeated.")
    ] = None,
    case: Annotated[
        list[str] | None, typer.Option(metavar="C", help="Only this case. May be repeated.")
    ] = None,
    set_: Set = None,
    grid: Grid = None,
    view: View = None,
    all_branches: AllBranches = False,
    ladder: Annotated[
        list[str] | None,
        typer.Option(
            metavar="C",
            help="In this case, follow how play moves between the rungs too, for a report; this "
            "takes longer. May be repeated.",
        ),
    ] = None,
    json: Json = False,
    out: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Also write tables, answer and manifest here."),
    ] = None,
) -> None:
    """Solve every policy and case, and say who replies how, how it ends and how it climbs."""
    from offramp.report.files import refuse_existing, write_results
    from offramp.report.results import describe_run

    if out is not None:
        refuse_existing(out)
    answer = describe_run(
        scenario,
        cases=[*(policy or []), *(case or [])],
        parameters=amounts(set_),
        grid=grid,
        view=view,
        other_branches=all_branches,
        moves=ladder or [],
    )
    if out is not None:
        write_results(answer, scenario, out)
    say(answer, json)
    if not all(one.certificate.holds for one in answer.cases):
        raise typer.Exit(FAILED)


@app.command()
def sweep(
    scenario: Scenario,
    over: Annotated[
        list[str],
        typer.Option(
            metavar="NAME=LOW:HIGH:N",
            help="What is moved where: NAME as --set takes it; LOW:HIGH:N:log for equal ratios, "
            "A,B,… for single values, FIRST:LAST for levels. At most twice.",
        ),
    ],
    measure: Annotated[
        list[str] | None,
        typer.Option(
            metavar="M",
            help="What is asked: a measure, an ending, PLAYER.ACTION or PLAYER.TYPE.ACTION "
            "(with @STAGE if need be), or an expression; all measures, if not given. "
            "May be repeated.",
        ),
    ] = None,
    policy: Annotated[
        list[str] | None, typer.Option(metavar="P", help="Under this policy. May be repeated.")
    ] = None,
    case: Annotated[
        list[str] | None,
        typer.Option(metavar="C", help="In this case; the first, if not given. May be repeated."),
    ] = None,
    set_: Set = None,
    grid: Grid = None,
    view: View = None,
    json: Json = False,
    out: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Also write table, charts, answer and manifest here."),
    ] = None,
) -> None:
    """Move one or two numbers over a range, and show what becomes of the answers."""
    from offramp.report.files import refuse_existing, write_sweep
    from offramp.report.sweeps import describe_sweep

    if out is not None:
        refuse_existing(out)
    answer = describe_sweep(
        scenario,
        over,
        measures=measure or [],
        cases=[*(policy or []), *(case or [])],
        parameters=amounts(set_),
        grid=grid,
        view=view,
    )
    if out is not None:
        write_sweep(answer, out)
    say(answer, json)
    if not answer.holds:
        raise typer.Exit(FAILED)


@app.command()
def why(
    scenario: Scenario,
    player: Annotated[str, typer.Option(metavar="P", help="Whose reply is explained.")],
    type_: Annotated[
        str | None,
        typer.Option("--type", metavar="T", help="Of which type; the first, if not given."),
    ] = None,
    case: Annotated[
        str | None,
        typer.Option(metavar="C", help="In which case; the first policy, if not given."),
    ] = None,
    stage: Annotated[
        str | None,
        typer.Option(metavar="S", help="At which stage; the likeliest, if not given."),
    ] = None,
    period: Annotated[int, typer.Option(metavar="N", help="In which period, from 1.", min=1)] = 1,
    state: Annotated[
        list[str] | None,
        typer.Option(
            metavar="VARIABLE=LEVEL",
            help="A level that must hold; the likeliest such state is meant. May be repeated.",
        ),
    ] = None,
    belief: Annotated[
        list[str] | None,
        typer.Option(metavar="PLAYER.TYPE=X", help="Where the prior differs. May be repeated."),
    ] = None,
    set_: Set = None,
    grid: Grid = None,
    view: View = None,
    json: Json = False,
) -> None:
    """Explain a reply: which payoff, which belief, what it would reveal, what would switch it."""
    from offramp.report.reasons import describe_why

    answer = describe_why(
        scenario,
        player=player,
        own_type=type_,
        case=case,
        stage=stage,
        period=period,
        state=words(state),
        beliefs=pairs(belief),
        parameters=amounts(set_),
        grid=grid,
        view=view,
    )
    say(answer, json)


@app.command()
def canon(
    model: Annotated[
        str | None,
        typer.Argument(
            metavar="[NAME|FILE]",
            help="A classic model by name or number, or a file with a theory beside it; "
            "all models, if not given.",
        ),
    ] = None,
    set_: Set = None,
    all_branches: AllBranches = False,
    json: Json = False,
) -> None:
    """Hold classic models of crisis against their published results."""
    from offramp.report.canon import describe_canon

    answer = describe_canon(model, parameters=amounts(set_), other_branches=all_branches)
    say(answer, json)
    if not answer.holds:
        raise typer.Exit(FAILED)


@app.command()
def export(
    scenario: Scenario,
    gambit: Annotated[
        Path,
        typer.Option(metavar="FILE.efg", help="Write the unrolled game tree here, for Gambit."),
    ],
    case: Annotated[
        str | None,
        typer.Option(metavar="C", help="Of which case; the first policy, if not given."),
    ] = None,
    set_: Set = None,
    view: View = None,
    json: Json = False,
) -> None:
    """Write the unrolled game tree for other programs."""
    from offramp.report.trees import write_gambit

    say(write_gambit(scenario, gambit, case=case, parameters=amounts(set_), view=view), json)
