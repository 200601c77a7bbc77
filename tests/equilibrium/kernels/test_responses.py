"""Kernels of single points: matrices are inverted, and short cuts agree with the long way."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from offramp.equilibrium import solve, stage_game
from offramp.equilibrium.kernels.responses import invert_listed
from offramp.game import compile_game
from offramp.scenario import load_scenario


def inverted(matrix):
    inverse, sign = np.empty_like(matrix), np.empty(len(matrix))
    invert_listed(0, len(matrix), matrix.copy(), inverse, sign)
    return inverse, sign


@pytest.mark.parametrize("size", [1, 2, 5, 13])
def test_inverses_and_signs_are_those_of_the_library(size):
    matrix = np.random.default_rng(size).normal(size=(50, size, size))
    matrix[0, 0, 0] *= 1e-9  # rows have to be exchanged
    inverse, sign = inverted(matrix)
    assert np.all(sign == np.linalg.slogdet(matrix)[0])
    assert inverse @ matrix == pytest.approx(np.tile(np.eye(size), (50, 1, 1)), abs=1e-8)


def test_a_singular_matrix_has_no_sign_and_an_infinite_inverse():
    matrix = np.array([[[1.0, 2.0], [2.0, 4.0]], [[0.0, 1.0], [1.0, 0.0]]])
    inverse, sign = inverted(matrix)
    assert list(sign) == [0.0, -1.0]
    assert np.all(np.isinf(inverse[0]))
    assert np.array_equal(inverse[1], matrix[1])


@pytest.mark.parametrize("learning", [True, False])
def test_a_lone_mover_is_solved_as_movers_are_in_general(monkeypatch, learning):
    game = compile_game(load_scenario("guarantee-2025"), case="nothing", grid=3, learning=learning)
    solve_points, seen = stage_game._solve_points, []

    def compared(task, effort, precision, *rest):
        listed = stage_game._every_point(task)[::97]
        alone = stage_game._points(task, precision, listed)
        assert alone.equation.apart == 1
        general = replace(alone, equation=alone.equation._replace(apart=0))
        n, every = len(listed), np.arange(len(listed))
        generator = np.random.default_rng(n)
        score = generator.normal(size=(n, alone.width)) * generator.choice([1.0, 40.0], (n, 1))
        score[0] *= 1000.0  # chances that underflow
        share = generator.random(n)
        mine, theirs = score.copy(), score.copy()
        response, expected = (one.respond(every, at, share)
                              for one, at in ((alone, mine), (general, theirs)))  # fmt: skip
        for found, wanted in zip(response, expected, strict=True):
            assert found == pytest.approx(wanted, rel=1e-9, abs=1e-9)
        slopes = alone.slopes(every, mine, share, response[0])
        long_way = general.slopes(every, theirs, share, expected[0])
        # two differences of values, each good to a millionth of the largest
        assert slopes == pytest.approx(long_way, abs=1e-5 * np.abs(expected[0]).max())
        seen.append(np.abs(long_way - np.eye(alone.width)).max())
        return solve_points(task, effort, precision, *rest)

    monkeypatch.setattr(stage_game, "_solve_points", compared)
    solve(game, threads=2)
    assert seen
    assert (max(seen) > 0.01) == learning  # without learning nothing depends on play
