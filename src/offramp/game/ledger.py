"""Payments while effects resolve: expressions to expected amounts per row, profile and account."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from offramp.game.factored import Account
from offramp.game.states import StateEnvironment, States
from offramp.scenario import Pay, evaluate

if TYPE_CHECKING:
    from jaxtyping import Float, Int

    from offramp.game.dynamics import Setting

__all__ = ["Ledger", "account_numbers", "account_of", "all_profiles", "amounts"]


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


class Ledger:
    """Adds up expected payments per row, profile and account."""

    def __init__(
        self,
        n_rows: int,
        profiles: Int[np.ndarray, "profile typed"],
        accounts: Mapping[tuple[str, str | None], int],
        n_accounts: int,
    ) -> None:
        self._profiles = profiles
        self._accounts = accounts
        self.pay: Float[np.ndarray, "row profile account"] = np.zeros(
            (n_rows, len(profiles), n_accounts)
        )

    def enter(
        self,
        pays: Iterable[Pay],
        states: States,
        rows: Int[np.ndarray, "branch"],
        chance: Float[np.ndarray, "branch reader_type"],
        setting: Setting,
    ) -> None:
        """Enter payments made on branches with the given chances."""
        for pay in pays:
            account = account_of(pay, self._accounts)
            by_profile = amounts(pay, states, self._profiles, setting.period)
            setting.findings.checked_amount(pay, by_profile, states)
            if account is None:
                continue
            for number, amount in enumerate(by_profile):
                reader_type = self._profiles[number, setting.reader] if setting.reader >= 0 else 0
                expected = np.bincount(
                    rows, weights=amount * chance[:, reader_type], minlength=len(self.pay)
                )
                self.pay[:, number, account] += expected


def all_profiles(n_types: Sequence[int]) -> Int[np.ndarray, "profile typed"]:
    """Return every joint type, row-major; one empty profile where nobody has types."""
    joint = list(itertools.product(*map(range, n_types)))
    return np.array(joint, np.int64).reshape(len(joint), len(n_types))
