"""What is believed at a period's end, and whether it is right as often as it says.

A *place* is whatever carries a belief of its own: a point of the belief grid, or, where a solution
keeps exact beliefs on histories, a history.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float

from offramp.game import Game
from offramp.game.beliefs import observer_belief
from offramp.game.tree import Tree
from offramp.game.tree_game import history_numbers
from offramp.outcomes.forward import MAIN, Sweep

__all__ = ["BeliefRecord", "Calibration", "OnHistories"]

N_BINS = 10  # of stated belief, evenly wide


@runtime_checkable
class OnHistories(Protocol):
    """A solution that holds a belief at each history."""

    @property
    def tree(self) -> Tree:
        """The histories."""
        ...

    @property
    def belief(self) -> Float[np.ndarray, "node typed type"]:
        """Reference belief at each."""
        ...


@dataclass(frozen=True)
class Calibration:
    """How often players are of the types that they are believed to be of.

    Beliefs are the analyst's, read at the end of every period; ended play counts as often as the
    periods that it lasts. They are sorted into ten bins by what they say.

    Attributes:
        error: Mean absolute difference of belief and frequency, weighed by reach: the largest over
            periods and types. Zero up to rounding where beliefs are exact; on a grid, what
            interpolation costs.
        reach: Share of all period ends that fall into a bin, by type that is believed.
        belief: Mean belief in a bin; NaN where nothing falls in. frequency: how often it is true.
    """

    error: float
    reach: Float[np.ndarray, "believed bin"]
    belief: Float[np.ndarray, "believed bin"]
    frequency: Float[np.ndarray, "believed bin"]


class BeliefRecord:
    """Notes beliefs at period ends.

    Attributes:
        believed: (player, type) of everybody who has types, in order.
        expected: Expected belief of each observer, before the first period and at each end.
    """

    def __init__(self, game: Game, solution: object, n_periods: int) -> None:
        self.game = game
        self._tree = solution if isinstance(solution, OnHistories) else None
        self.believed = [
            (game.players[i].name, name) for i in game.typed for name in game.players[i].types
        ]
        self._typed = [j for j, i in enumerate(game.typed) for _ in game.players[i].types]
        self._type = [k for i in game.typed for k in range(len(game.players[i].types))]
        points = self._points()
        self._opinion = self._tilted(points, game.grid.tilt)
        self._analyst = self._tilted(points, self._analyst_tilt()[None])[:, 0]
        self._is_type = np.array(
            [game.profiles[:, j] == k for j, k in zip(self._typed, self._type, strict=True)], float
        ).reshape(len(self.believed), len(game.profiles))
        self.expected = np.zeros((n_periods + 1, len(game.players), len(self.believed)))
        self.expected[0] = self._tilted(game.grid.points, game.grid.tilt)[game.grid.reference]
        self._error = 0.0
        self._bins = np.zeros((3, len(self.believed), N_BINS))

    def _points(self) -> Float[np.ndarray, "place typed type"]:
        """Return the reference belief of each place."""
        if self._tree is None:
            return self.game.grid.points
        numbers = history_numbers(self._tree.tree)
        return self._tree.belief[np.concatenate([numbers.nodes[-1], numbers.ended])]

    def _mass(self, sweep: Sweep) -> Float[np.ndarray, "profile place"]:
        """Return how likely each place is, ended play included."""
        if self._tree is None:
            return sweep.belief_totals(MAIN) + sweep.settled_beliefs()
        live, ended = len(self.game.codes[-1]), len(self.game.ended_codes)
        mass = np.zeros((sweep.n_profiles, live + ended))
        mass[:, : sweep.n_states] = sweep.state_totals(MAIN)
        mass[:, live:] = sweep.settled_states()
        return mass

    def _tilted(
        self,
        points: Float[np.ndarray, "place typed type"],
        tilt: Float[np.ndarray, "observer typed type"],
    ) -> Float[np.ndarray, "place observer believed"]:
        """Return what each observer believes at each place."""
        held = np.zeros((len(points), len(tilt), len(self.believed)))
        for number, (j, k) in enumerate(zip(self._typed, self._type, strict=True)):
            n_types = len(self.game.players[self.game.typed[j]].types)
            for observer, one in enumerate(tilt):
                belief = observer_belief(points[:, j, :n_types], one[j, :n_types])
                held[:, observer, number] = belief[:, k]
        return held

    def _analyst_tilt(self) -> Float[np.ndarray, "typed type"]:
        """Return the analyst's prior over the reference prior."""
        game = self.game
        tilt = np.zeros(game.grid.points.shape[1:])
        for j, k in zip(self._typed, self._type, strict=True):
            reference = game.grid.points[game.grid.reference, j, k]
            prior = game.prior[game.profiles[:, j] == k].sum() / game.prior.sum()
            tilt[j, k] = prior / reference if reference > 0.0 else 0.0
        return tilt

    def note(self, sweep: Sweep) -> None:
        """Note what is believed at a period's end."""
        mass = self._mass(sweep)
        reach = mass.sum(axis=0)
        self.expected[sweep.period + 1] = np.einsum("x,xkn->kn", reach, self._opinion)
        if not self.believed:
            return
        stated = reach * self._analyst.T
        true = self._is_type @ mass
        self._error = max(self._error, float(np.abs(stated - true).sum(axis=1).max()))
        which = np.minimum((self._analyst.T * N_BINS).astype(np.int64), N_BINS - 1)
        for number, bins in enumerate(which):
            for row, values in enumerate((reach, stated[number], true[number])):
                self._bins[row, number] += np.bincount(bins, values, minlength=N_BINS)

    def final(self, observer: str, player: str, type_name: str) -> float:
        """Return an observer's expected belief at the end of the last period."""
        if (player, type_name) not in self.believed:
            return 1.0  # a player without types is what everybody knows it to be
        names = [one.name for one in self.game.players]
        number = self.believed.index((player, type_name))
        return float(self.expected[-1, names.index(observer), number])

    def calibration(self) -> Calibration:
        """Return belief against frequency, over all period ends so far."""
        reach, stated, true = self._bins
        held = np.where(reach > 0.0, reach, np.nan)
        total = reach.sum(axis=1, keepdims=True)
        return Calibration(self._error, reach / total, stated / held, true / held)
