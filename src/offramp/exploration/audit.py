"""What still holds when assumptions are taken away. All of it is reported; only names can fail.

(a) With every mechanism absent, what still differs between policies is common ground: both camps
grant it. (b) With every mechanism at its rival, and (c) under each view's own settings, a claim
that holds regardless holds by structure; for one that a view's settings do not bear out, every
single switch is tried. (d) Other names for players and actions must change no number.
(e) Every start level is moved by one. (f) A mirror case puts the same mechanisms to other players.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from offramp.exploration.cases import Laid
from offramp.exploration.claims import (
    Standing,
    all_set,
    asked_by,
    stand,
)
from offramp.exploration.measured import Asked, Measured, measure_cases
from offramp.scenario import Scenario, bind, settings_of
from offramp.scenario.claims import Claim, Verdict, read_claims
from offramp.scenario.relabel import relabel

__all__ = ["Audit", "Common", "Mirrored", "MovedStart", "Switch", "audit", "audit_mirror"]

SAME = 1e-9  # two numbers that other names alone lie between: rounding in some thousand sums
LEAST_DIFFERENCE = 0.01  # of a measure between two cases, in its own unit, that is worth telling


class Common(NamedTuple):
    """A measure that differs between cases with every mechanism absent."""

    measure: str
    lowest: str
    low: float
    highest: str
    high: float


class Switch(NamedTuple):
    """One mechanism set otherwise, that makes a claim hold under a view."""

    claim: str
    mechanism: str
    setting: str


class MovedStart(NamedTuple):
    """A start level moved by one, and the claims whose verdict that changes."""

    variable: str
    level: str
    changed: Mapping[str, Verdict]


class Mirrored(NamedTuple):
    """A claim and the one that mirrors it in another scenario."""

    claim: str
    here: Verdict
    mirror: str
    there: Verdict


@dataclass(frozen=True)
class Audit:
    """What an audit of a scenario found.

    Attributes:
        common: With every mechanism absent, measures that differ between the claims' cases.
        standings: All absent, all rival, and each view's own, by name.
        needed: By view, single switches that make a claim hold which does not there.
        relabelled: Largest change of any measure under other names; NaN where nothing could be
            renamed. n_relabelled: names changed.
        base: Verdicts that moved starts are compared with.
    """

    claims: tuple[Claim, ...]
    common: tuple[Common, ...]
    standings: Mapping[str, Standing]
    needed: Mapping[str, tuple[Switch, ...]]
    relabelled: float
    n_relabelled: int
    base: Standing
    moved: tuple[MovedStart, ...]

    @property
    def holds(self) -> bool:
        """Whether names change no number, the one thing that can fail."""
        return not self.relabelled > SAME

    def everywhere(self) -> tuple[str, ...]:
        """Return the claims that hold with all absent, all rival and under every view."""
        return tuple(
            claim.name
            for claim in self.claims
            if all(one.verdicts[claim.name] == "holds" for one in self.standings.values())
        )


def audit(
    scenario: Scenario,
    laid: Laid,
    views: Sequence[str],
    started: Callable[[str], None] = lambda name: None,
) -> Audit:
    """Take a scenario's assumptions away, one kind after another.

    Args:
        views: Views whose own settings are tried.
    """
    parameters = bind(scenario, view=laid.view, parameters=laid.parameters).parameters
    claims = read_claims(scenario, parameters)
    asked = asked_by(scenario, claims)
    every = dict.fromkeys(asked, measures_asked(asked))  # so that all cases can be compared

    def standing(name: str, over: Laid, settings: Mapping[str, str], of: Asked = asked) -> Standing:
        return stand(name, scenario, claims, of, over, settings, started)

    standings = {
        "all absent": standing("all absent", laid, all_set(scenario, "absent"), every),
        "all rival": standing("all rival", laid, all_set(scenario, "rival")),
    }
    for view in views:
        over = replace(laid, view=view)
        standings[view] = standing(view, over, likeliest_settings(scenario, view))
    base = standing("base", laid, {})
    needed = {
        view: tuple(_needed(scenario, claims, replace(laid, view=view), standings[view], started))
        for view in views
    }
    changed, n_names = _relabelled(scenario, next(iter(asked)), laid, started)
    return Audit(
        claims=claims,
        common=tuple(_common(standings["all absent"].measured)),
        standings=standings,
        needed=needed,
        relabelled=changed,
        n_relabelled=n_names,
        base=base,
        moved=tuple(_moved(scenario, claims, asked, laid, base, started)),
    )


def measures_asked(asked: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """Return the measures that are asked of any case, each once."""
    return tuple(dict.fromkeys(measure for measures in asked.values() for measure in measures))


def likeliest_settings(scenario: Scenario, view: str) -> dict[str, str]:
    """Return the setting that a view gives most weight, for each mechanism."""
    return {
        name: max(weights, key=lambda setting: weights[setting])
        for name, weights in settings_of(scenario, view).items()
    }


def audit_mirror(
    here: Mapping[str, Verdict],
    scenario: Scenario,
    mirror: Scenario,
    laid: Laid,
    started: Callable[[str], None] = lambda name: None,
) -> tuple[Mirrored, ...]:
    """Return the verdicts of claims beside those that mirror them in another scenario.

    Args:
        here: Verdicts of the scenario's own claims.
    """
    theirs = read_claims(mirror, bind(mirror).parameters)
    pairs = [
        (name, other)
        for other in theirs
        for name in here
        if other.decl.mirrors and name.startswith(other.decl.mirrors)
        and not _is_counter(name, other.decl.mirrors, scenario)
    ]  # fmt: skip
    wanted = [other for _, other in pairs]
    there = stand("mirror", mirror, wanted, asked_by(mirror, wanted), laid, {}, started)
    return tuple(
        Mirrored(name, here[name], other.name, there.verdicts[other.name]) for name, other in pairs
    )


def _is_counter(name: str, prefix: str, scenario: Scenario) -> bool:
    """Whether a claim of that id is the counter-claim of one listed before it."""
    same = [one for one in scenario.claims if one.startswith(prefix)]
    return any(scenario.claims[one].counter == name for one in same[: same.index(name)])


def _common(measured: Measured) -> Iterator[Common]:
    """Yield measures that differ between cases though no mechanism is in force."""
    cases = list(measured.values)
    for measure in measured.values[cases[0]]:
        told = {case: measured(measure, case) for case in cases}
        told = {case: value for case, value in told.items() if not math.isnan(value)}
        if not told:
            continue
        lowest, highest = min(told, key=told.__getitem__), max(told, key=told.__getitem__)
        if told[highest] - told[lowest] > LEAST_DIFFERENCE:
            yield Common(measure, lowest, told[lowest], highest, told[highest])


def _needed(
    scenario: Scenario,
    claims: Sequence[Claim],
    laid: Laid,
    own: Standing,
    started: Callable[[str], None],
) -> Iterator[Switch]:
    """Yield single switches that make claims hold which do not under a view's own settings."""
    assert laid.view is not None
    settings = likeliest_settings(scenario, laid.view)
    open_ = [claim for claim in claims if own.verdicts[claim.name] != "holds"]
    if not open_:
        return
    asked = asked_by(scenario, open_)
    for name, setting in settings.items():
        for other in ("asserted", "rival", "absent"):
            if other == setting:
                continue
            tried = {**settings, name: other}
            found = stand(name, scenario, open_, asked, laid, tried, started)
            for claim in open_:
                if found.verdicts[claim.name] == "holds":
                    yield Switch(claim.name, name, other)


def _relabelled(
    scenario: Scenario, case: str, laid: Laid, started: Callable[[str], None]
) -> tuple[float, int]:
    """Return the largest change of any measure under other names, and how many were changed."""
    other, new = relabel(scenario)
    if not new:
        return float("nan"), 0
    name = new.get(case, case)
    plain = measure_cases(scenario, {case: None}, laid, {}, started)
    renamed = measure_cases(other, {name: None}, laid, {}, started)
    changes = [
        abs(value - renamed(new.get(measure, measure), name))
        for measure, value in plain.values[case].items()
        if not math.isnan(value)
    ]
    return max(changes), len(new)


def _moved(
    scenario: Scenario,
    claims: Sequence[Claim],
    asked: Asked,
    laid: Laid,
    base: Standing,
    started: Callable[[str], None],
) -> Iterator[MovedStart]:
    """Yield each start level moved up and down by one, with the verdicts that it changes.

    Cases that state a start of their own for the variable keep it.
    """
    for variable, level in _neighbours(scenario, laid):
        over = replace(laid, parameters={**(laid.parameters or {}), variable: level})
        name = f"{variable} {level}"
        found = stand(name, scenario, claims, asked, over, {}, started)
        changed = {
            claim: verdict
            for claim, verdict in found.verdicts.items()
            if verdict != base.verdicts[claim]
        }
        yield MovedStart(variable, level, changed)


def _neighbours(scenario: Scenario, laid: Laid) -> Iterator[tuple[str, str]]:
    """Yield every variable that begins at one level, with the levels beside it."""
    crisis = bind(scenario, view=laid.view, parameters=laid.parameters)
    ended = _ending_levels(scenario)
    for variable in crisis.variables:
        lottery = crisis.start.levels[variable.name]
        if len(lottery) != 1:
            continue
        at = lottery[0][0]
        for beside in (at - 1, at + 1):
            if 0 <= beside < len(variable.levels):
                name = variable.levels[beside]
                if (variable.name, name) not in ended:
                    yield variable.name, name


def _ending_levels(scenario: Scenario) -> set[tuple[str, str]]:
    """Return levels that an ending names: play cannot begin there."""
    found = set()
    for ending in scenario.endings.values():
        for name, decl in scenario.variables.items():
            for level in decl.levels if isinstance(decl.levels, tuple) else ():
                if f"{name} == {level}" in str(ending.when):
                    found.add((name, str(level)))
    return found
