"""What a run says: `offramp doubt`, `believe` and `drivers`, against worlds known in closed form."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy.stats import spearmanr

from helpers.commands import as_json
from helpers.planted import PLANTED, explore_planted, planted_loss
from offramp.exploration.runs import open_run
from offramp.report.answers import SettingRow
from offramp.report.driver_tables import drivers_tables
from offramp.report.drivers import describe_drivers


@pytest.fixture(scope="module")
def planted(tmp_path_factory) -> str:
    folder = tmp_path_factory.mktemp("planted") / "run"
    explore_planted(folder, worlds=256)
    return str(folder)


@pytest.fixture(scope="module")
def known(planted) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Chance of loss by its formula `[world, policy]`, x, and where the wind blows."""
    drawn = open_run(planted).drawn()
    x, wind = np.array(drawn["x"]), np.array(drawn["setting.wind"]) == "asserted"
    return np.column_stack([planted_loss(x, wind), np.full(len(x), 0.4)]), x, wind


def test_regret_worst_and_best_are_those_of_the_formula(offramp, planted, known):
    loss, _, _ = known
    code, out, _ = offramp("doubt", planted, "--threshold", "0.35", "--json")
    assert code == 0
    answer = as_json("doubt", out)
    assert answer["compared"] == 256
    assert answer["left_out"] == ["stakes"]
    regret = loss - loss.min(axis=1, keepdims=True)
    for k, name in enumerate(("risk", "sure")):
        [row] = [row for row in answer["policies"] if row["case"] == name]
        assert row["mean"] == pytest.approx(loss[:, k].mean(), abs=1e-12)
        assert row["best"] == pytest.approx((regret[:, k] < 1e-9).mean(), abs=1e-12)
        assert row["mean_regret"] == pytest.approx(regret[:, k].mean(), abs=1e-12)
        assert row["greatest_regret"] == pytest.approx(regret[:, k].max(), abs=1e-12)
        assert row["worst"] == pytest.approx(loss[:, k].max(), abs=1e-12)
        assert row["satisfices"] == pytest.approx((loss[:, k] <= 0.35).mean(), abs=1e-12)
    assert answer["policies"][0]["worst_world"] == loss[:, 0].argmax()


def test_measures_that_say_the_same_never_conflict(offramp, planted):
    answer = as_json("doubt", offramp("doubt", planted, "--json")[1])
    assert answer["frontier"] == ["lost", "kept"]
    assert answer["conflicts"] == [{"one": "lost", "other": "kept", "conflict": 0.0}]


def test_gains_are_told_player_by_player(offramp, planted, known):
    loss, _, _ = known
    answer = as_json("doubt", offramp("doubt", planted, "--than", "sure", "--json")[1])
    rows = {row["player"]: row for row in answer["gains"]}
    better = (loss[:, 0] < loss[:, 1]).mean()
    assert rows["ruler"]["gains"] == pytest.approx(better, abs=1e-12)
    assert rows["heir"]["loses"] == pytest.approx(better, abs=1e-12)
    assert rows["ruler"]["mean"] == pytest.approx(2 * (loss[:, 1] - loss[:, 0]).mean(), abs=1e-9)


def test_knowing_x_is_worth_the_most_and_y_nothing(offramp, planted):
    answer = as_json("doubt", offramp("doubt", planted, "--json")[1])
    assert answer["chosen"] == "sure"
    assert answer["worth"][0]["assumption"] == "x"
    assert answer["worth"][0]["stands_out"]
    [y] = [row for row in answer["worth"] if row["assumption"] == "y"]
    assert not y["stands_out"]


def test_where_no_choice_changes_nothing_is_listed_as_worth_knowing(offramp, planted):
    same = ("--policies", "risk,stakes", "--by", "lost")
    told = " ".join(offramp("doubt", planted, *same)[1].split())
    assert "To know one assumption would change no choice." in told  # both lose the same
    assert "What it would be worth" not in told
    assert "would change no choice" not in offramp("doubt", planted)[1]


def test_value_is_not_compared_where_a_case_sets_numbers(offramp, planted):
    code, _, told = offramp("doubt", planted, "--by", "value(ruler)", "--policies", "risk,stakes")
    assert code == 2
    assert "R632" in told
    assert "stakes set numbers of their own" in told
    code, out, _ = offramp("doubt", planted, "--policies", "risk,stakes")
    assert code == 0
    assert "No gains are told of stakes" in out


def test_conditions_are_those_that_were_planted(offramp, planted, known):
    loss, x, wind = known
    code, out, _ = offramp("believe", planted, "--json")
    assert code == 0
    rows = {row["case"]: row for row in as_json("believe", out)["policies"]}
    assert rows["risk"]["best"] == int((loss[:, 0] < 0.4).sum())
    limits = {one["assumption"]: one for one in rows["risk"]["conditions"][0]["limits"]}
    assert "x" in limits
    assert limits["x"]["low"] is None or limits["x"]["low"] < 0.1
    # one condition of one assumption: x so low that it is best in nine worlds of ten
    inside = np.ones(len(x), bool)
    for name, one in limits.items():
        if name == "x":
            inside &= (x <= (one["high"] or 1)) & (x >= (one["low"] or 0))
        elif name == "setting.wind":
            inside &= wind == ("asserted" in one["settings"])
    first = rows["risk"]["conditions"][0]
    assert first["worlds"] == int(inside.sum())
    assert first["best"] == int((inside & (loss[:, 0] < 0.4)).sum())
    assert rows["sure"]["answer"] == "found"


def test_conditions_are_told_in_words(offramp, planted):
    out = " ".join(offramp("believe", planted)[1].split())
    assert "risk: you must believe that x is at most" in out
    assert "sure: you must believe that x is at least" in out


def test_drivers_count_rank_and_box_the_verdict(offramp, planted, known):
    loss, x, wind = known
    code, out, _ = offramp("drivers", planted, "--claim", "pays", "--json")
    assert code == 0
    answer = as_json("drivers", out)
    assert answer["holds"] == int((loss[:, 0] < 0.4).sum())
    assert answer["fails"] == int((loss[:, 0] > 0.4).sum())
    order = [row["assumption"] for row in answer["drivers"]]
    assert order[:2] == ["x", "setting.wind"]
    rows = {row["assumption"]: row for row in answer["drivers"]}
    assert not rows["y"]["stands_out"]
    slack = 0.4 - loss[:, 0]
    assert rows["x"]["rank_correlation"] == pytest.approx(spearmanr(x, slack).statistic, abs=1e-12)
    assert rows["setting.wind"]["rank_correlation"] is None
    assert "fails" in {box["of"] for box in answer["boxes"]}
    left = {"holds": np.ones(len(x), bool), "fails": np.ones(len(x), bool)}
    for box in answer["boxes"]:
        limits = {one["assumption"]: one for one in box["limits"]}
        assert limits
        assert limits.keys() <= {"x", "setting.wind"}
        inside = left[box["of"]].copy()  # each box is found among what the last ones left
        if "x" in limits:
            low, high = limits["x"]["low"], limits["x"]["high"]
            inside &= (x >= (low or 0.0)) & (x <= (high or 1.0))
        if "setting.wind" in limits:
            inside &= wind == ("asserted" in limits["setting.wind"]["settings"])
        such = (loss[:, 0] < 0.4) if box["of"] == "holds" else (loss[:, 0] > 0.4)
        assert box["density"] == pytest.approx(such[inside].mean(), abs=1e-12)
        assert box["density"] >= 0.8
        left[box["of"]] &= ~inside


def test_settings_that_differ_most_come_first(planted):
    answer = describe_drivers(planted, claim="pays")
    counts = [(10, 20), (3, 40), (50, 50)] + [(k + 51, 50) for k in range(8)]
    answer.settings[:] = [
        SettingRow(assumption=f"setting.m{k}", setting=setting, worlds=100, holds=holds)
        for k, pair in enumerate(counts)
        for setting, holds in zip(("asserted", "rival"), pair, strict=True)
    ]
    [table] = [one for one in drivers_tables(answer) if one.name == "settings"]
    assert [row[0] for row in table.rows[::2]] == [
        "setting.m1", "setting.m0", *(f"setting.m{k}" for k in range(10, 4, -1))
    ]  # fmt: skip
    assert table.rows[:2] == (
        ("setting.m1", "asserted", 3, 100),
        ("setting.m1", "rival", 40, 100),
    )
    assert table.note == "The 8 assumptions whose settings differ most, of 11."


def test_switched_mechanisms_turn_what_the_formula_says(offramp, planted, known):
    _, x, _ = known
    asked = ("--claim", "pays", "--switch", "16", "--json")
    answer = as_json("drivers", offramp("drivers", planted, *asked)[1])
    tried = np.unique(np.linspace(0, 255, 16).astype(int))
    blown, still = planted_loss(x[tried], np.ones(16)), planted_loss(x[tried], np.zeros(16))
    assert answer["switch_worlds"] == 16
    [row] = answer["switched"]
    assert row["mechanism"] == "wind"
    assert row["turned"] == int(((blown < 0.4) != (still < 0.4)).sum()) > 0


@pytest.mark.parametrize(
    ("asked", "holds"),
    [
        (("--policies", "risk", "sure"), lambda loss: loss < 0.4),
        (("--policies", "sure", "risk", "--measure", "kept"), lambda loss: loss > 0.4),
        (("--policy", "risk", "--limit", "0.3"), lambda loss: loss <= 0.3),
        (("--policy", "risk", "--measure", "kept", "--limit", "0.3"), lambda loss: loss <= 0.7),
        (("--policy", "sure", "--limit", "0.4"), lambda loss: loss <= 1.0),  # just reached: kept
    ],
)
def test_two_policies_or_a_limit_may_be_asked_about(offramp, planted, known, asked, holds):
    answer = as_json("drivers", offramp("drivers", planted, *asked, "--json")[1])
    assert answer["holds"] == int(holds(known[0][:, 0]).sum())


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (("drivers", "RUN"), "R634", "must be asked one thing"),
        (("drivers", "RUN", "--claim", "pay"), "R619", "write 'pays'"),
        (("drivers", "RUN", "--policy", "risk"), "R634", "--limit X"),
        (("doubt", "RUN", "--by", "value(king)"), "R619", "'king' is no player"),
        (("doubt", "RUN", "--by", "loss"), "R619", "'loss' is no measure with a direction"),
        (("doubt", "RUN", "--policies", "risk"), "R631", "at least two"),
        (("doubt", "RUN", "--than", "stakes"), "R619", "no policy that is compared"),
        (("believe", "nowhere"), "R612", "does not exist"),
    ],
)
def test_wrong_words_are_refused(offramp, planted, words, code, told):
    left, _, said = offramp(*(planted if word == "RUN" else word for word in words))
    assert left == 2
    assert code in said
    assert told in said


def test_few_worlds_are_not_enough(offramp, tmp_path):
    explore_planted(tmp_path / "few", worlds=3)
    code, _, told = offramp("doubt", str(tmp_path / "few"))
    assert code == 2
    assert "R630" in told
    Path("bare.yaml").write_text(
        PLANTED.replace(", range: [0.05, 0.95]", "")
        .replace(", range: [0, 1]", "")
        .replace("setting: {asserted: 0.5, rival: 0.5}", "setting: asserted")
    )
    offramp("explore", "bare.yaml", "--worlds", "6", "--workers", "1", "--out", "bare")
    code, _, told = offramp("believe", "bare")
    assert code == 2
    assert "no assumption that is drawn" in told


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("doubt", "--threshold", "nan"), "nan is no number"),
        (("doubt", "--threshold", "inf"), "inf is no number"),
        (("believe", "--margin", "inf"), "inf is no number"),
        (("drivers", "--policy", "risk", "--limit", "nan"), "nan is no number"),
        (("drivers", "--policies", "risk", "risk"), "R645"),
        (("drivers", "--claim", "pays", "--measure", "lost"), "R646"),
    ],
)
def test_what_cannot_be_asked_is_refused(offramp, planted, words, told):
    code, out, error = offramp(words[0], planted, *words[1:])
    assert (code, out) == (2, "")
    assert told in error


def test_worlds_that_no_memory_holds_are_refused(offramp):
    Path("planted.yaml").write_text(PLANTED)
    code, _, told = offramp("explore", "planted.yaml", "--worlds", "9" * 20)
    assert code == 2
    assert "--worlds" in told
