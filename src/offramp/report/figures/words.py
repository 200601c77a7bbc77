"""Words in figures: how wide they are, where they break, and how what is too long is cut."""

from __future__ import annotations

import unicodedata

__all__ = ["ELLIPSIS", "cut", "printable", "text_width", "visible", "wrap"]

ELLIPSIS = "…"
AVERAGE = 0.56  # of the font size: how wide a letter is, on the safe side for sans-serif letters
WIDE = 1.05  # the same of letters that East Asian scripts write at full width


def printable(text: str) -> str:
    """Return text without what no document may hold, and without overrides of its direction.

    Whatever would be lost is shown as the replacement character. Lines become one.
    """
    return "".join(_shown(c) for c in " ".join(str(text).split()))


def visible(text: str) -> str:
    """Return lines of text without what would command a terminal, or turn what stands around."""
    return "".join(c if c == "\n" else _shown(c) for c in text)


def _shown(letter: str) -> str:
    # an override or an embedding that is not closed would turn the labels around it
    is_lost = unicodedata.category(letter) in ("Cc", "Cs", "Cn", "Co") or (
        "\u202a" <= letter <= "\u202e" or "\u2066" <= letter <= "\u2069"
    )
    return "\ufffd" if is_lost else letter


def text_width(text: str, size: float) -> float:
    """Return about how wide a line is, in the unit of the font size."""
    return size * sum(_letter_width(c) for c in text)


def _letter_width(letter: str) -> float:
    if unicodedata.combining(letter):
        return 0.0
    return WIDE if unicodedata.east_asian_width(letter) in "WF" else AVERAGE


def cut(text: str, length: int) -> str:
    """Return at most so many letters; an ellipsis shows that there were more."""
    shown = printable(text)
    return shown if len(shown) <= length else shown[: length - 1].rstrip() + ELLIPSIS


def wrap(text: str, width: float, size: float, most: int) -> list[str]:
    """Return lines no wider than `width`, `most` of them; the last one says if more is left out.

    Words are broken only where one alone is wider than a line.
    """
    lines, line = [], ""
    for word in printable(text).split():
        for piece in _pieces(word, width, size):
            longer = f"{line} {piece}".strip()
            if line and text_width(longer, size) > width:
                lines.append(line)
                line = piece
            else:
                line = longer
    lines.append(line)
    if len(lines) <= most:
        return lines
    last = lines[most - 1]
    while last and text_width(last + ELLIPSIS, size) > width:
        last = last[:-1]
    return [*lines[: most - 1], last.rstrip() + ELLIPSIS]


def _pieces(word: str, width: float, size: float) -> list[str]:
    pieces, piece = [], ""
    for letter in word:
        if piece and text_width(piece + letter, size) > width:
            pieces.append(piece)
            piece = ""
        piece += letter
    return [*pieces, piece]
