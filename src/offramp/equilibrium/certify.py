"""How far a solution on the belief grid can be trusted off the grid, and as the grid is refined.

The residual and the loss at grid points come with the equilibrium itself. Here histories are drawn
with exact beliefs; at each point the strategy in use, interpolated between grid points, is held
against the logit reply solved there. Then the game is solved on two coarser grids: the change of
replies over the last refinement is the figure to set against the error of the grid in use, and the
ratio of the two changes shows the rate at which it falls.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from jaxtyping import Float

from offramp.equilibrium.backward_induction import solve_on_grid
from offramp.equilibrium.continuations import Place, gather_worth
from offramp.equilibrium.kernels.points import Point
from offramp.equilibrium.local_stage import CutOut, LocalStage, Worth, cut_out, settle
from offramp.equilibrium.plan import GamePlan, kernel_array
from offramp.equilibrium.pointwise import Effort
from offramp.equilibrium.situation import opinion_at
from offramp.equilibrium.solution import Equilibrium
from offramp.equilibrium.stage_game import precision_of
from offramp.equilibrium.walks import Step, Visit, draw_history, interpolated, visits_along
from offramp.game import Game, regrid

__all__ = ["GridCertificate", "certify", "replies_at"]

SMALLEST_CHANCE = 1e-300  # keeps logarithms finite; such acts weigh nothing in a loss
SAME = 1e-12  # beliefs this close are one point

Replies = tuple[Float[np.ndarray, "option type"], ...]


@dataclass(frozen=True)
class GridCertificate:
    """What drawn histories and coarser grids say about a solution.

    Attributes:
        n_points: Points at which replies were compared.
        off_grid: Largest difference between the strategy in use and the reply solved there.
        off_grid_loss: Largest KL(strategy in use ‖ reply)/λ, in payoff of its period.
        refinement: How far replies may still be from those of a fine grid: the largest change over
            the last two halvings of its steps.
        value_change: Largest change of any player's value at the start over that refinement.
        rate: How often the change was halved by the refinement before: log2 of the ratio of the
            two changes; NaN where nothing changes.
    """

    n_points: int
    off_grid: float
    off_grid_loss: float
    refinement: float
    value_change: float
    rate: float


def certify(
    equilibrium: Equilibrium,
    generator: np.random.Generator,
    *,
    start: str | None = None,
    n_walks: int = 64,
    periods: Sequence[int] | None = None,
) -> GridCertificate:
    """Hold an equilibrium on the grid against exact beliefs and against coarser grids.

    Args:
        start: Case whose start is walked from; default: the first.
        periods: Periods (from 0) whose points are compared; default: all. Each costs one replay of
            the period, on each of three grids.
    """
    game = equilibrium.game
    start = start or next(iter(game.start))
    histories = [draw_history(equilibrium, start, generator) for _ in range(n_walks)]
    visits, kept = _distinct(_visits(equilibrium, histories), periods)
    exact = replies_at(equilibrium, visits)
    in_use = [
        tuple(interpolated(equilibrium, visit, k) for k in range(len(replies)))
        for visit, replies in zip(visits, exact, strict=True)
    ]
    coarser = [solve_on_grid(one, equilibrium.settings) for one in _coarser(game)]
    answers = [exact]
    for one in coarser:
        there = _visits(one, histories)
        answers.append(replies_at(one, [there[number] for number in kept]))
    changes = [_largest_gap(one, other) for one, other in pairwise(answers)]
    values = [_start_values(one, start) for one in [equilibrium, *coarser[:1]]]
    return GridCertificate(
        n_points=len(visits),
        off_grid=_largest_gap(exact, in_use),
        off_grid_loss=_largest_loss(equilibrium, visits, in_use, exact),
        refinement=_still_to_come(changes),
        value_change=float(np.abs(values[0] - values[-1]).max(initial=0.0)),
        rate=_rate(changes),
    )


def _visits(equilibrium: Equilibrium, histories: Iterable[Sequence[Step]]) -> list[Visit]:
    return [visit for one in histories for visit in visits_along(equilibrium, one)]


def _distinct(
    visits: Sequence[Visit], periods: Sequence[int] | None
) -> tuple[list[Visit], list[int]]:
    """Return the different points of the periods wanted, and their numbers."""
    found: dict[tuple[object, ...], int] = {}
    for number, visit in enumerate(visits):
        if periods is None or visit.period in periods:
            key = (visit.period, visit.stage, visit.state, *np.round(visit.belief / SAME).ravel())
            found.setdefault(key, number)
    return [visits[number] for number in found.values()], list(found.values())


def _coarser(game: Game) -> list[Game]:
    """Return the game on two coarser grids, each of half the points a side; none without types."""
    if all(simplex.resolution == 0 for simplex in game.grid.simplexes):
        return []
    coarser = []
    for halvings in (1, 2):
        points = {
            game.players[i].name: max(2, (simplex.resolution >> halvings) + 1)
            for i, simplex in zip(game.typed, game.grid.simplexes, strict=True)
        }
        coarser.append(regrid(game, points))
    return coarser


def replies_at(equilibrium: Equilibrium, visits: Sequence[Visit]) -> list[Replies]:
    """Solve the stage at every visited point, with the equilibrium's values to follow."""
    plan = GamePlan(equilibrium.game)
    places = {_place(equilibrium, visit) for visit in visits}
    cuts = {place: cut_out(plan.stage(place.period, place.stage), place.state) for place in places}
    worth = gather_worth(plan, equilibrium, cuts)
    return [
        settle(
            _local_stage(equilibrium, plan, visit, _place(equilibrium, visit), cuts, worth)
        ).strategy
        for visit in visits
    ]


def _place(equilibrium: Equilibrium, visit: Visit) -> Place:
    forever = equilibrium.game.forever
    period = visit.period % equilibrium.n_periods if forever else visit.period
    return Place(period, visit.stage, visit.state)


def _local_stage(
    equilibrium: Equilibrium,
    plan: GamePlan,
    visit: Visit,
    place: Place,
    cuts: Mapping[Place, CutOut],
    worth: Mapping[Place, Worth],
) -> LocalStage:
    settings, game = equilibrium.settings, equilibrium.game
    players = [mover.player for mover in plan.stage(place.period, place.stage).options]
    present = settings.precision_basis == "present"
    opinion = np.array([opinion_at(game, k, visit.belief) for k in players])
    return LocalStage(
        game=game,
        cut=cuts[place],
        beliefs=plan.beliefs,
        point=Point(
            state=0,
            at=np.full(len(game.typed), -1, np.int64),
            belief=kernel_array(visit.belief, np.float64),
            opinion=kernel_array(opinion, np.float64),
        ),
        precision=np.array([precision_of(plan, k, visit.period, present) for k in players]),
        effort=Effort(settings.tolerance, settings.acceptable, settings.max_steps),
        worth=worth[place],
    )


def _largest_gap(one: Sequence[Replies], other: Sequence[Replies]) -> float:
    return max(
        (
            float(np.abs(a - b).max(initial=0.0))
            for here, there in zip(one, other, strict=True)
            for a, b in zip(here, there, strict=True)
        ),
        default=0.0,
    )


def _largest_loss(
    equilibrium: Equilibrium,
    visits: Sequence[Visit],
    in_use: Sequence[Replies],
    exact: Sequence[Replies],
) -> float:
    game, plan = equilibrium.game, GamePlan(equilibrium.game)
    present = equilibrium.settings.precision_basis == "present"
    largest = 0.0
    for visit, used, best in zip(visits, in_use, exact, strict=True):
        table = game.table(0 if game.forever else visit.period, visit.stage)
        for options, p, q in zip(table.movers, used, best, strict=True):
            precision = precision_of(plan, options.player, visit.period, present)
            ratio = np.log(np.maximum(p, SMALLEST_CHANCE) / np.maximum(q, SMALLEST_CHANCE))
            divergence = float((p * ratio).sum(axis=0).max(initial=0.0))
            if 0 < precision < np.inf:
                largest = max(largest, divergence / precision)
    return largest


def _start_values(equilibrium: Equilibrium, start: str) -> Float[np.ndarray, "account"]:
    """Return what each account expects at the start, under its player's own prior."""
    game = equilibrium.game
    chance = game.start[start]
    values = equilibrium.value(0)[:, :, :, game.grid.reference]
    here = np.tensordot(chance[: len(values)], values, axes=1)
    priors = np.array([game.opinion[account.player] for account in game.accounts])
    return np.einsum("pa,ap->a", here, priors)


def _still_to_come(changes: Sequence[float]) -> float:
    """Return how far replies may be from those of the finest grid, by the last two changes.

    An exact belief may by chance lie near points of two grids, whose change then says too little:
    the one before counts as well.
    """
    return max(changes, default=0.0)


def _rate(changes: Sequence[float]) -> float:
    if len(changes) < 2 or changes[0] <= 0.0 or changes[1] <= 0.0:
        return float("nan")
    return float(np.log2(changes[1] / changes[0]))
