"""Files that are whole or not there: written beside their place, flushed, and moved into it.

Tables of arrays are written as zip files without times or compression, so that the same arrays are
the same bytes, whenever and wherever they were written.
"""

from __future__ import annotations

import io
import os
import tempfile
import zipfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from offramp.errors import Problem, RunError

__all__ = ["cannot_write", "pack_arrays", "sweep_leftovers", "unpack_arrays", "write_whole"]

PREFIX = ".writing-"  # of files that are not whole yet
EARLIEST = (1980, 1, 1, 0, 0, 0)  # the time that every entry of a zip file is given
READABLE = 0o644 << 16  # by everyone, in the upper half of a zip entry's attributes
UNIX = 3  # the system that a zip entry says it comes from, whichever it does


def write_whole(path: Path, content: bytes) -> None:
    """Write a file in one step: whoever looks sees all of it, or what stood there before.

    After a power cut it may be missing, though never in part: what is missing is made again.

    Raises:
        RunError: The system does not let it be written; nothing half-written is left.
    """
    made = ""
    try:
        handle, made = tempfile.mkstemp(prefix=PREFIX, dir=path.parent)
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(made, 0o644)
        os.replace(made, path)
        made = ""
    except OSError as error:
        raise RunError(cannot_write(path, error)) from None
    finally:
        if made:
            Path(made).unlink(missing_ok=True)


def sweep_leftovers(folder: Path) -> None:
    """Remove what a killed process had not finished writing."""
    try:
        for path in folder.glob(f"{PREFIX}*"):
            path.unlink(missing_ok=True)
    except OSError as error:
        raise RunError(cannot_write(folder, error)) from None


def pack_arrays(arrays: Mapping[str, np.ndarray]) -> bytes:
    """Return an `.npz` file of arrays, the same bytes for the same arrays."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        for name, array in arrays.items():
            entry = zipfile.ZipInfo(f"{name}.npy", EARLIEST)
            entry.create_system, entry.external_attr = UNIX, READABLE
            content = io.BytesIO()
            np.lib.format.write_array(content, np.asarray(array, order="C"), allow_pickle=False)
            archive.writestr(entry, content.getvalue())
    return file.getvalue()


def unpack_arrays(content: bytes) -> dict[str, np.ndarray]:
    """Return the arrays of an `.npz` file, every byte checked against its sum.

    Raises:
        ValueError: It is damaged.
    """
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as found:
            return {name: found[name] for name in found.files}
    except (zipfile.BadZipFile, EOFError, KeyError, OSError) as error:
        raise ValueError(str(error)) from None


def cannot_write(path: Path, error: Exception) -> Problem:
    """Return the problem of a place that cannot be written to."""
    reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
    return Problem(
        code="R604",
        message=f"'{path}' cannot be written: {reason}.",
        fix="free space or name another place; a run that has begun goes on with --resume.",
    )
