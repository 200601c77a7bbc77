"""A game as arrays: the axes, their names, and the tables that the solver's loops read.

Play runs through `n_stages + 1` *slots* in a period: slot m is the situation just before stage m,
slot `n_stages` the situation at the period's end, when payoffs accrue and `roll` leads to slot 0
of the next period. Each slot has its own list of public states (one level per variable, and what
is still remembered there), in order of the first period in which they can be reached, so that
what is reachable *by* period t is always a prefix of the list (`n_reached`).

Axis order of every array is `state type player belief`: `profile` numbers the joint types of all
players who have types (row-major, in player order), `account` the recipients of payoffs (players,
or named terms), and `belief`, innermost so that loops over it are contiguous, numbers the joint
points of the belief grid (row-major over typed players). A play that has ended is an *ended
state*, numbered apart; a successor `-1 - e` means ended state e.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from offramp.game.beliefs import BeliefGrid
from offramp.game.structure import Structure

if TYPE_CHECKING:
    from jaxtyping import Float, Int

    from offramp.game.frame import Usage
    from offramp.game.states import StateSpace
    from offramp.scenario import Crisis
    from offramp.scenario.expressions import Expr

__all__ = [
    "FORBIDDEN",
    "FREE",
    "Account",
    "Chain",
    "Game",
    "Options",
    "PlayerAxis",
    "Rows",
    "StageTable",
    "Step",
]

FREE = -1.0  # in Options.bound: the type chooses among its free options
FORBIDDEN = -2.0  # in Options.bound: a policy keeps the type from this option


@dataclass(frozen=True)
class PlayerAxis:
    """One player as the solver sees it.

    Attributes:
        typed: Position among the typed players (an axis of profile and belief), or -1.
        precision: Logit precision, per payoff unit; `inf` is an exact best reply.
        discount: Per period.
    """

    name: str
    label: str
    role: str | None
    typed: int
    types: tuple[str, ...]
    precision: float
    discount: float
    is_nature: bool


@dataclass(frozen=True)
class Account:
    """A recipient of payoffs: a player as a whole (`term` None) or one of its named terms."""

    player: int
    term: str | None = None


@dataclass(frozen=True)
class Options:
    """What one mover may do at a stage, state by state.

    State s has options `start[s]:start[s+1]` (none where the stage's condition fails and the
    stage is passed over).

    Attributes:
        player: Index of the mover.
        names: Names of the mover's actions at this stage.
        action: Index into `names`, per option.
        seen_as: Index into `names` of the act that the others see; differs if covert.
        bound: Per option and own type: `FREE`, `FORBIDDEN`, or the probability in [0, 1] that a
            policy prescribes. In one state and type, either all or none are prescribed.
    """

    player: int
    names: tuple[str, ...]
    start: Int[np.ndarray, "state_1"]
    action: Int[np.ndarray, "option"]
    seen_as: Int[np.ndarray, "option"]
    bound: Float[np.ndarray, "option type"]


@dataclass(frozen=True)
class Rows:
    """Joint acts of a stage and where they lead; a stage that nobody moves at has one row a state.

    State s has rows `start[s]:start[s+1]`, the product of its movers' options, last mover fastest
    (with one mover, row and option numbers coincide). Row r leads to entries
    `entry_start[r]:entry_start[r+1]`.

    Attributes:
        option: Option number per row and mover; -1 where the stage is passed over.
        successor: State in the next slot, or `-1 - e` for ended state e. Entries of a row are
            distinct in (successor, redraw).
        chance: Sums to one over a row's entries; one column, or one per type of `reader`.
        redraw: Bit j is set where the type of typed player j has been drawn afresh.
        pay: Expected payment of the act and its effects (endings' single payments included), in
            the current period's units, per row, profile and account.
    """

    start: Int[np.ndarray, "state_1"]
    option: Int[np.ndarray, "row mover"]
    entry_start: Int[np.ndarray, "row_1"]
    successor: Int[np.ndarray, "entry"]
    chance: Float[np.ndarray, "entry reader_type"]
    redraw: Int[np.ndarray, "entry"]
    pay: Float[np.ndarray, "row profile account"]


@dataclass(frozen=True)
class Step:
    """One effect of a chance stage (or several that join), on the chain's inner states.

    Only affected inner states are listed; all others stay as they are, with nothing paid.

    Attributes:
        inner: Affected inner states, in an order in which every row may be overwritten in place
            in the backward direction (no row reads one that stands before it in the list),
            if `in_place`.
        successor: Inner state, or `-1 - e` for ended state e.
    """

    name: str
    inner: Int[np.ndarray, "affected"]
    entry_start: Int[np.ndarray, "affected_1"]
    successor: Int[np.ndarray, "entry"]
    chance: Float[np.ndarray, "entry"]
    redraw: Int[np.ndarray, "entry"]
    pay: Float[np.ndarray, "affected profile account"]
    in_place: bool


@dataclass(frozen=True)
class Chain:
    """A chance stage whose results teach nothing, as effects applied one after another.

    Attributes:
        n_inner: Number of inner states, in order of first reach.
        n_inner_reached: Prefix of inner states that matter by period t; no step leads out of it.
        enter: Inner state of each state of the stage's slot.
        leave: State in the next slot of each inner state; -1 where play never leaves by it.
    """

    n_inner: int
    n_inner_reached: Int[np.ndarray, "period"]
    enter: Int[np.ndarray, "state"]
    leave: Int[np.ndarray, "inner"]
    steps: tuple[Step, ...]


@dataclass(frozen=True)
class StageTable:
    """One stage in one period (stages that do not read the period share one table).

    Exactly one of `rows` and `chain` is given.

    Attributes:
        reader: Typed player whose type a chance of this stage reads, or -1.
        hides: Whether a mover *with types* has a covert option here. If `hides` or `reader >= 0`,
            the public signal is (acts as seen, successor, redraw); else the acts as seen alone.
    """

    name: str
    movers: tuple[Options, ...]
    rows: Rows | None
    chain: Chain | None
    reader: int
    hides: bool


@dataclass(frozen=True)
class Game:
    """A finite stochastic game with private types and public beliefs.

    Attributes:
        profiles: Type index of each typed player, per profile.
        n_periods: Number of periods tabled; 1 with `forever`.
        stages: `stages[t][m]`; with `forever`, `stages[0]` serves every period.
        n_reached: States of slot m that can be reached by period t: `n_reached[t, m]`, a prefix.
            Slot 0 has one more period row for the end of play (never read by the solver).
        codes: Per slot, the code of each state; `describe` reads it.
        roll: Slot-0 state of the next period, per state of the last slot.
        payoff: Per period (or once, shared), payoff of each last-slot state:
            `payoff[t][state, profile, account, belief or 1]`. In a game compiled for exact
            beliefs whose payoffs read beliefs, the last axis holds the constant and then the slope
            in each of the account's player's own beliefs (typed player by player, type by type).
        ended_payoff: The same for ended states, zero where the ending does not freeze.
        ended_codes: Code of each ended state; ended_by: index of its ending.
        tail: The last period's payoffs count `1 + tail` times, ended states' included.
        start: Distribution over slot-0 states, per case name that shares this game.
        prior: Analyst's prior over profiles. opinion: player k's own prior over profiles.
        grid: The belief grid (a single point where nobody has types or `learning` is off).
        usage: Actions, endings and clauses that were possible somewhere.
        space: Decodes codes and evaluates expressions on states; crisis: what was compiled.
        given: The event that a case is conditioned on, by name of those that are; the solver never
            reads it.
        structure: What has been worked out from what games cast in one mould share.
    """

    name: str
    players: tuple[PlayerAxis, ...]
    typed: tuple[int, ...]
    accounts: tuple[Account, ...]
    profiles: Int[np.ndarray, "profile typed"]
    n_periods: int
    forever: bool
    tail: float
    stage_names: tuple[str, ...]
    stages: tuple[tuple[StageTable, ...], ...]
    n_reached: Int[np.ndarray, "period slot"]
    codes: tuple[Int[np.ndarray, "state"], ...]
    roll: Int[np.ndarray, "state"]
    payoff: tuple[Float[np.ndarray, "state profile account belief"], ...]
    ended_payoff: tuple[Float[np.ndarray, "ended profile account belief"], ...]
    ended_codes: Int[np.ndarray, "ended"]
    ended_by: Int[np.ndarray, "ended"]
    endings: tuple[str, ...]
    start: Mapping[str, Float[np.ndarray, "state"]]
    prior: Float[np.ndarray, "profile"]
    opinion: Float[np.ndarray, "player profile"]
    grid: BeliefGrid
    learning: bool
    usage: Usage
    space: StateSpace
    crisis: Crisis
    scenario_hash: str = ""
    given: Mapping[str, Expr] = field(default_factory=dict)
    structure: Structure = field(default_factory=Structure, repr=False, compare=False)

    def table(self, period: int, stage: int) -> StageTable:
        """Return the table of a stage in a period (both from 0)."""
        return self.stages[period if len(self.stages) > 1 else 0][stage]
