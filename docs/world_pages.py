"""Write the pages of explored scenarios from stored answers.

`python docs/world_pages.py` writes the pages again from what is stored. With `--solve PAGE FOLDER`
it first asks the run in the folder, which the first command on the page has made, and stores the
answers (minutes to hours). Tests hold the stored answers against the scenarios as they are.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from offramp.exploration.runs import open_run
from offramp.report import answers
from offramp.report.answers import Answer
from offramp.report.layout import lay_out
from offramp.report.parts import Part
from offramp.report.tables import Table, table_cell
from offramp.scenario import load_scenario

FOLDER = Path(__file__).parent / "scenarios"
STORED = FOLDER / "stored"
RUN = "RUN"  # stands for the folder of the run, whose path is nobody's business

ANSWERS = {
    one.model_fields["command"].default: one
    for one in vars(answers).values()
    if isinstance(one, type) and issubclass(one, Answer) and "command" in one.model_fields
}


class Crux(NamedTuple):
    """A question that divides two camps: a claim, or whether one policy is better by a measure."""

    between: tuple[str, str]
    exact: int
    grid: int
    claim: str | None = None
    policies: tuple[str, str] | None = None
    measure: str | None = None

    @property
    def words(self) -> str:
        """What is asked on the command line."""
        asked = f"--claim {self.claim}" if self.claim else ""
        if self.policies:
            asked = f"--policies {' '.join(self.policies)} --measure {self.measure}"
        return f"--between {' '.join(self.between)} {asked} --exact {self.exact} --grid {self.grid}"


class Plan(NamedTuple):
    """What is asked of an explored scenario.

    Attributes:
        scenario: Its name; pages of one scenario differ in the policies that were explored.
        about: What the page's title says of it.
        driven: Claims whose drivers are asked for, with mechanisms switched.
        split, switched: Worlds in which claims are split, and in which mechanisms are switched; 0
            where that would take too long.
        compared: Cases that are compared; all that are choices, if none is named.
    """

    scenario: str
    about: str
    driven: tuple[str, ...]
    cruxes: tuple[Crux, ...]
    split: int
    switched: int
    compared: tuple[str, ...] = ()


PLANS = {
    "cuba-1962": Plan(
        "cuba-1962",
        "worlds",
        ("firmness-was-enough", "trade-was-needed", "strike-brings-war", "public-term-hardens"),
        (Crux(("hawks", "doves"), 1, 2, claim="trade-was-needed"),),
        64,
        64,
    ),
    "guarantee-2025": Plan(
        "guarantee-2025",
        "worlds with and without an American pledge",
        (
            "c47-ambiguity-deters",
            "c54-arms-and-allies",
            "c56-insured-protege-provokes",
            "c57-guarantees-solve-commitment",
            "k40-bare-truce-fails",
        ),
        (Crux(("essay", "critic"), 1, 2, claim="k40-bare-truce-fails"),),
        0,
        0,
        ("nothing", "ambiguous-pledge"),
    ),
    "guarantee-2025-alone": Plan(
        "guarantee-2025",
        "worlds without an American pledge",
        ("c51-european-capacity", "k40-bare-truce-fails"),
        (
            Crux(
                ("essay", "critic"),
                1,
                2,
                policies=("european-only-force", "nothing"),
                measure="value_allies",
            ),
        ),
        64,
        0,
        ("nothing", "european-only-force"),
    ),
}
ABOUT = """What commands say of many worlds of [`{name}`]({name}.md), each a draw of every number,
mechanism and start that is in doubt. A share of worlds says how the assumptions were drawn, not
how likely anything is."""
HEADINGS = {
    "explore": "What was drawn, and what came out",
    "doubt": "Which policy holds up",
    "believe": "What one must believe",
    "drivers": "On what a verdict hangs",
    "earned": "Assumed or earned",
    "crux": "The crux",
}


def ask(page: str, folder: Path) -> Iterator[tuple[str, Answer]]:
    """Yield commands and their answers about a run."""
    from offramp.report.believe import describe_believe
    from offramp.report.crux import describe_crux
    from offramp.report.doubt import describe_doubt
    from offramp.report.drivers import describe_drivers
    from offramp.report.earned import describe_earned
    from offramp.report.explore import describe_worlds
    from offramp.report.stored_runs import directed_measures

    run, plan = open_run(folder), PLANS[page]
    name = plan.scenario
    under, players = run.manifest, [f"value({one})" for one in run.players]
    view = f" --view {under.view}" if under.view else ""
    grid = f" --grid {under.asked_grid}" if under.asked_grid else ""
    yield (
        f"explore {name} --worlds {under.worlds} --policies {','.join(run.cases)}{view}{grid} "
        f"--design {under.design} --seed {under.seed} --out {RUN}",
        describe_worlds(run),
    )
    for by in (next(iter(directed_measures(run))), *players):
        of = plan.compared
        words = f"{RUN} --by '{by}'" + (f" --policies {','.join(of)}" if of else "")
        yield f"doubt {words}", describe_doubt(folder, by=by, policies=of)
        yield f"believe {words}", describe_believe(folder, by=by, policies=of)
    for claim in plan.driven:
        anew = f" --switch {plan.switched}" if plan.switched else ""
        found = describe_drivers(folder, claim=claim, switch=plan.switched)
        yield f"drivers {RUN} --claim {claim}{anew}", found
    if plan.split:
        yield f"earned {RUN} --worlds {plan.split}", describe_earned(folder, worlds=plan.split)
    for one in plan.cruxes:
        yield (
            f"crux {name} {one.words}",
            describe_crux(
                name,
                between=one.between,
                claim=one.claim,
                policies=one.policies,
                measure=one.measure,
                exact_up_to=one.exact,
                grid=one.grid,
            ),
        )


def store(name: str, folder: Path) -> None:
    """Ask a run and store what it says."""
    found = [
        {"command": command, "answer": _unplaced(json.loads(answer.model_dump_json()))}
        for command, answer in ask(name, folder)
    ]
    file = STORED / f"{name}.worlds.json"
    file.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


def _unplaced(answer: dict[str, Any]) -> dict[str, Any]:
    if "run" in answer:
        answer["run"]["folder"] = RUN
    if "folder" in answer:
        answer["folder"] = RUN
    return answer


def load(name: str) -> list[tuple[str, Answer]]:
    """Return the stored commands of a page and their answers."""
    stored = json.loads((STORED / f"{name}.worlds.json").read_text(encoding="utf-8"))
    return [
        (one["command"], ANSWERS[one["answer"]["command"]].model_validate(one["answer"]))
        for one in stored
    ]


def page(name: str) -> str:
    """Return the page of an explored scenario."""
    plan = PLANS[name]
    title = load_scenario(plan.scenario).title
    parts = [f"# {title}: {plan.about}\n", ABOUT.format(name=plan.scenario)]
    last = ""
    for command, answer in load(name):
        heading = HEADINGS[command.split()[0]]
        if heading != last:
            parts.append(f"\n## {heading}")
        last = heading
        parts.append(f"\nFrom `offramp {command}`:\n")
        for part in map(_markdown, lay_out(answer)[1:]):  # the first is the title again
            # who gains, what conflicts and which worlds it is over is the same for all that is
            # asked; what is said of one claim may be true of another in the same words
            of_claim = heading == HEADINGS["drivers"] and f"worlds of {RUN}" not in part
            if of_claim or part not in parts:
                parts.append(part)
    return "\n".join(parts).rstrip("\n") + "\n"


def _markdown(part: Part) -> str:
    if not isinstance(part, Table):
        return "".join(
            f"{'- ' if len(part.lines) > 1 else ''}{line.strip()}\n" for line in part.lines
        )
    if not part.rows:
        return ""
    rows = [[name.strip() for name, _ in part.columns], ["---"] * len(part.columns)]
    rows += [
        [_safe(table_cell(cell, kind)) for cell, (_, kind) in zip(row, part.columns, strict=True)]
        for row in part.rows
    ]
    lines = "".join(f"| {' | '.join(row)} |\n" for row in rows)
    note = f"\n{' '.join(part.note.split())}\n" if part.note else ""
    return f"*{part.title}*\n\n{lines}{note}"


def _safe(text: str) -> str:
    return text.replace("|", "\\|")


def write_pages() -> None:
    """Write every page from what is stored."""
    for name in PLANS:
        if (STORED / f"{name}.worlds.json").exists():
            (FOLDER / f"{name}-worlds.md").write_text(page(name), encoding="utf-8")


def main(words: list[str]) -> None:
    """Solve what is asked for, and write the pages."""
    if words[:1] == ["--solve"]:
        store(words[1], Path(words[2]))
    write_pages()


if __name__ == "__main__":
    main(sys.argv[1:])
