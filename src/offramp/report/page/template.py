"""Templates filled in: text stays text, whatever it holds."""

from __future__ import annotations

import base64
import hashlib
import json
from functools import cache
from importlib.resources import files
from typing import Any

import jinja2
from markupsafe import Markup, escape

from offramp.report.tables import table_cell, to_csv

__all__ = ["anchor", "asset", "digest", "render", "row_anchor"]

UNSAFE = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}


def render(template: str, **values: Any) -> str:
    """Return a page from its template and values."""
    return _environment().get_template(template).render(css=Markup(asset("page.css")), **values)


@cache
def asset(name: str) -> str:
    """Return a file of the page's assets."""
    return (files("offramp.report.page") / "assets" / name).read_text(encoding="utf-8")


@cache
def _environment() -> jinja2.Environment:
    made = jinja2.Environment(
        loader=jinja2.FunctionLoader(asset), autoescape=True, undefined=jinja2.StrictUndefined
    )
    made.globals.update(
        anchor=anchor,
        as_csv=to_csv,
        embedded=_embedded,
        row_anchor=row_anchor,
        spoken=_spoken,
        written=table_cell,
    )
    return made


def _spoken(text: str) -> Markup:
    """Return text whose words between backticks are set as code."""
    parts = [escape(part) for part in text.split("`")]
    return Markup("").join(
        Markup("<code>{}</code>").format(part) if k % 2 else part for k, part in enumerate(parts)
    )


def anchor(key: str) -> str:
    """Return a key as an anchor: other signs than letters, digits and hyphens become hyphens."""
    return "".join(one if one.isascii() and one.isalnum() else "-" for one in key)


def row_anchor(table: str, first_cell: object) -> str:
    """Return the anchor of a table's row."""
    return anchor(f"{table}-{first_cell}")


def _embedded(data: object) -> Markup:
    """Return JSON that can stand inside a script element, whatever it holds."""
    text = json.dumps(data, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return Markup("".join(UNSAFE.get(one, one) for one in text))


def digest(script: str) -> str:
    """Return the hash by which a page's security policy allows a script."""
    return base64.b64encode(hashlib.sha256(script.encode("utf-8")).digest()).decode("ascii")
