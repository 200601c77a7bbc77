"""`python -m benchmarks list | run NAME… | table`: measure rows, each in a process of its own."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path

from benchmarks.catalogue import Row, all_rows, row_named
from benchmarks.records import ROOT, Measurement, Record, append_record, is_dirty, read_records
from benchmarks.stopwatch import peak_mib, stolen_seconds
from benchmarks.table import PAGE, describe_record, page_with, write_table

OK, FAILED, BAD_INPUT = 0, 1, 2


def main(words: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    asked = _parser().parse_args(words)
    command: str = asked.command
    if command == "list":
        return _list()
    if command == "table":
        return _table(write=asked.write)
    if command == "measure":
        return _measure(asked.name, trial=asked.trial)
    return _run(asked.names, allow_dirty=asked.allow_dirty, trial=asked.trial)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("list", help="name all rows, and what each is held against")
    table = commands.add_parser("table", help="print the latest record of every row")
    table.add_argument("--write", action="store_true", help="write it into the docs instead")
    run = commands.add_parser("run", help="measure rows and keep their records; all if none named")
    run.add_argument("names", nargs="*", metavar="NAME", help="a row, or a group of rows")
    run.add_argument("--allow-dirty", action="store_true", help="for trial; the record says so")
    run.add_argument("--trial", action="store_true", help="tiny sizes, and nothing is kept")
    one = commands.add_parser("measure", help="measure one row in this process (used by run)")
    one.add_argument("name")
    one.add_argument("--trial", action="store_true")
    return parser


def _list() -> int:
    for row in all_rows():
        print(f"{row.name:24} {row.says}")
        for bound in row.bounds:
            print(f"{'':24}   {bound}")
    return OK


def _table(*, write: bool) -> int:
    table = write_table(read_records())
    if write:
        PAGE.write_text(page_with(table, PAGE.read_text(encoding="utf-8")), encoding="utf-8")
    else:
        print(table, end="")
    return OK


def _run(names: Sequence[str], *, allow_dirty: bool, trial: bool) -> int:
    if is_dirty() and not (allow_dirty or trial):
        print("The checkout differs from its commit: commit first, or --allow-dirty for trial.")
        return BAD_INPUT
    rows = [row for row in all_rows() if not names or row.name in names or row.group in names]
    unknown = set(names) - {row.name for row in rows} - {row.group for row in rows}
    if unknown or not rows:
        print(f"No such row: {', '.join(sorted(unknown))}. `python -m benchmarks list` names them.")
        return BAD_INPUT
    failed = [row.name for row in rows if not _run_row(row, trial=trial)]
    for name in failed:
        print(f"{name} could not be measured.")
    return FAILED if failed else OK


def _run_row(row: Row, *, trial: bool) -> bool:
    """Measure a row in a process of its own, say what it found, and keep the record."""
    words = [sys.executable, "-m", "benchmarks", "measure", row.name]
    done = subprocess.run(
        [*words, "--trial"] if trial else words, cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    if done.returncode != OK:
        return False
    record = Record.of(row.name, row.group, Measurement(**json.loads(done.stdout.splitlines()[-1])))
    print(describe_record(record, row.bounds), flush=True)
    if not trial:
        append_record(record)
    return True


def _measure(name: str, *, trial: bool) -> int:
    """Measure a row in this process and print it as one line of JSON, the last of the output."""
    row = row_named(name)
    stolen, begun = stolen_seconds(), time.perf_counter()
    found = row.measure(trial)
    if stolen is not None:
        stolen = ((stolen_seconds() or 0.0) - stolen) / (time.perf_counter() - begun)
    whole = replace(found, peak_mib=peak_mib(children=row.whole_process), stolen=stolen)
    print(json.dumps(asdict(whole)))
    return OK


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "src"))
    sys.exit(main())
