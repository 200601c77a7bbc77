"""What all tests share: hypothesis draws the same examples in every default run."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from offramp.cli import run
from offramp.equilibrium.kernels.compilation import prepare_kernels

# so that tests can import `oracles` and `helpers`, which are no part of the program
sys.path.insert(0, str(Path(__file__).parent))

settings.register_profile(
    "offramp",
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
settings.load_profile("offramp")


def pytest_configure(config: pytest.Config) -> None:
    """Compile kernels before tests are handed out: every worker would else compile them."""
    if not hasattr(config, "workerinput"):
        prepare_kernels()


@pytest.fixture
def offramp(capsys, monkeypatch, tmp_path):
    """Run a command in an empty folder; return its exit code, output and errors."""
    monkeypatch.chdir(tmp_path)

    def call(*words: str) -> tuple[int, str, str]:
        code = run(list(words))
        said = capsys.readouterr()
        return code, said.out, said.err

    return call
