"""Charts as files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import altair as alt
import vl_convert

__all__ = ["VERSION", "chart_svg", "write_chart"]

PIXELS = 2.0  # of a PNG, per pixel on the page
VERSION = ".".join(alt.SCHEMA_VERSION.lstrip("v").split(".")[:2])


def chart_svg(chart: Any) -> str:
    """Return a chart as SVG."""
    return str(vl_convert.vegalite_to_svg(chart.to_json(), vl_version=VERSION))


def write_chart(chart: Any, folder: Path, name: str = "chart") -> None:
    """Write a chart as SVG, PNG and as one HTML page that asks nothing of a network."""
    spec = chart.to_json()
    (folder / f"{name}.svg").write_text(chart_svg(chart), encoding="utf-8")
    png = vl_convert.vegalite_to_png(spec, vl_version=VERSION, scale=PIXELS)
    (folder / f"{name}.png").write_bytes(png)
    html = vl_convert.vegalite_to_html(spec, vl_version=VERSION, bundle=True)
    (folder / f"{name}.html").write_text(html, encoding="utf-8")
