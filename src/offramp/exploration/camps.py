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
from offramp.exploration.measured import measure_cases
from offramp.exploration.questions import Question
from offramp.exploration.sharing import share_out
from offramp.scenario import Scenario, bind
from offramp.scenario.declared import numbers_of_mechanism

__all__ = ["Camps", "find_camps", "mix"]


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
