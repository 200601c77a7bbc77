"""A campaign as one scenario: its phases in turn, told apart by a variable `phase`.

A phase lasts until its `until` holds when a period begins; then the next one begins. Variables and
players' types that are carried go on as they stand, others start as the next phase says. What
phases have in common stands once: a stage that is the same in several of them is one stage, and a
payoff that is the same in all is paid throughout. So everything that can be asked of a scenario can
be asked of a campaign, and it is solved from its last phase back like any other.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any

from offramp.scenario.reading import Notes, Spot
from offramp.scenario.schema import Campaign, PhaseDecl, Scenario

__all__ = ["PHASE", "join_phases"]

PHASE = "phase"  # the variable that says which phase it is

Plain = dict[str, Any]


def join_phases(campaign: Campaign, notes: Notes) -> Plain:
    """Return a campaign as the plain data of one scenario; what does not fit together is noted."""
    phases = [
        _Phase(decl, one) for decl, one in zip(campaign.phases, campaign.scenarios, strict=True)
    ]
    _check_names(phases, campaign, notes)
    own = campaign.plain()
    joined: Plain = {
        key: own[key]
        for key in (
            "offramp", "name", "title", "story", "sources", "policies", "cases", "measures",
            "claims", "views", "solver",
        )
        if key in own
    }  # fmt: skip
    joined["period"] = _period(phases, campaign, notes)
    for section in ("parameters", "players", "library"):
        joined[section] = _common(section, phases, campaign, notes)
    joined["variables"] = {
        PHASE: {"levels": [p.name for p in phases], "start": phases[0].name},
        **_variables(phases, campaign, notes),
    }
    stages, called = _stages(phases)
    joined["stages"] = [*_handovers(phases, campaign, notes), *stages]
    joined["payoffs"] = _payoffs(phases)
    joined["endings"] = _endings(phases)
    joined["mechanisms"] = _mechanisms(phases, called, campaign, notes)
    bundles = [bundle for phase in phases for bundle in phase.plain.get("bundles", ())]
    joined["bundles"] = _distinct(bundles)
    return {key: value for key, value in joined.items() if value not in ({}, [])}


class _Phase:
    """A phase as plain data."""

    def __init__(self, decl: PhaseDecl, scenario: Scenario) -> None:
        self.decl = decl
        self.name = scenario.name.rpartition("/")[2].replace("-", "_")
        self.plain = scenario.plain()
        self.here = f"{PHASE} == {self.name}"


def _spot(campaign: Campaign, number: int) -> Spot:
    return Spot(campaign.document, ("phases", number, "scenario"))


def _check_names(phases: Sequence[_Phase], campaign: Campaign, notes: Notes) -> None:
    names: set[str] = set()
    for i, phase in enumerate(phases):
        if phase.name in names or PHASE in phase.plain.get("variables", {}):
            notes.add(
                "S337",
                f"Two phases are called '{phase.name}', or it has a variable '{PHASE}' of its own.",
                _spot(campaign, i),
                fix=f"name each phase's scenario, and leave '{PHASE}' to the campaign.",
            )
        names.add(phase.name)


def _differs(section: str, name: str, i: int, campaign: Campaign, notes: Notes) -> None:
    notes.add(
        "S337",
        f"'{name}' under `{section}` is declared otherwise in an earlier phase.",
        _spot(campaign, i),
        fix="declare it alike in every phase that has it, or give it another name.",
    )


def _period(phases: Sequence[_Phase], campaign: Campaign, notes: Notes) -> Plain:
    """Return the length of a period and their number; all phases have one length."""
    periods = [phase.plain["period"] for phase in phases]
    for i, period in enumerate(periods):
        if period["unit"] != periods[0]["unit"]:
            _differs("period", "unit", i, campaign, notes)
    count = campaign.count
    if count is None:
        count = sum(int(period["count"]) for period in periods)
    return {**periods[-1], "count": count}


def _common(section: str, phases: Sequence[_Phase], campaign: Campaign, notes: Notes) -> Plain:
    """Return what phases declare under a section; the same name has to mean the same."""
    found: Plain = {}
    for i, phase in enumerate(phases):
        for name, decl in phase.plain.get(section, {}).items():
            if found.setdefault(name, decl) != decl:
                _differs(section, name, i, campaign, notes)
    return found


def _variables(phases: Sequence[_Phase], campaign: Campaign, notes: Notes) -> Plain:
    """Return all variables; each starts as the first phase that has it says."""
    found: Plain = {}
    for i, phase in enumerate(phases):
        for name, decl in phase.plain.get("variables", {}).items():
            if found.setdefault(name, decl)["levels"] != decl["levels"]:
                _differs("variables", name, i, campaign, notes)
    return found


# --- stages ---------------------------------------------------------------------------------------


def _handovers(phases: Sequence[_Phase], campaign: Campaign, notes: Notes) -> list[Plain]:
    """Return a stage for each phase that may end: the next one begins where its `until` holds."""
    found: list[Plain] = []
    for i, (phase, after) in enumerate(pairwise(phases), 1):
        if phase.decl.until is None:
            continue
        carried = set(phase.decl.carry)
        started = after.plain.get("variables", {})
        then: list[Plain] = []
        for name, decl in started.items():
            if name in carried or name not in phase.plain.get("variables", {}):
                continue
            if len(decl["start"]) > 1:
                _no_lottery(name, i, campaign, notes)
            then.append({"set": name, "to": next(iter(decl["start"]))})
        then += [
            {"redraw": name}
            for name, decl in after.plain["players"].items()
            if decl.get("types") and name not in carried
        ]
        change: Plain = {
            "name": f"{after.name}_begins",
            "when": f"{phase.here} and ({phase.decl.until})",
            "set": PHASE,
            "to": after.name,
        }
        found.append({"name": f"after_{phase.name}", "effects": [{**change, "then": then}]})
    return list(reversed(found))  # so that no period runs through two phases


def _no_lottery(name: str, i: int, campaign: Campaign, notes: Notes) -> None:
    notes.add(
        "S337",
        f"'{name}' is not carried into this phase, and starts there by a lottery.",
        _spot(campaign, i),
        fix="carry it, or let it start at one level.",
    )


def _stages(phases: Sequence[_Phase]) -> tuple[list[Plain], dict[tuple[str, str], str]]:
    """Return the phases' stages in order of play, and what each is called, by phase and name.

    A stage that is the same in several phases stands once, wherever their orders allow it.
    """
    merged: list[tuple[str, Plain, list[_Phase]]] = []
    called: dict[tuple[str, str], str] = {}
    for phase in phases:
        at = 0
        mine = [(s.get("name", f"stage_{k + 1}"), s) for k, s in enumerate(phase.plain["stages"])]
        for number, (name, stage) in enumerate(mine):
            found = next(
                (k for k in range(at, len(merged)) if merged[k][:2] == (name, stage)), None
            )
            if found is not None:
                merged[found][2].append(phase)
                at = found + 1
                continue
            # behind what other phases have here, before what this one shares with them later
            while at < len(merged) and merged[at][:2] not in mine[number + 1 :]:
                at += 1
            merged.insert(at, (name, stage, [phase]))
            at += 1
    names = [name for name, _, _ in merged]
    stages = []
    for name, stage, members in merged:
        own = name if names.count(name) == 1 else f"{members[0].name}_{name}"
        for phase in members:
            called[phase.name, name] = own
        whole = len(members) == len(phases)
        stages.append({**_limited(stage, [] if whole else members), "name": own})
    return stages, called


def _limited(stage: Plain, members: Sequence[_Phase]) -> Plain:
    """Return a stage that is passed over in all but some phases (none given: in no phase).

    A chance stage has no condition of its own; its effects have.
    """
    if not members:
        return stage
    here = _in_phases(members)
    if stage.get("players"):
        return {**stage, "when": _and(here, stage.get("when"))}
    effects = [{**one, "when": _and(here, one.get("when"))} for one in stage.get("effects", ())]
    return {**stage, "effects": effects}


def _in_phases(members: Iterable[_Phase]) -> str:
    told = [phase.here for phase in members]
    return told[0] if len(told) == 1 else f"({' or '.join(told)})"


def _and(here: str, when: object) -> str:
    return here if when is None else f"{here} and ({when})"


# --- payoffs, endings, mechanisms -----------------------------------------------------------------


def _payoffs(phases: Sequence[_Phase]) -> Plain:
    """Return each player's terms: once where all phases agree, else each in its phases."""
    per = next(
        (p.plain["payoffs"]["per"] for p in phases if "per" in p.plain.get("payoffs", {})), None
    )
    found: Plain = {} if per is None else {"per": per}
    for player in dict.fromkeys(n for p in phases for n in p.plain.get("payoffs", {})):
        if player == "per":
            continue
        terms: Plain = {}
        declared = [phase.plain.get("payoffs", {}).get(player, {}) for phase in phases]
        for term in dict.fromkeys(name for one in declared for name in one):
            by_amount: dict[str, list[_Phase]] = {}
            for phase, one in zip(phases, declared, strict=True):
                if term in one:
                    by_amount.setdefault(str(one[term]), []).append(phase)
            amounts = [
                amount if len(members) == len(phases) else f"({_in_phases(members)}) * ({amount})"
                for amount, members in by_amount.items()
            ]
            terms[term] = " + ".join(amounts)
        found[player] = terms
    return found


def _endings(phases: Sequence[_Phase]) -> Plain:
    """Return the phases' endings; one that is the same in all is one."""
    found: Plain = {}
    for phase in phases:
        for name, decl in phase.plain.get("endings", {}).items():
            sharing = [p for p in phases if p.plain.get("endings", {}).get(name) == decl]
            if len(sharing) == len(phases):
                found[name] = decl
            else:
                own = (
                    name
                    if len(sharing) == sum(name in p.plain.get("endings", {}) for p in phases)
                    else f"{sharing[0].name}_{name}"
                )
                found[own] = {**decl, "when": _and(_in_phases(sharing), decl["when"])}
    return found


def _mechanisms(
    phases: Sequence[_Phase],
    called: dict[tuple[str, str], str],
    campaign: Campaign,
    notes: Notes,
) -> list[Plain]:
    """Return every mechanism once, its roles filled with all that fills them in some phase."""
    found: dict[str, Plain] = {}
    for i, phase in enumerate(phases):
        for use in phase.plain.get("mechanisms", ()):
            name = use.get("name", use["use"])
            roles = {
                role: [called.get((phase.name, filling), filling) for filling in _listed(fillings)]
                for role, fillings in use.get("roles", {}).items()
            }
            known = found.setdefault(name, {**use, "roles": {}})
            if {**known, "roles": 0} != {**use, "roles": 0}:
                _differs("mechanisms", name, i, campaign, notes)
            for role, fillings in roles.items():
                known["roles"][role] = _distinct([*known["roles"].get(role, []), *fillings])
    return list(found.values())


def _listed(fillings: object) -> list[str]:
    return [fillings] if isinstance(fillings, str) else list(fillings)  # type: ignore[call-overload]


def _distinct(entries: Iterable[Any]) -> list[Any]:
    """Return entries, each once, in order of first mention."""
    return list({json.dumps(one, sort_keys=True): one for one in entries}.values())
