"""How results show themselves in a notebook."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import altair as alt

__all__ = ["Shown"]

# drawn by a room that no result may know of; it is looked up when something is to be shown
DRAWN_BY = "offramp.report.page.notebook"


class Shown:
    """A result that a notebook shows as tables and, where there is one, a figure."""

    def chart(self) -> alt.TopLevelMixin:
        """Return the figure as an Altair chart, to be changed or saved.

        Raises:
            OfframpError: There is no figure of such a result.
        """
        drawn: alt.TopLevelMixin = self._room().draw(self)
        return drawn

    def _repr_html_(self) -> str:
        shown: str = self._room().show(self)
        return shown

    def _room(self) -> Any:
        return import_module(DRAWN_BY)
