"""The parts of the language that rooms to the right read, handed on by this room.

Outcomes and equilibrium never look into the scenario room; measures and conditions reach them as
expression nodes, which stand here beside the game whose states they are read on.
"""

from __future__ import annotations

from offramp.scenario import Crisis, Effect, Measure
from offramp.scenario.expressions import (
    Belief,
    Binary,
    Boolean,
    Call,
    Chose,
    Compare,
    Const,
    Did,
    Environment,
    Expr,
    Level,
    MeasureCall,
    MeasureOf,
    Parameter,
    Period,
    Since,
    Unary,
    Was,
    evaluate,
    substitute,
    walk,
)

__all__ = [
    "Belief",
    "Binary",
    "Boolean",
    "Call",
    "Chose",
    "Compare",
    "Const",
    "Crisis",
    "Did",
    "Effect",
    "Environment",
    "Expr",
    "Level",
    "Measure",
    "MeasureCall",
    "MeasureOf",
    "Parameter",
    "Period",
    "Since",
    "Unary",
    "Was",
    "evaluate",
    "substitute",
    "walk",
]
