"""Write a crisis down, solve how every side replies, see how it ends under each policy."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from offramp.equilibrium import Equilibrium, solve
    from offramp.equilibrium.explain import Explanation, why
    from offramp.errors import OfframpError, Problem
    from offramp.exploration.ensemble import explore
    from offramp.exploration.runs import Run, open_run
    from offramp.exploration.sweeps import Sweep, sweep
    from offramp.game import Game, compile_game
    from offramp.outcomes import Outcomes
    from offramp.outcomes.propagate import propagate
    from offramp.scenario import Scenario, list_scenarios, load_scenario

__all__ = [
    "Equilibrium",
    "Explanation",
    "Game",
    "OfframpError",
    "Outcomes",
    "Problem",
    "Run",
    "Scenario",
    "Sweep",
    "__version__",
    "compile_game",
    "explore",
    "list_scenarios",
    "load_scenario",
    "open_run",
    "propagate",
    "solve",
    "sweep",
    "why",
]

__version__ = "0.1.0"

# where each public name lives; imported when first asked for, so that `import offramp` is quick
_ROOMS = {
    "Equilibrium": "equilibrium",
    "Explanation": "equilibrium.explain",
    "Game": "game",
    "OfframpError": "errors",
    "Outcomes": "outcomes",
    "Problem": "errors",
    "Run": "exploration.runs",
    "Scenario": "scenario",
    "Sweep": "exploration.sweeps",
    "compile_game": "game",
    "explore": "exploration.ensemble",
    "list_scenarios": "scenario",
    "load_scenario": "scenario",
    "open_run": "exploration.runs",
    "propagate": "outcomes",
    "solve": "equilibrium",
    "sweep": "exploration.sweeps",
    "why": "equilibrium.explain",
}


def __getattr__(name: str) -> Any:
    if name not in _ROOMS:
        raise AttributeError(f"module 'offramp' has no attribute '{name}'")
    return getattr(import_module(f"offramp.{_ROOMS[name]}"), name)


def __dir__() -> list[str]:
    return __all__
