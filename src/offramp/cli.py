"""The command line: each command reads its words, calls one verb and says the answer.

Everything heavy is imported inside the commands, so that `offramp --help` is there at once.
Exit codes: 0 all is well, 1 a claim or a check failed, 2 the input is bad, 130 stopped by Ctrl-C.
"""

from __future__ import annotations

import gc
import os
import signal
import sys
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from offramp.errors import OfframpError
    from offramp.report.answers import Answer

__all__ = ["app", "main"]

OK, FAILED, BAD_INPUT, STOPPED = 0, 1, 2, 130
STOP_AGAIN = 2.0  # seconds: longer than any cleaning up takes
OBJECTS_A_SEARCH = 100_000  # made between two searches for cycles; reading a file makes as many

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


def main() -> None:
    """Run the command line and leave with its exit code."""
    # what is loaded lives to the end, so that frequent searches in it for cycles are in vain
    gc.set_threshold(OBJECTS_A_SEARCH)
    # pydantic would read what every installed package says of itself, in search of plugins
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    signal.signal(signal.SIGINT, _stop)
    code = run(sys.argv[1:])
    if hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_REAL, 0.0)
    sys.exit(code)


def run(words: list[str]) -> int:
    """Run one command and return its exit code; say every error in one place."""
    from offramp.errors import OfframpError

    try:
        app(args=words, prog_name="offramp")
    except SystemExit as leaving:  # how typer ends every command, wrong words included
        return leaving.code if isinstance(leaving.code, int) else OK
    except OfframpError as error:
        _say_problems(error, as_json="--json" in words)
        return BAD_INPUT
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return OK


def _stop(number: int, frame: FrameType | None) -> None:
    """Leave at Ctrl-C; what is under way is cleaned up on the way out.

    An exception that is raised inside a callback of a library, as while kernels compile, is lost:
    it is raised again for as long as the program has not left.
    """
    if number == signal.SIGINT:
        sys.stderr.write("\nStopped. Nothing half-written is left behind.\n")
    if hasattr(signal, "setitimer"):
        signal.signal(signal.SIGALRM, _stop)
        signal.setitimer(signal.ITIMER_REAL, STOP_AGAIN)
    raise SystemExit(STOPPED)


@app.callback(invoke_without_command=True)
def _version(
    version: Annotated[
        bool, typer.Option("--version", help="Print the version and leave.")
    ] = False,
) -> None:
    if version:
        from offramp import __version__

        typer.echo(f"offramp {__version__}")
        raise typer.Exit


@app.command("list")
def list_(json: Json = False) -> None:
    """List the scenarios that ship with offramp."""
    from offramp.report.catalog import describe_scenarios

    _say(describe_scenarios(), json)


@app.command()
def new(
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="Name of the scenario; NAME.yaml is written.")
    ],
    json: Json = False,
) -> None:
    """Write a commented scenario that solves, to start from. Never overwrites a file."""
    from offramp.report.files import write_starter

    _say(write_starter(name, Path.cwd()), json)


@app.command()
def check(scenario: Scenario, json: Json = False) -> None:
    """Check a scenario in full without solving it, and say how large it is."""
    from offramp.report.catalog import describe_check

    _say(describe_check(scenario), json)


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
    _say(answer, json)
    if any(row.verdict == "absurd" for row in answer.rates):
        raise typer.Exit(FAILED)


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
        parameters=_amounts(set_),
        grid=grid,
        view=view,
        other_branches=all_branches,
    )
    if out is not None:
        write_results(answer, out)
    _say(answer, json)
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
        parameters=_amounts(set_),
        grid=grid,
        view=view,
    )
    if out is not None:
        write_sweep(answer, out)
    _say(answer, json)
    if not answer.holds:
        raise typer.Exit(FAILED)


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
        parameters=_amounts(set_),
        resume=resume,
        budget=budget,
        workers=workers,
    )
    _say(answer, json)
    if not answer.holds:
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
        parameters=_amounts(set_),
        grid=grid,
        draws=draws,
        draw_grid=draw_grid,
        seed=seed,
    )
    if keep:
        keep_claims(answer, scenario)
    _say(answer, json)
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
        scenario, views=view or [], parameters=_amounts(set_), grid=grid, mirror=mirror
    )
    _say(answer, json)
    if not answer.holds:
        raise typer.Exit(FAILED)


@app.command()
def crux(
    scenario: Scenario,
    between: Annotated[
        tuple[str, str], typer.Option(metavar="V W", help="The views of two camps.")
    ] = ("essay", "critic"),
    claim: Annotated[
        str | None, typer.Option(metavar="C", help="Ask both whether this claim holds.")
    ] = None,
    policies: Annotated[
        tuple[str, str] | None,
        typer.Option(metavar="A B", help="Ask both whether the first of two is better."),
    ] = None,
    measure: Annotated[
        str | None,
        typer.Option(metavar="M", help="By this measure; the first with a direction if not given."),
    ] = None,
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
        parameters=_amounts(set_),
        grid=grid,
        exact_up_to=exact,
        orders=orders,
        seed=seed,
    )
    _say(answer, json)


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
        _say(write_essay_starter(file, about, Path.cwd()), json)
    elif essay is None:
        _say(describe_essays(), json)
    else:
        _say(describe_essay(essay), json)


@app.command()
def mechanisms(
    name: Annotated[
        str | None, typer.Argument(metavar="[NAME]", help="One mechanism; all, if not given.")
    ] = None,
    json: Json = False,
) -> None:
    """List the library of mechanisms, or show one beside its rival."""
    from offramp.report.library import describe_mechanism, describe_mechanisms

    _say(describe_mechanisms() if name is None else describe_mechanism(name), json)


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

    answer = describe_canon(model, parameters=_amounts(set_), other_branches=all_branches)
    _say(answer, json)
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
        state=_words(state),
        beliefs=_pairs(belief),
        parameters=_amounts(set_),
        grid=grid,
        view=view,
    )
    _say(answer, json)


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

    _say(write_gambit(scenario, gambit, case=case, parameters=_amounts(set_), view=view), json)


def _say(answer: Answer, as_json: bool) -> None:
    from offramp.report.layout import write_answer

    typer.echo(answer.model_dump_json(indent=2) if as_json else write_answer(answer))


def _say_problems(error: OfframpError, as_json: bool) -> None:
    if as_json:
        from offramp.report.catalog import describe_problems

        typer.echo(describe_problems(error).model_dump_json(indent=2))
    typer.echo(str(error), err=True)


def _words(pairs: list[str] | None) -> dict[str, str]:
    """Split `name=value` words."""
    split = [pair.partition("=") for pair in pairs or []]
    for name, equals, value in split:
        if not (name and equals and value):
            raise typer.BadParameter(f"'{name}{equals}{value}' is not of the form name=value.")
    return {name.strip(): value.strip() for name, _, value in split}


def _amounts(pairs: list[str] | None) -> dict[str, float | str]:
    """Split `name=value` words; what is no number is a level, or an expression of parameters."""
    found: dict[str, float | str] = {}
    for name, value in _words(pairs).items():
        try:
            found[name] = float(value)
        except ValueError:
            found[name] = value
    return found


def _pairs(pairs: list[str] | None) -> dict[str, float]:
    """Split `name=number` words."""
    found = {}
    for name, value in _words(pairs).items():
        try:
            found[name] = float(value)
        except ValueError:
            raise typer.BadParameter(f"'{name}={value}': '{value}' is not a number.") from None
    return found
