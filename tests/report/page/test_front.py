"""The front page: all essays by date, each beside its counter-essay, and the reports it links."""

from __future__ import annotations

from pathlib import Path

from helpers.browser import needs_browser, opened
from helpers.commands import as_json
from offramp.report.essays import describe_essay, describe_essays


def test_all_essays_stand_there_by_date(offramp):
    code, out, _ = offramp("index", "--out", "index.html", "--json")
    assert code == 0
    listed = [one.id for one in describe_essays().essays]
    assert as_json("index", out)["essays"] == listed
    page = Path("index.html").read_text(encoding="utf-8")
    places = [page.index(describe_essay(name).thesis[:40].replace("'", "&#39;")) for name in listed]
    assert places == sorted(places)


def test_reports_are_linked_by_their_scenario(offramp):
    about = describe_essays().essays[0].about
    Path("pages").mkdir()
    Path(f"pages/{about}.html").write_text("a report")
    _, out, _ = offramp("index", "--out", "index.html", f"pages/{about}.html", "--json")
    assert as_json("index", out)["reports"] == {about: f"pages/{about}.html"}
    assert f'href="pages/{about}.html"' in Path("index.html").read_text(encoding="utf-8")


def test_nothing_is_overwritten(offramp):
    offramp("index", "--out", "index.html")
    code, _, told = offramp("index", "--out", "index.html")
    assert code == 2
    assert "R602" in told


@needs_browser
def test_the_front_page_is_quiet_and_fits_a_telephone(browser, offramp, tmp_path):
    offramp("index", "--out", "index.html")
    with opened(browser, tmp_path / "index.html", width=400) as one:
        assert one.told == []
        assert len(one.asked) == 1
        assert one.page.evaluate("document.documentElement.scrollWidth") <= 400
        assert one.page.locator("section.side").count() == len(describe_essays().essays)


def test_what_cannot_be_linked_is_refused_by_name(offramp):
    Path("javelin-2018.html").write_text("<!doctype html>")
    Path("planted.html").write_text("<!doctype html>")
    words = ("index", "--out", "i.html", "nowhere.html", "planted.html", "javelin-2018.html")
    code, _, told = offramp(*words)
    assert code == 2
    assert told.count("R648") == 2
    assert "'nowhere.html' is no report that is there" in told
    assert "'planted.html' is named by no scenario" in told
    assert not Path("i.html").exists()
    code, _, told = offramp("index", "--out", "javelin-2018.html", "javelin-2018.html")
    assert (code, "is where the front page is to be written" in told) == (2, True)


def test_links_are_ways_from_the_pages_folder(offramp):
    Path("pages").mkdir()
    Path("reports").mkdir()
    Path("reports/javelin-2018.html").write_text("<!doctype html>")
    offramp("index", "--out", "pages/i.html", "reports/javelin-2018.html")
    assert 'href="../reports/javelin-2018.html"' in Path("pages/i.html").read_text()
