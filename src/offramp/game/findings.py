"""Problems that can only be seen once states are counted, collected while a game is compiled.

Each is told once per place in the file, with one state in which it occurs.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from offramp.errors import GameError, Location, Problem
from offramp.game.states import States
from offramp.scenario import Effect, Pay

if TYPE_CHECKING:
    from jaxtyping import Float

__all__ = ["Findings"]

ROUNDING = 1e-9  # chances may leave 0–1, and settings miss a level, by so much through rounding


def _at(states: States, which: int) -> str:
    state = states.space.describe(int(states.codes[which]))
    return "{" + ", ".join(f"{name}: {level}" for name, level in state.items()) + "}"


class Findings:
    """Collects problems by code and place."""

    def __init__(self) -> None:
        self._problems: dict[tuple[str, str], Problem] = {}

    def add(self, code: str, path: str, where: Location | None, message: str, fix: str) -> None:
        """Add a problem, unless the same was found at the same place before."""
        problem = Problem(code=code, message=message, where=where, path=path, fix=fix)
        self._problems.setdefault((code, path), problem)

    @property
    def problems(self) -> list[Problem]:
        """All problems, in the order in which they were found."""
        return list(self._problems.values())

    def raise_if_any(self) -> None:
        """Raise all problems together.

        Raises:
            GameError: There is at least one.
        """
        if self._problems:
            raise GameError(self.problems)

    def checked_chance(
        self, effect: Effect, p: Float[np.ndarray, "branch"], states: States
    ) -> Float[np.ndarray, "branch"]:
        """Return chances within 0–1; what was outside is entered."""
        bad = ~((p >= -ROUNDING) & (p <= 1.0 + ROUNDING))  # catches NaN too
        if np.any(bad):
            which = int(np.argmax(bad))
            value = p[which]
            state = _at(states, which)
            path = f"{effect.path}.chance"
            if np.isfinite(value):
                self.add(
                    "G501",
                    path,
                    effect.where,
                    f"the chance is {value:.6g} in state {state}; chances lie between 0 and 1.",
                    "bound it with min() and max(), or write it with logistic().",
                )
            else:
                self._not_a_number(path, effect.where, value, state)
        return np.clip(np.where(bad, 0.5, p), 0.0, 1.0)

    def _not_a_number(self, path: str, where: Location | None, value: float, state: str) -> None:
        if np.isinf(value):
            self.add(
                "G503",
                path,
                where,
                f"a division by zero, or a number beyond all bounds, in state {state}.",
                "keep the divisor away from zero, for instance with max(0.01, …).",
            )
        else:
            self.add(
                "G502",
                path,
                where,
                f"the result is not a number (NaN) in state {state}.",
                "look for 0/0, the logarithm of a negative number, or infinity minus infinity.",
            )

    def checked_amount(self, pay: Pay, by_profile: Sequence[np.ndarray], states: States) -> None:
        """Enter a payment that is not a finite number somewhere."""
        for amount in by_profile:
            bad = ~np.isfinite(amount)
            if np.any(bad):
                bad = np.broadcast_to(bad, (len(states), *bad.shape[1:])).reshape(len(states), -1)
                amount = np.broadcast_to(amount, bad.shape) if amount.ndim < 2 else amount
                which = int(np.argmax(bad.any(axis=1)))
                value = float(np.ravel(np.broadcast_to(amount, bad.shape))[int(np.argmax(bad))])
                self._not_a_number(
                    f"{pay.player}: {pay.term}", pay.where, value, _at(states, which)
                )
                return

    def checked_level(
        self,
        effect: Effect,
        target: np.ndarray,
        level: np.ndarray,
        states: States,
    ) -> None:
        """Enter a setting to a number that is no level of the variable."""
        bad = ~(np.abs(target - level) <= ROUNDING)
        if np.any(bad):
            which = int(np.argmax(bad))
            value = float(np.broadcast_to(target, bad.shape)[which])
            self.add(
                "G511",
                effect.path,
                effect.where,
                f"'{effect.variable}' is set to {value:g} in state {_at(states, which)}, "
                "which is none of its levels.",
                "give the variable such a level, or round the number to one.",
            )

    def shift_of_certain(self, effect: Effect, states: States) -> None:
        """Enter a shift of a chance that is 0 or 1."""
        self.add(
            "G509",
            effect.path,
            effect.where,
            f"a mechanism shifts the chance of '{effect.name}', which is 0 or 1 "
            f"in state {_at(states, 0)}; "
            "log-odds cannot move it.",
            "give the effect a chance between 0 and 1, or narrow its `when`.",
        )

    def conflicting_settings(self, effect: Effect, states: States) -> None:
        """Enter two settings of one variable that meet in one draw."""
        self.add(
            "G507",
            effect.path,
            effect.where,
            f"'{effect.variable}' is set to two different levels at once "
            f"in state {_at(states, 0)}.",
            "let one of the effects move it instead, or exclude one by a `when`.",
        )
