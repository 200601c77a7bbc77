"""Runs: worlds that have been solved, with named axes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Float, Int

from offramp.errors import Problem, RunError
from offramp.exploration.assumptions import Assumptions, Worlds
from offramp.exploration.manifest import Manifest
from offramp.exploration.store import BEYOND, FAILED, SOLVED, Chunk, Store, chunks_damaged, find_run
from offramp.notebook import Shown
from offramp.outcomes import optional_library
from offramp.scenario import Scenario, parse_scenario

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Run", "collect", "open_run"]


@dataclass(frozen=True)
class Run(Shown):
    """Every case in every world that has been solved.

    Attributes:
        manifest: Everything that the worlds depend on.
        world: Number of each world that is there, from 0; all of them once the run is finished.
        worlds: What was drawn in these worlds.
        measure: In each measure's unit; NaN where the question does not arise, or where the case
            could not be solved.
        value: Expected discounted payoff by player, in payoff units; NaN where not solved.
        residual: Largest |strategy - logit reply| of the solve that the case shares; NaN where
            not solved.
        not_converged: Points of that solve that did not converge.
        state: 1 where the case was solved, 2 where it could not be.
        reasons: Why it could not, by world number and case.
        folder: Where it is kept, None for a run in memory.
        text: The scenario as it was read.
        already: Worlds that were there before this call. mended: chunks that were damaged, and
            have been computed again by it.
    """

    manifest: Manifest
    world: Int[np.ndarray, "world"]
    worlds: Worlds
    measure: Float[np.ndarray, "world case measure"]
    value: Float[np.ndarray, "world case player"]
    residual: Float[np.ndarray, "world case"]
    not_converged: Int[np.ndarray, "world case"]
    state: Int[np.ndarray, "world case"]
    reasons: Mapping[tuple[int, str], str]
    folder: Path | None
    text: str
    already: int = 0
    mended: tuple[int, ...] = ()

    @property
    def cases(self) -> tuple[str, ...]:
        """Names along the axis `case`."""
        return tuple(self.manifest.cases)

    @property
    def measures(self) -> tuple[str, ...]:
        """Names along the axis `measure`."""
        return self.manifest.measures

    @property
    def players(self) -> tuple[str, ...]:
        """Names along the axis `player`."""
        return self.manifest.players

    @property
    def assumptions(self) -> Assumptions:
        """What was drawn, and what was not."""
        return self.manifest.assumptions

    @property
    def weight(self) -> Float[np.ndarray, "world"]:
        """Weight of each world; they sum to one."""
        return self.worlds.weight

    @property
    def solved(self) -> np.ndarray:
        """Whether each case was solved, `[world, case]`."""
        return self.state == SOLVED

    @property
    def is_finished(self) -> bool:
        """Whether all worlds are there."""
        return len(self.world) == self.manifest.worlds

    @cached_property
    def scenario(self) -> Scenario:
        """The scenario, read again from the text that the run keeps."""
        return parse_scenario(self.text, "scenario.yaml")

    def of(self, measure: str, case: str) -> Float[np.ndarray, "world"]:
        """Return a measure in a case, in every world.

        Raises:
            ValueError: There is no such measure or case.
        """
        return self.measure[:, self.cases.index(case), self.measures.index(measure)]

    def lookup(self, place: int) -> Callable[[str, str], float]:
        """Return what reads a measure in a case of one world, by its place in the run."""

        def measured(measure: str, case: str) -> float:
            return float(self.of(measure, case)[place])

        return measured

    def drawn(self) -> dict[str, list[Any]]:
        """Return what was drawn, in every world.

        Numbers by the parameter's name, settings as `setting.MECHANISM`, start levels as
        `start.VARIABLE`.
        """
        found: dict[str, list[Any]] = {
            name: self.worlds.number[:, k].tolist()
            for k, name in enumerate(self.assumptions.numbers)
        }
        for kind, chosen, codes in (
            ("setting", self.assumptions.mechanisms, self.worlds.setting),
            ("start", self.assumptions.starts, self.worlds.start),
        ):
            for k, (name, chances) in enumerate(chosen.items()):
                found[f"{kind}.{name}"] = np.array(list(chances))[codes[:, k]].tolist()
        return found

    def columns(self) -> dict[str, list[Any]]:
        """Return a long table: one row per world and case; values stand as `value.PLAYER`."""
        n_cases = len(self.cases)

        def spread(column: list[Any]) -> list[Any]:
            return [one for one in column for _ in range(n_cases)]

        table: dict[str, list[Any]] = {
            "world": spread(self.world.tolist()),
            "case": list(self.cases) * len(self.world),
            "weight": spread(self.weight.tolist()),
        }
        table |= {name: spread(column) for name, column in self.drawn().items()}
        for k, name in enumerate(self.measures):
            table[name] = self.measure[:, :, k].ravel().tolist()
        for k, name in enumerate(self.players):
            table[f"value.{name}"] = self.value[:, :, k].ravel().tolist()
        table["solved"] = self.solved.ravel().tolist()
        table["residual"] = self.residual.ravel().tolist()
        table["not_converged"] = self.not_converged.ravel().tolist()
        return table

    def to_pandas(self) -> pd.DataFrame:
        """Return the long table as a data frame (needs the extra `data`)."""
        return optional_library("pandas").DataFrame(self.columns())


def open_run(folder: str | Path) -> Run:
    """Return what has been solved in the folder of a run, finished or not; changes nothing there.

    Raises:
        RunError: The folder holds no run, or files of it are lost or damaged; all are named.
    """
    folder = Path(folder)
    store = find_run(folder)
    if store is None:
        why = "no run has begun in it" if folder.exists() else "it does not exist"
        fix = "name the folder that `offramp explore --out` was given."
        raise RunError(Problem(code="R612", message=f"'{folder}' holds no run: {why}.", fix=fix))
    found = store.survey()
    if found.damaged:
        raise chunks_damaged(store, found.damaged)
    return collect(store, found.done)


def collect(
    store: Store, chunks: Mapping[int, Chunk], *, already: int = 0, mended: tuple[int, ...] = ()
) -> Run:
    """Put chunks together, in the order of their worlds.

    Raises:
        RunError: The draws or the scenario are lost or damaged.
    """
    manifest, everything = store.manifest, store.worlds()
    n_cases, size = len(manifest.cases), manifest.chunk
    numbers = sorted(chunks)
    empty: dict[str, np.ndarray] = {
        "measure": np.zeros((0, n_cases, len(manifest.measures))),
        "value": np.zeros((0, n_cases, len(manifest.players))),
        "residual": np.zeros((0, n_cases)),
        "not_converged": np.zeros((0, n_cases), np.int64),
        "state": np.zeros((0, n_cases), np.int8),
    }
    parts = {name: [none, *(chunks[k][name] for k in numbers)] for name, none in empty.items()}
    joined = {name: np.concatenate(part) for name, part in parts.items()}
    lines = [k * size + np.arange(size) for k in numbers]
    world = np.concatenate([np.zeros(0, np.int64), *lines])
    there = joined["state"][:, 0] != BEYOND
    world = world[there]
    weight = everything.weight[world]
    return Run(
        manifest=manifest,
        world=world,
        worlds=Worlds(
            everything.number[world],
            everything.setting[world],
            everything.start[world],
            weight / weight.sum() if len(weight) else weight,
        ),
        reasons=_reasons(manifest, chunks),
        folder=store.folder,
        text=store.scenario_text(),
        already=already,
        mended=mended,
        **{name: array[there] for name, array in joined.items()},
    )


def _reasons(manifest: Manifest, chunks: Mapping[int, Chunk]) -> dict[tuple[int, str], str]:
    cases = list(manifest.cases)
    return {
        (chunk * manifest.chunk + int(line), cases[case]): str(
            results["reasons"][results["reason"][line, case]]
        )
        for chunk, results in sorted(chunks.items())
        for line, case in np.argwhere(results["state"] == FAILED)
    }
