"""What would turn an answer over, one assumption at a time, all others standing where they stand.

A number is moved over its range, and the places are sought at which the answer turns
(`thresholds.py`); of a list, a mechanism or a start level every other choice is tried. Nothing is
said here of two assumptions that turn the answer only together.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from offramp.exploration.cases import Laid
from offramp.exploration.doubts import Doubt
from offramp.exploration.questions import Judged, Wording, judge_world
from offramp.exploration.sharing import share_out
from offramp.exploration.thresholds import Flip, Thresholds, find_thresholds
from offramp.game import Moulds
from offramp.scenario import Scenario

__all__ = ["Moved", "Tried", "find_flips"]


class Tried(NamedTuple):
    """Another choice, and the answer under it."""

    choice: float | str
    slack: float


@dataclass(frozen=True)
class Moved:
    """What moving one assumption does to an answer.

    Attributes:
        thresholds: Where it turns within the range of a number; else None.
        tried: The other choices of a list, a mechanism or a start level.
        turning: Those of them that turn the answer.
        n_solved: Worlds solved, or tried to. n_unsolved: of them, those that could not be.
        reason: Why the first of those could not be; empty where there are none.
        residual, n_unconverged: Of all their solves.
    """

    doubt: Doubt
    thresholds: Thresholds | None
    tried: tuple[Tried, ...]
    turning: tuple[Tried, ...]
    n_solved: int
    n_unsolved: int
    reason: str
    residual: float
    n_unconverged: int

    @property
    def flips(self) -> tuple[Flip, ...]:
        """The places in a number's range, nearest to where it stands first."""
        found = self.thresholds.flips if self.thresholds else ()
        return tuple(sorted(found, key=lambda flip: self.doubt.distance(flip.value)))

    @property
    def turns(self) -> bool:
        """Whether this assumption can turn the answer by itself."""
        return bool(self.flips or self.turning)


def find_flips(
    scenario: Scenario,
    wording: Wording,
    laid: Laid,
    doubts: Sequence[Doubt],
    base: float,
    done: Callable[[object], None] = lambda item: None,
) -> list[Moved]:
    """Return what each assumption does by itself, in the order of `doubts`.

    Args:
        laid: The world that all others are one step from.
        base: Slack there; it must arise.
        done: Told of each assumption that has been moved.
    """
    return share_out(_Moving(scenario, wording, laid, base), doubts, done)


@dataclass(frozen=True)
class _Moving:
    """Moves one assumption after another; can be sent to another process.

    Attributes:
        moulds: Structures of the games that moved numbers lead to.
    """

    scenario: Scenario
    wording: Wording
    laid: Laid
    base: float
    moulds: Moulds = field(default_factory=Moulds, compare=False, repr=False)

    def __call__(self, doubt: Doubt) -> Moved:
        found: list[Judged] = []

        def slack_at(choice: float | str) -> float:
            if doubt.kind != "start" and choice == doubt.base:
                return self.base
            found.append(self._judge(doubt, choice))
            return found[-1].slack

        thresholds, tried = None, []
        if doubt.span is not None:
            thresholds = find_thresholds(
                lambda values: [slack_at(value) for value in values],
                doubt.span.low,
                doubt.span.high,
                is_log=doubt.span.is_log,
                also=[float(doubt.base)],
            )
        else:
            tried = [Tried(choice, slack_at(choice)) for choice in doubt.others]
        reasons = [one.reason for one in found if one.reason]
        return Moved(
            doubt,
            thresholds,
            tuple(tried),
            tuple(one for one in tried if self._turns(one.slack)),
            len(found),
            len(reasons),
            next(iter(reasons), ""),
            max((one.residual for one in found), default=0.0),
            sum(one.n_unconverged for one in found),
        )

    def _judge(self, doubt: Doubt, choice: float | str) -> Judged:
        drawn: Mapping[str, float | str] = {} if doubt.kind == "setting" else {doubt.name: choice}
        settings = {doubt.name: str(choice)} if doubt.kind == "setting" else {}
        laid = replace(self.laid, drawn=drawn)
        # another setting is another game, whose structure serves nobody after it
        moulds = None if settings else self.moulds
        return judge_world(self.scenario, self.wording, laid, settings, moulds)

    def _turns(self, slack: float) -> bool:
        return slack == slack and (slack > 0) != (self.base > 0)
