"""Where a reply is asked about: names to a stage, a public state, a belief and a type.

A question names a situation as a person would: levels of variables, what is remembered (as
`StateSpace.describe` writes it), probabilities of types. What it leaves open must not matter: if
several situations fit, those in which nothing needs remembering are preferred, and if several still
fit, the question is refused with what it must say.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int

from offramp.errors import GameError, Problem, closest
from offramp.game import Game
from offramp.game.beliefs import observer_belief
from offramp.game.states import Field, field_label

__all__ = [
    "BeliefWords",
    "Choice",
    "Situation",
    "StateWords",
    "find_choices",
    "find_situation",
    "opinion_at",
]

StateWords = Mapping[str, str | float]
"""Level by variable, number by remembered quantity, as in `{"front": "static"}`."""

BeliefWords = Mapping[str, "float | Sequence[float] | Float[np.ndarray, 'type']"]
"""Probability by `player.type`, or probabilities of all types by player."""

BELIEF_TOLERANCE = 1e-9  # on the sum of the probabilities that a person wrote


@dataclass(frozen=True)
class Situation:
    """A decision point.

    Attributes:
        period: From 0. stage: number of the stage.
        mover: Position of the player among the stage's movers.
        state: Number in the stage's slot.
        own_type: Number of the player's type, 0 where it has none.
        belief: Reference belief over each typed player's types, padded with zeros.
    """

    player: int
    period: int
    stage: int
    mover: int
    state: int
    own_type: int
    belief: Float[np.ndarray, "typed type"]


def find_situation(
    game: Game,
    player: str,
    *,
    period: int,
    stage: str | None = None,
    state: StateWords | int,
    belief: BeliefWords | None = None,
    own_type: str | None = None,
) -> Situation:
    """Return the situation that is meant.

    Args:
        period: From 1.
        stage: Default: the first stage at which the player moves in a state that fits.
        state: A level of each variable that matters, and numbers of what is remembered; or the
            number of the state in the stage's slot.
        belief: Default, also for types that are not named: the reference prior, in proportion.
        own_type: Default: the player's first.

    Raises:
        GameError: A name is unknown, or no situation fits, or several do.
    """
    number = _known(player, [p.name for p in game.players], "player")
    types = game.players[number].types
    of_type = 0 if own_type is None else _known(own_type, types, "type")
    held = _belief(game, belief or {})
    for choice in find_choices(game, player, period=period, stage=stage, state=state):
        if len(choice.states):
            found = _only_one(game, choice, state if isinstance(state, Mapping) else {})
            return Situation(number, period - 1, choice.stage, choice.mover, found, of_type, held)
    raise _refuse_nowhere(game, player, period, stage, state)


class Choice(NamedTuple):
    """A stage at which a player moves, and the states that fit a question and let it choose."""

    stage: int
    mover: int
    states: Int[np.ndarray, "state"]


def find_choices(
    game: Game, player: str, *, period: int, stage: str | None = None, state: StateWords | int
) -> list[Choice]:
    """Return where a player may be asked about: its stages in order, each with the states that fit.

    Arguments and errors are those of `find_situation`; a stage without any such state is listed.
    """
    number = _known(player, [p.name for p in game.players], "player")
    if period < 1 or (period > game.n_periods and not game.forever):
        raise _refuse("G550", f"period {period} is not one of this game's 1 to {game.n_periods}.")
    t = 0 if game.forever else period - 1
    asked = _asked_fields(game, state) if isinstance(state, Mapping) else {}
    found = []
    for m, mover in _places(game, number, t, stage):
        states = _fitting(game, t, m, mover, asked)
        if not isinstance(state, Mapping):
            states = states[states == state]
        found.append(Choice(m, mover, states))
    return found


def opinion_at(
    game: Game, observer: int, belief: Float[np.ndarray, "typed type"]
) -> Float[np.ndarray, "profile"]:
    """Return what an observer believes of the others' types in each profile; its own counts 1."""
    opinion = np.ones(len(game.profiles))
    for j, about in enumerate(game.typed):
        if about != observer:
            opinion *= observer_belief(belief[j], game.grid.tilt[observer, j])[game.profiles[:, j]]
    return opinion


# --- who and where --------------------------------------------------------------------------------


def _known(name: str, names: Sequence[str], kind: str) -> int:
    if name in names:
        return list(names).index(name)
    meant = closest(name, names)
    hint = f"Did you mean '{meant}'?" if meant else ""
    fix = f"name one of: {', '.join(names)}."
    raise _refuse("G550", f"'{name}' is not a {kind} of this game.", hint=hint, fix=fix)


def _refuse(code: str, message: str, *, hint: str = "", fix: str = "") -> GameError:
    return GameError(Problem(code=code, message=message, path="why", hint=hint, fix=fix))


def _places(game: Game, player: int, period: int, stage: str | None) -> list[tuple[int, int]]:
    """Return the stages at which a player moves, each with its position among the movers."""
    wanted = range(len(game.stage_names))
    if stage is not None:
        wanted = range(at := _known(stage, game.stage_names, "stage"), at + 1)
    found = [
        (m, k)
        for m in wanted
        for k, mover in enumerate(game.table(period, m).movers)
        if mover.player == player
    ]
    if not found:
        name = game.players[player].name
        where = f"at stage '{stage}'" if stage is not None else "at any stage"
        raise _refuse("G551", f"{name} does not move {where}.")
    return found


# --- which state ----------------------------------------------------------------------------------


def _asked_fields(game: Game, state: StateWords) -> dict[int, int]:
    """Return the level asked for, by number of the field."""
    space = game.space
    names = [v.name for v in game.crisis.variables]
    names += [field_label(one) for one in space.fields[space.n_variables :]]
    asked = {}
    for name, told in state.items():
        field = _known(name, names, "variable or memory")
        asked[field] = _level(game, field, name, told)
    return asked


def _level(game: Game, field: int, name: str, told: str | float) -> int:
    one = game.space.fields[field]
    if field < game.space.n_variables:
        levels: Sequence[str] = game.crisis.variables[field].levels
    else:
        levels = [f"{value:g}" for value in one.values]
    if str(told) in levels:
        return list(levels).index(str(told))
    try:
        return (
            one.values.index(float(told))
            if field >= game.space.n_variables
            else levels.index(f"{float(told):g}")
        )
    except ValueError:
        return _known(str(told), levels, f"level of {name}")


def _fitting(
    game: Game, period: int, stage: int, mover: int, asked: Mapping[int, int]
) -> Int[np.ndarray, "state"]:
    """Return the states reached by this period in which the player chooses and all that fits."""
    n_states = int(game.n_reached[min(period, len(game.n_reached) - 1), stage])
    start = game.table(period, stage).movers[mover].start
    fits = np.diff(start[: n_states + 1]) > 0
    columns = game.space.decode(game.codes[stage][:n_states])
    for field, level in asked.items():
        fits &= columns[field] == level
    return np.flatnonzero(fits)


def _only_one(game: Game, choice: Choice, state: StateWords) -> int:
    if len(choice.states) > 1:
        asked = _asked_fields(game, state)
        columns = game.space.decode(game.codes[choice.stage][choice.states])
        bare = _forgetful(game, columns, asked)
        if bare.sum() != 1:
            raise _refuse_several(game, columns[:, bare] if bare.any() else columns, asked)
        return int(choice.states[np.argmax(bare)])
    return int(choice.states[0])


def _forgetful(
    game: Game, columns: Int[np.ndarray, "field state"], asked: Mapping[int, int]
) -> Bool[np.ndarray, "state"]:
    """Return where nothing is remembered that the question does not name.

    Nothing done, nothing chosen, levels as they were, counters at "never".
    """
    bare = np.ones(columns.shape[1], dtype=bool)
    for row, one in enumerate(game.space.fields):
        if one.kind != "variable" and row not in asked:
            bare &= columns[row] == _unremembered(game, one, columns)
    return bare


def _unremembered(
    game: Game, field: Field, columns: Int[np.ndarray, "field state"]
) -> Int[np.ndarray, "state"]:
    if field.kind == "was":
        variable: str = field.key.variable  # type: ignore[attr-defined]
        return columns[game.space.position[variable]]
    never = field.size - 1 if field.kind == "since" else 0
    return np.full(columns.shape[1], never)


def _refuse_several(
    game: Game, columns: Int[np.ndarray, "field state"], asked: Mapping[int, int]
) -> GameError:
    open_fields = [
        f"{_name(game, row)} ({', '.join(_levels(game, row, np.unique(columns[row])))})"
        for row in range(len(columns))
        if row not in asked and len(np.unique(columns[row])) > 1
    ]
    message = f"{columns.shape[1]} situations fit; they differ in {'; '.join(open_fields)}."
    return _refuse("G552", message, fix="say which level of each is meant.")


def _name(game: Game, field: int) -> str:
    if field < game.space.n_variables:
        return game.crisis.variables[field].name
    return field_label(game.space.fields[field])


def _levels(game: Game, field: int, numbers: Int[np.ndarray, "level"]) -> list[str]:
    if field < game.space.n_variables:
        return [game.crisis.variables[field].levels[i] for i in numbers]
    return [f"{game.space.fields[field].values[i]:g}" for i in numbers]


def _refuse_nowhere(
    game: Game, player: str, period: int, stage: str | None, state: StateWords | int
) -> GameError:
    where = f"at stage '{stage}' of period {period}" if stage else f"in period {period}"
    told: object = state
    if isinstance(state, Mapping):
        told = f"{{{', '.join(f'{name}: {level}' for name, level in state.items())}}}"
    return _refuse(
        "G551",
        f"{player} never chooses {where} in state {told}.",
        hint="The state cannot be reached by then, or the stage is passed over in it.",
        fix="ask about another state, a later period, or another stage.",
    )


# --- what is believed -----------------------------------------------------------------------------


def _belief(game: Game, words: BeliefWords) -> Float[np.ndarray, "typed type"]:
    """Return the reference belief that is meant; what is not told keeps its proportions."""
    belief = game.grid.points[game.grid.reference].copy()
    told: dict[int, dict[int, float]] = {}
    for name, amount in words.items():
        j, types = _about(game, name)
        shares = np.atleast_1d(np.asarray(amount, dtype=np.float64))
        if len(shares) != len(types):
            message = f"{name} has {len(types)} types; {len(shares)} probabilities were given."
            raise _refuse("G553", message, fix="give one probability per type.")
        told.setdefault(j, {}).update(zip(types, shares.tolist(), strict=True))
    if told and not game.learning:
        fix = "leave the belief out, or compile with learning."
        raise _refuse("G553", "nobody learns in this game: beliefs stay at the priors.", fix=fix)
    for j, shares_of in told.items():
        belief[j] = _completed(game, j, belief[j], shares_of)
    return belief


def _about(game: Game, name: str) -> tuple[int, tuple[int, ...]]:
    """Return which typed player a key of the belief is about, and which types."""
    known: dict[str, tuple[int, tuple[int, ...]]] = {}
    for j, player in enumerate(game.typed):
        one = game.players[player]
        known[one.name] = (j, tuple(range(len(one.types))))
        known.update({f"{one.name}.{name}": (j, (k,)) for k, name in enumerate(one.types)})
    names = list(known)
    return known[names[_known(name, names, "player with types, or player.type,")]]


def _completed(
    game: Game, j: int, prior: Float[np.ndarray, "type"], told: Mapping[int, float]
) -> Float[np.ndarray, "type"]:
    player = game.players[game.typed[j]].name
    shares = np.array(list(told.values()))
    total = float(shares.sum())
    if not np.all(shares >= 0.0) or not total <= 1.0 + BELIEF_TOLERANCE:
        message = f"the beliefs about {player} are no probabilities: they sum to {total:g}."
        raise _refuse("G553", message, fix="give numbers from 0 to 1 that sum to at most 1.")
    belief = prior.copy()
    belief[list(told)] = 0.0
    rest = belief.sum()
    if rest > 0.0:
        belief *= max(1.0 - total, 0.0) / rest
    elif abs(total - 1.0) > BELIEF_TOLERANCE:
        message = f"the beliefs about {player} sum to {total:g}, not to 1."
        raise _refuse("G553", message, fix="give probabilities that sum to 1.")
    belief[list(told)] = shares
    return belief / belief.sum()
