"""The reply matrix: what each player does under each policy."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import altair as alt

from offramp.report.answers import ActShare
from offramp.report.figures.charting import LABEL_WIDTH, Chart, Fields, head, inline, told, whole
from offramp.report.figures.palette import ink_on, styles
from offramp.report.figures.words import cut

__all__ = ["reply_matrix"]

WIDTH, ROW = 300, 26
GAP = 0.004  # of the whole, between the parts of a bar
LETTER = 7.0 / WIDTH  # how much of the whole a letter takes


def reply_matrix(replies: Mapping[str, Sequence[ActShare]]) -> Chart:
    """Return, per player and stage, a bar for each case: the shares of its acts, side by side."""
    seats = list(
        dict.fromkeys((row.player, row.stage) for acts in replies.values() for row in acts)
    )
    panels = [_panel(replies, player, stage) for player, stage in seats]
    title = head(
        "What each player does",
        "Share of its choices at a stage, over all paths. Acts stand in the order of the legend.",
    )
    return alt.vconcat(*panels, title=title, spacing=26).resolve_scale(color="independent")


def _panel(replies: Mapping[str, Sequence[ActShare]], player: str, stage: str) -> Chart:
    rows = list(_rows(replies, player, stage))
    acts = list(dict.fromkeys(row["act"] for row in rows))
    cases = [whole(case) for case in replies]
    look = styles(acts)
    for row in rows:
        row["ink"] = ink_on(look[row["act"]].colour)
    height = ROW * len(cases)
    base = alt.Chart(width=WIDTH, height=height)
    y = alt.Y("case:N", sort=cases, title=None, axis=alt.Axis(labelLimit=LABEL_WIDTH))
    scale = alt.Scale(domain=[0, 1])
    bars = base.mark_bar(height=ROW - 8).encode(
        x=alt.X("start:Q", scale=scale, title="share of its choices", axis=alt.Axis(format="%")),
        x2="stop:Q",
        y=y,
        color=alt.Color(
            "act:N",
            title=None,
            sort=acts,
            legend=alt.Legend(orient="top", columns=4, labelLimit=LABEL_WIDTH, offset=2),
            scale=alt.Scale(domain=acts, range=[look[act].colour for act in acts]),
        ),
        tooltip=[
            alt.Tooltip(f"{name}:N", title=title)
            for name, title in (
                ("case", "case"), ("player", "player"), ("stage", "stage"), ("type", "type"),
                ("act", "act"), ("told", "share"), ("choices", "choices at this stage"),
                ("bound", "decided by the policy"),
            )
        ],
    )  # fmt: skip
    words = base.mark_text(fontSize=11).encode(
        x="middle:Q", y=y, text="label:N", color=alt.Color("ink:N", scale=None)
    )
    policy = base.mark_text(align="left", dx=4, fontSize=10).encode(
        x=alt.datum(1.0), y=y, text="policy:N"
    )
    layered = alt.layer(bars, words, policy, data=inline(rows))
    title = head(f"{cut(player, 40)}, at {cut(stage, 40)}", size=13)
    types = list(dict.fromkeys(row["type"] for row in rows))
    if types == [""]:
        return layered.properties(title=title)
    column = alt.Column("type:N", sort=types, title=None)
    return layered.facet(column=column, spacing=70).properties(title=title)


def _rows(replies: Mapping[str, Sequence[ActShare]], player: str, stage: str) -> Iterator[Fields]:
    for case, acts in replies.items():
        here = [row for row in acts if (row.player, row.stage) == (player, stage)]
        for own in dict.fromkeys(row.type for row in here):
            yield from _bar(case, [row for row in here if row.type == own])


def _bar(case: str, acts: Sequence[ActShare]) -> Iterator[Fields]:
    """Yield the parts of one bar, in the order in which acts are declared."""
    start = 0.0
    for i, row in enumerate(acts):
        stop = start + row.share
        n_letters = int((row.share - 2 * GAP) / LETTER)
        of_policy = f"{told(row.bound, is_chance=True)} by policy" if row.bound > 0.0 else ""
        yield {
            "case": whole(case), "player": whole(row.player), "stage": whole(row.stage),
            "type": whole(row.type or ""), "act": whole(row.act), "share": row.share,
            "told": told(row.share, is_chance=True), "start": start,
            "stop": max(stop - GAP, start), "middle": (start + stop) / 2,
            "label": cut(row.act, n_letters) if n_letters >= min(len(row.act), 4) else "",
            "choices": told(row.choices), "bound": told(row.bound, is_chance=True),
            "policy": of_policy if i == 0 else "",
        }  # fmt: skip
        start = stop
