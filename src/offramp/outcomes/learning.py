"""What beliefs do: how far play reveals who is who, and how much replies hang on it.

*Lessons* compare what observers believe at the end where a player is of a type with what they
believe where it is not; on average over both, an observer who holds the analyst's prior ends where
it began.

*Liveliness* compares replies at the situations that play comes to, as often as it comes to them:
each situation is asked what would be done there if everybody were certain that a player is of one
type, then of another, beliefs about the other players standing at the reference prior. Where the
answers hardly differ, beliefs do no work.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

from offramp.game import BeliefGrid, Game
from offramp.game.beliefs import observer_belief
from offramp.outcomes.forward import Sweep
from offramp.outcomes.play import OwnPlay, Solution

__all__ = ["Learning", "Lesson", "Liveliness", "find_learning"]

SAME = 1e-9  # changes of shares that differ by less are one: of two acts each mirrors the other
MAIN_ONLY = 1  # columns of a sweep that follows nothing but where play stands


@dataclass(frozen=True)
class Lesson:
    """What an observer believes of a player being of a type.

    Attributes:
        start: Before play.
        end_if_so: At the end, on average over the paths on which it is of that type.
        end_if_not: The same over the other paths.
    """

    observer: str
    player: str
    type: str
    start: float
    end_if_so: float
    end_if_not: float


@dataclass(frozen=True)
class Liveliness:
    """The act of a player that hangs most on what is believed of another.

    Attributes:
        least, most: Share of its choices at the stage in which the player takes the act if
            everybody is certain that `about` is of type `least_if`, of type `most_if`.
    """

    player: str
    about: str
    stage: str
    act: str
    least: float
    least_if: str
    most: float
    most_if: str

    @property
    def change(self) -> float:
        """By how much the share differs."""
        return self.most - self.least


class Learning(NamedTuple):
    """What play teaches, and how much replies hang on what is believed.

    `calibration` is how far beliefs at the end miss how often they are true, weighed by reach.
    """

    lessons: tuple[Lesson, ...]
    liveliness: tuple[Liveliness, ...]
    calibration: float


def find_learning(solution: Solution, n_periods: int, *, start: str | None = None) -> Learning:
    """Follow play and return what it teaches, and which acts hang most on what is believed.

    Empty where beliefs are kept in no grid (a solution on histories, or without learning).
    """
    game = solution.game
    if len(game.grid.points) == 1:
        return Learning((), (), 0.0)
    asked = _Asked(game)
    sweep = Sweep(game, OwnPlay(solution), [], MAIN_ONLY)
    case = start if start is not None else next(iter(game.start))
    sweep.run(game.start[case], asked, n_periods)
    movers = sorted({mover.player for stage in game.stages[0] for mover in stage.movers})
    lively = [
        found
        for player in movers
        for j, about in enumerate(game.typed)
        if about != player and (found := asked.liveliest(player, j)) is not None
    ]
    lessons = [
        lesson
        for player in movers
        for j, about in enumerate(game.typed)
        if about != player
        for lesson in asked.lessons(player, j)
    ]
    calibration = max((asked.calibration(j) for j in range(len(game.typed))), default=0.0)
    return Learning(tuple(lessons), tuple(lively), calibration)


def certain_points(grid: BeliefGrid, typed: int) -> Int[np.ndarray, "type"]:
    """Return the joint grid points that are certain of each type of one typed player."""
    points = [simplex.reference for simplex in grid.simplexes]
    sizes = [len(simplex.points) for simplex in grid.simplexes]
    found = []
    for corner in np.eye(grid.simplexes[typed].points.shape[1]):
        at = int(np.argmin(np.abs(grid.simplexes[typed].points - corner).sum(axis=1)))
        found.append(np.ravel_multi_index((*points[:typed], at, *points[typed + 1 :]), sizes))
    return np.array(found)


class _Asked:
    """Collects, while play is followed, what would be done under each certainty.

    Attributes:
        count: Per stage, mover and typed player: expected number of times that each act would be
            taken, by type that is certain.
        final: Chance of each belief point at the end of the latest period, by profile.
    """

    def __init__(self, game: Game) -> None:
        self._game = game
        self._points = [certain_points(game.grid, j) for j in range(len(game.typed))]
        self.count: dict[tuple[int, int, int], Float[np.ndarray, "certain action"]] = {}
        self.final: Float[np.ndarray, "profile belief"] = np.zeros((0, 0))

    def at_stage(self, sweep: Sweep, stage: int, flow: Float[np.ndarray, "profile row"]) -> None:
        """Ask each mover at the situations that are passed now."""
        table = self._game.table(min(sweep.period, self._game.n_periods - 1), stage)
        if table.rows is None:
            return
        n_states = len(table.rows.start) - 1
        state_of_row = np.repeat(np.arange(n_states), np.diff(table.rows.start))
        passing = np.array([np.bincount(state_of_row, one, minlength=n_states) for one in flow])
        for k, options in enumerate(table.movers):
            log_played = sweep.play.log_played(sweep.period, stage, k)
            state = np.repeat(np.arange(n_states), np.diff(options.start))[: len(log_played)]
            action = options.action[: len(log_played)]
            reach = self._by_own_type(passing, options.player)[:, state].T
            for j, points in enumerate(self._points):
                taken = np.exp(log_played[:, :, points]) * reach[:, :, None]
                done = [
                    np.bincount(action, one, minlength=len(options.names))
                    for one in taken.sum(axis=1).T
                ]
                key = (stage, k, j)
                self.count[key] = self.count.get(key, 0.0) + np.array(done)

    def at_arrival(self, sweep: Sweep) -> None:
        """Nothing is asked between stages."""

    def at_end(self, sweep: Sweep) -> None:
        """Keep what is believed now, play that has ended included."""
        self.final = sweep.belief_totals(0) + sweep.settled_beliefs()

    def lessons(self, observer: int, typed: int) -> Iterator[Lesson]:
        """Yield what one observer has learnt of each type of one typed player."""
        game = self._game
        about = game.players[game.typed[typed]]
        points = game.grid.points[:, typed, : len(about.types)]
        tilt = game.grid.tilt[observer, typed, : len(about.types)]
        believed = observer_belief(points, tilt)
        for k, own_type in enumerate(about.types):
            so = game.profiles[:, typed] == k
            if_so, if_not = self.final[so].sum(axis=0), self.final[~so].sum(axis=0)
            yield Lesson(
                observer=game.players[observer].name,
                player=about.name,
                type=own_type,
                start=float(believed[game.grid.reference, k]),
                end_if_so=float(if_so @ believed[:, k] / if_so.sum()),
                end_if_not=float(if_not @ believed[:, k] / if_not.sum()),
            )

    def calibration(self, typed: int) -> float:
        """Return how far the analyst's beliefs about one typed player miss how often they are true.

        The beliefs are those at the end of the latest period; a difference at one belief point
        counts as often as play ends there.
        """
        game = self._game
        own = game.profiles[:, typed]
        types = range(int(own.max()) + 1)
        prior = np.array([game.prior[own == k].sum() for k in types])
        points = game.grid.points[:, typed, : len(prior)]
        believed = observer_belief(points, prior / points[game.grid.reference])
        reach = self.final.sum(axis=0)
        found = np.array([self.final[own == k].sum(axis=0) for k in types]).T
        return float(np.abs(found - believed * reach[:, None]).sum(axis=0).max())

    def liveliest(self, player: int, typed: int) -> Liveliness | None:
        """Return the player's act that hangs most on one typed player's type."""
        best: Liveliness | None = None
        for (stage, k, j), count in self.count.items():
            options = self._game.stages[0][stage].movers[k]
            if options.player != player or j != typed or count.sum() <= 0.0:
                continue
            found = self._widest(stage, k, j, count / count.sum(axis=1, keepdims=True))
            if best is None or found.change > best.change:
                best = found
        return best

    def _widest(
        self, stage: int, mover: int, typed: int, share: Float[np.ndarray, "certain action"]
    ) -> Liveliness:
        options = self._game.stages[0][stage].movers[mover]
        about = self._game.players[self._game.typed[typed]]
        width = share.max(axis=0) - share.min(axis=0)
        a = int(np.flatnonzero(width >= width.max() - SAME)[-1])  # of two acts, not the default
        low, high = int(np.argmin(share[:, a])), int(np.argmax(share[:, a]))
        return Liveliness(
            player=self._game.players[options.player].name,
            about=about.name,
            stage=self._game.stage_names[stage],
            act=options.names[a],
            least=float(share[low, a]),
            least_if=about.types[low],
            most=float(share[high, a]),
            most_if=about.types[high],
        )

    def _by_own_type(
        self, passing: Float[np.ndarray, "profile state"], player: int
    ) -> Float[np.ndarray, "type state"]:
        typed = self._game.players[player].typed
        if typed < 0:
            return passing.sum(axis=0, keepdims=True)
        own = self._game.profiles[:, typed]
        return np.array([passing[own == k].sum(axis=0) for k in range(int(own.max()) + 1)])
