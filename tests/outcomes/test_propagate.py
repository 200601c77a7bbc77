"""What `propagate` takes and hands on."""

from __future__ import annotations

import numpy as np
import pytest

from offramp.equilibrium import solve
from offramp.errors import GameError
from offramp.outcomes import forward, propagate
from outcomes.games import COVERT, FAMILY, HIDDEN, PROBE, Drawn, compiled
from outcomes.walker import Walker

ROUNDING = 1e-12
TAIL = {"count: 3}": "count: 3, tail: 2.5}"}


def start_value(equilibrium, prior_of):
    """Return what each player expects at the start by the solver's values, under given priors."""
    game = equilibrium.game
    value = equilibrium.value(0)
    lottery = next(iter(game.start.values()))
    here = np.tensordot(lottery[: len(value)], value[..., game.grid.reference], axes=1)
    return [prior_of(k) @ here[:, k] for k in range(len(game.players))]


@pytest.mark.parametrize("text", [PROBE, COVERT, HIDDEN, FAMILY])
def test_own_values_equal_the_solvers_values(text):
    equilibrium = solve(compiled(text))
    outcomes = propagate(equilibrium)
    expected = start_value(equilibrium, lambda k: equilibrium.game.opinion[k])
    np.testing.assert_allclose(outcomes.own_value, expected, atol=1e-10)


@pytest.mark.parametrize("text", [PROBE, HIDDEN, FAMILY])
def test_values_equal_the_solvers_values_under_the_analysts_prior(text):
    equilibrium = solve(compiled(text))
    expected = start_value(equilibrium, lambda k: equilibrium.game.prior)
    np.testing.assert_allclose(propagate(equilibrium).value, expected, atol=1e-10)


def test_tail_multiplies_the_last_period_of_frozen_and_of_going_play():
    game = compiled(FAMILY, replace=TAIL)
    solution = Drawn(game, 5)
    walker = Walker(game, solution)
    paths = walker.walk()
    expected = sum(path.chance * path.pay for path in paths)
    np.testing.assert_allclose(propagate(solution).value, expected, atol=ROUNDING)


@pytest.mark.parametrize("text", [PROBE, COVERT, HIDDEN])
def test_digits_do_not_depend_on_the_number_of_threads(text, monkeypatch):
    game = compiled(text, measures=[f"ever(did({_first_act(text)}))"], grid=6)
    found = []
    for threads in (1, 2, 3):
        monkeypatch.setattr(forward, "Crew", lambda _, n=threads: _Crew(n))
        found.append(propagate(Drawn(game, 7)))
    for other in found[1:]:
        assert other.measures == found[0].measures
        assert np.array_equal(other.levels, found[0].levels)
        assert np.array_equal(other.value, found[0].value)


def _first_act(text: str) -> str:
    return {PROBE: "prober.probe", COVERT: "spy.strike", HIDDEN: "victim.mend"}[text]


_Crew = forward.Crew


def test_frozen_beliefs_stay_at_the_reference_prior():
    game = compiled(PROBE, measures=["belief(prober, guard.firm)", "ever(mood == tense)"])
    solution = Drawn(game, 2)
    outcomes = propagate(solution, learning=False)
    walker = Walker(game, solution, learns=False)
    walker.walk()
    assert outcomes.measures["m0"] == pytest.approx(
        0.5, abs=ROUNDING
    )  # what the prober begins with
    expected = walker.measure(game.crisis.measures[1].is_)
    assert outcomes.measures["m1"] == pytest.approx(expected, abs=ROUNDING)


def test_acts_count_choices_by_type_and_say_what_was_bound():
    game = compiled(
        PROBE,
        replace={
            "policies: {solved: {}}": "policies: {solved: {guard: [{type: firm, when: did(prober.probe), play: fight}]}}"
        },
    )
    solution = Drawn(game, 4)
    outcomes = propagate(solution)
    walker = Walker(game, solution)
    paths = walker.walk()
    answer = next(act for act in outcomes.acts if act.stage == "answer")
    for k, own in enumerate(answer.types):
        for a, action in enumerate(answer.actions):
            expected = sum(
                path.chance * (act[2:] == ("guard", action))
                for path in paths
                for act in path.acts
                if game.profiles[path.profile, 0] == k
            )
            assert answer.count[:, k, a].sum() == pytest.approx(expected, abs=ROUNDING), (
                own,
                action,
            )
    np.testing.assert_allclose(answer.bound[:, 0], answer.count[:, 0], atol=ROUNDING)
    assert answer.bound[:, 1].sum() == 0.0
    np.testing.assert_allclose(answer.share().sum(axis=1), 1.0)


def test_levels_and_climb_are_those_of_all_paths():
    game = compiled(PROBE)
    solution = Drawn(game, 6)
    outcomes = propagate(solution)
    walker = Walker(game, solution)
    paths = walker.walk()
    for t in range(game.n_periods):
        for m in range(3):
            for v in range(2):
                for level in range(outcomes.levels.shape[3]):
                    expected = sum(p.chance for p in paths if p.looks[t][m].levels[v] == level)
                    assert outcomes.levels[t, m, v, level] == pytest.approx(expected, abs=ROUNDING)
        rungs = {("prober", "wait"): 1, ("prober", "probe"): 3, ("guard", "fight"): 5}
        for column, rung in enumerate(outcomes.rungs):
            expected = sum(
                p.chance
                for p in paths
                if max((rungs.get(a[2:], 0) for a in p.acts if a[0] == t), default=0) == rung
            )
            assert outcomes.climb[t, column] == pytest.approx(expected, abs=ROUNDING)
    assert outcomes.rungs == (1, 3, 5)


def test_chance_of_never_is_told_beside_the_time():
    game = compiled(
        PROBE, measures=["time_to(mood == tense)", "after(front > safe, mood == calm, within=0)"]
    )
    outcomes = propagate(Drawn(game, 6))
    walker = Walker(game, Drawn(game, 6))
    walker.walk()
    condition = game.crisis.measures[0].is_.arguments[0]
    never = walker.mean(lambda path: walker.first(path, condition) > game.n_periods)
    assert outcomes.never == {"m0": pytest.approx(never, abs=ROUNDING)}
    assert np.isnan(outcomes.measures["m1"])  # nothing is above safe: the event never happens


def test_only_wanted_measures_are_worked_out():
    game = compiled(PROBE, measures=["ever(mood == tense)", "final(front)"])
    assert list(propagate(Drawn(game), measures=["m1"]).measures) == ["m1"]


def test_own_values_are_worked_out_where_a_measure_asks_for_them():
    player = compiled(HIDDEN).players[0].name
    game = compiled(HIDDEN, measures=[f"2 * own_value({player})", f"value({player})"])
    solution = Drawn(game)
    whole = propagate(solution)
    asked, unasked = (propagate(solution, measures=[name]) for name in ("m0", "m1"))
    assert asked.measures["m0"] == whole.measures["m0"] == 2 * whole.own_value[0]
    assert np.array_equal(asked.own_value, whole.own_value)
    assert np.isnan(unasked.own_value).all()
    assert np.array_equal(unasked.value, whole.value)


def test_unknown_measure_and_start_are_refused_with_a_guess():
    game = compiled(PROBE, measures=["ever(mood == tense)"])
    with pytest.raises(GameError, match=r"'m00' is not a measure.*\n.*Did you mean 'm0'"):
        propagate(Drawn(game), measures=["m00"])
    with pytest.raises(GameError, match="no start named 'elsewhere'"):
        propagate(Drawn(game), start="elsewhere")


def test_progress_is_told_period_by_period():
    told = []
    propagate(Drawn(compiled(FAMILY)), progress=lambda done, whole: told.append((done, whole)))
    assert told == [(1, 3), (2, 3), (3, 3)]


FOREVER = {"count: 3}": "count: forever}"}


def test_without_horizon_values_equal_the_solvers_and_means_are_discounted():
    text = FAMILY.replace(
        "measures: {}",
        'measures: {warmth: {is: "mean(heat)"}, sealed: {is: "final(deal == struck)"}}',
    )
    game = compiled(text, replace=FOREVER)
    equilibrium = solve(game)
    outcomes = propagate(equilibrium)
    expected = start_value(equilibrium, lambda k: game.prior)
    np.testing.assert_allclose(outcomes.value, expected, atol=1e-7)
    # the most patient discount, 0.9, falls below a millionth in period 133
    assert outcomes.n_periods == 133
    heat = outcomes.levels[:, -1, 1] @ [0.0, 0.5, 1.0]
    weights = 0.9 ** np.arange(133)
    assert outcomes.measures["warmth"] == pytest.approx(heat @ weights / weights.sum())
    assert outcomes.measures["sealed"] == pytest.approx(outcomes.levels[-1, -1, 0, 1])
