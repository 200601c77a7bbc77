"""The command line: each command reads its words, calls one verb and says the answer.

Everything heavy is imported inside the commands, so that `offramp --help` is there at once.
Exit codes: 0 all is well, 1 a claim or a check failed, 2 the input is bad, 130 stopped by Ctrl-C.
"""

from __future__ import annotations

import gc
import os
import signal
import sys
from types import FrameType
from typing import TYPE_CHECKING, Annotated

import typer

# in the order in which --help lists their commands
# isort: off
from offramp.cli import writing, solving, arguing, worlds, paging  # noqa: F401

# isort: on
from offramp.cli.words import BAD_INPUT, OK, STOPPED, app

if TYPE_CHECKING:
    from offramp.errors import OfframpError

__all__ = ["app", "main", "run"]

STOP_AGAIN = 2.0  # seconds: longer than any cleaning up takes
OBJECTS_A_SEARCH = 100_000  # made between two searches for cycles; reading a file makes as many


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


def _say_problems(error: OfframpError, as_json: bool) -> None:
    if as_json:
        from offramp.report.catalog import describe_problems

        typer.echo(describe_problems(error).model_dump_json(indent=2))
    typer.echo(str(error), err=True)
