"""Row (c), the orientation game: tables drawn at random in a stated size, no scenario behind them.

10,800 public states, 17 belief points, 2 types of one player, 3 players, 8 periods; at each of 3
stages one player has 5 acts of 8 distinct successors. Only players and axes come from a file.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from benchmarks.plain import count_useful, expectation_time
from benchmarks.records import Measurement
from benchmarks.solving import axes_of, most_rounds, named_scenario, share_not_converged
from benchmarks.stopwatch import best_of
from offramp.equilibrium import solve
from offramp.game import Game, Options, Rows, StageTable, compile_game

__all__ = ["draw_game", "measure_orientation"]

N_STATES = 10_800
N_BELIEFS = 17
N_ACTS = 5
N_SUCCESSORS = 8
NEAR = 64  # successors lie among so many states next to their own, as compiled ones mostly do
SEED = 20260101  # any; fixed so that all runs solve the same game
TARGET = 1e-8  # residual up to which rounds are counted
ANY = 1e6  # a residual that every first round meets


def measure_orientation(*, trial: bool) -> Measurement:
    """Solve the drawn game; tell expectations, one round, and the rounds to 1e-8 apart.

    A solve that accepts any residual takes one round at every point; what a solve to 1e-8 takes
    beyond that is its further rounds.
    """
    game = draw_game(NEAR, 3) if trial else draw_game()
    seconds = 0.0 if trial else 5.0
    solve(game)  # loads the kernels
    took, equilibrium = best_of(lambda: solve(game, tolerance=TARGET), seconds=seconds)
    once, _ = best_of(lambda: solve(game, tolerance=ANY), seconds=seconds)
    expected = expectation_time(game, seconds=seconds)
    return Measurement(
        cpu_seconds=took.cpu,
        wall_seconds=took.wall,
        axes=axes_of(game),
        residual=equilibrium.residual,
        not_converged=share_not_converged(equilibrium),
        figures={
            "useful_multiply_adds": count_useful(game),
            "expectations_cpu_seconds": expected.cpu,
            "expectations_wall_seconds": expected.wall,
            "first_round_cpu_seconds": once.cpu - expected.cpu,
            "further_rounds_cpu_seconds": took.cpu - once.cpu,
            "most_rounds": most_rounds(equilibrium),
        },
    )


def draw_game(n_states: int = N_STATES, n_beliefs: int = N_BELIEFS) -> Game:
    """Return the game in the stated size (smaller for trials)."""
    frame = compile_game(named_scenario("orientation"), grid=n_beliefs)
    rng = np.random.default_rng(SEED)
    n_slots = len(frame.stage_names) + 1
    n_profiles, n_accounts = len(frame.profiles), len(frame.accounts)
    stages = tuple(
        _draw_stage(table, n_states, n_profiles, n_accounts, rng) for table in frame.stages[0]
    )
    start = np.zeros(n_states)
    start[0] = 1.0
    return replace(
        frame,
        stages=(stages,),
        n_reached=np.full((frame.n_periods, n_slots), n_states, dtype=np.int64),
        codes=tuple(np.arange(n_states) for _ in range(n_slots)),
        roll=np.arange(n_states),
        payoff=(0.3 * rng.normal(size=(n_states, n_profiles, n_accounts, 1)),),
        start=dict.fromkeys(frame.start, start),
    )


def _draw_stage(
    frame: StageTable, n_states: int, n_profiles: int, n_accounts: int, rng: np.random.Generator
) -> StageTable:
    """Give every state all acts, and every act successors and payments of its own."""
    (mover,) = frame.movers
    n_rows = n_states * N_ACTS
    near = rng.permuted(np.tile(np.arange(NEAR), (n_rows, 1)), axis=1)[:, :N_SUCCESSORS]
    home = np.repeat(np.arange(n_states), N_ACTS)
    chance = rng.dirichlet(np.ones(N_SUCCESSORS), size=n_rows)
    acts = np.tile(np.arange(N_ACTS), n_states)
    starts = N_ACTS * np.arange(n_states + 1)
    options = Options(
        player=mover.player,
        names=mover.names,
        start=starts,
        action=acts,
        seen_as=acts,
        bound=np.full((n_rows, mover.bound.shape[1]), -1.0),
    )
    rows = Rows(
        start=starts,
        option=np.arange(n_rows)[:, None],
        entry_start=N_SUCCESSORS * np.arange(n_rows + 1),
        successor=((home[:, None] + near) % n_states).reshape(-1),
        chance=chance.reshape(-1, 1),
        redraw=np.zeros(n_rows * N_SUCCESSORS, dtype=np.int64),
        pay=0.2 * rng.normal(size=(n_rows, n_profiles, n_accounts)),
    )
    return replace(frame, movers=(options,), rows=rows)
