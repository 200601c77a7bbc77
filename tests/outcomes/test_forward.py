"""The forward pass against every path of small games, written out by hand of a plain walker."""

from __future__ import annotations

import numpy as np
import pytest

from offramp.outcomes import propagate
from outcomes.games import COVERT, FAMILY, HIDDEN, PROBE, Drawn, compiled
from outcomes.walker import Walker

ROUNDING = 1e-12  # sums of some thousand chances


def walked(game, solution, **options):
    walker = Walker(game, solution, **options)
    walker.walk()
    return walker


@pytest.mark.parametrize("text", [PROBE, COVERT, HIDDEN, FAMILY])
@pytest.mark.parametrize("seed", [1, 2])
def test_endings_and_values_are_those_of_all_paths(text, seed):
    game = compiled(text)
    solution = Drawn(game, seed)
    walker = walked(game, solution)
    outcomes = propagate(solution)
    assert sum(p.chance for p in walker.paths) == pytest.approx(1.0, abs=ROUNDING)
    for ending, chance in outcomes.ending_chance().items():
        assert walker.outcomes().get(ending, 0.0) == pytest.approx(chance, abs=ROUNDING)
    value = sum(path.chance * path.pay for path in walker.paths)
    np.testing.assert_allclose(outcomes.value, value, atol=ROUNDING)


MEASURES = {
    "probe": (
        PROBE,
        [
            "ever(mood == tense)",
            "ever(did(prober.probe))",
            "ever(did(prober.probe), by=1)",
            "ever(did(prober.probe) and front == lost)",
            "ever(front == lost and mood == tense)",
            "ever(was(front) > front)",
            "ever(did(prober.probe, 1) and mood == tense)",
            "ever(periods_since(mood == tense, 2) == 1)",
            "ever(period == 2 and mood == tense)",
            "time_to(front == lost)",
            "time_to(did(guard.fight))",
            "final(share(front))",
            "final(did(guard.fight))",
            "change(share(front))",
            "mean(share(mood) + did(prober.probe))",
            "sum(front * (mood == tense))",
            "sum(was(front) - front)",
            "sum(periods_since(did(guard.fight), 2))",
            "start(front == held)",
            "peak(mood)",
            "peak(front)",
            "count(prober.probe)",
            "belief(prober, guard.firm)",
            "after(did(prober.probe), did(guard.fight), within=0)",
            "after(did(prober.probe), mood == tense, within=1)",
            "after(did(prober.probe) and front == held, did(guard.fight), within=0)",
            "after(mood == tense, front == lost, within=1)",
            "after(not did(prober.probe), did(guard.fight), within=1)",
            "after(period == 2, mood == tense, within=0)",
            "after(did(prober.probe), period == 2 and front == lost, within=1)",
            "after(did(prober.probe) and period == 1, did(guard.fight), within=1)",
            "after(did(prober.probe) and front == held and period == 2, mood == tense, within=0)",
            "after(did(guard.fight) and front < was(front) and period > 1, mood == calm, within=0)",
            "after(did(prober.probe) and was(front) > lost and period == 1, front == lost, within=1)",
            "after(did(prober.probe) and was(mood, 1) == calm and period == 2, mood == calm, within=0)",
            "after(front == lost, mood == tense and period == 2, within=1)",
            "after(front < was(front), mood == calm, within=1)",
            "after(did(guard.fight) or mood == tense, did(prober.probe, 1), within=1)",
            "1 - 2 * ever(mood == tense) / (1 + count(guard.fight))",
            "value(guard)",
        ],
    ),
    "covert": (
        COVERT,
        [
            "ever(did(spy.strike))",
            "ever(did(spy.strike) and damage == some)",
            "ever(damage == much)",
            "after(did(spy.strike), damage == much, within=1)",
            "belief(victim, spy.bold)",
            "count(spy.strike)",
            "final(did(spy.strike) * share(damage))",
            "peak(damage)",
        ],
    ),
    "hidden": (
        HIDDEN,
        [
            "after(did(spy.boast), did(victim.mend) and did(spy.boast), within=0)",
            "after(damage < some, did(victim.mend), within=1)",
            "belief(victim, spy.bold)",
            "belief(spy, fact.easy)",
            "time_to(did(victim.mend))",
            "ever(did(victim.mend) and did(spy.boast))",
        ],
    ),
    "family": (
        FAMILY,
        [
            "ever(chose(seller) > 0.5)",
            "sum(chose(seller))",
            "final(heat)",
            "peak(heat)",
            "count(seller.offer)",
            "after(chose(seller) == 0.5, deal == struck, within=0)",
            "after(did(seller.offer), heat == 0, within=1)",
            "ever(did(seller.offer_1, 1) and heat == 0)",
            "mean(was(heat, 1))",
            "time_to(deal == struck)",
        ],
    ),
}
CASES = [(name, number) for name, (_, asked) in MEASURES.items() for number in range(len(asked))]


@pytest.fixture(scope="module")
def answers():
    """Every measure of every game, all of a game's at once (so that columns are shared)."""
    found = {}
    for name, (text, asked) in MEASURES.items():
        game = compiled(text, measures=asked)
        solution = Drawn(game, 3)
        found[name] = (propagate(solution).measures, walked(game, solution), game.crisis.measures)
    return found


@pytest.mark.parametrize(("name", "number"), CASES)
def test_measure_is_read_as_off_all_paths(answers, name, number):
    measures, walker, declared = answers[name]
    expected = walker.measure(declared[number].is_)
    found = measures[declared[number].name]
    assert found == pytest.approx(expected, abs=ROUNDING, nan_ok=True), MEASURES[name][1][number]


@pytest.mark.parametrize(("name", "number"), CASES)
def test_measure_asked_alone_is_the_same(answers, name, number):
    text, asked = MEASURES[name]
    game = compiled(text, measures=[asked[number]])
    alone = propagate(Drawn(game, 3)).measures["m0"]
    assert alone == pytest.approx(answers[name][0][f"m{number}"], abs=ROUNDING, nan_ok=True)
