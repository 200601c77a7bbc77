"""What divides two camps: which few assumptions, exchanged, turn one verdict into the other."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from offramp import __version__
from offramp.exploration.camps import Camps, find_camps, mix
from offramp.exploration.cases import Laid
from offramp.exploration.exchange import Crux, Direction, find_crux
from offramp.exploration.questions import Wording, read_question
from offramp.exploration.shapley import ShapleyShares, shapley_shares
from offramp.report.answers import CruxAnswer, DirectionRow, DividingRow, ExchangeRow
from offramp.report.catalog import sound_scenario
from offramp.report.progress import Progress
from offramp.report.results import scenario_head

__all__ = ["describe_crux"]


def describe_crux(
    name_or_path: str,
    *,
    between: tuple[str, str] = ("essay", "critic"),
    claim: str | None = None,
    policies: tuple[str, str] | None = None,
    measure: str | None = None,
    parameters: Mapping[str, float | str] | None = None,
    grid: int | None = None,
    exact_up_to: int = 2,
    orders: int = 0,
    seed: int = 1,
) -> CruxAnswer:
    """Return what divides two views over a claim, or over which of two policies is better.

    Args:
        policies: Two cases, compared by `measure` (default: the first with a direction).
        parameters: Numbers that both camps are held to.
        exact_up_to: All sets of up to so many assumptions are tried.
        orders: Pairs of orders to draw for the Shapley shares, where there are too many
            assumptions to try all mixtures; 0 for no shares.

    Raises:
        OfframpError: The scenario is wrong, something named is not there, or a view cannot be
            exchanged piece by piece.
    """
    scenario = sound_scenario(name_or_path)
    laid = Laid(None, parameters or None, grid)
    question = read_question(scenario, Wording(claim, policies, measure), laid)
    camps = find_camps(scenario, *between)
    with Progress("solving mixtures", 0) as progress:
        mixtures = mix(scenario, camps, question, laid, lambda item: progress.done())
        found = find_crux(mixtures, exact_up_to=exact_up_to)
        shares = None
        if orders and found.differing:
            shares = shapley_shares(mixtures, np.random.default_rng(seed), n_pairs=orders)
    return CruxAnswer(
        offramp=__version__,
        scenario=scenario_head(scenario, laid),
        question=question.says,
        between=list(between),
        slack=[_finite(found.first_gives_way.start), _finite(found.second_gives_way.start)],
        disputed=found.is_disputed,
        assumptions=_assumptions(camps, found, shares),
        directions=[
            _direction(between[0], found.first_gives_way),
            _direction(between[1], found.second_gives_way),
        ],
        orders=shares.n_orders if shares else 0,
        judged=mixtures.n_judged,
    )


def _assumptions(camps: Camps, found: Crux, shares: ShapleyShares | None) -> list[DividingRow]:
    one, other = found.first_gives_way, found.second_gives_way
    rows = [
        DividingRow(
            assumption=name,
            first=_settled(camps, name, camps.first),
            second=_settled(camps, name, camps.second),
            first_moves=_finite(one.alone[k] - one.start),
            second_moves=_finite(other.alone[k] - other.start),
            share=_finite(shares.share[k]) if shares else None,
            error=_finite(shares.error[k]) if shares else None,
        )
        for k, name in enumerate(found.differing)
    ]
    return sorted(rows, key=lambda row: -max(abs(row.first_moves or 0), abs(row.second_moves or 0)))


def _settled(camps: Camps, name: str, camp: Mapping[str, float | str]) -> str:
    def told(value: float | str) -> str:
        return value if isinstance(value, str) else f"{value:g}"

    along = [
        f"{one} {told(camp[one])}"
        for one in camps.along.get(name, ())
        if camps.first[one] != camps.second[one]
    ]
    return ", ".join([told(camp[name]), *along])


def _direction(view: str, found: Direction) -> DirectionRow:
    return DirectionRow(
        view=view,
        exchanges=[
            ExchangeRow(assumptions=list(one.names), slack=one.slack, smallest=one.is_smallest)
            for one in found.turning
        ],
        tried_up_to=found.tried_up_to,
        rest=len(found.rest),
        rest_slack=_finite(found.rest_slack),
        rest_turns=bool(found.rest_turns),
    )


def _finite(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None
