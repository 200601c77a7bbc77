"""The brief: two pages of PDF that say what the report says, whatever the labels hold."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import typst

from helpers.planted import PLANTED, explore_planted
from offramp.report.page import brief
from offramp.report.page.material import essay_pairs, gather
from offramp.report.page.template import asset

HOSTILE = '#panic() $x$ *bold* <img> \\ "quoted" = heading `raw` // not a comment ' + "long " * 60


@pytest.fixture
def folder(offramp):
    Path("planted.yaml").write_text(
        PLANTED.replace("title: Planted", f"title: {json.dumps(HOSTILE)}").replace(
            'says: "Risk pays."', f"says: {json.dumps(HOSTILE)}"
        )
    )
    offramp("run", "planted.yaml", "--out", "base")
    return Path("base")


def pages(data) -> int:
    filled = {"data": json.dumps(data)}
    drawn = typst.compile(asset("brief.typ").encode(), format="svg", sys_inputs=filled)
    return len(drawn) if isinstance(drawn, list) else 1


def test_the_brief_is_written_along_with_the_report(offramp, folder):
    words = ("report", "base", "--out", "r.html", "--brief", "r.pdf")
    code, out, _ = offramp(*words)
    assert code == 0
    assert "The brief is r.pdf." in out
    assert Path("r.pdf").read_bytes().startswith(b"%PDF")
    code, _, told = offramp("report", "base", "--out", "other.html", "--brief", "r.pdf")
    assert code == 2
    assert "R602" in told
    assert not Path("other.html").exists()


def test_labels_stay_text(offramp, folder):
    data = brief.brief_data(gather("base"), "r.html", 14)
    assert data["title"] == HOSTILE
    assert pages(data) == 1
    assert data["citation"].startswith("offramp ")


def test_it_says_what_one_must_believe(offramp):
    explore_planted(Path("run"), worlds=64)
    data = brief.brief_data(gather("run"), "r.html", 14)
    [believed] = [one for one in data["parts"] if "must believe" in one["heading"]]
    assert any(re.search(r"\bsure\b", line) for line in believed["lines"])
    assert pages(data) <= 2


@pytest.mark.parametrize("pair", essay_pairs(), ids=lambda pair: pair[0].essay.id)
def test_every_shipped_pair_of_essays_fits_two_pages(pair, folder):
    from dataclasses import replace

    material = replace(gather("base"), essays=(pair,))
    fits = [most for most in brief.MOST_ROWS if pages(brief.brief_data(material, "r", most)) <= 2]
    assert fits
