"""Compile all kernels at once, before the first of them is called on a machine.

A kernel would else be compiled when a scenario first has the feature that it serves, and the user
of a changed scenario would wait again. Files of kernels are compiled side by side, each in a
process of its own: numba compiles in one thread.

    python -m offramp.equilibrium.kernels.compilation MODULE    compiles the kernels of one file
"""

from __future__ import annotations

import hashlib
import os
import platform
import subprocess
import sys
import time
from importlib import import_module
from pathlib import Path

import numba

from offramp.equilibrium.kernels.cache import ENTRIES, HASH_LENGTH, cache_folder, cache_root
from offramp.equilibrium.kernels.signatures import signature

__all__ = ["KERNEL_FILES", "compile_file", "prepare_kernels"]

# all files that hold kernels, those that take longest first
KERNEL_FILES = (
    "offramp.equilibrium.kernels.signalling",
    "offramp.equilibrium.kernels.histories",
    "offramp.equilibrium.kernels.responses",
    "offramp.outcomes.kernels",
    "offramp.outcomes.lesson_kernels",
    "offramp.equilibrium.kernels.points",
    "offramp.equilibrium.kernels.replies",
    "offramp.equilibrium.kernels.expectations",
    "offramp.outcomes.hindsight_kernels",
    "offramp.equilibrium.kernels.arithmetic",
    "offramp.exploration.density_kernels",
)
_POLL = 0.02  # seconds between looks at what is under way
_PACKAGE = Path(__file__).parents[2]


def prepare_kernels() -> None:
    """Compile all kernels, and say so, unless this machine has done so for this version.

    What cannot be kept, for want of a folder that can be written, is compiled when it is called.
    """
    stamp = _stamp()
    if numba.config.DISABLE_JIT or stamp.exists() or not _can_write(stamp.parent):
        return
    print("compiling kernels once for this machine", file=sys.stderr)
    if _compile_side_by_side(os.cpu_count() or 1):
        stamp.touch()


def compile_file(module: str) -> None:
    """Compile the kernels of one file for the types that they declare."""
    import_module(module)
    for entry in ENTRIES:
        if entry.__module__ == module:
            entry.compile(signature(entry.py_func))


def _stamp() -> Path:
    """Return the file that tells that the kernels, as they now read, were compiled here."""
    digest = hashlib.sha256(f"{_PACKAGE} {platform.node()} {sys.version}".encode())
    for module in KERNEL_FILES:
        digest.update(cache_folder(_source(module)).name.encode())
    return cache_root() / f"compiled-{digest.hexdigest()[:HASH_LENGTH]}"


def _source(module: str) -> Path:
    return _PACKAGE.joinpath(*module.split(".")[1:]).with_suffix(".py")


def _can_write(folder: Path) -> bool:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return False
    return os.access(folder, os.W_OK)


def _compile_side_by_side(most: int) -> bool:
    """Compile file by file, up to `most` at once; return whether all went well."""
    waiting = list(KERNEL_FILES)
    running: list[subprocess.Popen[bytes]] = []
    failed = False
    try:
        while waiting or running:
            while waiting and len(running) < most:
                running.append(_start(waiting.pop(0)))
            time.sleep(_POLL)
            failed = failed or any(one.poll() for one in running)
            running = [one for one in running if one.poll() is None]
    finally:  # Ctrl-C leaves nothing running
        for one in running:
            one.kill()
            one.wait()
    return not failed


def _start(module: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", __name__, module],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


if __name__ == "__main__":
    compile_file(sys.argv[1])
