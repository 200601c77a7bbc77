"""Cards of the worlds of a run: how bad and how often, regret, drivers, borders, beliefs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from offramp.exploration.asked_runs import choices, measure_of
from offramp.exploration.drawn import Drawn
from offramp.exploration.robustness import are_best, best_share
from offramp.exploration.runs import Run
from offramp.report.answers import BoxRow, DoubtAnswer, DriversAnswer, LimitRow
from offramp.report.believe_tables import believe_sentences
from offramp.report.doubt_tables import doubt_tables
from offramp.report.driver_tables import drivers_sentences, drivers_tables
from offramp.report.figures.borders import Axis, verdict_map
from offramp.report.figures.boxes import box_card, peeling_curve, restrictions_of
from offramp.report.figures.importance import drivers_chart
from offramp.report.figures.quantiles import quantile_dots
from offramp.report.figures.regret import regret_heatmap
from offramp.report.page.cards import Card, specification
from offramp.report.page.material import RESAMPLES, Material
from offramp.report.results import is_chance
from offramp.report.tables import Cell, Kind, Table, format_share
from offramp.scenario import Crisis, Scenario, bind

__all__ = ["base_among", "world_cards"]

MOST_MEASURES = 3  # whose spread is drawn; the table has all
PERCENTILES = (10, 50, 90)


def world_cards(material: Material) -> Iterator[Card]:
    """Yield the displays that a run of worlds allows."""
    run, drawn = material.run, material.drawn
    if run is None or drawn is None or not len(run.world):
        return
    for belief in material.found.beliefs:
        told = tuple(believe_sentences(belief))
        yield Card(
            f"believe-{belief.by}",
            f"What must you believe to choose each, judged by {belief.by}?",
            told,
            f"`offramp believe {belief.run.folder} --by '{belief.by}'`, over {belief.run.words}",
        )
    yield from _spread_cards(run, material.scenario)
    shown: list[Table] = []
    for doubt in material.found.doubts:
        tables = [one for one in doubt_tables(doubt) if one.rows and one not in shown]
        yield _regret_card(run, doubt, tables)
        shown += tables  # who gains, and what conflicts, is the same by every measure
    if material.found.doubts:
        yield from _border_cards(run, drawn, material.scenario, material.found.doubts[0])
    for claim, answer in material.found.drivers.items():
        yield from _driver_cards(material, drawn, claim, answer)


def _spread_cards(run: Run, scenario: Scenario) -> Iterator[Card]:
    cases = choices(run)
    chances = {one.name: is_chance(one.is_) for one in bind(scenario).measures}
    directed = [name for name, one in scenario.measures.items() if one.better]
    for name in directed[:MOST_MEASURES]:
        decl = scenario.measures[name]
        columns = {case: run.of(name, case) for case in cases}
        if all(np.isnan(column).all() for column in columns.values()):
            continue
        chart = quantile_dots(
            columns,
            run.weight,
            label=decl.label or name,
            unit=decl.unit,
            better=decl.better,
            is_chance=chances[name],
        )
        yield Card(
            f"spread-{name}",
            f"How often: {decl.label or name}?"
            if chances[name]
            else f"How much: {decl.label or name}?",
            (
                f"Each dot is a fiftieth of the worlds that were drawn: {len(run.world):,} in all.",
                *(
                    f"Under {case} it arises in no world, and has no dots."
                    for case, column in columns.items()
                    if np.isnan(column).all()
                ),
            ),
            f"Solved in every world by `offramp explore {scenario.name}`.",
            chart=specification(chart),
            tables=(_spread_table(run, name, cases, is_share=chances[name]),),
        )


def _spread_table(run: Run, measure: str, cases: Sequence[str], *, is_share: bool) -> Table:
    kind: Kind = "share" if is_share else "number"
    columns: tuple[tuple[str, Kind], ...] = (
        ("policy", "text"), ("10 %", kind), ("median", kind), ("90 %", kind), ("mean", kind),
        ("worlds", "number"),
    )  # fmt: skip
    rows: list[tuple[Cell, ...]] = []
    for case in cases:
        told = run.of(measure, case)
        told = told[~np.isnan(told)]
        ends = np.percentile(told, PERCENTILES).tolist() if len(told) else [None] * 3
        rows.append((case, *ends, float(told.mean()) if len(told) else None, len(told)))
    return Table(f"spread-{measure}", f"{measure} over the worlds", columns, tuple(rows))


def _regret_card(run: Run, doubt: DoubtAnswer, tables: Sequence[Table]) -> Card:
    cases = [row.case for row in doubt.policies]
    best = max(doubt.policies, key=lambda row: row.best)
    sentence = (
        f"Judged by {doubt.by}, {best.case} is best in {format_share(best.best)} of the worlds. "
        f"On average over all of them, {doubt.chosen} does best. What is best by another measure "
        "may be something else."
    )
    chart, columns = None, []
    if doubt.by in run.measures:
        table = measure_of(run, doubt.by, cases)
        worlds = sorted({row.worst_world for row in doubt.policies})
        places = [int(np.flatnonzero(run.world == world)[0]) for world in worlds]
        sign = 1.0 if doubt.better == "higher" else -1.0
        good = sign * table[places]
        chart = regret_heatmap(
            cases,
            [f"world {world}" for world in worlds],
            (good.max(axis=1, keepdims=True) - good).T,
            best_share(table, doubt.better, run.weight),
            label=doubt.by,
            is_chance=doubt.is_chance,
        )
        columns.append(f"Columns: {'; '.join(_worst_for(doubt, world) for world in worlds)}.")
    return Card(
        f"doubt-{doubt.by}",
        f"Which policy holds up if we are wrong, judged by {doubt.by}?",
        (sentence, *columns),
        f"`offramp doubt {doubt.run.folder} --by '{doubt.by}'`, over {doubt.run.words} "
        "Regret is how much worse a policy is than the best of the same world.",
        chart=specification(chart),
        tables=tuple(tables),
    )


def _worst_for(doubt: DoubtAnswer, world: int) -> str:
    cases = ", ".join(row.case for row in doubt.policies if row.worst_world == world)
    return f"world {world} is worst for {cases}"


def _border_cards(run: Run, drawn: Drawn, scenario: Scenario, doubt: DoubtAnswer) -> Iterator[Card]:
    """Yield the map over the two assumptions that it would be worth most to know."""
    if doubt.by not in run.measures or len(doubt.worth) < 2:
        return
    cases = [row.case for row in doubt.policies]
    best = are_best(measure_of(run, doubt.by, cases), doubt.better)
    told = np.asarray(best.any(axis=1))
    one, other = (row.assumption for row in doubt.worth[:2])
    names = [cases[int(np.argmax(row))] if row.sum() == 1 else None for row in best[told]]
    yield Card(
        "map",
        "How far are we from the border between policies?",
        (
            f"Each mark is a world; its place says {one} and {other}, the two assumptions that it "
            f"would be worth most to know, its colour and shape the policy that is best by "
            f"{doubt.by}.",
        ),
        f"`offramp doubt {doubt.run.folder} --by {doubt.by}` ranks assumptions by their worth.",
        chart=specification(
            verdict_map(
                _axis(run, scenario, one, told),
                _axis(run, scenario, other, told),
                names,
                cases,
                label=doubt.by,
            )
        ),
        tables=(_best_table(names, cases, doubt.by),),
    )


def _best_table(best: Sequence[str | None], cases: Sequence[str], by: str) -> Table:
    columns: tuple[tuple[str, Kind], ...] = (("best policy", "text"), ("worlds", "number"))
    rows = [(case, sum(one == case for one in best)) for case in cases]
    rows.append(("several are equally good", sum(one is None for one in best)))
    return Table("map", f"Worlds in which each is best by {by}", columns, tuple(rows))


def _axis(run: Run, scenario: Scenario, name: str, told: np.ndarray) -> Axis:
    column = [value for value, is_told in zip(run.drawn()[name], told, strict=True) if is_told]
    kind, _, of = name.partition(".")
    if not of:
        decl = scenario.parameters.get(name)
        unit = decl.unit if decl is not None and decl.unit != "none" else ""
        is_log = decl is not None and decl.scale == "log"
        return Axis(name, column, bind(scenario).parameters.get(name), unit, is_log)
    return Axis(name, column, bind(scenario).settings.get(of) if kind == "setting" else None)


def _driver_cards(
    material: Material, drawn: Drawn, claim: str, answer: DriversAnswer
) -> Iterator[Card]:
    folder = answer.run.folder
    bars = drivers_chart(answer, asked=claim)
    yield Card(
        f"drivers-{claim}",
        f"What drives it: {answer.question}",
        (*drivers_sentences(answer), *base_among(material, claim, answer.boxes)),
        f"`offramp drivers {folder} --claim {claim} --resamples {RESAMPLES}`, over "
        f"{answer.run.words} The bars are half the mean distance between the answer's distribution "
        "and that within a class of the assumption; the dashed line is how far an assumption "
        "without effect reaches.",
        chart=specification(bars),
        tables=tuple(table for table in drivers_tables(answer) if table.rows),
    )
    for number, box in enumerate(answer.boxes, 1):
        yield Card(
            f"box-{claim}-{number}",
            f"Where it {box.of}: {answer.question}",
            (
                f"Worlds inside{_beyond(answer.boxes[: number - 1], box)}: {box.worlds:,}; in "
                f"{box.such:,} of them it {box.of}, which are "
                f"{format_share(box.coverage)} of all in which it {box.of}.",
            ),
            f"`offramp drivers {folder} --claim {claim}`: patient rule induction.",
            chart=specification(
                box_card(
                    restrictions_of(box.limits, drawn),
                    coverage=box.coverage,
                    density=box.density,
                    mass=box.mass,
                    what=f"it {box.of}",
                )
            ),
            tables=(_box_table(box, f"{claim}-{number}"),),
        )
        yield _peeling_card(folder, claim, number, box)


def _beyond(before: Sequence[BoxRow], box: BoxRow) -> str:
    """Say that a box found after others is counted without what they hold."""
    return ", those of the box before left out" if any(b.of == box.of for b in before) else ""


def base_among(material: Material, claim: str, boxes: Sequence[BoxRow]) -> Iterator[str]:
    """Say where the base world lies, since a reader will hold its numbers against the rules."""
    row = material.tested(claim)
    if row is None:
        return
    verdict = row.base
    bound = bind(material.scenario)
    for box in boxes:
        inside = all(_is_within(limit, bound) for limit in box.limits)
        if inside and verdict == box.of:
            yield f"The base world is one of those worlds in which it {box.of}."
        elif inside:
            told = "is undecided" if verdict == "undecided" else verdict
            yield f"The base world lies where it {box.of} most, and is an exception: it {told}."


def _is_within(limit: LimitRow, bound: Crisis) -> bool:
    kind, _, of = limit.assumption.partition(".")
    if limit.settings:
        return kind == "setting" and bound.settings.get(of) in limit.settings
    value = bound.parameters.get(limit.assumption)
    if value is None:
        return False
    low = -np.inf if limit.low is None else limit.low
    high = np.inf if limit.high is None else limit.high
    return bool(low <= value <= high)


def _peeling_card(folder: str, claim: str, number: int, box: BoxRow) -> Card:
    """Return how the box was found, for those who would rather choose another."""
    columns: tuple[tuple[str, Kind], ...] = (
        ("box", "number"), ("coverage", "share"), ("density", "share"), ("mass", "share"),
        ("assumptions", "number"), ("chosen", "text"),
    )  # fmt: skip
    rows = tuple(
        (k, row.coverage, row.density, row.mass, row.restricted, "yes" if k == box.chosen else "")
        for k, row in enumerate(box.curve)
    )
    lifted = (
        None, box.coverage, box.density, box.mass, len(box.limits),
        "the same, with all lifted that does not matter: the rule shown",
    )  # fmt: skip
    return Card(
        f"peeling-{claim}-{number}",
        f"How was that box found, and what would a smaller or larger one tell of {claim}?",
        (
            "Each dot is a box, cut from the one before it by giving up the few worlds that were "
            f"least like the rest: further up, more of what is inside {box.of}; further "
            "left, more of it was left outside.",
        ),
        f"`offramp drivers {folder} --claim {claim}`: patient rule induction peels a twentieth at "
        "a time, then pastes back. From the chosen box, what does not matter was lifted.",
        chart=specification(peeling_curve(box.curve, box.chosen, what=f"it {box.of}")),
        tables=(
            Table(
                f"peeling-{claim}-{number}", "Boxes, as they were peeled", columns, (*rows, lifted)
            ),
        ),
    )


def _box_table(box: BoxRow, name: str) -> Table:
    columns: tuple[tuple[str, Kind], ...] = (
        ("assumption", "text"), ("rule", "text"), ("quasi-p", "number"),
    )  # fmt: skip
    rows = tuple((one.assumption, one.rule, one.quasi_p) for one in box.limits)
    note = "`quasi-p`: chance to see as many such worlds if the rule were lifted; no test."
    return Table(f"box-{name}", "The rule", columns, rows, note=note)
