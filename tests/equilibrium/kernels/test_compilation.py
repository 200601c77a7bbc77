"""Kernels are compiled before they are called, all of them, for the types that they declare."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest
from hypothesis import Phase, given, settings

import offramp
from helpers.trials import Trial
from offramp.equilibrium import solve
from offramp.equilibrium.kernels import compilation
from offramp.equilibrium.kernels.cache import ENTRIES, cache_folder
from offramp.equilibrium.kernels.signatures import signature
from oracles.random_scenarios import RandomScenario, scenarios

PACKAGE = Path(offramp.__file__).parent
SMALL = '''
from offramp import compile_game, propagate, solve
from offramp.scenario import parse_scenario
TEXT = """
offramp: 1
name: small
period: {unit: month, count: 1}
variables: {front: {levels: [calm, over], start: calm}}
players: {north: {precision: 2}}
stages: [{name: move, player: north, actions: {wait: {}, push: {pays: {north: 1}}}}]
"""
propagate(solve(compile_game(parse_scenario(TEXT))))
'''


def test_every_file_of_kernels_is_known():
    holding = {
        ".".join(("offramp", *path.relative_to(PACKAGE).with_suffix("").parts))
        for path in PACKAGE.rglob("*.py")
        if "\n@kernel\n" in path.read_text(encoding="utf-8")
    }
    assert set(compilation.KERNEL_FILES) == holding


def test_kernels_are_called_with_no_other_types_than_they_declare():
    @settings(max_examples=12, phases=[Phase.generate])
    @given(scenarios(crowded=True))
    def each(drawn: RandomScenario) -> None:
        trial = Trial(drawn)
        assert trial.outcomes.endings
        assert solve(trial.on_grid(0).game).residual < 1e-8

    each()
    called = {entry.__name__: entry.signatures for entry in ENTRIES if entry.signatures}
    declared = {entry.__name__: [signature(entry.py_func)] for entry in ENTRIES}
    assert len(called) > 10
    assert called == {name: declared[name] for name in called}


def test_what_says_too_little_cannot_be_compiled():
    def untold(where: list) -> None: ...

    with pytest.raises(TypeError, match="list"):
        signature(untold)


@pytest.fixture
def empty_cache(monkeypatch, tmp_path) -> Iterator[Path]:
    """A folder for kernels that holds none."""
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    cache_folder.cache_clear()
    yield tmp_path
    cache_folder.cache_clear()


def test_all_is_compiled_once_with_a_line_that_says_so(empty_cache, monkeypatch, capsys):
    begun: list[str] = []
    done = [sys.executable, "-c", "pass"]
    start = subprocess.Popen
    monkeypatch.setattr(
        subprocess, "Popen", lambda words, **quiet: begun.append(words[-1]) or start(done, **quiet)
    )
    compilation.prepare_kernels()
    compilation.prepare_kernels()
    assert begun == list(compilation.KERNEL_FILES)
    assert capsys.readouterr().err == "compiling kernels once for this machine\n"


def test_what_failed_is_tried_again(empty_cache, monkeypatch, capsys):
    fails = [sys.executable, "-c", "raise SystemExit(1)"]
    start = subprocess.Popen
    monkeypatch.setattr(subprocess, "Popen", lambda words, **quiet: start(fails, **quiet))
    compilation.prepare_kernels()
    compilation.prepare_kernels()
    assert capsys.readouterr().err.count("compiling") == 2


def test_a_folder_that_cannot_be_written_is_no_hindrance(monkeypatch, tmp_path, capsys):
    file = tmp_path / "file"
    file.touch()
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(file))
    compilation.prepare_kernels()
    assert not capsys.readouterr().err


def test_a_change_of_what_is_called_starts_an_empty_folder(tmp_path, monkeypatch):
    cache_folder.cache_clear()
    kernels = Path(import_module("offramp.outcomes.lesson_kernels").__file__)
    arithmetic = kernels.parents[1] / "equilibrium" / "kernels" / "arithmetic.py"
    before = cache_folder(kernels)
    cache_folder.cache_clear()
    read = Path.read_bytes
    monkeypatch.setattr(Path, "read_bytes", lambda path: read(path) + b"#" * (path == arithmetic))
    assert cache_folder(kernels) != before
    cache_folder.cache_clear()


@pytest.mark.slow
def test_nothing_is_left_to_compile(empty_cache):
    compilation.prepare_kernels()
    compiled = sorted(empty_cache.rglob("*.nbc"))
    assert compiled
    subprocess.run([sys.executable, "-c", SMALL], check=True)
    assert sorted(empty_cache.rglob("*.nbc")) == compiled
