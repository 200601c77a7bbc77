"""Classic models against their published results."""

from __future__ import annotations

from offramp.exploration.canon.limits import Limit, extrapolate
from offramp.exploration.canon.reproduce import Reproduction, Row, StaticRow, reproduce

__all__ = ["Limit", "Reproduction", "Row", "StaticRow", "extrapolate", "reproduce"]
