"""The machine types that a kernel is compiled for, read from its annotations.

Annotations of kernels are exact: `Float` is float64, `Int` int64, any other width is named, and all
arrays are contiguous. A kernel is so compiled before it is first called, for the one set of types
that it is ever called with.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, get_args, get_origin, get_type_hints

import numba
import numpy as np
from numba import types

__all__ = ["signature"]

_SCALARS = {int: types.int64, float: types.float64, bool: types.boolean}
_DEFAULT_WIDTHS = {"Float": "float64", "Int": "int64"}


def signature(function: Callable[..., Any]) -> tuple[types.Type, ...]:
    """Return the types of a kernel's arguments.

    Raises:
        TypeError: An annotation says too little to compile for.
    """
    hints = get_type_hints(function, include_extras=True)
    return tuple(_machine_type(hint) for name, hint in hints.items() if name != "return")


def _machine_type(hint: Any) -> types.Type:
    if hint in _SCALARS:
        return _SCALARS[hint]
    if get_origin(hint) is Annotated:  # an array of records, with their type and its dimensions
        _, record, n_dims = get_args(hint)
        return types.Array(numba.from_dtype(record), n_dims, "C", aligned=record.isalignedstruct)
    if get_origin(hint) is tuple:
        return types.BaseTuple.from_types([_machine_type(one) for one in get_args(hint)])
    if hasattr(hint, "dim_str"):  # jaxtyping's
        name = hint.dtype.__name__
        number = np.dtype(_DEFAULT_WIDTHS.get(name, name.lower()))
        return types.Array(numba.from_dtype(number), len(hint.dims), "C")
    if hasattr(hint, "_fields"):
        fields = get_type_hints(hint, include_extras=True)
        parts = [_machine_type(fields[name]) for name in hint._fields]
        return types.BaseTuple.from_types(parts, hint)
    raise TypeError(f"a kernel cannot be compiled for {hint}")
