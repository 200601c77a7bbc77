"""Whose strategies are played, and by whose everybody learns."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np
from jaxtyping import Bool, Float, Int

from offramp.errors import GameError, Problem
from offramp.game import FREE, Game, Options, StateSpace

__all__ = ["BorrowedPlay", "OwnPlay", "Solution"]


class Solution(Protocol):
    """What the forward pass asks of an equilibrium."""

    @property
    def game(self) -> Game:
        """The game that was solved."""
        ...

    def log_strategy(
        self, period: int, stage: int, mover: int = 0, /
    ) -> Float[np.ndarray, "option type belief"]:
        """Return log probabilities of the options that can be reached by a period (from 0)."""
        ...

    def value(self, period: int, /) -> Float[np.ndarray, "state profile account belief"]:
        """Return expected payoffs from the start of a period on, in its own units."""
        ...


class OwnPlay:
    """An equilibrium played in its own game."""

    def __init__(self, solution: Solution) -> None:
        self._solution = solution

    def log_played(
        self, period: int, stage: int, mover: int
    ) -> Float[np.ndarray, "option type belief"]:
        """Return the equilibrium's strategy."""
        return np.ascontiguousarray(self._solution.log_strategy(period, stage, mover))

    def log_believed(
        self, period: int, stage: int, mover: int
    ) -> Float[np.ndarray, "option type belief"]:
        """Return the same: everybody knows how everybody plays."""
        return self.log_played(period, stage, mover)

    def refuse_silence(
        self, period: int, stage: int, reached: Callable[[], Bool[np.ndarray, "state"]]
    ) -> None:
        """Do nothing: an equilibrium says what is played everywhere in its own game."""


class BorrowedPlay:
    """One game's solution played under the policy of another game.

    What the other game's policy prescribes is played as prescribed; everything else, as in the
    solution, renormalised over what the policy leaves open. Everybody learns by the solution's
    strategies: where those give no chance to an act, the belief stays.

    Args:
        game: The game that is played.
        source: Per slot, the number in the solved game of each state of `game`; -1 if it has none.
        otherwise: A solution of `game` itself, by which a free choice is made about which the
            borrowed strategies say nothing; None refuses it.
    """

    def __init__(
        self,
        solution: Solution,
        game: Game,
        source: Sequence[Int[np.ndarray, "state"]],
        otherwise: Solution | None = None,
    ) -> None:
        self._solution = solution
        self._otherwise = otherwise
        self._game = game
        self._source = source
        self._options: dict[tuple[int, int], Int[np.ndarray, "option"]] = {}

    def log_believed(
        self, period: int, stage: int, mover: int
    ) -> Float[np.ndarray, "option type belief"]:
        """Return the solution's strategy on the options of this game; -inf where it has none."""
        theirs = self._solution.log_strategy(period, stage, mover)
        source = self._source_options(period, stage, mover)
        options = self._table_options(self._game, period, stage, mover)
        reached = self._game.n_reached[0 if self._game.forever else period, stage]
        source = source[: options.start[reached]]
        found = np.full((len(source), *theirs.shape[1:]), -np.inf)
        known = (source >= 0) & (source < len(theirs))
        found[known] = theirs[source[known]]
        return found

    def log_played(
        self, period: int, stage: int, mover: int
    ) -> Float[np.ndarray, "option type belief"]:
        """Return what is prescribed, and elsewhere the solution's strategy over what is left."""
        options = self._table_options(self._game, period, stage, mover)
        log_believed = self.log_believed(period, stage, mover)
        bound = options.bound[: len(log_believed), :, None]
        free = np.where(bound == FREE, np.exp(log_believed), 0.0)
        state = _state_of_option(options)[: len(free)]
        total = _sum_by(state, free, len(options.start) - 1)
        share = free / np.where(total > 0.0, total, 1.0)[state]
        if self._otherwise is not None:
            own = np.exp(self._otherwise.log_strategy(period, stage, mover))
            share = np.where((total == 0.0)[state], own, share)
        with np.errstate(divide="ignore"):
            return np.log(np.where(bound >= 0.0, bound, np.where(bound == FREE, share, 0.0)))

    def refuse_silence(
        self, period: int, stage: int, reached: Callable[[], Bool[np.ndarray, "state"]]
    ) -> None:
        """Refuse to play on where the solution says nothing about a choice that is free.

        Raises:
            GameError: Such a situation has been reached.
        """
        is_reached = reached()
        table = self._game.table(0 if self._game.forever else period, stage)
        for k, options in enumerate(table.movers):
            played = self.log_played(period, stage, k)
            state = _state_of_option(options)[: len(played)]
            free = (options.bound[: len(played)] == FREE).any(axis=1)
            total = _sum_by(state, np.exp(played).sum(axis=2), len(options.start) - 1)
            silent = free & (total[state] == 0.0).any(axis=1) & is_reached[state]
            if silent.any():
                raise _silence(self._game, options, stage, int(state[np.argmax(silent)]))

    def _source_options(self, period: int, stage: int, mover: int) -> Int[np.ndarray, "option"]:
        """Return the option of the solved game that each of this game's options is; -1 if none."""
        mine = self._table_options(self._game, period, stage, mover)
        theirs = self._table_options(self._solution.game, period, stage, mover)
        key = (id(mine), id(theirs))
        if key not in self._options:
            self._options[key] = _option_numbers(mine, theirs, self._source[stage])
        return self._options[key]

    @staticmethod
    def _table_options(game: Game, period: int, stage: int, mover: int) -> Options:
        return game.table(0 if game.forever else period, stage).movers[mover]


def _option_numbers(
    mine: Options, theirs: Options, source: Int[np.ndarray, "state"]
) -> Int[np.ndarray, "option"]:
    number = {name: a for a, name in enumerate(theirs.names)}
    action = np.array([number.get(name, len(number)) for name in mine.names])
    # one state and one action more than there are, for those that the other game does not have
    table = np.full((len(theirs.start), len(number) + 1), -1)
    table[_state_of_option(theirs), theirs.action] = np.arange(len(theirs.action))
    return np.asarray(table[source[_state_of_option(mine)], action[mine.action]])


def _state_of_option(options: Options) -> Int[np.ndarray, "option"]:
    return np.repeat(np.arange(len(options.start) - 1), np.diff(options.start))


def _sum_by(
    state: Int[np.ndarray, "option"], values: Float[np.ndarray, "option *rest"], n_states: int
) -> Float[np.ndarray, "state *rest"]:
    total = np.zeros((n_states, *values.shape[1:]))
    np.add.at(total, state, values)
    return total


def _silence(game: Game, options: Options, stage: int, state: int) -> GameError:
    assert isinstance(game.space, StateSpace)
    told = game.space.describe(int(game.codes[stage][state]))
    where = ", ".join(f"{name} {level}" for name, level in told.items())
    return GameError(
        Problem(
            code="G544",
            path="policies",
            message="the strategies to be played say nothing about "
            f"{game.players[options.player].name} at stage '{game.stage_names[stage]}' in {where}: "
            "in their own game play never comes there.",
            fix="take strategies from a game whose policy and start leave this situation possible.",
        )
    )
