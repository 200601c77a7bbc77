r"""Following a solution from λ = 0: predictor, corrector, and pseudo-arclength where it turns.

The system x = F(x, τ) is solved along the curve of solutions that begins at τ = 0, x = 0, where
play is uniform, until τ first reaches 1. Steps are measured along the curve, not in τ, so that it
is followed around a turn; each is predicted from the last two tangents and corrected by Newton's
method on a plane across the curve [AllgowerGeorg1990].

On a curve without bifurcation the direction in τ is the sign of the Jacobian's determinant. A step
that lands where this sign contradicts the way the curve came has jumped to another curve, and is
taken again, shorter; if even the shortest step does so, the curve has crossed a bifurcation (as
symmetric games have) and is followed straight through it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

import numpy as np
from jaxtyping import Float

__all__ = ["MAX_STEPS", "Branch", "Linearised", "Polished", "System", "follow", "polish"]

FIRST_ADVANCE = 0.25  # of the first step, in the logit that changes fastest
WANTED_CORRECTION = 0.3  # logit; step lengths aim at this first correction
LARGEST_CORRECTION = 1.5  # logit; a larger first correction means that the prediction was no good
PATH_TOLERANCE = 1e-2  # logit; Newton's next step would be the square of it: enough on the way
MAX_CORRECTIONS = 8  # Newton steps; more mean that the prediction was no good
MAX_STEPS = 20_000  # along the curve; real games take tens
SHORTEST_STEP = 1e-9  # of the first; nothing is gained below
SMALLEST_ALIGNMENT = 0.3  # cosine between successive tangents; less means a jump or a sharp turn
CROSSING_STEP = 1e-3  # of the first; a sign that contradicts so short a step is a bifurcation
MAX_POLISH, PATIENCE = 40, 3  # Newton steps at the end; how many may pass without improvement
SHORTENING, LARGEST_GROWTH = 0.4, 3.0  # of a step that was refused; of one that went well


class Linearised(NamedTuple):
    """A system at a point (x, τ).

    Attributes:
        residual: x - F(x, τ).
        along: dx/dτ on the curve through the point.
        step: Newton's step at fixed τ.
        sign: Of the determinant of the Jacobian in x.
    """

    residual: Float[np.ndarray, "unknown"]
    along: Float[np.ndarray, "unknown"]
    step: Float[np.ndarray, "unknown"]
    sign: float


class System(Protocol):
    """What a branch is followed of."""

    @property
    def n_unknown(self) -> int:
        """Number of logits."""
        ...

    def linearise(self, x: Float[np.ndarray, "unknown"], tau: float) -> Linearised:
        """Evaluate residual and linear solves at a point."""
        ...


@dataclass
class Branch:
    """How a curve was followed.

    Attributes:
        x: The last point.
        tau: Share of the precisions at the last point; 1 if the end was reached.
        turns: Where the curve turned in τ.
        crossings: Where it crossed a bifurcation.
        n_steps: Steps taken along the curve.
    """

    x: Float[np.ndarray, "unknown"]
    tau: float = 0.0
    turns: list[float] = field(default_factory=list)
    crossings: list[float] = field(default_factory=list)
    n_steps: int = 0


class _Tangent(NamedTuple):
    """A unit vector along the curve, in the metric |δx|²/scale + δτ²."""

    x: Float[np.ndarray, "unknown"]
    tau: float


class _Corrected(NamedTuple):
    """Where Newton's method arrived from a prediction; `first` is the size of its first step."""

    x: Float[np.ndarray, "unknown"]
    tau: float
    first: float
    linearised: Linearised


def follow(system: System, max_steps: int = MAX_STEPS) -> Branch:
    """Follow the curve of solutions from τ = 0 until τ first reaches 1, or as far as it goes."""
    branch = Branch(np.zeros(system.n_unknown))
    start = system.linearise(branch.x, 0.0)
    if not system.n_unknown:
        branch.tau = 1.0
        return branch
    walk = _Walk(system, branch, scale=max(1.0, float(start.along @ start.along)))
    walk.tangent = walk.tangent_of(start, 1.0)
    fastest = max(np.abs(walk.tangent.x).max(), FIRST_ADVANCE * walk.tangent.tau)
    walk.length = walk.first_length = FIRST_ADVANCE / fastest
    while branch.tau < 1.0 and branch.n_steps < max_steps and walk.advance():
        branch.n_steps += 1
    return branch


def polish(system: System, x: Float[np.ndarray, "unknown"], tolerance: float) -> Polished:
    """Apply Newton's method at τ = 1 until steps reach `tolerance` (a logit) or stop shrinking."""
    best = Polished(x, np.inf, 0)
    for n in range(MAX_POLISH):
        at = system.linearise(x, 1.0)
        error = float(np.abs(at.residual).max(initial=0.0))
        if error < best.residual:
            best = Polished(x, error, n)
        if error <= tolerance or not np.isfinite(error) or n > best.n_steps + PATIENCE:
            break
        x = x + at.step
    return best


class Polished(NamedTuple):
    """The best point that Newton's method met: its logits and their largest residual."""

    x: Float[np.ndarray, "unknown"]
    residual: float
    n_steps: int


class _Walk:
    """The state of a walk along a curve."""

    def __init__(self, system: System, branch: Branch, scale: float) -> None:
        self.system = system
        self.branch = branch
        self.scale = scale
        self.length = self.first_length = 0.0
        self.tangent = _Tangent(branch.x, 1.0)
        self.bend = _Tangent(np.zeros_like(branch.x), 0.0)  # change of the tangent per length
        self.orientation = 1.0  # changes sign where a bifurcation is crossed

    def tangent_of(self, at: Linearised, direction: float) -> _Tangent:
        """Return the unit tangent whose τ moves in `direction`."""
        norm = direction * np.sqrt(at.along @ at.along / self.scale + 1.0)
        return _Tangent(at.along / norm, 1.0 / norm)

    def dot(self, one: _Tangent, x: Float[np.ndarray, "unknown"], tau: float) -> float:
        """Return an inner product in the walk's metric."""
        return float(one.x @ x) / self.scale + one.tau * tau

    def advance(self) -> bool:
        """Take one step, shortening it until it succeeds; return False where none does."""
        while self.length > SHORTEST_STEP * self.first_length:
            length, is_last = self._length_to_end()
            found = self._correct(length, is_last)
            if found is not None and self._accept(found, length):
                return True
            self.length = SHORTENING * length
        return False

    def _length_to_end(self) -> tuple[float, bool]:
        """Return the step length, cut so that the prediction does not pass τ = 1."""
        missing = 1.0 - self.branch.tau
        rate, bend = self.tangent.tau, self.bend.tau
        # where rate * length + bend / 2 * length² first is what is missing
        root = rate**2 + 2.0 * bend * missing
        slope = rate + np.sqrt(root) if root >= 0.0 else 0.0
        end = 2.0 * missing / slope if slope > 0.0 else np.inf
        return min(end, self.length), end <= self.length

    def _correct(self, length: float, is_last: bool) -> _Corrected | None:
        """Predict and correct; None where Newton's method does not contract quickly enough."""
        bent = 0.5 * length**2
        predicted = self.branch.x + length * self.tangent.x + bent * self.bend.x
        at_tau = self.branch.tau + length * self.tangent.tau + bent * self.bend.tau
        x, tau = predicted, (1.0 if is_last else at_tau)
        first = previous = np.inf
        for n in range(MAX_CORRECTIONS):
            at = self.system.linearise(x, tau)
            more = 0.0
            if not is_last:
                off = self.dot(self.tangent, x - predicted + at.step, tau - at_tau)
                more = -off / self.dot(self.tangent, at.along, 1.0)
            step = at.step + more * at.along
            size = float(np.abs(step).max())
            first = size if n == 0 else first
            contracts = size < max(0.5 * previous, PATH_TOLERANCE)
            if not (size <= LARGEST_CORRECTION and contracts):  # also where size is not a number
                return None
            x, tau, previous = x + step, tau + more, size
            if size < PATH_TOLERANCE:
                # beyond the end: a shorter step is predicted better, and then stops there
                return _Corrected(x, tau, first, at) if tau <= 1.0 else None
        return None

    def _accept(self, found: _Corrected, length: float) -> bool:
        """Move to a corrected point, unless the curve cannot have come there."""
        tangent = self.tangent_of(found.linearised, self.orientation * found.linearised.sign)
        alignment = self.dot(self.tangent, tangent.x, tangent.tau)
        if abs(alignment) < SMALLEST_ALIGNMENT:
            return False
        crosses = alignment < 0.0
        if crosses:
            if length > CROSSING_STEP * self.first_length:
                return False
            tangent = _Tangent(-tangent.x, -tangent.tau)
        bend = _Tangent(
            (tangent.x - self.tangent.x) / length, (tangent.tau - self.tangent.tau) / length
        )
        if tangent.tau * self.tangent.tau < 0.0:
            # where the parabola with both slopes has its top
            top = self.branch.tau - 0.5 * self.tangent.tau**2 / bend.tau
            if top > 1.0:  # the end lies within the step
                return False
            self.branch.turns.append(float(top))
        if crosses:
            self.orientation = -self.orientation
            self.branch.crossings.append(float(found.tau))
        self.bend = bend
        self.tangent = tangent
        self.branch.x, self.branch.tau = found.x, found.tau
        # a prediction of second order misses by the third power of its length
        growth = (WANTED_CORRECTION / max(found.first, 1e-12)) ** (1.0 / 3.0)
        self.length = length * min(max(growth, SHORTENING), LARGEST_GROWTH)
        return True
