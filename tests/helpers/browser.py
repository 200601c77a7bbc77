"""A page in Debian's Chromium, with the network off."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser

__all__ = ["CHROMIUM", "Opened", "browsing", "needs_browser", "opened"]

CHROMIUM = shutil.which("chromium")
FLAGS = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
         "--disable-background-networking", "--disable-component-update")  # fmt: skip
MOST_TURNS = 100  # of a tenth of a second, that a chart may take to be drawn

needs_browser = pytest.mark.skipif(CHROMIUM is None, reason="Debian's chromium is not installed")


class Opened:
    """A page that is open, and what it said and asked for on the way."""

    def __init__(self, page, told, asked):
        self.page, self.told, self.asked = page, told, asked

    def draw_all(self):
        """Bring every chart into view until it is drawn."""
        charts = self.page.locator(".chart")
        for number in range(charts.count()):
            charts.nth(number).evaluate("one => one.scrollIntoView({behavior: 'instant'})")
            for _ in range(MOST_TURNS):
                if charts.nth(number).get_attribute("data-drawn"):
                    break
                self.page.wait_for_timeout(100)
            else:
                raise AssertionError(f"chart {number} is not drawn")
        return charts.count()


@contextmanager
def browsing() -> Iterator[Browser]:
    """Start the browser; all pages of a test run share it."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as program:
        browser = program.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def opened(
    browser: Browser, path: Path, *, width: int = 1200, scheme: str = "light"
) -> Iterator[Opened]:
    """Open a file in the browser, with the network off."""
    told, asked = [], []
    context = browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme=scheme, offline=True
    )
    page = context.new_page()
    page.on("console", lambda one: told.append((one.type, one.text)))
    page.on("pageerror", lambda one: told.append(("error", str(one))))
    page.on("dialog", lambda one: told.append(("error", one.message)) or one.dismiss())
    page.on("request", lambda one: asked.append(one.url))
    page.goto(path.as_uri())
    try:
        yield Opened(page, told, asked)
    finally:
        context.close()
