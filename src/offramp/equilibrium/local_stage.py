r"""One stage at one public state and one exact belief, cut out of its game.

Small enough to be solved over and over: the stage's rows in this state, and the values of the few
states to which they lead. Beliefs need not lie on the grid; values are interpolated with the same
stencils as in the solver's own reply.

A player's worth of an option splits by linearity into its named terms τ, and each term into what is
paid now, what follows if nothing were learnt, and what is learnt:
$$Q(a) = \sum_\tau \Bigl( \mathrm{E}[\text{paid}_\tau] + \mathrm{E}[V_\tau(s', b)]
  + \mathrm{E}[V_\tau(s', b') - V_\tau(s', b)] \Bigr).$$
A type that is drawn afresh is believed to be what the prior says, before and after: a redraw is
seen by all, whatever the act reveals.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

from offramp.equilibrium.kernels.points import (
    Beliefs,
    JointTable,
    Point,
    Scratch,
    new_scratch,
    value_point,
)
from offramp.equilibrium.kernels.responses import Equation, Sites
from offramp.equilibrium.plan import StagePlan, kernel_array
from offramp.equilibrium.pointwise import Effort, Points, solve_points
from offramp.equilibrium.tasks import Crew
from offramp.game.beliefs import observer_belief
from offramp.game.factored import Game

__all__ = ["CutOut", "LocalStage", "Parts", "Reply", "Worth", "cut_out", "settle", "split"]


class CutOut(NamedTuple):
    """A stage's rows in one state.

    Attributes:
        table: Has one state; a successor is a position in `live`, or -1 minus one in `ended`.
        rows: Their numbers in the stage's table.
        live, ended: Numbers of the states and ended states to which they lead.
    """

    table: JointTable
    rows: slice
    live: Int[np.ndarray, "successor"]
    ended: Int[np.ndarray, "ended"]


class Worth(NamedTuple):
    """What accounts get: paid in each row, and the values of the states to which rows lead."""

    pay: Float[np.ndarray, "row profile account"]
    live: Float[np.ndarray, "successor profile account belief"]
    ended: Float[np.ndarray, "ended profile account belief"]


@dataclass(frozen=True)
class LocalStage:
    """A stage at one state and belief, ready to be solved.

    Attributes:
        worth: By player.
    """

    game: Game
    cut: CutOut
    beliefs: Beliefs
    point: Point
    precision: Float[np.ndarray, "mover"]
    effort: Effort
    worth: Worth


class Reply(NamedTuple):
    """How all movers play at a point, option by option and type by type.

    Attributes:
        strategy: Per mover. value: action value Q, in payoff units, also of options that a
            policy keeps from a type.
        residual: Bound on |σ - logit(Q)|.
        learnt: The kernel's arrays, with posterior and stencil of every signal.
    """

    strategy: tuple[Float[np.ndarray, "option type"], ...]
    value: tuple[Float[np.ndarray, "option type"], ...]
    residual: float
    learnt: Scratch


class Parts(NamedTuple):
    """What each option of a mover of one type brings, split.

    Attributes:
        paid: At once, by the act, its effects and an ending that it leads to.
        later: From then on, if nobody learnt anything from it.
        learnt: More or less than that, because of what is believed afterwards.
        belief: Expected belief afterwards, `belief[option, observer, typed, type]`.
    """

    paid: Float[np.ndarray, "option account"]
    later: Float[np.ndarray, "option account"]
    learnt: Float[np.ndarray, "option account"]
    belief: Float[np.ndarray, "option player typed type"]


def cut_out(plan: StagePlan, state: int) -> CutOut:
    """Cut the rows of one state out of a stage's table."""
    whole = plan.joint
    rows = slice(int(whole.start[state]), int(whole.start[state + 1]))
    first, last = int(whole.entry_start[rows.start]), int(whole.entry_start[rows.stop])
    entries = slice(first, last)
    successor = whole.successor[entries]
    live, ended = np.unique(successor[successor >= 0]), np.unique(-1 - successor[successor < 0])
    moved = np.where(
        successor >= 0,
        np.searchsorted(live, successor),
        -1 - np.searchsorted(ended, -1 - successor),
    )
    options = whole.option_start[:, state : state + 2]
    counts = np.diff(options, axis=1)[:, 0]
    bounds = [
        whole.bound[at + o : at + p] for at, (o, p) in zip(whole.bound_at, options, strict=True)
    ]
    table = whole._replace(
        option_start=kernel_array(options - options[:, :1], np.int64),
        bound_at=np.cumsum([0, *counts]).astype(np.int64)[:-1],
        bound=np.concatenate([whole.bound[:0], *bounds]),
        start=np.array([0, rows.stop - rows.start], dtype=np.int64),
        option=kernel_array(np.maximum(whole.option[rows] - options[:, 0], -1), np.int64),
        entry_start=whole.entry_start[rows.start : rows.stop + 1] - first,
        successor=kernel_array(moved, np.int64),
        chance=kernel_array(whole.chance[entries], np.float64),
        redraw=kernel_array(whole.redraw[entries], np.int64),
        pay=kernel_array(whole.pay[rows], np.float64),
        signal=kernel_array(whole.signal[entries], np.int64),
        n_signals=kernel_array(whole.n_signals[state : state + 1], np.int64),
    )
    return CutOut(table, rows, live, ended)


def settle(local: LocalStage) -> Reply:
    """Solve the stage at its point, following the branch from λ = 0 where need be."""
    table, worth = local.cut.table, local.worth
    n_movers = len(table.mover_types)
    counts = np.diff(table.option_start, axis=1)[:, 0]
    sizes = counts * table.mover_types
    most = int(counts.max(initial=0)), int(table.n_signals[0])
    at = local.point
    equation = Equation(
        table._replace(pay=_flat(worth.pay)),
        local.beliefs,
        Sites(at.at[None], at.belief[None], at.opinion[None]),
        local.precision,
        _flat(worth.live),
        _flat(worth.ended),
        *most,
        apart=0,
    )
    points = Points(equation, np.zeros((1, 2), np.int64), int(sizes.sum()), Crew(1))
    found = solve_points(points, local.effort, None)
    log_strategy, value = found.log_strategy[0], np.empty(points.width)
    scratch = new_scratch(table, local.beliefs, *most)
    value_point(
        equation.table,
        local.beliefs,
        at,
        log_strategy,
        equation.next_values,
        equation.ended,
        scratch,
        value,
    )
    ends = np.cumsum([0, *sizes])

    def by_mover(cells: Float[np.ndarray, "cell"]) -> tuple[Float[np.ndarray, "option type"], ...]:
        return tuple(
            cells[ends[k] : ends[k + 1]].reshape(counts[k], table.mover_types[k])
            for k in range(n_movers)
        )

    return Reply(by_mover(np.exp(log_strategy)), by_mover(value), float(found.residual[0]), scratch)


def split(
    local: LocalStage,
    reply: Reply,
    terms: Worth,
    draw: Float[np.ndarray, "mask account profile profile_2"],
    mover: int,
    own_type: int,
) -> Parts:
    """Split what each option of a mover brings by account, as the mover of that type expects.

    Args:
        terms: By account; where accounts are the terms of the mover, all parts sum to Q.
        draw: As `Beliefs.draw`, for these accounts.
    """
    table, game = local.cut.table, local.game
    n_options = int(table.option_start[mover, 1])
    n_accounts = terms.pay.shape[2]
    paid, later, learnt = (np.zeros((n_options, n_accounts)) for _ in range(3))
    belief = np.zeros((n_options, len(game.players), *local.point.belief.shape))
    for row, option, weight in _rows_of(local, reply, mover, own_type):
        paid[option] += weight @ terms.pay[row]
        for entry in range(table.entry_start[row], table.entry_start[row + 1]):
            chance = weight * _chance(local, entry)
            before, after = _worth_after(local, reply, terms, draw, entry)
            later[option] += chance @ before
            learnt[option] += chance @ (after - before)
            belief[option] += chance.sum() * _believed(local, reply, entry)
    return Parts(paid, later, learnt, belief)


def _flat(values: Float[np.ndarray, "row ..."]) -> Float[np.ndarray, "row column"]:
    n_columns = int(np.prod(values.shape[1:]))
    return kernel_array(values.reshape(len(values), n_columns), np.float64)


def _types_of(local: LocalStage, mover: int) -> Int[np.ndarray, "profile"]:
    """Return the mover's type in each profile, 0 where it has none."""
    typed = int(local.cut.table.mover_typed[mover])
    profiles = local.game.profiles
    return profiles[:, typed] if typed >= 0 else np.zeros(len(profiles), dtype=np.int64)


def _rows_of(
    local: LocalStage, reply: Reply, mover: int, own_type: int
) -> Iterator[tuple[int, int, Float[np.ndarray, "profile"]]]:
    """Yield each row, the mover's option in it, and the chance of profile and others' acts."""
    table = local.cut.table
    known = local.point.opinion[mover] * (_types_of(local, mover) == own_type)
    for row, options in enumerate(table.option):
        weight = known.copy()
        for other, option in enumerate(options):
            if other != mover and option >= 0:
                weight *= reply.strategy[other][option, _types_of(local, other)]
        yield row, int(options[mover]), weight


def _chance(local: LocalStage, entry: int) -> Float[np.ndarray, "profile"]:
    table = local.cut.table
    if table.reader < 0:
        return np.full(len(local.game.profiles), table.chance[entry, 0])
    return table.chance[entry, local.game.profiles[:, table.reader]]


def _worth_after(
    local: LocalStage,
    reply: Reply,
    terms: Worth,
    draw: Float[np.ndarray, "mask account profile profile_2"],
    entry: int,
) -> tuple[Float[np.ndarray, "profile account"], Float[np.ndarray, "profile account"]]:
    """Return what each profile and account is worth after an entry, nothing and all learnt."""
    table, learnt = local.cut.table, reply.learnt
    successor, mask = int(table.successor[entry]), int(table.redraw[entry])
    values = terms.live[successor] if successor >= 0 else terms.ended[-1 - successor]
    signal = int(table.signal[entry])
    n = int(learnt.n_stencil[signal])
    after = values[:, :, learnt.stencil[signal, :n]] @ learnt.stencil_weight[signal, :n]
    points, weights = _home(local, reply, mask)
    before = values[:, :, points] @ weights
    if mask:
        before, after = (np.einsum("apq,qa->pa", draw[mask], one) for one in (before, after))
    return before, after


def _home(
    local: LocalStage, reply: Reply, mask: int
) -> tuple[Int[np.ndarray, "vertex"], Float[np.ndarray, "vertex"]]:
    """Return the stencil of the belief as it stood, redrawn types back at their prior."""
    beliefs, learnt = local.beliefs, reply.learnt
    points, weights = np.zeros(1, dtype=np.int64), np.ones(1)
    for j, n_types in enumerate(beliefs.n_types):
        vertices, shares = learnt.home_vertex[j, :n_types], learnt.home_weight[j, :n_types]
        if mask >> j & 1:
            vertices, shares = beliefs.reference[j : j + 1], np.ones(1)
        points = (points[:, None] + vertices * beliefs.stride[j]).ravel()
        weights = (weights[:, None] * shares).ravel()
    return points, weights


def _believed(
    local: LocalStage, reply: Reply, entry: int
) -> Float[np.ndarray, "player typed type"]:
    """Return what every observer believes after an entry."""
    game, table = local.game, local.cut.table
    signal, mask = int(table.signal[entry]), int(table.redraw[entry])
    prior = game.grid.points[game.grid.reference]
    believed = np.zeros((len(game.players), *local.point.belief.shape))
    for j in range(len(game.typed)):
        reference = prior[j] if mask >> j & 1 else reply.learnt.posterior[j, signal]
        believed[:, j] = observer_belief(reference, game.grid.tilt[:, j])
    return believed
