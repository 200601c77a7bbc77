"""YAML text to plain data, with the place of every key and value.

A scenario file is data from a stranger. It is read as a stream of *events*, which this module
builds into dicts, lists and scalars in a loop of its own: nothing recurses, no tag constructs an
object, and depth, size and the expansion of aliases are bounded. Plain scalars follow the core
schema of YAML 1.2, so that `no`, `on` and `12:30` stay text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from offramp.errors import Location, Problem, ScenarioError

__all__ = ["Document", "Place", "Step", "parse_yaml"]

MAX_BYTES = 4_000_000  # about a hundred times the largest scenario we ship
MAX_DEPTH = 40  # no honest scenario nests deeper than about 12
MAX_NODES = 200_000  # after aliases have been expanded; a bomb doubles with every line
MAX_DIGITS = 300  # of a number; longer ones are none, and slow to make

Step: TypeAlias = str | int | float | bool | None  # a key of a mapping or a position in a list
Path: TypeAlias = tuple[Step, ...]

_INT = re.compile(r"[-+]?[0-9]+\Z")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?\Z")
_WORDS = {
    "": None,
    "~": None,
    "null": None,
    "Null": None,
    "NULL": None,
    "true": True,
    "True": True,
    "TRUE": True,
    "false": False,
    "False": False,
    "FALSE": False,
    ".inf": float("inf"),
    ".Inf": float("inf"),
    "+.inf": float("inf"),
    "-.inf": float("-inf"),
    ".nan": float("nan"),
    ".NaN": float("nan"),
}


@dataclass(frozen=True)
class Place:
    """Where a value stands, counted from 0, and its key if it has one.

    Attributes:
        quote: Characters before the text proper (1 if quoted); -1 where columns inside the value
            cannot be told (it spans lines, or is no scalar).
    """

    line: int
    column: int
    width: int
    quote: int = -1
    key: tuple[int, int, int] | None = None  # line, column, width


@dataclass(frozen=True)
class Document:
    """A file as plain data, and where everything stands in it.

    Two documents are equal whatever file they were read from: where a scenario stands is no part
    of what it says.
    """

    file: str = field(default="", compare=False)
    data: Any = field(default=None, compare=False, repr=False)
    lines: Sequence[str] = field(default=(), compare=False, repr=False)
    places: dict[Path, Place] = field(default_factory=dict, compare=False, repr=False)

    def locate(self, path: Path, *, key: bool = False) -> Location | None:
        """Return where the value (or, with `key`, its key) at `path` stands.

        Steps that the file does not have (because a short form was spelled out, or because the
        entry is missing) are skipped, so that the nearest existing place is found.
        """
        place = self._nearest(path)
        if place is None:
            return None
        if key and place.key is not None:
            return self.location(*place.key)
        return self.location(place.line, place.column, place.width)

    def locate_text(self, path: Path, start: int, end: int) -> Location | None:
        """Return where characters `start` to `end` of the text at `path` stand."""
        place = self._nearest(path)
        if place is None or place.quote < 0:
            return self.locate(path)
        return self.location(place.line, place.column + place.quote + start, max(1, end - start))

    def find(self, name: str) -> Location | None:
        """Return where the entry stands that `name` calls by its path in words."""
        for path in self.places:
            if self.name(path) == name:
                return self.locate(path)
        return None

    def location(self, line: int, column: int, width: int = 1) -> Location:
        """Return the place at a line and column that count from 0."""
        text = self.lines[line] if line < len(self.lines) else ""
        return Location(self.file, line + 1, column + 1, text, width)

    def _nearest(self, path: Path) -> Place | None:
        """Return the place at `path`, or of what holds it (values under an alias have none)."""
        real = self.real(path)
        while real and real not in self.places:
            real = real[:-1]
        return self.places.get(real)

    def real(self, path: Path) -> Path:
        """Return the steps of `path` that exist in the file."""
        node: Any = self.data
        kept = []
        for step in path:
            is_entry = isinstance(node, dict) and step in node
            if is_entry or (isinstance(node, list) and step in range(len(node))):
                node = node[step]
                kept.append(step)
        return tuple(kept)

    def name(self, path: Path) -> str:
        """Return the path in words: `stages[answer].actions.fight.effects[1]`, counting from 1.

        Steps that the file does not have are left out, but for the last.
        """
        real = self.real(path)
        node, words = self.data, ""
        for step in real if real[-1:] == path[-1:] else (*real, *path[-1:]):
            inside = None
            if isinstance(node, dict):
                inside = node.get(step)
            elif isinstance(node, list) and isinstance(step, int) and step < len(node):
                inside = node[step]
            if isinstance(step, int) and not isinstance(node, dict):
                words += f"[{_label(inside, step)}]"
            else:
                words += f".{step}" if words else str(step)
            node = inside
        return words


def _label(item: Any, position: int) -> str:
    """Return what a list entry is called: its `name` or `use`, else its number from 1."""
    if isinstance(item, dict):
        for word in ("name", "use"):
            if isinstance(item.get(word), str):
                return str(item[word])
    return str(position + 1)


def parse_yaml(raw: bytes, file: str) -> Document:
    """Return the one document in `raw`.

    Raises:
        ScenarioError: with every problem found: S104 to S116.
    """
    if len(raw) > MAX_BYTES:
        raise ScenarioError(_too_large(file, len(raw)))
    text = _decode(raw, file)
    lines = text.splitlines()
    if not text.strip():
        raise ScenarioError(
            Problem(
                "S103",
                "The file is empty.",
                Location(file, 0, 0),
                fix="write a scenario "
                "into it; `offramp new NAME` writes a commented one to start from.",
            )
        )
    builder = _Builder(file, lines)
    builder.read(text)
    if builder.problems:
        raise ScenarioError(builder.problems)
    return Document(file, builder.data, lines, builder.places)


def _too_large(file: str, size: int) -> Problem:
    return Problem(
        "S110",
        f"The file has {size / 1e6:.1f} MB; a scenario may have {MAX_BYTES / 1e6:.0f} MB.",
        Location(file, 0, 0),
        fix="keep bulk data in a CSV file beside the scenario.",
    )


def _decode(raw: bytes, file: str) -> str:
    """Return the text of the file, without byte order mark."""
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = raw[: error.start]
        line = before.count(b"\n")
        column = error.start - (before.rfind(b"\n") + 1)
        shown = raw.splitlines()[line].decode("utf-8", "replace")
        raise ScenarioError(
            Problem(
                "S104",
                f"Byte 0x{raw[error.start]:02x} is not UTF-8 text.",
                Location(file, line + 1, column + 1, shown),
                fix="save the file as UTF-8.",
            )
        ) from None


def _resolve(text: str) -> Step:
    """Return what a plain scalar stands for under the core schema of YAML 1.2."""
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in "+-.0123456789":
        return text
    if len(text) > MAX_DIGITS:
        return text
    if _INT.match(text):
        return int(text)
    if _FLOAT.match(text):
        return float(text)
    return text


class _Stop(Exception):  # noqa: N818  (never leaves this module)
    """A limit was passed; what follows cannot be read."""


@dataclass
class _Frame:
    """A collection under construction."""

    node: Any
    path: Path
    anchor: str | None
    key: Step = None
    key_place: tuple[int, int, int] | None = None
    expects_key: bool = True
    size: int = 1  # nodes in it, aliases expanded


class _Builder:
    """Builds plain data from YAML events, in a loop and with bounds."""

    def __init__(self, file: str, lines: Sequence[str]) -> None:
        self.file = file
        self.lines = lines
        self.data: Any = None
        self.places: dict[Path, Place] = {}
        self.problems: list[Problem] = []
        self.stack: list[_Frame] = []
        self.anchors: dict[str, tuple[Any, int]] = {}
        self.n_nodes = 0
        self.n_documents = 0

    def read(self, text: str) -> None:
        """Read all events; problems are collected in `problems`."""
        try:
            for event in self._events(text):
                self._take(event)
        except _Stop:
            return

    def _events(self, text: str) -> Iterator[Any]:
        from ruamel.yaml.error import MarkedYAMLError, YAMLError

        parser = _event_parser(text)
        try:
            while parser.check_event():
                yield parser.get_event()
        except MarkedYAMLError as error:
            self._syntax(error)
        except (YAMLError, ValueError) as error:
            self._unreadable(error)

    def _take(self, event: Any) -> None:
        kind = type(event).__name__
        if kind == "ScalarEvent":
            self._scalar(event)
        elif kind == "MappingStartEvent":
            self._open(event, {})
        elif kind == "SequenceStartEvent":
            self._open(event, [])
        elif kind in ("MappingEndEvent", "SequenceEndEvent"):
            self._close()
        elif kind == "AliasEvent":
            self._alias(event)
        elif kind == "DocumentStartEvent":
            self.n_documents += 1
            if self.n_documents > 1:
                self._stop(
                    "S114",
                    "A second document starts here; a scenario is one document.",
                    event,
                    "remove the `---` and what follows, or make it a file of its own.",
                )

    # --- nodes ---------------------------------------------------------------------------------

    def _scalar(self, event: Any) -> None:
        self._check_tag(event)
        plain = event.style in (None, "")
        value: Step = _resolve(event.value) if plain and event.implicit[0] else event.value
        start, end = event.start_mark, event.end_mark
        quote = -1
        if start.line == end.line and event.style in (None, "", "'", '"'):
            quote = 0 if plain else 1
            if not plain and end.column - start.column != len(event.value) + 2:
                quote = -1  # escapes inside: columns do not map one to one
        width = end.column - start.column if start.line == end.line else 1
        frame = self.stack[-1] if self.stack else None
        if frame is not None and isinstance(frame.node, dict) and frame.expects_key:
            self._key(frame, value, (start.line, start.column, max(1, width)), event)
            return
        if event.anchor:
            self.anchors[event.anchor] = (value, 1)
        self._attach(value, Place(start.line, start.column, max(1, width), quote), 1, event)

    def _key(self, frame: _Frame, key: Step, place: tuple[int, int, int], event: Any) -> None:
        if key is None or isinstance(key, bool):
            key = event.value or "~"
        if key in frame.node:
            first = self.places.get((*frame.path, key))
            line = first.key[0] + 1 if first and first.key else 0
            self.problems.append(
                Problem(
                    "S107",
                    f"'{key}' stands twice in this mapping (first in line {line}).",
                    self._at(event, place[2]),
                    ".".join(map(str, (*frame.path, key))),
                    fix="keep one of the two; YAML readers differ in which they would take.",
                )
            )
        frame.key, frame.key_place, frame.expects_key = key, place, False

    def _open(self, event: Any, node: Any) -> None:
        self._check_tag(event)
        frame = self.stack[-1] if self.stack else None
        if frame is not None and isinstance(frame.node, dict) and frame.expects_key:
            self._stop(
                "S115",
                "A list or mapping stands where a key was expected.",
                event,
                "quote the text if braces or brackets belong to it.",
            )
        if len(self.stack) >= MAX_DEPTH:
            self._stop(
                "S108",
                f"Lists and mappings are nested deeper than {MAX_DEPTH} levels.",
                event,
                "flatten the file; no part of a scenario needs such depth.",
            )
        path = self._next_path()
        mark = event.start_mark
        self._attach(node, Place(mark.line, mark.column, 1), 1, event)
        self.stack.append(_Frame(node, path, event.anchor))

    def _close(self) -> None:
        frame = self.stack.pop()
        if frame.anchor:
            self.anchors[frame.anchor] = (frame.node, frame.size)
        if self.stack:
            self.stack[-1].size += frame.size

    def _alias(self, event: Any) -> None:
        if event.anchor not in self.anchors:
            self._stop(
                "S106",
                f"The alias '*{event.anchor}' has no anchor '&{event.anchor}' before it.",
                event,
                "name an anchor that stands earlier, or quote the text.",
            )
        node, size = self.anchors[event.anchor]
        frame = self.stack[-1] if self.stack else None
        if frame is not None and isinstance(frame.node, dict) and frame.expects_key:
            self._stop(
                "S115", "An alias stands where a key was expected.", event, "write the key out."
            )
        mark = event.start_mark
        self._attach(node, Place(mark.line, mark.column, len(event.anchor) + 1), size, event)
        if frame is not None and size > 1:
            frame.size += size

    def _attach(self, value: Any, place: Place, size: int, event: Any) -> None:
        """Put a finished or opened node where it belongs, and remember its place."""
        self.n_nodes += size
        if self.n_nodes > MAX_NODES:
            self._stop(
                "S109",
                f"The file stands for more than {MAX_NODES:,} values once its aliases "
                "are expanded.",
                event,
                "write fewer aliases of aliases.",
            )
        path = self._next_path()
        if not self.stack:
            self.data = value
            self.places[()] = place
            return
        frame = self.stack[-1]
        if isinstance(frame.node, dict):
            frame.node[frame.key] = value
            place = Place(place.line, place.column, place.width, place.quote, frame.key_place)
            frame.expects_key = True
        else:
            frame.node.append(value)
        if not isinstance(value, (dict, list)):
            frame.size += 1
        self.places[path] = place

    def _next_path(self) -> Path:
        if not self.stack:
            return ()
        frame = self.stack[-1]
        step = frame.key if isinstance(frame.node, dict) else len(frame.node)
        return (*frame.path, step)

    # --- problems ------------------------------------------------------------------------------

    def _check_tag(self, event: Any) -> None:
        tag = event.tag
        if tag is not None and str(tag) not in ("!", ""):
            self.problems.append(
                Problem(
                    "S111",
                    f"The tag '{tag}' asks for an object; a scenario is plain data.",
                    self._at(event),
                    fix="remove the tag.",
                )
            )

    def _stop(self, code: str, message: str, event: Any, fix: str) -> None:
        self.problems.append(Problem(code, message, self._at(event), fix=fix))
        raise _Stop

    def _at(self, event: Any, width: int = 1) -> Location:
        mark = event.start_mark
        text = self.lines[mark.line] if mark.line < len(self.lines) else ""
        return Location(self.file, mark.line + 1, mark.column + 1, text, width)

    def _syntax(self, error: Any) -> None:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line, mark.column) if mark else (0, 0)
        text = self.lines[line] if line < len(self.lines) else ""
        where = Location(self.file, line + 1, column + 1, text)
        indent = text[: len(text) - len(text.lstrip())]
        if "\t" in indent or text[column : column + 1] == "\t":
            where = Location(self.file, line + 1, max(1, text.find("\t") + 1), text)
            self.problems.append(
                Problem(
                    "S105",
                    "A tab stands where YAML wants spaces.",
                    where,
                    fix="indent with spaces.",
                )
            )
            return
        told = " ".join(filter(None, (error.context, error.problem)))
        self.problems.append(
            Problem(
                "S106",
                f"This is not YAML: {told}.",
                where,
                fix="close what is open before this place (quotes, brackets, braces), and quote "
                "text that holds `: `, ` #` or starts with one of `*&!%@[{`.",
            )
        )

    def _unreadable(self, error: Exception) -> None:
        position = getattr(error, "position", None)
        line = 0
        if isinstance(position, int):
            line = "\n".join(self.lines)[:position].count("\n")
        self.problems.append(
            Problem(
                "S112",
                "The file holds a control character that no text has.",
                Location(self.file, line + 1, 1),
                fix="remove it.",
            )
        )


def _event_parser(text: str) -> Any:
    """Return a YAML event parser over `text`: libyaml's where it is installed."""
    try:
        from _ruamel_yaml import CParser  # type: ignore[import-not-found]
    except ImportError:
        from ruamel.yaml import YAML

        yaml = YAML(typ="safe", pure=True)
        _, parser = yaml.get_constructor_parser(text)
        return parser
    return CParser(text)
