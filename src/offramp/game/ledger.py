"""Payments while effects resolve: expressions to expected amounts per row, profile and account."""

from __future__ import annotations

import copy
import itertools
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from offramp.game.factored import Account
from offramp.game.findings import Findings
from offramp.game.odds import Odds
from offramp.game.sites import Dated, fill_dates
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
        found, n_known = dated.new(states, len(self._amount), period)
        if len(dated.place) > n_known:
            self._amount = np.concatenate([self._amount, self._amounts(pay, dated, n_known)])
        return found

    def _amounts(
        self, pay: Pay, dated: Dated, first: int
    ) -> Float[np.ndarray, "site profile date"]:
        """Return what is paid at the sites of a payment, from the `first` on."""
        shape = (len(dated.place) - first, len(self.profiles), len(self._dates))
        amount = np.full(shape, np.nan)
        for date, k, which in dated.asked(first):
            states = dated.states(self._space, first + which)
            by_profile = amounts(pay, states, self.profiles, date)
            self._findings.checked_amount(pay, by_profile, states)
            for number, one in enumerate(by_profile):
                amount[which, number, k] = one
        fill_dates(amount, len(dated.dates))
        return amount

    def recast(self, space: StateSpace, findings: Findings) -> Amounts:
        """Return the same payments with the numbers of another crisis."""
        other = copy.copy(self)
        other._space, other._findings = space, findings
        other._amount = np.empty_like(self._amount)
        for pay, dated in self._pays.values():
            other._amount[dated.place] = other._amounts(pay, dated, 0)
        return other

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

    @cached_property
    def _joined(self) -> list[np.ndarray]:
        """Row, node and site of all that was entered, by account; asked for at the end."""
        nothing = np.zeros((3, 0), np.int64)
        return [np.concatenate([nothing, *entered], axis=1) for entered in self._entered]

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

    def table(
        self, n_rows: int, odds: Odds, amounts: Amounts, date: int
    ) -> Float[np.ndarray, "row profile account"]:
        """Return the expected payments of every row at a date, by its place."""
        profiles = amounts.profiles
        total = np.zeros((n_rows, len(profiles), self._n_accounts))
        chance, amount = odds.values(date), amounts.values(date)
        for account, (rows, node, site) in enumerate(self._joined):
            if not len(rows):
                continue
            for number, profile in enumerate(profiles):
                reader_type = profile[odds.reader] if odds.reader >= 0 else 0
                expected = amount[site, number] * chance[node, reader_type]
                total[:, number, account] = np.bincount(rows, expected, minlength=n_rows)
        return total


def all_profiles(n_types: Sequence[int]) -> Int[np.ndarray, "profile typed"]:
    """Return every joint type, row-major; one empty profile where nobody has types."""
    joint = list(itertools.product(*map(range, n_types)))
    return np.array(joint, np.int64).reshape(len(joint), len(n_types))
