"""The why panel: each option as a waterfall of named terms."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import altair as alt

from offramp.report.answers import WhyAct, WhyAnswer
from offramp.report.figures.charting import LABEL_WIDTH, Chart, Fields, head, inline, told, whole
from offramp.report.figures.palette import COLOURS, LIGHT
from offramp.report.figures.words import cut
from offramp.report.tables import ROUNDING

__all__ = ["why_waterfall"]

WIDTH, ROW = 420, 22
MOST_TERMS = 8  # with a line of their own; the least of more are added up
EXTENT = 130  # pixels left of every panel, so that they stand in line
REVEALS, WORTH = "what it reveals", "worth in all"
RAISES, LOWERS, WHOLE = "raises it", "lowers it", "worth in all"


def why_waterfall(answer: WhyAnswer) -> Chart:
    """Return, per act, how its named terms add up to what it is worth.

    A term stands for what it pays at once and later; what everybody learns from the act, through
    whatever term that pays, is the last step before the whole.
    """
    acts = sorted(answer.acts, key=lambda act: -act.chance)
    small = _small_terms(acts)
    panels = [list(_steps(act, small)) for act in acts]
    ends = [row[key] for rows in panels for row in rows for key in ("start", "stop")]
    room = 0.12 * ((max(ends) - min(ends)) or 1.0)
    domain = [min(ends) - room, max(ends) + room]
    charts = [
        _panel(act, rows, domain, is_last=act is acts[-1])
        for act, rows in zip(acts, panels, strict=True)
    ]
    return alt.vconcat(*charts, spacing=14, title=head(*_title(answer)))


def _title(answer: WhyAnswer) -> list[str]:
    who = answer.player if answer.type is None else f"{answer.player} ({answer.type})"
    title = f"Why {cut(who, 40)} replies so at {cut(answer.stage, 24)}, period {answer.period}"
    lines = [f"Case {cut(answer.case, 40)}. Each option, by what its terms add to its worth."]
    if answer.is_bound:
        lines.append("The policy decides here, not the player.")
    lines += [f"It would rather {cut(one.to, 24)} if {one.change}." for one in answer.switches[:2]]
    return [title, *lines]


def _small_terms(acts: Sequence[WhyAct]) -> set[str]:
    """Return the terms that are added up, where there are many: those that matter least."""
    size: dict[str, float] = {}
    for act in acts:
        for one in act.terms:
            size[one.term] = max(size.get(one.term, 0.0), abs(one.paid + one.later))
    told = sorted((term for term in size if size[term] > ROUNDING), key=lambda term: -size[term])
    return set(told[MOST_TERMS - 1 :]) if len(told) > MOST_TERMS else set()


def _steps(act: WhyAct, small: set[str]) -> Iterator[Fields]:
    """Yield the steps of a waterfall, each from where the last one ended."""
    parts = [(one.term, one.paid + one.later) for one in act.terms if one.term not in small]
    rest = [(one.term, one.paid + one.later) for one in act.terms if one.term in small]
    folded = f"{len(small)} smaller terms"
    if rest:
        parts.append((folded, sum(value for _, value in rest)))
    parts.append((REVEALS, act.reveals))
    at = 0.0
    shown = [(term, value) for term, value in parts if abs(value) > ROUNDING]
    for number, (term, value) in enumerate(shown):
        yield {
            **_bar(act, term, value, number), "start": at, "stop": at + value,
            "kind": RAISES if value > 0 else LOWERS,
            "sums": _told_sum(rest) if term == folded else "",
        }  # fmt: skip
        at += value
    yield {
        **_bar(act, WORTH, act.worth, len(shown)), "start": 0.0, "stop": act.worth, "kind": WHOLE,
        "sums": "",
    }  # fmt: skip


def _told_sum(parts: Sequence[tuple[str, float]]) -> str:
    return ", ".join(f"{whole(term)} {told(value)}" for term, value in parts)


def _bar(act: WhyAct, term: str, value: float, number: int) -> Fields:
    written = told(value)
    sign = "+" if value > 0 and term != WORTH else ""
    return {
        "act": whole(act.act), "term": whole(term), "value": value, "number": number,
        "told": sign + written,
    }  # fmt: skip


def _panel(act: WhyAct, rows: Sequence[Fields], domain: list[float], *, is_last: bool) -> Chart:
    names = _distinct([row["term"] for row in rows])
    drawn = [
        {**row, "key": name, "right": max(row["start"], row["stop"])}
        for row, name in zip(rows, names, strict=True)
    ]
    y = alt.Y(
        "key:N", sort=names, title=None, axis=alt.Axis(labelLimit=LABEL_WIDTH, minExtent=EXTENT)
    )
    title = "payoff to the player · right is better" if is_last else None
    x = alt.X("start:Q", title=title, scale=alt.Scale(domain=domain, nice=False, zero=False))
    base = alt.Chart(inline(drawn)).encode(y=y)
    bars = base.mark_bar(height=ROW - 8).encode(
        x=x,
        x2="stop:Q",
        color=alt.Color(
            "kind:N",
            title=None,
            scale=alt.Scale(
                domain=[RAISES, LOWERS, WHOLE], range=[COLOURS[0], COLOURS[1], LIGHT["rule"]]
            ),
            legend=alt.Legend(orient="bottom") if is_last else None,
        ),
        tooltip=[
            alt.Tooltip("act:N", title="act"),
            alt.Tooltip("term:N", title="term"),
            alt.Tooltip("told:N", title="payoff"),
            alt.Tooltip("sums:N", title="the sum of"),
        ],
    )
    words = base.mark_text(align="left", dx=5, fontSize=11).encode(
        x=alt.X("right:Q"), text="told:N"
    )
    zero = alt.Chart(inline([{"at": 0.0}])).mark_rule(strokeWidth=1).encode(x=alt.X("at:Q"))
    heading = f"{cut(act.act, 40)}: chosen {told(act.chance, is_chance=True)}"
    return alt.layer(bars, words, zero, width=WIDTH, height=ROW * len(rows)).properties(
        title=head(heading, size=12)
    )


def _distinct(names: Sequence[str]) -> list[str]:
    """Return names, numbered where one is given twice: each step has a line of its own."""
    return [
        name if names[:i].count(name) == 0 else f"{name} ({names[:i].count(name) + 1})"
        for i, name in enumerate(names)
    ]
