"""What a solve keeps, in bytes, and how it is cut to fit; what would not fit is refused."""

from __future__ import annotations

from offramp.equilibrium.plan import GamePlan
from offramp.equilibrium.stage_game import strategy_rows
from offramp.errors import Problem, TooLargeError

__all__ = ["check_memory", "period_bytes", "plan_windows"]

NUMBER_BYTES = 8
GIB = 2**30
OPEN_WINDOWS = 3  # two windows that are kept and one being solved


def period_bytes(plan: GamePlan, period: int) -> int:
    """Return the bytes of one period's answer: values at its start, and all strategies."""
    game = plan.game
    row = 0 if game.forever else period
    cells = sum(
        int(strategy_rows(plan.stage(row, m), int(game.n_reached[row, m]))[-1])
        for m in range(len(game.stage_names))
    )
    values = (int(game.n_reached[row, 0]) + len(game.ended_codes)) * plan.n_columns
    return NUMBER_BYTES * (cells * plan.n_beliefs + values)


def check_memory(plan: GamePlan, memory: float) -> None:
    """Refuse a game of which the answers of two periods and the values between do not fit."""
    game = plan.game
    last = game.n_periods - 1
    widest = int(game.n_reached.max())
    working = 2 * NUMBER_BYTES * widest * plan.n_columns
    needed = working + 2 * period_bytes(plan, last)
    if needed > memory * GIB:
        raise TooLargeError(_describe(plan, needed, widest, memory))


def plan_windows(plan: GamePlan, memory: float) -> tuple[int, ...]:
    """Return the first period of each window of kept answers, and the number of periods.

    One window where all fits. Otherwise windows are as short as makes their far ends and the open
    windows smallest together.
    """
    n_periods = plan.game.n_periods
    each = max(period_bytes(plan, t) for t in range(n_periods))
    if sum(period_bytes(plan, t) for t in range(n_periods)) <= memory * GIB:
        return (0, n_periods)
    length = max(1, round((n_periods / OPEN_WINDOWS) ** 0.5))
    while length > 1 and (n_periods / length + OPEN_WINDOWS * length) * each > memory * GIB:
        length -= 1
    return (*range(0, n_periods, length), n_periods)


def _describe(plan: GamePlan, needed: int, widest: int, memory: float) -> Problem:
    game = plan.game
    points = " x ".join(str(len(grid.points)) for grid in game.grid.simplexes) or "1"
    return Problem(
        code="G543",
        message=(
            f"Solving needs {needed / GIB:.1f} GiB at once, more than the {memory:g} GiB allowed: "
            f"{widest} public states x {plan.n_profiles} profiles of types x {plan.n_accounts} "
            f"accounts x {plan.n_beliefs} beliefs ({points})."
        ),
        hint="What is remembered (`did`, `was`, `periods_since`) multiplies the public states.",
        fix=(
            "lower the grid (`--grid`), remember less, drop levels of a variable, or allow more "
            "with `solver: {memory: …}`."
        ),
    )
