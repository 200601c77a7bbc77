"""Acts that wait for the last period: a sign that the horizon decides, and not the crisis."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import NamedTuple

import numpy as np

from offramp.outcomes import Acts, Outcomes
from offramp.report.tables import format_share

__all__ = ["LastDayAct", "last_day_acts", "last_day_notes"]

LEAST_PERIODS = 3  # fewer have no middle to compare with
LEAST_RISE = 0.1  # of the share of a player's choices; smaller ones change no argument
TIMES = 2.0  # so many times as often as ever before
LEAST_CHOICES = 1e-6  # expected number of choices in a period, below which its shares say nothing


class LastDayAct(NamedTuple):
    """An act that is taken in the last period far more often than in any before.

    Attributes:
        last: Its share of the type's free choices there.
        before: Its largest share in an earlier period.
    """

    player: str
    own_type: str
    stage: str
    act: str
    case: str
    last: float
    before: float


def last_day_acts(outcomes: Outcomes) -> Iterator[LastDayAct]:
    """Find the acts that pay only on the last day, by how often they are chosen when."""
    for acts in outcomes.acts:
        yield from _surges(outcomes.case, acts)


def _surges(case: str, acts: Acts) -> Iterator[LastDayAct]:
    free = np.maximum(acts.count - acts.bound, 0.0)
    if len(free) < LEAST_PERIODS:
        return
    choices = free.sum(axis=2, keepdims=True)
    asked = choices > LEAST_CHOICES
    share = np.where(asked, free / np.where(asked, choices, 1.0), 0.0)
    before, last = share[:-1].max(axis=0), share[-1]
    chosen_before = asked[:-1].any(axis=0)
    rises = chosen_before & (last - before >= LEAST_RISE) & (last >= TIMES * before)
    for k, a in np.argwhere(rises):
        yield LastDayAct(
            player=acts.player,
            own_type=acts.types[k],
            stage=acts.stage,
            act=acts.actions[a],
            case=case,
            last=float(last[k, a]),
            before=float(before[k, a]),
        )


def last_day_notes(found: Iterable[LastDayAct]) -> list[str]:
    """Say of each such act where it is worst, and what to do."""
    groups = groupby(sorted(found), key=lambda one: one[:4])
    return [_note(list(acts)) for _, acts in groups]


def _note(acts: Sequence[LastDayAct]) -> str:
    worst = max(acts, key=lambda one: one.last - one.before)
    others = len({one.case for one in acts}) - 1
    too = f" (so in {others} more)" if others else ""
    own = f" of type {worst.own_type}" if worst.own_type else ""
    return (
        f"{worst.player}{own} takes '{worst.act}' at {worst.stage} with "
        f"{format_share(worst.last)} in the last period of case {worst.case}{too}, before with at "
        f"most {format_share(worst.before)}: it may pay only because nothing follows. "
        "`period: {tail: …}` counts what lies beyond the horizon."
    )
