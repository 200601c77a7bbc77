r"""Solving many points of a stage at once: iterate, and where that is not sure, follow the branch.

Each point has its own equation x = F(x, s) in its scores x (`kernels/responses.py`), with s = 1. At
s = 0 every reply is uniform over what is allowed, and from there a branch of solutions leads on,
which may turn back in s before it reaches 1 [Turocy2005]. Plain iteration from uniform play that
contracts stays with that branch; where it does not contract, the branch is followed by
pseudo-arclength steps [AllgowerGeorg1990]. Newton's method only polishes what is already close.

Values are piecewise linear in beliefs, so that a branch has *corners*, which may be sharper than a
right angle: no step along the old direction finds it again. There the new direction is the
kernel of the Jacobian beyond the corner. Along every piecewise smooth path of zeros the Jacobian
bordered by the direction keeps the sign of its determinant, here positive: that tells the sense of
the new direction, and a step that lands on another branch.

All points take each step together, as arrays; a point that has arrived, or failed, drops out.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int

from offramp.equilibrium.kernels.responses import (
    Equation,
    invert_listed,
    play_listed,
    respond_listed,
    slope_listed,
    value_listed,
)
from offramp.equilibrium.tasks import Crew

__all__ = [
    "CONTINUED",
    "CONVERGED",
    "JUMPED",
    "TURNED",
    "UNCONVERGED",
    "Effort",
    "Found",
    "Points",
    "solve_points",
]

CONVERGED, CONTINUED, TURNED, JUMPED, UNCONVERGED = 0, 1, 2, 3, 4

LEAST_POINTS = 16  # of one task: below, handing a task to a thread costs more than it
NEWTON_BELOW = 0.05  # residual from which Newton's step is trusted
CONTRACTS = 0.9  # a plain round that shrinks the residual by less is not taken to converge
IMPROVES = 0.5  # a Newton step that leaves more of the residual is followed by a plain round
MOST_ROUNDS = 60  # of iteration before continuation takes over
FARTHEST = 1.0  # in scores, that Newton's steps may lead from where they began
FIRST_ARC, LEAST_ARC, LONGEST_ARC = 0.1, 1e-7, 1.0  # in scores and s together
CORNER_ARC, AGAIN = 0.02, 0.1  # arc below which a corner is looked for; share of it the next time
BEYOND = 8.0  # first arc after a corner, in arcs by which it was looked for
RELATIVE_ARC = 0.1  # of the largest score, by which arcs may be longer
CORRECTIONS, EASY = 8, 3  # steps back to the branch: at most, and so few that arcs may grow
CLOSE = 1e-7  # residual in scores at which a corrector on the way is content
SHARES, DAMPED_ROUNDS = (0.3, 0.1, 0.03), 60  # of plain rounds, where the branch was lost
TILTS = (0.01, -0.01, 0.1)  # in scores, by which a branch that forks is moved off its fork
NEAR = 0.5  # farthest, in scores, that a corrector may lead from its predictor, per unit of arc

_Scores = Float[np.ndarray, "point cell"]
_Which = Int[np.ndarray, "point"]
_Done = Bool[np.ndarray, "point"]


class Effort(NamedTuple):
    """How long a point is worked on.

    The residual aimed at is `tolerance`; where rounding keeps it away, `acceptable` will do.
    """

    tolerance: float
    acceptable: float
    max_steps: int


class Found(NamedTuple):
    """Strategies at many points, and how they were found.

    Attributes:
        log_strategy: By point and cell.
        status: One of `CONVERGED` … `UNCONVERGED`.
        reached: Share of the precision to which the branch from zero was followed.
        rounds: Most rounds of iteration that a point took.
    """

    log_strategy: _Scores
    residual: Float[np.ndarray, "point"]
    status: Int[np.ndarray, "point"]
    reached: Float[np.ndarray, "point"]
    rounds: int


@dataclass(frozen=True)
class Points:
    """The points of a stage at which it is solved, and their equations.

    Attributes:
        listed: State and site of each.
        width: Cells of the widest point.
    """

    equation: Equation
    listed: Int[np.ndarray, "point two"]
    width: int
    crew: Crew

    @cached_property
    def worth(self) -> Float[np.ndarray, "listed cell vertex"]:
        """What options are worth at each belief of the grid, if one mover acts alone."""
        equation = self.equation
        if equation.apart == 0:
            return np.zeros((1, 0, 0))
        n_vertices = int(equation.beliefs.n_points[equation.table.mover_typed[0]])
        worth = np.empty((len(self.listed), self.width, n_vertices))

        def run(start: int, stop: int) -> None:
            value_listed(start, stop, self.listed, equation, worth)

        self.crew.run(run, len(self.listed), LEAST_POINTS)
        return worth

    def respond(
        self, which: _Which, score: _Scores, share: Float[np.ndarray, "point"]
    ) -> tuple[_Scores, Float[np.ndarray, "point"], _Scores]:
        """Return F, the bound on the residual, and the log-strategies that reply to `score`."""
        worth = self.worth  # made here: a task that hands out tasks would wait for itself
        response, log_strategy = np.zeros_like(score), np.zeros_like(score)
        residual = np.empty(len(which))

        def run(start: int, stop: int) -> None:
            respond_listed(
                start,
                stop,
                which,
                self.listed,
                self.equation,
                worth,
                share,
                score,
                log_strategy,
                response,
                residual,
            )

        self.crew.run(run, len(which), LEAST_POINTS)
        return response, residual, log_strategy

    def slopes(
        self,
        which: _Which,
        score: _Scores,
        share: Float[np.ndarray, "point"],
        response: _Scores,
    ) -> Float[np.ndarray, "point cell cell_2"]:
        """Return d(score - F)/d(score)."""
        worth = self.worth
        matrix = np.empty((*score.shape, score.shape[1]))

        def run(start: int, stop: int) -> None:
            slope_listed(
                start,
                stop,
                which,
                self.listed,
                self.equation,
                worth,
                share,
                score,
                response,
                matrix,
            )

        self.crew.run(run, len(which), LEAST_POINTS)
        return matrix

    def inverses(
        self, matrix: Float[np.ndarray, "point n n"]
    ) -> tuple[Float[np.ndarray, "point n n"], Float[np.ndarray, "point"]]:
        """Return the inverse of every matrix and the sign of its determinant."""
        rest, inverse, sign = matrix.copy(), np.empty_like(matrix), np.empty(len(matrix))

        def run(start: int, stop: int) -> None:
            invert_listed(start, stop, rest, inverse, sign)

        self.crew.run(run, len(matrix), LEAST_POINTS)
        return inverse, sign

    def play(self, log_strategy: _Scores, values: Float[np.ndarray, "state column"]) -> None:
        """Write what all play is worth, sites being points of the grid."""

        def run(start: int, stop: int) -> None:
            play_listed(start, stop, self.listed, self.equation, log_strategy, values)

        self.crew.run(run, len(self.listed), LEAST_POINTS)


def solve_points(points: Points, effort: Effort, guess: _Scores | None) -> Found:
    """Solve every point, from guessed log-strategies where there are any."""
    n = len(points.listed)
    search = _Search(
        points,
        effort,
        score=np.zeros((n, points.width)),
        residual=np.full(n, np.inf),
        status=np.full(n, UNCONVERGED),
        reached=np.ones(n),
    )
    everywhere = np.arange(n)
    if np.isinf(points.equation.precision).any():
        # exact best replies have no branch: they are repeated until they settle
        search.repeat(everywhere, guess)
    else:
        if guess is not None:
            search.iterate(everywhere, np.where(np.isfinite(guess), guess, 0.0), warm=True)
        search.iterate(search.open(), None, warm=False)
        search.follow(search.open())
        search.jump(search.open())
    _, residual, log_strategy = points.respond(everywhere, search.score, np.ones(n))
    return Found(log_strategy, residual, search.status, search.reached, search.rounds)


@dataclass
class _Search:
    """What has been found so far; `score` is the best known at each point."""

    points: Points
    effort: Effort
    score: _Scores
    residual: Float[np.ndarray, "point"]
    status: Int[np.ndarray, "point"]
    reached: Float[np.ndarray, "point"]
    rounds: int = 0

    def open(self) -> _Which:
        """Return the points without a solution."""
        return np.flatnonzero(self.status == UNCONVERGED)

    def keep(
        self,
        which: _Which,
        score: _Scores,
        residual: Float[np.ndarray, "point"],
        status: int | Int[np.ndarray, "point"],
    ) -> None:
        """Note solutions."""
        self.score[which], self.residual[which], self.status[which] = score, residual, status

    def repeat(self, which: _Which, guess: _Scores | None) -> None:
        """Reply to the replies until they settle."""
        score = np.zeros((len(which), self.points.width))
        if guess is not None:
            score = np.where(np.isfinite(guess), guess, 0.0)
        for _ in range(self.effort.max_steps):
            if not len(which):
                return
            self.rounds += 1
            response, residual, _ = self.points.respond(which, score, np.ones(len(which)))
            done = residual <= self.effort.tolerance
            self.keep(which[done], score[done], residual[done], CONVERGED)
            self.score[which[~done]] = response[~done]
            which, score = which[~done], response[~done]

    def iterate(self, which: _Which, start: _Scores | None, *, warm: bool) -> None:
        """Iterate at s = 1 from `start`, or from uniform play.

        Far from the solution rounds are plain, and must contract. Near it Newton's steps are taken;
        one that did not help, as across a kink, is followed by a plain round. A solution at which
        the Jacobian's determinant is not positive lies beyond a turn of its branch and is not
        taken.
        """
        score = np.zeros((len(which), self.points.width)) if start is None else start[which]
        state = _Iteration(
            which, score, np.full(len(which), np.inf), np.zeros(len(which), bool), score.copy()
        )
        for number in range(MOST_ROUNDS):
            if not len(state.which):
                return
            self.rounds = max(self.rounds, number + 1)
            state = self._round(state, number, warm)

    def _round(self, now: _Iteration, number: int, warm: bool) -> _Iteration:
        share = np.ones(len(now.which))
        response, residual, _ = self.points.respond(now.which, now.score, share)
        near = residual < NEWTON_BELOW
        is_last = number == MOST_ROUNDS - 1
        done = residual <= (self.effort.acceptable if is_last else self.effort.tolerance)
        was_plain = ~now.newton & (now.before >= NEWTON_BELOW)
        lost = ~(residual < np.inf)
        if number > 1:
            lost |= ~near & was_plain & (residual > CONTRACTS * now.before)
        if warm and number == 0:
            lost |= ~near
        newton = near & ~done & ~lost & ~(now.newton & (residual > IMPROVES * now.before))
        fresh = newton & ~(now.before < NEWTON_BELOW)
        now.origin[fresh] = now.score[fresh]
        score = response.copy()
        at = np.flatnonzero(newton)
        if len(at):
            inverse, sign = self.points.inverses(
                self.points.slopes(now.which[at], now.score[at], share[at], response[at])
            )
            score[at] = now.score[at] + _apply(inverse, response[at] - now.score[at])
            near_enough = np.abs(score[at] - now.origin[at]).max(axis=1) <= FARTHEST
            lost[at] |= ~((sign > 0.0) & near_enough)
        self.keep(now.which[done], now.score[done], residual[done], CONVERGED)
        self.score[now.which[~done]] = now.score[~done]
        on = ~done & ~lost
        return _Iteration(now.which[on], score[on], residual[on], newton[on], now.origin[on])

    def follow(self, which: _Which) -> None:
        """Follow the branches from s = 0 until s first reaches 1; at a fork, one of its arms."""
        if len(which):
            _Walk(self, which).run()
        for tilt in TILTS:
            lost = self.open()
            if len(lost):
                _Walk(self, lost, tilt).run()

    def jump(self, which: _Which) -> None:
        """Take any solution, where the branch could not be followed; else stay where it ended."""
        start = self.score[which]
        for share in SHARES:
            for _ in range(DAMPED_ROUNDS):
                if not len(which):
                    return
                response, _, _ = self.points.respond(which, start, np.ones(len(which)))
                start = start + share * (response - start)
            score, residual, _ = _newton(self.points, which, start, self.effort, np.inf)
            done = residual <= self.effort.acceptable
            self.keep(which[done], score[done], residual[done], JUMPED)
            which, start = which[~done], start[~done]


class _Iteration(NamedTuple):
    """Points that are being iterated: their scores, and how the last round went.

    Attributes:
        before: Residual in the last round.
        newton: Whether the last step was Newton's.
        origin: Score from which Newton's steps set out.
    """

    which: _Which
    score: _Scores
    before: Float[np.ndarray, "point"]
    newton: Bool[np.ndarray, "point"]
    origin: _Scores


def _newton(
    points: Points,
    which: _Which,
    score: _Scores,
    effort: Effort,
    reach: float | Float[np.ndarray, "point"],
) -> tuple[_Scores, Float[np.ndarray, "point"], Float[np.ndarray, "point"]]:
    """Improve scores at s = 1 by Newton's method; return them, residuals and determinants' signs.

    A residual is infinite where it led farther than `reach` from where it began.
    """
    origin, score = score, score.copy()
    sign = np.ones(len(which))
    reach = np.broadcast_to(reach, len(which))
    response, residual, _ = points.respond(which, score, np.ones(len(which)))
    for _ in range(CORRECTIONS + EASY):
        open_ = np.flatnonzero((residual > effort.tolerance) & (residual < np.inf))
        if not len(open_):
            break
        share = np.ones(len(open_))
        matrix = points.slopes(which[open_], score[open_], share, response[open_])
        inverse, sign[open_] = points.inverses(matrix)
        score[open_] += _apply(inverse, response[open_] - score[open_])
        far = ~(np.abs(score[open_] - origin[open_]).max(axis=1) <= reach[open_])
        score[open_[far]] = origin[open_[far]]
        response[open_], residual[open_], _ = points.respond(which[open_], score[open_], share)
        residual[open_[far]] = np.inf
    return score, residual, sign


class _Walk:
    """Walks along branches, one per point, each with its own place, direction and arc.

    A place is a row of scores and, last, s.
    """

    def __init__(self, search: _Search, which: _Which, tilt: float = 0.0) -> None:
        self.search, self.points, self.which = search, search.points, which
        n, width = len(which), search.points.width
        # away from s = 1, by which each cell's equation is moved
        self.tilt = tilt * (np.sqrt(np.arange(1.0, width + 1.0)) % 1.0)
        self.place = np.zeros((n, width + 1))
        self.place[:, :-1] = self.tilt  # the solution at s = 0
        self.tangent = np.zeros((n, width + 1))
        self.tangent[:, -1] = 1.0
        self.arc = np.full(n, FIRST_ARC)
        self.farthest = np.zeros(n)
        self.turned = np.full(n, tilt != 0.0)
        self.corner = np.full(n, CORNER_ARC)  # arc below which a corner is looked for next
        self.alive = np.ones(n, dtype=bool)

    def run(self) -> None:
        """Follow all to their ends; note what is found, and how far the others came."""
        plain = self.search.score[self.which].copy()
        everywhere = np.arange(len(self.which))
        response, _ = self._respond(everywhere, self.place)
        inverse, _ = self.points.inverses(self._bordered(everywhere, self.place, response))
        self._turn(everywhere, inverse)
        for _ in range(self.search.effort.max_steps):
            on = np.flatnonzero(self.alive)
            if not len(on):
                break
            self._arrive(on)
            self._advance(on[self.alive[on]])
        left = self.which[self.search.status[self.which] == UNCONVERGED]
        stay = np.isin(self.which, left)
        self.search.reached[left] = self.farthest[stay]
        self.search.score[left] = plain[stay]

    def _respond(
        self, at: _Which, place: Float[np.ndarray, "point place"]
    ) -> tuple[_Scores, Float[np.ndarray, "point"]]:
        score = place[:, :-1].copy()  # what is handed on is centred there
        share = np.ascontiguousarray(place[:, -1])
        response, _, _ = self.points.respond(self.which[at], score, share)
        missed = self._missed(place, response)
        return response, np.abs(missed).max(axis=1, initial=0.0)

    def _missed(self, place: Float[np.ndarray, "point place"], response: _Scores) -> _Scores:
        return response + (1.0 - place[:, -1:]) * self.tilt - place[:, :-1]

    def _bordered(
        self, at: _Which, place: Float[np.ndarray, "point place"], response: _Scores
    ) -> Float[np.ndarray, "point place place_2"]:
        """Return the Jacobian in scores and s, bordered by the direction of the walk."""
        n, width = len(at), self.points.width
        score = place[:, :-1].copy()  # what is handed on is centred there
        which = self.which[at]
        bordered = np.empty((n, width + 1, width + 1))
        share = np.ascontiguousarray(place[:, -1])
        bordered[:, :-1, :-1] = self.points.slopes(which, score, share, response)
        # F is linear in s
        slope = response / np.where(share == 0.0, 1.0, share)[:, None]
        still = np.flatnonzero(share == 0.0)
        if len(still):
            slope[still] = self.points.respond(which[still], score[still], np.ones(len(still)))[0]
        bordered[:, :-1, -1] = self.tilt - slope
        bordered[:, -1, :] = self.tangent[at]
        return bordered

    def _turn(self, at: _Which, inverse: Float[np.ndarray, "point place place_2"]) -> None:
        """Point tangents along the branch, onwards; where there is no direction the walk ends."""
        along = inverse[:, :, -1]
        norm = np.sqrt((along**2).sum(axis=1))
        sound = (norm > 0.0) & (norm < np.inf)
        self.tangent[at[sound]] = along[sound] / norm[sound, None]
        self.alive[at[~sound]] = False

    def _arrive(self, at: _Which) -> None:
        """Step to s = 1 where it is within an arc's reach, and polish there."""
        slope = self.tangent[at, -1]
        at = at[(slope > 0.0) & (self.place[at, -1] + self.arc[at] * slope >= 1.0)]
        if not len(at):
            return
        missing = 1.0 - self.place[at, -1]
        length = missing / self.tangent[at, -1]
        there = self.place[at] + length[:, None] * self.tangent[at]
        search, which = self.search, self.which[at]
        reach = NEAR * np.maximum(length, FIRST_ARC)
        score = there[:, :-1].copy()
        score, residual, _ = _newton(self.points, which, score, search.effort, reach)
        done = residual <= search.effort.acceptable
        status = np.where(self.turned[at], TURNED, CONTINUED)
        search.keep(which[done], score[done], residual[done], status[done])
        self.alive[at[done]] = False
        again = at[~done]
        self.arc[again] = np.minimum(self.arc[again], 0.5 * length[~done])

    def _advance(self, at: _Which) -> None:
        """Take one step along the branch; one that fails is tried again, shorter."""
        predicted = self.place[at] + self.arc[at][:, None] * self.tangent[at]
        done = self._step(at, predicted)
        self._fall_short(at[~done], predicted[~done])

    def _step(self, at: _Which, predicted: Float[np.ndarray, "point place"]) -> _Done:
        """Go to where the branch passes the predicted places; return which got there."""
        place, steps, inverse, sign = self._correct(at, predicted)
        done = (steps >= 0) & (place[:, -1] < 1.0) & (sign > 0.0)
        on = at[done]
        self.place[on], self.corner[on] = place[done], CORNER_ARC
        self.farthest[on] = np.maximum(self.farthest[on], self.place[on, -1])
        self._turn(on, inverse[done])
        self.alive[on] &= self.place[on, -1] > -CLOSE
        self.turned[on] |= self.tangent[on, -1] < 0.0
        longest = LONGEST_ARC + RELATIVE_ARC * np.abs(self.place[on, :-1]).max(axis=1, initial=0.0)
        easy = steps[done] <= EASY
        self.arc[on[easy]] = np.minimum(2.0 * self.arc[on], longest)[easy]
        return done

    def _fall_short(self, at: _Which, beyond: Float[np.ndarray, "point place"]) -> None:
        """Halve arcs that led nowhere; now and then, see whether a corner lies there."""
        self.arc[at] *= 0.5
        sharp = self.arc[at] < self.corner[at]
        if sharp.any():
            self._turn_corner(at[sharp], beyond[sharp])
        self.alive[at] &= self.arc[at] >= LEAST_ARC

    def _turn_corner(self, at: _Which, beyond: Float[np.ndarray, "point place"]) -> None:
        """Step along the branch beyond a corner, if just past it the places `beyond` lie."""
        tangent, arc = self.tangent[at], self.arc[at]
        bordered = self._bordered(at, beyond, self._respond(at, beyond)[0])
        kernel = np.linalg.svd(bordered[:, :-1])[2][:, -1]
        bordered[:, -1] = kernel
        self.tangent[at] = kernel * np.linalg.slogdet(bordered)[0][:, None]
        self.corner[at], self.arc[at] = AGAIN * self.corner[at], BEYOND * arc
        predicted = self.place[at] + self.arc[at][:, None] * self.tangent[at]
        failed = ~self._step(at, predicted)
        self.tangent[at[failed]], self.arc[at[failed]] = tangent[failed], arc[failed]

    def _correct(
        self, at: _Which, predicted: Float[np.ndarray, "point place"]
    ) -> tuple[
        Float[np.ndarray, "point place"],
        _Which,
        Float[np.ndarray, "point place place_2"],
        Float[np.ndarray, "point"],
    ]:
        """Return to the branch in the plane across the tangent.

        Steps are taken with one inverse until they fail; it is then made anew. Returns places, how
        many steps were taken, or -1 where the branch was not found within reach, the inverses, and
        the signs of their determinants.
        """
        place, steps = predicted.copy(), np.full(len(at), -1)
        inverse, sign = np.empty((len(at), place.shape[1], place.shape[1])), np.zeros(len(at))
        before, fresh = np.full(len(at), np.inf), np.zeros(len(at), dtype=bool)
        open_ = np.arange(len(at))
        for number in range(CORRECTIONS):
            if not len(open_):
                break
            response, largest = self._respond(at[open_], place[open_])
            closed = (largest <= CLOSE) & (number > 0)
            steps[open_[closed]] = number
            open_, response, largest = open_[~closed], response[~closed], largest[~closed]
            renew = (number == 0) | ((largest > 0.5 * before[open_]) & ~fresh[open_])
            renew = np.broadcast_to(renew, len(open_))
            if renew.any():
                anew = open_[renew]
                bordered = self._bordered(at[anew], place[anew], response[renew])
                inverse[anew], sign[anew] = self.points.inverses(bordered)
            fresh[open_], before[open_] = renew, largest
            missed = np.empty((len(open_), place.shape[1]))
            missed[:, :-1] = self._missed(place[open_], response)
            off = (self.tangent[at[open_]] * (place[open_] - predicted[open_])).sum(axis=1)
            missed[:, -1] = -off
            place[open_] += _apply(inverse[open_], missed)
            away = np.abs(place[open_] - predicted[open_]).max(axis=1)
            open_ = open_[away <= NEAR * self.arc[at[open_]]]
        return place, steps, inverse, sign


def _apply(inverse: Float[np.ndarray, "point n n"], right: _Scores) -> _Scores:
    """Return the product of every inverse and its right side; not a number where singular."""
    with np.errstate(invalid="ignore"):
        return (inverse @ right[:, :, None])[:, :, 0]
