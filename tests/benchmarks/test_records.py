"""Records keep what was measured, on what, and from which commit; trial never passes for real."""

from __future__ import annotations

import pytest
from benchmarks.catalogue import Bound
from benchmarks.records import Machine, Measurement, Record, append_record, read_records
from benchmarks.table import PAGE, describe_record, latest_records, page_with, write_table

from benchmarks import __main__ as command


def record(row: str = "duel", cpu: float = 1.5, *, dirty: bool = False) -> Record:
    machine = Machine("a processor", 2, 16.0, "Linux x86_64", {"python": "3.11.9"})
    measured = Measurement(
        cpu_seconds=cpu,
        wall_seconds=0.8,
        axes={"states": 48, "beliefs": 21},
        residual=2e-11,
        not_converged=0.0,
        grid_error=3e-4,
        figures={"most_rounds": 5},
        peak_mib=120.0,
        stolen=0.25,
    )
    return Record(
        row, "named-games", "2026-01-02T03:04:05+00:00", "f" * 40, dirty, machine, measured
    )


def test_records_come_back_as_they_were_kept(tmp_path):
    first, second = record(), record("strait", dirty=True)
    append_record(first, tmp_path)
    append_record(second, tmp_path)
    assert read_records(tmp_path) == [first, second]
    assert [path.name for path in tmp_path.iterdir()] == ["named-games.json"]


def test_table_shows_the_latest_record_of_a_row():
    assert latest_records([record(cpu=1.0), record("strait"), record(cpu=2.0)]) == [
        record(cpu=2.0),
        record("strait"),
    ]


def test_table_says_which_record_comes_from_a_changed_checkout():
    clean, changed = write_table([record()]), write_table([record(dirty=True)])
    assert "| duel | 1.5 | 0.8 | 0.25 | 120 | 48 x 21 | 2e-11 | 0 | 0.0003 | fffffffff |" in clean
    assert "fffffffff (changed)" in changed


def test_bound_that_fails_is_said():
    bounds = [Bound("wall_seconds", 1.0), Bound("most_rounds", 6, at_least=True)]
    said = describe_record(record(), bounds)
    assert "0.25 processors stolen by the host" in said
    assert "holds: wall_seconds <= 1, measured 0.8" in said
    assert "FAILS: most_rounds >= 6, measured 5" in said


def test_changed_checkout_is_refused(monkeypatch, capsys):
    monkeypatch.setattr(command, "is_dirty", lambda: True)
    assert command.main(["run", "duel"]) == command.BAD_INPUT
    assert "commit first" in capsys.readouterr().out


def test_unknown_row_is_refused(monkeypatch, capsys):
    monkeypatch.setattr(command, "is_dirty", lambda: False)
    assert command.main(["run", "dual"]) == command.BAD_INPUT
    assert "No such row: dual" in capsys.readouterr().out


@pytest.mark.parametrize(("value", "holds"), [(0.9, True), (1.0, True), (1.1, False)])
def test_bound_from_above(value, holds):
    assert Bound("wall_seconds", 1.0).holds(value) is holds


def test_what_was_not_measured_meets_no_bound():
    assert not Bound("wall_seconds", 1.0).holds(float("nan"))
    assert not Bound("wall_seconds", 1.0, at_least=True).holds(float("nan"))


def test_page_shows_the_records_that_are_kept():
    page = PAGE.read_text(encoding="utf-8")
    records = read_records()
    if records:
        assert page == page_with(write_table(records), page)


def test_page_keeps_what_stands_around_the_table():
    page = PAGE.read_text(encoding="utf-8")
    once = page_with("a first table\n", page)
    assert page_with("a second table\n", once) == page_with("a second table\n", page)
    assert once.count("a first table") == 1
    assert once.splitlines()[0] == page.splitlines()[0]
