"""Over worlds too, a difference is direct, strategic or informational where it is built to be."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import t as student

from helpers.watched import WATCHED
from offramp.errors import RunError
from offramp.exploration import earned, jobs, sharing
from offramp.exploration.cases import Laid
from offramp.exploration.claims import label_claims
from offramp.exploration.earned import find_earned, mean_over_worlds
from offramp.exploration.ensemble import explore
from offramp.exploration.measured import measure_cases
from offramp.scenario import parse_scenario
from offramp.scenario.claims import read_claims

N = 6


def drawn(pull, guess):
    """Return the scenario with what pulls the watcher, what it guesses and what arms gain drawn."""
    text = WATCHED.format(pull=sum(pull) / 2, guess=sum(guess) / 2)
    for name, (low, high) in {"pull": pull, "guess": guess}.items():
        value = f"{name}: {{value: {(low + high) / 2}"
        assert value in text
        text = text.replace(value, f"{value}, range: [{low}, {high}]")
    p_gain = "parameters:\n  p_gain: {value: 0.4, range: [0.3, 0.5], unit: probability, source: judgement}"
    return text.replace("parameters:", p_gain).replace("chance: 0.4", "chance: p_gain")


def run_of(text, **options):
    return explore(parse_scenario(text), worlds=N, grid=5, workers=1, **options)


def earned_of(run, *claims, n=N):
    found = find_earned(run, n, claims)
    return found, {one.claim.name: one for one in found.claims}


@pytest.fixture(scope="module")
def pulled():
    """A run in which the watcher minds arms and nothing that is learnt."""
    run = run_of(drawn((0.9, 1.1), (0.0, 0.0)))
    return run, *earned_of(run)


def test_what_arms_do_by_themselves_is_direct_in_every_world(pulled):
    run, _, claims = pulled
    line = claims["line-moves"]
    assert line.label == ("assumed",) * N
    chance = 1 - (1 - np.array(run.drawn()["p_gain"])) ** 2  # in either of two years
    assert np.ptp(chance) > 0.1
    assert line.parts[0] == pytest.approx(np.array([chance, 0 * chance, 0 * chance]).T, abs=1e-9)


def test_a_reply_to_the_act_is_strategic_in_every_world(pulled):
    run, _, claims = pulled
    climb = claims["they-climb"]
    assert climb.label == ("strategic",) * N

    def climbs(gain):  # logit in what climbing brings, and in the first year in waiting for it
        last = 1 / (1 + math.exp(-4 * gain))
        first = 1 / (1 + math.exp(-4 * (gain - last * gain)))
        return 1 - (1 - first) * (1 - last)

    by_hand = [climbs(pull - 0.2) - climbs(-0.2) for pull in run.drawn()["pull"]]
    assert climb.parts[0][:, 0] == pytest.approx(0, abs=1e-9)
    assert climb.parts[0][:, 1] == pytest.approx(by_hand, abs=1e-6)
    assert climb.parts[0][:, 2] == pytest.approx(0, abs=1e-9)


def test_what_acts_of_some_types_reveal_is_informational_in_every_world():
    run = run_of(drawn((0.0, 0.0), (3.5, 4.5)))
    _, claims = earned_of(run, "they-learn")
    [learnt] = claims.values()
    assert learnt.label == ("informational",) * N
    assert learnt.parts[0][:, :2] == pytest.approx(0, abs=1e-9)
    gap = run.of("climbed", "send") - run.of("climbed", "stay")
    assert learnt.parts[0][:, 2] == pytest.approx(gap, abs=1e-9)
    assert np.ptp(gap) > 0


def test_parts_sum_to_what_each_world_comes_to_when_it_is_solved_anew():
    run = run_of(drawn((-0.5, 1.0), (-3.0, 3.0)))
    found, claims = earned_of(run, n=3)
    assert found.worlds == (0, 1, 2)
    scenario, asked = run.scenario, dict.fromkeys(("stay", "send", "arm"))
    for world in found.worlds:
        laid = Laid(grid=5, drawn=run.worlds.drawn(world, run.assumptions))
        whole = measure_cases(scenario, asked, laid, {})
        labels = label_claims(scenario, read_claims(scenario, {}), laid, {}, whole)
        for name, one in claims.items():
            [comparison] = one.claim.comparisons
            parts = one.parts[0, world]
            assert parts.sum() == pytest.approx(comparison.slack(whole), abs=1e-9)
            assert parts == pytest.approx(labels[name][1][0].parts, abs=1e-9)
            assert one.label[world] == labels[name][0]
            assert one.verdict[world] == comparison.verdict(whole)
    assert all(one.miss < 1e-9 for one in claims.values())


@pytest.mark.parametrize("laid", [{"view": "sharp"}, {"parameters": {"p_gain": 0.45}}])
def test_worlds_are_split_under_what_the_run_was_laid_under(laid):
    text = drawn((0.9, 1.1), (0.0, 0.0)) + "views: {sharp: {set: {p_gain: 0.45}}}\n"
    _, claims = earned_of(run_of(text, **laid), "line-moves", n=2)
    assert claims["line-moves"].parts[0][:, 0] == pytest.approx(1 - 0.55**2)


def test_worlds_are_split_on_the_belief_grid_of_the_run(pulled, monkeypatch):
    grids = []

    def noted(scenario, claims, laid, *words):
        grids.append(laid.grid)
        return label_claims(scenario, claims, laid, *words)

    monkeypatch.setattr(earned, "label_claims", noted)
    earned_of(pulled[0], "they-learn", n=2)
    assert grids == [5, 5]


MIXED = """
library:
  help:
    says: Arms help.
    sources: [judgement]
    roles: {rise: effect}
    parameters: {b_help: {value: 1, unit: log-odds, source: judgement}}
    shift: {rise: b_help}
    rival: {name: vain, says: They do not., note: nothing moves}
mechanisms: [{use: help, setting: {asserted: 0.5, rival: 0.5}, roles: {rise: gain}}]
"""


def test_worlds_are_split_under_their_own_settings_and_starts():
    text = drawn((0.9, 1.1), (0.0, 0.0))
    text = text.replace("line: {levels: [held, better], start: held}",
                        "line: {levels: [held, better], start: {held: 0.5, better: 0.5}}")  # fmt: skip
    run = run_of(text + MIXED)
    _, claims = earned_of(run, "line-moves")
    started = np.array(run.drawn()["start.line"]) == "better"
    helped = np.array(run.drawn()["setting.help"]) == "asserted"
    assert started.any()
    assert helped[~started].any()
    assert not helped[~started].all()
    p = np.array(run.drawn()["p_gain"])
    p = 1 / (1 + (1 - p) / p * np.exp(-1.0 * helped))  # log-odds one higher
    by_hand = np.where(started, 0, 1 - (1 - p) ** 2)
    assert claims["line-moves"].parts[0][:, 0] == pytest.approx(by_hand, abs=1e-9)
    assert [one == "undecided" for one in claims["line-moves"].label] == started.tolist()


def test_number_in_a_claim_is_that_of_the_world():
    text = drawn((0.9, 1.1), (0.0, 0.0)).replace(
        "better[stay] + 0.05", "better[stay] + 1.4 * p_gain"
    )
    run = run_of(text)
    _, claims = earned_of(run, "line-moves")
    p = np.array(run.drawn()["p_gain"])
    holds = 1 - (1 - p) ** 2 > 1.4 * p  # where p is below 0.6
    assert claims["line-moves"].verdict == tuple(np.where(holds, "holds", "undecided"))


def test_world_that_the_run_could_not_solve_is_left_out_and_told(monkeypatch):
    real, broken = jobs.solve_one, []

    def fails(scenario, one, laid, *words):
        if "arm" in one.cases and len(broken) < 1:
            broken.append(one)
            raise MemoryError("far too large")
        return real(scenario, one, laid, *words)

    monkeypatch.setattr(jobs, "solve_one", fails)
    run = run_of(drawn((0.9, 1.1), (0.0, 0.0)))
    found, claims = earned_of(run, n=2)
    assert (found.n_unsolved, found.reason) == (1, "MemoryError: far too large")
    assert len(claims["line-moves"].label) == 1
    assert len(claims["they-learn"].label) == 2


def test_processes_find_what_this_one_finds(pulled, monkeypatch):
    monkeypatch.setattr(sharing, "WORTH_SHARING", 0.0)
    monkeypatch.setattr(sharing, "default_threads", lambda: 2)
    run, found, claims = pulled
    shared, again = earned_of(run)
    assert shared.worlds == found.worlds
    for name, one in claims.items():
        assert again[name].label == one.label
        assert again[name].parts.tobytes() == one.parts.tobytes()


def test_claims_whose_cases_the_run_lacks_are_left_out_or_refused():
    run = run_of(drawn((0.9, 1.1), (0.0, 0.0)), cases=["stay", "arm"])
    found, claims = earned_of(run, n=1)
    assert found.left_out == ("they-learn",)
    assert set(claims) == {"line-moves", "they-climb", "mostly"}
    for wanted, code in (("they-learn", "R621"), ("they-lern", "R619")):
        with pytest.raises(RunError) as caught:
            find_earned(run, 1, [wanted])
        assert [one.code for one in caught.value.problems] == [code]


def test_mean_has_the_interval_of_student():
    values = np.array([0.3, 0.1, np.nan, 0.7, 0.2, np.inf])
    told = values[np.isfinite(values)]
    low, high = student.interval(0.95, 3, loc=told.mean(), scale=told.std(ddof=1) / 2)
    assert mean_over_worlds(values) == pytest.approx((told.mean(), low, high))
    assert mean_over_worlds(values[:1])[0] == 0.3
    assert np.isnan(mean_over_worlds(values[:1])[1:]).all()
    assert np.isnan(mean_over_worlds(values[2:3])).all()


def test_interval_of_a_mean_covers_as_often_as_it_says():
    generator = np.random.default_rng(5)
    samples = generator.exponential(size=(2000, 32))
    found = [mean_over_worlds(one) for one in samples]
    share = np.mean([one.low <= 1 <= one.high for one in found])
    assert 0.91 < share < 0.96  # a skewed part costs a little
