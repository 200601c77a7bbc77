"""What would switch a reply: the smallest one-off payment, and the term that would do it.

Both are changes at one decision point alone: everybody's strategies elsewhere stay as they are. At
the point itself the stage is solved anew with the change, since what acts reveal depends on who
takes them. A payment goes to the mover whatever its type, so its types pool or part as it grows.

The margin by which one act leads the others is followed outward in steps until it changes sign,
and the sign change is then closed in on by bisection; where solutions jump, at the jump.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

from offramp.equilibrium.local_stage import LocalStage, Reply, Worth, settle

__all__ = [
    "Change",
    "Count",
    "Levers",
    "Payment",
    "PaymentSwitch",
    "TermSwitch",
    "Turn",
    "find_payment",
    "find_term",
    "levers",
]

MOST_FACTOR = 3.0  # a term that must change by more than this is not said to carry the reply
TERM_STEPS = 6  # looked at between a factor of one and the most, each way
FIRST_STEP = 0.25  # of the gap between the acts; what an act reveals can only change so much
GROWTH = 1.5  # of the steps by which payments are raised
MOST_PAYMENT = 1000.0  # times the gap; a payment beyond it is not looked for
CLOSE = 1e-11  # width of the final bracket, relative: well below what a reply can tell apart
MOST_HALVINGS = 80

_ByTerm = Float[np.ndarray, "option term"]


@dataclass(frozen=True)
class PaymentSwitch:
    """A one-off payment for one act, at one decision, that would make it the most likely.

    Attributes:
        amount: In payoff units of the period.
    """

    act: str
    amount: float

    @property
    def words(self) -> str:
        """The change in words, to follow an "if"."""
        return f"'{self.act}' were worth {self.amount:.2g} more, this once"


@dataclass(frozen=True)
class TermSwitch:
    """A payoff term that, counted so many times from this decision on, would switch the reply."""

    term: str
    factor: float
    act: str

    @property
    def words(self) -> str:
        """The change in words, to follow an "if"."""
        only = "only " if self.factor < 1.0 else ""
        return f"'{self.term}' counted {only}{self.factor:.2g} times as much from here on"


class Turn(NamedTuple):
    """Whose reply is to be switched: one mover, of one type, and what it is free to do.

    Attributes:
        account: Of the mover, among the accounts of the stage's worth.
        now: The option that is most likely.
    """

    mover: int
    own_type: int
    account: int
    free: Int[np.ndarray, "free"]
    now: int


class Payment(NamedTuple):
    """A payment added to one option of the mover, for all its types."""

    option: int
    amount: float


class Count(NamedTuple):
    """One term of the mover, counted `factor` times."""

    term: int
    factor: float


Change = Payment | Count

Levers = Callable[[Change], Float[np.ndarray, "option"]]
"""Returns what each option is worth to the type that is asked about, if something changed."""


def levers(local: LocalStage, turn: Turn, reply: Reply, terms: Worth, total: _ByTerm) -> Levers:
    """Return how action values answer to changes at this stage.

    Where nothing that is learnt, and nobody else's act, hangs on how the mover plays, they answer
    in proportion; elsewhere the stage is solved anew.

    Args:
        total: What each option brings by term, all told.
    """
    table = local.cut.table
    if len(table.mover_types) == 1 and table.mover_types[0] == 1:
        value = reply.value[0][:, 0]
        return lambda change: _in_proportion(value, total, change)

    def solve(change: Change) -> Float[np.ndarray, "option"]:
        changed = replace(local, worth=_changed(local, turn, terms, change))
        return settle(changed).value[turn.mover][:, turn.own_type]

    return solve


def find_payment(pull: Levers, turn: Turn) -> Payment | None:
    """Return the smallest payment that makes another option the most likely."""
    best: Payment | None = None
    for option in turn.free[turn.free != turn.now].tolist():
        limit = best.amount if best else math.inf
        amount = _smallest_payment(pull, turn, option, limit)
        best = Payment(option, amount) if amount is not None else best
    return best


def find_term(pull: Levers, turn: Turn, n_terms: int) -> tuple[Count, int] | None:
    """Return the term that needs to change least, by its factor, and the option switched to.

    None where no single term would do it within a factor of `MOST_FACTOR` either way.
    """
    best: tuple[int, float] | None = None
    for term in range(n_terms):
        limit = abs(best[1]) if best else math.log(MOST_FACTOR)
        log_factor = _smallest_factor(pull, turn, term, limit)
        best = (term, log_factor) if log_factor is not None else best
    if best is None:
        return None
    count = Count(best[0], math.exp(best[1]))
    others = turn.free[turn.free != turn.now]
    return count, int(others[np.argmax(pull(count)[others])])


def _in_proportion(
    value: Float[np.ndarray, "option"], total: _ByTerm, change: Change
) -> Float[np.ndarray, "option"]:
    if isinstance(change, Count):
        return value + (change.factor - 1.0) * total[:, change.term]
    changed = value.copy()
    changed[change.option] += change.amount
    return changed


def _changed(local: LocalStage, turn: Turn, terms: Worth, change: Change) -> Worth:
    if isinstance(change, Payment):
        pay = local.worth.pay.copy()
        rows = local.cut.table.option[:, turn.mover] == change.option
        pay[rows, :, turn.account] += change.amount
        return local.worth._replace(pay=pay)
    parts = []
    for whole, part in zip(local.worth, terms, strict=True):
        counted = whole.copy()
        counted[:, :, turn.account] += (change.factor - 1.0) * part[:, :, change.term]
        parts.append(counted)
    return Worth(*parts)


def _lead(value: Float[np.ndarray, "option"], turn: Turn, option: int) -> float:
    """Return by how much an option is worth more than the best other free one."""
    others = turn.free[turn.free != option]
    return float(value[option] - value[others].max())


def _smallest_payment(pull: Levers, turn: Turn, option: int, limit: float) -> float | None:
    """Return the smallest payment, below `limit`, that makes an option the most likely."""

    def margin(amount: float) -> float:
        return _lead(pull(Payment(option, amount)), turn, option)

    gap = max(-margin(0.0), CLOSE)
    steps: list[float] = []
    amount = FIRST_STEP * gap
    while amount < min(limit, MOST_PAYMENT * gap):
        steps.append(amount)
        amount *= GROWTH
    if math.isfinite(limit):
        steps.append(limit)
    return _first_crossing(margin, steps)


def _smallest_factor(pull: Levers, turn: Turn, term: int, limit: float) -> float | None:
    """Return the log of the factor nearest to one that switches the reply, within `limit`."""

    def margin(log_factor: float) -> float:
        return -_lead(pull(Count(term, math.exp(log_factor))), turn, turn.now)

    found: float | None = None
    for sign in (1.0, -1.0):
        most = abs(found) if found is not None else limit
        steps = [sign * most * n / TERM_STEPS for n in range(1, TERM_STEPS + 1)]
        crossing = _first_crossing(margin, steps)
        found = crossing if crossing is not None else found
    return found


def _first_crossing(margin: Callable[[float], float], steps: Sequence[float]) -> float | None:
    """Return where `margin`, negative at zero, first becomes positive, looking step by step."""
    before = 0.0
    for step in steps:
        if margin(step) > 0.0:
            return _close_in(margin, before, step)
        before = step
    return None


def _close_in(margin: Callable[[float], float], below: float, above: float) -> float:
    for _ in range(MOST_HALVINGS):
        if abs(above - below) <= CLOSE * abs(above):
            break
        middle = 0.5 * (below + above)
        if margin(middle) > 0.0:
            above = middle
        else:
            below = middle
    return above
