"""Who is who in a game: players, types and accounts as numbers, and the belief grid."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from offramp.errors import GameError, Problem
from offramp.game.beliefs import BeliefGrid, build_grid
from offramp.game.factored import Account, PlayerAxis
from offramp.game.ledger import all_profiles
from offramp.scenario import Crisis, Effect, Pay, Player

if TYPE_CHECKING:
    from jaxtyping import Float, Int

__all__ = [
    "Layout",
    "beliefs",
    "lay_out",
    "plain_points",
    "player_axes",
    "points_by_player",
    "profile_prior",
]

DEFAULT_POINTS = {2: 21, 3: 8}  # points a side of the belief grid, by number of types
FINEST_POINTS = 161  # a side, of a game so small that finer grids cost nothing that is felt
SMALL_GAME = 500_000  # states × belief points × periods up to which the default grid is refined


@dataclass(frozen=True)
class Layout:
    """Players, types and accounts, as numbers."""

    typed: tuple[int, ...]
    n_types: tuple[int, ...]
    profiles: Int[np.ndarray, "profile typed"]
    accounts: tuple[Account, ...]


def lay_out(crisis: Crisis, terms_of: str | None) -> Layout:
    """Give players, types and accounts numbers; with `terms_of`, one player's payments by term."""
    typed = tuple(i for i, p in enumerate(crisis.players) if len(p.types) > 1)
    n_types = tuple(len(crisis.players[i].types) for i in typed)
    if terms_of is None:
        accounts = tuple(Account(i) for i in range(len(crisis.players)))
    else:
        number = [p.name for p in crisis.players].index(terms_of)
        accounts = tuple(Account(number, term) for term in _terms(crisis, terms_of))
    return Layout(typed, n_types, all_profiles(n_types), accounts)


def _terms(crisis: Crisis, player: str) -> list[str]:
    """Return the names of everything that is ever paid to a player, payoffs first."""
    pays: list[Pay] = [*crisis.payoffs, *(p for e in crisis.endings for p in e.pays)]
    for stage in crisis.stages:
        pays += [p for m in stage.movers for a in m.actions for p in a.pays]
        effects = [e for m in stage.movers for a in m.actions for e in a.effects]
        pays += _effect_pays([*effects, *stage.effects, *stage.added])
    return list(dict.fromkeys(p.term for p in pays if p.player == player))


def _effect_pays(effects: Iterable[Effect]) -> list[Pay]:
    found: list[Pay] = []
    for effect in effects:
        found += [*effect.pays, *_effect_pays(effect.then), *_effect_pays(effect.otherwise)]
    return found


def player_axes(crisis: Crisis, layout: Layout) -> tuple[PlayerAxis, ...]:
    """Return the players as the solver sees them."""
    return tuple(
        PlayerAxis(
            name=p.name,
            label=p.label,
            role=p.role,
            typed=layout.typed.index(i) if i in layout.typed else -1,
            types=tuple(one.name for one in p.types),
            precision=p.precision,
            discount=p.discount,
            is_nature=p.is_nature,
        )
        for i, p in enumerate(crisis.players)
    )


def _prior(crisis: Crisis, player: int, observer: str | None) -> Float[np.ndarray, "type"]:
    """Return the prior over a player's types: an observer's own, or the analyst's."""
    about = crisis.players[player]
    own = about.believed_by.get(observer) if observer is not None else None
    return np.array(own if own is not None else [one.prior for one in about.types])


def profile_prior(
    crisis: Crisis, layout: Layout, observer: str | None
) -> Float[np.ndarray, "profile"]:
    """Return an observer's prior over profiles, or the analyst's."""
    prior = np.ones(len(layout.profiles))
    for j, player in enumerate(layout.typed):
        prior *= _prior(crisis, player, observer)[layout.profiles[:, j]]
    return prior


def default_points(n_types: Sequence[int], n_places: int) -> list[int]:
    """Return the points a side of each typed player's grid where nobody asked for any.

    The steps of the coarsest grid are halved for as long as the game stays small, so that a game of
    a few states is as sharp as it can cheaply be.

    Args:
        n_types: Of each typed player.
        n_places: States times periods at which somebody may be asked to move.
    """
    points = [DEFAULT_POINTS.get(n, 0) for n in n_types]
    while True:
        finer = [2 * n - 1 for n in points]
        sizes = [n if k == 2 else n * (n + 1) // 2 for n, k in zip(finer, n_types, strict=True)]
        if max(finer, default=FINEST_POINTS + 1) > FINEST_POINTS:
            return points
        if n_places * math.prod(sizes) > SMALL_GAME:
            return points
        points = finer


def points_by_player(
    crisis: Crisis, layout: Layout, asked: int | Mapping[str, int] | None, n_places: int
) -> dict[str, int]:
    """Return the points a side of each typed player's grid: as asked, else the default.

    Args:
        n_places: States times periods at which somebody may be asked to move.
    """
    names = [crisis.players[j].name for j in layout.typed]
    if isinstance(asked, int):
        return dict.fromkeys(names, asked)
    usual = default_points(layout.n_types, n_places)
    if asked:
        usual = [DEFAULT_POINTS.get(n, 0) for n in layout.n_types]
    return dict(zip(names, usual, strict=True)) | dict(asked or {})


def plain_points(crisis: Crisis) -> dict[str, int]:
    """Return the default points a side by player, not refined for a small game.

    Games of one crisis under different policies have one grid by it, whatever their size.
    """
    layout = lay_out(crisis, None)
    asked = crisis.solver.get("grid") or {
        crisis.players[j].name: DEFAULT_POINTS.get(n_types, 0)
        for j, n_types in zip(layout.typed, layout.n_types, strict=True)
    }
    return points_by_player(crisis, layout, asked, 0)  # type: ignore[arg-type]


def beliefs(
    crisis: Crisis, layout: Layout, points: int | Mapping[str, int], *, single: bool
) -> BeliefGrid:
    """Lay the belief grid, or a single point at the reference priors."""
    names = [p.name for p in crisis.players]
    resolution = []
    for j, n_types in zip(layout.typed, layout.n_types, strict=True):
        if not single and n_types > max(DEFAULT_POINTS):
            raise GameError(_too_many_types(crisis.players[j]))
        a_side = points[names[j]] if isinstance(points, Mapping) else points
        resolution.append(0 if single else a_side - 1)
    return build_grid(
        len(names),
        [np.array([_prior(crisis, j, name) for name in names]) for j in layout.typed],
        [_prior(crisis, j, None) for j in layout.typed],
        layout.typed,
        layout.profiles,
        resolution,
    )


def _too_many_types(player: Player) -> Problem:
    most = max(DEFAULT_POINTS)
    return Problem(
        code="G521",
        message=f"{player.name} has {len(player.types)} types; a belief grid holds {most} at most.",
        path=f"players.{player.name}.types",
        where=player.where,
        fix="use fewer types, or `solver: {beliefs: history}` for a short game.",
    )
