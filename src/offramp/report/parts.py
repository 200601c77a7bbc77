"""What answers are laid out from: tables, and lines that belong together."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable
from dataclasses import dataclass

from offramp.report.tables import Table, render

__all__ = ["Lines", "Part", "as_text"]

INDENT = 2


@dataclass(frozen=True)
class Lines:
    """Lines that belong together; those that are led by blanks stand below the one before.

    Attributes:
        whole: Never broken, to be copied.
    """

    lines: tuple[str, ...]
    whole: bool = False

    @classmethod
    def of(cls, *lines: str) -> Lines:
        """Return lines that are broken where they are too long."""
        return cls(lines)

    @classmethod
    def below(cls, heading: str, lines: Iterable[str]) -> Lines:
        """Return lines under a heading."""
        return cls((heading, *(" " * INDENT + line for line in lines)))


Part = Table | Lines


def as_text(parts: Iterable[Part], width: int) -> str:
    """Write parts as lines of at most a width, where words and columns allow it."""
    return "\n\n".join(
        render(part, width) if isinstance(part, Table) else _filled(part, width)
        for part in parts
        if (part.rows if isinstance(part, Table) else part.lines)
    )


def _filled(part: Lines, width: int) -> str:
    return "\n".join(line if part.whole else _broken(line, width) for line in part.lines)


def _broken(line: str, width: int) -> str:
    text = line.lstrip(" ")
    indent = " " * (len(line) - len(text))
    after = indent + " " * INDENT if indent else ""
    return textwrap.fill(text, width, initial_indent=indent, subsequent_indent=after)
