"""One browser for all pages of a test run."""

from __future__ import annotations

import pytest

from helpers.browser import CHROMIUM, browsing


@pytest.fixture(scope="module")
def browser():
    if CHROMIUM is None:
        pytest.skip("Debian's chromium is not installed")
    with browsing() as one:
        yield one
