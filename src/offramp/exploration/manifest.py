"""What made a run: everything that its worlds depend on, as it is written into its folder."""

from __future__ import annotations

import json
import platform
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from importlib.metadata import version
from typing import Any, Literal

from offramp import __version__
from offramp.exploration.assumptions import Assumptions
from offramp.exploration.design import DesignName
from offramp.scenario.worlds import Span

__all__ = ["FORMAT", "GridChoice", "GridTrial", "Manifest", "MeasureEffect", "versions"]

FORMAT = 1  # of the folder; raised when an older program could misread it
LIBRARIES = ("numpy", "scipy", "numba")  # whose versions may change a digit


@dataclass(frozen=True)
class MeasureEffect:
    """What a coarser grid does to a measure, in the sampled worlds and all cases.

    Attributes:
        is_ratio: Whether effect and margin are of the logarithm, for rare risks that are compared
            by a factor; else they are in the measure's unit.
        margin: The smallest of the claims that read the measure.
        effect: Largest; None where the measure exists on one grid only.
    """

    measure: str
    is_ratio: bool
    margin: float
    effect: float | None


@dataclass(frozen=True)
class GridTrial:
    """A grid that was tried: its points a side, and the largest effect as a share of its margin."""

    grid: int
    share: float | None


@dataclass(frozen=True)
class GridChoice:
    """How a world grid was chosen.

    Attributes:
        default: Points a side of the scenario's own grid, the most of any player.
        grid: What was chosen; None for the scenario's own, if no coarser one is good enough.
        worlds: How many were solved on each grid.
        effects: Of the chosen grid; none if that is the scenario's own.
        margin_unread: Margin of measures that no claim reads.
    """

    default: int
    grid: int | None
    worlds: int
    trials: tuple[GridTrial, ...]
    effects: tuple[MeasureEffect, ...]
    margin_unread: float


@dataclass(frozen=True)
class Manifest:
    """Everything that the worlds of a run depend on.

    Attributes:
        scenario_hash: Of the file and of the view and values laid over it.
        scenario_sha256, worlds_sha256: Of these two files of the folder.
        view, set: What is laid over the scenario.
        asked_grid: Points a side of the belief grid, `auto`, or None for the scenario's own.
        grid: Points a side in the worlds, None for the scenario's own.
        cases: Policy of each case, by its name.
        chunk: Worlds in a chunk.
    """

    scenario: str
    title: str
    scenario_hash: str
    scenario_sha256: str
    versions: Mapping[str, str]
    worlds: int
    design: DesignName
    seed: int
    view: str | None
    set: Mapping[str, float | str]
    asked_grid: int | Literal["auto"] | None
    grid: int | None
    grid_choice: GridChoice | None
    cases: Mapping[str, str]
    measures: tuple[str, ...]
    players: tuple[str, ...]
    chunk: int
    assumptions: Assumptions
    worlds_sha256: str

    @property
    def n_chunks(self) -> int:
        """Chunks of the run; the last may reach beyond its worlds."""
        return -(-self.worlds // self.chunk)

    def to_json(self) -> str:
        """Return the manifest as JSON."""
        return json.dumps({"format": FORMAT, **asdict(self)}, indent=1, allow_nan=False) + "\n"

    @classmethod
    def from_json(cls, text: str) -> Manifest:
        """Return the manifest that JSON holds.

        Raises:
            ValueError, KeyError, TypeError: It does not hold one.
        """
        plain: dict[str, Any] = json.loads(text)
        if plain.pop("format") != FORMAT:
            raise ValueError("another format")
        for name in ("measures", "players"):
            plain[name] = tuple(plain[name])
        choice = plain["grid_choice"]
        return cls(
            **{
                **plain,
                "grid_choice": None if choice is None else _grid_choice(choice),
                "assumptions": _assumptions(plain["assumptions"]),
            }
        )


def versions() -> dict[str, str]:
    """Return the versions of everything that may change a digit."""
    libraries = {name: version(name) for name in LIBRARIES}
    return {"offramp": __version__, "python": platform.python_version(), **libraries}


def _grid_choice(plain: dict[str, Any]) -> GridChoice:
    trials = tuple(GridTrial(**one) for one in plain["trials"])
    effects = tuple(MeasureEffect(**one) for one in plain["effects"])
    return GridChoice(**{**plain, "trials": trials, "effects": effects})


def _assumptions(plain: dict[str, Any]) -> Assumptions:
    spans = {
        name: Span(**{**one, "one_of": tuple((value, weight) for value, weight in one["one_of"])})
        for name, one in plain["numbers"].items()
    }
    bundles = tuple((tuple(names), correlation) for names, correlation in plain["bundles"])
    return Assumptions(**{**plain, "numbers": spans, "bundles": bundles})
