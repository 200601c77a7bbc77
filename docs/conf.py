"""Settings of the documentation, built strictly by `make docs`."""

from __future__ import annotations

import re
from typing import Any

from offramp import __version__

project = "offramp"
author = "The offramp authors"
copyright = "2025, the offramp authors"
version = release = __version__

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx.ext.mathjax",
    "sphinxcontrib.bibtex",
]
myst_enable_extensions = ["dollarmath", "deflist"]
myst_heading_anchors = 3
bibtex_bibfiles = ["references.bib"]
bibtex_default_style = "plain"

autodoc_member_order = "bysource"
autodoc_typehints = "description"
autodoc_mock_imports: list[str] = []

html_theme = "furo"
html_title = f"offramp {__version__}"
html_show_sphinx = False
# nothing is fetched from elsewhere when the pages are opened, formulas excepted
html_static_path: list[str] = []
exclude_patterns = ["_build"]


def _from_markdown(
    app: Any, what: str, name: str, obj: Any, options: Any, lines: list[str]
) -> None:
    """Turn what docstrings write in the manner of Markdown into what Sphinx reads."""
    for number, line in enumerate(lines):
        line = line.replace("|", r"\|")
        line = re.sub(r"(?<!`)`([^`]+)`(?!`)", r"``\1``", line)
        lines[number] = re.sub(r"\$([^$]+)\$", r":math:`\1`", line)


def setup(app: Any) -> None:
    """Read docstrings before the sections of Google's style are told apart."""
    app.connect("autodoc-process-docstring", _from_markdown, priority=1)
