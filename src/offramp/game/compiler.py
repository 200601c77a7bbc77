"""Scenario to Game: find the states that play can reach, and table what happens in each.

States are met period by period from the start, each stage handing its successors to the next slot;
a state is tabled once, when it is first met (where the running period decides on what a stage leads
to, anew in every period). Only what a policy leaves possible is met, so a policy that binds the
only mover of a variable removes it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, TypedDict, Unpack

import numpy as np

from offramp.game.factored import Game
from offramp.game.findings import Findings
from offramp.game.frame import Endings, Frame, Usage
from offramp.game.layout import Layout, beliefs, lay_out, points_by_player
from offramp.game.ledger import account_numbers
from offramp.game.mould import Assembly, Mould, Moulds, terminal_payoffs
from offramp.game.payoffs import Terminals, payoff_tables, reads_beliefs
from offramp.game.readings import readings_of
from offramp.game.search import Search, distribution, start_lottery
from offramp.game.states import AsIf, Index, Reading, StateSpace, build_space
from offramp.scenario import Clause, Crisis, Policy, Scenario, Start, bind
from offramp.scenario.expressions import Expr

if TYPE_CHECKING:
    from jaxtyping import Int

__all__ = [
    "Reached",
    "compile_crisis",
    "compile_game",
    "mould_crisis",
    "reach_states",
    "regrid",
    "same_but_for_start",
]


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
    moulds: Moulds | None = None,
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
        moulds: Games of this scenario compiled before, in one of which this game is cast if it
            differs in numbers only; else it is added.

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
    learns = bool(solver.get("learning", True)) if learning is None else learning
    exact = (beliefs or solver.get("beliefs", "grid")) == "history"
    all_starts = {name: one.start for name, one in cases.items()}
    make = partial(
        mould_crisis,
        crisis,
        all_starts,
        given={name: one.given for name, one in cases.items() if one.given is not None},
        grid=asked,  # type: ignore[arg-type]
        learning=learns,
        exact_beliefs=exact,
        terms_of=terms_of,
        meeting=[(bound(name), as_if) for name, as_if in (meeting or {}).items()],
    )
    if moulds is None or meeting:  # where other cases' states are met, their numbers decide too
        return make().game
    made_for = (tuple(cases), without_policy, repr(asked), learns, exact, terms_of)
    return moulds.cast(made_for, crisis, all_starts, make)


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


class Options(TypedDict, total=False):
    """What a crisis is compiled with; see `mould_crisis`."""

    given: Mapping[str, Expr] | None
    grid: int | Mapping[str, int] | None
    learning: bool
    exact_beliefs: bool
    terms_of: str | None
    meeting: Sequence[tuple[Crisis, AsIf]]


def compile_crisis(
    crisis: Crisis, starts: Mapping[str, Start] | None = None, **options: Unpack[Options]
) -> Game:
    """Compile a crisis into a game; arguments and errors are those of `mould_crisis`."""
    return mould_crisis(crisis, starts, **options).game


def mould_crisis(
    crisis: Crisis,
    starts: Mapping[str, Start] | None = None,
    *,
    given: Mapping[str, Expr] | None = None,
    grid: int | Mapping[str, int] | None = None,
    learning: bool = True,
    exact_beliefs: bool = False,
    terms_of: str | None = None,
    meeting: Sequence[tuple[Crisis, AsIf]] = (),
) -> Mould:
    """Compile a crisis, and keep what other numbers can be cast in.

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
    layout = lay_out(crisis, terms_of)
    others = [
        (reach_states(other, {other.start.name: other.start}), as_if) for other, as_if in meeting
    ]
    search, start_codes = _searched(crisis, starts, layout, tabled=True, others=others)
    frame = search.frame
    n_points = search.n_periods * sum(len(slot.codes) for slot in frame.slots[:-1])
    points = points_by_player(crisis, layout, grid, n_points)
    assembled = Assembly(search, layout, points, learning, exact_beliefs, dict(given or {}))
    starts_found = {
        name: distribution(frame.slots[0], codes, weights)
        for name, (codes, weights) in start_codes.items()
    }
    game = assembled.game(crisis, frame.space, search.numbers(), starts_found, frame.findings)
    return Mould(game, assembled)


def reach_states(
    crisis: Crisis, starts: Mapping[str, Start], also_read: Sequence[Reading] = ()
) -> Reached:
    """Find what `compile_crisis` with exact beliefs would find, problems included, without tables.

    Args:
        also_read: What the states shall be able to answer beside what the crisis itself reads.

    Raises:
        GameError, TooLargeError: As `compile_crisis`.
    """
    layout = lay_out(crisis, None)
    search, _ = _searched(crisis, starts, layout, tabled=False, also_read=also_read)
    frame = search.frame
    grid = beliefs(crisis, layout, 1, single=True)
    terminal_payoffs(search, frame.space, layout, grid, frame.findings, exact_beliefs=True)
    codes = tuple(index.codes for index in frame.slots)
    return Reached(crisis, frame.space, codes, search.n_periods, frame.usage)


def _searched(
    crisis: Crisis,
    starts: Mapping[str, Start],
    layout: Layout,
    *,
    tabled: bool,
    also_read: Sequence[Reading] = (),
    others: Sequence[tuple[Reached, AsIf]] = (),
) -> tuple[Search, dict[str, tuple[np.ndarray, np.ndarray]]]:
    """Meet all states; return the search, and codes and chances of each start."""
    once = _numbered_clauses(crisis)
    n_once = 1 + max((o for mine in once.values() for _, o, _ in mine), default=-1)
    space = build_space(crisis, [*readings_of(crisis), *also_read], n_once, layout.typed)
    start_codes = {name: start_lottery(space, start) for name, start in starts.items()}
    apart: frozenset[int] = frozenset()
    while True:
        search = Search(_frame(crisis, space, layout, tabled=tabled), once, apart)
        for other, as_if in others:
            for read in (None, as_if):
                search.meet(
                    [space.take(other.space, codes, m, read) for m, codes in enumerate(other.codes)]
                )
        search.run(np.concatenate([codes for codes, _ in start_codes.values()]))
        if not search.varying:
            break
        apart |= search.varying
    search.frame.findings.raise_if_any()
    return search, start_codes


def regrid(game: Game, points: int | Mapping[str, int]) -> Game:
    """Return the same game on a belief grid with other points a side."""
    crisis = game.crisis
    layout = Layout(
        game.typed,
        tuple(len(crisis.players[j].types) for j in game.typed),
        game.profiles,
        game.accounts,
    )
    grid = beliefs(crisis, layout, points, single=not game.learning)
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


def _frame(crisis: Crisis, space: StateSpace, layout: Layout, *, tabled: bool) -> Frame:
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
