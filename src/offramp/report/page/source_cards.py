"""Cards of where everything comes from: arguments, numbers, mechanisms, and what was left out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from offramp.report.figures.chain import chain_svg, chains_svg
from offramp.report.page.cards import Card
from offramp.report.page.material import Material
from offramp.report.page.naming import mechanism_numbers
from offramp.report.tables import Cell, Kind, Table, format_number
from offramp.scenario import Scenario, bind
from offramp.scenario.library import find_mechanism
from offramp.scenario.schema import CaseDecl

__all__ = ["chain_cards", "source_cards"]


def chain_cards(material: Material) -> Iterator[Card]:
    """Yield the argument of each essay as a graph, beside its counter-essay's if there is one."""
    for essay, counter in material.essays:
        names = [one.essay.id for one in (essay, counter) if one is not None]
        commands = " and ".join(f"`offramp essay {name}`" for name in names)
        yield Card(
            f"chain-{essay.essay.id}",
            f"Which link carries the weight: {essay.essay.heading}?",
            (
                "Steps that the text states are drawn whole, those that it leaves unsaid dashed; "
                "what an argument needs stands to its left.",
            ),
            f"{commands}: read off the essays paragraph by paragraph.",
            drawing=chain_svg(essay) if counter is None else chains_svg(essay, counter),
        )


def source_cards(material: Material) -> Iterator[Card]:
    """Yield every assumption with its source, and what is out of scope."""
    name = material.scenario.name
    yield Card(
        "policies",
        "Which policies are compared?",
        ("What a policy leaves open is everybody's own choice.",),
        f"They stand in the scenario file; `offramp check {name}` reads it.",
        tables=(_policies(material.scenario),),
    )
    numbers, brought = _numbers(material), _mechanism_numbers(material)
    judged = sum(row[-1] == "judgement" for row in (*numbers.rows, *brought.rows))
    told = f"Of {len(numbers.rows) + len(brought.rows)} numbers {judged} are somebody's judgement."
    yield Card(
        "numbers",
        "Which numbers are put in?",
        (f"Each with its range, its unit, and its source or the word judgement. {told}",),
        f"They stand in the scenario file; `offramp check {name}` reads it.",
        tables=tuple(one for one in (numbers, brought) if one.rows),
        is_source=True,
    )
    if material.scenario.mechanisms:
        yield Card(
            "mechanisms",
            "Which mechanisms are put in, and what do others hold instead?",
            ("What is asserted in the base world need not be so; the rival is what others hold.",),
            "`offramp mechanisms NAME` shows one with all its numbers.",
            tables=(_mechanisms(material),),
            is_source=True,
        )
    yield Card(
        "measures",
        "What is measured?",
        ("Every number of this page is one of these, or made from them.",),
        "The definitions stand in the scenario file; each is an exact expectation over all paths.",
        tables=(_measures(material),),
    )
    left_out = _left_out(material)
    if left_out.rows:
        yield Card(
            "out-of-scope",
            "What was left out, and why?",
            ("Paragraphs of the essays that no scenario tests.",),
            "`offramp essay ID` lists every paragraph and what became of it.",
            tables=(left_out,),
        )


def _numbers(material: Material) -> Table:
    columns: tuple[tuple[str, Kind], ...] = (
        ("number", "text"), ("means", "text"), ("value", "number"), ("range", "text"),
        ("unit", "text"), ("source", "text"),
    )  # fmt: skip
    rows: list[tuple[Cell, ...]] = []
    values = _values(material)
    for name, decl in material.scenario.parameters.items():
        means = "; ".join(filter(None, (decl.label, decl.note)))
        source = decl.source or "judgement"
        # what types set has no value of its own
        rows.append((name, means or "-", values.get(name), _range(decl), decl.unit, source))
    return Table("numbers", "Numbers of the scenario", columns, tuple(rows))


def _values(material: Material) -> Mapping[str, float]:
    """Return every number as the page has it where nothing is drawn."""
    run = material.run
    set_ = dict(run.manifest.set) if run is not None else dict(material.head.set)
    return bind(material.scenario, view=material.head.view, parameters=set_ or None).parameters


def _mechanism_numbers(material: Material) -> Table:
    columns: tuple[tuple[str, Kind], ...] = (
        ("number", "text"), ("of the mechanism", "text"), ("means", "text"), ("value", "number"),
        ("range", "text"), ("unit", "text"), ("source", "text"),
    )  # fmt: skip
    values = _values(material)
    rows: dict[str, tuple[Cell, ...]] = {}
    for one in mechanism_numbers(material.scenario):
        decl = one.decl
        means = "; ".join(filter(None, (decl.label, decl.note))) or "-"
        rows[one.name] = (
            one.name, one.belongs_to, means, values.get(one.name), _range(decl), decl.unit,
            decl.source or "judgement",
        )  # fmt: skip
    title = "Numbers that mechanisms and their rivals bring along"
    return Table("mechanism-numbers", title, columns, tuple(rows.values()))


def _case_words(case: CaseDecl) -> str:
    told = [case.policy or "everybody chooses"]
    told += ["from another start"] if case.start else []
    told += [f"{name} set to {value}" for name, value in case.set.items()]
    told += [f"given that {case.given}"] if case.given else []
    return ", ".join(told)


def _policies(scenario: Scenario) -> Table:
    rows: list[tuple[Cell, ...]] = []
    for name, policy in scenario.policies.items():
        means = "; ".join(filter(None, (policy.label, policy.says)))
        rows.append((name, means or ("everybody chooses" if not policy.players else "-")))
    for name, case in scenario.cases.items():
        rows.append((name, case.label or _case_words(case)))
    return Table(
        "policies", "Policies and cases", (("policy", "text"), ("means", "text")), tuple(rows)
    )


def _range(decl: object) -> str:
    span, one_of = getattr(decl, "range", None), getattr(decl, "one_of", None)
    if span:
        ends = [format_number(end) if isinstance(end, int | float) else str(end) for end in span]
        return " to ".join(ends)
    if one_of:
        return ", ".join(format_number(value) for value in one_of)
    return "none"


def _mechanisms(material: Material) -> Table:
    crisis = bind(material.scenario, view=material.head.view)
    columns: tuple[tuple[str, Kind], ...] = (
        ("mechanism", "text"), ("says", "text"), ("setting", "text"), ("rival", "text"),
        ("sources", "text"),
    )  # fmt: skip
    rows: list[tuple[Cell, ...]] = []
    for use in material.scenario.mechanisms:
        found = find_mechanism(material.scenario, use.use)
        if found is None:
            continue
        decl = found[0]
        rival = decl.rival.says if decl.rival is not None else "-"
        setting = crisis.settings.get(use.called, str(use.setting))
        rows.append((use.called, decl.says, str(setting), rival, "; ".join(decl.sources)))
    return Table("mechanisms", "Mechanisms of the scenario", columns, tuple(rows))


def _measures(material: Material) -> Table:
    columns: tuple[tuple[str, Kind], ...] = (
        ("measure", "text"), ("means", "text"), ("is", "text"), ("unit", "text"),
        ("better", "text"),
    )  # fmt: skip
    rows = tuple(
        (name, one.label or name, str(one.is_), one.unit or "-", one.better or "-")
        for name, one in material.scenario.measures.items()
    )
    return Table("measures", "Measures", columns, rows)


def _left_out(material: Material) -> Table:
    columns: tuple[tuple[str, Kind], ...] = (
        ("essay", "text"), ("paragraph", "text"), ("says", "text"), ("why", "text"),
    )  # fmt: skip
    rows = tuple(
        (essay.essay.id, one.paragraph, one.says, one.out_of_scope)
        for pair in material.essays
        for essay in pair
        if essay is not None
        for one in essay.paragraphs
        if one.out_of_scope
    )
    return Table("out-of-scope", "Out of scope", columns, rows)
