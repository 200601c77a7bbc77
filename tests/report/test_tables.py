"""Tables: nothing is cut off, nothing is rounded to certainty, files keep every digit."""

from __future__ import annotations

import csv
import io

import pytest

from offramp.report.tables import Table, format_number, format_share, render, to_csv


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (0.0, "0 %"),
        (1.0, "100 %"),
        (0.5, "50 %"),
        (0.732, "73 %"),
        (0.0732, "7.3 %"),
        (0.9732, "97.3 %"),
        (0.00034, "0.034 %"),
        (0.99966, "99.966 %"),
        (1e-7, "<0.001 %"),
        (1 - 1e-7, ">99.99 %"),
        (0.0999, "10 %"),
    ],
)
def test_share_is_written_as_finely_as_it_needs(share, text):
    assert format_share(share) == text


@pytest.mark.parametrize("share", [1e-11, 0.004, 0.0099999, 0.995, 0.99999, 1 - 1e-11])
def test_uncertain_share_is_never_shown_as_certain(share):
    assert format_share(share) not in {"0 %", "100 %"}
    assert not format_share(share).startswith(("0.0 ", "100.0 "))


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (3, "3"),
        (-2.0, "-2"),
        (1.23456, "1.23"),
        (123.456, "123"),
        (0.0123456, "0.0123"),
        (2e-9, "2.00e-09"),
        (5e7, "5.00e+07"),
    ],
)
def test_number_has_three_digits(number, text):
    assert format_number(number) == text


def test_rounding_does_not_make_certainty_doubtful():
    assert format_share(1 - 2e-16) == "100 %"
    assert format_share(3e-17) == "0 %"


def table(n_columns: int) -> Table:
    columns = (("case", "text"), *((f"measure_{k}", "number") for k in range(n_columns)))
    rows = tuple((case, *range(n_columns)) for case in ("solved", "stay-out"))
    return Table("made", "A table", columns, rows)


def test_columns_stand_under_their_names():
    text = render(table(2), 80).splitlines()
    assert text == [
        "A table",
        "  case      measure_0  measure_1",
        "  solved            0          1",
        "  stay-out          0          1",
    ]


@pytest.mark.parametrize("width", [30, 60, 100])
def test_wide_table_is_folded_and_loses_no_column(width):
    text = render(table(12), width)
    assert max(map(len, text.splitlines())) <= width
    assert all(f"measure_{k}" in text for k in range(12))
    assert text.count("solved") == text.count("  case ")


def test_column_wider_than_the_page_is_shown_whole():
    wide = Table("made", "A table", (("case", "text"), ("x" * 90, "text")), (("a", "y" * 90),))
    assert "y" * 90 in render(wide, 40)


def test_nothing_is_shown_as_a_dash_and_written_as_empty():
    made = Table("made", "A", (("case", "text"), ("share", "share")), (("a", None),))
    assert render(made).splitlines()[-1] == "  a         -"
    assert to_csv(made).splitlines()[-1] == "a,"


def test_csv_keeps_every_digit():
    made = Table("made", "A", (("case", "text"), ("share", "share")), (("a, b", 0.1 + 0.2),))
    rows = list(csv.reader(io.StringIO(to_csv(made))))
    assert rows[1][0] == "a, b"
    assert float(rows[1][1]) == 0.1 + 0.2
