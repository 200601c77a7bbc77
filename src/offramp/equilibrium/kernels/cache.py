"""Where compiled kernels are kept, and the one decorator that makes them.

numba caches each compiled function beside the stamp of its own source file, and so does not see
that a function *called* from it, in another file, has changed. The kernels of a file are therefore
cached in a folder of the user's that is named by a hash of that file and of all files here that it
imports: a change of any of them starts an empty folder, and leaves the other files' kernels alone.
(Kernels elsewhere may call those that live here, not each other across files.) All are compiled
before the first is called: `compilation.py`.

Kernels release the interpreter's lock and are run by plain threads over ranges of states or
columns (`tasks.py`): no threading layer to clash with, the same digits with any number of threads,
and a quicker compilation than loops that numba itself makes parallel.
"""

from __future__ import annotations

import hashlib
import os
import re
import sys
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

import numba
import numpy as np

__all__ = [
    "ENTRIES",
    "HASH_LENGTH",
    "builder",
    "cache_folder",
    "cache_root",
    "inner",
    "kernel",
    "part",
    "spot",
]

ENTRIES: list[Any] = []  # the kernels declared so far, as numba's dispatchers

# Arrays are looked up by unsigned numbers in the innermost loops: a signed one is tested, at every
# look, for counting from the end, and a loop with such a test gets no vector instructions.
spot = np.uintp

_Function = TypeVar("_Function", bound=Callable[..., Any])

_IMPORTED = re.compile(r"^from offramp\.equilibrium\.kernels\.(\w+) import", re.MULTILINE)
_ARITHMETIC = {"error_model": "numpy", "fastmath": {"contract"}}
HASH_LENGTH = 16  # hexadecimal digits: 64 bits, far beyond any number of versions on one machine


def kernel(function: _Function) -> _Function:
    """Compile a function that only loops over arrays, for Python to call.

    Division follows IEEE rules instead of raising, so that loops vectorise. Products and sums may
    be fused (`contract`); nothing is reordered, so digits depend on neither threads nor blocks.
    """
    compiled = _compile(function, entry=True, allocates=True, forceinline=False)
    ENTRIES.append(compiled)
    return compiled


def builder(function: _Function) -> _Function:
    """Compile a part that allocates arrays."""
    return _compile(function, entry=False, allocates=True, forceinline=False)


def part(function: _Function) -> _Function:
    """Compile a function that kernels call, and Python never: it gets no wrapper and no cache.

    It may not allocate. Its arrays then need no counts of references, which otherwise are taken
    and dropped at every look into a tuple of tables, inside the loops: most of a kernel's time,
    and of its compilation.
    """
    return _compile(function, entry=False, allocates=False, forceinline=False)


def inner(function: _Function) -> _Function:
    """Compile a small function into every kernel that calls it.

    A call that hands over a tuple of tables costs more than the little that such a function does.
    """
    return _compile(function, entry=False, allocates=False, forceinline=True)


def _compile(function: _Function, *, entry: bool, allocates: bool, forceinline: bool) -> _Function:
    folder = cache_folder(Path(function.__code__.co_filename))
    elsewhere = numba.config.CACHE_DIR
    try:
        folder.mkdir(parents=True, exist_ok=True)
        numba.config.CACHE_DIR = str(folder)  # read when the function is declared, just below
    except OSError:  # a read-only home: numba then finds a folder that it can write
        pass
    compiled: _Function = numba.njit(
        cache=entry,
        _nrt=allocates,
        nogil=True,
        forceinline=forceinline,
        no_cpython_wrapper=not entry,
        no_cfunc_wrapper=not entry,
        **_ARITHMETIC,
    )(function)
    numba.config.CACHE_DIR = elsewhere
    return compiled


@lru_cache
def cache_folder(file: Path) -> Path:
    """Return this user's folder for the kernels of a file, as it and its imports now read."""
    digest = hashlib.sha256(numba.__version__.encode())
    for path in sorted(_sources(file)):
        digest.update(path.name.encode() + path.read_bytes())
    return cache_root() / f"{file.stem}-{digest.hexdigest()[:HASH_LENGTH]}"


def _sources(file: Path) -> set[Path]:
    """Return a file of kernels and all files here that it imports, directly or not."""
    found: set[Path] = set()
    waiting = [file]
    while waiting:
        path = waiting.pop()
        if path.exists() and path not in found:
            found.add(path)
            names = _IMPORTED.findall(path.read_text(encoding="utf-8"))
            waiting += [Path(__file__).with_name(f"{name}.py") for name in names]
    return found


def cache_root() -> Path:
    """Return where this user's kernels are kept."""
    return _user_cache() / "offramp"


def _user_cache() -> Path:
    chosen = os.environ.get("NUMBA_CACHE_DIR") or os.environ.get("XDG_CACHE_HOME")
    if chosen:
        return Path(chosen)
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", Path.home()))
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches"
    return Path.home() / ".cache"
