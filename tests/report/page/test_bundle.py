"""The script that draws charts is the one that vl-convert carries, and no other."""

from __future__ import annotations

from offramp.report.page.bundle import FILE, make_bundle


def test_the_bundle_is_current():
    assert FILE.read_text(encoding="utf-8") == make_bundle(), "python -m offramp.report.page.bundle"


def test_the_bundle_closes_no_element():
    assert "</script" not in FILE.read_text(encoding="utf-8").lower()
