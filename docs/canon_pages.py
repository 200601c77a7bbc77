"""Write the pages of the classic models from their data and from stored tables.

`python docs/canon_pages.py` writes the pages and figures again from what is stored. With `--sweeps`
(and the names of models, else of all) it first solves the sweep of each figure and stores its
table, with `--results` it holds every model against its theory and stores two tables of all results
(some minutes). Tests hold pages and sentences against the stored tables.
"""

from __future__ import annotations

import csv
import shlex
import sys
from pathlib import Path

import altair as alt
import vl_convert

from offramp.scenario import Scenario, load_scenario
from offramp.scenario.theory import FigureDecl, Theory, find_models, load_theory

FOLDER = Path(__file__).parent / "canon"
TABLES, FIGURES = FOLDER / "tables", FOLDER / "figures"
VERSION = ".".join(alt.SCHEMA_VERSION.lstrip("v").split(".")[:2])
KEYS = ("case", "residual", "not_converged")

INDEX = """# Classic models

Twenty-two formal models of deterrence, escalation, alliances and bargaining, each a scenario in
offramp's own language, held against the result that stands in the literature. They show that the
program computes what is published, they teach, and they are pieces to start a scenario from:
`offramp run canon/NAME` solves one, `offramp export canon/NAME --gambit FILE.efg` hands it to
Gambit.

`offramp canon` holds all of them against their theories, `offramp canon NAME` one of them. A value
is what the sequence at λ₀·2^k, k = 0…5, tends to; the published value never enters. How, stands in
[how to hold a scenario against a theory](../how-to/hold-against-a-theory.md).

| | model | quantities | largest difference | signs |
| --- | --- | --- | --- | --- |
"""


def short(name: str) -> str:
    """Return a model's name without its folder."""
    return name.removeprefix("canon/")


def rows_of(table: str) -> list[dict[str, str]]:
    """Return the rows of a stored table."""
    with (TABLES / f"{table}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def command(name: str, figure: FigureDecl) -> list[str]:
    """Return the words of the command that makes a figure's table."""
    words = ["sweep", name, "--over", figure.over]
    for measure in figure.measures:
        words += ["--measure", measure]
    for parameter, value in figure.set.items():
        words += [
            "--set",
            f"{parameter}={value:g}" if isinstance(value, float) else f"{parameter}={value}",
        ]
    return words + (["--case", figure.case] if figure.case else [])


# --- solving ----------------------------------------------------------------------------------


def store_sweep(name: str) -> None:
    """Solve a figure's sweep and store its table."""
    from offramp.exploration import Laid, sweep

    figure = load_theory(name).figure
    found = sweep(
        load_scenario(name),
        [figure.over],
        measures=figure.measures,
        cases=[figure.case] if figure.case else [],
        laid=Laid(parameters=figure.set),
    )
    assert not found.not_converged.any(), name
    columns = found.columns()
    with (TABLES / f"{short(name)}.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        kept = [key for key in columns if key not in KEYS]
        writer.writerow(kept)
        writer.writerows(zip(*(columns[key] for key in kept), strict=True))


def store_results() -> None:
    """Hold every model against its theory and store values and signs."""
    from offramp.report.canon import describe_canon

    answer = describe_canon(other_branches=True)
    values = [
        (
            short(m.model),
            r.quantity,
            r.published,
            r.value,
            r.difference,
            r.rate,
            r.tie or "",
            r.verdict,
        )
        for m in answer.models
        for r in m.rows
        if r.published is not None
    ]
    signs = [
        (
            short(m.model),
            s.quantity,
            s.parameter,
            s.low,
            s.high,
            s.sign,
            " ".join(s.signs),
            s.limit or "",
            s.verdict,
        )
        for m in answer.models
        for s in m.statics
    ]
    heads = {
        "values": (
            "model",
            "quantity",
            "published",
            "ours",
            "difference",
            "rate",
            "tie",
            "verdict",
        ),
        "signs": (
            "model",
            "quantity",
            "parameter",
            "low",
            "high",
            "published",
            "signs",
            "limit",
            "verdict",
        ),
    }
    for table, rows in (("values", values), ("signs", signs)):
        with (TABLES / f"{table}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(heads[table])
            writer.writerows(rows)


# --- figures ----------------------------------------------------------------------------------


def figure_svg(name: str) -> str:
    """Return the figure that a model's stored table gives."""
    rows = rows_of(short(name))
    axis, *quantities = rows[0]
    points = [
        {"x": float(row[axis]), "value": float(row[q]), "quantity": q}
        for row in rows
        for q in quantities
    ]
    line = (
        alt.Chart(alt.InlineData(values=points), width=420, height=220)
        .mark_line()
        .encode(
            x=alt.X("x:Q", title=axis, scale=alt.Scale(zero=False, nice=False)),
            y=alt.Y("value:Q", title=None),
            color=alt.Color("quantity:N", title=None, sort=None),
            strokeDash=alt.StrokeDash("quantity:N", title=None, sort=None),
        )
    )
    return str(vl_convert.vegalite_to_svg(line.to_json(), vl_version=VERSION))


# --- pages ------------------------------------------------------------------------------------


def model_page(name: str) -> str:
    """Return a model's page."""
    scenario, theory = load_scenario(name), load_theory(name)
    return "\n".join(
        [
            f"# {scenario.title}",
            "",
            scenario.story.strip(),
            "",
            f"*Reference:* {'; '.join(theory.reference)}. *Relation to it:* {theory.relation}.",
            "",
            *_theorem(theory),
            *_figure(name, scenario, theory),
            *_results(name, theory),
            "## The scenario",
            "",
            f"```{{literalinclude}} ../../src/offramp/scenarios/{name}.yaml",
            ":language: yaml",
            "```",
            "",
        ]
    )


def _theorem(theory: Theory) -> list[str]:
    lines = ["## What the theory says", "", *(f"- {one}" for one in theory.theorem), ""]
    if theory.needs:
        lines += ["It needs that", ""]
        lines += [f"- {need.says}: `{need.holds}`," for need in theory.needs]
        lines[-1] = lines[-1].removesuffix(",") + "."
        lines += [""]
    return lines


def _figure(name: str, scenario: Scenario, theory: Theory) -> list[str]:
    words = shlex.join(["offramp", *command(name, theory.figure)])
    moved = theory.figure.over.split("=")[0]
    return [
        f"![{scenario.title}: what moves with {moved}](figures/{short(name)}.svg)",
        "",
        f"{theory.figure.says} The figure's table is what this prints:",
        "",
        f"```text\n{words}\n```",
        "",
    ]


def _results(name: str, theory: Theory) -> list[str]:
    values = [row for row in rows_of("values") if row["model"] == short(name)]
    signs = [row for row in rows_of("signs") if row["model"] == short(name)]
    more = " --all-branches" if theory.branch == "mixed" else ""
    lines = ["## As published, and as it comes out", ""]
    lines += [f"From `offramp canon {short(name)}{more}`:", ""]
    lines += ["| quantity | published | ours | difference |", "| --- | --- | --- | --- |"]
    lines += [
        f"| `{row['quantity']}` | {row['published']} | {_told(row['ours'])} | "
        f"{_small(row['difference'])} |"
        for row in values
    ]
    lines += [""]
    if theory.branch == "mixed":
        lines += [
            "These are values of the most mixed of the solutions that were found; the principal "
            "branch leads to another.",
            "",
        ]
    ties = {row["tie"]: row["quantity"] for row in values if row["tie"]}
    lines += [f"A tie decides `{quantity}`: {tie}.\n" for tie, quantity in ties.items()]
    if signs:
        lines += ["| quantity | raised | published | at three precisions | in the limit |"]
        lines += ["| --- | --- | --- | --- | --- |"]
        lines += [
            f"| `{row['quantity']}` | `{row['parameter']}` from {float(row['low']):g} to "
            f"{float(row['high']):g} | {row['published']} | {row['signs']} | {row['limit']} |"
            for row in signs
        ]
        lines += [""]
    return lines


def _told(value: str) -> str:
    try:
        return f"{float(value):.8g}"
    except ValueError:
        return value


def _small(value: str) -> str:
    return f"{float(value):.1e}" if value else "none"


def index_page() -> str:
    """Return the page of all models."""
    lines = []
    for name in find_models():
        values = [row for row in rows_of("values") if row["model"] == short(name)]
        signs = [row for row in rows_of("signs") if row["model"] == short(name)]
        worst = max((float(row["difference"]) for row in values if row["difference"]), default=0.0)
        right = sum(row["verdict"] == "passes" for row in signs)
        title = load_scenario(name).title
        lines.append(
            f"| {load_theory(name).number} | [{title}]({short(name)}.md) | {len(values)} | "
            f"{worst:.1e} | "
            f"{f'{right} of {len(signs)}' if signs else 'none published'} |"
        )
    names = "\n".join(short(name) for name in find_models())
    return f"{INDEX}{chr(10).join(lines)}\n\n```{{toctree}}\n:hidden:\n\n{names}\n```\n"


def pages() -> dict[Path, str]:
    """Return every page by its path."""
    found = {FOLDER / f"{short(name)}.md": model_page(name) for name in find_models()}
    return {FOLDER / "index.md": index_page(), **found}


def main() -> None:
    """Write what is asked for."""
    for folder in (TABLES, FIGURES):
        folder.mkdir(parents=True, exist_ok=True)
    if "--sweeps" in sys.argv:
        named = [word for word in sys.argv[1:] if not word.startswith("--")]
        for name in named or find_models():
            print(name, flush=True)
            store_sweep(name)
    if "--results" in sys.argv:
        store_results()
    for name in find_models():
        (FIGURES / f"{short(name)}.svg").write_text(figure_svg(name), encoding="utf-8")
    for path, text in pages().items():
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
