"""Commands that put an argument to the test: rates, claims, audits, cruxes, what would flip it."""

from __future__ import annotations

from typing import Annotated

import typer

from offramp.cli.words import (
    FAILED,
    Claim,
    DrawGrid,
    Grid,
    Json,
    Measure,
    Scenario,
    Set,
    TwoPolicies,
    View,
    amounts,
    app,
    say,
)

__all__ = ["audit", "claims", "crux", "flips", "rates"]


@app.command()
def rates(
    scenario: Scenario,
    worlds: Annotated[int, typer.Option(metavar="N", help="How many worlds to draw.", min=1)] = 20,
    grid: Grid = None,
    draw_grid: DrawGrid = None,
    seed: Annotated[int, typer.Option(metavar="S", help="Seed of the draws.")] = 1,
    json: Json = False,
) -> None:
    """Compare the rates of main events with history's, before any policy is looked at."""
    from offramp.report.rates import describe_rates

    answer = describe_rates(scenario, worlds=worlds, seed=seed, grid=grid, draw_grid=draw_grid)
    say(answer, json)
    if any(row.verdict == "absurd" for row in answer.rates):
        raise typer.Exit(FAILED)


@app.command()
def claims(
    scenario: Scenario,
    view: View = None,
    set_: Set = None,
    grid: Grid = None,
    draws: Annotated[
        int,
        typer.Option(
            metavar="N",
            help="Combinations of asserted and rival mechanisms to take the mean over; 0 for none.",
            min=0,
        ),
    ] = 64,
    draw_grid: DrawGrid = None,
    seed: Annotated[int, typer.Option(metavar="S", help="Seed of the draws.")] = 1,
    keep: Annotated[
        bool, typer.Option("--keep", help="Keep the verdicts beside the scenario, for its essays.")
    ] = False,
    json: Json = False,
) -> None:
    """Judge claims beside their counter-claims, and say what each verdict stands on."""
    from offramp.report.claims import describe_claims
    from offramp.report.files import keep_claims

    answer = describe_claims(
        scenario,
        view=view,
        parameters=amounts(set_),
        grid=grid,
        draws=draws,
        draw_grid=draw_grid,
        seed=seed,
    )
    if keep:
        keep_claims(answer, scenario)
    say(answer, json)
    if not answer.holds:
        raise typer.Exit(FAILED)


@app.command()
def audit(
    scenario: Scenario,
    view: Annotated[
        list[str] | None,
        typer.Option(
            metavar="V",
            help="A view whose own settings are tried; all that are declared, if not given. "
            "May be repeated.",
        ),
    ] = None,
    set_: Set = None,
    grid: Grid = None,
    mirror: Annotated[
        str | None,
        typer.Option(metavar="NAME|FILE", help="A scenario whose claims mirror this one's."),
    ] = None,
    json: Json = False,
) -> None:
    """Take assumptions away, kind after kind, and say which claims still hold."""
    from offramp.report.audit import describe_audit

    answer = describe_audit(
        scenario, views=view or [], parameters=amounts(set_), grid=grid, mirror=mirror
    )
    say(answer, json)
    if not answer.holds:
        raise typer.Exit(FAILED)


@app.command()
def crux(
    scenario: Scenario,
    between: Annotated[
        tuple[str, str], typer.Option(metavar="V W", help="The views of two camps.")
    ] = ("essay", "critic"),
    claim: Claim = None,
    policies: TwoPolicies = None,
    measure: Measure = None,
    set_: Set = None,
    grid: Grid = None,
    exact: Annotated[
        int, typer.Option(metavar="N", help="Try all sets of so many assumptions.", min=1, max=4)
    ] = 2,
    orders: Annotated[
        int, typer.Option(metavar="N", help="Pairs of orders drawn for shares of the gap.", min=0)
    ] = 0,
    seed: Annotated[int, typer.Option(metavar="S", help="Seed of the orders.")] = 1,
    json: Json = False,
) -> None:
    """Find the few assumptions that divide two camps: exchange them and they agree."""
    from offramp.report.crux import describe_crux

    answer = describe_crux(
        scenario,
        between=between,
        claim=claim,
        policies=policies,
        measure=measure,
        parameters=amounts(set_),
        grid=grid,
        exact_up_to=exact,
        orders=orders,
        seed=seed,
    )
    say(answer, json)


@app.command()
def flips(
    scenario: Scenario,
    claim: Claim = None,
    policies: TwoPolicies = None,
    measure: Measure = None,
    view: View = None,
    set_: Set = None,
    grid: Grid = None,
    sobol: Annotated[
        int,
        typer.Option(
            metavar="N",
            help="Rows of a Saltelli design over all that worlds draw, a power of two; 0 for none.",
            min=0,
        ),
    ] = 0,
    seed: Annotated[int, typer.Option(metavar="S", help="Seed of that design.", min=0)] = 1,
    json: Json = False,
) -> None:
    """Move one assumption after another, and say which of them turn an answer, and where."""
    from offramp.report.flips import describe_flips

    answer = describe_flips(
        scenario,
        claim=claim,
        policies=policies,
        measure=measure,
        view=view,
        parameters=amounts(set_),
        grid=grid,
        sobol=sobol,
        seed=seed,
    )
    say(answer, json)
    if not answer.holds:
        raise typer.Exit(FAILED)
