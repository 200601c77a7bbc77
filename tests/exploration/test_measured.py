"""Many settings at once: shared out among processes or not, the same digits."""

from __future__ import annotations

from offramp.exploration import sharing
from offramp.exploration.cases import Laid
from offramp.exploration.design import spread_settings
from offramp.exploration.measured import measure_cases, measure_spread
from offramp.scenario import load_scenario

CONTESTED = {"asserted": 0.5, "rival": 0.5}


def test_processes_find_what_this_one_finds(monkeypatch):
    scenario = load_scenario("cuba-1962")
    weights = {use.called: CONTESTED for use in scenario.mechanisms[:2]}
    spread = spread_settings(weights, seed=1)
    asked = dict.fromkeys(list(scenario.policies)[:2])
    told = []
    alone = measure_spread(scenario, asked, Laid(grid=3), spread, told.append)
    n_told = len(told)
    monkeypatch.setattr(sharing, "WORTH_SHARING", 0.0)
    monkeypatch.setattr(sharing, "default_threads", lambda: 2)
    shared = measure_spread(scenario, asked, Laid(grid=3), spread, told.append)
    assert len(alone) == 4
    assert [repr(one) for one in shared] == [repr(one) for one in alone]  # NaN equals itself here
    assert len(told) == 2 * n_told


def test_only_what_is_asked_is_measured():
    scenario = load_scenario("cuba-1962")
    one, other = list(scenario.policies)[:2]
    measure = next(iter(scenario.measures))
    found = measure_cases(scenario, {one: (measure,), other: ()}, Laid(grid=3), {})
    whole = measure_cases(scenario, dict.fromkeys((one, other)), Laid(grid=3), {})
    assert found.values == {one: {measure: whole(measure, one)}, other: {}}
