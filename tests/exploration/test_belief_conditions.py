"""What one must believe: planted conditions of each size are found, and chance finds none."""

from __future__ import annotations

import numpy as np
import pytest

from offramp.exploration.belief_conditions import find_conditions
from offramp.exploration.boxes import worlds_in
from offramp.exploration.drawn import Drawn

NAMES = ("a", "b", "c", "d", "e", "m", "n")
THREE = ("absent", "asserted", "rival")
SETTINGS = ((), (), (), (), (), THREE, THREE)


def drawn(n_worlds: int, seed: int) -> Drawn:
    generator = np.random.default_rng(seed)
    numbers, settings = generator.random((n_worlds, 5)), generator.integers(0, 3, (n_worlds, 2))
    return Drawn(NAMES, SETTINGS, np.hstack([numbers, settings]))


def find(worlds, best, seed=1, **options):
    found = find_conditions(worlds, best, np.random.default_rng(seed), **options)
    for one in found.conditions:  # what is told of a condition can be counted again
        inside = worlds_in(one.box, worlds)
        assert one.n_worlds == inside.sum()
        assert one.n_best == best[inside].sum()
        assert one.purity >= options.get("purity", 0.9) - 1e-9  # over both halves together
        assert 0 < one.n_tried < one.n_worlds
    return found


def about(condition):
    return [NAMES[k] for k in np.flatnonzero(condition.box.restricted())]


def test_single_number_is_found():
    worlds = drawn(1000, 1)
    found = find(worlds, (worlds.value[:, 2] > 0.2) & (worlds.value[:, 2] < 0.6), purity=0.98)
    assert found.answer == "found"
    [one] = found.conditions
    assert about(one) == ["c"]
    assert one.box.low[2] == pytest.approx(0.2, abs=0.02)
    assert one.box.high[2] == pytest.approx(0.6, abs=0.02)


def test_single_setting_is_found():
    worlds = drawn(1000, 2)
    best = (worlds.value[:, 6] != 2) & (worlds.value[:, 0] > 0.03)
    found = find(worlds, best)
    assert [about(one) for one in found.conditions] == [["n"]]
    assert found.conditions[0].box.kept[6].tolist() == [True, True, False]
    assert found.conditions[0].purity == pytest.approx(0.97, abs=0.02)


def test_pair_of_number_and_setting_is_found():
    worlds = drawn(1500, 3)
    found = find(worlds, (worlds.value[:, 1] < 0.55) & (worlds.value[:, 5] == 1), purity=0.97)
    [one] = found.conditions
    assert about(one) == ["b", "m"]
    assert one.box.high[1] == pytest.approx(0.55, abs=0.03)
    assert one.box.kept[5].tolist() == [False, True, False]


def test_triple_is_found():
    worlds = drawn(3000, 4)
    a, _, c, _, _, m, _ = worlds.value.T
    best = (a > 0.4) & (c < 0.6) & (m != 0)
    found = find(worlds, best, purity=0.97)
    assert [about(one) for one in found.conditions] == [["a", "c", "m"]]
    assert found.conditions[0].n_best > 0.85 * best.sum()


def test_fewer_assumptions_come_before_more_weight():
    worlds = drawn(2000, 5)
    a, b, c, *_ = worlds.value.T
    found = find(worlds, (a > 0.9) | ((b > 0.4) & (c > 0.4)), purity=0.97)
    assert [about(one) for one in found.conditions] == [["a"]]


def test_conditions_about_different_assumptions_stand_side_by_side_heaviest_first():
    worlds = drawn(2000, 6)
    a, b, *_ = worlds.value.T
    found = find(worlds, (a > 0.8) | (b > 0.7), purity=0.97)
    assert [about(one) for one in found.conditions] == [["b"], ["a"]]
    assert len(find(worlds, (a > 0.8) | (b > 0.7), purity=0.97, most=1).conditions) == 1


@pytest.mark.parametrize("chance", [0.1, 0.5, 0.8, 0.85])
def test_chance_satisfies_nobody(chance):
    answers = []
    for seed in range(30):
        worlds = drawn(400, seed)
        best = np.random.default_rng(100 + seed).random(400) < chance
        found = find(worlds, best, most_assumptions=2)
        answers.append(found.answer)
        assert found.n_best == best.sum()
    # at most one of twenty is mistaken on average; of 30, more than four are in 1 of 60 tests
    assert answers.count("none found") >= 26


def test_best_everywhere_and_nowhere_need_no_belief():
    worlds = drawn(100, 7)
    assert find(worlds, np.arange(100) < 95).answer == "everywhere"
    assert find(worlds, np.zeros(100, dtype=bool)).answer == "nowhere"
    # worlds of no weight count for nothing
    weights = (np.arange(100) < 50).astype(float)
    assert find(worlds, np.arange(100) < 50, weights=weights).answer == "everywhere"
    assert find(worlds, np.arange(100) >= 50, weights=weights).answer == "nowhere"


def test_condition_of_too_little_weight_is_none():
    worlds = drawn(2000, 8)
    best = worlds.value[:, 0] > 0.96
    assert find(worlds, best, least_mass=0.1, most_assumptions=2).answer == "none found"
    assert find(worlds, best, least_mass=0.03, most_assumptions=2).answer == "found"


def test_same_seed_finds_the_same():
    worlds = drawn(400, 9)
    best = (worlds.value[:, 0] > 0.5) ^ (np.random.default_rng(1).random(400) < 0.04)
    one, same, other = (find(worlds, best, seed=seed) for seed in (1, 1, 2))
    assert one.conditions[0].box.low.tolist() == same.conditions[0].box.low.tolist()
    assert one.conditions[0].n_tried_best != other.conditions[0].n_tried_best


def test_worlds_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="said to be best"):
        find(drawn(10, 1), np.ones(9, dtype=bool))
