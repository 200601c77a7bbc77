"""The ladder flow: how play climbs, period by period, and where the ways off are.

Rungs stand on y, periods on x. The height of a bar is the chance that its rung is the highest that
anybody acts on in its period, and a ribbon's width the chance to go from one to the other: a whole
row is certainty. What enters a bar leaves it, to the next period or by an end of play.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from offramp.report.answers import CaseAnswer, RungExitRow, RungMoveRow
from offramp.report.figures.svg import Markup, document, label, named, rung_class, tag
from offramp.report.figures.words import cut, wrap
from offramp.report.tables import format_share

__all__ = ["LATER", "ladder_svg"]

MOST_PERIODS = 24  # drawn; what happens after them is one more way on
LATER = "later"  # stands for it
HORIZON = "horizon"
ROW, GAP = 58.0, 12.0  # height of a certain rung, and between rungs
LEFT, TOP = 168.0, 74.0
BAR, STUB = 9.0, 24.0
WIDEST, NARROWEST = 150.0, 58.0  # from period to period
USUAL = 860.0  # width that few periods share
LANE = 24.0
FEW = 0.02  # from this chance on, a bar is labelled; all say theirs on hovering
MARKS = ("◆", "■", "▲", "●", "✚", "▼")  # one per ending, beside its name
ON = "▶"  # play goes on: no end of a climb
NO_ACT = "no act on the ladder"


@dataclass(frozen=True)
class _Flow:
    """What is drawn: rows that tell their chance, those of late periods folded into one exit."""

    rungs: tuple[int | None, ...]
    n_periods: int
    moves: tuple[RungMoveRow, ...]
    exits: tuple[RungExitRow, ...]
    declared: tuple[str, ...]

    def chance(self, period: int, rung: int | None) -> float:
        return sum(m.chance for m in self.moves if (m.period, m.rung) == (period, rung))

    @property
    def endings(self) -> list[str]:
        """Ends of play that are reached, by name; what is no end of a climb stands last."""
        found = {row.ending for row in self.exits}
        listed = [*self.declared, *(row.ending for row in self.exits)]
        inner = [one for one in dict.fromkeys(listed) if one not in (LATER, HORIZON)]
        return [one for one in (*inner, HORIZON, LATER) if one in found]

    def mark(self, ending: str) -> str:
        """Return an ending's mark, which is the same in every case of a scenario."""
        if ending in (LATER, HORIZON):
            return ON
        listed = [*self.declared, *(row.ending for row in self.exits)]
        return MARKS[list(dict.fromkeys(listed)).index(ending) % len(MARKS)]


def ladder_svg(
    case: CaseAnswer,
    *,
    rungs: Mapping[int, str] | None = None,
    off_ramps: Mapping[str, str] | None = None,
) -> str:
    """Return the ladder flow of a case as SVG.

    Args:
        rungs: What the rungs are called.
        off_ramps: What kind of way off an ending is, by its name: `deterred`, `settled`, `stopped`
            or `exhausted`.
    """
    title = f"How it climbs, and where it ends: {case.case}"
    if not case.moves:
        told = "The event that this case is conditioned on never happens: there is nothing to show."
        return document("ladder", 640, 60, title, told, label(16, 34, told))
    flow = _flow_of(case)
    step = min(WIDEST, max(NARROWEST, (USUAL - LEFT) / (flow.n_periods + 0.5)))
    sheet = _Sheet(flow, dict(rungs or {}), dict(off_ramps or {}), step)
    return document("ladder", sheet.width, sheet.height, title, _says(case, flow), *sheet.parts())


def _flow_of(case: CaseAnswer) -> _Flow:
    n_periods = max(row.period for row in case.moves)
    shown = min(n_periods, MOST_PERIODS)
    exits = [row for row in case.exits if row.period <= shown]
    # what goes on beyond the last period that is drawn leaves it
    beyond: dict[int | None, float] = {}
    for move in case.moves:
        if move.period == shown + 1:
            beyond[move.before] = beyond.get(move.before, 0.0) + move.chance
    exits += [
        RungExitRow(period=shown, rung=rung, ending=LATER, chance=chance)
        for rung, chance in beyond.items()
    ]
    acted = {row.rung for row in case.climb} | {m.rung for m in case.moves if m.rung is not None}
    none = [None] if any(m.rung is None for m in case.moves) else []
    return _Flow(
        (*sorted(acted, reverse=True), *none),
        shown,
        tuple(row for row in case.moves if row.period <= shown),
        tuple(exits),
        tuple(row.ending for row in case.endings),
    )


def _says(case: CaseAnswer, flow: _Flow) -> str:
    ends = [(name, _total(flow, name)) for name in flow.endings]
    told = ", ".join(f"{_ending_words(name)} {format_share(chance)}" for name, chance in ends)
    return (
        f"Flow over {flow.n_periods} periods between rungs of the escalation ladder under the case "
        f"{case.case}. A bar's height is the chance that its rung is the highest acted on in a "
        f"period. How play ends: {told}."
    )


def _total(flow: _Flow, ending: str) -> float:
    return sum(row.chance for row in flow.exits if row.ending == ending)


def _ending_words(ending: str) -> str:
    return {HORIZON: "goes on to the last day", LATER: "goes on, not drawn"}.get(ending, ending)


class _Sheet:
    """Where everything stands."""

    def __init__(
        self, flow: _Flow, names: dict[int, str], kinds: dict[str, str], step: float
    ) -> None:
        self.flow, self.names, self.kinds, self.step = flow, names, kinds, step
        self.endings = flow.endings
        self.row_of = {rung: i for i, rung in enumerate(flow.rungs)}
        self.bottom = TOP + len(flow.rungs) * (ROW + GAP)
        self.width = LEFT + flow.n_periods * step + STUB + 56.0
        self.height = self.bottom + 44.0 + LANE * len(self.endings) + 12.0

    def x(self, period: int) -> float:
        """Return the left side of a period's bars."""
        return LEFT + (period - 1) * self.step + self.step / 2

    def top(self, period: int, rung: int | None) -> float:
        """Return the upper edge of a bar: it stands in the middle of its row."""
        spare = ROW * (1.0 - self.flow.chance(period, rung))
        return TOP + self.row_of[rung] * (ROW + GAP) + spare / 2

    def parts(self) -> list[Markup]:
        """Return everything, what lies below first."""
        periods = range(1, self.flow.n_periods + 1)
        return [
            *self._head(),
            *self._rows(),
            *self._ribbons(),
            *(part for row in self._placed_exits() for part in self._stub(*row)),
            *(bar for t in periods for rung in self.flow.rungs for bar in self._bar(t, rung)),
            *self._lanes(),
        ]

    def _head(self) -> list[Markup]:
        told = (
            "Width = chance; a full row is certainty. Higher up is more dangerous.",
            "A short ribbon to a mark is an off-ramp: the climb ends there, as named below.",
        )
        return [
            label(16, 20, *told, size=11.5, class_="of-quiet"),
            label(16, TOP - 10, "highest rung", size=11.5, class_="of-quiet"),
            *(
                label(self.x(t) + BAR / 2, TOP - 10, str(t), anchor="middle", size=11.5)
                for t in range(1, self.flow.n_periods + 1)
            ),
            label(self.x(1) - 14, TOP - 10, "period", size=11.5, class_="of-quiet", anchor="end"),
        ]

    def _rows(self) -> list[Markup]:
        parts: list[Markup] = []
        right = self.x(self.flow.n_periods) + BAR + STUB
        for rung, i in self.row_of.items():
            middle = TOP + i * (ROW + GAP) + ROW / 2
            called = NO_ACT if rung is None else self.names.get(rung, "")
            told = called if rung is None else f"{rung}  {called}" if called else f"rung {rung}"
            lines = wrap(told, LEFT - 30, 12.0, 3)
            y = middle + 4.0 - 7.5 * (len(lines) - 1)
            parts += [
                tag("line", x1=LEFT, x2=right, y1=middle, y2=middle, class_="of-line-grid"),
                tag("rect", x=12.0, y=middle - ROW / 2, width=5.0, height=ROW,
                    class_=rung_class(rung)),
                label(24, y, *lines, whole=told),
            ]  # fmt: skip
        return parts

    def _bar(self, period: int, rung: int | None) -> list[Markup]:
        chance = self.flow.chance(period, rung)
        if chance <= 0.0:
            return []
        x, y = self.x(period), self.top(period, rung)
        told = f"period {period}: {_rung_words(rung)} is the highest, {format_share(chance)}"
        bar = tag("rect", x=x, y=y, width=BAR, height=max(ROW * chance, 0.6),
                  class_=rung_class(rung))  # fmt: skip
        parts = [
            named(told, bar, class_="of-node", data_period=period, data_rung=_data(rung),
                  data_chance=chance)
        ]  # fmt: skip
        if chance >= FEW:
            parts.append(
                label(x + BAR / 2, y - 3, format_share(chance), size=10.5, anchor="middle",
                      class_="of-halo")
            )  # fmt: skip
        return parts

    def _ribbons(self) -> Iterable[Markup]:
        """Yield the ribbons; those that leave a bar leave it in the order of where they go."""
        order = {rung: i for i, rung in enumerate(self.flow.rungs)}
        for t in range(2, self.flow.n_periods + 1):
            moves = [m for m in self.flow.moves if m.period == t]
            left = {rung: self.top(t - 1, rung) for rung in self.flow.rungs}
            right = {rung: self.top(t, rung) for rung in self.flow.rungs}
            leaving = sorted(moves, key=lambda m: order[m.rung])
            start = {}
            for move in leaving:
                start[move.before, move.rung] = left[move.before]
                left[move.before] += ROW * move.chance
            for move in sorted(moves, key=lambda m: order[m.before]):
                y = right[move.rung]
                right[move.rung] += ROW * move.chance
                yield self._ribbon(move, start[move.before, move.rung], y)

    def _ribbon(self, move: RungMoveRow, y_from: float, y_to: float) -> Markup:
        told = (
            f"period {move.period - 1} to {move.period}: from {_rung_words(move.before)} to "
            f"{_rung_words(move.rung)}, {format_share(move.chance)}"
        )
        shape = _band(
            self.x(move.period - 1) + BAR, y_from, self.x(move.period), y_to, ROW * move.chance
        )
        ribbon = tag("path", d=shape, class_=rung_class(move.rung), fill_opacity="0.42")
        return named(told, ribbon, class_="of-ribbon", data_period=move.period,
                     data_before=_data(move.before), data_rung=_data(move.rung),
                     data_chance=move.chance)  # fmt: skip

    def _placed_exits(self) -> Iterable[tuple[RungExitRow, float]]:
        """Yield exits with the upper edge at which they leave: below all that goes on."""
        onward: dict[tuple[int, int | None], float] = {}
        for move in self.flow.moves:
            key = (move.period - 1, move.before)
            onward[key] = onward.get(key, 0.0) + move.chance
        for row in sorted(self.flow.exits, key=lambda one: self.endings.index(one.ending)):
            key = (row.period, row.rung)
            above = onward.get(key, 0.0)
            onward[key] = above + row.chance
            yield row, self.top(row.period, row.rung) + ROW * above

    def _stub(self, row: RungExitRow, y: float) -> list[Markup]:
        is_end = row.ending not in (HORIZON, LATER)
        drop = 9.0 if is_end else 0.0
        x, height = self.x(row.period) + BAR, ROW * row.chance
        told = (
            f"period {row.period}, from {_rung_words(row.rung)}: {_ending_words(row.ending)}"
            f"{self._kind(row.ending)}, {format_share(row.chance)}"
        )
        shape = _band(x, y, x + STUB, y + drop, height)
        parts = [
            tag("path", d=shape, class_=rung_class(row.rung), fill_opacity="0.42"),
        ]
        if row.chance >= FEW / 4:  # marks of all would cover the few that matter
            cap = tag(
                "line", x1=x + STUB, x2=x + STUB, y1=y + drop - 1, y2=y + drop + height + 1,
                class_="of-line-ink", stroke_width=1.6,
            )  # fmt: skip
            parts.append(cap)
            middle = y + drop + height / 2 + 3.5
            parts.append(label(x + STUB + 2, middle, self.flow.mark(row.ending), size=10,
                               class_="of-halo"))  # fmt: skip
        return [
            named(told, *parts, class_="of-exit", data_period=row.period,
                  data_rung=_data(row.rung), data_ending=row.ending, data_chance=row.chance)
        ]  # fmt: skip

    def _kind(self, ending: str) -> str:
        return f" ({self.kinds[ending]})" if ending in self.kinds else ""

    def _lanes(self) -> list[Markup]:
        """Return, per ending, when it is reached and how likely in all."""
        parts = [
            label(16, self.bottom + 22, "How play ends", bold=True),
            label(LEFT, self.bottom + 22, "chance in each period", size=11.5, class_="of-quiet"),
            label(self.width - 12, self.bottom + 22, "in all", size=11.5, class_="of-quiet",
                  anchor="end"),
        ]  # fmt: skip
        for i, ending in enumerate(self.endings):
            y = self.bottom + 44 + i * LANE
            told = f"{self.flow.mark(ending)} {_ending_words(ending)}{self._kind(ending)}"
            parts += [
                tag("line", x1=16.0, x2=self.width - 12, y1=y + 7, y2=y + 7, class_="of-line-grid"),
                label(16, y, cut(told, 25), whole=told, size=11.5),
                *self._by_period(ending, y),
                label(self.width - 12, y, format_share(_total(self.flow, ending)), anchor="end",
                      bold=True),
            ]  # fmt: skip
        return parts

    def _by_period(self, ending: str, y: float) -> Iterable[Markup]:
        for t in range(1, self.flow.n_periods + 1):
            here = [r.chance for r in self.flow.exits if (r.period, r.ending) == (t, ending)]
            if here:
                yield label(self.x(t) + BAR / 2, y, format_share(sum(here)), size=10.5,
                            anchor="middle")  # fmt: skip


def _band(x: float, y: float, x_to: float, y_to: float, height: float) -> str:
    """Return the outline of a ribbon of one height between two places."""
    bend = (x + x_to) / 2
    low, low_to = y + height, y_to + height
    numbers: Sequence[float] = (x, y, bend, y, bend, y_to, x_to, y_to, x_to, low_to, bend, low_to,
                                bend, low, x, low)  # fmt: skip
    told = [f"{number:.2f}" for number in numbers]
    return (
        f"M{told[0]} {told[1]}C{' '.join(told[2:8])}L{told[8]} {told[9]}C{' '.join(told[10:16])}Z"
    )


def _rung_words(rung: int | None) -> str:
    return NO_ACT if rung is None else f"rung {rung}"


def _data(rung: int | None) -> str:
    return "none" if rung is None else str(rung)
