"""Why a player replies as it does: which payoff, which belief, what it would reveal.

Every payoff term of the player has its own value function under the same strategies, so what an
act is worth splits into terms, and each term into what is paid now, what follows if nobody learnt
anything from the act, and what comes through what is learnt. The parts sum to the action value.
"""

from __future__ import annotations

import weakref
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from jaxtyping import Float, Int

from offramp.equilibrium.continuations import Place, gather_worth
from offramp.equilibrium.kernels.points import Point
from offramp.equilibrium.local_stage import (
    CutOut,
    LocalStage,
    Parts,
    Reply,
    Worth,
    cut_out,
    settle,
    split,
)
from offramp.equilibrium.plan import GamePlan, StagePlan, kernel_array
from offramp.equilibrium.pointwise import Effort
from offramp.equilibrium.situation import (
    BeliefWords,
    Situation,
    StateWords,
    find_situation,
    opinion_at,
)
from offramp.equilibrium.solution import Equilibrium
from offramp.equilibrium.stage_game import precision_of
from offramp.equilibrium.switching import (
    Count,
    Payment,
    PaymentSwitch,
    TermSwitch,
    Turn,
    find_payment,
    find_term,
    levers,
)
from offramp.errors import GameError, OfframpError, Problem
from offramp.game import FORBIDDEN, FREE, Game
from offramp.game.beliefs import observer_belief
from offramp.game.terms import compile_terms
from offramp.notebook import Shown

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Explanation", "explain", "refuse_histories", "why"]


@dataclass(frozen=True)
class Explanation(Shown):
    """Why a player, of one type, replies as it does in one situation.

    Worths are in payoff units of the period; terms and what is learnt sum to the action value.

    Attributes:
        type: None where the player has no types.
        period: From 1.
        state: Levels of the variables, and what is remembered.
        belief: Reference belief, by `player.type`.
        acts: What the player can do there.
        terms: Its named payoff terms.
        observers: All players. believed: types that beliefs are about, as `player.type`.
        probability: Of each act.
        value: Action value Q.
        paid: By the act, its effects and an ending that it leads to, at once.
        later: From then on, if nobody learnt anything from the stage.
        learnt: More or less than that, because of what is believed after the stage.
        belief_before: What each observer believes; NaN of itself.
        belief_after: What each observer is expected to believe after the stage, if the player
            acts so: by what is seen, so acts that look alike differ only through their results.
        is_bound: Whether the policy in force decides, not the player.
        payment: The smallest one-off payment for one act that would make it the most likely;
            None where no payment can, or nothing is to be chosen.
        term: The payoff term that, counted more or less, would do the same; None where none
            does within a factor of three.
    """

    player: str
    type: str | None
    period: int
    stage: str
    state: dict[str, str]
    belief: dict[str, float]
    acts: tuple[str, ...]
    terms: tuple[str, ...]
    observers: tuple[str, ...]
    believed: tuple[str, ...]
    probability: Float[np.ndarray, "action"]
    value: Float[np.ndarray, "action"]
    paid: Float[np.ndarray, "term action"]
    later: Float[np.ndarray, "term action"]
    learnt: Float[np.ndarray, "term action"]
    belief_before: Float[np.ndarray, "type player"]
    belief_after: Float[np.ndarray, "type player action"]
    is_bound: bool
    payment: PaymentSwitch | None
    term: TermSwitch | None

    @property
    def worth(self) -> Float[np.ndarray, "term action"]:
        """What each term is worth if nobody learnt anything from the stage."""
        return self.paid + self.later

    @property
    def reveals(self) -> Float[np.ndarray, "action"]:
        """What the act would reveal, in payoff: the part of Q that comes through beliefs."""
        return np.asarray(self.learnt.sum(axis=0))

    @property
    def likeliest(self) -> str:
        """The act that the player most likely takes."""
        return self.acts[int(np.argmax(self.probability))]

    def to_pandas(self) -> dict[str, pd.DataFrame]:
        """Return `acts`, `terms` and `beliefs` as data frames (needs the extra `data`)."""
        try:
            import pandas as pd
        except ImportError:
            raise OfframpError(
                Problem(
                    code="R610",
                    message="pandas is not installed.",
                    fix="install the extra that brings it: pip install 'offramp[data]'.",
                )
            ) from None
        acts = pd.Index(self.acts, name="act")
        columns = {"probability": self.probability, "value": self.value, "reveals": self.reveals}
        pairs = pd.MultiIndex.from_product([self.terms, self.acts], names=["term", "act"])
        parts = {"paid": self.paid, "later": self.later, "learnt": self.learnt}
        return {
            "acts": pd.DataFrame(columns, index=acts),
            "terms": pd.DataFrame({k: v.ravel() for k, v in parts.items()}, index=pairs),
            "beliefs": pd.DataFrame(self._belief_columns()),
        }

    def _belief_columns(self) -> dict[str, list[Any]]:
        """Return beliefs as columns of a long table; nobody is its own observer."""
        columns: dict[str, list[Any]] = {k: [] for k in ("believed", "observer", "act")}
        columns |= {"before": [], "after": []}
        for i, j, k in np.argwhere(~np.isnan(self.belief_after)):
            columns["believed"].append(self.believed[i])
            columns["observer"].append(self.observers[j])
            columns["act"].append(self.acts[k])
            columns["before"].append(float(self.belief_before[i, j]))
            columns["after"].append(float(self.belief_after[i, j, k]))
        return columns


def why(
    equilibrium: Equilibrium,
    player: str,
    *,
    period: int,
    stage: str | None = None,
    state: StateWords | int,
    belief: BeliefWords | None = None,
    type: str | None = None,
) -> Explanation:
    """Explain a reply.

    Args:
        period: From 1.
        stage: Default: the first at which the player can choose in this state.
        state: A level for each variable (and number for what is remembered) that matters, or the
            number of the state in the stage's slot.
        belief: Reference belief, `{"player.type": probability}` or `{"player": probabilities}`;
            what is not given stands at the reference prior.
        type: Of the player; default: its first.

    Raises:
        GameError: The question names nothing, or several things, that this game knows, or the
            solution keeps its beliefs on histories.
    """
    refuse_histories(equilibrium)
    situation = find_situation(
        equilibrium.game,
        player,
        period=period,
        stage=stage,
        state=state,
        belief=belief,
        own_type=type,
    )
    return explain(equilibrium, player, [situation])[0]


def explain(
    equilibrium: Equilibrium, player: str, situations: Sequence[Situation]
) -> list[Explanation]:
    """Explain a player's replies in many situations; one sweep serves them all.

    Raises:
        GameError: The solution keeps its beliefs on histories.
    """
    refuse_histories(equilibrium)
    shared = _shared(equilibrium, player)
    places = [_place(equilibrium, one) for one in situations]
    _collect(equilibrium, shared, places)
    return [
        _explain(equilibrium, shared, one, shared.spots[place])
        for one, place in zip(situations, places, strict=True)
    ]


def refuse_histories(equilibrium: object) -> None:
    """Raise a GameError unless a solution keeps its beliefs on the grid."""
    if not isinstance(equilibrium, Equilibrium):
        raise GameError(
            Problem(
                code="G554",
                path="solver.beliefs",
                message="a reply is explained on the belief grid, and this solution keeps its "
                "beliefs on histories.",
                fix="solve the game with `beliefs: grid`.",
            )
        )


# --- what questions about one player share --------------------------------------------------------


class _Spot(NamedTuple):
    """A stage in one state, with what players and the player's terms get from it."""

    cut: CutOut
    worth: Worth
    terms: Worth


@dataclass
class _Shared:
    """The game by players and by terms, and the spots that were asked about."""

    plan: GamePlan
    terms: GamePlan
    spots: dict[Place, _Spot] = field(default_factory=dict)


_KNOWN: dict[int, dict[str, _Shared]] = {}
MOST_SPOTS = 1000  # kept a player; one is a few hundred kilobytes in a large game


def _shared(equilibrium: Equilibrium, player: str) -> _Shared:
    """Return what is kept of a player of an equilibrium, as long as the equilibrium lives."""
    key = id(equilibrium)
    if key not in _KNOWN:
        _KNOWN[key] = {}
        weakref.finalize(equilibrium, _KNOWN.pop, key, None)
    if player not in _KNOWN[key]:
        terms = compile_terms(equilibrium.game, player)
        _KNOWN[key][player] = _Shared(GamePlan(equilibrium.game), GamePlan(terms))
    return _KNOWN[key][player]


def _place(equilibrium: Equilibrium, one: Situation) -> Place:
    forever = equilibrium.game.forever
    period = one.period % equilibrium.n_periods if forever else one.period
    return Place(period, one.stage, one.state)


def _collect(equilibrium: Equilibrium, shared: _Shared, places: Sequence[Place]) -> None:
    """Gather what follows the places that were not asked about before."""
    if len(shared.spots) > MOST_SPOTS:
        shared.spots.clear()
    cuts = {
        place: cut_out(shared.plan.stage(place.period, place.stage), place.state)
        for place in places
        if place not in shared.spots
    }
    if cuts:
        worth = gather_worth(shared.plan, equilibrium, cuts)
        terms = gather_worth(shared.terms, equilibrium, cuts)
        shared.spots |= {p: _Spot(cut, worth[p], terms[p]) for p, cut in cuts.items()}


# --- one situation --------------------------------------------------------------------------------


def _explain(equilibrium: Equilibrium, shared: _Shared, one: Situation, spot: _Spot) -> Explanation:
    game = equilibrium.game
    local = _local_stage(equilibrium, shared, one, spot)
    reply = settle(local)
    parts = split(local, reply, spot.terms, shared.terms.beliefs.draw, one.mover, one.own_type)
    table = shared.plan.stage(*_place(equilibrium, one)[:2])
    bound = local.cut.table.bound[local.cut.table.bound_at[one.mover] :, one.own_type]
    bound = bound[: len(reply.value[one.mover])]
    open_to = np.flatnonzero(bound != FORBIDDEN)
    names = _act_names(table, one)
    terms = tuple(str(account.term) for account in shared.terms.game.accounts)
    payment, count = _switches(local, reply, parts, spot, one, np.flatnonzero(bound == FREE))
    player = game.players[one.player]
    return Explanation(
        player=player.name,
        type=player.types[one.own_type] if player.typed >= 0 else None,
        period=one.period + 1,
        stage=game.stage_names[one.stage],
        state=game.space.describe(int(game.codes[one.stage][one.state])),
        belief=dict(zip(_believed(game), _by_type(game, one.belief).tolist(), strict=True)),
        acts=tuple(names[option] for option in open_to),
        terms=terms,
        observers=tuple(p.name for p in game.players),
        believed=_believed(game),
        probability=reply.strategy[one.mover][open_to, one.own_type],
        value=reply.value[one.mover][open_to, one.own_type],
        paid=parts.paid[open_to].T,
        later=parts.later[open_to].T,
        learnt=parts.learnt[open_to].T,
        belief_before=_before(game, one.belief),
        belief_after=_after(game, parts, open_to),
        is_bound=bool(np.all(bound[open_to] >= 0.0)),
        payment=PaymentSwitch(names[payment.option], payment.amount) if payment else None,
        term=TermSwitch(terms[count[0].term], count[0].factor, names[count[1]]) if count else None,
    )


def _local_stage(
    equilibrium: Equilibrium, shared: _Shared, one: Situation, spot: _Spot
) -> LocalStage:
    settings, game = equilibrium.settings, equilibrium.game
    table = shared.plan.stage(*_place(equilibrium, one)[:2])
    present = settings.precision_basis == "present"
    period = 0 if game.forever else one.period
    players = [mover.player for mover in table.options]
    opinion = np.array([opinion_at(game, k, one.belief) for k in players])
    return LocalStage(
        game=game,
        cut=spot.cut,
        beliefs=shared.plan.beliefs,
        point=Point(
            state=0,
            at=_on_grid(game, one.belief),
            belief=kernel_array(one.belief, np.float64),
            opinion=kernel_array(opinion, np.float64),
        ),
        precision=np.array([precision_of(shared.plan, k, period, present) for k in players]),
        effort=Effort(settings.tolerance, settings.acceptable, settings.max_steps),
        worth=spot.worth,
    )


def _on_grid(game: Game, belief: Float[np.ndarray, "typed type"]) -> Int[np.ndarray, "typed"]:
    """Return the grid point of each player's belief, -1 where it lies between points."""
    found = np.full(len(game.typed), -1, dtype=np.int64)
    for j, simplex in enumerate(game.grid.simplexes):
        same = np.all(simplex.points == belief[j, : simplex.points.shape[1]], axis=1)
        if same.any():
            found[j] = int(np.argmax(same))
    return found


def _act_names(table: StagePlan, one: Situation) -> tuple[str, ...]:
    mover = table.options[one.mover]
    options = mover.action[mover.start[one.state] : mover.start[one.state + 1]]
    return tuple(mover.names[action] for action in options)


def _switches(
    local: LocalStage,
    reply: Reply,
    parts: Parts,
    spot: _Spot,
    one: Situation,
    free: Int[np.ndarray, "free"],
) -> tuple[Payment | None, tuple[Count, int] | None]:
    """Return what would make another of the type's free options the most likely."""
    if len(free) < 2 or local.precision[one.mover] == 0.0:
        return None, None
    value = reply.value[one.mover][free, one.own_type]
    turn = Turn(one.mover, one.own_type, one.player, free, int(free[np.argmax(value)]))
    total = parts.paid + parts.later + parts.learnt
    pull = levers(local, turn, reply, spot.terms, total)
    return find_payment(pull, turn), find_term(pull, turn, total.shape[1])


# --- beliefs, by player.type ----------------------------------------------------------------------


def _believed(game: Game) -> tuple[str, ...]:
    players = [game.players[k] for k in game.typed]
    return tuple(f"{player.name}.{name}" for player in players for name in player.types)


def _by_type(
    game: Game, belief: Float[np.ndarray, "*axes typed type"]
) -> Float[np.ndarray, "*axes believed"]:
    """Lay the types of all typed players end to end."""
    n_types = [len(game.players[k].types) for k in game.typed]
    parts = [belief[..., j, :n] for j, n in enumerate(n_types)]
    return np.concatenate([*parts, belief[..., :0, :].reshape(*belief.shape[:-2], 0)], axis=-1)


def _before(
    game: Game, belief: Float[np.ndarray, "typed type"]
) -> Float[np.ndarray, "type player"]:
    held = np.zeros((len(game.players), *belief.shape))
    for j, about in enumerate(game.typed):
        held[:, j] = observer_belief(belief[j], game.grid.tilt[:, j])
        held[about, j] = np.nan
    return _by_type(game, held).T


def _after(
    game: Game, parts: Parts, options: Int[np.ndarray, "option"]
) -> Float[np.ndarray, "type player action"]:
    held = parts.belief[options]
    for j, about in enumerate(game.typed):
        held[:, about, j] = np.nan
    return _by_type(game, held).transpose(2, 1, 0)
