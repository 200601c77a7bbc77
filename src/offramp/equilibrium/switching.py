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
from dataclasses import dataclass

import numpy as np
from jaxtyping import Int

from offramp.equilibrium.local_stage import LocalStage, Worth, settle

__all__ = ["PaymentSwitch", "TermSwitch", "Turn", "find_payment", "find_term", "paid_for", "scaled"]

MOST_FACTOR = 3.0  # a term that must change by more than this is not said to carry the reply
TERM_STEPS = 6  # looked at between a factor of one and the most, each way
FIRST_STEP = 0.25  # of the gap between the acts; what an act reveals can only change so much
GROWTH = 1.5  # of the steps by which payments are raised
MOST_PAYMENT = 1000.0  # times the gap; a payment beyond it is not looked for
CLOSE = 1e-11  # width of the final bracket, relative: well below what a reply can tell apart
MOST_HALVINGS = 80


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


@dataclass(frozen=True)
class Turn:
    """Whose reply is to be switched: one mover, of one type, and its free options.

    Attributes:
        account: Of the mover, among the accounts of the stage's worth.
        free: Options between which the type chooses.
        now: The one that is most likely.
    """

    mover: int
    own_type: int
    account: int
    free: Int[np.ndarray, "free"]
    now: int


def find_payment(local: LocalStage, turn: Turn) -> tuple[int, float] | None:
    """Return the option that the smallest payment makes most likely, and that payment."""
    best: tuple[int, float] | None = None
    for option in turn.free:
        if option == turn.now:
            continue
        amount = _smallest_payment(local, turn, int(option), best[1] if best else math.inf)
        if amount is not None:
            best = (int(option), amount)
    return best


def find_term(local: LocalStage, turn: Turn, terms: Worth) -> tuple[int, float, int] | None:
    """Return the term that needs to change least, its factor, and the option switched to.

    None where no single term would do it within a factor of `MOST_FACTOR` either way.
    """
    best: tuple[int, float] | None = None
    for term in range(terms.pay.shape[2]):
        limit = abs(best[1]) if best else math.log(MOST_FACTOR)
        log_factor = _smallest_factor(local, turn, terms, term, limit)
        if log_factor is not None:
            best = (term, log_factor)
    if best is None:
        return None
    term, factor = best[0], math.exp(best[1])
    changed = local.with_worth(scaled(local.worth, terms, turn.account, term, factor))
    value = settle(changed).value[turn.mover][:, turn.own_type]
    others = turn.free[turn.free != turn.now]
    return term, factor, int(others[np.argmax(value[others])])


def paid_for(local: LocalStage, turn: Turn, option: int, amount: float) -> Worth:
    """Return the stage's worth with a payment added to one option of the mover, for all types."""
    pay = local.worth.pay.copy()
    rows = local.cut.table.option[:, turn.mover] == option
    pay[rows, :, turn.account] += amount
    return local.worth._replace(pay=pay)


def scaled(worth: Worth, terms: Worth, account: int, term: int, factor: float) -> Worth:
    """Return the stage's worth with one term of the mover counted `factor` times."""
    parts = []
    for whole, part in zip(worth, terms, strict=True):
        changed = whole.copy()
        changed[:, :, account] += (factor - 1.0) * part[:, :, term]
        parts.append(changed)
    return Worth(*parts)


def _smallest_payment(local: LocalStage, turn: Turn, option: int, limit: float) -> float | None:
    """Return the smallest payment below `limit` that makes an option the most likely."""

    def margin(amount: float) -> float:
        paid = local.with_worth(paid_for(local, turn, option, amount))
        return _lead(paid, turn, option)

    gap = -margin(0.0)
    if gap < 0.0:
        return 0.0
    steps: list[float] = []
    amount = FIRST_STEP * max(gap, CLOSE)
    while amount < min(limit, MOST_PAYMENT * max(gap, CLOSE)):
        steps.append(amount)
        amount *= GROWTH
    if math.isfinite(limit):
        steps.append(limit)
    return _first_crossing(margin, steps)


def _smallest_factor(
    local: LocalStage, turn: Turn, terms: Worth, term: int, limit: float
) -> float | None:
    """Return the log of the factor nearest to one that switches the reply, within `limit`."""

    def margin(log_factor: float) -> float:
        changed = scaled(local.worth, terms, turn.account, term, math.exp(log_factor))
        return -_lead(local.with_worth(changed), turn, turn.now)

    if not any(part[:, :, term].any() for part in terms):
        return None
    found: float | None = None
    for sign in (1.0, -1.0):
        most = abs(found) if found is not None else limit
        steps = [sign * most * n / TERM_STEPS for n in range(1, TERM_STEPS + 1)]
        crossing = _first_crossing(margin, steps)
        found = crossing if crossing is not None else found
    return found


def _lead(local: LocalStage, turn: Turn, option: int) -> float:
    """Return by how much an option is worth more than the best other free one."""
    value = settle(local).value[turn.mover][:, turn.own_type]
    others = turn.free[turn.free != option]
    return float(value[option] - value[others].max())


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
