"""A scenario bound to one view and one set of numbers: what the compiler reads.

`bind` (in `views.py`) turns a `Scenario`, as a person wrote it, into a `Crisis`: parameters
have become numbers, names in expressions have been resolved, family actions have been spelled
out, and mechanisms have been woven into the effects, payoffs and conditions that they touch.
Everything here is immutable and holds names, not positions; `game/compiler.py` turns names into
positions.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from offramp.errors import Location
from offramp.scenario.expressions import Expr

__all__ = [
    "Action",
    "Clause",
    "Crisis",
    "Effect",
    "Ending",
    "Measure",
    "Mover",
    "Pay",
    "Player",
    "PlayerType",
    "Policy",
    "Stage",
    "Start",
    "Variable",
]


@dataclass(frozen=True)
class Variable:
    """A public, ordered variable. Levels are listed lowest first.

    Attributes:
        values: What the variable stands for at each level: the level's index, or the number
            itself where levels are numbers.
    """

    name: str
    label: str
    levels: tuple[str, ...]
    values: tuple[float, ...]
    where: Location | None = None


@dataclass(frozen=True)
class PlayerType:
    """A private type: its name, its (normalised) analyst's prior, the parameters that it sets."""

    name: str
    prior: float
    parameters: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Player:
    """A player, or a hidden fact (`is_nature`), with at least one type.

    Attributes:
        precision: Logit precision, per payoff unit; `inf` where the file says `exact`.
        discount: Factor per *scenario period*, after any `per`.
        types: One nameless type where none is declared.
        believed_by: Normalised prior over this player's types, for each observer whose prior
            differs from the analyst's.
    """

    name: str
    label: str
    role: str | None
    precision: float
    discount: float
    types: tuple[PlayerType, ...]
    believed_by: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    is_nature: bool = False
    where: Location | None = None


@dataclass(frozen=True)
class Pay:
    """A payment `amount` (an expression, in payoff units) to `player`, under the name `term`."""

    player: str
    term: str
    amount: Expr
    where: Location | None = None


@dataclass(frozen=True)
class Effect:
    """One declared change, with what follows when it happens (`then`) or does not (`otherwise`).

    It happens if `when` holds, with probability `chance` (shifted in log-odds by the sum of
    `shifts`, then converted by `1 - (1 - p)**exponent`). Where `when` fails, neither `then` nor
    `otherwise` follows. Order when it happens: `pays`, then `move`/`set`/`redraw`, then `then`.

    Attributes:
        variable: The variable that is moved or set; None where nothing is.
        by: Number of levels to move (stops at the ends); None unless this effect moves.
        to: Value to set: an index for named levels, the number itself for numeric levels.
        redraw: The player whose type is drawn afresh.
        exponent: Scenario periods per length of time that the chance was meant for.
    """

    name: str | None
    when: Expr | None = None
    chance: Expr | None = None
    shifts: tuple[Expr, ...] = ()
    exponent: float = 1.0
    variable: str | None = None
    by: Expr | None = None
    to: Expr | None = None
    redraw: str | None = None
    pays: tuple[Pay, ...] = ()
    then: tuple[Effect, ...] = ()
    otherwise: tuple[Effect, ...] = ()
    path: str = ""
    where: Location | None = None


@dataclass(frozen=True)
class Action:
    """What may be done. `conditions` must all hold; `covert` names the act that it looks like.

    Attributes:
        value: The number chosen, for a member of a family; else None (`chose` reads 0).
        pays: Costs (term `NAME cost`) and payments when the act is taken, read at the state in
            which it is taken with the act already counted as done.
    """

    name: str
    conditions: tuple[Expr, ...] = ()
    covert: str | None = None
    value: float | None = None
    pays: tuple[Pay, ...] = ()
    effects: tuple[Effect, ...] = ()
    ladder: tuple[int, ...] = ()
    path: str = ""
    where: Location | None = None


@dataclass(frozen=True)
class Mover:
    """A player that chooses at a stage, and its actions in listed order."""

    player: str
    actions: tuple[Action, ...]


@dataclass(frozen=True)
class Stage:
    """A place in the order of play. No movers: chance's own stage.

    Attributes:
        effects: The stage's own effects (chance's stages; also allowed after the acts of others).
        added: What mechanisms add (`at: stage`): they follow all effects of the acts and
            `effects`, and join as in a simultaneous stage (all read the state as it then is;
            settings before moves, moves add, two different settings are an error).
    """

    name: str
    when: Expr | None
    movers: tuple[Mover, ...]
    effects: tuple[Effect, ...] = ()
    added: tuple[Effect, ...] = ()
    path: str = ""
    where: Location | None = None


@dataclass(frozen=True)
class Ending:
    """A condition that stops play; `freeze`: period payoffs go on at the frozen state."""

    name: str
    when: Expr
    freeze: bool = True
    pays: tuple[Pay, ...] = ()
    path: str = ""
    where: Location | None = None


@dataclass(frozen=True)
class Clause:
    """One clause of a policy for one player. Short forms arrive here spelled out.

    Exactly one of `play` (an action), `mix` (action → weight) and `never` (actions) is given.

    Attributes:
        types: Types it binds; empty means all.
        once: It applies until it has been carried out once.
    """

    player: str
    when: Expr | None = None
    types: tuple[str, ...] = ()
    once: bool = False
    play: str | None = None
    mix: tuple[tuple[str, float], ...] = ()
    never: tuple[str, ...] = ()
    path: str = ""
    where: Location | None = None


@dataclass(frozen=True)
class Policy:
    """Constraints set from outside, clause by clause, in listed order per player."""

    name: str
    clauses: tuple[Clause, ...] = ()
    secret: bool = False


@dataclass(frozen=True)
class Start:
    """Where play begins: for each variable a lottery over level indices (weights normalised)."""

    name: str
    levels: Mapping[str, tuple[tuple[int, float], ...]]


@dataclass(frozen=True)
class Measure:
    """A number that cases are judged by; `is_` is the parsed expression of the measure language."""

    name: str
    is_: Expr
    better: str | None = None
    label: str = ""
    unit: str = ""


@dataclass(frozen=True)
class Crisis:
    """A scenario bound to one view, one case's numbers and its mechanisms' settings.

    Attributes:
        parameters: Value of every parameter that is not set by a type.
        payoffs: Named terms accruing at the end of each period, in payoff units a period.
        n_periods: Count of periods, or None for `forever`.
        tail: The last state's period payoffs count `1 + tail` times.
        period_years: Length of a period in years; None where the unit is not a length of time.
        policy: The policy in force.
        start: Where play begins.
        measures: By name.
        solver: The file's `solver:` settings, checked.
        scenario_hash: Of the file and everything laid over it.
        case: Name of the case (every policy is one).
        given: The event on the path that the case is conditioned on, in the measure language.
        settings: Setting of each mechanism that is used.
    """

    name: str
    title: str
    period_unit: str
    period_years: float | None
    n_periods: int | None
    tail: float
    final_period: int | None
    parameters: Mapping[str, float]
    variables: tuple[Variable, ...]
    players: tuple[Player, ...]
    stages: tuple[Stage, ...]
    payoffs: tuple[Pay, ...]
    endings: tuple[Ending, ...]
    policy: Policy
    start: Start
    measures: tuple[Measure, ...]
    solver: Mapping[str, object] = field(default_factory=dict)
    scenario_hash: str = ""
    case: str = ""
    given: Expr | None = None
    settings: Mapping[str, str] = field(default_factory=dict)
