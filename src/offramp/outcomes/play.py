"""Whose strategies are played, and by whose everybody learns."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from jaxtyping import Float, Int

from offramp.errors import GameError, Problem
from offramp.game import FREE, Game, Options, StateSpace

__all__ = ["BorrowedPlay", "OwnPlay", "Solution"]


class Solution(Protocol):
    """What the forward pass asks of an equilibrium."""

    @property
    def game(self) -> Game:
        """The game that was solved."""

    def log_strategy(self, t: int, m: int, mover: int) -> Float[np.ndarray, "option type belief"]:
        """Return log probabilities of the options that can be reached by period t (from 0)."""

    def value(self, t: int) -> Float[np.ndarray, "state profile account belief"]:
        """Return expected payoffs from the start of a period on, in its own units."""


class OwnPlay:
    """An equilibrium played in its own game."""

    def __init__(self, solution: Solution) -> None:
        self._solution = solution
        self._last = solution.game.n_periods - 1

    def log_played(
        self, period: int, stage: int, mover: int
    ) -> Float[np.ndarray, "option type belief"]:
        """Return the equilibrium's strategy."""
        return np.ascontiguousarray(
            self._solution.log_strategy(min(period, self._last), stage, mover)
        )

    def log_believed(
        self, period: int, stage: int, mover: int
    ) -> Float[np.ndarray, "option type belief"]:
        """Return the same: everybody knows how everybody plays."""
        return self.log_played(period, stage, mover)


class BorrowedPlay:
    """One game's solution played under the policy of another game.

    What the other game's policy prescribes is played as prescribed; everything else, as in the
    solution, renormalised over what the policy leaves open. Everybody learns by the solution's
    strategies: where those give no chance to an act, the belief stays.
    """

    def __init__(self, solution: Solution, game: Game) -> None:
        self._solution = solution
        self._game = game
        self._codes = [_translated(game, solution.game, slot) for slot in range(len(game.codes))]
        self._options: dict[tuple[int, int], Int[np.ndarray, "option"]] = {}
        self._last = solution.game.n_periods - 1

    def log_believed(
        self, period: int, stage: int, mover: int
    ) -> Float[np.ndarray, "option type belief"]:
        """Return the solution's strategy on the options of this game; -inf where it has none."""
        t = min(period, self._last)
        theirs = self._solution.log_strategy(t, stage, mover)
        source = self._source_options(t, stage, mover)
        found = np.full((len(source), *theirs.shape[1:]), -np.inf)
        known = (source >= 0) & (source < len(theirs))
        found[known] = theirs[source[known]]
        return found

    def log_played(
        self, period: int, stage: int, mover: int
    ) -> Float[np.ndarray, "option type belief"]:
        """Return what is prescribed, and elsewhere the solution's strategy over what is left.

        Raises:
            GameError: A state is reached in which the solution says nothing about a free choice.
        """
        options = self._game.table(min(period, self._game.n_periods - 1), stage).movers[mover]
        log_believed = self.log_believed(period, stage, mover)
        bound = options.bound[: len(log_believed), :, None]
        free = np.where(bound == FREE, np.exp(log_believed), 0.0)
        state = np.repeat(np.arange(len(options.start) - 1), np.diff(options.start))
        total = _sum_by(state[: len(free)], free, len(options.start) - 1)
        self._refuse_silence(bound, total, state, period, stage, options)
        share = free / np.where(total > 0.0, total, 1.0)[state[: len(free)]]
        with np.errstate(divide="ignore"):
            return np.log(np.where(bound >= 0.0, bound, share))

    def _refuse_silence(
        self,
        bound: np.ndarray,
        total: np.ndarray,
        state: np.ndarray,
        period: int,
        stage: int,
        options: Options,
    ) -> None:
        chooses = (bound[:, :, 0] == FREE).any(axis=1)
        silent = chooses & ~(total > 0.0).any(axis=(1, 2))[state[: len(bound)]]
        reached = np.arange(len(silent)) < options.start[self._game.n_reached[period, stage]]
        if not np.any(silent & reached):
            return
        assert isinstance(self._game.space, StateSpace)
        first = state[np.flatnonzero(silent & reached)[0]]
        told = self._game.space.describe(int(self._game.codes[stage][first]))
        raise GameError(
            Problem(
                code="G544",
                path="policies",
                message=f"the strategies to be played say nothing about {self._game.players[options.player].name} "
                f"at stage '{self._game.stage_names[stage]}' in {told}: their own game never comes there.",
                fix="take the strategies from a game whose policy leaves this situation possible "
                "(compile it with this case among its `starts`).",
            )
        )

    def _source_options(self, period: int, stage: int, mover: int) -> Int[np.ndarray, "option"]:
        """Return the option of the solved game that each of this game's options is; -1 if none."""
        if (period, stage, mover) not in self._options:
            mine = self._game.table(min(period, self._game.n_periods - 1), stage).movers[mover]
            theirs = self._solution.game.table(period, stage).movers[mover]
            numbers = _option_numbers(mine, theirs, self._codes[stage])
            self._options[period, stage, mover] = numbers
        return self._options[period, stage, mover]


def _translated(game: Game, source: Game, slot: int) -> Int[np.ndarray, "state"]:
    """Return the source game's number of each of this game's states of a slot; -1 if it has none."""
    mine, theirs = game.space, source.space
    assert isinstance(mine, StateSpace)
    assert isinstance(theirs, StateSpace)
    here = mine.decode(game.codes[slot])
    columns = np.zeros((len(theirs.fields), here.shape[1]), np.int32)
    for row, one in enumerate(theirs.fields):
        key = ("once", one.key) if one.kind == "once" else one.key
        if key in mine.position and one.kind != "once":
            columns[row] = here[mine.position[key]]
    codes = theirs.encode(columns, slot)
    order = np.argsort(source.codes[slot])
    ordered = source.codes[slot][order]
    at = np.minimum(np.searchsorted(ordered, codes), len(ordered) - 1)
    return np.where(ordered[at] == codes, order[at], -1)


def _option_numbers(
    mine: Options, theirs: Options, state_of: Int[np.ndarray, "state"]
) -> Int[np.ndarray, "option"]:
    action_of = np.array(
        [theirs.names.index(name) if name in theirs.names else -1 for name in mine.names]
    )
    n_actions = len(theirs.names) + 1
    their_state = np.repeat(np.arange(len(theirs.start) - 1), np.diff(theirs.start))
    table = np.full((len(theirs.start), n_actions), -1)
    table[their_state, theirs.action] = np.arange(len(theirs.action))
    my_state = np.repeat(np.arange(len(mine.start) - 1), np.diff(mine.start))
    return np.asarray(table[state_of[my_state], action_of[mine.action]])


def _sum_by(state: np.ndarray, values: np.ndarray, n_states: int) -> np.ndarray:
    total = np.zeros((n_states, *values.shape[1:]))
    np.add.at(total, state, values)
    return total
