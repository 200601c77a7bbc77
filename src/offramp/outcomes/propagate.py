"""`propagate`: from an equilibrium to how it ends."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from copy import copy
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

import offramp
from offramp.errors import GameError, Problem, TooLargeError, closest
from offramp.game import AsIf, Game
from offramp.game.language import Crisis, Measure, MeasureCall, walk
from offramp.game.tree import unroll
from offramp.outcomes.beliefs import OnHistories
from offramp.outcomes.conditions import Reader
from offramp.outcomes.forward import ALL_MEASURES, Play, Sweep, Tracker
from offramp.outcomes.given import Given
from offramp.outcomes.ladder import Ladder, possible_rungs
from offramp.outcomes.measures import MeasurePlan, Payoffs
from offramp.outcomes.play import BorrowedPlay, OwnPlay, Solution
from offramp.outcomes.record import Record
from offramp.outcomes.result import Acts, Outcomes
from offramp.outcomes.transplant import (
    find_states,
    find_states_as_if,
    graft,
    refuse_longer,
    refuse_other_grid,
)

__all__ = ["propagate"]

MASS_TOLERANCE = 1e-9  # of the total: far above rounding in some thousand stages, far below a bug
LEAST_DISCOUNT = 1e-6  # a forever game is followed until the most patient player's falls below
MOST_PERIODS = 500  # but no further than this

HORIZON = "horizon"


def propagate(
    equilibrium: Solution,
    *,
    start: str | None = None,
    policy_game: Game | None = None,
    strategies_from: Solution | None = None,
    as_if: AsIf | None = None,
    otherwise: Solution | None = None,
    learning: bool | None = None,
    measures: Iterable[str] | None = None,
    moves: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> Outcomes:
    """Follow an equilibrium from its start to the horizon, all paths at once.

    Where the case is conditioned on an event (`given`), everything that is found is an expectation
    over the paths on which the event comes true, and NaN if it never does.

    Args:
        start: The case from whose start play begins, if the game serves several.
        policy_game: Play the equilibrium's strategies under this game's policy (a secret policy,
            or the direct part of a comparison): what it prescribes is played as prescribed,
            the rest as in the equilibrium, by which everybody also goes on learning.
        strategies_from: The same, the other way round: play these strategies in the game of
            `equilibrium`.
        as_if: How borrowed strategies read part of the situation: what is played is what they
            play where that part is as given here.
        otherwise: A solution of `policy_game`, by which a free choice is made about which the
            borrowed strategies say nothing.
        learning: False keeps beliefs where they start; default: as solved.
        measures: Names of the measures that are wanted, and nothing else: how high it climbs is not
            followed then, nor are payoffs under the players' own priors, unless one of these
            measures asks for them. Default: all.
        moves: Follow how play moves between the rungs of the ladder, too (`rung_flow`), which may
            take about as long as all measures; not where measures are named.
        progress: Told after each period how many are done, and of how many.

    Raises:
        GameError: A case or measure is not known, or borrowed strategies say nothing about a
            situation that is reached.
    """
    solution = strategies_from if strategies_from is not None else equilibrium
    game = policy_game if policy_game is not None else equilibrium.game
    host = equilibrium if policy_game is None else None
    stage = _set(solution, host, game, start, as_if, otherwise)
    return _Propagation(stage, start, learning, measures, moves, progress).outcomes()


class _Staging(NamedTuple):
    """What is played, how, and by which solution's beliefs (where they stand on histories)."""

    game: Game
    play: Play
    solution: Solution
    beliefs: object


def _set(
    solution: Solution,
    host: Solution | None,
    game: Game,
    start: str | None,
    as_if: AsIf | None,
    otherwise: Solution | None,
) -> _Staging:
    """Bring a solution and the game that it is to be played in together.

    Args:
        host: The solution whose own game is played, if it is.
    """
    if game is solution.game:
        return _Staging(game, OwnPlay(solution), solution, solution)
    if not isinstance(solution, OnHistories):
        refuse_other_grid(game, solution.game)
        refuse_longer(game, solution.game)
        if as_if is None:
            source = find_states(game, solution.game)
        else:
            source = find_states_as_if(game, solution.game, as_if)
        play = BorrowedPlay(solution, game, source, otherwise)
        return _Staging(game, play, solution, None)
    tree = host.tree if isinstance(host, OnHistories) else unroll(game, start)
    grafted = graft(tree, solution.tree, solution.belief)
    play = BorrowedPlay(solution, grafted.game, grafted.source)
    return _Staging(grafted.game, play, solution, grafted)


class _Propagation:
    """One call of `propagate`."""

    def __init__(
        self,
        staging: _Staging,
        start: str | None,
        learning: bool | None,
        measures: Iterable[str] | None,
        moves: bool,
        progress: Callable[[int, int], None] | None,
    ) -> None:
        game = staging.game
        assert isinstance(game.crisis, Crisis)
        self.game = game
        self.crisis = game.crisis
        self.solution = staging.solution
        self.play = staging.play
        self.beliefs = staging.beliefs
        self.progress = progress
        self.learns = learning is not False
        self.case = _case(game, start)
        self.n_periods = _periods(game, self.crisis)
        self.reader = Reader(game)
        self.measures = _wanted(self.crisis, measures)
        # places of the rungs from which moves are followed; None: nor is how it climbs
        self.climb_from: range | None = None
        # types that are drawn afresh make payoffs under another prior as dear as a pass
        self.wants_own_value = measures is None or _ask_own_value(self.measures)
        if measures is None:
            self.climb_from = range(possible_rungs(self.reader) if moves else 0)
        given = game.given.get(self.case)
        self.event = None
        if given is not None:
            self.event = Given(given, self.reader, self.n_periods, self.case)

    def outcomes(self) -> Outcomes:
        """Follow play; in several passes, each for some of what is asked, if one is too large."""
        try:
            return self._pass()
        except TooLargeError as error:
            parts = self._parts()
            if parts is None or error.problems[0].path != ALL_MEASURES:
                raise
        first, second = (part.outcomes() for part in parts)
        return replace(
            first,
            measures={**first.measures, **second.measures},
            never={**first.never, **second.never},
            rung_flow=first.rung_flow + second.rung_flow if second.rungs else first.rung_flow,
        )

    def _parts(self) -> tuple[_Propagation, _Propagation] | None:
        """Return two passes that do this one's work, the first with the climb; None: it is one."""
        half, rungs = len(self.measures) // 2, self.climb_from
        if self.measures and rungs is not None:
            return self._part(self.measures[:0], rungs), self._part(self.measures, None)
        if half:
            return self._part(self.measures[:half], None), self._part(self.measures[half:], None)
        if rungs is not None and len(rungs) > 1:
            middle = len(rungs) // 2
            return self._part((), rungs[:middle]), self._part((), rungs[middle:])
        return None

    def _part(self, measures: tuple[Measure, ...], climb_from: range | None) -> _Propagation:
        part = copy(self)
        part.measures, part.climb_from = measures, climb_from
        return part

    def _pass(self) -> Outcomes:
        """Run one pass and put its findings together."""
        plan = MeasurePlan(self.measures, self.game, self.reader, self.n_periods)
        ladder = None
        if self.climb_from is not None:
            ladder = Ladder(self.reader, plan.columns, self.n_periods, self.climb_from)
        trackers: list[Tracker] = list(plan.trackers)
        if ladder is not None:
            trackers.append(ladder)
        record = Record(self.game, self.reader, self.n_periods, self.beliefs)
        sweep = Sweep(
            self.game, self.play, trackers, plan.columns.count,
            learns=self.learns, event=self.event,
        )  # fmt: skip
        sweep.run(self.game.start[self.case], record, self.n_periods, self.progress)
        found = sweep.conditioned
        if found is not None and found.chance == 0.0:
            return self._nothing()
        error = float(np.max(np.abs(record.mass - 1.0)))
        assert error < MASS_TOLERANCE, f"mass is lost: {error}"
        payoffs = self._payoffs(self._values(record, sweep), sweep)
        answers = plan.answers(record, payoffs)
        no_rungs = np.zeros((self.n_periods, 0, 0))
        return Outcomes(
            name=self.game.name,
            case=self.case,
            policy=self.crisis.policy.name,
            measures={name: one.value for name, one in answers.items()},
            never={name: one.never for name, one in answers.items() if one.never is not None},
            endings=(*self.game.endings, HORIZON),
            ended=self._endings(record),
            stages=self.game.stage_names,
            variables={v.name: v.levels for v in self.crisis.variables},
            levels=record.levels,
            acts=tuple(self._acts(record)),
            observers=tuple(player.name for player in self.game.players),
            believed=tuple(record.beliefs.believed),
            beliefs=record.beliefs.expected,
            calibration=record.beliefs.calibration(),
            players=tuple(player.name for player in self.game.players),
            value=payoffs.value,
            own_value=payoffs.own_value,
            rungs=() if ladder is None else ladder.rungs,
            climb=np.zeros((self.n_periods, 0)) if ladder is None else ladder.climb,
            rung_flow=ladder.flow if ladder is not None and self.climb_from else no_rungs,
            rung_exit=no_rungs if ladder is None else ladder.exit,
            mass_error=error,
            scenario_hash=self.game.scenario_hash,
            version=offramp.__version__,
            given=None if found is None else found.chance,
        )

    def _nothing(self) -> Outcomes:
        """Return what is found where the event never comes true: there are no paths to ask."""
        self.event = None
        whole = self._pass()
        blank = {
            name: np.full_like(getattr(whole, name), np.nan)
            for name in (
                "ended", "levels", "beliefs", "value", "own_value", "climb", "rung_flow",
                "rung_exit",
            )
        }  # fmt: skip
        acts = [
            replace(
                act,
                count=np.full_like(act.count, np.nan),
                bound=np.full_like(act.bound, np.nan),
            )
            for act in whole.acts
        ]
        return replace(
            whole,
            **blank,
            measures=dict.fromkeys(whole.measures, np.nan),
            never=dict.fromkeys(whole.never, np.nan),
            acts=tuple(acts),
            given=0.0,
        )

    # --- payoffs --------------------------------------------------------------------------------

    def _payoffs(self, by_profile: Float[np.ndarray, "profile account"], sweep: Sweep) -> Payoffs:
        """Return each player's payoff under the analyst's prior and, if wanted, under its own."""
        value = self._by_player(by_profile.sum(axis=0))
        if not self.wants_own_value:
            return Payoffs(value, np.full_like(value, np.nan))
        own = value.copy()
        known: dict[bytes, np.ndarray] = {}
        for k, opinion in enumerate(self.game.opinion):
            if np.array_equal(opinion, self.game.prior):
                continue
            if opinion.tobytes() not in known:
                known[opinion.tobytes()] = self._values_under(opinion, by_profile, sweep)
            own[k] = known[opinion.tobytes()][k]
        return Payoffs(value, own)

    def _values_under(
        self, opinion: Float[np.ndarray, "profile"], by_profile: np.ndarray, sweep: Sweep
    ) -> Float[np.ndarray, "player"]:
        """Return payoffs under another prior: weighed anew, or by another pass.

        Paths of each profile of types are the same under any prior, unless types are drawn afresh,
        or the prior that was followed rules out a profile that this one does not.
        """
        prior = self.game.prior
        if not self._redraws() and np.all((prior > 0.0) | (opinion == 0.0)):
            weights = opinion / np.where(prior > 0.0, prior, 1.0)
            if sweep.conditioned is not None:
                # the event may be likelier under this prior, or never come true
                share = float(weights @ sweep.conditioned.start_share)
                weights = weights / share if share > 0.0 else np.full_like(weights, np.nan)
            return self._by_player(weights @ by_profile)
        record = Record(self.game, self.reader, self.n_periods)
        other = Sweep(
            self.game, self.play, (), 1,
            profile_prior=opinion, learns=self.learns, event=self.event,
        )  # fmt: skip
        other.run(self.game.start[self.case], record, self.n_periods)
        if other.conditioned is not None and other.conditioned.chance == 0.0:
            return np.full(len(self.game.players), np.nan)
        return self._by_player(self._values(record, other).sum(axis=0))

    def _values(self, record: Record, sweep: Sweep) -> Float[np.ndarray, "profile account"]:
        """Return expected payoffs by profile; without horizon, those to follow by their values.

        Strategies played under another policy have no values of their own: what follows the last
        period that is followed is left out then.
        """
        total = record.values()
        if self.game.forever and isinstance(self.play, OwnPlay):
            total = total + record.going_on(sweep, self.solution.value(self.n_periods))
        return total

    def _redraws(self) -> bool:
        tables = [table for period in self.game.stages for table in period]
        steps = [step for table in tables if table.chain is not None for step in table.chain.steps]
        rows = [table.rows for table in tables if table.rows is not None]
        return any(np.any(one.redraw) for one in [*steps, *rows])  # type: ignore[attr-defined]

    def _by_player(self, by_account: Float[np.ndarray, "account"]) -> Float[np.ndarray, "player"]:
        """Add a player's accounts up; NaN for one that has none (explanations leave some out)."""
        value = np.full(len(self.game.players), np.nan)
        for k in range(len(value)):
            own = [a for a, one in enumerate(self.game.accounts) if one.player == k]
            if own:
                value[k] = by_account[own].sum()
        return value

    # --- what is shown --------------------------------------------------------------------------

    def _endings(self, record: Record) -> Float[np.ndarray, "period ending"]:
        """Return the chance of each ending by period, the horizon last."""
        ended = record.ended[:, : len(self.game.endings)]
        horizon = np.zeros((self.n_periods, 1))
        horizon[-1] = record.mass[-1] - ended.sum()
        return np.concatenate([ended, horizon], axis=1)

    def _acts(self, record: Record) -> Iterable[Acts]:
        for (m, k), count in record.acts.items():
            mover = self.game.table(0, m).movers[k]
            player = self.game.players[mover.player]
            yield Acts(
                self.game.stage_names[m], player.name, player.types, mover.names, count,
                record.bound[m, k],
            )  # fmt: skip


def _case(game: Game, start: str | None) -> str:
    if start is None:
        return next(iter(game.start))
    if start in game.start:
        return start
    hint = closest(start, game.start)
    raise GameError(
        Problem(
            code="G545",
            path="cases",
            message=f"this game has no start named '{start}'.",
            hint=f"Did you mean '{hint}'?" if hint else "",
            fix=f"name one of {', '.join(game.start)}, or compile the game with it in `starts`.",
        )
    )


def _periods(game: Game, crisis: Crisis) -> int:
    """Return how many periods are followed: to the horizon, or to the stated final period."""
    if not game.forever:
        return game.n_periods
    if crisis.final_period is not None:
        return crisis.final_period
    patience = max(player.discount for player in game.players)
    if patience <= 0.0:
        return 1
    return int(min(np.ceil(np.log(LEAST_DISCOUNT) / np.log(patience)) + 1, MOST_PERIODS))


def _wanted(crisis: Crisis, names: Iterable[str] | None) -> tuple[Measure, ...]:
    if names is None:
        return crisis.measures
    by_name = {measure.name: measure for measure in crisis.measures}
    wanted = list(names)
    unknown = [_unknown_measure(name, by_name) for name in wanted if name not in by_name]
    if unknown:
        raise GameError(unknown)
    return tuple(by_name[name] for name in wanted)


def _ask_own_value(measures: Iterable[Measure]) -> bool:
    nodes = (node for measure in measures for node in walk(measure.is_))
    return any(isinstance(node, MeasureCall) and node.function == "own_value" for node in nodes)


def _unknown_measure(name: str, known: Iterable[str]) -> Problem:
    hint = closest(name, known)
    return Problem(
        code="G546",
        path="measures",
        message=f"'{name}' is not a measure of this scenario.",
        hint=f"Did you mean '{hint}'?" if hint else "",
        fix="name a declared measure.",
    )
