"""Write the pages of the shipped scenarios from stored answers.

`python docs/scenario_pages.py` writes the pages again from what is stored: a prior predictive page
per scenario, the tables of all claims, mechanisms and sizes. With `--rates`, `--effects`,
`--claims` or `--sizes` (and names of scenarios, else all) it first solves and stores (minutes to
hours). Tests hold the stored answers against the scenarios as they are.
"""

from __future__ import annotations

import itertools
import json
import math
import re
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import Any

from offramp.exploration.cases import Laid
from offramp.exploration.measured import Measured, measure_cases
from offramp.report.answers import ClaimRow, ClaimsAnswer, RatesAnswer
from offramp.report.library import describe_mechanisms
from offramp.report.tables import format_share
from offramp.scenario import Scenario, bind, case_names, load_scenario
from offramp.scenario.beside import find_beside

FOLDER = Path(__file__).parent / "scenarios"
STORED = FOLDER / "stored"
SHIPPED = (
    "decision-2017",
    "javelin-2018",
    "restraint-2022",
    "deep-strikes-2024",
    "guarantee-2025",
    "campaign-2014-2026",
    "hanoi-1965",
    "cuba-1962",
)
WORLDS, SEED = 20, 1  # of the prior predictive check
DRAWS = 64  # of claims: settings drawn
DRAW_GRID = 3  # belief points a side in all that is drawn
LABELS = ("assumed", "strategic", "informational")
COUNTED = ("holds", "fails")
LEAST = 0.01  # of a measure's range, that a mechanism's rival should move in some scenario
UNCHECKED = {("campaign-2014-2026", "solved")}  # off its grid: that takes more than twenty minutes


def load(name: str, kind: str) -> Any:
    """Return a stored answer, or None where none is stored."""
    file = STORED / f"{name}.{kind}.json"
    return json.loads(file.read_text(encoding="utf-8")) if file.exists() else None


def store(name: str, kind: str, text: str) -> None:
    """Store an answer."""
    STORED.mkdir(exist_ok=True)
    (STORED / f"{name}.{kind}.json").write_text(text + "\n", encoding="utf-8")


# --- solving ----------------------------------------------------------------------------------


def solve_rates(name: str) -> None:
    """Compare a scenario's rates with history's."""
    from offramp.report.rates import describe_rates

    answer = describe_rates(name, worlds=WORLDS, seed=SEED, draw_grid=DRAW_GRID)
    store(name, "rates", answer.model_dump_json(indent=1))


def solve_claims(name: str) -> None:
    """Judge a scenario's claims and keep the verdicts beside it."""
    from offramp.report.claims import describe_claims
    from offramp.report.files import keep_claims

    keep_claims(describe_claims(name, draws=DRAWS, draw_grid=DRAW_GRID), name)


def solve_sizes(name: str) -> None:
    """Solve each policy of a scenario in a process of its own, and store size, time and memory."""
    scenario = load_scenario(name)
    declared = math.prod(_n_levels(decl) for decl in scenario.variables.values())
    reached, rows = _reached(name), []
    for case in scenario.policies:
        done = subprocess.run(
            [sys.executable, __file__, "--one", name, case],
            capture_output=True,
            check=False,
            text=True,
        )
        if done.returncode:
            raise SystemExit(done.stderr)
        rows.append(json.loads(done.stdout))
        answer = {"declared": declared, **reached, "cases": rows}
        store(name, "sizes", json.dumps(answer, indent=1))


def time_case(name: str, case: str) -> dict[str, Any]:
    """Solve a case, check it and follow it forward; return seconds of each, memory and errors."""
    from offramp.equilibrium.kernels.compilation import prepare_kernels
    from offramp.exploration.cases import Solve, check_grid, solve_one
    from offramp.outcomes import propagate

    prepare_kernels()
    scenario = load_scenario(name)
    at, cpu = [time.monotonic()], time.process_time()
    equilibrium, game = solve_one(scenario, Solve((case,), 1.0, {}), Laid())
    at.append(time.monotonic())
    cpu = time.process_time() - cpu
    propagate(equilibrium, start=case, policy_game=game)
    at.append(time.monotonic())
    checked = None if (name, case) in UNCHECKED else check_grid(equilibrium)
    at.append(time.monotonic())
    solving, following, checking = (round(b - a, 1) for a, b in itertools.pairwise(at))
    return {
        "case": case,
        "seconds": solving,
        "cpu": round(cpu, 1),
        "following": following,
        "checking": checking,
        "gib": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20, 2),
        "residual": equilibrium.residual,
        "refinement": None if checked is None else checked.refinement,
        "not_converged": equilibrium.n_unconverged,
    }


def solve_effects(name: str) -> None:
    """Find out by how much each mechanism's rival moves a measure, and store the largest change.

    All else is asserted, the grid coarse. Cases are tried in turn until a measure moves enough,
    those that bind most first: they are the quickest. What another scenario has shown to move
    enough is not tried.
    """
    from offramp.exploration.sharing import share_out

    scenario = load_scenario(name)
    ranges = {m: _range(str(decl.is_), scenario) for m, decl in scenario.measures.items()}
    told = [measure for measure, size in ranges.items() if size]
    shown = _shown(name)
    left = [use.called for use in scenario.mechanisms if use.use not in shown]
    found: dict[str, dict[str, Any]] = {}
    for case in sorted(case_names(scenario), key=partial(_n_bound, scenario), reverse=True):
        if not left:
            break
        base, *others = share_out(partial(_under_rival, scenario, case, told), [None, *left])
        for mechanism, other in zip(left, others, strict=True):
            for measure in told:
                change = (base(measure, case) - other(measure, case)) / ranges[measure]
                if abs(change) > abs(found.get(mechanism, {}).get("change", 0.0)):
                    found[mechanism] = {"case": case, "measure": measure, "change": change}
        left = [one for one in left if abs(found.get(one, {}).get("change", 0.0)) <= LEAST]
        answer = {"hash": bind(scenario).scenario_hash, "mechanisms": found}
        store(name, "effects", json.dumps(answer, indent=1))


def _n_bound(scenario: Scenario, case: str) -> int:
    return len(bind(scenario, case=case).policy.clauses)


def _shown(name: str) -> set[str]:
    """Return the mechanisms that move a measure enough in another scenario, by what is stored."""
    stored = {other: load(other, "effects") for other in SHIPPED if other != name}
    return {
        use.use
        for other, one in stored.items()
        if one is not None and one["hash"] == bind(load_scenario(other)).scenario_hash
        for use in load_scenario(other).mechanisms
        if abs(one["mechanisms"].get(use.called, {}).get("change", 0.0)) > LEAST
    }


def _under_rival(
    scenario: Scenario, case: str, measures: list[str], mechanism: str | None
) -> Measured:
    """Measure a case with one mechanism at its rival and all others asserted."""
    settings = {use.called: "asserted" for use in scenario.mechanisms}
    if mechanism is not None:
        settings[mechanism] = "rival"
    return measure_cases(scenario, {case: measures}, Laid(grid=DRAW_GRID), settings)


def _range(text: str, scenario: Scenario) -> float:
    """Return the range of a measure, as far as its form tells; 0 where it does not."""
    if re.fullmatch(r"ever\(.*\)|after\(.*\)|belief\(.*\)", text):
        return 1.0
    if re.fullmatch(r"(final|mean|change)\((share\(\w+\)|[^()+*/-]*[=<>][^()+*/-]*)\)", text):
        return 1.0
    count = scenario.period.count
    return float(count) if re.fullmatch(r"count\(.*\)", text) and str(count).isdigit() else 0.0


def _n_levels(decl: Any) -> int:
    return len(decl.levels) if isinstance(decl.levels, tuple) else 1


def _reached(name: str) -> dict[str, Any]:
    """Return states reachable by the first, a middle and the last period, and belief points."""
    from offramp.game import compile_game

    game = compile_game(load_scenario(name), case=next(iter(load_scenario(name).policies)))
    ends = game.n_reached[:, -1]
    return {
        "states": [int(ends[0]), int(ends[len(ends) // 2]), int(ends[-1])],
        "points": len(game.grid.points),
        "profiles": len(game.profiles),
    }


# --- pages ------------------------------------------------------------------------------------


RATES = """# Rates of `{name}` beside history's

How often the main events happen under `{case}`, when nobody does anything new, beside plain and
wide ranges of what history suggests. Nothing is fitted to them; no claim and no comparison of
policies was looked at for this page. The median of the drawn worlds passes within a factor of
three of the range; beyond thirty it is absurd.

From `offramp rates {name} --worlds {worlds}{coarse} --seed {seed}`:

"""
LIVELY = """
## Whether beliefs do any work

By how much the reply that hangs most on what is believed changes between certainty of one type
and of another.

"""
CLAIMS = """# All claims, and what they stand on

Every claim and counter-claim of the shipped scenarios, judged in the base world (all mechanisms
asserted), with all mechanisms at their rivals, and over draws of asserted and rival. `stands on`
says whether the verdict of the base world is *assumed* (by the acts alone, or by a mechanism that
shifts the chance of what is measured), *strategic* (it needs the others' replies) or
*informational* (it needs what acts reveal). A share of draws is no probability that a claim is
true.

"""
MECHANISMS = """# Mechanisms, and what their rivals change

Every mechanism of the library, its rival, the shipped scenarios that use it, and a change of a
measure when the rival takes its place and all others stay asserted, as a share of the measure's
range: the largest in the first case of the first scenario in which it is more than one per cent.
`offramp mechanisms NAME` shows one in full. That a change is small says that the scenario does not
hang on this quarrel, not that the quarrel is settled. Two mechanisms are in no shipped scenario:
[guarantee-2025](guarantee-2025.md#left-out) says why. The changes are those of a coarse belief
grid (3 points a side), from `python docs/scenario_pages.py --effects`.

"""
SIZES = """# How large the scenarios are, and how well they are solved

States are combinations of levels: all that are declared, and those that play can reach by the end
of the first, the middle and the last period. Points are those of the belief grid. Each policy is
compiled and solved in a process of its own, on two cores: in so many seconds of the wall clock and
of the processors. Then it is followed forward with all its measures, and checked off the grid,
which `offramp run` does too. Memory is the process's peak. The grid error is how much replies
change at the last refinement of the grid; with a dash, checking was given up after twenty minutes.
From `python docs/scenario_pages.py --sizes`.

"""


def table(heads: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    """Return a table in Markdown."""
    lines = [list(heads)]
    lines.append(["---"] * len(lines[0]))
    lines += [[str(cell) for cell in row] for row in rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def share(value: float | None) -> str:
    """Return a share as per cent, or a dash."""
    return "-" if value is None else format_share(value)


def rates_page(name: str) -> str | None:
    """Return the prior predictive page of a scenario."""
    stored = load(name, "rates")
    if stored is None:
        return None
    answer = RatesAnswer.model_validate(stored)
    heads = ("event", "per", "history", "base", "low precision", "high precision")
    rows = [
        (
            row.event,
            row.per,
            f"{format_share(row.low)} to {format_share(row.high)}",
            *map(share, (row.base, row.low_precision, row.high_precision)),
            *map(share, (row.p10, row.p50, row.p90)),
            row.verdict,
        )
        for row in answer.rates
    ]
    lively = [
        (one.player, f"{one.stage}.{one.act}", share(one.least), f"{one.about} is {one.least_if}",
         share(one.most), f"{one.about} is {one.most_if}")
        for one in answer.liveliness
    ]  # fmt: skip
    coarse = f" --draw-grid {answer.draw_grid}" if answer.draw_grid else ""
    head = RATES.format(
        name=name, case=answer.case, worlds=answer.worlds, coarse=coarse, seed=answer.seed
    )
    page = head + table((*heads, "10 %", "50 %", "90 %", "verdict"), rows) + LIVELY
    ends = ("at least", "if certain that", "at most", "if certain that")
    return page + table(("who", "act", *ends), lively)


def claims_page() -> str:
    """Return the table of all claims with their labels, and the share that is assumed."""
    page = CLAIMS + share_sentence([row for name in SHIPPED for row in _claims(name)]) + "\n"
    for name in SHIPPED:
        answer = kept(name)
        if answer is None:
            continue
        rows = [
            (f"`{r.claim}`", r.says, r.base, r.rival, share(r.holds_in), _stands(r))
            for r in answer.claims
        ]
        heads = ("claim", "says", "base", "rival", "holds in draws", "stands on")
        command = f"offramp claims {name} --draws {answer.draws} --draw-grid {answer.draw_grid}"
        page += f"\n## `{name}`: {load_scenario(name).title}\n\nFrom `{command}`.\n\n"
        page += table(heads, rows)
    return page


def kept(name: str) -> ClaimsAnswer | None:
    """Return the verdicts kept beside a scenario."""
    text = find_beside(name, "claims.json")
    return None if text is None else ClaimsAnswer.model_validate_json(text)


def _claims(name: str) -> list[ClaimRow]:
    answer = kept(name)
    return [] if answer is None else answer.claims


def _stands(row: ClaimRow) -> str:
    if row.label == "assumed" and row.assumed_by:
        return f"assumed by {', '.join(f'`{one}`' for one in row.assumed_by)}"
    return row.label


def share_sentence(rows: list[ClaimRow]) -> str:
    """Say which share of verdicts is assumed."""
    decided = [row for row in rows if row.base in COUNTED and row.label in LABELS]
    if not decided:
        return "No verdicts are kept yet."
    count = {label: sum(row.label == label for row in decided) for label in LABELS}
    return (
        f"Of {len(rows)} claims and counter-claims {len(decided)} are decided in the base world:\n"
        f"{count['assumed']} by assumption, {count['strategic']} through replies, "
        f"{count['informational']} through what is learnt."
    )


def mechanisms_page() -> str:
    """Return the table of mechanisms with what their rivals change."""
    effects = {name: (load(name, "effects") or {}).get("mechanisms", {}) for name in SHIPPED}
    rows = []
    for one in describe_mechanisms().mechanisms:
        found = [
            (abs(effects[name][one.name]["change"]), name)
            for name in SHIPPED
            if one.name in effects[name]
        ]
        told: tuple[object, ...] = ("-", "-", "-")
        if found:
            change, name = max(found)
            best = effects[name][one.name]
            told = (f"{100 * change:.2g} %", f"`{best['measure']}`", f"`{name}`, {best['case']}")
        used = ", ".join(f"`{name}`" for name in one.used_by) or "-"
        rows.append((f"`{one.name}`", one.says, f"`{one.rival}`", used, *told))
    heads = ("mechanism", "says", "rival", "used by", "largest change", "of", "in")
    return MECHANISMS + table(heads, rows)


def sizes_page() -> str:
    """Return the table of sizes, times, memory and errors."""
    rows = []
    for name in SHIPPED:
        stored = load(name, "sizes")
        for row in stored["cases"] if stored else ():
            reached = ", ".join(f"{n:,}" for n in stored["states"])
            grid = "-" if row["refinement"] is None else f"{row['refinement']:.1e}"
            rows.append(
                (
                    f"`{name}`", row["case"], f"{stored['declared']:,}", reached, stored["points"],
                    row["seconds"], row["cpu"], row["following"],
                    "-" if (name, row["case"]) in UNCHECKED else row["checking"], row["gib"],
                    f"{row['residual']:.1e}", grid, row["not_converged"],
                )
            )  # fmt: skip
    heads = ("scenario", "policy", "declared", "reachable", "points", "solved in", "CPU")
    more = ("followed in", "checked in", "GiB", "residual", "grid error", "not converged")
    return SIZES + _slow_sentence() + table((*heads, *more), rows)


def _slow_sentence() -> str:
    """Name the policies that take longer than was asked for."""
    slow = [
        f"`{name}` under {row['case']} ({row['seconds']} s of {_allowed(name)})"
        for name in SHIPPED
        for row in (load(name, "sizes") or {"cases": []})["cases"]
        if row["seconds"] > _allowed(name)
    ]
    told = ", ".join(slow) if slow else "no policy"
    return (
        "Asked for were 5 seconds where nobody has more than two types, 40 where somebody has "
        f"three, and 5 minutes for the campaign. Longer takes {told}.\n\n"
    )


def _allowed(name: str) -> int:
    """Return in how many seconds a policy should be solved, by how many types somebody has."""
    scenario = load_scenario(name)
    if "phase" in scenario.variables:  # a campaign knows where it stands
        return 300
    return 40 if max(len(player.types) for player in scenario.players.values()) > 2 else 5


def write_pages() -> None:
    """Write every page from what is stored."""
    for name in SHIPPED:
        page = rates_page(name)
        if page is not None:
            (FOLDER / f"{name}-rates.md").write_text(page, encoding="utf-8")
    (FOLDER / "claims.md").write_text(claims_page(), encoding="utf-8")
    (FOLDER / "mechanisms.md").write_text(mechanisms_page(), encoding="utf-8")
    (FOLDER / "sizes.md").write_text(sizes_page(), encoding="utf-8")


SOLVERS: dict[str, Callable[[str], None]] = {
    "--effects": solve_effects,
    "--rates": solve_rates,
    "--claims": solve_claims,
    "--sizes": solve_sizes,
}


def main(words: list[str]) -> None:
    """Solve what is asked for, and write the pages."""
    if words[:1] == ["--one"]:
        print(json.dumps(time_case(*words[1:])))
        return
    names = [word for word in words if not word.startswith("-")] or list(SHIPPED)
    for flag, solver in SOLVERS.items():
        if flag in words:
            for name in names:
                solver(name)
    write_pages()


if __name__ == "__main__":
    main(sys.argv[1:])
