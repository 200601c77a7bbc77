"""Scenarios from text or plain data, without a file."""

from __future__ import annotations

import json
from typing import Any

from offramp.scenario import Crisis, Scenario, bind
from offramp.scenario.load import parse_scenario

__all__ = ["crisis_from", "scenario_from"]


def scenario_from(source: str | dict[str, Any]) -> Scenario:
    """Return the scenario in YAML text, or in plain data (which is YAML when written as JSON)."""
    text = source if isinstance(source, str) else json.dumps(source, indent=1)
    return parse_scenario(text)


def crisis_from(source: str | dict[str, Any], case: str | None = None) -> Crisis:
    """Return a scenario bound to a case."""
    return bind(scenario_from(source), case=case)
