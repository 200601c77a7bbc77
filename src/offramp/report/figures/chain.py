"""The argument chain: an essay's steps as a graph, premises left, conclusions right.

A box is a step with the claims that it holds and how they stand; an arrow leads from a claim to the
step that rests on it. A dashed step is one that the essay does not state.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from offramp.report.answers import EssayAnswer, EssayClaimRow, StepRow, TestedClaim
from offramp.report.figures.svg import Markup, document, label, named, tag
from offramp.report.figures.words import wrap

__all__ = ["chain_svg", "chains_svg"]

BOX, APART = 268.0, 56.0  # width of a box, and from column to column
BETWEEN = 14.0  # from box to box in a column
PAD, LINE = 10.0, 15.0
SIZE, SMALL = 12.0, 11.0
HEAD = 66.0
CLAIM_LINES, STEP_LINES, NOTE_LINES = 3, 3, 2
BESIDE = 1320.0  # two chains stand side by side if both fit in this width
MARKS = {"holds": "●", "fails": "○", "undecided": "◐"}
UNTESTED = "□"  # beside a claim without a verdict


@dataclass(frozen=True)
class _Line:
    """A piece of a box: its lines, and how far down they begin."""

    lines: tuple[str, ...]
    size: float
    class_: str
    whole: str
    bold: bool = False
    claim: str | None = None
    verdict: str | None = None


@dataclass(frozen=True)
class _Box:
    """A step with all that is written in it; `step` is its place in the essay."""

    step: int
    layer: int
    stated: bool
    pieces: tuple[_Line, ...]

    @property
    def height(self) -> float:
        return 2 * PAD + sum(_height(piece) for piece in self.pieces)

    def claim_height(self, claim: str) -> float:
        """Return how far down the middle of a claim's lines is."""
        y = PAD
        for piece in self.pieces:
            if piece.claim == claim:
                return y + _height(piece) / 2
            y += _height(piece)
        return self.height / 2


def _height(piece: _Line) -> float:
    return LINE * len(piece.lines) + 4.0


def chain_svg(essay: EssayAnswer) -> str:
    """Return the argument chain of an essay as SVG."""
    chain = _Chain(essay)
    return document(
        "chain", chain.width, chain.height, _title(essay), _says(essay), *chain.parts(0.0, 0.0)
    )


def chains_svg(essay: EssayAnswer, counter: EssayAnswer) -> str:
    """Return an essay's chain beside its counter-essay's; above it if both are wide."""
    first, second = _Chain(essay), _Chain(counter)
    beside = first.width + second.width <= BESIDE
    x, y = (first.width, 0.0) if beside else (0.0, first.height + 20.0)
    width = max(first.width, x + second.width)
    height = max(first.height, y + second.height)
    title = f"{_title(essay)}; against it: {_title(counter)}"
    parts = [*first.parts(0.0, 0.0), *second.parts(x, y)]
    return document("chain", width, height, title, f"{_says(essay)} {_says(counter)}", *parts)


def _title(essay: EssayAnswer) -> str:
    return f"What the {essay.essay.kind} “{essay.essay.heading}” argues"


def _says(essay: EssayAnswer) -> str:
    n_unstated = sum(not step.stated for step in essay.steps)
    held = dict.fromkeys(name for step in essay.steps for name in step.holds)
    told = [f"{row.claim} {_standing(row)[1]}" for name in held for row in _rows(essay, name)]
    return (
        f"{essay.essay.heading}: {len(essay.steps)} steps, {n_unstated} of them unstated. "
        f"Claims: {'; '.join(told) or 'none'}."
    )


def _rows(essay: EssayAnswer, name: str) -> list[EssayClaimRow]:
    return [row for row in essay.claims if row.claim == name]


class _Chain:
    """One essay's boxes and arrows."""

    def __init__(self, essay: EssayAnswer) -> None:
        self.essay = essay
        layers = _layers(essay.steps)
        self.boxes = [
            _Box(i, layers[i], step.stated, tuple(self._pieces(step)))
            for i, step in enumerate(essay.steps)
        ]
        self.n_layers = max(layers, default=0) + 1
        self.place = self._placed()
        self.width = 2 * 16.0 + self.n_layers * BOX + (self.n_layers - 1) * APART
        bottom = max((self.place[b.step][1] + b.height for b in self.boxes), default=HEAD)
        self.height = bottom + 58.0

    def _pieces(self, step: StepRow) -> Iterable[_Line]:
        room = BOX - 2 * PAD
        told = step.says if step.stated else f"{step.says} (unstated)"
        yield _Line(tuple(wrap(told, room, SIZE, STEP_LINES)), SIZE, "of-ink", told, bold=True)
        for name in step.holds:
            row = next(iter(_rows(self.essay, name)), None)
            mark, standing = _standing(row)
            said = f": {row.says}" if row is not None else ""
            whole = f"{mark} {name} {standing}{said}"
            yield _Line(
                tuple(wrap(whole, room, SMALL, CLAIM_LINES)), SMALL, "of-ink", whole,
                claim=name, verdict=standing,
            )  # fmt: skip
        for word, names in (("through", step.through), ("needs", self._assumed(step))):
            if names:
                whole = f"{word} {', '.join(names)}"
                lines = wrap(whole, room, SMALL, NOTE_LINES)
                yield _Line(tuple(lines), SMALL, "of-quiet", whole)
        loose = self._from_outside(step)
        if loose:
            whole = f"because of {', '.join(loose)}"
            yield _Line(tuple(wrap(whole, room, SMALL, NOTE_LINES)), SMALL, "of-quiet", whole)

    def _assumed(self, step: StepRow) -> list[str]:
        known = {row.id: row for row in self.essay.assumptions}
        return [f"{name} ({known[name].says})" if name in known else name for name in step.needs]

    def _from_outside(self, step: StepRow) -> list[str]:
        """Return the claims that a step rests on and that no step holds."""
        held = {name for other in self.essay.steps for name in other.holds}
        return [name for name in step.because if name not in held]

    def _placed(self) -> dict[int, tuple[float, float]]:
        """Return the upper left corner of each box, columns being centred on one another."""
        columns = [[b for b in self.boxes if b.layer == n] for n in range(self.n_layers)]
        heights = [sum(b.height + BETWEEN for b in column) - BETWEEN for column in columns]
        tallest, place = max(heights, default=0.0), {}
        for n, column in enumerate(columns):
            y = HEAD + (tallest - heights[n]) / 2
            for box in column:
                place[box.step] = (16.0 + n * (BOX + APART), y)
                y += box.height + BETWEEN
        return place

    def parts(self, x: float, y: float) -> list[Markup]:
        """Return the chain, moved to a place."""
        body = [*self._head(), *self._arrows(), *map(self._drawn, self.boxes), *self._legend()]
        return [tag("g", *body, transform=f"translate({x:.1f} {y:.1f})", class_="of-argument",
                    data_essay=self.essay.essay.id)]  # fmt: skip

    def _head(self) -> list[Markup]:
        one = self.essay.essay
        room = self.width - 32.0
        told = one.heading
        by = f"{one.kind} by {one.author}, {one.date}"
        return [
            label(16, 22, *wrap(told, room, 14.0, 1), size=14.0, bold=True, whole=told),
            label(16, 41, *wrap(by, room, SMALL, 1), size=SMALL, class_="of-quiet", whole=by),
        ]

    def _drawn(self, box: _Box) -> Markup:
        x, y = self.place[box.step]
        step = self.essay.steps[box.step]
        dash = None if box.stated else "6 4"
        parts = [
            tag("rect", x=x, y=y, width=BOX, height=box.height, rx=6, class_="of-box",
                stroke_dasharray=dash)
        ]  # fmt: skip
        down = y + PAD
        for piece in box.pieces:
            drawn = label(x + PAD, down + 0.8 * LINE, *piece.lines, size=piece.size,
                          class_=piece.class_, bold=piece.bold, whole=piece.whole)  # fmt: skip
            parts.append(
                tag("g", drawn, class_="of-claim", data_claim=piece.claim,
                    data_verdict=piece.verdict) if piece.claim else drawn
            )  # fmt: skip
            down += _height(piece)
        stated = "stated" if box.stated else "unstated"
        return named(f"{stated} step: {step.says}", *parts, class_="of-step",
                     data_step=box.step, data_stated=str(box.stated).lower())  # fmt: skip

    def _arrows(self) -> Iterable[Markup]:
        for box in self.boxes:
            step = self.essay.steps[box.step]
            for claim in step.because:
                for other in self.boxes:
                    if claim in self.essay.steps[other.step].holds and other is not box:
                        yield self._arrow(other, claim, box)

    def _arrow(self, source: _Box, claim: str, target: _Box) -> Markup:
        x, y = self.place[source.step]
        to_x, to_y = self.place[target.step]
        x, y = x + BOX, y + source.claim_height(claim)
        to_x, to_y = to_x - 2, to_y + target.height / 2
        bend = x + (to_x - x) / 2
        path = f"M{x:.1f} {y:.1f}C{bend:.1f} {y:.1f} {bend:.1f} {to_y:.1f} {to_x:.1f} {to_y:.1f}"
        tip = f"M{to_x - 8:.1f} {to_y - 4:.1f}L{to_x:.1f} {to_y:.1f}L{to_x - 8:.1f} {to_y + 4:.1f}"
        dash = None if target.stated else "6 4"
        told = f"{claim} supports: {self.essay.steps[target.step].says}"
        return named(
            told,
            tag("path", d=path, class_="of-line-ink", stroke_width=1.3, stroke_dasharray=dash),
            tag("path", d=tip, class_="of-line-ink", stroke_width=1.3),
            class_="of-because", data_claim=claim, data_from=source.step, data_to=target.step,
        )  # fmt: skip

    def _legend(self) -> list[Markup]:
        y = self.height - 30.0
        told = (
            "From left to right, what rests on what. Solid: the essay says it; dashed: unstated. "
            "Claims: ● holds, ○ fails, ◐ undecided, □ not tested."
        )
        room = self.width - 32.0
        return [label(16, y, *wrap(told, room, SMALL, 3), size=SMALL, class_="of-quiet")]


def _layers(steps: Sequence[StepRow]) -> list[int]:
    """Return the column of each step: right of all that it rests on.

    Steps that hold the same claim stand in one column. An essay's claims never rest on themselves,
    so that this ends.
    """
    layer = [0] * len(steps)
    for _ in steps:
        reached: dict[str, int] = {}
        for i, step in enumerate(steps):
            for name in step.holds:
                reached[name] = max(reached.get(name, 0), layer[i])
        new = [
            max(
                [layer[i], *(reached[n] + 1 for n in step.because if n in reached),
                 *(reached[n] for n in step.holds)]
            )
            for i, step in enumerate(steps)
        ]  # fmt: skip
        if new == layer:
            break
        layer = new
    return layer


def _standing(row: EssayClaimRow | None) -> tuple[str, str]:
    """Return a mark and words for how a claim stands, over all scenario claims that test it."""
    tested = [one for one in row.tested if one.verdict is not None] if row is not None else []
    if not tested:
        return UNTESTED, "(not tested)"
    verdicts = {one.verdict for one in tested}
    told = "; ".join(dict.fromkeys(_verdict_words(one) for one in tested))
    mark = MARKS[tested[0].verdict or ""] if len(verdicts) == 1 else MARKS["undecided"]
    return mark, f"({told})"


def _verdict_words(one: TestedClaim) -> str:
    word = one.verdict or "undecided"
    return f"{word}, {one.label}" if one.label and one.label != word else word
