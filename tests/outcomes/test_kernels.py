"""Kernels: compiled and not, they give the same answer; what they do by hand."""

from __future__ import annotations

import numpy as np
import pytest

from offramp.game.beliefs import build_simplex, locate, reference_prior, update_belief
from offramp.outcomes import kernels, lesson_kernels, propagate
from offramp.outcomes.lesson_kernels import BY_ROW, Lessons, Likelihood, Part, Simplex
from outcomes.games import COVERT, FAMILY, HIDDEN, PROBE, Drawn, compiled

ASKED = {
    PROBE: "after(did(prober.probe) and front == held, did(guard.fight), within=0)",
    COVERT: "after(did(spy.strike), damage == much, within=1)",
    HIDDEN: "ever(did(victim.mend) and did(spy.boast))",
    FAMILY: "ever(chose(seller) > 0.5)",
}


@pytest.mark.parametrize("text", list(ASKED))
def test_compilation_switched_off_gives_the_same_answer(text, monkeypatch):
    game = compiled(text, measures=[ASKED[text]])
    compiled_answer = propagate(Drawn(game, 3))
    for module, called in ((kernels, "push_rows"), (lesson_kernels, "find_lessons")):
        jitted = [name for name, one in vars(module).items() if hasattr(one, "py_func")]
        assert called in jitted
        for name in jitted:
            monkeypatch.setattr(module, name, getattr(module, name).py_func)
    with np.errstate(all="ignore"):  # kernels divide by IEEE rules
        plain = propagate(Drawn(game, 3))
    assert plain.measures == pytest.approx(compiled_answer.measures, abs=1e-14)
    np.testing.assert_allclose(plain.levels, compiled_answer.levels, atol=1e-14)
    np.testing.assert_allclose(plain.value, compiled_answer.value, atol=1e-13)


@pytest.mark.parametrize("n_types", [2, 3])
def test_lessons_are_bayes_rule_and_interpolation(n_types):
    generator = np.random.default_rng(n_types)
    priors = generator.dirichlet(np.ones(n_types), size=3)
    grid = build_simplex(n_types, 6, priors, reference_prior(priors))
    n_points, n_rows = len(grid.points), 40
    log = generator.normal(scale=3.0, size=(n_rows, n_types, n_points))
    log[0] = -np.inf  # no type could have done it: the belief stays
    log[1, 0] = -np.inf
    log[2] = 0.7  # all alike: the belief stays
    number = np.arange(n_points, dtype=np.int32)
    simplex = Simplex(
        np.ascontiguousarray(grid.points.T), number, 1, grid.resolution,
        grid.cell_start.astype(np.int32), grid.piece.astype(np.int32), grid.inverse,
    )  # fmt: skip
    shape = (n_rows, n_points, n_types)
    lessons = Lessons(
        BY_ROW, np.zeros(0, np.int32), np.zeros(n_rows, np.uint8), np.empty(shape, np.int32),
        np.empty(shape),
    )  # fmt: skip
    rows = np.arange(n_rows, dtype=np.int32)
    start = np.arange(n_rows + 1, dtype=np.int32)
    lesson_kernels.find_lessons(
        0, n_rows, Part(rows, rows, rows), start, Likelihood(log, rows, False), simplex, 0, lessons
    )
    assert not lessons.moves[0]
    assert not lessons.moves[2]
    for row in np.flatnonzero(lessons.moves):
        for point in range(n_points):
            posterior = update_belief(grid.points[point], log[row, :, point])
            expected = locate(grid, posterior)
            found = np.zeros(n_points)
            np.add.at(found, lessons.corner[row, point], lessons.weight[row, point])
            wanted = np.zeros(n_points)
            np.add.at(wanted, expected.points, expected.weights)
            np.testing.assert_allclose(found @ grid.points, posterior, atol=1e-12)
            np.testing.assert_allclose(found, wanted, atol=1e-9)
