"""A compiled game's structure, in which a crisis that differs in numbers only is cast anew."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from offramp.game.beliefs import BeliefGrid
from offramp.game.factored import Game
from offramp.game.findings import Findings
from offramp.game.frame import Numbers
from offramp.game.layout import Layout, beliefs, player_axes, profile_prior
from offramp.game.payoffs import Terminals, payoff_tables
from offramp.game.readings import structure_read
from offramp.game.search import Builder, Search, distribution, start_lottery
from offramp.game.states import StateSpace
from offramp.game.structure import Structure
from offramp.scenario import Crisis, Player, Start, walk
from offramp.scenario.expressions import Expr, Parameter

if TYPE_CHECKING:
    from jaxtyping import Float, Int

__all__ = ["Assembly", "Mould", "Moulds", "terminal_payoffs"]


@dataclass(frozen=True)
class Assembly:
    """What a game is put together from, beside numbers."""

    search: Search
    layout: Layout
    points: Mapping[str, int]
    learning: bool
    exact_beliefs: bool
    given: Mapping[str, Expr]
    structure: Structure = field(default_factory=Structure)

    def game(
        self,
        crisis: Crisis,
        space: StateSpace,
        numbers: Mapping[Builder, Numbers],
        start: Mapping[str, Float[np.ndarray, "state"]],
        findings: Findings,
    ) -> Game:
        """Put a game together.

        Raises:
            GameError: A payoff is no finite number somewhere, or the grid cannot be laid.
        """
        search, layout, frame = self.search, self.layout, self.search.frame
        single = self.exact_beliefs or not self.learning
        grid = beliefs(crisis, layout, self.points, single=single)
        payoff, ended_payoff = terminal_payoffs(
            search, space, layout, grid, findings, exact_beliefs=self.exact_beliefs
        )
        return Game(
            name=crisis.name,
            players=player_axes(crisis, layout),
            typed=layout.typed,
            accounts=layout.accounts,
            profiles=layout.profiles,
            n_periods=search.n_periods,
            forever=crisis.n_periods is None,
            tail=crisis.tail,
            stage_names=tuple(stage.name for stage in crisis.stages),
            stages=search.tables(numbers),
            n_reached=search.n_reached,
            codes=tuple(index.codes for index in frame.slots),
            roll=search.roll,
            payoff=payoff,
            ended_payoff=ended_payoff,
            ended_codes=self._ended_codes,
            ended_by=frame.ended.by,
            endings=tuple(ending.name for ending in crisis.endings),
            start=dict(start),
            prior=profile_prior(crisis, layout, None),
            opinion=np.array([profile_prior(crisis, layout, p.name) for p in crisis.players]),
            grid=grid,
            learning=self.learning,
            usage=frame.usage,
            space=space,
            crisis=crisis,
            scenario_hash=crisis.scenario_hash,
            given=self.given,
            structure=self.structure,
        )

    @cached_property
    def _ended_codes(self) -> Int[np.ndarray, "ended"]:
        """One array for all games, since what is known of it is known by the array."""
        return self.search.frame.ended.codes


@dataclass(frozen=True)
class Mould:
    """A compiled game, in whose structure other numbers can be cast.

    Attributes:
        game: As it was compiled.
        assembly: What it was put together from.
    """

    game: Game
    assembly: Assembly

    def cast(self, crisis: Crisis, starts: Mapping[str, Start]) -> Game | None:
        """Return the game of a crisis that differs in numbers only; None if it differs in more.

        A crisis whose numbers lead elsewhere (a chance is now 0 or 1, a condition reads another
        number), or are not fit to be played, must be compiled by itself, which says what is wrong.

        Args:
            starts: By the names of the game's.
        """
        if not self._fits(crisis) or starts.keys() != self.game.start.keys():
            return None
        search = self.assembly.search
        space = search.frame.space.with_numbers(crisis)
        found = {}
        for name, start in starts.items():
            codes, weights = start_lottery(space, start)
            # another start meets its states in another order
            if not np.isin(codes, search.start_codes).all():
                return None
            found[name] = distribution(search.frame.slots[0], codes, weights)
        findings = Findings()
        numbers = search.recast(space, findings)
        if numbers is None:
            return None
        return self.assembly.game(crisis, space, numbers, found, findings)

    def _fits(self, crisis: Crisis) -> bool:
        known = self.game.crisis
        same = (
            crisis.stages == known.stages
            and crisis.payoffs == known.payoffs
            and crisis.endings == known.endings
            and crisis.policy.clauses == known.policy.clauses
            and crisis.variables == known.variables
            and crisis.n_periods == known.n_periods
            and [_typed_as(p) for p in crisis.players] == [_typed_as(p) for p in known.players]
        )
        return same and all(
            crisis.parameters.get(name) == known.parameters.get(name)
            and _by_type(crisis, name) == _by_type(known, name)
            for name in self._read
        )

    @cached_property
    def _read(self) -> frozenset[str]:
        """The parameters on which it depends where play leads."""
        crisis = self.game.crisis
        return frozenset(
            node.name
            for number in range(len(crisis.stages))
            for expression in structure_read(crisis, number)
            for node in walk(expression)
            if isinstance(node, Parameter)
        )


class Moulds:
    """Moulds by what they were made for, the latest of each; not sent to other processes."""

    def __init__(self) -> None:
        self._kept: dict[Hashable, Mould] = {}

    def __reduce__(self) -> tuple[type[Moulds], tuple[()]]:
        """Arrive empty where it is sent: what it keeps is large, and quickly made again."""
        return Moulds, ()

    def __len__(self) -> int:
        return len(self._kept)

    def cast(
        self,
        made_for: Hashable,
        crisis: Crisis,
        starts: Mapping[str, Start],
        make: Callable[[], Mould],
    ) -> Game:
        """Return a crisis's game: cast if that can be, else as compiled by `make`."""
        known = self._kept.get(made_for)
        game = known.cast(crisis, starts) if known is not None else None
        if game is None:
            self._kept[made_for] = make()
            game = self._kept[made_for].game
        return game


def _typed_as(player: Player) -> tuple[object, ...]:
    types = tuple((one.name, tuple(one.parameters)) for one in player.types)
    return player.name, types, player.is_nature


def _by_type(crisis: Crisis, parameter: str) -> list[float | None]:
    return [one.parameters.get(parameter) for p in crisis.players for one in p.types]


def terminal_payoffs(
    search: Search,
    space: StateSpace,
    layout: Layout,
    grid: BeliefGrid,
    findings: Findings,
    *,
    exact_beliefs: bool,
) -> tuple[tuple[np.ndarray, ...], tuple[np.ndarray, ...]]:
    """Return the payoff tables of what a search has met, by the numbers of a space."""
    frame = search.frame
    terminals = Terminals(
        space,
        frame.slots[-1].codes,
        frame.ended.codes,
        frame.ended.by,
        layout.profiles,
        layout.accounts,
        findings,
    )
    tables = payoff_tables(terminals, search.n_periods, grid, exact_beliefs=exact_beliefs)
    findings.raise_if_any()
    return tables
