"""Every row of the benchmarks can be produced; how long it takes is nobody's business here."""

from __future__ import annotations

import dataclasses
import json
import math

import pytest
from benchmarks.catalogue import Row, all_rows
from benchmarks.records import Measurement, Record
from benchmarks.table import GROUPS, figure_of

from helpers.browser import CHROMIUM

ROWS = all_rows()
SLOW = {"cold-start"}  # compiles all kernels anew


def rows() -> list[object]:
    marks = {name: [pytest.mark.slow] for name in SLOW}
    return [pytest.param(row, id=row.name, marks=marks.get(row.name, [])) for row in ROWS]


def test_every_group_of_rows_has_its_place_in_the_tables():
    assert {row.group for row in ROWS} == set(GROUPS)


@pytest.fixture(scope="module")
def measured() -> dict[str, Measurement]:
    return {}


@pytest.mark.parametrize("row", rows())
def test_row_can_be_produced_at_a_size_for_trial(row: Row):
    if row.group == "report" and CHROMIUM is None:
        pytest.skip("Debian's chromium is not installed")
    found = row.measure(True)
    assert found.wall_seconds > 0.0
    if not row.whole_process:
        assert {"states", "beliefs", "points", "periods", "players"} <= found.axes.keys()
        assert found.residual is not None
        assert found.residual <= 1e-8
        assert found.not_converged == 0.0
    record = Record.of(row.name, row.group, found)
    kept = json.loads(json.dumps(dataclasses.asdict(record)))
    assert kept["measured"]["figures"] == found.figures
    for bound in row.bounds:
        assert not math.isnan(figure_of(record, bound.figure)), bound


def test_names_of_rows_are_their_own():
    assert len({row.name for row in ROWS}) == len(ROWS)
    assert not {row.name for row in ROWS} & {row.group for row in ROWS} - {"orientation"}


def test_every_kind_of_measurement_is_there():
    assert {row.group for row in ROWS} == {
        "named-games",
        "probing",
        "orientation",
        "commands",
        "digits",
        "lead-case",
        "worlds",
        "report",
    }
