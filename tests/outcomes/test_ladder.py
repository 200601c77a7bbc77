"""How play moves between rungs from period to period, and from which it ends."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from offramp.outcomes import forward, propagate
from outcomes.games import COVERT, PROBE, Drawn, compiled
from outcomes.walker import Walker

ROUNDING = 1e-12
LONGER = {"count: 2}": "count: 3}", "start: {held: 0.7, safe: 0.3}": "start: held"}
RUNGS = {("prober", "wait"): 1, ("prober", "probe"): 3, ("guard", "fight"): 5}
QUIET = {"wait: {ladder: 1}": "wait: {}"}


def rungs_told(game, act):
    movers = [mover for stage in game.crisis.stages for mover in stage.movers]
    return any(
        a.ladder for m in movers if m.player == act[0] for a in m.actions if a.name == act[1]
    )


def walked(game, solution, event=None):
    """Return all paths: chance, highest rung by period (None: none) while play goes on, ending."""
    walker = Walker(game, solution)
    walker.walk()
    if event is not None:
        walker.keep(event)
    on = {act: rung for act, rung in RUNGS.items() if rungs_told(game, act)}
    for path in walker.paths:
        over = max(act[0] for act in path.acts)
        # play is over after the last period in which anybody could act
        rungs = [
            max((on[a[2:]] for a in path.acts if a[0] == t and a[2:] in on), default=None)
            for t in range(over + 1)
        ]
        yield path.chance, rungs, path.ending


def expected(game, solution, event=None):
    flow, exits = Counter(), Counter()
    for chance, rungs, ending in walked(game, solution, event):
        for t, (before, rung) in enumerate(zip([None, *rungs], rungs, strict=False)):
            flow[t, before, rung] += chance
        exits[len(rungs) - 1, rungs[-1], ending] += chance
    return flow, exits


def check(outcomes, flow, exits):
    on = (None, *outcomes.rungs)
    for (t, before, rung), chance in np.ndenumerate(outcomes.rung_flow):
        assert chance == pytest.approx(flow[t, on[before], on[rung]], abs=ROUNDING)
    for (t, rung, ending), chance in np.ndenumerate(outcomes.rung_exit):
        name = outcomes.endings[ending]
        assert chance == pytest.approx(exits[t, on[rung], name], abs=ROUNDING)


@pytest.mark.parametrize("changes", [{}, QUIET], ids=["all on the ladder", "waiting is on none"])
def test_moves_and_exits_are_those_of_all_paths(changes):
    game = compiled(PROBE, replace={**LONGER, **changes}, grid=2)
    solution = Drawn(game, 6)
    flow, exits = expected(game, solution)
    assert len({ending for _, _, ending in exits}) == 2  # some paths end early
    check(propagate(solution, moves=True), flow, exits)


def test_on_an_event_moves_and_exits_are_those_of_its_paths():
    text = PROBE.replace(
        "policies: {solved: {}}",
        'policies: {solved: {}}\ncases: {seen: {policy: solved, given: "ever(mood == tense)"}}',
    )
    game = compiled(text, case="seen", grid=2)
    solution = Drawn(game, 3)
    check(propagate(solution, moves=True), *expected(game, solution, game.given["seen"]))


def test_what_enters_a_rung_leaves_it():
    outcomes = propagate(Drawn(compiled(PROBE, replace=LONGER), 8), moves=True)
    inflow, outflow = outcomes.rung_flow.sum(axis=1), outcomes.rung_exit.sum(axis=2)
    outflow[:-1] += outcomes.rung_flow[1:].sum(axis=2)
    np.testing.assert_allclose(inflow, outflow, atol=ROUNDING)
    np.testing.assert_allclose(inflow[:, 1:], outcomes.climb, atol=ROUNDING)
    np.testing.assert_allclose(outcomes.rung_exit.sum(axis=1), outcomes.ended, atol=ROUNDING)


def test_without_a_ladder_all_stay_on_none():
    outcomes = propagate(Drawn(compiled(COVERT), 1), moves=True)
    assert outcomes.rungs == ()
    np.testing.assert_allclose(outcomes.rung_flow[0], [[1.0]], atol=ROUNDING)
    np.testing.assert_allclose(outcomes.rung_exit.sum(axis=1), outcomes.ended, atol=ROUNDING)


def test_passes_that_follow_some_rungs_each_add_up_to_one(monkeypatch):
    game = compiled(PROBE, replace=LONGER, measures=["ever(mood == tense)", "peak(front)"])
    solution = Drawn(game, 6)
    whole = propagate(solution, moves=True)
    size = 8 * (2 * max(map(len, game.codes)) + len(game.ended_codes)) * len(game.grid.points)
    # room for eleven columns of two profiles: the ladder's own four, four for each rung before
    monkeypatch.setattr(forward, "LARGEST_STORE", size * 2 * 11)
    passes = []
    run = forward.Sweep.run
    monkeypatch.setattr(forward.Sweep, "run", lambda *a: (passes.append(a[0].n_columns), run(*a)))
    parts = propagate(solution, moves=True)
    assert len(passes) > 3
    np.testing.assert_allclose(parts.rung_flow, whole.rung_flow, atol=ROUNDING)
    np.testing.assert_allclose(parts.rung_exit, whole.rung_exit, atol=ROUNDING)
    assert parts.measures == whole.measures


def test_moves_are_followed_only_if_asked_for():
    game = compiled(PROBE)
    whole, plain = propagate(Drawn(game), moves=True), propagate(Drawn(game))
    assert plain.rung_flow.shape == (2, 0, 0)
    np.testing.assert_allclose(plain.rung_exit, whole.rung_exit, atol=ROUNDING)
    assert len(whole.to_pandas()["rung_flow"]) == whole.rung_flow.size
    assert whole.to_xarray()["rung_flow"].sel(period=1, before="none", now="3") == pytest.approx(
        whole.rung_flow[0, 0, 2]
    )
