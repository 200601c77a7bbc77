"""Our own SVG: elements whose every text is escaped, and a frame that says what a figure shows.

Colours stand as custom properties of the page with a fallback, so that one text serves a light
page, a dark one, and no page at all. Names of classes begin with `of-`: in a page, the style of one
figure holds for all.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from offramp.report.figures.palette import LIGHT, RUNGS, rung_colour
from offramp.report.figures.words import printable

__all__ = ["Markup", "document", "label", "named", "resolve_colours", "rung_class", "tag"]

FONT = 12.0

INKS = {"ink": "ink", "quiet": "ink-quiet", "rule": "rule", "grid": "grid", "paper": "paper"}


class Markup(str):
    """Text that is markup already; any other is escaped."""


def escape(text: object) -> str:
    """Return text as it stands in markup, in an element or between double quotes."""
    shown = printable(str(text))
    for letter, entity in (("&", "amp"), ("<", "lt"), (">", "gt"), ('"', "quot"), ("'", "#39")):
        shown = shown.replace(letter, f"&{entity};")
    return shown


def tag(name: str, *inside: object, **attributes: object) -> Markup:
    """Return an element; `data_x` becomes `data-x`, `class_` becomes `class`, None is left out.

    Coordinates are written to a tenth of a pixel; attributes of data with every digit.
    """
    told = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(_written(key, value))}"'
        for key, value in attributes.items()
        if value is not None
    )
    if not inside:
        return Markup(f"<{name}{told}/>")
    content = "".join(str(x) if isinstance(x, Markup) else escape(x) for x in inside)
    return Markup(f"<{name}{told}>{content}</{name}>")


def _written(key: str, value: object) -> object:
    if isinstance(value, float):
        return repr(float(value)) if key.startswith("data_") else f"{value:.1f}".removesuffix(".0")
    return value


def label(
    x: float, y: float, *lines: str, size: float = FONT, class_: str = "of-ink",
    anchor: str = "start", bold: bool = False, whole: str | None = None,
) -> Markup:  # fmt: skip
    """Return lines of text, the first on the baseline `y`; `whole` is said on hovering."""
    spans = [
        tag("tspan", line, x=float(x), dy=None if i == 0 else 1.25 * size)
        for i, line in enumerate(lines)
    ]
    title = [tag("title", whole)] if whole is not None else []
    weight = "bold" if bold else None
    return tag(
        "text", *title, *spans, x=float(x), y=float(y), font_size=size, text_anchor=anchor,
        font_weight=weight, class_=class_,
    )  # fmt: skip


def named(title: str, *inside: Markup, **attributes: object) -> Markup:
    """Return a group that says what it is on hovering, and to a screen reader."""
    return tag("g", tag("title", title), *inside, **attributes)


def rung_class(rung: int | None) -> str:
    """Return the class whose fill is a rung's colour."""
    return "of-rung-none" if rung is None else f"of-rung-{min(max(rung, 0), len(RUNGS) - 1)}"


def _style() -> str:
    rules = [".of-figure{font-family:system-ui,'DejaVu Sans',sans-serif}"]
    for key, name in INKS.items():
        colour = f"var(--{name}, {LIGHT[key]})"
        rules += [f".of-{key}{{fill:{colour}}}", f".of-line-{key}{{stroke:{colour};fill:none}}"]
    ink, paper = (f"var(--{INKS[key]}, {LIGHT[key]})" for key in ("ink", "paper"))
    rules.append(f".of-halo{{paint-order:stroke;stroke:{paper};stroke-width:3px;fill:{ink}}}")
    rules.append(f".of-box{{fill:{paper};stroke:{ink}}}")
    for rung in (None, *range(len(RUNGS))):
        name = rung_class(rung)
        rules.append(f".{name}{{fill:var(--{name.removeprefix('of-')}, {rung_colour(rung)})}}")
    return "".join(rules)


def document(kind: str, width: float, height: float, title: str, says: str, *body: Markup) -> str:
    """Return a whole SVG document, with a title and a description.

    Args:
        kind: Class of the figure, such as `ladder`.
        says: What it shows, in sentences, for those who do not see it.
    """
    return tag(
        "svg",
        tag("title", title),
        tag("desc", says),
        tag("style", Markup(_style())),
        *body,
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {width:.0f} {height:.0f}",
        width=f"{width:.0f}",
        height=f"{height:.0f}",
        role="img",
        class_=f"of-figure of-{kind}",
    )


def resolve_colours(svg: str, colours: Mapping[str, str] | None = None) -> str:
    """Return a figure with its custom properties filled in, for programs that know none.

    Args:
        colours: By name of the property, such as `ink`; others get their fallback.
    """
    chosen = colours or {}
    return re.sub(r"var\(--([\w-]+), ([^)]*)\)", lambda found: chosen.get(found[1], found[2]), svg)
