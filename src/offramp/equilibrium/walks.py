"""Histories drawn from an equilibrium, with beliefs updated exactly and not on the grid."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

from offramp.equilibrium.solution import Equilibrium
from offramp.game import Chain, Game, Options, StageTable
from offramp.game.beliefs import locate, update_belief

__all__ = ["Visit", "interpolated", "walk_histories"]

EXPLORING = 0.5  # share of acts drawn evenly, so that rare histories are visited too


class Visit(NamedTuple):
    """A point at which somebody chooses, on a drawn history; period and stage from 0."""

    period: int
    stage: int
    state: int
    belief: Float[np.ndarray, "typed type"]


def walk_histories(
    equilibrium: Equilibrium, start: str, n_walks: int, generator: np.random.Generator
) -> Iterator[Visit]:
    """Draw histories and yield every point at which somebody has a choice."""
    game = equilibrium.game
    for _ in range(n_walks):
        yield from _walk(equilibrium, start, game.n_periods if not game.forever else 20, generator)


def _walk(
    equilibrium: Equilibrium, start: str, n_periods: int, generator: np.random.Generator
) -> Iterator[Visit]:
    game = equilibrium.game
    state = int(generator.choice(len(game.start[start]), p=game.start[start]))
    profile = game.profiles[generator.choice(len(game.prior), p=game.prior)].copy()
    belief = game.grid.points[game.grid.reference].copy()
    for period in range(n_periods):
        row = 0 if game.forever else period
        for stage in range(len(game.stage_names)):
            table = game.table(row, stage)
            if table.chain is not None:
                state, drawn = _follow_chain(table.chain, state, generator)
            else:
                if _has_choice(table, state):
                    yield Visit(period, stage, state, belief.copy())
                state, drawn = _act(equilibrium, period, stage, state, profile, belief, generator)
            _redraw(game, drawn, profile, belief, generator)
            if state < 0:
                return
        if period < n_periods - 1:
            state = int(game.roll[state])


def _has_choice(table: StageTable, state: int) -> bool:
    return any(options.start[state + 1] - options.start[state] > 1 for options in table.movers)


def interpolated(
    equilibrium: Equilibrium, visit: Visit, mover: int
) -> Float[np.ndarray, "option type"]:
    """Return a mover's strategy at an exact belief, interpolated in log σ between grid points."""
    game = equilibrium.game
    stencils = [
        locate(simplex, visit.belief[j, : simplex.points.shape[1]])
        for j, simplex in enumerate(game.grid.simplexes)
    ]
    points, weights = np.zeros(1, np.int64), np.ones(1)
    for simplex, stencil in zip(game.grid.simplexes, stencils, strict=True):
        points = (points[:, None] * len(simplex.points) + stencil.points).ravel()
        weights = (weights[:, None] * stencil.weights).ravel()
    row = 0 if game.forever else visit.period
    options = game.table(row, visit.stage).movers[mover]
    span = slice(int(options.start[visit.state]), int(options.start[visit.state + 1]))
    kept = weights > 0
    log_strategy = equilibrium.log_strategy(visit.period, visit.stage, mover)[span][
        :, :, points[kept]
    ]
    strategy = np.exp(log_strategy @ weights[kept])
    return np.asarray(strategy / strategy.sum(axis=0))


def _act(
    equilibrium: Equilibrium,
    period: int,
    stage: int,
    state: int,
    profile: Int[np.ndarray, "typed"],
    belief: Float[np.ndarray, "typed type"],
    generator: np.random.Generator,
) -> tuple[int, int]:
    """Draw acts and what they bring about, and update beliefs in place; return state, redraws."""
    game = equilibrium.game
    table = game.table(0 if game.forever else period, stage)
    rows = table.rows
    if rows is None:
        raise ValueError("a chance stage kept as a chain has no acts")
    visit = Visit(period, stage, state, belief)
    strategies = [interpolated(equilibrium, visit, k) for k in range(len(table.movers))]
    chosen = [
        _draw(strategy[:, _own_type(game, options, profile)], generator)
        for options, strategy in zip(table.movers, strategies, strict=True)
    ]
    span = range(int(rows.start[state]), int(rows.start[state + 1]))
    numbers = [
        options.start[state] + pick for options, pick in zip(table.movers, chosen, strict=True)
    ]
    passed = rows.option[span[0], 0] < 0 if table.movers else True
    row = span[0] if passed else next(r for r in span if np.all(rows.option[r] == numbers))
    entries = slice(int(rows.entry_start[row]), int(rows.entry_start[row + 1]))
    reader_type = int(profile[table.reader]) if table.reader >= 0 else 0
    entry = entries.start + _draw(rows.chance[entries, reader_type], generator, explore=False)
    if game.learning:
        signal = (int(rows.successor[entry]), int(rows.redraw[entry]))
        _learn(game, table, state, row, signal, strategies, belief)
    return int(rows.successor[entry]), int(rows.redraw[entry])


def _draw(
    chances: Float[np.ndarray, "outcome"], generator: np.random.Generator, *, explore: bool = True
) -> int:
    if not len(chances):
        return 0
    if explore and generator.random() < EXPLORING:
        return int(generator.choice(np.flatnonzero(chances > 0)))
    return int(generator.choice(len(chances), p=chances / chances.sum()))


def _own_type(game: Game, options: Options, profile: Int[np.ndarray, "typed"]) -> int:
    typed = game.players[options.player].typed
    return int(profile[typed]) if typed >= 0 else 0


def _learn(
    game: Game,
    table: StageTable,
    state: int,
    row: int,
    signal: tuple[int, int],
    strategies: list[Float[np.ndarray, "option type"]],
    belief: Float[np.ndarray, "typed type"],
) -> None:
    """Apply Bayes' rule to every typed player that moved or whose type a chance read."""
    learners = {game.players[o.player].typed: k for k, o in enumerate(table.movers)}
    if table.reader >= 0:
        learners.setdefault(table.reader, -1)
    updated = {}
    for j, k in learners.items():
        if j >= 0:
            n_types = game.grid.simplexes[j].points.shape[1]
            likelihood = _likelihood(game, table, state, row, signal, strategies, belief, j, k)
            with np.errstate(divide="ignore"):
                updated[j] = update_belief(belief[j, :n_types], np.log(likelihood))
    for j, posterior in updated.items():
        belief[j, : len(posterior)] = posterior


def _likelihood(
    game: Game,
    table: StageTable,
    state: int,
    row: int,
    signal: tuple[int, int],
    strategies: list[Float[np.ndarray, "option type"]],
    belief: Float[np.ndarray, "typed type"],
    j: int,
    mover: int,
) -> Float[np.ndarray, "type"]:
    """Return the chance of what was seen, for each type of typed player j (`mover` or reader)."""
    rows = table.rows
    if rows is None:
        raise ValueError("a chance stage kept as a chain teaches nothing")
    n_types = game.grid.simplexes[j].points.shape[1]
    likelihood = np.zeros(n_types)
    seen = _seen(table, row)
    by_result = table.hides or table.reader >= 0
    for r in range(int(rows.start[state]), int(rows.start[state + 1])):
        if _seen(table, r) != seen:
            continue
        weight = np.ones(n_types)
        for k, (options, strategy) in enumerate(zip(table.movers, strategies, strict=True)):
            if rows.option[r, k] >= 0:
                played = strategy[rows.option[r, k] - options.start[state]]
                weight = weight * (
                    played if k == mover else _average(game, options, played, belief)
                )
        likelihood += weight * (_result_chance(table, r, signal, belief, j) if by_result else 1.0)
    return likelihood


def _seen(table: StageTable, row: int) -> tuple[int, ...]:
    if table.rows is None:
        return ()
    return tuple(
        int(options.seen_as[number]) if number >= 0 else -1
        for options, number in zip(table.movers, table.rows.option[row], strict=True)
    )


def _average(
    game: Game,
    options: Options,
    played: Float[np.ndarray, "type"],
    belief: Float[np.ndarray, "typed type"],
) -> float:
    typed = game.players[options.player].typed
    return float(played[0] if typed < 0 else played @ belief[typed, : len(played)])


def _result_chance(
    table: StageTable,
    row: int,
    signal: tuple[int, int],
    belief: Float[np.ndarray, "typed type"],
    j: int,
) -> Float[np.ndarray, "type"] | float:
    rows = table.rows
    if rows is None:
        return 1.0
    entries = slice(int(rows.entry_start[row]), int(rows.entry_start[row + 1]))
    same = (rows.successor[entries] == signal[0]) & (rows.redraw[entries] == signal[1])
    chance = rows.chance[entries][same].sum(axis=0)
    if table.reader < 0:
        return float(chance[0])
    if table.reader == j:
        return np.asarray(chance)
    return float(chance @ belief[table.reader, : len(chance)])


def _follow_chain(chain: Chain, state: int, generator: np.random.Generator) -> tuple[int, int]:
    inner, drawn = int(chain.enter[state]), 0
    for step in chain.steps:
        at = np.flatnonzero(step.inner == inner)
        if len(at):
            entries = slice(int(step.entry_start[at[0]]), int(step.entry_start[at[0] + 1]))
            entry = entries.start + _draw(step.chance[entries], generator, explore=False)
            drawn |= int(step.redraw[entry])
            inner = int(step.successor[entry])
            if inner < 0:
                return inner, drawn
    return int(chain.leave[inner]), drawn


def _redraw(
    game: Game,
    drawn: int,
    profile: Int[np.ndarray, "typed"],
    belief: Float[np.ndarray, "typed type"],
    generator: np.random.Generator,
) -> None:
    for j in range(len(game.typed)):
        if drawn >> j & 1:
            prior = _marginal(game, j)
            profile[j] = generator.choice(len(prior), p=prior)
            belief[j] = game.grid.points[game.grid.reference, j]


def _marginal(game: Game, j: int) -> Float[np.ndarray, "type"]:
    return np.bincount(game.profiles[:, j], weights=game.prior)
