"""Tables: what a result says, once as numbers for a file and once as text for a screen.

A `Table` holds raw numbers; `render` writes them for reading (shares as per cent, three
significant digits), `to_csv` for computing (every digit). Columns that do not fit the width are
folded into further blocks under the same row names, so that nothing is cut off.
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

__all__ = [
    "ROUNDING",
    "Cell",
    "Chance",
    "Kind",
    "Miss",
    "Table",
    "format_miss",
    "format_number",
    "format_share",
    "render",
    "table_cell",
    "to_csv",
]

Kind = Literal["text", "share", "number"]
Cell = str | float | int | None


class Chance(float):
    """A probability that stands in a column of other numbers: shown as per cent."""


class Miss(float):
    """By how much something is missed: what rounding leaves is shown as less than that."""


GAP = "  "
FORMULA = ("=", "+", "-", "@", "\t", "\r")  # what a spreadsheet would compute
ROUNDING = 1e-12  # what sums of probabilities may miss 0 or 1 by
NONE = "-"  # shown where there is nothing to say, never a bare NaN


@dataclass(frozen=True)
class Table:
    """Rows of cells under named columns.

    Attributes:
        name: What its file is called, without ending.
        title: One line above it.
        columns: Name and kind of each column; `share` cells are probabilities in [0, 1].
        rows: One cell per column; None where the question does not arise.
        n_keys: The first so many columns name the row and are repeated when the table is folded.
        note: A sentence below it, if it needs one.
    """

    name: str
    title: str
    columns: tuple[tuple[str, Kind], ...]
    rows: tuple[tuple[Cell, ...], ...]
    n_keys: int = 1
    note: str = ""


def format_share(share: float) -> str:
    """Write a probability as per cent: whole where that says enough, finer near 0 and 1.

    A share that is not 0 (or 1), but for rounding, is never shown as 0 % (or 100 %).
    """
    if min(abs(share), abs(share - 1.0)) < ROUNDING:
        return f"{round(share):.0%}".replace("%", " %")
    percent = 100 * share
    if percent < 0.001:
        return "<0.001 %"
    if percent > 99.99:
        return ">99.99 %"
    edge = min(percent, 100 - percent)
    decimals = 0 if edge >= 9.95 else 1 if edge >= 0.95 else 1 - math.floor(math.log10(edge))
    return f"{percent:.{decimals}f} %"


def format_number(number: float) -> str:
    """Write a number with three significant digits, whole numbers in full."""
    if not math.isfinite(number):
        return NONE if math.isnan(number) else f"{'-' if number < 0 else ''}infinite"
    if number == int(number) and abs(number) < 1e6:
        return str(int(number))
    if 0.001 <= abs(number) < 1e6:
        decimals = max(0, 2 - math.floor(math.log10(abs(number))))
        return f"{number:.{decimals}f}"
    return f"{number:.2e}"


def counted(n: int, what: str) -> str:
    """Write how many there are of something, such as `1 world` or `1,000 worlds`."""
    return f"{n:,} {what}" if n == 1 else f"{n:,} {what}s"


def format_miss(size: float) -> str:
    """Write by how much something is missed; below rounding digits say nothing."""
    return f"<{ROUNDING:g}" if abs(size) < ROUNDING else format_number(size)


def render(table: Table, width: int = 100) -> str:
    """Lay a table out as lines of at most `width` characters where its columns allow it."""
    cells = [
        [_format(cell, kind) for cell, (_, kind) in zip(row, table.columns, strict=True)]
        for row in table.rows
    ]
    names = [name for name, _ in table.columns]
    widths = [max(map(len, [name, *(row[c] for row in cells)])) for c, name in enumerate(names)]
    lines = [table.title]
    for block in _fold(widths, table.n_keys, width):
        lines += [_line([names[c] for c in block], [widths[c] for c in block], table, block)]
        lines += [
            _line([row[c] for c in block], [widths[c] for c in block], table, block)
            for row in cells
        ]
    if table.note:
        lines.append(table.note)
    return "\n".join(lines)


def to_csv(table: Table) -> str:
    """Write a table as comma-separated values, numbers with every digit, nothing as empty."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([name for name, _ in table.columns])
    writer.writerows([_as_text(cell) for cell in row] for row in table.rows)
    return text.getvalue()


def table_cell(cell: Cell, kind: Kind) -> str:
    """Write one cell as it is shown in a table."""
    return _format(cell, kind)


def _as_text(cell: Cell) -> Cell:
    """Return a cell that no program takes for a formula: such text is led by an apostrophe."""
    is_formula = isinstance(cell, str) and len(cell) > 1 and cell.startswith(FORMULA)
    return f"'{cell}" if is_formula else cell


def _format(cell: Cell, kind: Kind) -> str:
    if cell is None or (isinstance(cell, float) and not math.isfinite(cell)):
        return NONE
    if isinstance(cell, str):
        return cell
    if isinstance(cell, Miss):
        return format_miss(cell)
    is_share = kind == "share" or isinstance(cell, Chance)
    return format_share(cell) if is_share else format_number(cell)


def _fold(widths: Sequence[int], n_keys: int, width: int) -> list[list[int]]:
    """Group the columns after the keys into blocks that fit; a block has at least one."""
    keys = list(range(n_keys))
    used = sum(widths[c] + len(GAP) for c in keys)
    blocks = [list(keys)]
    room = width - used
    for c in range(n_keys, len(widths)):
        need = widths[c] + len(GAP)
        if need > room and len(blocks[-1]) > n_keys:
            blocks.append(list(keys))
            room = width - used
        blocks[-1].append(c)
        room -= need
    return blocks


def _line(cells: Sequence[str], widths: Sequence[int], table: Table, block: Sequence[int]) -> str:
    """Text stands at the left of its column, numbers at the right."""
    padded = [
        cell.ljust(w) if table.columns[c][1] == "text" else cell.rjust(w)
        for cell, w, c in zip(cells, widths, block, strict=True)
    ]
    return ("  " + GAP.join(padded)).rstrip()
