"""Scenario to Game: find the states that play can reach, and table what happens in each.

States are met period by period from the start, each stage handing its successors to the next slot;
a state is tabled once, when it is first met (stages that read the running period are tabled anew in
every period). Only what a policy leaves possible is met, so a policy that binds the only mover of a
variable removes it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from offramp.errors import GameError, Problem
from offramp.game.beliefs import BeliefGrid, build_grid
from offramp.game.factored import Account, Game, PlayerAxis
from offramp.game.findings import Findings
from offramp.game.frame import Endings, Frame, Usage
from offramp.game.ledger import account_numbers, all_profiles
from offramp.game.payoffs import Terminals, payoff_tables, reads_beliefs
from offramp.game.readings import readings_of
from offramp.game.search import Search, distribution, start_lottery
from offramp.game.states import AsIf, Index, Reading, StateSpace, build_space
from offramp.scenario import Clause, Crisis, Effect, Pay, Player, Policy, Scenario, Start, bind
from offramp.scenario.expressions import Expr

if TYPE_CHECKING:
    from jaxtyping import Float, Int

__all__ = [
    "Reached",
    "compile_crisis",
    "compile_game",
    "plain_points",
    "reach_states",
    "regrid",
    "same_but_for_start",
]

DEFAULT_POINTS = {2: 21, 3: 8}  # points a side of the belief grid, by number of types
FINEST_POINTS = 161  # a side, of a game so small that finer grids cost nothing that is felt
SMALL_GAME = 500_000  # states × belief points × periods up to which the default grid is refined


@dataclass(frozen=True)
class _Layout:
    """Players, types and accounts, as numbers."""

    typed: tuple[int, ...]
    n_types: tuple[int, ...]
    profiles: Int[np.ndarray, "profile typed"]
    accounts: tuple[Account, ...]


@dataclass(frozen=True)
class Reached:
    """The public states that play can reach, by slot, and what was possible in them."""

    crisis: Crisis
    space: StateSpace
    codes: tuple[Int[np.ndarray, "state"], ...]
    n_periods: int
    usage: Usage


def compile_game(
    scenario: Scenario,
    *,
    case: str | None = None,
    policy: str | None = None,
    view: str | None = None,
    parameters: Mapping[str, float | str] | None = None,
    settings: Mapping[str, str] | None = None,
    drawn: Mapping[str, float | str] | None = None,
    starts: Iterable[str] = (),
    meeting: Mapping[str, AsIf] | None = None,
    grid: int | Mapping[str, int] | None = None,
    learning: bool | None = None,
    beliefs: str | None = None,
    terms_of: str | None = None,
    without_policy: bool = False,
) -> Game:
    """Bind a scenario and compile it.

    Args:
        case: A case of the scenario (every policy is one); or give `policy`.
        view: A view laid over the scenario; `settings` and `parameters` go on top of it.
        drawn: What a world draws: it lies between the view and the case.
        starts: Further cases that differ from `case` only in their start, or in the event that
            they are conditioned on, and share the game.
        meeting: Further cases all of whose states the game meets too, as they are and as if some
            of them were otherwise, so that its strategies say what would be done there (the direct
            part of a comparison).
        grid: Points a side of the belief grid; default: the file's `solver:`, else as many as
            `default_points` gives.
        learning: False keeps beliefs at the priors; default: the file's `solver:`, else True.
        beliefs: `grid` or `history`; default: the file's `solver:`, else `grid`.
        terms_of: Keep this player's payoffs apart by named term (explanations).
        without_policy: Leave the case's policy out (what others reply to if it is secret).

    Raises:
        ScenarioError: A name that is not declared, or content that breaks a rule.
        GameError: Problems that can only be seen once states are counted.
    """

    def bound(name: str | None) -> Crisis:
        return bind(
            scenario,
            view=view,
            case=name,
            policy=policy,
            parameters=parameters,
            settings=settings,
            drawn=drawn,
        )

    crisis = bound(case)
    if without_policy:
        crisis = replace(crisis, policy=Policy("no policy"))
    cases = {case or policy or crisis.start.name: crisis, **{name: bound(name) for name in starts}}
    solver = crisis.solver
    asked = grid if grid is not None else solver.get("grid")
    return compile_crisis(
        crisis,
        {name: one.start for name, one in cases.items()},
        given={name: one.given for name, one in cases.items() if one.given is not None},
        grid=asked,  # type: ignore[arg-type]
        learning=bool(solver.get("learning", True)) if learning is None else learning,
        exact_beliefs=(beliefs or solver.get("beliefs", "grid")) == "history",
        terms_of=terms_of,
        meeting=[(bound(name), as_if) for name, as_if in (meeting or {}).items()],
    )


def same_but_for_start(one: Crisis, other: Crisis) -> bool:
    """Return whether one solve serves both crises.

    It does if they differ at most in where play begins, and in the paths that are looked at
    afterwards (`given`), of which nobody who plays knows.
    """

    def bare(crisis: Crisis) -> Crisis:
        policy = replace(crisis.policy, name="")
        return replace(
            crisis, case="", start=one.start, given=None, policy=policy, scenario_hash=""
        )

    return bare(one) == bare(other)


def compile_crisis(
    crisis: Crisis,
    starts: Mapping[str, Start] | None = None,
    *,
    given: Mapping[str, Expr] | None = None,
    grid: int | Mapping[str, int] | None = None,
    learning: bool = True,
    exact_beliefs: bool = False,
    terms_of: str | None = None,
    meeting: Sequence[tuple[Crisis, AsIf]] = (),
) -> Game:
    """Compile a crisis into a game.

    Args:
        starts: Where play may begin, by name; all share the game. Default: the crisis's own start.
        given: What those of these cases are conditioned on that are on anything. Default, where
            no starts are named either: the crisis's own event.
        grid: Points a side of the belief grid, for all players or by player; default: as many
            as `default_points` gives.
        learning: False keeps beliefs at the priors.
        exact_beliefs: Do not lay a grid: beliefs will be kept on histories.
        terms_of: Keep this player's payoffs apart by named term, and nobody else's.
        meeting: The same crisis under other policies or from other starts, whose states shall be
            met too.

    Raises:
        GameError: Problems that can only be seen once states are counted; all of them.
        TooLargeError: More states than memory could hold.
    """
    if starts is None:
        starts = {crisis.start.name: crisis.start}
        if given is None and crisis.given is not None:
            given = {crisis.start.name: crisis.given}
    layout = _lay_out(crisis, terms_of)
    others = [
        (reach_states(other, {other.start.name: other.start}), as_if) for other, as_if in meeting
    ]
    search, start_codes = _searched(crisis, starts, layout, tabled=True, others=others)
    frame = search.frame
    n_points = search.n_periods * sum(len(slot.codes) for slot in frame.slots[:-1])
    points = _points_by_player(crisis, layout, grid, n_points)
    beliefs = _beliefs(crisis, layout, points, single=exact_beliefs or not learning)
    payoff, ended_payoff = _payoffs(search, layout, beliefs, exact_beliefs=exact_beliefs)
    return Game(
        name=crisis.name,
        players=_player_axes(crisis, layout),
        typed=layout.typed,
        accounts=layout.accounts,
        profiles=layout.profiles,
        n_periods=search.n_periods,
        forever=crisis.n_periods is None,
        tail=crisis.tail,
        stage_names=tuple(stage.name for stage in crisis.stages),
        stages=search.tables(),
        n_reached=search.n_reached,
        codes=tuple(index.codes for index in frame.slots),
        roll=search.roll,
        payoff=payoff,
        ended_payoff=ended_payoff,
        ended_codes=frame.ended.codes,
        ended_by=frame.ended.by,
        endings=tuple(ending.name for ending in crisis.endings),
        start={
            name: distribution(frame.slots[0], codes, weights)
            for name, (codes, weights) in start_codes.items()
        },
        prior=_profile_prior(crisis, layout, None),
        opinion=np.array([_profile_prior(crisis, layout, p.name) for p in crisis.players]),
        grid=beliefs,
        learning=learning,
        usage=frame.usage,
        space=frame.space,
        crisis=crisis,
        scenario_hash=crisis.scenario_hash,
        given=dict(given or {}),
    )


def reach_states(
    crisis: Crisis, starts: Mapping[str, Start], also_read: Sequence[Reading] = ()
) -> Reached:
    """Find what `compile_crisis` with exact beliefs would find, problems included, without tables.

    Args:
        also_read: What the states shall be able to answer beside what the crisis itself reads.

    Raises:
        GameError, TooLargeError: As `compile_crisis`.
    """
    layout = _lay_out(crisis, None)
    search, _ = _searched(crisis, starts, layout, tabled=False, also_read=also_read)
    frame = search.frame
    _payoffs(search, layout, _beliefs(crisis, layout, 1, single=True), exact_beliefs=True)
    codes = tuple(index.codes for index in frame.slots)
    return Reached(crisis, frame.space, codes, search.n_periods, frame.usage)


def _searched(
    crisis: Crisis,
    starts: Mapping[str, Start],
    layout: _Layout,
    *,
    tabled: bool,
    also_read: Sequence[Reading] = (),
    others: Sequence[tuple[Reached, AsIf]] = (),
) -> tuple[Search, dict[str, tuple[np.ndarray, np.ndarray]]]:
    """Meet all states; return the search, and codes and chances of each start."""
    once = _numbered_clauses(crisis)
    n_once = 1 + max((o for mine in once.values() for _, o, _ in mine), default=-1)
    space = build_space(crisis, [*readings_of(crisis), *also_read], n_once, layout.typed)
    search = Search(_frame(crisis, space, layout, tabled=tabled), once)
    start_codes = {name: start_lottery(space, start) for name, start in starts.items()}
    for other, as_if in others:
        for read in (None, as_if):
            search.meet(
                [space.take(other.space, codes, m, read) for m, codes in enumerate(other.codes)]
            )
    search.run(np.concatenate([codes for codes, _ in start_codes.values()]))
    search.frame.findings.raise_if_any()
    return search, start_codes


def _payoffs(
    search: Search, layout: _Layout, grid: BeliefGrid, *, exact_beliefs: bool
) -> tuple[tuple[np.ndarray, ...], tuple[np.ndarray, ...]]:
    """Return the payoff tables of what a search has met."""
    frame = search.frame
    terminals = Terminals(
        frame.space,
        frame.slots[-1].codes,
        frame.ended.codes,
        frame.ended.by,
        layout.profiles,
        layout.accounts,
        frame.findings,
    )
    tables = payoff_tables(terminals, search.n_periods, grid, exact_beliefs=exact_beliefs)
    frame.findings.raise_if_any()
    return tables


def regrid(game: Game, points: int | Mapping[str, int]) -> Game:
    """Return the same game on a belief grid with other points a side."""
    crisis = game.crisis
    layout = _Layout(
        game.typed,
        tuple(len(crisis.players[j].types) for j in game.typed),
        game.profiles,
        game.accounts,
    )
    grid = _beliefs(crisis, layout, points, single=not game.learning)
    if not reads_beliefs(crisis):
        return replace(game, grid=grid)
    terminals = Terminals(
        game.space,
        game.codes[-1],
        game.ended_codes,
        game.ended_by,
        game.profiles,
        game.accounts,
        Findings(),
    )
    payoff, ended = payoff_tables(terminals, game.n_periods, grid, exact_beliefs=False)
    return replace(game, grid=grid, payoff=payoff, ended_payoff=ended)


# --- who is who -----------------------------------------------------------------------------------


def _lay_out(crisis: Crisis, terms_of: str | None) -> _Layout:
    typed = tuple(i for i, p in enumerate(crisis.players) if len(p.types) > 1)
    n_types = tuple(len(crisis.players[i].types) for i in typed)
    if terms_of is None:
        accounts = tuple(Account(i) for i in range(len(crisis.players)))
    else:
        number = [p.name for p in crisis.players].index(terms_of)
        accounts = tuple(Account(number, term) for term in _terms(crisis, terms_of))
    return _Layout(typed, n_types, all_profiles(n_types), accounts)


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


def _player_axes(crisis: Crisis, layout: _Layout) -> tuple[PlayerAxis, ...]:
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


def _profile_prior(
    crisis: Crisis, layout: _Layout, observer: str | None
) -> Float[np.ndarray, "profile"]:
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


def _points_by_player(
    crisis: Crisis, layout: _Layout, asked: int | Mapping[str, int] | None, n_places: int
) -> dict[str, int]:
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
    layout = _lay_out(crisis, None)
    asked = crisis.solver.get("grid") or {
        crisis.players[j].name: DEFAULT_POINTS.get(n_types, 0)
        for j, n_types in zip(layout.typed, layout.n_types, strict=True)
    }
    return _points_by_player(crisis, layout, asked, 0)  # type: ignore[arg-type]


def _beliefs(
    crisis: Crisis, layout: _Layout, points: int | Mapping[str, int], *, single: bool
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


def _numbered_clauses(crisis: Crisis) -> dict[str, tuple[tuple[int, int, Clause], ...]]:
    """Return each player's clauses with their number, and number the `once` ones."""
    by_player: dict[str, list[tuple[int, int, Clause]]] = {}
    n_once = 0
    for number, clause in enumerate(crisis.policy.clauses):
        once = -1
        if clause.once:
            once, n_once = n_once, n_once + 1
        by_player.setdefault(clause.player, []).append((number, once, clause))
    return {player: tuple(clauses) for player, clauses in by_player.items()}


def _frame(crisis: Crisis, space: StateSpace, layout: _Layout, *, tabled: bool) -> Frame:
    names = [p.name for p in crisis.players]
    accounts = layout.accounts if tabled else ()
    return Frame(
        crisis=crisis,
        space=space,
        profiles=layout.profiles,
        accounts=account_numbers(accounts, names),
        n_accounts=len(accounts),
        tabled=tabled,
        findings=Findings(),
        usage=Usage(),
        ended=Endings(len(crisis.endings), space.n_codes),
        slots=tuple(Index(space.n_codes) for _ in range(space.n_slots)),
    )
