"""Reference rates: read beside the scenario, refused with a reason."""

from __future__ import annotations

import pytest

from offramp.errors import ScenarioError
from offramp.scenario import bind, list_scenarios, load_scenario
from offramp.scenario.rates import asking, load_rates


def with_rates(name):
    try:
        return load_rates(name)
    except ScenarioError:
        return None


WITH_RATES = [name for name in list_scenarios() if with_rates(name)]


def test_lead_case_has_reference_rates():
    assert "guarantee-2025" in WITH_RATES


@pytest.mark.parametrize("name", WITH_RATES)
def test_shipped_rates_read_their_scenario(name):
    scenario, rates = load_scenario(name), load_rates(name)
    crisis = bind(asking(scenario, rates), case=rates.case)
    asked = {measure.name for measure in crisis.measures}
    assert {f"rate_{k}" for k in range(len(rates.rates))} <= asked
    assert all(0 < one.range[0] < one.range[1] <= 1 for one in rates.rates.values())
    assert all(one.over for one in rates.rates.values() if one.per == "period")


def test_asking_for_rates_leaves_the_scenario_as_it_is():
    scenario = load_scenario("guarantee-2025")
    before = [measure.name for measure in bind(scenario).measures]
    asking(scenario, load_rates("guarantee-2025"))
    assert [measure.name for measure in bind(scenario).measures] == before


def test_scenario_without_rates_is_told_which_file_is_missing():
    with pytest.raises(ScenarioError, match=r"pledge\.rates\.yaml[\s\S]*no reference rates"):
        load_rates("pledge")


def test_rates_stand_beside_a_file_of_ones_own(tmp_path):
    (tmp_path / "mine.yaml").write_text("offramp: 1\n", encoding="utf-8")
    rates = "rates: {war: {is: ever(x == y), per: ever, range: [0.1, 0.2], source: judgement}}\n"
    (tmp_path / "mine.rates.yaml").write_text(rates, encoding="utf-8")
    assert load_rates(tmp_path / "mine.yaml").rates["war"].range == (0.1, 0.2)


def test_wrong_entry_of_a_rate_is_told_with_its_line(tmp_path):
    (tmp_path / "mine.yaml").write_text("offramp: 1\n", encoding="utf-8")
    rates = "rates:\n  war: {is: ever(x == y), per: day, range: [0.1, 2], source: judgement}\n"
    (tmp_path / "mine.rates.yaml").write_text(rates, encoding="utf-8")
    with pytest.raises(ScenarioError) as caught:
        load_rates(tmp_path / "mine.yaml")
    assert str(caught.value).count("mine.rates.yaml:2:") == 2


def test_list_of_scenarios_holds_no_rates_file():
    assert not [name for name in list_scenarios() if "." in name]
