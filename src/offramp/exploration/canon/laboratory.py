"""Where a scenario is solved under one set of numbers after another, each once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import product
from typing import cast

from offramp.equilibrium import Equilibrium, solve
from offramp.equilibrium.all_branches import most_mixed
from offramp.equilibrium.histories import HistoryEquilibrium
from offramp.exploration.cases import wanted_cases
from offramp.exploration.quantities import ask
from offramp.game import compile_game
from offramp.outcomes import Outcomes, Solution, propagate
from offramp.scenario import Scenario, bind
from offramp.scenario.theory import QuantityDecl, Theory

__all__ = ["Laboratory", "Point"]


@dataclass(frozen=True)
class Point:
    """A scenario solved in one case under one set of numbers; played forward if that is asked.

    Attributes:
        equilibrium: The solution that is meant. principal: the one that its branch leads to.
    """

    case: str
    equilibrium: Equilibrium | HistoryEquilibrium
    principal: Equilibrium | HistoryEquilibrium

    @cached_property
    def outcomes(self) -> Outcomes:
        """How it ends."""
        return propagate(cast(Solution, self.equilibrium), start=self.case)


@dataclass
class Laboratory:
    """Solves a scenario where it is asked to, once each.

    Attributes:
        branch: Which solution is meant; see `Theory`.
        declared: The declaration behind every name of a quantity that was read.
        residual: Largest miss of a logit in anything that was solved. n_unconverged: solves that
            did not converge. n_solved: all solves.
    """

    scenario: Scenario
    theory: Theory
    branch: str = "principal"
    residual: float = 0.0
    n_unconverged: int = 0
    n_solved: int = 0
    declared: dict[str, QuantityDecl] = field(default_factory=dict)
    _known: dict[tuple[str, tuple[tuple[str, float | str], ...]], Point] = field(
        default_factory=dict
    )

    def __post_init__(self) -> None:
        """Add what is asked of whole paths to the scenario's measures."""
        declared = self.theory.quantities
        words = [d.read for d in declared.values() if d.read and "(" in d.read]
        for decl in declared.values():
            words += [word for _, word in self.by_levels(decl)]
        asked = ask(self.scenario, words) if words else None
        self.asked = {one.name: one for one in asked.quantities} if asked else {}
        self.scenario = asked.scenario if asked else self.scenario

    def by_levels(self, decl: QuantityDecl) -> list[tuple[str, str]]:
        """Return every combination of levels but those at the start: its name, and what asks it."""
        variables = {one.name: one for one in bind(self.scenario).variables}
        start = {name: decl.start for name, decl in self.scenario.variables.items()}
        levels = [
            [level for level in variables[name].levels if level not in start[name]]
            for name in decl.levels
        ]
        found = []
        for one in product(*levels) if levels else ():
            pairs = zip(decl.levels, one, strict=True)
            found.append(("".join(one), f"final({' and '.join(f'{n} == {v}' for n, v in pairs)})"))
        return found

    @cached_property
    def first_case(self) -> str:
        """The case that is meant where none is named."""
        return wanted_cases(self.scenario)[0]

    def at(self, case: str | None, numbers: Mapping[str, float | str]) -> Point:
        """Return the scenario solved in a case, with these numbers laid over it."""
        case = case or self.first_case
        key = (case, tuple(sorted(numbers.items())))
        if key not in self._known:
            self._known[key] = self._solve(case, numbers)
        return self._known[key]

    def forget(self) -> None:
        """Drop what was solved, so that memory holds one sequence at a time."""
        self._known.clear()

    def _solve(self, case: str, numbers: Mapping[str, float | str]) -> Point:
        game = compile_game(self.scenario, case=case, parameters=numbers)
        principal: Equilibrium | HistoryEquilibrium = solve(game)
        found = principal
        if self.branch == "mixed":
            assert isinstance(principal, HistoryEquilibrium)
            found = most_mixed(principal)
        self.n_solved += 1
        self.residual = max(self.residual, found.residual)
        self.n_unconverged += found.n_unconverged
        return Point(case, found, principal)

    def parameters(self, numbers: Mapping[str, float | str]) -> dict[str, float]:
        """Return all parameters under what is laid over them."""
        return dict(bind(self.scenario, parameters=numbers).parameters)
