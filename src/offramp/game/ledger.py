"""Payments while effects resolve: expressions to expected amounts per row, profile and account."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from offramp.game.factored import Account
from offramp.game.findings import Findings
from offramp.game.odds import Odds
from offramp.game.sites import Dated
from offramp.game.states import StateEnvironment, States, StateSpace
from offramp.scenario import Pay, evaluate

if TYPE_CHECKING:
    from jaxtyping import Float, Int

__all__ = ["Amounts", "Ledger", "account_numbers", "account_of", "all_profiles", "amounts"]


def account_numbers(
    accounts: Sequence[Account], players: Sequence[str]
) -> dict[tuple[str, str | None], int]:
    """Return the account's number by player and term (term None: the player as a whole)."""
    return {(players[one.player], one.term): i for i, one in enumerate(accounts)}


def account_of(pay: Pay, accounts: Mapping[tuple[str, str | None], int]) -> int | None:
    """Return the account that a payment goes to, None if nobody keeps it."""
    whole = accounts.get((pay.player, None))
    return whole if whole is not None else accounts.get((pay.player, pay.term))


def amounts(
    pay: Pay,
    states: States,
    profiles: np.ndarray,
    period: int,
    beliefs: Mapping[tuple[str, str], np.ndarray] | None = None,
) -> list[np.ndarray]:
    """Return the amount of a payment for every profile (arrays are shared where equal)."""
    readers = sorted(states.space.reads_types(pay.amount))
    made: dict[tuple[int, ...], np.ndarray] = {}
    result = []
    for profile in profiles:
        key = tuple(int(profile[j]) for j in readers)
        if key not in made:
            types = dict(zip(readers, key, strict=True))
            environment = StateEnvironment(
                states.space, states, period=period, types=types, beliefs=beliefs
            )
            made[key] = np.asarray(evaluate(pay.amount, environment), np.float64)
        result.append(made[key])
    return result


class Amounts:
    """What payments of a stage come to, by site, profile of types and date."""

    def __init__(
        self,
        space: StateSpace,
        profiles: Int[np.ndarray, "profile typed"],
        dates: Sequence[int],
        findings: Findings,
    ) -> None:
        self.profiles = profiles
        self._space = space
        self._dates = tuple(dates)
        self._findings = findings
        self._pays: dict[int, tuple[Pay, Dated]] = {}
        self._amount = np.empty((0, len(profiles), len(dates)))

    def site(self, pay: Pay, states: States, period: int) -> Int[np.ndarray, "branch"]:
        """Return the site of a payment on each branch; no finite number is a finding."""
        if id(pay) not in self._pays:
            self._pays[id(pay)] = (pay, Dated(self._space, (pay.amount,), self._dates))
        dated = self._pays[id(pay)][1]
        found, fresh = dated.new(states, len(self._amount))
        if len(fresh):
            self._amount = np.concatenate([self._amount, self._amounts(pay, dated, fresh, period)])
        return found

    def _amounts(
        self, pay: Pay, dated: Dated, states: States, period: int
    ) -> Float[np.ndarray, "site profile date"]:
        amount = np.zeros((len(states), len(self.profiles), len(self._dates)))
        for k in dated.wanted(period):
            by_profile = amounts(pay, states, self.profiles, dated.dates[k])
            self._findings.checked_amount(pay, by_profile, states)
            for number, one in enumerate(by_profile):
                amount[:, number, k] = one
        if len(dated.dates) == 1:
            amount[:] = amount[:, :, :1]
        return amount

    def values(self, date: int) -> Float[np.ndarray, "site profile"]:
        """Return every amount at a date, by its place."""
        return self._amount[:, :, date]


class Ledger:
    """Adds up expected payments per row, profile and account.

    Attributes:
        first_row: Number of the row that the rows of what is entered count from.
    """

    def __init__(
        self, amounts: Amounts, accounts: Mapping[tuple[str, str | None], int], n_accounts: int
    ) -> None:
        self._amounts = amounts
        self._accounts = accounts
        self._n_accounts = n_accounts
        self._entered: list[list[np.ndarray]] = [[] for _ in range(n_accounts)]
        self.first_row = 0

    def enter(
        self,
        pays: Iterable[Pay],
        states: States,
        rows: Int[np.ndarray, "branch"],
        node: Int[np.ndarray, "branch"],
        period: int,
    ) -> None:
        """Enter payments made on branches that are reached by the given nodes."""
        for pay in pays:
            site = self._amounts.site(pay, states, period)
            account = account_of(pay, self._accounts)
            if account is not None:
                self._entered[account].append(np.array([rows + self.first_row, node, site]))

    def table(self, n_rows: int, odds: Odds, date: int) -> Float[np.ndarray, "row profile account"]:
        """Return the expected payments of every row at a date, by its place."""
        profiles = self._amounts.profiles
        total = np.zeros((n_rows, len(profiles), self._n_accounts))
        chance, amount = odds.values(date), self._amounts.values(date)
        for account, entered in enumerate(self._entered):
            if not entered:
                continue
            rows, node, site = np.concatenate(entered, axis=1)
            for number, profile in enumerate(profiles):
                reader_type = profile[odds.reader] if odds.reader >= 0 else 0
                expected = amount[site, number] * chance[node, reader_type]
                total[:, number, account] = np.bincount(rows, expected, minlength=n_rows)
        return total


def all_profiles(n_types: Sequence[int]) -> Int[np.ndarray, "profile typed"]:
    """Return every joint type, row-major; one empty profile where nobody has types."""
    joint = list(itertools.product(*map(range, n_types)))
    return np.array(joint, np.int64).reshape(len(joint), len(n_types))
