"""The library that draws charts in the page, as one script that ships with offramp.

`python -m offramp.report.page.bundle` makes `assets/vega.js` anew from what vl-convert carries, so
that the page draws with the very versions that charts are converted with; a test fails until then.
"""

from __future__ import annotations

from pathlib import Path

import vl_convert

__all__ = ["FILE", "make_bundle"]

FILE = Path(__file__).parent / "assets" / "vega.js"
VERSION = "6.4"  # of Vega-Lite, as Altair writes specifications
HEAD = (
    "/* Vega, Vega-Lite, Vega-Embed and what they are built from, by the authors whom "
    "vega-licence.txt names, BSD-3-Clause. */\n"
)


def make_bundle() -> str:
    """Return the script, which defines `vega`, `vegaLite` and `vegaEmbed` for the page."""
    text: str = vl_convert.javascript_bundle(vl_version=VERSION)  # type: ignore[call-arg]
    # what stands inside a page must not close the element that it stands in
    return HEAD + text.replace("</script", "<\\/script") + "\n"


if __name__ == "__main__":
    FILE.write_text(make_bundle(), encoding="utf-8")
