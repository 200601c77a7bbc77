"""The records that the loops over an unrolled tree read: where everything stands in flat arrays.

A *place* is a state of one of the stage tables, a *slot* one of the movers of a stage, a
*coordinate* one of the log-odds ℓ of the reference belief against each player's first type. A
*direction* is a column of a linear answer: the node's own logits (while they are eliminated), then
ℓ, then τ, then the constant. Players are those who choose somewhere (`active`).
"""

from __future__ import annotations

from typing import Annotated, Any, NamedTuple

import numpy as np
from jaxtyping import Float, Int

__all__ = ["FREE", "NODE", "OPTION", "PLACE", "SLOT", "Board", "Record", "Records", "Scratch"]

Record = Any  # one record of the types below
Records = Any  # an array of them (np.recarray)

FREE = -1.0  # as in game.factored: kernels read no other room's constants

NODE = np.dtype(
    [
        ("place", np.int64),  # -1 where play is over
        ("first_child", np.int64),
        ("period", np.int64),
        ("answer", np.int64),  # row of the node's linear answer; -1 where it has none
        ("arrival", np.int64),  # row of `arrival_pay`; -1 where nothing is paid on the way in
        ("drawn", np.int64),  # bit mask of types drawn afresh on the way in
        ("averaging", np.int64),  # row of `average`; -1 where nothing is drawn
        ("strategy", np.int64),  # where the node's strategies begin
        ("unknown", np.int64),  # where the node's logits begin
    ]
)
PLACE = np.dtype(
    [
        ("first_row", np.int64),
        ("n_rows", np.int64),
        ("first_entry", np.int64),
        ("n_entries", np.int64),
        ("first_signal", np.int64),
        ("n_children", np.int64),
        ("reader", np.int64),
        ("source", np.int64),  # typed player about whom results and covert acts teach, or -1
        ("n_unknown", np.int64),
    ]
)
SLOT = np.dtype(
    [
        ("first_option", np.int64),
        ("n_options", np.int64),
        ("mover", np.int64),  # active player
        ("exact", np.int64),  # 1 where the mover's precision is infinite
        ("own_types", np.int64),  # how many the mover has; 0 where nobody moves
        ("typed", np.int64),  # the mover's axis of profiles, or -1
        ("open_typed", np.int64),  # the same if its acts are seen; else -1
        ("mixes", np.int64),  # its number of types if its acts may be hidden; else 0
    ]
)
OPTION = np.dtype(
    [
        ("bound", np.float64),
        ("unknown", np.int64),  # within the node; -1 where not free, or the first that is
        ("strategy", np.int64),  # within the node
        ("hidden", np.int64),  # 1 where another option of the same state looks the same
    ]
)


class Board(NamedTuple):
    """A tree and its tables as flat arrays. A *place* is a state of one of the stage tables.

    Players are those who choose somewhere (`active`); a *coordinate* is one of ℓ.
    """

    nodes: Annotated[Records, NODE, 1]
    places: Annotated[Records, PLACE, 1]
    slots: Annotated[Records, SLOT, 2]  # place, slot
    options: Annotated[Records, OPTION, 2]  # option, type
    entry_start: Int[np.ndarray, "row_1"]
    option: Int[np.ndarray, "row slot"]
    pay: Float[np.ndarray, "row profile active"]
    child: Int[np.ndarray, "entry"]  # within the node; -1 where nothing leads there
    chance: Float[np.ndarray, "entry type"]
    signal_row: Int[np.ndarray, "signal"]  # a row that gives the signal
    discount: Float[np.ndarray, "active"]
    n_types: Int[np.ndarray, "typed"]
    profiles: Int[np.ndarray, "profile typed"]
    coordinate: Int[np.ndarray, "typed type"]  # -1 for each first type
    log_prior: Float[np.ndarray, "typed type"]
    tilt: Float[np.ndarray, "active typed type"]
    arrival_pay: Float[np.ndarray, "arrival profile active one_or_constant_and_belief"]
    average: Float[np.ndarray, "mask active profile profile"]
    n_coordinates: int
    learning: bool


class Scratch(NamedTuple):
    """Working arrays of the largest node, reused by all."""

    reply: Float[np.ndarray, "row slot type"]
    reply_slope: Float[np.ndarray, "row slot type unknown"]
    act: Float[np.ndarray, "row profile"]
    act_slope: Float[np.ndarray, "row profile unknown"]
    share: Float[np.ndarray, "entry type"]
    evidence: Float[np.ndarray, "child typed type"]
    raw_slope: Float[np.ndarray, "typed type unknown"]
    slope: Float[np.ndarray, "child coordinate unknown"]
    worth: Float[np.ndarray, "row profile active"]
    worth_slope: Float[np.ndarray, "row profile active direction"]
    belief: Float[np.ndarray, "typed type"]
    opinion: Float[np.ndarray, "typed type"]
    value: Float[np.ndarray, "profile active"]
    value_slope: Float[np.ndarray, "direction"]
    action_value: Float[np.ndarray, "slot type option"]
    action_slope: Float[np.ndarray, "slot type option direction"]
    matrix: Float[np.ndarray, "unknown unknown_direction"]
    mixed: Float[np.ndarray, "profile active"]
    option_shift: Float[np.ndarray, "slot option type two"]
    evidence_shift: Float[np.ndarray, "child typed type two"]
