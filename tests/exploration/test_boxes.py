"""PRIM: step by step as ema-workbench has it, and right where a box was planted."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from scipy.stats import binomtest

from offramp.exploration.boxes import (
    find_boxes,
    peel_box,
    quasi_p_values,
    whole_box,
    worlds_in,
)
from offramp.exploration.drawn import Drawn

NAMES = ("a", "b", "c", "m")
SETTINGS = ((), (), (), ("absent", "asserted", "rival"))


def drawn(n_worlds: int, seed: int) -> Drawn:
    generator = np.random.default_rng(seed)
    numbers = generator.random((n_worlds, 3))
    return Drawn(NAMES, SETTINGS, np.column_stack([numbers, generator.integers(0, 3, n_worlds)]))


def planted(worlds: Drawn, noise: float, seed: int = 1) -> np.ndarray:
    a, _, c, m = worlds.value.T
    inside = (a > 0.6) & (c < 0.5) & (m != 0)
    return inside ^ (np.random.default_rng(seed).random(a.size) < noise)


@pytest.fixture(scope="module")
def their_prim():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return pytest.importorskip(
            "ema_workbench.analysis.prim", reason="ema-workbench is not installed"
        )


def run_theirs(their_prim, worlds, interest, **options):
    import pandas as pd

    frame = pd.DataFrame(worlds.value[:, :3], columns=list(NAMES[:3]))
    if len(worlds.names) > 3:
        frame["m"] = [SETTINGS[3][int(s)] for s in worlds.value[:, 3]]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        prim = their_prim.Prim(frame, interest.astype(int), threshold=0.1, **options)
        return prim.find_box()


def numbers_only(worlds: Drawn) -> Drawn:
    return Drawn(NAMES[:3], SETTINGS[:3], worlds.value[:, :3])


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("with_settings", [False, True])
def test_every_peel_is_that_of_ema_workbench(their_prim, seed, with_settings):
    worlds = drawn(600, seed)
    interest = planted(worlds, 0.1, seed)
    worlds = worlds if with_settings else numbers_only(worlds)
    theirs = run_theirs(their_prim, worlds, interest)
    ours = peel_box(worlds, interest)
    n_peels = ours.first_paste
    table = theirs.peeling_trajectory
    assert n_peels > 10
    assert int((np.diff(table["mass"]) < 0).sum()) + 1 == n_peels
    for name, column in [
        ("coverage", ours.coverage),
        ("density", ours.density),
        ("mass", ours.mass),
        ("res_dim", ours.n_restricted),
        ("n", ours.n_worlds),
        ("k", ours.n_interest),
    ]:
        assert column[:n_peels] == pytest.approx(table[name].to_numpy(dtype=float)[:n_peels])
    last, limits = ours.boxes[n_peels - 1], theirs.box_lims[n_peels - 1]
    for k, name in enumerate(NAMES[:3]):
        column = worlds.value[:, k]
        low = last.low[k] if np.isfinite(last.low[k]) else column.min()
        high = last.high[k] if np.isfinite(last.high[k]) else column.max()
        assert [low, high] == pytest.approx(limits[name].to_numpy(dtype=float).tolist())
    if with_settings:
        kept = {SETTINGS[3][s] for s in np.flatnonzero(last.kept[3])}
        assert kept == set(limits["m"].iloc[0])


def test_quasi_p_value_is_that_of_ema_workbench_where_one_end_is_limited(their_prim):
    worlds = drawn(600, 2)
    interest = planted(worlds, 0.1)
    theirs = run_theirs(their_prim, worlds, interest)
    ours = peel_box(worlds, interest)
    compared = 0
    for k in range(1, ours.first_paste):
        box = ours.boxes[k]
        found = quasi_p_values(box, worlds, interest)
        for a, name in enumerate(NAMES):
            both = np.isfinite(box.low[a]) and np.isfinite(box.high[a])
            if box.restricted()[a] and not both:
                assert found[a] == pytest.approx(max(theirs.qp[k][name]), rel=1e-9)
                compared += 1
            elif not box.restricted()[a]:
                assert np.isnan(found[a])
    assert compared > 10


def test_quasi_p_value_is_a_binomial_tail():
    worlds = Drawn(("a",), ((),), np.arange(10.0)[:, None])
    interest = np.arange(10) >= 6
    box = whole_box(worlds)
    box.low[0] = 5.5
    tail = binomtest(4, 4, 0.4, alternative="greater").pvalue
    assert quasi_p_values(box, worlds, interest) == pytest.approx([tail])


@pytest.mark.parametrize("noise", [0.0, 0.03])
def test_planted_box_is_found(noise):
    worlds = drawn(3000, 4)
    found = find_boxes(worlds, planted(worlds, noise), least_density=0.94)
    box, at = found[0].box, found[0].at
    assert box.restricted().tolist() == [True, False, True, True]
    assert box.low[0] == pytest.approx(0.6, abs=0.03)
    assert box.high[2] == pytest.approx(0.5, abs=0.03)
    assert box.kept[3].tolist() == [False, True, True]
    assert at.density[0] >= 0.94
    assert (found[0].quasi_p[[0, 2, 3]] < 0.001).all()
    if not noise:
        assert at.coverage[0] > 0.93


def test_second_box_is_found_among_what_the_first_left():
    worlds = drawn(4000, 5)
    a, b, c, _ = worlds.value.T
    interest = ((a > 0.7) & (c < 0.6)) | ((a < 0.6) & (b > 0.8))
    first, second, *more = find_boxes(worlds, interest, least_density=0.95)
    assert first.box.low[0] == pytest.approx(0.7, abs=0.03)
    assert first.box.high[2] == pytest.approx(0.6, abs=0.03)
    assert second.box.high[0] == pytest.approx(0.6, abs=0.03)
    assert second.box.low[1] == pytest.approx(0.8, abs=0.03)
    assert first.at.coverage[0] + second.at.coverage[0] == pytest.approx(1, abs=0.06)
    both = worlds_in(first.box, worlds) & worlds_in(second.box, worlds)
    assert (
        second.at.n_worlds[0]
        == (worlds_in(second.box, worlds) & ~worlds_in(first.box, worlds)).sum()
    )
    assert not more


def test_no_box_where_interest_is_strewn_at_random():
    worlds = drawn(1000, 6)
    interest = np.random.default_rng(1).random(1000) < 0.3
    assert find_boxes(worlds, interest) == ()


def test_no_box_where_nothing_or_everything_is_of_interest():
    worlds = drawn(100, 6)
    assert find_boxes(worlds, np.zeros(100, dtype=bool)) == ()
    assert find_boxes(worlds, np.ones(100, dtype=bool)) == ()


def test_pasting_gives_back_what_peeling_took_too_much():
    # all of interest lies below 0.7, most densely from 0.5 on; a slice of two fifths takes half
    # of that part away, and pasting gives it back
    worlds = Drawn(("a",), ((),), (np.arange(1000.0)[:, None] + 0.5) / 1000)
    a = worlds.value[:, 0]
    interest = (a < 0.7) & ((a > 0.5) | (np.arange(1000) % 2 == 0))
    found = peel_box(worlds, interest, peel=0.4, paste=0.02, least_mass=0.5)
    assert found.boxes[found.first_paste - 1].high[0] == pytest.approx(0.6)
    assert found.boxes[-1].high[0] == pytest.approx(0.7, abs=0.01)
    assert (np.diff(found.density[found.first_paste - 1 :]) > 0).all()
    assert found.n_worlds[-1] == pytest.approx(700, abs=10)


def test_weight_in_whole_numbers_is_that_many_worlds():
    worlds = drawn(300, 7)
    interest = planted(worlds, 0.1)
    times = np.random.default_rng(1).integers(1, 4, 300)
    weighted = peel_box(worlds, interest, weights=times.astype(float))
    repeated = peel_box(
        worlds.of_worlds(np.repeat(np.arange(300), times)), np.repeat(interest, times)
    )
    assert weighted.mass == pytest.approx(repeated.mass)
    assert weighted.density == pytest.approx(repeated.density)
    assert weighted.boxes[-1].low == pytest.approx(repeated.boxes[-1].low)


def test_box_that_covers_most_is_found_among_the_dense():
    worlds = drawn(800, 8)
    interest = planted(worlds, 0.0)
    [found, *_] = find_boxes(worlds, interest)
    curve = found.trajectory
    assert found.at.density[0] >= 0.8
    assert found.at.coverage[0] >= curve.coverage[curve.density >= 0.8].max()
    assert find_boxes(worlds, interest, least_density=1.1) == ()


def test_no_restriction_is_left_that_the_box_is_dense_enough_without():
    worlds = drawn(2000, 11)
    [found, *_] = find_boxes(worlds, planted(worlds, 0.1))
    interest = planted(worlds, 0.1)
    for k in np.flatnonzero(found.box.restricted()):
        inside = worlds_in(found.box.without(int(k)), worlds)
        assert interest[inside].mean() < 0.8


@pytest.mark.parametrize("most", [1, 2, 3])
def test_box_of_many_restrictions_is_not_offered(most):
    worlds = drawn(2000, 12)
    boxes = find_boxes(worlds, planted(worlds, 0.0), most_restricted=most, least_density=0.9)
    assert all(one.box.restricted().sum() <= most for one in boxes)
    assert bool(boxes) == (most == 3)  # that are planted


def test_worlds_and_interest_of_unequal_number_are_refused():
    with pytest.raises(ValueError, match="of interest"):
        peel_box(drawn(10, 1), np.ones(9, dtype=bool))


def test_of_boxes_that_cover_alike_the_denser_is_chosen():
    value = np.linspace(0.0, 1.0, 8)
    worlds = Drawn(("a",), ((),), value[:, None])
    interest = value > 0.5
    [found] = find_boxes(worlds, interest, least_mass=0.2)
    assert (found.at.coverage[0], found.at.density[0]) == (1.0, 1.0)


def test_box_that_is_hardly_denser_than_all_worlds_is_not_offered():
    """With 79 % of interest anyway, four in five inside would say nothing."""
    worlds = drawn(1000, 8)
    interest = worlds.value[:, 0] > 0.21
    for one in find_boxes(worlds, interest):
        assert one.at.density[0] >= (1 + interest.mean()) / 2
