"""Measures: what is asked of the forward pass, and what it comes to.

`MeasurePlan` collects every function that the measures call, lets those that ask the same thing
share their columns, and afterwards works out each measure's expression from what they found.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace

import numpy as np
from jaxtyping import Float

from offramp.game import Game
from offramp.game.language import Compare, Const, Expr, Level, Measure, MeasureCall, evaluate, walk
from offramp.outcomes.columns import Columns
from offramp.outcomes.conditions import Memory, Reader
from offramp.outcomes.happenings import After
from offramp.outcomes.monitors import Ever, Seen
from offramp.outcomes.record import Record

__all__ = ["Answer", "MeasurePlan", "Payoffs"]

_AT_ENDS = ("start", "final", "change", "mean", "sum")


@dataclass(frozen=True)
class Payoffs:
    """Expected discounted payoff of each player: under the analyst's prior, and under its own."""

    value: Float[np.ndarray, "player"]
    own_value: Float[np.ndarray, "player"]


@dataclass(frozen=True)
class Answer:
    """What a measure comes to.

    Attributes:
        value: NaN where an event that it asks about never happens.
        never: For `time_to`: chance that it never happens; else None.
    """

    value: float
    never: float | None


class MeasurePlan:
    """The trackers that a set of measures needs."""

    def __init__(
        self, measures: Sequence[Measure], game: Game, reader: Reader, n_periods: int
    ) -> None:
        self.measures = tuple(measures)
        self.game = game
        self.reader = reader
        self.n_periods = n_periods
        self.columns = Columns()
        self._evers: dict[tuple[Expr, bool], Ever] = {}
        self._afters: dict[tuple[Expr, Expr, int], After] = {}
        self._seen: dict[Memory, Seen] = {}
        calls = self._calls()
        self._plan_ends(calls)
        self._plan_evers(calls)
        for name, call in calls:
            if call.function == "after":
                self._plan_after(name, call)

    @property
    def trackers(self) -> list[Ever | After | Seen]:
        """All trackers, in a fixed order."""
        return [*self._evers.values(), *self._afters.values(), *self._seen.values()]

    def _calls(self) -> list[tuple[str, MeasureCall]]:
        return [
            (measure.name, node)
            for measure in self.measures
            for node in walk(measure.is_)
            if isinstance(node, MeasureCall)
        ]

    # --- planning -------------------------------------------------------------------------------

    def _plan_ends(self, calls: Sequence[tuple[str, MeasureCall]]) -> None:
        """Let all expressions that ask for the same memory share its columns."""
        groups: dict[Memory, dict[Expr, str]] = {}
        for name, call in calls:
            if call.function in _AT_ENDS:
                expression = call.arguments[0]
                groups.setdefault(self.reader.memory(expression), {})[expression] = name
        for memory, asked in groups.items():
            name = next(iter(asked.values()))
            self._seen[memory] = Seen(list(asked), self.reader, self.columns, self.n_periods, name)

    def _plan_evers(self, calls: Sequence[tuple[str, MeasureCall]]) -> None:
        """Follow each condition as long as the measure that asks longest."""
        until: dict[tuple[Expr, bool], tuple[int, str]] = {}
        for name, call in calls:
            if call.function in ("ever", "time_to"):
                asked = [((call.arguments[0], False), self._by(call))]
            elif call.function == "peak":
                asked = [((one, True), self.n_periods) for one in self._heights(call.names[0])]
            else:
                continue
            for key, last in asked:
                until[key] = (max(last, until.get(key, (0, ""))[0]), name)
        for (condition, at_start), (last, name) in until.items():
            self._evers[condition, at_start] = Ever(
                condition, self.reader, self.columns, self.n_periods, name,
                until=last, looks_at_start=at_start,
            )  # fmt: skip

    def _by(self, call: MeasureCall) -> int:
        return int(dict(call.options).get("by", self.n_periods))

    def _heights(self, variable: str) -> list[Expr]:
        """Return the conditions that a variable stands at a level or above, lowest left out."""
        values = next(v.values for v in self.reader.space.crisis.variables if v.name == variable)
        return [Compare((Level(variable), Const(value)), (">=",)) for value in values[1:]]

    def _plan_after(self, name: str, call: MeasureCall) -> None:
        key = self._after_key(call)
        if key not in self._afters:
            event, sequel, within = key
            self._afters[key] = After(
                event, sequel, within, self.reader, self.columns, self.n_periods, name
            )

    def _after_key(self, call: MeasureCall) -> tuple[Expr, Expr, int]:
        event, sequel = call.arguments
        return event, sequel, int(dict(call.options)["within"])

    # --- reading --------------------------------------------------------------------------------

    def answers(self, record: Record, payoffs: Payoffs) -> dict[str, Answer]:
        """Return every measure, once the pass is over."""
        found = {}
        for measure in self.measures:
            calls = [node for node in walk(measure.is_) if isinstance(node, MeasureCall)]
            known = {call: self._value(call, record, payoffs) for call in calls}
            waits = [call for call in calls if call.function == "time_to"]
            never = 1.0 - self._ever(waits[0]).chance() if waits else None
            whole = _with_values(measure.is_, known)
            found[measure.name] = Answer(float(evaluate(whole, _Parameters(self.reader))), never)  # type: ignore[arg-type]
        return found

    def _ever(self, call: MeasureCall) -> Ever:
        return self._evers[call.arguments[0], False]

    def _value(self, call: MeasureCall, record: Record, payoffs: Payoffs) -> float:
        match call.function:
            case "ever":
                return self._ever(call).chance(self._by(call))
            case "time_to":
                hits = self._ever(call).hits
                periods = np.arange(1, self.n_periods + 1)
                return float(hits @ periods + (1.0 - hits.sum()) * self.n_periods)
            case "peak":
                heights = self._heights(call.names[0])
                reached = [self._evers[one, True].chance() for one in heights]
                return sum(reached) / max(len(reached), 1)
            case "after":
                return self._afters[self._after_key(call)].share()
            case "count":
                return record.action_count(*call.names)
            case "belief":
                return record.beliefs.final(*call.names)
            case "value":
                return float(payoffs.value[self._player(call.names[0])])
            case "own_value":
                return float(payoffs.own_value[self._player(call.names[0])])
        return self._at_ends(call)

    def _player(self, name: str) -> int:
        return [player.name for player in self.game.players].index(name)

    def _at_ends(self, call: MeasureCall) -> float:
        expression = call.arguments[0]
        seen = self._seen[self.reader.memory(expression)]
        number = seen.expressions.index(expression)
        totals = seen.totals[number]
        match call.function:
            case "start":
                return float(seen.starts[number])
            case "final":
                return float(totals[-1])
            case "change":
                return float(totals[-1] - seen.starts[number])
            case "sum":
                return float(totals.sum())
        return float(np.average(totals, weights=self._weights()))

    def _weights(self) -> Float[np.ndarray, "period"]:
        """Return the weight of each period's end in a mean: even, or discounted without a horizon.

        The discount is that of the most patient player, as for the final period.
        """
        if not self.game.forever:
            return np.ones(self.n_periods)
        return max(player.discount for player in self.game.players) ** np.arange(self.n_periods)


class _Parameters:
    """What a measure may read outside its functions: parameters that no type sets."""

    def __init__(self, reader: Reader) -> None:
        self._crisis = reader.space.crisis

    def parameter(self, name: str) -> float:
        return self._crisis.parameters[name]


def _with_values(expression: Expr, known: dict[MeasureCall, float]) -> Expr:
    """Put numbers in place of the functions of a measure."""
    if isinstance(expression, MeasureCall):
        return Const(known[expression])
    changed = {}
    for one in fields(expression):  # type: ignore[arg-type]  # every node is a dataclass
        part = getattr(expression, one.name)
        if isinstance(part, Expr):
            changed[one.name] = _with_values(part, known)
        elif isinstance(part, tuple) and any(isinstance(item, Expr) for item in part):
            changed[one.name] = tuple(_with_values(item, known) for item in part)  # type: ignore[assignment]
    return replace(expression, **changed) if changed else expression  # type: ignore[type-var]
