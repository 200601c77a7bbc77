"""`explore`: a design of worlds, solved in chunks through an executor, kept as it comes."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Literal

from offramp.errors import Problem, RunError
from offramp.exploration.assumptions import draw, read_assumptions
from offramp.exploration.cases import Laid, wanted_cases
from offramp.exploration.design import DESIGNS, DesignName
from offramp.exploration.executor import Executor, Local
from offramp.exploration.jobs import Job, shared_solves
from offramp.exploration.manifest import Manifest, versions
from offramp.exploration.runs import Run, collect
from offramp.exploration.store import begin_run, find_run, sums_of
from offramp.exploration.world_grid import choose_grid
from offramp.scenario import Scenario, bind, scenario_text

__all__ = ["explore"]

WORLDS = 1000  # where nobody says how many
SEED = 1
LARGEST_CHUNK = 20  # worlds that a killed run may lose, for each worker
LEAST_CHUNKS = 40  # of a run, as far as it has so many worlds, so that its end is seen coming

Told = Callable[[str, int, int], None]


@dataclass(frozen=True)
class _Wish:
    """What is asked of a run; None is as the run that is resumed has it, or else the usual.

    Attributes:
        worlds: How many; usually 1,000.
        cases: Which policies and cases; usually all.
        design: `sobol` (usual) or `lhs`, a Latin hypercube.
        grid: Points a side of the belief grid, or `auto`; usually the scenario's own.
        parameters: Values that are given and not drawn.
        chunk: Worlds in a chunk; usually a fortieth of them, 20 at most.
    """

    worlds: int | None = None
    cases: Sequence[str] | None = None
    view: str | None = None
    seed: int | None = None
    design: DesignName | None = None
    grid: int | Literal["auto"] | None = None
    parameters: Mapping[str, float | str] | None = None
    chunk: int | None = None


def explore(
    scenario: Scenario,
    out: str | Path | None = None,
    *,
    worlds: int | None = None,
    cases: Sequence[str] | None = None,
    view: str | None = None,
    seed: int | None = None,
    design: DesignName | None = None,
    grid: int | Literal["auto"] | None = None,
    parameters: Mapping[str, float | str] | None = None,
    chunk: int | None = None,
    resume: bool = False,
    budget: float | None = None,
    workers: int | None = None,
    executor: Executor | None = None,
    told: Told = lambda step, done, total: None,
) -> Run:
    """Solve every policy of a scenario in many worlds, the same worlds for all.

    A script must call this under `if __name__ == "__main__":`, since workers read the script too.

    Args:
        out: Folder to keep the run in; must not exist. Without one it is kept in memory.
        worlds: How many; default 1,000.
        cases: Policies and cases that are solved; default all.
        view: What it sets is settled, what it leaves open is drawn.
        seed: Of the design; default 1.
        design: `sobol` (default) or `lhs`, a Latin hypercube.
        grid: Points a side of the belief grid in the worlds; `auto`: the coarsest that changes
            little; default the scenario's own.
        parameters: Values as `--set` gives them; they are not drawn.
        chunk: Worlds that are solved and kept together; default a fortieth of them, 20 at most.
        resume: Compute only what is missing in `out`. What is not named is as it was there, and
            what is named must be.
        budget: Minutes after which no further chunk is begun.
        workers: Processes; default as many as there are processors.
        executor: Who works, in place of processes of this machine.
        told: Told a step, how many worlds of it are done, and of how many.

    Raises:
        ScenarioError, GameError: The scenario, or what is laid over it, is wrong.
        RunError: The folder is taken, cannot be written to, or holds another run; a worker died.
    """
    wish = _Wish(worlds, cases, view, seed, design, grid, parameters, chunk)
    crew = executor or Local(workers)
    end = None if budget is None else time.monotonic() + 60 * budget
    if out is None:
        with tempfile.TemporaryDirectory(prefix="offramp-") as place:
            run = _explore(scenario, Path(place) / "run", wish, crew, end, told)
            return replace(run, folder=None)
    folder = Path(out)
    if not resume and folder.exists():
        raise RunError(_taken(folder))
    return _explore(scenario, folder, wish, crew, end, told)


def _explore(
    scenario: Scenario, folder: Path, wish: _Wish, executor: Executor, end: float | None, told: Told
) -> Run:
    store = find_run(folder)
    asked = wish if store is None else _as_before(wish, store.manifest)
    job, manifest, text = _prepare(scenario, asked)
    if store is None:
        if asked.grid == "auto":
            choice = choose_grid(job, executor, told)
            manifest = replace(manifest, grid_choice=choice, grid=choice.grid)
        store = begin_run(folder, manifest, job.worlds, text)
    else:
        _refuse_other(folder, store.manifest, manifest)
    survey = store.mend(job.worlds, text)
    job = replace(job, laid=replace(job.laid, grid=store.manifest.grid))
    done = dict(survey.done)
    already = _count(done, job)
    told("worlds", already, len(job.worlds))
    missing = [chunk for chunk in range(store.manifest.n_chunks) if chunk not in done]
    for chunk, solved in executor.map(job, _until(end, missing)):
        store.put(chunk, solved.results, solved.seconds)
        done[chunk] = solved.results
        told("worlds", _count(done, job), len(job.worlds))
    mended = tuple(chunk for chunk in survey.damaged if chunk in done)
    return collect(store, done, already=already, mended=mended)


def _until(end: float | None, chunks: Sequence[int]) -> Iterator[int]:
    """Hand chunks out until time is up."""
    for chunk in chunks:
        if end is not None and time.monotonic() >= end:
            return
        yield chunk


def _count(done: Mapping[int, object], job: Job) -> int:
    """Return how many worlds some chunks hold."""
    return sum(min(job.size, len(job.worlds) - chunk * job.size) for chunk in done)


# --- what is asked --------------------------------------------------------------------------------


def _as_before(wish: _Wish, manifest: Manifest) -> _Wish:
    """Return a wish in which what is not named is as a run has it."""
    before = _Wish(
        manifest.worlds,
        tuple(manifest.cases),
        manifest.view,
        manifest.seed,
        manifest.design,
        manifest.asked_grid,
        manifest.set,
        manifest.chunk,
    )
    named = {one.name: getattr(wish, one.name) for one in fields(_Wish)}
    if set(wish.cases or ()) == set(manifest.cases):
        del named["cases"]  # what is stored stands in the order of then
    return replace(before, **{name: value for name, value in named.items() if value is not None})


def _prepare(scenario: Scenario, asked: _Wish) -> tuple[Job, Manifest, str]:
    """Draw the worlds; return the work, what it depends on, and the scenario's text."""
    worlds = WORLDS if asked.worlds is None else asked.worlds
    usual_chunk = min(LARGEST_CHUNK, max(1, worlds // LEAST_CHUNKS))
    chunk = usual_chunk if asked.chunk is None else asked.chunk
    seed = SEED if asked.seed is None else asked.seed
    design = asked.design or DESIGNS[0]
    grid = asked.grid if isinstance(asked.grid, int) else None
    _refuse_odd(worlds, chunk, seed, design, asked.grid)
    cases = wanted_cases(scenario, asked.cases or ())
    policies = {
        case: bind(scenario, case=case, view=asked.view, parameters=asked.parameters).policy.name
        for case in cases
    }
    crisis = bind(scenario, view=asked.view, parameters=asked.parameters)
    assumptions = read_assumptions(scenario, asked.view, asked.parameters)
    drawn = draw(assumptions, worlds, design, seed)
    text = scenario_text(scenario)
    worlds_sum, text_sum = sums_of(drawn, text)
    players = tuple(player.name for player in crisis.players)
    manifest = Manifest(
        scenario=scenario.name,
        title=scenario.title or scenario.name,
        scenario_hash=crisis.scenario_hash,
        scenario_sha256=text_sum,
        versions=versions(),
        worlds=worlds,
        design=design,
        seed=seed,
        view=asked.view,
        set=dict(asked.parameters or {}),
        asked_grid=asked.grid,
        grid=grid,
        grid_choice=None,
        cases=policies,
        measures=tuple(scenario.measures),
        players=players,
        chunk=chunk,
        assumptions=assumptions,
        worlds_sha256=worlds_sum,
    )
    job = Job(
        scenario=scenario,
        cases=cases,
        groups=shared_solves(scenario, cases),
        measures=tuple(scenario.measures),
        players=players,
        laid=Laid(asked.view, asked.parameters, grid),
        assumptions=assumptions,
        worlds=drawn,
        size=chunk,
    )
    return job, manifest, text


# --- what is refused ------------------------------------------------------------------------------


def _refuse_odd(worlds: int, chunk: int, seed: int, design: str, grid: int | str | None) -> None:
    """Raise if what is asked cannot be."""
    refused = []
    if worlds < 1 or chunk < 1:
        found = f"{worlds} worlds in chunks of {chunk}"
        refused.append(("--worlds", found, "ask for 1 or more worlds."))
    if seed < 0:
        refused.append(("--seed", f"seed {seed}", "take a whole number from 0."))
    if design not in DESIGNS:
        refused.append(("--design", f"design '{design}'", f"take {' or '.join(DESIGNS)}."))
    if (isinstance(grid, str) and grid != "auto") or (isinstance(grid, int) and grid < 2):
        fix = "ask for 2 or more points a side, or `auto`."
        refused.append(("--grid", f"grid '{grid}'", fix))
    if refused:
        raise RunError(
            [
                Problem(code="R615", path=path, message=f"There is no {found}.", fix=fix)
                for path, found, fix in refused
            ]
        )


def _refuse_other(folder: Path, before: Manifest, now: Manifest) -> None:
    """Raise if a run that is to go on is another one than is asked for."""
    names = {
        "worlds": "worlds",
        "design": "design",
        "seed": "seed",
        "view": "view",
        "set": "values that are set",
        "asked_grid": "grid",
        "cases": "policies",
        "chunk": "chunk",
    }
    other = [
        f"{told}: {_shown(getattr(before, name))} there, {_shown(getattr(now, name))} now"
        for name, told in names.items()
        if getattr(before, name) != getattr(now, name)
    ]
    if not other and before.scenario_hash != now.scenario_hash:
        hashes = f"hash {before.scenario_hash[:12]} there, {now.scenario_hash[:12]} now"
        other.append(f"the scenario has changed: {hashes}")
    other += [
        f"{name}: version {before.versions.get(name)} there, {version} now"
        for name, version in now.versions.items()
        if name != "python" and before.versions.get(name) != version
    ]
    if not other and before.worlds_sha256 != now.worlds_sha256:
        other.append("the same draws come out otherwise on this machine")
    if other:
        listed = "".join(f"\n- {one}" for one in other)
        message = f"The run in '{folder}' is another one than is asked for now:{listed}"
        fix = "ask for what was asked for then (what is not named is taken from there), with what "
        fix += "made it then, or begin a new run in another folder."
        raise RunError(Problem(code="R614", message=message, fix=fix))


def _shown(value: object) -> str:
    if isinstance(value, Mapping):
        return ", ".join(value) or "none"
    return "none" if value is None else str(value)


def _taken(folder: Path) -> Problem:
    return Problem(
        code="R602",
        message=f"'{folder}' is there already; nothing is overwritten.",
        fix="name another folder, or go on with the run in it by --resume.",
    )
