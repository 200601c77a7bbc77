"""What is shipped: one version, a lock without hosts, data files in the wheel, no machine paths."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

import offramp

ROOT = Path(__file__).parents[1]
HOSTS = re.compile(r"\b(py(pi|thonhosted)|(registry\.)?npmjs|deb\.debian)\.(org|com)\b")
MACHINE = re.compile(r"(?<![\w.])/(work|root|home|opt)/\w")


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


@pytest.fixture(scope="module")
def project() -> dict:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def test_version_is_the_same_everywhere(project):
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert project["version"] == offramp.__version__
    assert f"\nversion: {offramp.__version__}\n" in citation


def test_lock_names_no_index_and_no_machine():
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    assert "://" not in lock
    assert not MACHINE.search(lock)


def test_lock_holds_every_dependency_with_hashes(project):
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    locked = {normal(name) for name in re.findall(r"^([A-Za-z0-9._-]+)==", lock, re.MULTILINE)}
    wanted = [*project["dependencies"]]
    for extra in project["optional-dependencies"].values():
        wanted += extra
    names = {normal(re.split(r"[\[<>=; ]", one)[0]) for one in wanted} - {"offramp"}
    assert names <= locked
    assert lock.count("--hash=sha256:") >= len(locked)


def test_tracked_files_hold_no_machine_path_and_no_registry():
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True)
    if listed.returncode:
        pytest.skip("not a git checkout")
    own = {Path("tests/test_packaging.py")}
    bad = []
    for name in listed.stdout.splitlines():
        path = ROOT / name
        if not path.is_file() or Path(name) in own:
            continue
        text = path.read_bytes().decode("utf-8", "replace")
        bad += [name for pattern in (HOSTS, MACHINE) if pattern.search(text)]
    assert bad == []


def test_wheel_carries_data_and_licence(tmp_path):
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    held = zipfile.ZipFile(wheel).namelist()
    for name in ("scenarios/pledge.yaml", "templates/starter.yaml", "py.typed"):
        assert f"offramp/{name}" in held
    assert any(name.endswith("licenses/LICENSE") for name in held)
    assert not [name for name in held if name.startswith(("tests/", "docs/"))]


def test_license_is_apache_2(project):
    assert project["license"] == "Apache-2.0"
    assert "Version 2.0, January 2004" in (ROOT / "LICENSE").read_text(encoding="utf-8")
