"""Settings of the documentation, built strictly by `make docs`."""

from __future__ import annotations

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
