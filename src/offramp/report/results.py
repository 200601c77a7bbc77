"""Results to answers: integer axes become names, and several settings of a view their mean."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any, NamedTuple

import numpy as np

from offramp import __version__
from offramp.exploration import (
    Laid,
    SolvedCase,
    Spread,
    plan_solves,
    solve_cases,
    view_spread,
    wanted_cases,
)
from offramp.exploration.canon import unmet_needs
from offramp.game import Game
from offramp.outcomes import Acts, Outcomes
from offramp.outcomes.learning import Lesson, Liveliness, find_learning
from offramp.report.answers import (
    ActShare,
    BeliefRow,
    CaseAnswer,
    EndingRow,
    GivenAnswer,
    LivelinessRow,
    MeasureRow,
    PrecisionRow,
    RunAnswer,
    RungExitRow,
    RungMoveRow,
    RungRow,
    ScenarioHead,
)
from offramp.report.branches import SEARCHED, branch_rows
from offramp.report.catalog import period_words, sound_scenario
from offramp.report.certificates import describe_certificate
from offramp.report.last_day import LastDayAct, last_day_acts, last_day_notes
from offramp.report.progress import Progress
from offramp.report.trust import worst_certificate
from offramp.scenario import Crisis, Scenario, bind
from offramp.scenario.expressions import Boolean, Compare, Did, MeasureCall, Unary
from offramp.scenario.theory import has_theory, load_theory

__all__ = ["act_rows", "describe_run", "is_chance", "liveliness_row", "scenario_head"]

GAIN = 0.25  # payoff units; what a precision means is said for a gain of this size


def describe_run(
    name_or_path: str,
    *,
    cases: Sequence[str] = (),
    parameters: Mapping[str, float | str] | None = None,
    grid: int | None = None,
    view: str | None = None,
    other_branches: bool = False,
    moves: Collection[str] = (),
) -> RunAnswer:
    """Solve the cases of a scenario (all, if none is named) and say what came out.

    Args:
        other_branches: Search for other solutions than the principal branch leads to.
        moves: Cases in which to follow how play moves between the rungs of the ladder, which takes
            longer.

    Raises:
        OfframpError: With every problem of the scenario, or of what is laid over it.
    """
    scenario = sound_scenario(name_or_path)
    laid = Laid(view, parameters, grid)
    plan = plan_solves(scenario, wanted_cases(scenario, cases), laid)
    found: dict[str, list[_Part]] = {name: [] for one in plan for name in one.cases}
    precision: list[PrecisionRow] = []
    waiting: list[LastDayAct] = []
    begun = time.monotonic()
    with Progress("solving", sum(len(one.cases) for one in plan)) as progress:
        for solved in solve_cases(scenario, plan, laid, progress.start, moves=moves):
            precision = precision or _precision_rows(solved.equilibrium.game)
            answer = _case_answer(solved, scenario, other_branches)
            found[solved.case].append(_Part(solved.weight, answer))
            if solved.outcomes.given != 0.0:
                waiting += last_day_acts(solved.outcomes)
            progress.done()
    return RunAnswer(
        offramp=__version__,
        scenario=scenario_head(scenario, laid),
        precision=precision,
        cases=[_mean(parts) for parts in found.values()],
        notes=[
            *_notes(scenario, list(found), view_spread(scenario, view)),
            *last_day_notes(waiting),
            *_theory_notes(name_or_path, scenario, laid),
            *([SEARCHED] if other_branches else []),
        ],
        seconds=time.monotonic() - begun,
    )


def scenario_head(scenario: Scenario, laid: Laid) -> ScenarioHead:
    """Return which scenario was solved, and with what laid over it."""
    crisis = bind(scenario, view=laid.view, parameters=laid.parameters)
    return ScenarioHead(
        name=scenario.name,
        title=scenario.title or scenario.name,
        period=period_words(crisis),
        hash=crisis.scenario_hash,
        view=laid.view,
        set=dict(laid.parameters or {}),
        grid=laid.grid,
    )


# --- one case -------------------------------------------------------------------------------------


def _case_answer(solved: SolvedCase, scenario: Scenario, other_branches: bool) -> CaseAnswer:
    outcomes = solved.outcomes
    never = outcomes.given == 0.0  # the event that selects paths: there are none to ask
    learning = find_learning(solved.equilibrium, outcomes.n_periods, start=solved.case)
    return CaseAnswer(
        case=solved.case,
        policy=solved.policy,
        given=_given(solved, scenario),
        settings=1,
        replies=[] if never else [row for acts in outcomes.acts for row in act_rows(acts)],
        endings=[] if never else _ending_rows(outcomes),
        measures=list(_measure_rows(outcomes, solved.equilibrium.game.crisis)),
        climb=[] if never else list(_rung_rows(outcomes)),
        moves=[] if never else list(_move_rows(outcomes)),
        exits=[] if never else list(_exit_rows(outcomes)),
        beliefs=[_belief_row(lesson) for lesson in learning.lessons],
        liveliness=[liveliness_row(found) for found in learning.liveliness],
        branches=branch_rows(solved.equilibrium, solved.case) if other_branches else [],
        certificate=describe_certificate(solved, learning.calibration),
    )


def _given(solved: SolvedCase, scenario: Scenario) -> GivenAnswer | None:
    chance = solved.outcomes.given
    if chance is None:
        return None
    return GivenAnswer(event=str(scenario.cases[solved.case].given), chance=chance)


def act_rows(acts: Acts) -> Iterator[ActShare]:
    """Yield how often each type of a player takes each act at a stage."""
    taken = acts.count.sum(axis=0)
    bound = acts.bound.sum(axis=0)
    for k, own_type in enumerate(acts.types):
        choices = float(taken[k].sum())
        if choices <= 0.0:
            continue
        for a, act in enumerate(acts.actions):
            yield ActShare(
                stage=acts.stage,
                player=acts.player,
                type=own_type if len(acts.types) > 1 else None,
                act=act,
                share=float(taken[k, a] / choices),
                choices=choices,
                bound=float(bound[k].sum() / choices),
            )


def _ending_rows(outcomes: Outcomes) -> list[EndingRow]:
    return [EndingRow(ending=e, chance=c) for e, c in outcomes.ending_chance().items()]


def _measure_rows(outcomes: Outcomes, crisis: Crisis) -> Iterator[MeasureRow]:
    for measure in crisis.measures:
        value = outcomes.measures[measure.name]
        yield MeasureRow(
            measure=measure.name,
            label=measure.label or measure.name,
            unit=measure.unit,
            better=measure.better,  # type: ignore[arg-type]  # the file's form allows no other
            is_chance=is_chance(measure.is_),
            value=None if np.isnan(value) else float(value),
            never=None if np.isnan(value) else outcomes.never.get(measure.name),
        )


def is_chance(expression: object) -> bool:
    """Whether a measure is a probability by its form, to be written as per cent."""
    if not isinstance(expression, MeasureCall):
        return False
    if expression.function in ("start", "final", "mean"):
        asked = expression.arguments[0]
        is_not = isinstance(asked, Unary) and asked.operator == "not"
        return is_not or isinstance(asked, Compare | Boolean | Did)
    return expression.function in ("ever", "after", "belief")


def _rung_rows(outcomes: Outcomes) -> Iterator[RungRow]:
    for t, chances in enumerate(outcomes.climb, 1):
        for rung, chance in zip(outcomes.rungs, chances, strict=True):
            yield RungRow(period=t, rung=rung, chance=float(chance))


def _move_rows(outcomes: Outcomes) -> Iterator[RungMoveRow]:
    on = (None, *outcomes.rungs)
    for t, before, rung in np.argwhere(outcomes.rung_flow):
        chance = float(outcomes.rung_flow[t, before, rung])
        yield RungMoveRow(period=int(t) + 1, before=on[before], rung=on[rung], chance=chance)


def _exit_rows(outcomes: Outcomes) -> Iterator[RungExitRow]:
    on = (None, *outcomes.rungs)
    for t, rung, e in np.argwhere(outcomes.rung_exit):
        chance = float(outcomes.rung_exit[t, rung, e])
        ending = outcomes.endings[e]
        yield RungExitRow(period=int(t) + 1, rung=on[rung], ending=ending, chance=chance)


def _belief_row(lesson: Lesson) -> BeliefRow:
    return BeliefRow(**asdict(lesson))


def liveliness_row(found: Liveliness) -> LivelinessRow:
    """Return by how much a player's replies hang on what it believes."""
    return LivelinessRow(**asdict(found), change=found.change)


def _precision_rows(game: Game) -> list[PrecisionRow]:
    """Return what each chooser's precision means, beside the payoffs that it acts on."""
    choosers = {mover.player for stage in game.stages[0] for mover in stage.movers}
    return [_precision_row(game, i) for i in sorted(choosers)]


def _precision_row(game: Game, number: int) -> PrecisionRow:
    player = game.players[number]
    spread = max(_spread(table[:, :, number]) for table in game.payoff) or _paid_at_once(
        game, number
    )
    exact = bool(np.isinf(player.precision))
    return PrecisionRow(
        player=player.name,
        label=player.label,
        precision=None if exact else player.precision,
        payoff_range=spread,
        product=None if exact else player.precision * spread,
        taken=1.0 if exact else float(1 / (1 + np.exp(-player.precision * GAIN))),
    )


def _paid_at_once(game: Game, number: int) -> float:
    """Return the range of what acts and endings pay, for a game in which nothing else does."""
    rows = [table.rows for period in game.stages for table in period if table.rows is not None]
    paid = [one.pay[:, :, number] for one in rows]
    return max((max(_spread(p), float(np.abs(p).max(initial=0.0))) for p in paid), default=0.0)


def _spread(payoff: np.ndarray) -> float:
    return float(payoff.max() - payoff.min()) if payoff.size else 0.0  # none lasts a period


# --- the mean over settings -----------------------------------------------------------------------


class _Part(NamedTuple):
    """A case under one setting of the mechanisms, and the setting's weight."""

    weight: float
    answer: CaseAnswer


def _mean(parts: Sequence[_Part]) -> CaseAnswer:
    """Return the mean over settings; the certificate and liveliness are those of the worst.

    Of a case that is given an event, it is the mean over the settings in which that can come true.
    """
    first = parts[0].answer
    if len(parts) == 1:
        return first
    n_settings, given = len(parts), _mean_given(parts)
    certificate = worst_certificate([part.answer.certificate for part in parts])
    if given is not None and given.chance > 0.0:
        parts = [p for p in parts if p.answer.given is not None and p.answer.given.chance > 0.0]
    return CaseAnswer(
        case=first.case,
        policy=first.policy,
        given=given,
        settings=n_settings,
        replies=_mean_replies(parts),
        endings=_mean_rows(parts, "endings", ("chance",)),
        measures=[_mean_measure(parts, k) for k in range(len(first.measures))],
        climb=_mean_rows(parts, "climb", ("chance",)),
        moves=_mean_chances(parts, "moves"),
        exits=_mean_chances(parts, "exits"),
        beliefs=_mean_rows(parts, "beliefs", ("start", "end_if_so", "end_if_not")),
        liveliness=[
            max((part.answer.liveliness[k] for part in parts), key=lambda row: row.change)
            for k in range(len(first.liveliness))
        ],
        branches=[],
        certificate=certificate,
    )


def _mean_given(parts: Sequence[_Part]) -> GivenAnswer | None:
    told = [(part.weight, part.answer.given) for part in parts if part.answer.given is not None]
    if not told:
        return None
    chance = _mean_of([(weight, given.chance) for weight, given in told])
    return told[0][1].model_copy(update={"chance": chance})


def _mean_rows(parts: Sequence[_Part], name: str, numbers: Sequence[str]) -> list[Any]:
    """Return rows that all settings share, with the mean of their numbers."""
    found = []
    for rows in zip(*(getattr(part.answer, name) for part in parts), strict=True):
        weighed = list(zip((part.weight for part in parts), rows, strict=True))
        mean = {one: _mean_of([(w, getattr(row, one)) for w, row in weighed]) for one in numbers}
        found.append(rows[0].model_copy(update=mean))
    return found


def _mean_chances(parts: Sequence[_Part], name: str) -> list[Any]:
    """Return the mean chance of each row; one that a setting has not has no chance in it."""
    rows: dict[tuple[Any, ...], Any] = {}
    sums: dict[tuple[Any, ...], float] = {}
    for weight, answer in parts:
        for row in getattr(answer, name):
            key = tuple(value for field, value in row if field != "chance")
            rows.setdefault(key, row)
            sums[key] = sums.get(key, 0.0) + weight * row.chance
    whole = sum(part.weight for part in parts)
    return [row.model_copy(update={"chance": sums[key] / whole}) for key, row in rows.items()]


def _mean_replies(parts: Sequence[_Part]) -> list[ActShare]:
    """Return the mean of how often each act is taken, by how often there is a choice at all."""
    rows: dict[tuple[str, str, str | None, str], list[tuple[float, ActShare]]] = {}
    for weight, answer in parts:
        for row in answer.replies:
            rows.setdefault((row.stage, row.player, row.type, row.act), []).append((weight, row))
    whole = sum(part.weight for part in parts)
    return [_mean_reply(found, whole) for found in rows.values()]


def _mean_reply(found: Sequence[tuple[float, ActShare]], whole: float) -> ActShare:
    choices = sum(weight * row.choices for weight, row in found)
    share = sum(weight * row.choices * row.share for weight, row in found)
    bound = sum(weight * row.choices * row.bound for weight, row in found)
    return found[0][1].model_copy(
        update={"share": share / choices, "bound": bound / choices, "choices": choices / whole}
    )


def _mean_measure(parts: Sequence[_Part], number: int) -> MeasureRow:
    """Return the mean of a measure, over the settings in which what it asks about happens."""
    rows = [(part.weight, part.answer.measures[number]) for part in parts]
    told = [(weight, row.value) for weight, row in rows if row.value is not None]
    never = [(weight, row.never) for weight, row in rows if row.never is not None]
    return rows[0][1].model_copy(update={"value": _mean_of(told), "never": _mean_of(never)})


def _mean_of(weighed: Sequence[tuple[float, float]]) -> float | None:
    total = sum(weight for weight, _ in weighed)
    return sum(weight * value for weight, value in weighed) / total if total else None


# --- what to bear in mind -------------------------------------------------------------------------


def _theory_notes(name_or_path: str, scenario: Scenario, laid: Laid) -> Iterable[str]:
    """Yield what the theory beside the scenario, if there is one, needs and does not get."""
    if has_theory(name_or_path):
        parameters = bind(scenario, view=laid.view, parameters=laid.parameters).parameters
        for told in unmet_needs(load_theory(name_or_path), parameters):
            yield f"Of the theory beside it, {told}."


def _notes(scenario: Scenario, cases: Sequence[str], spread: Spread) -> list[str]:
    notes = []
    bound = sorted({name for case in cases for name in _bound_players(scenario, case)})
    if bound:
        notes.append(
            f"A policy binds {', '.join(bound)} from outside: what such an act would have revealed "
            "had it been chosen is not asked."
        )
    given = [case for case in cases if case in scenario.cases and scenario.cases[case].given]
    if given:
        notes.append(
            f"{', '.join(given)}: an event selects paths afterwards, as no policy does; nobody who "
            "plays knows of it. Replies, endings, measures and the climb are those of the paths on "
            "which it comes true; beliefs, liveliness and the certificate those of all paths."
        )
    if len(spread.draws) > 1:
        how = "all" if spread.is_exact else f"drawn with seed {scenario.solver.seed or 0}"
        notes.append(
            f"Each case is the mean over {len(spread.draws)} settings of the contested mechanisms "
            f"({how}); certificate and liveliness are those of the worst setting."
        )
    return notes


def _bound_players(scenario: Scenario, case: str) -> list[str]:
    """Return the players with types that a case's policy binds."""
    declared = scenario.cases.get(case)
    policy = scenario.policies.get((declared.policy or "") if declared else case)
    bound = policy.players if policy is not None else {}
    return [name for name in bound if scenario.players[name].types]
