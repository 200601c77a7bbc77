"""What is worked out from a game's structure alone, once for all games that have it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

__all__ = ["Structure"]

_Thing = TypeVar("_Thing")


class Structure:
    """What games cast in one mould share: whatever follows from arrays that they have in common.

    A thing is known by its name and by the very objects that it was worked out from (two equal
    arrays are two). Numbers of a world, such as chances and payments, are arrays of that world
    alone: what is worked out from them is never found by another one, and does not belong here.
    """

    def __init__(self) -> None:
        self._kept: dict[tuple[str, tuple[object, ...]], tuple[tuple[object, ...], object]] = {}

    def __reduce__(self) -> tuple[type[Structure], tuple[()]]:
        """Arrive empty where it is sent: other objects arrive there, too."""
        return Structure, ()

    def __len__(self) -> int:
        return len(self._kept)

    def once(self, name: str, sources: tuple[object, ...], make: Callable[[], _Thing]) -> _Thing:
        """Return a thing, made by `make` if nobody has asked for it yet.

        Args:
            name: Of the thing.
            sources: All that it depends on, whole numbers by value. They are kept, so that no other
                object can take their place in memory.
        """
        key = (name, tuple(s if isinstance(s, int) else (id(s),) for s in sources))
        if key not in self._kept:
            self._kept[key] = (sources, make())
        return self._kept[key][1]  # type: ignore[return-value]  # as it was made under this name
