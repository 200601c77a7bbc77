"""The claims ledger: what each side says, whether it holds, what it stands on and turns on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from offramp.exploration.assumptions import Assumptions
from offramp.exploration.shares import FAILS, HOLDS, UNDECIDED
from offramp.exploration.verdicts import JudgedClaim
from offramp.report.answers import (
    ClaimRow,
    ComparisonRow,
    DriverRow,
    EssayAnswer,
    EssayClaimRow,
    FlipsAnswer,
    TestedClaim,
)
from offramp.report.explore_tables import SELDOM
from offramp.report.page.material import Material
from offramp.report.page.naming import Named, named
from offramp.report.page.template import anchor
from offramp.report.tables import Table, counted, format_number, format_share
from offramp.scenario import Scenario
from offramp.scenario.claims import Comparison

__all__ = ["LedgerRow", "Side", "ledger_table", "sides", "summary"]

STANDING = {
    "assumed": "assumed: the acts alone decide it",
    "strategic": "earned: through how others reply",
    "informational": "earned: through what is learnt",
    "undecided": "",
    "not split": "not yet said whether assumed or earned",
}
SHORT = {"strategic": "earned: replies", "informational": "earned: what is learnt"}
OVER = ("holds", "fails", "depends")
MOST_NAMED = 3  # assumptions that a verdict is said to turn on
LEAST_TOLD = 0.1  # rank correlation from which on a direction is told


@dataclass(frozen=True)
class LedgerRow:
    """A claim as a reader meets it.

    Attributes:
        verdict: In the base world: holds, fails, undecided, or untested.
        standing: Whether that is assumed or earned, empty where nothing is decided.
        over: The verdict over the worlds of a run; empty without a run.
        worlds: The same in counts.
        argued_from: Mechanisms that it rests on.
        turns_on: What would turn it.
        hangs_on: Assumptions that it hangs on most over the worlds, and which way.
        more: Anchor of the card that says where it, or its counter-claim, holds and fails; empty
            for none.
        more_words: What that card is about.
        counted_as: The comparisons that decide it, each with by how much it is met or missed.
        since: What happened since, as the record has it.
    """

    key: str
    says: str
    verdict: str
    standing: str
    over: str
    worlds: str
    argued_from: tuple[str, ...]
    turns_on: tuple[str, ...]
    since: str
    untested: str = ""
    hangs_on: tuple[tuple[Named, str], ...] = ()
    more: str = ""
    more_words: str = ""
    counted_as: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Side:
    """One camp: an essay, or the claims of a scenario that no essay makes."""

    kind: str
    heading: str
    author: str
    date: str
    thesis: str
    rows: tuple[LedgerRow, ...]


def sides(material: Material) -> list[tuple[Side, Side]]:
    """Return the camps in pairs, at equal size; without essays, claims and counter-claims."""
    pairs = [
        (_side(material, essay), _side(material, counter))
        for essay, counter in material.essays
        if counter is not None
    ]
    return pairs or _bare_sides(material)


def summary(material: Material) -> list[str]:
    """Return what all claims come to, in a sentence or two."""
    if not material.scenario.claims:
        return ["This scenario claims nothing; the page shows what comes of its policies."]
    if material.claims is None:
        told = [material.no_claims]
    else:
        rows = material.claims.claims
        decided = [row for row in rows if row.base != "undecided"]
        assumed = sum(row.label == "assumed" for row in decided)
        earned = sum(row.label in ("strategic", "informational") for row in decided)
        told = [
            f"Of {len(rows)} claims and counter-claims, {len(decided)} are decided in the base "
            f"world: {assumed} of these verdicts are merely assumed, {earned} are earned through "
            "what the other side does in reply."
        ]
    over = [_told_over(one) for one in material.judged.values() if one.shares is not None]
    if over and material.run is not None:
        counts = {verdict: over.count(verdict) for verdict in (*OVER, SELDOM)}
        seldom = f", and {counts[SELDOM]} are seldom decided either way" if counts[SELDOM] else ""
        n_worlds, asked = len(material.run.world), material.run.manifest.worlds
        so_far = f" (of {asked:,} that were drawn)" if n_worlds < asked else ""
        told.append(
            f"Over {counted(n_worlds, 'world')}{so_far}, each a draw of "
            f"{_drawn_words(material.run.assumptions)}, {counts['holds']} of {len(over)} claims "
            f"hold nearly everywhere, {counts['fails']} fail nearly everywhere, "
            f"{'' if seldom else 'and '}{counts['depends']} depend on what one assumes{seldom}."
        )
    return told


def _told_over(one: JudgedClaim) -> str:
    """Return the verdict over worlds as it is told: what is mostly undecided depends on little."""
    if one.over_worlds == "depends" and one.shares is not None:
        return SELDOM if one.shares.share[UNDECIDED] > 0.5 else "depends"
    return one.over_worlds


def _drawn_words(of: Assumptions) -> str:
    parts = [(len(of.numbers), "number"), (len(of.mechanisms), "mechanism")]
    parts.append((len(of.starts), "start"))
    return _listed([counted(n, what) for n, what in parts if n] or ["nothing"])


def ledger_table(material: Material) -> Table:
    """Return every claim beside its counter-claim, on one line each."""
    rows = []
    tested = {row.claim: row for row in material.claims.claims} if material.claims else {}
    for name, decl in material.scenario.claims.items():
        row = tested.get(name)
        base = row.base if row else "untested"
        standing = SHORT.get(row.label, row.label) if row else "-"
        over, worlds = _over(material, name)
        told = f"{over}: {worlds}" if over else "-"
        rows.append((name, decl.says, base, standing, told, decl.counter or "-"))
    columns = (
        ("claim", "text"), ("says", "text"), ("base world", "text"), ("stands on", "text"),
        ("over worlds", "text"), ("counter-claim", "text"),
    )  # fmt: skip
    return Table("ledger", "All claims and counter-claims", columns, tuple(rows))  # type: ignore[arg-type]


def _side(material: Material, essay: EssayAnswer) -> Side:
    return Side(
        essay.essay.kind,
        essay.essay.heading,
        essay.essay.author,
        essay.essay.date,
        essay.thesis,
        tuple(row for claim in essay.claims for row in _essay_rows(material, claim)),
    )


def _bare_sides(material: Material) -> list[tuple[Side, Side]]:
    claims = material.scenario.claims
    first = [name for name in claims if not _is_second(name, claims)]
    second = [claims[name].counter for name in first]
    if not first:
        return []
    rows = tuple(_scenario_row(material, name) for name in first)
    counter = tuple(_scenario_row(material, name) for name in second if name in claims)
    return [
        (
            Side("claims", "What one side says", "", "", "", rows),
            Side("counter-claims", "What the other side says", "", "", "", counter),
        )
    ]


def _is_second(name: str, claims: object) -> bool:
    order = list(claims)  # type: ignore[call-overload]
    counter = claims[name].counter  # type: ignore[index]
    return counter in order and order.index(counter) < order.index(name)


def _essay_rows(material: Material, claim: EssayClaimRow) -> Iterator[LedgerRow]:
    since = claim.since or "; ".join(claim.fate)
    if not claim.tested:
        yield LedgerRow(
            claim.claim, claim.says, "untested", "", "", "", (), (), since, claim.why_untested or ""
        )
    for one in claim.tested:
        yield _tested_row(material, one, since)


def _tested_row(material: Material, one: TestedClaim, since: str) -> LedgerRow:
    return LedgerRow(
        one.claim,
        one.says,
        one.verdict or "untested",
        _standing(material, one.claim, one.label) if one.verdict != "undecided" else "",
        *_over(material, one.claim),
        _argued_from(material, one.claim),
        _turns_on(material, one.claim),
        since,
        hangs_on=_hangs_on(material, one.claim),
        more=_more(material, one.claim),
        more_words=_more_words(material, one.claim),
        counted_as=_counted_as(material, one.claim),
    )


def _scenario_row(material: Material, name: str) -> LedgerRow:
    row = material.tested(name)
    decided = row is not None and row.base != "undecided"
    return LedgerRow(
        name,
        material.scenario.claims[name].says,
        row.base if row else "untested",
        _standing(material, name, row.label) if row and decided else "",
        *_over(material, name),
        _argued_from(material, name),
        _turns_on(material, name),
        "",
        hangs_on=_hangs_on(material, name),
        more=_more(material, name),
        more_words=_more_words(material, name),
        counted_as=_counted_as(material, name),
    )


def _over(material: Material, name: str) -> tuple[str, str]:
    """Return the verdict over worlds, and the counts that it stands on."""
    one = material.judged.get(name)
    if one is None or one.shares is None:
        return "", ""
    shares = one.shares
    holds, fails = (int(shares.count[code]) for code in (HOLDS, FAILS))
    total = int(shares.count.sum())
    told = (
        f"holds in {holds:,} of the {total:,} worlds {_which(material, total)} "
        f"({format_share(shares.share[HOLDS])}; by the luck of the draw "
        f"{format_share(shares.low[HOLDS])} to {format_share(shares.high[HOLDS])}) "
        f"and fails in {fails:,}"
    )
    if holds + fails < total:
        told += f"; in {total - holds - fails:,} it is undecided or does not arise"
    if (claimed := one.claim.decl.share) is not None:
        told += f". It is said of at least {format_share(claimed)} of them"
    base = _base(material, name)
    if (base == "holds" and fails > holds) or (base == "fails" and holds > fails):
        often = "holds" if holds > fails else "fails"
        told += f". Unlike in the base world, it {often} in most worlds that decide it"
    return _told_over(one), told


def _which(material: Material, n_worlds: int) -> str:
    """Say which worlds tell of a claim: a case that it compares may not be solved in all."""
    there = len(material.run.world) if material.run is not None else n_worlds
    return "we drew" if n_worlds == there else f"of {there:,} in which its cases were solved"


def _standing(material: Material, name: str, label: str | None) -> str:
    """Say what a verdict of the base world stands on."""
    row = material.tested(name)
    if label == "assumed" and row is not None and row.assumed_by:
        return f"assumed: {_listed(row.assumed_by)} put{'s' * (len(row.assumed_by) == 1)} it in"
    return STANDING.get(label or "undecided", "")


def _counted_as(material: Material, name: str) -> tuple[tuple[str, str], ...]:
    """Return what a claim comes to in measures, and by how much that is met in the base world."""
    row = material.tested(name)
    if row is None:
        return ()
    asked = material.comparisons[name]
    return tuple((one.text, _met(one, by)) for one, by in zip(row.comparisons, asked, strict=True))


def _met(one: ComparisonRow, asked: Comparison) -> str:
    if one.slack is None:
        return "it cannot be told"
    clearance = asked.clears_by(one.slack)
    size = format_number(abs(clearance))
    unit = " in logarithms" if asked.form == "ratio" else ""
    return f"met by {size}{unit}" if clearance > 0 else f"missed by {size}{unit}"


def _base(material: Material, name: str) -> str | None:
    row = material.tested(name)
    return row.base if row is not None else None


def _argued_from(material: Material, name: str) -> tuple[str, ...]:
    row = material.tested(name)
    return tuple(row.rests_on) if row is not None else ()


def _turns_on(material: Material, name: str) -> tuple[str, ...]:
    return tuple(_turning(material, name))


def _driven(material: Material, name: str) -> str:
    """Return the claim of this one and its counter-claim whose drivers were asked; none: ''."""
    decl = material.scenario.claims.get(name)
    both = (name, decl.counter or "" if decl is not None else "")
    return next((one for one in both if one in material.found.drivers), "")


def _more(material: Material, name: str) -> str:
    driven = _driven(material, name)
    return anchor(f"drivers-{driven}") if driven else ""


def _more_words(material: Material, name: str) -> str:
    """Say what the card is about: of a claim and its counter-claim only one is asked about."""
    own = "Where it holds, where it fails"
    return own if _driven(material, name) == name else "Where its counter-claim holds and fails"


def _hangs_on(material: Material, name: str) -> tuple[tuple[Named, str], ...]:
    driven = _driven(material, name)
    if not driven:
        return ()
    rows = [one for one in material.found.drivers[driven].drivers if one.stands_out]
    return tuple(
        (named(material.scenario, one.assumption), _way(one, driven == name))
        for one in rows[:MOST_NAMED]
    )


def _way(row: DriverRow, is_own: bool) -> str:
    """Say which way the slack of a claim, or of its counter-claim, goes with an assumption."""
    rises = row.rank_correlation
    if rises is None or abs(rises) < LEAST_TOLD:
        return ""
    whom = "" if is_own else " the counter-claim"
    return f"more of it {'helps' if rises > 0 else 'hurts'}{whom}"


def _turning(material: Material, name: str) -> Iterator[str]:
    """Yield what would turn a verdict of the base world, as far as it is known."""
    row = material.tested(name)
    if row is None:
        return
    if row.assumed_by:
        yield f"{_listed(row.assumed_by)}, which put it in"
    if row.base != "undecided":
        yield _under_rivals(row)
    for answer in material.further.flips:
        of_base = not answer.scenario.view and not answer.scenario.set
        if of_base and answer.question == row.says and answer.verdict != "does not arise":
            yield _single(material.scenario, answer)


def _single(scenario: Scenario, answer: FlipsAnswer) -> str:
    """Return what turns a verdict by itself, nearest first."""
    told = [
        f"{_in_words(scenario, one.assumption)} from {format_number(one.base)} to "
        f"{format_number(one.flips[0].value)}"
        for one in answer.numbers
        if one.flips
    ]
    told += [
        f"{_in_words(scenario, one.assumption)} set otherwise"
        for one in answer.switches
        if any(choice.flips for choice in one.choices)
    ]
    moved = len(answer.numbers) + len(answer.switches)
    if not told:
        return f"no single assumption: each of {moved} was moved over all its range by itself"
    more = len(told) - MOST_NAMED
    further = f"; or one of {more} more" if more > 0 else ""
    then = "no longer holds" if answer.verdict == "so" else "holds"
    return f"any one of these by itself: {'; '.join(told[:MOST_NAMED])}{further}. Then it {then}"


def _in_words(scenario: Scenario, assumption: str) -> str:
    one = named(scenario, assumption)
    return f"{one.name} ({one.words})" if one.words else one.name


def _under_rivals(row: ClaimRow) -> str:
    if row.rival == row.base:
        share = row.holds_in if row.base == "holds" else row.fails_in
        if share is None:
            return "not by all mechanisms together: with every one at its rival it is the same"
        if share == 1.0:
            return "not by the mechanisms: in all settings of them that were drawn it is the same"
        return (
            "some mechanisms at their rivals: with all of them there it is the same, but not in "
            f"{format_share(1 - share)} of the settings that were drawn"
        )
    return f"all mechanisms together: with every one at its rival it {_verb(row.rival)}"


def _verb(verdict: str) -> str:
    return "is undecided" if verdict == "undecided" else verdict


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:-1]) + " and " + names[-1] if len(names) > 1 else names[0]
