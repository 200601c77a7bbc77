"""Outcomes: what a forward pass found, with named axes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Float

from offramp.errors import OfframpError, Problem
from offramp.notebook import Shown
from offramp.outcomes.beliefs import Calibration

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl
    import xarray as xr

__all__ = ["Acts", "Outcomes"]


@dataclass(frozen=True)
class Acts:
    """How often one player takes each of its actions at one stage.

    Attributes:
        count: Expected number of times, over all paths.
        bound: Of these, how often a policy prescribed it.
    """

    stage: str
    player: str
    types: tuple[str, ...]
    actions: tuple[str, ...]
    count: Float[np.ndarray, "period type action"]
    bound: Float[np.ndarray, "period type action"]

    def share(self) -> Float[np.ndarray, "type action"]:
        """Return how often a type, when it moves here, takes each action; NaN if it never moves."""
        total = self.count.sum(axis=0)
        moves = total.sum(axis=1, keepdims=True)
        return np.where(moves > 0.0, total / np.where(moves > 0.0, moves, 1.0), np.nan)


@dataclass(frozen=True)
class Outcomes(Shown):
    """How it ends, and on the way there: exact distributions over all paths.

    Attributes:
        case: The start that was played from.
        measures: By name; NaN where an event that the measure asks about never happens.
        never: For measures that ask `time_to`: chance that it never happens.
        endings: Names; the last is `horizon`, reached by no other.
        ended: Chance that play ends in a period, by ending (`horizon`: in the last).
        levels: Chance of each level after every stage, ended play included; padded with zeros.
        acts: Who does what how often, by stage and mover.
        observers, believed: Expected belief of each observer in each type of each player with
            types (`believed[k]` names them), before the first period and at each period's end.
        value: Expected discounted payoff at the start by player, under the analyst's prior, in
            payoff units. own_value: under the player's own prior; NaN where measures are named and
            none asks for it.
        rungs: Rungs of the ladder that the scenario's actions stand on, lowest first.
        climb: Chance that a rung is the highest on which anybody acts in a period; rows sum to
            the chance that an act with a rung is taken in that period.
        rung_flow: Chance of the highest rung in the period before and of that in this one, while
            play goes on; on both axes the first entry stands for no act with a rung, as it is
            before the first period. Empty unless `moves` were asked for.
        rung_exit: Chance that play ends in a period, by its highest rung (the first entry: none)
            and by ending.
        mass_error: Largest |total mass - 1| at any period's end.
        scenario_hash: Of the file and everything laid over it.
        version: Of offramp.
        given: Chance of the event that the case is conditioned on, None where it is on none. All
            the rest is then an expectation over the paths on which the event comes true: NaN where
            it never does, and beliefs miss how often they are true by what it selects.
    """

    name: str
    case: str
    policy: str
    measures: Mapping[str, float]
    never: Mapping[str, float]
    endings: tuple[str, ...]
    ended: Float[np.ndarray, "period ending"]
    stages: tuple[str, ...]
    variables: Mapping[str, tuple[str, ...]]
    levels: Float[np.ndarray, "period stage variable level"]
    acts: tuple[Acts, ...]
    observers: tuple[str, ...]
    believed: tuple[tuple[str, str], ...]
    beliefs: Float[np.ndarray, "period_1 observer believed"]
    calibration: Calibration
    players: tuple[str, ...]
    value: Float[np.ndarray, "player"]
    own_value: Float[np.ndarray, "player"]
    rungs: tuple[int, ...]
    climb: Float[np.ndarray, "period rung"]
    rung_flow: Float[np.ndarray, "period rung_1 rung_1"]
    rung_exit: Float[np.ndarray, "period rung_1 ending"]
    mass_error: float
    scenario_hash: str
    version: str
    given: float | None = None

    @property
    def n_periods(self) -> int:
        """Number of periods."""
        return len(self.ended)

    def ending_chance(self) -> dict[str, float]:
        """Return the chance of each ending."""
        return dict(zip(self.endings, self.ended.sum(axis=0).tolist(), strict=True))

    # --- as tables ------------------------------------------------------------------------------

    def tables(self) -> dict[str, dict[str, list[Any]]]:
        """Return everything as columns of long tables, by name of the table."""
        moved = self._moved()
        return {
            "measures": self._measures(),
            "endings": self._grid(
                "chance", self.ended, period=self._periods(), ending=self.endings
            ),
            "levels": self._levels(),
            "acts": self._acts(),
            "beliefs": self._beliefs(),
            "values": {
                "player": list(self.players),
                "value": self.value.tolist(),
                "own_value": self.own_value.tolist(),
            },
            "climb": self._grid("chance", self.climb, period=self._periods(), rung=self.rungs),
            "rung_flow": self._grid(
                "chance", self.rung_flow,
                period=self._periods(), before=moved, rung=moved,
            ),
            "rung_exit": self._grid(
                "chance", self.rung_exit,
                period=self._periods(), rung=self._on_rungs(), ending=self.endings,
            ),
        }  # fmt: skip

    def to_pandas(self) -> dict[str, pd.DataFrame]:
        """Return the tables as data frames, by name (needs the extra `data`)."""
        pandas = optional_library("pandas")
        return {name: pandas.DataFrame(table) for name, table in self.tables().items()}

    def to_polars(self) -> dict[str, pl.DataFrame]:
        """Return the tables as data frames, by name (needs the extra `data`)."""
        polars = optional_library("polars")
        return {name: polars.DataFrame(table) for name, table in self.tables().items()}

    def to_xarray(self) -> xr.Dataset:
        """Return everything as one dataset with named axes (needs the extra `data`).

        Acts stand on one axis, with stage, player, type and action as its coordinates.
        """
        xarray = optional_library("xarray")
        acts, moved = self._acts_by_period(), self._moved()
        level_names = [", ".join(names) for names in self.variables.values()]
        return xarray.Dataset(
            {
                "measure": ("measure_name", list(self.measures.values())),
                "ended": (("period", "ending"), self.ended),
                "levels": (("period", "stage", "variable", "level"), self.levels),
                "act_count": (("period", "act"), acts["count"]),
                "act_bound": (("period", "act"), acts["bound"]),
                "belief": (("after_period", "observer", "believed"), self.beliefs),
                "value": ("player", self.value),
                "own_value": ("player", self.own_value),
                "climb": (("period", "rung"), self.climb),
                "rung_flow": (("period", "before", "now"), self.rung_flow),
                "rung_exit": (("period", "on", "ending"), self.rung_exit),
            },
            coords={
                "measure_name": list(self.measures),
                "period": list(self._periods()),
                "ending": list(self.endings),
                "stage": list(self.stages),
                "variable": list(self.variables),
                "level_names": ("variable", level_names),
                "after_period": list(range(self.n_periods + 1)),
                "observer": list(self.observers),
                "believed": [f"{player}.{type_name}" for player, type_name in self.believed],
                "player": list(self.players),
                "rung": list(self.rungs),
                "before": [_spelt(rung) for rung in moved],
                "now": [_spelt(rung) for rung in moved],
                "on": [_spelt(rung) for rung in self._on_rungs()],
                **{name: ("act", acts[name]) for name in ("stage_of", "mover", "type", "action")},
            },
            attrs={
                "name": self.name,
                "case": self.case,
                "scenario_hash": self.scenario_hash,
                "version": self.version,
            },
        )

    def _on_rungs(self) -> tuple[int | None, ...]:
        """Return what the axis `rung_1` stands for; None: no act with a rung."""
        return (None, *self.rungs) if self.rung_exit.shape[1] else ()

    def _moved(self) -> tuple[int | None, ...]:
        """Return the same of moves, which may not have been followed."""
        return (None, *self.rungs) if self.rung_flow.shape[1] else ()

    def _periods(self) -> range:
        return range(1, self.n_periods + 1)

    def _measures(self) -> dict[str, list[Any]]:
        return {
            "measure": list(self.measures),
            "value": list(self.measures.values()),
            "never": [self.never.get(name) for name in self.measures],
        }

    def _grid(self, name: str, values: np.ndarray, **axes: Any) -> dict[str, list[Any]]:
        """Spell an array out with one row per entry."""
        where = np.indices(values.shape).reshape(values.ndim, -1)
        columns: dict[str, list[Any]] = {}
        for (axis, labels), index in zip(axes.items(), where, strict=True):
            listed = list(labels)
            columns[axis] = [listed[i] for i in index]
        columns[name] = values.ravel().tolist()
        return columns

    def _levels(self) -> dict[str, list[Any]]:
        rows: dict[str, list[Any]] = {
            k: [] for k in ("period", "stage", "variable", "level", "chance")
        }
        for v, (variable, names) in enumerate(self.variables.items()):
            part = self._grid(
                "chance", self.levels[:, :, v, : len(names)],
                period=self._periods(), stage=self.stages, level=names,
            )  # fmt: skip
            rows["variable"] += [variable] * len(part["chance"])
            for name, column in part.items():
                rows[name] += column
        return rows

    def _acts(self) -> dict[str, list[Any]]:
        rows: dict[str, list[Any]] = {
            k: [] for k in ("stage", "player", "period", "type", "action", "count", "bound")
        }
        for act in self.acts:
            axes = {"period": self._periods(), "type": act.types, "action": act.actions}
            part = self._grid("count", act.count, **axes)
            part["bound"] = act.bound.ravel().tolist()
            rows["stage"] += [act.stage] * act.count.size
            rows["player"] += [act.player] * act.count.size
            for name, column in part.items():
                rows[name] += column
        return rows

    def _acts_by_period(self) -> dict[str, Any]:
        labels = [
            (act.stage, act.player, type_name, action)
            for act in self.acts
            for type_name in act.types
            for action in act.actions
        ]
        names = ("stage_of", "mover", "type", "action")
        columns = {name: [one[i] for one in labels] for i, name in enumerate(names)}
        empty = np.zeros((self.n_periods, 0))
        count = [act.count.reshape(self.n_periods, -1) for act in self.acts]
        bound = [act.bound.reshape(self.n_periods, -1) for act in self.acts]
        return columns | {
            "count": np.concatenate([empty, *count], axis=1),
            "bound": np.concatenate([empty, *bound], axis=1),
        }

    def _beliefs(self) -> dict[str, list[Any]]:
        believed = [f"{player}.{type_name}" for player, type_name in self.believed]
        return self._grid(
            "belief", self.beliefs, period=range(self.n_periods + 1),
            observer=self.observers, believed=believed,
        )  # fmt: skip


def _spelt(rung: int | None) -> str:
    return "none" if rung is None else str(rung)


def optional_library(name: str, extra: str = "data") -> Any:
    """Return a library that an extra of ours brings, or say which."""
    try:
        return import_module(name)
    except ImportError:
        raise OfframpError(
            Problem(
                code="R610",
                message=f"{name} is not installed.",
                fix="install the extra that brings it: pip install 'offramp[" + extra + "]'.",
            )
        ) from None
