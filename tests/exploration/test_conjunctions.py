"""Conjunctions: single ones exactly as trying everything finds them, pairs where neither tells alone."""

from __future__ import annotations

import itertools

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from offramp.exploration.boxes import whole_box, worlds_in
from offramp.exploration.conjunctions import (
    SearchedWorlds,
    conjunctions_by_size,
    widest_restriction,
)
from offramp.exploration.drawn import Drawn


def searched_by(column, best, weight, is_setting, purity, least_mass):
    settings = tuple("abcdefgh"[: int(column.max()) + 1]) if is_setting else ()
    worlds = Drawn(("x",), (settings,), column[:, None].astype(float))
    return SearchedWorlds(worlds, best, weight / weight.sum(), purity, least_mass)


worlds_lists = st.lists(
    st.tuples(st.integers(0, 6), st.booleans(), st.integers(1, 4)), min_size=2, max_size=25
)


@given(worlds_lists, st.sampled_from([0.5, 0.75, 0.9]), st.sampled_from([0.05, 0.3]))
def test_widest_interval_is_the_one_that_trying_all_finds(rows, purity, least_mass):
    column, best, weight = (np.array(x) for x in zip(*rows, strict=True))
    searched = searched_by(column, best, weight.astype(float), False, purity, least_mass)
    heaviest = 0
    for low, high in itertools.combinations_with_replacement(np.unique(column), 2):
        inside = (column >= low) & (column <= high)
        mass, hit = weight[inside].sum(), weight[inside & best].sum()
        if hit >= purity * mass - 1e-9 and mass >= least_mass * weight.sum() - 1e-9:
            heaviest = max(heaviest, mass)
    box = widest_restriction(
        searched, np.ones(column.size, dtype=bool), whole_box(searched.worlds), 0
    )
    if not heaviest:
        assert box is None
        return
    assert box is not None
    inside = worlds_in(box, searched.worlds)
    assert weight[inside].sum() == heaviest
    assert weight[inside & best].sum() >= purity * heaviest - 1e-9


@given(worlds_lists, st.sampled_from([0.5, 0.75, 0.9]))
def test_widest_subset_of_settings_is_the_one_that_trying_all_finds(rows, purity):
    column, best, weight = (np.array(x) for x in zip(*rows, strict=True))
    searched = searched_by(column, best, weight.astype(float), True, purity, 0.05)
    n = int(column.max()) + 1
    heaviest = 0
    for size in range(1, n):
        for chosen in itertools.combinations(range(n), size):
            inside = np.isin(column, chosen)
            mass, hit = weight[inside].sum(), weight[inside & best].sum()
            if hit >= purity * mass - 1e-9 and mass >= 0.05 * weight.sum() - 1e-9:
                heaviest = max(heaviest, mass)
    box = widest_restriction(
        searched, np.ones(column.size, dtype=bool), whole_box(searched.worlds), 0
    )
    found = 0 if box is None else weight[worlds_in(box, searched.worlds)].sum()
    assert found == heaviest


def test_pairs_are_found_where_neither_assumption_tells_anything_alone():
    value = np.random.default_rng(1).random((600, 4))
    best = (value[:, 1] > 0.5) ^ (value[:, 3] > 0.5)
    worlds = Drawn(("a", "b", "c", "d"), ((),) * 4, value)
    searched = SearchedWorlds(worlds, best, np.full(600, 1 / 600), 0.95, 0.05)
    sizes = conjunctions_by_size(searched)
    assert next(sizes) == []
    [pair] = next(sizes)
    assert pair.restricted().tolist() == [False, True, False, True]
    inside = worlds_in(pair, worlds)
    assert best[inside].mean() >= 0.95
    assert inside.mean() > 0.2  # one of the two corners, whole
