"""A world draws what is uncertain, leaves what is settled, and lies under its case."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from scipy.stats import spearmanr

from helpers.scenarios import scenario_from
from helpers.toys import TOY
from offramp.errors import ScenarioError
from offramp.exploration.assumptions import draw, read_assumptions
from offramp.exploration.design import DESIGNS
from offramp.scenario import bind

SCENARIO = scenario_from(TOY)


def test_numbers_settings_and_start_levels_are_drawn_and_the_rest_is_settled():
    found = read_assumptions(SCENARIO)
    assert list(found.numbers) == ["gain", "toll", "care", "p_firm"]
    assert found.mechanisms == {"pride": {"asserted": 0.75, "rival": 0.25}}
    assert found.starts == {"mood": {"calm": 0.75, "tense": 0.25}}
    assert found.settled == {"fixed": 0.2}
    assert found.settled_mechanisms == {}


def test_what_a_view_sets_is_settled_and_what_it_weighs_is_drawn_by_its_weights():
    hawk = read_assumptions(SCENARIO, "hawk")
    assert list(hawk.numbers) == ["toll", "care", "p_firm"]
    assert hawk.settled == {"fixed": 0.2, "gain": 2}
    assert (hawk.mechanisms, hawk.starts) == ({}, {})
    assert hawk.settled_mechanisms == {"pride": "asserted"}
    dove = read_assumptions(SCENARIO, "dove").mechanisms["pride"]
    assert dove == pytest.approx({"asserted": 0.1, "rival": 0.9})
    assert read_assumptions(SCENARIO, "even").mechanisms == {
        "pride": {"asserted": 0.5, "rival": 0.5}
    }


def test_what_is_given_from_outside_is_settled():
    found = read_assumptions(SCENARIO, parameters={"toll": 0.3, "mood": "hot"})
    assert list(found.numbers) == ["gain", "care", "p_firm"]
    assert found.settled["toll"] == 0.3
    assert found.starts == {}


def test_unknown_view_is_told():
    with pytest.raises(ScenarioError, match="S407"):
        read_assumptions(SCENARIO, "hawkish")


@pytest.mark.parametrize("design", DESIGNS)
def test_draws_follow_ranges_and_weights(design):
    found = read_assumptions(SCENARIO)
    worlds = draw(found, 256, design, 5)
    gain, toll, care, _ = worlds.number.T
    # evenly over the range, over the logarithm, and by weight: the quarters hold a quarter each
    assert np.histogram(gain, [0.5, 0.875, 1.25, 1.625, 2])[0].tolist() == [64] * 4
    edges = np.log([0.1, 0.1**0.75, 0.1**0.5, 0.1**0.25, 1])
    assert np.histogram(np.log(toll), edges)[0].tolist() == [64] * 4
    assert Counter(care.tolist()) == {2.0: 128, 4.0: 128}
    assert Counter(worlds.setting[:, 0].tolist()) == {0: 192, 1: 64}
    assert Counter(worlds.start[:, 0].tolist()) == {0: 192, 1: 64}
    assert worlds.weight.sum() == pytest.approx(1)


def test_first_worlds_of_a_longer_sobol_design_are_the_same():
    found = read_assumptions(SCENARIO)
    short, long = draw(found, 11, "sobol", 3), draw(found, 100, "sobol", 3)
    for name in ("number", "setting", "start"):
        assert np.array_equal(getattr(short, name), getattr(long, name)[:11])


def test_first_worlds_stay_the_same_where_parameters_are_bundled():
    bundled = TOY + "bundles: [{parameters: [gain, toll, p_firm], rank_correlation: 0.8}]\n"
    found = read_assumptions(scenario_from(bundled))
    short, long = draw(found, 10, "sobol", 3), draw(found, 1024, "sobol", 3)
    assert np.array_equal(short.number, long.number[:10])
    ranks = spearmanr(long.number[:, [0, 1, 3]]).statistic
    assert ranks[np.triu_indices(3, 1)] == pytest.approx(0.8, abs=0.03)
    assert np.histogram(long.number[:, 0], [0.5, 1.25, 2])[0] == pytest.approx([512, 512], abs=25)


def test_another_seed_draws_other_worlds():
    found = read_assumptions(SCENARIO)
    for design in DESIGNS:
        one, other = (draw(found, 8, design, seed).number for seed in (1, 2))
        assert not np.array_equal(one, other)


def test_world_lies_under_what_a_case_sets_and_over_the_file():
    drawn = {"gain": 1.5, "toll": 0.9, "mood": "tense"}
    plain = bind(SCENARIO, case="solved", drawn=drawn)
    assert (plain.parameters["gain"], plain.parameters["toll"]) == (1.5, 0.9)
    assert plain.start.levels["mood"] == ((1, 1.0),)
    assert bind(SCENARIO, case="cheap", drawn=drawn).parameters["toll"] == 0.1
    assert bind(SCENARIO, case="hot", drawn=drawn).start.levels["mood"] == ((2, 1.0),)
    given = bind(SCENARIO, case="cheap", drawn=drawn, parameters={"toll": 0.7})
    assert given.parameters["toll"] == 0.7


def test_world_names_what_it_drew():
    found = read_assumptions(SCENARIO)
    worlds = draw(found, 4, "lhs", 1)
    drawn = worlds.drawn(2, found)
    assert drawn["gain"] == worlds.number[2, 0]
    assert drawn["mood"] == ["calm", "tense"][worlds.start[2, 0]]
    settings = ["asserted", "rival"][worlds.setting[2, 0]]
    assert worlds.settings(2, found) == {"pride": settings}


def test_scenario_without_doubt_has_equal_worlds():
    sure = read_assumptions(SCENARIO, "hawk", {"toll": 1, "care": 2, "p_firm": 0.5})
    assert len(sure) == 0
    for design in DESIGNS:
        assert draw(sure, 3, design, 1).number.shape == (3, 0)
