"""Why a player replies as it does, as an answer with names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import numpy as np

from offramp import __version__
from offramp.equilibrium import Equilibrium
from offramp.equilibrium.explain import Explanation, refuse_histories, why
from offramp.equilibrium.switching import PaymentSwitch, TermSwitch
from offramp.exploration import Laid, plan_solves, solve_one, wanted_cases
from offramp.outcomes.likeliest import find_likeliest
from offramp.report.answers import ScenarioHead, SwitchRow, WhyAct, WhyAnswer, WhyBelief, WhyTerm
from offramp.report.catalog import sound_scenario
from offramp.report.progress import Progress
from offramp.report.results import scenario_head

__all__ = ["describe_why", "why_answer"]


def describe_why(
    name_or_path: str,
    *,
    player: str,
    own_type: str | None = None,
    case: str | None = None,
    stage: str | None = None,
    period: int = 1,
    state: Mapping[str, str] | None = None,
    beliefs: Mapping[str, float] | None = None,
    parameters: Mapping[str, float | str] | None = None,
    grid: int | None = None,
    view: str | None = None,
) -> WhyAnswer:
    """Solve a case and explain one reply.

    The situation is the likeliest one in that period in which the player chooses and that fits what
    `state` says; beliefs stand at the priors, save for what `beliefs` says.

    Raises:
        OfframpError: A name is unknown, or there is no such situation.
    """
    scenario = sound_scenario(name_or_path)
    laid = Laid(view, parameters, grid)
    cases = wanted_cases(scenario, [case] if case else ())[:1]
    plan = plan_solves(scenario, cases, laid)[:1]
    with Progress("solving", 1) as progress:
        progress.start(cases[0])
        equilibrium = solve_one(scenario, plan[0], laid).equilibrium
        refuse_histories(equilibrium)
        where = _situation(equilibrium, player, period, stage, state or {})
        found = why(
            equilibrium,
            player,
            period=period,
            stage=where[0],
            state=where[1],
            belief=beliefs,
            type=own_type,
        )
    return why_answer(found, scenario_head(scenario, laid), cases[0])


def _situation(
    equilibrium: Equilibrium,
    player: str,
    period: int,
    stage: str | None,
    told: Mapping[str, str],
) -> tuple[str | None, Mapping[str, str] | int]:
    """Return the stage and state that are meant: the likeliest of those that fit what is told."""
    found = find_likeliest(equilibrium, player, period, stage=stage, state=told)
    return (stage, told) if found is None else (found.stage, found.number)


def why_answer(found: Explanation, head: ScenarioHead, case: str) -> WhyAnswer:
    """Return an explanation as an answer."""
    return WhyAnswer(
        offramp=__version__,
        scenario=head,
        case=case,
        player=found.player,
        type=found.type,
        period=found.period,
        stage=found.stage,
        state=found.state,
        beliefs=found.belief,
        is_bound=found.is_bound,
        acts=[_act(found, k) for k in range(len(found.acts))],
        after=_beliefs(found),
        switches=[*_switch("payment", found.payment), *_switch("term", found.term)],
    )


def _switch(
    by: Literal["payment", "term"], found: PaymentSwitch | TermSwitch | None
) -> list[SwitchRow]:
    return [SwitchRow(by=by, change=found.words, to=found.act)] if found is not None else []


def _act(found: Explanation, number: int) -> WhyAct:
    return WhyAct(
        act=found.acts[number],
        chance=float(found.probability[number]),
        worth=float(found.value[number]),
        terms=[
            WhyTerm(
                term=term,
                paid=float(found.paid[i, number]),
                later=float(found.later[i, number]),
                learnt=float(found.learnt[i, number]),
            )
            for i, term in enumerate(found.terms)
        ],
        reveals=float(found.reveals[number]),
    )


def _beliefs(found: Explanation) -> list[WhyBelief]:
    """Return what observers would believe after each act; nobody observes itself."""
    return [
        WhyBelief(
            act=act,
            observer=observer,
            believed=believed,
            before=float(found.belief_before[i, j]),
            after=float(found.belief_after[i, j, k]),
        )
        for i, believed in enumerate(found.believed)
        for j, observer in enumerate(found.observers)
        for k, act in enumerate(found.acts)
        if not np.isnan(found.belief_after[i, j, k])
    ]
