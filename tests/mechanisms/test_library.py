"""The library of mechanisms: each has a rival, a source, and a small game in which it shows."""

from __future__ import annotations

import csv
import math
import re
from pathlib import Path

import pytest

from offramp.equilibrium import solve
from offramp.game import compile_game
from offramp.outcomes import propagate
from offramp.scenario import load_scenario
from offramp.scenario.essays import shipped_essays
from offramp.scenario.library import list_mechanisms, shipped_mechanism

HERE = Path(__file__).parent
NAMES = list_mechanisms()
LEAST = 0.01  # of a measure's range, by which asserted and rival have to differ
# names of countries, cities, people and treaties: the library speaks of roles
NAMED = re.compile(
    r"\b(Russia\w*|Ukrain\w*|Moscow|Kyiv|Washington|Americ\w*|Europe\w*|NATO|Kremlin|Putin|Donbas|"
    r"Crimea|Beijing|Chin\w*|Soviet\w*|Hanoi|Vietnam\w*|Saigon|Cuba\w*|London|Paris|Berlin|West|"
    r"Western|Poland|Polish|Baltic)\b"
)


def directions():
    rows = []
    for path in sorted(HERE.glob("directions-*.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            rows += list(csv.DictReader(file))
    return rows


ROWS = directions()


def content(mechanism):
    return [mechanism, *([mechanism.rival] if mechanism.rival else [])]


def is_empty(part):
    parts = (part.shift, part.pays.players, part.cost, part.forbid, part.set, part.effects)
    return not any(parts)


def test_every_mechanism_has_a_small_game_and_a_direction():
    assert {row["mechanism"] for row in ROWS} == set(NAMES)
    assert {path.stem for path in HERE.glob("*.yaml")} == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_a_mechanism_is_complete(name):
    mechanism = shipped_mechanism(name)
    assert mechanism.rival is not None, "it has no rival"
    assert mechanism.where, "it says nowhere who asserts it"
    for part in content(mechanism):
        assert part.sources
        if is_empty(part):
            assert part.note, "a setting that equals absent has to say why"
        for decl in part.parameters.values():
            assert decl.source
            assert decl.range is not None


@pytest.mark.parametrize("name", NAMES)
def test_a_mechanism_speaks_of_roles_and_names_nobody(name):
    mechanism = shipped_mechanism(name)
    for part in content(mechanism):
        words = [
            part.says,
            part.note or "",
            *(decl.note or "" for decl in part.parameters.values()),
        ]
        words += [role.note or "" for role in mechanism.roles.values()]
        for text in words:
            assert not NAMED.search(text), text


@pytest.mark.parametrize("name", NAMES)
def test_a_value_is_the_middle_of_its_range(name):
    """Geometric where the range is on one side of zero and spans a factor of five, else arithmetic.

    Written with two figures; so the third of the middle may round either way.
    """
    for part in content(shipped_mechanism(name)):
        for parameter, decl in part.parameters.items():
            if not all(isinstance(n, (int, float)) for n in (decl.value, *decl.range)):
                continue
            low, high = decl.range
            middles = [(low + high) / 2]
            if decl.scale == "log":
                assert low > 0, parameter
                middles = [math.sqrt(low * high)]
            step = 10.0 ** (math.floor(math.log10(max(abs(middles[0]), 1e-9))) - 1)
            assert abs(decl.value - middles[0]) <= step * 0.51 + 1e-12, parameter


def test_parameters_and_effects_have_names_of_their_own():
    seen = {}
    for name in NAMES:
        for part in content(shipped_mechanism(name)):
            for what in (*part.parameters, *(e.name for e in part.effects if e.name)):
                assert seen.setdefault(what, name) == name, what


def test_mechanisms_are_asserted_where_they_say():
    known = {
        f"{essay.id} {paragraph}" if essay.kind == "essay" else paragraph
        for essay in shipped_essays().values()
        for paragraph in essay.paragraphs
    }
    for name in NAMES:
        assert set(shipped_mechanism(name).where) <= known, name


def measured(scenario, mechanism, setting, measure):
    game = compile_game(scenario, settings={mechanism: setting})
    return propagate(solve(game), measures=[measure]).measures[measure]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row['mechanism']}-{row['measure']}")
def test_settings_differ_as_the_sentences_say(row):
    name, measure = row["mechanism"], row["measure"]
    scenario = load_scenario(HERE / f"{name}.yaml")
    asserted, rival, absent = (
        measured(scenario, name, setting, measure) for setting in ("asserted", "rival", "absent")
    )
    for setting, value in (("asserted", asserted), ("rival", rival)):
        change = value - absent
        told = "0" if abs(change) < 1e-9 else "+" if change > 0 else "-"
        assert told == row[setting], f"{setting}: {change:+.2g}"
    assert abs(asserted - rival) > LEAST
