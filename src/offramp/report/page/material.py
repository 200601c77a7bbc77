"""What a report is made of: answers that are there already, and those that a run still owes.

A report solves nothing but the base world, and that only if it is given a scenario by name. What
takes long to find out about the worlds of a run is kept in the run's folder, under `answers`, and
read from there the next time.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple, TypeVar

from pydantic import ValidationError

from offramp import __version__
from offramp.errors import OfframpError, Problem, RunError
from offramp.exploration import Laid
from offramp.exploration.drawn import Drawn, gather_assumptions
from offramp.exploration.runs import Run, open_run
from offramp.exploration.shares import HOLDS
from offramp.exploration.verdicts import JudgedClaim, judge_worlds
from offramp.report.answers import (
    BelieveAnswer,
    ClaimRow,
    ClaimsAnswer,
    CruxAnswer,
    DoubtAnswer,
    DriversAnswer,
    EarnedAnswer,
    EssayAnswer,
    FlipsAnswer,
    RunAnswer,
    ScenarioHead,
    WhyAnswer,
)
from offramp.report.believe import describe_believe
from offramp.report.doubt import describe_doubt
from offramp.report.drivers import describe_drivers
from offramp.report.essays import Kept, describe_essay, kept_verdicts
from offramp.report.files import SCENARIO, new_file
from offramp.report.progress import Progress
from offramp.report.results import describe_run, scenario_head
from offramp.report.stored_runs import FEWEST, directed_measures, run_head
from offramp.scenario import Scenario, bind, case_names, list_scenarios, load_scenario
from offramp.scenario.claims import Comparison, read_claims
from offramp.scenario.essays import list_essays, shipped_essays

__all__ = ["RESAMPLES", "Given", "Material", "essay_pairs", "gather"]

Given = CruxAnswer | WhyAnswer | FlipsAnswer | EarnedAnswer
SHOWN: dict[str, type[Given]] = {
    "crux": CruxAnswer, "why": WhyAnswer, "flips": FlipsAnswer, "earned": EarnedAnswer,
}  # fmt: skip
COUNTER = "counter-essay"
MOST_DRIVEN = 6  # claims whose drivers are sought: those over which worlds divide most evenly
RESAMPLES = 20  # for the intervals of their indices

One = TypeVar("One", DoubtAnswer, BelieveAnswer, DriversAnswer)


class Found(NamedTuple):
    """What was found out about the worlds of a run.

    Attributes:
        drivers: By the claim that was asked about.
    """

    doubts: tuple[DoubtAnswer, ...] = ()
    beliefs: tuple[BelieveAnswer, ...] = ()
    drivers: Mapping[str, DriversAnswer] = MappingProxyType({})


class Further(NamedTuple):
    """Answers that were given along."""

    cruxes: tuple[CruxAnswer, ...]
    reasons: tuple[WhyAnswer, ...]
    flips: tuple[FlipsAnswer, ...]
    earned: tuple[EarnedAnswer, ...]


@dataclass(frozen=True)
class Material:
    """Everything that a page shows; what is not there is left out of the page.

    Attributes:
        essays: Each essay about the scenario, and its counter-essay if there is one.
        judged: Claims over the worlds of the run, by name.
        drawn: What the worlds of the run assume.
    """

    scenario: Scenario
    head: ScenarioHead
    essays: tuple[tuple[EssayAnswer, EssayAnswer | None], ...]
    claims: ClaimsAnswer | None
    no_claims: str
    base: RunAnswer | None
    run: Run | None
    drawn: Drawn | None
    judged: Mapping[str, JudgedClaim]
    found: Found
    further: Further

    def tested(self, claim: str) -> ClaimRow | None:
        """Return how a claim stands in the base world, if that was found out."""
        rows = self.claims.claims if self.claims is not None else []
        return next((one for one in rows if one.claim == claim), None)

    @cached_property
    def comparisons(self) -> Mapping[str, tuple[Comparison, ...]]:
        """What each claim compares in the base world."""
        numbers = bind(self.scenario).parameters
        return {one.name: one.comparisons for one in read_claims(self.scenario, numbers)}


def gather(target: str, *, base: Path | None = None, further: Sequence[Path] = ()) -> Material:
    """Return what a report is made of.

    Args:
        target: A scenario by name or file, whose base world is solved; or a folder that `explore`
            or `run` has written.
        base: Folder that `run` has written, to stand beside the worlds of an exploration.
        further: Files with answers of `crux`, `why`, `flips` or `earned`, as `--json` prints them.

    Raises:
        OfframpError: Something named is not there, damaged, or of another scenario.
    """
    folder = Path(target)
    answers: list[Given] = []
    for path in further:
        one = _read_answer(path)
        if one not in answers:
            answers.append(one)
    if base is not None and (not folder.is_dir() or (folder / "answer.json").exists()):
        raise RunError(
            Problem(
                code="R647",
                path="--base",
                message=f"'{target}' is a base world itself, so that '{base}' has no place.",
                fix="leave --base away, or make the report of a folder of worlds.",
            )
        )
    if folder.is_dir() and (folder / "answer.json").exists():
        return _of_base(_read_base(folder), answers, str(folder / SCENARIO))
    if folder.is_dir():
        run = open_run(folder)
        solved = None if base is None else _read_base(base)
        if solved is not None and base is not None:
            there = load_scenario(str(base / SCENARIO))
            if bind(there).scenario_hash != bind(run.scenario).scenario_hash:
                raise RunError(_of_another(f"'{base}'", there.name, run.scenario.name))
            _refuse_other_laid(base, solved.scenario, run)
        return _of_run(run, solved, answers)
    return _of_base(describe_run(target, moves=_first_case(target)), answers, target)


def _refuse_other_laid(base: Path, solved: ScenarioHead, run: Run) -> None:
    """Raise if a base world was solved under another view or other values than the worlds."""
    under = run.manifest
    if (solved.view, solved.set) != (under.view, dict(under.set)):
        raise RunError(
            Problem(
                code="R642",
                path="--base",
                message=f"'{base}' was solved {_laid_words(solved.view, solved.set)}, and the "
                f"worlds of '{run.folder}' {_laid_words(under.view, under.set)}.",
                fix="solve the base world with the same --view and --set.",
            )
        )


def _laid_words(view: str | None, values: Mapping[str, float | str]) -> str:
    told = [f"under the view {view}" if view else "without a view"]
    told += [f"{name} set to {value}" for name, value in values.items()]
    return ", ".join(told)


def _first_case(target: str) -> list[str]:
    """Return the case whose climb is drawn: one, since following it takes long."""
    return list(case_names(load_scenario(target))[:1])


def essay_pairs(about: str | None = None) -> tuple[tuple[EssayAnswer, EssayAnswer | None], ...]:
    """Return the shipped essays by date, each with its counter-essay.

    Args:
        about: Only those about this scenario.
    """
    essays = shipped_essays()
    counters = {one.answers: name for name, one in essays.items() if one.kind == COUNTER}
    return tuple(
        (describe_essay(name), describe_essay(counters[name]) if name in counters else None)
        for name in list_essays()
        if essays[name].kind != COUNTER and about in (None, essays[name].about)
    )


def _of_base(solved: RunAnswer, answers: Sequence[Given], name_or_path: str) -> Material:
    scenario = load_scenario(name_or_path)
    kept = _verdicts(scenario, Path(name_or_path))
    return Material(
        scenario=scenario,
        head=solved.scenario,
        essays=_shipped_about(scenario),
        claims=kept.answer,
        no_claims=kept.told,
        base=solved,
        run=None,
        drawn=None,
        judged={},
        found=Found(),
        further=_further(answers, scenario),
    )


def _verdicts(scenario: Scenario, file: Path) -> Kept:
    """Return the verdicts kept beside the file at hand, or else those of the shipped scenario."""
    if file.is_file():
        beside = kept_verdicts("/".join(file.parts[-2:]), scenario, file)
        if beside.answer is not None or scenario.name not in list_scenarios():
            return beside
    return kept_verdicts(scenario.name, scenario)


def _shipped_about(scenario: Scenario) -> tuple[tuple[EssayAnswer, EssayAnswer | None], ...]:
    """Return the essays about a scenario; none about another that only bears its name."""
    if scenario.name not in list_scenarios():
        return ()
    shipped = bind(load_scenario(scenario.name)).scenario_hash
    return essay_pairs(scenario.name) if bind(scenario).scenario_hash == shipped else ()


def _of_run(run: Run, solved: RunAnswer | None, answers: Sequence[Given]) -> Material:
    if not len(run.world):
        raise RunError(
            Problem(
                code="R630",
                path=str(run.folder),
                message="no world of this run has been solved; there is nothing to report.",
                fix="go on with it: `offramp explore … --resume`.",
            )
        )
    assert run.folder is not None
    scenario, under = run.scenario, run.manifest
    drawn = run.drawn()
    enough = len(run.world) >= FEWEST and bool(drawn)
    judged = {one.claim.name: one for one in judge_worlds(run)}
    kept = _verdicts(scenario, run.folder / SCENARIO)
    with Progress("weighing worlds", 0) as progress:
        found = _find(run, judged, progress.done) if enough else Found()
    return Material(
        scenario=scenario,
        head=scenario_head(scenario, Laid(under.view, under.set or None, under.grid)),
        essays=_shipped_about(scenario),
        claims=kept.answer,
        no_claims=kept.told,
        base=solved,
        run=run,
        drawn=gather_assumptions(drawn) if drawn else None,
        judged=judged,
        found=found,
        further=_further(answers, scenario, run),
    )


def _find(run: Run, judged: Mapping[str, JudgedClaim], done: Callable[[], None]) -> Found:
    """Find out about the worlds, or read it from the run's folder where it is there."""
    assert run.folder is not None
    folder = run.folder
    asked = [*list(directed_measures(run))[:1], *(f"value({name})" for name in run.players)]
    doubts, beliefs, drivers = [], [], {}
    for by in asked:
        doubt, believe = partial(describe_doubt, by=by), partial(describe_believe, by=by)
        try:
            doubts.append(_kept(run, "doubt", by, DoubtAnswer, partial(doubt, folder)))
            beliefs.append(_kept(run, "believe", by, BelieveAnswer, partial(believe, folder)))
        except RunError:  # it arises in too few worlds, or there is but one choice
            continue
        done()
    for name in _most_divided(judged):
        drive = partial(describe_drivers, folder, claim=name, resamples=RESAMPLES)
        with suppress(RunError):  # it arises in too few worlds
            drivers[name] = _kept(run, "drivers", name, DriversAnswer, drive)
        done()
    return Found(tuple(doubts), tuple(beliefs), drivers)


def _most_divided(judged: Mapping[str, JudgedClaim]) -> list[str]:
    """Return the claims over which worlds divide most evenly; of a claim and its counter, one."""
    told = {
        name: float(min(one.shares.share[HOLDS], 1 - one.shares.share[HOLDS]))
        for name, one in judged.items()
        if one.shares is not None
    }
    found: list[str] = []
    for name in sorted(told, key=lambda name: -told[name]):
        counter = judged[name].claim.decl.counter
        if told[name] > 0 and counter not in found and len(found) < MOST_DRIVEN:
            found.append(name)
    return found


def _kept(run: Run, kind: str, about: str, model: type[One], make: Callable[[], One]) -> One:
    """Return an answer from the run's folder, found out anew where it is not there or is older.

    It names the folder without its path, which is nobody else's business and may change.
    """
    assert run.folder is not None
    named = hashlib.sha256(about.encode()).hexdigest()[:8]
    path = run.folder / "answers" / f"{kind}-{named}.json"
    head = run_head(run).model_copy(update={"folder": run.folder.resolve().name})
    try:
        found = model.model_validate_json(path.read_bytes())
        if found.offramp == __version__ and found.run == head:
            return found
    except (OSError, ValidationError):
        pass
    made = make().model_copy(update={"run": head})
    with suppress(OSError, OfframpError):  # a folder that takes nothing in costs time, no more
        path.unlink(missing_ok=True)
        with new_file(path) as place:
            place.write_text(made.model_dump_json(indent=1), encoding="utf-8")
    return made


def _refuse_another(one: Given, scenario: Scenario, run: Run | None) -> None:
    """Raise if an answer is not about this very scenario, or not about this very run.

    It may be about other views and values than the page's own; the card then says which.
    """
    told, there = one.scenario, f"an answer of `offramp {one.command}`"
    is_of_file = False
    with suppress(OfframpError):  # what was laid over another file need not fit this one
        here = scenario_head(scenario, Laid(told.view, told.set or None, told.grid))
        is_of_file = (one.offramp, told.name) == (__version__, scenario.name) and here == told
    if not is_of_file:
        raise RunError(_of_another(there, told.name, scenario.name))
    if isinstance(one, EarnedAnswer) and (
        run is None
        or (one.there, told.view, told.set)
        != (len(run.world), run.manifest.view, dict(run.manifest.set))
        or one.draws not in (None, run.manifest.worlds_sha256)
    ):
        raise RunError(_of_another(there, "another run", "this one"))


def _further(answers: Sequence[Given], scenario: Scenario, run: Run | None = None) -> Further:
    for one in answers:
        _refuse_another(one, scenario, run)
    return Further(
        tuple(one for one in answers if isinstance(one, CruxAnswer)),
        tuple(one for one in answers if isinstance(one, WhyAnswer)),
        tuple(one for one in answers if isinstance(one, FlipsAnswer)),
        tuple(one for one in answers if isinstance(one, EarnedAnswer)),
    )


def _read_answer(path: Path) -> Given:
    """Read an answer that the page can show."""
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
        kind = raw["command"]
        if kind in SHOWN:
            return SHOWN[kind].model_validate(raw)
        what = f"an answer of `offramp {kind}`"
    except (OSError, ValueError, KeyError, TypeError):
        what = "no answer"
    raise RunError(
        Problem(
            code="R640",
            path=str(path),
            message=f"'{path}' holds {what}; a report takes those of {', '.join(SHOWN)}.",
            fix="write one with `offramp crux … --json > FILE`.",
        )
    )


def _read_base(folder: Path) -> RunAnswer:
    try:
        (folder / SCENARIO).stat()
        return RunAnswer.model_validate_json((folder / "answer.json").read_bytes())
    except (OSError, ValidationError):
        raise RunError(
            Problem(
                code="R641",
                path=str(folder),
                message=f"'{folder}' holds no answer of `offramp run` of this version.",
                fix="make it with `offramp run NAME --out DIR`.",
            )
        ) from None


def _of_another(what: str, found: str, wanted: str) -> Problem:
    return Problem(
        code="R642",
        message=f"{what} is of {found}, and the report is about {wanted}, or another version.",
        fix="give what belongs to the same scenario.",
    )
