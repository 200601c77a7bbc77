"""What a person argues: an essay paragraph by paragraph, and its steps as a graph.

An essay is a file of its own. Each paragraph is told in a sentence and disposed of: what it claims
(claims of a scenario), which mechanisms it asserts (`~name` is a mechanism's rival), what it takes
for granted, reports or predicts, and what is out of scope, with the reason. Steps say what is held
because of what; assumptions, stated and unstated, stand at the end of each chain. A counter-essay
has the same form.

The claims that an essay makes for the first time stand in it, with what happened since; others are
named only. A claim's verdict comes from the scenario that the essay is about.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from offramp.errors import Location, Problem, ScenarioError, closest, raise_problems
from offramp.scenario.forms import Model, Names, Text
from offramp.scenario.library import list_mechanisms, list_scenarios, shipped_files
from offramp.scenario.load import load_scenario
from offramp.scenario.parse import Document, parse_yaml
from offramp.scenario.reading import Notes, Spot
from offramp.scenario.schema import Scenario
from offramp.scenario.validate import validate

__all__ = [
    "AssumptionDecl",
    "EssayClaim",
    "EssayDecl",
    "ParagraphDecl",
    "StepDecl",
    "claim_register",
    "list_essays",
    "load_essay",
    "rival_of",
    "scenario_claims",
    "shipped_essays",
]

FEW = 12  # names that a message lists
RIVAL = "~"  # before a mechanism's name: its rival is what is asserted
Fate = Literal["true", "false", "mixed", "not shown", "open"]


class ParagraphDecl(Model):
    """One paragraph: what it says, and what becomes of it. At least one entry beside `says`.

    Attributes:
        out_of_scope: Why (a part of) it is not tested.
    """

    says: Text
    claims: Names = ()
    mechanisms: Names = ()
    assumes: Text | None = None
    background: Text | None = None
    predicts: Text | None = None
    asks: Text | None = None
    out_of_scope: Text | None = None
    note: Text | None = None

    @property
    def is_disposed(self) -> bool:
        """Whether anything is said of what becomes of it."""
        told = (self.assumes, self.background, self.predicts, self.asks, self.out_of_scope)
        return bool(self.claims or self.mechanisms or any(told))


class StepDecl(Model):
    """`holds` is held because of claims, through mechanisms, needing assumptions.

    Attributes:
        stated: Whether the essay says that the one follows from the other claims.
    """

    says: Text
    holds: Names = ()
    because: Names = ()
    through: Names = ()
    needs: Names = ()
    stated: Annotated[bool, Field(strict=True)] = True


class AssumptionDecl(Model):
    """What the argument takes for granted, and what falls if it is false.

    Attributes:
        stated: `yes`, `no`, or which part is.
        sets: Which numbers or settings it fixes.
    """

    says: Text
    stated: Text
    sets: Text
    if_false: Text

    @property
    def is_unstated(self) -> bool:
        """Whether the essay leaves it unsaid, in part at least."""
        return "no" in self.stated.split() or "unstated" in self.stated


class RecordDecl(Model):
    """What happened since, as far as a single history can tell."""

    fate: Annotated[tuple[Fate, ...], Field(min_length=1)]
    says: Text


class EssayClaim(Model):
    """A claim that the essay makes first, in words; its test stands in a scenario.

    Attributes:
        where: Paragraphs that make it, of this essay and of others.
        test: The comparison in words.
        against: The same comparison as the other side would state it.
        answered_by: Claims of the other side on the same question.
        untested: Why no scenario tests it.
    """

    name: Text
    says: Text
    where: Names
    test: Text
    rests_on: Names = ()
    against: Text
    answered_by: Names = ()
    margin: Text | None = None
    record: RecordDecl
    untested: Text | None = None


class EssayDecl(Model):
    """An essay, paragraph by paragraph.

    Attributes:
        answers: The essay on the other side.
        about: The scenario that tests it.
        sorted_by: Year and month, for lists; as far as it can be inferred.
        weight: Drawn that carry most of it.
    """

    offramp: Literal[1]
    id: Text
    kind: Literal["essay", "counter-essay"] = "essay"
    answers: Text | None = None
    about: Text
    heading: Text
    author: Text
    outlet: Text
    title: Text
    date: Text
    sorted_by: Annotated[str, Field(pattern=r"^\d{4}-\d{2}$")]
    thesis: Text
    abstract: Text
    paragraphs: Annotated[dict[str, ParagraphDecl], Field(min_length=1)]
    steps: tuple[StepDecl, ...] = ()
    assumptions: dict[str, AssumptionDecl] = Field(default_factory=dict)
    weight: Names = ()
    claims: dict[str, EssayClaim] = Field(default_factory=dict)
    sources: Names = ()

    def claims_named(self) -> tuple[str, ...]:
        """Return every claim that its paragraphs make, as they occur."""
        named = (claim for one in self.paragraphs.values() for claim in one.claims)
        return tuple(dict.fromkeys(named))

    def mechanisms_named(self) -> tuple[str, ...]:
        """Return every mechanism that its paragraphs assert, `~` kept, as they occur."""
        named = (name for one in self.paragraphs.values() for name in one.mechanisms)
        return tuple(dict.fromkeys(named))


def rival_of(name: str) -> tuple[str, bool]:
    """Return a mechanism's own name, and whether its rival was meant."""
    return name.removeprefix(RIVAL), name.startswith(RIVAL)


def scenario_claims(scenario: Scenario, claim: str) -> tuple[str, ...]:
    """Return the claims of a scenario that test an essay's: of that name, or `ID-…`."""
    return tuple(name for name in scenario.claims if name == claim or name.startswith(f"{claim}-"))


def list_essays() -> tuple[str, ...]:
    """Return the ids of the shipped essays, by date, each before its counter-essay."""
    essays = shipped_essays()
    first = [one for one in essays.values() if one.kind == "essay"]
    ordered = []
    for one in sorted(first, key=lambda essay: (essay.sorted_by, essay.id)):
        ordered += [one.id, *(k for k, other in essays.items() if other.answers == one.id)]
    return tuple(dict.fromkeys([*ordered, *essays]))


def claim_register() -> dict[str, EssayClaim]:
    """Return every claim that a shipped essay makes, by its id."""
    return {
        name: claim for essay in shipped_essays().values() for name, claim in essay.claims.items()
    }


def load_essay(id_or_path: str | Path) -> EssayDecl:
    """Return a shipped essay by its id, or the essay in a file, checked as a whole.

    Raises:
        ScenarioError: There is none, or with every problem of the file.
    """
    told, path = str(id_or_path), Path(id_or_path)
    if path.is_file():
        document = parse_yaml(path.read_bytes(), path.name)
    elif told in _essay_files():
        document = parse_yaml(_essay_files()[told], f"essays/{told}.yaml")
    else:
        raise ScenarioError(_no_essay(told))
    essay = validate(EssayDecl, document)
    notes = Notes()
    _check(essay, document, notes)
    raise_problems(notes.problems)
    return essay


@lru_cache(maxsize=1)
def _essay_files() -> dict[str, bytes]:
    return {name: file.read_bytes() for name, file in shipped_files("essays").items()}


@lru_cache(maxsize=1)
def shipped_essays() -> dict[str, EssayDecl]:
    """Return every shipped essay by its id; names in them are not looked up."""
    return {
        name: validate(EssayDecl, parse_yaml(text, f"essays/{name}.yaml"))
        for name, text in sorted(_essay_files().items())
    }


# --- what no single entry shows -------------------------------------------------------------------


def _check(essay: EssayDecl, document: Document, notes: Notes) -> None:
    """Note every name that nothing stands for, and every paragraph that nothing becomes of."""
    root = Spot(document)
    known = _known_claims(essay)
    if essay.about not in list_scenarios() and not Path(essay.about).is_file():
        _note_unknown("scenario", essay.about, list_scenarios(), root / "about", notes)
    if essay.answers is not None and essay.answers not in _essay_files():
        _note_unknown("essay", essay.answers, list(_essay_files()), root / "answers", notes)
    mechanisms, assumed = list_mechanisms(), list(essay.assumptions)
    for name, one in essay.paragraphs.items():
        spot = root / "paragraphs" / name
        if not one.is_disposed:
            notes.add(
                "S602",
                f"Nothing is said of what becomes of paragraph {name}.",
                spot,
                key=True,
                fix="name claims, mechanisms, what it assumes, reports or predicts, or say "
                "why it is out_of_scope.",
            )
        _unknown("claim", one.claims, known, spot / "claims", notes)
        _unknown("mechanism", one.mechanisms, mechanisms, spot / "mechanisms", notes)
    for i, step in enumerate(essay.steps):
        spot = root / "steps" / i
        _unknown("claim", step.holds, known, spot / "holds", notes)
        _unknown("claim", step.because, known, spot / "because", notes)
        _unknown("mechanism", step.through, mechanisms, spot / "through", notes)
        _unknown("assumption", step.needs, assumed, spot / "needs", notes)
    _unknown("assumption", essay.weight, assumed, root / "weight", notes)
    for name, claim in essay.claims.items():
        spot = root / "claims" / name
        _unknown("mechanism", claim.rests_on, mechanisms, spot / "rests_on", notes)
        _unknown("claim", claim.answered_by, known, spot / "answered_by", notes)
    _check_circles(essay, root, notes)


def _known_claims(essay: EssayDecl) -> list[str]:
    """Return what a claim may be called: by the register's ids, or as the scenario calls it."""
    found = [*claim_register(), *essay.claims]
    if essay.about in list_scenarios() or Path(essay.about).is_file():
        found += load_scenario(essay.about).claims
    return found


def _unknown(kind: str, names: Names, known: list[str], spot: Spot, notes: Notes) -> None:
    for i, name in enumerate(names):
        if rival_of(name)[0] not in known:
            _note_unknown(kind, name, known, spot / i, notes)


def _note_unknown(kind: str, name: str, known: list[str], spot: Spot, notes: Notes) -> None:
    near = closest(rival_of(name)[0], known)
    few = f"There are: {', '.join(known)}." if 0 < len(known) <= FEW else ""
    declare = ", or declare it under `claims:` of the essay" if kind == "claim" else ""
    notes.add(
        "S601",
        f"'{name}' is no {kind} that is known here.",
        spot,
        hint=f"Did you mean '{near}'?" if near else few,
        fix=f"correct the name{declare}.",
    )


def _check_circles(essay: EssayDecl, root: Spot, notes: Notes) -> None:
    """Note steps that lead back: a claim held because of itself."""
    below: dict[str, set[str]] = {}
    for i, step in enumerate(essay.steps):
        for claim in step.holds:
            below.setdefault(claim, set()).update(step.because)
        circle = [claim for claim in step.holds if claim in _reached(step.because, below)]
        if circle:
            notes.add(
                "S603",
                f"'{circle[0]}' is held because of itself.",
                root / "steps" / i,
                fix="leave out the step that leads back.",
            )


def _reached(names: Names, below: Mapping[str, set[str]]) -> set[str]:
    found: set[str] = set()
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += below.get(name, ())
    return found


def _no_essay(told: str) -> Problem:
    near = closest(told, list(_essay_files()))
    return Problem(
        "S604",
        f"There is no essay '{told}'.",
        Location(told, 0, 0),
        hint=f"Did you mean '{near}'?" if near else f"There are: {', '.join(list_essays())}.",
        fix="give the id of a shipped essay, or a file.",
    )
