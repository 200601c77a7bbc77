"""Outcomes as tables with named axes."""

from __future__ import annotations

from importlib import import_module

import numpy as np
import pytest

from offramp.errors import OfframpError
from offramp.outcomes import propagate, result
from outcomes.games import COVERT, FAMILY, PROBE, Drawn, compiled


@pytest.fixture(scope="module", params=[PROBE, COVERT, FAMILY])
def outcomes(request):
    return propagate(Drawn(compiled(request.param, measures=["time_to(period == 9)"])))


def test_tables_say_what_the_arrays_say(outcomes):
    frames = outcomes.to_pandas()
    assert set(frames) == set(outcomes.tables())
    endings = frames["endings"].groupby("ending")["chance"].sum()
    assert endings.to_dict() == pytest.approx(outcomes.ending_chance())
    acts = frames["acts"]
    assert acts["count"].sum() == pytest.approx(sum(act.count.sum() for act in outcomes.acts))
    levels = frames["levels"].groupby(["period", "stage", "variable"])["chance"].sum()
    np.testing.assert_allclose(levels, 1.0)
    beliefs = frames["beliefs"].groupby(["period", "observer"])["belief"].sum()
    n_believed = len({player for player, _ in outcomes.believed})
    np.testing.assert_allclose(beliefs, n_believed)


def test_polars_holds_the_same_rows(outcomes):
    polars, pandas = outcomes.to_polars(), outcomes.to_pandas()
    for name, frame in pandas.items():
        assert polars[name].shape == frame.shape, name


def test_xarray_names_its_axes(outcomes):
    data = outcomes.to_xarray()
    assert float(data["ended"].sum()) == pytest.approx(1.0)
    assert data["levels"].dims == ("period", "stage", "variable", "level")
    first = outcomes.acts[0]
    chosen = data["act_count"].sel(act=np.array(data["stage_of"]) == first.stage)
    chosen = chosen.sel(act=np.array(chosen["mover"]) == first.player)
    assert float(chosen.sum()) == pytest.approx(first.count.sum())
    assert data.attrs["version"] == outcomes.version


def test_missing_library_is_told_with_its_extra(outcomes, monkeypatch):
    def refuse(name):
        raise ImportError(name)

    monkeypatch.setattr(result, "import_module", refuse)
    with pytest.raises(OfframpError, match=r"pandas is not installed.\n.*offramp\[data\]"):
        outcomes.to_pandas()


def test_nothing_optional_is_imported_before_it_is_asked_for():
    source = import_module("inspect").getsource(result)
    head = source.split("if TYPE_CHECKING")[0]
    assert "pandas" not in head
