"""The report in a real browser, from a file and with the network off, against the Python API."""

from __future__ import annotations

import json
from pathlib import Path

import axe_playwright_python
import numpy as np
import pytest
from benchmarks.report_page import many_worlds

from helpers.browser import needs_browser, opened
from helpers.planted import PLANTED, explore_planted
from offramp.exploration.reweighting import find_dials, find_extremes, weigh_by
from offramp.exploration.robustness import best_share, find_regret
from offramp.exploration.runs import open_run
from offramp.exploration.shares import FAILS, HOLDS, judge_shares, share_worlds
from offramp.exploration.verdicts import judge_worlds
from offramp.exploration.weighing import effective_worlds
from offramp.report.doubt import describe_doubt
from offramp.report.drivers import describe_drivers
from offramp.report.earned import describe_earned
from offramp.report.files import write_results
from offramp.report.flips import describe_flips
from offramp.report.page.material import gather
from offramp.report.page.naming import named
from offramp.report.page.write import render_report, write_report
from offramp.report.reasons import describe_why
from offramp.report.results import describe_run
from offramp.report.tables import format_share

pytestmark = needs_browser

WORLDS = 120
CHARTS = {
    "replies", "why-1", "spread-lost", "spread-kept", "doubt-lost", "map", "drivers-pays",
    "box-pays-1", "peeling-pays-1", "box-pays-2", "peeling-pays-2", "box-pays-3", "peeling-pays-3",
    "flips-1",
}  # fmt: skip


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> tuple[Path, Path]:
    """A run, and its report with the base world beside it."""
    folder = tmp_path_factory.mktemp("page")
    explore_planted(folder / "run", worlds=WORLDS)
    (folder / "planted.yaml").write_text(PLANTED)
    file = str(folder / "planted.yaml")
    write_results(describe_run(file, moves=["risk"]), file, folder / "base")
    given = {
        "why": describe_why(file, player="ruler", case="risk"),
        "flips": describe_flips(file, policies=("risk", "sure"), measure="lost"),
        "earned": describe_earned(folder / "run", worlds=4),
    }
    for name, answer in given.items():
        (folder / f"{name}.json").write_text(answer.model_dump_json())
    further = [folder / f"{name}.json" for name in given]
    write_report(str(folder / "run"), folder / "report.html", base=folder / "base", further=further)
    return folder / "run", folder / "report.html"


@pytest.fixture(scope="module")
def page(browser, made):
    with opened(browser, made[1]) as one:
        yield one


def told_by(page, name, row):
    return page.page.locator(f'tr[{row}] [data-cell="{name}"]').get_attribute("data-value")


def test_every_chart_is_drawn_without_a_word_or_a_request(page):
    assert page.draw_all() == len(CHARTS)
    keys = page.page.locator(".card:has(.chart)").evaluate_all("found => found.map((o) => o.id)")
    assert set(keys) == CHARTS
    # each has drawn marks of its data, not only axes
    assert page.page.locator(".chart").evaluate_all(
        "found => found.every((o) => o.querySelectorAll('[role=graphics-symbol]').length > 0)"
    )
    drawings = page.page.locator(".card:has(.drawing)").evaluate_all("o => o.map((x) => x.id)")
    assert drawings == ["tree", "ladder-risk"]
    assert [one for one in page.told if one[0] == "error"] == []
    assert [url for url in page.asked if not url.startswith(("file:", "data:", "blob:"))] == []
    policy = page.page.locator("meta[http-equiv]").get_attribute("content")
    assert policy.startswith("default-src 'none'")
    assert "unsafe-eval" not in policy


def test_tables_say_what_the_api_says(page, made):
    run = open_run(made[0])
    table = np.column_stack([run.of("lost", case) for case in ("risk", "sure")])
    regret = find_regret(table, "lower")
    rows = page.page.locator("#doubt-lost table").first.locator("tbody tr")
    for k in range(2):
        cells = rows.nth(k).locator("td")
        mean = float(cells.nth(1).get_attribute("data-value"))
        assert mean == pytest.approx(table[:, k].mean(), abs=1e-12)  # summed in another order
        assert float(cells.nth(3).get_attribute("data-value")) == regret.mean[k].item()
        assert float(cells.nth(5).get_attribute("data-value")) == regret.greatest[k].item()


def shown_rows(page, card, caption) -> list[dict[str, str]]:
    """Return the rows of a table by column; numbers as they stand in the page, whole."""
    return page.page.evaluate(
        """([card, caption]) => {
          const table = [...document.querySelectorAll(`#${card} table`)].find((one) =>
            one.caption.textContent.startsWith(caption));
          const names = [...table.tHead.rows[0].cells].map((one) => one.textContent);
          return [...table.tBodies[0].rows].map((row) => Object.fromEntries([...row.cells].map(
            (cell, k) => [names[k], cell.dataset.value ?? cell.textContent.trim()])));
        }""",
        [card, caption],
    )


def agree(shown: dict[str, str], told: dict[str, object]) -> None:
    """Numbers must be the same to the last digit, words the same words."""
    for name, value in told.items():
        found = shown[name] if isinstance(value, str) else float(shown[name])
        assert found == value, (name, shown)


def test_the_base_world_says_what_the_api_says(page, made):
    base = describe_run(str(made[0].parent / "planted.yaml"))
    for one in base.cases:
        for act in one.replies:
            rows = shown_rows(page, "replies", f"How {act.player} replies at {act.stage}")
            [row] = [row for row in rows if row["case"] == one.case]
            agree(row, {act.act: act.share, "choices": act.choices})
        [row] = [row for row in shown_rows(page, "endings", "How") if row["case"] == one.case]
        agree(row, {ending.ending: ending.chance for ending in one.endings})
        measured = {row["measure"]: row for row in shown_rows(page, "endings", "What")}
        for measure in one.measures:
            agree(measured[measure.measure], {one.case: measure.value})


def test_what_was_given_along_says_what_the_api_says(page, made):
    flips = describe_flips(
        str(made[0].parent / "planted.yaml"), policies=("risk", "sure"), measure="lost"
    )
    for row, one in zip(shown_rows(page, "flips-1", "Numbers"), flips.numbers, strict=True):
        told = {"assumption": one.assumption, "stands at": one.base, "low end": one.low}
        agree(row, {**told, "high end": one.high, "there": one.at_low})
    earned = describe_earned(made[0], worlds=4)
    shown = shown_rows(page, "earned-1", "What the verdicts")
    for row, one in zip(shown, earned.claims, strict=True):
        told = {"claim": one.claim, "worlds": one.worlds, "holds": one.holds, "fails": one.fails}
        agree(row, {**told, "assumed": one.labels.assumed, "strategic": one.labels.strategic})


def test_what_is_found_over_worlds_says_what_the_api_says(page, made):
    drivers = describe_drivers(made[0], claim="pays", resamples=20)
    shown = {row["assumption"]: row for row in shown_rows(page, "drivers-pays", "What the")}
    for one in drivers.drivers:
        told = {"importance": one.delta.value, "from": one.delta.low, "to": one.delta.high}
        agree(shown[one.assumption], {**told, "by itself": one.first.value})
    assert {box.of for box in drivers.boxes} == {"fails", "holds"}
    for number, box in enumerate(drivers.boxes, 1):
        rules = shown_rows(page, f"box-pays-{number}", "The rule")
        for row, limit in zip(rules, box.limits, strict=True):
            agree(row, {"assumption": limit.assumption, "rule": limit.rule})
        curve = shown_rows(page, f"peeling-pays-{number}", "Boxes")
        for row, peel in zip(curve, [*box.curve, box], strict=True):
            agree(row, {"coverage": peel.coverage, "density": peel.density, "mass": peel.mass})
        assert curve.pop()["chosen"].endswith("the rule shown")
        assert [k for k, row in enumerate(curve) if row["chosen"]] == [box.chosen]
    doubt = describe_doubt(made[0], by="value(heir)")
    shown = {row["policy"]: row for row in shown_rows(page, "doubt-value-heir-", "Policies")}
    for one in doubt.policies:
        told = {"mean": one.mean, "best in": one.best, "mean regret": one.mean_regret}
        agree(shown[one.case], {**told, "greatest": one.greatest_regret, "worst": one.worst})
    run = open_run(made[0])
    for row in shown_rows(page, "spread-lost", "lost"):
        agree(row, {"median": float(np.median(run.of("lost", row["policy"])))})


def test_a_part_of_the_map_is_counted(page, made):
    """The bars below the map count the worlds of what is drawn around, and all if nothing is."""
    run = open_run(made[0])
    page.draw_all()
    card = page.page.locator("#map")
    best = np.where(run.of("lost", "risk") < run.of("lost", "sure"), "risk", "sure")
    counts = {row["best policy"]: row["worlds"] for row in shown_rows(page, "map", "Worlds")}
    assert {name: float(counts[name]) for name in ("risk", "sure")} == {
        name: (best == name).sum() for name in ("risk", "sure")
    }

    def counted() -> int:
        told = card.locator("svg .mark-text.role-mark text").all_text_contents()
        return sum(int(one) for one in told if one.isdigit())

    card.scroll_into_view_if_needed()
    assert counted() == len(best)
    frame = card.locator(".chart svg").bounding_box()
    mouse = page.page.mouse
    mouse.move(frame["x"] + 150, frame["y"] + 150)
    mouse.down()
    mouse.move(frame["x"] + 300, frame["y"] + 300, steps=5)
    mouse.up()
    page.page.wait_for_timeout(200)
    assert 0 < counted() < len(best)
    assert [one for one in page.told if one[0] == "error"] == []


def as_weighed(run, beliefs):
    weight = weigh_by(run.weight, find_dials(run), beliefs)
    judged = {one.claim.name: one for one in judge_worlds(run)}
    shares = {name: share_worlds(one.verdict, weight) for name, one in judged.items()}
    return weight, shares


@pytest.mark.parametrize("belief", [None, 0.8, 0.15])
def test_a_slider_weighs_worlds_as_the_api_does(page, made, belief):
    run = open_run(made[0])
    dial = page.page.locator('input[data-dial="setting.wind"]')
    if belief is None:
        page.page.locator("#as-drawn").click()
    else:
        dial.fill(str(belief))
    weight, shares = as_weighed(run, {} if belief is None else {"setting.wind": belief})
    effective = float(page.page.locator("#effective").get_attribute("data-value"))
    assert effective == pytest.approx(effective_worlds(weight), rel=1e-12)
    for name, share in shares.items():
        row = f'data-claim="{name}"'
        assert float(told_by(page, "holds", row)) == pytest.approx(share.share[HOLDS], abs=1e-12)
        assert float(told_by(page, "fails", row)) == pytest.approx(share.share[FAILS], abs=1e-12)
        claimed = run.scenario.claims[name].share
        assert told_by(page, "verdict", row) == judge_shares(share, claimed)
    table = np.column_stack([run.of("lost", case) for case in ("risk", "sure")])
    regret, best = find_regret(table, "lower", weight), best_share(table, "lower", weight)
    for k, name in enumerate(("risk", "sure")):
        row = f'data-policy="{name}"'
        assert float(told_by(page, "regret", row)) == pytest.approx(regret.mean[k], abs=1e-8)
        assert float(told_by(page, "best", row)) == pytest.approx(best[k], abs=1e-12)


def test_verdicts_under_beliefs_differ_somewhere(page, made):
    """Else the test above would show nothing."""
    _, low = as_weighed(open_run(made[0]), {"setting.wind": 0.1})
    _, high = as_weighed(open_run(made[0]), {"setting.wind": 0.9})
    assert abs(low["pays"].share[HOLDS] - high["pays"].share[HOLDS]) > 0.1


def test_the_least_and_greatest_shares_are_shown(page, made):
    run = open_run(made[0])
    [pays] = [one for one in judge_worlds(run) if one.claim.name == "pays"]
    found = find_extremes(run.weight, find_dials(run), pays.verdict == HOLDS)
    cell = page.page.locator('tr[data-claim="pays"] td[data-low]')
    assert float(cell.get_attribute("data-low")) == pytest.approx(found.low, abs=1e-12)
    assert float(cell.get_attribute("data-high")) == pytest.approx(found.high, abs=1e-12)


def test_no_answer_is_given_below_fifty_worlds(browser, tmp_path):
    explore_planted(tmp_path / "few", worlds=56)
    write_report(str(tmp_path / "few"), tmp_path / "few.html")
    with opened(browser, tmp_path / "few.html") as one:
        cell = one.page.locator('tr[data-claim="pays"] [data-cell="holds"]')
        assert "%" in cell.text_content()
        one.page.locator('input[data-dial="setting.wind"]').fill("0.9")
        assert cell.text_content() == "withheld"
        assert "no answer is given" in one.page.locator("#effective").text_content()


def test_keyboard_alone_reaches_everything(page):
    page.page.locator("body").evaluate("one => { one.tabIndex = -1; one.focus(); }")
    wanted = page.page.evaluate(
        "[...document.querySelectorAll('a[href],button,input,select,summary,[tabindex=\"0\"]')]"
        ".filter((one) => one.checkVisibility()).length"
    )
    page.page.evaluate(
        "() => { window.met = new Set(); document.addEventListener('focusin',"
        " (e) => window.met.add(e.target)); }"
    )
    for _ in range(wanted + 5):
        page.page.keyboard.press("Tab")
    assert page.page.evaluate("window.met.size") >= wanted


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_stands_in_the_way_of_readers(browser, made, scheme):
    axe = Path(axe_playwright_python.__file__).parent / "axe.min.js"
    with opened(browser, made[1], scheme=scheme) as one:
        one.draw_all()
        # run by the browser's own tool, which the page's security policy does not bind
        one.page.evaluate(f"{axe.read_text(encoding='utf-8')}; 0")
        found = one.page.evaluate("axe.run()")
    serious = [
        (rule["id"], [node["html"][:120] for node in rule["nodes"]])
        for rule in found["violations"]
        if rule["impact"] in ("serious", "critical")
    ]
    assert serious == []


def test_nothing_is_cut_off_on_a_telephone(browser, made):
    with opened(browser, made[1], width=400) as one:
        one.draw_all()
        assert one.page.evaluate("document.documentElement.scrollWidth") <= 400
        cut = one.page.evaluate(
            """() => [...document.querySelectorAll('p,h1,h2,h3,li,dd,label,button,summary,a')]
            .filter((one) => !one.closest('.scroll,.chart,.drawing,pre') && one.checkVisibility())
            .filter((one) => one.getBoundingClientRect().right > innerWidth + 1)
            .map((one) => one.outerHTML.slice(0, 100))"""
        )
        wide = one.page.evaluate(
            """() => [...document.querySelectorAll('.card[id^=spread] .chart, .card[id^=peel] .chart')]
            .filter((one) => one.querySelector('svg').width.baseVal.value > one.clientWidth + 40)
            .map((one) => one.dataset.spec)"""
        )
    assert cut == []
    assert wide == []


def test_a_link_lands_on_its_row_however_much_has_to_be_drawn(browser, made):
    with opened(browser, made[1]) as one:
        link = one.page.locator('dl.facts a[href^="#numbers-"]').first
        row = link.get_attribute("href")[1:]
        link.click()
        one.page.wait_for_function(
            """(row) => document.querySelectorAll('.chart:not([data-drawn])').length === 0
            && Math.abs(document.getElementById(row).getBoundingClientRect().top) < innerHeight""",
            arg=row,
        )


def test_every_assumption_of_the_worlds_has_a_row_with_its_source(page, made):
    scenario = open_run(made[0]).scenario
    names = list(open_run(made[0]).drawn())
    rows = [named(scenario, name).row for name in names]
    assert {"x", "y", "setting.wind"} <= set(names)
    for row in rows:
        assert page.page.locator(f"tr#{row}").count() == 1


def test_a_claim_says_what_it_hangs_on_and_how_often_it_is_open(page, made):
    told = page.page.locator("dl.facts").first.inner_text()
    run = open_run(made[0])
    shares = next(one.shares for one in judge_worlds(run) if one.claim.name == "pays")
    total = int(shares.count.sum())
    assert f"holds in {int(shares.count[HOLDS])} of the {total} worlds" in told
    low, high = (format_share(float(end[HOLDS])) for end in (shares.low, shares.high))
    assert f"by the luck of the draw {low} to {high}" in told
    assert f"fails in {int(shares.count[FAILS])}" in told
    assert page.page.locator('dl.facts a[href="#drivers-pays"]').count() >= 1
    assert page.page.locator('dl.facts a[href="#numbers-x"]').count() >= 1


def test_a_printed_page_has_no_buttons(page):
    page.page.emulate_media(media="print")
    assert not page.page.locator(".tools").first.is_visible()
    page.page.emulate_media(media="screen")


def test_downloads_hold_what_is_shown(page, made):
    card = page.page.locator("#doubt-lost")
    for kind, begins in (("csv", b"policy,"), ("svg", b"<svg"), ("png", b"\x89PNG")):
        with page.page.expect_download() as waiting:
            card.locator(f'button[data-save="{kind}"]').first.click()
        assert Path(waiting.value.path()).read_bytes().startswith(begins)


def test_the_page_turns_dark_and_back(page):
    button = page.page.locator("#theme")
    assert button.text_content() == "Dark page"
    button.click()
    dark = page.page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert dark == "rgb(21, 23, 28)"
    assert button.text_content() == "Light page"
    button.click()


HOSTILE = (
    "<img src=x onerror=alert(1)> </script><script>alert(2)</script> \"quoted\" & 'single' "
    "\u05e9\u05dc\u05d5\u05dd \u202eevil " + "long " * 30
)


def test_hostile_labels_are_text(browser, tmp_path):
    text = PLANTED.replace("title: Planted", f"title: {json.dumps(HOSTILE)}")
    text = text.replace('says: "Risk pays."', f"says: {json.dumps('=HYPERLINK(1) ' + HOSTILE)}")
    text = text.replace(
        "better: lower}", f"better: lower, label: {json.dumps(HOSTILE)}}}", 1
    ).replace("source: judgement}", f"source: {json.dumps(HOSTILE)}}}", 1)
    (tmp_path / "hostile.yaml").write_text(text)
    file = str(tmp_path / "hostile.yaml")
    write_results(describe_run(file, moves=["risk"]), file, tmp_path / "base")
    from offramp.exploration.ensemble import explore
    from offramp.scenario import load_scenario

    explore(
        load_scenario(tmp_path / "hostile.yaml"), tmp_path / "run", worlds=60, grid=2, workers=1
    )
    write_report(str(tmp_path / "run"), tmp_path / "r.html", base=tmp_path / "base")
    with opened(browser, tmp_path / "r.html") as one:
        one.draw_all()
        assert [told for told in one.told if told[0] == "error"] == []
        assert one.page.locator("img").count() == 0
        assert one.page.locator("h1").text_content() == HOSTILE
        assert one.page.locator('[data-claim-row="pays"] p').first.text_content().startswith("=HYP")
        csv = one.page.evaluate("JSON.parse(document.getElementById('csv-ledger-1').textContent)")
    assert "'=HYPERLINK" in csv
    assert ",=HYPERLINK" not in csv


def test_two_thousand_worlds_make_a_page_under_five_megabytes(made):
    page, _ = render_report(many_worlds(gather(str(made[0])), 2000))
    assert len(page.encode()) < 5_000_000
