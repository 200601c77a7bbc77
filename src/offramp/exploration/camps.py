"""Two camps of a scenario: what their views settle, and how a mixture of both judges.

An assumption is whatever a view settles: a number by itself, or a mechanism together with the
numbers that only it declares. What neither view names stands as in the base world.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from offramp.errors import Problem, RunError
from offramp.exploration.cases import Laid
from offramp.exploration.exchange import Mixtures, Setting
from offramp.exploration.measured import Asked, Measured, measure_cases
from offramp.exploration.sharing import share_out
from offramp.scenario import Scenario, bind
from offramp.scenario.claims import Claim, Comparison
from offramp.scenario.declared import numbers_of_mechanism

__all__ = ["Camps", "Question", "does_it_hold", "find_camps", "is_it_better", "is_it_kept", "mix"]

Slack = Callable[[Measured], float]


@dataclass(frozen=True)
class Question:
    """What camps differ about.

    Attributes:
        asked: The measures that have to be known.
        slack: Positive where it is so, negative where it is not. Must be fit to be sent to other
            processes.
    """

    asked: Asked
    slack: Slack


def does_it_hold(claim: Claim, asked: Asked) -> Question:
    """Ask whether a claim holds: by how much its weakest comparison clears what it asks for."""
    return Question(asked, partial(_clears, claim.comparisons))


def _clears(comparisons: Sequence[Comparison], measured: Measured) -> float:
    return min(one.clearance(measured) for one in comparisons)


def is_it_better(measure: str, one: str, other: str, *, lower: bool) -> Question:
    """Ask whether one case is better than another by a measure, and by how much."""
    asked = dict.fromkeys((one, other), (measure,))
    return Question(asked, partial(_lead, measure, one, other, -1.0 if lower else 1.0))


def _lead(measure: str, one: str, other: str, sign: float, measured: Measured) -> float:
    return sign * (measured(measure, one) - measured(measure, other))


def is_it_kept(measure: str, case: str, limit: float, *, lower: bool) -> Question:
    """Ask whether a case keeps a measure within a limit, and what room is left."""
    return Question(
        {case: (measure,)}, partial(_room, measure, case, limit, -1.0 if lower else 1.0)
    )


def _room(measure: str, case: str, limit: float, sign: float, measured: Measured) -> float:
    return sign * (measured(measure, case) - limit)


@dataclass(frozen=True)
class Camps:
    """What two views settle.

    Attributes:
        first, second: Value or setting of everything that either view settles.
        along: Of each mechanism that is settled, the numbers that are exchanged along with it.
    """

    first: Mapping[str, Setting]
    second: Mapping[str, Setting]
    along: Mapping[str, tuple[str, ...]]

    @property
    def assumptions(self) -> tuple[str, ...]:
        """What may be exchanged by itself."""
        carried = {name for names in self.along.values() for name in names}
        return tuple(name for name in self.first if name not in carried)

    def settings(self, whose: Mapping[str, Setting]) -> dict[str, Setting]:
        """Return the complete settings of a mixture.

        Args:
            whose: `first` or `second`, by assumption.
        """
        camps = {"first": self.first, "second": self.second}
        found: dict[str, Setting] = {}
        for name in self.assumptions:
            camp = camps[str(whose[name])]
            found |= {one: camp[one] for one in (name, *self.along.get(name, ()))}
        return found


def find_camps(scenario: Scenario, first: str, second: str) -> Camps:
    """Return what two views settle.

    Raises:
        ScenarioError: A view is not known.
        RunError: A view leaves a mechanism's setting open, or settles how play starts.
    """
    worlds = {view: bind(scenario, view=view) for view in (first, second)}
    problems = [problem for view in worlds for problem in _unfit(scenario, view)]
    if problems:
        raise RunError(problems)
    declared = [scenario.views[view] for view in (first, second) if view in scenario.views]
    named = dict.fromkeys(name for decl in declared for name in (*decl.mechanisms, *decl.set))
    values = [
        {
            name: world.settings[name] if name in world.settings else world.parameters[name]
            for name in named
        }
        for world in (worlds[first], worlds[second])
    ]
    along: dict[str, tuple[str, ...]] = {}
    carried: set[str] = set()
    for name in named:
        if name in worlds[first].settings:
            own = numbers_of_mechanism(scenario, name)
            along[name] = tuple(one for one in own if one in named and one not in carried)
            carried.update(along[name])
    return Camps(values[0], values[1], along)


def _unfit(scenario: Scenario, view: str) -> list[Problem]:
    decl = scenario.views.get(view)
    given = decl.mechanisms if decl else {use.called: use.setting for use in scenario.mechanisms}
    open_ = [name for name, setting in given.items() if not isinstance(setting, str)]
    problems = []
    if open_:
        problems.append(
            Problem(
                code="R616",
                path=f"views.{view}.mechanisms",
                message=f"view '{view}' settles {', '.join(open_)} by weights; a crux is sought "
                "between two worlds.",
                fix="compare views that give every mechanism one setting.",
            )
        )
    if decl is not None and decl.start:
        problems.append(
            Problem(
                code="R617",
                path=f"views.{view}.start",
                message=f"view '{view}' settles how {', '.join(decl.start)} start; a start cannot "
                "be exchanged by itself.",
                fix="make it depend on parameters, and let the view set those.",
            )
        )
    return problems


def mix(
    scenario: Scenario,
    camps: Camps,
    question: Question,
    laid: Laid,
    done: Callable[[object], None] = lambda item: None,
) -> Mixtures:
    """Return the mixtures of two camps, which are judged by solving.

    Args:
        laid: Its parameters bind both camps; it has no view.
        done: Told of each mixture that is solved.
    """

    def judge(mixtures: Sequence[Mapping[str, Setting]]) -> list[float]:
        settled = [camps.settings(one) for one in mixtures]
        return share_out(partial(_judge, scenario, question, laid), settled, done)

    first = dict.fromkeys(camps.assumptions, "first")
    second = {name: "second" if _differs(camps, name) else "first" for name in camps.assumptions}
    return Mixtures(first, second, judge)


def _differs(camps: Camps, name: str) -> bool:
    names = (name, *camps.along.get(name, ()))
    return any(camps.first[one] != camps.second[one] for one in names)


def _judge(
    scenario: Scenario, question: Question, laid: Laid, settled: Mapping[str, Setting]
) -> float:
    uses = {use.called for use in scenario.mechanisms}
    settings = {name: str(value) for name, value in settled.items() if name in uses}
    numbers = {name: value for name, value in settled.items() if name not in uses}
    under = Laid(None, {**numbers, **(laid.parameters or {})}, laid.grid, laid.learning)
    return question.slack(measure_cases(scenario, question.asked, under, settings))
