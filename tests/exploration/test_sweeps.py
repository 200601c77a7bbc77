"""Sweeps: every point is what a single run gives there, and what theory gives."""

from __future__ import annotations

import math

import numpy as np
import pytest

from helpers.scenarios import scenario_from
from offramp.errors import RunError, ScenarioError
from offramp.exploration import Laid, read_axis, sweep
from offramp.report.results import describe_run

PUSH = {
    "offramp": 1,
    "name": "push",
    "period": {"unit": "month", "count": 1},
    "parameters": {"toll": {"value": 0.5, "unit": "payoff", "source": "judgement"}},
    "variables": {
        "front": {"levels": ["calm", "tense", "hot"], "start": "calm"},
        "price": {"levels": {"from": 0, "to": 1, "step": 0.25}, "start": 0.5},
    },
    "players": {
        "north": {
            "precision": 2,
            "types": {
                "meek": {"prior": 3, "set": {"fear": 1}},
                "bold": {"prior": 1, "set": {"fear": 0}},
            },
        }
    },
    "stages": [
        {
            "name": "move",
            "player": "north",
            "actions": {
                "wait": {},
                "push": {"when": "front < hot", "cost": "toll * fear + price", "effects": [
                    {"name": "drive", "set": "front", "to": "hot"}]},
            },
        }
    ],
    "endings": {"war": {"when": "front == hot and period == 1 and did(north.push)"}},
    "measures": {"hot": {"is": "final(front == hot)"}},
}  # fmt: skip


@pytest.fixture(scope="module")
def push():
    return scenario_from(PUSH)


def share(cost, precision=2.0):
    return 1.0 / (1.0 + math.exp(precision * cost))


def test_every_point_has_its_closed_form(push):
    found = sweep(
        push,
        ["toll=0:2:3", "north.precision=1:4:3:log"],
        measures=["north.meek.push", "north.bold.push@move", "war", "hot", "ever(front == hot)"],
    )
    assert found.points[:4] == ((0.0, 1.0), (0.0, 2.0), (0.0, 4.0), (1.0, 1.0))
    for (toll, precision), (meek, bold, war, hot, ever) in zip(
        found.points, found.value[:, 0], strict=True
    ):
        assert meek == pytest.approx(share(toll + 0.5, precision), abs=1e-12)
        assert bold == pytest.approx(share(0.5, precision), abs=1e-12)
        assert war == pytest.approx(0.75 * meek + 0.25 * bold, abs=1e-12)
        assert war == pytest.approx(hot) == pytest.approx(ever)
    assert not found.not_converged.any()
    assert found.residual.max() < 1e-9


def test_starts_and_chances_of_types_are_moved_too(push):
    found = sweep(push, ["price=0,0.25,1", "north.bold.prior=0:1:3"], measures=["north.push"])
    expected = [
        (1 - bold) * share(0.5 + price) + bold * share(price) for price, bold in found.points
    ]
    assert found.value[:, 0, 0] == pytest.approx(expected, abs=1e-12)
    levels = sweep(push, ["front=calm:hot"], measures=["north.push", "hot"])
    assert levels.points == (("calm",), ("tense",), ("hot",))
    assert levels.value[2, 0].tolist() == [0.0, 1.0]
    assert levels.value[0, 0, 0] == pytest.approx(levels.value[1, 0, 0])


def test_a_point_is_what_a_run_gives_there():
    from offramp.scenario import load_scenario

    cases = ("solved", "always-fight")
    found = sweep(load_scenario("pledge"), ["p_firm=0.2,0.6"], cases=cases, laid=Laid(grid=7))
    for k, (p_firm,) in enumerate(found.points):
        run = describe_run("pledge", cases=cases, parameters={"p_firm": p_firm}, grid=7)
        for c, case in enumerate(run.cases):
            assert case.case == found.cases[c]
            assert found.value[k, c].tolist() == [row.value for row in case.measures]


def test_what_never_arises_is_not_a_number(push):
    found = sweep(
        push, ["front=tense,hot"], measures=["after(did(north.push), front == hot, within=1)"]
    )
    assert found.value[0, 0, 0] == 1.0
    assert np.isnan(found.value[1, 0, 0])


def test_tables_name_every_axis(push):
    found = sweep(push, ["toll=0:1:2", "price=0,0.5,1"], measures=["hot"])
    frame, dataset = found.to_pandas(), found.to_xarray()
    assert list(frame) == ["toll", "price", "case", "hot", "residual", "not_converged"]
    assert dataset["hot"].dims == ("toll", "price", "case")
    for row in frame.itertuples():
        assert float(dataset["hot"].sel(toll=row.toll, price=row.price, case=row.case)) == row.hot


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("toll=0:1:3", (0.0, 0.5, 1.0)),
        ("toll = 1:0:3", (1.0, 0.5, 0.0)),
        ("toll=0:0.3:4", (0.0, 0.1, 0.2, 0.3)),
        ("toll=1:100:3:log", (1.0, 10.0, 100.0)),
        ("toll=3,1,2", (3.0, 1.0, 2.0)),
        ("front=hot:calm", ("hot", "tense", "calm")),
        ("front=calm,hot", ("calm", "hot")),
        ("north.precision=1,10", (1.0, 10.0)),
    ],
)
def test_axes_are_read(push, text, values):
    axis = read_axis(text, push)
    assert axis.values == values
    assert axis.is_log == text.endswith("log")


@pytest.mark.parametrize(
    "text",
    ["toll", "toll=", "=0:1:3", "toll=1", "toll=0:1", "toll=0:1:1", "toll=0:1:x", "toll=0:0:3",
     "toll=0:1:3:log", "toll=0:nan:3", "toll=0:1:3:4", "toll=0,0", "toll=a,b", "front=calm:cold",
     "toll=0:1:100000"],
)  # fmt: skip
def test_what_is_no_axis_is_refused(push, text):
    with pytest.raises(RunError, match="does not say what is moved where"):
        read_axis(text, push)


@pytest.mark.parametrize(
    ("over", "asked", "error", "message"),
    [
        (["toll=0:1:2", "toll=1:2:2"], [], RunError, "one or two different things"),
        (["toll=0:1:2", "price=0,1", "north.discount=0.5,1"], [], RunError, "one or two"),
        ([], [], RunError, "one or two"),
        (["toll=0:1:200", "north.precision=0:1:200"], [], RunError, "40,000 points"),
        (["tol=0:1:2"], [], ScenarioError, "'tol' is not a parameter"),
        (["toll=0:1:2"], ["wor"], RunError, "Did you mean 'war'"),
        (["toll=0:1:2"], ["north.shy.push"], RunError, "no measure, ending or reply"),
        (["toll=0:1:2"], ["north.push@talk"], RunError, "no measure, ending or reply"),
        (["toll=0:1:2"], ["ever(fornt == hot)"], ScenarioError, "fornt"),
        (["north.bold.prior=0:2:3"], [], ScenarioError, "chance of north.bold is 2"),
        (["price=0.1,0.2"], [], ScenarioError, "0.1"),
    ],
)
def test_what_cannot_be_swept_is_refused_before_anything_is_solved(
    push, monkeypatch, over, asked, error, message
):
    monkeypatch.setattr(
        "offramp.exploration.sweeps.solve_cases", lambda *a, **k: pytest.fail("solved")
    )
    with pytest.raises(error, match=message):
        sweep(push, over, measures=asked)
