"""What a person writes: the scenario file, its language, and what is laid over it."""

from __future__ import annotations

from offramp.scenario.check import check_campaign, check_scenario
from offramp.scenario.crisis import (
    Action,
    Clause,
    Crisis,
    Effect,
    Ending,
    Measure,
    Mover,
    Pay,
    Player,
    PlayerType,
    Policy,
    Stage,
    Start,
    Variable,
)
from offramp.scenario.expressions import Environment, Expr, evaluate, walk
from offramp.scenario.library import list_scenarios
from offramp.scenario.load import (
    dump_scenario,
    json_schema,
    load_campaign,
    load_scenario,
    parse_scenario,
    scenario_text,
)
from offramp.scenario.schema import Campaign, Scenario
from offramp.scenario.views import bind, case_names, parse_claim, settings_of

__all__ = [
    "Action",
    "Campaign",
    "Clause",
    "Crisis",
    "Effect",
    "Ending",
    "Environment",
    "Expr",
    "Measure",
    "Mover",
    "Pay",
    "Player",
    "PlayerType",
    "Policy",
    "Scenario",
    "Stage",
    "Start",
    "Variable",
    "bind",
    "case_names",
    "check_campaign",
    "check_scenario",
    "dump_scenario",
    "evaluate",
    "json_schema",
    "list_scenarios",
    "load_campaign",
    "load_scenario",
    "parse_claim",
    "parse_scenario",
    "scenario_text",
    "settings_of",
    "walk",
]
