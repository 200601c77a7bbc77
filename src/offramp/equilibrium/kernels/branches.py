r"""Solve one stage at one point: iterate, and where that is not sure, follow the branch from λ = 0.

The unknowns are the *scores* x = λ Q of all cells, centred per mover and type; the equation is
x = s λ C(Q(σ(x))) with s = 1, where C centres and σ is the logit reply. At s = 0 every reply is
uniform over what is allowed, and from there a branch of solutions leads on, which may turn back in
s before it reaches 1 [Turocy2005]. Plain iteration from s = 0 play that contracts stays with that
branch; where it does not contract, the branch is followed by pseudo-arclength steps.

Anderson's mixing and Newton's method only polish what is already close.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

from offramp.equilibrium.kernels.cache import kernel
from offramp.equilibrium.kernels.points import (
    SAME_VALUE,
    Beliefs,
    JointTable,
    Point,
    Scratch,
    action_values,
    logit_cells,
    new_scratch,
    open_point,
    point_values,
)

__all__ = [
    "CONTINUED",
    "CONVERGED",
    "JUMPED",
    "TURNED",
    "UNCONVERGED",
    "Effort",
    "play_listed",
    "solve_listed",
    "solve_point",
]

CONVERGED, CONTINUED, TURNED, JUMPED, UNCONVERGED = 0, 1, 2, 3, 4

FORBIDDEN = -2.0  # as in game.factored: kernels read no other room's constants
_DEPTH = 3  # earlier rounds that Anderson's mixing looks back on
_MIX_BELOW = 0.05  # residual from which rounds are mixed and Newton's step is trusted
_CONTRACTS = 0.9  # a plain round that shrinks the residual by less is not taken to converge
_PLAIN_ROUNDS = 60  # rounds of iteration before Newton or continuation takes over
_NEWTON_ROUNDS = 12
_DIFFERENCE = 1e-7  # step of the finite differences, relative to scores of order one
_FIRST_ARC, _LEAST_ARC, _LONGEST_ARC = 0.1, 1e-7, 2.0  # in scores and s together
_CLOSE = 1e-7  # residual in scores at which a corrector on the way is content
_NEAR = 0.5  # farthest, in scores, that a corrector may lead from its predictor, per unit of arc


class Effort(NamedTuple):
    """How long a point is worked on; see `Rules` of the typed reply for the tolerances."""

    tolerance: float
    acceptable: float
    max_steps: int


class Problem(NamedTuple):
    """One point's equation."""

    table: JointTable
    beliefs: Beliefs
    point: Point
    precision: Float[np.ndarray, "mover"]
    next_values: Float[np.ndarray, "next_state column"]
    ended: Float[np.ndarray, "ended column"]
    scratch: Scratch
    log_strategy: Float[np.ndarray, "cell"]
    action_value: Float[np.ndarray, "cell"]


@kernel
def _copy(target: Float[np.ndarray, "n"], source: Float[np.ndarray, "n"]) -> None:
    """Copy by a loop, which compiles much sooner than a slice assignment."""
    for c in range(target.size):
        target[c] = source[c]


@kernel
def _forget(score: Float[np.ndarray, "cell"]) -> None:
    for c in range(score.size):
        score[c] = 0.0


@kernel
def _advance(
    position: Float[np.ndarray, "cell"],
    length: float,
    tangent: Float[np.ndarray, "cell_1"],
    score: Float[np.ndarray, "cell"],
) -> None:
    for c in range(score.size):
        score[c] = position[c] + length * tangent[c]


@kernel
def _centre(problem: Problem, score: Float[np.ndarray, "cell"]) -> None:
    """Subtract each mover's and type's mean over its free options; zero all that is not free."""
    table, scratch, state = problem.table, problem.scratch, problem.point.state
    for k in range(table.mover_typed.size):
        n_types = table.mover_types[k]
        first, stop = scratch.cell_start[k], scratch.cell_start[k + 1]
        bound = table.bound_at[k] + table.option_start[k, state]
        for th in range(n_types):
            total, free = 0.0, 0
            for a in range((stop - first) // n_types):
                kind = table.bound[bound + a, th]
                if kind < 0.0 and kind != FORBIDDEN:
                    total += score[first + a * n_types + th]
                    free += 1
            for a in range((stop - first) // n_types):
                kind = table.bound[bound + a, th]
                cell = first + a * n_types + th
                if kind < 0.0 and kind != FORBIDDEN:
                    if problem.precision[k] < np.inf:
                        score[cell] -= total / free
                else:
                    score[cell] = 0.0


@kernel
def _respond(
    problem: Problem,
    score: Float[np.ndarray, "cell"],
    s: float,
    response: Float[np.ndarray, "cell"],
) -> float:
    """Write s λ C(Q(σ(score))); return the bound on the residual of the strategies.

    Replies to scores that differ by d differ by at most (max d - min d) / 4. Where precision is
    infinite the residual is one if the reply would change.
    """
    table, scratch = problem.table, problem.scratch
    logit_cells(
        table,
        problem.point.state,
        problem.precision,
        score,
        scratch.cell_start,
        problem.log_strategy,
    )
    action_values(
        table,
        problem.beliefs,
        problem.point,
        problem.log_strategy,
        problem.next_values,
        problem.ended,
        scratch,
        problem.action_value,
    )
    for k in range(table.mover_typed.size):
        scale = s * problem.precision[k] if problem.precision[k] < np.inf else 1.0
        for cell in range(scratch.cell_start[k], scratch.cell_start[k + 1]):
            response[cell] = scale * problem.action_value[cell]
    _centre(problem, response)
    return _residual(problem, score, response)


@kernel
def _residual(
    problem: Problem, score: Float[np.ndarray, "cell"], response: Float[np.ndarray, "cell"]
) -> float:
    table, scratch = problem.table, problem.scratch
    worst = 0.0
    for k in range(table.mover_typed.size):
        n_types = table.mover_types[k]
        bound = table.bound_at[k] + table.option_start[k, problem.point.state]
        for th in range(n_types):
            low, high, best, now = np.inf, -np.inf, -np.inf, -np.inf
            first = scratch.cell_start[k] + th
            for a in range((scratch.cell_start[k + 1] - scratch.cell_start[k]) // n_types):
                cell = first + a * n_types
                kind = table.bound[bound + a, th]
                if kind < 0.0 and kind != FORBIDDEN:
                    change = response[cell] - score[cell]
                    low, high = min(low, change), max(high, change)
                    best = max(best, response[cell])
                    if problem.log_strategy[cell] > -np.inf:
                        now = max(now, response[cell])
            if low == np.inf:
                continue
            if problem.precision[k] < np.inf:
                worst = max(worst, 0.25 * (high - low))
            elif best > now + SAME_VALUE * (1.0 + abs(now)):
                worst = max(worst, 1.0)
    return worst


@kernel
def _solve_linear(matrix: Float[np.ndarray, "n n"], right: Float[np.ndarray, "n"], n: int) -> float:
    """Solve in place by elimination with row pivots; return the sign of the determinant or 0."""
    sign = 1.0
    for i in range(n):
        pivot = i
        for r in range(i + 1, n):
            if abs(matrix[r, i]) > abs(matrix[pivot, i]):
                pivot = r
        if abs(matrix[pivot, i]) < 1e-300:
            return 0.0
        if pivot != i:
            sign = -sign
            for c in range(n):
                matrix[i, c], matrix[pivot, c] = matrix[pivot, c], matrix[i, c]
            right[i], right[pivot] = right[pivot], right[i]
        if matrix[i, i] < 0.0:
            sign = -sign
        for r in range(i + 1, n):
            factor = matrix[r, i] / matrix[i, i]
            for c in range(i, n):
                matrix[r, c] -= factor * matrix[i, c]
            right[r] -= factor * right[i]
    for i in range(n - 1, -1, -1):
        for c in range(i + 1, n):
            right[i] -= matrix[i, c] * right[c]
        right[i] /= matrix[i, i]
    return sign


@kernel
def _jacobian(
    problem: Problem,
    score: Float[np.ndarray, "cell"],
    s: float,
    response: Float[np.ndarray, "cell"],
    n: int,
    matrix: Float[np.ndarray, "n n"],
) -> None:
    """Write d(score - response)/d(score) by differences; `response` is that at `score`."""
    moved = np.empty(n)
    for c in range(n):
        kept = score[c]
        score[c] = kept + _DIFFERENCE
        _respond(problem, score, s, moved)
        score[c] = kept
        for r in range(n):
            matrix[r, c] = -(moved[r] - response[r]) / _DIFFERENCE
        matrix[c, c] += 1.0


@kernel
def _newton(
    problem: Problem,
    score: Float[np.ndarray, "cell"],
    n: int,
    effort: Effort,
    reach: float,
) -> tuple[float, float]:
    """Improve `score` at s = 1; return the residual and the sign of the Jacobian.

    Stops, residual infinite, where it would lead farther than `reach` from where it began.
    """
    matrix = np.empty((n, n))
    response = np.empty(n)
    change = np.empty(n)
    origin = score.copy()
    residual = _respond(problem, score, 1.0, response)
    sign = 1.0
    for _ in range(_NEWTON_ROUNDS):
        if residual <= effort.tolerance:
            break
        _jacobian(problem, score, 1.0, response, n, matrix)
        for c in range(n):
            change[c] = response[c] - score[c]
        sign = _solve_linear(matrix, change, n)
        if sign == 0.0:
            return np.inf, 0.0
        farthest = 0.0
        for c in range(n):
            score[c] += change[c]
            farthest = max(farthest, abs(score[c] - origin[c]))
        if not farthest <= reach:
            return np.inf, sign
        residual = _respond(problem, score, 1.0, response)
    return residual, sign


@kernel
def _mix(
    count: int,
    n: int,
    residuals: Float[np.ndarray, "depth cell"],
    responses: Float[np.ndarray, "depth cell"],
    score: Float[np.ndarray, "cell"],
) -> None:
    """Write Anderson's next score from the last `count` residuals and responses (newest last)."""
    for c in range(n):
        score[c] = responses[count - 1, c]
    m = count - 1
    if m < 1:
        return
    normal = np.zeros((m, m))
    right = np.zeros(m)
    for i in range(m):
        for c in range(n):
            difference = residuals[count - 1, c] - residuals[i, c]
            right[i] += difference * residuals[count - 1, c]
            for i2 in range(m):
                normal[i, i2] += difference * (residuals[count - 1, c] - residuals[i2, c])
    trace = 0.0
    for i in range(m):
        trace += normal[i, i]
    for i in range(m):
        normal[i, i] += 1e-14 * trace + 1e-300
    if _solve_linear(normal, right, m) == 0.0:
        return
    for i in range(m):
        for c in range(n):
            score[c] -= right[i] * (responses[count - 1, c] - responses[i, c])


@kernel
def _iterate(
    problem: Problem, score: Float[np.ndarray, "cell"], n: int, effort: Effort
) -> tuple[float, int]:
    """Iterate from `score`; return the residual reached and the rounds taken.

    Far from the solution rounds are plain, and must contract; near it they are mixed.
    """
    residuals = np.zeros((_DEPTH + 1, n))
    responses = np.zeros((_DEPTH + 1, n))
    response = np.empty(n)
    count, before = 0, np.inf
    for step in range(min(_PLAIN_ROUNDS, effort.max_steps)):
        residual = _respond(problem, score, 1.0, response)
        if residual <= effort.tolerance:
            return residual, step + 1
        if not residual < np.inf:
            return np.inf, step + 1
        if residual >= _MIX_BELOW:
            if step > 1 and before >= _MIX_BELOW and residual > _CONTRACTS * before:
                return residual, step + 1
            count = 0
            _copy(score, response)
        else:
            if count == _DEPTH + 1:
                for i in range(_DEPTH):
                    residuals[i] = residuals[i + 1]
                    responses[i] = responses[i + 1]
                count = _DEPTH
            responses[count] = response
            residuals[count] = response - score
            count += 1
            _mix(count, n, residuals, responses, score)
        before = residual
    return before, min(_PLAIN_ROUNDS, effort.max_steps)


@kernel
def _repeat(
    problem: Problem, score: Float[np.ndarray, "cell"], n: int, effort: Effort
) -> tuple[float, int]:
    """Reply to the replies until they settle; return the residual and the rounds taken."""
    response = np.empty(n)
    residual = np.inf
    for step in range(effort.max_steps):
        residual = _respond(problem, score, 1.0, response)
        if residual <= effort.tolerance:
            return residual, step + 1
        _copy(score, response)
    return residual, effort.max_steps


@kernel
def _tangent(
    jacobian: Float[np.ndarray, "n_1 n_1"],
    n: int,
    before: Float[np.ndarray, "n_1"],
    tangent: Float[np.ndarray, "n_1"],
) -> bool:
    """Write the unit tangent of the branch, pointing on from `before`; false if there is none."""
    bordered = np.zeros((n + 1, n + 1))
    right = np.zeros(n + 1)
    for c in range(n + 1):
        for r in range(n):
            bordered[r, c] = jacobian[r, c]
        bordered[n, c] = before[c]
    right[n] = 1.0
    if _solve_linear(bordered, right, n + 1) == 0.0:
        return False
    norm = 0.0
    for c in range(n + 1):
        norm += right[c] * right[c]
    norm = np.sqrt(norm)
    if not norm < np.inf or norm == 0.0:
        return False
    for c in range(n + 1):
        tangent[c] = right[c] / norm
    return True


@kernel
def _correct(
    problem: Problem,
    score: Float[np.ndarray, "cell"],
    s: float,
    tangent: Float[np.ndarray, "n_1"],
    n: int,
    arc: float,
) -> tuple[bool, float]:
    """Return to the branch along the plane across `tangent`; say whether it was found, and s."""
    bordered = np.empty((n + 1, n + 1))
    right = np.empty(n + 1)
    response = np.empty(n)
    predicted = score.copy()
    first = s
    for _ in range(8):
        _respond(problem, score, s, response)
        largest = 0.0
        for c in range(n):
            right[c] = response[c] - score[c]
            largest = max(largest, abs(right[c]))
        right[n] = 0.0
        for c in range(n):
            right[n] -= tangent[c] * (score[c] - predicted[c])
        right[n] -= tangent[n] * (s - first)
        if largest <= _CLOSE:
            return True, s
        _border(problem, score, s, response, n, bordered)
        for c in range(n + 1):
            bordered[n, c] = tangent[c]
        if _solve_linear(bordered, right, n + 1) == 0.0:
            return False, s
        farthest = 0.0
        for c in range(n):
            score[c] += right[c]
            farthest = max(farthest, abs(score[c] - predicted[c]))
        s += right[n]
        if not farthest <= _NEAR * arc or not abs(s - first) <= _NEAR * arc:
            return False, s
    return False, s


@kernel
def _border(
    problem: Problem,
    score: Float[np.ndarray, "cell"],
    s: float,
    response: Float[np.ndarray, "cell"],
    n: int,
    bordered: Float[np.ndarray, "n_1 n_1"],
) -> None:
    """Write the Jacobian in scores and, last column, in s."""
    _jacobian(problem, score, s, response, n, bordered)
    unit = np.empty(n)
    _respond(problem, score, 1.0, unit)
    for r in range(n):
        bordered[r, n] = -unit[r]


@kernel
def _follow(
    problem: Problem, score: Float[np.ndarray, "cell"], n: int, effort: Effort
) -> tuple[float, int, float]:
    """Follow the branch from s = 0; return residual, status and the farthest s."""
    position, s, farthest_s = np.zeros(n), 0.0, 0.0
    tangent, before = np.zeros(n + 1), np.zeros(n + 1)
    before[n] = 1.0
    response, bordered = np.empty(n), np.empty((n + 1, n + 1))
    arc, turned = _FIRST_ARC, False
    for _ in range(effort.max_steps):
        _respond(problem, position, s, response)
        _border(problem, position, s, response, n, bordered)
        if not _tangent(bordered, n, before, tangent):
            break
        turned = turned or tangent[n] < 0.0
        found = False
        while not found and arc >= _LEAST_ARC:
            length = arc
            if tangent[n] > 0.0 and s + arc * tangent[n] >= 1.0:
                length = (1.0 - s) / tangent[n]
                _advance(position, length, tangent, score)
                residual, _sign = _newton(problem, score, n, effort, _NEAR * max(length, 1e-3))
                if residual <= effort.acceptable:
                    return residual, TURNED if turned else CONTINUED, 1.0
            _advance(position, length, tangent, score)
            found, reached = _correct(problem, score, s + length * tangent[n], tangent, n, length)
            found = found and reached < 1.0
            if not found:
                arc = 0.5 * arc
        if not found or reached < -_CLOSE:
            break
        _copy(position, score)
        _copy(before, tangent)
        s = reached
        farthest_s = max(farthest_s, s)
        arc = min(1.5 * arc, _LONGEST_ARC)
    _copy(score, position)
    return np.inf, UNCONVERGED, farthest_s


@kernel
def _solve(
    problem: Problem,
    score: Float[np.ndarray, "cell"],
    n: int,
    warm: bool,
    effort: Effort,
) -> tuple[float, int, int, float]:
    """Solve one point from `score`; return residual, status, rounds and the s that was reached.

    The score that replies to the strategy found is left in `score`. Exact best replies have no
    branch: they are repeated until they settle.
    """
    rounds = 0
    for k in range(problem.precision.size):
        if problem.precision[k] == np.inf:
            if not warm:
                _forget(score)
            residual, rounds = _repeat(problem, score, n, effort)
            settled = residual <= effort.acceptable
            return residual, CONVERGED if settled else UNCONVERGED, rounds, 1.0
    if warm:
        _centre(problem, score)
        residual, rounds = _iterate(problem, score, n, effort)
        if residual <= effort.tolerance:
            return residual, CONVERGED, rounds, 1.0
        if residual < _MIX_BELOW:
            residual, sign = _newton(problem, score, n, effort, 1.0)
            if residual <= effort.acceptable and sign > 0.0:
                return residual, CONVERGED, rounds, 1.0
    _forget(score)
    residual, more = _iterate(problem, score, n, effort)
    rounds += more
    if residual <= effort.tolerance:
        return residual, CONVERGED, rounds, 1.0
    plain = score.copy()
    residual, status, reached = _follow(problem, score, n, effort)
    if status != UNCONVERGED:
        return residual, status, rounds, reached
    farthest = score.copy()
    _copy(score, plain)
    residual, _sign = _newton(problem, score, n, effort, np.inf)
    if residual <= effort.acceptable:
        return residual, JUMPED, rounds, reached
    _copy(score, farthest)
    response = np.empty(n)
    residual = _respond(problem, score, 1.0, response)
    return residual, UNCONVERGED, rounds, reached


@kernel
def _point_at(
    state: int,
    belief: int,
    beliefs: Beliefs,
    points: Float[np.ndarray, "belief typed type"],
    opinion: Float[np.ndarray, "mover profile belief"],
) -> Point:
    at = np.empty(beliefs.n_types.size, dtype=np.int64)
    for j in range(at.size):
        at[j] = belief // beliefs.stride[j] % beliefs.n_points[j]
    return Point(state, at, points[belief], np.ascontiguousarray(opinion[:, :, belief]))


@kernel
def _gather_cells(
    table: JointTable,
    state: int,
    belief: int,
    cell_start: Int[np.ndarray, "mover_1"],
    strategies: Float[np.ndarray, "cell belief"],
    strategy_at: Int[np.ndarray, "mover"],
    log_strategy: Float[np.ndarray, "cell"],
) -> bool:
    """Read a point's cells out of all movers' strategies; false where they do not reach so far."""
    for k in range(table.mover_typed.size):
        first = table.option_start[k, state] * table.mover_types[k]
        for c in range(cell_start[k + 1] - cell_start[k]):
            row = strategy_at[k] + first + c
            if row >= strategy_at[k + 1]:
                return False
            log_strategy[cell_start[k] + c] = strategies[row, belief]
    return True


@kernel
def _scatter_cells(
    table: JointTable,
    state: int,
    belief: int,
    cell_start: Int[np.ndarray, "mover_1"],
    strategy_at: Int[np.ndarray, "mover"],
    log_strategy: Float[np.ndarray, "cell"],
    strategies: Float[np.ndarray, "cell belief"],
) -> None:
    for k in range(table.mover_typed.size):
        first = strategy_at[k] + table.option_start[k, state] * table.mover_types[k]
        for c in range(cell_start[k + 1] - cell_start[k]):
            strategies[first + c, belief] = log_strategy[cell_start[k] + c]


@kernel
def _scores_of(problem: Problem, score: Float[np.ndarray, "cell"]) -> None:
    """Take a strategy as scores: it replies to its own logarithm."""
    for c in range(score.size):
        score[c] = problem.log_strategy[c] if problem.log_strategy[c] > -np.inf else 0.0


@kernel
def solve_listed(
    start: int,
    stop: int,
    listed: Int[np.ndarray, "listed two"],
    table: JointTable,
    beliefs: Beliefs,
    points: Float[np.ndarray, "belief typed type"],
    opinion: Float[np.ndarray, "mover profile belief"],
    precision: Float[np.ndarray, "mover"],
    most_options: int,
    most_signals: int,
    effort: Effort,
    warm: bool,
    guess: Float[np.ndarray, "cell belief"],
    guess_at: Int[np.ndarray, "mover_1"],
    next_values: Float[np.ndarray, "next_state column"],
    ended: Float[np.ndarray, "ended column"],
    strategy_at: Int[np.ndarray, "mover_1"],
    strategies: Float[np.ndarray, "cell belief"],
    error: Float[np.ndarray, "listed"],
    status: Int[np.ndarray, "listed"],
    reached: Float[np.ndarray, "listed"],
    values: Float[np.ndarray, "state column"],
) -> int:
    """Solve the points (state, belief) of `listed[start:stop]`; return the most rounds taken.

    All movers' strategies stand one below the other in `strategies`, mover k's from row
    `strategy_at[k]`, one row per option and type.
    """
    scratch = new_scratch(table, beliefs, most_options, most_signals)
    widest = max(1, most_options * max(1, table.mover_typed.size) * beliefs.piece.shape[1])
    buffers = np.empty((3, widest))
    worth = np.empty(beliefs.profiles.shape[0] * beliefs.n_accounts)
    most = 0
    for i in range(start, stop):
        state, belief = listed[i, 0], listed[i, 1]
        point = _point_at(state, belief, beliefs, points, opinion)
        n = open_point(table, beliefs, point, scratch)
        score, log_strategy = buffers[0, :n], buffers[1, :n]
        problem = Problem(
            table,
            beliefs,
            point,
            precision,
            next_values,
            ended,
            scratch,
            log_strategy,
            buffers[2, :n],
        )
        error[i], status[i], reached[i] = 0.0, CONVERGED, 1.0
        if n > 0:
            started = warm and _gather_cells(
                table, state, belief, scratch.cell_start, guess, guess_at, log_strategy
            )
            if started:
                _scores_of(problem, score)
            error[i], status[i], rounds, reached[i] = _solve(problem, score, n, started, effort)
            most = max(most, rounds)
            _scatter_cells(
                table, state, belief, scratch.cell_start, strategy_at, log_strategy, strategies
            )
        point_values(table, beliefs, point, log_strategy, next_values, ended, scratch, worth)
        for pa in range(worth.size):
            values[state, pa * beliefs.n_beliefs + belief] = worth[pa]
    return most


@kernel
def play_listed(
    start: int,
    stop: int,
    listed: Int[np.ndarray, "listed two"],
    table: JointTable,
    beliefs: Beliefs,
    points: Float[np.ndarray, "belief typed type"],
    opinion: Float[np.ndarray, "mover profile belief"],
    most_options: int,
    most_signals: int,
    next_values: Float[np.ndarray, "next_state column"],
    ended: Float[np.ndarray, "ended column"],
    strategy_at: Int[np.ndarray, "mover_1"],
    strategies: Float[np.ndarray, "cell belief"],
    values: Float[np.ndarray, "state column"],
) -> None:
    """Value given strategies at the points (state, belief) of `listed[start:stop]`."""
    scratch = new_scratch(table, beliefs, most_options, most_signals)
    widest = max(1, most_options * max(1, table.mover_typed.size) * beliefs.piece.shape[1])
    cells = np.empty(widest)
    worth = np.empty(beliefs.profiles.shape[0] * beliefs.n_accounts)
    for i in range(start, stop):
        state, belief = listed[i, 0], listed[i, 1]
        point = _point_at(state, belief, beliefs, points, opinion)
        n = open_point(table, beliefs, point, scratch)
        log_strategy = cells[:n]
        _gather_cells(
            table, state, belief, scratch.cell_start, strategies, strategy_at, log_strategy
        )
        point_values(table, beliefs, point, log_strategy, next_values, ended, scratch, worth)
        for pa in range(worth.size):
            values[state, pa * beliefs.n_beliefs + belief] = worth[pa]


@kernel
def solve_point(
    table: JointTable,
    beliefs: Beliefs,
    point: Point,
    precision: Float[np.ndarray, "mover"],
    effort: Effort,
    next_values: Float[np.ndarray, "next_state column"],
    ended: Float[np.ndarray, "ended column"],
    scratch: Scratch,
    log_strategy: Float[np.ndarray, "cell"],
    action_value: Float[np.ndarray, "cell"],
) -> tuple[float, int]:
    """Solve a stage at one exact belief, on the grid or off it; return residual and status.

    Leaves in `scratch` what all signals of the strategy found teach.
    """
    n = open_point(table, beliefs, point, scratch)
    problem = Problem(
        table, beliefs, point, precision, next_values, ended, scratch, log_strategy, action_value
    )
    residual, status, _rounds, _reached = _solve(problem, np.zeros(n), n, False, effort)
    action_values(table, beliefs, point, log_strategy, next_values, ended, scratch, action_value)
    return residual, status
