"""Classic models against their published results."""

from __future__ import annotations

from offramp.exploration.canon.formulas import unmet_needs
from offramp.exploration.canon.laboratory import Laboratory
from offramp.exploration.canon.limits import Limit, extrapolate
from offramp.exploration.canon.reproduce import Reproduction, Row, StaticRow, reproduce

__all__ = [
    "Laboratory",
    "Limit",
    "Reproduction",
    "Row",
    "StaticRow",
    "extrapolate",
    "reproduce",
    "unmet_needs",
]
