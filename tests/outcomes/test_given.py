"""Cases that are conditioned on an event, against the paths on which it comes true."""

from __future__ import annotations

import numpy as np
import pytest

from helpers.scenarios import scenario_from
from offramp.equilibrium import solve
from offramp.equilibrium.histories import solve_histories
from offramp.equilibrium.kernels.signatures import signature
from offramp.errors import TooLargeError
from offramp.exploration.cases import Laid, group_cases
from offramp.game import compile_game
from offramp.outcomes import forward, hindsight_kernels, propagate
from offramp.outcomes.conditions import Reader
from offramp.outcomes.given import Given
from outcomes.games import COVERT, FAMILY, HIDDEN, PROBE, Drawn, compiled
from outcomes.test_forward import MEASURES
from outcomes.walker import Walker

ROUNDING = 1e-11  # sums of some thousand chances, over the chance of an event
CASES = 'policies: {{solved: {{}}}}\ncases: {{told: {{policy: solved, given: "{}"}}}}'


def conditioned(text, event, **changes):
    """Compile a game whose one case is conditioned on an event."""
    swapped = {"policies: {solved: {}}": CASES.format(event)} | changes.pop("replace", {})
    return compiled(text, replace=swapped, case="told", **changes)


def followed(text, event, *, seed=3, **changes):
    """Return the outcomes of a conditioned case, and a walker that holds only its paths."""
    game = conditioned(text, event, **changes)
    solution = Drawn(game, seed)
    walker = Walker(game, solution)
    walker.walk()
    chance = walker.keep(game.given["told"])
    return game, propagate(solution), walker, chance


EVENTS = {
    "probe": [
        "ever(mood == tense)",
        "not ever(mood == tense)",
        "ever(did(prober.probe), by=1)",
        "not ever(did(guard.fight), by=1)",
        "final(front == lost)",
        "final(did(guard.fight))",
        "ever(did(prober.probe), by=1) and not ever(mood == tense) and final(front) >= 1",
        "ever(did(guard.fight) and mood == tense) or final(front == safe)",
        "ever(did(prober.probe, 1) and mood == tense)",
        "ever(was(front) > front)",
        "ever(periods_since(did(guard.fight), 2) == 1)",
        "ever(period == 2 and front == lost)",
        "final(periods_since(mood == tense, 2) == 1)",
        "start(front == safe)",
        "change(front) == 0",
        "ever(front == lost and mood == tense)",
        "not ever(front == lost and mood == tense)",
    ],
    "covert": [
        "ever(did(spy.strike))",
        "not ever(did(spy.strike), by=1) and ever(damage >= some)",
        "final(damage == some)",
        "ever(damage == much)",
    ],
    "hidden": ["ever(damage == none)", "final(damage == much) and not ever(did(victim.mend))"],
    "family": [
        "ever(deal == struck)",
        "not ever(deal == struck, by=2)",
        "ever(chose(seller) == 1, by=2)",
        "final(heat) + start(heat) >= 1",
    ],
}


@pytest.mark.parametrize(
    ("name", "event"), [(name, one) for name, listed in EVENTS.items() for one in listed]
)
def test_measures_are_those_of_the_paths_on_which_the_event_comes_true(name, event):
    text, measures = MEASURES[name]
    game, outcomes, walker, chance = followed(text, event, measures=measures)
    assert outcomes.given == pytest.approx(chance, abs=ROUNDING)
    assert 0.0 < chance < 1.0
    for measure, told in zip(game.crisis.measures, measures, strict=True):
        found, expected = outcomes.measures[measure.name], walker.measure(measure.is_)
        assert found == pytest.approx(expected, abs=ROUNDING, nan_ok=True), told


@pytest.mark.parametrize(
    ("text", "event"),
    [
        (PROBE, "ever(did(prober.probe), by=1) and not ever(mood == tense, by=1)"),
        (COVERT, "ever(did(spy.strike)) and final(damage >= some)"),
        (HIDDEN, "not ever(damage == none)"),
        (FAMILY, "ever(heat == 1) or ever(deal == struck, by=1)"),
    ],
)
def test_tables_are_those_of_the_paths_on_which_the_event_comes_true(text, event):
    game, outcomes, walker, _ = followed(text, event)
    assert outcomes.mass_error < ROUNDING
    chances = walker.outcomes()
    for ending, chance in outcomes.ending_chance().items():
        assert chances.get(ending, 0.0) == pytest.approx(chance, abs=ROUNDING)
    levels = np.zeros_like(outcomes.levels)
    for path in walker.paths:
        for t, m, v in np.ndindex(levels.shape[:3]):
            levels[t, m, v, path.looks[t][m].levels[v]] += path.chance
    np.testing.assert_allclose(outcomes.levels, levels, atol=ROUNDING)
    for acts in outcomes.acts:
        found = acts.count.sum(axis=1)
        stage = game.stage_names.index(acts.stage)
        counted = np.zeros_like(found)
        for path in walker.paths:
            for t, m, player, action in path.acts:
                if (m, player) == (stage, acts.player):
                    counted[t, acts.actions.index(action)] += path.chance
        np.testing.assert_allclose(found, counted, atol=ROUNDING)
    value = sum(path.chance * path.pay for path in walker.paths)
    np.testing.assert_allclose(outcomes.value, value, atol=ROUNDING)


@pytest.mark.parametrize(
    ("text", "event"),
    [
        (PROBE, "ever(did(guard.fight))"),
        (COVERT, "ever(did(spy.strike))"),  # types are drawn afresh: another pass
        (HIDDEN, "final(damage < much)"),
    ],
)
def test_own_values_are_given_the_event_under_each_players_own_prior(text, event):
    game, outcomes, _, _ = followed(text, event)
    for k in range(len(game.players)):
        walker = Walker(game, Drawn(game, 3))
        walker.walk(prior=game.opinion[k])
        walker.keep(game.given["told"])
        expected = sum(path.chance * path.pay[k] for path in walker.paths)
        assert outcomes.own_value[k] == pytest.approx(expected, abs=ROUNDING)


def test_chances_of_an_event_and_its_opposite_bring_all_paths_back():
    measures = ["final(share(front))", "time_to(mood == tense)", "count(guard.fight)"]
    plain = propagate(Drawn(compiled(PROBE, measures=measures), 3))
    parts = [
        followed(PROBE, event, measures=measures)[1]
        for event in ("ever(did(prober.probe), by=1)", "not ever(did(prober.probe), by=1)")
    ]
    assert sum(one.given for one in parts) == pytest.approx(1.0, abs=ROUNDING)
    for name, value in plain.measures.items():
        mean = sum(one.given * one.measures[name] for one in parts)
        assert mean == pytest.approx(value, abs=ROUNDING)
        assert parts[0].measures[name] != pytest.approx(value, abs=1e-3)


@pytest.mark.parametrize(
    ("text", "event"),
    [
        (PROBE, "ever(did(guard.fight) and front == lost)"),
        (COVERT, "ever(did(spy.strike), by=1)"),
        (HIDDEN, "not ever(damage == none)"),
    ],
)
def test_compilation_switched_off_gives_the_same_answer(text, event, monkeypatch):
    game = conditioned(text, event)
    compiled_answer = propagate(Drawn(game, 3))
    jitted = [name for name, one in vars(hindsight_kernels).items() if hasattr(one, "py_func")]
    called = [hindsight_kernels.look_back_rows, hindsight_kernels.look_back_run]
    for name in jitted:
        monkeypatch.setattr(hindsight_kernels, name, getattr(hindsight_kernels, name).py_func)
    with np.errstate(all="ignore"):  # kernels divide by IEEE rules
        plain = propagate(Drawn(game, 3))
    assert plain.given == pytest.approx(compiled_answer.given, abs=1e-14)
    np.testing.assert_allclose(plain.levels, compiled_answer.levels, atol=1e-13)
    np.testing.assert_allclose(plain.value, compiled_answer.value, atol=1e-13)
    for kernel in called:
        assert kernel.signatures == [signature(kernel.py_func)]


def test_what_is_asked_is_told_apart_only_as_long_as_it_matters():
    game = conditioned(PROBE, "ever(did(guard.fight) and mood == tense, by=1)")
    event = Given(game.given["told"], Reader(game), game.n_periods, "told")
    assert (
        event.n_statuses < 6
    )  # fought or not until the first period is over, then has held or not


def test_an_event_that_asks_for_too_much_memory_is_refused():
    game = conditioned(PROBE, "ever(did(prober.probe, 9) and mood == tense)")
    with pytest.raises(TooLargeError, match=r"G543  cases\.told\.given"):
        propagate(Drawn(game))


def test_what_never_happens_leaves_nothing_to_measure():
    game = conditioned(PROBE, "ever(front > safe)", measures=["final(front)", "ever(mood == calm)"])
    outcomes = propagate(Drawn(game))
    assert outcomes.given == 0.0
    assert np.isnan(list(outcomes.measures.values())).all()
    assert np.isnan(outcomes.value).all()
    assert np.isnan(outcomes.levels).all()


def test_what_is_certain_changes_nothing():
    measures = ["final(front)", "time_to(mood == tense)", "value(guard)"]
    plain = propagate(Drawn(compiled(PROBE, measures=measures), 3))
    outcomes = propagate(Drawn(conditioned(PROBE, "ever(front <= safe)", measures=measures), 3))
    assert outcomes.given == pytest.approx(1.0, abs=ROUNDING)
    for name, value in plain.measures.items():
        assert outcomes.measures[name] == pytest.approx(value, abs=ROUNDING)
    assert plain.given is None


SHARED = """policies: {solved: {}}
cases:
  told: {policy: solved, given: "ever(did(prober.probe), by=1)"}
  safe: {policy: solved, start: {front: safe}, given: "final(front == safe)"}
  dear: {policy: solved, set: {price: 0.9}, given: "final(front == safe)"}"""


def test_cases_that_differ_in_their_event_share_a_solve_and_keep_their_own():
    text = PROBE.replace("policies: {solved: {}}", SHARED).replace(
        "measures: {}", 'measures: {end: {is: "final(share(front))"}}'
    )
    scenario = scenario_from(text)
    cases = ("solved", "told", "safe", "dear")
    groups = group_cases(scenario, cases, Laid(), {})
    assert groups == [("solved", "told", "safe"), ("dear",)]
    shared = compile_game(scenario, case="solved", starts=("told", "safe"), grid=3)
    assert set(shared.given) == {"told", "safe"}
    solved = solve(shared)
    for case in groups[0]:
        alone = propagate(solve(compile_game(scenario, case=case, grid=3)))
        together = propagate(solved, start=case)
        assert together.measures == pytest.approx(dict(alone.measures), abs=1e-9)
        assert together.given == (
            None if case == "solved" else pytest.approx(alone.given, abs=1e-9)
        )


def test_histories_honour_the_event():
    measures = ["final(share(front))", "ever(did(guard.fight))", "belief(prober, guard.firm)"]
    event = "ever(did(prober.probe), by=1) and not final(front == safe)"
    game = conditioned(PROBE, event, measures=measures, grid=None, beliefs="history")
    solution = solve_histories(game)
    outcomes = propagate(solution)
    walker = Walker(solution.game, solution, learns=False)
    walker.walk()
    chance = walker.keep(game.given["told"])
    assert outcomes.given == pytest.approx(chance, abs=ROUNDING)
    for measure in game.crisis.measures[:2]:
        expected = walker.measure(measure.is_)
        assert outcomes.measures[measure.name] == pytest.approx(expected, abs=ROUNDING)
    fine = propagate(solve(conditioned(PROBE, event, measures=measures, grid=41)))
    assert outcomes.measures["m2"] == pytest.approx(fine.measures["m2"], abs=1e-2)


FOREVER = {"count: 3}": "count: forever, final_period: 3}"}


def test_without_horizon_an_event_is_asked_of_the_periods_that_are_followed():
    event = "ever(deal == struck) and final(heat) <= 0.5"
    opposite = f"not ({event})"
    changes = {"measures": ["mean(heat)", "value(seller)"]}
    plain = propagate(solve(compiled(FAMILY, replace=FOREVER, **changes)))
    parts = [
        propagate(solve(conditioned(FAMILY, one, replace=FOREVER, **changes)))
        for one in (event, opposite)
    ]
    assert sum(one.given for one in parts) == pytest.approx(1.0, abs=ROUNDING)
    for name, value in plain.measures.items():
        mean = sum(one.given * one.measures[name] for one in parts)
        assert mean == pytest.approx(value, abs=1e-9)


@pytest.mark.parametrize(
    "event", [None, "ever(did(prober.probe))", "final(front == lost) and not final(front == lost)"]
)
def test_measures_too_large_for_one_pass_are_followed_in_several(event, monkeypatch):
    measures = MEASURES["probe"][1]
    game = (
        conditioned(PROBE, event, measures=measures)
        if event
        else compiled(PROBE, measures=measures)
    )
    whole = propagate(Drawn(game, 3))
    passes = []
    allocate = forward.Sweep._allocate

    def few_columns(sweep):
        passes.append(sweep.n_columns)
        if sweep.n_columns > 60:
            raise forward._too_large(sweep.n_columns, 1, 1, 1)
        allocate(sweep)

    monkeypatch.setattr(forward.Sweep, "_allocate", few_columns)
    parts = propagate(Drawn(game, 3))
    assert max(passes) > 60
    assert len(passes) > 3
    assert list(parts.measures) == list(whole.measures)
    assert repr(parts.measures) == repr(whole.measures)  # NaN equals itself here
    assert repr(parts.never) == repr(whole.never)
    for name in ("ended", "levels", "beliefs", "value", "own_value", "climb"):
        np.testing.assert_array_equal(getattr(parts, name), getattr(whole, name))
